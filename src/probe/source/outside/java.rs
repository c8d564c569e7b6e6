//! Clients of HTTP in Java.

use super::address::address;
use super::{Address, Limit, Outside, receivers};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::FileFacts;

const TEMPLATE: [&str; 12] = [
    "getForObject",
    "getForEntity",
    "postForObject",
    "postForEntity",
    "postForLocation",
    "patchForObject",
    "put",
    "delete",
    "exchange",
    "execute",
    "headForHeaders",
    "optionsForAllow",
];

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, id: CallId, call: &Call) -> Option<Outside> {
    let imports = |name: &str| file.imports_any(|module| module.starts_with(name));
    let method = call.method();
    let calls_any = |names: &[&str]| file.calls.iter().any(|other| names.contains(&other.method()));
    let limits = [
        "setReadTimeout",
        "setConnectTimeout",
        "setRequestFactory",
        "readTimeout",
        "setResponseTimeout",
        "setSocketTimeout",
        "setDefaultRequestConfig",
        "responseTimeout",
    ];
    if call.constructs {
        // https://docs.spring.io/spring-framework: `SimpleClientHttpRequestFactory` has no limit of its own.
        if &*call.callee == "RestTemplate" && imports("org.springframework.web.client") {
            let limit = match (call.arguments.is_empty(), calls_any(&limits)) {
                (true, false) => Limit::Missing,
                _ => Limit::Client { set: None },
            };
            return Some(Outside::request(id, "new RestTemplate", Address::Unknown, limit).client());
        }
        return None;
    }
    if &*call.callee == "HttpClients.createDefault" && imports("org.apache") {
        return Some(Outside::request(id, &*call.callee, Address::Unknown, Limit::Missing).client());
    }
    let kind = type_of(file, call.object(), call.function);
    match (kind, method) {
        ("HttpClient", "send" | "sendAsync") if imports("java.net.http") => {
            let built = file.calls.iter().filter(|other| &*other.callee == "HttpRequest.newBuilder");
            let url = built.clone().find_map(|other| other.argument(0).or_else(|| uri(file, other)));
            let limit = if calls_any(&["timeout"]) {
                Limit::Here
            } else if built.clone().next().is_some() {
                Limit::Missing
            } else {
                Limit::Unknown
            };
            Some(Outside::request(id, &*call.callee, of_uri(file, url, call.function), limit))
        }
        ("RestTemplate" | "RestOperations", _) if TEMPLATE.contains(&method) => {
            let address = of_uri(file, call.argument(0), call.function);
            Some(Outside::request(id, &*call.callee, address, Limit::Client { set: None }).raising())
        }
        ("WebClient" | "RestClient", _) => None,
        _ if matches!(method, "retrieve" | "exchangeToMono" | "exchangeToFlux")
            && (imports("org.springframework.web.reactive")
                || imports("org.springframework.web.client.RestClient")) =>
        {
            let url = receivers(file, call).find(|link| link.method() == "uri").and_then(|link| link.argument(0));
            let limit = if super::chain(file, id).any(|(_, link)| link.method() == "timeout") {
                Limit::Here
            } else {
                Limit::Client { set: None }
            };
            Some(Outside::request(id, &*call.callee, of_uri(file, url, call.function), limit).raising())
        }
        // https://square.github.io/okhttp: 10 seconds to connect, to read and to write.
        (_, "execute" | "enqueue") if call.callee.contains("newCall()") && imports("okhttp3") => {
            let url = file.calls.iter().find(|other| other.method() == "url" && other.function == call.function);
            let address = of_uri(file, url.and_then(|url| url.argument(0)), call.function);
            Some(Outside::request(id, "newCall", address, Limit::Default("10 s, OkHttp's own")))
        }
        (_, "openConnection" | "openStream") if imports("java.net") => {
            let set = calls_any(&["setReadTimeout"]);
            let made = call
                .receiver
                .and_then(|made| file.call(made))
                .or_else(|| super::made(file, call.object(), call.function).map(|(_, made)| made));
            let address = of_uri(file, made.and_then(|made| made.argument(0)), call.function);
            let limit = if set { Limit::Here } else { Limit::Missing };
            Some(Outside::request(id, method, address, limit).raising())
        }
        _ => None,
    }
}

/// The `uri(…)` further along the chain of a builder.
fn uri<'f>(file: &'f FileFacts, builder: &Call) -> Option<&'f Value> {
    file.calls
        .iter()
        .find(|other| {
            other.method() == "uri" && other.function == builder.function && other.callee.starts_with("HttpRequest")
        })
        .and_then(|other| other.argument(0))
}

/// Who answers at `URI.create("…")`, `new URI("…")` or plain text.
fn of_uri(file: &FileFacts, value: Option<&Value>, function: FunctionId) -> Address {
    let Some(value) = value else { return Address::Unknown };
    match file.resolved(value, function) {
        Value::Call(id) => file.call(*id).map_or(Address::Unknown, |call| address(file, call.argument(0), function)),
        value => address(file, Some(value), function),
    }
}

/// The type with which a name was declared, without its type arguments.
fn type_of<'f>(file: &'f FileFacts, name: &str, function: FunctionId) -> &'f str {
    let field = name.strip_prefix("this.").unwrap_or(name);
    let declared = file
        .enclosing(function)
        .flat_map(|(_, scope)| &scope.parameters)
        .find(|p| p.names.iter().any(|(found, _)| **found == *field))
        .map(|p| &*p.annotation)
        .or_else(|| file.assignments_to(name).map(|a| &*a.annotation).find(|kind| !kind.is_empty() && *kind != "var"))
        .or_else(|| {
            let mut fields = file.classes.iter().flat_map(|class| &class.fields);
            fields.find(|(found, _)| **found == *field).map(|(_, kind)| &**kind)
        });
    let made = || {
        let (_, call) = super::made(file, name, function)?;
        (call.root() == "HttpClient")
            .then_some("HttpClient")
            .or_else(|| (&*call.callee == "RestTemplate").then_some("RestTemplate"))
    };
    declared.map(|kind| kind.split('<').next().unwrap_or(kind)).or_else(made).unwrap_or("")
}
