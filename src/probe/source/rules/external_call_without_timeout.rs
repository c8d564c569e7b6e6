//! A call to another machine that may wait for ever.

use super::http_clients::{self, FETCHES};
use super::{Check, Hit, Rule, Subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::role;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "external-call-without-timeout",
    title: "An external call has no timeout",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A call to another service through `fetch`, axios, got, `requests`, httpx or `urllib` without a time limit, neither here nor in the client that makes it.",
    why: "When the other service hangs, your request hangs with it. A few of these use up every connection, and your whole app stops answering.",
    fix: "Give it a limit: `signal: AbortSignal.timeout(10_000)` for `fetch`, `timeout: 10000` for axios, `timeout=10` for `requests`.",
    example: "await fetch('https://api.example.com/rates');\n\n// better\nawait fetch('https://api.example.com/rates', { signal: AbortSignal.timeout(10_000) });",
    references: &["F22", "https://developer.mozilla.org/en-US/docs/Web/API/AbortSignal/timeout_static"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).about("call to another service", look);

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in &file.calls {
        let hit = match file.language {
            Language::Python => python(file, index, call),
            _ => fetch(file, call).or_else(|| axios(file, index, call)).or_else(|| got(file, call)),
        };
        hits.extend(hit);
    }
}

/// Calls to other services, those that cannot be judged included.
pub(super) fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= file.calls.iter().filter(|call| !call.dev_only).any(|call| match file.language {
        Language::Python => python_client(file, index, call).is_some() || is_of_httpx(file, call),
        _ => {
            let own = || matches!(address(file, call.argument(0), call.function), Address::Own);
            (is_fetch(file, call) && !own()) || is_axios(file, call) || is_got(file, call)
        }
    });
    http_clients::look(file, subject);
}

/// Whether something around the call gives up after a while: `Promise.race([…])`, `withTimeout(…)`.
fn is_raced(file: &FileFacts, call: &Call) -> bool {
    let mut next = Some(call);
    let mut steps = 0;
    while let Some(call) = next
        && steps < 20
    {
        let callee = call.callee.to_ascii_lowercase();
        if callee == "promise.race" || callee.contains("timeout") {
            return true;
        }
        steps += 1;
        let around = file.enclosing(call.function).next().and_then(|(_, function)| function.argument_of);
        next = call.chained.or(call.argument_of).or(around).and_then(|id| file.call(id));
    }
    false
}

/// Whether options carry one of `names`; `None` when that cannot be told.
fn sets(file: &FileFacts, options: Option<&Value>, names: &[&str], function: u32) -> Option<bool> {
    let Some(options) = options else { return Some(false) };
    let options = file.resolved(options, function);
    match options {
        Value::Object(pairs) => {
            if pairs.iter().any(|(name, _)| names.contains(&&**name)) {
                return Some(true);
            }
            // An option may be added to the object later.
            let spreads = pairs.iter().filter(|(name, _)| &**name == "...");
            let mut known = Some(false);
            for (_, spread) in spreads {
                match sets(file, Some(spread), names, function) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = None,
                }
            }
            known
        }
        Value::Either(values) => {
            let all: Vec<Option<bool>> = values.iter().map(|value| sets(file, Some(value), names, function)).collect();
            if all.iter().all(|one| *one == Some(false)) { Some(false) } else { None }
        }
        Value::Null => Some(false),
        _ => None,
    }
}

/// What an address says about who answers.
enum Address {
    /// Another service, with its host where that is known.
    Other(Option<String>),
    /// The app itself, or no network at all.
    Own,
    /// Cannot be told.
    Unknown,
}

fn address(file: &FileFacts, value: Option<&Value>, function: u32) -> Address {
    let Some(value) = value else { return Address::Unknown };
    let value = match file.resolved(value, function) {
        Value::Call(id) => match file.call(*id) {
            Some(call) if matches!(&*call.callee, "URL" | "String") => {
                // `new URL("./font.ttf", import.meta.url)` is a file of the bundle.
                if call.argument(1).and_then(Value::path).is_some_and(|path| path.contains("import.meta")) {
                    return Address::Own;
                }
                let given = call.argument(0).map(|given| file.resolved(given, function));
                match given.and_then(Value::leading_text) {
                    Some(text) if !text.contains("://") => call.argument(1).or(given).unwrap_or(&Value::Unknown),
                    _ => given.unwrap_or(&Value::Unknown),
                }
            }
            _ => return Address::Unknown,
        },
        Value::Member(pair) if matches!(&*pair.1, "href") => return address(file, Some(&pair.0), function),
        value => value,
    };
    let text = match value {
        Value::Text(text) => &**text,
        Value::Template(_) => value.leading_text().unwrap_or(""),
        Value::Either(values) => return values.first().map_or(Address::Unknown, |v| address(file, Some(v), function)),
        _ => "",
    };
    if text.starts_with("data:") || text.starts_with("blob:") || text.starts_with("file:") {
        return Address::Own;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        if !scheme.starts_with("http") {
            return Address::Unknown;
        }
        let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '$' | '#')).collect();
        let local = host.starts_with("localhost") || host.starts_with("127.0.0.1");
        return if local { Address::Own } else { Address::Other(Some(host).filter(|host| !host.is_empty())) };
    }
    if text.starts_with('/') && !text.starts_with("//") || text.starts_with("./") || text.starts_with("../") {
        return Address::Own;
    }
    // The app's own address, under whatever name: a file or a route of its own.
    let mut own = false;
    value.walk(&mut |part| {
        let name = match part {
            Value::Env(name) => name.to_string(),
            Value::Path(path) => path.to_string(),
            Value::Call(id) => file.call(*id).map_or_else(String::new, |call| call.callee.to_string()),
            _ => return,
        };
        let name = name.to_ascii_uppercase();
        own |= ["WEBAPP", "APP_URL", "SITE_URL", "PUBLIC_URL", "SITE_ROOT", "ORIGIN", "VERCEL_URL", "BASEURL()"]
            .iter()
            .any(|own| name.contains(own));
    });
    if own {
        return Address::Own;
    }
    // `${process.env.API_URL}/users`
    let mut from_environment = false;
    value.walk(&mut |part| match part {
        Value::Env(_) => from_environment = true,
        Value::Path(path) => {
            from_environment |= matches!(file.resolved(part, function), Value::Env(_))
                || matches!(file.resolved(part, function), Value::Either(values) if values.iter().any(|v| matches!(v, Value::Env(_))))
                || path.starts_with("config.");
        }
        _ => {}
    });
    if from_environment { Address::Other(None) } else { Address::Unknown }
}

/// Whether an address is one of another service.
pub(super) fn is_elsewhere(file: &FileFacts, value: Option<&Value>, function: u32) -> bool {
    matches!(address(file, value, function), Address::Other(_))
}

/// The finding for a call to `address`, or nothing where it is the app's own business.
fn judge(file: &FileFacts, call: &Call, what: &str, address: Address, known: bool) -> Option<Hit> {
    let (message, sure) = match &address {
        Address::Own => return None,
        Address::Other(Some(host)) => (format!("`{what}` to {host} has no timeout"), Confidence::High),
        Address::Other(None) => (format!("`{what}` has no timeout"), Confidence::High),
        Address::Unknown if surely_server(file) => (format!("`{what}` has no timeout"), Confidence::Medium),
        Address::Unknown => (format!("`{what}` has no timeout"), Confidence::Low),
    };
    let hit = Hit::new(call.place, message).confidence(if known { sure } else { Confidence::Low });
    if file.role == Role::Client {
        // In a browser a hanging call costs one user one spinner; where its address is not fixed it is
        // usually the app's own API.
        return matches!(address, Address::Other(Some(_))).then(|| hit.severity(Severity::Minor));
    }
    Some(hit)
}

/// Whether something says that the file runs on a server, and not only nothing that it does not.
fn surely_server(file: &FileFacts) -> bool {
    let lower = file.path.to_ascii_lowercase();
    file.language == Language::Python
        || role::imports_server_modules(file)
        || ["server", "api/", "backend", "functions/", "worker", "lib/", "services/", "routes/"]
            .iter()
            .any(|part| lower.contains(part))
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
        "window.fetch" | "globalThis.fetch" | "undici.fetch" => true,
        _ => false,
    }
}

fn fetch(file: &FileFacts, call: &Call) -> Option<Hit> {
    if !is_fetch(file, call) || call.dev_only || is_raced(file, call) {
        return None;
    }
    // `fetch(request)` passes on a whole request.
    let first = call.argument(0)?;
    if first.path().is_some_and(|path| matches!(path, "req" | "request" | "event.request" | "c.req.raw")) {
        return None;
    }
    let options = call.argument(1);
    let set = sets(file, options, &["signal", "timeout", "dispatcher"], call.function);
    if set == Some(true) || adds_signal(file, options, call.function) || call.spreads() {
        return None;
    }
    judge(file, call, "fetch", address(file, Some(first), call.function), set.is_some())
}

/// `init.signal = …` somewhere in the function.
fn adds_signal(file: &FileFacts, options: Option<&Value>, function: u32) -> bool {
    options.and_then(Value::path).is_some_and(|name| {
        file.assignments.iter().any(|a| {
            file.within(function, a.function)
                && a.target.strip_prefix(name).is_some_and(|rest| matches!(rest, ".signal" | ".timeout"))
        })
    })
}

const AXIOS_METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "head", "options", "request", "postForm"];

fn is_axios(file: &FileFacts, call: &Call) -> bool {
    file.binding(call.root())
        .is_some_and(|b| &*b.module == "axios" && matches!(&*b.imported, "default" | "*" | "axios"))
}

fn axios(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    if index.links.default_timeout || call.dev_only || !is_axios(file, call) || is_raced(file, call) {
        return None;
    }
    let method = call.method();
    if method == "create" {
        // One finding for the client, not one for each of its calls.
        let set = sets(file, call.argument(0), &["timeout", "signal"], call.function);
        if set == Some(true) || sets_default(file, call) {
            return None;
        }
        let base = call.argument(0).and_then(|options| file.resolved(options, call.function).get("baseURL"));
        return judge(file, call, "axios.create", address(file, base, call.function), set.is_some());
    }
    let (options, url) = if call.callee.contains('.') {
        if !AXIOS_METHODS.contains(&method) || call.object().contains('.') {
            return None;
        }
        match method {
            "request" => (call.argument(0), None),
            "post" | "put" | "patch" | "postForm" => (call.argument(2), call.argument(0)),
            _ => (call.argument(1), call.argument(0)),
        }
    } else {
        match call.argument(0) {
            Some(first @ (Value::Text(_) | Value::Template(_))) => (call.argument(1), Some(first)),
            first => (first, None),
        }
    };
    let set = sets(file, options, &["timeout", "signal", "cancelToken"], call.function);
    if set == Some(true) {
        return None;
    }
    let url = url.or_else(|| options.and_then(|options| file.resolved(options, call.function).get("url")));
    judge(file, call, &call.callee, address(file, url, call.function), set.is_some())
}

/// `client.defaults.timeout = …` after `const client = axios.create()`.
fn sets_default(file: &FileFacts, call: &Call) -> bool {
    file.assignments
        .iter()
        .any(|a| a.target.ends_with(".defaults.timeout") && a.place.span.line >= call.place.span.line)
}

fn is_got(file: &FileFacts, call: &Call) -> bool {
    file.binding(call.root()).is_some_and(|b| &*b.module == "got")
}

fn got(file: &FileFacts, call: &Call) -> Option<Hit> {
    if !is_got(file, call) || call.dev_only {
        return None;
    }
    let plain = !call.callee.contains('.');
    if !plain && !AXIOS_METHODS.contains(&call.method()) && call.method() != "extend" {
        return None;
    }
    let options = if call.method() == "extend" { call.argument(0) } else { call.argument(1) };
    let set = sets(file, options, &["timeout", "signal"], call.function);
    if set == Some(true) || is_raced(file, call) {
        return None;
    }
    judge(file, call, &call.callee, address(file, call.argument(0), call.function), set.is_some())
}

fn is_http(method: &str) -> bool {
    matches!(method, "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request")
}

/// The name of a call that waits for ever unless told otherwise, and the place of its address.
fn python_client(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<(String, usize)> {
    let method = call.method();
    let of_requests = || file.binding(call.root()).is_some_and(|b| &*b.module == "requests" && &*b.imported == "*");
    let place = usize::from(method == "request");
    if is_http(method) && call.object() == call.root() && of_requests() {
        Some((format!("requests.{method}"), place))
    } else if is_http(method) && is_session(file, index, call) {
        Some((call.callee.to_string(), place))
    } else if method == "urlopen" && file.imports_any(|module| module.starts_with("urllib")) {
        Some((call.callee.to_string(), 0))
    } else {
        None
    }
}

/// httpx gives up after five seconds unless told not to.
fn is_of_httpx(file: &FileFacts, call: &Call) -> bool {
    file.binding(call.root()).is_some_and(|b| &*b.module == "httpx")
}

fn python(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    let Some((what, place)) = python_client(file, index, call) else {
        let never = call.named("timeout") == Some(&Value::Null)
            && (is_of_httpx(file, call) || (is_http(call.method()) && file.imports_any(|module| module == "httpx")));
        return never.then(|| judge(file, call, &call.callee, address(file, call.argument(0), call.function), true))?;
    };
    let given = call.named("timeout").is_some_and(|value| *value != Value::Null);
    let urlopen = call.method() == "urlopen";
    if given || call.dev_only || (urlopen && (call.argument(2).is_some() || index.links.default_timeout)) {
        return None;
    }
    let address = address(file, call.argument(place).or_else(|| call.named("url")), call.function);
    judge(file, call, &what, address, !call.spreads())
}

/// A `requests.Session()` of this file or of one that it imports from, without an adapter that sets a limit.
fn is_session(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let name = call.object();
    let made_here = |file: &FileFacts, name: &str, function: u32| {
        // `self.session` is mostly set in another method.
        let of_self = || file.assignments_to(name).next_back().filter(|_| name.starts_with("self."));
        let Some(Value::Call(id)) = file.assigned(name, function).or_else(of_self).map(|a| &a.value) else {
            return false;
        };
        file.call(*id).is_some_and(|made| {
            matches!(made.method(), "Session" | "session")
                && file.binding(made.root()).is_some_and(|b| &*b.module == "requests")
        }) && !file.calls.iter().any(|call| call.method() == "mount" && call.object() == name)
    };
    made_here(file, name, call.function)
        || index
            .imported(file, name)
            .and_then(|(place, name)| index.files.get(place).map(|target| made_here(target, &name, 0)))
            .unwrap_or(false)
}
