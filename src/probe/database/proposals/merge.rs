//! One index for several queries where one is enough.

use std::collections::BTreeMap;

use super::candidate::Candidate;
use crate::model::{Gain, IndexProof};

/// An index with the queries that want it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The index.
    pub index: Candidate,
    /// How it is known to help.
    pub proof: IndexProof,
    /// Each query with what it gains; `query` is its id.
    pub gains: Vec<Gain>,
}

/// The indexes that each query is to have by now, by its id, and what it costs with those that were found for it alone.
#[derive(Debug, Default)]
pub struct Sets(BTreeMap<String, (Vec<Candidate>, f64)>);

impl Sets {
    /// What was found for one query by itself.
    pub fn insert(&mut self, query: String, indexes: Vec<Candidate>, after: f64) {
        self.0.insert(query, (indexes, after));
    }

    /// Those of one query with `index` in the place of `own`, and its cost with those that were found for it alone.
    #[must_use]
    pub fn with(&self, query: &str, own: &Candidate, index: &Candidate) -> Option<(Vec<Candidate>, f64)> {
        let (indexes, after) = self.0.get(query)?;
        let mut set: Vec<Candidate> = Vec::with_capacity(indexes.len());
        for one in indexes {
            let one = if one == own { index } else { one };
            if !set.contains(one) {
                set.push(one.clone());
            }
        }
        Some((set, *after))
    }

    /// Puts `index` in the place of `own` for these queries.
    pub fn replace(&mut self, gains: &[Gain], own: &Candidate, index: &Candidate) {
        for gain in gains {
            if let Some((set, after)) = self.with(&gain.query, own, index) {
                self.0.insert(gain.query.clone(), (set, after));
            }
        }
    }
}

/// Adds what one query wants.
pub fn add(all: &mut Vec<Wanted>, index: Candidate, proof: IndexProof, gain: Gain) {
    match all.iter_mut().find(|wanted| wanted.index == index && wanted.proof == proof) {
        Some(wanted) => {
            // The keys that both leave free are free.
            wanted.index.lead = wanted.index.lead.min(index.lead);
            wanted.gains.push(gain);
        }
        None => all.push(Wanted { index, proof, gains: vec![gain] }),
    }
}

/// A shorter index whose queries a longer one could serve as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Place of the shorter one.
    pub shorter: usize,
    /// Place of the longer one.
    pub longer: usize,
    /// What the longer one becomes.
    pub index: Candidate,
}

/// The first two that could be one, `refused` aside.
#[must_use]
pub fn next(all: &[Wanted], refused: &[(Candidate, Candidate)]) -> Option<Fold> {
    for (shorter, short) in all.iter().enumerate() {
        for (longer, long) in all.iter().enumerate() {
            if shorter == longer || refused.iter().any(|(a, b)| *a == short.index && *b == long.index) {
                continue;
            }
            let one = long.index.beginning_with(&short.index);
            if let Some(index) = one.or_else(|| long.index.for_both_values(&short.index)) {
                return Some(Fold { shorter, longer, index });
            }
        }
    }
    None
}

/// Lets the longer one serve both: `gains` are those of the shorter one's queries, `own` those of its own.
pub fn fold(all: &mut Vec<Wanted>, fold: Fold, gains: Vec<Gain>, own: Vec<Gain>) {
    let Fold { shorter, longer, index } = fold;
    if let Some(long) = all.get_mut(longer) {
        long.index = index;
        long.gains = own;
        for gain in gains {
            // A query that had both has one by now.
            if long.gains.iter().all(|known| known.query != gain.query) {
                long.gains.push(gain);
            }
        }
        all.remove(shorter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::catalog::Table;
    use crate::probe::database::proposals::candidate::Key;

    fn index(names: &[&str], lead: usize) -> Candidate {
        let table = Table { name: "t".to_owned(), ..Table::default() };
        Candidate { lead, ..Candidate::of(&table, names.iter().map(|name| Key::column(name)).collect()) }
    }

    fn gain(query: &str) -> Gain {
        Gain { query: query.to_owned(), before: None, after: None }
    }

    /// The second of two merges has to be tried with what came of the first.
    #[test]
    fn a_query_keeps_to_the_index_that_took_the_place_of_its_own() {
        let (a, ab, abc, other) =
            (index(&["a"], 1), index(&["a", "b"], 2), index(&["a", "b", "c"], 2), index(&["x"], 1));
        let mut sets = Sets::default();
        sets.insert("1".to_owned(), vec![other.clone(), a.clone()], 7.0);
        sets.replace(&[gain("1")], &a, &ab);
        assert_eq!(sets.with("1", &ab, &abc), Some((vec![other.clone(), abc.clone()], 7.0)));
        sets.replace(&[gain("1")], &other, &ab);
        assert_eq!(sets.with("1", &ab, &abc), Some((vec![abc], 7.0)), "one that stands for two");
        assert_eq!(sets.with("2", &a, &ab), None);
    }

    #[test]
    fn a_longer_index_takes_over_what_it_can_begin_with() {
        let mut all = Vec::new();
        for (names, lead, query) in [(&["a"][..], 1, "1"), (&["b", "a"], 2, "2"), (&["a"], 1, "3"), (&["c"], 1, "4")] {
            add(&mut all, index(names, lead), IndexProof::Reasoned, gain(query));
        }
        while let Some(found) = next(&all, &[]) {
            let gains = all[found.shorter].gains.clone();
            let own = all[found.longer].gains.clone();
            fold(&mut all, found, gains, own);
        }
        let seen: Vec<(Vec<&str>, Vec<&str>)> = all
            .iter()
            .map(|wanted| {
                let keys = wanted.index.keys.iter().map(|key| key.text.as_str()).collect();
                (keys, wanted.gains.iter().map(|gain| gain.query.as_str()).collect())
            })
            .collect();
        assert_eq!(seen, [(vec!["a", "b"], vec!["2", "1", "3"]), (vec!["c"], vec!["4"])]);
    }
}
