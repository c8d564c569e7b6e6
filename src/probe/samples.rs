//! Projects for tests.

use tokio_util::sync::CancellationToken;

use super::files::{Listing, list};

/// A folder with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Such a folder, which lives as long as the first value, and what lies in it.
pub fn listed(files: &[(&str, &str)]) -> (tempfile::TempDir, Listing) {
    let folder = folder(files);
    let listing = list(folder.path(), &[], &CancellationToken::new());
    (folder, listing)
}
