//! Routes of Laravel: files of routes, groups, and the middleware that controllers ask for.

use super::{Framework, Guard, Route, Verb, joined, named_guard, resolve};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::Group;

/// Files of PHP.
static PHP: Group = Group { name: "PHP", holds: |file| file.language == Language::Php };

/// How many links of a chain are followed.
const MAX_LINKS: usize = 12;

/// What stands around a route.
#[derive(Default, Clone)]
struct Around {
    prefix: String,
    middleware: Vec<String>,
    without: Vec<String>,
    controller: Option<String>,
}

/// Middleware that groups stand for: `web`, `api`.
type Groups = Vec<(String, Vec<String>)>;

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let php = || index.group(&PHP).filter(|(_, file)| file.role.in_production());
    if !php().any(|(_, file)| file.calls.iter().any(|call| call.root() == "Route")) {
        return;
    }
    let groups = groups(index);
    for (place, file) in php() {
        for call in file.calls.iter().filter(|call| call.root() == "Route") {
            let (verb, resource) = match call.method() {
                "get" | "view" | "options" => (Verb::Get, false),
                "post" => (Verb::Post, false),
                "put" => (Verb::Put, false),
                "patch" => (Verb::Patch, false),
                "delete" => (Verb::Delete, false),
                "any" | "match" => (Verb::Any, false),
                "resource" | "apiResource" => (Verb::Any, true),
                _ => continue,
            };
            let first = usize::from(call.method() == "match");
            let Some(path) = call.argument(first).and_then(Value::leading_text) else { continue };
            let mut around = around(file, call);
            of_file(file, &mut around);
            let path = joined(&around.prefix, path);
            let path = if path.starts_with('/') { path } else { format!("/{path}") };
            let at = At { index, place, call, around, groups: &groups, path };
            let action = call.argument(first + 1);
            if resource {
                for (name, verb) in
                    [("index", Verb::Get), ("store", Verb::Post), ("update", Verb::Put), ("destroy", Verb::Delete)]
                {
                    if let Some(handler) = action.and_then(class_of).and_then(|class| at.method(&class, name)) {
                        routes.push(at.route(verb, Some(handler), name));
                    }
                }
            } else {
                let (handler, name) = at.handler(action);
                routes.push(at.route(verb, handler, &name));
            }
        }
    }
}

struct At<'a> {
    index: &'a CodeIndex,
    place: usize,
    call: &'a Call,
    around: Around,
    groups: &'a Groups,
    path: String,
}

impl At<'_> {
    fn method(&self, class: &str, name: &str) -> Option<(usize, FunctionId)> {
        let last = class.rsplit(['.', '\\']).next().unwrap_or(class);
        let mut class = last.to_owned();
        for _ in 0..4 {
            let places = self.index.classes_called(&class);
            let [place] = places else { return None };
            let file = self.index.files.get(*place)?;
            if let Some(id) = resolve::method(file, &class, name) {
                return Some((*place, id));
            }
            let base = file.classes.iter().find(|found| *found.name == *class)?.bases.first()?;
            class = base.rsplit(['.', '\\']).next().unwrap_or(base).to_owned();
        }
        None
    }

    /// `[PostController::class, "store"]`, `"PostController@store"`, `PostController::class`, a closure.
    fn handler(&self, action: Option<&Value>) -> (Option<(usize, FunctionId)>, String) {
        match action {
            Some(Value::Function(id)) => (Some((self.place, *id)), String::new()),
            Some(Value::Array(items)) => {
                let class = items.first().and_then(class_of);
                let name = items.get(1).and_then(Value::text).unwrap_or("");
                (class.and_then(|class| self.method(&class, name)), name.to_owned())
            }
            Some(Value::Text(text)) => {
                let (class, name) =
                    text.split_once('@').unwrap_or((self.around.controller.as_deref().unwrap_or(""), text));
                (self.method(class, name), name.to_owned())
            }
            Some(value) => (class_of(value).and_then(|class| self.method(&class, "__invoke")), String::new()),
            None => (None, String::new()),
        }
    }

    fn route(&self, verb: Verb, handler: Option<(usize, FunctionId)>, name: &str) -> Route {
        let mut names: Vec<String> = Vec::new();
        for middleware in &self.around.middleware {
            match self.groups.iter().find(|(group, _)| group == middleware) {
                Some((_, inner)) => names.extend(inner.iter().cloned()),
                None => names.push(middleware.clone()),
            }
        }
        names.retain(|name| !self.around.without.contains(name));
        let mut guards: Vec<Guard> = names.iter().map(|name| self.guard(name)).collect();
        if let Some((place, id)) = handler
            && let Some(file) = self.index.files.get(place)
            && let Some(function) = file.function(id)
        {
            guards.extend(self.of_controller(file, function.class.as_deref().unwrap_or(""), name));
            // A form request may say who is let in, and says what is valid.
            for parameter in &function.parameters {
                let class = parameter.annotation.rsplit(['.', '\\']).next().unwrap_or("");
                if let Some(authorize) = class.ends_with("Request").then(|| self.method(class, "authorize")).flatten() {
                    guards.push(named_guard("", Some(authorize)));
                }
            }
        }
        Route {
            framework: Framework::Laravel,
            verb,
            path: self.path.as_str().into(),
            file: self.place,
            place: self.call.place,
            handler,
            guards,
            unknown: false,
            opened: false,
            reach: Vec::new(),
        }
    }

    /// The class of a middleware of the project does what its `handle` does.
    fn guard(&self, name: &str) -> Guard {
        let class = name.split(':').next().unwrap_or(name);
        let guard = named_guard(name, self.method(class, "handle"));
        if guard.function.is_none()
            && (class.starts_with("Illuminate")
                || matches!(class, "web" | "api" | "bindings" | "cache.headers" | "localize"))
        {
            return Guard { auth: super::Cover::No, ..guard };
        }
        guard
    }

    /// `$this->middleware("auth")->except(["index"])` in a controller's constructor.
    fn of_controller(&self, file: &FileFacts, class: &str, action: &str) -> Vec<Guard> {
        let Some(constructor) = resolve::method(file, class, "__construct").and_then(|id| file.function(id)) else {
            return Vec::new();
        };
        let mut guards = Vec::new();
        for (_, call) in file.calls_of(&constructor.body).filter(|(_, call)| &*call.callee == "this.middleware") {
            let chained = call.chained.and_then(|id| file.call(id));
            let listed = |call: &Call| {
                let mut found = false;
                call.arguments
                    .iter()
                    .for_each(|argument| argument.value.walk(&mut |value| found |= value.text() == Some(action)));
                found
            };
            let applies = match chained {
                Some(call) if call.method() == "except" => !listed(call),
                Some(call) if call.method() == "only" => listed(call),
                _ => true,
            };
            if applies {
                guards.extend(texts(call).iter().map(|name| self.guard(name)));
            }
        }
        guards
    }
}

/// `PostController::class` as a name.
fn class_of(value: &Value) -> Option<String> {
    match value {
        Value::Path(path) => Some(path.strip_suffix(".class").unwrap_or(path).to_owned()),
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Names of middleware that a call is given.
fn texts(call: &Call) -> Vec<String> {
    let mut found = Vec::new();
    for argument in &call.arguments {
        argument.value.walk(&mut |value| found.extend(class_of(value).filter(|name| !name.is_empty())));
    }
    found
}

/// What the chain before and behind a route, and the groups around it, say.
fn around(file: &FileFacts, call: &Call) -> Around {
    let mut around = Around::default();
    let groups: Vec<&Call> = file
        .enclosing(call.function)
        .filter_map(|(_, function)| file.call(function.argument_of?))
        .filter(|outer| outer.method() == "group")
        .collect();
    for group in groups.iter().rev() {
        if let Some(options @ Value::Object(_)) = group.argument(0) {
            around.prefix = joined(&around.prefix, options.get("prefix").and_then(Value::text).unwrap_or(""));
            if let Some(value) = options.get("middleware") {
                value.walk(&mut |value| around.middleware.extend(class_of(value)));
            }
        }
        before(file, group, &mut around);
    }
    before(file, call, &mut around);
    let mut behind = call.chained;
    for _ in 0..MAX_LINKS {
        let Some(link) = behind.and_then(|id| file.call(id)) else { break };
        match link.method() {
            "middleware" => around.middleware.extend(texts(link)),
            "can" => around.middleware.push("can".to_owned()),
            "withoutMiddleware" => around.without.extend(texts(link)),
            _ => {}
        }
        behind = link.chained;
    }
    around
}

fn before(file: &FileFacts, call: &Call, around: &mut Around) {
    let mut links = Vec::new();
    let mut link = call.receiver;
    for _ in 0..MAX_LINKS {
        let Some(found) = link.and_then(|id| file.call(id)) else { break };
        links.push(found);
        link = found.receiver;
    }
    for link in links.iter().rev() {
        match link.method() {
            "middleware" => around.middleware.extend(texts(link)),
            "withoutMiddleware" => around.without.extend(texts(link)),
            "prefix" => around.prefix = joined(&around.prefix, link.argument(0).and_then(Value::text).unwrap_or("")),
            "controller" => around.controller = link.argument(0).and_then(class_of),
            _ => {}
        }
    }
}

/// `routes/api.php` is mounted under `api`, with its group.
fn of_file(file: &FileFacts, around: &mut Around) {
    let name = file.path.rsplit('/').next().unwrap_or("");
    match name {
        "api.php" => {
            around.middleware.push("api".to_owned());
            around.prefix = joined("/api", &around.prefix);
        }
        "web.php" => around.middleware.push("web".to_owned()),
        _ => {}
    }
}

/// What the groups `web` and `api` hold, in the kernel or in `bootstrap/app.php`.
fn groups(index: &CodeIndex) -> Groups {
    let mut groups = Groups::new();
    for (_, file) in index.group(&PHP) {
        for assignment in file
            .assignments
            .iter()
            .filter(|a| a.target.ends_with("middlewareGroups") || a.target.ends_with("this.middleware"))
        {
            match &assignment.value {
                Value::Object(pairs) if assignment.target.ends_with("middlewareGroups") => {
                    for (name, value) in pairs {
                        let mut inner = Vec::new();
                        value.walk(&mut |value| inner.extend(class_of(value)));
                        groups.push((name.to_string(), inner));
                    }
                }
                _ => {}
            }
        }
    }
    groups
}
