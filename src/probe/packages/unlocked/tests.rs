//! Manifests without a lock file.

use super::*;
use crate::probe::packages::collect;
use crate::probe::samples::listed;

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, listing) = listed(files);
    let cancel = CancellationToken::new();
    let found = collect(&listing, &cancel);
    manifests(&listing, &found, &cancel).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn worlds_that_are_not_read_are_told_where_they_ask_for_something() {
    assert_eq!(
        told(&[
            ("bower.json", r#"{"dependencies": {"jquery": "1"}}"#),
            ("web/config/importmap.rb", "pin \"application\"\npin \"lodash\" # @4.17.15\n"),
            ("cdn/config/importmap.rb", "pin \"a\", to: \"https://cdn.example.com/a.js\"\n"),
            ("own/config/importmap.rb", "pin \"application\"\npin \"turbo\", to: \"turbo.min.js\"\n"),
            ("pixi.toml", "[dependencies]\nnumpy = \"*\"\n"),
            ("conda-lock.yml", "version: 1\n"),
            ("project.clj", "(defproject a \"1\" :dependencies [[b \"1\"]])"),
            ("project/Dependencies.scala", "val a = \"b\" %% \"c\" % \"1\""),
            ("cpp/vcpkg.json", "{\"name\": \"a\"}"),
            ("ivy.xml", "<ivy-module><dependencies><dependency org=\"a\"/></dependencies></ivy-module>"),
        ]),
        [
            "bower.json",
            "cdn/config/importmap.rb",
            "conda-lock.yml",
            "ivy.xml",
            "pixi.toml",
            "project.clj",
            "project/Dependencies.scala",
            "web/config/importmap.rb"
        ]
    );
}

#[test]
fn a_crate_below_a_lock_file_that_could_not_be_read_has_one() {
    let member = "[package]\nname = \"m\"\n[dependencies]\nserde = \"1\"\n";
    let workspace = "[workspace]\nmembers = [\"crates/*\"]\n";
    let with = |lock: &str| told(&[("Cargo.toml", workspace), ("Cargo.lock", lock), ("crates/m/Cargo.toml", member)]);
    assert_eq!(with("<<<<<<< HEAD\nversion = 4\n"), [""; 0]);
    // One that can be read, and does not hold it.
    assert_eq!(with("version = 4\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n"), ["crates/m/Cargo.toml"]);
    assert_eq!(told(&[("Cargo.toml", workspace), ("crates/m/Cargo.toml", member)]), ["crates/m/Cargo.toml"]);
}

#[test]
fn every_manager_is_asked() {
    let crate_of = |name: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\nserde = \"1\"\n");
    let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n[[package]]\nname = \"member\"\nversion = \"0.1.0\"\n";
    let empty = r#"{"packages": []}"#;
    let asks = r#"{"require": {"a/b": "1"}}"#;
    let gems = "GEM\n  specs:\n\nDEPENDENCIES\n";
    let build = "dependencies {\n implementation 'a:b:1'\n}\n";
    assert_eq!(
        told(&[
            ("rust/Cargo.toml", &crate_of("app")),
            ("rust/Cargo.lock", lock),
            ("rust/member/Cargo.toml", &crate_of("member")),
            ("rust/example/Cargo.toml", &crate_of("example")),
            ("php/composer.json", asks),
            ("php/composer.lock", empty),
            ("php/api/composer.json", asks),
            ("php/platform/composer.json", r#"{"require": {"php": ">=8", "ext-json": "*"}}"#),
            ("php/broken/composer.json", "{"),
            ("ruby/Gemfile", "gem \"a\"\n"),
            ("ruby/Gemfile.lock", gems),
            ("ruby/tool/Gemfile", "gem \"a\"\n"),
            ("ruby/empty/Gemfile", "source \"https://gems.example.com\"\n"),
            ("ruby/new/gems.rb", "gem \"a\"\n"),
            ("jvm/build.gradle", build),
            ("jvm/gradle.lockfile", "a:b:1=compileClasspath\nempty=\n"),
            ("jvm/app/build.gradle.kts", build),
            ("jvm/old/build.gradle", build),
            ("jvm/old/gradle/dependency-locks/compileClasspath.lockfile", "a:b:1\n"),
            ("jvm/plain/build.gradle", "plugins { id 'java' }\n"),
            ("go/go.mod", "module x\ngo 1.22\nrequire a v1.0.0\n"),
            ("maven/pom.xml", "<project/>"),
        ]),
        [
            "jvm/app/build.gradle.kts",
            "php/api/composer.json",
            "php/broken/composer.json",
            "ruby/new/gems.rb",
            "ruby/tool/Gemfile",
            "rust/example/Cargo.toml",
        ]
    );
}
