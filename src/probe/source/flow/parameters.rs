//! What the parameters of functions are given: by a framework, or by those who call them.

use super::request::{is_part, is_request_type, is_stored};
use super::types;
use crate::probe::source::code::{Function, FunctionKind, Parameter, Value, root};
use crate::probe::source::facts::{FileFacts, Language};

/// What a parameter is that nothing else is known about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// What a client sent.
    Request,
    /// Nothing of a client's choice, or a helper.
    Fixed,
    /// A part of a request is read on it, or it is a helper.
    Unknown,
    /// What callers pass.
    ByCallers,
}

/// What `name`, which `parameter` of `function` binds below `path`, is given.
pub(super) fn given(file: &FileFacts, function: &Function, parameter: &Parameter, name: &str, path: &str) -> Given {
    if types::is_harmless(&parameter.annotation) {
        return Given::Fixed;
    }
    if let Some(known) = by_decorator(parameter, file) {
        return known;
    }
    if function.kind != FunctionKind::Handler {
        let page = file.language.is_ecma()
            && function.kind == FunctionKind::Component
            && matches!(root(path), "searchParams")
            && function.exported;
        return if page { Given::Request } else { Given::ByCallers };
    }
    if types::is_tool(&parameter.annotation) {
        return Given::Unknown;
    }
    match file.language {
        Language::Python => {
            // What a route's placeholder gives is a text, which has no fields: this is an object of the app.
            let object = !path.is_empty()
                && path != name
                && !file.imports_any(|module| {
                    matches!(
                        module.split('.').next(),
                        Some("fastapi" | "ninja" | "pydantic" | "litestar" | "starlette")
                    )
                });
            if object || name == "args" { Given::Unknown } else { of_python_handler(file, function, parameter, name) }
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            let action = function.server_action
                || (file.directives.iter().any(|found| &**found == "use server") && function.exported);
            // `({ body, params })`, `({ input })`, a server action's arguments.
            let stored = is_stored(&path.split('.').collect::<Vec<_>>());
            if (is_part(root(path)) && !stored) || (action && path.is_empty()) {
                Given::Request
            } else {
                Given::Unknown
            }
        }
        // The names of a route's placeholders, and of what a framework binds.
        Language::Php | Language::Java => {
            // A method that its own class calls is no action, or not only.
            if file.language == Language::Php && is_called_by_class(file, function) {
                return Given::ByCallers;
            }
            // An annotation that says nothing of a request: `@AuthenticationPrincipal`.
            let annotated = file.language == Language::Java && parameter.default.is_some();
            let helper = annotated
                || is_request_type(Some(parameter))
                || (file.language == Language::Php
                    && parameter.annotation.starts_with(|c: char| c.is_ascii_uppercase() || c == '\\'));
            if helper { Given::Unknown } else { Given::Request }
        }
        Language::Go | Language::Ruby | Language::Template => Given::Unknown,
    }
}

fn is_called_by_class(file: &FileFacts, function: &Function) -> bool {
    let Some(name) = function.name.as_deref() else { return false };
    file.calls.iter().any(|call| call.method() == name && call.object() == "this")
}

/// Whether a parameter of a handler is one part of the address between two `/`: `/files/{name}` of FastAPI and Flask,
/// `@PathVariable` of Spring, what Django, Laravel and Symfony bind.
pub(super) fn is_part_of_address(file: &FileFacts, function: &Function, parameter: &Parameter, name: &str) -> bool {
    match file.language {
        Language::Python => {
            let routes = || {
                let calls = function.decorators.iter().filter_map(|decorator| decorator.call);
                calls.filter_map(|id| file.call(id)).filter_map(|call| call.argument(0).and_then(Value::text))
            };
            let whole =
                |route: &str| route.contains(&format!("{{{name}:path}}")) || route.contains(&format!("<path:{name}>"));
            let part = |route: &str| {
                route.contains(&format!("{{{name}}}"))
                    || route.contains(&format!("<{name}>"))
                    || route.contains(&format!("<string:{name}>"))
            };
            (routes().any(part) || file.imports_any(|module| module.starts_with("django"))) && !routes().any(whole)
        }
        Language::Java => parameter.default.as_ref().is_some_and(|value| {
            let mut found = false;
            value.walk(&mut |value| {
                if let Value::Call(id) = value {
                    found |= file.call(*id).is_some_and(|call| matches!(call.method(), "PathVariable" | "PathParam"));
                }
            });
            found
        }),
        Language::Php => true,
        _ => false,
    }
}

fn of_python_handler(file: &FileFacts, function: &Function, parameter: &Parameter, name: &str) -> Given {
    let injected = parameter.default.as_ref().is_some_and(|default| match default {
        Value::Call(id) => file.call(*id).is_some_and(|call| matches!(call.method(), "Depends" | "Security")),
        _ => false,
    });
    if injected
        || matches!(name, "self" | "cls" | "request" | "info" | "context")
        || parameter.annotation.contains("Session")
    {
        return Given::Unknown;
    }
    // `/users/<int:id>`
    let typed =
        function.decorators.iter().filter_map(|decorator| decorator.call).filter_map(|id| file.call(id)).any(|call| {
            call.argument(0).and_then(Value::text).is_some_and(|route| {
                route.contains(&format!("<int:{name}>"))
                    || route.contains(&format!("<uuid:{name}>"))
                    || route.contains(&format!("<float:{name}>"))
            })
        });
    let django = file.imports_any(|module| module.starts_with("django"));
    if typed || (django && (name.ends_with("id") || matches!(name, "pk" | "code" | "slug" | "uuid"))) {
        return Given::Fixed;
    }
    Given::Request
}

/// What an annotation of a parameter says: `@Body()`, `@RequestParam`. It stands where a default does, as a call or
/// as several.
fn by_decorator(parameter: &Parameter, file: &FileFacts) -> Option<Given> {
    let value = parameter.default.as_ref()?;
    let calls = match value {
        Value::All(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let named = |names: &[&str]| {
        calls.iter().any(|value| match value {
            Value::Call(id) => file.call(*id).is_some_and(|call| names.contains(&call.method())),
            _ => false,
        })
    };
    let typed = calls.iter().any(|value| match value {
        // `@Param("id", ParseIntPipe)`
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            call.arguments.iter().any(|argument| {
                let name = match &argument.value {
                    Value::Path(path) => &**path,
                    Value::Call(id) => file.call(*id).map_or("", |made| &made.callee),
                    _ => "",
                };
                name.starts_with("Parse") && name.ends_with("Pipe")
            })
        }),
        _ => false,
    });
    if typed {
        return Some(Given::Fixed);
    }
    // Spring turns a parameter into what its type says: a number, a date, one of an enumeration.
    let single = ["RequestParam", "PathVariable", "RequestHeader", "CookieValue", "QueryParam", "PathParam"];
    if file.language == Language::Java && named(&single) && !types::holds_text(&parameter.annotation) {
        return Some(Given::Fixed);
    }
    let request = [
        "Body",
        "Query",
        "Param",
        "Headers",
        "UploadedFile",
        "UploadedFiles",
        "Cookies",
        "Args",
        "RequestParam",
        "PathVariable",
        "RequestBody",
        "RequestHeader",
        "CookieValue",
        "ModelAttribute",
        "RequestPart",
        "MatrixVariable",
        "QueryParam",
        "PathParam",
        "FormParam",
        "HeaderParam",
        "CookieParam",
        "BeanParam",
        "QueryValue",
        "FormDataParam",
        "RestQuery",
        "RestPath",
    ];
    match file.language {
        Language::Java | Language::JavaScript | Language::TypeScript | Language::Tsx if named(&request) => {
            Some(Given::Request)
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx
            if named(&[
                "Req",
                "Res",
                "Request",
                "Response",
                "Session",
                "CurrentUser",
                "User",
                "Ip",
                "Next",
                "HostParam",
            ]) =>
        {
            Some(Given::Unknown)
        }
        _ => None,
    }
}
