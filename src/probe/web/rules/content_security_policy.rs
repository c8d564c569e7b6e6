//! `Content-Security-Policy` (W3C CSP Level 3).

use super::csp::Policy;
use super::{Page, header_finding, header_proof, sent, wanted};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// There is no policy, or one that leaves scripts open.
pub static META: RuleMeta = RuleMeta {
    id: "content-security-policy-missing",
    title: "No policy says which scripts may run",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for a Content-Security-Policy in the headers or the head of your pages, and whether it restricts scripts.",
    why: "One place where user text reaches the page unescaped is enough for a stranger's script to act as your users; the \
          policy is what stops it.",
    fix: "Send a Content-Security-Policy that names your own script sources; try it first as \
          Content-Security-Policy-Report-Only and read what it would block.",
    example: "bad:  no header, or script-src * 'unsafe-inline'\n\
              good: Content-Security-Policy: default-src 'self'; script-src 'self' 'nonce-…'; object-src 'none'; base-uri 'self'",
    references: &["C65", "https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP"],
};

/// There is a policy that restricts scripts.
pub static PROOF: RuleMeta = RuleMeta {
    id: "content-security-policy-set",
    title: "A policy says which scripts may run",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees a Content-Security-Policy that restricts where scripts come from.",
    why: "A script that slips into a page is not run.",
    fix: "Nothing to do.",
    example: "",
    references: &["C65"],
};

const NAME: &str = "content-security-policy";
const REPORT_ONLY: &str = "content-security-policy-report-only";
const WANTED: &str =
    "Content-Security-Policy: default-src 'self'; script-src 'self' 'nonce-…'; object-src 'none'; base-uri 'self'";

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let mut policies = Policy::all(&headers.joined(NAME).unwrap_or_default());
    let from_headers = policies.len();
    policies.extend(page.document.policies.iter().map(|text| Policy::one(text)).filter(|policy| !policy.is_empty()));
    let evidence = |rest: &[&str]| {
        let names: Vec<&str> = std::iter::once(NAME).chain(rest.iter().copied()).collect();
        sent(headers, &names)
    };
    let in_page = (from_headers == 0 && !policies.is_empty()).then(|| {
        Evidence::new(EvidenceKind::Note, format!("in the page's head: {}", page.document.policies.join("\n")))
    });
    // All policies hold at once, so one without a hole is enough.
    let observation: Observation = match policies.iter().map(Policy::script_hole).min_by_key(Option::is_some) {
        Some(None) => {
            header_proof(&PROOF, page.url, "A Content-Security-Policy restricts where scripts come from".to_owned())
                .evidence(if from_headers > 0 { Some(evidence(&[])) } else { in_page })
                .into()
        }
        Some(Some(hole)) => header_finding(&META, page.url, NAME, format!("The Content-Security-Policy {hole}"))
            .severity(Severity::Minor)
            .fix("Give your own inline scripts a nonce or a hash and name the hosts that scripts may come from.")
            .evidence(evidence(&[]))
            .evidence(in_page)
            .evidence(wanted(WANTED))
            .into(),
        None => {
            let message = if headers.all(REPORT_ONLY).next().is_some() {
                "The Content-Security-Policy is report-only: browsers report violations and block nothing"
            } else {
                "No Content-Security-Policy is sent, so any script that gets into a page runs"
            };
            header_finding(&META, page.url, NAME, message.to_owned())
                .evidence(evidence(&[REPORT_ONLY]))
                .evidence(wanted(WANTED))
                .into()
        }
    };
    observation.into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn missing_report_only_open_and_closed_are_told_apart() {
        let of = |headers: &[(&str, &str)], html: &str| judged(judge, headers, html).remove(0);
        assert!(of(&[], "").starts_with("major content-security-policy-missing: No Content"));
        assert!(of(&[("Content-Security-Policy", " ")], "").starts_with("major"));
        assert!(of(&[("Content-Security-Policy-Report-Only", "default-src 'self'")], "").contains("report-only"));
        assert!(of(&[("Content-Security-Policy", "default-src 'self' 'unsafe-inline'")], "").starts_with("minor"));
        assert!(of(&[("Content-Security-Policy", "default-src 'self'")], "").starts_with("proof"));
    }

    #[test]
    fn several_policies_hold_together_and_the_page_may_carry_one() {
        let headers =
            [("Content-Security-Policy", "frame-ancestors 'self'"), ("content-security-policy", "script-src 'self'")];
        assert!(judged(judge, &headers, "").remove(0).starts_with("proof"));
        let html = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'self'">"#;
        assert!(judged(judge, &[], html).remove(0).starts_with("proof"));
    }
}
