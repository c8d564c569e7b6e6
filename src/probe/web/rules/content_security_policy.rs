//! `Content-Security-Policy` (W3C CSP Level 3).

use super::{Page, header_finding, header_proof, sent, wanted};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::is_secure;
use crate::probe::web::csp::{self, Assessment, Context, Level, Policy};
use crate::probe::web::tally::Sight;

/// There is no policy.
pub static META: RuleMeta = RuleMeta {
    id: "content-security-policy-missing",
    title: "No policy says which scripts may run",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for a Content-Security-Policy in the headers or the head of your pages.",
    why: "One place where user text reaches the page unescaped is enough for a stranger's script to act as your users; the \
          policy is what stops it.",
    fix: "Send a Content-Security-Policy that names your own script sources; try it first as \
          Content-Security-Policy-Report-Only and read what it would block.",
    example: "bad:  no header\n\
              good: Content-Security-Policy: default-src 'self'; script-src 'self' 'nonce-…'; object-src 'none'; base-uri 'self'",
    references: &["C65", "https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP"],
};

/// There is a policy, with a known way around it.
pub static WEAK: RuleMeta = RuleMeta {
    id: "content-security-policy-weak",
    title: "The policy on scripts can be got around",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Reads your Content-Security-Policy as browsers do, nonces, hashes and 'strict-dynamic' included, and looks for what \
           leaves scripts open: inline scripts from anybody, any host, hosts that serve anybody's files, guessable nonces.",
    why: "A policy with a hole looks safe and is not: a stranger who can write into your page takes the hole.",
    fix: "Give your own inline scripts a nonce that is new in every answer, or a hash, name the hosts that scripts may come \
          from, and leave out `'unsafe-inline'` and `*`.",
    example: "bad:  script-src 'self' 'unsafe-inline' https://unpkg.com\n\
              good: script-src 'self' 'nonce-…' https://unpkg.com/htmx.org@2.0.4/; object-src 'none'; base-uri 'self'",
    references: &[
        "C65",
        "https://github.com/google/csp-evaluator",
        "https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
    ],
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
/// So many lines of what is wrong are enough.
const MOST_LINES: usize = 12;

/// The policies in force on a page, those of its headers first.
pub fn policies(page: &Page<'_>) -> Vec<Policy> {
    let mut policies = Policy::all(&page.headers().joined(NAME).unwrap_or_default());
    policies.extend(page.document.policies.iter().flat_map(|content| Policy::in_page(content)));
    policies
}

/// What they come to; `None` without one.
pub fn assessment(page: &Page<'_>) -> Option<Assessment> {
    let context =
        Context { secure: is_secure(page.url), frame_options: page.headers().all("x-frame-options").next().is_some() };
    csp::assess(&policies(page), context)
}

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let from_headers = headers.all(NAME).next().is_some();
    let as_sent = || {
        if page.document.policies.is_empty() {
            return sent(headers, &[NAME]);
        }
        let text = csp::without_nonces(&page.document.policies.join("\n"));
        let in_page = Evidence::new(EvidenceKind::Note, format!("in the page's head: {}", super::clipped(&text)));
        if from_headers { sent(headers, &[NAME]) } else { in_page }
    };
    let Some(found) = assessment(page) else {
        let message = if headers.all(REPORT_ONLY).next().is_some() {
            "The Content-Security-Policy is report-only: browsers report violations and block nothing"
        } else {
            "No Content-Security-Policy is sent, so any script that gets into a page runs"
        };
        let finding = header_finding(&META, page.url, NAME, message.to_owned())
            .evidence(sent(headers, &[NAME, REPORT_ONLY]))
            .evidence(wanted(WANTED));
        return Observation::from(finding).into();
    };
    let observation: Observation = match message(&found) {
        None => {
            let message = "A Content-Security-Policy restricts where scripts come from".to_owned();
            header_proof(&PROOF, page.url, message)
                .evidence(as_sent())
                .evidence(lines(&found, Level::Advice, "could be tighter:"))
                .into()
        }
        Some(message) => header_finding(&WEAK, page.url, NAME, message)
            .evidence(as_sent())
            .evidence(lines(&found, Level::Weak, "what leaves scripts open:"))
            .evidence(wanted(WANTED))
            .into(),
    };
    observation.into()
}

/// What is wrong, in a sentence; `None` where nothing lets scripts in.
fn message(found: &Assessment) -> Option<String> {
    let worst = found.issues.iter().find(|issue| issue.level >= Level::Weak)?;
    Some(match (found.holes.inline, found.holes.hosts) {
        (true, true) if worst.source.is_none() => {
            "The Content-Security-Policy does not say where scripts may come from".to_owned()
        }
        (true, true) => {
            "The Content-Security-Policy allows inline scripts from anybody and scripts from any host".to_owned()
        }
        (true, false) => {
            "The Content-Security-Policy allows inline scripts from anybody (`'unsafe-inline'`)".to_owned()
        }
        (false, true) => "The Content-Security-Policy allows scripts from any host".to_owned(),
        (false, false) => format!("The Content-Security-Policy can be got around: {}", worst.line()),
    })
}

/// The issues of that level and worse, one a line.
fn lines(found: &Assessment, from: Level, title: &str) -> Option<Evidence> {
    let all: Vec<String> = found.issues.iter().filter(|issue| issue.level >= from).map(csp::Issue::line).collect();
    if all.is_empty() {
        return None;
    }
    let mut text = vec![title.to_owned()];
    text.extend(all.iter().take(MOST_LINES).map(|line| super::clipped(line)));
    if all.len() > MOST_LINES {
        text.push(format!("and {} more", all.len() - MOST_LINES));
    }
    Some(Evidence::new(EvidenceKind::Note, text.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    fn of(headers: &[(&str, &str)], html: &str) -> String {
        judged(judge, headers, html).remove(0)
    }

    #[test]
    fn missing_report_only_open_and_closed_are_told_apart() {
        assert!(of(&[], "").starts_with("major content-security-policy-missing: No Content"));
        assert!(of(&[("Content-Security-Policy", " ")], "").starts_with("major"));
        assert!(of(&[("Content-Security-Policy-Report-Only", "default-src 'self'")], "").contains("report-only"));
        assert!(of(&[("Content-Security-Policy", "default-src 'self'")], "").starts_with("proof"));
        for (policy, words) in [
            ("default-src 'self' 'unsafe-inline'", "allows inline scripts from anybody (`'unsafe-inline'`)"),
            ("default-src *", "allows scripts from any host"),
            ("script-src https: 'nonce-8IBTHwOdqNKAWeKl'", "allows scripts from any host"),
            ("script-src * 'unsafe-inline'", "allows inline scripts from anybody and scripts from any host"),
            ("frame-ancestors 'none'", "does not say where scripts may come from"),
            ("script-src 'self' https://unpkg.com", "can be got around: `script-src https://unpkg.com`: serves files"),
        ] {
            let said = of(&[("Content-Security-Policy", policy)], "");
            assert!(said.starts_with("minor content-security-policy-weak") && said.contains(words), "{policy}: {said}");
        }
    }

    #[test]
    fn several_policies_hold_together_and_the_page_may_carry_one() {
        let headers =
            [("Content-Security-Policy", "frame-ancestors 'self'"), ("content-security-policy", "script-src 'self'")];
        assert!(of(&headers, "").starts_with("proof"));
        let html = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'self'">"#;
        assert!(of(&[], html).starts_with("proof"));
    }
}
