//! Questions about the project as a whole that many files ask: answered once, and after an edit as far as it can change
//! the answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::changes::Edited;
use super::reads::{self, Key, Table};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// A question with a yes or a no.
#[derive(Debug)]
pub(in crate::probe::source) struct Question {
    /// What it is called; no two are called the same.
    pub name: &'static str,
    /// Whether there is any file for which this is so. A file's own facts decide, so that an edit to one leaves what the
    /// others say.
    pub any: fn(&FileFacts) -> bool,
}

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<BTreeMap<&'static str, (&'static Question, bool)>>);

impl Answers {
    fn all(&self) -> BTreeMap<&'static str, (&'static Question, bool)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn give(&self, question: &'static Question, answer: bool) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question.name, (question, answer));
        answer
    }
}

impl CodeIndex {
    /// The answer to `question`. Who asks depends on the answer, not on all that it was found in.
    pub(in crate::probe::source) fn answer(&self, question: &'static Question) -> bool {
        reads::name(Table::Project, question.name);
        let known = {
            let answers = self.links.answers.0.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(question.name).map(|(_, answer)| *answer)
        };
        known.unwrap_or_else(|| self.links.answers.give(question, self.ask(question)))
    }

    fn ask(&self, question: &Question) -> bool {
        self.files.as_slice().iter().any(|file| (question.any)(file))
    }

    /// Answers the questions that were asked of the index `before`, of which only the files `changed`, each as it was and
    /// as it is, are different. Gives those that are answered in another way now.
    pub(super) fn answer_again(&self, before: &Self, changed: &[Edited]) -> Vec<Key> {
        let mut otherwise = Vec::new();
        for (question, answer) in before.links.answers.all().into_values() {
            let (mut was, mut is) = (false, false);
            for edit in changed {
                was |= (question.any)(&edit.was);
                is |= (question.any)(&edit.is);
            }
            // Where none of those that changed said yes, another one did, if any.
            let now = is || if was { self.ask(question) } else { answer };
            self.links.answers.give(question, now);
            if now != answer {
                otherwise.push(Key::of(Table::Project, question.name));
            }
        }
        otherwise
    }
}
