//! The order in which certificates are sent (RFC 5246, section 7.4.2).

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::chain::Disorder;
use crate::probe::web::tls::verdict::Verdict;

/// The chain is in disorder.
pub static META: RuleMeta = RuleMeta {
    id: "certificate-chain-disorder",
    title: "The certificates are sent in disorder",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks at the certificates that the server sends: its own has to come first, each followed by that of its issuer, and \
          nothing twice. A root at the end is harmless and not counted.",
    why: "Browsers put such a chain right by themselves, but API clients, apps and webhooks often refuse it, so it works for you and \
          fails for others.",
    fix: "Configure the server with the chain file as your authority made it (`fullchain.pem` with certbot), and nothing else.",
    example: "bad:  cat root.pem intermediate.pem cert.pem > chain.pem\ngood: ssl_certificate /etc/letsencrypt/live/…/fullchain.pem",
    references: &["C19", "https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2"],
};

/// Judges the order of one server's certificates.
pub fn judge(origin: &Origin, verdict: &Verdict) -> Sight {
    let wrong = |disorder: &Option<Disorder>| disorder.is_some_and(|disorder| disorder != Disorder::Root);
    let Some(first) = verdict.disorder.iter().position(wrong) else { return Sight::Seen(Vec::new()) };
    let lines: Vec<String> = verdict
        .chain
        .iter()
        .zip(&verdict.disorder)
        .enumerate()
        .map(|(at, (certificate, disorder))| {
            let words = disorder.map_or_else(String::new, |disorder| format!(" ({})", disorder.words()));
            format!("{}. {}, issued by {}{words}", at + 1, certificate.subject, certificate.issuer)
        })
        .collect();
    let what = verdict.disorder.get(first).copied().flatten().map_or("in disorder", Disorder::words);
    let subject = verdict.chain.get(first).map_or("a certificate", |certificate| certificate.subject.as_str());
    let message = format!("Among the certificates that {} sends, that of {subject} is {what}", origin.host)
        .replace(" is does not belong", " does not belong");
    let evidence = Evidence::new(EvidenceKind::Certificate, lines.join("\n"));
    Observation::from(Finding::new(&META, origin.location(), "", message).evidence(evidence)).into()
}
