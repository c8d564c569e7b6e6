//! TOML with the lines of its parts. What is of a wrong type in one place does not spoil the rest.

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
}

impl<'t> Doc<'t> {
    /// Reads `text`, which people call `what`: `poetry.lock`.
    ///
    /// # Errors
    /// When it is not TOML: cut off, with the marks of a merge, with the same key twice, nested beyond 80 levels.
    pub fn parse(text: &'t str, what: &str) -> Result<Self, NotUnderstood> {
        let lines = Lines::of(text);
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { table: table.into_inner(), lines }),
            Err(error) => {
                let line = error.span().map_or(0, |span| lines.at(span.start) as usize);
                Err(NotUnderstood::at(format!("not a valid {what}"), line))
            }
        }
    }

    /// The line, from 1, on which `part` begins.
    pub fn line<T>(&self, part: &Spanned<T>) -> u32 {
        self.lines.at(part.span().start)
    }
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
