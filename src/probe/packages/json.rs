//! JSON with the places of its parts.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of an object in their order, each value still unread: one that is odd does not spoil the rest, and each
/// knows its place. PHP writes an empty object as an empty list; whatever else stands in its place counts as empty too.
#[derive(Debug, Default)]
pub struct Entries<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect(PhantomData)).map(Entries)
    }
}

/// What an entry's value is kept as.
struct Collect<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match list.next_element::<IgnoredAny>()? {
            None => Ok(Vec::new()),
            Some(_) => Err(serde::de::Error::custom("a list where an object belongs")),
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// Reads an object. (By itself serde takes a list for an object as well, its values in the order of the fields.)
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    if text.trim_start().starts_with('[') {
        return Err(serde::de::Error::custom("a list where an object belongs"));
    }
    serde_json::from_str(text)
}

/// The text of a JSON string; `None` for anything else.
pub fn text_of(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_order_and_their_oddities() {
        let entries: Entries<'_> = serde_json::from_str(r#"{"b": 1, "a": "x", "b": []}"#).unwrap();
        let told: Vec<_> = entries.0.iter().map(|(name, raw)| format!("{name}={}", raw.get())).collect();
        assert_eq!(told, ["b=1", "a=\"x\"", "b=[]"]);
        assert_eq!(text_of(entries.0[1].1).as_deref(), Some("x"));
        assert_eq!(text_of(entries.0[0].1), None);
        for empty in ["[]", "{}", "null"] {
            assert!(serde_json::from_str::<Entries<'_>>(empty).unwrap().0.is_empty());
        }
        assert!(serde_json::from_str::<Entries<'_>>("[1]").is_err());
        assert!(serde_json::from_str::<Entries<'_>>("7").is_err());
    }
}
