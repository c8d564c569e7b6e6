//! One document of a `pnpm-lock.yaml`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::importers::{Importers, manifest_of};
use super::{Layout, keys};
use crate::probe::files::Gaps;
use crate::probe::packages::NotUnderstood;
use crate::probe::packages::lock::{Around, Builder, Draft, Origin, Scope, reason};
use crate::probe::packages::manifest::forcing::{Forcing, Table, forced};
use crate::probe::yaml::{Node, Value, Visited};

/// What a document says, gathered entry by entry.
#[derive(Debug, Default)]
pub struct Document {
    /// Its `lockfileVersion`.
    pub version: Option<Node>,
    layout: Option<Layout>,
    importers: Importers,
    packages: Vec<Package>,
    /// Who needs whom: keys of `packages`, or of `snapshots` where there are any.
    needs: Vec<Need>,
    snapshots: Vec<String>,
    /// What packages of a registry get from folders that are linked: names with the folders.
    linked: Vec<(String, String)>,
    /// The entries that force versions, by the package.
    forced: BTreeMap<String, Vec<Forcing>>,
    has_packages: bool,
    has_snapshots: bool,
    gaps: Gaps,
}

/// An entry under `packages`.
#[derive(Debug)]
struct Package {
    key: String,
    /// `None` for the project's own folders, with the folder.
    draft: Result<Draft, Option<String>>,
}

/// One dependency of a package.
#[derive(Debug)]
struct Need {
    from: String,
    /// The name that the package gives it.
    name: String,
    to: String,
    optional: bool,
}

impl Document {
    pub fn take(&mut self, entry: Visited<'_>) {
        match entry.path {
            [key] if key == "lockfileVersion" && self.version.is_none() => {
                self.layout = entry.value.text().and_then(Layout::of);
                self.version = Some(entry.value);
            }
            [section, key] if section == "packages" => {
                self.has_packages = true;
                if self.package(key, entry.line, &entry.value).is_none() {
                    self.gaps.add(reason::ENTRY, keys::shown(key));
                }
            }
            [section, key] if section == "snapshots" => {
                self.has_snapshots = true;
                if self.needs_of(key, &entry.value).is_none() {
                    self.gaps.add(reason::ENTRY, keys::shown(key));
                }
                self.snapshots.push(key.clone());
            }
            [section, key] if section == "overrides" => {
                let says = entry.value.text().unwrap_or_default().to_owned();
                let forcing = Forcing { table: Table::Pnpm, keys: vec![key.clone()], says, line: entry.line };
                self.forced.entry(forced(key).to_owned()).or_default().push(forcing);
            }
            // Empty ones are written as `{}`, or left out.
            [key] if key == "packages" => self.has_packages = true,
            [key] if key == "snapshots" => self.has_snapshots = true,
            path => self.importers.take(path, entry.value, &mut self.gaps),
        }
    }

    /// Whether it holds what serves pnpm itself, not the project.
    pub fn is_for_pnpm(&self) -> bool {
        self.importers.are_for_pnpm()
    }

    /// # Errors
    /// When it has no version, an unknown one, or ends too early.
    pub fn check(&self) -> Result<(), NotUnderstood> {
        let Some(version) = &self.version else {
            return Err(NotUnderstood::new("pnpm lock file without its version"));
        };
        if self.layout.is_none() {
            let shown: String = version.text().unwrap_or("of a wrong type").chars().take(30).collect();
            return Err(NotUnderstood::at(format!("unknown lockfileVersion {shown}"), version.line as usize));
        }
        let cut = (!self.has_packages && self.importers.ask_for_packages())
            || (self.layout == Some(Layout::Nine) && !self.packages.is_empty() && !self.has_snapshots);
        if cut { Err(NotUnderstood::new("pnpm lock file that ends too early")) } else { Ok(()) }
    }

    /// Reads an entry under `packages`; `None` where it makes no sense.
    fn package(&mut self, key: &str, line: u32, value: &Node) -> Option<()> {
        let layout = self.layout?;
        let resolution = value.get("resolution")?;
        let Value::Map(_) = &resolution.value else { return None };
        let field = |key: &str| value.get(key).map(|node| node.text().filter(|text| !text.is_empty()));
        let flag = |key: &str| value.get(key).and_then(Node::text) == Some("true");
        let kind = resolution.get("type").and_then(Node::text).unwrap_or("");
        let parsed = keys::parse(layout, key);
        let draft = if kind == "directory" {
            Err(resolution.get("directory").and_then(Node::text).map(str::to_owned))
        } else {
            // What no registry has is told apart by its address, and says name and version itself.
            let registry = parsed.as_ref().is_some_and(|parsed| parsed.registry) && kind.is_empty();
            let name = match field("name") {
                Some(name) => name?,
                None => parsed.as_ref().map(|parsed| parsed.name).filter(|name| !name.is_empty())?,
            };
            let version = match field("version") {
                Some(version) => version?,
                None => parsed.as_ref().map_or("", |parsed| parsed.version),
            };
            // An address may hold a password; what has no version of its own has none to show.
            let version = if registry || !version.contains(['/', ':']) { version } else { "" };
            let origin = if registry { Origin::Registry } else { Origin::Elsewhere };
            let scope =
                (layout != Layout::Nine).then(|| if flag("dev") { Scope::Development } else { Scope::Production });
            Ok(Draft { origin, scope, install_script: flag("requiresBuild"), ..Draft::new(name, version, line) })
        };
        self.packages.push(Package { key: key.to_owned(), draft });
        if layout == Layout::Nine { Some(()) } else { self.needs_of(key, value) }
    }

    /// Notes what an entry needs; `None` where that makes no sense.
    fn needs_of(&mut self, key: &str, value: &Node) -> Option<()> {
        let layout = self.layout?;
        for (block, optional) in [("dependencies", false), ("optionalDependencies", true)] {
            let Some(block) = value.get(block) else { continue };
            let Value::Map(entries) = &block.value else { return None };
            for (name, reference) in entries {
                let (name, reference) = (name.text()?, reference.text()?);
                let Some(to) = keys::target(layout, name, reference) else {
                    let folder = reference.strip_prefix("link:").unwrap_or(reference);
                    self.linked.push((name.to_owned(), folder.to_owned()));
                    continue;
                };
                self.needs.push(Need { from: key.to_owned(), name: name.to_owned(), to, optional });
            }
        }
        Some(())
    }

    /// Hands everything to the lock file in the making. Of a document that is not the project's all is for development.
    pub fn build(self, builder: &mut Builder, around: &Around<'_>, is_projects: bool) {
        let Some(layout) = self.layout else { return };
        let prefix = if is_projects { "" } else { "pnpm's own " };
        let prefixed = |key: &str| format!("{prefix}{key}");
        builder.gaps.merge(self.gaps);
        builder.forced.extend(self.forced);
        let mut own: HashMap<String, Option<String>> = HashMap::new();
        let mut listed: HashSet<String> = HashSet::new();
        for package in self.packages {
            match package.draft {
                Ok(draft) => builder.add(prefixed(&package.key), draft),
                Err(folder) => {
                    own.insert(package.key.clone(), folder);
                }
            }
            if layout == Layout::Nine {
                listed.insert(package.key);
            }
        }
        for snapshot in self.snapshots {
            let bare = keys::without_peers(&snapshot);
            listed.remove(bare);
            match own.get(bare) {
                Some(folder) => {
                    let folder = folder.clone();
                    own.insert(snapshot, folder);
                }
                None => builder.also(prefixed(&snapshot), &prefixed(bare)),
            }
        }
        // Each package has a snapshot, unless the file ends too early.
        listed.iter().for_each(|key| builder.gaps.add(reason::ENTRY, keys::shown(key)));
        let members = self.importers.manifests(around);
        let copied = own.values().flatten().filter_map(|folder| around.manifests.get(&manifest_of(around, folder)));
        copied.filter(|one| !members.contains(&one.path)).for_each(|one| builder.spare_tools(one));
        self.importers.build(layout, builder, around, &own, prefix);
        for (name, folder) in self.linked {
            builder.stands_in(&name, Some(around.place(&folder)));
        }
        for Need { from, name, to, optional } in self.needs {
            keys::tell_fork(layout, &name, &to, builder);
            let key = prefixed(&to);
            if let Some(Some(folder)) = own.get(&to).filter(|_| !own.contains_key(&from)) {
                builder.stands_in(&name, Some(around.place(folder)));
            }
            if !builder.knows(&key) && !own.contains_key(&to) && !optional {
                builder.gaps.add(reason::MISSING, &name);
            }
            match own.get(&from) {
                None => builder.needs(prefixed(&from), key),
                // A folder that is copied rather than linked asks for what its own manifest asks for.
                Some(Some(folder)) => {
                    let manifest = manifest_of(around, folder);
                    builder.wants(&manifest, name, "", Scope::Production, key);
                }
                Some(None) => {}
            }
        }
    }
}
