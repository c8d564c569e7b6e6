//! What becomes of records in the offline copy, and how the copy is guarded against harm.

use std::path::Path;
use std::sync::Arc;

use gonogo::probe::dependencies::query::Query;
use gonogo::probe::dependencies::store::{AdvisoriesError, Store, Update, held, needed, status, update};
use gonogo::probe::files;
use gonogo::probe::packages::Ecosystem;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::store::{counts, import, now};
use super::{export, filler, record};
use crate::support::probes::Folder;

/// The advisories that a copy has for a version of a package, with all that is told of them.
fn look_up(dir: &Path, ecosystem: Ecosystem, name: &str, version: &str) -> Result<Vec<String>, AdvisoriesError> {
    let query = Query { ecosystem, name: name.to_owned(), version: version.to_owned() };
    let answers = Store::open(dir)?.look_up(&[query].into(), now(), &CancellationToken::new())?;
    let told = |one: &Arc<gonogo::probe::dependencies::advisory::Advisory>| {
        format!("{}|{}|{}|{}", one.id, one.summary, one.details, one.references.join(" "))
    };
    Ok(answers.hits.values().flatten().map(told).collect())
}

/// As PyPA keeps it: plain scalars that look like numbers are versions.
const YAML: &str = "id: PYSEC-2026-1
details: Templates are rendered
  without escaping.
affected:
- package:
    name: Some_Package
    ecosystem: PyPI
  ranges:
  - type: GIT
    repo: https://example.com/some/package
    events:
    - introduced: '0'
    - fixed: 0123456789abcdef
  - type: ECOSYSTEM
    events:
    - introduced: '0'
    - fixed: 1.10
  versions:
  - 1.9
references:
- type: WEB
  url: https://example.com/some/package
modified: '2026-11-20T00:00:00Z'
withdrawn:
";

#[tokio::test]
async fn a_checkout_of_a_database_is_read_with_its_yaml_and_without_its_other_files() {
    let checkout = Folder::with(&[
        ("README.md", "# Advisories"),
        ("vulns/some-package/PYSEC-2026-1.yaml", YAML),
        (
            "vulns/gone/PYSEC-2026-2.yml",
            "id: PYSEC-2026-2\nmodified: '2026-01-01T00:00:00Z'\nwithdrawn: '2026-01-01T00:00:00Z'\n",
        ),
        ("vulns/broken/PYSEC-2026-3.yaml", "id: PYSEC-2026-3\naffected: [\n"),
        (".github/workflows/check.yaml", "id: [\n"),
        ("docs/site.yaml", "theme: plain\npages: {{ all }}\n"),
        ("package.json", r#"{"name": "tools"}"#),
        ("schema.json", r#"{"id": "https://example.com/schema", "type": "object"}"#),
        ("cut.json", r#"{"id": "PYSEC-2026-4", "#),
    ]);
    let dir = Folder::with(&[]);
    let summary = import(&[checkout.path()], dir.path()).await.unwrap();
    assert_eq!((summary.unusable, counts(dir.path())), (2, vec![(Ecosystem::PyPi, 1)]));
    let told = [
        "PYSEC-2026-1|Templates are rendered without escaping|Templates are rendered without escaping.|https://example.com/some/package",
    ];
    for (version, expected) in [("1.9", &told[..]), ("1.9.5", &told[..]), ("1.10", &[]), ("2.0", &[])] {
        assert_eq!(look_up(dir.path(), Ecosystem::PyPi, "some-package", version).unwrap(), expected, "{version}");
    }
}

#[tokio::test]
async fn every_ecosystem_has_a_copy_and_texts_come_back_as_they_were() {
    let source = Folder::with(&[]);
    let mut records = Vec::new();
    for ecosystem in Ecosystem::ALL {
        for n in 0..300 {
            let mut one = record(
                &format!("X-{ecosystem}-{n}"),
                ecosystem.name(),
                &format!("p{}", n % 100),
                &[("introduced", "0")],
            );
            one["details"] = json!(format!("{n} ").repeat(n % 400));
            records.push(one);
        }
    }
    // One advisory about packages of two ecosystems.
    let mut both = record("GHSA-both", "npm", "p7", &[("introduced", "0")]);
    both["affected"]
        .as_array_mut()
        .unwrap()
        .push(record("x", "PyPI", "p7", &[("introduced", "0")])["affected"][0].clone());
    records.push(both);
    export(&source.path().join("all.zip"), &records);
    let dir = Folder::with(&[]);
    for _ in 0..2 {
        // The second time everything is there already.
        let summary = import(&[&source.path().join("all.zip")], dir.path()).await.unwrap();
        assert_eq!(summary.imported.iter().map(|one| one.advisories).sum::<u64>(), 7 * 300 + 2);
        assert_eq!(held(dir.path()), Ecosystem::ALL.into());
        for n in [7, 99] {
            let of = |n: usize| {
                let details = format!("{n} ").repeat(n % 400);
                format!("X-npm-{n}|Something bad in p{}|{}|", n % 100, details.trim())
            };
            let mut expected: Vec<String> = [n, n + 100, n + 200].map(of).into();
            if n == 7 {
                expected.insert(0, "GHSA-both|Something bad in p7||".to_owned());
            }
            let mut told = look_up(dir.path(), Ecosystem::Npm, &format!("p{n}"), "1.0.0").unwrap();
            told.sort();
            expected.sort();
            assert_eq!(told, expected);
        }
    }
    assert!(look_up(dir.path(), Ecosystem::PyPi, "p7", "1.0").unwrap()[0].starts_with("GHSA-both|"));
}

#[tokio::test]
async fn the_newest_form_of_an_advisory_counts_whichever_way_it_comes() {
    let dated = |mut one: Value, month: u32| {
        one["modified"] = json!(format!("2026-{month:02}-01T00:00:00Z"));
        one
    };
    let about = |package: &str| record("GHSA-1", "npm", package, &[("introduced", "0")]);
    let gone = json!({"id": "GHSA-1", "withdrawn": "2026-06-01T00:00:00Z"});
    // What is imported one after the other, and the packages that the advisory speaks of at the end.
    for (imports, expected) in [
        (vec![dated(about("a"), 1), dated(about("b"), 2)], vec!["b"]),
        (vec![dated(about("b"), 2), dated(about("a"), 1)], vec!["b"]),
        (vec![dated(about("a"), 1), dated(gone.clone(), 6)], vec![]),
        (vec![dated(about("a"), 1), gone.clone()], vec![]),
        (vec![dated(about("a"), 7), dated(gone.clone(), 6)], vec!["a"]),
        (vec![dated(about("a"), 1), dated(gone.clone(), 6), dated(about("b"), 7)], vec!["b"]),
    ] {
        for together in [false, true] {
            let (source, dir) = (Folder::with(&[]), Folder::with(&[]));
            let other = dated(record("GHSA-other", "npm", "other", &[("introduced", "0")]), 1);
            let mut paths = vec![source.write("other.json", other.to_string())];
            for (n, one) in imports.iter().enumerate() {
                paths.push(source.write(&format!("{n}.json"), one.to_string()));
            }
            if together {
                let paths: Vec<&Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
                import(&paths, dir.path()).await.unwrap();
            } else {
                for path in &paths {
                    // Nothing of use is in there where what came is older, or was taken back already.
                    let _ = import(&[path], dir.path()).await;
                }
            }
            let there: Vec<&str> = ["a", "b"]
                .into_iter()
                .filter(|name| !look_up(dir.path(), Ecosystem::Npm, name, "1.0.0").unwrap().is_empty())
                .collect();
            assert_eq!(there, expected, "{imports:?} together: {together}");
            assert_eq!(look_up(dir.path(), Ecosystem::Npm, "other", "1.0.0").unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_changed_byte_is_noticed_and_a_newer_format_is_refused_kindly() {
    let source = Folder::with(&[]);
    export(&source.path().join("all.zip"), &filler("npm", 20));
    let dir = Folder::with(&[]);
    import(&[&source.path().join("all.zip")], dir.path()).await.unwrap();
    let file = dir.path().join("npm.advisories");
    let good = std::fs::read(&file).unwrap();
    let look = || -> Result<Vec<String>, AdvisoriesError> {
        let all = (0..20).map(|n| look_up(dir.path(), Ecosystem::Npm, &format!("unused-{n}"), "1.0.0"));
        Ok(all.collect::<Result<Vec<_>, _>>()?.concat())
    };
    let told = look().unwrap();
    assert_eq!(told.len(), 20);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        std::fs::write(&file, &bad).unwrap();
        if let Ok(other) = look() {
            // Two spellings of the checksum's digits mean the same.
            assert_eq!(other, told, "byte {at}");
        }
    }
    let older = [b"gonogo-advisories 2\n", &good[20..]].concat();
    std::fs::write(&file, older).unwrap();
    let error = look().unwrap_err().to_string();
    assert!(error.contains("of an old format; delete it and run `gonogo advisories update`"), "{error}");
    let broken = || status(dir.path()).unwrap()[0].broken.clone().unwrap().to_string();
    assert_eq!(broken(), error);
    let newer = [b"gonogo-advisories 4\n", &good[20..]].concat();
    std::fs::write(&file, newer).unwrap();
    let error = broken();
    assert!(error.contains("npm.advisories was written by a newer gonogo; upgrade gonogo"), "{error}");
    std::fs::write(&file, "a\t{}\n{\"format\":1}\n00000000000000000005\n").unwrap();
    let error = broken();
    assert!(error.contains("of an old format; delete it and run `gonogo advisories update`"), "{error}");
}

#[tokio::test]
async fn an_interrupted_update_leaves_the_old_copy_whole_and_its_rest_is_swept_up() {
    let server = MockServer::start().await;
    // The connection breaks off in the middle, every time.
    let half = ResponseTemplate::new(200).insert_header("Content-Length", "1000000").set_body_string("PK");
    Mock::given(path("/npm/all.zip")).respond_with(half).mount(&server).await;
    let source = Folder::with(&[]);
    export(&source.path().join("all.zip"), &filler("npm", 20));
    let dir = Folder::with(&[(".advisories-old.zip", "PK"), (".advisories-new.zip", "PK")]);
    let made = |name: &str, time: &str| {
        let time: Timestamp = time.parse().unwrap();
        let file = std::fs::File::options().write(true).open(dir.path().join(name)).unwrap();
        file.set_modified(time.into()).unwrap();
    };
    made(".advisories-old.zip", "2026-11-19T12:00:00Z");
    made(".advisories-new.zip", "2026-11-21T11:00:00Z");
    import(&[&source.path().join("all.zip")], dir.path()).await.unwrap();
    let before = std::fs::read(dir.path().join("npm.advisories")).unwrap();
    let what = Update {
        sources: Vec::new(),
        ecosystems: [Ecosystem::Npm].into(),
        export_url: ["http://ann:hun", "ter2@"].concat() + &server.address().to_string() + "/",
        trust_roots: None,
        now: now(),
    };
    let error = update(what, dir.path(), &CancellationToken::new(), Arc::new(|_: &str| {})).await.unwrap_err();
    let error = error.to_string();
    assert!(error.starts_with("cannot fetch the advisories for npm: ") && !error.contains("hunter"), "{error}");
    assert_eq!(std::fs::read(dir.path().join("npm.advisories")).unwrap(), before);
    let mut left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".advisories-new.zip", "npm.advisories"], "an update beside this one may still need its file");
}

#[test]
fn a_project_needs_the_ecosystems_of_its_files() {
    let project = Folder::with(&[
        ("web/package.json", "{}"),
        ("api/requirements-dev.txt", ""),
        ("api/go.sum", ""),
        ("node_modules/x/Gemfile", ""),
        ("notes.txt", ""),
    ]);
    let listing = files::list(project.path(), &[], &CancellationToken::new());
    assert_eq!(needed(&listing), [Ecosystem::Npm, Ecosystem::PyPi, Ecosystem::Go].into());
}

#[tokio::test]
async fn a_date_that_is_still_to_come_does_not_keep_a_copy_fresh() {
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    let dated = |mut record: Value, modified: &str| {
        record["modified"] = json!(modified);
        record
    };
    let old = |count| filler("npm", count).into_iter().map(|one| dated(one, "2026-01-01T00:00:00Z"));
    let ahead = dated(record("GHSA-1", "npm", "a", &[("introduced", "0")]), "2999-01-01T00:00:00Z");
    let dir = Folder::with(&[]);
    for _ in 0..2 {
        // The second time there is a copy already.
        export(&zip, &old(500).chain([ahead.clone()]).collect::<Vec<_>>());
        import(&[&zip], dir.path()).await.unwrap();
        assert_eq!(status(dir.path()).unwrap()[0].as_of, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    }
    // Records that lie there as they are have only their dates.
    let plain = Folder::with(&[("GHSA-1.json", &ahead.to_string())]);
    assert_eq!(status(plain.path()).unwrap()[0].age(now()), None);
    let mut gaps = Vec::new();
    for dir in [&dir, &plain] {
        let query = Query { ecosystem: Ecosystem::Npm, name: "a".to_owned(), version: "1.0.0".to_owned() };
        let found = Store::open(dir.path()).unwrap().look_up(&[query].into(), now(), &CancellationToken::new());
        gaps.push(found.unwrap().gaps.into_vec().into_iter().map(|gap| gap.reason).collect::<Vec<_>>());
    }
    assert_eq!(gaps[0], ["offline advisories older than 7 days"]);
    assert_eq!(gaps[1], ["offline advisories of unknown age", "offline advisories too few to be complete"]);
}

#[tokio::test]
async fn a_form_without_a_date_is_older_than_one_with_and_than_one_that_comes_later() {
    // As a checkout of Go's database has them.
    const NEVER: &str = "0001-01-01T00:00:00Z";
    let form = |modified: &str, summary: &str, package: &str| {
        let mut one = record("GO-1", "Go", package, &[("introduced", "0")]);
        (one["modified"], one["summary"]) = (json!(modified), json!(summary));
        one
    };
    let gone = json!({"id": "GO-1", "modified": NEVER, "withdrawn": NEVER});
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    let good = "2020-01-01T00:00:00Z";
    let (never, dated) = (form(NEVER, "never", "a"), form(good, "dated", "a"));
    let (later, odd) = (form(NEVER, "later", "b"), form("1970-01-01T00:00:00Z", "odd", "a"));
    for (imports, expected) in [
        (&[&never][..], "a never"),
        (&[&dated, &never], "a dated"),
        (&[&never, &dated], "a dated"),
        (&[&dated, &odd], "a dated"),
        // What comes in now is newer than what was there, and may speak of another package.
        (&[&never, &later], "b later"),
        (&[&never, &gone], ""),
        (&[&dated, &gone], "a dated"),
    ] {
        let dir = Folder::with(&[]);
        for record in imports {
            let mut other = self::record("GO-2", "Go", "other", &[("introduced", "0")]);
            other["modified"] = json!(NEVER);
            let all = [(*record).clone(), other];
            let folder = Folder::with(&[]);
            for one in &all {
                folder.write(&format!("{}.json", one["id"].as_str().unwrap()), one.to_string());
            }
            import(&[folder.path()], dir.path()).await.unwrap();
        }
        let told: Vec<String> = ["a", "b"]
            .into_iter()
            .flat_map(|name| {
                let found = look_up(dir.path(), Ecosystem::Go, name, "v1.0.0").unwrap();
                found.into_iter().map(move |one| format!("{name} {}", one.split('|').nth(1).unwrap()))
            })
            .collect();
        assert_eq!(told.join(", "), expected, "{imports:?}");
    }
    // What did not come in again stays, also where it speaks of several ecosystems.
    let mut both = form(NEVER, "both", "a");
    both["affected"]
        .as_array_mut()
        .unwrap()
        .push(record("X", "npm", "a", &[("introduced", "0")])["affected"][0].clone());
    export(&zip, &[both]);
    let dir = Folder::with(&[]);
    import(&[&zip], dir.path()).await.unwrap();
    export(
        &zip,
        &[record("GO-3", "Go", "c", &[("introduced", "0")]), record("GHSA-3", "npm", "c", &[("introduced", "0")])],
    );
    import(&[&zip], dir.path()).await.unwrap();
    for ecosystem in [Ecosystem::Npm, Ecosystem::Go] {
        assert_eq!(look_up(dir.path(), ecosystem, "a", "1.0.0").unwrap().len(), 1, "{ecosystem}");
    }
    // Nothing has a date, so nobody knows how old the copy is.
    export(&zip, &[never]);
    let dir = Folder::with(&[]);
    import(&[&zip], dir.path()).await.unwrap();
    let known = status(dir.path()).unwrap();
    assert_eq!((known[0].newest, known[0].as_of, known[0].age(now())), (None, None, None));
}

#[tokio::test]
async fn a_broken_file_hides_no_other_and_is_replaced() {
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    let mut records = filler("npm", 600);
    records.extend(filler("PyPI", 3));
    records.extend(filler("Go", 2));
    export(&zip, &records);
    let dir = Folder::with(&[]);
    import(&[&zip], dir.path()).await.unwrap();
    let (npm, go) = (dir.path().join("npm.advisories"), dir.path().join("Go.advisories"));
    let good = std::fs::read(&npm).unwrap();
    let known = || -> Vec<(Ecosystem, u64, bool)> {
        let all = status(dir.path()).unwrap();
        all.iter().map(|one| (one.ecosystem, one.advisories, one.broken.is_some())).collect()
    };
    // The last one is found out only when all of it is read: blocks have checksums of their own.
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for bad in [b"".to_vec(), b"gonogo-advisories 2\n".to_vec(), good[..good.len() / 2].to_vec(), flipped.clone()] {
        std::fs::write(&npm, &bad).unwrap();
        std::fs::write(&go, "nonsense").unwrap();
        let is_seen = bad != flipped;
        let npm_known = if is_seen { 0 } else { 600 };
        let expected = [(Ecosystem::Npm, npm_known, is_seen), (Ecosystem::PyPi, 3, false), (Ecosystem::Go, 0, true)];
        assert_eq!(known(), expected);
        // Who asks about other packages is not held up.
        assert_eq!(look_up(dir.path(), Ecosystem::PyPi, "unused-1", "1.0.0").unwrap().len(), 1);
        assert!(look_up(dir.path(), Ecosystem::Go, "unused-1", "1.0.0").is_err());
        // An older form of a record that the broken file has newer: what lay there before the damage counts no more.
        let mut older = record("FILL-npm-1", "npm", "unused-1", &[("introduced", "0")]);
        older["modified"] = json!("2020-01-01T00:00:00Z");
        let some = source.path().join("some.zip");
        export(&some, &[older, record("GHSA-1", "npm", "a", &[("introduced", "0")])]);
        let summary = import(&[&some], dir.path()).await.unwrap();
        let told: Vec<_> =
            summary.imported.iter().map(|one| (one.ecosystem, one.read, one.advisories, one.replaced)).collect();
        assert_eq!(told, [(Ecosystem::Npm, 2, 2, true)]);
        // Nothing came in for it, so there is nothing to replace it with.
        assert_eq!(known(), [(Ecosystem::Npm, 2, false), (Ecosystem::PyPi, 3, false), (Ecosystem::Go, 0, true)]);
        let summary = import(&[&zip], dir.path()).await.unwrap();
        let told: Vec<_> = summary.imported.iter().map(|one| (one.ecosystem, one.replaced)).collect();
        assert_eq!(told, [(Ecosystem::Npm, false), (Ecosystem::PyPi, false), (Ecosystem::Go, true)]);
        assert_eq!(known(), [(Ecosystem::Npm, 601, false), (Ecosystem::PyPi, 3, false), (Ecosystem::Go, 2, false)]);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_missed_only_by_its_own_ecosystem() {
    let bad = |ecosystem: &str, id: &str| {
        json!({"id": id, "modified": "2026-11-20T10:00:00Z", "withdrawn": "",
            "affected": [{"package": {"ecosystem": ecosystem, "name": "a"}}]})
    };
    let unread = |dir: &Folder, ecosystem: Ecosystem| {
        let query = Query { ecosystem, name: "b".to_owned(), version: "1.0.0".to_owned() };
        let found = Store::open(dir.path()).unwrap().look_up(&[query].into(), now(), &CancellationToken::new());
        let gaps = found.unwrap().gaps.into_vec();
        let of = |gap: &gonogo::model::Gap| gap.reason.contains("could not be read").then(|| gap.examples.concat());
        gaps.iter().find_map(of).unwrap_or_default()
    };
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    let dir = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.extend(filler("PyPI", 500));
    records.push(bad("PyPI", "PYSEC-1"));
    export(&zip, &records);
    assert_eq!(import(&[&zip], dir.path()).await.unwrap().unusable, 1);
    assert_eq!((unread(&dir, Ecosystem::Npm), unread(&dir, Ecosystem::PyPi)), (String::new(), "1".to_owned()));
    // Nothing else of npm comes in, and what cannot be read is remembered all the same.
    export(&zip, &[record("PYSEC-2", "PyPI", "c", &[("introduced", "0")]), bad("npm", "GHSA-1")]);
    import(&[&zip], dir.path()).await.unwrap();
    assert_eq!((unread(&dir, Ecosystem::Npm), unread(&dir, Ecosystem::PyPi)), ("1".to_owned(), "1".to_owned()));
    assert_eq!(counts(dir.path()), [(Ecosystem::Npm, 500), (Ecosystem::PyPi, 501)]);
    // Single records: one says whose it is, one does not.
    dir.write("PYSEC-3.json", bad("PyPI", "PYSEC-3").to_string());
    assert_eq!((unread(&dir, Ecosystem::Npm), unread(&dir, Ecosystem::PyPi)), ("1".to_owned(), "2".to_owned()));
    dir.write("cut.json", r#"{"id": "GHSA-9", "affected": ["#);
    assert_eq!((unread(&dir, Ecosystem::Npm), unread(&dir, Ecosystem::PyPi)), ("2".to_owned(), "3".to_owned()));
}
