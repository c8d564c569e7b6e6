//! How much of the project's packages was compared with advisories. What is missing here would be a wrong pass.

use std::collections::BTreeSet;

use crate::model::{Coverage, Gap};
use crate::probe::files::{Gaps, Listing};
use crate::probe::packages::manifest::Source;
use crate::probe::packages::{Declared, Ecosystem, LockFile, LockedPackage, Manager, Manifest, Packages};
use crate::probe::repository::is_aside;

/// Finds what lock files and manifests, each read well, leave open between them.
pub fn add_gaps(locked: &mut Packages, listing: &Listing) {
    let of_nx: BTreeSet<&str> =
        listing.files.iter().filter(|file| file.name() == "nx.json").map(|file| folder(&file.path)).collect();
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
        let above: Vec<&LockFile> = locked
            .locks
            .iter()
            .filter(|lock| lock.manager.ecosystem() == ecosystem && folder.starts_with(self::folder(&lock.path)))
            .filter(|lock| matches!(ecosystem, Ecosystem::Npm | Ecosystem::PyPi) && lock.manager != Manager::Pip)
            .collect();
        let is_silent =
            above.is_empty() || roots.contains(path.as_str()) || above.iter().any(|lock| lock.roots.is_empty());
        // Nx builds all packages of its workspace from what is installed once, beside its settings
        // (<https://nx.dev/docs/concepts/decisions/dependency-management>).
        let has_all = |lock: &&LockFile| of_nx.contains(self::folder(&lock.path)) && holds(lock, manifest);
        if !(is_silent || above.iter().any(has_all)) {
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
    !manifest.gaps.is_empty() || arriving(manifest).any(|one| one.source == Source::Registry)
}

/// What arrives wherever a manifest is installed.
fn arriving(manifest: &Manifest) -> impl Iterator<Item = &Declared> {
    let platform =
        |name: &str| matches!(name, "php" | "python") || name.starts_with("ext-") || name.starts_with("lib-");
    // npm installs `optionalDependencies` like all others; what peers bring along, others ask for.
    let npm = manifest.path.ends_with("package.json");
    let times = |name: &str| manifest.declared.iter().filter(|one| called(one) == name).count();
    let left_out =
        move |one: &Declared| one.optional && (!npm || manifest.peers.contains(called(one)) && times(called(one)) == 1);
    manifest.declared.iter().filter(move |one| !left_out(one) && !platform(&one.name))
}

fn called(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// Whether a lock file holds all that a manifest of another folder asks for, in versions that it allows: what the manifest beside
/// the lock file asks for under that name, or else every version of it.
fn holds(lock: &LockFile, manifest: &Manifest) -> bool {
    let beside = format!("{}package.json", folder(&lock.path));
    let roots = || lock.roots.iter().filter(|root| root.manifest == beside);
    let is_held = |one: &Declared| {
        let is_it = |package: &&LockedPackage| package.name == one.name;
        let wanted = roots().flat_map(|root| &root.wanted).filter(|wanted| wanted.name == called(one));
        let mut held: Vec<&LockedPackage> = wanted.filter_map(|wanted| lock.packages.get(wanted.package)).collect();
        if held.is_empty() {
            held = lock.packages.iter().filter(is_it).collect();
        }
        let mut all = held.iter();
        !held.is_empty() && all.all(|package| is_it(package) && package.is_allowed_by(&one.range) == Some(true))
    };
    let mut asked = arriving(manifest).filter(|one| one.source != Source::Own);
    manifest.gaps.is_empty() && asked.all(|one| one.source == Source::Registry && is_held(one))
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
