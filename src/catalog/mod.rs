//! Loads and validates checklists and themes: those that the program carries, then the user's own.
//!
//! A file with a mistake in it is refused whole, with file, line and reason; the rest loads.

mod checklist;
mod checklists;
mod closest;
mod embedded;
mod error;
mod files;
mod reader;
mod theme;
mod themes;

use std::collections::BTreeMap;

use crate::model::{ProbeMeta, RuleKind};

pub use checklists::checklists;
pub use closest::closest;
pub use embedded::{CHECKLISTS, Embedded, THEMES};
pub use error::{CatalogError, Loaded};
pub use theme::{ANSI_COLOURS, is_colour};
pub use themes::themes;

/// Every trait of a project that an item's `applies_when` may name.
pub const TRAITS: [&str; 17] = [
    "ai",
    "container",
    "database",
    "email",
    "file-storage",
    "frontend",
    "javascript",
    "jobs",
    "payments",
    "python",
    "react",
    "server",
    "serverless",
    "supabase",
    "users",
    "web",
    "websocket",
];

/// The rules that a checklist may name, by id, with what they observe.
pub type KnownRules<'a> = BTreeMap<&'a str, RuleKind>;

/// The rules of the given probes.
pub fn known_rules(probes: impl IntoIterator<Item = &'static ProbeMeta>) -> KnownRules<'static> {
    probes.into_iter().flat_map(|probe| probe.rules).map(|rule| (rule.id, rule.kind)).collect()
}
