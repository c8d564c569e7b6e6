//! The log of what people said, and what it adds up to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Change, ChangeKind, Entry, ItemId};

static NOTHING: Entry = Entry { answer: None, note: None, acceptance: None };

/// The log with its sum.
#[derive(Debug, Default)]
pub(super) struct History {
    log: Vec<Change>,
    entries: BTreeMap<ItemId, Entry>,
    known: BTreeSet<String>,
    /// Ids of edits that can be undone, oldest first.
    undo: Vec<String>,
    /// Ids of edits that were undone and can be redone, oldest first.
    redo: Vec<String>,
}

impl History {
    pub(super) fn new(log: Vec<Change>) -> Self {
        let mut history = Self::default();
        for change in log {
            history.push(change, true);
        }
        history
    }

    /// Appends a change unless it is known. `own` changes can be undone; those that another running instance made
    /// cannot, because nobody wants to take back what a colleague just said.
    pub(super) fn push(&mut self, change: Change, own: bool) -> bool {
        if !self.known.insert(change.id.clone()) {
            return false;
        }
        let _ = change.after.clone().apply(self.entries.entry(change.item.clone()).or_default());
        match &change.kind {
            ChangeKind::Edit if own => {
                self.undo.push(change.id.clone());
                self.redo.clear();
            }
            ChangeKind::Edit => {}
            ChangeKind::Undo(of) => {
                self.undo.retain(|id| id != of);
                if own {
                    self.redo.push(of.clone());
                }
            }
            ChangeKind::Redo(of) => {
                self.redo.retain(|id| id != of);
                if own {
                    self.undo.push(of.clone());
                }
            }
        }
        self.log.push(change);
        true
    }

    pub(super) fn log(&self) -> &[Change] {
        &self.log
    }

    pub(super) fn entry(&self, item: &ItemId) -> &Entry {
        self.entries.get(item).unwrap_or(&NOTHING)
    }

    pub(super) fn last_undoable(&self) -> Option<&Change> {
        self.find(self.undo.last()?)
    }

    pub(super) fn last_redoable(&self) -> Option<&Change> {
        self.find(self.redo.last()?)
    }

    fn find(&self, id: &str) -> Option<&Change> {
        self.log.iter().rev().find(|change| change.id == id)
    }
}
