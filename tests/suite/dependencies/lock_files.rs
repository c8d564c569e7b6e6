//! The probe over lock files of all kinds, with advisories placed in a folder.

use gonogo::model::{Confidence, Coverage, EvidenceKind, Location, Outcome, Severity};
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
         10\nfixed in 4.17.21\nused: not known, there is no JavaScript or TypeScript code that could be read\nhttps://osv.dev/vulnerability/GHSA-35jh-r3h4-6jhm"
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
    let sure: Vec<_> = seen.findings.iter().map(|one| one.confidence).collect();
    let high = Confidence::High;
    assert_eq!(sure, [high, Confidence::Low, high, high], "what is for development only fails nothing by itself");
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
    assert_eq!(
        part(&[
            ("requirements.txt", "a==1 --hash=sha256:00\n-r more/pins.txt\n"),
            ("more/pins.txt", "b==2 --hash=sha256:00")
        ])
        .await,
        "whole"
    );
    assert_eq!(
        part(&[("package-lock.json", r#"{"lockfileVersion": 3, "packages": {"": {}}}"#)]).await,
        "absent: the lock files name no packages"
    );
    for (project, expected) in [
        (vec![], "nothing: there is no lock file"),
        (vec![("package.json", package)], "nothing: incomplete: package.json without a lock file (package.json)"),
        (vec![("yarn.lock", "")], "nothing: incomplete: empty lock file (yarn.lock)"),
        (
            vec![("package-lock.json", &*lock), ("api/poetry.lock", "")],
            "part: incomplete: a poetry.lock without its metadata",
        ),
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

#[tokio::test]
async fn a_package_that_others_bring_in_is_told_with_its_ways_in_and_out() {
    let lock = r#"{"name": "shop", "lockfileVersion": 3, "packages": {
        "": {"name": "shop", "dependencies": {"express": "^4.17.0"}, "devDependencies": {"supertest": "^6.0.0"}},
        "node_modules/express": {"version": "4.17.1", "dependencies": {"body-parser": "1.19.0", "qs": "6.7.0"}},
        "node_modules/body-parser": {"version": "1.19.0", "dependencies": {"qs": "6.7.0"}},
        "node_modules/supertest": {"version": "6.0.0", "dev": true, "dependencies": {"qs": "^6.5.0"}},
        "node_modules/qs": {"version": "6.7.0"}}}"#;
    let manifest = "{\n\"name\": \"shop\",\n\"dependencies\": {\n\"express\": \"^4.17.0\"\n},\n\"devDependencies\": {\n\"supertest\": \"^6.0.0\"\n}\n}";
    let project = Folder::with(&[("shop/package-lock.json", lock), ("shop/package.json", manifest)]);
    let mut first = record("GHSA-1", "npm", "qs", &[("introduced", "0"), ("fixed", "6.7.3")]);
    first["details"] = json!("Sending `a[__proto__]` hangs the process.\n\nUpgrade.");
    let advisories = placed(&[first, record("GHSA-2", "npm", "qs", &[("introduced", "6.0.0"), ("fixed", "6.14.1")])]);
    let seen = seen(&project, &advisories).await;
    let fixes: Vec<&str> = seen.findings.iter().map(|finding| finding.fix.as_str()).collect();
    assert_eq!(fixes.len(), 2, "one finding for each hole");
    assert_eq!(fixes[0], fixes[1], "the way out is that of the package");
    assert_eq!(
        fixes[0],
        "qs comes in through express 4.17.1 and supertest 6.0.0. body-parser 1.19.0 and express 4.17.1 take only 6.7.0. Renew \
         body-parser, express and qs within what is declared; if qs stays at 6.7.0, raise what brings it in. The latest release \
         may be a major step: read its migration notes. If no release does: Force 6.14.1 or later with the lines below in \
         shop/package.json. Type `cd shop`, then `npm update body-parser express qs`, then `npm install express@latest`, then \
         `npm install --save-dev supertest@latest`. Or, if that does not help: In shop/package.json: \
         `\"overrides\": { \"qs\": \"^6.14.1\" }` Type `npm install`."
    );
    assert!(
        seen.findings[0].evidence[0]
            .text
            .contains("comes in through shop/package.json:4 → express 4.17.1 → qs 6.7.0, and through 1 other"),
        "{}",
        seen.findings[0].evidence[0].text
    );
    let examined = seen.result.unwrap();
    let report = examined.dependencies.unwrap();
    assert_eq!(report.advisories_from, "the offline copy of 2026-11-20");
    assert_eq!((report.locks[0].packages, report.locks[0].direct, report.locks[0].development), (4, 2, 1));
    let [package] = report.vulnerable.as_slice() else { panic!("{:?}", report.vulnerable) };
    assert_eq!((&*package.name, package.direct, package.development, package.line), ("qs", false, false, 6));
    let ways: Vec<Vec<&str>> =
        package.ways_in.iter().map(|way| way.iter().map(|step| step.name.as_str()).collect()).collect();
    assert_eq!(ways, [["express", "qs"], ["supertest", "qs"]]);
    assert_eq!(package.way_out.version.as_deref(), Some("6.14.1"), "free of both");
    assert_eq!(package.advisories.len(), 2);
    let told = package.advisories.iter().find(|one| one.known_as == "GHSA-1").unwrap();
    assert!(told.details.contains("hangs the process"), "{}", told.details);
    assert_eq!(told.references[0], "https://osv.dev/vulnerability/GHSA-1");
}

#[tokio::test]
async fn examples_and_fixtures_rank_lower_and_leave_no_doubt_about_the_app() {
    let store = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.push(record("GHSA-1", "npm", "a", &[("introduced", "0"), ("fixed", "1.0.1")]));
    export(&store.path().join("all.zip"), &records);
    let advisories = Folder::with(&[]);
    super::store::import(&[&store.path().join("all.zip")], advisories.path()).await.unwrap();
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let run = async |files: &[(&str, &str)]| {
        let project = Folder::with(files);
        let settings = offline(advisories.path());
        crate::support::probes::run_at(&DependenciesProbe, project.path(), settings, now).await.unwrap()
    };
    let (bad, good) = (package_lock(&[("a", "1.0.0")]), package_lock(&[("b", "1.0.0")]));
    let seen = run(&[
        ("package-lock.json", &good),
        ("examples/shop/package-lock.json", &bad),
        ("tests/fixtures/broken/package-lock.json", "{"),
    ])
    .await;
    assert_eq!(seen.findings.len(), 1);
    assert_eq!((seen.findings[0].severity, seen.findings[0].confidence), (Severity::Minor, Confidence::Medium));
    assert!(seen.findings[0].message.contains("not deployed as its path says"), "{}", seen.findings[0].message);
    let examined = seen.result.unwrap();
    assert_eq!(coverage(&examined), &Coverage::Whole);
    assert_eq!(Outcome::Completed(examined.clone()).word(), "completed");
    let reasons: Vec<&str> = examined.gaps.iter().map(|gap| gap.reason.as_str()).collect();
    assert_eq!(reasons, ["in tests, examples or documentation: not a valid npm lock file"]);
    // What is deployed and could not be read makes the run one in part.
    let seen = run(&[("package-lock.json", &good), ("api/package-lock.json", "{")]).await;
    let outcome = Outcome::Completed(seen.result.unwrap());
    assert_eq!(outcome.word(), "partial");
    assert!(outcome.why().unwrap().starts_with("not every package could be compared"));
    assert!(!outcome.failed());
    // They cannot stand for the app.
    let seen = run(&[("examples/shop/package-lock.json", &good)]).await;
    let told = coverage(&seen.result.unwrap()).clone();
    assert!(matches!(&told, Coverage::Nothing(why) if why.contains("only tests, examples")), "{told:?}");
}

#[tokio::test]
async fn a_lock_file_above_answers_for_its_own_members_only() {
    let advisories = placed(&[record("GHSA-1", "npm", "x", &[("introduced", "0")])]);
    let lock = r#"{"lockfileVersion": 3, "packages": {
        "": {"name": "shop", "workspaces": ["apps/*"], "dependencies": {"a": "^1.0.0"}},
        "apps/web": {"name": "web", "dependencies": {"a": "^1.0.0"}},
        "node_modules/web": {"resolved": "apps/web", "link": true},
        "node_modules/a": {"version": "1.0.0"}}}"#;
    let asks = r#"{"dependencies": {"a": "^1.0.0"}}"#;
    let root = r#"{"name": "shop", "workspaces": ["apps/*"], "dependencies": {"a": "^1.0.0"}}"#;
    let optional = r#"{"dependencies": {}, "optionalDependencies": {"evil": "1.0.0"}}"#;
    let both = r#"{"optionalDependencies": {"evil": "1.0.0"}, "peerDependencies": {"evil": "1.0.0"}}"#;
    let peers = r#"{"peerDependencies": {"a": "^1.0.0"}}"#;
    for (path, asks, expected) in [
        ("apps/web/package.json", asks, false),
        ("functions/package.json", asks, true),
        ("functions/package.json", optional, true),
        ("functions/package.json", both, true),
        ("functions/package.json", peers, false),
    ] {
        let project = Folder::with(&[("package-lock.json", lock), ("package.json", root), (path, asks)]);
        let examined = seen(&project, &advisories).await.result.unwrap();
        let open =
            examined.gaps.iter().any(|gap| gap.reason == "manifest that the lock file above does not answer for");
        assert_eq!(open, expected, "{path} {asks} {:?}", examined.gaps);
    }
    let empty = r#"{"lockfileVersion": 3, "packages": {"": {}}}"#;
    let project = Folder::with(&[("package-lock.json", empty), ("package.json", asks)]);
    let examined = seen(&project, &advisories).await.result.unwrap();
    assert!(matches!(coverage(&examined), Coverage::Nothing(_)), "{:?}", coverage(&examined));
}

/// In a workspace of Nx the packages take what is installed once, beside its settings.
#[tokio::test]
async fn what_the_lock_file_of_nx_holds_is_answered_for() {
    let advisories = placed(&[record("GHSA-1", "npm", "x", &[("introduced", "0")])]);
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1.0.0", "b": "^1.0.0"}},
        "node_modules/a": {"version": "1.2.0"}, "node_modules/b": {"version": "1.0.0"}, "node_modules/b/node_modules/a": {"version": "0.9.0"},
        "node_modules/b/node_modules/c": {"version": "1.0.0"}, "node_modules/c": {"version": "2.0.0"}}}"#;
    let root = r#"{"dependencies": {"a": "^1.0.0", "b": "^1.0.0"}}"#;
    for (settings, asks, expected) in [
        ("nx.json", r#"{"dependencies": {"a": "^1.1.0"}}"#, false),
        ("nx.json", r#"{"dependencies": {"a": "^1.1.0"}, "peerDependencies": {"z": "1"}}"#, false),
        ("nx.json", r#"{"dependencies": {"a": "^2.0.0"}}"#, true),
        ("nx.json", r#"{"dependencies": {"a": "^1.1.0", "z": "1"}}"#, true),
        ("nx.json", r#"{"dependencies": {"a": "^1.1.0", "c": "^2.0.0"}}"#, true),
        ("nx.json", r#"{"dependencies": {"a": "^1.1.0", "z": "github:z/z"}}"#, true),
        ("other.json", r#"{"dependencies": {"a": "^1.1.0"}}"#, true),
        ("libs/nx.json", r#"{"dependencies": {"a": "^1.1.0"}}"#, true),
    ] {
        let files =
            [("package-lock.json", lock), ("package.json", root), (settings, "{}"), ("libs/util/package.json", asks)];
        let examined = seen(&Folder::with(&files), &advisories).await.result.unwrap();
        let open =
            examined.gaps.iter().any(|gap| gap.reason == "manifest that the lock file above does not answer for");
        assert_eq!(open, expected, "{settings} {asks} {:?}", examined.gaps);
    }
}

#[tokio::test]
async fn only_what_was_really_looked_up_is_counted_and_each_version_once() {
    let store = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.push(super::record("GHSA-1", "npm", "a", &[("introduced", "0")]));
    export(&store.path().join("all.zip"), &records);
    let advisories = Folder::with(&[]);
    super::store::import(&[&store.path().join("all.zip")], advisories.path()).await.unwrap();
    // The offline copy has nothing of PyPI, and the version of `odd` cannot be compared.
    let lock = package_lock(&[("a", "1.0.0"), ("b", "1.0.0"), ("odd", "one")]);
    let project = Folder::with(&[
        ("package-lock.json", &lock),
        ("web/package-lock.json", &lock),
        ("requirements.txt", "c==1.0\n"),
    ]);
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let settings = offline(advisories.path());
    let seen = crate::support::probes::run_at(&DependenciesProbe, project.path(), settings, now).await.unwrap();
    let report = seen.result.unwrap().dependencies.unwrap();
    assert_eq!(report.locks.iter().map(|lock| lock.packages).sum::<u64>(), 7);
    assert_eq!((report.looked_up, report.vulnerable.len(), report.distinct().len()), (2, 2, 1));
}
