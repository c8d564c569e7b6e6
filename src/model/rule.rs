//! What a rule is and says, written once beside the rule and read everywhere else.

use serde::Serialize;

use super::{Confidence, Severity};

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
