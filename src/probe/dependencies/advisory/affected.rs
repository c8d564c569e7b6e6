//! Whether an advisory concerns a version: the evaluation algorithm of the OSV schema
//! (<https://ossf.github.io/osv-schema/#evaluation>).

use std::cmp::Ordering;

use super::{Advisory, Affects, Event, Range};
use crate::probe::dependencies::query::Query;
use crate::probe::packages::Ecosystem;
use crate::probe::packages::Version;

/// How a version stands to an advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is affected.
    Affected {
        /// The nearest version that is not.
        fixed: Option<String>,
    },
    /// It is not.
    NotAffected,
    /// The advisory is a notice, or its publisher knows of no affected version as late as this.
    NoConcern,
    /// The advisory could not be evaluated for this version.
    Unclear,
}

/// How `version`, which is the version of `query`, stands to `advisory`.
#[must_use]
pub fn standing(advisory: &Advisory, query: &Query, version: &Version) -> Standing {
    let mut about = advisory
        .affects
        .iter()
        .filter(|affects| affects.ecosystem == query.ecosystem && affects.package == query.name)
        .peekable();
    if about.peek().is_none() {
        return Standing::Unclear;
    }
    let mut standings: Vec<Standing> = about.map(|affects| of_one(affects, query, version)).collect();
    // An advisory may list a package several times; one affected stretch is enough, and the latest fix counts.
    standings.sort_by_key(|standing| match standing {
        Standing::Affected { .. } => 0,
        Standing::Unclear => 1,
        Standing::NoConcern => 2,
        Standing::NotAffected => 3,
    });
    let later = |a: Option<String>, b: &Standing| match b {
        Standing::Affected { fixed: Some(fixed) } => Some(match a {
            Some(a) if is_before(query.ecosystem, fixed, &a) => a,
            _ => fixed.clone(),
        }),
        _ => a,
    };
    match standings.first() {
        Some(Standing::Affected { .. }) => Standing::Affected { fixed: standings.iter().fold(None, later) },
        Some(other) => other.clone(),
        None => Standing::Unclear,
    }
}

fn is_before(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let order = Version::parse(ecosystem, a).zip(Version::parse(ecosystem, b)).and_then(|(a, b)| a.compare(&b));
    order == Some(Ordering::Less)
}

fn of_one(affects: &Affects, query: &Query, version: &Version) -> Standing {
    // RustSec's `unsound` code can be exploited; the others are advice.
    if affects.informational.as_deref().is_some_and(|kind| kind != "unsound") {
        return Standing::NoConcern;
    }
    if affects.ranges.is_empty() && affects.versions.is_empty() {
        return Standing::Unclear;
    }
    let listed = affects.versions.iter().any(|one| {
        *one == query.version
            || Version::parse(query.ecosystem, one).and_then(|one| one.compare(version)) == Some(Ordering::Equal)
    });
    let mut unclear = false;
    let mut fixed: Option<(Version, String)> = None;
    let mut affected = listed;
    for range in &affects.ranges {
        let Some(points) = points(range, query.ecosystem) else {
            unclear = true;
            continue;
        };
        let inside = is_inside(&points, version);
        if inside && open_ended_and_past(&points, affects.last_known.as_deref(), query.ecosystem, version) {
            return if listed { Standing::Affected { fixed: None } } else { Standing::NoConcern };
        }
        affected |= inside;
        if inside || listed {
            let next = next_fix(&points, version);
            let is_later =
                |next: &Version| fixed.as_ref().is_none_or(|(known, _)| next.compare(known) == Some(Ordering::Greater));
            if let Some((next, text)) = next.filter(|(next, _)| is_later(next)) {
                fixed = Some((next, text));
            }
        }
    }
    match (affected, unclear) {
        (true, _) => Standing::Affected { fixed: fixed.map(|(_, text)| text) },
        (false, true) => Standing::Unclear,
        (false, false) => Standing::NotAffected,
    }
}

/// An event with its version read; `None` where it stands before or after every version.
struct Point<'a> {
    event: &'a Event,
    version: Option<Version>,
}

/// The events of a range in the order of their versions; `None` when one of them cannot be ordered.
fn points(range: &Range, ecosystem: Ecosystem) -> Option<Vec<Point<'_>>> {
    let mut points = Vec::new();
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
    // Stable, so that events at one version keep their written order, but for the one that must come after all others.
    points.sort_by(|a, b| order(a, b).then_with(|| is_last_affected(a).cmp(&is_last_affected(b))));
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

fn is_last_affected(point: &Point<'_>) -> bool {
    matches!(point.event, Event::LastAffected(_))
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

/// The smallest fix after `version` in one range.
fn next_fix(points: &[Point<'_>], version: &Version) -> Option<(Version, String)> {
    points.iter().find_map(|point| match (point.event, &point.version) {
        (Event::Fixed(text), Some(at)) if at.compare(version) == Some(Ordering::Greater) => {
            Some((at.clone(), text.clone()))
        }
        _ => None,
    })
}

/// GitHub writes a range without an end where no fix is known, and beside it the last version that it knows to be
/// affected. `npm audit` and GitHub's own alerts go by that; without it every later release would be accused for ever.
fn open_ended_and_past(
    points: &[Point<'_>],
    last_known: Option<&str>,
    ecosystem: Ecosystem,
    version: &Version,
) -> bool {
    if !points.iter().all(|point| matches!(point.event, Event::Introduced(_))) {
        return false;
    }
    let Some(text) = last_known.map(str::trim) else { return false };
    let (included, bound) = match text.strip_prefix("<=") {
        Some(bound) => (true, bound),
        None => match text.strip_prefix('<') {
            Some(bound) => (false, bound),
            None => return false,
        },
    };
    match Version::parse(ecosystem, bound.trim()).and_then(|bound| version.compare(&bound)) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => !included,
        _ => false,
    }
}
