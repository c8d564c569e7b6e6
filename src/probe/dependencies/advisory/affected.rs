//! Whether an advisory concerns a version: the evaluation algorithm of the OSV schema
//! (<https://ossf.github.io/osv-schema/#evaluation>).

use std::cmp::Ordering;

use super::{Advisory, Affects, Event, Range};
use crate::probe::dependencies::query::Query;
use crate::probe::packages::{Ecosystem, Version};

/// More fixed versions than this are not tried.
const MAX_FIXES: usize = 200;

/// How a version stands to an advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is affected.
    Affected {
        /// The nearest later version that is not, as the advisory names it.
        fixed: Option<String>,
    },
    /// It is not.
    NotAffected,
    /// The advisory is a notice, or its publisher knows of no affected version as late as this.
    NoConcern,
    /// The advisory could not be evaluated for this version.
    Unclear,
}

/// What one entry of an advisory says, the graver the greater: one affected stretch is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    NotAffected,
    NoConcern,
    Unclear,
    Affected,
}

/// How `version`, which is the version of `query`, stands to `advisory`.
#[must_use]
pub fn standing(advisory: &Advisory, query: &Query, version: &Version) -> Standing {
    // An advisory may list a package several times.
    let about = |affects: &&Affects| affects.ecosystem == query.ecosystem && affects.package == query.name;
    let about: Vec<&Affects> = advisory.affects.iter().filter(about).collect();
    match says(&about, &query.version, version) {
        Some(Says::Affected) => Standing::Affected { fixed: fixed(&about, query.ecosystem, version) },
        Some(Says::NotAffected) => Standing::NotAffected,
        Some(Says::NoConcern) => Standing::NoConcern,
        Some(Says::Unclear) | None => Standing::Unclear,
    }
}

fn says(about: &[&Affects], text: &str, version: &Version) -> Option<Says> {
    about.iter().map(|affects| says_one(affects, text, version)).max()
}

fn says_one(affects: &Affects, text: &str, version: &Version) -> Says {
    // RustSec's `unsound` code can be exploited; the others are advice.
    if affects.informational.as_deref().is_some_and(|kind| kind != "unsound") {
        return Says::NoConcern;
    }
    let mut unclear = affects.unread || (affects.ranges.is_empty() && affects.versions.is_empty());
    let mut past = false;
    for range in &affects.ranges {
        match points(range, affects.ecosystem) {
            None => unclear = true,
            Some(points) if !is_inside(&points, version) => {}
            Some(points) if is_past(&points, affects, version) => past = true,
            Some(_) => return Says::Affected,
        }
    }
    let is_same = |one: &String| {
        *one == text
            || Version::parse(affects.ecosystem, one).and_then(|one| one.compare(version)) == Some(Ordering::Equal)
    };
    if affects.versions.iter().any(is_same) {
        Says::Affected
    } else if unclear {
        Says::Unclear
    } else if past {
        Says::NoConcern
    } else {
        Says::NotAffected
    }
}

/// The nearest version after `version` at which a stretch ends, and that lies in no other one.
fn fixed(about: &[&Affects], ecosystem: Ecosystem, version: &Version) -> Option<String> {
    let later =
        |text: &'_ str| Version::parse(ecosystem, text).filter(|at| at.compare(version) == Some(Ordering::Greater));
    let mut fixes: Vec<(Version, &str)> = Vec::new();
    let mut begins: Vec<(Version, &str)> = Vec::new();
    for event in about.iter().flat_map(|affects| &affects.ranges).flat_map(|range| &range.0) {
        match event {
            Event::Fixed(text) => fixes.extend(later(text).map(|at| (at, text.as_str()))),
            Event::Introduced(text) => begins.extend(later(text).map(|at| (at, text.as_str()))),
            Event::LastAffected(_) | Event::Limit(_) => {}
        }
    }
    fixes.sort_by(|(a, _), (b, _)| a.compare(b).unwrap_or(Ordering::Equal));
    fixes.truncate(MAX_FIXES);
    fixes.retain(|(fix, text)| says(about, text, fix) != Some(Says::Affected));
    // RustSec writes versions that were never affected as fixes between two stretches. Where the hole comes back within the
    // same minor version, that is a gap and not a fix.
    let lasts = |(fix, text): &&(Version, &str)| {
        !begins.iter().any(|(at, begin)| at.compare(fix) == Some(Ordering::Greater) && line(begin) == line(text))
    };
    fixes.iter().find(lasts).or(fixes.first()).map(|(_, text)| (*text).to_owned())
}

/// The first two numbers of a version.
fn line(text: &str) -> Vec<&str> {
    text.trim_start_matches('v').split('.').take(2).collect()
}

/// Leaves out single versions that the ranges cover: the databases list thousands of them.
pub fn simplify(affects: &mut Affects) {
    // Beyond what GitHub knows to be affected only the list counts.
    if affects.last_known.is_some() || affects.versions.is_empty() {
        return;
    }
    let ecosystem = affects.ecosystem;
    let ranges: Vec<_> = affects.ranges.iter().filter_map(|range| points(range, ecosystem)).collect();
    let covered = |version: &Version| ranges.iter().any(|points| is_inside(points, version));
    affects.versions.retain(|text| !Version::parse(ecosystem, text).as_ref().is_some_and(covered));
}

/// An event with its version read; `None` where it stands before or after every version.
struct Point<'a> {
    event: &'a Event,
    version: Option<Version>,
}

/// The events of a range in the order of their versions; `None` when one of them cannot be ordered.
fn points(range: &Range, ecosystem: Ecosystem) -> Option<Vec<Point<'_>>> {
    let mut points = Vec::with_capacity(range.0.len());
    for event in &range.0 {
        let version = match event {
            Event::Introduced(text) if text == "0" => None,
            Event::Limit(text) if text == "*" => None,
            Event::Introduced(text) | Event::Fixed(text) | Event::LastAffected(text) | Event::Limit(text) => {
                Some(Version::parse(ecosystem, text)?)
            }
        };
        points.push(Point { event, version });
    }
    // Events at one version keep their written order if there is one. In a shuffled list, where one stretch ends and the next
    // begins the version is affected. What ends after a version comes last in any case.
    let in_order = points.is_sorted_by(|a, b| order(a, b) != Ordering::Greater);
    let rank = |point: &Point<'_>| match point.event {
        Event::LastAffected(_) => 2,
        Event::Introduced(_) if !in_order => 1,
        _ => 0,
    };
    points.sort_by(|a, b| order(a, b).then_with(|| rank(a).cmp(&rank(b))));
    Some(points)
}

fn order(a: &Point<'_>, b: &Point<'_>) -> Ordering {
    match (&a.version, &b.version) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
    }
}

fn is_inside(points: &[Point<'_>], version: &Version) -> bool {
    let against = |point: &Point<'_>| point.version.as_ref().map_or(Some(Ordering::Greater), |at| version.compare(at));
    let mut limits = points.iter().filter(|point| matches!(point.event, Event::Limit(_))).peekable();
    if limits.peek().is_some() && !limits.any(|limit| limit.version.is_none() || against(limit) == Some(Ordering::Less))
    {
        return false;
    }
    let mut inside = false;
    for point in points {
        let order = against(point);
        let reached = matches!(order, Some(Ordering::Equal | Ordering::Greater));
        match point.event {
            Event::Introduced(_) if reached => inside = true,
            Event::Fixed(_) if reached => inside = false,
            Event::LastAffected(_) if order == Some(Ordering::Greater) => inside = false,
            _ => {}
        }
    }
    inside
}

/// GitHub writes a range without an end where no fix is known, and beside it the last version that it knows to be
/// affected. `npm audit` and GitHub's own alerts go by that; without it every later release would be accused for ever.
fn is_past(points: &[Point<'_>], affects: &Affects, version: &Version) -> bool {
    if !points.iter().all(|point| matches!(point.event, Event::Introduced(_))) {
        return false;
    }
    let Some(text) = affects.last_known.as_deref().map(str::trim) else { return false };
    let (included, bound) = match (text.strip_prefix("<="), text.strip_prefix('<')) {
        (Some(bound), _) => (true, bound),
        (None, Some(bound)) => (false, bound),
        (None, None) => return false,
    };
    match Version::parse(affects.ecosystem, bound.trim()).and_then(|bound| version.compare(&bound)) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => !included,
        _ => false,
    }
}
