//! Sequelize: models of `define`, `init` and sequelize-typescript, queries as objects.

mod models;

use super::builder::like;
use super::statement::{Column, Condition, Join, Operator, Parts, all};
use super::{Table, Tables, is_scalar, literal, statements};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::database_calls::{Action, Answer, Query};
use crate::probe::source::facts::FileFacts;
pub(super) use models::{returned, tables};

/// Conditions in conditions are followed this far.
const MAX_DEPTH: usize = 8;

/// The statements of `Order.findAll({ where: { userId }, include: [Item], order: [["createdAt", "DESC"]], limit: 10 })`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let call = file.call(query.call)?;
    let table = tables.get(&*query.table)?;
    // `Order.scope("open").findAll()` asks for more than stands here.
    let unscoped = call.object().ends_with("unscoped()");
    if !unscoped && call.object().contains('(') {
        return None;
    }
    let asked = Asked { file, call, tables };
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    if let (Some(column), false) = (&table.deleted, unscoped) {
        parts.compare(column, Operator::IsNull);
    }
    let options = match call.method() {
        "create" | "bulkCreate" => return Some(Vec::new()),
        "findByPk" => {
            parts.compare(table.column("#key")?, Operator::Equal);
            call.argument(1)
        }
        "update" => {
            if let Value::Object(values) = asked.literal(call.argument(0)?) {
                parts.sets = values.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
            }
            Some(call.argument(1)?)
        }
        "increment" | "decrement" => {
            parts.sets = call.argument(0).and_then(Value::text).and_then(|name| table.column(name)).map(str::to_owned);
            Some(call.argument(1)?)
        }
        "findAll" | "findOne" | "findAndCountAll" | "count" | "destroy" | "findOrCreate" => call.argument(0),
        "sum" | "max" | "min" => {
            let column = table.column(call.argument(0)?.text()?)?;
            parts.aggregate = Some(format!("{}({})", call.method(), super::statement::quoted(column)));
            call.argument(1)
        }
        _ => return None,
    };
    if let Some(options) = options {
        asked.options(asked.literal(options), table, &mut parts)?;
    }
    // With deleted rows kept, removing one only marks it.
    let soft = table.deleted.clone().filter(|_| query.action == Action::Delete);
    let asks = match call.method() {
        "findOrCreate" => Query { action: Action::Read, answer: Answer::One, ..query.clone() },
        "sum" | "max" | "min" => Query { answer: Answer::Number, ..query.clone() },
        _ if soft.is_some() => Query { action: Action::Update, ..query.clone() },
        _ => query.clone(),
    };
    if soft.is_some() {
        parts.sets = soft;
    }
    let mut found = statements(&asks, &table.name, &parts)?;
    if call.method() == "findAndCountAll" && !parts.is_unconditional() {
        let counts = Query { answer: Answer::Number, ..query.clone() };
        found.extend(statements(&counts, &table.name, &parts)?);
    }
    Some(found)
}

struct Asked<'f> {
    file: &'f FileFacts,
    call: &'f Call,
    tables: &'f Tables,
}

impl<'f> Asked<'f> {
    fn literal<'v>(&'v self, value: &'v Value) -> &'v Value {
        literal(self.file, value, self.call.function)
    }

    fn options(&self, options: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let Value::Object(pairs) = options else { return None };
        for (key, value) in pairs {
            match &**key {
                "where" => {
                    let found = self.conditions(self.literal(value), table, 0)?;
                    found.into_iter().for_each(|condition| parts.add(condition));
                }
                "order" => self.sorted(self.literal(value), table, parts)?,
                "limit" => parts.limited = true,
                "offset" => parts.skips = *value != Value::Number("0".into()),
                "include" => {
                    let value = self.literal(value);
                    let items =
                        if let Value::Array(items) = value { items.as_slice() } else { std::slice::from_ref(value) };
                    for item in items {
                        self.include(item, table, parts)?;
                    }
                }
                "attributes" | "raw" | "transaction" | "nest" | "lock" | "skipLocked" | "distinct" | "subQuery"
                | "logging" | "individualHooks" | "hooks" | "returning" | "defaults" | "rejectOnEmpty" | "silent"
                | "plain" | "benchmark" | "useMaster" | "by" | "force" | "validate" | "fields" => {}
                "paranoid" if *value == Value::Bool(true) => {}
                _ => return None,
            }
        }
        Some(())
    }

    fn conditions(&self, given: &Value, table: &Table, depth: usize) -> Option<Vec<Condition>> {
        let Value::Object(pairs) = given else { return None };
        let mut found = Vec::new();
        for (key, value) in pairs.iter() {
            if depth > MAX_DEPTH {
                return None;
            }
            let value = self.literal(value);
            match operator_of(key) {
                Some(way @ ("or" | "and" | "not")) => {
                    let each: Vec<Condition> = match value {
                        Value::Array(items) => items
                            .iter()
                            .map(|item| Some(all(self.conditions(self.literal(item), table, depth + 1)?)))
                            .collect::<Option<_>>()?,
                        Value::Object(_) => self.conditions(value, table, depth + 1)?,
                        _ => return None,
                    };
                    match way {
                        _ if each.is_empty() => return None,
                        "or" if each.len() > 1 => found.push(Condition::Any(each)),
                        "not" => found.push(Condition::Not(Box::new(all(each)))),
                        _ => found.extend(each),
                    }
                }
                Some(_) => return None,
                None => self.compared(table.column(key)?, value, &mut found, depth)?,
            }
        }
        Some(found)
    }

    fn compared(&self, column: &str, value: &Value, found: &mut Vec<Condition>, depth: usize) -> Option<()> {
        let is = |operator: Operator| Condition::Is(column.into(), operator);
        match value {
            Value::Null => found.push(is(Operator::IsNull)),
            Value::Array(_) => found.push(is(Operator::In)),
            Value::Object(pairs) => {
                for (key, value) in pairs {
                    let null = *value == Value::Null;
                    let one = match operator_of(key)? {
                        "eq" | "is" if null => is(Operator::IsNull),
                        "ne" | "not" if null => is(Operator::IsNotNull),
                        "eq" | "is" => is(Operator::Equal),
                        "ne" | "not" if matches!(value, Value::Array(_)) => is(Operator::NotIn),
                        "ne" | "not" => is(Operator::NotEqual),
                        "gt" => is(Operator::Compared(">")),
                        "gte" => is(Operator::Compared(">=")),
                        "lt" => is(Operator::Compared("<")),
                        "lte" => is(Operator::Compared("<=")),
                        "in" if matches!(value, Value::Call(_)) => return None,
                        "in" => is(Operator::In),
                        "notIn" => is(Operator::NotIn),
                        "like" => is(like(value, false)?),
                        "iLike" => is(like(value, true)?),
                        "substring" => is(Operator::Contains { any_case: false }),
                        "startsWith" => is(Operator::StartsWith),
                        "endsWith" => is(Operator::EndsWith),
                        "between" => {
                            found.push(is(Operator::Compared(">=")));
                            is(Operator::Compared("<="))
                        }
                        way @ ("or" | "and") => {
                            let mut each = Vec::new();
                            let items = if let Value::Array(items) = value {
                                items.as_slice()
                            } else {
                                std::slice::from_ref(value)
                            };
                            for item in items {
                                if depth > MAX_DEPTH {
                                    return None;
                                }
                                self.compared(column, self.literal(item), &mut each, depth + 1)?;
                            }
                            if way == "or" { Condition::Any(each) } else { all(each) }
                        }
                        _ => return None,
                    };
                    found.push(one);
                }
            }
            Value::Either(values) if values.contains(&Value::Null) => return None,
            Value::Call(id)
                if self
                    .file
                    .call(*id)
                    .is_some_and(|call| matches!(call.method(), "literal" | "fn" | "where" | "col")) =>
            {
                return None;
            }
            value if is_scalar(value) => found.push(is(Operator::Equal)),
            _ => return None,
        }
        Some(())
    }

    fn sorted(&self, order: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let Value::Array(items) = order else { return None };
        for item in items {
            let (name, way) = match item {
                Value::Text(name) => (&**name, None),
                Value::Array(pair) => match pair.as_slice() {
                    [name] => (name.text()?, None),
                    [name, way] => (name.text()?, Some(way.text()?)),
                    _ => return None,
                },
                _ => return None,
            };
            let descends = match way.map(str::to_ascii_uppercase).as_deref() {
                None | Some("ASC") => false,
                Some("DESC") => true,
                Some(_) => return None,
            };
            parts.order.push((table.column(name)?.into(), descends));
        }
        Some(())
    }

    /// `include: [{ model: User, as: "author", where: { … } }]`: joined, where the rows are not cut off by a limit.
    fn include(&self, item: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let item = self.literal(item);
        let (model, options) = match item {
            Value::Path(path) => (path.rsplit('.').next()?, None),
            Value::Object(_) => (item.get("model")?.path()?.rsplit('.').next()?, Some(item)),
            _ => return None,
        };
        let named = options.and_then(|options| options.get("as")).map(|named| named.text());
        let other = self.tables.get(model)?;
        let relation = match named {
            Some(named) => table.relations.get(named?),
            None => {
                let mut ways = table.relations.values().filter(|relation| relation.table == model);
                ways.next().filter(|_| ways.next().is_none())
            }
        }?;
        if options.is_some_and(|options| {
            options.spreads() || options.get("include").is_some() || options.get("through").is_some()
        }) {
            return None;
        }
        let condition = options.and_then(|options| options.get("where"));
        let required = condition.is_some() || options.and_then(|o| o.get("required")) == Some(&Value::Bool(true));
        let alias = match named.flatten() {
            Some(named) => named.to_owned(),
            None => format!("{model}s"),
        };
        if let Some(condition) = condition {
            for found in self.conditions(self.literal(condition), other, 0)? {
                match found {
                    Condition::Is(column, operator) => parts.compare(Column::of(&alias, &column.name), operator),
                    _ => return None,
                }
            }
        }
        parts.joins.push(Join {
            outer: !required,
            table: other.name.clone(),
            on: (Column::of(&alias, &relation.there), Column::of(&table.name, &relation.here)),
            named: alias,
        });
        Some(())
    }
}

/// `gt` of `[Op.gt]` and `[Sequelize.Op.gt]`.
fn operator_of(key: &str) -> Option<&str> {
    let inner = key.strip_prefix('[')?.strip_suffix(']')?;
    let inner = inner.strip_prefix("Sequelize.").unwrap_or(inner);
    Some(inner.strip_prefix("Op.").unwrap_or("?"))
}
