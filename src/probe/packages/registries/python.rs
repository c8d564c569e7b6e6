//! Registries that Python's tools are told to take a package from: uv's
//! (<https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index>), Poetry's
//! (<https://python-poetry.org/docs/repositories/#package-sources>) and Pipenv's
//! (<https://pipenv.pypa.io/en/latest/indexes.html>).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::json::Entries;
use super::super::toml_doc::{self, Doc, Table};
use super::super::toml_parts::{Form, Parts};
use super::{Place, Said, Taken, address};

/// What makes an entry one for some machines or some installations only.
const CASES: [&str; 3] = ["marker", "extra", "group"];

/// What is no registry's.
const ELSEWHERE: [&str; 4] = ["git", "url", "path", "file"];

/// What a `pyproject.toml`, and the one of its workspace, say to uv.
pub fn said_to_uv(text: &str, root: Option<&str>) -> Said {
    let docs: Vec<Doc<'_>> =
        [Some(text), root].into_iter().flatten().filter_map(|text| Doc::parse(text, "pyproject.toml").ok()).collect();
    let mut said = Said::default();
    let mut indexes: BTreeMap<String, String> = BTreeMap::new();
    for doc in &docs {
        add_registries(&doc.table, &["tool", "uv", "index"], &mut indexes);
    }
    if docs.iter().any(|doc| toml_doc::is_set(&doc.table, &["tool", "uv", "no-sources"])) {
        return said;
    }
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in docs.iter().flat_map(|doc| toml_doc::entries(&doc.table, &["tool", "uv", "sources"])) {
        // What a member says of a package holds there, and not what its workspace says.
        let name: &str = name.get_ref();
        if seen.iter().any(|seen| seen == name) {
            continue;
        }
        seen.push(name.to_owned());
        let Some(table) = value.get_ref().as_table() else { continue };
        if !CASES.iter().chain(&ELSEWHERE).any(|key| table.contains_key(*key)) {
            said.take(name, toml_doc::text(table, &["index"]), &indexes);
        }
    }
    said.known = indexes.into_values().collect();
    said
}

/// What a `pyproject.toml` says to Poetry.
pub fn said_to_poetry(text: &str) -> Said {
    let mut said = Said::default();
    let Ok(doc) = Doc::parse(text, "pyproject.toml") else { return said };
    let mut sources = BTreeMap::new();
    add_registries(&doc.table, &["tool", "poetry", "source"], &mut sources);
    // It stands for Poetry's own, whatever its address.
    sources.retain(|name, _| !name.eq_ignore_ascii_case("pypi"));
    let mut tables = vec![vec!["tool", "poetry", "dependencies"], vec!["tool", "poetry", "dev-dependencies"]];
    let groups = toml_doc::entries(&doc.table, &["tool", "poetry", "group"]);
    tables.extend(groups.iter().map(|(name, _)| vec!["tool", "poetry", "group", name.get_ref(), "dependencies"]));
    for path in tables {
        said.take_all(&doc.table, &path, "source", &sources);
    }
    said.known = sources.into_values().collect();
    said
}

/// What a `Pipfile` says.
pub fn said_to_pipenv(text: &str) -> Said {
    let mut said = Said::default();
    let Ok(doc) = Doc::parse(text, "Pipfile") else { return said };
    let mut sources = BTreeMap::new();
    add_registries(&doc.table, &["source"], &mut sources);
    for (name, _) in doc.table.iter() {
        said.take_all(&doc.table, &[name.get_ref()], "index", &sources);
    }
    said.known = sources.into_values().collect();
    said
}

impl Said {
    fn take(&mut self, name: &str, from: Option<&str>, registries: &BTreeMap<String, String>) {
        let address = from.and_then(|from| registries.get(from));
        if let (Some(from), Some(address)) = (from, address) {
            self.taken.push(Taken { name: name.to_owned(), from: from.to_owned(), address: address.clone() });
        }
    }

    fn take_all(&mut self, table: &Table<'_>, path: &[&str], key: &str, registries: &BTreeMap<String, String>) {
        for (name, value) in toml_doc::entries(table, path) {
            if let Some(table) =
                value.get_ref().as_table().filter(|table| !ELSEWHERE.iter().any(|key| table.contains_key(*key)))
            {
                self.take(name.get_ref(), toml_doc::text(table, &[key]), registries);
            }
        }
    }
}

/// Adds the registries of a list, by name. The first one of a name holds.
fn add_registries(table: &Table<'_>, path: &[&str], found: &mut BTreeMap<String, String>) {
    for one in toml_doc::items(table, path).filter_map(|item| item.get_ref().as_table()) {
        let url = toml_doc::text(one, &["url"]).and_then(address);
        if let (Some(name), Some(url)) = (toml_doc::text(one, &["name"]), url) {
            found.entry(name.to_owned()).or_insert(url);
        }
    }
}

/// What `uv.lock` holds.
pub fn held_by_uv(text: &str) -> Option<Vec<(String, Place)>> {
    let form = Form { what: "uv.lock", list: "package", passed_over: "" };
    held(text, form, |table| {
        let registry = toml_doc::text(table, &["source", "registry"]).and_then(address);
        registry.map_or(Place::Elsewhere, Place::Registry)
    })
}

/// What `poetry.lock` holds. What comes from Poetry's own registry has no source.
pub fn held_by_poetry(text: &str) -> Option<Vec<(String, Place)>> {
    let form = Form { what: "poetry.lock", list: "package", passed_over: "metadata.files" };
    held(text, form, |table| match toml_doc::text(table, &["source", "type"]) {
        None if table.contains_key("source") => Place::Elsewhere,
        None => Place::Default,
        Some("legacy") => {
            toml_doc::text(table, &["source", "url"]).and_then(address).map_or(Place::Elsewhere, Place::Registry)
        }
        Some(_) => Place::Elsewhere,
    })
}

fn held(text: &str, form: Form, place: impl Fn(&Table<'_>) -> Place) -> Option<Vec<(String, Place)>> {
    let parts = Parts::of(text, form).ok()?;
    let head = parts.head().ok()?;
    let mut found = Vec::new();
    let read = parts.each(&head, |_, entry| {
        let table = entry.get_ref().as_table();
        if let Some((table, name)) = table.and_then(|table| Some((table, toml_doc::text(table, &["name"])?))) {
            found.push((name.to_owned(), place(table)));
        }
    });
    read.ok().map(|()| found)
}

#[derive(Deserialize)]
struct Listed {
    name: Option<String>,
    url: Option<String>,
}

/// What `Pipfile.lock` holds: it names the registry of what the `Pipfile` asks for, and lists all of them with their addresses.
pub fn held_by_pipenv(text: &str) -> Option<Vec<(String, Place)>> {
    let categories: Entries<'_> = serde_json::from_str(text).ok()?;
    let listed: Vec<Listed> = serde_json::from_str(categories.object("_meta")?.get("sources")?.get()).ok()?;
    let of_name = |name: &str| {
        let listed = listed.iter().find(|one| one.name.as_deref() == Some(name));
        listed.and_then(|one| address(one.url.as_deref()?))
    };
    let mut found = Vec::new();
    for (_, raw) in categories.0.iter().filter(|(category, _)| category != "_meta") {
        for (name, raw) in Entries::of(raw)?.0 {
            let index = Entries::of(raw).and_then(|entry| entry.text("index"));
            let place = index.and_then(|index| of_name(&index)).map_or(Place::Elsewhere, Place::Registry);
            found.push((name.into_owned(), place));
        }
    }
    Some(found)
}
