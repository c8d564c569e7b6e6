//! What the functions of Java are for.

use super::HTTP_METHODS;
use crate::probe::source::code::{Function, FunctionKind, Value};
use crate::probe::source::facts::FileFacts;

/// Annotations of methods that answer requests: Spring, JAX-RS, Micronaut, GraphQL.
const ROUTES: [&str; 24] = [
    "RequestMapping",
    "GetMapping",
    "PostMapping",
    "PutMapping",
    "PatchMapping",
    "DeleteMapping",
    "MessageMapping",
    "SubscribeMapping",
    "QueryMapping",
    "MutationMapping",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "Get",
    "Post",
    "Put",
    "Patch",
    "Delete",
    "Query",
    "Mutation",
];

/// What a function is for.
pub(super) fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    let name = function.name.as_deref().unwrap_or("");
    for decorator in &function.decorators {
        let method = decorator.method();
        // Spring Data writes the text of a query in `@Query`, on a method without a body.
        let has_body = function.body.statements > 0;
        if ROUTES.contains(&method) && (has_body || !matches!(method, "Query" | "Get" | "Post" | "Put" | "Delete")) {
            return FunctionKind::Handler;
        }
        if matches!(
            method,
            "Scheduled" | "Schedules" | "KafkaListener" | "RabbitListener" | "JmsListener" | "SqsListener" | "Incoming"
        ) {
            return FunctionKind::Job;
        }
    }
    let takes = |kinds: &[&str]| function.parameters.iter().any(|parameter| kinds.contains(&&*parameter.annotation));
    if matches!(name, "doGet" | "doPost" | "doPut" | "doDelete" | "doPatch" | "service" | "doFilter" | "handleRequest")
        && takes(&["HttpServletRequest", "ServletRequest", "APIGatewayProxyRequestEvent"])
    {
        return FunctionKind::Handler;
    }
    let Some(call) = function.argument_of.and_then(|id| file.call(id)) else { return FunctionKind::Plain };
    let method = call.method();
    let route = call.argument(0).and_then(Value::leading_text).is_some_and(|route| route.starts_with('/'));
    if HTTP_METHODS.contains(&method.to_ascii_lowercase().as_str()) && route {
        return FunctionKind::Handler;
    }
    if matches!(method, "Thread" | "runAsync" | "scheduleAtFixedRate" | "scheduleWithFixedDelay" | "schedule") {
        return FunctionKind::Job;
    }
    FunctionKind::Plain
}
