//! npm, Yarn, pnpm and Bun.

use super::*;

#[test]
fn a_range_that_allows_the_fix_needs_a_new_lock_file_only() {
    assert_renewed(&[
        (Manager::Npm, "package-lock.json", "^1.0.0", &["npm update a"]),
        (Manager::YarnClassic, "yarn.lock", "^1.0.0", &["yarn upgrade a"]),
        (Manager::YarnBerry, "yarn.lock", "^1.0.0", &["yarn up -R a"]),
        (Manager::Pnpm, "pnpm-lock.yaml", "^1.0.0", &["pnpm update a"]),
        (Manager::Bun, "bun.lock", "^1.0.0", &["bun update a"]),
    ]);
}

#[test]
fn a_range_that_does_not_is_raised_where_it_stands() {
    let dev = Scope::Development;
    assert_raised(&[
        (
            Manager::Npm,
            "package.json",
            "package-lock.json",
            "^1.0.0",
            Scope::Production,
            "npm install \"a@^2.1.0\"",
            None,
        ),
        (
            Manager::Npm,
            "package.json",
            "package-lock.json",
            "1.0.0",
            dev,
            "npm install --save-dev --save-exact a@2.1.0",
            None,
        ),
        (
            Manager::Npm,
            "apps/web/package.json",
            "package-lock.json",
            "^1.0.0",
            dev,
            "npm install -w apps/web --save-dev \"a@^2.1.0\"",
            None,
        ),
        (Manager::YarnClassic, "package.json", "yarn.lock", "^1.0.0", dev, "yarn upgrade \"a@^2.1.0\"", None),
        (Manager::YarnBerry, "apps/web/package.json", "yarn.lock", "^1.0.0", dev, "yarn up \"a@^2.1.0\"", None),
        (
            Manager::Pnpm,
            "apps/web/package.json",
            "pnpm-lock.yaml",
            "^1.0.0",
            dev,
            "pnpm --filter ./apps/web update \"a@^2.1.0\"",
            None,
        ),
        (Manager::Pnpm, "package.json", "pnpm-lock.yaml", "catalog:", dev, "pnpm install", Some("\"a\": \"^2.1.0\"")),
        (Manager::Bun, "package.json", "bun.lock", "^1.0.0", dev, "bun add --dev \"a@^2.1.0\"", None),
    ]);
    // An alias stays one.
    let mut builder = Builder::new(Manager::Npm, "3");
    builder.add("x", Draft::new("real", "1.0.0", 1));
    builder.wants("package.json", "alias", "npm:real@^1.0.0", Scope::Production, "x");
    let way = out(&builder.finish("package-lock.json").lock, "real", "2.1.0", &BTreeMap::new());
    assert_eq!(way.commands, ["npm install \"alias@npm:real@^2.1.0\""]);
}

#[test]
fn what_another_package_brings_in_goes_with_what_that_one_takes() {
    let of = |manager, path: &str, needs: &str, to: &str| {
        let lock = lock(manager, "package.json", path, "^1.0.0", Scope::Production, needs);
        out(&lock, "b", to, &BTreeMap::new())
    };
    let allowed = of(Manager::Npm, "package-lock.json", "^1.0.0", "1.2.0");
    assert_eq!((allowed.kind, &*allowed.commands.join("; ")), (WayOutKind::Renew, "npm update b"));
    // Yarn 1 does nothing for what package.json does not name.
    let classic = of(Manager::YarnClassic, "yarn.lock", "^1.0.0", "1.2.0");
    assert_eq!((classic.kind, &*classic.commands.join("; ")), (WayOutKind::Renew, "yarn install"));
    assert!(classic.words.contains("delete the entry of b in yarn.lock (line 7)"), "{}", classic.words);
    // Not said by the lock file: what is likely is to be typed, what is sure stands behind it.
    let unsaid = of(Manager::Npm, "package-lock.json", "", "1.2.0");
    assert_eq!(unsaid.kind, WayOutKind::RaiseParent);
    assert_eq!(unsaid.commands, ["npm update b"]);
    assert!(unsaid.words.contains("raise what brings it in (npm install a@latest)"), "{}", unsaid.words);
    assert!(unsaid.words.contains("b comes in through a 1.0.0"), "{}", unsaid.words);
    let major = of(Manager::Npm, "package-lock.json", "", "2.0.0");
    assert_eq!(major.commands, ["npm install a@latest"]);
    // The direct dependency refuses it: raise that, and force it where no release helps.
    let refused = of(Manager::Npm, "package-lock.json", "1.0.0", "1.2.0");
    assert_eq!(
        (refused.kind, &*refused.commands.join("; ")),
        (WayOutKind::RaiseParent, "npm update a b; npm install a@latest")
    );
    assert!(refused.words.contains("a 1.0.0 takes only 1.0.0"), "{}", refused.words);
    assert_eq!(refused.lines, Some(("package.json".into(), "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}".into())));
}

#[test]
fn what_a_deep_package_pins_is_forced() {
    assert_forced(&[
        (
            Manager::Npm,
            "package-lock.json",
            false,
            "package.json",
            "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}",
            "npm update deep b",
        ),
        (
            Manager::Npm,
            "package-lock.json",
            true,
            "package.json",
            "\"overrides\": {\n    \"b@<1.2.0\": \"^1.2.0\"\n}",
            "npm update deep b",
        ),
        (
            Manager::YarnBerry,
            "yarn.lock",
            false,
            "package.json",
            "\"resolutions\": {\n    \"b\": \"^1.2.0\"\n}",
            "yarn up -R deep b",
        ),
        (
            Manager::YarnClassic,
            "yarn.lock",
            true,
            "package.json",
            "\"resolutions\": {\n    \"**/deep/b\": \"^1.2.0\"\n}",
            "yarn upgrade --latest a",
        ),
        (
            Manager::Pnpm,
            "pnpm-lock.yaml",
            false,
            "pnpm-workspace.yaml",
            "overrides:\n  \"b@<1.2.0\": \"^1.2.0\"",
            "pnpm update deep b",
        ),
        (
            Manager::Bun,
            "bun.lock",
            false,
            "package.json",
            "\"overrides\": {\n    \"b\": \"^1.2.0\"\n}",
            "bun update deep b",
        ),
    ]);
}

#[test]
fn what_production_imports_is_moved_to_what_production_installs() {
    let manifests = manifests("package.json", vec![declared("a", "^1.0.0", Scope::Development, 12)]);
    for (manager, path, command, word) in [
        (Manager::Npm, "package-lock.json", "npm install --save-prod \"a@^2.1.0\"", "the command moves it from devDep"),
        (Manager::Pnpm, "pnpm-lock.yaml", "pnpm add --save-prod \"a@^2.1.0\"", "the command moves it from devDep"),
        (Manager::Bun, "bun.lock", "bun add --dev \"a@^2.1.0\"", "move it to what production installs as well"),
    ] {
        let lock = lock(manager, "package.json", path, "^1.0.0", Scope::Development, "");
        let of = |imported| out_where(&lock, "a", "2.1.0", &manifests, &Fixes::new(), imported);
        let moved = of(true);
        assert_eq!(moved.commands, [command], "{manager}");
        assert!(moved.words.contains(word), "{}", moved.words);
        let left = of(false);
        assert!(!left.commands[0].contains("--save-prod") && !left.words.contains("imports it"), "{left:?}");
    }
}

#[test]
fn it_is_moved_where_the_range_allows_the_fix_as_well() {
    let manifests = manifests("package.json", vec![declared("a", "^1.0.0", Scope::Development, 12)]);
    for (manager, path, moved, left) in [
        (Manager::Npm, "package-lock.json", "npm install --save-prod \"a@^1.2.0\"", "npm update a"),
        (Manager::Pnpm, "pnpm-lock.yaml", "pnpm add --save-prod \"a@^1.2.0\"", "pnpm update a"),
        (Manager::Bun, "bun.lock", "bun update a", "bun update a"),
    ] {
        let lock = lock(manager, "package.json", path, "^1.0.0", Scope::Development, "");
        let of = |imported| out_where(&lock, "a", "1.2.0", &manifests, &Fixes::new(), imported);
        let out = of(true);
        assert_eq!((out.kind, &*out.commands.join("; ")), (WayOutKind::Renew, moved), "{manager}");
        assert!(out.words.contains("Production code imports it"), "{}", out.words);
        let out = of(false);
        assert_eq!(out.commands, [left], "{manager}");
        assert!(!out.words.contains("imports it"), "{}", out.words);
    }
}

#[test]
fn of_several_entries_on_one_line_the_one_that_is_meant_counts() {
    let both = vec![declared("z", "1.0.0", Scope::Production, 1), declared("a", "^1.0.0", Scope::Production, 1)];
    let lock = lock(Manager::Npm, "package.json", "package-lock.json", "^1.0.0", Scope::Production, "");
    let way = out(&lock, "a", "2.1.0", &manifests("package.json", both));
    assert_eq!(way.commands, ["npm install \"a@^2.1.0\""]);
}
