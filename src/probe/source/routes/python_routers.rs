//! Routes that decorators declare: Flask, FastAPI, Starlette, Sanic, Quart.

use super::django::{PYTHON, SERVED_PYTHON};
use super::{Framework, Guard, Route, Verb, guard_of, joined, named_guard, resolve};
use crate::probe::source::code::{Call, Decorator, Function, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::libraries::imported;

/// Frameworks whose routes are declared in this way.
const FRAMEWORKS: [&str; 9] =
    ["flask", "fastapi", "starlette", "sanic", "quart", "litestar", "flask_restx", "apiflask", "ninja"];
/// How deep routers are included in each other.
const MAX_INCLUDES: u32 = 5;

/// Where a router is included: the file, the name of the router there, the path, and what is put before it.
#[derive(Debug, Clone)]
struct Included {
    router: (usize, Box<str>),
    into: (usize, Box<str>),
    prefix: String,
    guards: Vec<Guard>,
}

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let decorates = |file: &FileFacts| file.functions.iter().any(|f| !f.decorators.is_empty());
    let files: Vec<(usize, &FileFacts)> =
        index.group(&SERVED_PYTHON).map(|(place, file)| (place, &**file)).filter(|(_, file)| decorates(file)).collect();
    if !index.group(&PYTHON).any(|(_, file)| imported(file, &FRAMEWORKS).is_some()) {
        return;
    }
    let included = included(index);
    for (place, file) in files {
        for (id, function) in (0_u32..).zip(&file.functions) {
            for decorator in &function.decorators {
                let Some((object, _)) = decorator.name.rsplit_once('.') else { continue };
                let Some(call) = decorator.call.and_then(|id| file.call(id)) else { continue };
                let Some(verb) = verb(decorator, call) else { continue };
                let Some(path) = call
                    .argument(0)
                    .or_else(|| call.named("rule").or_else(|| call.named("path")))
                    .and_then(Value::leading_text)
                else {
                    continue;
                };
                if !(path.starts_with('/') || path.is_empty()) {
                    continue;
                }
                let router = definition(index, place, object);
                let mut guards = Vec::new();
                let mut prefix = String::new();
                around(index, &included, &router, &mut guards, &mut prefix, 0);
                guards.extend(dependencies(index, place, call));
                guards.extend(of_function(index, place, function, decorator));
                let mut unknown = call.spreads();
                if let Some(class) = &function.class {
                    unknown |= of_class(index, place, class, &mut guards, 0);
                }
                routes.push(Route {
                    framework: Framework::Decorated,
                    verb,
                    path: joined(&prefix, path).into(),
                    file: place,
                    place: call.place,
                    handler: Some((place, id)),
                    guards,
                    unknown,
                    opened: false,
                    reach: Vec::new(),
                });
            }
        }
    }
}

fn verb(decorator: &Decorator, call: &Call) -> Option<Verb> {
    match decorator.method() {
        "route" | "api_route" => match call.named("methods") {
            Some(Value::Array(items)) => {
                let verbs = || items.iter().filter_map(Value::text).filter_map(Verb::of);
                verbs().find(|verb| verb.changes()).or_else(|| verbs().next())
            }
            Some(_) => Some(Verb::Any),
            None => Some(Verb::Get),
        },
        name @ ("get" | "post" | "put" | "patch" | "delete") => Verb::of(name),
        _ => None,
    }
}

/// The file that makes a router, and its name there.
fn definition(index: &CodeIndex, place: usize, name: &str) -> (usize, Box<str>) {
    let own = || (place, name.into());
    let Some(file) = index.files.get(place) else { return own() };
    if let Some((module, inner)) = name.rsplit_once('.') {
        let target = file.binding(module).and_then(|b| {
            if &*b.imported == "*" {
                index.module(file, &b.module)
            } else {
                index
                    .module(file, &format!("{}.{}", b.module.trim_end_matches('.'), b.imported))
                    .or_else(|| index.module(file, &format!("{}{}", b.module, b.imported)))
            }
        });
        return target.map_or_else(own, |target| (target, inner.into()));
    }
    if file.assignments_to(name).next().is_some() {
        return own();
    }
    index.imported(file, name).unwrap_or_else(own)
}

/// `include_router(users.router, prefix="/users", dependencies=[…])`, `register_blueprint(bp, url_prefix="/users")`.
fn included(index: &CodeIndex) -> Vec<Included> {
    let mut all = Vec::new();
    for (place, file) in index.group(&PYTHON) {
        for call in file
            .calls
            .iter()
            .filter(|call| matches!(call.method(), "include_router" | "register_blueprint" | "mount" | "add_router"))
        {
            let Some(name) = call.arguments.iter().find_map(|argument| argument.value.path()) else { continue };
            let prefix =
                call.named("prefix").or_else(|| call.named("url_prefix")).and_then(Value::leading_text).unwrap_or("");
            all.push(Included {
                router: definition(index, place, name),
                into: definition(index, place, call.object()),
                prefix: prefix.to_owned(),
                guards: dependencies(index, place, call),
            });
        }
    }
    all
}

/// What stands before a router's routes: its own dependencies and hooks, and those of the routers around it.
fn around(
    index: &CodeIndex,
    included: &[Included],
    router: &(usize, Box<str>),
    guards: &mut Vec<Guard>,
    prefix: &mut String,
    depth: u32,
) {
    let Some(file) = index.files.get(router.0) else { return };
    if let Some(Value::Call(id)) =
        file.assigned(&router.1, 0).or_else(|| file.assignments_to(&router.1).next()).map(|a| &a.value)
        && let Some(made) = file.call(*id)
    {
        guards.extend(dependencies(index, router.0, made));
        if let Some(own) = made.named("prefix").or_else(|| made.named("url_prefix")).and_then(Value::leading_text) {
            *prefix = joined(own, prefix);
        }
    }
    for (id, function) in (0_u32..).zip(&file.functions) {
        let hooks = function.decorators.iter().any(|d| {
            matches!(d.method(), "before_request" | "before_app_request" | "middleware" | "on_request")
                && d.name.rsplit_once('.').is_some_and(|(object, _)| *object == *router.1)
        });
        if hooks {
            guards.push(named_guard("", Some((router.0, id))));
        }
    }
    let own = file.calls.iter().filter(|call| call.object() == &*router.1).map(|call| (router.0, call));
    // `admin.before_request(require_staff)`, where the app is put together.
    let elsewhere = index.calls_of("before_request").filter_map(|(from, call)| {
        let (place, name) = index.imported(from, call.object())?;
        ((place, name) == *router).then_some((index.place_of(from)?, call))
    });
    for (place, call) in own.chain(elsewhere) {
        if !matches!(call.method(), "add_middleware" | "before_request") {
            continue;
        }
        if let Some(name) = call.argument(0).and_then(Value::path) {
            let function = resolve::function(index, place, name, call.function).or_else(|| {
                let (place, class) = resolve::class(index, place, name)?;
                let file = index.files.get(place)?;
                let class = &file.classes.get(class)?.name;
                resolve::method(file, class, "dispatch")
                    .or_else(|| resolve::method(file, class, "__call__"))
                    .map(|id| (place, id))
            });
            guards.push(guard_of(index, place, name, function));
        }
    }
    if let Some(outer) =
        included.iter().find(|found| found.router == *router && found.into != *router).filter(|_| depth < MAX_INCLUDES)
    {
        guards.extend(outer.guards.iter().cloned());
        *prefix = joined(&outer.prefix, prefix);
        around(index, included, &outer.into, guards, prefix, depth + 1);
    }
}

/// `dependencies=[Depends(require_user)]`, `auth=…` of Ninja.
fn dependencies(index: &CodeIndex, place: usize, call: &Call) -> Vec<Guard> {
    let mut guards = Vec::new();
    let Some(file) = index.files.get(place) else { return guards };
    if let Some(value) = call.named("dependencies") {
        depends(index, place, file, file.resolved(value, call.function), &mut guards);
    }
    if call.named("auth").is_some_and(|value| *value != Value::Null) {
        guards.push(named_guard("auth", None));
    }
    guards
}

fn depends(index: &CodeIndex, place: usize, file: &FileFacts, value: &Value, guards: &mut Vec<Guard>) {
    value.walk(&mut |value| {
        let Value::Call(id) = value else { return };
        let Some(call) = file.call(*id).filter(|call| matches!(call.method(), "Depends" | "Security")) else { return };
        guards.push(dependency(index, place, file, call));
    });
}

fn dependency(index: &CodeIndex, place: usize, file: &FileFacts, call: &Call) -> Guard {
    let name: Box<str> = match call.argument(0) {
        Some(Value::Path(path)) => path.clone(),
        Some(Value::Call(id)) => file.call(*id).map(|inner| (&*inner.callee).into()).unwrap_or_default(),
        _ => (&*call.callee).into(),
    };
    named_guard(&name, resolve::function(index, place, &name, call.function))
}

/// What the fields of a class of views and of its parents depend on: `user: User = Depends(current_user)`. Whether one of
/// them is somebody else's, and may ask.
fn of_class(index: &CodeIndex, place: usize, name: &str, guards: &mut Vec<Guard>, depth: u32) -> bool {
    const PLAIN: [&str; 6] = ["object", "ABC", "Generic", "Protocol", "BaseModel", "Enum"];
    let Some((place, at)) = resolve::class(index, place, name).filter(|_| depth < MAX_INCLUDES) else {
        let last = name.rsplit('.').next().unwrap_or(name).split('[').next().unwrap_or(name);
        return !PLAIN.contains(&last);
    };
    let Some(file) = index.files.get(place) else { return true };
    let Some(class) = file.classes.get(at) else { return true };
    let (start, end) = class.place.bytes;
    let first = file.assignments.partition_point(|set| set.place.bytes.0 < start);
    let inside = file.assignments.get(first..).unwrap_or_default().iter();
    for set in inside.take_while(|set| set.place.bytes.0 < end) {
        depends(index, place, file, &set.value, guards);
    }
    let mut unknown = false;
    for base in &class.bases {
        unknown |= of_class(index, place, base, guards, depth + 1);
    }
    unknown
}

/// What a name or a call in place of a type depends on: `user: CurrentUser`, `user: require_scopes(READ)`.
fn behind_type(index: &CodeIndex, place: usize, annotation: &str, guards: &mut Vec<Guard>) {
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if let Some((maker, _)) = annotation.split_once('(') {
        if !plain(maker) {
            return;
        }
        let made = resolve::function(index, place, maker, 0);
        guards.push(named_guard(maker, made));
        let Some((at, id)) = made else { return };
        let Some(file) = index.files.get(at) else { return };
        let Some(function) = file.function(id) else { return };
        for (_, call) in
            file.calls_of(&function.body).filter(|(_, call)| matches!(call.method(), "Depends" | "Security"))
        {
            guards.push(dependency(index, at, file, call));
        }
    } else if plain(annotation) && !annotation.is_empty() {
        let Some(file) = index.files.get(place) else { return };
        let (at, name) = match file.assigned(annotation, 0) {
            Some(_) => (place, annotation.into()),
            None => match index.imported(file, annotation) {
                Some(found) => found,
                None => return,
            },
        };
        let Some(file) = index.files.get(at) else { return };
        if let Some(set) = file.assigned(&name, 0) {
            depends(index, at, file, &set.value, guards);
        }
    }
}

/// A function's other decorators, and what its parameters depend on.
fn of_function(index: &CodeIndex, place: usize, function: &Function, of_route: &Decorator) -> Vec<Guard> {
    let Some(file) = index.files.get(place) else { return Vec::new() };
    let mut guards: Vec<Guard> = function
        .decorators
        .iter()
        .filter(|decorator| {
            *decorator != of_route
                && !matches!(decorator.method(), "route" | "get" | "post" | "put" | "patch" | "delete")
        })
        .map(|decorator| guard_of(index, place, &decorator.name, resolve::function(index, place, &decorator.name, 0)))
        .collect();
    for parameter in &function.parameters {
        if let Some(default) = &parameter.default {
            depends(index, place, file, default, &mut guards);
        }
        let annotation = &*parameter.annotation;
        // `Annotated[User, Depends(current_user)]`, or a name that stands for it: `CurrentUser`.
        let inner = annotation
            .split_once("Depends(")
            .or_else(|| annotation.split_once("Security("))
            .map(|(_, rest)| rest.split([')', ',']).next().unwrap_or(rest));
        if let Some(name) = inner {
            guards.push(named_guard(name, resolve::function(index, place, name, 0)));
        } else if [
            "CurrentUser",
            "CurrentActiveUser",
            "AuthUser",
            "Principal",
            "UserDep",
            "CurrentSuperuser",
            "AuthDep",
        ]
        .iter()
        .any(|word| annotation.contains(word))
        {
            guards.push(named_guard("require current user", None));
        } else {
            behind_type(index, place, annotation, &mut guards);
        }
    }
    guards
}
