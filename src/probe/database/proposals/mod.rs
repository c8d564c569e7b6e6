//! Indexes that do not exist and would help.
//!
//! [`candidates`] thinks of them (`partial` and `special` of those that are not over plain columns of all rows), [`choose`] lets the engine find the ones that help a query, [`merge`] makes one of several,
//! [`joined`] adds those that joins want, [`migration`] writes them the way the project changes its schema.

pub mod candidate;
pub mod candidates;
pub mod choose;
pub mod joined;
pub mod merge;
pub mod migration;
mod partial;
mod special;

use std::collections::BTreeSet;

use crate::model::{Gain, IndexProof, IndexProposal, Project};
use crate::probe::database::catalog::{Catalog, Table};
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
/// Where the shorter one is how the longer one begins, both find the same rows. PostgreSQL takes a longer one to follow the
/// table's order less (`btcostestimate`), which costs ranges many times more on paper alone: still this part of the cost without
/// an index is enough.
const STILL_GOOD_AS_BEGINNING: f64 = 0.25;

/// The indexes that help the queries, equal ones once.
#[must_use]
pub fn each(looked: &[Looked], catalog: &Catalog, dialect: Dialect, rows: u64) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for look in looked {
        let id = look.query.id.clone();
        match &look.help {
            Help::Proven { indexes, proof, before, after } => {
                for index in indexes {
                    let gain = Gain { query: id.clone(), before: Some(*before), after: Some(*after) };
                    merge::add(&mut wanted, index.clone(), *proof, gain);
                }
            }
            Help::NotTried => {
                let context = Context { dialect, rows, shape: &look.shape, catalog };
                for index in look.judged.scans.iter().filter_map(|scan| full_table_scan::reasoned_index(scan, &context))
                {
                    let gain = Gain { query: id.clone(), before: None, after: None };
                    let on = |table: &Table| candidates::if_new(index.on(table), table);
                    let heirs = catalog.table(&index.schema, &index.table).map(|table| catalog.heirs(table));
                    let filled = heirs.unwrap_or_default().into_iter().filter(|heir| !heir.hollow);
                    let heirs: Vec<Candidate> = filled.filter_map(on).collect();
                    for index in std::iter::once(index).chain(heirs) {
                        merge::add(&mut wanted, index, IndexProof::Reasoned, gain.clone());
                    }
                }
            }
            Help::NoneHelps(_) | Help::NotNeeded | Help::Reasoned(_) => {}
        }
    }
    wanted
}

/// The indexes that help the queries, one for several where one is enough; the one that helps most first.
///
/// Those that are not made one when the time is over stay as they are.
pub async fn of(engine: &mut Engine, looked: &[Looked], dialect: Dialect, rows: u64, until: Until) -> Vec<Wanted> {
    let mut wanted = each(looked, engine.catalog(), dialect, rows);
    let mut sets = Sets::default();
    for look in looked {
        if let Help::Proven { indexes, after, .. } = &look.help {
            sets.insert(look.query.id.clone(), indexes.clone(), *after);
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
        let gains = still_serves(engine, looked, &sets, short, &fold.index).await;
        // Its own queries too, where its columns changed their order.
        let own = if fold.index == long.index {
            Some(long.gains.clone())
        } else {
            still_serves(engine, looked, &sets, long, &fold.index).await
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
    in_order(wanted, engine.catalog())
}

/// The one that helps most first, each with a name of its own.
#[must_use]
pub fn in_order(mut wanted: Vec<Wanted>, catalog: &Catalog) -> Vec<Wanted> {
    let saves =
        |wanted: &Wanted| wanted.gains.iter().filter_map(|gain| Some(gain.before? - gain.after?)).fold(0.0, f64::max);
    wanted.sort_by(|a, b| saves(b).total_cmp(&saves(a)));
    name(&mut wanted, catalog);
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
) -> Option<Vec<Gain>> {
    let mut gains = Vec::new();
    for gain in &short.gains {
        let look = looked.iter().find(|look| look.query.id == gain.query)?;
        // What was only reasoned about cannot be tried either.
        let (Some((set, after)), IndexProof::Hypothetical | IndexProof::ScratchServer | IndexProof::Copy) =
            (sets.with(&gain.query, &short.index, index), short.proof)
        else {
            gains.push(gain.clone());
            continue;
        };
        let tried = engine.try_indexes(look.asked(), &set).await?;
        let begins = index.keys.starts_with(&short.index.keys) && index.predicate == short.index.predicate;
        let good = choose::is_about(&tried, after, STILL_GOOD)
            || begins && tried.after <= tried.before * STILL_GOOD_AS_BEGINNING;
        if tried.used.len() != set.len() || !good {
            return None;
        }
        gains.push(Gain { after: Some(tried.after), ..gain.clone() });
    }
    Some(gains)
}

/// What is known of indexes for a query once several were made one: those that are proposed, with what they bring it.
#[must_use]
pub fn agreed(help: &Help, query: &str, wanted: &[Wanted]) -> Help {
    let own = |wanted: &Wanted| wanted.gains.iter().find(|gain| gain.query == query).cloned();
    let mine: Vec<(&Wanted, Gain)> = wanted.iter().filter_map(|wanted| Some((wanted, own(wanted)?))).collect();
    let indexes = || mine.iter().map(|(wanted, _)| wanted.index.clone()).collect();
    let Help::Proven { before, .. } = help else {
        let is_open = *help == Help::NotTried && !mine.is_empty();
        return if is_open { Help::Reasoned(indexes()) } else { help.clone() };
    };
    let after = mine.iter().filter_map(|(_, gain)| gain.after).fold(f64::NAN, f64::max);
    match mine.first() {
        Some((first, _)) if after.is_finite() => {
            Help::Proven { indexes: indexes(), proof: first.proof, before: *before, after }
        }
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
