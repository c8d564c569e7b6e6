//! SQLite: the file is only read for its schema and sizes; queries are planned in a copy of the schema in memory.

mod copy;
mod open;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::catalog::{Catalog, Table};
use super::lexer::Dialect;
use super::placeholders::Prepared;
use super::plan::{Judged, Tried, Unexamined};
use super::proposals::candidate::Candidate;
use super::samples;
use super::statement::Shape;
use super::target::SqliteTarget;
use crate::model::Failure;
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

    /// Plans a query as if these indexes were there.
    pub async fn try_indexes(&mut self, prepared: &Prepared, shape: &Shape, candidates: &[Candidate]) -> Option<Tried> {
        let _ = (prepared, shape, candidates);
        None
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
        let views = self.copy.views_behind(shape);
        let rows = self.copy.explain(&prepared.sql()).await?;
        let (scans, plan) = plan::read(&rows, shape, &views, &self.copy.catalog)?;
        let mut best = Judged::new(scans, plan);
        for sample in samples::of(shape, &best.scans, Dialect::Sqlite) {
            // A value that does not fit shows nothing.
            let Ok(rows) = self.copy.explain(&prepared.with_values(&sample.values)).await else { continue };
            let (scans, plan) = plan::read(&rows, shape, &views, &self.copy.catalog)?;
            if best.take_if_better(Judged::new(scans, plan)) && sample.pattern {
                best.depends = Some(samples::DEPENDS_ON_PATTERN);
            }
        }
        Ok(best)
    }
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
