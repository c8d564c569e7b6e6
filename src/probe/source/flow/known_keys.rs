//! Keys that were looked up before they are used: what finds nothing is refused, so that only known keys get through.

use crate::probe::source::code::{Call, Comparison, Function, FunctionId, Part, Value, root};
use crate::probe::source::database_calls::Action;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// How many calls of one function are looked at.
const MAX_CALLS: usize = 200;

/// Whether `path`, which is tested, is what looking up a key gave. `is_key` tells the key.
pub(super) fn found(
    index: Option<&CodeIndex>,
    file: &FileFacts,
    path: &str,
    function: FunctionId,
    is_key: &dyn Fn(&Value) -> bool,
) -> bool {
    let Some(set) = file.assigned(root(path), function) else { return false };
    let given = match &set.value {
        Value::Either(values) => values.first(),
        value => Some(value),
    };
    match given {
        // `const template = TEMPLATES[key]`
        Some(Value::Index(pair)) => pair.0.path().is_some() && is_key(&pair.1),
        Some(Value::Call(id)) => {
            let Some(call) = file.call(*id) else { return false };
            is_find(file, call, is_key)
                || (call.arguments.iter().any(|argument| mentions(&argument.value, is_key))
                    && (is_get(file, call)
                        || index.is_some_and(|index| {
                            index.query(file, *id).is_some_and(|query| query.action == Action::Read)
                                || is_lookup(index, file, call, is_key)
                        })))
        }
        _ => false,
    }
}

fn mentions(value: &Value, is_key: &dyn Fn(&Value) -> bool) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= is_key(value));
    found
}

/// `TEMPLATES.get(key)` of a map that is made here.
fn is_get(file: &FileFacts, call: &Call) -> bool {
    let made = file.assigned(call.object(), call.function).map(|set| &set.value);
    call.method() == "get"
        && made.is_some_and(|made| match made {
            Value::Call(id) => file.call(*id).is_some_and(|made| made.constructs && made.method() == "Map"),
            Value::Object(_) => true,
            _ => false,
        })
}

/// `templates.find((template) => template.id === key)`
fn is_find(file: &FileFacts, call: &Call, is_key: &dyn Fn(&Value) -> bool) -> bool {
    let Some(Value::Function(id)) = call.argument(0).filter(|_| matches!(call.method(), "find" | "findIndex")) else {
        return false;
    };
    file.function(*id).is_some_and(|function| {
        function.body.returns.iter().any(|value| match value {
            Value::Compared(Comparison::Equal, pair) => is_key(&pair.0) || is_key(&pair.1),
            _ => false,
        })
    })
}

/// Whether `call` gives the key to a function of the project that looks for it among what it knows, and opens nothing
/// that the key names.
fn is_lookup(index: &CodeIndex, file: &FileFacts, call: &Call, is_key: &dyn Fn(&Value) -> bool) -> bool {
    let Some(place) = call.arguments.iter().position(|argument| is_key(&argument.value)) else { return false };
    let Some(target) = index.called(file, call) else { return false };
    let Some(function) = target.file.function(target.function) else { return false };
    let Some((name, below)) = function.parameters.get(place).and_then(|parameter| parameter.names.first()) else {
        return false;
    };
    below.is_empty() && looks_for(target.file, target.function, function, name)
}

fn looks_for(file: &FileFacts, id: FunctionId, function: &Function, name: &str) -> bool {
    let is_it = |value: &Value| value.path() == Some(name);
    let mut looks = false;
    for (_, call) in file.calls_of(&function.body).take(MAX_CALLS) {
        let given = |value: &Value| mentions(value, &is_it);
        let method = call.method();
        if call.arguments.iter().any(|argument| given(&argument.value)) {
            let lower = method.to_ascii_lowercase();
            if ["read", "open", "exists", "stat", "require", "import", "write", "fetch"]
                .iter()
                .any(|verb| lower.starts_with(verb))
            {
                return false;
            }
            let first = call.argument(0);
            looks |= match method {
                "has" | "includes" | "hasOwnProperty" | "hasOwn" | "in_array" | "key?" | "include?" => true,
                // `entry.startsWith(`${key}_`)` of what a folder lists.
                "startsWith" | "startswith" | "start_with?" => first.is_some_and(|value| match value {
                    Value::Template(parts) => {
                        matches!(parts.first(), Some(Part::Expression(_, first)) if is_it(first))
                    }
                    value => is_it(value),
                }),
                _ => false,
            };
        }
    }
    let around = |inner: FunctionId| file.within(inner, id);
    looks
        || file.conditions.iter().filter(|condition| around(condition.function)).any(|condition| {
            matches!(&condition.test, Value::Compared(Comparison::Equal, pair) if is_it(&pair.0) != is_it(&pair.1) && !matches!(pair.0, Value::Null | Value::Text(_)) && !matches!(pair.1, Value::Null | Value::Text(_)))
        })
}
