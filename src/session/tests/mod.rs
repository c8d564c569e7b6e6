//! Tests of the pure core: the judgement, and the ways of a session.

mod joined;
mod judging;
mod services;
mod updating;

use std::time::Duration;

use jiff::Timestamp;

use super::RuleState;
use crate::model::{
    Answer, Confidence, Coverage, Entry, Finding, Item, ItemId, Location, ProbeId, ProbeMeta, Proof, Reply, RuleId,
    RuleKind, RuleMeta, Severity,
};

pub(super) const fn rule(id: &'static str, kind: RuleKind) -> RuleMeta {
    RuleMeta {
        id,
        title: id,
        kind,
        severity: Severity::Major,
        confidence: Confidence::High,
        what: "",
        why: "",
        fix: "",
        example: "",
        references: &[],
    }
}

pub(super) static BAD: RuleMeta = rule("bad-thing", RuleKind::Finding);
pub(super) static OTHER: RuleMeta = rule("other-thing", RuleKind::Finding);
pub(super) static GOOD: RuleMeta = rule("good-thing", RuleKind::Proof);
pub(super) static PROBE: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "",
    rules: &[&BAD, &OTHER, &GOOD],
    follows_files: true,
    timeout: Duration::from_secs(1),
};

pub(super) fn time(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    time("2026-06-15")
}

pub(super) fn item(fails_on: &[&str], proved_by: &[&str]) -> Item {
    Item {
        id: ItemId::from("area.thing"),
        section: "area".to_owned(),
        title: "The thing is right".to_owned(),
        severity: Severity::Major,
        why: String::new(),
        how: String::new(),
        fix: String::new(),
        ask: String::new(),
        fails_on: fails_on.iter().map(|id| RuleId::from(*id)).collect(),
        proved_by: proved_by.iter().map(|id| RuleId::from(*id)).collect(),
        applies_when: Vec::new(),
        max_age_days: 30,
        covers: Vec::new(),
        references: Vec::new(),
    }
}

pub(super) fn place(path: &str) -> Location {
    Location::File { path: path.to_owned(), span: None }
}

pub(super) fn finding() -> Finding {
    Finding::new(&BAD, place("a.ts"), "x", "it is bad")
}

pub(super) fn proof() -> Proof {
    Proof::new(&GOOD, place("b.ts"), "x", "it is good")
}

pub(super) fn said(reply: Reply) -> Entry {
    Entry { answer: Some(Answer { reply, at: now() }), ..Entry::default() }
}

pub(super) fn states(pairs: &[(&str, RuleState)]) -> Vec<(RuleId, RuleState)> {
    pairs.iter().map(|(id, state)| (RuleId::from(*id), state.clone())).collect()
}

pub(super) fn whole() -> RuleState {
    RuleState::Ran(Coverage::Whole)
}

pub(super) fn part() -> RuleState {
    RuleState::Ran(Coverage::Part("3 files could not be read".to_owned()))
}
