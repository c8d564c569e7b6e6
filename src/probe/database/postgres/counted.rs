//! The queries that the server has counted itself, in `pg_stat_statements`.

use sqlx::Row;

use super::errors::Refused;
use super::session::Session;
use crate::model::CallStatistics;
use crate::probe::database::lexer::{self, Dialect, Token};
use crate::probe::database::literals;
use crate::probe::database::plan::Unexamined;

/// Where the extension's view is. Only what belongs to the extension counts, not a view of the same name.
const WHERE: &str = "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e \
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' \
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refobjid = e.oid AND d.deptype = 'e' \
    WHERE e.extname = 'pg_stat_statements'";

/// Those that took the most time. Columns are named through JSON, for version 13 renamed some. What other roles sent is
/// hidden from most.
const COUNTED: &str = "SELECT j.row ->> 'query', (j.row ->> 'calls')::int8, \
      coalesce(j.row ->> 'mean_exec_time', j.row ->> 'mean_time')::float8, (j.row ->> 'rows')::int8 \
    FROM pg_stat_statements s CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(s) AS row) j \
    WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) \
      AND s.query ~* '^[[:space:]]*(/[*].*[*]/[[:space:]]*)?(select|insert|update|delete|with|<insufficient)' \
      AND s.query ~* '[[:<:]](from|update|into|insufficient)[[:>:]]' AND s.query !~ 'gonogo_query' AND s.query !~* '(from|join)[[:space:]]+(pg_catalog[.]|information_schema[.]|pg_)' \
    ORDER BY coalesce(j.row ->> 'total_exec_time', j.row ->> 'total_time')::float8 DESC LIMIT 1000";

/// What stands for the text of a query that the role may not see.
const HIDDEN: &str = "<insufficient privilege>";

/// Reads them.
///
/// # Errors
/// Why they cannot be read, as a phrase after "the server's statistics …".
pub async fn read(session: &mut Session) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
    let unread = |_: Refused| Unexamined::new("could not be read");
    let place = session.rows(WHERE, &[]).await.map_err(unread)?;
    let schema: String = match place.first() {
        Some(row) => row.try_get(0).map_err(|_| Unexamined::new("could not be read"))?,
        None => {
            return Err(Unexamined::new(
                "are not kept: the extension pg_stat_statements is not installed in this database",
            ));
        }
    };
    let rows = session.rows_in(&schema, COUNTED).await.map_err(|refused| match refused {
        Refused::Lost => Unexamined::new("could not be read, because the connection was lost"),
        Refused::Slow => Unexamined::new("could not be read within 3 s"),
        Refused::Other(reason) if reason.contains("55000") => {
            Unexamined::new("are not kept: pg_stat_statements is missing from shared_preload_libraries")
        }
        _ => Unexamined::new(
            "may not be read by this role; grant it pg_read_all_stats, and USAGE on the schema of pg_stat_statements",
        ),
    })?;
    let mut counted = Vec::new();
    let mut hidden = 0_usize;
    for row in &rows {
        let (Ok(sql), Ok(calls), Ok(mean_ms)) =
            (row.try_get::<String, _>(0), row.try_get::<i64, _>(1), row.try_get::<f64, _>(2))
        else {
            continue;
        };
        if sql == HIDDEN {
            hidden += 1;
            continue;
        }
        let rows = row.try_get::<Option<i64>, _>(3).ok().flatten().and_then(|rows| u64::try_from(rows).ok());
        let calls = CallStatistics { calls: u64::try_from(calls).unwrap_or_default(), mean_ms, rows };
        if let Some(sql) = literals::parametrized(&as_sql(&sql)) {
            counted.push((sql, calls));
        }
    }
    if counted.is_empty() && hidden > 0 {
        return Err(Unexamined::new("hide the queries of other roles from this one; grant it pg_read_all_stats"));
    }
    Ok(counted)
}

/// The statistics put `$1` where a literal stood, also where SQL takes nothing but a literal. `interval $1` and its like
/// are made SQL again by the placeholders' lexer; here what it does not know: the field of `extract($1 from …)`, and
/// types of several words.
fn as_sql(text: &str) -> String {
    let Ok(tokens) = lexer::tokens(text, Dialect::Postgres) else { return text.to_owned() };
    let mut sql = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.spaced && !sql.is_empty() {
            sql.push(' ');
        }
        let following = |from: usize, words: &[&str]| {
            words
                .iter()
                .enumerate()
                .all(|(n, word)| tokens.get(at + from + n).is_some_and(|token| token.text.eq_ignore_ascii_case(word)))
        };
        let parameter = |n: usize| tokens.get(at + n).filter(|token| is_parameter(token));
        if token.text.eq_ignore_ascii_case("extract")
            && following(1, &["("])
            && parameter(2).is_some()
            && following(3, &["from"])
        {
            sql.push_str("extract(epoch");
            at += 3;
        } else if let Some((kind, words)) = zoned(token, |words| following(1, words))
            && let Some(parameter) = parameter(words + 1)
        {
            sql.push_str(&format!("{}::{kind}", parameter.text));
            at += words + 2;
        } else {
            sql.push_str(token.text);
            at += 1;
        }
    }
    sql
}

/// `timestamp with time zone` and its like, with the number of words after the first.
fn zoned(token: &Token<'_>, following: impl Fn(&[&str]) -> bool) -> Option<(&'static str, usize)> {
    let is = |word: &str| token.text.eq_ignore_ascii_case(word);
    if following(&["with", "time", "zone"]) {
        if is("timestamp") { Some(("timestamptz", 3)) } else { is("time").then_some(("timetz", 3)) }
    } else if following(&["without", "time", "zone"]) {
        if is("timestamp") { Some(("timestamp", 3)) } else { is("time").then_some(("time", 3)) }
    } else {
        (is("double") && following(&["precision"])).then_some(("float8", 1))
    }
}

fn is_parameter(token: &Token<'_>) -> bool {
    token.text.strip_prefix('$').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_statistics_print_becomes_sql_again() {
        for (printed, sql) in [
            ("SELECT extract($1 from at) FROM t", "SELECT extract(epoch from at) FROM t"),
            ("SELECT EXTRACT($1 FROM a.at) > $2 FROM t a", "SELECT extract(epoch FROM a.at) > $2 FROM t a"),
            ("SELECT 1 FROM t WHERE at > timestamp with time zone $1", "SELECT 1 FROM t WHERE at > $1::timestamptz"),
            ("SELECT 1 FROM t WHERE at > now() - interval $1", "SELECT 1 FROM t WHERE at > now() - interval $1"),
            ("SELECT extract(day from at) FROM t", "SELECT extract(day from at) FROM t"),
        ] {
            assert_eq!(as_sql(printed), sql);
        }
    }
}
