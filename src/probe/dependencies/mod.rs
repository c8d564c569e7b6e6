//! The `dependencies` probe: the locked versions of the project's packages against published advisories.
//!
//! ```text
//!  probe::packages ─▶ locked packages ─▶ osv (service, and proposed) or store (offline copy) ─▶ advisory (standing, group)
//!        └──────▶ ways_in ─┐                                                            │
//!   source ─▶ imports ─▶ uses ─▶ judged ◀────────────────────── way_out ◀── nearest ◀───┘
//!                                  └─▶ vulnerable_dependency (findings), report (the view)
//! ```

pub mod advisory;
mod coverage;
mod django_apps;
mod examine;
mod imports;
mod judged;
mod loaded_as;
mod loads;
mod module_names;
mod named;
mod namesakes;
pub mod nearest;
pub mod osv;
pub mod parts_used;
mod perhaps;
mod programs;
mod proposed;
pub mod query;
mod quoted;
mod report;
mod started;
pub mod store;
mod unsure_pins;
pub mod uses;
pub mod vendored;
mod vulnerable_dependency;
pub mod way_out;
pub mod ways_in;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches};
use crate::model::{Examined, Failure, ProbeId, Project, Settings, Skip, redact};

/// The probe.
pub struct DependenciesProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("dependencies"),
    title: "Dependencies",
    about: "Compares every locked package version with the published advisories, from the OSV service or an offline copy.",
    rules: &[&vulnerable_dependency::META],
    follows_files: false,
    timeout: Duration::from_secs(120),
};

impl Probe for DependenciesProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, settings: &Settings) -> Result<Plan, Skip> {
        let base = osv::base(&settings.osv_url).ok();
        let on_loopback = base.as_ref().is_some_and(osv::is_loopback);
        let may_ask = settings.consent.contains(&META.id) && (on_loopback || !settings.offline);
        if (settings.offline || !may_ask) && store::is_present(&settings.advisories) {
            return Ok(Plan {
                summary: "compare the locked packages with the offline copy of the advisories".to_owned(),
                touches: Touches::Files,
            });
        }
        // A path or a user name of the address may be a key.
        let host =
            base.as_ref().and_then(|url| url.host_str()).map_or_else(|| redact::url(&settings.osv_url), str::to_owned);
        Ok(Plan {
            summary: format!("send the names and versions of the project's packages to {host}"),
            touches: if on_loopback { Touches::Loopback } else { Touches::Network },
        })
    }

    fn run(&self, plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        examine::run(plan.touches, cx).boxed()
    }
}
