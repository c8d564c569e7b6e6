//! The test of the way from plain HTTP.

use super::table::{self, Outcome};
use super::{Input, Plain};
use crate::probe::web::address::is_secure;
use crate::probe::web::hsts_preload::list;

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    let route = match &input.plain {
        Plain::NotAsked | Plain::NotThere => return &table::REDIRECT_NO_HTTP,
        Plain::Untrusted => return &table::REDIRECT_CERTIFICATE,
        Plain::Route(route) => route,
    };
    match route.as_slice() {
        [] => &table::REDIRECT_NO_HTTP,
        route if route.iter().all(|url| list::listed(url).is_some()) => &table::REDIRECT_PRELOADED,
        [_] => &table::REDIRECT_MISSING,
        [.., last] if !is_secure(last) => &table::REDIRECT_NOT_HTTPS,
        [_, second, ..] if !is_secure(second) => &table::REDIRECT_LATE,
        [first, second, ..] if first.host_str() != second.host_str() => &table::REDIRECT_OFF_HOST,
        _ => &table::REDIRECT_HTTPS,
    }
}
