//! Columns that queries join to another table's key and that no index leads with: foreign keys, declared or not.

use std::collections::BTreeMap;

use super::candidate::{Candidate, Key};
use super::merge::{self, Wanted};
use crate::model::{Confidence, Gain, IndexProof, RuleKind, RuleMeta, Severity, Tier};
use crate::probe::database::catalog::{Catalog, Table};
use crate::probe::database::conditions::{Against, Asks, Column};
use crate::probe::database::examine::Looked;
use crate::probe::database::judgement::cause::{belongs, conditions_on};
use crate::probe::database::judgement::told::Judgement;
use crate::probe::database::judgement::wording::{grouped, name};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::statement::Scope;

/// The rule.
pub static UNINDEXED_JOIN_COLUMN: RuleMeta = RuleMeta {
    id: "unindexed-join-column",
    title: "A column that queries join on has no index",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Queries of the code tie a column to another table's key, and no index begins with that column. The queries may not need it today, because their plans begin elsewhere.",
    why: "Whatever asks from the other side (all orders of this customer), and every deletion of a row that the column points at, reads the whole table.",
    fix: "Create an index on the column, unless the table stays small or only a handful of different values ever stand in it.",
    example: "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email = $1;\n\nCREATE INDEX CONCURRENTLY ON orders (customer_id);",
    references: &["https://use-the-index-luke.com/sql/join", "F31", "C54"],
};

/// In a smaller table an index brings nothing.
const SMALL: u64 = 1_000;

/// A column of a table that is joined to a key.
type At<'a> = (&'a str, &'a str, String);

/// Adds an index for every such column to `wanted` that no index there begins with; the first query that joins on each,
/// with what is wrong.
pub fn add(
    wanted: &mut Vec<Wanted>,
    looked: &[Looked],
    catalog: &Catalog,
    dialect: Dialect,
    rows: u64,
) -> Vec<(usize, Judgement)> {
    let mut found: BTreeMap<At<'_>, (&Table, &Table, Vec<usize>)> = BTreeMap::new();
    for (at, look) in looked.iter().enumerate() {
        for scope in &look.shape.scopes {
            for (table, column, other) in joined_in(scope, catalog) {
                let entry = found.entry((&table.schema, &table.name, column)).or_insert((table, other, Vec::new()));
                entry.2.push(at);
            }
        }
    }
    let mut told = Vec::new();
    for ((_, _, column), (table, other, queries)) in found {
        let rows = table.rows.unwrap_or(0).max(rows);
        let index = Candidate { lead: 1, ..Candidate::of(table, vec![Key::column(&column)]) };
        let has = |wanted: &Wanted| wanted.index.is_beside(&index) && wanted.index.keys.first() == index.keys.first();
        if rows < SMALL || wanted.iter().any(has) {
            continue;
        }
        let Some(&first) = queries.first() else { continue };
        let number = queries.len();
        let message = format!(
            "{number} {} `{}.{column}` to the key of `{}`, and no index of `{}` begins with it",
            if number == 1 { "query joins" } else { "queries join" },
            table.name,
            other.name,
            table.name,
        );
        told.push((
            first,
            Judgement {
                rule: &UNINDEXED_JOIN_COLUMN,
                tier: Tier::B,
                severity: Severity::Minor,
                confidence: Confidence::Medium,
                table: Some(table.name.clone()),
                rows_read: rows,
                message,
                fix: format!(
                    "Create the index `{};` unless `{}` only ever holds a handful of values (reasoned, not proven).",
                    index.statement(dialect, true),
                    name(&column)
                ),
                note: Some(format!(
                    "the queries of the code do not need it at {} rows: their plans begin elsewhere",
                    grouped(rows)
                )),
            },
        ));
        for at in queries {
            if let Some(look) = looked.get(at) {
                let gain = Gain { query: look.query.id.clone(), before: None, after: None };
                merge::add(wanted, index.clone(), IndexProof::Reasoned, gain);
            }
        }
    }
    told
}

/// Columns of `scope` that are held against the key of another of its tables and lead no index.
fn joined_in<'a>(scope: &Scope, catalog: &'a Catalog) -> Vec<(&'a Table, String, &'a Table)> {
    let tables: Vec<_> = scope
        .tables
        .iter()
        .filter_map(|relation| {
            let mut known = catalog.named(&relation.table);
            known.next().filter(|_| known.next().is_none()).map(|table| (relation, table))
        })
        .collect();
    let is_key = |table: &Table, column: &Column| {
        let is = |index: &&crate::probe::database::catalog::Index| {
            index.unique && matches!(index.keys.as_slice(), [only] if only.eq_ignore_ascii_case(&column.name))
        };
        table.indexes.iter().any(|index| is(&index))
    };
    let mut found = Vec::new();
    for (relation, table) in &tables {
        for condition in conditions_on(scope, relation, table).filter(|condition| condition.asks == Asks::Equal) {
            let Against::Column(other) = &condition.against else { continue };
            let owner = tables.iter().find(|(relation, table)| belongs(other, relation, table) && is_key(table, other));
            let column = table.columns.iter().find(|column| column.eq_ignore_ascii_case(&condition.column.name));
            if let (Some((_, owner)), Some(column)) = (owner, column)
                && table.index_that_starts_with(std::slice::from_ref(column)).is_none()
            {
                found.push((*table, column.clone(), *owner));
            }
        }
    }
    found
}
