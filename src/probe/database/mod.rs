//! The `database` probe: which queries of the code will read whole tables once these have grown.
//!
//! The path of a query: [`queries`] collects it from the code or a file · [`placeholders`] numbers its parameters, by the
//! [`lexer`] · [`statement`] makes sure that it is a single SELECT, INSERT, UPDATE or DELETE and reads its
//! [`conditions`] · [`postgres`], [`mysql`] or [`sqlite`] read its [`plan`] against their [`catalog`] without executing anything ·
//! [`judgement`] says what is wrong with it and why · [`proposals`] finds indexes that help and has the [`engine`] prove
//! them · [`mod@examine`] leads a query through all of that.
//!
//! Nothing is written to the user's database: PostgreSQL, MySQL and MariaDB are asked in read-only transactions with
//! short limits that end in ROLLBACK; a SQLite file is opened read-only for its schema, and queries are planned in a copy in memory.

pub mod catalog;
pub mod checks;
pub mod conditions;
mod coverage;
pub mod engine;
pub mod examine;
pub mod judgement;
pub mod lexer;
pub mod literals;
pub mod mysql;
pub mod names;
pub mod placeholders;
pub mod plan;
pub mod postgres;
pub mod proposals;
pub mod queries;
pub mod report;
pub mod samples;
pub mod sqlite;
pub mod statement;
pub mod statistics;
pub mod target;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{Plan, Probe, ProbeCx, ProbeMeta};
use crate::model::{Examined, Failure, OfferTarget, ProbeId, Project, RuleMeta, Settings, Skip, SkipReason};
use coverage::Tally;
use examine::examine;
use proposals::choose::Until;
use queries::Found;
use target::Target;

/// The probe.
pub struct DatabaseProbe;

/// The rules about queries and those about the database itself.
#[expect(clippy::indexing_slicing, reason = "checked while compiling")]
static RULES: [&RuleMeta; judgement::RULES.len() + checks::CHECKS.len()] = {
    let mut rules = [judgement::RULES[0]; judgement::RULES.len() + checks::CHECKS.len()];
    let mut at = 0;
    while at < rules.len() {
        let queries = judgement::RULES.len();
        rules[at] = if at < queries { judgement::RULES[at] } else { checks::CHECKS[at - queries].meta };
        at += 1;
    }
    rules
};

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("database"),
    title: "Database",
    about: "Reads, without executing anything, the plans that the database makes for the queries in the code, as if its tables had grown.",
    rules: &RULES,
    follows_files: false,
    timeout: Duration::from_secs(120),
};

/// How long the parts of a run may take, counted from its beginning. When one is over, what is still under way in it is given
/// up, and what was found by then is told.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Everything but telling what was found. [`ProbeMeta::timeout`] leaves time for that.
    pub work: Duration,
    /// Looking for indexes, which ends in an orderly way.
    pub search: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { work: Duration::from_secs(105), search: Duration::from_secs(85) }
    }
}

impl Probe for DatabaseProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, project: &Project, settings: &Settings) -> Result<Plan, Skip> {
        let Some(address) = &settings.database else {
            return Err(Skip::new(SkipReason::NothingToExamine, unnamed(project)));
        };
        let target =
            Target::parse(address).map_err(|error| Skip::new(SkipReason::NothingToExamine, error.to_string()))?;
        Ok(Plan { summary: format!("examine the {}, read-only", target.shown()), touches: target.touches() })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        examine_within(cx, Limits::default()).boxed()
    }
}

/// Examines the database that the settings name.
///
/// # Errors
/// A line for the user, without credentials.
pub async fn examine_within(cx: ProbeCx, limits: Limits) -> Result<Examined, Failure> {
    let ends = (Until::after(limits.search), Instant::now() + limits.work);
    let address = cx.settings.database.as_ref().ok_or_else(|| Failure::new(unnamed(&cx.project)))?;
    let target = Target::parse(address).map_err(|error| Failure::new(error.to_string()))?;
    let dialect = target.dialect();
    let index = cx.code.index(&cx).await?;
    let mut found = Found::in_code(&index, dialect);
    if let Some(file) = &cx.settings.queries {
        let text = queries::read_file(file)?;
        let named = file.strip_prefix(&cx.project.root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        found.add_file(&text, &named, dialect);
    }
    let mut tally = Tally::new(&index, &cx.project);
    tally.left_out(&found);
    examine(&target, found, tally, &index, &cx, ends).await
}

/// What to say when nobody named a database.
fn unnamed(project: &Project) -> String {
    let offer = project.offers.iter().find_map(|offer| match &offer.target {
        OfferTarget::Database(_) => Some(format!("{} ({})", offer.shown, offer.found_in)),
        OfferTarget::Url(_) => None,
    });
    match offer {
        Some(offer) => {
            format!("no database was named; allow the one that the project uses, {offer}, or give --database URL")
        }
        None => "no database was named; give --database URL (postgres://…, mysql://… or sqlite:PATH)".to_owned(),
    }
}
