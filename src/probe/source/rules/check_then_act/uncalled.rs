//! Methods that nothing calls.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::probe::source::code::{FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Names by which frameworks call methods.
const CALLED_BY_FRAMEWORKS: [&str; 8] =
    ["constructor", "handle", "handler", "execute", "run", "process", "perform", "default"];

/// The name of the method that `function` stands in, where it is one of a class of JavaScript and no call says that name.
/// Unless the name is [`handed_on`], nothing calls the method.
pub(super) fn uncalled<'f>(index: &CodeIndex, file: &'f FileFacts, function: FunctionId) -> Option<&'f str> {
    if !file.language.is_ecma() {
        return None;
    }
    let (_, method) = file.enclosing(function).filter(|(_, around)| around.class.is_some()).last()?;
    let name = method.name.as_deref()?;
    let class = file.classes.iter().find(|class| method.class.as_deref() == Some(&*class.name));
    let plain = class.is_some_and(|class| class.bases.is_empty() && class.decorators.is_empty());
    let uncalled = plain
        && method.kind == FunctionKind::Plain
        && method.decorators.is_empty()
        && !CALLED_BY_FRAMEWORKS.contains(&name)
        && index.places_of(name).next().is_none();
    uncalled.then_some(name)
}

/// Those of `names` that some file of the project hands on. All of them are looked for in one go, since that means to look
/// at every value of the project.
pub(super) fn handed_on<'n>(index: &CodeIndex, names: &HashSet<&'n str>) -> HashSet<&'n str> {
    if names.is_empty() {
        return HashSet::new();
    }
    let files = index.files.iter().as_slice();
    files.par_iter().flat_map_iter(|file| said(file, names)).collect()
}

/// Those of `names` that a file hands on: `router.post("/", orders.create)`, `const { create } = orders`.
fn said<'n>(file: &FileFacts, names: &HashSet<&'n str>) -> HashSet<&'n str> {
    // Names are short, and most texts are long.
    let longest = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let last = |path: &str| {
        let dot = path.bytes().rev().take(longest + 1).position(|byte| byte == b'.');
        let length = dot.unwrap_or(path.len());
        let name = path.get(path.len() - length..).filter(|name| name.len() <= longest)?;
        names.get(name).copied()
    };
    let mut found: HashSet<&str> = file.accesses.iter().filter_map(|access| last(&access.path)).collect();
    let mut see = |value: &Value| {
        found.extend(match value {
            Value::Path(path) | Value::Text(path) => last(path),
            Value::Member(pair) => names.get(&*pair.1).copied(),
            _ => None,
        });
    };
    file.calls.iter().flat_map(|call| &call.arguments).for_each(|argument| argument.value.walk(&mut see));
    file.assignments.iter().for_each(|set| set.value.walk(&mut see));
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(|value| value.walk(&mut see));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::source::text::facts_of_text;

    #[test]
    fn a_name_is_handed_on_as_the_last_part_of_a_path_or_as_a_text() {
        let code = "router.post('/a-rather-long-address', orders.create);\nlisten('remove', 'nothing here says archived');\nconst { update } = orders;\nlog(created);\n";
        let file = facts_of_text("src/routes.ts", code).unwrap();
        let names = HashSet::from(["create", "remove", "update", "archived", "post"]);
        assert_eq!(said(&file, &names), HashSet::from(["create", "remove", "update"]));
    }
}
