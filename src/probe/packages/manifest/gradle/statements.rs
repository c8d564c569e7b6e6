//! The statements of a build file: what stands between the ends of lines, semicolons and braces.

/// A call goes on over fewer bytes.
const MOST_BYTES: usize = 100_000;

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'l> {
    /// Code without braces.
    Text(&'l str),
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`, but for those between the parentheses of a loop.
    End,
}

/// Takes a line apart.
pub fn pieces(line: &str) -> Vec<Piece<'_>> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in outside_quotes(line) {
        let piece = match c {
            '{' => Piece::Open,
            '}' => Piece::Close,
            ';' if depth == 0 => Piece::End,
            '(' | ')' => {
                depth = if c == '(' { depth + 1 } else { depth.saturating_sub(1) };
                continue;
            }
            _ => continue,
        };
        found.extend(line.get(start..at).filter(|text| !text.trim().is_empty()).map(Piece::Text));
        found.push(piece);
        (start, depth) = (at + 1, 0);
    }
    found.extend(line.get(start..).filter(|text| !text.trim().is_empty()).map(Piece::Text));
    found
}

/// The characters of a text that stand outside quotes, with their places.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, c)| match quote {
        Some(open) => {
            quote = quote.filter(|_| *c != open);
            false
        }
        None => {
            quote = Some(*c).filter(|c| matches!(c, '"' | '\''));
            quote.is_none()
        }
    })
}

/// A statement in the making.
#[derive(Debug, Default)]
pub struct Pending {
    /// What stands there; each line of the file that it goes over begins with a line break.
    pub text: String,
    /// The line on which it begins.
    pub line: u32,
    last: u32,
    depth: usize,
}

impl Pending {
    /// Adds what stands on a line.
    pub fn add(&mut self, text: &str, line: u32) {
        if self.text.is_empty() {
            (self.line, self.last, self.depth) = (line, line, 0);
        }
        self.text.extend((self.last..line).map(|_| '\n'));
        self.text.push_str(text);
        self.last = line;
        for (_, c) in outside_quotes(text) {
            match c {
                '(' | '[' => self.depth += 1,
                ')' | ']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether it goes on in the next line: behind a comma, or within parentheses.
    pub fn goes_on(&self) -> bool {
        (self.depth > 0 || self.text.trim_end().ends_with(',')) && self.text.len() < MOST_BYTES
    }
}

/// The arguments of a call, without its parentheses, each with the number of line breaks before it.
pub fn arguments(text: &str) -> Vec<(u32, &str)> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut ends: Vec<usize> = Vec::new();
    for (at, c) in outside_quotes(text) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => ends.push(at),
            _ => {}
        }
    }
    ends.push(text.len());
    let mut breaks = 0;
    for end in ends {
        let one = text.get(start..end).unwrap_or_default();
        let within = one.trim_end().len() - one.trim().len();
        let lines = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(0);
        found.push((breaks + lines(one.get(..within).unwrap_or_default()), one.trim()));
        breaks += lines(one);
        start = end + 1;
    }
    found.retain(|(_, one)| !one.is_empty());
    found
}

/// What stands in the bracket that a text begins with, and what follows it. One that does not end goes on to the end.
pub fn bracket(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next().filter(|c| matches!(c, '(' | '['))?;
    let mut depth = 0_usize;
    for (at, c) in outside_quotes(text) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return Some((text.get(open.len_utf8()..at)?, text.get(at + c.len_utf8()..)?));
        }
    }
    Some((text.get(open.len_utf8()..)?, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let shown = |line| {
            let one = |piece| match piece {
                Piece::Text(text) => text.trim().to_owned(),
                Piece::Open => "<".to_owned(),
                Piece::Close => ">".to_owned(),
                Piece::End => ".".to_owned(),
            };
            pieces(line).into_iter().map(one).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown("a { b 'x;{'; c }"), "a < b 'x;{' . c >");
        assert_eq!(shown("for (i = 0; i < 3; i++) { \"${x}\" }"), "for (i = 0; i < 3; i++) < \"${x}\" >");
        assert_eq!(shown("}}"), "> >");
    }

    #[test]
    fn arguments_know_their_lines() {
        let all = arguments("\"a,b\",\n\n f(1, 2), [x: 1, y: 2],");
        assert_eq!(all, [(0, "\"a,b\""), (2, "f(1, 2)"), (2, "[x: 1, y: 2]")]);
        assert_eq!(bracket("(a(b) ')') c"), Some(("a(b) ')'", " c")));
        assert_eq!(bracket("(a"), Some(("a", "")));
        assert_eq!(bracket("a"), None);
    }
}
