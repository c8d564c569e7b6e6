//! SQL for reading: lightly coloured and wrapped. It only has to look right; what a query means the probe has found out.

use ratatui::style::Modifier;
use ratatui::text::Span;

use super::text;
use crate::model::escape;
use crate::tui::style::Styles;

/// Following lines of a broken one are set in by so much.
const HANGING: usize = 4;

/// Words that begin a part of a statement: a statement written on one long line is broken before them.
const CLAUSES: &[&str] = &[
    "from",
    "where",
    "join",
    "left",
    "right",
    "inner",
    "cross",
    "full",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "union",
    "returning",
    "set",
    "values",
    "window",
];

/// Other words of the language; a column that has such a name is coloured as well, which harms nobody.
const WORDS: &[&str] = &[
    "select",
    "insert",
    "into",
    "update",
    "delete",
    "distinct",
    "all",
    "as",
    "on",
    "using",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "like",
    "ilike",
    "between",
    "exists",
    "any",
    "case",
    "when",
    "then",
    "else",
    "end",
    "by",
    "asc",
    "desc",
    "with",
    "recursive",
    "outer",
    "lateral",
    "true",
    "false",
    "for",
    "create",
    "index",
    "concurrently",
    "unique",
    "if",
    "alter",
    "table",
    "add",
    "drop",
    "begin",
    "commit",
];

/// What follows one of these belongs to the same clause.
const JOINED: &[(&str, &str)] = &[("left", "join"), ("right", "join"), ("inner", "join"), ("cross", "join")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Break,
    Keyword,
    Parameter,
    Literal,
    Comment,
    Other,
}

/// The lines of `sql` as they are drawn in `columns`, at most `most` of them, and whether there is more.
#[must_use]
pub fn lines(sql: &str, columns: usize, most: usize, styles: &Styles) -> (Vec<Vec<Span<'static>>>, bool) {
    let columns = columns.max(8);
    // Generated statements can be long; what no line will show is not looked at.
    let (sql, cut) = match sql.char_indices().nth(most * columns * 2) {
        Some((end, _)) => (sql.get(..end).unwrap_or(sql), true),
        None => (sql, false),
    };
    let block = escape::block(sql.trim_matches(['\n', '\r'])).into_owned();
    let block = without_shared_indent(&block);
    let mut tokens = tokens(&block);
    if !block.trim().contains('\n') && text::width(block.trim()) > columns {
        break_before_clauses(&mut tokens);
    }
    let mut lines = wrapped(&tokens, columns, most, styles);
    let more = cut || lines.len() > most;
    lines.truncate(most);
    (lines, more)
}

fn without_shared_indent(block: &str) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    // The first line stands behind a quote in the code and says nothing of the indentation.
    let rest = block.lines().skip(1).filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0);
    let cut = |(number, line): (usize, &str)| {
        let line = if number == 0 { line.trim_start() } else { line.get(rest..).unwrap_or_default() };
        line.trim_end().to_owned()
    };
    let lines: Vec<String> = block.trim_end().lines().enumerate().map(cut).collect();
    lines.join("\n")
}

fn tokens(block: &str) -> Vec<(Kind, &str)> {
    let mut found = Vec::new();
    let mut rest = block;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = token(rest, first);
        let (token, after) = rest.split_at(length.clamp(first.len_utf8(), rest.len()));
        // What spans lines is broken where they end.
        for (number, line) in token.split('\n').enumerate() {
            if number > 0 {
                found.push((Kind::Break, "\n"));
            }
            if !line.is_empty() {
                found.push((kind, line));
            }
        }
        rest = after;
    }
    found
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    let run = |from: usize, belongs: fn(char) -> bool| {
        let tail = rest.get(from..).unwrap_or_default();
        from + tail.find(|c: char| !belongs(c)).unwrap_or(tail.len())
    };
    let until = |from: usize, end: &str| {
        let found = rest.get(from..).and_then(|tail| tail.find(end));
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    match first {
        ' ' | '\n' => (Kind::Space, run(0, |c| c == ' ' || c == '\n')),
        '\'' => (Kind::Literal, until(1, "'")),
        '"' => (Kind::Other, until(1, "\"")),
        '`' => (Kind::Other, until(1, "`")),
        '-' if rest.starts_with("--") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => (Kind::Comment, until(2, "*/")),
        '?' => (Kind::Parameter, 1),
        '$' if rest.starts_with("${") => (Kind::Parameter, until(2, "}")),
        ':' if rest.starts_with("::") => (Kind::Other, 2),
        '%' if rest.starts_with("%(") => (Kind::Parameter, until(2, ")") + 1),
        '%' if rest.starts_with("%s") => (Kind::Parameter, 2),
        '$' | ':' | '@' if rest.chars().nth(1).is_some_and(word) => (Kind::Parameter, run(1, word)),
        '0'..='9' => (Kind::Literal, run(0, |c| c.is_ascii_alphanumeric() || c == '.')),
        c if word(c) => {
            let length = run(0, |c| c.is_alphanumeric() || c == '_');
            let lower = rest.get(..length).unwrap_or_default().to_ascii_lowercase();
            let known = CLAUSES.contains(&&*lower) || WORDS.contains(&&*lower);
            (if known { Kind::Keyword } else { Kind::Other }, length)
        }
        c => (Kind::Other, c.len_utf8()),
    }
}

/// Puts a line break before every clause of the outermost statement.
fn break_before_clauses(tokens: &mut [(Kind, &str)]) {
    let mut depth = 0_usize;
    let mut before = String::new();
    for at in 0..tokens.len() {
        let Some((kind, token)) = tokens.get(at).copied() else { continue };
        match (kind, token) {
            (Kind::Other, "(") => depth += 1,
            (Kind::Other, ")") => depth = depth.saturating_sub(1),
            (Kind::Keyword, word) => {
                let word = word.to_ascii_lowercase();
                let one = JOINED.iter().any(|(first, second)| *first == before && *second == word)
                    || (before == "delete" && word == "from")
                    || before == "outer";
                if depth == 0 && !one && CLAUSES.contains(&&*word) {
                    let space = at.checked_sub(1).and_then(|at| tokens.get_mut(at));
                    if let Some(space) = space.filter(|(kind, _)| *kind == Kind::Space) {
                        *space = (Kind::Break, "\n");
                    }
                }
                before = word;
            }
            (Kind::Space, _) => {}
            _ => before.clear(),
        }
    }
}

/// The lines, and one more than `most` where there are more.
fn wrapped(tokens: &[(Kind, &str)], columns: usize, most: usize, styles: &Styles) -> Vec<Vec<Span<'static>>> {
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut taken = 0;
    let mut indent = 0;
    for (kind, token) in tokens {
        if lines.len() > most {
            break;
        }
        if *kind == Kind::Break {
            lines.push(Vec::new());
            (taken, indent) = (0, 0);
            continue;
        }
        let style = match kind {
            Kind::Keyword => styles.code.add_modifier(Modifier::BOLD),
            Kind::Parameter => styles.marked,
            Kind::Literal => styles.title.remove_modifier(Modifier::BOLD),
            Kind::Comment => styles.muted,
            Kind::Space | Kind::Break | Kind::Other => styles.code,
        };
        if taken == 0 && *kind == Kind::Space {
            indent = token.len().min(columns / 2);
        }
        let mut rest = *token;
        while !rest.is_empty() && lines.len() <= most {
            let fits = text::head(rest, columns.saturating_sub(taken)).len() == rest.len();
            if !fits && taken > indent {
                let hanging = (indent + HANGING).min(columns / 2);
                lines.push(vec![Span::raw(" ".repeat(hanging))]);
                taken = hanging;
                if *kind == Kind::Space {
                    break;
                }
                // Once on a line of its own it is not pushed on again.
                indent = hanging.max(indent);
            }
            let part = text::head(rest, columns.saturating_sub(taken));
            let part = if part.is_empty() { rest } else { part };
            if let Some(line) = lines.last_mut() {
                line.push(Span::styled(part.to_owned(), style));
            }
            taken += text::width(part);
            rest = rest.get(part.len()..).unwrap_or_default();
            if !rest.is_empty() {
                lines.push(Vec::new());
                taken = 0;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str, columns: usize) -> Vec<String> {
        let (lines, _) = lines(sql, columns, 99, &Styles::default());
        lines.iter().map(|line| line.iter().map(|span| span.content.as_ref()).collect()).collect()
    }

    #[test]
    fn a_long_line_is_broken_before_its_clauses_and_then_at_words() {
        assert_eq!(
            shown("SELECT id, (SELECT 1 FROM x LIMIT 1) FROM orders LEFT JOIN items ON a = b WHERE c = $1", 40),
            ["SELECT id, (SELECT 1 FROM x LIMIT 1)", "FROM orders", "LEFT JOIN items ON a = b", "WHERE c = $1"]
        );
        assert_eq!(shown("SELECT one, two, three", 14), ["SELECT one, ", "    two, three"]);
        assert_eq!(shown("SELECT 1", 40), ["SELECT 1"]);
    }

    #[test]
    fn lines_of_the_code_stay_lines_without_what_they_share_in_indentation() {
        assert_eq!(
            shown("\n      SELECT a\n        FROM t\n      WHERE b = ?\n    ", 40),
            ["SELECT a", "  FROM t", "WHERE b = ?"]
        );
    }

    #[test]
    fn nothing_is_lost_whatever_it_is() {
        let odd = "SELECT 'it''s; -- no' /* open\n${x} 漢字漢字漢字 :a::int %(b)s $1 \"q\" 'never closed";
        let kept = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        for columns in 1..60 {
            assert_eq!(kept(&shown(odd, columns).concat()), kept(odd), "{columns}");
        }
    }

    #[test]
    fn a_statement_of_a_megabyte_takes_no_longer_than_its_first_lines() {
        let values = format!("INSERT INTO t VALUES ('{}')", "x".repeat(1_000_000));
        let (lines, more) = lines(&values, 80, 40, &Styles::default());
        assert_eq!((lines.len(), more), (40, true));
    }

    #[test]
    fn words_values_and_parameters_have_styles_of_their_own() {
        let mut styles = Styles::default();
        styles.marked = styles.marked.add_modifier(Modifier::UNDERLINED);
        let (lines, more) = lines("select a\nwhere b = $1\nx", 40, 2, &styles);
        assert!(more);
        assert!(lines[0][0].style.add_modifier.contains(Modifier::BOLD));
        assert!(lines[1].last().is_some_and(|span| span.style.add_modifier.contains(Modifier::UNDERLINED)));
    }
}
