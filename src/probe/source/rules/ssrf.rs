//! Request data that decides which address the server asks.

use super::injection::{Danger, begins_with_constant, calls, is_of_asking, leading, message, reads, stays, untraced};
use super::{Check, Hit, Rule, Subject, any_name, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::Sink;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "ssrf",
    title: "Request data decides which address the server asks",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "The host that the server sends a request to comes from a client, and nothing checks that it is one of those you meant.",
    why: "Anyone can make your server ask addresses that only it can reach: your database's admin page, other services, and at most hosts the service that hands out your cloud keys.",
    fix: "Choose the host from a fixed list, or parse the address, let only `https` and public hosts through, and check again after every redirect.",
    example: "const page = await fetch(req.body.url);\n\n// better\nconst url = new URL(req.body.url);\nif (!ALLOWED_HOSTS.includes(url.hostname)) return res.status(400).end();\nconst page = await fetch(url);",
    references: &[
        "F58",
        "https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server).reads(reads, any_name).claims_none(look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, address)
        .map(|(_, danger)| danger)
        .filter(|danger| !leading(file, danger.value, danger.function).is_some_and(stays));
    untraced(file, index, Sink::Url, dangers, "an address that the server asks", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (_, danger) in calls(file, address) {
        hits.extend(judge(file, index, &danger));
    }
}

/// Whether the file's clients are given something that lets only public addresses through:
/// `AsyncClient(transport=SafeTransport())`, `fetch(url, { agent: useAgent(url) })`.
fn has_filtering_client(file: &FileFacts) -> bool {
    let filters = |name: &str| {
        let lower = name.to_ascii_lowercase();
        ["safe", "ssrf", "filter", "guard", "restricted", "public"].iter().any(|word| lower.contains(word))
    };
    let names = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            found |= match value {
                Value::Path(path) => filters(path),
                Value::Call(id) => file.call(*id).is_some_and(|made| filters(&made.callee)),
                _ => false,
            }
        });
        found
    };
    let hooks =
        ["transport", "agent", "dispatcher", "httpAgent", "httpsAgent", "connector", "lookup", "beforeRedirect"];
    file.imports_any(|module| {
        let lower = module.to_ascii_lowercase();
        lower.contains("ssrf") || matches!(&*lower, "request-filtering-agent" | "advocate")
    }) || file.calls.iter().any(|call| {
        call.arguments.iter().any(|argument| match argument.name.as_deref() {
            Some(name) => hooks.contains(&name) && names(&argument.value),
            None => hooks.iter().any(|hook| argument.value.get(hook).is_some_and(&names)),
        })
    })
}

fn judge(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>) -> Option<Hit> {
    if leading(file, danger.value, danger.function).is_some_and(stays) {
        return None;
    }
    let trace = danger.reach(file, index, Sink::Url).request?;
    // `next || "/"`: each by itself.
    if let Value::Either(values) = file.resolved(danger.value, danger.function) {
        return values.iter().take(8).find_map(|value| judge(file, index, &Danger { value, ..*danger }));
    }

    // A proxy passes on the path that it was asked for; its own host is what a client reached already.
    if is_of_asking(&trace.source) || begins_with_constant(file, index, danger, Sink::Url) {
        return None;
    }
    if has_filtering_client(file) || is_guarded(file, danger.function) {
        return None;
    }
    let hit = danger.told(file, &trace, |trace, to| message(trace, &format!("decides which address `{to}` asks")));
    Some(if asks_for_private(file) || dials_by_itself(file) { hit.confidence(Confidence::Medium) } else { hit })
}

/// `guard(url) { HTTParty.get(url) }`: what stands around may look at the address first.
fn is_guarded(file: &FileFacts, function: FunctionId) -> bool {
    file.enclosing(function).filter_map(|(_, scope)| file.call(scope.argument_of?)).any(|outer| {
        let lower = outer.callee.to_ascii_lowercase();
        ["guard", "safe", "ssrf", "protect", "public", "restrict"].iter().any(|word| lower.contains(word))
    })
}

/// Whether the file asks somewhere whether an address is private.
fn asks_for_private(file: &FileFacts) -> bool {
    let says = |name: &str| {
        let lower = name.to_ascii_lowercase().replace('_', "");
        ["isprivate", "privateaddress", "privateip", "ispublic", "onlypublic", "isloopback", "isinternal", "isglobal"]
            .iter()
            .any(|word| lower.contains(word))
    };
    file.calls.iter().any(|call| says(call.method()))
        || file.accesses.iter().any(|access| says(&access.path))
        || file.bindings.iter().any(|binding| says(&binding.imported))
}

/// `http.Transport{DialContext: dialer.DialContext}`, `net.Dialer{Control: check}`: what opens the connection may look
/// at the address first.
fn dials_by_itself(file: &FileFacts) -> bool {
    // One of the standard library is there for its limits of time.
    let plain = |value: &Value, function: FunctionId| {
        let mut found = false;
        let mut see = |value: &Value| {
            found |=
                matches!(value, Value::Call(id) if file.call(*id).is_some_and(|made| &*made.callee == "net.Dialer"));
        };
        value.walk(&mut see);
        if let Some(set) = value.path().and_then(|path| file.assigned(root(path), function)) {
            set.value.walk(&mut see);
        }
        found
    };
    file.language == Language::Go
        && file.calls.iter().filter(|call| call.constructs).any(|call| {
            call.arguments.iter().any(|argument| match argument.name.as_deref() {
                Some("Control" | "ControlContext") => &*call.callee == "net.Dialer",
                Some("DialContext" | "Dial" | "DialTLSContext") => !plain(&argument.value, call.function),
                _ => false,
            })
        })
}

fn is_http(method: &str) -> bool {
    matches!(method, "get" | "post" | "put" | "patch" | "delete" | "head" | "request" | "options")
}

fn address<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => match &*call.callee {
            "curl_init" => call.argument(0),
            "curl_setopt" => call
                .argument(2)
                .filter(|_| call.argument(1).and_then(Value::path).is_some_and(|option| option == "CURLOPT_URL")),
            "Http.get" | "Http.post" | "Http.head" | "Http.put" => call.argument(0),
            "get_headers" | "fsockopen" => call.argument(0),
            _ => {
                let guzzle = is_http(call.method()) && call.object().to_ascii_lowercase().ends_with("client");
                let place = usize::from(call.method() == "request");
                guzzle.then(|| call.argument(place))?
            }
        },
        Language::Go => match &*call.callee {
            "http.Get" | "http.Post" | "http.Head" | "http.PostForm" | "client.Get" | "client.Post"
            | "httpClient.Get" => call.argument(0),
            "http.NewRequest" => call.argument(1),
            "http.NewRequestWithContext" => call.argument(2),
            _ => None,
        },
        Language::Ruby => match &*call.callee {
            "URI.open"
            | "open"
            | "HTTParty.get"
            | "HTTParty.post"
            | "Faraday.get"
            | "Faraday.post"
            | "RestClient.get"
            | "RestClient.post"
            | "Net::HTTP.get"
            | "Net.HTTP.get"
            | "Net::HTTP.get_response"
            | "Net.HTTP.get_response"
            | "Excon.get"
            | "Typhoeus.get" => call.argument(0),
            _ => None,
        },
        Language::Java => java(file, call),
        Language::Template => None,
    }
}

fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let root = call.root();
    let module = file.binding(root).map_or("", |binding| &*binding.module);
    let whole = |value: &'f Value| match file.resolved(value, call.function) {
        options @ Value::Object(_) => options
            .get("url")
            .or_else(|| options.get("uri"))
            .or_else(|| options.get("hostname"))
            .or_else(|| options.get("host")),
        _ => Some(value),
    };
    match &*call.callee {
        "fetch" | "globalThis.fetch" | "undici.fetch" | "nodeFetch" => call.argument(0),
        _ if matches!(
            module,
            "axios"
                | "got"
                | "request"
                | "needle"
                | "superagent"
                | "request-promise"
                | "request-promise-native"
                | "ky"
                | "node-fetch"
                | "undici"
                | "phin"
                | "bent"
                | "cross-fetch"
                | "ofetch"
        ) =>
        {
            let method = call.method();
            (call.callee == root.into() || is_http(method) || method == "stream")
                .then(|| call.argument(0).and_then(whole))?
        }
        _ if matches!(module, "http" | "https" | "node:http" | "node:https") => {
            matches!(call.method(), "get" | "request").then(|| call.argument(0).and_then(whole))?
        }
        // A browser on the server.
        _ if call.method() == "goto" && matches!(call.object(), "page" | "this.page") => call.argument(0),
        _ if matches!(call.object(), "this.httpService" | "this.http" | "axiosInstance" | "http")
            && is_http(call.method()) =>
        {
            call.argument(0)
        }
        _ => None,
    }
}

fn python<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let method = call.method();
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let given = || {
        let place = usize::from(method == "request" || method == "stream");
        call.named("url").or_else(|| call.argument(place))
    };
    if (is_http(method) || method == "stream") && matches!(module, "requests" | "httpx" | "aiohttp" | "urllib3") {
        return given();
    }
    if method == "urlopen" || method == "urlretrieve" {
        return call.argument(0);
    }
    let session =
        matches!(call.object(), "session" | "client" | "http" | "self.session" | "self.client" | "http_client");
    (is_http(method)
        && session
        && file.imports_any(|m| matches!(m.split('.').next(), Some("requests" | "httpx" | "aiohttp"))))
    .then(given)?
}

fn java<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match call.method() {
        "openStream" | "openConnection" | "getContent" => match call.receiver.and_then(|id| file.call(id)) {
            Some(made) => (made.method() == "URL").then(|| made.argument(0))?,
            None => match file.assigned(call.object(), call.function).map(|set| &set.value) {
                Some(Value::Call(id)) => file.call(*id).filter(|made| made.method() == "URL")?.argument(0),
                _ => None,
            },
        },
        "getForObject" | "getForEntity" | "postForObject" | "postForEntity" | "exchange" => call.argument(0),
        "uri" => {
            let client = call.callee.contains("webClient")
                || call.callee.contains("HttpRequest.newBuilder")
                || call.callee.contains("restClient");
            client.then(|| call.argument(0))?
        }
        "HttpGet" | "HttpPost" if call.constructs => call.argument(0),
        _ => None,
    }
}
