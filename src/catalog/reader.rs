//! Reads TOML tables key by key and notes every mistake with its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::closest::did_you_mean;
use super::error::quoted;
use super::{CatalogError, files};
use crate::model::escape;

/// After this many the user has seen enough of one file.
const MOST_PROBLEMS: usize = 20;

/// Longer texts would drown every screen; the longest of ours has about 330 characters.
const MOST_CHARS: usize = 1_000;

/// Collects the mistakes of one file.
pub(super) struct Reader<'f> {
    file: &'f str,
    asked_for: bool,
    line_starts: Vec<usize>,
    problems: Vec<(u32, String)>,
}

/// A value and the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) line: u32,
    pub(super) value: T,
}

/// A table, the line it begins on, and how messages call it: `item "x.y": `, or nothing for the file itself.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    pub(super) line: u32,
    label: String,
}

impl<'f> Reader<'f> {
    pub(super) fn new(text: &'f files::Text, asked_for: bool) -> Self {
        let starts = text.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self {
            file: &text.name,
            asked_for,
            line_starts: std::iter::once(0).chain(starts).collect(),
            problems: Vec::new(),
        }
    }

    /// The file's table; `None` when it is not TOML at all.
    pub(super) fn parse<'t>(&mut self, text: &'t str) -> Option<Spanned<DeTable<'t>>> {
        match DeTable::parse(text) {
            Ok(table) => Some(table),
            Err(error) => {
                let line = error.span().map_or(1, |span| self.line(&span));
                self.say(line, format!("this is not valid TOML: {}", error.message()));
                None
            }
        }
    }

    /// Notes a mistake.
    pub(super) fn say(&mut self, line: u32, reason: impl Into<String>) {
        self.problems.push((line, reason.into()));
    }

    /// Every mistake, in the order of the file.
    pub(super) fn into_errors(mut self) -> Vec<CatalogError> {
        self.problems.sort();
        self.problems.dedup();
        let more = self.problems.len().saturating_sub(MOST_PROBLEMS);
        let error =
            |line, reason| CatalogError { file: Some(self.file.to_owned()), line, reason, asked_for: self.asked_for };
        let mut errors: Vec<CatalogError> =
            self.problems.into_iter().take(MOST_PROBLEMS).map(|(line, reason)| error(Some(line), reason)).collect();
        if more > 0 {
            errors.push(error(None, format!("and {more} more mistakes")));
        }
        errors
    }

    fn line(&self, span: &Range<usize>) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= span.start)).unwrap_or(u32::MAX)
    }
}

impl<'t> Fields<'t> {
    /// The file itself.
    pub(super) fn of_file(table: &'t DeTable<'t>) -> Self {
        Self { table, line: 1, label: String::new() }
    }

    /// How the messages about this table begin.
    pub(super) fn labelled(mut self, kind: &str, name: Option<&At<String>>) -> Self {
        self.label = match name {
            Some(name) => format!("{kind} {}: ", quoted(&name.value)),
            None => format!("{kind}: "),
        };
        self
    }

    /// Notes a mistake about this table.
    pub(super) fn say(&self, reader: &mut Reader<'_>, line: u32, reason: &str) {
        reader.say(line, format!("{}{reason}", self.label));
    }

    /// Notes every key that is not one of `keys`.
    pub(super) fn only(&self, reader: &mut Reader<'_>, keys: &[&str]) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !keys.contains(&name) {
                let near = did_you_mean(name, keys.iter().copied());
                let line = reader.line(&key.span());
                self.say(reader, line, &format!("there is no key {}{near}", quoted(name)));
            }
        }
    }

    /// A text that must be there. Line breaks become spaces, control characters visible.
    pub(super) fn text(&self, reader: &mut Reader<'_>, key: &str) -> Option<At<String>> {
        self.required(reader, key)?;
        self.optional_text(reader, key)
    }

    /// A text that may be there.
    pub(super) fn optional_text(&self, reader: &mut Reader<'_>, key: &str) -> Option<At<String>> {
        let (line, value) = self.value(reader, key)?;
        let DeValue::String(text) = value else {
            self.wrong_type(reader, line, key, "a text in quotes", value);
            return None;
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            self.say(reader, line, &format!("\"{key}\" is empty"));
            return None;
        }
        if text.chars().count() > MOST_CHARS {
            self.say(reader, line, &format!("\"{key}\" is longer than {MOST_CHARS} characters"));
            return None;
        }
        Some(At { line, value: escape::line(&text).into_owned() })
    }

    /// A list of texts, each with its own line.
    pub(super) fn texts(&self, reader: &mut Reader<'_>, key: &str) -> Vec<At<String>> {
        let Some((line, value)) = self.value(reader, key) else { return Vec::new() };
        let wanted = "a list of texts, such as [\"one\", \"two\"]";
        let DeValue::Array(values) = value else {
            self.wrong_type(reader, line, key, wanted, value);
            return Vec::new();
        };
        let mut texts: Vec<At<String>> = Vec::new();
        for value in values.iter() {
            let line = reader.line(&value.span());
            match value.get_ref() {
                DeValue::String(text) if texts.iter().any(|known| known.value == text.as_ref()) => {
                    self.say(reader, line, &format!("\"{key}\" says {} twice", quoted(text)));
                }
                DeValue::String(text) => texts.push(At { line, value: text.to_string() }),
                other => self.wrong_type(reader, line, key, wanted, other),
            }
        }
        texts
    }

    /// A whole number from 1 to `most`, which must be there.
    pub(super) fn count(&self, reader: &mut Reader<'_>, key: &str, most: u32) -> Option<u32> {
        self.required(reader, key)?;
        let (line, value) = self.value(reader, key)?;
        let DeValue::Integer(number) = value else {
            self.wrong_type(reader, line, key, "a whole number", value);
            return None;
        };
        let count =
            u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| (1..=most).contains(count));
        if count.is_none() {
            self.say(reader, line, &format!("\"{key}\" must be from 1 to {most}; it is {}", number.as_str()));
        }
        count
    }

    /// A table that may be there: `[key]`.
    pub(super) fn table(&self, reader: &mut Reader<'_>, key: &str) -> Option<Fields<'t>> {
        let (line, value) = self.value(reader, key)?;
        if let DeValue::Table(table) = value {
            return Some(Fields { table, line, label: String::new() });
        }
        self.wrong_type(reader, line, key, &format!("a table that begins with [{key}]"), value);
        None
    }

    /// Tables, at least one of which must be there: `[[key]]`.
    pub(super) fn tables(&self, reader: &mut Reader<'_>, key: &str) -> Vec<Fields<'t>> {
        let wanted = format!("tables that each begin with [[{key}]]");
        let Some((line, value)) = self.value(reader, key) else {
            self.say(reader, self.line, &format!("there is no [[{key}]] in this file"));
            return Vec::new();
        };
        let DeValue::Array(values) = value else {
            self.wrong_type(reader, line, key, &wanted, value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in values.iter() {
            let line = reader.line(&value.span());
            match value.get_ref() {
                DeValue::Table(table) => tables.push(Fields { table, line, label: String::new() }),
                other => self.wrong_type(reader, line, key, &wanted, other),
            }
        }
        if values.is_empty() {
            self.say(reader, line, &format!("\"{key}\" is empty"));
        }
        tables
    }

    /// Every key with its value where that is a text; other values are mistakes.
    pub(super) fn all_texts(&self, reader: &mut Reader<'_>) -> Vec<(At<String>, String)> {
        let mut all = Vec::new();
        for (key, value) in self.table {
            let line = reader.line(&key.span());
            match value.get_ref() {
                DeValue::String(text) => all.push((At { line, value: key.get_ref().to_string() }, text.to_string())),
                other => self.wrong_type(reader, line, key.get_ref(), "a text in quotes", other),
            }
        }
        all
    }

    fn required(&self, reader: &mut Reader<'_>, key: &str) -> Option<()> {
        if self.table.contains_key(key) {
            return Some(());
        }
        self.say(reader, self.line, &format!("\"{key}\" is missing"));
        None
    }

    fn value(&self, reader: &Reader<'_>, key: &str) -> Option<(u32, &'t DeValue<'t>)> {
        let (name, value) = self.table.get_key_value(key)?;
        Some((reader.line(&name.span()), value.get_ref()))
    }

    fn wrong_type(&self, reader: &mut Reader<'_>, line: u32, key: &str, wanted: &str, value: &DeValue<'_>) {
        let is = match value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.say(reader, line, &format!("{} must be {wanted}; it is {is}", quoted(key)));
    }
}
