//! The `database` probe: which queries of the code will read whole tables once these have grown.
//!
//! The path of a query: [`queries`] collects it from the code or a file · [`placeholders`] numbers its parameters, by the
//! [`lexer`] · [`statement`] makes sure that it is a single SELECT, INSERT, UPDATE or DELETE and reads its
//! [`conditions`] · [`postgres`] or [`sqlite`] read its [`plan`] against their [`catalog`] without executing anything ·
//! [`advice`] says why a scan is there · [`full_table_scan`] makes the finding.
//!
//! Nothing is written to the user's database: PostgreSQL is asked in read-only transactions with short limits that end
//! in ROLLBACK; a SQLite file is opened read-only for its schema, and queries are planned in a copy in memory.

pub mod advice;
pub mod catalog;
pub mod conditions;
mod coverage;
pub mod full_table_scan;
pub mod lexer;
pub mod placeholders;
pub mod plan;
pub mod postgres;
pub mod queries;
pub mod samples;
pub mod sqlite;
pub mod statement;
pub mod target;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Plan, Probe, ProbeCx, ProbeMeta};
use crate::model::{Examined, Failure, OfferTarget, ProbeId, Project, Settings, Skip, SkipReason};
use catalog::Catalog;
use coverage::Tally;
use full_table_scan::Context;
use lexer::Dialect;
use placeholders::{Prepared, Unclear};
use plan::{Judged, Unexamined};
use postgres::Postgres;
use queries::{Found, Query};
use sqlite::Sqlite;
use statement::Shape;
use target::Target;

/// The probe.
pub struct DatabaseProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("database"),
    title: "Database",
    about: "Reads, without executing anything, the plans that the database makes for the queries in the code, as if its tables had grown.",
    rules: &[&full_table_scan::META],
    follows_files: false,
    timeout: Duration::from_secs(120),
};

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
        async move {
            let address = cx.settings.database.as_ref().ok_or_else(|| Failure::new(unnamed(&cx.project)))?;
            let target = Target::parse(address).map_err(|error| Failure::new(error.to_string()))?;
            let dialect = target.dialect();
            let index = cx.code.index(&cx).await?;
            let mut found = Found::in_code(&index, dialect);
            if let Some(file) = &cx.settings.queries {
                let text = queries::read_file(file)?;
                let named = file.strip_prefix(&cx.project.root).unwrap_or(file).to_string_lossy().replace('\\', "/");
                found.add_file(&text, &named, dialect).map_err(|_| {
                    Failure::new(format!(
                        "in the queries of {named} a quote or comment is never closed; close it and run again"
                    ))
                })?;
            }
            let mut tally = Tally::new(&index, &cx.project);
            tally.left_out(&found);
            tokio::select! {
                () = cx.cancel.cancelled() => Err(Failure::new("stopped before the queries were examined; run again")),
                examined = examine(&target, found, tally, &cx) => examined,
            }
        }
        .boxed()
    }
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
        None => "no database was named; give --database URL (postgres://… or sqlite:PATH)".to_owned(),
    }
}

/// A query that is ready to be planned.
struct Ready {
    query: Query,
    prepared: Prepared,
    shape: Shape,
}

/// Examines the queries of `found` on `target` and sends what it sees through `cx`.
async fn examine(target: &Target, found: Found, mut tally: Tally, cx: &ProbeCx) -> Result<Examined, Failure> {
    let dialect = target.dialect();
    tally.count("queries", found.queries.len());
    tally.count("places", found.places());
    let mut ready = Vec::new();
    for query in found.queries {
        match prepare(&query, dialect) {
            Ok(Some((prepared, shape))) => ready.push(Ready { query, prepared, shape }),
            Ok(None) => tally.no_query(&query, dialect),
            Err(unexamined) => tally.missed(&unexamined, &query, dialect),
        }
    }
    cx.report_progress(0, Some(ready.len() as u64), "connecting");
    let mut engine = Engine::open(target, &ready, cx).await?;
    if engine.superuser() {
        tally.note("the role is a superuser, which may do anything: let gonogo and the app connect as a role that may only what it needs");
    }
    tally.count("tables", engine.catalog().len());
    let total = ready.len() as u64;
    for (done, Ready { query, prepared, shape }) in ready.into_iter().enumerate() {
        cx.report_progress(done as u64, Some(total), "reading plans");
        match engine.judge(&query, &prepared, shape).await {
            Ok((judged, shape)) => {
                tally.examined();
                if let Some(depends) = judged.depends {
                    tally.missed(&Unexamined::new(depends), &query, dialect);
                }
                let context =
                    Context { dialect, rows: cx.settings.rows.max(1), shape: &shape, catalog: engine.catalog() };
                for scan in &judged.scans {
                    cx.emitter.emit(full_table_scan::finding(&query, &judged, scan, &context)).await;
                }
            }
            Err(unexamined) => tally.missed(&unexamined, &query, dialect),
        }
    }
    cx.report_progress(total, Some(total), "done");
    engine.close().await;
    Ok(tally.finish())
}

/// Makes a query ready; `None` when it is a statement that picks no rows.
fn prepare(query: &Query, dialect: Dialect) -> Result<Option<(Prepared, Shape)>, Unexamined> {
    /// A longer text is generated data, not a query.
    const MOST_BYTES: usize = 100_000;
    if query.sql.len() > MOST_BYTES {
        return Err(Unexamined::new("are longer than 100 kB"));
    }
    let prepared = match Prepared::new(&query.sql, dialect) {
        Ok(prepared) => prepared,
        Err(Unclear::PutTogether | Unclear::CutOff) if statement::picks_no_rows(&query.sql) => return Ok(None),
        Err(unclear) => return Err(Unexamined::new(format!("are {unclear}"))),
    };
    match statement::read(&prepared.sql(), dialect) {
        Ok(shape) => Ok(Some((prepared, shape))),
        Err(_) if statement::picks_no_rows(&query.sql) => Ok(None),
        Err(unfit) => Err(Unexamined::new(format!("are {unfit}"))),
    }
}

enum Engine {
    Postgres(Box<Postgres>),
    Sqlite(Box<Sqlite>),
}

impl Engine {
    async fn open(target: &Target, ready: &[Ready], cx: &ProbeCx) -> Result<Self, Failure> {
        match target {
            Target::Postgres(target) => {
                let mut postgres = Postgres::open(target).await?;
                let functions = ready.iter().flat_map(|ready| &ready.shape.functions);
                let names: BTreeSet<String> = functions.filter_map(|parts| parts.last().cloned()).collect();
                postgres.learn_functions(names).await?;
                Ok(Self::Postgres(Box::new(postgres)))
            }
            Target::Sqlite(target) => {
                let relations = ready.iter().flat_map(|ready| ready.shape.relations());
                let wanted = relations.map(|relation| relation.table.to_lowercase()).collect();
                let sqlite = Sqlite::open(target, &cx.project.root, &wanted, cx.settings.rows.max(1)).await?;
                Ok(Self::Sqlite(Box::new(sqlite)))
            }
        }
    }

    fn superuser(&self) -> bool {
        matches!(self, Self::Postgres(postgres) if postgres.superuser)
    }

    fn catalog(&self) -> &Catalog {
        match self {
            Self::Postgres(postgres) => postgres.catalog(),
            Self::Sqlite(sqlite) => sqlite.catalog(),
        }
    }

    /// The plan, and the shape by which it was read.
    async fn judge(&mut self, query: &Query, prepared: &Prepared, shape: Shape) -> Result<(Judged, Shape), Unexamined> {
        match self {
            Self::Postgres(postgres) => postgres.judge(&query.sql, prepared, shape).await,
            Self::Sqlite(sqlite) => sqlite.judge(prepared, &shape).await.map(|judged| (judged, shape)),
        }
    }

    async fn close(self) {
        match self {
            Self::Postgres(postgres) => postgres.close().await,
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
