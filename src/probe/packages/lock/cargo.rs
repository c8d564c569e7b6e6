//! `Cargo.lock` (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>), every version of it.

use std::collections::{BTreeMap, HashSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::{Declared, Manager, Manifest, NotUnderstood};

/// What `source` says for packages of crates.io, over git and over the sparse protocol.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    /// Absent for the project's own crates.
    source: Option<&'a str>,
    dependencies: Vec<&'a str>,
    line: u32,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not TOML of the expected form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lines = Lines::of(text);
    let invalid = |line| NotUnderstood::at("not a valid Cargo.lock", line);
    let root =
        DeTable::parse(text).map_err(|error| invalid(error.span().map_or(0, |span| lines.at(span.start) as usize)))?;
    let root = root.get_ref();
    let mut builder = Builder::new(Manager::Cargo, format_of(root)?);
    let mut entries = Vec::new();
    // Cargo before 1.17 wrote the project's own crate as `[root]`.
    if let Some(own) = root.get("root") {
        entries.extend(entry(own, &lines));
    }
    let packages = match root.get("package") {
        None => None,
        Some(packages) => match packages.get_ref().as_array() {
            Some(list) => Some(list),
            None => return Err(invalid(lines.at(packages.span().start) as usize)),
        },
    };
    for value in packages.into_iter().flat_map(|list| list.iter()) {
        match entry(value, &lines) {
            Some(entry) => entries.push(entry),
            None => builder.gaps.add(reason::ENTRY, &format!("line {}", lines.at(value.span().start))),
        }
    }
    add_packages(&entries, &mut builder);
    add_roots(&entries, around, &mut builder);
    Ok(builder.finish(around.path))
}

fn format_of(root: &DeTable<'_>) -> Result<String, NotUnderstood> {
    match root.get("version").map(Spanned::get_ref) {
        // Versions 1 and 2 do not say which they are; only the first has checksums beside the packages.
        None if root.contains_key("metadata") || root.contains_key("root") => Ok("1".to_owned()),
        None => Ok(String::new()),
        // Version 4 came with Rust 1.78; a later one may say things that we would misread.
        Some(DeValue::Integer(version)) => match version.as_str() {
            known @ ("1" | "2" | "3" | "4") => Ok(known.to_owned()),
            unknown => {
                let shown: String = unknown.chars().take(20).collect();
                Err(NotUnderstood::new(format!("unknown Cargo.lock version {shown}")))
            }
        },
        Some(_) => Err(NotUnderstood::new("unknown Cargo.lock version of a wrong type")),
    }
}

fn entry<'a>(value: &'a Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Option<Entry<'a>> {
    let table = value.get_ref().as_table()?;
    let text = |key: &str| table.get(key)?.get_ref().as_str();
    let dependencies = match table.get("dependencies") {
        None => Vec::new(),
        Some(list) => {
            list.get_ref().as_array()?.iter().map(|one| one.get_ref().as_str()).collect::<Option<Vec<_>>>()?
        }
    };
    if table.contains_key("source") && text("source").is_none() {
        return None;
    }
    let line = lines.at(table.get("name")?.span().start);
    Some(Entry { name: text("name")?, version: text("version")?, source: text("source"), dependencies, line })
}

impl Entry<'_> {
    fn key(&self) -> String {
        format!("{} {}", self.name, self.long_version())
    }

    fn long_version(&self) -> String {
        self.source.map_or_else(|| self.version.to_owned(), |source| format!("{} ({source})", self.version))
    }
}

/// Packages that others need are in the file as well: where one is not, the file was cut off or merged by hand.
const MISSING: &str = "package that a lock file needs but does not hold";

fn add_packages(entries: &[Entry<'_>], builder: &mut Builder) {
    // Dependencies are named as short as is unambiguous: name, with version, with version and source.
    let mut own = HashSet::new();
    for entry in entries {
        let (key, short) = (entry.key(), format!("{} {}", entry.name, entry.version));
        let Some(source) = entry.source else {
            own.insert(entry.name);
            continue;
        };
        let is_known = CRATES_IO.iter().any(|known| source.starts_with(known));
        let origin = if is_known { Origin::Registry } else { Origin::Elsewhere };
        builder.add(&key, Draft { origin, ..Draft::new(entry.name, entry.version, entry.line) });
        builder.also(short, &key);
    }
    for entry in entries.iter().filter(|entry| entry.source.is_some() && !own.contains(entry.name)) {
        builder.also(entry.name, &entry.key());
    }
    for entry in entries {
        for &dependency in &entry.dependencies {
            let name = dependency.split(' ').next().unwrap_or(dependency);
            if !builder.knows(dependency) && !own.contains(name) {
                builder.gaps.add(MISSING, name);
            }
            if entry.source.is_some() {
                builder.needs(entry.key(), dependency);
            }
        }
    }
}

/// The project's own crates ask for what they depend on; which of it is for development only, their manifests say.
fn add_roots(entries: &[Entry<'_>], around: &Around<'_>, builder: &mut Builder) {
    let mut manifests: BTreeMap<&str, &Manifest> = BTreeMap::new();
    let folder = around.folder();
    for (path, manifest) in around.manifests.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder))
    {
        if let Some(name) = manifest.name.as_deref().filter(|_| path.ends_with("Cargo.toml")) {
            // Names are unique in a workspace; a crate elsewhere below that has the same name lies deeper.
            let shorter = |known: &&Manifest| known.path.matches('/').count() <= path.matches('/').count();
            if !manifests.get(name).is_some_and(shorter) {
                manifests.insert(name, manifest);
            }
        }
    }
    for own in entries.iter().filter(|entry| entry.source.is_none()) {
        let manifest = manifests.get(own.name);
        let path = manifest.map_or_else(|| around.manifest_path("", "Cargo.toml"), |manifest| manifest.path.clone());
        builder.root(&path);
        for &dependency in &own.dependencies {
            let mut parts = dependency.splitn(3, ' ');
            let (name, version) = (parts.next().unwrap_or(dependency), parts.next());
            let declared = manifest.map(|manifest| asked(manifest, name, version)).unwrap_or_default();
            for declared in &declared {
                let called = declared.alias.as_deref().unwrap_or(name);
                builder.wants(&path, called, &declared.range, declared.scope, dependency);
            }
            if declared.is_empty() {
                builder.wants(&path, name, "", Scope::Production, dependency);
            }
        }
    }
}

/// What a manifest says of a package; of several versions under several names, what allows this one.
fn asked<'a>(manifest: &'a Manifest, name: &str, version: Option<&str>) -> Vec<&'a Declared> {
    let version = version.and_then(|version| semver::Version::parse(version).ok());
    let allowed = |declared: &&Declared| match (&version, semver::VersionReq::parse(&declared.range)) {
        (Some(version), Ok(range)) => range.matches(version),
        _ => true,
    };
    manifest.declared.iter().filter(|declared| declared.name == name).filter(allowed).collect()
}

#[cfg(test)]
mod tests {
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
}
