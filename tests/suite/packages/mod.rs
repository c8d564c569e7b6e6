//! Manifests and lock files of every package manager, each as its own tools read it.

mod answered;
mod bundler;
mod cargo;
mod composer;
mod constraints;
mod cut_and_large;
mod go;
mod jvm;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gonogo::probe::files;
use gonogo::probe::packages::{self, LockFile, Packages, Scope};
use tokio_util::sync::CancellationToken;

/// A folder or file below `tests/fixtures/packages`.
fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/packages").join(path)
}

/// What all manifests and lock files of a folder say.
fn collected(folder: &Path) -> Packages {
    let cancel = CancellationToken::new();
    packages::collect(&files::list(folder, &[], &cancel), &cancel)
}

/// `manifest: name range -> package version` of everything that is asked for, sorted.
fn told_wants(lock: &LockFile) -> Vec<String> {
    let told = lock.roots.iter().flat_map(|root| root.wanted.iter().map(move |wanted| (root, wanted)));
    let mut told: Vec<String> = told
        .map(|(root, wanted)| {
            let package = &lock.packages[wanted.package];
            let scope = if wanted.scope == Scope::Development { " dev" } else { "" };
            let (name, range) = (&wanted.name, &wanted.range);
            format!("{}: {name} {range} -> {} {}{scope}", root.manifest, package.name, package.version)
        })
        .collect();
    told.sort();
    told
}

/// `package > package` of everything that is needed.
fn ways(lock: &LockFile) -> BTreeSet<String> {
    let name = |at: usize| &lock.packages[at].name;
    lock.packages.iter().flat_map(|p| p.needs.iter().map(move |to| format!("{} > {}", p.name, name(*to)))).collect()
}
mod lock_files;
mod npm;
mod pnpm;
mod proportion;
mod python;
mod python_hostile;
mod python_locks;
mod python_tools;
mod ranges;
mod standings;
mod versions;
mod yarn;
