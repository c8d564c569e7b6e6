//! From entries to a lock file: which entry answers what is asked for, and what the manifests ask for.

use std::collections::{HashMap, HashSet};

use super::{Entry, Need, Place, place};
use crate::probe::files::Gaps;
use crate::probe::packages::Manager;
use crate::probe::packages::lock::{Around, Builder, Draft, Origin, Reading, Scope, ranges, reason};
use crate::probe::packages::manifest::{Declared, Manifest, Source, members};

/// Where nothing answers to the letter, the entries of that name do, if they are few: `resolutions` and catalogs put an
/// answer where the question itself does not lead.
const MAX_BY_NAME: usize = 8;

/// All entries of a file.
#[derive(Default)]
pub struct Graph {
    entries: Vec<Entry>,
    /// What could not be understood.
    pub gaps: Gaps,
}

/// What a manifest asks for.
struct Ask {
    manifest: String,
    need: Need,
    scope: Scope,
    /// A member of the workspace is called so, and linked where the lock file does not hold it.
    spared: bool,
}

/// How entries are found.
struct Index {
    /// What each entry answers: names with their ranges.
    answers: Vec<Vec<(String, String)>>,
    /// The entry of each answer, with its place there, sorted by name and range.
    exact: Vec<(usize, usize)>,
    /// The entries by name, each once under a name, with the place of an answer of that name.
    by_name: Vec<(usize, usize)>,
}

impl Graph {
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Whether the project's own package in this folder has an entry.
    pub fn has_own(&self, folder: &str) -> bool {
        self.entries.iter().any(|entry| matches!(&entry.place, Place::Own(Some(own)) if own == folder))
    }

    /// Puts the lock file together. Yarn 2 and later list the project's own packages beside the others; for Yarn 1 the
    /// manifests say what is asked for.
    pub fn finish(mut self, manager: Manager, format: &str, around: &Around<'_>) -> Reading {
        let index = Index::of(&mut self.entries);
        let (mut asks, tools) = self.asks_of_own(&index, manager, around);
        if manager == Manager::YarnClassic {
            asks.extend(asks_of_manifests(around));
        }
        let manifest = around.manifest("", "package.json");
        let forced: HashSet<&str> = manifest.into_iter().flat_map(|root| &root.overrides).map(String::as_str).collect();
        let mut builder = Builder::new(manager, format);
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let origin = match entry.place {
                Place::Registry => Origin::Registry,
                Place::Elsewhere => Origin::Elsewhere,
                Place::Own(_) => continue,
            };
            let (name, version) = (std::mem::take(&mut entry.name), std::mem::take(&mut entry.version));
            let programs = std::mem::take(&mut entry.programs);
            let called = index.answers.get(at).into_iter().flatten().map(|(called, _)| called);
            for called in called.filter(|called| **called != name && origin == Origin::Registry) {
                builder.fork(called, &name, &version);
            }
            builder.add(at.to_string(), Draft { origin, programs, ..Draft::new(name, version, entry.line) });
        }
        for (at, entry) in self.entries.iter().enumerate() {
            if matches!(entry.place, Place::Own(_)) {
                continue;
            }
            for need in &entry.needs {
                let found = index.answers(need, &forced, &mut self.gaps);
                let range = ranges::versions(place::range(&need.range));
                found.iter().for_each(|to| builder.needs_range(at.to_string(), to.to_string(), &range));
                let mut places = found.iter().filter_map(|to| self.entries.get(*to)).map(|entry| &entry.place);
                if let Some(Place::Own(folder)) = places.find(|place| matches!(place, Place::Own(_))) {
                    builder.stands_in(&need.name, folder.as_deref().map(|folder| around.place(folder)));
                }
            }
        }
        for Ask { manifest, need, scope, spared } in asks {
            builder.root(manifest.as_str());
            if need.name.is_empty() {
                continue;
            }
            let found = index.answers(&need, &forced, &mut self.gaps);
            let folders = found.iter().filter_map(|at| match self.entries.get(*at).map(|entry| &entry.place) {
                Some(Place::Own(Some(folder))) => Some(folder),
                _ => None,
            });
            // Whether the folder is there is looked after for all formats at once.
            let folders: Vec<String> = folders.map(|folder| around.place(folder)).collect();
            let is_linked = !folders.is_empty();
            for folder in folders {
                builder.local(&need.name, None, Some(folder));
            }
            if is_linked || spared && found.is_empty() {
                builder.spare(&manifest, need.name.as_str());
            }
            let range = ranges::versions(place::range(&need.range));
            found.iter().for_each(|to| builder.wants(&manifest, &need.name, &*range, scope, to.to_string()));
        }
        tools.into_iter().for_each(|manifest| builder.spare_tools(manifest));
        builder.gaps = self.gaps;
        builder.finish(around.path)
    }

    /// What the project's own packages among the entries ask for, and the manifests of those that are no members.
    fn asks_of_own<'a>(
        &mut self,
        index: &Index,
        manager: Manager,
        around: &Around<'a>,
    ) -> (Vec<Ask>, Vec<&'a Manifest>) {
        let (mut asks, mut tools) = (Vec::new(), Vec::new());
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let Place::Own(Some(folder)) = &entry.place else { continue };
            let path = around.manifest_path(folder, "package.json");
            let manifest = around.manifests.get(&path);
            asks.push(Ask::nothing(&path));
            let mut needs = std::mem::take(&mut entry.needs);
            if manager == Manager::YarnClassic && needs.is_empty() {
                // Of most linked folders it does not write what they need, though it locks that.
                let declared = manifest.into_iter().flat_map(|manifest| &manifest.declared);
                needs.extend(declared.filter(|one| one.scope == Scope::Production).filter_map(need_of));
            }
            for need in needs {
                let scope = manifest.map_or(Scope::Production, |manifest| scope_of(manifest, &need.name));
                asks.push(Ask { manifest: path.clone(), need, scope, spared: false });
            }
            let mut answers = index.answers.get(at).into_iter().flatten();
            if !answers.any(|(_, range)| range.starts_with("workspace:")) {
                tools.extend(manifest);
            }
        }
        (asks, tools)
    }
}

impl Ask {
    /// A manifest that is there, whatever it asks for.
    fn nothing(manifest: &str) -> Self {
        let need = Need { name: String::new(), range: String::new(), optional: true };
        Self { manifest: manifest.to_owned(), need, scope: Scope::Production, spared: false }
    }
}

/// Yarn 2 and later write all dependencies of an own package into one block. What the manifest names in several places is
/// production's as soon as one of them is.
fn scope_of(manifest: &Manifest, name: &str) -> Scope {
    let declared = manifest.declared.iter().filter(|declared| name_in(declared) == name);
    declared.map(|declared| declared.scope).min().unwrap_or(Scope::Production)
}

fn name_in(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// What a manifest asks a registry for.
fn need_of(declared: &Declared) -> Option<Need> {
    let range = match &declared.alias {
        _ if declared.source == Source::Own => return None,
        Some(_) if !declared.range.starts_with("npm:") => format!("npm:{}@{}", declared.name, declared.range),
        _ => declared.range.clone(),
    };
    Some(Need { name: name_in(declared).to_owned(), range, optional: declared.optional })
}

/// What the manifest beside the lock file and those of the workspace members ask for.
fn asks_of_manifests(around: &Around<'_>) -> Vec<Ask> {
    let members = around.members();
    let manifests: Vec<&Manifest> = std::iter::once(String::new())
        .chain(members)
        .filter_map(|folder| around.manifest(&folder, "package.json"))
        .collect();
    // Members that need each other are linked and stand in no lock file, unless a version of the registry is asked for.
    let mut named: HashMap<&str, Vec<&Manifest>> = HashMap::new();
    for manifest in &manifests {
        named.entry(manifest.name.as_deref().unwrap_or_default()).or_default().push(*manifest);
    }
    let own = |need: &Need| {
        let mut same = named.get(&*need.name).into_iter().flatten();
        same.any(|member| members::takes(&need.range, member))
    };
    let mut asks = Vec::new();
    for manifest in &manifests {
        asks.push(Ask::nothing(&manifest.path));
        for declared in &manifest.declared {
            let Some(need) = need_of(declared) else { continue };
            let spared = own(&need);
            let need = Need { optional: need.optional || spared, ..need };
            asks.push(Ask { manifest: manifest.path.clone(), need, scope: declared.scope, spared });
        }
    }
    asks
}

impl Index {
    fn of(entries: &mut [Entry]) -> Self {
        let answers: Vec<_> = entries.iter_mut().map(|entry| std::mem::take(&mut entry.answers)).collect();
        let places = answers.iter().enumerate().flat_map(|(at, all)| (0..all.len()).map(move |nth| (at, nth)));
        let mut index = Self { exact: places.collect(), by_name: Vec::new(), answers };
        let mut exact = std::mem::take(&mut index.exact);
        let mut by_name = exact.clone();
        exact.sort_by_key(|place| index.answer(*place));
        by_name.sort_by_key(|place| (index.name(*place), place.0));
        by_name.dedup_by(|a, b| a.0 == b.0 && index.name(*a) == index.name(*b));
        (index.exact, index.by_name) = (exact, by_name);
        index
    }

    fn answer(&self, (at, nth): (usize, usize)) -> Option<(&str, &str)> {
        self.answers.get(at)?.get(nth).map(|(name, range)| (name.as_str(), place::range(range)))
    }

    fn name(&self, place: (usize, usize)) -> Option<&str> {
        self.answer(place).map(|(name, _)| name)
    }

    /// The entries that answer it: one, or those of that name. Counts it as missing where that is not enough.
    fn answers(&self, need: &Need, forced: &HashSet<&str>, gaps: &mut Gaps) -> Vec<usize> {
        let wanted = Some((need.name.as_str(), place::range(&need.range)));
        let first = self.exact.get(self.exact.partition_point(|place| self.answer(*place) < wanted));
        if let Some((at, _)) = first.filter(|place| self.answer(**place) == wanted) {
            return vec![*at];
        }
        let name = Some(need.name.as_str());
        let from = self.by_name.partition_point(|place| self.name(*place) < name);
        let same = self.by_name.iter().skip(from).take(MAX_BY_NAME + 1).take_while(|place| self.name(**place) == name);
        let same: Vec<usize> = same.map(|(at, _)| *at).collect();
        let is_known = (1..=MAX_BY_NAME).contains(&same.len());
        // Without a reason to lead elsewhere, another version of that name is none that was asked for.
        let leads_elsewhere = forced.contains(&*need.name)
            || ["catalog:", "workspace:"].iter().any(|protocol| need.range.starts_with(protocol));
        if !(need.optional || is_known && leads_elsewhere) {
            gaps.add(reason::MISSING, &need.name);
        }
        if is_known { same } else { Vec::new() }
    }
}
