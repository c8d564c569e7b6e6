//! What the text and the Markdown report both say of a database.

use super::overview::count;
use crate::model::{DatabaseReport, ExaminedQuery, Gain, IndexProposal, grouped, measured};

/// The answer for whoever decides, in one plain sentence.
pub(super) fn sentence(database: &DatabaseReport) -> String {
    let slow: Vec<&ExaminedQuery> = database.falling_over().collect();
    let judged = database.queries.iter().filter(|query| query.not_examined.is_none()).count();
    let rows = grouped(database.rows);
    if slow.is_empty() {
        return match judged {
            0 => "No query could be judged, so nothing is known of how the database will do as it grows.".to_owned(),
            1 => format!("The one query that was judged stays quick once tables hold {rows} rows."),
            judged => {
                format!(
                    "None of the {judged} queries that were judged will slow down much once tables hold {rows} rows."
                )
            }
        };
    }
    let proven = slow.iter().filter(|query| database.is_mended(query)).count();
    let indexes = match (proven, slow.len()) {
        (0, 1) => "no index is proven to help it yet".to_owned(),
        (0, _) => "no index is proven to help them yet".to_owned(),
        (1, 1) => "an index is proven to help it".to_owned(),
        (proven, all) if proven == all => "indexes for all of them are proven".to_owned(),
        (1, _) => "an index is proven to help one of them".to_owned(),
        (proven, _) => format!("indexes are proven to help {proven} of them"),
    };
    format!("{} will slow down once tables hold {rows} rows; {indexes}.", count(slow.len(), "query", "queries"))
}

/// What an index does for one query: `cost 10,417 → 12, 868 times cheaper`; `None` where nothing was proven.
pub(super) fn gain(gain: &Gain) -> Option<String> {
    let (before, after) = (gain.before?, gain.after?);
    let costs = format!("cost {} → {}", measured(before), measured(after));
    Some(match gain.factor().filter(|factor| *factor >= 1.0) {
        Some(factor) => format!("{costs}, {} times cheaper", measured(factor)),
        None => costs,
    })
}

/// `orders (customer_id, created_at DESC) where status = 'open'`.
pub(super) fn index(proposal: &IndexProposal) -> String {
    let predicate = proposal.predicate.as_ref().map(|condition| format!(" where {condition}")).unwrap_or_default();
    format!("{} ({}){predicate}", proposal.table, proposal.keys.join(", "))
}

/// Where a query is sent first: `src/orders.ts:12`.
pub(super) fn place(query: &ExaminedQuery) -> Option<String> {
    query.places.first().map(|place| format!("{}:{}", place.path, place.span.line))
}
