//! From the files of a project to the report: which vulnerable package comes first, and where the code uses it.

use serde_json::{Value, json};

use crate::support::binary::World;
use crate::support::probes::Folder;

const LOCK: &str = r#"{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {
    "": {"name": "shop", "dependencies": {"idle-thing": "^1.0.0", "left-render": "^1.0.0", "mock-maker": "^1.0.0"}},
    "node_modules/idle-thing": {"version": "1.0.0"},
    "node_modules/left-render": {"version": "1.0.0"},
    "node_modules/mock-maker": {"version": "1.0.0"}
  }
}
"#;

/// A record about one package, each as bad as the next.
fn record(package: &str) -> String {
    json!({
        "id": format!("GHSA-{package}"),
        "modified": "2026-11-20T10:00:00Z",
        "summary": format!("Something bad in {package}"),
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [{
            "package": {"ecosystem": "npm", "name": package},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
        }],
    })
    .to_string()
}

#[test]
fn what_production_code_imports_comes_first_with_its_line() {
    let app = Folder::with(&[
        (
            "package.json",
            r#"{"name": "shop", "dependencies": {"idle-thing": "^1.0.0", "left-render": "^1.0.0", "mock-maker": "^1.0.0"}}"#,
        ),
        ("package-lock.json", LOCK),
        (
            "src/server.ts",
            "// The server of the shop.\nimport http from 'node:http';\nimport { render } from 'left-render';\n\n\
             http.createServer((request, response) => response.end(render(request.url))).listen(3000);\n",
        ),
        ("tests/server.test.ts", "import { maker } from 'mock-maker';\n\ntest('renders', () => maker());\n"),
    ]);
    let packages = ["idle-thing", "left-render", "mock-maker"];
    let records = packages.map(|package| (format!("{package}.json"), record(package)));
    let records = Folder::with(&records.each_ref().map(|(path, text)| (path.as_str(), text.as_str())));
    let world = World::new();
    let copied = world.run(&["advisories", "update", "--from", records.path().to_str().unwrap()]);
    assert_eq!((copied.code, copied.out.as_str()), (0, "npm: 3 advisories, 3 of them read now\n"), "{}", copied.err);

    let said = world.run(&["check", app.path().to_str().unwrap(), "--offline", "--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let report = said.json();
    let vulnerable = report["dependencies"]["vulnerable"].as_array().unwrap();
    let told: Vec<Value> =
        vulnerable.iter().map(|one| json!([one["name"], one["line"], one["severity"], one["uses"]])).collect();
    let used = json!({"uses": "imported", "package": "left-render", "places": [["src/server.ts", 3]], "more": 0});
    let unused = json!({"uses": "not-imported"});
    assert_eq!(
        told,
        [
            json!(["left-render", 7, "blocker", used]),
            json!(["idle-thing", 6, "major", unused]),
            json!(["mock-maker", 8, "major", unused]),
        ]
    );

    let all = report["findings"].as_array().unwrap().iter();
    let mut findings: Vec<&Value> = all.filter(|finding| finding["rule"] == "vulnerable-dependency").collect();
    findings.sort_by_key(|finding| finding["location"]["line"].as_u64());
    let places: Vec<_> = findings.iter().map(|finding| (&finding["severity"], &finding["location"]["line"])).collect();
    let (blocker, major) = (json!("blocker"), json!("major"));
    assert_eq!(places, [(&major, &json!(6)), (&blocker, &json!(7)), (&major, &json!(8))]);
    assert!(findings[1]["evidence"].to_string().contains("left-render is imported in src/server.ts:3"), "{findings:?}");
    for unused in [findings[0], findings[2]] {
        assert!(unused["message"].as_str().unwrap().contains("never imported by production code"), "{unused}");
    }
}
