//! Secrets that sign sessions and stand in the code: as good as a token that anybody can make.

use super::super::{Hit, settings_layers};
use crate::model::{Confidence, Severity};
use crate::probe::repository::is_for_development;
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

pub(super) const MESSAGE: &str =
    "The secret that signs sessions stands in the code: whoever reads it can make one of anybody";

const COOKIES: &str = "The secret that signs cookies stands in the code: whoever reads it can write them";

/// What to do about it.
pub(super) const FIX: &str =
    "Read the secret from the environment, stop at start when it is missing, and change the one that was in the code.";

pub(super) fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if is_for_development(&file.path) {
        return;
    }
    let before = hits.len();
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let secret = match file.language {
            Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
            Language::Python => python(call),
            _ => None,
        };
        if let Some(value) = secret {
            let sure = written(file, index, value, call.function);
            // What `cookie-parser` signs is for the app to say.
            hits.extend(sure.map(|sure| match &*call.callee {
                "cookieParser" => {
                    Hit::new(call.place, COOKIES).severity(Severity::Major).confidence(Confidence::Medium)
                }
                _ => hit(call.place, sure),
            }));
        }
    }
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            // Koa's `app.keys = ['…']`.
            for set in file.assignments.iter().filter(|set| &*set.target == "app.keys" && !set.dev_only) {
                hits.extend(written(file, index, &set.value, set.function).map(|sure| hit(set.place, sure)));
            }
        }
        Language::Python => settings(file, index, hits),
        _ => {}
    }
    for hit in hits.iter_mut().skip(before) {
        hit.fix = Some(FIX.to_owned());
    }
}

fn hit(place: Place, sure: bool) -> Hit {
    let hit = Hit::new(place, MESSAGE);
    if sure { hit } else { hit.confidence(Confidence::Medium) }
}

/// Whether a value is a secret that stands in the code; whether that is sure.
fn written(file: &FileFacts, index: &CodeIndex, value: &Value, function: u32) -> Option<bool> {
    match file.resolved(value, function) {
        Value::Text(text) => looks_real(text).then_some(true),
        Value::Array(items) => items.iter().find_map(|item| written(file, index, item, function)),
        // `secret: config.cookieSecret` of a file that holds settings.
        Value::Path(path) => {
            let (place, name) = index.imported(file, crate::probe::source::code::root(path))?;
            let other = index.files.get(place)?;
            let below = path.split_once('.').map_or("", |(_, below)| below);
            let whole = match (&*name, below) {
                ("*" | "default", "") => return None,
                ("*" | "default", below) => below,
                (name, "") => name,
                (_, below) => below,
            };
            let set = other.assigned(whole, 0).map(|set| &set.value);
            let of_exports = || {
                let exported =
                    ["module.exports", "default", "exports"].iter().find_map(|name| other.assigned(name, 0))?;
                exported.value.get(whole)
            };
            let text = set.or_else(of_exports)?.text()?;
            looks_real(text).then_some(false)
        }
        _ => None,
    }
}

/// Not empty, and no word that stands in for a secret of the environment.
fn looks_real(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.len() >= 4 && !text.contains("${") && !text.starts_with(['<', '{']) && !lower.starts_with("process.env")
}

fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let options = |place: usize| call.argument(place).map(|options| file.resolved(options, call.function));
    match module {
        "express-session" | "cookie-session" | "client-sessions" if !call.callee.contains('.') => {
            let options = options(0)?;
            options.get("secret").or_else(|| options.get("keys"))
        }
        "cookie-parser" if !call.callee.contains('.') => call.argument(0).filter(|value| !matches!(value, Value::Null)),
        "iron-session" | "iron-session/edge" => options(2)?.get("password").or_else(|| options(1)?.get("password")),
        _ if matches!(call.method(), "createCookieSessionStorage" | "createCookie" | "createSessionStorage") => {
            let cookie = options(0)?.get("cookie").or_else(|| options(1)).or_else(|| options(0))?;
            // A cookie for a theme or a language signs nobody in.
            let name = cookie.get("name").or_else(|| call.argument(0)).and_then(Value::text).unwrap_or("session");
            let lower = name.to_ascii_lowercase();
            let signs_in = ["session", "auth", "sid", "token", "user"].iter().any(|word| lower.contains(word));
            cookie.get("secrets").filter(|_| signs_in && !lower.contains("theme"))
        }
        _ if matches!(call.method(), "NextAuth" | "betterAuth") => options(0)?.get("secret"),
        _ if call.method() == "register" => {
            let plugin = call.argument(0).and_then(Value::path).and_then(|name| file.binding(name))?;
            matches!(
                &*plugin.module,
                "@fastify/session" | "@fastify/secure-session" | "@fastify/cookie" | "@fastify/jwt"
            )
            .then(|| options(1)?.get("secret").or_else(|| options(1)?.get("key")))?
        }
        _ => None,
    }
}

fn python(call: &Call) -> Option<&Value> {
    let of_starlette = call.method() == "SessionMiddleware"
        || (call.method() == "add_middleware"
            && call.argument(0).and_then(Value::path).is_some_and(|name| name.ends_with("SessionMiddleware")));
    of_starlette.then(|| call.named("secret_key"))?
}

/// Flask's `app.secret_key` and `SECRET_KEY`, Django's `SECRET_KEY`.
fn settings(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let flask = file.imports_any(|module| module.starts_with("flask") || module.starts_with("quart"));
    let django = file.path.contains("settings") || file.path.ends_with("config.py");
    for set in file.assignments.iter().filter(|set| !set.dev_only) {
        let target = &*set.target;
        let of_app = flask
            && (target.ends_with(".secret_key") || target.ends_with("config.SECRET_KEY"))
            && !target.starts_with("self.");
        let of_settings = django && target == "SECRET_KEY" && !is_in_class_for_tests(file, set.place);
        if !(of_app || of_settings) {
            continue;
        }
        // What is set again later, or only where nothing else was.
        let last = file.assignments_to(target).next_back().is_some_and(|last| last.place == set.place);
        let again = file.assignments.iter().any(|other| other.target == set.target && other.place != set.place);
        if last {
            let found = written(file, index, &set.value, set.function);
            let over = settings_layers::overridden_by(file, index, &set.target);
            hits.extend(found.map(|sure| {
                let mut hit = hit(set.place, sure && !again && over.is_none());
                hit.steps.extend(over);
                hit
            }));
        }
    }
}

fn is_in_class_for_tests(file: &FileFacts, place: Place) -> bool {
    file.classes.iter().any(|class| {
        let lower = class.name.to_ascii_lowercase();
        class.place.bytes.0 <= place.bytes.0
            && place.bytes.1 <= class.place.bytes.1
            && ["test", "dev", "local"].iter().any(|word| lower.contains(word))
    })
}
