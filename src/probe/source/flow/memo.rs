//! Answers that many questions share.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Hole, Reach, Sink};
use crate::probe::source::code::FunctionId;
use crate::probe::source::index::{Kept, Reads};

/// What a function gives back: the file, the function, the path below what it gives back, for what, how many hops.
pub(super) type Returned = (usize, FunctionId, Box<str>, Sink, u8);

/// Answers that were worked out once, by their question.
type Answers<K> = Mutex<HashMap<K, Arc<Kept<Reach>>>>;

/// Answers that were worked out once. Each depends on its question alone, so that the order in which files are looked
/// at changes nothing.
#[derive(Debug, Default)]
pub struct Memo {
    given: Answers<(Hole, Sink, u8)>,
    returned: Answers<Returned>,
}

impl Memo {
    /// What the callers of a function give it.
    pub(super) fn given(&self, hole: &Hole, sink: Sink, hops: u8, work: impl FnOnce() -> Reach) -> Reach {
        remembered(&self.given, (hole.clone(), sink, hops), work)
    }

    /// What a function gives back.
    pub(super) fn returned(&self, question: Returned, work: impl FnOnce() -> Reach) -> Reach {
        remembered(&self.returned, question, work)
    }

    /// Takes over the answers of `before` that still hold.
    pub(in crate::probe::source) fn take_over(&self, before: &Self, holds: &impl Fn(&Arc<Reads>) -> bool) {
        take_over(&self.given, &before.given, holds);
        take_over(&self.returned, &before.returned, holds);
    }
}

/// The lock is not held while an answer is worked out: two threads may do so at the same time, and come to the same.
fn remembered<K: Hash + Eq>(known: &Answers<K>, key: K, work: impl FnOnce() -> Reach) -> Reach {
    let found = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let found = found.unwrap_or_else(|| {
        let found = Arc::new(Kept::new(work));
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&found));
        found
    });
    found.get().clone()
}

fn take_over<K: Hash + Eq + Clone>(mine: &Answers<K>, before: &Answers<K>, holds: &impl Fn(&Arc<Reads>) -> bool) {
    let before = before.lock().unwrap_or_else(PoisonError::into_inner);
    let mut mine = mine.lock().unwrap_or_else(PoisonError::into_inner);
    for (question, answer) in before.iter().filter(|(_, answer)| holds(answer.reads())) {
        mine.entry(question.clone()).or_insert_with(|| Arc::clone(answer));
    }
}
