//! Texts that stand in for something: filler, sample people, keys to be filled in, notes of what is still to be done.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use super::code::FunctionId;
use super::facts::Usage;
use crate::model::Span;

/// Longer texts are data.
const MAX_TEXT: usize = 4000;

/// A text that stands in for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placeholder {
    /// What it is.
    pub kind: Kind,
    /// Where in the code it stands.
    pub form: Form,
    /// What was recognised.
    pub text: Box<str>,
    /// The name or call that a literal goes to.
    pub name: Box<str>,
    /// What is done with a literal.
    pub usage: Usage,
    /// Where.
    pub span: Span,
    /// Bytes of it.
    pub bytes: (u32, u32),
    /// The function around it.
    pub function: FunctionId,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
}

/// Where in the code a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A string literal.
    Literal,
    /// Text of a page.
    Page,
    /// A comment.
    Comment,
}

/// What stands in for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Latin filler.
    Filler,
    /// A key or password to be filled in.
    Key,
    /// An address of mail at a domain that nobody has.
    Mail,
    /// A made-up person.
    Person,
    /// A note that something is still to be written.
    ToDo,
}

static KINDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)(?P<filler>lorem ipsum|dolor sit amet)|(?P<key>^[<\[{]?(?:your|my|insert|enter|add|replace|put|paste)[-_](?:\w+[-_])?(?:\w+[-_])?(?:key|token|secret|password|dsn|credentials?)(?:[-_](?:here|goes[-_]here|value))?[>\]}]?$|^[<\[{]?(?:your|insert|put|paste)(?: \w+){0,3} (?:key|token|secret|password|credentials?) (?:goes )?here[>\]}]?$|^change[-_ ]?(?:me|this)\w*!?$|^replace[-_ ]?(?:me|this)$|^x{8,}$|^sk[-_](?:your|x{4,}|\.{3})[-_\w.]*$)|(?P<mail>[\w.+-]+@(?:example|test|yourdomain|your-domain|yourcompany|your-company|mydomain|yourapp|domain)\.(?:com|org|net|io|dev)\b)|(?P<person>\b(?:john|jane) doe\b)|(?P<todo>^\W*(?:todo|fixme)\W{0,3}(?:\w+[):]*\s)?(?:actually |properly )?(?:implement|replace (?:this|with|mock|the mock|dummy|hard)|hook up|wire up|connect to|call (?:the )?(?:real|actual)|use (?:the )?real|add (?:real|actual)|fetch from)|(?:^|\W)(?:in (?:a )?(?:real|production|actual) (?:app|application|implementation|world|code|system|environment|scenario)\b.{0,60}(?:would|should|you'd|we'd)))",
    )
    .ok()
});

/// What `text` stands in for, and the part that says so.
#[must_use]
pub fn kind(text: &str) -> Option<(Kind, &str)> {
    if text.len() < 5 || text.len() > MAX_TEXT {
        return None;
    }
    let found = KINDS.as_ref()?.captures(text.as_bytes())?;
    [("filler", Kind::Filler), ("key", Kind::Key), ("mail", Kind::Mail), ("person", Kind::Person), ("todo", Kind::ToDo)]
        .into_iter()
        .find_map(|(name, kind)| found.name(name).and_then(|part| Some((kind, text.get(part.range())?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        for (text, expected) in [
            ("Lorem ipsum dolor sit amet, consectetur", Some(Kind::Filler)),
            ("your-api-key", Some(Kind::Key)),
            ("YOUR_SECRET_KEY_HERE", Some(Kind::Key)),
            ("<your-token>", Some(Kind::Key)),
            ("changeme", Some(Kind::Key)),
            ("noreply@example.com", Some(Kind::Mail)),
            ("Shop <hello@yourdomain.com>", Some(Kind::Mail)),
            ("John Doe", Some(Kind::Person)),
            ("TODO: implement refunds", Some(Kind::ToDo)),
            ("In a real app this would call the payment service", Some(Kind::ToDo)),
            ("Enter your password", None),
            ("Your API key was copied", None),
            ("exchange", None),
            ("TODO: think about the name", None),
            ("someone@example.co.jp", None),
        ] {
            assert_eq!(kind(text).map(|(kind, _)| kind), expected, "{text}");
        }
    }
}
