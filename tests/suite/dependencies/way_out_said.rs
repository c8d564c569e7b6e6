//! The way out of a vulnerable package: what the words and commands take into account beside its own range.

use std::collections::BTreeMap;

use gonogo::model::WayOutKind;
use gonogo::probe::dependencies::nearest::Nearest;
use gonogo::probe::dependencies::way_out::{Fixes, Overrides, Situation, several, way_out};
use gonogo::probe::dependencies::ways_in::Graph;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::manifest::Property;
use gonogo::probe::packages::{Ecosystem, Manager, Manifest, Scope};

use super::way_out::{declared, lock, manifests, out, out_with};

#[test]
fn versions_of_one_package_are_forced_each_by_a_key_of_its_own() {
    let of = |version: &str, to: &str| {
        let mut builder = Builder::new(Manager::Npm, "3");
        builder.add("a", Draft::new("a", "1.0.0", 1));
        for version in ["0.2.1", "1.2.0"] {
            builder.add(format!("deep {version}"), Draft::new("deep", version, 1));
            builder.add(version, Draft::new("minimist", version, 1));
            builder.needs("a", format!("deep {version}"));
            builder.needs_range(format!("deep {version}"), version, version);
        }
        builder.wants("package.json", "a", "^1.0.0", Scope::Production, "a");
        let lock = builder.finish("package-lock.json").lock;
        let at = lock.packages.iter().position(|one| one.name == "minimist" && one.version == version).unwrap();
        let manifests = BTreeMap::new();
        let graph = Graph::of(&lock);
        let ways = graph.ways_in(at, &manifests);
        let nearest = Nearest::Fixed(to.to_owned());
        let package = &lock.packages[at];
        let fixes = &Fixes::new();
        let situation = Situation {
            lock: &lock,
            package,
            at,
            overrides: &Overrides::of(&graph, &manifests),
            ways: &ways,
            nearest: &nearest,
            fixes,
            malware: false,
            several: &several(&lock),
            manifests: &manifests,
            imported: false,
        };
        let way = way_out(&situation);
        assert!(way.words.contains(&format!("Force {to} or later")), "{}", way.words);
        way.lines.unwrap().1
    };
    assert_eq!(of("0.2.1", "0.2.4"), "\"overrides\": {\n    \"minimist@<0.2.4\": \"^0.2.4\"\n}");
    assert_eq!(of("1.2.0", "1.2.6"), "\"overrides\": {\n    \"minimist@>=1.0.0 <1.2.6\": \"^1.2.6\"\n}");
}

#[test]
fn what_brings_it_in_is_raised_to_the_version_that_its_own_holes_ask_for() {
    let fixes = |ecosystem, to: &str| Fixes::from([((ecosystem, "a".to_owned(), "1.0.0".to_owned()), to.to_owned())]);
    let none = BTreeMap::new();
    let npm = lock(Manager::Npm, "package.json", "package-lock.json", "^1.0.0", Scope::Production, "1.0.0");
    let way = out_with(&npm, "b", "1.2.0", &none, &fixes(Ecosystem::Npm, "1.20.0"));
    assert_eq!((way.kind, &*way.commands.join("; ")), (WayOutKind::RaiseParent, "npm install \"a@^1.20.0\""));
    assert!(way.words.contains("First raise a to 1.20.0, as it has holes as well"), "{}", way.words);
    assert!(!way.words.contains("latest"), "{}", way.words);
    let way = out(&npm, "b", "1.2.0", &none);
    assert!(way.words.contains("The latest release may be a major step"), "{}", way.words);
    // What a parent takes is not known to uv.lock: an exact version could fail.
    let uv = lock(Manager::Uv, "pyproject.toml", "uv.lock", "==1.0.0", Scope::Production, "");
    let way = out(&uv, "b", "1.26.18", &none);
    assert_eq!(way.commands.first().map(String::as_str), Some("uv lock --upgrade-package b"));
    assert!(way.words.contains("if it stays at 1.0.0, raise what brings it in"), "{}", way.words);
    let way = out_with(&uv, "b", "1.26.18", &none, &fixes(Ecosystem::PyPi, "2.31.0"));
    assert_eq!(way.commands, ["uv add a==2.31.0", "uv lock --upgrade-package b"]);
}

#[test]
fn only_members_of_the_workspace_are_named_to_npm_as_such() {
    let lock = lock(Manager::Npm, "libs/own/package.json", "package-lock.json", "^1.0.0", Scope::Production, "");
    let of = |members: &[&str]| {
        let members = members.iter().map(|one| (*one).to_owned()).collect();
        let mut manifests = manifests("libs/own/package.json", vec![declared("a", "^1.0.0", Scope::Production, 4)]);
        let root = Manifest { path: "package.json".to_owned(), members, ..Manifest::default() };
        manifests.insert("package.json".to_owned(), root);
        out(&lock, "a", "2.1.0", &manifests).commands
    };
    assert_eq!(of(&["libs/*"]), ["npm install -w libs/own \"a@^2.1.0\""]);
    // A package that `file:` points to.
    assert_eq!(of(&["apps/*"]), ["npm install --prefix libs/own \"a@^2.1.0\"", "npm install"]);
}

#[test]
fn what_is_said_fits_the_files_that_are_there() {
    let none = BTreeMap::new();
    // Which pnpm is run nobody says.
    let of = |manager: Option<&str>| {
        let mut builder = Builder::new(Manager::Pnpm, "9.0");
        for name in ["a", "deep", "b"] {
            builder.add(name, Draft::new(name, "1.0.0", 1));
        }
        builder.needs_range("a", "deep", "^1.0.0");
        builder.needs_range("deep", "b", "1.0.0");
        builder.wants("package.json", "a", "^1.0.0", Scope::Production, "a");
        let mut manifests = manifests("package.json", Vec::new());
        manifests.get_mut("package.json").unwrap().package_manager = manager.map(str::to_owned);
        let way = out(&builder.finish("pnpm-lock.yaml").lock, "b", "1.2.0", &manifests);
        (way.lines.unwrap().0, way.words.contains("pnpm 9 and older read it as pnpm.overrides in package.json"))
    };
    assert_eq!(of(None), ("pnpm-workspace.yaml".to_owned(), true));
    assert_eq!(of(Some("pnpm@10.1.0")), ("pnpm-workspace.yaml".to_owned(), false));
    assert_eq!(of(Some("pnpm@9.1.0")), ("package.json".to_owned(), false));
    // A gem without a condition.
    let gem = lock(Manager::Bundler, "Gemfile", "Gemfile.lock", "", Scope::Production, "");
    let way = out(&gem, "a", "2.1.0", &none);
    assert_eq!((way.kind, &*way.commands.join("; ")), (WayOutKind::Renew, "bundle update a --conservative"));
    assert_eq!(way.lines, None);
    // Maven has no lock file.
    let maven = lock(Manager::Maven, "pom.xml", "pom.xml", "1.0.0", Scope::Production, "");
    let way = out(&maven, "org.example:a", "1.2.0", &none);
    assert!(way.words.contains("a property (${…})") && !way.words.contains("lock file"), "{}", way.words);
    // Where a property sets the version, its name says what to change.
    let mut with = manifests("pom.xml", vec![declared("org.example:a", "1.0.0", Scope::Production, 12)]);
    let property = Property { name: "a.version".to_owned(), path: "parent/pom.xml".to_owned(), line: 5 };
    with.get_mut("pom.xml").unwrap().properties.insert("org.example:a".to_owned(), property);
    let way = out(&maven, "org.example:a", "1.2.0", &with);
    assert!(way.words.contains("The property a.version sets it (parent/pom.xml:5): change that."), "{}", way.words);
    assert_eq!(way.lines, Some(("parent/pom.xml".to_owned(), "<a.version>1.2.0</a.version>".to_owned())));
    let pip = lock(Manager::Pip, "requirements.txt", "requirements.txt", "==1.0.0", Scope::Production, "");
    assert!(out(&pip, "a", "1.2.0", &none).words.contains("Keep what follows a `;`"));
}
