//! `yarn.lock` of Yarn 1 and of Yarn 2 and later.

mod berry;
mod classic;
mod graph;
mod place;

use super::{Around, Reading, damage};
use crate::probe::packages::NotUnderstood;

/// One entry, in the terms that both formats share.
#[derive(Debug, Default)]
struct Entry {
    /// Its line, from 1.
    line: u32,
    /// What is answered by it: the name as asked for, and the range.
    answers: Vec<(String, String)>,
    /// The package's own name.
    name: String,
    /// Its exact version.
    version: String,
    /// Where it comes from.
    place: Place,
    /// What it needs.
    needs: Vec<Need>,
    /// The names of its programs, which Yarn 1 does not write.
    programs: Vec<String>,
}

/// One dependency of an entry.
#[derive(Debug)]
struct Need {
    /// The name that the entry gives it.
    name: String,
    /// The versions asked for.
    range: String,
    /// It may be absent.
    optional: bool,
}

/// Where an entry comes from.
#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    /// A registry.
    #[default]
    Registry,
    /// A git repository or an archive.
    Elsewhere,
    /// A folder of the project, relative to the lock file; `None` where it lies elsewhere.
    Own(Option<String>),
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    damage::refuse(text)?;
    let text = text.trim_start_matches('\u{feff}');
    // Yarn itself tells them apart by this key (`packages/yarnpkg-core/sources/Project.ts` of Yarn 4).
    let is_berry = text.lines().any(|line| line.starts_with("__metadata:") || line.starts_with("\"__metadata\":"));
    if is_berry { berry::read(text, around) } else { classic::read(text, around) }
}
