//! Cargo, Bundler, Composer, Go, Maven and Gradle.

use super::*;

#[test]
fn a_range_that_allows_the_fix_needs_a_new_lock_file_only() {
    assert_renewed(&[
        (Manager::Cargo, "Cargo.lock", "1", &["cargo update -p a@1.0.0 --precise 1.2.0"]),
        (Manager::Bundler, "Gemfile.lock", "~> 1.0", &["bundle update a --conservative"]),
        (Manager::Cargo, "api/Cargo.lock", "1", &["cd api", "cargo update -p a@1.0.0 --precise 1.2.0"]),
    ]);
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
    assert_raised(&[
        (Manager::Cargo, "Cargo.toml", "Cargo.lock", "1.0", dev, "cargo update --workspace", Some("a = \"2.1.0\"")),
        (
            Manager::Bundler,
            "Gemfile",
            "Gemfile.lock",
            "~> 1.0",
            Scope::Production,
            "bundle update a --conservative",
            Some("gem \"a\", \"~> 2.1\", \">= 2.1.0\""),
        ),
    ]);
    let composer = lock(Manager::Composer, "composer.json", "composer.lock", "^1.0", Scope::Development, "");
    let way = out(&composer, "acme/a", "2.1.0", &BTreeMap::new());
    assert_eq!(way.commands, ["composer require --dev \"acme/a:^2.1.0\" --with-all-dependencies"]);
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
}

#[test]
fn what_a_deep_package_pins_is_forced() {
    let cargo = pinned_deep(Manager::Cargo, "Cargo.lock", false);
    assert!(
        cargo.words.contains("[patch.crates-io]") && cargo.commands[0] == "cargo update -p deep@1.0.0 -p b@1.0.0",
        "{cargo:?}"
    );
}

#[test]
fn a_gem_that_is_needed_without_a_condition_may_be_any_version() {
    let of = |manager, path: &str| {
        let mut builder = Builder::new(manager, "");
        for name in ["a", "b", "c"] {
            builder.add(name, Draft::new(name, "1.0.0", 1));
        }
        builder.needs("a", "b");
        builder.needs_range("c", "b", "~> 1.0");
        builder.wants("Gemfile", "a", "~> 1.0", Scope::Production, "a");
        builder.wants("Gemfile", "c", "~> 1.0", Scope::Production, "c");
        out(&builder.finish(path).lock, "b", "1.2.0", &BTreeMap::new())
    };
    let gem = of(Manager::Bundler, "Gemfile.lock");
    assert_eq!((gem.kind, &*gem.commands.join("; ")), (WayOutKind::Renew, "bundle update b --conservative"));
    // Elsewhere it is not known.
    assert_eq!(of(Manager::Cargo, "Cargo.lock").kind, WayOutKind::RaiseParent);
}

#[test]
fn who_else_may_keep_the_old_version_of_what_is_raised_is_said() {
    let mut builder = Builder::new(Manager::Cargo, "4");
    for name in ["a", "x"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
        builder.wants("Cargo.toml", name, "1.0", Scope::Production, name);
    }
    builder.needs("x", "a");
    let lock = builder.finish("Cargo.lock").lock;
    let major = out(&lock, "a", "2.1.0", &BTreeMap::new());
    assert!(major.words.contains("x 1.0.0 needs it too and may keep 1.0.0: look whether"), "{}", major.words);
    assert_eq!(major.commands, ["cargo update --workspace", "cargo update -p x@1.0.0"]);
    let small = out(&lock, "a", "1.2.0", &BTreeMap::new());
    assert_eq!(small.commands, ["cargo update -p a@1.0.0 --precise 1.2.0"]);
}
