//! Where packages come from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where packages come from, by the names of the OSV schema (<https://ossf.github.io/osv-schema/#affectedpackage-field>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ecosystem {
    /// Rust crates.
    #[serde(rename = "crates.io")]
    CratesIo,
    /// JavaScript packages.
    #[serde(rename = "npm")]
    Npm,
    /// Python packages.
    #[serde(rename = "PyPI")]
    PyPi,
    /// PHP packages of Composer.
    Packagist,
    /// Ruby gems.
    RubyGems,
    /// Go modules.
    Go,
    /// Java packages, named `group:artifact`.
    Maven,
}

impl Ecosystem {
    /// Every ecosystem whose lock files are read.
    pub const ALL: [Self; 7] =
        [Self::CratesIo, Self::Npm, Self::PyPi, Self::Packagist, Self::RubyGems, Self::Go, Self::Maven];

    /// The name in OSV records, requests and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
            Self::Packagist => "Packagist",
            Self::RubyGems => "RubyGems",
            Self::Go => "Go",
            Self::Maven => "Maven",
        }
    }

    /// The ecosystem of this OSV name; a suffix such as `:v1` narrows an ecosystem and is left aside.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.split(':').next().unwrap_or(name);
        Self::ALL.into_iter().find(|ecosystem| ecosystem.name() == name)
    }

    /// `name` in the form in which two spellings of one package are equal.
    #[must_use]
    pub fn normalize(self, name: &str) -> String {
        match self {
            Self::PyPi => normalize_python(name),
            // Composer compares names without regard to case.
            Self::Packagist => name.to_lowercase(),
            Self::CratesIo | Self::Npm | Self::RubyGems | Self::Go | Self::Maven => name.to_owned(),
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// PEP 503: lower case, and every run of `-`, `_` and `.` is one `-`.
fn normalize_python(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut in_run = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !in_run {
                out.push('-');
            }
            in_run = true;
        } else {
            out.extend(c.to_lowercase());
            in_run = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_are_equal_as_pep_503_says() {
        for spelling in ["Ruamel.YAML", "ruamel-yaml", "ruamel__yaml", "RUAMEL-._yaml"] {
            assert_eq!(Ecosystem::PyPi.normalize(spelling), "ruamel-yaml");
        }
        assert_eq!(Ecosystem::Npm.normalize("JSONStream"), "JSONStream");
    }

    #[test]
    fn names_of_ecosystems_are_those_of_the_schema() {
        assert_eq!(Ecosystem::parse("PyPI"), Some(Ecosystem::PyPi));
        assert_eq!(Ecosystem::parse("npm:whatever"), Some(Ecosystem::Npm));
        assert_eq!(Ecosystem::parse("NPM"), None);
        assert_eq!(serde_json::to_string(&Ecosystem::CratesIo).unwrap(), "\"crates.io\"");
    }
}
