//! PostgreSQL 12 and later: a session that can only read, and what it says about plans.

mod catalog;
mod errors;
mod plan;
mod session;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::catalog::{Catalog, Table};
use super::lexer::Dialect;
use super::placeholders::Prepared;
use super::plan::{Asked, Judged, Tried, Unexamined};
use super::proposals::candidate::Candidate;
use super::samples;
use super::statement::{self, Shape};
use super::target::PostgresTarget;
use crate::model::{CallStatistics, Failure};
use catalog::OwnFunctions;
use errors::Refused;
use session::{Ask, Planner, Session};

/// A server that was reached, and what is known about it.
pub struct Postgres {
    session: Session,
    catalog: Catalog,
    own: OwnFunctions,
    /// The role may do anything, `COPY … TO PROGRAM` included.
    pub superuser: bool,
}

impl Postgres {
    /// Connects and reads the catalogue.
    ///
    /// # Errors
    /// A line for the user, without credentials.
    pub async fn open(target: &PostgresTarget) -> Result<Self, Failure> {
        let mut session = Session::connect(target).await?;
        let (catalog, own, superuser) = catalog::read(&mut session).await.map_err(|refused| {
            Failure::new(format!(
                "the catalogue of {} cannot be read: {refused}; try a role that may connect and read",
                target.shown
            ))
        })?;
        Ok(Self { session, catalog, own, superuser })
    }

    /// What the database holds.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Finds out which of the functions that the queries call are the database's own.
    ///
    /// # Errors
    /// A line for the user.
    pub async fn learn_functions(&mut self, names: BTreeSet<String>) -> Result<(), Failure> {
        catalog::learn_functions(&mut self.session, &mut self.own, names).await.map_err(|refused| {
            Failure::new(format!("the database's list of functions cannot be read: {refused}; run again"))
        })
    }

    /// The server and its version.
    #[must_use]
    pub fn server(&self) -> String {
        "PostgreSQL".to_owned()
    }

    /// How plans at other sizes are made, as a phrase.
    #[must_use]
    pub fn method(&self) -> String {
        "planned on the server with sequential scans disabled".to_owned()
    }

    /// Whether it can tell how much an index that does not exist would bring.
    #[must_use]
    pub const fn estimates_indexes(&self) -> bool {
        false
    }

    /// Plans a query as if these indexes were there. `None`: nothing here can prove an index.
    #[expect(clippy::unused_async, reason = "the proof asks a server")]
    pub async fn try_indexes(&mut self, _: Asked<'_>, _: &[Candidate]) -> Option<Tried> {
        None
    }

    /// The queries that the server has counted.
    ///
    /// # Errors
    /// Why it does not tell.
    #[expect(clippy::unused_async, reason = "the statistics are on a server")]
    pub async fn statistics(&mut self) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
        Err(Unexamined::new("are not read yet"))
    }

    /// Ends the session.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Reads the plan of one query; gives back the shape by which it was read.
    ///
    /// # Errors
    /// Why it was not planned.
    pub async fn judge(&mut self, sql: &str, prepared: &Prepared, shape: Shape) -> Result<(Judged, Shape), Unexamined> {
        if let Some(name) = self.own.called_by(&shape) {
            return Err(Unexamined::new(format!("call a function that the database itself defines ({name})")));
        }
        let ask = Ask { prepared, values: BTreeMap::new(), types: BTreeMap::new(), planner: Planner::default() };
        match self.session.explain(&ask).await {
            Ok(plan) => {
                let judged = self.weigh(&ask, &shape, &plan).await?;
                Ok((judged, shape))
            }
            Err(Refused::UnknownType(_)) => self.judge_apart(sql).await,
            Err(refused) => Err(refused.into()),
        }
    }

    /// A parameter that stands in several places, such as `$1 IS NULL OR id = $1`, has a type in only some of them.
    /// Taken apart, each place gets the type that it has, and text where it has none.
    async fn judge_apart(&mut self, sql: &str) -> Result<(Judged, Shape), Unexamined> {
        let refuse = || Unexamined::new("have a parameter whose type PostgreSQL cannot tell");
        let prepared = Prepared::with_places_apart(sql, Dialect::Postgres).map_err(|_| refuse())?;
        let shape = statement::read(&prepared.sql(), Dialect::Postgres).map_err(|_| refuse())?;
        let mut types = BTreeMap::new();
        for _ in 0..=prepared.parameters.min(32) {
            let ask =
                Ask { prepared: &prepared, values: BTreeMap::new(), types: types.clone(), planner: Planner::default() };
            match self.session.explain(&ask).await {
                Ok(plan) => {
                    let judged = self.weigh(&ask, &shape, &plan).await?;
                    return Ok((judged, shape));
                }
                Err(Refused::UnknownType(Some(number))) if !types.contains_key(&number) => {
                    types.insert(number, "text");
                }
                Err(Refused::UnknownType(_)) => break,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(refuse())
    }

    /// Looks for a way of planning that reads no table whole, and else takes the one that reads the fewest. On a small
    /// table a planner takes what is cheap there, so one plan proves nothing: only a query that has no good plan, however
    /// it is asked for, lacks an index.
    async fn weigh(&mut self, ask: &Ask<'_>, shape: &Shape, plan: &Value) -> Result<Judged, Unexamined> {
        const OTHERS: [Planner; 2] = [Planner { nested: true, bitmap: false }, Planner { nested: true, bitmap: true }];
        let mut best = self.read(plan)?;
        for planner in OTHERS {
            if best.scans.is_empty() {
                return Ok(best);
            }
            let plan = self.session.explain(&ask.with(planner, ask.values.clone())).await.map_err(Unexamined::from)?;
            best.take_if_better(self.read(&plan)?);
        }
        // A generic plan knows no values, so it can use neither a partial index nor an index for `LIKE $1`.
        for sample in samples::of(shape, &best.scans, Dialect::Postgres) {
            for planner in OTHERS {
                let plan = match self.session.explain(&ask.with(planner, sample.values.clone())).await {
                    Ok(plan) => plan,
                    Err(Refused::Lost) => return Err(Refused::Lost.into()),
                    // A value that does not fit its column shows nothing.
                    Err(_) => continue,
                };
                let planned = Judged { values: sample.values.clone(), ..self.read(&plan)? };
                if best.take_if_better(planned) && sample.pattern {
                    best.depends = Some(samples::DEPENDS_ON_PATTERN);
                }
            }
        }
        Ok(best)
    }

    fn read(&self, plan: &Value) -> Result<Judged, Unexamined> {
        let seen = plan::read(plan, &self.catalog);
        match seen.unclear {
            Some(reason) => Err(Unexamined::new(reason)),
            None => Ok(Judged::new(seen.scans, seen.plan)),
        }
    }
}

/// A table that the plan names and the catalogue does not have, such as one of another role.
fn unknown_table(schema: &str, name: &str) -> Table {
    Table { schema: schema.to_owned(), name: name.to_owned(), ..Table::default() }
}
