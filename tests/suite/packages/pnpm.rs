//! `pnpm-lock.yaml`: what pnpm itself wrote and listed (5.18.11, 6.35.1, 7.33.7, 8.15.9, 9.15.9, 10.34.9, 11.28.11 and
//! 12.21.0), and what harms it.

use gonogo::probe::packages::Manager;

use super::lock_files::{WORKSPACE_WANTS, brief, cut_anywhere, listed, read, refused, with_manifests};

const NINE: &str = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        \
                    version: 1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: x}\n\nsnapshots:\n\n  a@1.0.0: {}\n";

#[test]
fn every_version_is_read_as_pnpm_lists_it() {
    for (folder, format) in [
        ("pnpm5-peers", "5.2"),
        ("pnpm6-workspaces", "5.3"),
        ("pnpm7-aliases", "5.4"),
        ("pnpm8-aliases", "6.0"),
        ("pnpm8-peers", "6.0"),
        ("pnpm9-workspaces", "9.0"),
        ("pnpm10-aliases", "9.0"),
        ("pnpm11-peers", "9.0"),
        ("pnpm12-optional", "9.0"),
    ] {
        let (lock, gaps) = listed(&format!("pnpm/{folder}"), true);
        assert_eq!((lock.manager, lock.format.as_str(), gaps), (Manager::Pnpm, format, vec![]), "{folder}");
    }
}

#[test]
fn workspaces_are_asked_for_by_each_member() {
    for folder in ["pnpm/pnpm6-workspaces", "pnpm/pnpm9-workspaces"] {
        let (lock, _) = listed(folder, true);
        assert_eq!(brief::wanted(&lock), WORKSPACE_WANTS, "{folder}");
    }
}

#[test]
fn version_5_without_importers() {
    let text = "dependencies:\n  a: 1.0.0_@s+p@2.0.0\n  four: /lodash/4.17.21\n  hub: github.com/o/hub/0123\n  own: link:own\n  \
        packed: file:packed.tgz\ndevDependencies:\n  tool: registry.example.com/tool/1.0.0\nlockfileVersion: 5.1\npackages:\n  \
        /@s/p/2.0.0:\n    dev: false\n    resolution: {integrity: x}\n  /a/1.0.0_@s+p@2.0.0:\n    dependencies:\n      \
        '@s/p': 2.0.0\n    dev: false\n    peerDependencies:\n      '@s/p': '*'\n    requiresBuild: true\n    \
        resolution: {integrity: x}\n  /lodash/4.17.21:\n    dev: false\n    resolution: {integrity: x}\n  \
        file:packed.tgz:\n    dev: false\n    name: packed\n    resolution: {integrity: x, tarball: 'file:packed.tgz'}\n    \
        version: 3.0.0\n  github.com/o/hub/0123:\n    dev: false\n    name: hub\n    resolution:\n      \
        tarball: https://codeload.github.com/o/hub/tar.gz/0123\n    version: 1.0.0\n  registry.example.com/tool/1.0.0:\n    \
        dev: true\n    resolution: {integrity: x, registry: 'https://registry.example.com/', tarball: 'x.tgz'}\n\
        registry: 'https://registry.example.com/'\nspecifiers:\n  a: ^1.0.0\n  four: npm:lodash@^4\n  hub: o/hub\n  \
        own: workspace:*\n  packed: file:packed.tgz\n  tool: '*'\n";
    let (lock, gaps) = read("web/pnpm-lock.yaml", text).unwrap();
    assert_eq!(
        brief::packages(&lock),
        [
            "@s/p 2.0.0:11 Registry",
            "a 1.0.0:14 Registry needs @s/p",
            "hub 1.0.0:30 Elsewhere",
            "lodash 4.17.21:22 Registry",
            "packed 3.0.0:25 Elsewhere",
            "tool 1.0.0:36 Registry",
        ]
    );
    assert_eq!(
        brief::wanted(&lock),
        [
            "web/package.json a ^1.0.0 Production -> a 1.0.0",
            "web/package.json four ^4 Production -> lodash 4.17.21",
            "web/package.json hub o/hub Production -> hub 1.0.0",
            "web/package.json packed file:packed.tgz Production -> packed 3.0.0",
            "web/package.json tool * Development -> tool 1.0.0",
        ]
    );
    let scripts: Vec<&str> = lock.packages.iter().filter(|p| p.install_script).map(|p| &*p.name).collect();
    assert_eq!((scripts, gaps), (vec!["a"], vec![]));
}

#[test]
fn everything_that_version_9_can_hold() {
    let text = "lockfileVersion: '9.0'\ncatalogs:\n  default:\n    a:\n      specifier: ^1.0.0\n      version: 1.0.0\n  old:\n    \
        b:\n      specifier: ^0.9.0\n      version: 0.9.0\noverrides:\n  c: 3.0.0\npatchedDependencies:\n  \
        a@1.0.0: {hash: '0123', path: a.patch}\nimporters:\n  .:\n    configDependencies: {}\n    dependencies:\n      a:\n        \
        specifier: 'catalog:'\n        version: 1.0.0(patch_hash=0123)(b@0.9.0)\n      b:\n        specifier: catalog:old\n        \
        version: 0.9.0\n      copied:\n        specifier: file:copied\n        version: file:copied(a@1.0.0)\n    \
        devDependencies:\n      hub:\n        specifier: o/hub\n        \
        version: https://codeload.github.com/o/hub/tar.gz/01\n      node:\n        specifier: runtime:^22\n        \
        version: runtime:22.1.0\n      ui:\n        specifier: workspace:*\n        version: link:packages/ui\n  \
        ../beside:\n    optionalDependencies:\n      four:\n        specifier: npm:@s/d@^4\n        version: '@s/d@4.0.0'\n  \
        packages/ui: {}\npackages:\n  '@s/d@4.0.0':\n    resolution: {integrity: x}\n  a@1.0.0:\n    \
        resolution: {integrity: x}\n  b@0.9.0:\n    resolution: {integrity: x, tarball: https://registry.example.com/b.tgz}\n  \
        c@3.0.0:\n    resolution: {integrity: x}\n  copied@file:copied:\n    resolution: {directory: copied, type: directory}\n  \
        hub@https://codeload.github.com/o/hub/tar.gz/01:\n    resolution: {tarball: https://codeload.github.com/o/hub/tar.gz/01}\n    \
        version: 1.0.0\n  node@runtime:22.1.0:\n    hasBin: true\n    resolution:\n      type: variations\n      variants: []\n    \
        version: 22.1.0\nsnapshots:\n  '@s/d@4.0.0': {}\n  a@1.0.0(patch_hash=0123)(b@0.9.0):\n    dependencies:\n      \
        b: 0.9.0\n      c: 3.0.0\n    optionalDependencies:\n      absent: 1.0.0\n  b@0.9.0: {}\n  c@3.0.0: {}\n  \
        copied@file:copied(a@1.0.0):\n    dependencies:\n      c: 3.0.0\n    transitivePeerDependencies:\n      - a\n  \
        hub@https://codeload.github.com/o/hub/tar.gz/01:\n    dependencies:\n      four: '@s/d@4.0.0'\n  \
        node@runtime:22.1.0: {}\n";
    let (lock, gaps) = read("web/pnpm-lock.yaml", text).unwrap();
    let told: Vec<String> =
        brief::packages(&lock).iter().zip(&lock.packages).map(|(told, p)| format!("{told} {:?}", p.scope)).collect();
    assert_eq!(
        told,
        [
            "@s/d 4.0.0:45 Registry Production",
            "a 1.0.0:47 Registry needs b c Production",
            "b 0.9.0:49 Registry Production",
            "c 3.0.0:51 Registry Production",
            "hub 1.0.0:55 Elsewhere needs @s/d Development",
            "node 22.1.0:58 Elsewhere Development",
        ]
    );
    assert_eq!(
        brief::wanted(&lock),
        [
            "beside/package.json four ^4 Production -> @s/d 4.0.0",
            "web/copied/package.json c  Production -> c 3.0.0",
            "web/package.json a ^1.0.0 Production -> a 1.0.0",
            "web/package.json b ^0.9.0 Production -> b 0.9.0",
            "web/package.json hub o/hub Development -> hub 1.0.0",
            "web/package.json node runtime:^22 Development -> node 22.1.0",
        ]
    );
    assert!(lock.roots.iter().any(|root| root.manifest == "web/packages/ui/package.json"));
    assert_eq!(gaps, [""; 0]);
}

#[test]
fn what_serves_pnpm_itself_is_for_development() {
    let own = NINE
        .replace("    dependencies:\n      a:", "    configDependencies:\n      a:")
        .replace("\npackages:", "    packageManagerDependencies:\n      pnpm:\n        specifier: 12.0.0\n        version: 12.0.0\n\npackages:")
        .replace("\nsnapshots:", "  pnpm@12.0.0:\n    resolution: {integrity: x}\n\nsnapshots:")
        .replace("  a@1.0.0: {}", "  a@1.0.0:\n    optionalDependencies:\n      b: 1.0.0\n  pnpm@12.0.0: {}")
        .replace("  a@1.0.0:\n    resolution", "  b@1.0.0:\n    resolution: {integrity: x}\n  a@1.0.0:\n    resolution")
        .replace("\nsnapshots:\n", "\nsnapshots:\n  b@1.0.0: {}\n");
    let (lock, gaps) = read("pnpm-lock.yaml", &format!("---\n{own}\n---\n{NINE}")).unwrap();
    let told: Vec<String> = lock.packages.iter().map(|p| format!("{} {:?}", p.name, p.scope)).collect();
    // `a` serves the app as well.
    assert_eq!(told, ["a Production", "b Production", "pnpm Development"]);
    assert_eq!(
        brief::wanted(&lock),
        [
            "package.json a ^1.0.0 Production -> a 1.0.0",
            "pnpm-workspace.yaml a ^1.0.0 Development -> a 1.0.0",
            "pnpm-workspace.yaml pnpm 12.0.0 Development -> pnpm 12.0.0",
        ]
    );
    assert_eq!((lock.format.as_str(), gaps), ("9.0", vec![]));
    assert_eq!(refused("pnpm-lock.yaml", &format!("---\n{own}")), "pnpm lock file without the project's own part");
    assert_eq!(refused("pnpm-lock.yaml", &format!("{NINE}---\n{NINE}---\n{NINE}")), "not a valid pnpm lock file");
}

#[test]
fn what_is_no_lock_file_of_a_known_form_is_refused() {
    let cut = |at: &str| NINE[..NINE.find(at).unwrap()].to_owned();
    for (text, expected) in [
        (String::new(), "empty lock file"),
        (format!("{NINE}<<<<<<< HEAD\n"), "lock file with an unresolved merge conflict:19"),
        (format!("{NINE}=======\n"), "not a valid pnpm lock file:20"),
        ("packages: {}\n".to_owned(), "pnpm lock file without its version"),
        ("lockfileVersion: '10.0'\n".to_owned(), "unknown lockfileVersion 10.0:1"),
        ("lockfileVersion: 4\n".to_owned(), "unknown lockfileVersion 4:1"),
        ("lockfileVersion: [9]\n".to_owned(), "unknown lockfileVersion of a wrong type:1"),
        (cut("\npackages:"), "pnpm lock file that ends too early"),
        (cut("\nsnapshots:"), "pnpm lock file that ends too early"),
        (cut(" x}"), "not a valid pnpm lock file:15"),
        ("- 1\n".to_owned(), "pnpm lock file without its version"),
        ("lockfileVersion: 9.0\npackages:\n  a@1: &a {}\n  b@1: *a\n".to_owned(), "not a valid pnpm lock file:4"),
        (format!("lockfileVersion: 9.0\npackages: {}", "[".repeat(1_000_000)), "not a valid pnpm lock file:2"),
        (format!("lockfileVersion: 9.0\npackages:\n  a: {}", "- ".repeat(100_000)), "not a valid pnpm lock file:3"),
    ] {
        assert_eq!(refused("pnpm-lock.yaml", &text), expected, "{}", text.get(..text.len().min(100)).unwrap());
    }
}

#[test]
fn one_odd_entry_does_not_spoil_the_rest() {
    let entry = "entry of a lock file that was not understood";
    let missing = "package that is asked for but missing from the lock file";
    let odd = "  bare@1.0.0: {}\n  list@1.0.0: [1]\n  numbered@1.0.0:\n    resolution: 5\n";
    let text = NINE
        .replace("\nsnapshots:\n", &format!("{odd}  late@1.0.0:\n    resolution: {{integrity: x}}\n\nsnapshots:\n"));
    let text = text.replace(
        "  a@1.0.0: {}\n",
        "  a@1.0.0:\n    dependencies:\n      lost: 1.0.0\n  late@1.0.0:\n    dependencies: 5\n",
    );
    let (lock, gaps) = read("pnpm-lock.yaml", &text).unwrap();
    assert_eq!(brief::names(&lock), ["a 1.0.0", "late 1.0.0"]);
    assert_eq!(gaps, [format!("{entry}: bare@1.0.0, list@1.0.0, numbered@1.0.0, …"), format!("{missing}: lost")]);

    // Cut within the snapshots, and an importer that makes no sense.
    let text = NINE
        .replace("  a@1.0.0: {}\n", "")
        .replace("version: 1.0.0\n", "version: [1]\n      c:\n        version: 1.0.0\n");
    let (lock, gaps) = read("pnpm-lock.yaml", &format!("{text}  c@1.0.0: {{}}\n")).unwrap();
    assert_eq!(brief::names(&lock), ["a 1.0.0"]);
    assert_eq!(gaps, [format!("{entry}: a, a@1.0.0"), format!("{missing}: c")]);

    // The same twice is there once; the same key with other content is read too.
    let twice = NINE.replace("packages:\n\n", "packages:\n\n  a@1.0.0:\n    resolution: {integrity: y}\n\n");
    assert_eq!(brief::packages(&read("pnpm-lock.yaml", &twice).unwrap().0), ["a 1.0.0:13 Registry"]);
    assert_eq!(
        brief::names(&read("pnpm-lock.yaml", &format!("\u{feff}{NINE}").replace('\n', "\r\n")).unwrap().0),
        ["a 1.0.0"]
    );
    let empty = read("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n").unwrap();
    assert_eq!((empty.0.packages.len(), empty.0.roots.len(), empty.1.len()), (0, 1, 0));
}

#[test]
fn a_file_that_was_cut_never_looks_whole() {
    for fixture in ["pnpm5-peers", "pnpm6-workspaces", "pnpm8-aliases", "pnpm9-workspaces", "pnpm11-peers"] {
        cut_anywhere(&format!("pnpm/{fixture}"));
    }
}

#[test]
fn passwords_stay_where_they_are() {
    let word = ["hun", "ter2"].concat();
    let url = format!("https://ann:{word}@example.com/private.tgz");
    let text = NINE
        .replace("^1.0.0", &url)
        .replace("version: 1.0.0", &format!("version: {url}"))
        .replace("a@1.0.0", &format!("a@{url}"))
        .replace("resolution: {integrity: x}", &format!("resolution: {{tarball: '{url}'}}"))
        .replace(
            "\nsnapshots:",
            &format!("  odd@{url}: 5\n  lost@{url}:\n    resolution: {{tarball: x}}\n\nsnapshots:"),
        );
    let manifest = format!(r#"{{"dependencies": {{"a": "{url}"}}}}"#);
    let (lock, gaps) = with_manifests("pnpm-lock.yaml", &text, &[("package.json", &manifest)]).unwrap();
    assert_eq!((brief::wanted(&lock).len(), gaps.len()), (1, 1), "{lock:?} {gaps:?}");
    let told = format!("{lock:?} {gaps:?}");
    assert!(!told.contains(&word), "{told}");
}

#[test]
fn large_files_take_time_in_proportion() {
    let started = std::time::Instant::now();
    let packages: String = (0..20_000).map(|n| format!("  a{n}@1.0.0:\n    resolution: {{integrity: x}}\n")).collect();
    let snapshots: String = (0..20_000)
        .map(|n| format!("  a{n}@1.0.0:\n    dependencies:\n      a{}: 1.0.0\n", (n * 7) % 20_000))
        .collect();
    let text = format!("lockfileVersion: '9.0'\npackages:\n{packages}snapshots:\n{snapshots}");
    let (lock, gaps) = read("pnpm-lock.yaml", &text).unwrap();
    assert_eq!((lock.packages.len(), gaps.len()), (20_000, 0));
    assert_eq!(lock.packages.iter().map(|package| package.needs.len()).sum::<usize>(), 20_000);
    assert!(started.elapsed().as_secs() < 30, "took {:?}", started.elapsed());
}
