//! What came of loading, and what was wrong.

use std::borrow::Cow;
use std::fmt;

use crate::model::escape;

/// What could be loaded, and what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<T> {
    /// Everything without a mistake.
    pub loaded: Vec<T>,
    /// One entry for each mistake; the file that holds it was refused whole.
    pub errors: Vec<CatalogError>,
}

/// One mistake. Its `Display` is one line without control characters: `my.toml:12: …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CatalogError {
    /// The file, as the user would open it; `None` when a name was given that no file has.
    pub file: Option<String>,
    /// The line in it, from 1, where one is to blame.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub reason: String,
    /// The user asked for this checklist by name or path, so going on without it would answer another question.
    pub asked_for: bool,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(&escape::line(file))?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&escape::line(&self.reason))
    }
}

/// Words of a file as they may stand in a message: one line, without control characters, not too long.
pub(super) fn quoted(words: &str) -> String {
    const MOST: usize = 60;
    let short: Cow<'_, str> = match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()).into(),
        None => words.into(),
    };
    format!("\"{}\"", escape::line(&short))
}
