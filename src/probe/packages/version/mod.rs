//! Versions in the order that their ecosystem gives them.

mod composer;
mod gem;
mod go;
mod maven;
mod python;
mod semantic;

use std::cmp::Ordering;

use super::Ecosystem;

pub use composer::ComposerVersion;
pub use gem::GemVersion;
pub use maven::MavenVersion;
pub use python::PythonVersion;

pub(super) use composer::{Normalized, strip_stability};

/// Longer texts are no versions. npm's own limit (`MAX_LENGTH` of node-semver).
const MAX_BYTES: usize = 256;

/// A version that can be compared with others of its ecosystem.
#[derive(Debug, Clone)]
pub enum Version {
    /// As <https://semver.org> orders them: npm, crates.io.
    Semantic(semver::Version),
    /// As PEP 440 orders them: PyPI.
    Python(PythonVersion),
    /// As `Gem::Version` orders them: RubyGems.
    Gem(GemVersion),
    /// As Composer orders what it has normalized: Packagist.
    Composer(ComposerVersion),
    /// As <https://go.dev/ref/mod#versions> orders them, which is semver: Go.
    Go(semver::Version),
    /// As `ComparableVersion` orders them: Maven.
    Maven(MavenVersion),
}

impl Version {
    /// Reads `text`; `None` when the ecosystem would not understand it either, or has no order for it.
    #[must_use]
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return None;
        }
        match ecosystem {
            Ecosystem::CratesIo | Ecosystem::Npm => semantic::parse(text).map(Self::Semantic),
            Ecosystem::PyPi => PythonVersion::parse(text).map(Self::Python),
            Ecosystem::RubyGems => GemVersion::parse(text).map(Self::Gem),
            Ecosystem::Packagist => ComposerVersion::parse(text).map(Self::Composer),
            Ecosystem::Go => go::parse(text).map(Self::Go),
            Ecosystem::Maven => MavenVersion::parse(text).map(Self::Maven),
        }
    }

    /// Their order; `None` for versions of different ecosystems.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            // Build metadata has no part in the order (semver.org, item 10); `Ord` of the crate gives it one.
            (Self::Semantic(a), Self::Semantic(b)) | (Self::Go(a), Self::Go(b)) => Some(a.cmp_precedence(b)),
            (Self::Python(a), Self::Python(b)) => Some(a.compare(b)),
            (Self::Gem(a), Self::Gem(b)) => Some(a.compare(b)),
            (Self::Composer(a), Self::Composer(b)) => Some(a.compare(b)),
            (Self::Maven(a), Self::Maven(b)) => Some(a.compare(b)),
            _ => None,
        }
    }

    /// Whether it is not meant for everyone yet, in the sense of its ecosystem: alpha, release candidate, snapshot,
    /// Go's pseudo-versions.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        match self {
            Self::Semantic(version) | Self::Go(version) => !version.pre.is_empty(),
            Self::Python(version) => version.is_prerelease(),
            Self::Gem(version) => version.is_prerelease(),
            Self::Composer(version) => version.is_prerelease(),
            Self::Maven(version) => version.is_prerelease(),
        }
    }
}
