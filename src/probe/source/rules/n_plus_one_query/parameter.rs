//! Lists that stand in one parameter of an address: nobody can make them long.

use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::FileFacts;

/// How far a list is followed back.
const MAX_DEPTH: u32 = 8;

/// Whether `list` holds the values of one query parameter: `searchParams.getAll("id")`, `req.query.ids.split(",")`.
pub(super) fn holds(file: &FileFacts, list: &Value, function: FunctionId) -> bool {
    of_values(file, list, function, 0)
}

/// Whether `value` is made of the values of one parameter.
fn of_values(file: &FileFacts, value: &Value, function: FunctionId, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let again = |value: &Value| of_values(file, value, function, depth + 1);
    match file.resolved(value, function) {
        Value::Path(path) => is_parameter(path),
        // `[ids].flat()`, `[...new Set(ids)]`, `ids ?? []`, `Array.isArray(ids) ? ids : [ids]`
        Value::Array(values) | Value::Either(values) | Value::Computed(values) => {
            let mut told = values.iter().filter(|value| !is_nothing(value)).peekable();
            told.peek().is_some() && told.all(again)
        }
        Value::Index(pair) => matches!(&pair.0, Value::Path(path) if is_query(path)) || is_query_call(file, &pair.0),
        Value::Call(id) => file.call(*id).is_some_and(|call| of_call(file, call, depth)),
        _ => false,
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_empty_literal()
}

fn of_call(file: &FileFacts, call: &Call, depth: u32) -> bool {
    let again = |value: &Value| of_values(file, value, call.function, depth + 1);
    let on_itself = || match call.receiver.and_then(|id| file.call(id)) {
        Some(receiver) => of_call(file, receiver, depth + 1),
        None if call.on != Value::Unknown => again(&call.on),
        None => again(&Value::Path(call.object().into())),
    };
    match call.method() {
        // All values of one parameter.
        "getAll" | "getlist" => is_query(call.object()),
        "queries" | "QueryArray" | "get_query_arguments" => is_asked(call.object()),
        // One value, as it stands there.
        "get" | "Get" => is_query(call.object()),
        "query" | "Query" | "DefaultQuery" => {
            // A statement of SQL has spaces.
            let named = call.argument(0).and_then(Value::text).is_some_and(|name| !name.contains(' '));
            named && is_asked(call.object())
        }
        // Text that is cut at its commas; Go and PHP are given it.
        "split" if depth < MAX_DEPTH => on_itself(),
        "Split" => call.argument(0).is_some_and(again),
        "explode" | "preg_split" => call.argument(1).is_some_and(again),
        "map" | "filter" | "slice" | "flatMap" | "flat" | "trim" | "toString" | "sort" | "values" | "toLowerCase"
        | "strip" => on_itself(),
        "Set" | "Array.from" | "from" | "String" | "set" | "list" | "sorted" | "uniq" | "array_unique"
        | "array_filter" | "castArray" | "decodeURIComponent" => call.argument(0).is_some_and(again),
        "array_map" => call.argument(1).is_some_and(again),
        _ => false,
    }
}

fn is_query_call(file: &FileFacts, value: &Value) -> bool {
    matches!(value, Value::Call(id) if file.call(*id).is_some_and(|call| call.callee.ends_with("URL.Query")))
}

/// Whether a path leads to the parameters of an address: `url.searchParams`, `request.GET`, `r.URL.Query()`.
fn is_query(path: &str) -> bool {
    let mut parts = path.rsplit('.').map(|part| part.trim_end_matches("()"));
    let (last, before) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match last {
        "searchParams" | "query_params" | "queryStringParameters" => true,
        "query" | "GET" | "args" => is_asked(before),
        "Query" => before == "URL",
        _ => false,
    }
}

/// Whether a path ends in what frameworks call a request.
fn is_asked(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    matches!(last, "req" | "request" | "r" | "c" | "ctx" | "context" | "self")
}

/// Whether a path is one parameter of an address: `req.query.ids`.
fn is_parameter(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(object, name)| {
        let last = object.rsplit('.').next().unwrap_or(object);
        !name.is_empty() && matches!(last, "query" | "searchParams" | "queryStringParameters") && is_query(object)
    })
}
