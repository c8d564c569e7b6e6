//! Every checklist and theme that the program carries, and broken ones of users.

mod themes;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gonogo::catalog::{self, CHECKLISTS, CatalogError, KnownRules, Loaded};
use gonogo::model::{Checklist, Item, RuleKind, Severity};
use gonogo::probe::registry::PROBES;
use tempfile::TempDir;

/// The rules that the probes really have.
fn real_rules() -> KnownRules<'static> {
    catalog::known_rules(PROBES.iter().map(|probe| probe.meta()))
}

/// Every rule that a checklist that we carry names, as what it names it; for tests that are not about rules.
fn named_rules() -> KnownRules<'static> {
    let mut rules = BTreeMap::from([("sql-injection", RuleKind::Finding), ("error-tracking", RuleKind::Proof)]);
    for file in &CHECKLISTS {
        for line in file.text.lines() {
            let kind = match line.split_once(" = ") {
                Some(("fails_on", _)) => RuleKind::Finding,
                Some(("proved_by", _)) => RuleKind::Proof,
                _ => continue,
            };
            rules.extend(line.split('"').skip(1).step_by(2).map(|rule| (rule, kind)));
        }
    }
    rules
}

fn ours() -> Vec<Checklist> {
    let loaded = catalog::checklists(&[], None, &named_rules());
    assert_eq!(complaints(&loaded), Vec::<String>::new());
    assert_eq!(loaded.loaded.len(), CHECKLISTS.len());
    loaded.loaded
}

fn our_items() -> Vec<Item> {
    ours().into_iter().flat_map(|list| list.items).collect()
}

fn complaints<T>(loaded: &Loaded<T>) -> Vec<String> {
    loaded.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn every_rule_that_a_checklist_names_exists() {
    let loaded = catalog::checklists(&[], None, &real_rules());
    assert_eq!(complaints(&loaded), Vec::<String>::new());
}

#[test]
fn all_the_seeds_are_covered() {
    let covered: BTreeSet<String> = our_items().into_iter().flat_map(|item| item.covers).collect();
    let wanted = (1..=86).map(|number| format!("C{number}")).chain((1..=72).map(|number| format!("F{number}")));
    let missing: Vec<String> = wanted.filter(|number| !covered.contains(number)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_sentence_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = Vec::new();
    for item in our_items() {
        for text in [&item.why, &item.how, &item.fix, &item.ask, &item.title] {
            let sentences = text.split(". ").flat_map(|part| part.split("? ")).flat_map(|part| part.split("; "));
            for sentence in sentences.filter(|sentence| sentence.chars().count() > 15) {
                if let Some(first) = seen.insert(sentence.to_lowercase(), item.id.to_string()) {
                    twice.push(format!("{first} and {}: {sentence}", item.id));
                }
            }
        }
    }
    assert_eq!(twice, Vec::<String>::new());
}

#[test]
fn items_are_written_as_the_workbench_needs_them() {
    let items = our_items();
    let titles: BTreeSet<&str> = items.iter().map(|item| item.title.as_str()).collect();
    let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!((titles.len(), ids.len()), (items.len(), items.len()), "two items share a title or an id");
    for item in &items {
        assert!(!item.title.ends_with('.'), "{}: a title has no full stop", item.id);
        assert!(item.ask.ends_with('?'), "{}: a question ends with a question mark", item.id);
        for text in [&item.why, &item.how, &item.fix] {
            assert!(text.ends_with(['.', '?', ')', '\'', '"']), "{}: {text:?} is no sentence", item.id);
        }
        assert!(!item.covers.is_empty(), "{} covers nothing", item.id);
    }
    let blockers = |list: &Checklist| list.items.iter().filter(|item| item.severity == Severity::Blocker).count();
    let blockers: Vec<usize> = ours().iter().map(blockers).collect();
    assert!(blockers.iter().sum::<usize>() <= 30, "when everything is a blocker, nothing is: {blockers:?}");
}

/// The user's folder with one file in it.
fn folder(kind: &str, files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(kind)).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(kind).join(name), text).unwrap();
    }
    dir
}

/// Messages without the folder that the test made: `my.toml:3: …`.
fn without_folder(errors: &[CatalogError]) -> Vec<String> {
    let short = |error: &CatalogError| {
        let file = error.file.as_ref().map(|file| Path::new(file).file_name().unwrap().to_string_lossy().into_owned());
        CatalogError { file, ..error.clone() }.to_string()
    };
    errors.iter().map(short).collect()
}
