//! What counts as proof that a path is what its name says: always the content, never the status.

pub mod data;
pub mod health;
pub mod notices;
pub mod pages;
pub mod settings;

use serde_json::Value;

use super::answer::{Answer, is_markup};
use crate::model::Severity;

/// What a path turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// In a few words, without values: `an environment file with 12 variables`.
    pub words: String,
    /// How bad it is; `None` where it is only worth a row.
    pub severity: Option<Severity>,
    /// What stands in it that matters, one line each, without values.
    pub details: Vec<String>,
}

impl Found {
    fn new(severity: impl Into<Option<Severity>>, words: impl Into<String>) -> Self {
        Self { words: words.into(), severity: severity.into(), details: Vec::new() }
    }

    fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }
}

/// The text of a file that is no page and no JSON.
fn plain(answer: &Answer) -> Option<&str> {
    let text = answer.text.trim_start();
    let typed = answer.kind.contains("html") || answer.kind.contains("json");
    let file =
        answer.is_success() && !typed && !text.is_empty() && !text.starts_with(['<', '{', '"']) && !is_markup(text);
    file.then_some(answer.text.as_str())
}

/// The JSON object of an answer, if it is one.
fn json(answer: &Answer) -> Option<serde_json::Map<String, Value>> {
    if !answer.is_success() || !answer.text.trim_start().starts_with('{') {
        return None;
    }
    match serde_json::from_str(&answer.text) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// A page's text, if the answer is a page.
fn page(answer: &Answer) -> Option<&str> {
    (answer.is_success() && answer.is_html()).then_some(answer.text.as_str())
}

fn has_all(text: &str, marks: &[&str]) -> bool {
    marks.iter().all(|mark| text.contains(mark))
}

/// Names for people: the first few, and how many more.
pub fn few(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
