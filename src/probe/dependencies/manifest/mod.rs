//! Finds the project's lock files and reads the packages out of those that it understands.

mod cargo;
mod lines;
mod npm;
mod requirements;
mod unlocked;
mod unread;

pub use requirements::is_requirements;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::package::Package;
use crate::model::Project;
use crate::probe::files::{self, FileEntry, Gaps, Listing, Unread};

/// Larger lock files are not read. The largest in public monorepos are about 10 MB.
const MAX_LOCK_BYTES: u64 = 32 * 1024 * 1024;

/// Why a package, or a line that stands for one, was not examined.
mod reason {
    pub const ENTRY: &str = "entry of a lock file that was not understood";
    pub const NO_REGISTRY: &str = "package from git, a URL or an archive, which advisories do not cover";
    pub const INCLUDE: &str = "included requirements file that is missing or outside the project";
}

/// What one lock file says.
#[derive(Debug, Default)]
struct Reading {
    packages: Vec<Package>,
    gaps: Gaps,
}

/// Why a lock file as a whole could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotUnderstood {
    reason: String,
    line: Option<usize>,
}

impl NotUnderstood {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: None }
    }

    /// With the line where reading stopped; 0 for unknown.
    fn at(reason: impl Into<String>, line: usize) -> Self {
        Self { reason: reason.into(), line: Some(line).filter(|line| *line > 0) }
    }
}

/// A lock file that was understood.
#[derive(Debug)]
pub struct LockFile {
    /// Relative to the project.
    pub path: String,
    /// Its packages, sorted, each name and version once.
    pub packages: Vec<Package>,
}

/// What the project's lock files say.
#[derive(Debug, Default)]
pub struct Locked {
    /// Those that were understood, sorted by path.
    pub files: Vec<LockFile>,
    /// Lock files, and manifests without one, that were not examined.
    pub not_examined: u64,
    /// Everything that was passed over.
    pub gaps: Gaps,
}

#[derive(Clone, Copy)]
enum Format {
    Npm,
    Cargo,
}

impl Format {
    fn of(name: &str) -> Option<Self> {
        match name {
            "package-lock.json" | "npm-shrinkwrap.json" => Some(Self::Npm),
            "Cargo.lock" => Some(Self::Cargo),
            _ => None,
        }
    }

    fn read(self, text: &str) -> Result<Reading, NotUnderstood> {
        match self {
            Self::Npm => npm::read(text),
            Self::Cargo => cargo::read(text),
        }
    }
}

/// Whether a file of this path is a lock file that is read.
fn is_read(path: &str, name: &str) -> bool {
    Format::of(name).is_some() || requirements::is_requirements(path)
}

/// Reads every lock file of the project. Stops early, with what it has, when `cancel` is set.
#[must_use]
pub fn collect(project: &Project, leave_out: &[String], cancel: &CancellationToken) -> Locked {
    let listing = files::list(&project.root, leave_out, cancel);
    let mut locked = Locked::default();
    for file in &listing.files {
        if cancel.is_cancelled() {
            return locked;
        }
        if let Some(format) = Format::of(file.name()) {
            let read = text_of(file).and_then(|text| format.read(&text));
            match read {
                Ok(reading) => locked.add(&file.path, reading),
                Err(why) => locked.pass_over(&file.path, &why),
            }
        } else if let Some(kind) = unread::kind(file.name()) {
            locked.pass_over(&file.path, &NotUnderstood::new(format!("{kind}, which gonogo does not read yet")));
        }
    }
    locked.add_requirements(&listing, cancel);
    for (path, why) in unlocked::manifests(&listing, cancel) {
        locked.pass_over(&path, &NotUnderstood::new(why));
    }
    locked.add_unlisted(&listing);
    locked.files.sort_by(|a, b| a.path.cmp(&b.path));
    locked
}

fn text_of(file: &FileEntry) -> Result<String, NotUnderstood> {
    file.read_up_to(MAX_LOCK_BYTES).map_err(|why| match why {
        Unread::TooLarge => NotUnderstood::new("lock file larger than 32 MB"),
        other => NotUnderstood::new(format!("lock file that is {}", other.reason())),
    })
}

impl Locked {
    fn add(&mut self, path: &str, reading: Reading) {
        self.gaps.merge(reading.gaps);
        self.files.push(LockFile { path: path.to_owned(), packages: once_each(reading.packages) });
    }

    fn pass_over(&mut self, path: &str, why: &NotUnderstood) {
        self.not_examined += 1;
        let place = why.line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
        self.gaps.add(&why.reason, &place);
    }

    /// Requirements files include each other; each is read once, whatever the circles.
    fn add_requirements(&mut self, listing: &Listing, cancel: &CancellationToken) {
        let by_path: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut waiting: Vec<String> =
            by_path.keys().filter(|path| requirements::is_requirements(path)).map(|path| (*path).to_owned()).collect();
        let mut read: BTreeMap<String, Option<Reading>> = BTreeMap::new();
        let mut includes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(path) = waiting.pop() {
            if cancel.is_cancelled() {
                return;
            }
            let Some(file) = by_path.get(path.as_str()) else { continue };
            if read.contains_key(&path) {
                continue;
            }
            let text = match text_of(file) {
                Ok(text) => text,
                Err(why) => {
                    self.pass_over(&path, &why);
                    read.insert(path, None);
                    continue;
                }
            };
            let (mut reading, targets) = requirements::read(&text);
            let mut reached = Vec::new();
            for target in targets {
                match requirements::resolve(&path, &target).filter(|inner| by_path.contains_key(inner.as_str())) {
                    Some(inner) => reached.push(inner),
                    None => reading.gaps.add(reason::INCLUDE, &format!("{target} in {path}")),
                }
            }
            waiting.extend(reached.iter().cloned());
            includes.insert(path.clone(), reached);
            read.insert(path, Some(reading));
        }
        let development: BTreeSet<String> = requirements::development_only(&includes);
        for (path, reading) in read {
            let Some(mut reading) = reading else { continue };
            let dev = development.contains(&path);
            reading.packages.iter_mut().for_each(|package| package.dev = dev);
            self.add(&path, reading);
        }
    }

    /// Folders that could not be opened, and files beyond the limit, may hold lock files.
    fn add_unlisted(&mut self, listing: &Listing) {
        for gap in listing.gaps.clone().into_vec() {
            if gap.reason == Unread::Unreadable.reason() || gap.reason == Unread::TooMany.reason() {
                self.not_examined += gap.count;
                for example in &gap.examples {
                    self.gaps.add(&gap.reason, example);
                }
            }
        }
    }
}

/// npm installs one version in several folders: the first place stands for all, and one use in production makes it one.
fn once_each(packages: Vec<Package>) -> Vec<Package> {
    let mut known: BTreeMap<(String, String), Package> = BTreeMap::new();
    for package in packages {
        known
            .entry((package.name.clone(), package.version.clone()))
            .and_modify(|first| {
                first.dev &= package.dev;
                first.line = first.line.min(package.line);
            })
            .or_insert(package);
    }
    known.into_values().collect()
}
