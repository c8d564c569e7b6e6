//! Versions of PyPI: PEP 440, now <https://packaging.python.org/en/latest/specifications/version-specifiers/>.

use std::cmp::Ordering;

use pep440_rs::Version;

/// A version of PyPI.
#[derive(Debug, Clone)]
pub struct PythonVersion {
    full: Version,
    public: Version,
}

impl PythonVersion {
    /// `None` for what PEP 440 does not know.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let full: Version = text.parse().ok()?;
        let public = if full.is_local() { full.clone().without_local() } else { full.clone() };
        Some(Self { full, public })
    }

    /// With the local part (`+cu118`), which a specifier may name.
    #[must_use]
    pub const fn full(&self) -> &Version {
        &self.full
    }

    /// Without the local part.
    #[must_use]
    pub const fn public(&self) -> &Version {
        &self.public
    }

    /// Their order. The local part has no say: it marks a build of the same release, and advisories speak of what was
    /// published.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.public.cmp(&other.public)
    }

    /// Whether it comes before a release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.public.any_prerelease()
    }
}
