//! Versions and ranges, compared with what the ecosystems' own programs answered, and with the laws of an order.

use std::cmp::Ordering;

use gonogo::probe::packages::Ecosystem::{self, CratesIo, Go, Maven, Npm, Packagist, PyPi, RubyGems};
use gonogo::probe::packages::Version;
use gonogo::probe::packages::range::{allows, intersect};
use proptest::prelude::*;

fn parse(ecosystem: Ecosystem, text: &str) -> Version {
    Version::parse(ecosystem, text).unwrap_or_else(|| panic!("{ecosystem} does not read {text}"))
}

fn order(ecosystem: Ecosystem, a: &str, b: &str) -> Ordering {
    parse(ecosystem, a).compare(&parse(ecosystem, b)).unwrap()
}

/// Answers of node-semver 7.8.6, packaging 26.3, poetry-core 2.5.0, RubyGems 3.3.15, composer/semver 3.3.2,
/// golang.org/x/mod/semver of Go 1.19.8 and Maven 3.9.16, to random questions: `a less b`, `range allows version`.
pub(super) const ANSWERS: [(Ecosystem, &str); 7] = [
    (Npm, include_str!("../../fixtures/packages/versions/npm.tsv")),
    (PyPi, include_str!("../../fixtures/packages/versions/pypi.tsv")),
    (PyPi, include_str!("../../fixtures/packages/versions/poetry.tsv")),
    (RubyGems, include_str!("../../fixtures/packages/versions/rubygems.tsv")),
    (Packagist, include_str!("../../fixtures/packages/versions/packagist.tsv")),
    (Go, include_str!("../../fixtures/packages/versions/go.tsv")),
    (Maven, include_str!("../../fixtures/packages/versions/maven.tsv")),
];

#[test]
fn versions_and_ranges_are_those_of_the_ecosystems_own_programs() {
    let mut wrong = Vec::new();
    for (ecosystem, answers) in ANSWERS {
        assert!(answers.lines().count() > 150, "{ecosystem}");
        for line in answers.lines() {
            let [a, verb, b]: [&str; 3] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let right = Version::parse(ecosystem, b);
            let ours = match (verb, &right) {
                ("invalid", right) if a == b => right.is_none(),
                ("less" | "equal" | "greater", Some(right)) => {
                    let word = match parse(ecosystem, a).compare(right).unwrap() {
                        Ordering::Less => "less",
                        Ordering::Equal => "equal",
                        Ordering::Greater => "greater",
                    };
                    word == verb
                }
                ("allows", Some(right)) => allows(ecosystem, a, right) == Some(true),
                ("refuses", Some(right)) => allows(ecosystem, a, right) == Some(false),
                ("invalid", Some(right)) => allows(ecosystem, a, right).is_none(),
                _ => false,
            };
            if !ours {
                wrong.push(format!("{ecosystem}: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Spellings of one version, from the documentation of each ecosystem.
const EQUAL: &[(Ecosystem, &[&str])] = &[
    // What advisories and old lock files write.
    (Npm, &["1.2.0", "1.2", "v1.2", "1.02.0", " 1.2.0 "]),
    // semver.org, item 10: build metadata is ignored.
    (Npm, &["1.2.3", "v1.2.3", "=1.2.3", "1.2.3+build.5"]),
    (CratesIo, &["1.0.0-rc.1", "1.0.0-rc.1+21AF26D3"]),
    // PEP 440, "Normalization".
    (PyPi, &["1.1rc1", "1.1RC1", "1.1.rc1", "1.1-rc1", "1.1c1", "1.1pre1", "v1.1rc1", "1.1rc01", "1.1.0rc1"]),
    (PyPi, &["1.0", "1", "1.0.0", "0!1.0", "01.0", " 1.0 "]),
    (PyPi, &["1.2.post2", "1.2-2", "1.2-post2", "1.2.rev2", "1.2post2"]),
    (PyPi, &["2.0.0", "2.0.0+cu118", "2.0.0+cpu"]),
    // Gem::Version: "Version 1.0 is equal to 1", and a hyphen is `.pre.`.
    (RubyGems, &["1", "1.0", "1.0.0"]),
    (RubyGems, &["1.0.a", "1.a", "1.0.0.a", "1.a.0"]),
    (RubyGems, &["1.0-rc1", "1.0.pre.rc1", "1-rc.1"]),
    // getcomposer.org, "Versions and constraints"; normalized forms of composer/semver.
    (Packagist, &["1.0.0", "v1.0.0", "1.0", "1.0.0.0", "1.0.0-stable", "V1", "1.0.0+meta", "1.0.0@stable"]),
    (Packagist, &["1.0.0-beta2", "1.0.0b2", "1.0.0.beta.2", "v1.0_BETA2", "1.0-b-2"]),
    (Packagist, &["1.0-p1", "1.0-pl1", "1.0-patch1"]),
    (Packagist, &["1.x-dev", "1.*-dev", "1.x.x-dev", "v1.X-dev"]),
    // go.dev/ref/mod: +incompatible takes no part; shortened forms are those of golang.org/x/mod/semver.
    (Go, &["v2.0.0", "2.0.0", "v2.0.0+incompatible", "v2", "v2.0"]),
    // maven.apache.org/pom.html#version-order-specification.
    (Maven, &["1", "1.0", "1.0.0", "1.ga", "1-ga", "1-0", "1.0.final", "1.0.0.RELEASE", "1-0.ga"]),
    (Maven, &["1.0-alpha-1", "1-alpha-1", "1alpha1", "1.a1", "1-ALPHA1", "1-a1"]),
    (Maven, &["1.0-rc2", "1-cr2", "1.0.0.CR2"]),
];

#[test]
fn spellings_of_one_version_are_equal() {
    for (ecosystem, spellings) in EQUAL {
        for a in *spellings {
            for b in *spellings {
                assert_eq!(order(*ecosystem, a, b), Ordering::Equal, "{ecosystem}: {a} and {b}");
            }
        }
    }
}

/// Earliest first, every one before all that follow: from the documentation of each ecosystem and from published lists.
pub(super) const ASCENDING: &[(Ecosystem, &[&str])] = &[
    // semver.org, item 11.
    (
        Npm,
        &[
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0-0",
            "2.0.0",
        ],
    ),
    // PEP 440, "Summary of permitted suffixes and relative ordering".
    (
        PyPi,
        &[
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.1",
        ],
    ),
    // Rails as published.
    (
        RubyGems,
        &[
            "5.2.8.1",
            "6.0.0.beta1",
            "6.0.0.beta2",
            "6.0.0.rc1",
            "6.0.0.rc2",
            "6.0.0",
            "6.0.0.1",
            "6.0.1.rc1",
            "6.0.1",
            "6.0.2.1",
            "6.0.10",
            "6.1.0.rc1",
            "6.1.0",
        ],
    ),
    // Symfony as published, and a branch.
    (
        Packagist,
        &[
            "v2.0.0-RC1",
            "v2.0.0",
            "2.0.0-patch1",
            "2.0.0.1",
            "v2.1.0-BETA1",
            "v2.1.0-BETA2",
            "v2.1.0-RC1",
            "v2.1.0-RC2-dev",
            "v2.1.0-RC2",
            "v2.1.0",
            "v2.10.0-dev",
            "v2.10.0-alpha",
            "v2.10.0",
            "2.10.x-dev",
            "2.x-dev",
            "v3.0.0",
            "20100102",
        ],
    ),
    // go.dev/ref/mod#pseudo-versions.
    (
        Go,
        &[
            "v0.0.0-20170915032832-14c0d48ead0c",
            "v0.0.0-20191109021931-daa7c04131f5",
            "v0.1.0",
            "v1.2.3-pre",
            "v1.2.3-pre.0.20191109021931-daa7c04131f5",
            "v1.2.3",
            "v1.2.4-0.20191109021931-daa7c04131f5",
            "v1.2.4",
            "v1.10.0",
            "v2.0.0+incompatible",
        ],
    ),
    // maven.apache.org/pom.html#version-order-specification, Spring, Guava and Hibernate as published.
    (
        Maven,
        &[
            "1-alpha2",
            "1-alpha-10",
            "1-beta",
            "1-milestone",
            "1-m3",
            "1-rc",
            "1-cr2",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-foo2",
            "1-foo10",
            "1-1",
            "1.1",
            "2.0.0.M1",
            "2.0.0.RC1",
            "2.0.0.RELEASE",
            "2.0.1.RELEASE",
            "5.0.0.Alpha1",
            "5.0.0.CR1",
            "5.0.0.Final",
            "5.0.0.SP1",
            "5.0.1.Final",
            "5.0.1.Final-redhat-1",
            "5.0.1.Final-redhat-2",
            "31.0-android",
            "31.0-jre",
            "31.0.1-android",
            "31.1-jre",
        ],
    ),
];

#[test]
fn lists_in_order_stay_in_order() {
    for (ecosystem, list) in ASCENDING {
        for (at, a) in list.iter().enumerate() {
            for (other, b) in list.iter().enumerate() {
                assert_eq!(order(*ecosystem, a, b), at.cmp(&other), "{ecosystem}: {a} and {b}");
            }
        }
    }
}

#[test]
fn prereleases_are_known_as_such() {
    for (ecosystem, prereleases, releases) in [
        (Npm, &["1.0.0-0", "2.0.0-rc.1"][..], &["1.0.0", "1.0.0+sha.5"][..]),
        (PyPi, &["1.0a1", "1.0.dev1", "1.0.post1.dev2"], &["1.0", "1.0.post1", "1.0+cpu"]),
        (RubyGems, &["1.0.a", "1.0-1", "1.0.pre"], &["1.0", "1.0.0.1"]),
        (Packagist, &["1.0-dev", "1.0b1", "1.x-dev", "1.0-p1-dev"], &["1.0", "1.0-p1", "1.0-stable", "2010-01-02"]),
        (Go, &["v1.0.0-rc.1", "v0.0.0-20191109021931-daa7c04131f5"], &["v1.0.0", "v2.0.0+incompatible"]),
        (Maven, &["1-SNAPSHOT", "1.0.0.M1", "1.0-rc1", "1-beta", "2.0-ea"], &["1", "1.0.Final", "31.1-jre", "1-sp"]),
    ] {
        for text in prereleases {
            assert!(parse(ecosystem, text).is_prerelease(), "{ecosystem}: {text}");
        }
        for text in releases {
            assert!(!parse(ecosystem, text).is_prerelease(), "{ecosystem}: {text}");
        }
    }
}

#[test]
fn what_cannot_be_ordered_is_not_guessed() {
    let long = format!("1.{}", "0".repeat(300));
    for (ecosystem, texts) in [
        (Npm, &["", "latest", "1.2.3.4", "1.2.3-", "1..2", "+1.2.3", "1.+2.3", "99999999999999999999.0.0"][..]),
        (PyPi, &["", "2004d-final", "latest", "1.0-", "1!"]),
        (RubyGems, &["", "a", "1..2", "1.2_3", "1.0-x86_64-linux", "99999999999999999999"]),
        (
            Packagist,
            &["", "dev-main", "DEV-main", "master", "trunk", "1.2.3.4.5", "1.0-foo", "foo-dev", "x-dev", "1.0-beta-x"],
        ),
        (Go, &["", "v", "latest", "master", "v1.2.3.4", "v1.02.3", "v1-pre", "vv1.2.3", "1.x"]),
        (Maven, &["", "1 2", "1.é", "99999999999999999999"]),
    ] {
        for text in texts.iter().copied().chain([long.as_str()]) {
            assert!(Version::parse(ecosystem, text).is_none(), "{ecosystem}: {text}");
        }
    }
}

/// Maven's own comparison contradicts itself here; the specification does not.
#[test]
fn a_qualifier_after_a_dot_counts_as_one_after_a_hyphen_in_maven() {
    for (a, expected, b) in [
        ("3.2.1.redhat-4", Ordering::Greater, "3.2.1"),
        ("3.2.1-alpha", Ordering::Less, "3.2.1.redhat-4"),
        ("3.2.1.redhat-4", Ordering::Equal, "3.2.1-redhat-4"),
        ("1.0.alpha.1", Ordering::Less, "1"),
        ("1.0.alpha.1", Ordering::Less, "1-sp"),
        ("1-0-alpha", Ordering::Less, "1-sp"),
        ("r09", Ordering::Greater, "0-alpha"),
    ] {
        assert_eq!(order(Maven, a, b), expected, "{a} and {b}");
    }
}

/// Texts that look like versions of the ecosystem; few different parts, so that equal beginnings are frequent.
fn texts(ecosystem: Ecosystem) -> impl Strategy<Value = String> {
    let number = "(0|1|2|10|01)";
    let pattern = match ecosystem {
        Npm | CratesIo => format!(r"{number}\.{number}\.{number}(-(alpha|rc|0|1|x-1)(\.(0|1|a))?)?(\+b)?"),
        PyPi => format!(
            r"(1!)?{number}(\.{number}){{0,3}}((a|b|rc|\.alpha|-c)[0-2]?)?(\.post[0-2]|-1)?(\.dev[0-2])?(\+(a|1))?"
        ),
        RubyGems => format!(r"{number}(\.({number}|a|b|a1|A|pre)){{0,4}}(-(1|a|rc\.0))?"),
        Packagist => {
            format!(
                r"v?{number}(\.{number}){{0,3}}([-._]?(alpha|beta|RC|a|p|patch|stable)[-.]?(1|2)?)?(-dev)?|{number}(\.(1|x)){{0,2}}\.x-dev|2010-0[12]-03"
            )
        }
        Go => r"v?(0|1|2|10)\.(0|1)\.(0|1)(-(rc|0|pre)?\.?(0|1)\.20200102030405-abcdef)?(\+incompatible)?".to_owned(),
        Maven => {
            format!(r"({number}|x|ga)?([.-]?({number}|alpha|a|b|m|rc|cr|snapshot|ga|final|sp|foo|jre)){{0,6}}")
        }
    };
    proptest::string::string_regex(&pattern).unwrap()
}

/// Three versions of one ecosystem.
fn three() -> impl Strategy<Value = (Ecosystem, [String; 3])> {
    let of = |ecosystem| {
        let one = || texts(ecosystem);
        [one(), one(), one()].prop_map(move |texts| (ecosystem, texts)).boxed()
    };
    proptest::strategy::Union::new(Ecosystem::ALL.map(of))
}

pub(super) fn config(cases: u32) -> ProptestConfig {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(6);
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn every_order_is_one((ecosystem, texts) in three()) {
        let versions: Vec<_> = texts.iter().filter_map(|text| Version::parse(ecosystem, text)).collect();
        for a in &versions {
            prop_assert_eq!(a.compare(a), Some(Ordering::Equal));
            for b in &versions {
                let order = a.compare(b).unwrap();
                prop_assert_eq!(b.compare(a), Some(order.reverse()));
                for c in &versions {
                    let (next, whole) = (b.compare(c).unwrap(), a.compare(c).unwrap());
                    if order == next || next == Ordering::Equal {
                        prop_assert_eq!(whole, order, "{}: {:?}", ecosystem, texts);
                    }
                }
            }
        }
    }

}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn no_text_harms_the_readers(text in "\\PC{0,40}", range in "[ |,<>=!~^*xv0-9.@a-c\\[\\]()-]{0,24}") {
        for ecosystem in Ecosystem::ALL {
            let _ = Version::parse(ecosystem, &text);
            let version = parse(ecosystem, "1.2.3");
            let _ = allows(ecosystem, &text, &version);
            let _ = allows(ecosystem, &range, &version);
            let raised = gonogo::probe::packages::range::minimum_raise(ecosystem, &range, "1.2.3");
            if let Some(raised) = raised.filter(|raised| *raised != range.trim()) {
                prop_assert_eq!(allows(ecosystem, &raised, &version), Some(true), "{}: {:?}", ecosystem, range);
            }
        }
    }
}

#[test]
fn two_ranges_of_npm_meet_where_a_version_may_be_in_both() {
    for (one, other, meet) in [
        ("^1.2.3", "<1.2.4", Some(true)),
        ("^1.2.3", "<1.2.3", Some(false)),
        ("^1.2.3", "<=1.2.3", Some(true)),
        ("^1.0.0", "^2.0.0", Some(false)),
        ("1.0.0", "1.0.0", Some(true)),
        ("1.0.0", "1.0.1", Some(false)),
        ("1.x || >=3", "^2", Some(false)),
        ("1.x || >=3", "^3", Some(true)),
        ("*", "0.0.1", Some(true)),
        (">=2 <1", "*", Some(false)),
        ("latest", "^1", None),
    ] {
        assert_eq!(intersect(Ecosystem::Npm, one, other), meet, "{one} and {other}");
        assert_eq!(intersect(Ecosystem::Npm, other, one), meet, "{other} and {one}");
    }
}
