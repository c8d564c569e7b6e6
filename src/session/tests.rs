//! Tests of the pure core.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::{
    Acceptance, Answer, Basis, Confidence, Coverage, Decision, EventKind, Examined, Failure, Field, Finding, Location,
    Outcome, Poll, Proof, Reply, RuleId, RuleKind, RuleMeta, RunEvent, Severity, Status,
};

const fn rule(id: &'static str, kind: RuleKind) -> RuleMeta {
    RuleMeta {
        id,
        title: id,
        kind,
        severity: Severity::Major,
        confidence: Confidence::High,
        what: "",
        why: "",
        fix: "",
        example: "",
        references: &[],
    }
}

static BAD: RuleMeta = rule("bad-thing", RuleKind::Finding);
static OTHER: RuleMeta = rule("other-thing", RuleKind::Finding);
static GOOD: RuleMeta = rule("good-thing", RuleKind::Proof);
static PROBE: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "",
    rules: &[&BAD, &OTHER, &GOOD],
    follows_files: true,
    timeout: Duration::from_secs(1),
};

fn time(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-06-15")
}

fn item(fails_on: &[&str], proved_by: &[&str]) -> Item {
    Item {
        id: ItemId::from("area.thing"),
        section: "area".to_owned(),
        title: "The thing is right".to_owned(),
        severity: Severity::Major,
        why: String::new(),
        how: String::new(),
        fix: String::new(),
        ask: String::new(),
        fails_on: fails_on.iter().map(|id| RuleId::from(*id)).collect(),
        proved_by: proved_by.iter().map(|id| RuleId::from(*id)).collect(),
        applies_when: Vec::new(),
        max_age_days: 30,
        covers: Vec::new(),
        references: Vec::new(),
    }
}

fn place(path: &str) -> Location {
    Location::File { path: path.to_owned(), span: None }
}

fn finding() -> Finding {
    Finding::new(&BAD, place("a.ts"), "x", "it is bad")
}

fn proof() -> Proof {
    Proof::new(&GOOD, place("b.ts"), "x", "it is good")
}

fn said(reply: Reply) -> Entry {
    Entry { answer: Some(Answer { reply, at: now() }), ..Entry::default() }
}

fn states(pairs: &[(&str, RuleState)]) -> Vec<(RuleId, RuleState)> {
    pairs.iter().map(|(id, state)| (RuleId::from(*id), state.clone())).collect()
}

fn whole() -> RuleState {
    RuleState::Ran(Coverage::Whole)
}

fn part() -> RuleState {
    RuleState::Ran(Coverage::Part("3 files could not be read".to_owned()))
}

#[test]
fn the_judgement_as_a_table() {
    let (bad, good) = (finding(), proof());
    let weak = finding().confidence(Confidence::Low);
    let absent = RuleState::Ran(Coverage::Absent("there is no Dockerfile".to_owned()));
    let off = RuleState::NotRun("no URL was given".to_owned());
    let yes = Some(Reply::Yes);
    let (no, na) = (Some(Reply::No), Some(Reply::NotApplicable));
    struct Row<'a> {
        name: &'a str,
        fails_on: &'a [&'a str],
        proved_by: &'a [&'a str],
        findings: Vec<&'a Finding>,
        proofs: Vec<&'a Proof>,
        states: Vec<(RuleId, RuleState)>,
        answer: Option<Reply>,
        expected: (&'a str, Basis, bool),
    }
    let row = |name, fails_on, proved_by, findings, proofs, states, answer, expected| Row {
        name,
        fails_on,
        proved_by,
        findings,
        proofs,
        states,
        answer,
        expected,
    };
    let rows = [
        row(
            "a finding fails",
            &["bad-thing"],
            &[],
            vec![&bad],
            vec![],
            states(&[("bad-thing", whole())]),
            None,
            ("fail", Basis::Evidence, false),
        ),
        row(
            "a finding fails even while running",
            &["bad-thing"],
            &[],
            vec![&bad],
            vec![],
            states(&[("bad-thing", RuleState::Running)]),
            None,
            ("fail", Basis::Evidence, false),
        ),
        row(
            "a weak finding is a question",
            &["bad-thing"],
            &[],
            vec![&weak],
            vec![],
            states(&[("bad-thing", whole())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "silence after a whole look passes",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", whole())]),
            None,
            ("pass", Basis::Evidence, false),
        ),
        row(
            "silence after a part of it does not",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", part())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "silence of a probe that did not run does not",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", off.clone())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "silence of one of two rules does not",
            &["bad-thing", "other-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", whole()), ("other-thing", off.clone())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "a rule nobody knows does not",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            vec![],
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "nothing of the kind there does not apply",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", absent.clone())]),
            None,
            ("not-applicable", Basis::Evidence, false),
        ),
        row(
            "one absent and one whole passes",
            &["bad-thing", "other-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", absent), ("other-thing", whole())]),
            None,
            ("pass", Basis::Evidence, false),
        ),
        row(
            "a proof passes",
            &[],
            &["good-thing"],
            vec![],
            vec![&good],
            states(&[("good-thing", whole())]),
            None,
            ("pass", Basis::Evidence, false),
        ),
        row(
            "no proof is unknown, not fail",
            &[],
            &["good-thing"],
            vec![],
            vec![],
            states(&[("good-thing", whole())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "a proof does not outweigh a finding",
            &["bad-thing"],
            &["good-thing"],
            vec![&bad],
            vec![&good],
            states(&[("bad-thing", whole()), ("good-thing", whole())]),
            None,
            ("fail", Basis::Evidence, false),
        ),
        row(
            "a proof does not stand for a rule that did not run",
            &["bad-thing"],
            &["good-thing"],
            vec![],
            vec![&good],
            states(&[("bad-thing", off.clone()), ("good-thing", whole())]),
            None,
            ("unknown", Basis::None, false),
        ),
        row(
            "a question without an answer is unknown",
            &[],
            &[],
            vec![],
            vec![],
            vec![],
            None,
            ("unknown", Basis::None, false),
        ),
        row("a yes passes a question", &[], &[], vec![], vec![], vec![], yes, ("pass", Basis::Answer, false)),
        row("a no fails it", &[], &[], vec![], vec![], vec![], no, ("fail", Basis::Answer, false)),
        row(
            "a yes against a finding stays a conflict and fails",
            &["bad-thing"],
            &[],
            vec![&bad],
            vec![],
            states(&[("bad-thing", whole())]),
            yes,
            ("fail", Basis::Both, true),
        ),
        row(
            "not applicable against a finding as well",
            &["bad-thing"],
            &[],
            vec![&bad],
            vec![],
            states(&[("bad-thing", whole())]),
            na,
            ("fail", Basis::Both, true),
        ),
        row(
            "a no with a finding agrees",
            &["bad-thing"],
            &[],
            vec![&bad],
            vec![],
            states(&[("bad-thing", whole())]),
            no,
            ("fail", Basis::Both, false),
        ),
        row(
            "a no against a proof stays a conflict",
            &[],
            &["good-thing"],
            vec![],
            vec![&good],
            states(&[("good-thing", whole())]),
            no,
            ("fail", Basis::Both, true),
        ),
        row(
            "a yes with a proof rests on both",
            &[],
            &["good-thing"],
            vec![],
            vec![&good],
            states(&[("good-thing", whole())]),
            yes,
            ("pass", Basis::Both, false),
        ),
        row(
            "a yes settles what a probe could not",
            &["bad-thing"],
            &[],
            vec![],
            vec![],
            states(&[("bad-thing", off)]),
            yes,
            ("pass", Basis::Answer, false),
        ),
        row(
            "a yes settles a weak finding",
            &["bad-thing"],
            &[],
            vec![&weak],
            vec![],
            states(&[("bad-thing", whole())]),
            yes,
            ("pass", Basis::Answer, false),
        ),
    ];
    for row in rows {
        let evidenced = Evidenced {
            findings: row.findings,
            proofs: row.proofs,
            rules: row.states,
            seen: Some(now()),
            ..Evidenced::default()
        };
        let entry = row.answer.map(said).unwrap_or_default();
        let verdict = judge(&item(row.fails_on, row.proved_by), &evidenced, &entry, update::day(now()));
        assert_eq!((verdict.status.word(), verdict.basis, verdict.conflict), row.expected, "{}", row.name);
        assert!(!verdict.why.is_empty(), "{}", row.name);
    }
}

#[test]
fn evidence_and_answers_age() {
    let question = item(&[], &[]);
    let later = time("2026-07-16");
    let verdict = |entry: &Entry, evidenced: &Evidenced<'_>, at| judge(&question, evidenced, entry, update::day(at));
    assert!(!verdict(&said(Reply::Yes), &Evidenced::default(), time("2026-07-15")).stale);
    assert!(verdict(&said(Reply::Yes), &Evidenced::default(), later).stale);
    let proved = item(&[], &["good-thing"]);
    let good = proof();
    let mut evidenced = Evidenced {
        proofs: vec![&good],
        rules: states(&[("good-thing", whole())]),
        seen: Some(now()),
        ..Evidenced::default()
    };
    assert!(!judge(&proved, &evidenced, &Entry::default(), update::day(now())).stale);
    assert!(judge(&proved, &evidenced, &Entry::default(), update::day(later)).stale);
    evidenced.files_changed = true;
    assert!(judge(&proved, &evidenced, &Entry::default(), update::day(now())).stale);
}

#[test]
fn an_accepted_risk_holds_until_its_day_and_never_hides_a_pass() {
    let accepted = |until: &str| Entry {
        acceptance: Some(Acceptance {
            owner: "Ann".to_owned(),
            reason: "we launch to ten people".to_owned(),
            until: Some(until.parse().unwrap()),
            at: now(),
        }),
        ..Entry::default()
    };
    let today = update::day(now());
    let bad = finding();
    let failing = Evidenced { findings: vec![&bad], ..Evidenced::default() };
    let subject = item(&["bad-thing"], &[]);
    assert_eq!(judge(&subject, &failing, &accepted("2026-06-15"), today).status.word(), "accepted");
    let expired = judge(&subject, &failing, &accepted("2026-06-14"), today);
    assert_eq!(expired.status, Status::Fail);
    assert!(expired.why.contains("only until 2026-06-14"));
    let clean = Evidenced { rules: states(&[("bad-thing", whole())]), ..Evidenced::default() };
    assert_eq!(judge(&subject, &clean, &accepted("2026-06-15"), today).status, Status::Pass);
}

#[test]
fn a_worse_finding_raises_the_item() {
    let worse = finding().severity(Severity::Blocker);
    let evidenced = Evidenced { findings: vec![&worse], ..Evidenced::default() };
    assert_eq!(
        judge(&item(&["bad-thing"], &[]), &evidenced, &Entry::default(), update::day(now())).severity,
        Severity::Blocker
    );
    let weak = worse.clone().confidence(Confidence::Low);
    let evidenced = Evidenced { findings: vec![&weak], ..Evidenced::default() };
    assert_eq!(
        judge(&item(&["bad-thing"], &[]), &evidenced, &Entry::default(), update::day(now())).severity,
        Severity::Major
    );
}

fn session(items: Vec<Item>, changes: Vec<Change>) -> Session {
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

fn run_event(run: u64, kind: EventKind) -> Msg {
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
