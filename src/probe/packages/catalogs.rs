//! Catalogs: the versions that a workspace says once for all its members, which ask with `catalog:` (<https://pnpm.io/catalogs>,
//! <https://bun.com/docs/pm/catalogs>, <https://yarnpkg.com/features/catalogs>).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Declared;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::folder;
use crate::probe::yaml;

/// More entries nobody wrote by hand.
const MOST_ENTRIES: usize = 10_000;

/// The catalogs of a project: by folder, by the catalog's name, by package.
#[derive(Debug, Default)]
pub struct Catalogs<'p>(BTreeMap<&'p str, BTreeMap<(String, String), String>>);

impl<'p> Catalogs<'p> {
    /// Of a listing. What cannot be read is told where these files are read in full.
    pub fn of(listing: &'p Listing) -> Self {
        let mut found = Self::default();
        for file in &listing.files {
            match file.name() {
                "pnpm-workspace.yaml" | ".yarnrc.yml" => found.add_yaml(file),
                "package.json" => found.add_json(file),
                _ => {}
            }
        }
        found
    }

    fn add_yaml(&mut self, file: &'p FileEntry) {
        let Some(text) = file.read().ok().filter(|text| text.contains("catalog")) else { return };
        let all = self.0.entry(folder(&file.path)).or_default();
        let mut add = |catalog: &str, node: &yaml::Node| {
            for (name, range) in node.entries().take(MOST_ENTRIES) {
                all.extend(range.text().map(|range| ((catalog.to_owned(), name.to_owned()), range.to_owned())));
            }
        };
        for document in yaml::parse(&text).unwrap_or_default() {
            document.get("catalog").into_iter().for_each(|node| add("default", node));
            let named = document.get("catalogs");
            named.into_iter().flat_map(yaml::Node::entries).for_each(|(catalog, node)| add(catalog, node));
        }
    }

    fn add_json(&mut self, file: &'p FileEntry) {
        let Some(text) = file.read().ok().filter(|text| text.contains("\"catalog")) else { return };
        let root: Value = serde_json::from_str(&text).unwrap_or_default();
        let all = self.0.entry(folder(&file.path)).or_default();
        let mut add = |catalog: &str, entries: Option<&Value>| {
            for (name, range) in entries.and_then(Value::as_object).into_iter().flatten().take(MOST_ENTRIES) {
                all.extend(range.as_str().map(|range| ((catalog.to_owned(), name.clone()), range.to_owned())));
            }
        };
        for holder in [Some(&root), root.get("workspaces")].into_iter().flatten() {
            add("default", holder.get("catalog"));
            let named = holder.get("catalogs").and_then(Value::as_object);
            named.into_iter().flatten().for_each(|(catalog, entries)| add(catalog, Some(entries)));
        }
    }

    /// The versions that a manifest asks for: those of the catalog that it names, else what it says itself. A catalog that is
    /// not there says nothing.
    pub fn range<'d>(&'d self, manifest: &str, declared: &'d Declared) -> &'d str {
        let Some(catalog) = declared.range.strip_prefix("catalog:") else { return &declared.range };
        let catalog = if catalog.trim().is_empty() { "default" } else { catalog.trim() };
        let called = declared.alias.as_ref().unwrap_or(&declared.name);
        let key = (catalog.to_owned(), called.clone());
        let mut at = folder(manifest);
        loop {
            if let Some(range) = self.0.get(at).and_then(|all| all.get(&key)) {
                return range;
            }
            if at.is_empty() {
                return &declared.range;
            }
            at = folder(at.trim_end_matches('/'));
        }
    }
}
