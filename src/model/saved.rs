//! A finished run as the state keeps it, so that a report can be written without running again.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Observation, Outcome, ProbeId};

/// One probe's finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// The probe.
    pub probe: ProbeId,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What it saw.
    pub observations: Vec<Observation>,
    /// The project files that its observations point into, each with the SHA-256 of its content then, in hexadecimal.
    pub cited: BTreeMap<String, String>,
}
