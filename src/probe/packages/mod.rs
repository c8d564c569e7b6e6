//! The packages that the project asks for, and those that arrive.
//!
//! ```text
//!          ┌ manifest/ ─▶ Manifest: what is asked for
//!  files ──┤                 │
//!          └ lock/ ──────────┴▶ LockFile: what arrives, and who needs whom
//! ```
//!
//! `version/` orders versions and `range/` says whether a declared range allows one, each as its ecosystem does.

mod answered;
mod by_name;
mod catalogs;
mod ecosystem;
mod gem_specs;
mod go_sums;
mod implicit;
mod included_builds;
mod json;
mod lines;
mod local;
pub mod lock;
mod lock_index;
mod manager;
pub mod manifest;
pub(super) mod npm_spec;
mod own_projects;
mod raised;
pub mod range;
mod refused;
mod registries;
mod scopes;
mod shell;
mod stands_in;
mod toml_doc;
mod toml_parts;
pub(in crate::probe) mod typed;
mod unlocked;
pub mod version;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use crate::probe::files::{FileEntry, Gaps, Listing, Unread};
use crate::probe::repository::is_aside;

pub use ecosystem::Ecosystem;
pub(in crate::probe) use implicit::is_taken_in;
pub(in crate::probe) use json::ascii_quoted;
pub use local::LocalPackage;
pub use lock::{LockFile, LockedPackage, Origin, Root, Scope, Wanted, is_requirements};
pub use manager::Manager;
pub use manifest::{Declared, Manifest, composer_content_hash};
pub use refused::forces;
pub use unlocked::{Reach, locks_of};
pub use version::Version;

use lock::Around;

/// Larger lock files are not read. The largest in public monorepos are about 10 MB.
pub(in crate::probe) const MAX_LOCK_BYTES: u64 = 64 * 1024 * 1024;

/// Why a lock file or a manifest as a whole could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What it is instead, as a phrase: `not a valid Cargo.lock`.
    pub reason: String,
    /// Where reading stopped.
    pub line: Option<usize>,
}

impl NotUnderstood {
    /// Without a line.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), line: None }
    }

    /// With the line where reading stopped; 0 for unknown.
    pub fn at(reason: impl Into<String>, line: usize) -> Self {
        Self { reason: reason.into(), line: Some(line).filter(|line| *line > 0) }
    }

    /// The file of this path, with the line where one is known.
    #[must_use]
    pub fn place(&self, path: &str) -> String {
        self.line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"))
    }
}

/// What the project's manifests and lock files say.
#[derive(Debug, Default)]
pub struct Packages {
    /// The manifests that were understood, by path.
    pub manifests: BTreeMap<String, Manifest>,
    /// The lock files that were understood, sorted by path.
    pub locks: Vec<LockFile>,
    /// What commands of containers install by name in an exact version: as lock files of these files, which they are not.
    pub installed: Vec<LockFile>,
    /// The packages whose code comes from folders and forks.
    pub locals: Vec<LocalPackage>,
    /// Lock files, and manifests without one, that were not examined.
    pub not_examined: u64,
    /// Everything that was passed over.
    pub gaps: Gaps,
    /// The same of lock files and manifests that are no part of what is deployed: tests' data, examples, documentation.
    pub gaps_aside: Gaps,
}

/// Reads every manifest and every lock file. Stops early, with what it has, when `cancel` is set.
#[must_use]
pub fn collect(listing: &Listing, cancel: &CancellationToken) -> Packages {
    let mut found = Packages::default();
    let (aside, deployed): (Vec<&FileEntry>, Vec<_>) = listing.files.iter().partition(|file| is_aside(&file.path));
    found.manifests = manifest::collect(deployed, &mut found.gaps, cancel);
    found.manifests.extend(manifest::collect(aside, &mut found.gaps_aside, cancel));
    for file in &listing.files {
        if cancel.is_cancelled() {
            return found;
        }
        if let Some(read) = lock::reader(&file.path) {
            let around = Around { path: &file.path, manifests: &found.manifests };
            match text_of(file).and_then(|text| read(&text, &around)) {
                Ok(reading) => found.add(reading),
                Err(why) => found.pass_over(&file.path, &why),
            }
        } else if let Some(why) = lock::unread_reason(file.name()).filter(|_| !has_text_form(file, listing)) {
            found.pass_over(&file.path, &NotUnderstood::new(why));
        }
    }
    lock::collect_requirements(&mut found, listing, cancel);
    scopes::raise(&mut found);
    let mut unlocked = BTreeSet::new();
    for (path, why) in unlocked::manifests(listing, &found, cancel) {
        found.pass_over(&path, &NotUnderstood::new(why));
        unlocked.insert(path);
    }
    included_builds::add_gaps(&mut found, listing);
    own_projects::note(&mut found, listing);
    answered::add_gaps(&mut found, listing, &unlocked);
    refused::add_gaps(&mut found, listing);
    raised::add_gaps(&mut found, listing);
    registries::add_gaps(&mut found, listing);
    let folders = by_name::add_gaps(&mut found, listing, cancel);
    gem_specs::add_gaps(&mut found, listing);
    go_sums::add_gaps(&mut found, listing);
    local::collect(&mut found, listing, &folders);
    found.add_unlisted(listing);
    found.locks.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Bun itself passes over `bun.lockb` where `bun.lock` stands beside it.
fn has_text_form(file: &FileEntry, listing: &Listing) -> bool {
    file.path.strip_suffix("bun.lockb").is_some_and(|folder| {
        let text = format!("{folder}bun.lock");
        listing.files.binary_search_by(|file| file.path.as_str().cmp(&text)).is_ok()
    })
}

fn text_of(file: &FileEntry) -> Result<String, NotUnderstood> {
    file.read_up_to(MAX_LOCK_BYTES).map_err(|why| match why {
        Unread::TooLarge => NotUnderstood::new("lock file larger than 64 MB"),
        other => NotUnderstood::new(format!("lock file that is {}", other.reason())),
    })
}

impl Packages {
    fn add(&mut self, reading: lock::Reading) {
        self.gaps_of(&reading.lock.path).merge(reading.gaps);
        self.locks.push(reading.lock);
    }

    /// Where it is counted what was passed over in a file.
    fn gaps_of(&mut self, path: &str) -> &mut Gaps {
        if is_aside(path) { &mut self.gaps_aside } else { &mut self.gaps }
    }

    fn pass_over(&mut self, path: &str, why: &NotUnderstood) {
        if is_aside(path) {
            self.gaps_aside.add(&why.reason, &why.place(path));
            return;
        }
        self.not_examined += 1;
        self.gaps.add(&why.reason, &why.place(path));
    }

    /// Folders that could not be opened, and files beyond the limit, may hold lock files.
    fn add_unlisted(&mut self, listing: &Listing) {
        for gap in listing.gaps.clone().into_vec() {
            if gap.reason == Unread::Unreadable.reason() || gap.reason == Unread::TooMany.reason() {
                let aside = gap.examples.iter().filter(|path| is_aside(&format!("{path}/"))).count() as u64;
                self.not_examined += gap.count.saturating_sub(aside);
                for example in &gap.examples {
                    self.gaps_of(&format!("{example}/")).add(&gap.reason, example);
                }
            }
        }
    }
}
