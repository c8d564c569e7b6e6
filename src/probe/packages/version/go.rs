//! Versions of Go modules: <https://go.dev/ref/mod#versions>. Pseudo-versions are semver prereleases, and `+incompatible` is
//! semver build metadata, so both fall into place.

/// Semver with or without `v` (advisories leave it out), whole or shortened as golang.org/x/mod/semver takes it: `v1`, `v1.2`.
pub(super) fn parse(text: &str) -> Option<semver::Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    let is_short = dots < 2 && !text.contains(['-', '+']);
    let whole = if is_short { format!("{text}{}", ".0".repeat(2 - dots)) } else { text.to_owned() };
    semver::Version::parse(&whole).ok()
}
