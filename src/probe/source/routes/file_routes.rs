//! Routes that a file's place declares: Next, Remix, SvelteKit, Nuxt; and server actions.

use super::{Cover, Framework, Guard, Route, Verb, named_guard, resolve, trpc};
use crate::probe::source::code::{Function, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let middleware = middleware(index);
    for (place, file) in index.files.iter().enumerate() {
        if !file.language.is_ecma() || !file.role.in_production() {
            continue;
        }
        let before = routes.len();
        of_file(index, place, file, routes);
        for route in routes.iter_mut().skip(before) {
            let folder = |path: &str| {
                path.rsplit_once("/src/")
                    .map_or_else(|| path.rsplit_once('/').map_or("", |(folder, _)| folder), |(folder, _)| folder)
                    .to_owned()
            };
            for (home, guard, matcher) in &middleware {
                let near = home.is_empty() || file.path.starts_with(&format!("{home}/")) || folder(&file.path) == *home;
                if near && matches(matcher, &route.path) && route.framework == Framework::Files {
                    route.guards.push(guard.clone());
                }
            }
        }
    }
}

fn of_file(index: &CodeIndex, place: usize, file: &FileFacts, routes: &mut Vec<Route>) {
    let (folders, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let stem = name.split('.').next().unwrap_or(name);
    let within =
        |folder: &str| file.path.starts_with(&format!("{folder}/")) || file.path.contains(&format!("/{folder}/"));
    let medusa = file.imports_any(|module| module.starts_with("@medusajs/"));
    if stem == "route" && within("app") && !medusa {
        let path = below(&format!("{folders}/"), "app/");
        for (id, function) in exported(file) {
            if let Some(verb) =
                function.name.as_deref().filter(|name| name.chars().all(|c| c.is_ascii_uppercase())).and_then(Verb::of)
            {
                push(index, place, Framework::Files, verb, &path, Some(id), function, routes);
            }
        }
        for assignment in
            file.assignments.iter().filter(|a| a.function == 0 && a.target.chars().all(|c| c.is_ascii_uppercase()))
        {
            if let (Some(verb), Value::Call(_)) = (Verb::of(&assignment.target), &assignment.value) {
                wrapped(index, place, verb, &path, assignment, routes);
            }
        }
    } else if within("pages/api") {
        let path = below(&file.path, "pages/").rsplit_once('.').map_or_else(String::new, |(path, _)| path.to_owned());
        let behind = file.assigned("default", 0).map(|a| resolve::of_value(index, place, &a.value, 0));
        let own = exported(file).find(|(_, function)| function.name.as_deref() == Some("default"));
        let handler = own.map(|(id, _)| (place, id)).or_else(|| behind.as_ref().and_then(|b| b.function));
        if let Some((at, id)) = handler
            && let Some(function) = index.files.get(at).and_then(|file| file.function(id))
        {
            push(index, place, Framework::Files, verb_inside(file, function), &path, None, function, routes);
            if let Some(route) = routes.last_mut() {
                route.handler = Some((at, id));
                let wrappers = behind.map(|b| b.wrappers).unwrap_or_default();
                route.guards.extend(wrappers.iter().map(|(name, function)| named_guard(name, *function)));
            }
        }
    } else if file.directives.iter().any(|directive| &**directive == "use server") {
        for (id, function) in exported(file) {
            let name = function.name.clone().unwrap_or_default();
            push(index, place, Framework::Action, Verb::Post, &name, Some(id), function, routes);
        }
    } else if matches!(stem, "+server" | "+page" | "+layout") {
        let path = below(&format!("{folders}/"), "routes/");
        for (id, function) in exported(file) {
            if let Some(verb) = function.name.as_deref().and_then(Verb::of) {
                push(index, place, Framework::Files, verb, &path, Some(id), function, routes);
            }
        }
        if let Some(Value::Object(pairs)) = file.assigned("actions", 0).map(|a| &a.value) {
            for (_, value) in pairs {
                if let Value::Function(id) = value
                    && let Some(function) = file.function(*id)
                {
                    push(index, place, Framework::Files, Verb::Post, &path, Some(*id), function, routes);
                }
            }
        }
    } else if within("routes")
        && file.imports_any(|m| {
            m.starts_with("@remix-run/")
                || m.starts_with("react-router")
                || m.contains("+types/")
                || m.starts_with("@react-router/")
        })
    {
        let path = below(&file.path, "routes/").rsplit_once('.').map_or_else(String::new, |(path, _)| path.to_owned());
        for (id, function) in exported(file) {
            if matches!(function.name.as_deref(), Some("action" | "loader")) {
                let verb = if function.name.as_deref() == Some("action") { Verb::Post } else { Verb::Get };
                push(index, place, Framework::Files, verb, &path, Some(id), function, routes);
            }
        }
    } else if within("server/api") || within("server/routes") {
        for call in file
            .calls
            .iter()
            .filter(|call| matches!(call.method(), "defineEventHandler" | "eventHandler" | "defineCachedEventHandler"))
        {
            let Some(Value::Function(id)) = call.argument(0) else { continue };
            let Some(function) = file.function(*id) else { continue };
            let verb = name.split('.').nth(1).and_then(Verb::of).unwrap_or(Verb::Any);
            push(index, place, Framework::Files, verb, &below(&file.path, "server/"), Some(*id), function, routes);
        }
    }
    for (id, function) in (0_u32..).zip(&file.functions).filter(|(_, function)| function.server_action) {
        let name = function.name.clone().unwrap_or_default();
        push(index, place, Framework::Action, Verb::Post, &name, Some(id), function, routes);
    }
}

#[expect(clippy::too_many_arguments, reason = "one place where routes of files are made")]
fn push(
    index: &CodeIndex,
    place: usize,
    framework: Framework,
    verb: Verb,
    path: &str,
    id: Option<FunctionId>,
    function: &Function,
    routes: &mut Vec<Route>,
) {
    let Some(file) = index.files.get(place) else { return };
    // `export const POST = withAuth(async (req) => …)`: the function stands in the call of its wrapper.
    let mut guards: Vec<Guard> = Vec::new();
    let mut call = function.argument_of.and_then(|id| file.call(id));
    for _ in 0..4 {
        let Some(around) = call else { break };
        // `authClient.inputSchema(…).use(…).action(async () => …)`
        if around.receiver.is_some() && matches!(around.method(), "action" | "stateAction" | "handler") {
            let base = trpc::base(file, around);
            guards.push(named_guard(&base, None));
            trpc::middleware(index, place, around, &mut guards);
            guards.extend(trpc::definition(index, place, &base, 0));
        } else {
            guards.push(named_guard(&around.callee, resolve::function(index, place, &around.callee, around.function)));
        }
        call = around.argument_of.and_then(|id| file.call(id));
    }
    guards.retain(|guard| {
        !matches!(
            guard.name.rsplit('.').next(),
            Some("defineEventHandler" | "eventHandler" | "defineCachedEventHandler" | "cache")
        )
    });
    routes.push(Route {
        framework,
        verb,
        path: if path.starts_with('/') || framework == Framework::Action {
            path.into()
        } else {
            format!("/{path}").into()
        },
        file: place,
        place: head(function),
        handler: id.map(|id| (place, id)),
        guards,
        unknown: false,
        opened: false,
        reach: Vec::new(),
    });
}

fn wrapped(
    index: &CodeIndex,
    place: usize,
    verb: Verb,
    path: &str,
    assignment: &crate::probe::source::code::Assignment,
    routes: &mut Vec<Route>,
) {
    let known = routes.iter().any(|route| route.file == place && route.verb == verb);
    let behind = resolve::of_value(index, place, &assignment.value, 0);
    if known {
        return;
    }
    let guards: Vec<Guard> = behind.wrappers.iter().map(|(name, function)| named_guard(name, *function)).collect();
    routes.push(Route {
        framework: Framework::Files,
        verb,
        path: path.into(),
        file: place,
        place: assignment.place,
        unknown: guards.is_empty(),
        handler: behind.function,
        guards,
        opened: false,
        reach: Vec::new(),
    });
}

/// A function is told by its first line.
fn head(function: &Function) -> crate::probe::source::code::Place {
    function.place
}

fn exported(file: &FileFacts) -> impl Iterator<Item = (FunctionId, &Function)> {
    (0_u32..)
        .zip(&file.functions)
        .skip(1)
        .filter(|(_, function)| function.exported && function.parent == Some(0) && function.class.is_none())
}

/// The part of a path behind the last `folder`, without groups such as `(auth)`.
fn below(path: &str, folder: &str) -> String {
    let rest = path.rsplit_once(folder).map_or(path, |(_, rest)| rest);
    let parts = rest.split('/').filter(|part| !part.is_empty() && !part.starts_with('(') && !part.starts_with('@'));
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

/// What a handler of `pages/api` answers: it looks at the method itself.
fn verb_inside(file: &FileFacts, function: &Function) -> Verb {
    let mut found = Verb::Any;
    for condition in super::reach::conditions(file, function) {
        condition.test.walk(&mut |value| {
            if let Some(verb) =
                value.text().filter(|text| text.chars().all(|c| c.is_ascii_uppercase())).and_then(Verb::of)
            {
                found = verb;
            }
        });
    }
    found
}

/// Next's `middleware.ts` that asks who comes: its folder, as a guard, and what it is for.
fn middleware(index: &CodeIndex) -> Vec<(String, Guard, Vec<String>)> {
    let mut found = Vec::new();
    for (place, file) in index.files.iter().enumerate() {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let hooks = matches!(stem, "hooks.server");
        if !file.language.is_ecma()
            || !(matches!(stem, "middleware" | "proxy") || hooks)
            || !(folder.is_empty() || folder == "src" || folder.ends_with("/src") || !folder.contains("/src/"))
        {
            continue;
        }
        let library = file.imports_any(|module| {
            ["next-auth", "@clerk/", "@supabase/", "better-auth", "@kinde", "@auth0", "iron-session", "@workos"]
                .iter()
                .any(|name| module.starts_with(name))
        });
        let functions = (1_u32..).zip(file.functions.iter().skip(1));
        let asks = functions.filter(|(_, function)| function.parent == Some(0)).any(|(id, _)| {
            super::reach::from(index, (place, id))
                .iter()
                .any(|at| at.get(index).is_some_and(|(file, function)| super::reach::asks_who(file, function)))
        });
        let refers = file.accesses.iter().any(|access| access.path.ends_with("cookies"))
            || file.calls.iter().any(|call| call.object().ends_with("cookies"));
        let sends_away =
            file.calls.iter().any(|call| {
                matches!(
                    call.method(),
                    "redirect" | "rewrite" | "protect" | "withAuth" | "auth" | "json" | "authMiddleware" | "error"
                )
            }) || file.bindings.iter().any(|binding| &*binding.local == "*" || binding.imported.contains("middleware"));
        if !(library || asks || refers) || !(sends_away || asks) {
            continue;
        }
        let mut matcher = Vec::new();
        if let Some(config) = file.assigned("config", 0).and_then(|a| a.value.get("matcher")) {
            config.walk(&mut |value| matcher.extend(value.text().map(ToOwned::to_owned)));
        }
        let home = folder.strip_suffix("src").unwrap_or(folder).trim_end_matches('/').to_owned();
        // Which of the paths that it sees it lets pass is in its code: what it covers, it may cover.
        found.push((
            home,
            Guard {
                auth: if library && hooks { Cover::No } else { Cover::Unknown },
                ..named_guard("middleware", None)
            },
            matcher,
        ));
    }
    found.retain(|(_, guard, _)| guard.auth == Cover::Unknown);
    found
}

/// Whether the app has such middleware.
pub(in crate::probe::source) fn is_watched(index: &CodeIndex) -> bool {
    !middleware(index).is_empty()
}

/// Whether one of a middleware's patterns may stand for `path`; without patterns it sees everything.
fn matches(patterns: &[String], path: &str) -> bool {
    patterns.is_empty()
        || patterns.iter().any(|pattern| {
            if pattern.contains("(?!") {
                let excluded = pattern.split_once("(?!").map_or("", |(_, rest)| rest);
                let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
                return !excluded
                    .split(['|', ')', '('])
                    .any(|part| part.trim_matches(['/', '\\', '.', '*', '$']) == first && !first.is_empty());
            }
            let fixed = pattern.split([':', '(', '*']).next().unwrap_or(pattern).trim_end_matches('/');
            path == fixed || path.starts_with(&format!("{fixed}/")) || fixed.is_empty()
        })
}
