//! The way out where somebody who needs the package refuses the fixed version: what is renewed, raised and forced, and in
//! which order.

use std::collections::BTreeMap;

use gonogo::model::{WayOut, WayOutKind};
use gonogo::probe::dependencies::way_out::Fixes;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::{Ecosystem, LockFile, Manager, Scope};

use super::way_out::{declared, manifests, out, out_with};

/// A lock file in which the manifest asks for the first of `names`, and each needs the next with `^1.0.0`, but for the
/// last one, which is taken only as `pinned`. With `own` the manifest asks for the last one as well.
fn chain(manager: Manager, path: &str, names: &[&str], pinned: &str, own: Option<&str>) -> LockFile {
    let mut builder = Builder::new(manager, "9.0");
    for name in names {
        builder.add(name, Draft::new(*name, "1.0.0", 1));
    }
    for (at, pair) in names.windows(2).enumerate() {
        builder.needs_range(pair[0], pair[1], if at + 2 == names.len() { pinned } else { "^1.0.0" });
    }
    let manifest = if manager.ecosystem() == Ecosystem::PyPi { "pyproject.toml" } else { "package.json" };
    builder.wants(manifest, names[0], "^1.0.0", Scope::Production, names[0]);
    if let Some(range) = own {
        let last = names.last().unwrap();
        builder.wants(manifest, *last, range, Scope::Production, last);
    }
    builder.finish(path).lock
}

fn way(lock: &LockFile, name: &str, to: &str) -> WayOut {
    out(lock, name, to, &BTreeMap::new())
}

const EXACT: &str = "=1.0.0";

#[test]
fn what_refuses_is_renewed_before_anything_is_raised() {
    for (manager, path, commands) in [
        (Manager::Npm, "package-lock.json", &["npm update a b", "npm install a@latest"][..]),
        (Manager::Pnpm, "pnpm-lock.yaml", &["pnpm update a b", "pnpm update --latest a"]),
        (Manager::Bun, "bun.lock", &["bun update a b", "bun update --latest a"]),
        // Yarn 1 does nothing for what package.json does not name.
        (Manager::YarnClassic, "yarn.lock", &["yarn upgrade a", "yarn upgrade --latest a"]),
        (Manager::YarnBerry, "yarn.lock", &["yarn up -R a b", "yarn up a"]),
        // What stays within the range is not said twice.
        (Manager::Cargo, "Cargo.lock", &["cargo update -p a@1.0.0 -p b@1.0.0"]),
        (Manager::Bundler, "Gemfile.lock", &["bundle update a b --conservative"]),
    ] {
        let out = way(&chain(manager, path, &["a", "b"], EXACT, None), "b", "1.2.0");
        assert_eq!(out.kind, WayOutKind::RaiseParent, "{manager}");
        assert_eq!(out.commands, commands, "{manager}");
        assert!(out.words.contains("takes only =1.0.0. Renew a and b within what is declared"), "{}", out.words);
    }
    for (manager, path, commands) in [
        // Poetry 2.5 and PDM 2.22 left what the raised one brings in where it was.
        (Manager::Poetry, "poetry.lock", &["poetry update a b", "poetry add a@latest", "poetry update b"][..]),
        (Manager::Pdm, "pdm.lock", &["pdm update a b", "pdm update --unconstrained a", "pdm update b"]),
        (Manager::Uv, "uv.lock", &["uv lock --upgrade-package a --upgrade-package b"]),
    ] {
        let out = way(&chain(manager, path, &["a", "b"], "==1.0.0", None), "b", "1.2.0");
        assert_eq!(out.commands, commands, "{manager}");
    }
}

#[test]
fn what_refuses_deep_below_is_renewed_as_well() {
    let lock = chain(Manager::Npm, "package-lock.json", &["a", "deep", "qs"], EXACT, None);
    let out = way(&lock, "qs", "1.2.0");
    assert_eq!(out.kind, WayOutKind::RaiseParent);
    assert_eq!(out.commands, ["npm update deep qs", "npm install a@latest"]);
    assert!(out.words.contains("deep 1.0.0 takes only =1.0.0. Renew deep and qs"), "{}", out.words);
    assert!(
        out.words.contains("If no release does: Force 1.2.0 or later with the lines below in package.json"),
        "{}",
        out.words
    );
    // What is raised for holes of its own is not renewed first.
    let fixes = Fixes::from([((Ecosystem::Npm, "a".to_owned(), "1.0.0".to_owned()), "1.20.0".to_owned())]);
    let lock = chain(Manager::Npm, "package-lock.json", &["a", "b"], EXACT, None);
    let out = out_with(&lock, "b", "1.2.0", &BTreeMap::new(), &fixes);
    assert_eq!(out.commands, ["npm install \"a@^1.20.0\""]);
    assert!(out.words.contains("First raise a to 1.20.0, as it has holes as well"), "{}", out.words);
}

#[test]
fn a_second_copy_stays_where_somebody_else_refuses() {
    // npm would keep the one copy that all take.
    let npm = chain(Manager::Npm, "package-lock.json", &["old", "semver"], EXACT, Some("^1.0.0"));
    let manifests = manifests("package.json", vec![declared("semver", "^1.0.0", Scope::Production, 7)]);
    let out = out_with(&npm, "semver", "1.2.0", &manifests, &Fixes::new());
    assert_eq!(out.kind, WayOutKind::RaiseItself);
    assert_eq!(out.commands, ["npm install \"semver@^1.2.0\"", "npm update old"]);
    assert!(out.words.contains("A second copy stays under old 1.0.0: old 1.0.0 takes only =1.0.0."), "{}", out.words);
    let nested = "\"overrides\": {\n    \"old\": {\n        \"semver\": \"^1.2.0\"\n    }\n}";
    assert_eq!(out.lines, Some(("package.json".to_owned(), nested.to_owned())));
    // The others look at each range by itself.
    for (manager, path, command, behind) in [
        (Manager::Pnpm, "pnpm-lock.yaml", "pnpm update semver", "pnpm update old"),
        (Manager::Bun, "bun.lock", "bun update semver", "bun update old"),
        (Manager::YarnClassic, "yarn.lock", "yarn upgrade semver", "yarn upgrade old"),
        (Manager::YarnBerry, "yarn.lock", "yarn up -R semver", "yarn up -R old"),
    ] {
        let out = way(&chain(manager, path, &["old", "semver"], EXACT, Some("^1.0.0")), "semver", "1.2.0");
        assert_eq!((out.kind, out.commands), (WayOutKind::Renew, vec![command.to_owned(), behind.to_owned()]));
        assert!(out.words.contains("A second copy stays under old 1.0.0"), "{}", out.words);
    }
    // Nobody refuses: as before.
    let out =
        way(&chain(Manager::Npm, "package-lock.json", &["old", "semver"], "^1.0.0", Some("^1.0.0")), "semver", "1.2.0");
    assert_eq!((out.kind, out.commands), (WayOutKind::Renew, vec!["npm update semver".to_owned()]));
}

#[test]
fn where_one_version_serves_all_who_refuses_comes_first() {
    let of = |own: &str| {
        way(&chain(Manager::Poetry, "poetry.lock", &["flask", "werkzeug"], "<1.2", Some(own)), "werkzeug", "1.2.0")
    };
    let allowed = of("^1.0");
    assert_eq!(allowed.kind, WayOutKind::RaiseParent);
    assert_eq!(allowed.commands, ["poetry update flask werkzeug", "poetry add flask@latest", "poetry update werkzeug"]);
    assert!(allowed.words.contains("flask 1.0.0 takes only <1.2. What you declare allows 1.2.0."), "{}", allowed.words);
    assert!(!allowed.words.contains("only the lock file is behind"), "{}", allowed.words);
    let refused = of("==1.0.0");
    assert_eq!(refused.commands.last().map(String::as_str), Some("poetry add werkzeug@1.2.0"));
    assert!(refused.words.starts_with("Ask for werkzeug 1.2.0 or later"), "{}", refused.words);
    // Cargo keeps versions of different lines side by side, and of one line only one.
    let cargo = |to: &str| way(&chain(Manager::Cargo, "Cargo.lock", &["old", "time"], EXACT, Some("1")), "time", to);
    assert_eq!(cargo("1.2.0").commands, ["cargo update -p old@1.0.0 -p time@1.0.0"]);
    assert!(cargo("2.0.0").words.contains("A second copy stays under old 1.0.0"), "{}", cargo("2.0.0").words);
}

#[test]
fn pipenv_is_told_which_half_of_its_file_is_meant() {
    let of = |scope| {
        let mut builder = Builder::new(Manager::Pipenv, "6");
        builder.add("lxml", Draft::new("lxml", "4.6.3", 1));
        builder.wants("Pipfile", "lxml", "<5", scope, "lxml");
        way(&builder.finish("Pipfile.lock").lock, "lxml", "4.9.1").commands
    };
    assert_eq!(of(Scope::Development), ["pipenv upgrade --lock-only --dev lxml"]);
    assert_eq!(of(Scope::Production), ["pipenv upgrade --lock-only lxml"]);
}

#[test]
fn where_nobody_says_who_takes_what_the_smallest_step_comes_alone() {
    // pnpm's lock files name no ranges.
    let mut builder = Builder::new(Manager::Pnpm, "9.0");
    for name in ["a", "b"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
    }
    builder.needs("a", "b");
    builder.wants("package.json", "a", "^1.0.0", Scope::Production, "a");
    let lock = builder.finish("pnpm-lock.yaml").lock;
    let small = way(&lock, "b", "1.2.0");
    assert_eq!(small.commands, ["pnpm update b"]);
    assert!(
        small.words.contains("if it stays at 1.0.0, raise what brings it in (pnpm update --latest a)."),
        "{}",
        small.words
    );
    assert_eq!(way(&lock, "b", "2.0.0").commands, ["pnpm update --latest a"]);
}
