//! The way out of a vulnerable package, and the ways in.

use std::collections::BTreeMap;
use std::sync::Arc;

use gonogo::model::{WayOut, WayOutKind};
use gonogo::probe::dependencies::advisory::{Advisory, Parsed, parse};
use gonogo::probe::dependencies::nearest::{Nearest, nearest};
use gonogo::probe::dependencies::way_out::{Fixes, Situation, several, way_out};
use gonogo::probe::dependencies::ways_in::Graph;
use gonogo::probe::files;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::manifest::{Pin, Source};
use gonogo::probe::packages::{self, Declared, LockFile, Manager, Manifest, Scope};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::record;
use crate::support::probes::Folder;

/// Advisories about one package, each as its events.
fn advisories(ecosystem: &str, package: &str, all: &[&[(&str, &str)]]) -> Vec<Arc<Advisory>> {
    let parsed = all.iter().enumerate().map(|(n, events)| {
        let record = record(&format!("GHSA-{n}"), ecosystem, package, events);
        match parse(record.to_string().as_bytes()) {
            Ok(Parsed::InForce(advisory)) => Arc::new(*advisory),
            other => panic!("{other:?}"),
        }
    });
    parsed.collect()
}

fn place(lock: &LockFile, name: &str) -> usize {
    lock.packages.iter().position(|package| package.name == name).unwrap()
}

pub(super) fn out(lock: &LockFile, name: &str, to: &str, manifests: &BTreeMap<String, Manifest>) -> WayOut {
    out_with(lock, name, to, manifests, &Fixes::new())
}

pub(super) fn out_with(
    lock: &LockFile,
    name: &str,
    to: &str,
    manifests: &BTreeMap<String, Manifest>,
    fixes: &Fixes,
) -> WayOut {
    let at = place(lock, name);
    let ways = Graph::of(lock).ways_in(at, manifests);
    let nearest = Nearest::Fixed(to.to_owned());
    let package = &lock.packages[at];
    way_out(&Situation {
        lock,
        package,
        ways: &ways,
        nearest: &nearest,
        fixes,
        malware: false,
        several: &several(lock),
        manifests,
    })
}

pub(super) fn declared(name: &str, range: &str, scope: Scope, line: u32) -> Declared {
    Declared {
        name: name.to_owned(),
        alias: None,
        range: range.to_owned(),
        scope,
        optional: false,
        source: Source::Registry,
        pin: if range.starts_with(|c: char| c.is_ascii_digit()) { Pin::Exact } else { Pin::Range },
        line,
    }
}

/// A lock file in which the manifest asks for `a` with a range, and `a` needs `b` with another.
pub(super) fn lock(manager: Manager, manifest: &str, path: &str, range: &str, scope: Scope, needs: &str) -> LockFile {
    let (a, b) = match manager {
        Manager::Maven | Manager::Gradle => ("org.example:a", "org.example:b"),
        Manager::Composer => ("acme/a", "acme/b"),
        Manager::Go => ("example.com/a", "example.com/b"),
        _ => ("a", "b"),
    };
    let mut builder = Builder::new(manager, "9");
    builder.add(a, Draft::new(a, "1.0.0", 3));
    builder.add(b, Draft::new(b, "1.0.0", 7));
    builder.needs_range(a, b, needs);
    builder.wants(manifest, a, range, scope, a);
    builder.finish(path).lock
}

pub(super) fn manifests(path: &str, all: Vec<Declared>) -> BTreeMap<String, Manifest> {
    let manifest = Manifest { path: path.to_owned(), declared: all, ..Manifest::default() };
    BTreeMap::from([(path.to_owned(), manifest)])
}

#[test]
fn the_nearest_version_is_one_that_every_advisory_leaves_alone() {
    let mut builder = Builder::new(Manager::Npm, "3");
    builder.add("a", Draft::new("a", "1.1.0", 1));
    let lock = builder.finish("package-lock.json").lock;
    let of = |all: &[&[(&str, &str)]]| nearest(&lock.packages[0], &advisories("npm", "a", all));
    let fixed = |version: &str| Nearest::Fixed(version.to_owned());
    assert_eq!(of(&[&[("introduced", "0"), ("fixed", "1.2.5")]]), fixed("1.2.5"));
    // The same major line, where it has a fix.
    let both: &[(&str, &str)] = &[("introduced", "0"), ("fixed", "1.2.5"), ("introduced", "2.0.0"), ("fixed", "2.0.3")];
    assert_eq!(of(&[both]), fixed("1.2.5"));
    // The second advisory speaks of 1.2.5 and of 2.0.3 as well.
    assert_eq!(of(&[both, &[("introduced", "1.2.0"), ("fixed", "2.1.0")]]), fixed("2.1.0"));
    // What is fixed by going back is no way out.
    assert_eq!(of(&[&[("introduced", "0"), ("fixed", "0.9.0")], both]), fixed("1.2.5"));
    // Nobody is sent to a pre-release while a release is named.
    let pre: &[(&str, &str)] = &[("introduced", "0"), ("fixed", "1.2.0-rc.1")];
    assert_eq!(of(&[pre]), fixed("1.2.0-rc.1"));
    assert_eq!(of(&[pre, &[("introduced", "0"), ("fixed", "1.2.0")]]), fixed("1.2.0"));
    assert_eq!(of(&[pre, &[("introduced", "0"), ("fixed", "1.1.9")]]), fixed("1.2.0-rc.1"));
    // One without a fix does not swallow the way out of the others.
    let most = |version: &str, mends, of, unfixed| Nearest::Most { version: version.to_owned(), mends, of, unfixed };
    assert_eq!(of(&[both, &[("introduced", "0")]]), most("1.2.5", 1, 2, true));
    let one: &[(&str, &str)] = &[("introduced", "0"), ("fixed", "1.2.0")];
    let other: &[(&str, &str)] = &[("introduced", "0"), ("fixed", "1.4.0")];
    assert_eq!(of(&[one, &[("introduced", "0")], other]), most("1.4.0", 2, 3, true));
    assert_eq!(of(&[one, other, &[("introduced", "0"), ("last_affected", "1.9.0")]]), most("1.4.0", 2, 3, true));
    // One that is fixed only before the others' next begins.
    let early: &[(&str, &str)] = &[("introduced", "0"), ("fixed", "1.2.0"), ("introduced", "1.3.0")];
    assert_eq!(of(&[early, other]), most("1.2.0", 1, 2, false));
    // One hole for another is no way out.
    assert_eq!(of(&[one, &[("introduced", "1.2.0")]]), Nearest::None);
    assert_eq!(of(&[&[("introduced", "0")]]), Nearest::None);
    assert_eq!(of(&[&[("introduced", "0"), ("last_affected", "1.4.0")]]), Nearest::After("1.4.0".to_owned()));
    assert_eq!(of(&[&[("introduced", "0"), ("last_affected", "1.4.0")], &[("introduced", "1.0.0")]]), Nearest::None);
    assert_eq!(of(&[]), Nearest::None);
}

#[test]
fn a_range_that_allows_the_fix_needs_a_new_lock_file_only() {
    for (manager, path, range, commands) in [
        (Manager::Npm, "package-lock.json", "^1.0.0", vec!["npm update a"]),
        (Manager::YarnClassic, "yarn.lock", "^1.0.0", vec!["yarn upgrade a"]),
        (Manager::YarnBerry, "yarn.lock", "^1.0.0", vec!["yarn up -R a"]),
        (Manager::Pnpm, "pnpm-lock.yaml", "^1.0.0", vec!["pnpm update a"]),
        (Manager::Bun, "bun.lock", "^1.0.0", vec!["bun update a"]),
        (Manager::Uv, "uv.lock", ">=1.0", vec!["uv lock --upgrade-package a==1.2.0"]),
        (Manager::Poetry, "poetry.lock", "^1.0", vec!["poetry update a"]),
        (Manager::Pipenv, "Pipfile.lock", ">=1.0", vec!["pipenv upgrade a"]),
        (Manager::Pdm, "pdm.lock", ">=1.0", vec!["pdm update a"]),
        (Manager::Cargo, "Cargo.lock", "1", vec!["cargo update -p a@1.0.0 --precise 1.2.0"]),
        (Manager::Bundler, "Gemfile.lock", "~> 1.0", vec!["bundle update a --conservative"]),
        (Manager::Cargo, "api/Cargo.lock", "1", vec!["cd api", "cargo update -p a@1.0.0 --precise 1.2.0"]),
    ] {
        let lock = lock(manager, "manifest", path, range, Scope::Production, "");
        let out = out(&lock, "a", "1.2.0", &BTreeMap::new());
        assert_eq!((out.kind, out.version.as_deref()), (WayOutKind::Renew, Some("1.2.0")), "{manager}");
        assert_eq!(out.commands, commands, "{manager}");
        assert_eq!(out.lines, None, "{manager}");
    }
    let composer = lock(Manager::Composer, "composer.json", "composer.lock", "^1.0", Scope::Production, "");
    let way = out(&composer, "acme/a", "1.2.0", &BTreeMap::new());
    assert_eq!(way.commands, ["composer update acme/a --with-dependencies"]);
    let go = lock(Manager::Go, "go.mod", "go.mod", "v1.0.0", Scope::Production, "");
    let way = out(&go, "example.com/b", "1.2.0", &BTreeMap::new());
    assert_eq!(
        (way.kind, way.commands),
        (WayOutKind::Renew, vec!["go get example.com/b@v1.2.0".to_owned(), "go mod tidy".to_owned()])
    );
}

#[test]
fn a_range_that_does_not_is_raised_where_it_stands() {
    let dev = Scope::Development;
    for (manager, manifest, path, range, scope, command, line) in [
        (
            Manager::Npm,
            "package.json",
            "package-lock.json",
            "^1.0.0",
            Scope::Production,
            "npm install \"a@^2.1.0\"",
            None,
        ),
        (
            Manager::Npm,
            "package.json",
            "package-lock.json",
            "1.0.0",
            dev,
            "npm install --save-dev --save-exact a@2.1.0",
            None,
        ),
        (
            Manager::Npm,
            "apps/web/package.json",
            "package-lock.json",
            "^1.0.0",
            dev,
            "npm install -w apps/web --save-dev \"a@^2.1.0\"",
            None,
        ),
        (Manager::YarnClassic, "package.json", "yarn.lock", "^1.0.0", dev, "yarn upgrade \"a@^2.1.0\"", None),
        (Manager::YarnBerry, "apps/web/package.json", "yarn.lock", "^1.0.0", dev, "yarn up \"a@^2.1.0\"", None),
        (
            Manager::Pnpm,
            "apps/web/package.json",
            "pnpm-lock.yaml",
            "^1.0.0",
            dev,
            "pnpm --filter ./apps/web update \"a@^2.1.0\"",
            None,
        ),
        (Manager::Pnpm, "package.json", "pnpm-lock.yaml", "catalog:", dev, "pnpm install", Some("\"a\": \"^2.1.0\"")),
        (Manager::Bun, "package.json", "bun.lock", "^1.0.0", dev, "bun add --dev \"a@^2.1.0\"", None),
        (Manager::Uv, "pyproject.toml", "uv.lock", "<2", Scope::Production, "uv add \"a>=2.1.0\"", None),
        (
            Manager::Uv,
            "pyproject.toml",
            "uv.lock",
            ">=1,<2",
            dev,
            "uv lock --upgrade-package a==2.1.0",
            Some("\"a>=2.1.0,<3\""),
        ),
        (Manager::Poetry, "pyproject.toml", "poetry.lock", "^1.0", Scope::Production, "poetry add \"a@^2.1.0\"", None),
        (Manager::Pipenv, "Pipfile", "Pipfile.lock", "<2", dev, "pipenv upgrade --dev \"a>=2.1.0\"", None),
        (Manager::Pdm, "pyproject.toml", "pdm.lock", "<2", Scope::Production, "pdm add \"a>=2.1.0\"", None),
        (
            Manager::Cargo,
            "Cargo.toml",
            "Cargo.lock",
            "1.0",
            dev,
            "cargo update -p a@1.0.0 --precise 2.1.0",
            Some("a = \"2.1.0\""),
        ),
        (
            Manager::Bundler,
            "Gemfile",
            "Gemfile.lock",
            "~> 1.0",
            Scope::Production,
            "bundle update a --conservative",
            Some("gem \"a\", \"~> 2.1\", \">= 2.1.0\""),
        ),
    ] {
        let lock = lock(manager, manifest, path, range, scope, "");
        let out = out(&lock, "a", "2.1.0", &manifests(manifest, vec![declared("a", range, scope, 12)]));
        assert_eq!(out.kind, WayOutKind::RaiseItself, "{manager} {range}");
        assert_eq!(out.commands, [command], "{manager} {range}");
        assert_eq!(out.lines.as_ref().map(|(_, text)| text.as_str()), line, "{manager} {range}");
        assert!(out.words.contains(&format!("{manifest}:12")), "{}", out.words);
        assert!(out.words.contains("major step"), "{}", out.words);
    }
    let composer = lock(Manager::Composer, "composer.json", "composer.lock", "^1.0", dev, "");
    let way = out(&composer, "acme/a", "2.1.0", &BTreeMap::new());
    assert_eq!(way.commands, ["composer require --dev \"acme/a:^2.1.0\" --with-all-dependencies"]);
    // An alias stays one.
    let mut builder = Builder::new(Manager::Npm, "3");
    builder.add("x", Draft::new("real", "1.0.0", 1));
    builder.wants("package.json", "alias", "npm:real@^1.0.0", Scope::Production, "x");
    let way = out(&builder.finish("package-lock.json").lock, "real", "2.1.0", &BTreeMap::new());
    assert_eq!(way.commands, ["npm install \"alias@npm:real@^2.1.0\""]);
    // What Maven and Gradle write is a wish: only another version in its place brings one.
    for (manager, manifest, path, command, line) in [
        (Manager::Maven, "pom.xml", "pom.xml", None, "<version>1.2.0</version>"),
        (
            Manager::Gradle,
            "build.gradle",
            "gradle.lockfile",
            Some("./gradlew dependencies --update-locks org.example:a"),
            "org.example:a:1.2.0",
        ),
    ] {
        let lock = lock(manager, manifest, path, "1.0.0", Scope::Production, "");
        let way = out(&lock, "org.example:a", "1.2.0", &BTreeMap::new());
        assert_eq!((way.kind, way.commands.first().map(String::as_str)), (WayOutKind::RaiseItself, command));
        assert_eq!(way.lines, Some((manifest.to_owned(), line.to_owned())));
    }
    // A pin of a requirements file is a line of it.
    let pip = lock(Manager::Pip, "requirements.txt", "requirements.txt", "==1.0.0", Scope::Production, "");
    let way = out(&pip, "a", "1.2.0", &BTreeMap::new());
    assert_eq!((way.kind, way.lines), (WayOutKind::RaiseItself, Some(("requirements.txt".into(), "a==1.2.0".into()))));
}

#[test]
fn what_another_package_brings_in_goes_with_what_that_one_takes() {
    let of = |manager, path: &str, needs: &str, to: &str| {
        let lock = lock(manager, "package.json", path, "^1.0.0", Scope::Production, needs);
        out(&lock, "b", to, &BTreeMap::new())
    };
    let allowed = of(Manager::Npm, "package-lock.json", "^1.0.0", "1.2.0");
    assert_eq!((allowed.kind, &*allowed.commands.join("; ")), (WayOutKind::Renew, "npm update b"));
    // Yarn 1 does nothing for what package.json does not name.
    let classic = of(Manager::YarnClassic, "yarn.lock", "^1.0.0", "1.2.0");
    assert_eq!((classic.kind, &*classic.commands.join("; ")), (WayOutKind::Renew, "yarn install"));
    assert!(classic.words.contains("delete the entry of b in yarn.lock (line 7)"), "{}", classic.words);
    // Not said by the lock file: what is likely first, what is sure after it.
    let unsaid = of(Manager::Npm, "package-lock.json", "", "1.2.0");
    assert_eq!(unsaid.kind, WayOutKind::RaiseParent);
    assert_eq!(unsaid.commands, ["npm update b", "npm install a@latest"]);
    assert!(unsaid.words.contains("b comes in through a 1.0.0"), "{}", unsaid.words);
    let major = of(Manager::Npm, "package-lock.json", "", "2.0.0");
    assert_eq!(major.commands, ["npm install a@latest"]);
    // The direct dependency refuses it: raise that, and force it where no release helps.
    let refused = of(Manager::Npm, "package-lock.json", "1.0.0", "1.2.0");
    assert_eq!((refused.kind, &*refused.commands.join("; ")), (WayOutKind::RaiseParent, "npm install a@latest"));
    assert!(refused.words.contains("a 1.0.0 takes only 1.0.0"), "{}", refused.words);
    assert_eq!(refused.lines, Some(("package.json".into(), "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}".into())));
}

#[test]
fn what_a_deep_package_pins_is_forced() {
    let of = |manager, path: &str, more: bool| {
        let mut builder = Builder::new(manager, "9.0");
        for (name, version) in [("a", "1.0.0"), ("deep", "1.0.0"), ("b", "1.0.0")] {
            builder.add(name, Draft::new(name, version, 1));
        }
        if more {
            builder.add("b 2", Draft::new("b", "3.0.0", 1));
        }
        builder.needs_range("a", "deep", "^1.0.0");
        builder.needs_range(
            "deep",
            "b",
            if manager == Manager::Uv || manager == Manager::Pdm { "==1.0.0" } else { "=1.0.0" },
        );
        builder.wants("package.json", "a", "^1.0.0", Scope::Production, "a");
        out(&builder.finish(path).lock, "b", "1.2.0", &BTreeMap::new())
    };
    for (manager, path, more, file, text, command) in [
        (
            Manager::Npm,
            "package-lock.json",
            false,
            "package.json",
            "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}",
            "npm install",
        ),
        (
            Manager::Npm,
            "package-lock.json",
            true,
            "package.json",
            "\"overrides\": {\n    \"b@<1.2.0\": \"^1.2.0\"\n}",
            "npm install",
        ),
        (
            Manager::YarnBerry,
            "yarn.lock",
            false,
            "package.json",
            "\"resolutions\": {\n    \"b\": \"^1.2.0\"\n}",
            "yarn install",
        ),
        (
            Manager::YarnClassic,
            "yarn.lock",
            true,
            "package.json",
            "\"resolutions\": {\n    \"**/deep/b\": \"^1.2.0\"\n}",
            "yarn install",
        ),
        (
            Manager::Pnpm,
            "pnpm-lock.yaml",
            false,
            "pnpm-workspace.yaml",
            "overrides:\n  \"b@<1.2.0\": \"^1.2.0\"",
            "pnpm install",
        ),
        (Manager::Bun, "bun.lock", false, "package.json", "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}", "bun install"),
        (
            Manager::Uv,
            "uv.lock",
            false,
            "pyproject.toml",
            "[tool.uv]\noverride-dependencies = [\"b>=1.2.0\"]",
            "uv lock",
        ),
        (
            Manager::Pdm,
            "pdm.lock",
            false,
            "pyproject.toml",
            "[tool.pdm.resolution.overrides]\nb = \">=1.2.0\"",
            "pdm update b",
        ),
    ] {
        let way = of(manager, path, more);
        assert_eq!(way.kind, WayOutKind::Override, "{manager}");
        assert_eq!(way.lines, Some((file.to_owned(), text.to_owned())), "{manager}");
        assert_eq!(way.commands, [command], "{manager}");
        assert!(way.words.contains("deep 1.0.0 takes only"), "{}", way.words);
    }
    let cargo = of(Manager::Cargo, "Cargo.lock", false);
    assert!(cargo.words.contains("[patch.crates-io]") && cargo.commands.is_empty(), "{cargo:?}");
}

#[test]
fn hostile_names_never_reach_a_command() {
    for name in ["x; rm -rf ~", "$(id)", "-rf", "a b", "`id`", "\"", "a'b", "x\ny"] {
        let mut builder = Builder::new(Manager::Npm, "3");
        builder.add("x", Draft::new(name, "1.0.0", 1));
        builder.wants("package.json", name, "^1.0.0", Scope::Production, "x");
        let lock = builder.finish("package-lock.json").lock;
        for to in ["1.2.0", "2.0.0"] {
            let way = out(&lock, name, to, &BTreeMap::new());
            assert!(way.commands.is_empty() && way.lines.is_none() && !way.words.is_empty(), "{way:?}");
        }
        // A direct dependency with such a name, which brings in a harmless one.
        let mut builder = Builder::new(Manager::Npm, "3");
        builder.add("x", Draft::new(name, "1.0.0", 1));
        builder.add("b", Draft::new("b", "1.0.0", 1));
        builder.needs("x", "b");
        builder.wants("package.json", name, "^1.0.0", Scope::Production, "x");
        let way = out(&builder.finish("package-lock.json").lock, "b", "1.2.0", &BTreeMap::new());
        assert_eq!(way.commands, ["npm update b"], "{way:?}");
    }
    let odd = lock(Manager::Npm, "$(id)/package.json", "$(id)/package-lock.json", "^1.0.0", Scope::Production, "");
    assert!(out(&odd, "a", "1.2.0", &BTreeMap::new()).commands.is_empty());
}

#[test]
fn malware_goes_and_what_has_no_fix_gets_words() {
    let lock = lock(Manager::Npm, "package.json", "package-lock.json", "^1.0.0", Scope::Development, "^1.0.0");
    let manifests = BTreeMap::new();
    let of = |name: &str, nearest: &Nearest, malware: bool| {
        let at = place(&lock, name);
        let ways = Graph::of(&lock).ways_in(at, &manifests);
        let package = &lock.packages[at];
        way_out(&Situation {
            lock: &lock,
            package,
            ways: &ways,
            nearest,
            fixes: &Fixes::new(),
            malware,
            several: &several(&lock),
            manifests: &manifests,
        })
    };
    let gone = of("a", &Nearest::Fixed("1.2.0".to_owned()), true);
    assert_eq!((gone.kind, &*gone.commands.join("; "), gone.version), (WayOutKind::Remove, "npm uninstall a", None));
    let inner = of("b", &Nearest::None, true);
    assert_eq!((inner.kind, inner.commands.len()), (WayOutKind::Remove, 0));
    assert!(inner.words.contains("comes in through a 1.0.0"), "{}", inner.words);
    let none = of("b", &Nearest::None, false);
    assert_eq!((none.kind, none.version), (WayOutKind::None, None));
    let most = Nearest::Most { version: "1.2.0".to_owned(), mends: 18, of: 19, unfixed: true };
    let most = of("b", &most, false);
    assert_eq!((most.kind, &*most.commands.join("; ")), (WayOutKind::Renew, "npm update b"));
    assert!(most.words.starts_with("1.2.0 fixes 18 of 19; for the rest there is no fix yet. What needs b"), "{most:?}");
    let after = of("b", &Nearest::After("1.4.0".to_owned()), false);
    assert_eq!(after.kind, WayOutKind::None);
    assert!(after.words.contains("ends with 1.4.0"), "{}", after.words);
    assert_eq!(after.commands, ["npm view b versions"]);
}

#[test]
fn the_ways_in_are_the_shortest_and_productions_come_first() {
    let mut builder = Builder::new(Manager::Npm, "3");
    for name in ["far", "mid", "near", "tool", "more", "target"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
    }
    for (from, to) in [
        ("far", "mid"),
        ("mid", "near"),
        ("near", "target"),
        ("far", "near"),
        ("tool", "target"),
        ("more", "target"),
        // A circle.
        ("target", "far"),
    ] {
        builder.needs(from, to);
    }
    builder.wants("package.json", "far", "^1.0.0", Scope::Production, "far");
    builder.wants("package.json", "tool", "^1.0.0", Scope::Development, "tool");
    builder.wants("package.json", "more", "^1.0.0", Scope::Development, "more");
    builder.wants("apps/web/package.json", "near", "~1.0.0", Scope::Production, "near");
    let lock = builder.finish("package-lock.json").lock;
    let manifests = manifests("apps/web/package.json", vec![declared("near", "~1.0.0", Scope::Production, 9)]);
    let ways = Graph::of(&lock).ways_in(place(&lock, "target"), &manifests);
    let told: Vec<String> =
        ways.ways.iter().map(|way| way.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(">")).collect();
    assert_eq!(told, ["near>target", "far>near>target", "more>target"]);
    assert_eq!(ways.more, 1);
    assert_eq!(ways.ways[0][0].asked_in, Some(("apps/web/package.json".to_owned(), Some(9))));
    assert_eq!(ways.ways[0][0].range, "~1.0.0");
    assert_eq!(ways.ways[1][0].asked_in, Some(("package.json".to_owned(), None)));
    assert!(ways.itself.is_empty() && ways.ways[0][1].asked_in.is_none());
    // Its own way is the shortest.
    let near = Graph::of(&lock).ways_in(place(&lock, "near"), &manifests);
    assert_eq!((near.ways[0].len(), near.itself.len()), (1, 1));
}

#[test]
fn a_graph_of_a_hundred_thousand_packages_costs_no_more_than_its_edges() {
    // A ladder: every step doubles the number of paths.
    let mut builder = Builder::new(Manager::Npm, "3");
    let count = 50_000;
    for n in 0..count {
        for side in ["l", "r"] {
            builder.add(format!("{side}{n}"), Draft::new(format!("{side}{n}"), "1.0.0", 1));
            if n + 1 < count {
                builder.needs(format!("{side}{n}"), format!("l{}", n + 1));
                builder.needs(format!("{side}{n}"), format!("r{}", n + 1));
            }
        }
    }
    for n in 0..100 {
        builder.wants("package.json", format!("l{n}"), "^1.0.0", Scope::Production, format!("l{n}"));
    }
    let lock = builder.finish("package-lock.json").lock;
    let graph = Graph::of(&lock);
    let target = place(&lock, "r49999");
    let manifests = BTreeMap::new();
    let ways = graph.ways_in(target, &manifests);
    assert_eq!((ways.ways.len(), ways.more, ways.cut_short), (3, 97, false));
    assert!(ways.ways[0].len() <= 50, "{}", ways.ways[0].len());
    // Each costs its 200,000 edges, and what is too much together is said to be.
    for _ in 0..98 {
        assert!(!graph.ways_in(target, &manifests).cut_short);
    }
    assert!((0..3).any(|_| graph.ways_in(target, &manifests).cut_short));
}

#[test]
fn the_sentence_about_a_parent_names_how_many_there_are() {
    let mut builder = Builder::new(Manager::Pnpm, "9.0");
    builder.add("b", Draft::new("b", "1.0.0", 1));
    for name in ["p1", "p2", "p3", "p4", "p5"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
        builder.needs(name, "b");
        builder.wants("package.json", name, "^1.0.0", Scope::Production, name);
    }
    let way = out(&builder.finish("pnpm-lock.yaml").lock, "b", "2.0.0", &BTreeMap::new());
    assert!(way.words.contains("p1 1.0.0, p2 1.0.0, p3 1.0.0 and 2 more"), "{}", way.words);
    assert_eq!(way.commands, ["pnpm update --latest p1", "pnpm update --latest p2", "pnpm update --latest p3"]);
    assert_eq!(json!(way.kind), json!("raise-parent"));
}

/// The way out of `name` in a project of these files.
fn out_of(files: &[(&str, &str)], name: &str, to: &str) -> WayOut {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    assert_eq!(found.gaps.total(), 0, "{:?}", found.gaps);
    out(&found.locks[0], name, to, &found.manifests)
}

#[test]
fn lock_files_that_say_what_is_taken_say_when_they_need_only_be_renewed() {
    let yarn = "# yarn lockfile v1\n\n\na@^1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    b \"^1.0.0\"\n    c \"npm:d@~1.0.0\"\n\n\
        b@^1.0.0:\n  version \"1.0.0\"\n\n\"c@npm:d@~1.0.0\":\n  version \"1.0.0\"\n";
    let manifest = r#"{"dependencies": {"a": "^1.0.0"}}"#;
    let of = |manifest: &str, name: &str| out_of(&[("yarn.lock", yarn), ("package.json", manifest)], name, "1.2.0");
    assert_eq!(of(manifest, "b").kind, WayOutKind::Renew);
    let refused = of(manifest, "d");
    assert_eq!(refused.kind, WayOutKind::RaiseParent);
    assert!(refused.words.contains("a 1.0.0 takes only ~1.0.0"), "{}", refused.words);
    // What is forced stays where it is however often the rest is renewed.
    let forced = r#"{"dependencies": {"a": "^1.0.0"}, "resolutions": {"b": "^1.0.0"}}"#;
    assert_eq!(of(forced, "b").kind, WayOutKind::RaiseParent);

    let poetry = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[package.dependencies]\nb = \">=1.0,<2.0\"\n\
        c = {version = \"1.0.0\", markers = \"python_version < '4'\"}\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n\n\
        [[package]]\nname = \"c\"\nversion = \"1.0.0\"\n\n[metadata]\nlock-version = \"2.0\"\n";
    let manifest = "[tool.poetry.dependencies]\na = \"^1.0\"\n";
    let of = |name: &str| out_of(&[("poetry.lock", poetry), ("pyproject.toml", manifest)], name, "1.2.0");
    assert_eq!((of("b").kind, of("b").commands), (WayOutKind::Renew, vec!["poetry update b".to_owned()]));
    assert_eq!(of("c").kind, WayOutKind::RaiseParent);

    let from = r#""notification-url": "https://packages.example.com/downloads/""#;
    let composer = format!(
        r#"{{"packages": [
        {{"name": "x/a", "version": "1.0.0", {from}, "require": {{"php": ">=8", "x/B": "^1.0", "x/c": "1.0.*", "x/virtual": "2.0"}}}},
        {{"name": "x/b", "version": "1.0.0", {from}}}, {{"name": "x/c", "version": "1.0.0", {from}}},
        {{"name": "x/d", "version": "1.0.0", {from}, "provide": {{"x/virtual": "2.0"}}}}], "packages-dev": []}}"#
    );
    let manifest = r#"{"require": {"x/a": "^1.0"}}"#;
    let of = |name: &str| out_of(&[("composer.lock", &composer), ("composer.json", manifest)], name, "1.2.0");
    let renew = of("x/b");
    assert_eq!(renew.kind, WayOutKind::Renew);
    assert_eq!(renew.commands, ["composer update x/b --with-dependencies"]);
    assert!(of("x/c").words.contains("x/a 1.0.0 takes only 1.0.*"), "{}", of("x/c").words);
    // The range of a name that it provides says nothing of its own versions.
    assert!(!of("x/d").words.contains("takes only"), "{}", of("x/d").words);

    let gems = "GEM\n  specs:\n    a (1.0.0)\n      b (~> 1.0)\n      c (= 1.0.0)\n    b (1.0.0)\n    c (1.0.0)\n\nDEPENDENCIES\n  a\n";
    let of = |name: &str| out_of(&[("Gemfile.lock", gems), ("Gemfile", "gem \"a\"\n")], name, "1.2.0");
    assert_eq!(of("b").kind, WayOutKind::Renew);
    assert!(of("c").words.contains("a 1.0.0 takes only = 1.0.0"), "{}", of("c").words);

    let berry = "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  dependencies:\n    \
        b: \"npm:^1.0.0\"\n    c: \"npm:1.0.0\"\n\n\"b@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"b@npm:1.0.0\"\n\n\
        \"c@npm:1.0.0\":\n  version: 1.0.0\n  resolution: \"c@npm:1.0.0\"\n\n\"x@workspace:.\":\n  version: 0.0.0-use.local\n  \
        resolution: \"x@workspace:.\"\n  dependencies:\n    a: \"npm:^1.0.0\"\n  linkType: soft\n";
    let bun = r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "x", "dependencies": {"a": "^1.0.0"}}}, "packages": {
        "a": ["a@1.0.0", "", {"dependencies": {"b": "^1.0.0", "c": "1.0.0"}}, "x"], "b": ["b@1.0.0", "", {}, "x"],
        "c": ["c@1.0.0", "", {}, "x"]}}"#;
    for (path, text) in [("yarn.lock", berry), ("bun.lock", bun)] {
        let of = |name: &str| {
            out_of(&[(path, text), ("package.json", r#"{"dependencies": {"a": "^1.0.0"}}"#)], name, "1.2.0")
        };
        assert_eq!(of("b").kind, WayOutKind::Renew, "{path}");
        assert!(of("c").words.contains("a 1.0.0 takes only 1.0.0"), "{}", of("c").words);
    }
}
