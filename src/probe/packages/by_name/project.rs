//! The project's files, as containers and scripts find them.

use std::collections::{BTreeMap, BTreeSet};

use super::installed::is_archive;
use super::text::is_like;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::packages::Packages;
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

/// A place may have come from so many others.
const MOST_NAMES: usize = 20;
/// Nobody's folders are nested deeper.
const MOST_FOLDERS: usize = 100;

/// What a project holds.
pub struct Project<'p> {
    /// What its manifests and lock files say.
    pub packages: &'p Packages,
    files: BTreeMap<&'p str, &'p FileEntry>,
    folders: BTreeSet<&'p str>,
    archives: Vec<&'p str>,
}

impl<'p> Project<'p> {
    /// Of a listing.
    pub fn new(packages: &'p Packages, listing: &'p Listing) -> Self {
        let files: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut folders = BTreeSet::new();
        for path in files.keys() {
            let mut at = folder(path).trim_end_matches('/');
            while !at.is_empty() && folders.insert(at) {
                at = folder(at).trim_end_matches('/');
            }
        }
        let archives = files.keys().copied().filter(|path| is_archive(path) && !is_aside(path)).collect();
        Self { packages, files, folders, archives }
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<&'p FileEntry> {
        self.files.get(path).copied()
    }

    /// The file that a file in `from` may call by these names, the likeliest first.
    pub fn called(&self, from: &str, names: &[String]) -> Option<&'p FileEntry> {
        self.found(from, names, |path| self.file(path))
    }

    /// The same for names that are known in full.
    pub fn exactly(&self, from: &str, names: &[String]) -> Option<&'p FileEntry> {
        names.iter().take(MOST_NAMES).find_map(|name| climbed(from, name.trim_matches('/'), |path| self.file(path)))
    }

    /// Whether a folder or file that a file in `from` may call so is the project's.
    pub fn holds(&self, from: &str, names: &[String]) -> bool {
        let is_there = |path: &str| path.is_empty() || self.folders.contains(path) || self.files.contains_key(path);
        names.is_empty() || self.found(from, names, |path| is_there(path).then_some(())).is_some()
    }

    /// Containers have what is the project's in other folders, and are built from a folder above theirs.
    fn found<T>(&self, from: &str, names: &[String], of: impl Fn(&str) -> Option<T>) -> Option<T> {
        let tails = |name: &'_ String| {
            let name = name.trim_matches('/').to_owned();
            let starts: Vec<usize> = name.match_indices('/').map(|(at, _)| at + 1).take(MOST_FOLDERS).collect();
            let tails = starts.into_iter().filter_map(|at| name.get(at..).map(str::to_owned)).collect::<Vec<_>>();
            std::iter::once(name.clone()).chain(tails)
        };
        names.iter().take(MOST_NAMES).flat_map(tails).find_map(|tail| climbed(from, &tail, &of))
    }

    /// Whether a file of the project has a name like this one; of `*` alone nobody can tell which is meant.
    pub fn has_named(&self, pattern: &str) -> bool {
        pattern.bytes().any(|b| b != b'*')
            && self.files.keys().any(|path| is_like(path.rsplit('/').next().unwrap_or(path), pattern))
    }

    /// The first archive of the project of this name, which may be a pattern, wherever it lies.
    pub fn archive(&self, pattern: &str) -> Option<&'p str> {
        let name = pattern.rsplit('/').next().unwrap_or(pattern);
        self.archives.iter().copied().find(|path| is_like(path.rsplit('/').next().unwrap_or(path), name))
    }

    /// The first archive of the project that a file in `from` may call so; the last part may be a pattern.
    pub fn archive_at(&self, from: &str, names: &[String]) -> Option<&'p str> {
        names.iter().take(MOST_NAMES).find_map(|name| {
            let (above, pattern) = name.rsplit_once('/').unwrap_or(("", name));
            let folders = [joined(from, above).unwrap_or_default(), above.trim_matches('/').to_owned()];
            self.archives.iter().copied().find(|path| {
                let (at, one) = path.rsplit_once('/').unwrap_or(("", path));
                folders.iter().any(|folder| folder == at) && is_like(one, pattern)
            })
        })
    }
}

/// What a name means in a folder, else in the nearest one above.
fn climbed<T>(from: &str, name: &str, of: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut above = from;
    loop {
        if let Some(found) = joined(above, name).and_then(|path| of(&path)) {
            return Some(found);
        }
        if above.is_empty() {
            return None;
        }
        above = folder(above.trim_end_matches('/'));
    }
}
