//! What helps a scan on MySQL and MariaDB, where that differs from other databases.

use super::cause::Cause;
use super::wording::{listed, masked, shorten};
use crate::probe::database::catalog::Table;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::plan::Scan;
use crate::probe::database::proposals::candidate::{Candidate, Key};

/// What to do; `None` where that holds for every database.
pub fn remedy(cause: &Cause, scan: &Scan) -> Option<String> {
    let create = |table: &Table, columns: &[String]| {
        let keys = columns.iter().map(|column| Key::column(column)).collect();
        format!("`{};`", Candidate::of(table, keys).statement(Dialect::Mysql, true))
    };
    let one = |column: &String| create(&scan.table, std::slice::from_ref(column));
    Some(match cause {
        Cause::NoIndex { columns, .. } => {
            format!("Create an index: {} (reasoned from the query, not proven).", create(&scan.table, columns))
        }
        Cause::Sort(column) => {
            format!("Create an index in that order: {} (reasoned from the query, not proven).", one(column))
        }
        Cause::Elsewhere { table, column } => format!(
            "Create an index there: {} (reasoned from the query, not proven).",
            create(table, std::slice::from_ref(column))
        ),
        Cause::Pattern(column) => format!(
            "For a pattern that begins with a known text create an index: {} (reasoned, not proven); one that begins with `%` needs a FULLTEXT index and MATCH … AGAINST.",
            one(column)
        ),
        Cause::IndexUnfit { column, pattern: true, .. } => format!(
            "An index serves only a pattern that begins with a known text; to search inside `{column}`, create a FULLTEXT index and use MATCH … AGAINST."
        ),
        Cause::IndexUnfit { index, column, .. } => format!(
            "The index `{index}` is there already. Compare `{column}` with a value of its own type, character set and collation: a text column that is compared with a number cannot use its index."
        ),
        Cause::Contains(column) => format!(
            "Create a FULLTEXT index on `{column}` and search with MATCH … AGAINST (WITH PARSER ngram on MySQL for parts of words), or search by a prefix; no ordinary index serves `LIKE '%…'`."
        ),
        Cause::Wrapped(text) => format!(
            "Turn the condition round so that the column stands alone, with both ends of a span where it is a date; or keep `{}` in a generated column and index that.",
            shorten(&masked(text, Dialect::Mysql))
        ),
        Cause::Special(column, operator) => format!(
            "No index serves `{operator}`: keep what you search for of `{column}` in a generated column and index that."
        ),
        Cause::Either(columns) => format!(
            "Every alternative needs an index of its own, missing for {}; or write one query for each and join them with UNION (reasoned, not proven).",
            listed(columns, "and")
        ),
        Cause::AnyCase(_) | Cause::Optional(_) | Cause::Weak(_) | Cause::Everything | Cause::Unknown => return None,
    })
}
