//! Whether what a call makes is kept for later: in a field, a module, a cache.

use crate::probe::source::code::{Call, CallId, Comparison, Value, root};
use crate::probe::source::facts::FileFacts;

/// Whether the call in place `id` is made when there is nothing yet, and its result is kept.
pub(super) fn is_kept(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let Some(function) = file.function(call.function) else { return true };
    let asks_first = file.conditions.iter().any(|condition| {
        let here = condition.function == call.function;
        let inside = condition.then.calls.0 <= id && id < condition.then.calls.1;
        let before = condition.then.leaves
            && condition.place.bytes.0 < call.place.bytes.0
            && !condition.then.returns.is_empty()
            && looks_kept(&condition.test);
        here && ((inside && asks_for_nothing(&condition.test)) || before)
    });
    if asks_first {
        return true;
    }
    let (from, to) = (function.body.assignments.0 as usize, function.body.assignments.1 as usize);
    file.assignments.get(from..to).unwrap_or_default().iter().any(|set| {
        let mut holds = false;
        set.value.walk(&mut |value| holds |= leads_to(file, value, id));
        if !holds {
            return false;
        }
        let own_default = matches!(&set.value, Value::Either(values)
            if values.iter().any(|value| matches!(value, Value::Path(path) if !path.contains('('))));
        own_default || is_lasting(file, &set.target, set.function)
    })
}

/// Whether a value is the result of the call in place `id`, or of the chain that it begins.
pub(super) fn leads_to(file: &FileFacts, value: &Value, id: CallId) -> bool {
    let Value::Call(found) = value else { return false };
    let mut next = Some(*found);
    for _ in 0..20 {
        match next {
            Some(at) if at == id => return true,
            Some(at) => next = file.call(at).and_then(|call| call.receiver).filter(|receiver| *receiver != at),
            None => return false,
        }
    }
    false
}

/// Whether a name lives longer than the function that sets it.
fn is_lasting(file: &FileFacts, target: &str, function: u32) -> bool {
    let first = root(target);
    if target.contains(['.', '[']) {
        return !matches!(first, "req" | "request" | "res" | "ctx" | "c");
    }
    is_shared(file, target, function) || target.starts_with('$') || target.to_ascii_lowercase().starts_with("cached")
}

/// Whether a name that `function` sets belongs to a function around it or to the module: it is set there, or others use
/// it that do not set it themselves.
pub(super) fn is_shared(file: &FileFacts, name: &str, function: u32) -> bool {
    let set_in = |id: u32| file.assignments_to(name).any(|set| set.function == id);
    if file.enclosing(function).skip(1).any(|(id, _)| set_in(id)) {
        return true;
    }
    file.calls.iter().filter(|call| call.root() == name && !file.within(call.function, function)).any(|call| {
        !file.enclosing(call.function).any(|(id, scope)| {
            set_in(id) || scope.parameters.iter().any(|p| p.names.iter().any(|(bound, _)| **bound == *name))
        })
    })
}

/// `!client`, `client == null`, `"db" not in g`, `client is None`.
fn asks_for_nothing(test: &Value) -> bool {
    let mut found = false;
    test.walk(&mut |value| {
        found |= match value {
            Value::Not(_) | Value::Compared(Comparison::NotIn, _) => true,
            Value::Compared(Comparison::Equal, pair) => matches!(pair.1, Value::Null) || matches!(pair.0, Value::Null),
            _ => false,
        }
    });
    found
}

/// `if (cached) return cached`, `if (db !== null) return db`
fn looks_kept(test: &Value) -> bool {
    match test {
        Value::Path(path) => !is_of_request(path),
        Value::Compared(Comparison::NotEqual, pair) => {
            matches!(pair.1, Value::Null) && pair.0.path().is_some_and(|path| !is_of_request(path))
        }
        Value::All(values) => values.first().is_some_and(looks_kept),
        _ => false,
    }
}

fn is_of_request(path: &str) -> bool {
    matches!(root(path), "req" | "request" | "params" | "err" | "error" | "res")
}
