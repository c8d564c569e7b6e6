//! Locked versions that the manifest does not allow: a lock file of another day. What is installed then is not what was
//! compared with advisories.

use std::collections::BTreeSet;

use super::answered::{Index, ecosystem, needed, normal};
use super::lock::reason;
use super::{Declared, Ecosystem, LockedPackage, Manager, Manifest, Packages, Scope};
use crate::probe::files::Listing;
use crate::probe::yaml;

/// Counts what is asked for in other versions than the lock files hold.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let mut refused: Vec<(String, String)> = Vec::new();
    let in_workspaces = forced_in_workspaces(listing);
    let index = Index::of(found);
    for (path, manifest) in &found.manifests {
        // Gradle takes the highest version that anybody asks for.
        let Some(ecosystem) = ecosystem(path).filter(|ecosystem| *ecosystem != Ecosystem::Maven) else { continue };
        let locks = index.locks(path);
        let own = manifest.overrides.iter().chain(&in_workspaces).map(String::as_str);
        let in_roots = locks.iter().flat_map(|lock| index.forced(lock)).copied();
        let forced: BTreeSet<&str> = own.chain(in_roots).collect();
        let only_production = locks.iter().all(|lock| lock.manager == Manager::Pip);
        for declared in needed(manifest) {
            let is_forced = forced.iter().any(|entry| forces(entry, &declared.name));
            if is_forced || (only_production && declared.scope == Scope::Development) {
                continue;
            }
            let held = held(&index, path, ecosystem, declared);
            if !held.is_empty() && held.iter().all(|package| refuses(manifest, ecosystem, declared, package)) {
                let called = called(declared);
                refused.push((path.clone(), format!("{called} {} in {path}", declared.range)));
            }
        }
    }
    for (path, what) in refused {
        found.gaps_of(&path).add(reason::REFUSED, &what);
    }
}

/// Whether an entry of overrides or resolutions is about this package: `qs`, `qs@^6`, `express>qs`, `**/qs`, `a/@scope/qs`.
#[must_use]
pub fn forces(entry: &str, name: &str) -> bool {
    let target = entry.rsplit('>').next().unwrap_or(entry).trim();
    let start = target.rfind('/').map_or(0, |slash| slash + 1);
    // What follows an `@` that does not begin a scope is a range.
    let end = target.get(start..).and_then(|last| last.get(1..)?.find('@')).map_or(target.len(), |at| start + 1 + at);
    let target = target.get(..end).unwrap_or(target);
    target.strip_suffix(name).is_some_and(|above| {
        let of_a_scope = above.trim_end_matches('/').rsplit('/').next().is_some_and(|part| part.starts_with('@'));
        above.is_empty() || above.ends_with('/') && (name.starts_with('@') || !of_a_scope)
    })
}

fn called(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// The versions that answer for what a manifest asks for: those that a lock file says, or else all of that name.
fn held<'a>(index: &'a Index<'_>, path: &str, ecosystem: Ecosystem, declared: &Declared) -> Vec<&'a LockedPackage> {
    let called = normal(ecosystem, called(declared));
    let name = normal(ecosystem, &declared.name);
    let of_name = |package: &&LockedPackage| normal(ecosystem, &package.name) == name;
    let mut found = Vec::new();
    for lock in index.locks(path) {
        let wanted = index.roots(lock, path).iter().flat_map(|root| &root.wanted);
        let wanted = wanted.filter(|wanted| [&called, &name].contains(&&normal(ecosystem, &wanted.name)));
        let mut said: Vec<&LockedPackage> =
            wanted.filter_map(|wanted| lock.packages.get(wanted.package)).filter(of_name).collect();
        if said.is_empty() {
            said = index.packages(lock, &name).collect();
        }
        found.extend(said);
    }
    found
}

/// Whether none of the ranges under which a manifest asks for it allows this version.
fn refuses(manifest: &Manifest, ecosystem: Ecosystem, declared: &Declared, package: &LockedPackage) -> bool {
    if package.is_allowed_by(&declared.range) != Some(false) {
        return false;
    }
    let name = normal(ecosystem, called(declared));
    let mut same = manifest.declared.iter().filter(|other| normal(ecosystem, called(other)) == name);
    same.all(|other| package.is_allowed_by(&other.range) == Some(false))
}

/// What pnpm's workspaces force (<https://pnpm.io/settings#overrides>).
fn forced_in_workspaces(listing: &Listing) -> Vec<String> {
    let files = listing.files.iter().filter(|file| file.name() == "pnpm-workspace.yaml");
    let documents = files.filter_map(|file| yaml::parse(&file.read().ok()?).ok()).flatten();
    let forced = documents.filter_map(|document| document.get("overrides").cloned());
    forced.flat_map(|node| node.entries().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::forces;

    #[test]
    fn a_forced_version_is_for_that_package_alone() {
        for entry in ["qs", "qs@^6", "express>qs", "express@4>qs@6", "**/qs", "express/qs", "@acme/tool/qs"] {
            assert!(forces(entry, "qs"), "{entry}");
        }
        for entry in ["qs-iconv", "next-qs", "@acme/qs", "qs>debug", "qs/debug"] {
            assert!(!forces(entry, "qs"), "{entry}");
        }
        for entry in ["@acme/qs", "@acme/qs@^1", "express/@acme/qs@1", "express>@acme/qs"] {
            assert!(forces(entry, "@acme/qs"), "{entry}");
        }
    }
}
