//! The test of cookies.

use super::table::{self, Outcome};
use super::{Input, hsts};
use crate::probe::web::cookies::{Cookie, SameSite};

/// From the least harm to the most; of several faults the worst counts.
static WORSE: [Outcome; 7] = [
    &table::COOKIES_HSTS,
    &table::COOKIES_INSECURE,
    &table::COOKIES_SESSION_HSTS,
    &table::COOKIES_SAMESITE,
    &table::COOKIES_CSRF,
    &table::COOKIES_SESSION_SCRIPT,
    &table::COOKIES_SESSION_INSECURE,
];

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    // A balancer's own mark, which no app can change.
    let of_balancer = |cookie: &&Cookie| cookie.name != "heroku-session-affinity";
    let kept = |cookie: &&Cookie| !cookie.name.is_empty() && !cookie.is_misplaced(input.url);
    let cookies: Vec<&Cookie> = input.cookies.iter().filter(kept).filter(of_balancer).collect();
    if cookies.is_empty() {
        return &table::COOKIES_NONE;
    }
    let protected = hsts::test(input).pass;
    let faults = cookies.iter().flat_map(|cookie| faults(cookie, protected));
    let worst = faults.max_by_key(|fault| WORSE.iter().position(|known| known == fault));
    worst.unwrap_or_else(|| {
        let all = cookies.iter().all(|cookie| cookie.same_site != SameSite::Absent);
        if all { &table::COOKIES_ALL } else { &table::COOKIES_SECURE }
    })
}

fn faults(cookie: &Cookie, protected: bool) -> Vec<Outcome> {
    let name = cookie.name.to_ascii_lowercase();
    let session = name.contains("login") || name.contains("sess");
    let mut faults: Vec<Outcome> = Vec::new();
    let unknown = matches!(cookie.same_site, SameSite::Invalid(_));
    if unknown || (cookie.same_site == SameSite::None && !cookie.secure) {
        faults.push(&table::COOKIES_SAMESITE);
    }
    if !cookie.secure {
        faults.push(if protected { &table::COOKIES_HSTS } else { &table::COOKIES_INSECURE });
        if session {
            faults.push(if protected { &table::COOKIES_SESSION_HSTS } else { &table::COOKIES_SESSION_INSECURE });
        }
    }
    if name.contains("csrf") && (unknown || cookie.same_site == SameSite::Absent) {
        faults.push(&table::COOKIES_CSRF);
    }
    if session && !cookie.http_only {
        faults.push(&table::COOKIES_SESSION_SCRIPT);
    }
    faults
}
