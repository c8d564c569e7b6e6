//! Controllers of Nest.

use super::{Cover, Framework, Guard, Route, Verb, guard_of, joined, named_guard, resolve};
use crate::probe::source::code::{Class, Decorator, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::index::Group;

/// Files whose classes may be controllers.
static CONTROLLERS: Group = Group {
    name: "controllers of Nest",
    holds: |file| {
        file.language.is_ecma()
            && file.role == Role::Server
            && file.classes.iter().any(|class| !class.decorators.is_empty())
    },
};

/// Files that use Nest.
static OF_NEST: Group = Group {
    name: "files of Nest",
    holds: |file| file.language.is_ecma() && file.imports_any(|module| module.starts_with("@nestjs/")),
};

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let global = global_guards(index);
    for (place, file) in index.group(&CONTROLLERS) {
        for class in &file.classes {
            let Some(controller) = class
                .decorators
                .iter()
                .find(|d| matches!(d.method(), "Controller" | "Resolver" | "JsonController" | "RestController"))
            else {
                continue;
            };
            let prefix = path(file, controller);
            let base = base_guards(index, place, class, 0);
            for (id, function) in (0_u32..).zip(&file.functions) {
                if function.class.as_deref() != Some(&*class.name) {
                    continue;
                }
                let Some((route, verb)) = function.decorators.iter().find_map(|d| Some((d, verb(d.method())?))) else {
                    continue;
                };
                let public = function.decorators.iter().chain(&class.decorators).any(|d| opens(d.method()));
                let mut guards: Vec<Guard> = if public { Vec::new() } else { global.clone() };
                if !public {
                    guards.extend(base.iter().cloned());
                }
                for decorator in class.decorators.iter().filter(|_| !public).chain(&function.decorators) {
                    guards.extend(of_decorator(index, place, decorator));
                }
                let request = function.parameters.iter().any(|p| {
                    p.annotation.contains("User")
                        || p.names.iter().any(|(name, _)| matches!(&**name, "user" | "currentUser"))
                });
                if request {
                    guards.push(Guard { auth: Cover::Unknown, ..named_guard("a user as parameter", None) });
                }
                let at = route.call.and_then(|id| file.call(id)).map_or(function.place, |call| call.place);
                let path = joined(&prefix, &path(file, route));
                routes.push(Route {
                    framework: Framework::Nest,
                    verb,
                    path: if path.starts_with('/') { path.into() } else { format!("/{path}").into() },
                    file: place,
                    place: at,
                    handler: Some((place, id)),
                    guards,
                    unknown: false,
                    opened: public,
                    reach: Vec::new(),
                });
            }
        }
    }
}

fn verb(decorator: &str) -> Option<Verb> {
    Some(match decorator {
        "Get" | "Query" | "Sse" => Verb::Get,
        "Post" | "Mutation" => Verb::Post,
        "Put" => Verb::Put,
        "Patch" => Verb::Patch,
        "Delete" => Verb::Delete,
        "All" => Verb::Any,
        _ => return None,
    })
}

/// `@Public()`, `@SkipAuth()`, `@AllowAnonymous()`.
fn opens(decorator: &str) -> bool {
    let lower = decorator.to_ascii_lowercase();
    lower.contains("public")
        || lower.contains("anonymous")
        || lower.contains("unauth")
        || (lower.contains("skip") || lower.contains("no")) && lower.contains("auth")
}

fn path(file: &FileFacts, decorator: &Decorator) -> String {
    let Some(call) = decorator.call.and_then(|id| file.call(id)) else { return String::new() };
    let value = match call.argument(0) {
        Some(Value::Array(items)) => items.first(),
        Some(object @ Value::Object(_)) => object.get("path"),
        other => other,
    };
    value.and_then(|value| file.resolved(value, 0).leading_text()).unwrap_or("").to_owned()
}

/// `@UseGuards(A, B)`, and decorators of the project that apply guards.
fn of_decorator(index: &CodeIndex, place: usize, decorator: &Decorator) -> Vec<Guard> {
    let Some(file) = index.files.get(place) else { return Vec::new() };
    let call = decorator.call.and_then(|id| file.call(id));
    match decorator.method() {
        // TypeGraphQL's middleware is a function.
        "UseMiddleware" => {
            let arguments = call.map(|call| call.arguments.as_slice()).unwrap_or_default();
            let named = arguments.iter().filter_map(|argument| argument.value.path());
            named.map(|name| guard_of(index, place, name, resolve::function(index, place, name, 0))).collect()
        }
        "UseGuards" | "UseInterceptors" | "UsePipes" => {
            let arguments = call.map(|call| call.arguments.as_slice()).unwrap_or_default();
            arguments.iter().map(|argument| of_class(index, place, &argument.value)).collect()
        }
        "Controller" | "Resolver" | "Get" | "Post" | "Put" | "Patch" | "Delete" | "All" | "HttpCode" | "Header"
        | "Render" | "Redirect" | "Version" => Vec::new(),
        name if name.starts_with("Api") && !matches!(name, "ApiKeyAuth") => Vec::new(),
        _ => vec![guard_of(index, place, &decorator.name, resolve::function(index, place, &decorator.name, 0))]
            .into_iter()
            .filter(|guard| guard.function.is_some() || super::names::guards_by_name(&guard.name).is_some())
            .collect(),
    }
}

fn of_class(index: &CodeIndex, place: usize, value: &Value) -> Guard {
    let name: Box<str> = match (value, index.files.get(place)) {
        (Value::Path(path), _) => path.clone(),
        (Value::Call(id), Some(file)) => file.call(*id).map(|call| (&*call.callee).into()).unwrap_or_default(),
        _ => "a guard".into(),
    };
    // `RolesGuard`, `JwtAuthGuard`: every guard of Nest says no to somebody; a limiter is told by its name.
    let function = resolve::class(index, place, &name).and_then(|(file, class)| {
        let found = index.files.get(file)?;
        resolve::method(found, &found.classes.get(class)?.name, "canActivate").map(|id| (file, id))
    });
    named_guard(&name, function)
}

/// Guards of the classes that a controller extends.
fn base_guards(index: &CodeIndex, place: usize, class: &Class, depth: u32) -> Vec<Guard> {
    let mut guards = Vec::new();
    for base in class.bases.iter().filter(|_| depth < 4) {
        if let Some((file, found)) = resolve::class(index, place, base)
            && let Some(class) = index.files.get(file).and_then(|file| file.classes.get(found))
        {
            guards.extend(class.decorators.iter().flat_map(|d| of_decorator(index, file, d)));
            guards.extend(base_guards(index, file, class, depth + 1));
        }
    }
    guards
}

/// `{ provide: APP_GUARD, useClass: JwtAuthGuard }`, `app.useGlobalGuards(new AuthGuard())`.
fn global_guards(index: &CodeIndex) -> Vec<Guard> {
    let mut guards = Vec::new();
    for (place, file) in index.group(&OF_NEST) {
        let mut see = |value: &Value| {
            value.walk(&mut |value| {
                if value.get("provide").and_then(Value::path) == Some("APP_GUARD")
                    && let Some(class) = value.get("useClass").or_else(|| value.get("useExisting"))
                {
                    guards.push(of_class(index, place, class));
                }
            });
        };
        for call in &file.calls {
            call.arguments.iter().for_each(|argument| see(&argument.value));
        }
        file.assignments.iter().for_each(|assignment| see(&assignment.value));
        for call in file.calls.iter().filter(|call| call.method() == "useGlobalGuards") {
            guards.extend(call.arguments.iter().map(|argument| of_class(index, place, &argument.value)));
        }
    }
    guards
}
