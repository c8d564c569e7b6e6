//! Controllers of Spring.

use super::spring_security::{JAVA, Security};
use super::{Cover, Framework, Guard, Route, Verb, joined, named_guard, names, resolve};
use crate::probe::source::code::{Call, Class, Decorator, Function, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};

/// How many classes a controller extends.
const MAX_BASES: usize = 4;

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    let java = || index.group(&JAVA).filter(|(_, file)| file.role == Role::Server);
    let controllers = || {
        java().flat_map(|(place, file)| {
            file.classes.iter().filter(|class| is_controller(class)).map(move |class| (place, &**file, class))
        })
    };
    if controllers().next().is_none() {
        return;
    }
    let security = Security::new(index);
    for (place, file, class) in controllers() {
        let prefix = class
            .decorators
            .iter()
            .find(|d| d.method() == "RequestMapping")
            .map_or_else(String::new, |d| path(file, d));
        let inherited = of_bases(index, place, class);
        for (id, function) in (0_u32..).zip(&file.functions) {
            if function.class.as_deref() != Some(&*class.name) {
                continue;
            }
            let Some((mapping, verb)) = function.decorators.iter().find_map(|d| Some((d, verb(file, d)?))) else {
                continue;
            };
            let path = joined(&prefix, &path(file, mapping));
            let path = if path.starts_with('/') { path } else { format!("/{path}") };
            let decorators = function.decorators.iter().chain(&class.decorators);
            let opened = function.decorators.iter().any(|d| opens(file, d)) || security.opens(verb, &path);
            let mut guards: Vec<Guard> =
                decorators.filter(|d| !opens(file, d)).filter_map(|d| guard(file, d)).collect();
            guards.extend(inherited.iter().cloned());
            guards.extend(security.before(verb, &path));
            guards.extend(takes_user(file, function));
            let at = mapping.call.and_then(|id| file.call(id)).map_or(function.place, |call| call.place);
            routes.push(Route {
                framework: Framework::Spring,
                verb,
                path: path.into(),
                file: place,
                place: at,
                handler: Some((place, id)),
                guards,
                unknown: false,
                opened,
                reach: Vec::new(),
            });
        }
    }
}

fn is_controller(class: &Class) -> bool {
    class.decorators.iter().any(|d| matches!(d.method(), "RestController" | "Controller"))
}

/// What an annotation of a method asks for.
fn verb(file: &FileFacts, decorator: &Decorator) -> Option<Verb> {
    Some(match decorator.method() {
        "GetMapping" => Verb::Get,
        "PostMapping" => Verb::Post,
        "PutMapping" => Verb::Put,
        "PatchMapping" => Verb::Patch,
        "DeleteMapping" => Verb::Delete,
        "RequestMapping" => {
            let mut found = None;
            if let Some(method) = call(file, decorator).and_then(|call| call.named("method")) {
                method.walk(&mut |value| {
                    let verb = value.path().and_then(|path| Verb::of(path.rsplit('.').next().unwrap_or(path)));
                    found = match (found, verb) {
                        (Some(Verb::Post | Verb::Put | Verb::Delete | Verb::Patch), _) | (_, None) => found,
                        (_, verb) => verb,
                    };
                });
            }
            found.unwrap_or(Verb::Any)
        }
        _ => return None,
    })
}

fn call<'f>(file: &'f FileFacts, decorator: &Decorator) -> Option<&'f Call> {
    decorator.call.and_then(|id| file.call(id))
}

fn path(file: &FileFacts, decorator: &Decorator) -> String {
    let Some(call) = call(file, decorator) else { return String::new() };
    let value = call.argument(0).or_else(|| call.named("value")).or_else(|| call.named("path"));
    let value = match value {
        Some(Value::Array(items)) => items.first(),
        other => other,
    };
    value.and_then(|value| file.resolved(value, 0).leading_text()).unwrap_or("").to_owned()
}

/// `@PermitAll`, `@PreAuthorize("permitAll()")`, `@AnonymousAllowed`.
fn opens(file: &FileFacts, decorator: &Decorator) -> bool {
    let text = || call(file, decorator).and_then(|call| call.argument(0)).and_then(Value::text).unwrap_or("");
    match decorator.method() {
        "PreAuthorize" => text().contains("permitAll") || text().contains("isAnonymous"),
        name => {
            let lower = name.to_ascii_lowercase();
            lower.contains("permitall") || lower.contains("anonymous") || lower.contains("public") || lower == "noauth"
        }
    }
}

fn guard(file: &FileFacts, decorator: &Decorator) -> Option<Guard> {
    let name = decorator.method();
    if matches!(name, "PreAuthorize" | "PostAuthorize" | "Secured" | "RolesAllowed" | "DenyAll") {
        // Roles and rights are named in the text.
        let text = call(file, decorator).and_then(|call| call.argument(0)).and_then(Value::text).unwrap_or("");
        return Some(Guard { auth: Cover::Yes, ..named_guard(&format!("{name} {text}"), None) });
    }
    let told = names::limits_rate(name) || names::guards_by_name(name) == Some(true);
    told.then(|| named_guard(name, None))
}

/// Annotations of the classes that a controller extends.
fn of_bases(index: &CodeIndex, place: usize, class: &Class) -> Vec<Guard> {
    let mut guards = Vec::new();
    let mut at = (place, class);
    for _ in 0..MAX_BASES {
        let found = at.1.bases.iter().find_map(|base| {
            let base = base.rsplit('.').next().unwrap_or(base);
            let there = resolve::class(index, at.0, base).or_else(|| {
                let place = *index.classes_called(base).first()?;
                let found = index.files.get(place)?.classes.iter().position(|class| *class.name == *base)?;
                Some((place, found))
            })?;
            Some((there.0, index.files.get(there.0)?.classes.get(there.1)?))
        });
        let Some(next) = found else { break };
        if let Some(file) = index.files.get(next.0) {
            guards.extend(next.1.decorators.iter().filter_map(|d| guard(file, d)));
        }
        at = next;
    }
    guards
}

/// A handler that is given the one who is signed in, or their token, may ask who it is.
fn takes_user(file: &FileFacts, function: &Function) -> Option<Guard> {
    let unknown = |name: &str| Some(Guard { auth: Cover::Unknown, ..named_guard(name, None) });
    for parameter in &function.parameters {
        if matches!(
            &*parameter.annotation,
            "Principal" | "Authentication" | "Jwt" | "UserDetails" | "OAuth2User" | "OidcUser"
        ) {
            return unknown("a user as parameter");
        }
        let mut told = false;
        if let Some(default) = &parameter.default {
            default.walk(&mut |value| {
                let Value::Call(id) = value else { return };
                let Some(call) = file.call(*id) else { return };
                let text = call.argument(0).or_else(|| call.named("value")).or_else(|| call.named("name"));
                let text = text.and_then(Value::text).unwrap_or("").to_ascii_lowercase();
                told |= matches!(
                    call.method(),
                    "AuthenticationPrincipal" | "CurrentUser" | "LoginUser" | "CurrentSecurityContext"
                ) || matches!(
                    call.method(),
                    "RequestHeader" | "CookieValue" | "SessionAttribute" | "RequestAttribute"
                ) && ["auth", "token", "key", "signature", "user", "secret", "session"]
                    .iter()
                    .any(|word| text.contains(word));
            });
        }
        if told {
            return unknown("a user or token as parameter");
        }
    }
    None
}
