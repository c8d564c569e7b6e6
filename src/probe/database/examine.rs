//! The order of a run: the database is checked, queries are made ready, planned one by one, and given indexes that help; then
//! all of it is told.
//!
//! What is known stands in `Run`, outside of the work that finds it out. So whatever ends the work, its end, the clock or
//! the user, what was found by then is told, and what is missing is said.

use tokio::time::{Instant, sleep_until};

use super::checks;
use super::coverage::Tally;
use super::engine::Engine;
use super::judgement::help::Help;
use super::judgement::told::{Context, Judgement};
use super::lexer::Dialect;
use super::placeholders::{Prepared, Unclear};
use super::plan::{Asked, Judged, Unexamined};
use super::proposals::choose::{self, Choice, Until};
use super::proposals::merge::Wanted;
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

/// Examines the queries of `found` on `target` and sends what it sees through `cx`; looks for indexes until `search`, and tells
/// at `work` what is known by then.
pub async fn examine(
    target: &Target,
    found: Found,
    tally: Tally,
    code: &CodeIndex,
    cx: &ProbeCx,
    (search, work): (Until, Instant),
) -> Result<Examined, Failure> {
    let mut run = Run::new(found, tally, target.dialect(), cx);
    let ended = tokio::select! {
        biased;
        () = cx.cancel.cancelled() => Ended::Stopped,
        () = sleep_until(work) => Ended::Late,
        worked = run.work(target, code, search) => worked.map(|()| Ended::Done)?,
    };
    run.tell(ended, target, code).await
}

/// How the work of a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// All was done.
    Done,
    /// Its time was over.
    Late,
    /// The user stopped it.
    Stopped,
}

/// What a run knows.
struct Run<'a> {
    cx: &'a ProbeCx,
    dialect: Dialect,
    rows: u64,
    tally: Tally,
    /// Once it was reached.
    engine: Option<Engine>,
    /// Queries that are still to be planned.
    ready: Vec<Ready>,
    /// Those that were.
    looked: Vec<Looked>,
    /// Those that could not be.
    missed: Vec<ExaminedQuery>,
    /// The indexes to propose, once several were made one.
    wanted: Option<Vec<Wanted>>,
}

impl<'a> Run<'a> {
    fn new(found: Found, mut tally: Tally, dialect: Dialect, cx: &'a ProbeCx) -> Self {
        let (mut missed, mut ready) = (Vec::new(), Vec::new());
        let only = |query: &Query| cx.only.as_ref().is_none_or(|only| query.id == *only);
        let wanted = Found { queries: found.queries.into_iter().filter(only).collect(), ..found };
        tally.count("queries", wanted.queries.len());
        tally.count("places", wanted.places());
        for query in wanted.queries {
            match prepare(&query, dialect) {
                Ok(Some((prepared, shape))) => ready.push(Ready { query, prepared, shape }),
                Ok(None) => tally.no_query(&query, dialect),
                Err(unexamined) => {
                    missed.push(report::missed(&query, &unexamined, dialect));
                    tally.missed(&unexamined, &query, dialect);
                }
            }
        }
        let rows = cx.settings.rows.max(1);
        Self { cx, dialect, rows, tally, engine: None, ready, looked: Vec::new(), missed, wanted: None }
    }

    /// Finds out what there is to tell of the queries; what the database says of itself is told at once.
    async fn work(&mut self, target: &Target, code: &CodeIndex, search: Until) -> Result<(), Failure> {
        let (cx, dialect) = (self.cx, self.dialect);
        let only = |query: &Query| cx.only.as_ref().is_none_or(|only| query.id == *only);
        cx.report_progress(0, Some(self.ready.len() as u64), "connecting");
        let engine = self.engine.insert(Engine::open(target, &self.ready, cx).await?);
        engine.notes().into_iter().for_each(|note| self.tally.note(note));
        self.tally.count("tables", engine.catalog().len());
        match engine.statistics().await {
            Ok(counted) => {
                let mut passed_over = statistics::join(&mut self.ready, counted, dialect);
                self.ready.retain(|ready| only(&ready.query));
                passed_over.retain(|(query, _)| only(query));
                passed_over.iter().for_each(|(query, why)| self.tally.missed(why, query, dialect));
                let unsent = self.ready.iter().filter(|ready| ready.query.places.is_empty()).count();
                self.tally.of_server(unsent + passed_over.len());
            }
            Err(why) => self.tally.note(&format!("the server's statistics of queries {}", why.0)),
        }
        if cx.only.is_none() {
            cx.report_progress(0, Some(self.ready.len() as u64), "reading the catalogue");
            // While that goes on, a scratch server makes itself ready.
            self.tally.checked(checks::examine(engine, target, code, cx).await);
        }
        cx.report_progress(0, Some(self.ready.len() as u64), "planning");
        engine.learn(&self.ready).await?;
        self.plan().await;
        self.search(search).await;
        if let Some(engine) = &mut self.engine {
            self.wanted = Some(proposals::of(engine, &self.looked, dialect, self.rows, search).await);
            engine.let_go();
        }
        if search.is_over() {
            self.tally.note("the search for indexes was ended so that the run finishes in time: fewer or shorter ones may do, and some may be missing");
        }
        Ok(())
    }

    /// Reads the plan of each query that is ready.
    async fn plan(&mut self) {
        let Some(engine) = &mut self.engine else { return };
        let total = self.ready.len() as u64;
        self.ready.reverse();
        for done in 0.. {
            // It stays among the others until its plan is there.
            let Some(next) = self.ready.last() else { break };
            self.cx.report_progress(done, Some(total), "reading plans");
            let judged = engine.judge(&next.query.sql, &next.prepared, next.shape.clone()).await;
            let Some(Ready { query, prepared, .. }) = self.ready.pop() else { break };
            match judged {
                Ok((judged, shape)) => {
                    self.tally.examined();
                    if let Some(depends) = judged.depends {
                        self.tally.missed(&Unexamined::new(depends), &query, self.dialect);
                    }
                    let help = Help::NotTried;
                    self.looked.push(Looked { query, prepared, shape, judged, help, judgements: Vec::new() });
                }
                Err(unexamined) => {
                    self.missed.push(report::missed(&query, &unexamined, self.dialect));
                    self.tally.missed(&unexamined, &query, self.dialect);
                }
            }
        }
    }

    /// Looks for indexes that help.
    async fn search(&mut self, until: Until) {
        let Some(engine) = &mut self.engine else { return };
        let (looked, doing) = (&mut self.looked, "looking for indexes that help");
        let total = Some(looked.len() as u64);
        let shapes: Vec<Option<Shape>> = looked
            .iter()
            .map(|look| {
                let tables = look.judged.scans.iter().map(|scan| scan.table.name.as_str());
                look.shape.behind_views(tables, |name| engine.catalog().named(name).next().is_some())
            })
            .collect();
        let thought: Vec<_> = looked
            .iter()
            .zip(&shapes)
            .map(|(look, behind)| {
                let shape = behind.as_ref().unwrap_or(&look.shape);
                choose::thought_of(engine, shape, &look.judged, self.dialect, self.rows)
            })
            .collect();
        let trials: Vec<_> = looked
            .iter()
            .zip(&thought)
            .filter_map(|(look, thought)| Some((look.asked(), thought.as_ref().ok()?.as_slice())))
            .collect();
        self.cx.report_progress(0, total, doing);
        // Some at a time, so that the search ends in time however long one of them takes.
        for some in trials.chunks(TRIED_AT_ONCE) {
            if !until.is_over() {
                engine.try_ahead(some).await;
            }
        }
        for (done, ((look, thought), behind)) in (0..).zip(looked.iter_mut().zip(thought).zip(shapes)) {
            self.cx.report_progress(done, total, doing);
            let choice = match thought {
                Ok(candidates) => choose::choose(engine, look.asked(), &look.judged, candidates, until).await,
                Err(choice) => choice,
            };
            look.help = match choice {
                Choice::Proven { indexes, proof, before, after } => Help::Proven { indexes, proof, before, after },
                Choice::NoneHelps(tried) => Help::NoneHelps(tried),
                Choice::NotNeeded => Help::NotNeeded,
                Choice::NotProvable => Help::NotTried,
            };
            // That a condition on a view is one on the table behind it is sure once an index there serves it.
            if let (Some(behind), Help::Proven { .. }) = (behind, &look.help) {
                look.shape = behind;
            }
        }
    }

    /// Tells what is known.
    async fn tell(mut self, ended: Ended, target: &Target, code: &CodeIndex) -> Result<Examined, Failure> {
        let (cx, dialect, rows) = (self.cx, self.dialect, self.rows);
        let Some(engine) = self.engine else {
            return Err(Failure::new(match ended {
                Ended::Stopped => STOPPED,
                Ended::Done | Ended::Late => {
                    "the database did not say in time what it holds; run again when it has less to do"
                }
            }));
        };
        let late = Unexamined::new("were not reached before the time of the run was over");
        for Ready { query, .. } in &self.ready {
            self.missed.push(report::missed(query, &late, dialect));
            self.tally.missed(&late, query, dialect);
        }
        engine.troubles().into_iter().for_each(|trouble| self.tally.note(&trouble));
        self.tally.estimates_indexes(engine.estimates_indexes(), dialect);
        let catalog = engine.catalog();
        let mut wanted = self
            .wanted
            .unwrap_or_else(|| proposals::in_order(proposals::each(&self.looked, catalog, dialect, rows), catalog));
        for look in &mut self.looked {
            if look.help == Help::NotTried {
                self.tally.untried();
            }
            // Findings name the indexes that are proposed in the end, so that nobody makes one that another covers.
            look.help = proposals::agreed(&look.help, &look.query.id, &wanted);
            let context = Context { dialect, rows, shape: &look.shape, catalog };
            look.judgements = judgement::judge(&look.query, &look.judged, &look.help, &context);
            for judgement in &look.judgements {
                cx.emitter.emit(judgement.finding(&look.query, &look.judged, dialect)).await;
            }
        }
        for (at, judgement) in proposals::joined::add(&mut wanted, &self.looked, catalog, dialect, rows) {
            if let Some(look) = self.looked.get_mut(at) {
                cx.emitter.emit(judgement.finding(&look.query, &look.judged, dialect)).await;
                look.judgements.push(judgement);
            }
        }
        if ended == Ended::Stopped {
            return Err(Failure::new(STOPPED));
        }
        let total = self.looked.len() as u64;
        cx.report_progress(total, Some(total), "done");
        let mut queries = self.missed;
        queries.extend(self.looked.iter().map(|look| report::judged(look, dialect, &wanted)));
        queries.sort_by(ExaminedQuery::by_harm);
        let database = DatabaseReport {
            server: format!("{}, {}", engine.server(), target.name(&cx.project.root)),
            rows,
            method: engine.method(),
            queries,
            proposals: wanted.iter().map(|wanted| proposals::told(wanted, dialect, &cx.project, code)).collect(),
        };
        // One that was left in the middle of a question is dropped, which ends it as well.
        if ended == Ended::Done {
            engine.close().await;
        }
        Ok(Examined { database: Some(Box::new(database)), ..self.tally.finish(cx.only.is_none()) })
    }
}

const STOPPED: &str = "stopped before all queries were examined; run again";

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
