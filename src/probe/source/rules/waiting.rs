//! Whether a user of the app waits for a call, and for what: the handler that leads to it, and what it is called.

use super::reach::{self, Reached, Search};
use crate::probe::source::code::{CallId, FunctionKind};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::routes::names::words;

/// A request that waits for a call.
pub(super) struct Waiting<'i> {
    /// The file with the handler, and the call made there.
    pub reached: Reached<'i>,
    /// A function answers it, and not a script of PHP, which may as well be started by hand.
    pub has_route: bool,
    /// What the handler, its file and its path are called.
    words: Vec<String>,
}

const SEARCH: Search = Search { begins: reach::is_handler, stops: |file, id, _| !reach::is_waited_for(file, id) };

/// The request of a user that waits for the call in place `id`; none where only machines and the app's own people wait.
pub(super) fn user<'i>(index: &'i CodeIndex, file: &'i FileFacts, id: CallId) -> Option<Waiting<'i>> {
    let reached = reach::from(index, file, id, SEARCH)?;
    let from = reached.file.call(reached.call)?.function;
    let (handler, function) =
        reached.file.enclosing(from).find(|(_, function)| function.kind == FunctionKind::Handler)?;
    let mut named = words(&reached.file.path);
    named.extend(words(function.name.as_deref().unwrap_or("")));
    named.extend(words(function.class.as_deref().unwrap_or("")));
    if let Some(place) = index.place_of(reached.file) {
        let route = index.routes().of_file(place).find(|route| route.handler == Some((place, handler)));
        named.extend(route.map(|route| words(&route.path)).unwrap_or_default());
    }
    let waiting = Waiting { reached, has_route: handler != 0, words: named };
    (!waiting.is_for_others()).then_some(waiting)
}

impl Waiting<'_> {
    /// Whether machines ask for it, or the app's own people, or nothing is lost when it does not come.
    fn is_for_others(&self) -> bool {
        const OTHERS: [&str; 42] = [
            "cron",
            "crons",
            "webhook",
            "webhooks",
            "hook",
            "hooks",
            "job",
            "jobs",
            "queue",
            "queues",
            "worker",
            "workers",
            "admin",
            "internal",
            "health",
            "healthz",
            "healthcheck",
            "ping",
            "status",
            "metrics",
            "stats",
            "statistics",
            "version",
            "release",
            "releases",
            "changelog",
            "sitemap",
            "robots",
            "rss",
            "feed",
            "og",
            "opengraph",
            "font",
            "fonts",
            "favicon",
            "analytics",
            "track",
            "telemetry",
            "debug",
            "demo",
            "revalidate",
            "badge",
        ];
        self.words.iter().any(|word| OTHERS.contains(&word.as_str()))
    }

    /// Whether people come in with it or pay with it: who waits in vain there is gone.
    pub(super) fn is_vital(&self) -> bool {
        is_vital(&self.words)
    }

    /// Whether the host ends the request by itself: serverless functions have a limit.
    pub(super) fn is_ended_by_host(&self, index: &CodeIndex) -> bool {
        is_ended_by_host(index, self.reached.file)
    }
}

/// Whether words speak of coming in or of paying.
pub(super) fn is_vital(words: &[String]) -> bool {
    const VITAL: [&str; 38] = [
        "login",
        "signin",
        "logon",
        "signup",
        "register",
        "registration",
        "auth",
        "authenticate",
        "authentication",
        "authorize",
        "authorization",
        "oauth",
        "oauth2",
        "oidc",
        "sso",
        "saml",
        "sign",
        "password",
        "captcha",
        "recaptcha",
        "hcaptcha",
        "turnstile",
        "otp",
        "mfa",
        "passkey",
        "passkeys",
        "checkout",
        "payment",
        "payments",
        "pay",
        "charge",
        "orders",
        "purchase",
        "billing",
        "subscription",
        "subscriptions",
        "refund",
        "payout",
    ];
    words.iter().any(|word| VITAL.contains(&word.as_str()))
}

/// Whether what stands in `file` runs on a host that ends a request after a time of its own, as a setting beside it or
/// above it says.
pub(super) fn is_ended_by_host(index: &CodeIndex, file: &FileFacts) -> bool {
    let says = file.assigned("maxDuration", 0).is_some()
        || file.assigned("config", 0).is_some_and(|set| set.value.get("maxDuration").is_some());
    let above = |plain: &PlainFile| {
        let folder = plain.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.is_empty() || file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    says || index.plain.iter().any(|plain| super::serverless::platform(plain).is_some() && above(plain))
}
