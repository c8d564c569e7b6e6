//! What the names of groups, extras and files say of their purpose.

use crate::probe::packages::Scope;

/// Words in the name of a group, an extra or a requirements file that say it is not for production.
pub const DEVELOPMENT: [&str; 30] = [
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "linters",
    "doc",
    "docs",
    "documentation",
    "ci",
    "local",
    "typing",
    "types",
    "typecheck",
    "mypy",
    "pytest",
    "style",
    "format",
    "formatting",
    "coverage",
    "bench",
    "benchmark",
    "benchmarks",
    "debug",
    "jupyter",
    "notebooks",
];

/// Who needs a group or an extra of this name. Names that say nothing count as production's: nothing may rank lower for
/// want of knowledge.
#[must_use]
pub fn scope_of(name: &str) -> Scope {
    let name = name.to_lowercase();
    if name.split(['-', '_', '.', ' ']).any(|word| DEVELOPMENT.contains(&word)) {
        Scope::Development
    } else {
        Scope::Production
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_say_so_are_for_development() {
        for (name, scope) in [
            ("dev", Scope::Development),
            ("unit-tests", Scope::Development),
            ("Docs", Scope::Development),
            ("main", Scope::Production),
            ("postgres", Scope::Production),
            ("devices", Scope::Production),
        ] {
            assert_eq!(scope_of(name), scope, "{name}");
        }
    }
}
