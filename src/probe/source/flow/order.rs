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

/// Where the outermost loop ends that stands around `at`; 0 where none does.
pub(super) fn end_of_loops(file: &FileFacts, at: u32) -> u32 {
    let last = file.loops.partition_point(|l| l.place.bytes.0 <= at).checked_sub(1);
    let mut next = last.and_then(|place| u32::try_from(place).ok());
    let mut end = 0;
    for _ in 0..MAX_ASSIGNMENTS {
        let Some(found) = next.and_then(|id| file.loop_(id)) else { break };
        if found.place.bytes.1 > at {
            end = end.max(found.place.bytes.1);
        }
        next = found.parent;
    }
    end
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
