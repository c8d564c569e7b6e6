//! The names that a script uses.

use super::{is_script, without_ending};
use crate::probe::source::code::Value;
use crate::probe::source::facts::FileFacts;
use crate::probe::source::index::{Names, Saying};
use crate::probe::source::quick::HashSet;

/// Names that scripts other than tests take from a module, call, read or hand on.
pub(super) static USED: Saying = Saying { name: "used", says: names_used };

fn names_used<'n>(file: &FileFacts, names: &Names<'n>) -> HashSet<&'n str> {
    let mut used = HashSet::default();
    if !is_script(file) {
        return used;
    }
    // What a store does when a thunk has come to an end does not start it.
    let of_store = |path: &str| [".pending", ".fulfilled", ".rejected"].iter().any(|end| path.ends_with(end));
    let in_path = |path: &str, used: &mut HashSet<&'n str>| {
        used.extend(names.last(path));
        used.extend(names.first(path).filter(|_| !of_store(path)));
    };
    for binding in &file.bindings {
        used.extend(names.get(&binding.imported));
        // What a module gives by default has another name there.
        if &*binding.imported == "default" || &*binding.imported == "*" {
            used.extend(names.get(without_ending(binding.module.rsplit('/').next().unwrap_or(&binding.module))));
        }
    }
    file.accesses.iter().for_each(|access| in_path(&access.path, &mut used));
    let mut see = |value: &Value| {
        value.walk(&mut |value| value.path().into_iter().for_each(|path| in_path(path, &mut used)));
    };
    for call in &file.calls {
        call.arguments.iter().for_each(|argument| see(&argument.value));
        see(&call.on);
    }
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(&mut see);
    file.assignments.iter().for_each(|set| see(&set.value));
    file.conditions.iter().for_each(|condition| see(&condition.test));
    file.elements.iter().flat_map(|element| &element.attributes).for_each(|(_, value)| see(value));
    used.extend(file.calls.iter().flat_map(|call| [names.get(call.root()), names.get(call.method())]).flatten());
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::source::text::facts_of_text;

    #[test]
    fn a_name_is_used_where_it_is_taken_in_called_read_or_handed_on() {
        let code = concat!(
            "import { taken } from './a';\nimport * as whole from './billing.ts';\n",
            "called();\nconst x = settings.read;\nrouter.get('/', orders.handed);\n",
            "builder.addCase(thunk.fulfilled, done);\nexport function declared() {}\n",
        );
        let all = ["taken", "billing", "called", "settings", "read", "handed", "thunk", "fulfilled", "declared", "a"];
        let used = |path: &str| {
            let mut found: Vec<&str> =
                names_used(&facts_of_text(path, code).unwrap(), &Names::of(all)).into_iter().collect();
            found.sort_unstable();
            found
        };
        assert_eq!(used("src/x.ts"), ["billing", "called", "fulfilled", "handed", "read", "settings", "taken"]);
        assert!(used("src/x.test.ts").is_empty());
    }
}
