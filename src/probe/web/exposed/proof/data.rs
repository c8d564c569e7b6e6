//! Files of data: known by their first bytes.

use super::{Answer, Found, plain};
use crate::model::Severity::{Blocker, Minor};

/// A dump of a database as SQL.
pub fn sql(answer: &Answer) -> Option<Found> {
    let text = answer.text.trim_start();
    if !answer.is_success()
        || answer.kind.contains("html")
        || answer.kind.contains("json")
        || text.starts_with(['<', '{', '['])
    {
        return None;
    }
    let marked = ["-- MySQL dump", "-- MariaDB dump", "-- PostgreSQL database dump", "-- phpMyAdmin SQL Dump"]
        .iter()
        .any(|mark| text.lines().take(20).any(|line| line.trim_start().starts_with(mark)));
    let statement = |line: &str| {
        let start: String = line.trim_start().chars().take(40).collect::<String>().to_ascii_uppercase();
        ["CREATE TABLE ", "INSERT INTO ", "DROP TABLE IF EXISTS ", "COPY PUBLIC.", "PRAGMA FOREIGN_KEYS"]
            .iter()
            .any(|word| start.starts_with(word))
    };
    let statements = text.lines().filter(|line| statement(line)).count();
    // Two statements at the beginnings of lines, and the marks of SQL: a text about SQL hardly has them.
    (marked || statements >= 2 && text.contains(';') && text.contains('('))
        .then(|| Found::new(Blocker, "a dump of a database").detail(size(answer)))
}

/// The header of an SQLite file (sqlite.org/fileformat2.html, section 1.3).
pub fn sqlite(answer: &Answer) -> Option<Found> {
    (answer.is_success() && answer.bytes.starts_with(b"SQLite format 3\0"))
        .then(|| Found::new(Blocker, "an SQLite database").detail(size(answer)))
}

/// A zip archive with at least one file (APPNOTE, section 4.3.7): the version needed is 1.0 to 6.3.
pub fn zip(answer: &Answer) -> Option<Found> {
    let version = answer.bytes.get(4).copied().unwrap_or_default();
    (answer.is_success() && answer.bytes.starts_with(b"PK\x03\x04") && (10..=63).contains(&version))
        .then(|| Found::new(Blocker, "a zip archive").detail(size(answer)))
}

/// A gzip file (RFC 1952): deflate, no reserved flag.
pub fn gzip(answer: &Answer) -> Option<Found> {
    let flags = answer.bytes.get(3).copied().unwrap_or(0xff);
    let markup = answer.kind.contains("html") || answer.kind.contains("json");
    (answer.is_success()
        && !markup
        && answer.bytes.starts_with(&[0x1f, 0x8b, 8])
        && flags & 0xe0 == 0
        && answer.bytes.len() > 20)
        .then(|| Found::new(Blocker, "a packed archive").detail(size(answer)))
}

/// A folder listing of macOS.
pub fn ds_store(answer: &Answer) -> Option<Found> {
    (answer.is_success() && answer.bytes.starts_with(&[0, 0, 0, 1]) && answer.bytes.get(4..8) == Some(b"Bud1"))
        .then(|| Found::new(Minor, "the names of the files in that folder, written by macOS"))
}

/// Laravel's log.
pub fn laravel_log(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let entry = |line: &str| {
        let level = [".ERROR:", ".INFO:", ".WARNING:", ".DEBUG:", ".CRITICAL:", ".NOTICE:", ".ALERT:"];
        line.starts_with("[20") && line.contains("] ") && level.iter().any(|level| line.contains(level))
    };
    text.lines().any(entry).then(|| {
        Found::new(Blocker, "the log of a Laravel app").detail("logs hold users' data and the paths of your code")
    })
}

fn size(answer: &Answer) -> String {
    match answer.length {
        0..1024 => format!("{} bytes", answer.length),
        1024..1_048_576 => format!("{} KB", answer.length / 1024),
        more => format!("{} MB", more / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, body: &[u8]) -> Answer {
        Answer::with("/x", 200, kind, body)
    }

    #[test]
    fn a_dump_is_known_by_its_statements() {
        assert!(
            sql(&of("application/sql", b"-- PostgreSQL database dump\n\nSET client_encoding = 'UTF8';\n")).is_some()
        );
        assert!(sql(&of("", b"CREATE TABLE users (id int);\nINSERT INTO users VALUES (1, '<p>');\n")).is_some());
        for (kind, other) in [
            ("text/html", "CREATE TABLE users (id int);\nINSERT INTO users VALUES (1);\n"),
            ("text/plain", "<html>\nCREATE TABLE a (b);\nINSERT INTO a VALUES (1);"),
            ("text/plain", "Create table and insert into are words of SQL (a language);"),
            ("application/json", "{\"error\":\"CREATE TABLE\"}"),
        ] {
            assert!(sql(&of(kind, other.as_bytes())).is_none(), "{other}");
        }
    }

    #[test]
    fn archives_and_databases_are_known_by_their_first_bytes() {
        assert!(sqlite(&of("", b"SQLite format 3\0\x10\x00")).is_some());
        assert!(sqlite(&of("", b"SQLite format 3 is a file format")).is_none());
        assert!(zip(&of("application/zip", b"PK\x03\x04\x14\x00\x00\x00")).is_some());
        assert!(zip(&of("", b"PK\x03\x04\x00\x00")).is_none());
        assert!(zip(&of("", b"PK")).is_none());
        assert!(gzip(&of("", b"\x1f\x8b\x08\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaa")).is_some());
        assert!(gzip(&of("text/html", b"\x1f\x8b\x08\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaa")).is_none(), "a packed page");
        assert!(ds_store(&of("", b"\0\0\0\x01Bud1\0\0")).is_some());
        assert!(
            laravel_log(&of("text/plain", b"[2026-01-02 03:04:05] production.ERROR: Undefined variable\n#0 /app\n"))
                .is_some()
        );
        assert!(laravel_log(&of("text/plain", b"[2026] ERROR: none\n")).is_none());
    }
}
