//! Checks of Ruby's controllers that stand in another method: what runs before an action, and what was put into an
//! instance variable after a look.

use super::guards::Look;
use crate::probe::source::code::{Block, Call, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// Whether `path` was checked before `function` is run at all.
pub(super) fn checked(look: &Look<'_>, function: FunctionId) -> bool {
    look.file.language == Language::Ruby && (by_filter(look, function) || where_set(look, function))
}

/// `before_action :ensure_valid_column`: a filter that answers keeps the action from being run.
fn by_filter(look: &Look<'_>, function: FunctionId) -> bool {
    let file = look.file;
    let filters = file.calls.iter().filter(|call| {
        matches!(call.method(), "before_action" | "prepend_before_action" | "before_filter")
            && applies(file, call, function)
    });
    let names: Vec<&str> = filters.flat_map(names).collect();
    if names.is_empty() {
        return false;
    }
    file.conditions.iter().any(|condition| {
        let of_filter = file.enclosing(condition.function).any(|(id, around)| {
            around.name.as_deref().is_some_and(|name| names.contains(&name)) && !file.within(function, id)
        });
        of_filter && answers(file, &condition.then) && look.proves(&condition.test, condition.function, false, 0)
    })
}

/// The names of the methods that a filter runs.
fn names(call: &Call) -> impl Iterator<Item = &str> {
    call.arguments.iter().filter(|argument| argument.name.is_none()).filter_map(|argument| argument.value.text())
}

/// Whether a filter runs before what stands in `function`; `only` and `except` choose among actions.
fn applies(file: &FileFacts, call: &Call, function: FunctionId) -> bool {
    if call.named("except").is_some() || call.named("if").is_some() || call.named("unless").is_some() {
        return false;
    }
    let Some(only) = call.named("only") else { return true };
    let among = |name: &str| match only {
        Value::Array(items) => items.iter().any(|item| item.text() == Some(name)),
        item => item.text() == Some(name),
    };
    file.enclosing(function).any(|(_, around)| around.name.as_deref().is_some_and(among))
}

/// Whether a filter ends the request here: it answers, or leaves with an error.
fn answers(file: &FileFacts, block: &Block) -> bool {
    block.throws
        || file.calls_of(block).any(|(_, call)| {
            let method = call.method();
            matches!(method, "head" | "render" | "redirect_to" | "raise" | "deny_access" | "not_found")
                || method.starts_with("render_")
        })
}

/// `@dir = "asc" unless DIRECTIONS.include?(@dir)`: wherever it is set from something, it is looked at there.
fn where_set(look: &Look<'_>, function: FunctionId) -> bool {
    let file = look.file;
    if !look.path.starts_with("this.") {
        return false;
    }
    let written = |value: &Value| matches!(value, Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null);
    let mut sets = file.assignments_to(look.path).filter(|set| !written(&set.value)).peekable();
    sets.peek().is_some()
        && sets.all(|set| {
            set.function != function
                && file.conditions.iter().any(|condition| {
                    condition.function == set.function
                        && condition.place.bytes.0 > set.place.bytes.0
                        && look.proves(&condition.test, condition.function, false, 0)
                        && (look.sets(&condition.then) || answers(file, &condition.then))
                })
        })
}
