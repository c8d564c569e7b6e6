//! Which versions an advisory concerns.

use gonogo::probe::dependencies::advisory::{Parsed, Standing, parse, standing};
use gonogo::probe::packages::Version;
use gonogo::probe::{dependencies::query::Query, packages::Ecosystem};
use serde_json::{Value, json};

use super::record;

fn stands(record: &Value, ecosystem: Ecosystem, name: &str, version: &str) -> Standing {
    let advisory = match parse(record.to_string().as_bytes()).unwrap() {
        Parsed::InForce(advisory) => Some(advisory),
        Parsed::Withdrawn { .. } => None,
    };
    let advisory = advisory.unwrap();
    let query = Query { ecosystem, name: ecosystem.normalize(name), version: version.to_owned() };
    standing(&advisory, &query, &Version::parse(ecosystem, version).unwrap())
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
}
