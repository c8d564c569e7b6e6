//! The judgement of one item.

use super::super::update::day;
use super::super::{Evidenced, RuleState, judge};
use super::{finding, item, now, part, proof, said, states, time, whole};
use crate::model::{
    Acceptance, Basis, Confidence, Coverage, Entry, Finding, Item, Proof, Reply, RuleId, Severity, Status,
};

/// One line of the table: what is known, what was said, and what it comes to.
struct Case<'a> {
    name: &'a str,
    item: Item,
    evidenced: Evidenced<'a>,
    entry: Entry,
}

fn case(name: &str) -> Case<'_> {
    let evidenced = Evidenced { seen: Some(now()), ..Evidenced::default() };
    Case { name, item: item(&[], &[]), evidenced, entry: Entry::default() }
}

impl<'a> Case<'a> {
    fn fails_on(mut self, rule: &'static str, state: impl Into<Option<RuleState>>) -> Self {
        self.item.fails_on.push(RuleId::from(rule));
        self.evidenced.rules.extend(state.into().map(|state| (RuleId::from(rule), state)));
        self
    }

    fn proved_by(mut self, rule: &'static str, state: RuleState) -> Self {
        self.item.proved_by.push(RuleId::from(rule));
        self.evidenced.rules.push((RuleId::from(rule), state));
        self
    }

    fn finding(mut self, finding: &'a Finding) -> Self {
        self.evidenced.findings.push(finding);
        self
    }

    fn proof(mut self, proof: &'a Proof) -> Self {
        self.evidenced.proofs.push(proof);
        self
    }

    fn said(mut self, reply: Reply) -> Self {
        self.entry = said(reply);
        self
    }

    fn is(self, status: &str, basis: Basis) {
        self.comes_to(status, basis, false);
    }

    fn conflicts(self) {
        self.comes_to("fail", Basis::Both, true);
    }

    fn comes_to(self, status: &str, basis: Basis, conflict: bool) {
        let verdict = judge(&self.item, &self.evidenced, &self.entry, day(now()));
        assert_eq!(
            (verdict.status.word(), verdict.basis, verdict.conflict),
            (status, basis, conflict),
            "{}",
            self.name
        );
        assert!(!verdict.why.is_empty(), "{}", self.name);
    }
}

#[test]
fn the_judgement_as_a_table() {
    use Basis::{Answer, Both, Evidence, None};
    let (bad, good) = (finding(), proof());
    let weak = finding().confidence(Confidence::Low);
    let absent = RuleState::Ran(Coverage::Absent("there is no Dockerfile".to_owned()));
    let off = RuleState::NotRun("no URL was given".to_owned());
    let (b, o, g) = ("bad-thing", "other-thing", "good-thing");

    case("a finding fails").fails_on(b, whole()).finding(&bad).is("fail", Evidence);
    case("a finding fails even while running").fails_on(b, RuleState::Running).finding(&bad).is("fail", Evidence);
    case("a weak finding is a question").fails_on(b, whole()).finding(&weak).is("unknown", None);
    case("silence after a whole look passes").fails_on(b, whole()).is("pass", Evidence);
    case("silence after a part of it does not").fails_on(b, part()).is("unknown", None);
    case("silence of a probe that did not run does not").fails_on(b, off.clone()).is("unknown", None);
    case("silence of one of two rules does not").fails_on(b, whole()).fails_on(o, off.clone()).is("unknown", None);
    case("a rule nobody knows does not").fails_on(b, Option::None).is("unknown", None);
    case("nothing of the kind there does not apply").fails_on(b, absent.clone()).is("not-applicable", Evidence);
    case("one absent and one whole passes").fails_on(b, absent).fails_on(o, whole()).is("pass", Evidence);
    case("a proof passes").proved_by(g, whole()).proof(&good).is("pass", Evidence);
    case("no proof is unknown, not fail").proved_by(g, whole()).is("unknown", None);
    let both = |name| case(name).fails_on(b, whole()).proved_by(g, whole()).proof(&good);
    both("a proof does not outweigh a finding").finding(&bad).is("fail", Evidence);
    let unseen = case("a proof does not stand for a rule that did not run").fails_on(b, off.clone());
    unseen.proved_by(g, whole()).proof(&good).is("unknown", None);
    case("a question without an answer is unknown").is("unknown", None);
    case("a yes passes a question").said(Reply::Yes).is("pass", Answer);
    case("a no fails it").said(Reply::No).is("fail", Answer);
    let failing = |name| case(name).fails_on(b, whole()).finding(&bad);
    failing("a yes against a finding stays a conflict and fails").said(Reply::Yes).conflicts();
    failing("not applicable against a finding as well").said(Reply::NotApplicable).conflicts();
    failing("a no with a finding agrees").said(Reply::No).is("fail", Both);
    let proved = |name| case(name).proved_by(g, whole()).proof(&good);
    proved("a no against a proof stays a conflict").said(Reply::No).conflicts();
    proved("a yes with a proof rests on both").said(Reply::Yes).is("pass", Both);
    case("a yes settles what a probe could not").fails_on(b, off).said(Reply::Yes).is("pass", Answer);
    case("a yes settles a weak finding").fails_on(b, whole()).finding(&weak).said(Reply::Yes).is("pass", Answer);
}

#[test]
fn evidence_and_answers_age() {
    let question = item(&[], &[]);
    let later = time("2026-07-16");
    let verdict = |entry: &Entry, evidenced: &Evidenced<'_>, at| judge(&question, evidenced, entry, day(at));
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
    assert!(!judge(&proved, &evidenced, &Entry::default(), day(now())).stale);
    assert!(judge(&proved, &evidenced, &Entry::default(), day(later)).stale);
    evidenced.files_changed = true;
    assert!(judge(&proved, &evidenced, &Entry::default(), day(now())).stale);
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
    let today = day(now());
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
        judge(&item(&["bad-thing"], &[]), &evidenced, &Entry::default(), day(now())).severity,
        Severity::Blocker
    );
    let weak = worse.clone().confidence(Confidence::Low);
    let evidenced = Evidenced { findings: vec![&weak], ..Evidenced::default() };
    assert_eq!(judge(&item(&["bad-thing"], &[]), &evidenced, &Entry::default(), day(now())).severity, Severity::Major);
}
