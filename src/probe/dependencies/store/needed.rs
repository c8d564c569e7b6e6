//! Whose advisories a project needs, and whose are there.

use std::collections::BTreeSet;
use std::path::Path;

use super::file;
use crate::probe::files::Listing;
use crate::probe::packages::{Ecosystem, lock, manifest};

/// The ecosystems of the manifests and lock files among a project's files, readable or not.
#[must_use]
pub fn needed(listing: &Listing) -> BTreeSet<Ecosystem> {
    listing.files.iter().filter_map(|file| of(&file.path)).collect()
}

/// The ecosystems that have been imported into `dir`, readable or not.
#[must_use]
pub fn held(dir: &Path) -> BTreeSet<Ecosystem> {
    Ecosystem::ALL.into_iter().filter(|ecosystem| file::path(dir, *ecosystem).is_file()).collect()
}

fn of(path: &str) -> Option<Ecosystem> {
    manifest::ecosystem(path).or_else(|| lock::ecosystem(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_read_names_its_ecosystem() {
        for (path, ecosystem) in [
            ("apps/web/package.json", Some(Ecosystem::Npm)),
            ("npm-shrinkwrap.json", Some(Ecosystem::Npm)),
            ("bun.lockb", Some(Ecosystem::Npm)),
            ("pylock.production.toml", Some(Ecosystem::PyPi)),
            ("requirements/base.in", Some(Ecosystem::PyPi)),
            ("requirements/base.txt", Some(Ecosystem::PyPi)),
            ("setup.py", Some(Ecosystem::PyPi)),
            ("composer.lock", Some(Ecosystem::Packagist)),
            ("Cargo.lock", Some(Ecosystem::CratesIo)),
            ("gems.locked", Some(Ecosystem::RubyGems)),
            ("go.work", Some(Ecosystem::Go)),
            ("go.sum", Some(Ecosystem::Go)),
            ("buildscript-gradle.lockfile", Some(Ecosystem::Maven)),
            ("gradle/dependency-locks/compile.lockfile", Some(Ecosystem::Maven)),
            ("gradle/libs.versions.toml", Some(Ecosystem::Maven)),
            ("pom.xml", Some(Ecosystem::Maven)),
            ("notes.txt", None),
            ("some.lockfile", None),
            ("mix.lock", None),
        ] {
            assert_eq!(of(path), ecosystem, "{path}");
        }
    }
}
