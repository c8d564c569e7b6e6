//! `Cargo.toml`.

use std::collections::BTreeMap;

use super::Manifest;
use crate::probe::packages::NotUnderstood;

/// Manifests in the making.
#[derive(Debug, Default)]
pub struct Crates(Vec<Manifest>);

impl Crates {
    /// Reads one manifest.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn add(&mut self, path: &str, _text: &str) -> Result<(), NotUnderstood> {
        self.0.push(Manifest { path: path.to_owned(), ..Manifest::default() });
        Ok(())
    }

    /// Gives each what it takes from others.
    pub fn finish(self, found: &mut BTreeMap<String, Manifest>) {
        found.extend(self.0.into_iter().map(|manifest| (manifest.path.clone(), manifest)));
    }
}
