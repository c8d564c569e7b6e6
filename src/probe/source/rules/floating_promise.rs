//! Work that was started and that nobody waits for.

use super::external_call_unguarded::ends_process;
use super::responses::answer;
use super::{Check, Hit, Rule, nowhere_else, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::outside::{self, Kind};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "floating-promise",
    title: "Asynchronous work is started and forgotten",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A call of an asynchronous function in a handler, job or effect whose result is neither awaited, returned nor caught; in Python, a coroutine that is never awaited.",
    why: "When that work fails, nobody hears of it: the user is told that all went well, a serverless host may stop it halfway, and in Node the failure can end the process. A coroutine or a query of Prisma that nobody awaits never runs at all.",
    fix: "Await it, or return it. If the user need not wait, give it to a queue, or at least put `.catch(report)` behind it; write `void` before it only where it catches its own errors.",
    example: "sendReceipt(order);\nres.json(order);\n\n// better\nawait sendReceipt(order);\nres.json(order);",
    references: &["F28", "https://typescript-eslint.io/rules/no-floating-promises/"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(reads, nowhere_else)
    .about("asynchronous function in a handler, job or effect", look);

fn reads(language: Language) -> bool {
    language.is_ecma() || language == Language::Python
}

fn look(file: &FileFacts, index: &CodeIndex, found: &mut subject::Subject) {
    found.seen |= file.functions.iter().any(|function| function.is_async || function.kind != FunctionKind::Plain);
    let _ = index;
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0_u32..).zip(&file.calls) {
        if !call.discarded || call.awaited || call.returned || call.dev_only || call.managed || call.deferred {
            continue;
        }
        let hit = if file.language == Language::Python {
            coroutine(file, index, call)
        } else {
            promise(file, index, id, call)
        };
        hits.extend(hit);
    }
}

/// A coroutine of the project that is made and thrown away: it never runs.
fn coroutine(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    let target = index.called(file, call)?;
    let function = target.file.function(target.function)?;
    // A decorator may turn it into something that is called like any other function.
    if !function.is_async || !function.decorators.is_empty() {
        return None;
    }
    Some(Hit::new(call.place, format!("`{}` is a coroutine that nobody awaits, so it never runs", call.callee)))
}

/// What a function is for in which work is forgotten.
fn purpose(file: &FileFacts, function: FunctionId) -> Option<FunctionKind> {
    file.enclosing(function).find_map(|(_, function)| match function.kind {
        FunctionKind::Handler | FunctionKind::Job | FunctionKind::Effect => Some(function.kind),
        _ => None,
    })
}

fn promise(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Hit> {
    let purpose = purpose(file, call.function)?;
    let first = first_of_chain(file, id);
    let begun = file.call(first)?;
    let caught = outside::chain(file, first)
        .any(|(_, link)| link.method() == "catch" || (link.method() == "then" && link.arguments.len() > 1));
    if caught {
        return None;
    }
    if takes_callback(file, begun) {
        return None;
    }
    if is_lazy_query(file, index, first, begun) && first == id {
        let message = format!("`{}` is not awaited, and a query of Prisma only runs when it is", begun.callee);
        return Some(Hit::new(call.place, message));
    }
    let outcome = match (file.role, purpose) {
        (Role::Client, FunctionKind::Effect) => "when it fails, the page shows neither what was asked for nor an error",
        (Role::Client, _) => return None,
        _ if answers_well(file, call) => "when it fails, the user is told that all went well",
        _ => "when it fails, nobody hears of it, and Node ends the process",
    };
    let aside = file.role != Role::Client && !answers_well(file, call);
    let message = |name: &str| format!("Nobody waits for `{name}`: {outcome}");
    let hit = if let Some(outside) = index.outside(file).iter().find(|outside| outside.call == first) {
        // A chain in an effect that catches nothing is the other rule's.
        if outside.kind == Kind::Client || file.role == Role::Client || is_aside(&outside.what) {
            return None;
        }
        // Much is sent on its way on purpose; where its failure ends the process, nobody meant that.
        if outside.to_whom().is_some() && ends_process(index, file, call.function) {
            let message = format!("Nobody waits for `{}`: when it fails, Node ends the process", outside.what);
            Hit::new(call.place, message)
        } else {
            Hit::new(call.place, message(&outside.what)).confidence(Confidence::Medium)
        }
    } else {
        let target = index.called(file, begun)?;
        let function = target.file.function(target.function)?;
        if !function.is_async || function.decorators.iter().any(|d| is_aside(&d.name)) {
            return None;
        }
        let risky = risk(target.file, index, target.function)?;
        if file.role == Role::Client {
            Hit::new(call.place, message(&begun.callee)).severity(Severity::Minor).confidence(Confidence::Medium)
        } else {
            // Whether what is answered depends on it cannot be told from here.
            let mut hit = Hit::new(call.place, message(&begun.callee)).confidence(Confidence::Medium);
            // Work beside the request, in a middleware or before an error is answered.
            hit.severity = (aside && purpose == FunctionKind::Handler).then_some(Severity::Minor);
            let line = target.file.call(risky).map_or(1, |call| call.place.span.line);
            let what = target.file.call(risky).map_or("", |call| &call.callee);
            hit.steps = vec![format!("{}:{line} `{what}` can fail, and nothing there catches it", target.file.path)];
            hit
        }
    };
    Some(hit)
}

/// `drive.files.list(options, (err, response) => …)`: a callback that looks at its error. The library of Stripe takes
/// none since 22.0, and a callback that is asynchronous itself may fail with nobody to hear of it.
fn takes_callback(file: &FileFacts, call: &Call) -> bool {
    if call.callee.to_ascii_lowercase().contains("stripe") {
        return false;
    }
    let Some(Value::Function(id)) = call.arguments.last().map(|argument| &argument.value) else { return false };
    let Some(callback) = file.function(*id) else { return false };
    let first = callback.parameters.first().and_then(|parameter| parameter.names.first());
    let Some((name, _)) = first.filter(|(name, _)| name.to_ascii_lowercase().starts_with("err") || &**name == "e")
    else {
        return false;
    };
    let tests = |test: &Value| {
        let mut found = false;
        test.walk(&mut |value| found |= value.path().is_some_and(|path| path == &**name));
        found
    };
    !callback.is_async && file.conditions.iter().any(|test| test.function == *id && tests(&test.test))
}

/// Whether the function around answers after the call, and not with an error; a function that gives back its answer
/// counts.
fn answers_well(file: &FileFacts, call: &Call) -> bool {
    let after = file.calls.partition_point(|other| other.place.bytes.0 < call.place.bytes.1);
    let Some(function) = file.function(call.function) else { return true };
    let rest = file.calls.get(after..).unwrap_or_default().iter();
    let later = rest
        .take_while(|other| other.place.bytes.0 < function.place.bytes.1)
        .filter(|other| file.within(other.function, call.function));
    let mut ends = later.filter_map(|other| match answer(file, other) {
        Some(answer) => Some(answer.status.is_none_or(|status| status < 400)),
        None if matches!(other.method(), "redirect" | "sendStatus" | "sendFile") => Some(true),
        // `next(new Error("…"))`
        None => (&*other.callee == "next" && !other.arguments.is_empty()).then_some(false),
    });
    ends.next() == Some(true) || function.body.returns.iter().any(|value| !value.is_empty_literal())
}

/// The first call of an asynchronous function's own that can fail and that nothing there catches.
fn risk(file: &FileFacts, index: &CodeIndex, function: FunctionId) -> Option<CallId> {
    let body = &file.function(function)?.body;
    file.calls_of(body).find_map(|(id, call)| {
        let can_fail = call.awaited
            && !call.in_try
            && call.function == function
            && (index.query(file, id).is_some()
                || index.outside(file).iter().any(|outside| outside.call == first_of_chain(file, id))
                || acts(call));
        let caught = outside::chain(file, first_of_chain(file, id)).any(|(_, link)| link.method() == "catch");
        (can_fail && !caught).then_some(id)
    })
}

/// Whether a name says that something is done whose failure matters.
fn acts(call: &Call) -> bool {
    let method = call.method().to_ascii_lowercase();
    ["send", "save", "create", "update", "insert", "delete", "publish", "upload", "charge", "fetch", "load", "sync"]
        .iter()
        .any(|verb| method.starts_with(verb))
}

/// What may be forgotten: measuring, logging, tidying up.
fn is_aside(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "track",
        "analytics",
        "capture",
        "log",
        "metric",
        "redis.publish",
        "cache",
        "quit",
        "disconnect",
        "close",
        "subscribe",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// `prisma.user.update()`: the library starts it when it is awaited.
fn is_lazy_query(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> bool {
    index.query(file, id).is_some()
        && call.callee.to_ascii_lowercase().split('.').any(|part| part.ends_with("prisma"))
        && call.callee.matches('.').count() >= 2
        && call.argument_of.is_none()
}

/// The call with which the chain of the call in place `id` begins.
fn first_of_chain(file: &FileFacts, id: CallId) -> CallId {
    let mut first = id;
    for _ in 0..40 {
        match file.call(first).and_then(|call| call.receiver) {
            Some(before) if before != first => first = before,
            _ => break,
        }
    }
    first
}
