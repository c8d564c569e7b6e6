//! A loop that hammers a service that is failing.

use super::{Check, Hit, Rule, any_name, external_call_unguarded};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Block, Call, Catch, Comparison, Loop, LoopKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::outside::{Address, Kind, Outside};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "retry-without-backoff",
    title: "A failing call is repeated at once",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A loop, or a function that calls itself, that repeats a failed call to another service with no pause in between, or without end.",
    why: "The moment a service struggles, every one of your users sends it several requests in place of one. That keeps it down, gets you blocked, and ties up your own server meanwhile.",
    fix: "Try three or four times at most, wait longer each time with some randomness (p-retry, tenacity, `Retry` of urllib3 do that), and only for time-outs, 429 and 5xx.",
    example: "while (true) {\n  try {\n    return await fetch(url);\n  } catch {}\n}\n\n// better\nreturn pRetry(() => fetch(url), { retries: 3 });",
    references: &["F23", "C29", "https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(Language::is_code, any_name)
    .about("call to another service", external_call_unguarded::look);

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let outside = index.outside(file);
    if outside.is_empty() {
        return;
    }
    if file.language == Language::Go {
        let calls = outside.iter().filter(|outside| outside.kind != Kind::Client && outside.address != Address::Own);
        hits.extend(calls.filter_map(|outside| by_value(file, outside)));
        return;
    }
    for catch in &file.catches {
        let tried = outside.iter().find(|outside| {
            outside.kind != Kind::Client
                && outside.address != Address::Own
                && (catch.tried.calls.0..catch.tried.calls.1).contains(&outside.call)
        });
        if let Some(tried) = tried {
            let hit = in_loop(file, catch, tried).or_else(|| by_itself(file, catch, tried));
            hits.extend(hit.or_else(|| by_keyword(file, catch, tried)));
        }
    }
}

/// `for { resp, err := http.Get(url); if err == nil { return resp } }`: in Go errors are values.
fn by_value(file: &FileFacts, tried: &Outside) -> Option<Hit> {
    let call = file.call(tried.call)?;
    let around = file.loop_(call.in_loop?)?;
    if around.function != call.function || !gives_another_try(file, around) || waits(file, around) || ticks(file, call)
    {
        return None;
    }
    let is_error = |value: &Value| matches!(value, Value::Index(pair) if pair.0 == Value::Call(tried.call));
    let error =
        file.assignments.iter().find(|a| a.function == call.function && is_error(&a.value)).map(|a| &*a.target)?;
    let (start, end) = around.place.bytes;
    let tries_again = file.conditions.iter().any(|condition| {
        let in_loop = start <= condition.place.bytes.0 && condition.place.bytes.1 <= end;
        let failed = match &condition.test {
            Value::Compared(how, pair) if pair.0.path() == Some(error) && pair.1 == Value::Null => *how,
            _ => return false,
        };
        in_loop
            && match failed {
                Comparison::NotEqual => condition.then.continues,
                Comparison::Equal => condition.then.leaves,
                _ => false,
            }
    });
    let ends = around.leaves;
    let how = if is_endless(around) { "at once, for ever" } else { "at once" };
    (tries_again && ends).then(|| {
        let hit = Hit::new(call.place, format!("When `{}` fails, it is repeated {how}, with no pause", tried.what));
        if is_endless(around) { hit } else { hit.confidence(Confidence::Medium) }
    })
}

/// Whether a clock or a channel says when the next round begins.
fn ticks(file: &FileFacts, call: &Call) -> bool {
    file.calls.iter().any(|other| {
        other.function == call.function && matches!(other.method(), "NewTicker" | "Tick" | "NewTimer" | "After")
    })
}

fn in_loop(file: &FileFacts, catch: &Catch, tried: &Outside) -> Option<Hit> {
    let call = file.call(tried.call)?;
    let around = file.loop_(catch.in_loop?)?;
    // The try stands in the loop, and not the loop in the try.
    let body = file.function(catch.function)?;
    let inside = around.function == catch.function || body.in_loop == catch.in_loop;
    let repeats = inside && call.in_loop.is_some() && gives_another_try(file, around);
    if !repeats || goes_away(&catch.handler) || !ends_on_success(file, catch, around) || waits(file, around) {
        return None;
    }
    let endless = is_endless(around);
    let how = if endless { "at once, for ever" } else { "at once" };
    let hit = Hit::new(call.place, format!("When `{}` fails, it is repeated {how}, with no pause", tried.what));
    Some(if endless { hit } else { hit.confidence(Confidence::Medium) })
}

/// Whether the rounds of a loop repeat one thing, and do not each do their own.
fn gives_another_try(file: &FileFacts, around: &Loop) -> bool {
    match around.kind {
        LoopKind::While | LoopKind::Counting => true,
        LoopKind::Each => {
            let counts = match &around.over {
                Value::Call(id) => {
                    file.call(*id).is_some_and(|call| matches!(call.method(), "range" | "xrange" | "times"))
                }
                Value::Number(_) => true,
                _ => false,
            };
            let named = ["attempt", "retry", "retries", "try", "tries", "_", "i"];
            counts && around.names.iter().all(|name| named.iter().any(|word| name.eq_ignore_ascii_case(word)))
        }
        LoopKind::Stream | LoopKind::Callback | LoopKind::Comprehension => false,
    }
}

/// Whether the handler gives up.
fn goes_away(handler: &Block) -> bool {
    handler.throws && !handler.continues && !has_branches(handler) || (handler.leaves && !handler.throws)
}

/// A throw on the last try only is no giving up.
fn has_branches(handler: &Block) -> bool {
    handler.statements > 1
}

/// Whether the loop is left when the call has gone well.
fn ends_on_success(file: &FileFacts, catch: &Catch, around: &Loop) -> bool {
    let sets_flag = || {
        (catch.tried.assignments.0..catch.tried.assignments.1)
            .filter_map(|id| file.assignments.get(id as usize))
            .any(|a| around.head.contains(&*a.target) && !a.target.is_empty() && matches!(a.value, Value::Bool(_)))
    };
    catch.tried.leaves || (around.leaves && !catch.handler.leaves) || sets_flag()
}

fn waits(file: &FileFacts, around: &Loop) -> bool {
    let (start, end) = around.place.bytes;
    let pauses = |call: &Call| {
        let lower = call.callee.to_ascii_lowercase();
        ["sleep", "delay", "wait", "settimeout", "backoff", "pause", "timer", "after", "retry"].iter().any(|word| {
            lower.rsplit('.').next().is_some_and(|last| last.contains(word))
                || (*word == "sleep" && lower.contains(word))
        })
    };
    let from = file.calls.partition_point(|call| call.place.bytes.0 < start);
    file.calls.iter().skip(from).take_while(|call| call.place.bytes.0 < end).any(pauses)
}

fn is_endless(around: &Loop) -> bool {
    let head: String = around.head.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(around.kind, LoopKind::While | LoopKind::Counting)
        && ["while(true)", "while(1)", "for(;;)", "whileTrue", "while1", "loop", "for{", "for"]
            .iter()
            .any(|endless| head == *endless || head.trim_end_matches([':', '{']) == *endless)
}

/// `catch { return load(); }` in `load` itself.
fn by_itself(file: &FileFacts, catch: &Catch, tried: &Outside) -> Option<Hit> {
    let function = file.function(catch.function)?;
    let name = function.name.as_deref()?;
    // `console.log` in a function that is called `log` is none.
    let of_itself = |call: &Call| {
        call.method() == name
            && call.function == catch.function
            && (call.object().is_empty() || matches!(call.object(), "this" | "self" | "cls"))
    };
    let again = file.calls_of(&catch.handler).find(|(_, call)| of_itself(call))?.1;
    // What it is given may count the tries, and what goes before may wait.
    let counts = again.arguments.iter().any(|argument| matches!(argument.value, Value::Computed(_) | Value::Number(_)))
        || (catch.handler.assignments.0 != catch.handler.assignments.1);
    let waits = file.calls_of(&catch.handler).filter(|(_, call)| call.method() != name).any(|(_, call)| {
        let lower = call.method().to_ascii_lowercase();
        ["sleep", "delay", "wait", "timeout", "backoff", "refresh", "login", "auth", "token"]
            .iter()
            .any(|word| lower.contains(word))
    });
    if counts || waits || file.conditions.iter().any(|c| stands_in(file, c.then.calls, again)) {
        return None;
    }
    let message = format!("When `{}` fails, `{name}` calls itself at once, for ever", tried.what);
    Some(Hit::new(again.place, message))
}

/// `rescue` with `retry` and nothing that counts or waits.
fn by_keyword(file: &FileFacts, catch: &Catch, tried: &Outside) -> Option<Hit> {
    let handler = &catch.handler;
    let call = file.call(tried.call)?;
    // In a loop, `next` goes on with the next one.
    let in_loop = catch.in_loop.is_some() || file.function(catch.function)?.argument_of.is_some();
    if file.language != Language::Ruby || in_loop || !handler.continues || handler.throws {
        return None;
    }
    let counts = handler.assignments.0 != handler.assignments.1
        || file.conditions.iter().any(|condition| {
            // What a handler tests comes after what it tries.
            condition.function == catch.function && condition.place.bytes.0 > call.place.bytes.1
        });
    let waits =
        file.calls_of(handler).any(|(_, call)| call.method().contains("sleep") || call.method().contains("wait"));
    (!counts && !waits).then(|| {
        Hit::new(call.place, format!("When `{}` fails, it is repeated at once, for ever, with no pause", tried.what))
    })
}

fn stands_in(file: &FileFacts, calls: (u32, u32), call: &Call) -> bool {
    (calls.0..calls.1).any(|id| file.call(id).is_some_and(|other| other.place == call.place))
}
