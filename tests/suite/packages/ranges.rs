//! The range to write so that a fix comes.

use gonogo::probe::packages::Ecosystem::{self, CratesIo, Go, Maven, Npm, Packagist, PyPi, RubyGems};
use gonogo::probe::packages::Version;
use gonogo::probe::packages::range::{allows, minimum_raise};

/// Ecosystem, present range, fixed version, range to write.
const RAISED: &[(Ecosystem, &str, &str, &str)] = &[
    (Npm, "^1.2.3", "1.4.0", "^1.4.0"),
    (Npm, "~1.2.3", "1.2.9", "~1.2.9"),
    (Npm, "~1", "1.4.0", "^1.4.0"),
    (Npm, "1.2.3", "1.4.0", "1.4.0"),
    (Npm, "=1.2.3", "2.0.1", "=2.0.1"),
    (Npm, "v1.2.3", "2.0.1", "v2.0.1"),
    (Npm, "1.x", "1.4.0", "^1.4.0"),
    (Npm, "1", "2.4.0", "^2.4.0"),
    (Npm, "0.x", "0.4.1", ">=0.4.1 <1.0.0"),
    (Npm, "1.2.x", "1.2.7", "~1.2.7"),
    (Npm, "1.2", "1.3.7", "~1.3.7"),
    (Npm, "*", "1.3.7", ">=1.3.7"),
    (Npm, "", "1.3.7", ">=1.3.7"),
    (Npm, ">=1.0.0", "1.3.7", ">=1.3.7"),
    (Npm, ">= 1.0.0", "1.3.7", ">= 1.3.7"),
    (Npm, ">=1 <2", "1.9.0", ">=1.9.0 <2"),
    (Npm, ">=1.0.0 <2.0.0", "2.1.3", ">=2.1.3 <3.0.0"),
    (Npm, "<2.0.0", "2.1.3", ">=2.1.3 <3.0.0"),
    (Npm, "<=1.8.9", "1.9.1", ">=1.9.1 <2.0.0"),
    (Npm, "1.0.0 - 1.9.0", "1.4.2", "1.4.2 - 1.9.0"),
    (Npm, "1.0.0 - 1.9.0", "2.4.2", "^2.4.2"),
    (Npm, "^1.0.0 || ^2.0.0", "1.4.0", "^1.4.0 || ^2.0.0"),
    (Npm, "^1.0.0 || ^2.0.0", "2.4.0", "^2.4.0"),
    (Npm, "^1.0.0 || ^3.0.0", "2.4.0", "^2.4.0 || ^3.0.0"),
    (Npm, "^2.0.0", "1.4.0", "^2.0.0"),
    (Npm, "npm:lodash-es@^4.17.0", "4.17.21", "npm:lodash-es@^4.17.21"),
    (CratesIo, "1.2", "1.4.7", "1.4.7"),
    (CratesIo, "^0.3", "0.4.1", "^0.4.1"),
    (CratesIo, "~1.2", "1.4.7", "~1.4.7"),
    (CratesIo, "=1.2.3", "1.2.4", "=1.2.4"),
    (CratesIo, ">=1, <2", "1.9.0", ">=1.9.0, <2"),
    (CratesIo, "1.*", "1.9.0", "^1.9.0"),
    (PyPi, "~=2.0", "2.3.1", "~=2.3.1"),
    (PyPi, "==2.0", "2.3.1", "==2.3.1"),
    (PyPi, "===2.0", "2.3.1", "===2.3.1"),
    (PyPi, ">=1,<2", "1.9", ">=1.9,<2"),
    (PyPi, ">=1.0, <2.0", "2.1", ">=2.1, <3.0"),
    (PyPi, ">1,!=1.5,<1.8", "1.9.2", ">=1.9.2,!=1.5,<1.10"),
    (PyPi, "<4", "4.2.8", ">=4.2.8,<5"),
    (PyPi, "==3.2.*", "3.2.9", ">=3.2.9,==3.2.*"),
    (PyPi, "==3.2.*", "4.0.1", ">=4.0.1,==4.0.*"),
    (PyPi, "^3.2", "3.2.9", "^3.2.9"),
    (PyPi, "~3.2", "3.2.9", "~3.2.9"),
    (PyPi, "3.2.1", "3.2.9", "3.2.9"),
    (PyPi, "", "3.2.9", ">=3.2.9"),
    (RubyGems, "~> 6.1", "6.1.7.3", "~> 6.1, >= 6.1.7.3"),
    (RubyGems, "~> 6.1.4", "6.1.7", "~> 6.1.7"),
    (RubyGems, "~> 6.1.4", "7.0.4.1", "~> 7.0.4, >= 7.0.4.1"),
    (RubyGems, "~> 1.2", "2", "~> 2.0"),
    (RubyGems, ">= 1.0", "1.8.2", ">= 1.8.2"),
    (RubyGems, "= 1.0", "1.8.2", "= 1.8.2"),
    (RubyGems, "1.0", "1.8.2", "1.8.2"),
    (RubyGems, ">= 1.0, < 2", "1.8.2", ">= 1.8.2, < 2"),
    (RubyGems, "", "1.8.2", ">=1.8.2"),
    (Packagist, "^7.2", "7.4.5", "^7.4.5"),
    (Packagist, "~7.2", "7.4.5", "^7.4.5"),
    (Packagist, "~7.2.0", "7.2.9", "~7.2.9"),
    (Packagist, "7.2.*", "7.2.9", "~7.2.9"),
    (Packagist, "7.*", "7.4.5", "^7.4.5"),
    (Packagist, "^6.0|^7.2", "7.4.5", "^7.4.5"),
    (Packagist, "^6.0 || ^7.2", "6.4.5", "^6.4.5 || ^7.2"),
    (Packagist, "^7.2@beta", "7.4.5", "^7.4.5@beta"),
    (Packagist, "1.2.3", "1.2.4", "1.2.4"),
    (Packagist, ">=1.0,<2.0", "1.8.0", ">=1.8.0,<2.0"),
    (Packagist, "v1.2.3", "v1.2.4", "v1.2.4"),
    (Go, "v1.2.3", "1.4.0", "v1.4.0"),
    (Go, "v0.0.0-20200102030405-abcdefabcdef", "0.17.0", "v0.17.0"),
    (Go, "v3.2.0+incompatible", "3.2.1", "v3.2.1+incompatible"),
    (Go, "v1.9.0", "1.4.0", "v1.9.0"),
    (Maven, "2.14.1", "2.17.1", "2.17.1"),
    (Maven, "[2.14.1]", "2.17.1", "[2.17.1]"),
    (Maven, "[2.0,3.0)", "2.17.1", "[2.17.1,3.0)"),
    (Maven, "[2.0,3.0)", "3.0.4", "[3.0.4,4.0)"),
    (Maven, "(,3.0]", "2.17.1", "[2.17.1,3.0]"),
    (Maven, "[2.0,)", "2.17.1", "[2.17.1,)"),
];

#[test]
fn a_range_is_raised_in_its_own_style() {
    let mut wrong = Vec::new();
    for &(ecosystem, range, fixed, expected) in RAISED {
        let raised = minimum_raise(ecosystem, range, fixed);
        if raised.as_deref() != Some(expected) {
            wrong.push(format!("{ecosystem}: {range:?} for {fixed}: {raised:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_raised_lets_nothing_below_in() {
    let below =
        ["0.0.1", "0.9.9", "1.0.0", "1.2.2", "1.3.6", "1.8.1", "2.0.0", "2.3.0", "3.0.0", "6.1.0", "7.0.0", "7.2.0"];
    for &(ecosystem, range, fixed, _) in RAISED {
        let raised = minimum_raise(ecosystem, range, fixed).unwrap();
        let fix = Version::parse(ecosystem, fixed).unwrap();
        for text in below {
            let version = Version::parse(ecosystem, text).unwrap();
            if version.compare(&fix).unwrap().is_lt() {
                assert_ne!(allows(ecosystem, &raised, &version), Some(true), "{ecosystem}: {raised} lets {text} in");
            }
        }
    }
}

/// The same for hundreds of odd ranges.
#[test]
fn whatever_is_raised_lets_the_fix_in_and_nothing_below() {
    let below =
        ["0", "0.0.1", "0.2", "0.9.9", "1", "1.0.11", "1.9.3", "2.0.0", "2.3.0", "3.1.1", "9.3.2", "10.0.9", "10.1.1"];
    let (mut asked, mut raised_count) = (0, 0);
    let mut wrong = Vec::new();
    for (ecosystem, answers) in super::versions::ANSWERS {
        let lines = answers.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        for line in lines.filter(|line| matches!(line[1], "allows" | "refuses")) {
            for fixed in ["0.2.1", "1.2.3", "2.3.1", "10.1.2", "10.10.0"] {
                asked += 1;
                let range = line[0];
                let Some(raised) = minimum_raise(ecosystem, range, fixed) else { continue };
                raised_count += 1;
                let fix = Version::parse(ecosystem, fixed).unwrap();
                if raised != range.trim() && allows(ecosystem, &raised, &fix) != Some(true) {
                    wrong.push(format!("{ecosystem}: {range:?} for {fixed}: {raised:?} does not let it in"));
                }
                for text in below {
                    let version = Version::parse(ecosystem, text).unwrap();
                    if version.compare(&fix).unwrap().is_lt() && allows(ecosystem, &raised, &version) == Some(true) {
                        wrong.push(format!("{ecosystem}: {range:?} for {fixed}: {raised:?} lets {text} in"));
                        break;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
    assert!(raised_count * 2 > asked, "only {raised_count} of {asked} ranges could be raised");
}

#[test]
fn what_is_not_understood_is_neither_judged_nor_rewritten() {
    for (ecosystem, range) in [
        (Npm, "latest"),
        (Npm, "workspace:^"),
        (Npm, "git+https://example.com/a.git"),
        (Npm, "catalog:"),
        (Npm, "1.x.3"),
        (CratesIo, "newest"),
        (PyPi, "@ https://example.com/a.whl"),
        (PyPi, ">=1,,<2"),
        (PyPi, "~=1"),
        (RubyGems, "~> x"),
        (RubyGems, "== 1.0"),
        (Packagist, "dev-main"),
        (Packagist, "~>1.2"),
        (Go, "latest"),
        (Maven, "${log4j.version}"),
        (Maven, "LATEST"),
        (Maven, "1.+"),
        (Maven, "[2.0,1.0]"),
        (Maven, "(1.0)"),
    ] {
        let version = Version::parse(ecosystem, "1.2.3").unwrap();
        assert_eq!(allows(ecosystem, range, &version), None, "{ecosystem}: {range}");
        assert_eq!(minimum_raise(ecosystem, range, "1.2.3"), None, "{ecosystem}: {range}");
    }
}

#[test]
fn another_major_version_of_a_go_module_has_another_path() {
    assert_eq!(minimum_raise(Go, "v1.2.3", "2.0.1"), None);
    let two = Version::parse(Go, "v2.0.1").unwrap();
    assert_eq!(allows(Go, "v1.2.3", &two), Some(false));
    assert_eq!(allows(Go, "v1.2.3", &Version::parse(Go, "v2.0.1+incompatible").unwrap()), Some(true));
}

#[test]
fn a_range_beyond_all_bounds_is_refused() {
    let version = Version::parse(Npm, "1.2.3").unwrap();
    let long = "^1.0.0 || ".repeat(100_000);
    assert_eq!(allows(Npm, &long, &version), None);
}

/// From the Cargo book, "Specifying Dependencies", the Go modules reference and Maven's POM reference.
#[test]
fn ranges_allow_what_the_documentation_says() {
    for (ecosystem, range, allowed, refused) in [
        (CratesIo, "1.2.3", &["1.2.3", "1.9.0"][..], &["1.2.2", "2.0.0", "1.3.0-alpha"][..]),
        (CratesIo, "^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0", "0.2.2"]),
        (CratesIo, "0.0.3", &["0.0.3"], &["0.0.4", "0.0.2"]),
        (CratesIo, "~1.2", &["1.2.0", "1.2.9"], &["1.3.0"]),
        (CratesIo, "1.*", &["1.0.0", "1.9.0"], &["2.0.0"]),
        (CratesIo, "=1.2.3", &["1.2.3", "1.2.3+build"], &["1.2.4"]),
        (CratesIo, ">=1.2, <1.5", &["1.2.0", "1.4.9"], &["1.5.0", "1.1.9"]),
        (CratesIo, "1.0.0-alpha", &["1.0.0-beta", "1.0.0"], &["1.1.0-alpha"]),
        (
            Go,
            "v1.2.3",
            &["v1.2.3", "v1.9.0", "v1.2.4-0.20191109021931-daa7c04131f5"],
            &["v1.2.2", "v1.2.3-pre", "v2.0.0"],
        ),
        (Go, "v2.1.0", &["v2.1.0", "v2.9.0"], &["v1.9.0", "v3.0.0", "v3.0.0+incompatible"]),
        (Maven, "1.0", &["1.0", "1.0.0", "1"], &["1.0.1", "0.9", "1.0-SNAPSHOT"]),
        (Maven, "[1.0,2.0)", &["1.0", "1.9", "2.0-SNAPSHOT"], &["0.9", "2.0"]),
        (Maven, "(,1.0],[1.2,)", &["0.1", "1.0", "1.2", "3"], &["1.1"]),
        (Maven, "(,1.1),(1.1,)", &["1.0", "1.2"], &["1.1", "1.1.0"]),
        (PyPi, "==2.0.0+cu118", &["2.0.0+cu118"], &["2.0.0", "2.0.0+cpu"]),
        (PyPi, "==2.0.0", &["2.0.0+cu118", "2.0"], &["2.0.0.post1"]),
        (Npm, "^1.2.3-beta.2", &["1.2.3-beta.4", "1.2.3", "1.3.0"], &["1.2.4-beta.2", "2.0.0-0"]),
        (Npm, "latest || ^1.0.0", &["1.1.0"], &[]),
        (Npm, "npm:other@~2.0", &["2.0.9"], &["2.1.0"]),
    ] {
        for (texts, expected) in [(allowed, true), (refused, false)] {
            for text in texts {
                let version = Version::parse(ecosystem, text).unwrap();
                assert_eq!(allows(ecosystem, range, &version), Some(expected), "{ecosystem}: {range} and {text}");
            }
        }
    }
    // Neither the tag nor the range says anything for certain here.
    assert_eq!(allows(Npm, "latest || ^1.0.0", &Version::parse(Npm, "2.0.0").unwrap()), None);
}
