//! What manifests ask for and lock files do not hold, and what nobody reads.

use gonogo::probe::files;
use gonogo::probe::packages::{Origin, collect};
use tokio_util::sync::CancellationToken;

use crate::support::probes::Folder;

type Files<'a> = &'a [(&'a str, &'a str)];

/// What was passed over of what is deployed: `reason: examples`.
fn told(files: Files<'_>) -> Vec<String> {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    let gaps = collect(&files::list(folder.path(), &[], &cancel), &cancel).gaps.into_vec();
    gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
}

fn missing(names: &str) -> Vec<String> {
    vec![format!("package that is asked for but missing from the lock file: {names}")]
}

fn absent(names: &str) -> Vec<String> {
    vec![format!("package from a folder that is not among the project's files, so it was not examined: {names}")]
}

/// Each lock file holds `a`; the manifest asks for `a`, and in a later state for `evil` as well.
const STALE: &[(&str, &str, &str, &str, &str)] = &[
    (
        "package.json",
        r#"{"dependencies": {"a": "^1"}, "peerDependencies": {"p": "*"}, "optionalDependencies": {"o": "1"}}"#,
        r#"{"dependencies": {"a": "^1", "evil": "^1"}}"#,
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.0.0"}}}"#,
    ),
    (
        "package.json",
        r#"{"dependencies": {"a": "^1"}}"#,
        r#"{"dependencies": {"a": "^1", "evil": "^1"}}"#,
        "yarn.lock",
        "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  linkType: hard\n\n\
         \"x@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"x@workspace:.\"\n  dependencies:\n    a: \"npm:^1\"\n  \
         linkType: soft\n",
    ),
    (
        "package.json",
        r#"{"dependencies": {"a": "^1"}}"#,
        r#"{"dependencies": {"a": "^1", "evil": "^1"}}"#,
        "yarn.lock",
        "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/a/-/a-1.0.0.tgz#00\"\n",
    ),
    (
        "package.json",
        r#"{"dependencies": {"a": "^1"}}"#,
        r#"{"dependencies": {"a": "^1", "evil": "^1"}}"#,
        "bun.lock",
        r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "x", "dependencies": {"a": "^1"}}},
            "packages": {"a": ["a@1.0.0", "", {}, "sha512-x"]}}"#,
    ),
    (
        "pyproject.toml",
        "[tool.poetry.dependencies]\npython = \"^3.10\"\nA = \"^1\"\nw = { version = \"1\", platform = \"win32\" }\n",
        "[tool.poetry.dependencies]\nA = \"^1\"\nevil = \"^1\"\n",
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n[package.dependencies]\nw = {version = \"1\", markers = \"x\"}\n\
         [metadata]\nlock-version = \"2.0\"\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"x\"\ndependencies = [\"a>=1\", \"w; sys_platform == 'win32'\"]\n",
        "[project]\nname = \"x\"\ndependencies = [\"a>=1\", \"evil\"]\n",
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = { registry = \"https://r.example.com\" }\n\
         [[package]]\nname = \"x\"\nversion = \"0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n",
    ),
    (
        "Pipfile",
        "[packages]\na = \"*\"\n[packages.w]\nversion = \"*\"\nsys_platform = \"== 'win32'\"\n",
        "[packages]\na = \"*\"\nevil = \"*\"\n",
        "Pipfile.lock",
        r#"{"_meta": {"pipfile-spec": 6}, "default": {"a": {"version": "==1.0.0", "index": "pypi"}}, "develop": {}}"#,
    ),
    (
        "composer.json",
        r#"{"require": {"php": ">=8", "ext-json": "*", "a/a": "^1"}, "require-dev": {"roave/security-advisories": "dev-latest"}}"#,
        r#"{"require": {"a/a": "^1", "evil/evil": "^1"}}"#,
        "composer.lock",
        r#"{"packages": [{"name": "a/a", "version": "1.0.0"}], "packages-dev": []}"#,
    ),
    (
        "Gemfile",
        "gem \"a\"\ngem \"tzinfo-data\", platforms: [:mingw]\nplatforms :jruby do\n  gem \"j\"\nend\ngem \"i\" if ENV[\"I\"]\n",
        "gem \"a\"\ngroup :test do\n  gem \"evil\"\nend\n",
        "Gemfile.lock",
        "GEM\n  remote: https://gems.example.com/\n  specs:\n    a (1.0.0)\n\nDEPENDENCIES\n  a\n  tzinfo-data\n",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"x\"\n[dependencies]\nb = { package = \"a\", version = \"1\" }\n",
        "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\n[target.'cfg(windows)'.dependencies]\nevil = \"1\"\n",
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \
         \"registry+https://github.com/rust-lang/crates.io-index\"\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n\
         dependencies = [\"a\"]\n",
    ),
    (
        "build.gradle",
        "dependencies {\n implementation 'g:a:1.0'\n}\n",
        "dependencies {\n implementation 'g:a:1.0'\n implementation 'evil:evil:1'\n}\n",
        "gradle.lockfile",
        "g:a:1.0=runtimeClasspath\nempty=\n",
    ),
];

#[test]
fn a_lock_file_older_than_its_manifest_is_not_whole() {
    for (manifest, now, later, lock, text) in STALE {
        let nothing: [String; 0] = [];
        assert_eq!(told(&[(manifest, now), (lock, text)]), nothing, "{lock}");
        let evil = match *manifest {
            "build.gradle" => "evil:evil",
            "composer.json" => "evil/evil",
            _ => "evil",
        };
        assert_eq!(told(&[(manifest, later), (lock, text)]), missing(evil), "{lock}");
    }
}

/// What is asked for at an address belongs into a lock file as well, and counts as missing only where it is not there.
#[test]
fn a_package_from_elsewhere_is_missing_like_any_other() {
    let npm = |more: &str| {
        format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{\"dependencies\": {{\"a\": \"^1\"}}}}, \"node_modules/a\": {{\"version\": \"1.0.0\"}}{more}}}}}"
        )
    };
    let there =
        ", \"node_modules/evil\": {\"version\": \"1.0.0\", \"resolved\": \"git+ssh://git@git.example.com/e.git#abc\"}";
    for wanted in
        ["github:acme/evil", "git+https://git.example.com/e.git#abc", "https://x.example.com/e.tgz", "file:e.tgz"]
    {
        let asks = format!("{{\"dependencies\": {{\"a\": \"^1\", \"evil\": \"{wanted}\"}}}}");
        assert_eq!(told(&[("package.json", &asks), ("package-lock.json", &npm(""))]), missing("evil"), "{wanted}");
        assert_eq!(told(&[("package.json", &asks), ("package-lock.json", &npm(there))]), [""; 0], "{wanted}");
    }
    let asks = "[package]\nname = \"x\"\n[dependencies]\nevil = { git = \"https://git.example.com/e\" }\n";
    let cargo = |more: &str| format!("version = 4\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n{more}");
    assert_eq!(told(&[("Cargo.toml", asks), ("Cargo.lock", &cargo(""))]), missing("evil"));
    let there = "dependencies = [\"evil\"]\n[[package]]\nname = \"evil\"\nversion = \"1.0.0\"\nsource = \"git+https://git.example.com/e#abc\"\n";
    assert_eq!(told(&[("Cargo.toml", asks), ("Cargo.lock", &cargo(there))]), [""; 0]);
}

#[test]
fn lock_files_that_name_nothing_answer_for_nothing() {
    for (manifest, asks, lock, text, name) in [
        ("Gemfile", "gem \"rails\"\n", "Gemfile.lock", "GEM\n  specs:\n\nDEPENDENCIES\n  rails\n", "rails"),
        ("Pipfile", "[packages]\na = \"*\"\n", "Pipfile.lock", r#"{"_meta": {"pipfile-spec": 6}, "default": {}}"#, "a"),
        ("build.gradle", "dependencies {\n api 'a:b:1'\n}\n", "gradle.lockfile", "empty=runtimeClasspath\n", "a:b"),
        ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\n", "Cargo.lock", "version = 4\n", "a"),
        ("pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\"a\"]\n", "uv.lock", "version = 1\n", "a"),
    ] {
        assert_eq!(told(&[(manifest, asks), (lock, text)]), missing(name), "{lock}");
    }
}

#[test]
fn what_only_looks_like_the_projects_own_is_asked_for_still() {
    let asks = r#"{"dependencies": {"evil": "^1.0.0"}}"#;
    let link = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"evil": "^1.0.0"}},
        "node_modules/evil": {"resolved": "vendor/evil", "link": true}}}"#;
    assert_eq!(told(&[("package.json", asks), ("package-lock.json", link)]), absent("evil (vendor/evil)"));
    let member = ("packages/evil/package.json", r#"{"name": "evil"}"#);
    let link = link
        .replace("vendor", "packages")
        .replace(r#""node_modules"#, r#""packages/evil": {"name": "evil"}, "node_modules"#);
    assert!(told(&[("package.json", asks), ("package-lock.json", &link), member]).is_empty());
    let soft = "__metadata:\n  version: 8\n\n\"evil@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"evil@exec:./gen.js\"\n  \
        linkType: soft\n\n\"x@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"x@workspace:.\"\n  dependencies:\n    \
        evil: \"npm:^1.0.0\"\n  linkType: soft\n";
    assert_eq!(told(&[("package.json", asks), ("yarn.lock", soft)]), missing("evil"));
    // Of gems elsewhere on the machine nobody knows what is in them.
    for (remote, origin) in
        [("/usr/share/gems", Some(Origin::Elsewhere)), ("../../x", Some(Origin::Elsewhere)), ("../x", None)]
    {
        let gems = format!("PATH\n  remote: {remote}\n  specs:\n    rails (4.0.0)\n\nDEPENDENCIES\n  rails!\n");
        let there = [("api/x/rails.gemspec", ""), ("x/rails.gemspec", "")];
        let asks = [("api/Gemfile", "gem \"rails\", path: \"x\"\n"), ("api/Gemfile.lock", &gems)];
        let folder = Folder::with(&[&asks[..], &there].concat());
        let cancel = CancellationToken::new();
        let found = collect(&files::list(folder.path(), &[], &cancel), &cancel);
        assert!(found.gaps.is_empty(), "{:?}", found.gaps);
        assert_eq!(found.locks[0].packages.first().map(|package| package.origin), origin, "{remote}");
    }
    let gems = "PATH\n  remote: engines/rails\n  specs:\n    rails (4.0.0)\n\nDEPENDENCIES\n  rails!\n";
    let (asks, engine) = ("gem \"rails\", path: \"engines/rails\"\n", ("engines/rails/rails.gemspec", ""));
    assert_eq!(told(&[("Gemfile", "gem \"rails\"\n"), ("Gemfile.lock", gems), engine]), missing("rails"));
    assert!(told(&[("Gemfile", asks), ("Gemfile.lock", gems), engine]).is_empty());
    assert_eq!(told(&[("Gemfile", asks), ("Gemfile.lock", gems)]), absent("rails (engines/rails)"));
}

const COMPILED: &str = "# This file is autogenerated by pip-compile\ndjango==5.0\n";

#[test]
fn requirements_files_answer_for_what_they_name() {
    let project = |needs: &str| format!("[project]\nname = \"x\"\ndependencies = [{needs}]\n");
    let (same, other) = (project("\"Django>=5\", \"w; os_name == 'nt'\""), project("\"flask\""));
    for path in ["pyproject.toml", "backend/pyproject.toml"] {
        assert!(told(&[("requirements.txt", COMPILED), (path, &same)]).is_empty());
        let expected = format!("pyproject.toml without a lock file: {path}");
        assert_eq!(told(&[("requirements.txt", COMPILED), (path, &other)]), [expected]);
    }
    let input = ("requirements.in", "django\n");
    assert_eq!(told(&[input]), ["requirements.in without a lock file: requirements.in"]);
    assert!(told(&[input, ("requirements.txt", COMPILED)]).is_empty());
    let newer = [("requirements.in", "django\nflask\n"), ("requirements.txt", COMPILED)];
    assert_eq!(told(&newer), ["requirements.in without a lock file: requirements.in"]);
    let aside = ("tests/requirements.txt", "# autogenerated by pip-compile\n-r ../gone.txt\n");
    assert!(told(&[aside]).is_empty(), "tests' files say nothing about the app");
}

#[test]
fn what_only_a_program_can_work_out_is_counted() {
    let setup = "from setuptools import setup\nsetup(install_requires=needs())\n";
    assert_eq!(told(&[("setup.py", setup)]), ["setup.py without a lock file: setup.py"]);
    assert!(told(&[("setup.py", "from setuptools import setup\nsetup()\n")]).is_empty());
    // What it says outright, a list that installs its folder has to hold.
    let setup =
        ("lib/setup.py", "from setuptools import setup\nsetup(name='acme-lib', install_requires=['idna>=2'])\n");
    let list = |more: &str| {
        let text = format!("# autogenerated by pip-compile\n-e ./lib\n    # via -r requirements.in\n{more}");
        told(&[("requirements.in", "-e ./lib\n"), ("requirements.txt", &text), setup])
    };
    assert_eq!(list("idna==3.10\n    # via acme-lib\n"), [""; 0]);
    assert_eq!(list("certifi==2024.8.30\n"), ["setup.py without a lock file: lib/setup.py"]);
    let dynamic = "[project]\nname = \"x\"\ndynamic = [\"dependencies\"]\n";
    assert_eq!(told(&[("pyproject.toml", dynamic)]), ["pyproject.toml without a lock file: pyproject.toml"]);
    let told_beside = told(&[("pyproject.toml", dynamic), ("requirements.txt", COMPILED)]);
    assert!(told_beside[0].starts_with("dependency of a manifest that only a program can work out"), "{told_beside:?}");
    // A resolver that has run it knows.
    let lock = "version = 1\n[[package]]\nname = \"x\"\nversion = \"0\"\nsource = { virtual = \".\" }\n";
    assert!(told(&[("pyproject.toml", dynamic), ("uv.lock", lock)]).is_empty());
    let broken = r#"{"dependencies": ["evil"]}"#;
    assert_eq!(told(&[("package.json", broken)]), ["package.json without a lock file: package.json"]);
    let each = ("Gemfile", "%w[rails puma].each { |name| gem name }\n");
    assert_eq!(told(&[each]), ["Gemfile without a lock file: Gemfile"]);
    assert!(told(&[each, ("Gemfile.lock", "GEM\n  specs:\n    rails (8.0)\n\nDEPENDENCIES\n  rails\n")]).is_empty());
    assert_eq!(told(&[("Gemfile", "gem NAME\n")]), ["Gemfile without a lock file: Gemfile"]);
    let build = "dependencies {\n implementation needs()\n}\n";
    assert_eq!(told(&[("build.gradle", build)]), ["build.gradle without a lock file: build.gradle"]);
}

#[test]
fn other_worlds_are_told_and_not_passed_over() {
    for (path, asks, nothing) in [
        ("App.csproj", "<PackageReference Include=\"a\" />", "<Project />"),
        ("packages.config", "<packages><package id=\"a\" /></packages>", "<packages />"),
        ("mix.exs", "defp deps do [{:a, \"~> 1\"}] end", "defp deps do [] end"),
        ("build.sbt", "libraryDependencies += \"a\" %% \"b\" % \"1\"", "name := \"x\""),
        ("environment.yml", "dependencies:\n - a=1\n", "name: x\n"),
        ("deno.json", "{\"imports\": {\"a\": \"npm:a@1\"}}", "{\"tasks\": {}}"),
        ("Package.swift", ".package(url: \"https://example.com/a\")", "let package = Package()"),
        ("pubspec.yaml", "dependencies:\n  a: ^1\n", "name: x\n"),
        ("x.cabal", "library\n  Build-Depends: base, text", "cabal-version: 3.0"),
        ("conanfile.txt", "[requires]\na/1\n", "[generators]\n"),
    ] {
        assert_eq!(told(&[(path, asks)]), [format!("{path}, which gonogo does not read yet: {path}")]);
        assert!(told(&[(path, nothing)]).is_empty(), "{path}");
    }
    assert_eq!(told(&[("api/Gopkg.toml", "")]), ["Gopkg.toml, which gonogo does not read yet: api/Gopkg.toml"]);
    assert!(told(&[("tests/App.csproj", "<PackageReference />")]).is_empty());
}

#[test]
fn python_lock_files_hold_what_their_packages_need() {
    let poetry = |needs: &str| {
        format!(
            "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\n{needs}\n[metadata]\nlock-version = \"2.0\"\n"
        )
    };
    assert_eq!(told(&[("poetry.lock", &poetry("gone = \">=1\""))]), missing("gone"));
    for needs in [
        "w = {version = \"1\", markers = \"sys_platform == 'win32'\"}",
        "e = {version = \"1\", optional = true}",
        "setuptools = \"*\"",
    ] {
        assert!(told(&[("poetry.lock", &poetry(needs))]).is_empty(), "{needs}");
    }
    let pdm = |needs: &str| {
        format!(
            "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"{needs}\"]\n"
        )
    };
    assert_eq!(told(&[("pdm.lock", &pdm("gone>=1"))]), missing("gone"));
    assert!(told(&[("pdm.lock", &pdm("w>=1; sys_platform == 'win32'"))]).is_empty());
    let pylock = |needs: &str| {
        format!("lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\ndependencies = [{needs}]\n")
    };
    assert_eq!(told(&[("pylock.toml", &pylock("{name = \"gone\"}"))]), missing("gone"));
    assert!(told(&[("pylock.toml", &pylock(""))]).is_empty());
}

#[test]
fn a_version_that_the_manifest_refuses_is_counted() {
    let told = |manifest: (&str, &str), lock: (&str, &str), more: Files<'_>| -> Vec<String> {
        let files: Vec<(&str, &str)> = [manifest, lock].into_iter().chain(more.iter().copied()).collect();
        let reason = "package that is asked for in other versions, or from elsewhere, than the lock file holds: ";
        told(&files).into_iter().filter_map(|gap| gap.strip_prefix(reason).map(str::to_owned)).collect()
    };
    let npm = |range: &str| format!("{{\"dependencies\": {{\"qs\": \"{range}\"}}}}");
    let locked = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"qs": "^6.11.0"}},
        "node_modules/qs": {"version": "6.12.1"}}}"#;
    let of_npm = |range: &str| told(("package.json", &npm(range)), ("package-lock.json", locked), &[]);
    assert_eq!(of_npm("^7.0.0"), ["qs ^7.0.0 in package.json"]);
    assert_eq!(of_npm("latest"), ["qs latest in package.json"], "the lock file was written for versions");
    for range in ["^6.11.0", "6.12.1", "*"] {
        assert_eq!(of_npm(range), [""; 0], "{range}");
    }
    let git = "git+https://git.example.com/qs.git#v9";
    assert_eq!(of_npm(git), [format!("qs {git} in package.json")], "another package than the registry's");
    let forced = r#"{"dependencies": {"qs": "^7.0.0"}, "overrides": {"qs": "6.12.1"}}"#;
    assert_eq!(told(("package.json", forced), ("package-lock.json", locked), &[]), [""; 0]);
    let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      qs:\n        specifier: ^6.12.0\n        \
                version: 6.12.0\n\npackages:\n\n  qs@6.12.0:\n    resolution: {integrity: sha512-a}\n\nsnapshots:\n\n  qs@6.12.0: {}\n";
    let of_pnpm = |more| told(("package.json", &npm("^7.0.0")), ("pnpm-lock.yaml", pnpm), more);
    assert_eq!(of_pnpm(&[]), ["qs ^7.0.0 in package.json"]);
    assert_eq!(of_pnpm(&[("pnpm-workspace.yaml", "overrides:\n  qs: 6.12.0\n")]), [""; 0]);
    let cargo = |range: &str| {
        format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nsmall-vec = \"{range}\"\n")
    };
    let locked = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"small-vec\"]\n\
                  [[package]]\nname = \"small-vec\"\nversion = \"1.13.0\"\n\
                  source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"aa\"\n";
    assert_eq!(told(("Cargo.toml", &cargo("2")), ("Cargo.lock", locked), &[]), ["small-vec 2 in Cargo.toml"]);
    assert_eq!(told(("Cargo.toml", &cargo("1.2")), ("Cargo.lock", locked), &[]), [""; 0]);
    let poetry = |range: &str| format!("[tool.poetry.dependencies]\npython = \"^3.11\"\nFlask = \"{range}\"\n");
    let locked = "[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n[metadata]\nlock-version = \"2.1\"\n";
    assert_eq!(
        told(("pyproject.toml", &poetry("^4.0")), ("poetry.lock", locked), &[]),
        ["Flask ^4.0 in pyproject.toml"]
    );
    assert_eq!(told(("pyproject.toml", &poetry(">=2,<4")), ("poetry.lock", locked), &[]), [""; 0]);
    let compiled = "jinja2==3.1.5\n    # via a (pyproject.toml)\nmarkupsafe==2.1.1\n    # via jinja2\n";
    let project = |range: &str| format!("[project]\nname=\"a\"\nversion=\"1\"\ndependencies=[\"jinja2{range}\"]\n");
    let of_pip = |range: &str| told(("pyproject.toml", &project(range)), ("requirements.txt", compiled), &[]);
    assert_eq!(of_pip(">=3.1.6"), ["jinja2 >=3.1.6 in pyproject.toml"]);
    assert_eq!(of_pip(">=3.1"), [""; 0]);
}

/// What npm 11, pnpm 10, Bun 1 and Yarn 1.22 write of a workspace whose member lies in `vendor`, where others' code lies as a rule,
/// and of folders that are linked.
#[test]
fn what_a_lock_file_links_to_a_folder_is_not_missing() {
    let ours = ("vendor/ours/package.json", r#"{"name": "ours", "version": "1.0.0", "dependencies": {"a": "^1"}}"#);
    let web = ("apps/web/package.json", r#"{"name": "web", "version": "1.0.0", "dependencies": {"ours": "^1.0.0"}}"#);
    let root = (
        "package.json",
        r#"{"name": "@acme/x", "private": true, "workspaces": ["vendor/*", "apps/*"], "dependencies": {"ours": "1.0.0"}}"#,
    );
    let npm = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["vendor/*", "apps/*"], "dependencies": {"ours": "1.0.0"}},
        "apps/web": {"version": "1.0.0", "dependencies": {"ours": "^1.0.0"}},
        "vendor/ours": {"version": "1.0.0", "dependencies": {"a": "^1"}},
        "node_modules/ours": {"resolved": "vendor/ours", "link": true},
        "node_modules/web": {"resolved": "apps/web", "link": true}, "node_modules/a": {"version": "1.0.0"}}}"#;
    let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      ours:\n        specifier: 1.0.0\n        \
        version: link:vendor/ours\n\n  apps/web:\n    dependencies:\n      ours:\n        specifier: ^1.0.0\n        version: \
        link:../../vendor/ours\n\n  vendor/ours:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\n\n\
        packages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  a@1.0.0: {}\n";
    let bun = r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "@acme/x", "dependencies": {"ours": "1.0.0"}},
        "apps/web": {"name": "web", "version": "1.0.0", "dependencies": {"ours": "^1.0.0"}},
        "vendor/ours": {"name": "ours", "version": "1.0.0", "dependencies": {"a": "^1"}}},
        "packages": {"a": ["a@1.0.0", "", {}, "sha512-x"], "ours": ["ours@workspace:vendor/ours"],
        "web": ["web@workspace:apps/web"]}}"#;
    let a = "a@^1:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/a/-/a-1.0.0.tgz#00\"\n";
    let yarn = format!("# yarn lockfile v1\n\n\n{a}");
    let locks = [("package-lock.json", npm), ("pnpm-lock.yaml", pnpm), ("bun.lock", bun), ("yarn.lock", &yarn)];
    for (name, lock) in locks {
        assert_eq!(told(&[root, ours, web, (name, lock)]), [""; 0], "{name}");
    }
    // Without the folder nobody knows what it is.
    for (name, lock) in &locks[..3] {
        assert_eq!(told(&[root, web, (name, lock)]), absent("ours (vendor/ours)"), "{name}");
    }
    // Yarn 1 does not write what it installs for a linked folder, and installs nothing for its development.
    let linked = format!("# yarn lockfile v1\n\n\n{a}\n\"@acme/ui@link:./ui\":\n  version \"0.0.0\"\n  uid \"\"\n");
    let of = |needs: &str| {
        let ui = format!(
            r#"{{"name": "@acme/ui", "version": "1.0.0", "dependencies": {{{needs}}}, "devDependencies": {{"t": "1"}}}}"#
        );
        let app = r#"{"name": "@acme/x", "private": true, "dependencies": {"@acme/ui": "link:./ui"}}"#;
        told(&[("package.json", app), ("ui/package.json", &ui), ("yarn.lock", &linked)])
    };
    assert_eq!(of("\"a\": \"^1\""), [""; 0]);
    assert_eq!(of("\"a\": \"^1\", \"evil\": \"1\""), missing("evil"));
    // Nor does pnpm for a folder that it copies.
    let copied = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@acme/ui':\n        specifier: file:./ui\n        \
        version: file:ui\n\npackages:\n\n  '@acme/ui@file:ui':\n    resolution: {directory: ui, type: directory}\n\n  a@1.0.0:\n    \
        resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  '@acme/ui@file:ui':\n    dependencies:\n      a: 1.0.0\n\n  a@1.0.0: {}\n";
    let ui = r#"{"name": "@acme/ui", "version": "1.0.0", "dependencies": {"a": "^1"}, "devDependencies": {"t": "1"}}"#;
    let app = r#"{"name": "@acme/x", "private": true, "dependencies": {"@acme/ui": "file:./ui"}}"#;
    assert_eq!(told(&[("package.json", app), ("ui/package.json", ui), ("pnpm-lock.yaml", copied)]), [""; 0]);
}

#[test]
fn what_comes_in_past_the_lock_files_is_counted() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"qs": "6.12.0"}},
        "node_modules/qs": {"version": "6.12.0"}}}"#;
    let docker = "FROM node:24\nRUN npm install -g ejs@3.1.6 qs@6.12.0 qs@6.5.0 && \\\n  pip install jinja2==3.1.2\nRUN npm i -g serve\nCMD [\"node\"]\n";
    let all = told(&[
        ("package.json", r#"{"dependencies": {"qs": "6.12.0"}}"#),
        ("package-lock.json", lock),
        ("Dockerfile", docker),
        ("src/a.ts", "import ejs from \"npm:ejs@3.1.6\";\n"),
        ("report.py", "# /// script\n# dependencies = [\"rich\"]\n# ///\n"),
        ("lib/old.jar", "PK"),
        ("gradle/wrapper/gradle-wrapper.jar", "PK"),
        ("tests/b.ts", "import ejs from \"npm:mocha@3.1.6\";\n"),
    ]);
    assert_eq!(
        all,
        [
            "Python script that asks for packages in its own header, which gonogo does not read yet: report.py:1",
            "archive of Java code in the project, in no lock file: lib/old.jar",
            "package that a container installs by name, in no lock file (name it in the manifest, and install what the lock \
             file says): Dockerfile:4 serve",
            "package that a container installs by name: it was compared, what it needs in turn is in no lock file: \
             Dockerfile:2 ejs@3.1.6, Dockerfile:2 jinja2==3.1.2, Dockerfile:2 qs@6.5.0",
            "package that code imports from an address, in no lock file: src/a.ts:1 npm:ejs@3.1.6",
        ]
    );
}

#[test]
fn what_a_container_installs_by_name_in_one_version_is_kept() {
    let docker = "FROM python:3.13\nARG RUFF=0.4.1\nENV MILL_VERSION=1.2.3 OTHER=x\nRUN pipx install ruff==${RUFF}\n\
                  RUN <<EOF\nset -e\nnpx -y mill@$MILL_VERSION --on\nnpm i -g odd@${UNSET:-4.5.6} late@$UNSET\nEOF\n\
                  RUN cargo install cargo-audit --version 0.20.0\nRUN go install example.com/x@v1.0.0\n\
                  RUN go install github.com/acme/tool/v2/cmd/x@v2.1.0\n";
    let found =
        super::python::collected(&[("Dockerfile", docker), ("package.json", "{\"dependencies\": {\"a\": \"1\"}}")]);
    assert!(found.locks.is_empty(), "they answer for no manifest");
    let kept: Vec<String> = (found.installed.iter())
        .flat_map(|lock| super::python::told(lock).into_iter().map(move |one| format!("{} {one}", lock.manager)))
        .collect();
    let mut sorted = kept;
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "Cargo cargo-audit 0.20.0:10",
            "Go github.com/acme/tool/v2 v2.1.0:12",
            "npm mill 1.2.3:7",
            "npm odd 4.5.6:8",
            "pip ruff 0.4.1:4"
        ]
    );
    let gaps: Vec<String> = found
        .gaps
        .into_vec()
        .into_iter()
        .filter(|gap| gap.reason.contains("in no lock file"))
        .flat_map(|gap| gap.examples)
        .collect();
    assert!(gaps.contains(&"Dockerfile:11 example.com/x@v1.0.0".to_owned()), "{gaps:?}");
}

/// What a folder needs is installed by the lock file of the project that takes it in, whatever lies beside the folder.
#[test]
fn a_lock_file_beside_a_folder_does_not_answer_for_who_takes_it_in() {
    let poetry =
        |own: &str| format!("{own}[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n");
    let package = |name: &str, version: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ngroups = [\"main\"]\nfiles = []\n")
    };
    let core = |asks: &str| {
        format!(
            "[tool.poetry]\nname = \"core\"\nversion = \"1.0\"\n[tool.poetry.dependencies]\nidna = \"^3.7\"\n{asks}"
        )
    };
    let directory = format!(
        "{}[package.dependencies]\nidna = \"^3.7\"\n[package.source]\ntype = \"directory\"\nurl = \"../core\"\n",
        package("core", "1.0")
    );
    let of = |asks: &str| {
        let beside = [package("idna", "3.10"), package("evil", "1.0"), package("tool", "1.0")].concat();
        told(&[
            (
                "api/pyproject.toml",
                "[tool.poetry]\nname = \"api\"\n[tool.poetry.dependencies]\ncore = { path = \"../core\" }\n",
            ),
            ("api/poetry.lock", &poetry(&format!("{directory}{}", package("idna", "3.10")))),
            ("core/pyproject.toml", &core(asks)),
            ("core/poetry.lock", &poetry(&beside)),
        ])
    };
    assert_eq!(of(""), [""; 0]);
    assert_eq!(of("evil = \"^1.0\"\n"), missing("evil"));
    // Nobody installs the tools of a folder that is taken in, nor what it asks for on some system alone.
    assert_eq!(of("[tool.poetry.group.dev.dependencies]\ntool = \"*\"\n"), [""; 0]);
    assert_eq!(of("tool = { version = \"*\", platform = \"win32\" }\n"), [""; 0]);
    let other = |lock: &str, version: &str| {
        let core = format!("[project]\nname = \"core\"\nversion = \"1.0\"\ndependencies = [\"idna{version}\"]\n");
        let own = |name: &str, place: &str, needs: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ {place} }}\ndependencies = [{{ name = \"{needs}\" }}]\n"
            )
        };
        let idna = |version: &str| {
            format!(
                "[[package]]\nname = \"idna\"\nversion = \"{version}\"\nsource = {{ registry = \"https://r.example.com\" }}\n"
            )
        };
        told(&[
            (
                "api/pyproject.toml",
                "[project]\nname = \"api\"\nversion = \"1.0\"\ndependencies = [\"core\"]\n[tool.uv.sources]\ncore = { path = \"../core\" }\n",
            ),
            (
                "api/uv.lock",
                &format!(
                    "version = 1\n{}{}{}",
                    own("api", "virtual = \".\"", "core"),
                    own("core", "directory = \"../core\"", "idna"),
                    idna(lock)
                ),
            ),
            ("core/pyproject.toml", &core),
            ("core/uv.lock", &format!("version = 1\n{}{}", own("core", "virtual = \".\"", "idna"), idna("4.0"))),
        ])
    };
    assert_eq!(other("4.0", "==4.0"), [""; 0]);
    let refused = "package that is asked for in other versions, or from elsewhere, than the lock file holds: idna ==4.0 in core/pyproject.toml";
    assert_eq!(other("3.10", "==4.0"), [refused]);
    let npm = |asks: &str| {
        told(&[
            ("api/package.json", r#"{"dependencies": {"core": "file:../core"}}"#),
            (
                "api/package-lock.json",
                r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"core": "file:../core"}}, "../core": {"name": "core",
                "dependencies": {"a": "^1"}}, "node_modules/core": {"resolved": "../core", "link": true},
                "../core/node_modules/a": {"version": "1.0.0"}}}"#,
            ),
            (
                "core/package.json",
                &format!(
                    r#"{{"name": "core", "dependencies": {{"a": "^1"{asks}}}, "devDependencies": {{"tool": "1"}}}}"#
                ),
            ),
            (
                "core/package-lock.json",
                r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1", "evil": "1"}, "devDependencies": {"tool": "1"}},
                "node_modules/a": {"version": "1.0.0"}, "node_modules/evil": {"version": "1.0.0"}, "node_modules/tool": {"version": "1.0.0"}}}"#,
            ),
        ])
    };
    assert_eq!((npm(""), npm(r#", "evil": "1""#)), (vec![], missing("evil")));
    let cargo = |asks: &str| {
        let own = |name: &str, needs: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [{needs}]\n")
        };
        let from = |name: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
            )
        };
        told(&[
            (
                "api/Cargo.toml",
                "[package]\nname = \"api\"\nversion = \"0.1.0\"\n[dependencies]\ncore = { path = \"../core\" }\n",
            ),
            ("api/Cargo.lock", &["version = 4\n", &own("api", "\"core\""), &own("core", "\"a\""), &from("a")].concat()),
            (
                "core/Cargo.toml",
                &format!("[package]\nname = \"core\"\nversion = \"0.1.0\"\n[dependencies]\na = \"1\"\n{asks}"),
            ),
            (
                "core/Cargo.lock",
                &["version = 4\n", &own("core", "\"a\", \"evil\""), &from("a"), &from("evil")].concat(),
            ),
        ])
    };
    assert_eq!((cargo(""), cargo("evil = \"1\"\n")), (vec![], missing("evil")));
    let composer = |asks: &str| {
        told(&[
            (
                "composer.json",
                r#"{"repositories": [{"type": "path", "url": "libs/*"}], "require": {"acme/core": "*"}}"#,
            ),
            (
                "composer.lock",
                r#"{"packages": [{"name": "a/a", "version": "1.0.0", "notification-url": "https://x.example.com"}, {"name": "acme/core",
                "version": "1.0.0", "dist": {"type": "path", "url": "libs/core"}, "require": {"a/a": "^1"}}], "packages-dev": []}"#,
            ),
            ("libs/core/composer.json", &format!(r#"{{"name": "acme/core", "require": {{"a/a": "^1"{asks}}}}}"#)),
            (
                "libs/core/composer.lock",
                r#"{"packages": [{"name": "a/a", "version": "1.0.0", "notification-url": "https://x.example.com"},
                {"name": "evil/evil", "version": "1.0.0", "notification-url": "https://x.example.com"}], "packages-dev": []}"#,
            ),
        ])
    };
    assert_eq!((composer(""), composer(r#", "evil/evil": "^1""#)), (vec![], missing("evil/evil")));
}

/// Gradle stops at what its lock file does not hold, unless it is told to be lenient.
#[test]
fn what_a_build_of_gradle_works_out_is_held_against_its_lock_file() {
    let of = |body: &str, more: &str| {
        let build =
            format!("plugins {{ id 'java' }}\ndependencies {{\n implementation 'org.a:b:1'\n{body}\n}}\n{more}");
        told(&[
            ("settings.gradle", "rootProject.name = 'x'\n"),
            ("build.gradle", &build),
            ("gradle.lockfile", "org.a:b:1=runtimeClasspath\ncom.google.guava:guava:33=runtimeClasspath\nempty=\n"),
        ])
    };
    assert_eq!(of("", ""), [""; 0]);
    // Some package of the lock file may be what the loop comes to.
    for held in [
        "['guava'].each { implementation \"com.google.guava:$it:33\" }",
        "api \"$group:guava:33\"",
        "api \"${x.y}:gua${z}:33\"",
        "api \"$it\"",
    ] {
        assert_eq!(of(held, ""), [""; 0], "{held}");
    }
    for (body, name) in [
        ("['a', 'b'].each { implementation \"com.evil:$it:33\" }", "com.evil:$it"),
        ("for (x in all) { implementation \"com.google.guava:evil-${x}:33\" }", "com.google.guava:evil-${x}"),
    ] {
        assert_eq!(of(body, ""), missing(name), "{body}");
    }
    // What is for some cases only may not be asked for.
    for case in [
        "if (x) {\n implementation 'com.evil:evil:1'\n}",
        "if (x) implementation 'com.evil:evil:1'",
        "if (x) { ['a'].each { implementation \"com.evil:$it:1\" } }",
    ] {
        assert_eq!(of(case, ""), [""; 0], "{case}");
    }
    assert_eq!(of("", "if (x) {\n dependencies {\n  implementation 'com.evil:evil:1'\n }\n}\n"), [""; 0]);
    assert_eq!(of("if (x) {\n api 'com.evil:evil:1'\n}\napi 'com.evil:evil:1'", ""), missing("com.evil:evil"));
    let lenient = "dependencyLocking {\n lockMode = LockMode.LENIENT\n}\n";
    let worked_out = ["dependency of a manifest that only a program can work out: line 4"];
    assert_eq!((of("api \"$it\"", lenient), of("", lenient)), (worked_out.map(str::to_owned).to_vec(), vec![]));
}

/// What an extra brings along is in no lock file that was written without it.
#[test]
fn an_extra_that_the_lock_file_was_not_written_for_is_missing() {
    let from = |name: &str, more: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://r.example.com\" }}\n{more}"
        )
    };
    let project = |asks: &str| format!("[project]\nname = \"shop\"\nversion = \"1.0\"\ndependencies = [\"{asks}\"]\n");
    let uv = |asks: &str, extra: &str| {
        let lock = format!(
            "version = 1\n{}{}[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{{ name = \
             \"web\"{extra} }}]\n",
            from("inner", ""),
            from("web", "[package.optional-dependencies]\nfast = [{ name = \"inner\" }]\n")
        );
        told(&[("pyproject.toml", &project(asks)), ("uv.lock", &lock)])
    };
    let of_extra = ", extra = [\"fast\"]";
    assert_eq!(
        (uv("web", ""), uv("web[Fast]", of_extra), uv("web[fast]; os_name == 'nt'", "")),
        (vec![], vec![], vec![])
    );
    assert_eq!(uv("web[fast]", ""), missing("web[fast]"));
    assert_eq!(uv("web[fast,more]", of_extra), missing("web[more]"));
    let pdm = |asks: &str, more: &str| {
        let lock = format!(
            "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"web\"\nversion = \"1.0\"\ngroups = [\"default\"]\n{more}"
        );
        told(&[("pyproject.toml", &project(asks)), ("pdm.lock", &lock)])
    };
    let with = "[[package]]\nname = \"web\"\nversion = \"1.0\"\nextras = [\"fast\"]\ngroups = [\"default\"]\ndependencies = [\"web==1.0\"]\n";
    assert_eq!((pdm("web", ""), pdm("web[fast]", with)), (vec![], vec![]));
    assert_eq!(pdm("web[fast]", ""), missing("web[fast]"));
    let pipenv = |extras: &str| {
        let lock = format!(
            r#"{{"_meta": {{"pipfile-spec": 6}}, "default": {{"web": {{"version": "==1.0"{extras}}}}}, "develop": {{}}}}"#
        );
        told(&[("Pipfile", "[packages]\nweb = { version = \"*\", extras = [\"fast\"] }\n"), ("Pipfile.lock", &lock)])
    };
    assert_eq!((pipenv(r#", "extras": ["fast"]"#), pipenv("")), (vec![], missing("web[fast]")));
    let poetry = |asks: &str, marker: &str, more: &str| {
        let package = |name: &str, more: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1.0\"\ngroups = [\"main\"]\nfiles = []\n{more}")
        };
        let needs = format!(
            "[package.dependencies]\ninner = {{ version = \"*\", optional = true{marker} }}\n[package.extras]\nfast = [\"inner\"]\n"
        );
        let lock = format!(
            "{}{more}[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n",
            package("web", &needs)
        );
        let manifest = format!("[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nweb = {asks}\n");
        told(&[("pyproject.toml", &manifest), ("poetry.lock", &lock)])
    };
    let asks = "{ version = \"*\", extras = [\"fast\"] }";
    let inner = "[[package]]\nname = \"inner\"\nversion = \"1.0\"\ngroups = [\"main\"]\nfiles = []\n";
    for marker in ["", ", markers = \"extra == \\\"fast\\\" or extra == \\\"all\\\"\""] {
        assert_eq!((poetry("\"*\"", marker, ""), poetry(asks, marker, inner)), (vec![], vec![]), "{marker}");
        assert_eq!(poetry(asks, marker, ""), missing("inner"), "{marker}");
    }
    // On one system alone it may rightly be left out.
    assert_eq!(poetry(asks, ", markers = \"sys_platform == \\\"win32\\\" and extra == \\\"fast\\\"\"", ""), [""; 0]);
}

/// Cargo, uv and Poetry lock what features and extras of the project's own ask for.
#[test]
fn what_features_and_extras_ask_for_is_locked_as_well() {
    let cargo = |asks: &str, held: &str| {
        let lock = format!(
            "version = 4\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\ndependencies = [{held}]\n[[package]]\nname = \"a\"\nversion = \
             \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
        );
        let member = format!("[package]\nname = \"x\"\nversion = \"0.1.0\"\n[dependencies]\n{asks}\n");
        told(&[("Cargo.toml", "[workspace]\nmembers = [\"x\"]\n"), ("x/Cargo.toml", &member), ("Cargo.lock", &lock)])
    };
    let optional = "a = { version = \"1\", optional = true }";
    assert_eq!((cargo(optional, "\"a\""), cargo(optional, "")), (vec![], missing("a")));
    let project = "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"b\"]\n[project.optional-dependencies]\nfast = [\"a\"]\nslow = [\"w; \
        os_name == 'nt'\"]\n";
    let package = |name: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://r.example.com\" }}\n"
        )
    };
    let uv = |root: &str, at: &str, source: &str, more: &str| {
        let own = format!(
            "[[package]]\nname = \"x\"\nversion = \"1\"\nsource = {{ {source} }}\ndependencies = [{{ name = \"b\" }}]\n{more}"
        );
        let lock =
            ["version = 1\n[manifest]\nmembers = [\"shop\", \"x\"]\n", &package("a"), &package("b"), &own].concat();
        told(&[("pyproject.toml", root), ("uv.lock", &lock), (at, project)])
    };
    let extra = "[package.optional-dependencies]\nfast = [{ name = \"a\" }]\n";
    let (beside, root) =
        ("virtual = \".\"", "[project]\nname = \"shop\"\n[tool.uv.workspace]\nmembers = [\"libs/*\"]\n");
    assert_eq!((uv("", "pyproject.toml", beside, extra), uv("", "pyproject.toml", beside, "")), (vec![], missing("a")));
    let member = |more: &str| uv(root, "libs/x/pyproject.toml", "editable = \"libs/x\"", more);
    assert_eq!((member(extra), member("")), (vec![], missing("a")));
    let poetry = |more: &str| {
        let package = |name: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1.0\"\ngroups = [\"main\"]\nfiles = []\n")
        };
        let lock = format!(
            "{}{more}[metadata]\nlock-version = \"2.1\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n",
            package("b")
        );
        let manifest = "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\nb = \"*\"\na = { version = \"*\", optional = true }\n\
            [tool.poetry.extras]\nfast = [\"a\"]\n";
        told(&[("pyproject.toml", manifest), ("poetry.lock", &lock)])
    };
    let held = "[[package]]\nname = \"a\"\nversion = \"1.0\"\noptional = true\ngroups = [\"main\"]\nfiles = []\n";
    assert_eq!((poetry(held), poetry("")), (vec![], missing("a")));
}
