//! How far each rule got: a rule has seen all only where no file that it is about was passed over, and where the code
//! has something of what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::facts::{CodeIndex, Language, Role};
use super::look::Look;
use super::outside;
use super::rules::{RULES, Rule, Subject};
use crate::model::{Coverage, Examined, RuleId};

/// What was read, and how far every rule got with it.
pub(super) fn examined(index: &CodeIndex, looks: &[Arc<Look>]) -> Examined {
    let mut counts = BTreeMap::new();
    let files = || index.files.iter();
    counts.insert("files".to_owned(), index.files.len() as u64);
    counts.insert("lines".to_owned(), files().map(|file| u64::from(file.lines)).sum());
    counts.insert("functions".to_owned(), files().map(|file| file.functions.len() as u64 - 1).sum());
    counts.insert("calls".to_owned(), files().map(|file| file.calls.len() as u64).sum());
    let mut kinds = Kinds::new();
    for file in files() {
        let (count, partly) = kinds.entry((file.language, file.role)).or_default();
        *count += 1;
        *partly += u64::from(file.partly.is_some());
    }
    let nothing = || RULES.iter().map(|_| Subject::default()).collect::<Vec<_>>();
    let add = |mut subjects: Vec<Subject>, look: &Arc<Look>| {
        for (place, found) in &look.seen().subjects {
            if let Some(subject) = subjects.get_mut(*place) {
                subject.add(found);
            }
        }
        subjects
    };
    let both = |mut one: Vec<Subject>, other: Vec<Subject>| {
        one.iter_mut().zip(&other).for_each(|(one, other)| one.add(other));
        one
    };
    let mut limits = index.files.iter().zip(looks);
    let limited = limits.find_map(|(file, look)| Some((&**file, look.seen().database_limit?)));
    let (subjects, services) = rayon::join(
        || looks.par_iter().fold(nothing, add).reduce(nothing, both),
        || outside::services_of(index, limited),
    );
    let rules = RULES
        .iter()
        .zip(subjects)
        .map(|(rule, subject)| (RuleId::from_static(rule.meta.id), of_rule(rule, subject, &kinds, index)))
        .collect::<BTreeMap<_, _>>();
    Examined {
        counts,
        gaps: index.gaps.clone(),
        rules,
        traits: looks.iter().flat_map(|look| &look.seen().traits).map(|name| (*name).to_owned()).collect(),
        services,
        database: None,
        web: None,
        dependencies: None,
        partial: None,
    }
}

/// How many files there are of a language and role, and how many of them were read in part.
type Kinds = BTreeMap<(Language, Role), (u64, u64)>;

fn of_rule(rule: &Rule, subject: Subject, kinds: &Kinds, index: &CodeIndex) -> Coverage {
    let reads = |(language, _): &(Language, Role)| (rule.reads)(*language);
    let looks_at = |(_, role): &(Language, Role)| (rule.looks_at)(*role);
    let mut uncovered: BTreeMap<&str, u64> =
        index.uncovered.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    for ((language, _), (count, _)) in kinds.iter().filter(|(kind, _)| !reads(kind) && kind.1.in_production()) {
        *uncovered.entry(language.name()).or_default() += count;
    }
    uncovered.retain(|name, _| (rule.would_read)(name));
    let named =
        uncovered.iter().map(|(name, count)| format!("{name} ({})", files(*count))).collect::<Vec<_>>().join(", ");
    let production = kinds.keys().any(|(_, role)| *role != Role::Test);
    let partly: u64 = kinds.iter().filter(|(kind, _)| reads(kind)).map(|(_, (_, partly))| partly).sum();
    if partly == 0 && !kinds.keys().any(|kind| reads(kind) && looks_at(kind)) {
        return if !named.is_empty() {
            Coverage::Nothing(format!("The project has no code in a language that this rule reads yet: {named}"))
        } else if index.unread.is_empty() && production {
            Coverage::Absent("The project has no code of the kind that this rule is about".to_owned())
        } else {
            Coverage::Nothing("The project has no code that gonogo could read".to_owned())
        };
    }
    let mut missing = Vec::new();
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
