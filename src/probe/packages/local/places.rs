//! Which folders are among the project's files.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::probe::files::Listing;
use crate::probe::packages::Ecosystem;

/// The project's files, looked up by their folders.
pub struct Places<'l> {
    listing: &'l Listing,
    /// All paths in small letters, which most projects never ask for.
    paths: OnceCell<BTreeSet<String>>,
    /// The project's own folder.
    root: OnceCell<Option<PathBuf>>,
}

impl<'l> Places<'l> {
    /// Of a project.
    pub fn of(listing: &'l Listing) -> Self {
        Self { listing, paths: OnceCell::new(), root: OnceCell::new() }
    }

    /// Whether a folder, relative to the project, is there with what makes a package of it. A submodule that was not fetched
    /// is an empty folder; what git ignores is there; a link counts as what it leads to, unless that lies outside.
    pub fn hold(&self, folder: &str, ecosystem: Ecosystem) -> bool {
        let begin = format!("{}/", folder.trim_end_matches('/').to_lowercase());
        let paths = self.paths.get_or_init(|| self.listing.files.iter().map(|file| file.path.to_lowercase()).collect());
        let is_listed = match manifest_of(ecosystem) {
            Some(name) => paths.contains(&format!("{begin}{}", name.to_lowercase())),
            None => paths.range(begin.clone()..).next().is_some_and(|path| path.starts_with(&begin)),
        };
        is_listed || self.is_on_disk(folder, ecosystem)
    }

    /// Whether a file of this path is listed.
    pub fn has(&self, path: &str) -> bool {
        self.listing.files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()
    }

    fn is_on_disk(&self, folder: &str, ecosystem: Ecosystem) -> bool {
        let Some(root) = self.root.get_or_init(|| self.find_root()) else { return false };
        let Some(place) = root.join(folder).canonicalize().ok().filter(|place| place.starts_with(root)) else {
            return false;
        };
        match manifest_of(ecosystem) {
            Some(name) => place.join(name).is_file(),
            None => std::fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some()),
        }
    }

    fn find_root(&self) -> Option<PathBuf> {
        let first = self.listing.files.first()?;
        first.absolute.ancestors().nth(first.path.matches('/').count() + 1).map(Path::canonicalize)?.ok()
    }
}

/// The file without which a folder is no package to its tool; `None` where there are several kinds.
fn manifest_of(ecosystem: Ecosystem) -> Option<&'static str> {
    match ecosystem {
        Ecosystem::Npm => Some("package.json"),
        Ecosystem::CratesIo => Some("Cargo.toml"),
        Ecosystem::Go => Some("go.mod"),
        Ecosystem::Packagist => Some("composer.json"),
        Ecosystem::PyPi | Ecosystem::RubyGems | Ecosystem::Maven => None,
    }
}
