//! The way out where the project forces versions already.

use gonogo::model::{WayOut, WayOutKind};
use gonogo::probe::files;
use gonogo::probe::packages;
use tokio_util::sync::CancellationToken;

use super::way_out::out;
use crate::support::probes::Folder;

/// The way out of `name` in a project of these files.
fn way(files: &[(&str, &str)], name: &str, to: &str) -> WayOut {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    assert_eq!(found.gaps.total(), 0, "{:?}", found.gaps);
    out(&found.locks[0], name, to, &found.manifests)
}

/// `mkdirp` needs `minimist`, and `package.json` says this besides.
fn npm(besides: &str) -> WayOut {
    let lock = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"mkdirp": "^0.5.1"}},
        "node_modules/mkdirp": {"version": "0.5.1", "dependencies": {"minimist": "0.0.8"}},
        "node_modules/minimist": {"version": "0.0.8"}}}"#;
    let manifest = format!(r#"{{"dependencies": {{"mkdirp": "^0.5.1"}}{besides}}}"#);
    way(&[("package-lock.json", lock), ("package.json", &manifest)], "minimist", "0.2.4")
}

#[test]
fn a_version_that_is_forced_is_changed_where_it_stands() {
    let forced = npm(r#", "overrides": {"minimist": "0.0.8"}"#);
    assert_eq!((forced.kind, forced.version.as_deref()), (WayOutKind::Override, Some("0.2.4")));
    assert_eq!(forced.commands, ["npm install"]);
    assert!(forced.words.starts_with("package.json forces the version of minimist (overrides)"), "{}", forced.words);
    assert_eq!(forced.lines, Some(("package.json".to_owned(), "\"minimist\": \"^0.2.4\"".to_owned())));
    // Neither is forced.
    let free = npm("");
    assert_eq!((free.kind, &*free.commands[0]), (WayOutKind::RaiseParent, "npm update mkdirp minimist"));
    assert_eq!(free.lines.unwrap().1, "\"overrides\": {\n    \"minimist\": \"^0.2.4\"\n}");
}

#[test]
fn nested_ones_are_written_as_they_stand() {
    let nested = npm(r#", "overrides": {"mkdirp@0.5": {"minimist": "0.0.8"}}"#);
    assert!(nested.words.contains("(overrides, below mkdirp@0.5)"), "{}", nested.words);
    let lines = "\"mkdirp@0.5\": {\n    \"minimist\": \"^0.2.4\"\n}";
    assert_eq!(nested.lines, Some(("package.json".to_owned(), lines.to_owned())));
    // With the versions that are replaced.
    let keyed = npm(r#", "overrides": {"minimist@<0.2": "0.0.8"}"#);
    assert_eq!(keyed.lines.unwrap().1, "\"minimist@<0.2\": \"^0.2.4\"");
    // The version of another entry.
    let followed = npm(r#", "overrides": {"minimist": "$args"}"#);
    assert!(followed.words.contains("(overrides) to what it asks for of args itself"), "{}", followed.words);
    assert_eq!(followed.lines.unwrap().1, "\"args\": \"^0.2.4\"");
}

#[test]
fn what_follows_an_entry_of_its_own_is_raised_there() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"minimist": "^0.0.8"}},
        "node_modules/minimist": {"version": "0.0.8"}}}"#;
    let manifest = r#"{"dependencies": {"minimist": "^0.0.8"}, "overrides": {"minimist": "$minimist"}}"#;
    let out = way(&[("package-lock.json", lock), ("package.json", manifest)], "minimist", "0.2.4");
    assert_eq!((out.kind, out.lines), (WayOutKind::RaiseItself, None));
    assert_eq!(out.commands, ["npm install \"minimist@^0.2.4\""]);
}

#[test]
fn lines_are_added_to_those_that_are_there() {
    let other = npm(r#", "overrides": {"semver": "7.5.2"}"#);
    assert_eq!(other.kind, WayOutKind::RaiseParent);
    assert!(
        other.words.contains("add what is below to what stands under overrides in package.json"),
        "{}",
        other.words
    );
    assert_eq!(other.lines, Some(("package.json".to_owned(), "\"minimist\": \"^0.2.4\"".to_owned())));
}

#[test]
fn yarns_resolutions_force_as_well() {
    let of = |besides: &str| {
        let lock = "# yarn lockfile v1\n\n\na@^1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    b \"^1.0.0\"\n\n\
            b@1.0.0, b@^1.0.0:\n  version \"1.0.0\"\n";
        let manifest = format!(r#"{{"dependencies": {{"a": "^1.0.0"}}, "resolutions": {{{besides}}}}}"#);
        way(&[("yarn.lock", lock), ("package.json", &manifest)], "b", "1.2.0")
    };
    let forced = of(r#""**/b": "1.0.0""#);
    assert_eq!((forced.kind, forced.commands), (WayOutKind::Override, vec!["yarn install".to_owned()]));
    assert!(forced.words.contains("(resolutions)"), "{}", forced.words);
    assert_eq!(of("").kind, WayOutKind::Renew);
}

#[test]
fn pnpm_says_in_its_lock_file_what_is_forced() {
    let of = |forced: &str, manifest: &str| {
        let lock = format!(
            "lockfileVersion: '9.0'\n\n{forced}importers:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        \
             version: 1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {{integrity: sha512-x}}\n\n  b@1.0.0:\n    resolution: \
             {{integrity: sha512-x}}\n\nsnapshots:\n\n  a@1.0.0:\n    dependencies:\n      b: 1.0.0\n\n  b@1.0.0: {{}}\n"
        );
        way(&[("pnpm-lock.yaml", &lock), ("package.json", manifest)], "b", "1.2.0")
    };
    let manifest = r#"{"dependencies": {"a": "^1.0.0"}}"#;
    let ours = of("overrides:\n  a>b: 1.0.0\n\n", manifest);
    assert_eq!((ours.kind, ours.commands), (WayOutKind::Override, vec!["pnpm install".to_owned()]));
    assert!(ours.words.starts_with("pnpm-workspace.yaml forces the version of b (overrides)"), "{}", ours.words);
    let others = of("overrides:\n  is@<3: ^3.0.0\n\n", manifest);
    assert!(others.words.contains("what stands under overrides in pnpm-workspace.yaml"), "{}", others.words);
    assert_eq!(others.lines.unwrap().1, "\"b@<1.2.0\": \"^1.2.0\"");
    // pnpm 9 and older.
    let old = r#"{"dependencies": {"a": "^1.0.0"}, "pnpm": {"overrides": {"a>b": "1.0.0"}}}"#;
    let old = of("overrides:\n  a>b: 1.0.0\n\n", old);
    assert!(old.words.starts_with("package.json forces the version of b (pnpm.overrides)"), "{}", old.words);
    let none = of("", manifest);
    assert!(none.lines.unwrap().1.starts_with("overrides:\n"));
}

#[test]
fn python_has_places_of_its_own() {
    let lock = "version = 1\nrevision = 2\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"shop\"\nversion = \"0.1\"\nsource = { virtual \
        = \".\" }\ndependencies = [{ name = \"a\" }]\n\n[package.metadata]\nrequires-dist = [{ name = \"a\", specifier = \
        \">=1\" }]\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.example.com/simple\" }\n\
        dependencies = [{ name = \"b\" }]\nsdist = { url = \"https://pypi.example.com/a.tar.gz\", hash = \"sha256:00\" }\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.example.com/simple\" }\nsdist = { \
        url = \"https://pypi.example.com/b.tar.gz\", hash = \"sha256:00\" }\n";
    let of = |besides: &str| {
        let manifest =
            format!("[project]\nname = \"shop\"\nversion = \"0.1\"\ndependencies = [\"a>=1\"]\n[tool.uv]\n{besides}\n");
        way(&[("uv.lock", lock), ("pyproject.toml", &manifest)], "b", "1.2")
    };
    let ours = of("override-dependencies = [\"b==1.0\"]");
    assert_eq!((ours.kind, ours.commands), (WayOutKind::Override, vec!["uv lock".to_owned()]));
    assert_eq!(ours.lines, Some(("pyproject.toml".to_owned(), "\"b>=1.2\"".to_owned())));
    let others = of("override-dependencies = [\"c==1.0\"]");
    assert_eq!((others.kind, others.lines.unwrap().1), (WayOutKind::RaiseParent, "\"b>=1.2\"".to_owned()));
    assert!(of("").lines.unwrap().1.starts_with("[tool.uv]\n"));
}
