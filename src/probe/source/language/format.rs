//! Formats, and the values that are put into their places.

use super::super::code::{Part, Value};
use super::builder::Builder;

/// Puts `values` into the places of `format`. A value with the name of a place goes there (its text is `name=…`).
pub(super) fn put_in(format: &str, mark: &str, values: &[(String, Value)]) -> Value {
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
