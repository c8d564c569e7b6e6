//! A connection to the scratch cluster that plans queries, many at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use tokio::time::timeout;

use super::super::errors::{self, Refused};
use super::super::session::{Ask, IN_FULL, Planner};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::placeholders::Prepared;

/// For one of them alone; longer than it takes for any query that a person has written.
const PLAN_WITHIN: &str = "3s";
/// Longer than the server's own limit, for a connection that hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The connection.
pub struct Worker {
    connection: PgConnection,
    lost: bool,
}

impl Worker {
    /// With the planner's settings as they are on the user's server, and its way of finding names. What the scratch server
    /// does not know is left as it is here.
    pub async fn new(
        mut connection: PgConnection,
        settings: &BTreeMap<String, String>,
        search_path: &str,
        may_write: bool,
    ) -> Result<Self, sqlx::Error> {
        let ours = [
            ("search_path", search_path),
            ("default_transaction_read_only", if may_write { "off" } else { "on" }),
            ("statement_timeout", PLAN_WITHIN),
        ];
        let theirs = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let theirs = theirs.filter(|(name, _)| ours.iter().all(|(own, _)| !own.eq_ignore_ascii_case(name)));
        let (names, values): (Vec<&str>, Vec<&str>) = theirs.chain(ours).unzip();
        sqlx::query(
            "SELECT pg_catalog.set_config(g.name, g.value, false) FROM unnest($1::text[], $2::text[]) AS g(name, value) \
             JOIN pg_catalog.pg_settings s USING (name) WHERE s.category LIKE 'Query Tuning%' OR s.name IN ('work_mem', \
             'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'TimeZone', 'DateStyle', 'IntervalStyle', \
             'search_path', 'default_transaction_read_only', 'statement_timeout')",
        )
        .bind(names)
        .bind(values)
        .persistent(false)
        .execute(&mut connection)
        .await?;
        Ok(Self { connection, lost: false })
    }

    /// The plans of `asks`, each planned by itself; `options` as those of EXPLAIN.
    pub async fn explain(&mut self, asks: &[&Ask], planner: Planner, options: &str) -> Vec<Result<Value, Refused>> {
        if let Err(refused) = self.begin(planner).await {
            return asks.iter().map(|_| Err(refused.clone())).collect();
        }
        let mut answers = Vec::with_capacity(asks.len());
        for ask in asks {
            answers.push(self.planned(ask, options, "ROLLBACK TO gonogo").await);
        }
        // Whoever asks next will see if this failed.
        let _ = self.raw("ROLLBACK").await;
        answers
    }

    /// Makes an index.
    pub async fn make(&mut self, statement: &str) -> Result<(), Refused> {
        let query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        self.answered(answer).map(drop)
    }

    /// The plan of `ask` with indexes that are hidden else.
    pub async fn trial(&mut self, shown: &[i64], ask: &Ask) -> Result<Value, Refused> {
        self.begin(Planner::NATURAL).await?;
        let query = sqlx::query("SELECT gonogo_scratch.show($1, true)").bind(shown).persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        match self.answered(answer) {
            Ok(_) => self.planned(ask, IN_FULL, "ROLLBACK").await,
            Err(refused) => self.raw("ROLLBACK").await.and(Err(refused)),
        }
    }

    /// How many rows the planner expects of a query.
    pub async fn estimate(&mut self, sql: &str) -> Option<f64> {
        let ask = Ask::of(&Prepared::new(sql, Dialect::Postgres).ok()?);
        let plan = self.explain(&[&ask], Planner::NATURAL, "FORMAT JSON").await.pop()?.ok()?;
        plan.pointer("/0/Plan/Plan Rows")?.as_f64()
    }

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

    /// Begins a transaction that is rolled back, with a place to return to after each plan.
    async fn begin(&mut self, planner: Planner) -> Result<(), Refused> {
        let mut sql = "BEGIN".to_owned();
        for (name, value) in planner.settings() {
            sql.push_str(&format!("; SET LOCAL {name} = {value}"));
        }
        sql.push_str("; SAVEPOINT gonogo");
        self.raw(&sql).await
    }

    /// The plan of a query; `undo` leaves everything as it was before. As a prepared statement of the protocol PREPARE is
    /// one statement, whatever the query's text holds, and by the grammar it can only prepare a query. What follows is of
    /// our own text alone, and goes in one message, which is what makes many plans quick.
    async fn planned(&mut self, ask: &Ask, options: &str, undo: &str) -> Result<Value, Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let query = sqlx::query(AssertSqlSafe(ask.prepare())).persistent(false);
        let prepared = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        if let Err(refused) = self.answered(prepared) {
            self.raw(undo).await?;
            return Err(refused.with_parameter(&ask.open()));
        }
        let clean_up = format!("{undo}; DEALLOCATE gonogo_query");
        let batch = sqlx::raw_sql(AssertSqlSafe(format!("{}; {clean_up}", ask.explain(options))));
        let row = timeout(ANSWER_WITHIN, batch.fetch_all(&mut self.connection)).await;
        let rows = match self.answered(row) {
            Ok(rows) => rows,
            Err(refused) => {
                // Where the plan fails the server leaves out the rest of the message.
                self.raw(&clean_up).await?;
                return Err(refused);
            }
        };
        let plan = rows.first().and_then(|row| row.try_get::<Value, _>(0).ok());
        plan.ok_or_else(|| Refused::Other("an answer that is no plan".to_owned()))
    }

    async fn raw(&mut self, sql: &str) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let done = timeout(ANSWER_WITHIN, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection)).await;
        self.answered(done).map(drop)
    }
}
