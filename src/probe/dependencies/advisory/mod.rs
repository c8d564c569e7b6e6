//! Advisories: what they say, whom they concern, how bad they are.

mod affected;
mod group;
mod parts;
mod rating;
mod record;
mod text;

use serde::{Deserialize, Serialize};

use crate::probe::packages::Ecosystem;

pub use affected::{Standing, simplify, standing};
pub use group::{Group, Hit, group};
pub use parts::{Part, Parts};
pub use record::{Parsed, ecosystems, is_other, parse, time, what_is_wrong};

/// An advisory, as far as matching and telling need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advisory {
    /// Its public name: `GHSA-…`, `PYSEC-…`, `RUSTSEC-…`, `MAL-…`.
    pub id: String,
    /// Other names of the same thing. What is only related, or lies upstream, is a hole of its own and not among them.
    pub aliases: Vec<String>,
    /// One line: what is wrong.
    pub summary: String,
    /// Its text, plain or Markdown, cut where it is long.
    pub details: String,
    /// Addresses to read on, those that explain most first.
    pub references: Vec<String>,
    /// When it was last changed, RFC 3339 as published; empty where that is not known.
    pub modified: String,
    /// CVSS vectors of version 3 and 4.
    pub vectors: Vec<String>,
    /// The publisher's own word: `LOW`, `MODERATE`, `HIGH`, `CRITICAL`.
    pub rating: Option<String>,
    /// The package itself is hostile, or was made so.
    pub malware: bool,
    /// The packages and versions that it is about.
    pub affects: Vec<Affects>,
}

/// The versions of one package that an advisory is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affects {
    /// The package's ecosystem.
    pub ecosystem: Ecosystem,
    /// The package's normalized name.
    pub package: String,
    /// Stretches of versions, `SEMVER` and `ECOSYSTEM` alike: the databases write `SEMVER` where the ecosystem's own order is
    /// that of semver.
    pub ranges: Vec<Range>,
    /// Some of its ranges are of a kind that is not known here.
    pub unread: bool,
    /// Single versions.
    pub versions: Vec<String>,
    /// GitHub's `<= 1.2.3`: how far the affected versions are known to reach where no fix is named.
    pub last_known: Option<String>,
    /// RustSec's word for notices that are no vulnerability: `unmaintained`, `unsound`, `notice`.
    pub informational: Option<String>,
    /// What of the package it is about, where it says so.
    pub parts: Parts,
}

/// A stretch of versions, as the events that begin and end it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range(pub Vec<Event>);

/// A version at which something changes. `0` as an introduction stands before every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}
