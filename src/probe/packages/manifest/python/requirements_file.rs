//! Requirements files, line by line (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>), with what
//! pip-compile and uv note in them.

use super::super::{Declared, Manifest, Pin, Source, reason};
use super::{DEVELOPMENT, Requirement, place_of};
use crate::probe::packages::Scope;

/// One line, joined with those that it goes on in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u32,
    /// Without comments.
    pub text: String,
    /// Who asks for it, by the notes of a compiler: `flask`, `-r requirements.in`, `shop (pyproject.toml)`.
    pub via: Vec<String>,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said<'t> {
    /// It asks for a package of a registry or of an address that has a name.
    Requirement(Requirement<'t>),
    /// It asks for what lies at an address that gives no name, or only in a fragment.
    Place {
        /// The best name that the address gives.
        name: String,
        /// Where it leads.
        source: Source,
        /// How firmly.
        pin: Pin,
    },
    /// It reads another file.
    Include(&'t str),
    /// It reads another file's versions, which hold for whatever is asked for elsewhere.
    Constraints(&'t str),
    /// Settings that ask for nothing.
    Setting,
    /// It makes no sense.
    Odd,
}

/// The lines of a file, those with nothing but comments left out.
pub fn lines(text: &str) -> impl Iterator<Item = Line> {
    Lines { numbered: (1..).zip(text.lines()), open: None, last: None, noting: false }
}

/// Files are large: one line is held at a time.
struct Lines<'t> {
    numbered: std::iter::Zip<std::ops::RangeFrom<u32>, std::str::Lines<'t>>,
    /// What goes on in the next line.
    open: Option<Line>,
    /// What the notes belong to that follow.
    last: Option<Line>,
    /// Whether the notes of the line before go on.
    noting: bool,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while let Some((number, line)) = self.numbered.next() {
            if let Some(done) = self.feed(number, line) {
                return Some(done);
            }
        }
        let open = self.open.take().map(|mut open| {
            open.text = open.text.trim().to_owned();
            open
        });
        match self.last.take() {
            Some(last) => {
                self.open = open;
                Some(last)
            }
            None => open.filter(|line| !line.text.is_empty()),
        }
    }
}

impl Lines<'_> {
    /// Takes one more line in. What is complete with that is returned.
    fn feed(&mut self, number: u32, line: &str) -> Option<Line> {
        let is_comment = line.trim_start().starts_with('#');
        let mut joined = self.open.take().unwrap_or_default();
        if joined.text.trim().is_empty() {
            joined.number = number;
        }
        // As pip does: a comment line ends what it stands in, whatever its last character is.
        if let Some(start) = line.trim_end().strip_suffix('\\').filter(|_| !is_comment) {
            joined.text.push_str(start);
            self.open = Some(joined);
            return None;
        }
        let (said, comment) = if is_comment { ("", line.trim_start().get(1..)) } else { without_comment(line) };
        joined.text.push_str(said);
        joined.text = joined.text.trim().to_owned();
        let indented = line.starts_with(char::is_whitespace);
        self.noting &= is_comment && indented;
        let mut done = None;
        if !joined.text.is_empty() {
            done = self.last.replace(joined);
            self.noting = false;
        }
        if let (Some(comment), Some(last)) = (comment.map(str::trim), self.last.as_mut())
            && (indented || !is_comment)
        {
            let notes = comment.strip_prefix("via").filter(|rest| rest.is_empty() || rest.starts_with(' '));
            self.noting |= notes.is_some();
            if self.noting {
                let names = notes.unwrap_or(comment).split(',').map(str::trim).filter(|name| !name.is_empty());
                last.via.extend(names.map(str::to_owned));
            }
        }
        done
    }
}

fn without_comment(line: &str) -> (&str, Option<&str>) {
    let mut before = None;
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_none_or(char::is_whitespace) {
            return (line.get(..at).unwrap_or(line), line.get(at + 1..));
        }
        before = Some(c);
    }
    (line, None)
}

impl Line {
    /// What it says.
    #[must_use]
    pub fn said(&self) -> Said<'_> {
        if let Some(option) = self.text.strip_prefix('-') {
            if let Some(path) = value_of(option, "-requirement", 'r') {
                return Said::Include(path);
            }
            if let Some(path) = value_of(option, "-constraint", 'c') {
                return Said::Constraints(path);
            }
            return value_of(option, "-editable", 'e').map_or(Said::Setting, place);
        }
        // Options of this requirement: hashes, build settings.
        let text = self.text.split(" --").next().unwrap_or(&self.text).trim();
        match Requirement::parse(text) {
            Some(requirement) if !(requirement.specifiers.is_empty() && is_archive(text)) => {
                Said::Requirement(requirement)
            }
            _ if is_place(text) => place(text),
            _ => Said::Odd,
        }
    }
}

/// The value of `-r path`, `-rpath`, `--requirement path` and `--requirement=path`; `option` has lost its first dash.
fn value_of<'t>(option: &'t str, long: &str, short: char) -> Option<&'t str> {
    let rest = match option.strip_prefix(long) {
        Some(rest) => rest.strip_prefix('=').or_else(|| rest.strip_prefix(char::is_whitespace))?,
        None => option.strip_prefix(short)?,
    };
    Some(rest.trim()).filter(|value| !value.is_empty())
}

/// Whether a place is an archive, as its name ends.
pub(super) fn is_archive(text: &str) -> bool {
    let text = without_marker(text);
    [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].iter().any(|end| text.ends_with(end))
}

fn is_place(text: &str) -> bool {
    let text = without_marker(text);
    text.contains("://") || text.starts_with(['.', '/']) || is_archive(text) || text.contains('/')
}

fn without_marker(text: &str) -> &str {
    text.split(" ;").next().unwrap_or(text).trim()
}

/// A folder, an archive or an address. The name is `#egg=name`, else the beginning of the archive's name, else the
/// repository's; never what stands before an `@`, which may be a password.
fn place(text: &str) -> Said<'_> {
    let text = without_marker(text);
    if let Some(requirement) = Requirement::parse(text).filter(|requirement| requirement.url.is_some()) {
        return Said::Requirement(requirement);
    }
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let (source, pin) = place_of(text);
    let path = address.split('?').next().unwrap_or(address);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let last = if source == Source::Git { last.split('@').next().unwrap_or(last) } else { last };
    let name = match egg {
        Some(egg) => egg.split('[').next().unwrap_or(egg),
        None if is_archive(last) => last.split('-').next().unwrap_or(last),
        None => last.trim_end_matches(".git"),
    };
    Said::Place { name: name.to_owned(), source, pin }
}

/// Whether a requirements file of this path is for development, by its name or its folder's.
#[must_use]
pub fn says_development(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let folder = parts.next().unwrap_or("");
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let mut words = stem.split(['-', '_', '.']);
    words.any(|word| DEVELOPMENT.contains(&word)) || matches!(folder, "doc" | "docs" | "test" | "tests")
}

/// Adds what the file asks for itself.
pub(in super::super) fn declare(text: &str, manifest: &mut Manifest) {
    let scope = if says_development(&manifest.path) { Scope::Development } else { Scope::Production };
    for line in lines(text) {
        match line.said() {
            Said::Requirement(requirement) => manifest.add(&requirement, scope, false, line.number),
            // A folder of the project has no name here but its own.
            Said::Place { name, source: Source::Own, .. } => {
                let text = line.text.strip_prefix("-e").or_else(|| line.text.strip_prefix("--editable"));
                let folder = text.unwrap_or(&line.text).trim_start_matches(['=', ' ']);
                manifest.place(&name, folder);
            }
            Said::Place { name, source, pin } => manifest.declared.push(Declared {
                name,
                alias: None,
                range: String::new(),
                scope,
                optional: false,
                source,
                pin,
                line: line.number,
            }),
            Said::Include(_) | Said::Constraints(_) | Said::Setting => {}
            Said::Odd => manifest.gaps.add(reason::ENTRY, &format!("line {}", line.number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        lines(text).map(|line| format!("{} {} <{}>", line.number, line.text, line.via.join("; "))).collect()
    }

    #[test]
    fn lines_are_joined_and_notes_belong_to_the_line_before() {
        let text = "# made by a compiler\n\ncertifi==2022.12.7 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    \
            # via requests\nflask==3.0.0\n    # via\n    #   -r requirements.in\n    #   flask-cors\n# The following\n\
            idna==3.4  # via requests, -r a.in\nsix==1.16 # viable\na \\\n# comment \\\nb==1.0\n";
        assert_eq!(
            told(text),
            [
                "3 certifi==2022.12.7     --hash=sha256:aa     --hash=sha256:bb <requests>",
                "7 flask==3.0.0 <-r requirements.in; flask-cors>",
                "12 idna==3.4 <requests; -r a.in>",
                "13 six==1.16 <>",
                "14 a <>",
                "16 b==1.0 <>",
            ]
        );
        assert_eq!(told("x==1 \\"), ["1 x==1 <>"]);
        assert_eq!(told("\\\n\\\nx==1"), ["3 x==1 <>"]);
    }

    #[test]
    fn every_kind_of_line_is_told() {
        let said = |text: &str| format!("{:?}", Line { text: text.to_owned(), ..Line::default() }.said());
        for (text, start) in [
            ("-r base.txt", "Include(\"base.txt\")"),
            ("--requirement=base.txt", "Include(\"base.txt\")"),
            ("-cc.txt", "Constraints(\"c.txt\")"),
            ("--constraint c.txt", "Constraints(\"c.txt\")"),
            ("--index-url https://u:p@x.example/simple", "Setting"),
            ("--editable=./libs/a", "Place { name: \"a\", source: Own, pin: Exact }"),
            ("-e git+https://u:p@x.example/o/x.git@main#egg=y[z]", "Place { name: \"y\", source: Git, pin: Loose }"),
            ("git+https://u:p@x.example/o/x.git", "Place { name: \"x\", source: Git, pin: Loose }"),
            ("https://x.example/y-1.0-py3-none-any.whl", "Place { name: \"y\", source: Url, pin: Loose }"),
            ("vendor/y-1.0.whl ; os_name == 'nt'", "Place { name: \"y\", source: Url, pin: Exact }"),
            ("y-1.0.tar.gz", "Place { name: \"y\", source: Url, pin: Exact }"),
            (".", "Place { name: \".\", source: Own, pin: Exact }"),
            ("./libs/mine[x]", "Place { name: \"mine[x]\", source: Own, pin: Exact }"),
            ("!!!", "Odd"),
            ("<<<<<<< HEAD", "Odd"),
        ] {
            assert_eq!(said(text), start, "{text}");
        }
        assert!(said("a==1 --hash=sha256:aa").starts_with("Requirement(Requirement { name: \"a\""));
    }
}
