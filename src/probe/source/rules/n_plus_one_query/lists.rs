//! Where the list of a loop comes from, and what else its rounds do.

use crate::probe::source::code::{Call, CallId, Function, FunctionId, FunctionKind, Loop, Part, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// How many calls of a name are looked through for callers.
const MAX_CALLS: usize = 400;

/// Whether a loop runs over what a query gave: nobody knows how many rows that will be. A list that is handed in may
/// hold one element wherever it is handed in.
pub(super) fn is_over_rows(file: &FileFacts, index: &CodeIndex, around: &Loop) -> bool {
    let mut rows = false;
    let first = around.over.path().map(crate::probe::source::code::root);
    let assigned = first.and_then(|first| file.assigned(first, around.function)).map(|assignment| &assignment.value);
    if first.is_some_and(|first| is_handed_by_query(file, index, around, first)) {
        return true;
    }
    // `const [orders, total] = await Promise.all([db.order.findMany(), db.order.count()])`
    let together = assigned.and_then(|value| match value {
        Value::Index(pair) => element_of_all(file, &pair.0, &pair.1),
        _ => None,
    });
    for value in [Some(&around.over), assigned, together].into_iter().flatten() {
        value.walk(&mut |value| {
            let mut next = match value {
                Value::Call(id) => Some(*id),
                _ => None,
            };
            for _ in 0..8 {
                let Some(id) = next else { break };
                rows |= index.query(file, id).is_some();
                next = file.call(id).and_then(|call| call.receiver);
            }
        });
    }
    rows
}

/// The value in place `place` of what `Promise.all` waits for.
pub(super) fn element_of_all<'f>(file: &'f FileFacts, all: &Value, place: &Value) -> Option<&'f Value> {
    let Value::Call(id) = all else { return None };
    let call = file.call(*id).filter(|call| matches!(&*call.callee, "Promise.all" | "asyncio.gather"))?;
    let Value::Number(place) = place else { return None };
    let place: usize = place.parse().ok()?;
    match call.argument(0)? {
        Value::Array(values) => values.get(place),
        _ => call.argument(place),
    }
}

/// `Image::query()->chunk(1000, function ($images) { … })`: rows that a query hands to its callback.
fn is_handed_by_query(file: &FileFacts, index: &CodeIndex, around: &Loop, name: &str) -> bool {
    let mut hands = file.enclosing(around.function).filter_map(|(_, function)| {
        let takes = function.parameters.iter().any(|p| p.names.iter().any(|(bound, _)| **bound == *name));
        file.call(function.argument_of?).filter(|_| takes)
    });
    let Some(call) = hands.next() else { return false };
    let chunks =
        matches!(call.method(), "chunk" | "chunkById" | "each" | "eachById" | "find_in_batches" | "in_batches");
    let model = call.object().split(['.', '(']).next().unwrap_or("");
    let mut next = call.receiver;
    let mut asks = index.known().is_model(model);
    for _ in 0..20 {
        let Some(id) = next.filter(|_| !asks) else { break };
        asks |= index.query(file, id).is_some();
        next = file.call(id).and_then(|call| call.receiver);
    }
    chunks && asks
}

/// How many elements the callers of a function hand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The list is not a parameter, or some caller hands in one of unknown length.
    Many,
    /// Every caller that can be told hands in one element at most.
    One,
    /// No caller can be told.
    Unseen,
}

/// How many functions a list is followed back through.
const MAX_HOPS: u32 = 3;

/// What is handed in where a loop runs over a parameter of its function.
pub(super) fn handed_in(file: &FileFacts, index: &CodeIndex, around: &Loop) -> Handed {
    let Some(list) = around.over.path() else { return Handed::Many };
    let mut left = MAX_CALLS;
    parameter(file, list, around.function, MAX_HOPS)
        .map_or(Handed::Many, |(id, place)| callers(file, index, id, place, MAX_HOPS, &mut left))
}

/// The function whose parameter `list` is, and its place there. A function that something else calls, such as a handler or
/// a callback, is given lists that nobody knows.
fn parameter(file: &FileFacts, list: &str, function: FunctionId, hops: u32) -> Option<(FunctionId, usize)> {
    let takes = |function: &Function| {
        function
            .parameters
            .iter()
            .position(|p| p.names.first().is_some_and(|(name, below)| **name == *list && below.is_empty()))
    };
    let (id, function, place) =
        file.enclosing(function).find_map(|(id, function)| Some((id, function, takes(function)?)))?;
    let plain = function.kind == FunctionKind::Plain && function.argument_of.is_none();
    (plain && hops > 0).then_some((id, place))
}

fn callers(file: &FileFacts, index: &CodeIndex, id: FunctionId, place: usize, hops: u32, left: &mut usize) -> Handed {
    let named = file.function(id).and_then(|function| function.name.as_deref());
    let (Some(name), Some(own)) = (named, index.place_of(file)) else { return Handed::Many };
    let mut found = Handed::Unseen;
    for (caller, call) in index.calls_of(name) {
        if *left == 0 {
            break;
        }
        *left -= 1;
        if !caller.role.in_production() || caller.language.is_ecma() != file.language.is_ecma() {
            continue;
        }
        let is_it = index.reached_by(caller, call).is_some_and(|(to, _)| (to.place, to.function) == (own, id));
        if !is_it {
            continue;
        }
        let given = call.argument(place);
        let handed = match given.map(|value| caller.resolved(value, call.function)) {
            _ if call.spreads() => Handed::Many,
            Some(Value::Array(values)) if !values.iter().any(|v| matches!(v, Value::Computed(_))) => {
                if values.len() <= 1 { Handed::One } else { Handed::Many }
            }
            Some(Value::Path(path)) => parameter(caller, path, call.function, hops - 1)
                .map_or(Handed::Many, |(id, place)| callers(caller, index, id, place, hops - 1, left)),
            _ => Handed::Many,
        };
        match handed {
            Handed::Many => return Handed::Many,
            Handed::One => found = Handed::One,
            Handed::Unseen => {}
        }
    }
    found
}

/// Whether each round does slower work that no query takes together: it asks a service, or reads, makes or sends
/// something, here or in a function that it calls. Then the lists are short, or the queries are not what makes it slow.
pub(super) fn does_slower_work(file: &FileFacts, index: &CodeIndex, around: &Loop) -> bool {
    let (from, to) = around.place.bytes;
    let within = |call: &Call| from <= call.place.bytes.0 && call.place.bytes.1 <= to;
    let leaves = |file: &FileFacts, test: &dyn Fn(&Call) -> bool| {
        index.outside(file).iter().filter_map(|outside| file.call(outside.call)).any(test)
    };
    let first = file.calls.partition_point(|call| call.place.bytes.0 < from);
    let inside = || {
        let rest = file.calls.get(first..).unwrap_or_default();
        rest.iter().take_while(|call| call.place.bytes.0 < to).filter(|call| within(call))
    };
    if inside().any(is_slow) || leaves(file, &within) {
        return true;
    }
    inside().filter(|call| call.awaited).take(MAX_CALLS / 10).any(|call| {
        let Some(target) = index.called(file, call) else { return false };
        let Some(function) = target.file.function(target.function) else { return false };
        let (from, to) = function.place.bytes;
        target.file.calls_of(&function.body).any(|(_, call)| is_slow(call))
            || leaves(target.file, &|call| from <= call.place.bytes.0 && call.place.bytes.1 <= to)
    })
}

fn is_slow(call: &Call) -> bool {
    let lower = call.callee.to_ascii_lowercase();
    ["pdf", "mail", "upload", "download", "getfile", "putfile", "readfile", "writefile"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a query takes a lock or asks a function of the database: one after the other is what it is for.
pub(super) fn locks(file: &FileFacts, id: CallId, query: &Query) -> bool {
    let table = query.table.to_ascii_lowercase();
    if matches!(&*table, "lock" | "locks" | "locking" | "mutex" | "mutexes" | "semaphores") {
        return true;
    }
    let Some(call) = file.call(id) else { return false };
    call.arguments.first().is_some_and(|argument| {
        let text = match file.resolved(&argument.value, call.function) {
            Value::Text(text) => text.to_ascii_lowercase(),
            Value::Template(parts) => {
                let fixed = parts.iter().map(|part| match part {
                    Part::Fixed(text) => &**text,
                    Part::Expression(..) => "…",
                });
                fixed.collect::<String>().to_ascii_lowercase()
            }
            _ => return false,
        };
        let text = text.trim();
        text.starts_with("select ") && text.contains('(') && !text.contains(" from ") && !text.contains("\nfrom ")
    })
}

/// Whether a function keeps what it found and asks only for what it has not: `if (!found.has(key)) found.set(key, …)`.
pub(super) fn keeps(file: &FileFacts, function: &Function) -> bool {
    let calls = || file.calls_of(&function.body).map(|(_, call)| call);
    calls().filter(|call| matches!(call.method(), "has" | "get" | "key?" | "containsKey")).any(|asked| {
        !asked.object().is_empty()
            && calls().any(|kept| {
                matches!(kept.method(), "set" | "put" | "add" | "store" | "putIfAbsent")
                    && kept.object() == asked.object()
            })
    })
}
