//! What a call calls, as text.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize, Serializer};

/// What is called, as text, and where its last name begins. Rules ask every call of a project for that name, so it is
/// looked for once.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Box<str>")]
pub struct Callee {
    text: Box<str>,
    /// The byte after the last dot; 0 where there is none.
    last: usize,
}

impl Callee {
    /// The last name: `get` of `axios.get`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.text.get(self.last..).unwrap_or_default()
    }

    /// What stands before it: `axios` of `axios.get`; empty for a plain name.
    #[must_use]
    pub fn object(&self) -> &str {
        self.text.get(..self.last.saturating_sub(1)).unwrap_or_default()
    }
}

impl Deref for Callee {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Into<Box<str>>> From<T> for Callee {
    fn from(text: T) -> Self {
        let text = text.into();
        let last = text.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1);
        Self { text, last }
    }
}

impl Serialize for Callee {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_and_what_stands_before_it_are_found_again_after_a_round_through_the_disk() {
        let table = [
            ("axios.get", "axios", "get"),
            ("db.prepare().all", "db.prepare()", "all"),
            ("fetch", "", "fetch"),
            (".then", "", "then"),
            ("list.", "list", ""),
            ("", "", ""),
            ("größe.ändern", "größe", "ändern"),
        ];
        for (text, object, method) in table {
            let kept = postcard::to_stdvec(&Callee::from(text)).unwrap();
            let callee: Callee = postcard::from_bytes(&kept).unwrap();
            assert_eq!((&*callee, callee.object(), callee.method()), (text, object, method));
        }
    }
}
