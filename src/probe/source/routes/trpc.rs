//! Procedures of tRPC.

use super::{Framework, Route, Verb, named_guard, resolve};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};

/// How many links of a procedure are followed.
const MAX_LINKS: usize = 40;

/// Finds them.
pub(super) fn find(index: &CodeIndex, routes: &mut Vec<Route>) {
    for (place, file) in index.files.iter().enumerate() {
        if !file.language.is_ecma() || !matches!(file.role, Role::Server | Role::Client) {
            continue;
        }
        for call in &file.calls {
            let verb = match call.method() {
                "mutation" => Verb::Post,
                "query" => Verb::Get,
                _ => continue,
            };
            let base = base(file, call);
            if !base.to_ascii_lowercase().ends_with("procedure") {
                continue;
            }
            let behind =
                call.argument(0).map(|value| resolve::of_value(index, place, value, call.function)).unwrap_or_default();
            let mut guards = vec![named_guard(&base, None)];
            middleware(index, place, call, &mut guards);
            guards.extend(definition(index, place, &base, 0));
            guards.extend(behind.wrappers.iter().map(|(name, function)| named_guard(name, *function)));
            for guard in guards.iter_mut().filter(|guard| is_bare(&guard.name)) {
                guard.auth = super::Cover::No;
            }
            let bare = is_bare(&base);
            let name = file
                .function(call.function)
                .and_then(|function| function.name.clone())
                .or_else(|| named(file, call))
                .unwrap_or_else(|| base.clone());
            routes.push(Route {
                framework: Framework::Trpc,
                verb,
                path: name,
                file: place,
                place: call.place,
                handler: behind.function,
                guards,
                unknown: false,
                opened: bare,
                reach: Vec::new(),
            });
        }
    }
}

/// `procedure`, `publicProcedure`, `t.procedure`: these let everybody in.
fn is_bare(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    matches!(&*last, "procedure" | "baseprocedure")
        || ["public", "open", "maybe", "optional", "base"].iter().any(|word| last.starts_with(word))
}

/// What a chain of links begins with: `authClient` of `authClient.input(…).action(…)`.
pub(super) fn base(file: &FileFacts, call: &Call) -> Box<str> {
    let mut first = call;
    for _ in 0..MAX_LINKS {
        match first.receiver.and_then(|id| file.call(id)) {
            Some(inner) => first = inner,
            None => break,
        }
    }
    first.object().into()
}

/// The name that the procedure goes to: `create: procedure.mutation(…)`, `const create = …`.
fn named(file: &FileFacts, call: &Call) -> Option<Box<str>> {
    let id = (0_u32..).zip(&file.calls).find(|(_, other)| other.place == call.place && other.callee == call.callee)?.0;
    let is = |value: &Value| *value == Value::Call(id);
    if let Some(assignment) = file.assignments.iter().find(|assignment| is(&assignment.value)) {
        return Some(assignment.target.clone());
    }
    let outer = file.call(call.argument_of?)?;
    outer.arguments.iter().find_map(|argument| match &argument.value {
        Value::Object(pairs) => pairs.iter().find(|(_, value)| is(value)).map(|(key, _)| key.clone()),
        _ => None,
    })
}

/// What stands in the links before a call.
pub(super) fn middleware(index: &CodeIndex, place: usize, call: &Call, guards: &mut Vec<super::Guard>) {
    let Some(file) = index.files.get(place) else { return };
    let mut link = call.receiver;
    for _ in 0..MAX_LINKS {
        let Some(call) = link.and_then(|id| file.call(id)) else { break };
        if call.method() == "use"
            && let Some(value) = call.argument(0)
        {
            let behind = resolve::of_value(index, place, value, call.function);
            guards.push(named_guard(value.path().unwrap_or("use"), behind.function));
        }
        if call.method() == "input" {
            guards.push(named_guard("input schema", None));
        }
        link = call.receiver;
    }
}

/// What the procedure that is built on was made with.
pub(super) fn definition(index: &CodeIndex, place: usize, base: &str, depth: u32) -> Vec<super::Guard> {
    let mut guards = Vec::new();
    let found = index.files.get(place).and_then(|file| {
        let at = |place: usize, name: &str| {
            let file = index.files.get(place)?;
            file.assigned(name, 0).and_then(|a| match a.value {
                Value::Call(id) => Some((place, id)),
                _ => None,
            })
        };
        at(place, base).or_else(|| index.imported(file, base).and_then(|(place, name)| at(place, &name)))
    });
    if let Some((place, id)) = found
        && let Some(file) = index.files.get(place)
        && let Some(call) = file.call(id)
    {
        if call.method() == "use"
            && let Some(value) = call.argument(0)
        {
            let behind = resolve::of_value(index, place, value, call.function);
            guards.push(named_guard(value.path().unwrap_or("use"), behind.function));
        }
        middleware(index, place, call, &mut guards);
        let inner = self::base(file, call);
        if depth < 3 && !is_bare(&inner) {
            guards.push(named_guard(&inner, None));
            guards.extend(definition(index, place, &inner, depth + 1));
        }
    }
    guards
}
