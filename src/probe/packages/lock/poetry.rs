//! `poetry.lock`, versions 1 and 2 (<https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py>).
//!
//! Version 1 says of each package whether it is for `main` or `dev`; 2.0 says nothing of it, so it follows from who needs
//! it; 2.1 names the groups.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::python_graph::{Graph, Need, own_manifest};
use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::Ecosystem::PyPi;
use crate::probe::packages::manifest::python::{Requirement, extras_of_marker, scope_of};
use crate::probe::packages::toml_doc::{self, Table, Value};
use crate::probe::packages::toml_parts::{Form, Parts};
use crate::probe::packages::{Manager, NotUnderstood};

const FORM: Form = Form { what: "poetry.lock", list: "package", passed_over: "metadata.files" };

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let parts = Parts::of(text, FORM)?;
    let doc = parts.head()?;
    // It stands at the end, so a file that was cut off lacks it.
    let Some(metadata) = toml_doc::at(&doc.table, &["metadata"]) else {
        return Err(NotUnderstood::new("a poetry.lock without its metadata, as if it were cut off"));
    };
    let format = match toml_doc::at(&doc.table, &["metadata", "lock-version"]) {
        // Poetry 1.0 wrote none.
        None => "1.0",
        Some(version) => match version.get_ref().as_str() {
            Some(known) if known.starts_with("1.") || known.starts_with("2.") => known,
            Some(other) => return Err(unknown(other, doc.line(version))),
            None => return Err(unknown("of a wrong type", doc.line(metadata))),
        },
    };
    let mut builder = Builder::new(Manager::Poetry, format);
    let mut graph = Graph::default();
    let manifest = around.manifest("", "pyproject.toml");
    if let Some(manifest) = manifest {
        graph.ask_all(&mut builder, manifest);
    }
    if toml_doc::at(&doc.table, &["package"]).is_some_and(|list| !list.get_ref().is_array()) {
        return Err(NotUnderstood::new("not a valid poetry.lock"));
    }
    parts.each(&doc, |doc, entry| {
        let line = doc.line(entry);
        let told = entry.get_ref().as_table().and_then(|table| {
            let name = toml_doc::at(table, &["name"])?;
            Some((table, name.get_ref().as_str()?, doc.line(name), toml_doc::text(table, &["version"])?))
        });
        let Some((table, name, line, version)) = told else {
            builder.gaps.add(reason::ENTRY, &format!("line {line}"));
            return;
        };
        let needs = needs(table, &mut builder);
        let source = toml_doc::text(table, &["source", "type"]);
        if source == Some("directory") {
            let folder = toml_doc::text(table, &["source", "url"]).unwrap_or(".");
            builder.local(name, Some(version), Some(around.place(folder)));
            graph.add_own(name, own_manifest(around, folder), needs);
            return;
        }
        // "legacy" is a registry other than PyPI.
        let origin = if matches!(source, None | Some("legacy")) { Origin::Registry } else { Origin::Elsewhere };
        let scope = scope_said(table, manifest.is_some());
        graph.add(&mut builder, Draft { origin, scope, ..Draft::new(name, version, line) }, needs);
    })?;
    graph.link_whole(&mut builder);
    Ok(builder.finish(around.path))
}

fn unknown(version: &str, line: u32) -> NotUnderstood {
    let shown: String = version.chars().take(20).collect();
    NotUnderstood::at(format!("unknown poetry.lock version {shown}"), line as usize)
}

/// What the entry itself says of its scope. The categories of version 1 know only `main`, and a group for production may
/// be among the others: where the manifest is there, who needs it says it better.
fn scope_said(table: &Table<'_>, has_manifest: bool) -> Option<Scope> {
    let groups = toml_doc::texts(table, &["groups"]);
    // What only extras bring in is in `main` as well, also an extra for tests.
    if has_manifest && toml_doc::is_set(table, &["optional"]) {
        return None;
    }
    if let Some(scope) = groups.iter().map(|group| scope_of(group)).min() {
        return Some(scope);
    }
    match toml_doc::text(table, &["category"])? {
        "main" => Some(Scope::Production),
        _ if has_manifest => None,
        _ => Some(Scope::Development),
    }
}

fn needs(table: &Table<'_>, builder: &mut Builder) -> Vec<Need> {
    let extras = by_need(table);
    let mut found = Vec::new();
    for (name, value) in toml_doc::entries(table, &["dependencies"]) {
        let name: &str = name.get_ref();
        // One list for all platforms.
        let listed: OnceCell<Rc<[String]>> = OnceCell::new();
        let with = |optional: bool, marker: &str| match extras_of_marker(marker) {
            named if !named.is_empty() => named.into(),
            _ if optional => {
                let listing = || extras.get(&PyPi.normalize(name)).into_iter().flatten().cloned();
                // Extras that nobody can name are never asked for.
                Rc::clone(listed.get_or_init(|| listing().chain([String::from("-")]).collect()))
            }
            _ => Rc::default(),
        };
        let one = |value: &Value<'_>| {
            if let Some(range) = value.get_ref().as_str() {
                return Some(Need { name: name.to_owned(), range: range.to_owned(), ..Need::default() });
            }
            let table = value.get_ref().as_table()?;
            let marker = toml_doc::text(table, &["markers"]).unwrap_or("");
            let optional = toml_doc::is_set(table, &["optional"]);
            // Where nothing but an extra decides, it is there as soon as that is asked for.
            let for_extra_alone = optional && !extras.is_empty() && is_about_extras_alone(marker);
            Some(Need {
                conditional: !for_extra_alone && (optional || !marker.is_empty()) || table.get("python").is_some(),
                name: name.to_owned(),
                range: toml_doc::text(table, &["version"]).unwrap_or("").to_owned(),
                extras: toml_doc::texts(table, &["extras"]),
                with: with(optional, marker),
                version: None,
            })
        };
        let all: Vec<Option<Need>> = match value.get_ref().as_array() {
            // One entry for each platform.
            Some(list) => list.iter().map(one).collect(),
            None => vec![one(value)],
        };
        for need in all {
            match need {
                Some(need) => found.push(need),
                None => builder.gaps.add(reason::ENTRY, name),
            }
        }
    }
    found
}

/// Whether a marker says nothing but which extra is asked for: `extra == "standard"`.
fn is_about_extras_alone(marker: &str) -> bool {
    let word = |c: char| !(c.is_alphanumeric() || "_-.'\"".contains(c));
    let bare = |part: &&str| !part.is_empty() && !part.starts_with(['\'', '"']);
    marker.split(word).filter(bare).all(|part| matches!(part, "extra" | "or"))
}

/// What stands under `[package.extras]`: the extras that need each package.
fn by_need(table: &Table<'_>) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for (extra, list) in toml_doc::entries(table, &["extras"]) {
        let names = list.get_ref().as_array().into_iter().flatten().filter_map(|item| item.get_ref().as_str());
        for needed in names.filter_map(Requirement::parse) {
            found.entry(PyPi.normalize(needed.name)).or_default().push(extra.get_ref().to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::toml_doc::Doc;

    #[test]
    fn the_extras_of_a_need_are_kept_once_for_all_platforms() {
        let platforms = vec!["{version = \"*\", optional = true}"; 50].join(", ");
        let extras: String = (0..50).map(|n| format!("e{n} = [\"A_b (>=1)\"]\n")).collect();
        let text = format!("[dependencies]\na-b = [{platforms}]\nplain = \"*\"\n[extras]\n{extras}");
        let doc = Doc::parse(&text, "poetry.lock").unwrap();
        let found = needs(&doc.table, &mut Builder::new(Manager::Poetry, "2.1"));
        let (plain, optional): (Vec<_>, Vec<_>) = found.iter().partition(|need| need.name == "plain");
        assert_eq!((plain.len(), plain[0].with.len(), optional.len(), optional[0].with.len()), (1, 0, 50, 51));
        assert!(optional.iter().all(|need| Rc::ptr_eq(&need.with, &optional[0].with)));
    }
}
