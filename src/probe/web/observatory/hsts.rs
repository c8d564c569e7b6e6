//! The test of `Strict-Transport-Security`.

use super::table::{self, Outcome};
use super::{Input, Secure};
use crate::probe::web::hsts_preload::list;

/// 180 days. The Observatory's table says 15768000; its program lets pass what many send as half a year.
const SIX_MONTHS: u64 = 15_552_000;

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    let headers = match input.secure {
        Secure::NotThere => return &table::HSTS_NO_HTTPS,
        // Whatever is sent.
        _ if list::listed(input.url).is_some() => return &table::HSTS_PRELOADED,
        Secure::Untrusted => return &table::HSTS_CERTIFICATE,
        Secure::Answered(headers) => headers,
    };
    let Some(value) = headers.joined("strict-transport-security") else { return &table::HSTS_NONE };
    if value.contains(',') {
        return &table::HSTS_INVALID;
    }
    let age = value.to_ascii_lowercase().split(';').rev().find_map(|part| {
        let age = part.trim().strip_prefix("max-age=")?.trim();
        Some(age.trim_matches('"').to_owned())
    });
    match age.as_deref() {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More digits than fit are still a long time.
            if digits.parse().unwrap_or(u64::MAX) < SIX_MONTHS { &table::HSTS_SHORT } else { &table::HSTS_LONG }
        }
        _ => &table::HSTS_INVALID,
    }
}
