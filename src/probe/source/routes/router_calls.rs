//! Routers that are called, as Express, Koa, Fastify and Hono have them: which names are routers, and what one call says.

use super::names::words;
use super::{Cover, Guard, Verb, guard_of, named_guard, names, resolve};
use crate::probe::source::code::{Call, CallId, Function, FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::libraries::is_of;

/// A router: the places of its file and of the function in which its name holds, and the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Router {
    pub file: usize,
    pub scope: FunctionId,
    pub name: Box<str>,
}

/// What a call on a router does.
#[derive(Debug)]
pub(super) enum Event {
    /// It puts something before what follows.
    Use { prefix: String, guards: Vec<Guard>, mounts: Vec<Router> },
    /// It declares a route.
    Route { verb: Verb, path: String, guards: Vec<Guard>, handler: Option<(usize, FunctionId)>, unknown: bool },
}

const MODULES: [&str; 22] = [
    "express",
    "express-promise-router",
    "koa",
    "koa-router",
    "@koa/router",
    "hono",
    "@hono/",
    "fastify",
    "elysia",
    "polka",
    "restify",
    "itty-router",
    "find-my-way",
    "@tinyhttp/app",
    "h3",
    "router",
    "express-async-router",
    "@hapi/hapi",
    "@feathersjs/express",
    "hyper-express",
    "ultimate-express",
    "@oak/oak",
];

/// How many links of a chain are followed.
const MAX_LINKS: usize = 400;

fn makes_router(file: &FileFacts, call: &Call) -> bool {
    matches!(
        call.method(),
        "express"
            | "Router"
            | "Hono"
            | "OpenAPIHono"
            | "fastify"
            | "Fastify"
            | "Koa"
            | "KoaRouter"
            | "Elysia"
            | "polka"
            | "createServer"
            | "Application"
            | "App"
            | "PromiseRouter"
            | "createRouter"
            | "server"
    ) && (file.binding(call.root()).is_some_and(|binding| MODULES.iter().any(|name| is_of(&binding.module, name)))
        || &*call.callee == "require().Router")
        || &*call.callee == "require"
            && call.chained.is_some()
            && call
                .argument(0)
                .and_then(Value::text)
                .is_some_and(|module| MODULES.iter().any(|name| is_of(module, name)))
}

fn is_router_parameter(function: &Function, name: &str) -> bool {
    function.parameters.iter().any(|parameter| {
        parameter.names.iter().any(|(found, below)| **found == *name && matches!(&**below, "" | "app" | "router"))
            && (matches!(
                name,
                "app" | "router" | "fastify" | "server" | "instance" | "routes" | "expressApp" | "apiRouter"
            ) || ["Express", "Application", "Router", "Fastify", "Hono", "Koa", "Elysia"]
                .iter()
                .any(|part| parameter.annotation.contains(part)))
    })
}

/// The router that `name` stands for where `function` of the file in place `from` uses it.
pub(super) fn router(index: &CodeIndex, from: usize, name: &str, function: FunctionId) -> Option<Router> {
    let file = index.files.get(from)?;
    let key = |file: usize, scope: FunctionId, name: &str| Some(Router { file, scope, name: name.into() });
    for (scope, around) in file.enclosing(function) {
        if is_router_parameter(around, name) {
            return key(from, scope, name);
        }
        let made = file
            .assignments_to(name)
            .filter(|a| a.function == scope)
            .any(|assignment| is_made(file, &assignment.value));
        if made {
            return key(from, scope, name);
        }
    }
    if name.starts_with("this.") {
        let made = file.assignments_to(name).any(|a| {
            is_made(file, &a.value) || a.value.path().is_some_and(|path| matches!(path, "app" | "router" | "server"))
        });
        return made.then(|| key(from, 0, name))?;
    }
    if name.contains('.') {
        return None;
    }
    let binding = file.binding(name)?;
    if let Some((place, original)) = index.imported(file, name) {
        let target = index.files.get(place)?;
        let original = if resolve::is_whole(&original) { exported(target)? } else { original };
        return router_in(target, place, &original);
    }
    let place = index.module(file, &binding.module)?;
    let target = index.files.get(place)?;
    router_in(target, place, &exported(target)?)
}

fn router_in(file: &FileFacts, place: usize, name: &str) -> Option<Router> {
    file.assignments_to(name)
        .any(|assignment| assignment.function == 0 && is_made(file, &assignment.value))
        .then(|| Router { file: place, scope: 0, name: name.into() })
}

/// The name that a file gives out as a whole.
pub(super) fn exported(file: &FileFacts) -> Option<Box<str>> {
    ["default", "module.exports", "exports"].iter().find_map(|target| match &file.assigned(target, 0)?.value {
        Value::Path(path) => Some(path.clone()),
        Value::Call(_) => Some((*target).into()),
        _ => None,
    })
}

fn is_made(file: &FileFacts, value: &Value) -> bool {
    let Value::Call(id) = value else { return false };
    first_link(file, *id).and_then(|id| file.call(id)).is_some_and(|call| makes_router(file, call))
}

fn first_link(file: &FileFacts, id: CallId) -> Option<CallId> {
    let mut id = id;
    for _ in 0..MAX_LINKS {
        match file.call(id)?.receiver {
            Some(inner) => id = inner,
            None => return Some(id),
        }
    }
    None
}

fn last_link(file: &FileFacts, id: CallId) -> CallId {
    let mut id = id;
    for _ in 0..MAX_LINKS {
        match file.call(id).and_then(|call| call.chained) {
            Some(outer) => id = outer,
            None => break,
        }
    }
    id
}

/// The router on which `id` is called, and the path that `router.route("/x")` put before it.
pub(super) fn owner(index: &CodeIndex, from: usize, id: CallId) -> Option<(Router, String)> {
    let file = index.files.get(from)?;
    let call = file.call(id)?;
    let Some(inner) = call.receiver else {
        return Some((router(index, from, call.object(), call.function)?, String::new()));
    };
    let first_id = first_link(file, inner)?;
    let first = file.call(first_id)?;
    if makes_router(file, first) {
        let last = last_link(file, first_id);
        let named = file.assignments.iter().find(|assignment| assignment.value == Value::Call(last));
        let name = named.map_or_else(|| format!("#{last}").into(), |assignment| assignment.target.clone());
        let scope = named.map_or(0, |assignment| assignment.function);
        return Some((Router { file: from, scope, name }, String::new()));
    }
    let found = router(index, from, first.object(), first.function)?;
    let prefix =
        if first.method() == "route" { first.argument(0).and_then(Value::leading_text).unwrap_or("") } else { "" };
    Some((found, prefix.to_owned()))
}

/// The prefix that a router carries itself: `new Router({ prefix: "/x" })`, `new Hono().basePath("/x")`.
pub(super) fn own_prefix(file: &FileFacts, router: &Router) -> String {
    let Some(Value::Call(id)) = file.assignments_to(&router.name).map(|a| &a.value).next() else {
        return String::new();
    };
    let mut next = Some(*id);
    for _ in 0..MAX_LINKS {
        let Some(call) = next.and_then(|id| file.call(id)) else { break };
        let prefix = match call.method() {
            "basePath" => call.argument(0).and_then(Value::text),
            _ => call.argument(0).and_then(|options| options.get("prefix")).and_then(Value::text),
        };
        if let Some(prefix) = prefix {
            return prefix.to_owned();
        }
        next = call.receiver;
    }
    String::new()
}

fn path_of<'v>(file: &'v FileFacts, value: &'v Value, function: FunctionId) -> Option<&'v str> {
    let value = file.resolved(value, function);
    let value = match value {
        Value::Array(items) => items.first()?,
        other => other,
    };
    value.leading_text()
}

/// What a call does, if it is one on a router.
pub(super) fn event(index: &CodeIndex, from: usize, call: &Call, prefix: &str) -> Option<Event> {
    let file = index.files.get(from)?;
    let method = call.method();
    let mut arguments: Vec<&Value> = call.arguments.iter().map(|argument| &argument.value).collect();
    let path = arguments.first().and_then(|first| path_of(file, first, call.function)).map(ToOwned::to_owned);
    if path.is_some() {
        arguments.remove(0);
    }
    let path = path.unwrap_or_default();
    match method {
        "use" | "mount" => Some(used(index, from, call, &path, &arguments)),
        "addHook" | "onBeforeHandle" | "guard" => Some(used(index, from, call, "", &arguments)),
        "register" => Some(registered(index, from, call, &arguments)),
        "group" => Some(used(index, from, call, &path, &arguments)),
        "route" => match arguments.first()? {
            options @ Value::Object(_) => route_object(index, from, call, options),
            _ if !path.is_empty() => Some(used(index, from, call, &path, &arguments)),
            _ => None,
        },
        _ => {
            let verb = Verb::of(method)
                .filter(|_| !matches!(method, "match" | "action" | "mutation" | "query" | "load" | "loader"))?;
            if arguments.is_empty() || (path.is_empty() && prefix.is_empty()) {
                return None;
            }
            let path = if path.is_empty() { prefix.to_owned() } else { path };
            if verb == Verb::Any && path.ends_with('*') {
                return Some(used(index, from, call, path.trim_end_matches('*'), &arguments));
            }
            Some(declared(index, from, call, verb, path, &arguments))
        }
    }
}

/// A route and what stands before it.
fn declared(index: &CodeIndex, from: usize, call: &Call, verb: Verb, path: String, arguments: &[&Value]) -> Event {
    let mut guards = Vec::new();
    let mut unknown = call.spreads();
    let mut rest: Vec<&Value> = Vec::new();
    for value in arguments {
        match value {
            Value::Object(_) => from_options(index, from, call, value, &mut guards),
            Value::Array(items) => rest.extend(items),
            other => rest.push(other),
        }
    }
    let handler = rest.pop();
    for value in rest {
        unknown |= !add_guard(index, from, call, value, &mut guards);
    }
    let behind = handler.map(|value| resolve::of_value(index, from, value, call.function)).unwrap_or_default();
    guards.extend(behind.wrappers.iter().map(|(name, function)| named_guard(name, *function)));
    Event::Route { verb, path, guards, handler: behind.function, unknown }
}

fn from_options(index: &CodeIndex, from: usize, call: &Call, options: &Value, guards: &mut Vec<Guard>) {
    for key in ["preHandler", "onRequest", "preValidation", "beforeHandle", "middleware", "pre"] {
        match options.get(key) {
            Some(Value::Array(items)) => items.iter().for_each(|item| {
                add_guard(index, from, call, item, guards);
            }),
            Some(value) => {
                add_guard(index, from, call, value, guards);
            }
            None => {}
        }
    }
    let auth = options
        .get("auth")
        .or_else(|| options.get("options").or_else(|| options.get("config")).and_then(|inner| inner.get("auth")));
    if auth.is_some_and(|auth| !matches!(auth, Value::Bool(false) | Value::Null)) {
        guards.push(named_guard("auth", None));
    }
    if options.get("config").or_else(|| options.get("options")).is_some_and(|inner| inner.get("rateLimit").is_some()) {
        guards.push(named_guard("rateLimit", None));
    }
    if options.get("schema").or_else(|| options.get("body")).is_some() {
        guards.push(named_guard("schema", None));
    }
}

/// `fastify.route({ method, url, preHandler, handler })`.
fn route_object(index: &CodeIndex, from: usize, call: &Call, options: &Value) -> Option<Event> {
    let path = options.get("url").or_else(|| options.get("path")).and_then(Value::leading_text)?;
    let method = match options.get("method") {
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::text).find_map(|name| Verb::of(name).filter(|verb| verb.changes()))
        }
        Some(value) => value.text().and_then(Verb::of),
        None => None,
    };
    let mut guards = Vec::new();
    from_options(index, from, call, options, &mut guards);
    let behind =
        options.get("handler").map(|value| resolve::of_value(index, from, value, call.function)).unwrap_or_default();
    guards.extend(behind.wrappers.iter().map(|(name, function)| named_guard(name, *function)));
    Some(Event::Route {
        verb: method.unwrap_or(Verb::Any),
        path: path.to_owned(),
        guards,
        handler: behind.function,
        unknown: options.spreads(),
    })
}

/// Adds what `value` puts before a route; `false` when that cannot be told.
fn add_guard(index: &CodeIndex, from: usize, call: &Call, value: &Value, guards: &mut Vec<Guard>) -> bool {
    let Some(file) = index.files.get(from) else { return false };
    match value {
        Value::Array(items) => return items.iter().all(|item| add_guard(index, from, call, item, guards)),
        Value::Function(id) => guards.push(named_guard("", Some((from, *id)))),
        Value::Path(path) => {
            if let Some(Value::Array(items)) = file.assigned(path, call.function).map(|a| &a.value) {
                return items.iter().all(|item| add_guard(index, from, call, item, guards));
            }
            let behind = resolve::of_value(index, from, value, call.function);
            let mut guard = guard_of(index, from, path, behind.function);
            // `const slowDown = rateLimit({ … })`, here or in another file.
            if let Some((place, maker)) = resolve::maker(index, from, path, call.function)
                && behind.function.is_none()
                && behind.wrappers.is_empty()
            {
                let made = guard_of(index, place, maker, None);
                if names::guards_by_name(path).is_none() {
                    guard.auth = match names::guards_by_name(maker) {
                        Some(true) => Cover::Yes,
                        Some(false) => Cover::No,
                        None => made.auth,
                    };
                }
                guards.push(made);
            }
            guards.push(guard);
            guards.extend(behind.wrappers.iter().map(|(name, function)| named_guard(name, *function)));
        }
        Value::Call(id) => {
            let Some(inner) = file.call(*id) else { return false };
            let target = resolve::function(index, from, &inner.callee, inner.function);
            guards.push(guard_of(index, from, &inner.callee, target));
            for argument in inner.arguments.iter().filter(|_| target.is_none() || guards_all(&inner.callee)) {
                if matches!(argument.value, Value::Path(_) | Value::Function(_)) {
                    add_guard(index, from, inner, &argument.value, guards);
                }
            }
        }
        Value::Text(text) => guards.push(named_guard(text, None)),
        Value::Either(values) | Value::All(values) => {
            return values.iter().all(|value| add_guard(index, from, call, value, guards));
        }
        Value::Object(_) | Value::Null | Value::Bool(_) => {}
        _ => return false,
    }
    true
}

/// `unless(auth)`, `some(auth, apiKey)`: what it is given decides.
fn guards_all(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(word.as_str(), "some" | "every" | "except" | "unless" | "compose" | "chain" | "wrap" | "any" | "all")
    })
}

fn used(index: &CodeIndex, from: usize, call: &Call, path: &str, arguments: &[&Value]) -> Event {
    let mut guards = Vec::new();
    let mut mounts = Vec::new();
    for value in arguments {
        mounted(index, from, call, value, &mut mounts, &mut guards);
    }
    Event::Use { prefix: path.to_owned(), guards, mounts }
}

fn mounted(
    index: &CodeIndex,
    from: usize,
    call: &Call,
    value: &Value,
    mounts: &mut Vec<Router>,
    guards: &mut Vec<Guard>,
) {
    let Some(file) = index.files.get(from) else { return };
    let found = match value {
        Value::Array(items) => {
            items.iter().for_each(|item| mounted(index, from, call, item, mounts, guards));
            return;
        }
        Value::Path(path) => router(index, from, path, call.function),
        Value::Call(id) => file.call(*id).and_then(|inner| match (inner.method(), inner.argument(0)) {
            ("require", Some(Value::Text(module))) => {
                let place = index.module(file, module)?;
                let target = index.files.get(place)?;
                router_in(target, place, &exported(target)?)
            }
            ("routes" | "middleware" | "handler", None) => router(index, from, inner.object(), inner.function),
            ("require()", _) => {
                let module = inner.receiver.and_then(|id| file.call(id))?.argument(0)?.text()?;
                let place = index.module(file, module)?;
                let function = resolve::in_file(index.files.get(place)?, "exports")?;
                returned_router(index, place, function)
            }
            _ if resolve::function(index, from, &inner.callee, inner.function).is_some() => {
                let (place, function) = resolve::function(index, from, &inner.callee, inner.function)?;
                returned_router(index, place, function)
            }
            _ => {
                let first = first_link(file, *id)?;
                makes_router(file, file.call(first)?).then(|| Router {
                    file: from,
                    scope: 0,
                    name: format!("#{id}").into(),
                })
            }
        }),
        // `app.group("/x", (app) => app.get(…))`.
        Value::Function(id) => file.function(*id).and_then(|function| {
            let name = &function.parameters.first()?.names.first()?.0;
            (function.parameters.len() == 1 && is_router_parameter(function, name)).then(|| Router {
                file: from,
                scope: *id,
                name: name.clone(),
            })
        }),
        _ => None,
    };
    match found {
        Some(found) => mounts.push(found),
        None => {
            add_guard(index, from, call, value, guards);
        }
    }
}

/// `function usersRouter(db) { const router = Router(); …; return router; }`.
fn returned_router(index: &CodeIndex, place: usize, function: FunctionId) -> Option<Router> {
    let found = index.files.get(place)?.function(function)?;
    found.body.returns.iter().find_map(|value| router(index, place, value.path()?, function))
}

/// `fastify.register(routes, { prefix: "/x" })`.
fn registered(index: &CodeIndex, from: usize, call: &Call, arguments: &[&Value]) -> Event {
    let prefix = arguments.get(1).and_then(|options| options.get("prefix")).and_then(Value::text).unwrap_or("");
    let behind =
        arguments.first().map(|plugin| resolve::of_value(index, from, plugin, call.function)).unwrap_or_default();
    let mounts = behind.function.and_then(|(file, id)| parameter_router(index, file, id, 0)).into_iter().collect();
    Event::Use { prefix: prefix.to_owned(), guards: Vec::new(), mounts }
}

/// The router that a function gets as its parameter in place `parameter`.
pub(super) fn parameter_router(
    index: &CodeIndex,
    file: usize,
    function: FunctionId,
    parameter: usize,
) -> Option<Router> {
    let found = index.files.get(file)?.function(function)?;
    let name = &found.parameters.get(parameter)?.names.first()?.0;
    Some(Router { file, scope: function, name: name.clone() })
}

/// The place of a declaration for people: the call's first line.
pub(super) fn place(call: &Call) -> Place {
    call.place
}
