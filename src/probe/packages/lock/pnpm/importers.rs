//! The projects that a `pnpm-lock.yaml` serves, and what they ask for.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Layout, keys};
use crate::probe::files::Gaps;
use crate::probe::packages::lock::{Around, Builder, Scope, ranges, reason};
use crate::probe::packages::manifest::{Manifest, Source};
use crate::probe::paths::{folder, joined};
use crate::probe::yaml::{Node, Value};

/// The blocks of a project. What the last two hold runs for pnpm only, before anything is installed.
const BLOCKS: [(&str, Scope); 5] = [
    ("dependencies", Scope::Production),
    ("optionalDependencies", Scope::Production),
    ("devDependencies", Scope::Development),
    ("configDependencies", Scope::Development),
    ("packageManagerDependencies", Scope::Development),
];

/// What is asked for, as it stands in the file.
#[derive(Debug, Default)]
pub struct Importers {
    asked: Vec<Asked>,
    folders: Vec<String>,
    /// Without `importers` the ranges stand in a list of their own, before or after; `(folder, name)`.
    specifiers: HashMap<(String, String), String>,
    /// `(catalog, name)`.
    catalogs: HashMap<(String, String), String>,
}

/// One direct dependency.
#[derive(Debug)]
struct Asked {
    folder: String,
    block: &'static str,
    scope: Scope,
    name: String,
    range: Option<String>,
    reference: String,
}

impl Importers {
    /// Takes what stands at a path of keys, if it is about projects.
    pub fn take(&mut self, path: &[String], value: Node, gaps: &mut Gaps) {
        match path {
            [section, folder] if section == "importers" => {
                self.folders.push(folder.clone());
                for (block, node) in value.entries() {
                    for (name, node) in node.entries() {
                        self.one(folder, block, name, node, gaps);
                    }
                }
            }
            [section, catalog] if section == "catalogs" => {
                for (name, entry) in value.entries() {
                    if let Some(range) = entry.get("specifier").and_then(Node::text) {
                        self.catalogs.insert((catalog.clone(), name.to_owned()), range.to_owned());
                    }
                }
            }
            [block, name] => self.one(".", block, name, &value, gaps),
            _ => {}
        }
    }

    fn one(&mut self, folder: &str, block: &str, name: &str, value: &Node, gaps: &mut Gaps) {
        if block == "specifiers" {
            if let Some(range) = value.text() {
                self.specifiers.insert((folder.to_owned(), name.to_owned()), range.to_owned());
            }
            return;
        }
        let Some(&(block, scope)) = BLOCKS.iter().find(|(known, _)| *known == block) else { return };
        let (range, reference) = match &value.value {
            Value::Scalar(reference) => (None, Some(reference.as_str())),
            _ => (value.get("specifier").and_then(Node::text), value.get("version").and_then(Node::text)),
        };
        let Some(reference) = reference else {
            gaps.add(reason::ENTRY, name);
            return;
        };
        self.asked.push(Asked {
            folder: folder.to_owned(),
            block,
            scope,
            name: name.to_owned(),
            range: range.map(str::to_owned),
            reference: reference.to_owned(),
        });
    }

    /// The manifests of the projects that it lists.
    pub fn manifests(&self, around: &Around<'_>) -> BTreeSet<String> {
        self.folders.iter().map(|folder| manifest_of(around, folder)).collect()
    }

    /// Whether anything is asked for that has an entry among the packages.
    pub fn ask_for_packages(&self) -> bool {
        self.asked.iter().any(|asked| !asked.reference.starts_with("link:"))
    }

    /// Whether only what serves pnpm itself is asked for.
    pub fn are_for_pnpm(&self) -> bool {
        !self.asked.is_empty() && self.asked.iter().all(|asked| is_for_pnpm(asked.block))
    }

    /// Tells the lock file in the making what is asked for. Keys there begin with `prefix`.
    pub fn build(
        self,
        layout: Layout,
        builder: &mut Builder,
        around: &Around<'_>,
        own: &HashMap<String, Option<String>>,
        prefix: &str,
    ) {
        if prefix.is_empty() {
            // Without `importers` there is one project, beside the file.
            let alone = if self.folders.is_empty() { vec![".".to_owned()] } else { self.folders };
            let paths: BTreeSet<String> = alone.iter().map(|folder| manifest_of(around, folder)).collect();
            let asked: HashSet<(String, &str)> =
                self.asked.iter().map(|asked| (manifest_of(around, &asked.folder), &*asked.name)).collect();
            let below = around.manifests.keys().filter(|path| {
                self.asked.is_empty() && path.starts_with(around.folder()) && path.ends_with("package.json")
            });
            for manifest in paths.iter().chain(below).filter_map(|path| around.manifests.get(path)) {
                count_missing(manifest, &asked, builder);
            }
            paths.into_iter().for_each(|path| builder.root(path));
        }
        for asked in self.asked {
            let Some(key) = keys::target(layout, &asked.name, &asked.reference) else {
                let manifest = manifest_of(around, &asked.folder);
                let target = asked.reference.trim_start_matches("link:");
                // Whether the folder is there is looked after for all formats at once.
                if let Some(inside) = joined(folder(&manifest), target) {
                    builder.local(&asked.name, None, Some(inside));
                    builder.spare(&manifest, asked.name);
                }
                continue;
            };
            if own.contains_key(&key) {
                continue;
            }
            keys::tell_fork(layout, &asked.name, &key, builder);
            let key = format!("{prefix}{key}");
            if !builder.knows(&key) {
                builder.gaps.add(reason::MISSING, &asked.name);
                continue;
            }
            let at = (asked.folder, asked.name);
            let range = asked.range.or_else(|| self.specifiers.get(&at).cloned()).unwrap_or_default();
            let name = at.1;
            // pnpm itself stands in no manifest's dependencies; packages that configure it stand there.
            let manifest = if is_for_pnpm(asked.block) {
                around.manifest_path("", "pnpm-workspace.yaml")
            } else {
                manifest_of(around, &at.0)
            };
            let range = match range.strip_prefix("catalog:") {
                Some(catalog) => {
                    let catalog = if catalog.is_empty() { "default" } else { catalog };
                    self.catalogs.get(&(catalog.to_owned(), name.clone())).cloned().unwrap_or_default()
                }
                None => range,
            };
            builder.wants(&manifest, name, ranges::versions(&range), asked.scope, key);
        }
    }
}

/// What a manifest asks for and the file does not know: it was cut, or is older.
fn count_missing(manifest: &Manifest, asked: &HashSet<(String, &str)>, builder: &mut Builder) {
    for declared in manifest.declared.iter().filter(|declared| !declared.optional && declared.source != Source::Own) {
        let name = declared.alias.as_ref().unwrap_or(&declared.name);
        let is_known = asked.contains(&(manifest.path.clone(), name.as_str())) || manifest.overrides.contains(name);
        if !is_known {
            builder.gaps.add(reason::MISSING, name);
        }
    }
}

fn is_for_pnpm(block: &str) -> bool {
    matches!(block, "configDependencies" | "packageManagerDependencies")
}

/// The manifest of a project in a folder relative to the lock file: `.`, `apps/web`, `../beside`.
pub fn manifest_of(around: &Around<'_>, folder: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let (mut base, mut rest) = (around.folder().trim_end_matches('/'), folder);
    if folder == "." {
        return around.manifest_path("", "package.json");
    }
    if !folder.starts_with("../") {
        return around.manifest_path(folder, "package.json");
    }
    while let Some(inner) = rest.strip_prefix("../") {
        rest = inner;
        base = base.rsplit_once('/').map_or("", |(above, _)| above);
    }
    let slash = if base.is_empty() { "" } else { "/" };
    format!("{base}{slash}{rest}/package.json")
}
