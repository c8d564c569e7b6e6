//! Tokens that are no more than a hash of what everybody knows: `token == md5(login)`.

use super::super::Hit;
use super::super::names::words;
use crate::model::Confidence;
use crate::probe::source::code::{Call, Comparison, Part, Value};
use crate::probe::source::facts::{FileFacts, Role};

/// What to do about it.
const FIX: &str = "Make the token from 32 random bytes (`crypto.randomBytes`, `secrets.token_urlsafe`, `SecureRandom`), keep it with the user and an end, and compare it with that.";

/// How deep a hash is looked for.
const MAX_STEPS: u32 = 4;

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    if file.role != Role::Server {
        return;
    }
    for condition in &file.conditions {
        condition.test.walk(&mut |value| {
            let Value::Compared(Comparison::Equal | Comparison::NotEqual, pair) = value else { return };
            for (token, made) in [(&pair.0, &pair.1), (&pair.1, &pair.0)] {
                let Some(name) = token.path().filter(|path| is_token(path)) else { continue };
                if let Some(known) = hashed(file, made, condition.function, 0) {
                    hits.push(hit(condition.place, name, &known).confidence(Confidence::High));
                    return;
                }
            }
        });
    }
    // `generateToken(email)` that gives back a hash of it.
    for (id, function) in (1..).zip(file.functions.iter().skip(1)) {
        let Some(name) = function.name.as_deref().filter(|name| makes_token(name)) else { continue };
        if file.calls_of(&function.body).any(|(_, call)| is_random(&call.callee)) {
            continue;
        }
        let found = function.body.returns.iter().find_map(|value| hashed(file, value, id, 0));
        if let Some(known) = found {
            hits.push(hit(function.place, name, &known).confidence(Confidence::Medium));
        }
    }
}

fn hit(place: crate::probe::source::code::Place, name: &str, known: &str) -> Hit {
    Hit::new(place, format!("`{name}` is a hash of `{known}` and nothing else: anybody can work it out")).fix(FIX)
}

fn is_token(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let words = words(last);
    words.iter().any(|word| matches!(word.as_str(), "token" | "code" | "key" | "secret"))
        && !words.iter().any(|word| matches!(word.as_str(), "csrf" | "xsrf" | "cache" | "hash"))
}

fn makes_token(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&["token"])
        && has(&["generate", "make", "create", "new", "reset", "get"])
        && !has(&["csrf", "xsrf", "hash", "cache", "verify", "check", "gravatar", "count", "digest"])
}

/// What is known of a user that a value is the hash of, where nothing random or secret goes into it.
fn hashed(file: &FileFacts, value: &Value, function: u32, steps: u32) -> Option<String> {
    if steps > MAX_STEPS {
        return None;
    }
    match value {
        Value::Call(id) => {
            let call = file.call(*id)?;
            if let Some(input) = hash_of(call) {
                return known(file, input);
            }
            // `hashlib.md5(x).hexdigest()`, `createHash('md5').update(x).digest('hex')`
            call.receiver.and_then(|inner| hashed(file, &Value::Call(inner), function, steps + 1))
        }
        Value::Path(name) => {
            let set = file.assigned(name, function).filter(|set| !set.circular && set.function == function)?;
            hashed(file, &set.value, function, steps + 1)
        }
        Value::Template(parts) => {
            let mut values = parts.iter().filter_map(|part| match part {
                Part::Expression(_, value) => Some(value),
                Part::Fixed(_) => None,
            });
            values.find_map(|value| hashed(file, value, function, steps + 1))
        }
        _ => None,
    }
}

/// What a call hashes without a key.
fn hash_of(call: &Call) -> Option<&Value> {
    let direct = matches!(
        &*call.callee,
        "md5"
            | "sha1"
            | "sha256"
            | "MD5"
            | "SHA1"
            | "hashlib.md5"
            | "hashlib.sha1"
            | "hashlib.sha256"
            | "DigestUtils.md5Hex"
    ) || (call.callee.starts_with("Digest.")
        && matches!(call.method(), "hexdigest" | "digest" | "base64digest"));
    if direct {
        return call.argument(0);
    }
    let updated = call.method() == "update" && call.callee.contains("createHash()");
    updated.then(|| call.argument(0))?
}

/// The name of something that others know: an address, a login, an id.
fn known(file: &FileFacts, value: &Value) -> Option<String> {
    let path = match value {
        // `email.encode()`
        Value::Call(id) => {
            let call = file.call(*id)?;
            matches!(call.method(), "encode" | "toString" | "getBytes" | "to_s").then(|| call.object())?
        }
        value => value.path()?,
    };
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    matches!(&*last, "email" | "login" | "username" | "user_name" | "userid" | "user_id" | "id" | "name" | "phone")
        .then(|| path.to_owned())
}

fn is_random(callee: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    ["random", "uuid", "secret", "nonce", "hmac", "salt", "token_hex", "urandom"]
        .iter()
        .any(|word| lower.contains(word))
}
