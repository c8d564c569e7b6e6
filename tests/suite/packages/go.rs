//! Go: what `go list -m all` names (Go 1.19.8), and what a workspace changes.

use super::{collected, fixture, told_wants};
use crate::support::probes::Folder;

#[test]
fn modules_are_those_that_go_lists() {
    let packages = collected(&fixture("go/project"));
    let lock = packages.locks.iter().find(|lock| lock.path == "go.mod").unwrap();
    let told: Vec<String> = lock.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
    let listed = std::fs::read_to_string(fixture("go/list.txt")).unwrap();
    // The first is the project itself; what is replaced stands before the arrow, what is built behind it.
    let built = listed.lines().skip(1).map(|line| line.split_once(" => ").map_or(line, |(_, new)| new));
    let mut built: Vec<&str> = built.filter(|line| !line.starts_with("./")).collect();
    built.sort_unstable();
    assert_eq!(told, built);
    assert_eq!(
        told_wants(lock),
        [
            "go.mod: example.com/a v1.2.3 -> example.com/a v1.2.3",
            "go.mod: example.com/fork v1.0.0 -> example.org/forked v1.0.1",
            "go.mod: example.com/old v2.0.0+incompatible -> example.com/old v2.0.0+incompatible",
            "go.mod: example.com/tool v0.9.0 -> example.com/tool v0.9.0",
        ]
    );
}

#[test]
fn modules_of_a_workspace_are_its_own_code() {
    let folder = Folder::with(&[
        ("go.work", "go 1.22\nuse (\n\t./api\n\t./lib\n)\nreplace example.com/patched => ./patched\n"),
        (
            "api/go.mod",
            "module example.com/api\ngo 1.22\ntoolchain go1.22.3\nrequire (\n\texample.com/lib v1.0.0\n\texample.com/patched \
             v1.0.0\n\texample.com/far v1.0.0\n)\n",
        ),
        ("api/go.sum", "example.com/far v1.0.0 h1:x=\nexample.com/far v1.0.0/go.mod h1:x=\n"),
        ("lib/go.mod", "module example.com/lib\ngo 1.22\ntoolchain go1.22.3\n"),
        ("other/go.mod", "module example.com/other\ngo 1.22\ntoolchain go1.22.3\nrequire example.com/lib v1.0.0\n"),
    ]);
    let packages = collected(folder.path());
    let told: Vec<String> = (packages.locks.iter())
        .map(|lock| {
            let names: Vec<&str> = lock.packages.iter().map(|p| p.name.as_str()).collect();
            format!("{}: {}", lock.path, names.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        ["api/go.mod: example.com/far stdlib", "lib/go.mod: stdlib", "other/go.mod: example.com/lib stdlib"]
    );
    let gaps = packages.gaps.into_vec();
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (gaps[0].reason.as_str(), gaps[0].examples.join(" ")),
        ("module that a go.work replaces", "example.com/patched".to_owned())
    );
}

/// What is said of Go's own library: its version for each module, or that it is left open.
#[test]
fn whose_tools_build_a_module() {
    let of = |files: &[(&str, &str)]| {
        let folder = Folder::with(files);
        let packages = collected(folder.path());
        let library = |lock: &gonogo::probe::packages::LockFile| {
            let one = lock.packages.iter().find(|one| one.name == "stdlib")?;
            Some(format!("{}:{} {}", lock.path, one.line, one.version))
        };
        let mut told: Vec<String> = packages.locks.iter().filter_map(library).collect();
        let open = packages.gaps.into_vec().into_iter().filter(|gap| gap.reason.contains("leaves open"));
        told.extend(open.map(|gap| format!("open {}", gap.examples.join(" "))));
        told.join("; ")
    };
    let module = |name: &str, more: &str| format!("module example.com/{name}\n\ngo 1.24\n{more}");
    let (own, lib) = (module("app", "toolchain go1.24.3\n"), module("lib", ""));
    let work = |more: &str| format!("go 1.24\n{more}use (\n\t./app\n\t./lib\n)\n");
    let said = work("toolchain go1.24.9-custom\n");
    // The workspace decides, for its modules.
    assert_eq!(
        of(&[("go.work", &said), ("app/go.mod", &own), ("lib/go.mod", &lib), ("far/go.mod", &module("far", ""))]),
        "app/go.mod:3 1.24.9; lib/go.mod:3 1.24.9; open far/go.mod"
    );
    let silent = [("go.work", &*work("")), ("app/go.mod", &own), ("lib/go.mod", &lib)];
    assert_eq!(of(&silent), "app/go.mod:4 1.24.3; open lib/go.mod");
    // A library that the app takes in from its folder.
    let takes = |place: &str| {
        let more = format!("toolchain go1.24.3\nrequire example.com/lib v1.0.0\nreplace example.com/lib => {place}\n");
        module("app", &more)
    };
    let apart = |app: &str, at: &str| of(&[(app, &takes(at)), ("lib/go.mod", &lib)]);
    assert_eq!(apart("app/go.mod", "../lib"), "app/go.mod:4 1.24.3");
    assert_eq!(apart("go.mod", "./lib"), "go.mod:4 1.24.3");
    // Another folder, an example's, and what lies below and tries the library out.
    assert_eq!(apart("go.mod", "./other"), "go.mod:4 1.24.3; open lib/go.mod");
    assert!(apart("examples/a/go.mod", "../../lib").ends_with("; open lib/go.mod"));
    assert!(apart("lib/cli/go.mod", "..").ends_with("; open lib/go.mod"));
}

#[test]
fn what_no_sum_file_answers_is_not_examined() {
    let module = |name: &str, requires: &str| {
        format!("module example.com/{name}\ngo 1.22\ntoolchain go1.22.3\nrequire (\n{requires})\n")
    };
    let (one, two) = (module("api", "\texample.com/a v1.0.0\n"), module("api", "\ta v1.0.0\n\tevil v1.0.0\n"));
    let forked = format!("{one}replace example.com/a => example.org/fork v1.0.1\n");
    let work = "go 1.22\nuse ./api\n";
    let open = |what: &str| {
        vec![format!("module of a go.mod that no go.sum answers for, so that what it needs is not known: {what}")]
    };
    let gone = vec!["module that a go.work names and that is not in the project: go.work".to_owned()];
    for (files, expected) in [
        (&[("go.work", work), ("api/go.mod", &*one)][..], open("example.com/a v1.0.0")),
        (&[("go.work", work), ("api/go.mod", &*two), ("api/go.sum", "a v1.0.0 h1:x=\n")], open("evil v1.0.0")),
        (&[("go.mod", &*two), ("go.sum", "a v1.0.0/go.mod h1:x=\n")], open("evil v1.0.0")),
        (&[("go.mod", &*two), ("go.sum", "a v1.0.0 h1:x=\nevil v1.0.1 h1:x=\n")], open("evil v1.0.0")),
        (&[("go.mod", &*forked), ("go.sum", "example.com/a v1.0.0 h1:x=\n")], open("example.org/fork v1.0.1")),
        (&[("go.work", work), ("web/package.json", "{}")], gone.clone()),
        (&[("go.work", "go 1.22\nuse ../api\n")], gone),
        (&[("go.mod", &*two), ("go.sum", "\0")], vec!["go.sum that could not be read: go.sum".to_owned()]),
        // Any sum file of the workspace will do.
        (&[("go.work", work), ("api/go.mod", &*one), ("go.work.sum", "example.com/a v1.0.0 h1:x=\n")], Vec::new()),
        (
            &[
                ("go.work", "go 1.22\nuse (\n\t.\n\t./api\n)\n"),
                ("go.mod", "module example.com/app\ngo 1.22\ntoolchain go1.22.3\n"),
                ("go.sum", "example.com/a v1.0.0/go.mod h1:x=\n"),
                ("api/go.mod", &*one),
            ],
            Vec::new(),
        ),
        (&[("go.mod", &*forked), ("go.sum", "example.org/fork v1.0.1 h1:x=\n")], Vec::new()),
    ] {
        let folder = Folder::with(files);
        let gaps = collected(folder.path()).gaps.into_vec();
        let told: Vec<String> = gaps.iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect();
        assert_eq!(told, expected, "{files:?}");
    }
}
