//! Whether recorded connections stay secret (RFC 9325, section 4.1).

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::ask::Asked;
use crate::probe::web::tls::suites;
use crate::probe::web::tls::versions::{Choice, Version};

/// They do not.
pub static META: RuleMeta = RuleMeta {
    id: "tls-no-forward-secrecy",
    title: "Recorded connections can be read later",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Offers the server every cipher suite in each TLS version and looks at whether it chooses one with a key of its own for \
          each connection (ECDHE or DHE).",
    why: "Without that, somebody who records connections today and gets hold of the server's key in some years can read all of them: \
          passwords, messages, orders.",
    fix: "Turn TLS 1.3 on, and let TLS 1.2 use ECDHE: `ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers \
          ECDHE+AESGCM:ECDHE+CHACHA20;` in nginx.",
    example: "bad:  ssl_ciphers AES128-SHA\ngood: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
    references: &["C23", "https://www.rfc-editor.org/rfc/rfc9325#section-4.1"],
};

/// Judges one server by what it chooses in the versions that browsers still use, or in what else it has.
pub fn judge(origin: &Origin, asked: &Asked) -> Sight {
    let choices = &asked.suites.choices;
    let (current, old): (Vec<&Choice>, Vec<&Choice>) = choices.iter().partition(|choice| !choice.version.is_outdated());
    let counted = if current.is_empty() { old } else { current };
    if counted.is_empty() {
        return Sight::NotSeen(format!("{} did not answer the questions about its cipher suites", origin.host));
    }
    let without: Vec<&&Choice> = counted.iter().filter(|choice| !suites::is_forward_secret(choice.suite)).collect();
    let Some(newest) = without.last() else { return Sight::Seen(Vec::new()) };
    // Nearly everybody gets TLS 1.3 where it is offered.
    let severity =
        if counted.iter().any(|choice| choice.version == Version::Tls13) { Severity::Minor } else { META.severity };
    let message = format!(
        "{} chooses {} in {}, so connections that are recorded can be read with the server's key later",
        origin.host,
        suites::name(newest.suite),
        newest.version.name()
    );
    let lines: Vec<String> =
        choices.iter().map(|choice| format!("{}: {}", choice.version.name(), suites::name(choice.suite))).collect();
    let evidence = Evidence::new(EvidenceKind::Note, format!("chosen:\n{}", lines.join("\n")));
    let finding = Finding::new(&META, origin.location(), "", message).severity(severity).evidence(evidence);
    Observation::from(finding).into()
}
