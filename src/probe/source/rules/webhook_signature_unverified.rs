//! A webhook that believes whoever calls it.

use super::{Check, Hit, Rule, Subject, request_work, webhooks};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::routes::Cover;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "webhook-signature-unverified",
    title: "A webhook believes whoever calls it",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::Medium,
    what: "A route for another service's webhooks that uses what it is sent and never checks the signature that the service puts on it.",
    why: "Anyone can post `payment succeeded` to it with curl, and get for free what others pay for, or have accounts changed.",
    fix: "Verify the signature over the raw body before anything else: `stripe.webhooks.constructEvent`, `new Webhook(secret).verify`, or an HMAC that is compared in constant time.",
    example: "const event = await request.json();\n\n// better\nconst event = stripe.webhooks.constructEvent(await request.text(), signature, secret);",
    references: &["F42", "https://docs.stripe.com/webhooks#verify-events"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read).about("webhook", look);

pub(super) fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let Some(place) = index.place_of(file) else { return };
    subject.seen |= index.routes().of_file(place).any(webhooks::is_webhook);
    let mut all = Subject::default();
    request_work::routes(file, index, &mut all);
    subject.beyond.extend(all.beyond);
}

/// Whether a service signs what it sends; Mollie sends an id that is asked for again.
fn signs(sender: &str) -> bool {
    !matches!(sender, "Mollie" | "Gumroad" | "Sanity" | "Contentful")
}

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for route in request_work::judged(index, request_work::reads).filter(|route| webhooks::is_webhook(route)) {
        if webhooks::is_verified(index, route) != Cover::No {
            continue;
        }
        let sender = webhooks::sender(index, route);
        let acts = request_work::may_write(index, route);
        if !acts && sender.is_none() {
            continue;
        }
        let whose = sender.map_or_else(|| "its sender".to_owned(), |name| format!("{name}'s signature"));
        let known = sender.is_some_and(|name| signs(name) && !webhooks::asks_back(index, route, name));
        let confidence =
            if known && request_work::writes(index, route) { Confidence::High } else { Confidence::Medium };
        let mut hit =
            Hit::new(route.place, format!("{} acts on what it is sent and never checks {whose}", route.title(index)))
                .confidence(confidence);
        hit.file = route.file;
        hits.push(hit);
    }
}
