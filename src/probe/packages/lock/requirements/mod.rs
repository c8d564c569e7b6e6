//! `requirements.txt` (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

mod constraints;
mod locked;
mod pins;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::{Scope, installed, reason};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::packages::manifest;
use crate::probe::packages::manifest::python::requirements_file::says_development;
use crate::probe::packages::{Ecosystem, NotUnderstood, Packages, text_of};

use constraints::{Constraints, Given, Reached, included};
use locked::{Constrained, locked};
pub use pins::is_compiled;
use pins::{Pins, read};

/// Whether a file of this path is a requirements file by its name.
pub fn is_requirements(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let in_folder = parts.next() == Some("requirements");
    name.ends_with(".txt")
        && !name.contains("constraint")
        && (in_folder || name.starts_with("requirements") || name.ends_with("requirements.txt"))
}

/// Reads every requirements file, by its name, by a command or by what it holds. They include each other; each is read
/// once, whatever the circles.
pub fn collect(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) {
    let by_path: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let installed = installed::find(listing, cancel);
    let by_itself = |path: &str| is_requirements(path) || installed.files.contains(path);
    let named = by_path.keys().filter(|path| by_itself(path));
    // Those that look like one come last: another may say that they are for something else.
    let mut lists = installed.lists.iter();
    // Each with whether it asks for packages or only says which versions they have if somebody else does.
    let mut waiting: Vec<(String, bool)> = named.map(|path| ((*path).to_owned(), true)).collect();
    let of_names = installed.by_name.iter().flat_map(|one| &one.constraints);
    waiting.extend(of_names.map(|path| (path.clone(), false)));
    let mut read_files: BTreeMap<String, Option<Pins>> = BTreeMap::new();
    let mut asking: BTreeSet<String> = BTreeSet::new();
    let mut reached: BTreeMap<String, Reached> = BTreeMap::new();
    loop {
        let Some((path, asks)) = waiting.pop() else {
            let Some(list) = lists.next() else { break };
            waiting.extend((!read_files.contains_key(list)).then(|| (list.clone(), true)));
            continue;
        };
        if cancel.is_cancelled() {
            return;
        }
        let Some(file) = by_path.get(path.as_str()) else { continue };
        let is_new_ask = asks && asking.insert(path.clone());
        if !read_files.contains_key(&path) {
            let pins = match text_of(file) {
                Ok(text) => {
                    // Of those that bear no usual name only this tells which folders they install.
                    let placed = || manifest::placed_in_requirements(&path, &text);
                    if let Some(placed) = (!found.manifests.contains_key(&path)).then(placed).flatten() {
                        found.manifests.insert(path.clone(), placed);
                    }
                    Some(read(&text))
                }
                Err(why) => {
                    found.pass_over(&path, &why);
                    None
                }
            };
            let mut files = Reached::of(&path, pins.as_ref(), &by_path, found.gaps_of(&path));
            if let Some(given) = installed.given.get(&path) {
                files.always.extend(given.always().into_iter().cloned());
                files.perhaps.extend(given.any().into_iter().cloned());
            }
            reached.insert(path.clone(), files);
            read_files.insert(path.clone(), pins);
        } else if !is_new_ask {
            continue;
        }
        if let Some(reached) = reached.get(&path) {
            waiting.extend(reached.includes.iter().map(|inner| (inner.clone(), asks)));
            let constraints = [&reached.constraints, &reached.always, &reached.perhaps];
            waiting.extend(constraints.into_iter().flatten().map(|inner| (inner.clone(), false)));
        }
    }
    let includes: BTreeMap<String, Vec<String>> = reached
        .iter()
        .filter(|(path, _)| asking.contains(*path))
        .map(|(p, r)| (p.clone(), r.includes.clone()))
        .collect();
    let development = development_only(&includes, &by_itself);
    let mut included_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (outer, reached) in &reached {
        for inner in &reached.includes {
            included_by.entry(inner).or_default().push(outer);
        }
    }
    let scope_of = |path: &str| if development.contains(path) { Scope::Development } else { Scope::Production };
    let constraints = Constraints { files: &read_files, reached: &reached, included_by, by_itself: &by_itself };
    // What each constraints file gives to others, and what its readers have settled themselves.
    let mut given: BTreeMap<&String, Given> = BTreeMap::new();
    let mut named: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for path in &asking {
        let Some(Some(pins)) = read_files.get(path) else { continue };
        let scope = scope_of(path);
        let files = constraints.of(path);
        let versions = constraints.versions(&files);
        for file in &files {
            given.entry(file).or_insert_with(|| Given::new(scope)).to(path, pins, scope);
        }
        for pin in &pins.unpinned {
            let Some((file, places)) = versions.get(pins.text(pin.normal)) else { continue };
            named.entry(path).or_default().insert(pins.text(pin.normal).to_owned());
            let (by, name, range) = (path.clone(), pins.text(pin.name).to_owned(), pins.text(pin.range).to_owned());
            let one = Constrained { by, name, range, scope, pins: places.clone() };
            given.entry(file).or_insert_with(|| Given::new(scope)).asked.push(one);
        }
        let perhaps = reached.get(path).into_iter().flat_map(|one| &one.perhaps);
        for file in constraints.reached_from(perhaps.map(|file| (file.as_str(), true)).collect()) {
            given.entry(file).or_insert_with(|| Given::new(scope)).to(path, pins, scope);
        }
        // What another file or a command gives it here and there; elsewhere it has no version.
        let files = constraints.of_others(path);
        let more = if files.is_empty() { BTreeMap::new() } else { constraints.versions(&files) };
        for pin in &pins.unpinned {
            let normal = pins.text(pin.normal);
            let Some((file, places)) = more.get(normal).filter(|_| !versions.contains_key(normal)) else { continue };
            let (by, name, range) = (path.clone(), pins.text(pin.name).to_owned(), pins.text(pin.range).to_owned());
            let one = Constrained { by, name, range, scope, pins: places.clone() };
            given.entry(file).or_insert_with(|| Given::new(scope)).asked.push(one);
        }
    }
    for command in &installed.by_name {
        constraints.give_to(command, &mut given);
    }
    let mut readings = Vec::new();
    let (nothing, none) = (Given::new(Scope::Production), BTreeSet::new());
    for path in &asking {
        let Some(Some(pins)) = read_files.get(path) else { continue };
        let asked = &given.get(path).unwrap_or(&nothing).asked;
        let named = named.get(path).unwrap_or(&none);
        readings.push(locked(path, pins, scope_of(path), named, asked, &found.manifests));
    }
    for (path, given) in given.iter().filter(|(path, _)| !asking.contains(**path)) {
        let Some(Some(pins)) = read_files.get(*path) else { continue };
        let by_file = reached.values().any(|one| one.constraints.contains(*path));
        readings.push(locked::constraints(path, pins, given, by_file));
    }
    for reading in readings {
        found.add(reading);
    }
    // Each once, though a line may name several addresses.
    let mut told = BTreeSet::new();
    for (path, line) in &installed.addresses {
        let shown = included("://", path, *line);
        if told.insert(shown.clone()) {
            found.gaps.add(reason::INCLUDE, &shown);
        }
    }
    for ((path, target), line) in &installed.lost_constraints {
        let shown = included(target, path, *line);
        if told.insert(shown.clone()) {
            found.gaps_of(path).add(reason::INCLUDE, &shown);
        }
    }
    // What another tool writes on the way is answered by its own files.
    let is_python = |path: &String| manifest::ecosystem(path) == Some(Ecosystem::PyPi);
    let has_python = found.locks.iter().any(|lock| lock.manager.ecosystem() == Ecosystem::PyPi)
        || found.manifests.keys().any(is_python);
    for (path, line) in installed.lost.iter().filter(|_| !has_python) {
        found.pass_over(
            path,
            &NotUnderstood::at("requirements file that a command installs and that is not there", *line),
        );
    }
}

/// The files that only development installs: those whose names say so, and what nothing else includes.
fn development_only(includes: &BTreeMap<String, Vec<String>>, by_itself: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    let included: BTreeSet<&String> = includes.values().flatten().collect();
    let named_by_itself = |path: &String| by_itself(path) || !included.contains(path);
    let mut waiting: Vec<&String> =
        includes.keys().filter(|path| named_by_itself(path) && !says_development(path)).collect();
    let mut production = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if production.insert(path) {
            waiting.extend(includes.get(path).into_iter().flatten());
        }
    }
    includes.keys().filter(|path| !production.contains(path)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::constraints::resolve;
    use super::*;

    #[test]
    fn includes_are_found_and_kept_inside() {
        let includes = read("-r base.txt\n-r../x.txt\n--requirement=a/b.txt\n--requirement  c.txt\n").includes;
        let names: Vec<&str> = includes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["base.txt", "../x.txt", "a/b.txt", "c.txt"]);
        assert_eq!(resolve("requirements/dev.txt", "./base.txt"), Some("requirements/base.txt".to_owned()));
        assert_eq!(resolve("requirements/dev.txt", "..\\all.txt"), Some("all.txt".to_owned()));
        assert_eq!(resolve("requirements.txt", "../../etc/passwd"), None);
        assert_eq!(resolve("requirements.txt", "/etc/passwd"), None);
        assert_eq!(resolve("requirements.txt", "https://example.com/r.txt"), None);
    }

    #[test]
    fn names_tell_requirements_and_development() {
        for path in ["requirements.txt", "requirements-dev.txt", "a/dev-requirements.txt", "requirements/prod.txt"] {
            assert!(is_requirements(path), "{path}");
        }
        for path in ["notes.txt", "requirements.in", "requirements/constraints.txt", "requirements/README.md"] {
            assert!(!is_requirements(path), "{path}");
        }
        let files = [
            ("requirements.txt", vec!["requirements/base.txt"]),
            ("requirements/base.txt", vec![]),
            ("requirements-dev.txt", vec!["requirements.txt", "tools/lint.in"]),
            ("tools/lint.in", vec![]),
            ("docs/requirements.txt", vec!["docs/requirements.txt"]),
        ];
        let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let includes = files.iter().map(|(path, list)| ((*path).to_owned(), own(list))).collect();
        assert_eq!(
            development_only(&includes, &is_requirements).into_iter().collect::<Vec<_>>(),
            ["docs/requirements.txt", "requirements-dev.txt", "tools/lint.in"]
        );
    }
}
