//! Which versions an advisory concerns.

use std::sync::Arc;

use gonogo::model::Severity;
use gonogo::probe::dependencies::advisory::{Advisory, Parsed, Standing, group, parse, simplify, standing};
use gonogo::probe::packages::Version;
use gonogo::probe::{dependencies::query::Query, packages::Ecosystem};
use serde_json::{Value, json};

use super::record;

fn in_force(record: &Value) -> Advisory {
    match parse(record.to_string().as_bytes()).unwrap() {
        Parsed::InForce(advisory) => *advisory,
        Parsed::Withdrawn { .. } => panic!("{record} is withdrawn"),
    }
}

fn stands(record: &Value, ecosystem: Ecosystem, name: &str, version: &str) -> Standing {
    how(&in_force(record), ecosystem, name, version)
}

fn how(advisory: &Advisory, ecosystem: Ecosystem, name: &str, version: &str) -> Standing {
    let query = Query { ecosystem, name: ecosystem.normalize(name), version: version.to_owned() };
    standing(advisory, &query, &Version::parse(ecosystem, version).unwrap())
}

fn affected(fixed: impl Into<Option<&'static str>>) -> Standing {
    Standing::Affected { fixed: fixed.into().map(str::to_owned) }
}

#[test]
fn ranges_are_read_as_the_schema_says() {
    use Ecosystem::{CratesIo, Npm, PyPi};
    use Standing::NotAffected;
    let two = [("introduced", "1.0.0"), ("fixed", "1.2.6"), ("introduced", "2.0.0"), ("fixed", "2.1.0")];
    let shuffled = [("fixed", "2.1.0"), ("introduced", "2.0.0"), ("fixed", "1.2.6"), ("introduced", "1.0.0")];
    let touching = [("introduced", "1.0.0"), ("fixed", "2.0.0"), ("introduced", "2.0.0"), ("fixed", "3.0.0")];
    let empty = [("introduced", "1.0.0"), ("fixed", "1.0.0")];
    let one = [("last_affected", "1.5.0"), ("introduced", "1.5.0")];
    let last = [("introduced", "0"), ("last_affected", "1.5.0")];
    let limit = [("introduced", "1.0.0"), ("limit", "2.0.0")];
    let shuffled_touching = [("introduced", "2.0.0"), ("fixed", "3.0.0"), ("fixed", "2.0.0"), ("introduced", "1.0.0")];
    let many_limits = [("introduced", "1.0.0"), ("limit", "3.0.0"), ("limit", "2.0.0")];
    type Row<'a> = (Ecosystem, &'a [(&'a str, &'a str)], &'a str, Standing);
    let table: Vec<Row<'_>> = vec![
        (Npm, &two, "0.9.9", NotAffected),
        (Npm, &two, "1.0.0", affected("1.2.6")),
        (Npm, &two, "1.2.6", NotAffected),
        (Npm, &two, "2.0.0-beta.1", NotAffected),
        (Npm, &two, "2.0.0", affected("2.1.0")),
        (Npm, &two, "2.1.0-beta.1", affected("2.1.0")),
        (Npm, &two, "2.1.0", NotAffected),
        (Npm, &shuffled, "2.0.5", affected("2.1.0")),
        (Npm, &shuffled, "1.5.0", NotAffected),
        (Npm, &touching, "2.0.0", affected("3.0.0")),
        (Npm, &empty, "1.0.0", NotAffected),
        (Npm, &one, "1.5.0", affected(None)),
        (Npm, &one, "1.5.1", NotAffected),
        (Npm, &last, "0.0.1", affected(None)),
        (Npm, &last, "1.5.0", affected(None)),
        (Npm, &last, "1.5.1", NotAffected),
        (Npm, &limit, "1.9.9", affected(None)),
        (Npm, &limit, "2.0.0", NotAffected),
        (Npm, &[("introduced", "0"), ("limit", "*")], "7.0.0", affected(None)),
        (Npm, &[("introduced", "0")], "99.0.0", affected(None)),
        (Npm, &[("fixed", "1.0.0")], "0.1.0", NotAffected),
        (Npm, &[], "1.0.0", NotAffected),
        (CratesIo, &[("introduced", "0.0.0-0"), ("fixed", "1.0.0")], "0.0.1-alpha", affected("1.0.0")),
        (CratesIo, &two, "1.2.5+build", affected("1.2.6")),
        (PyPi, &[("introduced", "0"), ("fixed", "2.0")], "2.0rc1", affected("2.0")),
        (PyPi, &[("introduced", "0"), ("fixed", "2.0")], "2.0.0", NotAffected),
        (PyPi, &[("introduced", "2.0"), ("last_affected", "2.0.1")], "2.0.1+cu118", affected(None)),
        (PyPi, &[("introduced", "2.0"), ("last_affected", "2.0.1")], "2.0.1.post1", NotAffected),
        (PyPi, &[("introduced", "1!1.0")], "99.0", NotAffected),
        (Npm, &[("introduced", "0"), ("fixed", "soon")], "1.0.0", Standing::Unclear),
        // A shuffled list in which one stretch ends where the next begins.
        (Npm, &shuffled_touching, "2.0.0", affected("3.0.0")),
        (Npm, &shuffled_touching, "2.5.0", affected("3.0.0")),
        (Npm, &shuffled_touching, "3.0.0", NotAffected),
        (Npm, &many_limits, "1.5.0", affected(None)),
        (Npm, &many_limits, "2.5.0", affected(None)),
        (Npm, &many_limits, "3.0.0", NotAffected),
        (Npm, &[("introduced", "0"), ("fixed", "2.0.0-rc.1")], "2.0.0-rc.1", NotAffected),
        (Npm, &[("introduced", "0"), ("fixed", "2.0.0-rc.1")], "2.0.0-beta.9", affected("2.0.0-rc.1")),
        (Npm, &[("introduced", "0"), ("fixed", "2.0.0")], "2.0.0-rc.1", affected("2.0.0")),
        (Npm, &[("introduced", "2.0.0")], "2.0.0-rc.1", NotAffected),
        (PyPi, &[("introduced", "2.0")], "2.0.dev1", NotAffected),
    ];
    for (ecosystem, events, version, expected) in table {
        let record = record("GHSA-t", ecosystem.name(), "some-Package", events);
        assert_eq!(stands(&record, ecosystem, "some-Package", version), expected, "{ecosystem} {events:?} {version}");
    }
}

#[test]
fn single_versions_count_in_every_spelling() {
    let mut one = record("PYSEC-1", "PyPI", "Some.Package", &[]);
    one["affected"][0]["versions"] = json!(["1.0", "1.1", "not a version"]);
    assert_eq!(stands(&one, Ecosystem::PyPi, "some_package", "1.0.0"), affected(None));
    assert_eq!(stands(&one, Ecosystem::PyPi, "some_package", "1.2"), Standing::NotAffected);
    one["affected"][0]["ranges"] = json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0.5"}, {"fixed": "1.3"}]}]);
    assert_eq!(stands(&one, Ecosystem::PyPi, "some_package", "1.0.0"), affected("1.3"));
}

#[test]
fn git_ranges_other_packages_and_notices_do_not_count() {
    let mut git = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    git["affected"][0]["ranges"][0]["type"] = json!("GIT");
    git["affected"][0]["versions"] = json!(["2.0.0"]);
    assert_eq!(stands(&git, Ecosystem::Npm, "a", "1.0.0"), Standing::NotAffected);
    let other = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    assert_eq!(stands(&other, Ecosystem::PyPi, "a", "1.0.0"), Standing::Unclear);
    let mut notice = record("RUSTSEC-t", "crates.io", "a", &[("introduced", "0")]);
    notice["affected"][0]["database_specific"] = json!({"informational": "unmaintained"});
    assert_eq!(stands(&notice, Ecosystem::CratesIo, "a", "1.0.0"), Standing::NoConcern);
    notice["affected"][0]["database_specific"] = json!({"informational": "unsound"});
    assert_eq!(stands(&notice, Ecosystem::CratesIo, "a", "1.0.0"), affected(None));
}

#[test]
fn an_open_range_ends_where_its_publisher_last_knew() {
    let mut open = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    open["affected"][0]["database_specific"] = json!({"last_known_affected_version_range": "<= 1.5.0"});
    assert_eq!(stands(&open, Ecosystem::Npm, "a", "1.5.0"), affected(None));
    assert_eq!(stands(&open, Ecosystem::Npm, "a", "1.5.1"), Standing::NoConcern);
    open["affected"][0]["database_specific"] = json!({"last_known_affected_version_range": "whatever"});
    assert_eq!(stands(&open, Ecosystem::Npm, "a", "1.5.1"), affected(None));
}

#[test]
fn several_entries_for_one_package_all_count() {
    let mut two = record("GHSA-t", "npm", "a", &[("introduced", "1.0.0"), ("fixed", "1.1.0")]);
    let more = record("x", "npm", "a", &[("introduced", "2.0.0"), ("fixed", "2.1.0")]);
    two["affected"].as_array_mut().unwrap().push(more["affected"][0].clone());
    assert_eq!(stands(&two, Ecosystem::Npm, "a", "1.0.5"), affected("1.1.0"));
    assert_eq!(stands(&two, Ecosystem::Npm, "a", "2.0.5"), affected("2.1.0"));
    assert_eq!(stands(&two, Ecosystem::Npm, "a", "1.5.0"), Standing::NotAffected);
}

#[test]
fn records_that_would_be_misread_are_refused_and_odd_trimmings_are_not() {
    for json in [
        "",
        "[]",
        "{}",
        r#"{"id": ""}"#,
        r#"{"id": "../../etc"}"#,
        r#"{"id": "X", "affected": "all"}"#,
        r#"{"id": "X", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": 0}]}]}]}"#,
    ] {
        assert!(parse(json.as_bytes()).is_err(), "{json}");
    }
    let odd = r#"{"id": "X", "severity": [{"type": 3, "score": 7}], "aliases": null, "summary": 5, "details": "First. Second.",
        "database_specific": [1], "affected": null, "withdrawn": null}"#;
    let Ok(Parsed::InForce(advisory)) = parse(odd.as_bytes()) else { panic!("refused") };
    assert_eq!(advisory.summary, "First");
    let summary = |details: &str| match parse(json!({"id": "X", "details": details}).to_string().as_bytes()) {
        Ok(Parsed::InForce(advisory)) => advisory.summary,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        summary("# Impact\nFlask is a lightweight framework. Cookies may leak to others. More."),
        "Cookies may leak to others"
    );
    assert_eq!(summary("An issue was discovered in X 1.0. Validation\nis slow."), "Validation");
    assert_eq!(summary("X is a library."), "X is a library");
    let withdrawn = r#"{"id": "X", "withdrawn": "2020-01-01T00:00:00Z"}"#;
    assert!(matches!(parse(withdrawn.as_bytes()), Ok(Parsed::Withdrawn { .. })));
    // Whatever else stands there does not take an advisory out of force unnoticed.
    for odd in [r#""""#, "false", "true", "0", r#""no""#, "{}", "[]"] {
        let record = format!(r#"{{"id": "X", "modified": "2020-01-01T00:00:00Z", "withdrawn": {odd}}}"#);
        assert!(parse(record.as_bytes()).is_err(), "{odd}");
    }
}

/// `IsVulnerable` of the schema, word by word, for whole numbers.
fn is_vulnerable(v: u64, ranges: &[Vec<(&str, u64)>], versions: &[u64]) -> bool {
    let included_in_ranges = ranges.iter().any(|range| {
        let limits: Vec<u64> = range.iter().filter(|(event, _)| *event == "limit").map(|(_, at)| *at).collect();
        let before_limits = limits.is_empty() || limits.iter().any(|limit| v < *limit);
        let mut sorted = range.clone();
        sorted.sort_by_key(|(_, at)| *at);
        let mut vulnerable = false;
        for (event, at) in sorted {
            match event {
                "introduced" if v >= at => vulnerable = true,
                "fixed" if v >= at => vulnerable = false,
                "last_affected" if v > at => vulnerable = false,
                _ => {}
            }
        }
        before_limits && vulnerable
    });
    versions.contains(&v) || included_in_ranges
}

#[test]
fn every_small_record_is_evaluated_as_the_schema_does() {
    let kinds = ["introduced", "fixed", "last_affected", "limit"];
    // Every list of three events at different versions, in every order, beside a second range and a list.
    let mut tried = 0;
    for shape in 0..64 {
        let chosen = [kinds[shape % 4], kinds[shape / 4 % 4], kinds[shape / 16]];
        for order in [[1, 3, 5], [1, 5, 3], [3, 1, 5], [3, 5, 1], [5, 1, 3], [5, 3, 1]] {
            let first: Vec<(&str, u64)> = chosen.into_iter().zip(order).collect();
            for second in [vec![], vec![("introduced", 6), ("fixed", 7)], vec![("introduced", 2), ("last_affected", 4)]]
            {
                for versions in [vec![], vec![2, 8]] {
                    let ranges: Vec<Vec<(&str, u64)>> =
                        [first.clone(), second.clone()].into_iter().filter(|range| !range.is_empty()).collect();
                    let json = |range: &Vec<(&str, u64)>| {
                        let events: Vec<Value> =
                            range.iter().map(|(event, at)| json!({(*event): format!("{at}.0.0")})).collect();
                        json!({"type": "SEMVER", "events": events})
                    };
                    let mut one = record("GHSA-t", "npm", "a", &[]);
                    one["affected"][0]["ranges"] = ranges.iter().map(json).collect();
                    one["affected"][0]["versions"] =
                        versions.iter().map(|version| json!(format!("{version}.0.0"))).collect();
                    let advisory = in_force(&one);
                    let mut simple = advisory.clone();
                    simple.affects.iter_mut().for_each(simplify);
                    for v in 0..10 {
                        let expected = is_vulnerable(v, &ranges, &versions);
                        for advisory in [&advisory, &simple] {
                            let got = how(advisory, Ecosystem::Npm, "a", &format!("{v}.0.0"));
                            assert_eq!(matches!(got, Standing::Affected { .. }), expected, "{v} in {one}");
                            check_fix(&got, v, &ranges, &versions);
                        }
                        tried += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tried, 64 * 6 * 3 * 2 * 10);
}

/// The fixed version is the nearest later one at which the record names a fix and that is not affected.
fn check_fix(got: &Standing, v: u64, ranges: &[Vec<(&str, u64)>], versions: &[u64]) {
    let Standing::Affected { fixed } = got else { return };
    let fixes = ranges.iter().flatten().filter(|(event, at)| *event == "fixed" && *at > v).map(|(_, at)| *at);
    let nearest = fixes.filter(|at| !is_vulnerable(*at, ranges, versions)).min();
    assert_eq!(*fixed, nearest.map(|at| format!("{at}.0.0")));
}

#[test]
fn the_fix_of_one_branch_is_not_taken_for_that_of_another() {
    let mut two = record("PYSEC-1", "PyPI", "a", &[]);
    let range = |a: &str, b: &str| json!({"type": "ECOSYSTEM", "events": [{"introduced": a}, {"fixed": b}]});
    two["affected"][0]["ranges"] = json!([range("1.0", "1.5"), range("2.0", "2.5")]);
    two["affected"][0]["versions"] = json!(["1.2", "2.1"]);
    assert_eq!(stands(&two, Ecosystem::PyPi, "a", "1.2"), affected("1.5"));
    assert_eq!(stands(&two, Ecosystem::PyPi, "a", "2.1"), affected("2.5"));
    two["affected"][0]["ranges"] = json!([range("1.0", "1.5"), range("1.4", "1.6")]);
    assert_eq!(stands(&two, Ecosystem::PyPi, "a", "1.2"), affected("1.6"), "1.5 lies in the other range");
}

#[test]
fn a_range_that_is_past_does_not_hide_another() {
    let mut one = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    one["affected"][0]["database_specific"] = json!({"last_known_affected_version_range": "< 1.5.0"});
    let more = json!({"type": "SEMVER", "events": [{"introduced": "2.0.0"}, {"fixed": "2.1.0"}]});
    one["affected"][0]["ranges"].as_array_mut().unwrap().push(more);
    assert_eq!(stands(&one, Ecosystem::Npm, "a", "2.0.5"), affected("2.1.0"));
    assert_eq!(stands(&one, Ecosystem::Npm, "a", "1.5.0"), Standing::NoConcern);
    assert_eq!(stands(&one, Ecosystem::Npm, "a", "1.4.9"), affected("2.1.0"));
}

#[test]
fn what_is_of_an_unknown_kind_is_unclear_and_not_passed_over() {
    for unknown in [
        json!([{"type": "CALENDAR", "events": [{"introduced": "2020"}]}]),
        json!([{"type": "SEMVER", "events": [{"introduced": "5.0.0"}, {"until": "6.0.0"}]}]),
    ] {
        let mut one = record("GHSA-t", "npm", "a", &[]);
        one["affected"][0]["ranges"] = unknown;
        assert_eq!(stands(&one, Ecosystem::Npm, "a", "1.0.0"), Standing::Unclear, "{one}");
        one["affected"][0]["versions"] = json!(["1.0.0"]);
        assert_eq!(stands(&one, Ecosystem::Npm, "a", "1.0.0"), affected(None));
    }
    let mut git = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    git["affected"][0]["ranges"][0]["type"] = json!("GIT");
    assert_eq!(stands(&git, Ecosystem::Npm, "a", "1.0.0"), Standing::Unclear);
}

#[test]
fn the_suffix_of_an_ecosystem_is_left_aside() {
    let one = record("DRUPAL-1", "Packagist:https://packages.example.com/8", "Drupal/Some", &[("introduced", "0")]);
    let advisory = in_force(&one);
    assert_eq!(
        (advisory.affects[0].ecosystem, advisory.affects[0].package.as_str()),
        (Ecosystem::Packagist, "drupal/some")
    );
    assert!(in_force(&record("X", "Alpine:v3.18", "a", &[("introduced", "0")])).affects.is_empty());
}

/// What semver orders otherwise than one expects was found right when gonogo was compared with `cargo audit`.
#[test]
fn backported_fixes_and_prereleases_are_as_cargo_audit_has_them() {
    let ported = [("introduced", "0.1.14"), ("fixed", "1.8.4"), ("introduced", "1.9.0"), ("fixed", "1.13.1")];
    let from_zero =
        [("introduced", "0.0.0-0"), ("fixed", "0.4.1"), ("introduced", "0.5.0-rc.0"), ("fixed", "0.5.0-rc.3")];
    for (events, version, expected) in [
        (&ported, "0.1.13", Standing::NotAffected),
        (&ported, "0.2.22", affected("1.8.4")),
        (&ported, "1.8.4", Standing::NotAffected),
        (&ported, "1.9.0", affected("1.13.1")),
        (&ported, "1.13.1", Standing::NotAffected),
        (&from_zero, "0.0.0-alpha", affected("0.4.1")),
        (&from_zero, "0.4.1+backport", Standing::NotAffected),
        (&from_zero, "0.5.0-rc.2", affected("0.5.0-rc.3")),
        (&from_zero, "0.5.0", Standing::NotAffected),
    ] {
        let one = record("RUSTSEC-t", "crates.io", "a", events);
        assert_eq!(stands(&one, Ecosystem::CratesIo, "a", version), expected, "{version}");
    }
    let gaps = [
        ("introduced", "0"),
        ("fixed", "0.2.0"),
        ("introduced", "0.2.1"),
        ("fixed", "0.2.1"),
        ("introduced", "0.2.7"),
        ("fixed", "0.2.23"),
    ];
    let one = record("RUSTSEC-t", "crates.io", "a", &gaps);
    assert_eq!(stands(&one, Ecosystem::CratesIo, "a", "0.1.44"), affected("0.2.23"), "not the gap at 0.2.0");
    assert_eq!(stands(&one, Ecosystem::CratesIo, "a", "0.2.5"), Standing::NotAffected);
    let withdrawn = json!({"id": "RUSTSEC-t", "modified": "2025-02-22T12:00:00Z", "withdrawn": "2025-02-22T12:00:00Z"});
    assert!(matches!(parse(withdrawn.to_string().as_bytes()), Ok(Parsed::Withdrawn { .. })));
}

#[test]
fn one_hole_is_told_once_whoever_names_it() {
    let named = |id: &str, more: Value, fixed: &str| {
        let mut one = record(id, "PyPI", "a", &[("introduced", "0"), ("fixed", fixed)]);
        for (key, value) in more.as_object().unwrap() {
            one[key] = value.clone();
        }
        let advisory = in_force(&one);
        let standing = how(&advisory, Ecosystem::PyPi, "a", "1.0");
        (Arc::new(advisory), standing)
    };
    let groups = group(vec![
        named("PYSEC-1", json!({"aliases": ["CVE-1"]}), "1.10"),
        named("GHSA-1", json!({"aliases": ["CVE-1"]}), "1.9"),
        named("GHSA-2", json!({"related": ["CVE-1", "GHSA-1"]}), "2.0"),
        named("GHSA-3", json!({"upstream": ["CVE-1", "GHSA-2"]}), "3.0"),
    ]);
    let told: Vec<_> =
        groups.iter().map(|one| (one.known_as(), one.advisory.id.as_str(), one.fixed.as_deref())).collect();
    assert_eq!(
        told,
        [("CVE-1", "GHSA-1", Some("1.10")), ("GHSA-2", "GHSA-2", Some("2.0")), ("GHSA-3", "GHSA-3", Some("3.0"))],
        "only aliases are the same hole, and its latest fix counts"
    );
}

#[test]
fn a_record_keeps_its_text_its_rating_and_whether_it_is_malware() {
    let mut one = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
    one["details"] = json!("\n## Impact\nBad.\n");
    one["references"] = json!([{"type": "PACKAGE", "url": "https://example.com/a"}, {"type": "ADVISORY", "url": "https://example.com/b"}]);
    one["database_specific"] = json!({"severity": "HIGH", "cwe_ids": ["CWE-79"]});
    let advisory = in_force(&one);
    assert_eq!(advisory.details, "## Impact\nBad.");
    assert_eq!(advisory.references, ["https://example.com/b", "https://example.com/a"]);
    assert_eq!((advisory.rating.as_deref(), advisory.malware), (Some("HIGH"), false));
    one["database_specific"] = json!({"cwe_ids": ["CWE-506"]});
    let malware = in_force(&one);
    assert!(malware.malware);
    assert!(in_force(&record("MAL-2026-1", "npm", "a", &[("introduced", "0")])).malware);
    let standing = how(&malware, Ecosystem::Npm, "a", "1.0.0");
    let told = group(vec![(Arc::new(malware), standing)]);
    assert_eq!((told[0].severity, told[0].malware), (Some(Severity::Blocker), true));
    let rated = |place: &str| {
        let mut one = record("GHSA-t", "npm", "a", &[("introduced", "0")]);
        one["affected"][0][place] = json!({"severity": "LOW"});
        in_force(&one).rating
    };
    assert_eq!(
        (rated("database_specific").as_deref(), rated("ecosystem_specific").as_deref()),
        (Some("LOW"), Some("LOW"))
    );
    one["severity"] =
        json!([{"type": "Ubuntu", "score": "medium"}, {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}]);
    assert!(in_force(&one).vectors.is_empty());
}
