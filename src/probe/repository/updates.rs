//! Tools that propose updates of dependencies by themselves.

use std::sync::LazyLock;

use regex::Regex;

use super::repo::{Repo, name_of};
use crate::model::{Confidence, Location, Proof, RuleKind, RuleMeta, Severity};
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
pub fn proof(repo: &Repo) -> Option<Proof> {
    let found = repo.paths().find_map(|path| {
        let tool = match path {
            ".github/dependabot.yml" | ".github/dependabot.yaml" => dependabot(repo, path).then_some("Dependabot"),
            _ if is_renovate(path) => renovate(repo, path).then_some("Renovate"),
            "package.json" => repo
                .text(path)
                .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
                .is_some_and(|json| json.get("renovate").is_some())
                .then_some("Renovate"),
            _ => None,
        };
        Some((path, tool?))
    });
    let (path, tool) = found?;
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
        (!off).then_some(Entry { ecosystem, folders })
    });
    Some(entries.collect())
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

/// Where Renovate is configured by a file of its own.
#[must_use]
pub fn renovate_file(repo: &Repo) -> Option<&str> {
    repo.paths().find(|path| is_renovate(path) && renovate(repo, path))
}

fn is_renovate(path: &str) -> bool {
    let folder = path.strip_suffix(name_of(path)).unwrap_or_default();
    matches!(folder, "" | ".github/" | ".gitlab/")
        && matches!(
            name_of(path),
            "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5"
        )
}

fn renovate(repo: &Repo, path: &str) -> bool {
    static OFF: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"^\s*\{[^{}]*["']?enabled["']?\s*:\s*false"#).ok());
    repo.text(path).is_some_and(|text| text.contains('{') && !OFF.as_ref().is_some_and(|off| off.is_match(&text)))
}
