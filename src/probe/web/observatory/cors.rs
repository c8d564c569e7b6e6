//! The test of answers to other sites.

use super::Input;
use super::table::{self, Outcome};

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    let Some(cors) = &input.cors else { return &table::CORS_NONE };
    let Some(allowed) = cors.allow_origin.as_deref().map(str::trim).filter(|value| !value.is_empty()) else {
        return &table::CORS_NONE;
    };
    let credentials = cors.allow_credentials.as_deref().is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    if allowed == "*" {
        &table::CORS_PUBLIC
    } else if allowed == cors.origin && credentials {
        &table::CORS_UNIVERSAL
    } else {
        &table::CORS_RESTRICTED
    }
}
