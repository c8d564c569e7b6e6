//! What is wrong with a query, and how bad that is. Tier A: [`full_table_scan`], with its [`cause`]; tier B: [`way_in`];
//! tier C: [`written`]. [`told`] makes findings of them.

pub mod cause;
pub mod full_table_scan;
pub mod help;
mod mysql;
pub mod told;
pub mod way_in;
pub mod wording;
pub mod written;

use crate::model::RuleMeta;
use help::Help;
use told::{Context, Judgement};

use super::plan::Judged;
use super::proposals::joined::UNINDEXED_JOIN_COLUMN;
use super::queries::Query;

/// Every rule about queries.
pub static RULES: [&RuleMeta; 8] = [
    &full_table_scan::META,
    &way_in::UNINDEXED_SORT,
    &way_in::ROWS_READ_AND_DROPPED,
    &written::OFFSET_PAGING,
    &written::NOT_IN_SUBQUERY,
    &written::RANDOM_ORDER,
    &written::SUBQUERY_PER_ROW,
    &UNINDEXED_JOIN_COLUMN,
];

/// Everything that is wrong with a query, worst first.
#[must_use]
pub fn judge(query: &Query, judged: &Judged, help: &Help, context: &Context<'_>) -> Vec<Judgement> {
    let written = written::judge(query, judged, context);
    // A random order explains the scan that it causes.
    let random: Vec<&String> = written
        .iter()
        .filter(|judgement| judgement.rule.id == written::RANDOM_ORDER.id)
        .filter_map(|judgement| judgement.table.as_ref())
        .collect();
    let scans = judged.scans.iter().filter(|scan| !random.contains(&&scan.table.name));
    let mut all: Vec<Judgement> = scans.map(|scan| full_table_scan::judge(query, scan, help, context)).collect();
    if matches!(help, Help::Proven { .. }) {
        all = full_table_scan::as_one(all).into_iter().collect();
    }
    // Where an index helps all the same, or another table is read whole anyway, that says more.
    if all.is_empty() && !matches!(help, Help::Proven { .. }) {
        all.extend(judged.chosen.first().map(|scan| full_table_scan::judge_chosen(query, scan, context)));
    }
    all.extend(way_in::judge(query, judged, help, context));
    all.extend(written);
    all.sort_by_key(|judgement| (std::cmp::Reverse(judgement.severity), judgement.tier));
    all
}
