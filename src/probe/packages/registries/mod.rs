//! Packages that a manifest takes from a registry of their own while the lock file holds another registry's: it was written before
//! the manifest said so, and what it holds may be a stranger's package of the same name.
//!
//! Nothing is told of registries that stand for all others: their addresses stand in the lock file.

mod cargo;
mod gems;
mod python;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::lock::reason;
use super::lock_index::{Index, name_of, normal};
use super::manifest::Source;
use super::{LockFile, MAX_LOCK_BYTES, Manager, Manifest, Packages};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::folder;

/// A package that a manifest takes from a registry.
struct Taken {
    name: String,
    /// The registry as the manifest calls it, without anything secret.
    from: String,
    /// Its address.
    address: String,
}

/// What a manifest says of registries.
#[derive(Default)]
struct Said {
    taken: Vec<Taken>,
    /// The addresses of all that it names.
    known: BTreeSet<String>,
}

/// Where a lock file says that a package comes from.
enum Place {
    /// The registry of the tool itself.
    Default,
    /// The one of this address.
    Registry(String),
    /// No registry, or it is not said.
    Elsewhere,
}

/// By name.
type Held = BTreeMap<String, Vec<Place>>;

/// The files of the project, by path.
struct Files<'a>(BTreeMap<&'a str, &'a FileEntry>);

impl Files<'_> {
    fn text(&self, path: &str) -> Option<String> {
        self.0.get(path)?.read().ok()
    }

    fn lock(&self, path: &str) -> Option<String> {
        self.0.get(path)?.read_up_to(MAX_LOCK_BYTES).ok()
    }
}

/// Counts the packages that lock files hold of another registry than manifests name for them.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let files = Files(listing.files.iter().map(|file| (file.path.as_str(), file)).collect());
    let index = Index::of(found);
    // One lock file may answer for hundreds of manifests.
    let mut read: BTreeMap<&str, Option<Held>> = BTreeMap::new();
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    let names = ["pyproject.toml", "Pipfile", "Cargo.toml", "Gemfile", "gems.rb"];
    for (path, manifest) in found.manifests.iter().filter(|(path, _)| names.contains(&name_of(path))) {
        let Some(text) = files.text(path) else { continue };
        for lock in index.locks(path) {
            let said = said(&text, manifest, lock, &files);
            if said.taken.is_empty() {
                continue;
            }
            let Some(held) = read.entry(&lock.path).or_insert_with(|| held(lock, &files)) else { continue };
            for taken in said.taken.iter().filter(|taken| said.is_held_of_another(taken, held, lock.manager)) {
                told.insert((path.clone(), format!("{} from {} in {path}", taken.name, taken.from)));
            }
        }
    }
    for (path, what) in told {
        found.gaps_of(&path).add(reason::REFUSED, &what);
    }
}

/// What a manifest says, as the tool takes it that wrote the lock file.
fn said(text: &str, manifest: &Manifest, lock: &LockFile, files: &Files<'_>) -> Said {
    let mut said = match lock.manager {
        Manager::Uv => {
            let root = format!("{}pyproject.toml", folder(&lock.path));
            let root = if root == manifest.path { None } else { files.text(&root) };
            python::said_to_uv(text, root.as_deref())
        }
        Manager::Poetry => python::said_to_poetry(text),
        Manager::Pipenv => python::said_to_pipenv(text),
        Manager::Cargo => {
            let root = manifest.workspace.as_ref().filter(|root| **root != manifest.path);
            let root = root.and_then(|root| files.text(root));
            let beside = [".cargo/config.toml", ".cargo/config"].map(|name| format!("{}{name}", folder(&lock.path)));
            let config = beside.iter().find_map(|path| files.text(path));
            cargo::said(text, root.as_deref(), config.as_deref())
        }
        Manager::Bundler => gems::said(text),
        _ => Said::default(),
    };
    let ecosystem = lock.manager.ecosystem();
    let asked = manifest.declared.iter().filter(|declared| declared.source == Source::Registry);
    let asked: BTreeSet<String> = asked.map(|declared| normal(ecosystem, &declared.name)).collect();
    for taken in &mut said.taken {
        taken.name = normal(ecosystem, &taken.name);
    }
    // What nobody asks for directly, or a patch stands in for, comes from wherever it is needed.
    said.taken.retain(|taken| asked.contains(&taken.name) && !manifest.patched.contains(&taken.name));
    said
}

/// What a lock file holds.
fn held(lock: &LockFile, files: &Files<'_>) -> Option<Held> {
    let all = match lock.manager {
        Manager::Uv => python::held_by_uv(&files.lock(&lock.path)?)?,
        Manager::Poetry => python::held_by_poetry(&files.lock(&lock.path)?)?,
        Manager::Pipenv => python::held_by_pipenv(&files.lock(&lock.path)?)?,
        Manager::Cargo => cargo::held(lock),
        Manager::Bundler => gems::held(&files.lock(&lock.path)?),
        _ => return None,
    };
    let mut held = Held::new();
    for (name, place) in all {
        held.entry(normal(lock.manager.ecosystem(), &name)).or_default().push(place);
    }
    Some(held)
}

impl Said {
    /// Whether all that is held of a package is another registry's.
    fn is_held_of_another(&self, taken: &Taken, held: &Held, manager: Manager) -> bool {
        let Some(places) = held.get(&taken.name) else { return false };
        // Who writes the lock file may give a registry another address for the day. Then it is no other package's.
        let of_others = |address: &String| {
            let is_taken = |name: &String| self.taken.iter().any(|taken| taken.name == *name);
            let others = held.iter().filter(|(name, _)| !is_taken(name)).flat_map(|(_, places)| places);
            let mut others = others.filter(|place| matches!(place, Place::Registry(other) if other == address));
            matches!(manager, Manager::Bundler | Manager::Pipenv)
                || self.known.contains(address)
                || others.next().is_some()
        };
        places.iter().all(|place| match place {
            Place::Default => true,
            Place::Registry(address) => *address != taken.address && of_others(address),
            Place::Elsewhere => false,
        })
    }
}

/// An address as it is compared: without scheme, credentials, query and the last slash. `None` for what is none.
fn address(text: &str) -> Option<String> {
    let rest = text.trim();
    let rest = rest
        .split_once('+')
        .map_or(rest, |(kind, rest)| if kind == "sparse" || kind == "registry" { rest } else { text });
    let rest = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://"))?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or(host).to_lowercase();
    let is_plain = !host.is_empty() && !rest.contains(['$', '{']);
    is_plain.then(|| format!("{host}/{path}").trim_end_matches('/').to_owned())
}
