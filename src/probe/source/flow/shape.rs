//! What calls say of themselves: where they stand, and which part of what is known they give.

use super::walk::Frame;
use crate::probe::source::code::{Call, Comparison, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// `[c for c in columns if c in SORTABLE]`: only what is among the known ones is taken.
pub(super) fn is_picked(file: &FileFacts, values: &[Value]) -> bool {
    let [taken, tests @ ..] = values else { return false };
    let Some(name) = taken.path().filter(|_| file.language == Language::Python) else { return false };
    tests.iter().any(|test| {
        let mut asked = false;
        test.walk(&mut |value| {
            asked |= matches!(value, Value::Compared(Comparison::In, pair) if pair.0.path() == Some(name));
            if let Value::Call(id) = value {
                asked |= file.call(*id).is_some_and(|call| {
                    call.object() == name
                        && matches!(call.method(), "isdigit" | "isalnum" | "isidentifier" | "isdecimal")
                });
            }
        });
        asked
    })
}

/// The line at which a value is seen.
pub(super) fn line_of(frame: Frame<'_>) -> u32 {
    // The call or assignment that begins there or just before.
    let file = frame.file;
    let call = file
        .calls
        .partition_point(|call| call.place.bytes.0 <= frame.at)
        .checked_sub(1)
        .and_then(|at| file.calls.get(at));
    let set = file.assignments.iter().rev().find(|set| set.place.bytes.0 == frame.at);
    match (set, call) {
        (Some(set), _) => set.place.span.line,
        (None, Some(call)) => call.place.span.line,
        (None, None) => 1,
    }
}

pub(super) fn id_of(file: &FileFacts, call: &Call) -> u32 {
    let at = file.calls.partition_point(|other| other.place.bytes.0 < call.place.bytes.0);
    let mut id = at;
    while file
        .calls
        .get(id)
        .is_some_and(|other| other.place.bytes.0 == call.place.bytes.0 && other.callee != call.callee)
    {
        id += 1;
    }
    u32::try_from(id).unwrap_or(u32::MAX)
}

pub(super) fn shown(callee: &str) -> String {
    callee.chars().take(60).collect()
}

/// The part that a call without arguments gives of what it is made on.
pub(super) fn accessor(language: Language, call: &Call) -> Option<String> {
    if !call.arguments.is_empty() || call.receiver.is_some() || call.object().is_empty() || call.constructs {
        return None;
    }
    let method = call.method();
    let part = ["get", "Get", "is"]
        .iter()
        .find_map(|start| method.strip_prefix(start))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    match (language, part) {
        (Language::Java | Language::Php | Language::Go, Some(part)) => {
            let mut part = part.to_owned();
            if language != Language::Go
                && let Some(first) = part.get_mut(..1)
            {
                first.make_ascii_lowercase();
            }
            Some(part)
        }
        // What a record has.
        (Language::Java, None) => Some(method.to_owned()),
        _ => None,
    }
}

/// Calls whose result has the shape of what they are given.
pub(super) fn keeps_shape(method: &str) -> bool {
    matches!(
        method,
        "parse"
            | "parseAsync"
            | "safeParse"
            | "validate"
            | "validated"
            | "pick"
            | "omit"
            | "assign"
            | "to_h"
            | "permit"
            | "cloneDeep"
            | "plainToClass"
            | "plainToInstance"
            | "freeze"
            | "structuredClone"
            | "copy"
            | "deepcopy"
            | "cast"
            | "array_merge"
            | "all"
    )
}
