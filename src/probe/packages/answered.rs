//! What manifests ask for and the lock files that answer for them do not hold.
//!
//! A lock file that is older than its manifest, was cut, or was merged by hand lets packages arrive that it does not
//! name. That is worked out here, once for all formats.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::{Local, is_requirements, reason};
use super::manifest::{Declared, Manifest, Source};
use super::npm_spec;
use super::stands_in::Folders;
use super::{Ecosystem, LockFile, LockedPackage, Manager, Packages, Root, Scope};
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

/// Lock files that together decide what of a manifest's needs is installed.
pub struct Answer<'i, 'a> {
    /// The lock files.
    pub locks: &'i [&'a LockFile],
    /// The file of which it is told what they lack.
    pub at: &'i str,
    /// Another project takes the folder in, and installs what it needs by a lock file of its own.
    pub is_taken_in: bool,
}

impl Answer<'_, '_> {
    /// Whether it decides about this need: nobody installs the tools of a folder that is taken in.
    pub fn is_for(&self, manifest: &Manifest, declared: &Declared) -> bool {
        let of_group = || manifest.groups.contains_key(&Ecosystem::PyPi.normalize(&declared.name));
        let only_production = self.is_taken_in || self.locks.iter().all(|lock| lock.manager == Manager::Pip);
        !(only_production && declared.scope == Scope::Development || self.is_taken_in && of_group())
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
        let held: BTreeSet<String> = held.collect();
        let mut missing = Vec::new();
        for declared in asked_for(manifest).filter(|declared| self.is_for(manifest, declared)) {
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

/// `name` as it is compared here. Cargo takes `-` and `_` for different, but no two crates differ by them alone.
pub fn normal(ecosystem: Ecosystem, name: &str) -> String {
    if ecosystem == Ecosystem::CratesIo { name.replace('_', "-") } else { ecosystem.normalize(name) }
}

/// The names in a requirements file, also those without a version, which are counted for themselves.
pub fn names_of_requirements<'a>(lock: &'a LockFile, found: &'a Packages) -> impl Iterator<Item = &'a str> {
    let asked = found.manifests.get(&lock.path).into_iter().flat_map(|manifest| &manifest.declared);
    lock.packages.iter().map(|package| &*package.name).chain(asked.map(|declared| &*declared.name))
}

/// The lock files and what they say of each manifest, looked up once for all: some repositories have thousands of them.
pub struct Index<'a> {
    locks: BTreeMap<&'a str, Vec<&'a LockFile>>,
    /// By lock file and manifest.
    roots: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a Root>>>,
    /// By lock file, what the manifests that it answers for force.
    forced: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// By lock file and normalized name, places among its packages.
    packages: BTreeMap<&'a str, BTreeMap<String, Vec<usize>>>,
    /// By lock file and normalized name, what comes from folders.
    locals: BTreeMap<&'a str, BTreeMap<String, Vec<&'a Local>>>,
    /// By manifest, the lock files of other folders that install it with what it needs.
    takers: BTreeMap<&'a str, Vec<&'a LockFile>>,
}

impl<'a> Index<'a> {
    /// Of all that was found.
    pub fn of(found: &'a Packages) -> Self {
        let (mut roots, mut forced) = (BTreeMap::<_, BTreeMap<_, Vec<&Root>>>::new(), BTreeMap::new());
        let (mut packages, mut locals) = (BTreeMap::new(), BTreeMap::new());
        for lock in &found.locks {
            let path = lock.path.as_str();
            let of_lock = roots.entry(path).or_default();
            lock.roots.iter().for_each(|root| of_lock.entry(root.manifest.as_str()).or_default().push(root));
            let manifests = lock.roots.iter().filter_map(|root| found.manifests.get(&root.manifest));
            forced.insert(path, manifests.flat_map(|one| &one.overrides).map(String::as_str).collect());
            let ecosystem = lock.manager.ecosystem();
            let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, package) in lock.packages.iter().enumerate() {
                by_name.entry(normal(ecosystem, &package.name)).or_default().push(at);
            }
            packages.insert(path, by_name);
            let mut of_lock: BTreeMap<String, Vec<&Local>> = BTreeMap::new();
            for local in lock.locals.iter().filter(|local| !local.fork) {
                of_lock.entry(normal(ecosystem, &local.name)).or_default().push(local);
            }
            locals.insert(path, of_lock);
        }
        let (locks, takers) = (by_manifest(found), takers(found));
        Self { locks, roots, forced, packages, locals, takers }
    }

    /// The lock files that answer for a manifest: those beside it or that name it, together, and each by itself that another
    /// project installs it by.
    pub fn answers<'i>(&'i self, manifest: &'i str) -> impl Iterator<Item = Answer<'i, 'a>> {
        let locks = self.locks(manifest);
        let takers = self.takers.get(manifest).map_or(&[][..], Vec::as_slice).chunks(1);
        let takers = takers.filter(move |taker| !matches!((taker, locks), ([one], [all]) if one.path == all.path));
        let taken = takers.flat_map(|locks| {
            let at = locks.first().map(|lock| lock.path.as_str());
            at.map(|at| Answer { locks, at, is_taken_in: true })
        });
        std::iter::once(Answer { locks, at: manifest, is_taken_in: false }).chain(taken)
    }

    /// The lock files that lie beside a manifest or name it.
    pub fn locks(&self, manifest: &str) -> &[&'a LockFile] {
        self.locks.get(manifest).map_or(&[], Vec::as_slice)
    }

    /// What a lock file says for a manifest.
    pub fn roots(&self, lock: &LockFile, manifest: &str) -> &[&'a Root] {
        self.roots.get(&*lock.path).and_then(|of_lock| of_lock.get(manifest)).map_or(&[], Vec::as_slice)
    }

    /// What the manifests that a lock file answers for force.
    pub fn forced(&self, lock: &LockFile) -> &BTreeSet<&'a str> {
        static NOTHING: BTreeSet<&str> = BTreeSet::new();
        self.forced.get(&*lock.path).unwrap_or(&NOTHING)
    }

    /// The packages of a lock file that have a normalized name.
    pub fn packages<'l>(&'l self, lock: &'l LockFile, name: &str) -> impl Iterator<Item = &'l LockedPackage> {
        let places = self.packages.get(&*lock.path).and_then(|by_name| by_name.get(name));
        places.into_iter().flatten().filter_map(|at| lock.packages.get(*at))
    }

    /// What a lock file says of a normalized name that comes from folders.
    pub fn locals(&self, lock: &LockFile, name: &str) -> impl Iterator<Item = &'a Local> {
        self.locals.get(&*lock.path).and_then(|by_name| by_name.get(name)).into_iter().flatten().copied()
    }

    /// The normalized names of the packages of a lock file.
    fn names(&self, lock: &LockFile) -> impl Iterator<Item = &String> {
        self.packages.get(&*lock.path).into_iter().flat_map(BTreeMap::keys)
    }
}

/// By manifest, the lock files of other folders that install it with what it needs, whatever lock file lies beside it: by the
/// folders that they name, and npm's by the manifests.
fn takers(found: &Packages) -> BTreeMap<&str, Vec<&LockFile>> {
    let mut all: BTreeMap<&str, Vec<&LockFile>> = BTreeMap::new();
    for lock in &found.locks {
        let names = match lock.manager {
            Manager::Poetry | Manager::Pdm | Manager::Uv | Manager::Cargo | Manager::Composer => {
                manifests_of(lock.manager.ecosystem())
            }
            _ => &[],
        };
        let places = lock.locals.iter().filter(|local| !local.fork).filter_map(|local| local.place.as_deref());
        let paths = places.flat_map(|place| {
            let place = place.trim_end_matches('/');
            let begin = if place.is_empty() { String::new() } else { format!("{place}/") };
            names.iter().map(move |name| format!("{begin}{name}"))
        });
        // Version 1 says little of folders.
        let roots = lock.roots.iter().filter(|_| lock.manager == Manager::Npm && lock.format != "1");
        let paths: BTreeSet<String> = paths.chain(roots.map(|root| root.manifest.clone())).collect();
        for path in paths.iter().filter(|path| folder(path) != folder(&lock.path)) {
            if let Some((path, _)) = found.manifests.get_key_value(path) {
                all.entry(path).or_default().push(lock);
            }
        }
    }
    all
}

/// The files that say what a folder's package is called, for tools that take in folders; none for others.
pub fn manifests_of(ecosystem: Ecosystem) -> &'static [&'static str] {
    match ecosystem {
        Ecosystem::Npm => &["package.json"],
        Ecosystem::CratesIo => &["Cargo.toml"],
        Ecosystem::PyPi => &["pyproject.toml", "setup.cfg", "setup.py"],
        Ecosystem::Packagist => &["composer.json"],
        _ => &[],
    }
}

/// The lock files that lie beside each manifest or name it. A manifest that answers for itself has none.
fn by_manifest(found: &Packages) -> BTreeMap<&str, Vec<&LockFile>> {
    let mut beside: BTreeMap<&str, Vec<&LockFile>> = BTreeMap::new();
    let mut naming: BTreeMap<&str, Vec<&LockFile>> = BTreeMap::new();
    // A constraints file installs nothing.
    for lock in found.locks.iter().filter(|lock| !lock.is_constraints()) {
        beside.entry(folder(&lock.path)).or_default().push(lock);
        for root in &lock.roots {
            naming.entry(&root.manifest).or_default().push(lock);
        }
    }
    let mut all: BTreeMap<&str, Vec<&LockFile>> = BTreeMap::new();
    for path in found.manifests.keys() {
        let Some(ecosystem) = ecosystem(path) else { continue };
        let (named, near) = (naming.get(path.as_str()), beside.get(folder(path)));
        let mut locks: Vec<&LockFile> = named
            .into_iter()
            .chain(near)
            .flatten()
            .copied()
            .filter(|lock| lock.manager.ecosystem() == ecosystem && lock.manager != Manager::Maven)
            // What stands in a Pipfile only Pipenv installs.
            .filter(|lock| !path.ends_with("Pipfile") || lock.manager == Manager::Pipenv)
            .collect();
        locks.dedup_by(|a, b| a.path == b.path);
        all.insert(path, locks);
    }
    all
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

/// Where the packages of a manifest come from; `None` for those that are their own lock files.
pub fn ecosystem(path: &str) -> Option<Ecosystem> {
    Some(match name_of(path) {
        "package.json" => Ecosystem::Npm,
        "Cargo.toml" => Ecosystem::CratesIo,
        "pyproject.toml" | "Pipfile" | "setup.cfg" | "setup.py" => Ecosystem::PyPi,
        "composer.json" => Ecosystem::Packagist,
        "Gemfile" | "gems.rb" => Ecosystem::RubyGems,
        "build.gradle" | "build.gradle.kts" => Ecosystem::Maven,
        name if name.ends_with(".in") && !is_requirements(path) => Ecosystem::PyPi,
        _ => return None,
    })
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
