//! Which assignments count at a place: those before it that nothing later takes the place of.

use super::walk::MAX_ASSIGNMENTS;
use crate::probe::source::code::{Assignment, Value, root};
use crate::probe::source::facts::FileFacts;

/// Whether `value` is made from `target`.
pub(super) fn mentions(value: &Value, target: &str, file: &FileFacts) -> bool {
    let mut names = Vec::new();
    names_in(file, value, &mut names, 0);
    names.iter().any(|name| *name == target || root(name) == target)
}

/// Whether an assignment stands in a branch, a handler of errors or a loop that `at` does not stand in.
pub(super) fn is_conditional(file: &FileFacts, set: &Assignment, at: u32) -> bool {
    let place = file.assignments.partition_point(|other| other.place.bytes.0 < set.place.bytes.0);
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    let inside = |range: (u32, u32)| range.0 <= place && place < range.1;
    let before = file.conditions.partition_point(|condition| condition.place.bytes.0 < set.place.bytes.0);
    let tests = file.conditions.get(..before).unwrap_or_default().iter().rev().take(MAX_ASSIGNMENTS);
    let branches = tests.flat_map(|condition| [Some(&condition.then), condition.otherwise.as_ref()]).flatten();
    let handlers = file.catches.iter().map(|catch| &catch.handler);
    branches.chain(handlers).any(|block| {
        inside(block.assignments) && {
            let last = block.assignments.1.saturating_sub(1);
            let ends = file.assignments.get(last as usize).map_or(0, |set| set.place.bytes.1);
            let calls = block.calls.1.checked_sub(1).and_then(|id| file.call(id)).map_or(0, |call| call.place.bytes.1);
            at > ends.max(calls)
        }
    })
}

/// The bytes of the loops around a place: what stands later in one of them comes before it in the next round.
pub(super) fn loops_around(file: &FileFacts, at: u32) -> Vec<(u32, u32)> {
    let begun = file.loops.partition_point(|l| l.place.bytes.0 <= at);
    let begun = file.loops.get(..begun).unwrap_or_default();
    begun.iter().rev().take(500).map(|l| l.place.bytes).filter(|bytes| at < bytes.1).collect()
}

/// The names that a value is made from.
pub(super) fn names_in<'f>(file: &'f FileFacts, value: &'f Value, names: &mut Vec<&'f str>, steps: u32) {
    value.walk(&mut |value| match value {
        Value::Path(path) => names.push(path),
        Value::Call(id) if steps < 4 && names.len() < MAX_ASSIGNMENTS => {
            let Some(call) = file.call(*id) else { return };
            let mut object = Some(call);
            for _ in 0..8 {
                let Some(call) = object else { break };
                if call.receiver.is_none() && !call.object().is_empty() {
                    names.push(call.object());
                }
                object = call.receiver.and_then(|id| file.call(id));
            }
            for argument in &call.arguments {
                names_in(file, &argument.value, names, steps + 1);
            }
        }
        _ => {}
    });
}
