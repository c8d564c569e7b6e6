//! The health endpoint, and the notice for those who find a hole.

use jiff::Timestamp;
use url::Url;

use super::exposed_files::judge_group;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address;
use crate::probe::web::exposed::paths::Group;
use crate::probe::web::exposed::verdict::{self, What};
use crate::probe::web::exposed::{Paths, notices};
use crate::probe::web::tally::Sight;

/// One that tells too much.
pub static TALKATIVE: RuleMeta = RuleMeta {
    id: "health-endpoint-telling",
    title: "The health endpoint tells more than that all is well",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Reads what the health endpoint answers, and looks for keys, addresses of databases, and versions of what lies beneath.",
    why: "Everybody can ask it. Versions and host names save an attacker work, and a connection string is the database itself.",
    fix: "Let it answer `{\"status\":\"ok\"}` alone, and put the rest on an address that only your monitoring reaches.",
    example: "bad:  {\"status\":\"ok\",\"db\":\"postgres://…\"}\ngood: {\"status\":\"ok\"}",
    references: &["F66", "C11"],
};

/// One that answers.
pub static PROOF: RuleMeta = RuleMeta {
    id: "health-endpoint-answers",
    title: "A health endpoint answers",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for `/health`, `/healthz`, `/api/health`, `/up` and `/livez`, and sees one say that all is well where a made-up path does not.",
    why: "A monitor or the host can ask it, and notice before your users do that something is down.",
    fix: "Nothing to do.",
    example: "",
    references: &["F66", "C11"],
};

/// An outdated `security.txt`.
pub static NOTICE: RuleMeta = RuleMeta {
    id: "security-txt-outdated",
    title: "security.txt has expired",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Reads `/.well-known/security.txt`, where there is one, and looks at its `Expires`.",
    why: "Somebody who finds a hole cannot tell whether the address in it still reaches you, and may not write at all.",
    fix: "Check the contact in it and set `Expires:` to a day within the next year.",
    example: "bad:  Expires: 2023-01-01T00:00:00Z\ngood: Expires: 2027-06-30T00:00:00Z",
    references: &["F58", "https://www.rfc-editor.org/rfc/rfc9116"],
};

/// Every rule.
pub static RULES: &[&RuleMeta] = &[&TALKATIVE, &PROOF];
/// The rule about the notice.
pub static NOTICE_RULES: &[&RuleMeta] = &[&NOTICE];

/// Judges what an origin answered.
pub fn judge(page: &Url, paths: &Paths) -> Vec<Sight> {
    let mut sights = judge_group(&TALKATIVE, Group::Health, page, paths);
    let answering = paths
        .answers
        .iter()
        .filter(|seen| seen.asked.group == Group::Health)
        .find(|seen| matches!(verdict::of(seen, paths), What::Found(_)));
    if let Some(seen) = answering {
        let path = seen.asked.path;
        let place = page.join(path).unwrap_or_else(|_| page.clone());
        let proof = Proof::new(&PROOF, address::location(&place), "", format!("{path} answers that all is well"));
        sights.push(Observation::from(proof).into());
    }
    sights
}

/// Judges the notice, where there is one.
pub fn judge_notice(page: &Url, paths: &Paths, now: Timestamp) -> Sight {
    let asked = paths.answers.iter().find(|seen| seen.asked.path.ends_with("/security.txt"));
    let unknown = || Sight::NotSeen(format!("{} gave no answer about its security.txt", address::shown(page)));
    let Some(seen) = asked else { return unknown() };
    match verdict::of(seen, paths) {
        What::Found(_) => {}
        What::NoAnswer(_) | What::Failed | What::Unproven(_) => return unknown(),
        _ => return Sight::Seen(Vec::new()),
    }
    let why = match notices::expires(&seen.answer.text) {
        Ok(end) if end < now => format!("it held until {} only", end.strftime("%Y-%m-%d")),
        Ok(_) => return Sight::Seen(Vec::new()),
        Err(why) => why.to_owned(),
    };
    let place = page.join(seen.asked.path).unwrap_or_else(|_| page.clone());
    let finding =
        Finding::new(&NOTICE, address::location(&place), "", format!("Your security.txt is out of date: {why}"))
            .evidence(Evidence::new(EvidenceKind::Note, format!("GET {} → {why}", seen.asked.path)));
    Observation::from(finding).into()
}
