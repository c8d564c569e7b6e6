//! Routes of Django and of Django REST framework: patterns, includes, views, and what views are made of.

use std::collections::HashMap;

use super::{Framework, Guard, Route, Verb, guard_of, joined, named_guard, resolve};
use crate::probe::source::code::{Call, Class, Decorator, FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// How deep patterns include each other, and how many bases of a view are followed.
const MAX_INCLUDES: u32 = 5;
const MAX_BASES: u32 = 5;

/// Methods of a view that answer something other than a plain read.
const METHODS: [(&str, Verb); 14] = [
    ("post", Verb::Post),
    ("put", Verb::Put),
    ("patch", Verb::Patch),
    ("delete", Verb::Delete),
    ("form_valid", Verb::Post),
    ("create", Verb::Post),
    ("update", Verb::Put),
    ("partial_update", Verb::Patch),
    ("destroy", Verb::Delete),
    ("perform_create", Verb::Post),
    ("perform_update", Verb::Put),
    ("perform_destroy", Verb::Delete),
    ("get", Verb::Get),
    ("list", Verb::Get),
];

/// Files of Python.
pub(super) static PYTHON: Group = Group { name: "Python", holds: |file| file.language == Language::Python };

/// Files of Python that answer requests.
pub(super) static SERVED_PYTHON: Group =
    Group { name: "Python that answers", holds: |file| file.language == Language::Python && file.role == Role::Server };

/// Settings of Django.
static SETTINGS: Group = Group {
    name: "settings of Django",
    holds: |file| file.language == Language::Python && file.path.contains("settings"),
};

/// What settings put before every view.
#[derive(Default)]
struct Defaults {
    /// Before views of Django REST framework.
    rest: Vec<Guard>,
    /// Before all.
    all: Vec<Guard>,
}

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let python = || index.group(&SERVED_PYTHON);
    if !python().any(|(_, file)| {
        file.imports_any(|module| module.starts_with("django") || module.starts_with("rest_framework"))
    }) {
        return;
    }
    let defaults = defaults(index);
    let prefixes = prefixes(index);
    for (place, file) in python() {
        for call in file.calls.iter().filter(|call| matches!(call.method(), "path" | "re_path" | "url" | "register")) {
            let Some(path) = call.argument(0).and_then(Value::text) else { continue };
            let Some(view) = call.argument(1) else { continue };
            if call.method() == "register" && !call.object().to_ascii_lowercase().contains("router")
                || call.object() == "reverse"
            {
                continue;
            }
            let mut full = prefixes.get(&place).cloned().unwrap_or_default();
            full = joined(&full, &local_prefix(file, call));
            let path = joined(&full, path.trim_end_matches('$'));
            let at = At { place, call, path, seen: call.function };
            of_view(index, &at, view, Vec::new(), &defaults, routes, 0);
        }
    }
}

struct At<'c> {
    place: usize,
    call: &'c Call,
    path: String,
    seen: FunctionId,
}

fn of_view(
    index: &CodeIndex,
    at: &At<'_>,
    view: &Value,
    guards: Vec<Guard>,
    defaults: &Defaults,
    routes: &mut Vec<Route>,
    depth: u32,
) {
    let Some(file) = index.files.get(at.place) else { return };
    match view {
        Value::Path(path) => {
            if let Some((place, class)) = resolve::class(index, at.place, path) {
                of_class(index, at, (place, class), &guards, defaults, routes);
            } else if let Some(handler) = resolve::function(index, at.place, path, at.seen) {
                of_function(index, at, handler, guards, defaults, routes);
            }
        }
        Value::Call(id) => {
            let Some(call) = file.call(*id) else { return };
            if call.method() == "include" || depth > 4 {
                return;
            }
            if call.method() == "as_view" {
                if let Some((place, class)) = resolve::class(index, at.place, call.object()) {
                    of_class(index, at, (place, class), &guards, defaults, routes);
                }
                return;
            }
            let mut guards = guards;
            guards.push(named_guard(&call.callee, resolve::function(index, at.place, &call.callee, call.function)));
            if let Some(inner) = call.argument(0) {
                of_view(index, at, inner, guards, defaults, routes, depth + 1);
            }
        }
        _ => {}
    }
}

fn of_function(
    index: &CodeIndex,
    at: &At<'_>,
    handler: (usize, FunctionId),
    guards: Vec<Guard>,
    defaults: &Defaults,
    routes: &mut Vec<Route>,
) {
    let Some(function) = index.files.get(handler.0).and_then(|file| file.function(handler.1)) else { return };
    let mut guards = guards;
    let (mut verb, mut rest, mut own) = (Verb::Any, false, false);
    for decorator in &function.decorators {
        let name = decorator.method().to_ascii_lowercase();
        match &*name {
            "require_post" => verb = Verb::Post,
            "require_get" | "require_safe" => verb = Verb::Get,
            "api_view" => {
                rest = true;
                verb = methods(index, handler.0, decorator).unwrap_or(verb);
            }
            "require_http_methods" => verb = methods(index, handler.0, decorator).unwrap_or(verb),
            "permission_classes" => own = true,
            _ => {}
        }
        guards.extend(of_decorator(index, handler.0, decorator));
    }
    guards.extend(defaults.all.iter().cloned());
    if rest && !own {
        guards.extend(defaults.rest.iter().cloned());
    }
    routes.push(route(at, verb, handler, guards));
}

fn methods(index: &CodeIndex, place: usize, decorator: &Decorator) -> Option<Verb> {
    let call = index.files.get(place)?.call(decorator.call?)?;
    let Some(Value::Array(items)) = call.argument(0) else { return None };
    let verbs = || items.iter().filter_map(Value::text).filter_map(Verb::of);
    verbs().find(|verb| verb.changes()).or_else(|| verbs().next())
}

fn route(at: &At<'_>, verb: Verb, handler: (usize, FunctionId), guards: Vec<Guard>) -> Route {
    Route {
        framework: Framework::Django,
        verb,
        path: at.path.as_str().into(),
        file: at.place,
        place: Place { ..at.call.place },
        handler: Some(handler),
        guards,
        unknown: false,
        opened: false,
        reach: Vec::new(),
    }
}

/// `@login_required`, `@method_decorator(login_required, name="dispatch")`, `@permission_classes([IsAdminUser])`.
fn of_decorator(index: &CodeIndex, place: usize, decorator: &Decorator) -> Vec<Guard> {
    let call = index.files.get(place).and_then(|file| file.call(decorator.call?));
    let given = || {
        let mut names = Vec::new();
        for argument in call.map(|call| call.arguments.as_slice()).unwrap_or_default() {
            argument.value.walk(&mut |value| names.extend(value.path().map(ToOwned::to_owned)));
        }
        names
    };
    match decorator.method() {
        "method_decorator" | "permission_classes" => {
            given().iter().map(|name| named_guard(name, resolve::function(index, place, name, 0))).collect()
        }
        "require_POST"
        | "require_GET"
        | "require_safe"
        | "require_http_methods"
        | "api_view"
        | "never_cache"
        | "cache_page"
        | "csrf_exempt"
        | "csrf_protect"
        | "transaction.atomic"
        | "xframe_options_exempt"
        | "sensitive_post_parameters"
        | "ensure_csrf_cookie"
        | "atomic"
        | "staticmethod"
        | "action"
        | "override" => Vec::new(),
        _ => vec![guard_of(index, place, &decorator.name, resolve::function(index, place, &decorator.name, 0))],
    }
}

fn of_class(
    index: &CodeIndex,
    at: &At<'_>,
    found: (usize, usize),
    guards: &[Guard],
    defaults: &Defaults,
    routes: &mut Vec<Route>,
) {
    let mut view = View { guards: guards.to_vec(), ..View::default() };
    gather(index, found, &mut view, 0);
    view.guards.extend(defaults.all.iter().cloned());
    if view.rest && !view.decided {
        view.guards.extend(defaults.rest.iter().cloned());
    }
    for (verb, handler) in &view.methods {
        let mut guards = view.guards.clone();
        if let Some(function) = index.files.get(handler.0).and_then(|file| file.function(handler.1)) {
            guards.extend(function.decorators.iter().flat_map(|d| of_decorator(index, handler.0, d)));
        }
        let mut made = route(at, *verb, *handler, guards);
        made.opened = view.opened;
        made.unknown = view.unknown;
        routes.push(made);
    }
}

#[derive(Default)]
struct View {
    guards: Vec<Guard>,
    methods: Vec<(Verb, (usize, FunctionId))>,
    /// A view of Django REST framework.
    rest: bool,
    /// It says itself who is let in.
    decided: bool,
    opened: bool,
    unknown: bool,
}

fn gather(index: &CodeIndex, found: (usize, usize), view: &mut View, depth: u32) {
    let Some(file) = index.files.get(found.0) else { return };
    let Some(class) = file.classes.get(found.1) else { return };
    view.guards.extend(class.decorators.iter().flat_map(|d| of_decorator(index, found.0, d)));
    for (name, verb) in METHODS {
        if let Some(id) = resolve::method(file, &class.name, name)
            && !view.methods.iter().any(|(known, _)| *known == verb)
        {
            view.methods.push((verb, (found.0, id)));
        }
    }
    for name in ["dispatch", "initial", "check_permissions", "test_func", "get_permissions", "setup", "prepare"] {
        if let Some(id) = resolve::method(file, &class.name, name) {
            view.guards.push(named_guard(
                if name == "test_func" || name == "get_permissions" { "permission" } else { "" },
                Some((found.0, id)),
            ));
            view.decided |= name == "get_permissions";
        }
    }
    if let Some(value) = in_class(file, class, "permission_classes").filter(|_| !view.decided) {
        view.decided = true;
        value.walk(&mut |value| {
            if let Some(name) = value.path() {
                let last = name.rsplit('.').next().unwrap_or(name);
                if matches!(last, "AllowAny") {
                    view.opened = true;
                } else {
                    view.guards.push(Guard { auth: super::Cover::Yes, ..named_guard(last, None) });
                }
            }
        });
    }
    for base in &class.bases {
        let last = base.rsplit('.').next().unwrap_or(base);
        view.rest |= last.ends_with("APIView") || last.contains("ViewSet");
        if last.ends_with("Mixin") || last.starts_with("Login") || last.contains("Auth") || last.contains("Permission")
        {
            view.guards.push(named_guard(last, None));
        }
        match resolve::class(index, found.0, base).filter(|_| depth < MAX_BASES) {
            Some(next) if next != found => gather(index, next, view, depth + 1),
            _ => {}
        }
    }
    // A mixin that is somebody else's may do anything.
    view.guards.retain(|guard| {
        guard.auth != super::Cover::Unknown
            || guard.function.is_some()
            || super::names::guards_by_name(&guard.name).is_some()
    });
}

fn in_class<'f>(file: &'f FileFacts, class: &Class, name: &str) -> Option<&'f Value> {
    let within = |place: Place| class.place.bytes.0 <= place.bytes.0 && place.bytes.1 <= class.place.bytes.1;
    file.assignments_to(name).find(|assignment| within(assignment.place)).map(|assignment| &assignment.value)
}

/// What the settings put before every view.
fn defaults(index: &CodeIndex) -> Defaults {
    let mut defaults = Defaults::default();
    for (_, file) in index.group(&SETTINGS) {
        let texts = |value: Option<&Value>| {
            let mut texts: Vec<String> = Vec::new();
            if let Some(value) = value {
                value.walk(&mut |value| texts.extend(value.text().map(ToOwned::to_owned)));
            }
            texts
        };
        for assignment in file.assignments_to("REST_FRAMEWORK") {
            let mut named = texts(assignment.value.get("DEFAULT_PERMISSION_CLASSES"));
            named.retain(|name| !name.ends_with("AllowAny"));
            defaults.rest.extend(named.iter().map(|name| Guard { auth: super::Cover::Yes, ..named_guard(name, None) }));
            let limits = texts(assignment.value.get("DEFAULT_THROTTLE_CLASSES"));
            defaults.rest.extend(limits.iter().map(|name| named_guard(name, None)));
        }
        for assignment in file.assignments_to("MIDDLEWARE") {
            let own = texts(Some(&assignment.value));
            defaults.all.extend(
                own.iter()
                    .filter(|name| {
                        name.contains("LoginRequired") || super::names::limits_rate(name) || name.contains("axes")
                    })
                    .map(|name| named_guard(name, None)),
            );
        }
    }
    defaults
}

/// The path under which the patterns of each file are included.
fn prefixes(index: &CodeIndex) -> HashMap<usize, String> {
    let mut included: HashMap<usize, (usize, String)> = HashMap::new();
    for (place, file) in index.group(&PYTHON) {
        for call in file.calls.iter().filter(|call| call.method() == "include") {
            let outer = call.argument_of.and_then(|id| file.call(id));
            let Some(prefix) = outer.and_then(|outer| outer.argument(0)).and_then(Value::text) else { continue };
            let module = match call.argument(0) {
                Some(Value::Array(items)) => items.first().cloned(),
                other => other.cloned(),
            };
            let target = match &module {
                Some(Value::Text(module)) => index.module(file, module),
                Some(Value::Path(path)) => {
                    file.binding(path).and_then(|b| index.module(file, &format!("{}.{}", b.module, b.imported)))
                }
                _ => None,
            };
            if let Some(target) = target.filter(|target| *target != place) {
                included
                    .entry(target)
                    .or_insert_with(|| (place, joined(&local_prefix(file, outer.unwrap_or(call)), prefix)));
            }
        }
    }
    let mut prefixes = HashMap::new();
    for &file in included.keys() {
        let (mut path, mut at) = (String::new(), file);
        for _ in 0..MAX_INCLUDES {
            let Some((outer, prefix)) = included.get(&at) else { break };
            path = joined(prefix, &path);
            at = *outer;
        }
        prefixes.insert(file, path);
    }
    prefixes
}

/// Patterns in a list that is included in the same file.
fn local_prefix(file: &FileFacts, call: &Call) -> String {
    let list = file.assignments.iter().find(|a| {
        a.function == call.function
            && &*a.target != "urlpatterns"
            && a.place.bytes.0 <= call.place.bytes.0
            && call.place.bytes.1 <= a.place.bytes.1
    });
    let Some(list) = list else { return String::new() };
    file.calls
        .iter()
        .filter(|include| {
            include.method() == "include" && include.argument(0).and_then(Value::path) == Some(&*list.target)
        })
        .find_map(|include| file.call(include.argument_of?)?.argument(0)?.text())
        .unwrap_or("")
        .to_owned()
}
