//! A connection to the scratch cluster that plans queries, many at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use tokio::time::timeout;

use super::super::errors::{self, Refused};
use super::super::session::{Ask, IN_FULL, Planner};
use super::sizes::Size;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::placeholders::Prepared;

/// How many queries are sent in one go.
const AT_ONCE: usize = 25;
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
        let (names, values): (Vec<&str>, Vec<&str>) = settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([
                ("search_path", search_path),
                ("default_transaction_read_only", if may_write { "off" } else { "on" }),
                ("statement_timeout", PLAN_WITHIN),
            ])
            .unzip();
        sqlx::query(
            "SELECT pg_catalog.set_config(g.name, g.value, false) FROM unnest($1::text[], $2::text[]) AS g(name, value) \
             JOIN pg_catalog.pg_settings s USING (name)",
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
        let mut answers = Vec::with_capacity(asks.len());
        for some in asks.chunks(AT_ONCE) {
            match self.some(some, planner, options).await {
                Ok(plans) => answers.extend(plans),
                // One of them took too long, and nobody knows which.
                Err(_) if some.len() > 1 => {
                    for one in some {
                        answers.push(match self.some(&[*one], planner, options).await {
                            Ok(plans) => plans.into_iter().next().unwrap_or(Err(Refused::Lost)),
                            Err(refused) => Err(refused),
                        });
                    }
                }
                Err(refused) => answers.push(Err(refused)),
            }
        }
        answers
    }

    /// Makes an index of this name and hides it from the planner; tells what was made.
    pub async fn make(&mut self, statement: &str, name: &str) -> Result<Vec<PgRow>, Refused> {
        let query = sqlx::query(
            "SELECT m.*, gonogo_scratch.show(ARRAY[m.made], false)::text FROM gonogo_scratch.make($1, $2) m",
        )
        .bind(statement)
        .bind(name)
        .persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.fetch_all(&mut self.connection)).await;
        self.answered(answer)
    }

    /// The plan of `ask` with indexes that are hidden else.
    pub async fn trial(&mut self, shown: &[i64], ask: &Ask) -> Result<Value, Refused> {
        let (names, values): (Vec<&str>, Vec<&str>) = Planner::NATURAL.settings().into_iter().unzip();
        let query = sqlx::query("SELECT gonogo_scratch.trial($1, $2, $3, $4, $5)")
            .bind(shown)
            .bind(ask.prepare())
            .bind(ask.explain(IN_FULL))
            .bind(names)
            .bind(values)
            .persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.fetch_one(&mut self.connection)).await;
        let unreadable = || Refused::Other("an answer that is no plan".to_owned());
        let text: Option<String> = self.answered(answer)?.try_get(0).map_err(|_| unreadable())?;
        serde_json::from_str(&text.ok_or_else(unreadable)?).map_err(|_| unreadable())
    }

    /// How many rows the planner expects of a query.
    pub async fn estimate(&mut self, sql: &str) -> Option<f64> {
        let ask = Ask::of(&Prepared::new(sql, Dialect::Postgres).ok()?);
        let plan = self.explain(&[&ask], Planner::NATURAL, "FORMAT JSON").await.pop()?.ok()?;
        plan.pointer("/0/Plan/Plan Rows")?.as_f64()
    }

    /// Writes sizes of relations of the copy.
    pub async fn size(&mut self, sizes: &[(i64, Size)]) -> Result<(), Refused> {
        let column = |of: fn(&Size) -> f64| sizes.iter().map(|(_, size)| of(size)).collect::<Vec<f64>>();
        let query = sqlx::query("SELECT gonogo_scratch.size($1, $2, $3, $4)")
            .bind(sizes.iter().map(|(oid, _)| *oid).collect::<Vec<i64>>())
            .bind(column(|size| size.pages))
            .bind(column(|size| size.rows))
            .bind(column(|size| size.visible))
            .persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.execute(&mut self.connection)).await;
        self.answered(answer).map(drop)
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

    async fn some(
        &mut self,
        asks: &[&Ask],
        planner: Planner,
        options: &str,
    ) -> Result<Vec<Result<Value, Refused>>, Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let prepares: Vec<String> = asks.iter().map(|ask| ask.prepare()).collect();
        let explains: Vec<String> = asks.iter().map(|ask| ask.explain(options)).collect();
        let (names, values): (Vec<&str>, Vec<&str>) = planner.settings().into_iter().unzip();
        let query = sqlx::query("SELECT plan, code, message FROM gonogo_scratch.plans($1, $2, $3, $4) ORDER BY place")
            .bind(prepares)
            .bind(explains)
            .bind(names)
            .bind(values)
            .persistent(false);
        let answer = timeout(ANSWER_WITHIN, query.fetch_all(&mut self.connection)).await;
        let rows = self.answered(answer)?;
        let unreadable = || Refused::Other("an answer that is no plan".to_owned());
        let answer = |(row, ask): (&PgRow, &&Ask)| {
            if let Ok(Some(plan)) = row.try_get::<Option<&str>, _>(0) {
                return serde_json::from_str(plan).map_err(|_| unreadable());
            }
            let code: Option<&str> = row.try_get(1).unwrap_or_default();
            let message: Option<&str> = row.try_get(2).unwrap_or_default();
            Err(errors::by_code(code.unwrap_or_default(), message.unwrap_or_default()).with_parameter(&ask.open()))
        };
        Ok(rows.iter().zip(asks).map(answer).collect())
    }
}
