//! One probe and its run. While a probe runs again, what it saw last stays on the screen until the new run has ended.

use jiff::Timestamp;

use crate::model::{Observation, Outcome, ProbeMeta, RunId, SavedRun};

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
        let RunState::Running { since, seen, .. } = std::mem::replace(&mut self.state, RunState::Idle) else {
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
}
