//! Indexes that do not exist and would help.
//!
//! [`candidates`] thinks of them, [`choose`] lets the engine find the ones that help a query, [`merge`] makes one of several,
//! [`joined`] adds those that joins want, [`migration`] writes them the way the project changes its schema.

pub mod candidate;
pub mod candidates;
pub mod choose;
pub mod joined;
pub mod merge;
pub mod migration;

use std::collections::BTreeSet;

use crate::model::{Gain, IndexProof, IndexProposal, Project};
use crate::probe::database::catalog::Catalog;
use crate::probe::database::engine::Engine;
use crate::probe::database::examine::Looked;
use crate::probe::database::judgement::full_table_scan;
use crate::probe::database::judgement::help::Help;
use crate::probe::database::judgement::told::Context;
use crate::probe::database::lexer::Dialect;
use crate::probe::source::facts::CodeIndex;
use candidate::Candidate;
use choose::Until;
use merge::{Sets, Wanted};

/// So often two indexes are tried as one.
const MOST_MERGES: usize = 200;
/// One index for two queries may cost the one that a shorter index would serve this much more.
const STILL_GOOD: f64 = 1.5;

/// The indexes that help the queries, one for several where one is enough; the one that helps most first.
///
/// Those that are not made one when the time is over stay as they are.
pub async fn of(engine: &mut Engine, looked: &[Looked], dialect: Dialect, rows: u64, until: Until) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for look in looked {
        let id = look.query.id(dialect);
        match &look.help {
            Help::Proven { indexes, proof, before, after } => {
                for index in indexes {
                    let gain = Gain { query: id.clone(), before: Some(*before), after: Some(*after) };
                    merge::add(&mut wanted, index.clone(), *proof, gain);
                }
            }
            Help::NotTried => {
                let context = Context { dialect, rows, shape: &look.shape, catalog: engine.catalog() };
                for index in look.judged.scans.iter().filter_map(|scan| full_table_scan::reasoned_index(scan, &context))
                {
                    let gain = Gain { query: id.clone(), before: None, after: None };
                    merge::add(&mut wanted, index, IndexProof::Reasoned, gain);
                }
            }
            Help::NoneHelps(_) => {}
        }
    }
    let mut sets = Sets::default();
    for look in looked {
        if let Help::Proven { indexes, after, .. } = &look.help {
            sets.insert(look.query.id(dialect), indexes.clone(), *after);
        }
    }
    let mut refused: Vec<(Candidate, Candidate)> = Vec::new();
    for _ in 0..MOST_MERGES {
        if until.is_over() {
            break;
        }
        let Some(fold) = merge::next(&wanted, &refused) else { break };
        let (Some(short), Some(long)) = (wanted.get(fold.shorter), wanted.get(fold.longer)) else { break };
        let (shorter, longer) = (short.index.clone(), long.index.clone());
        let gains = still_serves(engine, looked, &sets, short, &fold.index, dialect).await;
        // Its own queries too, where its columns changed their order.
        let own = if fold.index == long.index {
            Some(long.gains.clone())
        } else {
            still_serves(engine, looked, &sets, long, &fold.index, dialect).await
        };
        match gains.zip(own) {
            Some((gains, own)) => {
                sets.replace(&gains, &shorter, &fold.index);
                sets.replace(&own, &longer, &fold.index);
                merge::fold(&mut wanted, fold, gains, own);
            }
            None => refused.push((shorter, longer)),
        }
    }
    let saves =
        |wanted: &Wanted| wanted.gains.iter().filter_map(|gain| Some(gain.before? - gain.after?)).fold(0.0, f64::max);
    wanted.sort_by(|a, b| saves(b).total_cmp(&saves(a)));
    name(&mut wanted, engine.catalog());
    wanted
}

/// Gives every index a name that neither the database nor another proposal has.
pub fn name(wanted: &mut [Wanted], catalog: &Catalog) {
    let mut taken: BTreeSet<String> = catalog.index_names().map(str::to_lowercase).collect();
    for wanted in wanted {
        while !taken.insert(wanted.index.index_name()) {
            wanted.index.number += 1;
        }
    }
}

/// What the queries of `short` gain from `index` in its place; `None` if it serves one of them much worse.
async fn still_serves(
    engine: &mut Engine,
    looked: &[Looked],
    sets: &Sets,
    short: &Wanted,
    index: &Candidate,
    dialect: Dialect,
) -> Option<Vec<Gain>> {
    let mut gains = Vec::new();
    for gain in &short.gains {
        let look = looked.iter().find(|look| look.query.id(dialect) == gain.query)?;
        // What was only reasoned about cannot be tried either.
        let (Some((set, after)), IndexProof::Hypothetical | IndexProof::ScratchServer | IndexProof::Copy) =
            (sets.with(&gain.query, &short.index, index), short.proof)
        else {
            gains.push(gain.clone());
            continue;
        };
        let tried = engine.try_indexes(look.asked(), &set).await?;
        if tried.used.len() != set.len() || !choose::is_about(&tried, after, STILL_GOOD) {
            return None;
        }
        gains.push(Gain { after: Some(tried.after), ..gain.clone() });
    }
    Some(gains)
}

/// What is known of indexes for a query once several were made one: those that are proposed, with what they bring it.
#[must_use]
pub fn agreed(help: &Help, query: &str, wanted: &[Wanted]) -> Help {
    let Help::Proven { before, .. } = help else { return help.clone() };
    let own = |wanted: &Wanted| wanted.gains.iter().find(|gain| gain.query == query).cloned();
    let mine: Vec<(&Wanted, Gain)> = wanted.iter().filter_map(|wanted| Some((wanted, own(wanted)?))).collect();
    let after = mine.iter().filter_map(|(_, gain)| gain.after).fold(f64::NAN, f64::max);
    match mine.first() {
        Some((first, _)) if after.is_finite() => Help::Proven {
            indexes: mine.iter().map(|(wanted, _)| wanted.index.clone()).collect(),
            proof: first.proof,
            before: *before,
            after,
        },
        _ => help.clone(),
    }
}

/// For the Database view and the reports.
#[must_use]
pub fn told(wanted: &Wanted, dialect: Dialect, project: &Project, code: &CodeIndex) -> IndexProposal {
    let index = &wanted.index;
    IndexProposal {
        table: index.table_sql(dialect),
        keys: index.keys.iter().map(|key| key.sql(dialect)).collect(),
        predicate: index.predicate.clone(),
        statement: format!("{};", index.statement(dialect, true)),
        migration: migration::of(index, dialect, project, code),
        proof: wanted.proof,
        gains: wanted.gains.clone(),
    }
}
