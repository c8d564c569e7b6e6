//! Proof: the app says whether it is well.

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::routes::{Verb, names};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "health-endpoint",
    title: "The app has a health endpoint",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A route such as `/health`, `/healthz`, `/readyz` or `/status` that answers whether the app is well.",
    why: "The host restarts what hangs, and a monitor wakes you before your users write.",
    fix: "Answer 200 at `/health` after a quick question to the database, and let the host and a monitor ask it.",
    example: "app.get('/health', async (req, res) => { await db.query('select 1'); res.json({ ok: true }); });",
    references: &["C28", "F25"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read);

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for route in
        request_work::judged(index, request_work::reads).filter(|route| matches!(route.verb, Verb::Get | Verb::Any))
    {
        let path = route.path.trim_end_matches('/');
        let words = names::words(path);
        let last = words.last().map_or("", String::as_str);
        let health = matches!(
            last,
            "health"
                | "healthz"
                | "healthcheck"
                | "livez"
                | "readyz"
                | "ready"
                | "live"
                | "liveness"
                | "readiness"
                | "heartbeat"
                | "alive"
        ) || (matches!(last, "status" | "ping" | "up") && words.len() <= 2)
            || (last == "check" && words.iter().any(|word| word == "health"));
        if health && words.len() <= 4 {
            let mut hit = Hit::new(route.place, format!("`{}` tells whether the app is well", route.path));
            hit.file = route.file;
            hits.push(hit);
            return;
        }
    }
}
