use std::collections::BTreeMap;

use super::*;
use crate::probe::packages::manifest::{Manifest, package_json};
use crate::probe::packages::{LockFile, LockedPackage};

fn read(text: &str) -> Result<Reading, NotUnderstood> {
    super::read(text, &Around { path: "package-lock.json", manifests: &BTreeMap::new() })
}

/// Each package with what it needs, each thing asked for, each gap.
fn told_of(reading: Reading) -> Vec<String> {
    let LockFile { packages, roots, .. } = &reading.lock;
    let name = |at: &usize| packages[*at].name.clone() + "@" + &packages[*at].version;
    let told = |p: &LockedPackage| {
        let mut told = format!("{}@{}:{}", p.name, p.version, p.line);
        for (said, word) in [
            (p.scope == Scope::Development, " dev"),
            (p.origin == Origin::Elsewhere, " elsewhere"),
            (p.install_script, " runs"),
        ] {
            told += if said { word } else { "" };
        }
        told += &p.licence.as_ref().map(|licence| format!(" ({licence})")).unwrap_or_default();
        let needs: Vec<String> = p.needs.iter().map(name).collect();
        if needs.is_empty() { told } else { format!("{told} > {}", needs.join(" ")) }
    };
    let mut all: Vec<String> = packages.iter().map(told).collect();
    for root in roots {
        let wanted = root.wanted.iter().map(|w| {
            let dev = if w.scope == Scope::Development { " dev" } else { "" };
            format!(" {} {}{dev} = {}", w.name, w.range, name(&w.package))
        });
        all.push(format!("{}:{}", root.manifest, wanted.collect::<Vec<_>>().join(",")));
    }
    all.extend(reading.gaps.into_vec().iter().map(|gap| format!("gap {}: {}", gap.reason, gap.examples.join(" "))));
    all
}

fn told(text: &str) -> Vec<String> {
    told_of(read(text).unwrap())
}

#[test]
fn version_1_nests_its_packages() {
    let text = r#"{
  "name": "shop", "lockfileVersion": 1, "requires": true,
  "dependencies": {
    "a": {
      "version": "1.0.0", "resolved": "https://registry.example.com/a-1.0.0.tgz",
      "requires": { "b": "^2.0.0-0", "c": "^1.0.0", "absent": "1" },
      "dependencies": {
        "b": { "version": "2.0.0-rc.1", "dev": true, "requires": { "c": "^1.0.0" } }
      }
    },
    "b": { "version": "1.0.0", "requires": true },
    "c": { "version": "1.5.0", "bundled": true, "requires": { "b": "1" } },
    "alias": { "version": "npm:@scope/real@3.1.4" },
    "fork": { "version": "git+ssh://git:s3cret@example.com/fork.git#abc" },
    "far": { "version": "https://u:s3cret@example.com/far-1.0.0.tgz" },
    "mine": { "version": "file:packages/mine", "dev": true, "requires": { "b": "^1.0.0", "d": "*" },
      "dependencies": { "d": { "version": "4.0.0", "dev": true } } },
    "tarball": { "version": "file:vendor/x.tgz" },
    "odd": { "version": 7 }
  }
}"#;
    let packages = [
        "@scope/real@3.1.4:13",
        "a@1.0.0:4 > b@2.0.0-rc.1 c@1.5.0",
        "b@1.0.0:11",
        "b@2.0.0-rc.1:8 dev > c@1.5.0",
        "c@1.5.0:12 > b@1.0.0",
        "d@4.0.0:17 dev",
        "far@:15 elsewhere",
        "fork@abc:14 elsewhere",
        "tarball@:18 elsewhere",
    ];
    let mine = "packages/mine/package.json: b ^1.0.0 dev = b@1.0.0, d * dev = d@4.0.0";
    let gap = "gap entry of a lock file that was not understood: odd";
    assert_eq!(told(text), [&packages[..], &[mine, gap]].concat());
    // The manifest says what is asked for.
    let asks = r#"{"dependencies": {"a": "^1", "alias": "npm:@scope/real@^3", "mine": "file:packages/mine", "gone": "1"},
        "devDependencies": {"b": "1"}}"#;
    let manifests: BTreeMap<String, Manifest> =
        BTreeMap::from([("package.json".to_owned(), package_json::read("package.json", asks).unwrap())]);
    let reading = super::read(text, &Around { path: "package-lock.json", manifests: &manifests }).unwrap();
    let root = "package.json: a ^1 = a@1.0.0, alias ^3 = @scope/real@3.1.4, b 1 dev = b@1.0.0";
    assert_eq!(told_of(reading), [&packages[..], &[root, mine, gap]].concat());
}

#[test]
fn version_3_names_packages_by_their_folder() {
    let text = r#"{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "workspaces": ["packages/*"], "dependencies": { "a": "^1", "both": "1", "@shop/ui": "*",
      "old": "npm:real@^4", "far": "https://example.com/far.tgz" }, "devDependencies": { "both": "2", "@s/b": "*" } },
    "packages/ui": { "name": "@shop/ui", "version": "0.1.0", "dependencies": { "c": "^3" }, "devDependencies": { "a": "1" } },
    "node_modules/@shop/ui": { "resolved": "packages/ui", "link": true },
    "node_modules/a": { "version": "1.0.0", "hasInstallScript": true, "license": "MIT",
      "dependencies": { "@s/b": "^2" }, "optionalDependencies": { "c": "*" }, "devDependencies": { "real": "*" },
      "peerDependencies": { "both": "*", "real": "*" }, "peerDependenciesMeta": { "real": { "optional": true } } },
    "node_modules/a/node_modules/@s/b": { "version": "2.0.0", "dev": true, "dependencies": { "@s/b": "*", "a": "*" } },
    "node_modules/@s/b": { "version": "1.0.0", "devOptional": true },
    "node_modules/both": { "version": "2.0.0", "dev": true, "license": { "type": "BSD" } },
    "packages/ui/node_modules/c": { "version": "3.0.0", "optional": true },
    "node_modules/c": { "version": "2.9.0", "peer": true, "inBundle": true },
    "node_modules/old": { "name": "real", "version": "4.0.0", "resolved": "https://registry.example.com/real.tgz" },
    "node_modules/fork": { "version": "5.0.0", "resolved": "git+ssh://git@example.com/fork.git#abc" },
    "node_modules/far": { "version": "6.0.0", "resolved": "https://example.com/far.tgz" },
    "node_modules/copied": { "version": "1.0.0", "resolved": "file:../lib", "dependencies": { "c": "1" } },
    "node_modules/none": { "dev": true },
    "node_modules/": { "version": "1.0.0" },
    "node_modules/odd": [],
    "node_modules/flag": { "version": "1.0.0", "dev": "yes" }
  }
}"#;
    assert_eq!(
        told(text),
        [
            "@s/b@1.0.0:12",
            "@s/b@2.0.0:11 dev > @s/b@2.0.0 a@1.0.0",
            "a@1.0.0:8 runs (MIT) > @s/b@2.0.0 both@2.0.0 c@2.9.0",
            "both@2.0.0:13 dev (BSD)",
            "c@2.9.0:15",
            "c@3.0.0:14",
            "far@6.0.0:18 elsewhere",
            "fork@5.0.0:17 elsewhere",
            "real@4.0.0:16",
            "package.json: @s/b * dev = @s/b@1.0.0, a ^1 = a@1.0.0, both 2 dev = both@2.0.0, \
             far https://example.com/far.tgz = far@6.0.0, old ^4 = real@4.0.0",
            "packages/ui/package.json: a 1 dev = a@1.0.0, c ^3 = c@3.0.0",
            "gap entry of a lock file that was not understood: node_modules/ node_modules/odd node_modules/flag",
        ]
    );
}

#[test]
fn version_2_says_everything_twice_and_is_read_once() {
    let text = r#"{"lockfileVersion": 2, "packages": {"node_modules/a": {"version": "1.0.0"}},
        "dependencies": {"a": {"version": "1.0.0"}}}"#;
    assert_eq!(told(text), ["a@1.0.0:1"]);
    assert_eq!(told(r#"{"lockfileVersion": 2, "dependencies": {"a": {"version": "1.0.0"}}}"#), ["a@1.0.0:1"]);
}

#[test]
fn what_is_no_lock_file_of_a_known_form_is_refused() {
    for (text, reason, line) in [
        (r#"{"lockfileVersion": 4, "packages": {}}"#, "unknown lockfileVersion 4", None),
        (r#"{"lockfileVersion": {"a": 1}, "packages": {}}"#, "unknown lockfileVersion of a wrong type", None),
        (r#"{"lockfileVersion": 3}"#, "an npm lock file without its list of packages", None),
        ("{}", "an npm lock file without its list of packages", None),
        ("{\n<<<<<<< HEAD\n", "npm lock file with an unresolved merge conflict", Some(2)),
        ("{\n  \"packages\": {\n    \"node_modules/a\": {", "not a valid npm lock file", Some(3)),
        (r#"{"packages": {}, "packages": {}}"#, "not a valid npm lock file", Some(1)),
        (r#"{"packages": []}"#, "not a valid npm lock file", Some(1)),
        ("", "not a valid npm lock file", Some(1)),
    ] {
        let error = read(text).err();
        assert_eq!(error, Some(NotUnderstood { reason: reason.to_owned(), line }), "{text}");
    }
}

#[test]
fn depth_costs_neither_the_stack_nor_the_truth() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let text = format!(
        r#"{{"lockfileVersion": 3, "extra": {deep}, "packages": {{"node_modules/a": {{"version": "1.0.0", "x": {deep}}}}}}}"#
    );
    assert_eq!(told(&text), ["a@1.0.0:1"]);
    // What is deep in one place costs nothing elsewhere.
    let tables = format!(
        r#"{{"lockfileVersion": 3, "packages": {{"node_modules/a": {{"version": "1.0.0", "dependencies": {{"x": {deep}, "b": "1"}}}},
        "node_modules/x": {{"version": "1.0.0", "license": {deep}}}, "node_modules/b": {{"version": "1.0.0"}},
        "node_modules/c": {{"version": "1.0.0", "dependencies": ["b"]}}}}}}"#
    );
    let gap = "gap entry of a lock file that was not understood: node_modules/c";
    assert_eq!(told(&tables), ["a@1.0.0:1 > b@1.0.0 x@1.0.0", "b@1.0.0:2", "x@1.0.0:2", gap]);
    let open = r#"{"version": "1.0.0", "dependencies": {"a": "#.repeat(500);
    let nested = format!(
        r#"{{"lockfileVersion": 1, "dependencies": {{"a": {open}{{"version": "1.0.0"}}{}}}}}"#,
        "}}".repeat(500)
    );
    let reading = read(&nested).unwrap();
    assert_eq!(reading.lock.packages.len(), 1);
    assert_eq!(reading.gaps.total(), 1);
}

#[test]
fn outsize_paths_are_passed_over() {
    let deep = "node_modules/a/".repeat(60);
    let long = "a".repeat(5000);
    let text = format!(
        r#"{{"lockfileVersion": 3, "packages": {{"{deep}node_modules/b": {{"version": "1.0.0"}},
        "node_modules/{long}": {{"version": "1.0.0"}}, "node_modules/a": {{"version": "1.0.0"}}}}}}"#
    );
    let reading = read(&text).unwrap();
    assert_eq!((reading.lock.packages.len(), reading.gaps.total()), (1, 2));
}

#[test]
fn folders_of_the_project_are_found_wherever_they_lie() {
    let text = r#"{"lockfileVersion": 3, "packages": {"": {}, "../ui": {"dependencies": {"a": "1"}},
        "../../out": {"dependencies": {"a": "1"}}, "../ui/node_modules/a": {"version": "1.0.0"},
        "node_modules/ui": {"resolved": "../ui", "link": true}, "node_modules/a": {"version": "2.0.0"}}}"#;
    let reading = super::read(text, &Around { path: "web/package-lock.json", manifests: &BTreeMap::new() }).unwrap();
    assert_eq!(told_of(reading), ["a@1.0.0:2", "a@2.0.0:3", "ui/package.json: a 1 = a@1.0.0", "web/package.json:"]);
}

#[test]
fn what_is_asked_for_and_missing_is_counted() {
    let text = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1", "gone": "1", "may": "1"},
        "optionalDependencies": {"may": "1"}, "peerDependencies": {"peer": "1"}, "devDependencies": {"tool": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"lost": "1"}, "devDependencies": {"x": "1"}},
        "node_modules/b": {"version": "1.0.0", "optional": true, "dependencies": {"bundled": "1"}},
        "old": {"extraneous": true, "dependencies": {"before": "1"}}}}"#;
    assert_eq!(
        told(text),
        [
            "a@1.0.0:3",
            "b@1.0.0:4",
            "package.json: a 1 = a@1.0.0",
            "gap package that is asked for but missing from the lock file: gone tool lost"
        ]
    );
}

/// What npm has left over until it tidies up: nobody installs it, and it answers for no manifest.
#[test]
fn a_folder_that_is_left_over_answers_for_nothing() {
    let manifest =
        package_json::read("libs/old/package.json", r#"{"name": "old", "dependencies": {"a": "1"}}"#).unwrap();
    let manifests = BTreeMap::from([(manifest.path.clone(), manifest)]);
    let told = |entry: &str| {
        let text = format!(
            r#"{{"lockfileVersion": 3, "packages": {{"": {{}}, "libs/old": {{"version": "1.0.0", "dependencies": {{"a": "1"}}{entry}}}}}}}"#
        );
        let reading = super::read(&text, &Around { path: "package-lock.json", manifests: &manifests }).unwrap();
        (reading.lock.locals.len(), told_of(reading))
    };
    let missing = "gap package that is asked for but missing from the lock file: a";
    assert_eq!(
        told(""),
        (0, vec!["libs/old/package.json:".to_owned(), "package.json:".to_owned(), missing.to_owned()])
    );
    assert_eq!(told(r#", "extraneous": true"#), (0, vec!["package.json:".to_owned()]));
    // Of one that is gone only this file would know the version.
    let manifests = BTreeMap::new();
    let text = r#"{"lockfileVersion": 3, "packages": {"": {}, "libs/old": {"version": "1.0.0", "extraneous": true}}}"#;
    let reading = super::read(text, &Around { path: "package-lock.json", manifests: &manifests }).unwrap();
    assert_eq!(reading.lock.locals, []);
    let kept = text.replace(", \"extraneous\": true", "");
    let reading = super::read(&kept, &Around { path: "package-lock.json", manifests: &manifests }).unwrap();
    assert_eq!(reading.lock.locals.len(), 1);
}
