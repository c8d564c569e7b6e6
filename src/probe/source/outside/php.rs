//! Clients of HTTP in PHP.

use super::address::address;
use super::options::sets;
use super::{Address, Limit, Outside, ecma, receivers};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "request", "send"];

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    laravel(file, id, call)
        .or_else(|| guzzle(file, index, id, call))
        .or_else(|| curl(file, id, call))
        .or_else(|| stream(file, id, call))
}

/// `Http::timeout(5)->get($url)`. Laravel gives up after 30 seconds: <https://laravel.com/docs/http-client#timeout>.
fn laravel(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    let is_facade = call.root() == "Http"
        && file.binding("Http").is_none_or(|binding| binding.module.ends_with("Facades\\Http"))
        && file.imports_any(|module| module.starts_with("Illuminate\\"));
    if !is_facade || !METHODS.contains(&call.method()) {
        return None;
    }
    let before = || receivers(file, call);
    let told = before().find(|link| link.method() == "timeout").and_then(|link| link.argument(0));
    let limit = match told {
        Some(Value::Number(number)) if &**number == "0" => Limit::Missing,
        Some(_) => Limit::Here,
        None => Limit::Default("30 s, Laravel's own"),
    };
    let base = before().find(|link| link.method() == "baseUrl").and_then(|link| link.argument(0));
    let address = match address(file, call.argument(usize::from(call.method() == "send")), call.function) {
        Address::Other(Some(host)) => Address::Other(Some(host)),
        other => base.map_or(other, |base| address(file, Some(base), call.function)),
    };
    let address = if address == Address::Own { Address::Unknown } else { address };
    let request = Outside::request(id, format!("Http::{}", call.method()), address, limit);
    let request = if before().any(|link| link.method().starts_with("throw")) { request.raising() } else { request };
    Some(if before().any(|link| link.method() == "retry") { request.retrying("`retry` of Laravel") } else { request })
}

fn is_guzzle(file: &FileFacts, call: &Call) -> bool {
    call.constructs
        && (call.callee.ends_with("GuzzleHttp.Client")
            || file.binding(&call.callee).is_some_and(|binding| &*binding.module == "GuzzleHttp\\Client"))
}

/// Guzzle waits for ever unless told otherwise: <https://docs.guzzlephp.org/en/stable/request-options.html#timeout>.
fn guzzle(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    if is_guzzle(file, call) {
        let set = sets(file, call.argument(0), &["timeout", "handler"], call.function);
        let base = call.argument(0).and_then(|options| file.resolved(options, call.function).get("base_uri"));
        let address = address(file, base, call.function);
        return Some(Outside::request(id, "new Client", address, Limit::of(set)).client());
    }
    if !METHODS.contains(&call.method()) || call.constructs {
        return None;
    }
    let place = usize::from(call.method() == "request");
    let options = call.argument(place + 1);
    let here = sets(file, options, &["timeout"], call.function) == Some(true);
    let (set, silent, base) = match ecma::maker(file, index, call.object(), call.function) {
        Some((home, client)) if is_guzzle(home, client) => {
            let options = client.argument(0).map(|options| home.resolved(options, client.function));
            let silent = options.and_then(|o| o.get("http_errors")) == Some(&Value::Bool(false));
            let base = options.and_then(|o| o.get("base_uri"));
            (
                sets(home, options, &["timeout", "handler"], client.function),
                silent,
                address(home, base, client.function),
            )
        }
        _ if is_injected(file, call) => (None, false, Address::Unknown),
        _ => return None,
    };
    let limit = if here { Limit::Here } else { Limit::Client { set } };
    let silent =
        silent || options.and_then(|o| file.resolved(o, call.function).get("http_errors")) == Some(&Value::Bool(false));
    let address = match address(file, call.argument(place), call.function) {
        Address::Other(Some(host)) => Address::Other(Some(host)),
        _ => base,
    };
    let request = Outside::request(id, &*call.callee, address, limit);
    Some(if silent { request } else { request.raising() })
}

/// A field whose type is a client of Guzzle, or Symfony's, which gives up after 60 seconds.
fn is_injected(file: &FileFacts, call: &Call) -> bool {
    let field = call.object().rsplit('.').next().unwrap_or("");
    let client = |kind: &str| {
        let last = kind.trim_start_matches(['?', '\\']).rsplit('\\').next().unwrap_or(kind);
        matches!(last, "HttpClientInterface")
            || (matches!(last, "Client" | "ClientInterface") && file.imports_any(|m| m.starts_with("GuzzleHttp\\")))
    };
    file.classes.iter().flat_map(|class| &class.fields).any(|(name, kind)| **name == *field && client(kind))
        || file
            .enclosing(call.function)
            .flat_map(|(_, function)| &function.parameters)
            .any(|p| p.names.iter().any(|(name, _)| **name == *field) && client(&p.annotation))
}

/// `curl_exec($handle)`, with what was set before.
fn curl(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    if &*call.callee != "curl_exec" {
        return None;
    }
    let handle = call.argument(0)?.path()?;
    let options = || {
        file.calls.iter().filter(move |other| {
            other.callee.starts_with("curl_setopt")
                && other.argument(0).and_then(Value::path) == Some(handle)
                && near(file, other.function, call.function)
        })
    };
    let option = |name: &str| {
        options().find_map(|other| match other.argument(1)? {
            Value::Path(path) => (**path == *name).then(|| other.argument(2))?,
            // A list of options, here or under a name.
            listed => file.resolved(listed, other.function).get(name),
        })
    };
    let of_names = || {
        options().any(|other| {
            other.method() == "curl_setopt_array"
                && !matches!(other.argument(1).map(|v| file.resolved(v, other.function)), Some(Value::Object(_)))
        })
    };
    let limit = if option("CURLOPT_TIMEOUT").is_some() || option("CURLOPT_TIMEOUT_MS").is_some() {
        Limit::Here
    } else if of_names() {
        Limit::Unknown
    } else {
        Limit::Missing
    };
    let made = file.assigned(handle, call.function).and_then(|a| match a.value {
        Value::Call(made) => file.call(made).filter(|made| &*made.callee == "curl_init"),
        _ => None,
    });
    let url = option("CURLOPT_URL").or_else(|| made?.argument(0));
    let request = Outside::request(id, "curl_exec", address(file, url, call.function), limit);
    let fails = option("CURLOPT_FAILONERROR").is_some_and(|value| *value != Value::Bool(false));
    Some(if fails { request.raising() } else { request })
}

fn near(file: &FileFacts, one: FunctionId, other: FunctionId) -> bool {
    one == other || file.within(one, other) || file.within(other, one)
}

/// `file_get_contents("https://…")`, which gives up after 60 seconds of silence (`default_socket_timeout`).
fn stream(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    if !matches!(&*call.callee, "file_get_contents" | "fopen") {
        return None;
    }
    let address = address(file, call.argument(0), call.function);
    address.host()?;
    Some(Outside::request(id, &*call.callee, address, Limit::Default("60 s of silence, PHP's own")).raising())
}
