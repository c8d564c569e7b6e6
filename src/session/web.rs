//! What the deployed app shows of itself, as the web probe last saw it.

use super::{ProbeRun, Session};
use crate::model::WebReport;

/// The probe that looks at addresses.
const PROBE: &str = "web";

impl Session {
    /// The probe that looks at addresses, with its run.
    #[must_use]
    pub fn web_run(&self) -> Option<&ProbeRun> {
        self.runs.iter().find(|run| run.meta.id.as_str() == PROBE)
    }

    /// What the last run of the web probe saw.
    #[must_use]
    pub fn web(&self) -> Option<&WebReport> {
        self.web_run()?.web()
    }
}
