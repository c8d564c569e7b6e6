//! Cargo: what `cargo metadata --locked --all-features` says of a workspace (Cargo 1.95.0).

use std::collections::BTreeSet;

use gonogo::probe::packages::Scope;

use super::{collected, fixture, told_wants};

#[test]
fn packages_and_edges_are_those_of_cargo_metadata() {
    let packages = collected(&fixture("cargo/workspace"));
    let [lock] = packages.locks.as_slice() else { panic!("{:?}", packages.gaps) };
    let name = |at: usize| format!("{} {}", lock.packages[at].name, lock.packages[at].version);
    let mut told = BTreeSet::new();
    for (at, package) in lock.packages.iter().enumerate() {
        let scope = if package.scope == Scope::Development { " dev" } else { "" };
        told.insert(format!("{}{scope}", name(at)));
        told.extend(package.needs.iter().map(|to| format!("{} > {}", name(at), name(*to))));
    }
    let listed = std::fs::read_to_string(fixture("cargo/metadata.txt")).unwrap();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let of_packages =
        |all: &BTreeSet<String>| all.iter().filter(|line| !line.contains('>')).cloned().collect::<Vec<_>>();
    assert_eq!(of_packages(&told), of_packages(&listed));
    // The lock file also has what features that nobody asks for would need: cargo leaves those edges out.
    let missing: Vec<_> = listed.difference(&told).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(packages.gaps.is_empty(), "{:?}", packages.gaps);
}

#[test]
fn each_member_of_a_workspace_asks_for_itself() {
    let packages = collected(&fixture("cargo/workspace"));
    let wants: Vec<String> = told_wants(&packages.locks[0])
        .into_iter()
        .map(|line| {
            line.rsplit_once(" -> ").map_or(line.clone(), |(asked, got)| {
                format!(
                    "{asked} -> {}{}",
                    got.split(' ').next().unwrap(),
                    if got.ends_with("dev") { " dev" } else { "" }
                )
            })
        })
        .collect();
    assert_eq!(
        wants,
        [
            "crates/api/Cargo.toml: libc 0.2 -> libc",
            "crates/api/Cargo.toml: serde 1 -> serde",
            "crates/api/Cargo.toml: sha 0.10 -> sha2",
            "crates/api/Cargo.toml: sha-new 0.11 -> sha2",
            "crates/api/Cargo.toml: tempfile 3 -> tempfile dev",
            "crates/tool/Cargo.toml: semver 1 -> semver dev",
            "crates/util/Cargo.toml: itoa 1 -> itoa",
        ]
    );
}
