//! Code that loads a module whose name it works out while it runs: `require(name)`, `import(plugin)`,
//! `importlib.import_module(name)`.

use crate::probe::source::facts::{FileFacts, Language, Part, Value};

/// With these begins what leads to a file of the project's own.
const OWN: [&str; 6] = [".", "/", "@/", "~/", "#", "file:"];
/// What is worked out by these is a path.
const PATHS: [&str; 8] =
    ["path.join", "path.resolve", "join", "resolve", "require.resolve", "pathToFileURL", "url.pathToFileURL", "URL"];
/// Where the code itself stands.
const HERE: [&str; 4] = ["__dirname", "import.meta", "process.cwd()", "__package__"];

/// The first line that loads something nobody can name beforehand.
#[must_use]
pub fn unresolved(file: &FileFacts) -> Option<u32> {
    let loads = |callee: &str| match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(callee, "require" | "import" | "createRequire")
        }
        Language::Python => matches!(callee, "importlib.import_module" | "import_module" | "__import__"),
        _ => false,
    };
    let mut calls = file.calls.iter().filter(|call| loads(&call.callee));
    let open = calls.find(|call| call.argument(0).is_some_and(|value| !is_known(file, value)))?;
    Some(open.place.span.line)
}

/// Whether what is loaded is named, or is the project's own.
fn is_known(file: &FileFacts, value: &Value) -> bool {
    let begins = |text: &str| OWN.iter().any(|start| text.starts_with(start));
    match value {
        Value::Text(_) | Value::Number(_) => true,
        Value::Template(parts) => match parts.first() {
            // The name of the package stands before the slash.
            Some(Part::Fixed(text)) => begins(text) || text.matches('/').count() > usize::from(text.starts_with('@')),
            Some(Part::Expression(text, _)) => HERE.iter().any(|here| text.starts_with(here)),
            None => true,
        },
        Value::Path(path) => HERE.iter().any(|here| path.starts_with(here)),
        Value::Call(id) => file.call(*id).is_some_and(|call| PATHS.contains(&&*call.callee)),
        Value::Member(pair) => is_known(file, &pair.0),
        Value::Either(values) => values.iter().all(|value| is_known(file, value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::source::facts::{Argument, Call};

    fn of(language: Language, callee: &str, value: Value) -> Option<u32> {
        let call = |callee: &str, value| {
            let arguments = vec![Argument { value, ..Argument::default() }];
            Call { callee: callee.into(), arguments, ..Call::default() }
        };
        let joined = call("path.join", Value::Text("a".into()));
        let calls = vec![joined, call(callee, value)];
        unresolved(&FileFacts { language, calls, ..FileFacts::default() })
    }

    #[test]
    fn a_name_that_is_worked_out_is_open_and_a_path_is_not() {
        let fixed =
            |text: &str| Value::Template(vec![Part::Fixed(text.into()), Part::Expression("x".into(), Value::Unknown)]);
        let begun = |text: &str| Value::Template(vec![Part::Expression(text.into(), Value::Unknown)]);
        let path = |text: &str| Value::Path(text.into());
        for (value, open) in [
            (path("engine"), true),
            (fixed("plugin-"), true),
            (begun("name"), true),
            (Value::Call(1), true),
            (Value::Text("ejs".into()), false),
            (fixed("./pages/"), false),
            (fixed("@/pages/"), false),
            (fixed("highlight.js/lib/"), false),
            (fixed("@acme/"), true),
            (begun("__dirname"), false),
            (Value::Call(0), false),
            (Value::Either(vec![Value::Text("a".into()), path("b")]), true),
        ] {
            assert_eq!(of(Language::JavaScript, "require", value.clone()).is_some(), open, "{value:?}");
            assert_eq!(of(Language::Tsx, "import", value.clone()).is_some(), open, "{value:?}");
        }
        assert!(of(Language::Python, "importlib.import_module", path("name")).is_some());
        assert!(of(Language::Python, "import", path("name")).is_none());
        assert!(of(Language::JavaScript, "service.import", path("rows")).is_none());
    }
}
