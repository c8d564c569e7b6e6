//! What is known of the versions and suites of a server.

use super::suites::{self, Kind};

pub use super::hello::Version;

/// What is known of one thing that a server was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The server chose it.
    Offered,
    /// The server refused it, or chose another.
    Refused,
    /// The connection ended without an answer.
    Dropped,
    /// There was no answer in time, or none that could be read.
    Unknown,
}

impl Offer {
    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Refused | Self::Dropped => "refused",
            Self::Unknown => "no answer",
        }
    }

    /// Whether the server said so or so.
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

/// What is known of every version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(pub Vec<(Version, Offer)>);

impl Versions {
    /// Of one version.
    pub fn of(&self, version: Version) -> Offer {
        self.0.iter().find(|(known, _)| *known == version).map_or(Offer::Unknown, |(_, offer)| *offer)
    }

    /// Those offered, oldest first.
    pub fn offered(&self) -> Vec<Version> {
        self.0.iter().filter(|(_, offer)| *offer == Offer::Offered).map(|(version, _)| *version).collect()
    }

    /// Those of which nothing is known.
    pub fn unknown(&self) -> Vec<Version> {
        self.0.iter().filter(|(_, offer)| *offer == Offer::Unknown).map(|(version, _)| *version).collect()
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(version, offer)| format!("{}: {}", version.name(), offer.word())).collect();
        parts.join("\n")
    }
}

/// What is known of one kind of suites in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindSeen {
    /// The version that was asked for.
    pub version: Version,
    /// The kind that was asked for.
    pub kind: Kind,
    /// Whether it is accepted.
    pub offer: Offer,
    /// Suites that were chosen, in the order of the server's preference; not always all that it takes.
    pub suites: Vec<u16>,
    /// The length of the Diffie-Hellman prime, in bits.
    pub prime_bits: Option<usize>,
}

/// What a server chose where it had every choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// In this version.
    pub version: Version,
    /// The suite.
    pub suite: u16,
    /// The group, which only TLS 1.3 says.
    pub group: Option<u16>,
}

/// What is known of the suites and groups of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suites {
    /// Its choice in each version that it offers, oldest first.
    pub choices: Vec<Choice>,
    /// Every kind in each version up to TLS 1.2 that it offers.
    pub kinds: Vec<KindSeen>,
    /// Whether it takes the group that a quantum computer cannot break; `None` where TLS 1.3 is not offered.
    pub post_quantum: Option<Offer>,
    /// A group beyond those of Mozilla's profiles that it takes in TLS 1.3.
    pub other_group: Option<u16>,
}

impl Suites {
    /// The kinds that are accepted, in every version.
    pub fn offered(&self) -> impl Iterator<Item = &KindSeen> {
        self.kinds.iter().filter(|seen| seen.offer == Offer::Offered)
    }

    /// Whether every question was answered.
    pub fn is_whole(&self) -> bool {
        self.kinds.iter().all(|seen| seen.offer.is_known())
    }

    /// Whether any suite seen passes `test`.
    pub fn any(&self, test: impl Fn(u16) -> bool) -> bool {
        self.choices
            .iter()
            .map(|choice| choice.suite)
            .chain(self.offered().flat_map(|seen| seen.suites.clone()))
            .any(test)
    }

    /// Every suite seen, the weakest kind and the oldest version first, each once.
    pub fn seen(&self) -> Vec<(Version, u16)> {
        let mut seen: Vec<(Version, u16)> = self.choices.iter().map(|choice| (choice.version, choice.suite)).collect();
        seen.extend(self.offered().flat_map(|kind| kind.suites.iter().map(|suite| (kind.version, *suite))));
        seen.sort_by_key(|(version, suite)| (suites::kind(*suite).unwrap_or(Kind::Aead), *version, *suite));
        seen.dedup();
        seen
    }
}
