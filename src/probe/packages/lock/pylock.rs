//! `pylock.toml`, version 1 (PEP 751, <https://packaging.python.org/en/latest/specifications/pylock-toml/>).

use super::python_graph::{Graph, Need, named, own_manifest};
use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::manifest::python::{extras_of_marker, requirements_file::says_development, scope_of};
use crate::probe::packages::toml_doc::{self, Table};
use crate::probe::packages::toml_parts::{Form, Parts};
use crate::probe::packages::{Manager, NotUnderstood};

/// Whether a file of this name is one: `pylock.toml`, `pylock.dev.toml`.
#[must_use]
pub fn is_pylock(name: &str) -> bool {
    let between = name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix("toml"));
    between.is_some_and(|between| {
        between.is_empty() || between.strip_suffix('.').is_some_and(|name| !name.is_empty() && !name.contains('.'))
    })
}

const FORM: Form = Form { what: "pylock.toml", list: "packages", passed_over: "" };

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let parts = Parts::of(text, FORM)?;
    let doc = parts.head()?;
    let Some(version) = toml_doc::at(&doc.table, &["lock-version"]) else {
        return Err(NotUnderstood::new("a pylock.toml without its version"));
    };
    let format = match version.get_ref().as_str() {
        // A reader may go on with a later minor version.
        Some(known) if known.starts_with("1.") => known,
        other => {
            let shown: String = other.unwrap_or("of a wrong type").chars().take(20).collect();
            return Err(NotUnderstood::at(format!("unknown pylock.toml version {shown}"), doc.line(version) as usize));
        }
    };
    // A list that has to be there, though it may be empty.
    let has_list = || toml_doc::at(&doc.table, &["packages"]).is_some_and(|list| list.get_ref().is_array());
    if !parts.has_entries && !has_list() {
        return Err(NotUnderstood::new("a pylock.toml without its list of packages"));
    }
    let mut builder = Builder::new(manager(&doc.table), format);
    let mut graph = Graph::default();
    if let Some(manifest) = around.manifest("", "pyproject.toml") {
        graph.ask_all(&mut builder, manifest);
    }
    parts.each(&doc, |doc, entry| {
        let Some((table, name, line)) = named(doc, entry, &mut builder.gaps) else { return };
        let needs = needs(table, name, &mut builder);
        if let Some(folder) = toml_doc::text(table, &["directory", "path"]) {
            builder.local(name, toml_doc::text(table, &["version"]), Some(around.place(folder)));
            graph.add_own(name, own_manifest(around, folder), needs);
            return;
        }
        let elsewhere = table.get("vcs").is_some() || table.get("archive").is_some();
        let origin = if elsewhere { Origin::Elsewhere } else { Origin::Registry };
        let version = toml_doc::text(table, &["version"]);
        let Some(version) = version.or(elsewhere.then_some("")) else {
            builder.gaps.add(reason::ENTRY, name);
            return;
        };
        let scope = scope(around.path, toml_doc::text(table, &["marker"]).unwrap_or(""));
        graph.add(&mut builder, Draft { origin, scope, ..Draft::new(name, version, line) }, needs);
    })?;
    graph.link_whole(&mut builder);
    Ok(builder.finish(around.path))
}

/// Who wrote it, where that is a tool that installs from it.
fn manager(table: &Table<'_>) -> Manager {
    match toml_doc::text(table, &["created-by"]) {
        Some("uv") => Manager::Uv,
        Some("pdm") => Manager::Pdm,
        Some("poetry-plugin-export" | "poetry") => Manager::Poetry,
        _ => Manager::Pip,
    }
}

/// Packages of groups and extras say so in their marker: `'dev' in dependency_groups`.
fn scope(path: &str, marker: &str) -> Option<Scope> {
    if says_development(path) {
        return Some(Scope::Development);
    }
    let groups = groups_of_marker(marker);
    groups.iter().chain(&extras_of_marker(marker)).map(|name| scope_of(name)).min()
}

fn groups_of_marker(marker: &str) -> Vec<String> {
    let before = marker.split("dependency_groups");
    let named = before.filter_map(|before| {
        let quoted = before.trim_end().strip_suffix("in")?.trim_end();
        quoted.strip_suffix(['\'', '"'])?.rsplit(['\'', '"']).next().map(str::to_owned)
    });
    named.collect()
}

fn needs(table: &Table<'_>, own: &str, builder: &mut Builder) -> Vec<Need> {
    let mut found = Vec::new();
    for item in toml_doc::items(table, &["dependencies"]) {
        let needed = item.get_ref().as_table();
        match needed.and_then(|needed| Some((toml_doc::text(needed, &["name"])?, toml_doc::text(needed, &["version"]))))
        {
            Some((name, version)) => {
                found.push(Need { name: name.to_owned(), version: version.map(str::to_owned), ..Need::default() })
            }
            None => builder.gaps.add(reason::ENTRY, own),
        }
    }
    found
}
