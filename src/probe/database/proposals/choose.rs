//! Which of the indexes that could help one query does: the engine plans with all of them, and shorter ones are preferred.

use std::time::Duration;

use tokio::time::Instant;

use super::candidate::Candidate;
use super::candidates;
use crate::model::IndexProof;
use crate::probe::database::engine::Engine;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::plan::{Asked, Judged, Tried};
use crate::probe::database::statement::Shape;

/// A query below this cost is quick, whatever its plan: a thousand pages or rows are read in about a millisecond.
const WORTH_A_LOOK: f64 = 1_000.0;
/// An index for a query that reads a table whole has to make it twice as quick; planners err by less than that.
const HELPS_A_SCAN: f64 = 0.5;
/// An index for a query that has a way in already has to make it five times as quick, for each index costs its writers.
const HELPS_ANOTHER: f64 = 0.2;
/// A shorter index is taken if it costs the query no more than a tenth.
const ABOUT_AS_GOOD: f64 = 1.1;
/// Below this cost of PostgreSQL's, which is that of a few pages, no difference counts. SQLite's are numbers of rows, and it
/// assumes ten for each value of any index.
const NEXT_TO_NOTHING: f64 = 10.0;
/// So many times a shorter index is tried.
const MOST_TRIES: usize = 6;

/// When the search for indexes has to end, so that the run has time left to tell what it found.
#[derive(Debug, Clone, Copy)]
pub struct Until(Instant);

impl Until {
    /// So long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Whether it has to end now.
    #[must_use]
    pub fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}

/// What came of looking for an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// The query is well served.
    NotNeeded,
    /// These indexes help, by the engine's own plan.
    Proven {
        /// The indexes.
        indexes: Vec<Candidate>,
        /// How it was found out.
        proof: IndexProof,
        /// Cost without.
        before: f64,
        /// Cost with all of them.
        after: f64,
    },
    /// So many were tried, and none helps.
    NoneHelps(usize),
    /// The engine cannot try.
    NotProvable,
}

/// Each of these indexes once, where it is on several tables that inherit from one another.
fn forms(all: &[Candidate]) -> impl Iterator<Item = &Candidate> {
    all.iter()
        .enumerate()
        .filter(|(at, one)| all.iter().take(*at).all(|before| !before.is_like(one)))
        .map(|(_, one)| one)
}

/// The indexes that are worth a trial for a query, or what came of it without one. `shape` is the query's, or one that looks
/// through the views that it reads.
///
/// # Errors
/// What came of it without a trial.
pub fn thought_of(
    engine: &Engine,
    shape: &Shape,
    judged: &Judged,
    dialect: Dialect,
    rows: u64,
) -> Result<Vec<Candidate>, Choice> {
    let scans = !judged.scans.is_empty();
    if !scans && !engine.estimates_indexes() {
        return Err(Choice::NotNeeded);
    }
    // Planned on the server's small tables, or over tables of which it is not known which are meant.
    if !scans && (judged.points.is_empty() || candidates::is_ambiguous(shape, engine.catalog())) {
        return Err(Choice::NotProvable);
    }
    if !scans && judged.cost.is_none_or(|cost| cost < WORTH_A_LOOK) {
        return Err(Choice::NotNeeded);
    }
    let candidates = candidates::of_query(shape, engine.catalog(), dialect, rows);
    if candidates.is_empty() {
        return Err(if scans { Choice::NoneHelps(0) } else { Choice::NotNeeded });
    }
    Ok(candidates)
}

/// Looks for those of `candidates` that help a query. Once the time is over, nothing more is tried: what helps stays as it was
/// found, though fewer or shorter ones might do.
pub async fn choose(
    engine: &mut Engine,
    asked: Asked<'_>,
    judged: &Judged,
    candidates: Vec<Candidate>,
    until: Until,
) -> Choice {
    let scans = !judged.scans.is_empty();
    // The first trials of a scratch server are behind it by now; one that is not would take as long as any.
    if until.is_over() && !engine.has_tried(asked, &candidates) {
        return Choice::NotProvable;
    }
    let Some(tried) = engine.try_indexes(asked, &candidates).await else { return Choice::NotProvable };
    let enough = if scans { HELPS_A_SCAN } else { HELPS_ANOTHER };
    let helps = |tried: &Tried| !tried.used.is_empty() && tried.after <= tried.before * enough;
    let used = |tried: &Tried, of: &[Candidate]| -> Vec<Candidate> {
        tried.used.iter().filter_map(|&at| of.get(at).cloned()).collect()
    };
    let mut found = helps(&tried).then(|| (used(&tried, &candidates), tried));
    // Among several the planner takes the one by which it hopes to find the first rows soon; what counts is the worst.
    if found.is_none() && asked.shape.scopes.iter().any(|scope| scope.limited) {
        for form in forms(&candidates).take(MOST_TRIES) {
            if until.is_over() {
                break;
            }
            let alone: Vec<Candidate> = candidates.iter().filter(|one| one.is_like(form)).cloned().collect();
            let better = |tried: &Tried| found.as_ref().is_none_or(|(_, best)| tried.after < best.after);
            if let Some(tried) = engine.try_indexes(asked, &alone).await.filter(|tried| helps(tried) && better(tried)) {
                found = Some((used(&tried, &alone), tried));
            }
        }
    }
    let Some((used, tried)) = found else {
        return if scans { Choice::NoneHelps(candidates.len()) } else { Choice::NotNeeded };
    };
    let (used, tried) = without_idle(engine, asked, used, tried, until).await;
    let (indexes, tried) = shortened(engine, asked, &candidates, used, tried, until).await;
    Choice::Proven { indexes, proof: tried.proof, before: tried.before, after: tried.after }
}

/// Whether a trial shows a cost that is at most so many times `best`, or next to nothing.
#[must_use]
pub fn is_about(tried: &Tried, best: f64, times: f64) -> bool {
    let nothing = if tried.proof == IndexProof::Copy { 0.0 } else { NEXT_TO_NOTHING };
    tried.after <= (best * times).max(nothing)
}

/// Leaves out every index without which the query costs about the same.
async fn without_idle(
    engine: &mut Engine,
    asked: Asked<'_>,
    mut used: Vec<Candidate>,
    mut tried: Tried,
    until: Until,
) -> (Vec<Candidate>, Tried) {
    let best = tried.after;
    let mut at = 0;
    for _ in 0..MOST_TRIES {
        let Some(form) = forms(&used).nth(at).filter(|_| !until.is_over()).cloned() else { break };
        let fewer: Vec<Candidate> = used.iter().filter(|one| !one.is_like(&form)).cloned().collect();
        if fewer.is_empty() {
            break;
        }
        match engine.try_indexes(asked, &fewer).await {
            Some(again) if is_about(&again, best, ABOUT_AS_GOOD) => {
                used = again.used.iter().filter_map(|&at| fewer.get(at).cloned()).collect();
                tried = again;
            }
            _ => at += 1,
        }
    }
    (used, tried)
}

/// Puts a shorter index in the place of a longer one wherever that costs next to nothing.
async fn shortened(
    engine: &mut Engine,
    asked: Asked<'_>,
    candidates: &[Candidate],
    mut used: Vec<Candidate>,
    mut tried: Tried,
    until: Until,
) -> (Vec<Candidate>, Tried) {
    let best = tried.after;
    let mut left = MOST_TRIES;
    let longs: Vec<Candidate> = forms(&used).cloned().collect();
    for long in longs {
        let mut shorter: Vec<&Candidate> = forms(candidates)
            .filter(|other| other.is_akin(&long) && other.method.is_none() && other.keys.len() < long.keys.len())
            .collect();
        shorter.sort_by_key(|other| other.keys.len());
        for other in shorter {
            if left == 0 || until.is_over() {
                return (used, tried);
            }
            left -= 1;
            let places: Vec<&Candidate> = used.iter().filter(|one| one.is_like(&long)).collect();
            let in_place = candidates.iter().filter(|one| {
                one.is_like(other) && places.iter().any(|place| place.schema == one.schema && place.table == one.table)
            });
            let set: Vec<Candidate> = used.iter().filter(|one| !one.is_like(&long)).chain(in_place).cloned().collect();
            if let Some(again) = engine.try_indexes(asked, &set).await
                && again.used.len() == set.len()
                && set.len() == used.len()
                && is_about(&again, best, ABOUT_AS_GOOD)
            {
                (used, tried) = (set, again);
                break;
            }
        }
    }
    (used, tried)
}
