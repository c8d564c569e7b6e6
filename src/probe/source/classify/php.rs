//! What the functions of PHP are for.

use super::HTTP_METHODS;
use crate::probe::source::code::{Class, Function, FunctionKind, Value, root};
use crate::probe::source::facts::{FileFacts, Role};

/// Where PHP puts what a client sent.
const SUPERGLOBALS: [&str; 5] = ["_GET", "_POST", "_REQUEST", "_COOKIE", "_FILES"];

/// Attributes that make a route of a method.
const ROUTES: [&str; 10] = ["Route", "Get", "Post", "Put", "Patch", "Delete", "Any", "Head", "Options", "ApiRoute"];

/// Types of a request that a handler is given.
const REQUESTS: [&str; 4] = ["Request", "ServerRequestInterface", "ServerRequest", "RequestInterface"];

/// A script that reads what a client sent answers a request where it stands; what a `require` brings in does not tell.
pub(super) fn top_level(file: &FileFacts) -> FunctionKind {
    let reads = file.accesses.iter().any(|access| {
        access.function == 0
            && (SUPERGLOBALS.contains(&root(&access.path)) || &*access.path == "_SERVER.REQUEST_METHOD")
    });
    let given = || {
        file.calls.iter().any(|call| {
            call.function == 0
                && call.arguments.iter().any(|a| a.value.path().is_some_and(|path| SUPERGLOBALS.contains(&path)))
        })
    };
    if file.role == Role::Server && (reads || given()) { FunctionKind::Handler } else { FunctionKind::Plain }
}

/// What a function is for.
pub(super) fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    let name = function.name.as_deref().unwrap_or("");
    if function.decorators.iter().any(|decorator| ROUTES.contains(&decorator.method())) {
        return FunctionKind::Handler;
    }
    if let Some(call) = function.argument_of.and_then(|id| file.call(id)) {
        let routes = HTTP_METHODS.contains(&call.method()) || matches!(call.method(), "any" | "match" | "map" | "add");
        let router = call.root().to_ascii_lowercase();
        let of_router = ["route", "app", "router", "group", "api", "routes", "r"].contains(&&*router);
        let path = |value: &Value| {
            let text = value.leading_text();
            // Laravel's paths need no slash at their start.
            text.is_some_and(|text| text.starts_with('/') || router == "route") || matches!(value, Value::Array(_))
        };
        if routes && of_router && call.arguments.iter().take(2).any(|argument| path(&argument.value)) {
            return FunctionKind::Handler;
        }
        if matches!(call.method(), "call" | "job") && root(&call.callee) == "Schedule" {
            return FunctionKind::Job;
        }
        if matches!(call.method(), "fallback") && router == "route" {
            return FunctionKind::Handler;
        }
        return FunctionKind::Plain;
    }
    let Some(class) = function.class.as_deref() else {
        return if function.exported && takes_request(function) { FunctionKind::Handler } else { FunctionKind::Plain };
    };
    let declared = file.classes.iter().find(|found| *found.name == *class);
    if name == "handle" && declared.is_some_and(|class| is_job(file, class)) {
        return FunctionKind::Job;
    }
    if name == "__invoke" && declared.is_some_and(|c| c.decorators.iter().any(|d| d.method() == "AsMessageHandler")) {
        return FunctionKind::Job;
    }
    if !function.exported || file.role != Role::Server {
        return FunctionKind::Plain;
    }
    let magic = name.starts_with("__") && name != "__invoke";
    let set_up = matches!(name, "middleware" | "boot" | "initialize" | "beforeFilter" | "getSubscribedServices");
    let controller = class.ends_with("Controller")
        || declared.is_some_and(|c| c.bases.iter().any(|base| base.ends_with("Controller")));
    // What all controllers share is no action.
    let shared = matches!(class, "Controller" | "BaseController" | "AbstractController" | "ApiController");
    if controller && !shared && !magic && !set_up {
        return FunctionKind::Handler;
    }
    // Middleware, actions and PSR-15 handlers.
    if takes_request(function)
        && matches!(name, "handle" | "process" | "__invoke" | "invoke" | "execute" | "asController")
    {
        return FunctionKind::Handler;
    }
    FunctionKind::Plain
}

fn takes_request(function: &Function) -> bool {
    function.parameters.iter().take(3).any(|parameter| {
        REQUESTS.contains(&&*parameter.annotation)
            || (parameter.annotation.ends_with("Request") && !parameter.annotation.contains(['|', '\\']))
    })
}

/// A class whose `handle` a queue calls.
fn is_job(file: &FileFacts, class: &Class) -> bool {
    class
        .bases
        .iter()
        .any(|base| matches!(&**base, "ShouldQueue" | "ShouldQueueAfterCommit" | "MessageHandlerInterface"))
        || (file.path.contains("/Jobs/")
            && class.bases.iter().any(|base| base.ends_with("Job") || &**base == "Dispatchable"))
}
