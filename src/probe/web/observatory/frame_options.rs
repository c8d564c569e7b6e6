//! The test of `X-Frame-Options`.

use super::table::{self, Outcome};
use super::{Input, csp};

/// The test. A policy that says who may frame the page decides.
pub fn test(input: &Input<'_>) -> Outcome {
    if csp::test(input).frame_ancestors {
        return &table::FRAME_CSP;
    }
    let value = input.headers.joined("x-frame-options").unwrap_or_default();
    match value.trim().to_ascii_lowercase().as_str() {
        "" => &table::FRAME_NONE,
        "deny" | "sameorigin" => &table::FRAME_SET,
        value if value.starts_with("allow-from") => &table::FRAME_ALLOW_FROM,
        _ => &table::FRAME_INVALID,
    }
}
