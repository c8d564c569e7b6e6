//! Clients of HTTP in Ruby. Those that are built on Net::HTTP give up after 60 seconds
//! (<https://docs.ruby-lang.org/en/master/Net/HTTP.html>), and so does Excon.

use super::address::address;
use super::{Address, Limit, Outside, ecma, receivers};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

const VERBS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "request"];
const MINUTE: Limit = Limit::Default("60 s, Ruby's own");

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let method = call.method();
    let given = || of_uri(file, call.argument(0), call.function);
    let object = call.object();
    match object {
        "Net.HTTP" if matches!(method, "get" | "get_response" | "post" | "post_form" | "start") => {
            Some(Outside::request(id, format!("Net::HTTP.{method}"), given(), MINUTE))
        }
        "Faraday" | "HTTParty" | "Excon" if VERBS.contains(&method) => {
            Some(Outside::request(id, format!("{object}.{method}"), given(), set(call, MINUTE)))
        }
        "RestClient" if VERBS.contains(&method) => {
            Some(Outside::request(id, format!("RestClient.{method}"), given(), MINUTE).raising())
        }
        // https://typhoeus.github.io: no limit unless one is given.
        "Typhoeus" if VERBS.contains(&method) => {
            Some(Outside::request(id, format!("Typhoeus.{method}"), given(), set(call, Limit::Missing)))
        }
        "URI" if method == "open" => Some(Outside::request(id, "URI.open", given(), MINUTE).raising()),
        // https://github.com/httprb/http/wiki/Timeouts: none unless asked for.
        _ if call.root() == "HTTP" && VERBS.contains(&method) && (object == "HTTP" || call.receiver.is_some()) => {
            let timed = receivers(file, call).any(|link| link.method() == "timeout");
            Some(Outside::request(id, format!("HTTP.{method}"), given(), Limit::of(Some(timed))))
        }
        "this.class" if VERBS.contains(&method) && includes(file, "HTTParty") => {
            Some(Outside::request(id, &*call.callee, given(), MINUTE))
        }
        _ if VERBS.contains(&method) && !object.is_empty() => instance(file, index, id, call),
        _ => None,
    }
}

/// A call of a connection that Faraday or Net::HTTP made.
fn instance(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let (home, made) = ecma::maker(file, index, call.object(), call.function)?;
    let named = |name: &str| made.named(name).or_else(|| made.argument(0)?.get(name));
    let base = match &*made.callee {
        "Faraday.new" | "Faraday" => of_uri(home, named("url").or_else(|| made.argument(0)), made.function),
        "Net.HTTP.new" | "Net.HTTP" | "Net.HTTP.start" => match made.argument(0) {
            Some(Value::Text(host)) => Address::Other(Some(host.to_string())),
            _ => Address::Unknown,
        },
        _ => return None,
    };
    let raises = home.calls.iter().any(|other| {
        other.method() == "response" && other.arguments.iter().any(|a| a.value.text() == Some("raise_error"))
            || other.method() == "use"
                && other.argument(0).and_then(Value::path).is_some_and(|p| p.contains("RaiseError"))
    });
    let never = file.assignments.iter().any(|a| a.target.ends_with("read_timeout") && a.value == Value::Null);
    let limit = if never { Limit::Missing } else { MINUTE };
    let request = Outside::request(id, &*call.callee, base, limit);
    Some(if raises { request.raising() } else { request })
}

fn set(call: &Call, other: Limit) -> Limit {
    let named = call.named("timeout").is_some()
        || call.arguments.iter().any(|argument| argument.value.get("timeout").is_some());
    if named { Limit::Here } else { other }
}

fn includes(file: &FileFacts, name: &str) -> bool {
    file.classes.iter().any(|class| class.bases.iter().any(|base| **base == *name))
        || file
            .calls
            .iter()
            .any(|call| call.method() == "include" && call.argument(0).and_then(Value::path) == Some(name))
}

/// Who answers at `URI("…")`, `URI.parse("…")` or plain text.
fn of_uri(file: &FileFacts, value: Option<&Value>, function: FunctionId) -> Address {
    let Some(value) = value else { return Address::Unknown };
    match file.resolved(value, function) {
        Value::Call(id) => file.call(*id).map_or(Address::Unknown, |call| {
            if call.root() == "URI" { address(file, call.argument(0), function) } else { Address::Unknown }
        }),
        value => address(file, Some(value), function),
    }
}
