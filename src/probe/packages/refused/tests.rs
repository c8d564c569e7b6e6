//! Lock files of another day.

use tokio_util::sync::CancellationToken;

use super::forces;
use crate::probe::packages::collect;
use crate::probe::packages::lock::reason;
use crate::probe::samples::listed;

#[test]
fn a_forced_version_is_for_that_package_alone() {
    for entry in ["qs", "qs@^6", "express>qs", "express@4>qs@6", "**/qs", "express/qs", "@acme/tool/qs"] {
        assert!(forces(entry, "qs"), "{entry}");
    }
    for entry in ["qs-iconv", "next-qs", "@acme/qs", "qs>debug", "qs/debug"] {
        assert!(!forces(entry, "qs"), "{entry}");
    }
    for entry in ["@acme/qs", "@acme/qs@^1", "express/@acme/qs@1", "express>@acme/qs"] {
        assert!(forces(entry, "@acme/qs"), "{entry}");
    }
}

/// What these files ask for in other versions, or from elsewhere, than their lock file holds.
fn told(files: &[(&str, &str)]) -> String {
    let (_folder, listing) = listed(files);
    let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
    let refused = gaps.filter(|gap| gap.reason == reason::REFUSED || gap.reason == reason::MISSING);
    refused.flat_map(|gap| gap.examples).collect::<Vec<_>>().join(", ")
}

/// The lock files of npm, pnpm and Bun for a project that asks for `ms` in `^2.0.0` and holds 2.1.3 of the registry.
const LOCKS: [(&str, &str); 3] = [
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "^2.0.0"}},
        "node_modules/ms": {"version": "2.1.3", "resolved": "https://r.example.com/ms/-/ms-2.1.3.tgz"}}}"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ms:\n        specifier: ^2.0.0\n        version: 2.1.3\n\
         packages:\n  ms@2.1.3:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  ms@2.1.3: {}\n",
    ),
    (
        "bun.lock",
        r#"{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"ms": "^2.0.0"}}}, "packages": {"ms": ["ms@2.1.3", "", {}, "sha512-x"]}}"#,
    ),
];

#[test]
fn a_package_from_elsewhere_than_the_lock_file_says_is_told() {
    for (lock, text) in LOCKS {
        for (asks, expected) in [
            ("^2.0.0", ""),
            ("github:acme/ms", "ms github:acme/ms in package.json"),
            ("git+https://git.example.com/ms.git", "ms git+https://git.example.com/ms.git in package.json"),
            ("https://files.example.com/other.tgz", "ms https://files.example.com/other.tgz in package.json"),
            ("npm:minimist@0.0.8", "ms 0.0.8 in package.json"),
            ("npm:ms@^2.0.0", ""),
            ("^3.0.0", "ms ^3.0.0 in package.json"),
        ] {
            let manifest = format!(r#"{{"dependencies": {{"ms": "{asks}"}}}}"#);
            assert_eq!(told(&[("package.json", &manifest), (lock, text)]), expected, "{lock} {asks}");
        }
    }
    let cargo = "version = 4\n[[package]]\nname = \"x\"\nversion = \"3.1.0\"\ndependencies = [\"idna\"]\n[[package]]\nname = \"idna\"\n\
                 version = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let of = |asks: &str| {
        let manifest = format!("[package]\nname = \"x\"\nversion = \"3.1.0\"\n[dependencies]\nidna = {asks}\n");
        told(&[("Cargo.toml", &manifest), ("Cargo.lock", cargo)])
    };
    assert_eq!(of("\"1\""), "");
    assert!(of("{ git = \"https://git.example.com/idna\" }").starts_with("idna "));
}

#[test]
fn catalogs_say_what_is_asked_for() {
    let asks = |range: &str| format!(r#"{{"dependencies": {{"ms": "{range}"}}}}"#);
    for (at, catalog, wanted) in [
        ("pnpm-workspace.yaml", "catalog:\n  ms: ^3.0.0\n", "catalog:"),
        ("pnpm-workspace.yaml", "catalogs:\n  old:\n    ms: ^3.0.0\n", "catalog:old"),
    ] {
        let [_, (lock, text), _] = LOCKS;
        let of = |catalog: &str| told(&[("package.json", &asks(wanted)), (lock, text), (at, catalog)]);
        assert_eq!(of(catalog), "ms ^3.0.0 in package.json", "{wanted}");
        assert_eq!(of(&catalog.replace('3', "2")), "", "{wanted}");
        assert_eq!(of(""), "", "a catalog that is not there says nothing here");
    }
    let [_, _, (lock, text)] = LOCKS;
    let root = |version: &str| {
        format!(
            r#"{{"workspaces": {{"packages": [], "catalog": {{"ms": "{version}"}}}}, "dependencies": {{"ms": "catalog:"}}}}"#
        )
    };
    assert_eq!(told(&[("package.json", &root("^3.0.0")), (lock, text)]), "ms ^3.0.0 in package.json");
    assert_eq!(told(&[("package.json", &root("^2.0.0")), (lock, text)]), "");
    let berry = "__metadata:\n  version: 8\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  \
        dependencies:\n    ms: \"catalog:\"\n  languageName: unknown\n  linkType: soft\n\n\"ms@npm:^2.0.0\":\n  version: 2.1.3\n  \
        resolution: \"ms@npm:2.1.3\"\n  languageName: node\n  linkType: hard\n";
    let of = |version: &str| {
        let catalog = format!("catalog:\n  ms: {version}\n");
        told(&[("package.json", &asks("catalog:")), ("yarn.lock", berry), (".yarnrc.yml", &catalog)])
    };
    assert_eq!((of("^2.0.0").as_str(), of("^3.0.0").as_str()), ("", "ms ^3.0.0 in package.json"));
}

#[test]
fn a_forced_version_has_to_be_in_the_lock_file() {
    let [npm, pnpm, bun] = LOCKS;
    for ((lock, text), table) in [
        (npm, r#""overrides": {"ms": "SAYS"}"#),
        (bun, r#""overrides": {"ms": "SAYS"}"#),
        (pnpm, r#""pnpm": {"overrides": {"ms": "SAYS"}}"#),
    ] {
        for (says, expected) in [
            ("2.1.3", ""),
            ("^2.0.0", ""),
            ("3.0.0", "ms 3.0.0 in package.json"),
            ("npm:minimist@0.0.8", "ms npm:minimist@0.0.8 in package.json"),
            ("github:acme/ms", "ms github:acme/ms in package.json"),
            ("$ms", ""),
        ] {
            let manifest = format!(r#"{{"dependencies": {{"ms": "^2.0.0"}}, {}}}"#, table.replace("SAYS", says));
            assert_eq!(told(&[("package.json", &manifest), (lock, text)]), expected, "{lock} {says}");
        }
        // What counts below another package alone may be in no place.
        let below = if lock == "pnpm-lock.yaml" { r#""other>ms": "3.0.0""# } else { r#""other": {"ms": "3.0.0"}"# };
        let below = table.replace(r#""ms": "SAYS""#, below);
        let manifest = format!(r#"{{"dependencies": {{"ms": "^2.0.0"}}, {below}}}"#);
        assert_eq!(told(&[("package.json", &manifest), (lock, text)]), "", "{lock}");
    }
    // pnpm does not read npm's.
    let manifest = r#"{"dependencies": {"ms": "^2.0.0"}, "overrides": {"ms": "3.0.0"}}"#;
    assert_eq!(told(&[("package.json", manifest), pnpm]), "");
}

/// A registry would be asked today for what the lock file links.
#[test]
fn a_linked_folder_has_to_have_a_version_that_is_asked_for() {
    let member = |version: &str| format!(r#"{{"name": "ui", "version": "{version}"}}"#);
    let asks = |range: &str| format!(r#"{{"workspaces": ["libs/*"], "dependencies": {{"ui": "{range}"}}}}"#);
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["libs/*"], "dependencies": {"ui": "^2.0.0"}},
        "libs/ui": {"version": "2.0.0"}, "node_modules/ui": {"resolved": "libs/ui", "link": true},
        "node_modules/other": {"version": "1.0.0"}, "node_modules/other/node_modules/ui": {"version": "1.1.1"}}}"#;
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ui:\n        specifier: ^2.0.0\n        version: \
        link:libs/ui\npackages:\n  ui@1.1.1:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  ui@1.1.1: {}\n";
    for (lock, text) in [("package-lock.json", npm), ("pnpm-lock.yaml", pnpm)] {
        let of = |range: &str, version: &str| {
            told(&[("package.json", &asks(range)), (lock, text), ("libs/ui/package.json", &member(version))])
        };
        // An older release of it that other packages need does not answer for it.
        assert_eq!(of("^2.0.0", "2.0.0"), "", "{lock}");
        assert_eq!(of("workspace:*", "2.0.0"), "", "{lock}");
        assert_eq!(of("^2.0.0", "3.0.0-beta.1"), "", "{lock}");
        assert_eq!(of("0.0.8", "2.0.0"), "ui 0.0.8 in package.json", "{lock}");
    }
}

/// Yarn 1 leaves members out of its lock file.
#[test]
fn a_member_answers_for_itself_where_others_need_an_older_release() {
    let root = ("package.json", r#"{"private": true, "workspaces": ["packages/*"]}"#);
    let app = (
        "packages/app/package.json",
        r#"{"name": "app", "version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1"}}"#,
    );
    let ui = ("packages/ui/package.json", r#"{"name": "ui", "version": "2.0.0"}"#);
    let lock = "# yarn lockfile v1\n\n\na@^1:\n  version \"1.0.0\"\n  dependencies:\n    ui \"^1.1.0\"\n\nui@^1.1.0:\n  version \"1.1.1\"\n";
    assert_eq!(told(&[root, app, ui, ("yarn.lock", lock)]), "");
    let newer = ("packages/ui/package.json", r#"{"name": "ui", "version": "3.0.0"}"#);
    assert_ne!(told(&[root, app, newer, ("yarn.lock", lock)]), "");
}

/// No version can be held against a tag, but a lock file says for which text it was written.
#[test]
fn a_tag_that_the_lock_file_was_not_written_for_is_told() {
    for (lock, text) in LOCKS {
        let of = |asks: &str, text: &str| told(&[("package.json", asks), (lock, text)]);
        let asks = r#"{"dependencies": {"ms": "beta"}}"#;
        assert_eq!(of(asks, text), "ms beta in package.json", "{lock}");
        for same in ["beta", "npm:ms@beta"] {
            assert_eq!(of(&asks.replace("beta", same), &text.replace("^2.0.0", same)), "", "{lock}");
        }
        let other = text.replace("^2.0.0", "latest");
        assert_eq!(of(asks, &other), "ms beta in package.json", "{lock}");
        let both = r#"{"dependencies": {"ms": "beta"}, "devDependencies": {"ms": "^2.0.0"}}"#;
        assert_eq!(of(both, text), "", "one of two tables, {lock}");
        let peer = r#"{"dependencies": {"ms": "^2.0.0"}, "peerDependencies": {"ms": "next"}}"#;
        assert_eq!(of(peer, text), "", "{lock}");
    }
    let (_, pnpm) = LOCKS[1];
    let catalog = |version: &str| {
        told(&[
            ("package.json", r#"{"dependencies": {"ms": "catalog:"}}"#),
            ("pnpm-workspace.yaml", &format!("catalog:\n  ms: {version}\n")),
            ("pnpm-lock.yaml", pnpm),
        ])
    };
    assert_eq!((catalog("beta").as_str(), catalog("^2.0.0").as_str()), ("ms beta in package.json", ""));
}

/// What was linked under the old name a registry is asked for today.
#[test]
fn a_member_that_was_renamed_answers_for_its_old_name_no_more() {
    let npm = |name: &str| {
        let lock = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["libs/*"], "dependencies": {"ui": "^2.0.0"}},
            "libs/ui": {"version": "2.0.0"}, "node_modules/ui": {"resolved": "libs/ui", "link": true}}}"#;
        told(&[
            ("package.json", r#"{"workspaces": ["libs/*"], "dependencies": {"ui": "^2.0.0"}}"#),
            ("libs/ui/package.json", &format!(r#"{{"name": "{name}", "version": "2.0.0"}}"#)),
            ("package-lock.json", lock),
        ])
    };
    assert_eq!((npm("ui").as_str(), npm("@acme/ui").as_str()), ("", "ui ^2.0.0 in package.json"));
    // Under an address a package may be called anything.
    let file = |name: &str| {
        let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ui": "file:libs/ui"}},
            "libs/ui": {"version": "2.0.0"}, "node_modules/ui": {"resolved": "libs/ui", "link": true}}}"#;
        told(&[
            ("package.json", r#"{"dependencies": {"ui": "file:libs/ui"}}"#),
            ("libs/ui/package.json", &format!(r#"{{"name": "{name}", "version": "2.0.0"}}"#)),
            ("package-lock.json", lock),
        ])
    };
    assert_eq!(file("@acme/ui"), "");
    let uv = |name: &str| {
        let lock = "version = 1\n[manifest]\nmembers = [\"shop\", \"shop-core\"]\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { \
            virtual = \".\" }\ndependencies = [{ name = \"shop-core\" }]\n[[package]]\nname = \"shop-core\"\nversion = \"1\"\nsource = { editable \
            = \"libs/core\" }\n";
        let shop = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"shop-core\"]\n[tool.uv.sources]\nshop-core = { workspace = \
            true }\n[tool.uv.workspace]\nmembers = [\"libs/*\"]\n";
        let core = format!("[project]\nname = \"{name}\"\nversion = \"1\"\n");
        told(&[("pyproject.toml", shop), ("libs/core/pyproject.toml", &core), ("uv.lock", lock)])
    };
    assert_eq!((uv("Shop_Core").as_str(), uv("kernel").as_str()), ("", "shop-core in pyproject.toml"));
    let composer = |member: &str, asks: &str| {
        let lock = r#"{"packages": [{"name": "acme/billing", "version": "dev-main", "dist": {"type": "path", "url": "libs/billing"},
            "replace": {"old/billing": "*"}}], "packages-dev": []}"#;
        let root = format!(
            r#"{{"name": "acme/shop", "repositories": [{{"type": "path", "url": "libs/*"}}], "require": {{"{asks}": "*"}}}}"#
        );
        told(&[("composer.json", &root), ("libs/billing/composer.json", member), ("composer.lock", lock)])
    };
    let member = |name: &str| format!(r#"{{"name": "{name}", "replace": {{"old/billing": "*"}}}}"#);
    assert_eq!(composer(&member("acme/billing"), "acme/billing"), "");
    assert_eq!(composer(&member("acme/billing"), "old/billing"), "");
    assert_eq!(composer(&member("acme/bills"), "acme/billing"), "acme/billing in composer.json");
}

/// Cargo takes a patch as soon as it is there.
#[test]
fn a_patch_that_the_lock_file_does_not_know_is_told() {
    let lock = |source: &str, more: &str| {
        format!(
            "version = 4\n[[package]]\nname = \"x\"\nversion = \"3.1.0\"\ndependencies = [\"idna\"]\n[[package]]\nname = \"idna\"\nversion = \
             \"1.0.0\"\n{source}\n{more}"
        )
    };
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let git = "source = \"git+https://git.example.com/idna#0123\"";
    let of = |patch: &str, lock: &str| {
        let manifest = format!(
            "[package]\nname = \"x\"\nversion = \"3.1.0\"\n[dependencies]\nidna = \"1\"\n[patch.crates-io]\n{patch}\n"
        );
        told(&[("Cargo.toml", &manifest), ("Cargo.lock", lock)])
    };
    let new = "idna of [patch] in Cargo.toml";
    for patch in [
        "idna = { git = \"https://git.example.com/idna\" }",
        "i = { package = \"idna\", git = \"https://git.example.com/idna\" }",
    ] {
        assert_eq!(of(patch, &lock(registry, "")), new);
        assert_eq!(of(patch, &lock(git, "")), "");
        let unused = "[[patch.unused]]\nname = \"idna\"\nversion = \"2.0.0\"\nsource = \"git+https://git.example.com/idna#0123\"\n";
        assert_eq!(of(patch, &lock(registry, unused)), "");
    }
    assert_eq!(of("other = { git = \"https://git.example.com/other\" }", &lock(registry, "")), "");
}

/// Composer's repositories say where a package comes from, and `dev-` that a branch is asked for.
#[test]
fn what_composer_takes_from_elsewhere_is_told() {
    let lock = r#"{"packages": [{"name": "psr/log", "version": "3.0.2", "notification-url": "https://x.example.com"}], "packages-dev": []}"#;
    let of = |asks: &str, repositories: &str| {
        let manifest = format!(r#"{{"require": {{"psr/log": "{asks}"}}, "repositories": [{repositories}]}}"#);
        told(&[("composer.json", &manifest), ("composer.lock", lock)])
    };
    assert_eq!(of("^3.0", ""), "");
    assert_eq!(of("dev-main", ""), "psr/log dev-main in composer.json");
    assert_eq!(of("dev-main as 3.0.2", ""), "psr/log dev-main as 3.0.2 in composer.json");
    assert_eq!(of("dev-main || ^3.0", ""), "");
    let package = r#"{"type": "package", "package": {"name": "psr/log", "version": "3.0.2", "dist": {"type": "zip", "url": "https://x.example.com/a.zip"}}}"#;
    assert_eq!(of("3.0.2", package), "psr/log 3.0.2 in composer.json");
}
