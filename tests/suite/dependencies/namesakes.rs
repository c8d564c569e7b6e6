//! Folders and forks that bear the names of public packages.

use gonogo::model::Coverage;
use gonogo::probe::dependencies::DependenciesProbe;
use serde_json::{Value, json};

use super::service::{seen as asked, service};
use super::store::{import, now};
use super::{coverage, export, filler, offline, package_lock, record};
use crate::support::probes::{Folder, run_at};

/// A copy of the advisories that is complete for these ecosystems.
async fn copy_of(ecosystems: &[&str], records: Vec<Value>) -> Folder {
    let dir = Folder::with(&[]);
    let all: Vec<Value> = ecosystems.iter().flat_map(|ecosystem| filler(ecosystem, 600)).chain(records).collect();
    let source = Folder::with(&[]);
    let zip = source.path().join("all.zip");
    export(&zip, &all);
    import(&[&zip], dir.path()).await.unwrap();
    dir
}

/// What is not examined, empty where all was.
async fn open(files: &[(&str, &str)], advisories: &Folder) -> String {
    let seen = run_at(&DependenciesProbe, Folder::with(files).path(), offline(advisories.path()), now()).await.unwrap();
    assert_eq!(seen.findings.len(), 0, "nobody knows what is in a folder: {:?}", seen.places());
    let examined = seen.result.unwrap();
    match coverage(&examined) {
        Coverage::Whole => String::new(),
        Coverage::Part(why) | Coverage::Nothing(why) => why.clone(),
        other => panic!("{other:?}"),
    }
}

const VULNERABLE: &str = "incomplete: folder that bears the name and version of a public package with known \
    vulnerabilities (update it if it is a copy, rename it if it is your own code) ";
const FORK: &str = "incomplete: fork of a public package in a version with known vulnerabilities, and no advisories are published \
    for the fork (see whether it has mended them) ";
const NO_VERSION: &str = "incomplete: folder or fork that bears the name of a public package with known vulnerabilities, \
    and no version to compare (say it in its manifest, or rename it if it is your own code) ";

#[tokio::test]
async fn a_member_of_a_workspace_that_is_a_vulnerable_copy_leaves_the_question_open() {
    let mut malware = record("MAL-2026-1", "npm", "ours", &[("introduced", "0")]);
    malware["database_specific"] = json!({"malicious-packages-origins": []});
    let minimist = record("GHSA-1", "npm", "minimist", &[("introduced", "0"), ("fixed", "1.2.6")]);
    let advisories = copy_of(&["npm"], vec![minimist, malware]).await;
    let root = |name: &str| {
        format!("{{\"name\": \"shop\", \"workspaces\": [\"packages/*\"], \"dependencies\": {{\"{name}\": \"*\"}}}}")
    };
    let lock = package_lock(&[("left-pad", "1.3.0")]);
    let of = async |name: &str, says: &str| {
        let member = format!("{{\"name\": \"{name}\"{says}}}");
        let files =
            [("package.json", &*root(name)), ("package-lock.json", &lock), ("packages/lib/package.json", &member)];
        let missing = format!("; package that is asked for but missing from the lock file ({name} in package.json)");
        open(&files, &advisories).await.replace(&missing, "").replace(&missing.replace("; ", "incomplete: "), "")
    };
    let version = ", \"version\": \"0.0.8\"";
    assert_eq!(of("minimist", version).await, format!("{VULNERABLE}(minimist 0.0.8 (packages/lib))"));
    assert_eq!(of("minimist", "").await, format!("{NO_VERSION}(minimist (packages/lib))"));
    assert_eq!(of("minimist", ", \"version\": \"1.2.8\"").await, "", "a version that is fixed");
    assert_eq!(of("theirs", version).await, "", "a name that no advisory knows");
    assert_eq!(of("ours", version).await, "", "whoever squats on the name did not write the folder");
}

#[tokio::test]
async fn modules_crates_and_distributions_from_folders_are_compared_by_name() {
    let advisories = copy_of(
        &["Go", "crates.io", "PyPI"],
        vec![
            record("GO-1", "Go", "golang.org/x/crypto", &[("introduced", "0"), ("fixed", "0.17.0")]),
            record("GO-3", "Go", "stdlib", &[("introduced", "0"), ("fixed", "1.22.5")]),
            record("GO-2", "Go", "example.com/kept", &[("introduced", "0"), ("fixed", "0.5.0")]),
            record("RUSTSEC-1", "crates.io", "time", &[("introduced", "0.1.0"), ("fixed", "0.2.23")]),
            record("PYSEC-1", "PyPI", "requests", &[("introduced", "0"), ("fixed", "2.31.0")]),
        ],
    )
    .await;
    let module = |requires: &str| {
        format!("module github.com/acme/app\ngo 1.22\ntoolchain go1.22.7\nrequire example.com/other v1.0.0\n{requires}")
    };
    let replaced = module("require golang.org/x/crypto v0.0.0\nreplace golang.org/x/crypto => ./crypto\n");
    let crypto = ("crypto/go.mod", "module golang.org/x/crypto\ngo 1.22\ntoolchain go1.22.7\n");
    let sums = ("go.sum", "example.com/other v1.0.0 h1:x=\nexample.com/other v1.0.0/go.mod h1:x=\n");
    let told = format!("{NO_VERSION}(golang.org/x/crypto (crypto))");
    assert_eq!(open(&[("go.mod", &replaced), sums, crypto], &advisories).await, told);
    let own = module("require lib.example.com/core v1.0.0\nreplace lib.example.com/core => ./core\n");
    let core = ("core/go.mod", "module lib.example.com/core\ngo 1.22\ntoolchain go1.22.7\n");
    assert_eq!(open(&[("go.mod", &own), sums, core], &advisories).await, "");
    // A fork on which advisories are published is compared as itself.
    let fork =
        |to: &str| module(&format!("require golang.org/x/crypto v0.1.0\nreplace golang.org/x/crypto => {to} v1.0.0\n"));
    let forked = |to: &str| {
        format!(
            "example.com/other v1.0.0 h1:x=\nexample.com/other v1.0.0/go.mod h1:x=\n{to} v1.0.0 h1:x=\n{to} v1.0.0/go.mod h1:x=\n"
        )
    };
    for (to, told) in [
        ("example.com/nobodys", format!("{NO_VERSION}(golang.org/x/crypto (example.com/nobodys))")),
        ("example.com/kept", String::new()),
    ] {
        assert_eq!(open(&[("go.mod", &fork(to)), ("go.sum", &forked(to))], &advisories).await, told, "{to}");
    }

    // Without a toolchain, the least release that builds take speaks for Go's own library.
    let library = "incomplete: Go's standard library, whose version a go.mod without toolchain leaves open ";
    for (go, told) in [
        ("1.22.4", format!("{library}(stdlib 1.22.4 (go.mod))")),
        ("1.22.7", String::new()),
        ("1.22", format!("{library}(go.mod)")),
    ] {
        let plain = format!("module github.com/acme/app\ngo {go}\nrequire example.com/other v1.0.0\n");
        assert_eq!(open(&[("go.mod", &plain), sums], &advisories).await, told, "{go}");
    }

    let lock = |version: &str| {
        format!(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"serde\", \"time\"]\n[[package]]\nname = \"time\"\n\
             version = \"{version}\"\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
        )
    };
    let asks = "[package]\nname = \"app\"\n[dependencies]\nserde = \"1\"\ntime = { path = \"libs/time\" }\n";
    let time = ("libs/time/Cargo.toml", "[package]\nname = \"time\"\nversion.workspace = true\n");
    for (version, told) in [("0.1.45", format!("{VULNERABLE}(time 0.1.45 (libs/time))")), ("0.3.36", String::new())] {
        let files = [("Cargo.toml", asks), ("Cargo.lock", &lock(version)), time];
        assert_eq!(open(&files, &advisories).await, told, "{version}");
    }

    let uv = |version: &str| {
        format!(
            "version = 1\n[manifest]\nmembers = [\"shop\", \"requests\"]\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n\
             source = {{ virtual = \".\" }}\ndependencies = [{{ name = \"idna\" }}, {{ name = \"requests\" }}]\n\
             [[package]]\nname = \"requests\"\n{version}source = {{ editable = \"vendor/requests\" }}\n\
             [[package]]\nname = \"idna\"\nversion = \"3.7\"\nsource = {{ registry = \"https://pypi.example.com/simple\" }}\n"
        )
    };
    let shop = "[project]\nname = \"shop\"\ndependencies = [\"idna\", \"requests\"]\n[tool.uv.sources]\nrequests = { workspace = true }\n\
                [tool.uv.workspace]\nmembers = [\"vendor/*\"]\n";
    let copy = ("vendor/requests/pyproject.toml", "[project]\nname = \"requests\"\ndynamic = [\"version\"]\n");
    for (version, told) in [
        ("version = \"2.25.0\"\n", format!("{VULNERABLE}(requests 2.25.0 (vendor/requests))")),
        ("version = \"2.32.0\"\n", String::new()),
        ("", format!("{NO_VERSION}(requests (vendor/requests))")),
    ] {
        let files = [("pyproject.toml", shop), ("uv.lock", &uv(version)), copy];
        assert_eq!(open(&files, &advisories).await, told, "{version}");
    }
}

/// Code asks for the public name and gets another package of the registry.
#[tokio::test]
async fn a_fork_that_a_registry_has_under_another_name_is_compared_by_the_name_that_code_sees() {
    let records = vec![
        record("GHSA-1", "npm", "lodash", &[("introduced", "0"), ("fixed", "4.17.21")]),
        record("GHSA-2", "npm", "kept", &[("introduced", "0"), ("fixed", "1.0.0")]),
        record("GHSA-3", "Packagist", "twig/twig", &[("introduced", "0"), ("fixed", "3.11.2")]),
        record("RUSTSEC-1", "crates.io", "time", &[("introduced", "0.1.0"), ("fixed", "0.2.23")]),
    ];
    let advisories = copy_of(&["npm", "Packagist", "crates.io"], records).await;
    let told = |shown: &str| format!("{FORK}({shown})");
    for (called, real, version, expected) in [
        ("lodash", "@acme/lodash", "4.17.0", told("lodash 4.17.0 (@acme/lodash)")),
        ("lodash", "@acme/lodash", "4.17.21", String::new()),
        // Advisories are published for it, or the name that code sees is nobody's.
        ("lodash", "kept", "4.17.0", String::new()),
        ("old-lodash", "@acme/lodash", "4.17.0", String::new()),
    ] {
        let asks = format!("{{\"name\": \"x\", \"dependencies\": {{\"{called}\": \"npm:{real}@{version}\"}}}}");
        let three = format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{\"dependencies\": {{\"{called}\": \"npm:{real}@{version}\"}}}}, \
             \"node_modules/{called}\": {{\"name\": \"{real}\", \"version\": \"{version}\"}}}}}}"
        );
        let one = format!(
            "{{\"lockfileVersion\": 1, \"dependencies\": {{\"{called}\": {{\"version\": \"npm:{real}@{version}\"}}}}}}"
        );
        let classic = format!(
            "# yarn lockfile v1\n\n\n\"{called}@npm:{real}@{version}\":\n  version \"{version}\"\n  resolved \"https://registry.example.com/x.tgz#00\"\n"
        );
        let berry = format!(
            "__metadata:\n  version: 8\n\n\"{called}@npm:{real}@{version}\":\n  version: {version}\n  resolution: \"{real}@npm:{version}\"\n  \
             linkType: hard\n\n\"x@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"x@workspace:.\"\n  dependencies:\n    \
             {called}: \"npm:{real}@{version}\"\n  linkType: soft\n"
        );
        let pnpm = format!(
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      {called}:\n        specifier: npm:{real}@{version}\n        \
             version: '{real}@{version}'\npackages:\n  '{real}@{version}':\n    resolution: {{integrity: x}}\nsnapshots:\n  \
             '{real}@{version}': {{}}\n"
        );
        let bun = format!(
            "{{\"lockfileVersion\": 1, \"workspaces\": {{\"\": {{\"dependencies\": {{\"{called}\": \"npm:{real}@{version}\"}}}}}}, \
             \"packages\": {{\"{called}\": [\"{real}@{version}\", \"\", {{}}, \"x\"]}}}}"
        );
        for (path, text) in [
            ("package-lock.json", &three),
            ("npm-shrinkwrap.json", &one),
            ("yarn.lock", &classic),
            ("yarn.lock", &berry),
            ("pnpm-lock.yaml", &pnpm),
            ("bun.lock", &bun),
        ] {
            assert_eq!(open(&[("package.json", &*asks), (path, text)], &advisories).await, expected, "{path} {real}");
        }
    }
    // A package of Composer that replaces another, in the version that it says or in its own.
    for (says, version, expected) in [
        ("*", "3.10.0", told("twig/twig 3.10.0 (acme/twig)")),
        ("self.version", "3.12.0", String::new()),
        ("3.10.0", "1.0.0", told("twig/twig 3.10.0 (acme/twig)")),
    ] {
        let lock = format!(
            "{{\"packages\": [{{\"name\": \"acme/twig\", \"version\": \"{version}\", \"replace\": {{\"twig/twig\": \"{says}\"}}, \
             \"notification-url\": \"https://packages.example.com\"}}], \"packages-dev\": []}}"
        );
        let asks = "{\"name\": \"acme/shop\", \"require\": {\"acme/twig\": \"*\"}}";
        assert_eq!(open(&[("composer.json", asks), ("composer.lock", &lock)], &advisories).await, expected, "{says}");
    }
    let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"acme-time\"]\n[[package]]\nname = \"acme-time\"\n\
                version = \"0.1.45\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let asks = "[package]\nname = \"app\"\n[dependencies]\ntime = { package = \"acme-time\", version = \"0.1\" }\n";
    let files = [("Cargo.toml", asks), ("Cargo.lock", lock)];
    assert_eq!(open(&files, &advisories).await, told("time 0.1.45 (acme-time)"));
}

/// The names of the project's own packages are nobody's business; those that may be public ones have to be asked about.
#[tokio::test]
async fn the_service_is_asked_about_folders_that_do_not_bear_the_scope_of_the_project() {
    let records = [record("GHSA-1", "npm", "minimist", &[("introduced", "0"), ("fixed", "1.2.6")])];
    let server = service(&[("minimist", &["GHSA-1"])], &records).await;
    let project = Folder::with(&[
        (
            "package.json",
            "{\"name\": \"@shop/app\", \"dependencies\": {\"left-pad\": \"1.3.0\", \"minimist\": \"file:./libs/minimist\", \"@shop/core\": \"file:./core\"}}",
        ),
        ("package-lock.json", &package_lock(&[("left-pad", "1.3.0"), ("minimist", "0.0.8"), ("@shop/core", "1.0.0")])),
        ("libs/minimist/package.json", "{\"name\": \"minimist\"}"),
        ("core/package.json", "{\"name\": \"@shop/core\", \"version\": \"3.0.0\"}"),
    ]);
    let seen = asked(&project, &server.uri()).await;
    let examined = seen.result.unwrap();
    let Coverage::Part(why) = coverage(&examined) else { panic!("{:?}", coverage(&examined)) };
    assert_eq!(*why, format!("{NO_VERSION}(minimist (libs/minimist))"));
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests.iter().find(|one| one.method == "POST").unwrap().body_json().unwrap();
    let sent: Vec<String> = body["queries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|query| {
            let text = |value: &Value| value.as_str().unwrap_or("any").to_owned();
            format!("{} {}", text(&query["package"]["name"]), text(&query["version"]))
        })
        .collect();
    assert!(sent.contains(&"minimist any".to_owned()), "{sent:?}");
    assert!(!sent.contains(&"@shop/core 3.0.0".to_owned()), "{sent:?}");
}
