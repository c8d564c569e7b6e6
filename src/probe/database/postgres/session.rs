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
/// The limits keep a question from standing in the way of others. Compiling what is asked once takes longer than asking it: for the
/// indexes of 5,000 tables 1.4 s and not 0.4.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '3s'; SET LOCAL lock_timeout = '500ms'; \
    SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL jit = off; SELECT 1";

/// The name of the statement that is being planned.
const NAME: &str = "gonogo_query";

/// The connection.
pub struct Session {
    connection: PgConnection,
    /// Where the user's address says that names are looked for.
    pub search_path: Option<String>,
    /// Nothing more can be asked.
    lost: bool,
}

/// Which ways of planning are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planner {
    /// Tables are read from end to end only where nothing else is left.
    pub indexes: bool,
    /// Joins by nested loops alone, where an index of the inner table shows.
    pub nested: bool,
    /// Indexes through bitmaps alone: the planner makes one only where a condition fits the index.
    pub bitmap: bool,
}

impl Planner {
    /// As the server plans by itself.
    pub const NATURAL: Self = Self { indexes: false, nested: false, bitmap: false };
    /// By indexes wherever there is one.
    pub const INDEXES: Self = Self { indexes: true, nested: false, bitmap: false };
    /// Other ways of planning by indexes.
    pub const OTHERS: [Self; 2] =
        [Self { indexes: true, nested: true, bitmap: false }, Self { indexes: true, nested: true, bitmap: true }];

    /// The settings that differ from the server's own.
    pub fn settings(self) -> Vec<(&'static str, &'static str)> {
        let mut settings = vec![("plan_cache_mode", "force_generic_plan")];
        if self.indexes {
            settings.extend([("enable_seqscan", "off"), ("max_parallel_workers_per_gather", "0"), ("jit", "off")]);
        }
        if self.nested {
            settings.extend([("enable_hashjoin", "off"), ("enable_mergejoin", "off")]);
        }
        if self.bitmap {
            settings.extend([("enable_indexscan", "off"), ("enable_indexonlyscan", "off")]);
        }
        settings
    }
}

/// A question for a plan.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The query.
    pub prepared: Prepared,
    /// Literals for some parameters.
    pub values: BTreeMap<usize, String>,
    /// Declared types for some parameters.
    pub types: BTreeMap<usize, &'static str>,
    /// With every partition in the plan: which of them a parameter chooses is only known at run time.
    pub unpruned: bool,
}

/// Leaves no partition out of a plan.
const UNPRUNED: &str = "SET LOCAL enable_partition_pruning = off";

impl Ask {
    /// For the plan of a query of which nothing more is known.
    pub fn of(prepared: &Prepared) -> Self {
        Self { prepared: prepared.clone(), values: BTreeMap::new(), types: BTreeMap::new(), unpruned: false }
    }

    /// The same query with literals.
    pub fn with(&self, values: BTreeMap<usize, String>) -> Self {
        Self { values, ..self.clone() }
    }

    /// The parameters that have no value.
    pub fn open(&self) -> Vec<usize> {
        (0..self.prepared.parameters).filter(|n| !self.values.contains_key(n)).collect()
    }

    /// Prepares it under this name. The server's grammar lets PREPARE take a single SELECT, INSERT, UPDATE, DELETE or VALUES
    /// and nothing else.
    pub fn prepare(&self, name: &str) -> String {
        let types: Vec<&str> = self.open().iter().map(|n| self.types.get(n).copied().unwrap_or("unknown")).collect();
        let declared = if self.types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        format!("PREPARE {name}{declared} AS {}", self.prepared.with_values(&self.values))
    }

    /// As [`Ask::explain`], with what has to be set before, as one text.
    pub fn explain_here(&self, name: &str, options: &str) -> String {
        let explain = self.explain(name, options);
        if self.unpruned { format!("{UNPRUNED}; {explain}") } else { explain }
    }

    /// Asks for the plan of what was prepared under this name. Nothing is executed. `options` as those of EXPLAIN.
    pub fn explain(&self, name: &str, options: &str) -> String {
        let open = self.open().len();
        let nulls = if open == 0 { String::new() } else { format!("({})", vec!["NULL"; open].join(", ")) };
        format!("EXPLAIN ({options}) EXECUTE {name}{nulls}")
    }
}

/// What is wanted of a plan: schemas, and conditions with the names of their tables.
pub const IN_FULL: &str = "FORMAT JSON, VERBOSE";

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
        self.begin(None, None).await?;
        let mut query = sqlx::query(sql).persistent(false);
        if !names.is_empty() {
            query = query.bind(names);
        }
        let rows = timeout(ANSWER_WITHIN, query.fetch_all(&mut self.connection)).await;
        let rows = errors::answered(rows, &mut self.lost);
        self.end(false).await?;
        rows
    }

    /// As [`Session::rows`], where names are looked for in `schema`, quoted, alone.
    pub async fn rows_in(&mut self, schema: &str, sql: &'static str) -> Result<Vec<PgRow>, Refused> {
        self.begin(None, Some(schema)).await?;
        let rows = timeout(ANSWER_WITHIN, sqlx::query(sql).persistent(false).fetch_all(&mut self.connection)).await;
        let rows = errors::answered(rows, &mut self.lost);
        self.end(false).await?;
        rows
    }

    /// The plan of a query with indexes that only this connection's planner sees, and their names; `None` for those that
    /// cannot be made. `schema`, quoted, is that of the extension HypoPG, which keeps them in memory.
    pub async fn hypothetical(
        &mut self,
        schema: &str,
        statements: &[String],
        ask: &Ask,
    ) -> Result<(Value, Vec<Option<String>>), Refused> {
        self.begin(Some(Planner::NATURAL), None).await?;
        if ask.unpruned {
            self.raw(UNPRUNED).await?;
        }
        let create = format!("SELECT indexname::text FROM {schema}.hypopg_create_index($1)");
        let mut made = self.prepare(ask).await;
        let prepared = made.is_ok();
        let mut names = Vec::new();
        for statement in statements {
            if made.is_ok() {
                made = self.one_hypothetical(&create, statement).await.map(|name| names.push(name));
            }
        }
        let plan = match made {
            Ok(()) => self.planned(ask).await,
            Err(refused) => Err(refused),
        };
        self.end(prepared).await?;
        // They outlive the transaction.
        self.begin(None, None).await?;
        let reset = format!("SELECT {schema}.hypopg_reset()");
        let reset = timeout(ANSWER_WITHIN, sqlx::raw_sql(AssertSqlSafe(reset)).execute(&mut self.connection)).await;
        let reset = errors::answered(reset, &mut self.lost);
        self.end(false).await?;
        reset?;
        plan.map(|plan| (plan, names))
    }

    /// Makes one; what fails is undone alone.
    async fn one_hypothetical(&mut self, create: &str, statement: &str) -> Result<Option<String>, Refused> {
        self.raw("SAVEPOINT gonogo").await?;
        let query = sqlx::query(AssertSqlSafe(create)).bind(statement).persistent(false);
        let row = timeout(ANSWER_WITHIN, query.fetch_one(&mut self.connection)).await;
        match errors::answered(row, &mut self.lost) {
            Ok(row) => Ok(row.try_get(0).ok()),
            Err(Refused::Lost) => Err(Refused::Lost),
            Err(_) => self.raw("ROLLBACK TO SAVEPOINT gonogo").await.map(|()| None),
        }
    }

    async fn raw(&mut self, sql: &'static str) -> Result<(), Refused> {
        let done = timeout(ANSWER_WITHIN, sqlx::raw_sql(sql).execute(&mut self.connection)).await;
        errors::answered(done, &mut self.lost).map(drop)
    }

    /// The answer of one row and one column, as text. Names come with their schemas.
    pub async fn json(&mut self, sql: &'static str, names: &[String]) -> Result<String, Refused> {
        self.begin(None, Some("")).await?;
        let query = sqlx::query(sql).persistent(false).bind(names);
        let row = timeout(ANSWER_WITHIN, query.fetch_one(&mut self.connection)).await;
        let row = errors::answered(row, &mut self.lost);
        self.end(false).await?;
        row?.try_get(0).map_err(|_| Refused::Other("an answer that is no text".to_owned()))
    }

    /// The plan of a query, as JSON.
    pub async fn explain(&mut self, ask: &Ask, planner: Planner) -> Result<Value, Refused> {
        self.begin(Some(planner), None).await?;
        if ask.unpruned {
            self.raw(UNPRUNED).await?;
        }
        let (prepared, plan) = match self.prepare(ask).await {
            Ok(()) => (true, self.planned(ask).await),
            Err(refused) => (false, Err(refused)),
        };
        self.end(prepared).await?;
        plan
    }

    async fn prepare(&mut self, ask: &Ask) -> Result<(), Refused> {
        let query = sqlx::query(AssertSqlSafe(ask.prepare(NAME))).persistent(false);
        let prepared = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        errors::answered(prepared, &mut self.lost).map(drop).map_err(|refused| refused.with_parameter(&ask.open()))
    }

    async fn planned(&mut self, ask: &Ask) -> Result<Value, Refused> {
        let query = sqlx::query(AssertSqlSafe(ask.explain(NAME, IN_FULL))).persistent(false);
        let row = timeout(ANSWER_WITHIN, query.fetch_one(&mut self.connection)).await;
        let row = errors::answered(row, &mut self.lost)?;
        row.try_get::<Value, _>(0).map_err(|_| Refused::Other("an answer that is no plan".to_owned()))
    }

    /// Ends the connection; whatever was open is rolled back.
    pub async fn close(self) {
        // Dropping it would do; saying goodbye spares the server a line in its log.
        let _ = timeout(Duration::from_secs(1), self.connection.close()).await;
    }

    async fn begin(&mut self, planner: Option<Planner>, path: Option<&str>) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let mut sql = BEGIN.to_owned();
        for (name, value) in planner.map(Planner::settings).unwrap_or_default() {
            sql.push_str(&format!("; SET LOCAL {name} = {value}"));
        }
        if let Some(path) = path.or(self.search_path.as_deref()) {
            sql.push_str("; SET LOCAL search_path = ");
            sql.push_str(if path.is_empty() { "''" } else { path });
        }
        let begun = timeout(ANSWER_WITHIN, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection)).await;
        errors::answered(begun, &mut self.lost).map(drop)
    }

    async fn end(&mut self, prepared: bool) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        // One message, so that a pooler cannot put another server's session between the two.
        let sql = if prepared { "ROLLBACK; DEALLOCATE gonogo_query" } else { "ROLLBACK" };
        let ended = timeout(ANSWER_WITHIN, sqlx::raw_sql(sql).execute(&mut self.connection)).await;
        errors::answered(ended, &mut self.lost).map(drop)
    }
}
