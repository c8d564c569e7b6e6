//! Formats: a text with places that values are put into.

use tree_sitter::Node;

use super::super::code::{Part, Value};
use super::builder::Builder;

impl Builder<'_> {
    /// `format` with `values` in its places, which begin with `mark`: `%` or `{`. Each value comes with its text; one
    /// whose text is `name=…` goes to the place of that name.
    pub(super) fn formatted(&mut self, format: &str, mark: &str, values: &[(String, Value)], node: Node<'_>) -> Value {
        let value = put_in(format, mark, values);
        self.keep_string(&value, node);
        value
    }
}

/// A place in a format.
struct Slot<'f> {
    /// How many bytes it takes.
    length: usize,
    /// The name of the value that it takes, if any.
    name: &'f str,
    /// The place of the value that it takes, if that is said.
    number: Option<usize>,
    /// Only a number can stand here.
    numeric: bool,
}

fn put_in(format: &str, mark: &str, values: &[(String, Value)]) -> Value {
    let mut parts = Vec::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(at) = rest.find(mark) {
        let (before, from) = rest.split_at(at);
        Builder::add_fixed(&mut parts, before);
        let Some(slot) = (if mark == "%" { percent_slot(from) } else { brace_slot(from) }) else {
            // `%%`, `{{` and what is no place stand for themselves.
            let skip = from.chars().take(2).map(char::len_utf8).sum::<usize>();
            let (itself, after) = from.split_at(skip.min(from.len()));
            Builder::add_fixed(&mut parts, itself);
            rest = after;
            continue;
        };
        let by_name = values.iter().find(|(text, _)| text.split('=').next() == Some(slot.name) && text.contains('='));
        let by_number = slot.number.and_then(|number| values.get(number));
        let found = by_name.or(by_number).or_else(|| values.get(next)).or_else(|| values.last());
        next += 1;
        match found {
            Some((text, value)) => {
                let text = if by_name.is_some() { text.split_once('=').map_or("", |(_, value)| value) } else { text };
                // Anything else than a number would fail there.
                let value = if slot.numeric { Value::Computed(Vec::new()) } else { value.clone() };
                parts.push(Part::Expression(text.trim().chars().take(120).collect::<String>().into(), value));
            }
            None => Builder::add_fixed(&mut parts, from.get(..slot.length).unwrap_or("")),
        }
        rest = from.get(slot.length..).unwrap_or("");
    }
    Builder::add_fixed(&mut parts, rest);
    Builder::string(parts)
}

/// A place such as `%s`, `%5.2f`, `%[1]q`, `%1$s`, `%(name)s`, `%<name>s`, `%{name}`.
fn percent_slot(from: &str) -> Option<Slot<'_>> {
    let after = from.get(1..)?;
    for (open, close, sign) in [('(', ')', 1), ('<', '>', 1), ('{', '}', 0)] {
        if let Some(named) = after.strip_prefix(open) {
            let end = named.find(close)?;
            return Some(Slot { length: end + 3 + sign, name: named.get(..end)?, number: None, numeric: false });
        }
    }
    let flags =
        after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '#' | '[' | ']' | '$' | ',')))?;
    let kind = after.get(flags..)?.chars().next()?;
    let said = after.get(..flags)?;
    let number = said
        .split_once('$')
        .map(|(number, _)| number)
        .or_else(|| said.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(number, _)| number))
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| number.checked_sub(1));
    let numeric = matches!(kind, 'd' | 'i' | 'u' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'o' | 'b');
    kind.is_ascii_alphabetic().then_some(Slot { length: flags + 2, name: "", number, numeric })
}

/// A place such as `{}`, `{0}`, `{name!r:>10}`.
fn brace_slot(from: &str) -> Option<Slot<'_>> {
    let inner = from.get(1..)?;
    if inner.starts_with('{') {
        return None;
    }
    let end = inner.find('}')?;
    let name = inner.get(..end)?;
    let name = name.split(['!', ':', '.', '[']).next().unwrap_or("");
    Some(Slot { length: end + 2, name, number: name.parse().ok(), numeric: false })
}
