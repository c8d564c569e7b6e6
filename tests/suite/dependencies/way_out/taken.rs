//! What a package takes of another, as each lock file says it.

use super::*;

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
    let forced = |to: &str| format!(r#"{{"dependencies": {{"a": "^1.0.0"}}, "resolutions": {{"b": "{to}"}}}}"#);
    assert_eq!(of(&forced("1.0.0"), "b").kind, WayOutKind::Override);
    assert_eq!(of(&forced("^1.0.0"), "b").kind, WayOutKind::Renew);

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
