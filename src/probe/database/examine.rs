//! The order of a run: queries are made ready, planned one by one, judged, given indexes that help, and told.

use super::checks;
use super::coverage::Tally;
use super::engine::Engine;
use super::judgement::help::Help;
use super::judgement::told::{Context, Judgement};
use super::lexer::Dialect;
use super::placeholders::{Prepared, Unclear};
use super::plan::{Asked, Judged, Unexamined};
use super::proposals::choose::{self, Choice, Until};
use super::queries::{Found, Query};
use super::statement::{self, Shape};
use super::target::Target;
use super::{judgement, proposals, report, statistics};
use crate::model::{DatabaseReport, Examined, ExaminedQuery, Failure};
use crate::probe::ProbeCx;
use crate::probe::source::facts::CodeIndex;

/// A query that is ready to be planned.
pub struct Ready {
    /// The query.
    pub query: Query,
    /// Its text with numbered placeholders.
    pub prepared: Prepared,
    /// What it reads.
    pub shape: Shape,
}

/// A query that was planned.
pub struct Looked {
    /// The query.
    pub query: Query,
    /// Its text with numbered placeholders.
    pub prepared: Prepared,
    /// What it reads.
    pub shape: Shape,
    /// Its plans.
    pub judged: Judged,
    /// Which indexes help it.
    pub help: Help,
    /// What is wrong with it, worst first.
    pub judgements: Vec<Judgement>,
}

impl Looked {
    /// The query as it was judged.
    #[must_use]
    pub const fn asked(&self) -> Asked<'_> {
        Asked { prepared: &self.prepared, shape: &self.shape, values: &self.judged.values }
    }
}

/// So many queries are tried with all their indexes between two looks at the clock.
const TRIED_AT_ONCE: usize = 20;

/// Examines the queries of `found` on `target` and sends what it sees through `cx`; looks for indexes `until` then.
pub async fn examine(
    target: &Target,
    mut found: Found,
    mut tally: Tally,
    code: &CodeIndex,
    cx: &ProbeCx,
    until: Until,
) -> Result<Examined, Failure> {
    let dialect = target.dialect();
    let rows = cx.settings.rows.max(1);
    let wanted = |query: &Query| cx.only.as_ref().is_none_or(|only| query.id(dialect) == *only);
    found.queries.retain(wanted);
    tally.count("queries", found.queries.len());
    tally.count("places", found.places());
    let mut queries: Vec<ExaminedQuery> = Vec::new();
    let mut ready = Vec::new();
    for query in found.queries {
        match prepare(&query, dialect) {
            Ok(Some((prepared, shape))) => ready.push(Ready { query, prepared, shape }),
            Ok(None) => tally.no_query(&query, dialect),
            Err(unexamined) => {
                queries.push(report::missed(&query, &unexamined, dialect));
                tally.missed(&unexamined, &query, dialect);
            }
        }
    }
    cx.report_progress(0, Some(ready.len() as u64), "connecting");
    let mut engine = Engine::open(target, &ready, cx).await?;
    engine.notes().into_iter().for_each(|note| tally.note(note));
    tally.count("tables", engine.catalog().len());
    match engine.statistics().await {
        Ok(counted) => {
            let mut passed_over = statistics::join(&mut ready, counted, dialect);
            ready.retain(|ready| wanted(&ready.query));
            passed_over.retain(|(query, _)| wanted(query));
            passed_over.iter().for_each(|(query, why)| tally.missed(why, query, dialect));
            let unsent = ready.iter().filter(|ready| ready.query.places.is_empty()).count();
            tally.of_server(unsent + passed_over.len());
        }
        Err(why) => tally.note(&format!("the server's statistics of queries {}", why.0)),
    }
    cx.report_progress(0, Some(ready.len() as u64), "planning");
    engine.learn(&ready).await?;
    tally.estimates_indexes(engine.estimates_indexes(), dialect);
    let mut looked = Vec::new();
    let total = ready.len() as u64;
    for (done, Ready { query, prepared, shape }) in (0..).zip(ready) {
        cx.report_progress(done, Some(total), "reading plans");
        match engine.judge(&query.sql, &prepared, shape).await {
            Ok((judged, shape)) => {
                tally.examined();
                if let Some(depends) = judged.depends {
                    tally.missed(&Unexamined::new(depends), &query, dialect);
                }
                let help = Help::NotTried;
                looked.push(Looked { query, prepared, shape, judged, help, judgements: Vec::new() });
            }
            Err(unexamined) => {
                queries.push(report::missed(&query, &unexamined, dialect));
                tally.missed(&unexamined, &query, dialect);
            }
        }
    }
    let thought: Vec<_> =
        looked.iter().map(|look| choose::thought_of(&engine, look.asked(), &look.judged, dialect, rows)).collect();
    let trials: Vec<_> = looked
        .iter()
        .zip(&thought)
        .filter_map(|(look, thought)| Some((look.asked(), thought.as_ref().ok()?.as_slice())))
        .collect();
    cx.report_progress(0, Some(total), "looking for indexes that help");
    // Some at a time, so that the search ends in time however long one of them takes.
    for some in trials.chunks(TRIED_AT_ONCE) {
        if !until.is_over() {
            engine.try_ahead(some).await;
        }
    }
    for (done, (look, thought)) in (0..).zip(looked.iter_mut().zip(thought)) {
        cx.report_progress(done, Some(total), "looking for indexes that help");
        let choice = match thought {
            Ok(candidates) => choose::choose(&mut engine, look.asked(), &look.judged, candidates, until).await,
            Err(choice) => choice,
        };
        if choice == Choice::NotProvable {
            tally.untried();
        }
        look.help = match choice {
            Choice::Proven { indexes, proof, before, after } => Help::Proven { indexes, proof, before, after },
            Choice::NoneHelps(tried) => Help::NoneHelps(tried),
            Choice::NotNeeded | Choice::NotProvable => Help::NotTried,
        };
    }
    let mut wanted = proposals::of(&mut engine, &looked, dialect, rows, until).await;
    engine.let_go();
    if until.is_over() {
        tally.note("the search for indexes was ended so that the run finishes in time: fewer or shorter ones may do, and some may be missing");
    }
    for look in &mut looked {
        // Findings name the indexes that are proposed in the end, so that nobody makes one that another covers.
        look.help = proposals::agreed(&look.help, &look.query.id(dialect), &wanted);
        let context = Context { dialect, rows, shape: &look.shape, catalog: engine.catalog() };
        look.judgements = judgement::judge(&look.query, &look.judged, &look.help, &context);
        for judgement in &look.judgements {
            cx.emitter.emit(judgement.finding(&look.query, &look.judged, dialect)).await;
        }
    }
    for (at, judgement) in proposals::joined::add(&mut wanted, &looked, engine.catalog(), dialect, rows) {
        if let Some(look) = looked.get_mut(at) {
            cx.emitter.emit(judgement.finding(&look.query, &look.judged, dialect)).await;
            look.judgements.push(judgement);
        }
    }
    cx.report_progress(total, Some(total), "reading the catalogue");
    if cx.only.is_none() {
        tally.checked(checks::examine(&mut engine, target, code, cx).await);
    }
    cx.report_progress(total, Some(total), "done");
    queries.extend(looked.iter().map(|look| report::judged(look, dialect, &wanted)));
    queries.sort_by(ExaminedQuery::by_harm);
    let database = DatabaseReport {
        server: format!("{}, {}", engine.server(), target.name(&cx.project.root)),
        rows,
        method: engine.method(),
        queries,
        proposals: wanted.iter().map(|wanted| proposals::told(wanted, dialect, &cx.project, code)).collect(),
    };
    engine.close().await;
    Ok(Examined { database: Some(Box::new(database)), ..tally.finish() })
}

/// Makes a query ready; `None` when it is a statement that picks no rows.
pub fn prepare(query: &Query, dialect: Dialect) -> Result<Option<(Prepared, Shape)>, Unexamined> {
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
