//! Which entries of the project force the version of a package, and for whom.
//!
//! An entry counts for one that needs the package if what it chooses is asked for, and if the version that arrived is one
//! that it brings: where it is not, the entry chooses something else, or the lock file is older than it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::probe::dependencies::ways_in::Graph;
use crate::probe::packages::manifest::{Forcing, Outer, Pin, Source, Table};
use crate::probe::packages::npm_spec::Spec;
use crate::probe::packages::{Ecosystem, LockedPackage, Manager, Manifest, Version, range};

/// The entries that force versions in one lock file.
pub struct Overrides<'a> {
    graph: &'a Graph<'a>,
    /// The manifest beside the lock file.
    manifest: Option<&'a Manifest>,
    /// Its entries of the tables that the package manager reads, or those of the lock file itself.
    entries: BTreeMap<String, Vec<&'a Forcing>>,
    /// The lock file repeats them, so that it is not behind them.
    repeated: bool,
    /// Where they stand, or would stand.
    pub place: Place,
}

/// A file, and what they stand under there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file; empty where versions cannot be forced.
    pub file: String,
    /// The key.
    pub key: &'static str,
}

/// Who asks for a package: the place of another one, or the project itself.
type From = Option<usize>;

/// What brings a package in, held against the entries.
#[derive(Default)]
pub struct Held<'a> {
    /// The direct dependencies that reach it past no package whose version is forced.
    pub free: BTreeSet<usize>,
    /// The packages between whose versions are forced, with the entry.
    pub packages: BTreeMap<usize, &'a Forcing>,
}

impl<'a> Overrides<'a> {
    /// Those of the lock file of `graph`.
    #[must_use]
    pub fn of(graph: &'a Graph<'a>, manifests: &'a BTreeMap<String, Manifest>) -> Self {
        let lock = graph.lock();
        let folder = lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        let mut place = match lock.manager {
            _ if lock.is_by_name() => Place::default(),
            Manager::Npm | Manager::Bun => Place { file: beside("package.json"), key: "overrides" },
            Manager::YarnClassic | Manager::YarnBerry => Place { file: beside("package.json"), key: "resolutions" },
            Manager::Pnpm => Place { file: beside("package.json"), key: "pnpm.overrides" },
            Manager::Uv => Place { file: beside("pyproject.toml"), key: "tool.uv.override-dependencies" },
            Manager::Pdm => Place { file: beside("pyproject.toml"), key: "tool.pdm.resolution.overrides" },
            Manager::Gradle => gradle(folder, manifests),
            Manager::Maven => Place { file: lock.path.clone(), key: "dependencyManagement" },
            _ => Place::default(),
        };
        let manifest = manifests.get(&place.file);
        let mut entries: BTreeMap<String, Vec<&Forcing>> = BTreeMap::new();
        let written = manifest.map(|one| &one.forcings);
        let has = |table: Table| written.is_some_and(|all| all.values().flatten().any(|one| one.table == table));
        // pnpm 10 reads one of them, that of package.json before the other; 9 only that, and since 11 only the other
        // (<https://pnpm.io/settings#overrides>).
        let major = manifest.and_then(Manifest::pnpm_major);
        let repeats = |one: &Forcing| {
            let same = |all: &Vec<Forcing>| all.iter().any(|forced| forced.keys == one.keys);
            lock.forced.values().any(same)
        };
        let of_json = |one: &&Forcing| one.table == Table::Pnpm && (lock.forced.is_empty() || repeats(one));
        let in_json = match major {
            Some(major) => major < 11 && has(Table::Pnpm),
            None => written.is_some_and(|all| all.values().flatten().any(|one| of_json(&one))),
        };
        let reads = |table: Table| match lock.manager {
            Manager::Npm => table == Table::Overrides,
            // It takes the other table where the first is not there.
            Manager::Bun => table == Table::Overrides || table == Table::Resolutions && !has(Table::Overrides),
            Manager::YarnClassic | Manager::YarnBerry => table == Table::Resolutions,
            Manager::Pnpm => match table {
                Table::Pnpm => in_json,
                Table::PnpmWorkspace => !in_json && major.is_none_or(|major| major > 9),
                table => table == Table::Resolutions,
            },
            Manager::Uv => table == Table::Uv,
            Manager::Pdm => table == Table::Pdm,
            Manager::Gradle => table == Table::Gradle,
            _ => table == Table::Maven,
        };
        // pnpm repeats in its lock file what is forced.
        let repeated = !lock.forced.is_empty();
        let in_file = |reads: &dyn Fn(Table) -> bool| {
            written.is_some_and(|all| all.values().flatten().any(|one| reads(one.table)))
        };
        match lock.manager {
            Manager::Bun if !has(Table::Overrides) && has(Table::Resolutions) => place.key = "resolutions",
            Manager::Pnpm if in_json => {}
            Manager::Pnpm if !has(Table::PnpmWorkspace) && has(Table::Resolutions) => place.key = "resolutions",
            // Since version 10 they stand elsewhere.
            Manager::Pnpm if in_file(&reads) || repeated => {
                place = Place { file: beside("pnpm-workspace.yaml"), key: "overrides" };
            }
            _ => {}
        }
        let all = if repeated { Some(&lock.forced) } else { written };
        for (name, forcings) in all.into_iter().flatten() {
            let mut list: Vec<&Forcing> = forcings.iter().filter(|one| repeated || reads(one.table)).collect();
            // The manifest still says what an entry follows, the lock file what that came to.
            for one in list.iter_mut().filter(|_| repeated) {
                let mut here = written.and_then(|all| all.get(name)).into_iter().flatten();
                let is_it =
                    |here: &&Forcing| here.keys == one.keys && reads(here.table) && !here.says.starts_with("catalog:");
                *one = here.find(is_it).unwrap_or(*one);
            }
            // What says more of who is meant wins.
            list.sort_by_key(|one| std::cmp::Reverse(one.selector(lock.manager).map_or(0, |one| one.outer.len())));
            if !list.is_empty() && !place.file.is_empty() {
                entries.insert(lock.manager.ecosystem().normalize(name), list);
            }
        }
        Self { graph, manifest, entries, repeated, place }
    }

    /// Nothing is forced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The manifest whose versions an entry may follow; empty where there is none.
    #[must_use]
    pub fn followed_file(&self) -> &'a str {
        self.manifest.map_or("", |one| one.path.as_str())
    }

    /// The version of a package that the manifest prefers beside a strict one, with its line.
    #[must_use]
    pub fn preferred(&self, name: &str) -> Option<&'a (String, u32)> {
        self.manifest?.preferred.get(name)
    }

    /// The entries that force versions of a package, for whomever.
    #[must_use]
    pub fn of_package(&self, package: &LockedPackage) -> &[&'a Forcing] {
        self.entries.get(&package.ecosystem.normalize(&package.name)).map_or(&[], Vec::as_slice)
    }

    /// Whether a table stands in the manifest, perhaps without entries: `pnpm`.
    #[must_use]
    pub fn has_table(&self, path: &str) -> bool {
        self.manifest.is_some_and(|one| one.tables.contains(path))
    }

    /// Whether a table stands in the manifest without entries.
    #[must_use]
    pub fn is_empty_table(&self, path: &str) -> bool {
        self.manifest.is_some_and(|one| one.empty_tables.contains(path))
    }

    /// The entries that are known, by the package.
    #[must_use]
    pub fn all(&self) -> Vec<&'a Forcing> {
        self.entries.values().flatten().copied().collect()
    }

    /// All entries of one table of the manifest, as they stand there; `None` where they are not all known.
    #[must_use]
    pub fn written(&self) -> Option<Vec<&'a Forcing>> {
        let whole = self.manifest.is_some_and(|one| !one.forcings_in_part && one.path == self.place.file);
        let mut all: Vec<&Forcing> = self.entries.values().flatten().copied().collect();
        all.sort_by_key(|one| one.line);
        (whole && !self.repeated).then_some(all).or_else(|| {
            // The manifest has them as the user wrote them, the lock file as they were understood.
            let manifest = self.manifest.filter(|_| whole)?;
            let table = if self.place.key == "resolutions" { Table::Resolutions } else { Table::Pnpm };
            let mut all: Vec<&Forcing> =
                manifest.forcings.values().flatten().filter(|one| one.table == table).collect();
            all.sort_by_key(|one| one.line);
            Some(all)
        })
    }

    fn package(&self, place: usize) -> Option<&'a LockedPackage> {
        self.graph.lock().packages.get(place)
    }

    /// The entry that decides which version of the package at `target` the one at `from` gets.
    #[must_use]
    pub fn ruling(&self, from: From, asked: &str, target: usize) -> Option<&'a Forcing> {
        let package = self.package(target)?;
        let brings = |one: &&&Forcing| self.allows(one, package, &package.version) != Some(false);
        self.choosing(from, asked, target).iter().find(brings).copied()
    }

    /// The entry that brings `version` as soon as the project is installed again: the lock file is older than it.
    #[must_use]
    pub fn awaited(&self, from: From, asked: &str, target: usize, version: &str) -> Option<&'a Forcing> {
        let package = self.package(target).filter(|_| !self.repeated)?;
        let first = self.choosing(from, asked, target).into_iter().next()?;
        let is_new = self.allows(first, package, &package.version) == Some(false);
        // Yarn keeps who asks for what as it was: what the entry brings may be there, and this version for others.
        let of_yarn = matches!(self.graph.lock().manager, Manager::YarnClassic | Manager::YarnBerry);
        let is_there =
            |one: &LockedPackage| one.name == package.name && self.allows(first, package, &one.version) == Some(true);
        if of_yarn && self.graph.lock().packages.iter().any(is_there) {
            return None;
        }
        (is_new && self.allows(first, package, version) == Some(true)).then_some(first)
    }

    /// The entries that choose a package as `from` asks for it.
    fn choosing(&self, from: From, asked: &str, target: usize) -> Vec<&'a Forcing> {
        let Some(package) = self.package(target) else { return Vec::new() };
        let name = package.ecosystem.normalize(&package.name);
        let Some(entries) = self.entries.get(&name) else { return Vec::new() };
        let manager = self.graph.lock().manager;
        let is_meant = |one: &&Forcing| {
            let Some(selector) = one.selector(manager) else { return false };
            // pnpm takes what is forced to `-` out.
            one.says != "-" && is_asked(manager, selector.range, asked) && self.stands_below(&selector.outer, from)
        };
        entries.iter().copied().filter(|one| is_meant(one)).collect()
    }

    /// The versions that an entry brings of a package; `None` where it brings something else in its place.
    fn brings(&self, forcing: &'a Forcing, package: &LockedPackage) -> Option<Cow<'a, str>> {
        if package.ecosystem != Ecosystem::Npm {
            return Some(Cow::Borrowed(&*forcing.says));
        }
        if let Some(followed) = forcing.follows() {
            let declared = &self.manifest?.declared;
            let one = declared.iter().find(|one| one.alias.as_deref().unwrap_or(&one.name) == followed);
            return Some(one.map_or(Cow::Borrowed(""), |one| Cow::Borrowed(one.range.as_str())));
        }
        let spec = Spec::of(&package.name, &forcing.says);
        (spec.source == Source::Registry && spec.name == package.name).then_some(Cow::Owned(spec.range))
    }

    /// Whether an entry lets a version of a package in; `None` where that cannot be told.
    #[must_use]
    pub fn allows(&self, forcing: &'a Forcing, package: &LockedPackage, version: &str) -> Option<bool> {
        let Some(says) = self.brings(forcing, package) else { return Some(false) };
        // One version of Gradle is that one, a range is not compared.
        if self.graph.lock().manager == Manager::Gradle && !says.contains(['[', '(', ',', '+']) {
            return Some(says == version);
        }
        // What is managed by Maven is a version, that what asks for it itself may stand above.
        let unknown = package.ecosystem == Ecosystem::Maven || says.trim().is_empty();
        let version = Version::parse(package.ecosystem, version).filter(|_| !unknown)?;
        range::allows(package.ecosystem, &says, &version)
    }

    /// Whether an entry lets in one version only, so that renewing changes nothing.
    #[must_use]
    pub fn is_exact(&self, forcing: &'a Forcing, package: &LockedPackage) -> bool {
        let says = self.brings(forcing, package).unwrap_or_default();
        package.ecosystem != Ecosystem::Npm || Spec::of(&package.name, &says).pin == Pin::Exact
    }

    /// Whether `outer` stands above what `from` asks for.
    fn stands_below(&self, outer: &[Outer<'_>], from: From) -> bool {
        let Some(first) = outer.first() else { return true };
        let Some(from) = from else {
            let project = self.manifest.and_then(|one| one.name.as_deref());
            return outer.len() == 1 && first.near && !first.top && project == Some(first.name);
        };
        let mut at = BTreeSet::from([from]);
        for (nth, one) in outer.iter().enumerate().rev() {
            if !one.near {
                let Some(above) = self.at_or_above(&at) else { return false };
                at = above;
            }
            at.retain(|place| self.package(*place).is_some_and(|package| is_it(one, package)));
            if nth > 0 {
                let Some(above) = self.above(&at) else { return false };
                at = above;
            }
            if at.is_empty() {
                return false;
            }
        }
        !first.top || at.iter().any(|place| !self.graph.asked_for(*place).is_empty())
    }

    fn above(&self, places: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        let mut found = BTreeSet::new();
        for place in places {
            found.extend(self.graph.above(*place)?);
        }
        Some(found)
    }

    fn at_or_above(&self, places: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        let mut found = places.clone();
        let mut waiting: Vec<usize> = places.iter().copied().collect();
        while let Some(place) = waiting.pop() {
            waiting.extend(self.graph.above(place)?.iter().filter(|above| found.insert(**above)));
        }
        Some(found)
    }

    /// What brings the package at `target` in, held against the entries.
    #[must_use]
    pub fn held(&self, target: usize) -> Held<'a> {
        let mut held = Held::default();
        let mut seen = BTreeSet::from([target]);
        let mut waiting = vec![target];
        while let Some(place) = waiting.pop() {
            let Some(above) = self.graph.above(place) else { return held };
            let name = self.package(place).map(|package| &*package.name);
            let mut is_free = |from: From, asked: &str| {
                let entry = self.ruling(from, asked, place).filter(|_| place != target);
                let Some(entry) = entry.filter(|one| one.follows().is_none_or(|other| Some(other) != name)) else {
                    return true;
                };
                held.packages.insert(place, entry);
                false
            };
            let free = above.iter().copied().filter(|from| is_free(Some(*from), self.graph.range(*from, place)));
            let free: Vec<usize> = free.collect();
            let asked = self.graph.asked_for(place);
            if asked.iter().filter(|one| is_free(None, &one.wanted.range)).count() > 0 && place != target {
                held.free.insert(place);
            }
            waiting.extend(free.into_iter().filter(|from| seen.insert(*from)));
        }
        held
    }
}

/// The build file of the folder, or the nearest one above, that forces versions.
fn gradle(folder: &str, manifests: &BTreeMap<String, Manifest>) -> Place {
    let above = std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    });
    let beside =
        |folder: &str, name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let forces = |file: &String| {
        let written = manifests.get(file).map(|one| &one.forcings);
        written.is_some_and(|all| all.values().flatten().any(|one| one.table == Table::Gradle))
    };
    let mut files = above.flat_map(|folder| ["build.gradle", "build.gradle.kts"].map(|name| beside(folder, name)));
    files.find(forces).map_or_else(Place::default, |file| Place { file, key: "force or strictly" })
}

/// Whether what is asked for meets what a key chooses. Where it is not known what is asked for, it may.
fn is_asked(manager: Manager, chosen: &str, asked: &str) -> bool {
    let (chosen, asked) = (chosen.trim(), asked.trim());
    if chosen.is_empty() || asked.is_empty() || chosen == asked {
        return true;
    }
    let bare = |text: &'_ str| text.strip_prefix("npm:").unwrap_or(text).to_owned();
    if manager == Manager::YarnBerry {
        return bare(chosen) == bare(asked);
    }
    range::intersect(Ecosystem::Npm, &bare(chosen), &bare(asked)).unwrap_or(true)
}

/// Whether a package is what a key names.
fn is_it(outer: &Outer<'_>, package: &LockedPackage) -> bool {
    let range = outer.range.strip_prefix("npm:").unwrap_or(outer.range);
    let version = Version::parse(package.ecosystem, &package.version);
    let fits = || version.and_then(|version| range::allows(package.ecosystem, range, &version));
    package.name == outer.name && (range.is_empty() || fits() != Some(false))
}
