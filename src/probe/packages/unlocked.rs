//! Manifests that ask for packages while no lock file beside or above them says which versions arrive.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::lock::{is_requirements, reader, unread_kind};
use crate::probe::files::{FileEntry, Listing};

/// A kind of manifest, with the lock files that answer for it.
struct Kind {
    manifest: &'static str,
    locks: &'static [&'static str],
    asks_for_packages: fn(&str) -> bool,
}

const KINDS: [Kind; 9] = [
    Kind {
        manifest: "package.json",
        locks: &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"],
        asks_for_packages: node,
    },
    Kind {
        manifest: "pyproject.toml",
        locks: &["requirements.txt", "poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"],
        asks_for_packages: python,
    },
    Kind { manifest: "Pipfile", locks: &["Pipfile.lock"], asks_for_packages: anything },
    Kind { manifest: "Cargo.toml", locks: &["Cargo.lock"], asks_for_packages: rust },
    Kind { manifest: "composer.json", locks: &["composer.lock"], asks_for_packages: php },
    Kind { manifest: "Gemfile", locks: &["Gemfile.lock", "gems.locked"], asks_for_packages: anything },
    Kind { manifest: "go.mod", locks: &["go.mod"], asks_for_packages: go },
    Kind { manifest: "pom.xml", locks: &["pom.xml"], asks_for_packages: anything },
    Kind { manifest: "build.gradle", locks: &["gradle.lockfile"], asks_for_packages: anything },
];

/// The manifests without a lock file, each with the reason as a phrase.
pub fn manifests(listing: &Listing, cancel: &CancellationToken) -> Vec<(String, String)> {
    let locks: BTreeSet<&str> = listing
        .files
        .iter()
        .filter(|file| {
            reader(file.name()).is_some() || is_requirements(&file.path) || unread_kind(file.name()).is_some()
        })
        .map(|file| file.path.as_str())
        .collect();
    let mut found = Vec::new();
    for file in &listing.files {
        if cancel.is_cancelled() {
            break;
        }
        let Some(kind) = KINDS.iter().find(|kind| kind.manifest == file.name()) else { continue };
        if !is_locked(file, kind, &locks) && file.read().map_or(true, |text| (kind.asks_for_packages)(&text)) {
            found.push((file.path.clone(), format!("{} without a lock file", kind.manifest)));
        }
    }
    found
}

/// A lock file above answers for a workspace's members.
fn is_locked(file: &FileEntry, kind: &Kind, locks: &BTreeSet<&str>) -> bool {
    let mut folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        let at = |lock: &str| if folder.is_empty() { lock.to_owned() } else { format!("{folder}/{lock}") };
        if kind.locks.iter().any(|lock| locks.contains(at(lock).as_str())) {
            return true;
        }
        if folder.is_empty() {
            return false;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

fn anything(_: &str) -> bool {
    true
}

// A manifest that cannot be read may ask for anything, so it counts as asking.

fn node(text: &str) -> bool {
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return true };
    ["dependencies", "devDependencies", "optionalDependencies"].iter().any(|key| has_entries(&manifest, key))
}

fn php(text: &str) -> bool {
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return true };
    // `php` and `ext-…` name the platform, not packages.
    ["require", "require-dev"]
        .iter()
        .filter_map(|key| manifest.get(key)?.as_object())
        .flatten()
        .any(|(name, _)| name.contains('/'))
}

fn has_entries(manifest: &Value, key: &str) -> bool {
    manifest.get(key).and_then(Value::as_object).is_some_and(|entries| !entries.is_empty())
}

fn python(text: &str) -> bool {
    let Ok(manifest) = toml::from_str::<toml::Table>(text) else { return true };
    let project = manifest.get("project").and_then(|project| project.get("dependencies"));
    let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry")?.get("dependencies")?.as_table());
    project.and_then(toml::Value::as_array).is_some_and(|list| !list.is_empty())
        // Poetry lists the Python version among the dependencies.
        || poetry.is_some_and(|table| table.keys().any(|name| name != "python"))
}

fn rust(text: &str) -> bool {
    let Ok(manifest) = toml::from_str::<toml::Table>(text) else { return true };
    ["dependencies", "build-dependencies"]
        .iter()
        .any(|key| manifest.get(*key).and_then(toml::Value::as_table).is_some_and(|table| !table.is_empty()))
}

fn go(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("require"))
}
