//! What the functions of JavaScript and TypeScript are for.

use super::HTTP_METHODS;
use crate::probe::source::code::{Function, FunctionKind, Value, root};
use crate::probe::source::facts::FileFacts;

const NEXT_METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What a function is for.
pub(super) fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    let name = function.name.as_deref().unwrap_or("");
    if let Some(call) = function.argument_of.and_then(|id| file.call(id)) {
        match call.method() {
            "useEffect" | "useLayoutEffect" | "useInsertionEffect" | "onMounted" | "onMount" | "onActivated"
            | "watchEffect" | "$effect" => {
                return FunctionKind::Effect;
            }
            "defineEventHandler" | "eventHandler" | "defineCachedEventHandler" => return FunctionKind::Handler,
            "process" | "createFunction" | "schedule" | "defineJob" | "task" | "Worker" | "CronJob" => {
                return FunctionKind::Job;
            }
            "query" | "mutation" if has_parameter(function, &["ctx", "input"]) => return FunctionKind::Handler,
            method if HTTP_METHODS.contains(&method) || method == "use" => {
                let route = call.argument(0).and_then(Value::leading_text);
                let router = root(&call.callee);
                let looks_like_router = ["app", "router", "server", "fastify", "api", "route", "routes", "express"]
                    .iter()
                    .any(|word| router.to_ascii_lowercase().contains(word));
                if route.is_some_and(|route| route.starts_with('/') || route == "*")
                    || takes_request(function)
                    || (looks_like_router && method == "use")
                {
                    return FunctionKind::Handler;
                }
            }
            _ => {}
        }
    }
    if function.decorators.iter().any(|decorator| {
        matches!(
            decorator.method(),
            "Get" | "Post" | "Put" | "Patch" | "Delete" | "All" | "Head" | "Query" | "Mutation" | "MessagePattern"
        )
    }) {
        return FunctionKind::Handler;
    }
    if function.decorators.iter().any(|decorator| matches!(decorator.method(), "Cron" | "Interval" | "Process")) {
        return FunctionKind::Job;
    }
    if takes_request(function) {
        return FunctionKind::Handler;
    }
    let top_level = function.parent == Some(0);
    if top_level && function.exported {
        let path = file.path.to_ascii_lowercase();
        if NEXT_METHODS.contains(&name)
            || matches!(name, "loader" | "action" | "getServerSideProps")
            || (name == "default" && path.contains("pages/api/"))
            || (name == "load" && path.contains(".server."))
            || file.directives.iter().any(|directive| &**directive == "use server")
        {
            return FunctionKind::Handler;
        }
    }
    if function.server_action {
        return FunctionKind::Handler;
    }
    let capital = name.starts_with(|c: char| c.is_ascii_uppercase());
    let hook = name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    if (file.jsx && capital) || hook {
        return FunctionKind::Component;
    }
    // Vue's options.
    if name == "mounted" && file.path.ends_with(".vue") {
        return FunctionKind::Effect;
    }
    if matches!(name, "componentDidMount" | "ngOnInit" | "ngAfterViewInit" | "connectedCallback")
        && function.class.is_some()
    {
        return FunctionKind::Effect;
    }
    FunctionKind::Plain
}

/// `(req, res)` and its likes.
fn takes_request(function: &Function) -> bool {
    let names: Vec<&str> =
        function.parameters.iter().take(4).filter_map(|p| p.names.first()).map(|(name, _)| &**name).collect();
    let request = |name: &&str| matches!(name.trim_start_matches('_'), "req" | "request");
    let response = |name: &&str| matches!(name.trim_start_matches('_'), "res" | "response" | "reply" | "resp");
    (names.iter().any(request) && names.iter().any(response))
        || function.parameters.first().is_some_and(|p| {
            matches!(
                &*p.annotation,
                "Request" | "NextRequest" | "NextApiRequest" | "FastifyRequest" | "IncomingMessage"
            )
        })
}

fn has_parameter(function: &Function, wanted: &[&str]) -> bool {
    function.parameters.iter().flat_map(|p| &p.names).any(|(name, _)| wanted.contains(&&**name))
}
