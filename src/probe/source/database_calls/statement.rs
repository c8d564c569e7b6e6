//! What a piece of SQL says, as far as rules care: its kind, its table, whether it is bounded.

use super::filter::{Scope, finish, scope_of};
use super::{Action, Answer, Query};

/// A longer text is data.
const MAX_PIECES: usize = 4000;

/// A statement of SQL in words.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub action: Action,
    /// The first table that it names, without quotes and schema.
    pub table: String,
    /// It has a `LIMIT`, `TOP` or `FETCH FIRST`.
    pub limited: bool,
    /// Every row of its answer is an aggregate of many.
    pub aggregates: bool,
    /// It locks the rows that it reads.
    pub locks: bool,
    pub scope: Scope,
    pub keys: Vec<Box<str>>,
}

/// The words and signs of `sql`, strings taken as one, comments left out.
pub(super) fn pieces(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        if found.len() > MAX_PIECES {
            break;
        }
        match c {
            _ if c.is_whitespace() => {}
            '-' if chars.peek() == Some(&'-') => {
                for next in chars.by_ref() {
                    if next == '\n' {
                        break;
                    }
                }
            }
            '\'' => {
                let mut text = String::from('\'');
                for next in chars.by_ref() {
                    text.push(next);
                    if next == '\'' {
                        break;
                    }
                }
                found.push(text);
            }
            '"' | '`' | '[' => {
                let end = if c == '[' { ']' } else { c };
                let text: String = chars.by_ref().take_while(|next| *next != end).collect();
                found.push(text);
            }
            '$' if chars.peek() == Some(&'{') => {
                let mut depth = 0_u32;
                for next in chars.by_ref() {
                    match next {
                        '{' => depth += 1,
                        '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                found.push("${}".to_owned());
            }
            _ if c.is_alphanumeric() || matches!(c, '_' | '$' | ':' | '@' | '%' | '#') => {
                let mut word = String::from(c);
                while let Some(next) = chars.peek()
                    && (next.is_alphanumeric() || matches!(next, '_' | '.' | '"' | '`' | ':'))
                {
                    if !matches!(next, '"' | '`') {
                        word.push(*next);
                    }
                    chars.next();
                }
                found.push(word);
            }
            _ => found.push(c.to_string()),
        }
    }
    found
}

fn is(word: Option<&String>, expected: &str) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case(expected))
}

/// A name without its schema.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches(['"', '`', '[', ']']).to_owned()
}

/// The columns that a condition compares for equality or with a list.
pub(super) fn compared_columns(pieces: &[String]) -> Vec<Box<str>> {
    let mut found = Vec::new();
    for (at, word) in pieces.iter().enumerate() {
        let next = pieces.get(at + 1);
        let equal = is(next, "=") || is(next, "in") || is(next, "is");
        if equal && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !word.eq_ignore_ascii_case("not")
        {
            found.push(bare(word).into());
        }
    }
    found
}

impl Statement {
    /// Reads a statement; `None` when it is none that reads or changes rows.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let words = pieces(sql);
        let position = |word: &str| words.iter().position(|found| found.eq_ignore_ascii_case(word));
        let after = |word: &str| position(word).and_then(|at| words.get(at + 1)).map(|name| bare(name));
        let first = words.iter().find(|word| *word != "(")?.to_ascii_lowercase();
        let (action, table) = match first.as_str() {
            "select" => (Action::Read, after("from")),
            "with" if position("insert").is_some() => (Action::Insert, after("into")),
            "with" if position("update").is_some() => (Action::Update, after("update")),
            "with" => (Action::Read, after("from")),
            "insert" if position("conflict").is_some() || position("duplicate").is_some() => {
                (Action::Update, after("into"))
            }
            "insert" | "replace" => (Action::Insert, after("into")),
            "update" => (Action::Update, words.get(1).map(|name| bare(name))),
            "delete" => (Action::Delete, after("from")),
            _ => return None,
        };
        let selected = match (position("select"), position("from")) {
            (Some(start), Some(end)) => words.get(start..end).unwrap_or_default(),
            (Some(start), None) => words.get(start..).unwrap_or_default(),
            _ => &[],
        };
        let aggregate = selected.windows(2).any(|pair| {
            let name = pair.first().map_or("", |name| name);
            let name = name.to_ascii_lowercase();
            matches!(&*name, "count" | "sum" | "max" | "min" | "avg" | "exists") && is(pair.get(1), "(")
        });
        let aggregates = action == Action::Read
            && (position("from").is_none() || (aggregate && position("group").is_none()) || is(selected.get(1), "1"));
        let condition = position("where").and_then(|at| words.get(at + 1..)).unwrap_or_default();
        let end = condition
            .iter()
            .position(|word| {
                ["order", "group", "limit", "returning", "for"].iter().any(|end| word.eq_ignore_ascii_case(end))
            })
            .unwrap_or(condition.len());
        let mut keys = compared_columns(condition.get(..end).unwrap_or_default());
        // `id IN (…)` names its rows as well, but several of them.
        keys.truncate(30);
        let narrows = !condition.is_empty();
        let filter = finish(keys, narrows);
        Some(Self {
            action,
            table: table.unwrap_or_default(),
            limited: ["limit", "top", "fetch"].iter().any(|word| position(word).is_some()),
            aggregates,
            locks: words
                .windows(2)
                .any(|pair| is(pair.first(), "for") && (is(pair.get(1), "update") || is(pair.get(1), "share"))),
            scope: filter.scope,
            keys: filter.keys,
        })
    }

    /// As a query.
    pub(super) fn query(self) -> Query {
        let by_key = self.scope == Scope::Key && self.keys.iter().any(|key| scope_of(key) == Scope::Key);
        let answer = match self.action {
            Action::Read if self.aggregates => Answer::Number,
            Action::Read if !by_key => Answer::List,
            _ => Answer::One,
        };
        Query {
            action: self.action,
            answer,
            bounded: self.limited,
            scope: self.scope,
            keys: self.keys,
            table: self.table.into(),
            locks: self.locks,
            ..Query::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_in_words() {
        let read = |sql: &str| Statement::read(sql).map(Statement::query).unwrap();
        let orders = read("SELECT * FROM shop.\"orders\" o WHERE o.user_id = $1 ORDER BY id");
        assert_eq!(
            (&*orders.table, orders.answer, orders.bounded, orders.scope),
            ("orders", Answer::List, false, Scope::Parent)
        );
        let one = read("select id, name from users where email = ? limit 1");
        assert_eq!((one.answer, one.bounded, one.scope), (Answer::One, true, Scope::Key));
        assert_eq!(read("SELECT count(*) FROM t").answer, Answer::Number);
        assert_eq!(read("SELECT * FROM t").scope, Scope::Everything);
        assert_eq!(read("SELECT * FROM t WHERE a > 1").scope, Scope::Filtered);
        assert!(read("SELECT * FROM stock WHERE id = 1 FOR UPDATE").locks);
        assert_eq!(read("INSERT INTO `a` (b) VALUES (?)").action, Action::Insert);
        assert_eq!(&*read("UPDATE accounts SET a = 1 WHERE id = ?").table, "accounts");
        assert_eq!(read("SELECT ${columns} FROM ${table} WHERE a = '${x}'").scope, Scope::Filtered);
    }
}
