//! Groups of files that are looked through as a whole: an answer that comes from one depends on its files alone, so that
//! an edit to any other leaves it as it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::reads::{self, Key, Table};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Files of one kind, told by each file's own facts.
#[derive(Debug)]
pub(in crate::probe::source) struct Group {
    /// What it is called; no two are called the same.
    pub name: &'static str,
    /// Whether a file belongs to it.
    pub holds: fn(&FileFacts) -> bool,
}

/// The groups that somebody looked through.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<BTreeMap<&'static str, &'static Group>>);

impl Groups {
    fn all(&self) -> BTreeMap<&'static str, &'static Group> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over those of `before`: answers that are not asked for again still come from them.
    pub(super) fn take_over(&self, before: &Self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(before.all());
    }

    /// Those that a file belongs to in one of two states.
    pub(super) fn of(&self, was: &FileFacts, is: &FileFacts) -> Vec<Key> {
        let groups = self.all().into_values().filter(|group| (group.holds)(was) || (group.holds)(is));
        groups.map(|group| Key::of(Table::Groups, group.name)).collect()
    }
}

impl CodeIndex {
    /// The files of `group` with their places.
    pub(in crate::probe::source) fn group(
        &self,
        group: &'static Group,
    ) -> impl Iterator<Item = (usize, &Arc<FileFacts>)> {
        reads::name(Table::Groups, group.name);
        self.links.groups.0.lock().unwrap_or_else(PoisonError::into_inner).insert(group.name, group);
        self.files.as_slice().iter().enumerate().filter(|(_, file)| (group.holds)(file))
    }
}
