//! Tokens in Go, Java, PHP and Ruby.

use super::{DECODED, Hit, decoded, holds_none, tells_time, written_secret};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many links of a chain, and how many conversions around a secret, are followed.
const MAX_LINKS: usize = 14;

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    if file.language == Language::Ruby {
        rails(file, hits);
    }
    let library = match file.language {
        Language::Ruby => file.calls.iter().any(|call| call.root() == "JWT"),
        _ => file.imports_any(|module| {
            let lower = module.to_ascii_lowercase();
            lower.contains("jwt") || lower.contains("jose")
        }),
    };
    if !library {
        return;
    }
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        match file.language {
            Language::Go => go(file, id, call, hits),
            Language::Java => java(file, call, hits),
            Language::Php => php(file, call, hits),
            Language::Ruby => ruby(file, call, hits),
            _ => {}
        }
    }
}

/// `config.secret_key_base = "…"`, which signs the sessions of Rails.
fn rails(file: &FileFacts, hits: &mut Vec<Hit>) {
    if ["environments/test", "environments/development", "spec/", "test/"].iter().any(|part| file.path.contains(part)) {
        return;
    }
    let names_it = |target: &str| matches!(target.rsplit('.').next(), Some("secret_key_base" | "secret_token"));
    for set in file.assignments.iter().filter(|set| names_it(&set.target) && set.target.contains('.') && !set.dev_only)
    {
        if matches!(&set.value, Value::Text(text) if text.len() >= 30) {
            hits.push(Hit::new(set.place, super::session::MESSAGE).fix(super::session::FIX));
        }
    }
}

fn in_code(place: Place, hits: &mut Vec<Hit>) {
    hits.push(Hit::new(
        place,
        "The secret that proves tokens stands in the code: whoever reads it can sign in as anybody",
    ));
}

fn endless(place: Place, hits: &mut Vec<Hit>) {
    hits.push(
        Hit::new(place, "These tokens never end: no expiry is set")
            .severity(Severity::Major)
            .confidence(Confidence::Medium),
    );
}

const UNSIGNED: &str = "A token without a signature is accepted: the algorithm `none` is allowed";

/// A secret that stands in the code, through what turns it into bytes or a key.
fn stands_here(file: &FileFacts, value: &Value, function: u32, depth: usize) -> bool {
    if depth > 4 {
        return false;
    }
    match file.resolved(value, function) {
        Value::Text(text) => !text.is_empty() && !text.contains("BEGIN") && !text.contains("${"),
        Value::Path(path) => {
            let name = path.rsplit('.').next().unwrap_or(path);
            file.assignments_to(name)
                .chain(file.assignments_to(&format!("this.{name}")))
                .find(|set| set.function == 0)
                .is_some_and(|set| matches!(&set.value, Value::Text(text) if !text.is_empty() && !text.contains("${") && !text.contains("BEGIN")))
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let converts = matches!(
                call.method(),
                "getBytes"
                    | "hmacShaKeyFor"
                    | "SecretKeySpec"
                    | "decode"
                    | "encodeToString"
                    | "Key"
                    | "plainText"
                    | "base64Encoded"
                    | "encode"
                    | "byte"
            );
            let of_object = || match call.receiver {
                Some(id) => stands_here(file, &Value::Call(id), function, depth + 1),
                None => {
                    let object = call.object();
                    !object.is_empty() && stands_here(file, &Value::Path(object.into()), function, depth + 1)
                }
            };
            converts
                && (call.argument(0).is_some_and(|value| stands_here(file, value, function, depth + 1))
                    || (call.method() == "getBytes" && of_object()))
        }),
        value => written_secret(file, Some(value), function) == Some(true) && file.language == Language::Ruby,
    }
}

fn go(file: &FileFacts, id: u32, call: &Call, hits: &mut Vec<Hit>) {
    match call.method() {
        "ParseUnverified" => {
            let verifies = file
                .calls
                .iter()
                .any(|other| matches!(other.method(), "Parse" | "ParseWithClaims" | "ParseSigned" | "Verify"));
            if !verifies {
                decoded(file, call, hits);
            }
        }
        "SignedString" => {
            if call.argument(0).and_then(Value::path).is_some_and(|path| path.ends_with("UnsafeAllowNoneSignatureType"))
            {
                hits.push(Hit::new(call.place, "Tokens are made without a signature"));
            } else if call.argument(0).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                in_code(call.place, hits);
            }
        }
        "Parse" | "ParseWithClaims" => {
            let function = call.arguments.iter().find_map(|argument| match argument.value {
                Value::Function(id) => file.function(id).map(|function| (id, function)),
                _ => None,
            });
            let Some((inner, function)) = function else { return };
            let key = |value: &Value| match value {
                Value::Array(values) => values.first().cloned().unwrap_or_default(),
                value => value.clone(),
            };
            let keys: Vec<Value> = function.body.returns.iter().map(key).collect();
            if keys.iter().any(|key| key.path().is_some_and(|path| path.ends_with("UnsafeAllowNoneSignatureType"))) {
                hits.push(Hit::new(call.place, UNSIGNED));
            } else if !file.calls.iter().any(|other| other.method() == "SignedString")
                && keys.iter().any(|key| !matches!(key, Value::Null) && stands_here(file, key, inner, 0))
            {
                in_code(call.place, hits);
            }
        }
        "NewWithClaims" if file.binding(call.root()).is_some() => {
            let Some(claims) = call.argument(1) else { return };
            let local = claims.path();
            let Value::Call(made) = file.resolved(claims, call.function) else { return };
            let Some(made) = file.call(*made).filter(|made| made.constructs) else { return };
            let own = matches!(made.method(), "MapClaims" | "RegisteredClaims" | "StandardClaims");
            let timed = made.arguments.iter().any(|argument| argument.name.as_deref().is_none_or(names_end));
            let later = file.assignments.iter().any(|set| {
                set.function == call.function
                    && (names_end(set.target.rsplit('.').next().unwrap_or(""))
                        || local.is_some_and(|name| *set.target == format!("{name}[]")))
            });
            if own && !timed && !later && !made.arguments.is_empty() {
                endless(call.place, hits);
            }
        }
        _ => {}
    }
    let _ = id;
}

fn names_end(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "exp" || lower.contains("expir") || lower == "iat" || lower.contains("issued")
}

/// The links of the chain behind a call.
fn links<'f>(file: &'f FileFacts, call: &'f Call) -> Vec<&'f Call> {
    let mut found = Vec::new();
    let mut link = call.chained;
    for _ in 0..MAX_LINKS {
        let Some(next) = link.and_then(|id| file.call(id)) else { break };
        found.push(next);
        link = next.chained;
    }
    found
}

fn java(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let has = |links: &[&Call], wanted: &[&str]| links.iter().any(|link| wanted.contains(&link.method()));
    match &*call.callee {
        "JWT.decode" if file.imports_any(|m| m.starts_with("com.auth0.jwt")) => {
            if !file.calls.iter().any(|other| matches!(other.method(), "require" | "verify")) {
                decoded(file, call, hits);
            }
        }
        "Algorithm.none" => hits.push(Hit::new(call.place, UNSIGNED)),
        "Algorithm.HMAC256" | "Algorithm.HMAC384" | "Algorithm.HMAC512" => {
            if call.argument(0).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                in_code(call.place, hits);
            }
        }
        "Jwts.builder" => {
            let links = links(file, call);
            if !has(&links, &["compact"]) {
                return;
            }
            let key = links.iter().find(|link| link.method() == "signWith");
            let written =
                key.is_some_and(|link| link.arguments.iter().any(|a| stands_here(file, &a.value, call.function, 0)));
            if written {
                in_code(call.place, hits);
            }
            if key.is_none() {
                hits.push(Hit::new(call.place, "Tokens are made without a signature"));
            }
            let given = links
                .iter()
                .any(|link| matches!(link.method(), "setClaims" | "claims" | "addClaims" | "setPayload" | "content"));
            if key.is_some() && !has(&links, &["setExpiration", "expiration"]) && !given {
                endless(call.place, hits);
            }
        }
        "JWT.create" => {
            let links = links(file, call);
            if has(&links, &["sign"]) && !has(&links, &["withExpiresAt", "withPayload"]) {
                endless(call.place, hits);
            }
        }
        _ => match call.method() {
            "parseClaimsJwt" | "parseUnsecuredClaims" | "unsecured" => hits.push(Hit::new(call.place, UNSIGNED)),
            "setSigningKey" | "verifyWith" if call.callee.contains("parser") => {
                let made_here = file.calls.iter().any(|other| other.method() == "signWith");
                if !made_here && call.argument(0).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                    in_code(call.place, hits);
                }
            }
            _ => {}
        },
    }
}

fn php(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let own = file.binding(call.root()).is_some_and(|b| b.module.to_ascii_lowercase().contains("jwt"));
    match (&*call.callee, call.method()) {
        (_, "decode") if own => {
            let off = call.argument(1) == Some(&Value::Null) || call.argument(2) == Some(&Value::Bool(false));
            if off {
                hits.push(Hit::new(call.place, DECODED));
            } else if call.arguments.iter().skip(2).any(|argument| holds_none(&argument.value)) {
                hits.push(Hit::new(call.place, UNSIGNED));
            } else if call.argument(1).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                in_code(call.place, hits);
            }
        }
        (_, "encode") if own => {
            if call.argument(1).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                in_code(call.place, hits);
            }
            if call.argument(2).is_some_and(holds_none) {
                hits.push(Hit::new(call.place, "Tokens are made without a signature"));
            }
            payload(file, call, hits);
        }
        ("Configuration.forUnsecuredSigner", _) => hits.push(Hit::new(call.place, UNSIGNED)),
        (_, "plainText")
            if call.root() == "InMemory"
                && call.argument(0).is_some_and(|value| stands_here(file, value, call.function, 0)) =>
        {
            in_code(call.place, hits);
        }
        (_, "parse") if call.callee.ends_with("parser().parse") => {
            let validates = file
                .calls
                .iter()
                .any(|other| matches!(other.method(), "assert" | "validate") && other.callee.contains("validator"));
            if !validates {
                hits.push(Hit::new(call.place, DECODED));
            }
        }
        _ => {}
    }
}

/// What a token is made of, where it stands there whole.
fn payload(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let Some(given) = call.argument(0) else { return };
    let made = file.resolved(given, call.function);
    let later = given.path().is_some_and(|name| {
        file.assignments_below(name).any(|set| names_end(set.target.rsplit('.').next().unwrap_or("")))
            || file.assignments_to(&format!("{name}[]")).next().is_some()
    });
    if matches!(made, Value::Object(_)) && !tells_time(made) && !later {
        endless(call.place, hits);
    }
}

fn ruby(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let none = || call.arguments.iter().skip(1).any(|argument| holds_none(&argument.value));
    match &*call.callee {
        "JWT.decode" => {
            if call.argument(2) == Some(&Value::Bool(false)) {
                let again = file.calls.iter().any(|other| {
                    &*other.callee == "JWT.decode"
                        && other.place != call.place
                        && other.argument(2) != Some(&Value::Bool(false))
                });
                if !again {
                    decoded(file, call, hits);
                }
            } else if none() {
                hits.push(Hit::new(call.place, UNSIGNED));
            } else if call.argument(1).is_some_and(|value| stands_here(file, value, call.function, 0))
                && !file.calls.iter().any(|other| &*other.callee == "JWT.encode")
            {
                in_code(call.place, hits);
            }
        }
        "JWT.encode" => {
            if none() {
                hits.push(Hit::new(call.place, "Tokens are made without a signature"));
            } else if call.argument(1).is_some_and(|value| stands_here(file, value, call.function, 0)) {
                in_code(call.place, hits);
            }
            payload(file, call, hits);
        }
        _ => {}
    }
}
