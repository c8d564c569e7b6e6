//! The project's packages, as the dependencies probe last saw them.

use super::{ProbeRun, Session};
use crate::model::DependencyReport;

/// The probe that looks at packages.
const PROBE: &str = "dependencies";

impl Session {
    /// The probe that looks at packages, with its run.
    #[must_use]
    pub fn dependencies_run(&self) -> Option<&ProbeRun> {
        self.runs.iter().find(|run| run.meta.id.as_str() == PROBE)
    }

    /// What the last run of the dependencies probe saw.
    #[must_use]
    pub fn dependencies(&self) -> Option<&DependencyReport> {
        self.dependencies_run()?.dependencies()
    }
}
