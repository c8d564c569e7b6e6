//! Writes what was said into the state, in order, away from the screen; and notices what others write there.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::cited;
use crate::model::{Change, SavedRun};
use crate::session::Msg;
use crate::store::{Store, StoreError};

/// A write that failed is tried again after this long.
const RETRY: Duration = Duration::from_secs(2);
/// How long the program waits at its end for a state that cannot be written.
const LAST_TRIES: Duration = Duration::from_secs(5);

enum Order {
    Append(Box<Change>),
    /// With whether only a part of it is new.
    SaveRun(Box<SavedRun>, PathBuf, bool),
    Watch(i64),
}

/// The task that writes.
pub(super) struct Saver {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Saver {
    pub(super) fn start(store: Store, messages: mpsc::UnboundedSender<Msg>) -> Self {
        let (orders, orders_in) = mpsc::unbounded_channel();
        let task = tokio::spawn(work(store, orders_in, messages));
        Self { orders, task }
    }

    pub(super) fn append(&self, change: Change) {
        let _ = self.orders.send(Order::Append(Box::new(change)));
    }

    pub(super) fn save_run(&self, run: SavedRun, root: PathBuf) {
        let _ = self.orders.send(Order::SaveRun(Box::new(run), root, false));
    }

    /// As [`Self::save_run`], where only a part of the run is new: files keep the digests that the whole run saw.
    pub(super) fn amend_run(&self, run: SavedRun, root: PathBuf) {
        let _ = self.orders.send(Order::SaveRun(Box::new(run), root, true));
    }

    pub(super) fn watch(&self, known: i64) {
        let _ = self.orders.send(Order::Watch(known));
    }

    pub(super) async fn close(self) {
        let Self { orders, task } = self;
        drop(orders);
        let _ = tokio::time::timeout(LAST_TRIES, task).await;
    }
}

async fn work(mut store: Store, mut orders: mpsc::UnboundedReceiver<Order>, messages: mpsc::UnboundedSender<Msg>) {
    let mut waiting: VecDeque<Change> = VecDeque::new();
    let mut known: Option<i64> = None;
    let mut written = super::watch::file_changes(store.path());
    loop {
        let order = tokio::select! {
            biased;
            order = orders.recv() => order,
            () = tokio::time::sleep(RETRY), if !waiting.is_empty() => {
                if flush(&mut store, &mut waiting, &messages).await {
                    known = known.map(|_| 0);
                }
                continue;
            }
            Some(()) = written.recv(), if known.is_some() => {
                known = import(&store, known, &messages).await;
                continue;
            }
        };
        match order {
            Some(Order::Append(change)) => {
                waiting.push_back(*change);
                if flush(&mut store, &mut waiting, &messages).await {
                    known = known.map(|_| 0);
                }
            }
            Some(Order::SaveRun(mut run, root, in_part)) => {
                let before = if in_part { known_digests(&store, &run).await } else { BTreeMap::new() };
                let cited = tokio::task::spawn_blocking(move || {
                    run.cited = cited::digests(&root, &run.observations);
                    run.cited.extend(before);
                    run
                });
                if let Ok(run) = cited.await {
                    // A run can be made again; an answer cannot. Failing to keep one is not worth a word.
                    let _ = store.save_run(&run).await;
                }
            }
            Some(Order::Watch(from)) => known = import(&store, Some(from), &messages).await,
            None => break,
        }
    }
    while !waiting.is_empty() {
        flush(&mut store, &mut waiting, &messages).await;
        if !waiting.is_empty() {
            tokio::time::sleep(RETRY).await;
        }
    }
    store.close().await;
}

/// The digests of the files that the last run of a probe cites, as it saw them.
async fn known_digests(store: &Store, run: &SavedRun) -> BTreeMap<String, String> {
    let saved = store.latest_runs().await.unwrap_or_default();
    saved.into_iter().find(|saved| saved.probe == run.probe).map(|saved| saved.cited).unwrap_or_default()
}

/// Writes what waits, as far as it can be written. Whether the file is a new one, whose rows are numbered anew: one that
/// somebody removed is made again first, or the answers would go where nobody finds them.
async fn flush(store: &mut Store, waiting: &mut VecDeque<Change>, messages: &mpsc::UnboundedSender<Msg>) -> bool {
    let mut renewed = false;
    while let Some(change) = waiting.front() {
        match append(store, change, &mut renewed).await {
            Ok(()) => {
                let _ = messages.send(Msg::Saved(change.id.clone()));
                waiting.pop_front();
            }
            Err(error) => {
                let _ = messages.send(Msg::SaveFailed { change: change.id.clone(), message: error.to_string() });
                break;
            }
        }
    }
    renewed
}

async fn append(store: &mut Store, change: &Change, renewed: &mut bool) -> Result<(), StoreError> {
    if store.is_gone() {
        *store = store.renew().await?;
        *renewed = true;
    }
    store.append(change).await
}

async fn import(store: &Store, known: Option<i64>, messages: &mpsc::UnboundedSender<Msg>) -> Option<i64> {
    let from = known?;
    match store.changes(from).await {
        Ok((changes, last)) => {
            if !changes.is_empty() {
                let _ = messages.send(Msg::Imported(changes));
            }
            Some(last)
        }
        Err(_) => Some(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Confidence, Examined, Finding, Location, Outcome, ProbeId, RuleKind, RuleMeta, Severity};

    static RULE: RuleMeta = RuleMeta {
        id: "full-table-scan",
        title: "",
        kind: RuleKind::Finding,
        severity: Severity::Major,
        confidence: Confidence::High,
        what: "",
        why: "",
        fix: "",
        example: "",
        references: &[],
    };

    #[tokio::test]
    async fn a_run_of_which_a_part_is_new_keeps_the_digests_that_the_whole_one_saw() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let root = folder.path().join("project");
        std::fs::create_dir(&root).unwrap();
        let seen = |path: &str| {
            let location = Location::File { path: path.to_owned(), span: None };
            Finding::new(&RULE, location, path, "it reads all rows").into()
        };
        let run = |observations| SavedRun {
            probe: ProbeId::from("database"),
            ended: jiff::Timestamp::UNIX_EPOCH,
            duration_ms: 1,
            outcome: Outcome::Completed(Examined::default()),
            observations,
            cited: BTreeMap::new(),
        };
        let saver = async || {
            let store = crate::store::open(&state).await.unwrap().store;
            Saver::start(store, mpsc::unbounded_channel().0)
        };
        let saved = async || {
            let store = crate::store::open(&state).await.unwrap().store;
            let runs = store.latest_runs().await.unwrap();
            store.close().await;
            runs.into_iter().next().unwrap().cited
        };
        std::fs::write(root.join("a.ts"), "as it was").unwrap();
        std::fs::write(root.join("b.ts"), "as it was").unwrap();
        let first = saver().await;
        first.save_run(run(vec![seen("a.ts")]), root.clone());
        first.close().await;
        let whole = saved().await;
        std::fs::write(root.join("a.ts"), "changed since").unwrap();
        let second = saver().await;
        second.amend_run(run(vec![seen("a.ts"), seen("b.ts")]), root.clone());
        second.close().await;
        let amended = saved().await;
        assert_eq!(amended.get("a.ts"), whole.get("a.ts"), "a change since the whole run is still one");
        assert!(whole.contains_key("a.ts") && amended.contains_key("b.ts"));
    }
}
