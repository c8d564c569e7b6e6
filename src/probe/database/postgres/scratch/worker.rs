//! A connection to the scratch cluster that plans queries, many at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};
use tokio::time::timeout;

use super::super::errors::{self, Refused};
use super::super::session::{Ask, Planner};

/// For one of them alone; longer than it takes for any query that a person has written.
const PLAN_WITHIN: &str = "3s";
/// Longer than the server's own limit, for a connection that hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// So many plans are asked for in one message.
const AT_ONCE: usize = 50;
/// The server keeps so many queries prepared for a connection; each takes some ten kilobytes.
const MOST_PREPARED: usize = 1_000;
/// Leaves everything as it was before a plan.
const BACK: &str = "ROLLBACK TO gonogo";

/// The connection.
pub struct Worker {
    connection: PgConnection,
    /// Names of the queries that are prepared, by the statement that does it.
    prepared: HashMap<String, String>,
    /// The number in the last such name.
    number: usize,
    lost: bool,
}

impl Worker {
    /// With the planner's settings as they are on the user's server, and its way of finding names. What the scratch server
    /// does not know is left as it is here.
    pub async fn new(
        mut connection: PgConnection,
        settings: &BTreeMap<String, String>,
        search_path: &str,
    ) -> Result<Self, sqlx::Error> {
        let ours =
            [("search_path", search_path), ("default_transaction_read_only", "on"), ("statement_timeout", PLAN_WITHIN)];
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
        Ok(Self { connection, prepared: HashMap::new(), number: 0, lost: false })
    }

    /// The plans of `asks`, each planned by itself; `options` as those of EXPLAIN.
    pub async fn explain(&mut self, asks: &[&Ask], planner: Planner, options: &str) -> Vec<Result<Value, Refused>> {
        let mut answers = Vec::with_capacity(asks.len());
        for asks in asks.chunks(AT_ONCE) {
            answers.extend(self.explain_some(asks, planner, options).await);
        }
        answers
    }

    /// As [`Worker::explain`], of no more than [`AT_ONCE`].
    async fn explain_some(&mut self, asks: &[&Ask], planner: Planner, options: &str) -> Vec<Result<Value, Refused>> {
        let names = self.named(asks).await;
        let known =
            names.iter().zip(asks).filter_map(|(name, ask)| Some(ask.explain_here(name.as_ref().ok()?, options)));
        let questions: Vec<String> = known.collect();
        let plans = self.plans(&begin("BEGIN", planner), &questions, 1).await;
        fill(names, plans)
    }

    /// The plan of each query with indexes that are hidden else.
    pub async fn trials(&mut self, trials: &[(Vec<i64>, &Ask)]) -> Vec<Result<Value, Refused>> {
        let mut answers = Vec::with_capacity(trials.len());
        for trials in trials.chunks(AT_ONCE) {
            let names = self.named(&trials.iter().map(|(_, ask)| *ask).collect::<Vec<_>>()).await;
            let mut planned = BTreeSet::new();
            let known = names.iter().zip(trials).filter_map(|(name, (shown, ask))| {
                let name = name.as_ref().ok()?;
                let again = if planned.insert(name) { "" } else { "DISCARD PLANS; " };
                let shown: Vec<String> = shown.iter().map(i64::to_string).collect();
                let explain = ask.explain_here(name, "FORMAT JSON");
                Some(format!("{again}SELECT gonogo_scratch.show('{{{}}}', true); {explain}", shown.join(",")))
            });
            let questions: Vec<String> = known.collect();
            let plans = self.plans(&begin("BEGIN READ WRITE", Planner::NATURAL), &questions, 2).await;
            answers.extend(fill(names, plans));
        }
        answers
    }

    /// Makes indexes, as far as they can be made.
    pub async fn make(&mut self, statements: Vec<String>) {
        if statements.is_empty() {
            return;
        }
        // Whoever asks next will see if this failed.
        let _ = self.raw("SET default_transaction_read_only = off").await;
        for statement in statements {
            if self.lost {
                return;
            }
            let query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
            let answer = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
            let _ = errors::answered(answer, &mut self.lost);
        }
        let _ = self.raw("SET default_transaction_read_only = on").await;
    }

    /// The plans that these questions ask for, each of as many rows, the last of which is the plan.
    async fn plans(&mut self, begin: &str, questions: &[String], rows: usize) -> Vec<Result<Value, Refused>> {
        let mut plans = Vec::with_capacity(questions.len());
        while let Some(left) = questions.get(plans.len()..).filter(|left| !left.is_empty()) {
            let between = format!("; {BACK}; ");
            let (seen, refused) =
                self.asked(format!("{begin}; SAVEPOINT gonogo; {}; ROLLBACK", left.join(&between))).await;
            let whole = seen.chunks_exact(rows).filter_map(<[PgRow]>::last).take(left.len());
            let before = plans.len();
            plans.extend(whole.map(plan));
            let Some(refused) = refused else { break };
            // Where one fails the server leaves out the rest of the message. Before version 13 its limit of time was that of
            // the message: what failed behind others is asked again.
            if plans.len() == before {
                plans.push(Err(refused));
            }
            // Whoever asks next will see if this failed.
            let _ = self.raw("ROLLBACK").await;
        }
        plans
    }

    /// Whether the query is prepared on this connection.
    pub fn knows(&self, ask: &Ask) -> bool {
        self.prepared.contains_key(&ask.prepare(""))
    }

    /// The names under which the server knows these queries, no more than [`AT_ONCE`], prepared where they were not. As a
    /// prepared statement of the protocol PREPARE is one statement, whatever the query's text holds, and by the grammar it
    /// can only prepare a query. Everything else is of our own text alone, so that it can go in one message for many
    /// queries, which is what makes many plans quick.
    async fn named(&mut self, asks: &[&Ask]) -> Vec<Result<String, Refused>> {
        if self.prepared.len() + asks.len() > MOST_PREPARED {
            // Whoever asks next will see if this failed.
            let _ = self.raw("DEALLOCATE ALL").await;
            self.prepared.clear();
        }
        let mut names = Vec::with_capacity(asks.len());
        for ask in asks {
            names.push(self.name(ask).await);
        }
        names
    }

    async fn name(&mut self, ask: &Ask) -> Result<String, Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let key = ask.prepare("");
        if let Some(name) = self.prepared.get(&key) {
            return Ok(name.clone());
        }
        self.number += 1;
        let name = format!("gonogo_{}", self.number);
        let query = sqlx::query(AssertSqlSafe(ask.prepare(&name))).persistent(false);
        let prepared = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        errors::answered(prepared, &mut self.lost).map_err(|refused| refused.with_parameter(&ask.open()))?;
        self.prepared.insert(key, name.clone());
        Ok(name)
    }

    /// The rows that a message of our own text is answered with, and why there are no more.
    async fn asked(&mut self, message: String) -> (Vec<PgRow>, Option<Refused>) {
        let mut seen = Vec::new();
        if self.lost {
            return (seen, Some(Refused::Lost));
        }
        let mut rows = sqlx::raw_sql(AssertSqlSafe(message)).fetch(&mut self.connection);
        let refused = loop {
            match timeout(ANSWER_WITHIN, rows.next()).await {
                Ok(Some(Ok(row))) => seen.push(row),
                Ok(Some(Err(error))) => break errors::refused(&error),
                Ok(None) => return (seen, None),
                Err(_) => break Refused::Lost,
            }
        };
        drop(rows);
        self.lost |= refused == Refused::Lost;
        (seen, Some(refused))
    }

    async fn raw(&mut self, sql: &str) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let done = timeout(ANSWER_WITHIN, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection)).await;
        errors::answered(done, &mut self.lost).map(drop)
    }
}

/// Begins a transaction that is rolled back. What was prepared is planned anew in it: the server notices neither other
/// settings nor an index that has come into sight.
fn begin(begin: &str, planner: Planner) -> String {
    let mut sql = begin.to_owned();
    for (name, value) in planner.settings() {
        sql.push_str(&format!("; SET LOCAL {name} = {value}"));
    }
    sql.push_str("; DISCARD PLANS");
    sql
}

/// The plans of those that have names, in the places of these.
fn fill(names: Vec<Result<String, Refused>>, plans: Vec<Result<Value, Refused>>) -> Vec<Result<Value, Refused>> {
    let mut plans = plans.into_iter();
    names.into_iter().map(|name| name.and_then(|_| plans.next().unwrap_or_else(no_plan))).collect()
}

fn plan(row: &PgRow) -> Result<Value, Refused> {
    row.try_get(0).or_else(|_| no_plan())
}

fn no_plan() -> Result<Value, Refused> {
    Err(Refused::Other("an answer that is no plan".to_owned()))
}
