//! How much of the project's packages was compared with advisories. What is missing here would be a wrong pass.

use std::collections::BTreeSet;

use crate::model::{Coverage, Gap};
use crate::probe::files::Gaps;
use crate::probe::packages::manifest::Source;
use crate::probe::packages::{Declared, Ecosystem, LockFile, Manager, Manifest, Packages};
use crate::probe::repository::is_aside;

/// Finds what lock files and manifests, each read well, leave open between them.
pub fn add_gaps(locked: &mut Packages) {
    let mut open: Vec<(&str, String)> = Vec::new();
    let roots: BTreeSet<&str> =
        locked.locks.iter().flat_map(|lock| &lock.roots).map(|root| root.manifest.as_str()).collect();
    for (path, manifest) in &locked.manifests {
        let Some(ecosystem) = ecosystem(path).filter(|_| asks(manifest)) else { continue };
        // A manifest that is its own lock file has an answer for itself.
        if locked.locks.iter().any(|lock| lock.path == *path) {
            continue;
        }
        let folder = folder(path);
        // What one beside does not hold is counted package by package.
        let is_beside = |lock: &LockFile| {
            lock.manager.ecosystem() == ecosystem && self::folder(&lock.path) == folder && !lock.is_constraints()
        };
        if locked.locks.iter().any(is_beside) {
            continue;
        }
        // A lock file above answers for its workspace's members, and for nothing else. Requirements files name themselves
        // only, and may be meant for all that lies below.
        let mut above = locked
            .locks
            .iter()
            .filter(|lock| lock.manager.ecosystem() == ecosystem && folder.starts_with(self::folder(&lock.path)))
            .filter(|lock| matches!(ecosystem, Ecosystem::Npm | Ecosystem::PyPi) && lock.manager != Manager::Pip)
            .peekable();
        if above.peek().is_some() && !roots.contains(path.as_str()) && above.all(|lock| !lock.roots.is_empty()) {
            open.push(("manifest that the lock file above does not answer for", path.clone()));
        }
    }
    for (reason, path) in open {
        if is_aside(&path) {
            locked.gaps_aside.add(reason, &path);
        } else {
            locked.not_examined += 1;
            locked.gaps.add(reason, &path);
        }
    }
}

/// Where the packages of a manifest come from, for those kinds whose lock files say which manifests they answer for.
fn ecosystem(path: &str) -> Option<Ecosystem> {
    match path.rsplit('/').next()? {
        "package.json" => Some(Ecosystem::Npm),
        "Cargo.toml" => Some(Ecosystem::CratesIo),
        "pyproject.toml" => Some(Ecosystem::PyPi),
        "composer.json" => Some(Ecosystem::Packagist),
        _ => None,
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("")
}

/// Whether it asks for a package that a registry would deliver, or may do so.
fn asks(manifest: &Manifest) -> bool {
    let platform =
        |name: &str| matches!(name, "php" | "python") || name.starts_with("ext-") || name.starts_with("lib-");
    // npm installs `optionalDependencies` like all others; what peers bring along, others ask for.
    let npm = manifest.path.ends_with("package.json");
    let called = |one: &Declared| one.alias.clone().unwrap_or_else(|| one.name.clone());
    let times = |name: &str| manifest.declared.iter().filter(|one| called(one) == name).count();
    let left_out =
        |one: &Declared| one.optional && (!npm || manifest.peers.contains(&called(one)) && times(&called(one)) == 1);
    !manifest.gaps.is_empty()
        || (manifest.declared.iter())
            .any(|one| one.source == Source::Registry && !left_out(one) && !platform(&one.name))
}

/// How far the rule got.
#[must_use]
pub fn coverage(locked: &Packages, packages: u64, gaps: &Gaps) -> Coverage {
    let gaps = gaps.clone().into_vec();
    let deployed = locked.locks.iter().filter(|lock| !is_aside(&lock.path)).count();
    match (deployed, packages) {
        (0, _) if locked.not_examined == 0 && locked.locks.is_empty() => {
            Coverage::Nothing("there is no lock file, so nobody can say which versions arrive".to_owned())
        }
        (0, _) if locked.not_examined == 0 => Coverage::Nothing(
            "only tests, examples and documentation have a lock file, so nobody can say which versions arrive"
                .to_owned(),
        ),
        (_, 0) if !gaps.is_empty() => Coverage::Nothing(told(&gaps)),
        (_, 0) => Coverage::Absent("the lock files name no packages".to_owned()),
        _ if !gaps.is_empty() => Coverage::Part(told(&gaps)),
        _ => Coverage::Whole,
    }
}

/// What is missing, as one sentence.
fn told(gaps: &[Gap]) -> String {
    let mut parts: Vec<String> = gaps.iter().take(3).map(told_one).collect();
    if let Some(more) = gaps.len().checked_sub(3).filter(|more| *more > 0) {
        parts.push(format!("and {more} more reasons"));
    }
    format!("incomplete: {}", parts.join("; "))
}

fn told_one(gap: &Gap) -> String {
    let examples = gap.examples.join(", ");
    let more = gap.count.saturating_sub(gap.examples.len() as u64);
    if more == 0 {
        format!("{} ({examples})", gap.reason)
    } else {
        format!("{} ({examples} and {more} more)", gap.reason)
    }
}
