//! The `environment` probe.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Plan, Probe, ProbeCx, ProbeMeta};
use crate::model::{Examined, Failure, ProbeId, Project, Settings, Skip, SkipReason};

/// The probe.
pub struct EnvironmentProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("environment"),
    title: "Environment",
    about: "",
    rules: &[],
    timeout: Duration::from_secs(120),
};

impl Probe for EnvironmentProbe {
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

/// Whether a path names a `.env` file with values: `.env`, `.env.production`, but not `.env.example`.
#[must_use]
pub fn is_env_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    (name == ".env" || name.starts_with(".env.") || name.starts_with(".env-")) && !is_example_file(&name)
}

/// Whether a file name marks an example to copy.
#[must_use]
pub fn is_example_file(name: &str) -> bool {
    name.to_ascii_lowercase()
        .split(['.', '-', '_'])
        .any(|word| matches!(word, "example" | "sample" | "template" | "dist" | "defaults" | "tpl" | "schema" | "tmpl"))
}
