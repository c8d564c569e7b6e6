//! Searches that nobody has to say anything for.

use crate::probe::source::code::{FunctionId, Value, root};
use crate::probe::source::facts::FileFacts;

/// How many assignments to the term are looked at.
const MAX_ASSIGNMENTS: usize = 50;

/// Whether a missing term is taken for an empty one, which every row holds: `req.query.q ?? ''`, `args.get("q", "")`.
pub(super) fn is_answered(file: &FileFacts, term: &Value, function: FunctionId) -> bool {
    let mut names: Vec<&str> = Vec::new();
    let mut found = false;
    term.walk(&mut |value| {
        found |= is_empty(file, value);
        if let Value::Path(path) = value {
            names.push(root(path));
        }
    });
    let around: Vec<FunctionId> = file.enclosing(function).map(|(id, _)| id).collect();
    found
        || names.iter().any(|name| {
            let set = file.assignments_to(name).filter(|a| around.contains(&a.function)).take(MAX_ASSIGNMENTS);
            set.into_iter().any(|assignment| {
                let mut empty = false;
                assignment.value.walk(&mut |value| empty |= is_empty(file, value));
                empty
            })
        })
}

/// An empty text, or what gives one where nothing was sent.
fn is_empty(file: &FileFacts, value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            matches!(call.method(), "get" | "DefaultQuery" | "input" | "query")
                && call.argument(1).and_then(Value::text) == Some("")
        }),
        _ => false,
    }
}
