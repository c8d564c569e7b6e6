//! The way out where a manifest holds what brings a package in to one version, so that renewing it changes nothing.

use std::collections::BTreeMap;

use gonogo::model::{LinesCome, WayOutKind, WayOutStep};
use gonogo::probe::dependencies::way_out::Fixes;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::{Ecosystem, Manager, Scope};

use super::forced_versions::way;
use super::way_out::{declared, lock, manifests, out, out_with};

const CARGO_LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"chrono\"]\n\n[[package]]\n\
    name = \"chrono\"\nversion = \"0.4.19\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    dependencies = [\"time\"]\n\n[[package]]\nname = \"time\"\nversion = \"0.1.45\"\nsource = \
    \"registry+https://github.com/rust-lang/crates.io-index\"\n";

#[test]
fn what_a_crate_is_held_to_is_written_anew_before_it_is_renewed() {
    let of = |entry: &str| {
        let manifest =
            format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n{entry}\n");
        way(&[("Cargo.lock", CARGO_LOCK), ("Cargo.toml", &manifest)], "time", "0.2.23")
    };
    let held = of("chrono = \"=0.4.19\"");
    assert_eq!((held.kind, held.lines_come), (WayOutKind::RaiseParent, LinesCome::First));
    assert_eq!(held.lines, Some(("Cargo.toml".to_owned(), "chrono = \"0.4.19\"".to_owned())));
    assert_eq!(
        (&*held.place, held.commands.as_slice()),
        ("in line 7", &["cargo update -p chrono@0.4.19".to_owned()][..])
    );
    assert!(
        held.words.contains("Cargo.toml:7 holds chrono to =0.4.19, so renewing it changes nothing"),
        "{}",
        held.words
    );
    let longer = of("chrono = { version = \"=0.4.19\", default-features = false }");
    assert_eq!(longer.lines.unwrap().1, "version = \"0.4.19\"");
    let free = of("chrono = \"0.4.19\"");
    assert_eq!((free.lines, free.commands.as_slice()), (None, &["cargo update -p chrono@0.4.19".to_owned()][..]));
    assert!(!free.words.contains("holds chrono"), "{}", free.words);
}

#[test]
fn uv_renews_what_nobodys_pin_holds_by_its_own_name() {
    let uv = lock(Manager::Uv, "pyproject.toml", "uv.lock", "==1.0.0", Scope::Production, "");
    let held = manifests("pyproject.toml", vec![declared("a", "1.0.0", Scope::Production, 5)]);
    // A large step: uv.lock says no ranges, and only this command moves it where they allow it.
    let out = out(&uv, "b", "3.7.0", &held);
    assert_eq!(out.commands, ["uv lock --upgrade-package b"]);
    assert!(out.words.contains("pyproject.toml:5 holds a to 1.0.0, so renewing it changes nothing"), "{}", out.words);
    let larger = "raise what brings it in (uv add \"a>=1.0.0\" --upgrade-package a --upgrade-package b)";
    assert!(out.words.contains(larger), "{}", out.words);
    // What is raised for its own holes leaves the other where it is.
    let fixes = Fixes::from([((Ecosystem::PyPi, "a".to_owned(), "1.0.0".to_owned()), "2.31.0".to_owned())]);
    let raised = out_with(&uv, "b", "3.7.0", &held, &fixes);
    assert_eq!(raised.commands, ["uv add a==2.31.0", "uv lock --upgrade-package b"]);
}

#[test]
fn what_is_raised_leaves_what_it_brings_in_until_that_is_renewed() {
    for (manager, path, commands) in [
        (Manager::Poetry, "poetry.lock", ["poetry add \"a@^2.0.0\"", "poetry update b"]),
        (Manager::Pdm, "pdm.lock", ["pdm add \"a>=2.0.0\"", "pdm update b"]),
    ] {
        let lock = lock(manager, "pyproject.toml", path, "^1.0.0", Scope::Production, "<1.1");
        let fixes = Fixes::from([((Ecosystem::PyPi, "a".to_owned(), "1.0.0".to_owned()), "2.0.0".to_owned())]);
        assert_eq!(out_with(&lock, "b", "1.2.0", &BTreeMap::new(), &fixes).commands, commands, "{manager}");
    }
}

/// PDM 2.22 looks among what the project asks for itself, and stops where only a group names the package.
#[test]
fn pdm_is_told_the_group() {
    let lock = "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"idna\"\nversion = \"3.6\"\ngroups = [\"default\", \"lint\"]\n";
    let of = |manifest: &str| way(&[("pdm.lock", lock), ("pyproject.toml", manifest)], "idna", "3.7").commands;
    let project = |asks: &str| format!("[project]\nname = \"shop\"\ndependencies = [{asks}]\n");
    let group = "[dependency-groups]\nlint = [\"Idna>=3.6\"]\n";
    assert_eq!(of(&(project("") + group)), ["pdm update -G lint idna"]);
    let extra = "[project.optional-dependencies]\nweb = [\"idna>=3.6\"]\n";
    assert_eq!(of(&(project("") + extra)), ["pdm update -G web idna"]);
    let old = "[tool.pdm.dev-dependencies]\nlint = [\"idna>=3.6\"]\n";
    assert_eq!(of(&(project("") + old)), ["pdm update -G lint idna"]);
    assert_eq!(of(&(project("\"idna>=3.6\"") + group)), ["pdm update idna"]);
}

/// `composer update` (2.5) stays within what is declared: with `~1.0.0` and a fix that only 2.0.0 takes it changed nothing.
#[test]
fn composer_is_asked_for_the_newest_where_renewing_is_not_enough() {
    let composer = lock(Manager::Composer, "composer.json", "composer.lock", "~1.0.0", Scope::Production, "^1.0 <1.1");
    let free = manifests("composer.json", vec![declared("acme/a", "~1.0.0", Scope::Production, 5)]);
    let out = out(&composer, "acme/b", "1.2.0", &free);
    assert_eq!(
        out.commands,
        ["composer update acme/a acme/b --with-dependencies", "composer require acme/a --with-all-dependencies"]
    );
    assert!(out.words.contains("may be a major step"), "{}", out.words);
}

#[test]
fn what_composer_is_held_to_is_asked_for_anew() {
    let composer = lock(Manager::Composer, "composer.json", "composer.lock", "1.0.0", Scope::Production, "^1.0 <1.1");
    let held = manifests("composer.json", vec![declared("acme/a", "1.0.0", Scope::Production, 5)]);
    let out = out(&composer, "acme/b", "1.2.0", &held);
    assert_eq!(out.commands, ["composer require \"acme/a:^1.0.0\" --with-all-dependencies"]);
}

#[test]
fn what_a_gem_is_held_to_is_written_anew_before_it_is_renewed() {
    let lock = "GEM\n  remote: https://gems.example.com/\n  specs:\n    a (1.0.0)\n      b (~> 1.0.0)\n    b (1.0.0)\n\nDEPENDENCIES\n  \
        a (= 1.0.0)\n";
    let out = way(&[("Gemfile.lock", lock), ("Gemfile", "gem \"a\", \"1.0.0\"\n")], "b", "1.2.0");
    assert_eq!(out.lines, Some(("Gemfile".to_owned(), "gem \"a\", \">= 1.0.0\"".to_owned())), "{}", out.words);
    assert_eq!((&*out.place, out.commands.as_slice()), ("in line 1", &["bundle update a".to_owned()][..]));
}

#[test]
fn a_large_step_of_others_is_still_left_to_what_brings_it_in() {
    let mut builder = Builder::new(Manager::Npm, "3");
    for name in ["a", "b"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
    }
    builder.needs("a", "b");
    builder.wants("package.json", "a", "1.0.0", Scope::Production, "a");
    let held = manifests("package.json", vec![declared("a", "1.0.0", Scope::Production, 5)]);
    let out = out(&builder.finish("package-lock.json").lock, "b", "2.0.0", &held);
    assert_eq!(out.steps().first(), Some(&WayOutStep::Type("npm install a@latest")), "npm writes the manifest anew");
}
