//! `bun.lock`, the text form (<https://bun.sh/docs/pm/lockfile>): JSON with trailing commas, whose `packages` are keyed
//! by the names of the packages in which they lie: `a/b` is the `b` that only `a` finds.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::tree::Tree;
use super::{Around, Builder, Draft, Origin, Reading, Scope, npm, reason};
use crate::probe::packages::json::{self, Entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::npm_spec::{self, Spec};
use crate::probe::packages::{Manager, NotUnderstood};

/// Packages lie in packages; nothing real is nested that deep.
const MAX_DEPTH: usize = 100;
/// Longer keys are none that Bun could make folders of (`PATH_MAX` of Linux).
const MAX_KEY: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock<'a> {
    #[serde(rename = "lockfileVersion")]
    version: Option<Value>,
    #[serde(borrow)]
    workspaces: Option<Entries<'a>>,
    #[serde(borrow)]
    packages: Option<Entries<'a>>,
    #[serde(borrow)]
    catalog: Option<Entries<'a>>,
    #[serde(borrow)]
    catalogs: Option<Entries<'a>>,
    #[serde(borrow)]
    overrides: Option<&'a RawValue>,
    /// Packages that may run programs when they are installed.
    #[serde(default)]
    trusted_dependencies: BTreeSet<String>,
}

/// A package.
struct Place<'a> {
    key: &'a str,
    name: String,
    /// A version, or where it comes from.
    resolution: String,
    line: u32,
    /// What it asks for.
    info: Entries<'a>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let strict = json::strict(text);
    let lock: Lock<'_> =
        serde_json::from_str(&strict).map_err(|error| json::refused("bun.lock", text, error.line()))?;
    let version = match lock.version.as_ref().map(|version| (version, version.as_u64())) {
        // Version 2 is written like version 1; Bun only checks it more strictly.
        Some((_, Some(known @ 0..=2))) => known,
        Some((other, _)) => return Err(NotUnderstood::new(format!("unknown bun.lock version {}", npm::shown(other)))),
        None => return Err(NotUnderstood::new("a bun.lock without its version")),
    };
    let (Some(workspaces), Some(packages)) = (&lock.workspaces, &lock.packages) else {
        return Err(NotUnderstood::new("a bun.lock without its list of packages"));
    };
    let lines = Lines::of(&strict);
    let mut builder = Builder::new(Manager::Bun, version.to_string());
    let mut places = Vec::new();
    if let Some(name) = &packages.1 {
        builder.gaps.add(reason::TWICE, name);
    }
    for (key, raw) in &packages.0 {
        match place(key, raw, &lines) {
            Some(place) => places.push(place),
            None => builder.gaps.add(reason::ENTRY, key),
        }
    }
    let mut holders: HashMap<&str, usize> = HashMap::from([("", 0)]);
    let mut tree = Tree::default();
    for (at, place) in places.iter().enumerate() {
        let (holder, name) = parted(place.key);
        let next = holders.len();
        tree.put(*holders.entry(holder).or_insert(next), name, at);
    }
    let forced = lock.overrides.and_then(Entries::of).unwrap_or_default();
    let forced: HashSet<&str> = forced.0.iter().map(|(name, _)| name.as_ref()).collect();
    for (at, place) in places.iter().enumerate() {
        let above = holders_above(place.key, &holders);
        for (name, asked) in asks(&place.info) {
            match tree.find(&above, &name) {
                Some(found) => {
                    // What is forced does not go by what is asked for.
                    let is_forced = forced.contains(&*name);
                    let range = if is_forced { String::new() } else { Spec::of(&name, &asked.wanted).range };
                    if let Some(folder) = places.get(found).and_then(Place::folder).filter(|_| place.folder().is_none())
                    {
                        builder.stands_in(&name, Some(around.place(folder)));
                    }
                    builder.needs_range(at.to_string(), found.to_string(), range);
                }
                None if asked.needed => builder.gaps.add(reason::MISSING, &name),
                None => {}
            }
        }
    }
    for (folder, raw) in &workspaces.0 {
        let Some(workspace) = Entries::of(raw) else {
            builder.gaps.add(reason::ENTRY, folder);
            continue;
        };
        let manifest = around.manifest_path(folder, "package.json");
        builder.root(manifest.as_str());
        // What only a member finds is keyed below the member's name.
        let own = if folder.is_empty() { None } else { workspace.text("name") };
        let above = holders_above(own.as_deref().unwrap_or(""), &holders);
        for (name, asked) in asks(&workspace) {
            let Some(found) = tree.find(&above, &name) else {
                if asked.needed {
                    builder.gaps.add(reason::MISSING, &name);
                }
                continue;
            };
            let target = places.get(found).and_then(Place::folder);
            // Whether the folder is there is looked after for all formats at once.
            if let Some(target) = target.filter(|target| !npm_spec::is_archive_name(target)) {
                builder.spare(&manifest, name.as_str());
                builder.local(&name, None, Some(around.place(target)));
            }
            let range = Spec::of(&name, &lock.catalogued(&name, asked.wanted)).range;
            builder.wants(&manifest, name, range, asked.scope, found.to_string());
        }
    }
    for (at, place) in places.into_iter().enumerate() {
        add(at, place, &lock.trusted_dependencies, &mut builder);
    }
    Ok(builder.finish(around.path))
}

impl Place<'_> {
    /// The folder, as seen from the lock file, that takes its place.
    fn folder(&self) -> Option<&str> {
        ["workspace:", "link:", "file:"].iter().find_map(|start| self.resolution.strip_prefix(start))
    }
}

impl Lock<'_> {
    /// The range that stands in a catalog where `wanted` names one.
    fn catalogued(&self, name: &str, wanted: String) -> String {
        let range = match wanted.strip_prefix("catalog:").map(str::trim) {
            None => return wanted,
            Some("" | "default") => self.catalog.as_ref().and_then(|catalog| catalog.text(name)),
            Some(catalog) => self.catalogs.as_ref().and_then(|catalogs| catalogs.object(catalog)?.text(name)),
        };
        range.unwrap_or(wanted)
    }
}

/// An entry such as `["ms@2.1.3", "", {…}, "sha512-…"]`; `None` when it makes no sense. Where what it asks for stands
/// depends on where it comes from, but it is the only object.
fn place<'a>(key: &'a str, raw: &'a RawValue, lines: &Lines<'_>) -> Option<Place<'a>> {
    let parts: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    let id = json::text(parts.first()?)?;
    let at = id.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at)?;
    let (name, resolution) = (id.get(..at)?.to_owned(), id.get(at + 1..)?.to_owned());
    let sane = !key.is_empty() && key.len() <= MAX_KEY && key.split('/').count() <= MAX_DEPTH;
    let info = parts.iter().skip(1).find_map(|part| Entries::of(part)).unwrap_or_default();
    let has_tables = ["dependencies", "optionalDependencies", "peerDependencies"]
        .iter()
        .all(|table| info.get(table).is_none_or(|raw| raw.get().starts_with('{')));
    (sane && has_tables && !resolution.is_empty()).then(|| Place {
        key,
        name,
        resolution,
        line: lines.of_part(raw.get()),
        info,
    })
}

/// The key of the package in which this one lies, and the name under which: a scope belongs to the name.
fn parted(key: &str) -> (&str, &str) {
    let Some(last) = key.rfind('/') else { return ("", key) };
    let before = key.get(..last).unwrap_or("");
    let scope = before.rfind('/').map_or(0, |at| at + 1);
    let begins = if before.get(scope..).is_some_and(|part| part.starts_with('@')) { scope } else { last + 1 };
    (key.get(..begins.saturating_sub(1)).unwrap_or(""), key.get(begins..).unwrap_or(key))
}

/// The known holders that a package looks in, its own first.
fn holders_above(key: &str, known: &HashMap<&str, usize>) -> Vec<usize> {
    let above = std::iter::successors(Some(key), |key| (!key.is_empty()).then(|| parted(key).0));
    above.filter_map(|key| known.get(key).copied()).collect()
}

/// One thing that a package or a workspace asks for.
struct Asked {
    wanted: String,
    scope: Scope,
    /// It is always installed.
    needed: bool,
}

/// What a package or a workspace asks for, by name. Bun installs peers as well, but for those that may be missing.
fn asks(info: &Entries<'_>) -> BTreeMap<String, Asked> {
    let spared: Vec<String> =
        info.get("optionalPeers").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let tables = [
        ("peerDependencies", Scope::Production, false),
        ("devDependencies", Scope::Development, true),
        ("dependencies", Scope::Production, true),
        ("optionalDependencies", Scope::Production, false),
    ];
    let mut asks = BTreeMap::new();
    for (table, scope, needed) in tables {
        for (name, raw) in info.object(table).unwrap_or_default().0 {
            if table != "peerDependencies" || !spared.iter().any(|spared| *spared == name) {
                let wanted = json::text(raw).unwrap_or_default();
                asks.insert(name.into_owned(), Asked { wanted, scope, needed });
            }
        }
    }
    asks
}

fn add(at: usize, place: Place<'_>, trusted: &BTreeSet<String>, builder: &mut Builder) {
    let Place { key, name, resolution, line, info } = place;
    let is = |starts: &[&str]| starts.iter().any(|start| resolution.starts_with(start));
    // The project's own: members, folders, linked ones, and the project itself.
    let archive = resolution.ends_with(".tgz") || resolution.ends_with(".tar.gz");
    if is(&["workspace:", "root:", "link:", "module:"]) || (is(&["file:"]) && !archive) {
        return;
    }
    let elsewhere = archive || resolution.contains([':', '/']);
    // Of an address only the commit is a version; the rest may hold a password.
    let commit = || resolution.rsplit_once('#').map_or("", |(_, commit)| commit).to_owned();
    let (version, origin) =
        if elsewhere { (commit(), Origin::Elsewhere) } else { (resolution.clone(), Origin::Registry) };
    let called = parted(key).1;
    if called != name && origin == Origin::Registry {
        builder.fork(called, &name, &version);
    }
    let install_script = trusted.contains(&name);
    let programs = info.get("bin").map(|bin| json::programs(&name, bin)).unwrap_or_default();
    builder.add(at.to_string(), Draft { origin, install_script, programs, ..Draft::new(name, version, line) });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "web/bun.lock", manifests: &BTreeMap::new() })
    }

    const LOCK: &str = r#"{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "shop", // the project
      "dependencies": { "a": "^1.0.0", "old": "npm:real@^4", "cat": "catalog:", "fork": "github:o/fork" },
      "devDependencies": { "@s/tool": "catalog:dev", "lib": "file:lib", },
    },
    "packages/ui": {
      "name": "@shop/ui", "version": "0.1.0",
      "dependencies": { "a": "^2.0.0", "@shop/ui": "workspace:*", "gone": "1" },
      "peerDependencies": { "far": "*", "spared": "*" }, "optionalPeers": ["spared"],
    },
    "packages/odd": 7,
  },
  "trustedDependencies": ["a"],
  "catalog": { "cat": "5" },
  "catalogs": { "dev": { "@s/tool": "~6.0.0" } },
  "packages": {
    "@s/tool": ["@s/tool@6.0.1", "", { "dependencies": { "a": "*", "@s/x": "*", "far": "*" }, "bin": "x" }, "sha512-x"],
    "@s/tool/@s/x": ["@s/x@1.0.0", "", { "dependencies": { "a": "*" } }, "sha512-x"],
    "@s/tool/@s/x/a": ["a@3.0.0", "https://registry.example.com/a.tgz", {}, "sha512-x"],
    "@s/tool/a": ["a@1.5.0", "", {}, "sha512-x"],
    "@shop/ui": ["@shop/ui@workspace:packages/ui"],
    "@shop/ui/a": ["a@2.0.0", "", { "peerDependencies": { "cat": "*", "spared": "*" }, "optionalPeers": ["spared"] }, "x"],
    "a": ["a@1.0.0", "", {}, "sha512-x"],
    "cat": ["cat@5.0.0", "", {}, "sha512-x"],
    "far": ["far@https://u:s3cret@example.com/far.tgz", {}],
    "fork": ["fork@github:o/fork#abc1234", { "dependencies": { "a": "1" } }, "o-fork-abc1234"],
    "lib": ["lib@file:lib", {}],
    "near": ["near@./near.tgz", {}, "sha512-x"],
    "old": ["real@4.0.0", "", {}, "sha512-x"],
    "spared": ["spared@1.0.0", "", {}, "sha512-x"],
    "odd": [],
    "odder": ["x", "", {}],
  }
}"#;

    #[test]
    fn packages_are_found_as_bun_nests_them() {
        let reading = read(LOCK).unwrap();
        let packages = &reading.lock.packages;
        let name = |at: &usize| format!("{}@{}", packages[*at].name, packages[*at].version);
        let mut told: Vec<String> = packages
            .iter()
            .map(|p| {
                let dev = if p.scope == Scope::Development { " dev" } else { "" };
                let elsewhere = if p.origin == Origin::Elsewhere { " elsewhere" } else { "" };
                let runs = if p.install_script { " runs" } else { "" };
                let needs: String = p.needs.iter().map(|at| format!(" > {}", name(at))).collect();
                format!("{}@{}:{}{dev}{elsewhere}{runs}{needs}", p.name, p.version, p.line)
            })
            .collect();
        for root in &reading.lock.roots {
            let wanted = root.wanted.iter().map(|w| format!(" {} {} = {},", w.name, w.range, name(&w.package)));
            told.push(format!("{}:{}", root.manifest, wanted.collect::<String>()));
        }
        assert_eq!(
            told,
            [
                "@s/tool@6.0.1:20 dev > @s/x@1.0.0 > a@1.5.0 > far@",
                "@s/x@1.0.0:21 dev > a@3.0.0",
                "a@1.0.0:26 runs",
                "a@1.5.0:23 dev runs",
                "a@2.0.0:25 runs > cat@5.0.0",
                "a@3.0.0:22 dev runs",
                "cat@5.0.0:27",
                "far@:28 elsewhere",
                "fork@abc1234:29 elsewhere > a@1.0.0",
                "near@:31 elsewhere",
                "real@4.0.0:32",
                "spared@1.0.0:33",
                "web/package.json: @s/tool ~6.0.0 = @s/tool@6.0.1, a ^1.0.0 = a@1.0.0, cat 5 = cat@5.0.0, \
                 fork github:o/fork = fork@abc1234, old ^4 = real@4.0.0,",
                "web/packages/ui/package.json: a ^2.0.0 = a@2.0.0, far * = far@,",
            ]
        );
        let gaps = reading.gaps.into_vec();
        let gaps: Vec<_> = gaps.iter().map(|gap| (gap.reason.as_str(), gap.examples.join(" "))).collect();
        let expected = [(reason::ENTRY, "odd odder packages/odd".to_owned()), (reason::MISSING, "gone".to_owned())];
        assert_eq!(gaps, expected);
    }

    #[test]
    fn what_is_no_lock_file_of_a_known_form_is_refused() {
        let deep = "[".repeat(300_000);
        for (text, reason, line) in [
            ("", "not a valid bun.lock", Some(1)),
            ("[]", "not a valid bun.lock", Some(1)),
            ("{}", "a bun.lock without its version", None),
            (r#"{"lockfileVersion": 3, "packages": {}}"#, "unknown bun.lock version 3", None),
            (r#"{"lockfileVersion": [], "packages": {}}"#, "unknown bun.lock version of a wrong type", None),
            (r#"{"lockfileVersion": 1, "packages": {}}"#, "a bun.lock without its list of packages", None),
            (r#"{"lockfileVersion": 1, "packages": {}, "packages": {}}"#, "not a valid bun.lock", Some(1)),
            ("{\n\"lockfileVersion\": 1,\n<<<<<<< HEAD\n", "bun.lock with an unresolved merge conflict", Some(3)),
            ("{\n\"lockfileVersion\": 1,\n\"packages\": {\n\"a\": [\"a@1", "not a valid bun.lock", Some(4)),
            (&deep, "not a valid bun.lock", Some(1)),
        ] {
            let error = read(text).err();
            assert_eq!(error, Some(NotUnderstood { reason: reason.to_owned(), line }), "{text:.60}");
        }
    }

    #[test]
    fn outsize_keys_and_equal_ones_harm_nobody() {
        let deep = format!("{}a", "a/".repeat(500));
        let long = "b".repeat(5000);
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let text = format!(
            r#"{{"lockfileVersion": 0, "workspaces": {{"": {{}}}}, "x": {nested}, "packages": {{"{deep}": ["a@1.0.0"],
            "{long}": ["b@1.0.0"], "c": ["c@1.0.0", "", {{"dependencies": {nested}}}], "c": ["c@2.0.0"], "d": {nested},
            "e": ["e@1.0.0", "", {{"dependencies": {nested}}}]}}}}"#
        );
        let reading = read(&text).unwrap();
        let told: Vec<_> =
            reading.lock.packages.iter().map(|p| format!("{}@{}:{}", p.name, p.version, p.line)).collect();
        assert_eq!((told, reading.gaps.total()), (vec!["c@2.0.0:2".to_owned()], 5));
    }
}
