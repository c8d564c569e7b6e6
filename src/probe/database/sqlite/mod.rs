//! SQLite: the file is only read for its schema and sizes; queries are planned in a copy of the schema in memory.

mod copy;
mod cost;
mod keys;
mod open;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::catalog::{Catalog, Table};
use super::lexer::Dialect;
use super::placeholders::Prepared;
use super::plan::{Asked, Judged, Tried, Unexamined};
use super::proposals::candidate::Candidate;
use super::samples;
use super::statement::Shape;
use super::target::SqliteTarget;
use crate::model::{CostPoint, Failure, IndexProof, PlanNode};
use copy::Copy;

/// A file that was read, and its copy.
pub struct Sqlite {
    copy: Copy,
}

impl Sqlite {
    /// Reads the file's schema, and the sizes of the tables that `wanted` names, up to `rows`.
    ///
    /// # Errors
    /// A line for the user.
    pub async fn open(
        target: &SqliteTarget,
        root: &Path,
        wanted: &BTreeSet<String>,
        rows: u64,
    ) -> Result<Self, Failure> {
        let path = open::find(target, root)?;
        let schema = open::read(&path, &target.named, wanted, rows).await?;
        let copy = Copy::of(schema, rows).await?;
        Ok(Self { copy })
    }

    /// What the database holds.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.copy.catalog
    }

    /// Ends the session.
    pub async fn close(self) {
        self.copy.close().await;
    }

    /// Plans a query as if these indexes were there: they are made in the copy, and dropped again.
    pub async fn try_indexes(&mut self, asked: Asked<'_>, candidates: &[Candidate]) -> Option<Tried> {
        let (sql, shape) = (asked.prepared.with_values(asked.values), asked.shape);
        let before = self.planned(&sql, shape).await.ok()?.plan.cost?;
        let mut made = Vec::new();
        for (at, candidate) in candidates.iter().enumerate() {
            if self.copy.add_index(at, candidate).await {
                made.push(at);
            }
        }
        let planned = self.planned(&sql, shape).await;
        self.copy.drop_indexes(&made).await;
        let planned = planned.ok()?;
        let used = made.into_iter().filter(|at| uses(&planned.plan, &Copy::trial_name(*at))).collect();
        Some(Tried { proof: IndexProof::Copy, before, after: planned.plan.cost?, used })
    }

    /// Reads the plan of one query.
    ///
    /// # Errors
    /// Why it was not planned.
    pub async fn judge(&mut self, prepared: &Prepared, shape: &Shape) -> Result<Judged, Unexamined> {
        if let Some(table) =
            shape.relations().find(|relation| self.copy.unfaithful.contains(&relation.table.to_lowercase()))
        {
            return Err(Unexamined::new(format!(
                "read {}, whose definition needs an extension of SQLite that is not here",
                table.table
            )));
        }
        let mut best = self.planned(&prepared.sql(), shape).await?;
        for sample in samples::of(shape, &best.scans, Dialect::Sqlite) {
            // A value that does not fit shows nothing.
            let Ok(planned) = self.planned(&prepared.with_values(&sample.values), shape).await else { continue };
            let planned = Judged { values: sample.values.clone(), ..planned };
            if best.take_if_better(planned) {
                best.depends = Some(sample.depends());
            }
        }
        Ok(best)
    }

    async fn planned(&mut self, sql: &str, shape: &Shape) -> Result<Judged, Unexamined> {
        let views = self.copy.views_behind(shape);
        let lines = self.copy.explain(sql).await?;
        let read = plan::read(&lines, shape, &views, &self.copy.catalog)?;
        let shapes = || std::iter::once(shape).chain(views.iter().map(AsRef::as_ref));
        let mut judged = Judged::new(read.scans, read.plan);
        let judged_at = self.copy.sizes(shapes(), None, &read.whole);
        judged.plan.cost = Some(cost::of(&lines, &judged_at));
        judged.points = [1, 10, 100, 1000]
            .into_iter()
            .map(|times| {
                let sizes = self.copy.sizes(shapes(), Some(times), &read.whole);
                let rows = sizes.rows.values().copied().fold(0.0, f64::max);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count, and `as` saturates"
                )]
                let rows = rows as u64;
                CostPoint { times, rows, cost: cost::of(&lines, &sizes) }
            })
            .collect();
        Ok(judged)
    }
}

fn uses(plan: &PlanNode, index: &str) -> bool {
    let mut found = false;
    plan.walk(&mut |node, _| found |= node.kind.split_whitespace().any(|word| word == index));
    found
}

/// What the file holds.
#[derive(Debug, Default)]
struct Schema {
    /// `CREATE …` of tables, indexes and views, in this order: kind, name, table, text.
    entries: Vec<(String, String, String, String)>,
    /// `sqlite_stat1`: table, index, numbers.
    statistics: Vec<(String, Option<String>, String)>,
    /// Rows counted, at most one more than the scale.
    rows: BTreeMap<String, u64>,
}

fn table_named(name: &str) -> Table {
    Table { name: name.to_owned(), ..Table::default() }
}
