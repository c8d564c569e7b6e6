//! The project's packages, as the dependencies probe last saw them.

use super::{ProbeRun, Session};
use crate::model::{DependencyReport, Finding, Location};

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

    /// What the dependencies probe has against single packages, the worst first.
    #[must_use]
    pub fn findings_about_packages(&self) -> Vec<&Finding> {
        let mut found = self.findings();
        found.retain(|finding| finding.probe.as_str() == PROBE && matches!(finding.location, Location::Package { .. }));
        found
    }
}
