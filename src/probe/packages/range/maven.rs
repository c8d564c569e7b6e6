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
    let mut last: Option<Set> = None;
    while !rest.is_empty() {
        let end = rest.find([']', ')'])?;
        let (set, after) = rest.split_at_checked(end + 1)?;
        let set = Set::read(set)?;
        // Sets stand in order and do not overlap.
        if let Some((end, _)) = last.and_then(|last| last.to) {
            let (begin, _) = set.from.as_ref()?;
            if begin.compare(&end)?.is_lt() {
                return None;
            }
        }
        allowed |= set.holds(version)?;
        last = Some(set);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(allowed)
}

/// One `[1.0,2.0)`: where it begins and ends, and whether that version is in it.
struct Set {
    from: Option<(Version, bool)>,
    to: Option<(Version, bool)>,
}

impl Set {
    fn read(text: &str) -> Option<Self> {
        let (from_included, text) = open(text)?;
        let (to_included, inner) = close(text)?;
        let Some((from, to)) = inner.split_once(',') else {
            let exact = Some((read(inner)?, true));
            return (from_included && to_included).then(|| Self { from: exact.clone(), to: exact });
        };
        let set = Self { from: bound(from, from_included)?, to: bound(to, to_included)? };
        let is_in_order = match (&set.from, &set.to) {
            (Some((from, _)), Some((to, _))) => match from.compare(to)? {
                Ordering::Less => true,
                Ordering::Equal => from_included && to_included,
                Ordering::Greater => false,
            },
            _ => true,
        };
        is_in_order.then_some(set)
    }

    fn holds(&self, version: &Version) -> Option<bool> {
        let is_in = |end: &Option<(Version, bool)>, side: Ordering| match end {
            None => Some(true),
            Some((end, included)) => version.compare(end).map(|order| order == side || order.is_eq() && *included),
        };
        Some(is_in(&self.from, Ordering::Greater)? && is_in(&self.to, Ordering::Less)?)
    }
}

fn open(set: &str) -> Option<(bool, &str)> {
    set.strip_prefix('[').map(|rest| (true, rest)).or_else(|| Some((false, set.strip_prefix('(')?)))
}

fn close(set: &str) -> Option<(bool, &str)> {
    set.strip_suffix(']').map(|rest| (true, rest)).or_else(|| Some((false, set.strip_suffix(')')?)))
}

/// The version of one end, `Some(None)` for an open one.
fn bound(text: &str, included: bool) -> Option<Option<(Version, bool)>> {
    if text.trim().is_empty() { Some(None) } else { read(text).map(|version| Some((version, included))) }
}

/// A version; `None` for `LATEST` and `RELEASE`, which are whatever is there, for properties (`${…}`) and Gradle's `1.+`.
fn read(text: &str) -> Option<Version> {
    let text = text.trim();
    let is_open = matches!(text, "LATEST" | "RELEASE")
        || text.contains(['$', '+', '[', ']', '(', ')', ','])
        || text.starts_with("latest.");
    if is_open { None } else { Version::parse(Ecosystem::Maven, text) }
}
