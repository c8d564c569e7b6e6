//! Strings: put together from parts, and kept where they are SQL or an address.

use tree_sitter::Node;

use super::super::code::{Part, Value, joined};
use super::super::facts::{Endpoint, SqlText};
use super::super::placeholder::{self, Form, Placeholder};
use super::super::sql_text;
use super::builder::Builder;

/// Longer literals are data, and are kept only up to here, in bytes.
const MAX_TEXT: usize = 16 * 1024;

impl Builder<'_> {
    /// Adds an expression to a string under way.
    pub(super) fn add_expression(parts: &mut Vec<Part>, text: &str, value: Value) {
        match value {
            Value::Text(fixed) => Self::add_fixed(parts, &fixed),
            Value::Template(inner) => {
                for part in inner {
                    match part {
                        Part::Fixed(fixed) => Self::add_fixed(parts, &fixed),
                        expression @ Part::Expression(..) => parts.push(expression),
                    }
                }
            }
            value => {
                let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
                parts.push(Part::Expression(shown.chars().take(120).collect::<String>().into(), value));
            }
        }
    }

    pub(super) fn add_fixed(parts: &mut Vec<Part>, fixed: &str) {
        if let Some(Part::Fixed(last)) = parts.last_mut() {
            if last.len() < MAX_TEXT {
                *last = format!("{last}{fixed}").into();
            }
        } else if !fixed.is_empty() {
            parts.push(Part::Fixed(fixed.into()));
        }
    }

    /// A string from its parts.
    pub(super) fn string(mut parts: Vec<Part>) -> Value {
        match parts.as_mut_slice() {
            [] => Value::Text(Box::default()),
            [Part::Fixed(text)] => Value::Text(std::mem::take(text)),
            _ => Value::Template(parts),
        }
    }

    /// As much of a literal as is kept.
    pub(super) fn bounded(raw: &str) -> &str {
        let end = (0..=MAX_TEXT.min(raw.len())).rev().find(|&end| raw.is_char_boundary(end)).unwrap_or(0);
        raw.get(..end).unwrap_or("")
    }

    /// The text of a literal without its escapes, and not longer than data would be.
    pub(super) fn unescape(raw: &str) -> Box<str> {
        let raw = Self::bounded(raw);
        if !raw.contains('\\') {
            return raw.into();
        }
        let mut text = String::with_capacity(raw.len());
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r' | '\n') | None => {}
                Some(other) => text.push(other),
            }
        }
        text.into()
    }

    /// Keeps a finished string literal where it is SQL or an address.
    pub(super) fn keep_string(&mut self, value: &Value, node: Node<'_>) {
        if self.at.in_join {
            return;
        }
        let looks = |text: &str| {
            let first = text.trim_start().as_bytes().first().map_or(0, |b| b | 0x20);
            matches!(first, b's' | b'i' | b'u' | b'd' | b'w' | b'(')
        };
        match value {
            Value::Text(text) => {
                if looks(text) && sql_text::is_statement(text) {
                    let span = self.place(node).span;
                    self.file.queries.push(SqlText { sql: text.to_string(), span, sent_by: None });
                }
                self.keep_endpoint(text, node);
                self.keep_placeholder(Form::Literal, text, node);
            }
            Value::Template(parts) => {
                let text = joined(parts);
                if looks(&text) && sql_text::is_statement(&text) {
                    let span = self.place(node).span;
                    self.file.queries.push(SqlText { sql: text.clone(), span, sent_by: None });
                }
                self.keep_endpoint(&text, node);
            }
            _ => {}
        }
    }

    /// Keeps a text that stands in for something.
    pub(super) fn keep_placeholder(&mut self, form: Form, text: &str, node: Node<'_>) {
        let Some((kind, part)) = placeholder::kind(text) else { return };
        let text = part.chars().take(80).collect::<String>().into();
        let place = self.place(node);
        let at = self.at;
        self.file.placeholders.push(Placeholder {
            kind,
            form,
            text,
            name: if form == Form::Literal { self.goes_to.clone() } else { Box::default() },
            usage: at.usage,
            span: place.span,
            bytes: place.bytes,
            function: at.function,
            dev_only: at.dev_only,
        });
    }

    fn keep_endpoint(&mut self, text: &str, node: Node<'_>) {
        let names_place = || ["://", "localhost", "127.0.0.1", "@tcp(", "host="].iter().any(|mark| text.contains(mark));
        if text.len() < 400 && names_place() {
            let place = self.place(node);
            self.file.endpoints.push(Endpoint {
                text: text.into(),
                span: place.span,
                bytes: place.bytes,
                usage: self.at.usage,
                name: self.goes_to.clone(),
                dev_only: self.at.dev_only,
            });
        }
    }
}
