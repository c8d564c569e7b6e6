//! Records that are kept as YAML (<https://github.com/pypa/advisory-database>).

use serde_json::{Map, Value};

use super::source::Taken;
use crate::probe::yaml::{self, Node};

/// The record as JSON; else what the file came to.
pub fn to_json(bytes: &[u8]) -> Result<Vec<u8>, Taken> {
    let text = str::from_utf8(bytes).map_err(|_| Taken::Unusable)?;
    let documents = yaml::parse(text).map_err(|_| {
        // A checkout has other YAML as well, and not all of it is plain.
        if text.lines().any(|line| line.starts_with("id:")) { Taken::Unusable } else { Taken::Other }
    })?;
    let record = documents.first().ok_or(Taken::Other)?;
    serde_json::to_vec(&value(record)).map_err(|_| Taken::Unusable)
}

/// Every scalar of a record is a text: `1.10` is a version, not a number. [`yaml::parse`] bounds the depth.
fn value(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Scalar(text) if matches!(text.as_str(), "" | "~" | "null") => Value::Null,
        yaml::Value::Scalar(text) => Value::String(text.clone()),
        yaml::Value::List(items) => Value::Array(items.iter().map(value).collect()),
        yaml::Value::Map(_) => {
            Value::Object(Map::from_iter(node.entries().map(|(key, one)| (key.to_owned(), value(one)))))
        }
    }
}
