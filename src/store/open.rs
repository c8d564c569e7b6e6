//! Opening the state: a new file, an old one, one that is locked, broken or from the future.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlitePool};
use tokio::time::{Instant, sleep};

use super::{Store, StoreError};

/// So long another instance may have the file for itself.
const BUSY: Duration = Duration::from_secs(3);
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Every migration, in order. A file whose newest is beyond these was written by a later version.
const MIGRATIONS: [(i64, &str, &str); 1] = [(
    1,
    "answers and runs",
    "CREATE TABLE changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        item TEXT NOT NULL,
        kind TEXT NOT NULL,
        before TEXT NOT NULL,
        after TEXT NOT NULL
    );
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        probe TEXT NOT NULL,
        ended TEXT NOT NULL,
        duration_ms INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        observations TEXT NOT NULL,
        cited TEXT NOT NULL
    );
    CREATE INDEX runs_by_probe ON runs (probe, number);",
)];

/// A state that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The state.
    pub store: Store,
    /// A broken file that lay in its place; it was renamed, not touched.
    pub set_aside: Option<PathBuf>,
}

/// Opens the state at `path`, making it and its folder where missing. A file that is not a state is kept under another
/// name, and a new one is begun.
///
/// # Errors
/// When the file is locked, newer, or cannot be made.
pub async fn open(path: &Path) -> Result<Opened, StoreError> {
    let unusable = |reason: String| StoreError::Unusable { path: path.display().to_string(), reason };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder).await.map_err(|error| unusable(error.to_string()))?;
    }
    match connect(path).await {
        Ok(store) => Ok(Opened { store, set_aside: None }),
        // A slip such as `--state package.json` must not move the user's own file away.
        Err(Trouble::Corrupt) if path.extension().is_none_or(|extension| extension != "db") => {
            Err(unusable("it is not a state file of gonogo's (those end in .db)".to_owned()))
        }
        Err(Trouble::Corrupt) => {
            let aside = free_name(path);
            tokio::fs::rename(path, &aside).await.map_err(|error| unusable(error.to_string()))?;
            for suffix in ["-wal", "-shm"] {
                // They belong to the broken file; a fresh one must not take them for its own.
                let _ = tokio::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)).await;
            }
            match connect(path).await {
                Ok(store) => Ok(Opened { store, set_aside: Some(aside) }),
                Err(trouble) => Err(trouble.into_error(path)),
            }
        }
        Err(trouble) => Err(trouble.into_error(path)),
    }
}

enum Trouble {
    Corrupt,
    Locked,
    Newer,
    Other(String),
}

impl Trouble {
    fn into_error(self, path: &Path) -> StoreError {
        let path = path.display().to_string();
        match self {
            Self::Locked => StoreError::Locked { path },
            Self::Newer => StoreError::Newer { path },
            Self::Corrupt => StoreError::Unusable { path, reason: "it is damaged".to_owned() },
            Self::Other(reason) => StoreError::Unusable { path, reason },
        }
    }
}

/// The primary result code of SQLite: the low byte of an extended one.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff)
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        // 5 BUSY, 6 LOCKED, 11 CORRUPT, 26 NOTADB.
        match primary_code(&error) {
            Some(5 | 6) => Self::Locked,
            Some(11 | 26) => Self::Corrupt,
            _ => Self::Other(error.to_string()),
        }
    }
}

async fn connect(path: &Path) -> Result<Store, Trouble> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        // In WAL mode a commit then survives a crash of the program; only a power cut could take back the last one.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await?;
    match prepare(&pool).await {
        Ok(()) => Ok(Store { pool, path: path.to_owned(), identity: super::identity(path) }),
        Err(trouble) => {
            pool.close().await;
            Err(trouble)
        }
    }
}

async fn prepare(pool: &SqlitePool) -> Result<(), Trouble> {
    let (sound,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(pool).await?;
    if sound != "ok" {
        return Err(Trouble::Corrupt);
    }
    let newest = MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0);
    // One statement sees one moment: another instance may be making the file right now.
    let (versions, tables): (i64, i64) =
        sqlx::query_as("SELECT count(*) FILTER (WHERE name = '_sqlx_migrations'), count(*) FROM sqlite_schema")
            .fetch_one(pool)
            .await?;
    if versions > 0 {
        let (found,): (Option<i64>,) =
            sqlx::query_as("SELECT max(version) FROM _sqlx_migrations").fetch_one(pool).await?;
        if found.is_some_and(|found| found > newest) {
            return Err(Trouble::Newer);
        }
    } else if tables > 0 {
        // A SQLite file with tables but none of ours is somebody else's: it must not be written to.
        return Err(Trouble::Other("it is a database of something else".to_owned()));
    }
    // Only now that the file is known to be ours: switching the journal writes to it.
    use_write_ahead_log(pool).await?;
    migrate(pool).await
}

/// Switches the journal. That needs the file for a moment alone, for which SQLite does not wait by itself, whatever its busy timeout.
async fn use_write_ahead_log(pool: &SqlitePool) -> Result<(), Trouble> {
    let until = Instant::now() + BUSY;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(pool).await.map_err(Trouble::from) {
            Err(Trouble::Locked) if Instant::now() < until => sleep(AGAIN_AFTER).await,
            other => return other.map(drop),
        }
    }
}

/// Brings the tables up to date. Of several instances that open a new file at once, one does it and the others wait.
async fn migrate(pool: &SqlitePool) -> Result<(), Trouble> {
    let migrations = MIGRATIONS.iter().map(|(version, title, sql)| {
        Migration::new(
            *version,
            (*title).into(),
            MigrationType::Simple,
            AssertSqlSafe((*sql).to_owned()).into_sql_str(),
            false,
        )
    });
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    Migrator::with_migrations(migrations.collect()).run_direct(None, &mut *transaction, false).await.map_err(
        |error| match error {
            sqlx::migrate::MigrateError::Execute(error) => Trouble::from(error),
            error => Trouble::Other(error.to_string()),
        },
    )?;
    transaction.commit().await?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn free_name(path: &Path) -> PathBuf {
    let candidate = |n: u32| with_suffix(path, &format!(".broken-{n}"));
    (1..u32::MAX).map(candidate).find(|name| !name.exists()).unwrap_or_else(|| candidate(0))
}

#[cfg(test)]
mod tests;
