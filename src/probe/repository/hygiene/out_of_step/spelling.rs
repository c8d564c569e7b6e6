//! Whether two spellings say the same.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::probe::packages::Ecosystem;

/// Whether a range speaks of versions: not of a place, and not of a list that stands elsewhere.
pub fn plain_range(range: &str) -> bool {
    const ELSEWHERE: [&str; 9] =
        ["catalog:", "workspace:", "link:", "file:", "portal:", "patch:", "git", "http", "exec:"];
    !range.trim().is_empty() && !ELSEWHERE.iter().any(|start| range.trim_start().starts_with(start))
}

/// Whether two ranges say the same.
pub fn same_range(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let form = |range: &str| match ecosystem {
        Ecosystem::Npm => [npm(range)].into(),
        Ecosystem::PyPi => python(range),
        Ecosystem::RubyGems => ruby(range),
        _ => [range.split_whitespace().collect::<String>()].into(),
    };
    form(a) == form(b)
}

/// `npm:^4.0.0`, as Yarn writes it, and `npm:other@^4.0.0`, an alias, ask for `^4.0.0`.
fn npm(range: &str) -> String {
    let range = range.trim();
    let range = range
        .strip_prefix("npm:")
        .map_or(range, |rest| rest.rfind('@').filter(|at| *at > 0).and_then(|at| rest.get(at + 1..)).unwrap_or(rest));
    range.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a range in any order (PEP 440, "Version specifiers"), each in the one form that it has.
fn python(range: &str) -> BTreeSet<String> {
    let parts = range.trim().trim_matches(['(', ')']).split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            pep440_rs::VersionSpecifier::from_str(part)
                .map_or_else(|_| part.split_whitespace().collect(), |specifier| specifier.to_string())
        })
        .collect()
}

/// `1.2` is `= 1.2`, and parts stand in any order (`Gem::Requirement`).
fn ruby(range: &str) -> BTreeSet<String> {
    range
        .split(',')
        .map(|part| part.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect::<String>())
        .filter(|part| !part.is_empty() && part != ">=0")
        .map(|part| if part.starts_with(|c: char| c.is_ascii_digit()) { format!("={part}") } else { part })
        .collect()
}

/// A text in which names are looked for, in whatever spelling of them.
pub struct Spelled(String);

impl Spelled {
    /// Brings it into one spelling, once for all names.
    pub fn of(text: &str) -> Self {
        Self(text.chars().map(|c| if matches!(c, '_' | '.') { '-' } else { c.to_ascii_lowercase() }).collect())
    }

    /// Whether it names a package.
    pub fn names(&self, name: &str) -> bool {
        let (text, Self(name)) = (&self.0, Self::of(name));
        let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '@');
        text.match_indices(&name).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
            // `name@range` ends a name, `@scope/name` begins before it, and a folder stands before a slash.
            !before.is_some_and(|c| part_of_name(c) && c != '/') && !after.is_some_and(|c| part_of_name(c) && c != '@')
        })
    }
}

/// Whether what a Gemfile asks for depends on more than its text.
pub fn is_programmed(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let word = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or("");
        matches!(word, "if" | "unless" | "case" | "eval_gemfile" | "gemspec" | "def" | "begin" | "while" | "until")
            || (!line.starts_with('#')
                && (line.contains(" if ") || line.contains(" unless ") || line.contains(".each")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_range_are_equal() {
        for (ecosystem, a, b, same) in [
            (Ecosystem::Npm, "^4.0.0", "npm:^4.0.0", true),
            (Ecosystem::Npm, "npm:@scope/other@^4.0.0", "^4.0.0", true),
            (Ecosystem::Npm, ">=1  <2", ">=1 <2", true),
            (Ecosystem::Npm, "^4.0.0", "^4.0.1", false),
            (Ecosystem::PyPi, "<2, >=1.0", ">=1.0,<2", true),
            (Ecosystem::PyPi, ">=1.0-rc1", ">=1.0rc1", true),
            (Ecosystem::PyPi, ">=1.0", ">=1.1", false),
            (Ecosystem::RubyGems, "1.2", "= 1.2", true),
            (Ecosystem::RubyGems, "~> 7.0, >= 7.0.1", ">= 7.0.1, ~> 7.0", true),
            (Ecosystem::RubyGems, "~> 7.0", "~> 7.1", false),
            (Ecosystem::Packagist, "^1.0 | ^2.0", "^1.0|^2.0", true),
        ] {
            assert_eq!(same_range(ecosystem, a, b), same, "{a} and {b}");
        }
        assert!(plain_range("^1") && !plain_range("catalog:") && !plain_range(" ") && !plain_range("workspace:*"));
    }

    #[test]
    fn a_text_names_a_package_or_one_that_only_begins_so() {
        let said_in = |text: &str, name: &str| Spelled::of(text).names(name);
        assert!(said_in("\"node_modules/left-pad\": {", "left-pad"));
        assert!(said_in("left-pad@^1.0.0:", "left-pad"));
        assert!(said_in("Ruamel.Yaml==1", "ruamel-yaml"));
        assert!(!said_in("left-padding, my-left-pad, left-pad/lib", "left-pad"));
    }

    #[test]
    fn a_gemfile_with_conditions_is_a_program() {
        assert!(is_programmed("gem 'a' if ENV['A']\n") && is_programmed("gemspec\n") && is_programmed("  if x\n"));
        assert!(!is_programmed("# only if needed\ngem 'iffy'\ngroup :test do\nend\n"));
    }
}
