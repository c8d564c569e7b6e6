//! Any website may call the API.

mod ecma;
mod go;
mod java;
mod php;
pub(super) mod plain;
mod python;
mod ruby;

use super::{Check, Hit, Rule, Subject, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Argument, Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Question;
use crate::probe::source::libraries::is_of;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "cors-any-origin",
    title: "Any website may call this API",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Cross-origin rules that let in every origin, or send back whichever origin asks. With credentials allowed it is worse.",
    why: "With credentials, any page that a signed-in user visits can read and change their data through your API. Without, others can build on your API from their sites.",
    fix: "List the origins that your own front ends have, one list for each environment.",
    example: "app.use(cors({ origin: true, credentials: true }));\n\n// better\napp.use(cors({ origin: ['https://shop.example'], credentials: true }));",
    references: &["F8", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(Language::is_code, any_name)
    .looks_at(server_or_config)
    .claims_none(look);

/// Libraries for cross-origin rules that are understood.
const KNOWN: [&str; 8] = [
    "cors",
    "@koa/cors",
    "hono/cors",
    "@fastify/cors",
    "fastify-cors",
    "flask_cors",
    "starlette.middleware.cors",
    "fastapi.middleware.cors",
];

/// No cross-origin rules at all let in nobody: that is the claim. Rules of a library that is not known may let in anybody.
pub(super) fn look(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    let unknown = |module: &str| {
        let own = module.starts_with(['.', '~']) || module.starts_with("@/");
        !own && module.split(['/', '.', '-', '_']).any(|word| word == "cors")
            && !KNOWN.iter().any(|known| is_of(module, known))
            && !go::KNOWN.iter().any(|known| module.starts_with(known))
            && !module.starts_with("org.springframework.")
    };
    for import in file.imports.iter().filter(|import| unknown(&import.module)) {
        subject.is_beyond("Cross-origin rules", &import.module);
    }
    let elsewhere = file.calls.iter().filter(|call| !call.dev_only && is_cors(file, call)).any(|call| {
        call.argument(0)
            .map(|options| file.resolved(options, call.function))
            .is_some_and(|options| options.spreads() || !matches!(options, Value::Object(_)))
    });
    if elsewhere {
        subject.beyond.insert("The options given to `cors` cannot be told".to_owned());
    }
}

/// `cors()` of the libraries that take its options first.
fn is_cors(file: &FileFacts, call: &Call) -> bool {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    matches!(module, "cors" | "@koa/cors" | "hono/cors") && !call.callee.contains('.')
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    // Next sends the headers of its configuration; other tools' configuration is for development.
    if file.role == Role::Config && !file.path.rsplit('/').next().is_some_and(|name| name.starts_with("next.config.")) {
        return;
    }
    match file.language {
        Language::Python => python::check(file, index, hits),
        Language::Php => php::check(file, hits),
        Language::Ruby => ruby::check(file, hits),
        Language::Go => go::check(file, hits),
        Language::Java => java::check(file, hits),
        _ => ecma::check(file, hits),
    }
    written_out(file, hits);
    // Browsers keep a cookie at home unless its app says otherwise: then only what carries its key by itself is open.
    if hits.iter().any(|hit| hit.message == WITH_CREDENTIALS) && !index.answer(&CROSS_SITE) {
        for hit in hits.iter_mut().filter(|hit| hit.message == WITH_CREDENTIALS) {
            hit.confidence = hit.confidence.min(Some(Confidence::Medium));
        }
    }
    // One is enough to know: the worst of each message speaks for the file.
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.confidence));
    let mut said: Vec<String> = Vec::new();
    hits.retain(|hit| {
        let first = !said.contains(&hit.message);
        said.push(hit.message.clone());
        first
    });
}

/// Whether a cookie of the app travels when another site asks.
static CROSS_SITE: Question = Question { name: "cookies for other sites", any: sends_cookies_abroad };

fn sends_cookies_abroad(file: &FileFacts) -> bool {
    let named = |name: &str| {
        name.rsplit('.').next().unwrap_or(name).replace('_', "").to_ascii_lowercase().ends_with("samesite")
    };
    let none = |value: &Value| match value {
        Value::Text(text) => text.eq_ignore_ascii_case("none"),
        Value::Path(path) => path.ends_with("SameSiteNoneMode"),
        Value::Either(values) => values.iter().filter_map(Value::text).any(|text| text.eq_ignore_ascii_case("none")),
        _ => false,
    };
    let inside = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| match value {
            Value::Object(pairs) => found |= pairs.iter().any(|(key, value)| named(key) && none(value)),
            Value::Path(path) => found |= path.ends_with("SameSiteNoneMode"),
            Value::Text(text) => found |= text.contains("SameSite=None"),
            _ => {}
        });
        found
    };
    let given = |argument: &Argument| {
        argument.name.as_deref().is_some_and(named) && none(&argument.value) || inside(&argument.value)
    };
    file.role != Role::Test
        && (file.assignments.iter().any(|set| named(&set.target) && none(&set.value) || inside(&set.value))
            || file.calls.iter().any(|call| call.arguments.iter().any(given)))
}

fn worse(place: Place, message: &str) -> Hit {
    Hit::new(place, message).severity(Severity::Major).confidence(Confidence::High)
}

const WITH_CREDENTIALS: &str = "Any website may call this API with the cookies of your signed-in users";
const WITHOUT: &str = "Any website may call this API";
const BY_BROWSER: &str =
    "Every origin is let in with credentials, which browsers refuse: the sign-in will not work across origins";

/// What an `origin` option lets in.
#[derive(PartialEq)]
enum Origins {
    /// `*`: browsers then refuse to send cookies.
    Star,
    /// Whoever asks.
    Reflected,
    Listed,
}

fn origins(file: &FileFacts, value: &Value, function: u32) -> Origins {
    match file.resolved(value, function) {
        Value::Text(text) if &**text == "*" => Origins::Star,
        Value::Bool(true) => Origins::Reflected,
        Value::Array(items) if items.iter().any(|item| item.text() == Some("*")) => Origins::Star,
        Value::Either(values) if values.iter().any(|value| value.text() == Some("*")) => Origins::Star,
        Value::Function(id) => {
            // `(origin, callback) => callback(null, true)` without looking at the origin.
            let lets_in = file.function(*id).is_some_and(|function| {
                let mut calls = file.calls_of(&function.body);
                let only = calls.next().map(|(_, call)| call);
                function.body.statements == 1
                    && calls.next().is_none()
                    && only.is_some_and(|call| {
                        call.argument(0) == Some(&Value::Null) && call.argument(1) == Some(&Value::Bool(true))
                    })
            });
            if lets_in { Origins::Reflected } else { Origins::Listed }
        }
        _ => Origins::Listed,
    }
}

/// `app.use("/api/v1/*", cors())`: a part of the API that may be meant for everybody.
fn is_for_one_path(file: &FileFacts, call: &Call) -> bool {
    call.argument_of
        .and_then(|id| file.call(id))
        .and_then(|outer| outer.argument(0))
        .and_then(Value::leading_text)
        .is_some_and(|path| path.len() > 1 && path.starts_with('/'))
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";

/// A response header as it is set somewhere.
struct Header<'f> {
    value: &'f Value,
    function: u32,
    place: Place,
    /// Whether the headers around it allow credentials.
    credentials: bool,
}

/// A call that sets the header.
fn header(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let Some(value) = call.argument(1) else { return };
    let credentials = file.calls.iter().any(|other| {
        other.function == call.function
            && other.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_CREDENTIALS))
    });
    judge(file, &Header { value, function: call.function, place: call.place, credentials }, hits);
}

/// Whether the function tests something about an origin before it answers.
fn asks_about_origin(file: &FileFacts, function: u32) -> bool {
    file.conditions.iter().filter(|condition| condition.function == function).any(|condition| {
        let mut asks = false;
        condition.test.walk(&mut |value| {
            let text = match value {
                Value::Path(path) => Some(&**path),
                Value::Call(id) => {
                    let call = file.call(*id);
                    asks |= call.is_some_and(|call| {
                        call.arguments
                            .iter()
                            .any(|a| a.value.path().is_some_and(|p| p.to_ascii_lowercase().contains("origin")))
                    });
                    call.map(|call| &*call.callee)
                }
                _ => None,
            };
            asks |= text.is_some_and(|text| {
                let lower = text.to_ascii_lowercase();
                lower.contains("origin") || lower.contains("allowed")
            });
        });
        asks
    })
}

fn judge(file: &FileFacts, header: &Header<'_>, hits: &mut Vec<Hit>) {
    let is_asking = |value: &Value| match value {
        Value::Path(path) => {
            let lower = path.to_ascii_lowercase();
            lower.ends_with("headers.origin") || lower.ends_with("http_origin")
        }
        Value::Call(id) => file.call(*id).is_some_and(|get| {
            matches!(get.method(), "get" | "Get" | "GetHeader" | "getHeader")
                && get.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case("origin"))
        }),
        _ => false,
    };
    let is_any = |value: &Value| value.text() == Some("*");
    let may_be = |test: &dyn Fn(&Value) -> bool| match file.resolved(header.value, header.function) {
        Value::Either(values) => values.iter().any(test),
        value => test(value),
    };
    let checked = file.calls.iter().any(|other| {
        other.function == header.function
            && matches!(other.method(), "includes" | "has" | "test" | "indexOf" | "some" | "find")
    });
    if may_be(&is_asking) && !checked {
        let hit =
            if header.credentials { worse(header.place, WITH_CREDENTIALS) } else { Hit::new(header.place, WITHOUT) };
        hits.push(hit);
    } else if may_be(&is_any) {
        // One route may be meant for everybody.
        hits.push(Hit::new(header.place, WITHOUT).confidence(Confidence::Low));
    }
}

/// Headers that stand in a dictionary, or are set as an element of one: `response["Access-Control-Allow-Origin"] = "*"`,
/// `headers: { "Access-Control-Allow-Origin": "*" }`, `{ key: "Access-Control-Allow-Origin", value: "*" }`.
fn written_out(file: &FileFacts, hits: &mut Vec<Hit>) {
    for assignment in file.assignments.iter().filter(|assignment| !assignment.dev_only) {
        let (function, place) = (assignment.function, assignment.place);
        if ends_with(&assignment.target, ALLOW_ORIGIN) {
            let credentials = file
                .assignments
                .iter()
                .any(|other| other.function == function && ends_with(&other.target, ALLOW_CREDENTIALS));
            judge(file, &Header { value: &assignment.value, function, place, credentials }, hits);
        }
        in_objects(file, &assignment.value, function, place, hits);
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        for argument in &call.arguments {
            in_objects(file, &argument.value, call.function, call.place, hits);
        }
    }
    for (id, function) in (0_u32..).zip(&file.functions) {
        for value in &function.body.returns {
            in_objects(file, value, id, function.place, hits);
        }
    }
}

/// Whether the last name of a target is the header.
fn ends_with(target: &str, header: &str) -> bool {
    target.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(header))
}

fn in_objects(file: &FileFacts, value: &Value, function: u32, place: Place, hits: &mut Vec<Hit>) {
    value.walk(&mut |value| {
        let Value::Object(pairs) = value else { return };
        let named = |name: &str| pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let as_pair = || {
            let key = named("key").and_then(Value::text);
            key.filter(|key| key.eq_ignore_ascii_case(ALLOW_ORIGIN)).and_then(|_| named("value"))
        };
        if let Some(value) = named(ALLOW_ORIGIN).or_else(as_pair) {
            let credentials = named(ALLOW_CREDENTIALS).is_some();
            judge(file, &Header { value, function, place, credentials }, hits);
        }
    });
}
