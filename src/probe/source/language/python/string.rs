//! Strings, and the ways to put values into them.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Part, Value};

impl Walk<'_> {
    /// A string literal, f-strings included.
    pub(super) fn string(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let mut parts = Vec::new();
        let mut raw = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::StringStart => raw = self.to.text(child).contains(['r', 'R']),
                K::StringContent => {
                    let text = self.to.text(child);
                    let text = if raw { text.into() } else { Builder::unescape(text) };
                    Builder::add_fixed(&mut parts, &text);
                }
                K::Interpolation => self.interpolation(cursor, &mut parts),
                _ => {}
            }
        });
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    fn interpolation(&mut self, cursor: &mut TreeCursor<'_>, parts: &mut Vec<Part>) {
        each(cursor, |cursor| {
            if self.field(cursor) == F::Expression {
                let at = self.to.at;
                self.to.at.in_join = true;
                self.to.at.awaited = false;
                let value = self.expression(cursor);
                self.to.at = at;
                let text = self.to.text(cursor.node());
                Builder::add_expression(parts, text, value);
            }
        });
    }

    /// `"a" "b"`: literals side by side.
    pub(super) fn side_by_side(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        self.to.at.in_join = true;
        let mut parts = Vec::new();
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                let value = self.expression(cursor);
                Builder::add_expression(&mut parts, "", value);
            }
        });
        self.to.at = saved;
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    /// `"… %s" % values`.
    pub(super) fn percent(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let saved = self.to.at;
        self.to.at.in_join = true;
        self.to.at.awaited = false;
        self.to.at.chained = None;
        let at = self.to.at;
        let format = self.expression(&mut left.walk());
        self.to.at = at;
        let given = self.expression(&mut right.walk());
        self.to.at = saved;
        let Value::Text(format) = format else { return Value::Computed(vec![format, given]) };
        let values: Vec<(String, Value)> = match (given, self.kind(right)) {
            (Value::Array(items), K::Tuple) => {
                let mut walk = right.walk();
                let nodes: Vec<Node<'_>> = right.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
                items.into_iter().zip(nodes).map(|(item, node)| (self.to.text(node).to_owned(), item)).collect()
            }
            (given, _) => vec![(self.to.text(right).to_owned(), given)],
        };
        let value = put_in(&format, "%", &values);
        self.to.keep_string(&value, node);
        value
    }

    /// `"… {}".format(values)`.
    pub(super) fn format(&mut self, format: &str, values: &[(String, Value)], node: Node<'_>) -> Value {
        let value = put_in(format, "{", values);
        self.to.keep_string(&value, node);
        value
    }
}

/// Puts `values` into the places of `format`. A value with the name of a place goes there (its text is `name=…`).
fn put_in(format: &str, mark: &str, values: &[(String, Value)]) -> Value {
    let mut parts = Vec::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(at) = rest.find(mark) {
        let (before, from) = rest.split_at(at);
        Builder::add_fixed(&mut parts, before);
        let Some((length, name)) = (if mark == "%" { percent_place(from) } else { brace_place(from) }) else {
            // `%%`, `{{` and what is no place stand for themselves.
            let skip = from.chars().take(2).map(char::len_utf8).sum::<usize>();
            let (itself, after) = from.split_at(skip.min(from.len()));
            Builder::add_fixed(&mut parts, itself);
            rest = after;
            continue;
        };
        let by_name = values.iter().find(|(text, _)| text.split('=').next() == Some(name) && text.contains('='));
        let by_number = name.parse::<usize>().ok().and_then(|number| values.get(number));
        let found = by_name.or(by_number).or_else(|| values.get(next)).or_else(|| values.last());
        next += 1;
        match found {
            Some((text, value)) => {
                let text = text.split_once('=').map_or(text.as_str(), |(_, value)| value);
                parts.push(Part::Expression(text.trim().chars().take(120).collect::<String>().into(), value.clone()));
            }
            None => Builder::add_fixed(&mut parts, from.get(..length).unwrap_or("")),
        }
        rest = from.get(length..).unwrap_or("");
    }
    Builder::add_fixed(&mut parts, rest);
    Builder::string(parts)
}

/// Length and name of a place such as `%s`, `%(name)s`, `%5.2f`.
fn percent_place(from: &str) -> Option<(usize, &str)> {
    let after = from.get(1..)?;
    if let Some(named) = after.strip_prefix('(') {
        let end = named.find(')')?;
        return Some((end + 4, named.get(..end)?));
    }
    let flags = after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '#')))?;
    let kind = after.get(flags..)?.chars().next()?;
    kind.is_ascii_alphabetic().then_some((flags + 2, ""))
}

/// Length and name of a place such as `{}`, `{0}`, `{name!r:>10}`.
fn brace_place(from: &str) -> Option<(usize, &str)> {
    let inner = from.get(1..)?;
    if inner.starts_with('{') {
        return None;
    }
    let end = inner.find('}')?;
    let name = inner.get(..end)?;
    let name = name.split(['!', ':', '.', '[']).next().unwrap_or("");
    Some((end + 2, name))
}
