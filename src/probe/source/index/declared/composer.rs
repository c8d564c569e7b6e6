//! Namespaces of PHP that no package of `composer.json` brings.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::super::php;
use super::{MAX_LOCK_BYTES, Undeclared, folders};
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, FileFacts, Import, Language, Role};

/// What a `composer.json` and the lock file beside it say.
#[derive(Debug, Default)]
struct Manifest {
    /// Names of packages, squashed, that are declared or locked.
    packages: HashSet<String>,
    /// Prefixes of namespaces, in lower case, that the locked packages and the project bring.
    namespaces: Vec<String>,
    /// The lock file was read, so that all of what is installed is known.
    locked: bool,
    /// Some locked package does not say which namespaces it brings.
    partly: bool,
}

/// Namespaces that extensions bring, and such as frameworks make when they run.
const EXTENSIONS: [&str; 20] = [
    "mongodb\\driver",
    "mongodb\\bson",
    "swoole",
    "openswoole",
    "ds",
    "parallel",
    "ffi",
    "random",
    "dom",
    "pdo",
    "rdkafka",
    "couchbase",
    "decimal",
    "phalcon",
    "cassandra",
    "relay",
    "proto",
    "proxies",
    "bcmath",
    "redis",
];

/// Packages by the namespace that they bring, where its name does not tell.
const BRINGS: [(&str, &str); 24] = [
    ("illuminate", "laravel"),
    ("carbon", "nesbot"),
    ("guzzlehttp", "guzzlehttp"),
    ("psr", "psr"),
    ("dotenv", "vlucas"),
    ("tymon", "tymon"),
    ("firebase\\jwt", "firebase"),
    ("dompdf", "dompdf"),
    ("carbon", "laravel"),
    ("symfony", "laravel"),
    ("monolog", "laravel"),
    ("psr", "laravel"),
    ("ramsey", "laravel"),
    ("guzzlehttp", "laravel"),
    ("league", "laravel"),
    ("dotenv", "laravel"),
    ("faker", "fakerphp"),
    ("psr", "symfony"),
    ("psr", "slim"),
    ("psr", "guzzlehttp"),
    ("monolog", "symfony"),
    ("doctrine", "symfony"),
    ("twig", "symfony"),
    ("doctrine", "laravel"),
];

/// Every import of production code from a namespace that nothing brings.
pub(super) fn undeclared(files: &[FileEntry], index: &CodeIndex) -> Vec<Undeclared> {
    let mut found = Vec::new();
    let php = || index.files.iter().enumerate().filter(|(_, file)| file.language == Language::Php);
    if php().next().is_none() {
        return found;
    }
    let manifests = read(files);
    if manifests.is_empty() {
        return found;
    }
    let first = |name: &str| name.split('\\').next().unwrap_or(name).to_ascii_lowercase();
    let own: HashSet<String> =
        php().map(|(_, file)| first(php::namespace(file))).filter(|name| !name.is_empty()).collect();
    for (place, file) in php().filter(|(_, file)| file.role == Role::Server) {
        let Some(manifest) = folders(&file.path).find_map(|folder| manifests.get(folder)) else { continue };
        let Some(manifest) = manifest else { continue };
        let mut told: HashSet<String> = HashSet::new();
        for import in file.imports.iter().filter(|import| import.module.contains('\\') && !import.guarded) {
            let name = first(&import.module);
            if own.contains(&name) || !told.insert(name.clone()) || manifest.brings(&import.module) {
                continue;
            }
            found.extend(missing(index, place, file, import, manifest));
        }
    }
    found
}

fn missing(
    index: &CodeIndex,
    place: usize,
    file: &FileFacts,
    import: &Import,
    manifest: &Manifest,
) -> Option<Undeclared> {
    if index.module(file, &import.module).is_some() {
        return None;
    }
    let mut parts = import.module.split('\\');
    let (vendor, second) = (parts.next()?, parts.next()?);
    Some(Undeclared {
        file: place,
        package: format!("{vendor}\\{second}"),
        span: import.span,
        installed: manifest.locked.then_some(false),
        flat: false,
        elsewhere: None,
        sure: manifest.locked && !manifest.partly,
        family: None,
    })
}

impl Manifest {
    fn brings(&self, class: &str) -> bool {
        let lower = class.to_ascii_lowercase();
        let below =
            |prefix: &str| lower.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'));
        if EXTENSIONS.iter().any(|prefix| below(prefix)) || self.namespaces.iter().any(|prefix| below(prefix)) {
            return true;
        }
        let vendor = squashed(lower.split('\\').next().unwrap_or(&lower));
        let named = self.packages.iter().any(|package| package.contains(&vendor));
        // Without a lock file only names can tell; so they do for a locked package that keeps its namespaces to itself.
        if named && (!self.locked || self.partly) {
            return true;
        }
        !self.locked
            && BRINGS
                .iter()
                .any(|(prefix, package)| below(prefix) && self.packages.iter().any(|name| name.starts_with(package)))
    }

    fn autoload(&mut self, package: &Json) -> bool {
        let mut any = false;
        for section in ["autoload", "autoload-dev"] {
            for kind in ["psr-4", "psr-0"] {
                let map = package.get(section).and_then(|s| s.get(kind)).and_then(Json::as_object);
                for prefix in map.into_iter().flat_map(|map| map.keys()) {
                    let prefix = prefix.trim_end_matches(['\\', '_']).to_ascii_lowercase();
                    any |= !prefix.is_empty();
                    self.namespaces.extend(Some(prefix).filter(|prefix| !prefix.is_empty()));
                }
            }
        }
        any
    }
}

fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// What the manifests say, by their folders; `None`: it could not be read, or others bring what it uses.
fn read(files: &[FileEntry]) -> BTreeMap<String, Option<Manifest>> {
    let mut found = BTreeMap::new();
    for file in files.iter().filter(|file| file.name() == "composer.json") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let json = file.read().ok().and_then(|text| serde_json::from_str::<Json>(&text).ok());
        found.insert(folder, json.and_then(|json| declared(&json)));
    }
    for file in files.iter().filter(|file| file.name() == "composer.lock") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(Some(manifest)) = found.get_mut(folder) else { continue };
        let text = file.read_up_to(MAX_LOCK_BYTES).ok();
        if let Some(json) = text.and_then(|text| serde_json::from_str::<Json>(&text).ok()) {
            locked(&json, manifest);
        }
    }
    found
}

fn declared(json: &Json) -> Option<Manifest> {
    // What a plugin is put into brings classes of its own.
    let kind = json.get("type").and_then(Json::as_str).unwrap_or("project");
    if !matches!(kind, "project" | "library") {
        return None;
    }
    let mut manifest = Manifest::default();
    for section in ["require", "require-dev"] {
        let names = json.get(section).and_then(Json::as_object).into_iter().flat_map(|map| map.keys());
        manifest.packages.extend(names.map(|name| squashed(name)));
    }
    manifest.autoload(json);
    Some(manifest)
}

fn locked(json: &Json, manifest: &mut Manifest) {
    for section in ["packages", "packages-dev"] {
        let Some(packages) = json.get(section).and_then(Json::as_array) else { continue };
        manifest.locked = true;
        for package in packages {
            manifest.packages.extend(package.get("name").and_then(Json::as_str).map(squashed));
            let says = manifest.autoload(package);
            let has_code = package.get("autoload").and_then(Json::as_object).is_some_and(|map| !map.is_empty());
            manifest.partly |= !says && has_code;
        }
    }
}
