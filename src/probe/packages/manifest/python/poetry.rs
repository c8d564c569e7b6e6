//! The tables of Poetry in `pyproject.toml` (<https://python-poetry.org/docs/pyproject/>), and how Poetry and Pipenv
//! write one dependency.

use super::super::{Declared, Form, Manifest, Pin, Runtime, Source, reason};
use super::pyproject::source_of;
use super::scope_of;
use crate::probe::packages::toml_doc::{self, Doc, Table, Value};
use crate::probe::packages::{Ecosystem, Scope};

/// What says where a package is installed, in the words of Poetry and of Pipenv, which takes those of markers as keys.
const CONDITIONS: [&str; 11] = [
    "markers",
    "python",
    "platform",
    "sys_platform",
    "os_name",
    "platform_machine",
    "platform_system",
    "platform_python_implementation",
    "implementation_name",
    "python_version",
    "python_full_version",
];

const MAIN: [&str; 3] = ["tool", "poetry", "dependencies"];

/// Reads every table of dependencies into `manifest`.
pub(super) fn read(doc: &Doc<'_>, manifest: &mut Manifest) {
    let listed: Vec<String> = manifest.declared.iter().map(|d| Ecosystem::PyPi.normalize(&d.name)).collect();
    for (name, value) in toml_doc::entries(&doc.table, &MAIN) {
        if name.get_ref() == "python" {
            let range = value.get_ref().as_str().unwrap_or_default().to_owned();
            manifest.runtimes.push(Runtime { name: "python".to_owned(), range, line: doc.line(name) });
        } else if listed.contains(&Ecosystem::PyPi.normalize(name.get_ref())) {
            // Poetry 2: the project's table says which versions, this one where they come from.
            let source = value.get_ref().as_table().and_then(source_of);
            if let Some((source, pin)) = source {
                manifest.comes_from(name.get_ref(), source, pin);
            }
            if let Some(folder) = value.get_ref().as_table().and_then(place) {
                manifest.place(name.get_ref(), folder);
            }
        } else {
            declare(doc, name.get_ref(), value, doc.line(name), Scope::Production, manifest);
        }
    }
    group(doc, &["tool", "poetry", "dev-dependencies"], Scope::Development, manifest);
    for (name, _) in toml_doc::entries(&doc.table, &["tool", "poetry", "group"]) {
        let path = ["tool", "poetry", "group", name.get_ref(), "dependencies"];
        group(doc, &path, scope_of(name.get_ref()), manifest);
    }
}

/// Declares every entry of the table there.
pub(super) fn group(doc: &Doc<'_>, path: &[&str], scope: Scope, manifest: &mut Manifest) {
    for (name, value) in toml_doc::entries(&doc.table, path) {
        declare(doc, name.get_ref(), value, doc.line(name), scope, manifest);
    }
}

/// One entry: a range, a table, or several tables for several platforms.
fn declare(doc: &Doc<'_>, name: &str, value: &Value<'_>, line: u32, scope: Scope, manifest: &mut Manifest) {
    if let Some(range) = value.get_ref().as_str() {
        manifest.forms.insert(line, Form::Keyed);
        manifest.declared.push(from_registry(name, range, scope, false, line));
    } else if let Some(table) = value.get_ref().as_table() {
        from_table(name, table, scope, line, manifest);
    } else if let Some(list) = value.get_ref().as_array() {
        for value in list {
            match value.get_ref().as_table() {
                Some(table) => from_table(name, table, scope, doc.line(value), manifest),
                None => manifest.gaps.add(reason::ENTRY, name),
            }
        }
    } else {
        manifest.gaps.add(reason::ENTRY, name);
    }
}

fn from_table(name: &str, table: &Table<'_>, scope: Scope, line: u32, manifest: &mut Manifest) {
    let range = toml_doc::text(table, &["version"]).unwrap_or_default();
    let optional = toml_doc::is_set(table, &["optional"]);
    let mut declared = from_registry(name, range, scope, optional, line);
    if let Some((source, pin)) = source_of(table) {
        (declared.source, declared.pin) = (source, pin);
    }
    if let Some(folder) = place(table) {
        manifest.place(name, folder);
    }
    manifest.ask_for_extras(name, toml_doc::texts(table, &["extras"]));
    if CONDITIONS.iter().any(|key| table.get(*key).is_some()) {
        manifest.conditional.insert(name.to_owned());
    }
    manifest.forms.insert(line, Form::Detailed);
    manifest.declared.push(declared);
}

/// The folder or archive that an entry names; Poetry 1 and Pipenv call it a file as well.
fn place<'t>(table: &'t Table<'_>) -> Option<&'t str> {
    let file = || toml_doc::text(table, &["file"]).filter(|file| !file.contains("://"));
    toml_doc::text(table, &["path"]).or_else(file)
}

fn from_registry(name: &str, range: &str, scope: Scope, optional: bool, line: u32) -> Declared {
    let (name, range) = (name.to_owned(), range.trim().to_owned());
    let pin = pin_of(&range);
    Declared { name, alias: None, range, scope, optional, source: Source::Registry, pin, line }
}

/// A version without an operator is that version alone, for Poetry (`1.2.3`).
fn pin_of(range: &str) -> Pin {
    let version = range.trim_start_matches('=').trim();
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+!".contains(c));
    if range.is_empty() || range == "*" {
        Pin::Loose
    } else if is_version {
        Pin::Exact
    } else {
        Pin::Range
    }
}
