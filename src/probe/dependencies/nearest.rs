//! The nearest version that no advisory about a package speaks of.

use std::cmp::Ordering;
use std::sync::Arc;

use super::advisory::{Advisory, Event, Standing, group, standing};
use super::query::Query;
use crate::probe::packages::{LockedPackage, Version};

/// More versions than this are not tried; advisories about one package name some dozens.
const MOST_CANDIDATES: usize = 500;

/// Where to go from an affected version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// A version that every advisory leaves alone, as an advisory writes it.
    Fixed(String),
    /// No version is free of all that is known; this one of most of it.
    Most {
        /// The version.
        version: String,
        /// So many holes it mends.
        mends: usize,
        /// So many there are.
        of: usize,
        /// For the rest no fixed version is named at all.
        unfixed: bool,
    },
    /// No fixed version is named; those after this one are not known to be affected.
    After(String),
    /// None is known.
    None,
}

/// Finds it among the versions that `advisories`, all those about the package, name as fixed.
#[must_use]
pub fn nearest(package: &LockedPackage, advisories: &[Arc<Advisory>]) -> Nearest {
    nearest_to(&Query::of(package), advisories)
}

/// As [`nearest`], by what an advisory source is asked.
#[must_use]
pub fn nearest_to(query: &Query, advisories: &[Arc<Advisory>]) -> Nearest {
    let Some(current) = Version::parse(query.ecosystem, &query.version) else { return Nearest::None };
    let about = || {
        let affects = advisories.iter().flat_map(|advisory| &advisory.affects);
        affects.filter(|one| one.ecosystem == query.ecosystem && one.package == query.name)
    };
    let events = || about().flat_map(|affects| &affects.ranges).flat_map(|range| &range.0);
    let later = |text: &str| {
        let version = Version::parse(query.ecosystem, text)?;
        (version.compare(&current) == Some(Ordering::Greater)).then_some(version)
    };
    let mut candidates: Vec<(Version, &str)> = events()
        .filter_map(|event| match event {
            Event::Fixed(text) => Some((later(text)?, text.as_str())),
            _ => None,
        })
        .collect();
    candidates.sort_by(|a, b| a.0.compare(&b.0).unwrap_or(Ordering::Equal));
    candidates.dedup_by(|a, b| a.0.compare(&b.0) == Some(Ordering::Equal));
    candidates.truncate(MOST_CANDIDATES);
    // An advisory of which only the name is known can be asked nothing.
    let told: Vec<&Arc<Advisory>> = advisories.iter().filter(|advisory| !advisory.affects.is_empty()).collect();
    let clean = |version: &Version, text: &str| {
        let asked = Query { version: text.to_owned(), ..query.clone() };
        told.iter()
            .all(|advisory| matches!(standing(advisory, &asked, version), Standing::NotAffected | Standing::NoConcern))
    };
    let mut clean: Vec<&str> =
        candidates.iter().filter(|(version, text)| clean(version, text)).map(|(_, text)| *text).collect();
    // Who does not run a pre-release is not sent to one.
    let is_pre = |text: &str| Version::parse(query.ecosystem, text).is_some_and(|version| version.is_prerelease());
    if !current.is_prerelease() && clean.iter().any(|text| !is_pre(text)) {
        clean.retain(|text| !is_pre(text));
    }
    if let Some(first) = clean.first() {
        return Nearest::Fixed((*first).to_owned());
    }
    let hits = |version: &Version, text: &str| {
        let asked = Query { version: text.to_owned(), ..query.clone() };
        let all = told.iter().map(|advisory| (Arc::clone(advisory), standing(advisory, &asked, version)));
        let hits = all.filter(|(_, standing)| !matches!(standing, Standing::NotAffected | Standing::NoConcern));
        hits.collect::<Vec<_>>()
    };
    let left: Vec<(&str, Vec<_>)> = candidates.iter().map(|(version, text)| (*text, hits(version, text))).collect();
    let released = left.iter().any(|(text, _)| !is_pre(text)) && !current.is_prerelease();
    let best = left.iter().filter(|(text, _)| !released || !is_pre(text)).min_by_key(|(_, hits)| hits.len());
    if let Some((text, rest)) = best {
        let now = hits(&current, &query.version);
        let is_now = |one: &Arc<Advisory>| now.iter().any(|(known, _)| known.id == one.id);
        let named = |one: &Advisory| {
            let about = one.affects.iter().filter(|one| one.ecosystem == query.ecosystem && one.package == query.name);
            let mut events = about.flat_map(|affects| &affects.ranges).flat_map(|range| &range.0);
            events.any(|event| matches!(event, Event::Fixed(fixed) if later(fixed).is_some()))
        };
        let unfixed = !rest.iter().any(|(one, _)| named(one));
        let stays = group(rest.iter().filter(|(one, _)| is_now(one)).cloned().collect()).len();
        let (of, all_left) = (group(now.clone()).len(), group(rest.clone()).len());
        // What trades one hole for another is no way out.
        if stays < of && all_left < of {
            return Nearest::Most { version: (*text).to_owned(), mends: of - stays, of, unfixed };
        }
    }
    let mut last: Vec<(Version, &str)> = events()
        .filter_map(|event| match event {
            Event::LastAffected(text) => Some((Version::parse(query.ecosystem, text)?, text.as_str())),
            _ => None,
        })
        .filter(|(version, _)| version.compare(&current) != Some(Ordering::Less))
        .collect();
    last.sort_by(|a, b| a.0.compare(&b.0).unwrap_or(Ordering::Equal));
    // What comes right after the bound is affected by none whose stretch ends there or before.
    let ends_here = |advisory: &Advisory, bound: &Version| {
        let events = advisory.affects.iter().flat_map(|affects| &affects.ranges).flat_map(|range| &range.0);
        let mut ends = events.filter_map(|event| match event {
            Event::LastAffected(text) => Version::parse(query.ecosystem, text),
            _ => None,
        });
        ends.any(|end| end.compare(bound) == Some(Ordering::Equal))
    };
    let after = last.into_iter().find(|(bound, text)| {
        let asked = Query { version: (*text).to_owned(), ..query.clone() };
        told.iter().all(|advisory| {
            ends_here(advisory, bound)
                || matches!(standing(advisory, &asked, bound), Standing::NotAffected | Standing::NoConcern)
        })
    });
    after.map_or(Nearest::None, |(_, text)| Nearest::After(text.to_owned()))
}

/// Whether going from one version to the other may break the app, as the version says: the first number that is not
/// zero changes. Ecosystems differ in how far they promise it; the sign that it was meant is the same.
#[must_use]
pub fn is_major_step(from: &str, to: &str) -> bool {
    line(from) != line(to)
}

/// The line of versions that a version belongs to: `4` for `4.17.21`, `0.3` for `0.3.9`.
#[must_use]
pub fn line(version: &str) -> Vec<u64> {
    let version = version.trim_start_matches(['v', 'V', '=']);
    let version = version.split_once('!').map_or(version, |(_, rest)| rest);
    let mut line = Vec::new();
    for part in version.split(['.', '-', '+', '_']).take(3) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse::<u64>() else { break };
        line.push(number);
        if number != 0 {
            break;
        }
    }
    line
}
