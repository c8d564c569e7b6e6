//! Methods that nothing calls.

use crate::probe::source::code::{FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Names by which frameworks call methods.
const CALLED_BY_FRAMEWORKS: [&str; 8] =
    ["constructor", "handle", "handler", "execute", "run", "process", "perform", "default"];

/// Whether a method of a class of JavaScript stands in the project and nowhere is its name said.
pub(super) fn is_uncalled(index: &CodeIndex, file: &FileFacts, function: FunctionId) -> bool {
    if !file.language.is_ecma() {
        return false;
    }
    let Some((_, method)) = file.enclosing(function).filter(|(_, around)| around.class.is_some()).last() else {
        return false;
    };
    let Some(name) = method.name.as_deref() else { return false };
    let class = file.classes.iter().find(|class| method.class.as_deref() == Some(&*class.name));
    let plain = class.is_some_and(|class| class.bases.is_empty() && class.decorators.is_empty());
    plain
        && method.kind == FunctionKind::Plain
        && method.decorators.is_empty()
        && !CALLED_BY_FRAMEWORKS.contains(&name)
        && index.places_of(name).next().is_none()
        && !index.files.iter().any(|other| says(other, name))
}

/// Whether a file hands a function of this name on: `router.post("/", orders.create)`, `const { create } = orders`.
fn says(file: &FileFacts, name: &str) -> bool {
    let is_it = |path: &str| path.rsplit('.').next() == Some(name);
    let mut found = file.accesses.iter().any(|access| is_it(&access.path));
    let mut see = |value: &Value| {
        found |= match value {
            Value::Path(path) | Value::Text(path) => is_it(path),
            Value::Member(pair) => &*pair.1 == name,
            _ => false,
        }
    };
    file.calls.iter().flat_map(|call| &call.arguments).for_each(|argument| argument.value.walk(&mut see));
    file.assignments.iter().for_each(|set| set.value.walk(&mut see));
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(|value| value.walk(&mut see));
    found
}
