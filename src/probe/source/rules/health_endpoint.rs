//! Proof: the app says whether it is well.

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::Value;
use crate::probe::source::facts::{CodeIndex, Language, Role};
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
        ) || (matches!(last, "status" | "ping" | "up")
            && words.iter().rev().skip(1).all(|word| is_common(word)))
            || (last == "check" && words.iter().any(|word| word == "health"));
        if health && words.len() <= 4 {
            let mut hit = Hit::new(route.place, format!("`{}` tells whether the app is well", route.path));
            hit.file = route.file;
            hits.push(hit);
            return;
        }
    }
    of_framework(index, hits);
}

/// What stands before a path that tells nothing more.
fn is_common(word: &str) -> bool {
    matches!(word, "api" | "v1" | "v2" | "v3" | "system" | "server" | "app" | "internal" | "public" | "rest" | "_")
}

/// Endpoints that a framework answers: `rails/health#show`, `withRouting(health: "/up")`.
fn of_framework(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.role != Role::Test) {
        let found = file.calls.iter().find_map(|call| match file.language {
            Language::Ruby if file.path.ends_with("routes.rb") => {
                let shown = call.arguments.iter().any(|a| {
                    let mut shown = false;
                    a.value.walk(&mut |value| shown |= value.text() == Some("rails/health#show"));
                    shown
                });
                let path = call.argument(0).and_then(Value::text).unwrap_or("up");
                shown.then(|| (call.place, path.to_owned()))
            }
            Language::Php if call.method() == "withRouting" => {
                call.named("health").and_then(Value::text).map(|path| (call.place, path.to_owned()))
            }
            _ => None,
        });
        if let Some((at, path)) = found {
            let message = format!("`/{}` tells whether the app is well", path.trim_start_matches('/'));
            hits.push(Hit::new(at, message).in_file(place));
            return;
        }
    }
    // Actuator answers `/actuator/health` as soon as it is there.
    for file in &index.plain {
        let build = file.name() == "pom.xml" || file.name().starts_with("build.gradle");
        if let Some(start) = file.text.find("spring-boot-starter-actuator").filter(|_| build) {
            let place = file.place(start, start + "spring-boot-starter-actuator".len());
            hits.push(Hit::new(place, "`/actuator/health` tells whether the app is well").in_plain(&file.path));
            return;
        }
    }
}
