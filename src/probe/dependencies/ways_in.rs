//! How a package comes in: the shortest ways from what the manifests ask for to the package itself.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::model::PackageStep;
use crate::probe::packages::{LockFile, LockedPackage, Manifest, Scope, Wanted};

/// So many ways are told.
const MOST_WAYS: usize = 3;
/// So many steps of one way are told; those in its middle are left out.
const MOST_STEPS: usize = 50;
/// So many edges are followed for one lock file, some tenths of a second's work. A graph of 5,000 packages has about 15,000.
const MOST_EDGES: u64 = 20_000_000;

/// Who needs whom in one lock file, backwards.
pub struct Graph<'a> {
    lock: &'a LockFile,
    needed_by: Vec<Vec<usize>>,
    /// Who asks for a package: places of a root and of what it wants.
    asked: BTreeMap<usize, Vec<(usize, usize)>>,
    /// For each package the number of the last search that reached it, and the next package on the way to its target.
    seen: RefCell<Vec<(u32, usize)>>,
    searches: Cell<u32>,
    edges_left: Cell<u64>,
}

/// A direct dependency, as a manifest asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The manifest's path.
    pub manifest: &'a str,
    /// What it asks for.
    pub wanted: &'a Wanted,
    /// What arrives.
    pub package: &'a LockedPackage,
}

/// A package that needs another one.
#[derive(Debug, Clone, Copy)]
pub struct Needing<'a> {
    /// Its place in the lock file.
    pub place: usize,
    /// It.
    pub package: &'a LockedPackage,
    /// The versions that it takes, as written; empty where that is not known.
    pub range: &'a str,
    /// A manifest asks for it.
    pub direct: bool,
}

/// The ways by which one package comes in.
#[derive(Debug, Default)]
pub struct WaysIn<'a> {
    /// The manifests that ask for it themselves.
    pub itself: Vec<Asked<'a>>,
    /// The direct dependencies that bring it in, itself left out: production's and the nearest first.
    pub parents: Vec<Asked<'a>>,
    /// The packages that need it without a step between.
    pub needed_by: Vec<Needing<'a>>,
    /// Up to three ways, one for each direct dependency, from it to the package itself.
    pub ways: Vec<Vec<PackageStep>>,
    /// How many further direct dependencies bring it in.
    pub more: u64,
    /// There is too much in this lock file to follow every way.
    pub cut_short: bool,
}

impl<'a> Graph<'a> {
    /// How many packages of `lock` a manifest asks for itself.
    #[must_use]
    pub fn direct(lock: &LockFile) -> u64 {
        let wanted = lock.roots.iter().flat_map(|root| &root.wanted);
        wanted.map(|wanted| wanted.package).collect::<BTreeSet<_>>().len() as u64
    }

    /// Turns the edges of `lock` around.
    #[must_use]
    pub fn of(lock: &'a LockFile) -> Self {
        let mut needed_by = vec![Vec::new(); lock.packages.len()];
        for (from, package) in lock.packages.iter().enumerate() {
            for &to in &package.needs {
                if let Some(list) = needed_by.get_mut(to) {
                    list.push(from);
                }
            }
        }
        let mut asked: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (root, wanted, at) in (lock.roots.iter().enumerate())
            .flat_map(|(root, one)| one.wanted.iter().enumerate().map(move |(at, wanted)| (root, wanted, at)))
        {
            asked.entry(wanted.package).or_default().push((root, at));
        }
        let seen = RefCell::new(vec![(0, 0); lock.packages.len()]);
        Self { lock, needed_by, asked, seen, searches: Cell::new(0), edges_left: Cell::new(MOST_EDGES) }
    }

    /// The lock file.
    #[must_use]
    pub const fn lock(&self) -> &'a LockFile {
        self.lock
    }

    /// The places of the packages that need the one at `place` without a step between; `None` once too many were followed.
    #[must_use]
    pub fn above(&self, place: usize) -> Option<&[usize]> {
        let above = self.needed_by.get(place).map_or(&[][..], Vec::as_slice);
        self.edges_left.set(self.edges_left.get().checked_sub(above.len() as u64 + 1)?);
        Some(above)
    }

    /// What the package at `from` takes of the one at `target`, as written; empty where that is not known.
    #[must_use]
    pub fn range(&self, from: usize, target: usize) -> &'a str {
        let package = self.lock.packages.get(from);
        let at = package.and_then(|package| package.needs.iter().position(|to| *to == target));
        package.zip(at).and_then(|(package, at)| package.ranges.get(at)).map_or("", String::as_str)
    }

    /// The ways to the package at `target`.
    #[must_use]
    pub fn ways_in(&self, target: usize, manifests: &BTreeMap<String, Manifest>) -> WaysIn<'a> {
        let mut found = WaysIn { itself: self.asked_for(target), ..WaysIn::default() };
        found.needed_by = (self.needed_by.get(target).into_iter().flatten())
            .filter(|from| **from != target)
            .filter_map(|&from| self.needing(from, target))
            .collect();
        let Some(mut reached) = self.search(target) else {
            found.cut_short = true;
            return found;
        };
        // Production's first, then the nearest; the search gave them by distance already.
        reached.sort_by_key(|(place, distance)| (self.scope(*place), *distance, *place));
        for (nth, (place, _)) in reached.iter().enumerate() {
            let asked = self.asked_for(*place);
            if nth < MOST_WAYS {
                found.ways.push(self.way(*place, target, asked.first().copied(), manifests));
            } else {
                found.more += 1;
            }
            if *place != target {
                found.parents.extend(asked);
            }
        }
        found
    }

    /// The manifests that ask for the package at `place` themselves, production's first.
    #[must_use]
    pub fn asked_for(&self, place: usize) -> Vec<Asked<'a>> {
        let mut asked: Vec<Asked<'a>> = (self.asked.get(&place).into_iter().flatten())
            .filter_map(|&(root, at)| {
                let root = self.lock.roots.get(root)?;
                let (wanted, package) = (root.wanted.get(at)?, self.lock.packages.get(place)?);
                Some(Asked { manifest: &root.manifest, wanted, package })
            })
            .collect();
        asked.sort_by_key(|one| one.wanted.scope);
        asked
    }

    fn scope(&self, place: usize) -> Scope {
        let asked = self.asked.get(&place).into_iter().flatten();
        let scopes = asked.filter_map(|&(root, at)| Some(self.lock.roots.get(root)?.wanted.get(at)?.scope));
        scopes.min().unwrap_or(Scope::Production)
    }

    fn needing(&self, from: usize, target: usize) -> Option<Needing<'a>> {
        let package = self.lock.packages.get(from)?;
        Some(Needing { place: from, package, range: self.range(from, target), direct: self.asked.contains_key(&from) })
    }

    /// The direct dependencies from which `target` is reached, with their distances: one search, breadth first, so each
    /// package is met once and by a shortest way. `None` once too many edges were followed.
    fn search(&self, target: usize) -> Option<Vec<(usize, usize)>> {
        let search = self.searches.get() + 1;
        self.searches.set(search);
        let mut seen = self.seen.borrow_mut();
        let mut found = Vec::new();
        let mut level = vec![target];
        *seen.get_mut(target)? = (search, target);
        let mut distance = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for &place in &level {
                if self.asked.contains_key(&place) {
                    found.push((place, distance));
                }
                let above = self.needed_by.get(place)?;
                self.edges_left.set(self.edges_left.get().checked_sub(above.len() as u64)?);
                for &from in above {
                    let Some(mark) = seen.get_mut(from).filter(|mark| mark.0 != search) else { continue };
                    *mark = (search, place);
                    next.push(from);
                }
            }
            level = next;
            distance += 1;
        }
        Some(found)
    }

    fn way(
        &self,
        from: usize,
        target: usize,
        asked: Option<Asked<'_>>,
        manifests: &BTreeMap<String, Manifest>,
    ) -> Vec<PackageStep> {
        let seen = self.seen.borrow();
        let mut places = vec![from];
        let mut at = from;
        while at != target
            && let Some(&(_, next)) = seen.get(at)
        {
            places.push(next);
            at = next;
        }
        let (ahead, behind) = (MOST_STEPS / 2, places.len().saturating_sub(MOST_STEPS / 2));
        let kept = places.iter().enumerate().filter(|(nth, _)| *nth < ahead || *nth >= behind);
        let mut steps: Vec<PackageStep> = kept
            .filter_map(|(_, place)| self.lock.packages.get(*place))
            .map(|package| PackageStep {
                name: package.name.clone(),
                version: package.version.clone(),
                ..PackageStep::default()
            })
            .collect();
        if let (Some(first), Some(asked)) = (steps.first_mut(), asked) {
            let line = line_of(asked, manifests);
            first.asked_in = Some((asked.manifest.to_owned(), line));
            first.range.clone_from(&asked.wanted.range);
        }
        steps
    }
}

/// The line on which a manifest asks for a package.
#[must_use]
pub fn line_of(asked: Asked<'_>, manifests: &BTreeMap<String, Manifest>) -> Option<u32> {
    let ecosystem = asked.package.ecosystem;
    let is_it =
        |name: &str| ecosystem.normalize(name) == ecosystem.normalize(&asked.wanted.name) || name == asked.package.name;
    let declared = &manifests.get(asked.manifest)?.declared;
    let named = |one: &&crate::probe::packages::Declared| is_it(one.alias.as_deref().unwrap_or(&one.name));
    // What stands under two headings is meant under the heading of the same kind.
    let same = declared.iter().filter(named).find(|one| one.scope == asked.wanted.scope);
    same.or_else(|| declared.iter().find(named)).map(|one| one.line)
}
