//! SQLAlchemy: classes with `__tablename__`, queries as chains.

use super::{Operator, Parts, Table, Tables, chain_of};
use crate::probe::source::code::{Comparison, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// The models of the project by name.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    for file in index.files.iter().filter(|file| file.language == Language::Python) {
        for class in &file.classes {
            let inside = |bytes: (u32, u32)| class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1;
            let own = || file.assignments.iter().filter(|a| inside(a.place.bytes));
            let Some(name) = own().find(|a| &*a.target == "__tablename__").and_then(|a| a.value.text()) else {
                continue;
            };
            let mut table = Table { name: name.to_owned(), columns: Default::default() };
            for assignment in own() {
                let Value::Call(id) = assignment.value else { continue };
                let Some(call) = file.call(id).filter(|call| matches!(call.method(), "Column" | "mapped_column"))
                else {
                    continue;
                };
                let column = call.argument(0).and_then(Value::text).unwrap_or(&assignment.target);
                table.columns.insert(assignment.target.to_string(), column.to_owned());
            }
            tables.insert(class.name.to_string(), table);
        }
    }
    tables
}

/// The statement of `session.query(User).filter(User.email == email).first()`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<String> {
    let table = tables.get(&*query.table)?;
    let calls = chain_of(file, query.end);
    let first = calls.first()?;
    let begins =
        (first.method() == "query" && first.arguments.len() == 1) || first.object() == format!("{}.query", query.table);
    if !begins {
        return None;
    }
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        match call.method() {
            "filter_by" => {
                for argument in &call.arguments {
                    let column = table.column(argument.name.as_deref()?)?;
                    parts.conditions.push((column.to_owned(), Operator::Equal));
                }
            }
            "filter" | "where" => {
                for argument in &call.arguments {
                    compared(&argument.value, &query.table, table, &mut parts)?;
                }
            }
            "query" | "first" | "all" | "one" | "one_or_none" | "count" | "limit" | "options" | "first_or_404"
            | "offset" => {}
            "get" | "get_or_404" => parts.conditions.push((table.column("id")?.to_owned(), Operator::Equal)),
            "order_by" => {
                for argument in &call.arguments {
                    let field = argument.value.path()?.strip_prefix(&*query.table)?.strip_prefix('.')?;
                    parts.order.push((table.column(field)?.to_owned(), false));
                }
            }
            _ => return None,
        }
    }
    super::statement(query, table, &parts)
}

/// `User.email == email`
fn compared(value: &Value, model: &str, table: &Table, parts: &mut Parts) -> Option<()> {
    let Value::Compared(Comparison::Equal, pair) = value else { return None };
    let field = pair.0.path()?.strip_prefix(model)?.strip_prefix('.')?;
    let operator = if pair.1 == Value::Null { Operator::IsNull } else { Operator::Equal };
    parts.conditions.push((table.column(field)?.to_owned(), operator));
    Some(())
}
