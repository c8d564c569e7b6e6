//! One probe and its run. While a probe runs again, what it saw last stays on the screen until the new run has ended.

use jiff::Timestamp;

use super::database;
use crate::model::{DatabaseReport, DependencyReport, Observation, Outcome, ProbeMeta, RunId, SavedRun, WebReport};

/// A probe and what is known of its runs.
#[derive(Debug)]
pub struct ProbeRun {
    /// The probe.
    pub meta: &'static ProbeMeta,
    /// What it is doing.
    pub state: RunState,
    /// Its last finished run.
    pub last: Option<SavedRun>,
}

/// What a probe is doing.
#[derive(Debug)]
pub enum RunState {
    /// Nothing.
    Idle,
    /// It was asked to run.
    Running {
        /// The run.
        run: RunId,
        /// When it was asked.
        since: Timestamp,
        /// What it has seen so far.
        seen: Vec<Observation>,
        /// The only query that it looks at; `None`: everything.
        only: Option<String>,
    },
}

impl ProbeRun {
    pub(super) fn new(meta: &'static ProbeMeta, last: Option<SavedRun>) -> Self {
        Self { meta, state: RunState::Idle, last }
    }

    /// The run under way.
    #[must_use]
    pub fn running(&self) -> Option<RunId> {
        match self.state {
            RunState::Running { run, .. } => Some(run),
            RunState::Idle => None,
        }
    }

    /// The query that the run under way is about, if it is about a single one.
    #[must_use]
    pub fn running_only(&self) -> Option<&str> {
        match &self.state {
            RunState::Running { only, .. } => only.as_deref(),
            RunState::Idle => None,
        }
    }

    /// What its last run saw of a database.
    #[must_use]
    pub fn database(&self) -> Option<&DatabaseReport> {
        match self.outcome() {
            Some(Outcome::Completed(examined)) => examined.database.as_deref(),
            _ => None,
        }
    }

    /// What its last run saw of the project's packages.
    #[must_use]
    pub fn dependencies(&self) -> Option<&DependencyReport> {
        match self.outcome() {
            Some(Outcome::Completed(examined)) => examined.dependencies.as_deref(),
            _ => None,
        }
    }

    /// What its last run saw of the deployed app.
    #[must_use]
    pub fn web(&self) -> Option<&WebReport> {
        match self.outcome() {
            Some(Outcome::Completed(examined)) => examined.web.as_deref(),
            _ => None,
        }
    }

    /// When the run under way was asked for.
    pub(super) fn running_since(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Running { since, .. } => Some(since),
            RunState::Idle => None,
        }
    }

    /// What it saw: in its last finished run, or so far in its first.
    #[must_use]
    pub fn observations(&self) -> &[Observation] {
        match (&self.last, &self.state) {
            (Some(last), _) => &last.observations,
            (None, RunState::Running { seen, .. }) => seen,
            (None, RunState::Idle) => &[],
        }
    }

    /// How its last run ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.last.as_ref().map(|last| &last.outcome)
    }

    /// Ends the run under way. One that was cancelled or never started leaves an earlier complete one in place: what that
    /// saw is still what is known, and ages.
    pub(super) fn finish(&mut self, outcome: Outcome, at: Timestamp) -> Option<&SavedRun> {
        let RunState::Running { since, seen, only: None, .. } = std::mem::replace(&mut self.state, RunState::Idle)
        else {
            return None;
        };
        let complete = matches!(self.outcome(), Some(Outcome::Completed(_)));
        if matches!(outcome, Outcome::Cancelled | Outcome::Skipped(_)) && complete {
            return None;
        }
        let duration_ms = u64::try_from(at.duration_since(since).as_millis()).unwrap_or(0);
        self.last = Some(SavedRun {
            probe: self.meta.id.clone(),
            ended: at,
            duration_ms,
            outcome,
            observations: seen,
            cited: std::collections::BTreeMap::new(),
        });
        self.last.as_ref()
    }

    /// Ends a run that was about a single query: what it saw of that query takes the place of what the last whole run
    /// saw. Nothing else changes, not even when the whole run ended, so that a part never counts as a whole.
    ///
    /// # Errors
    /// A sentence for the user where everything stays as it was.
    pub(super) fn amend(&mut self, outcome: Outcome) -> Result<String, String> {
        let title = self.meta.title;
        let RunState::Running { seen, only: Some(id), .. } = std::mem::replace(&mut self.state, RunState::Idle) else {
            return Err(format!("{title}: nothing was judged anew"));
        };
        let why = outcome.why();
        match (outcome, &mut self.last) {
            (Outcome::Completed(part), Some(whole)) => database::amend(whole, part, seen, &id),
            (Outcome::Cancelled, _) => Err("stopped".to_owned()),
            _ => Err(why.unwrap_or_else(|| "there is no whole run to add it to; run the probe first".to_owned())),
        }
        .map_err(|why| format!("{title}: {why}"))
    }
}
