//! JSON that is read piece by piece: each piece knows its line, and an odd one does not spoil the rest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::NotUnderstood;

/// The entries of an object, in their order, each still unread. Of equal keys the last one holds, as for
/// `JSON.parse` (ECMA-262, 25.5.1).
#[derive(Debug, Default)]
pub struct Entries<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>, pub Twice);

/// A key that stands more than once in an object: no tool writes that, and whoever merged a file by hand may.
pub type Twice = Option<String>;

impl<'a> Entries<'a> {
    /// The entries of `raw`; `None` when it is no object.
    pub fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(known, _)| known == key).map(|(_, value)| *value)
    }

    /// The entries of the object that stands behind this key.
    pub fn object(&self, key: &str) -> Option<Self> {
        self.get(key).and_then(Self::of)
    }

    /// The text that stands behind this key.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(text)
    }
}

/// Reads an object. (By itself serde takes a list for an object as well, its values in the order of the fields.)
///
/// # Errors
/// When it is none, or not of the expected form.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_start().starts_with('[') {
        return Err(serde::de::Error::custom("a list where an object belongs"));
    }
    serde_json::from_str(text)
}

/// The entries of an object that PHP wrote: an empty one is an empty list there.
///
/// # Errors
/// When it is anything else.
pub fn php_entries<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Entries<'a>, D::Error> {
    let raw: &'a RawValue = Deserialize::deserialize(deserializer)?;
    let list = raw.get().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if raw.get() == "null" || list.is_some_and(|inner| inner.trim().is_empty()) {
        return Ok(Entries::default());
    }
    Entries::of(raw).ok_or_else(|| serde::de::Error::custom("something else where an object belongs"))
}

/// The text that `raw` is; `None` when it is something else.
pub fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A licence as npm knows it: a text, and in old packages `{"type": …}` or a list of those, of which one may choose.
pub fn licence(raw: &RawValue) -> Option<String> {
    let one = |raw: &RawValue| text(raw).or_else(|| Entries::of(raw)?.text("type"));
    if let Some(licence) = one(raw) {
        return Some(licence).filter(|licence| !licence.is_empty());
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    let mut all: Vec<String> = list.into_iter().filter_map(one).collect();
    if all.len() > 1 { Some(format!("({})", all.join(" OR "))) } else { all.pop() }
}

/// More programs of one package are not told apart.
const MOST_PROGRAMS: usize = 64;

/// The programs of a package as npm names them in `bin`: a table, or the path of one that is called like the package
/// (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#bin>).
pub fn programs(name: &str, bin: &RawValue) -> Vec<String> {
    match Entries::of(bin) {
        Some(table) => table.0.into_iter().take(MOST_PROGRAMS).map(|(program, _)| program.into_owned()).collect(),
        None => text(bin).and(name.rsplit('/').next()).map(str::to_owned).into_iter().collect(),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        /// Borrowed where the text holds it as it is.
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(last_of_each(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn last_of_each<'a>(entries: Vec<(Cow<'a, str>, &'a RawValue)>) -> Entries<'a> {
    // Nearly always there is nothing to do.
    let last: HashMap<&str, usize> = entries.iter().enumerate().map(|(at, (key, _))| (key.as_ref(), at)).collect();
    if last.len() == entries.len() {
        drop(last);
        return Entries(entries, None);
    }
    let kept: Vec<bool> =
        entries.iter().enumerate().map(|(at, (key, _))| last.get(key.as_ref()) == Some(&at)).collect();
    drop(last);
    let twice = entries.iter().zip(&kept).find(|(_, kept)| !**kept).map(|((key, _), _)| key.to_string());
    let kept = entries.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(entry, _)| entry);
    Entries(kept.collect(), twice)
}

/// `text` as a text of JSON, with everything but ASCII escaped, as Python writes it.
pub fn ascii_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='\u{7f}' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a text cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// JSON with comments and trailing commas as JSON: what is too much becomes blanks, so that every place stays the same.
pub fn strict(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |from: usize, to: usize| {
        for byte in bytes.get_mut(from..to).into_iter().flatten().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    };
    let source = text.as_bytes();
    let find = |from: usize, end: &str| {
        text.get(from..).and_then(|rest| rest.find(end)).map_or(text.len(), |found| from + found)
    };
    let mut at = 0;
    let mut comma = None;
    while let Some(&byte) = source.get(at) {
        let begin = at;
        at += 1;
        match (byte, source.get(at)) {
            (b'/', Some(b'/')) => {
                at = find(at, "\n");
                blank(begin, at);
            }
            (b'/', Some(b'*')) => {
                at = (find(at + 1, "*/") + 2).min(text.len());
                blank(begin, at);
            }
            (b'"', _) => {
                comma = None;
                while let Some(&inner) = source.get(at).filter(|inner| **inner != b'"') {
                    at += if inner == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            (b',', _) => comma = Some(begin),
            (b'}' | b']', _) => {
                if let Some(comma) = comma.take() {
                    blank(comma, comma + 1);
                }
            }
            (byte, _) if !byte.is_ascii_whitespace() => comma = None,
            _ => {}
        }
    }
    // Whole characters were replaced by blanks only.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Why `text` is refused: `what` it was taken for, and where reading it stopped.
pub fn refused(what: &str, text: &str, line: usize) -> NotUnderstood {
    let there = line.checked_sub(1).and_then(|before| text.lines().nth(before)).unwrap_or("");
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| there.starts_with(mark)) {
        NotUnderstood::at(format!("{what} with an unresolved merge conflict"), line)
    } else {
        NotUnderstood::at(format!("not a valid {what}"), line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_keys_the_last_holds() {
        let entries: Entries<'_> = serde_json::from_str(r#"{"a": 1, "b": "x\ny", "a": {"c\u0041": 2}}"#).unwrap();
        let keys: Vec<&str> = entries.0.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(entries.object("a").unwrap().get("cA").unwrap().get(), "2");
        assert_eq!(entries.text("b").as_deref(), Some("x\ny"));
        assert_eq!((entries.text("a"), entries.text("none")), (None, None));
        assert!(entries.object("b").is_none());
    }

    #[test]
    fn php_writes_empty_objects_as_lists() {
        #[derive(Deserialize)]
        struct One<'a> {
            #[serde(borrow, default, deserialize_with = "php_entries")]
            a: Entries<'a>,
        }
        for (text, expected) in [
            (r#"{"a": []}"#, Some(0)),
            (r#"{"a": [ ]}"#, Some(0)),
            (r#"{"a": null}"#, Some(0)),
            ("{}", Some(0)),
            (r#"{"a": {"b": 1}}"#, Some(1)),
            (r#"{"a": [1]}"#, None),
            (r#"{"a": 7}"#, None),
            (r#"[{"b": 1}]"#, None),
        ] {
            assert_eq!(object::<One<'_>>(text).ok().map(|one| one.a.0.len()), expected, "{text}");
        }
    }

    #[test]
    fn quoted_texts_are_read_as_what_they_were() {
        let text = "a/\"\\ \u{8}\u{c}\n\r\t\u{1}\u{7f}\u{80}ü\u{1f600}";
        let quoted = ascii_quoted(text);
        assert_eq!(quoted, "\"a/\\\"\\\\ \\b\\f\\n\\r\\t\\u0001\u{7f}\\u0080\\u00fc\\ud83d\\ude00\"");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
    }

    #[test]
    fn comments_and_trailing_commas_become_blanks() {
        for (text, expected) in [
            ("{\"a\": [1, 2, ], }", "{\"a\": [1, 2  ]  }"),
            ("[1, // x,\n /* ü\n] */ ]", "[1       \n      \n     ]"),
            ("[\"a,]//\\\",]\", \"b\",]", "[\"a,]//\\\",]\", \"b\" ]"),
            ("[1,,]", "[1, ]"),
            ("\"open\\", "\"open\\"),
            ("/* open ü", "          "),
            ("[1,/", "[1,/"),
        ] {
            assert_eq!(strict(text), expected, "{text}");
        }
    }

    #[test]
    fn a_merge_conflict_is_called_by_its_name() {
        let text = "{\n<<<<<<< HEAD\n";
        assert_eq!(refused("thing", text, 2), NotUnderstood::at("thing with an unresolved merge conflict", 2));
        assert_eq!(refused("thing", text, 1), NotUnderstood::at("not a valid thing", 1));
        assert_eq!(refused("thing", text, 0), NotUnderstood::new("not a valid thing"));
    }
}
