//! Puts a lock file together from what its format says, package by package.
//!
//! Formats name packages by keys of their own: the folder of an installation, `name@range`, a name alone. Readers hand
//! over packages and who needs whom by such keys, in any order; [`Builder::finish`] resolves them once all are known.

use std::collections::{BTreeMap, HashMap};

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

/// A lock file in the making.
#[derive(Debug)]
pub struct Builder {
    manager: Manager,
    format: String,
    drafts: Vec<Draft>,
    keys: HashMap<String, usize>,
    needs: Vec<(String, String, String)>,
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
            needs: Vec::new(),
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
    pub fn needs(&mut self, from: impl Into<String>, to: impl Into<String>) {
        self.needs_range(from, to, "");
    }

    /// As [`Builder::needs`], where the format says which versions it takes.
    pub fn needs_range(&mut self, from: impl Into<String>, to: impl Into<String>, range: impl Into<String>) {
        self.needs.push((from.into(), to.into(), range.into()));
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
        let mut needs: Vec<BTreeMap<usize, &str>> = vec![BTreeMap::new(); packages.len()];
        for (from, to, range) in &self.needs {
            if let (Some(from), Some(to)) = (place_of(from), place_of(to))
                && let Some(needs) = needs.get_mut(from)
            {
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
}
