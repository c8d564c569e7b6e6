//! The `source` probe.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Plan, Probe, ProbeCx, ProbeMeta};
use crate::model::{Examined, Failure, ProbeId, Project, Settings, Skip, SkipReason};

pub mod facts;
mod shared;

pub use shared::SharedCode;

/// The probe.
pub struct SourceProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "",
    rules: &[],
    follows_files: true,
    timeout: Duration::from_secs(120),
};

impl Probe for SourceProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, _settings: &Settings) -> Result<Plan, Skip> {
        Err(Skip::new(SkipReason::NothingToExamine, "not built yet"))
    }

    fn run(&self, _plan: Plan, _cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        async { Ok(Examined::default()) }.boxed()
    }
}
