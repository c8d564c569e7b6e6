//! What the server has counted: `performance_schema`'s digests, or MariaDB's slow log where that is a table.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::mysql::MySqlRow;

use super::errors::Refused;
use super::session::Session;
use crate::model::CallStatistics;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::literals;
use crate::probe::database::plan::Unexamined;

/// Questions about the catalogue are ours or other tools'. The time of a digest is in picoseconds. Texts are cut off at `performance_schema_max_digest_length`, and then end in three
/// dots: nobody can plan those.
const DIGESTS: &str = "SELECT CAST(DIGEST_TEXT AS CHAR), CAST(COUNT_STAR AS SIGNED), \
    CAST(AVG_TIMER_WAIT / 1000000000 AS DOUBLE), CAST(SUM_ROWS_SENT + SUM_ROWS_AFFECTED AS SIGNED) \
    FROM performance_schema.events_statements_summary_by_digest \
    WHERE SCHEMA_NAME = DATABASE() AND DIGEST_TEXT IS NOT NULL AND DIGEST_TEXT NOT LIKE '%...' \
    AND DIGEST_TEXT NOT LIKE '%information\\_schema%' AND DIGEST_TEXT NOT LIKE '%performance\\_schema%' \
    AND DIGEST_TEXT NOT LIKE '%`mysql` . `slow\\_log`%' \
    ORDER BY SUM_TIMER_WAIT DESC LIMIT 1000";

/// `sql_text` is what was sent, values included. The newest thousand are enough to see what is slow.
const SLOW: &str = "SELECT CAST(sql_text AS CHAR), CAST(TIME_TO_SEC(query_time) * 1000 + MICROSECOND(query_time) / 1000 AS DOUBLE), \
    CAST(rows_sent AS SIGNED) FROM mysql.slow_log \
    WHERE db = DATABASE() AND sql_text NOT LIKE '%information\\_schema%' \
    AND sql_text NOT LIKE '%performance\\_schema%' \
    AND sql_text NOT LIKE '%mysql.slow\\_log%' ORDER BY start_time DESC LIMIT 1000";

const SETTINGS: &str = "SELECT CAST(@@performance_schema AS SIGNED), CAST(@@slow_query_log AS SIGNED), \
    CAST(@@log_output LIKE '%TABLE%' AS SIGNED)";

/// The queries that were counted.
pub async fn read(session: &mut Session) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
    let settings = session.rows(SETTINGS).await.map_err(told)?;
    let on = |column: usize| settings.first().is_some_and(|row| row.try_get::<i64, _>(column).is_ok_and(|on| on != 0));
    let mut why = Vec::new();
    if on(0) {
        match session.rows(DIGESTS).await {
            Ok(rows) if !rows.is_empty() => return Ok(rows.iter().filter_map(digest).collect()),
            Ok(_) => why.push("the digests of performance_schema are empty".to_owned()),
            Err(refused) => {
                why.push(format!("the digests of performance_schema cannot be read ({})", reason(&refused)))
            }
        }
    } else {
        why.push("performance_schema is off".to_owned());
    }
    if on(1) && on(2) {
        match session.rows(SLOW).await {
            Ok(rows) => return Ok(merged(&rows)),
            Err(refused) => why.push(format!("mysql.slow_log cannot be read ({})", reason(&refused))),
        }
    } else {
        why.push("the slow query log is not written to a table".to_owned());
    }
    Err(Unexamined::new(format!("tell nothing: {}", why.join(", and "))))
}

fn told(refused: Refused) -> Unexamined {
    Unexamined::new(format!("tell nothing: {}", reason(&refused)))
}

fn reason(refused: &Refused) -> &'static str {
    match refused {
        Refused::Lost => "the connection was lost",
        Refused::Other(text) if text.contains("may not read") => "this user may not",
        _ => "the server refuses",
    }
}

fn digest(row: &MySqlRow) -> Option<(String, CallStatistics)> {
    let (sql, calls, mean_ms): (String, i64, f64) = (row.try_get(0).ok()?, row.try_get(1).ok()?, row.try_get(2).ok()?);
    let rows: i64 = row.try_get(3).ok()?;
    let counted = CallStatistics { calls: u64::try_from(calls).ok()?, mean_ms, rows: u64::try_from(rows).ok() };
    Some((literals::normalized(&spoken(&sql), Dialect::Mysql)?, counted))
}

/// A digest leaves spaces around every mark, and writes lists as `(...)`.
fn spoken(digest: &str) -> String {
    digest.replace(" . ", ".").replace("(...)", "(?)").replace(" ( ", "(").replace(" )", ")").replace(" , ", ", ")
}

/// One line of the log is one call; what differs in values alone is one query, and no value of the users' gets out.
#[expect(clippy::cast_precision_loss, reason = "a count of calls")]
fn merged(rows: &[MySqlRow]) -> Vec<(String, CallStatistics)> {
    let mut found: BTreeMap<String, (u64, f64, u64)> = BTreeMap::new();
    for row in rows {
        let (Ok(sql), Ok(ms), Ok(sent)) =
            (row.try_get::<String, _>(0), row.try_get::<f64, _>(1), row.try_get::<i64, _>(2))
        else {
            continue;
        };
        let Some(sql) = literals::normalized(&sql, Dialect::Mysql) else { continue };
        let sum = found.entry(sql).or_default();
        sum.0 += 1;
        sum.1 += ms;
        sum.2 += u64::try_from(sent).unwrap_or(0);
    }
    found
        .into_iter()
        .map(|(sql, (calls, ms, rows))| (sql, CallStatistics { calls, mean_ms: ms / calls as f64, rows: Some(rows) }))
        .collect()
}
