//! Whether the versions that a manifest asks for include one, as the package manager takes it.

mod cargo;
mod composer;
mod gem;
mod go;
mod maven;
mod npm;
mod python;
mod raise;

use std::cmp::Ordering;

use super::{Ecosystem, Version};

pub use raise::minimum_raise;

/// Longer texts are no ranges.
const MAX_BYTES: usize = 4096;

/// Whether `range`, as a manifest writes it, allows `version`; `None` where the range is not understood.
///
/// A prerelease is allowed where the range as such includes it. Whether the package manager picks one by itself is another
/// question ([`Version::is_prerelease`]), but for npm and Cargo, whose ranges speak of prereleases.
#[must_use]
pub fn allows(ecosystem: Ecosystem, range: &str, version: &Version) -> Option<bool> {
    let range = range.trim();
    if range.len() > MAX_BYTES {
        return None;
    }
    match (ecosystem, version) {
        (Ecosystem::Npm, Version::Semantic(version)) => npm::allows(range, version),
        (Ecosystem::CratesIo, Version::Semantic(version)) => cargo::allows(range, version),
        (Ecosystem::PyPi, Version::Python(version)) => python::allows(range, version),
        (Ecosystem::RubyGems, Version::Gem(version)) => gem::allows(range, version),
        (Ecosystem::Packagist, Version::Composer(version)) => composer::allows(range, version),
        (Ecosystem::Go, Version::Go(version)) => go::allows(range, version),
        (Ecosystem::Maven, version @ Version::Maven(_)) => maven::allows(range, version),
        _ => None,
    }
}

/// Whether some version is in both ranges, as npm and pnpm ask it; `None` where one is not understood. Only for npm.
#[must_use]
pub fn intersect(ecosystem: Ecosystem, one: &str, other: &str) -> Option<bool> {
    let fits = |text: &str| ecosystem == Ecosystem::Npm && text.len() <= MAX_BYTES;
    if fits(one) && fits(other) { npm::intersect(one.trim(), other.trim()) } else { None }
}

/// How a version has to stand to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }

    /// The operator at the beginning of `text`, and the rest; `None` for a bare version.
    fn split(text: &str) -> (Option<Self>, &str) {
        const WRITTEN: [(&str, Operator); 9] = [
            ("<>", Operator::NotEqual),
            ("!=", Operator::NotEqual),
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            ("===", Operator::Equal),
            ("==", Operator::Equal),
            ("=", Operator::Equal),
            (">", Operator::Greater),
            ("<", Operator::Less),
        ];
        let found = WRITTEN.into_iter().find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)));
        found.map_or((None, text), |(operator, rest)| (Some(operator), rest.trim_start()))
    }
}

/// Whether one of several alternatives holds; unknown where none does for certain, but one is not understood.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

/// The conditions that stand in `text` between blanks, each with its operator, also where a blank follows that.
fn glued(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut().filter(|last| last.chars().all(|c| "<>=!^~".contains(c))) {
            Some(operator) => operator.push_str(word),
            None => words.push(word.to_owned()),
        }
    }
    words
}
