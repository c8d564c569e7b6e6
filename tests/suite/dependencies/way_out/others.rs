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
