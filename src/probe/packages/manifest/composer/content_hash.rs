//! The hash by which `composer.lock` says for which `composer.json` it was made.
//!
//! `Locker::getContentHash` of Composer 2: the MD5 of the relevant keys, sorted, as PHP's `json_encode` writes what its
//! `json_decode` made of them.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::probe::packages::json::ascii_quoted;

/// What decides which versions are installed.
const RELEVANT: [&str; 11] = [
    "conflict",
    "extra",
    "minimum-stability",
    "name",
    "prefer-stable",
    "provide",
    "replace",
    "repositories",
    "require",
    "require-dev",
    "version",
];

/// What `content-hash` says in a lock file that is in step with this `composer.json`. `None` where the text is not JSON,
/// or holds something of which PHP's writing is not known for sure.
#[must_use]
pub fn composer_content_hash(json_text: &str) -> Option<String> {
    let Json::Object(all) = serde_json::from_str(json_text).ok()? else { return None };
    let get = |entries: &[(String, Json)], key: &str| {
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let mut relevant: Vec<(String, Json)> =
        RELEVANT.iter().filter_map(|key| Some(((*key).to_owned(), get(&all, key)?))).collect();
    if let Some(Json::Object(config)) = get(&all, "config")
        && let Some(platform) = get(&config, "platform").filter(|value| *value != Json::Null)
    {
        let config = Json::Object(vec![("platform".to_owned(), platform)]);
        // Keys are sorted: it stands before `conflict`.
        relevant.insert(0, ("config".to_owned(), config));
    }
    let mut text = String::with_capacity(json_text.len());
    write(&Json::Object(relevant), &mut text)?;
    let mut hash = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        let _ = write!(hash, "{byte:02x}");
    }
    Some(hash)
}

/// JSON as PHP's arrays hold it: keys in order, each once.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    /// Anything else that is a number.
    Number,
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Integer(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(i64::try_from(value).map_or(Json::Number, Json::Integer))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
                Ok(Json::Number)
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Json::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut entries: Vec<(String, Json)> = Vec::new();
                let mut places = std::collections::HashMap::new();
                while let Some((key, value)) = map.next_entry::<String, Json>()? {
                    // The last value wins, in the place of the first.
                    let place = *places.entry(key.clone()).or_insert(entries.len());
                    match entries.get_mut(place) {
                        Some(entry) => entry.1 = value,
                        None => entries.push((key, value)),
                    }
                }
                Ok(Json::Object(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// As `json_encode` without flags. The depth is bounded by the parser's.
fn write(value: &Json, out: &mut String) -> Option<()> {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Integer(value) => {
            let _ = write!(out, "{value}");
        }
        Json::Number => return None,
        Json::Text(text) => write_text(text, out),
        Json::List(values) => write_list(values.iter(), out)?,
        // To PHP an object is an array: one without keys, or with the keys 0, 1, 2, is a list.
        Json::Object(entries) if entries.iter().enumerate().all(|(n, (key, _))| *key == n.to_string()) => {
            write_list(entries.iter().map(|(_, value)| value), out)?;
        }
        Json::Object(entries) => {
            let mut before = '{';
            for (key, value) in entries {
                out.push(before);
                write_text(key, out);
                out.push(':');
                write(value, out)?;
                before = ',';
            }
            out.push('}');
        }
    }
    Some(())
}

fn write_list<'a>(values: impl Iterator<Item = &'a Json>, out: &mut String) -> Option<()> {
    out.push('[');
    for (n, value) in values.enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(value, out)?;
    }
    out.push(']');
    Some(())
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&ascii_quoted(text).replace('/', "\\/"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_composer() {
        // The first lines are what `Locker::getContentHash` of Composer 2.5.5 said.
        for (text, expected) in [include_str!("content_hash/plain.txt"), include_str!("content_hash/odd.txt")]
            .map(|both| both.split_once('\n').map(|(hash, text)| (text, hash)).unwrap())
        {
            assert_eq!(composer_content_hash(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_count_may_be_anything_and_empty_objects_are_lists() {
        let manifest = "{\"name\": \"shop/app\", \"require\": {\"php\": \">=8.2\", \"monolog/monolog\": \"^3.0\"},\n\
            \"description\": \"weighs 1.5\", \"extra\": {}, \"config\": {\"platform\": {\"php\": \"8.3\"}}, \"prefer-stable\": true}";
        assert_eq!(composer_content_hash(manifest).as_deref(), Some("99d3d97757771ac05e4c964a211c018a"));
    }

    #[test]
    fn what_php_would_write_in_its_own_way_is_not_guessed() {
        assert_eq!(composer_content_hash(r#"{"extra": {"a": 1.5}}"#), None);
        assert_eq!(composer_content_hash(r#"{"extra": 99999999999999999999}"#), None);
        assert_eq!(composer_content_hash("[]"), None);
        assert_eq!(composer_content_hash("{"), None);
        assert!(composer_content_hash(r#"{"scripts": 1.5}"#).is_some(), "what does not count may be anything");
        assert_eq!(composer_content_hash(&"[".repeat(1_000_000)), None);
    }
}
