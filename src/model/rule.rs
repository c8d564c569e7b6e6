//! What a probe and a rule are and say, written once beside them and read everywhere else.

use std::time::Duration;

use serde::Serialize;

use super::{Confidence, ProbeId, Severity};

/// Whether a rule speaks against the project or for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// Its observations are findings: something is wrong.
    Finding,
    /// Its observations are proofs: something is in place.
    Proof,
}

/// A rule's documentation. Feeds the detail pane, `gonogo explain` and `gonogo rules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleMeta {
    /// Public name, kebab-case: what is wrong, in the field's words.
    pub id: &'static str,
    /// One line, without a full stop.
    pub title: &'static str,
    /// Finding or proof.
    pub kind: RuleKind,
    /// How bad its findings usually are; one finding may say otherwise. `Minor` for proofs.
    pub severity: Severity,
    /// How sure its findings usually are; one finding may say otherwise. `High` for proofs.
    pub confidence: Confidence,
    /// What the rule looks for, in one or two plain sentences.
    pub what: &'static str,
    /// What happens to users, in one or two plain sentences.
    pub why: &'static str,
    /// What to do about it, in one or two plain sentences.
    pub fix: &'static str,
    /// A short example: the bad form and then the good one. May be empty for proofs.
    pub example: &'static str,
    /// Where the rule or its constants come from: URLs, RFCs, or numbers of the acceptance list (`F22`, `C54`).
    pub references: &'static [&'static str],
}

/// What a probe is.
#[derive(Debug)]
pub struct ProbeMeta {
    /// Public name.
    pub id: ProbeId,
    /// For people, in a word or two.
    pub title: &'static str,
    /// What it looks at, in a sentence.
    pub about: &'static str,
    /// Every rule that it may observe.
    pub rules: &'static [&'static RuleMeta],
    /// It reads nothing but files of the project, so it runs again by itself when they change.
    pub follows_files: bool,
    /// The engine ends a run that takes longer.
    pub timeout: Duration,
}
