//! What names say, and which names an expression is made of. Shared by the rules about secrets.

use crate::probe::source::code::Value;
use crate::probe::source::facts::FileFacts;

/// Deeper expressions are not looked into.
const MAX_DEPTH: u32 = 12;

/// The words of an identifier, in lower case: `resetToken`, `RESET_TOKEN` and `reset-token` are `reset`, `token`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii_alphanumeric() {
            before = c;
            continue;
        }
        let starts = !before.is_ascii_alphanumeric()
            || (c.is_ascii_uppercase()
                && (!before.is_ascii_uppercase() || chars.peek().is_some_and(char::is_ascii_lowercase)));
        match words.last_mut() {
            Some(last) if !starts => last.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        before = c;
    }
    words
}

/// Whether `name` has one of these words, or two of them in a row where one is written as `api key`.
pub(super) fn has_word(name: &str, wanted: &[&str]) -> bool {
    // Nearly all names have the letters of none of them, which is quicker to see than to split the name.
    let may_be = |wanted: &&str| holds(name, wanted.split_once(' ').map_or(*wanted, |(first, _)| first));
    if !wanted.iter().any(may_be) {
        return false;
    }
    let words = words(name);
    wanted.iter().any(|wanted| match wanted.split_once(' ') {
        None => words.iter().any(|word| word == wanted),
        Some((first, second)) => {
            words.iter().zip(words.iter().skip(1)).any(|(a, b)| a == first && b == second)
                || words.iter().any(|word| word.strip_prefix(first) == Some(second))
        }
    })
}

/// Whether the letters of `word` stand in `name`, whatever their case.
fn holds(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// The last name of a path: `password` of `req.body.password`.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether a name in `value` passes `test`, the names that calls in it are made on and given included.
pub(super) fn mentions(file: &FileFacts, value: &Value, test: &dyn Fn(&str) -> bool) -> bool {
    look(file, value, test, 0)
}

fn look(file: &FileFacts, value: &Value, test: &dyn Fn(&str) -> bool, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let mut found = false;
    let mut calls = Vec::new();
    value.walk(&mut |value| match value {
        Value::Path(path) => found |= test(path),
        Value::Env(name) => found |= test(name),
        Value::Member(pair) => found |= test(&pair.1),
        Value::Call(id) => calls.push(*id),
        _ => {}
    });
    found
        || calls.into_iter().filter_map(|id| file.call(id)).any(|call| {
            let mut inner = call.arguments.iter().map(|argument| &argument.value);
            (!call.object().is_empty() && test(call.object()))
                || inner.any(|value| look(file, value, test, depth + 1))
                || look(file, &call.on, test, depth + 1)
                || call.receiver.is_some_and(|id| look(file, &Value::Call(id), test, depth + 1))
        })
}

/// Whether a name is that of a password in the clear.
pub(super) fn is_password(path: &str) -> bool {
    let name = last(path);
    if !holds(name, "pass") && !holds(name, "pw") {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    has_word(name, &["password", "passwd", "pwd", "userpassword", "newpassword", "plaintextpassword", "passwort"])
        && !["hash", "token", "digest", "encrypted", "crypted", "reset", "salt", "policy", "hint", "field", "strength"]
            .iter()
            .any(|other| lower.contains(other))
        || matches!(&*lower, "pass" | "pw" | "user_pass" | "userpass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words("resetToken"), ["reset", "token"]);
        assert_eq!(words("RESET_TOKEN"), ["reset", "token"]);
        assert_eq!(words("JWTSecret2"), ["jwt", "secret2"]);
        assert_eq!(words("x-api-key"), ["x", "api", "key"]);
        assert!(has_word("openaiApiKey", &["api key"]) && has_word("apikey", &["api key"]));
        assert!(has_word("OPENAI_API_KEY", &["api key"]) && has_word("cafeé_KEY", &["lock", "key"]));
        assert!(!has_word("monkey", &["key"]) && !has_word("", &["key"]));
        assert!(is_password("req.body.password") && is_password("newPassword") && is_password("form.PW"));
        assert!(!is_password("passwordHash") && !is_password("user.name"));
    }
}
