//! The project's files, listed and read with limits. Everything passed over is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use ignore::overrides::OverrideBuilder;
use ignore::{WalkBuilder, WalkState};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::model::{Gap, escape};

/// Larger files are not read.
pub const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// More files than this are not listed.
const MAX_FILES: usize = 200_000;
/// Folders that hold other people's code or a tool's output, whatever `.gitignore` says.
pub const NEVER: [&str; 16] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "bower_components",
    ".venv",
    "venv",
    "__pycache__",
    ".next",
    ".nuxt",
    ".output",
    ".svelte-kit",
    ".turbo",
    ".cache",
    ".tox",
    ".gonogo",
];

/// One file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Relative to the project, with `/`.
    pub path: String,
    /// Where to open it.
    pub absolute: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Left out by the project's `.gitignore`: only `.env*` files are listed although they are.
    pub ignored: bool,
    /// What tells whether its contents changed, where the system says.
    pub stamp: Option<Stamp>,
}

/// What a file's metadata says of its contents: with the same stamp and size they are the same, as git and make take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When it was written to, in seconds and nanoseconds since 1970.
    modified: (u64, u32),
    /// When anything about it changed and which file it is, where the system tells.
    changed: Option<(i64, i64, u64)>,
    size: u64,
}

impl Stamp {
    /// A file that was written to so shortly before it was looked at may be written to again within the same tick of the
    /// file system's clock; two seconds are the coarsest (FAT).
    const SETTLED: Duration = Duration::from_secs(2);

    /// The stamp of a file; `None` where the system tells no time, or the file is too new to tell.
    #[must_use]
    pub fn of(meta: &Metadata) -> Option<Self> {
        let modified = meta.modified().ok()?;
        if modified.elapsed().ok()? < Self::SETTLED {
            return None;
        }
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self { modified: (since.as_secs(), since.subsec_nanos()), changed: changed(meta), size: meta.len() })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn changed(meta: &Metadata) -> Option<(i64, i64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((meta.ctime(), meta.ctime_nsec(), meta.ino()))
}

#[cfg(not(unix))]
fn changed(_meta: &Metadata) -> Option<(i64, i64, u64)> {
    None
}

impl FileEntry {
    /// A file with what the system says of it.
    #[must_use]
    pub fn new(path: String, absolute: PathBuf, meta: &Metadata, ignored: bool) -> Self {
        Self { path, absolute, size: meta.len(), ignored, stamp: Stamp::of(meta) }
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The part of the name after its last dot, or nothing.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The file's text.
    ///
    /// # Errors
    /// Why it cannot be used as text.
    pub fn read(&self) -> Result<String, Unread> {
        self.read_up_to(MAX_FILE_BYTES)
    }

    /// The file's text, for kinds of file that are rightly larger than [`MAX_FILE_BYTES`], such as lock files.
    ///
    /// # Errors
    /// Why it cannot be used as text; [`Unread::TooLarge`] means over `max` bytes.
    pub fn read_up_to(&self, max: u64) -> Result<String, Unread> {
        if self.size > max {
            return Err(Unread::TooLarge);
        }
        let file = File::open(&self.absolute).map_err(|_| Unread::Unreadable)?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        // The file may have grown since it was listed.
        file.take(max + 1).read_to_end(&mut bytes).map_err(|_| Unread::Unreadable)?;
        if bytes.len() as u64 > max {
            return Err(Unread::TooLarge);
        }
        // As git does: a NUL byte near the start means binary.
        if bytes.iter().take(8000).any(|&byte| byte == 0) {
            return Err(Unread::Binary);
        }
        let text = String::from_utf8(bytes).map_err(|_| Unread::NotUtf8)?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// Why a file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// Over [`MAX_FILE_BYTES`].
    TooLarge,
    /// Not text.
    Binary,
    /// Text in another encoding.
    NotUtf8,
    /// The system refused.
    Unreadable,
    /// A pipe, socket or device.
    NotRegular,
    /// A symbolic link that leads out of the project, nowhere, or in a circle.
    Link,
    /// Beyond the number of files that are listed.
    TooMany,
}

impl Unread {
    /// For people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "larger than 2 MB",
            Self::Binary => "binary",
            Self::NotUtf8 => "not UTF-8 text",
            Self::Unreadable => "could not be opened",
            Self::NotRegular => "not a regular file",
            Self::Link => "a symbolic link out of the project or to nowhere",
            Self::TooMany => "beyond the first 200,000 files",
        }
    }
}

/// Counts what was passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps(BTreeMap<String, (u64, Vec<String>)>);

impl Gaps {
    /// Counts one more `what` under `reason`.
    pub fn add(&mut self, reason: &str, what: &str) {
        let (count, examples) = self.0.entry(reason.to_owned()).or_default();
        *count += 1;
        if examples.len() < 3 {
            examples.push(escape::line(what).into_owned());
        }
    }

    /// Adds another count to this one.
    pub fn merge(&mut self, other: Self) {
        for (reason, (count, examples)) in other.0 {
            let mine = self.0.entry(reason).or_default();
            mine.0 += count;
            mine.1.extend(examples);
            mine.1.truncate(3);
        }
    }

    /// The same, each example with the file that it stands in: `Gemfile: line 3`.
    #[must_use]
    pub fn within(&self, path: &str) -> Self {
        let path = escape::line(path);
        let named = |(reason, (count, examples)): (&String, &(u64, Vec<String>))| {
            let examples = examples.iter().map(|example| format!("{path}: {example}")).collect();
            (reason.clone(), (*count, examples))
        };
        Self(self.0.iter().map(named).collect())
    }

    /// Whether nothing was passed over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were passed over.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().map(|(count, _)| count).sum()
    }

    /// As data, sorted by reason.
    #[must_use]
    pub fn into_vec(self) -> Vec<Gap> {
        self.0.into_iter().map(|(reason, (count, examples))| Gap { reason, count, examples }).collect()
    }
}

/// The files of a project.
#[derive(Debug, Default)]
pub struct Listing {
    /// Sorted by path.
    pub files: Vec<FileEntry>,
    /// Folders that hold them, absolute; what a watcher has to watch.
    pub folders: BTreeSet<PathBuf>,
    /// What was passed over already.
    pub gaps: Gaps,
}

/// Lists the regular files of `root` that its `.gitignore` files let through, and every `.env*` file besides.
/// `leave_out` holds further patterns in gitignore syntax. Stops early, with what it has, when `cancel` is set.
#[must_use]
pub fn list(root: &Path, leave_out: &[String], cancel: &CancellationToken) -> Listing {
    let mut listing = Listing::default();
    let mut builder = WalkBuilder::new(root);
    builder.hidden(false).git_global(false).require_git(false).follow_links(false).filter_entry(|entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        !(folder && entry.depth() > 0 && NEVER.iter().any(|name| entry.file_name() == *name))
    });
    let mut overrides = OverrideBuilder::new(root);
    for pattern in leave_out {
        // Patterns were validated with the configuration; one that is wrong all the same leaves nothing out.
        let _ = overrides.add(&format!("!{pattern}"));
    }
    if let Ok(overrides) = overrides.build() {
        builder.overrides(overrides);
    }
    let (sender, found) = mpsc::channel();
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            let sent = sender.send(Met::of(root, entry));
            if cancel.is_cancelled() || sent.is_err() { WalkState::Quit } else { WalkState::Continue }
        })
    });
    drop(sender);
    let mut found: Vec<Met> = found.into_iter().collect();
    // The walkers meet them in any order; which of them are named as examples must not change.
    found.par_sort_unstable_by(|a, b| a.path().cmp(b.path()));
    for met in found {
        listing.add(met);
    }
    listing.add_ignored_env_files(root);
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    listing
}

/// What a walk through the folders met.
enum Met {
    Folder(String, PathBuf),
    File(FileEntry),
    Other(String, Unread),
    /// A link to a file or folder of the project itself: its target is listed anyway.
    Known,
}

impl Met {
    fn of(root: &Path, entry: Result<ignore::DirEntry, ignore::Error>) -> Self {
        let entry = match entry {
            Ok(entry) => entry,
            // The error's own words hold the whole path on this machine.
            Err(error) => {
                let place = path_of(&error).map_or_else(|| error.to_string(), |path| relative(root, path));
                return Self::Other(place, Unread::Unreadable);
            }
        };
        let path = relative(root, entry.path());
        match entry.file_type() {
            None => Self::Known,
            Some(kind) if kind.is_dir() => Self::Folder(path, entry.into_path()),
            Some(kind) if kind.is_symlink() => {
                let inside = fs::canonicalize(entry.path())
                    .is_ok_and(|target| fs::canonicalize(root).is_ok_and(|root| target.starts_with(root)));
                if inside { Self::Known } else { Self::Other(path, Unread::Link) }
            }
            Some(kind) if !kind.is_file() => Self::Other(path, Unread::NotRegular),
            Some(_) => match entry.metadata() {
                Ok(meta) => Self::File(FileEntry::new(path, entry.into_path(), &meta, false)),
                Err(_) => Self::Other(path, Unread::Unreadable),
            },
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Folder(path, _) | Self::Other(path, _) => path,
            Self::File(file) => &file.path,
            Self::Known => "",
        }
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

impl Listing {
    fn add(&mut self, met: Met) {
        match met {
            Met::Folder(_, folder) => {
                self.folders.insert(folder);
            }
            Met::File(file) if self.files.len() >= MAX_FILES => self.gaps.add(Unread::TooMany.reason(), &file.path),
            Met::File(file) => self.files.push(file),
            Met::Other(path, why) => self.gaps.add(why.reason(), &path),
            Met::Known => {}
        }
    }

    /// `.env` files are usually ignored by git, and are just what the environment probe is about.
    fn add_ignored_env_files(&mut self, root: &Path) {
        let named = self.files.iter().filter(|file| file.name().starts_with(".env"));
        let known: BTreeSet<PathBuf> = named.map(|file| file.absolute.clone()).collect();
        let entries =
            self.folders.par_iter().filter_map(|folder| fs::read_dir(folder).ok()).flat_map_iter(Iterator::flatten);
        let ignored =
            entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b".env")).filter_map(|entry| {
                let absolute = entry.path();
                let meta = entry.metadata().ok().filter(|meta| meta.is_file() && !known.contains(&absolute))?;
                Some(FileEntry::new(relative(root, &absolute), absolute, &meta, true))
            });
        let ignored: Vec<FileEntry> = ignored.collect();
        self.files.extend(ignored);
    }
}

/// `path` relative to `root`, with `/` on every system.
#[must_use]
pub fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    inner.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listing: &Listing) -> Vec<&str> {
        listing.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn lists_what_git_would_and_env_files_besides() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(".gitignore", b".env\nout/\n");
        write(".env", b"A=1\n");
        write("out/a.js", b"1");
        write("node_modules/x/index.js", b"1");
        write("src/a.ts", b"let a = 1\n");
        write("src/skipped.ts", b"");
        let listing = list(dir.path(), &["src/skipped.ts".to_owned()], &CancellationToken::new());
        assert_eq!(names(&listing), [".env", ".gitignore", "src/a.ts"]);
        assert!(listing.files[0].ignored && !listing.files[1].ignored);
    }

    #[test]
    fn what_is_not_text_is_said_to_be_so() {
        let dir = tempfile::tempdir().unwrap();
        let entry = |name: &str, bytes: &[u8]| {
            let absolute = dir.path().join(name);
            fs::write(&absolute, bytes).unwrap();
            let meta = fs::metadata(&absolute).unwrap();
            FileEntry::new(name.to_owned(), absolute, &meta, false)
        };
        assert_eq!(entry("a", b"\x00\x01").read(), Err(Unread::Binary));
        assert_eq!(entry("b", b"caf\xe9").read(), Err(Unread::NotUtf8));
        assert_eq!(entry("c", &vec![b'a'; 2 * 1024 * 1024 + 1]).read(), Err(Unread::TooLarge));
        assert_eq!(entry("d", "\u{feff}hi".as_bytes()).read(), Ok("hi".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_counted_and_never_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", dir.path().join("dangling")).unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let listing = list(dir.path(), &[], &CancellationToken::new());
        assert!(listing.files.is_empty());
        assert_eq!(listing.gaps.total(), 2);
    }

    #[test]
    fn a_folder_that_cannot_be_opened_is_named_from_the_root() {
        let denied = ignore::Error::Io(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
        let placed = ignore::Error::WithPath { path: "/p/web".into(), err: Box::new(denied) };
        let error = ignore::Error::WithDepth { depth: 1, err: Box::new(placed) };
        assert_eq!(path_of(&error).map(|path| relative(Path::new("/p"), path)).as_deref(), Some("web"));
    }
}
