//! How well the project keeps its dependencies: in step, fixed, known, supported, and allowed to ship.
//!
//! Each rule is a file: its text, a pure function over what manifests and lock files say, and how far it got.

mod conflict_markers;
mod end_of_life;
mod install_scripts;
mod licences;
mod lookalike;
mod out_of_step;
mod remote;
mod renovate;
mod several;
mod spdx;
mod unused;
mod updates_incomplete;

use std::rc::Rc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::manifests;
use super::repo::{Repo, is_aside, name_of};
use crate::model::{Coverage, Evidence, EvidenceKind, Finding, Gap, Observation, RuleMeta, counted};
use crate::probe::files::Unread;
use crate::probe::packages::{Ecosystem, Manifest, Packages, lock, manifest};

pub use end_of_life::BaseImage;

pub use conflict_markers::META as CONFLICT_MARKERS;
pub use end_of_life::META as END_OF_LIFE;
pub use install_scripts::META as INSTALL_SCRIPTS;
pub use licences::META as LICENCES;
pub use lookalike::META as LOOKALIKE;
pub use out_of_step::META as OUT_OF_STEP;
pub use remote::META as REMOTE;
pub use renovate::Renovate;
pub use several::META as SEVERAL;
pub use unused::META as UNUSED;
pub use updates_incomplete::{META as UPDATES_INCOMPLETE, is_watched};

/// What the rules saw, and how far each of them got.
#[derive(Debug, Default)]
pub struct Seen {
    /// What they saw.
    pub observations: Vec<Observation>,
    /// How far each got.
    pub coverage: Vec<(&'static str, Coverage)>,
}

impl Seen {
    fn add(&mut self, rule: &'static RuleMeta, findings: Vec<Finding>, coverage: Coverage) {
        self.observations.extend(findings.into_iter().map(Observation::from));
        self.coverage.push((rule.id, coverage));
    }
}

/// Applies every rule. `images` are what the project's containers are built on.
#[must_use]
pub fn look(
    repo: &Repo,
    packages: &Packages,
    images: &[BaseImage],
    now: Timestamp,
    cancel: &CancellationToken,
) -> Seen {
    let text = |path: &str| repo.text(path);
    let locks = Locks::of(repo, packages);
    let mut seen = Seen::default();
    seen.add(
        &out_of_step::META,
        out_of_step::findings(packages, &text, cancel),
        out_of_step::coverage(packages, &locks, &text),
    );
    let (findings, coverage) = conflict_markers::look(repo, &locks);
    seen.add(&conflict_markers::META, findings, coverage);
    seen.add(&several::META, several::findings(packages, &locks, &text), several::coverage(packages, &locks));
    let (findings, coverage) = remote::look(repo, packages, cancel);
    seen.add(&remote::META, findings, coverage);
    let scripts = install_scripts::findings(packages, &text);
    seen.add(&install_scripts::META, scripts, install_scripts::coverage(packages, &locks));
    seen.add(&lookalike::META, lookalike::findings(packages), lookalike::coverage(packages));
    let ended = end_of_life::findings(packages, repo, images, now);
    seen.add(&end_of_life::META, ended, end_of_life::coverage());
    let (findings, coverage) = updates_incomplete::look(repo, packages);
    seen.add(&updates_incomplete::META, findings, coverage);
    let (findings, coverage) = unused::look(repo, packages, cancel);
    seen.add(&unused::META, findings, coverage);
    seen.add(&licences::META, licences::findings(packages, &text), licences::coverage(packages, &locks));
    seen
}

/// What was passed over, but for what other rules tell: a lock file that is missing, and what advisories do not cover.
#[must_use]
pub fn gaps(packages: &Packages) -> Vec<Gap> {
    let mut all = packages.gaps.clone();
    for manifest in packages.manifests.values().filter(|manifest| !is_aside(&manifest.path)) {
        all.merge(manifest.gaps.within(&manifest.path));
    }
    all.into_vec()
        .into_iter()
        .filter(|gap| {
            !lock::reason::NOT_COVERED.contains(&&*gap.reason) && !gap.reason.ends_with("without a lock file")
        })
        .collect()
}

/// What is not known of the product's manifests, as a sentence: folders that were not listed, files that were not
/// understood, and what those leave open that `matters` picks.
fn left_open(repo: &Repo, packages: &Packages, matters: impl Fn(&Manifest) -> bool) -> Option<String> {
    let unlisted = |gap: &Gap| [Unread::Unreadable, Unread::TooMany].iter().any(|why| gap.reason == why.reason());
    let unlisted: u64 =
        repo.listing().gaps.clone().into_vec().iter().filter(|gap| unlisted(gap)).map(|gap| gap.count).sum();
    if unlisted > 0 {
        return Some(format!("{} could not be looked into", counted("places", unlisted)));
    }
    let is_product = |path: &str| manifest::is_manifest(path) && !is_aside(path);
    let product = packages.manifests.values().filter(|manifest| !is_aside(&manifest.path) && matters(manifest));
    manifests::unread_of(repo, packages, is_product).or_else(|| manifests::unclear(product))
}

/// A file's text by its path, where it can be read.
type Text<'a> = &'a dyn Fn(&str) -> Option<Rc<str>>;

/// The lock files that the project has, read or not.
#[derive(Debug, Default)]
struct Locks {
    /// The paths of all of them.
    all: Vec<String>,
    /// Those that were not read or not understood.
    unread: Vec<String>,
}

impl Locks {
    fn of(repo: &Repo, packages: &Packages) -> Self {
        let all: Vec<String> =
            repo.paths().filter(|path| !is_aside(path) && is_lock(path)).map(str::to_owned).collect();
        let read = |path: &String| packages.locks.iter().any(|lock| lock.path == *path);
        Self { unread: all.iter().filter(|path| !read(path)).cloned().collect(), all }
    }

    /// Whole, absent where there is no lock file, and in part where one of them could not be read.
    fn coverage(&self) -> Coverage {
        match (self.all.len(), self.unread.as_slice()) {
            (0, _) => Coverage::Absent("there is no lock file".to_owned()),
            (_, []) => Coverage::Whole,
            (_, [one]) => Coverage::Part(format!("`{one}` was not read")),
            (_, [one, more @ ..]) => {
                Coverage::Part(format!("`{one}` and {} more lock files were not read", more.len()))
            }
        }
    }
}

/// Whether a file of this path fixes the versions of packages. `go.mod` and `pom.xml` are manifests that do so themselves.
fn is_lock(path: &str) -> bool {
    let name = name_of(path);
    !matches!(name, "go.mod" | "pom.xml") && (lock::reader(path).is_some() || name == "bun.lockb")
}

/// `a`, `b` and 3 more.
fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let shown: Vec<String> = names.take(most).map(|name| format!("`{name}`")).collect();
    match (more, shown.as_slice()) {
        (0, [before @ .., last]) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        (0, _) => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Lines of evidence, not more than are worth reading.
fn listed(lines: &[String]) -> Evidence {
    const MOST: usize = 20;
    let mut text = lines.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join("\n");
    if lines.len() > MOST {
        text.push_str(&format!("\nand {} more", lines.len() - MOST));
    }
    Evidence::new(EvidenceKind::Note, text)
}

/// What people call the registry's packages of an ecosystem.
const fn noun(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::CratesIo => "crate",
        Ecosystem::RubyGems => "gem",
        Ecosystem::Go => "module",
        Ecosystem::Npm | Ecosystem::PyPi | Ecosystem::Packagist | Ecosystem::Maven => "package",
    }
}

/// The ecosystem of the packages that a manifest of this path asks for.
pub fn ecosystem_of(path: &str) -> Ecosystem {
    manifest::ecosystem(path).unwrap_or(Ecosystem::PyPi)
}

#[cfg(test)]
pub(super) use remote::findings as remote_findings;
#[cfg(test)]
pub(super) mod samples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_are_known_by_their_path() {
        for path in ["package-lock.json", "api/pylock.prod.toml", "jvm/gradle/dependency-locks/a.lockfile", "bun.lockb"]
        {
            assert!(is_lock(path), "{path}");
        }
        for path in ["go.mod", "app/pom.xml", "a.lockfile", "package.json"] {
            assert!(!is_lock(path), "{path}");
        }
    }

    #[test]
    fn what_manifests_leave_open_is_told_with_their_names() {
        let mut open = samples::manifest("api/Gemfile", &[]);
        open.gaps.add("odd", "line 3");
        let mut aside = samples::manifest("tests/Gemfile", &[]);
        aside.gaps.add("odd", "line 4");
        let told = gaps(&samples::packages(vec![open, aside], Vec::new()));
        assert_eq!(
            told,
            [Gap { reason: "odd".to_owned(), count: 1, examples: vec!["api/Gemfile: line 3".to_owned()] }]
        );
    }
}
