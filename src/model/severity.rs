//! How bad a thing is, and how sure we are of it.

use serde::{Deserialize, Serialize};

/// How much users are hurt. Ordered: `Minor < Major < Blocker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Polish, or something that hurts later.
    Minor,
    /// Users will be hurt in the first weeks.
    Major,
    /// Launching like this can lose or leak data, or take the product down.
    Blocker,
}

impl Severity {
    /// The word that people read and that the JSON carries.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Blocker => "blocker",
        }
    }
}

/// How sure a probe is. Ordered: `Low < Medium < High`.
///
/// A finding of low confidence never fails an item; it makes the item a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Worth a look; may be wrong.
    Low,
    /// Right more often than not.
    Medium,
    /// A reader would say "true".
    High,
}

impl Confidence {
    /// The word that people read and that the JSON carries.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
