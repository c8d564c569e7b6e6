//! Folders of the project that stand in for packages which manifests ask a registry for, so that a lock file rightly lacks
//! them: members of workspaces, and what is installed from folders beside.
//!
//! That a manifest somewhere bears the name is no evidence: the folder has to be one that the lock file's tool would take, and
//! of a version that is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lock_index::normal;
use super::manifest::{Declared, Manifest, ecosystem, members};
use super::{Ecosystem, LockFile, Manager, Packages, Version, range};
use crate::probe::files::Listing;
use crate::probe::paths::{folder, joined};

/// What Lerna links together where its settings name no folders (<https://lerna.js.org/docs/api-reference/configuration>).
const LERNA: &str = "lerna.json";
const FOLDERS_OF_LERNA: &str = "packages/*";

/// A member of a workspace, with the workspace's folder.
type Member<'p> = (&'p str, &'p Manifest);

/// The folders that may stand in.
pub struct Folders<'p> {
    found: &'p Packages,
    /// Members of workspaces by their names.
    members: BTreeMap<(Ecosystem, String), Vec<Member<'p>>>,
    /// By lock file, the names of packages that come from folders.
    locals: BTreeMap<&'p str, BTreeSet<String>>,
}

impl<'p> Folders<'p> {
    /// Of a project.
    pub fn of(found: &'p Packages, listing: &'p Listing) -> Self {
        let locals = found.locks.iter().map(|lock| {
            let locals = lock.locals.iter().filter(|local| !local.fork);
            (lock.path.as_str(), locals.map(|local| normal(lock.manager.ecosystem(), &local.name)).collect())
        });
        let mut folders = Self { found, members: BTreeMap::new(), locals: locals.collect() };
        for (path, manifest) in found.manifests.iter().filter(|(_, manifest)| !manifest.members.is_empty()) {
            folders.add_all(path, &manifest.members);
        }
        for file in listing.files.iter().filter(|file| file.name() == LERNA) {
            // Lerna itself stops at settings that are no object.
            let settings = file.read().ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let Some(settings) = settings.filter(Value::is_object) else { continue };
            let named =
                settings.get("packages").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let named: Vec<String> = named.map(str::to_owned).collect();
            let usual = vec![FOLDERS_OF_LERNA.to_owned()];
            folders.add_all(&file.path, if named.is_empty() { &usual } else { &named });
        }
        for (path, build) in found.manifests.iter().filter(|(path, _)| path.contains("build.gradle")) {
            if ecosystem(path) == Some(Ecosystem::Maven) {
                folders.add("", build);
            }
        }
        // pnpm and others name them in their lock files. What requirements files name is no workspace.
        for lock in found.locks.iter().filter(|lock| lock.manager != Manager::Pip) {
            for root in lock.roots.iter().filter_map(|root| found.manifests.get(&root.manifest)) {
                folders.add(folder(&lock.path), root);
            }
        }
        folders
    }

    /// Adds the members that patterns of a file name: those of its own kind of manifest.
    fn add_all(&mut self, path: &'p str, patterns: &[String]) {
        let base = folder(path);
        let name = path.rsplit('/').next().filter(|name| *name != LERNA).unwrap_or("package.json");
        // Cargo takes members where a path leads to them, and Go and Maven answer for themselves.
        if !["package.json", "pyproject.toml", "composer.json"].contains(&name) {
            return;
        }
        for inner in members::folders(base, patterns, name, &self.found.manifests) {
            if let Some(member) = self.found.manifests.get(&format!("{base}{inner}/{name}")) {
                self.add(base, member);
            }
        }
        if let Some(root) = self.found.manifests.get(&format!("{base}{name}")) {
            self.add(base, root);
        }
    }

    fn add(&mut self, base: &'p str, member: &'p Manifest) {
        if let (Some(kind), Some(name)) = (ecosystem(&member.path), member.name.as_deref()) {
            self.members.entry((kind, normal(kind, name))).or_default().push((base, member));
        }
    }

    /// Whether a folder stands in for what a manifest asks for, as the tools of `locks` would have it.
    pub fn stand_in(&self, manifest: &Manifest, declared: &Declared, locks: &[&LockFile]) -> bool {
        let Some(kind) = ecosystem(&manifest.path) else { return false };
        let name = normal(kind, &declared.name);
        match kind {
            Ecosystem::Npm => {
                let mut members = self.members_for(kind, &name, manifest);
                members.any(|member| members::takes(&declared.range, member))
            }
            Ecosystem::PyPi => {
                // A package asks for itself with an extra.
                manifest.name.as_deref().is_some_and(|own| normal(kind, own) == name)
                    || self.is_local(locks, &name)
                    || self.members_for(kind, &name, manifest).any(|member| may_be(kind, declared, member))
                    || self.is_placed(manifest, declared, locks, &name)
            }
            Ecosystem::Packagist => {
                let mut members = self.members_for(kind, &name, manifest);
                self.is_local(locks, &name) || members.any(|member| may_be(kind, declared, member))
            }
            // Only what settings include bears a name, and whatever version is asked for.
            Ecosystem::Maven => self.members_for(kind, &name, manifest).next().is_some(),
            // A patch in `.cargo/config.toml`, which no manifest tells.
            Ecosystem::CratesIo => self.is_local(locks, &name),
            Ecosystem::RubyGems | Ecosystem::Go => false,
        }
    }

    /// Whether a lock file says that the package of a name comes from a folder.
    fn is_local(&self, locks: &[&LockFile], name: &str) -> bool {
        locks.iter().any(|lock| self.locals.get(&*lock.path).is_some_and(|locals| locals.contains(name)))
    }

    /// The members of that name of workspaces to which a manifest belongs.
    fn members_for<'s>(
        &'s self,
        kind: Ecosystem,
        name: &str,
        manifest: &'s Manifest,
    ) -> impl Iterator<Item = &'p Manifest> + use<'s, 'p> {
        let named = self.members.get(&(kind, name.to_owned())).into_iter().flatten();
        let near = named.filter(|(base, member)| member.path != manifest.path && manifest.path.starts_with(base));
        near.map(|(_, member)| *member)
    }

    /// Whether the manifest, or a requirements file that answers for it, installs a folder with a package of that name.
    fn is_placed(&self, manifest: &Manifest, declared: &Declared, locks: &[&LockFile], name: &str) -> bool {
        let kind = Ecosystem::PyPi;
        let lists = locks.iter().filter_map(|lock| self.found.manifests.get(&lock.path));
        lists.chain([manifest]).any(|list| {
            list.placed.iter().any(|placed| {
                let Some(at) = joined(folder(&list.path), &placed.folder) else {
                    return normal(kind, &placed.name) == name;
                };
                let begin = if at.is_empty() { at } else { format!("{at}/") };
                let files = ["pyproject.toml", "setup.cfg", "setup.py"].map(|file| format!("{begin}{file}"));
                let mut there = files.iter().filter_map(|path| self.found.manifests.get(path)).peekable();
                let is_bare = there.peek().is_none();
                let is_it = |one: &Manifest| one.name.as_deref().is_some_and(|own| normal(kind, own) == name);
                there.any(|one| is_it(one) && may_be(kind, declared, one))
                    || is_bare && normal(kind, &placed.name) == name
            })
        })
    }
}

/// Whether a folder's version is one that is asked for, as far as anybody says: tools work out what a manifest does not say.
fn may_be(kind: Ecosystem, declared: &Declared, member: &Manifest) -> bool {
    let version = member.version.as_deref().and_then(|version| Version::parse(kind, version));
    version.is_none_or(|version| range::allows(kind, &declared.range, &version) != Some(false))
}

#[cfg(test)]
mod tests;
