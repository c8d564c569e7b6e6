//! `pyproject.toml` (<https://packaging.python.org/en/latest/specifications/pyproject-toml/>,
//! <https://packaging.python.org/en/latest/specifications/dependency-groups/>), with what uv and PDM add
//! (<https://docs.astral.sh/uv/reference/settings/>, <https://pdm-project.org/latest/reference/pep621/>).

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Manifest, Pin, Runtime, Source, is_requirements, reason};
use super::requirements_file::is_archive;
use super::{Requirement, pin_of_reference, poetry, scope_of};
use crate::probe::packages::toml_doc::{self, Doc, Table, Value};
use crate::probe::packages::{Ecosystem, NotUnderstood, Scope};

/// Reads the file into `manifest`.
pub(super) fn read(text: &str, manifest: &mut Manifest) -> Result<(), NotUnderstood> {
    let doc = Doc::parse(text, "pyproject.toml")?;
    let table = &doc.table;
    manifest.name = toml_doc::text(table, &["project", "name"])
        .or_else(|| toml_doc::text(table, &["tool", "poetry", "name"]))
        .or_else(|| toml_doc::text(table, &["tool", "flit", "metadata", "dist-name"]))
        .or_else(|| toml_doc::text(table, &["tool", "flit", "metadata", "module"]))
        .map(str::to_owned);
    manifest.version = toml_doc::text(table, &["project", "version"])
        .or_else(|| toml_doc::text(table, &["tool", "poetry", "version"]))
        .map(str::to_owned);
    manifest.licence = ["license"]
        .iter()
        .flat_map(|key| {
            [
                toml_doc::text(table, &["project", key]),
                toml_doc::text(table, &["project", key, "text"]),
                toml_doc::text(table, &["tool", "poetry", key]),
            ]
        })
        .flatten()
        .next()
        .map(str::to_owned);
    if let Some(value) = toml_doc::at(table, &["project", "requires-python"])
        && let Some(range) = value.get_ref().as_str()
    {
        manifest.runtimes.push(Runtime { name: "python".to_owned(), range: range.to_owned(), line: doc.line(value) });
    }
    project(&doc, manifest);
    groups(&doc, manifest);
    poetry::read(&doc, manifest);
    uv(&doc, manifest);
    for (_, list) in toml_doc::entries(table, &["tool", "pdm", "dev-dependencies"]) {
        requirements(&doc, list, Scope::Development, false, manifest);
    }
    manifest.groups = by_group(table);
    for (name, path) in [
        ("tool.uv", &["tool", "uv"][..]),
        ("tool.uv.override-dependencies", &["tool", "uv", "override-dependencies"]),
        ("tool.pdm.resolution.overrides", &["tool", "pdm", "resolution", "overrides"]),
    ] {
        manifest.tables.extend(toml_doc::at(table, path).map(|_| name));
    }
    let forced = toml_doc::entries(table, &["tool", "pdm", "resolution", "overrides"]);
    manifest.overrides.extend(forced.iter().map(|(name, _)| name.get_ref().to_string()));
    for (name, value) in forced {
        let says = value.get_ref().as_str().unwrap_or_default().to_owned();
        manifest.force(super::super::Table::Pdm, name.get_ref(), name.get_ref(), says, doc.line(value));
    }
    manifest.declared.sort_by_key(|declared| declared.line);
    Ok(())
}

fn project(doc: &Doc<'_>, manifest: &mut Manifest) {
    if let Some(list) = toml_doc::at(&doc.table, &["project", "dependencies"]) {
        requirements(doc, list, Scope::Production, false, manifest);
    }
    for (extra, list) in toml_doc::entries(&doc.table, &["project", "optional-dependencies"]) {
        requirements(doc, list, scope_of(extra.get_ref()), true, manifest);
    }
    for item in toml_doc::items(&doc.table, &["project", "dynamic"]) {
        let Some(field) = item.get_ref().as_str() else { continue };
        if matches!(field, "dependencies" | "optional-dependencies") && !is_read_elsewhere(&doc.table, field) {
            manifest.gaps.add(reason::DYNAMIC, &format!("dynamic {field}"));
        }
    }
}

/// Poetry 2 calls its own table dynamic; setuptools takes dependencies from files, which are read by themselves.
fn is_read_elsewhere(table: &Table<'_>, field: &str) -> bool {
    let poetry = if field == "dependencies" { "dependencies" } else { "extras" };
    if toml_doc::at(table, &["tool", "poetry", poetry]).is_some() {
        return true;
    }
    let place = ["tool", "setuptools", "dynamic", field, "file"];
    let mut files = toml_doc::texts(table, &place);
    files.extend(toml_doc::text(table, &place).map(str::to_owned));
    !files.is_empty() && files.iter().all(|file| is_requirements(file) || super::is_requirements_input(file))
}

/// What only groups or extras ask for, with the first of them.
fn by_group(table: &Table<'_>) -> BTreeMap<String, String> {
    let name = |text: &str| Requirement::parse(text).map(|one| Ecosystem::PyPi.normalize(one.name));
    let mut found = BTreeMap::new();
    for path in
        [&["project", "optional-dependencies"][..], &["dependency-groups"], &["tool", "pdm", "dev-dependencies"]]
    {
        for (group, list) in toml_doc::entries(table, path) {
            let texts = list.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_str());
            for name in texts.filter_map(name) {
                found.entry(name).or_insert_with(|| group.get_ref().to_string());
            }
        }
    }
    for name in toml_doc::texts(table, &["project", "dependencies"]).iter().filter_map(|text| name(text)) {
        found.remove(&name);
    }
    found
}

/// Every text of a list as a requirement.
fn requirements(doc: &Doc<'_>, list: &Value<'_>, scope: Scope, optional: bool, manifest: &mut Manifest) {
    let Some(items) = list.get_ref().as_array() else {
        manifest.gaps.add(reason::ENTRY, &format!("line {}", doc.line(list)));
        return;
    };
    for item in items {
        let line = doc.line(item);
        match item.get_ref().as_str() {
            // PDM writes folders of the project as pip does.
            Some(text) if text.starts_with("-e ") => {}
            Some(text) => manifest.declare(text, scope, optional, line),
            None => manifest.gaps.add(reason::ENTRY, &format!("line {line}")),
        }
    }
}

/// PEP 735. A group that another includes is read under its own name; here only groups that are not there matter.
fn groups(doc: &Doc<'_>, manifest: &mut Manifest) {
    let groups = toml_doc::entries(&doc.table, &["dependency-groups"]);
    let known: BTreeSet<String> = groups.iter().map(|(name, _)| Ecosystem::PyPi.normalize(name.get_ref())).collect();
    for (name, list) in groups {
        let scope = scope_of(name.get_ref());
        let Some(items) = list.get_ref().as_array() else {
            manifest.gaps.add(reason::ENTRY, &format!("line {}", doc.line(list)));
            continue;
        };
        for item in items {
            let line = doc.line(item);
            let included = item.get_ref().as_table().and_then(|table| toml_doc::text(table, &["include-group"]));
            match (item.get_ref().as_str(), included) {
                (Some(text), _) => manifest.declare(text, scope, false, line),
                (None, Some(group)) if known.contains(&Ecosystem::PyPi.normalize(group)) => {}
                _ => manifest.gaps.add(reason::ENTRY, &format!("line {line}")),
            }
        }
    }
}

fn uv(doc: &Doc<'_>, manifest: &mut Manifest) {
    let uv = |key: &'static str| ["tool", "uv", key];
    if let Some(list) = toml_doc::at(&doc.table, &uv("dev-dependencies")) {
        requirements(doc, list, Scope::Development, false, manifest);
    }
    for item in toml_doc::items(&doc.table, &uv("constraint-dependencies")) {
        if let Some(limit) = item.get_ref().as_str().and_then(Requirement::parse) {
            manifest.limits.insert(limit.name.to_owned(), (limit.specifiers.to_owned(), doc.line(item)));
        }
    }
    for item in toml_doc::items(&doc.table, &uv("override-dependencies")) {
        let text = item.get_ref().as_str();
        let Some((text, forced)) = text.and_then(|text| Some((text, Requirement::parse(text)?))) else {
            manifest.forcings_in_part = true;
            continue;
        };
        manifest.overrides.push(forced.name.to_owned());
        manifest.force(super::super::Table::Uv, forced.name, text, forced.specifiers.to_owned(), doc.line(item));
    }
    manifest.members.extend(toml_doc::texts(&doc.table, &["tool", "uv", "workspace", "members"]));
    let excluded = toml_doc::texts(&doc.table, &["tool", "uv", "workspace", "exclude"]);
    manifest.members.extend(excluded.into_iter().map(|pattern| format!("!{pattern}")));
    for (name, value) in toml_doc::entries(&doc.table, &uv("sources")) {
        // One source, or one for each of several platforms.
        let first = value.get_ref().as_array().and_then(|list| list.first()).unwrap_or(value);
        let Some((source, pin)) = first.get_ref().as_table().and_then(source_of) else { continue };
        if let Some(folder) = first.get_ref().as_table().and_then(|table| toml_doc::text(table, &["path"])) {
            manifest.place(name.get_ref(), folder);
        }
        manifest.comes_from(name.get_ref(), source, pin);
    }
}

/// Where a package comes from by a table with `git`, `url`, `path`, `file` or `workspace`, as uv, Poetry and Pipenv have it.
pub(super) fn source_of(table: &Table<'_>) -> Option<(Source, Pin)> {
    let has = |key: &str| table.get(key).is_some();
    if has("git") {
        let reference = ["rev", "tag", "ref"].iter().find_map(|key| toml_doc::text(table, &[key]));
        // Whoever writes `rev` or `tag` means it to stay.
        let meant = has("rev") || has("tag");
        let pin = if meant { Pin::Exact } else { reference.map_or(Pin::Loose, pin_of_reference) };
        return Some((Source::Git, pin));
    }
    if has("url") {
        return Some((Source::Url, Pin::Loose));
    }
    if toml_doc::is_set(table, &["workspace"]) {
        return Some((Source::Own, Pin::Exact));
    }
    let path = toml_doc::text(table, &["path"]).or_else(|| toml_doc::text(table, &["file"]));
    Some(match path {
        Some(file) if file.contains("://") => (Source::Url, Pin::Loose),
        // An archive in the repository is still somebody else's code.
        Some(file) if is_archive(file) => (Source::Url, Pin::Exact),
        None if !(has("path") || has("file")) => return None,
        _ => (Source::Own, Pin::Exact),
    })
}

impl Manifest {
    /// A table beside the list says where a package of it comes from.
    pub(super) fn comes_from(&mut self, name: &str, source: Source, pin: Pin) {
        let name = Ecosystem::PyPi.normalize(name);
        for declared in self.declared.iter_mut().filter(|declared| Ecosystem::PyPi.normalize(&declared.name) == name) {
            (declared.source, declared.pin) = (source, pin);
        }
    }
}
