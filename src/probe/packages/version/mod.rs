//! Versions in the order that their ecosystem gives them.

use std::cmp::Ordering;

use super::Ecosystem;

/// A version that can be compared with others of its ecosystem.
#[derive(Debug, Clone)]
pub enum Version {
    /// As <https://semver.org> orders them: npm, crates.io.
    Semantic(semver::Version),
    /// As PEP 440 orders them: PyPI. The local part (`+cpu`) is dropped: advisories speak of what was published.
    Python(pep440_rs::Version),
}

impl Version {
    /// Reads `text`; `None` when the ecosystem would not understand it either.
    #[must_use]
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Option<Self> {
        match ecosystem {
            Ecosystem::CratesIo | Ecosystem::Npm => semantic(text).map(Self::Semantic),
            Ecosystem::Packagist | Ecosystem::RubyGems | Ecosystem::Go | Ecosystem::Maven => None,
            Ecosystem::PyPi => {
                text.trim().parse::<pep440_rs::Version>().ok().map(|version| Self::Python(version.without_local()))
            }
        }
    }

    /// Their order; `None` for versions of different ecosystems.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            // Build metadata has no part in the order (semver.org, item 10); `Ord` of the crate gives it one.
            (Self::Semantic(a), Self::Semantic(b)) => Some(a.cmp_precedence(b)),
            (Self::Python(a), Self::Python(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Semver, with what advisories and old lock files write besides: a leading `v` or `=`, one or two numbers only.
fn semantic(text: &str) -> Option<semver::Version> {
    let text = text.trim().trim_start_matches(['v', '=', ' ']);
    if let Ok(version) = semver::Version::parse(text) {
        return Some(version);
    }
    let numbers_end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(numbers_end);
    let mut parts: Vec<u64> = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if parts.len() > 3 {
        return None;
    }
    parts.resize(3, 0);
    let numbers = parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    semver::Version::parse(&format!("{numbers}{rest}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(ecosystem: Ecosystem, a: &str, b: &str) -> Option<Ordering> {
        Version::parse(ecosystem, a)?.compare(&Version::parse(ecosystem, b)?)
    }

    #[test]
    fn each_ecosystem_has_its_own_order() {
        use Ecosystem::{CratesIo, Npm, PyPi};
        for (ecosystem, a, expected, b) in [
            (Npm, "4.17.9", Ordering::Less, "4.17.21"),
            (Npm, "1.0.0-beta.2", Ordering::Less, "1.0.0-beta.11"),
            (Npm, "1.0.0-beta", Ordering::Less, "1.0.0"),
            (Npm, "v1.2", Ordering::Equal, "1.2.0"),
            (Npm, "0", Ordering::Less, "0.0.1"),
            (Npm, "1.02.3", Ordering::Equal, "1.2.3"),
            (CratesIo, "1.0.0+a", Ordering::Equal, "1.0.0+b"),
            (PyPi, "1.0", Ordering::Equal, "1.0.0"),
            (PyPi, "1.0rc1", Ordering::Less, "1.0"),
            (PyPi, "1.0.dev3", Ordering::Less, "1.0a1"),
            (PyPi, "1.0.post1", Ordering::Greater, "1.0"),
            (PyPi, "1!0.1", Ordering::Greater, "99"),
            (PyPi, "2.0.0+cu118", Ordering::Equal, "2.0.0"),
        ] {
            assert_eq!(order(ecosystem, a, b), Some(expected), "{ecosystem}: {a} and {b}");
        }
    }

    #[test]
    fn what_cannot_be_ordered_is_not_guessed() {
        for (ecosystem, text) in [
            (Ecosystem::Npm, "latest"),
            (Ecosystem::Npm, ""),
            (Ecosystem::Npm, "1.2.3.4"),
            (Ecosystem::Npm, "99999999999999999999.0.0"),
            (Ecosystem::PyPi, "2004d-final"),
        ] {
            assert!(Version::parse(ecosystem, text).is_none(), "{text}");
        }
    }
}
