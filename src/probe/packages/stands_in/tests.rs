//! Folders that take the place of packages.

use tokio_util::sync::CancellationToken;

use crate::probe::packages::collect;
use crate::probe::samples::listed;

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, listing) = listed(files);
    let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec();
    gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
}

fn missing(name: &str) -> Vec<String> {
    vec![format!("package that is asked for but missing from the lock file: {name}")]
}

const YARN: &str = "# yarn lockfile v1\n\n\na@^1:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/a/-/a-1.0.0.tgz#00\"\n";
const NPM: &str = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.0.0"}}}"#;

/// A folder that bears the name, but that no tool would take.
#[test]
fn a_name_alone_is_no_evidence() {
    let asks = |more: &str| format!(r#"{{"dependencies": {{"a": "^1", "evil": "1.0.0"}}{more}}}"#);
    let evil = |version: &str| format!(r#"{{"name": "evil", "version": "{version}"}}"#);
    for (lock, text) in [("package-lock.json", NPM), ("yarn.lock", YARN)] {
        let of = |more: &str, at: &str, version: &str| {
            told(&[("package.json", &asks(more)), (lock, text), (at, &evil(version))])
        };
        let members = ", \"workspaces\": [\"libs/*\"]";
        assert_eq!(of("", "tools/x/package.json", "1.0.0"), missing("evil"), "{lock}: no member");
        assert_eq!(of(members, "tools/x/package.json", "1.0.0"), missing("evil"), "{lock}: no member");
        assert_eq!(of(members, "libs/x/package.json", "9.0.0"), missing("evil"), "{lock}: another version");
        assert_eq!(of(members, "libs/x/package.json", "1.0.0"), [""; 0], "{lock}");
    }
    let lock = "version = 1\n[[package]]\nname = \"idna\"\nversion = \"3.7\"\nsource = { registry = \"https://pypi.example.com/simple\" }\n\
                    [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"idna\" }]\n";
    let shop = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"idna\", \"evil==1.0\"]\n";
    let of = |version: &str, more: &str| {
        let copy = format!("[project]\nname = \"evil\"\nversion = \"{version}\"\n");
        told(&[("pyproject.toml", &format!("{shop}{more}")), ("uv.lock", lock), ("libs/evil/pyproject.toml", &copy)])
    };
    assert_eq!(of("1.0", ""), missing("evil"));
    let members = "[tool.uv.workspace]\nmembers = [\"libs/*\"]\n";
    assert_eq!(of("1.0", members), [""; 0]);
    assert_eq!(of("9.0", members), missing("evil"));
    let php = r#"{"name": "acme/shop", "require": {"a/a": "^1", "evil/evil": "^1.0"}}"#;
    let held = r#"{"packages": [{"name": "a/a", "version": "1.0.0", "notification-url": "https://x.example.com"}], "packages-dev": []}"#;
    let copy = ("libs/evil/composer.json", r#"{"name": "evil/evil", "version": "1.0.0"}"#);
    assert_eq!(told(&[("composer.json", php), ("composer.lock", held), copy]), missing("evil/evil"));
    let with =
        php.replace("\"require\"", "\"repositories\": [{\"type\": \"path\", \"url\": \"./libs/*\"}], \"require\"");
    assert_eq!(told(&[("composer.json", &with), ("composer.lock", held), copy]), [""; 0]);
    let newer = with.replace("^1.0", "^2.0");
    assert_eq!(told(&[("composer.json", &newer), ("composer.lock", held), copy]), missing("evil/evil"));
    let rust = "[package]\nname = \"x\"\n[dependencies]\nevil = \"1\"\n";
    let copy = ("libs/evil/Cargo.toml", "[package]\nname = \"evil\"\nversion = \"1.0.0\"\n");
    let held = "version = 4\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n";
    assert_eq!(told(&[("Cargo.toml", rust), ("Cargo.lock", held), copy]), missing("evil"));
}

/// Repositories of many packages that need each other.
#[test]
fn ordinary_repositories_of_many_packages_are_whole() {
    let app = (
        "packages/app/package.json",
        r#"{"name": "app", "version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1"}}"#,
    );
    let ui = ("packages/ui/package.json", r#"{"name": "ui", "version": "2.3.0", "dependencies": {"a": "^1"}}"#);
    let root = ("package.json", r#"{"private": true, "workspaces": ["packages/*"], "dependencies": {"a": "^1"}}"#);
    assert_eq!(told(&[root, app, ui, ("yarn.lock", YARN)]), [""; 0], "Yarn 1");
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["packages/*"], "dependencies": {"a": "^1"}},
            "packages/app": {"version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1"}},
            "packages/ui": {"version": "2.3.0", "dependencies": {"a": "^1"}},
            "node_modules/ui": {"resolved": "packages/ui", "link": true},
            "node_modules/app": {"resolved": "packages/app", "link": true}, "node_modules/a": {"version": "1.0.0"}}}"#;
    assert_eq!(told(&[root, app, ui, ("package-lock.json", npm)]), [""; 0], "npm");
    // A member that is new since the lock file was written is linked all the same.
    let newer = (
        "packages/app/package.json",
        r#"{"name": "app", "version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1", "new": "*"}}"#,
    );
    let new = ("packages/new/package.json", r#"{"name": "new", "private": true}"#);
    assert_eq!(told(&[root, newer, ui, new, ("package-lock.json", npm)]), [""; 0], "npm");
    // Lerna links packages that have lock files of their own.
    let lerna = ("lerna.json", r#"{"version": "independent"}"#);
    let own = NPM.replace("\"\": {", "\"\": {\"name\": \"app\", ");
    let of = |more: &[(&str, &str)]| {
        told(
            &[&[app, ui, ("packages/app/package-lock.json", &*own), ("packages/ui/package-lock.json", NPM)], more]
                .concat(),
        )
    };
    assert_eq!(of(&[lerna]), [""; 0], "Lerna");
    for broken in ["[1,2", "[\"packages/*\"]", "null"] {
        assert_eq!(of(&[("lerna.json", broken)]), missing("ui"), "{broken}");
    }
    assert_eq!(of(&[]), missing("ui"), "nothing links them");
    let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\n\n  \
            packages/app:\n    dependencies:\n      ui:\n        specifier: ^2.0.0\n        version: link:../ui\n      a:\n        \
            specifier: ^1\n        version: 1.0.0\n\n  packages/ui:\n    dependencies:\n      a:\n        specifier: ^1\n        version: \
            1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  a@1.0.0: {}\n";
    let alone = ("package.json", r#"{"private": true, "dependencies": {"a": "^1"}}"#);
    assert_eq!(
        told(&[alone, app, ui, ("pnpm-lock.yaml", pnpm)]),
        [""; 0],
        "pnpm that links what a registry is asked for"
    );
    // What the compiled list installs from folders answers for what a manifest asks for.
    let list =
        "# This file is autogenerated by pip-compile\n-e ./libs/core\ndjango==5.0\n    # via shop (pyproject.toml)\n";
    let shop = "[project]\nname = \"shop\"\ndependencies = [\"django\", \"core\", \"shop[dev]\"]\n";
    let core = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\nversion = \"2.0\"\n");
    assert_eq!(told(&[("requirements.txt", list), ("pyproject.toml", shop), core]), [""; 0], "pip");
    let without = list.replace("-e ./libs/core\n", "");
    assert_eq!(told(&[("requirements.txt", &without), ("pyproject.toml", shop), core]), missing("core"), "pip");
}

/// A requirements file that another includes may be called anything.
#[test]
fn folders_of_included_files_are_compared_like_others() {
    let (_folder, listing) = listed(&[
        ("requirements.txt", "# This file is autogenerated by pip-compile\nidna==3.7\n-r deps/base.list\n"),
        ("deps/base.list", "-e ../vendor/requests\n"),
        ("vendor/requests/setup.py", "setup(name=\"requests\", version=\"2.19.0\")\n"),
    ]);
    let found = collect(&listing, &CancellationToken::new());
    let shown: Vec<String> = found.locals.iter().map(|local| local.shown()).collect();
    assert_eq!(shown, ["requests 2.19.0 (vendor/requests)"]);
}

#[test]
fn an_archive_that_the_lock_file_does_not_hold_is_missing() {
    let asks = |how: &str| {
        format!("[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nidna = \"^3.7\"\nevil = {{ {how} }}\n")
    };
    let lock = |more: &str| {
        format!(
            "[[package]]\nname = \"idna\"\nversion = \"3.7\"\ngroups = [\"main\"]\nfiles = []\n{more}[metadata]\nlock-version = \"2.1\"\n\
                 python-versions = \"*\"\ncontent-hash = \"x\"\n"
        )
    };
    for how in ["file = \"w/evil-1.0.tar.gz\"", "path = \"w/evil-1.0-py3-none-any.whl\""] {
        assert_eq!(told(&[("pyproject.toml", &asks(how)), ("poetry.lock", &lock(""))]), missing("evil"), "{how}");
        let held = "[[package]]\nname = \"evil\"\nversion = \"1.0\"\ngroups = [\"main\"]\nfiles = []\n[package.source]\ntype = \"file\"\nurl = \"w/x\"\n";
        assert_eq!(told(&[("pyproject.toml", &asks(how)), ("poetry.lock", &lock(held))]), [""; 0], "{how}");
    }
}
