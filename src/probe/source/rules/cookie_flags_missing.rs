//! Cookies that sign people in and that scripts can read, or that travel unencrypted.

mod backend;
pub(super) mod plain;

use super::{Check, Hit, Rule, Subject, request_work, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::names::words;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "cookie-flags-missing",
    title: "A cookie that signs people in is not locked down",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A session or token cookie set without `httpOnly` or `secure`, or settings that switch these off.",
    why: "One script on your page, a bad package or an injected comment, sends every visitor's session to a stranger. Without `secure` it also travels over open networks.",
    fix: "Set `httpOnly: true`, `secure: true` and `sameSite: 'lax'` on every cookie that signs somebody in.",
    example: "res.cookie('token', token);\n\n// better\nres.cookie('token', token, { httpOnly: true, secure: true, sameSite: 'lax' });",
    references: &["F58", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Cookies"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(request_work::reads, request_work::would_read)
    .looks_at(server_or_config)
    .claims_none(look);

fn look(_: &FileFacts, _: &CodeIndex, _: &mut Subject) {}

/// Whether a cookie of this name signs somebody in.
fn signs_in(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "session",
        "sessionid",
        "sid",
        "token",
        "auth",
        "jwt",
        "refresh",
        "access",
        "remember",
        "authtoken",
        "accesstoken",
        "refreshtoken",
        "sess",
        "usertoken",
    ]) && !has(&["csrf", "xsrf", "theme", "consent", "state", "expires", "flag", "id_hint", "verifier", "nonce"])
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    match file.language {
        Language::Python => return python(file, hits),
        language if !language.is_ecma() => return backend::check(file, hits),
        _ => {}
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(cookie) = cookie(file, call) {
            judge(file, call, &cookie, hits);
        } else if matches!(&*call.callee, "session" | "expressSession" | "cookieSession")
            && file.imports_any(|m| matches!(m, "express-session" | "cookie-session"))
        {
            session(file, call, hits);
        }
    }
}

struct Cookie<'f> {
    name: String,
    options: Option<&'f Value>,
    http_only_by_default: bool,
}

/// The cookie that a call sets, where its name says what it is for.
fn cookie<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Cookie<'f>> {
    let object = call.object().to_ascii_lowercase();
    let last = object.rsplit('.').next().unwrap_or(&object).trim_end_matches("()").to_owned();
    let (first, http_only_by_default) = match call.method() {
        "cookie" | "setCookie" if matches!(&*last, "res" | "response" | "reply" | "rep" | "status") => (0, false),
        "setCookie" if object.is_empty() && file.imports_any(|m| matches!(m, "hono/cookie" | "h3")) => (1, false),
        "setCookie" if object.is_empty() && file.imports_any(|m| m == "nookies") => (1, false),
        // Koa and SvelteKit keep cookies from scripts unless told otherwise.
        "set" if last == "cookies" && object.starts_with("ctx") => (0, true),
        "set" if last == "cookies" && file.path.contains("routes/") && object.starts_with("event") => (0, true),
        "set" if matches!(&*last, "cookies" | "cookiestore") => (0, false),
        _ => return None,
    };
    if http_only_by_default || file.imports_any(|m| m.starts_with("@sveltejs/")) {
        let options = call.argument(first + 2);
        options.filter(|options| options.get("httpOnly") == Some(&Value::Bool(false)))?;
    }
    let options = if first == 0 && call.arguments.len() == 1 { call.argument(0) } else { call.argument(first + 2) };
    let name = match file.resolved(call.argument(first)?, call.function) {
        Value::Text(text) => text.to_string(),
        Value::Path(path) => path.to_string(),
        object @ Value::Object(_) => object.get("name").and_then(Value::text)?.to_owned(),
        _ => return None,
    };
    // `cookies.set(name, "", { maxAge: 0 })` takes one away.
    let emptied = call.argument(first + 1).is_some_and(Value::is_empty_literal);
    (signs_in(&name) && !emptied).then_some(Cookie { name, options, http_only_by_default })
}

fn judge(file: &FileFacts, call: &Call, cookie: &Cookie<'_>, hits: &mut Vec<Hit>) {
    let options = cookie.options.map(|options| file.resolved(options, call.function));
    let object = match options {
        None => None,
        Some(object @ Value::Object(_)) if !object.spreads() => Some(object),
        Some(_) => return,
    };
    let flag = |name: &str| object.and_then(|object| object.get(name));
    let off = |name: &str| matches!(flag(name), None | Some(Value::Bool(false)));
    let mut missing = Vec::new();
    if off("httpOnly") && !cookie.http_only_by_default || flag("httpOnly") == Some(&Value::Bool(false)) {
        missing.push("httpOnly");
    }
    if off("secure") {
        missing.push("secure");
    }
    if missing.is_empty() {
        return;
    }
    let hit =
        Hit::new(call.place, format!("The cookie `{}` is set without `{}`", cookie.name, missing.join("` and `")));
    hits.push(if missing.contains(&"httpOnly") {
        hit
    } else {
        hit.severity(Severity::Minor).confidence(Confidence::Medium)
    });
}

/// express-session keeps its cookie from scripts by itself; `secure` is off unless asked for.
fn session(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let Some(options @ Value::Object(_)) = call.argument(0).map(|value| file.resolved(value, call.function)) else {
        return;
    };
    let cookie = options.get("cookie").map(|value| file.resolved(value, call.function));
    let is_off = |name: &str| {
        cookie.and_then(|cookie| cookie.get(name)) == Some(&Value::Bool(false))
            || options.get(name) == Some(&Value::Bool(false))
    };
    if is_off("httpOnly") {
        hits.push(Hit::new(call.place, "Scripts can read the session cookie: `httpOnly` is off"));
    } else if is_off("secure") {
        hits.push(
            Hit::new(call.place, "The session cookie travels unencrypted: `secure` is off")
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        );
    }
}

fn python(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| call.method() == "set_cookie" && !call.dev_only && !call.spreads()) {
        let Some(name) = call.argument(0).or_else(|| call.named("key")) else { continue };
        let name = match file.resolved(name, call.function) {
            Value::Text(text) => text.to_string(),
            Value::Path(path) => path.to_string(),
            _ => continue,
        };
        let zero = |value: &Value| matches!(value, Value::Number(number) if &**number == "0");
        let taken_away = call.argument(1).or_else(|| call.named("value")).is_some_and(Value::is_empty_literal)
            || ["expires", "max_age"].iter().any(|name| call.named(name).is_some_and(zero));
        if !signs_in(&name) || taken_away {
            continue;
        }
        let off = |flag: &str| matches!(call.named(flag), None | Some(Value::Bool(false)));
        let missing: Vec<&str> = [("httponly", "httponly"), ("secure", "secure")]
            .iter()
            .filter(|(flag, _)| off(flag))
            .map(|(_, name)| *name)
            .collect();
        if missing.is_empty() {
            continue;
        }
        let hit = Hit::new(call.place, format!("The cookie `{name}` is set without `{}`", missing.join("` and `")));
        hits.push(if missing.contains(&"httponly") {
            hit
        } else {
            hit.severity(Severity::Minor).confidence(Confidence::Medium)
        });
    }
    let is_development = ["dev", "development", "local", "test", "testing"]
        .iter()
        .any(|word| words(&file.path).iter().any(|found| found == word));
    for assignment in
        file.assignments.iter().filter(|a| !a.dev_only && a.value == Value::Bool(false) && !is_development)
    {
        let name = assignment.target.rsplit('.').next().unwrap_or(&assignment.target);
        if name.ends_with("SESSION_COOKIE_HTTPONLY") {
            hits.push(Hit::new(
                assignment.place,
                "Scripts can read the session cookie: `SESSION_COOKIE_HTTPONLY` is off",
            ));
        } else if name.ends_with("SESSION_COOKIE_SECURE") {
            hits.push(
                Hit::new(assignment.place, "The session cookie travels unencrypted: `SESSION_COOKIE_SECURE` is off")
                    .confidence(Confidence::Medium),
            );
        }
    }
    // Settings that say that they are for production, and leave Django's default.
    let production = ["production", "prod"].iter().any(|word| words(&file.path).iter().any(|found| found == word))
        && file.path.contains("settings");
    let set = |name: &str| file.assignments_to(name).next();
    if production
        && set("SESSION_COOKIE_SECURE").is_none()
        && let Some(debug) = set("DEBUG").or_else(|| set("ALLOWED_HOSTS"))
    {
        hits.push(
            Hit::new(debug.place, "Settings for production leave the session cookie without `SESSION_COOKIE_SECURE`")
                .confidence(Confidence::Medium),
        );
    }
}
