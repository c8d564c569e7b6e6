//! What a user is told when the error was forgotten: nothing at all, or that all went well.

use crate::probe::source::code::{Block, Call, Catch, FunctionId, FunctionKind};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::routes::names::words;
use crate::probe::source::rules::responses;

/// What becomes of a request whose error was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The answer stood in what was tried, and none comes after it.
    Nothing,
    /// The only write of the handler has failed, and the answer tells of success.
    Success,
}

/// What a user is told after `catch`, where that is shown to be wrong.
pub(super) fn told(file: &FileFacts, index: &CodeIndex, catch: &Catch) -> Option<Told> {
    let (id, function) = file.enclosing(catch.function).next()?;
    if function.kind != FunctionKind::Handler {
        return None;
    }
    let after = || answers_after(file, catch, id);
    let tried = file.calls_of(&catch.tried).any(|(_, call)| sends(file, call));
    if tried && answers_by_response(file, id) && after().next().is_none() && !goes_on(file, catch, id) {
        return Some(Told::Nothing);
    }
    // What is deleted may be gone by then.
    let enters = |call: &Call| {
        let method = call.method().to_ascii_lowercase();
        !["delete", "remove", "destroy"].iter().any(|verb| method.contains(verb))
    };
    let writes = |block: &Block| {
        let writes = |id| index.query(file, id).is_some_and(|query| query.writes());
        file.calls_of(block).filter(|(id, call)| writes(*id) && enters(call)).count()
    };
    let (here, all) = (writes(&catch.tried), writes(&function.body));
    let tells = || {
        let mut answers = after().filter_map(|call| responses::answer(file, call));
        answers.any(|answer| !answer.computed && answer.status.is_none_or(|status| status < 400))
    };
    let aside = file.enclosing(catch.function).any(|(_, f)| f.name.as_deref().is_some_and(is_aside));
    (here > 0 && here == all && !aside && !is_aside(&file.path) && changes(file, index, id) && tells())
        .then_some(Told::Success)
}

/// Whether the handler is one of a route that is meant to change something.
fn changes(file: &FileFacts, index: &CodeIndex, handler: FunctionId) -> bool {
    let Some(place) = index.place_of(file) else { return false };
    index.routes().of_file(place).any(|route| route.handler == Some((place, handler)) && route.verb.changes())
}

/// What is written beside the work: counters, logs, times of last use.
fn is_aside(name: &str) -> bool {
    const ASIDE: [&str; 25] = [
        "track",
        "tracking",
        "log",
        "logs",
        "audit",
        "view",
        "views",
        "visit",
        "visits",
        "event",
        "events",
        "analytics",
        "cron",
        "webhook",
        "webhooks",
        "telemetry",
        "logout",
        "signout",
        "subscribe",
        "newsletter",
        "waitlist",
        "seen",
        "presence",
        "heartbeat",
        "cleanup",
    ];
    words(name).iter().any(|word| ASIDE.contains(&word.as_str()))
}

/// Whether a handler answers through a second parameter, so that a request without an answer stays open.
fn answers_by_response(file: &FileFacts, id: FunctionId) -> bool {
    file.language.is_ecma()
        && file.function(id).is_some_and(|function| {
            let second = function.parameters.get(1).and_then(|p| p.names.first());
            second.is_some_and(|(name, _)| matches!(name.trim_start_matches('_'), "res" | "response" | "resp"))
        })
}

/// Whether a call sends the answer.
fn sends(file: &FileFacts, call: &Call) -> bool {
    // What is sent piece by piece has begun to be answered.
    responses::answer(file, call).is_some() && call.method() != "write"
        || matches!(call.root(), "res" | "response" | "resp")
            && matches!(call.method(), "redirect" | "sendStatus" | "sendFile" | "end" | "download" | "pipe")
}

/// The answers that come after `catch` in its handler; those of another branch do not.
fn answers_after<'f>(file: &'f FileFacts, catch: &'f Catch, handler: FunctionId) -> impl Iterator<Item = &'f Call> {
    after(file, catch, handler).filter(|call| sends(file, call))
}

/// Whether the handler hands the request on after `catch`: `next()`, or the answer itself is given to something.
fn goes_on(file: &FileFacts, catch: &Catch, handler: FunctionId) -> bool {
    let hands_on = |call: &Call| {
        &*call.callee == "next"
            || call.arguments.iter().any(|given| matches!(given.value.path(), Some("res" | "response" | "resp")))
    };
    after(file, catch, handler).any(hands_on)
        || file.finals.iter().any(|last| file.calls_of(&last.cleanup).any(|(_, call)| sends(file, call)))
}

fn after<'f>(file: &'f FileFacts, catch: &'f Catch, handler: FunctionId) -> impl Iterator<Item = &'f Call> {
    let (start, end) = catch.place.bytes;
    let within = |block: &Block, at: u32| block.calls.0 <= at && at < block.calls.1;
    let first = catch.tried.calls.0;
    let otherwise: Vec<&Block> = file
        .conditions
        .iter()
        .filter(|condition| file.within(condition.function, handler) && within(&condition.then, first))
        .filter_map(|condition| condition.otherwise.as_ref())
        .collect();
    let body = file.function(handler).map(|function| &function.body);
    body.into_iter().flat_map(|body| file.calls_of(body)).filter_map(move |(id, call)| {
        let later = call.place.bytes.0 >= end.max(start);
        (later && !otherwise.iter().any(|block| within(block, id))).then_some(call)
    })
}
