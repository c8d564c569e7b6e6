//! Manifests that ask for packages while no lock file beside or above them says which versions arrive.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use super::answered::{names_of_requirements, needed};
use super::lock::{is_requirements, reader, unread_kind};
use super::lock_index::normal;
use super::manifest::gradle::is_script;
use super::manifest::python::is_requirements_input;
use super::manifest::{Manifest, Source};
use super::stands_in::Folders;
use super::{Ecosystem, LockFile, Manager, Packages, Scope};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::folder;

/// A kind of manifest, with the lock files that answer for it.
struct Kind {
    manifest: &'static str,
    locks: &'static [&'static str],
    reach: Reach,
}

/// Which manifests a lock file answers for, besides the one next to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those below: workspaces, and projects that share an environment.
    Below,
    /// Those that it names, or none: what lies below by chance is a project of its own.
    Named,
}

const NODE: &[&str] =
    &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock"];
const PYTHON: &[&str] = &["requirements.txt", "poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"];
const GRADLE: &[&str] = &["gradle.lockfile", "gradle/dependency-locks/"];

/// `go.mod` and `pom.xml` answer for themselves.
const KINDS: [Kind; 11] = [
    Kind { manifest: "package.json", locks: NODE, reach: Reach::Below },
    Kind { manifest: "pyproject.toml", locks: PYTHON, reach: Reach::Below },
    Kind { manifest: "setup.cfg", locks: PYTHON, reach: Reach::Below },
    Kind { manifest: "setup.py", locks: PYTHON, reach: Reach::Below },
    Kind { manifest: "Pipfile", locks: &["Pipfile.lock"], reach: Reach::Named },
    Kind { manifest: "Cargo.toml", locks: &["Cargo.lock"], reach: Reach::Named },
    Kind { manifest: "composer.json", locks: &["composer.lock"], reach: Reach::Named },
    Kind { manifest: "Gemfile", locks: &["Gemfile.lock"], reach: Reach::Named },
    Kind { manifest: "gems.rb", locks: &["gems.locked"], reach: Reach::Named },
    Kind { manifest: "build.gradle", locks: GRADLE, reach: Reach::Named },
    Kind { manifest: "build.gradle.kts", locks: GRADLE, reach: Reach::Named },
];

const INPUT: Kind = Kind { manifest: "requirements.in", locks: PYTHON, reach: Reach::Named };

/// Manifests of worlds that are not read: how the name ends, and a word without which nothing is asked for.
const UNREAD: [(&str, &str); 39] = [
    (".csproj", "PackageReference"),
    (".fsproj", "PackageReference"),
    (".vbproj", "PackageReference"),
    ("/packages.config", "<package "),
    ("/mix.exs", "{:"),
    ("/build.sbt", "%"),
    ("/environment.yml", "dependencies:"),
    ("/environment.yaml", "dependencies:"),
    ("/deno.json", "\"imports\""),
    ("/deno.jsonc", "\"imports\""),
    ("/Package.swift", ".package("),
    ("/pubspec.yaml", "dependencies:"),
    ("/Gopkg.toml", ""),
    ("/Gopkg.lock", ""),
    (".cabal", "build-depends"),
    ("/conanfile.txt", "[requires]"),
    ("/conanfile.py", "requires"),
    ("/vcpkg.json", "\"dependencies\""),
    ("/bower.json", "\"dependencies\""),
    ("/import_map.json", "\"imports\""),
    // What Rails loads from an address, and what it has downloaded from one, with its version.
    ("/config/importmap.rb", "https://"),
    ("/config/importmap.rb", "# @"),
    ("/elm.json", "\"direct\""),
    ("/pixi.toml", "dependencies]"),
    ("/pixi.lock", ""),
    ("conda-lock.yml", ""),
    ("/project.clj", ":dependencies"),
    ("/deps.edn", ":deps"),
    ("/ivy.xml", "<dependency"),
    ("/project/Dependencies.scala", "%"),
    ("/build.sc", "ivy\""),
    ("/paket.dependencies", "nuget "),
    ("/Directory.Packages.props", "PackageVersion"),
    ("/rebar.config", "{deps,"),
    ("/Podfile", "pod "),
    ("/Cartfile", "github "),
    ("/shard.yml", "dependencies:"),
    ("/cpanfile", "requires"),
    ("/renv.lock", "\"Packages\""),
];

/// The lock files that answer for a manifest of this name, the usual one first, and how far they reach.
#[must_use]
pub fn locks_of(name: &str) -> Option<(&'static [&'static str], Reach)> {
    KINDS.iter().find(|kind| kind.manifest == name).map(|kind| (kind.locks, kind.reach))
}

/// The manifests without a lock file, each with the reason as a phrase.
pub fn manifests(listing: &Listing, read: &Packages, cancel: &CancellationToken) -> Vec<(String, String)> {
    let (manifests, locks) = (&read.manifests, &read.locks);
    let is_lock = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        reader(path).is_some() || is_requirements(path) || unread_kind(name).is_some()
    };
    let files: BTreeSet<&str> =
        listing.files.iter().map(|file| file.path.as_str()).filter(|path| is_lock(path)).collect();
    let folders = Folders::of(read, listing);
    let named: BTreeSet<&str> = locks.iter().flat_map(|lock| &lock.roots).map(|root| root.manifest.as_str()).collect();
    let mut found = Vec::new();
    for file in &listing.files {
        if cancel.is_cancelled() {
            break;
        }
        if is_unread(file) {
            found.push((file.path.clone(), format!("{}, which gonogo does not read yet", file.name())));
            continue;
        }
        if is_script(&file.path) {
            if manifests.get(&file.path).is_some_and(|script| !is_answered(script, locks)) {
                found.push((file.path.clone(), format!("{} without a lock file", file.name())));
            }
            continue;
        }
        let input = || is_requirements_input(&file.path).then_some(&INPUT);
        let Some(kind) = KINDS.iter().find(|kind| kind.manifest == file.name()).or_else(input) else { continue };
        // One that could not be read may ask for anything.
        let manifest = manifests.get(&file.path);
        let asks = manifest.is_none_or(asks_for_packages);
        let listed = || manifest.is_some_and(|manifest| is_listed(manifest, &folders, read));
        let broken = || is_below_broken(&file.path, kind, &files, locks);
        if asks && !named.contains(file.path.as_str()) && !is_locked(&file.path, kind, &files) && !listed() && !broken()
        {
            found.push((file.path.clone(), format!("{} without a lock file", file.name())));
        }
    }
    found
}

/// Whether Gradle's lock files hold all that a script asks for: which of the builds it belongs to is not known.
fn is_answered(script: &Manifest, locks: &[LockFile]) -> bool {
    let locks = locks.iter().filter(|lock| lock.manager == Manager::Gradle);
    let held: BTreeSet<&str> = locks.flat_map(|lock| &lock.packages).map(|package| &*package.name).collect();
    !held.is_empty() && needed(script).all(|declared| held.contains(declared.name.as_str()))
}

/// Whether it asks for packages in a way that is not read.
fn is_unread(file: &FileEntry) -> bool {
    let path = format!("/{}", file.path);
    let mut words =
        UNREAD.iter().filter(|(end, _)| path.ends_with(end)).map(|(_, word)| word.to_lowercase()).peekable();
    words.peek().is_some() && {
        let text = file.read().map(|text| text.to_lowercase());
        words.any(|word| text.as_ref().map_or(true, |text| text.contains(&word)))
    }
}

/// Whether requirements files beside or above a Python manifest name all that production needs of it.
fn is_listed(manifest: &Manifest, folders: &Folders<'_>, read: &Packages) -> bool {
    let is_python = |path: &str| {
        ["pyproject.toml", "setup.cfg", "setup.py"].iter().any(|name| path.ends_with(name))
            || is_requirements_input(path)
    };
    if !is_python(&manifest.path) {
        return false;
    }
    let folder = folder(&manifest.path);
    let files: Vec<&LockFile> = read
        .locks
        .iter()
        .filter(|lock| lock.manager == Manager::Pip && is_requirements(&lock.path))
        .filter(|lock| folder.starts_with(crate::probe::paths::folder(&lock.path).trim_end_matches("requirements/")))
        .collect();
    if files.is_empty() {
        return false;
    }
    let normal = |name: &str| normal(Ecosystem::PyPi, name);
    let names = files.iter().flat_map(|lock| names_of_requirements(lock, read)).map(normal);
    let names: BTreeSet<String> = names.collect();
    let mut needed = needed(manifest).filter(|declared| declared.scope == Scope::Production);
    needed.all(|one| names.contains(&normal(&one.name)) || folders.stand_in(manifest, one, &files))
}

/// Python projects list tools that nobody installs for the app under the development groups, without locking them.
fn asks_for_packages(manifest: &Manifest) -> bool {
    let only_production = manifest.path.ends_with("pyproject.toml") || manifest.path.ends_with("setup.cfg");
    // What a program works out may be anything.
    !manifest.gaps.is_empty()
        || (manifest.declared.iter())
            .any(|declared| declared.source != Source::Own && (!only_production || declared.scope == Scope::Production))
}

fn is_locked(path: &str, kind: &Kind, files: &BTreeSet<&str>) -> bool {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        let at = |lock: &str| if folder.is_empty() { lock.to_owned() } else { format!("{folder}/{lock}") };
        // A name that ends with `/` is a folder of them.
        let is_there = |lock: &&str| {
            let lock = at(lock);
            files
                .range(lock.as_str()..)
                .next()
                .is_some_and(|file| *file == lock || (lock.ends_with('/') && file.starts_with(&lock)))
        };
        // Requirements files answer for the names in them only.
        if kind.locks.iter().filter(|lock| **lock != "requirements.txt").any(is_there) {
            return true;
        }
        if folder.is_empty() || kind.reach == Reach::Named {
            return false;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Whether a lock file above a crate, which may answer for it as a member of its workspace, could not be read: that is
/// told already, and says more than that there is none.
fn is_below_broken(path: &str, kind: &Kind, files: &BTreeSet<&str>, locks: &[LockFile]) -> bool {
    if kind.manifest != "Cargo.toml" {
        return false;
    }
    let folders = std::iter::successors(Some(folder(path)), |below| {
        (!below.is_empty()).then(|| folder(below.trim_end_matches('/')))
    });
    let mut above = folders.map(|folder| format!("{folder}Cargo.lock"));
    above.find(|lock| files.contains(lock.as_str())).is_some_and(|lock| locks.iter().all(|read| read.path != lock))
}

#[cfg(test)]
mod tests;
