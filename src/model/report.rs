//! The result as data: the JSON contract, which the Markdown and text reports are written from as well.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Acceptance, Answer, Basis, Confidence, DatabaseReport, Decision, DependencyReport, Evidence, ExternalService, Gap,
    Poll, Severity, WebReport,
};

/// Version of the JSON contract. Fields are only ever added within one.
pub const SCHEMA: u32 = 1;

/// One object, in the order of the interface. Arrays are sorted by severity, path, line and rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// About what.
    pub project: ReportProject,
    /// The answer.
    pub verdict: Decision,
    /// When the newest run in it ended; `None` when nothing has run. Not part of the JSON: the same project gives the
    /// same bytes.
    #[serde(skip)]
    pub examined_at: Option<Timestamp>,
    /// Every probe, in registry order.
    pub probes: Vec<ReportProbe>,
    /// Every section, in checklist order.
    pub sections: Vec<ReportSection>,
    /// Every item, in checklist order.
    pub items: Vec<ReportItem>,
    /// Every finding.
    pub findings: Vec<ReportFinding>,
    /// Every proof.
    pub proofs: Vec<ReportProof>,
    /// Every service that the app depends on, by name.
    #[serde(default)]
    pub services: Vec<ReportService>,
    /// The queries of the project with their plans and costs, and the indexes that would help; `null` where no database
    /// was examined.
    #[serde(default)]
    pub database: Option<DatabaseReport>,
    /// What the deployed app shows of itself; `null` where no address was examined.
    #[serde(default)]
    pub web: Option<WebReport>,
    /// The vulnerable packages with their ways in and out; `null` where no packages were looked up.
    #[serde(default)]
    pub dependencies: Option<DependencyReport>,
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `gonogo`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The project of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportProject {
    /// For people.
    pub name: String,
    /// The folder.
    pub root: String,
    /// 40 hexadecimal digits.
    pub commit: Option<String>,
    /// What it is built with.
    pub stack: Vec<String>,
}

/// One probe's last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportProbe {
    /// The probe.
    pub id: String,
    /// `completed`, `partial`, `skipped`, `cancelled`, `timed-out`, `failed` or `panicked`.
    pub outcome: String,
    /// Why it is not complete.
    pub why: Option<String>,
    /// How many of what it looked at.
    pub examined: BTreeMap<String, u64>,
    /// What it passed over.
    pub not_examined: Vec<Gap>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSection {
    /// Its id.
    pub id: String,
    /// For people.
    pub title: String,
    /// What it asks, in a sentence.
    pub summary: String,
    /// Its answer in the poll.
    pub poll: Poll,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportItem {
    /// Its id.
    pub id: String,
    /// Its section's id.
    pub section: String,
    /// For people.
    pub title: String,
    /// How bad it is when it is false.
    pub severity: Severity,
    /// `pass`, `fail`, `unknown`, `not-applicable` or `accepted`.
    pub status: String,
    /// Why it stands there.
    pub why: String,
    /// What that rests on.
    pub basis: Basis,
    /// A person and a probe disagree.
    pub conflict: bool,
    /// The evidence is old.
    pub stale: bool,
    /// Fingerprints.
    pub findings: Vec<String>,
    /// Fingerprints.
    pub proofs: Vec<String>,
    /// What the item means to users.
    pub impact: String,
    /// How to verify it.
    pub how: String,
    /// What to do.
    pub fix: String,
    /// The question to a person.
    pub ask: String,
    /// What a person answered, and when.
    pub answer: Option<Answer>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Who accepted the risk, and why.
    pub accepted: Option<Acceptance>,
}

/// A place, flat, as the JSON has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLocation {
    /// `file`, `package`, `query`, `url` or `project`.
    pub kind: String,
    /// Relative path with `/`.
    pub path: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// From 1.
    pub column: Option<u32>,
    /// From 1.
    pub end_line: Option<u32>,
    /// Package name.
    pub package: Option<String>,
    /// Package version.
    pub version: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// SQL.
    pub query: Option<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFinding {
    /// 16 hexadecimal digits.
    pub fingerprint: String,
    /// The rule.
    pub rule: String,
    /// Its probe.
    pub probe: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub location: ReportLocation,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub fix: String,
}

/// One service that the app depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportService {
    /// The id of the question about it.
    pub item: String,
    /// What is known of it.
    #[serde(flatten)]
    pub service: ExternalService,
}

/// One proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportProof {
    /// 16 hexadecimal digits.
    pub fingerprint: String,
    /// The rule.
    pub rule: String,
    /// Its probe.
    pub probe: String,
    /// What is in place.
    pub message: String,
    /// Where.
    pub location: ReportLocation,
    /// What was seen.
    pub evidence: Vec<Evidence>,
}
