//! Version 1: packages stand in the packages in whose folders npm puts them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Around, Builder, Draft, Origin, Tree, is_address, manifest_in, own_folder, reason, scope};
use crate::probe::packages::json::{self, Entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::npm_spec::Spec;

/// npm itself gives up long before this depth, and file systems do too.
const MAX_DEPTH: usize = 50;

#[derive(Deserialize)]
struct Entry<'a> {
    version: Option<String>,
    resolved: Option<Value>,
    #[serde(default)]
    dev: bool,
    /// What it asks for, or `true`.
    #[serde(borrow)]
    requires: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
}

/// One package in its place.
struct Place<'a> {
    name: Cow<'a, str>,
    /// The place of the package in which it stands.
    inside: Option<usize>,
    version: Option<String>,
    resolved: String,
    dev: bool,
    requires: Option<&'a RawValue>,
    line: u32,
}

/// Reads `dependencies`.
pub fn read(entries: Entries<'_>, lines: &Lines<'_>, around: &Around<'_>, builder: &mut Builder) {
    let places = flat(entries, lines, builder);
    let mut tree = Tree::default();
    for (at, place) in places.iter().enumerate() {
        // Folder 0 is the project's own.
        tree.put(place.inside.map_or(0, |inside| inside + 1), &place.name, at);
    }
    for (at, place) in places.iter().enumerate() {
        let own = place.own_folder();
        let manifest = own.and_then(|folder| manifest_in(around, folder));
        if let Some(manifest) = &manifest {
            builder.root(manifest.as_str());
        }
        let above = folders_above(at, &places);
        for (name, raw) in place.requires.and_then(Entries::of).unwrap_or_default().0 {
            let Some(found) = tree.find(&above, &name) else { continue };
            let range = Spec::of(&name, &json::text(raw).unwrap_or_default()).range;
            match &manifest {
                Some(manifest) => builder.wants(manifest, name, range, scope(place.dev), found.to_string()),
                None => {
                    if let Some(folder) = places.get(found).and_then(Place::own_folder) {
                        builder.stands_in(&name, Some(around.place(folder)));
                    }
                    builder.needs_range(at.to_string(), found.to_string(), range);
                }
            }
        }
    }
    super::wants_of_manifest(around, &tree, builder);
    for (at, place) in places.into_iter().enumerate() {
        add(at, place, builder);
    }
}

/// Every package, one after the other.
fn flat<'a>(entries: Entries<'a>, lines: &Lines<'_>, builder: &mut Builder) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    let mut waiting = vec![(entries, None, 1)];
    while let Some((entries, inside, depth)) = waiting.pop() {
        if let Some(name) = &entries.1 {
            builder.gaps.add(reason::TWICE, name);
        }
        for (name, raw) in entries.0 {
            let Ok(entry) = serde_json::from_str::<Entry<'_>>(raw.get()) else {
                builder.gaps.add(reason::ENTRY, &name);
                continue;
            };
            if let Some(inner) = entry.dependencies {
                if depth < MAX_DEPTH {
                    waiting.push((inner, Some(places.len()), depth + 1));
                } else {
                    builder.gaps.add("packages nested deeper than 50 levels", &name);
                }
            }
            let resolved = entry.resolved.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
            let Entry { version, dev, requires, .. } = entry;
            places.push(Place { name, inside, version, resolved, dev, requires, line: lines.of_part(raw.get()) });
        }
    }
    places
}

/// The folders in which the package at `at` looks for others, its own first.
fn folders_above(at: usize, places: &[Place<'_>]) -> Vec<usize> {
    let inside = |at: &usize| places.get(*at).and_then(|place| place.inside);
    std::iter::successors(Some(at), inside).map(|at| at + 1).chain(std::iter::once(0)).collect()
}

impl Place<'_> {
    /// The folder of the project that it is.
    fn own_folder(&self) -> Option<&str> {
        self.version.as_deref().and_then(own_folder).or_else(|| own_folder(&self.resolved))
    }
}

fn add(at: usize, place: Place<'_>, builder: &mut Builder) {
    // A folder of the project is its own code.
    if place.own_folder().is_some() {
        return;
    }
    let name = place.name.into_owned();
    let Some(version) = place.version.filter(|version| !version.is_empty() && !name.is_empty()) else {
        builder.gaps.add(reason::ENTRY, &name);
        return;
    };
    // An alias is written as `npm:real-name@1.2.3`.
    let (name, version) = match version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
        Some((real, version)) if !real.is_empty() => {
            if real != name {
                builder.fork(&name, real, version);
            }
            (real.to_owned(), version.to_owned())
        }
        _ => (name, version),
    };
    let from_address = is_address(&version) || version.contains("://");
    // Of an address only the commit is a version; the rest may hold a password.
    let commit = version.rsplit_once('#').map_or("", |(_, commit)| commit);
    let (version, origin) = match from_address {
        true => (commit.to_owned(), Origin::Elsewhere),
        false if is_address(&place.resolved) => (version, Origin::Elsewhere),
        false => (version, Origin::Registry),
    };
    let scope = Some(scope(place.dev));
    builder.add(at.to_string(), Draft { origin, scope, ..Draft::new(name, version, place.line) });
}
