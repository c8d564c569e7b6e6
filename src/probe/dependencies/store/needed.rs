//! Whose advisories a project needs, and whose are there.

use std::collections::BTreeSet;
use std::path::Path;

use super::file;
use crate::probe::files::Listing;
use crate::probe::packages::{Ecosystem, is_requirements};

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
    Some(match path.rsplit('/').next().unwrap_or(path) {
        "package.json"
        | "package-lock.json"
        | "npm-shrinkwrap.json"
        | "yarn.lock"
        | "pnpm-lock.yaml"
        | "bun.lock"
        | "bun.lockb" => Ecosystem::Npm,
        "pyproject.toml" | "poetry.lock" | "Pipfile" | "Pipfile.lock" | "uv.lock" | "pdm.lock" | "pylock.toml"
        | "setup.cfg" | "setup.py" => Ecosystem::PyPi,
        "composer.json" | "composer.lock" => Ecosystem::Packagist,
        "Cargo.toml" | "Cargo.lock" => Ecosystem::CratesIo,
        "Gemfile" | "Gemfile.lock" | "gems.rb" | "gems.locked" => Ecosystem::RubyGems,
        "go.mod" | "go.sum" => Ecosystem::Go,
        "pom.xml" | "build.gradle" | "build.gradle.kts" | "gradle.lockfile" => Ecosystem::Maven,
        _ if is_requirements(path) => Ecosystem::PyPi,
        _ => return None,
    })
}
