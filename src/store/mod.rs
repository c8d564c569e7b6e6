//! What must last: one SQLite file a project. The log of answers is only ever appended to.

mod open;
mod rows;

use std::path::PathBuf;

use sqlx::SqlitePool;

use crate::model::{Change, SavedRun};

pub use open::{Opened, open};

/// How many runs of each probe are kept.
const KEPT_RUNS: i64 = 50;

/// An open state file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
    identity: Option<FileIdentity>,
}

/// Device and inode, by which one file differs from another that was put in its place.
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn identity(path: &std::path::Path) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn identity(_path: &std::path::Path) -> Option<FileIdentity> {
    None
}

/// What can go wrong with the state. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file cannot be made or opened.
    #[error(
        "the state file {path} cannot be opened: {reason}; check its permissions, or name another with --state FILE"
    )]
    Unusable {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A program holds it.
    #[error("the state file {path} is locked by another program; close that, or name another with --state FILE")]
    Locked {
        /// The file.
        path: String,
    },
    /// Written by a later version.
    #[error("the state file {path} was written by a newer gonogo; update gonogo, or name another with --state FILE")]
    Newer {
        /// The file.
        path: String,
    },
    /// A statement failed after opening.
    #[error("not saved yet, kept here and tried again: {}", reason(.0))]
    Failed(#[from] sqlx::Error),
    /// A row does not hold what it should.
    #[error("the state holds a row that cannot be read: {0}")]
    Row(#[from] serde_json::Error),
}

/// Why a statement failed, shortly. Primary result codes of SQLite: 5 BUSY, 6 LOCKED, 8 READONLY, 13 FULL.
fn reason(error: &sqlx::Error) -> String {
    match open::primary_code(error) {
        Some(5 | 6) => "another program holds the state file".to_owned(),
        Some(8) => "the state file may not be written to".to_owned(),
        Some(13) => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

impl Store {
    /// Whether the file was removed, or another put in its place, while it was open.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        identity(&self.path) != self.identity
    }

    /// Opens whatever lies at the path now, and adds everything that the removed file held.
    ///
    /// # Errors
    /// When either cannot be read or written.
    pub async fn renew(&self) -> Result<Self, StoreError> {
        let (changes, _) = self.changes(0).await?;
        let runs = self.latest_runs().await?;
        let Opened { store, .. } = open(&self.path).await?;
        for change in &changes {
            store.append(change).await?;
        }
        for run in &runs {
            store.save_run(run).await?;
        }
        Ok(store)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Appends a change, unless it is there already, and returns once it would survive a crash of this program.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn append(&self, change: &Change) -> Result<(), StoreError> {
        let row = rows::ChangeRow::from_change(change)?;
        sqlx::query(
            "INSERT INTO changes (id, at, item, kind, before, after) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        )
        .bind(row.id)
        .bind(row.at)
        .bind(row.item)
        .bind(row.kind)
        .bind(row.before)
        .bind(row.after)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Every change after row number `after`, oldest first, with the number of the last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn changes(&self, after: i64) -> Result<(Vec<Change>, i64), StoreError> {
        let found: Vec<rows::NumberedChange> = sqlx::query_as(
            "SELECT number, id, at, item, kind, before, after FROM changes WHERE number > ? ORDER BY number",
        )
        .bind(after)
        .fetch_all(&self.pool)
        .await?;
        let last = found.last().map_or(after, |row| row.0);
        let changes = found.into_iter().map(rows::to_change).collect::<Result<_, _>>()?;
        Ok((changes, last))
    }

    /// Keeps a finished run and forgets the oldest beyond what is kept; the last that looked at anything always stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn save_run(&self, run: &SavedRun) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO runs (probe, ended, duration_ms, outcome, observations, cited) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(run.probe.as_str())
        .bind(run.ended.to_string())
        .bind(i64::try_from(run.duration_ms).unwrap_or(i64::MAX))
        .bind(serde_json::to_string(&run.outcome)?)
        .bind(serde_json::to_string(&run.observations)?)
        .bind(serde_json::to_string(&run.cited)?)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM runs WHERE probe = ?1 AND number NOT IN
             (SELECT number FROM runs WHERE probe = ?1 ORDER BY number DESC LIMIT ?2) AND number IS NOT
             (SELECT max(number) FROM runs WHERE probe = ?1 AND outcome ->> '$.outcome' <> 'skipped')",
        )
        .bind(run.probe.as_str())
        .bind(KEPT_RUNS)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The newest run of each probe that looked at anything; where none ever did, the newest that did not.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn latest_runs(&self) -> Result<Vec<SavedRun>, StoreError> {
        let found: Vec<rows::RunRow> = sqlx::query_as(
            "SELECT probe, ended, duration_ms, outcome, observations, cited FROM runs
             WHERE number IN (
                 SELECT coalesce(max(number) FILTER (WHERE outcome ->> '$.outcome' <> 'skipped'), max(number))
                 FROM runs GROUP BY probe
             ) ORDER BY probe",
        )
        .fetch_all(&self.pool)
        .await?;
        // A run that an older version wrote in a form that has changed since is as good as none: it can be run again.
        Ok(found.into_iter().filter_map(|row| rows::to_run(row).ok()).collect())
    }

    /// Closes the file; what was written stays.
    pub async fn close(self) {
        self.pool.close().await;
    }
}
