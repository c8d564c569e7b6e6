//! `Cargo.lock` (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>), every version of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::toml_doc::{self, Doc, Value};
use crate::probe::packages::toml_parts::{Form, Parts};
use crate::probe::packages::{Declared, Manager, Manifest, NotUnderstood};
use crate::probe::paths;

/// What `source` says for packages of crates.io, over git and over the sparse protocol.
pub const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

struct Entry<'a> {
    name: Cow<'a, str>,
    version: Cow<'a, str>,
    /// Absent for the project's own crates.
    source: Option<Cow<'a, str>>,
    dependencies: Vec<Cow<'a, str>>,
    line: u32,
}

const FORM: Form = Form { what: "Cargo.lock", list: "package", passed_over: "metadata" };

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not TOML of the expected form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let parts = Parts::of(text, FORM)?;
    let head = parts.head()?;
    let mut builder = Builder::new(Manager::Cargo, format_of(&head.table)?);
    let mut entries = Vec::new();
    // Cargo before 1.17 wrote the project's own crate as `[root]`.
    if let Some(own) = head.table.get("root") {
        entries.extend(entry(own, &head));
    }
    if let Some(list) = head.table.get(FORM.list).filter(|list| !list.get_ref().is_array()) {
        return Err(NotUnderstood::at("not a valid Cargo.lock", head.line(list) as usize));
    }
    parts.each(&head, |doc, value| match entry(value, doc) {
        Some(entry) => entries.push(entry),
        None => builder.gaps.add(reason::ENTRY, &format!("line {}", doc.line(value))),
    })?;
    count_new_patches(&head, &entries, around, &mut builder);
    let named = Named::of(&entries);
    let stand_ins = add_packages(&entries, &named, &mut builder);
    add_roots(&named, around, &stand_ins, &mut builder);
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

fn entry<'a>(value: &Value<'a>, doc: &Doc<'_>) -> Option<Entry<'a>> {
    let table = value.get_ref().as_table()?;
    let text = |key: &str| toml_doc::borrowed(table.get(key)?);
    let dependencies = match table.get("dependencies") {
        None => Vec::new(),
        Some(list) => list.get_ref().as_array()?.iter().map(toml_doc::borrowed).collect::<Option<Vec<_>>>()?,
    };
    if table.contains_key("source") && text("source").is_none() {
        return None;
    }
    let line = doc.line(table.get("name")?);
    Some(Entry { name: text("name")?, version: text("version")?, source: text("source"), dependencies, line })
}

/// Packages that others need are in the file as well: where one is not, the file was cut off or merged by hand.
const MISSING: &str = "package that a lock file needs but does not hold";

/// Which entry is meant: dependencies are named as short as is unambiguous, by name, with version, with version and
/// source.
struct Named<'e> {
    /// The packages, as places among all entries, sorted by what may be named.
    sorted: Vec<usize>,
    entries: &'e [Entry<'e>],
    /// The names of the project's own crates.
    own: HashSet<&'e str>,
}

impl<'e> Named<'e> {
    fn of(entries: &'e [Entry<'e>]) -> Self {
        let own = entries.iter().filter(|entry| entry.source.is_none()).map(|entry| &*entry.name).collect();
        let mut named = Self { sorted: Vec::new(), entries, own };
        let mut sorted: Vec<usize> = (0..entries.len()).filter(|at| named.parts(*at)[2].is_some()).collect();
        sorted.sort_by_key(|at| named.parts(*at));
        named.sorted = sorted;
        named
    }

    fn parts(&self, at: usize) -> [Option<&'e str>; 3] {
        let entry = self.entries.get(at);
        entry.map_or([None; 3], |entry| [Some(&*entry.name), Some(&*entry.version), entry.source.as_deref()])
    }

    fn find(&self, dependency: &str) -> Option<usize> {
        let mut words = dependency.splitn(3, ' ');
        let (name, version) = (words.next(), words.next());
        let source = words.next().map(|source| source.strip_prefix('(').and_then(|source| source.strip_suffix(')')));
        if version.is_none() && name.is_some_and(|name| self.own.contains(name)) {
            return None;
        }
        // What stands in brackets is nothing else.
        let source = match source {
            Some(None) => return None,
            source => source.flatten(),
        };
        let asked = [name, version, source];
        let at = self.sorted.get(self.sorted.partition_point(|at| self.parts(*at) < asked))?;
        let is_it = asked.iter().zip(self.parts(*at)).all(|(asked, part)| asked.is_none() || *asked == part);
        is_it.then_some(*at)
    }
}

/// Adds what comes from registries and repositories. The names of the project's own crates that these need come back.
fn add_packages(entries: &[Entry<'_>], named: &Named<'_>, builder: &mut Builder) -> BTreeSet<String> {
    let mut stand_ins = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(source) = &entry.source {
            let is_known = CRATES_IO.iter().any(|known| source.starts_with(known));
            let origin = if is_known { Origin::Registry } else { Origin::Elsewhere };
            builder.add(at.to_string(), Draft { origin, ..Draft::new(&*entry.name, &*entry.version, entry.line) });
        }
        for dependency in &entry.dependencies {
            let name = dependency.split(' ').next().unwrap_or(dependency);
            match named.find(dependency) {
                Some(found) if entry.source.is_some() => builder.needs(at.to_string(), found.to_string()),
                Some(_) => {}
                None if named.own.contains(name) => {
                    // crates.io takes nothing that needs a crate which is not there.
                    if entry.source.is_some() {
                        stand_ins.insert(name.to_owned());
                    }
                }
                None => builder.gaps.add(MISSING, name),
            }
        }
    }
    stand_ins
}

/// Counts what the workspace patches by now while the lock file still holds the registry's package: Cargo takes the patch. Where
/// nobody takes it, because of its version, it is written below `[[patch.unused]]`
/// (<https://doc.rust-lang.org/cargo/reference/overriding-dependencies.html#the-patch-section>).
fn count_new_patches(head: &Doc<'_>, entries: &[Entry<'_>], around: &Around<'_>, builder: &mut Builder) {
    let unused = toml_doc::items(&head.table, &["patch", "unused"]).filter_map(|item| item.get_ref().as_table());
    let unused: BTreeSet<&str> = unused.filter_map(|table| toml_doc::text(table, &["name"])).collect();
    let root = around.manifest("", "Cargo.toml");
    for (root, name) in root.into_iter().flat_map(|root| root.patched.iter().map(move |name| (root, name))) {
        let mut held = entries.iter().filter(|entry| *entry.name == **name).peekable();
        let is_of_registry = |entry: &Entry<'_>| {
            entry.source.as_ref().is_some_and(|source| CRATES_IO.iter().any(|one| source.starts_with(one)))
        };
        if held.peek().is_some() && held.all(is_of_registry) && !unused.contains(&**name) {
            builder.gaps.add(reason::REFUSED, &format!("{name} of [patch] in {}", root.path));
        }
    }
}

/// The project's own crates ask for what they depend on; which of it is for development only, their manifests say.
fn add_roots(named: &Named<'_>, around: &Around<'_>, stand_ins: &BTreeSet<String>, builder: &mut Builder) {
    let folder = around.folder();
    let below = around.manifests.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder));
    let manifests = by_name(below);
    // `path = "../engine"`
    let beside = by_name(around.manifests.iter());
    let root = around.manifest("", "Cargo.toml");
    for own in named.entries.iter().filter(|entry| entry.source.is_none()) {
        let manifest = manifests.get(&*own.name).or_else(|| beside.get(&*own.name)).copied();
        let place = manifest.map(|manifest| paths::folder(&manifest.path).trim_end_matches('/').to_owned());
        let local = builder.local(&own.name, Some(&own.version), place);
        let is_patched = || root.is_some_and(|root| root.overrides.iter().any(|name| **name == *own.name));
        local.stands_in = stand_ins.contains(&*own.name) || is_patched();
        let path = manifest.map_or_else(|| around.manifest_path("", "Cargo.toml"), |manifest| manifest.path.clone());
        builder.root(&path);
        for dependency in &own.dependencies {
            let Some(found) = named.find(dependency) else { continue };
            let [_, locked, source] = named.parts(found).map(Option::unwrap_or_default);
            let is_registry = CRATES_IO.iter().any(|known| source.starts_with(known));
            let found = found.to_string();
            let mut parts = dependency.splitn(3, ' ');
            let (name, version) = (parts.next().unwrap_or(dependency), parts.next());
            let declared = manifest.map(|manifest| asked(manifest, name, version)).unwrap_or_default();
            for declared in &declared {
                let called = declared.alias.as_deref().unwrap_or(name);
                if declared.alias.is_some() && is_registry {
                    builder.fork(called, name, locked);
                }
                builder.wants(&path, called, &declared.range, declared.scope, &found);
            }
            if declared.is_empty() {
                builder.wants(&path, name, "", Scope::Production, &found);
            }
        }
    }
}

/// The manifests of crates by their names. These are unique in a workspace; a crate elsewhere that has the same name lies
/// deeper.
fn by_name<'a>(all: impl Iterator<Item = (&'a String, &'a Manifest)>) -> BTreeMap<&'a str, &'a Manifest> {
    let mut manifests: BTreeMap<&str, &Manifest> = BTreeMap::new();
    for (path, manifest) in all.filter(|(path, _)| path.ends_with("Cargo.toml")) {
        if let Some(name) = manifest.name.as_deref() {
            let shorter = |known: &&Manifest| known.path.matches('/').count() <= path.matches('/').count();
            if !manifests.get(name).is_some_and(shorter) {
                manifests.insert(name, manifest);
            }
        }
    }
    manifests
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
mod tests;
