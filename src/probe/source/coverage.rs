//! How far each rule got: a rule has seen all only where no file that it is about was passed over, and where the code
//! has something of what it is about.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::facts::{CodeIndex, Role};
use super::outside;
use super::rules::{RULES, Rule, Subject};
use super::traits;
use crate::model::{Coverage, Examined, RuleId};

/// What was read, and how far every rule got with it.
pub(super) fn examined(index: &CodeIndex) -> Examined {
    let mut counts = BTreeMap::new();
    let files = || index.files.iter();
    counts.insert("files".to_owned(), index.files.len() as u64);
    counts.insert("lines".to_owned(), files().map(|file| u64::from(file.lines)).sum());
    counts.insert("functions".to_owned(), files().map(|file| file.functions.len() as u64 - 1).sum());
    counts.insert("calls".to_owned(), files().map(|file| file.calls.len() as u64).sum());
    let rules = RULES
        .par_iter()
        .map(|rule| (RuleId::from_static(rule.meta.id), of_rule(rule, index)))
        .collect::<BTreeMap<_, _>>();
    Examined {
        counts,
        gaps: index.gaps.clone(),
        rules,
        traits: traits::of(index),
        services: outside::services_of(index),
    }
}

fn of_rule(rule: &Rule, index: &CodeIndex) -> Coverage {
    let read = || {
        index
            .files
            .iter()
            .filter(|file| (rule.reads)(file.language) && ((rule.looks_at)(file.role) || file.partly.is_some()))
    };
    let mut uncovered: BTreeMap<&str, u64> =
        index.uncovered.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    for file in index.files.iter().filter(|file| !(rule.reads)(file.language) && file.role.in_production()) {
        *uncovered.entry(file.language.name()).or_default() += 1;
    }
    uncovered.retain(|name, _| (rule.would_read)(name));
    let named =
        uncovered.iter().map(|(name, count)| format!("{name} ({})", files(*count))).collect::<Vec<_>>().join(", ");
    let production = index.files.iter().any(|file| file.role != Role::Test);
    if read().next().is_none() {
        return if !named.is_empty() {
            Coverage::Nothing(format!("The project has no code in a language that this rule reads yet: {named}"))
        } else if index.unread.is_empty() && production {
            Coverage::Absent("The project has no code of the kind that this rule is about".to_owned())
        } else {
            Coverage::Nothing("The project has no code that gonogo could read".to_owned())
        };
    }
    let mut missing = Vec::new();
    let partly = read().filter(|file| file.partly.is_some()).count() as u64;
    if partly > 0 {
        missing.push(format!("{} read only in part", files(partly)));
    }
    let unread: u64 = index.unread.iter().filter(|(language, _)| (rule.reads)(*language)).map(|(_, count)| count).sum();
    if unread > 0 {
        missing.push(format!("{} not read", files(unread)));
    }
    if !named.is_empty() {
        missing.push(format!("not read for this rule: {named}"));
    }
    let mut subject = Subject::default();
    for file in read().filter(|file| (rule.looks_at)(file.role)) {
        (rule.about.look)(file, index, &mut subject);
    }
    missing.extend(subject.beyond);
    let none = rule.about.what.filter(|_| !subject.seen);
    if none.is_some() {
        missing.extend(subject.signs);
    }
    match none {
        _ if !missing.is_empty() => Coverage::Part(missing.join("; ")),
        Some(what) => Coverage::Absent(format!("The code has no {what}")),
        None => Coverage::Whole,
    }
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
