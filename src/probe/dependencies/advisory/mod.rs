//! Advisories: what they say, whom they concern, how bad they are.

mod affected;
mod group;
mod rating;
mod record;

use serde::{Deserialize, Serialize};

use crate::probe::packages::Ecosystem;

pub use affected::{Standing, standing};
pub use group::{Group, Hit, group};
pub use record::{Parsed, parse};

/// An advisory, as far as matching and telling need it. Also the form in which the offline copy keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Its public name: `GHSA-…`, `PYSEC-…`, `RUSTSEC-…`, `MAL-…`.
    pub id: String,
    /// Other names of the same thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// One line: what is wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// When it was last changed, RFC 3339 as published.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub modified: String,
    /// CVSS vectors of version 3 and 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<String>,
    /// The publisher's own word: `LOW`, `MODERATE`, `HIGH`, `CRITICAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// The packages and versions that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affects: Vec<Affects>,
}

/// The versions of one package that an advisory is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affects {
    /// The package's ecosystem.
    pub ecosystem: Ecosystem,
    /// The package's normalized name.
    pub package: String,
    /// Stretches of versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// Single versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// GitHub's `<= 1.2.3`: how far the affected versions are known to reach where no fix is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_known: Option<String>,
    /// RustSec's word for notices that are no vulnerability: `unmaintained`, `unsound`, `notice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub informational: Option<String>,
}

/// A stretch of versions, as the events that begin and end it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Range(pub Vec<Event>);

/// A version at which something changes. `0` as an introduction stands before every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Affected from here on.
    Introduced(String),
    /// No longer affected from here on.
    Fixed(String),
    /// No longer affected after this.
    LastAffected(String),
    /// Nothing is said of this one and later ones; `*` for no limit.
    Limit(String),
}

impl Advisory {
    /// An advisory of which only the name is known.
    #[must_use]
    pub fn bare(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// Whether the package itself is hostile.
    #[must_use]
    pub fn is_malware(&self) -> bool {
        self.id.starts_with("MAL-")
    }
}
