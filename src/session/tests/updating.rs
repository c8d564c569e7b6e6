//! What a session makes of what happens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::{BAD, GOOD, PROBE, finding, item, now, proof};
use crate::model::{
    Answer, Confidence, Coverage, Decision, EventKind, Examined, Failure, Field, Outcome, Poll, Proof, Reply, RuleId,
    RuleMeta, RunEvent, Severity, Status,
};

pub(super) fn session(items: Vec<Item>, changes: Vec<Change>) -> Session {
    with_probes(items, changes, vec![&PROBE])
}

fn with_probes(items: Vec<Item>, changes: Vec<Change>, probes: Vec<&'static ProbeMeta>) -> Session {
    let sections =
        vec![crate::model::Section { id: "area".to_owned(), title: "Area".to_owned(), summary: String::new() }];
    let changes_so_far = changes.len();
    Session::new(Start {
        project: Arc::new(Project {
            root: "/p".into(),
            name: "p".to_owned(),
            commit: None,
            stack: Vec::new(),
            traits: BTreeSet::new(),
            recognised: true,
            offers: Vec::new(),
        }),
        settings: Settings::default(),
        checklists: vec![Checklist {
            id: "c".to_owned(),
            title: String::new(),
            summary: String::new(),
            sections,
            items,
        }],
        probes,
        changes,
        saved_runs: Vec::new(),
        changed_files: BTreeMap::new(),
        // Each start of the program has a name of its own.
        instance: format!("instance-{}", changes_so_far),
        now: now(),
    })
}

fn answer(session: &mut Session, reply: Reply) -> Vec<Effect> {
    session.update(Msg::Do(Command::Answer { item: ItemId::from("area.thing"), reply: Some(reply) }), now())
}

fn status(session: &Session) -> &'static str {
    session.verdict(&ItemId::from("area.thing")).unwrap().status.word()
}

#[test]
fn undo_and_redo_work_across_a_restart() {
    let mut first = session(vec![item(&[], &[])], Vec::new());
    answer(&mut first, Reply::Yes);
    answer(&mut first, Reply::No);
    first.update(Msg::Do(Command::Undo), now());
    assert_eq!(status(&first), "pass");
    let mut second = session(vec![item(&[], &[])], first.changes().to_vec());
    assert_eq!(status(&second), "pass");
    second.update(Msg::Do(Command::Redo), now());
    assert_eq!(status(&second), "fail");
    second.update(Msg::Do(Command::Undo), now());
    second.update(Msg::Do(Command::Undo), now());
    assert_eq!(status(&second), "unknown");
    assert!(second.update(Msg::Do(Command::Undo), now()).is_empty());
    answer(&mut second, Reply::Yes);
    assert!(second.update(Msg::Do(Command::Redo), now()).is_empty(), "a new answer ends the redo");
    assert_eq!(second.changes_of(&ItemId::from("area.thing")).count(), 7);
}

#[test]
fn the_same_answer_twice_is_one_change_and_saving_is_visible() {
    let mut session = session(vec![item(&[], &[])], Vec::new());
    let effects = answer(&mut session, Reply::Yes);
    let [Effect::Save(change)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(change.after, Field::Answer(Some(Answer { reply: Reply::Yes, at: now() })));
    assert!(answer(&mut session, Reply::Yes).is_empty());
    assert!(session.unsaved(&ItemId::from("area.thing")));
    let failed = Msg::SaveFailed { change: change.id.clone(), message: "not saved yet".to_owned() };
    session.update(failed, now());
    assert_eq!(session.notice().map(|notice| notice.tone), Some(Tone::Problem));
    session.update(Msg::Saved(change.id.clone()), now());
    assert!(session.all_saved());
    assert_eq!(session.notice(), Some(&Notice::info("Everything is saved now")), "an old alarm does not stay");
}

#[test]
fn another_windows_answer_arrives_and_is_not_undone_here() {
    let mut other = session(vec![item(&[], &[])], Vec::new());
    answer(&mut other, Reply::No);
    let mut foreign = other.changes().to_vec();
    foreign[0].id = "b-1".to_owned();
    let mut mine = session(vec![item(&[], &[])], Vec::new());
    mine.update(Msg::Imported(foreign.clone()), now());
    assert_eq!(status(&mine), "fail");
    mine.update(Msg::Imported(foreign), now());
    assert_eq!(mine.changes().len(), 1, "the same row twice is one");
    assert!(mine.update(Msg::Do(Command::Undo), now()).is_empty());
}

pub(super) fn run_event(run: u64, kind: EventKind) -> Msg {
    Msg::Run(RunEvent { run: crate::model::RunId(run), probe: PROBE.id.clone(), at: now(), kind })
}

fn completed() -> EventKind {
    completed_with(&BAD)
}

fn completed_with(rule: &RuleMeta) -> EventKind {
    let rules = BTreeMap::from([(RuleId::from_static(rule.id), Coverage::Whole)]);
    EventKind::Finished(Outcome::Completed(Examined { rules, ..Examined::default() }))
}

#[test]
fn a_run_is_judged_as_it_goes_and_an_old_one_is_not_listened_to() {
    let mut session = session(vec![item(&["bad-thing"], &[])], Vec::new());
    session.update(Msg::Do(Command::RunAll), now());
    assert_eq!(status(&session), "unknown");
    session.update(run_event(1, EventKind::Observed(Box::new(finding().into()))), now());
    assert_eq!(status(&session), "fail");
    let effects = session.update(Msg::Do(Command::Run(PROBE.id.clone())), now());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Cancel(run) if run.0 == 1)));
    session.update(run_event(1, completed()), now());
    assert!(session.running(), "the end of the replaced run ends nothing");
    let effects = session.update(run_event(2, completed()), now());
    assert!(matches!(effects.as_slice(), [Effect::SaveRun(_)]));
    assert_eq!(status(&session), "pass");
}

#[test]
fn while_a_probe_runs_again_its_last_result_stays_and_a_cancelled_run_changes_nothing() {
    let mut session = session(vec![item(&["bad-thing"], &[])], Vec::new());
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, EventKind::Observed(Box::new(finding().into()))), now());
    session.update(run_event(1, completed()), now());
    session.update(Msg::FilesChanged(vec!["a.ts".to_owned()]), now());
    assert_eq!((status(&session), session.findings().len()), ("fail", 1));
    session.update(run_event(2, EventKind::Finished(Outcome::Cancelled)), now());
    assert_eq!((status(&session), session.findings().len()), ("fail", 1));
    session.update(Msg::FilesChanged(vec!["a.ts".to_owned()]), now());
    session.update(run_event(3, EventKind::Finished(Outcome::Failed(Failure::new("no")))), now());
    assert_eq!((status(&session), session.findings().len()), ("unknown", 0), "a failed run proves nothing");
}

static HERE: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "",
    rules: &[&BAD],
    follows_files: true,
    timeout: Duration::from_secs(1),
};
static FAR: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("web"),
    title: "Web",
    about: "",
    rules: &[&GOOD],
    follows_files: false,
    timeout: Duration::from_secs(1),
};

#[test]
fn a_changed_file_makes_what_cites_it_old_until_its_own_probe_has_looked_again() {
    let mut session = with_probes(vec![item(&["bad-thing"], &["good-thing"])], Vec::new(), vec![&HERE, &FAR]);
    let event = |probe: &ProbeMeta, run: u64, kind| {
        Msg::Run(RunEvent { run: RunId(run), probe: probe.id.clone(), at: now(), kind })
    };
    let seen = || {
        let proof = Proof { probe: FAR.id.clone(), ..proof() };
        EventKind::Observed(Box::new(proof.into()))
    };
    let stale = |session: &Session| session.verdict(&ItemId::from("area.thing")).unwrap().stale;
    let later = now() + Duration::from_secs(60);
    session.update(Msg::Do(Command::RunAll), now());
    session.update(event(&HERE, 1, completed_with(&BAD)), now());
    session.update(event(&FAR, 2, seen()), now());
    session.update(event(&FAR, 2, completed_with(&GOOD)), now());
    assert_eq!((status(&session), stale(&session)), ("pass", false));
    session.update(Msg::FilesChanged(vec!["b.ts".to_owned()]), later);
    assert!(stale(&session));
    session.update(event(&HERE, 3, completed_with(&BAD)), later);
    assert!(stale(&session), "another probe has looked, this one has not");
    session.update(Msg::Do(Command::Run(FAR.id.clone())), later);
    let while_it_runs = later + Duration::from_secs(1);
    session.update(Msg::FilesChanged(vec!["b.ts".to_owned()]), while_it_runs);
    session.update(event(&FAR, 4, seen()), while_it_runs);
    session.update(event(&FAR, 4, completed_with(&GOOD)), while_it_runs);
    assert!(stale(&session), "the file changed while it was being looked at");
    session.update(Msg::Do(Command::Run(FAR.id.clone())), while_it_runs + Duration::from_secs(1));
    session.update(event(&FAR, 6, seen()), while_it_runs);
    session.update(event(&FAR, 6, completed_with(&GOOD)), while_it_runs);
    assert!(!stale(&session));
}

#[test]
fn what_a_probe_has_seen_concerns_the_project_whatever_its_manifests_say() {
    let judged = |evidenced: Evidenced<'_>| {
        let out_of_scope = Some("nothing that was read of the project speaks of: database".to_owned());
        let evidenced = Evidenced { out_of_scope, ..evidenced };
        judge(&item(&["bad-thing"], &["good-thing"]), &evidenced, &Entry::default(), update::day(now())).status
    };
    let (weak, good) = (finding().confidence(Confidence::Low), proof());
    assert_eq!(judged(Evidenced::default()), Status::NotApplicable);
    assert_eq!(judged(Evidenced { findings: vec![&weak], ..Evidenced::default() }), Status::Unknown);
    assert_eq!(judged(Evidenced { proofs: vec![&good], ..Evidenced::default() }), Status::Unknown);
}

#[test]
fn a_trait_seen_in_the_code_asks_what_the_manifests_did_not() {
    let about_backups = Item { applies_when: vec!["database".to_owned()], ..item(&[], &[]) };
    let mut session = session(vec![about_backups], Vec::new());
    assert_eq!(status(&session), "not-applicable");
    let ends = |traits: &[&str]| {
        let traits = traits.iter().map(|name| (*name).to_owned()).collect();
        EventKind::Finished(Outcome::Completed(Examined { traits, ..Examined::default() }))
    };
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, ends(&["email"])), now());
    assert_eq!(status(&session), "not-applicable");
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(2, ends(&["database"])), now());
    assert_eq!(status(&session), "unknown");
}

#[test]
fn a_run_that_never_started_does_not_displace_what_was_seen() {
    let mut session = session(vec![item(&["bad-thing"], &[])], Vec::new());
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, completed()), now());
    session.update(Msg::Do(Command::RunAll), now());
    let skip = crate::model::Skip::new(crate::model::SkipReason::NeedsConsent, "nobody has allowed it");
    let effects = session.update(run_event(2, EventKind::Finished(Outcome::Skipped(skip))), now());
    assert!(effects.is_empty());
    assert_eq!(status(&session), "pass");
}

#[test]
fn what_was_asked_for_by_name_says_how_it_ended() {
    let mut session = session(vec![item(&["bad-thing"], &[])], Vec::new());
    let said = |session: &Session| session.notice().map(|notice| (notice.tone, notice.text.clone()));
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, completed()), now());
    assert_eq!(said(&session), None, "nobody waits for this one");
    session.update(Msg::Do(Command::Allow { probe: PROBE.id.clone(), target: None }), now());
    session.update(Msg::FilesChanged(vec!["a.ts".to_owned()]), now());
    let refused = Outcome::Failed(Failure::new("nothing listens there"));
    session.update(run_event(3, EventKind::Finished(refused)), now());
    assert_eq!(said(&session), Some((Tone::Problem, "Source: nothing listens there".to_owned())));
    session.update(Msg::Do(Command::Run(PROBE.id.clone())), now());
    assert_eq!(said(&session), None, "the old word is gone while it runs");
    session.update(run_event(4, completed()), now());
    assert_eq!(said(&session), Some((Tone::Info, "Source: done".to_owned())));
}

#[test]
fn the_decision_and_the_poll_follow_the_blockers() {
    let mut blocker = item(&[], &[]);
    blocker.severity = Severity::Blocker;
    let mut minor = item(&[], &[]);
    minor.id = ItemId::from("area.small");
    minor.severity = Severity::Minor;
    let mut session = session(vec![blocker, minor], Vec::new());
    assert_eq!((session.decision(), session.sections()[0].poll), (Decision::NoGo, Poll::Unknown));
    answer(&mut session, Reply::No);
    assert_eq!((session.decision(), session.sections()[0].poll), (Decision::NoGo, Poll::NoGo));
    let draft = AcceptanceDraft { owner: "Ann".to_owned(), reason: "small launch".to_owned(), until: None };
    let command = Command::Accept { item: ItemId::from("area.thing"), draft: Some(draft) };
    session.update(Msg::Do(command), now());
    assert_eq!((session.decision(), session.sections()[0].poll), (Decision::GoWithAcceptedRisks, Poll::Go));
    session.update(Msg::Do(Command::Undo), now());
    answer(&mut session, Reply::Yes);
    assert_eq!(session.decision(), Decision::Go);
    assert!(session.anything_open(Severity::Minor) && !session.anything_open(Severity::Major));
}
