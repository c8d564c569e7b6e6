//! Query builders whose calls name tables and columns themselves: Knex, Kysely, Supabase's client.

use super::statement::{Column, Condition, Join, Operator, Parts};
use super::{is_scalar, literal, statements, whole_chain};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::FileFacts;

/// A callback in a callback is followed this far.
const MAX_DEPTH: usize = 4;

/// The statement of `knex("orders").where({ user_id: id }).orderBy("created_at", "desc").limit(10)`.
pub(super) fn statement(file: &FileFacts, query: &Query) -> Option<Vec<String>> {
    let calls = whole_chain(file, query);
    let mut asked = Asked { file, parts: Parts { limited: query.bounded, ..Parts::default() }, table: None };
    for call in &calls {
        asked.add(call)?;
    }
    let table = asked.table?;
    // `orders as o`: the statement would have to name it so, too.
    let (table, other_name) = table;
    if other_name.is_some() {
        return None;
    }
    // What belongs to the table itself needs no table before it where it is the only one.
    statements(query, &table, &asked.parts)
}

struct Asked<'f> {
    file: &'f FileFacts,
    parts: Parts,
    table: Option<(String, Option<String>)>,
}

impl Asked<'_> {
    fn add(&mut self, call: &Call) -> Option<()> {
        let method = call.method();
        let text = |place: usize| call.argument(place).and_then(Value::text);
        // `knex("orders")`, `supabase.from("orders")`, `db.selectFrom("orders")`
        let plain = !call.callee.contains('.')
            || matches!(&*call.callee, "this.knex" | "this.db" | "this.database" | "this.trx" | "this.tx");
        let names_table =
            matches!(method, "from" | "table" | "into" | "selectFrom" | "updateTable" | "deleteFrom" | "insertInto");
        if names_table || (plain && call.receiver.is_none() && self.table.is_none() && text(0).is_some()) {
            self.table = Some(table(text(0)?)?);
            return Some(());
        }
        match method {
            "where" | "andWhere" => self.compared(call, false, 0),
            "orWhere" => {
                self.parts.or();
                self.compared(call, false, 0)
            }
            "whereNot" | "andWhereNot" => self.compared(call, true, 0),
            "whereIn" | "in" => self.compare(text(0)?, self.list(call.argument(1)?, call)?),
            "whereNotIn" => self.compare(text(0)?, Operator::NotIn),
            "whereNull" => self.compare(text(0)?, Operator::IsNull),
            "whereNotNull" => self.compare(text(0)?, Operator::IsNotNull),
            "orWhereNull" => {
                self.parts.or();
                self.compare(text(0)?, Operator::IsNull)
            }
            "whereBetween" => {
                self.compare(text(0)?, Operator::Compared(">="))?;
                self.compare(text(0)?, Operator::Compared("<="))
            }
            "whereLike" => self.compare(text(0)?, like(call.argument(1)?, false)?),
            "whereILike" => self.compare(text(0)?, Operator::Contains { any_case: true }),
            "whereRaw" | "andWhereRaw" => {
                let text = text(0).filter(|text| !text.contains("??") && !text.contains(':') && !text.contains("$"))?;
                self.parts.add(Condition::Raw(text.into()));
                Some(())
            }
            // Supabase's.
            "eq" => self.compare(text(0)?, equal(call.argument(1)?)?),
            "neq" => self.compare(text(0)?, Operator::NotEqual),
            "gt" => self.compare(text(0)?, Operator::Compared(">")),
            "gte" => self.compare(text(0)?, Operator::Compared(">=")),
            "lt" => self.compare(text(0)?, Operator::Compared("<")),
            "lte" => self.compare(text(0)?, Operator::Compared("<=")),
            "like" => self.compare(text(0)?, like(call.argument(1)?, false)?),
            "ilike" => self.compare(text(0)?, like(call.argument(1)?, true)?),
            "is" => match call.argument(1)? {
                Value::Null => self.compare(text(0)?, Operator::IsNull),
                Value::Bool(_) => self.compare(text(0)?, Operator::Equal),
                _ => None,
            },
            "match" => self.object(call.argument(0)?, call, false),
            "range" => {
                self.parts.limited = true;
                self.parts.skips = call.argument(0)? != &Value::Number("0".into());
                Some(())
            }
            "orderBy" | "order" => self.sorted(call),
            "join" | "innerJoin" => self.join(call, false),
            "leftJoin" | "leftOuterJoin" => self.join(call, true),
            "offset" => {
                self.parts.skips = true;
                Some(())
            }
            "groupBy" => {
                for argument in &call.arguments {
                    let names: Vec<&str> = match &argument.value {
                        Value::Array(items) => items.iter().map(Value::text).collect::<Option<_>>()?,
                        value => vec![value.text()?],
                    };
                    for name in names {
                        self.parts.group_by.push(column(name)?);
                    }
                }
                Some(())
            }
            "max" | "min" | "sum" | "avg" => {
                let name = column(text(0)?.split_whitespace().next()?)?.name;
                self.parts.aggregate = Some(format!("{method}({})", super::statement::quoted(&name)));
                Some(())
            }
            "update" | "set" => {
                if let Some(Value::Object(pairs)) = call.argument(0).map(|data| literal(self.file, data, call.function))
                {
                    self.parts.sets = pairs.iter().map(|(key, _)| &**key).find(|key| is_name(key)).map(str::to_owned);
                }
                Some(())
            }
            "select"
            | "selectAll"
            | "columns"
            | "column"
            | "distinct"
            | "first"
            | "limit"
            | "count"
            | "countDistinct"
            | "pluck"
            | "returning"
            | "returningAll"
            | "del"
            | "delete"
            | "insert"
            | "values"
            | "upsert"
            | "onConflict"
            | "merge"
            | "ignore"
            | "forUpdate"
            | "transacting"
            | "timeout"
            | "single"
            | "maybeSingle"
            | "execute"
            | "executeTakeFirst"
            | "executeTakeFirstOrThrow"
            | "then"
            | "throwOnError"
            | "stream"
            | "withSchema"
            | "as"
            | "clearOrder"
            | "schema"
            | "rpc"
            | "createClient"
            | "getDatabase"
            | "default" => {
                // A schema of its own would have to be named.
                (!matches!(method, "withSchema" | "schema" | "rpc" | "as" | "clearOrder")).then_some(())
            }
            _ => None,
        }
    }

    fn compare(&mut self, name: &str, operator: Operator) -> Option<()> {
        self.parts.compare(column(name)?, operator);
        Some(())
    }

    /// `where("a", 1)`, `where("a", ">", 1)`, `where({ a: 1 })`, `where((query) => query.where(…).orWhere(…))`.
    fn compared(&mut self, call: &Call, negated: bool, depth: usize) -> Option<()> {
        if call.spreads() {
            return None;
        }
        let first = literal(self.file, call.argument(0)?, call.function);
        match (first, call.arguments.len()) {
            (Value::Object(_), 1) => self.object(first, call, negated),
            (Value::Function(id), 1) => {
                let condition = self.group(*id, depth + 1)?;
                self.parts.add(if negated { Condition::Not(Box::new(condition)) } else { condition });
                Some(())
            }
            (Value::Text(name), 2) => {
                let operator = equal(call.argument(1)?)?;
                self.compare(name, negate(operator, negated)?)
            }
            (Value::Text(name), 3) => {
                let value = call.argument(2)?;
                let operator = match call.argument(1)?.text()?.to_ascii_lowercase().as_str() {
                    "=" => equal(value)?,
                    "!=" | "<>" => Operator::NotEqual,
                    ">" => Operator::Compared(">"),
                    ">=" => Operator::Compared(">="),
                    "<" => Operator::Compared("<"),
                    "<=" => Operator::Compared("<="),
                    "in" => Operator::In,
                    "not in" => Operator::NotIn,
                    "is" if *value == Value::Null => Operator::IsNull,
                    "is not" if *value == Value::Null => Operator::IsNotNull,
                    "like" => like(value, false)?,
                    "ilike" => like(value, true)?,
                    _ => return None,
                };
                self.compare(name, negate(operator, negated)?)
            }
            _ => None,
        }
    }

    fn object(&mut self, given: &Value, call: &Call, negated: bool) -> Option<()> {
        let Value::Object(pairs) = literal(self.file, given, call.function) else { return None };
        for (key, value) in pairs {
            self.compare(key, negate(equal(value)?, negated)?)?;
        }
        Some(())
    }

    /// What a callback adds to the query that it is given.
    fn group(&self, id: u32, depth: usize) -> Option<Condition> {
        let mut inner = Asked { file: self.file, parts: Parts::default(), table: None };
        if depth > MAX_DEPTH {
            return None;
        }
        let function = self.file.function(id)?;
        let chains: Vec<CallId> = self
            .file
            .calls_of(&function.body)
            .filter(|(_, call)| call.function == id && call.receiver.is_none() && call.argument_of.is_none())
            .map(|(place, _)| place)
            .collect();
        for first in chains {
            let mut next = Some(first);
            while let Some(call) = next.and_then(|place| self.file.call(place)) {
                match call.method() {
                    "where" | "andWhere" => inner.compared(call, false, depth)?,
                    "orWhere" => {
                        inner.parts.or();
                        inner.compared(call, false, depth)?;
                    }
                    method if method.starts_with("where") || method.starts_with("orWhere") => inner.add(call)?,
                    _ => return None,
                }
                next = call.chained;
            }
        }
        inner.parts.condition()
    }

    /// A list of values, and not another query.
    fn list(&self, value: &Value, call: &Call) -> Option<Operator> {
        match literal(self.file, value, call.function) {
            Value::Function(_) => None,
            Value::Call(id) => {
                let inner = self.file.call(*id)?;
                let queries = ["select", "from", "where", "knex", "pluck", "distinct"];
                (!queries.contains(&inner.method()) && !queries.contains(&inner.root())).then_some(Operator::In)
            }
            _ => Some(Operator::In),
        }
    }

    fn sorted(&mut self, call: &Call) -> Option<()> {
        let descends = |way: &Value| match way.text()?.to_ascii_lowercase().as_str() {
            "asc" => Some(false),
            "desc" => Some(true),
            _ => None,
        };
        match call.argument(0)? {
            Value::Text(name) => {
                let way = match call.argument(1) {
                    None => false,
                    // Supabase's: ascending unless it is told otherwise.
                    Some(options @ Value::Object(_)) => match options.get("ascending") {
                        Some(Value::Bool(ascending)) => !ascending,
                        None => false,
                        Some(_) => return None,
                    },
                    Some(way) => descends(way)?,
                };
                self.parts.order.push((column(name)?, way));
            }
            Value::Array(items) => {
                for item in items {
                    let (name, way) = match item {
                        Value::Text(name) => (&**name, false),
                        item => (item.get("column")?.text()?, item.get("order").map_or(Some(false), descends)?),
                    };
                    self.parts.order.push((column(name)?, way));
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// `join("users", "orders.user_id", "users.id")`, with an `=` in between or without.
    fn join(&mut self, call: &Call, outer: bool) -> Option<()> {
        let text = |place: usize| call.argument(place).and_then(Value::text);
        let (joined, named) = table(text(0)?)?;
        let (left, right) = match call.arguments.len() {
            3 => (text(1)?, text(2)?),
            4 if text(2)? == "=" => (text(1)?, text(3)?),
            _ => return None,
        };
        let named = named.unwrap_or_else(|| joined.clone());
        self.parts.joins.push(Join { outer, table: joined, named, on: (column(left)?, column(right)?) });
        Some(())
    }
}

/// `orders`, `public.orders as o`.
fn table(text: &str) -> Option<(String, Option<String>)> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let other = match (words.next(), words.next()) {
        (None, _) => None,
        (Some(word), Some(other)) if word.eq_ignore_ascii_case("as") => Some(other.to_owned()),
        _ => return None,
    };
    is_name(name).then(|| (name.to_owned(), other))
}

fn column(name: &str) -> Option<Column> {
    match name.split_once('.') {
        Some((table, name)) => (is_name(table) && is_name(name)).then(|| Column::of(table, name)),
        None => is_name(name).then(|| name.into()),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

pub(super) fn equal(value: &Value) -> Option<Operator> {
    match value {
        Value::Null => Some(Operator::IsNull),
        Value::Either(values) if values.contains(&Value::Null) => None,
        value => is_scalar(value).then_some(Operator::Equal),
    }
}

const fn negate(operator: Operator, negated: bool) -> Option<Operator> {
    match (negated, operator) {
        (false, operator) => Some(operator),
        (true, Operator::Equal) => Some(Operator::NotEqual),
        (true, Operator::IsNull) => Some(Operator::IsNotNull),
        (true, Operator::In) => Some(Operator::NotIn),
        _ => None,
    }
}

/// By how a pattern begins; one that is put together elsewhere may begin with anything.
pub(super) fn like(value: &Value, any_case: bool) -> Option<Operator> {
    let text = value.leading_text()?;
    if any_case || text.starts_with('%') {
        Some(Operator::Contains { any_case })
    } else {
        (!text.is_empty()).then_some(Operator::StartsWith)
    }
}
