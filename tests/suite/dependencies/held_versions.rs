//! The way out where files of other kinds than npm's hold a package to a version, or refuse one.

use gonogo::model::{WayOutKind, WayOutStep};
use gonogo::probe::files;
use gonogo::probe::packages;
use tokio_util::sync::CancellationToken;

use super::forced_versions::way;
use super::way_out::out;
use crate::support::probes::Folder;

#[test]
fn a_module_that_go_mod_replaces_is_changed_there() {
    let module = "module example.com/app\n\ngo 1.22\ntoolchain go1.22.4\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)\n\n\
                  replace example.com/a => example.com/a v1.0.1\n";
    let out = way(&[("go.mod", module)], "example.com/a", "1.2.0");
    assert_eq!(out.kind, WayOutKind::Override);
    assert_eq!(out.commands, ["go mod edit -replace example.com/a=example.com/a@v1.2.0", "go mod tidy"]);
    assert!(out.words.starts_with("go.mod:11 puts example.com/a v1.0.1 in place of example.com/a"), "{}", out.words);
    let out = way(&[("go.mod", module)], "example.com/b", "1.2.0");
    assert_eq!(out.commands, ["go get example.com/b@v1.2.0", "go mod tidy"]);
}

#[test]
fn a_module_that_go_work_replaces_is_changed_there() {
    let module = "module example.com/api\n\ngo 1.22\ntoolchain go1.22.4\n\nrequire example.com/a v1.1.0\n\n\
                  replace example.com/a => example.com/a v1.0.0\n";
    let work = "go 1.22\n\nuse ./api\n\nreplace example.com/a => example.com/a v1.0.1\n";
    let folder = Folder::with(&[("api/go.mod", module), ("go.work", work)]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let built: Vec<&str> = found.locks[0].packages.iter().map(|one| one.version.as_str()).collect();
    assert_eq!(built, ["v1.0.1", "1.22.4"], "the workspace's goes before the module's");
    // Without the workspace it is another one.
    let gaps: Vec<String> = found.gaps.clone().into_vec().into_iter().map(|gap| gap.reason).collect();
    assert!(gaps.contains(&"module that a go.work replaces".to_owned()), "{gaps:?}");
    let out = out(&found.locks[0], "example.com/a", "1.2.0", &found.manifests);
    assert!(out.words.starts_with("go.work:5 puts example.com/a v1.0.1 in place of example.com/a"), "{}", out.words);
    assert_eq!(out.commands, ["cd api", "go work edit -replace example.com/a=example.com/a@v1.2.0"]);
    // What would be put in place of itself needs no entry.
    let module = "module example.com/app\n\ngo 1.22\ntoolchain go1.22.4\n\nrequire example.com/a v1.2.0\n\n\
                  replace example.com/a v1.2.0 => example.com/a v1.0.0\n";
    let itself = way(&[("go.mod", module)], "example.com/a", "1.2.0");
    assert_eq!(itself.commands, ["go mod edit -dropreplace example.com/a@v1.2.0", "go mod tidy"]);
    assert!(itself.words.contains("changes nothing: take that out."), "{}", itself.words);
}

#[test]
fn the_tools_of_a_workspace_are_raised_there() {
    let module = "module example.com/api\n\ngo 1.24.0\ntoolchain go1.24.3\n";
    let of = |work: &str| way(&[("api/go.mod", module), ("go.work", work)], "stdlib", "1.24.11");
    let out = of("go 1.24.0\ntoolchain go1.24.9\nuse ./api\n");
    assert_eq!(out.commands, ["cd api", "go work edit -toolchain=go1.24.11"]);
    assert!(out.words.contains("whose version go.work says"), "{}", out.words);
    // It says none, so the module does.
    assert_eq!(of("go 1.24.0\nuse ./api\n").commands, ["cd api", "go get go@1.24.11"]);
}

/// Gradle finds nothing where the strict version and the preferred one exclude each other.
#[test]
fn what_gradle_prefers_is_changed_with_what_is_strict() {
    let lock = ("gradle.lockfile", "org.b:b:1.0=runtimeClasspath\nempty=\n");
    let of = |version: &str| {
        let build =
            format!("dependencies {{\n  implementation('org.b:b') {{\n    version {{\n{version}    }}\n  }}\n}}\n");
        let out = way(&[lock, ("build.gradle", &build)], "org.b:b", "1.2");
        (out.lines.unwrap().1, out.place)
    };
    let both = of("      strictly '1.0'\n      prefer '1.0'\n");
    assert_eq!(
        both,
        (
            "\"1.2\"".to_owned(),
            "in line 4, in place of \"1.0\", and in line 5 in place of \"1.0\" behind prefer".to_owned()
        )
    );
    assert_eq!(of("      strictly '1.0'\n").1, "in line 4, in place of \"1.0\"");
    let catalog = "[versions]\nb = { strictly = \"[1.0,1.1[\", prefer = \"1.0\" }\n[libraries]\nb = { module = \"org.b:b\", version.ref = \"b\" }\n";
    let build = "dependencies {\n  implementation(libs.b)\n}\n";
    let out = way(&[lock, ("build.gradle.kts", build), ("gradle/libs.versions.toml", catalog)], "org.b:b", "1.2");
    assert!(out.place.ends_with(", and in line 2 in place of \"1.0\" behind prefer"), "{}", out.place);
}

#[test]
fn what_gradle_forces_is_changed_there() {
    let of = |build: &str| {
        let folder = Folder::with(&[
            ("app/gradle.lockfile", "org.a:a:1.0=runtimeClasspath\norg.b:b:1.0=runtimeClasspath\nempty=\n"),
            ("app/build.gradle", "dependencies {\n  implementation 'org.a:a:1.0'\n}\n"),
            ("build.gradle", build),
        ]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        out(&found.locks[0], "org.b:b", "1.2", &found.manifests)
    };
    let forced = of("allprojects {\n  configurations.all {\n    resolutionStrategy.force 'org.b:b:1.0'\n  }\n}\n");
    assert_eq!(forced.kind, WayOutKind::Override);
    assert!(
        forced.words.starts_with("build.gradle forces the version of org.b:b (force or strictly)"),
        "{}",
        forced.words
    );
    assert_eq!(forced.lines, Some(("build.gradle".to_owned(), "\"org.b:b:1.2\"".to_owned())));
    assert_eq!(forced.place, "in line 3, in place of \"org.b:b:1.0\"");
    let variable = of("def v = '1.0'\nconfigurations.all {\n  resolutionStrategy.force \"org.b:b:$v\"\n}\n");
    assert_eq!(variable.lines.unwrap().1, "\"org.b:b:1.2\"");
    // Another package, another version than the one that arrived.
    for free in ["org.c:c:1.0", "org.b:b:0.9"] {
        let out = of(&format!("configurations.all {{\n  resolutionStrategy.force('{free}')\n}}\n"));
        assert!(!out.words.contains("forces the version"), "{}", out.words);
    }
}

#[test]
fn what_the_project_refuses_is_said_first() {
    let module = |excluded: &str| {
        format!(
            "module example.com/app\n\ngo 1.22\ntoolchain go1.22.4\n\nrequire example.com/a v1.0.0\n\nexclude example.com/a {excluded}\n"
        )
    };
    let of = |excluded: &str| way(&[("go.mod", &module(excluded))], "example.com/a", "1.2.0");
    let first = "First change go.mod:8, which refuses example.com/a v1.2.0 (exclude), or take a later release: as long as \
                 that stands, v1.2.0 does not arrive.";
    let told: Vec<String> = of("v1.2.0").steps().iter().map(WayOutStep::words).collect();
    assert_eq!(told, [first, "go get example.com/a@v1.2.0", "go mod tidy"], "in every list, before what is typed");
    assert_eq!(of("v1.1.0").first, "");
    let lock = r#"{"packages": [{"name": "acme/b", "version": "1.0.0"}], "packages-dev": []}"#;
    let of = |conflict: &str| {
        let manifest = format!("{{\"require\": {{\"acme/b\": \"^1.0\"}},\n\"conflict\": {conflict}}}");
        let folder = Folder::with(&[("composer.lock", lock), ("composer.json", &manifest)]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        out(&found.locks[0], "acme/b", "1.2.0", &found.manifests).first
    };
    let first = of(r#"{"Acme/B": ">=1.1"}"#);
    assert!(first.starts_with("change composer.json:2, which refuses acme/b >=1.1 (conflict): as long"), "{first}");
    for free in [r#"{"acme/b": "<1.1"}"#, r#"{"acme/c": "*"}"#, "[]", "3"] {
        assert_eq!(of(free), "", "{free}");
    }
}

#[test]
fn what_uv_is_held_to_is_said_first() {
    let lock = "version = 1\nrevision = 2\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"shop\"\nversion = \"0.1\"\nsource = { virtual \
        = \".\" }\ndependencies = [{ name = \"b\" }]\n\n[package.metadata]\nrequires-dist = [{ name = \"b\" }]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.example.com/simple\" }\nsdist = { \
        url = \"https://pypi.example.com/b.tar.gz\", hash = \"sha256:00\" }\n";
    let of = |limit: &str| {
        let manifest = format!(
            "[project]\nname = \"shop\"\nversion = \"0.1\"\ndependencies = [\"b\"]\n[tool.uv]\nconstraint-dependencies = [\"{limit}\"]\n"
        );
        way(&[("uv.lock", lock), ("pyproject.toml", &manifest)], "b", "1.2").first
    };
    let first = of("B<1.1");
    assert!(first.starts_with("change pyproject.toml:6, which holds B to <1.1 (constraint-dependencies)"), "{first}");
    assert_eq!(of("b<2"), "");
}
