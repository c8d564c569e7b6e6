//! Questions about the project as a whole that many files ask: answered once, and asked anew after an edit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::reads::{self, Key, Table};
use crate::probe::source::facts::CodeIndex;

/// A question with a yes or a no.
#[derive(Debug)]
pub(in crate::probe::source) struct Question {
    /// What it is called; no two are called the same.
    pub name: &'static str,
    /// How it is answered.
    pub ask: fn(&CodeIndex) -> bool,
}

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<BTreeMap<&'static str, (&'static Question, bool)>>);

impl CodeIndex {
    /// The answer to `question`. Who asks depends on the answer, not on all that it was found in.
    pub(in crate::probe::source) fn answer(&self, question: &'static Question) -> bool {
        reads::name(Table::Project, question.name);
        let known = |answers: &Answers| {
            let answers = answers.0.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(question.name).map(|(_, answer)| *answer)
        };
        known(&self.links.answers).unwrap_or_else(|| {
            let answer = reads::apart(|| (question.ask)(self));
            let mut answers = self.links.answers.0.lock().unwrap_or_else(PoisonError::into_inner);
            answers.insert(question.name, (question, answer));
            answer
        })
    }

    /// The questions that were asked of the index `before`, and are answered in another way now.
    pub(super) fn answered_otherwise(&self, before: &Self) -> Vec<Key> {
        let before = before.links.answers.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let changed = before.into_values().filter(|(question, answer)| self.answer(question) != *answer);
        changed.map(|(question, _)| Key::of(Table::Project, question.name)).collect()
    }
}
