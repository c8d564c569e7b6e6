//! What a `pom.xml` asks for: <https://maven.apache.org/pom.html#dependency-version-requirement-specification>.

use std::cmp::Ordering;

use crate::probe::packages::{Ecosystem, Version};

/// A plain version is taken as it is, since nothing else is resolved by default.
pub(super) fn allows(range: &str, version: &Version) -> Option<bool> {
    if !range.starts_with(['[', '(']) {
        return Some(read(range)?.compare(version)? == Ordering::Equal);
    }
    let mut rest = range;
    let mut allowed = false;
    while !rest.is_empty() {
        let end = rest.find([']', ')'])?;
        let (set, after) = rest.split_at_checked(end + 1)?;
        allowed |= is_in(set, version)?;
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(allowed)
}

/// Whether `version` is in one `[1.0,2.0)`.
fn is_in(set: &str, version: &Version) -> Option<bool> {
    let (from_included, set) = open(set)?;
    let (to_included, inner) = close(set)?;
    let Some((from, to)) = inner.split_once(',') else {
        let is_exact = from_included && to_included;
        return if is_exact { Some(read(inner)?.compare(version)? == Ordering::Equal) } else { None };
    };
    let from = bound(from)?;
    let to = bound(to)?;
    if let (Some(from), Some(to)) = (&from, &to) {
        match from.compare(to)? {
            Ordering::Greater => return None,
            Ordering::Equal if !(from_included && to_included) => return None,
            _ => {}
        }
    }
    let above = from.map_or(Some(true), |from| {
        let order = version.compare(&from)?;
        Some(order.is_gt() || order.is_eq() && from_included)
    })?;
    let below = to.map_or(Some(true), |to| {
        let order = version.compare(&to)?;
        Some(order.is_lt() || order.is_eq() && to_included)
    })?;
    Some(above && below)
}

fn open(set: &str) -> Option<(bool, &str)> {
    set.strip_prefix('[').map(|rest| (true, rest)).or_else(|| Some((false, set.strip_prefix('(')?)))
}

fn close(set: &str) -> Option<(bool, &str)> {
    set.strip_suffix(']').map(|rest| (true, rest)).or_else(|| Some((false, set.strip_suffix(')')?)))
}

/// The version of one end, `Some(None)` for an open one.
fn bound(text: &str) -> Option<Option<Version>> {
    if text.trim().is_empty() { Some(None) } else { read(text).map(Some) }
}

/// A version; `None` for `LATEST` and `RELEASE`, which are whatever is there, for properties (`${…}`) and Gradle's `1.+`.
fn read(text: &str) -> Option<Version> {
    let text = text.trim();
    let is_open = matches!(text, "LATEST" | "RELEASE")
        || text.contains(['$', '+', '[', ']', '(', ')', ','])
        || text.starts_with("latest.");
    if is_open { None } else { Version::parse(Ecosystem::Maven, text) }
}
