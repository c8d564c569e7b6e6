//! Which checklists are in force.

use std::collections::BTreeMap;
use std::path::Path;

use super::checklist::{Parsed, parse};
use super::closest::did_you_mean;
use super::error::quoted;
use super::files::{self, Text};
use super::{CHECKLISTS, CatalogError, KnownRules, Loaded};
use crate::model::Checklist;

/// The checklists to answer.
///
/// `wanted` holds names and paths as `--checklist` takes them; when it is empty, all that the program carries and all in
/// `<user_dir>/checklists` are in force. A user's file with the id of one that the program carries takes its place.
/// Ids of sections and items are unique over all that is loaded.
#[must_use]
pub fn checklists(wanted: &[String], user_dir: Option<&Path>, rules: &KnownRules<'_>) -> Loaded<Checklist> {
    let mut errors = Vec::new();
    let mut shelf = carried(rules, &mut errors);
    let folder = user_dir.map(|dir| dir.join("checklists"));
    for text in folder.iter().flat_map(|folder| files::in_folder(folder)) {
        match text.map_err(|error| vec![error]).and_then(|text| parse(&text, rules, false)) {
            Ok(parsed) => shelve(&mut shelf, parsed, &mut errors),
            Err(found) => errors.extend(found),
        }
    }
    let chosen = if wanted.is_empty() {
        shelf.into_iter().map(|place| place.parsed).collect()
    } else {
        choose(wanted, shelf, rules, &mut errors)
    };
    Loaded { loaded: without_clashes(chosen, &mut errors), errors }
}

/// A checklist that can be had by name.
struct Shelved {
    parsed: Parsed,
    carried: bool,
}

fn carried(rules: &KnownRules<'_>, errors: &mut Vec<CatalogError>) -> Vec<Shelved> {
    let mut shelf = Vec::new();
    for file in &CHECKLISTS {
        match parse(&Text { name: file.path.to_owned(), text: file.text.to_owned() }, rules, false) {
            Ok(parsed) => shelf.push(Shelved { parsed, carried: true }),
            Err(found) => errors.extend(found),
        }
    }
    shelf
}

fn shelve(shelf: &mut Vec<Shelved>, parsed: Parsed, errors: &mut Vec<CatalogError>) {
    match shelf.iter_mut().find(|place| place.parsed.checklist.id == parsed.checklist.id) {
        Some(place) if place.carried => *place = Shelved { parsed, carried: false },
        Some(place) => errors.push(taken(&parsed, &place.parsed)),
        None => shelf.push(Shelved { parsed, carried: false }),
    }
}

fn choose(
    wanted: &[String],
    shelf: Vec<Shelved>,
    rules: &KnownRules<'_>,
    errors: &mut Vec<CatalogError>,
) -> Vec<Parsed> {
    let mut chosen: Vec<Parsed> = Vec::new();
    let mut shelf: BTreeMap<String, Parsed> =
        shelf.into_iter().map(|place| (place.parsed.checklist.id.clone(), place.parsed)).collect();
    let names: Vec<String> = shelf.keys().cloned().collect();
    for (at, name) in wanted.iter().enumerate() {
        if wanted.iter().take(at).any(|earlier| earlier == name) {
            continue;
        }
        if let Some(parsed) = shelf.remove(name) {
            chosen.push(Parsed { asked_for: true, ..parsed });
            continue;
        }
        let path = Path::new(name);
        if !(name.contains(['/', '\\']) || name.ends_with(".toml") || path.is_file()) {
            errors.push(unknown(name, &names));
            continue;
        }
        match files::read(path, true).map_err(|error| vec![error]).and_then(|text| parse(&text, rules, true)) {
            Ok(parsed) => match chosen.iter().find(|other| other.checklist.id == parsed.checklist.id) {
                Some(other) => errors.push(taken(&parsed, other)),
                None => chosen.push(parsed),
            },
            Err(found) => errors.extend(found),
        }
    }
    chosen
}

fn unknown(name: &str, names: &[String]) -> CatalogError {
    let near = did_you_mean(name, names.iter().map(String::as_str));
    CatalogError {
        file: None,
        line: None,
        reason: format!(
            "there is no checklist {}{near}; there are: {}; or give the path of a .toml file",
            quoted(name),
            names.join(", ")
        ),
        asked_for: true,
    }
}

/// Leaves out every checklist that repeats a section or an item of one before it.
fn without_clashes(chosen: Vec<Parsed>, errors: &mut Vec<CatalogError>) -> Vec<Checklist> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    let mut loaded = Vec::new();
    for parsed in chosen {
        let list = &parsed.checklist;
        let section_ids = || list.sections.iter().map(|section| section.id.as_str());
        let item_ids = || list.items.iter().map(|item| item.id.as_str());
        let clash = |kind: &str, id: &str, line: u32, at: &str| {
            error(&parsed, line, format!("{kind} {}: this id is already taken in {at}", quoted(id)))
        };
        let before = errors.len();
        for (id, line) in section_ids().zip(&parsed.section_lines) {
            errors.extend(sections.get(id).map(|at| clash("section", id, *line, at)));
        }
        for (id, line) in item_ids().zip(&parsed.item_lines) {
            errors.extend(items.get(id).map(|at| clash("item", id, *line, at)));
        }
        if errors.len() == before {
            sections.extend(section_ids().map(|id| (id.to_owned(), parsed.file.clone())));
            items.extend(item_ids().map(|id| (id.to_owned(), parsed.file.clone())));
            loaded.push(parsed.checklist);
        }
    }
    loaded
}

fn taken(parsed: &Parsed, other: &Parsed) -> CatalogError {
    let id = quoted(&parsed.checklist.id);
    error(parsed, parsed.id_line, format!("the checklist {id} is already loaded from {}", other.file))
}

fn error(parsed: &Parsed, line: u32, reason: String) -> CatalogError {
    CatalogError { file: Some(parsed.file.clone()), line: Some(line), reason, asked_for: parsed.asked_for }
}
