//! Limiters that no route names: plugins for a whole server, middleware of another file, a proxy before the app.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::index::Question;
use crate::probe::source::routes::names;
use crate::probe::source::rules::request_work;

static SOMEWHERE: Question = Question { name: "limiter somewhere", any: stands_in };
static BEFORE_ALL: Question = Question { name: "limiter before all", any: stands_before_all };

/// Whether a limiter stands anywhere in the project, or before it.
pub(super) fn somewhere(index: &CodeIndex) -> bool {
    index.answer(&SOMEWHERE)
        || index.plain.iter().any(|plain| plain.text.contains("limit_req ") || plain.text.contains("rack-attack"))
}

/// Whether all of a server is limited: Fastify's plugin counts for every route unless told otherwise, and so does what
/// Express uses without a path.
pub(super) fn before_all(index: &CodeIndex) -> bool {
    index.answer(&BEFORE_ALL)
}

fn stands_before_all(file: &FileFacts) -> bool {
    let fastify = || file.imports_any(|module| matches!(module, "@fastify/rate-limit" | "fastify-rate-limit"));
    file.role != Role::Test
        && (fastify() && !is_switched_off(file)
            || file.language.is_ecma() && file.calls.iter().any(|call| uses(file, call)))
}

/// `{ global: false }`
fn is_switched_off(file: &FileFacts) -> bool {
    let off = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| found |= value.get("global") == Some(&Value::Bool(false)));
        found
    };
    file.assignments.iter().any(|set| off(&set.value))
        || file.calls.iter().any(|call| call.arguments.iter().any(|argument| off(&argument.value)))
        || file.functions.iter().any(|function| function.body.returns.iter().any(off))
}

/// `app.use(limiter)`
fn uses(file: &FileFacts, call: &Call) -> bool {
    let app = matches!(call.object().rsplit('.').next(), Some("app" | "server" | "express"));
    let first = call.argument(0).filter(|_| app && call.method() == "use");
    let given = match first {
        Some(Value::Text(path)) if matches!(&**path, "/" | "*" | "/*") => call.argument(1),
        other => other,
    };
    given.is_some_and(|given| match file.resolved(given, call.function) {
        Value::Path(path) => {
            let name = path.rsplit('.').next().unwrap_or(path);
            names::limits_rate(name) || file.binding(path).is_some_and(|binding| is_limiter(&binding.module))
        }
        Value::Call(id) => file.call(*id).is_some_and(|made| {
            request_work::limits(file, made) || file.binding(made.root()).is_some_and(|b| is_limiter(&b.module))
        }),
        _ => false,
    })
}

fn is_limiter(module: &str) -> bool {
    let lower = module.to_ascii_lowercase();
    [
        "rate-limit",
        "ratelimit",
        "rate_limit",
        "limiter",
        "throttl",
        "slowapi",
        "bucket4j",
        "resilience4j",
        "rack/attack",
        "rack-attack",
        "tollbooth",
        "httprate",
        "arcjet",
        "express-brute",
        "express-slow-down",
    ]
    .iter()
    .any(|name| lower.contains(name))
}

fn stands_in(file: &FileFacts) -> bool {
    let throttles = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            found |= value.text().is_some_and(|text| text.starts_with("throttle:") || text.contains("Throttle"));
        });
        found
    };
    matches!(file.role, Role::Server | Role::Config)
        && (file.imports_any(is_limiter)
            || file.assignments.iter().any(|set| throttles(&set.value))
            || file.calls.iter().any(|call| {
                request_work::limits(file, call)
                    || names::limits_rate(call.root())
                    || call.arguments.iter().any(|argument| throttles(&argument.value))
            }))
}
