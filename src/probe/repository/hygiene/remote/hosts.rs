//! Packages that a lock file takes from another host than all others: who can write to the lock file, in a pull request
//! say, can put code of their own there, and nobody reads lock files.

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::super::{Repo, is_aside, listed, named};
use super::META;
use super::places::{Kind, Place, leaves_out_usual, names_hosts, places, registry};
use super::told::Told;
use crate::model::{Coverage, Finding, Location, Severity, Span};
use crate::probe::packages::manifest::Source;
use crate::probe::packages::{LockFile, MAX_LOCK_BYTES, Manager, Packages};

/// So many packages of one registry are no exception.
const FEW: u64 = 3;
/// From so large a part of all, a host is one of the usual ones.
const PART: u64 = 4;

/// How many packages come from each host.
type Counts = BTreeMap<(Manager, Kind), BTreeMap<String, u64>>;

/// One finding for each lock file and host, and how far this got.
pub fn look(repo: &Repo, packages: &Packages, cancel: &CancellationToken) -> (Vec<Finding>, Coverage) {
    let mut counts = Counts::new();
    let mut without: BTreeMap<Manager, u64> = BTreeMap::new();
    let (mut read, mut unread): (Vec<(&LockFile, Vec<Place>)>, Option<&str>) = (Vec::new(), None);
    for lock in packages.locks.iter().filter(|lock| names_hosts(lock.manager) && !is_aside(&lock.path)) {
        if cancel.is_cancelled() {
            break;
        }
        let Some(text) = repo.entry(&lock.path).and_then(|entry| entry.read_up_to(MAX_LOCK_BYTES).ok()) else {
            unread = Some(&lock.path);
            continue;
        };
        let found = places(lock.manager, &text);
        let all = lock.packages.len() as u64;
        *without.entry(lock.manager).or_default() += all.saturating_sub(found.len() as u64);
        for place in &found {
            let counts = counts.entry((lock.manager, place.kind)).or_default();
            *counts.entry(registry(&place.host).to_owned()).or_default() += 1;
        }
        read.push((lock, found));
    }
    let usual: BTreeMap<(Manager, Kind), BTreeSet<String>> = counts
        .into_iter()
        .map(|((manager, kind), counts)| {
            let without = without.get(&manager).copied().filter(|_| leaves_out_usual(manager)).unwrap_or(0);
            ((manager, kind), usual(counts, without))
        })
        .collect();
    let elsewhere = declared_elsewhere(packages);
    let mut findings = Vec::new();
    for (lock, places) in read {
        if places.is_empty() || cancel.is_cancelled() {
            continue;
        }
        let told = Told::around(repo, &lock.path, lock.roots.iter().map(|root| root.manifest.as_str()));
        let is_odd = |place: &&Place| {
            let by_site = place.beside.as_ref().is_some_and(|beside| same_site(beside, &place.host));
            let is_usual = match place.kind {
                Kind::Index => !told.indexes || told.dynamic,
                kind => usual.get(&(lock.manager, kind)).is_some_and(|usual| usual.contains(registry(&place.host))),
            };
            !(by_site || is_usual || told.names(&place.host, &place.name) || elsewhere.contains(place.name.as_str()))
        };
        let mut by_host: BTreeMap<&str, Vec<&Place>> = BTreeMap::new();
        for place in places.iter().filter(is_odd) {
            by_host.entry(&place.host).or_default().push(place);
        }
        findings.extend(by_host.into_iter().filter_map(|(host, places)| finding(lock, host, &places)));
    }
    let coverage = unread.map_or(Coverage::Whole, |path| Coverage::Part(format!("`{path}` could not be read")));
    (findings, coverage)
}

/// The hosts that most packages come from. `without` of them come from the usual registry without naming it.
fn usual(counts: BTreeMap<String, u64>, without: u64) -> BTreeSet<String> {
    let all: u64 = counts.values().sum::<u64>() + without;
    let most = counts.values().copied().max().unwrap_or(0).max(without);
    let is_usual = |count: u64| (count == most && count > without) || (count >= FEW && count * PART >= all);
    counts.into_iter().filter(|(_, count)| is_usual(*count)).map(|(host, _)| host).collect()
}

/// Packages that a manifest itself takes from git or an address, which is told elsewhere.
fn declared_elsewhere(packages: &Packages) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut by_manifest: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, manifest) in &packages.manifests {
        let remote = manifest.declared.iter().filter(|declared| matches!(declared.source, Source::Git | Source::Url));
        let names = remote.flat_map(|declared| [Some(&*declared.name), declared.alias.as_deref()]).flatten();
        by_manifest.insert(path, names.collect());
    }
    // The package may call itself otherwise.
    for (lock, root) in packages.locks.iter().flat_map(|lock| lock.roots.iter().map(move |root| (lock, root))) {
        let Some(names) = by_manifest.get(root.manifest.as_str()) else { continue };
        let asked = root.wanted.iter().filter(|wanted| names.contains(wanted.name.as_str()));
        found.extend(asked.filter_map(|wanted| Some(lock.packages.get(wanted.package)?.name.as_str())));
    }
    found.extend(by_manifest.into_values().flatten());
    found
}

/// Whether two hosts belong together by their last two names: `api.example.com` and `example.com`.
fn same_site(a: &str, b: &str) -> bool {
    let site = |host: &str| host.rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    site(a) == site(b)
}

fn finding(lock: &LockFile, host: &str, places: &[&Place]) -> Option<Finding> {
    let first = places.first()?;
    let plain = places.iter().any(|place| place.plain);
    let over = if plain { ", over plain HTTP" } else { "" };
    let mut names: Vec<&str> = places.iter().map(|place| place.name.as_str()).filter(|name| !name.is_empty()).collect();
    names.dedup();
    let message = if names.is_empty() {
        format!("`{}` takes packages from `{host}`{over}, which no manifest and no setting names", lock.path)
    } else {
        let verb = if names.len() == 1 { "comes" } else { "come" };
        let who = named(names.into_iter(), 4);
        format!("{who} {verb} from `{host}`{over}: no other package of `{}` does, and no setting names it", lock.path)
    };
    let location = Location::File { path: lock.path.clone(), span: Some(Span::line(first.line)) };
    let lines: Vec<String> =
        places.iter().map(|place| format!("line {}  {} from {host}", place.line, place.name)).collect();
    let fix = "Look in the file's history who put it there. Where nobody knows, take the entry out, install anew, and treat \
               the package as hostile. Where it is right, name this registry for its packages in your package manager's \
               settings, so that everyone sees it.";
    let finding = Finding::new(&META, location, format!("host {host}"), message).fix(fix).evidence(listed(&lines));
    Some(if plain { finding.severity(Severity::Major) } else { finding })
}
