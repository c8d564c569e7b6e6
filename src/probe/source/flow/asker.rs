//! Who can send what a trace begins with: anyone, only the people who run the app, or a partner who signs it.

use super::{Reach, Sink};
use crate::probe::source::code::{Call, Function, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::flow::passing::checks_signature;
use crate::probe::source::routes::Route;

/// How many calls and tests of one function are looked at.
const MAX_LOOKS: usize = 300;

/// What is left of `found`, whose harm is done in `function` of `file`, where not everybody can send it.
pub(super) fn weighed(
    index: &CodeIndex,
    file: &FileFacts,
    function: FunctionId,
    mut found: Reach,
    sink: Sink,
) -> Reach {
    let Some(trace) = &found.request else { return found };
    let read = trace.read_in.and_then(|(place, at)| Some((&**index.files.get(place)?, at)));
    let (from, at) = read.unwrap_or((file, function));
    if is_signed(from, at) {
        if sink == Sink::Url {
            found.request = None;
            found.unknown = true;
            return found;
        }
        return found.unsure();
    }
    let action = sink == Sink::Redirect && is_action(from, at);
    if trace.sure && (action || is_for_few(index, from, at) || is_for_few(index, file, function)) {
        return found.unsure();
    }
    found
}

/// Whether no link leads to what is read in `function`: a server action takes only what its own pages send.
fn is_action(file: &FileFacts, function: FunctionId) -> bool {
    file.directives.iter().any(|found| &**found == "use server")
        || file.enclosing(function).any(|(_, scope)| scope.server_action)
}

fn is_signed(file: &FileFacts, function: FunctionId) -> bool {
    around(file, function).any(checks_signature)
}

/// The calls of the functions around `function`.
fn around(file: &FileFacts, function: FunctionId) -> impl Iterator<Item = &Call> {
    let scopes = file.enclosing(function).filter(|(id, _)| *id != 0);
    scopes.flat_map(|(_, scope)| file.calls_of(&scope.body).map(|(_, call)| call).take(MAX_LOOKS))
}

/// Whether only the people who run the app get to `function`: those with a role or a permission, or who set it up.
#[must_use]
pub fn is_for_few(index: &CodeIndex, file: &FileFacts, function: FunctionId) -> bool {
    if is_path_for_few(&file.path) || file.enclosing(function).any(|(_, scope)| is_kept(file, scope)) {
        return true;
    }
    if around(file, function).any(|call| names_few(&call.callee)) {
        return true;
    }
    let class = file.enclosing(function).find_map(|(_, scope)| scope.class.as_deref());
    let of_class = class.and_then(|name| file.classes.iter().find(|class| *class.name == *name));
    if of_class.is_some_and(|class| {
        names_few(&class.name) || class.decorators.iter().any(|mark| keeps(file, &mark.name, mark.call))
    }) {
        return true;
    }
    let tested = file.conditions.iter().filter(|condition| {
        condition.function != 0
            && (condition.then.leaves || condition.then.throws)
            && file.within(function, condition.function)
    });
    if tested.take(MAX_LOOKS).any(|condition| asks_for_few(&condition.test)) {
        return true;
    }
    let Some(place) = index.place_of(file) else { return false };
    index.routes().all().iter().any(|route| {
        route.handler.is_some_and(|(at, id)| at == place && file.within(function, id)) && is_route_for_few(route)
    })
}

/// Whether only the people who run the app get to a route.
#[must_use]
pub fn is_route_for_few(route: &Route) -> bool {
    is_path_for_few(&route.path) || route.guards.iter().any(|guard| names_few(&guard.name))
}

fn asks_for_few(test: &Value) -> bool {
    let mut found = false;
    test.walk(&mut |value| {
        found |= value.path().is_some_and(|path| {
            names_few(path) || path.ends_with(".role") || path.ends_with(".roles") || path.ends_with("is_staff")
        });
    });
    found
}

fn is_kept(file: &FileFacts, scope: &Function) -> bool {
    scope.name.as_deref().is_some_and(names_few)
        || scope.decorators.iter().any(|mark| keeps(file, &mark.name, mark.call))
}

/// `@HasPermission(…)`, `@PreAuthorize("hasRole('ADMIN')")`, `@Roles("owner")`.
fn keeps(file: &FileFacts, name: &str, call: Option<u32>) -> bool {
    let method = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    let given = |told: &dyn Fn(&str) -> bool| {
        call.and_then(|id| file.call(id)).is_some_and(|call| {
            let mut found = false;
            for argument in &call.arguments {
                argument.value.walk(&mut |value| {
                    found |= value.text().or_else(|| value.path()).is_some_and(told);
                });
            }
            found
        })
    };
    let anybody =
        |text: &str| text.contains("isAuthenticated") || text.contains("permitAll") || text.contains("isFully");
    match &*method {
        "preauthorize" | "secured" | "rolesallowed" | "roles" | "requirespermissions" | "requiresroles" => {
            !given(&anybody)
        }
        _ => names_few(name) || given(&|text| names_few(text)),
    }
}

fn is_path_for_few(path: &str) -> bool {
    path.to_ascii_lowercase().split(['/', '.', '-', '_', ':']).any(|part| {
        let part = part.strip_suffix("controller").unwrap_or(part);
        part.contains("admin")
            || matches!(part, "install" | "installer" | "installation" | "setup" | "wizard" | "backoffice" | "maint")
    })
}

/// Whether a name speaks of those who run the app.
fn names_few(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "");
    let words = [
        "admin",
        "superuser",
        "isowner",
        "requireowner",
        "onlyowner",
        "staffmember",
        "isstaff",
        "permission",
        "hasrole",
        "requirerole",
        "checkrole",
        "withrole",
        "userrole",
        "hasscope",
        "requirescope",
        "allowedto",
        "restrictto",
        "authorizerole",
    ];
    words.iter().any(|word| lower.contains(word)) || lower.split('.').any(|part| part == "acl")
}
