//! `Cargo.toml` (<https://doc.rust-lang.org/cargo/reference/manifest.html>).

use std::collections::{BTreeMap, HashMap};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Declared, Form, Manifest, Pin, Placed, Runtime, Source, reason};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::{NotUnderstood, Scope};

/// The tables of dependencies, with underscores as old manifests write them.
const TABLES: [(&str, Scope); 5] = [
    ("dependencies", Scope::Production),
    ("dev-dependencies", Scope::Development),
    ("dev_dependencies", Scope::Development),
    ("build-dependencies", Scope::Development),
    ("build_dependencies", Scope::Development),
];

/// Manifests in the making: members of a workspace take versions from its root.
#[derive(Debug, Default)]
pub struct Crates {
    read: Vec<Crate>,
    /// What the workspace in a folder sets.
    workspaces: HashMap<String, Shared>,
}

#[derive(Debug)]
struct Crate {
    manifest: Manifest,
    /// What it asks for, and whether its workspace says the rest of it.
    found: Vec<(Declared, bool)>,
    inherits_rust: Option<u32>,
    inherits_licence: bool,
    inherits_version: bool,
}

#[derive(Debug, Default)]
struct Shared {
    /// The manifest of the workspace.
    path: String,
    /// With how they are written.
    dependencies: BTreeMap<String, (Declared, Form)>,
    /// The folders of those that have one, relative to the workspace's.
    folders: BTreeMap<String, String>,
    rust: Option<String>,
    licence: Option<String>,
    version: Option<String>,
}

impl Crates {
    /// Reads one manifest.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn add(&mut self, path: &str, text: &str) -> Result<(), NotUnderstood> {
        let lines = Lines::of(text);
        let root = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(0, |span| lines.at(span.start) as usize);
            NotUnderstood::at("not a valid Cargo.toml", line)
        })?;
        let root = root.get_ref();
        let mut read = Crate {
            manifest: Manifest { path: path.to_owned(), ..Manifest::default() },
            found: Vec::new(),
            inherits_rust: None,
            inherits_licence: false,
            inherits_version: false,
        };
        read.dependencies_of(root, &lines);
        if let Some(targets) = table(root, "target") {
            for target in targets.values().filter_map(|target| target.get_ref().as_table()) {
                read.dependencies_of(target, &lines);
            }
        }
        // The parser sorts by name.
        read.found.sort_by_key(|(declared, _)| declared.line);
        for patched in table(root, "patch").into_iter().flat_map(DeTable::values) {
            let entries = patched.get_ref().as_table().into_iter().flatten();
            read.manifest.patched.extend(entries.map(|(name, value)| package_of(name.get_ref(), value).to_owned()));
        }
        for forced in ["patch", "replace"].iter().filter_map(|key| table(root, key)) {
            read.manifest.overrides.extend(overrides(forced));
            for (name, value) in forced.values().filter_map(|of| of.get_ref().as_table()).flatten() {
                read.manifest.take_folder(name.get_ref(), value, true);
            }
        }
        if let Some(package) = table(root, "package").or_else(|| table(root, "project")) {
            read.package(package, &lines);
        }
        if let Some(workspace) = table(root, "workspace") {
            for (key, sign) in [("members", ""), ("exclude", "!")] {
                let patterns = workspace.get(key).and_then(|list| list.get_ref().as_array());
                let patterns = patterns.into_iter().flat_map(|list| list.iter()).filter_map(|p| p.get_ref().as_str());
                read.manifest.members.extend(patterns.map(|pattern| format!("{sign}{pattern}")));
            }
            self.workspaces.insert(folder_of(path).to_owned(), Shared::of(path, workspace, &lines));
        }
        self.read.push(read);
        Ok(())
    }

    /// Gives each what it takes from its workspace.
    pub fn finish(self, found: &mut BTreeMap<String, Manifest>) {
        let (nothing, workspaces) = (Shared::default(), self.workspaces);
        for mut read in self.read {
            let shared = workspace_of(&workspaces, &read.manifest.path).unwrap_or(&nothing);
            for (mut declared, is_inherited) in read.found {
                if is_inherited {
                    match shared.dependencies.get(&declared.name) {
                        Some((set, form)) => {
                            let Declared { scope, optional, line, .. } = declared;
                            read.manifest.inherited.insert(line, (shared.path.clone(), set.line));
                            read.manifest.forms.insert(line, *form);
                            if let Some(folder) = shared.folders.get(&declared.name) {
                                let folder = format!("{}{folder}", up(&shared.path, &read.manifest.path));
                                let name = set.name.clone();
                                read.manifest.placed.push(Placed { name, folder, forced: false });
                            }
                            declared = Declared { scope, optional, line, ..set.clone() };
                        }
                        None => read.manifest.gaps.add(reason::INHERITED, &declared.name),
                    }
                }
                read.manifest.declared.push(declared);
            }
            if let (Some(line), Some(range)) = (read.inherits_rust, shared.rust.clone()) {
                read.manifest.runtimes.push(Runtime { name: "rust".to_owned(), range, line });
            }
            read.manifest.workspace = Some(shared.path.clone()).filter(|path| !path.is_empty());
            if let (true, Some(version)) = (read.inherits_version, &shared.version) {
                read.manifest.version = Some(version.clone());
                read.manifest.versioned_by_workspace = true;
            }
            if read.inherits_licence {
                read.manifest.licence.clone_from(&shared.licence);
            }
            found.insert(read.manifest.path.clone(), read.manifest);
        }
    }
}

/// The nearest workspace in its own folder or above (<https://doc.rust-lang.org/cargo/reference/workspaces.html>).
fn workspace_of<'a>(workspaces: &'a HashMap<String, Shared>, path: &str) -> Option<&'a Shared> {
    let mut folder = folder_of(path);
    loop {
        if let Some(shared) = workspaces.get(folder) {
            return Some(shared);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

impl Crate {
    fn dependencies_of(&mut self, parent: &DeTable<'_>, lines: &Lines<'_>) {
        for (key, scope) in TABLES {
            for (name, value) in table(parent, key).into_iter().flatten() {
                let line = lines.at(name.span().start);
                let name = name.get_ref().as_ref();
                match declared(name, value, scope, line) {
                    None => self.manifest.gaps.add(reason::ENTRY, name),
                    Some(found) => {
                        self.manifest.forms.insert(line, form(value));
                        self.manifest.take_folder(name, value, false);
                        self.found.push(found);
                    }
                }
            }
        }
    }

    fn package(&mut self, package: &DeTable<'_>, lines: &Lines<'_>) {
        let text = |key: &str| package.get(key).and_then(|value| value.get_ref().as_str()).map(str::to_owned);
        let line = |key: &str| package.get(key).map_or(0, |value| lines.at(value.span().start));
        self.manifest.name = text("name");
        self.manifest.version = text("version");
        self.manifest.private =
            package.get("publish").is_some_and(|value| matches!(value.get_ref(), DeValue::Boolean(false)));
        self.manifest.licence = text("license").filter(|licence| !licence.is_empty());
        self.inherits_version = package.get("version").is_some_and(is_inherited);
        self.manifest.inherits = package.values().any(is_inherited);
        // crates.io takes nothing without a description.
        let said = ["description", "repository", "homepage", "documentation"];
        self.manifest.introduces_itself = said.iter().any(|key| text(key).is_some());
        self.inherits_licence = package.get("license").is_some_and(is_inherited);
        if let Some(range) = text("rust-version") {
            self.manifest.runtimes.push(Runtime { name: "rust".to_owned(), range, line: line("rust-version") });
        } else if package.get("rust-version").is_some_and(is_inherited) {
            self.inherits_rust = Some(line("rust-version"));
        }
    }
}

impl Shared {
    fn of(path: &str, workspace: &DeTable<'_>, lines: &Lines<'_>) -> Self {
        let package = table(workspace, "package");
        let text = |key: &str| package?.get(key)?.get_ref().as_str().map(str::to_owned);
        let (rust, licence, version) = (text("rust-version"), text("license"), text("version"));
        let mut shared = Self { path: path.to_owned(), rust, licence, version, ..Self::default() };
        for (name, value) in table(workspace, "dependencies").into_iter().flatten() {
            let line = lines.at(name.span().start);
            let name = name.get_ref().as_ref();
            if let Some((declared, _)) = declared(name, value, Scope::Production, line) {
                shared.dependencies.insert(name.to_owned(), (declared, form(value)));
                shared.folders.extend(path_in(value).map(|folder| (name.to_owned(), folder.to_owned())));
            }
        }
        shared
    }
}

impl Manifest {
    /// Notes the folder that an entry names.
    fn take_folder(&mut self, key: &str, value: &Spanned<DeValue<'_>>, forced: bool) {
        if let Some(folder) = path_in(value) {
            let name = package_of(key, value).to_owned();
            self.placed.push(Placed { name, folder: folder.to_owned(), forced });
        }
    }
}

/// The package of an entry, which may stand under another name.
fn package_of<'v>(key: &'v str, value: &'v Spanned<DeValue<'_>>) -> &'v str {
    let package = value.get_ref().as_table().and_then(|entry| entry.get("package"));
    package.and_then(|name| name.get_ref().as_str()).unwrap_or(key)
}

fn path_in<'v>(value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    value.get_ref().as_table()?.get("path")?.get_ref().as_str()
}

/// The way from a member's folder up to that of its workspace: `../../`.
fn up(workspace: &str, member: &str) -> String {
    let depth = |path: &str| path.matches('/').count();
    "../".repeat(depth(member).saturating_sub(depth(workspace)))
}

fn form(value: &Spanned<DeValue<'_>>) -> Form {
    if value.get_ref().as_table().is_some() { Form::Detailed } else { Form::Keyed }
}

/// One entry of a table of dependencies, and whether it takes all else from the workspace.
fn declared(name: &str, value: &Spanned<DeValue<'_>>, scope: Scope, line: u32) -> Option<(Declared, bool)> {
    let mut declared = Declared {
        name: name.to_owned(),
        alias: None,
        range: String::new(),
        scope,
        optional: false,
        source: Source::Registry,
        pin: Pin::Loose,
        line,
    };
    if let Some(range) = value.get_ref().as_str() {
        declared.pin = pin(range);
        range.clone_into(&mut declared.range);
        return Some((declared, false));
    }
    let entry = value.get_ref().as_table()?;
    let text = |key: &str| entry.get(key).and_then(|value| value.get_ref().as_str());
    let is_true = |key: &str| entry.get(key).is_some_and(|value| value.get_ref().as_bool() == Some(true));
    declared.optional = is_true("optional");
    if let Some(package) = text("package").filter(|package| *package != name) {
        declared.alias = Some(name.to_owned());
        package.clone_into(&mut declared.name);
    }
    if entry.get("version").is_some_and(|version| version.get_ref().as_str().is_none()) {
        return None;
    }
    text("version").unwrap_or("").clone_into(&mut declared.range);
    declared.pin = pin(&declared.range);
    if entry.contains_key("path") {
        (declared.source, declared.pin) = (Source::Own, Pin::Exact);
    } else if entry.contains_key("git") {
        declared.source = Source::Git;
        declared.pin = if text("rev").is_some() || text("tag").is_some() { Pin::Exact } else { Pin::Loose };
    }
    Some((declared, is_true("workspace")))
}

/// <https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html>
fn pin(range: &str) -> Pin {
    let range = range.trim();
    let exact = range.strip_prefix('=').map(str::trim);
    if range.is_empty() || range == "*" {
        Pin::Loose
    } else if exact.is_some_and(|version| version.split('.').count() >= 3 && !version.contains([',', '*'])) {
        Pin::Exact
    } else {
        Pin::Range
    }
}

/// `[patch.crates-io]` holds a table a registry; `[replace]` names `package:version` itself.
fn overrides(forced: &DeTable<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in forced {
        let key = key.get_ref().as_ref();
        match (
            key.rsplit_once(':').filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit())),
            value.get_ref(),
        ) {
            (Some((name, _)), _) => names.push(name.rsplit(['#', '/']).next().unwrap_or(name).to_owned()),
            (None, DeValue::Table(packages)) => {
                names.extend(packages.keys().map(|name| name.get_ref().as_ref().to_owned()));
            }
            _ => {}
        }
    }
    names
}

/// `{ workspace = true }`
fn is_inherited(value: &Spanned<DeValue<'_>>) -> bool {
    let flag = value.get_ref().as_table().and_then(|table| table.get("workspace"));
    flag.is_some_and(|flag| flag.get_ref().as_bool() == Some(true))
}

fn table<'a, 'i>(parent: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    parent.get(key)?.get_ref().as_table()
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests;
