//! `gradle/libs.versions.toml` (<https://docs.gradle.org/current/userguide/version_catalogs.html>).

use std::collections::HashMap;

use toml::{Table, Value};

use crate::probe::packages::NotUnderstood;
use crate::probe::packages::lines::Lines;

/// A version catalog.
#[derive(Debug, Default)]
pub struct Catalog {
    /// `group:artifact` and version by accessor: `spring.web`.
    libraries: HashMap<String, (String, String)>,
    /// Accessors of libraries.
    bundles: HashMap<String, Vec<String>>,
}

impl Catalog {
    /// Reads a catalog.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn read(text: &str) -> Result<Self, NotUnderstood> {
        let table: Table = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| Lines::of(text).at(span.start) as usize);
            NotUnderstood::at("not a valid version catalog", line)
        })?;
        let part = |key: &str| table.get(key).and_then(Value::as_table).into_iter().flatten();
        let versions: HashMap<&str, String> =
            part("versions").map(|(name, value)| (name.as_str(), version(value))).collect();
        let mut catalog = Self::default();
        for (alias, value) in part("libraries") {
            if let Some(library) = library(value, &versions) {
                catalog.libraries.insert(accessor(alias), library);
            }
        }
        for (alias, value) in part("bundles") {
            let members = value.as_array().into_iter().flatten().filter_map(Value::as_str).map(accessor);
            catalog.bundles.insert(accessor(alias), members.collect());
        }
        Ok(catalog)
    }

    /// The libraries that an accessor stands for, each with its version; none where it is not known.
    pub fn libraries(&self, accessor: &str) -> Vec<(String, String)> {
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
fn version(value: &Value) -> String {
    let of = |key: &str| value.get(key).and_then(Value::as_str);
    let said = value.as_str().or_else(|| of("strictly")).or_else(|| of("require")).or_else(|| of("prefer"));
    said.unwrap_or("").to_owned()
}

fn library(value: &Value, versions: &HashMap<&str, String>) -> Option<(String, String)> {
    if let Some(text) = value.as_str() {
        let mut parts = text.splitn(3, ':');
        let name = format!("{}:{}", parts.next()?, parts.next()?);
        return Some((name, parts.next().unwrap_or("").to_owned()));
    }
    let of = |key: &str| value.get(key).and_then(Value::as_str);
    let name = match of("module") {
        Some(module) => module.to_owned(),
        None => format!("{}:{}", of("group")?, of("name")?),
    };
    let version = match value.get("version") {
        None => String::new(),
        Some(said) => match said.get("ref").and_then(Value::as_str) {
            Some(reference) => versions.get(reference).cloned().unwrap_or_default(),
            None => version(said),
        },
    };
    Some((name, version))
}
