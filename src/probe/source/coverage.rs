//! How far each rule got: a rule has seen all only where no file that it is about was passed over, and where the code
//! has something of what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::facts::{CodeIndex, Language, Role};
use super::look::{Look, Looks};
use super::outside;
use super::rules::{RULES, Rule, Subject};
use crate::model::{Coverage, Examined, RuleId};

/// How many files' subjects are summed up in one go: after an edit the others' sums count again.
const BLOCK: usize = 128;

/// What all files of a block hold of the subjects of rules, rule by rule.
pub(super) type Sum = Arc<[Subject]>;

fn nothing() -> Vec<Subject> {
    RULES.iter().map(|_| Subject::default()).collect()
}

/// The sums of all blocks. Where nothing in one was looked at again since `before`, it stays as it was.
pub(super) fn sums(looks: &[Arc<Look>], before: Option<&Looks>) -> Vec<Sum> {
    let of_block = |(at, block): (usize, &[Arc<Look>])| {
        let kept = before.and_then(|before| {
            let then = before.files.chunks(BLOCK).nth(at).filter(|then| then.len() == block.len())?;
            let same = then.iter().zip(block).all(|(was, is)| Arc::ptr_eq(was, is));
            before.sums.get(at).filter(|_| same).cloned()
        });
        kept.unwrap_or_else(|| {
            let mut sum = nothing();
            for (place, found) in block.iter().flat_map(|look| &look.seen().subjects) {
                if let Some(subject) = sum.get_mut(*place) {
                    subject.add(found);
                }
            }
            sum.into()
        })
    };
    looks.par_chunks(BLOCK).enumerate().map(of_block).collect()
}

/// What was read, and how far every rule got with it.
pub(super) fn examined(index: &CodeIndex, looks: &[Arc<Look>], sums: &[Sum]) -> Examined {
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
    let all = || {
        let mut subjects = nothing();
        for sum in sums {
            subjects.iter_mut().zip(&**sum).for_each(|(all, of_block)| all.add(of_block));
        }
        subjects
    };
    let mut limits = index.files.iter().zip(looks);
    let limited = limits.find_map(|(file, look)| Some((&**file, look.seen().database_limit?)));
    let (subjects, services) = rayon::join(all, || outside::services_of(index, limited));
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
