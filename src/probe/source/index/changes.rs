//! What an edit changed in an index, and what may stay as it was worked out before.

use std::cell::RefCell;
use std::sync::Arc;

use super::reads::{Key, Reads, Table};
use crate::probe::source::bundled;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::quick::{HashMap, HashSet};
use crate::probe::source::routes::{self, Routes};

/// A file with other facts than before.
#[derive(Debug)]
pub(in crate::probe::source) struct Edited {
    /// Its place.
    pub place: u32,
    /// What it was.
    pub was: Arc<FileFacts>,
    /// What it is.
    pub is: Arc<FileFacts>,
}

/// What is different in an index that has the same files as one before.
#[derive(Debug)]
pub(in crate::probe::source) struct Changes {
    /// Files with other facts.
    files: HashSet<u32>,
    /// Names under which something else is found now.
    names: HashSet<Key>,
    /// Whether the tables that are worked out from others were compared as well.
    whole: bool,
    /// Answers that were judged already, by their address: whether they still hold.
    judged: RefCell<HashMap<*const Reads, bool>>,
    /// What it is compared with: its answers keep their addresses as long as it is there.
    before: Arc<CodeIndex>,
}

impl Changes {
    /// Compares `index` with the one `before`, and takes over into it what still holds. `None` where so much is different
    /// that nothing can: files came or went, or what all files are read by changed.
    pub(in crate::probe::source) fn take_over(before: Arc<CodeIndex>, index: &CodeIndex) -> Option<Self> {
        let (mut changes, edited) = Self::of_files(Arc::clone(&before), index)?;
        let (old, new) = (&before.links, &index.links);
        changes.names.extend(new.groups.take_over(&old.groups, &edited));
        changes.names.extend(new.sayings.take_over(&old.sayings, &edited));
        index.take_over_words(&before, &edited);
        if !bundled::take_over(index, &before, &edited) {
            changes.names.insert(Key::of(Table::Project, bundled::BUNDLED));
        }
        new.flow.take_over(&old.flow, &|reads| changes.spare(reads));
        new.outside.take_over(&old.outside, &|reads| changes.spare(reads));
        if let Some(routes) = old.routes.get() {
            let _ = new.routes.set(Routes::new(index, &routes.that_hold(&|reads| changes.spare(reads))));
        }
        changes.judged.take();
        index.work_ahead();
        changes.whole = true;
        if let Some(routes_before) = old.routes.get() {
            let mut others = index.routes().changed_since(routes_before).into_iter().peekable();
            if others.peek().is_some() {
                changes.names.insert(Key::of(Table::Project, routes::ROUTES));
            }
            changes.names.extend(others.map(|place| Key::at(Table::Routes, place)));
        }
        if let Some(names) = old.outside.known_wrappers() {
            let changed = index.wrappers().symmetric_difference(names);
            changes.names.extend(changed.map(|name| Key::of(Table::Wrappers, name)));
        }
        changes.names.extend(index.answer_again(&before, &edited));
        Some(changes)
    }

    /// What the files' own facts change, and which files these are.
    fn of_files(before: Arc<CodeIndex>, index: &CodeIndex) -> Option<(Self, Vec<Edited>)> {
        let (old, new) = (&before.links, &index.links);
        let same = old.as_read.len() == new.as_read.len()
            && old.known == new.known
            && old.manifests == new.manifests
            && old.default_timeout == new.default_timeout
            && before.uncovered == index.uncovered
            && before.unread == index.unread
            && before.plain == index.plain
            && before.start_commands == index.start_commands;
        if !same {
            return None;
        }
        let mut changes = Self {
            files: HashSet::default(),
            names: HashSet::default(),
            whole: false,
            judged: RefCell::default(),
            before: Arc::clone(&before),
        };
        let mut all_edited = Vec::new();
        let files = before.files.as_slice().iter().zip(index.files.as_slice());
        for ((place, (was, is)), (read_then, read_now)) in
            (0_u32..).zip(files).zip(old.as_read.iter().zip(&new.as_read))
        {
            if Arc::ptr_eq(was, is) {
                continue;
            }
            if was.path != is.path {
                return None;
            }
            let edited = !Arc::ptr_eq(read_then, read_now);
            if edited {
                changes.names_of(was, is);
            }
            if edited || was.queries != is.queries || was.env_reads != is.env_reads {
                changes.files.insert(place);
                all_edited.push(Edited { place, was: Arc::clone(was), is: Arc::clone(is) });
            }
        }
        if old.undeclared != new.undeclared {
            changes.names.insert(Key::of(Table::Project, super::UNDECLARED));
        }
        Some((changes, all_edited))
    }

    /// Names that only one of two states of a file has.
    fn names_of(&mut self, was: &FileFacts, is: &FileFacts) {
        let (had, has) = (names(was), names(is));
        let mut others = had.symmetric_difference(&has).copied().peekable();
        if others.peek().is_some() && (was.language == Language::Go || is.language == Language::Go) {
            // Whoever looks something up in a package notes the package.
            let folder = is.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            self.names.insert(Key::of(Table::Packages, folder));
        }
        self.names.extend(others);
    }

    /// Whether an answer still holds: nothing that it was worked out from changed.
    pub(in crate::probe::source) fn spare(&self, reads: &Arc<Reads>) -> bool {
        let known = self.judged.borrow().get(&Arc::as_ptr(reads)).copied();
        known.unwrap_or_else(|| {
            let spared = !reads.everything
                && !reads.files.iter().any(|file| self.files.contains(file))
                && !reads.names.iter().any(|name| self.changes(*name))
                && reads.answers.iter().all(|inner| self.spare(inner));
            self.judged.borrow_mut().insert(Arc::as_ptr(reads), spared);
            spared
        })
    }

    fn changes(&self, name: Key) -> bool {
        let later = matches!(name.table(), Table::Routes | Table::Wrappers | Table::Project);
        (later && !self.whole) || self.names.contains(&name)
    }

    /// The index before.
    pub(in crate::probe::source) fn before(&self) -> &CodeIndex {
        &self.before
    }

    /// Whether the file at `place` has other facts.
    pub(in crate::probe::source) fn changed(&self, place: usize) -> bool {
        u32::try_from(place).is_ok_and(|place| self.files.contains(&place))
    }
}

/// The names by which others find what stands in a file.
fn names(file: &FileFacts) -> HashSet<Key> {
    let mut names: HashSet<Key> = file.calls.iter().map(|call| Key::of(Table::Calls, call.method())).collect();
    if file.role.in_production() {
        let functions = file.functions.iter().filter_map(|function| function.name.as_deref());
        names.extend(functions.map(|name| Key::of(Table::Functions, name)));
    }
    names.extend(file.classes.iter().map(|class| Key::of(Table::Classes, &class.name)));
    names
}
