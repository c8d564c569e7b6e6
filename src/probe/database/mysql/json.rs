//! JSON as the servers write plans: MariaDB before 10.10 gives the tables of a join as several members of one name, of
//! which an ordinary reader keeps only the last.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A value; the members of an object in the order that they were written in.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`, `true`, `false`.
    Flag(Option<bool>),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a text.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).or_else(|_| serde_json::from_str(&repaired(text))).ok()
    }

    /// The members, of an object.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The items, of a list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The first member of a name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A member that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A member that is a number, also if it is written as a text, as MySQL does with costs.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether a member says yes.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Self::Flag(Some(true))))
    }

    /// The texts of a member that is a list.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let items = self.get(name).map(Self::items).unwrap_or_default();
        items.iter().filter_map(|item| if let Self::Text(text) = item { Some(text.clone()) } else { None }).collect()
    }
}

/// MariaDB writes a condition into its JSON as it is, with whatever quotes and backslashes the literals in it have. It writes
/// one member a line, so the text is what stands between the line's second pair of quotes and its last.
fn repaired(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let written = line.split_once("\": \"").and_then(|(name, rest)| {
            let end = rest.rfind('"')?;
            let (text, after) = rest.split_at(end);
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("{name}\": \"{text}{after}"))
        });
        lines.push(written.unwrap_or_else(|| line.to_owned()));
    }
    lines.join("\n")
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Flag(Some(value)))
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Flag(None))
            }

            #[expect(clippy::cast_precision_loss, reason = "counts of rows; 53 bits are plenty")]
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value as f64))
            }

            #[expect(clippy::cast_precision_loss, reason = "counts of rows; 53 bits are plenty")]
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value as f64))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Number(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_one_name_are_all_kept() {
        let json =
            Json::read(r#"{"table": {"rows": 1}, "table": {"rows": "2.5", "x": null}, "on": true, "l": ["a", 1]}"#)
                .unwrap();
        let rows: Vec<_> = json.members().iter().filter_map(|(_, value)| value.number("rows")).collect();
        assert_eq!(rows, [1.0, 2.5]);
        assert!(json.is("on") && !json.is("l"));
        assert_eq!(json.texts("l"), ["a"]);
        assert_eq!(Json::read("{"), None);
        let raw = "{\n  \"a\": \"t.b = 'it\\'s \\\\ \" x'\",\n  \"k\": [\"x\"],\n  \"c\": \"d\"\n}";
        let json = Json::read(raw).unwrap();
        assert_eq!(json.text("a"), Some("t.b = 'it\\'s \\\\ \" x'"));
        assert_eq!((json.text("c"), json.texts("k").len()), (Some("d"), 1));
    }
}
