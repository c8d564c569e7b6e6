//! Cookies of Go, Java, PHP and Ruby.

use super::{Hit, signs_in};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many links of a chain are followed.
const MAX_LINKS: usize = 12;

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    let calls = || (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only);
    match file.language {
        Language::Go => calls().for_each(|(id, call)| go(file, id, call, hits)),
        Language::Java => calls().for_each(|(id, call)| java(file, id, call, hits)),
        Language::Php => php(file, hits),
        Language::Ruby => ruby(file, hits),
        _ => {}
    }
}

/// Says what is missing; `secure` alone is less bad, and may be set by what stands before the app.
fn say(place: Place, what: &str, http_only: bool, secure: bool, names: [&str; 2], hits: &mut Vec<Hit>) {
    let missing: Vec<&str> =
        [(http_only, names[0]), (secure, names[1])].iter().filter(|(set, _)| !set).map(|(_, name)| *name).collect();
    if missing.is_empty() {
        return;
    }
    let hit = Hit::new(place, format!("{what} is set without `{}`", missing.join("` and `")));
    hits.push(if http_only { hit.severity(Severity::Minor).confidence(Confidence::Medium) } else { hit });
}

/// Whether a flag is set, or set to something that only a run would tell.
fn is_on(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Bool(false) | Value::Null))
        && value.is_none_or(|v| *v != Value::Number("0".into()))
}

fn name_of(file: &FileFacts, value: Option<&Value>, function: u32) -> Option<String> {
    match file.resolved(value?, function) {
        Value::Text(text) => Some(text.to_string()),
        Value::Path(path) => Some(path.to_string()),
        Value::Template(parts) => Some(crate::probe::source::code::joined(parts)),
        _ => None,
    }
}

fn go(file: &FileFacts, id: u32, call: &Call, hits: &mut Vec<Hit>) {
    if call.constructs && matches!(&*call.callee, "http.Cookie" | "fiber.Cookie") {
        let sent = call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| outer.method() == "AddCookie");
        let Some(name) = name_of(file, call.named("Name"), call.function).filter(|name| signs_in(name) && !sent) else {
            return;
        };
        let emptied = call.named("Value").is_some_and(Value::is_empty_literal)
            || matches!(call.named("MaxAge"), Some(Value::Number(age)) if age.starts_with('-'))
            || call.named("Value").is_none();
        let local = file.assignments.iter().find(|set| set.value == Value::Call(id)).map(|set| &*set.target);
        let later = |flag: &str| {
            local.is_some_and(|name| is_on(file.assignments_to(&format!("{name}.{flag}")).next().map(|set| &set.value)))
        };
        let given_away = local.is_some_and(|name| {
            file.calls.iter().any(|other| {
                other.method() == "AddCookie" && other.arguments.iter().any(|a| a.value.path() == Some(name))
            })
        });
        let on = |flags: &[&str]| flags.iter().any(|flag| is_on(call.named(flag)) || later(flag));
        if !emptied && !given_away {
            say(
                call.place,
                &format!("The cookie `{name}`"),
                on(&["HttpOnly", "HTTPOnly"]),
                on(&["Secure"]),
                ["HttpOnly", "Secure"],
                hits,
            );
        }
    } else if call.constructs && &*call.callee == "sessions.Options" {
        let ends = matches!(call.named("MaxAge"), Some(Value::Number(age)) if age.starts_with('-'));
        if !ends {
            say(
                call.place,
                "The session cookie",
                is_on(call.named("HttpOnly")),
                is_on(call.named("Secure")),
                ["HttpOnly", "Secure"],
                hits,
            );
        }
    } else if call.method() == "SetCookie" && call.arguments.len() == 7 {
        // Gin: name, value, age, path, domain, secure, httpOnly.
        let Some(name) = name_of(file, call.argument(0), call.function).filter(|name| signs_in(name)) else { return };
        let ends = call.argument(1).is_some_and(Value::is_empty_literal)
            || matches!(call.argument(2), Some(Value::Number(age)) if age.starts_with('-'));
        if !ends {
            say(
                call.place,
                &format!("The cookie `{name}`"),
                is_on(call.argument(6)),
                is_on(call.argument(5)),
                ["HttpOnly", "Secure"],
                hits,
            );
        }
    }
}

fn java(file: &FileFacts, id: u32, call: &Call, hits: &mut Vec<Hit>) {
    if call.constructs && &*call.callee == "Cookie" && file.imports_any(|m| m.contains("servlet")) {
        let Some(name) = name_of(file, call.argument(0), call.function).filter(|name| signs_in(name)) else { return };
        let local = file.assignments.iter().find(|set| set.value == Value::Call(id)).map(|set| &*set.target);
        let set = |method: &str| {
            local.and_then(|name| {
                file.calls
                    .iter()
                    .find(|other| other.object() == name && other.method() == method && other.function == call.function)
            })
        };
        let is_set = |method: &str| set(method).is_some_and(|call| is_on(call.argument(0)));
        let ends = set("setMaxAge").is_some_and(|call| call.argument(0) == Some(&Value::Number("0".into())));
        let emptied = call.argument(1).is_some_and(Value::is_empty_literal);
        let added = match local {
            Some(name) => file
                .calls
                .iter()
                .any(|other| other.method() == "addCookie" && other.argument(0).and_then(Value::path) == Some(name)),
            None => call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| outer.method() == "addCookie"),
        };
        if added && !ends && !emptied {
            say(
                call.place,
                &format!("The cookie `{name}`"),
                is_set("setHttpOnly"),
                is_set("setSecure"),
                ["HttpOnly", "Secure"],
                hits,
            );
        }
    } else if &*call.callee == "ResponseCookie.from" {
        let Some(name) = name_of(file, call.argument(0), call.function).filter(|name| signs_in(name)) else { return };
        let (mut http_only, mut secure, mut built, mut ends) = (false, false, false, false);
        let mut link = call.chained;
        for _ in 0..MAX_LINKS {
            let Some(found) = link.and_then(|id| file.call(id)) else { break };
            match found.method() {
                "httpOnly" => http_only = is_on(found.argument(0)),
                "secure" => secure = is_on(found.argument(0)),
                "maxAge" => ends = found.argument(0) == Some(&Value::Number("0".into())),
                "build" => built = true,
                _ => {}
            }
            link = found.chained;
        }
        if built && !ends && !call.argument(1).is_some_and(Value::is_empty_literal) {
            say(call.place, &format!("The cookie `{name}`"), http_only, secure, ["httpOnly", "secure"], hits);
        }
    }
}

fn php(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only && !call.spreads()) {
        let option = |options: &Value, key: &str| match options {
            Value::Object(pairs) => {
                pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
            }
            _ => None,
        };
        let name = || {
            name_of(file, call.argument(0).or_else(|| call.named("name")), call.function).filter(|name| signs_in(name))
        };
        match &*call.callee {
            "setcookie" | "setrawcookie" => {
                let Some(name) = name() else { continue };
                let emptied = call.argument(1).is_none_or(Value::is_empty_literal) && call.named("value").is_none();
                let options = call.argument(2).map(|value| file.resolved(value, call.function));
                let (http_only, secure) = match options {
                    Some(options @ Value::Object(_)) if options.spreads() => continue,
                    Some(options @ Value::Object(_)) => {
                        (is_on(option(options, "httponly").as_ref()), is_on(option(options, "secure").as_ref()))
                    }
                    _ => (
                        is_on(call.argument(6).or_else(|| call.named("httponly"))),
                        is_on(call.argument(5).or_else(|| call.named("secure"))),
                    ),
                };
                if !emptied {
                    say(call.place, &format!("The cookie `{name}`"), http_only, secure, ["httponly", "secure"], hits);
                }
            }
            "session_set_cookie_params" => {
                let elsewhere = file.calls.iter().any(|other| {
                    &*other.callee == "ini_set"
                        && other.argument(0).and_then(Value::text) == Some("session.cookie_httponly")
                        && is_on(other.argument(1))
                });
                let (http_only, secure) = match call.argument(0).map(|value| file.resolved(value, call.function)) {
                    Some(options @ Value::Object(_)) if !options.spreads() => {
                        (is_on(option(options, "httponly").as_ref()), is_on(option(options, "secure").as_ref()))
                    }
                    Some(Value::Number(_) | Value::Computed(_)) => {
                        (is_on(call.argument(4).or_else(|| call.named("httponly"))), is_on(call.argument(3)))
                    }
                    _ => continue,
                };
                say(call.place, "The session cookie", http_only || elsewhere, secure, ["httponly", "secure"], hits);
            }
            "ini_set" if call.argument(0).and_then(Value::text) == Some("session.cookie_httponly") => {
                let off = match call.argument(1) {
                    Some(Value::Text(text)) => matches!(&**text, "0" | "" | "off" | "Off"),
                    value => !is_on(value),
                };
                if off {
                    hits.push(Hit::new(
                        call.place,
                        "Scripts can read the session cookie: `session.cookie_httponly` is off",
                    ));
                }
            }
            // Laravel keeps cookies from scripts unless told otherwise.
            "cookie" | "Cookie.make" | "Cookie.queue" | "Cookie.forever" => {
                let place = if call.method() == "forever" { 5 } else { 6 };
                let off = call.argument(place).or_else(|| call.named("httpOnly")) == Some(&Value::Bool(false));
                if let Some(name) = name().filter(|_| off) {
                    hits.push(Hit::new(call.place, format!("Scripts can read the cookie `{name}`: `httpOnly` is off")));
                }
            }
            _ => {}
        }
    }
    if !file.path.ends_with("config/session.php") {
        return;
    }
    let Some(top) = file.functions.first() else { return };
    for options in &top.body.returns {
        if options.get("http_only") == Some(&Value::Bool(false)) {
            let place = Place { bytes: top.place.bytes, ..top.place };
            hits.push(Hit::new(place, "Scripts can read the session cookie: `http_only` is off"));
        }
    }
}

fn ruby(file: &FileFacts, hits: &mut Vec<Hit>) {
    for set in file.assignments.iter().filter(|set| !set.dev_only) {
        let mut parts = set.target.split('.').map(|part| part.trim_end_matches("()"));
        if parts.next() != Some("cookies") {
            continue;
        }
        let name = parts.rfind(|part| !matches!(*part, "permanent" | "signed" | "encrypted")).unwrap_or("");
        if !signs_in(name) || name.contains('[') || set.value.is_empty_literal() {
            continue;
        }
        let options = file.resolved(&set.value, set.function);
        let http_only = match options {
            Value::Object(_) if options.spreads() => true,
            Value::Object(_) => {
                is_on(options.get("httponly")) || options.get("value").is_some_and(Value::is_empty_literal)
            }
            Value::Unknown => true,
            _ => false,
        };
        // `force_ssl` adds `secure` to every cookie of Rails.
        say(set.place, &format!("The cookie `{name}`"), http_only, true, ["httponly", "secure"], hits);
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        match call.method() {
            "set_cookie" => {
                let Some(name) = name_of(file, call.argument(0), call.function).filter(|name| signs_in(name)) else {
                    continue;
                };
                let options = call.argument(1);
                let flag = |flag: &str| call.named(flag).or_else(|| options.and_then(|options| options.get(flag)));
                let plain = matches!(options, None | Some(Value::Object(_)));
                let emptied = flag("value").is_some_and(Value::is_empty_literal);
                if plain && !emptied && !call.spreads() {
                    say(
                        call.place,
                        &format!("The cookie `{name}`"),
                        is_on(flag("httponly")),
                        is_on(flag("secure")),
                        ["httponly", "secure"],
                        hits,
                    );
                }
            }
            "session_store" | "use" | "set" if call.named("httponly") == Some(&Value::Bool(false)) => {
                hits.push(Hit::new(call.place, "Scripts can read the session cookie: `httponly` is off"));
            }
            _ => {}
        }
    }
}
