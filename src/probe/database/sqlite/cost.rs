//! Reckons what a plan costs. SQLite tells no costs, so they are the rows that a plan reads, by the planner's own
//! assumptions about what a condition leaves (sqlite.org/optoverview.html; `sqlite3DefaultRowEst` in its source).

use std::collections::{BTreeSet, HashMap};

use super::copy::Line;

/// What one look-up by as many equal columns gives where no statistics are known: 10, 9, 8, 7, 6, and then 5 rows.
const DEFAULT_ROWS: [f64; 6] = [10.0, 9.0, 8.0, 7.0, 6.0, 5.0];
/// A range leaves a quarter of the rows.
const RANGE_LEAVES: f64 = 0.25;
/// A plan is never this deep; the bound is against lines that are their own parents.
const MOST_DEPTH: usize = 100;
/// A page: what a query with a LIMIT reads of an index that has the rows in the order that it wants.
const PAGE: f64 = 20.0;

/// What is known of the tables that a plan reads.
#[derive(Debug, Default)]
pub struct Sizes {
    /// Rows of a table by its name, or by its name in the query, in lower case.
    pub rows: HashMap<String, f64>,
    /// Of an index: whether it is unique with how many columns, and rows for one value of its first column, of its first
    /// two, and so on, where known.
    pub indexes: HashMap<String, (Option<usize>, Vec<f64>)>,
    /// Lines that read their whole table; other scans end early.
    pub whole: BTreeSet<i64>,
}

/// Rows that the plan reads, sorting counted as reading once more.
#[must_use]
pub fn of(lines: &[Line], sizes: &Sizes) -> f64 {
    below(lines, 0, sizes, 0).0
}

/// Rows read below a line, and rows that come out of it.
fn below(lines: &[Line], parent: i64, sizes: &Sizes, depth: usize) -> (f64, f64) {
    if depth > MOST_DEPTH {
        return (0.0, 1.0);
    }
    let (mut read, mut out) = (0.0, 1.0);
    for (id, _, text) in lines.iter().filter(|(id, of, _)| *of == parent && *id != parent) {
        if let Some(rows) = rows_of(*id, text, sizes) {
            // Tables at one level are loops in each other.
            read += out * rows.max(1.0);
            out *= rows;
            let (more, _) = below(lines, *id, sizes, depth + 1);
            read += out * more;
        } else if text.starts_with("USE TEMP B-TREE") {
            read += out;
        } else {
            let (more, rows) = below(lines, *id, sizes, depth + 1);
            let again = if text.starts_with("CORRELATED") { out.max(1.0) } else { 1.0 };
            read += again * more;
            if text.starts_with("CO-ROUTINE") || text.starts_with("MATERIALIZE") {
                continue;
            }
            if !text.contains("SUBQUERY") {
                out = out.max(rows);
            }
        }
    }
    (read, out)
}

/// The rows that one loop of `SCAN t` or `SEARCH t USING INDEX i (a=? AND b>?)` reads.
fn rows_of(id: i64, text: &str, sizes: &Sizes) -> Option<f64> {
    let rest = text.strip_prefix("SCAN ").or_else(|| text.strip_prefix("SEARCH "))?;
    let name = rest.split_whitespace().next().unwrap_or_default().to_lowercase();
    let all = sizes.rows.get(&name).copied().unwrap_or(1.0);
    let condition = rest.split_once('(').map(|(_, condition)| condition);
    let Some(condition) = condition.filter(|_| text.starts_with("SEARCH ")) else {
        return Some(if sizes.whole.contains(&id) { all } else { all.min(PAGE) });
    };
    let equal = condition.matches("=?").count();
    let ranges = condition.matches(['<', '>']).count().min(2);
    if rest.contains("INTEGER PRIMARY KEY") && equal > 0 {
        return Some(1.0);
    }
    let index = rest.split_once(" INDEX ").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or_default();
    let known = sizes.indexes.get(&index.to_lowercase());
    let unique = known.is_some_and(|(unique, _)| unique.is_some_and(|columns| equal >= columns));
    let mut rows = match equal {
        0 => all,
        _ if unique => 1.0,
        _ => known
            .and_then(|(_, each)| each.get(equal - 1).copied())
            .or_else(|| DEFAULT_ROWS.get(equal - 1).or(DEFAULT_ROWS.last()).copied())
            .unwrap_or(1.0),
    };
    for _ in 0..ranges {
        rows *= RANGE_LEAVES;
    }
    Some(rows.clamp(1.0, all.max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Sizes {
        Sizes {
            rows: HashMap::from([("orders".to_owned(), 100_000.0), ("c".to_owned(), 1_000.0)]),
            indexes: HashMap::from([
                ("by_customer".to_owned(), (None, vec![50.0])),
                ("key".to_owned(), (Some(1), vec![1.0])),
            ]),
            whole: BTreeSet::from([1]),
        }
    }

    fn cost(lines: &[&str]) -> f64 {
        let lines: Vec<Line> = (1..).zip(lines).map(|(id, text)| (id, 0, (*text).to_owned())).collect();
        of(&lines, &sizes())
    }

    #[test]
    fn rows_are_those_that_loops_read() {
        assert!((cost(&["SCAN orders"]) - 100_000.0).abs() < 0.1);
        assert!((cost(&["SEARCH orders USING INDEX by_customer (customer_id=?)"]) - 50.0).abs() < 0.1);
        assert!((cost(&["SEARCH orders USING INDEX new (a=?)"]) - 10.0).abs() < 0.1);
        assert!((cost(&["SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)"]) - 1.0).abs() < 0.1);
        assert!((cost(&["SEARCH c USING INDEX new (a>?)"]) - 250.0).abs() < 0.1);
        // One look-up for each of the thousand rows outside.
        assert!((cost(&["SCAN c", "SEARCH orders USING INDEX key (id=?)"]) - 2_000.0).abs() < 0.1);
        assert!((cost(&["SCAN c", "USE TEMP B-TREE FOR ORDER BY"]) - 2_000.0).abs() < 0.1);
    }
}
