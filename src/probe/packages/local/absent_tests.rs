//! Folders that manifests and lock files name and that are not among the project's files.

use tokio_util::sync::CancellationToken;

use crate::probe::packages::collect;
use crate::probe::packages::lock::reason;
use crate::probe::samples::{folder, listed};

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, listing) = listed(files);
    let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
    gaps.filter(|gap| gap.reason == reason::OUTSIDE).flat_map(|gap| gap.examples).collect()
}

/// One rule for all: what is not there was not examined, whether it lies outside or was not fetched.
#[test]
fn a_folder_that_is_not_there_is_told_by_every_tool() {
    for at in ["lib", "../lib"] {
        let npm = |from: &str| format!(r#"{{"name": "@acme/app", "dependencies": {{"@acme/lib": "{from}{at}"}}}}"#);
        let cargo = |table: &str| format!("[package]\nname = \"app\"\n[{table}]\nlib = {{ path = \"{at}\" }}\n");
        for (path, text, name) in [
            ("package.json", npm("file:"), "@acme/lib"),
            ("package.json", npm("link:./"), "@acme/lib"),
            ("package.json", npm("portal:./"), "@acme/lib"),
            ("Cargo.toml", cargo("dependencies"), "lib"),
            ("Cargo.toml", cargo("dev-dependencies"), "lib"),
            ("Cargo.toml", cargo("patch.crates-io"), "lib"),
            (
                "composer.json",
                format!(r#"{{"repositories": [{{"type": "path", "url": "{at}"}}], "require": {{"acme/lib": "*"}}}}"#),
                "acme/lib",
            ),
            ("Gemfile", format!("gem \"lib\", path: \"{at}\"\n"), "lib"),
            (
                "pyproject.toml",
                format!("[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\nlib = {{ path = \"{at}\" }}\n"),
                "lib",
            ),
            (
                "pyproject.toml",
                format!(
                    "[project]\nname = \"x\"\ndependencies = [\"lib\"]\n[tool.uv.sources]\nlib = {{ path = \"{at}\" }}\n"
                ),
                "lib",
            ),
            ("requirements.txt", format!("-e ./{at}\n"), "lib"),
            (
                "go.mod",
                format!(
                    "module github.com/acme/app\ngo 1.22\nrequire github.com/acme/lib v1.0.0\nreplace github.com/acme/lib => ./{at}\n"
                ),
                "github.com/acme/lib",
            ),
        ] {
            let all = told(&[(path, &text)]);
            assert!(
                matches!(&*all, [one] if one.starts_with(&format!("{name} (")) && one.ends_with("lib)")),
                "{text} {all:?}"
            );
        }
    }
}

/// What only the lock file says.
#[test]
fn what_lock_files_link_is_looked_for() {
    let asks = r#"{"name": "app", "dependencies": {"lib": "^1.0.0"}}"#;
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"lib": "^1.0.0"}}, "parts/lib": {"version": "1.0.0"},
        "node_modules/lib": {"resolved": "parts/lib", "link": true}}}"#;
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      lib:\n        specifier: ^1.0.0\n        version: link:parts/lib\n";
    let bun = r#"{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"lib": "^1.0.0"}}}, "packages": {"lib": ["lib@workspace:parts/lib"]}}"#;
    let yarn = "__metadata:\n  version: 8\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  \
        dependencies:\n    lib: \"npm:^1.0.0\"\n  linkType: soft\n\n\"lib@npm:^1.0.0, lib@workspace:parts/lib\":\n  version: \
        0.0.0-use.local\n  resolution: \"lib@workspace:parts/lib\"\n  linkType: soft\n";
    for (lock, text) in [("package-lock.json", npm), ("pnpm-lock.yaml", pnpm), ("bun.lock", bun), ("yarn.lock", yarn)] {
        assert_eq!(told(&[("package.json", asks), (lock, text)]), ["lib (parts/lib)"], "{lock}");
        let there = ("parts/lib/package.json", r#"{"name": "lib", "version": "1.0.0"}"#);
        assert_eq!(told(&[("package.json", asks), (lock, text), there]), [""; 0], "{lock}");
        // A member that was taken away, and that nobody asks for, is installed by nobody.
        let nothing = r#"{"name": "app"}"#;
        if lock == "package-lock.json" {
            assert_eq!(told(&[("package.json", nothing), (lock, &text.replace(r#""lib": "^1.0.0""#, ""))]), [""; 0]);
        }
    }
    let asks = r#"{"dependencies": {"lib": "workspace:*"}, "peerDependencies": {"perhaps": "workspace:*"}}"#;
    assert_eq!(told(&[("package.json", asks)]), ["lib (workspace:*)"]);
    let member = ("packages/x/package.json", r#"{"name": "lib"}"#);
    assert_eq!(told(&[("package.json", asks), member]), [""; 0]);
    // pip sees folders from where it is started, not from the file that names them.
    let list = [("requirements.txt", "-r reqs/base.txt\n"), ("reqs/base.txt", "-e ./libs/core\n")];
    assert_eq!(told(&list), ["core (./libs/core)"]);
    assert_eq!(told(&[&list[..], &[("libs/core/setup.py", "")]].concat()), [""; 0]);
    // A tool of the project takes the project itself.
    let (own, tool) = (
        "module example.com/app\ngo 1.22\n",
        "module example.com/app/tool\ngo 1.22\nrequire example.com/app v0.0.0\nreplace example.com/app => ../..\n",
    );
    assert_eq!(told(&[("go.mod", own), ("cmd/tool/go.mod", tool)]), [""; 0]);
    // A crate takes the folder that its workspace names, seen from there.
    let root = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\ncore = { path = \"crates/core\" }\nlost = { path = \"../lost\" }\n";
    let app = "[package]\nname = \"app\"\n[dependencies]\ncore = { workspace = true }\nlost.workspace = true\n";
    let core = ("crates/core/Cargo.toml", "[package]\nname = \"core\"\n");
    assert_eq!(told(&[("Cargo.toml", root), ("crates/app/Cargo.toml", app), core]), ["lost (../../../lost)"]);
}

/// An empty folder is what git leaves of a submodule that was not fetched; what git ignores is there.
#[test]
fn what_lies_on_the_disk_is_there() {
    let asks = |at: &str| format!(r#"{{"dependencies": {{"lib": "file:{at}"}}}}"#);
    let of = |at: &str, links: bool| {
        let text = asks(at);
        let root = folder(&[
            ("package.json", &text),
            (".gitignore", "ignored/\n"),
            ("ignored/package.json", r#"{"name": "lib"}"#),
            ("real/package.json", r#"{"name": "lib"}"#),
        ]);
        std::fs::create_dir(root.path().join("empty")).unwrap();
        let outside = folder(&[("package.json", r#"{"name": "lib"}"#)]);
        #[cfg(unix)]
        if links {
            std::os::unix::fs::symlink("real", root.path().join("link")).unwrap();
            std::os::unix::fs::symlink(outside.path(), root.path().join("away")).unwrap();
        }
        let cancel = CancellationToken::new();
        let listing = crate::probe::files::list(root.path(), &[], &cancel);
        let gaps = collect(&listing, &cancel).gaps.into_vec().into_iter();
        drop(outside);
        gaps.filter(|gap| gap.reason == reason::OUTSIDE).count()
    };
    assert_eq!((of("ignored", false), of("real", false)), (0, 0));
    assert_eq!((of("empty", false), of("nowhere", false)), (1, 1));
    if cfg!(unix) {
        assert_eq!((of("link", true), of("away", true)), (0, 1));
    }
}

/// Nobody can update or rename what is not there: it is told as missing, and not as a likely copy as well.
#[test]
fn a_folder_that_is_not_there_is_told_once() {
    let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"image\",\n]\n\
                [[package]]\nname = \"image\"\nversion = \"0.23.0\"\n";
    let app = "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nimage = { path = \"image\" }\n";
    let image = ("image/Cargo.toml", "[package]\nname = \"image\"\nversion = \"0.23.0\"\n");
    let mut files = vec![("Cargo.toml", app), ("Cargo.lock", lock)];
    for (is_there, expected) in [(false, (1, 0)), (true, (0, 1))] {
        if is_there {
            files.push(image);
        }
        let (_folder, listing) = listed(&files);
        let found = collect(&listing, &CancellationToken::new());
        let likely = found.locals.iter().filter(|one| one.name == "image").count();
        assert_eq!((told(&files).len(), likely), expected, "{is_there}");
    }
}
