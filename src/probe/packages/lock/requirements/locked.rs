//! From what a requirements file says to a lock file.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Builder, CONSTRAINTS, CONSTRAINTS_OF_COMMANDS, Draft, Origin, Reading, Scope, reason};
use super::constraints::{Given, resolve};
use super::pins::{Pin, Pins};
use crate::probe::packages::manifest::Manifest;
use crate::probe::packages::{Ecosystem, Manager};

/// More versions of one package than this are not told apart; markers for Pythons and platforms need far fewer.
pub const MOST_VERSIONS: usize = 64;
/// Nothing says that the file names more than what the project imports itself.
const PARTIAL: &str = "requirements file that does not say whether it names what its packages need in turn";

/// A requirement without a version of its own that a constraints file gives one.
#[derive(Debug)]
pub struct Constrained {
    /// The file that asks for it.
    pub by: String,
    /// Its name as written there.
    pub name: String,
    /// The versions asked for there.
    pub range: String,
    /// Whether production installs it.
    pub scope: Scope,
    /// The places of its versions among the pins of the constraints file.
    pub pins: Vec<usize>,
}

/// One file as a lock file. `given` are the names that constraints files give a version, `asked` is what other files take
/// from this one's versions.
pub fn locked(
    path: &str,
    pins: &Pins,
    scope: Scope,
    given: &BTreeSet<String>,
    asked: &[Constrained],
    manifests: &BTreeMap<String, Manifest>,
) -> Reading {
    let mut builder = Builder::new(Manager::Pip, "");
    builder.gaps = pins.gaps.clone();
    builder.root(path);
    for (at, pin) in pins.packages.iter().enumerate() {
        builder.add(at.to_string(), draft(pins, pin, scope));
    }
    let names = Names::of(pins);
    for (at, pin) in pins.packages.iter().enumerate() {
        let (key, name, range) = (at.to_string(), pins.text(pin.name), pins.text(pin.range));
        let mut asked = pins.notes(pin).next().is_none();
        for note in pins.notes(pin) {
            match Note::of(note) {
                Note::Other => {}
                Note::Package(by) => {
                    let named = names.called(&Ecosystem::PyPi.normalize(by));
                    // The project itself, by its name: it is no package of the file.
                    asked |= named.is_empty();
                    let is_other = |from: &Pin| pins.is_other(from, pin);
                    for (at, _) in named.iter().take(MOST_VERSIONS).filter(|(_, from)| is_other(from)) {
                        builder.needs(at.to_string(), &key);
                    }
                }
                Note::Manifest(file) => match manifest_of(path, file, manifests) {
                    Some(manifest) => {
                        asked = false;
                        builder.wants(&manifest.path, name, range_in(manifest, name), scope, &key);
                    }
                    None => asked = true,
                },
            }
        }
        if asked {
            builder.wants(path, name, range, scope, &key);
        }
    }
    for pin in pins.unpinned.iter().filter(|pin| !given.contains(pins.text(pin.normal))) {
        builder.gaps.add(reason::UNPINNED, pins.text(pin.name));
    }
    want(&mut builder, asked);
    let names_something = !pins.packages.is_empty() || !pins.unpinned.is_empty();
    if names_something && !pins.compiled {
        builder.gaps.add(PARTIAL, path);
    }
    builder.finish(path)
}

/// A constraints file as a lock file: what is asked for takes from it, and what arrives in its version if something else
/// needs it. What is settled has its version where it is asked for. `by_file` says that a file names it, not commands alone.
pub fn constraints(path: &str, pins: &Pins, given: &Given, by_file: bool) -> Reading {
    let Given { scope, by, asked, settled, name_all } = given;
    let scope = *scope;
    let mut builder = Builder::new(Manager::Pip, if by_file { CONSTRAINTS } else { CONSTRAINTS_OF_COMMANDS });
    builder.gaps = pins.gaps.clone();
    builder.readers_name_all = *name_all;
    by.iter().for_each(|path| builder.root(path));
    for (at, pin) in pins.packages.iter().enumerate() {
        let of_pin = || asked.iter().filter(|one| one.pins.contains(&at));
        let is_perhaps = pin.origin == Origin::Registry && !settled.contains(pins.text(pin.normal));
        match of_pin().map(|one| one.scope).min() {
            Some(scope) => builder.add(at.to_string(), draft(pins, pin, scope)),
            None if is_perhaps => builder.add(at.to_string(), draft(pins, pin, scope)),
            None => {}
        }
    }
    // A compiler notes who needs what.
    let names = Names::of(pins);
    for (at, pin) in pins.packages.iter().enumerate() {
        for note in pins.notes(pin) {
            let Note::Package(by) = Note::of(note) else { continue };
            let named = names.called(&Ecosystem::PyPi.normalize(by));
            for (by, _) in named.iter().take(MOST_VERSIONS).filter(|(_, from)| pins.is_other(from, pin)) {
                if builder.knows(&by.to_string()) && builder.knows(&at.to_string()) {
                    builder.needs(by.to_string(), at.to_string());
                }
            }
        }
    }
    want(&mut builder, asked);
    builder.finish(path)
}

fn draft(pins: &Pins, pin: &Pin, scope: Scope) -> Draft {
    let draft = Draft::new(pins.text(pin.name), pins.text(pin.version), pin.line);
    Draft { origin: pin.origin, scope: Some(scope), ..draft }
}

fn want(builder: &mut Builder, asked: &[Constrained]) {
    for one in asked {
        for at in &one.pins {
            builder.wants(&one.by, &*one.name, &*one.range, one.scope, at.to_string());
        }
    }
}

/// The packages by name, each with its place.
struct Names<'p> {
    pins: &'p Pins,
    sorted: Vec<(u32, &'p Pin)>,
}

impl<'p> Names<'p> {
    fn of(pins: &'p Pins) -> Self {
        // Nobody asks where there are no notes.
        let all = pins.packages.iter().take(if pins.has_notes() { usize::MAX } else { 0 });
        let mut sorted: Vec<(u32, &Pin)> = (0..).zip(all).collect();
        sorted.sort_by_key(|(_, pin)| pins.text(pin.normal));
        Self { pins, sorted }
    }

    fn called(&self, normal: &str) -> &[(u32, &'p Pin)] {
        let from = self.sorted.partition_point(|(_, pin)| self.pins.text(pin.normal) < normal);
        let rest = self.sorted.get(from..).unwrap_or_default();
        let end = rest.partition_point(|(_, pin)| self.pins.text(pin.normal) == normal);
        rest.get(..end).unwrap_or_default()
    }
}

impl Pins {
    /// Whether these are two versions or two packages.
    fn is_other(&self, a: &Pin, b: &Pin) -> bool {
        let key = |pin: &Pin| (self.text(pin.normal), self.text(pin.version));
        key(a) != key(b)
    }
}

/// Who asks for a package, as a compiler notes it.
enum Note<'t> {
    /// Another package, or the project by its name.
    Package(&'t str),
    /// A file: `-r requirements.in`, `shop (pyproject.toml)`.
    Manifest(&'t str),
    /// Constraints and the like, which ask for nothing.
    Other,
}

impl<'t> Note<'t> {
    fn of(note: &'t str) -> Self {
        if let Some(file) = note.strip_prefix("-r ") {
            return Self::Manifest(file.trim());
        }
        if note.starts_with('-') {
            return Self::Other;
        }
        match note.split_once(" (") {
            // An extra of the project follows a colon.
            Some((_, file)) => Self::Manifest(file.trim_end_matches(')').split(".toml:").next().unwrap_or(file)),
            None => Self::Package(note.split(['[', ' ']).next().unwrap_or(note)),
        }
    }
}

/// The manifest that a note names: by a path from where the compiler ran, which is the file's folder or one above.
fn manifest_of<'m>(path: &str, file: &str, manifests: &'m BTreeMap<String, Manifest>) -> Option<&'m Manifest> {
    let file = if file.ends_with("pyproject") { format!("{file}.toml") } else { file.to_owned() };
    let mut folder = path;
    loop {
        if let Some(manifest) = resolve(folder, &file).and_then(|path| manifests.get(&path)) {
            return Some(manifest);
        }
        folder = folder.rsplit_once('/')?.0;
    }
}

fn range_in(manifest: &Manifest, name: &str) -> String {
    let same = |other: &str| Ecosystem::PyPi.normalize(other) == Ecosystem::PyPi.normalize(name);
    let declared = manifest.declared.iter().find(|declared| same(&declared.name));
    declared.map(|declared| declared.range.clone()).unwrap_or_default()
}
