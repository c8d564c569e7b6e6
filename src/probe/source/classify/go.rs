//! What the functions of Go are for.

use crate::probe::source::code::{Function, FunctionKind, Parameter, Value};
use crate::probe::source::facts::FileFacts;

/// What a function is for.
pub(super) fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    let given_to = function.argument_of.and_then(|id| file.call(id)).map_or("", |call| call.method());
    if answers(function) {
        return FunctionKind::Handler;
    }
    let works_off = |parameter: &Parameter| {
        let kind = &*parameter.annotation;
        matches!(kind, "*asynq.Task" | "amqp.Delivery" | "*sqs.Message" | "*pubsub.Message" | "kafka.Message")
            || kind.starts_with("*river.Job[")
    };
    if matches!(given_to, "go" | "AddFunc" | "AddJob" | "AfterFunc") || function.parameters.iter().any(works_off) {
        return FunctionKind::Job;
    }
    FunctionKind::Plain
}

/// Whether it takes what a router hands to handlers, and gives back what they give back.
fn answers(function: &Function) -> bool {
    let has = |kind: &str| function.parameters.iter().any(|parameter| &*parameter.annotation == kind);
    if has("http.ResponseWriter") && has("*http.Request") {
        return true;
    }
    let takes_context = function.parameters.iter().take(2).any(|parameter| {
        matches!(
            &*parameter.annotation,
            "*gin.Context"
                | "echo.Context"
                | "*echo.Context"
                | "*fiber.Ctx"
                | "fiber.Ctx"
                | "*fasthttp.RequestCtx"
                | "iris.Context"
                | "*context.Context"
                | "*context.APIContext"
                | "*macaron.Context"
                | "*beego.Controller"
        )
    });
    // A helper that takes the context gets or gives something more.
    if has("error") {
        return false;
    }
    if takes_context {
        return function.body.returns.iter().all(|value| !gives(value));
    }
    is_remote_procedure(function)
}

/// Whether a value is more than an error or nothing.
fn gives(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::Template(_) | Value::Number(_) | Value::Bool(_) | Value::Object(_) => true,
        Value::Array(values) => values.len() > 1,
        _ => false,
    }
}

/// `func (s *Service) CreateMemo(ctx context.Context, request *pb.CreateMemoRequest) (*pb.Memo, error)`.
fn is_remote_procedure(function: &Function) -> bool {
    let [context, request] = function.parameters.as_slice() else { return false };
    let kind = &*request.annotation;
    let serves = |class: &str| ["Service", "Server", "Handler"].iter().any(|end| class.ends_with(end));
    &*context.annotation == "context.Context"
        && kind.starts_with('*')
        && kind.contains('.')
        && (kind.ends_with("Request") || kind.starts_with("*connect.Request["))
        && function.class.as_deref().is_some_and(serves)
        && function.exported
}
