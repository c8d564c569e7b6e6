//! One connection that can only read. Every question is a transaction of its own that ends in ROLLBACK.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::time::timeout;

use super::errors::{self, Refused};
use crate::model::Failure;
use crate::probe::database::placeholders::Prepared;
use crate::probe::database::target::PostgresTarget;

/// A server that does not answer in this time is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the server's own limit, for a connection that hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Once a query has run in a transaction, nothing can make it writable any more: hence `SELECT 1`.
/// The limits keep a question from standing in the way of others.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '3s'; SET LOCAL lock_timeout = '500ms'; \
    SET LOCAL idle_in_transaction_session_timeout = '10s'; SELECT 1";

/// The name of the statement that is being planned.
const NAME: &str = "gonogo_query";

/// The connection.
pub struct Session {
    connection: PgConnection,
    search_path: Option<String>,
    /// Nothing more can be asked.
    lost: bool,
}

/// Which ways of planning are open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Planner {
    /// Joins by nested loops alone, where an index of the inner table shows.
    pub nested: bool,
    /// Indexes through bitmaps alone: the planner makes one only where a condition fits the index.
    pub bitmap: bool,
}

/// A question for a plan.
pub struct Ask<'a> {
    /// The query.
    pub prepared: &'a Prepared,
    /// Literals for some parameters.
    pub values: BTreeMap<usize, String>,
    /// Declared types for some parameters.
    pub types: BTreeMap<usize, &'static str>,
    /// How to plan.
    pub planner: Planner,
}

impl Ask<'_> {
    /// The same query, planned in another way.
    pub fn with(&self, planner: Planner, values: BTreeMap<usize, String>) -> Self {
        Self { prepared: self.prepared, values, types: self.types.clone(), planner }
    }
}

impl Session {
    /// Connects.
    pub async fn connect(target: &PostgresTarget) -> Result<Self, Failure> {
        let connecting = target.options.clone().disable_statement_logging();
        let connecting = PgConnection::connect_with(&connecting);
        let connection = match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(errors::connecting(&error, target)),
            Err(_) => {
                return Err(Failure::new(format!(
                    "{} did not answer within 5 s; check the address, the network and the firewall",
                    target.shown
                )));
            }
        };
        let search_path = target.schema.as_ref().map(|schema| format!("\"{}\"", schema.replace('"', "\"\"")));
        Ok(Self { connection, search_path, lost: false })
    }

    /// Runs one of our own questions about the catalogue.
    pub async fn rows(&mut self, sql: &'static str, names: &[String]) -> Result<Vec<PgRow>, Refused> {
        self.begin(None).await?;
        let mut query = sqlx::query(sql).persistent(false);
        if !names.is_empty() {
            query = query.bind(names);
        }
        let rows = timeout(ANSWER_WITHIN, query.fetch_all(&mut self.connection)).await;
        let rows = self.answered(rows);
        self.end(false).await?;
        rows
    }

    /// The plan of a query, as JSON. The server's grammar lets PREPARE take a single SELECT, INSERT, UPDATE, DELETE or
    /// VALUES and nothing else, and nothing is executed.
    pub async fn explain(&mut self, ask: &Ask<'_>) -> Result<Value, Refused> {
        self.begin(Some(ask.planner)).await?;
        let open: Vec<usize> = (0..ask.prepared.parameters).filter(|n| !ask.values.contains_key(n)).collect();
        let types: Vec<&str> = open.iter().map(|n| ask.types.get(n).copied().unwrap_or("unknown")).collect();
        let declared = if ask.types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        let prepare = format!("PREPARE {NAME}{declared} AS {}", ask.prepared.with_values(&ask.values));
        let query = sqlx::query(AssertSqlSafe(prepare)).persistent(false);
        let prepared = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        if let Err(refused) = self.answered(prepared) {
            self.end(false).await?;
            return Err(refused.with_parameter(&open));
        }
        let nulls = if open.is_empty() { String::new() } else { format!("({})", vec!["NULL"; open.len()].join(", ")) };
        let explain = format!("EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE {NAME}{nulls}");
        let query = sqlx::query(AssertSqlSafe(explain)).persistent(false);
        let row = timeout(ANSWER_WITHIN, query.fetch_one(&mut self.connection)).await;
        let row = self.answered(row);
        self.end(true).await?;
        row?.try_get::<Value, _>(0).map_err(|_| Refused::Other("an answer that is no plan".to_owned()))
    }

    /// Ends the connection; whatever was open is rolled back.
    pub async fn close(self) {
        // Dropping it would do; saying goodbye spares the server a line in its log.
        let _ = timeout(Duration::from_secs(1), self.connection.close()).await;
    }

    async fn begin(&mut self, planner: Option<Planner>) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let mut sql = BEGIN.to_owned();
        if let Some(planner) = planner {
            sql.push_str(
                "; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; \
                 SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off",
            );
            if planner.nested {
                sql.push_str("; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off");
            }
            if planner.bitmap {
                sql.push_str("; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off");
            }
        }
        if let Some(path) = &self.search_path {
            sql.push_str("; SET LOCAL search_path = ");
            sql.push_str(path);
        }
        let begun = timeout(ANSWER_WITHIN, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection)).await;
        self.answered(begun).map(drop)
    }

    async fn end(&mut self, prepared: bool) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        // One message, so that a pooler cannot put another server's session between the two.
        let sql = if prepared { "ROLLBACK; DEALLOCATE gonogo_query" } else { "ROLLBACK" };
        let ended = timeout(ANSWER_WITHIN, sqlx::raw_sql(sql).execute(&mut self.connection)).await;
        self.answered(ended).map(drop)
    }

    /// A connection that has hung or broken is not used again: nobody knows in which state it is.
    fn answered<T>(
        &mut self,
        answer: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, Refused> {
        let answer = match answer {
            Ok(answer) => answer.map_err(|error| errors::refused(&error)),
            Err(_) => Err(Refused::Lost),
        };
        self.lost |= matches!(answer, Err(Refused::Lost));
        answer
    }
}
