//! What a file is to the search for secrets, told from its path.

/// Kinds of file, as far as they matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Part of the product.
    Product,
    /// A test, its data, an example or documentation: most of what looks like a secret there is made up.
    MadeUp,
    /// Words for people, digests, styles, built code: only keys in a provider's format mean anything there.
    Noise,
}

const MADE_UP_FOLDERS: [&str; 28] = [
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "playwright",
    "fixtures",
    "fixture",
    "__fixtures__",
    "mocks",
    "__mocks__",
    "mock",
    "testdata",
    "test-data",
    "testing",
    "cassettes",
    "__snapshots__",
    "example",
    "examples",
    "samples",
    "sample",
    "docs",
    "doc",
    "documentation",
    "stories",
    "seeds",
];

const NOISE_FOLDERS: [&str; 12] = [
    "locales",
    "locale",
    "i18n",
    "translations",
    "lang",
    "langs",
    "vendor",
    "third_party",
    "dist",
    "build",
    "coverage",
    "generated",
];

const NOISE_EXTENSIONS: [&str; 22] = [
    "lock", "css", "scss", "sass", "less", "svg", "map", "po", "pot", "xlf", "xliff", "arb", "snap", "csv", "tsv",
    "sum", "ipynb", "pem", "crt", "cer", "pub", "patch",
];

const LOCK_FILES: [&str; 7] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "composer.lock",
    "go.sum",
    "Podfile.lock",
    "pubspec.lock",
];

/// Judges a relative path.
#[must_use]
pub fn of(path: &str) -> Place {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, end)| end);
    let in_any = |folders: &[&str]| parts.iter().any(|part| folders.iter().any(|f| part.eq_ignore_ascii_case(f)));
    if LOCK_FILES.contains(&name)
        || NOISE_EXTENSIONS.contains(&extension)
        || lower.contains(".min.")
        || in_any(&NOISE_FOLDERS)
    {
        return Place::Noise;
    }
    let stem = lower.split('.').next().unwrap_or_default();
    let marked = lower.split(['.', '-', '_']).any(|word| {
        matches!(
            word,
            "test" | "tests" | "spec" | "example" | "sample" | "template" | "dist" | "stories" | "mock" | "seed"
        )
    });
    let described = matches!(extension, "md" | "mdx" | "rst" | "adoc" | "http" | "rest")
        || ["swagger", "openapi", "readme", "changelog", "conftest"].contains(&stem)
        || lower.ends_with("postman_collection.json");
    if marked || described || in_any(&MADE_UP_FOLDERS) { Place::MadeUp } else { Place::Product }
}

/// Whether values stand unquoted in files of this name.
#[must_use]
pub fn has_bare_values(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    name.starts_with(".env")
        || name.starts_with("dockerfile")
        || matches!(name.as_str(), ".npmrc" | ".pypirc" | ".netrc")
        || matches!(extension, "env" | "ini" | "properties" | "cfg" | "conf" | "yml" | "yaml" | "toml" | "sh")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_a_file_is() {
        for (path, place) in [
            ("src/payments.ts", Place::Product),
            ("src/payments.test.ts", Place::MadeUp),
            ("hc/api/tests/test_ping.py", Place::MadeUp),
            (".env.example", Place::MadeUp),
            ("docs/setup.md", Place::MadeUp),
            ("web/locales/de.json", Place::Noise),
            ("package-lock.json", Place::Noise),
            ("public/app.min.js", Place::Noise),
            ("src/latest.ts", Place::Product),
        ] {
            assert_eq!(of(path), place, "{path}");
        }
    }
}
