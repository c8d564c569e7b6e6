//! Tools that propose updates of dependencies by themselves.

use super::hygiene::{Renovate, is_watched};
use super::repo::{Repo, name_of};
use crate::model::{Confidence, Location, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::packages::Packages;
use crate::probe::yaml::{self, Node};

/// The proof.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-updates-automated",
    title: "Updates of dependencies are proposed automatically",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Dependabot or Renovate is configured and opens pull requests for new versions.",
    why: "A fix for a hole in a library reaches you within days, without anyone having to look for it.",
    fix: "Merge what it proposes every week.",
    example: "",
    references: &["C51", "C52"],
};

/// The proof, where there is one.
#[must_use]
pub fn proof(repo: &Repo, packages: &Packages) -> Option<Proof> {
    let by_dependabot = || dependabot_file(repo).filter(|path| dependabot(repo, path)).map(|path| (path, "Dependabot"));
    let by_renovate = || {
        let (path, renovate) = renovate(repo)?;
        is_watched(repo, packages, &renovate?).then_some((path, "Renovate"))
    };
    let (path, tool) = by_dependabot().or_else(by_renovate)?;
    let message = format!("{tool} proposes updates of dependencies (`{path}`)");
    Some(Proof::new(&META, Location::File { path: path.to_owned(), span: None }, tool, message))
}

/// One entry of Dependabot's configuration
/// (<https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `npm`, `pip`, `docker`, …
    pub ecosystem: String,
    /// The folders that it covers, as written: `/`, `/apps/*`.
    pub folders: Vec<String>,
}

/// The entries that propose updates; `None` where the text is no such configuration.
#[must_use]
pub fn entries(text: &str) -> Option<Vec<Entry>> {
    let documents = yaml::parse(text).ok()?;
    let updates = documents.iter().find_map(|document| document.get("updates"))?;
    let entries = updates.items().filter_map(|update| {
        // `open-pull-requests-limit: 0` switches the updates of an entry off.
        let off = update.get("open-pull-requests-limit").and_then(Node::text) == Some("0");
        let ecosystem = update.get("package-ecosystem").and_then(Node::text)?.to_owned();
        let one = update.get("directory").and_then(Node::text);
        let several = update.get("directories").into_iter().flat_map(Node::items).filter_map(Node::text);
        let folders = one.into_iter().chain(several).map(str::to_owned).collect();
        (!off && !leaves_all_out(update)).then_some(Entry { ecosystem, folders })
    });
    Some(entries.collect())
}

/// Whether an entry ignores every package, or every file.
fn leaves_all_out(update: &Node) -> bool {
    let texts = |node: Option<&Node>| -> Vec<String> {
        let several = node.into_iter().flat_map(Node::items).filter_map(Node::text);
        node.and_then(Node::text).into_iter().chain(several).map(|text| text.replace(' ', "")).collect()
    };
    let ignored = update.get("ignore").into_iter().flat_map(Node::items).any(|ignored| {
        let has = |key: &str| ignored.get(key).is_some();
        let (versions, kinds) = (texts(ignored.get("versions")), texts(ignored.get("update-types")));
        let every_version = versions.iter().any(|range| matches!(range.as_str(), "*" | ">=0" | ">0" | ">=0.0.0"));
        let every_kind = ["major", "minor", "patch"]
            .iter()
            .all(|kind| kinds.iter().any(|one| one.strip_prefix("version-update:semver-") == Some(kind)));
        ignored.get("dependency-name").and_then(Node::text) == Some("*")
            && (!has("versions") || every_version)
            && (!has("update-types") || every_kind)
    });
    let left_out = texts(update.get("exclude-paths"));
    ignored || left_out.iter().any(|pattern| matches!(pattern.trim_matches('/'), "**" | "**/*" | "**/**"))
}

/// Where Dependabot is configured.
#[must_use]
pub fn dependabot_file(repo: &Repo) -> Option<&'static str> {
    [".github/dependabot.yml", ".github/dependabot.yaml"].into_iter().find(|path| repo.has(path))
}

fn dependabot(repo: &Repo, path: &str) -> bool {
    let found = repo.text(path).and_then(|text| entries(&text)).unwrap_or_default();
    found.iter().any(|entry| entry.ecosystem != "github-actions")
}

/// Where Renovate is configured, and what it is told; without that where the file was not understood.
#[must_use]
pub fn renovate(repo: &Repo) -> Option<(&str, Option<Renovate>)> {
    if let Some(path) = repo.paths().find(|path| is_renovate(path)) {
        return Some((path, repo.text(path).and_then(|text| Renovate::read(&text))));
    }
    let told = repo.text("package.json").and_then(|text| Renovate::in_manifest(&text))?;
    Some(("package.json", Some(told)))
}

fn is_renovate(path: &str) -> bool {
    let folder = path.strip_suffix(name_of(path)).unwrap_or_default();
    matches!(folder, "" | ".github/" | ".gitlab/")
        && matches!(
            name_of(path),
            "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_leave_all_out_propose_nothing() {
        let left = |more: &str| {
            let text = format!("version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n{more}");
            entries(&text).unwrap().is_empty()
        };
        for more in [
            "    open-pull-requests-limit: 0\n",
            "    ignore:\n      - dependency-name: \"*\"\n",
            "    ignore: [{dependency-name: lodash}, {dependency-name: '*', versions: ['>= 0']}]\n",
            "    ignore:\n      - dependency-name: \"*\"\n        update-types: [\"version-update:semver-major\", \
             \"version-update:semver-minor\", \"version-update:semver-patch\"]\n",
            "    exclude-paths: [\"**\"]\n",
            "    exclude-paths:\n      - docs/**\n      - '**/*'\n",
        ] {
            assert!(left(more), "{more}");
        }
        for more in [
            "",
            "    ignore:\n      - dependency-name: lodash\n",
            "    ignore:\n      - dependency-name: \"*\"\n        update-types: [\"version-update:semver-major\"]\n",
            "    ignore:\n      - dependency-name: \"*\"\n        versions: ['> 5']\n",
            "    exclude-paths: [\"docs/**\"]\n",
        ] {
            assert!(!left(more), "{more}");
        }
    }
}
