//! Puts a lock file together from what its format says, package by package.
//!
//! Formats name packages by keys of their own: the folder of an installation, `name@range`, a name alone. Readers hand
//! over packages and who needs whom by such keys, in any order; [`Builder::finish`] resolves them once all are known.

mod settle;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Local, LockFile, LockedPackage, Origin, Reading, Root, Scope, Wanted};
use crate::probe::files::Gaps;
use crate::probe::packages::Manager;
use crate::probe::packages::manifest::{Forcing, Manifest};

use settle::{derive_scopes, link, merged};

/// What a format says of one package.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name as written.
    pub name: String,
    /// Its exact version, as written.
    pub version: String,
    /// The line that names it, from 1.
    pub line: u32,
    /// What it was downloaded from.
    pub origin: Origin,
    /// Whether production installs it; `None` where the format leaves that to who needs it.
    pub scope: Option<Scope>,
    /// It runs a program when it is installed.
    pub install_script: bool,
    /// Its licence.
    pub licence: Option<String>,
    /// The names of the programs that it brings.
    pub programs: Vec<String>,
}

impl Draft {
    /// A package of the registry of which nothing else is known.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>, line: u32) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            line,
            origin: Origin::Registry,
            scope: None,
            install_script: false,
            licence: None,
            programs: Vec::new(),
        }
    }

    /// The package, before it is known who needs it and what it needs.
    fn locked(self, manager: Manager) -> LockedPackage {
        LockedPackage {
            ecosystem: manager.ecosystem(),
            name: self.name,
            version: self.version,
            line: self.line,
            origin: self.origin,
            scope: Scope::Production,
            needs: Vec::new(),
            ranges: Vec::new(),
            install_script: self.install_script,
            licence: self.licence,
            programs: self.programs,
        }
    }
}

/// Why some of what needs a package is not known.
const TOO_MANY: &str = "packages whose needs are too many to follow";
/// So many needs of all packages together are held. The largest lock files of monorepos have some hundred thousand.
const MOST_NEEDS: usize = 2_000_000;

/// A lock file in the making. Files name hundreds of thousands of packages, so each key and each range is held once.
#[derive(Debug)]
pub struct Builder {
    manager: Manager,
    format: String,
    packages: Vec<Unmerged>,
    /// The keys, numbered as they come.
    keys: HashMap<Box<str>, u32>,
    /// What each key stands for, by its number.
    drafts_of: Vec<Option<u32>>,
    needs: Vec<Edge>,
    /// Who needs whom is held, and whether with a range.
    pairs: HashMap<(u32, u32), bool>,
    /// Who needs more than is held.
    too_many: BTreeSet<u32>,
    /// The ranges of the edges, one behind the other.
    ranges: String,
    /// What each manifest asks for, the packages by the numbers of their keys.
    wanted: BTreeMap<String, Vec<Wanted>>,
    /// The entries that force versions, by the package.
    pub forced: BTreeMap<String, Vec<Forcing>>,
    /// Whether all readers of a constraints file name all that arrives.
    pub readers_name_all: bool,
    /// The packages that come from folders, and what forks take the place of.
    locals: BTreeMap<(String, Option<String>), Local>,
    /// By manifest, what it asks for and no package is held of.
    spared: BTreeMap<String, BTreeSet<String>>,
    /// What could not be understood or examined.
    pub gaps: Gaps,
}

/// A package that may be the same as others, with what the format itself says of its scope and how many came before it.
type Unmerged = (LockedPackage, Option<Scope>, u32);

/// Who needs whom, each first a key's number, in the end a place.
#[derive(Debug)]
struct Edge {
    from: u32,
    to: u32,
    /// Where its range stands among all of them.
    range: (u32, u32),
}

impl Builder {
    /// An empty lock file.
    #[must_use]
    pub fn new(manager: Manager, format: impl Into<String>) -> Self {
        Self {
            manager,
            format: format.into(),
            packages: Vec::new(),
            keys: HashMap::new(),
            drafts_of: Vec::new(),
            needs: Vec::new(),
            pairs: HashMap::new(),
            too_many: BTreeSet::new(),
            ranges: String::new(),
            wanted: BTreeMap::new(),
            forced: BTreeMap::new(),
            readers_name_all: false,
            locals: BTreeMap::new(),
            spared: BTreeMap::new(),
            gaps: Gaps::default(),
        }
    }

    /// Adds a package under a key of the format's own. A key that is known already keeps its first package.
    pub fn add(&mut self, key: impl AsRef<str>, draft: Draft) {
        let place = number(self.packages.len());
        let scope = draft.scope;
        self.packages.push((draft.locked(self.manager), scope, place));
        self.stands_for(key.as_ref(), place);
    }

    /// Another key of the package that `known` stands for.
    pub fn also(&mut self, key: impl AsRef<str>, known: &str) {
        if let Some(place) = self.draft_of(known) {
            self.stands_for(key.as_ref(), place);
        }
    }

    /// Whether a package has this key.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.draft_of(key).is_some()
    }

    /// One package needs another. Keys that stay unknown are passed over: what is optional may be absent.
    pub fn needs(&mut self, from: impl AsRef<str>, to: impl AsRef<str>) {
        self.needs_range(from, to, "");
    }

    /// As [`Builder::needs`], where the format says which versions it takes.
    pub fn needs_range(&mut self, from: impl AsRef<str>, to: impl AsRef<str>, range: impl AsRef<str>) {
        let name = from.as_ref();
        let (from, to) = (self.key(name), self.key(to.as_ref()));
        let has_range = !range.as_ref().is_empty();
        match self.pairs.get(&(from, to)) {
            Some(known) if *known || !has_range => return,
            _ if self.needs.len() >= MOST_NEEDS => {
                if self.too_many.insert(from) {
                    self.gaps.add(TOO_MANY, name);
                }
                return;
            }
            _ => drop(self.pairs.insert((from, to), has_range)),
        }
        let begin = number(self.ranges.len());
        self.ranges.push_str(range.as_ref());
        self.needs.push(Edge { from, to, range: (begin, number(self.ranges.len())) });
    }

    /// A manifest that the file locks, also where it asks for nothing.
    pub fn root(&mut self, manifest: impl Into<String>) {
        self.wanted.entry(manifest.into()).or_default();
    }

    /// A package whose code comes from a folder or a fork, with its version and where that is, as far as the file says it.
    pub fn local(&mut self, name: &str, version: Option<&str>, place: Option<String>) -> &mut Local {
        let name = name.to_owned();
        let key = (name.clone(), place.clone());
        let local =
            self.locals.entry(key).or_insert(Local { name, version: None, place, stands_in: false, fork: false });
        local.version = local.version.take().or_else(|| version.map(str::to_owned));
        local
    }

    /// What code asks for as `called` is another package of the registry, `real`, in this version.
    pub fn fork(&mut self, called: &str, real: &str, version: &str) {
        self.local(called, Some(version), Some(real.to_owned())).fork = true;
    }

    /// Packages of a registry need one that comes from a folder.
    pub fn stands_in(&mut self, name: &str, place: Option<String>) {
        self.local(name, None, place).stands_in = true;
    }

    /// The same of these, by their normalized names, wherever they lie.
    pub fn stand_in(&mut self, names: &BTreeSet<String>) {
        let ecosystem = self.manager.ecosystem();
        for local in self.locals.values_mut().filter(|local| names.contains(&ecosystem.normalize(&local.name))) {
            local.stands_in = true;
        }
    }

    /// A manifest asks for a package.
    pub fn wants(
        &mut self,
        manifest: &str,
        name: impl Into<String>,
        range: impl Into<String>,
        scope: Scope,
        key: impl AsRef<str>,
    ) {
        let package = self.key(key.as_ref()) as usize;
        let wanted = Wanted { name: name.into(), range: range.into(), scope, package };
        self.wanted.entry(manifest.to_owned()).or_default().push(wanted);
    }

    /// A manifest asks for what the file rightly holds no package of.
    pub fn spare(&mut self, manifest: &str, name: impl Into<String>) {
        self.spared.entry(manifest.to_owned()).or_default().insert(name.into());
    }

    /// Nobody installs what a folder that is taken in, and is no workspace member, needs for its own development.
    pub fn spare_tools(&mut self, of: &Manifest) {
        for one in of.declared.iter().filter(|one| one.scope == Scope::Development) {
            self.spare(&of.path, one.alias.as_ref().unwrap_or(&one.name).as_str());
        }
    }

    /// The number of a key.
    fn key(&mut self, key: &str) -> u32 {
        if let Some(&known) = self.keys.get(key) {
            return known;
        }
        let new = number(self.drafts_of.len());
        self.drafts_of.push(None);
        self.keys.insert(key.into(), new);
        new
    }

    fn stands_for(&mut self, key: &str, draft: u32) {
        let key = self.key(key) as usize;
        if let Some(of) = self.drafts_of.get_mut(key) {
            *of = of.or(Some(draft));
        }
    }

    fn draft_of(&self, key: &str) -> Option<u32> {
        self.drafts_of.get(*self.keys.get(key)? as usize).copied().flatten()
    }

    /// The lock file of this path.
    #[must_use]
    pub fn finish(mut self, path: &str) -> Reading {
        drop((std::mem::take(&mut self.keys), std::mem::take(&mut self.pairs)));
        let (mut packages, said, places) = merged(self.packages);
        let place_of = |key: u32| {
            let draft = self.drafts_of.get(key as usize).copied().flatten()?;
            places.get(draft as usize).copied()
        };
        self.needs.retain_mut(|edge| {
            let ends = place_of(edge.from).zip(place_of(edge.to));
            (edge.from, edge.to) = ends.unwrap_or_default();
            ends.is_some()
        });
        link(&mut packages, self.needs, &self.ranges);
        let roots: Vec<Root> = self
            .wanted
            .into_iter()
            .map(|(manifest, mut wanted)| {
                wanted.retain_mut(|wanted| {
                    let place = place_of(number(wanted.package));
                    wanted.package = place.unwrap_or_default() as usize;
                    place.is_some()
                });
                wanted.sort_by(|a, b| (&a.name, a.scope, a.package).cmp(&(&b.name, b.scope, b.package)));
                wanted.dedup_by(|a, b| a.name == b.name && a.package == b.package);
                Root { manifest, wanted }
            })
            .collect();
        derive_scopes(&mut packages, &roots, &said);
        let Self { manager, format, forced, readers_name_all, locals, spared, gaps, .. } = self;
        let (path, typed, locals) = (path.to_owned(), Vec::new(), locals.into_values().collect());
        let lock = LockFile { path, manager, format, packages, roots, forced, readers_name_all, typed, locals, spared };
        Reading { lock, gaps }
    }
}

/// Files of 64 MB at most cannot name more.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_places_and_scopes_follow_who_needs_whom() {
        let mut lock = Builder::new(Manager::Cargo, "4");
        lock.add("tool", Draft::new("tool", "1.0.0", 9));
        lock.add("shared", Draft::new("shared", "1.0.0", 3));
        lock.add("app", Draft::new("app", "2.0.0", 5));
        lock.add("alone", Draft::new("alone", "2.0.0", 7));
        lock.add("shared again", Draft::new("shared", "1.0.0", 2));
        lock.add("inner", Draft::new("inner", "1.0.0", 11));
        for (from, to) in [("tool", "shared"), ("app", "shared again"), ("tool", "inner"), ("tool", "not there")] {
            lock.needs(from, to);
        }
        lock.needs_range("tool", "inner", "^1.0");
        lock.wants("Cargo.toml", "tool", "1", Scope::Development, "tool");
        lock.wants("Cargo.toml", "app", "2", Scope::Production, "app");
        let lock = lock.finish("Cargo.lock").lock;
        let told: Vec<String> =
            (lock.packages.iter()).map(|p| format!("{} {} {:?} {:?}", p.name, p.line, p.scope, p.needs)).collect();
        assert_eq!(
            told,
            [
                "alone 7 Production []",
                "app 5 Production [3]",
                "inner 11 Development []",
                "shared 2 Production []",
                "tool 9 Development [2, 3]",
            ]
        );
        assert_eq!(lock.packages[4].ranges, ["^1.0", ""]);
        let wanted: Vec<_> = lock.roots.iter().flat_map(|root| &root.wanted).map(|w| (&*w.name, w.package)).collect();
        assert_eq!(wanted, [("app", 1), ("tool", 4)]);
    }
}
