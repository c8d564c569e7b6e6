//! What a manifest needs in production by now, while its lock file was written when only development needed it: installers go by
//! the manifest.

use std::collections::BTreeSet;

use super::lock_index::normal;
use super::{Declared, LockFile, Manifest, Packages, Scope};

/// Counts such packages, and what they need in turn, among those of production.
pub fn raise(found: &mut Packages) {
    let Packages { manifests, locks, .. } = found;
    for lock in locks {
        let ecosystem = lock.manager.ecosystem();
        let mut waiting: Vec<usize> = Vec::new();
        for root in &mut lock.roots {
            let Some(manifest) = manifests.get(&root.manifest) else { continue };
            let needed: BTreeSet<String> = needed(manifest).map(|name| normal(ecosystem, name)).collect();
            for wanted in root.wanted.iter_mut().filter(|wanted| wanted.scope == Scope::Development) {
                if needed.contains(&normal(ecosystem, &wanted.name)) {
                    wanted.scope = Scope::Production;
                    waiting.push(wanted.package);
                }
            }
        }
        raise_from(lock, waiting);
    }
}

/// The names under which a manifest asks for what production needs. What the app works without may be for development alone.
fn needed(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let asked = manifest.declared.iter().filter(|one| one.scope == Scope::Production && !one.optional);
    asked.map(|Declared { name, alias, .. }| alias.as_ref().unwrap_or(name).as_str())
}

fn raise_from(lock: &mut LockFile, mut waiting: Vec<usize>) {
    while let Some(at) = waiting.pop() {
        // What production needed before has its needs there.
        if let Some(package) = lock.packages.get_mut(at).filter(|package| package.scope == Scope::Development) {
            package.scope = Scope::Production;
            waiting.extend(&package.needs);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::{Scope, collect};
    use crate::probe::samples::listed;

    const NPM: &str = r#"{"lockfileVersion": 3, "packages": {"": {"devDependencies": {"a": "1", "tool": "1"}},
        "node_modules/a": {"version": "1.0.0", "dev": true, "dependencies": {"inner": "1"}},
        "node_modules/inner": {"version": "1.0.0", "dev": true}, "node_modules/tool": {"version": "1.0.0", "dev": true}}}"#;
    const PNPM: &str = "lockfileVersion: '9.0'\nimporters:\n  .:\n    devDependencies:\n      a:\n        specifier: '1'\n        version: 1.0.0\n      \
        tool:\n        specifier: '1'\n        version: 1.0.0\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n  \
        inner@1.0.0:\n    resolution: {integrity: sha512-x}\n  tool@1.0.0:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  \
        a@1.0.0:\n    dependencies:\n      inner: 1.0.0\n  inner@1.0.0: {}\n  tool@1.0.0: {}\n";
    const BUN: &str = r#"{"lockfileVersion": 1, "workspaces": {"": {"devDependencies": {"a": "1", "tool": "1"}}}, "packages": {
        "a": ["a@1.0.0", "", {"dependencies": {"inner": "1"}}, "x"], "inner": ["inner@1.0.0", "", {}, "x"], "tool": ["tool@1.0.0", "", {}, "x"]}}"#;

    #[test]
    fn what_production_needs_by_now_is_productions() {
        for (lock, text) in [("package-lock.json", NPM), ("pnpm-lock.yaml", PNPM), ("bun.lock", BUN)] {
            let production = |manifest: &str| {
                let (_folder, listing) = listed(&[("package.json", manifest), (lock, text)]);
                let found = collect(&listing, &CancellationToken::new());
                let lock = &found.locks[0];
                let all = lock.packages.iter().filter(|package| package.scope == Scope::Production);
                let names = all.map(|package| package.name.clone()).collect::<Vec<_>>().join(" ");
                let wanted = lock.roots.iter().flat_map(|root| &root.wanted);
                (names, wanted.filter(|wanted| wanted.scope == Scope::Production).count())
            };
            let before = production(r#"{"devDependencies": {"a": "1", "tool": "1"}}"#);
            assert_eq!(before, (String::new(), 0), "{lock}");
            let moved = production(r#"{"dependencies": {"a": "1"}, "devDependencies": {"tool": "1"}}"#);
            assert_eq!(moved, ("a inner".to_owned(), 1), "{lock}");
            // A library that is developed with what its users bring along.
            let peer = production(r#"{"devDependencies": {"a": "1", "tool": "1"}, "peerDependencies": {"a": "1"}}"#);
            assert_eq!(peer, (String::new(), 0), "{lock}");
        }
    }
}
