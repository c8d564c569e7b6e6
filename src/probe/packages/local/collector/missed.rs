//! Folders that manifests and lock files name and that are not among the project's files: they were not examined, whether they
//! lie outside or were not fetched.

use std::collections::BTreeSet;

use super::{Collector, MOST_FOLDERS};
use crate::probe::packages::local::{LocalPackage, short, shown_place};
use crate::probe::packages::lock::{GO_LIBRARY, reason};
use crate::probe::packages::manifest::{Manifest, Placed, Source};
use crate::probe::packages::{Ecosystem, npm_spec};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

impl Collector<'_> {
    /// Notes a folder that a file names and that is not among the project's files.
    pub(super) fn miss(&mut self, ecosystem: Ecosystem, path: &str, name: &str, written: &str, place: &str) {
        let key = |text: &str| (is_aside(path), ecosystem, text.to_owned());
        // What a list is compiled from, and the list, may name one folder in two ways.
        let is_other = self.missed.insert(key(&format!("{} in {}", ecosystem.normalize(name), folder(path))));
        let is_new = self.missed.insert(key(place)) && is_other;
        self.missed.insert(key(&format!("{} by name", ecosystem.normalize(name))));
        if is_new {
            let place = Some(short(shown_place(written))).filter(|place| !place.is_empty());
            let what = format!("{}{}", short(name), place.map(|place| format!(" ({place})")).unwrap_or_default());
            self.unseen.push((path.to_owned(), reason::OUTSIDE, what));
        }
    }

    /// Counts the members of a workspace that a manifest asks for and that are not there (`workspace:*`).
    pub(super) fn miss_members(&mut self, ecosystem: Ecosystem, manifest: &Manifest) {
        // Of Go's modules the lock file tells it, and other tools name folders.
        let is_by_name = matches!(ecosystem, Ecosystem::Npm | Ecosystem::PyPi);
        let own = manifest.declared.iter().filter(|one| is_by_name && one.source == Source::Own && !one.optional);
        let placed: BTreeSet<String> = manifest.placed.iter().map(|one| ecosystem.normalize(&one.name)).collect();
        for one in own.filter(|one| !npm_spec::is_archive_name(&one.range)) {
            let called = one.alias.as_ref().unwrap_or(&one.name);
            let name = ecosystem.normalize(&one.name);
            let is_placed = placed.contains(&name) || placed.contains(&ecosystem.normalize(called));
            let key = (ecosystem, name);
            // Where a lock file says the folder, that is looked for.
            if !is_placed && !self.names.contains(&key) && !self.linked.contains(&key) {
                self.miss(ecosystem, &manifest.path, called, &one.range, &format!("{} as a member", one.name));
            }
        }
    }

    /// Counts a folder that a lock file names and that is not there, where something asks for what is in it: what a lock file
    /// has left over nobody installs. Whether that is so.
    pub(super) fn miss_locked(
        &mut self,
        ecosystem: Ecosystem,
        path: &str,
        name: &str,
        place: Option<&str>,
        stands_in: bool,
    ) -> bool {
        let Some(place) = place.filter(|_| name != GO_LIBRARY) else { return false };
        let by_name = ecosystem.normalize(name);
        let is_asked = || ecosystem == Ecosystem::Go || stands_in || self.asked.contains(&(ecosystem, by_name.clone()));
        let inside = self.inside("", place);
        // The project's own folder is there.
        let is_there = |inside: &str| {
            inside.is_empty() || !self.manifests_in(inside, ecosystem).is_empty() || self.places.hold(inside, ecosystem)
        };
        if inside.as_deref().is_some_and(is_there) || !is_asked() {
            return false;
        }
        if !self.missed.contains(&(is_aside(path), ecosystem, format!("{by_name} by name"))) {
            let at = inside.unwrap_or_else(|| place.to_owned());
            self.miss(ecosystem, path, name, place, &at);
        }
        true
    }

    /// Whether a package is told of as a folder that is not there, and nothing of the project bears its name: what may be a copy
    /// has to be somewhere first.
    pub(super) fn is_missed(&self, one: &LocalPackage) -> bool {
        let by_name = (one.aside, one.ecosystem, format!("{} by name", one.name));
        one.fork.is_none() && self.missed.contains(&by_name) && !self.names.contains(&(one.ecosystem, one.name.clone()))
    }

    /// The folder that a requirements file means which another one includes: pip sees folders from where it is started.
    pub(super) fn above(&self, ecosystem: Ecosystem, path: &str, placed: &Placed) -> Option<String> {
        let is_there = |inside: &String| !self.manifests_in(inside, ecosystem).is_empty();
        if !self.lists.contains(path) || placed.folder.starts_with(['/', '~']) {
            return None;
        }
        let folders = std::iter::successors(Some(folder(path)), |below| {
            (!below.is_empty()).then(|| folder(below.trim_end_matches('/')))
        });
        let mut folders = folders.take(MOST_FOLDERS);
        folders.find_map(|from| joined(from, &placed.folder).filter(is_there))
    }
}

/// A folder outside the project as it is seen from the project's root, so that all who name it name the same.
pub(super) fn beyond(from: &str, written: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(written.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if written.starts_with(['/', '~']) { written.to_owned() } else { parts.join("/") }
}
