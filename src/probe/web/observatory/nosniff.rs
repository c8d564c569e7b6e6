//! The test of `X-Content-Type-Options`.

use super::Input;
use super::table::{self, Outcome};

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    match input.headers.joined("x-content-type-options").unwrap_or_default().trim() {
        "" => &table::NOSNIFF_NONE,
        value if value.eq_ignore_ascii_case("nosniff") => &table::NOSNIFF,
        _ => &table::NOSNIFF_INVALID,
    }
}
