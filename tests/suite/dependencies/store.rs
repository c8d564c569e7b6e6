//! The offline copy: import, download, status, age.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use gonogo::model::{Coverage, Settings};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::dependencies::store::{AdvisoriesError, Summary, Update, status, update};
use gonogo::probe::packages::Ecosystem;
use gonogo::probe::{Probe, Touches};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{coverage, export, filler, offline, package_lock, record};
use crate::support::probes::{Folder, bare_project, run_at};

pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

async fn renew(sources: &[&Path], base: &str, dir: &Path) -> Result<Summary, AdvisoriesError> {
    let sources = sources.iter().map(|path| path.to_path_buf()).collect();
    let ecosystems = [Ecosystem::CratesIo, Ecosystem::Npm, Ecosystem::PyPi].into();
    let what = Update { sources, ecosystems, export_url: base.to_owned(), trust_roots: None, now: now() };
    update(what, dir, &CancellationToken::new(), Arc::new(|_: &str| {})).await
}

pub async fn import(sources: &[&Path], dir: &Path) -> Result<Summary, AdvisoriesError> {
    renew(sources, "http://unused.invalid", dir).await
}

async fn vulnerable(project: &Folder, dir: &Path) -> (Vec<String>, Coverage) {
    let seen = run_at(&DependenciesProbe, project.path(), offline(dir), now()).await.unwrap();
    let told = seen.findings.iter().map(|f| format!("{} {}", f.anchor, f.location)).collect();
    (told, coverage(&seen.result.unwrap()).clone())
}

pub fn counts(dir: &Path) -> Vec<(Ecosystem, u64)> {
    status(dir).unwrap().into_iter().map(|one| (one.ecosystem, one.advisories)).collect()
}

#[tokio::test]
async fn a_zip_and_a_folder_give_the_same_copy() {
    let mut records = filler("npm", 600);
    records.push(record("GHSA-1", "npm", "@scope/a", &[("introduced", "0"), ("fixed", "2.0.0")]));
    records.push(record("GHSA-2", "npm", "a", &[("introduced", "0"), ("fixed", "2.0.0")]));
    records.push(record("GHSA-3", "npm", "zz-last", &[("introduced", "0")]));
    records.push(json!({"id": "GHSA-4", "withdrawn": "2026-01-01T00:00:00Z", "affected": []}));
    records.push(record("GO-1", "Go", "example.com/x", &[("introduced", "0")]));
    let source = Folder::with(&[]);
    export(&source.path().join("all.zip"), &records);
    let plain = Folder::with(&[("README.md", "not a record")]);
    for record in &records {
        plain.write(&format!("a/b/{}.json", record["id"].as_str().unwrap()), record.to_string());
    }
    let project = Folder::with(&[(
        "package-lock.json",
        &package_lock(&[
            ("@scope/a", "1.0.0"),
            ("a", "1.0.0"),
            ("aa", "1.0.0"),
            ("zz-last", "1.0.0"),
            ("zzz", "1.0.0"),
        ]),
    )]);
    for source in [source.path().join("all.zip"), plain.path().to_owned()] {
        let dir = Folder::with(&[]);
        let summary = import(&[&source], &dir.path().join("new/folder")).await.unwrap();
        assert_eq!((summary.imported.len(), summary.imported[0].advisories, summary.unusable), (2, 603, 0));
        let dir = dir.path().join("new/folder");
        assert_eq!(counts(&dir), [(Ecosystem::Npm, 603), (Ecosystem::Go, 1)]);
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2, "nothing temporary is left");
        let (told, coverage) = vulnerable(&project, &dir).await;
        assert_eq!(
            told,
            [
                "GHSA-1 @scope/a 1.0.0 (package-lock.json)",
                "GHSA-2 a 1.0.0 (package-lock.json)",
                "GHSA-3 zz-last 1.0.0 (package-lock.json)"
            ]
        );
        assert_eq!(coverage, Coverage::Whole);
    }
}

#[tokio::test]
async fn a_later_import_adds_and_the_newer_form_wins() {
    let source = Folder::with(&[]);
    let dir = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    let dated = |mut record: Value, modified: &str| {
        record["modified"] = json!(modified);
        record
    };
    let mut records: Vec<Value> = filler("npm", 500).into_iter().map(|r| dated(r, "2026-01-01T00:00:00Z")).collect();
    records.push(dated(record("GHSA-1", "npm", "a", &[("introduced", "0")]), "2026-01-01T00:00:00Z"));
    records.push(dated(record("GHSA-2", "npm", "b", &[("introduced", "0")]), "2026-01-01T00:00:00Z"));
    records.push(dated(record("GHSA-3", "npm", "c", &[("introduced", "0")]), "2026-01-01T00:00:00Z"));
    export(&zip, &records);
    import(&[&zip], dir.path()).await.unwrap();
    let newer = dated(record("GHSA-1", "npm", "a", &[("introduced", "0"), ("fixed", "0.5.0")]), "2026-11-20T00:00:00Z");
    let older = dated(record("GHSA-2", "npm", "b", &[("introduced", "5.0.0")]), "2025-01-01T00:00:00Z");
    let gone = json!({"id": "GHSA-3", "modified": "2026-11-20T00:00:00Z", "withdrawn": "2026-11-20T00:00:00Z"});
    export(&zip, &[newer, older, gone]);
    import(&[&zip], dir.path()).await.unwrap();
    let project =
        Folder::with(&[("package-lock.json", &package_lock(&[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0")]))]);
    let (told, coverage) = vulnerable(&project, dir.path()).await;
    assert_eq!(told, ["GHSA-2 b 1.0.0 (package-lock.json)"]);
    let Coverage::Part(why) = coverage else { panic!("three new records made an old copy fresh: {coverage:?}") };
    assert!(why.contains("older than 7 days (npm: 324 days)"), "{why}");
}

#[tokio::test]
async fn without_a_source_the_exports_are_downloaded_and_replace_what_was() {
    let server = MockServer::start().await;
    let source = Folder::with(&[]);
    for ecosystem in ["npm", "PyPI", "crates.io"] {
        let zip = source.path().join(ecosystem);
        export(&zip, &filler(ecosystem, 500));
        let answer = ResponseTemplate::new(200).set_body_bytes(std::fs::read(&zip).unwrap());
        Mock::given(path(format!("/base/{ecosystem}/all.zip"))).respond_with(answer).mount(&server).await;
    }
    let dir = Folder::with(&[]);
    export(&source.path().join("old.zip"), &[record("GHSA-old", "npm", "a", &[("introduced", "0")])]);
    import(&[&source.path().join("old.zip")], dir.path()).await.unwrap();
    let summary = renew(&[], &format!("{}/base/", server.uri()), dir.path()).await.unwrap();
    assert_eq!(summary.imported.len(), 3);
    assert_eq!(counts(dir.path()), [(Ecosystem::CratesIo, 500), (Ecosystem::Npm, 500), (Ecosystem::PyPi, 500)]);
    assert!(status(dir.path()).unwrap().iter().all(|one| one.as_of == Some(now())));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[tokio::test]
async fn a_failed_update_leaves_what_was() {
    let server = MockServer::start().await;
    Mock::given(path("/npm/all.zip"))
        .respond_with(ResponseTemplate::new(200).set_body_string("no zip"))
        .mount(&server)
        .await;
    let source = Folder::with(&[("broken.zip", "no zip"), ("empty/x.txt", ""), ("other/x.json", r#"{"id": "X"}"#)]);
    let dir = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    export(&zip, &[record("GHSA-1", "npm", "a", &[("introduced", "0")])]);
    import(&[&zip], dir.path()).await.unwrap();
    let error = renew(&[], &server.uri(), dir.path()).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot fetch the advisories for crates.io: the answer was HTTP 404"),
        "{error}"
    );
    assert!(matches!(renew(&[], "ftp://x", dir.path()).await, Err(AdvisoriesError::Address(_))));
    for (source, wanted) in [
        ("broken.zip", "not a zip file"),
        ("missing", "cannot read"),
        ("empty", "no advisories for crates.io, npm, PyPI"),
        ("other", "no advisories for"),
    ] {
        let error = import(&[&source_path(&source_dir(&zip), source)], dir.path()).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let what = Update {
        sources: vec![zip.clone()],
        ecosystems: Ecosystem::ALL.into(),
        export_url: String::new(),
        trust_roots: None,
        now: now(),
    };
    assert_eq!(update(what, dir.path(), &cancelled, Arc::new(|_: &str| {})).await, Err(AdvisoriesError::Cancelled));
    assert_eq!(counts(dir.path()), [(Ecosystem::Npm, 1)]);
}

fn source_dir(zip: &Path) -> std::path::PathBuf {
    zip.parent().unwrap().to_owned()
}

fn source_path(dir: &Path, name: &str) -> std::path::PathBuf {
    dir.join(name)
}

#[tokio::test]
async fn hostile_zips_harm_nobody() {
    let source = Folder::with(&[]);
    let path = source.path().join("hostile.zip");
    let options = zip::write::SimpleFileOptions::default();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    zip.start_file("../../escape.json", options).unwrap();
    zip.write_all(record("GHSA-1", "npm", "a", &[("introduced", "0")]).to_string().as_bytes()).unwrap();
    zip.start_file("bomb.json", options).unwrap();
    for _ in 0..64 {
        zip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    zip.start_file("deep.json", options).unwrap();
    zip.write_all("[".repeat(1_000_000).as_bytes()).unwrap();
    zip.start_file("name.json", options).unwrap();
    zip.write_all(record("GHSA-2", "npm", "a\tb\nc", &[("introduced", "0")]).to_string().as_bytes()).unwrap();
    zip.finish().unwrap();
    let dir = Folder::with(&[]);
    let summary = import(&[&path], dir.path()).await.unwrap();
    assert_eq!((summary.unusable, counts(dir.path())), (2, vec![(Ecosystem::Npm, 1)]));
    assert!(!source.path().join("../../escape.json").exists());
    let project = Folder::with(&[("package-lock.json", &package_lock(&[("b", "1.0.0")]))]);
    let (_, Coverage::Part(why)) = vulnerable(&project, dir.path()).await else { panic!("unusable records pass") };
    assert!(why.contains("records of the offline advisories that could not be read (2)"), "{why}");
}

#[tokio::test]
async fn a_damaged_copy_is_said_to_be_damaged() {
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    export(&zip, &filler("npm", 500));
    let dir = Folder::with(&[]);
    import(&[&zip], dir.path()).await.unwrap();
    let file = dir.path().join("npm.advisories");
    let good = std::fs::read(&file).unwrap();
    let project = Folder::with(&[("package-lock.json", &package_lock(&[("unused-7", "1.0.0")]))]);
    for cut in [0, 1, good.len() / 2, good.len() - 1] {
        std::fs::write(&file, &good[..cut]).unwrap();
        let seen = run_at(&DependenciesProbe, project.path(), offline(dir.path()), now()).await.unwrap();
        let message = seen.result.unwrap_err().message;
        assert!(
            message.contains("is damaged or of an old format; delete it and run `gonogo advisories update`"),
            "{message}"
        );
        assert!(matches!(&status(dir.path()).unwrap()[..], [npm] if npm.broken.is_some() && npm.advisories == 0));
    }
}

#[test]
fn the_plan_says_what_would_be_touched() {
    let present = Folder::with(&[("X.json", "{}")]);
    let absent = Folder::with(&[]);
    let touches = |offline: bool, consent: bool, copy: bool, url: &str| {
        let settings = Settings {
            offline,
            consent: consent.then(|| "dependencies".into()).into_iter().collect(),
            advisories: if copy { present.path() } else { absent.path() }.to_owned(),
            osv_url: url.to_owned(),
            ..Settings::default()
        };
        DependenciesProbe.plan(&bare_project(absent.path()), &settings).unwrap().touches
    };
    let (public, local) = ("https://api.osv.dev", "http://127.0.0.1:9");
    assert_eq!(touches(false, true, true, public), Touches::Network);
    assert_eq!(touches(false, false, true, public), Touches::Files);
    assert_eq!(touches(true, true, true, public), Touches::Files);
    assert_eq!(touches(false, false, false, public), Touches::Network);
    assert_eq!(touches(true, true, false, public), Touches::Network);
    assert_eq!(touches(true, true, false, local), Touches::Loopback);
    assert_eq!(touches(false, true, true, "http://[::1]:9"), Touches::Loopback);
    assert_eq!(touches(false, true, true, "http://localhost.example.com"), Touches::Network);
    // Any name server may say where this is.
    assert_eq!(touches(true, true, false, "http://osv.localhost:9"), Touches::Network);
    assert_eq!(touches(true, true, false, "http://localhost:9"), Touches::Loopback);
    let settings =
        Settings { osv_url: ["https://ann:hun", "ter2@osv.example.com/base"].concat(), ..Settings::default() };
    let summary = DependenciesProbe.plan(&bare_project(absent.path()), &settings).unwrap().summary;
    assert_eq!(summary, "send the names and versions of the project's packages to osv.example.com");
}
