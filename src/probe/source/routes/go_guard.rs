//! What stands before routes of Go, and what is behind a value that answers: middleware, wrappers, handlers.

use super::{Cover, Guard, named_guard, names, resolve::FunctionAt};
use crate::probe::source::code::{Call, FunctionId, Value, root};
use crate::probe::source::facts::CodeIndex;

/// How deep values are looked into.
const MAX_DEPTH: u32 = 5;

/// What answers a route, and what is wrapped around it.
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub function: Option<FunctionAt>,
    pub guards: Vec<Guard>,
}

/// The project's function behind a chain of names.
pub(super) fn function(index: &CodeIndex, place: usize, path: &str, seen_from: FunctionId) -> Option<FunctionAt> {
    let file = index.files.get(place)?;
    if let Some(assigned) = file.assigned(path, seen_from)
        && let Value::Function(id) = assigned.value
    {
        return Some((place, id));
    }
    let call = Call { callee: path.into(), function: seen_from, ..Call::default() };
    let (target, _) = index.reached_by(file, &call)?;
    Some((target.place, target.function))
}

/// A guard of this name; a package of somebody else's tells by its path what its middleware is for.
pub(super) fn guard(index: &CodeIndex, place: usize, name: &str, seen_from: FunctionId) -> Guard {
    let found = function(index, place, name, seen_from);
    let guard = named_guard(name, found);
    let Some(file) = index.files.get(place) else { return guard };
    if found.is_some() || names::guards_by_name(name).is_some() {
        return guard;
    }
    let Some(binding) = file.binding(root(name)) else { return guard };
    if !index.package(file, &binding.module).is_empty() {
        return guard;
    }
    let own = binding.module.rsplit('/').take(2).collect::<Vec<_>>().join("/");
    let auth = if names::guards_by_name(&own) == Some(true) { Cover::Yes } else { Cover::No };
    Guard { auth, ..guard }
}

/// Adds what `value` puts before a route; `false` when that cannot be told.
pub(super) fn add(
    index: &CodeIndex,
    place: usize,
    value: &Value,
    seen_from: FunctionId,
    guards: &mut Vec<Guard>,
) -> bool {
    let Some(file) = index.files.get(place) else { return false };
    match value {
        Value::Function(id) => guards.push(named_guard("", Some((place, *id)))),
        Value::Path(path) => {
            let assigned = file.assigned(path, seen_from).map(|set| (&set.value, set.function));
            match assigned {
                Some((Value::Call(id), _)) if file.call(*id).is_some_and(|call| !call.constructs) => {
                    let made = file.call(*id).map_or("", |call| &*call.callee);
                    // `auth := middleware.RequireLogin(store)` is named twice.
                    let named = guard(index, place, made, seen_from);
                    let name: Box<str> = format!("{path} {made}").into();
                    guards.push(Guard { name, ..named });
                }
                Some((Value::Array(items), function)) => {
                    return items.iter().all(|item| add(index, place, item, function, guards));
                }
                _ => guards.push(guard(index, place, path, seen_from)),
            }
        }
        Value::Call(id) => {
            let Some(call) = file.call(*id) else { return false };
            let made = guard(index, place, &call.callee, call.function);
            let adapts = made.function.is_none();
            guards.push(made);
            for argument in call.arguments.iter().filter(|_| adapts) {
                let given = matches!(&argument.value, Value::Function(_))
                    || matches!(&argument.value, Value::Path(path) if function(index, place, path, call.function).is_some());
                if given {
                    add(index, place, &argument.value, call.function, guards);
                }
            }
        }
        Value::Null | Value::Text(_) | Value::Object(_) => {}
        _ => return false,
    }
    true
}

/// What answers behind a value: `h.Create`, `http.HandlerFunc(h.Create)`, `auth(h.Create)`, `chain.ThenFunc(h.Create)`.
pub(super) fn behind(index: &CodeIndex, place: usize, value: &Value, seen_from: FunctionId) -> Behind {
    let mut found = Behind::default();
    into(index, place, value, seen_from, 0, &mut found);
    found
}

fn into(index: &CodeIndex, place: usize, value: &Value, seen_from: FunctionId, depth: u32, found: &mut Behind) {
    let Some(file) = index.files.get(place).filter(|_| depth < MAX_DEPTH) else { return };
    match value {
        Value::Function(id) => found.function = Some((place, *id)),
        Value::Path(path) => {
            if let Some(set) = file.assigned(path, seen_from)
                && matches!(set.value, Value::Call(id) if file.call(id).is_some_and(|call| !call.constructs))
            {
                into(index, place, &set.value, set.function, depth + 1, found);
                return;
            }
            found.function = function(index, place, path, seen_from);
        }
        Value::Call(id) => {
            let Some(call) = file.call(*id) else { return };
            if call.constructs {
                // `&UserHandler{}` answers with its `ServeHTTP`.
                let class = call.method();
                found.function = index.classes_called(class).iter().find_map(|at| {
                    super::resolve::method(index.files.get(*at)?, class, "ServeHTTP").map(|id| (*at, id))
                });
                return;
            }
            // `alice.New(a, b).Then(h)`, `standard.Append(auth).ThenFunc(h)`.
            let mut link = call.receiver;
            for _ in 0..MAX_DEPTH {
                let Some(before) = link.and_then(|id| file.call(id)) else { break };
                for argument in &before.arguments {
                    add(index, place, &argument.value, before.function, &mut found.guards);
                }
                link = before.receiver;
            }
            let chain = file.assigned(call.object(), call.function).map(|set| &set.value);
            if let Some(Value::Call(id)) = chain.filter(|_| matches!(call.method(), "Then" | "ThenFunc" | "Append"))
                && let Some(made) = file.call(*id)
            {
                for argument in &made.arguments {
                    add(index, place, &argument.value, made.function, &mut found.guards);
                }
            }
            let target = function(index, place, &call.callee, call.function);
            let handler = call.arguments.iter().rev().find(|argument| answers(index, place, &argument.value, call));
            match handler {
                Some(argument) => {
                    let converts =
                        matches!(call.method(), "HandlerFunc" | "Then" | "ThenFunc" | "StripPrefix" | "Handler")
                            && target.is_none();
                    if !converts {
                        found.guards.push(guard(index, place, &call.callee, call.function));
                    }
                    into(index, place, &argument.value, call.function, depth + 1, found);
                }
                // `h.Create()` makes the handler.
                None => found.function = target,
            }
        }
        _ => {}
    }
}

/// Whether a value given to a wrapper is what answers.
fn answers(index: &CodeIndex, place: usize, value: &Value, around: &Call) -> bool {
    let Some(file) = index.files.get(place) else { return false };
    match value {
        Value::Function(_) => true,
        Value::Path(path) => {
            function(index, place, path, around.function).is_some()
                || matches!(file.assigned(path, around.function).map(|set| &set.value), Some(Value::Call(id))
                    if file.call(*id).is_some_and(|call| matches!(call.method(), "HandlerFunc" | "ThenFunc")))
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            matches!(call.method(), "HandlerFunc" | "Then" | "ThenFunc")
                || call.arguments.iter().any(|argument| answers_plainly(index, place, &argument.value, call))
        }),
        _ => false,
    }
}

fn answers_plainly(index: &CodeIndex, place: usize, value: &Value, around: &Call) -> bool {
    match value {
        Value::Function(_) => true,
        Value::Path(path) => function(index, place, path, around.function).is_some(),
        Value::Call(id) => index
            .files
            .get(place)
            .and_then(|file| file.call(*id))
            .is_some_and(|call| matches!(call.method(), "HandlerFunc" | "ThenFunc")),
        _ => false,
    }
}
