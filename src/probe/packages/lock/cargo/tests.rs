//! `Cargo.lock`, every version of it.

use super::*;

fn read(text: &str) -> Result<Reading, NotUnderstood> {
    super::read(text, &Around { path: "Cargo.lock", manifests: &BTreeMap::new() })
}

fn told(text: &str) -> Vec<String> {
    let lock = read(text).unwrap().lock;
    let name = |at: &usize| format!("{} {}", lock.packages[*at].name, lock.packages[*at].version);
    let told = |p: &crate::probe::packages::LockedPackage| {
        let needs: Vec<String> = p.needs.iter().map(name).collect();
        format!("{} {}:{} {:?} [{}]", p.name, p.version, p.line, p.origin, needs.join(", "))
    };
    let mut all: Vec<String> = lock.packages.iter().map(told).collect();
    for wanted in lock.roots.iter().flat_map(|root| &root.wanted) {
        all.push(format!("wants {} = {}", wanted.name, name(&wanted.package)));
    }
    all
}

#[test]
fn names_of_dependencies_are_as_short_as_they_can_be() {
    let text = r#"version = 4

[[package]]
name = "mine"
version = "0.1.0"
dependencies = [
 "fork",
 "rand 0.7.0",
 "rand 0.8.5 (registry+https://github.com/rust-lang/crates.io-index)",
 "other",
]

[[package]]
name = "other"
version = "0.1.0"
dependencies = ["serde"]

[[package]]
name = "rand"
version = "0.7.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["serde"]

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "rand"
version = "0.8.5"
source = "git+https://example.com/rand#abc"

[[package]]
name = "serde"
version = "1.0.228"
source = "sparse+https://index.crates.io/"
dependencies = ["rand 0.8.5 (git+https://example.com/rand#abc)"]

[[package]]
name = "fork"
version = "2.0.0"
source = "registry+https://crates.example.com/index"
"#;
    assert_eq!(
        told(text),
        [
            "fork 2.0.0:41 Elsewhere []",
            "rand 0.7.0:19 Registry [serde 1.0.228]",
            "rand 0.8.5:25 Registry []",
            "serde 1.0.228:35 Registry [rand 0.8.5]",
            "wants fork = fork 2.0.0",
            "wants rand = rand 0.7.0",
            "wants rand = rand 0.8.5",
            "wants serde = serde 1.0.228",
        ]
    );
}

#[test]
fn versions_1_and_2_say_the_same_in_other_words() {
    let first = "[root]\nname = \"mine\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde 1.0.0 \
            (registry+https://github.com/rust-lang/crates.io-index)\",\n]\n[[package]]\nname = \"serde\"\nversion = \
            \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n[metadata]\n\"checksum serde \
            1.0.0 (registry+https://github.com/rust-lang/crates.io-index)\" = \"abc\"\n";
    assert_eq!(told(first), ["serde 1.0.0:8 Registry []", "wants serde = serde 1.0.0"]);
    assert_eq!(read(first).unwrap().lock.format, "1");
    let second = "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \
            \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"abc\"\n";
    assert_eq!(told(second), ["serde 1.0.0:2 Registry []"]);
    assert_eq!(read("").unwrap().lock.packages, []);
}

#[test]
fn what_is_no_lock_file_of_a_known_form_is_refused() {
    let error = |text: &str| read(text).unwrap_err();
    assert_eq!(error("version = 9"), NotUnderstood::new("unknown Cargo.lock version 9"));
    assert_eq!(error("version = \"4\"").reason, "unknown Cargo.lock version of a wrong type");
    assert_eq!(error("version = 3\n<<<<<<< HEAD\n").line, Some(2));
    assert_eq!(error("[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\nname = \"b").line, Some(5));
    assert_eq!(error("[[package]]\nname = \"a\"\nname = \"b\"\n").line, Some(3));
    assert_eq!(error("package = 7").reason, "not a valid Cargo.lock");
    assert_eq!(error(&format!("package = {}", "[".repeat(100_000))).reason, "not a valid Cargo.lock");
}

#[test]
fn one_odd_entry_does_not_spoil_the_rest() {
    let odd = [
        "name = 5\nversion = \"1\"",
        "name = \"b\"",
        "name = \"c\"\nversion = \"1\"\nsource = 7",
        "name = \"d\"\nversion = \"1\"\ndependencies = [7]",
    ];
    let mut text = String::new();
    for entry in odd {
        text.push_str(&format!("[[package]]\n{entry}\n"));
    }
    text.push_str("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"sparse+https://index.crates.io/\"\n");
    let reading = read(&text).unwrap();
    assert_eq!(reading.lock.packages.len(), 1);
    assert_eq!(reading.gaps.total(), 4);
}
