//! Clients of HTTP in JavaScript and TypeScript.

use super::address::address;
use super::options::{adds_signal, is_raced, sets};
use super::{Address, Limit, Outside, chain, made};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{Binding, CodeIndex, FileFacts};

/// Modules whose default export or `fetch` is a `fetch`.
pub(super) const FETCHES: [&str; 6] =
    ["node-fetch", "undici", "cross-fetch", "isomorphic-fetch", "node-fetch-native", "isomorphic-unfetch"];

const METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "head", "options", "request", "postForm"];

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let bound = file.binding(call.root());
    let of_library = |binding: &Binding| {
        axios(file, index, id, call, binding)
            .or_else(|| got(file, id, call, binding))
            .or_else(|| other_library(file, id, call, binding))
            .or_else(|| node(file, id, call, binding))
    };
    fetch(file, id, call)
        .or_else(|| bound.map_or_else(|| nuxt(file, id, call), of_library))
        .or_else(|| instance(file, index, id, call))
}

fn is_fetch(file: &FileFacts, call: &Call) -> bool {
    match &*call.callee {
        "fetch" => {
            file.binding("fetch").is_none_or(|b| FETCHES.contains(&&*b.module))
                && file.functions.iter().all(|function| {
                    // A parameter or function of that name is something else.
                    function.name.as_deref() != Some("fetch")
                        && !function.parameters.iter().any(|p| p.names.iter().any(|(name, _)| &**name == "fetch"))
                })
        }
        "window.fetch" | "globalThis.fetch" | "self.fetch" | "undici.fetch" => true,
        name if !name.contains('.') && !call.constructs => file
            .binding(name)
            .is_some_and(|b| FETCHES.contains(&&*b.module) && matches!(&*b.imported, "default" | "fetch" | "*")),
        _ => false,
    }
}

fn fetch(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    if !is_fetch(file, call) {
        return None;
    }
    // `fetch(request)` passes on a whole request.
    let first = call.argument(0)?;
    if first.path().is_some_and(|path| matches!(path, "req" | "request" | "event.request" | "c.req.raw")) {
        return None;
    }
    let options = call.argument(1);
    let set = sets(file, options, &["signal", "timeout", "dispatcher"], call.function);
    let set = if is_raced(file, call) || adds_signal(file, options, call.function) || call.spreads() {
        Some(true)
    } else {
        set
    };
    Some(Outside::request(id, "fetch", address(file, Some(first), call.function), Limit::of(set)))
}

fn axios(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call, binding: &Binding) -> Option<Outside> {
    if &*binding.module != "axios" || !matches!(&*binding.imported, "default" | "*" | "axios") {
        return None;
    }
    let method = call.method();
    if method == "create" {
        // One finding for the client, not one for each of its calls.
        let set = client_limit(file, index, call);
        let base = call.argument(0).and_then(|options| file.resolved(options, call.function).get("baseURL"));
        let address = address(file, base, call.function);
        return Some(Outside::request(id, "axios.create", address, Limit::of(set)).client());
    }
    if call.callee.contains('.') && (!METHODS.contains(&method) || call.object().contains('.')) {
        return None;
    }
    let (options, url) = options_and_address(call);
    let set = sets(file, options, &["timeout", "signal", "cancelToken"], call.function);
    let set = if is_raced(file, call) || index.links.default_timeout { Some(true) } else { set };
    let url = url.or_else(|| options.and_then(|options| file.resolved(options, call.function).get("url")));
    Some(Outside::request(id, &*call.callee, address(file, url, call.function), Limit::of(set)).raising())
}

/// The options and the address that a call of axios, or of one of its instances, is given.
fn options_and_address(call: &Call) -> (Option<&Value>, Option<&Value>) {
    if !call.callee.contains('.') {
        return match call.argument(0) {
            Some(first @ (Value::Text(_) | Value::Template(_))) => (call.argument(1), Some(first)),
            first => (first, None),
        };
    }
    match call.method() {
        "request" => (call.argument(0), None),
        "post" | "put" | "patch" | "postForm" => (call.argument(2), call.argument(0)),
        _ => (call.argument(1), call.argument(0)),
    }
}

/// Whether a client that `axios.create` makes gives up.
fn client_limit(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<bool> {
    let added = || {
        // `client.defaults.timeout = …` after `const client = axios.create()`.
        file.assignments
            .iter()
            .any(|a| a.target.ends_with(".defaults.timeout") && a.place.span.line >= call.place.span.line)
    };
    match sets(file, call.argument(0), &["timeout", "signal"], call.function) {
        Some(true) => Some(true),
        _ if index.links.default_timeout || added() => Some(true),
        other => other,
    }
}

fn got(file: &FileFacts, id: CallId, call: &Call, binding: &Binding) -> Option<Outside> {
    if &*binding.module != "got" {
        return None;
    }
    let plain = !call.callee.contains('.');
    let method = call.method();
    if call.receiver.is_some() || (!plain && !METHODS.contains(&method) && method != "extend") {
        return None;
    }
    let options = if method == "extend" { call.argument(0) } else { call.argument(1) };
    let set = sets(file, options, &["timeout", "signal"], call.function);
    let set = if is_raced(file, call) { Some(true) } else { set };
    let address = address(file, call.argument(0), call.function);
    // https://github.com/sindresorhus/got/blob/main/documentation/7-retry.md: two more tries of what may be repeated.
    let request =
        Outside::request(id, &*call.callee, address, Limit::of(set)).raising().retrying("got tries twice more");
    Some(if method == "extend" { request.client() } else { request })
}

/// `$fetch`, which Nuxt brings along without an import.
fn nuxt(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    if &*call.callee != "$fetch" {
        return None;
    }
    let set = sets(file, call.argument(1), &["timeout", "signal"], call.function);
    let address = address(file, call.argument(0), call.function);
    Some(Outside::request(id, "$fetch", address, Limit::of(set)).raising())
}

/// ky, ofetch, superagent, undici.
fn other_library(file: &FileFacts, id: CallId, call: &Call, binding: &Binding) -> Option<Outside> {
    if call.receiver.is_some() {
        return None;
    }
    let (method, plain) = (call.method(), !call.callee.contains('.'));
    let given = || address(file, call.argument(0), call.function);
    let set = |names: &[&str]| sets(file, call.argument(1), names, call.function);
    match &*binding.module {
        "ky" | "ky-universal" if plain || METHODS.contains(&method) => {
            // https://github.com/sindresorhus/ky#timeout: 10 seconds, and two more tries.
            let never = call.argument(1).and_then(|options| file.resolved(options, call.function).get("timeout"))
                == Some(&Value::Bool(false));
            let limit = if never { Limit::Missing } else { Limit::Default("10 s, ky's own") };
            Some(Outside::request(id, &*call.callee, given(), limit).raising().retrying("ky tries twice more"))
        }
        "ofetch" | "ohmyfetch" if plain || method == "raw" => {
            let request = Outside::request(id, &*call.callee, given(), Limit::of(set(&["timeout", "signal"])));
            Some(request.raising())
        }
        "superagent" if METHODS.contains(&method) || matches!(method, "del" | "superagent") => {
            let set = chain(file, id).any(|(_, link)| link.method() == "timeout");
            Some(Outside::request(id, &*call.callee, given(), Limit::of(Some(set))).raising())
        }
        "undici" if method == "request" || (plain && &*binding.imported == "request") => {
            // https://undici.nodejs.org: `headersTimeout` and `bodyTimeout` are 300 s each.
            let limit = match set(&["headersTimeout", "bodyTimeout", "signal", "dispatcher"]) {
                Some(true) => Limit::Here,
                _ => Limit::Default("300 s, undici's own"),
            };
            Some(Outside::request(id, &*call.callee, given(), limit))
        }
        _ => None,
    }
}

/// `https.get()`, `http.request()` of Node itself.
fn node(file: &FileFacts, id: CallId, call: &Call, binding: &Binding) -> Option<Outside> {
    if !matches!(&*binding.module, "http" | "https" | "node:http" | "node:https") || call.receiver.is_some() {
        return None;
    }
    let name = if call.callee.contains('.') { call.method() } else { &*binding.imported };
    if !matches!(name, "get" | "request") {
        return None;
    }
    let options = |place: usize| sets(file, call.argument(place), &["timeout", "signal", "agent"], call.function);
    let sets_later = file.calls.iter().any(|other| other.method() == "setTimeout" && other.callee.contains('.'));
    let set = match (options(0), options(1)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        _ if sets_later || is_raced(file, call) => Some(true),
        (None, None) => None,
        // An address is none of the options.
        (_, second) => second,
    };
    let host = call
        .argument(0)
        .map(|given| file.resolved(given, call.function))
        .and_then(|given| given.get("hostname").or_else(|| given.get("host")).and_then(Value::text).map(str::to_owned));
    let address = match host {
        Some(host) if host.starts_with("localhost") || host.starts_with("127.") => Address::Own,
        Some(host) => Address::Other(Some(host)),
        None => address(file, call.argument(0), call.function),
    };
    Some(Outside::request(id, &*call.callee, address, Limit::of(set)))
}

/// A call of an instance that `axios.create`, `got.extend` or `ky.create` made, here or in a file that it comes from.
fn instance(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let method = call.method();
    let (name, plain) = if call.callee.contains('.') { (call.object(), false) } else { (&*call.callee, true) };
    if call.receiver.is_some() || call.constructs || !(plain || METHODS.contains(&method)) || name.contains('(') {
        return None;
    }
    let (home, maker) = maker(file, index, name, call.function)?;
    let library = home.binding(maker.root()).map(|b| &*b.module)?;
    let (limit, base) = match (library, maker.method()) {
        ("axios", "create") => {
            let base = maker.argument(0).and_then(|options| home.resolved(options, maker.function).get("baseURL"));
            (client_limit(home, index, maker), address(home, base, maker.function))
        }
        ("got", "extend") | ("ky" | "ofetch", "create" | "extend") => {
            let options = maker.argument(0).map(|options| home.resolved(options, maker.function));
            let base = options.and_then(|o| o.get("prefixUrl").or_else(|| o.get("baseURL")));
            let set =
                if library == "ky" { Some(true) } else { sets(home, options, &["timeout", "signal"], maker.function) };
            (set, address(home, base, maker.function))
        }
        _ => return None,
    };
    let (options, url) = options_and_address(call);
    let here = sets(file, options, &["timeout", "signal", "cancelToken"], call.function);
    let limit = if here == Some(true) { Limit::Here } else { Limit::Client { set: limit } };
    let address = match address(file, url, call.function) {
        own @ Address::Other(Some(_)) => own,
        _ => base,
    };
    let request = Outside::request(id, &*call.callee, address, limit).raising();
    Some(if library == "axios" { request } else { request.retrying("the client tries again by itself") })
}

/// The call that made what `name` stands for, and its file.
pub(super) fn maker<'i>(
    file: &'i FileFacts,
    index: &'i CodeIndex,
    name: &str,
    function: FunctionId,
) -> Option<(&'i FileFacts, &'i Call)> {
    if let Some((_, call)) = made(file, name, function) {
        return Some((file, call));
    }
    file.binding(name)?;
    let (place, exported) = index.imported(file, name)?;
    let home: &FileFacts = index.files.get(place)?;
    let inner = if &*exported == "default" {
        home.assigned("default", 0).and_then(|a| a.value.path()).unwrap_or("default")
    } else {
        &exported
    };
    let (_, call) = made(home, inner, 0)?;
    Some((home, call))
}
