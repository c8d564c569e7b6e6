//! How sure a rule may be: no surer than its findings turned out to be on projects that were new to it, when last measured.

use super::look::Seen;
use crate::model::{Confidence, RuleKind};

/// Findings that a rule rated blocker or major and was sure of, on projects that its author had not seen: how many readers
/// of the code found right, and how many were drawn. Of each rule the newest drawings count, as many as it takes to reach
/// [`ENOUGH`]: what a drawing showed was mended, so older ones measured another rule. Counted from
/// `tests/labels/labels.tsv`, which a test compares; how they were drawn and judged stands beside it.
pub const DRAWN: &[(&str, u32, u32)] = &[
    ("blocking-call-in-handler", 5, 8),
    ("check-then-act", 17, 25),
    ("client-exposed-secret", 4, 22),
    ("command-injection", 5, 5),
    ("connection-per-request", 2, 4),
    ("cors-any-origin", 3, 5),
    ("debug-mode-enabled", 7, 10),
    ("effect-without-cleanup", 5, 8),
    ("env-localhost-fallback", 5, 10),
    ("error-detail-exposed", 0, 1),
    ("external-call-unguarded", 4, 9),
    ("external-call-without-timeout", 7, 9),
    ("floating-promise", 5, 10),
    ("hardcoded-endpoint", 211, 232),
    ("insecure-randomness", 10, 13),
    ("inverted-access-check", 1, 1),
    ("jwt-misuse", 8, 10),
    ("n-plus-one-query", 5, 7),
    ("open-redirect", 6, 10),
    ("path-traversal", 6, 10),
    ("phantom-dependency", 1, 6),
    ("placeholder-left-in", 1, 4),
    ("rate-limit-missing", 114, 130),
    ("request-body-unvalidated", 6, 10),
    ("resource-not-released", 0, 2),
    ("response-status-unchecked", 0, 2),
    ("route-without-auth", 7, 10),
    ("schema-sync-in-production", 0, 6),
    ("sensitive-data-logged", 8, 10),
    ("slow-work-in-request", 0, 2),
    ("sql-injection", 8, 10),
    ("sqlite-on-serverless", 0, 7),
    ("ssrf", 5, 7),
    ("supabase-rls-disabled", 6, 8),
    ("swallowed-error", 5, 7),
    ("tls-verification-disabled", 0, 1),
    ("unbounded-query", 4, 10),
    ("unsafe-eval", 0, 3),
    ("upload-unrestricted", 5, 8),
    ("weak-password-hash", 19, 20),
    ("webhook-signature-unverified", 1, 1),
    ("whole-file-in-memory", 10, 16),
    ("writes-without-transaction", 5, 10),
    ("xss-unescaped-html", 5, 10),
];

/// So many findings measure a rule.
pub const ENOUGH: u32 = 7;
/// High confidence means that at least so many of a hundred such findings are right.
const RIGHT_OF_100: u32 = 85;
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
