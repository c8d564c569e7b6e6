//! What the app depends on: a row for every service, with what is known of how a failure of it is met.

use serde::{Deserialize, Serialize};

use super::ItemId;

/// A service outside the app that its code calls; the database is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalService {
    /// Names it in ids: `stripe`, `api-example-com`.
    pub slug: String,
    /// For people.
    pub name: String,
    /// The first call of it.
    pub seen: Option<SeenAt>,
    /// How many calls of it were seen.
    pub calls: u64,
    /// Whether calls give up after a while.
    pub timeout: Cell,
    /// Whether calls are tried again.
    pub retry: Cell,
    /// Whether a failure is caught.
    pub catch: Cell,
    /// Whether users get something else instead.
    pub fallback: Cell,
    /// Whether somebody hears of a failure.
    pub alert: Cell,
}

/// What is known of one thing about a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "kebab-case")]
pub enum Cell {
    /// The code has it, here for example.
    Yes(SeenAt),
    /// The code lacks it, here for example.
    No(SeenAt),
    /// The code does not say; a person must.
    #[default]
    Asked,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAt {
    /// Relative path with `/`.
    pub path: String,
    /// From 1.
    pub line: u32,
}

impl ExternalService {
    /// A service of which nothing is known yet.
    #[must_use]
    pub fn new(slug: String, name: String) -> Self {
        Self {
            slug,
            name,
            seen: None,
            calls: 0,
            timeout: Cell::Asked,
            retry: Cell::Asked,
            catch: Cell::Asked,
            fallback: Cell::Asked,
            alert: Cell::Asked,
        }
    }

    /// The id of the question about it.
    #[must_use]
    pub fn item(&self) -> ItemId {
        ItemId::from(format!("services.{}", self.slug).as_str())
    }

    /// What is asked about every service, by name.
    #[must_use]
    pub fn cells(&self) -> [(&'static str, &Cell); 5] {
        [
            ("timeout", &self.timeout),
            ("retry", &self.retry),
            ("catch", &self.catch),
            ("fallback", &self.fallback),
            ("alert", &self.alert),
        ]
    }
}

impl Cell {
    /// `yes (src/a.ts:3)`, `no (src/a.ts:3)`, `asked`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Yes(at) => format!("yes ({}:{})", at.path, at.line),
            Self::No(at) => format!("no ({}:{})", at.path, at.line),
            Self::Asked => "asked".to_owned(),
        }
    }
}
