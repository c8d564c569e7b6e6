//! Flags of the session cookie in Spring's settings.

use crate::model::{Confidence, Severity};
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::rules::Hit;
use crate::probe::source::rules::debug_mode_enabled::plain::settings;

/// Looks at one file that is no code.
pub(in crate::probe::source::rules) fn check(file: &PlainFile, hits: &mut Vec<Hit>) {
    let name = file.name();
    let Some(rest) = name.strip_prefix("application") else { return };
    let profile = rest.trim_start_matches(['-', '_']);
    if !(profile.starts_with('.') || profile.starts_with("prod")) {
        return;
    }
    for (key, value, start, end) in settings(file, name) {
        let off = value.trim().trim_matches(['"', '\'']).eq_ignore_ascii_case("false");
        let flag = ["server.servlet.session.cookie.", "server.reactive.session.cookie.", "spring.session.cookie."]
            .iter()
            .find_map(|prefix| key.strip_prefix(prefix));
        let place = file.place(start, end);
        match flag.filter(|_| off) {
            Some("http-only" | "httpOnly" | "http_only") => {
                hits.push(Hit::new(place, "Scripts can read the session cookie: `http-only` is off"));
            }
            Some("secure") => hits.push(
                Hit::new(place, "The session cookie travels unencrypted: `secure` is off")
                    .severity(Severity::Minor)
                    .confidence(Confidence::Medium),
            ),
            _ => {}
        }
    }
}
