//! Composer: what its own `composer show --locked` lists (Composer 2.5.5).

use gonogo::probe::packages::{Origin, Scope};

use super::{collected, fixture, told_wants, ways};

#[test]
fn packages_are_those_that_composer_lists() {
    let folder = fixture("composer/project");
    let packages = collected(&folder);
    let [lock] = packages.locks.as_slice() else { panic!("{:?}", packages.gaps) };
    let direct: Vec<usize> = lock
        .roots
        .iter()
        .filter(|r| r.manifest == "composer.json")
        .flat_map(|r| &r.wanted)
        .map(|w| w.package)
        .collect();
    let mut told: Vec<String> = (lock.packages.iter().enumerate())
        .map(|(at, p)| {
            let scope = if p.scope == Scope::Development { " dev" } else { "" };
            let direct = if direct.contains(&at) && p.name != "acme/logger" { " direct" } else { "" };
            format!("{} {}{scope}{direct}", p.name, p.version)
        })
        .collect();
    // The package of the project itself is no package but another manifest.
    told.push("shop/own 1.0.0 direct".to_owned());
    told.sort_by_key(|line| line.to_lowercase());
    let listed = std::fs::read_to_string(fixture("composer/show.txt")).unwrap();
    assert_eq!(told, listed.lines().collect::<Vec<_>>());
    assert!(packages.gaps.is_empty(), "{:?}", packages.gaps);
    assert_eq!(
        told_wants(lock),
        [
            "composer.json: acme/fork dev-main -> acme/fork dev-main",
            "composer.json: acme/framework ^10.0 -> acme/framework 10.2.1",
            "composer.json: acme/pack ^1 -> acme/pack 1.0.0 dev",
            "composer.json: acme/plugin * -> acme/plugin 1.0.0 dev",
            "composer.json: acme/test * -> acme/test 9.0.0 dev",
            "composer.json: psr/log-implementation * -> acme/logger 2.5.0",
            "packages/own/composer.json: acme/mailer ^1.4@beta -> acme/mailer 1.4.0-beta1",
        ]
    );
    assert_eq!(
        ways(lock),
        [
            "acme/framework > acme/logger",
            "acme/fork > psr/log",
            "acme/logger > psr/log",
            "acme/mailer > Acme/Tool-Kit",
            "acme/mailer > acme/framework",
            "acme/pack > acme/assert",
            "acme/test > acme/assert",
            "acme/test > psr/log",
        ]
        .map(str::to_owned)
        .into_iter()
        .collect()
    );
    let of = |name: &str| lock.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("acme/fork").origin, Origin::Elsewhere);
    assert_eq!(of("acme/pack").origin, Origin::Registry);
    assert!(of("acme/plugin").install_script);
    assert_eq!(of("acme/logger").licence.as_deref(), Some("MIT OR GPL-2.0-only"));
}
