//! Puts a lock file together from what its format says, package by package.
//!
//! Formats name packages by keys of their own: the folder of an installation, `name@range`, a name alone. Readers hand
//! over packages and who needs whom by such keys, in any order; [`Builder::finish`] resolves them once all are known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::{LockFile, LockedPackage, Origin, Reading, Root, Scope, Wanted};
use crate::probe::files::Gaps;
use crate::probe::packages::Manager;

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
        }
    }
}

/// Why some of what needs a package is not known.
const TOO_MANY: &str = "packages whose needs are too many to follow";
/// So many needs of all packages together are held. The largest lock files of monorepos have some hundred thousand.
const MOST_NEEDS: usize = 2_000_000;

/// Who needs whom, by keys; each pair once.
#[derive(Debug)]
struct Needs {
    /// So many are held.
    most: usize,
    /// A number for each key and range.
    texts: HashMap<Rc<str>, u32>,
    by_number: Vec<Rc<str>>,
    pairs: HashMap<(u32, u32), usize>,
    /// Who, whom, and the range.
    all: Vec<(u32, u32, u32)>,
    /// Who needs more than is held.
    too_many: BTreeSet<u32>,
}

impl Needs {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        // A file has fewer bytes than that.
        let number = u32::try_from(self.by_number.len()).unwrap_or(u32::MAX);
        let text: Rc<str> = text.into();
        self.by_number.push(Rc::clone(&text));
        self.texts.insert(text, number);
        number
    }

    /// Whether `from` needs more than can be held, as is seen now.
    fn add(&mut self, from: &str, to: &str, range: &str) -> bool {
        let (from, to) = (self.number(from), self.number(to));
        if let Some(&known) = self.pairs.get(&(from, to)) {
            let range = if range.is_empty() { None } else { Some(self.number(range)) };
            let unsaid =
                |known: &&mut (u32, u32, u32)| self.by_number.get(known.2 as usize).is_none_or(|r| r.is_empty());
            if let (Some(range), Some(known)) = (range, self.all.get_mut(known).filter(unsaid)) {
                known.2 = range;
            }
            return false;
        }
        if self.all.len() >= self.most {
            return self.too_many.insert(from);
        }
        let range = self.number(range);
        self.pairs.insert((from, to), self.all.len());
        self.all.push((from, to, range));
        false
    }

    fn text(&self, number: u32) -> &str {
        self.by_number.get(number as usize).map_or("", |text| text)
    }
}

/// A lock file in the making.
#[derive(Debug)]
pub struct Builder {
    manager: Manager,
    format: String,
    drafts: Vec<Draft>,
    keys: HashMap<String, usize>,
    needs: Needs,
    wanted: BTreeMap<String, Vec<(String, String, Scope, String)>>,
    /// What could not be understood or examined.
    pub gaps: Gaps,
}

impl Builder {
    /// An empty lock file.
    #[must_use]
    pub fn new(manager: Manager, format: impl Into<String>) -> Self {
        Self {
            manager,
            format: format.into(),
            drafts: Vec::new(),
            keys: HashMap::new(),
            needs: Needs {
                most: MOST_NEEDS,
                texts: HashMap::new(),
                by_number: Vec::new(),
                pairs: HashMap::new(),
                all: Vec::new(),
                too_many: BTreeSet::new(),
            },
            wanted: BTreeMap::new(),
            gaps: Gaps::default(),
        }
    }

    /// Adds a package under a key of the format's own. A key that is known already keeps its first package.
    pub fn add(&mut self, key: impl Into<String>, draft: Draft) {
        let place = self.drafts.len();
        self.keys.entry(key.into()).or_insert(place);
        self.drafts.push(draft);
    }

    /// Another key of the package that `known` stands for.
    pub fn also(&mut self, key: impl Into<String>, known: &str) {
        if let Some(&place) = self.keys.get(known) {
            self.keys.entry(key.into()).or_insert(place);
        }
    }

    /// Whether a package has this key.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// One package needs another. Keys that stay unknown are passed over: what is optional may be absent.
    pub fn needs(&mut self, from: impl AsRef<str>, to: impl AsRef<str>) {
        self.needs_range(from, to, "");
    }

    /// As [`Builder::needs`], where the format says which versions it takes.
    pub fn needs_range(&mut self, from: impl AsRef<str>, to: impl AsRef<str>, range: impl AsRef<str>) {
        if self.needs.add(from.as_ref(), to.as_ref(), range.as_ref()) {
            let name =
                self.keys.get(from.as_ref()).and_then(|at| self.drafts.get(*at)).map(|draft| draft.name.as_str());
            self.gaps.add(TOO_MANY, name.unwrap_or(from.as_ref()));
        }
    }

    /// A manifest that the file locks, also where it asks for nothing.
    pub fn root(&mut self, manifest: impl Into<String>) {
        self.wanted.entry(manifest.into()).or_default();
    }

    /// A manifest asks for a package.
    pub fn wants(
        &mut self,
        manifest: &str,
        name: impl Into<String>,
        range: impl Into<String>,
        scope: Scope,
        key: impl Into<String>,
    ) {
        let wanted = (name.into(), range.into(), scope, key.into());
        self.wanted.entry(manifest.to_owned()).or_default().push(wanted);
    }

    /// The lock file of this path.
    #[must_use]
    pub fn finish(self, path: &str) -> Reading {
        let (mut packages, places) = merged(self.manager, &self.drafts);
        let place_of = |key: &str| self.keys.get(key).and_then(|draft| places.get(*draft)).copied();
        let place_of: Vec<Option<usize>> = self.needs.by_number.iter().map(|key| place_of(key)).collect();
        let place_of = |number: u32| place_of.get(number as usize).copied().flatten();
        let mut needs: Vec<BTreeMap<usize, &str>> = vec![BTreeMap::new(); packages.len()];
        for &(from, to, range) in &self.needs.all {
            if let (Some(from), Some(to)) = (place_of(from), place_of(to))
                && let Some(needs) = needs.get_mut(from)
            {
                let range = self.needs.text(range);
                let known = needs.entry(to).or_default();
                *known = if known.is_empty() { range } else { known };
            }
        }
        for (package, needs) in packages.iter_mut().zip(needs) {
            package.ranges = needs.values().map(|range| (*range).to_owned()).collect();
            package.needs = needs.into_keys().collect();
        }
        let roots: Vec<Root> = self
            .wanted
            .into_iter()
            .map(|(manifest, wanted)| {
                let mut wanted: Vec<Wanted> = wanted
                    .into_iter()
                    .filter_map(|(name, range, scope, key)| {
                        let package = self.keys.get(&key).and_then(|draft| places.get(*draft)).copied()?;
                        Some(Wanted { name, range, scope, package })
                    })
                    .collect();
                wanted.sort_by(|a, b| (&a.name, a.scope, a.package).cmp(&(&b.name, b.scope, b.package)));
                wanted.dedup_by(|a, b| a.name == b.name && a.package == b.package);
                Root { manifest, wanted }
            })
            .collect();
        let said: Vec<Option<Scope>> = scopes_said(&self.drafts, &places, packages.len());
        derive_scopes(&mut packages, &roots, &said);
        let lock = LockFile { path: path.to_owned(), manager: self.manager, format: self.format, packages, roots };
        Reading { lock, gaps: self.gaps }
    }
}

/// Installers put one version in several folders: it is one package, first named where it stands first. Also says for
/// each draft which package it became.
fn merged(manager: Manager, drafts: &[Draft]) -> (Vec<LockedPackage>, Vec<usize>) {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    let key = |at: usize| drafts.get(at).map(|draft| (&draft.name, &draft.version));
    order.sort_by(|&a, &b| key(a).cmp(&key(b)).then(a.cmp(&b)));
    let mut packages: Vec<LockedPackage> = Vec::new();
    let mut places = vec![0; drafts.len()];
    for at in order {
        let Some(draft) = drafts.get(at) else { continue };
        match packages.last_mut().filter(|last| last.name == draft.name && last.version == draft.version) {
            Some(last) => {
                last.line = last.line.min(draft.line);
                last.install_script |= draft.install_script;
                last.origin = last.origin.min(draft.origin);
                last.licence = last.licence.take().or_else(|| draft.licence.clone());
            }
            None => packages.push(LockedPackage {
                ecosystem: manager.ecosystem(),
                name: draft.name.clone(),
                version: draft.version.clone(),
                line: draft.line,
                origin: draft.origin,
                scope: Scope::Production,
                needs: Vec::new(),
                ranges: Vec::new(),
                install_script: draft.install_script,
                licence: draft.licence.clone(),
            }),
        }
        if let Some(place) = places.get_mut(at) {
            *place = packages.len() - 1;
        }
    }
    (packages, places)
}

/// What the format itself says of each package's scope: one use in production makes it production's.
fn scopes_said(drafts: &[Draft], places: &[usize], count: usize) -> Vec<Option<Scope>> {
    let mut said: Vec<Option<Scope>> = vec![None; count];
    for (draft, place) in drafts.iter().zip(places) {
        if let (Some(scope), Some(said)) = (draft.scope, said.get_mut(*place)) {
            *said = Some(said.map_or(scope, |known| known.min(scope)));
        }
    }
    said
}

/// Where the format does not say it, what only development reaches is development's. What nobody reaches counts as
/// production's: nothing may rank lower for want of knowledge.
fn derive_scopes(packages: &mut [LockedPackage], roots: &[Root], said: &[Option<Scope>]) {
    let reached = |scope: Scope| {
        let mut seen = vec![false; packages.len()];
        let wanted = roots.iter().flat_map(|root| &root.wanted).filter(|wanted| wanted.scope == scope);
        let mut waiting: Vec<usize> = wanted.map(|wanted| wanted.package).collect();
        while let Some(at) = waiting.pop() {
            let Some(new) = seen.get_mut(at).filter(|seen| !**seen) else { continue };
            *new = true;
            waiting.extend(packages.get(at).into_iter().flat_map(|package| &package.needs));
        }
        seen
    };
    let (production, development) = (reached(Scope::Production), reached(Scope::Development));
    for (at, package) in packages.iter_mut().enumerate() {
        let of = |reached: &[bool]| reached.get(at).copied().unwrap_or(false);
        package.scope = match said.get(at).copied().flatten() {
            Some(scope) => scope,
            None if of(&development) && !of(&production) => Scope::Development,
            None => Scope::Production,
        };
    }
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

    #[test]
    fn each_need_is_held_once_and_not_more_than_can_be() {
        let mut lock = Builder::new(Manager::Bundler, "");
        lock.needs.most = 6;
        for name in ["a", "b", "c", "d"] {
            lock.add(name, Draft::new(name, "1.0.0", 1));
        }
        for _ in 0..1000 {
            for from in ["a", "b", "c"] {
                for to in ["a", "b", "c", "d"] {
                    lock.needs(from, to);
                }
            }
            lock.needs_range("a", "b", "^1.0");
        }
        assert_eq!((lock.needs.all.len(), lock.needs.pairs.len(), lock.needs.texts.len()), (6, 6, 6));
        let reading = lock.finish("Gemfile.lock");
        let needs: Vec<_> = reading.lock.packages.iter().map(|package| package.needs.len()).collect();
        assert_eq!((needs, &*reading.lock.packages[0].ranges[1]), (vec![4, 2, 0, 0], "^1.0"));
        let gaps = reading.gaps.into_vec();
        assert_eq!((&*gaps[0].reason, gaps[0].examples.join(" ")), (TOO_MANY, "b c".to_owned()));
    }
}
