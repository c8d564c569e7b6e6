//! Tokens that are believed without proof, or that anybody can make.

mod backend;
mod session;

use super::{Check, Hit, Rule, Subject, request_work, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::imported;
use crate::probe::source::routes::names;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "jwt-misuse",
    title: "A token is believed without proof, or anybody can make one",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A JSON Web Token that is decoded and not verified, verified with the algorithm `none`, signed with a secret that stands in the code, or that never ends; and sessions whose secret stands in the code.",
    why: "Whoever writes their own token is then any user they like, an administrator too. A token without an end stays valid after a theft, a password change and a dismissal.",
    fix: "Verify with a pinned algorithm and a secret of at least 32 random bytes from the environment, without a fallback, and give tokens an hour rather than for ever.",
    example: "const user = jwt.decode(token);\n\n// better\nconst user = jwt.verify(token, process.env.JWT_SECRET, { algorithms: ['HS256'] });",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(request_work::reads, request_work::would_read)
    .looks_at(server)
    .claims_none(look);

const KNOWN: [&str; 8] =
    ["jsonwebtoken", "jwt-decode", "jose", "jwt-simple", "jwt", "fastify-jwt", "@nestjs/jwt", "jwt.algorithms"];

/// Libraries of other languages whose calls are not known.
const OTHERS: [&str; 6] = [
    "com.nimbusds",
    "org.jose4j",
    "github.com/lestrrat-go/jwx",
    "github.com/go-jose/go-jose",
    "Tymon\\JWTAuth",
    "Jose\\",
];

fn look(file: &FileFacts, _: &CodeIndex, subject: &mut Subject) {
    if !file.language.is_ecma() && file.language != Language::Python {
        if let Some(name) = imported(file, &OTHERS) {
            subject.is_beyond("Tokens", name.trim_end_matches('\\'));
        }
        return;
    }
    let unknown = |module: &str| {
        (module.contains("jwt") || module.contains("jose"))
            && !module.starts_with(['.', '@', '~'])
            && !KNOWN.contains(&module)
    };
    for import in file.imports.iter().filter(|import| unknown(&import.module)) {
        subject.is_beyond("Tokens", &import.module);
    }
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    session::check(file, index, hits);
    if !file.language.is_ecma() && file.language != Language::Python {
        return backend::check(file, hits);
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
        match file.language {
            Language::Python if module == "jwt" || module == "jose" => python(file, call, hits),
            Language::Python => {}
            _ if matches!(module, "jsonwebtoken" | "jwt-simple")
                || (module.is_empty() && call.root() == "jwt" && file.imports_any(|m| m == "jsonwebtoken")) =>
            {
                ecma(file, call, hits)
            }
            _ if module == "jwt-decode"
                && (&*call.callee == "jwtDecode" || &*call.callee == "jwt_decode" || call.callee.len() < 12) =>
            {
                decoded(file, call, hits)
            }
            _ => {}
        }
    }
}

const DECODED: &str = "This token is read and not verified: anybody can write one";

/// Reading a token is fine where it was verified, or where only its key's name is looked for.
fn decoded(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let verifies = file.calls.iter().any(|other| {
        matches!(other.method(), "verify" | "jwtVerify" | "verifyAsync" | "verifyIdToken" | "verifyToken")
    });
    let complete = call.argument(1).is_some_and(|options| options.get("complete").is_some());
    // A token that a provider sent over its own channel needs no proof.
    let of_provider = names::words(&file.path).iter().any(|word| {
        matches!(word.as_str(), "oauth" | "oidc" | "azure" | "sso" | "saml" | "google" | "apple" | "microsoft")
    }) || call
        .argument(0)
        .and_then(Value::path)
        .is_some_and(|path| path.to_ascii_lowercase().replace('_', "").ends_with("idtoken"));
    if verifies || complete || of_provider {
        return;
    }
    let tells = read_of(file, call);
    if tells == Some(Told::Start) {
        return;
    }
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["auth", "verify", "user", "session", "guard", "admin", "protect"].iter().any(|word| name.contains(word))
    };
    let trusted = file
        .enclosing(call.function)
        .any(|(_, function)| function.kind == FunctionKind::Handler || function.name.as_deref().is_some_and(named));
    let hit = Hit::new(call.place, DECODED);
    // Whoever asks only when a token ends mostly renews their own.
    let trusted = trusted
        && tells.is_none()
        && call.argument(0).is_some_and(|token| comes_with_request(file, token, call.function, 0));
    hits.push(if trusted { hit } else { hit.severity(Severity::Major).confidence(Confidence::Medium) });
}

/// Whether a token is one that a request brought, and not one that the app or a provider gave out.
fn comes_with_request(file: &FileFacts, value: &Value, function: FunctionId, depth: u32) -> bool {
    if depth > 5 {
        return false;
    }
    let brought = |path: &str| {
        let lower = path.to_ascii_lowercase();
        lower.split(['.', '(', '[']).any(|part| {
            matches!(
                part,
                "req"
                    | "request"
                    | "headers"
                    | "cookies"
                    | "ctx"
                    | "authorization"
                    | "authheader"
                    | "auth_header"
                    | "bearer"
            )
        })
    };
    match value {
        Value::Path(path) => {
            brought(path)
                || match file.resolved(value, function) {
                    Value::Path(same) if same == path => {
                        let first = crate::probe::source::code::root(path);
                        first != &**path && comes_with_request(file, &Value::Path(first.into()), function, depth + 1)
                    }
                    other => comes_with_request(file, other, function, depth + 1),
                }
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            brought(&call.callee)
                || comes_with_request(file, &call.on, function, depth + 1)
                || (!call.object().is_empty()
                    && comes_with_request(file, &Value::Path(call.object().into()), function, depth + 1))
                || call.arguments.iter().any(|argument| comes_with_request(file, &argument.value, function, depth + 1))
        }),
        Value::Member(pair) => comes_with_request(file, &pair.0, function, depth + 1),
        Value::Index(pair) => comes_with_request(file, &pair.0, function, depth + 1),
        Value::Either(values) | Value::All(values) | Value::Computed(values) => {
            values.iter().any(|value| comes_with_request(file, value, function, depth + 1))
        }
        _ => false,
    }
}

/// What of a token is read where it is no more than times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// When it was made.
    Start,
    /// When it ends.
    End,
}

/// What is read of the token that `call` decodes; `None`: more than times, or that cannot be told.
fn read_of(file: &FileFacts, call: &Call) -> Option<Told> {
    let id = file.calls.iter().position(|other| std::ptr::eq(other, call)).and_then(|id| u32::try_from(id).ok())?;
    let is_call = |value: &Value| match value {
        Value::Call(made) => *made == id,
        Value::Either(values) => values.contains(&Value::Call(id)),
        _ => false,
    };
    let time = |name: &str| match name {
        "iat" | "nbf" | "auth_time" => Some(Told::Start),
        "exp" => Some(Told::End),
        _ => None,
    };
    let mut told: Vec<Option<Told>> = Vec::new();
    let direct = file.accesses.iter().filter(|access| access.receiver == Some(id));
    told.extend(direct.map(|access| time(access.path.rsplit('.').next().unwrap_or(""))));
    for set in file.assignments.iter().filter(|set| set.function == call.function) {
        match &set.value {
            // `const { exp } = decode(token)`
            Value::Member(pair) if is_call(&pair.0) => told.push(time(&pair.1)),
            value if is_call(value) => {
                let name = &*set.target;
                let within = |function| file.within(function, call.function);
                for access in file.accesses.iter().filter(|access| within(access.function)) {
                    let part = access.path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
                    told.extend(part.map(time));
                }
                let whole = |value: &Value| {
                    let mut found = false;
                    value.walk(&mut |value| found |= value.path() == Some(name));
                    found
                };
                let handed_on = file
                    .calls
                    .iter()
                    .any(|other| within(other.function) && other.arguments.iter().any(|a| whole(&a.value)))
                    || file.function(call.function).is_some_and(|f| f.body.returns.iter().any(whole))
                    || file.assignments.iter().any(|other| within(other.function) && other.value.path() == Some(name));
                told.extend(handed_on.then_some(None));
            }
            _ => {}
        }
    }
    let all: Option<Vec<Told>> = told.into_iter().collect();
    let all = all.filter(|all| !all.is_empty())?;
    Some(if all.contains(&Told::End) { Told::End } else { Told::Start })
}

/// A secret that stands in the code: the text, and whether it is only the fallback.
fn written_secret(file: &FileFacts, value: Option<&Value>, function: u32) -> Option<bool> {
    let value = value?;
    match file.resolved(value, function) {
        Value::Text(text) => (!text.contains("BEGIN")).then_some(false),
        Value::Either(values) => values
            .iter()
            .any(|value| matches!(value, Value::Env(_)))
            .then(|| values.iter().any(|value| value.text().is_some_and(|text| !text.is_empty())))
            .filter(|found| *found),
        Value::Call(id) => {
            let call = file.call(*id)?;
            (matches!(&*call.callee, "os.getenv" | "os.environ.get")
                && call.argument(1).and_then(Value::text).is_some_and(|text| !text.is_empty()))
            .then_some(true)
        }
        _ => None,
    }
}

fn secret(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    match written_secret(file, call.argument(1).or_else(|| call.named("key")), call.function) {
        Some(false) => hits.push(Hit::new(
            call.place,
            "The secret of these tokens stands in the code: whoever reads it can sign in as anybody",
        )),
        // Who deploys it may well set the variable.
        Some(true) => hits.push(
            Hit::new(call.place, "Without its variable the secret of these tokens is one that stands in the code")
                .confidence(Confidence::Medium),
        ),
        None => {}
    }
}

fn ecma(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let options = call.argument(2).map(|value| file.resolved(value, call.function));
    match call.method() {
        "decode" if file.binding(call.root()).is_some_and(|b| &*b.module == "jwt-simple") => {}
        "decode" => decoded(file, call, hits),
        "verify" => {
            let none = options.and_then(|options| options.get("algorithms")).is_some_and(holds_none);
            if none {
                hits.push(Hit::new(
                    call.place,
                    "A token without a signature is accepted: the algorithm `none` is allowed",
                ));
            } else if options.and_then(|options| options.get("ignoreExpiration")) == Some(&Value::Bool(true)) {
                // Where a token is renewed, its end does not matter.
                hits.push(
                    Hit::new(call.place, "Tokens are accepted after their end")
                        .severity(Severity::Major)
                        .confidence(Confidence::Medium),
                );
            }
            secret(file, call, hits);
        }
        "sign" => {
            if options.and_then(|options| options.get("algorithm")).is_some_and(holds_none) {
                hits.push(Hit::new(call.place, "Tokens are made without a signature"));
            }
            secret(file, call, hits);
            let payload = call.argument(0).map(|value| file.resolved(value, call.function));
            let ends = match options {
                None => false,
                Some(Value::Object(_)) => options.is_some_and(|o| o.get("expiresIn").is_some() || o.spreads()),
                Some(_) => true,
            };
            let own = matches!(payload, Some(Value::Object(_))) && !payload.is_some_and(tells_time);
            if !ends && own && call.argument(3).is_none() && call.arguments.len() >= 2 {
                let hit = Hit::new(call.place, "These tokens never end: no `expiresIn` is given");
                hits.push(hit.severity(Severity::Major).confidence(Confidence::Medium));
            }
        }
        _ => {}
    }
}

/// A token that carries a time may be judged by it.
fn tells_time(payload: &Value) -> bool {
    payload.spreads()
        || matches!(payload, Value::Object(pairs) if pairs.iter().any(|(key, _)| {
            let key = key.to_ascii_lowercase();
            key == "exp" || key == "iat" || key.contains("expir") || key.contains("created") || key.contains("until") || key.contains("ttl")
        }))
}

fn holds_none(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= value.text().is_some_and(|text| text.eq_ignore_ascii_case("none")));
    found
}

fn python(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    match call.method() {
        "decode" => {
            let off = |value: &Value| *value == Value::Bool(false);
            let options = call.named("options").map(|value| file.resolved(value, call.function));
            let unverified = call.named("verify").is_some_and(off)
                || options.and_then(|o| o.get("verify_signature")).is_some_and(off);
            let again = file.calls.iter().any(|other| {
                other.method() == "decode"
                    && other.root() == call.root()
                    && other.place != call.place
                    && other.function == call.function
            });
            if unverified && !again {
                let given = call.argument(0).is_some_and(|token| comes_with_request(file, token, call.function, 0));
                let hit = Hit::new(call.place, DECODED);
                hits.push(if given { hit } else { hit.confidence(Confidence::Medium) });
            } else if call.named("algorithms").is_some_and(holds_none) {
                hits.push(Hit::new(
                    call.place,
                    "A token without a signature is accepted: the algorithm `none` is allowed",
                ));
            } else if options.and_then(|o| o.get("verify_exp")).is_some_and(off) {
                // Where a token is renewed, its end does not matter.
                hits.push(
                    Hit::new(call.place, "Tokens are accepted after their end")
                        .severity(Severity::Major)
                        .confidence(Confidence::Medium),
                );
            }
            if !unverified {
                secret(file, call, hits);
            }
        }
        "get_unverified_claims" => hits.push(Hit::new(call.place, DECODED).confidence(Confidence::Medium)),
        "encode" => {
            secret(file, call, hits);
            let payload = call.argument(0).map(|value| file.resolved(value, call.function));
            let later = call.argument(0).and_then(Value::path).is_some_and(|name| {
                file.assignments.iter().any(|a| a.target.starts_with(name) && a.target.contains("exp"))
                    || file.calls.iter().any(|other| other.object() == name && other.method() == "update")
            });
            if let Some(Value::Object(_)) = payload
                && payload.is_some_and(|p| !tells_time(p))
                && !later
            {
                hits.push(
                    Hit::new(call.place, "These tokens never end: their content has no `exp`")
                        .severity(Severity::Major)
                        .confidence(Confidence::Medium),
                );
            }
        }
        _ => {}
    }
}
