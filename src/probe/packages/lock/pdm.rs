//! `pdm.lock`, version 4 (<https://pdm-project.org/latest/usage/lockfile/>).
//!
//! A package that is needed with extras has an entry of its own for them, which needs the package itself.

use std::rc::Rc;

use super::extras::Extras;
use super::python_graph::{Graph, Need, named, own_manifest};
use super::{Around, Builder, Draft, Origin, Reading, reason};
use crate::probe::packages::manifest::python::{Requirement, scope_of};
use crate::probe::packages::toml_doc::{self, Table};
use crate::probe::packages::toml_parts::{Form, Parts};
use crate::probe::packages::{Ecosystem, Manager, NotUnderstood};

const FORM: Form = Form { what: "pdm.lock", list: "package", passed_over: "metadata.files" };

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let parts = Parts::of(text, FORM)?;
    let doc = parts.head()?;
    let Some(version) = toml_doc::at(&doc.table, &["metadata", "lock_version"]) else {
        return Err(NotUnderstood::new("a pdm.lock without its version"));
    };
    let format = match version.get_ref().as_str() {
        Some(known) if known == "4" || known.starts_with("4.") => known,
        other => {
            let shown: String = other.unwrap_or("of a wrong type").chars().take(20).collect();
            return Err(NotUnderstood::at(format!("unknown pdm.lock version {shown}"), doc.line(version) as usize));
        }
    };
    if toml_doc::at(&doc.table, &["package"]).is_some_and(|list| !list.get_ref().is_array()) {
        return Err(NotUnderstood::new("not a valid pdm.lock"));
    }
    let mut builder = Builder::new(Manager::Pdm, format);
    let mut graph = Graph::default();
    let manifest = around.manifest("", "pyproject.toml");
    let mut extras = Extras::default();
    if let Some(manifest) = manifest {
        graph.ask_all(&mut builder, manifest);
    }
    parts.each(&doc, |doc, entry| {
        let Some((table, name, line)) = named(doc, entry, &mut builder.gaps) else { return };
        extras.add(name, &toml_doc::texts(table, &["extras"]));
        let needs = needs(table, name, &mut builder);
        let origin = match origin(table) {
            Place::Own(folder) => {
                builder.local(name, toml_doc::text(table, &["version"]), Some(around.place(folder)));
                graph.add_own(name, own_manifest(around, folder), needs);
                return;
            }
            Place::Other(origin) => origin,
        };
        let version = toml_doc::text(table, &["version"]);
        let Some(version) = version.or((origin == Origin::Elsewhere).then_some("")) else {
            builder.gaps.add(reason::ENTRY, name);
            return;
        };
        // Written with the strategy "inherit_metadata", which is the usual one.
        let scope = toml_doc::texts(table, &["groups"]).iter().map(|group| scope_of(group)).min();
        graph.add(&mut builder, Draft { origin, scope, ..Draft::new(name, version, line) }, needs);
    })?;
    graph.link_whole(&mut builder);
    if let Some(manifest) = manifest {
        extras.count_new(manifest, &mut builder.gaps);
    }
    Ok(builder.finish(around.path))
}

enum Place<'t> {
    /// A folder of the project.
    Own(&'t str),
    Other(Origin),
}

fn origin<'t>(table: &'t Table<'_>) -> Place<'t> {
    match toml_doc::text(table, &["path"]) {
        Some(path) if [".whl", ".zip", ".tar.gz"].iter().any(|end| path.ends_with(end)) => {
            Place::Other(Origin::Elsewhere)
        }
        Some(folder) => Place::Own(folder),
        None if ["git", "hg", "svn", "bzr", "url"].iter().any(|key| table.get(*key).is_some()) => {
            Place::Other(Origin::Elsewhere)
        }
        None => Place::Other(Origin::Registry),
    }
}

fn needs(table: &Table<'_>, own: &str, builder: &mut Builder) -> Vec<Need> {
    let with: Rc<[String]> = toml_doc::texts(table, &["extras"]).into();
    let mut found = Vec::new();
    for item in toml_doc::items(table, &["dependencies"]) {
        let Some(needed) = item.get_ref().as_str().and_then(Requirement::parse) else {
            builder.gaps.add(reason::ENTRY, own);
            continue;
        };
        // The entry with extras needs the one without.
        let is_itself = Ecosystem::PyPi.normalize(needed.name) == Ecosystem::PyPi.normalize(own);
        if !is_itself {
            found.push(Need {
                name: needed.name.to_owned(),
                version: None,
                range: needed.specifiers.to_owned(),
                extras: needed.extras.iter().map(|extra| (*extra).to_owned()).collect(),
                with: Rc::clone(&with),
                conditional: !needed.marker.is_empty() || !with.is_empty(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::toml_doc::Doc;

    #[test]
    fn the_extras_of_an_entry_are_kept_once_for_all_it_needs() {
        let doc = Doc::parse("extras = [\"a\", \"b\"]\ndependencies = [\"x>=1\", \"y\", \"z\"]\n", "pdm.lock").unwrap();
        let found = needs(&doc.table, "own", &mut Builder::new(Manager::Pdm, "4"));
        assert_eq!((found.len(), found[0].with.len(), Rc::strong_count(&found[0].with)), (3, 2, 3));
    }
}
