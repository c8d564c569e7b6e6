//! Clients of HTTP in Go.

use super::address::address;
use super::{Address, Limit, Outside, ecma, made};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let is_http = || file.binding(call.root()).is_some_and(|binding| &*binding.module == "net/http");
    let method = call.method();
    if call.constructs {
        if &*call.callee != "http.Client" || !is_http() {
            return None;
        }
        // A transport may have limits of its own, and so may the context of a request.
        let elsewhere = call.named("Transport").is_some() || uses_contexts(file) || sets_later(file);
        let limit = match call.named("Timeout") {
            Some(_) => Limit::Here,
            None if elsewhere => Limit::Client { set: None },
            None => Limit::Missing,
        };
        return Some(Outside::request(id, "http.Client", Address::Unknown, limit).client());
    }
    if matches!(&*call.callee, "http.Get" | "http.Post" | "http.PostForm" | "http.Head") && is_http() {
        let address = address(file, call.argument(0), call.function);
        return Some(Outside::request(id, &*call.callee, address, Limit::Missing));
    }
    if matches!(method, "Get" | "Post" | "Put" | "Patch" | "Delete") && call.callee.contains("R()") {
        let resty = file.imports_any(|module| module.contains("resty"));
        let address = address(file, call.argument(0), call.function);
        return resty.then(|| Outside::request(id, &*call.callee, address, Limit::Client { set: None }));
    }
    if !matches!(method, "Do" | "Get" | "Post" | "PostForm" | "Head") || call.receiver.is_some() {
        return None;
    }
    let default = call.object() == "http.DefaultClient" && is_http();
    let client = ecma::maker(file, index, call.object(), call.function);
    let of_client = client.is_some_and(|(_, made)| made.constructs && &*made.callee == "http.Client");
    if !default && !of_client && !is_field(file, call) {
        return None;
    }
    // `client.Do(request)`: the request knows the address, and may know a context.
    let request = call.argument(0).and_then(Value::path).and_then(|name| made(file, name, call.function));
    let (url, contextual) = match request {
        Some((_, made)) if method == "Do" => match made.method() {
            "NewRequestWithContext" => (made.argument(2), !is_background(made.argument(0))),
            "NewRequest" => (made.argument(1), false),
            _ => (None, true),
        },
        None if method == "Do" => (None, true),
        _ => (call.argument(0), false),
    };
    let later = file.calls.iter().any(|other| other.method() == "WithContext" && other.function == call.function);
    let limit = match client {
        _ if contextual || later => Limit::Client { set: None },
        Some((_, made)) => Limit::Client { set: Some(made.named("Timeout").is_some()) },
        None if default => Limit::Missing,
        None => Limit::Client { set: None },
    };
    Some(Outside::request(id, &*call.callee, address(file, url, call.function), limit))
}

fn is_background(context: Option<&Value>) -> bool {
    matches!(context, Some(Value::Call(_)) | None)
}

fn uses_contexts(file: &FileFacts) -> bool {
    file.calls.iter().any(|call| matches!(call.method(), "NewRequestWithContext" | "WithContext" | "WithTimeout"))
}

fn sets_later(file: &FileFacts) -> bool {
    file.assignments.iter().any(|a| a.target.ends_with(".Timeout") || a.target.ends_with(".Transport"))
}

/// A field of a struct, or a parameter, whose type is a client.
fn is_field(file: &FileFacts, call: &Call) -> bool {
    let name = call.object().rsplit('.').next().unwrap_or("");
    file.classes.iter().flat_map(|class| &class.fields).any(|(field, kind)| {
        **field == *name && matches!(&**kind, "*http.Client" | "http.Client") && call.object().contains('.')
    }) || file
        .enclosing(call.function)
        .flat_map(|(_, function)| &function.parameters)
        .any(|p| matches!(&*p.annotation, "*http.Client") && p.names.iter().any(|(found, _)| **found == *call.object()))
}
