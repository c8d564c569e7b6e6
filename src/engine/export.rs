//! Writes a report into a file, whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::within;
use crate::model::Report;
use crate::report;

/// Writes the Markdown report and says where.
pub(super) fn markdown(root: &Path, path: &Path, data: &Report) -> Result<PathBuf, String> {
    let path = within(root, path);
    write_whole(&path, |out| report::markdown(data, out)).map_err(|error| {
        format!("The report could not be written to {}: {error}; choose another place", path.display())
    })?;
    Ok(path)
}

/// Writes a file through a temporary one beside it, so that a failure leaves what was there.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".gonogo-").tempfile_in(folder)?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
