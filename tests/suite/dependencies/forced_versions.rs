//! The way out where the project forces versions already.

use gonogo::model::{LinesCome, WayOut, WayOutKind, WayOutStep};
use gonogo::probe::files;
use gonogo::probe::packages;
use tokio_util::sync::CancellationToken;

use super::way_out::out;
use crate::support::probes::Folder;

/// The way out of `name` in a project of these files.
pub(super) fn way(files: &[(&str, &str)], name: &str, to: &str) -> WayOut {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    // An entry that was written after the lock file is told to be in no step with it.
    let others: Vec<_> = found.gaps.clone().into_vec();
    assert!(others.iter().all(|gap| gap.reason == packages::lock::reason::REFUSED), "{others:?}");
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
    assert!(forced.place.starts_with("inside overrides, in place of the entry with the same key"), "{}", forced.place);
    // Neither is forced.
    let free = npm("");
    assert_eq!((free.kind, &*free.commands[0]), (WayOutKind::RaiseParent, "npm update mkdirp minimist"));
    assert_eq!(free.lines.unwrap().1, "\"overrides\": {\n    \"minimist\": \"^0.2.4\"\n}");
}

#[test]
fn nested_ones_are_written_as_they_stand() {
    let nested = npm(r#", "overrides": {"mkdirp@0.5": {"minimist": "0.0.8", "x": "$y"}, "z@1": ""}"#);
    assert!(nested.words.contains("(overrides, below mkdirp@0.5)"), "{}", nested.words);
    assert!(nested.place.starts_with("inside overrides > mkdirp@0.5, in place of the entry"), "{}", nested.place);
    assert!(!nested.words.contains(&nested.place), "the step says it: {}", nested.words);
    assert_eq!(nested.lines, Some(("package.json".to_owned(), "\"minimist\": \"^0.2.4\"".to_owned())));
    // With the versions that are replaced.
    let keyed = npm(r#", "overrides": {"minimist@<0.2": "0.0.8"}"#);
    assert_eq!(keyed.lines.unwrap().1, "\"minimist@<0.2\": \"^0.2.4\"");
    // The nearer one decides.
    let both = npm(r#", "overrides": {"minimist@<0.1": "0.0.8", "mkdirp": {"minimist": "0.0.8"}, "z@1": ""}"#);
    assert_eq!(both.lines.unwrap().1, "\"minimist\": \"^0.2.4\"");
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
    assert!(other.words.contains("Force 0.2.4 or later under overrides in package.json."), "{}", other.words);
    assert_eq!(other.lines, Some(("package.json".to_owned(), "\"minimist\": \"^0.2.4\",".to_owned())));
    assert_eq!(other.place, "first inside overrides, beside what stands there");
    // It is there, and empty: a comma would be one too many.
    let empty = npm(r#", "overrides": {}"#);
    assert_eq!((&*empty.lines.unwrap().1, &*empty.place), ("\"minimist\": \"^0.2.4\"", &*other.place));
    let odd = npm(r#", "overrides": {"x": "git+https://git.example.com/x.git"}"#);
    assert_eq!(odd.place, "first inside overrides, beside what stands there");
    assert_eq!(odd.lines.unwrap().1, "\"minimist\": \"^0.2.4\",");
}

#[test]
fn what_is_forced_comes_after_what_may_help_without() {
    let out = npm(r#", "overrides": {"semver": "7.5.2"}"#);
    assert_eq!(out.lines_come, LinesCome::IfCommandsDoNotHelp);
    let told: Vec<String> = out.steps().iter().map(WayOutStep::words).collect();
    let place = "In package.json, first inside overrides, beside what stands there:";
    assert_eq!(told, [&*out.commands[0], &out.commands[1], WayOut::OR, place, "npm install"]);
    // An entry that decides is changed before anything is typed.
    let forced = npm(r#", "overrides": {"minimist": "0.0.8"}"#);
    let told: Vec<String> = forced.steps().iter().map(WayOutStep::words).collect();
    assert_eq!((forced.lines_come, told.len(), &*told[1]), (LinesCome::First, 2, "npm install"));
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
    for ours in ["a/b", "a/**/b", "b"] {
        assert_eq!(of(&format!(r#""{ours}": "1.0.0""#)).kind, WayOutKind::Override, "{ours}");
    }
    for not_ours in ["c/b", "c/**/b", "**/c/b", "b@^1.0.0", "@s/b"] {
        assert_ne!(of(&format!(r#""{not_ours}": "1.0.0""#)).kind, WayOutKind::Override, "{not_ours}");
    }
    assert_eq!(of("").kind, WayOutKind::Renew);
}

/// Yarn 1.22.22 on express 4.17.1, which needs qs itself and through body-parser: with `"express/qs": "^6.7.3"` alone the other
/// one came back, with `"qs": "^6.7.3"` both were mended at once.
#[test]
fn an_entry_along_a_path_of_yarn_1_is_written_for_everybody() {
    let entry = |key: &str, version: &str, needs: &str| format!("{key}:\n  version \"{version}\"\n{needs}\n");
    let needs = "  dependencies:\n    b \"1.0.0\"\n";
    let begin = "# yarn lockfile v1\n\n\n";
    let ends = entry("x@1.0.0", "1.0.0", needs) + &entry("y@1.0.0", "1.0.0", needs);
    let of = |lock: &str, besides: &str| {
        let manifest =
            format!("{{\"dependencies\": {{\"x\": \"1.0.0\", \"y\": \"1.0.0\"}},\n\"resolutions\": {{\n{besides}}}}}");
        let out = way(&[("yarn.lock", lock), ("package.json", &manifest)], "b", "1.2.0");
        (out.lines.map(|(_, text)| text).unwrap_or_default(), out.place, out.commands)
    };
    let one = format!("{begin}{}{ends}", entry("b@0.9.0, b@1.0.0", "0.9.0", ""));
    let install = vec!["yarn install".to_owned()];
    let plain = |place: &str| {
        let place = format!("inside resolutions, in place of {place}; keep the comma behind it");
        ("\"b\": \"^1.2.0\"".to_owned(), place, install.clone())
    };
    assert_eq!(of(&one, "\"x/b\": \"0.9.0\""), plain("the entry in line 3"));
    assert_eq!(of(&one, "\"**/x/b\": \"0.9.0\",\n\"q/b\": \"0.9.0\""), plain("the entries in lines 3, 4"));
    // For everybody already.
    assert_eq!(of(&one, "\"**/b\": \"0.9.0\"").0, "\"**/b\": \"^1.2.0\"");
    // Others rightly have another version.
    let two = format!("{begin}{}{}{}", entry("b@0.9.0", "0.9.0", ""), entry("b@^2.0.0", "2.0.0", ""), ends);
    let two = two.replace(
        "y@1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    b \"1.0.0\"",
        "y@1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    b \"^2.0.0\"",
    );
    let two = two.replace("b@0.9.0:", "b@0.9.0, b@1.0.0:");
    assert_eq!(of(&two, "\"x/b\": \"0.9.0\"").0, "\"x/b\": \"^1.2.0\"");
    // Nothing needs it but the entry.
    let left = format!("{begin}{}{}{ends}", entry("b@0.9.0", "0.9.0", ""), entry("b@1.0.0", "1.2.0", ""));
    assert_eq!(of(&left, "\"q/b\": \"0.9.0\"").0, "\"q/b\": \"^1.2.0\"");
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
    assert_eq!(ours.lines.unwrap().1, "  \"a>b\": \"^1.2.0\"");
    let others = of("overrides:\n  is@<3: ^3.0.0\n\n", manifest);
    assert!(others.words.contains("under overrides in pnpm-workspace.yaml"), "{}", others.words);
    assert_eq!(others.lines.unwrap().1, "  \"b@<1.2.0\": \"^1.2.0\"");
    // Below another package, of another one's, of versions that did not arrive.
    for not_ours in ["c>b: 1.0.0", "a@2>b: 1.0.0", "b: 1.1.0", "b: '-'", "b@^2: ^2.0.0"] {
        let out = of(&format!("overrides:\n  {not_ours}\n\n"), manifest);
        assert!(!out.words.contains("forces the version of b"), "{not_ours}: {}", out.words);
    }
    // It lets the fix in.
    let wide = of("overrides:\n  a>b: ^1.0.0\n\n", manifest);
    assert_eq!((wide.kind, wide.commands), (WayOutKind::Renew, vec!["pnpm update b".to_owned()]));
    // pnpm 9 and older.
    let old = r#"{"dependencies": {"a": "^1.0.0"}, "pnpm": {"overrides": {"a>b": "1.0.0"}}}"#;
    let old = of("overrides:\n  a>b: 1.0.0\n\n", old);
    assert!(old.words.starts_with("package.json forces the version of b (pnpm.overrides)"), "{}", old.words);
    assert_eq!(old.lines.unwrap().1, "\"a>b\": \"^1.2.0\"");
    assert!(old.place.starts_with("inside pnpm.overrides, in place of the entry"), "{}", old.place);
    let none = of("", manifest);
    assert!(none.lines.unwrap().1.starts_with("overrides:\n"));
    // What is pasted at the top of package.json would do nothing, or end what `pnpm` says there.
    let beside = of(
        "overrides:\n  is: 3.0.0\n\n",
        r#"{"dependencies": {"a": "^1.0.0"}, "pnpm": {"onlyBuiltDependencies": ["a"], "overrides": {"is": "3.0.0"}}}"#,
    );
    assert_eq!(beside.lines.unwrap().1, "\"b@<1.2.0\": \"^1.2.0\",");
    assert_eq!(beside.place, "first inside pnpm.overrides, beside what stands there");
    let old = |pnpm: &str| {
        let manifest = format!(r#"{{"dependencies": {{"a": "^1.0.0"}}, "packageManager": "pnpm@9.1.0"{pnpm}}}"#);
        let out = of("", &manifest);
        (out.lines.unwrap().1, out.place)
    };
    let whole = "\"pnpm\": {\n    \"overrides\": {\n        \"b@<1.2.0\": \"^1.2.0\"\n    }\n}";
    assert_eq!(old(""), (whole.to_owned(), String::new()));
    let inner = "\"overrides\": {\n    \"b@<1.2.0\": \"^1.2.0\"\n},";
    let place = "first inside pnpm, beside what stands there";
    assert_eq!(old(r#", "pnpm": {"onlyBuiltDependencies": ["a"]}"#), (inner.to_owned(), place.to_owned()));
    // Nothing follows there: a comma would be one too many.
    assert_eq!(old(r#", "pnpm": {}"#), (inner.trim_end_matches(',').to_owned(), place.to_owned()));
}

#[test]
fn what_pnpms_workspace_forces_is_read_there() {
    let lock = |says: &str| {
        format!(
            "lockfileVersion: '9.0'\n\noverrides:\n  b: {says}\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: \
             ^1.0.0\n        version: 1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {{integrity: sha512-x}}\n\n  b@1.0.0:\n    \
             resolution: {{integrity: sha512-x}}\n\nsnapshots:\n\n  a@1.0.0:\n    dependencies:\n      b: 1.0.0\n\n  b@1.0.0: {{}}\n"
        )
    };
    let of = |manifest: &str, workspace: &str| {
        let folder = Folder::with(&[
            ("pnpm-lock.yaml", &*lock("1.0.0")),
            ("package.json", manifest),
            ("pnpm-workspace.yaml", workspace),
        ]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        out(&found.locks[0], "b", "1.2.0", &found.manifests)
    };
    // The lock file says what `$c` came to; whoever writes a version over it loses the reference.
    let follows = of(r#"{"dependencies": {"a": "^1.0.0", "c": "1.0.0"}}"#, "overrides:\n  b: $c\n");
    let words = "pnpm-workspace.yaml forces the version of b (overrides) to what package.json asks for of c itself";
    assert!(follows.words.starts_with(words), "{}", follows.words);
    assert_eq!(follows.lines, Some(("package.json".to_owned(), "\"c\": \"^1.2.0\"".to_owned())));
    // pnpm 10 reads package.json before it, pnpm 11 and later does not read package.json.
    let both = |manager: &str| {
        let manifest = format!(
            r#"{{"dependencies": {{"a": "^1.0.0"}}, "packageManager": "pnpm@{manager}", "pnpm": {{"overrides": {{"b": "1.0.0"}}}}}}"#
        );
        let out = of(&manifest, "packages: []\noverrides:\n  b: 1.0.0\n");
        (out.lines.unwrap(), out.place)
    };
    let (lines, place) = both("10.1.0");
    assert_eq!((&*lines.0, place.starts_with("inside pnpm.overrides, ")), ("package.json", true), "{place}");
    let (lines, place) = both("11.0.0");
    assert_eq!((&*lines.0, place.starts_with("inside overrides, ")), ("pnpm-workspace.yaml", true), "{place}");
    assert_eq!(lines.1, "  \"b\": \"^1.2.0\"");
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
    assert_eq!(ours.place, "inside tool.uv.override-dependencies, in place of \"b==1.0\"");
    let marked = of("override-dependencies = [\"b==1.0; python_version < '3.9'\", \"c\"]");
    assert_eq!(marked.lines.unwrap().1, "\"b>=1.2 ; python_version < '3.9'\"");
    assert!(marked.place.ends_with("in place of \"b==1.0; python_version < '3.9'\""), "{}", marked.place);
    let others = of("override-dependencies = [\"c==1.0\"]");
    assert_eq!((others.kind, &*others.lines.unwrap().1), (WayOutKind::RaiseParent, "\"b>=1.2\","));
    assert_eq!(others.place, "first inside tool.uv.override-dependencies, beside what stands there");
    // Another version than the one that arrived.
    assert_eq!(of("override-dependencies = [\"b==0.9\"]").kind, WayOutKind::RaiseParent);
    // A second heading of the same name is no TOML.
    let none = of("");
    assert_eq!(none.lines.unwrap().1, "override-dependencies = [\"b>=1.2\"]");
    assert_eq!(none.place, "first inside [tool.uv], beside what stands there");
}

#[test]
fn an_entry_that_chooses_something_else_is_not_the_one() {
    for besides in [
        r#", "overrides": {"minimist@^1": "1.2.0"}"#,
        r#", "overrides": {"express": {"minimist": "0.0.8"}}"#,
        r#", "overrides": {"mkdirp@^1": {"minimist": "0.0.8"}}"#,
        // What arrived is none of its versions.
        r#", "overrides": {"minimist": "0.0.7"}"#,
        r#", "overrides": {"minimist": "npm:@s/other@1"}"#,
        // npm does not read Yarn's.
        r#", "resolutions": {"minimist": "0.0.8"}"#,
    ] {
        let out = npm(besides);
        assert_eq!(out.kind, WayOutKind::RaiseParent, "{besides}: {}", out.words);
        assert!(!out.words.contains("forces the version of minimist"), "{}", out.words);
    }
}

#[test]
fn an_entry_that_lets_the_fix_in_needs_no_change() {
    let wide = npm(r#", "overrides": {"minimist": "0.0.8 || ^0.2.0"}"#);
    assert_eq!((wide.kind, wide.commands), (WayOutKind::Renew, vec!["npm update minimist".to_owned()]));
    let new = npm(r#", "overrides": {"minimist": "^0.2.0"}"#);
    assert_eq!((new.kind, new.commands), (WayOutKind::Renew, vec!["npm install".to_owned()]));
    assert!(new.words.contains("forces minimist to ^0.2.0 (overrides), which lets 0.2.4 in"), "{}", new.words);
}

/// `x` brings `mkdirp` in, which needs `minimist`; `package.json` says this besides.
fn deep(needs: &str, besides: &str) -> WayOut {
    let lock = format!(
        r#"{{"lockfileVersion": 3, "packages": {{
        "": {{"dependencies": {{"x": "^1.0.0", "y": "^1.0.0"}}}},
        "node_modules/x": {{"version": "1.0.0", "dependencies": {{"mkdirp": "^0.5.0"}}}},
        "node_modules/y": {{"version": "1.0.0"{needs}}},
        "node_modules/mkdirp": {{"version": "0.5.1", "dependencies": {{"minimist": "0.0.8"}}}},
        "node_modules/minimist": {{"version": "0.0.8"}}}}}}"#
    );
    let manifest = format!(r#"{{"dependencies": {{"x": "^1.0.0", "y": "^1.0.0"}}{besides}}}"#);
    way(&[("package-lock.json", &lock), ("package.json", &manifest)], "minimist", "0.2.4")
}

#[test]
fn what_is_forced_in_the_middle_is_not_raised_from_above() {
    let forced = deep("", r#", "overrides": {"mkdirp": "0.5.1"}"#);
    assert_eq!((forced.kind, &*forced.commands.concat()), (WayOutKind::Override, "npm install"), "{forced:?}");
    assert_eq!(forced.lines_come, LinesCome::First, "nothing else is to be tried before");
    let words = "package.json forces mkdirp 0.5.1 (overrides), so raising what brings it in does not change it: write a version there \
                 that takes minimist 0.2.4, then install.";
    assert!(forced.words.contains(words), "{}", forced.words);
    // Renewing within what is forced may help, and so does raising another way in.
    let wide = deep(r#", "dependencies": {"minimist": "0.0.8"}"#, r#", "overrides": {"mkdirp": "^0.5.1"}"#);
    assert_eq!(wide.kind, WayOutKind::RaiseParent);
    assert_eq!(wide.commands, ["npm update mkdirp y minimist", "npm install y@latest"]);
    assert!(wide.words.contains("package.json forces mkdirp 0.5.1"), "{}", wide.words);
    // Below something else only.
    let other = deep("", r#", "overrides": {"z": {"mkdirp": "0.5.1"}}"#);
    assert_eq!(other.commands, ["npm update mkdirp minimist", "npm install x@latest"]);
}

#[test]
fn what_follows_an_entry_of_its_own_below_another_package_keeps_no_second_copy() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"b": "^1.0.0", "x": "^1.0.0"}},
        "node_modules/x": {"version": "1.0.0", "dependencies": {"b": "^1.0.0"}},
        "node_modules/b": {"version": "1.0.0"}}}"#;
    let of = |overrides: &str| {
        let manifest = format!(r#"{{"dependencies": {{"b": "^1.0.0", "x": "^1.0.0"}}, "overrides": {overrides}}}"#);
        way(&[("package-lock.json", lock), ("package.json", &manifest)], "b", "2.0.0")
    };
    let followed = of(r#"{"x": {"b": "$b"}}"#);
    assert_eq!((followed.kind, &*followed.commands.join("; ")), (WayOutKind::RaiseItself, "npm install \"b@^2.0.0\""));
    assert!(!followed.words.contains("second copy"), "{}", followed.words);
    assert!(of("{}").words.contains("A second copy stays under x 1.0.0"));
    // The entry of another package is kept where one is added to it.
    let added = of(r#"{"x": {"c": "1.0.0"}}"#);
    let lines = "\"overrides\": {\n    \"x\": {\n        \"c\": \"1.0.0\",\n        \"b\": \"^2.0.0\"\n    }\n}";
    assert_eq!(added.lines.unwrap().1, lines);
}

#[test]
fn what_is_forced_and_asked_for_is_raised_where_it_is_asked_for() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"b": "1.0.0"}}, "node_modules/b": {"version": "1.0.0"}}}"#;
    let manifest = r#"{"dependencies": {"b": "1.0.0"}, "overrides": {"b": "1.0.0"}}"#;
    let out = way(&[("package-lock.json", lock), ("package.json", manifest)], "b", "1.2.0");
    // npm refuses two texts for one package.
    assert_eq!(out.commands, ["npm install --save-exact b@1.2.0"]);
    assert_eq!(out.lines.unwrap().1, "\"b\": \"$b\"");
    assert!(out.words.contains("write \"$b\" there, then ask for 1.2.0 with the command"), "{}", out.words);
}

#[test]
fn who_gets_it_past_the_entry_is_said() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"x": "^1.0.0", "y": "^1.0.0"}},
        "node_modules/x": {"version": "1.0.0", "dependencies": {"b": "^1.0.0"}},
        "node_modules/y": {"version": "1.0.0", "dependencies": {"b": "1.0.0"}},
        "node_modules/b": {"version": "1.0.0"}}}"#;
    let manifest = r#"{"dependencies": {"x": "^1.0.0", "y": "^1.0.0"}, "overrides": {"x": {"b": "1.0.0"}}}"#;
    let out = way(&[("package-lock.json", lock), ("package.json", manifest)], "b", "1.2.0");
    assert_eq!(out.commands, ["npm install", "npm update y b"]);
    let words = "y 1.0.0 gets it past that entry: renew or raise that as well. y 1.0.0 takes only 1.0.0.";
    assert!(out.words.contains(words), "{}", out.words);
    // Entries of several tables are written together, with all that stands beside them.
    let manifest = r#"{"dependencies": {"x": "^1.0.0", "y": "^1.0.0"}, "overrides": {"x": {"b": "1.0.0"}, "y": {"b": "1.0.0"}, "z": "3.0.0"}}"#;
    let out = way(&[("package-lock.json", lock), ("package.json", manifest)], "b", "1.2.0");
    let lines = "\"overrides\": {\n    \"z\": \"3.0.0\",\n    \"x\": {\n        \"b\": \"^1.2.0\"\n    },\n    \"y\": {\n        \
                 \"b\": \"^1.2.0\"\n    }\n}";
    let sorted = |text: &str| {
        text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(sorted(&out.lines.unwrap().1), sorted(lines));
    assert_eq!(out.place, "in place of all of overrides, whose other entries are kept in it");
}

#[test]
fn a_key_of_yarn_2_chooses_by_the_same_text() {
    let entry = |key: &str, version: &str, needs: &str| {
        let name = key.split('@').next().unwrap();
        let needs = if needs.is_empty() { String::new() } else { format!("  dependencies:\n{needs}") };
        format!(
            "\"{key}\":\n  version: {version}\n  resolution: \"{name}@npm:{version}\"\n{needs}  languageName: node\n  linkType: hard\n\n"
        )
    };
    let lock = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n".to_owned()
        + &entry("b@npm:1.0.0", "1.0.0", "")
        + "\"shop@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  dependencies:\n    x: \"npm:^1.0.0\"\n    \
           y: \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n\n"
        + &entry("x@npm:^1.0.0", "1.0.0", "    b: \"npm:^1.0.0\"\n")
        + &entry("y@npm:^1.0.0", "1.0.0", "    b: \"npm:1.0.0\"\n");
    let of = |key: &str| {
        let manifest = format!(
            r#"{{"name": "shop", "dependencies": {{"x": "^1.0.0", "y": "^1.0.0"}}, "resolutions": {{"{key}": "1.0.0"}}}}"#
        );
        way(&[("yarn.lock", &lock), ("package.json", &manifest)], "b", "1.2.0")
    };
    for key in ["b@npm:^1.0.0", "b@^1.0.0", "x/b"] {
        let out = of(key);
        assert_eq!(
            (out.kind, out.commands),
            (WayOutKind::Override, vec!["yarn install".into(), "yarn up -R y b".to_owned()])
        );
        assert!(out.words.contains("y 1.0.0 gets it past that entry"), "{key}: {}", out.words);
    }
    assert_eq!(of("b").commands, ["yarn install"]);
}

#[test]
fn who_gets_it_through_another_forced_package_is_not_told_to_renew_that() {
    let lock = "lockfileVersion: '9.0'\n\noverrides:\n  a>b: 1.0.0\n  c>d: 1.0.0\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        \
        specifier: ^1.0.0\n        version: 1.0.0\n      c:\n        specifier: ^1.0.0\n        version: 1.0.0\n\npackages:\n\n  \
        a@1.0.0:\n    resolution: {integrity: sha512-x}\n\n  b@1.0.0:\n    resolution: {integrity: sha512-x}\n\n  c@1.0.0:\n    \
        resolution: {integrity: sha512-x}\n\n  d@1.0.0:\n    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  a@1.0.0:\n    \
        dependencies:\n      b: 1.0.0\n\n  b@1.0.0: {}\n\n  c@1.0.0:\n    dependencies:\n      d: 1.0.0\n\n  d@1.0.0:\n    \
        dependencies:\n      b: 1.0.0\n";
    let manifest = r#"{"dependencies": {"a": "^1.0.0", "c": "^1.0.0"}}"#;
    let out = way(&[("pnpm-lock.yaml", lock), ("package.json", manifest)], "b", "1.2.0");
    assert_eq!((out.kind, out.commands), (WayOutKind::Override, vec!["pnpm install".to_owned()]));
    assert!(out.words.contains("d 1.0.0 gets it past that entry"), "{}", out.words);
    assert!(
        out.words.contains("pnpm-workspace.yaml forces d 1.0.0 (overrides), so raising what brings it in"),
        "{}",
        out.words
    );
}

#[test]
fn what_pnpms_manifest_lets_follow_an_entry_of_its_own_is_raised_with_that() {
    let lock = "lockfileVersion: '9.0'\n\noverrides:\n  b: ^1.0.0\n\nimporters:\n\n  .:\n    dependencies:\n      b:\n        specifier: ^1.0.0\n        \
        version: 1.0.0\n\npackages:\n\n  b@1.0.0:\n    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  b@1.0.0: {}\n";
    let of = |says: &str| {
        let manifest = format!(r#"{{"dependencies": {{"b": "^1.0.0"}}, "pnpm": {{"overrides": {{"b": "{says}"}}}}}}"#);
        way(&[("pnpm-lock.yaml", lock), ("package.json", &manifest)], "b", "2.0.0").kind
    };
    assert_eq!((of("$b"), of("^1.0.0")), (WayOutKind::RaiseItself, WayOutKind::Override));
}
