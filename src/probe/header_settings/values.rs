//! Literal values in tokens: texts, numbers, lists and objects. Whatever is worked out while the app runs is `Other`.

use super::tokens::{Kind, Token};

/// A value as it is written down.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number without fraction.
    Number(u64),
    /// `true` or `false`.
    Bool(bool),
    /// Keys with their values and lines; `whole` is false where more is spread into it.
    Object { fields: Vec<(String, Self, u32)>, whole: bool },
    /// Elements with their lines; `whole` as above.
    List { elements: Vec<(Self, u32)>, whole: bool },
    /// Anything else.
    Other,
}

impl Value {
    /// The field of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.field(key).map(|(value, _)| value)
    }

    /// The field of an object with its line; the last of equal ones holds.
    pub fn field(&self, key: &str) -> Option<(&Self, u32)> {
        let Self::Object { fields, .. } = self else { return None };
        fields.iter().rev().find(|(name, ..)| name == key).map(|(_, value, line)| (value, *line))
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Deeper than any configuration that people write.
const DEEPEST: usize = 24;

/// Reads values from a place in the tokens.
pub struct Reader<'a> {
    /// All tokens of the file.
    pub tokens: &'a [Token],
    /// The next one.
    pub at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Begins at token number `at`.
    pub fn new(tokens: &'a [Token], at: usize) -> Self {
        Self { tokens, at, depth: 0 }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, mark: &str) -> bool {
        self.peek().is_some_and(|token| token.is(mark))
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = self.is(mark);
        self.at += usize::from(is);
        is
    }

    /// Reads a value with whatever is done to it, up to the next comma or closing bracket.
    pub fn value(&mut self) -> Value {
        self.depth += 1;
        let value = if self.depth > DEEPEST { Value::Other } else { self.worked_out() };
        self.skip();
        self.depth -= 1;
        value
    }

    fn worked_out(&mut self) -> Value {
        let mut value = self.primary();
        loop {
            let line = self.tokens.get(self.at.wrapping_sub(1)).map_or(0, |token| token.line);
            let Some(next) = self.peek() else { return value };
            if next.is("*") {
                self.at += 1;
                value = match (value, self.primary()) {
                    (Value::Number(a), Value::Number(b)) => Value::Number(a.saturating_mul(b)),
                    _ => Value::Other,
                };
            } else if next.is("+")
                || next.kind == Kind::Text && next.line <= line + 1 && matches!(value, Value::Text(_))
            {
                self.at += usize::from(next.is("+"));
                value = match (value, self.primary()) {
                    (Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
                    _ => Value::Other,
                };
            } else if next.is(".") {
                value = self.method(value);
            } else {
                let ends = next.kind == Kind::Mark && matches!(next.text.as_str(), "," | "}" | "]" | ")" | ";")
                    || next.named("as")
                    || next.named("satisfies")
                    // The next statement, where lines end them.
                    || next.line > line && next.kind == Kind::Name;
                return if ends { value } else { Value::Other };
            }
        }
    }

    /// What policies are put together with: `.join("; ")`, `.replace(/\s+/g, " ")`, `.trim()`.
    fn method(&mut self, value: Value) -> Value {
        self.at += 1;
        let Some(name) = self.peek() else { return Value::Other };
        self.at += 1;
        // Ruby's `2.years`.
        if let (Value::Number(count), Some(seconds)) = (&value, seconds(&name.text)) {
            return Value::Number(count.saturating_mul(seconds));
        }
        if !self.take("(") {
            return Value::Other;
        }
        let first = if self.is(")") { Value::Other } else { self.value() };
        self.close(")");
        match (name.text.as_str(), value) {
            ("join", Value::List { elements, whole: true }) => {
                let parts: Option<Vec<&str>> = elements.iter().map(|(part, _)| part.text()).collect();
                match (parts, first) {
                    (Some(parts), Value::Text(between)) => Value::Text(parts.join(&between)),
                    _ => Value::Other,
                }
            }
            ("replace" | "replaceAll" | "trim" | "strip", Value::Text(text)) => {
                Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            _ => Value::Other,
        }
    }

    fn primary(&mut self) -> Value {
        let Some(token) = self.peek() else { return Value::Other };
        let at = self.at;
        self.at += 1;
        match token.kind {
            Kind::Text => Value::Text(token.text.clone()),
            Kind::Filled => Value::Other,
            Kind::Number => token.text.replace('_', "").parse().map_or(Value::Other, Value::Number),
            Kind::Name => match token.text.as_str() {
                "true" | "True" => Value::Bool(true),
                "false" | "False" => Value::Bool(false),
                _ => self.known(at),
            },
            Kind::Mark => match token.text.as_str() {
                "{" => self.object("}"),
                "[" => self.list(),
                "(" => {
                    let value = self.value();
                    self.close(")");
                    value
                }
                ":" => self.primary(),
                _ => Value::Other,
            },
        }
    }

    /// The value of a name that this file gives one, once.
    fn known(&mut self, at: usize) -> Value {
        let Some(name) = self.tokens.get(at) else { return Value::Other };
        if self.is("(") || self.depth > DEEPEST {
            return Value::Other;
        }
        let mut given = (0..self.tokens.len()).filter(|&index| {
            self.tokens.get(index).is_some_and(|token| token.named(&name.text))
                && index.checked_sub(1).and_then(|before| self.tokens.get(before)).is_none_or(|before| !before.is("."))
                && starts_value(self.tokens, index + 1).is_some()
        });
        let (Some(place), None) = (given.next(), given.next()) else { return Value::Other };
        // `policy += …` and the like: the text grows while the app runs.
        let grows = |index: usize| {
            let mark = |at: usize, mark: &str| self.tokens.get(at).is_some_and(|token| token.is(mark));
            self.tokens.get(index).is_some_and(|token| token.named(&name.text))
                && (["+", "|", "?"]
                    .iter()
                    .any(|by| mark(index + 1, by) && (mark(index + 2, "=") || mark(index + 3, "="))))
        };
        if (0..self.tokens.len()).any(grows) {
            return Value::Other;
        }
        // A value cannot stand in its own definition.
        if place == at {
            return Value::Other;
        }
        let Some(start) = starts_value(self.tokens, place + 1) else { return Value::Other };
        let mut reader = Reader { tokens: self.tokens, at: start, depth: self.depth + 4 };
        if reader.depth > DEEPEST { Value::Other } else { reader.value() }
    }

    fn object(&mut self, end: &str) -> Value {
        let (mut fields, mut whole) = (Vec::new(), true);
        while let Some(token) = self.peek() {
            if self.take(end) {
                break;
            }
            if self.take(",") {
                continue;
            }
            let before = self.at;
            if matches!(token.kind, Kind::Name | Kind::Text | Kind::Number) && token.text != "async" {
                self.at += 1;
                let arrow = self.is("=>");
                if self.is(":") || arrow {
                    self.at += 1;
                    fields.push((token.text.clone(), self.value(), token.line));
                } else if self.is(",") || self.is(end) {
                    let value = self.known(before);
                    fields.push((token.text.clone(), value, token.line));
                } else {
                    // A method, or something computed.
                    fields.push((token.text.clone(), Value::Other, token.line));
                    self.skip();
                }
            } else {
                whole &= token.text == "async";
                self.at += 1;
                if token.text != "async" {
                    self.skip();
                }
            }
            if self.at == before {
                break;
            }
        }
        Value::Object { fields, whole }
    }

    fn list(&mut self) -> Value {
        // Lists of PHP and Ruby's hashes in brackets have keys.
        if self.tokens.get(self.at + 1).is_some_and(|token| token.is("=>")) {
            return self.object("]");
        }
        let (mut elements, mut whole) = (Vec::new(), true);
        while let Some(token) = self.peek() {
            if self.take("]") {
                break;
            }
            if self.take(",") {
                continue;
            }
            let before = self.at;
            if token.is(".") || token.is("*") {
                whole = false;
                self.at += 1;
                self.skip();
            } else {
                elements.push((self.value(), token.line));
            }
            if self.at == before {
                break;
            }
        }
        Value::List { elements, whole }
    }

    fn close(&mut self, end: &str) {
        while self.peek().is_some() && !self.take(end) {
            let before = self.at;
            if !self.take(",") {
                self.skip();
            }
            if self.at == before {
                break;
            }
        }
    }

    /// Goes to the next comma, semicolon or closing bracket of this level.
    fn skip(&mut self) {
        let mut open = 0_usize;
        let line = self.tokens.get(self.at.wrapping_sub(1)).map_or(0, |token| token.line);
        while let Some(token) = self.peek() {
            if token.kind == Kind::Mark {
                match token.text.as_str() {
                    "(" | "[" | "{" => open += 1,
                    ")" | "]" | "}" if open == 0 => return,
                    ")" | "]" | "}" => open -= 1,
                    "," | ";" if open == 0 => return,
                    _ => {}
                }
            } else if open == 0 && self.depth <= 1 && token.line > line && token.kind == Kind::Name {
                // Where no bracket holds it, the next line is the next statement.
                return;
            }
            self.at += 1;
        }
    }
}

/// How long Ruby's durations are.
fn seconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        "week" | "weeks" => 604_800,
        "month" | "months" => 2_629_746,
        // ActiveSupport::Duration::SECONDS_PER_YEAR.
        "year" | "years" => 31_556_952,
        _ => return None,
    })
}

/// Where the value begins that is assigned at token `at`, behind a name: past `=` and past the type of TypeScript.
fn starts_value(tokens: &[Token], at: usize) -> Option<usize> {
    let mark = |at: usize, mark: &str| tokens.get(at).is_some_and(|token| token.is(mark));
    if mark(at, "=") {
        return (!mark(at + 1, "=")).then_some(at + 1);
    }
    if mark(at, ":") {
        // A type is short and holds no text.
        let end = (at + 1..at + 14).find(|&end| mark(end, "="))?;
        let is_type = (at + 1..end).all(|at| {
            tokens.get(at).is_some_and(|t| {
                t.kind == Kind::Name
                    || matches!(t.text.as_str(), "[" | "]" | "<" | ">" | "." | "{" | "}" | ":" | ";" | ",")
            })
        });
        return (is_type && !mark(end + 1, "=")).then_some(end + 1);
    }
    None
}

/// Every assignment to `name` in the file: the value and its line, in order.
pub fn assigned(tokens: &[Token], name: &str) -> Vec<(Value, u32)> {
    let places = tokens.iter().enumerate().filter(|(_, token)| token.named(name));
    places
        .filter_map(|(at, token)| {
            let start = starts_value(tokens, at + 1)?;
            Some((Reader::new(tokens, start).value(), token.line))
        })
        .collect()
}

/// The arguments of every call of `name`, with the token of the name: `res.set(…)` for `set`.
pub fn calls<'a>(tokens: &'a [Token], name: &'a str) -> impl Iterator<Item = (usize, Vec<Value>)> + 'a {
    let places = tokens.iter().enumerate().filter(move |(_, token)| token.named(name));
    places.filter_map(|(at, _)| {
        if !tokens.get(at + 1)?.is("(") {
            return None;
        }
        let mut reader = Reader::new(tokens, at + 2);
        reader.depth = 1;
        let mut arguments = Vec::new();
        while reader.peek().is_some() && !reader.take(")") && arguments.len() < 8 {
            let before = reader.at;
            if !reader.take(",") {
                arguments.push(reader.value());
            }
            if reader.at == before {
                break;
            }
        }
        Some((at, arguments))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{Dialect, tokens};
    use super::*;

    fn of(text: &str) -> Value {
        let tokens = tokens(text, Dialect::Slashes);
        assigned(&tokens, "it").remove(0).0
    }

    #[test]
    fn literals_are_read_and_the_rest_is_not_guessed() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(of("const it = 'a' + \"b\";"), text("ab"));
        assert_eq!(of("const it = 60 * 60 * 24"), Value::Number(86_400));
        assert_eq!(of("const it = ['a', 'b'].join('; ')"), text("a; b"));
        assert_eq!(of("const p = `a\n  b`; const it = p.replace(/\\s+/g, ' ').trim()"), text("a b"));
        for other in ["f()", "a ? 'b' : 'c'", "`${a}`", "process.env.A || 'b'", "a", "[...a].join('')"] {
            assert_eq!(of(&format!("const it = {other};")), Value::Other, "{other}");
        }
        let object = of(
            "const it: X = { a: 'b', 'c-d': [1, { e: true }], f() { return 1 }, g: h => ({}), ...i, z: 2 } as const",
        );
        assert_eq!(object.get("a"), Some(&text("b")));
        assert_eq!(object.get("z"), Some(&Value::Number(2)));
        assert!(matches!(object, Value::Object { whole: false, .. }));
    }

    #[test]
    fn hostile_nesting_ends() {
        for text in [
            "it = ",
            "it = it",
            "a = it; it = a",
            "it = [",
            "it = {a:",
            "it = (((",
            "it = {{{",
            "it = [,,",
            "it = a.b.c(",
        ] {
            let long = format!("{text}{}", "[{(".repeat(2000));
            for text in [text, &long] {
                let tokens = tokens(text, Dialect::Slashes);
                assigned(&tokens, "it");
                calls(&tokens, "it").for_each(drop);
            }
        }
    }
}
