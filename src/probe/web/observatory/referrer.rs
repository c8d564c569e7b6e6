//! The test of `Referrer-Policy`.

use super::Input;
use super::table::{self, Outcome};

const PRIVATE: [&str; 4] = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const UNSAFE: [&str; 4] = ["origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"];

/// The test. The last value that is known counts, and that of the page comes last.
pub fn test(input: &Input<'_>) -> Outcome {
    let sent = input.headers.joined("referrer-policy");
    let in_page = input.document.and_then(|document| document.referrer.last().cloned());
    let values: Vec<String> = sent.into_iter().chain(in_page).collect();
    if values.is_empty() {
        return &table::REFERRER_NONE;
    }
    let joined = values.join(",").to_ascii_lowercase();
    let last = joined.rsplit(',').map(str::trim).find(|word| PRIVATE.contains(word) || UNSAFE.contains(word));
    match last {
        Some(word) if PRIVATE.contains(&word) => &table::REFERRER_PRIVATE,
        Some(_) => &table::REFERRER_UNSAFE,
        None => &table::REFERRER_INVALID,
    }
}
