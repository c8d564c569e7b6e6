//! What expressions are.

use serde::{Deserialize, Serialize};

use super::{CallId, Comparison, FunctionId};

/// What an expression is, as far as rules care.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Not known.
    #[default]
    Unknown,
    /// A string literal without interpolation.
    Text(Box<str>),
    /// A string put together from parts: template, concatenation, f-string, format call.
    Template(Vec<Part>),
    /// A number as written.
    Number(Box<str>),
    /// A truth value.
    Bool(bool),
    /// `null`, `undefined`, `None`.
    Null,
    /// A name or a chain of names: `req.body.id`.
    Path(Box<str>),
    /// A name on the result of something else: `(await request.json()).id`.
    Member(Box<(Value, Box<str>)>),
    /// An element chosen at run time: `allowed[key]`.
    Index(Box<(Value, Value)>),
    /// A read of an environment variable.
    Env(Box<str>),
    /// The result of a call.
    Call(CallId),
    /// A function written here.
    Function(FunctionId),
    /// An object or dictionary literal; a spread stands under the key `...`.
    Object(Vec<(Box<str>, Value)>),
    /// A list literal.
    Array(Vec<Value>),
    /// One of several: `a ?? b`, `a || b`, `c ? a : b`.
    Either(Vec<Value>),
    /// All of these: `a && b`. It is the last one, or the first that counts as false.
    All(Vec<Value>),
    /// The opposite: `!a`, `not a`.
    Not(Box<Value>),
    /// The outcome of comparing the first with the second.
    Compared(Comparison, Box<(Value, Value)>),
    /// Computed from these.
    Computed(Vec<Value>),
}

/// A part of a string that is put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// Fixed text.
    Fixed(Box<str>),
    /// An expression and its text in the source.
    Expression(Box<str>, Value),
}

/// A string's parts as one text; every expression stands as `${…}`.
#[must_use]
pub fn joined(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Fixed(fixed) => text.push_str(fixed),
            Part::Expression(shown, _) => {
                text.push_str("${");
                text.push_str(shown);
                text.push('}');
            }
        }
    }
    text
}

impl Value {
    /// The text of a literal.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The fixed text with which a string begins.
    #[must_use]
    pub fn leading_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Template(parts) => match parts.first() {
                Some(Part::Fixed(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name or chain of names.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The value under `key` of an object literal.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(pairs) => pairs.iter().rev().find(|(name, _)| **name == *key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Whether an object literal takes over the contents of another object.
    #[must_use]
    pub fn spreads(&self) -> bool {
        matches!(self, Self::Object(pairs) if pairs.iter().any(|(name, _)| &**name == "..."))
    }

    /// Whether it is a literal that says nothing: `null`, `[]`, `{}`, `""`, `0`, `false`.
    #[must_use]
    pub fn is_empty_literal(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Text(text) => text.is_empty(),
            Self::Number(number) => matches!(&**number, "0" | "-1"),
            Self::Object(pairs) => pairs.is_empty(),
            Self::Array(items) => items.is_empty(),
            _ => false,
        }
    }

    /// Calls `see` on this value and on everything that it is made of, as far as it stands in the same expression.
    pub fn walk<'v>(&'v self, see: &mut dyn FnMut(&'v Self)) {
        see(self);
        match self {
            Self::Template(parts) => {
                for part in parts {
                    if let Part::Expression(_, value) = part {
                        value.walk(see);
                    }
                }
            }
            Self::Member(pair) => pair.0.walk(see),
            Self::Index(pair) => {
                pair.0.walk(see);
                pair.1.walk(see);
            }
            Self::Object(pairs) => pairs.iter().for_each(|(_, value)| value.walk(see)),
            Self::Not(value) => value.walk(see),
            Self::Compared(_, pair) => {
                pair.0.walk(see);
                pair.1.walk(see);
            }
            Self::Array(values) | Self::Either(values) | Self::All(values) | Self::Computed(values) => {
                values.iter().for_each(|value| value.walk(see));
            }
            _ => {}
        }
    }
}
