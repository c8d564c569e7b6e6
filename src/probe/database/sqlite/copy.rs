//! The copy of the schema in memory, with statistics as if every table were large.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::time::timeout;

use super::cost;
use super::open::is_virtual;
use super::{Schema, keys, table_named};
use crate::model::Failure;
use crate::probe::database::catalog::{Catalog, Table};
use crate::probe::database::lexer::{self, Dialect};
use crate::probe::database::plan::Unexamined;
use crate::probe::database::proposals::candidate::Candidate;
use crate::probe::database::statement::{self, Shape};

/// A plan takes microseconds; a query that takes longer is made to.
const PLAN_WITHIN: Duration = Duration::from_secs(3);
/// A column with fewer different values than this is a kind, not a key: more rows bring no more values.
const FEW_VALUES: u64 = 20;

/// The copy.
pub struct Copy {
    connection: SqliteConnection,
    /// What it holds.
    pub catalog: Catalog,
    /// Tables, in lower case, that could not be copied with all their indexes.
    pub unfaithful: BTreeSet<String>,
    views: Vec<(String, Arc<Shape>)>,
    /// The size that queries are judged at.
    rows: u64,
    /// `sqlite_stat1` of the copy: index in lower case, rows for one value of its first columns.
    each: HashMap<String, Vec<f64>>,
}

/// One line of EXPLAIN QUERY PLAN: its number, its parent's, its text.
pub type Line = (i64, i64, String);

impl Copy {
    /// Makes the copy.
    pub async fn of(schema: Schema, rows: u64) -> Result<Self, Failure> {
        let broken = |_| Failure::new("the schema could not be copied into memory; run again");
        let options = SqliteConnectOptions::new()
            .filename(":memory:")
            .in_memory(true)
            .foreign_keys(false)
            .disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(broken)?;
        sqlx::raw_sql("PRAGMA trusted_schema = OFF; PRAGMA automatic_index = OFF")
            .execute(&mut connection)
            .await
            .map_err(broken)?;
        let mut copy = Self {
            connection,
            catalog: Catalog::default(),
            unfaithful: BTreeSet::new(),
            views: Vec::new(),
            rows,
            each: HashMap::new(),
        };
        let mut names = BTreeSet::new();
        for (kind, name, table, sql) in &schema.entries {
            let made = copy.create(sql).await;
            match kind.as_str() {
                // The tables behind a full-text table were made together with it.
                "table" if made || names.contains(name) => drop(names.insert(name.clone())),
                "view" => {
                    copy.views.extend(
                        statement::read_view(sql, Dialect::Sqlite).map(|shape| (name.to_lowercase(), Arc::new(shape))),
                    );
                }
                _ if made => {}
                _ => drop(copy.unfaithful.insert(table.to_lowercase())),
            }
            if kind == "table" && is_virtual(sql) && made {
                names.extend(copy.table_names().await);
            }
        }
        copy.size(&schema, &names, rows).await.map_err(broken)?;
        copy.catalog = copy.describe(&schema).await.map_err(broken)?;
        Ok(copy)
    }

    /// A schema that was tampered with could hold anything, so only a single CREATE is run.
    async fn create(&mut self, sql: &str) -> bool {
        let Ok(tokens) = lexer::tokens(sql, Dialect::Sqlite) else { return false };
        let is_create = tokens.first().is_some_and(|token| token.text.eq_ignore_ascii_case("create"));
        is_create
            && !tokens.iter().any(|token| token.is(";"))
            && sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await.is_ok()
    }

    async fn table_names(&mut self) -> Vec<String> {
        let names: Result<Vec<(String,)>, _> =
            sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table'").fetch_all(&mut self.connection).await;
        names.unwrap_or_default().into_iter().map(|(name,)| name).collect()
    }

    /// Writes statistics as if every table held at least `rows` rows.
    async fn size(&mut self, schema: &Schema, names: &BTreeSet<String>, rows: u64) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut self.connection).await?;
        for name in names {
            let now = rows_now(schema, name).unwrap_or(0).max(rows);
            sqlx::query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, NULL, ?2)")
                .bind(name)
                .bind(now.to_string())
                .execute(&mut self.connection)
                .await?;
        }
        for (table, index, numbers) in &schema.statistics {
            let (Some(index), true) = (index, names.contains(table)) else { continue };
            let Some(scaled) = scale(numbers, rows) else { continue };
            let each = scaled.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
            self.each.insert(index.to_lowercase(), each);
            sqlx::query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)")
                .bind(table)
                .bind(index)
                .bind(scaled)
                .execute(&mut self.connection)
                .await?;
        }
        // Loads what was just written.
        sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut self.connection).await.map(drop)
    }

    async fn describe(&mut self, schema: &Schema) -> Result<Catalog, sqlx::Error> {
        let mut tables = Vec::new();
        for (kind, name, _, sql) in &schema.entries {
            if kind != "table" || is_virtual(sql) {
                continue;
            }
            let mut table = Table { rows: rows_now(schema, name), ..table_named(name) };
            keys::describe(&mut self.connection, &mut table).await?;
            tables.push(table);
        }
        Ok(Catalog::new(tables))
    }

    /// How large the tables of these shapes are: `times` their present size, or as they are judged.
    pub fn sizes<'a>(&self, shapes: impl Iterator<Item = &'a Shape>, times: Option<u64>, whole: &[i64]) -> cost::Sizes {
        /// A table of which nothing is known is as large as it is judged after growing a thousand times.
        const GROWS: u64 = 1000;
        let mut sizes = cost::Sizes { whole: whole.iter().copied().collect(), ..cost::Sizes::default() };
        for relation in shapes.flat_map(Shape::relations) {
            let Some(table) = self.catalog.named(&relation.table).next() else { continue };
            let judged_at = table.rows.unwrap_or(0).max(self.rows).max(1);
            let now = table.rows.filter(|&rows| rows > 0).unwrap_or(judged_at / GROWS).max(1);
            let rows = times.map_or(judged_at, |times| now.saturating_mul(times));
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let (rows, judged_at) = (rows as f64, judged_at as f64);
            for name in [&relation.alias, &relation.table] {
                sizes.rows.insert(name.to_lowercase(), rows);
            }
            for index in &table.indexes {
                let each = self.each.get(&index.name.to_lowercase()).into_iter().flatten();
                // A kind grows with its table; what is there a few times for each of many stays so.
                let each = each.map(|&each| if each > judged_at / 20.0 { each * rows / judged_at } else { each });
                let unique = index.unique.then_some(index.keys.len());
                sizes.indexes.insert(index.name.to_lowercase(), (unique, each.collect()));
            }
        }
        sizes
    }

    /// The name of an index that is only tried.
    pub fn trial_name(number: usize) -> String {
        format!("gonogo_trial_{number}")
    }

    /// Makes an index in the copy, to see what it does; whether that could be done.
    pub async fn add_index(&mut self, number: usize, candidate: &Candidate) -> bool {
        let sql = candidate.statement_named(&Self::trial_name(number), Dialect::Sqlite, false);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await.is_ok()
    }

    /// Drops indexes that were tried.
    pub async fn drop_indexes(&mut self, numbers: &[usize]) {
        for number in numbers {
            let sql = format!("DROP INDEX IF EXISTS {}", Self::trial_name(*number));
            // The copy goes with the run; an index that stays only helps no query that was not asked about.
            let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await;
        }
    }

    /// The shapes of the views that `shape` reads, and of the views behind those.
    pub fn views_behind(&self, shape: &Shape) -> Vec<Arc<Shape>> {
        let mut found = Vec::new();
        let mut names: Vec<String> = shape.relations().map(|relation| relation.table.to_lowercase()).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = names.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if let Some((_, view)) = self.views.iter().find(|(view, _)| *view == name) {
                names.extend(view.relations().map(|relation| relation.table.to_lowercase()));
                found.push(Arc::clone(view));
            }
        }
        found
    }

    /// The plan of a query that was found to be a single statement.
    pub async fn explain(&mut self, sql: &str) -> Result<Vec<Line>, Unexamined> {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let query = sqlx::query(AssertSqlSafe(explain)).persistent(false);
        let rows = match timeout(PLAN_WITHIN, query.fetch_all(&mut self.connection)).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => return Err(Unexamined(refused(&error))),
            Err(_) => return Err(Unexamined::new("took longer than 3 s to plan")),
        };
        let line =
            |row: &sqlx::sqlite::SqliteRow| Some((row.try_get(0).ok()?, row.try_get(1).ok()?, row.try_get(3).ok()?));
        rows.iter().map(line).collect::<Option<_>>().ok_or_else(|| Unexamined::new("have a plan that cannot be read"))
    }

    /// Lets the copy go.
    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}

fn rows_now(schema: &Schema, table: &str) -> Option<u64> {
    let of_statistics = schema
        .statistics
        .iter()
        .filter(|(name, _, _)| name.eq_ignore_ascii_case(table))
        .filter_map(|(_, _, numbers)| numbers.split_whitespace().next()?.parse().ok())
        .max();
    schema.rows.get(&table.to_lowercase()).copied().max(of_statistics)
}

/// `50 5 1` (rows, rows for one value of the first column, of the first two …) as of a table of `rows` rows.
fn scale(numbers: &str, rows: u64) -> Option<String> {
    let mut words = numbers.split_whitespace();
    let now: u64 = words.next()?.parse().ok()?;
    if now == 0 {
        return None;
    }
    let then = now.max(rows);
    let mut scaled = then.to_string();
    for word in words {
        // `unordered`, `sz=…` and `noskipscan` stay as they are.
        let number = word.parse::<u64>().map_or_else(
            |_| word.to_owned(),
            |each| {
                let values = now / each.max(1);
                let grows = values <= FEW_VALUES && each > 1;
                (if grows { then / values.max(1) } else { each }).to_string()
            },
        );
        scaled.push(' ');
        scaled.push_str(&number);
    }
    Some(scaled)
}

fn refused(error: &sqlx::Error) -> String {
    let message = error.as_database_error().map(|error| error.message().to_owned()).unwrap_or_default();
    let reason = if message.starts_with("no such table") || message.starts_with("no such column") {
        "name a table or column that this database does not have"
    } else if message.starts_with("no such function") || message.starts_with("wrong number of arguments") {
        "call a function that SQLite does not have"
    } else if message.contains("no such module") || message.contains("no such collation") {
        "need an extension of SQLite that is not here"
    } else {
        "are written in SQL that SQLite does not take"
    };
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_grow_where_more_rows_mean_more_of_each_value() {
        assert_eq!(scale("50 1", 100_000).unwrap(), "100000 1");
        assert_eq!(scale("50 25 1", 100_000).unwrap(), "100000 50000 1");
        assert_eq!(scale("5000 5 unordered", 100_000).unwrap(), "100000 5 unordered");
        assert_eq!(scale("500000 5", 100_000).unwrap(), "500000 5");
        assert_eq!(scale("0 0", 100_000), None);
    }
}
