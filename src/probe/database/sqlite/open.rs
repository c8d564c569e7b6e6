//! Opens the user's file so that nothing can be written, and reads the schema.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::time::timeout;

use super::Schema;
use crate::model::Failure;
use crate::probe::database::target::SqliteTarget;

/// How long to wait for a lock that another process holds.
const LOCKED_FOR: Duration = Duration::from_secs(3);
/// How long reading the schema and counting may take in all.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// The first bytes of every SQLite 3 file (file format, section 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The file that is meant.
pub fn find(target: &SqliteTarget, root: &Path) -> Result<PathBuf, Failure> {
    let candidates = target.candidates(root);
    let found = candidates.iter().find(|path| path.exists());
    let Some(path) = found else {
        let named = &target.named;
        return Err(Failure::new(format!(
            "there is no SQLite file {named}; create it with the project's migrations, or name another with --database sqlite:PATH"
        )));
    };
    if !path.is_file() {
        return Err(Failure::new(format!("{} is not a file; name the SQLite file itself", target.named)));
    }
    Ok(path.clone())
}

/// Reads what there is.
pub async fn read(path: &Path, named: &str, wanted: &BTreeSet<String>, rows: u64) -> Result<Schema, Failure> {
    let immutable = needs_immutable(path, named)?;
    let options = SqliteConnectOptions::new()
        .filename(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
        .read_only(true)
        .immutable(immutable)
        .create_if_missing(false)
        .busy_timeout(LOCKED_FOR)
        .disable_statement_logging();
    let reading = async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let schema = schema(&mut connection, wanted, rows).await;
        let _ = connection.close().await;
        schema
    };
    match timeout(READ_WITHIN, reading).await {
        Ok(Ok(schema)) => Ok(schema),
        Ok(Err(error)) => Err(explain(&error, named)),
        Err(_) => Err(Failure::new(format!("{named} could not be read within 20 s; run again on a copy of it"))),
    }
}

/// A file in WAL mode without a log beside it would get one when opened: then nobody writes, and it is opened as one that
/// does not change. With a log, the log counts, and the file is opened as usual.
fn needs_immutable(path: &Path, named: &str) -> Result<bool, Failure> {
    let mut header = [0_u8; 20];
    let mut file = File::open(path)
        .map_err(|error| Failure::new(format!("{named} cannot be opened: {error}; check its permissions")))?;
    let length = file.metadata().map_or(0, |data| data.len());
    if length == 0 {
        return Err(Failure::new(format!(
            "{named} is empty; run the project's migrations first, or name another with --database sqlite:PATH"
        )));
    }
    if file.read_exact(&mut header).is_err() || !header.starts_with(MAGIC) {
        return Err(Failure::new(format!("{named} is not a SQLite database; name one with --database sqlite:PATH")));
    }
    // Bytes 18 and 19 are 2 in WAL mode (file format, section 1.3.3).
    if !header.ends_with(&[2, 2]) {
        return Ok(false);
    }
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        std::fs::metadata(name).ok().map(|data| data.len())
    };
    match (beside("-wal"), beside("-shm")) {
        (None | Some(0), None) => Ok(true),
        (Some(_), None) => Err(Failure::new(format!(
            "{named} was left with an unfinished log ({named}-wal); open it once with your app so that the log is merged, then run again"
        ))),
        (None, Some(_)) => Ok(true),
        (Some(_), Some(_)) => Ok(false),
    }
}

async fn schema(
    connection: &mut SqliteConnection,
    wanted: &BTreeSet<String>,
    rows: u64,
) -> Result<Schema, sqlx::Error> {
    sqlx::raw_sql("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF").execute(&mut *connection).await?;
    // Tables first: the copy is made in this order.
    let entries: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema \
         WHERE sql IS NOT NULL AND type IN ('table', 'index', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut schema = Schema { entries, ..Schema::default() };
    let has_statistics: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'")
        .fetch_optional(&mut *connection)
        .await?;
    if has_statistics.is_some() {
        schema.statistics =
            sqlx::query_as("SELECT tbl, idx, CAST(stat AS TEXT) FROM sqlite_stat1 WHERE stat IS NOT NULL")
                .fetch_all(&mut *connection)
                .await?;
    }
    let most = i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1);
    let plain: Vec<String> = schema
        .entries
        .iter()
        .filter(|(kind, name, _, sql)| kind == "table" && wanted.contains(&name.to_lowercase()) && !is_virtual(sql))
        .map(|(_, name, _, _)| name.clone())
        .collect();
    for name in plain {
        let quoted = name.replace('"', "\"\"");
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM \"{quoted}\" LIMIT {most})");
        let counted: Result<(i64,), _> = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *connection).await;
        if let Ok((count,)) = counted {
            schema.rows.insert(name.to_lowercase(), u64::try_from(count).unwrap_or(0));
        }
    }
    Ok(schema)
}

/// Whether a table's rows come from a module, which counting would run.
pub fn is_virtual(sql: &str) -> bool {
    sql.split_whitespace().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("virtual"))
}

fn explain(error: &sqlx::Error, named: &str) -> Failure {
    // Primary result codes: sqlite.org/rescode.html.
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok()).map(|code| code & 0xff);
    Failure::new(match code {
        Some(5 | 6) => format!("{named} is locked by another process; stop what writes to it, or run again later"),
        Some(11) => format!("{named} is damaged; restore it from a backup, or run on another copy"),
        Some(26) => {
            format!("{named} is not a SQLite database, or it is encrypted; name one with --database sqlite:PATH")
        }
        Some(14 | 3 | 23) => {
            format!("{named} cannot be opened for reading; check its permissions and those of its folder")
        }
        Some(8) => format!("{named} needs to be recovered first; open it once with your app, then run again"),
        Some(10) => format!("{named} could not be read from the disk; check the disk, or run on a copy"),
        _ => format!("{named} could not be read as a SQLite database; run on another copy of it"),
    })
}
