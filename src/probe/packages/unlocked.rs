//! Manifests that ask for packages while no lock file beside or above them says which versions arrive.

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::lock::{is_requirements, reader, unread_kind};
use super::manifest::{Manifest, Source};
use super::{LockFile, Scope};
use crate::probe::files::Listing;

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
const KINDS: [Kind; 10] = [
    Kind { manifest: "package.json", locks: NODE, reach: Reach::Below },
    Kind { manifest: "pyproject.toml", locks: PYTHON, reach: Reach::Below },
    Kind { manifest: "setup.cfg", locks: PYTHON, reach: Reach::Below },
    Kind { manifest: "Pipfile", locks: &["Pipfile.lock"], reach: Reach::Named },
    Kind { manifest: "Cargo.toml", locks: &["Cargo.lock"], reach: Reach::Named },
    Kind { manifest: "composer.json", locks: &["composer.lock"], reach: Reach::Named },
    Kind { manifest: "Gemfile", locks: &["Gemfile.lock"], reach: Reach::Named },
    Kind { manifest: "gems.rb", locks: &["gems.locked"], reach: Reach::Named },
    Kind { manifest: "build.gradle", locks: GRADLE, reach: Reach::Named },
    Kind { manifest: "build.gradle.kts", locks: GRADLE, reach: Reach::Named },
];

/// The lock files that answer for a manifest of this name, the usual one first, and how far they reach.
#[must_use]
pub fn locks_of(name: &str) -> Option<(&'static [&'static str], Reach)> {
    KINDS.iter().find(|kind| kind.manifest == name).map(|kind| (kind.locks, kind.reach))
}

/// The manifests without a lock file, each with the reason as a phrase.
pub fn manifests(
    listing: &Listing,
    manifests: &BTreeMap<String, Manifest>,
    locks: &[LockFile],
    cancel: &CancellationToken,
) -> Vec<(String, String)> {
    let is_lock = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        reader(path).is_some() || is_requirements(path) || unread_kind(name).is_some()
    };
    let files: BTreeSet<&str> =
        listing.files.iter().map(|file| file.path.as_str()).filter(|path| is_lock(path)).collect();
    let named: BTreeSet<&str> = locks.iter().flat_map(|lock| &lock.roots).map(|root| root.manifest.as_str()).collect();
    let mut found = Vec::new();
    for file in &listing.files {
        if cancel.is_cancelled() {
            break;
        }
        let Some(kind) = KINDS.iter().find(|kind| kind.manifest == file.name()) else { continue };
        // One that could not be read may ask for anything.
        let asks = manifests.get(&file.path).is_none_or(asks_for_packages);
        if asks && !named.contains(file.path.as_str()) && !is_locked(&file.path, kind, &files) {
            found.push((file.path.clone(), format!("{} without a lock file", kind.manifest)));
        }
    }
    found
}

/// Python projects list tools that nobody installs for the app under the development groups, without locking them.
fn asks_for_packages(manifest: &Manifest) -> bool {
    let only_production = manifest.path.ends_with("pyproject.toml") || manifest.path.ends_with("setup.cfg");
    (manifest.declared.iter())
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
        if kind.locks.iter().any(is_there) {
            return true;
        }
        if folder.is_empty() || kind.reach == Reach::Named {
            return false;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::collect;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let cancel = CancellationToken::new();
        let listing = crate::probe::files::list(folder.path(), &[], &cancel);
        let found = collect(&listing, &cancel);
        manifests(&listing, &found.manifests, &found.locks, &cancel).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn every_manager_is_asked() {
        let crate_of = |name: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\nserde = \"1\"\n");
        let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n[[package]]\nname = \"member\"\nversion = \"0.1.0\"\n";
        let empty = r#"{"packages": []}"#;
        let asks = r#"{"require": {"a/b": "1"}}"#;
        let gems = "GEM\n  specs:\n\nDEPENDENCIES\n";
        let build = "dependencies {\n implementation 'a:b:1'\n}\n";
        assert_eq!(
            told(&[
                ("rust/Cargo.toml", &crate_of("app")),
                ("rust/Cargo.lock", lock),
                ("rust/member/Cargo.toml", &crate_of("member")),
                ("rust/example/Cargo.toml", &crate_of("example")),
                ("php/composer.json", asks),
                ("php/composer.lock", empty),
                ("php/api/composer.json", asks),
                ("php/platform/composer.json", r#"{"require": {"php": ">=8", "ext-json": "*"}}"#),
                ("php/broken/composer.json", "{"),
                ("ruby/Gemfile", "gem \"a\"\n"),
                ("ruby/Gemfile.lock", gems),
                ("ruby/tool/Gemfile", "gem \"a\"\n"),
                ("ruby/empty/Gemfile", "source \"https://gems.example.com\"\n"),
                ("ruby/new/gems.rb", "gem \"a\"\n"),
                ("jvm/build.gradle", build),
                ("jvm/gradle.lockfile", "a:b:1=compileClasspath\nempty=\n"),
                ("jvm/app/build.gradle.kts", build),
                ("jvm/old/build.gradle", build),
                ("jvm/old/gradle/dependency-locks/compileClasspath.lockfile", "a:b:1\n"),
                ("jvm/plain/build.gradle", "plugins { id 'java' }\n"),
                ("go/go.mod", "module x\ngo 1.22\nrequire a v1.0.0\n"),
                ("maven/pom.xml", "<project/>"),
            ]),
            [
                "jvm/app/build.gradle.kts",
                "php/api/composer.json",
                "php/broken/composer.json",
                "ruby/new/gems.rb",
                "ruby/tool/Gemfile",
                "rust/example/Cargo.toml",
            ]
        );
    }
}
