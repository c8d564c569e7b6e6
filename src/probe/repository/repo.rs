//! The project's files as this probe sees them: listed once, read on demand, with what git knows about them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tokio_util::sync::CancellationToken;

use crate::probe::files::{self, FileEntry, Gaps, Listing, MAX_FILE_BYTES};
use crate::probe::git::{self, GitError};
use crate::probe::packages::{MAX_LOCK_BYTES, lock};

pub use crate::probe::paths::folder as folder_of;

/// A project's files.
pub struct Repo {
    root: PathBuf,
    listing: Listing,
    /// The paths that git tracks; `None` outside a git work tree.
    pub tracked: Result<Option<BTreeSet<String>>, GitError>,
    texts: RefCell<HashMap<String, Option<Rc<str>>>>,
    gaps: RefCell<Gaps>,
}

impl Repo {
    /// Lists `root`.
    #[must_use]
    pub fn open(root: &Path, leave_out: &[String], cancel: &CancellationToken) -> Self {
        Self {
            root: root.to_owned(),
            listing: files::list(root, leave_out, cancel),
            tracked: git::tracked(root),
            texts: RefCell::default(),
            gaps: RefCell::default(),
        }
    }

    /// Where the project is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.listing.files.iter().map(|file| file.path.as_str())
    }

    /// Every file, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &FileEntry> {
        self.listing.files.iter()
    }

    /// Whether the project has this file, not ignored.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.entry(path).is_some()
    }

    /// The files as they were listed.
    #[must_use]
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The listed file at this path.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&FileEntry> {
        let files = &self.listing.files;
        files.get(files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?)
    }

    /// Whether the file is on disk, ignored or not.
    #[must_use]
    pub fn on_disk(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// Whether git tracks the file: `None` when that cannot be known.
    #[must_use]
    pub fn is_tracked(&self, path: &str) -> Option<bool> {
        Some(self.tracked.as_ref().ok()?.as_ref()?.contains(path))
    }

    /// The text of a listed file, a lock file's up to the size that its reader takes. Those that cannot be read are counted
    /// once.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let most = if lock::reader(path).is_some() { MAX_LOCK_BYTES } else { MAX_FILE_BYTES };
        let read = self.entry(path)?.read_up_to(most);
        if let Err(unread) = &read {
            self.gaps.borrow_mut().add(unread.reason(), path);
        }
        let text: Option<Rc<str>> = read.ok().map(Rc::from);
        self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// Counts a file whose content was not understood.
    pub fn not_understood(&self, path: &str, reason: &str) {
        self.gaps.borrow_mut().add(reason, path);
    }

    /// What could not be read or understood.
    #[must_use]
    pub fn gaps(&self) -> Gaps {
        self.gaps.borrow().clone()
    }

    /// Whether one of `names` stands in a folder above the project, up to the top of its git work tree: a project
    /// that is part of a monorepo shares its lock file and its CI with the whole.
    #[must_use]
    pub fn above(&self, names: &[&str]) -> Option<String> {
        if !matches!(self.tracked, Ok(Some(_))) || self.root.join(".git").symlink_metadata().is_ok() {
            return None;
        }
        for folder in self.root.ancestors().skip(1) {
            if let Some(name) = names.iter().find(|name| folder.join(name).exists()) {
                return Some((*name).to_owned());
            }
            if folder.join(".git").symlink_metadata().is_ok() {
                break;
            }
        }
        None
    }
}

/// The last part of a path.
#[must_use]
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether code is no part of what is deployed. Apps keep their mails and pages in folders such as `templates` and `docs`, where manifests
/// and settings are of what is made from them.
#[must_use]
pub fn is_code_aside(path: &str) -> bool {
    let folders = folder_of(path).split('/');
    let counted: Vec<&str> =
        folders.filter(|part| !matches!(part.to_ascii_lowercase().as_str(), "templates" | "docs" | "doc")).collect();
    is_aside(&format!("{}/{}", counted.join("/"), name_of(path)))
}

/// Whether a file is no part of what is deployed: tests and their data, examples, documentation, other people's code.
#[must_use]
pub fn is_aside(path: &str) -> bool {
    folder_of(path).split('/').any(|part| {
        matches!(
            part.to_ascii_lowercase().as_str(),
            "test"
                | "tests"
                | "testing"
                | "__tests__"
                | "e2e"
                | "smoke-test"
                | "smoke-tests"
                | "spec"
                | "fixtures"
                | "fixture"
                | "__fixtures__"
                | "testdata"
                | "example"
                | "examples"
                | "sample"
                | "samples"
                | "docs"
                | "doc"
                | "vendor"
                | "third_party"
                | "templates"
                | "mocks"
                | "__mocks__"
                | "ftp"
                | "playground"
                | "benchmarks"
                | ".devcontainer"
                | "vagrant"
        )
    })
}

/// Whether a path says that its file is used on developers' machines or in tests only. A folder of which that is but a part of
/// the name is somebody's app: `apps/local-eats`.
#[must_use]
pub fn is_for_development(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let parts = |name: &str| name.split(['.', '-', '_']).map(str::to_owned).collect::<Vec<String>>();
    let is_folder = |folder: &str| {
        let parts: Vec<String> = parts(folder).into_iter().filter(|part| !part.is_empty()).collect();
        let ends =
            |word: &String| matches!(word.as_str(), "development" | "tests" | "testing" | "e2e" | "devcontainer");
        parts.iter().any(|word| is_of_development(word))
            && (parts.last().is_some_and(ends)
                || parts.iter().all(|word| is_of_development(word) || OF_NO_APP.contains(&word.as_str())))
    };
    parts(name).iter().any(|word| is_of_development(word)) || folders.split('/').any(is_folder)
}

fn is_of_development(word: &str) -> bool {
    matches!(
        word,
        "dev" | "development" | "test" | "tests" | "testing" | "local" | "ci" | "e2e" | "override" | "devcontainer"
    )
}

/// Words that say what a folder is for, and are the name of no app: `docker-dev`, `test_helpers`.
const OF_NO_APP: [&str; 34] = [
    "assets",
    "build",
    "compose",
    "conf",
    "config",
    "configs",
    "container",
    "containers",
    "data",
    "deploy",
    "deployment",
    "docker",
    "env",
    "environment",
    "environments",
    "envs",
    "fixtures",
    "helpers",
    "image",
    "images",
    "integration",
    "k8s",
    "lib",
    "scripts",
    "server",
    "settings",
    "setup",
    "stack",
    "support",
    "tool",
    "tools",
    "unit",
    "util",
    "utils",
];

/// The line on which `needle` stands first, from 1.
#[must_use]
pub fn line_of(text: &str, needle: &str) -> Option<u32> {
    text.lines().zip(1..).find(|(line, _)| line.contains(needle)).map(|(_, number)| number)
}
