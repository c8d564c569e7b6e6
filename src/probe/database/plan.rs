//! What looking at a query's plan gives, whatever the database.

use super::catalog::Table;

/// A query whose plan was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The tables that it reads from end to end.
    pub scans: Vec<Scan>,
    /// The plan, for people.
    pub plan: String,
    /// The value of a parameter decides, and no value is known: what depends on it, as a phrase.
    pub depends: Option<&'static str>,
}

impl Judged {
    /// Becomes `other` if that reads fewer tables whole.
    pub fn take_if_better(&mut self, other: Self) -> bool {
        // Of two that read as many, the one that drops rows after reading shows the condition that lacks an index.
        let weight = |judged: &Self| (judged.scans.len(), judged.scans.iter().filter(|scan| !scan.filtered).count());
        let better = weight(&other) < weight(self);
        if better {
            *self = Self { depends: self.depends, ..other };
        }
        better
    }
}

/// A table that is read from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The table; the whole one if it is partitioned.
    pub table: Table,
    /// The name under which the plan reads it.
    pub alias: String,
    /// Whether the plan drops rows after it has read them.
    pub filtered: bool,
}

/// A query whose plan could not be read, with the reason as a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexamined(pub String);

impl Unexamined {
    /// With this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
