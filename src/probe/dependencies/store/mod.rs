//! The offline copy of the advisory database, behind `gonogo advisories update` and `status`.
//!
//! Its folder holds one compiled file for each ecosystem. OSV records placed there as plain `*.json` count as well.

mod entry;
mod file;
mod import;
mod lookup;
mod needed;
mod source;
mod spool;
mod write;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use super::osv::{self, Http, HttpError, Limits};
use crate::probe::packages::Ecosystem;
use import::Incoming;

pub use lookup::Store;
pub use needed::{held, needed};

/// Larger exports are refused. The largest, npm, has some hundred megabytes.
const MAX_EXPORT_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// An older copy is still used, but a project is not called clean by it.
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Complete exports hold thousands of advisories for each ecosystem; fewer than this cannot be the whole.
pub const FEWEST: u64 = 500;
/// What the names of unfinished files begin with.
const TEMPORARY: &str = ".advisories-";
/// Unfinished files of this age belong to an update that was killed.
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(24);
/// How often a download is begun.
const DOWNLOADS: u32 = 3;

/// Says what is being done, as a phrase.
pub type Progress = dyn Fn(&str) + Send + Sync;

/// Why the offline copy could not be read or renewed. Each is one line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvisoriesError {
    /// Something cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Something cannot be written.
    #[error("cannot write {}: {why}; the advisories there are as they were", path.display())]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A compiled file is not what was written.
    #[error("{} is damaged or of an old format; delete it and run `gonogo advisories update`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A compiled file of a later gonogo.
    #[error("{} was written by a newer gonogo; upgrade gonogo, or delete it and run `gonogo advisories update`", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The sources hold nothing of use.
    #[error("no advisories for {} in there; give an OSV export (all.zip), a folder or a file of OSV records", names())]
    Nothing,
    /// The address of the export makes no sense.
    #[error("{0}")]
    Address(String),
    /// The export cannot be fetched.
    #[error("cannot fetch the advisories for {ecosystem}: {why}; check the connection, or give a downloaded all.zip")]
    Fetch {
        /// Of which ecosystem.
        ecosystem: Ecosystem,
        /// Why.
        why: HttpError,
    },
    /// Somebody stopped it.
    #[error("cancelled; the advisories are as they were")]
    Cancelled,
}

fn names() -> String {
    Ecosystem::ALL.map(Ecosystem::name).join(", ")
}

/// What `update` is to do.
#[derive(Debug, Clone)]
pub struct Update {
    /// OSV exports (`all.zip`), folders or single files of OSV records. Empty: download the exports.
    pub sources: Vec<PathBuf>,
    /// Whose exports are downloaded; sources are read whole.
    pub ecosystems: BTreeSet<Ecosystem>,
    /// Where the exports are downloaded from, usually that of [`Settings::default`](crate::model::Settings).
    pub export_url: String,
    /// Extra trust roots, PEM.
    pub trust_roots: Option<PathBuf>,
    /// The time of the update.
    pub now: Timestamp,
}

/// What one ecosystem's import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// How many of its advisories were in the sources.
    pub read: u64,
    /// How many there are now.
    pub advisories: u64,
    /// The copy that was there was damaged or of an old format, and what it held besides is lost.
    pub replaced: bool,
}

/// What an update did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Each ecosystem, sorted.
    pub imported: Vec<Imported>,
    /// Records that could not be used, such as truncated ones.
    pub unusable: u64,
}

/// What there is for one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcosystemStatus {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// How many advisories.
    pub advisories: u64,
    /// The newest change of any of them.
    pub newest: Option<Timestamp>,
    /// The time up to which the copy is known to be complete: its download, or else its newest change.
    pub as_of: Option<Timestamp>,
    /// Why the file that is there is of no use.
    pub broken: Option<AdvisoriesError>,
}

impl EcosystemStatus {
    /// How old it is; `None` when that is unknown, as it is of one from a time that is still to come.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(now.duration_since(self.as_of?)).filter(|age| !age.is_negative())
    }
}

/// Renews the offline copy in `dir`. With sources, their records are added and the newer form of each wins, or they
/// replace a damaged copy; without, each of the ecosystems is replaced by its download.
///
/// # Errors
/// When a source cannot be read or fetched, holds nothing of use, or the result cannot be written. Ecosystems that were
/// done before stay renewed; every other one is as it was.
pub async fn update(
    update: Update,
    dir: &Path,
    cancel: &CancellationToken,
    progress: Arc<Progress>,
) -> Result<Summary, AdvisoriesError> {
    fs::create_dir_all(dir).map_err(|error| AdvisoriesError::Write { path: dir.to_owned(), why: error.to_string() })?;
    remove_left_over(dir, update.now);
    let dir = dir.to_owned();
    if !update.sources.is_empty() {
        return import(update.sources, dir, None, update.now, cancel.clone(), progress).await;
    }
    let mut summary = Summary::default();
    for ecosystem in update.ecosystems.iter().copied() {
        let export = download(&update, ecosystem, &dir, cancel, &progress).await?;
        let sources = vec![export.path().to_owned()];
        let made = Some((ecosystem, update.now));
        let one = import(sources, dir.clone(), made, update.now, cancel.clone(), Arc::clone(&progress)).await?;
        summary.imported.extend(one.imported);
        summary.unusable += one.unusable;
    }
    Ok(summary)
}

async fn download(
    update: &Update,
    ecosystem: Ecosystem,
    dir: &Path,
    cancel: &CancellationToken,
    progress: &Arc<Progress>,
) -> Result<NamedTempFile, AdvisoriesError> {
    let failed = |why: HttpError| match why {
        HttpError::Cancelled => AdvisoriesError::Cancelled,
        why => AdvisoriesError::Fetch { ecosystem, why },
    };
    let no_room = |error: std::io::Error| AdvisoriesError::Write { path: dir.to_owned(), why: error.to_string() };
    let base = osv::base(&update.export_url).map_err(AdvisoriesError::Address)?;
    let limits = Limits {
        request: Duration::from_secs(60),
        total: Duration::from_secs(3600),
        attempts: DOWNLOADS,
        backoff: Duration::from_secs(1),
    };
    let http =
        Http::new(update.trust_roots.as_deref(), osv::is_loopback(&base), limits, cancel.clone()).map_err(failed)?;
    let mut url = base;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([ecosystem.name(), "all.zip"]);
    }
    let mut zip = tempfile::Builder::new().prefix(TEMPORARY).suffix(".zip").tempfile_in(dir).map_err(no_room)?;
    let steps = AtomicU64::new(0);
    let count = |bytes: u64| {
        let step = bytes / 10_000_000;
        if steps.swap(step, Ordering::Relaxed) != step {
            progress(&format!("downloading {ecosystem}: {} MB", step * 10));
        }
    };
    http.download(&url, zip.as_file_mut(), MAX_EXPORT_BYTES, &count).await.map_err(failed)?;
    Ok(zip)
}

async fn import(
    sources: Vec<PathBuf>,
    dir: PathBuf,
    replace: Option<(Ecosystem, Timestamp)>,
    now: Timestamp,
    cancel: CancellationToken,
    progress: Arc<Progress>,
) -> Result<Summary, AdvisoriesError> {
    let work = move || {
        let incoming = Incoming::read(&dir, &sources, &cancel, &*progress)?;
        let unusable = incoming.unusable();
        let imported = incoming.write(replace, now)?;
        if imported.is_empty() { Err(AdvisoriesError::Nothing) } else { Ok(Summary { imported, unusable }) }
    };
    // The join fails only when the work panicked or the runtime is ending.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(AdvisoriesError::Cancelled))
}

/// Takes away what an update left that was killed. Nothing depends on it, so failures do not matter.
fn remove_left_over(dir: &Path, now: Timestamp) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let changed = entry.metadata().and_then(|meta| meta.modified()).ok();
        let changed = changed.and_then(|time| Timestamp::try_from(time).ok());
        let is_old = changed.is_some_and(|changed| now.duration_since(changed) > LEFT_OVER);
        if is_old && entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What there is in `dir`, sorted by ecosystem, broken files as such; empty when there is nothing yet.
///
/// # Errors
/// When the plain records there cannot be read.
pub fn status(dir: &Path) -> Result<Vec<EcosystemStatus>, AdvisoriesError> {
    Ok(Store::open(dir)?.status())
}

/// Whether there is an offline copy in `dir`.
#[must_use]
pub fn is_present(dir: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(dir) else { return false };
    entries.any(|entry| entry.is_ok_and(|entry| is_part(&entry.path())))
}

fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == file::EXTENSION || extension == "json") && path.is_file()
}
