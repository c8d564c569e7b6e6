//! The files that requirements files name, and which versions constraints files give to what is asked for without one.

use std::collections::{BTreeMap, BTreeSet};

use super::locked::{Constrained, MOST_VERSIONS};
use super::pins::Pins;
use crate::probe::files::{FileEntry, Gaps};
use crate::probe::packages::Ecosystem;
use crate::probe::packages::lock::{Scope, installed, reason};
use crate::probe::packages::manifest::python::requirements_file::{Line, Said};
use crate::probe::paths::{folder, joined};

/// The files of the project that one names.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) includes: Vec<String>,
    pub(super) constraints: Vec<String>,
    /// Constraints files that every command gives it which deploys the app.
    pub(super) always: Vec<String>,
    /// Those that some command gives it.
    pub(super) perhaps: Vec<String>,
}

impl Reached {
    pub(super) fn of(path: &str, pins: Option<&Pins>, files: &BTreeMap<&str, &FileEntry>, gaps: &mut Gaps) -> Self {
        let mut inside = |targets: &Vec<(String, u32)>| {
            let mut found = Vec::new();
            for (target, line) in targets {
                match resolve(path, target).filter(|inner| files.contains_key(inner.as_str())) {
                    Some(inner) => found.push(inner),
                    None => gaps.add(reason::INCLUDE, &included(target, path, *line as usize)),
                }
            }
            found
        };
        pins.map_or_else(Self::default, |pins| Self {
            includes: inside(&pins.includes),
            constraints: inside(&pins.constraints),
            ..Self::default()
        })
    }
}

/// What a line names that is not there, and where.
pub(super) fn included(target: &str, path: &str, line: usize) -> String {
    // An address may carry a password.
    let shown = if target.contains("://") { "an address" } else { target };
    format!("{shown} in {path}:{line}")
}

/// What a constraints file gives to the files that read it.
pub(super) struct Given {
    /// Whether one of them is production's.
    pub(super) scope: Scope,
    pub(super) by: BTreeSet<String>,
    pub(super) asked: Vec<Constrained>,
    /// What one of them gives a version itself.
    pub(super) settled: BTreeSet<String>,
    /// Whether each of them names all that it installs.
    pub(super) name_all: bool,
}

impl Given {
    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, by: BTreeSet::new(), asked: Vec::new(), settled: BTreeSet::new(), name_all: true }
    }

    /// A requirements file reads it.
    pub(super) fn to(&mut self, path: &str, pins: &Pins, scope: Scope) {
        self.scope = self.scope.min(scope);
        self.by.insert(path.to_owned());
        self.settled.extend(pins.packages.iter().map(|pin| pins.text(pin.normal).to_owned()));
        self.name_all &= pins.compiled;
    }
}

/// Which versions constraints files give to what is asked for without one.
pub(super) struct Constraints<'a> {
    pub(super) files: &'a BTreeMap<String, Option<Pins>>,
    pub(super) reached: &'a BTreeMap<String, Reached>,
    pub(super) included_by: BTreeMap<&'a str, Vec<&'a str>>,
    /// Whether a file is installed without another one that includes it.
    pub(super) by_itself: &'a dyn Fn(&str) -> bool,
}

impl Constraints<'_> {
    /// Gives their versions to what a command of a container names: what it names without one has that of the first file that
    /// says one, as it would have in a requirements file.
    pub(super) fn give_to<'p>(&'p self, command: &installed::ByName, given: &mut BTreeMap<&'p String, Given>) {
        let known = |path: &String| self.reached.get_key_value(path).map(|(path, _)| (path.as_str(), true));
        let files = self.reached_from(command.constraints.iter().filter_map(known).collect());
        let versions = self.versions(&files);
        let lines = command.requirements.iter().map(|text| Line { text: text.clone(), ..Line::default() });
        let lines: Vec<Line> = lines.collect();
        let asked: Vec<_> = lines
            .iter()
            .filter_map(|line| match line.said() {
                Said::Requirement(requirement) if requirement.url.is_none() => Some(requirement),
                _ => None,
            })
            .collect();
        let scope = Scope::Production;
        for file in &files {
            let given = given.entry(file).or_insert_with(|| Given::new(scope));
            given.scope = scope;
            given.by.insert(command.container.clone());
            given.name_all = false;
            let settled = asked.iter().filter(|one| one.pinned().is_some());
            given.settled.extend(settled.map(|one| Ecosystem::PyPi.normalize(one.name)));
        }
        for one in asked.iter().filter(|one| one.pinned().is_none()) {
            let Some((file, pins)) = versions.get(&*Ecosystem::PyPi.normalize(one.name)) else { continue };
            let (by, name, range) = (command.container.clone(), one.name.to_owned(), one.specifiers.to_owned());
            let one = Constrained { by, name, range, scope, pins: pins.clone() };
            given.entry(file).or_insert_with(|| Given::new(scope)).asked.push(one);
        }
    }

    /// The constraints files of a file. As pip does, those of a file hold for all that it includes and the other way round.
    /// A file that can be installed by itself has no more than it names.
    pub(super) fn of<'p>(&'p self, path: &'p str) -> Vec<&'p String> {
        self.reached_from(self.includers(path, false).into_iter().chain([path]).map(|path| (path, false)).collect())
    }

    /// The constraints files that a file has where another one includes it, or where some command says so.
    pub(super) fn of_others<'p>(&'p self, path: &'p str) -> Vec<&'p String> {
        let mut from: Vec<(&str, bool)> = self.includers(path, true).into_iter().map(|path| (path, false)).collect();
        let perhaps = from.iter().map(|(path, _)| *path).chain([path]);
        let perhaps = perhaps.filter_map(|path| self.reached.get(path)).flat_map(|reached| &reached.perhaps);
        let perhaps: Vec<(&str, bool)> = perhaps.map(|file| (file.as_str(), true)).collect();
        from.extend(perhaps);
        self.reached_from(from)
    }

    /// The constraints files that are met from these files; of each whether it is one itself.
    pub(super) fn reached_from<'p>(&'p self, mut waiting: Vec<(&'p str, bool)>) -> Vec<&'p String> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((path, constrains)) = waiting.pop() {
            if !seen.insert((path, constrains)) {
                continue;
            }
            if let Some(reached) = self.reached.get(path) {
                // The first one that is named comes first.
                waiting.extend(reached.includes.iter().rev().map(|inner| (inner.as_str(), constrains)));
                waiting.extend(reached.always.iter().rev().map(|inner| (inner.as_str(), true)));
                waiting.extend(reached.constraints.iter().rev().map(|inner| (inner.as_str(), true)));
            }
            found.extend(self.files.get_key_value(path).filter(|_| constrains).map(|(path, _)| path));
        }
        found
    }

    /// Which versions these files give to what is asked for without one: the first of them that names it, and its pins.
    pub(super) fn versions<'p>(&'p self, files: &[&'p String]) -> BTreeMap<&'p str, (&'p String, Vec<usize>)> {
        let mut found: BTreeMap<&str, (&String, Vec<usize>)> = BTreeMap::new();
        for path in files {
            let Some(Some(pins)) = self.files.get(*path) else { continue };
            for (at, pin) in pins.packages.iter().enumerate() {
                let (first, places) = found.entry(pins.text(pin.normal)).or_insert_with(|| (path, Vec::new()));
                if *first == *path && places.len() < MOST_VERSIONS {
                    places.push(at);
                }
            }
        }
        found
    }

    /// The files without which this one is not installed; or `all` that include it.
    pub(super) fn includers<'p>(&'p self, path: &'p str, all: bool) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![path];
        while let Some(inner) = waiting.pop() {
            let outer = self.included_by.get(inner).filter(|_| all || !(self.by_itself)(inner)).into_iter().flatten();
            waiting.extend(outer.copied().filter(|outer| found.insert(*outer)));
        }
        found
    }
}

/// `target` as included from the file `from`: relative to the project; `None` when it leads out of it.
pub(super) fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.trim_matches(['"', '\'']).replace('\\', "/");
    if target.starts_with('/') || target.contains(':') {
        return None;
    }
    joined(folder(from), &target)
}
