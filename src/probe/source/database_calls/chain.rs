//! Calls made on each other's results: `db.select().from(orders).limit(10)`.

use std::collections::HashSet;

use super::known::Known;
use crate::probe::source::code::{Call, CallId, Value, root};
use crate::probe::source::facts::FileFacts;

/// A longer chain is generated code.
const MAX_LINKS: usize = 60;
/// How many names that hold a part of the chain are followed.
const MAX_NAMES: usize = 4;

/// One chain of calls, from the first to the last.
pub(in crate::probe::source) struct Chain<'f> {
    /// Its file.
    pub file: &'f FileFacts,
    /// What is known about the project.
    pub known: &'f Known,
    /// Its calls; those of a query that a variable held come first.
    calls: Vec<(CallId, &'f Call)>,
    /// Where the chain proper begins in `calls`.
    own: usize,
    cut: &'f HashSet<CallId>,
}

impl<'f> Chain<'f> {
    /// The chain that the call in place `first` begins.
    pub(super) fn new(file: &'f FileFacts, first: CallId, known: &'f Known, cut: &'f HashSet<CallId>) -> Self {
        let own = links(file, first);
        let mut before = Vec::new();
        if let Some((_, call)) = own.first() {
            held(file, call, first, 0, &mut before);
        }
        let at = before.len();
        before.extend(own);
        Self { file, known, calls: before, own: at, cut }
    }

    /// The call that begins the chain where it stands.
    pub(super) fn first(&self) -> CallId {
        self.calls.get(self.own).map_or(0, |(id, _)| *id)
    }

    /// The first call of all.
    pub(super) fn head(&self) -> Option<&'f Call> {
        self.calls.first().map(|(_, call)| *call)
    }

    /// The last call.
    pub(super) fn last(&self) -> Option<(CallId, &'f Call)> {
        self.calls.last().copied()
    }

    /// Every call, in order.
    pub(in crate::probe::source) fn calls(&self) -> impl DoubleEndedIterator<Item = (CallId, &'f Call)> {
        self.calls.iter().copied()
    }

    /// The calls that stand here, without those of a variable.
    pub(super) fn own(&self) -> impl DoubleEndedIterator<Item = (CallId, &'f Call)> {
        self.calls.iter().skip(self.own).copied()
    }

    /// The names of the methods, in order.
    pub(super) fn methods(&self) -> impl DoubleEndedIterator<Item = &'f str> {
        self.calls.iter().map(|(_, call)| call.method())
    }

    /// Whether a call of one of these names is in the chain.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.methods().any(|method| names.contains(&method))
    }

    /// Whether what a variable holds is already an answer: one of these calls made it.
    pub(super) fn holds_answer(&self, runs: &[&[&str]]) -> bool {
        self.calls.iter().take(self.own).any(|(_, call)| runs.iter().any(|names| names.contains(&call.method())))
    }

    /// The first call of one of these names.
    pub(super) fn find(&self, names: &[&str]) -> Option<(CallId, &'f Call)> {
        self.calls().find(|(_, call)| names.contains(&call.method()))
    }

    /// The first call of one of these names among those that stand here.
    pub(super) fn find_own(&self, names: &[&str]) -> Option<(CallId, &'f Call)> {
        self.own().find(|(_, call)| names.contains(&call.method()))
    }

    /// Whether only a part of some call's result is taken.
    pub(super) fn is_cut(&self) -> bool {
        self.calls.iter().any(|(id, _)| self.cut.contains(id))
    }
}

fn links(file: &FileFacts, first: CallId) -> Vec<(CallId, &Call)> {
    let mut calls = Vec::new();
    let mut next = Some(first);
    while let Some(id) = next
        && let Some(call) = file.call(id)
        && calls.len() < MAX_LINKS
    {
        calls.push((id, call));
        // A call comes before those that are made on its result only by its place in the text, not in the list.
        next = call.chained.filter(|next| *next != id);
    }
    calls
}

/// The calls that made what the variable at the head of a chain holds: `query = Order.where(…)`, then `query.limit(10)`.
fn held<'f>(file: &'f FileFacts, call: &'f Call, before: CallId, steps: usize, into: &mut Vec<(CallId, &'f Call)>) {
    let name = call.object();
    if steps >= MAX_NAMES || name.is_empty() || name.contains(['(', '[']) || is_plain_client(name) {
        return;
    }
    let this = file.call(before).map_or(u32::MAX, |call| call.place.bytes.0);
    let Some(scope) =
        file.enclosing(call.function).map(|(id, _)| id).find(|id| file.assignments_to(name).any(|a| a.function == *id))
    else {
        return;
    };
    let mut made: Vec<(CallId, &Call)> = Vec::new();
    for assignment in file.assignments_to(name).filter(|a| a.function == scope && a.place.bytes.0 < this) {
        let Value::Call(last) = &assignment.value else { continue };
        let mut chain = Vec::new();
        let mut next = Some(*last);
        while let Some(id) = next
            && let Some(call) = file.call(id)
            && chain.len() < MAX_LINKS
        {
            chain.push((id, call));
            next = call.receiver.filter(|receiver| *receiver != id);
        }
        chain.reverse();
        let itself = chain.first().is_some_and(|(_, call)| root(&call.callee) == name);
        if !itself {
            // A new beginning: what the name held before is gone, unless that was in another branch.
            if let Some((id, first)) = chain.first().copied() {
                let mut inner = Vec::new();
                held(file, first, id, steps + 1, &mut inner);
                if made.is_empty() {
                    made = inner;
                }
            }
        }
        if made.len() + chain.len() <= MAX_LINKS {
            made.extend(chain);
        }
    }
    // Conditions that are added without taking the result: `query.where(…);`
    if !made.is_empty() {
        into.extend(made);
    }
}

/// Names that hold a client and no query.
fn is_plain_client(name: &str) -> bool {
    matches!(
        name,
        "prisma"
            | "db"
            | "tx"
            | "trx"
            | "knex"
            | "pool"
            | "client"
            | "conn"
            | "connection"
            | "cursor"
            | "session"
            | "sql"
    )
}
