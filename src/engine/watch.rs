//! Notices files that change while the workbench is open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::probe::files;
use crate::session::{Msg, Notice};

/// Editors write a file in several steps; a change is reported once it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(300);
/// Where something is written all the time, such as a log, a change is reported after this long all the same.
const LATEST: Duration = Duration::from_secs(2);

/// Watches until it is dropped.
pub(super) struct Watcher {
    _stop: DropGuard,
}

impl Watcher {
    /// Watches the folders of the files that the probes read, and no others: a project's `node_modules` alone can use up
    /// what the system allows.
    pub(super) fn start(root: PathBuf, leave_out: Vec<String>, messages: mpsc::UnboundedSender<Msg>) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(watch(root, leave_out, messages, stop.clone()));
        Self { _stop: stop.drop_guard() }
    }
}

struct Seen {
    files: BTreeSet<String>,
    folders: BTreeSet<PathBuf>,
}

async fn watch(root: PathBuf, leave_out: Vec<String>, messages: mpsc::UnboundedSender<Msg>, stop: CancellationToken) {
    let (paths, mut paths_in) = mpsc::unbounded_channel();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !matches!(event.kind, EventKind::Access(_))
        {
            for path in event.paths {
                let _ = paths.send(path);
            }
        }
    });
    let Ok(mut watcher) = watcher else {
        let _ = messages.send(Msg::Notice(Notice::problem("Files cannot be watched here: press R after a change")));
        return;
    };
    let mut seen = look(&root, &leave_out, &stop).await;
    if !add_folders(&mut watcher, &seen.folders) {
        let _ = messages.send(Msg::Notice(Notice::problem(
            "The system's limit for watched folders is reached: press R after a change",
        )));
    }
    loop {
        let touched = tokio::select! {
            () = stop.cancelled() => return,
            touched = burst(&mut paths_in) => touched,
        };
        let now = look(&root, &leave_out, &stop).await;
        // Only what the probes read now or read before: a log that the app keeps writing is none of our business.
        let changed: Vec<String> = touched
            .iter()
            .map(|path| files::relative(&root, path))
            .filter(|path| now.files.contains(path) || seen.files.contains(path))
            .chain(now.files.symmetric_difference(&seen.files).cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        add_folders(&mut watcher, &(&now.folders - &seen.folders));
        seen = now;
        if !changed.is_empty() && messages.send(Msg::FilesChanged(changed)).is_err() {
            return;
        }
    }
}

/// Waits for a change and for those that come with it.
async fn burst(paths: &mut mpsc::UnboundedReceiver<PathBuf>) -> BTreeSet<PathBuf> {
    let mut touched: BTreeSet<PathBuf> = paths.recv().await.into_iter().collect();
    let more = async {
        while let Ok(Some(path)) = tokio::time::timeout(QUIET, paths.recv()).await {
            touched.insert(path);
        }
    };
    let _ = tokio::time::timeout(LATEST, more).await;
    touched
}

async fn look(root: &Path, leave_out: &[String], stop: &CancellationToken) -> Seen {
    let (root, leave_out, stop) = (root.to_owned(), leave_out.to_vec(), stop.clone());
    let listing = tokio::task::spawn_blocking(move || files::list(&root, &leave_out, &stop)).await.unwrap_or_default();
    Seen { files: listing.files.into_iter().map(|file| file.path).collect(), folders: listing.folders }
}

fn add_folders(watcher: &mut RecommendedWatcher, folders: &BTreeSet<PathBuf>) -> bool {
    // A folder that vanished meanwhile is no reason to complain; the system's limit is.
    folders.iter().all(|folder| match watcher.watch(folder, RecursiveMode::NonRecursive) {
        Ok(()) => true,
        Err(error) => !matches!(error.kind, notify::ErrorKind::MaxFilesWatch),
    })
}

/// Says whenever the file at `path` or its write-ahead log is written. A system that cannot watch says nothing.
pub(super) fn file_changes(path: &Path) -> mpsc::UnboundedReceiver<()> {
    let (written, written_in) = mpsc::unbounded_channel();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let watcher = notify::recommended_watcher({
        let written = written.clone();
        move |event: notify::Result<notify::Event>| {
            let ours = |path: &PathBuf| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&name));
            if let Ok(event) = event
                && matches!(event.kind, EventKind::Modify(_) | EventKind::Create(_))
                && event.paths.iter().any(ours)
            {
                let _ = written.send(());
            }
        }
    });
    if let Ok(mut watcher) = watcher
        && watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok()
    {
        // The watcher lives as long as somebody listens.
        tokio::spawn(async move {
            written.closed().await;
            drop(watcher);
        });
    }
    written_in
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_that_never_rests_does_not_hold_up_a_change() {
        let (paths, mut paths_in) = mpsc::unbounded_channel();
        let writer = tokio::spawn(async move {
            while paths.send(PathBuf::from("dev.log")).is_ok() {
                tokio::time::sleep(QUIET / 6).await;
            }
        });
        let touched = tokio::time::timeout(2 * LATEST, burst(&mut paths_in)).await.unwrap();
        assert_eq!(touched, [PathBuf::from("dev.log")].into());
        writer.abort();
    }
}
