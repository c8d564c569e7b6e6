//! Checklists: what a launch must answer. Loaded and validated by `catalog`.

use serde::{Deserialize, Serialize};

use super::{ItemId, RuleId, Severity};

/// One checklist file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Its name, as `--checklist` takes it.
    pub id: String,
    /// For people.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// In the order of the file.
    pub sections: Vec<Section>,
    /// In the order of the file.
    pub items: Vec<Item>,
}

/// A group of items that is polled "go or no-go" as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Kebab-case, unique over all loaded checklists.
    pub id: String,
    /// For people.
    pub title: String,
    /// What it asks, in a sentence.
    pub summary: String,
}

/// One statement that is true when the project is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// `section.name`.
    pub id: ItemId,
    /// The section's id.
    pub section: String,
    /// The statement, at most 60 characters.
    pub title: String,
    /// How bad it is when it is false.
    pub severity: Severity,
    /// What happens to users.
    pub why: String,
    /// How to verify it.
    pub how: String,
    /// What to do.
    pub fix: String,
    /// The question to a person; "yes" passes.
    pub ask: String,
    /// Rules whose findings fail it.
    pub fails_on: Vec<RuleId>,
    /// Proofs, any of which passes it.
    pub proved_by: Vec<RuleId>,
    /// Project traits, any of which makes it apply; empty: it always does.
    pub applies_when: Vec<String>,
    /// Days that an answer or a proof stays good.
    pub max_age_days: u32,
    /// Numbers of the acceptance list that it covers (`C4`, `F18`).
    #[serde(default)]
    pub covers: Vec<String>,
    /// Stable pages with more.
    #[serde(default)]
    pub references: Vec<String>,
}
