//! Makes text from outside safe to draw and to write.

use std::borrow::Cow;

/// Whether a character could steer a terminal or reorder what a reader sees: C0 and C1 controls, DEL, the bidirectional
/// controls (Unicode Standard Annex 9) and the line and paragraph separators.
#[must_use]
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// One line: every unsafe character is written as `\u{1b}`, line breaks and tabs included.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// A block of lines: as [`line()`], but line feeds stay and a tab becomes four spaces.
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    let unified: Cow<'_, str> = if text.contains('\t') || text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\t', "    "))
    } else {
        Cow::Borrowed(text)
    };
    match unified {
        Cow::Borrowed(text) => escape(text, |c| c == '\n'),
        Cow::Owned(text) => Cow::Owned(escape(&text, |c| c == '\n').into_owned()),
    }
}

/// The nearest ASCII character, `?` where there is none near.
#[must_use]
pub const fn ascii(c: char) -> char {
    match c {
        '\0'..='\u{7f}' => c,
        '✓' => '+',
        '✗' | '×' => 'x',
        '⇄' => '#',
        '│' | '┃' | '▎' | '¦' => '|',
        '─' | '━' | '–' | '—' | '−' | '·' | '░' => '-',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯' => '+',
        '█' | '▓' | '▒' => '#',
        '→' | '›' | '▸' => '>',
        '←' | '‹' => '<',
        '↑' => '^',
        '↓' => 'v',
        '…' => '~',
        '•' => '*',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '\u{a0}' => ' ',
        _ => '?',
    }
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let must_go = |c: char| is_unsafe(c) && !keep(c);
    if !text.chars().any(must_go) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if must_go(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_visible_and_plain_text_is_untouched() {
        assert_eq!(line("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(line("\u{202e}txt\u{9b}"), "\\u{202e}txt\\u{9b}");
        assert!(matches!(line("plain – text é 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block("a\r\n\tb\u{7}"), "a\n    b\\u{7}");
    }
}
