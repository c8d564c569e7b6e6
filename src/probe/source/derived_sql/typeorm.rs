//! TypeORM: entities, repositories and the query builder.

mod entities;

use super::statement::{Column, Condition, Join, Operator, Parts, Rows, all};
use super::{Table, Tables, is_scalar, literal, statements, whole_chain};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::database_calls::{Action, Answer, Query};
use crate::probe::source::facts::FileFacts;
pub(super) use entities::tables;

/// Conditions in conditions are followed this far.
const MAX_DEPTH: usize = 5;

/// The statements of `this.orders.find({ where: { user: { id } }, relations: ["items"], take: 10 })`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let call = file.call(query.call)?;
    if call.method() == "createQueryBuilder" || call.method() == "getRepository" {
        return of_builder(file, query, tables);
    }
    let entity = entities::of_call(file, call, tables)?;
    let table = tables.get(&entity)?;
    let managed = matches!(call.object().rsplit('.').next(), Some("manager" | "entityManager" | "em"));
    let argument = |place: usize| call.argument(place + usize::from(managed));
    let asked = Asked { file, call, tables };
    let mut parts = Parts::default();
    match call.method() {
        "save" | "insert" | "create" | "upsert" => return Some(Vec::new()),
        "find" | "findOne" | "findOneOrFail" | "findAndCount" | "count" | "exists" | "exist" => {
            match argument(0).map(|options| asked.literal(options)) {
                None => {}
                // Before version 0.3 a condition could stand by itself.
                Some(options @ Value::Object(pairs))
                    if !pairs.is_empty() && pairs.iter().all(|(key, _)| table.column(key).is_some()) =>
                {
                    asked.alternatives(options, table, &mut parts)?;
                }
                Some(options) => asked.options(options, table, &mut parts)?,
            }
        }
        "findBy" | "findOneBy" | "findOneByOrFail" | "countBy" | "existsBy" | "findAndCountBy" => {
            asked.alternatives(asked.literal(argument(0)?), table, &mut parts)?;
        }
        "delete" | "softDelete" => asked.criteria(asked.literal(argument(0)?), table, &mut parts)?,
        "update" => {
            asked.criteria(asked.literal(argument(0)?), table, &mut parts)?;
            if let Some(Value::Object(values)) = argument(1).map(|values| asked.literal(values)) {
                parts.sets = values.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
            }
        }
        // One of these is given a whole entity, which is looked for by its key.
        "remove" | "softRemove" => parts.compare(table.column("#key")?, Operator::Equal),
        _ => return None,
    }
    let soft = matches!(call.method(), "softDelete" | "softRemove");
    if let Some(deleted) = table.deleted.as_ref().filter(|_| query.action == Action::Read) {
        parts.compare(deleted, Operator::IsNull);
    }
    if soft {
        parts.sets.clone_from(&table.deleted);
    }
    let action = if soft { Action::Update } else { query.action };
    let counts = matches!(call.method(), "count" | "countBy" | "exists" | "existsBy" | "exist");
    let answer = if counts { Answer::Number } else { query.answer };
    let mut found = statements(&Query { action, answer, ..query.clone() }, &table.name, &parts)?;
    if matches!(call.method(), "findAndCount" | "findAndCountBy") && !parts.is_unconditional() {
        found.extend(statements(&Query { answer: Answer::Number, ..query.clone() }, &table.name, &parts)?);
    }
    Some(found)
}

struct Asked<'f> {
    file: &'f FileFacts,
    call: &'f Call,
    tables: &'f Tables,
}

impl Asked<'_> {
    fn literal<'v>(&'v self, value: &'v Value) -> &'v Value {
        literal(self.file, value, self.call.function)
    }

    fn options(&self, options: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let Value::Object(pairs) = options else { return None };
        for (key, value) in pairs {
            let value = self.literal(value);
            match &**key {
                "where" => self.alternatives(value, table, parts)?,
                "order" => {
                    let Value::Object(order) = value else { return None };
                    for (field, way) in order {
                        let descends = match way {
                            Value::Text(way) => way.eq_ignore_ascii_case("desc"),
                            Value::Number(way) => &**way == "-1",
                            _ => return None,
                        };
                        parts.order.push((table.column(field)?.into(), descends));
                    }
                }
                "take" => parts.limited = true,
                "skip" => parts.skips = *value != Value::Number("0".into()),
                "relations" => {
                    let names: Vec<&str> = match value {
                        Value::Array(items) => items.iter().filter_map(Value::text).collect(),
                        Value::Object(pairs) => pairs.iter().map(|(key, _)| &**key).collect(),
                        _ => return None,
                    };
                    for name in names {
                        self.load(name, table, parts);
                    }
                }
                "select"
                | "cache"
                | "transaction"
                | "lock"
                | "comment"
                | "loadEagerRelations"
                | "relationLoadStrategy" => {}
                "withDeleted" if *value == Value::Bool(false) => {}
                // Options of another kind: TypeORM before 0.3 took conditions here.
                _ => return None,
            }
        }
        Some(())
    }

    /// The rows that belong to those that were found: a join or a statement of its own, which looks for the same.
    fn load(&self, name: &str, table: &Table, parts: &mut Parts) {
        let mut table = table;
        for name in name.split('.').take(MAX_DEPTH) {
            let Some(relation) = table.relations.get(name) else { return };
            let Some(other) = self.tables.get(&relation.table) else { return };
            let rows = Rows { table: other.name.clone(), column: relation.there.clone(), condition: None };
            if !parts.loads.contains(&rows) {
                parts.loads.push(rows);
            }
            table = other;
        }
    }

    /// One condition, or a list of which one must hold.
    fn alternatives(&self, given: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let found = match given {
            Value::Array(items) => {
                let each: Vec<Condition> = items
                    .iter()
                    .map(|item| Some(all(self.conditions(self.literal(item), table, 0)?)))
                    .collect::<Option<_>>()?;
                if each.len() < 2 { each } else { vec![Condition::Any(each)] }
            }
            given => self.conditions(given, table, 0)?,
        };
        found.into_iter().for_each(|condition| parts.add(condition));
        Some(())
    }

    /// A key, a list of keys, or a condition.
    fn criteria(&self, given: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        match given {
            Value::Object(_) => self.alternatives(given, table, parts),
            Value::Array(_) => {
                parts.compare(table.column("#key")?, Operator::In);
                Some(())
            }
            given if is_scalar(given) => {
                parts.compare(table.column("#key")?, Operator::Equal);
                Some(())
            }
            _ => None,
        }
    }

    fn conditions(&self, given: &Value, table: &Table, depth: usize) -> Option<Vec<Condition>> {
        let Value::Object(pairs) = given else { return None };
        let mut found = Vec::new();
        for (key, value) in pairs {
            let value = self.literal(value);
            if let Some(column) = table.column(key) {
                found.extend(self.compared(column, value)?);
                continue;
            }
            let relation = table.relations.get(&**key).filter(|_| depth < MAX_DEPTH)?;
            let other = self.tables.get(&relation.table)?;
            let inner = match value {
                Value::Object(_) => self.conditions(value, other, depth + 1)?,
                // An entity stands for its key.
                value if is_scalar(value) && !relation.many && *value != Value::Null => {
                    found.push(Condition::Is(Column::from(&relation.here), Operator::Equal));
                    continue;
                }
                _ => return None,
            };
            // `user: { id }` needs no other table.
            if let [Condition::Is(column, operator)] = inner.as_slice()
                && *column.name == *relation.there
                && !relation.many
            {
                found.push(Condition::Is(Column::from(&relation.here), *operator));
                continue;
            }
            let rows = Rows { table: other.name.clone(), column: relation.there.clone(), condition: Some(all(inner)) };
            found.push(Condition::Among { column: Column::from(&relation.here), negated: false, rows: Box::new(rows) });
        }
        Some(found)
    }

    fn compared(&self, column: &str, value: &Value) -> Option<Vec<Condition>> {
        let is = |operator: Operator| Condition::Is(column.into(), operator);
        Some(vec![match value {
            // It is left out where the value is `null` or `undefined`.
            Value::Null => return None,
            Value::Either(values) if values.contains(&Value::Null) => return None,
            Value::Call(id) => {
                let call = self.file.call(*id)?;
                let plain = !call.callee.contains('.');
                match call.method() {
                    "In" if plain => is(Operator::In),
                    "IsNull" if plain => is(Operator::IsNull),
                    "MoreThan" if plain => is(Operator::Compared(">")),
                    "MoreThanOrEqual" if plain => is(Operator::Compared(">=")),
                    "LessThan" if plain => is(Operator::Compared("<")),
                    "LessThanOrEqual" if plain => is(Operator::Compared("<=")),
                    "Between" if plain => {
                        return Some(vec![is(Operator::Compared(">=")), is(Operator::Compared("<="))]);
                    }
                    "Equal" if plain => is(Operator::Equal),
                    "Like" if plain => is(super::builder::like(call.argument(0)?, false)?),
                    "ILike" if plain => is(super::builder::like(call.argument(0)?, true)?),
                    "Not" if plain => {
                        let inner = self.compared(column, call.argument(0)?)?;
                        match inner.as_slice() {
                            [Condition::Is(_, Operator::Equal)] => is(Operator::NotEqual),
                            [Condition::Is(_, Operator::IsNull)] => is(Operator::IsNotNull),
                            [Condition::Is(_, Operator::In)] => is(Operator::NotIn),
                            _ => Condition::Not(Box::new(all(inner))),
                        }
                    }
                    "Raw" | "Any" | "ArrayContains" | "ArrayContainedBy" | "ArrayOverlap" | "And" | "Or" if plain => {
                        return None;
                    }
                    _ => is(Operator::Equal),
                }
            }
            value if is_scalar(value) => is(Operator::Equal),
            _ => return None,
        }])
    }
}

/// `repository.createQueryBuilder("o").leftJoinAndSelect("o.user", "u").where("o.status = :status", { status })`.
fn of_builder(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let calls = whole_chain(file, query);
    let begin = calls.iter().position(|call| call.method() == "createQueryBuilder")?;
    let first = *calls.get(begin)?;
    let rest = calls.get(begin + 1..)?;
    let from = rest.iter().find(|call| matches!(call.method(), "from" | "update" | "into"));
    let entity = match from.and_then(|call| call.argument(0)) {
        Some(Value::Path(path)) => path.rsplit('.').next()?.to_owned(),
        Some(_) if from.is_some_and(|call| call.method() != "update") => return None,
        _ => match first.argument(0) {
            Some(Value::Path(path)) => path.rsplit('.').next()?.to_owned(),
            _ => entities::of_call(file, first, tables)?,
        },
    };
    let table = tables.get(&entity)?;
    let alias = [first.argument(0), first.argument(1), from.and_then(|call| call.argument(1))]
        .into_iter()
        .flatten()
        .find_map(Value::text);
    let mut known: Vec<(&str, &Table)> = alias.map(|alias| (alias, table)).into_iter().collect();
    let mut parts = Parts::default();
    let mut counts = false;
    for call in rest {
        let text = |place: usize| call.argument(place).and_then(Value::text);
        match call.method() {
            "where" | "andWhere" | "orWhere" => {
                if call.method() == "orWhere" {
                    parts.or();
                }
                match call.argument(0)? {
                    Value::Text(sql) => parts.add(Condition::Raw(raw(sql, &known, table)?.into())),
                    Value::Object(_) => {
                        let asked = Asked { file, call, tables };
                        asked.alternatives(call.argument(0)?, table, &mut parts)?;
                    }
                    _ => return None,
                }
            }
            "leftJoinAndSelect" | "leftJoin" | "innerJoinAndSelect" | "innerJoin" => {
                if call.arguments.len() > 2 {
                    return None;
                }
                let (of, field) = text(0)?.split_once('.')?;
                let (_, here) = known.iter().find(|(name, _)| *name == of)?;
                let relation = here.relations.get(field)?;
                let other = tables.get(&relation.table)?;
                let left = if std::ptr::eq(*here, table) { table.name.as_str() } else { of };
                let on = (Column::of(text(1)?, &relation.there), Column::of(left, &relation.here));
                parts.joins.push(Join {
                    outer: call.method().starts_with("left"),
                    table: other.name.clone(),
                    named: text(1)?.to_owned(),
                    on,
                });
                known.push((text(1)?, other));
            }
            "orderBy" | "addOrderBy" => {
                let descends = match call.argument(1) {
                    None => false,
                    Some(way) => way.text()?.eq_ignore_ascii_case("desc"),
                };
                let (of, field) = text(0)?.split_once('.')?;
                let (_, here) = known.iter().find(|(name, _)| *name == of)?;
                let column = here.column(field)?;
                let own = std::ptr::eq(*here, table);
                parts.order.push((if own { column.into() } else { Column::of(of, column) }, descends));
            }
            "limit" | "take" => parts.limited = true,
            "offset" | "skip" => parts.skips = true,
            "set" => {
                if let Some(Value::Object(values)) = call.argument(0) {
                    parts.sets = values.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
                }
            }
            "getCount" => counts = true,
            "insert" | "into" | "values" => return Some(Vec::new()),
            "select" | "addSelect" | "from" | "update" | "delete" | "getMany" | "getOne" | "getOneOrFail"
            | "getManyAndCount" | "getRawMany" | "getRawOne" | "execute" | "setParameter" | "setParameters"
            | "cache" | "distinct" => {}
            "softDelete" => parts.sets = Some(table.deleted.clone()?),
            _ => return None,
        }
    }
    let action = if rest.iter().any(|call| call.method() == "softDelete") { Action::Update } else { query.action };
    if let Some(deleted) = table.deleted.as_ref().filter(|_| action == Action::Read) {
        parts.compare(deleted, Operator::IsNull);
    }
    let answer = if counts { Answer::Number } else { query.answer };
    statements(&Query { action, answer, ..query.clone() }, &table.name, &parts)
}

/// A piece of SQL with the properties of entities as columns and its parameters as `?`: `o.status = :status`.
fn raw(sql: &str, known: &[(&str, &Table)], own: &Table) -> Option<String> {
    let mut found = String::new();
    let mut chars = sql.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = sql.get(at..)?;
        if c == '\'' {
            let end = rest.get(1..)?.find('\'')? + 2;
            found.push_str(rest.get(..end)?);
            while chars.next_if(|(next, _)| *next < at + end).is_some() {}
        } else if c == ':' && rest.starts_with("::") {
            found.push_str("::");
            chars.next();
        } else if c == ':' {
            let list = rest.starts_with(":...");
            let name_at = if list { 4 } else { 1 };
            let length =
                rest.get(name_at..)?.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len() - name_at);
            if length == 0 {
                return None;
            }
            found.push_str(if list { "?, ?" } else { "?" });
            while chars.next_if(|(next, _)| *next < at + name_at + length).is_some() {}
        } else if c.is_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
            let word = rest.get(..end)?;
            match word.split_once('.') {
                Some((of, field)) => {
                    let (_, table) = known.iter().find(|(name, _)| *name == of)?;
                    let name = if std::ptr::eq(*table, own) { own.name.as_str() } else { of };
                    let column = table.column(field)?;
                    found.push_str(&format!("{}.{}", super::statement::quoted(name), super::statement::quoted(column)));
                }
                None => found.push_str(word),
            }
            while chars.next_if(|(next, _)| *next < at + end).is_some() {}
        } else if matches!(c, '?' | '$' | ';' | '"' | '`') {
            return None;
        } else {
            found.push(c);
        }
    }
    Some(found)
}
