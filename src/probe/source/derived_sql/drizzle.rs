//! Drizzle: tables as `pgTable(…)`, queries as chains.

use super::builder::like;
use super::statement::{Column, Condition, Join, all};
use super::{Operator, Parts, Table, Tables, chain_of, literal, statements, whole_chain};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::database_calls::{Query, Way};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The tables of the project by the names of their variables; a name that stands twice is left out.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    let mut twice = Vec::new();
    for file in index
        .files
        .iter()
        .filter(|file| file.language.is_ecma() && file.imports_any(|module| module.starts_with("drizzle-orm")))
    {
        for assignment in file.assignments.iter().filter(|a| a.function == 0) {
            let Value::Call(id) = assignment.value else { continue };
            let Some(call) =
                file.call(id).filter(|call| matches!(call.method(), "pgTable" | "sqliteTable" | "mysqlTable"))
            else {
                continue;
            };
            let (Some(name), Some(Value::Object(pairs))) = (call.argument(0).and_then(Value::text), call.argument(1))
            else {
                continue;
            };
            let mut table = Table { name: name.to_owned(), ..Table::default() };
            for (key, value) in pairs {
                if let Value::Call(id) = value {
                    let column =
                        first_of(file, *id).and_then(|call| call.argument(0)).and_then(Value::text).unwrap_or(key);
                    table.columns.insert(key.to_string(), column.to_owned());
                }
            }
            if tables.insert(assignment.target.to_string(), table).is_some() {
                twice.push(assignment.target.to_string());
            }
        }
    }
    tables.retain(|name, _| !twice.contains(name));
    tables
}

fn first_of(file: &FileFacts, id: CallId) -> Option<&Call> {
    chain_of(file, id).first().copied()
}

/// The statements of `db.select().from(orders).where(eq(orders.userId, id)).limit(10)`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let table = tables.get(&*query.table)?;
    let mut asked = Asked { file, own: &query.table, table, tables, joined: Vec::new() };
    if query.way == Way::Relational {
        return asked.relational(query);
    }
    let calls = whole_chain(file, query);
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        match call.method() {
            "where" => {
                let condition = asked.condition(call.argument(0)?)?;
                parts.add(condition);
            }
            "leftJoin" | "innerJoin" => {
                let join = asked.join(call)?;
                parts.joins.push(join);
            }
            "orderBy" => asked.sorted(call.arguments.iter().map(|argument| &argument.value), &mut parts)?,
            "offset" => parts.skips = true,
            "groupBy" => {
                for argument in &call.arguments {
                    parts.group_by.push(asked.column(&argument.value)?);
                }
            }
            "set" => {
                if let Some(Value::Object(pairs)) = call.argument(0) {
                    parts.sets = pairs.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
                }
            }
            "select"
            | "selectDistinct"
            | "from"
            | "limit"
            | "delete"
            | "update"
            | "insert"
            | "values"
            | "returning"
            | "onConflictDoNothing"
            | "onConflictDoUpdate"
            | "then"
            | "all"
            | "get"
            | "run"
            | "execute"
            | "for"
            | "$dynamic"
            | "prepare"
            | "as" => {
                if matches!(call.method(), "$dynamic" | "as") {
                    return None;
                }
                if call.method() == "values" {
                    return Some(Vec::new());
                }
            }
            _ => return None,
        }
    }
    statements(query, &table.name, &parts)
}

struct Asked<'f> {
    file: &'f FileFacts,
    own: &'f str,
    table: &'f Table,
    tables: &'f Tables,
    joined: Vec<&'f str>,
}

impl<'f> Asked<'f> {
    /// `db.query.orders.findMany({ where: eq(orders.userId, id), orderBy: [desc(orders.createdAt)], limit: 10 })`.
    fn relational(&mut self, query: &Query) -> Option<Vec<String>> {
        let call = self.file.call(query.call)?;
        let none = Value::Object(Vec::new());
        let options = call.argument(0).map_or(&none, |options| literal(self.file, options, call.function));
        if options.spreads() || !matches!(options, Value::Object(_)) {
            return None;
        }
        let mut parts = Parts {
            limited: options.get("limit").is_some(),
            skips: options.get("offset").is_some(),
            ..Parts::default()
        };
        match options.get("where") {
            None => {}
            Some(Value::Function(id)) => {
                // `where: (orders, { eq }) => eq(orders.userId, id)`
                let function = self.file.function(*id)?;
                let named = function.parameters.first()?.names.first()?;
                let given = function.body.returns.first()?;
                let inner = Asked { own: &named.0, joined: Vec::new(), ..*self };
                parts.add(inner.condition(given)?);
            }
            Some(given) => parts.add(self.condition(given)?),
        }
        match options.get("orderBy") {
            None => {}
            Some(Value::Array(items)) => self.sorted(items.iter(), &mut parts)?,
            Some(one @ (Value::Call(_) | Value::Path(_))) => self.sorted(std::iter::once(one), &mut parts)?,
            Some(_) => return None,
        }
        statements(query, &self.table.name, &parts)
    }

    fn sorted<'v>(&self, items: impl Iterator<Item = &'v Value>, parts: &mut Parts) -> Option<()> {
        for item in items {
            let (value, descends) = match item {
                Value::Call(id) => {
                    let inner = self.file.call(*id)?;
                    match inner.method() {
                        "desc" => (inner.argument(0)?, true),
                        "asc" => (inner.argument(0)?, false),
                        _ => return None,
                    }
                }
                value => (value, false),
            };
            parts.order.push((self.column(value)?, descends));
        }
        Some(())
    }

    /// `leftJoin(users, eq(orders.userId, users.id))`.
    fn join(&mut self, call: &'f Call) -> Option<Join> {
        let variable = call.argument(0)?.path()?;
        let other = self.tables.get(variable)?;
        self.joined.push(variable);
        let Value::Call(id) = call.argument(1)? else { return None };
        let on = self.file.call(*id).filter(|on| on.method() == "eq")?;
        let on = (self.column(on.argument(0)?)?, self.column(on.argument(1)?)?);
        Some(Join { outer: call.method() == "leftJoin", table: other.name.clone(), named: other.name.clone(), on })
    }

    /// The column of `orders.userId`.
    fn column(&self, value: &Value) -> Option<Column> {
        let (variable, field) = value.path()?.rsplit_once('.')?;
        if variable == self.own {
            return self.table.column(field).map(Column::from);
        }
        let variable = self.joined.iter().find(|joined| **joined == variable)?;
        let table = self.tables.get(*variable)?;
        Some(Column::of(&table.name, table.column(field)?))
    }

    fn condition(&self, value: &Value) -> Option<Condition> {
        let Value::Call(id) = value else { return None };
        let call = self.file.call(*id)?;
        if call.spreads() {
            return None;
        }
        let is = |operator: Operator| Some(Condition::Is(self.column(call.argument(0)?)?, operator));
        let null = call.argument(1) == Some(&Value::Null);
        match call.method() {
            way @ ("and" | "or") => {
                let each: Vec<Condition> =
                    call.arguments.iter().map(|argument| self.condition(&argument.value)).collect::<Option<_>>()?;
                match (way, each.len()) {
                    (_, 0) => None,
                    ("or", 2..) => Some(Condition::Any(each)),
                    _ => Some(all(each)),
                }
            }
            "not" => Some(Condition::Not(Box::new(self.condition(call.argument(0)?)?))),
            "eq" if null => None,
            "eq" => match self.column(call.argument(1)?) {
                // Two columns: what a join says as well.
                Some(_) => None,
                None => is(Operator::Equal),
            },
            "ne" => is(Operator::NotEqual),
            "gt" => is(Operator::Compared(">")),
            "gte" => is(Operator::Compared(">=")),
            "lt" => is(Operator::Compared("<")),
            "lte" => is(Operator::Compared("<=")),
            "between" => Some(Condition::All(vec![is(Operator::Compared(">="))?, is(Operator::Compared("<="))?])),
            "inArray" => match call.argument(1)? {
                // Another query.
                Value::Call(id)
                    if self.file.call(*id).is_some_and(|inner| matches!(inner.method(), "from" | "where")) =>
                {
                    None
                }
                _ => is(Operator::In),
            },
            "notInArray" => is(Operator::NotIn),
            "isNull" => is(Operator::IsNull),
            "isNotNull" => is(Operator::IsNotNull),
            "like" => is(like(call.argument(1)?, false)?),
            "ilike" => is(like(call.argument(1)?, true)?),
            _ => None,
        }
    }
}
