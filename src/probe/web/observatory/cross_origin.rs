//! The tests of the three policies that keep origins apart.

use super::Input;
use super::table::{self, Outcome};
use crate::probe::web::structured;

/// `Cross-Origin-Resource-Policy`.
pub fn resource(input: &Input<'_>) -> Outcome {
    let value = input.headers.joined("cross-origin-resource-policy").unwrap_or_default();
    match value.trim().to_ascii_lowercase().as_str() {
        "" => &table::CORP_NONE,
        "same-origin" => &table::CORP_SAME_ORIGIN,
        "same-site" => &table::CORP_SAME_SITE,
        "cross-origin" => &table::CORP_CROSS_ORIGIN,
        _ => &table::CORP_INVALID,
    }
}

/// `Cross-Origin-Embedder-Policy`.
pub fn embedder(input: &Input<'_>) -> Outcome {
    match token(input, "cross-origin-embedder-policy") {
        None => &table::COEP_NONE,
        Some(value) => match value.as_str() {
            "require-corp" => &table::COEP_REQUIRE,
            "credentialless" => &table::COEP_CREDENTIALLESS,
            "unsafe-none" => &table::COEP_UNSAFE,
            _ => &table::COEP_INVALID,
        },
    }
}

/// `Cross-Origin-Opener-Policy`.
pub fn opener(input: &Input<'_>) -> Outcome {
    match token(input, "cross-origin-opener-policy") {
        None => &table::COOP_NONE,
        Some(value) => match value.as_str() {
            "same-origin" => &table::COOP_SAME_ORIGIN,
            "same-origin-allow-popups" => &table::COOP_POPUPS,
            "noopener-allow-popups" => &table::COOP_NOOPENER,
            "unsafe-none" => &table::COOP_UNSAFE,
            _ => &table::COOP_INVALID,
        },
    }
}

/// The token of a structured item (HTML Standard, sections 7.1.3 and 7.1.4); an empty string for anything else, `None` for
/// no header.
fn token(input: &Input<'_>, name: &str) -> Option<String> {
    let value = input.headers.joined(name).filter(|value| !value.trim().is_empty())?;
    Some(match structured::item(&value) {
        Some(structured::Item { bare: structured::Bare::Token(token), .. }) => token,
        _ => String::new(),
    })
}
