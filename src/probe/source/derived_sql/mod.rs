//! The SQL that calls of an object-relational mapper send, where model and columns stand in the code: what the database
//! probe plans. Left out wherever anything is not sure.

mod active_record;
mod django;
mod drizzle;
mod eloquent;
mod migrations;
mod naming;
mod prisma;
mod sqlalchemy;
#[cfg(test)]
mod whole_files;

use std::collections::HashMap;

use super::code::{CallId, Value};
use super::database_calls::{Action, Answer, Query};
use super::facts::{CodeIndex, FileFacts, Language, SqlText};

/// A table as a model describes it.
#[derive(Debug, Default)]
struct Table {
    name: String,
    /// The column of every field that has one.
    columns: HashMap<String, String>,
}

impl Table {
    fn column(&self, field: &str) -> Option<&str> {
        self.columns.get(field).map(String::as_str)
    }
}

/// The tables of the project by the name that queries give their models.
type Tables = HashMap<String, Table>;

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Compared(&'static str),
    In,
    IsNull,
    Contains { any_case: bool },
    StartsWith,
}

/// A condition, an order and a limit under way.
#[derive(Debug, Default)]
struct Parts {
    conditions: Vec<(String, Operator)>,
    order: Vec<(String, bool)>,
    limited: bool,
}

/// The statements that the calls of every file send: the place of the file, and the text.
#[must_use]
pub fn derive(index: &CodeIndex) -> Vec<(usize, SqlText)> {
    let tables = prisma::tables(index);
    let (django, sqlalchemy, drizzle) = (django::tables(index), sqlalchemy::tables(index), drizzle::tables(index));
    let (eloquent, active_record) = (eloquent::known(index), active_record::tables(index));
    let mut found = Vec::new();
    for (place, file) in index.files.iter().enumerate() {
        for query in index.queries(file) {
            let text = match file.language {
                Language::Python => {
                    django::statement(file, query, &django).or_else(|| sqlalchemy::statement(file, query, &sqlalchemy))
                }
                Language::Php => eloquent::statement(file, query, &eloquent),
                Language::Ruby => active_record::statement(file, query, &active_record),
                language if language.is_ecma() => {
                    prisma::statement(file, query, &tables).or_else(|| drizzle::statement(file, query, &drizzle))
                }
                _ => None,
            };
            if let (Some(sql), Some(call)) = (text, file.call(query.call)) {
                let sent_by = call.callee.replace("()", "").chars().take(80).collect::<String>().into();
                found.push((place, SqlText { sql, span: call.place.span, sent_by: Some(sent_by) }));
            }
        }
    }
    found
}

/// The statement, if it has a condition by which the database could look for rows, or an order with a limit.
fn statement(query: &Query, table: &Table, parts: &Parts) -> Option<String> {
    if parts.conditions.is_empty() && (parts.order.is_empty() || !parts.limited) {
        return None;
    }
    let mut placeholder = 0;
    let mut next = || {
        placeholder += 1;
        format!("${placeholder}")
    };
    let mut sql = match (query.action, query.answer) {
        (Action::Read, Answer::Number) => format!("SELECT count(*) FROM {}", quoted(&table.name)),
        (Action::Read, _) => format!("SELECT * FROM {}", quoted(&table.name)),
        (Action::Delete, _) => format!("DELETE FROM {}", quoted(&table.name)),
        // What an update sets makes no difference to how its rows are found, but it must set something.
        (Action::Update | Action::Insert, _) => return None,
    };
    let conditions: Vec<String> = parts
        .conditions
        .iter()
        .map(|(column, operator)| {
            let column = quoted(column);
            match operator {
                Operator::Equal => format!("{column} = {}", next()),
                Operator::Compared(sign) => format!("{column} {sign} {}", next()),
                Operator::In => format!("{column} IN ({}, {})", next(), next()),
                Operator::IsNull => format!("{column} IS NULL"),
                Operator::Contains { any_case: true } => {
                    format!("upper({column}) LIKE upper('%' || {} || '%')", next())
                }
                Operator::Contains { any_case: false } => format!("{column} LIKE '%' || {} || '%'", next()),
                Operator::StartsWith => format!("{column} LIKE {} || '%'", next()),
            }
        })
        .collect();
    if !conditions.is_empty() {
        sql.push_str(" WHERE ");
        sql.push_str(&conditions.join(" AND "));
    }
    if query.action == Action::Read && query.answer != Answer::Number {
        if !parts.order.is_empty() {
            let order: Vec<String> = parts
                .order
                .iter()
                .map(|(column, descends)| format!("{}{}", quoted(column), if *descends { " DESC" } else { "" }))
                .collect();
            sql.push_str(" ORDER BY ");
            sql.push_str(&order.join(", "));
        }
        if parts.limited || query.answer == Answer::One {
            sql.push_str(if parts.limited { " LIMIT 20" } else { " LIMIT 1" });
        }
    }
    Some(sql)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Every call of a query's chain, from the first to the last.
fn chain_of(file: &FileFacts, end: CallId) -> Vec<&super::code::Call> {
    let mut calls = Vec::new();
    let mut next = Some(end);
    while let Some(call) = next.and_then(|id| file.call(id)) {
        calls.push(call);
        next = call.receiver;
        if calls.len() > 60 {
            break;
        }
    }
    calls.reverse();
    calls
}

/// Whether a value is one thing, and not a condition or list of its own.
const fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_) | Value::Function(_) | Value::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_put_together_from_their_parts() {
        let table = Table { name: "Order".to_owned(), columns: HashMap::new() };
        let parts = Parts {
            conditions: vec![("userId".to_owned(), Operator::Equal), ("total".to_owned(), Operator::Compared(">"))],
            order: vec![("createdAt".to_owned(), true)],
            limited: true,
        };
        let query = Query { answer: Answer::List, ..Query::default() };
        assert_eq!(
            statement(&query, &table, &parts).as_deref(),
            Some(r#"SELECT * FROM "Order" WHERE "userId" = $1 AND "total" > $2 ORDER BY "createdAt" DESC LIMIT 20"#)
        );
        assert_eq!(statement(&query, &table, &Parts::default()), None);
    }
}
