//! Code and configuration as words, texts and marks, without comments. Enough to find literal settings in any of the
//! languages that we meet; what they mean is worked out in `values`.

/// How comments and texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// JavaScript, TypeScript, Java, Kotlin, Go: `//`, `/* */`, and back-quoted texts.
    Slashes,
    /// Python, Ruby: `#`, and texts in three quotes.
    Hash,
    /// PHP: both.
    Php,
}

impl Dialect {
    /// The dialect of a file, by its name.
    pub fn of(path: &str) -> Option<Self> {
        let extension = path.rsplit_once('.').map_or("", |(_, end)| end);
        Some(match extension {
            "js" | "cjs" | "mjs" | "ts" | "cts" | "mts" | "jsx" | "tsx" | "vue" | "svelte" | "astro" | "java"
            | "kt" | "go" | "cs" | "rs" | "groovy" => Self::Slashes,
            "py" | "rb" | "ru" | "ex" | "exs" => Self::Hash,
            "php" => Self::Php,
            _ => return None,
        })
    }
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    /// A text that is written down whole.
    Text,
    /// A text with places that a program fills in.
    Filled,
    /// A number.
    Number,
    /// Any other mark, one character each; `=>` and `->` are one.
    Mark,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text, without quotes.
    pub text: String,
    /// From 1.
    pub line: u32,
}

impl Token {
    /// Whether it is this mark.
    pub fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is this name.
    pub fn named(&self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    dialect: Dialect,
    out: Vec<Token>,
}

/// The tokens of a text.
pub fn tokens(text: &str, dialect: Dialect) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, dialect, out: Vec::new() };
    while lexer.step() {}
    lexer.out
}

impl Lexer<'_> {
    fn advance(&mut self, bytes: usize) -> String {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken.to_owned()
    }

    fn push(&mut self, kind: Kind, text: String, line: u32) {
        self.out.push(Token { kind, text, line });
    }

    /// Reads one token; `false` at the end.
    fn step(&mut self) -> bool {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.advance(blank);
        let Some(first) = self.rest.chars().next() else { return false };
        let line = self.line;
        if self.comment() {
            return true;
        }
        if matches!(first, '"' | '\'' | '`') {
            self.text(first);
        } else if first.is_alphabetic() || matches!(first, '_' | '$' | '@') {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
            let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
            let name = self.advance(end);
            self.push(Kind::Name, name, line);
        } else if first.is_ascii_digit() {
            let end = self
                .rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.'))
                .unwrap_or(self.rest.len());
            let number = self.advance(end);
            self.push(Kind::Number, number, line);
        } else if first == '/' && self.dialect == Dialect::Slashes && self.may_be_pattern() {
            self.pattern();
        } else {
            let two = self.rest.starts_with("=>") || self.rest.starts_with("->");
            let mark = self.advance(if two { 2 } else { first.len_utf8() });
            self.push(Kind::Mark, mark, line);
        }
        true
    }

    fn comment(&mut self) -> bool {
        let slashes = self.dialect != Dialect::Hash;
        let hash = self.dialect != Dialect::Slashes;
        // PHP's attributes begin with `#[`.
        let line = slashes && self.rest.starts_with("//")
            || hash && self.rest.starts_with('#') && !(self.dialect == Dialect::Php && self.rest.starts_with("#["));
        if line {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(end);
            return true;
        }
        if slashes && self.rest.starts_with("/*") {
            let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
            self.advance(end);
            return true;
        }
        if self.rest.starts_with("<!--") {
            let end = self.rest.find("-->").map_or(self.rest.len(), |at| at + 3);
            self.advance(end);
            return true;
        }
        false
    }

    fn text(&mut self, quote: char) {
        let line = self.line;
        let three: String = std::iter::repeat_n(quote, 3).collect();
        let long = self.dialect == Dialect::Hash && quote != '`' && self.rest.starts_with(&three);
        let (open, close) = if long { (3, three.as_str()) } else { (1, three.get(..1).unwrap_or_default()) };
        let several_lines = long || quote == '`' || self.dialect == Dialect::Php;
        let body = self.rest.get(open..).unwrap_or_default();
        let mut text = String::new();
        let mut filled = false;
        let mut chars = body.char_indices();
        let mut end = body.len();
        while let Some((at, c)) = chars.next() {
            if body.get(at..).is_some_and(|rest| rest.starts_with(close)) {
                end = at + close.len();
                break;
            }
            if c == '\n' && !several_lines {
                // An apostrophe in the text of a page, not a quote.
                end = at;
                break;
            }
            if c == '\\' {
                if let Some((_, next)) = chars.next() {
                    text.push(match next {
                        'n' | 'r' | 't' | '\n' => ' ',
                        other => other,
                    });
                }
                continue;
            }
            let after = || body.get(at + 1..).and_then(|rest| rest.chars().next());
            filled |= quote == '`' && c == '$' && after() == Some('{')
                || self.dialect == Dialect::Hash && c == '#' && after() == Some('{')
                || self.dialect == Dialect::Php
                    && quote == '"'
                    && c == '$'
                    && after().is_some_and(|c| c.is_alphabetic() || c == '{');
            text.push(c);
        }
        // A formatted text of Python.
        if self.dialect == Dialect::Hash
            && self
                .out
                .last()
                .is_some_and(|last| last.kind == Kind::Name && matches!(last.text.as_str(), "f" | "F" | "rf"))
        {
            self.out.pop();
            filled |= text.contains('{');
        }
        self.advance(open + end);
        self.push(if filled { Kind::Filled } else { Kind::Text }, text, line);
    }

    /// Whether a slash here begins a pattern: no value stands before it.
    fn may_be_pattern(&self) -> bool {
        self.out.last().is_none_or(|last| match last.kind {
            Kind::Mark => !matches!(last.text.as_str(), ")" | "]" | "}" | "<"),
            Kind::Name => last.text == "return",
            _ => false,
        })
    }

    fn pattern(&mut self) {
        let line = self.line;
        let (mut escaped, mut class) = (false, false);
        let end = self.rest.char_indices().skip(1).find_map(|(at, c)| {
            let ends = !escaped && (c == '\n' || c == '/' && !class);
            class = !escaped && (c == '[' || class && c != ']') || escaped && class;
            escaped = !escaped && c == '\\';
            ends.then_some(at)
        });
        self.advance(end.map_or(self.rest.len(), |at| at + 1));
        self.push(Kind::Filled, String::new(), line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, dialect: Dialect) -> Vec<String> {
        tokens(text, dialect).into_iter().map(|token| format!("{:?}:{}", token.kind, token.text)).collect()
    }

    #[test]
    fn comments_are_left_out_and_texts_kept_whole() {
        assert_eq!(
            shown("a('x // y') // b\n/* c */ `d` `${e}` f.replace(/['\"]/g)", Dialect::Slashes),
            [
                "Name:a",
                "Mark:(",
                "Text:x // y",
                "Mark:)",
                "Text:d",
                "Filled:${e}",
                "Name:f",
                "Mark:.",
                "Name:replace",
                "Mark:(",
                "Filled:",
                "Name:g",
                "Mark:)"
            ]
        );
        assert_eq!(
            shown("A = '''x\n# y''' # z\nB = f'{a}'", Dialect::Hash),
            ["Name:A", "Mark:=", "Text:x\n# y", "Name:B", "Mark:=", "Filled:{a}"]
        );
        assert_eq!(shown("['a' => \"$b\"] # c", Dialect::Php), ["Mark:[", "Text:a", "Mark:=>", "Filled:$b", "Mark:]"]);
    }

    #[test]
    fn torn_text_ends() {
        for text in ["'", "`", "\"\\", "/", "/*", "<!--", "'''", "é'é", "=/[/", "\u{1b}", "a = /["] {
            for dialect in [Dialect::Slashes, Dialect::Hash, Dialect::Php] {
                tokens(text, dialect);
                tokens(&text.repeat(3000), dialect);
            }
        }
        let lines = tokens("<p>Don't</p>\nx", Dialect::Slashes);
        assert_eq!(lines.last().map(|token| (token.text.as_str(), token.line)), Some(("x", 2)));
    }
}
