//! Text from the project and from people as Markdown that shows it and does nothing else.
//!
//! Written for CommonMark with GitHub's extensions: tables, strikethrough, bare links, mentions, issue numbers, formulas.

use crate::model::escape;
use crate::report::overview::{one_line, shorten};

/// Longer prose is a wall, not a message.
const PROSE_CHARS: usize = 600;

/// What to do is told to its end: findings hold no more than this.
const TODO_CHARS: usize = 4_000;

/// Longer names and paths are cut.
const CODE_CHARS: usize = 200;

/// Prose on one line. Pairs of backticks stay code; whatever GitHub would make a link, a mention or an issue of becomes
/// code as well, since nothing else stops all three.
pub(in crate::report) fn prose(text: &str) -> String {
    prose_of(text, PROSE_CHARS)
}

/// As [`prose`], of what is to be done, which has to be whole.
pub(in crate::report) fn to_do(text: &str) -> String {
    prose_of(text, TODO_CHARS)
}

fn prose_of(text: &str, most: usize) -> String {
    let line = one_line(text, most);
    let line = escape::line(&line);
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest: &str = &line;
    while let Some((before, after)) = rest.split_once('`') {
        plain(&mut out, before);
        match after.split_once('`') {
            Some((inside, behind)) if !inside.trim().is_empty() => {
                push_code(&mut out, inside);
                rest = behind;
            }
            _ => {
                out.push_str("\\`");
                rest = after;
            }
        }
    }
    plain(&mut out, rest);
    if out.ends_with('#') {
        // At the end of a heading it would be taken for its closing marks.
        out.insert(out.len() - 1, '\\');
    }
    if out.is_empty() { "–".to_owned() } else { out }
}

/// A name, a path or a value.
pub(in crate::report) fn code(text: &str) -> String {
    let mut out = String::new();
    push_code(&mut out, text);
    out
}

/// Prose for a cell of a table. Renderers disagree on escaped pipes inside code, so a pipe becomes a broken bar.
pub(super) fn cell(text: &str) -> String {
    prose(&text.replace('|', "¦"))
}

/// A name or value for a cell, which a pipe would end: at most `most` characters.
pub(super) fn code_cell(text: &str, most: usize) -> String {
    code(&one_line(text, most).replace('|', "¦"))
}

/// A fenced block that its content cannot close: at most `most_lines` lines of at most 240 characters.
pub(in crate::report) fn fence(info: &str, body: &str, most_lines: usize) -> String {
    let body = escape::block(body);
    let mut lines: Vec<String> = body.lines().take(most_lines).map(|line| shorten(line.trim_end(), 240)).collect();
    let more = body.lines().count().saturating_sub(most_lines);
    if more > 0 {
        lines.push(format!("… {more} more lines"));
    }
    let marks = "`".repeat(longest_run(&lines.join("\n")).max(2) + 1);
    format!("{marks}{info}\n{}\n{marks}\n", lines.join("\n"))
}

fn push_code(out: &mut String, text: &str) {
    let line = one_line(text, CODE_CHARS);
    let line = escape::line(&line);
    if line.is_empty() {
        out.push('–');
        return;
    }
    if out.ends_with('`') {
        // Two spans side by side would be read as one.
        out.push(' ');
    }
    let marks = "`".repeat(longest_run(&line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    out.push_str(&format!("{marks}{pad}{line}{pad}{marks}"));
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn plain(out: &mut String, text: &str) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if is_live(word) {
            let core = word.trim_start_matches(['(', '"', '\'']);
            let (opening, _) = word.split_at(word.len() - core.len());
            let name = core.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
            let (_, closing) = core.split_at(name.len());
            escaped(out, opening);
            push_code(out, name);
            escaped(out, closing);
        } else {
            escaped(out, word);
        }
    }
}

/// Whether GitHub would make something of a word: a link, an address, a mention, an issue.
fn is_live(word: &str) -> bool {
    let lower = word.to_lowercase();
    let issue = lower.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let mention = word.contains('@') && word.chars().any(char::is_alphanumeric);
    let address = ["://", "www.", "mailto:", "xmpp:"].iter().any(|part| lower.contains(part));
    mention || issue || address || lower.starts_with("gh-")
}

fn escaped(out: &mut String, text: &str) {
    let mut previous: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let must = match c {
            '\\' | '*' | '[' | ']' | '<' | '|' | '~' | '$' => true,
            '_' => !(word(previous) && word(next)),
            '&' => next.is_some_and(|next| next == '#' || next.is_ascii_alphabetic()),
            // These mean something only where a block begins.
            '#' | '>' | '+' | '-' | '=' | ':' => out.is_empty(),
            '.' | ')' => next.is_none() && !out.is_empty() && out.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        if must {
            out.push('\\');
        }
        out.push(c);
        previous = Some(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_stay_as_they_are() {
        for text in ["`fetch` to the bank has no timeout", "snake_case, 3.5 s (at most) - fine & good", "a/b.ts:12"] {
            assert_eq!(prose(text), text);
        }
    }

    #[test]
    fn marks_lose_their_meaning() {
        assert_eq!(
            prose("**a** [x](y) <b> _c_ ~~d~~ &lt; $e$"),
            "\\*\\*a\\*\\* \\[x\\](y) \\<b> \\_c\\_ \\~\\~d\\~\\~ \\&lt; \\$e\\$"
        );
        assert_eq!(prose("# no heading"), "\\# no heading");
        assert_eq!(prose("12. no list"), "12\\. no list");
        assert_eq!(prose("0.1.0"), "0.1.0");
        assert_eq!(prose("a\n\n- b"), "a - b");
        assert_eq!(prose("one ` tick"), "one \\` tick");
        assert_eq!(prose("C #"), "C \\#");
        assert_eq!(prose(" \n"), "–");
    }

    #[test]
    fn what_would_come_alive_is_code() {
        assert_eq!(prose("ask @ada, see https://a.example/x."), "ask `@ada`, see `https://a.example/x`.");
        assert_eq!(prose("(www.a.example) closes #12"), "(`www.a.example`) closes `#12`");
        assert_eq!(prose("`a``b`@ada"), "`a` `b` `@ada`");
    }

    #[test]
    fn fences_and_spans_outlast_the_ticks_inside() {
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(fence("", "x\n````\ny", 9), "`````\nx\n````\ny\n`````\n");
        assert_eq!(fence("text", "1\n2\n3", 2), "```text\n1\n2\n… 1 more lines\n```\n");
    }

    #[test]
    fn a_cell_has_no_pipe() {
        assert!(!cell("a | `b|c`").contains('|'));
    }
}
