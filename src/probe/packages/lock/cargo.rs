//! `Cargo.lock` (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>), every version of it.

use serde::Deserialize;
use toml::Spanned;

use super::{Around, Builder, Draft, Reading, reason};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::{Manager, NotUnderstood};

/// What `source` says for packages of crates.io, over git and over the sparse protocol.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

#[derive(Deserialize)]
struct Lock {
    version: Option<i64>,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: String,
    source: Option<String>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not TOML of the expected form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lines = Lines::of(text);
    let lock: Lock = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| lines.at(span.start) as usize);
        NotUnderstood::at("not a valid Cargo.lock", line)
    })?;
    // Version 4 came with Rust 1.78; a later one may say things that we would misread.
    if let Some(unknown) = lock.version.filter(|version| !(1..=4).contains(version)) {
        return Err(NotUnderstood::new(format!("unknown Cargo.lock version {unknown}")));
    }
    let mut builder = Builder::new(Manager::Cargo, lock.version.map(|version| version.to_string()).unwrap_or_default());
    for entry in lock.package {
        let line = lines.at(entry.name.span().start);
        let name = entry.name.into_inner();
        match entry.source {
            // The project's own crates.
            None => {}
            Some(source) if CRATES_IO.iter().any(|known| source.starts_with(known)) => {
                builder.add(format!("{name} {}", entry.version), Draft::new(name, entry.version, line));
            }
            Some(_) => builder.gaps.add(reason::NO_REGISTRY, &name),
        }
    }
    Ok(builder.finish(around.path))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "Cargo.lock", manifests: &BTreeMap::new() })
    }

    #[test]
    fn only_crates_of_the_registry_are_looked_up() {
        let text = "version = 4\n\n[[package]]\nname = \"mine\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"serde\"\n\
            version = \"1.0.228\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\n[[package]]\n\
            name = \"fork\"\nversion = \"2.0.0\"\nsource = \"git+https://example.com/fork#abc\"\n";
        let reading = read(text).unwrap();
        let told: Vec<_> =
            reading.lock.packages.iter().map(|p| format!("{} {}:{}", p.name, p.version, p.line)).collect();
        assert_eq!(told, ["serde 1.0.228:8"]);
        assert_eq!(reading.gaps.total(), 1);
        assert_eq!(read("").unwrap().lock.packages, []);
    }

    #[test]
    fn what_is_no_lock_file_of_a_known_form_is_refused() {
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(error("version = 9"), NotUnderstood::new("unknown Cargo.lock version 9"));
        assert_eq!(error("version = 3\n<<<<<<< HEAD\n").line, Some(2));
        assert_eq!(error("[[package]]\nname = 5\nversion = \"1\"").reason, "not a valid Cargo.lock");
        assert_eq!(error(&format!("package = {}", "[".repeat(100_000))).reason, "not a valid Cargo.lock");
    }
}
