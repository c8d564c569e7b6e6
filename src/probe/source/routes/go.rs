//! Routes of Go: net/http, chi, gorilla/mux, gin, echo, fiber, and macaron with its likes.

use super::go_guard::{add, behind};
use super::go_router::Routers;
use super::{Framework, Guard, Route, Verb, joined};
use crate::probe::source::code::{Call, Comparison, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// Files of Go that answer requests.
static GO: Group =
    Group { name: "Go that answers", holds: |file| file.language == Language::Go && file.role == Role::Server };

/// How many links of a chain are followed.
const MAX_LINKS: usize = 8;

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let routers = Routers::default();
    for (place, file) in index.group(&GO) {
        routes.extend(file.calls.iter().filter_map(|call| route(index, &routers, place, file, call)));
    }
}

/// What a call declares.
struct Declared<'f> {
    verb: Verb,
    path: &'f str,
    /// What follows the path.
    rest: Vec<&'f Value>,
    unknown: bool,
}

fn route(index: &CodeIndex, routers: &Routers, place: usize, file: &FileFacts, call: &Call) -> Option<Route> {
    let declared = declared(file, call)?;
    let context = routers.of_owner(index, place, call)?;
    let mut unknown = context.unknown || declared.unknown;
    let mut guards: Vec<Guard> = Vec::new();
    let mut prefix = context.prefix.clone();
    for (text, around) in groups(file, call) {
        prefix = joined(&prefix, text);
        for value in around {
            unknown |= !add(index, place, value, call.function, &mut guards);
        }
    }
    let path = joined(&prefix, declared.path);
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    guards.extend(context.guards.into_iter().filter(|(under, _)| path.starts_with(&**under)).map(|(_, guard)| guard));
    // Echo puts middleware behind what answers, the others before it.
    let echo = file.imports_any(|module| module.starts_with("github.com/labstack/echo"));
    let (handler, before) = if echo { declared.rest.split_first()? } else { declared.rest.split_last()? };
    for value in before {
        unknown |= !add(index, place, value, call.function, &mut guards);
    }
    let behind = behind(index, place, handler, call.function);
    guards.extend(behind.guards);
    let mut verb = methods(file, call).unwrap_or(declared.verb);
    if verb == Verb::Any {
        verb = behind.function.and_then(|at| asked_for(index, at)).unwrap_or(Verb::Any);
    }
    Some(Route {
        framework: Framework::Go,
        verb,
        path: path.into(),
        file: place,
        place: call.place,
        handler: behind.function,
        guards,
        unknown,
        opened: false,
        reach: Vec::new(),
    })
}

/// `GET`, `http.MethodPost`.
fn verb_of(file: &FileFacts, value: &Value, function: FunctionId) -> Option<Verb> {
    match file.resolved(value, function) {
        Value::Text(text) => Verb::of(text).filter(|_| text.chars().all(|c| c.is_ascii_uppercase())),
        Value::Path(path) => Verb::of(path.rsplit('.').next()?.strip_prefix("Method")?),
        _ => None,
    }
}

fn declared<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Declared<'f>> {
    let mut values: Vec<&Value> = call.arguments.iter().map(|argument| &argument.value).collect();
    let text = |value: &'f Value| file.resolved(value, call.function).leading_text();
    let made = |verb: Verb, path: &'f str, rest: Vec<&'f Value>| {
        (!rest.is_empty()).then_some(Declared { verb, path, rest, unknown: call.spreads() })
    };
    match call.method() {
        "HandleFunc" | "Handle" | "Method" | "MethodFunc" | "Add" => {
            let verb = values.first().and_then(|value| verb_of(file, value, call.function));
            if verb.is_some() {
                values.remove(0);
            }
            if values.len() < 2 {
                return None;
            }
            let first = text(values.remove(0))?;
            let (named, path) = match first.split_once(' ') {
                Some((named, path)) => (Verb::of(named), path.trim_start()),
                None => (None, first),
            };
            // `example.com/x` names a host as well.
            let path =
                if path.starts_with('/') { path } else { path.find('/').and_then(|at| path.get(at..)).unwrap_or("/") };
            made(verb.or(named).unwrap_or(Verb::Any), path, values)
        }
        "HandlerFunc" | "Handler" if call.receiver.is_some() => {
            // `r.Path("/x").Methods("POST").HandlerFunc(h)`: the chain holds the path.
            made(Verb::Any, "", values)
        }
        name => {
            let upper = name.chars().all(|c| c.is_ascii_uppercase());
            let verb = match name {
                "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" | "Any" | "All" => Verb::of(name)?,
                _ if upper => Verb::of(name)?,
                _ => return None,
            };
            let combo = call.receiver.and_then(|id| first_link(file, id)).filter(|link| link.method() == "Combo");
            if let Some(link) = combo {
                return made(verb, text(&link.arguments.first()?.value)?, values);
            }
            if values.len() < 2 {
                return None;
            }
            let path = text(values.remove(0))?;
            (path.is_empty() || path.starts_with(['/', ':', '*', '{', '^'])).then(|| made(verb, path, values))?
        }
    }
}

fn first_link(file: &FileFacts, id: u32) -> Option<&Call> {
    let mut found = file.call(id)?;
    for _ in 0..MAX_LINKS {
        match found.receiver.and_then(|id| file.call(id)) {
            Some(inner) => found = inner,
            None => break,
        }
    }
    Some(found)
}

/// `.Methods("POST")` before or behind.
fn methods(file: &FileFacts, call: &Call) -> Option<Verb> {
    let mut links: Vec<&Call> = Vec::new();
    let (mut before, mut behind) = (call.receiver, call.chained);
    for _ in 0..MAX_LINKS {
        let found = before.and_then(|id| file.call(id));
        before = found.and_then(|link| link.receiver);
        links.extend(found);
        let found = behind.and_then(|id| file.call(id));
        behind = found.and_then(|link| link.chained);
        links.extend(found);
    }
    let link = links.iter().find(|link| link.method() == "Methods")?;
    let all = || link.arguments.iter().filter_map(|a| verb_of(file, &a.value, call.function));
    all().find(|verb| verb.changes()).or_else(|| all().next())
}

/// What groups whose functions take nothing put around a call: `m.Group("/x", func() { … }, auth)`.
fn groups<'f>(file: &'f FileFacts, call: &Call) -> Vec<(&'f str, Vec<&'f Value>)> {
    let mut found: Vec<(&str, Vec<&Value>)> = file
        .enclosing(call.function)
        .filter_map(|(id, function)| {
            let outer = file.call(function.argument_of?)?;
            let fits = function.parameters.is_empty() && matches!(outer.method(), "Group" | "Route" | "Combo");
            if !fits {
                return None;
            }
            let text = outer.argument(0).and_then(Value::leading_text);
            let rest = outer.arguments.iter().skip(usize::from(text.is_some())).map(|argument| &argument.value);
            Some((text.unwrap_or(""), rest.filter(|value| **value != Value::Function(id)).collect()))
        })
        .collect();
    found.reverse();
    found
}

/// The method that a handler insists on: `if r.Method != http.MethodPost { … }`.
fn asked_for(index: &CodeIndex, at: (usize, FunctionId)) -> Option<Verb> {
    let file = index.files.get(at.0)?;
    let function = file.function(at.1)?;
    let mut verbs: Vec<Verb> = super::reach::conditions(file, function)
        .filter_map(|condition| match &condition.test {
            Value::Compared(Comparison::NotEqual | Comparison::Equal, pair) => {
                let method = pair.0.path().is_some_and(|path| path.ends_with(".Method"));
                method.then(|| verb_of(file, &pair.1, condition.function))?
            }
            _ => None,
        })
        .collect();
    verbs.dedup();
    match verbs.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
