//! The folders of workspace members: patterns held against the manifests that are there.
//!
//! The patterns are those of npm (<https://docs.npmjs.com/cli/v11/using-npm/workspaces>), Yarn, pnpm and Bun: `*` and `**`
//! pass over folders that begin with a dot, `node_modules` is never looked into, and what `!` leaves out a later pattern
//! may bring back.

use std::collections::BTreeMap;

use ignore::overrides::{Override, OverrideBuilder};

use super::Manifest;
use crate::probe::packages::{Ecosystem, Version, range};

/// The folders below `base` (empty, or `apps/`) that hold a manifest called `name` and that `patterns` name: relative to
/// `base`, sorted, without `base` itself. A pattern that is no pattern names nothing.
#[must_use]
pub fn folders(base: &str, patterns: &[String], name: &str, manifests: &BTreeMap<String, Manifest>) -> Vec<String> {
    let Some(named) = compiled(patterns) else { return Vec::new() };
    let below = manifests.range(base.to_owned()..).take_while(|(path, _)| path.starts_with(base));
    let mut found: Vec<String> = below
        .filter_map(|(path, _)| path.strip_prefix(base)?.strip_suffix(name)?.strip_suffix('/'))
        .filter(|folder| !folder.split('/').any(|part| part == "node_modules"))
        .filter(|folder| named.matched(folder, true).is_whitelist())
        .filter(|folder| {
            !is_hidden(folder) || patterns.iter().any(|pattern| is_hidden(pattern.trim_start_matches("./")))
        })
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

/// Whether npm and Yarn link a member where `range` asks for its name. One without a version they link for any version
/// alone, and else ask a registry (`depValid` of npm's arborist, `getManifestByPattern` of Yarn 1).
#[must_use]
pub fn takes(range: &str, member: &Manifest) -> bool {
    let range = range.trim();
    let version = member.version.as_deref().and_then(|version| Version::parse(Ecosystem::Npm, version));
    let is_in = |version: Version| range::allows(Ecosystem::Npm, range, &version) == Some(true);
    range.is_empty() || range == "*" || range.starts_with("workspace:") || version.is_some_and(is_in)
}

/// As patterns of gitignore, of which the last that matches decides, tied to the workspace's folder.
fn compiled(patterns: &[String]) -> Option<Override> {
    let mut builder = OverrideBuilder::new("");
    for pattern in patterns {
        let bare = pattern.trim_start_matches('!');
        let left_out = if (pattern.len() - bare.len()) % 2 == 1 { "!" } else { "" };
        let bare = bare.trim_start_matches("./").trim_matches('/');
        if bare.is_empty() || bare == "." {
            continue;
        }
        // `packages/**` names `packages` as well.
        for bare in [Some(bare), bare.strip_suffix("/**")].into_iter().flatten() {
            let _ = builder.add(&format!("{left_out}/{bare}"));
        }
    }
    builder.build().ok().filter(|built| built.num_whitelists() > 0)
}

fn is_hidden(folder: &str) -> bool {
    folder.split('/').any(|part| part.starts_with('.') && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base: &str, patterns: &[&str], paths: &[&str]) -> Vec<String> {
        let manifests = paths.iter().map(|path| ((*path).to_owned(), Manifest::default())).collect();
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        folders(base, &patterns, "package.json", &manifests)
    }

    #[test]
    fn patterns_name_folders_that_hold_a_manifest() {
        let paths = [
            "package.json",
            "apps/web/package.json",
            "apps/web/deep/package.json",
            "packages/package.json",
            "packages/a/package.json",
            "packages/b/package.json",
            "packages/b/composer.json",
            "packages/b/test/fixture/package.json",
            "packages/.hidden/package.json",
            "packages/a/node_modules/x/package.json",
            "tools/package.json",
        ];
        for (patterns, expected) in [
            (&["packages/*"][..], &["packages/a", "packages/b"][..]),
            (&["./packages/*/", "tools"], &["packages/a", "packages/b", "tools"]),
            (&["/packages/a"], &["packages/a"]),
            (&["*"], &["packages", "tools"]),
            (&["{apps,packages}/*"], &["apps/web", "packages/a", "packages/b"]),
            (&["packages/**", "!**/test/**"], &["packages", "packages/a", "packages/b"]),
            (&["packages/**", "!packages/b/**"], &["packages", "packages/a"]),
            (&["packages/*", "!packages/b", "packages/b"], &["packages/a", "packages/b"]),
            (&["packages/*", "!!packages/b"], &["packages/a", "packages/b"]),
            (&["!packages/b"], &[]),
            (&["packages/.hidden", "apps/w?b"], &["apps/web", "packages/.hidden"]),
            (&["apps/**"], &["apps/web", "apps/web/deep"]),
            (&["packages/[", "apps/web"], &["apps/web"]),
            (
                &["", ".", "!", "**"],
                &[
                    "apps/web",
                    "apps/web/deep",
                    "packages",
                    "packages/a",
                    "packages/b",
                    "packages/b/test/fixture",
                    "tools",
                ],
            ),
        ] {
            assert_eq!(found("", patterns, &paths), expected, "{patterns:?}");
        }
        assert_eq!(found("apps/", &["*"], &paths), ["web"]);
        assert_eq!(found("apps/", &["packages/*"], &paths), [""; 0]);
    }
}
