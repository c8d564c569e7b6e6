//! Manifests and lock files for tests, made by hand.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::Repo;
use crate::model::Finding;
use crate::probe::packages::lock::{Builder, Draft};
use crate::probe::packages::manifest::{Pin, Source};
use crate::probe::packages::{Declared, LockFile, Manager, Manifest, Packages, Scope};

/// A manifest that asks for these: `name range`, one a line from line 3.
pub fn manifest(path: &str, asks: &[&str]) -> Manifest {
    let declared = asks.iter().zip(3..).map(|(ask, line)| declared(ask, line)).collect();
    Manifest { path: path.to_owned(), name: Some("shop".to_owned()), declared, ..Manifest::default() }
}

/// `name range`.
pub fn declared(ask: &str, line: u32) -> Declared {
    let (name, range) = ask.split_once(' ').unwrap_or((ask, ""));
    Declared {
        name: name.to_owned(),
        alias: None,
        range: range.to_owned(),
        scope: Scope::Production,
        optional: false,
        source: Source::Registry,
        pin: Pin::Range,
        line,
    }
}

/// A lock file for `manifest` with these packages: `name version range`; without a range nobody asks for it directly.
pub fn lock(manager: Manager, path: &str, manifest: &str, packages: &[&str]) -> LockFile {
    lock_with(manager, path, manifest, packages, |_| {})
}

/// The same, with a last word on each package.
pub fn lock_with(
    manager: Manager,
    path: &str,
    manifest: &str,
    packages: &[&str],
    mut change: impl FnMut(&mut Draft),
) -> LockFile {
    let mut builder = Builder::new(manager, "3");
    builder.root(manifest);
    for (package, line) in packages.iter().zip(10..) {
        let mut words = package.splitn(3, ' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        let mut draft = Draft::new(name, version, line);
        change(&mut draft);
        builder.add(name, draft);
        if let Some(range) = words.next() {
            builder.wants(manifest, name, range, Scope::Production, name);
        }
    }
    builder.finish(path).lock
}

/// Everything together.
pub fn packages(manifests: Vec<Manifest>, locks: Vec<LockFile>) -> Packages {
    let manifests = manifests.into_iter().map(|manifest| (manifest.path.clone(), manifest)).collect();
    Packages { manifests, locks, ..Packages::default() }
}

/// `severity place: message` of each.
pub fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {}: {}", f.severity.word(), f.location, f.message)).collect()
}

/// The project in a folder, and what it asks for.
pub fn opened(folder: &Path) -> (Repo, Packages) {
    let cancel = CancellationToken::new();
    let repo = Repo::open(folder, &[], &cancel);
    let packages = crate::probe::packages::collect(repo.listing(), &cancel);
    (repo, packages)
}

/// A project with these files, and what they ask for. The folder lives as long as the first value.
pub fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Repo, Packages) {
    let folder = crate::probe::samples::folder(files);
    let (repo, packages) = opened(folder.path());
    (folder, repo, packages)
}
