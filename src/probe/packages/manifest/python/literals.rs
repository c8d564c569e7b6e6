//! What a program in Python says outright: texts, and lists and tables of them
//! (<https://docs.python.org/3/reference/lexical_analysis.html>).

/// A part of a program, with its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    /// A text as it is written.
    Text(&'t str),
    /// A text that is not what is written: with escapes, made of others, or over several lines.
    Made(&'t str),
    Sign(char),
}

/// A program, taken apart.
pub struct Program<'t> {
    tokens: Vec<(u32, Token<'t>)>,
}

/// A text, with its line.
pub type Text<'t> = (u32, &'t str);

/// Lists of texts by their names.
pub type Table<'t> = Vec<(&'t str, Vec<Text<'t>>)>;

impl<'t> Program<'t> {
    /// Takes a program apart.
    pub fn of(text: &'t str) -> Self {
        let (mut tokens, mut line, mut rest) = (Vec::new(), 1, text);
        while let Some(c) = rest.chars().next() {
            let (token, length) = match c {
                '#' => (None, rest.find('\n').unwrap_or(rest.len())),
                '"' | '\'' => {
                    let (token, length) = quoted(rest);
                    (Some(token), length)
                }
                _ if is_of_word(c) => {
                    let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                    let (word, after) = rest.split_at(end);
                    // What stands before the quotes: `r"…"`, `f"…"`.
                    let is_prefix = after.starts_with(['"', '\'']) && word.len() <= 2;
                    match (is_prefix, word) {
                        (true, "r" | "R" | "u" | "U") => (None, end),
                        (true, _) => {
                            let (token, length) = quoted(after);
                            let (Token::Text(said) | Token::Made(said) | Token::Word(said)) = token else { break };
                            (Some(Token::Made(said)), end + length)
                        }
                        (false, _) => (Some(Token::Word(word)), end),
                    }
                }
                _ if c.is_whitespace() => (None, c.len_utf8()),
                _ => (Some(Token::Sign(c)), c.len_utf8()),
            };
            tokens.extend(token.map(|token| (line, token)));
            let (over, after) = rest.split_at(length);
            line += u32::try_from(over.matches('\n').count()).unwrap_or(0);
            rest = after;
        }
        Self { tokens }
    }

    /// Whether a word stands anywhere in the code, in a text as well.
    pub fn says(&self, word: &str) -> bool {
        self.mentions(word) > 0
    }

    fn mentions(&self, word: &str) -> usize {
        let is_one = |token: &Token<'_>| match token {
            Token::Word(said) | Token::Text(said) | Token::Made(said) => said.contains(word),
            Token::Sign(_) => false,
        };
        self.tokens.iter().filter(|(_, token)| is_one(token)).count()
    }

    fn sign(&self, at: usize) -> Option<char> {
        self.tokens.get(at).and_then(|(_, token)| if let Token::Sign(sign) = token { Some(*sign) } else { None })
    }

    fn text(&self, at: usize) -> Option<Text<'t>> {
        self.tokens
            .get(at)
            .and_then(|(line, token)| if let Token::Text(text) = token { Some((*line, *text)) } else { None })
    }

    /// Where the value begins that a call of `function` gives to `keyword`, where the code names the keyword there and nowhere
    /// else.
    fn given(&self, function: &str, keyword: &str) -> Option<usize> {
        let at = self.tokens.iter().position(|(_, token)| *token == Token::Word(keyword))?;
        let mut depth = 0_usize;
        let open = (0..at).rev().find(|at| {
            match self.sign(*at) {
                Some(')' | ']' | '}') => depth += 1,
                Some('(' | '[' | '{') if depth == 0 => return true,
                Some('(' | '[' | '{') => depth -= 1,
                _ => {}
            }
            false
        })?;
        let is_call = self.sign(open) == Some('(')
            && open
                .checked_sub(1)
                .and_then(|before| self.tokens.get(before))
                .is_some_and(|(_, token)| *token == Token::Word(function));
        let is_there = matches!(self.sign(at - 1), Some('(' | ',')) && self.sign(at + 1) == Some('=');
        (is_call && is_there && self.sign(at + 2) != Some('=') && self.mentions(keyword) == 1).then_some(at + 2)
    }

    /// The list of texts that a call gives to a keyword, outright or as a constant that nothing changes.
    pub fn list(&self, function: &str, keyword: &str) -> Option<Vec<Text<'t>>> {
        self.value(function, keyword, |at| self.list_at(at))
    }

    /// The same for a table of lists.
    pub fn table(&self, function: &str, keyword: &str) -> Option<Table<'t>> {
        self.value(function, keyword, |at| self.table_at(at))
    }

    fn value<T>(&self, function: &str, keyword: &str, read: impl Fn(usize) -> Option<(T, usize)>) -> Option<T> {
        let at = self.given(function, keyword)?;
        let is_end = |end: usize| matches!(self.sign(end), Some(',' | ')'));
        let Some((_, Token::Word(name))) = self.tokens.get(at) else {
            return read(at).filter(|(_, end)| is_end(*end)).map(|(value, _)| value);
        };
        // It is set once, by a statement that ends with its line, and named here only.
        let set = self.tokens.iter().position(|(_, token)| *token == Token::Word(name))?;
        let (value, end) = read(set + 2).filter(|_| set < at && self.sign(set + 1) == Some('='))?;
        let line_of = |at: usize| self.tokens.get(at).map(|(line, _)| *line);
        let is_whole = line_of(end) > line_of(end - 1);
        (is_whole && is_end(at + 1) && self.mentions(name) == 2).then_some(value)
    }

    /// A list that begins here, with the place behind it. A single text is a list as well.
    fn list_at(&self, at: usize) -> Option<(Vec<Text<'t>>, usize)> {
        if let Some(text) = self.text(at) {
            return Some((vec![text], at + 1));
        }
        let close = match self.sign(at)? {
            '[' => ']',
            '(' => ')',
            _ => return None,
        };
        let (mut found, mut at) = (Vec::new(), at + 1);
        loop {
            if self.sign(at) == Some(close) {
                return Some((found, at + 1));
            }
            found.push(self.text(at)?);
            at += match self.sign(at + 1)? {
                ',' => 2,
                sign if sign == close => 1,
                _ => return None,
            };
        }
    }

    fn table_at(&self, at: usize) -> Option<(Table<'t>, usize)> {
        let (mut found, mut at) = (Vec::new(), at + usize::from(self.sign(at)? == '{'));
        if self.sign(at - 1) != Some('{') {
            return None;
        }
        loop {
            if self.sign(at) == Some('}') {
                return Some((found, at + 1));
            }
            let (_, name) = self.text(at)?;
            let (list, end) = self.list_at(at + 2).filter(|_| self.sign(at + 1) == Some(':'))?;
            found.push((name, list));
            at = end
                + match self.sign(end)? {
                    ',' => 1,
                    '}' => 0,
                    _ => return None,
                };
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text that begins here, with its length in the program.
fn quoted(text: &str) -> (Token<'_>, usize) {
    let quote = if text.starts_with('"') { '"' } else { '\'' };
    let three = if quote == '"' { "\"\"\"" } else { "'''" };
    let (marks, is_long) = if text.starts_with(three) { (3, true) } else { (1, false) };
    let inner = text.get(marks..).unwrap_or_default();
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        let is_end = match (is_escaped, is_long) {
            (true, _) => false,
            (false, true) => inner.get(at..).is_some_and(|rest| rest.starts_with(three)),
            (false, false) => c == quote || c == '\n',
        };
        if is_end {
            let said = inner.get(..at).unwrap_or_default();
            let is_plain = !is_long && c == quote && !said.contains('\\');
            let length = if c == '\n' { marks + at } else { marks * 2 + at };
            return (if is_plain { Token::Text(said) } else { Token::Made(said) }, length);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (Token::Made(inner), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_stand_there_outright() {
        for (text, told) in [
            ("setup(x=['a', \"b>=1\",])", Some("1 a, 1 b>=1")),
            ("setup(\n  y=f(1), x=(\n 'a',  # why\n r'b'))", Some("3 a, 4 b")),
            ("setup(x=[])", Some("")),
            ("setup(x='a', y=1)", Some("1 a")),
            ("X = ['a',\n  'b']\nsetup(x=X)", Some("1 a, 2 b")),
            ("'''x=['no']'''\nsetup(x=['a'])", None),
            ("X = ['a'] + more\nsetup(x=X)", None),
            ("X = ['a']\nX.append('b')\nsetup(x=X)", None),
            ("setup(x=['a'] + more)", None),
            ("setup(x=['a' 'b'])", None),
            ("setup(x=[f'a', 'b'])", None),
            ("setup(x=['a\\n', 'b'])", None),
            ("setup(x=['a', *more])", None),
            ("setup(x=read())", None),
            ("f(x=['a'])\nsetup()", None),
            ("setup(**{'x': ['a']})", None),
            ("setup(x=['a'", None),
            ("setup(x=['a", None),
            ("setup(x=", None),
            ("x", None),
            ("", None),
        ] {
            let shown = |all: Vec<Text<'_>>| {
                all.into_iter().map(|(line, text)| format!("{line} {text}")).collect::<Vec<_>>().join(", ")
            };
            assert_eq!(Program::of(text).list("setup", "x").map(shown).as_deref(), told, "{text}");
        }
    }

    #[test]
    fn tables_that_stand_there_outright() {
        let of = |text| Program::of(text).table("setup", "x");
        let all = vec![("dev", vec![(1, "a"), (2, "b")]), ("all", vec![(2, "c")])];
        assert_eq!(of("setup(x={'dev': ['a',\n'b'], 'all': 'c'})"), Some(all));
        assert_eq!(of("setup(x={})"), Some(Vec::new()));
        for odd in ["setup(x=['a'])", "setup(x={'a': b()})", "setup(x={**a})", "setup(x={'a': ['b']} | c)"] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
