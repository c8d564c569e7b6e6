//! `package.json` (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json>), with what Yarn, pnpm, Bun and Volta
//! keep in it.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::forcing::{Forcing, Table, forced};
use super::{Declared, Manifest, Placed, Runtime, reason};
use crate::probe::files::Gaps;
use crate::probe::packages::json::{self, Entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::npm_spec::{self, Spec};
use crate::probe::packages::{NotUnderstood, Scope};

/// The tables of dependencies, with their scope, and whether the app works without what they name. A package of
/// `peerDependencies` comes from whoever uses this one.
const TABLES: [(&str, Scope, bool); 4] = [
    ("dependencies", Scope::Production, false),
    ("optionalDependencies", Scope::Production, true),
    ("devDependencies", Scope::Development, false),
    ("peerDependencies", Scope::Production, true),
];

/// `overrides` nest as deep as someone wrote them by hand.
const MAX_DEPTH: usize = 20;
/// Of longer keys, and of more entries, it is not kept where they stand.
const MAX_KEYS: usize = 300;
const MOST_FORCINGS: usize = 1_000;

/// Reads a manifest.
///
/// # Errors
/// When it is not well-formed.
pub fn read(path: &str, text: &str) -> Result<Manifest, NotUnderstood> {
    // npm tolerates the mark too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Entries<'_> =
        serde_json::from_str(text).map_err(|error| json::refused("package.json", text, error.line()))?;
    let lines = Lines::of(text);
    let (forcings, forcings_in_part) = forcings(&root, &lines);
    let declared = declared(&root, &lines);
    Ok(Manifest {
        path: path.to_owned(),
        name: root.text("name").filter(|name| !name.is_empty()),
        version: root.text("version").filter(|version| !version.is_empty()),
        private: root.get("private").is_some_and(|raw| raw.get() == "true"),
        placed: placed(&declared, &forcings),
        declared,
        members: members(&root),
        runtimes: runtimes(&root, &lines),
        package_manager: package_manager(&root),
        overrides: forcings.keys().cloned().collect(),
        forcings,
        forcings_in_part,
        tables: tables(&root).map(|(name, _)| name).collect(),
        empty_tables: tables(&root).filter(|(_, table)| table.0.is_empty()).map(|(name, _)| name).collect(),
        peers: root
            .object("peerDependencies")
            .unwrap_or_default()
            .0
            .into_iter()
            .map(|(name, _)| name.into_owned())
            .collect(),
        licence: licence(&root),
        gaps: gaps(&root),
        ..Manifest::default()
    })
}

/// Tables that are none. An empty list is what some languages make of an empty table.
fn gaps(root: &Entries<'_>) -> Gaps {
    let mut gaps = Gaps::default();
    for (table, _, _) in TABLES {
        let is_odd = |raw: &RawValue| !matches!(raw.get(), "null" | "[]") && Entries::of(raw).is_none();
        if root.get(table).is_some_and(is_odd) {
            gaps.add(reason::ENTRY, table);
        }
    }
    gaps
}

fn declared(root: &Entries<'_>, lines: &Lines<'_>) -> Vec<Declared> {
    let optional = root.object("optionalDependencies").unwrap_or_default();
    let mut found = Vec::new();
    for (table, scope, is_optional) in TABLES {
        for (name, raw) in root.object(table).unwrap_or_default().0 {
            // npm takes what both name for optional.
            if table == "dependencies" && optional.get(&name).is_some() {
                continue;
            }
            // What is no text asks for nothing in particular; npm refuses it.
            let Spec { name: real, range, source, pin } = Spec::of(&name, &json::text(raw).unwrap_or_default());
            let alias = (real != name).then(|| name.into_owned());
            let line = lines.of_part(raw.get());
            found.push(Declared { name: real, alias, range, scope, optional: is_optional, source, pin, line });
        }
    }
    found.sort_by_key(|declared| declared.line);
    found
}

/// What comes from folders, asked for or forced.
fn placed(declared: &[Declared], forcings: &BTreeMap<String, Vec<Forcing>>) -> Vec<Placed> {
    // `"overrides": {"qs": "$qs"}` forces what is asked for.
    let is_forced =
        |name: &String| forcings.get(name).is_some_and(|all| all.iter().any(|one| one.says.starts_with('$')));
    let asked =
        declared.iter().filter_map(|one| Some((&one.name, npm_spec::folder(&one.range)?, is_forced(&one.name))));
    let all = forcings.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
    let forced = all.filter_map(|(name, one)| Some((name, npm_spec::folder(&one.says)?, true)));
    let placed = |(name, folder, forced): (&String, &str, bool)| Placed {
        name: name.clone(),
        folder: folder.to_owned(),
        forced,
    };
    asked.chain(forced).map(placed).collect()
}

/// `workspaces` as a list, or the object that Yarn 1 and Bun allow.
fn members(root: &Entries<'_>) -> Vec<String> {
    let Some(raw) = root.get("workspaces") else { return Vec::new() };
    let list = Entries::of(raw).map_or(Some(raw), |object| object.get("packages"));
    let list: Vec<Value> = list.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Node.js as `engines`, Volta and `devEngines` ask for it.
fn runtimes(root: &Entries<'_>, lines: &Lines<'_>) -> Vec<Runtime> {
    let asked = ["engines", "volta"].into_iter().filter_map(|table| root.object(table)?.get("node"));
    let mut found: Vec<Runtime> = asked
        .filter_map(|raw| {
            let range = json::text(raw)?.trim().to_owned();
            Some(Runtime { name: "node".to_owned(), range, line: lines.of_part(raw.get()) })
        })
        .collect();
    for tool in dev_engines(root, "runtime").iter().filter(|tool| tool.text("name").as_deref() == Some("node")) {
        if let Some(raw) = tool.get("version") {
            let range = json::text(raw).unwrap_or_default();
            found.push(Runtime { name: "node".to_owned(), range, line: lines.of_part(raw.get()) });
        }
    }
    found
}

/// `devEngines` holds one tool or a list of them.
fn dev_engines<'a>(root: &Entries<'a>, kind: &str) -> Vec<Entries<'a>> {
    let Some(raw) = root.object("devEngines").and_then(|engines| engines.get(kind)) else { return Vec::new() };
    Entries::of(raw).map_or_else(|| serde_json::from_str(raw.get()).unwrap_or_default(), |one| vec![one])
}

fn package_manager(root: &Entries<'_>) -> Option<String> {
    if let Some(named) = root.text("packageManager").filter(|named| !named.is_empty()) {
        return Some(named);
    }
    let asked = dev_engines(root, "packageManager").into_iter().find_map(|tool| {
        let version = tool.text("version").map(|version| format!("@{version}")).unwrap_or_default();
        Some(format!("{}{version}", tool.text("name")?))
    });
    asked.or_else(|| {
        let volta = root.object("volta")?;
        ["pnpm", "yarn", "npm"].iter().find_map(|tool| Some(format!("{tool}@{}", volta.text(tool)?)))
    })
}

/// Where versions are forced, by the package: npm's `overrides`, Yarn's `resolutions`, pnpm's `pnpm.overrides`; and whether
/// some of them are left out.
fn forcings(root: &Entries<'_>, lines: &Lines<'_>) -> (BTreeMap<String, Vec<Forcing>>, bool) {
    let mut found: BTreeMap<String, Vec<Forcing>> = BTreeMap::new();
    let (mut kept, mut in_part) = (0, false);
    let mut add = |table: Table, name: String, keys: Option<Vec<String>>, raw: &RawValue| {
        let of_name = found.entry(name).or_default();
        match (keys.filter(|_| kept < MOST_FORCINGS), json::text(raw)) {
            (Some(keys), Some(says)) => {
                kept += 1;
                of_name.push(Forcing { table, keys, says: says.trim().to_owned(), line: lines.of_part(raw.get()) });
            }
            _ => in_part = true,
        }
    };
    let mut too_deep = false;
    // npm nests them: under a package stand those that are forced below it, and `.` for itself.
    let mut waiting: Vec<_> =
        root.object("overrides").map(|entries| (None::<String>, Some(Vec::new()), entries, 0)).into_iter().collect();
    while let Some((parent, above, entries, depth)) = waiting.pop() {
        for (key, raw) in entries.0 {
            let name = if key == "." { parent.clone() } else { Some(forced(&key).to_owned()) };
            let keys =
                above.as_ref().filter(|above| above.iter().map(String::len).sum::<usize>() + key.len() < MAX_KEYS);
            let keys: Option<Vec<String>> = keys.map(|above| above.iter().cloned().chain([key.into_owned()]).collect());
            match Entries::of(raw) {
                Some(inner) if depth < MAX_DEPTH => waiting.push((name, keys, inner, depth + 1)),
                Some(_) => too_deep = true,
                None => name.into_iter().for_each(|name| add(Table::Overrides, name, keys.clone(), raw)),
            }
        }
    }
    let pnpm = root.object("pnpm").and_then(|pnpm| pnpm.object("overrides"));
    for (table, entries) in [(Table::Resolutions, root.object("resolutions")), (Table::Pnpm, pnpm)] {
        for (key, raw) in entries.unwrap_or_default().0 {
            let keys = Some(vec![key.to_string()]).filter(|_| key.len() < MAX_KEYS);
            add(table, forced(&key).to_owned(), keys, raw);
        }
    }
    let odd = found.remove("").is_some();
    found.values_mut().for_each(|all| all.sort_by_key(|one| (one.table, one.line)));
    (found, in_part || too_deep || odd)
}

/// The tables that are there of those that force versions, or that hold one that does.
fn tables<'r>(root: &'r Entries<'r>) -> impl Iterator<Item = (&'static str, Entries<'r>)> {
    let of_pnpm = root.object("pnpm").and_then(|pnpm| pnpm.object("overrides"));
    let own = ["overrides", "resolutions", "pnpm"].into_iter().filter_map(|key| Some((key, root.object(key)?)));
    own.chain(of_pnpm.map(|table| ("pnpm.overrides", table)))
}

/// `license`, or one of the two older forms.
fn licence(root: &Entries<'_>) -> Option<String> {
    json::licence(root.get("license").or_else(|| root.get("licenses"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::manifest::{Pin, Source};

    fn told(text: &str) -> Manifest {
        read("apps/web/package.json", text).unwrap()
    }

    #[test]
    fn every_table_is_read_with_the_line_of_each_entry() {
        let manifest = told(
            r#"{
  "name": "shop", "license": "MIT",
  "scripts": { "lodash": "lodash" },
  "keywords": ["express"],
  "devDependencies": {
    "express": "^3.0.0",
    "typescript": "next"
  },
  "dependencies": {
    "express": "^4.0.0",
    "both": "^1.0.0",
    "old": "npm:@s/real@~1.2.0",
    "odd": { "version": "1" },
    "fork": "git+https://bot:s3cret@example.com/fork.git"
  },
  "optionalDependencies": { "both": "1.0.0", "ui": "workspace:*" },
  "peerDependencies": { "react": ">=17" },
  "bundleDependencies": ["express"]
}"#,
        );
        let declared: Vec<String> = manifest
            .declared
            .iter()
            .map(|d| {
                let alias = d.alias.as_ref().map(|alias| format!("{alias}=")).unwrap_or_default();
                let optional = if d.optional { "?" } else { "" };
                format!("{}: {alias}{}{optional} {} {:?} {:?} {:?}", d.line, d.name, d.range, d.scope, d.source, d.pin)
            })
            .collect();
        assert_eq!(
            declared,
            [
                "6: express ^3.0.0 Development Registry Range",
                "7: typescript next Development Registry Loose",
                "10: express ^4.0.0 Production Registry Range",
                "12: old=@s/real ~1.2.0 Production Registry Range",
                "13: odd  Production Registry Loose",
                "14: fork git+https://example.com/fork.git Production Git Loose",
                "16: both? 1.0.0 Production Registry Exact",
                "16: ui? workspace:* Production Own Exact",
                "17: react? >=17 Production Registry Range",
            ]
        );
        assert_eq!(manifest.peers.iter().collect::<Vec<_>>(), ["react"]);
        assert_eq!((manifest.path.as_str(), manifest.name.as_deref()), ("apps/web/package.json", Some("shop")));
        assert_eq!(manifest.licence.as_deref(), Some("MIT"));
        assert_eq!((Source::Own, Pin::Exact), (manifest.declared[7].source, manifest.declared[7].pin));
    }

    #[test]
    fn members_runtimes_and_managers_are_read_in_each_form() {
        let manifest = told(
            "\u{feff}{\n\"workspaces\": [\"packages/*\", 7, \"!packages/x\"],\n\"engines\": {\"node\": \" >=18 \", \"npm\": \"9\"},\n\
             \"volta\": {\"node\": \"20.1.0\",\n\"yarn\": \"1.22.19\"}}",
        );
        assert_eq!(manifest.members, ["packages/*", "!packages/x"]);
        let runtimes: Vec<_> = manifest.runtimes.iter().map(|r| (&*r.name, &*r.range, r.line)).collect();
        assert_eq!(runtimes, [("node", ">=18", 3), ("node", "20.1.0", 4)]);
        assert_eq!(manifest.package_manager.as_deref(), Some("yarn@1.22.19"));
        let manifest = told(
            r#"{"workspaces": {"packages": ["a"], "nohoist": ["b"]}, "packageManager": "pnpm@9.1.0+sha512.ab",
            "devEngines": {"runtime": [{"name": "bun"}, {"name": "node", "version": "22"}], "packageManager": {"name": "npm"}}}"#,
        );
        assert_eq!(manifest.members, ["a"]);
        assert_eq!(manifest.package_manager.as_deref(), Some("pnpm@9.1.0+sha512.ab"));
        assert_eq!(manifest.runtimes, [Runtime { name: "node".to_owned(), range: "22".to_owned(), line: 2 }]);
        let manager = |text: &str| told(text).package_manager;
        assert_eq!(manager(r#"{"devEngines": {"packageManager": {"name": "npm"}}}"#).as_deref(), Some("npm"));
        assert_eq!(manager(r#"{"packageManager": 7, "volta": []}"#), None);
    }

    #[test]
    fn forced_versions_are_read_as_npm_yarn_and_pnpm_write_them() {
        let manifest = told(
            r#"{"overrides": {"a": "1", "b@^2": {".": "2", "c": "$c", "@s/d@1": {"e": "1"}}, "f": {"g": "1"}},
            "resolutions": {"**/h": "1", "i/@s/j": "1", "@s/k/l": "1", "m@npm:^1.0.0": "1", "@s/n@npm:@x/y@1": "1"},
            "pnpm": {"overrides": {"o@1>p@^2": "-", "@s/q": "1", "r@>=2 <3": "2", "s>@s/t@1": "1"}}}"#,
        );
        let names = ["@s/j", "@s/n", "@s/q", "@s/t", "a", "b", "c", "e", "g", "h", "l", "m", "p", "r"];
        assert_eq!(manifest.overrides, names);
        let at = |name: &str| -> Vec<String> {
            manifest.forcings[name].iter().map(|one| format!("{} = {}", one.keys.join(" > "), one.says)).collect()
        };
        assert_eq!((at("c"), at("e")), (vec!["b@^2 > c = $c".to_owned()], vec!["b@^2 > @s/d@1 > e = 1".to_owned()]));
        assert_eq!(at("b"), ["b@^2 > . = 2"]);
        assert_eq!(told(r#"{"overrides": {".": "1", "": "2"}, "resolutions": {"/": "", "@": ""}}"#).overrides, ["@"]);
    }

    #[test]
    fn licences_are_read_in_the_old_forms_too() {
        for (text, licence) in [
            (r#"{"license": "(MIT OR GPL-3.0)"}"#, Some("(MIT OR GPL-3.0)")),
            (r#"{"license": {"type": "BSD", "url": "x"}}"#, Some("BSD")),
            (r#"{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}"#, Some("(MIT OR GPL-2.0)")),
            (r#"{"license": false}"#, None),
            ("{}", None),
        ] {
            assert_eq!(told(text).licence.as_deref(), licence, "{text}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused_and_what_is_odd_is_not() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        for (text, reason, line) in [
            ("", "not a valid package.json", 1),
            ("[]", "not a valid package.json", 1),
            ("{\n\"name\": \"a\",\n", "not a valid package.json", 3),
            ("{\n<<<<<<< HEAD\n\"name\": \"a\"", "package.json with an unresolved merge conflict", 2),
            (&deep, "not a valid package.json", 1),
        ] {
            assert_eq!(read("package.json", text), Err(NotUnderstood::at(reason, line)), "{:.40}", text);
        }
        let odd = format!(
            r#"{{"name": 7, "dependencies": {deep}, "engines": "node", "workspaces": {deep}, "license": {deep}}}"#
        );
        let path = "apps/web/package.json".to_owned();
        let mut plain = Manifest { path, ..Manifest::default() };
        plain.gaps.add(reason::ENTRY, "dependencies");
        assert_eq!(told(&odd), plain);
        assert!(told(r#"{"dependencies": [], "devDependencies": null}"#).gaps.is_empty());
        let overrides = format!(r#"{{"overrides": {}1{}}}"#, r#"{"a": "#.repeat(50_000), "}".repeat(50_000));
        assert_eq!(told(&overrides).overrides, [""; 0], "nobody nests that deep");
        // `JSON.parse` takes the last of equal keys, and npm with it.
        let twice = told(r#"{"dependencies": {"a": "1"}, "dependencies": {"b": "1", "b": "2"}}"#);
        assert_eq!(twice.declared.iter().map(|d| (&*d.name, &*d.range)).collect::<Vec<_>>(), [("b", "2")]);
    }
}
