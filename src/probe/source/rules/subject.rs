//! What a rule is about, as far as the project's code has it. Without it, silence says nothing.

use std::collections::BTreeSet;

use crate::probe::source::code::FunctionKind;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::{DATABASES, OTHER_DATABASES, imported};

/// What the files that a rule looks at hold of its subject.
#[derive(Debug, Default, Clone)]
pub struct Subject {
    /// Something that the rule can judge.
    pub seen: bool,
    /// What the rule cannot judge, each as a sentence without its stop: `Calls through pycurl are not examined`.
    pub beyond: BTreeSet<String>,
    /// Signs that there is something to judge. They count only where nothing was seen.
    pub signs: BTreeSet<String>,
}

impl Subject {
    /// Whether it says nothing.
    pub(in crate::probe::source) fn is_empty(&self) -> bool {
        !self.seen && self.beyond.is_empty() && self.signs.is_empty()
    }

    /// Adds what another file holds.
    pub(in crate::probe::source) fn add(&mut self, other: &Self) {
        self.seen |= other.seen;
        for (mine, theirs) in [(&mut self.beyond, &other.beyond), (&mut self.signs, &other.signs)] {
            // Most files say the same: what is known already is not copied again.
            let new: Vec<&String> = theirs.iter().filter(|told| !mine.contains(*told)).collect();
            mine.extend(new.into_iter().cloned());
        }
    }

    /// Something stands in the code that the rule is about and cannot judge.
    pub(in crate::probe::source) fn is_beyond(&mut self, what: &str, name: &str) {
        self.beyond.insert(format!("{what} through {name} are not examined"));
    }
}

/// Looks for a rule's subject in one file.
pub(super) type LookForSubject = fn(&FileFacts, &CodeIndex, &mut Subject);

/// How a rule finds its subject in a file.
#[derive(Clone, Copy)]
pub struct About {
    /// What there is none of where nothing was seen: `database query`. `None`: the rule claims just that the code has
    /// nothing of the kind, so that silence is an answer.
    pub what: Option<&'static str>,
    /// Looks for it in one file.
    pub look: LookForSubject,
}

/// A request handler; in Python also an `async` function, which runs in the loop that answers requests.
pub(super) fn handlers(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= file.functions.iter().any(|function| {
        function.kind == FunctionKind::Handler || (file.language == Language::Python && function.is_async)
    });
}

/// An effect or mount hook.
pub(super) fn effects(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= file.functions.iter().any(|function| function.kind == FunctionKind::Effect);
}

/// A place where an error is caught.
pub(super) fn catches(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    let of_go = file.language == Language::Go && file.assignments.iter().any(|set| matches!(&*set.target, "err" | "_"));
    subject.seen |= of_go || !file.catches.is_empty() || file.calls.iter().any(|call| call.method() == "catch");
}

/// A database query, or its text.
pub(super) fn queries(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= !file.queries.is_empty() || !index.queries(file).is_empty();
    let library = imported(file, &DATABASES).or_else(|| imported(file, &OTHER_DATABASES));
    if let Some(name) = library {
        subject.signs.insert(format!("The code uses {name}, and gonogo knows none of its queries"));
    }
}

/// A database query whose place in a loop can be told.
pub(super) fn queries_in_loops(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    queries(file, index, subject);
    for name in OTHER_DATABASES.iter().filter_map(|name| imported(file, &[name])) {
        subject.is_beyond("Queries", name);
    }
}

/// Queries that belong together, as far as one function shows it.
pub(super) fn queries_of_one_function(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    queries_in_loops(file, index, subject);
    if subject.seen {
        subject.beyond.insert("Only queries of one and the same function are compared".to_owned());
    }
}

/// For rules whose claim is that the code has nothing of the kind, and that see all forms of it that they know of.
pub(super) fn nothing_more(_: &FileFacts, _: &CodeIndex, _: &mut Subject) {}
