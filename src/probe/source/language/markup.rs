//! The markup of Vue and Svelte components: their elements and the text between them. It has no grammar here; a scan
//! finds where tags begin and end.

use std::ops::Range as Bytes;

use super::super::code::{Element, Value};
use super::super::facts::{FileFacts, Usage};
use super::super::placeholder::{self, Form, Placeholder};
use super::template::{Dialect, Lines, value};

/// More elements than this in one file are not looked at.
const MAX_ELEMENTS: usize = 4000;
/// More attributes than this of one element are not looked at.
const MAX_ATTRIBUTES: usize = 60;
/// An opening tag is not longer than this, in bytes.
const MAX_TAG: usize = 8192;

/// Adds the elements of `source` and what their text stands in for; `other` holds scripts and styles.
pub(super) fn read(dialect: Dialect, source: &str, other: &[Bytes<usize>], file: &mut FileFacts) {
    let Some(page) = page(dialect, source) else { return };
    let lines = Lines::new(source);
    let mut at = page.start;
    let mut elements = 0;
    while elements < MAX_ELEMENTS
        && let Some(open) = source.get(at..page.end).and_then(|rest| rest.find('<')).map(|offset| at + offset)
    {
        text(source, at..open, &lines, file);
        if let Some(part) = other.iter().find(|part| part.contains(&open)) {
            at = part.end.max(open + 1);
            continue;
        }
        let rest = source.get(open..page.end).unwrap_or("");
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(page.end, |end| open + end + 3);
            continue;
        }
        let is_tag = rest.get(1..).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
        let Some(length) = tag_length(rest, dialect).filter(|_| is_tag) else {
            // A tag that ends, or a sign in a text.
            let closes = rest.starts_with("</").then(|| rest.find('>')).flatten();
            at = open + closes.map_or(1, |end| end + 1);
            continue;
        };
        let tag = rest.get(1..length - 1).unwrap_or("").trim_end_matches('/');
        let name_end = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let (name, given) = tag.split_at(name_end);
        file.elements.push(Element {
            name: name.into(),
            attributes: attributes(given, dialect),
            function: 0,
            place: lines.place(source, open, open + length),
        });
        elements += 1;
        at = open + length;
    }
}

/// Where the markup stands; around Vue's stand blocks of data.
fn page(dialect: Dialect, source: &str) -> Option<Bytes<usize>> {
    match dialect {
        Dialect::Vue => {
            let start = source.find("<template")?;
            Some(start..source.rfind("</template>").filter(|end| *end > start).unwrap_or(source.len()))
        }
        Dialect::Svelte => Some(0..source.len()),
        _ => None,
    }
}

/// Keeps a text of the page that stands in for something.
fn text(source: &str, range: Bytes<usize>, lines: &Lines, file: &mut FileFacts) {
    let Some(text) = source.get(range.clone()) else { return };
    let plain = text.trim();
    // A place that is filled in says nothing itself.
    if plain.is_empty() || plain.starts_with('{') {
        return;
    }
    let Some((kind, part)) = placeholder::kind(plain) else { return };
    let start = range.start + text.find(part).unwrap_or(0);
    let place = lines.place(source, start, start + part.len());
    file.placeholders.push(Placeholder {
        kind,
        form: Form::Page,
        text: part.chars().take(80).collect::<String>().into(),
        name: Box::default(),
        usage: Usage::Other,
        span: place.span,
        bytes: place.bytes,
        function: 0,
        dev_only: false,
    });
}

/// How long the opening tag at the start of `rest` is. A `>` may stand in an attribute: `@click="() => a > b"`.
fn tag_length(rest: &str, dialect: Dialect) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_u32;
    let braces = dialect == Dialect::Svelte;
    for (at, c) in rest.char_indices().take_while(|(at, _)| *at < MAX_TAG) {
        match (quote, c) {
            (None, '"' | '\'' | '`') if depth == 0 || c != '`' => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '{') if braces => depth += 1,
            (None, '}') if braces => depth = depth.saturating_sub(1),
            (None, '>') if depth == 0 => return Some(at + 1),
            (None, '<') if depth == 0 && at > 0 => return None,
            _ => {}
        }
    }
    None
}

/// The attributes of a tag with their values: literals, and expressions as far as they are names.
fn attributes(given: &str, dialect: Dialect) -> Vec<(Box<str>, Value)> {
    let mut found: Vec<(Box<str>, Value)> = Vec::new();
    let mut rest = given.trim_start();
    while !rest.is_empty() && found.len() < MAX_ATTRIBUTES {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end.max(1).min(rest.len()));
        let after = after.trim_start();
        if let Some(inner) = name.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            // Svelte's `{src}` and `{...rest}`.
            match inner.strip_prefix("...") {
                Some(spread) => found.push(("...".into(), value(spread))),
                None => found.push((inner.into(), value(inner))),
            }
            rest = after;
            continue;
        }
        let Some(after) = after.strip_prefix('=').map(str::trim_start) else {
            found.push((name.into(), Value::Bool(true)));
            rest = after;
            continue;
        };
        let (written, next) = written(after);
        let bound = name.strip_prefix("v-bind:").or_else(|| name.strip_prefix(':'));
        found.push(match (bound, dialect) {
            (Some(name), Dialect::Vue) => (name.trim_start_matches('.').into(), value(written.trim())),
            (_, Dialect::Svelte) => match written.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
                Some(inner) => (name.into(), value(inner.trim())),
                None => (name.into(), Value::Text(written.into())),
            },
            _ => (name.into(), Value::Text(written.into())),
        });
        rest = next;
    }
    found
}

/// The value at the start of `after`, without its quotes, and what follows it.
fn written(after: &str) -> (&str, &str) {
    let first = after.chars().next().unwrap_or(' ');
    if matches!(first, '"' | '\'') {
        let inner = after.get(1..).unwrap_or("");
        let end = inner.find(first).unwrap_or(inner.len());
        return (inner.get(..end).unwrap_or(""), inner.get(end + 1..).unwrap_or("").trim_start());
    }
    let mut depth = 0_u32;
    let end = after.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => return Some(at),
            _ => {}
        }
        None
    });
    let (value, rest) = after.split_at(end.unwrap_or(after.len()));
    (value, rest.trim_start())
}
