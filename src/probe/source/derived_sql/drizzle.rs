//! Drizzle: tables as `pgTable(…)`, queries as chains.

use super::{Operator, Parts, Table, Tables, chain_of};
use crate::probe::source::code::{CallId, Value};
use crate::probe::source::database_calls::Query;
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
            let Some(call) = file.call(id).filter(|call| matches!(call.method(), "pgTable" | "sqliteTable")) else {
                continue;
            };
            let (Some(name), Some(Value::Object(pairs))) = (call.argument(0).and_then(Value::text), call.argument(1))
            else {
                continue;
            };
            let mut table = Table { name: name.to_owned(), columns: Default::default() };
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

fn first_of(file: &FileFacts, id: CallId) -> Option<&crate::probe::source::code::Call> {
    chain_of(file, id).first().copied()
}

/// The statement of `db.select().from(orders).where(eq(orders.userId, id)).limit(10)`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<String> {
    let table = tables.get(&*query.table)?;
    let calls = chain_of(file, query.end);
    if !matches!(calls.first()?.method(), "select" | "delete") {
        return None;
    }
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        match call.method() {
            "where" => condition(file, call.argument(0)?, &query.table, table, &mut parts)?,
            "select" | "from" | "limit" | "offset" | "delete" | "returning" | "then" | "all" | "get" | "execute" => {}
            "orderBy" => {
                for argument in &call.arguments {
                    let (value, descends) = match &argument.value {
                        Value::Call(id) => {
                            let inner = file.call(*id)?;
                            (inner.argument(0)?, inner.method() == "desc")
                        }
                        value => (value, false),
                    };
                    parts.order.push((column(value, &query.table, table)?, descends));
                }
            }
            _ => return None,
        }
    }
    super::statement(query, table, &parts)
}

fn column(value: &Value, variable: &str, table: &Table) -> Option<String> {
    let field = value.path()?.strip_prefix(variable)?.strip_prefix('.')?;
    table.column(field).map(str::to_owned)
}

fn condition(file: &FileFacts, value: &Value, variable: &str, table: &Table, parts: &mut Parts) -> Option<()> {
    let Value::Call(id) = value else { return None };
    let call = file.call(*id)?;
    let operator = match call.method() {
        "and" => {
            return call
                .arguments
                .iter()
                .try_for_each(|argument| condition(file, &argument.value, variable, table, parts));
        }
        "eq" => Operator::Equal,
        "gt" => Operator::Compared(">"),
        "gte" => Operator::Compared(">="),
        "lt" => Operator::Compared("<"),
        "lte" => Operator::Compared("<="),
        "inArray" => Operator::In,
        "isNull" => Operator::IsNull,
        _ => return None,
    };
    parts.conditions.push((column(call.argument(0)?, variable, table)?, operator));
    Some(())
}
