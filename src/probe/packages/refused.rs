//! Locked versions that the manifest does not allow, and packages from elsewhere than it asks for: a lock file of another day.
//! What is installed then is not what was compared with advisories.

use std::collections::BTreeSet;

use super::answered::asked_for;
use super::catalogs::Catalogs;
use super::lock::{Local, Origin, reason};
use super::lock_index::{Index, ecosystem, manifests_of, normal};
use super::manifest::{Forcing, Source, Table, members};
use super::npm_spec::Spec;
use super::stands_in::Folders;
use super::{Declared, Ecosystem, LockFile, LockedPackage, Manager, Manifest, Packages, Version, Wanted, range};
use crate::probe::files::Listing;
use crate::probe::paths::folder;
use crate::probe::yaml;

/// Counts what is asked for in other versions, or from elsewhere, than the lock files hold.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let mut refused: BTreeSet<(String, String)> = BTreeSet::new();
    let in_workspaces = forced_in_workspaces(listing);
    let (index, catalogs, folders) = (Index::of(found), Catalogs::of(listing), Folders::of(found, listing));
    for (path, manifest) in &found.manifests {
        // Gradle takes the highest version that anybody asks for.
        let Some(ecosystem) = ecosystem(path).filter(|ecosystem| *ecosystem != Ecosystem::Maven) else { continue };
        let locks = index.locks(path);
        for answer in index.answers(path) {
            let own = manifest.overrides.iter().chain(&in_workspaces).map(String::as_str);
            let in_roots = answer.locks.iter().flat_map(|lock| index.forced(lock)).copied();
            let forced: BTreeSet<&str> = own.chain(in_roots).collect();
            let is_forced = |declared: &&Declared| forced.iter().any(|entry| forces(entry, &declared.name));
            let asked = asked_for(manifest).filter(|declared| answer.is_for(manifest, declared));
            for declared in asked.filter(|declared| !is_forced(declared)) {
                let range = catalogs.range(path, declared);
                let asked =
                    Asked { found, folders: &folders, manifest, locks: answer.locks, ecosystem, declared, range };
                if asked.is_refused(&index) {
                    refused.insert((answer.at.to_owned(), format!("{} {range} in {path}", asked.called())));
                }
            }
            let own = manifest.declared.iter().filter(|one| one.source == Source::Own);
            for declared in own {
                let asked =
                    Asked { found, folders: &folders, manifest, locks: answer.locks, ecosystem, declared, range: "" };
                if asked.is_of_a_renamed_folder(&index) {
                    refused.insert((answer.at.to_owned(), format!("{} in {path}", declared.name)));
                }
            }
        }
        for (name, forcing) in manifest.forcings.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one))) {
            if locks.iter().any(|lock| is_passed_over(name, forcing, manifest, lock, &index)) {
                refused.insert((path.clone(), format!("{name} {} in {path}", forcing.says)));
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

/// What a manifest asks for, with what it stands among.
struct Asked<'a> {
    found: &'a Packages,
    folders: &'a Folders<'a>,
    manifest: &'a Manifest,
    /// The lock files that answer for it.
    locks: &'a [&'a LockFile],
    ecosystem: Ecosystem,
    declared: &'a Declared,
    /// The versions, a catalog's where it names one.
    range: &'a str,
}

impl Asked<'_> {
    fn called(&self) -> &str {
        self.declared.alias.as_deref().unwrap_or(&self.declared.name)
    }

    /// Whether what lock files hold for it is something else.
    fn is_refused(&self, index: &Index<'_>) -> bool {
        let (called, name) = (normal(self.ecosystem, self.called()), normal(self.ecosystem, &self.declared.name));
        let (mut held, mut others, mut folders, mut asks) = (Vec::new(), false, Vec::new(), BTreeSet::new());
        for lock in self.locks.iter().copied() {
            let wanted = index.roots(lock, &self.manifest.path).iter().flat_map(|root| &root.wanted);
            let is_it = |wanted: &&Wanted| [&called, &name].contains(&&normal(self.ecosystem, &wanted.name));
            let wanted: Vec<&Wanted> = wanted.filter(is_it).collect();
            asks.extend(wanted.iter().map(|wanted| wanted.range.as_str()));
            let all: Vec<&LockedPackage> =
                wanted.iter().filter_map(|wanted| lock.packages.get(wanted.package)).collect();
            let of_name = all.iter().filter(|package| normal(self.ecosystem, &package.name) == name);
            let said: Vec<&LockedPackage> = of_name.copied().collect();
            let linked: Vec<&Local> = index.locals(lock, &called).collect();
            let is_spared = lock.spared.get(&self.manifest.path).is_some_and(|spared| spared.contains(self.called()));
            if lock.manager == Manager::YarnClassic && self.folders.stand_in(self.manifest, self.declared, self.locks) {
                // Yarn 1 links a member, and whatever stands there under the name is for others.
            } else if !said.is_empty() {
                held.extend(said);
            } else if !all.is_empty() {
                others = true;
            } else if is_spared || !linked.is_empty() {
                folders.extend(linked);
            } else {
                held.extend(index.packages(lock, &name));
            }
        }
        match self.declared.source {
            Source::Registry if self.is_another_tag(&asks) => true,
            Source::Registry if held.is_empty() => {
                // Only npm's lock files say which package answers for a name.
                others && self.ecosystem == Ecosystem::Npm
                    || !folders.is_empty() && folders.iter().all(|local| self.refuses_folder(local))
            }
            Source::Registry => held.iter().all(|package| self.refuses(package)),
            // An archive of the registry itself may be asked for by its address.
            Source::Git | Source::Url => {
                let is_other = |package: &&LockedPackage| {
                    package.origin == Origin::Registry
                        && (self.declared.source == Source::Git
                            || self.ecosystem == Ecosystem::Packagist
                            || !self.range.contains(&package.version))
                };
                !held.is_empty() && held.iter().all(is_other)
            }
            Source::Own => false,
        }
    }

    /// Whether it is asked for by a tag, which no version can be held against, and the lock file was written for another text.
    fn is_another_tag(&self, asks: &BTreeSet<&str>) -> bool {
        let is_tag = |range: &str| {
            let any = Version::parse(Ecosystem::Npm, "1.0.0");
            let is_word = !range.trim().is_empty() && !range.contains([':', '/']);
            is_word && any.is_some_and(|any| range::allows(Ecosystem::Npm, range, &any).is_none())
        };
        if self.ecosystem != Ecosystem::Npm || !is_tag(self.range) || asks.iter().all(|asked| asked.is_empty()) {
            return false;
        }
        // One table may ask for a tag and another one for versions.
        !self.same().any(|one| asks.contains(one.range.as_str())) && !asks.contains(self.range)
    }

    /// What the manifest asks for under the same name, in any of its tables.
    fn same(&self) -> impl Iterator<Item = &Declared> {
        let of = |one: &Declared| normal(self.ecosystem, one.alias.as_ref().unwrap_or(&one.name));
        let name = of(self.declared);
        self.manifest.declared.iter().filter(move |other| of(other) == name)
    }

    /// Whether Composer is asked for a branch, which is no release, also where it counts as one (`dev-main as 1.0.0`).
    fn is_for_a_branch(&self) -> bool {
        let mut all = self.range.split('|').map(str::trim).filter(|part| !part.is_empty()).peekable();
        self.ecosystem == Ecosystem::Packagist && all.peek().is_some() && all.all(|part| part.starts_with("dev-"))
    }

    /// Whether the folder that a lock file names for it bears another name by now.
    fn is_of_a_renamed_folder(&self, index: &Index<'_>) -> bool {
        let called = normal(self.ecosystem, self.called());
        // In a Pipfile, and in npm's world, a folder may stand under any name.
        let by_name = [Manager::Uv, Manager::Poetry, Manager::Pdm, Manager::Composer];
        let locks = self.locks.iter().filter(|lock| by_name.contains(&lock.manager));
        let locals = locks.flat_map(|lock| index.locals(lock, &called));
        let mut folders = locals.filter(|local| !self.is_replaced(local)).peekable();
        folders.peek().is_some() && folders.all(|local| self.member(local).is_some_and(|one| self.is_renamed(one)))
    }

    /// Whether a folder of Composer's only says that it replaces the package, whose name it does not bear.
    fn is_replaced(&self, local: &Local) -> bool {
        self.ecosystem == Ecosystem::Packagist && local.version.is_none()
    }

    /// The manifest of a folder that a lock file names.
    fn member(&self, local: &Local) -> Option<&Manifest> {
        let at = local.place.as_ref()?.trim_end_matches('/');
        let path = |file: &&str| if at.is_empty() { (*file).to_owned() } else { format!("{at}/{file}") };
        manifests_of(self.ecosystem).iter().find_map(|file| self.found.manifests.get(&path(file)))
    }

    fn is_renamed(&self, member: &Manifest) -> bool {
        let name = normal(self.ecosystem, &self.declared.name);
        member.name.as_deref().is_some_and(|own| normal(self.ecosystem, own) != name)
    }

    /// Whether none of the ranges under which the manifest asks for it allows this version.
    fn refuses(&self, package: &LockedPackage) -> bool {
        if self.is_for_a_branch() && package.origin == Origin::Registry && !package.version.contains("dev") {
            return true;
        }
        if package.is_allowed_by(self.range) != Some(false) {
            return false;
        }
        self.same().all(|other| other == self.declared || package.is_allowed_by(&other.range) == Some(false))
    }

    /// Whether a folder that a lock file links has another name or version than is asked for: a registry would be asked today.
    /// Of versions that are not finished tools think differently.
    fn refuses_folder(&self, local: &Local) -> bool {
        if self.is_replaced(local) {
            return false;
        }
        let member = self.member(local);
        if member.is_some_and(|member| self.is_renamed(member)) {
            return true;
        }
        let version = member.and_then(|member| member.version.as_deref()).or(local.version.as_deref());
        let is_known = !manifests_of(self.ecosystem).is_empty();
        let Some(version) = version.filter(|version| is_known && !version.contains(['-', '+'])) else { return false };
        match member {
            Some(member) if self.ecosystem == Ecosystem::Npm => !members::takes(self.range, member),
            _ => Version::parse(self.ecosystem, version)
                .is_some_and(|version| range::allows(self.ecosystem, self.range, &version) == Some(false)),
        }
    }
}

/// Whether a lock file beside a manifest holds none of the versions that an entry forces for whoever needs the package.
fn is_passed_over(name: &str, forcing: &Forcing, manifest: &Manifest, lock: &LockFile, index: &Index<'_>) -> bool {
    let ecosystem = lock.manager.ecosystem();
    let is_read = match forcing.table {
        Table::Overrides => matches!(lock.manager, Manager::Npm | Manager::Bun),
        Table::Resolutions => matches!(lock.manager, Manager::YarnClassic | Manager::YarnBerry),
        Table::Pnpm | Table::PnpmWorkspace => lock.manager == Manager::Pnpm,
        Table::Uv => lock.manager == Manager::Uv,
        Table::Pdm => lock.manager == Manager::Pdm,
        Table::Maven | Table::Gradle | Table::Go => false,
    };
    let for_all = forcing.selector(lock.manager).is_some_and(|one| one.outer.is_empty() && one.range.is_empty());
    if !is_read || !for_all || folder(&lock.path) != folder(&manifest.path) || forcing.follows().is_some() {
        return false;
    }
    let spec = if ecosystem == Ecosystem::Npm { Some(Spec::of(name, &forcing.says)) } else { None };
    let source = spec.as_ref().map_or(Source::Registry, |spec| spec.source);
    let says = spec.as_ref().map_or(forcing.says.as_str(), |spec| spec.range.as_str());
    let is_other = |package: &LockedPackage| match source {
        Source::Registry => {
            spec.as_ref().is_some_and(|spec| spec.name != name) || package.is_allowed_by(says) == Some(false)
        }
        Source::Git | Source::Url => package.origin == Origin::Registry && !says.contains(&package.version),
        Source::Own => false,
    };
    let name = normal(ecosystem, name);
    let mut held = index.packages(lock, &name).peekable();
    held.peek().is_some() && held.all(is_other)
}

/// What pnpm's workspaces force (<https://pnpm.io/settings#overrides>).
fn forced_in_workspaces(listing: &Listing) -> Vec<String> {
    let files = listing.files.iter().filter(|file| file.name() == "pnpm-workspace.yaml");
    let documents = files.filter_map(|file| yaml::parse(&file.read().ok()?).ok()).flatten();
    let forced = documents.filter_map(|document| document.get("overrides").cloned());
    forced.flat_map(|node| node.entries().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests;
