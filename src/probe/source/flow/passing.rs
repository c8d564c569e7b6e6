//! What becomes of a value on its way through a function of the project: only what was read and hands it on as it is
//! leaves no doubt.

use super::Sink;
use super::handing::{Holds, holds};
use crate::probe::source::code::{Call, Function, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many calls and tests of one function are looked at.
const MAX_LOOKS: usize = 200;

/// What a function does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    /// It hands it on as it is.
    Unchanged,
    /// It may test it, or make something else of it.
    Opaque,
    /// It takes out what would do harm, or gives what only a partner of the app can have sent.
    Cleaned,
}

/// What `function` does with what it is given, as far as `sink` goes.
pub(super) fn of(file: &FileFacts, function: FunctionId, sink: Sink) -> Passing {
    let Some(scope) = file.function(function) else { return Passing::Opaque };
    let calls = || file.calls_of(&scope.body).map(|(_, call)| call).take(MAX_LOOKS);
    if sink == Sink::Path && (calls().any(|call| keeps_inside(file.language, call)) || tests_dots(file, function)) {
        return Passing::Cleaned;
    }
    if sink == Sink::Url && calls().any(checks_signature) {
        return Passing::Cleaned;
    }
    if is_named_for_checks(scope)
        || calls().any(|call| !hands_on(call, sink))
        || tests(file, function).any(|test| !is_plain(test, 0))
    {
        return Passing::Opaque;
    }
    Passing::Unchanged
}

fn tests(file: &FileFacts, function: FunctionId) -> impl Iterator<Item = &Value> {
    let bytes = file.function(function).map_or((0, 0), |function| function.place.bytes);
    let first = file.conditions.partition_point(|condition| condition.place.bytes.0 < bytes.0);
    let within = file.conditions.get(first..).unwrap_or_default().iter().take(MAX_LOOKS);
    within.take_while(move |condition| condition.place.bytes.0 < bytes.1).map(|condition| &condition.test)
}

/// A test for whether there is anything.
fn is_plain(test: &Value, steps: u32) -> bool {
    if steps > 8 {
        return false;
    }
    match test {
        Value::Path(_) | Value::Member(_) | Value::Env(_) | Value::Bool(_) | Value::Null => true,
        Value::Not(inner) => is_plain(inner, steps + 1),
        Value::Compared(_, pair) => {
            let nothing = |value: &Value| matches!(value, Value::Null | Value::Bool(_)) || value.text() == Some("");
            nothing(&pair.0) || nothing(&pair.1)
        }
        Value::All(values) | Value::Either(values) => values.iter().all(|value| is_plain(value, steps + 1)),
        _ => false,
    }
}

/// Calls that leave a value as it is, or have nothing to do with it.
fn hands_on(call: &Call, sink: Sink) -> bool {
    let method = call.method();
    if matches!(method, "replace" | "replaceAll" | "gsub" | "sub" | "tr" | "delete" | "str_replace" | "ReplaceAll") {
        return false;
    }
    holds(call, sink) != Holds::Nothing
        || matches!(
            method,
            "isset" | "empty" | "present?" | "blank?" | "nil?" | "is_null" | "log" | "info" | "debug" | "println"
        )
}

/// `validPath`, `sanitize`, `cleanUrl`: what its name promises cannot be told from its text.
fn is_named_for_checks(function: &Function) -> bool {
    function.name.as_deref().is_some_and(|name| {
        let lower = name.to_ascii_lowercase();
        let words =
            ["clean", "sanit", "valid", "verif", "safe", "escap", "filter", "check", "allow", "normali", "strip"];
        words.iter().any(|word| lower.contains(word))
    })
}

/// Whether a call keeps a path within its folder, or takes its folders away.
fn keeps_inside(language: Language, call: &Call) -> bool {
    let method = call.method();
    let lower = method.to_ascii_lowercase().replace('_', "");
    let named = matches!(
        &*lower,
        "basename"
            | "securefilename"
            | "relative"
            | "rel"
            | "islocal"
            | "realpath"
            | "torealpath"
            | "getcanonicalpath"
            | "isrelativeto"
            | "relativeto"
            | "ispathinside"
            | "safejoin"
            | "securejoin"
            | "commonpath"
            | "commonprefix"
    ) || matches!(&*call.callee, "filepath.Base" | "path.Base");
    let text = || call.arguments.iter().filter_map(|argument| argument.value.text());
    let dots = text().any(|text| text.contains("..") && !text.contains('/') && !text.contains(' '));
    let replaces = matches!(
        method,
        "replace"
            | "replaceAll"
            | "gsub"
            | "sub"
            | "preg_replace"
            | "ReplaceAllString"
            | "re.sub"
            | "tr"
            | "delete"
            | "translate"
    );
    // Java and PHP write their patterns as text; those of the others are not read.
    let pattern = match language {
        Language::Java => {
            method == "replaceAll" && text().any(|text| text.starts_with('[') && text.contains(['/', '^']))
        }
        Language::Php => method == "preg_replace",
        Language::Python => &*call.callee == "re.sub",
        Language::Go => method == "ReplaceAllString",
        _ => replaces && call.argument(0).is_some_and(|pattern| pattern.text().is_none()),
    };
    named || dots || pattern
}

/// `if (".." in name)`, `part === ".."`.
fn tests_dots(file: &FileFacts, function: FunctionId) -> bool {
    tests(file, function).any(|test| {
        let mut found = false;
        test.walk(&mut |value| found |= value.text().is_some_and(|text| text.contains("..")));
        found
    })
}

/// Whether a call compares a signature, so that only who knows a key gets past it.
pub(super) fn checks_signature(call: &Call) -> bool {
    let lower = call.method().to_ascii_lowercase().replace('_', "");
    let compares =
        ["timingsafeequal", "constructevent", "hashequals", "comparedigest", "constanttimecompare", "hmacequal"];
    let verifies = lower.contains("verif") || lower.contains("valid") || lower.contains("check");
    compares.iter().any(|name| lower.contains(name))
        || (verifies && ["signature", "hmac"].iter().any(|word| lower.contains(word)))
        || matches!(&*lower, "verifywebhook" | "verifysigned" | "verifysignedpayload" | "verifysignedrequest")
        || (lower == "equal" && call.root() == "hmac")
        || (lower == "verify" && call.object().to_ascii_lowercase().contains("webhook"))
}
