//! Specifiers of Python packages:
//! <https://packaging.python.org/en/latest/specifications/version-specifiers/#version-specifiers>,
//! and those of Poetry: <https://python-poetry.org/docs/dependency-specification/#version-constraints>.

use pep440_rs::{Operator, Version, VersionSpecifier};

use super::{any, glued};
use crate::probe::packages::version::PythonVersion;

/// `||` separates alternatives, `,` conditions that hold together. Both forms are told apart condition by condition.
pub(super) fn allows(range: &str, version: &PythonVersion) -> Option<bool> {
    any(range.split('|').enumerate().filter_map(|(at, part)| {
        let part = part.trim().trim_end_matches(',');
        // `||` leaves an empty part in its middle.
        (at == 0 || !part.is_empty()).then(|| all(part, version))
    }))
}

fn all(range: &str, version: &PythonVersion) -> Option<bool> {
    if range.is_empty() {
        return Some(true);
    }
    let mut holds = true;
    for part in range.split(',') {
        // Poetry takes a blank for a comma as well.
        let conditions = glued(part);
        if conditions.is_empty() {
            return None;
        }
        for condition in conditions {
            holds &= one(&condition, version)?;
        }
    }
    Some(holds)
}

fn one(condition: &str, version: &PythonVersion) -> Option<bool> {
    if condition == "*" {
        return Some(true);
    }
    if let Some(base) = condition.strip_prefix('^') {
        return between(base, caret_end, version);
    }
    if let Some(base) = condition.strip_prefix('~').filter(|base| !base.starts_with('=')) {
        return between(base, tilde_end, version);
    }
    let bare = condition.starts_with(|c: char| c.is_ascii_digit() || c == 'v');
    let specifier: VersionSpecifier = if bare { format!("=={condition}").parse() } else { condition.parse() }.ok()?;
    Some(meets(&specifier, version))
}

/// Where the crate differs from PyPA's own library, its rule stands here.
fn meets(specifier: &VersionSpecifier, version: &PythonVersion) -> bool {
    let (bound, public) = (specifier.version(), version.public());
    match specifier.operator() {
        Operator::EqualStar => begins(public, bound),
        Operator::NotEqualStar => !begins(public, bound),
        // Post-releases of the version itself are not later than it, unless it is one.
        Operator::GreaterThan if bound.post().is_none() => {
            public > bound && public.clone().with_post(None).with_dev(None) != *bound
        }
        // Prereleases of the version itself are not earlier than it, unless it is one.
        Operator::LessThan => {
            let is_own = version.is_prerelease() && public.epoch() == bound.epoch() && same_release(public, bound);
            public < bound && (bound.any_prerelease() || !is_own)
        }
        _ => specifier.contains(version.full()),
    }
}

fn same_release(a: &Version, b: &Version) -> bool {
    begins(a, b) && begins(b, a)
}

/// Whether `version` begins with the release numbers of `bound`; what it lacks counts as 0.
fn begins(version: &Version, bound: &Version) -> bool {
    let ours = version.release().iter().chain(std::iter::repeat(&0));
    version.epoch() == bound.epoch() && bound.release().iter().zip(ours).all(|(a, b)| a == b)
}

/// From `base` to below the end that it implies.
fn between(base: &str, end: fn(&[u64]) -> Option<Vec<u64>>, version: &PythonVersion) -> Option<bool> {
    let base: Version = base.trim().parse().ok()?;
    // The prereleases of the end are not below it (`VersionRange.allowed_max` of poetry-core).
    let end = Version::new(end(base.release())?).with_epoch(base.epoch()).with_dev(Some(0));
    Some(*version.public() >= base && *version.public() < end)
}

/// Up to where the leftmost number that is not zero changes; the last one where all are zero.
fn caret_end(release: &[u64]) -> Option<Vec<u64>> {
    let at = release.iter().take(3).position(|number| *number != 0).unwrap_or(release.len().clamp(1, 3) - 1);
    next(release, at)
}

/// Up to the next minor version, or the next major one where there is one number only.
fn tilde_end(release: &[u64]) -> Option<Vec<u64>> {
    next(release, usize::from(release.len() > 1))
}

fn next(release: &[u64], at: usize) -> Option<Vec<u64>> {
    let mut end: Vec<u64> = release.iter().take(at + 1).copied().collect();
    let last = end.last_mut()?;
    *last = last.checked_add(1)?;
    Some(end)
}
