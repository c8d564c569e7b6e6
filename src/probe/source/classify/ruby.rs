//! What the functions of Ruby are for.

use std::collections::HashSet;

use super::HTTP_METHODS;
use crate::probe::source::code::{Call, CallId, Class, Function, FunctionKind, Value};
use crate::probe::source::facts::FileFacts;

/// Actions that a controller runs around others; what they are given are names of methods.
const AROUND: [&str; 14] = [
    "before_action",
    "after_action",
    "around_action",
    "prepend_before_action",
    "append_before_action",
    "skip_before_action",
    "before_filter",
    "after_filter",
    "around_filter",
    "helper_method",
    "rescue_from",
    "layout",
    "rate_limit",
    "validates",
];

/// `scope :recent, ->(days) { … }` of a model is a method of that name.
pub(super) fn name_scopes(file: &mut FileFacts) {
    let scopes: Vec<(CallId, Box<str>)> = (0..)
        .zip(&file.calls)
        .filter(|(_, call)| &*call.callee == "scope")
        .filter_map(|(id, call)| Some((id, call.argument(0).and_then(Value::text)?.into())))
        .collect();
    for (id, name) in scopes {
        let given = |function: &&mut Function| function.argument_of == Some(id) && function.name.is_none();
        if let Some(function) = file.functions.iter_mut().find(given) {
            function.name = Some(name);
        }
    }
}

/// What the functions of a file are for, in order.
pub(super) fn kinds(file: &FileFacts) -> Vec<FunctionKind> {
    let around: HashSet<&str> =
        file.calls.iter().filter(|call| AROUND.contains(&&*call.callee)).flat_map(names).collect();
    file.functions.iter().map(|function| kind(file, function, &around)).collect()
}

/// The names that a call is given: `before_action :a, :b`, `rescue_from X, with: :a`.
fn names(call: &Call) -> Vec<&str> {
    let mut found = Vec::new();
    for argument in
        call.arguments.iter().filter(|argument| !matches!(argument.name.as_deref(), Some("only" | "except")))
    {
        argument.value.walk(&mut |value| found.extend(value.text()));
    }
    found
}

fn kind(file: &FileFacts, function: &Function, around: &HashSet<&str>) -> FunctionKind {
    if function.parent.is_none() {
        return FunctionKind::Plain;
    }
    if let Some(call) = function.argument_of.and_then(|id| file.call(id)) {
        return block(file, function, call);
    }
    let (Some(class), Some(name)) = (function.class.as_deref(), function.name.as_deref()) else {
        return FunctionKind::Plain;
    };
    let last = class.rsplit('.').next().unwrap_or(class);
    let facts = file.classes.iter().find(|found| &*found.name == class);
    let in_place = file.path.contains("controllers/")
        || facts
            .is_some_and(|class| is_based_on(class, &["Controller", "ActionController.Base", "ActionController.API"]));
    if is_controller(last)
        && in_place
        && function.exported
        && !around.contains(name)
        && !name.ends_with(['?', '=', '!'])
    {
        return FunctionKind::Handler;
    }
    let based_on = |marks: &[&str]| facts.is_some_and(|class| is_based_on(class, marks));
    match name {
        "perform"
            if last.ends_with("Job") || last.ends_with("Worker") || based_on(&["Job", "Worker", "ActiveJob.Base"]) =>
        {
            FunctionKind::Job
        }
        "resolve" if based_on(&["Mutation", "Resolver", "BaseQuery", "GraphQL.Schema"]) => FunctionKind::Handler,
        "receive" | "subscribed" if based_on(&["Channel", "ApplicationCable.Channel"]) => FunctionKind::Handler,
        "call"
            if function.parameters.len() == 1
                && function.parameters.iter().any(|p| p.names.iter().any(|n| &*n.0 == "env")) =>
        {
            FunctionKind::Handler
        }
        _ => FunctionKind::Plain,
    }
}

/// A class whose public methods answer requests; what all controllers share does not.
fn is_controller(class: &str) -> bool {
    class.ends_with("Controller") && !matches!(class, "ApplicationController" | "BaseController" | "Controller")
}

fn is_based_on(class: &Class, marks: &[&str]) -> bool {
    class.bases.iter().any(|base| marks.iter().any(|mark| base.ends_with(mark)))
}

/// `get "/x" do` of Sinatra and Grape, `r.post "x" do` of Roda, `task :x do` of Rake.
fn block(file: &FileFacts, function: &Function, call: &Call) -> FunctionKind {
    let method = call.method();
    if !HTTP_METHODS.contains(&method) && !matches!(method, "route" | "is") {
        return FunctionKind::Plain;
    }
    let alone = !call.callee.contains('.');
    let roda = call.root() == "r" && call.receiver.is_none();
    let route = match call.argument(0) {
        None => roda || in_api(file, function),
        Some(Value::Text(route)) => route.starts_with('/') || roda || in_api(file, function),
        Some(Value::Template(_) | Value::Unknown | Value::Array(_)) => true,
        Some(_) => false,
    };
    if (alone || roda) && route { FunctionKind::Handler } else { FunctionKind::Plain }
}

/// Whether a block stands in a class of Grape.
fn in_api(file: &FileFacts, function: &Function) -> bool {
    let class = function.class.as_deref();
    file.classes
        .iter()
        .any(|found| Some(&*found.name) == class && is_based_on(found, &["API", "Grape.API", "API.Base"]))
}
