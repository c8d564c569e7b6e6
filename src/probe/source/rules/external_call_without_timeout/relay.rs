//! Handlers that hand on what another service publishes, and whose answers a shared cache keeps: when that service hangs,
//! the cache goes on answering, and nothing of the app's own waits.

use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::flow::{Origin, origin};
use crate::probe::source::outside::{Address, Kind, Outside};
use crate::probe::source::routes::{Cover, Route, Verb};
use crate::probe::source::rules::request_work;

/// How deep options are looked into.
const MAX_DEPTH: u32 = 4;

/// Whether a call stands in such a handler.
pub(super) fn is_cached(file: &FileFacts, index: &CodeIndex, outside: &Outside) -> bool {
    let Some(call) = file.call(outside.call) else { return false };
    let Some(place) = index.place_of(file).filter(|_| file.language.is_ecma() && is_public(file, outside, call)) else {
        return false;
    };
    index.routes().of_file(place).any(|route| {
        let handler = route.handler.filter(|(at, id)| *at == place && file.within(call.function, *id));
        handler.is_some_and(|(_, id)| keeps(file, call, id) && only_reads(index, route))
    })
}

/// Whether everybody gets the same: what is asked for does not depend on the request, and no key opens it.
fn is_public(file: &FileFacts, outside: &Outside, call: &Call) -> bool {
    let same = |value: &Value| !matches!(origin(file, value, call.function), Origin::Request | Origin::Parameter(..));
    matches!(outside.address, Address::Other(Some(_)))
        && outside.kind == Kind::Request
        && call.argument(0).is_some_and(|address| origin(file, address, call.function) == Origin::Fixed)
        && call.arguments.iter().all(|argument| same(&argument.value))
        && !call.arguments.iter().any(|argument| {
            has(file, &argument.value, call.function, 0, &|key, value| {
                let key = key.to_ascii_lowercase();
                let opens = ["authorization", "cookie", "token", "api-key", "apikey", "credentials", "secret"];
                let reads = || value.text().is_some_and(|verb| verb.eq_ignore_ascii_case("get"));
                opens.iter().any(|word| key.contains(word))
                    || key == "body"
                    || key == "data"
                    || key == "method" && !reads()
            })
        })
}

/// Whether a route reads, asks nobody who they are, and waits for no query.
fn only_reads(index: &CodeIndex, route: &Route) -> bool {
    let quiet = |file: &FileFacts, id: u32, call: &Call| {
        let callee = call.callee.to_ascii_lowercase();
        index.query(file, id).is_none()
            && !request_work::is_write(index, file, id, call)
            && !["cookie", "session"].iter().any(|word| callee.contains(word))
    };
    route.verb == Verb::Get
        && route.reach.iter().all(|at| at.calls(index).all(|(file, id, call)| quiet(file, id, call)))
        && route.auth(index) == Cover::No
}

/// Whether a shared cache keeps the answer of the handler, or of the call.
fn keeps(file: &FileFacts, call: &Call, handler: FunctionId) -> bool {
    let options = call.arguments.iter().any(|argument| {
        has(file, &argument.value, call.function, 0, &|key, value| {
            matches!(key, "revalidate" | "cacheTtl") && is_positive(value)
        })
    });
    let fresh = text_of_module(file, "dynamic") == Some("force-dynamic");
    let of_route = || {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        name.starts_with("route.") && file.assigned("revalidate", 0).is_some_and(|a| is_positive(&a.value))
    };
    let Some(function) = file.function(handler) else { return false };
    let of_answer = || {
        file.calls_of(&function.body).any(|(_, call)| {
            let set = call.argument(0).and_then(Value::text).is_some_and(is_cache_header)
                && call.argument(1).is_some_and(|value| is_shared(file.resolved(value, call.function)));
            set || call.arguments.iter().any(|argument| {
                has(file, &argument.value, call.function, 0, &|key, value| is_cache_header(key) && is_shared(value))
            })
        })
    };
    options || !fresh && of_route() || of_answer()
}

fn text_of_module<'f>(file: &'f FileFacts, name: &str) -> Option<&'f str> {
    file.assigned(name, 0)?.value.text()
}

fn is_cache_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "cache-control" || lower.ends_with("cdn-cache-control")
}

/// `public, s-maxage=3600, stale-while-revalidate=7200`
fn is_shared(value: &Value) -> bool {
    let Some(text) = value.text() else { return false };
    let mut kept = false;
    for part in text.to_ascii_lowercase().split(',') {
        let (name, seconds) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
        if matches!(name, "no-store" | "no-cache" | "private") {
            return false;
        }
        kept |= matches!(name, "s-maxage" | "stale-while-revalidate") && seconds.parse::<u64>().is_ok_and(|s| s > 0);
    }
    kept
}

fn is_positive(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.replace('_', "").parse::<f64>().is_ok_and(|seconds| seconds > 0.0),
        // `60 * 60`
        Value::Computed(values) => !values.is_empty() && values.iter().all(is_positive),
        _ => false,
    }
}

/// Whether an object, or one inside it, has a pair that passes `test`.
fn has(file: &FileFacts, value: &Value, function: FunctionId, depth: u32, test: &dyn Fn(&str, &Value) -> bool) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let Value::Object(pairs) = file.resolved(value, function) else { return false };
    pairs.iter().any(|(key, value)| {
        let value = file.resolved(value, function);
        test(key, value) || has(file, value, function, depth + 1, test)
    })
}
