//! Local packages that bear the name of a public one with known vulnerabilities: they may be copies of it, or forks, with the
//! same holes. What is in a folder nobody can tell from its name, so this is never a finding; but what may be a copy is not
//! called free of holes either.

use std::collections::BTreeSet;

use super::osv::Answers;
use super::query::Query;
use crate::probe::packages::lock::{self, GO_LIBRARY};
use crate::probe::packages::{LocalPackage, Packages, Version};

/// Why a local package leaves the question open.
pub mod reason {
    /// The version is one that advisories name.
    pub const VULNERABLE: &str = "folder that bears the name and version of a public package with known vulnerabilities (update it if it is a copy, rename it if it is your own code)";
    /// What code asks for by one name is another package of the registry, of the version that advisories on the name speak of.
    pub const FORK: &str = "fork of a public package in a version with known vulnerabilities, and no advisories are published for the fork (see whether it has mended them)";
    /// Nobody says the version, or not in a way that can be compared.
    pub const NO_VERSION: &str = "folder or fork that bears the name of a public package with known vulnerabilities, and no version to compare (say it in its manifest, or rename it if it is your own code)";
}

/// What to ask about the local packages: their version, or all versions where none is known that could be compared.
#[must_use]
pub fn queries(locked: &Packages) -> BTreeSet<Query> {
    locked.locals.iter().flat_map(|local| [Some(query(local)), fork(local)]).flatten().collect()
}

/// What to ask about a fork itself: one on which advisories are published was compared as every other module.
fn fork(local: &LocalPackage) -> Option<Query> {
    let name = local.ecosystem.normalize(local.fork.as_ref()?);
    Some(Query { ecosystem: local.ecosystem, name, version: String::new() })
}

fn query(local: &LocalPackage) -> Query {
    let comparable = |version: &&String| Version::parse(local.ecosystem, version).is_some();
    let version = local.version.as_ref().filter(comparable).cloned().unwrap_or_default();
    Query { ecosystem: local.ecosystem, name: local.name.clone(), version }
}

/// Takes what was `only` asked about local packages out of the answers, and counts the packages that may be copies.
pub fn take(locked: &mut Packages, answers: &mut Answers, only: &BTreeSet<Query>) {
    for local in std::mem::take(&mut locked.locals) {
        let query = query(&local);
        // Whoever squats on a name did not write what is in the folder.
        let is_known =
            |query: &Query| answers.hits.get(query).is_some_and(|all| all.iter().any(|advisory| !advisory.malware));
        if is_known(&query) && !fork(&local).is_some_and(|fork| is_known(&fork)) {
            let reason = match &*local.name {
                // The least release that builds may take; they may take a better one.
                GO_LIBRARY => lock::reason::GO_LIBRARY,
                _ if query.version.is_empty() => reason::NO_VERSION,
                _ if local.fork.is_some() => reason::FORK,
                _ => reason::VULNERABLE,
            };
            let gaps = if local.aside { &mut locked.gaps_aside } else { &mut locked.gaps };
            gaps.add(reason, &local.shown());
        }
    }
    answers.hits.retain(|query, _| !only.contains(query));
    let asked: BTreeSet<_> = answers.hits.keys().map(|query| (query.ecosystem, query.name.clone())).collect();
    answers.about.retain(|name, _| asked.contains(name));
    answers.looked_up = answers.looked_up.saturating_sub(only.len() as u64);
}
