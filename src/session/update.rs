//! The only writer.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Command, Effect, Msg, Notice, RunState, Session};
use crate::model::{
    Acceptance, Answer, Change, ChangeKind, EventKind, Field, ItemId, OfferTarget, Outcome, ProbeId, RunEvent, RunId,
};

/// The day in UTC: two people who look at one state must see the same day.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// What the user hears of a run asked for by name.
fn how_it_ended(title: &str, outcome: &Outcome) -> Notice {
    match (outcome, outcome.why()) {
        (_, None) => Notice::info(format!("{title}: done")),
        (Outcome::Completed(_), Some(why)) => Notice::info(format!("{title}: done in part, {why}")),
        (Outcome::Cancelled, Some(_)) => Notice::info(format!("{title}: stopped")),
        (_, Some(why)) => Notice::problem(format!("{title}: {why}")),
    }
}

impl Session {
    /// Takes in what happened and says what must be done.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.today = day(now);
        self.judged.take();
        self.joined.take();
        self.revision += 1;
        // A command makes what was said before it old.
        let before = self.notice.take().filter(|_| !matches!(msg, Msg::Do(_)));
        let effects = self.take_in(msg, now);
        match &self.notice {
            Some(_) => self.noticed_at = self.revision,
            None => self.notice = before,
        }
        effects
    }

    fn take_in(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        match msg {
            Msg::Do(command) => self.command(command, now),
            Msg::Run(event) => self.run_event(event),
            Msg::FilesChanged(paths) => self.files_changed(&paths, now),
            Msg::Saved(id) => {
                self.unsaved.remove(&id);
                if self.unsaved.is_empty() && std::mem::take(&mut self.save_failed) {
                    self.notice = Some(Notice::info("Everything is saved now"));
                }
                Vec::new()
            }
            Msg::SaveFailed { message, .. } => {
                self.save_failed = true;
                self.notice = Some(Notice::problem(message));
                Vec::new()
            }
            Msg::Imported(changes) => {
                let news = changes.into_iter().filter(|change| self.history.push(change.clone(), false)).count();
                if news > 0 {
                    let changes = if news == 1 { "change" } else { "changes" };
                    self.notice = Some(Notice::info(format!("{news} {changes} came from another window")));
                }
                Vec::new()
            }
            Msg::Notice(notice) => {
                self.notice = Some(notice);
                Vec::new()
            }
        }
    }

    fn command(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        match command {
            Command::Answer { item, reply } => {
                let answer = reply.map(|reply| Answer { reply, at: now });
                self.edit(item, Field::Answer(answer), now)
            }
            Command::Note { item, text } => {
                let text = text.trim();
                let note = (!text.is_empty()).then(|| text.to_owned());
                self.edit(item, Field::Note(note), now)
            }
            Command::Accept { item, draft } => {
                let acceptance = draft.map(|draft| Acceptance {
                    owner: draft.owner.trim().to_owned(),
                    reason: draft.reason.trim().to_owned(),
                    until: draft.until,
                    at: now,
                });
                self.edit(item, Field::Acceptance(acceptance), now)
            }
            Command::Undo => self.step_back(now),
            Command::Redo => self.step_forward(now),
            Command::Run(probe) => {
                let mut effects = vec![Effect::Renew];
                effects.extend(self.start_asked(&probe, None, now));
                effects
            }
            Command::RunQuery(id) => self.run_query(&id, now),
            Command::RunAll => {
                let probes: Vec<ProbeId> = self.runs.iter().map(|run| run.meta.id.clone()).collect();
                let mut effects = vec![Effect::Renew];
                effects.extend(probes.iter().flat_map(|probe| self.start(probe, None, now)));
                effects
            }
            Command::Cancel(probe) => {
                self.run(&probe).and_then(super::ProbeRun::running).map(Effect::Cancel).into_iter().collect()
            }
            Command::CancelAll => self.runs.iter().filter_map(super::ProbeRun::running).map(Effect::Cancel).collect(),
            Command::Allow { probe, target } => self.allow(probe, target, now),
            Command::Export(path) => vec![Effect::Export { path, report: Box::new(self.report()) }],
            Command::Open(url) => vec![Effect::Open(url)],
        }
    }

    fn edit(&mut self, item: ItemId, after: Field, now: Timestamp) -> Vec<Effect> {
        self.change(item, ChangeKind::Edit, after, now)
    }

    fn change(&mut self, item: ItemId, kind: ChangeKind, after: Field, now: Timestamp) -> Vec<Effect> {
        let before = after.clone().apply(&mut self.history.entry(&item).clone());
        if before.same_saying(&after) && kind == ChangeKind::Edit {
            return Vec::new();
        }
        let id = format!("{}-{}", self.instance, self.next_change);
        self.next_change += 1;
        let change = Change { id: id.clone(), at: now, item, kind, before, after };
        self.history.push(change.clone(), true);
        self.unsaved.insert(id);
        vec![Effect::Save(change)]
    }

    fn step_back(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(last) = self.history.last_undoable().cloned() else {
            self.notice = Some(Notice::info("Nothing to undo"));
            return Vec::new();
        };
        self.notice = Some(Notice::info(format!("Undone: {} ({})", last.after, last.item)));
        self.change(last.item, ChangeKind::Undo(last.id), last.before, now)
    }

    fn step_forward(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(last) = self.history.last_redoable().cloned() else {
            self.notice = Some(Notice::info("Nothing to redo"));
            return Vec::new();
        };
        self.notice = Some(Notice::info(format!("Redone: {} ({})", last.after, last.item)));
        self.change(last.item, ChangeKind::Redo(last.id), last.after, now)
    }

    fn start(&mut self, probe: &ProbeId, only: Option<&str>, now: Timestamp) -> Vec<Effect> {
        let run = RunId(self.next_run);
        let Some(target) = self.runs.iter_mut().find(|candidate| candidate.meta.id == *probe) else {
            return Vec::new();
        };
        self.next_run += 1;
        let replaced = target.running();
        if replaced.is_some_and(|replaced| self.asked.remove(&replaced)) {
            self.asked.insert(run);
        }
        let mut effects: Vec<Effect> = replaced.map(Effect::Cancel).into_iter().collect();
        let only = only.map(str::to_owned);
        target.state = RunState::Running { run, since: now, seen: Vec::new(), only: only.clone() };
        effects.push(Effect::Start { run, probe: probe.clone(), only });
        effects
    }

    fn allow(&mut self, probe: ProbeId, target: Option<OfferTarget>, now: Timestamp) -> Vec<Effect> {
        self.settings.consent.insert(probe.clone());
        match &target {
            Some(OfferTarget::Database(url)) => self.settings.database = Some(url.clone()),
            Some(OfferTarget::Url(url)) if !self.settings.urls.contains(url) => self.settings.urls.push(url.clone()),
            Some(OfferTarget::Url(_)) | None => {}
        }
        let mut effects = vec![Effect::Allow { probe: probe.clone(), target }];
        effects.extend(self.start_asked(&probe, None, now));
        effects
    }

    /// Starts a run of which the user hears how it ended.
    fn start_asked(&mut self, probe: &ProbeId, only: Option<&str>, now: Timestamp) -> Vec<Effect> {
        self.asked.insert(RunId(self.next_run));
        self.start(probe, only, now)
    }

    /// Judges one query anew. A whole run that is under way does that as well, and is not stopped for it.
    fn run_query(&mut self, id: &str, now: Timestamp) -> Vec<Effect> {
        let knows = |run: &&super::ProbeRun| run.database().is_some_and(|report| report.query(id).is_some());
        let Some(run) = self.database_run().filter(knows) else {
            self.notice = Some(Notice::info("No run has seen this query; run the database probe first"));
            return Vec::new();
        };
        if run.running().is_some() && run.running_only().is_none() {
            self.notice = Some(Notice::info("The whole probe is running, and judges this query as well"));
            return Vec::new();
        }
        let probe = run.meta.id.clone();
        let mut effects = vec![Effect::Renew];
        effects.extend(self.start_asked(&probe, Some(id), now));
        effects
    }

    /// Takes in the end of a run about a single query.
    fn query_judged(&mut self, run: RunId, probe: &ProbeId, outcome: Outcome) -> Vec<Effect> {
        let Some(target) = self.run_mut(run, probe) else { return Vec::new() };
        let (notice, amended) = match target.amend(outcome) {
            Ok(words) => (Notice::info(words), target.last.clone()),
            Err(words) => (Notice::problem(words), None),
        };
        self.notice = Some(notice);
        self.asked.remove(&run);
        amended.map(|run| Effect::AmendRun(Box::new(run))).into_iter().collect()
    }

    fn run_event(&mut self, event: RunEvent) -> Vec<Effect> {
        let RunEvent { run, probe, at, kind } = event;
        // What a replaced run still says is no longer true.
        let Some(target) = self.run_mut(run, &probe) else { return Vec::new() };
        match kind {
            EventKind::Started => Vec::new(),
            EventKind::Observed(observation) => {
                if let RunState::Running { seen, .. } = &mut target.state {
                    seen.push(*observation);
                }
                Vec::new()
            }
            EventKind::Finished(outcome) if target.running_only().is_some() => self.query_judged(run, &probe, outcome),
            EventKind::Finished(outcome) => {
                let keep = !matches!(outcome, Outcome::Cancelled | Outcome::Panicked(_));
                let since = target.running_since();
                let heard = how_it_ended(target.meta.title, &outcome);
                let finished = target.finish(outcome, at).cloned();
                self.ask_about_services();
                if self.asked.remove(&run) {
                    self.notice = Some(heard);
                }
                if finished.is_some()
                    && let Some(changed) = self.changed_files.get_mut(&probe)
                {
                    // What changed while it ran, it may have read before.
                    changed.retain(|_, changed_at| since.is_none_or(|since| *changed_at > since));
                }
                finished.filter(|_| keep).map(|run| Effect::SaveRun(Box::new(run))).into_iter().collect()
            }
        }
    }

    /// Probes that only read files run again at once; what others cite is marked as changed.
    fn files_changed(&mut self, paths: &[String], now: Timestamp) -> Vec<Effect> {
        for run in &self.runs {
            let changed = self.changed_files.entry(run.meta.id.clone()).or_default();
            changed.extend(paths.iter().map(|path| (path.clone(), now)));
        }
        let probes: Vec<ProbeId> =
            self.runs.iter().filter(|run| run.meta.follows_files).map(|run| run.meta.id.clone()).collect();
        let mut effects = vec![Effect::Renew];
        effects.extend(probes.iter().flat_map(|probe| self.start(probe, None, now)));
        effects
    }
}
