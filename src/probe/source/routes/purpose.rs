//! What the paths of routes and the names of their handlers tell: whether anybody is meant to reach them.

use super::names::{has, words};

/// Words of what people use who have not signed in.
const OPEN: &[&str] = &[
    "login",
    "logon",
    "signin",
    "signup",
    "register",
    "registration",
    "registrations",
    "logout",
    "signout",
    "forgot",
    "forgotten",
    "reset",
    "recover",
    "recovery",
    "verify",
    "verification",
    "confirm",
    "confirmation",
    "activate",
    "activation",
    "magic",
    "otp",
    "totp",
    "mfa",
    "2fa",
    "token",
    "tokens",
    "refresh",
    "oauth",
    "oauth2",
    "sso",
    "saml",
    "oidc",
    "callback",
    "callbacks",
    "webhook",
    "webhooks",
    "hook",
    "hooks",
    "health",
    "healthz",
    "healthcheck",
    "ping",
    "pong",
    "status",
    "ready",
    "readiness",
    "liveness",
    "heartbeat",
    "version",
    "contact",
    "feedback",
    "newsletter",
    "subscribe",
    "unsubscribe",
    "subscribers",
    "waitlist",
    "auth",
    "authenticate",
    "public",
    "share",
    "shared",
    "sharing",
    "invite",
    "invites",
    "invitation",
    "accept",
    "csp",
    "analytics",
    "track",
    "tracking",
    "beacon",
    "pixel",
    "cart",
    "carts",
    "search",
    "embed",
    "sitemap",
    "robots",
    "captcha",
    "known",
    "graphql",
    "trpc",
    "inngest",
    "uploadthing",
    "stripe",
    "locale",
    "language",
    "lang",
    "theme",
    "consent",
    "session",
    "sessions",
    "anonymous",
    "guest",
    "demo",
    "passkey",
    "passkeys",
    "webauthn",
    "challenge",
    "telemetry",
    "onboarding",
    "bounces",
    "install",
    "setup",
    "store",
    "vitals",
    "proxy",
];

/// A path without what is filled in: `/users/:id/token` has `users` and `token`.
pub(in crate::probe::source) fn fixed(path: &str) -> String {
    path.split('/').filter(|part| !part.starts_with([':', '[', '<', '{', '$'])).collect::<Vec<_>>().join("/")
}

/// Whether a route of this path and handler is meant for people who have not signed in.
pub(in crate::probe::source) fn is_open(purpose: &str) -> bool {
    let words = words(purpose);
    has(&words, OPEN)
        || words.windows(2).any(|pair| {
            matches!(pair, [a, b] if (matches!(a.as_str(), "sign" | "log") && matches!(b.as_str(), "in" | "up" | "out" | "on"))
                || (a == "web" && b == "hook") || (a == "create" && b == "account") || (a == "revalidate"))
        })
}

/// Whether a path is one that only people with special rights should reach.
pub(in crate::probe::source) fn is_private(path: &str) -> bool {
    has(&words(path), &["admin", "internal", "backoffice", "superadmin"])
}
