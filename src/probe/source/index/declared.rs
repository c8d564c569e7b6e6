//! Imports that no manifest of the project declares.

mod composer;
mod gems;
mod go_modules;
mod locks;
mod npm;
mod python;

use super::{edited, known_modules, python_packages};
use crate::model::Span;
use crate::probe::files::FileEntry;
use crate::probe::source::facts::CodeIndex;

/// One import that no manifest declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// The place of its file.
    pub file: usize,
    /// The package that would have to be declared.
    pub package: String,
    /// Where the import stands.
    pub span: Span,
    /// What the lock file says: whether the package is installed because another one needs it. `None`: there is no lock
    /// file that could be read.
    pub installed: Option<bool>,
    /// The installer puts what it installs where every import finds it.
    pub flat: bool,
    /// Another manifest of the project that declares it.
    pub elsewhere: Option<String>,
    /// Everything that could declare it was read whole, and the import runs whenever the file does.
    pub sure: bool,
    /// What is declared that belongs to it.
    pub family: Option<Family>,
}

/// How a declared package belongs to one that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Family {
    /// It is made of several, this one among them: `codemirror` of `@codemirror/state`.
    Brings(String),
    /// Both are of one scope, or one is called after the other: `react-router-dom` and `react-router`.
    Sibling,
}

/// How large a lock file may be to be looked into.
const MAX_LOCK_BYTES: u64 = 32 * 1024 * 1024;

/// What was found in each file by itself, for the next time.
#[derive(Debug, Default)]
pub(in crate::probe::source) struct ByFile {
    npm: npm::Found,
}

/// Every import of production code that no manifest declares, each package once a file. What was found in the index
/// `before` counts again for files that did not change.
#[must_use]
pub(in crate::probe::source) fn undeclared(
    files: &[FileEntry],
    index: &CodeIndex,
    before: Option<&CodeIndex>,
) -> (Vec<Undeclared>, ByFile) {
    let npm = npm::undeclared(files, index, before);
    let mut found = npm.undeclared().to_vec();
    found.extend(python::undeclared(files, index));
    if !found.is_empty() {
        locks::look_into(files, &mut found, index);
    }
    found.extend(composer::undeclared(files, index));
    found.extend(gems::undeclared(files, index));
    found.extend(go_modules::undeclared(files, index));
    (found, ByFile { npm })
}

/// The folders around `path`, from the inside out; the root is the empty one.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    std::iter::successors(Some(own), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(outer, _)| outer))
    })
}
