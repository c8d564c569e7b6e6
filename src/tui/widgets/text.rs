//! Text that fits: cut or wrapped by what a terminal shows, not by bytes. Everything that comes out is escaped.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::escape;

/// Columns that `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// `text` as one escaped line of at most `columns`, cut with `…`.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    let escaped = escape::line(text);
    if width(&escaped) <= columns {
        return escaped.into_owned();
    }
    let mut cut = head(&escaped, columns.saturating_sub(1)).to_owned();
    if columns > 0 {
        cut.truncate(cut.trim_end().len());
        cut.push('…');
    }
    cut
}

/// As [`fit`], but the end stays: for paths, whose last part tells most.
#[must_use]
pub fn fit_end(text: &str, columns: usize) -> String {
    let escaped = escape::line(text);
    if width(&escaped) <= columns {
        return escaped.into_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut start = escaped.len();
    let mut taken = 0;
    for (at, grapheme) in escaped.grapheme_indices(true).rev() {
        taken += grapheme.width();
        if taken > room {
            break;
        }
        start = at;
    }
    format!("…{}", escaped.get(start..).unwrap_or_default())
}

/// The longest start of `text` that takes at most `columns`.
pub(super) fn head(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        taken += grapheme.width();
        if taken > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `text` filled up with spaces to `columns`, or cut to it.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let mut fitted = fit(text, columns);
    let missing = columns.saturating_sub(width(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// Wraps a block of prose at words; a word longer than a line is broken. Keeps the block's own lines and their indentation, which
/// means something where lines of code stand in it.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in escape::block(text).lines() {
        let indent = indent(line, columns);
        let mut wrapped = Vec::new();
        wrap_line(line, columns - indent.len(), &mut wrapped);
        lines.extend(wrapped.into_iter().map(|line| if line.is_empty() { line } else { format!("{indent}{line}") }));
    }
    lines
}

/// The spaces before a line, of which at most half the columns are kept.
fn indent(line: &str, columns: usize) -> String {
    line.chars().take_while(|c| *c == ' ').take(columns / 2).collect()
}

fn wrap_line(line: &str, columns: usize, lines: &mut Vec<String>) {
    let mut current = String::new();
    let mut taken = 0;
    for word in line.split_whitespace() {
        let wide = width(word);
        if taken > 0 && taken + 1 + wide > columns {
            lines.push(std::mem::take(&mut current));
            taken = 0;
        }
        if taken > 0 {
            current.push(' ');
            taken += 1;
        }
        let mut rest = word;
        while width(rest) > columns {
            let part = head(rest, columns);
            // A character wider than the whole line would never fit.
            let part = if part.is_empty() { rest.graphemes(true).next().unwrap_or(rest) } else { part };
            lines.push(part.to_owned());
            rest = rest.get(part.len()..).unwrap_or_default();
        }
        current.push_str(rest);
        taken += width(rest);
    }
    if taken > 0 || line.trim().is_empty() {
        lines.push(current);
    }
}

/// Breaks a block of preformatted lines at `columns`, keeping their indentation.
#[must_use]
pub fn break_lines(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in escape::block(text).lines() {
        let indent = indent(line, columns);
        let mut rest = line.get(indent.len()..).unwrap_or_default();
        loop {
            let room = columns.saturating_sub(indent.len()).max(1);
            let part = head(rest, room);
            if part.len() == rest.len() || part.is_empty() {
                lines.push(format!("{indent}{rest}"));
                break;
            }
            lines.push(format!("{indent}{part}"));
            rest = rest.get(part.len()..).unwrap_or_default();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_and_escaped() {
        assert_eq!(fit("plain", 5), "plain");
        assert_eq!(fit("plainer", 5), "plai…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("e\u{301}tude", 3), "e\u{301}t…");
        assert_eq!(fit("a\u{1b}b", 20), "a\\u{1b}b");
        assert_eq!(fit("anything", 0), "");
        assert_eq!(fit_end("src/app/page.tsx", 9), "…page.tsx");
    }

    #[test]
    fn prose_wraps_at_words_and_breaks_what_is_too_long() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("漢字", 1), ["漢", "字"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("def a():\n    return b, c", 12), ["def a():", "    return", "    b, c"]);
        assert_eq!(wrap("          a", 4), ["  a"]);
        assert_eq!(break_lines("  a: 12345", 6), ["  a: 1", "  2345"]);
    }
}
