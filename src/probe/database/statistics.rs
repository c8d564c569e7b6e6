//! Joins what the server has counted with the queries of the code, and takes up what only the server knows.

use std::collections::{BTreeSet, HashMap};

use super::conditions::Asks;
use super::examine::{Ready, prepare};
use super::lexer::Dialect;
use super::queries::Query;
use super::statement::{Scope, Shape};
use crate::model::CallStatistics;

/// Queries that only the server knows are taken up to this many, those that take the most time first.
const MOST_UNKNOWN: usize = 200;

/// Gives the queries of `ready` what was counted of them, and adds those that no code was seen to send.
pub fn join(ready: &mut Vec<Ready>, counted: Vec<(String, CallStatistics)>, dialect: Dialect) {
    let mut by_form: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, ready) in ready.iter().enumerate() {
        by_form.entry(form(&ready.query.sql, &ready.shape)).or_default().push(at);
    }
    let mut unknown: Vec<(f64, Ready)> = Vec::new();
    for (sql, calls) in counted {
        let query = Query { sql, places: Vec::new(), sent_by: None, calls: Some(calls) };
        let Ok(Some((prepared, shape))) = prepare(&query, dialect) else { continue };
        match by_form.get(&form(&query.sql, &shape)) {
            Some(known) => {
                for &at in known {
                    if let Some(ready) = ready.get_mut(at) {
                        ready.query.calls = Some(sum(ready.query.calls, calls));
                    }
                }
            }
            None if shape.relations().next().is_some() => {
                #[expect(clippy::cast_precision_loss, reason = "only compared")]
                let took = calls.mean_ms * calls.calls as f64;
                unknown.push((took, Ready { query, prepared, shape }));
            }
            None => {}
        }
    }
    unknown.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ready.extend(unknown.into_iter().take(MOST_UNKNOWN).map(|(_, ready)| ready));
}

fn sum(before: Option<CallStatistics>, more: CallStatistics) -> CallStatistics {
    let Some(before) = before else { return more };
    let calls = before.calls + more.calls;
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    let mean = |total: f64| if calls == 0 { 0.0 } else { total / calls as f64 };
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    let total = before.mean_ms * before.calls as f64 + more.mean_ms * more.calls as f64;
    let rows = match (before.rows, more.rows) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    };
    CallStatistics { calls, mean_ms: mean(total), rows }
}

/// Equal for queries that read the same tables by the same conditions in the same order, however they are written: the
/// text that a mapper sends names every column with its schema, the one worked out from the code names none.
fn form(sql: &str, shape: &Shape) -> String {
    let kind = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    let mut scopes: Vec<String> = shape.scopes.iter().map(of_scope).collect();
    scopes.sort();
    format!("{kind} {}", scopes.join(" | "))
}

fn of_scope(scope: &Scope) -> String {
    let mut tables: Vec<String> = scope.tables.iter().map(|relation| relation.table.to_lowercase()).collect();
    tables.sort();
    let asks = |asks: &Asks| match asks {
        Asks::Equal => "=",
        Asks::Range => "<",
        Asks::Prefix | Asks::Pattern | Asks::Contains | Asks::AnyCase => "~",
        Asks::Wrapped(_) => "f",
        Asks::Either => "|",
        Asks::Optional => "?",
        Asks::Weak => "!",
        Asks::Special(_) => "@",
    };
    let conditions: BTreeSet<String> = scope
        .conditions
        .iter()
        .map(|condition| format!("{}{}", condition.column.name.to_lowercase(), asks(&condition.asks)))
        .collect();
    let order: Vec<String> = scope.order.iter().map(|by| by.column.name.to_lowercase()).collect();
    let conditions: Vec<String> = conditions.into_iter().collect();
    format!("{} [{}] by {} {}", tables.join(","), conditions.join(" "), order.join(","), scope.limited)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;
    use crate::probe::database::queries::Place;

    fn ready(sql: &str) -> Ready {
        let place = Place { path: "a.ts".to_owned(), span: Span::line(1) };
        let query = Query { sql: sql.to_owned(), places: vec![place], sent_by: None, calls: None };
        let (prepared, shape) = prepare(&query, Dialect::Postgres).unwrap().unwrap();
        Ready { query, prepared, shape }
    }

    #[test]
    fn what_the_server_counted_finds_the_code_that_sends_it() {
        let mut all = vec![ready("SELECT * FROM \"Order\" WHERE \"userId\" = $1 ORDER BY \"createdAt\" DESC LIMIT 20")];
        let calls = |calls| CallStatistics { calls, mean_ms: 2.0, rows: Some(calls) };
        let counted = vec![
            (
                "SELECT \"public\".\"Order\".\"id\" FROM \"public\".\"Order\" WHERE \"public\".\"Order\".\"userId\" = $1 \
                 ORDER BY \"public\".\"Order\".\"createdAt\" DESC LIMIT $2"
                    .to_owned(),
                calls(30),
            ),
            ("SELECT * FROM users WHERE email = $1".to_owned(), calls(5)),
            ("SELECT $1".to_owned(), calls(900)),
            ("BEGIN".to_owned(), calls(900)),
        ];
        join(&mut all, counted, Dialect::Postgres);
        let seen: Vec<(usize, u64)> =
            all.iter().map(|ready| (ready.query.places.len(), ready.query.calls.unwrap().calls)).collect();
        assert_eq!(seen, [(1, 30), (0, 5)]);
    }
}
