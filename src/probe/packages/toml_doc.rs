//! TOML with the lines of its parts. What is of a wrong type in one place does not spoil the rest.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::NotUnderstood;
use super::lines::Lines;

/// A table; its keys and values know their places.
pub type Table<'t> = DeTable<'t>;
/// A value with its place.
pub type Value<'t> = Spanned<DeValue<'t>>;

/// A whole file.
pub struct Doc<'t> {
    /// Its outermost table.
    pub table: Table<'t>,
    lines: Lines<'t>,
    stretches: Vec<Stretch>,
}

/// The line of a text with which a stretch of a file begins, and its line in that file.
pub type Stretch = (u32, u32);

impl<'t> Doc<'t> {
    /// Reads `text`, which people call `what`: `poetry.lock`.
    ///
    /// # Errors
    /// When it is not TOML: cut off, with the marks of a merge, with the same key twice, nested beyond 80 levels.
    pub fn parse(text: &'t str, what: &str) -> Result<Self, NotUnderstood> {
        Self::parse_part(text, what, Vec::new())
    }

    /// The same for a text that holds stretches of a file only.
    ///
    /// # Errors
    /// As for [`Doc::parse`].
    pub fn parse_part(text: &'t str, what: &str, stretches: Vec<Stretch>) -> Result<Self, NotUnderstood> {
        let lines = Lines::of(text);
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { table: table.into_inner(), lines, stretches }),
            Err(error) => {
                let line = error.span().map_or(0, |span| line_in_file(lines.at(span.start), &stretches));
                Err(NotUnderstood::at(format!("not a valid {what}"), line as usize))
            }
        }
    }

    /// The line, from 1, on which `part` begins.
    pub fn line<T>(&self, part: &Spanned<T>) -> u32 {
        line_in_file(self.lines.at(part.span().start), &self.stretches)
    }
}

fn line_in_file(line: u32, stretches: &[Stretch]) -> u32 {
    let known = stretches.partition_point(|(first, _)| *first <= line);
    let stretch = known.checked_sub(1).and_then(|at| stretches.get(at));
    stretch.map_or(line, |(first, in_file)| line - first + in_file)
}

/// What stands at `path`, one key a step.
pub fn at<'v, 't>(table: &'v Table<'t>, path: &[&str]) -> Option<&'v Value<'t>> {
    let (last, folders) = path.split_last()?;
    let mut table = table;
    for folder in folders {
        table = table.get(*folder)?.get_ref().as_table()?;
    }
    table.get(*last)
}

/// The text there.
pub fn text<'v>(table: &'v Table<'_>, path: &[&str]) -> Option<&'v str> {
    at(table, path)?.get_ref().as_str()
}

/// The text that `value` is, a piece of the document where it stands there as it is.
pub fn borrowed<'t>(value: &Value<'t>) -> Option<Cow<'t, str>> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The table there; its entries in the order in which they are written.
pub fn entries<'v, 't>(
    table: &'v Table<'t>,
    path: &[&str],
) -> Vec<(&'v Spanned<toml::de::DeString<'t>>, &'v Value<'t>)> {
    let table = at(table, path).and_then(|value| value.get_ref().as_table());
    let mut entries: Vec<_> = table.into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The items of the list there; none where it is no list.
pub fn items<'v, 't>(table: &'v Table<'t>, path: &[&str]) -> impl Iterator<Item = &'v Value<'t>> + use<'v, 't> {
    at(table, path).and_then(|value| value.get_ref().as_array()).into_iter().flatten()
}

/// The texts of the list there.
pub fn texts(table: &Table<'_>, path: &[&str]) -> Vec<String> {
    items(table, path).filter_map(|item| item.get_ref().as_str()).map(str::to_owned).collect()
}

/// Whether `true` stands there.
pub fn is_set(table: &Table<'_>, path: &[&str]) -> bool {
    at(table, path).and_then(|value| value.get_ref().as_bool()) == Some(true)
}
