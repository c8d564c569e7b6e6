//! The extras with which manifests ask for packages, held against those with which lock files were written: what an extra brings
//! along is in no lock file that was written without it.

use std::collections::{BTreeMap, BTreeSet};

use super::reason;
use crate::probe::files::Gaps;
use crate::probe::packages::Ecosystem::PyPi;
use crate::probe::packages::manifest::Manifest;

/// The extras that a lock file knows, by the package.
#[derive(Debug, Default)]
pub struct Extras(BTreeMap<String, BTreeSet<String>>);

impl Extras {
    /// Notes a package, with the extras that it is asked for with.
    pub fn add(&mut self, name: &str, extras: &[String]) {
        let known = self.0.entry(PyPi.normalize(name)).or_default();
        known.extend(extras.iter().map(|extra| PyPi.normalize(extra)));
    }

    /// Counts the extras that a manifest asks for everywhere and that are not among them. Of packages that are not there at all
    /// it is told elsewhere.
    pub fn count_new(&self, manifest: &Manifest, gaps: &mut Gaps) {
        let own = manifest.name.as_deref().map(|own| PyPi.normalize(own));
        for one in manifest.declared.iter().filter(|one| !one.optional && !manifest.conditional.contains(&one.name)) {
            let name = PyPi.normalize(&one.name);
            // With its own extras a project only groups its own needs.
            let Some(known) = self.0.get(&name).filter(|_| own.as_ref() != Some(&name)) else { continue };
            let asked = manifest.extras.get(&one.name).into_iter().flatten();
            for extra in asked.filter(|extra| !known.contains(&PyPi.normalize(extra))) {
                gaps.add(reason::MISSING, &format!("{}[{extra}]", one.name));
            }
        }
    }
}
