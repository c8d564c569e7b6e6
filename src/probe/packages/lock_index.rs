//! Which lock files answer for which manifest, and what they say, looked up once for all.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::{Local, is_requirements};
use super::{Declared, Ecosystem, LockFile, LockedPackage, Manager, Manifest, Packages, Root, Scope};
use crate::probe::paths::folder;

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
    pub fn names(&self, lock: &LockFile) -> impl Iterator<Item = &String> {
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
}

/// `name` as it is compared here. Cargo takes `-` and `_` for different, but no two crates differ by them alone.
pub fn normal(ecosystem: Ecosystem, name: &str) -> String {
    if ecosystem == Ecosystem::CratesIo { name.replace('_', "-") } else { ecosystem.normalize(name) }
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

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
