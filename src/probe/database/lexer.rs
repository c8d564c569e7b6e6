//! Cuts SQL into tokens: enough to know what is quoted, what is a comment and what is a placeholder.

/// Whose rules apply where the databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL 12 and later.
    Postgres,
    /// SQLite 3.
    Sqlite,
    /// MySQL 8 and MariaDB, with the quotes that they have unless `sql_mode` says otherwise.
    Mysql,
}

impl Dialect {
    /// The database's name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Mysql => "MySQL",
        }
    }
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A quoted name.
    Name,
    /// A string literal, its quotes included.
    Text,
    /// A number.
    Number,
    /// An operator, `::` included.
    Operator,
    /// One of `( ) [ ] , ; .`.
    Mark,
    /// `?`, `??`, `?|`, `?&` or `?12`: a placeholder or an operator of `jsonb`; the neighbours decide.
    Question,
    /// `$1`, `:name`, `@name`, `$name`, `%s`, `%(name)s`.
    Bind,
    /// `${…}`: code that the program puts in.
    Interpolation,
}

/// A stretch of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Whether white space or a comment stands before it.
    pub spaced: bool,
}

impl Token<'_> {
    /// Whether this is the given mark or operator.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Mark | Kind::Operator) && self.text == text
    }
}

/// Why a text cannot be cut up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quote, comment or bracket is never closed")]
pub struct Unclosed;

/// The tokens of `sql`, without white space and comments.
///
/// # Errors
/// When a quote, a comment or an interpolation is never closed.
pub fn tokens(sql: &str, dialect: Dialect) -> Result<Vec<Token<'_>>, Unclosed> {
    let mut lexer = Lexer { sql, bytes: sql.as_bytes(), at: 0, dialect, in_comment: false };
    let mut tokens = Vec::new();
    loop {
        let spaced = lexer.skip_space()?;
        let start = lexer.at;
        if start >= sql.len() {
            return if lexer.in_comment { Err(Unclosed) } else { Ok(tokens) };
        }
        let kind = lexer.token(tokens.last())?;
        // Every branch of `token` ends on a character boundary; an empty text would mean a bug, not bad input.
        let text = sql.get(start..lexer.at).unwrap_or_default();
        tokens.push(Token { kind, text, start, spaced });
    }
}

struct Lexer<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    /// Inside `/*! … */`, which MySQL reads as if the marks were not there.
    in_comment: bool,
}

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) -> Result<bool, Unclosed> {
        let start = self.at;
        loop {
            let rest = self.rest();
            if self.begins_line_comment() {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(length) = self.version_mark() {
                self.in_comment = true;
                self.at += length;
            } else if self.in_comment && rest.starts_with("*/") {
                self.in_comment = false;
                self.at += 2;
            } else if rest.starts_with("/*") {
                self.skip_comment()?;
            } else if let Some(space) = rest.chars().next().filter(|c| c.is_whitespace() || *c == '\u{feff}') {
                self.at += space.len_utf8();
            } else {
                return Ok(self.at > start);
            }
        }
    }

    /// In MySQL two dashes want white space after them (manual, "Comments"), and `#` does as well.
    fn begins_line_comment(&self) -> bool {
        let dashes = (self.byte(0), self.byte(1)) == (b'-', b'-');
        match self.dialect {
            Dialect::Mysql => self.byte(0) == b'#' || dashes && self.byte(2) <= b' ',
            Dialect::Postgres | Dialect::Sqlite => dashes,
        }
    }

    /// The length of `/*!`, `/*!80000` or MariaDB's `/*M!100100`.
    fn version_mark(&self) -> Option<usize> {
        let rest = Some(self.rest()).filter(|_| self.dialect == Dialect::Mysql && !self.in_comment)?;
        let number = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!"))?;
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        Some(rest.len() - number.len() + digits)
    }

    /// Comments nest in PostgreSQL only.
    fn skip_comment(&mut self) -> Result<(), Unclosed> {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') if depth == 0 || self.dialect == Dialect::Postgres => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Err(Unclosed)
    }

    fn token(&mut self, previous: Option<&Token<'_>>) -> Result<Kind, Unclosed> {
        let mysql = self.dialect == Dialect::Mysql;
        match self.byte(0) {
            b'\'' => self.quoted(b'\'', mysql).map(|()| Kind::Text),
            b'"' if mysql => self.quoted(b'"', true).map(|()| Kind::Text),
            b'"' => self.quoted(b'"', false).map(|()| Kind::Name),
            b'`' => self.quoted(b'`', false).map(|()| Kind::Name),
            b'[' if self.dialect == Dialect::Sqlite => self.quoted(b']', false).map(|()| Kind::Name),
            b'$' if self.byte(1) == b'{' => {
                self.at = self.interpolation_end(self.at).ok_or(Unclosed)?;
                Ok(Kind::Interpolation)
            }
            b'$' => self.dollar(),
            b'0'..=b'9' => Ok(self.number()),
            b'.' if self.byte(1).is_ascii_digit() && !previous.is_some_and(|t| ends_operand(t) && !self.gap(t)) => {
                Ok(self.number())
            }
            b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => {
                self.at += 1;
                Ok(Kind::Mark)
            }
            b'?' => Ok(self.question()),
            b':' => Ok(self.colon(previous)),
            b'@' if mysql && self.byte(1) == b'@' => {
                self.at += 2;
                while is_word(self.byte(0)) || self.byte(0) == b'.' {
                    self.at += 1;
                }
                Ok(Kind::Word)
            }
            b if is_operator(b) => Ok(self.operator()),
            b if is_word_start(b) => self.word(),
            _ => {
                self.at += self.rest().chars().next().map_or(1, char::len_utf8);
                Ok(Kind::Operator)
            }
        }
    }

    fn gap(&self, token: &Token<'_>) -> bool {
        token.start + token.text.len() < self.at
    }

    /// From the opening quote past the closing one. A doubled quote stays inside; so does whatever `${…}` holds.
    fn quoted(&mut self, close: u8, escapes: bool) -> Result<(), Unclosed> {
        self.at += 1;
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            if escapes && byte == b'\\' {
                self.at += 2;
            } else if byte == close {
                self.at += 1;
                if self.byte(0) != close || close == b']' {
                    return Ok(());
                }
                self.at += 1;
            } else if byte == b'$' && self.byte(1) == b'{' {
                self.at = self.interpolation_end(self.at).unwrap_or(self.at + 2);
            } else {
                self.at += 1;
            }
        }
        Err(Unclosed)
    }

    fn interpolation_end(&self, start: usize) -> Option<usize> {
        interpolation_length(self.sql.get(start..)?).map(|length| start + length)
    }

    /// `$1`, `$name`, or in PostgreSQL a dollar-quoted string.
    fn dollar(&mut self) -> Result<Kind, Unclosed> {
        let rest = self.rest();
        let name = rest.get(1..).map_or(0, |tail| tail.bytes().take_while(|&b| is_word(b) && b != b'$').count());
        let tag_end = 1 + name;
        let digits = self.byte(1).is_ascii_digit();
        if self.dialect == Dialect::Postgres && !digits && self.byte(tag_end) == b'$' {
            let tag = rest.get(..=tag_end).ok_or(Unclosed)?;
            let body = rest.get(tag.len()..).ok_or(Unclosed)?;
            let length = body.find(tag).ok_or(Unclosed)?;
            self.at += 2 * tag.len() + length;
            return Ok(Kind::Text);
        }
        self.at += tag_end;
        Ok(if name == 0 { Kind::Operator } else { Kind::Bind })
    }

    fn number(&mut self) -> Kind {
        while is_word(self.byte(0))
            || self.byte(0) == b'.'
            || (matches!(self.byte(0), b'+' | b'-')
                && self.at > 0
                && self.bytes.get(self.at - 1).is_some_and(|b| b.eq_ignore_ascii_case(&b'e')))
        {
            self.at += 1;
        }
        Kind::Number
    }

    fn question(&mut self) -> Kind {
        self.at += 1;
        match (self.byte(0), self.byte(1)) {
            (b'?', _) => self.at += 1,
            // `?||'x'` is a placeholder and then a concatenation.
            (b'|', next) if next != b'|' => self.at += 1,
            (b'&', next) if next != b'&' => self.at += 1,
            _ => {
                while self.byte(0).is_ascii_digit() {
                    self.at += 1;
                }
            }
        }
        Kind::Question
    }

    /// `::`, `:=`, `:name`, or the colon of an array slice.
    fn colon(&mut self, previous: Option<&Token<'_>>) -> Kind {
        self.at += 1;
        if matches!(self.byte(0), b':' | b'=') {
            self.at += 1;
            return Kind::Operator;
        }
        // `a[1:n]`: a name right after an operand is the end of a slice.
        let slice = previous.is_some_and(|token| ends_operand(token) && token.start + token.text.len() + 1 == self.at);
        if slice || !is_word_start(self.byte(0)) && !self.byte(0).is_ascii_digit() {
            return Kind::Operator;
        }
        self.skip_word();
        Kind::Bind
    }

    fn operator(&mut self) -> Kind {
        if let Some(length) = self.bind_length() {
            self.at += length;
            return Kind::Bind;
        }
        if self.dialect == Dialect::Mysql && self.rest().starts_with("--") {
            self.at += 1;
            return Kind::Operator;
        }
        let start = self.at;
        while is_operator(self.byte(0)) {
            let rest = self.rest();
            let stops = self.begins_line_comment()
                || rest.starts_with("/*")
                || self.in_comment && rest.starts_with("*/")
                || self.dialect == Dialect::Mysql && rest.starts_with("--")
                || self.bind_length().is_some();
            // `<@` is an operator even before a name.
            if self.at > start && stops && self.sql.get(start..=self.at) != Some("<@") {
                break;
            }
            self.at += 1;
        }
        Kind::Operator
    }

    /// The length of a placeholder that begins with an operator character: `@name`, `%s`, `%d`, `%(name)s`.
    fn bind_length(&self) -> Option<usize> {
        let rest = self.rest();
        if let Some(name) = rest.strip_prefix('@') {
            let length = name.bytes().take_while(|&b| is_word(b)).count();
            return (name.bytes().next().is_some_and(is_word_start)).then_some(1 + length);
        }
        let format = rest.strip_prefix('%')?;
        if let Some(named) = format.strip_prefix('(') {
            let close = named.find(')')?;
            let name = named.get(..close)?;
            let kind = named.as_bytes().get(close + 1)?;
            return (matches!(kind, b's' | b'd') && !name.is_empty() && name.bytes().all(is_word)).then_some(close + 4);
        }
        let mut bytes = format.bytes();
        let simple = matches!(bytes.next()?, b's' | b'd');
        (simple && !bytes.next().is_some_and(is_word)).then_some(2)
    }

    fn word(&mut self) -> Result<Kind, Unclosed> {
        let start = self.at;
        self.skip_word();
        let word = self.sql.get(start..self.at).unwrap_or_default();
        let prefixes = |all: &[&str]| all.iter().any(|prefix| word.eq_ignore_ascii_case(prefix));
        if self.byte(0) == b'\'' && self.dialect == Dialect::Mysql {
            if prefixes(&["n"]) {
                return self.quoted(b'\'', true).map(|()| Kind::Text);
            }
            if prefixes(&["b", "x"]) {
                return self.quoted(b'\'', false).map(|()| Kind::Text);
            }
        } else if self.byte(0) == b'\'' && self.dialect == Dialect::Postgres {
            if word.eq_ignore_ascii_case("e") {
                return self.quoted(b'\'', true).map(|()| Kind::Text);
            }
            if prefixes(&["b", "x", "n"]) {
                return self.quoted(b'\'', false).map(|()| Kind::Text);
            }
        } else if self.byte(0) == b'\'' && word.eq_ignore_ascii_case("x") {
            return self.quoted(b'\'', false).map(|()| Kind::Text);
        }
        Ok(Kind::Word)
    }

    fn skip_word(&mut self) {
        while is_word(self.byte(0)) && !(self.byte(0) == b'$' && self.byte(1) == b'{') {
            self.at += 1;
        }
    }
}

/// How long the `${…}` is that `text` begins with: braces balance, and those in the code's own quotes do not count.
#[must_use]
pub fn interpolation_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut skip = false;
    for (offset, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            _ if skip => skip = false,
            (Some(_), b'\\') => skip = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether an expression may end with this token, keywords aside.
fn ends_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Operator => false,
        Kind::Mark => matches!(token.text, ")" | "]"),
        _ => true,
    }
}

const fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|'
    )
}

const fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests;
