//! The probe over lock files of all kinds, with advisories placed in a folder.

use gonogo::model::{Confidence, Coverage, EvidenceKind, Location, Severity};
use gonogo::probe::dependencies::DependenciesProbe;
use serde_json::json;

use super::{coverage, export, filler, offline, package_lock, record};
use crate::support::probes::{Folder, Seen, run};

async fn seen(project: &Folder, advisories: &Folder) -> Seen {
    run(&DependenciesProbe, project.path(), offline(advisories.path())).await.unwrap()
}

/// Advisories placed as plain records.
fn placed(records: &[serde_json::Value]) -> Folder {
    let folder = Folder::with(&[]);
    for record in records {
        folder.write(&format!("{}.json", record["id"].as_str().unwrap()), record.to_string());
    }
    folder
}

#[tokio::test]
async fn a_finding_says_what_people_need() {
    let project = Folder::with(&[("package-lock.json", &package_lock(&[("lodash", "4.17.15")]))]);
    let mut ghsa = record("GHSA-35jh-r3h4-6jhm", "npm", "lodash", &[("introduced", "0"), ("fixed", "4.17.21")]);
    ghsa["aliases"] = json!(["CVE-2021-23337"]);
    ghsa["summary"] = json!("Command Injection in lodash.");
    ghsa["severity"] = json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}]);
    let mut twin = record("OTHER-1", "npm", "lodash", &[("introduced", "0"), ("fixed", "4.17.20")]);
    twin["aliases"] = json!(["CVE-2021-23337"]);
    let seen = seen(&project, &placed(&[ghsa, twin])).await;
    assert_eq!(seen.findings.len(), 1);
    let finding = &seen.findings[0];
    assert_eq!(
        finding.message,
        "lodash 4.17.15 (via package-lock.json) has a known vulnerability, fixed in 4.17.21: Command Injection in lodash \
         (CVE-2021-23337)"
    );
    assert_eq!((finding.severity, finding.confidence), (Severity::Major, Confidence::High));
    assert_eq!(
        finding.location,
        Location::Package {
            manifest: "package-lock.json".to_owned(),
            line: Some(3),
            name: "lodash".to_owned(),
            version: "4.17.15".to_owned()
        }
    );
    assert_eq!(finding.evidence[0].kind, EvidenceKind::Advisory);
    assert_eq!(
        finding.evidence[0].text,
        "GHSA-35jh-r3h4-6jhm\nalso known as CVE-2021-23337, OTHER-1\nCommand Injection in lodash\nseverity: CVSS 7.2 of \
         10\nfixed in 4.17.21\nhttps://osv.dev/vulnerability/GHSA-35jh-r3h4-6jhm"
    );
    assert!(finding.fix.contains("4.17.21"), "{}", finding.fix);
    let examined = seen.result.unwrap();
    assert_eq!(examined.counts["packages"], 1);
    assert_eq!(examined.counts["lock-files"], 1);
    assert_eq!(examined.counts["advisories"], 2);
    assert!(matches!(coverage(&examined), Coverage::Part(_)), "two records are no database");
}

#[tokio::test]
async fn three_ecosystems_in_one_project() {
    let cargo = "version = 4\n[[package]]\nname = \"time\"\nversion = \"0.1.42\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let project = Folder::with(&[
        ("web/package-lock.json", &package_lock(&[("a", "1.0.0"), ("b", "1.0.0")])),
        ("worker/requirements.txt", "PyYAML==5.3\n"),
        ("engine/Cargo.lock", cargo),
        ("node_modules/x/package-lock.json", &package_lock(&[("a", "1.0.0")])),
    ]);
    let advisories = placed(&[
        record("GHSA-1", "npm", "a", &[("introduced", "0")]),
        record("GHSA-2", "PyPI", "pyyaml", &[("introduced", "0"), ("fixed", "5.4")]),
        record("RUSTSEC-1", "crates.io", "time", &[("introduced", "0.1.0"), ("fixed", "0.2.23")]),
    ]);
    assert_eq!(
        seen(&project, &advisories).await.places(),
        [
            "vulnerable-dependency PyYAML 5.3 (worker/requirements.txt)",
            "vulnerable-dependency a 1.0.0 (web/package-lock.json)",
            "vulnerable-dependency time 0.1.42 (engine/Cargo.lock)",
        ]
    );
}

#[tokio::test]
async fn severity_follows_the_score_the_use_and_malice() {
    let lock = r#"{"lockfileVersion": 3, "packages": {
        "node_modules/tool/node_modules/used": {"version": "1.0.0", "dev": true},
        "node_modules/used": {"version": "1.0.0"}, "node_modules/tool": {"version": "1.0.0", "dev": true},
        "node_modules/evil": {"version": "1.0.0", "dev": true}, "node_modules/unrated": {"version": "1.0.0"}}}"#;
    let project = Folder::with(&[("package-lock.json", lock)]);
    let critical = json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]);
    let rated = |id: &str, package: &str| {
        let mut record = record(id, "npm", package, &[("introduced", "0")]);
        record["severity"] = critical.clone();
        record
    };
    let advisories = placed(&[
        rated("GHSA-1", "used"),
        rated("GHSA-2", "tool"),
        record("MAL-2026-1", "npm", "evil", &[("introduced", "0")]),
        record("GHSA-4", "npm", "unrated", &[("introduced", "0")]),
    ]);
    let seen = seen(&project, &advisories).await;
    let told: Vec<_> = seen.findings.iter().map(|f| (f.message.split(' ').next().unwrap(), f.severity)).collect();
    assert_eq!(
        told,
        [
            ("evil", Severity::Blocker),
            ("tool", Severity::Major),
            ("unrated", Severity::Major),
            ("used", Severity::Blocker)
        ]
    );
    assert_eq!(seen.findings[3].location.line(), Some(2), "the first place stands for all");
    assert!(seen.findings[0].message.contains("is malware"), "{}", seen.findings[0].message);
}

#[tokio::test]
async fn clean_only_when_everything_was_looked_up() {
    let store = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.extend(filler("PyPI", 500));
    export(&store.path().join("all.zip"), &records);
    let advisories = Folder::with(&[]);
    super::store::import(&[&store.path().join("all.zip")], advisories.path()).await.unwrap();
    let lock = package_lock(&[("a", "1.0.0")]);
    let part = |project: &[(&str, &str)]| {
        let project = Folder::with(project);
        let settings = offline(advisories.path());
        async move {
            let now = "2026-11-21T00:00:00Z".parse().unwrap();
            let seen = crate::support::probes::run_at(&DependenciesProbe, project.path(), settings, now).await.unwrap();
            assert_eq!(seen.places(), [""; 0]);
            match coverage(&seen.result.unwrap()).clone() {
                Coverage::Whole => "whole".to_owned(),
                Coverage::Absent(why) => format!("absent: {why}"),
                Coverage::Part(why) => format!("part: {why}"),
                Coverage::Nothing(why) => format!("nothing: {why}"),
            }
        }
    };
    let package = r#"{"dependencies": {"a": "1"}}"#;
    assert_eq!(part(&[("package-lock.json", &lock), ("package.json", package)]).await, "whole");
    assert_eq!(part(&[("package-lock.json", &lock), ("apps/web/package.json", package)]).await, "whole");
    assert_eq!(part(&[("requirements.txt", "a==1\n-r more/pins.txt\n"), ("more/pins.txt", "b==2")]).await, "whole");
    assert_eq!(
        part(&[("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {}}}"#)]).await,
        "absent: the lock files name no packages"
    );
    for (project, expected) in [
        (vec![], "nothing: there is no lock file"),
        (vec![("package.json", package)], "nothing: incomplete: package.json without a lock file (package.json)"),
        (vec![("yarn.lock", "")], "nothing: incomplete: empty lock file (yarn.lock)"),
        (vec![("package-lock.json", &*lock), ("api/poetry.lock", "")], "part: incomplete: Poetry lock file"),
        (
            vec![("package-lock.json", &*lock), ("api/pyproject.toml", "[project]\ndependencies = [\"x\"]")],
            "part: incomplete: pyproject.toml without",
        ),
        (
            vec![("package-lock.json", &*lock), ("b/package-lock.json", "{")],
            "part: incomplete: not a valid npm lock file (b/package-lock.json:1)",
        ),
        (
            vec![("package-lock.json", &*lock), ("requirements.txt", "a==1\ngunicorn\n")],
            "part: incomplete: requirement without an exact version (==) (gunicorn)",
        ),
        (vec![("requirements.txt", "a==1\n-r ../../etc/passwd\n")], "part: incomplete: included requirements file"),
        (
            vec![("package-lock.json", r#"{"packages": {"node_modules/a": {"version": "latest"}}}"#)],
            "nothing: incomplete: package version that was not understood (a latest)",
        ),
        (
            vec![(
                "Cargo.lock",
                "[[package]]\nname = \"x\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n",
            )],
            "nothing: incomplete: ecosystem that the offline advisories do not cover (crates.io)",
        ),
    ] {
        let told = part(&project).await;
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
}

#[tokio::test]
async fn hostile_lock_files_harm_nobody() {
    let circle: Vec<(String, String)> = (0..50)
        .map(|n| (format!("requirements/r{n}.txt"), format!("-r r{}.txt\n-r r{n}.txt\np{n}==1.0\n", (n + 1) % 50)))
        .collect();
    let mut files: Vec<(&str, &str)> = circle.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let deep = "[".repeat(1_000_000);
    let wide = package_lock(&(0..20_000).map(|_| ("a", "1.0.0")).collect::<Vec<_>>());
    let long = format!("a=={}\n{}", "9".repeat(1_000_000), "\\\n".repeat(100_000));
    files.push(("deep/package-lock.json", &deep));
    files.push(("deep/Cargo.lock", &deep));
    files.push(("wide/package-lock.json", &wide));
    files.push(("long/requirements.txt", &long));
    let project = Folder::with(&files);
    project.write("binary/package-lock.json", [0, 159, 146, 150]);
    let huge = std::fs::File::create(project.write("huge/Cargo.lock", "")).unwrap();
    huge.set_len(65 * 1024 * 1024).unwrap();
    let advisories = placed(&[record("GHSA-1", "npm", "a", &[("introduced", "0")])]);
    let started = std::time::Instant::now();
    let seen = seen(&project, &advisories).await;
    assert!(started.elapsed().as_secs() < 20, "took {:?}", started.elapsed());
    assert_eq!(seen.places(), ["vulnerable-dependency a 1.0.0 (wide/package-lock.json)"]);
    let examined = seen.result.unwrap();
    assert_eq!(examined.counts["lock-files"], 52);
    let reasons: Vec<&str> = examined.gaps.iter().map(|gap| gap.reason.as_str()).collect();
    for reason in [
        "not a valid npm lock file",
        "not a valid Cargo.lock",
        "lock file larger than 64 MB",
        "lock file that is binary",
    ] {
        assert!(reasons.contains(&reason), "{reasons:?}");
    }
}
