//! Ways to call another service that are not understood: where one is used, silence about its calls says too little.

use super::Kind;
use super::address::is_elsewhere;
use super::ecma::FETCHES;
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::{imported, is_of};
use crate::probe::source::rules::Subject;

/// Clients of HTTP and of other protocols. Some set a limit by themselves, none is looked into.
const JAVASCRIPT: [&str; 38] = [
    "superagent",
    "needle",
    "request",
    "request-promise",
    "request-promise-native",
    "ky",
    "ky-universal",
    "ofetch",
    "wretch",
    "bent",
    "phin",
    "unirest",
    "redaxios",
    "gaxios",
    "make-fetch-happen",
    "node-fetch-npm",
    "minipass-fetch",
    "follow-redirects",
    "typed-rest-client",
    "centra",
    "simple-get",
    "hyperquest",
    "urllib",
    "popsicle",
    "node-libcurl",
    "soap",
    "graphql-request",
    "@apollo/client",
    "@urql/core",
    "@grpc/grpc-js",
    "grpc",
    "@connectrpc/connect-node",
    "@angular/common/http",
    "@nestjs/axios",
    "@aws-sdk/",
    "@sendgrid/mail",
    "resend",
    "googleapis",
];

const PYTHON: [&str; 20] = [
    "pycurl",
    "urllib3",
    "httplib2",
    "aiohttp",
    "http.client",
    "httpcore",
    "treq",
    "niquests",
    "curl_cffi",
    "grpc",
    "grpclib",
    "zeep",
    "suds",
    "gql",
    "xmlrpc.client",
    "smtplib",
    "imaplib",
    "poplib",
    "ftplib",
    "paramiko",
];

/// Software kits whose clients give up by themselves: Stripe after 80 s, OpenAI and Anthropic after 10 minutes at most,
/// boto3 after 60 s without an answer. Calls through them count as judged.
const LIMITED_KITS: [&str; 6] = ["stripe", "openai", "@anthropic-ai/sdk", "anthropic", "boto3", "botocore"];

/// Libraries whose calls are understood, where they are found: without one, they go a way that is not.
const UNDERSTOOD: [&str; 6] = ["superagent", "ky", "ky-universal", "ofetch", "urllib3", "aiohttp"];

/// Looks for them in one file.
pub(in crate::probe::source) fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= imported(file, &LIMITED_KITS).is_some();
    let clients: &[&str] = match file.language {
        Language::Python => &PYTHON,
        _ if file.language.is_ecma() => &JAVASCRIPT,
        _ => &[],
    };
    for name in clients.iter().filter_map(|name| imported(file, &[name])) {
        // aiohttp serves as well as it calls.
        let only_serves = name == "aiohttp" && !file.calls.iter().any(|call| call.method() == "ClientSession");
        let found = || index.outside(file).iter().any(|outside| outside.kind != Kind::Kit);
        let understood = UNDERSTOOD.contains(&name) && found();
        if !only_serves && !only_for_errors(file, name) && !understood {
            subject.is_beyond("Calls", name.trim_end_matches('/'));
        }
    }
    match file.language {
        Language::Python => python(file, subject),
        _ if file.language.is_ecma() => ecma(file, subject),
        _ => {}
    }
}

/// `from smtplib import SMTPDataError`: who catches its errors need not make its calls.
fn only_for_errors(file: &FileFacts, name: &str) -> bool {
    let mut bound = file.bindings.iter().filter(|binding| is_of(&binding.module, name)).peekable();
    bound.peek().is_some()
        && bound.all(|binding| {
            binding.module.ends_with(".exceptions")
                || ["Error", "Exception", "Warning", "Disconnected"].iter().any(|end| binding.imported.ends_with(end))
        })
}

fn ecma(file: &FileFacts, subject: &mut Subject) {
    for name in FETCHES.iter().chain(&["axios", "got"]) {
        // `require("axios").default`, `import("node-fetch").then(…)`: no name to follow.
        let unnamed = imported(file, &[name]).is_some() && !file.bindings.iter().any(|b| is_of(&b.module, name));
        if unnamed && !is_polyfill(name) {
            subject.is_beyond("Calls", name);
        }
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(name) = unknown_call(file, call) {
            subject.is_beyond("Calls", name);
        }
    }
}

/// Importing it is enough: it puts a `fetch` where there is none.
fn is_polyfill(name: &str) -> bool {
    matches!(name, "isomorphic-fetch" | "isomorphic-unfetch" | "cross-fetch")
}

fn unknown_call<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f str> {
    if call.constructs && &*call.callee == "XMLHttpRequest" {
        return Some("XMLHttpRequest");
    }
    let method = call.method();
    if matches!(call.object(), "$" | "jQuery") && matches!(method, "ajax" | "get" | "post" | "getJSON") {
        let given = call.argument(0);
        let address = given.and_then(|options| options.get("url")).or(given);
        return is_elsewhere(file, address, call.function).then_some("jQuery");
    }
    let binding = file.binding(call.root())?;
    // The name in the library: `request` of `https.request`, and of `import { request as ask }`.
    let name = if call.callee.contains('.') { method } else { &*binding.imported };
    let calls = match &*binding.module {
        "http2" | "node:http2" => name == "connect",
        "undici" => matches!(name, "stream" | "pipeline" | "Client" | "Pool" | "BalancedPool"),
        _ => false,
    };
    calls.then_some(&*binding.module)
}

fn python(file: &FileFacts, subject: &mut Subject) {
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        if file.imports_any(|module| is_of(module, "urllib")) && matches!(call.method(), "urlretrieve" | "build_opener")
        {
            subject.is_beyond("Calls", call.method());
        }
        let makes_session = matches!(call.method(), "Session" | "session")
            && file.binding(call.root()).is_some_and(|binding| &*binding.module == "requests");
        if makes_session && !is_kept(file, id) {
            subject.is_beyond("Calls", "a session of requests that is handed on");
        }
    }
}

/// Whether the session gets a name under which its calls are found, and stays with it.
fn is_kept(file: &FileFacts, made: u32) -> bool {
    let mut names = file.assignments.iter().filter(|a| a.value == Value::Call(made)).map(|a| &*a.target).peekable();
    let handed_on = |name: &str| {
        let is_it = |value: &Value| value.path() == Some(name);
        file.functions.iter().any(|function| function.body.returns.iter().any(is_it))
            || file.calls.iter().any(|call| call.arguments.iter().any(|argument| is_it(&argument.value)))
    };
    names.peek().is_some() && !names.any(handed_on)
}
