//! Methods that nothing calls.

use crate::probe::source::code::{FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::index::{Names, Saying};
use crate::probe::source::quick::HashSet;

/// Names by which frameworks call methods.
const CALLED_BY_FRAMEWORKS: [&str; 8] =
    ["constructor", "handle", "handler", "execute", "run", "process", "perform", "default"];

/// The name of the method that `function` stands in, where it is one of a class of JavaScript and no call says that name.
/// Unless the name is [`HANDED_ON`], nothing calls the method.
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

/// Names that a file hands on: `router.post("/", orders.create)`, `const { create } = orders`.
pub(super) static HANDED_ON: Saying = Saying { name: "handed on", says: said };

fn said<'n>(file: &FileFacts, names: &Names<'n>) -> HashSet<&'n str> {
    let mut found: HashSet<&str> = file.accesses.iter().filter_map(|access| names.last(&access.path)).collect();
    let mut see = |value: &Value| {
        found.extend(match value {
            Value::Path(path) | Value::Text(path) => names.last(path),
            Value::Member(pair) => names.get(&pair.1),
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
        let names = Names::of(["create", "remove", "update", "archived", "post"]);
        assert_eq!(said(&file, &names), ["create", "remove", "update"].into_iter().collect());
    }
}
