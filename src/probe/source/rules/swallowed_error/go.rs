//! Errors of Go that nobody looks at: dropped, given to `_`, or tested with nothing done.

use super::{asks, explains, is_harmless};
use crate::model::Confidence;
use crate::probe::source::code::{Assignment, Call, CallId, Comparison, Condition, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::rules::Hit;
use crate::probe::source::rules::reach::{self, Search};

pub(super) fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| call.discarded && !call.deferred) {
        if writes_rows(call) || commits(file, call) {
            hits.push(weighed(file, index, id, dropped(call)));
        }
    }
    for (place, set) in file.assignments.iter().enumerate().filter(|(_, set)| &*set.target == "_") {
        let Some((id, call)) = made_by(file, &set.value) else { continue };
        // `a, b, _ := f()`: the error is the last; an earlier one is another value.
        let is_last = file.assignments.get(place + 1).is_none_or(|next| next.place != set.place);
        if !is_last || call.deferred || asks(file, set.function) {
            continue;
        }
        if writes_rows(call) || commits(file, call) {
            hits.push(weighed(file, index, id, dropped(call)));
        } else if acts(file, index, id, call) && only_gives_error(file, place) {
            hits.push(dropped(call).confidence(Confidence::Medium));
        }
    }
    for condition in &file.conditions {
        hits.extend(empty_test(file, index, condition));
    }
}

fn dropped(call: &Call) -> Hit {
    let shown: String = call.callee.chars().take(60).collect();
    Hit::new(call.place, format!("When `{shown}` fails, its error is dropped and nobody learns of it"))
}

/// What a user has entered and believes to be kept is sure to be missed; what is tidied up or counted is not.
fn weighed(file: &FileFacts, index: &CodeIndex, id: CallId, hit: Hit) -> Hit {
    let search = Search { begins: reach::is_handler, stops: |_, _, _| false };
    let keeps = file.call(id).is_some_and(|call| commits(file, call) || enters(call));
    if keeps && reach::from(index, file, id, search).is_some() { hit } else { hit.confidence(Confidence::Medium) }
}

/// The call that an assigned value is, or is a part of the result of.
fn made_by<'f>(file: &'f FileFacts, value: &Value) -> Option<(CallId, &'f Call)> {
    match value {
        Value::Call(id) => Some((*id, file.call(*id).filter(|call| !call.constructs)?)),
        Value::Index(pair) => made_by(file, &pair.0),
        _ => None,
    }
}

/// Whether nothing else of the statement is kept: `_ = f()`, `_, _ = f()`.
fn only_gives_error(file: &FileFacts, place: usize) -> bool {
    let Some(set) = file.assignments.get(place) else { return false };
    let before = file.assignments.get(..place).unwrap_or_default().iter().rev();
    before.take_while(|other| other.place == set.place).all(|other| &*other.target == "_")
}

/// `db.Exec("UPDATE …")`.
fn writes_rows(call: &Call) -> bool {
    begins_with(call, &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"])
}

/// `db.Exec("INSERT …")`.
fn enters(call: &Call) -> bool {
    begins_with(call, &["INSERT", "REPLACE"])
}

fn begins_with(call: &Call, verbs: &[&str]) -> bool {
    matches!(call.method(), "Exec" | "ExecContext")
        && call.arguments.iter().take(2).any(|argument| {
            argument.value.leading_text().is_some_and(|text| {
                let first = text.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
                verbs.contains(&&*first)
            })
        })
}

/// `tx.Commit()` of what `Begin` gave.
fn commits(file: &FileFacts, call: &Call) -> bool {
    if call.method() != "Commit" {
        return false;
    }
    let object = call.object();
    let begun = || {
        file.assigned(object, call.function)
            .and_then(|set| made_by(file, &set.value))
            .is_some_and(|(_, begun)| begun.method().starts_with("Begin"))
    };
    object == "tx" || begun()
}

/// Whether users would feel it that the call did not do what it is for.
fn acts(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> bool {
    if index.query(file, id).is_some_and(Query::writes) {
        return true;
    }
    let (root, lower) = (call.root(), call.method().to_ascii_lowercase());
    let verbs =
        ["send", "save", "create", "update", "insert", "delete", "publish", "upload", "charge", "enqueue", "submit"];
    let answers = ["w", "rw", "c", "ctx", "fmt", "os", "buf", "sb", "h", "conn", "ws", "log", "logger"].contains(&root);
    verbs.iter().any(|verb| lower.starts_with(verb))
        && !answers
        && !is_harmless(&call.callee, root, &lower)
        && !["metric", "sess", "request"].iter().any(|word| call.callee.to_ascii_lowercase().contains(word))
}

/// `if err != nil { }`, and `if err := f(); err != nil { }`.
fn empty_test(file: &FileFacts, index: &CodeIndex, condition: &Condition) -> Option<Hit> {
    let Value::Compared(Comparison::NotEqual, pair) = &condition.test else { return None };
    let name = pair.0.path().filter(|name| pair.1 == Value::Null && name.to_ascii_lowercase().ends_with("err"))?;
    let block = &condition.then;
    if block.statements > 0 || condition.otherwise.is_some() || block.comment.as_deref().is_some_and(explains) {
        return None;
    }
    let before = |set: &&Assignment| set.place.bytes.0 < condition.place.bytes.0;
    let set = file.assignments_to(name).rev().filter(|set| set.function == condition.function).find(before)?;
    let (id, call) = made_by(file, &set.value)?;
    if asks(file, condition.function) || is_harmless(&call.callee, call.root(), &call.method().to_ascii_lowercase()) {
        return None;
    }
    let shown: String = call.callee.chars().take(60).collect();
    let hit = Hit::new(condition.place, format!("When `{shown}` fails, its error is tested and nothing is done"));
    Some(weighed(file, index, id, hit))
}
