//! Tells whether a file that evidence cites is still the one that was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::{Observation, SavedRun};

/// The SHA-256 of every file that `observations` point into, in hexadecimal; one that cannot be read is left out.
pub(super) fn digests(root: &Path, observations: &[Observation]) -> BTreeMap<String, String> {
    let paths: BTreeSet<&str> = observations.iter().filter_map(|seen| seen.location().path()).collect();
    paths.into_iter().filter_map(|path| Some((path.to_owned(), digest(&root.join(path)).ok()?))).collect()
}

/// The files that `runs` cite and that are not what they were.
#[must_use]
pub fn changed_files(root: &Path, runs: &[SavedRun]) -> BTreeSet<String> {
    (runs.iter().flat_map(|run| &run.cited))
        .filter(|(path, then)| digest(&root.join(path)).as_ref() != Ok(*then))
        .map(|(path, _)| path.clone())
        .collect()
}

fn digest(path: &Path) -> Result<String, io::ErrorKind> {
    let mut file = File::open(path).map_err(|error| error.kind())?;
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(io::ErrorKind::InvalidInput);
    }
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(|error| error.kind())?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
