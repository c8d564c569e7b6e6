//! Where a value comes from, as far as one file tells.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use super::code::{Call, Function, FunctionId, FunctionKind, Part, Value, root};
use super::facts::{FileFacts, Language};

/// How deep values are followed.
const MAX_STEPS: u32 = 40;
/// How many values are looked at for one question. Code written by people needs fewer than 50.
const MAX_VALUES: u32 = 1000;

/// Where a value comes from; of several the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Written in the code, or made harmless: a number, an element of a fixed list.
    Fixed,
    /// Not known.
    Unknown,
    /// A parameter: the function, and the place of the parameter.
    Parameter(FunctionId, usize),
    /// What a client sent.
    Request,
}

/// Parts of a request that a client decides on.
const REQUEST_PARTS: [&str; 22] = [
    "body",
    "query",
    "params",
    "headers",
    "cookies",
    "nextUrl",
    "url",
    "args",
    "form",
    "json",
    "values",
    "GET",
    "POST",
    "data",
    "get_json",
    "query_params",
    "path_params",
    "searchParams",
    "formData",
    "text",
    "files",
    "COOKIES",
];

/// Calls whose result is harmless in a query whatever they are given.
const MAKES_HARMLESS: [&str; 24] = [
    "Number",
    "parseInt",
    "parseFloat",
    "BigInt",
    "Boolean",
    "int",
    "float",
    "bool",
    "len",
    "UUID",
    "escape",
    "escapeId",
    "escapeLiteral",
    "escapeIdentifier",
    "quote_ident",
    "quote_name",
    "Identifier",
    "Literal",
    "toISOString",
    "isoformat",
    "toFixed",
    "getTime",
    "round",
    "indexOf",
];

/// Calls whose result holds what they are given or called on.
const HANDS_ON: [&str; 26] = [
    "String",
    "str",
    "trim",
    "strip",
    "toLowerCase",
    "toUpperCase",
    "lower",
    "upper",
    "toString",
    "slice",
    "substring",
    "concat",
    "join",
    "split",
    "decodeURIComponent",
    "get",
    "getlist",
    "getAll",
    "parse",
    "safeParse",
    "parseAsync",
    "get_json",
    "json",
    "pop",
    "format",
    "decode",
];

/// Where `value`, seen in `function`, comes from.
#[must_use]
pub fn origin(file: &FileFacts, value: &Value, function: FunctionId) -> Origin {
    Flow { file, followed: RefCell::default(), left: Cell::new(MAX_VALUES) }.step(value, function, 0)
}

/// One question, with the names that were followed for it already: each counts once, and a name that is made from
/// itself ends.
struct Flow<'f> {
    file: &'f FileFacts,
    followed: RefCell<HashSet<(String, FunctionId)>>,
    left: Cell<u32>,
}

impl Flow<'_> {
    fn step(&self, value: &Value, function: FunctionId, steps: u32) -> Origin {
        if steps > MAX_STEPS || self.left.get() == 0 {
            return Origin::Unknown;
        }
        self.left.set(self.left.get() - 1);
        let worst = |values: &mut dyn Iterator<Item = &Value>| {
            values.map(|value| self.step(value, function, steps + 1)).max().unwrap_or(Origin::Fixed)
        };
        match value {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Env(_) => Origin::Fixed,
            Value::Unknown | Value::Function(_) => Origin::Unknown,
            Value::Path(path) => self.name(path, function, steps),
            Value::Member(pair) if matches!(&*pair.1, "length" | "size") => Origin::Fixed,
            Value::Member(pair) => self.step(&pair.0, function, steps + 1),
            Value::Index(pair) => self.step(&pair.0, function, steps + 1),
            Value::Not(_) | Value::Compared(..) => Origin::Fixed,
            Value::Either(values) | Value::All(values) | Value::Array(values) | Value::Computed(values) => {
                worst(&mut values.iter())
            }
            Value::Object(pairs) => worst(&mut pairs.iter().map(|(_, value)| value)),
            Value::Template(parts) => worst(&mut parts.iter().filter_map(|part| match part {
                Part::Expression(_, value) => Some(value),
                Part::Fixed(_) => None,
            })),
            Value::Call(id) => self.file.call(*id).map_or(Origin::Unknown, |call| self.result(call, steps)),
        }
    }

    fn result(&self, call: &Call, steps: u32) -> Origin {
        let method = call.method();
        if MAKES_HARMLESS.contains(&method) {
            return Origin::Fixed;
        }
        let object = call.object();
        if is_request(self.file, &call.callee, call.function) {
            return Origin::Request;
        }
        if !HANDS_ON.contains(&method) {
            return Origin::Unknown;
        }
        let from_arguments = call.arguments.iter().map(|argument| self.step(&argument.value, call.function, steps + 1));
        // The name under which `get` looks something up says nothing; what it looks in does.
        let from_arguments =
            if matches!(method, "get" | "getAll" | "getlist" | "pop" | "split") { None } else { from_arguments.max() };
        let from_object = match call.receiver.and_then(|id| self.file.call(id)) {
            Some(inner) => self.result(inner, steps + 1),
            None if object.is_empty() => Origin::Fixed,
            None => self.name(object, call.function, steps + 1),
        };
        from_arguments.unwrap_or(Origin::Fixed).max(from_object)
    }

    fn name(&self, path: &str, function: FunctionId, steps: u32) -> Origin {
        if is_request(self.file, path, function) {
            return Origin::Request;
        }
        if path.ends_with(".length") {
            return Origin::Fixed;
        }
        let first = root(path);
        if !self.followed.borrow_mut().insert((path.to_owned(), function)) {
            return Origin::Fixed;
        }
        for (id, scope) in self.file.enclosing(function) {
            let mut found = None;
            for assignment in
                self.file.assignments.iter().filter(|a| a.function == id && (*a.target == *path || *a.target == *first))
            {
                let origin = match &assignment.value {
                    // `x = x.trim()` says nothing new about where `x` comes from.
                    Value::Path(same) if root(same) == first => continue,
                    value => self.step(value, id, steps + 1),
                };
                found = found.max(Some(origin));
            }
            if found.is_some() {
                return found.unwrap_or(Origin::Unknown);
            }
            if let Some(origin) = self.parameter(id, scope, first) {
                return origin;
            }
            if scope.in_loop.is_some() || self.file.loops.iter().any(|l| l.names.iter().any(|name| **name == *first)) {
                return self.loop_name(first, function, steps);
            }
        }
        Origin::Unknown
    }

    /// An element of what a loop runs over.
    fn loop_name(&self, name: &str, function: FunctionId, steps: u32) -> Origin {
        let over = self.file.loops.iter().rev().find(|l| l.names.iter().any(|found| **found == *name)).map(|l| &l.over);
        over.map_or(Origin::Unknown, |over| self.step(over, function, steps + 1))
    }

    fn parameter(&self, id: FunctionId, function: &Function, name: &str) -> Option<Origin> {
        let (place, parameter, below) = function.parameters.iter().enumerate().find_map(|(place, parameter)| {
            parameter.names.iter().find(|(bound, _)| **bound == *name).map(|(_, below)| (place, parameter, below))
        })?;
        if is_number_type(&parameter.annotation) {
            return Some(Origin::Fixed);
        }
        if function.kind != FunctionKind::Handler {
            return Some(Origin::Parameter(id, place));
        }
        if self.file.language == Language::Python {
            let injected = parameter.default.as_ref().is_some_and(|default| match default {
                Value::Call(id) => self.file.call(*id).is_some_and(|call| call.method() == "Depends"),
                _ => false,
            });
            let fixed =
                injected || matches!(name, "self" | "cls" | "request") || parameter.annotation.contains("Session");
            return Some(if fixed { Origin::Unknown } else { Origin::Request });
        }
        // `({ body, params })`, `({ input })`.
        let first = root(below);
        Some(if REQUEST_PARTS.contains(&first) || first == "input" { Origin::Request } else { Origin::Unknown })
    }
}

fn is_number_type(annotation: &str) -> bool {
    matches!(
        annotation,
        "number"
            | "bigint"
            | "boolean"
            | "Date"
            | "int"
            | "float"
            | "bool"
            | "UUID"
            | "uuid.UUID"
            | "date"
            | "datetime"
            | "Decimal"
    )
}

/// Whether a path leads into what a client sent: `req.body.name`, `request.args`, `ctx.request.body`.
#[must_use]
pub fn is_request(file: &FileFacts, path: &str, function: FunctionId) -> bool {
    let mut parts = path.split('.');
    let Some(first) = parts.next() else { return false };
    let Some(second) = parts.next() else { return false };
    let second = second.trim_end_matches("()");
    match first {
        "req" | "request" => REQUEST_PARTS.contains(&second),
        "self" | "this" | "ctx" | "c" | "context" if matches!(second, "request" | "req") => {
            parts.next().is_some_and(|third| REQUEST_PARTS.contains(&third.trim_end_matches("()")) || third == "param")
        }
        "ctx" => matches!(second, "query" | "params") && in_handler(file, function),
        "event" => matches!(second, "body" | "queryStringParameters" | "pathParameters"),
        "searchParams" => matches!(second, "get" | "getAll") && file.language.is_ecma(),
        "formData" => second == "get",
        _ => {
            // A handler may call its request as it likes.
            REQUEST_PARTS.contains(&second)
                && file.enclosing(function).any(|(_, scope)| {
                    scope.kind == FunctionKind::Handler
                        && file.language.is_ecma()
                        && scope.parameters.len() >= 2
                        && scope.parameters.first().is_some_and(|p| {
                            p.names.first().is_some_and(|(name, below)| **name == *first && below.is_empty())
                        })
                })
        }
    }
}

/// Whether `function` is a request handler or stands in one.
#[must_use]
pub fn in_handler(file: &FileFacts, function: FunctionId) -> bool {
    file.enclosing(function).any(|(_, function)| function.kind == FunctionKind::Handler)
}
