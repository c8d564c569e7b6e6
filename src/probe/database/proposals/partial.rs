//! Indexes over a part of a table's rows: those that the query always asks for.

use super::candidate::{Candidate, Key};
use crate::probe::database::catalog::Table;
use crate::probe::database::conditions::{Against, Asks, Condition};
use crate::probe::database::judgement::wording::name;

/// What a query asks of one table.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Its conditions on the table.
    pub own: &'a [&'a Condition],
    /// The table.
    pub table: &'a Table,
    /// The columns that it compares for equality.
    pub equal: &'a [String],
    /// The columns of which it wants a range.
    pub ranges: &'a [String],
    /// What it wants the rows sorted by, where it wants only the first ones.
    pub order: &'a [Key],
}

/// Whether a condition asks for the rows that have no text in a column whose texts may be of any length. Such an index would
/// refuse rows that the table takes (PostgreSQL: "index row size exceeds btree maximum"), for a question about none of them.
pub fn asks_for_no_text(condition: &Condition, table: &Table) -> bool {
    condition.asks == Asks::Equal
        && condition.against == Against::Null
        && table.unbounded.iter().any(|column| column.eq_ignore_ascii_case(&condition.column.name))
}

/// An index over only those rows that lack the texts which the query wants to be absent: `WHERE body IS NULL`.
pub fn of_rows_without(wanted: &Wanted<'_>) -> Option<Candidate> {
    let Wanted { own, table, equal, ranges, order } = *wanted;
    let mut absent: Vec<&String> = own
        .iter()
        .filter(|condition| asks_for_no_text(condition, table))
        .filter_map(|condition| table.column(&condition.column.name))
        .collect();
    absent.dedup();
    let predicate: Vec<String> = absent.iter().map(|column| format!("{} IS NULL", name(column))).collect();
    if predicate.is_empty() || predicate.len() > 2 {
        return None;
    }
    let mut keys: Vec<Key> = equal.iter().map(|column| Key::column(column)).collect();
    let range = ranges.iter().take(1).map(|range| Key::column(range));
    let tail: Vec<Key> = if order.is_empty() { range.collect() } else { order.to_vec() };
    keys.extend(tail.into_iter().filter(|key| !equal.contains(&key.text)));
    if keys.is_empty() {
        keys.extend(table.primary_key.iter().map(|column| Key::column(column)));
    }
    let lead = equal.len();
    (!keys.is_empty()).then(|| Candidate {
        lead,
        predicate: Some(predicate.join(" AND ")),
        ..Candidate::of(table, keys)
    })
}

/// An index over only those rows that are not deleted, drafts or done, in the order that the query wants: `WHERE deleted_at IS
/// NULL`. PostgreSQL sorts by no column behind one that is to be null, so that no index over all rows has that order.
pub fn of_rows_kept(wanted: &Wanted<'_>) -> Option<Candidate> {
    let Wanted { own, table, equal, ranges, order } = *wanted;
    let mut held: Vec<(&String, String)> = Vec::new();
    for condition in own.iter().filter(|condition| condition.asks == Asks::Equal) {
        let Some(column) = table.column(&condition.column.name) else { continue };
        let set = match &condition.against {
            Against::Null => None,
            Against::Flag(set) => Some(*set),
            Against::Constant(word) if word.eq_ignore_ascii_case("true") => Some(true),
            Against::Constant(word) if word.eq_ignore_ascii_case("false") => Some(false),
            _ => continue,
        };
        let sql = match set {
            None => format!("{} IS NULL", name(column)),
            Some(true) => name(column),
            Some(false) => format!("NOT {}", name(column)),
        };
        if held.iter().all(|(_, known)| *known != sql) {
            held.push((column, sql));
        }
    }
    let lead: Vec<String> =
        equal.iter().filter(|column| held.iter().all(|(held, _)| held != column)).cloned().collect();
    let range = || ranges.iter().take(1).map(|range| Key::column(range)).collect();
    let tail: Vec<Key> = if order.is_empty() { range() } else { order.to_vec() };
    let tail: Vec<Key> = tail.into_iter().filter(|key| !lead.contains(&key.text)).collect();
    if held.is_empty() || held.len() > 2 || tail.is_empty() {
        return None;
    }
    let predicate: Vec<String> = held.into_iter().map(|(_, sql)| sql).collect();
    let keys: Vec<Key> = lead.iter().map(|column| Key::column(column)).chain(tail).collect();
    Some(Candidate { lead: lead.len(), predicate: Some(predicate.join(" AND ")), ..Candidate::of(table, keys) })
}

/// An index over only those rows that a constant of the statement picks: `WHERE processed_at IS NULL`. Worth it where the
/// rest of the condition would leave nothing to sort by but that.
pub fn of_a_kind(wanted: &Wanted<'_>) -> Option<Candidate> {
    let Wanted { own, table, equal, ranges, order } = *wanted;
    let (predicate, held): (Vec<String>, Vec<String>) = own
        .iter()
        .filter(|condition| condition.asks == Asks::Equal)
        .filter_map(|condition| match &condition.against {
            Against::Constant(value) if is_kind(&condition.column.name, table) => {
                let column = table.column(&condition.column.name)?;
                Some((format!("{} = {value}", name(column)), column.clone()))
            }
            _ => None,
        })
        .unzip();
    // A constant in a column that is no kind stands for one of many values: an index of its own for each is no help.
    let others = own.iter().any(|condition| {
        condition.asks == Asks::Equal
            && matches!(condition.against, Against::Constant(_))
            && !is_kind(&condition.column.name, table)
    });
    if others {
        return None;
    }
    if predicate.is_empty() || predicate.len() > 2 || !equal.is_empty() {
        return None;
    }
    let key = order.first().cloned().or_else(|| ranges.first().map(|range| Key::column(range)))?;
    Some(Candidate { predicate: Some(predicate.join(" AND ")), held, ..Candidate::of(table, vec![key]) })
}

/// Whether a column holds one of few kinds, by its name: what a constant in a query asks of it stays the same.
fn is_kind(column: &str, table: &Table) -> bool {
    let lower = column.to_lowercase();
    let named = ["status", "state", "kind", "type", "phase", "stage", "visibility"]
        .iter()
        .any(|kind| lower == *kind || lower.ends_with(&format!("_{kind}")) || column.ends_with(&capitalised(kind)));
    named && table.index_that_starts_with(&[column.to_owned()]).is_none_or(|index| !index.unique)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
