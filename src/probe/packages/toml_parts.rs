//! TOML lock files, package by package: a parsed document is many times as large as its text, and a lock file may have
//! tens of megabytes.
//!
//! ```text
//!  version = 4          ┐
//!  [[package]]     ┐    │
//!  name = "a"      │    ├ the head: one document
//!  [[package]]   ┐ │    │
//!  name = "b"    │ │    │
//!  [metadata]    │ │    ┘
//!  …             └ └ entries: a document each, one after another
//! ```

use super::NotUnderstood;
use super::toml_doc::{self, Doc, Stretch, Value};

/// A larger head or entry is refused. Heads have some kilobytes; the largest entries list the wheels of all platforms.
const MAX_PART: usize = 8 * 1024 * 1024;
/// What is passed over is checked in pieces of about this size.
const PIECE: usize = 64 * 1024;

/// What a lock file is made of.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The file as people call it: `poetry.lock`.
    pub what: &'static str,
    /// The list of its packages: each entry begins with `[[package]]`.
    pub list: &'static str,
    /// A table of which nothing is needed and that may be large; empty for none.
    pub passed_over: &'static str,
}

/// A lock file in parts.
pub struct Parts<'t> {
    text: &'t str,
    form: Form,
    head: String,
    stretches: Vec<Stretch>,
    /// Whether there is an entry.
    pub has_entries: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Head,
    Entry,
    PassedOver,
}

/// A stretch of the text.
struct Part<'t> {
    kind: Kind,
    text: &'t str,
    /// Its first line, from 1.
    line: u32,
}

impl<'t> Parts<'t> {
    /// Goes through `text` once.
    ///
    /// # Errors
    /// When it is of a form that no tool writes: with a huge head.
    pub fn of(text: &'t str, form: Form) -> Result<Self, NotUnderstood> {
        let mut parts = Self { text, form, head: String::new(), stretches: Vec::new(), has_entries: false };
        let mut lines = 1;
        for part in parts.parts() {
            if part.kind == Kind::Head {
                parts.stretches.push((lines, part.line));
                parts.head.push_str(part.text);
                lines += breaks(part.text);
                parts.fits(&parts.head, part.line)?;
            }
            parts.has_entries |= part.kind == Kind::Entry;
        }
        Ok(parts)
    }

    /// All but the entries.
    ///
    /// # Errors
    /// When it is not TOML, with the line of the first place in the whole file that is not.
    pub fn head(&self) -> Result<Doc<'_>, NotUnderstood> {
        let broken = match Doc::parse_part(&self.head, self.form.what, self.stretches.clone()) {
            Ok(head) => match toml_doc::at(&head.table, &[self.form.list]) {
                Some(list) if self.has_entries => self.invalid(head.line(list)),
                _ => return Ok(head),
            },
            Err(broken) => broken,
        };
        let is_before = |part: &Part<'_>| broken.line.is_some_and(|line| (part.line as usize) < line);
        let before = self.parts().take_while(is_before).filter(|part| part.kind != Kind::Head);
        Err(before.map(|part| self.parsed(&part)).find_map(Result::err).unwrap_or(broken))
    }

    /// Hands over each entry of the list with the document in which it stands.
    ///
    /// # Errors
    /// When one is not TOML.
    pub fn each<'p>(
        &'p self,
        head: &Doc<'p>,
        mut entry: impl FnMut(&Doc<'p>, &Value<'p>),
    ) -> Result<(), NotUnderstood> {
        let list = [self.form.list];
        toml_doc::items(&head.table, &list).for_each(|item| entry(head, item));
        for part in self.parts().filter(|part| part.kind != Kind::Head) {
            let doc = self.parsed(&part)?;
            if part.kind == Kind::Entry {
                toml_doc::items(&doc.table, &list).for_each(|item| entry(&doc, item));
            }
        }
        Ok(())
    }

    fn parsed(&self, part: &Part<'t>) -> Result<Doc<'t>, NotUnderstood> {
        self.fits(part.text, part.line)?;
        Doc::parse_part(part.text, self.form.what, vec![(1, part.line)])
    }

    fn fits(&self, part: &str, line: u32) -> Result<(), NotUnderstood> {
        if part.len() <= MAX_PART { Ok(()) } else { Err(self.invalid(line)) }
    }

    fn invalid(&self, line: u32) -> NotUnderstood {
        NotUnderstood::at(format!("not a valid {}", self.form.what), line as usize)
    }

    fn parts(&self) -> impl Iterator<Item = Part<'t>> + use<'t> {
        let text = self.text;
        let mut lines = Lines { text, form: self.form, at: 0, number: 1, depth: 0, inside: Kind::Head }.peekable();
        std::iter::from_fn(move || {
            let first = lines.next()?;
            while lines.next_if(|line| !line.begins_after(&first)).is_some() {}
            let end = lines.peek().map_or(text.len(), |next| next.at);
            Some(Part { kind: first.kind, text: text.get(first.at..end).unwrap_or(""), line: first.number })
        })
    }
}

/// How many lines `text` ends.
fn breaks(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// A line that begins outside of every string, to the end of the last string in it.
struct Line {
    at: usize,
    number: u32,
    kind: Kind,
    header: Option<Header>,
    /// It begins outside of every array, too.
    is_top: bool,
}

impl Line {
    /// Whether another part begins here than the one that began with `first`.
    fn begins_after(&self, first: &Self) -> bool {
        let is_much = self.kind == Kind::PassedOver && self.is_top && self.at - first.at >= PIECE;
        self.kind != first.kind || self.header == Some(Header::Entry) || is_much
    }
}

/// What the header of a table is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Entry,
    OfEntry,
    PassedOver,
    Other,
}

/// Goes from line to line, and through strings of several lines (<https://toml.io/en/v1.1.0#string>).
struct Lines<'t> {
    text: &'t str,
    form: Form,
    at: usize,
    number: u32,
    /// How many arrays and inline tables are open.
    depth: usize,
    /// What a line without a header belongs to.
    inside: Kind,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let (at, number) = (self.at, self.number);
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        // No value looks like the header of an entry: what was not closed before it never will be.
        if after_key(rest, "[[", self.form.list).is_some_and(|rest| rest.starts_with("]]")) {
            self.depth = 0;
        }
        let is_top = self.depth == 0;
        let header = if is_top { header(rest, &self.form) } else { None };
        let kind = match header {
            None => self.inside,
            Some(Header::Entry) => Kind::Entry,
            Some(Header::OfEntry) if self.inside == Kind::Entry => Kind::Entry,
            Some(_) => Kind::Head,
        };
        self.inside = if header == Some(Header::PassedOver) { Kind::PassedOver } else { kind };
        self.pass_line();
        Some(Line { at, number, kind, header, is_top })
    }
}

impl Lines<'_> {
    fn pass_line(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\n' => {
                    self.number = self.number.saturating_add(1);
                    return;
                }
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b'#' => self.at += bytes.iter().skip(self.at).take_while(|byte| **byte != b'\n').count(),
                b'"' | b'\'' => self.pass_string(bytes, byte),
                _ => {}
            }
        }
    }

    /// Past the string whose first `quote` was passed. Where it is not closed, to the end of the line or of the text.
    fn pass_string(&mut self, bytes: &[u8], quote: u8) {
        let quotes = |at: usize| bytes.iter().skip(at).take(5).take_while(|byte| **byte == quote).count();
        let is_long = quotes(self.at) >= 2;
        self.at += if is_long { 2 } else { 0 };
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\n' if !is_long => return,
                b'\n' => self.number = self.number.saturating_add(1),
                // What is escaped is no end; a line that is escaped is counted all the same.
                b'\\' if quote == b'"' && bytes.get(self.at + 1) != Some(&b'\n') => self.at += 1,
                // Up to two quotes may stand before the three that end it.
                byte if byte == quote && is_long && quotes(self.at) >= 3 => {
                    self.at += quotes(self.at);
                    return;
                }
                byte if byte == quote && !is_long => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(bytes.len());
    }
}

fn header(line: &str, form: &Form) -> Option<Header> {
    let inner = blank_free(line).strip_prefix('[')?;
    let is_list = inner.starts_with('[');
    let begin = if is_list { "[[" } else { "[" };
    let after = |quote: &str| after_key(line, begin, &format!("{quote}{}{quote}", form.list));
    if !form.passed_over.is_empty() && after_key(line, "[", form.passed_over).is_some_and(|rest| rest.starts_with(']'))
    {
        return Some(Header::PassedOver);
    }
    Some(match ["", "\"", "'"].into_iter().find_map(after) {
        Some(rest) if is_list && rest.starts_with("]]") => Header::Entry,
        Some(rest) if rest.starts_with('.') => Header::OfEntry,
        _ => Header::Other,
    })
}

/// What follows on `begin` and `key`, with blanks around the key.
fn after_key<'l>(line: &'l str, begin: &str, key: &str) -> Option<&'l str> {
    let rest = blank_free(blank_free(line).strip_prefix(begin)?).strip_prefix(key)?;
    Some(blank_free(rest))
}

fn blank_free(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form { what: "x.lock", list: "package", passed_over: "metadata.files" };

    /// `kind line: first line of the part`
    fn told(text: &str) -> Vec<String> {
        let parts = Parts::of(text, FORM).unwrap();
        let parts: Vec<Part<'_>> = parts.parts().collect();
        assert_eq!(parts.iter().map(|part| part.text).collect::<String>(), text);
        let first = |part: &Part<'_>| part.text.lines().next().unwrap_or("").to_owned();
        parts.iter().map(|part| format!("{:?} {}: {}", part.kind, part.line, first(part))).collect()
    }

    /// `name line` of each entry, and the head's own keys with their lines.
    fn read(text: &str) -> Result<Vec<String>, NotUnderstood> {
        let parts = Parts::of(text, FORM)?;
        let head = parts.head()?;
        let mut told: Vec<String> = Vec::new();
        parts.each(&head, |doc, entry| {
            let name = entry.get_ref().as_table().and_then(|table| toml_doc::at(table, &["name"]));
            told.push(name.map_or_else(
                || format!("? {}", doc.line(entry)),
                |name| format!("{} {}", name.get_ref().as_str().unwrap_or("?"), doc.line(name)),
            ));
        })?;
        for (key, _) in toml_doc::entries(&head.table, &["metadata"]) {
            told.push(format!("{} {}", key.get_ref(), head.line(key)));
        }
        Ok(told)
    }

    #[test]
    fn parts_begin_at_headers_alone() {
        let text = "version = 1 # \"\"\"\n[[package]]\nname = \"a\"\ntext = \"\"\"\n[[package]]\n\\\"\"\" \\\n\"\"\"\"\"\n\
            x = [\n  [\"package\"],\n[1]\n]\n[package.more]\ny = '\"\"\"'\n[metadata]\nz = 1\n  [[ \"package\" ]] # b\n\
            name = '''\n[[package]]''' # '''\n[metadata.files]\na = 1\n[other]\n[[package.list]]\n";
        let parts = [
            "Head 1: version = 1 # \"\"\"",
            "Entry 2: [[package]]",
            "Head 14: [metadata]",
            "Entry 16:   [[ \"package\" ]] # b",
            "Head 19: [metadata.files]",
            "PassedOver 20: a = 1",
            "Head 21: [other]",
        ];
        assert_eq!(told(text), parts);
        let open = "x = [[[\n[[package]]\ny = \"\n[[package]]\n";
        assert_eq!(told(open), ["Head 1: x = [[[", "Entry 2: [[package]]", "Entry 4: [[package]]"]);
        assert_eq!(told(""), [""; 0]);
        for cut in 0..text.len() {
            told(&text[..cut]);
        }
    }

    #[test]
    fn lines_are_those_of_the_whole_file() {
        let text = "[[package]]\nname = \"a\"\n\n[metadata]\nx = 1\n[[package]]\nname = \"b\"\n[[package]]\n\n\
            [metadata.more]\n[metadata.files]\nq = [\n]\n";
        assert_eq!(read(text).unwrap(), ["a 2", "b 7", "? 8", "x 5", "more 10", "files 11"]);
        assert_eq!(read("package = [\n{ name = 'a' },\n7]\n").unwrap(), ["a 2", "? 3"]);
    }

    #[test]
    fn what_is_not_toml_is_refused_at_its_first_line() {
        let line = |text: &str| read(text).unwrap_err().line.unwrap();
        let entry = "[[package]]\nname = \"a\"\n";
        assert_eq!(line(&format!("{entry}<<<<<<< HEAD\n{entry}[metadata]\n=======\n")), 3);
        assert_eq!(line(&format!("{entry}{entry}[metadata]\n=======\n")), 6);
        assert_eq!(line(&format!("{entry}{entry}name = \"b\"\n")), 5);
        assert_eq!(line(&format!("{entry}[metadata]\n{entry}[metadata]\n")), 6);
        assert_eq!(line(&format!("[metadata.files]\na = 1\nb = 2\na = 1\n{entry}")), 4);
        // What one document cannot hold together.
        for text in ["package = []\n[[package]]\n", "[package]\n[[package]]\n", "[[package]]\n[x]\n[package.y]\n"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("[[package]]\nx = \"{}\"\n", "x".repeat(MAX_PART))).is_err());
        assert!(read(&format!("x = \"{}\"\n", "x".repeat(MAX_PART))).is_err());
    }
}
