//! What is known, and what follows from it. Pure: no I/O, no clock, no randomness.
//!
//! Everything that happens comes in as a [`Msg`] through [`Session::update`], the only writer; what must be done about
//! it goes out as [`Effect`]s.

mod database;
mod dependencies;
mod history;
mod joined;
mod judge;
mod msg;
mod report;
mod runs;
mod select;
mod services;
#[cfg(test)]
mod tests;
mod update;
mod web;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::{
    Change, Checklist, Entry, Fingerprint, Item, ItemId, Observation, ProbeId, ProbeMeta, Project, RunId, SavedRun,
    Settings, Verdict,
};

use history::History;
pub use judge::{Evidenced, RuleState, judge};
pub use msg::{AcceptanceDraft, Command, Effect, Msg, Notice, Tone};
pub use runs::{ProbeRun, RunState};
pub use select::{Counts, SectionSummary};

/// Everything that the workbench, the report and the headless check know.
pub struct Session {
    project: Arc<Project>,
    settings: Settings,
    checklists: Vec<Checklist>,
    /// Questions that no checklist holds: one for every service that the app depends on.
    asked_about_services: Vec<Item>,
    runs: Vec<ProbeRun>,
    history: History,
    /// For each probe the files that have changed since its last run, and when.
    changed_files: BTreeMap<ProbeId, BTreeMap<String, Timestamp>>,
    instance: String,
    next_change: u64,
    next_run: u64,
    /// Runs that the user asked for by name, and wants to hear the end of.
    asked: BTreeSet<RunId>,
    unsaved: BTreeSet<String>,
    save_failed: bool,
    notice: Option<Notice>,
    /// The revision that said it.
    noticed_at: u64,
    today: Date,
    judged: OnceCell<BTreeMap<ItemId, Verdict>>,
    /// Findings that say more together with what another probe saw.
    joined: OnceCell<BTreeMap<Fingerprint, Observation>>,
    revision: u64,
}

/// What a session starts from.
pub struct Start {
    /// The project.
    pub project: Arc<Project>,
    /// The settings.
    pub settings: Settings,
    /// The checklists to answer, item ids unique over all of them.
    pub checklists: Vec<Checklist>,
    /// Every probe.
    pub probes: Vec<&'static ProbeMeta>,
    /// The log of answers so far.
    pub changes: Vec<Change>,
    /// The last run of each probe, where there was one.
    pub saved_runs: Vec<SavedRun>,
    /// For each probe the files that its run cites and that have changed since.
    pub changed_files: BTreeMap<ProbeId, BTreeSet<String>>,
    /// Names this instance of the program among others that run on the same state.
    pub instance: String,
    /// Now.
    pub now: Timestamp,
}

impl Session {
    /// A session that knows what was saved, with nothing running.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let mut saved: BTreeMap<ProbeId, SavedRun> =
            start.saved_runs.into_iter().map(|run| (run.probe.clone(), run)).collect();
        let runs = start.probes.into_iter().map(|meta| ProbeRun::new(meta, saved.remove(&meta.id))).collect();
        let mut session = Self {
            project: start.project,
            settings: start.settings,
            checklists: start.checklists,
            asked_about_services: Vec::new(),
            runs,
            history: History::new(start.changes),
            changed_files: (start.changed_files.into_iter())
                .map(|(probe, paths)| (probe, paths.into_iter().map(|path| (path, start.now)).collect()))
                .collect(),
            instance: start.instance,
            next_change: 1,
            next_run: 1,
            asked: BTreeSet::new(),
            unsaved: BTreeSet::new(),
            save_failed: false,
            notice: None,
            noticed_at: 0,
            today: update::day(start.now),
            judged: OnceCell::new(),
            joined: OnceCell::new(),
            revision: 0,
        };
        session.ask_about_services();
        session
    }

    /// Grows with every update, so that a screen can tell whether what it worked out still holds.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The settings, with what the user has allowed since the start.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The checklists.
    #[must_use]
    pub fn checklists(&self) -> &[Checklist] {
        &self.checklists
    }

    /// Every item, in checklist order; the questions about services follow those of the list that has their section.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.checklists.iter().flat_map(|list| {
            let belongs = |item: &&Item| list.sections.iter().any(|section| section.id == item.section);
            list.items.iter().chain(self.asked_about_services.iter().filter(belongs))
        })
    }

    /// One item.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.items().find(|item| item.id == *id)
    }

    /// Every probe with its run, in registry order.
    #[must_use]
    pub fn runs(&self) -> &[ProbeRun] {
        &self.runs
    }

    /// One probe's run.
    #[must_use]
    pub fn run(&self, probe: &ProbeId) -> Option<&ProbeRun> {
        self.runs.iter().find(|run| run.meta.id == *probe)
    }

    /// What people have said about an item.
    #[must_use]
    pub fn entry(&self, item: &ItemId) -> &Entry {
        self.history.entry(item)
    }

    /// The log of one item, oldest first.
    pub fn changes_of<'a>(&'a self, item: &'a ItemId) -> impl Iterator<Item = &'a Change> {
        self.history.log().iter().filter(move |change| change.item == *item)
    }

    /// The whole log, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        self.history.log()
    }

    /// Whether everything that people said has reached the state file.
    #[must_use]
    pub fn all_saved(&self) -> bool {
        self.unsaved.is_empty()
    }

    /// Whether the last change of this item has not reached the state file yet.
    #[must_use]
    pub fn unsaved(&self, item: &ItemId) -> bool {
        self.changes_of(item).last().is_some_and(|change| self.unsaved.contains(&change.id))
    }

    /// The latest thing that the user should know.
    #[must_use]
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// The revision that said the notice.
    #[must_use]
    pub fn noticed_at(&self) -> u64 {
        self.noticed_at
    }

    /// The day on which answers and acceptances are judged, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// Whether any probe is running.
    #[must_use]
    pub fn running(&self) -> bool {
        self.runs.iter().any(|run| run.running().is_some())
    }

    fn run_mut(&mut self, run: RunId, probe: &ProbeId) -> Option<&mut ProbeRun> {
        self.runs.iter_mut().find(|candidate| candidate.meta.id == *probe && candidate.running() == Some(run))
    }
}
