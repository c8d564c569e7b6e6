//! What becomes of the fast hash of a password: whether it is what a user signs in with.

use super::super::names::{has_word, last};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::index::Question;

/// How many calls a value is followed through.
const MAX_STEPS: usize = 8;

/// What a hash is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// The password that a user signs in with, and nothing better in the project.
    AsPassword,
    /// A key that a protocol asks for, beside the password.
    AsToken,
    /// Either, or something else.
    Unknown,
}

/// A proper hash for passwords somewhere in the project.
static HASHES_WELL: Question = Question { name: "slow hash of passwords", any: hashes_well };

/// What becomes of the hash that the call in place `id` makes.
pub(super) fn told(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Stored {
    let names = names(file, id, call);
    let is_token = |name: &&str| has_word(last(name), &["token", "tokens", "key", "apikey", "fever", "signature"]);
    let keyed = matches!(call.receiver.and_then(|id| file.call(id)).map(Call::method), Some("createHmac"));
    if names.iter().any(is_token) && !names.iter().any(|name| is_about(name)) {
        Stored::AsToken
    } else if !keyed && names.iter().any(|name| is_about(name)) && !index.answer(&HASHES_WELL) {
        Stored::AsPassword
    } else {
        Stored::Unknown
    }
}

/// What the hash is called where it is kept, and what it is compared with.
fn names<'f>(file: &'f FileFacts, id: CallId, call: &'f Call) -> Vec<&'f str> {
    let within = |place: (u32, u32)| place.0 <= call.place.bytes.0 && call.place.bytes.1 <= place.1;
    let mut names: Vec<&str> = Vec::new();
    let set = file.assignments.iter().filter(|set| within(set.place.bytes));
    names.extend(set.min_by_key(|set| set.place.bytes.1 - set.place.bytes.0).map(|set| &*set.target));
    for condition in file.conditions.iter().filter(|condition| within(condition.place.bytes)) {
        condition.test.walk(&mut |value| names.extend(value.path().filter(|path| path.contains('.'))));
    }
    let named = file.enclosing(call.function).find_map(|(_, function)| function.name.as_deref());
    names.extend(named);
    let (mut at, mut made) = (Some(call), vec![id]);
    for _ in 0..MAX_STEPS {
        let Some(outer) = at.and_then(|call| call.chained.or(call.argument_of)) else { break };
        at = file.call(outer);
        for argument in at.iter().flat_map(|call| &call.arguments) {
            names.extend(argument.name.as_deref());
            names.extend(argument.value.text());
            if let Value::Object(pairs) = &argument.value {
                let ours = |value: &Value| matches!(value, Value::Call(id) if made.contains(id));
                names.extend(pairs.iter().filter(|(_, value)| ours(value)).map(|(key, _)| &**key));
            }
        }
        made.push(outer);
    }
    names
}

/// `password`, `hashPassword`, `user.passwordHash`
fn is_about(name: &str) -> bool {
    let lower = last(name).to_ascii_lowercase();
    ["passw", "pwd"].iter().any(|word| lower.contains(word)) || matches!(&*lower, "pass" | "pw")
}

fn hashes_well(file: &FileFacts) -> bool {
    let slow = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["bcrypt", "argon2", "scrypt", "passlib", "pbkdf2", "password_hasher"].iter().any(|word| lower.contains(word))
    };
    file.role == Role::Server
        && (file.imports_any(slow)
            || file.calls.iter().any(|call| {
                slow(&call.callee)
                    || matches!(&*call.callee, "password_hash" | "Hash.make" | "has_secure_password" | "devise")
                    || matches!(call.method(), "make_password" | "set_password" | "generate_password_hash")
            }))
}
