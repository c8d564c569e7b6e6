//! Routes of Rails: `config/routes.rb`, and the actions that controllers run before theirs.

use super::{Framework, Guard, Route, Verb, joined, named_guard, resolve};
use crate::probe::source::code::{Call, FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// Files that declare routes.
static ROUTES_OF_RAILS: Group = Group {
    name: "routes of Rails",
    holds: |file| {
        file.language == Language::Ruby
            && file.role != Role::Test
            && (file.path.ends_with("config/routes.rb") || file.path.contains("config/routes/"))
    },
};

/// Files of controllers.
static CONTROLLERS: Group = Group { name: "controllers of Rails", holds: |file| file.path.ends_with("_controller.rb") };

/// How many classes controllers extend.
const MAX_BASES: usize = 6;

const ACTIONS: [(&str, Verb); 7] = [
    ("index", Verb::Get),
    ("show", Verb::Get),
    ("new", Verb::Get),
    ("edit", Verb::Get),
    ("create", Verb::Post),
    ("update", Verb::Patch),
    ("destroy", Verb::Delete),
];

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    for (place, file) in index.group(&ROUTES_OF_RAILS) {
        for call in &file.calls {
            let around = around(file, call);
            match call.method() {
                "get" | "post" | "put" | "patch" | "delete" | "match"
                    if call.receiver.is_none() && !call.callee.contains('.') =>
                {
                    let verb = Verb::of(call.method()).unwrap_or(Verb::Any);
                    if let Some((path, controller, action)) = target(call, &around) {
                        push(
                            index,
                            place,
                            call,
                            verb,
                            &joined(&around.path, &path),
                            &join_module(&around.module, &controller),
                            &action,
                            routes,
                        );
                    }
                }
                "resources" | "resource" => {
                    for name in call.arguments.iter().filter(|a| a.name.is_none()).filter_map(|a| a.value.text()) {
                        let controller = call
                            .named("controller")
                            .and_then(Value::text)
                            .map_or_else(|| plural(call.method(), name), ToOwned::to_owned);
                        for (action, verb) in ACTIONS.iter().filter(|(action, _)| wanted(call, action)) {
                            let id = if matches!(*action, "show" | "edit" | "update" | "destroy")
                                && call.method() == "resources"
                            {
                                ":id"
                            } else {
                                ""
                            };
                            let path = joined(&joined(&around.path, name), id);
                            push(
                                index,
                                place,
                                call,
                                *verb,
                                &path,
                                &join_module(&around.module, &controller),
                                action,
                                routes,
                            );
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn plural(kind: &str, name: &str) -> String {
    if kind == "resource" && !name.ends_with('s') { format!("{name}s") } else { name.to_owned() }
}

fn join_module(module: &str, controller: &str) -> String {
    if module.is_empty() || controller.starts_with('/') {
        controller.trim_start_matches('/').to_owned()
    } else {
        format!("{module}/{controller}")
    }
}

#[derive(Default)]
struct Around {
    path: String,
    module: String,
    resource: Option<String>,
}

fn around(file: &FileFacts, call: &Call) -> Around {
    let mut outer: Vec<&Call> =
        file.enclosing(call.function).filter_map(|(_, function)| file.call(function.argument_of?)).collect();
    outer.reverse();
    let mut around = Around::default();
    for call in outer {
        let first = call.argument(0).and_then(Value::text);
        match call.method() {
            "namespace" => {
                let name = first.unwrap_or("");
                around.path = joined(&around.path, name);
                around.module =
                    if around.module.is_empty() { name.to_owned() } else { format!("{}/{name}", around.module) };
            }
            "scope" => {
                let path = first.or_else(|| call.named("path").and_then(Value::text)).unwrap_or("");
                around.path = joined(&around.path, path);
                if let Some(module) = call.named("module").and_then(Value::text) {
                    around.module = if around.module.is_empty() {
                        module.to_owned()
                    } else {
                        format!("{}/{module}", around.module)
                    };
                }
            }
            "resources" | "resource" => {
                let name = first.unwrap_or("");
                around.path = joined(&around.path, name);
                around.resource = Some(
                    call.named("controller")
                        .and_then(Value::text)
                        .map_or_else(|| plural(call.method(), name), ToOwned::to_owned),
                );
            }
            "controller" => around.resource = first.map(ToOwned::to_owned),
            _ => {}
        }
    }
    around
}

/// Path, controller and action of `get "/x" => "home#index"`, `post "x", to: "home#x"`, and of one in a resource.
fn target(call: &Call, around: &Around) -> Option<(String, String, String)> {
    let mut path = call.argument(0).and_then(Value::text).map(ToOwned::to_owned);
    let mut found = call.named("to").or_else(|| call.named("action")).and_then(Value::text).map(ToOwned::to_owned);
    for argument in &call.arguments {
        if let (Some(name), Value::Text(text)) = (&argument.name, &argument.value)
            && text.contains('#')
            && found.is_none()
        {
            path = path.or_else(|| Some(name.to_string()));
            found = Some(text.to_string());
        }
        if let Value::Object(pairs) = &argument.value
            && let Some((key, Value::Text(text))) =
                pairs.iter().find(|(_, value)| value.text().is_some_and(|text| text.contains('#')))
        {
            path = path.or_else(|| Some(key.to_string()));
            found = found.or_else(|| Some(text.to_string()));
        }
    }
    let path = path?;
    match found {
        Some(found) => match found.split_once('#') {
            Some((controller, action)) => Some((path, controller.to_owned(), action.to_owned())),
            None => Some((path, around.resource.clone()?, found)),
        },
        None => match (path.rsplit_once('/'), &around.resource) {
            (_, Some(resource)) => Some((path.clone(), resource.clone(), path.clone())),
            // `get "welcome/index"`.
            (Some((controller, action)), None) => {
                Some((path.clone(), controller.trim_start_matches('/').to_owned(), action.to_owned()))
            }
            _ => None,
        },
    }
}

/// `only:` and `except:` of a resource.
fn wanted(call: &Call, action: &str) -> bool {
    let lists = |name: &str| {
        call.named(name).map(|value| {
            let mut found = false;
            value.walk(&mut |value| found |= value.text() == Some(action));
            found
        })
    };
    lists("only").unwrap_or(true) && !lists("except").unwrap_or(false)
}

/// `admin/users` is `Admin::UsersController`: the place of its file, and its name there.
fn controller(index: &CodeIndex, name: &str) -> Option<(usize, Box<str>)> {
    let camel = |part: &str| {
        part.split('_')
            .map(|word| {
                word.chars().next().map_or_else(String::new, |first| {
                    first.to_uppercase().collect::<String>() + word.get(first.len_utf8()..).unwrap_or("")
                })
            })
            .collect::<String>()
    };
    let parts: Vec<String> = name.split('/').map(camel).collect();
    let last = parts.last()?;
    let whole = format!("{}Controller", parts.join("."));
    let tail = format!("app/controllers/{name}_controller.rb");
    let in_place = index.group(&CONTROLLERS).find(|(_, file)| file.path.ends_with(&tail)).map(|(place, _)| place);
    let place = in_place.or_else(|| index.classes_called(&whole).first().copied())?;
    let file = index.files.get(place)?;
    let short = format!("{last}Controller");
    let class = file.classes.iter().find(|class| class.name.ends_with(&short))?;
    Some((place, class.name.clone()))
}

/// What a class names as its base or takes in: the place of its file, and its name there.
fn of_base(index: &CodeIndex, base: &str) -> Option<(usize, Box<str>)> {
    let short = base.rsplit('.').next()?;
    let place = index.classes_called(base).first().copied().or_else(|| index.classes_called(short).first().copied())?;
    let found = index.files.get(place)?.classes.iter().find(|class| class.name.rsplit('.').next() == Some(short))?;
    Some((place, found.name.clone()))
}

/// A controller and those that it extends, the outermost first.
fn lineage(index: &CodeIndex, start: (usize, Box<str>)) -> Vec<(usize, Box<str>)> {
    let mut all = vec![start];
    for _ in 0..MAX_BASES {
        let Some((place, name)) = all.last().cloned() else { break };
        let Some(file) = index.files.get(place) else { break };
        let Some(class) = file.classes.iter().find(|class| class.name == name) else { break };
        let next = class.bases.iter().find_map(|base| of_base(index, base));
        match next {
            Some(next) if !all.contains(&next) => all.push(next),
            _ => break,
        }
    }
    all.reverse();
    all
}

#[expect(clippy::too_many_arguments, reason = "one place where routes of Rails are made")]
fn push(
    index: &CodeIndex,
    place: usize,
    call: &Call,
    verb: Verb,
    path: &str,
    name: &str,
    action: &str,
    routes: &mut Vec<Route>,
) {
    let Some(found) = controller(index, name) else { return };
    let action = action.trim_start_matches('/');
    let Some(handler) = index.files.get(found.0).and_then(|file| resolve::method(file, &found.1, action)) else {
        return;
    };
    let mut guards: Vec<Guard> = Vec::new();
    let mut opened = false;
    for (at, class) in lineage(index, found.clone()) {
        // `include Authentication` brings in what its `included` block runs.
        let bases = index.files.get(at).and_then(|file| file.classes.iter().find(|found| found.name == class));
        for (at, module) in bases.into_iter().flat_map(|class| &class.bases).filter_map(|base| of_base(index, base)) {
            own_guards(index, at, &module, action, &mut guards, &mut opened);
        }
        own_guards(index, at, &class, action, &mut guards, &mut opened);
    }
    let guards = guards
        .into_iter()
        .map(|guard| if guard.function.is_none() { with_method(index, &found, guard) } else { guard })
        .collect();
    routes.push(Route {
        framework: Framework::Rails,
        verb,
        path: if path.starts_with('/') { path.into() } else { format!("/{path}").into() },
        file: place,
        place: Place { ..call.place },
        handler: Some((found.0, handler)),
        guards,
        unknown: false,
        opened,
        reach: Vec::new(),
    });
}

/// The method behind a name of a guard, in the controller or what it extends.
fn with_method(index: &CodeIndex, found: &(usize, Box<str>), guard: Guard) -> Guard {
    let in_class = |place: usize, class: &str| {
        let file = index.files.get(place)?;
        resolve::method(file, class, &guard.name)
            .or_else(|| resolve::method(file, class, &format!("{}!", guard.name)))
            .map(|id| (place, id))
    };
    let function = lineage(index, found.clone()).iter().rev().find_map(|(place, class)| {
        in_class(*place, class).or_else(|| {
            let facts = index.files.get(*place)?.classes.iter().find(|found| found.name == *class)?;
            facts.bases.iter().filter_map(|base| of_base(index, base)).find_map(|(at, module)| in_class(at, &module))
        })
    });
    Guard { function, ..guard }
}

/// What a class runs before an action, in the order of its lines; `opened`: its author excepts the action from a check of
/// who asks.
fn own_guards(index: &CodeIndex, place: usize, class: &str, action: &str, guards: &mut Vec<Guard>, opened: &mut bool) {
    let Some(file) = index.files.get(place) else { return };
    let Some(facts) = file.classes.iter().find(|found| *found.name == *class) else { return };
    let inside = |at: Place| facts.place.bytes.0 <= at.bytes.0 && at.bytes.1 <= facts.place.bytes.1;
    let runs_at_once = |call: &Call| {
        call.function == 0
            || file
                .function(call.function)
                .and_then(|function| file.call(function.argument_of?))
                .is_some_and(|outer| matches!(outer.method(), "included" | "prepended"))
    };
    for call in file.calls.iter().filter(|call| runs_at_once(call) && inside(call.place)) {
        // Rails' own generator, and its likes, give the skipping a name.
        if matches!(
            call.method(),
            "allow_unauthenticated_access" | "skip_authentication" | "allow_unauthenticated" | "skip_login"
        ) {
            if wanted(call, action) {
                guards.retain(|guard| super::names::guards_by_name(&guard.name) != Some(true));
                *opened = true;
            }
            continue;
        }
        let skips = matches!(call.method(), "skip_before_action" | "skip_before_filter" | "skip_authorization_check");
        let runs = matches!(
            call.method(),
            "before_action" | "before_filter" | "prepend_before_action" | "append_before_action"
        );
        if matches!(
            call.method(),
            "load_and_authorize_resource"
                | "authorize_resource"
                | "http_basic_authenticate_with"
                | "require_login"
                | "rate_limit"
        ) && wanted(call, action)
        {
            guards.push(named_guard(call.method(), None));
        }
        if !(skips || runs) {
            continue;
        }
        let asks = call
            .arguments
            .iter()
            .filter(|a| a.name.is_none())
            .any(|a| a.value.text().is_some_and(|name| super::names::guards_by_name(name) == Some(true)));
        let wanted = wanted(call, action);
        *opened |= asks
            && (runs && !wanted && call.named("except").is_some() || skips && wanted && call.named("only").is_some());
        if !wanted {
            continue;
        }
        let names: Vec<Box<str>> = call
            .arguments
            .iter()
            .filter(|a| a.name.is_none())
            .filter_map(|a| a.value.text().map(|name| name.trim_end_matches('!').into()))
            .collect();
        let conditional = call.named("if").is_some() || call.named("unless").is_some();
        if skips {
            if !conditional {
                guards.retain(|guard| !names.contains(&guard.name));
            }
            continue;
        }
        for name in names {
            guards.push(named_guard(&name, None));
        }
        for argument in &call.arguments {
            let block: Option<FunctionId> = match &argument.value {
                Value::Function(id) => Some(*id),
                _ => None,
            };
            if let Some(id) = block {
                guards.push(named_guard("", Some((place, id))));
            }
        }
        // A block that is not among what is given.
        if call.arguments.iter().all(|a| a.name.is_some())
            && let Some((id, _)) = (0_u32..).zip(&file.functions).find(|(_, f)| {
                f.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| outer.place == call.place)
            })
        {
            guards.push(named_guard("", Some((place, id))));
        }
    }
}
