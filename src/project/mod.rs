//! Opens a project: what it is called, what it is built with, what it has, and what could be examined with consent.
//! Reads manifests only, within limits, so that the first frame does not wait for it.

mod manifests;
mod offers;
mod stack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::model::{Project, Settings, escape};
use crate::probe::files::NEVER;
use manifests::Manifest;

/// Manifests lie near the top; a monorepo's are at most this deep (`apps/web/prisma/schema.prisma`).
const DEPTH: usize = 4;
/// A project so wide that its manifests are not among this many entries gets the stack of those that are.
const ENTRIES: usize = 20_000;
/// Manifests larger than this are not read for the stack.
const MANIFEST_BYTES: u64 = 512 * 1024;

/// Folders of other people's packages and of build output: their manifests say nothing about this project.
const OUTPUT: [&str; 6] = ["vendor", "target", "dist", "build", "coverage", "fixtures"];

/// Why a folder cannot be opened as a project.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nothing.
    #[error("{0} does not exist; give the folder of your project")]
    Missing(String),
    /// It is a file.
    #[error("{0} is a file; give the folder of your project")]
    NotFolder(String),
    /// The system refuses.
    #[error("{path} cannot be read: {reason}; check its permissions")]
    Unreadable {
        /// The folder.
        path: String,
        /// The system's words.
        reason: String,
    },
}

/// The absolute folder of a project, checked to be one.
///
/// # Errors
/// When it is missing, a file, or unreadable.
pub fn root(path: &Path) -> Result<PathBuf, OpenError> {
    let shown = escape::line(&path.to_string_lossy()).into_owned();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => OpenError::Missing(shown.clone()),
        io::ErrorKind::NotADirectory => OpenError::NotFolder(shown.clone()),
        _ => OpenError::Unreadable { path: shown.clone(), reason: error.to_string() },
    };
    let root = fs::canonicalize(path).map_err(unreadable)?;
    if !root.is_dir() {
        return Err(OpenError::NotFolder(shown));
    }
    fs::read_dir(&root).map_err(unreadable)?;
    Ok(root)
}

/// What the manifests below `root` tell. `commit` is the one checked out.
#[must_use]
pub fn open(root: PathBuf, settings: &Settings, commit: Option<String>) -> Project {
    let manifests = find(&root);
    let mut known = stack::Known::default();
    for manifest in &manifests {
        manifest.tell(&mut known);
    }
    let mut traits = known.traits();
    traits.extend(settings.traits.iter().cloned());
    let folder = root.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = manifests.iter().find_map(Manifest::name).or(folder).unwrap_or_else(|| "project".to_owned());
    Project {
        name: escape::line(&name).into_owned(),
        commit,
        stack: known.stack(),
        traits,
        recognised: known.recognised,
        offers: offers::find(&manifests),
        root,
    }
}

/// Every manifest, nearest to the root first.
fn find(root: &Path) -> Vec<Manifest> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .git_global(false)
        .require_git(false)
        // `.env` is usually ignored by git and wanted here.
        .git_ignore(false)
        .max_depth(Some(DEPTH))
        .filter_entry(|entry| !NEVER.iter().chain(&OUTPUT).any(|name| entry.depth() > 0 && entry.file_name() == *name))
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .build();
    let mut found = Vec::new();
    for entry in walk.take(ENTRIES).flatten() {
        let file = entry.file_type().is_some_and(|kind| kind.is_file());
        let Some(kind) = entry.file_name().to_str().and_then(manifests::kind).filter(|_| file) else { continue };
        if entry.metadata().is_ok_and(|meta| meta.len() <= MANIFEST_BYTES)
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            let path = crate::probe::files::relative(root, entry.path());
            found.push(Manifest { path, kind, text, depth: entry.depth() });
        }
    }
    found.sort_by(|a, b| (a.depth, &a.path).cmp(&(b.depth, &b.path)));
    found
}

#[cfg(test)]
mod tests;
