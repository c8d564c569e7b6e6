//! Routes of routers that are called: what is mounted where, and what stands before it there.

use std::collections::HashMap;

use super::router_calls::{self, Event, Router, exported, owner, parameter_router};
use super::{Framework, Guard, Route, joined};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, Role};
use crate::probe::source::index::Group;

/// How deep routers are mounted in each other.
const MAX_MOUNTS: u32 = 6;

/// A call on a router, and where it stands.
struct At {
    event: Event,
    file: usize,
    place: Place,
}

type Events = HashMap<Router, Vec<At>>;
/// For a router the router that it is mounted in, and the event there.
type Parents = HashMap<Router, (Router, usize)>;

/// What stands before a router's own routes.
#[derive(Debug, Default, Clone)]
struct Context {
    prefix: String,
    uses: Vec<(String, Guard)>,
}

const METHODS: [&str; 17] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "del",
    "all",
    "use",
    "mount",
    "addHook",
    "register",
    "group",
    "route",
    "head",
    "options",
    "onBeforeHandle",
    "guard",
];

/// Files that may do something with a router.
static CALLERS: Group = Group {
    name: "calls of routers",
    holds: |file| {
        let hands_on = |call: &Call| call.arguments.iter().any(|argument| may_be_router(&argument.value));
        file.language.is_ecma()
            && file.role == Role::Server
            && file.calls.iter().any(|call| METHODS.contains(&call.method()) || hands_on(call))
    },
};

/// Whether a value is called as routers are.
fn may_be_router(value: &Value) -> bool {
    value.path().is_some_and(|name| {
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        ["app", "router", "server", "fastify", "instance", "api", "routes"].iter().any(|word| last.contains(word))
    })
}

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let mut events = Events::new();
    for (place, file) in index.group(&CALLERS) {
        for (id, call) in (0_u32..).zip(&file.calls) {
            let found = if METHODS.contains(&call.method()) {
                owner(index, place, id)
                    .and_then(|(router, prefix)| Some((router, router_calls::event(index, place, call, &prefix)?)))
            } else {
                None
            };
            match found {
                Some((router, event)) => {
                    let at = At { event, file: place, place: router_calls::place(call) };
                    events.entry(router).or_default().push(at);
                }
                None => passed_on(index, place, id, &mut events),
            }
        }
    }
    for (router, all) in &mut events {
        // A chain's links begin together; their ends tell the order. The router's own file comes first.
        all.sort_by_key(|at| (at.file != router.file, at.file, at.place.bytes.1));
    }
    let mut parents = Parents::new();
    for (router, all) in &events {
        for (place, at) in all.iter().enumerate() {
            if let Event::Use { mounts, .. } = &at.event {
                for mount in mounts.iter().filter(|mount| *mount != router) {
                    let known = parents.entry(mount.clone()).or_insert_with(|| (router.clone(), place));
                    // Maps have no order; findings must.
                    if (router.file, &router.name, place) < (known.0.file, &known.0.name, known.1) {
                        *known = (router.clone(), place);
                    }
                }
            }
        }
    }
    for (router, all) in &events {
        let context = context(index, &events, &parents, router, 0);
        routes.extend(of_router(&context, all));
    }
}

/// `registerRoutes(app)`, `require("./routes")(app)`: what is done with the parameter there is done here.
fn passed_on(index: &CodeIndex, place: usize, id: u32, events: &mut Events) {
    let Some(file) = index.files.get(place) else { return };
    let Some(call) = file.call(id) else { return };
    for (position, argument) in call.arguments.iter().enumerate().take(4) {
        let Some(name) = argument.value.path().filter(|_| may_be_router(&argument.value)) else { continue };
        let Some(router) = router_calls::router(index, place, name, call.function) else { continue };
        let target = if &*call.callee == "require()" {
            call.receiver
                .and_then(|id| file.call(id))
                .and_then(|inner| inner.argument(0))
                .and_then(Value::text)
                .and_then(|module| {
                    let target = index.module(file, module)?;
                    let there = index.files.get(target)?;
                    let name = exported(there).unwrap_or_else(|| "exports".into());
                    super::resolve::in_file(there, &name)
                        .or_else(|| super::resolve::in_file(there, "exports"))
                        .map(|id| (target, id))
                })
        } else {
            super::reach::called(index, place, call)
        };
        let Some((target, function)) = target else { continue };
        let Some(inner) = parameter_router(index, target, function, position) else { continue };
        let event = Event::Use { prefix: String::new(), guards: Vec::new(), mounts: vec![inner] };
        events.entry(router).or_default().push(At { event, file: place, place: call.place });
    }
}

fn context(index: &CodeIndex, events: &Events, parents: &Parents, router: &Router, depth: u32) -> Context {
    let own = index.files.get(router.file).map(|file| router_calls::own_prefix(file, router)).unwrap_or_default();
    let Some((parent, at)) = parents.get(router).filter(|_| depth < MAX_MOUNTS) else {
        return Context { prefix: own, uses: Vec::new() };
    };
    let mut found = context(index, events, parents, parent, depth + 1);
    let outer = std::mem::take(&mut found.prefix);
    for before in events.get(parent).into_iter().flatten().take(at + 1) {
        let Event::Use { prefix, guards, .. } = &before.event else { continue };
        let full = joined(&outer, prefix);
        found.uses.extend(guards.iter().map(|guard| (full.clone(), guard.clone())));
    }
    if let Some(At { event: Event::Use { prefix, .. }, .. }) = events.get(parent).and_then(|all| all.get(*at)) {
        found.prefix = joined(&joined(&outer, prefix), &own);
    }
    found
}

fn of_router(context: &Context, all: &[At]) -> Vec<Route> {
    let mut uses = context.uses.clone();
    let mut routes = Vec::new();
    for at in all {
        match &at.event {
            Event::Use { prefix, guards, .. } => {
                let full = joined(&context.prefix, prefix);
                uses.extend(guards.iter().map(|guard| (full.clone(), guard.clone())));
            }
            Event::Route { verb, path, guards, handler, unknown } => {
                let path = joined(&context.prefix, path);
                let before = uses.iter().filter(|(prefix, _)| covers(prefix, &path)).map(|(_, guard)| guard.clone());
                let guards = before.chain(guards.iter().cloned()).collect();
                routes.push(Route {
                    framework: Framework::Router,
                    verb: *verb,
                    path: path.into(),
                    file: at.file,
                    place: at.place,
                    handler: *handler,
                    guards,
                    unknown: *unknown,
                    opened: false,
                    reach: Vec::new(),
                });
            }
        }
    }
    routes
}

/// Whether what is mounted under `prefix` stands before `path`.
fn covers(prefix: &str, path: &str) -> bool {
    let parts = |path: &str| {
        path.split('/').filter(|part| !part.is_empty() && *part != "*").map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let (prefix, path) = (parts(prefix), parts(path));
    prefix.len() <= path.len()
        && prefix
            .iter()
            .zip(&path)
            .all(|(a, b)| a == b || a.starts_with(':') || b.starts_with(':') || a.starts_with('{'))
}
