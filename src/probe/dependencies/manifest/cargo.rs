//! `Cargo.lock` (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>), every version of it.

use serde::Deserialize;
use toml::Spanned;

use super::lines::Lines;
use super::{NotUnderstood, Reading, reason};
use crate::probe::dependencies::package::{Ecosystem, Package};

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
pub fn read(text: &str) -> Result<Reading, NotUnderstood> {
    let lines = Lines::of(text);
    let lock: Lock = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| lines.at(span.start) as usize);
        NotUnderstood::at("not a valid Cargo.lock", line)
    })?;
    // Version 4 came with Rust 1.78; a later one may say things that we would misread.
    if let Some(unknown) = lock.version.filter(|version| !(1..=4).contains(version)) {
        return Err(NotUnderstood::new(format!("unknown Cargo.lock version {unknown}")));
    }
    let mut reading = Reading::default();
    for entry in lock.package {
        let line = lines.at(entry.name.span().start);
        let name = entry.name.into_inner();
        match entry.source {
            // The project's own crates.
            None => {}
            Some(source) if CRATES_IO.iter().any(|known| source.starts_with(known)) => {
                let version = entry.version;
                reading.packages.push(Package { ecosystem: Ecosystem::CratesIo, name, version, line, dev: false });
            }
            Some(_) => reading.gaps.add(reason::NO_REGISTRY, &name),
        }
    }
    Ok(reading)
}
