//! What follows once all packages of a lock file are known: who needs whom, which drafts are one package, and what is for
//! development alone.

use super::{Edge, Unmerged, number};
use crate::probe::packages::lock::{LockedPackage, Root, Scope};

/// Puts the edges, whose ends are places, into the packages: each once, with the first range that is said.
pub(super) fn link(packages: &mut [LockedPackage], mut edges: Vec<Edge>, ranges: &str) {
    edges.sort_by_key(|edge| (edge.from, edge.to));
    for of_one in edges.chunk_by(|a, b| a.from == b.from) {
        let Some(package) = of_one.first().and_then(|edge| packages.get_mut(edge.from as usize)) else { continue };
        let to_each = || of_one.chunk_by(|a, b| a.to == b.to);
        package.needs = to_each().filter_map(<[Edge]>::first).map(|edge| edge.to as usize).collect();
        let range =
            |edge: &Edge| ranges.get(edge.range.0 as usize..edge.range.1 as usize).filter(|range| !range.is_empty());
        if of_one.iter().any(|edge| range(edge).is_some()) {
            let first = |edges: &[Edge]| edges.iter().find_map(range).unwrap_or("").to_owned();
            package.ranges = to_each().map(first).collect();
        }
    }
}

/// Installers put one version in several folders: it is one package, first named where it stands first. Also says what
/// the format itself says of each package's scope, where one use in production makes it production's, and for each draft
/// which package it became.
///
/// Files name hundreds of thousands of packages: all happens in place.
pub(super) fn merged(mut all: Vec<Unmerged>) -> (Vec<LockedPackage>, Vec<Option<Scope>>, Vec<u32>) {
    all.sort_unstable_by(|(a, _, first), (b, _, second)| {
        (&a.name, &a.version, first).cmp(&(&b.name, &b.version, second))
    });
    let mut said: Vec<Option<Scope>> = Vec::with_capacity(all.len());
    let mut places = vec![0; all.len()];
    let mut last: Option<(&str, &str)> = None;
    for (package, scope, at) in &all {
        let this = (&*package.name, &*package.version);
        match said.last_mut().filter(|_| last == Some(this)) {
            Some(said) => *said = said.iter().chain(scope).copied().min(),
            None => said.push(*scope),
        }
        last = Some(this);
        if let Some(place) = places.get_mut(*at as usize) {
            *place = number(said.len() - 1);
        }
    }
    all.dedup_by(|(package, ..), (first, ..)| {
        let same = package.name == first.name && package.version == first.version;
        if same {
            first.line = first.line.min(package.line);
            first.install_script |= package.install_script;
            first.origin = first.origin.min(package.origin);
            first.licence = first.licence.take().or_else(|| package.licence.take());
            if first.programs.is_empty() {
                first.programs = std::mem::take(&mut package.programs);
            }
        }
        same
    });
    (all.into_iter().map(|(package, ..)| package).collect(), said, places)
}

/// Where the format does not say it, what only development reaches is development's. What nobody reaches counts as
/// production's: nothing may rank lower for want of knowledge.
pub(super) fn derive_scopes(packages: &mut [LockedPackage], roots: &[Root], said: &[Option<Scope>]) {
    let reached = |scope: Scope| {
        let mut seen = vec![false; packages.len()];
        let wanted = roots.iter().flat_map(|root| &root.wanted).filter(|wanted| wanted.scope == scope);
        let mut waiting: Vec<usize> = wanted.map(|wanted| wanted.package).collect();
        while let Some(at) = waiting.pop() {
            let Some(new) = seen.get_mut(at).filter(|seen| !**seen) else { continue };
            *new = true;
            waiting.extend(packages.get(at).into_iter().flat_map(|package| &package.needs));
        }
        seen
    };
    let (production, development) = (reached(Scope::Production), reached(Scope::Development));
    for (at, package) in packages.iter_mut().enumerate() {
        let of = |reached: &[bool]| reached.get(at).copied().unwrap_or(false);
        package.scope = match said.get(at).copied().flatten() {
            Some(scope) => scope,
            None if of(&development) && !of(&production) => Scope::Development,
            None => Scope::Production,
        };
    }
}
