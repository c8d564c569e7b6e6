//! The manifests that the rules on lock files and versions are about: those of the product that ask for other people's
//! packages.

use std::collections::BTreeSet;

use super::hygiene::ecosystem_of;
use super::repo::{Repo, folder_of, is_aside, name_of};
use crate::probe::packages::manifest::{self, Pin, Source, reason};
use crate::probe::packages::{Declared, Ecosystem, LockFile, Manager, Manifest, Packages, Scope, is_requirements};

/// A manifest with what it asks for.
pub struct Asking<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// What it asks for in production; where production and development share one installation, all of it.
    pub wanted: Vec<&'a Declared>,
}

impl Asking<'_> {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.manifest.path
    }

    /// Its folder: empty, or `apps/web/`.
    #[must_use]
    pub fn folder(&self) -> &str {
        folder_of(&self.manifest.path)
    }
}

/// Every manifest of the product that asks for packages, sorted by path.
#[must_use]
pub fn find<'a>(repo: &Repo, packages: &'a Packages) -> Vec<Asking<'a>> {
    let all = packages.manifests.values().filter(|manifest| is_judged(&manifest.path) && !is_library(repo, manifest));
    all.map(|manifest| Asking { manifest, wanted: wanted(manifest) })
        .filter(|asking| asking.wanted.iter().any(|declared| declared.source != Source::Own))
        .collect()
}

/// Those of Maven and Gradle, whose versions stand in them with or without a lock file.
#[must_use]
pub fn of_builds(packages: &Packages) -> Vec<Asking<'_>> {
    let all = packages.manifests.values().filter(|manifest| is_build(&manifest.path));
    all.map(|manifest| Asking { manifest, wanted: wanted(manifest) })
        .filter(|asking| asking.wanted.iter().any(|declared| declared.source != Source::Own))
        .collect()
}

/// Whether a file of this path is a build of Maven or Gradle of the product.
#[must_use]
pub fn is_build(path: &str) -> bool {
    manifest::ecosystem(path) == Some(Ecosystem::Maven) && !is_aside(path)
}

/// Whether the rules know what fixes the versions of a manifest of this path.
fn is_judged(path: &str) -> bool {
    let name = name_of(path);
    let known = matches!(
        name,
        "package.json"
            | "pyproject.toml"
            | "Pipfile"
            | "composer.json"
            | "Gemfile"
            | "gems.rb"
            | "Cargo.toml"
            | "go.mod"
    );
    (known || is_requirements(path)) && !is_aside(path)
}

/// A manifest of the product whose lock file and open versions no rule knows how to judge: Maven's, Gradle's, old ones of
/// Python; with the reason for people.
#[must_use]
pub fn not_judged(packages: &Packages) -> Option<String> {
    not_judged_but(packages, |_| false)
}

/// The same, but for those that `is` picks.
#[must_use]
pub fn not_judged_but(packages: &Packages, is: impl Fn(&str) -> bool) -> Option<String> {
    let asks = |manifest: &&Manifest| !manifest.declared.is_empty() || !manifest.gaps.is_empty();
    let is_other = |path: &str| !is_aside(path) && !is_judged(path) && !is(path);
    let mut others = packages.manifests.values().filter(|manifest| is_other(&manifest.path));
    let path = &others.find(asks)?.path;
    Some(format!("what fixes the versions of `{path}` is not judged"))
}

/// Libraries leave the choice to whoever builds the program.
fn is_library(repo: &Repo, manifest: &Manifest) -> bool {
    let (path, folder) = (&manifest.path, folder_of(&manifest.path));
    match name_of(path) {
        "Cargo.toml" => {
            let names_program =
                || repo.text(path).is_some_and(|text| text.lines().any(|line| line.replace(' ', "") == "[[bin]]"));
            let in_folder = |path: &str| path.strip_prefix(folder).is_some_and(|inner| inner.starts_with("src/bin/"));
            !repo.has(&format!("{folder}src/main.rs")) && !repo.paths().any(in_folder) && !names_program()
        }
        "composer.json" => {
            let json = repo.text(path).and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
            json.is_some_and(|json| json.get("type").and_then(|kind| kind.as_str()) == Some("library"))
        }
        _ => false,
    }
}

fn wanted(manifest: &Manifest) -> Vec<&Declared> {
    let ecosystem = ecosystem_of(&manifest.path);
    let counts = |declared: &&Declared| match ecosystem {
        Ecosystem::Npm => !(declared.optional && manifest.peers.contains(called(declared))),
        // Groups are left out by a setting of the server, not by what is asked for.
        Ecosystem::RubyGems => true,
        _ => declared.scope == Scope::Production,
    };
    manifest.declared.iter().filter(counts).collect()
}

fn called(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// What fixes versions beside what a manifest itself says of them.
pub struct Fixed<'a> {
    /// The project's own packages: `"@shop/ui": "*"` beside one of that name means that one.
    own: BTreeSet<(&'static str, String)>,
    locks: &'a [LockFile],
    repo: &'a Repo,
}

impl<'a> Fixed<'a> {
    /// What the project itself fixes.
    #[must_use]
    pub fn of(repo: &'a Repo, packages: &'a Packages) -> Self {
        let named = packages.manifests.values().filter_map(|manifest| {
            let ecosystem = ecosystem_of(&manifest.path);
            Some((ecosystem.name(), ecosystem.normalize(manifest.name.as_deref()?)))
        });
        Self { own: named.collect(), locks: &packages.locks, repo }
    }

    /// How firmly the version of `declared` is fixed.
    #[must_use]
    pub fn pin(&self, manifest: &Manifest, declared: &Declared) -> Pin {
        let ecosystem = ecosystem_of(&manifest.path);
        let name = ecosystem.normalize(&declared.name);
        // A constraints file names versions for a requirements file.
        let constrained = || {
            let same = |other: &str| ecosystem.normalize(other) == name;
            let held = |lock: &LockFile, at: usize| lock.packages.get(at).is_some_and(|one| !one.version.is_empty());
            let own = self.locks.iter().filter(|lock| lock.manager == Manager::Pip);
            let asked = own.flat_map(|lock| lock.roots.iter().map(move |root| (lock, root)));
            asked
                .filter(|(_, root)| root.manifest == manifest.path)
                .any(|(lock, root)| root.wanted.iter().any(|one| same(&one.name) && held(lock, one.package)))
        };
        // A crate without a version takes it from a workspace; where that is outside the project it is counted as a gap.
        let inherited =
            ecosystem == Ecosystem::CratesIo && declared.source == Source::Registry && declared.range.is_empty();
        let from_registry = declared.source == Source::Registry;
        let own = from_registry && self.own.contains(&(ecosystem.name(), name.clone()));
        if own || inherited || constrained() {
            return Pin::Exact;
        }
        // What lies at the address tomorrow is refused where it is not what the lock file's hash says.
        let is_archive = declared.source == Source::Url && declared.pin == Pin::Loose;
        if is_archive && self.locks.iter().any(|lock| self.is_hashed(lock, manifest, called(declared))) {
            return Pin::Exact;
        }
        declared.pin
    }

    /// Whether a lock file holds a hash of what `manifest` calls `name`.
    fn is_hashed(&self, lock: &LockFile, manifest: &Manifest, name: &str) -> bool {
        let wanted = lock.roots.iter().filter(|root| root.manifest == manifest.path).flat_map(|root| &root.wanted);
        let ecosystem = ecosystem_of(&manifest.path);
        let mut found = wanted
            .filter(|wanted| ecosystem.normalize(&wanted.name) == ecosystem.normalize(name))
            .filter_map(|wanted| lock.packages.get(wanted.package));
        let mut hashed = |text: &str| {
            found.any(|package| {
                // Its entry ends where the next one begins.
                let next = lock.packages.iter().map(|other| other.line).filter(|line| *line > package.line).min();
                let alone = lock.packages.iter().filter(|other| other.line == package.line).count() == 1;
                let lines = next.unwrap_or(u32::MAX).saturating_sub(package.line) as usize;
                let mut entry = text.lines().skip(package.line.saturating_sub(1) as usize).take(lines);
                alone && entry.any(|line| HASHES.iter().any(|hash| line.contains(hash)))
            })
        };
        self.repo.text(&lock.path).is_some_and(|text| hashed(&text))
    }
}

/// How the hash of an archive begins in a lock file: of npm, pnpm, Yarn and Bun, of Yarn berry, and of Python's tools.
const HASHES: [&str; 6] = ["sha512-", "sha384-", "sha256-", "checksum: ", "sha256:", "sha512:"];

/// The manifests of the product that could not be read, as a sentence.
#[must_use]
pub fn unread(repo: &Repo, packages: &Packages) -> Option<String> {
    unread_of(repo, packages, is_judged)
}

/// The files that `is` calls manifests and that could not be read, as a sentence.
#[must_use]
pub fn unread_of(repo: &Repo, packages: &Packages, is: impl Fn(&str) -> bool) -> Option<String> {
    let paths = repo.paths().filter(|path| is(path) && !packages.manifests.contains_key(*path));
    let paths: Vec<&str> = paths.collect();
    match paths.as_slice() {
        [] => None,
        [one] => Some(format!("`{one}` was not understood")),
        [one, more @ ..] => Some(format!("`{one}` and {} more manifests were not understood", more.len())),
    }
}

/// What the manifests of the product leave open that were read, as a sentence.
#[must_use]
pub fn unclear_in_product(repo: &Repo, packages: &Packages) -> Option<String> {
    let judged =
        packages.manifests.values().filter(|manifest| is_judged(&manifest.path) && !is_library(repo, manifest));
    unclear(judged)
}

/// What `manifests` ask for that was not understood, or that only a program can work out, as a sentence.
#[must_use]
pub fn unclear<'a>(manifests: impl Iterator<Item = &'a Manifest>) -> Option<String> {
    let open: Vec<(&Manifest, u64)> =
        manifests.map(|manifest| (manifest, manifest.gaps.total())).filter(|(_, count)| *count > 0).collect();
    let count: u64 = open.iter().map(|(_, count)| count).sum();
    let first = open.first()?.0;
    let others = match open.len() {
        1 => String::new(),
        2 => " and another manifest".to_owned(),
        more => format!(" and {} more manifests", more - 1),
    };
    let entries = if count == 1 { "1 entry" } else { &format!("{count} entries") };
    let dynamic = open
        .iter()
        .all(|(manifest, _)| manifest.gaps.clone().into_vec().iter().all(|gap| gap.reason == reason::DYNAMIC));
    let why = if dynamic { "only a program can work out" } else { "gonogo could not work out" };
    Some(format!("`{}`{others} {} {entries} that {why}", first.path, if open.len() == 1 { "has" } else { "have" }))
}
