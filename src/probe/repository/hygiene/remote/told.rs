//! The hosts that a project names as its registries, in settings of its package manager and in its manifests.

use std::collections::BTreeSet;

use super::places::{host, registry};
use crate::probe::repository::repo::{Repo, folder_of, name_of};
use crate::probe::yaml;

/// Files whose every address names a registry, or a place that the project takes packages from.
const SETTINGS: [&str; 13] = [
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    "bunfig.toml",
    "pip.conf",
    "pip.ini",
    "uv.toml",
    "poetry.toml",
    "Pipfile",
    "Gemfile",
    "gems.rb",
    ".bundle/config",
];

/// The tables of `pyproject.toml` that name registries: those of Poetry, uv and PDM.
const TABLES: [&[&str]; 3] = [&["tool", "poetry", "source"], &["tool", "uv"], &["tool", "pdm", "source"]];

/// The hosts that are named.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// With the scope for which: `@shop`; empty for all.
    hosts: BTreeSet<(String, String)>,
    /// A host is worked out when the manifest runs.
    pub dynamic: bool,
    /// A manifest names the registries that all its packages come from: `Gemfile`, `Pipfile`.
    pub indexes: bool,
}

impl Told {
    /// What the files beside a lock file, in its manifests' folders and above them name.
    pub fn around<'p>(repo: &Repo, lock: &'p str, manifests: impl Iterator<Item = &'p str>) -> Self {
        let mut folders: BTreeSet<&str> = BTreeSet::new();
        for path in std::iter::once(lock).chain(manifests) {
            let mut folder = folder_of(path);
            while folders.insert(folder) && !folder.is_empty() {
                folder = folder_of(folder.trim_end_matches('/'));
            }
        }
        let mut told = Self::default();
        for folder in folders {
            for name in SETTINGS.iter().chain(&["pyproject.toml", "composer.json"]) {
                if let Some(text) = repo.text(&format!("{folder}{name}")) {
                    told.add(name, &text);
                }
            }
        }
        told
    }

    /// Each file is read by itself, so that what it names is known to be its own.
    fn add(&mut self, name: &str, text: &str) {
        let mut one = Self::default();
        one.read(name, text);
        self.hosts.extend(one.hosts);
        self.dynamic |= one.dynamic;
        self.indexes |= one.indexes;
    }

    fn read(&mut self, name: &str, text: &str) {
        match name_of(name) {
            "pyproject.toml" => self.pyproject(text),
            "composer.json" => self.composer(text),
            ".yarnrc.yml" => self.yarn(text),
            "Gemfile" | "gems.rb" => {
                let mut sources = text.lines().filter(|line| line.trim_start().starts_with("source"));
                self.dynamic |= sources.any(|line| line.contains("ENV") || line.contains("#{"));
                // Code hosts of single gems are none of a registry's.
                let sources = text.lines().filter(|line| line.contains("source") && !line.contains("git_source"));
                sources.for_each(|line| self.lines(line));
                self.indexes |= !self.hosts.is_empty();
            }
            "Pipfile" => {
                self.lines(text);
                self.indexes |= !self.hosts.is_empty();
            }
            _ => self.lines(text),
        }
    }

    /// Every address outside comments. npm's are for one scope where the line says so.
    fn lines(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            let scope = line.split_once(":registry").map_or("", |(scope, _)| scope.trim_matches(['"', '\'']));
            let scope = if scope.starts_with('@') { scope } else { "" };
            self.addresses(line, scope);
            // Where npm keeps a login: `//npm.example.com/:_authToken=…`.
            if line.starts_with("//") {
                self.addresses(&format!("https:{line}"), scope);
            }
        }
    }

    fn addresses(&mut self, text: &str, scope: &str) {
        for (at, _) in text.match_indices("://") {
            let start = text.get(..at).map_or(0, |before| {
                before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "+.-".contains(c))).map_or(0, |end| end + 1)
            });
            // A sign of several bytes ends further on.
            let address = (start..=at).find_map(|start| text.get(start..)).and_then(host);
            self.hosts.extend(address.map(|(host, _)| (host, scope.to_owned())));
        }
    }

    fn yarn(&mut self, text: &str) {
        for document in yaml::parse(text).unwrap_or_default() {
            for (key, node) in document.entries() {
                if key != "npmScopes" {
                    node.walk(&mut |_, node| self.addresses(node.text().unwrap_or(""), ""));
                    self.addresses(node.text().unwrap_or(""), "");
                    continue;
                }
                for (scope, node) in node.entries() {
                    let server = node.get("npmRegistryServer").and_then(|node| node.text());
                    self.addresses(server.unwrap_or(""), &format!("@{scope}"));
                }
            }
        }
    }

    fn pyproject(&mut self, text: &str) {
        let Ok(all) = text.parse::<toml::Table>() else { return };
        for path in TABLES {
            let (first, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
            let inner = rest.iter().try_fold(all.get(first), |value, key| Some(value?.get(key)));
            let mut waiting: Vec<&toml::Value> = inner.flatten().into_iter().collect();
            while let Some(value) = waiting.pop() {
                match value {
                    toml::Value::String(text) => self.addresses(text, ""),
                    toml::Value::Array(list) => waiting.extend(list),
                    toml::Value::Table(table) => waiting.extend(table.values()),
                    _ => {}
                }
            }
        }
    }

    fn composer(&mut self, text: &str) {
        let Ok(all) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let mut waiting: Vec<&serde_json::Value> = all.get("repositories").into_iter().collect();
        while let Some(value) = waiting.pop() {
            match value {
                serde_json::Value::String(text) => self.addresses(text, ""),
                serde_json::Value::Array(list) => waiting.extend(list),
                serde_json::Value::Object(table) => waiting.extend(table.values()),
                _ => {}
            }
        }
    }

    /// Whether the project says that it takes packages from this host.
    pub fn names(&self, host: &str, package: &str) -> bool {
        let scope = package.split_once('/').map_or("", |(scope, _)| scope);
        let is_it = |known: &str, of: &str| registry(known) == registry(host) && [scope, ""].contains(&of);
        self.hosts.iter().any(|(known, of)| is_it(known, of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &str) -> Vec<String> {
        let mut told = Told::default();
        told.read(name, text);
        told.hosts.iter().map(|(host, scope)| format!("{host}{scope}")).collect()
    }

    #[test]
    fn settings_name_registries_for_all_and_for_a_scope() {
        for (name, text, expected) in [
            (
                ".npmrc",
                "registry=https://r.example.com/\n@shop:registry=https://u:s3cret@shop.example.com/\n\
                 # https://no.example.com\n//auth.example.com/:_authToken=x\n",
                &["auth.example.com", "r.example.com", "shop.example.com@shop"][..],
            ),
            (".yarnrc", "\"@shop:registry\" \"https://shop.example.com\"\n", &["shop.example.com@shop"]),
            (
                ".yarnrc.yml",
                "npmRegistryServer: \"https://r.example.com\"\nnpmScopes:\n  shop:\n    npmRegistryServer: \"https://shop.example.com\"\n",
                &["r.example.com", "shop.example.com@shop"],
            ),
            ("pip.conf", "[global]\nindex-url = https://r.example.com/simple\n", &["r.example.com"]),
            ("Gemfile", "source \"https://r.example.com\"\n", &["r.example.com"]),
            (
                "pyproject.toml",
                "[project.urls]\nHome = \"https://home.example.com\"\n[[tool.poetry.source]]\nurl = \"https://a.example.com/\"\n\
                 [[tool.uv.index]]\nurl = \"https://b.example.com/\"\n[[tool.pdm.source]]\nurl = \"https://c.example.com/\"\n",
                &["a.example.com", "b.example.com", "c.example.com"],
            ),
            (
                "composer.json",
                r#"{"homepage": "https://home.example.com", "repositories": [{"type": "vcs", "url": "https://r.example.com/x"}]}"#,
                &["r.example.com"],
            ),
        ] {
            assert_eq!(told(name, text), expected, "{name}");
        }
    }

    #[test]
    fn a_scope_is_named_for_itself() {
        let mut told = Told::default();
        told.lines("@shop:registry=https://shop.example.com/\nregistry=https://r.example.com/\n");
        assert!(told.names("shop.example.com", "@shop/ui") && told.names("r.example.com", "@shop/ui"));
        assert!(!told.names("shop.example.com", "ui") && !told.names("shop.example.com", "@other/ui"));
    }
}
