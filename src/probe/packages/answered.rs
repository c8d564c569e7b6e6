//! What manifests ask for and the lock files that answer for them do not hold.
//!
//! A lock file that is older than its manifest, was cut, or was merged by hand lets packages arrive that it does not
//! name. That is worked out here, once for all formats.

use std::collections::BTreeSet;

use super::lock::reason;
use super::lock_index::{Answer, Index, ecosystem, name_of, normal};
use super::manifest::{Declared, Manifest, Source, members};
use super::npm_spec;
use super::stands_in::Folders;
use super::{Ecosystem, LockFile, Manager, Packages};
use crate::probe::files::Listing;
use crate::probe::paths::folder;
use crate::probe::repository::is_aside;

/// Packages of Composer that hold no code and only forbid or group others: lock files leave nothing of them to compare.
const WITHOUT_CODE: [&str; 2] = ["roave/security-advisories", "symfony/lts"];

/// Counts what is asked for and missing, and what no lock file makes up for in manifests that could not be read in full.
/// `unlocked` are the manifests without any lock file, which are counted already.
pub fn add_gaps(found: &mut Packages, listing: &Listing, unlocked: &BTreeSet<String>) {
    let mut missing: Vec<(String, String)> = Vec::new();
    let mut unread: Vec<String> = Vec::new();
    let folders = Folders::of(found, listing);
    let index = Index::of(found);
    for (path, manifest) in &found.manifests {
        let Some(ecosystem) = ecosystem(path).filter(|_| !unlocked.contains(path)) else { continue };
        for answer in index.answers(path).filter(|answer| answer.is_taken_in) {
            let names = answer.lacks(manifest, ecosystem, found, &index, &folders);
            missing.extend(names.into_iter().map(|name| (answer.at.to_owned(), name)));
        }
        let locks = index.locks(path);
        let is_firm = |lock: &&LockFile| lock.manager != Manager::Pip || !index.roots(lock, path).is_empty();
        if !locks.iter().any(is_firm) {
            if !manifest.gaps.is_empty() {
                unread.push(path.clone());
            }
            continue;
        }
        let names = Answer { locks, at: path, is_taken_in: false }.lacks(manifest, ecosystem, found, &index, &folders);
        missing.extend(names.into_iter().map(|name| (path.clone(), name)));
        let held = || locks.iter().flat_map(|lock| index.names(lock));
        let lost = manifest.patterns.iter().filter(|pattern| !held().any(|name| is_like(name, pattern)));
        missing.extend(lost.map(|pattern| (path.clone(), pattern.clone())));
        if manifest.lenient && !manifest.gaps.is_empty() {
            unread.push(path.clone());
        }
    }
    // A lock file that knows of a need of its own has counted it.
    let told = |gaps: &crate::probe::files::Gaps| -> BTreeSet<String> {
        let gaps = gaps.clone().into_vec().into_iter().filter(|gap| gap.reason == reason::MISSING);
        gaps.flat_map(|gap| gap.examples).collect()
    };
    let (mut known, mut known_aside) = (told(&found.gaps), told(&found.gaps_aside));
    for (path, name) in missing {
        let aside = is_aside(&path);
        let known = if aside { &mut known_aside } else { &mut known };
        if known.insert(name.clone()) {
            found.gaps_of(&path).add(reason::MISSING, &name);
        }
    }
    for path in unread {
        let gaps = found.manifests.get(&path).map(|manifest| manifest.gaps.clone()).unwrap_or_default();
        found.gaps_of(&path).merge(gaps);
    }
}

impl Answer<'_, '_> {
    /// What a manifest asks for that the app works without, where lock files hold that all the same: Cargo locks what any feature
    /// of its workspace asks for, uv and Poetry what any extra of the project does.
    fn optional<'m>(&self, manifest: &'m Manifest, found: &Packages) -> impl Iterator<Item = &'m Declared> + use<'m> {
        let mut optional = manifest.declared.iter().filter(|one| one.optional).peekable();
        let is_member = |lock: &&LockFile| {
            let at = folder(&lock.path);
            let of_uv = || {
                let root = found.manifests.get(&format!("{at}pyproject.toml"));
                let folders = root.map(|root| members::folders(at, &root.members, "pyproject.toml", &found.manifests));
                let own = folder(&manifest.path).strip_prefix(at).unwrap_or_default().trim_end_matches('/');
                folders.is_some_and(|folders| folders.iter().any(|folder| folder == own))
            };
            let is_beside = at == folder(&manifest.path);
            match lock.manager {
                Manager::Cargo => is_beside || manifest.workspace.as_deref().is_some_and(|root| folder(root) == at),
                Manager::Uv => is_beside || of_uv(),
                Manager::Poetry => is_beside,
                _ => false,
            }
        };
        let is_locked = !self.is_taken_in && optional.peek().is_some() && self.locks.iter().any(is_member);
        optional.filter(move |one| is_locked && one.source != Source::Own && !manifest.conditional.contains(&one.name))
    }

    /// What a manifest asks for and they do not hold.
    fn lacks(
        &self,
        manifest: &Manifest,
        ecosystem: Ecosystem,
        found: &Packages,
        index: &Index<'_>,
        folders: &Folders<'_>,
    ) -> Vec<String> {
        let locks = self.locks;
        let is_forced = |name: &str| {
            let mut in_roots = locks.iter().map(|lock| index.forced(lock));
            manifest.overrides.iter().any(|one| one == name) || in_roots.any(|forced| forced.contains(name))
        };
        let held = locks.iter().flat_map(|lock| held(lock, &manifest.path, ecosystem, found, index));
        let mut held: BTreeSet<String> = held.collect();
        // Of a folder that is taken in some say no more than that.
        let silent = locks.iter().filter(|lock| self.is_taken_in && index.roots(lock, &manifest.path).is_empty());
        held.extend(silent.flat_map(|lock| index.names(lock)).cloned());
        let mut missing = Vec::new();
        let asked = asked_for(manifest).filter(|declared| self.is_for(manifest, declared));
        for declared in asked.chain(self.optional(manifest, found)) {
            let called = declared.alias.as_ref().unwrap_or(&declared.name);
            let is_held = held.contains(&normal(ecosystem, called))
                // Cargo's lock files know no other names.
                || (ecosystem == Ecosystem::CratesIo && held.contains(&normal(ecosystem, &declared.name)));
            let is_own = || declared.source == Source::Registry && folders.stand_in(manifest, declared, locks);
            let is_forced = is_forced(called) || is_forced(&declared.name);
            // Of what comes from elsewhere lock files may say another name.
            let is_there =
                || locks.iter().any(|lock| index.packages(lock, &normal(ecosystem, called)).next().is_some());
            let is_held = is_held || declared.source != Source::Registry && is_there();
            if !(is_held || is_forced || is_own()) {
                missing.push(called.clone());
            }
        }
        missing
    }
}

/// Whether a name may be what a pattern of a build file comes to, in which only a program can work out what begins with `$`:
/// `com.google.guava:$it`, `${group}:core`.
fn is_like(name: &str, pattern: &str) -> bool {
    let (first, rest) = pattern.split_once('$').unwrap_or((pattern, ""));
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut pieces = rest.split('$').map(|piece| match piece.strip_prefix('{') {
        Some(braced) => braced.split_once('}').map_or("", |(_, after)| after),
        None => piece.trim_start_matches(|c: char| c.is_alphanumeric() || "._".contains(c)),
    });
    let last = pieces.next_back().unwrap_or("");
    for piece in pieces {
        let Some((_, after)) = left.split_once(piece) else { return false };
        left = after;
    }
    left.ends_with(last)
}

/// What a manifest asks a registry for wherever it is installed.
pub fn needed(manifest: &Manifest) -> impl Iterator<Item = &Declared> {
    asked_for(manifest).filter(|declared| declared.source == Source::Registry)
}

/// The same with what it asks repositories and addresses for.
pub fn asked_for(manifest: &Manifest) -> impl Iterator<Item = &Declared> {
    manifest.declared.iter().filter(|declared| {
        let is_own = declared.source == Source::Own && !npm_spec::is_archive_name(&declared.range);
        !is_own
            && !declared.optional
            && !manifest.conditional.contains(&declared.name)
            && !WITHOUT_CODE.contains(&declared.name.as_str())
    })
}

/// The names in a requirements file, also those without a version, which are counted for themselves.
pub fn names_of_requirements<'a>(lock: &'a LockFile, found: &'a Packages) -> impl Iterator<Item = &'a str> {
    let asked = found.manifests.get(&lock.path).into_iter().flat_map(|manifest| &manifest.declared);
    lock.packages.iter().map(|package| &*package.name).chain(asked.map(|declared| &*declared.name))
}

/// The names that a lock file holds for a manifest, normalized.
fn held(lock: &LockFile, path: &str, ecosystem: Ecosystem, found: &Packages, index: &Index<'_>) -> BTreeSet<String> {
    // setuptools' files lie beside the `pyproject.toml` that lock files name.
    let is_of_setuptools = matches!(name_of(path), "setup.cfg" | "setup.py");
    let beside = is_of_setuptools.then(|| format!("{}pyproject.toml", folder(path)));
    let beside = beside.iter().flat_map(|beside| index.roots(lock, beside));
    let mut roots = index.roots(lock, path).iter().chain(beside).peekable();
    // Cargo and uv write an entry for the project's own package: where it is not there, nothing answers for it.
    let names_own = matches!(lock.manager, Manager::Cargo | Manager::Uv);
    let says_all = lock.manager != Manager::Pip && (roots.peek().is_some() || names_own);
    let mut names: BTreeSet<String> =
        roots.flat_map(|root| &root.wanted).map(|wanted| normal(ecosystem, &wanted.name)).collect();
    names.extend(lock.spared.get(path).into_iter().flatten().map(|name| normal(ecosystem, name)));
    if !says_all {
        names.extend(index.names(lock).cloned());
        if lock.manager == Manager::Pip {
            names.extend(names_of_requirements(lock, found).map(|name| normal(ecosystem, name)));
        }
    }
    names
}
