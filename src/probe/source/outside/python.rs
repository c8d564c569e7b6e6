//! Clients of HTTP in Python.

use super::address::address;
use super::{Limit, Outside, made};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

pub(super) fn is_http(method: &str) -> bool {
    matches!(method, "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request")
}

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    requests(file, index, id, call)
        .or_else(|| httpx(file, index, id, call))
        .or_else(|| aiohttp(file, id, call))
        .or_else(|| urllib3(file, index, id, call))
}

fn url(file: &FileFacts, call: &Call) -> super::Address {
    let place = usize::from(call.method() == "request");
    address(file, call.argument(place).or_else(|| call.named("url")), call.function)
}

/// Whether the call is given a limit; `None` when that cannot be told.
fn given(call: &Call) -> Option<bool> {
    match call.named("timeout") {
        Some(Value::Null) => Some(false),
        Some(_) => Some(true),
        None if call.spreads() => None,
        None => Some(false),
    }
}

/// `requests`, its sessions, and `urlopen`.
fn requests(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let method = call.method();
    let binding = || file.binding(call.root());
    if method == "urlopen" && file.imports_any(|module| module.starts_with("urllib")) {
        let set = if call.argument(2).is_some() || index.links.default_timeout { Some(true) } else { given(call) };
        let address = address(file, call.argument(0).or_else(|| call.named("url")), call.function);
        return Some(Outside::request(id, &*call.callee, address, Limit::of(set)).raising());
    }
    if is_http(method)
        && call.object() == call.root()
        && binding().is_some_and(|b| &*b.module == "requests" && &*b.imported == "*")
    {
        return Some(Outside::request(id, format!("requests.{method}"), url(file, call), Limit::of(given(call))));
    }
    if !call.callee.contains('.') && binding().is_some_and(|b| &*b.module == "requests" && is_http(&b.imported)) {
        return Some(Outside::request(id, &*call.callee, url(file, call), Limit::of(given(call))));
    }
    if is_http(method) && is_session(file, index, call) {
        return Some(Outside::request(id, &*call.callee, url(file, call), Limit::of(given(call))));
    }
    None
}

/// httpx gives up after five seconds unless told not to: <https://www.python-httpx.org/advanced/timeouts/>.
fn httpx(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let method = call.method();
    let limit = |set: Option<&Value>| match set {
        Some(Value::Null) => Limit::Missing,
        Some(_) => Limit::Here,
        None => Limit::Default("5 s, httpx's own"),
    };
    if file.binding(call.root()).is_some_and(|b| &*b.module == "httpx") && call.receiver.is_none() {
        let what = || Box::<str>::from(&*call.callee);
        if is_http(method) || method == "stream" {
            return Some(Outside::request(id, what(), url(file, call), limit(call.named("timeout"))));
        }
        if matches!(method, "Client" | "AsyncClient") {
            let address = address(file, call.named("base_url"), call.function);
            return Some(Outside::request(id, what(), address, limit(call.named("timeout"))).client());
        }
        return None;
    }
    if !is_http(method) || call.receiver.is_some() {
        return None;
    }
    let (home, client) = super::ecma::maker(file, index, call.object(), call.function)?;
    let of_httpx = matches!(client.method(), "Client" | "AsyncClient")
        && home.binding(client.root()).is_some_and(|b| &*b.module == "httpx");
    of_httpx.then(|| {
        let limit = match call.named("timeout") {
            Some(_) => limit(call.named("timeout")),
            None => Limit::Client { set: limit(client.named("timeout")).known() },
        };
        let address = match url(file, call) {
            known @ super::Address::Other(Some(_)) => known,
            _ => address(home, client.named("base_url"), client.function),
        };
        Outside::request(id, &*call.callee, address, limit)
    })
}

/// aiohttp gives up after five minutes: <https://docs.aiohttp.org/en/stable/client_reference.html>.
fn aiohttp(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    if !is_http(call.method()) || call.receiver.is_some() {
        return None;
    }
    let (_, session) = made(file, call.object(), call.function)?;
    let of_aiohttp = session.method() == "ClientSession"
        && file.binding(session.root()).is_some_and(|b| &*b.module == "aiohttp" || b.module.starts_with("aiohttp."));
    of_aiohttp.then(|| {
        let limit = match call.named("timeout").or_else(|| session.named("timeout")) {
            Some(Value::Null) => Limit::Missing,
            Some(_) => Limit::Here,
            None => Limit::Default("300 s, aiohttp's own"),
        };
        let request = Outside::request(id, &*call.callee, url(file, call), limit);
        let raises = session.named("raise_for_status").or_else(|| call.named("raise_for_status"));
        if raises.is_some_and(|value| *value != Value::Bool(false)) { request.raising() } else { request }
    })
}

/// urllib3 waits for ever unless the pool or the call is given a limit.
fn urllib3(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    if !matches!(call.method(), "request" | "urlopen") || call.receiver.is_some() {
        return None;
    }
    let (home, pool) = super::ecma::maker(file, index, call.object(), call.function)?;
    let of_urllib3 = matches!(pool.method(), "PoolManager" | "HTTPSConnectionPool" | "HTTPConnectionPool")
        && home.binding(pool.root()).is_some_and(|b| &*b.module == "urllib3");
    of_urllib3.then(|| {
        let set = match (given(call), given(pool)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
        // https://urllib3.readthedocs.io/en/stable/user-guide.html#retrying-requests: three tries.
        Outside::request(id, &*call.callee, url(file, call), Limit::of(set)).retrying("urllib3 tries three times")
    })
}

/// A `requests.Session()` of this file or of one that it imports from, without an adapter that sets a limit.
fn is_session(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let name = call.object();
    let Some((home, session)) = super::ecma::maker(file, index, name, call.function) else { return false };
    let inner = file.binding(name).map_or(name, |b| &*b.imported);
    matches!(session.method(), "Session" | "session")
        && home.binding(session.root()).is_some_and(|b| &*b.module == "requests")
        && !home
            .calls
            .iter()
            .any(|call| call.method() == "mount" && matches!(call.object(), o if o == inner || o == name))
}
