//! `composer.json` (<https://getcomposer.org/doc/04-schema.md>).

mod content_hash;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Declared, Manifest, Pin, Placed, Runtime, Source, reason};
use crate::probe::packages::json::{self, Entries, object, php_entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::{NotUnderstood, Scope};

pub use content_hash::composer_content_hash;

#[derive(Deserialize)]
struct Composer<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "php_entries")]
    require: Entries<'a>,
    #[serde(borrow, default, deserialize_with = "php_entries", rename = "require-dev")]
    require_dev: Entries<'a>,
    #[serde(borrow, default)]
    conflict: Option<&'a RawValue>,
    #[serde(default)]
    repositories: Option<Value>,
    #[serde(default)]
    license: Option<Value>,
}

/// Reads a manifest.
///
/// # Errors
/// When it is not well-formed.
pub fn read(path: &str, text: &str) -> Result<Manifest, NotUnderstood> {
    let composer: Composer<'_> =
        object(text).map_err(|error| NotUnderstood::at("not a valid composer.json", error.line()))?;
    let lines = Lines::of(text);
    let repositories = Repositories::of(composer.repositories.as_ref());
    let mut manifest = Manifest {
        path: path.to_owned(),
        name: composer.name.and_then(json::text),
        version: composer.version.and_then(json::text),
        licence: composer.license.as_ref().and_then(licence),
        members: repositories.places.clone(),
        ..Manifest::default()
    };
    for (name, raw) in composer.conflict.and_then(Entries::of).unwrap_or_default().0 {
        let refused = json::text(raw).map(|range| (range, lines.of_part(raw.get())));
        manifest.refused.entry(name.into_owned()).or_default().extend(refused);
    }
    let sections = [(composer.require, Scope::Production), (composer.require_dev, Scope::Development)];
    for (entries, scope) in sections {
        for (name, raw) in entries.0 {
            let name = name.into_owned();
            let line = lines.of_part(raw.get());
            let Some(range) = json::text(raw) else {
                manifest.gaps.add(reason::ENTRY, &name);
                continue;
            };
            if name.contains('/') {
                let source = repositories.source_of(&name, &range);
                if source == Source::Own {
                    let folder = repositories.folder_of(&name).unwrap_or_default();
                    manifest.placed.push(Placed { name: name.clone(), folder, forced: false });
                }
                let pin = match source {
                    Source::Own => Pin::Exact,
                    // Made to be followed: it holds nothing but the versions that must not be installed.
                    _ if name == "roave/security-advisories" => Pin::Range,
                    _ => pin(&range),
                };
                manifest.declared.push(Declared {
                    name,
                    alias: None,
                    range,
                    scope,
                    optional: false,
                    source,
                    pin,
                    line,
                });
            } else if scope == Scope::Production && matches!(name.as_str(), "php" | "php-64bit") {
                // Extensions and Composer's own interfaces (`ext-…`, `lib-…`, `composer-…`) are no packages.
                manifest.runtimes.push(Runtime { name: "php".to_owned(), range, line });
            }
        }
    }
    Ok(manifest)
}

/// Several licences leave the choice (<https://getcomposer.org/doc/04-schema.md#license>).
pub fn licence(value: &Value) -> Option<String> {
    let names: Vec<&str> = match value {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let is_compound = |name: &str| name.contains(' ') && !name.starts_with('(') && names.len() > 1;
    let parts = names.iter().map(|name| if is_compound(name) { format!("({name})") } else { (*name).to_owned() });
    Some(parts.collect::<Vec<_>>().join(" OR ")).filter(|expression| !expression.is_empty())
}

/// How firmly a constraint fixes the version (<https://getcomposer.org/doc/articles/versions.md>).
fn pin(range: &str) -> Pin {
    // `1.0 as 2.0` installs the first; `@dev` at the end says how stable it has to be.
    let range = range.split(" as ").next().unwrap_or(range).trim();
    if range.contains('#') {
        return Pin::Exact;
    }
    let range = range.split('@').next().unwrap_or(range).trim();
    let any_of = |part: &str| {
        let part = part.trim();
        part.is_empty() || matches!(part, "*" | "x" | "X") || part.starts_with("dev-") || part.ends_with("-dev")
    };
    if range.split('|').filter(|part| !part.is_empty()).any(any_of) || range.is_empty() {
        return Pin::Loose;
    }
    let version = range.trim_start_matches(['=', ' ']).trim_start_matches(['v', 'V']);
    let is_plain = version.starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(['*', ' ', ',', '|', '<', '>', '^', '~'])
        && !version.ends_with(".x")
        && !version.ends_with(".X");
    if is_plain || range == "self.version" { Pin::Exact } else { Pin::Range }
}

/// What `repositories` says of single packages (<https://getcomposer.org/doc/05-repositories.md>).
#[derive(Default)]
struct Repositories {
    /// Names, and ends of addresses.
    git: Vec<String>,
    urls: Vec<String>,
    folders: Vec<String>,
    /// The same as written.
    places: Vec<String>,
}

impl Repositories {
    fn of(value: Option<&Value>) -> Self {
        let mut found = Self::default();
        let all: Vec<&Value> = match value {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(named)) => named.values().collect(),
            _ => Vec::new(),
        };
        for repository in all {
            let text = |key: &str| repository.get(key).and_then(Value::as_str);
            let url = || text("url").unwrap_or("").trim_end_matches('/').trim_end_matches(".git").to_lowercase();
            match text("type") {
                Some("path") => {
                    found.folders.push(url());
                    found.places.extend(text("url").map(str::to_owned));
                }
                Some("vcs" | "git" | "github" | "gitlab" | "bitbucket" | "hg" | "svn") => found.git.push(url()),
                Some("package") => found.add_packages(repository.get("package")),
                _ => {}
            }
        }
        found
    }

    fn add_packages(&mut self, value: Option<&Value>) {
        let packages: Vec<&Value> = match value {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for package in packages {
            let Some(name) = package.get("name").and_then(Value::as_str) else { continue };
            let known = if package.get("dist").is_some() { &mut self.urls } else { &mut self.git };
            known.push(name.to_lowercase());
        }
    }

    /// The folder of a package, in small letters.
    fn folder_of(&self, name: &str) -> Option<String> {
        let name = name.to_lowercase();
        let short = name.rsplit('/').next().unwrap_or(&name);
        let ends = |url: &&String| url.rsplit('/').next() == Some(short);
        let exact = self.folders.iter().find(ends).cloned();
        exact.or_else(|| self.folders.iter().find(|url| url.contains('*')).map(|url| url.replace('*', short)))
    }

    /// A repository does not say which packages are in it. By custom its address ends with the package's name.
    fn source_of(&self, name: &str, range: &str) -> Source {
        let name = name.to_lowercase();
        let short = name.rsplit('/').next().unwrap_or(&name);
        let ends_with = |url: &String, part: &str| url.rsplit(['/', ':']).next() == Some(part);
        let whole =
            |url: &&String| **url == name || url.ends_with(&format!("/{name}")) || url.ends_with(&format!(":{name}"));
        // A pattern of folders may hold any package; then it is asked for in whatever state it is.
        let follows = range.contains('*') || range.contains("dev");
        if self.folders.iter().any(|url| ends_with(url, short) || (url.contains('*') && follows)) {
            Source::Own
        } else if self.urls.contains(&name) {
            Source::Url
        } else if self.git.iter().any(|url| whole(&url) || ends_with(url, short)) {
            Source::Git
        } else {
            Source::Registry
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let manifest = read("composer.json", text).unwrap();
        let mut told: Vec<String> = (manifest.declared.iter())
            .map(|d| format!("{} {} {:?} {:?} {:?}:{}", d.name, d.range, d.scope, d.source, d.pin, d.line))
            .collect();
        told.extend(manifest.runtimes.iter().map(|r| format!("{} {}:{}", r.name, r.range, r.line)));
        told.extend(manifest.gaps.into_vec().iter().map(|gap| format!("gap {}", gap.examples.join(" "))));
        told
    }

    #[test]
    fn what_is_asked_for_and_where_it_comes_from() {
        let text = r#"{
  "name": "shop/app", "license": ["MIT", "GPL-2.0-or-later"],
  "repositories": [
    {"type": "path", "url": "packages/*"},
    {"type": "vcs", "url": "https://token@git.example.com/acme/fork.git"},
    {"type": "package", "package": {"name": "acme/zip", "version": "1", "dist": {"url": "https://example.com/a.zip"}}}
  ],
  "require": {
    "php": "^8.2", "ext-json": "*", "composer-runtime-api": "^2",
    "acme/lib": "^1.0 || ^2.0",
    "shop/own": "@dev",
    "acme/fork": "dev-main",
    "acme/zip": "1.0.0",
    "acme/odd": 7
  },
  "require-dev": {"acme/test": "*"}
}"#;
        assert_eq!(
            told(text),
            [
                "acme/lib ^1.0 || ^2.0 Production Registry Range:10",
                "shop/own @dev Production Own Exact:11",
                "acme/fork dev-main Production Own Exact:12",
                "acme/zip 1.0.0 Production Url Exact:13",
                "acme/test * Development Own Exact:16",
                "php ^8.2:9",
                "gap acme/odd",
            ]
        );
        let manifest = read("composer.json", text).unwrap();
        assert_eq!(manifest.licence.as_deref(), Some("MIT OR GPL-2.0-or-later"));
        assert_eq!(manifest.name.as_deref(), Some("shop/app"));
    }

    #[test]
    fn how_firmly_constraints_fix_a_version() {
        use Pin::{Exact, Loose, Range};
        for (range, expected) in [
            ("1.2.3", Exact),
            ("v1.2", Exact),
            ("=1.2.3", Exact),
            ("1.2.3@stable", Exact),
            ("dev-main#abcdef", Exact),
            ("1.0.x-dev", Loose),
            ("dev-main", Loose),
            ("dev-main as 1.0.0", Loose),
            ("*", Loose),
            ("*@dev", Loose),
            ("", Loose),
            ("^1 || dev-main", Loose),
            ("1.2.*", Range),
            ("1.x", Range),
            (">=1.0", Range),
            ("1.0 - 2.0", Range),
            ("~1.2", Range),
            ("^1.0 || ^2.0", Range),
        ] {
            assert_eq!(pin(range), expected, "{range}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for text in ["", "[1]", "{\n<<<<<<< HEAD\n", r#"{"require": {}, "require": {}}"#, r#"{"require": ["a/b"]}"#] {
            assert_eq!(read("composer.json", text).unwrap_err().reason, "not a valid composer.json", "{text}");
        }
        assert!(told("{}").is_empty());
        let followed = r#"{"require-dev": {"roave/security-advisories": "dev-latest"}}"#;
        assert_eq!(told(followed), ["roave/security-advisories dev-latest Development Registry Range:1"]);
        assert!(told(r#"{"require": [], "require-dev": null, "name": 7}"#).is_empty());
        let deep = format!(r#"{{"extra": {0}1{1}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(told(&deep).is_empty());
    }
}
