//! Colours by role. Loaded and validated by `catalog`, drawn by `tui`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A theme with `inherits` already resolved: every role has a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theme {
    /// Its name, as `--theme` takes it.
    pub id: String,
    /// For people.
    pub title: String,
    /// `dark` or `light`: the background that it is made for.
    pub background: String,
    /// Role to colour: `#rrggbb`, an ANSI name such as `red`, or `default`.
    pub roles: BTreeMap<String, String>,
}

/// Every role that a theme must give a colour.
pub const ROLES: [&str; 14] = [
    "text",
    "muted",
    "background",
    "border",
    "focus",
    "selection",
    "title",
    "pass",
    "fail",
    "unknown",
    "not-applicable",
    "accepted",
    "code",
    "marked",
];
