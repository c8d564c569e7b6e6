//! npm's and Bun's lock files as the tools themselves wrote them, beside the tools' own lists of packages.
//!
//! The lock files lost their checksums and other fields that are not read, and hosts were replaced. The lists say
//! `name version`, `dev` where the tool leaves it out without development dependencies, and who needs whom.

use std::collections::BTreeSet;

use gonogo::probe::files;
use gonogo::probe::packages::{self, LockFile, LockedPackage, Packages, Scope};
use tokio_util::sync::CancellationToken;

use crate::support::probes::Folder;

fn collected(files: &[(&str, &str)]) -> Packages {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    packages::collect(&files::list(folder.path(), &[], &cancel), &cancel)
}

fn listed(lock: &LockFile, with_needs: bool) -> BTreeSet<String> {
    let id = |package: &LockedPackage| format!("{} {}", package.name, package.version);
    let mut told = BTreeSet::new();
    for package in &lock.packages {
        told.insert(id(package) + if package.scope == Scope::Development { " dev" } else { "" });
        if with_needs {
            told.extend(package.needs.iter().map(|&at| format!("{} > {}", id(package), id(&lock.packages[at]))));
        }
    }
    told
}

fn asked(lock: &LockFile) -> Vec<String> {
    let wanted = |at: usize| format!("{} {}", lock.packages[at].name, lock.packages[at].version);
    let roots = lock.roots.iter().flat_map(|root| root.wanted.iter().map(move |wanted| (root, wanted)));
    roots
        .map(|(root, w)| {
            let dev = if w.scope == Scope::Development { " dev" } else { "" };
            format!("{}: {} {}{dev} = {}", root.manifest, w.name, w.range, wanted(w.package))
        })
        .collect()
}

fn compare(name: &str, lock: &str, manifest: &str, list: &str) -> Packages {
    let mut files = vec![(name, lock), ("package.json", manifest)];
    // A link into the project leads to a package that is there.
    if lock.contains("\"packages/ui\"") {
        files.push(("packages/ui/package.json", r#"{"name": "@shop/ui"}"#));
    }
    let found = collected(&files);
    let gaps = found.gaps.clone().into_vec();
    assert!(gaps.is_empty(), "{gaps:?}");
    let expected: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    assert_eq!(listed(&found.locks[0], list.contains(" > ")), expected);
    found
}

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../fixtures/packages/", $path))
    };
}

#[test]
fn workspaces_of_npm_11() {
    let lock = fixture!("npm/ws/package-lock.json");
    let found = compare("package-lock.json", lock, fixture!("npm/ws/package.json"), fixture!("npm/ws/npm-ls.txt"));
    assert_eq!(
        asked(&found.locks[0]),
        [
            "package.json: debug 4.3.4 dev = debug 4.3.4",
            "package.json: ms 2.1.3 = ms 2.1.3",
            "packages/api/package.json: debug 2.6.9 = debug 2.6.9",
            "packages/api/package.json: on-finished 2.4.1 = on-finished 2.4.1",
            "packages/ui/package.json: escape-html ^1.0.3 = escape-html 1.0.3",
            "packages/ui/package.json: ms 2.0.0 = ms 2.0.0",
            "packages/ui/package.json: semver 7.5.4 dev = semver 7.5.4",
        ]
    );
}

#[test]
fn aliases_of_npm_8() {
    let lock = fixture!("npm/alias/package-lock.json");
    let manifest = fixture!("npm/alias/package.json");
    let found = compare("package-lock.json", lock, manifest, fixture!("npm/alias/npm-ls.txt"));
    let told = [
        "package.json: dbg 2.6.9 dev = debug 2.6.9",
        "package.json: debug ^3.1.0 = debug 3.2.7",
        "package.json: ms ^2.1.0 = ms 2.1.3",
        "package.json: old-ms 2.0.0 = ms 2.0.0",
        "package.json: s 4.6.0 = @sindresorhus/is 4.6.0",
    ];
    assert_eq!(asked(&found.locks[0]), told);
}

#[test]
fn optional_packages_of_npm_11() {
    let lock = fixture!("npm/optdev/package-lock.json");
    compare("package-lock.json", lock, fixture!("npm/optdev/package.json"), fixture!("npm/optdev/npm-ls.txt"));
}

#[test]
fn peers_of_npm_10() {
    let lock = fixture!("npm/peer/package-lock.json");
    // npm shows this peer, which may be missing, as it happens to be there: nobody gets `react` because of it.
    let (spared, list) = ("zustand 4.5.2 > react 18.3.1\n", fixture!("npm/peer/npm-ls.txt"));
    assert!(list.contains(spared));
    compare("npm-shrinkwrap.json", lock, fixture!("npm/peer/package.json"), &list.replace(spared, ""));
}

#[test]
fn nested_versions_of_npm_6() {
    let lock = fixture!("npm/nested/package-lock.json");
    let manifest = fixture!("npm/nested/package.json");
    let found = compare("package-lock.json", lock, manifest, fixture!("npm/nested/npm-ls.txt"));
    let told = [
        "package.json: debug 4.3.4 = debug 4.3.4",
        "package.json: finalhandler 1.1.2 dev = finalhandler 1.1.2",
        "package.json: send 0.18.0 = send 0.18.0",
        "package.json: yargs 15.4.1 dev = yargs 15.4.1",
    ];
    assert_eq!(asked(&found.locks[0]), told);
    let packages = &found.locks[0].packages;
    let send = packages.iter().find(|package| package.name == "send").unwrap();
    let needs: Vec<String> =
        send.needs.iter().map(|&at| packages[at].version.clone() + " " + &packages[at].name).collect();
    // `send` lists them; its own `debug` and `ms` differ from those of the project.
    assert!(needs.contains(&"2.6.9 debug".to_owned()) && needs.contains(&"2.1.3 ms".to_owned()), "{needs:?}");
}

#[test]
fn lock_files_of_bun() {
    for (lock, list) in [
        (fixture!("bun/ws-1.2/bun.lock"), fixture!("bun/ws-1.2/bun-ls.txt")),
        (fixture!("bun/ws-1.4/bun.lock"), fixture!("bun/ws-1.4/bun-ls.txt")),
        (fixture!("bun/alias-1.3/bun.lock"), fixture!("bun/alias-1.3/bun-ls.txt")),
        (fixture!("bun/optdev-1.2/bun.lock"), fixture!("bun/optdev-1.2/bun-ls.txt")),
        (fixture!("bun/peer-1.4/bun.lock"), fixture!("bun/peer-1.4/bun-ls.txt")),
    ] {
        compare("bun.lock", lock, "{}", list);
    }
}

#[test]
fn npm_and_bun_agree_on_who_needs_whom() {
    for (npm, bun) in [
        (fixture!("npm/ws/package-lock.json"), fixture!("bun/ws-1.4/bun.lock")),
        (fixture!("npm/alias/package-lock.json"), fixture!("bun/alias-1.3/bun.lock")),
        (fixture!("npm/peer/package-lock.json"), fixture!("bun/peer-1.4/bun.lock")),
    ] {
        let (npm, bun) = (collected(&[("package-lock.json", npm)]), collected(&[("bun.lock", bun)]));
        assert_eq!(listed(&npm.locks[0], true), listed(&bun.locks[0], true));
        assert_eq!(asked(&npm.locks[0]), asked(&bun.locks[0]));
    }
}

#[test]
fn a_binary_lock_file_of_bun_is_refused_unless_its_text_stands_beside_it() {
    let package = r#"{"dependencies": {"ms": "2"}}"#;
    let found = collected(&[("bun.lockb", "#!/usr/bin/env bun\n"), ("package.json", package)]);
    let gaps = found.gaps.into_vec();
    assert_eq!((gaps.len(), found.not_examined), (1, 1));
    assert!(gaps[0].reason.contains("bun install --save-text-lockfile"), "{}", gaps[0].reason);
    let text = fixture!("bun/ws-1.2/bun.lock");
    let found = collected(&[("bun.lockb", "x"), ("bun.lock", text), ("a/bun.lockb", "x"), ("package.json", package)]);
    assert_eq!((found.locks.len(), found.not_examined), (1, 1));
    assert_eq!(found.gaps.into_vec()[0].examples, ["a/bun.lockb"]);
}

/// Every way in which a file may be cut or damaged: nothing panics, and nothing that was cut passes for whole.
#[test]
fn truncated_lock_files_are_refused() {
    for (name, text) in [
        ("package-lock.json", fixture!("npm/peer/package-lock.json")),
        ("package-lock.json", fixture!("npm/nested/package-lock.json")),
        ("bun.lock", fixture!("bun/peer-1.4/bun.lock")),
    ] {
        for end in (0..text.trim_end().len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
            let manifests = std::collections::BTreeMap::new();
            let around = packages::lock::Around { path: name, manifests: &manifests };
            let read = packages::lock::reader(name).unwrap();
            assert!(read(&text[..end], &around).is_err(), "{name} cut at {end}");
        }
    }
}

#[test]
fn a_broken_manifest_is_counted_and_the_rest_is_read() {
    let lock = fixture!("npm/alias/package-lock.json");
    let found = collected(&[("package-lock.json", lock), ("package.json", "{"), ("a/package.json", "")]);
    let gaps = found.gaps.into_vec();
    assert_eq!(found.locks[0].packages.len(), 5);
    assert_eq!(gaps[0].reason, "not a valid package.json");
    assert_eq!(gaps[0].examples, ["a/package.json:1", "package.json:1"]);
}

#[test]
fn members_of_a_workspace_are_found_among_the_manifests() {
    let found = collected(&[
        ("web/package.json", r#"{"workspaces": {"packages": ["packages/*", "!packages/old"]}}"#),
        ("web/packages/ui/package.json", "{}"),
        ("web/packages/old/package.json", "{}"),
        ("web/packages/docs/readme.md", ""),
        ("packages/other/package.json", "{}"),
    ]);
    let members = |path| packages::lock::Around { path, manifests: &found.manifests }.members();
    assert_eq!(members("web/yarn.lock"), ["packages/ui"]);
    assert_eq!(members("yarn.lock"), [""; 0]);
}

#[test]
fn the_programs_of_a_package_are_read_where_lock_files_name_them() {
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"@s/mill": "^1", "two": "^1", "none": "^1"}},
        "node_modules/@s/mill": {"version": "1.0.0", "bin": "cli.js"},
        "node_modules/two": {"version": "1.0.0", "bin": {"grind": "a.js", "sift": "b.js"}},
        "node_modules/none": {"version": "1.0.0"}}}"#;
    let bun = r#"{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"@s/mill": "^1", "two": "^1", "none": "^1"}}},
        "packages": {"@s/mill": ["@s/mill@1.0.0", "", {"bin": "cli.js"}, "sha512-x"],
        "two": ["two@1.0.0", "", {"bin": {"grind": "a.js", "sift": "b.js"}}, "sha512-x"],
        "none": ["none@1.0.0", "", {}, "sha512-x"]}}"#;
    let berry = "__metadata:\n  version: 8\n\n\"@s/mill@npm:^1\":\n  version: 1.0.0\n  resolution: \"@s/mill@npm:1.0.0\"\n  \
        bin:\n    mill: cli.js\n  linkType: hard\n\n\"none@npm:^1\":\n  version: 1.0.0\n  resolution: \"none@npm:1.0.0\"\n  \
        linkType: hard\n\n\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  linkType: soft\n\n\
        \"two@npm:^1\":\n  version: 1.0.0\n  resolution: \"two@npm:1.0.0\"\n  bin:\n    grind: a.js\n    sift: b.js\n  linkType: hard\n";
    for (path, text) in [("package-lock.json", npm), ("bun.lock", bun), ("yarn.lock", berry)] {
        let found = collected(&[(path, text)]);
        let told: Vec<String> =
            found.locks[0].packages.iter().map(|one| format!("{}: {}", one.name, one.programs.join(" "))).collect();
        assert_eq!(told, ["@s/mill: mill", "none: ", "two: grind sift"], "{path}");
    }
}
