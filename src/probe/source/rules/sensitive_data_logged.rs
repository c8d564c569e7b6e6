//! A secret of a user or of the app that is written to the log.

use super::logging::{Log, written};
use super::names::{last, words};
use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionKind, Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "sensitive-data-logged",
    title: "A secret is written to the log",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A log call that is given a password, a token, an authorization header, a card number, the body of a sign-in request, or the whole environment.",
    why: "Logs are copied to other services, kept for months and read by many. A password or session in them is as good as published.",
    fix: "Log who and what (`user.id`, the route, the outcome), never the secret itself. Let the logger redact such fields, and delete the lines that were already written.",
    example: "logger.info('sign-in', { email, password });\n\n// better\nlogger.info('sign-in', { userId: user.id });",
    references: &["C15", "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name).claims_none(log_calls);

/// Names and addresses of people in a log line look like any other value.
fn log_calls(_: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("Personal data such as names and addresses in log lines is not examined".to_owned());
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    let serves = file.functions.iter().any(|function| function.kind == FunctionKind::Handler);
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let Some(log) = written(file, call) else { continue };
        let mut worst: Option<(Secret, String)> = None;
        let numbers = numbers(call);
        let given = call.arguments.iter().enumerate().filter(|(place, _)| !numbers.contains(place));
        for (_, argument) in given {
            secrets(file, call, &argument.value, 0, &mut worst);
        }
        let Some((secret, name)) = worst else { continue };
        let message = match secret {
            Secret::Environment => format!("`{name}`, with every secret in it, is written to the log"),
            Secret::Request => format!("`{name}`, with what the user typed in, is written to the log"),
            _ => format!("`{name}` is written to the log"),
        };
        let hit = Hit::new(call.place, message);
        let hit = match (secret, log) {
            // A command ends with what it has to tell to the one who started it.
            (Secret::Sure | Secret::Likely, _) if !serves && ends_process(file, call) => {
                hit.confidence(Confidence::Low)
            }
            (Secret::Likely, _) | (_, Log::Debug) => hit.confidence(Confidence::Medium),
            // A script speaks to the one who started it.
            (_, Log::Output) if !file.language.is_ecma() && !serves => hit.confidence(Confidence::Medium),
            _ if secret == Secret::Request || is_of_person(file, call, &name) => hit.confidence(Confidence::High),
            _ => hit,
        };
        // The user's own console.
        hits.push(match file.role {
            Role::Client => hit.severity(Severity::Minor).confidence(Confidence::Medium),
            _ => hit,
        });
    }
}

/// The places of the arguments that a format writes as numbers: `"at most %d characters"`.
fn numbers(call: &Call) -> Vec<usize> {
    let Some((first, format)) =
        call.arguments.iter().enumerate().take(3).find_map(|(place, a)| Some((place, a.value.text()?)))
    else {
        return Vec::new();
    };
    let verbs = format.replace("%%", "");
    let verbs = verbs.split('%').skip(1).map(|rest| rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic()));
    (first + 1..)
        .zip(verbs)
        .filter(|(_, verb)| verb.starts_with(['d', 'i', 'f', 'x']))
        .map(|(place, _)| place)
        .collect()
}

/// Whether a value comes with a request or stands in the record of a user, and is no name of something else.
fn is_of_person(file: &FileFacts, call: &Call, name: &str) -> bool {
    let comes = |path: &str| {
        let mut parts = path.split('.').filter(|part| !matches!(*part, "this" | "self"));
        let first = parts.next().unwrap_or_default().trim_start_matches(['$', '_']).to_ascii_lowercase();
        matches!(
            &*first,
            "req"
                | "request"
                | "ctx"
                | "params"
                | "body"
                | "event"
                | "user"
                | "account"
                | "member"
                | "customer"
                | "post"
        ) && (path.contains('.') || first == "params")
    };
    let mut given = comes(name);
    if let Value::Path(path) = file.resolved(&Value::Path(name.into()), call.function) {
        given |= comes(path);
    }
    given
}

/// Whether the function around ends the program.
fn ends_process(file: &FileFacts, call: &Call) -> bool {
    file.enclosing(call.function).filter(|(id, _)| *id != 0).any(|(_, function)| {
        file.calls_of(&function.body).any(|(_, other)| {
            matches!(&*other.callee, "process.exit" | "sys.exit") && other.place.bytes.0 > call.place.bytes.1
        })
    })
}

/// What a log call is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Secret {
    Likely,
    Request,
    Environment,
    Sure,
}

/// Finds the worst of what a value holds. What other calls make of a secret is not looked into: they may mask it.
fn secrets(file: &FileFacts, call: &Call, value: &Value, depth: u32, worst: &mut Option<(Secret, String)>) {
    if depth > 8 {
        return;
    }
    match value {
        Value::Path(path) => {
            if let Some(secret) = judged(file, call, path) {
                keep(worst, secret, path);
            }
        }
        Value::Member(pair) => {
            if let Some(secret) = name_says(&pair.1) {
                keep(worst, secret, &pair.1);
            }
        }
        Value::Env(name) if name_says(name) == Some(Secret::Sure) => keep(worst, Secret::Sure, name),
        Value::Object(pairs) => {
            for (key, inner) in pairs {
                // `{ password: user.name }` shows no password, `{ password: input }` does.
                if name_says(key) == Some(Secret::Sure) && matches!(inner, Value::Path(_) | Value::Member(_)) {
                    keep(worst, Secret::Sure, key);
                } else if !matches!(&**key, "req" | "err" | "error") {
                    secrets(file, call, inner, depth + 1, worst);
                }
            }
        }
        Value::Template(parts) => {
            for part in parts {
                if let Part::Expression(_, inner) = part {
                    secrets(file, call, inner, depth + 1, worst);
                }
            }
        }
        Value::Either(values) | Value::Array(values) | Value::Computed(values) => {
            values.iter().for_each(|inner| secrets(file, call, inner, depth + 1, worst));
        }
        Value::Call(id) => {
            let Some(inner) = file.call(*id) else { return };
            let shows = matches!(
                &*inner.callee,
                "JSON.stringify"
                    | "util.inspect"
                    | "inspect"
                    | "str"
                    | "repr"
                    | "json.dumps"
                    | "json_encode"
                    | "print_r"
                    | "var_export"
                    | "String"
                    | "dict"
                    | "fmt.Sprintf"
                    | "fmt.Sprint"
                    | "String.format"
                    | "string"
            ) || matches!(inner.method(), "format" | "to_json" | "inspect" | "to_s" | "toString");
            if !shows {
                return;
            }
            for argument in &inner.arguments {
                secrets(file, call, &argument.value, depth + 1, worst);
            }
            if !inner.object().is_empty() && inner.receiver.is_none() {
                secrets(file, call, &Value::Path(inner.object().into()), depth + 1, worst);
            }
        }
        _ => {}
    }
}

fn keep(worst: &mut Option<(Secret, String)>, secret: Secret, name: &str) {
    if worst.as_ref().is_none_or(|(known, _)| *known < secret) {
        *worst = Some((secret, name.chars().take(60).collect()));
    }
}

fn judged(file: &FileFacts, call: &Call, path: &str) -> Option<Secret> {
    if matches!(path, "process.env" | "os.environ" | "import.meta.env" | "$_ENV" | "_ENV" | "$_SERVER" | "ENV") {
        return Some(Secret::Environment);
    }
    let request = matches!(path.split('.').next(), Some("req" | "request" | "ctx" | "c" | "context" | "this" | "self"));
    if request && matches!(last(path), "headers" | "cookies" | "rawHeaders") {
        return Some(Secret::Sure);
    }
    if is_body(path) {
        return is_sign_in(file, call).then_some(Secret::Request);
    }
    if matches!(path, "req" | "request") && file.language.is_ecma() && written(file, call) == Some(Log::Output) {
        return super::super::flow::in_handler(file, call.function).then_some(Secret::Request);
    }
    name_says(last(path))
}

/// The whole of what a client sent.
fn is_body(path: &str) -> bool {
    matches!(
        path,
        "req.body"
            | "request.body"
            | "ctx.request.body"
            | "request.form"
            | "request.POST"
            | "request.data"
            | "request.json"
            | "_POST"
            | "_REQUEST"
            | "$_POST"
            | "params"
            | "r.Form"
            | "r.PostForm"
            | "event.body"
    )
}

/// Whether the code around handles passwords or cards, by the names of its functions and of its file.
fn is_sign_in(file: &FileFacts, call: &Call) -> bool {
    let about = |name: &str| {
        let name = name.to_ascii_lowercase();
        [
            "login", "signin", "sign_in", "signup", "sign_up", "sign-up", "sign-in", "register", "password",
            "checkout", "payment",
        ]
        .iter()
        .any(|word| name.contains(word))
    };
    let route = |function: &crate::probe::source::code::Function| {
        let given_to = function.argument_of.and_then(|id| file.call(id));
        given_to.and_then(|call| call.argument(0)).and_then(Value::text).is_some_and(about)
            || function
                .decorators
                .iter()
                .filter_map(|d| file.call(d.call?))
                .any(|call| call.argument(0).and_then(Value::text).is_some_and(about))
    };
    file.enclosing(call.function).any(|(_, function)| function.name.as_deref().is_some_and(about) || route(function))
        || about(file.path.rsplit('/').next().unwrap_or(&file.path))
}

/// Whether a name is that of a secret.
fn name_says(name: &str) -> Option<Secret> {
    let words = words(name);
    let (end, before) = words.split_last()?;
    let before = before.last().map_or("", String::as_str);
    let harmless = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "masked"
                | "redacted"
                | "has"
                | "is"
                | "no"
                | "hashed"
                | "encrypted"
                | "hash"
                | "csrf"
                | "missing"
                | "invalid"
                | "design"
                | "next"
                | "page"
                | "cancel"
                | "cancellation"
                | "max"
                | "min"
                | "count"
                | "num"
                | "input"
                | "output"
                | "prompt"
                | "completion"
                | "total"
                | "continuation"
                | "sync"
                | "lex"
                | "syntax"
                | "public"
                | "label"
        )
    });
    if harmless {
        return None;
    }
    match end.as_str() {
        "password" | "passwd" | "pwd" | "passphrase" | "cvv" | "cvc" | "ssn" | "authorization" | "apikey"
        | "pwconfirm" => Some(Secret::Sure),
        "token" | "jwt" => Some(match before {
            "access" | "refresh" | "auth" | "reset" | "bearer" | "api" | "id" | "session" | "jwt" | "verification" => {
                Secret::Sure
            }
            _ => Secret::Likely,
        }),
        "accesstoken" | "refreshtoken" | "authtoken" | "resettoken" | "clientsecret" => Some(Secret::Sure),
        "secret" => Some(match before {
            "client" | "api" | "jwt" | "webhook" | "app" | "signing" | "shared" | "session" => Secret::Sure,
            _ => Secret::Likely,
        }),
        "key" => matches!(before, "api" | "private" | "secret" | "encryption" | "signing").then_some(Secret::Sure),
        "number" => matches!(before, "card").then_some(Secret::Sure),
        "code" | "otp" => {
            (end == "otp" || matches!(before, "otp" | "verification" | "reset")).then_some(Secret::Likely)
        }
        _ => None,
    }
}
