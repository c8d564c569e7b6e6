//! What the functions of Python are for.

use super::HTTP_METHODS;
use crate::probe::source::code::{Function, FunctionKind};
use crate::probe::source::facts::FileFacts;

/// What a function is for.
pub(super) fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    for decorator in &function.decorators {
        let last = decorator.method();
        if last == "route"
            || last == "api_view"
            || (decorator.name.contains('.') && (HTTP_METHODS.contains(&last) || last == "websocket"))
        {
            return FunctionKind::Handler;
        }
        if matches!(last, "task" | "shared_task" | "periodic_task" | "job" | "actor") {
            return FunctionKind::Job;
        }
    }
    let names: Vec<&str> =
        function.parameters.iter().take(2).filter_map(|p| p.names.first()).map(|(name, _)| &**name).collect();
    let view_file =
        file.path.contains("views") || file.path.contains("api") || file.imports_any(|m| m.contains("http"));
    match names.as_slice() {
        ["request", ..] if view_file => FunctionKind::Handler,
        ["self", "request"] => FunctionKind::Handler,
        ["self"] | ["self", _]
            if function
                .class
                .as_deref()
                .is_some_and(|class| class.ends_with("Handler") || class.ends_with("Resource"))
                && function.name.as_deref().is_some_and(|name| HTTP_METHODS.contains(&name)) =>
        {
            FunctionKind::Handler
        }
        _ => FunctionKind::Plain,
    }
}
