//! Tells whether a file that evidence cites is still the one that was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::{Observation, ProbeId, SavedRun};

/// The SHA-256 of every file that `observations` point into, in hexadecimal; one that cannot be read is left out.
pub(super) fn digests(root: &Path, observations: &[Observation]) -> BTreeMap<String, String> {
    let paths: BTreeSet<&str> = observations.iter().filter_map(|seen| seen.location().path()).collect();
    paths.into_iter().filter_map(|path| Some((path.to_owned(), digest(&root.join(path)).ok()?))).collect()
}

/// For each probe the files that its run cites and that are not what they were.
#[must_use]
pub fn changed_files(root: &Path, runs: &[SavedRun]) -> BTreeMap<ProbeId, BTreeSet<String>> {
    let changed = |run: &SavedRun| {
        (run.cited.iter())
            .filter(|(path, then)| digest(&root.join(path)).as_ref() != Ok(*then))
            .map(|(path, _)| path.clone())
            .collect()
    };
    runs.iter().map(|run| (run.probe.clone(), changed(run))).collect()
}

fn digest(path: &Path) -> Result<String, io::ErrorKind> {
    // Before it is opened: a named pipe in its place would never answer.
    if !fs::metadata(path).map_err(|error| error.kind())?.is_file() {
        return Err(io::ErrorKind::InvalidInput);
    }
    let mut file = File::open(path).map_err(|error| error.kind())?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(|error| error.kind())?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
