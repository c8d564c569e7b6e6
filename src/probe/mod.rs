//! What looks at the world. Each probe is a folder here and one line in [`registry`].

pub mod database;
pub mod dependencies;
mod emitter;
pub mod environment;
pub mod files;
pub mod git;
mod header_settings;
pub mod packages;
mod paths;
pub mod registry;
pub mod repository;
#[cfg(test)]
mod samples;
pub mod secrets;
pub mod source;
pub mod web;
pub mod yaml;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::model::{Examined, Failure, Progress, Project, Settings, Skip};

pub use crate::model::ProbeMeta;
pub use emitter::Emitter;
pub(crate) use emitter::{clean, clean_dependencies, clean_report, clean_web};
pub use source::SharedCode;

/// Something that examines one side of a project.
pub trait Probe: Send + Sync {
    /// What it is; the same for every run.
    fn meta(&self) -> &'static ProbeMeta;

    /// Decides from what is already known whether there is anything to do. Quick, and touches nothing.
    ///
    /// # Errors
    /// The reason why the probe does not start, with what the user can do about it. Consent, `--only`, `--skip` and
    /// `--offline` for what the plan touches are the engine's business, not the probe's.
    fn plan(&self, project: &Project, settings: &Settings) -> Result<Plan, Skip>;

    /// Does the work, sends what it sees through `cx.emitter`, and looks at `cx.cancel` often.
    /// CPU work goes to `tokio::task::spawn_blocking`.
    fn run(&self, plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>>;
}

/// What a run would touch. All but files need the user's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touches {
    /// Files of the project, read only.
    Files,
    /// Addresses beyond this machine.
    Network,
    /// Addresses that are all on this machine's loopback; needs consent, allowed with `--offline`.
    Loopback,
    /// A database server beyond this machine.
    Database,
    /// A database on this machine: a file, a socket or loopback; needs consent, allowed with `--offline`.
    LocalDatabase,
}

impl Touches {
    /// Whether the user has to say yes first.
    #[must_use]
    pub const fn needs_consent(self) -> bool {
        !matches!(self, Self::Files)
    }

    /// Whether it stays on this machine.
    #[must_use]
    pub const fn stays_here(self) -> bool {
        !matches!(self, Self::Network | Self::Database)
    }
}

/// What a run will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// For people, without secrets: `examine postgres on localhost, read-only`.
    pub summary: String,
    /// What it touches.
    pub touches: Touches,
}

/// What a run works with.
#[derive(Clone)]
pub struct ProbeCx {
    /// The project.
    pub project: Arc<Project>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The way out for findings and proofs.
    pub emitter: Emitter,
    /// The way out for progress; only the latest counts.
    pub progress: watch::Sender<Progress>,
    /// Set when the run should stop.
    pub cancel: CancellationToken,
    /// The project's code as facts, parsed once for all probes that ask.
    pub code: Arc<SharedCode>,
    /// The time at which the run began, for judging expiry and age.
    pub now: Timestamp,
    /// Only the query with this id ([`crate::model::ExaminedQuery::id`]) is looked at; what else a run says is not used.
    pub only: Option<String>,
}

impl ProbeCx {
    /// Says how far the run is.
    pub fn report_progress(&self, done: u64, total: Option<u64>, doing: &str) {
        self.progress.send_replace(Progress { done, total, doing: doing.to_owned() });
    }
}
