//! What a call is given: options that limit it, here or where they are put together.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;

/// Whether something around the call gives up after a while: `Promise.race([…])`, `withTimeout(…)`.
pub(super) fn is_raced(file: &FileFacts, call: &Call) -> bool {
    let mut next = Some(call);
    let mut steps = 0;
    while let Some(call) = next
        && steps < 20
    {
        let callee = call.callee.to_ascii_lowercase();
        if callee == "promise.race" || callee.contains("timeout") {
            return true;
        }
        steps += 1;
        let around = file.enclosing(call.function).next().and_then(|(_, function)| function.argument_of);
        next = call.chained.or(call.argument_of).or(around).and_then(|id| file.call(id));
    }
    false
}

/// Whether options carry one of `names`; `None` when that cannot be told.
pub(super) fn sets(file: &FileFacts, options: Option<&Value>, names: &[&str], function: u32) -> Option<bool> {
    let Some(options) = options else { return Some(false) };
    let options = file.resolved(options, function);
    match options {
        Value::Object(pairs) => {
            if pairs.iter().any(|(name, _)| names.contains(&&**name)) {
                return Some(true);
            }
            // An option may be added to the object later.
            let spreads = pairs.iter().filter(|(name, _)| &**name == "...");
            let mut known = Some(false);
            for (_, spread) in spreads {
                match sets(file, Some(spread), names, function) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = None,
                }
            }
            known
        }
        Value::Either(values) => {
            let all: Vec<Option<bool>> = values.iter().map(|value| sets(file, Some(value), names, function)).collect();
            if all.iter().all(|one| *one == Some(false)) { Some(false) } else { None }
        }
        Value::Null => Some(false),
        _ => None,
    }
}

/// `init.signal = …` somewhere in the function.
pub(super) fn adds_signal(file: &FileFacts, options: Option<&Value>, function: u32) -> bool {
    options.and_then(Value::path).is_some_and(|name| {
        file.assignments.iter().any(|a| {
            file.within(function, a.function)
                && a.target.strip_prefix(name).is_some_and(|rest| matches!(rest, ".signal" | ".timeout"))
        })
    })
}
