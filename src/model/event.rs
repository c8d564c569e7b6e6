//! What a probe's run tells the session, every way that it can end included.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DatabaseReport, DependencyReport, ExternalService, Observation, ProbeId, RuleId, WebReport};

/// Numbers the runs of one program start; events of a run that was replaced are dropped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

/// One thing that happened in one run of one probe.
#[derive(Debug, Clone)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// Its probe.
    pub probe: ProbeId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// The probe began.
    Started,
    /// It saw something.
    Observed(Box<Observation>),
    /// It ended; exactly one a run, sent by the engine and not by the probe.
    Finished(Outcome),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "detail", rename_all = "kebab-case")]
pub enum Outcome {
    /// It came to its end. Where it had to pass over something that its answer hangs on, [`Examined::partial`] says so.
    Completed(Examined),
    /// It did not start, and why.
    Skipped(Skip),
    /// A person stopped it.
    Cancelled,
    /// It took longer than it may.
    TimedOut,
    /// It could not do its work.
    Failed(Failure),
    /// It crashed; a bug of ours.
    Panicked(String),
}

impl Outcome {
    /// The word in the JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Completed(examined) if examined.partial.is_some() => "partial",
            Self::Completed(_) => "completed",
            Self::Skipped(_) => "skipped",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed-out",
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
        }
    }

    /// Whether it was meant to work and did not: neither complete, nor left out, nor stopped by a person.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::TimedOut | Self::Panicked(_))
    }

    /// Why it is anything but complete, as one sentence for people.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Completed(examined) => examined.partial.clone(),
            Self::Skipped(skip) => Some(skip.why.clone()),
            Self::Cancelled => Some("it was cancelled before it had finished".to_owned()),
            Self::TimedOut => Some("it took longer than it may".to_owned()),
            Self::Failed(failure) => Some(failure.message.clone()),
            Self::Panicked(message) => Some(format!("it crashed, which is a bug in gonogo: {message}")),
        }
    }
}

/// What a completed run looked at, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Examined {
    /// How many of what: `files`, `packages`, `queries`, `urls` …
    pub counts: BTreeMap<String, u64>,
    /// What was passed over, with reasons.
    pub gaps: Vec<Gap>,
    /// How far each rule got. A rule that is absent here examined nothing.
    pub rules: BTreeMap<RuleId, Coverage>,
    /// What it saw that the project is and has, whatever its manifests say, as checklists name it in `applies_when`:
    /// `database`, `ai` … Empty for probes that do not look for it.
    #[serde(default)]
    pub traits: BTreeSet<String>,
    /// The services outside the app that it saw the code depend on, sorted by name. Empty for probes that do not look
    /// for them.
    #[serde(default)]
    pub services: Vec<ExternalService>,
    /// The queries of the project with their plans. `None` for every probe but the one that looks at a database.
    #[serde(default)]
    pub database: Option<Box<DatabaseReport>>,
    /// What the deployed app shows of itself. `None` for every probe but the one that looks at addresses.
    #[serde(default)]
    pub web: Option<Box<WebReport>>,
    /// The vulnerable packages with their ways in and out. `None` for every probe but the one that looks at packages.
    #[serde(default)]
    pub dependencies: Option<Box<DependencyReport>>,
    /// Why its answer is one for a part only, as a sentence: files that say what there is could not be read.
    #[serde(default)]
    pub partial: Option<String>,
}

impl Examined {
    /// How far `rule` got.
    #[must_use]
    pub fn coverage(&self, rule: &RuleId) -> Option<&Coverage> {
        self.rules.get(rule)
    }
}

/// `1 file`, `120 lock files`; the names of what was counted are plurals.
#[must_use]
pub fn counted(what: &str, number: u64) -> String {
    let what = if what == "urls" { "URLs".to_owned() } else { what.replace(['_', '-'], " ") };
    match (number, what.strip_suffix("ies"), what.strip_suffix('s')) {
        (1, Some(stem), _) => format!("1 {stem}y"),
        (1, None, Some(one)) => format!("1 {one}"),
        _ => format!("{number} {what}"),
    }
}

/// How much of what a rule is about it has seen. "No findings" counts as a pass only where every rule of an item is
/// [`Coverage::Whole`] or [`Coverage::Absent`], and at least one is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "coverage", content = "why", rename_all = "kebab-case")]
pub enum Coverage {
    /// All of it, and there was something to see.
    Whole,
    /// The probe looked everywhere, and the project has nothing of the kind: no Dockerfile for a rule about Dockerfiles.
    Absent(String),
    /// Some of it; the sentence says what is missing.
    Part(String),
    /// Nothing; the sentence says why.
    Nothing(String),
}

/// Something that was not examined, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why, as a phrase: `larger than 2 MB`.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Up to three of them by name.
    pub examples: Vec<String>,
}

/// Why a probe did not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The kind of reason.
    pub reason: SkipReason,
    /// One sentence for people, with what to do.
    pub why: String,
}

impl Skip {
    /// A skip with its reason and sentence.
    pub fn new(reason: SkipReason, why: impl Into<String>) -> Self {
        Self { reason, why: why.into() }
    }
}

/// The kinds of reason for not starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Left out by `--only`, `--skip` or the configuration.
    NotSelected,
    /// There is nothing of its kind in the project, or nothing was named.
    NothingToExamine,
    /// It would touch the network or a database, and nobody has said yes.
    NeedsConsent,
    /// It would leave this machine, and `--offline` was given.
    Offline,
}

/// Why a probe could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// One line for the user: what went wrong and what to do next.
    pub message: String,
}

impl Failure {
    /// A failure with its line.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// How far a running probe is. Only the latest counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many are done.
    pub done: u64,
    /// Of how many, once that is known.
    pub total: Option<u64>,
    /// What is being done, as a phrase: `reading files`.
    pub doing: String,
}
