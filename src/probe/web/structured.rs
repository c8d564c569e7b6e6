//! Structured fields (RFC 9651): items and dictionaries, read strictly, for one error and browsers drop the whole header.

/// A value without its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bare {
    /// `self`, `*`.
    Token(String),
    /// `"https://a.example"`.
    Text(String),
    /// A number, a boolean, bytes or a date; what it is does not matter here.
    Other,
}

/// A value; what its parameters say does not matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub bare: Bare,
}

/// What a key of a dictionary stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// One value.
    Item(Item),
    /// Several in parentheses.
    List(Vec<Item>),
}

/// Reads a header that holds one item.
pub fn item(text: &str) -> Option<Item> {
    let mut rest = Reader::new(text)?;
    rest.spaces();
    let item = rest.item()?;
    rest.spaces();
    rest.is_done().then_some(item)
}

/// Reads a header that holds a dictionary: keys with values in order. Of equal keys the last counts.
pub fn dictionary(text: &str) -> Option<Vec<(String, Member)>> {
    let mut rest = Reader::new(text)?;
    let mut found: Vec<(String, Member)> = Vec::new();
    rest.spaces();
    while !rest.is_done() {
        let key = rest.key()?;
        let member = if rest.take('=') {
            rest.member()?
        } else {
            rest.parameters()?;
            Member::Item(Item { bare: Bare::Other })
        };
        found.retain(|(known, _)| *known != key);
        found.push((key, member));
        rest.blanks();
        if rest.is_done() {
            break;
        }
        if !rest.take(',') {
            return None;
        }
        rest.blanks();
        if rest.is_done() {
            return None;
        }
    }
    Some(found)
}

/// So many characters are read; browsers have limits of this order.
const MOST: usize = 64 * 1024;

#[derive(Debug)]
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Option<Self> {
        (text.is_ascii() && text.len() <= MOST).then_some(Self { rest: text })
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, c: char) -> bool {
        let after = self.rest.strip_prefix(c);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// What stands there as long as `is` holds.
    fn run(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn key(&mut self) -> Option<String> {
        if !self.rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '*') {
            return None;
        }
        let is = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '*');
        Some(self.run(is).to_owned())
    }

    fn member(&mut self) -> Option<Member> {
        if !self.take('(') {
            return self.item().map(Member::Item);
        }
        let mut items = Vec::new();
        loop {
            self.spaces();
            if self.take(')') {
                self.parameters()?;
                return Some(Member::List(items));
            }
            items.push(self.item()?);
            if !self.rest.starts_with([' ', ')']) {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Item> {
        let bare = self.bare()?;
        self.parameters()?;
        Some(Item { bare })
    }

    fn parameters(&mut self) -> Option<()> {
        while self.take(';') {
            self.spaces();
            self.key()?;
            if self.take('=') {
                self.bare()?;
            }
        }
        Some(())
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.rest.chars().next()? {
            '"' => self.text().map(Bare::Text),
            '-' | '0'..='9' => self.number(),
            '?' => {
                let read = self.take('?') && (self.take('0') || self.take('1'));
                read.then_some(Bare::Other)
            }
            '@' => {
                self.take('@');
                self.number()
            }
            ':' => {
                self.take(':');
                self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
                self.take(':').then_some(Bare::Other)
            }
            '%' => {
                self.take('%');
                self.text().map(|_| Bare::Other)
            }
            c if c.is_ascii_alphabetic() || c == '*' => {
                // The characters of a token of RFC 9110, section 5.6.2, and two more.
                let is = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c);
                Some(Bare::Token(self.run(is).to_owned()))
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Option<String> {
        if !self.take('"') {
            return None;
        }
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(text);
                }
                '\\' => text.push(chars.next().map(|(_, c)| c).filter(|c| matches!(c, '"' | '\\'))?),
                ' '..='~' => text.push(c),
                _ => return None,
            }
        }
        None
    }

    fn number(&mut self) -> Option<Bare> {
        self.take('-');
        let whole = self.run(|c| c.is_ascii_digit());
        let fits = if self.take('.') {
            let part = self.run(|c| c.is_ascii_digit());
            whole.len() <= 12 && (1..=3).contains(&part.len())
        } else {
            whole.len() <= 15
        };
        (fits && !whole.is_empty()).then_some(Bare::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_whole_or_not_at_all() {
        let token = |text: &str| match item(text) {
            Some(Item { bare: Bare::Token(token) }) => Some(token),
            _ => None,
        };
        assert_eq!(token("require-corp").as_deref(), Some("require-corp"));
        assert_eq!(token(" same-origin; report-to=\"x\" ").as_deref(), Some("same-origin"));
        for text in ["", "a, b", "a b", "\"a\"", "a;", "a;=1", "a; b=\"x", "é", "(a)", "1", "a\t"] {
            assert_eq!(token(text), None, "{text}");
        }
        for text in ["-1.5", "?1", "@12", ":YWJj:", "%\"x\"", "\"a\\\"b\"", "12;a=?0;b"] {
            assert!(item(text).is_some(), "{text}");
        }
        for text in ["-", "1.", "?2", "1234567890123456", ":a", "\"\\a\"", "%x"] {
            assert!(item(text).is_none(), "{text}");
        }
    }

    #[test]
    fn one_error_spoils_a_dictionary() {
        let read = dictionary("a=(), b=(self \"https://x.example\"),\tc=*;d=1, e, a=self").unwrap();
        let keys: Vec<&str> = read.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "c", "e", "a"]);
        assert!(matches!(&read[0].1, Member::List(items) if items.len() == 2));
        assert_eq!(dictionary("").unwrap(), []);
        for text in ["a=", "a=(", "a=(b", "a=()b", "A=1", "a=1,", "a=1 b=2", "a='none'", "camera 'none'", "a=(b\"c\")"]
        {
            assert_eq!(dictionary(text), None, "{text}");
        }
    }
}
