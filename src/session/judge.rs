//! The judgement of one item. A pure function, tested as a table.

use jiff::Timestamp;
use jiff::civil::Date;

use super::update::day;
use crate::model::{
    Acceptance, Answer, Basis, Confidence, Coverage, Entry, Finding, Item, Proof, Reply, RuleId, Status, Verdict,
};

/// What the probes know about one item.
#[derive(Debug, Clone, Default)]
pub struct Evidenced<'a> {
    /// Findings of the rules that fail it.
    pub findings: Vec<&'a Finding>,
    /// Proofs of the rules that prove it.
    pub proofs: Vec<&'a Proof>,
    /// How far each of its rules got.
    pub rules: Vec<(RuleId, RuleState)>,
    /// When the oldest of the runs behind it ended.
    pub seen: Option<Timestamp>,
    /// A file that its findings or proofs cite has changed since.
    pub files_changed: bool,
    /// Why the item does not concern this project, if it does not.
    pub out_of_scope: Option<String>,
    /// What the code says about the question, where it settles nothing: the known cells of a service's row.
    pub known: Option<String>,
}

/// How far a rule got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleState {
    /// Its probe is running.
    Running,
    /// Its probe's run is over.
    Ran(Coverage),
    /// Its probe did not get there, because …
    NotRun(String),
}

/// What the evidence alone says.
enum Evidence {
    Pass(String),
    Fail(String),
    Unknown(String),
    /// Looked for, and the project has nothing of the kind.
    Absent(String),
    /// No rule speaks to this item.
    Silent,
}

/// Judges `item` on what the probes know and what people said. `today` in UTC.
#[must_use]
pub fn judge(item: &Item, evidenced: &Evidenced<'_>, entry: &Entry, today: Date) -> Verdict {
    let evidence = weigh(item, evidenced);
    let answer = entry.answer.as_ref();
    let answer_stale = answer.is_some_and(|answer| too_old(answer.at, item, today));
    let evidence_stale = evidenced.files_changed || evidenced.seen.is_some_and(|seen| too_old(seen, item, today));
    let strong = evidenced.findings.iter().filter(|finding| finding.confidence > Confidence::Low);
    let mut verdict = Verdict {
        status: Status::Unknown,
        why: String::new(),
        severity: strong.map(|finding| finding.severity).fold(item.severity, Ord::max),
        basis: Basis::None,
        conflict: false,
        stale: false,
        findings: evidenced.findings.iter().map(|finding| finding.fingerprint.clone()).collect(),
        proofs: evidenced.proofs.iter().map(|proof| proof.fingerprint.clone()).collect(),
    };
    // Whatever the manifests say: what a probe has seen is there.
    let nothing_seen = evidenced.findings.is_empty() && evidenced.proofs.is_empty();
    combine(&mut verdict, evidence, answer, evidenced.out_of_scope.as_deref().filter(|_| nothing_seen));
    if let (Status::Unknown, Some(known)) = (&verdict.status, &evidenced.known) {
        verdict.why.clone_from(known);
    }
    verdict.stale = verdict.status == Status::Pass
        && match verdict.basis {
            Basis::Evidence => evidence_stale,
            Basis::Answer => answer_stale,
            // Either alone would carry it, so it is old only when both are.
            Basis::Both => evidence_stale && answer_stale,
            Basis::None => false,
        };
    if let Some(acceptance) = &entry.acceptance
        && !verdict.status.settled()
    {
        accept(&mut verdict, acceptance, today);
    }
    verdict
}

fn combine(verdict: &mut Verdict, evidence: Evidence, answer: Option<&Answer>, out_of_scope: Option<&str>) {
    let said = |answer: &Answer| format!("answered \"{}\" on {}", answer.reply.word(), day(answer.at));
    let (status, basis, conflict, why) = match (evidence, answer) {
        (Evidence::Fail(why), None) => (Status::Fail, Basis::Evidence, false, why),
        (Evidence::Fail(why), Some(answer)) => {
            let agrees = answer.reply == Reply::No;
            let why = if agrees { why } else { format!("{why}; but {}", said(answer)) };
            (Status::Fail, Basis::Both, !agrees, why)
        }
        (Evidence::Pass(why), None) => (Status::Pass, Basis::Evidence, false, why),
        (Evidence::Pass(why), Some(answer)) => match answer.reply {
            Reply::Yes => (Status::Pass, Basis::Both, false, why),
            Reply::No => (Status::Fail, Basis::Both, true, format!("{}; but {why}", said(answer))),
            Reply::NotApplicable => (Status::NotApplicable, Basis::Answer, false, said(answer)),
        },
        (_, Some(answer)) => {
            let status = match answer.reply {
                Reply::Yes => Status::Pass,
                Reply::No => Status::Fail,
                Reply::NotApplicable => Status::NotApplicable,
            };
            (status, Basis::Answer, false, said(answer))
        }
        (Evidence::Unknown(_) | Evidence::Silent | Evidence::Absent(_), None) if out_of_scope.is_some() => {
            (Status::NotApplicable, Basis::Evidence, false, out_of_scope.unwrap_or_default().to_owned())
        }
        (Evidence::Absent(why), None) => (Status::NotApplicable, Basis::Evidence, false, why),
        (Evidence::Unknown(why), None) => (Status::Unknown, Basis::None, false, why),
        (Evidence::Silent, None) => {
            (Status::Unknown, Basis::None, false, "only a person can say, and nobody has answered yet".to_owned())
        }
    };
    verdict.status = status;
    verdict.basis = basis;
    verdict.conflict = conflict;
    verdict.why = why;
}

fn accept(verdict: &mut Verdict, acceptance: &Acceptance, today: Date) {
    match acceptance.until {
        Some(until) if until < today => {
            verdict.why = format!("{}; {} accepted the risk only until {until}", verdict.why, acceptance.owner);
        }
        _ => {
            let until = acceptance.until.map_or(String::new(), |until| format!(" until {until}"));
            verdict.why = format!("{} accepted the risk{until}: {}", acceptance.owner, acceptance.reason);
            verdict.status = Status::Accepted(acceptance.clone());
        }
    }
}

/// The evidence alone. The order matters: what is wrong comes before what is missing, and what is missing before what
/// is right.
fn weigh(item: &Item, evidenced: &Evidenced<'_>) -> Evidence {
    let (strong, weak): (Vec<&&Finding>, Vec<&&Finding>) =
        evidenced.findings.iter().partition(|finding| finding.confidence > Confidence::Low);
    if let Some(first) = strong.first() {
        return Evidence::Fail(with_more(&first.message, strong.len()));
    }
    if item.fails_on.is_empty() && item.proved_by.is_empty() {
        return Evidence::Silent;
    }
    if let Some(first) = weak.first() {
        return Evidence::Unknown(format!("needs a look: {}", with_more(&first.message, weak.len())));
    }
    let state = |rule: &RuleId| evidenced.rules.iter().find(|(id, _)| id == rule).map(|(_, state)| state);
    if let Some(gap) = item.fails_on.iter().find_map(|rule| missing(state(rule))) {
        return Evidence::Unknown(gap);
    }
    if !item.proved_by.is_empty() {
        if let Some(first) = evidenced.proofs.first() {
            return Evidence::Pass(with_more(&first.message, evidenced.proofs.len()));
        }
        let gap = item.proved_by.iter().find_map(|rule| missing(state(rule)));
        return Evidence::Unknown(gap.unwrap_or_else(|| "nothing in the project proves it".to_owned()));
    }
    let absent = item.fails_on.iter().map(|rule| match state(rule) {
        Some(RuleState::Ran(Coverage::Absent(why))) => Some(why.clone()),
        _ => None,
    });
    match absent.collect::<Option<Vec<String>>>() {
        Some(reasons) => Evidence::Absent(reasons.into_iter().next().unwrap_or_default()),
        None => Evidence::Pass("examined, and nothing was found against it".to_owned()),
    }
}

/// Why a rule has not seen everything, if it has not.
fn missing(state: Option<&RuleState>) -> Option<String> {
    match state {
        Some(RuleState::Ran(Coverage::Whole | Coverage::Absent(_))) => None,
        Some(RuleState::Ran(Coverage::Part(why) | Coverage::Nothing(why)) | RuleState::NotRun(why)) => {
            Some(why.clone())
        }
        Some(RuleState::Running) => Some("still being examined".to_owned()),
        None => Some("no probe of this version examines it".to_owned()),
    }
}

fn with_more(message: &str, count: usize) -> String {
    match count {
        0 | 1 => message.to_owned(),
        count => format!("{message} (and {} more)", count - 1),
    }
}

fn too_old(at: Timestamp, item: &Item, today: Date) -> bool {
    let age = today.since(day(at)).map_or(0, |span| span.get_days());
    age > i32::try_from(item.max_age_days).unwrap_or(i32::MAX)
}
