//! `Cargo.toml`.

use super::*;

fn manifests(files: &[(&str, &str)]) -> BTreeMap<String, Manifest> {
    let (mut crates, mut found) = (Crates::default(), BTreeMap::new());
    for (path, text) in files {
        crates.add(path, text).unwrap();
    }
    crates.finish(&mut found);
    found
}

fn told(manifest: &Manifest) -> Vec<String> {
    let told = |d: &Declared| {
        let alias = d.alias.as_ref().map(|alias| format!("{alias}=")).unwrap_or_default();
        let scope = if d.scope == Scope::Development { " dev" } else { "" };
        let optional = if d.optional { " optional" } else { "" };
        format!("{}: {alias}{} {:?} {:?} {:?}{scope}{optional}", d.line, d.name, d.range, d.source, d.pin)
    };
    manifest.declared.iter().map(told).collect()
}

#[test]
fn every_form_of_a_dependency() {
    let text = r#"[package]
name = "app"
license = "MIT OR Apache-2.0"
rust-version = "1.80"
[dependencies]
serde = "1"
exact = "=1.2.3"
any = "*"
near = { version = "=1.2", optional = true }
old = { package = "rand", version = "0.7" }
own = { path = "../own", version = "0.1" }
fork = { git = "https://example.com/fork", branch = "main" }
fixed = { git = "https://example.com/fixed", rev = "abc" }
odd = 7
worse = { version = 7 }
[dependencies.long]
version = "3"
[dev-dependencies]
insta = "1"
[build-dependencies]
cc = "1"
[target.'cfg(windows)'.dependencies]
winapi = "0.3"
[target.x86_64-unknown-linux-gnu.dev-dependencies]
nix = "0.29"
[patch.crates-io]
serde = { path = "x" }
[replace]
"foo:0.1.0" = { git = "https://example.com/foo" }
"#;
    let found = manifests(&[("Cargo.toml", text)]);
    let manifest = &found["Cargo.toml"];
    assert_eq!(
        told(manifest),
        [
            "6: serde \"1\" Registry Range",
            "7: exact \"=1.2.3\" Registry Exact",
            "8: any \"*\" Registry Loose",
            "9: near \"=1.2\" Registry Range optional",
            "10: old=rand \"0.7\" Registry Range",
            "11: own \"0.1\" Own Exact",
            "12: fork \"\" Git Loose",
            "13: fixed \"\" Git Exact",
            "16: long \"3\" Registry Range",
            "19: insta \"1\" Registry Range dev",
            "21: cc \"1\" Registry Range dev",
            "23: winapi \"0.3\" Registry Range",
            "25: nix \"0.29\" Registry Range dev",
        ]
    );
    assert_eq!(manifest.overrides, ["serde", "foo"]);
    assert_eq!(manifest.licence.as_deref(), Some("MIT OR Apache-2.0"));
    assert_eq!(manifest.runtimes, [Runtime { name: "rust".to_owned(), range: "1.80".to_owned(), line: 4 }]);
    assert_eq!(manifest.gaps.total(), 2);
}

#[test]
fn members_take_from_the_nearest_workspace() {
    let root = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.package]\n\
            rust-version = \"1.85\"\nlicense = \"MIT\"\n[workspace.dependencies]\nserde = { version = \"1\" }\n\
            rnd = { package = \"rand\", version = \"=0.8.5\" }\nown = { path = \"crates/own\" }\n";
    let member = "[package]\nname = \"own\"\nlicense.workspace = true\nrust-version = { workspace = true }\n\
            [dependencies]\nrnd = { workspace = true, optional = true }\nmissing.workspace = true\n\
            [dev-dependencies]\nserde.workspace = true\nabove = \"1\"\n";
    let found = manifests(&[("crates/own/Cargo.toml", member), ("Cargo.toml", root)]);
    let own = &found["crates/own/Cargo.toml"];
    assert_eq!(
        told(own),
        [
            "6: rnd=rand \"=0.8.5\" Registry Exact optional",
            "7: missing \"\" Registry Loose",
            "9: serde \"1\" Registry Range dev",
            "10: above \"1\" Registry Range dev",
        ]
    );
    assert_eq!(own.gaps.clone().into_vec()[0].examples, ["missing"]);
    assert_eq!(own.licence.as_deref(), Some("MIT"));
    assert_eq!((own.runtimes[0].range.as_str(), own.runtimes[0].line), ("1.85", 4));
    assert_eq!(found["Cargo.toml"].members, ["crates/*", "!crates/old"]);
    assert!(found["Cargo.toml"].declared.is_empty());
}

#[test]
fn what_is_no_manifest_is_refused() {
    for (text, line) in [
        ("[package]\n<<<<<<< HEAD\n", 2),
        ("[dependencies]\na = \"1\"\na = \"2\"\n", 3),
        ("[dependencies\n", 1),
        (&"a=[".repeat(100_000), 1),
    ] {
        let error = Crates::default().add("Cargo.toml", text).unwrap_err();
        assert_eq!((error.reason.as_str(), error.line), ("not a valid Cargo.toml", Some(line)));
    }
    assert!(Crates::default().add("Cargo.toml", "").is_ok());
    assert!(Crates::default().add("Cargo.toml", "dependencies = 7\nworkspace = []\npackage = \"x\"\n").is_ok());
}
