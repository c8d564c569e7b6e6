//! Answers that many questions share.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Hole, Reach, Sink};
use crate::probe::source::code::FunctionId;

/// What a function gives back: the file, the function, the path below what it gives back, for what, how many hops.
pub(super) type Returned = (usize, FunctionId, Box<str>, Sink, u8);

/// Answers that were worked out once. Each depends on its question alone, so that the order in which files are looked
/// at changes nothing.
#[derive(Debug, Default)]
pub struct Memo {
    given: Mutex<HashMap<(Hole, Sink, u8), Reach>>,
    returned: Mutex<HashMap<Returned, Reach>>,
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
}

/// The lock is not held while an answer is worked out: two threads may do so at the same time, and come to the same.
fn remembered<K: std::hash::Hash + Eq>(
    known: &Mutex<HashMap<K, Reach>>,
    key: K,
    work: impl FnOnce() -> Reach,
) -> Reach {
    if let Some(found) = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return found.clone();
    }
    let found = work();
    known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
    found
}
