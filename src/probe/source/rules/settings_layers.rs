//! Settings of Python that stand in layers: what one module sets, another may set again before production reads it.

use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Modules that hold what others build on, or what is for development.
const LOWER: [&str; 12] = [
    "base",
    "common",
    "default",
    "defaults",
    "dev",
    "develop",
    "development",
    "local",
    "test",
    "testing",
    "example",
    "ci",
];

/// What may set `name` again, as a step to show; `None` where nothing does.
pub(super) fn overridden_by(file: &FileFacts, index: &CodeIndex, name: &str) -> Option<String> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let (folder, module) = file.path.rsplit_once('/').map_or(("", &*file.path), |(folder, module)| (folder, module));
    let stem = module.strip_suffix(".py").unwrap_or(module);
    let later = file.imports.iter().find(|import| {
        let last = import.module.rsplit('.').next().unwrap_or(&import.module);
        ["local", "prod", "secret", "environ", "private", "override", "custom"].iter().any(|word| last.contains(word))
    });
    if let Some(import) = later {
        return Some(format!(
            "{}:{} takes over `{}`, which may set `{name}` again",
            file.path, import.span.line, import.module
        ));
    }
    let loads = file.calls.iter().find(|call| {
        matches!(
            call.method(),
            "from_object" | "from_pyfile" | "from_envvar" | "from_prefixed_env" | "from_file" | "from_mapping"
        ) && call.place.bytes.0 > 0
            && call.callee.contains("config")
    });
    if let Some(call) = loads {
        return Some(format!("{}:{} loads settings, which may set `{name}` again", file.path, call.place.span.line));
    }
    let builds_on = |other: &&std::sync::Arc<FileFacts>| {
        other.path != file.path
            && other.bindings.iter().any(|binding| {
                &*binding.local == "*" && binding.module.rsplit('.').next().is_some_and(|last| last == stem)
            })
    };
    let above = index.files.beginning_with(folder).filter(builds_on);
    let mut above: Vec<_> = above.take(20).collect();
    above.sort_by_key(|other| !other.assignments.iter().any(|set| &*set.target == name));
    if let Some(other) = above.first() {
        return Some(match other.assignments.iter().find(|set| &*set.target == name) {
            Some(set) => format!("{}:{} sets `{name}` again", other.path, set.place.span.line),
            None => format!("{} builds on it and may set `{name}` again", other.path),
        });
    }
    LOWER.contains(&stem).then(|| format!("{} is a layer that others build on", file.path))
}
