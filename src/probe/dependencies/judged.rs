//! What is known of one package version that advisories speak of, put together and weighed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::advisory::{self, Advisory, Group, Standing};
use super::nearest::{Nearest, nearest};
use super::osv::Answers;
use super::query::Query;
use super::uses::{Finder, Imports};
use super::way_out::{Fixes, Situation, several, way_out};
use super::ways_in::{Graph, WaysIn};
use crate::model::{Confidence, Severity, Uses, WayOut};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Packages, Scope, Version};
use crate::probe::repository::is_aside;

/// How bad a hole is where nobody has rated it.
pub const UNRATED: Severity = Severity::Major;

/// One vulnerable package version of one lock file.
pub struct Judged<'a> {
    /// The lock file.
    pub lock: &'a LockFile,
    /// The package.
    pub package: &'a LockedPackage,
    /// What is known against it.
    pub groups: Vec<Group>,
    /// How it comes in.
    pub ways: WaysIn<'a>,
    /// What to do.
    pub out: WayOut,
    /// Whether the code uses it.
    pub uses: Uses,
}

/// A vulnerable package version, before anything but the advisories was looked at.
pub struct Hit<'a> {
    lock: usize,
    place: usize,
    groups: Vec<Group>,
    package: &'a LockedPackage,
}

/// The vulnerable packages of every lock file, in the order of the files and the packages.
#[must_use]
pub fn hits<'a>(locked: &'a Packages, answers: &Answers, cancel: &CancellationToken) -> Vec<Hit<'a>> {
    let mut found = Vec::new();
    for (at, lock) in locked.locks.iter().enumerate() {
        for (place, package) in lock.packages.iter().enumerate() {
            if cancel.is_cancelled() {
                return found;
            }
            let query = Query::of(package);
            let Some(advisories) = answers.hits.get(&query) else { continue };
            let Some(version) = Version::parse(package.ecosystem, &package.version) else { continue };
            let standings = advisories
                .iter()
                .map(|advisory| (Arc::clone(advisory), advisory::standing(advisory, &query, &version)))
                .filter(|(_, standing)| *standing != Standing::NoConcern)
                .collect();
            let groups = advisory::group(standings);
            if !groups.is_empty() {
                found.push(Hit { lock: at, place, groups, package });
            }
        }
    }
    found
}

/// Weighs each of `hits`, and hands it to `tell`.
pub fn judge<'a>(
    locked: &'a Packages,
    hits: Vec<Hit<'a>>,
    answers: &Answers,
    imports: &Imports,
    cancel: &CancellationToken,
    mut tell: impl FnMut(Judged<'a>),
) {
    // What hit any version of a package may hit the one that is proposed.
    let mut about: BTreeMap<(Ecosystem, &str), Vec<Arc<Advisory>>> = BTreeMap::new();
    for (query, advisories) in &answers.hits {
        let known = about.entry((query.ecosystem, &query.name)).or_default();
        for advisory in advisories {
            if !known.iter().any(|one| one.id == advisory.id) {
                known.push(Arc::clone(advisory));
            }
        }
    }
    let mut fixes = Fixes::default();
    let mut nearests = Vec::with_capacity(hits.len());
    for hit in &hits {
        let package = hit.package;
        let name = package.ecosystem.normalize(&package.name);
        let advisories = about.get(&(package.ecosystem, name.as_str())).map_or(&[][..], Vec::as_slice);
        let nearest = nearest(package, advisories);
        if let Nearest::Fixed(version) | Nearest::Most { version, .. } = &nearest {
            fixes.insert((package.ecosystem, name, package.version.clone()), version.clone());
        }
        nearests.push(nearest);
    }
    let finder = Finder::new(imports);
    let mut graph: Option<(usize, Graph<'a>, BTreeSet<&'a str>)> = None;
    for (hit, nearest) in hits.into_iter().zip(nearests) {
        if cancel.is_cancelled() {
            return;
        }
        let Some(lock) = locked.locks.get(hit.lock) else { continue };
        if graph.as_ref().is_none_or(|(of, ..)| *of != hit.lock) {
            graph = Some((hit.lock, Graph::of(lock), several(lock)));
        }
        let Some((_, graph, several)) = &graph else { continue };
        let package = hit.package;
        let ways = graph.ways_in(hit.place, &locked.manifests);
        let malware = hit.groups.iter().any(|group| group.malware);
        let out = way_out(&Situation {
            lock,
            package,
            ways: &ways,
            nearest: &nearest,
            fixes: &fixes,
            malware,
            several,
            manifests: &locked.manifests,
        });
        let uses = finder.uses(lock, package, &ways, &locked.manifests);
        tell(Judged { lock, package, groups: hit.groups, ways, out, uses });
    }
}

impl Judged<'_> {
    /// For building and testing only.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.package.scope == Scope::Development
    }

    /// The lock file is no part of what is deployed, as its path says.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        is_aside(&self.lock.path)
    }

    /// Production would install it, and none of the code uses it.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.uses == Uses::NotImported && !self.is_development()
    }

    /// How bad one of the holes is here. What no user can reach counts one step less, once.
    #[must_use]
    pub fn severity(&self, group: &Group) -> Severity {
        let severity = group.severity.unwrap_or(UNRATED);
        // Malware runs where it is installed: on the developer's machine and in CI, beside the keys.
        if group.malware || !(self.is_development() || self.is_aside() || self.is_unused()) {
            return severity;
        }
        match severity {
            Severity::Blocker => Severity::Major,
            Severity::Major | Severity::Minor => Severity::Minor,
        }
    }

    /// How sure it is that this hole is there and matters.
    #[must_use]
    pub fn confidence(&self, group: &Group) -> Confidence {
        let confidence = if group.confirmed {
            Confidence::High
        } else if group.disputed {
            Confidence::Low
        } else {
            Confidence::Medium
        };
        match confidence {
            _ if group.malware || !(self.is_unused() || self.is_aside()) => confidence,
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        }
    }

    /// How bad the worst of it is.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.groups.iter().map(|group| self.severity(group)).max().unwrap_or(Severity::Minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::dependencies::advisory::{Affects, Event, Range};
    use crate::probe::dependencies::uses::Code;
    use crate::probe::packages::Manager;
    use crate::probe::packages::lock::{Builder, Draft};

    /// What is said of `a` in a lock file of this path, whose advisory is of this kind.
    fn weighed(path: &str, scope: Scope, malware: bool, imports: &Imports) -> (Severity, Confidence, bool) {
        let mut builder = Builder::new(Manager::Npm, "3");
        builder.add("a", Draft::new("a", "1.0.0", 1));
        builder.wants("package.json", "a", "^1.0.0", scope, "a");
        let lock = builder.finish(path).lock;
        let query = Query::of(&lock.packages[0]);
        let affects = Affects {
            ecosystem: Ecosystem::Npm,
            package: "a".to_owned(),
            ranges: vec![Range(vec![Event::Introduced("0".to_owned())])],
            unread: false,
            versions: Vec::new(),
            last_known: None,
            informational: None,
        };
        let advisory = Advisory {
            rating: Some("CRITICAL".to_owned()),
            malware,
            affects: vec![affects],
            ..Advisory::bare("GHSA-1")
        };
        let mut answers = Answers::default();
        answers.hits.insert(query, vec![Arc::new(advisory)]);
        let locked = Packages { locks: vec![lock], ..Packages::default() };
        let cancel = CancellationToken::new();
        let found = hits(&locked, &answers, &cancel);
        let mut told = Vec::new();
        judge(&locked, found, &answers, imports, &cancel, |one| {
            let group = &one.groups[0];
            told.push((one.severity(group), one.confidence(group), one.is_unused()));
        });
        assert_eq!(told.len(), 1);
        told[0]
    }

    #[test]
    fn what_no_user_can_reach_counts_one_step_less_and_once() {
        let unknown = Imports::default();
        let unused = Imports {
            code: BTreeMap::from([(Ecosystem::Npm, Code { files: 1, ..Code::default() })]),
            ..Imports::default()
        };
        let (blocker, major) = (Severity::Blocker, Severity::Major);
        let (high, medium) = (Confidence::High, Confidence::Medium);
        let (root, aside) = ("package-lock.json", "examples/shop/package-lock.json");
        for (path, scope, malware, imports, expected) in [
            (root, Scope::Production, false, &unknown, (blocker, high, false)),
            (root, Scope::Production, false, &unused, (major, medium, true)),
            (root, Scope::Development, false, &unknown, (major, high, false)),
            // That production does not import what is for development only says nothing more.
            (root, Scope::Development, false, &unused, (major, high, false)),
            (aside, Scope::Production, false, &unknown, (major, medium, false)),
            (aside, Scope::Production, false, &unused, (major, medium, true)),
            (aside, Scope::Development, true, &unused, (blocker, high, false)),
            (root, Scope::Production, true, &unused, (blocker, high, true)),
        ] {
            assert_eq!(weighed(path, scope, malware, imports), expected, "{path} {scope:?} {malware}");
        }
    }
}
