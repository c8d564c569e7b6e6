//! Joins what the server has counted with the queries of the code, and takes up what only the server knows.

use std::collections::{BTreeSet, HashMap};

use super::conditions::{Against, Asks};
use super::examine::{Ready, prepare};
use super::lexer::Dialect;
use super::plan::Unexamined;
use super::queries::Query;
use super::statement::{Scope, Shape, Sort};
use crate::model::CallStatistics;

/// Queries that only the server knows are taken up to this many, those that take the most time first.
const MOST_UNKNOWN: usize = 200;

/// Gives the queries of `ready` what was counted of them, and adds those that no code was seen to send. Gives back those
/// that will not be examined, with the reason.
pub fn join(
    ready: &mut Vec<Ready>,
    counted: Vec<(String, CallStatistics)>,
    dialect: Dialect,
) -> Vec<(Query, Unexamined)> {
    let mut by_form: HashMap<Form, Vec<usize>> = HashMap::new();
    for (at, ready) in ready.iter().enumerate() {
        for form in [Form::exact(&ready.query.sql, &ready.shape), Form::open(&ready.query.sql, &ready.shape)] {
            by_form.entry(form).or_default().push(at);
        }
    }
    let mut unknown: Vec<Ready> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut passed_over = Vec::new();
    for (sql, calls) in counted {
        let query = Query { calls: Some(calls), ..Query::new(&sql, dialect) };
        let (prepared, shape) = match prepare(&query, dialect) {
            Ok(Some(prepared)) => prepared,
            Ok(None) => continue,
            Err(why) => {
                if looks_like_a_query(&query.sql) {
                    passed_over.push((query, why));
                }
                continue;
            }
        };
        // The server writes a parameter where the code may have a constant: that joins only what it cannot confuse.
        let exact = by_form.get(&Form::exact(&query.sql, &shape));
        let open = || by_form.get(&Form::open(&query.sql, &shape)).filter(|known| one_form(ready, known));
        match exact.or_else(open) {
            Some(known) => {
                for &at in known {
                    if let Some(ready) = ready.get_mut(at) {
                        ready.query.calls = Some(sum(ready.query.calls, calls));
                    }
                }
            }
            None if shape.relations().next().is_some() => {
                // The server counts a query once for each role that sends it.
                let at = *by_id.entry(query.id.clone()).or_insert(unknown.len());
                match unknown.get_mut(at) {
                    Some(ready) => ready.query.calls = Some(sum(ready.query.calls, calls)),
                    None => unknown.push(Ready { query, prepared, shape }),
                }
            }
            None => {}
        }
    }
    unknown.sort_by(|a, b| took(&b.query).total_cmp(&took(&a.query)));
    let beyond = unknown.split_off(unknown.len().min(MOST_UNKNOWN));
    let why = format!("only the server's statistics know, beyond the {MOST_UNKNOWN} that take the most time");
    passed_over.extend(beyond.into_iter().map(|ready| (ready.query, Unexamined::new(why.clone()))));
    ready.extend(unknown);
    passed_over
}

#[expect(clippy::cast_precision_loss, reason = "only compared")]
fn took(query: &Query) -> f64 {
    query.calls.map_or(0.0, |calls| calls.mean_ms * calls.calls as f64)
}

/// Whether a statement that is not understood may well pick rows; what only shows or sets something does not.
fn looks_like_a_query(sql: &str) -> bool {
    let first = sql.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    ["select", "insert", "update", "delete", "with", "replace", "merge"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
}

fn one_form(ready: &[Ready], known: &[usize]) -> bool {
    let mut forms =
        known.iter().filter_map(|&at| ready.get(at)).map(|ready| Form::exact(&ready.query.sql, &ready.shape));
    let first = forms.next();
    forms.all(|form| Some(form) == first)
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Form(String);

impl Form {
    /// Tells constants apart from parameters and from each other.
    fn exact(sql: &str, shape: &Shape) -> Self {
        Self::of(sql, shape, true)
    }

    /// A constant is like a parameter.
    fn open(sql: &str, shape: &Shape) -> Self {
        Self::of(sql, shape, false)
    }

    fn of(sql: &str, shape: &Shape, exact: bool) -> Self {
        let kind = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
        let target = shape.inserts_into.as_deref().unwrap_or_default().to_lowercase();
        let mut scopes: Vec<String> = shape.scopes.iter().map(|scope| of_scope(scope, exact)).collect();
        scopes.sort();
        Self(format!("{exact} {kind} {target} {}", scopes.join(" | ")))
    }
}

fn of_scope(scope: &Scope, exact: bool) -> String {
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
    let against = |against: &Against| match against {
        Against::Constant(text) if exact => text.clone(),
        Against::Constant(_) | Against::Parameter(_) => "$".to_owned(),
        Against::Column(column) => column.name.to_lowercase(),
        Against::Null => "-".to_owned(),
        Against::Flag(set) => if *set { "-" } else { "not" }.to_owned(),
        Against::Other => "(".to_owned(),
    };
    let conditions: BTreeSet<String> = scope
        .conditions
        .iter()
        .map(|condition| {
            format!("{}{}{}", condition.column.name.to_lowercase(), asks(&condition.asks), against(&condition.against))
        })
        .collect();
    let order = |by: &Sort| format!("{}{}", by.column.name.to_lowercase(), if by.descending { "-" } else { "" });
    let order: Vec<String> = scope.order.iter().map(order).collect();
    let conditions: Vec<String> = conditions.into_iter().collect();
    let sums = if scope.aggregates { "sums" } else { "" };
    format!("{} [{}] by {} {} {sums}", tables.join(","), conditions.join(" "), order.join(","), scope.limited)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;
    use crate::probe::database::queries::Place;

    fn ready(sql: &str) -> Ready {
        let place = Place { path: "a.ts".to_owned(), span: Span::line(1) };
        let query = Query { places: vec![place], ..Query::new(sql, Dialect::Postgres) };
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

    #[test]
    fn calls_are_not_joined_to_another_query() {
        let mut all = vec![
            ready("SELECT * FROM t WHERE a = $1"),
            ready("SELECT count(*) FROM t WHERE a = $1"),
            ready("SELECT * FROM t WHERE kind = 'x'"),
            ready("SELECT * FROM t WHERE kind = 'y'"),
            ready("SELECT * FROM t WHERE b = 'only'"),
            ready("INSERT INTO u (a) VALUES ($1)"),
        ];
        let calls = |calls| CallStatistics { calls, mean_ms: 1.0, rows: None };
        let counted = [
            ("SELECT id FROM t WHERE a = $1", 1),
            ("SELECT count(*) FROM t WHERE a = $1", 2),
            ("SELECT * FROM t WHERE a = b", 4),
            ("SELECT * FROM t WHERE kind = $1", 8),
            ("SELECT * FROM t WHERE b = $1", 16),
            ("INSERT INTO v (a) VALUES ($1)", 32),
            ("SELECT * FROM t WHERE kind = $1", 64),
            ("SELECT FROM WHERE $1", 128),
            ("EXPLAIN SELECT 1", 256),
        ];
        let counted = counted.map(|(sql, number)| (sql.to_owned(), calls(number))).to_vec();
        let passed_over = join(&mut all, counted, Dialect::Postgres);
        let seen: Vec<u64> = all.iter().map(|ready| ready.query.calls.map_or(0, |calls| calls.calls)).collect();
        assert_eq!(seen, [1, 2, 0, 0, 16, 0, 72, 4]);
        let why: Vec<&str> = passed_over.iter().map(|(_, why)| why.0.as_str()).collect();
        assert_eq!(why, ["are not understood as SQL"]);
    }

    #[test]
    fn what_is_too_much_is_given_back() {
        let mut all = Vec::new();
        let counted = (0..MOST_UNKNOWN + 3)
            .map(|n| (format!("SELECT a{n} FROM t"), CallStatistics { calls: 1, mean_ms: 1.0, rows: None }))
            .collect();
        let passed_over = join(&mut all, counted, Dialect::Postgres);
        assert_eq!((all.len(), passed_over.len()), (MOST_UNKNOWN, 3));
        assert!(passed_over[0].1.0.starts_with("only the server's statistics know, beyond"));
    }
}
