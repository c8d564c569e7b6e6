//! What `go.sum` and `go.work.sum` leave open of a `go.mod` (<https://go.dev/ref/mod#go-sum-files>).
//!
//! A `go.mod` names every version that is built, once `go mod tidy` has seen it. What no sum file answers was written by
//! hand since: what that needs in turn stands nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{Manager, NotUnderstood, Packages};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::{folder, joined};

/// Larger files are not read. Those of large projects have some hundred kilobytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A module that is asked for and that was never downloaded.
const UNANSWERED: &str = "module of a go.mod that no go.sum answers for, so that what it needs is not known";

/// Counts the modules of workspaces that are not there, and what no sum file answers.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let files: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let (mut missing, mut open) = (Vec::new(), Vec::new());
    // By the path of its `go.mod`: the sum files that answer for it.
    let mut sums: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for lock in found.locks.iter().filter(|lock| lock.manager == Manager::Go) {
        sums.insert(lock.path.clone(), BTreeSet::from([format!("{}go.sum", folder(&lock.path))]));
    }
    let mut shared: BTreeSet<String> = BTreeSet::new();
    for (path, work) in found.manifests.iter().filter(|(path, _)| path.rsplit('/').next() == Some("go.work")) {
        let base = folder(path);
        let mut all = BTreeSet::from([format!("{base}go.work.sum")]);
        let mut modules = Vec::new();
        for member in &work.members {
            let module = joined(base, member).and_then(|folder| joined(&folder, "go.mod"));
            match module.filter(|module| !member.starts_with('/') && files.contains_key(module.as_str())) {
                Some(module) => {
                    all.insert(format!("{}go.sum", folder(&module)));
                    modules.push(module);
                }
                None => missing.push(path.clone()),
            }
        }
        for module in modules {
            if let Some(sums) = sums.get_mut(&module) {
                sums.extend(all.iter().cloned());
                shared.insert(module);
            }
        }
    }
    let mut read: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
    for lock in found.locks.iter().filter(|lock| lock.manager == Manager::Go) {
        let Some(paths) = sums.get(&lock.path) else { continue };
        let there: Vec<&FileEntry> = paths.iter().filter_map(|path| files.get(path.as_str()).copied()).collect();
        // Without any the module was never built on its own, which the rule on lock files tells.
        if there.is_empty() && !shared.contains(&lock.path) {
            continue;
        }
        for file in &there {
            read.entry(&file.path).or_insert_with(|| file.read_up_to(MAX_BYTES).ok().map(|text| modules_of(&text)));
        }
        let answers = |name: &str| {
            there.iter().any(|file| {
                let sums = read.get(file.path.as_str()).and_then(Option::as_ref);
                // One that cannot be read may answer for anything, and is counted below.
                sums.is_none_or(|sums| sums.contains(name))
            })
        };
        // Go's own library is no module.
        for package in lock.packages.iter().filter(|package| package.name != "stdlib") {
            if !answers(&format!("{} {}", package.name, package.version)) {
                open.push((lock.path.clone(), format!("{} {}", package.name, package.version)));
            }
        }
    }
    let unread: Vec<String> =
        read.iter().filter(|(_, sums)| sums.is_none()).map(|(path, _)| (*path).to_owned()).collect();
    for path in unread {
        found.pass_over(&path, &NotUnderstood::new("go.sum that could not be read"));
    }
    for path in missing {
        found.pass_over(&path, &NotUnderstood::new("module that a go.work names and that is not in the project"));
    }
    for (path, module) in open {
        found.gaps_of(&path).add(UNANSWERED, &module);
    }
}

/// `module version` of every line, whether it is about the module or its `go.mod` alone.
fn modules_of(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        Some(format!("{name} {}", version.strip_suffix("/go.mod").unwrap_or(version)))
    });
    lines.collect()
}
