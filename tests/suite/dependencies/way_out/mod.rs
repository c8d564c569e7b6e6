//! The way out of a vulnerable package, and the ways in.

mod node;
mod others;
mod python;
mod taken;
mod ways_in;

use std::collections::BTreeMap;
use std::sync::Arc;

use gonogo::model::{WayOut, WayOutKind};
use gonogo::probe::dependencies::advisory::{Advisory, Parsed, parse};
use gonogo::probe::dependencies::nearest::{Nearest, nearest};
use gonogo::probe::dependencies::way_out::{Fixes, Overrides, Situation, several, way_out};
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
    out_where(lock, name, to, manifests, fixes, false)
}

/// The same; `imported` says whether production code imports the package.
pub(super) fn out_where(
    lock: &LockFile,
    name: &str,
    to: &str,
    manifests: &BTreeMap<String, Manifest>,
    fixes: &Fixes,
    imported: bool,
) -> WayOut {
    let at = place(lock, name);
    let graph = Graph::of(lock);
    let ways = graph.ways_in(at, manifests);
    let nearest = Nearest::Fixed(to.to_owned());
    let package = &lock.packages[at];
    way_out(&Situation {
        lock,
        package,
        at,
        overrides: &Overrides::of(&graph, manifests),
        ways: &ways,
        nearest: &nearest,
        fixes,
        malware: false,
        several: &several(lock),
        manifests,
        imported,
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

/// A manager, its lock file, a range that allows the fix, and what to type.
type Renewed<'a> = (Manager, &'a str, &'a str, &'a [&'a str]);

/// Asserts that the lock file need only be renewed.
fn assert_renewed(rows: &[Renewed<'_>]) {
    for &(manager, path, range, commands) in rows {
        let lock = lock(manager, "manifest", path, range, Scope::Production, "");
        let out = out(&lock, "a", "1.2.0", &BTreeMap::new());
        assert_eq!((out.kind, out.version.as_deref()), (WayOutKind::Renew, Some("1.2.0")), "{manager}");
        assert_eq!(out.commands, commands, "{manager}");
        assert_eq!(out.lines, None, "{manager}");
    }
}

/// A manager, the manifest, its lock file, the range there, for what, what to type, and what to write.
type Raised<'a> = (Manager, &'a str, &'a str, &'a str, Scope, &'a str, Option<&'a str>);

/// Asserts that the range is to be raised where it stands.
fn assert_raised(rows: &[Raised<'_>]) {
    for &(manager, manifest, path, range, scope, command, line) in rows {
        let lock = lock(manager, manifest, path, range, scope, "");
        let out = out(&lock, "a", "2.1.0", &manifests(manifest, vec![declared("a", range, scope, 12)]));
        assert_eq!(out.kind, WayOutKind::RaiseItself, "{manager} {range}");
        assert_eq!(out.commands, [command], "{manager} {range}");
        assert_eq!(out.lines.as_ref().map(|(_, text)| text.as_str()), line, "{manager} {range}");
        assert!(out.words.contains(&format!("{manifest}:12")), "{}", out.words);
        assert!(out.words.contains("major step"), "{}", out.words);
    }
}

/// The way out of what a package that no manifest names pins; `more` says that another version of it is there as well.
fn pinned_deep(manager: Manager, path: &str, more: bool) -> WayOut {
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
}

/// A manager, its lock file, whether another version is there, and what to write where, and to type.
type Forced<'a> = (Manager, &'a str, bool, &'a str, &'a str, &'a str);

/// Asserts that the version is to be forced.
fn assert_forced(rows: &[Forced<'_>]) {
    for &(manager, path, more, file, text, command) in rows {
        let way = pinned_deep(manager, path, more);
        assert_eq!(way.kind, WayOutKind::RaiseParent, "{manager}");
        assert_eq!(way.lines, Some((file.to_owned(), text.to_owned())), "{manager}");
        assert_eq!(way.commands.first().map(String::as_str), Some(command), "{manager}");
        assert!(way.words.contains("deep 1.0.0 takes only"), "{}", way.words);
    }
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
        let graph = Graph::of(&lock);
        let ways = graph.ways_in(at, &manifests);
        let package = &lock.packages[at];
        way_out(&Situation {
            lock: &lock,
            package,
            at,
            overrides: &Overrides::of(&graph, &manifests),
            ways: &ways,
            nearest,
            fixes: &Fixes::new(),
            malware,
            several: &several(&lock),
            manifests: &manifests,
            imported: false,
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
