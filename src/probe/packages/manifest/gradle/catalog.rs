//! `gradle/libs.versions.toml` (<https://docs.gradle.org/current/userguide/version_catalogs.html>).

use std::collections::HashMap;

use crate::probe::packages::NotUnderstood;
use crate::probe::packages::manifest::Property;
use crate::probe::packages::toml_doc::{self, Doc, Value};

/// A version catalog.
#[derive(Debug, Default)]
pub struct Catalog {
    /// By accessor: `spring.web`.
    libraries: HashMap<String, Library>,
    /// Accessors of libraries.
    bundles: HashMap<String, Vec<String>>,
}

/// A library of a catalog.
#[derive(Debug, Clone)]
pub struct Library {
    /// `group:artifact`
    pub name: String,
    /// Its version; empty where the catalog says none.
    pub version: String,
    /// What says it.
    pub set: Option<Property>,
    /// The catalog, and the library's line.
    pub line: (String, u32),
    /// What it prefers within a strict version, with the line.
    pub preferred: Option<(String, u32)>,
}

impl Catalog {
    /// Reads the catalog of this path.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn read(path: &str, text: &str) -> Result<Self, NotUnderstood> {
        let doc = Doc::parse(text, "version catalog")?;
        let mut catalog = Self::default();
        for (alias, value) in toml_doc::entries(&doc.table, &["libraries"]) {
            if let Some(library) = library(&doc, path, alias.get_ref(), value) {
                catalog.libraries.insert(accessor(alias.get_ref()), library);
            }
        }
        for (alias, value) in toml_doc::entries(&doc.table, &["bundles"]) {
            let members = value.get_ref().as_array().into_iter().flatten();
            let members = members.filter_map(|one| one.get_ref().as_str()).map(accessor);
            catalog.bundles.insert(accessor(alias.get_ref()), members.collect());
        }
        Ok(catalog)
    }

    /// The libraries that an accessor stands for; none where it is not known.
    pub fn libraries(&self, accessor: &str) -> Vec<Library> {
        match accessor.strip_prefix("bundles.") {
            Some(bundle) => {
                let members = self.bundles.get(bundle).into_iter().flatten();
                members.filter_map(|member| self.libraries.get(member).cloned()).collect()
            }
            None => self.libraries.get(accessor).cloned().into_iter().collect(),
        }
    }
}

/// In build files dots stand for dashes and underscores.
fn accessor(alias: &str) -> String {
    alias.replace(['-', '_'], ".")
}

/// A version, or the firmest that a rich version says.
fn version(value: &Value<'_>) -> String {
    let of = |key: &str| value.get_ref().as_table().and_then(|table| toml_doc::text(table, &[key]));
    let said = value.get_ref().as_str().or_else(|| of("strictly")).or_else(|| of("require")).or_else(|| of("prefer"));
    said.unwrap_or("").to_owned()
}

fn library(doc: &Doc<'_>, path: &str, alias: &str, value: &Value<'_>) -> Option<Library> {
    let set = |name: &str, line| Property { name: name.to_owned(), path: path.to_owned(), line };
    let here = doc.line(value);
    let line = (path.to_owned(), here);
    if let Some(text) = value.get_ref().as_str() {
        let mut parts = text.splitn(3, ':');
        let name = format!("{}:{}", parts.next()?, parts.next()?);
        let version = parts.next().unwrap_or("").to_owned();
        let set = (!version.is_empty()).then(|| set(alias, here));
        return Some(Library { name, version, set, line, preferred: None });
    }
    let table = value.get_ref().as_table()?;
    let of = |key: &str| toml_doc::text(table, &[key]);
    let name = match of("module") {
        Some(module) => module.to_owned(),
        None => format!("{}:{}", of("group")?, of("name")?),
    };
    let said = toml_doc::at(table, &["version"]);
    let reference = toml_doc::text(table, &["version", "ref"]);
    let (version, set) = match reference {
        Some(reference) => match toml_doc::at(&doc.table, &["versions", reference]) {
            Some(value) => (version(value), Some(set(reference, doc.line(value)))),
            None => (String::new(), None),
        },
        None => (said.map(version).unwrap_or_default(), said.map(|said| set(alias, doc.line(said)))),
    };
    let strict = reference.map_or(said, |reference| toml_doc::at(&doc.table, &["versions", reference]));
    let preferred = strict.and_then(|value| Some((prefer_beside_strictly(value)?, doc.line(value))));
    Some(Library { name, version, set, line, preferred })
}

/// What a rich version prefers within a strict one.
fn prefer_beside_strictly(value: &Value<'_>) -> Option<String> {
    let table = value.get_ref().as_table()?;
    toml_doc::text(table, &["strictly"])?;
    toml_doc::text(table, &["prefer"]).map(str::to_owned)
}
