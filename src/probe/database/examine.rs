//! The order of a run: queries are made ready, planned one by one, judged, given indexes that help, and told.

use super::coverage::Tally;
use super::engine::Engine;
use super::judgement::full_table_scan::{self, Context};
use super::lexer::Dialect;
use super::placeholders::{Prepared, Unclear};
use super::plan::Unexamined;
use super::queries::{Found, Query};
use super::statement::{self, Shape};
use super::target::Target;
use crate::model::{Examined, Failure};
use crate::probe::ProbeCx;

/// A query that is ready to be planned.
pub struct Ready {
    /// The query.
    pub query: Query,
    /// Its text with numbered placeholders.
    pub prepared: Prepared,
    /// What it reads.
    pub shape: Shape,
}

/// Examines the queries of `found` on `target` and sends what it sees through `cx`.
pub async fn examine(target: &Target, found: Found, mut tally: Tally, cx: &ProbeCx) -> Result<Examined, Failure> {
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
    engine.notes().into_iter().for_each(|note| tally.note(note));
    tally.count("tables", engine.catalog().len());
    let total = ready.len() as u64;
    for (done, Ready { query, prepared, shape }) in ready.into_iter().enumerate() {
        cx.report_progress(done as u64, Some(total), "reading plans");
        match engine.judge(&query.sql, &prepared, shape).await {
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
