//! `composer.lock` (<https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control>,
//! written by `Composer\Package\Locker`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::json::{self, Entries, object, php_entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::manifest::composer::licence;
use crate::probe::packages::{Manager, NotUnderstood};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "packages-dev")]
    packages_dev: Option<Vec<&'a RawValue>>,
    #[serde(rename = "plugin-api-version")]
    plugin_api: Option<Value>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    version: String,
    source: Option<Place>,
    dist: Option<Place>,
    #[serde(borrow, default, deserialize_with = "php_entries")]
    require: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "php_entries")]
    replace: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "php_entries")]
    provide: Entries<'a>,
    #[serde(rename = "type")]
    kind: Option<String>,
    license: Option<Value>,
    #[serde(rename = "notification-url")]
    notification: Option<Value>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
}

/// A package of the project itself, from a repository of type `path`.
struct Own {
    manifest: String,
    needs: Vec<(String, String)>,
}

/// More packages that stand in for one name are not told apart.
const MAX_STAND_INS: usize = 50;

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not JSON of the expected form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lock: Lock<'_> = object(text).map_err(|error| NotUnderstood::at("not a valid composer.lock", error.line()))?;
    let format = match &lock.plugin_api {
        None => "",
        // Composer names no version of the format; that of its plugin interface changes with its major versions.
        Some(Value::String(version)) if version.starts_with("1.") || version.starts_with("2.") => version,
        Some(other) => {
            let shown: String = other.as_str().unwrap_or("of a wrong type").chars().take(20).collect();
            return Err(NotUnderstood::new(format!("composer.lock of an unknown plugin-api-version {shown}")));
        }
    };
    let Some(production) = lock.packages else {
        return Err(NotUnderstood::new("a composer.lock without its list of packages"));
    };
    let mut found = Found {
        builder: Builder::new(Manager::Composer, format),
        needs: vec![],
        stand_ins: BTreeMap::new(),
        own: vec![],
    };
    let lines = Lines::of(text);
    let development = lock.packages_dev.unwrap_or_default();
    for (entries, scope) in [(production, Scope::Production), (development, Scope::Development)] {
        for raw in entries {
            found.add(raw, scope, &lines, around);
        }
    }
    Ok(found.finish(around))
}

struct Found {
    builder: Builder,
    /// Who needs what: names with their ranges.
    needs: Vec<(String, Vec<(String, String)>)>,
    /// Packages that stand in for others: `psr/log-implementation` is provided by a logger.
    stand_ins: BTreeMap<String, Vec<String>>,
    own: Vec<(Own, Scope)>,
}

impl Found {
    fn add(&mut self, raw: &RawValue, scope: Scope, lines: &Lines<'_>, around: &Around<'_>) {
        let entry = object::<Entry<'_>>(raw.get()).ok();
        let Some((entry, name)) = entry.and_then(|entry| json::text(entry.name).map(|name| (entry, name))) else {
            self.builder.gaps.add(reason::ENTRY, &format!("line {}", lines.of_part(raw.get())));
            return;
        };
        // Composer compares names without regard to case.
        let key = name.to_lowercase();
        if let Some(folder) = own_folder(&entry) {
            let place = around.place(&folder);
            self.builder.local(&key, Some(&entry.version), Some(place.clone()));
            // What it says that it replaces, it is a copy of, or a fork.
            for (replaced, _) in &entry.replace.0 {
                self.builder.local(&replaced.to_lowercase(), None, Some(place.clone()));
            }
            self.own.push((Own { manifest: folder, needs: needs(&entry) }, scope));
            return;
        }
        // A package without code that asks for nothing only forbids: `roave/security-advisories`.
        if entry.kind.as_deref() == Some("metapackage") && entry.require.0.is_empty() {
            return;
        }
        for (replaced, raw) in &entry.replace.0 {
            // Who publishes both fixes both: `laravel/framework` replaces its own parts.
            let vendor = |name: &str| name.split('/').next().unwrap_or_default().to_lowercase();
            if vendor(replaced) != vendor(&name) {
                // `self.version`, and ranges, say nothing better than the package's own version.
                let said = json::text(raw).filter(|said| is_exact(said));
                self.builder.fork(&replaced.to_lowercase(), &key, said.as_ref().unwrap_or(&entry.version));
            }
        }
        for (replaced, _) in entry.replace.0.iter().chain(&entry.provide.0) {
            self.stand_ins.entry(replaced.to_lowercase()).or_default().push(key.clone());
        }
        self.needs.push((key.clone(), needs(&entry)));
        let line = lines.of_part(entry.name.get());
        let draft = Draft {
            origin: origin(&entry),
            scope: Some(scope),
            // Plugins run as soon as they are installed (<https://getcomposer.org/doc/articles/plugins.md>).
            install_script: matches!(entry.kind.as_deref(), Some("composer-plugin" | "composer-installer")),
            licence: entry.license.as_ref().and_then(licence),
            ..Draft::new(name, entry.version, line)
        };
        self.builder.add(key, draft);
    }

    /// What a name stands for: the package itself, or those that replace or provide it.
    fn keys<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        if self.builder.knows(name) {
            return vec![name];
        }
        self.stand_ins.get(name).into_iter().flatten().take(MAX_STAND_INS).map(String::as_str).collect()
    }

    fn finish(mut self, around: &Around<'_>) -> Reading {
        for (from, all) in std::mem::take(&mut self.needs) {
            for (name, range) in all {
                let keys: Vec<String> = self.keys(&name).into_iter().map(str::to_owned).collect();
                for to in keys.into_iter().filter(|to| *to != from) {
                    // The range of a name says nothing of the versions of what stands in for it.
                    let range = if to == name { &*range } else { "" };
                    self.builder.needs_range(&from, to, range);
                }
            }
        }
        let mut wants = Vec::new();
        if let Some(manifest) = around.manifest("", "composer.json") {
            for declared in &manifest.declared {
                for key in self.keys(&declared.name.to_lowercase()) {
                    wants.push((&manifest.path, &declared.name, &declared.range, declared.scope, key.to_owned()));
                }
            }
            self.builder.root(&manifest.path);
        }
        let own: Vec<(String, &Own, Scope)> = self
            .own
            .iter()
            .map(|(own, scope)| (around.manifest_path(&own.manifest, "composer.json"), own, *scope))
            .collect();
        for (manifest, own, scope) in &own {
            self.builder.root(manifest);
            for (name, range) in &own.needs {
                for key in self.keys(name) {
                    wants.push((manifest, name, range, *scope, key.to_owned()));
                }
            }
        }
        for (manifest, name, range, scope, key) in wants {
            self.builder.wants(manifest, name, range, scope, key);
        }
        self.builder.finish(around.path)
    }
}

/// Whether a constraint names one version: `v3.10.0`.
fn is_exact(constraint: &str) -> bool {
    let version = constraint.trim().trim_start_matches('v');
    version.contains('.') && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// What an entry asks for: names with their ranges.
fn needs(entry: &Entry<'_>) -> Vec<(String, String)> {
    entry.require.0.iter().map(|(name, raw)| (name.to_lowercase(), json::text(raw).unwrap_or_default())).collect()
}

/// The folder of a package of the project itself.
fn own_folder(entry: &Entry<'_>) -> Option<String> {
    let dist = entry.dist.as_ref().filter(|dist| dist.kind.as_deref() == Some("path"))?;
    let url = dist.url.as_deref().unwrap_or("");
    Some(url.trim_start_matches("./").trim_end_matches('/').to_owned())
}

/// A registry asks to be told of installations, and metapackages hold nothing but names. What comes by neither is from
/// a repository or an address that the project names itself; mirrors of a registry serve archives of their own.
fn origin(entry: &Entry<'_>) -> Origin {
    let forges = ["github.com", "gitlab.com", "bitbucket.org"];
    let from_forge =
        |place: &Place| place.url.as_ref().is_some_and(|url| forges.iter().any(|forge| url.contains(forge)));
    if entry.notification.is_some() || entry.kind.as_deref() == Some("metapackage") {
        return Origin::Registry;
    }
    match &entry.dist {
        Some(dist) if !from_forge(dist) && entry.source.is_some() => Origin::Registry,
        _ => Origin::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "composer.lock", manifests: &BTreeMap::new() })
    }

    #[test]
    fn origins_licences_and_stand_ins() {
        let text = r#"{"packages": [
{"name": "a/a", "version": "v1.0.0", "license": ["MIT"], "require": {"php": ">=8", "x/virtual": "*", "b/b": "1"},
 "dist": {"type": "zip", "url": "https://api.github.com/repos/a/a"}, "notification-url": "https://packages.example.com/"},
{"name": "b/b", "version": "2.x-dev", "license": ["GPL-2.0-only", "MIT"], "provide": {"x/virtual": "1.0"}, "require": [],
 "source": {"type": "git", "url": "https://user:secret@github.com/b/b"}, "dist": {"type": "zip", "url": "https://api.github.com/b"}},
{"name": "c/mirrored", "version": "3.0.0", "source": {"type": "git", "url": "https://github.com/c/c"},
 "dist": {"type": "zip", "url": "https://mirror.example.com/c.zip"}},
{"name": "d/archive", "version": "3.0.0", "dist": {"type": "zip", "url": "https://example.com/d.zip"}},
{"name": "e/forbids", "version": "dev-latest", "type": "metapackage"},
{"name": 7, "version": "1"}, {"name": "no/version"}, "text", ["e/e", "1"]
], "packages-dev": null, "plugin-api-version": "2.6.0"}"#;
        let reading = read(text).unwrap();
        let told: Vec<_> = (reading.lock.packages.iter())
            .map(|p| format!("{} {}:{} {:?} {:?} {:?}", p.name, p.version, p.line, p.origin, p.licence, p.needs))
            .collect();
        assert_eq!(
            told,
            [
                "a/a v1.0.0:2 Registry Some(\"MIT\") [1]",
                "b/b 2.x-dev:4 Elsewhere Some(\"GPL-2.0-only OR MIT\") []",
                "c/mirrored 3.0.0:6 Registry None []",
                "d/archive 3.0.0:8 Elsewhere None []",
            ]
        );
        assert_eq!(reading.lock.format, "2.6.0");
        let gaps = reading.gaps.into_vec();
        assert_eq!((gaps.len(), gaps[0].reason.as_str(), gaps[0].count), (1, reason::ENTRY, 4));
    }

    #[test]
    fn what_is_no_lock_file_of_a_known_form_is_refused() {
        let error = |text: &str| read(text).unwrap_err();
        for text in
            ["", "[]", r#"{"packages": [{"name": "a/a""#, r#"{"packages": {}}"#, r#"{"packages":[],"packages":[]}"#]
        {
            assert_eq!(error(text).reason, "not a valid composer.lock", "{text}");
        }
        assert_eq!(error("{\n<<<<<<< HEAD\n").line, Some(2));
        assert_eq!(error("{}").reason, "a composer.lock without its list of packages");
        let newer = error(r#"{"packages": [], "plugin-api-version": "3.0.0"}"#).reason;
        assert_eq!(newer, "composer.lock of an unknown plugin-api-version 3.0.0");
        assert_eq!(read(r#"{"packages": [], "hash": "old"}"#).unwrap().lock.packages, []);
        let deep = format!(r#"{{"extra": {0}{1}, "packages": []}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).is_ok());
    }
}
