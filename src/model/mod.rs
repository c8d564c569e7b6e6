//! Plain data that every other room shares; it imports nothing of ours and does no I/O.

pub mod address;
pub mod answer;
pub mod checklist;
pub mod dependencies;
mod dependency_sentence;
pub mod escape;
pub mod event;
pub mod finding;
pub mod id;
pub mod location;
pub mod project;
pub mod query;
pub mod redact;
pub mod report;
pub mod rule;
pub mod saved;
pub mod service;
pub mod settings;
pub mod severity;
pub mod theme;
pub mod verdict;
pub mod web;

pub use answer::{Acceptance, Answer, Change, ChangeKind, Entry, Field, Reply};
pub use checklist::{Checklist, Item, Section};
pub use dependencies::{
    AdvisoryReport, DependencyReport, LinesCome, LockReport, PackageStep, PartsUsed, Uses, VulnerablePackage, WayOut,
    WayOutKind, WayOutStep,
};
pub use event::{
    Coverage, EventKind, Examined, Failure, Gap, Outcome, Progress, RunEvent, RunId, Skip, SkipReason, counted,
};
pub use finding::{Evidence, EvidenceKind, Finding, Fingerprint, Observation, Proof};
pub use id::{ItemId, ProbeId, RuleId};
pub use location::{Location, Span};
pub use project::{Offer, OfferTarget, Project};
pub use query::{
    CallStatistics, CostPoint, DatabaseReport, ExaminedQuery, Gain, Harm, IndexProof, IndexProposal, Migration,
    PlanNode, QueryPlace, Tier, grouped, measured,
};
pub use redact::Secret;
pub use report::Report;
pub use rule::{ProbeMeta, RuleKind, RuleMeta};
pub use saved::SavedRun;
pub use service::{Cell, ExternalService, SeenAt};
pub use settings::Settings;
pub use severity::{Confidence, Severity};
pub use theme::Theme;
pub use verdict::{Basis, Decision, Poll, Status, Verdict};
pub use web::{
    AnswerTimes, CertificateRow, DnsRow, HeaderRow, ObservatoryScore, ObservatoryTest, PathRow, RequestMade, Site,
    Standing, SuiteRow, TlsServer, VersionRow, WebReport,
};
