//! Pages with places that a program fills in. No grammar reads them: a scan finds what is written without being escaped.

use super::super::code::{Place, RawOutput, Value};
use super::super::facts::{FileFacts, Suppression};
use super::comment;
use crate::model::Span;

/// What is written in one place is not longer than this, in bytes.
const MAX_LENGTH: usize = 4096;
/// More places than this in one file are not looked at.
const MAX_OUTPUTS: usize = 2000;

/// How places are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Blade,
    /// Jinja, Twig, Django, Nunjucks.
    Jinja,
    Erb,
    Ejs,
    Handlebars,
    Pug,
    Vue,
    Svelte,
}

/// What stands between two marks.
#[derive(Debug, Clone, Copy)]
enum Between {
    /// Nothing that is written, or something that is escaped.
    Nothing,
    /// Something that is written as it is.
    Raw(&'static str),
    /// Written as it is where a filter says so: `{{ a|safe }}`.
    Filtered,
    /// `{% autoescape off %}`, `{% raw %}`.
    Tag,
    /// Written as it is where a function says so: `<%= raw a %>`, `<%= a.html_safe %>`.
    Marked,
    /// Written as it is, unless it is another template: `<%- include("a") %>`.
    Included,
}

type Mark = (&'static str, &'static str, Between);

impl Dialect {
    /// The dialect of the template at `path`, if it is one.
    pub(super) fn of(path: &str) -> Option<Self> {
        let lower = path.to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        if name.ends_with(".blade.php") {
            return Some(Self::Blade);
        }
        Some(match name.rsplit_once('.')?.1 {
            "twig" | "jinja" | "jinja2" | "j2" | "njk" => Self::Jinja,
            "erb" if name.contains(".html") || folders.contains("views") => Self::Erb,
            "ejs" => Self::Ejs,
            "hbs" | "handlebars" | "mustache" => Self::Handlebars,
            "pug" | "jade" => Self::Pug,
            "html" | "htm" if folders.split('/').any(|part| matches!(part, "templates" | "views")) => Self::Jinja,
            _ => return None,
        })
    }

    /// Its marks; one that begins with another stands before it.
    const fn marks(self) -> &'static [Mark] {
        use Between::{Filtered, Included, Marked, Nothing, Raw, Tag};
        match self {
            Self::Blade => &[
                ("{{--", "--}}", Nothing),
                ("@{!!", "!!}", Nothing),
                ("{!!", "!!}", Raw("{!! !!}")),
                ("{{", "}}", Nothing),
            ],
            Self::Jinja => &[("{#", "#}", Nothing), ("{{", "}}", Filtered), ("{%", "%}", Tag)],
            Self::Erb => &[
                ("<%#", "%>", Nothing),
                ("<%%", "%>", Nothing),
                ("<%==", "%>", Raw("<%==")),
                ("<%=", "%>", Marked),
                ("<%", "%>", Nothing),
            ],
            Self::Ejs => {
                &[("<%#", "%>", Nothing), ("<%%", "%>", Nothing), ("<%-", "%>", Included), ("<%", "%>", Nothing)]
            }
            Self::Handlebars => &[
                ("{{!--", "--}}", Nothing),
                ("{{!", "}}", Nothing),
                ("{{{", "}}}", Raw("{{{ }}}")),
                ("{{&", "}}", Raw("{{& }}")),
                ("{{", "}}", Nothing),
            ],
            Self::Pug => &[("!{", "}", Raw("!{ }"))],
            Self::Vue => {
                &[("<!--", "-->", Nothing), ("v-html=\"", "\"", Raw("v-html")), ("v-html='", "'", Raw("v-html"))]
            }
            Self::Svelte => &[("<!--", "-->", Nothing), ("{@html", "}", Raw("{@html}"))],
        }
    }

    /// The bytes with which its marks begin.
    const fn first(self) -> &'static [char] {
        match self {
            Self::Blade => &['{', '@'],
            Self::Jinja | Self::Handlebars => &['{'],
            Self::Erb | Self::Ejs => &['<'],
            Self::Pug => &['!'],
            Self::Vue => &['<', 'v'],
            Self::Svelte => &['<', '{'],
        }
    }
}

/// The facts of a template.
pub(super) fn lower(path: &str, source: &str) -> FileFacts {
    let mut file = FileFacts { functions: vec![Default::default()], ..FileFacts::default() };
    let Some(dialect) = Dialect::of(path) else { return file };
    file.raw_outputs = raw_outputs(dialect, source);
    comments(source, &mut file);
    file
}

/// What `source` writes into the page without escaping it.
pub(super) fn raw_outputs(dialect: Dialect, source: &str) -> Vec<RawOutput> {
    let lines = Lines::new(source);
    let mut found: Vec<RawOutput> = Vec::new();
    let mut unescaped = false;
    let mut at = 0;
    while let Some(open) = source.get(at..).and_then(|rest| rest.find(dialect.first())).map(|offset| at + offset) {
        let rest = source.get(open..).unwrap_or("");
        let mark = dialect.marks().iter().find(|(mark, ..)| rest.starts_with(mark));
        let Some((mark, close, between)) = mark else {
            at = open + 1;
            continue;
        };
        let start = open + mark.len();
        let Some(length) = ends_after(source, start, close) else {
            at = start;
            continue;
        };
        let end = start + length;
        at = end + close.len();
        let written = source.get(start..end).unwrap_or("").trim().trim_matches('-').trim();
        let form = match between {
            Between::Nothing => None,
            Between::Raw(form) => Some(*form),
            Between::Filtered => filter(written).or(unescaped.then_some("autoescape off")),
            Between::Marked => marked(written),
            Between::Included => (!written.starts_with("include")).then_some("<%-"),
            Between::Tag => {
                match written.split_whitespace().collect::<Vec<_>>().as_slice() {
                    ["autoescape", "off" | "false", ..] => unescaped = true,
                    ["autoescape" | "endautoescape", ..] => unescaped = false,
                    [raw @ ("raw" | "verbatim" | "comment"), ..] => at = end_of_section(source, at, raw),
                    _ => {}
                }
                None
            }
        };
        if let Some(form) = form.filter(|_| !written.is_empty() && found.len() < MAX_OUTPUTS) {
            let shown = if form == "<%= raw" { unwrapped(written) } else { written };
            found.push(output(form, shown, lines.place(source, open, at)));
        }
    }
    if dialect == Dialect::Pug {
        pug_lines(source, &lines, &mut found);
    }
    found
}

/// How far behind `start` the mark `close` stands. Braces of an expression belong to it.
fn ends_after(source: &str, start: usize, close: &str) -> Option<usize> {
    let mut limit = source.len().min(start.saturating_add(MAX_LENGTH));
    while !source.is_char_boundary(limit) {
        limit -= 1;
    }
    let body = source.get(start..limit)?;
    if close != "}" {
        return body.find(close).or_else(|| {
            // Comments may be long.
            matches!(close, "-->" | "--}}" | "#}")
                .then(|| source.get(start..).map_or(0, |rest| rest.find(close).unwrap_or(rest.len())))
        });
    }
    let mut depth = 0_u32;
    for (at, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The end of `{% raw %} … {% endraw %}`.
fn end_of_section(source: &str, from: usize, name: &str) -> usize {
    let end = format!("end{name}");
    source.get(from..).and_then(|rest| rest.find(&end)).map_or(source.len(), |offset| from + offset + end.len())
}

/// The filter that lets an expression pass as it is.
fn filter(written: &str) -> Option<&'static str> {
    let last = |name: &str| {
        written.rsplit('|').next().is_some_and(|last| last.trim() == name) && written.contains('|')
            || written.split('|').skip(1).any(|filter| filter.trim() == name)
    };
    ["safe", "raw", "safeseq"]
        .iter()
        .zip(["|safe", "|raw", "|safeseq"])
        .find(|(name, _)| last(name))
        .map(|(_, form)| form)
}

fn marked(written: &str) -> Option<&'static str> {
    let raw = written.strip_prefix("raw").is_some_and(|rest| rest.starts_with([' ', '(']));
    if raw {
        return Some("<%= raw");
    }
    written.ends_with(".html_safe").then_some(".html_safe")
}

/// `raw(a)` and `raw a` write `a`.
fn unwrapped(written: &str) -> &str {
    let inner = written.strip_prefix("raw").unwrap_or(written).trim();
    inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner).trim()
}

/// `p!= text` and `!= text`.
fn pug_lines(source: &str, lines: &Lines, found: &mut Vec<RawOutput>) {
    for (row, line) in source.lines().enumerate() {
        let Some((before, after)) = line.split_once("!= ") else { continue };
        let tag = before.trim_start().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '#' | '-' | '_'));
        let written = after.trim();
        if tag && !written.is_empty() && written.len() < MAX_LENGTH && found.len() < MAX_OUTPUTS {
            let start = lines.starts.get(row).copied().unwrap_or(0);
            found.push(output("!=", written, lines.place(source, start + before.len(), start + line.len())));
        }
    }
}

fn output(form: &str, written: &str, place: Place) -> RawOutput {
    // What a filter lets pass stands before it.
    let plain = match form {
        "|safe" | "|raw" | "|safeseq" => written.rsplit_once('|').map_or(written, |(before, _)| before.trim()),
        ".html_safe" => written.strip_suffix(".html_safe").unwrap_or(written),
        _ => written,
    };
    let text = written.chars().take(300).collect::<String>().into();
    RawOutput { form: form.into(), value: value(plain), text, function: 0, place }
}

/// A literal, or a plain chain of names: `$post->body`, `@post.body`, `post.body`.
pub(super) fn value(written: &str) -> Value {
    for quote in ['"', '\''] {
        let inner = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote) && !inner.contains("#{")) {
            return Value::Text(inner.into());
        }
    }
    let path = written.replace("?->", ".").replace("->", ".").replace("?.", ".").replace("&.", ".");
    let path = match path.strip_prefix('@') {
        Some(own) => format!("this.{own}"),
        None => path.trim_start_matches('$').to_owned(),
    };
    // `params[:q]`, `_GET['q']`.
    let path = ["[:", "['", "[\""].iter().fold(path, |path, open| path.replace(open, "."));
    let path = path.replace("']", "").replace("\"]", "").replace(']', "");
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    if path.split('.').all(is_name) { Value::Path(path.into()) } else { Value::Unknown }
}

/// Comments that allow a rule, in whatever marks.
pub(super) fn comments(source: &str, file: &mut FileFacts) {
    const MARKS: [&str; 9] = ["{{--", "<!--", "{#", "<%#", "{{!--", "{{!", "//-", "//", "{%"];
    let mut waiting: Vec<usize> = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        let text = line.trim();
        if let Some((before, rest)) = text.split_once(comment::ALLOWS) {
            let end = ["--}}", "-->", "#}", "%>", "}}", "*/", "%}"].iter().filter_map(|mark| rest.find(mark)).min();
            let (rest, after) = rest.split_at(end.unwrap_or(rest.len()));
            let Some((rule, reason)) = comment::allowed(rest) else {
                file.suppressions_without_reason.push(number);
                continue;
            };
            let alone = MARKS.contains(&before.trim()) && after.chars().all(|c| !c.is_alphanumeric() && c != '<');
            if alone {
                waiting.push(file.suppressions.len());
            }
            file.suppressions.push(Suppression { rule: rule.into(), reason: reason.into(), line: number });
        } else if !text.is_empty() {
            // A comment on a line of its own speaks of the next line that holds something.
            for place in waiting.drain(..) {
                if let Some(found) = file.suppressions.get_mut(place) {
                    found.line = number;
                }
            }
        }
    }
}

/// Where the lines of a text begin.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(source: &str) -> Self {
        let after = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(after).collect() }
    }

    pub(super) fn place(&self, source: &str, from: usize, to: usize) -> Place {
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let at = |byte: usize| {
            let line = self.starts.partition_point(|start| *start <= byte).max(1);
            let start = self.starts.get(line - 1).copied().unwrap_or(0);
            (number(line), number(source.get(start..byte).unwrap_or("").chars().count()) + 1)
        };
        let ((line, column), (end_line, end_column)) = (at(from), at(to));
        Place { span: Span { line, column, end_line, end_column }, bytes: (number(from), number(to)) }
    }
}
