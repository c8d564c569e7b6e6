//! The user's own files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::CatalogError;

/// More than any checklist or theme needs; the largest of ours has 100 kB.
const MOST_BYTES: u64 = 1024 * 1024;

/// A file's name, as messages say it, and its text.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
}

/// Every `*.toml` right in `folder`, by name. A folder that is not there holds none.
pub(super) fn in_folder(folder: &Path) -> Vec<Result<Text, CatalogError>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![Err(refused(folder, &format!("this folder cannot be read: {error}"), false))],
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().map(|path| read(path, false)).collect()
}

/// One file. Only regular files are opened, so that a named pipe cannot hold up the start.
pub(super) fn read(path: &Path, asked_for: bool) -> Result<Text, CatalogError> {
    let refuse = |reason: &str| refused(path, reason, asked_for);
    let unreadable = |error: io::Error| refuse(&format!("this file cannot be read: {error}"));
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => refuse("there is no such file"),
        _ => unreadable(error),
    })?;
    if !metadata.is_file() {
        return Err(refuse("this is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(refuse("this file is larger than 1 MB"));
    }
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Text { name, text }),
        Err(error) => {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            Err(CatalogError {
                line: u32::try_from(line).ok(),
                ..refuse("this is not UTF-8 text; save the file as UTF-8")
            })
        }
    }
}

fn refused(path: &Path, reason: &str, asked_for: bool) -> CatalogError {
    CatalogError { file: Some(path.display().to_string()), line: None, reason: reason.to_owned(), asked_for }
}
