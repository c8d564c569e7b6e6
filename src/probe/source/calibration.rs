//! How sure a rule may be: no surer than its findings turned out to be on projects that were new to it.

use super::look::Seen;
use crate::model::{Confidence, RuleKind};

/// Findings that a rule rated blocker or major with high confidence on projects that its author had not seen: how many
/// readers of the code found right, and how many were drawn. Counted from `tests/labels/labels.tsv`, which a test
/// compares; how they were drawn and judged stands beside it.
pub const DRAWN: &[(&str, u32, u32)] = &[
    ("blocking-call-in-handler", 3, 6),
    ("check-then-act", 8, 26),
    ("client-exposed-secret", 1, 18),
    ("command-injection", 5, 5),
    ("connection-per-request", 2, 4),
    ("cors-any-origin", 2, 4),
    ("debug-mode-enabled", 0, 2),
    ("effect-without-cleanup", 3, 5),
    ("env-localhost-fallback", 5, 11),
    ("error-detail-exposed", 0, 1),
    ("external-call-unguarded", 4, 12),
    ("external-call-without-timeout", 2, 19),
    ("floating-promise", 2, 4),
    ("hardcoded-endpoint", 2, 5),
    ("insecure-randomness", 0, 3),
    ("jwt-misuse", 4, 6),
    ("n-plus-one-query", 3, 10),
    ("open-redirect", 2, 23),
    ("path-traversal", 1, 13),
    ("phantom-dependency", 1, 6),
    ("placeholder-left-in", 1, 3),
    ("rate-limit-missing", 34, 39),
    ("request-body-unvalidated", 1, 3),
    ("resource-not-released", 0, 2),
    ("response-status-unchecked", 0, 2),
    ("route-without-auth", 4, 8),
    ("schema-sync-in-production", 0, 2),
    ("sensitive-data-logged", 1, 3),
    ("slow-work-in-request", 0, 2),
    ("sql-injection", 3, 14),
    ("sqlite-on-serverless", 0, 7),
    ("ssrf", 5, 22),
    ("supabase-rls-disabled", 4, 6),
    ("swallowed-error", 1, 3),
    ("tls-verification-disabled", 0, 1),
    ("unbounded-query", 4, 9),
    ("unsafe-eval", 0, 3),
    ("upload-unrestricted", 1, 3),
    ("weak-password-hash", 0, 7),
    ("webhook-signature-unverified", 1, 1),
    ("whole-file-in-memory", 9, 10),
    ("writes-without-transaction", 1, 3),
    ("xss-unescaped-html", 0, 2),
];

/// High confidence means that at least so many of a hundred such findings are right.
const RIGHT_OF_100: u32 = 80;
/// One that was wrong is no measure of a rule.
const LEAST_WRONG: u32 = 2;

/// How often a rule was right where it was sure, if that is too seldom for high confidence: right and drawn.
fn too_seldom(rule: &str) -> Option<(u32, u32)> {
    let (_, right, drawn) = *DRAWN.iter().find(|(id, ..)| *id == rule)?;
    (drawn - right >= LEAST_WRONG && right * 100 < drawn * RIGHT_OF_100).then_some((right, drawn))
}

/// What was seen, with less confidence where the rule was wrong too often elsewhere; that is told with it.
pub(super) fn calibrated((rule, mut hit): Seen) -> Seen {
    let sure = hit.confidence.unwrap_or(rule.confidence) == Confidence::High && rule.kind == RuleKind::Finding;
    if let Some((right, drawn)) = too_seldom(rule.id).filter(|_| sure) {
        hit.confidence = Some(Confidence::Medium);
        hit.steps.push(format!(
            "It looks certain here, but of {drawn} such findings on other projects {right} were right: read the code \
             before you act"
        ));
    }
    (rule, hit)
}
