//! What arrives: the versions that lock files fix, and who needs whom.

mod builder;
mod bun;
mod bundler;
mod cargo;
mod composer;
mod damage;
mod extras;
mod go;
mod gradle;
mod installed;
mod maven;
mod npm;
mod pdm;
mod pipenv;
mod pnpm;
mod poetry;
mod pylock;
mod python_graph;
mod ranges;
mod requirements;
mod tree;
mod unread;
mod uv;
mod yarn;

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Forcing, Manifest, members};
use super::{Ecosystem, Manager, NotUnderstood, Version, range};
use crate::probe::files::Gaps;
use crate::probe::paths::{folder, joined};

pub use builder::{Builder, Draft};
pub(super) use cargo::CRATES_IO;
pub(super) use gradle::is_development as is_gradle_development;
pub(super) use requirements::collect as collect_requirements;
pub use requirements::{is_compiled, is_requirements};
pub(super) use unread::{kind as unread_kind, reason as unread_reason};

/// A lock file that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// Relative to the project, with `/`.
    pub path: String,
    /// Who wrote it.
    pub manager: Manager,
    /// The version of its format as it names it; empty where it names none.
    pub format: String,
    /// Its packages, sorted by name and version, each version of a package once.
    pub packages: Vec<LockedPackage>,
    /// The manifests that it locks. Empty where neither the file nor a manifest says what is asked for.
    pub roots: Vec<Root>,
    /// The entries that it says force versions, by the package, beside what manifests say: pnpm's `overrides`.
    pub forced: BTreeMap<String, Vec<Forcing>>,
    /// Of a constraints file: whatever reads it names all that arrives, so that what only this file names does not.
    pub readers_name_all: bool,
    /// Of what stands for commands: the commands, in their order.
    pub typed: Vec<Typed>,
    /// The packages that come from folders, and what forks take the place of.
    pub locals: Vec<Local>,
    /// By manifest, what it asks for and the file rightly holds no package of: a folder of the project is linked in its
    /// place, or nobody installs it.
    pub spared: BTreeMap<String, BTreeSet<String>>,
}

/// A package of a lock file whose code is no registry's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Its name, as whoever asks for it says it.
    pub name: String,
    /// Its version, where the file says it.
    pub version: Option<String>,
    /// The folder that it comes from, relative to the project; the fork, or a folder elsewhere, as written. `None` where the
    /// file does not say it.
    pub place: Option<String>,
    /// Packages of a registry need it: it takes the place of one that is there.
    pub stands_in: bool,
    /// No folder takes its place but another package of the registry, which `place` names.
    pub fork: bool,
}

/// A command that installs a package by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The package, as a place in [`LockFile::packages`].
    pub package: usize,
    /// The line of the command, from 1.
    pub line: u32,
    /// The command as it stands there; empty where a variable or more than plain words stand in it.
    pub command: String,
    /// The word that names the package, with its version.
    pub word: String,
}

/// What stands for the format of a constraints file: it says which version of a package arrives if something asks for it.
const CONSTRAINTS: &str = "constraints";
/// The same of one that only commands name.
const CONSTRAINTS_OF_COMMANDS: &str = "constraints of commands";

/// The package of which advisories about Go's own library speak (<https://go.dev/doc/security/vuln/database>).
pub const GO_LIBRARY: &str = "stdlib";

/// The same of what stands for a file whose commands install packages by their names.
pub(super) const BY_NAME: &str = "by name";

impl LockFile {
    /// Whether it stands for commands that install packages by their names.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.format == BY_NAME
    }

    /// The commands that install the package at a place.
    pub fn typed_for(&self, package: usize) -> impl Iterator<Item = &Typed> {
        self.typed.iter().filter(move |one| one.package == package)
    }

    /// Whether it only says which versions arrive if something asks for them.
    #[must_use]
    pub fn is_constraints(&self) -> bool {
        self.manager == Manager::Pip && [CONSTRAINTS, CONSTRAINTS_OF_COMMANDS].contains(&&*self.format)
    }

    /// Whether only commands name it as what says which versions arrive.
    #[must_use]
    pub fn is_given_by_commands(&self) -> bool {
        self.format == CONSTRAINTS_OF_COMMANDS
    }
}

/// One version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name as written.
    pub name: String,
    /// Its exact version, as written.
    pub version: String,
    /// The line that names it, from 1.
    pub line: u32,
    /// What it was downloaded from.
    pub origin: Origin,
    /// Whether production installs it.
    pub scope: Scope,
    /// The packages that it needs, as places in [`LockFile::packages`]: sorted, each once.
    pub needs: Vec<usize>,
    /// The versions that it takes of each of them, as written; empty where the format does not say it.
    pub ranges: Vec<String>,
    /// It runs a program when it is installed.
    pub install_script: bool,
    /// Its licence, where the file says it: an SPDX expression or a word.
    pub licence: Option<String>,
    /// The names of the programs that it brings, where the file says them: those of npm from version 2 on, Yarn 2 and Bun.
    pub programs: Vec<String>,
}

impl LockedPackage {
    /// Whether a range that is asked for allows it; `None` where they cannot be compared. A pre-release is allowed by
    /// other rules.
    #[must_use]
    pub fn is_allowed_by(&self, wanted: &str) -> Option<bool> {
        let unfinished = self.version.trim_start_matches('v').contains(|c: char| c == '-' || c.is_ascii_alphabetic());
        if unfinished || self.origin != Origin::Registry {
            return None;
        }
        range::allows(self.ecosystem, wanted, &Version::parse(self.ecosystem, &self.version)?)
    }
}

/// What a package was downloaded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A registry, or a mirror of one.
    Registry,
    /// A git repository, an address, or an archive: advisories do not cover it.
    Elsewhere,
}

/// Whether production needs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Production installs it.
    Production,
    /// For building, testing and developing only.
    Development,
}

/// A manifest as its lock file answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The manifest's path relative to the project, with `/`.
    pub manifest: String,
    /// What it asks for and gets.
    pub wanted: Vec<Wanted>,
}

/// One direct dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The name that the manifest gives it.
    pub name: String,
    /// The versions asked for, as the lock file or the manifest says; empty where neither does.
    pub range: String,
    /// Whether production needs it.
    pub scope: Scope,
    /// What arrives, as a place in [`LockFile::packages`].
    pub package: usize,
}

/// A lock file with what was passed over in it.
#[derive(Debug)]
pub struct Reading {
    /// The file.
    pub lock: LockFile,
    /// What could not be understood or examined.
    pub gaps: Gaps,
}

/// What lies around a lock file.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The lock file's path.
    pub path: &'a str,
    /// Every manifest of the project, by path.
    pub manifests: &'a BTreeMap<String, Manifest>,
}

impl<'a> Around<'a> {
    /// The lock file's folder: empty, or `apps/web/`.
    #[must_use]
    pub fn folder(&self) -> &'a str {
        folder(self.path)
    }

    /// Whether `folder`, relative to the lock file's own, leads out of the project.
    #[must_use]
    pub fn is_outside(&self, folder: &str) -> bool {
        let mut depth = self.folder().matches('/').count();
        let stays = folder.split('/').all(|part| match part {
            "" | "." => true,
            ".." => depth.checked_sub(1).map(|above| depth = above).is_some(),
            _ => {
                depth += 1;
                true
            }
        });
        !stays || folder.starts_with(['/', '~'])
    }

    /// `folder`, as the lock file names it, relative to the project; as written where it leads out of it.
    #[must_use]
    pub fn place(&self, folder: &str) -> String {
        let inside = Some(folder).filter(|folder| !folder.starts_with(['/', '~']));
        inside.and_then(|inside| joined(self.folder(), inside)).unwrap_or_else(|| folder.to_owned())
    }

    /// The path of a manifest of this name in `folder` below the lock file's own: `""`, `apps/web`.
    #[must_use]
    pub fn manifest_path(&self, folder: &str, name: &str) -> String {
        let (own, slash) = (self.folder(), if folder.is_empty() { "" } else { "/" });
        format!("{own}{folder}{slash}{name}")
    }

    /// The manifest there.
    #[must_use]
    pub fn manifest(&self, folder: &str, name: &str) -> Option<&'a Manifest> {
        self.manifests.get(&self.manifest_path(folder, name))
    }

    /// The folders of the workspace members that the `package.json` beside the lock file names, relative to it, sorted:
    /// `packages/ui`.
    #[must_use]
    pub fn members(&self) -> Vec<String> {
        self.manifest("", "package.json").map_or_else(Vec::new, |root| self.members_of(&root.members, "package.json"))
    }

    /// The folders below the lock file's own that hold a manifest called `name` and that `patterns` name.
    #[must_use]
    pub fn members_of(&self, patterns: &[String], name: &str) -> Vec<String> {
        members::folders(self.folder(), patterns, name, self.manifests)
    }
}

/// Why something in a lock file was not examined.
pub mod reason {
    /// An entry that makes no sense.
    pub const ENTRY: &str = "entry of a lock file that was not understood";
    /// A key that no tool writes twice: which of them holds depends on who reads it.
    pub const TWICE: &str = "name that stands twice in a lock file";
    /// Packages that no advisory covers.
    pub const NO_REGISTRY: &str = "package from git, a URL or an archive, which advisories do not cover";
    /// A folder that lies elsewhere on the machine, with all that it needs in turn.
    pub const OUTSIDE: &str = "package from a folder that is not among the project's files, so it was not examined";
    /// Which release builds take is not said, or only the least one.
    pub const GO_LIBRARY: &str = "Go's standard library, whose version a go.mod without toolchain leaves open";
    /// What no advisory covers, whatever its version.
    pub const NOT_COVERED: [&str; 2] = [NO_REGISTRY, OUTSIDE];
    /// A package that is asked for and stands nowhere: a file that was cut, merged by hand, or is older than the manifest.
    pub const MISSING: &str = "package that is asked for but missing from the lock file";
    /// A package whose version is decided on the day.
    pub const UNPINNED: &str = "requirement without an exact version (==)";
    /// A lock file that is older than its manifest: a strict installation stops, a lenient one brings another version.
    pub const REFUSED: &str =
        "package that is asked for in other versions, or from elsewhere, than the lock file holds";
    /// An included file that is not there.
    pub const INCLUDE: &str = "included requirements file that is missing or outside the project";
}

/// Reads the text of a lock file.
type Read = fn(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood>;

/// The reader of a lock file of this name or path; `None` for what is none, and for requirements files, which include
/// each other and are read together.
#[must_use]
pub fn reader(path: &str) -> Option<Read> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" => npm::read,
        "Cargo.lock" => cargo::read,
        "yarn.lock" => yarn::read,
        "pnpm-lock.yaml" => pnpm::read,
        "bun.lock" => bun::read,
        "poetry.lock" => poetry::read,
        "Pipfile.lock" => pipenv::read,
        "uv.lock" => uv::read,
        "pdm.lock" => pdm::read,
        "composer.lock" => composer::read,
        "Gemfile.lock" | "gems.locked" => bundler::read,
        "go.mod" => go::read,
        "pom.xml" => maven::read,
        "gradle.lockfile" | "buildscript-gradle.lockfile" | "settings-gradle.lockfile" => gradle::read,
        // Gradle before 7 wrote one file a configuration.
        _ if name.ends_with(".lockfile") && folder.ends_with("gradle/dependency-locks") => gradle::read,
        _ if pylock::is_pylock(name) => pylock::read,
        _ => return None,
    })
}

/// The ecosystem of a lock file of this name or path, whether it can be read or not; `None` for what is none.
#[must_use]
pub fn ecosystem(path: &str) -> Option<Ecosystem> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name {
        "bun.lockb" => Ecosystem::Npm,
        "go.sum" => Ecosystem::Go,
        _ if is_requirements(path) => Ecosystem::PyPi,
        _ => {
            reader(path)?;
            match name {
                "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" => {
                    Ecosystem::Npm
                }
                "Cargo.lock" => Ecosystem::CratesIo,
                "composer.lock" => Ecosystem::Packagist,
                "Gemfile.lock" | "gems.locked" => Ecosystem::RubyGems,
                "go.mod" => Ecosystem::Go,
                "pom.xml" => Ecosystem::Maven,
                _ if name.ends_with(".lockfile") => Ecosystem::Maven,
                _ => Ecosystem::PyPi,
            }
        }
    })
}
