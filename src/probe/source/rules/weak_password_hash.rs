//! A password that is kept in a form which is quickly guessed.

mod stored;

use self::stored::Stored;
use super::names::{has_word, is_password, last, mentions};
use super::{Check, Hit, Rule, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Comparison, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Target;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "weak-password-hash",
    title: "A password is kept in a form that is quickly guessed",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::Medium,
    what: "A password that is hashed with MD5, SHA-1, SHA-2 or another fast hash, compared or looked up as it is, or hashed with bcrypt at a cost below 10.",
    why: "Whoever gets a copy of your database tries billions of guesses a second. Most of your users' passwords are known within hours, and many use the same one elsewhere.",
    fix: "Hash passwords with argon2id, scrypt or bcrypt (cost 10 or more), each with its own salt, and hash the old ones anew when their owners sign in.",
    example: "const hash = crypto.createHash('sha256').update(password).digest('hex');\n\n// better\nconst hash = await bcrypt.hash(password, 12);",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name).looks_at(server);

/// How many calls of one helper are looked at.
const MAX_CALLS: usize = 200;

/// A lower cost than this is tried too quickly.
const LEAST_COST: u32 = 10;
/// So low a cost is no better than a fast hash.
const MUCH_TOO_LOW: u32 = 7;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    // A look into the lists of leaked passwords sends the start of a SHA-1.
    let asks_for_leaks = file.endpoints.iter().any(|endpoint| endpoint.text.contains("pwnedpasswords"))
        || file.path.to_ascii_lowercase().contains("pwned")
        // A protocol of Windows, which asks for MD4.
        || file.path.to_ascii_lowercase().contains("ntlm");
    if asks_for_leaks {
        return;
    }
    for (id, call) in (0..).zip(&file.calls) {
        let helped =
            || through_helper(file, index, call).filter(|(_, target)| is_told_here(file, index, call, *target));
        if let Some(name) = fast_hash(file, call).or_else(|| helped().map(|(name, _)| name)) {
            let hit = Hit::new(call.place, format!("A password is hashed with {name}, which is made to be fast"));
            hits.push(match stored::told(file, index, id, call) {
                Stored::AsPassword => hit.confidence(Confidence::High),
                Stored::Unknown => hit,
                Stored::AsToken => hit.confidence(Confidence::Low),
            });
        } else if let Some(hit) = low_cost(file, call) {
            hits.push(hit);
        }
    }
    for query in &file.queries {
        if looks_up_password(&query.sql) {
            let place = super::at_span(query.span);
            hits.push(
                Hit::new(
                    place,
                    "A user is looked up by the password, so it is kept in the clear or hashed without a salt",
                )
                .confidence(Confidence::Medium),
            );
        }
    }
    for condition in &file.conditions {
        if compares_plain(&condition.test) {
            hits.push(
                Hit::new(condition.place, "The password that was sent is compared with the stored one as it is")
                    .confidence(Confidence::Medium),
            );
        }
    }
    hits.extend(file.assignments.iter().filter(|a| &*a.target == "PASSWORD_HASHERS").filter_map(|assignment| {
        let Value::Array(hashers) = &assignment.value else { return None };
        let first = hashers.first()?.text()?;
        let weak = ["MD5", "SHA1", "Unsalted", "Crypt"].iter().any(|name| last(first).contains(name));
        weak.then(|| Hit::new(assignment.place, format!("Passwords are hashed with `{}`", last(first))))
    }));
}

/// The name of a fast hash.
fn fast(name: &str) -> Option<&'static str> {
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match plain.as_str() {
        "md4" => "MD4",
        "md5" | "md5hex" | "md5digestashex" | "md5sum" => "MD5",
        "sha1" | "sha" | "shahex" | "sha1hex" | "sha1sum" => "SHA-1",
        "sha256" | "sha2" | "sha256hex" | "sum256" | "sha224" => "SHA-256",
        "sha384" => "SHA-384",
        "sha512" | "sha512hex" | "sum512" => "SHA-512",
        "crc32" => "CRC32",
        "ripemd160" => "RIPEMD-160",
        _ => return None,
    })
}

/// The fast hash that `call` makes of a password.
fn fast_hash(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let name = algorithm(file, call)?;
    // A key that passwords are encrypted with is none.
    let is_one = |path: &str| is_password(path) && !has_word(last(path), &["key"]);
    let of_password = call
        .arguments
        .iter()
        .any(|argument| !is_digest_auth(file, &argument.value, call) && mentions(file, &argument.value, &is_one));
    (of_password && !is_compared_only(file, call)).then_some(name)
}

/// Whether the digest goes straight into a comparison with another one that is made beside it: both only have to be of
/// one length, and nothing is kept.
fn is_compared_only(file: &FileFacts, call: &Call) -> bool {
    let made = |value: &Value, function: FunctionId| match file.resolved(value, function) {
        Value::Call(id) => file.call(*id).is_some_and(|made| is_digest(file, made)),
        _ => false,
    };
    file.calls.iter().filter(|outer| compares_in_constant_time(outer.method())).any(|outer| {
        let holds = |value: &Value| match file.resolved(value, outer.function) {
            Value::Call(id) => file.call(*id).is_some_and(|inner| {
                inner.place == call.place
                    || inner.receiver.and_then(|id| file.call(id)).is_some_and(|maker| maker.place == call.place)
            }),
            _ => false,
        };
        let [left, right, ..] = outer.arguments.as_slice() else { return false };
        (holds(&left.value) && made(&right.value, outer.function))
            || (holds(&right.value) && made(&left.value, outer.function))
    })
}

fn is_digest(file: &FileFacts, call: &Call) -> bool {
    algorithm(file, call).is_some()
        || (matches!(call.method(), "digest" | "hexdigest")
            && call.receiver.and_then(|id| file.call(id)).is_some_and(|maker| algorithm(file, maker).is_some()))
}

fn compares_in_constant_time(method: &str) -> bool {
    matches!(
        method,
        "secure_compare"
            | "fixed_length_secure_compare"
            | "timingSafeEqual"
            | "compare_digest"
            | "hash_equals"
            | "ConstantTimeCompare"
            | "isEqual"
            | "constant_time_compare"
    )
}

/// The fast hash that a function of the project makes of the password that it is given.
fn through_helper<'i>(file: &'i FileFacts, index: &'i CodeIndex, call: &Call) -> Option<(&'static str, Target<'i>)> {
    let about_hashes =
        || has_word(call.method(), &["hash", "encrypt", "digest", "md5", "sha1", "sha256", "encode", "hashed"]);
    let given = |argument: &crate::probe::source::code::Argument| argument.value.path().is_some_and(is_password);
    let place = call.arguments.iter().position(given).filter(|_| about_hashes())?;
    let target = index.called(file, call)?;
    let function = target.file.function(target.function)?;
    let (name, _) = function.parameters.get(place)?.names.first()?;
    target.file.calls_of(&function.body).find_map(|(_, inner)| {
        let hashes = algorithm(target.file, inner)?;
        let of_it =
            inner.arguments.iter().any(|argument| mentions(target.file, &argument.value, &|path| path == &**name));
        of_it.then_some((hashes, target))
    })
}

/// Whether this is the one call of a helper that is told: where the password is kept, or else the first. All others
/// are mended with it.
fn is_told_here(file: &FileFacts, index: &CodeIndex, call: &Call, target: Target<'_>) -> bool {
    let rank = |file: &FileFacts, call: &Call| {
        let asks = call.tested
            || file.conditions.iter().any(|condition| {
                condition.place.bytes.0 <= call.place.bytes.0 && call.place.bytes.1 <= condition.place.bytes.1
            });
        (asks, file.path.clone(), call.place.bytes)
    };
    let own = rank(file, call);
    let others = index.calls_of(call.method()).take(MAX_CALLS).filter(|(other, _)| other.role == Role::Server);
    let mut same = others.filter(|(other, called)| {
        through_helper(other, index, called)
            .is_some_and(|(_, to)| to.place == target.place && to.function == target.function)
    });
    !same.any(|(other, called)| rank(other, called) < own)
}

/// The fast hash that a call makes of what it is given.
fn algorithm(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let method = call.method();
    let first = || call.argument(0).and_then(Value::text);
    let made_by = |maker: &Call| {
        if matches!(maker.method(), "createHash" | "createHmac" | "getInstance" | "new" | "hash_init") {
            maker.argument(0).and_then(Value::text).and_then(fast)
        } else if file.language == Language::Python && maker.root() == "hashlib" {
            fast(maker.method())
        } else if file.language == Language::Go && maker.method() == "New" {
            go_package(file, maker.root())
        } else {
            None
        }
    };
    match method {
        "update" | "digest" | "Write" => {
            let maker = match call.receiver.and_then(|id| file.call(id)) {
                Some(maker) => maker,
                None => match &file.assigned(call.object(), call.function)?.value {
                    Value::Call(id) => file.call(*id)?,
                    _ => return None,
                },
            };
            made_by(maker)
        }
        // PHP's `hash('sha256', …)`, Python's `hashlib.new('md5', …)`.
        "hash" if file.language == Language::Php && &*call.callee == "hash" => first().and_then(fast),
        "new" if call.root() == "hashlib" => first().and_then(fast),
        "Sum" | "Sum256" | "Sum512" | "Sum224" | "Sum384" if file.language == Language::Go => {
            go_package(file, call.root())
        }
        "hexdigest" | "base64digest" if file.language == Language::Ruby => {
            fast(last(call.object())).filter(|_| call.object().starts_with("Digest"))
        }
        _ => {
            let known_owner = call.object().is_empty()
                || matches!(
                    last(call.object()),
                    "hashlib"
                        | "CryptoJS"
                        | "DigestUtils"
                        | "Hashing"
                        | "crypto"
                        | "utils"
                        | "hash"
                        | "security"
                        | "sha"
                        | "Md5"
                );
            fast(method).filter(|_| known_owner && !call.constructs)
        }
    }
}

fn go_package(file: &FileFacts, local: &str) -> Option<&'static str> {
    let module = file.binding(local).map_or("", |binding| &*binding.module);
    module.strip_prefix("crypto/").and_then(fast)
}

/// HTTP's own digest authentication asks for `md5(user:realm:password)`.
fn is_digest_auth(file: &FileFacts, value: &Value, call: &Call) -> bool {
    mentions(file, value, &|name| has_word(name, &["realm", "ha1", "nonce"]))
        || file
            .assigned(value.path().unwrap_or(""), call.function)
            .is_some_and(|assignment| mentions(file, &assignment.value, &|name| has_word(name, &["realm"])))
}

/// bcrypt at a cost below the least one.
fn low_cost(file: &FileFacts, call: &Call) -> Option<Hit> {
    let method = call.method();
    let module = file.binding(call.root()).map_or(call.root(), |binding| &binding.module);
    let lower = module.to_ascii_lowercase();
    let bcrypt = lower.contains("bcrypt") || call.object().to_ascii_lowercase().contains("bcrypt");
    let cost = match method {
        "hash" | "hashSync" if bcrypt => call.argument(1),
        "genSalt" | "genSaltSync" if bcrypt => call.argument(0),
        "gensalt" if bcrypt => call.named("rounds").or_else(|| call.argument(0)),
        "generate_password_hash" if bcrypt => call.named("rounds").or_else(|| call.argument(1)),
        "GenerateFromPassword" => {
            let cost = call.argument(1)?;
            if cost.path().is_some_and(|path| path.ends_with("MinCost")) {
                let hit = Hit::new(call.place, "A password is hashed with bcrypt at its least cost, 4");
                return Some(hit.confidence(Confidence::High));
            }
            Some(cost)
        }
        "create" if call.object().ends_with("BCrypt.Password") => {
            call.named("cost").or_else(|| call.argument(1).and_then(|options| options.get("cost")))
        }
        "BCryptPasswordEncoder" if call.constructs => call.argument(0),
        "password_hash" | "make" if file.language == Language::Php => call
            .argument(2)
            .or_else(|| call.argument(1))
            .and_then(|options| options.get("cost").or(options.get("rounds"))),
        "getInstance" if call.object().ends_with("NoOpPasswordEncoder") => {
            return Some(Hit::new(call.place, "Passwords are kept in the clear").confidence(Confidence::High));
        }
        _ => None,
    }?;
    let Value::Number(cost) = file.resolved(cost, call.function) else { return None };
    let cost: u32 = cost.parse().ok()?;
    (cost < LEAST_COST).then(|| {
        let hit = Hit::new(
            call.place,
            format!("A password is hashed with bcrypt at cost {cost}; the least that is safe is 10"),
        )
        .severity(Severity::Major);
        // A few steps below what is asked for today is still slow to guess.
        if cost < MUCH_TOO_LOW { hit.confidence(Confidence::High) } else { hit.confidence(Confidence::Medium) }
    })
}

/// `… WHERE name = ? AND password = ?`; PostgreSQL's `crypt(…)` hashes with the salt of the row.
fn looks_up_password(sql: &str) -> bool {
    let lower: String = sql.to_ascii_lowercase().chars().filter(|c| !matches!(c, '`' | '"' | '[' | ']')).collect();
    let Some((_, after)) = lower.split_once(" where ") else { return false };
    if !lower.trim_start().starts_with("select") || lower.contains("crypt(") {
        return false;
    }
    ["password", "passwd", "pwd"].iter().any(|name| {
        after.match_indices(name).any(|(at, _)| {
            let starts = !after
                .get(..at)
                .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
            let rest = after.get(at + name.len()..).unwrap_or("").trim_start();
            let compared = rest.strip_prefix('=').or_else(|| rest.strip_prefix("like ")).map(str::trim_start);
            starts
                && compared.is_some_and(|given| given.starts_with(['?', '$', ':', '%', '\'', '@', '{']))
                && !compared.is_some_and(|given| given.starts_with("''"))
        })
    })
}

/// `user.password === req.body.password`
fn compares_plain(test: &Value) -> bool {
    let mut found = false;
    test.walk(&mut |value| {
        if let Value::Compared(Comparison::Equal | Comparison::NotEqual, pair) = value
            && let (Some(left), Some(right)) = (pair.0.path(), pair.1.path())
        {
            found |= is_stored(left) && is_sent(right) || is_stored(right) && is_sent(left);
        }
    });
    found
}

fn is_stored(path: &str) -> bool {
    let Some((object, name)) = path.rsplit_once('.') else { return false };
    matches!(name, "password" | "passwd" | "pwd" | "pass")
        && matches!(
            last(object),
            "user"
                | "account"
                | "member"
                | "admin"
                | "customer"
                | "row"
                | "found"
                | "existing"
                | "existingUser"
                | "foundUser"
                | "dbUser"
                | "student"
                | "employee"
                | "doc"
                | "record"
                | "User"
        )
}

fn is_sent(path: &str) -> bool {
    is_password(path)
        && !has_word(last(path), &["confirm", "confirmation", "repeat", "again", "old", "current", "retype"])
        && !is_stored(path)
        && path.split('.').next().is_some_and(|first| !matches!(first, "config" | "settings" | "process" | "env"))
}
