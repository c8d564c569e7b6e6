//! A secret that is made from numbers which can be guessed.

mod hashed;
mod used;

use super::names::{has_word, last};
use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "insecure-randomness",
    title: "A secret is made from numbers that can be guessed",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A token, password, code or session id that is made with `Math.random`, Python's `random`, PHP's `rand` or another generator that is not made for secrets.",
    why: "Such a generator can be predicted from a few of its numbers, so someone can make the reset link or the session of another user.",
    fix: "Use the generator for secrets: `crypto.randomBytes` or `crypto.randomUUID`, Python's `secrets`, PHP's `random_bytes`, Go's `crypto/rand`, Ruby's `SecureRandom`, Java's `SecureRandom`.",
    example: "const token = Math.random().toString(36).slice(2);\n\n// better\nconst token = crypto.randomBytes(32).toString('hex');",
    references: &[
        "F58",
        "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Math/random",
    ],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name);

/// How many random numbers a file makes that is about something else than a secret.
const MANY: usize = 8;

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    hashed::check(file, hits);
    // A file full of such numbers makes up data to try things with.
    let makes_up = file.calls.iter().filter(|call| is_guessable(file, call)).count() > MANY;
    let mut told: Vec<(FunctionId, String)> = Vec::new();
    for (id, call) in (0..).zip(&file.calls).filter(|(_, call)| !call.dev_only && is_guessable(file, call)) {
        let Some((name, kind)) = purpose(file, id, call) else { continue };
        // `code += …` in a loop and again behind it is one secret.
        if told.iter().any(|(function, other)| *function == call.function && *other == name) {
            continue;
        }
        let shown: String = call.callee.chars().take(40).collect();
        let hit = Hit::new(call.place, format!("`{name}` is made with `{shown}`, whose numbers can be guessed"));
        let proven = kind == Purpose::Secret && !makes_up && used::opens_something(file, &name, call);
        let hit = if proven { hit.confidence(Confidence::High) } else { hit };
        told.push((call.function, name));
        hits.push(if file.role == Role::Client {
            hit.severity(Severity::Minor).confidence(Confidence::Medium)
        } else {
            hit
        });
    }
}

/// Whether a call gives numbers of a generator that is not made for secrets.
fn is_guessable(file: &FileFacts, call: &Call) -> bool {
    let (callee, method) = (&*call.callee, call.method());
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => callee == "Math.random",
        Language::Python => {
            let from_random = |local: &str| file.binding(local).is_some_and(|binding| &*binding.module == "random");
            matches!(
                method,
                "random" | "randint" | "choice" | "choices" | "randrange" | "sample" | "getrandbits" | "uniform"
            ) && ((call.object() == "random" && from_random("random"))
                || (call.object().is_empty() && from_random(method)))
        }
        Language::Php => {
            matches!(callee, "rand" | "mt_rand" | "uniqid" | "lcg_value" | "str_shuffle" | "array_rand" | "shuffle")
        }
        Language::Go => {
            file.binding(call.root()).is_some_and(|binding| matches!(&*binding.module, "math/rand" | "math/rand/v2"))
                && !matches!(method, "Seed" | "New" | "NewSource" | "Shuffle" | "Perm")
        }
        Language::Ruby => {
            matches!(callee, "rand" | "Random.rand" | "Kernel.rand" | "Random.new_seed")
                || (matches!(method, "sample" | "shuffle") && call.arguments.is_empty())
        }
        Language::Java => {
            callee == "Math.random"
                || (callee.starts_with("RandomStringUtils.random"))
                || (matches!(method, "nextInt" | "nextLong" | "nextBytes" | "nextDouble" | "ints")
                    && java_generator(file, call))
        }
        Language::Template => false,
    }
}

/// `new Random()` and `ThreadLocalRandom.current()`, and names that hold one.
fn java_generator(file: &FileFacts, call: &Call) -> bool {
    let is_random = |maker: &Call| {
        (maker.constructs && last(&maker.callee) == "Random") || &*maker.callee == "ThreadLocalRandom.current"
    };
    match call.receiver.and_then(|id| file.call(id)) {
        Some(maker) => is_random(maker),
        None => {
            let name = last(call.object());
            let set = file.assigned(name, call.function).or_else(|| file.assignments_to(call.object()).next());
            match set.map(|assignment| &assignment.value) {
                Some(Value::Call(id)) => file.call(*id).is_some_and(is_random),
                _ => false,
            }
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Surely a secret.
    Secret,
    /// A code or an id, which is a secret in most places.
    Code,
}

/// The name of the secret that a number is for.
fn purpose(file: &FileFacts, id: CallId, call: &Call) -> Option<(String, Purpose)> {
    let bytes = call.place.bytes;
    let outer = file
        .assignments
        .iter()
        .filter(|a| a.place.bytes.0 <= bytes.0 && bytes.1 <= a.place.bytes.1)
        .min_by_key(|a| a.place.bytes.1 - a.place.bytes.0);
    if let Some(assignment) = outer {
        let key = key_of(file, &assignment.value, id);
        let name = key.unwrap_or_else(|| last(&assignment.target));
        if let Some(kind) = judged(name) {
            return Some((name.to_owned(), kind));
        }
        if !is_neutral(name) {
            return None;
        }
    }
    // `{ token: Math.random() }` as something that a call is given.
    let mut around = call.argument_of.or(call.chained);
    let mut steps = 0;
    while let Some(given_to) = around.and_then(|id| file.call(id)).filter(|_| steps < 12) {
        for argument in &given_to.arguments {
            let name = argument.name.as_deref().filter(|_| holds(file, &argument.value, id, 0));
            let name = name.or_else(|| key_of(file, &argument.value, id));
            if let Some((name, kind)) = name.and_then(|name| judged(name).map(|kind| (name, kind))) {
                return Some((name.to_owned(), kind));
            }
        }
        around = given_to.argument_of.or(given_to.chained);
        steps += 1;
    }
    let function = file.enclosing(call.function).find_map(|(_, function)| function.name.as_deref())?;
    let makes = super::names::words(function);
    let verb = makes.first().is_some_and(|first| {
        matches!(first.as_str(), "generate" | "make" | "create" | "random" | "new" | "gen" | "get" | "issue" | "build")
    });
    // A function that does more than make one value uses numbers for other things too.
    let short = file.enclosing(call.function).any(|(_, f)| {
        f.name.is_some() && f.place.span.end_line.saturating_sub(f.place.span.line) <= 15 && f.parent.is_some()
    });
    let kind = judged(function).filter(|_| verb && short)?;
    Some((function.to_owned(), kind))
}

/// The key of an object literal under which the call stands.
fn key_of<'v>(file: &FileFacts, value: &'v Value, id: CallId) -> Option<&'v str> {
    match value {
        Value::Object(pairs) => pairs
            .iter()
            .find_map(|(key, inner)| key_of(file, inner, id).or_else(|| holds(file, inner, id, 0).then_some(&**key))),
        Value::Array(values) => values.iter().find_map(|inner| key_of(file, inner, id)),
        _ => None,
    }
}

/// Whether a value is made from the result of the call `id`.
fn holds(file: &FileFacts, value: &Value, id: CallId, depth: u32) -> bool {
    let mut found = false;
    let mut calls = Vec::new();
    value.walk(&mut |value| {
        if let Value::Call(inner) = value {
            found |= *inner == id;
            calls.push(*inner);
        }
    });
    found
        || (depth < 8
            && calls.into_iter().filter_map(|inner| file.call(inner)).any(|call| {
                call.receiver == Some(id)
                    || call.receiver.is_some_and(|inner| holds(file, &Value::Call(inner), id, depth + 1))
                    || call.arguments.iter().any(|argument| holds(file, &argument.value, id, depth + 1))
            }))
}

/// Whether a name is that of a secret.
fn judged(name: &str) -> Option<Purpose> {
    let other = [
        "expires",
        "expiry",
        "expire",
        "ttl",
        "delay",
        "timeout",
        "interval",
        "at",
        "time",
        "count",
        "length",
        "index",
        "limit",
        "size",
        "mock",
        "fake",
        "dummy",
        "sample",
        "example",
        "demo",
        "test",
        "placeholder",
        "color",
        "tokens",
        "price",
        "position",
        "width",
        "height",
        "rotation",
        "weight",
        "probability",
        "chance",
        "max",
        "min",
        "offset",
        "type",
        "name",
        "order",
    ];
    // The nonce of a request that is signed with a secret need only be another one each time.
    let of_signed = has_word(name, &["nonce"]) && has_word(name, &["signature", "oauth"]);
    if has_word(name, &other) || of_signed {
        return None;
    }
    let secret = [
        "token",
        "password",
        "passwd",
        "pwd",
        "secret",
        "otp",
        "nonce",
        "csrf",
        "salt",
        "api key",
        "secret key",
        "private key",
        "encryption key",
        "signing key",
        "reset code",
        "verification code",
        "verify code",
        "auth code",
        "login code",
        "confirmation code",
        "two factor",
        "recovery code",
        "backup code",
        "session id",
        "session key",
        "credential",
        "passcode",
        "security code",
        "access code",
        "reset key",
        "activation code",
        "access key",
        "otp code",
        "accesstoken",
        "resettoken",
        "sessionid",
        "authtoken",
        "captcha",
    ];
    if has_word(name, &secret) {
        return Some(Purpose::Secret);
    }
    let code = [
        "invite code",
        "invitation code",
        "invite key",
        "pin",
        "voucher code",
        "coupon code",
        "sms code",
        "license key",
    ];
    has_word(name, &code).then_some(Purpose::Code)
}

/// Names that say nothing of what they are for; the function around says more.
fn is_neutral(name: &str) -> bool {
    name.len() <= 2
        || matches!(
            name,
            "result"
                | "code"
                | "text"
                | "str"
                | "out"
                | "output"
                | "value"
                | "chars"
                | "char"
                | "random"
                | "index"
                | "idx"
                | "randomIndex"
                | "rand"
                | "string"
                | "res"
                | "ret"
                | "buf"
                | "bytes"
                | "digits"
                | "key"
                | "rnd"
                | "default"
                | "num"
                | "number"
                | "randomIdx"
                | "pos"
                | "hash"
                | "random_index"
                | "letters"
                | "s"
                | "characters"
                | "id"
        )
}
