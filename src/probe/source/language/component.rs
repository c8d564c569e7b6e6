//! Single-file components of Vue and Svelte: scripts in a page. Only the scripts are parsed, where they stand, so that
//! every place in the facts is one of the whole file.

use std::ops::Range as Bytes;

use tree_sitter::{Point, Range};

use super::super::facts::{FileFacts, Language};
use super::markup;
use super::template::{self, Dialect};

/// More scripts than this are not looked for in one file.
const MAX_SCRIPTS: usize = 20;
/// An opening tag is not longer than this.
const MAX_TAG: usize = 4096;

/// The parts of a component.
#[derive(Debug)]
pub(super) struct Component {
    /// The language of its scripts.
    pub language: Language,
    /// Where its scripts stand.
    pub scripts: Vec<Range>,
    dialect: Dialect,
    /// Scripts and styles, which are no markup.
    other: Vec<Bytes<usize>>,
}

/// The parts of the component that `path` is, if it is one.
pub(super) fn of(path: &str, source: &str) -> Option<Component> {
    let dialect = match path.rsplit('.').next() {
        Some("vue") => Dialect::Vue,
        Some("svelte") => Dialect::Svelte,
        _ => return None,
    };
    let mut found = Component { language: Language::JavaScript, scripts: Vec::new(), dialect, other: Vec::new() };
    let mut at = 0;
    while let Some(open) = source.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset) {
        let rest = source.get(open..).unwrap_or("");
        at = open + 1;
        let name = if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(source.len(), |end| open + end);
            continue;
        } else if is_tag(rest, "<script") {
            "</script"
        } else if is_tag(rest, "<style") {
            "</style"
        } else {
            continue;
        };
        let Some(tag) = opening_tag(rest) else { continue };
        let start = open + tag.len();
        if tag.ends_with("/>") {
            at = start;
            continue;
        }
        let end = source.get(start..).and_then(|body| body.find(name)).map_or(source.len(), |length| start + length);
        at = end;
        found.other.push(open..end);
        if name == "</script" && holds_code(tag) && found.scripts.len() < MAX_SCRIPTS && start < end {
            found.scripts.push(range(source, start, end));
            found.language = match attribute(tag, "lang") {
                Some("tsx") => Language::Tsx,
                Some("ts" | "typescript") if found.language != Language::Tsx => Language::TypeScript,
                _ => found.language,
            };
        }
    }
    Some(found)
}

impl Component {
    /// Adds what stands around the scripts: elements, what is written into the page without being escaped, and comments.
    pub(super) fn markup(&self, source: &str, file: &mut FileFacts) {
        let mut outputs = template::raw_outputs(self.dialect, source);
        outputs.retain(|output| {
            let from = output.place.bytes.0 as usize;
            !self.other.iter().any(|part| part.contains(&from))
        });
        file.raw_outputs.extend(outputs);
        markup::read(self.dialect, source, &self.other, file);
        let in_script = |line: u32| {
            let row = line.saturating_sub(1) as usize;
            self.scripts.iter().any(|script| script.start_point.row <= row && row <= script.end_point.row)
        };
        let mut around = FileFacts::default();
        template::comments(source, &mut around);
        file.suppressions.extend(around.suppressions.into_iter().filter(|allowed| !in_script(allowed.line)));
        let without = around.suppressions_without_reason.into_iter().filter(|line| !in_script(*line));
        file.suppressions_without_reason.extend(without);
    }
}

fn is_tag(rest: &str, open: &str) -> bool {
    rest.strip_prefix(open).is_some_and(|after| after.starts_with(|c: char| c.is_whitespace() || c == '>'))
}

/// The opening tag at the start of `rest`. A `>` may stand in an attribute: `generic="T extends Array<string>"`.
fn opening_tag(rest: &str) -> Option<&str> {
    let mut quote = None;
    for (at, c) in rest.char_indices().take(MAX_TAG) {
        match (quote, c) {
            (None, '>') => return rest.get(..=at),
            (None, '<') if at > 0 => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The value of an attribute of a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = tag.split_once(&format!(" {name}="))?;
    let quote = after.chars().next()?;
    match quote {
        '"' | '\'' => after.get(1..)?.split(quote).next(),
        _ => after.split([' ', '>', '/']).next(),
    }
}

/// Whether a script is code and no data.
fn holds_code(tag: &str) -> bool {
    attribute(tag, "type").is_none_or(|kind| kind == "module" || kind.contains("javascript"))
}

fn range(source: &str, start: usize, end: usize) -> Range {
    let point = |byte: usize| {
        let before = source.get(..byte).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        Point { row: before.matches('\n').count(), column: byte - line }
    };
    Range { start_byte: start, end_byte: end, start_point: point(start), end_point: point(end) }
}
