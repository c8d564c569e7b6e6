//! `yarn.lock`: what Yarn itself wrote and listed (1.22.22, 2.4.2, 3.8.7 and 4.18.1), and what harms it.

use gonogo::probe::packages::{Manager, Origin, Scope};

use super::lock_files::{WORKSPACE_WANTS, brief, cut_anywhere, listed, read, refused, with_manifests};

/// An entry of Yarn 1.
fn classic(key: &str, version: &str, more: &str) -> String {
    format!("{key}:\n  version \"{version}\"\n{more}\n")
}

/// An entry of Yarn 4.
fn berry(key: &str, version: &str, resolution: &str, more: &str) -> String {
    let kind = if resolution.contains("@workspace:") || resolution.contains("@link:") { "soft" } else { "hard" };
    format!("\"{key}\":\n  version: {version}\n  resolution: \"{resolution}\"\n{more}  linkType: {kind}\n\n")
}

const V1: &str = "# yarn lockfile v1\n\n\n";
const V8: &str = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n";
const ROOT: &str =
    "\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  linkType: soft\n\n";

#[test]
fn yarn_1_is_read_as_it_lists_itself() {
    for shape in ["workspaces", "aliases", "optional", "peers"] {
        let (lock, gaps) = listed(&format!("yarn/yarn1-{shape}"), true);
        assert_eq!((lock.manager, lock.format.as_str(), gaps), (Manager::YarnClassic, "1", Vec::new()), "{shape}");
    }
}

#[test]
fn yarn_2_3_and_4_are_read_as_they_list_themselves() {
    for (folder, format) in [
        ("berry2-aliases", "4"),
        ("berry3-workspaces", "6"),
        ("berry4-aliases", "10"),
        ("berry4-optional", "10"),
        ("berry4-peers", "10"),
    ] {
        let (lock, gaps) = listed(&format!("yarn/{folder}"), false);
        assert_eq!((lock.manager, lock.format.as_str(), gaps), (Manager::YarnBerry, format, Vec::new()), "{folder}");
    }
}

#[test]
fn workspaces_are_asked_for_by_each_member() {
    for folder in ["yarn/yarn1-workspaces", "yarn/berry3-workspaces"] {
        let (lock, _) = listed(folder, folder.contains("yarn1"));
        assert_eq!(brief::wanted(&lock), WORKSPACE_WANTS, "{folder}");
        let spawn = lock.packages.iter().find(|package| package.name == "cross-spawn").unwrap();
        let needs: Vec<&str> = spawn.needs.iter().map(|at| &*lock.packages[*at].name).collect();
        assert_eq!(needs, ["path-key", "shebang-command", "which"], "{folder}");
    }
}

#[test]
fn aliases_archives_and_forced_versions_of_yarn_1() {
    let text = [
        V1,
        &classic("\"@a/b@^1.0.0\", \"@a/b@>=1 <2\"", "1.2.0", "  dependencies:\n    forced \"^1.0.0\"\n"),
        &classic(
            "\"forced@9.9.9\"",
            "9.9.9",
            "  resolved \"https://registry.example.com/forced/-/forced-9.9.9.tgz#01\"\n",
        ),
        &classic("\"four@npm:lodash@^4\"", "4.17.21", "  optionalDependencies:\n    absent \"^1.0.0\"\n"),
        &classic(
            "\"git@git+https://example.com/o/git.git\"",
            "1.0.0",
            "  resolved \"git+https://example.com/o/git.git#01\"\n",
        ),
        &classic("hub@o/hub", "1.0.0", "  resolved \"https://codeload.github.com/o/hub/tar.gz/01\"\n"),
        &classic("\"own@file:vendor/own\"", "1.0.0", "  dependencies:\n    \"@a/b\" \"^1.0.0\"\n"),
        &classic("\"packed@file:vendor/packed.tgz\"", "1.0.0", ""),
        &classic("\"tarball@https://example.com/t.tgz\"", "2.0.0", ""),
        &classic(
            "\"known@https://registry.example.com/known/-/known-1.0.0.tgz\"",
            "1.0.0",
            "  resolved \"https://registry.example.com/known/-/known-1.0.0.tgz#01\"\n",
        ),
    ]
    .concat()
    .replace('\n', "\r\n");
    let text = format!("\u{feff}{text}");
    let manifest = r#"{"resolutions": {"**/forced": "9.9.9"}}"#;
    let (lock, found) = with_manifests("yarn.lock", &text, &[("package.json", manifest)]).unwrap();
    assert_eq!(
        brief::packages(&lock),
        [
            "@a/b 1.2.0:4 Registry needs forced",
            "forced 9.9.9:9 Registry",
            "git 1.0.0:18 Elsewhere",
            "hub 1.0.0:22 Elsewhere",
            "known 1.0.0:37 Registry",
            "lodash 4.17.21:13 Registry",
            "packed 1.0.0:31 Elsewhere",
            "tarball 2.0.0:34 Elsewhere",
        ]
    );
    assert_eq!(brief::wanted(&lock), ["vendor/own/package.json @a/b ^1.0.0 Production -> @a/b 1.2.0"]);
    assert_eq!(found, [""; 0]);
    let (_, found) = read("yarn.lock", &text).unwrap();
    assert_eq!(found, ["package that is asked for but missing from the lock file: forced"]);
}

#[test]
fn every_protocol_of_yarn_4() {
    let text = [
        V8,
        &berry("root@workspace:.", "0.0.0-use.local", "root@workspace:.",
            "  dependencies:\n    a: \"npm:^1.0.0\"\n    b: \"patch:b@npm%3A1.0.0#~/b.patch\"\n    four: \"npm:lodash@^4\"\n    \
             forced: \"catalog:\"\n    gone: \"npm:^1.0.0\"\n    maybe: \"npm:^1.0.0\"\n    beside: \"portal:./beside\"\n    \
             ui: \"workspace:^\"\n  dependenciesMeta:\n    maybe:\n      optional: true\n"),
        &berry("a@npm:^1.0.0, a@npm:~1.0.0", "1.0.5", "a@npm:1.0.5::__archiveUrl=https%3A%2F%2Fexample.com%2Fa.tgz", ""),
        &berry("b@npm:1.0.0", "1.0.0", "b@npm:1.0.0", ""),
        &berry("b@patch:b@npm%3A1.0.0#~/b.patch", "1.0.0", "b@patch:b@npm%3A1.0.0#~/b.patch::version=1.0.0&hash=01",
            "  dependencies:\n    a: \"npm:~1.0.0\"\n"),
        &berry("beside@portal:./beside::locator=root%40workspace%3A.", "0.0.0-use.local",
            "beside@portal:./beside::locator=root%40workspace%3A.", "  dependencies:\n    a: ^1.0.0\n"),
        &berry("forced@npm:3.0.0", "3.0.0", "forced@npm:3.0.0", ""),
        &berry("four@npm:lodash@^4", "4.17.21", "lodash@npm:4.17.21", "  conditions: os=darwin\n"),
        &berry("hub@github:o/hub", "1.0.0", "hub@https://github.com/o/hub.git#commit=01", ""),
        &berry("ui@workspace:^, ui@workspace:packages/ui", "0.0.0-use.local", "ui@workspace:packages/ui", ""),
    ]
    .concat();
    let manifests =
        r#"{"devDependencies": {"b": "1", "forced": "catalog:"}, "dependencies": {"a": "^1.0.0", "forced": "1"}}"#;
    let (lock, found) = with_manifests("yarn.lock", &text, &[("package.json", manifests)]).unwrap();
    assert_eq!(
        brief::packages(&lock),
        [
            "a 1.0.5:22 Registry",
            "b 1.0.0:27 Registry needs a",
            "forced 3.0.0:46 Registry",
            "hub 1.0.0:57 Elsewhere",
            "lodash 4.17.21:51 Registry",
        ]
    );
    assert_eq!(
        brief::wanted(&lock),
        [
            "beside/package.json a ^1.0.0 Production -> a 1.0.5",
            "package.json a ^1.0.0 Production -> a 1.0.5",
            "package.json b patch:b@npm%3A1.0.0#~/b.patch Development -> b 1.0.0",
            "package.json forced catalog: Production -> forced 3.0.0",
            "package.json four ^4 Production -> lodash 4.17.21",
        ]
    );
    assert_eq!(found, ["package that is asked for but missing from the lock file: gone"]);
    assert!(lock.roots.iter().any(|root| root.manifest == "packages/ui/package.json" && root.wanted.is_empty()));
    let b = lock.packages.iter().find(|package| package.name == "b").unwrap();
    assert_eq!((b.scope, b.origin), (Scope::Development, Origin::Registry));
}

#[test]
fn what_is_no_lock_file_of_a_known_form_is_refused() {
    let a = classic("a@^1.0.0", "1.0.0", "");
    for (text, expected) in [
        (String::new(), "empty lock file"),
        (format!("{V1}<<<<<<< HEAD\n{a}"), "lock file with an unresolved merge conflict:4"),
        (format!("{V1}{a}=======\n"), "not a valid Yarn lock file:7"),
        (format!("{V1}{a}a@^2.0.0\n"), "not a valid Yarn lock file:7"),
        (format!("{V1}{a}\"a@^2.0.0"), "not a valid Yarn lock file:7"),
        ("# yarn lockfile v2\n".to_owned(), "unknown version 2 of a Yarn lock file:1"),
        ("{\"name\": \"x\"}".to_owned(), "not a valid Yarn lock file:1"),
        ("__metadata:\n  version: 11\n".to_owned(), "unknown version 11 of a Yarn lock file:2"),
        ("__metadata:\n  version: eight\n".to_owned(), "unknown version eight of a Yarn lock file:2"),
        ("__metadata:\n  cacheKey: 8\n".to_owned(), "Yarn lock file without its version:2"),
        (format!("{V8}\"a@npm:1\":\n  version: [1\n"), "not a valid Yarn lock file:7"),
        (format!("{V8}{}", berry("a@npm:1.0.0", "1.0.0", "a@npm:1.0.0", "")), "Yarn lock file that ends too early"),
        (format!("{V8}x: &x 1\ny: *x\n"), "not a valid Yarn lock file:6"),
        (format!("{V8}x: {}", "[".repeat(1_000_000)), "not a valid Yarn lock file:5"),
    ] {
        assert_eq!(refused("yarn.lock", &text), expected, "{}", text.get(..text.len().min(100)).unwrap());
    }
}

#[test]
fn one_odd_entry_does_not_spoil_the_rest() {
    let entry = "entry of a lock file that was not understood";
    let text = [
        V1,
        &classic("a@^1.0.0", "1.0.0", ""),
        "blocked@1:\n  version:\n    x \"1\"\n\nbare@1:\n  resolved \"x\"\n\n",
        "needy@1:\n  version \"1.0.0\"\n  dependencies:\n    b:\n\n",
        // The same twice: both are looked up.
        &classic("a@^1.0.0", "1.0.1", ""),
        // Cut in the middle.
        "last@^1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    cut \"^1.0.0\"",
    ]
    .concat();
    let (lock, found) = read("yarn.lock", &text).unwrap();
    assert_eq!(brief::names(&lock), ["a 1.0.0", "a 1.0.1", "last 1.0.0"]);
    let missing = "package that is asked for but missing from the lock file: cut".to_owned();
    assert_eq!(found, [format!("{entry}: blocked, bare, needy"), missing.clone()]);

    let text = [
        V8,
        ROOT,
        &berry("a@npm:^1.0.0", "1.0.0", "a@npm:1.0.0", ""),
        "\"blocked@npm:1\":\n  version:\n    x: 1\n  resolution: \"blocked@npm:1.0.0\"\n\n",
        "\"bare@npm:1\":\n  version: 1.0.0\n\n\"list@npm:1\":\n  - 1\n\n",
        &berry("needy@npm:1", "1.0.0", "needy@npm:1.0.0", "  dependencies: x\n"),
        &berry("a@npm:^1.0.0", "1.0.1", "a@npm:1.0.1", ""),
        "\"last@npm:1\":\n  version: 1.0.0\n  resolution: \"last@npm:1.0.0\"\n  dependencies:\n    cut: 1",
    ]
    .concat();
    let (lock, found) = read("yarn.lock", &text).unwrap();
    assert_eq!(brief::names(&lock), ["a 1.0.0", "a 1.0.1", "last 1.0.0"]);
    assert_eq!(found, [format!("{entry}: blocked, bare, list, …"), missing]);
}

#[test]
fn what_a_manifest_asks_for_and_the_lock_file_lacks_is_counted() {
    let manifest = r#"{"dependencies": {"a": "^1.0.0", "new": "^1.0.0", "own": "file:own"}, "optionalDependencies": {"o": "1"},
        "peerDependencies": {"p": "1"}}"#;
    let text = format!("{V1}{}", classic("a@^1.0.0", "1.0.0", ""));
    let (lock, found) = with_manifests("yarn.lock", &text, &[("package.json", manifest)]).unwrap();
    assert_eq!(brief::wanted(&lock), ["package.json a ^1.0.0 Production -> a 1.0.0"]);
    assert_eq!(found, ["package that is asked for but missing from the lock file: new"]);
    let (lock, found) = with_manifests("web/yarn.lock", V1, &[("web/package.json", "{}")]).unwrap();
    assert_eq!((lock.roots.len(), &*lock.roots[0].manifest, found.len()), (1, "web/package.json", 0));
}

#[test]
fn a_member_that_the_lock_file_does_not_know_is_counted() {
    let manifests = [("package.json", r#"{"workspaces": ["packages/*"]}"#), ("packages/new/package.json", "{}")];
    let (lock, found) = with_manifests("yarn.lock", &format!("{V8}{ROOT}"), &manifests).unwrap();
    assert_eq!(lock.roots.len(), 1);
    assert_eq!(found, ["package that is asked for but missing from the lock file: packages/new"]);
}

#[test]
fn a_file_that_was_cut_never_looks_whole() {
    for fixture in ["yarn1-workspaces", "yarn1-aliases", "berry3-workspaces", "berry4-aliases", "berry4-peers"] {
        cut_anywhere(&format!("yarn/{fixture}"));
    }
}

#[test]
fn passwords_stay_where_they_are() {
    let word = ["hun", "ter2"].concat();
    let url = format!("https://ann:{word}@example.com/private.tgz");
    let old = [
        V1,
        &classic(&format!("\"private@{url}\""), "1.0.0", &format!("  resolved \"{url}\"\n")),
        &format!("\"odd@{url}\":\n  x 1\n"),
    ];
    let root = format!("  dependencies:\n    private: \"{url}\"\n    lost: \"{url}\"\n");
    let new = [
        V8,
        &berry("root@workspace:.", "0", "root@workspace:.", &root),
        &berry(&format!("private@{url}"), "1.0.0", &format!("private@{url}"), ""),
    ];
    let manifest = format!(r#"{{"dependencies": {{"private": "{url}", "lost": "{url}"}}}}"#);
    for text in [old.concat(), new.concat()] {
        let (lock, found) = with_manifests("yarn.lock", &text, &[("package.json", &manifest)]).unwrap();
        assert_eq!(brief::wanted(&lock).len(), 1, "{lock:?}");
        let told = format!("{lock:?} {found:?}");
        assert!(!told.contains(&word), "{told}");
    }
}

#[test]
fn large_files_take_time_in_proportion() {
    let started = std::time::Instant::now();
    let missing = vec!["package that is asked for but missing from the lock file: a, a, a, …".to_owned()];
    // Each asks for a version that nobody answers, of a name that all have.
    let asks = "  dependencies:\n    a \"^0.0.0\"\n";
    let text: String = (0..20_000).map(|n| classic(&format!("a@^1.0.{n}"), &format!("1.0.{n}"), asks)).collect();
    let (lock, found) = read("yarn.lock", &format!("{V1}{text}")).unwrap();
    assert_eq!((lock.packages.len(), found), (20_000, missing.clone()));
    let asks = "  dependencies:\n    a: ^0.0.0\n";
    let text: String =
        (0..20_000).map(|n| berry(&format!("a@npm:^1.0.{n}"), "1", &format!("a@npm:1.0.{n}"), asks)).collect();
    let (lock, found) = read("yarn.lock", &format!("{V8}{ROOT}{text}")).unwrap();
    assert_eq!((lock.packages.len(), found), (20_000, missing.clone()));
    let deep: String = (0..50_000).map(|n| format!("{}x \"1\"\n", " ".repeat((n % 500) * 2))).collect();
    assert!(refused("yarn.lock", &deep).starts_with("not a valid Yarn lock file"));
    assert!(refused("yarn.lock", &format!("a@1:\n  version \"{}", "\\\"".repeat(2_000_000))).ends_with(":2"));
    assert!(started.elapsed().as_secs() < 30, "took {:?}", started.elapsed());
}
