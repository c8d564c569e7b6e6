//! Bundler: what `bundle list` names with all groups, and with those for development left out (Bundler 2.3.15).

use gonogo::probe::packages::Scope;

use super::{collected, fixture, told_wants, ways};

#[test]
fn packages_are_those_that_bundler_lists() {
    let packages = collected(&fixture("bundler/project"));
    let [lock] = packages.locks.as_slice() else { panic!("{:?}", packages.gaps) };
    let told: Vec<String> = (lock.packages.iter())
        .map(|p| format!("{} {}{}", p.name, p.version, if p.scope == Scope::Development { " dev" } else { "" }))
        .collect();
    let listed = std::fs::read_to_string(fixture("bundler/list.txt")).unwrap();
    assert_eq!(told, listed.lines().collect::<Vec<_>>());
    assert!(packages.gaps.is_empty(), "{:?}", packages.gaps);
    assert_eq!(
        told_wants(lock),
        [
            "Gemfile: enginedep ~> 4.5 -> enginedep 4.5.6",
            "Gemfile: forkgem  -> forkgem 0.3.0",
            "Gemfile: lintish  -> lintish 0.5 dev",
            "Gemfile: native  -> native 1.16.0",
            "Gemfile: rack < 3 -> rack 2.2.9",
            "Gemfile: railish ~> 7.1 -> railish 7.1.2",
            "Gemfile: specs  -> specs 3.12.0 dev",
        ]
    );
    let ways: Vec<String> = ways(lock).into_iter().collect();
    assert_eq!(
        ways,
        [
            "activeish > i18nish",
            "forkgem > rack",
            "lintish > debugish",
            "railish > activeish",
            "railish > rack",
            "specs > specs-core",
            "specs-core > i18nish",
        ]
    );
}
