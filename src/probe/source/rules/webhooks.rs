//! Which routes are webhooks of other services, and what shows that a sender is checked.

use crate::probe::source::code::Call;
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::routes::reach::{self, asks_who};
use crate::probe::source::routes::{Cover, Route, Verb, names};

/// Services that call back, as words of paths and modules, and for people.
const SENDERS: &[(&str, &str)] = &[
    ("stripe", "Stripe"),
    ("github", "GitHub"),
    ("gitlab", "GitLab"),
    ("clerk", "Clerk"),
    ("svix", "Svix"),
    ("lemonsqueezy", "Lemon Squeezy"),
    ("lemon", "Lemon Squeezy"),
    ("paddle", "Paddle"),
    ("twilio", "Twilio"),
    ("shopify", "Shopify"),
    ("paypal", "PayPal"),
    ("sendgrid", "SendGrid"),
    ("slack", "Slack"),
    ("resend", "Resend"),
    ("polar", "Polar"),
    ("razorpay", "Razorpay"),
    ("mollie", "Mollie"),
    ("mailgun", "Mailgun"),
    ("postmark", "Postmark"),
    ("square", "Square"),
    ("braintree", "Braintree"),
    ("gumroad", "Gumroad"),
    ("paystack", "Paystack"),
    ("revenuecat", "RevenueCat"),
    ("coinbase", "Coinbase"),
    ("sanity", "Sanity"),
    ("contentful", "Contentful"),
];

/// Whether a route answers another service's calls.
pub(super) fn is_webhook(route: &Route) -> bool {
    let words = names::words(&route.path);
    let named = words.iter().any(|word| matches!(word.as_str(), "webhook" | "webhooks" | "ipn"))
        || words.windows(2).any(|pair| matches!(pair, [a, b] if a == "web" && b.starts_with("hook")));
    // An app that lets its users keep webhooks has routes with ids for them.
    let kept =
        route.path.contains(':') || route.path.contains('[') || route.path.contains('<') || route.path.contains('{');
    named
        && !kept
        && matches!(route.verb, Verb::Post | Verb::Any)
        && !matches!(words.last().map(String::as_str), Some("create" | "delete" | "update" | "list" | "test"))
}

/// The service that sends, by the route's name.
pub(super) fn sender(index: &CodeIndex, route: &Route) -> Option<&'static str> {
    let mut words = names::words(&route.purpose(index));
    if let Some(file) = index.files.get(route.file) {
        words.extend(names::words(&file.path));
    }
    SENDERS.iter().find(|(word, _)| words.iter().any(|found| found == word)).map(|(_, name)| *name)
}

/// Whether somebody checks who sends, before the route or in it.
pub(super) fn is_verified(index: &CodeIndex, route: &Route) -> Cover {
    let verifies = |call: &Call| {
        let words = names::words(call.method());
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        matches!(
            call.method(),
            "constructEvent"
                | "constructEventAsync"
                | "construct_event"
                | "unwrap"
                | "createHmac"
                | "timingSafeEqual"
                | "compare_digest"
                | "validateEvent"
                | "validateRequest"
                | "unmarshal"
                | "verifyPostData"
                | "verifyIncoming"
                | "processWebhook"
                | "hash_equals"
                | "hash_hmac"
                | "secure_compare"
                | "fixed_length_secure_compare"
                | "ConstructEvent"
                | "ConstructEventWithOptions"
                | "ValidatePayload"
                | "ValidateSignature"
                | "isEqual"
                | "construct"
        ) || (call.method() == "hexdigest" && call.callee.contains("HMAC"))
            || (has(&["verify", "validate", "check", "verified", "assert", "authenticate", "valid", "verifies"])
                && (has(&["webhook", "signature", "request", "hmac", "event", "payload", "secret", "token"])
                    || words.len() == 1 && words.first().is_some_and(|w| w == "verify")))
            || (call.callee.starts_with("hmac.")
                || call.callee.starts_with("Mac.")
                || call.callee.starts_with("HmacUtils")
                || call.callee == "subtle.ConstantTimeCompare".into()
                || call.callee.contains("Webhook().verify"))
    };
    let in_function = |at: &reach::Reached| {
        at.calls(index).any(|(_, _, call)| verifies(call))
            || at.get(index).is_some_and(|(file, function)| {
                asks_who(file, function)
                    || reach::accesses(file, function).any(|access| {
                        let lower = access.path.to_ascii_lowercase();
                        lower.contains("signature") || lower.contains("secret")
                    })
            })
    };
    if route.reach.iter().any(in_function) {
        return Cover::Yes;
    }
    for guard in &route.guards {
        let words = names::words(&guard.name);
        if guard.auth == Cover::Yes
            || words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "webhook" | "webhooks" | "signature" | "verify" | "svix" | "hmac" | "stripe" | "secret"
                )
            })
        {
            return Cover::Yes;
        }
        if guard.function.is_some_and(|start| reach::from(index, start).iter().any(in_function)) {
            return Cover::Yes;
        }
    }
    if route.unknown || route.handler.is_none() || route.guards.iter().any(|guard| guard.auth == Cover::Unknown) {
        return Cover::Unknown;
    }
    Cover::No
}

/// Whether the handler asks the sender itself for what it was told of, so that a forged call tells it nothing.
pub(super) fn asks_back(index: &CodeIndex, route: &Route, sender: &str) -> bool {
    let asks = |call: &Call| {
        let method = call.method().to_ascii_lowercase();
        ["retrieve", "get", "fetch", "find", "capture", "verify"].iter().any(|verb| method.starts_with(verb))
    };
    route.reach.iter().filter_map(|at| Some((at, at.get(index)?.0))).any(|(at, file)| {
        index.outside(file).iter().any(|outside| {
            let here = || at.calls(index).any(|(_, id, call)| id == outside.call && asks(call));
            outside.service.is_some_and(|service| service.name == sender) && here()
        })
    })
}
