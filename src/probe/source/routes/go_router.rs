//! Routers of Go: under which path their routes stand, and what was put before all of them, here or where they are
//! mounted, handed on or wrapped.

use std::cell::RefCell;
use std::collections::HashMap;

use super::go_guard::{add, guard};
use super::{Guard, Verb, joined, resolve::FunctionAt};
use crate::probe::source::code::{Call, CallId, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::libraries::is_of;

/// How many routers stand in each other.
const MAX_DEPTH: u32 = 8;
/// How many calls of one name are looked at.
const MAX_CALLERS: usize = 60;

/// What stands before the routes of a router.
#[derive(Debug, Default, Clone)]
pub(super) struct Context {
    pub prefix: String,
    /// Each with the path under which it holds.
    pub guards: Vec<(String, Guard)>,
    /// Something stands before them that cannot be told.
    pub unknown: bool,
}

/// Routers by package.
const MODULES: [&str; 16] = [
    "net/http",
    "github.com/gin-gonic/gin",
    "github.com/labstack/echo",
    "github.com/go-chi/chi",
    "github.com/gofiber/fiber",
    "github.com/gorilla/mux",
    "github.com/julienschmidt/httprouter",
    "github.com/flamego/flamego",
    "gopkg.in/macaron.v1",
    "github.com/go-macaron/macaron",
    "goji.io",
    "github.com/bmizerany/pat",
    "github.com/kataras/iris",
    "github.com/uptrace/bunrouter",
    "github.com/go-martini/martini",
    "github.com/pressly/chi",
];

/// What a router is written as where it is declared.
fn is_router_type(annotation: &str) -> bool {
    let name = annotation.trim_start_matches('*');
    matches!(
        name,
        "gin.Engine"
            | "gin.RouterGroup"
            | "gin.IRouter"
            | "gin.IRoutes"
            | "echo.Echo"
            | "echo.Group"
            | "chi.Router"
            | "chi.Mux"
            | "fiber.App"
            | "fiber.Router"
            | "fiber.Group"
            | "mux.Router"
            | "mux.Route"
            | "http.ServeMux"
            | "httprouter.Router"
            | "macaron.Macaron"
            | "macaron.Router"
            | "flamego.Flame"
            | "flamego.Router"
            | "iris.Application"
            | "iris.Party"
            | "web.Router"
    )
}

/// A router: the places of its file and of the function in which its name holds, and the name.
type Key = (usize, FunctionId, Box<str>);

/// Contexts that were worked out.
#[derive(Default)]
pub(super) struct Routers {
    outer: RefCell<HashMap<Key, Option<Context>>>,
}

impl Routers {
    /// What stands before a route that `call` declares on its object; `None`: that is no router.
    pub fn of_owner(&self, index: &CodeIndex, place: usize, call: &Call) -> Option<Context> {
        let file = index.files.get(place)?;
        match call.receiver {
            Some(id) => self.of_call(index, place, id, 0),
            None if call.object() == "http" => {
                file.binding("http").filter(|b| &*b.module == "net/http").map(|_| Context::default())
            }
            None => self.of_path(index, place, call.object(), call, 0),
        }
    }

    fn of_value(&self, index: &CodeIndex, place: usize, value: &Value, at: &Call, depth: u32) -> Option<Context> {
        match value {
            Value::Path(path) => self.of_path(index, place, path, at, depth),
            Value::Call(id) => self.of_call(index, place, *id, depth),
            _ => None,
        }
    }

    /// A router that is made or derived right there: `gin.Default()`, `api.Group("/users", auth)`, `r.With(auth)`.
    fn of_call(&self, index: &CodeIndex, place: usize, id: CallId, depth: u32) -> Option<Context> {
        let file = index.files.get(place).filter(|_| depth < MAX_DEPTH)?;
        let call = file.call(id)?;
        if makes_router(file, call) {
            return Some(Context::default());
        }
        // `m.Combo("/x").Get(show).Post(save)`.
        if Verb::of(call.method()).is_some() && call.receiver.is_some() {
            return self.of_call(index, place, call.receiver?, depth + 1);
        }
        if !matches!(
            call.method(),
            "Group"
                | "With"
                | "Use"
                | "PathPrefix"
                | "Subrouter"
                | "Path"
                | "Methods"
                | "Host"
                | "Headers"
                | "Name"
                | "Schemes"
                | "StrictSlash"
                | "NewRoute"
                | "Route"
                | "Combo"
                | "Party"
                | "Mux"
        ) {
            // `r := setUp(db)`.
            let (target, _) = index.reached_by(file, call)?;
            let function = target.file.function(target.function)?;
            let inside = Call { function: target.function, place: function.place, ..Call::default() };
            return function
                .body
                .returns
                .iter()
                .find_map(|value| self.of_path(index, target.place, first(value).path()?, &inside, depth + 1));
        }
        let mut found = match call.receiver {
            Some(id) => self.of_call(index, place, id, depth + 1),
            None => self.of_path(index, place, call.object(), call, depth + 1),
        }?;
        let text = call.argument(0).and_then(|value| file.resolved(value, call.function).leading_text());
        match call.method() {
            // The path of a combination belongs to the route; groups around it come before.
            "Combo" => self.guards_of(index, place, call, usize::from(text.is_some()), &mut found),
            "Group" | "PathPrefix" | "Path" | "Route" | "Party" => {
                found.prefix = joined(&found.prefix, text.unwrap_or(""));
                self.guards_of(index, place, call, usize::from(text.is_some()), &mut found);
            }
            "With" | "Use" => self.guards_of(index, place, call, 0, &mut found),
            _ => {}
        }
        Some(found)
    }

    fn guards_of(&self, index: &CodeIndex, place: usize, call: &Call, from: usize, found: &mut Context) {
        let mut guards = Vec::new();
        found.unknown |= call.spreads();
        for argument in call.arguments.iter().skip(from).filter(|argument| !argument.spread) {
            // The function of a group declares its routes.
            if matches!(&argument.value, Value::Function(_))
                && matches!(call.method(), "Group" | "Route" | "Party" | "Combo")
            {
                continue;
            }
            found.unknown |= !add(index, place, &argument.value, call.function, &mut guards);
        }
        found.guards.extend(guards.into_iter().map(|guard| (String::new(), guard)));
    }

    /// The router that `path` stands for where `at` uses it.
    fn of_path(&self, index: &CodeIndex, place: usize, path: &str, at: &Call, depth: u32) -> Option<Context> {
        let file =
            index.files.get(place).filter(|_| depth < MAX_DEPTH && !path.is_empty() && !path.contains(['(', '[']))?;
        let scope = scope(file, path, at.function);
        let key = (place, scope, Box::from(path));
        let known = self.outer.borrow().get(&key).cloned();
        let mut found = match known {
            Some(known) => known?,
            None => {
                // A router that leads back to itself is none.
                self.outer.borrow_mut().insert(key.clone(), None);
                let outer = self.outer_of(index, place, path, scope, depth);
                self.outer.borrow_mut().insert(key, outer.clone());
                outer?
            }
        };
        self.own_uses(index, place, path, scope, at, &mut found);
        Some(found)
    }

    /// What stands before a router from outside: what it was made from, and where it is mounted or wrapped.
    fn outer_of(&self, index: &CodeIndex, place: usize, path: &str, scope: FunctionId, depth: u32) -> Option<Context> {
        let file = index.files.get(place)?;
        let parameter = file.function(scope).and_then(|function| {
            let position = function.parameters.iter().position(|p| p.names.iter().any(|(name, _)| **name == *path))?;
            Some((function, position))
        });
        if let Some((function, position)) = parameter {
            if !function.parameters.get(position).is_some_and(|p| is_router_type(&p.annotation)) {
                return None;
            }
            return Some(
                self.of_parameter(index, (place, scope), position, depth)
                    .unwrap_or(Context { unknown: true, ..Context::default() }),
            );
        }
        if let Some(set) = file.assigned(path, scope) {
            let made = match &set.value {
                Value::Call(id) => self.of_call(index, place, *id, depth + 1),
                Value::Path(other) if **other != *path => {
                    let at = Call { function: set.function, place: set.place, ..Call::default() };
                    self.of_path(index, place, other, &at, depth + 1)
                }
                _ => is_router_type(&set.annotation).then(Context::default),
            };
            let mut found = made?;
            if matches!(&set.value, Value::Call(id) if file.call(*id).is_some_and(|call| makes_router(file, call))) {
                self.mounted(index, place, path, scope, depth, &mut found);
            }
            return Some(found);
        }
        self.of_field(index, place, path, scope)
    }

    /// `s.router` of a type that keeps one.
    fn of_field(&self, index: &CodeIndex, place: usize, path: &str, scope: FunctionId) -> Option<Context> {
        let file = index.files.get(place)?;
        let (holder, field) = path.rsplit_once('.')?;
        let class = file.assigned(root(holder), scope).map(|set| set.annotation.trim_start_matches('*').to_owned())?;
        let class = class.rsplit('.').next().unwrap_or(&class).to_owned();
        let places = index.classes_called(&class);
        let declared = places.iter().take(8).find_map(|at| {
            let found = index.files.get(*at)?.classes.iter().find(|found| *found.name == *class)?;
            found.fields.iter().find(|(name, _)| **name == *field).map(|(_, kind)| kind.clone())
        })?;
        if !is_router_type(&declared) {
            return None;
        }
        let mut found = Context::default();
        let mut files: Vec<usize> = places.iter().take(8).copied().collect();
        files.extend((!places.contains(&place)).then_some(place));
        for here in files {
            let Some(file) = index.files.get(here) else { continue };
            for call in file.calls.iter().filter(|call| call.method() == "Use" && call.receiver.is_none()) {
                let of_field = call.object().rsplit_once('.').is_some_and(|(_, name)| name == field);
                let of_class = file.enclosing(call.function).any(|(_, f)| f.class.as_deref() == Some(&*class));
                // What stands in the same function is added where it is used.
                if of_field && of_class && !(here == place && call.function == scope) {
                    self.guards_of(index, here, call, 0, &mut found);
                }
            }
        }
        Some(found)
    }

    /// What `path.Use(…)` puts before what follows.
    fn own_uses(&self, index: &CodeIndex, place: usize, path: &str, scope: FunctionId, at: &Call, found: &mut Context) {
        let Some(file) = index.files.get(place) else { return };
        let Some(function) = file.function(scope) else { return };
        for (_, call) in file.calls_of(&function.body) {
            if call.method() != "Use" || call.object() != path || call.receiver.is_some() || call.function != scope {
                continue;
            }
            if call.function == at.function && call.place.bytes.0 > at.place.bytes.0 && !whole_router(file) {
                continue;
            }
            let prefix = call.argument(0).and_then(Value::text);
            let before = found.guards.len();
            self.guards_of(index, place, call, usize::from(prefix.is_some()), found);
            let Some(full) = prefix.map(|prefix| joined(&found.prefix, prefix)) else { continue };
            for (under, _) in found.guards.iter_mut().skip(before) {
                under.clone_from(&full);
            }
        }
    }

    /// The router that callers hand to a function, or that the call whose function this is stands on.
    fn of_parameter(&self, index: &CodeIndex, at: FunctionAt, position: usize, depth: u32) -> Option<Context> {
        let file = index.files.get(at.0)?;
        let function = file.function(at.1)?;
        if let Some(id) = function.argument_of {
            return self.of_call(index, at.0, id, depth + 1);
        }
        let name = function.name.as_deref()?;
        for (caller, call) in
            index.calls_of(name).take(MAX_CALLERS).filter(|(caller, _)| caller.language == file.language)
        {
            let same = index.reached_by(caller, call).is_some_and(|(t, _)| (t.place, t.function) == at);
            let (true, Some(place)) = (same, index.place_of(caller)) else { continue };
            let Some(given) = call.argument(position) else { continue };
            if let Some(found) = self.of_value(index, place, given, call, depth + 1) {
                return Some(found);
            }
        }
        // `r.Route("/users", users.Routes)`.
        for method in ["Route", "Group"] {
            for (caller, call) in
                index.calls_of(method).take(MAX_CALLERS * 4).filter(|(c, _)| c.language == file.language)
            {
                let hands =
                    call.arguments.iter().any(|a| a.value.path().is_some_and(|p| p.rsplit('.').next() == Some(name)));
                if !hands {
                    continue;
                }
                let place = index.place_of(caller)?;
                let id = caller.calls.iter().position(|other| other.place == call.place)?;
                if let Some(mut found) = self.of_call(index, place, u32::try_from(id).ok()?, depth + 1) {
                    found.guards.retain(|(_, guard)| guard.name.rsplit('.').next() != Some(name));
                    return Some(found);
                }
            }
        }
        None
    }

    /// Where a router that is made here goes: into another one, or into a wrapper around all of it.
    fn mounted(&self, index: &CodeIndex, place: usize, path: &str, scope: FunctionId, depth: u32, found: &mut Context) {
        let Some(file) = index.files.get(place) else { return };
        let Some(function) = file.function(scope) else { return };
        let given = file.calls_of(&function.body).find(|(_, call)| {
            !call.discarded && call.arguments.iter().any(|argument| argument.value.path() == Some(path))
                || matches!(call.method(), "Mount" | "Handle" | "Handler")
                    && call.arguments.iter().any(|argument| argument.value.path() == Some(path))
        });
        if let Some((id, _)) = given {
            self.climb(index, place, id, depth, found);
            return;
        }
        // What makes the router gives it back, and others mount it.
        if function.body.returns.iter().any(|value| first(value).path() == Some(path)) {
            self.returned(index, (place, scope), depth, found);
        }
    }

    fn returned(&self, index: &CodeIndex, at: FunctionAt, depth: u32, found: &mut Context) {
        let Some(file) = index.files.get(at.0).filter(|_| depth < MAX_DEPTH) else { return };
        let Some(name) = file.function(at.1).and_then(|function| function.name.as_deref()) else { return };
        for (caller, call) in index.calls_of(name).take(MAX_CALLERS).filter(|(c, _)| c.language == file.language) {
            let same = index.reached_by(caller, call).is_some_and(|(t, _)| (t.place, t.function) == at);
            let (true, Some(place)) = (same, index.place_of(caller)) else { continue };
            if let Some(around) = call.argument_of {
                self.climb(index, place, around, depth + 1, found);
                return;
            }
            let here =
                caller.calls.iter().position(|other| other.place == call.place).and_then(|id| u32::try_from(id).ok());
            let set = caller.assignments.iter().find(|set| here.is_some_and(|id| set.value == Value::Call(id)));
            if let Some(set) = set {
                self.mounted(index, place, &set.target, set.function, depth + 1, found);
                return;
            }
        }
    }

    /// From the call that a router is given to, outwards.
    fn climb(&self, index: &CodeIndex, place: usize, id: CallId, depth: u32, found: &mut Context) {
        let Some(file) = index.files.get(place).filter(|_| depth < MAX_DEPTH) else { return };
        let mut next = Some(id);
        for _ in 0..MAX_DEPTH {
            let Some(id) = next else { return };
            let Some(call) = file.call(id) else { return };
            match call.method() {
                "Mount" | "Handle" | "Handler" => {
                    let prefix = call.argument(0).and_then(Value::leading_text).unwrap_or("");
                    if let Some(mut outer) = self.of_owner(index, place, call) {
                        outer.prefix = joined(&joined(&outer.prefix, prefix), &found.prefix);
                        outer.guards.append(&mut found.guards);
                        outer.unknown |= found.unknown;
                        *found = outer;
                    }
                    return;
                }
                "StripPrefix" | "Serve" => {}
                name if call.constructs
                    || name.starts_with("ListenAndServe")
                    || matches!(name, "Run" | "append" | "go") =>
                {
                    return;
                }
                _ => found.guards.push((String::new(), guard(index, place, &call.callee, call.function))),
            }
            next = call.argument_of;
            if next.is_none() {
                // `handler := withAuth(mux)`.
                let set =
                    file.assignments.iter().find(|set| set.value == Value::Call(id) && set.function == call.function);
                next = set.and_then(|set| {
                    let function = file.function(call.function)?;
                    file.calls_of(&function.body)
                        .find(|(_, other)| {
                            other.place.bytes.0 > call.place.bytes.1
                                && other.arguments.iter().any(|a| a.value.path() == Some(&*set.target))
                        })
                        .map(|(id, _)| id)
                });
            }
        }
    }
}

/// What a function gives back beside an error.
fn first(value: &Value) -> &Value {
    match value {
        Value::Array(values) => values.first().unwrap_or(value),
        value => value,
    }
}

/// Middleware of these holds for all routes, wherever it is put.
fn whole_router(file: &FileFacts) -> bool {
    file.imports_any(|module| is_of(module, "github.com/labstack/echo") || is_of(module, "github.com/gorilla/mux"))
}

/// The function in which `path` is declared, seen from `function`.
fn scope(file: &FileFacts, path: &str, function: FunctionId) -> FunctionId {
    let declares =
        |id: FunctionId, parameters: bool| parameters || file.assignments_to(path).any(|set| set.function == id);
    file.enclosing(function)
        .find(|(id, f)| declares(*id, f.parameters.iter().any(|p| p.names.iter().any(|(name, _)| **name == *path))))
        .map_or(function, |(id, _)| id)
}

/// `gin.Default()`, `chi.NewRouter()`, `http.NewServeMux()`.
fn makes_router(file: &FileFacts, call: &Call) -> bool {
    let known = || file.binding(call.root()).is_some_and(|b| MODULES.iter().any(|name| is_of(&b.module, name)));
    !call.callee.contains('(')
        && call.callee.matches('.').count() == 1
        && (matches!(
            call.method(),
            "Default" | "New" | "Classic" | "NewRouter" | "NewServeMux" | "NewMux" | "NewWithConfig" | "NewWithLogger"
        ) && known()
            || call.constructs && is_router_type(&call.callee))
}
