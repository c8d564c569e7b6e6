//! The names that a script uses.

use super::without_ending;
use crate::probe::source::code::Value;
use crate::probe::source::facts::FileFacts;
use crate::probe::source::quick::HashSet;

/// The names that a script takes from a module, calls, reads or hands on, beside those in `used`.
pub(super) fn names_used<'i>(file: &'i FileFacts, mut used: HashSet<&'i str>) -> HashSet<&'i str> {
    let last = |path: &'i str| path.rsplit('.').next().unwrap_or(path);
    // What a store does when a thunk has come to an end does not start it.
    let of_store = |path: &str| [".pending", ".fulfilled", ".rejected"].iter().any(|end| path.ends_with(end));
    let root = |path: &'i str| if of_store(path) { "" } else { path.split('.').next().unwrap_or(path) };
    for binding in &file.bindings {
        used.insert(&binding.imported);
        // What a module gives by default has another name there.
        if &*binding.imported == "default" || &*binding.imported == "*" {
            used.insert(without_ending(binding.module.rsplit('/').next().unwrap_or(&binding.module)));
        }
    }
    used.extend(file.accesses.iter().flat_map(|access| [root(&access.path), last(&access.path)]));
    let mut see = |value: &'i Value| {
        value.walk(&mut |value| used.extend(value.path().into_iter().flat_map(|path| [root(path), last(path)])));
    };
    for call in &file.calls {
        call.arguments.iter().for_each(|argument| see(&argument.value));
        see(&call.on);
    }
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(&mut see);
    file.assignments.iter().for_each(|set| see(&set.value));
    file.conditions.iter().for_each(|condition| see(&condition.test));
    file.elements.iter().flat_map(|element| &element.attributes).for_each(|(_, value)| see(value));
    used.extend(file.calls.iter().flat_map(|call| [call.root(), call.method()]));
    used
}
