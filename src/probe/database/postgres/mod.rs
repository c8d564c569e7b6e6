//! PostgreSQL 12 and later: a session that can only read, and what it says about plans.
//!
//! Queries are planned in a `scratch` cluster where one can be made (`ahead`), else on the user's server with sequential
//! scans disabled; `weigh` finds the plan that counts on either.

mod ahead;
mod catalog;
mod counted;
mod errors;
mod facts;
mod hypothetical;
mod own;
mod plan;
mod questions;
mod scratch;
mod session;
mod weigh;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::catalog::{Catalog, Table};
use super::checks::facts::{Facts, Place};
use super::examine::Ready;
use super::placeholders::Prepared;
use super::plan::{Asked, Judged, Tried, Unexamined};
use super::proposals::candidate::Candidate;
use super::statement::Shape;
use super::target::PostgresTarget;
use crate::model::{CallStatistics, CostPoint, Failure, IndexProof, PlanNode};
use ahead::{Ahead, Plans};
use catalog::About;
use errors::Refused;
use own::Own;
use scratch::{At, Scratch, Starting};
use session::{Ask, IN_FULL, Planner, Session};
use weigh::Planning;

/// All queries together; five hundred take two seconds. After that there has to be time to ask the server itself.
const PLANNED_WITHIN: Duration = Duration::from_secs(30);

/// A server that was reached, and what is known about it.
pub struct Postgres {
    session: Session,
    about: About,
    catalog: Catalog,
    own: Own,
    rows: u64,
    copy: Copied,
    /// Queries that were planned in the scratch cluster, by their text with numbered parameters.
    ahead: HashMap<String, Ahead>,
    /// Queries that took the scratch cluster's planner too long, in the same way.
    slow: BTreeSet<String>,
    /// How to ask for the plan of those that were planned on the server.
    asked: HashMap<String, Ask>,
    /// The schema of the extension HypoPG, once it was looked for.
    hypopg: Option<Option<String>>,
    /// The role may do anything, `COPY … TO PROGRAM` included.
    pub superuser: bool,
}

/// Where the scratch cluster is.
enum Copied {
    /// It is being made.
    Starting(Box<Starting>),
    /// It can plan.
    Ready(Box<Scratch>),
    /// There is none: why, as a phrase.
    Missing(String),
}

impl Postgres {
    /// Connects and reads the catalogue; `rows` is the size at which queries are judged. While that goes on, a scratch
    /// cluster is begun, with no program from inside the folder `project`.
    ///
    /// # Errors
    /// A line for the user, without credentials.
    pub async fn open(target: &PostgresTarget, project: &Path, rows: u64) -> Result<Self, Failure> {
        let mut session = Session::connect(target).await?;
        let failed = |refused: Refused| errors::catalogue(&refused, &target.shown);
        let about = catalog::about(&mut session).await.map_err(failed)?;
        let copy = match Starting::begin(about.major, &about.locale, project).await {
            Ok(starting) => Copied::Starting(Box::new(starting)),
            Err(reason) => Copied::Missing(reason),
        };
        let (catalog, own, superuser) = catalog::read(&mut session).await.map_err(failed)?;
        let (ahead, slow, asked) = (HashMap::new(), BTreeSet::new(), HashMap::new());
        Ok(Self { session, about, catalog, own, rows, copy, ahead, slow, asked, hypopg: None, superuser })
    }

    /// Makes ready for these queries: finds out which of the functions that they call are the database's own, copies their
    /// tables into the scratch cluster, and plans there what can be planned there. Once, with everything that will be asked.
    ///
    /// # Errors
    /// A line for the user.
    pub async fn prepare(&mut self, ready: &[Ready]) -> Result<(), Failure> {
        let names: BTreeSet<String> = ready.iter().flat_map(|ready| own::names(&ready.shape)).collect();
        own::learn_functions(&mut self.session, &mut self.own, names).await.map_err(|refused| {
            Failure::new(format!("the database's list of functions cannot be read: {refused}; run again"))
        })?;
        let wanted: Vec<&Ready> = ready.iter().filter(|ready| self.own.called_by(&ready.shape).is_none()).collect();
        let relations = wanted.iter().flat_map(|ready| ready.shape.relations());
        let names: BTreeSet<String> = relations.map(|relation| relation.table.to_lowercase()).collect();
        let missing = |reason: &str| Copied::Missing(reason.to_owned());
        let starting = match std::mem::replace(&mut self.copy, missing("it was not ready in time")) {
            Copied::Starting(starting) => starting,
            other => {
                self.copy = other;
                return Ok(());
            }
        };
        if names.is_empty() {
            self.copy = missing("no query reads a table");
            starting.end().await;
            return Ok(());
        }
        self.copy = match starting.copy(&mut self.session, &names, self.rows).await {
            Ok(mut scratch) => match plan_ahead(&mut scratch, &self.catalog, &wanted).await {
                Ok(plans) => {
                    (self.ahead, self.slow) = (plans.judged, plans.slow);
                    Copied::Ready(Box::new(scratch))
                }
                Err(reason) => {
                    scratch.end().await;
                    Copied::Missing(reason)
                }
            },
            Err(reason) => Copied::Missing(reason),
        };
        Ok(())
    }

    /// What the database holds.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What the server says of itself.
    pub async fn facts(&mut self, place: Place) -> Facts {
        let facts = facts::read(&mut self.session).await;
        let place = Place { encrypted: facts.place.encrypted.or(place.encrypted), ..place };
        Facts { place, ..facts }
    }

    /// The server and its version.
    #[must_use]
    pub fn server(&self) -> String {
        format!("PostgreSQL {}", self.about.version)
    }

    /// How plans at other sizes are made, as a phrase.
    #[must_use]
    pub fn method(&self) -> String {
        match &self.copy {
            Copied::Ready(scratch) => {
                let mut method = format!("planned in a scratch PostgreSQL {} with the same schema", scratch.major);
                if scratch.major != self.about.major {
                    method.push_str(&format!(
                        ", because the programs of version {} are not on this machine",
                        self.about.major
                    ));
                }
                match scratch.uncounted {
                    0 => {}
                    1 => method.push_str("; one table was never analysed, so its present size is assumed"),
                    many => method
                        .push_str(&format!("; {many} tables were never analysed, so their present sizes are assumed")),
                }
                method
            }
            Copied::Starting(_) => "planned on the server with sequential scans disabled".to_owned(),
            Copied::Missing(reason) => {
                format!(
                    "planned on the server with sequential scans disabled, because there is no scratch server: {reason}"
                )
            }
        }
    }

    /// What went wrong beside the queries, as sentences.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        match &self.copy {
            Copied::Ready(scratch) => {
                scratch.spoiled.iter().map(|why| format!("no more indexes could be tried: {why}")).collect()
            }
            Copied::Starting(_) | Copied::Missing(_) => Vec::new(),
        }
    }

    /// Reads the plan of one query; gives back the shape by which it was read.
    ///
    /// # Errors
    /// Why it was not planned.
    pub async fn judge(&mut self, sql: &str, prepared: &Prepared, shape: Shape) -> Result<(Judged, Shape), Unexamined> {
        if let Some(name) = self.own.called_by(&shape) {
            return Err(Unexamined::new(format!("call a function that the database itself defines ({name})")));
        }
        let key = prepared.sql();
        if let Some(ahead) = self.ahead.get(&key) {
            return Ok((ahead.judged.clone(), ahead.weighed.shape.clone()));
        }
        if self.slow.contains(&key) {
            return Err(Refused::Slow.into());
        }
        let mut planning = Planning::Theirs(&mut self.session);
        let first = weigh::first(&mut planning, &[(sql, prepared, &shape)]).await.pop();
        let (weighed, plan) = first.unwrap_or(Err(Refused::Lost))?;
        let judged = weigh::judge(&mut planning, &self.catalog, &[(&weighed, &plan)]).await.pop();
        let mut judged = judged.unwrap_or_else(|| Err(Refused::Lost.into()))?;
        if let Ok(now) = self.session.explain(&weighed.ask, Planner::NATURAL).await {
            let tables = plan::tables(&now);
            let rows = tables.iter().filter_map(|(schema, name)| self.catalog.table(schema, name)?.rows).max();
            judged.points.extend(plan::cost(&now).map(|cost| CostPoint { times: 1, rows: rows.unwrap_or(0), cost }));
            let now = plan::read(&now, &self.catalog).plan;
            judged.plan_now = (!plan::alike(&now, &judged.plan)).then_some(now);
        }
        self.asked.insert(key, weighed.ask);
        Ok((judged, weighed.shape))
    }

    /// The plan of a query that was made ready, with every table so many times its present size. `None` without a scratch
    /// cluster, or where that cannot tell.
    pub async fn plan_at(&mut self, prepared: &Prepared, times: u64) -> Option<PlanNode> {
        let (Some(ahead), Copied::Ready(scratch)) = (self.ahead.get(&prepared.sql()), &mut self.copy) else {
            return None;
        };
        scratch.grow(At::Times(times)).await.ok()?;
        let worker = scratch.workers.first_mut()?;
        let plan = worker.explain(&[&ahead.weighed.ask], Planner::NATURAL, IN_FULL).await.pop()?.ok()?;
        Some(plan::read(&plan, &self.catalog).plan)
    }

    /// The plan that the user's server makes now, as it would for a program.
    pub async fn plan_on_server(&mut self, prepared: &Prepared) -> Option<PlanNode> {
        let ask = self.ahead.get(&prepared.sql()).map_or_else(|| Ask::of(prepared), |ahead| ahead.weighed.ask.clone());
        let plan = self.session.explain(&ask, Planner::NATURAL).await.ok()?;
        Some(plan::read(&plan, &self.catalog).plan)
    }

    /// Makes ready for the first of the trials, which are many: one of each of these queries with these indexes.
    pub async fn try_ahead(&mut self, trials: &[(Asked<'_>, &[Candidate])]) {
        let Copied::Ready(scratch) = &mut self.copy else { return };
        let known = trials.iter().filter_map(|(asked, candidates)| {
            let ahead = self.ahead.get(&asked.prepared.sql())?;
            Some((ahead.weighed.ask.with(asked.values.clone()), *candidates))
        });
        let known: Vec<(Ask, &[Candidate])> = known.collect();
        scratch.try_ahead(&known.iter().map(|(ask, candidates)| (ask, *candidates)).collect::<Vec<_>>()).await;
    }

    /// Whether this was tried in the scratch cluster already.
    #[must_use]
    pub fn has_tried(&self, asked: Asked<'_>, candidates: &[Candidate]) -> bool {
        let (Some(ahead), Copied::Ready(scratch)) = (self.ahead.get(&asked.prepared.sql()), &self.copy) else {
            return false;
        };
        scratch.has_tried(&ahead.weighed.ask.with(asked.values.clone()), candidates)
    }

    /// Plans a query as if these indexes were there. `None`: nothing here can prove them.
    pub async fn try_indexes(&mut self, asked: Asked<'_>, candidates: &[Candidate]) -> Option<Tried> {
        let key = asked.prepared.sql();
        if let (Some(ahead), Copied::Ready(scratch)) = (self.ahead.get(&key), &mut self.copy) {
            let ask = ahead.weighed.ask.with(asked.values.clone());
            let (trial, names) = scratch.try_indexes(&ask, candidates).await?;
            let before = if asked.values.is_empty() { ahead.cost } else { scratch.cost(&ask).await? };
            return Some(tried(IndexProof::ScratchServer, before, trial.cost, &trial.uses, &names));
        }
        let ask = &self.asked.get(&key)?.with(asked.values.clone());
        if self.hypopg.is_none() {
            self.hypopg = Some(hypothetical::find(&mut self.session).await);
        }
        let schema = self.hypopg.as_ref()?.as_deref()?;
        let before = self.session.explain(ask, Planner::NATURAL).await.ok()?;
        let seen = hypothetical::plan(&mut self.session, schema, ask, candidates).await.ok()?;
        let tried = tried(
            IndexProof::Hypothetical,
            plan::cost(&before)?,
            plan::cost(&seen.plan),
            &plan::indexes(&seen.plan),
            &seen.names,
        );
        // The tables are as small as they are: that an index is not used there says nothing about larger ones.
        let rows =
            plan::tables(&before).iter().filter_map(|(schema, name)| self.catalog.table(schema, name)?.rows).max();
        (!tried.used.is_empty() || rows.is_some_and(|rows| rows >= self.rows)).then_some(tried)
    }

    /// Whether it can tell how much an index that does not exist would bring.
    #[must_use]
    pub const fn estimates_indexes(&self) -> bool {
        matches!(self.copy, Copied::Ready(_))
    }

    /// The queries that the server has counted.
    ///
    /// # Errors
    /// Why it does not tell.
    pub async fn statistics(&mut self) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
        counted::read(&mut self.session).await
    }

    /// Begins to take the scratch cluster away: nothing more will be planned there.
    pub fn let_go(&mut self) {
        if let Copied::Ready(scratch) = &mut self.copy {
            scratch.let_go();
        }
    }

    /// Ends the session, and takes away what was made for it.
    pub async fn close(self) {
        match self.copy {
            Copied::Ready(scratch) => scratch.end().await,
            Copied::Starting(starting) => starting.end().await,
            Copied::Missing(_) => {}
        }
        self.session.close().await;
    }
}

/// Plans them all in the scratch cluster, if it does so within its time.
async fn plan_ahead(scratch: &mut Scratch, catalog: &Catalog, wanted: &[&Ready]) -> Result<Plans, String> {
    match timeout(PLANNED_WITHIN, ahead::plan(scratch, catalog, wanted)).await {
        Ok(plans) => plans,
        Err(_) => Err(format!("the queries could not be planned in it within {} s", PLANNED_WITHIN.as_secs())),
    }
}

/// What a plan with indexes shows: its cost and the names of those that it uses, `names` being what was made for each.
fn tried(proof: IndexProof, before: f64, after: Option<f64>, uses: &BTreeSet<String>, names: &[Vec<String>]) -> Tried {
    let used = names.iter().enumerate().filter(|(_, names)| names.iter().any(|name| uses.contains(name)));
    Tried { proof, before, after: after.unwrap_or(before), used: used.map(|(at, _)| at).collect() }
}

/// A table that the plan names and the catalogue does not have, such as one of another role.
fn unknown_table(schema: &str, name: &str) -> Table {
    Table { schema: schema.to_owned(), name: name.to_owned(), ..Table::default() }
}
