//! Whether a secret that can be guessed opens something: it is sent to a user or looked up again.

use super::super::names::{has_word, last};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;

/// Whether a value called `name` is one that lets its bearer in, and is seen to be handed out, kept or asked for beside the
/// call that makes it.
pub(super) fn opens_something(file: &FileFacts, name: &str, made: &Call) -> bool {
    let opens = has_word(
        name,
        &[
            "reset",
            "session",
            "sid",
            "otp",
            "verification",
            "verify",
            "magic",
            "recovery",
            "activation",
            "login",
            "auth",
        ],
    );
    opens && (is_compared(file, name) || is_handed_on(file, name, made))
}

fn is_named(value: &Value, name: &str) -> bool {
    let mut found = false;
    value.walk(&mut |value| match value {
        Value::Path(path) => found |= last(path) == name,
        Value::Object(pairs) => found |= pairs.iter().any(|(key, _)| &**key == name),
        _ => {}
    });
    found
}

fn is_compared(file: &FileFacts, name: &str) -> bool {
    file.conditions.iter().any(|condition| {
        let mut found = false;
        condition.test.walk(&mut |value| {
            if let Value::Compared(_, pair) = value {
                let simple = |value: &Value| matches!(value, Value::Null | Value::Text(_) | Value::Bool(_));
                found |= (is_named(&pair.0, name) && !simple(&pair.1)) || (is_named(&pair.1, name) && !simple(&pair.0));
            }
        });
        found
    })
}

/// Whether it is mailed, set as a cookie, or looked up.
fn is_handed_on(file: &FileFacts, name: &str, made: &Call) -> bool {
    const TO: [&str; 14] = [
        "send", "mail", "deliver", "cookie", "find", "where", "filter", "lookup", "setex", "save", "insert", "create",
        "update", "query",
    ];
    file.calls.iter().filter(|call| call.place != made.place).any(|call| {
        let lower = call.method().to_ascii_lowercase();
        TO.iter().any(|word| lower.contains(word))
            && call.arguments.iter().any(|a| a.name.as_deref() == Some(name) || is_named(&a.value, name))
    })
}
