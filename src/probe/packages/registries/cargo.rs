//! Registries that Cargo is told to take a crate from (<https://doc.rust-lang.org/cargo/reference/registries.html>).

use super::super::lock::CRATES_IO;
use super::super::toml_doc::{self, Doc, Table};
use super::super::{LockFile, Origin};
use super::{Place, Said, Taken, address};

/// The tables that ask for crates.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// What a `Cargo.toml`, the one of its workspace and Cargo's settings say.
pub fn said(text: &str, root: Option<&str>, config: Option<&str>) -> Said {
    let mut said = Said::default();
    let Ok(doc) = Doc::parse(text, "Cargo.toml") else { return said };
    let root = root.and_then(|root| Doc::parse(root, "Cargo.toml").ok());
    let config = config.and_then(|config| Doc::parse(config, "config.toml").ok());
    let shared = &root.as_ref().unwrap_or(&doc).table;
    let targets = toml_doc::entries(&doc.table, &["target"]);
    let tables = targets.iter().filter_map(|(_, value)| value.get_ref().as_table()).chain([&doc.table]);
    for (name, value) in tables.flat_map(|table| TABLES.iter().flat_map(|key| toml_doc::entries(table, &[key]))) {
        let name: &str = name.get_ref();
        let Some(own) = value.get_ref().as_table() else { continue };
        let of_workspace = || toml_doc::at(shared, &["workspace", "dependencies", name])?.get_ref().as_table();
        let entry = if toml_doc::is_set(own, &["workspace"]) { of_workspace() } else { Some(own) };
        let registry = entry.filter(|entry| !entry.contains_key("path") && !entry.contains_key("git"));
        let Some((from, address)) = registry.and_then(|entry| registry_of(entry, config.as_ref())) else { continue };
        let package = entry.and_then(|entry| toml_doc::text(entry, &["package"])).unwrap_or(name);
        said.taken.push(Taken { name: package.to_owned(), from, address });
    }
    said
}

/// The registry that an entry names, where it is not crates.io. The lock file holds its address, whatever replaces it.
fn registry_of(entry: &Table<'_>, config: Option<&Doc<'_>>) -> Option<(String, String)> {
    let name = toml_doc::text(entry, &["registry"]);
    let in_config = |name| toml_doc::text(&config?.table, &["registries", name, "index"]);
    let index = toml_doc::text(entry, &["registry-index"]).or_else(|| in_config(name?));
    let is_own = name != Some("crates-io")
        && index.is_none_or(|index| !CRATES_IO.iter().any(|one| address(one) == address(index)));
    let address = index.and_then(address);
    // Where the address stands elsewhere the name is known all the same.
    let from = name.map(str::to_owned).or_else(|| address.clone()).filter(|_| is_own)?;
    Some((from, address.unwrap_or_default()))
}

/// What `Cargo.lock` holds: only crates.io's count as a registry's.
pub fn held(lock: &LockFile) -> Vec<(String, Place)> {
    let place = |origin| if origin == Origin::Registry { Place::Default } else { Place::Elsewhere };
    lock.packages.iter().map(|package| (package.name.clone(), place(package.origin))).collect()
}
