//! Which of some names any file says. All names are looked for in one go, since that means to look at every value of the
//! project; after an edit only the edited files are looked at again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::changes::Edited;
use super::reads::{self, Key};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::quick::{HashMap, HashSet};

/// A way of saying a name.
#[derive(Debug)]
pub(in crate::probe::source) struct Saying {
    /// What it is called; no two are called the same.
    pub name: &'static str,
    /// Those of some names that a file says in this way. Its own facts decide.
    pub says: for<'n> fn(&FileFacts, &Names<'n>) -> HashSet<&'n str>,
}

/// Names that are looked for.
#[derive(Debug, Default)]
pub(in crate::probe::source) struct Names<'n> {
    all: HashSet<&'n str>,
    longest: usize,
    /// The lengths that there are, a bit each; the last one stands for all that are longer.
    lengths: u64,
}

impl<'n> Names<'n> {
    /// To look for all of these.
    pub(in crate::probe::source) fn of(all: impl IntoIterator<Item = &'n str>) -> Self {
        let all: HashSet<&str> = all.into_iter().collect();
        let longest = all.iter().map(|name| name.len()).max().unwrap_or_default();
        let lengths = all.iter().fold(0, |lengths, name| lengths | bit(name.len()));
        Self { all, longest, lengths }
    }

    /// `name`, if it is one of them. Most that is asked for has a length that none of them has.
    pub(in crate::probe::source) fn get(&self, name: &str) -> Option<&'n str> {
        if self.lengths & bit(name.len()) == 0 { None } else { self.all.get(name).copied() }
    }

    /// The last part of `path`, if it is one of them. Names are short, and most texts are long.
    pub(in crate::probe::source) fn last(&self, path: &str) -> Option<&'n str> {
        let dot = path.bytes().rev().take(self.longest + 1).position(|byte| byte == b'.');
        let length = dot.unwrap_or(path.len());
        if length > self.longest { None } else { self.get(path.get(path.len() - length..)?) }
    }

    /// Likewise the first part.
    pub(in crate::probe::source) fn first(&self, path: &str) -> Option<&'n str> {
        let dot = path.bytes().take(self.longest + 1).position(|byte| byte == b'.');
        let length = dot.unwrap_or(path.len());
        if length > self.longest { None } else { self.get(path.get(..length)?) }
    }
}

/// The bit of a length.
fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// How many files say a name.
type Counts = HashMap<Box<str>, u32>;

/// What was asked so far.
#[derive(Debug, Default)]
pub(super) struct Sayings(Mutex<BTreeMap<&'static str, (&'static Saying, Counts)>>);

impl Sayings {
    /// Takes over what was asked of the index `before`, of which only the files `edited` are different. Gives the names
    /// that somebody says now and nobody did, or the other way round.
    pub(super) fn take_over(&self, before: &Self, edited: &[Edited]) -> Vec<Key> {
        let mut otherwise = Vec::new();
        let mut all = before.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (saying, counts) in all.values_mut() {
            let mut now: HashMap<&str, i64> = HashMap::default();
            {
                let names = Names::of(counts.keys().map(|name| &**name));
                for edit in edited {
                    (saying.says)(&edit.was, &names).into_iter().for_each(|name| *now.entry(name).or_default() -= 1);
                    (saying.says)(&edit.is, &names).into_iter().for_each(|name| *now.entry(name).or_default() += 1);
                }
            }
            let now: Vec<(Box<str>, i64)> =
                now.into_iter().filter(|(_, more)| *more != 0).map(|(name, more)| (name.into(), more)).collect();
            for (name, more) in now {
                let Some(count) = counts.get_mut(&name) else { continue };
                let said = *count > 0;
                *count = u32::try_from(i64::from(*count) + more).unwrap_or_default();
                if said != (*count > 0) {
                    otherwise.push(Key::said(saying.name, &name));
                }
            }
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
        otherwise
    }
}

impl CodeIndex {
    /// Those of `names` that any file says. Who asks depends on the answers for these names, not on all files. Not to be
    /// asked where something is worked out that other threads wait for.
    pub(in crate::probe::source) fn said<'n>(
        &self,
        saying: &'static Saying,
        names: impl IntoIterator<Item = &'n str>,
    ) -> HashSet<&'n str> {
        let mut found = HashSet::default();
        let mut open: HashSet<&str> = HashSet::default();
        {
            let known = self.links.sayings.0.lock().unwrap_or_else(PoisonError::into_inner);
            let counts = known.get(saying.name).map(|(_, counts)| counts);
            for name in names {
                reads::said(saying.name, name);
                match counts.and_then(|counts| counts.get(name)) {
                    Some(0) => {}
                    Some(_) => drop(found.insert(name)),
                    None => drop(open.insert(name)),
                }
            }
        }
        if open.is_empty() {
            return found;
        }
        let names = Names::of(open.iter().copied());
        let count = |mut counts: HashMap<&'n str, u32>, file: &std::sync::Arc<FileFacts>| {
            (saying.says)(file, &names).into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
            counts
        };
        let both = |mut one: HashMap<&'n str, u32>, other: HashMap<&'n str, u32>| {
            other.into_iter().for_each(|(name, more)| *one.entry(name).or_default() += more);
            one
        };
        let counted = self.files.as_slice().par_iter().fold(HashMap::default, count).reduce(HashMap::default, both);
        let mut known = self.links.sayings.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, counts) = known.entry(saying.name).or_insert_with(|| (saying, Counts::default()));
        counts.extend(open.into_iter().map(|name| (name.into(), counted.get(name).copied().unwrap_or_default())));
        found.extend(counted.into_keys());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths_are_found_at_both_ends_and_only_whole() {
        let long = "a".repeat(70);
        let names = Names::of(["create", "orders", &long]);
        assert_eq!(names.last("orders.create"), Some("create"));
        assert_eq!(names.first("orders.create"), Some("orders"));
        assert_eq!(names.last("create"), Some("create"));
        assert_eq!(names.first("reorders.create"), None);
        assert_eq!(names.last("orders.recreate"), None);
        assert_eq!(names.last(&format!("x.{long}")), Some(&*long));
        assert_eq!(names.first(&format!("{long}b")), None);
        assert_eq!(Names::default().last("a.b"), None);
    }
}
