//! What an answer was worked out from. An answer counts again as long as nothing of that changed, so that after an edit
//! only what the edit can touch is looked at again.
//!
//! Whoever works something out says so with [`of`]; everything that hands out facts of files or answers of the index
//! notes itself with [`file()`], [`name`], [`everything`] or [`answer`]. One question may be asked while another is worked
//! out; the outer one then depends on the inner one.

use std::cell::RefCell;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::FixedState;

/// After so many notes repetitions are thrown out.
const MANY: usize = 256;

/// A table of the index that is asked by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::probe::source) enum Table {
    /// Calls by the name of their method.
    Calls,
    /// Functions by their name.
    Functions,
    /// Classes by their name.
    Classes,
    /// What packages of Go hold, by folder, type and name.
    Packages,
    /// The routes that a file declares, by its place.
    Routes,
    /// Functions that hand out a raw answer, by their name.
    Wrappers,
    /// Groups of files, by their name.
    Groups,
    /// Names that files say, by the way of saying and the name.
    Said,
    /// Answers about the project as a whole, by what is asked.
    Project,
}

/// A name in a table, shortened. Two that fall together only make more be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::probe::source) struct Key(Table, u64);

impl Key {
    /// The name `name` in `table`.
    pub(in crate::probe::source) fn of(table: Table, name: &str) -> Self {
        Self(table, FixedState::default().hash_one(name))
    }

    /// `name`, said in the way `saying`.
    pub(in crate::probe::source) fn said(saying: &str, name: &str) -> Self {
        Self(Table::Said, FixedState::default().hash_one((saying, name)))
    }

    /// The file at `place` in `table`.
    pub(in crate::probe::source) const fn at(table: Table, place: usize) -> Self {
        Self(table, place as u64)
    }

    /// Where it was looked up.
    pub(in crate::probe::source) const fn table(self) -> Table {
        self.0
    }
}

/// What an answer was worked out from.
#[derive(Debug, Default)]
pub(in crate::probe::source) struct Reads {
    /// Every file there is.
    pub everything: bool,
    /// Files, by their places.
    pub files: Vec<u32>,
    /// Names that were looked up, found or not.
    pub names: Vec<Key>,
    /// Other answers.
    pub answers: Vec<Arc<Self>>,
}

impl Reads {
    fn tidy(&mut self) {
        self.files.sort_unstable();
        self.files.dedup();
        self.names.sort_unstable();
        self.names.dedup();
        self.answers.sort_unstable_by_key(|answer| Arc::as_ptr(answer) as usize);
        self.answers.dedup_by(|a, b| Arc::ptr_eq(a, b));
    }

    fn shrink(&mut self) {
        self.tidy();
        self.files.shrink_to_fit();
        self.names.shrink_to_fit();
        self.answers.shrink_to_fit();
    }
}

/// An answer, with what it was worked out from.
#[derive(Debug)]
pub(in crate::probe::source) struct Kept<T> {
    value: T,
    reads: Arc<Reads>,
}

impl<T> Kept<T> {
    /// Works it out.
    pub(in crate::probe::source) fn new(work: impl FnOnce() -> T) -> Self {
        let (value, reads) = of(work);
        Self { value, reads: Arc::new(reads) }
    }

    /// The answer. Who asks depends on what it was worked out from.
    pub(in crate::probe::source) fn get(&self) -> &T {
        answer(&self.reads);
        &self.value
    }

    /// What it was worked out from.
    pub(in crate::probe::source) const fn reads(&self) -> &Arc<Reads> {
        &self.reads
    }
}

thread_local! {
    /// The questions that are being worked out on this thread, the innermost last.
    static OPEN: RefCell<Vec<Reads>> = const { RefCell::new(Vec::new()) };
}

/// Works something out, and tells from what.
pub(in crate::probe::source) fn of<T>(work: impl FnOnce() -> T) -> (T, Reads) {
    OPEN.with_borrow_mut(|open| open.push(Reads::default()));
    let answer = work();
    let mut reads = OPEN.with_borrow_mut(Vec::pop).unwrap_or_default();
    reads.shrink();
    (answer, reads)
}

/// Works out a table that is asked by name: who asks depends on the names that it looks up, not on all that the table
/// was made from.
pub(in crate::probe::source) fn apart<T>(work: impl FnOnce() -> T) -> T {
    of(work).0
}

fn note(what: impl FnOnce(&mut Reads)) {
    OPEN.with_borrow_mut(|open| open.last_mut().map(what));
}

/// Notes that the file at `place` was read.
pub(in crate::probe::source) fn file(place: usize) {
    note(|reads| {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        if reads.files.last() != Some(&place) {
            reads.files.push(place);
            if reads.files.len().is_multiple_of(MANY) {
                reads.tidy();
            }
        }
    });
}

/// Notes that all files were read.
pub(in crate::probe::source) fn everything() {
    note(|reads| reads.everything = true);
}

/// Notes that `name` was looked up in `table`.
pub(in crate::probe::source) fn name(table: Table, name: &str) {
    key(|| Key::of(table, name));
}

/// Notes that somebody asked whether `name` is said in the way `saying`.
pub(in crate::probe::source) fn said(saying: &str, name: &str) {
    key(|| Key::said(saying, name));
}

fn key(key: impl FnOnce() -> Key) {
    note(|reads| {
        reads.names.push(key());
        if reads.names.len().is_multiple_of(MANY) {
            reads.tidy();
        }
    });
}

/// Notes that what `table` says of the file at `place` was looked up.
pub(in crate::probe::source) fn place(table: Table, place: usize) {
    note(|reads| reads.names.push(Key::at(table, place)));
}

/// Notes that an answer was used that was worked out from `reads`.
fn answer(reads: &Arc<Reads>) {
    note(|open| {
        if open.answers.last().is_none_or(|last| !Arc::ptr_eq(last, reads)) {
            open.answers.push(Arc::clone(reads));
            if open.answers.len().is_multiple_of(MANY) {
                open.tidy();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_depends_on_what_was_read_for_it_and_on_the_answers_that_it_used() {
        let ((), outer) = of(|| {
            file(3);
            file(1);
            file(3);
            let ((), inner) = of(|| {
                file(7);
                name(Table::Calls, "find");
            });
            answer(&Arc::new(inner));
            apart(|| file(9));
            name(Table::Classes, "User");
        });
        assert_eq!(outer.files, [1, 3]);
        assert_eq!(outer.names, [Key::of(Table::Classes, "User")]);
        assert!(!outer.everything);
        assert_eq!(outer.answers[0].files, [7]);
        assert_eq!(outer.answers[0].names, [Key::of(Table::Calls, "find")]);
    }

    #[test]
    fn repetitions_take_no_room() {
        let ((), reads) = of(|| (0..10_000).for_each(|n| file(n % 5)));
        assert_eq!(reads.files, [0, 1, 2, 3, 4]);
    }
}
