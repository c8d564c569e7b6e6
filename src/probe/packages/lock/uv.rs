//! `uv.lock`, version 1 (<https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>, and
//! <https://github.com/astral-sh/uv/blob/main/crates/uv-resolver/src/lock/mod.rs>). Its revisions only add to it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::extras::Extras;
use super::python_graph::{Asked, Graph, Need, own_manifest};
use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::manifest::python::scope_of;
use crate::probe::packages::toml_doc::{self, Doc, Table};
use crate::probe::packages::toml_parts::{Form, Parts};
use crate::probe::packages::{Ecosystem, Manager, NotUnderstood};

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    // The first releases called them distributions.
    let [list, other] =
        if text.contains("[[distribution]]") { ["distribution", "package"] } else { ["package", "distribution"] };
    let parts = Parts::of(text, Form { what: "uv.lock", list, passed_over: "" })?;
    let doc = parts.head()?;
    let Some(version) = toml_doc::at(&doc.table, &["version"]) else {
        return Err(NotUnderstood::new("a uv.lock without its version"));
    };
    match version.get_ref().as_integer().map(|version| version.as_str()) {
        Some("1") => {}
        Some(other) => {
            let shown: String = other.chars().take(20).collect();
            return Err(NotUnderstood::at(format!("unknown uv.lock version {shown}"), doc.line(version) as usize));
        }
        None => return Err(NotUnderstood::new("unknown uv.lock version of a wrong type")),
    }
    let revision = toml_doc::at(&doc.table, &["revision"]).and_then(|value| value.get_ref().as_integer());
    let format = revision.map_or_else(|| "1".to_owned(), |revision| format!("1.{}", revision.as_str()));
    let mut builder = Builder::new(Manager::Uv, format);
    let mut graph = Graph::default();
    // No release writes both.
    let is_other = toml_doc::at(&doc.table, &[other]).is_some();
    if is_other || toml_doc::at(&doc.table, &[list]).is_some_and(|list| !list.get_ref().is_array()) {
        return Err(NotUnderstood::new("not a valid uv.lock"));
    }
    let members = toml_doc::texts(&doc.table, &["manifest", "members"]);
    parts.each(&doc, |doc, entry| {
        let told = entry.get_ref().as_table().and_then(|table| {
            let name = toml_doc::at(table, &["name"])?;
            Some((table, name.get_ref().as_str()?, doc.line(name), source(table)?))
        });
        let Some((table, name, line, source)) = told else {
            builder.gaps.add(reason::ENTRY, &format!("line {}", doc.line(entry)));
            return;
        };
        let origin = match source {
            Source::Own(folder) => {
                own(around, table, name, folder, &members, &mut graph, &mut builder);
                return;
            }
            Source::Registry => Origin::Registry,
            Source::Elsewhere => Origin::Elsewhere,
        };
        let version = toml_doc::text(table, &["version"]);
        let Some(version) = version.or((origin == Origin::Elsewhere).then_some("")) else {
            builder.gaps.add(reason::ENTRY, name);
            return;
        };
        let needs = needs(table, &BTreeMap::new(), &mut builder);
        graph.add(&mut builder, Draft { origin, ..Draft::new(name, version, line) }, needs);
    })?;
    without_project(&doc, around, &mut graph, &mut builder);
    // Unlike others, uv writes whatever it names.
    for name in graph.link(&mut builder) {
        builder.gaps.add(reason::MISSING, &name);
    }
    Ok(builder.finish(around.path))
}

enum Source<'t> {
    Registry,
    Elsewhere,
    /// A folder: of the project, as it is a member of the workspace or lies beside it.
    Own(&'t str),
}

fn source<'t>(table: &'t Table<'_>) -> Option<Source<'t>> {
    let of = |key: &str| toml_doc::text(table, &["source", key]);
    if let Some(folder) = ["virtual", "editable", "directory"].into_iter().find_map(of) {
        return Some(Source::Own(folder));
    }
    if of("registry").is_some() {
        return Some(Source::Registry);
    }
    ["git", "url", "path"].into_iter().any(|key| of(key).is_some()).then_some(Source::Elsewhere)
}

/// One of the project's own packages. Those that are members of the workspace ask by themselves.
fn own(
    around: &Around<'_>,
    table: &Table<'_>,
    name: &str,
    folder: &str,
    members: &[String],
    graph: &mut Graph,
    builder: &mut Builder,
) {
    let manifest = own_manifest(around, folder);
    builder.local(name, toml_doc::text(table, &["version"]), Some(around.place(folder)));
    if let Some(manifest) = around.manifests.get(&manifest) {
        extras_of(table).count_new(manifest, &mut builder.gaps);
    }
    let ranges = ranges(table, &["metadata", "requires-dist"]);
    let needs = needs(table, &ranges, builder);
    if !(matches!(folder, "." | "") || members.iter().any(|member| member == name)) {
        graph.add_own(name, manifest, needs);
        return;
    }
    graph.root(builder, &manifest);
    for need in needs {
        let scope = need.with.iter().map(|extra| scope_of(extra)).min().unwrap_or(Scope::Production);
        let need = Need { with: Rc::default(), ..need };
        graph.ask(Asked { manifest: manifest.clone(), scope, need });
    }
    for (group, list) in toml_doc::entries(table, &["dev-dependencies"]) {
        let group: &str = group.get_ref();
        let ranges = self::ranges(table, &["metadata", "requires-dev", group]);
        for item in list.get_ref().as_array().into_iter().flatten() {
            match item.get_ref().as_table().and_then(|table| need(table, &ranges)) {
                Some(need) => graph.ask(Asked { manifest: manifest.clone(), scope: scope_of(group), need }),
                None => builder.gaps.add(reason::ENTRY, name),
            }
        }
    }
    // Other members may need it.
    graph.add_own(name, manifest, Vec::new());
}

/// The extras with which one of the project's own packages asked when the file was written: first releases wrote only what was
/// taken.
fn extras_of(table: &Table<'_>) -> Extras {
    let mut found = Extras::default();
    let lists = [&["dependencies"][..], &["metadata", "requires-dist"]];
    let groups = [&["optional-dependencies"][..], &["dev-dependencies"], &["metadata", "requires-dev"]];
    let of_groups =
        groups.iter().flat_map(|path| toml_doc::entries(table, path)).map(|(_, list)| list.get_ref().as_array());
    let all = lists.iter().flat_map(|path| toml_doc::items(table, path)).chain(of_groups.flatten().flatten());
    for item in all.filter_map(|item| item.get_ref().as_table()) {
        if let Some(name) = toml_doc::text(item, &["name"]) {
            found.add(name, &toml_doc::texts(item, &["extra"]));
            found.add(name, &toml_doc::texts(item, &["extras"]));
        }
    }
    found
}

/// A workspace without a project of its own: its groups stand in the file's head.
fn without_project(doc: &Doc<'_>, around: &Around<'_>, graph: &mut Graph, builder: &mut Builder) {
    let manifest = around.manifest_path("", "pyproject.toml");
    let ranged = |table: &Table<'_>| {
        Some(Need {
            name: toml_doc::text(table, &["name"])?.to_owned(),
            range: toml_doc::text(table, &["specifier"]).unwrap_or("").to_owned(),
            extras: toml_doc::texts(table, &["extras"]),
            ..Need::default()
        })
    };
    let mut asked = Vec::new();
    for item in toml_doc::items(&doc.table, &["manifest", "requirements"]) {
        asked.push((Scope::Production, item));
    }
    for (group, list) in toml_doc::entries(&doc.table, &["manifest", "dependency-groups"]) {
        asked.extend(list.get_ref().as_array().into_iter().flatten().map(|item| (scope_of(group.get_ref()), item)));
    }
    for (scope, item) in asked {
        match item.get_ref().as_table().and_then(ranged) {
            Some(need) => {
                graph.root(builder, &manifest);
                graph.ask(Asked { manifest: manifest.clone(), scope, need });
            }
            None => builder.gaps.add(reason::ENTRY, &format!("line {}", doc.line(item))),
        }
    }
}

/// The specifiers by which the manifest asked when the file was written, by normalized name.
fn ranges(table: &Table<'_>, path: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for item in toml_doc::items(table, path).filter_map(|item| item.get_ref().as_table()) {
        if let (Some(name), Some(range)) = (toml_doc::text(item, &["name"]), toml_doc::text(item, &["specifier"])) {
            found.entry(Ecosystem::PyPi.normalize(name)).or_insert_with(|| range.to_owned());
        }
    }
    found
}

fn needs(table: &Table<'_>, ranges: &BTreeMap<String, String>, builder: &mut Builder) -> Vec<Need> {
    let always = toml_doc::items(table, &["dependencies"]).map(|item| (None, item));
    let optional = toml_doc::entries(table, &["optional-dependencies"]);
    let optional = optional.iter().flat_map(|(extra, list)| {
        let extra: &str = extra.get_ref();
        list.get_ref().as_array().into_iter().flatten().map(move |item| (Some(extra), item))
    });
    let mut found = Vec::new();
    for (extra, item) in always.chain(optional) {
        match item.get_ref().as_table().and_then(|table| need(table, ranges)) {
            Some(need) => found.push(Need { with: extra.map(str::to_owned).into_iter().collect(), ..need }),
            None => builder.gaps.add(reason::ENTRY, toml_doc::text(table, &["name"]).unwrap_or("")),
        }
    }
    found
}

fn need(table: &Table<'_>, ranges: &BTreeMap<String, String>) -> Option<Need> {
    let name = toml_doc::text(table, &["name"])?.to_owned();
    Some(Need {
        range: ranges.get(&Ecosystem::PyPi.normalize(&name)).cloned().unwrap_or_default(),
        version: toml_doc::text(table, &["version"]).map(str::to_owned),
        extras: toml_doc::texts(table, &["extra"]),
        name,
        ..Need::default()
    })
}
