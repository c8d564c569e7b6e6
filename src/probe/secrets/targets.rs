//! Chooses the files that are searched: all that git would hand to others, and no more.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

use crate::probe::environment::is_env_file;
use crate::probe::files::{FileEntry, Gaps, Listing, Unread};
use crate::probe::git;

/// What to search.
pub struct Targets {
    /// The files, sorted by path.
    pub files: Vec<FileEntry>,
    /// What cannot be searched.
    pub gaps: Gaps,
    /// Whether there is a history beside the files.
    pub in_git: bool,
}

/// Every listed file that git does not ignore, and every tracked one that the listing left out. A tracked `.env` is the
/// `environment` probe's: it reports the whole file once.
pub fn choose(root: &Path, leave_out: &[String], listing: Listing) -> Targets {
    let mut gaps = listing.gaps;
    // A broken repository changes nothing about the files that are there.
    let tracked = git::tracked(root).ok().flatten();
    let mut files: Vec<FileEntry> = listing.files;
    files.retain(|file| match &tracked {
        Some(tracked) if is_env_file(&file.path) => !tracked.contains(&file.path) && !file.ignored,
        _ => !file.ignored,
    });
    let mut unlisted: Vec<FileEntry> = Vec::new();
    let mut wanted_out = GitignoreBuilder::new(root);
    for pattern in leave_out {
        let _ = wanted_out.add_line(None, pattern);
    }
    let wanted_out = wanted_out.build().ok();
    for path in tracked.iter().flatten() {
        let listed = files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        let unwanted = wanted_out.as_ref().is_some_and(|out| out.matched_path_or_any_parents(path, false).is_ignore());
        if listed || unwanted || is_env_file(path) {
            continue;
        }
        let absolute = root.join(path);
        match fs::symlink_metadata(&absolute) {
            Ok(meta) if meta.is_file() && path.split('/').any(|part| part == "node_modules") => {
                gaps.add("other people's code, committed", path);
            }
            Ok(meta) if meta.is_file() => {
                unlisted.push(FileEntry::new(path.clone(), absolute, &meta, false));
            }
            // Deleted since, a link or a submodule: nothing to read here.
            _ => {}
        }
    }
    files.append(&mut unlisted);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Targets { files, gaps, in_git: tracked.is_some() }
}

/// The text of a file; in another encoding than UTF-8, what can be read of it: keys are ASCII everywhere.
///
/// # Errors
/// Why it was not read. Large files that are not text are `Binary`, not `TooLarge`: there is nothing to find in them.
pub fn read(file: &FileEntry) -> Result<String, Unread> {
    match file.read() {
        Err(Unread::NotUtf8) => fs::read(&file.absolute)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|_| Unread::Unreadable),
        Err(Unread::TooLarge) if starts_binary(&file.absolute) => Err(Unread::Binary),
        other => other,
    }
}

fn starts_binary(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8000).read_to_end(&mut start));
    read.is_ok() && (start.contains(&0) || std::str::from_utf8(&start).is_err_and(|error| error.error_len().is_some()))
}
