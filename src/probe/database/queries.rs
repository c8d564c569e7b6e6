//! The queries that a project sends, each with every place that sends it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::judgement::wording::masked;
use super::lexer::{self, Dialect, Kind};
use crate::model::{CallStatistics, Failure, Span, escape};
use crate::probe::files::MAX_FILE_BYTES;
use crate::probe::source::facts::{CodeIndex, Role};

/// One query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// As written where it was first seen.
    pub sql: String,
    /// Where it is sent, sorted; empty where only the server's statistics know it.
    pub places: Vec<Place>,
    /// The call that sends it, where the text was worked out from a model.
    pub sent_by: Option<String>,
    /// What the server's statistics say of it.
    pub calls: Option<CallStatistics>,
    /// Names it across runs: 16 hexadecimal digits.
    pub id: String,
}

/// A place that sends a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative path with `/`; for a file of queries outside the project, as the user named it.
    pub path: String,
    /// The stretch.
    pub span: Span,
}

impl Query {
    /// A query of which nothing more is known.
    #[must_use]
    pub fn new(sql: &str, dialect: Dialect) -> Self {
        Self::of_form(sql, &form(sql, dialect))
    }

    fn of_form(sql: &str, form: &str) -> Self {
        let digest = Sha256::digest(form.as_bytes());
        let id = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { sql: sql.to_owned(), places: Vec::new(), sent_by: None, calls: None, id }
    }

    /// As written, without what its texts say.
    #[must_use]
    pub fn shown(&self, dialect: Dialect) -> String {
        masked(self.sql.trim(), dialect)
    }

    /// As shown, on one line, comments left out.
    #[must_use]
    pub fn one_line(&self, dialect: Dialect) -> String {
        let shown = self.shown(dialect);
        let Ok(tokens) = lexer::tokens(&shown, dialect) else {
            return escape::line(&shown).into_owned();
        };
        let mut line = String::new();
        for token in tokens.iter().filter(|token| !token.is(";")) {
            if token.spaced && !line.is_empty() {
                line.push(' ');
            }
            line.push_str(token.text);
        }
        line
    }

    /// The first place.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.places.first()
    }
}

/// What was found, before any of it was looked at.
#[derive(Debug, Default)]
pub struct Found {
    /// The queries, sorted by their first place; equal ones are one.
    pub queries: Vec<Query>,
    /// Queries left out because only tests, scripts or migrations send them.
    pub left_out: BTreeMap<&'static str, u64>,
}

impl Found {
    /// The queries of the code that runs in production.
    #[must_use]
    pub fn in_code(index: &CodeIndex, dialect: Dialect) -> Self {
        let mut merged = Merged::new(dialect);
        let mut left_out = BTreeMap::new();
        for file in &index.files {
            let reason = match file.role {
                Role::Test => Some("only sent by tests"),
                Role::Script => Some("only sent by scripts"),
                Role::Migration => Some("part of a migration"),
                Role::Server | Role::Client | Role::Config | Role::Generated => None,
            };
            if let Some(reason) = reason {
                *left_out.entry(reason).or_default() += file.queries.len() as u64;
                continue;
            }
            for query in &file.queries {
                merged.add(&query.sql, query.sent_by.as_deref(), Place { path: file.path.clone(), span: query.span });
            }
        }
        left_out.retain(|_, count| *count > 0);
        Self { queries: merged.finish(), left_out }
    }

    /// As well the statements of a file, `named` as the user will know it. Where a quote or comment is never closed, a line
    /// that ends in a semicolon ends the statement, so that the others are judged all the same.
    pub fn add_file(&mut self, text: &str, named: &str, dialect: Dialect) {
        let mut merged = Merged::new(dialect);
        for query in self.queries.drain(..) {
            for place in query.places {
                merged.add(&query.sql, query.sent_by.as_deref(), place);
            }
        }
        let found = statements(text, dialect).unwrap_or_else(|_| statements_by_lines(text, dialect));
        for (sql, span) in found {
            merged.add(sql, None, Place { path: named.to_owned(), span });
        }
        self.queries = merged.finish();
    }

    /// How many places send the queries.
    #[must_use]
    pub fn places(&self) -> usize {
        self.queries.iter().map(|query| query.places.len()).sum()
    }
}

/// Reads the file of queries that the user named.
///
/// # Errors
/// A line for the user.
pub fn read_file(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let length = std::fs::metadata(path).map(|data| if data.is_file() { data.len() } else { u64::MAX });
    match length {
        Ok(length) if length <= MAX_FILE_BYTES => {}
        Ok(u64::MAX) => return Err(Failure::new(format!("{shown} is not a file; name a file of SQL statements"))),
        Ok(_) => return Err(Failure::new(format!("{shown} is larger than 2 MB; split the file of queries"))),
        Err(error) => return Err(Failure::new(format!("the queries in {shown} cannot be read: {error}"))),
    }
    std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|error| Failure::new(format!("the queries in {shown} cannot be read: {error}")))
}

/// The statements of `text` with where they stand.
fn statements(text: &str, dialect: Dialect) -> Result<Vec<(&str, Span)>, lexer::Unclosed> {
    let tokens = lexer::tokens(text, dialect)?;
    let mut places = Places::of(text);
    let mut found = Vec::new();
    for statement in tokens.split(|token| token.is(";")) {
        let (Some(first), Some(last)) = (statement.first(), statement.last()) else { continue };
        let end = last.start + last.text.len();
        if let Some(sql) = text.get(first.start..end) {
            found.push((sql, places.span(first.start, end)));
        }
    }
    Ok(found)
}

/// As [`statements`], each taken to end where a line ends in a semicolon.
fn statements_by_lines(text: &str, dialect: Dialect) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    let mut places = Places::of(text);
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if !line.trim_end().ends_with(';') && at < text.len() {
            continue;
        }
        let piece = text.get(start..at).unwrap_or_default();
        let sql = piece.trim();
        if !sql.is_empty() && lexer::tokens(sql, dialect).map_or(true, |tokens| !tokens.is_empty()) {
            let from = start + (piece.len() - piece.trim_start().len());
            found.push((sql, places.span(from, from + sql.len())));
        }
        start = at;
    }
    found
}

/// Lines and columns of a text whose places are asked for from front to back.
struct Places<'t> {
    text: &'t str,
    /// What was reached, its line, and where that line begins.
    at: usize,
    line: usize,
    begins: usize,
}

impl<'t> Places<'t> {
    const fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, begins: 0 }
    }

    fn span(&mut self, start: usize, end: usize) -> Span {
        let ((line, column), (end_line, end_column)) = (self.position(start), self.position(end));
        Span { line, column, end_line, end_column }
    }

    fn position(&mut self, at: usize) -> (u32, u32) {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        self.line += passed.bytes().filter(|&byte| byte == b'\n').count();
        self.begins = passed.rfind('\n').map_or(self.begins, |found| self.at + found + 1);
        self.at = self.at.max(at);
        let column = self.text.get(self.begins..at).unwrap_or_default().chars().count() + 1;
        (u32::try_from(self.line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

struct Merged {
    dialect: Dialect,
    queries: Vec<Query>,
    by_form: HashMap<String, usize>,
}

impl Merged {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, queries: Vec::new(), by_form: HashMap::new() }
    }

    fn add(&mut self, sql: &str, sent_by: Option<&str>, place: Place) {
        let form = form(sql, self.dialect);
        match self.by_form.get(&form).and_then(|&index| self.queries.get_mut(index)) {
            Some(query) => query.places.push(place),
            None => {
                let sent_by = sent_by.map(str::to_owned);
                self.queries.push(Query { places: vec![place], sent_by, ..Query::of_form(sql, &form) });
                self.by_form.insert(form, self.queries.len() - 1);
            }
        }
    }

    fn finish(mut self) -> Vec<Query> {
        for query in &mut self.queries {
            query.places.sort();
            query.places.dedup();
        }
        self.queries.sort_by(|a, b| a.places.cmp(&b.places).then_with(|| a.sql.cmp(&b.sql)));
        self.queries
    }
}

/// Equal for queries that differ only in white space, comments and the case of bare words.
fn form(sql: &str, dialect: Dialect) -> String {
    let Ok(tokens) = lexer::tokens(sql, dialect) else { return sql.to_owned() };
    let mut form = String::new();
    for token in tokens.iter().filter(|token| !token.is(";")) {
        match token.kind {
            Kind::Word => form.push_str(&token.text.to_lowercase()),
            _ => form.push_str(token.text),
        }
        form.push(' ');
    }
    form
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::probe::source::facts::{FileFacts, SqlText};

    fn file(path: &str, role: Role, queries: &[(&str, u32)]) -> Arc<FileFacts> {
        let queries = queries
            .iter()
            .map(|&(sql, line)| SqlText { sql: sql.to_owned(), span: Span::line(line), sent_by: None })
            .collect();
        Arc::new(FileFacts { path: path.to_owned(), role, queries, ..FileFacts::default() })
    }

    #[test]
    fn equal_queries_are_one_and_keep_every_place() {
        let index = CodeIndex {
            files: vec![
                file("b.ts", Role::Server, &[("select *\n from T where a = ?", 9)]),
                file("a.ts", Role::Server, &[("SELECT * FROM t WHERE a = ?;", 3), ("SELECT 1", 1)]),
                file("a.test.ts", Role::Test, &[("SELECT 2", 1)]),
                file("1.sql", Role::Migration, &[("UPDATE t SET a = 1", 1), ("UPDATE t SET a = 2", 2)]),
            ]
            .into(),
            ..CodeIndex::default()
        };
        let found = Found::in_code(&index, Dialect::Postgres);
        let seen: Vec<_> = found
            .queries
            .iter()
            .map(|q| q.places.iter().map(|p| (p.path.as_str(), p.span.line)).collect::<Vec<_>>())
            .collect();
        assert_eq!(seen, [vec![("a.ts", 1)], vec![("a.ts", 3), ("b.ts", 9)]]);
        assert_eq!(found.left_out, BTreeMap::from([("only sent by tests", 1), ("part of a migration", 2)]));
    }

    #[test]
    fn a_file_is_split_at_semicolons_that_are_none_of_its_quotes() {
        let text = "-- first\nSELECT ';' ;\n\n;\n  SELECT $$;$$\n   FROM t;\n-- end";
        let mut found = Found::default();
        found.add_file(text, "q.sql", Dialect::Postgres);
        let seen: Vec<_> = found.queries.iter().map(|q| (q.sql.as_str(), q.places[0].span)).collect();
        let span = |line, column, end_line, end_column| Span { line, column, end_line, end_column };
        assert_eq!(seen, [("SELECT ';'", span(2, 1, 2, 11)), ("SELECT $$;$$\n   FROM t", span(5, 3, 6, 10))]);
        let mut found = Found::default();
        found.add_file("SELECT 1;\nSELECT 'x;\nSELECT\n 2;", "q.sql", Dialect::Postgres);
        let seen: Vec<_> = found.queries.iter().map(|q| (q.sql.as_str(), q.places[0].span.line)).collect();
        assert_eq!(seen, [("SELECT 1;", 1), ("SELECT 'x;", 2), ("SELECT\n 2;", 3)]);
    }
}
