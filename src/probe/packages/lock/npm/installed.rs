//! Versions 2 and 3: `packages` names each package by the folder in which npm puts it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Around, Builder, Draft, Origin, Scope, Tree, is_address, manifest_in, own_folder, reason, scope};
use crate::probe::packages::json::{self, Entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::manifest::Source;
use crate::probe::packages::npm_spec::Spec;

/// Longer paths are none that a system would take (`PATH_MAX` of Linux).
const MAX_PATH: usize = 4096;
/// Packages lie in packages; npm and file systems give up long before this depth.
const MAX_DEPTH: usize = 100;

/// An entry, with what is looked at later still unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<Value>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    extraneous: bool,
    #[serde(default)]
    has_install_script: bool,
    #[serde(borrow)]
    bin: Option<&'a RawValue>,
    #[serde(borrow)]
    license: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    optional_dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    dev_dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    peer_dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    peer_dependencies_meta: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// Whether what should be tables are tables.
    fn has_tables(&self) -> bool {
        let tables = [
            self.dependencies,
            self.optional_dependencies,
            self.dev_dependencies,
            self.peer_dependencies,
            self.peer_dependencies_meta,
        ];
        tables.into_iter().flatten().all(|raw| raw.get().starts_with('{'))
    }
}

/// What an entry is, and where it lies.
struct Place<'a> {
    folder: &'a str,
    entry: Entry<'a>,
    line: u32,
    kind: Kind,
}

enum Kind {
    /// Something that was installed.
    Package,
    /// The project itself, a workspace member or another folder of its own, with the path of its manifest.
    Own(Option<String>),
    /// A link to one of these.
    Link,
}

/// Reads `packages`.
pub fn read(entries: &Entries<'_>, lines: &Lines<'_>, around: &Around<'_>, builder: &mut Builder) {
    if let Some(name) = &entries.1 {
        builder.gaps.add(reason::TWICE, name);
    }
    let places: Vec<Place<'_>> = entries
        .0
        .iter()
        .filter_map(|(folder, raw)| {
            let place = place(folder, raw, lines, around);
            if place.is_none() {
                builder.gaps.add(reason::ENTRY, folder);
            }
            place
        })
        .collect();
    let mut folders: HashMap<&str, usize> = HashMap::from([("", 0)]);
    let mut tree = Tree::default();
    for (at, place) in places.iter().enumerate() {
        if let Some((holder, name)) = parted(place.folder) {
            let next = folders.len();
            tree.put(*folders.entry(holder).or_insert(next), name, at);
        }
    }
    let resolved: Vec<Option<&str>> =
        places.iter().map(|p| p.entry.resolved.as_ref().and_then(Value::as_str)).collect();
    let mut elsewhere = vec![false; places.len()];
    let has_root = places.iter().any(|place| place.folder.is_empty());
    for (at, place) in places.iter().enumerate() {
        let above = folders_above(place.folder, &folders);
        for (name, asked) in &place.asks() {
            let Some(found) = tree.find(&above, name) else {
                // What an optional package brings along may be missing with it.
                if asked.needed && place.is_held() {
                    builder.gaps.add(reason::MISSING, name);
                }
                continue;
            };
            // In these versions an archive from an address looks like one from a registry; who asks for it knows better.
            if is_from(&asked.wanted, resolved.get(found).copied().flatten())
                && let Some(elsewhere) = elsewhere.get_mut(found)
            {
                *elsewhere = true;
            }
            match &place.kind {
                Kind::Package => {
                    if let Some(folder) = places.get(found).and_then(Place::own_folder) {
                        builder.stands_in(name, Some(around.place(folder)));
                    }
                    let range = Spec::of(name, &asked.wanted).range;
                    builder.needs_range(at.to_string(), found.to_string(), range);
                }
                Kind::Own(Some(manifest)) => {
                    // Whether the folder is there is looked after for all formats at once.
                    if let Some(folder) = places.get(found).and_then(Place::own_folder) {
                        builder.spare(manifest, name.as_ref());
                        builder.local(name, None, Some(around.place(folder)));
                    }
                    let range = Spec::of(name, &asked.wanted).range;
                    builder.wants(manifest, name.as_ref(), range, asked.scope, found.to_string());
                }
                Kind::Own(None) | Kind::Link => {}
            }
        }
    }
    if !has_root {
        super::wants_of_manifest(around, &tree, builder);
    }
    for (at, (place, elsewhere)) in places.into_iter().zip(elsewhere).enumerate() {
        match &place.kind {
            Kind::Own(manifest) => {
                // Behind a link of the file system, or outside the project: only this file knows what is there.
                let is_known = manifest.as_ref().is_some_and(|path| around.manifests.contains_key(path));
                let name = place.entry.name.as_deref().or_else(|| place.folder.rsplit('/').next());
                if let (Some(name), Some(version)) = (name, &place.entry.version)
                    && !(is_known || place.folder.is_empty() || place.entry.extraneous)
                {
                    builder.local(name, Some(version), Some(around.place(place.folder)));
                }
                if let Some(manifest) = manifest {
                    builder.root(manifest.as_str());
                }
            }
            Kind::Link => {}
            Kind::Package => add(at, place, elsewhere, builder),
        }
    }
}

/// What the entry is; `None` when it makes no sense.
fn place<'a>(folder: &'a str, raw: &'a RawValue, lines: &Lines<'_>, around: &Around<'_>) -> Option<Place<'a>> {
    let sane = folder.len() <= MAX_PATH && folder.split('/').count() <= MAX_DEPTH;
    let entry: Entry<'a> = serde_json::from_str(raw.get()).ok().filter(|entry| sane && Entry::has_tables(entry))?;
    // With `install-links` npm copies folders of the project instead of linking them.
    let copied = entry.resolved.as_ref().and_then(Value::as_str).and_then(own_folder);
    let kind = match parted(folder) {
        _ if entry.link => Kind::Link,
        // A member that the project has no more, until npm tidies up.
        None => Kind::Own(manifest_in(around, folder).filter(|_| !entry.extraneous)),
        Some((_, "")) => return None,
        Some(_) if copied.is_some() => Kind::Own(copied.and_then(|copied| manifest_in(around, copied))),
        Some(_) => Kind::Package,
    };
    Some(Place { folder, entry, line: lines.of_part(raw.get()), kind })
}

/// The folder whose `node_modules` holds this one, and the name under which; `None` for what no `node_modules` holds.
fn parted(folder: &str) -> Option<(&str, &str)> {
    let (holder, name) = folder.rsplit_once("node_modules/")?;
    (holder.is_empty() || holder.ends_with('/')).then(|| (holder.strip_suffix('/').unwrap_or(""), name))
}

/// The known folders in whose `node_modules` something in `folder` looks, the nearest first.
fn folders_above(folder: &str, known: &HashMap<&str, usize>) -> Vec<usize> {
    let ends = folder.rmatch_indices('/').map(|(at, _)| at);
    let above = ends.filter_map(|end| folder.get(..end));
    // What lies outside the project does not look into it.
    let top = if folder.starts_with("..") || folder.is_empty() { None } else { Some("") };
    std::iter::once(folder).chain(above).chain(top).filter_map(|folder| known.get(folder).copied()).collect()
}

/// One thing that an entry asks for.
struct Asked {
    wanted: String,
    scope: Scope,
    /// It is always installed.
    needed: bool,
}

impl<'a> Place<'a> {
    /// Whether the lock file holds everything that it needs.
    fn is_held(&self) -> bool {
        let outside = matches!(self.kind, Kind::Own(None) | Kind::Link);
        !outside && !self.entry.optional && !self.entry.extraneous
    }

    /// The folder that it stands for, as the file names it.
    fn own_folder(&self) -> Option<&str> {
        let target = self.entry.resolved.as_ref().and_then(Value::as_str);
        match self.kind {
            Kind::Package => None,
            Kind::Link => target,
            Kind::Own(_) => target.and_then(own_folder).or(Some(self.folder)),
        }
    }

    /// By name. What development and optional dependencies say goes before the rest, as in npm.
    fn asks(&self) -> BTreeMap<Cow<'a, str>, Asked> {
        let entry = &self.entry;
        let table = |raw: Option<&'a RawValue>| raw.and_then(Entries::of).unwrap_or_default();
        let meta = table(entry.peer_dependencies_meta);
        let spared = |name: &str| {
            let optional = meta.object(name).and_then(|meta| meta.get("optional"));
            optional.is_some_and(|optional| optional.get() == "true")
        };
        // Nobody installs a package's own tools for development.
        let tools = entry.dev_dependencies.filter(|_| matches!(self.kind, Kind::Own(_)));
        let tables = [
            (entry.peer_dependencies, Scope::Production, false),
            (entry.dependencies, Scope::Production, true),
            (entry.optional_dependencies, Scope::Production, false),
            (tools, Scope::Development, true),
        ];
        let mut asks = BTreeMap::new();
        for (at, (raw, scope, needed)) in tables.into_iter().enumerate() {
            for (name, wanted) in table(raw).0 {
                // A peer that may be missing brings nothing in.
                if at > 0 || !spared(&name) {
                    let wanted = json::text(wanted).unwrap_or_default();
                    asks.insert(name, Asked { wanted, scope, needed });
                }
            }
        }
        asks
    }
}

/// Whether what was `wanted` is an address, and this is what was downloaded from it.
fn is_from(wanted: &str, resolved: Option<&str>) -> bool {
    let bare = |address: &str| address.split(['#', '?']).next().unwrap_or("").to_owned();
    wanted.contains("://")
        && Spec::of("", wanted).source == Source::Url
        && resolved.is_none_or(|resolved| bare(resolved) == bare(wanted))
}

fn add(at: usize, place: Place<'_>, elsewhere: bool, builder: &mut Builder) {
    let Place { folder, entry, line, .. } = place;
    let Some(version) = entry.version.filter(|version| !version.is_empty()) else {
        builder.gaps.add(reason::ENTRY, folder);
        return;
    };
    // An alias keeps the real name beside it.
    let called = parted(folder).map(|(_, name)| name).unwrap_or_default();
    let name = entry.name.unwrap_or_else(|| called.to_owned());
    if name != called {
        builder.fork(called, &name, &version);
    }
    let resolved = entry.resolved.as_ref().and_then(Value::as_str).unwrap_or("");
    let origin = if elsewhere || is_address(resolved) { Origin::Elsewhere } else { Origin::Registry };
    // `devOptional` is needed for development, and as an optional dependency in production too.
    let scope = Some(scope(entry.dev));
    let licence = entry.license.and_then(json::licence);
    let install_script = entry.has_install_script;
    let programs = entry.bin.map(|bin| json::programs(&name, bin)).unwrap_or_default();
    let draft = Draft::new(name, version, line);
    builder.add(at.to_string(), Draft { origin, scope, install_script, licence, programs, ..draft });
}
