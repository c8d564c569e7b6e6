//! Where the contents of an answer end up: what is taken from an error and stored, or told to a user as if all were well,
//! is a false value and no error that anybody sees.

use std::collections::HashSet;

use crate::probe::source::code::{Call, CallId, FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::outside::{self, Response};
use crate::probe::source::rules::responses;
use crate::probe::source::rules::waiting;

/// How deep calls in calls are looked into.
const MAX_DEPTH: u32 = 6;

/// Whether something that was taken from the contents is stored, or is part of an answer that tells of success.
pub(super) fn is_false_value(file: &FileFacts, index: &CodeIndex, id: CallId, answer: &Response) -> bool {
    let Some(first) = file.call(id) else { return false };
    // `.catch(() => [])`: somebody decided what stands in for it.
    if outside::chain(file, id).any(|(_, link)| link.method() == "catch") {
        return false;
    }
    let function = outermost(file, first.function);
    let taken = Taken::of(file, answer, function);
    if taken.members.is_empty() && taken.whole.is_empty() && taken.calls.is_empty() {
        return false;
    }
    let Some(scope) = file.function(function) else { return false };
    let stores = file.calls_of(&scope.body).any(|(id, call)| {
        is_stored(file, index, id, call) && call.arguments.iter().any(|given| taken.is_in(file, &given.value, false, 0))
    });
    if stores {
        return true;
    }
    // `return { price: data.price }`, of which a framework makes the answer.
    let returns = || {
        scope.body.returns.iter().any(|value| matches!(value, Value::Object(_)) && taken.is_in(file, value, false, 0))
    };
    let answers = || {
        scope.kind == FunctionKind::Handler
            && (returns()
                || file.calls_of(&scope.body).any(|(_, call)| {
                    responses::answer(file, call).is_some_and(|answer| {
                        !answer.computed
                            && answer.status.is_none_or(|status| status < 400)
                            && answer.bodies.iter().any(|body| taken.is_in(file, body, false, 0))
                    })
                }))
    };
    answers() && waiting::user(index, file, id).is_some()
}

/// The handler around, or the function itself.
fn outermost(file: &FileFacts, function: FunctionId) -> FunctionId {
    let handler = file.enclosing(function).find(|(_, scope)| scope.kind == FunctionKind::Handler).map(|(id, _)| id);
    handler.unwrap_or(function)
}

/// Whether a call keeps what it is given: a row, or an entry of a cache.
fn is_stored(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> bool {
    if index.query(file, id).is_some_and(|query| query.writes()) {
        return true;
    }
    let object = call.object().to_ascii_lowercase();
    let keeps = ["cache", "redis", "kv"].iter().any(|store| object.ends_with(store));
    keeps && matches!(call.method(), "set" | "put" | "setex" | "forever" | "add" | "write" | "hset")
}

/// Names under which parts of the contents are known, and names of the contents themselves.
struct Taken<'f> {
    members: HashSet<&'f str>,
    whole: HashSet<&'f str>,
    /// Calls that take a part out: `$response->json('access_token')`.
    calls: Vec<CallId>,
}

impl<'f> Taken<'f> {
    fn of(file: &'f FileFacts, answer: &Response, function: FunctionId) -> Self {
        let takes_part = |id: &&CallId| {
            file.language == Language::Php && file.call(**id).is_some_and(|call| call.argument(0).is_some())
        };
        let mut taken = Self {
            members: HashSet::new(),
            whole: outside::payloads(file, answer).into_iter().map(|(name, _)| name).collect(),
            calls: answer.parsed.iter().filter(takes_part).copied().collect(),
        };
        let parsed = |value: &Value| matches!(value, Value::Call(id) if answer.parsed.contains(id));
        for set in file.assignments.iter().filter(|set| file.within(set.function, function)) {
            let of_parsed = match &set.value {
                Value::Member(pair) => parsed(&pair.0),
                Value::Index(pair) => parsed(&pair.0),
                value => taken.is_in(file, value, false, 0),
            };
            if of_parsed {
                taken.members.insert(&set.target);
            }
        }
        taken
    }

    /// Whether a value is made from a part; `made`: a function makes something else of what it is given. A method that is
    /// called on a part fails where the part is missing.
    fn is_in(&self, file: &FileFacts, value: &Value, made: bool, depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let mut found = false;
        value.walk(&mut |inner| match inner {
            Value::Path(path) => {
                let root = path.split(['.', '[']).next().unwrap_or(path);
                found |=
                    self.members.contains(root) || (self.whole.contains(root) && (made || path.len() > root.len()));
            }
            Value::Member(pair) => found |= pair.0.path().is_some_and(|path| self.whole.contains(path)),
            Value::Index(pair) => found |= pair.0.path().is_some_and(|path| self.whole.contains(path)),
            Value::Call(id) => {
                found |= self.calls.contains(id)
                    || file.call(*id).is_some_and(|call| {
                        let made = made || !encodes(call);
                        call.arguments.iter().any(|given| self.is_in(file, &given.value, made, depth + 1))
                    });
            }
            _ => {}
        });
        found
    }
}

/// Whether a call only writes down what it is given.
fn encodes(call: &Call) -> bool {
    matches!(call.method(), "stringify" | "json" | "jsonify" | "dumps" | "json_encode" | "dict" | "to_json")
}
