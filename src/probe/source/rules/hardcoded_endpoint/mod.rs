//! An address of the developer's machine or a connection string in code that runs in production.

mod connection;
mod reaches;

use super::endpoint::{Target, target};
use super::{Check, Hit, Rule, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, Endpoint, FileFacts, Language, Role, Usage};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "hardcoded-endpoint",
    title: "An address that only works here stands in the code",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A localhost or private address, or a connection string with a password, in code that runs in production.",
    why: "Your users' browsers and your servers cannot reach your machine: the feature works for you and for nobody else. A password in the code is known to everyone who can read it.",
    fix: "Read the address from an environment variable that is set for each environment, without a default in the code.",
    example: "fetch('http://localhost:4000/api/orders');\n\n// better\nfetch(`${process.env.API_URL}/orders`);",
    references: &["F2", "https://12factor.net/config"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name);

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    // Angular's settings for development, which its build replaces.
    let for_development = file.assignments.iter().any(|a| a.value.get("production") == Some(&Value::Bool(false)));
    if for_development {
        return;
    }
    let told = connection::check(file, hits);
    for endpoint in file.endpoints.iter().filter(|endpoint| !endpoint.dev_only) {
        let Some(found) = target(&endpoint.text) else { continue };
        let place = Place { span: endpoint.span, bytes: endpoint.bytes };
        if matches!(endpoint.usage, Usage::Argument(id) if told.contains(&id)) {
            continue;
        }
        match found {
            Target::Credentials if endpoint.usage != Usage::Alternative => {
                let hit = Hit::new(place, "A connection string with a user and a password stands in the code");
                hits.push(hit.severity(Severity::Blocker).confidence(Confidence::Medium));
            }
            Target::Local | Target::Private if leads_there(file, endpoint) => {
                let what = if found == Target::Local { "localhost" } else { "an address of a private network" };
                let shown: String = endpoint.text.chars().take(60).collect();
                let hit = Hit::new(place, format!("`{shown}` points at {what}"));
                // The web server and the database of a small PHP app may well share a machine.
                let shared = file.language == Language::Php && shown.contains("host=");
                let doubtful = shared
                    || is_sent_back(&endpoint.name)
                    || is_for_developers(file)
                    || !browsers_fail(file, found, &endpoint.text);
                hits.push(if doubtful { hit.confidence(Confidence::Medium) } else { hit });
            }
            _ => {}
        }
    }
}

/// Whether it is a page that asks the server which its developer runs: no browser of anybody else finds one there. A server
/// may well have another beside it, and a page may talk to a helper that its user has installed, at a port of its own.
fn browsers_fail(file: &FileFacts, found: Target, text: &str) -> bool {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#', '$']).next();
    let port = authority.and_then(|authority| authority.split_once(':')).map_or("", |(_, port)| port);
    let of_development = matches!(
        port,
        "" | "80"
            | "1337"
            | "3000"
            | "3001"
            | "3002"
            | "3003"
            | "3333"
            | "4000"
            | "4001"
            | "4200"
            | "5000"
            | "5001"
            | "5173"
            | "7000"
            | "8000"
            | "8001"
            | "8008"
            | "8080"
            | "8081"
            | "8090"
            | "8888"
            | "9000"
    );
    let path = file.path.to_ascii_lowercase();
    let beside = ["agent", "electron", "desktop", "tauri", "extension", "companion", "mobile", "native"];
    file.role == Role::Client
        && (found == Target::Private || of_development)
        && !beside.iter().any(|word| path.contains(word))
        && !file.imports_any(|module| {
            ["electron", "@tauri-apps/", "react-native", "expo"].iter().any(|name| module.starts_with(name))
        })
}

/// Where a sign-in on the user's own machine comes back to, `http://localhost:4587/callback`, which is the way of
/// programs that run there.
fn is_sent_back(name: &str) -> bool {
    name.to_ascii_lowercase().replace('_', "").contains("redirectur")
}

/// What developers look at: the description of an API, a sandbox app, a page that lists the services of their machine.
fn is_for_developers(file: &FileFacts) -> bool {
    let lower = file.path.to_ascii_lowercase();
    let named = ["swagger", "openapi"].iter().any(|word| lower.contains(word))
        || lower.split('/').rev().skip(1).any(|folder| folder.ends_with(".dev") || matches!(folder, "sandbox"));
    let listed = |endpoint: &&Endpoint| endpoint.usage == Usage::Named && target(&endpoint.text) == Some(Target::Local);
    let mut lines: Vec<u32> = file.endpoints.iter().filter(listed).map(|endpoint| endpoint.span.line).collect();
    lines.sort_unstable();
    named || lines.windows(3).any(|near| matches!(near, [first, .., last] if last - first <= 9 && first != last))
}

/// Whether a name is the base that addresses are read with, `new URL(relative, base)`, in a file that asks nobody.
fn is_base_of_parsing(file: &FileFacts, name: &str) -> bool {
    let is_base =
        |call: &Call| &*call.callee == "URL" && call.argument(1).and_then(Value::path).is_some_and(|path| path == name);
    let asks = |call: &Call| matches!(call.root(), "fetch" | "axios" | "got" | "ky" | "http" | "https" | "$fetch");
    file.calls.iter().any(is_base) && !file.calls.iter().any(asks)
}

/// Whether the address is used to reach something, and is not shown, compared, or one of those that are let in.
fn leads_there(file: &FileFacts, endpoint: &Endpoint) -> bool {
    // Text that only mentions an address.
    let listed = endpoint.text.starts_with("host=");
    if !endpoint.text.starts_with(|c: char| c.is_ascii_alphabetic())
        || (endpoint.text.contains(char::is_whitespace) && !listed)
    {
        return false;
    }
    match endpoint.usage {
        Usage::Argument(id) => {
            let Some(call) = file.call(id) else { return false };
            let (callee, method) = (&*call.callee, call.method());
            // `new URL(path, base)` needs some base, and any will do.
            if callee == "URL" {
                return call.argument(1).is_none() && call.argument_of.is_some();
            }
            match file.language {
                Language::Go => return reaches::go(callee, method),
                Language::Java => return reaches::java(callee, method),
                Language::Php => return reaches::php(call),
                Language::Ruby => return reaches::ruby(file, call, &endpoint.name),
                _ => {}
            }
            matches!(
                callee,
                "fetch" | "axios" | "got" | "io" | "WebSocket" | "EventSource" | "createClient" | "connect"
            ) || matches!(
                method,
                "urlopen" | "connect" | "createClient" | "create_engine" | "createConnection" | "from_url"
            ) || (matches!(
                call.root(),
                "axios" | "requests" | "httpx" | "got" | "ky" | "$http" | "http" | "superagent"
            ) && matches!(method, "get" | "post" | "put" | "patch" | "delete" | "request"))
        }
        Usage::Named if is_base_of_parsing(file, &endpoint.name) => false,
        Usage::Named => {
            let name = endpoint.name.to_ascii_lowercase();
            let place_name = ["url", "uri", "endpoint", "host", "server", "api", "base", "backend", "dsn"];
            let only_says = [
                "origin",
                "allow",
                "cors",
                "example",
                "placeholder",
                "default",
                "dev",
                "local",
                "test",
                "doc",
                "schema",
                "xmlns",
                "description",
                "help",
                "label",
                "title",
                "message",
                "mock",
                "callback",
                "pattern",
                "regex",
            ];
            place_name.iter().any(|word| name.contains(word)) && !only_says.iter().any(|word| name.contains(word))
        }
        Usage::Other | Usage::Alternative | Usage::Compared | Usage::Listed => false,
    }
}
