//! Proof: something limits how often a route is asked.

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "rate-limiter",
    title: "A rate limiter stands before routes",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A limiter that is mounted before a route or asked in its handler: express-rate-limit, Upstash, Arcjet, `@nestjs/throttler`, slowapi, flask-limiter, django-ratelimit, Laravel's `throttle`, Rails' `rate_limit`, Rack::Attack, httprate, tollbooth, Bucket4j.",
    why: "Scripts that guess passwords or spend your budget are slowed down.",
    fix: "Put a limiter before sign-in and before everything that mails, pays or asks a model.",
    example: "app.use('/auth', rateLimit({ windowMs: 60_000, limit: 10 }));",
    references: &["F57"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read);

/// Looks at the project; one route is enough to show it.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut limited = request_work::Limited::new();
    let routes = request_work::judged(index, request_work::reads);
    let mut routes = routes.filter(|route| request_work::is_limited(index, route, &mut limited));
    if let Some(route) = routes.next() {
        let count = routes.count() + 1;
        let message = if count == 1 {
            format!("{} is limited", route.title(index))
        } else {
            format!("{} is limited, and {} more", route.title(index), count - 1)
        };
        let mut hit = Hit::new(route.place, message);
        hit.file = route.file;
        hits.push(hit);
        return;
    }
    // Rack::Attack stands before all of an app and names no route of it.
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.language == Language::Ruby) {
        let throttle = file.calls.iter().find(|call| {
            &*call.callee == "Rack.Attack.throttle" || &*call.callee == "throttle" && file.path.contains("rack_attack")
        });
        if let Some(call) = throttle {
            hits.push(Hit::new(call.place, "Rack::Attack limits how often requests are answered").in_file(place));
            return;
        }
    }
}
