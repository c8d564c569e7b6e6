//! Whether people get to the app over HTTPS, whatever they type.

use url::Url;

use super::Page;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{self, shown};
use crate::probe::web::http::Response;

/// There is no HTTPS.
pub static MISSING: RuleMeta = RuleMeta {
    id: "https-missing",
    title: "The app is served without HTTPS",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Looks at whether an address ends on a page over plain HTTP, with no HTTPS for the same host.",
    why: "Everybody on the way, in a café or at a provider, can read your users' passwords and change your pages.",
    fix: "Serve the app over HTTPS: most platforms do it with one switch, Caddy by itself, nginx with certbot.",
    example: "bad:  http://shop.example.com\ngood: https://shop.example.com",
    references: &["C19", "https://letsencrypt.org/getting-started/"],
};

/// HTTP stays HTTP although there is HTTPS.
pub static REDIRECT_MISSING: RuleMeta = RuleMeta {
    id: "https-redirect-missing",
    title: "Plain HTTP does not redirect to HTTPS",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks the plain address of a host that speaks HTTPS and looks at whether it sends people on to HTTPS.",
    why: "People who type your name or follow an old link stay on a connection that anybody can read, though you have a \
          certificate.",
    fix: "Answer every plain request with a permanent redirect: `return 301 https://$host$request_uri;` in nginx, `force_https` or \
          the like on your platform.",
    example: "bad:  http://shop.example.com answers 200\ngood: http://shop.example.com answers 301 to https://shop.example.com",
    references: &["C21", "https://developer.mozilla.org/docs/Web/Security/Practical_implementation_guides/TLS"],
};

/// The page comes over HTTPS.
pub static SERVED: RuleMeta = RuleMeta {
    id: "https-served",
    title: "The app is served over HTTPS",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that an address ends on a page over HTTPS with a certificate that browsers accept.",
    why: "Nobody on the way can read or change what your users send and see.",
    fix: "Nothing to do.",
    example: "",
    references: &["C19"],
};

/// HTTP leads to HTTPS.
pub static REDIRECT: RuleMeta = RuleMeta {
    id: "https-redirect",
    title: "Plain HTTP redirects to HTTPS",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that a plain address sends people on to HTTPS.",
    why: "Whatever people type, they end up on a connection that nobody can read.",
    fix: "Nothing to do.",
    example: "",
    references: &["C21"],
};

/// About the page itself.
pub static PAGE_RULES: &[&RuleMeta] = &[&MISSING, &SERVED];
/// About the way to it.
pub static REDIRECT_RULES: &[&RuleMeta] = &[&REDIRECT_MISSING, &REDIRECT];

/// The page came over HTTPS and its certificate is accepted.
pub fn served(page: &Page<'_>) -> Observation {
    let message = format!("{} is served over HTTPS", shown(page.url));
    Proof::new(&SERVED, address::location(page.url), "", message).into()
}

/// `start` ends on a plain page, and nothing of its site speaks HTTPS.
pub fn missing(start: &Url, page: &Page<'_>) -> Observation {
    let message = if address::is_secure(start) {
        format!("{} sends people on to plain HTTP, at {}", shown(start), shown(page.url))
    } else {
        format!("{} is plain HTTP and does not lead to HTTPS", shown(start))
    };
    finding(&MISSING, start, page, message)
}

/// `start` ends on a plain page, though its site speaks HTTPS.
pub fn redirect_missing(start: &Url, page: &Page<'_>) -> Observation {
    let message = format!("{} stays on plain HTTP and does not redirect to HTTPS", shown(start));
    finding(&REDIRECT_MISSING, start, page, message)
}

fn finding(rule: &RuleMeta, start: &Url, page: &Page<'_>, message: String) -> Observation {
    // Some servers answer plain requests with nothing but an error.
    let confidence = if page.response.is_success() { Confidence::High } else { Confidence::Medium };
    Finding::new(rule, address::location(start), "", message)
        .confidence(confidence)
        .evidence(answer(page.url, page.response))
        .into()
}

/// `start`, plain, led to `page`, secure.
pub fn redirect(start: &Url, first: &Response, page: &Url) -> Observation {
    let message = format!("{} redirects to {}", shown(start), shown(page));
    Proof::new(&REDIRECT, address::location(start), "", message).evidence(answer(start, first)).into()
}

fn answer(url: &Url, response: &Response) -> Evidence {
    let mut text = format!("{} answers {}", shown(url), response.status);
    if let Some(location) = response.headers.first("location").filter(|_| response.is_redirect()) {
        let to = url.join(&location).map_or(location, |to| shown(&to));
        text.push_str(" and leads to ");
        text.push_str(&to);
    }
    Evidence::new(EvidenceKind::Note, text)
}
