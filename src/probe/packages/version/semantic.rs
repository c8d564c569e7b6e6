//! Versions of npm and crates.io.

/// Semver, with what advisories and old lock files write besides: a leading `v` or `=`, one or two numbers only.
pub(super) fn parse(text: &str) -> Option<semver::Version> {
    let text = text.trim_start_matches(['v', '=', ' ']);
    if let Ok(version) = semver::Version::parse(text) {
        return Some(version);
    }
    let numbers_end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(numbers_end);
    let mut parts: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
    if parts.len() > 3 {
        return None;
    }
    parts.resize(3, 0);
    let numbers = parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    semver::Version::parse(&format!("{numbers}{rest}")).ok()
}

/// Digits only: `u64::from_str` would take a `+` before them.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
