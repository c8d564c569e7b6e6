//! What an item, a section and the whole project come to.

use serde::{Deserialize, Serialize};

use super::{Acceptance, Fingerprint, Severity};

/// Where an item stands. Why is said in [`Verdict::why`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// True, on evidence or on a person's word.
    Pass,
    /// False.
    Fail,
    /// Not settled.
    Unknown,
    /// Does not concern this project.
    NotApplicable,
    /// Not true, and somebody answers for it.
    Accepted(Acceptance),
}

impl Status {
    /// The word in the JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
            Self::Accepted(_) => "accepted",
        }
    }

    /// Whether nobody needs to look at the item again for now.
    #[must_use]
    pub const fn settled(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Fail)
    }
}

/// What a status rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A probe's findings, proofs or clean run.
    Evidence,
    /// A person's word.
    Answer,
    /// Both.
    Both,
    /// Nothing yet.
    None,
}

impl Basis {
    /// The word in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Answer => "answer",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

/// The judgement of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Where it stands.
    pub status: Status,
    /// One sentence: why.
    pub why: String,
    /// How bad it is when it is false: the item's, or that of a worse finding against it.
    pub severity: Severity,
    /// On what.
    pub basis: Basis,
    /// A person and a probe disagree.
    pub conflict: bool,
    /// It passed once, but the evidence is old or its files have changed since.
    pub stale: bool,
    /// The findings that speak against it.
    pub findings: Vec<Fingerprint>,
    /// The proofs that speak for it.
    pub proofs: Vec<Fingerprint>,
}

/// A section's answer in the launch director's poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Poll {
    /// Every blocker and major item is settled; minor ones never hold a launch.
    Go,
    /// A blocker or major item in it fails.
    NoGo,
    /// A blocker or major item in it is not known yet.
    Unknown,
}

impl Poll {
    /// The word in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer to the product's one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Launch.
    Go,
    /// A blocker fails or is unknown.
    NoGo,
    /// Launch, with risks that somebody answers for.
    GoWithAcceptedRisks,
}

impl Decision {
    /// The word in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::GoWithAcceptedRisks => "go-with-accepted-risks",
        }
    }

    /// The words on the screen and in the report.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::NoGo => "NO-GO",
            Self::GoWithAcceptedRisks => "GO with accepted risks",
        }
    }
}
