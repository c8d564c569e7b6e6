//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3
//! (see "package-lock.json" in the documentation of npm 11).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Around, Builder, Draft, Reading, Scope, reason};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::{Manager, NotUnderstood};

/// In version 1 packages nest; npm itself gives up long before this depth, and file systems do too.
const MAX_DEPTH: usize = 100;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(rename = "lockfileVersion")]
    version: Option<Value>,
    #[serde(borrow)]
    packages: Option<Entries<'a>>,
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
}

/// The entries of a JSON object, each still unread: one that is odd does not spoil the rest, and each knows its place.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of packages")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// An entry under `packages`, keyed by its folder.
#[derive(Deserialize)]
struct Installed {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<Value>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dev: bool,
}

/// An entry under `dependencies`, keyed by its name.
#[derive(Deserialize)]
struct Nested<'a> {
    version: Option<String>,
    resolved: Option<Value>,
    #[serde(default)]
    dev: bool,
    #[serde(borrow)]
    dependencies: Option<Entries<'a>>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not JSON of a known `lockfileVersion`.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lock: Lock<'_> =
        serde_json::from_str(text).map_err(|error| NotUnderstood::at("not a valid npm lock file", error.line()))?;
    let version = match &lock.version {
        None => None,
        Some(value) => match value.as_u64() {
            Some(known @ 1..=3) => Some(known),
            _ => return Err(NotUnderstood::new(format!("unknown lockfileVersion {}", shown(value)))),
        },
    };
    let lines = Lines::of(text);
    let mut builder = Builder::new(Manager::Npm, version.map(|version| version.to_string()).unwrap_or_default());
    match (version, lock.packages, lock.dependencies) {
        (None | Some(2 | 3), Some(packages), _) => installed(packages, &lines, &mut builder),
        // Old shrinkwrap files carry no version.
        (None | Some(1 | 2), _, Some(dependencies)) => nested(dependencies, &lines, &mut builder),
        // npm writes no `dependencies` at all for a project without any.
        (Some(1), _, None) => {}
        _ => return Err(NotUnderstood::new("an npm lock file without its list of packages")),
    }
    Ok(builder.finish(around.path))
}

fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(20).collect();
    if value.is_number() || value.is_string() { text } else { "of a wrong type".to_owned() }
}

fn installed(entries: Entries<'_>, lines: &Lines<'_>, builder: &mut Builder) {
    for (folder, raw) in entries.0 {
        let line = lines.of_part(raw.get());
        // What lies outside node_modules is the project itself and its workspaces.
        let Some((_, installed_as)) = folder.rsplit_once("node_modules/") else { continue };
        let Ok(entry) = serde_json::from_str::<Installed>(raw.get()) else {
            builder.gaps.add(reason::ENTRY, &folder);
            continue;
        };
        if entry.link {
            continue;
        }
        // An alias keeps the real name beside it.
        let name = entry.name.unwrap_or_else(|| installed_as.to_owned());
        builder.add_npm(name, entry.version, entry.resolved.as_ref(), entry.dev, line);
    }
}

fn nested(entries: Entries<'_>, lines: &Lines<'_>, builder: &mut Builder) {
    let mut waiting = vec![(entries, 1)];
    while let Some((entries, depth)) = waiting.pop() {
        for (name, raw) in entries.0 {
            let line = lines.of_part(raw.get());
            let Ok(entry) = serde_json::from_str::<Nested<'_>>(raw.get()) else {
                builder.gaps.add(reason::ENTRY, &name);
                continue;
            };
            if let Some(inner) = entry.dependencies {
                if depth < MAX_DEPTH {
                    waiting.push((inner, depth + 1));
                } else {
                    builder.gaps.add("packages nested deeper than 100 levels", &name);
                }
            }
            builder.add_npm(name, entry.version, entry.resolved.as_ref(), entry.dev, line);
        }
    }
}

impl Builder {
    fn add_npm(&mut self, name: String, version: Option<String>, resolved: Option<&Value>, dev: bool, line: u32) {
        let Some(version) = version else {
            self.gaps.add(reason::ENTRY, &name);
            return;
        };
        // Version 1 writes an alias as `npm:real-name@1.2.3`.
        let (name, version) = match version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
            Some((real, version)) => (real.to_owned(), version.to_owned()),
            None => (name, version),
        };
        let source = resolved.and_then(Value::as_str).unwrap_or("");
        let is_folder = |text: &str| text.starts_with("link:") || (text.starts_with("file:") && !is_archive(text));
        // A folder of the project is its own code.
        if is_folder(&version) || is_folder(source) {
            return;
        }
        // Tarballs of every registry, mirrors too, come over http(s); a version that is an address is none of a registry.
        let from_registry = !is_address(&version) && !version.starts_with("http") && !is_address(source);
        if from_registry {
            let scope = Some(if dev { Scope::Development } else { Scope::Production });
            self.add(format!("{name}@{version}"), Draft { scope, ..Draft::new(name, version, line) });
        } else {
            self.gaps.add(reason::NO_REGISTRY, &name);
        }
    }
}

fn is_archive(text: &str) -> bool {
    text.ends_with(".tgz") || text.ends_with(".tar.gz")
}

fn is_address(text: &str) -> bool {
    ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "file:"].iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::probe::packages::LockedPackage;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "package-lock.json", manifests: &BTreeMap::new() })
    }

    fn told(text: &str) -> Vec<String> {
        let reading = read(text).unwrap();
        let told = |p: &LockedPackage| {
            format!("{}@{}:{}{}", p.name, p.version, p.line, if p.scope == Scope::Development { " dev" } else { "" })
        };
        let mut all: Vec<String> = reading.lock.packages.iter().map(told).collect();
        all.extend(reading.gaps.into_vec().iter().map(|gap| format!("gap {}: {}", gap.reason, gap.examples.join(" "))));
        all
    }

    #[test]
    fn version_1_nests_its_packages() {
        let text = r#"{
  "name": "shop", "lockfileVersion": 1, "requires": true,
  "dependencies": {
    "a": {
      "version": "1.0.0", "resolved": "https://registry.example.com/a-1.0.0.tgz",
      "dependencies": {
        "b": { "version": "2.0.0-rc.1", "dev": true }
      }
    },
    "alias": { "version": "npm:@scope/real@3.1.4" },
    "fork": { "version": "git+ssh://git@example.com/fork.git#abc" },
    "mine": { "version": "file:packages/mine" },
    "tarball": { "version": "file:vendor/x.tgz" },
    "odd": { "version": 7 }
  }
}"#;
        assert_eq!(
            told(text),
            [
                "a@1.0.0:4",
                "b@2.0.0-rc.1:7 dev",
                "@scope/real@3.1.4:10",
                "gap entry of a lock file that was not understood: odd",
                "gap package from git, a URL or an archive, which advisories do not cover: fork tarball",
            ]
        );
    }

    #[test]
    fn version_3_names_packages_by_their_folder() {
        let text = r#"{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "workspaces": ["packages/*"] },
    "packages/ui": { "name": "@shop/ui", "version": "0.1.0" },
    "node_modules/@shop/ui": { "resolved": "packages/ui", "link": true },
    "node_modules/a": { "version": "1.0.0" },
    "node_modules/a/node_modules/@s/b": { "version": "2.0.0", "dev": true },
    "packages/ui/node_modules/c": { "version": "3.0.0", "optional": true },
    "node_modules/alias": { "name": "real", "version": "4.0.0", "resolved": "https://registry.example.com/real.tgz" },
    "node_modules/fork": { "version": "5.0.0", "resolved": "git+ssh://git@example.com/fork.git#abc" },
    "node_modules/none": { "dev": true },
    "node_modules/odd": []
  }
}"#;
        assert_eq!(
            told(text),
            [
                "a@1.0.0:7",
                "@s/b@2.0.0:8 dev",
                "c@3.0.0:9",
                "real@4.0.0:10",
                "gap entry of a lock file that was not understood: none node_modules/odd",
                "gap package from git, a URL or an archive, which advisories do not cover: fork",
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
            ("{\n<<<<<<< HEAD\n", "not a valid npm lock file", Some(2)),
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
        let open = r#"{"version": "1.0.0", "dependencies": {"a": "#.repeat(500);
        let nested = format!(
            r#"{{"lockfileVersion": 1, "dependencies": {{"a": {open}{{"version": "1.0.0"}}{}}}}}"#,
            "}}".repeat(500)
        );
        let reading = read(&nested).unwrap();
        assert_eq!(reading.lock.packages.len(), 1);
        assert_eq!(reading.gaps.total(), 1);
    }
}
