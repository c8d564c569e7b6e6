//! Cross-origin rules of Python: Flask-CORS, Starlette and FastAPI, django-cors-headers.

use super::{Origins, WITH_CREDENTIALS, WITHOUT, origins, worse};
use crate::model::Confidence;
use crate::probe::repository::is_for_development;
use crate::probe::source::code::{Assignment, Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::rules::Hit;

pub(super) fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let flask = file.imports_any(|module| module.starts_with("flask_cors"));
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if flask {
            hits.extend(of_flask(file, call));
        }
        if takes_origins(call) {
            let regex = call.named("allow_origin_regex").is_some_and(|value| is_any_regex(file, value, call.function));
            let star =
                call.named("allow_origins").is_some_and(|value| origins(file, value, call.function) == Origins::Star);
            if star || regex {
                // Starlette sends back the origin that asks when credentials are allowed.
                let credentials = call.named("allow_credentials") == Some(&Value::Bool(true));
                hits.push(hit(call.place, credentials));
            }
        }
    }
    hits.extend(of_django(file, index));
}

fn hit(place: crate::probe::source::code::Place, credentials: bool) -> Hit {
    if credentials { worse(place, WITH_CREDENTIALS) } else { Hit::new(place, WITHOUT) }
}

/// `add_middleware(CORSMiddleware, …)`, `Middleware(CORSMiddleware, …)`, `CORSMiddleware(app, …)`.
fn takes_origins(call: &Call) -> bool {
    let is_it = |path: &str| path.ends_with("CORSMiddleware");
    match call.method() {
        "add_middleware" | "Middleware" => call.argument(0).and_then(Value::path).is_some_and(is_it),
        method => is_it(method),
    }
}

fn is_any_regex(file: &FileFacts, value: &Value, function: u32) -> bool {
    let text = file.resolved(value, function).text();
    text.is_some_and(|text| matches!(text, ".*" | "^.*$" | "https?://.*" | "^https?://.*$" | "https?://.+"))
}

/// `CORS(app)`, `cors.init_app(app)`, `@cross_origin()`.
fn of_flask(file: &FileFacts, call: &Call) -> Option<Hit> {
    let one_view = call.method() == "cross_origin";
    // `cors = CORS()` says nothing before `init_app`.
    let made = call.method() == "CORS" && !call.arguments.is_empty();
    let started = call.method() == "init_app"
        && matches!(file.assigned(call.object(), call.function).map(|set| &set.value), Some(Value::Call(id))
            if file.call(*id).is_some_and(|made| made.method() == "CORS" && made.arguments.is_empty()));
    if !(one_view || made || started) || call.spreads() {
        return None;
    }
    if file.assignments.iter().any(|set| set.target.ends_with("CORS_ORIGINS")) {
        return None;
    }
    let any = match call.named("origins") {
        Some(listed) => is_any(file, listed, call.function),
        None => match call.named("resources").map(|value| file.resolved(value, call.function)) {
            Some(Value::Object(pairs)) => pairs.iter().any(|(_, rules)| match file.resolved(rules, call.function) {
                rules @ Value::Object(_) => {
                    rules.get("origins").is_none_or(|listed| is_any(file, listed, call.function))
                }
                _ => false,
            }),
            Some(Value::Text(_)) | None => true,
            Some(_) => false,
        },
    };
    let credentials = call.named("supports_credentials") == Some(&Value::Bool(true));
    let hit = any.then(|| hit(call.place, credentials))?;
    // One view may be meant for everybody.
    Some(if one_view && !credentials { hit.confidence(Confidence::Low) } else { hit })
}

fn is_any(file: &FileFacts, value: &Value, function: u32) -> bool {
    origins(file, value, function) == Origins::Star || is_any_regex(file, value, function)
}

/// django-cors-headers: `CORS_ALLOW_ALL_ORIGINS = True`, where no settings beside it for production take that back.
fn of_django(file: &FileFacts, index: &CodeIndex) -> Option<Hit> {
    if is_for_development(&file.path) {
        return None;
    }
    let last = |file: &FileFacts, name: &str| {
        let set = file.assignments_to(name).rfind(|set| set.function == 0 && !set.dev_only);
        set.map(|set| (set.value.clone(), set.place))
    };
    let named = ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"];
    let open = |set: &Assignment| {
        set.value == Value::Bool(true) && set.function == 0 && !set.dev_only && named.contains(&&*set.target)
    };
    let all = file.assignments.iter().find(|set| open(set))?;
    if last(file, &all.target).is_some_and(|(value, _)| value != Value::Bool(true)) {
        return None;
    }
    // Settings are often split: what `base.py` says, `production.py` may take back.
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = index.files.beginning_with(folder).take(200);
    let taken_back = beside
        .filter(|other| other.path != file.path && other.path.to_ascii_lowercase().contains("prod"))
        .any(|other| named.iter().any(|name| last(other, name).is_some_and(|(value, _)| value != Value::Bool(true))));
    if taken_back {
        return None;
    }
    let credentials = last(file, "CORS_ALLOW_CREDENTIALS").is_some_and(|(value, _)| value == Value::Bool(true));
    Some(hit(all.place, credentials))
}
