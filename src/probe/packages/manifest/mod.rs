//! What the project asks for: `package.json`, `pyproject.toml`, `composer.json` and the like.

mod cargo;
pub(super) mod composer;
pub(super) mod forcing;
mod gemfile;
pub(super) mod go_mod;
pub(super) mod gradle;
pub mod members;
pub(super) mod package_json;
pub(in crate::probe) mod pnpm_workspace;
pub(super) mod pom;
pub(super) mod python;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::lock::is_requirements;
use super::{Ecosystem, NotUnderstood, Scope};
use crate::probe::files::{FileEntry, Gaps};

pub use composer::composer_content_hash;
pub use forcing::{Forcing, Outer, Selector, Table};
pub(super) use gemfile::{needs_of_gem, registries_of_gems};

/// One manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Relative to the project, with `/`.
    pub path: String,
    /// What the project calls itself.
    pub name: Option<String>,
    /// Its own version, where it says it outright.
    pub version: Option<String>,
    /// It says that nobody may publish it: npm's `private`, Cargo's `publish = false`.
    pub private: bool,
    /// Of a crate: the manifest of its workspace, which lies in its own folder or above.
    pub workspace: Option<String>,
    /// Of a crate: the workspace says its version, which a copy of a published one would have of its own.
    pub versioned_by_workspace: bool,
    /// Of a crate: it takes other fields from its workspace.
    pub inherits: bool,
    /// Of a crate: it says of itself what published ones say, `description` or where it is developed.
    pub introduces_itself: bool,
    /// What it asks for, in the order in which it stands there.
    pub declared: Vec<Declared>,
    /// Folders of workspace members as patterns relative to the manifest, those left out begin with `!`. Of `composer.json`:
    /// the folders of its repositories of type `path`.
    pub members: Vec<String>,
    /// The extras that it asks for with a package, by the name in `declared`: `standard` of `uvicorn[standard]`.
    pub extras: BTreeMap<String, Vec<String>>,
    /// What it asks for only here and there, by the name in `declared`: on one platform, for some versions of a runtime.
    pub conditional: BTreeSet<String>,
    /// Of a workspace of crates: the packages in whose place `[patch]` puts others.
    pub patched: BTreeSet<String>,
    /// Of a Gradle build: names of which only a program can work out a part, `com.google.guava:$it`.
    pub patterns: BTreeSet<String>,
    /// Of a Gradle build: what its lock file does not hold is installed all the same.
    pub lenient: bool,
    /// Of `pyproject.toml`: what only groups or extras ask for, with one of them, by the package as Python compares names.
    pub groups: BTreeMap<String, String>,
    /// The runtimes that it asks for: `node`, `php`, `python`, `ruby`, `go`, `java`, `rust`.
    pub runtimes: Vec<Runtime>,
    /// The version of Go whose tools build it, where `go.mod` or `go.work` names one: `1.24.9`.
    pub toolchain: Option<String>,
    /// The modules whose place folders take by `go.mod`, with the folders as written.
    pub replaced_by_folders: Vec<(String, String)>,
    /// The package manager that it names, as written: `pnpm@9.1.0`.
    pub package_manager: Option<String>,
    /// Packages whose versions it forces, whoever needs them: npm's `overrides`, Yarn's `resolutions`.
    pub overrides: Vec<String>,
    /// The entries that force the versions of a package, by its name as written.
    pub forcings: BTreeMap<String, Vec<Forcing>>,
    /// Some of them are left out, or are nothing that is understood.
    pub forcings_in_part: bool,
    /// The tables that are there of those in which, or below which, versions are forced: `pnpm`, `pnpm.overrides`.
    pub tables: BTreeSet<&'static str>,
    /// Those of them without entries.
    pub empty_tables: BTreeSet<&'static str>,
    /// Versions that it holds a package to if something asks for it, by its name as written, with the line: uv's
    /// `constraint-dependencies`, Gradle's `constraints`.
    pub limits: BTreeMap<String, (String, u32)>,
    /// Versions that it refuses of a package, by its name as written, with the line: `exclude` of Go, Composer's `conflict`.
    pub refused: BTreeMap<String, Vec<(String, u32)>>,
    /// By package, the version that Gradle is told to `prefer` beside a strict one, with its line in the same file.
    pub preferred: BTreeMap<String, (String, u32)>,
    /// Properties that set a version, by the name in `declared`: `${jackson.version}` of Maven, an entry of
    /// Gradle's catalog.
    pub properties: BTreeMap<String, Property>,
    /// The packages that whoever uses this one brings along: npm's `peerDependencies`.
    pub peers: BTreeSet<String>,
    /// How entries are written, by their line, where a manifest of the kind may write them in several ways.
    pub forms: BTreeMap<u32, Form>,
    /// The manifest and the line in which the version stands of what takes it from there, by its own line.
    pub inherited: BTreeMap<u32, (String, u32)>,
    /// The project's own licence.
    pub licence: Option<String>,
    /// The packages that it takes from folders.
    pub placed: Vec<Placed>,
    /// What of it could not be understood: entries of a wrong type, what a program would have to work out.
    pub gaps: Gaps,
}

/// A package that a manifest takes from a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The package.
    pub name: String,
    /// The folder as written, relative to the manifest's own.
    pub folder: String,
    /// Whoever else needs the package gets the folder as well: `overrides`, `resolutions`.
    pub forced: bool,
}

/// Why something in a manifest was not read.
pub mod reason {
    /// An entry that makes no sense.
    pub const ENTRY: &str = "entry of a manifest that was not understood";
    /// Gemfiles and Gradle's build files are programs.
    pub const DYNAMIC: &str = "dependency of a manifest that only a program can work out";
    /// What a workspace or a parent sets that is not there.
    pub const INHERITED: &str = "dependency whose version comes from a manifest outside the project";
    /// Whatever version the entry says, the archive may hold anything.
    pub const SYSTEM: &str = "archive that a pom.xml takes from a path (systemPath), which advisories do not cover";
}

/// How an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `name = "range"`
    Keyed,
    /// With more than the versions: `name = { version = "range", features = […] }`, `gem "name", "range", group: :test`.
    Detailed,
}

/// One package that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The package's own name, also where the project calls it by another one.
    pub name: String,
    /// The name that the project gives it, where it is another one.
    pub alias: Option<String>,
    /// The versions asked for, as written; empty where nothing is said.
    pub range: String,
    /// Whether production needs it.
    pub scope: Scope,
    /// The app works without it: `optionalDependencies`, `peerDependencies`, extras.
    pub optional: bool,
    /// Where it comes from.
    pub source: Source,
    /// How firmly its version is fixed.
    pub pin: Pin,
    /// Line in the manifest, from 1.
    pub line: u32,
}

/// Where a declared package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A registry.
    Registry,
    /// A git repository.
    Git,
    /// An archive at an address.
    Url,
    /// A folder of the same repository, or an archive in it.
    Own,
}

/// How firmly a version is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// One version or one commit, or a place in the same repository.
    Exact,
    /// A range: fine with a lock file.
    Range,
    /// Whatever is there on the day: `*`, `latest`, a branch, an archive at a URL.
    Loose,
}

/// What sets a version for the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name: `jackson.version`.
    pub name: String,
    /// The file that sets it.
    pub path: String,
    /// Line there, from 1.
    pub line: u32,
}

/// A runtime that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// `node`, `php`, `python`, `ruby`, `go`, `java`, `rust`.
    pub name: String,
    /// The versions, as written.
    pub range: String,
    /// Line in the manifest, from 1.
    pub line: u32,
}

/// How a manifest is read.
enum Reader {
    /// By itself.
    Alone(fn(path: &str, text: &str) -> Result<Manifest, NotUnderstood>),
    /// With others of its kind, from which it takes versions.
    Cargo,
    Maven,
    Gradle,
}

/// The reader of a file of this path; `None` for what is no manifest.
fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name {
        "package.json" => Reader::Alone(package_json::read),
        "pyproject.toml" | "Pipfile" | "setup.cfg" | "setup.py" => Reader::Alone(python::read),
        "composer.json" => Reader::Alone(composer::read),
        "Cargo.toml" => Reader::Cargo,
        "Gemfile" | "gems.rb" => Reader::Alone(gemfile::read),
        "go.mod" | "go.work" => Reader::Alone(go_mod::read),
        "pom.xml" => Reader::Maven,
        _ if gradle::is_build_script(name) || name.ends_with(".versions.toml") => Reader::Gradle,
        _ if is_requirements(path) || python::is_requirements_input(path) => Reader::Alone(python::read),
        _ => return None,
    })
}

/// The ecosystem of what a manifest of this path asks for; `None` for what is no manifest.
#[must_use]
pub fn ecosystem(path: &str) -> Option<Ecosystem> {
    Some(match reader(path)? {
        Reader::Cargo => Ecosystem::CratesIo,
        Reader::Maven | Reader::Gradle => Ecosystem::Maven,
        Reader::Alone(_) => match path.rsplit('/').next().unwrap_or(path) {
            "package.json" => Ecosystem::Npm,
            "composer.json" => Ecosystem::Packagist,
            "Gemfile" | "gems.rb" => Ecosystem::RubyGems,
            "go.mod" | "go.work" => Ecosystem::Go,
            _ => Ecosystem::PyPi,
        },
    })
}

/// Whether a file of this path is a manifest by itself: Gradle's catalogs of versions and its scripts belong to the builds
/// that use them.
#[must_use]
pub fn is_manifest(path: &str) -> bool {
    reader(path).is_some() && !path.ends_with(".versions.toml") && !gradle::is_script(path)
}

/// The folders that a requirements file of any name installs, as a manifest that asks for nothing else; `None` where it names
/// none.
#[must_use]
pub fn placed_in_requirements(path: &str, text: &str) -> Option<Manifest> {
    let mut read = Manifest { path: path.to_owned(), ..Manifest::default() };
    python::requirements_file::declare(text, &mut read);
    let Manifest { path, placed, .. } = read;
    (!placed.is_empty()).then(|| Manifest { path, placed, ..Manifest::default() })
}

/// Every manifest among `files` that could be read, by path. Those that could not are counted.
#[must_use]
pub fn collect<'f>(
    files: impl IntoIterator<Item = &'f FileEntry>,
    gaps: &mut Gaps,
    cancel: &CancellationToken,
) -> BTreeMap<String, Manifest> {
    let mut found = BTreeMap::new();
    let (mut crates, mut poms, mut builds) =
        (cargo::Crates::default(), pom::Poms::default(), gradle::Builds::default());
    let mut workspaces = Vec::new();
    for file in files {
        if cancel.is_cancelled() {
            break;
        }
        if file.name() == pnpm_workspace::NAME {
            workspaces.push(file);
        }
        let Some(reader) = reader(&file.path) else { continue };
        let text = file.read().map_err(|why| NotUnderstood::new(format!("manifest that is {}", why.reason())));
        let read = text.and_then(|text| match reader {
            Reader::Alone(read) => read(&file.path, &text).map(|manifest| {
                found.insert(file.path.clone(), manifest);
            }),
            Reader::Cargo => crates.add(&file.path, &text),
            Reader::Maven => poms.add(&file.path, &text),
            Reader::Gradle => builds.add(&file.path, &text),
        });
        if let Err(why) = read {
            gaps.add(&why.reason, &why.place(&file.path));
        }
    }
    crates.finish(&mut found);
    poms.finish(&mut found);
    builds.finish(&mut found);
    for file in workspaces {
        let text = file.read().map_err(|why| NotUnderstood::new(format!("manifest that is {}", why.reason())));
        if let Err(why) = text.and_then(|text| pnpm_workspace::add(&file.path, &text, &mut found)) {
            gaps.add(&why.reason, &why.place(&file.path));
        }
    }
    found
}
