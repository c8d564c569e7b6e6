//! Carries out what the session wants: runs probes, keeps the state, watches files, opens things.
//!
//! Frontends hold an [`Engine`], hand it the session's effects with [`Engine::carry_out`], and take in what happened
//! with [`Engine::next`]. Nothing here blocks them.

mod cited;
mod export;
mod outside;
mod prompt;
mod run;
mod saver;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch as latest};
use tokio_util::sync::CancellationToken;

pub use cited::changed_files;
pub use export::write_whole;
pub use prompt::prompt;

use crate::model::{
    EventKind, Examined, Finding, OfferTarget, Outcome, ProbeId, Progress, Project, RuleMeta, RunEvent, RunId, Settings,
};
use crate::probe::{Probe, SharedCode};
use crate::session::{Effect, Msg, Notice};
use crate::store::Store;
use saver::Saver;

/// Observations wait here; a probe that is faster than the screen waits for it.
const EVENT_QUEUE: usize = 256;
/// At most so many messages are taken in between two frames.
const BATCH: usize = 256;

/// Facts that take longer to keep at the end of the program are read again the next time.
const LAST_WRITES: std::time::Duration = std::time::Duration::from_secs(2);

/// The engine of one session.
pub struct Engine {
    probes: &'static [&'static dyn Probe],
    project: Arc<Project>,
    settings: Arc<Settings>,
    code: Arc<SharedCode>,
    saver: Option<Saver>,
    clock: fn() -> Timestamp,
    events: mpsc::Sender<RunEvent>,
    events_in: mpsc::Receiver<RunEvent>,
    messages: mpsc::UnboundedSender<Msg>,
    messages_in: mpsc::UnboundedReceiver<Msg>,
    running: BTreeMap<RunId, Running>,
    progress_count: latest::Sender<u64>,
    progress_in: latest::Receiver<u64>,
    watcher: Option<watch::Watcher>,
}

struct Running {
    probe: ProbeId,
    cancel: CancellationToken,
    progress: latest::Receiver<Progress>,
}

impl Engine {
    /// An engine at rest. Without a `store`, nothing that is said lasts.
    #[must_use]
    pub fn new(
        probes: &'static [&'static dyn Probe],
        project: Arc<Project>,
        settings: Settings,
        store: Option<Store>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let (events, events_in) = mpsc::channel(EVENT_QUEUE);
        let (messages, messages_in) = mpsc::unbounded_channel();
        let (progress_count, progress_in) = latest::channel(0);
        let saver = store.map(|store| Saver::start(store, messages.clone()));
        Self {
            probes,
            project,
            settings: Arc::new(settings),
            code: Arc::default(),
            saver,
            clock,
            events,
            events_in,
            messages,
            messages_in,
            running: BTreeMap::new(),
            progress_count,
            progress_in,
            watcher: None,
        }
    }

    /// Keeps what was read in the code in this file between two runs of the program.
    #[must_use]
    pub fn keeping_facts_at(self, path: Option<std::path::PathBuf>) -> Self {
        let code = path.map_or_else(SharedCode::default, SharedCode::kept_at);
        Self { code: Arc::new(code), ..self }
    }

    /// Carries out effects; what comes of them arrives through [`Engine::next`].
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start { run, probe, only } => self.start(run, &probe, only),
                Effect::Renew => self.code = Arc::new(self.code.renewed()),
                Effect::Cancel(run) => {
                    if let Some(running) = self.running.get(&run) {
                        running.cancel.cancel();
                    }
                }
                Effect::Allow { probe, target } => self.allow(probe, target),
                Effect::Save(change) => {
                    if let Some(saver) = &self.saver {
                        saver.append(change);
                    } else {
                        let _ = self.messages.send(Msg::Saved(change.id));
                    }
                }
                Effect::SaveRun(run) => {
                    if let Some(saver) = &self.saver {
                        saver.save_run(*run, self.project.root.clone());
                    }
                }
                Effect::AmendRun(run) => {
                    if let Some(saver) = &self.saver {
                        saver.amend_run(*run, self.project.root.clone());
                    }
                }
                Effect::Export { path, report } => self.export(path, *report),
                Effect::Open(url) => self.open(url),
            }
        }
    }

    /// What happened: waits until there is something and takes at most 256 messages. None at all means that only
    /// some progress has changed. Can be dropped and called again.
    pub async fn next(&mut self) -> Vec<Msg> {
        let first = tokio::select! {
            biased;
            // The senders are kept in `self`, so no channel ever closes.
            Some(message) = self.messages_in.recv() => message,
            Some(event) = self.events_in.recv() => self.event(event),
            _ = self.progress_in.changed() => return Vec::new(),
        };
        let mut batch = vec![first];
        while batch.len() < BATCH {
            if let Ok(message) = self.messages_in.try_recv() {
                batch.push(message);
            } else if let Ok(event) = self.events_in.try_recv() {
                batch.push(self.event(event));
            } else {
                break;
            }
        }
        batch
    }

    /// The latest progress of every running probe.
    #[must_use]
    pub fn progress(&self) -> BTreeMap<ProbeId, Progress> {
        (self.running.values()).map(|running| (running.probe.clone(), running.progress.borrow().clone())).collect()
    }

    /// Watches the project's files from now on; changes arrive as [`Msg::FilesChanged`].
    pub fn watch_files(&mut self) {
        self.watcher =
            Some(watch::Watcher::start(self.project.root.clone(), self.settings.ignore.clone(), self.messages.clone()));
    }

    /// Notices what other instances write into the same state; it arrives as [`Msg::Imported`].
    pub fn watch_state(&mut self, known: i64) {
        if let Some(saver) = &self.saver {
            saver.watch(known);
        }
    }

    /// Runs the user's editor on a project file and waits for it. The terminal must have been handed over before.
    ///
    /// # Errors
    /// One line for the user.
    pub async fn edit(&mut self, path: &str, line: Option<u32>) -> Result<(), String> {
        outside::edit(&self.project.root, path, line).await
    }

    /// A prompt that a developer pastes into an AI assistant, so that it fixes this finding.
    pub async fn prompt(&self, finding: Finding, rule: Option<&'static RuleMeta>) -> String {
        prompt(self.project.root.clone(), finding, rule).await
    }

    /// Cancels every run and waits until everything that was said has reached the state file.
    pub async fn close(mut self) {
        for running in self.running.values() {
            running.cancel.cancel();
        }
        self.watcher = None;
        if let Some(saver) = self.saver.take() {
            saver.close().await;
        }
        self.code.finish(LAST_WRITES).await;
    }

    fn event(&mut self, event: RunEvent) -> Msg {
        if matches!(event.kind, EventKind::Finished(_)) {
            self.running.remove(&event.run);
        }
        Msg::Run(event)
    }

    fn start(&mut self, run: RunId, probe: &ProbeId, only: Option<String>) {
        let Some(found) = self.probes.iter().find(|candidate| candidate.meta().id == *probe) else { return };
        let cancel = CancellationToken::new();
        let (progress, progress_in) = latest::channel(Progress::default());
        run::start(run::Job {
            probe: *found,
            run,
            project: Arc::clone(&self.project),
            settings: Arc::clone(&self.settings),
            code: Arc::clone(&self.code),
            cancel: cancel.clone(),
            events: self.events.clone(),
            progress,
            clock: self.clock,
            only,
        });
        run::relay(progress_in.clone(), self.progress_count.clone());
        self.running.insert(run, Running { probe: probe.clone(), cancel, progress: progress_in });
    }

    fn allow(&mut self, probe: ProbeId, target: Option<OfferTarget>) {
        let settings = Arc::make_mut(&mut self.settings);
        settings.consent.insert(probe);
        match target {
            Some(OfferTarget::Database(url)) => settings.database = Some(url),
            Some(OfferTarget::Url(url)) if !settings.urls.contains(&url) => settings.urls.push(url),
            Some(OfferTarget::Url(_)) | None => {}
        }
    }

    fn export(&self, path: std::path::PathBuf, report: crate::model::Report) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let notice = match export::markdown(&path, &report) {
                Ok(written) => Notice::info(format!("Report written to {}", written.display())),
                Err(error) => Notice::problem(error),
            };
            let _ = messages.send(Msg::Notice(notice));
        });
    }

    fn open(&self, url: String) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let _ = messages.send(Msg::Notice(match outside::open_url(&url) {
                Ok(()) => Notice::info(format!("Opened {url}")),
                Err(error) => Notice::problem(error),
            }));
        });
    }
}

/// What a rule turned off in the configuration says about itself.
pub(crate) fn turn_off(examined: &mut Examined, settings: &Settings) {
    for (rule, reason) in &settings.rules_off {
        if let Some(coverage) = examined.rules.get_mut(rule) {
            *coverage = crate::model::Coverage::Nothing(format!("turned off in gonogo.toml: {reason}"));
        }
    }
}

fn finished(run: RunId, probe: ProbeId, at: Timestamp, outcome: Outcome) -> RunEvent {
    RunEvent { run, probe, at, kind: EventKind::Finished(outcome) }
}
