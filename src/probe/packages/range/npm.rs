//! Ranges of npm, as node-semver takes them: <https://github.com/npm/node-semver#ranges>.
//!
//! Written here because the crates that read such ranges drop what contradicts itself (`>2 <1`) and read `~>` as `>`.

use semver::{Prerelease, Version};

use super::{Operator, any, glued};

/// What a version has to fulfil.
type Comparator = (Operator, Version);

/// `npm:other@^1.0.0` asks for another package's range.
pub(super) fn allows(range: &str, version: &Version) -> Option<bool> {
    let range = range.strip_prefix("npm:").map_or(Some(range), |alias| Some(alias.rsplit_once('@')?.1))?;
    any(range.split("||").map(|set| Some(is_in(&comparators(set)?, version))))
}

/// A prerelease is only meant where a comparator names one of the same three numbers.
fn is_in(set: &[Comparator], version: &Version) -> bool {
    let numbers = |version: &Version| (version.major, version.minor, version.patch);
    let is_named = |(_, bound): &Comparator| !bound.pre.is_empty() && numbers(bound) == numbers(version);
    set.iter().all(|(operator, bound)| operator.holds(version.cmp_precedence(bound)))
        && (version.pre.is_empty() || set.iter().any(is_named))
}

/// Whether a version may be in both: a set of each leaves something between its bounds. As in node-semver, which
/// prereleases a range means does not count.
pub(super) fn intersect(one: &str, other: &str) -> Option<bool> {
    let sets = |range: &str| range.split("||").map(comparators).collect::<Option<Vec<_>>>();
    let (one, other) = (sets(one)?, sets(other)?);
    Some(one.iter().any(|one| other.iter().any(|other| leaves_some(one.iter().chain(other)))))
}

/// Whether comparators that hold together leave a version.
fn leaves_some<'c>(all: impl Iterator<Item = &'c Comparator> + Clone) -> bool {
    let lower = |(operator, _): &&Comparator| {
        matches!(operator, Operator::Greater | Operator::GreaterOrEqual | Operator::Equal)
    };
    let upper =
        |(operator, _): &&Comparator| matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Equal);
    all.clone().filter(lower).all(|(from, low)| {
        all.clone().filter(upper).all(|(to, high)| {
            let order = low.cmp_precedence(high);
            order.is_lt() || order.is_eq() && *from != Operator::Greater && *to != Operator::Less
        })
    }) && all.filter(|(operator, _)| *operator == Operator::Less).all(|(_, high)| *high != earliest(0, 0, 0))
}

/// The comparators of one set, which hold together; none for any version.
fn comparators(set: &str) -> Option<Vec<Comparator>> {
    let words: Vec<&str> = set.split_whitespace().collect();
    if let [from, "-", to] = words.as_slice() {
        return hyphen(&Partial::read(from)?, &Partial::read(to)?);
    }
    let mut all = Vec::new();
    for word in glued(set) {
        all.extend(one(&word)?);
    }
    Some(all)
}

fn one(word: &str) -> Option<Vec<Comparator>> {
    if let Some(rest) = word.strip_prefix('^') {
        let base = Partial::read(rest)?;
        return base.up_to(base.caret_place());
    }
    if let Some(rest) = word.strip_prefix('~') {
        let base = Partial::read(rest.strip_prefix('>').unwrap_or(rest))?;
        return base.up_to(1);
    }
    let (operator, rest) = Operator::split(word);
    let base = Partial::read(rest)?;
    if base.is_out_of_order || operator == Some(Operator::NotEqual) {
        return None;
    }
    match (operator.unwrap_or(Operator::Equal), base.given()) {
        (operator, 3) => Some(vec![(operator, base.version()?)]),
        (Operator::Less | Operator::Greater, 0) => Some(vec![(Operator::Less, earliest(0, 0, 0))]),
        (_, 0) => Some(Vec::new()),
        (Operator::Equal, _) => base.up_to(2),
        // Later than 1.2.x is from 1.3.0 on; earlier than 1.2.x leaves out the prereleases of 1.2.0.
        (Operator::Greater, _) => {
            Some(vec![(Operator::GreaterOrEqual, Version { pre: Prerelease::EMPTY, ..base.next(2)? })])
        }
        (Operator::LessOrEqual, _) => Some(vec![(Operator::Less, base.next(2)?)]),
        (Operator::Less, _) => Some(vec![(Operator::Less, earliest(base.major?, base.minor.unwrap_or(0), 0))]),
        (operator, _) => Some(vec![(operator, base.version()?)]),
    }
}

/// `1.2.3 - 2.3`: what is missing at the end stands for everything that begins so.
fn hyphen(from: &Partial, to: &Partial) -> Option<Vec<Comparator>> {
    let mut all = Vec::new();
    if from.given() > 0 {
        all.push((Operator::GreaterOrEqual, from.version()?));
    }
    match to.given() {
        0 => {}
        3 => all.push((Operator::LessOrEqual, to.version()?)),
        _ => all.push((Operator::Less, to.next(2)?)),
    }
    Some(all)
}

/// The earliest of all versions with these numbers.
fn earliest(major: u64, minor: u64, patch: u64) -> Version {
    Version { pre: Prerelease::new("0").unwrap_or_default(), ..Version::new(major, minor, patch) }
}

/// A version of which the end may be missing or `x`.
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Prerelease,
    /// A number stands behind an `x`.
    is_out_of_order: bool,
}

impl Partial {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=', ' ']);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let mut parts = Vec::new();
        for part in numbers.split('.') {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            match part {
                "x" | "X" | "*" => parts.push(None),
                _ if is_number => parts.push(Some(part.parse().ok()?)),
                // `^` and `>=` alone stand for any version.
                "" if text.is_empty() => parts.push(None),
                _ => return None,
            }
        }
        if parts.len() > 3 || (pre.is_some() && parts.len() < 3) {
            return None;
        }
        let first_any = parts.iter().position(Option::is_none).unwrap_or(parts.len());
        let is_out_of_order = parts.iter().skip(first_any).any(Option::is_some);
        let mut given = parts.into_iter().take(first_any).flatten();
        let (major, minor, patch) = (given.next(), given.next(), given.next());
        let pre = pre.filter(|_| patch.is_some()).map_or(Some(Prerelease::EMPTY), |pre| Prerelease::new(pre).ok())?;
        Some(Self { major, minor, patch, pre, is_out_of_order })
    }

    /// How many numbers are given.
    fn given(&self) -> usize {
        [self.major, self.minor, self.patch].into_iter().flatten().count()
    }

    fn version(&self) -> Option<Version> {
        let numbers = Version::new(self.major?, self.minor.unwrap_or(0), self.patch.unwrap_or(0));
        Some(Version { pre: self.pre.clone(), ..numbers })
    }

    /// From here to before the next version at `place` or at the last number that is given.
    fn up_to(&self, place: usize) -> Option<Vec<Comparator>> {
        if self.given() == 0 {
            return Some(Vec::new());
        }
        Some(vec![(Operator::GreaterOrEqual, self.version()?), (Operator::Less, self.next(place)?)])
    }

    /// The earliest version after all those that agree up to `place` or up to the last number that is given.
    fn next(&self, place: usize) -> Option<Version> {
        let (major, minor, patch) = (self.major?, self.minor.unwrap_or(0), self.patch.unwrap_or(0));
        Some(match place.min(self.given() - 1) {
            0 => earliest(major.checked_add(1)?, 0, 0),
            1 => earliest(major, minor.checked_add(1)?, 0),
            _ => earliest(major, minor, patch.checked_add(1)?),
        })
    }

    /// The place of the number that `^` holds fixed: the first that is not 0.
    const fn caret_place(&self) -> usize {
        match (self.major, self.minor) {
            (Some(0), Some(0)) => 2,
            (Some(0), _) => 1,
            _ => 0,
        }
    }
}
