//! What is pasted must neither break the file nor lose what stands there, and what follows must help.

use gonogo::model::{LinesCome, Outcome, WayOutKind};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::files;
use gonogo::probe::packages;
use tokio_util::sync::CancellationToken;

use super::forced_versions::way;
use super::way_out::out;
use super::{export, filler, offline, record};
use crate::support::probes::Folder;

#[test]
fn an_empty_table_of_pnpms_workspace_is_written_in_its_place() {
    let lock = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1.0.0\n        version: \
        1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\n  b@1.0.0:\n    resolution: {integrity: \
        sha512-x}\n\nsnapshots:\n\n  a@1.0.0:\n    dependencies:\n      b: 1.0.0\n\n  b@1.0.0: {}\n";
    let of = |workspace: &str| {
        let manifest = r#"{"dependencies": {"a": "^1.0.0"}, "packageManager": "pnpm@10.1.0"}"#;
        let folder =
            Folder::with(&[("pnpm-lock.yaml", lock), ("package.json", manifest), ("pnpm-workspace.yaml", workspace)]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let way = out(&found.locks[0], "b", "1.2.0", &found.manifests);
        (way.lines.unwrap().1, way.place)
    };
    let block = "overrides:\n  \"b@<1.2.0\": \"^1.2.0\"".to_owned();
    let place = "in place of the empty overrides that stands there".to_owned();
    for empty in ["packages:\n  - '.'\noverrides:\n", "overrides: {}\n"] {
        assert_eq!(of(empty), (block.clone(), place.clone()), "{empty}");
    }
    assert_eq!(of("packages:\n  - '.'\n"), (block, String::new()));
}

/// After `"x/b": "^1.2.0"` was written and Yarn 1 run: what `y` needs stayed.
#[test]
fn what_yarn_1_already_did_is_not_asked_for_again() {
    let entry = |key: &str, version: &str, needs: &str| format!("{key}:\n  version \"{version}\"\n{needs}\n");
    let needs = "  dependencies:\n    b \"1.0.0\"\n";
    let lock = "# yarn lockfile v1\n\n\n".to_owned()
        + &entry("b@1.0.0", "1.0.0", "")
        + &entry("b@^1.2.0", "1.3.0", "")
        + &entry("x@1.0.0", "1.0.0", needs)
        + &entry("y@1.0.0", "1.0.0", needs);
    let of = |lock: &str| {
        let manifest = r#"{"dependencies": {"x": "1.0.0", "y": "1.0.0"}, "resolutions": {"x/b": "^1.2.0"}}"#;
        way(&[("yarn.lock", lock), ("package.json", manifest)], "b", "1.2.0")
    };
    let done = of(&lock);
    assert_eq!(done.lines, Some(("package.json".to_owned(), "\"b\": \"^1.2.0\",".to_owned())), "{}", done.words);
    assert_eq!(done.place, "first inside resolutions, beside what stands there");
    // Before Yarn ran.
    let waiting = of(&lock.replace(&entry("b@^1.2.0", "1.3.0", ""), ""));
    assert_eq!((waiting.kind, waiting.lines), (WayOutKind::Renew, None), "{}", waiting.words);
}

#[tokio::test]
async fn packages_whose_entries_share_a_table_say_so() {
    let store = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.extend(
        ["b", "c", "d"]
            .map(|name| record(&format!("GHSA-{name}"), "npm", name, &[("introduced", "0"), ("fixed", "1.2.0")])),
    );
    export(&store.path().join("all.zip"), &records);
    let advisories = Folder::with(&[]);
    super::store::import(&[&store.path().join("all.zip")], advisories.path()).await.unwrap();
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1.0.0", "d": "1.0.0"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1.0.0", "c": "1.0.0"}},
        "node_modules/b": {"version": "1.0.0"}, "node_modules/c": {"version": "1.0.0"}, "node_modules/d": {"version": "1.0.0"}}}"#;
    let project = Folder::with(&[
        ("package-lock.json", lock),
        ("package.json", r#"{"dependencies": {"a": "^1.0.0", "d": "1.0.0"}}"#),
    ]);
    let settings = offline(advisories.path());
    let seen = crate::support::probes::run_at(&DependenciesProbe, project.path(), settings, now).await.unwrap();
    let fix = |name: &str| seen.findings.iter().find(|one| one.message.starts_with(name)).unwrap().fix.clone();
    let together = "In package.json, with the entries for c 1.0.0 under one overrides: `\"overrides\": {";
    assert!(fix("b 1.0.0").contains(together), "{}", fix("b 1.0.0"));
    let examined = seen.result.unwrap();
    assert_eq!(Outcome::Completed(examined.clone()).word(), "completed");
    let report = examined.dependencies.unwrap();
    let of = |name: &str| &report.vulnerable.iter().find(|one| one.name == name).unwrap().way_out;
    assert_eq!(of("b").place, "with the entries for c 1.0.0 under one overrides");
    assert_eq!(of("c").place, "with the entries for b 1.0.0 under one overrides");
    assert_eq!((of("d").lines.as_ref(), &*of("d").place), (None, ""));
}

#[test]
fn a_constraint_stands_in_the_build_file_that_is_there() {
    let of = |build: &str| {
        let folder = Folder::with(&[
            ("app/gradle.lockfile", "org.a:a:1.0=runtimeClasspath\norg.b:b:1.0=runtimeClasspath\nempty=\n"),
            ("app/build.gradle.kts", build),
        ]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let way = out(&found.locks[0], "org.b:b", "1.2", &found.manifests);
        let (file, lines) = way.lines.unwrap();
        assert_eq!(file, "app/build.gradle.kts");
        assert!(way.words.contains("a constraint in app/build.gradle.kts"), "{}", way.words);
        (lines, way.place)
    };
    let (lines, place) = of("dependencies {\n    implementation(\"org.a:a:1.0\")\n}\n");
    let block = "dependencies {\n    constraints {\n        implementation(\"org.b:b:1.2\")\n    }\n}";
    assert_eq!((&*lines, &*place), (block, ""));
    let (lines, place) = of("dependencies {\n    implementation(\"org.a:a:1.0\")\n    constraints {\n        \
                             implementation(\"org.c:c:1.0\")\n    }\n}\n");
    assert_eq!(
        (&*lines, &*place),
        ("implementation(\"org.b:b:1.2\")", "first inside constraints, beside what stands there")
    );
    for build in [
        "dependencies {\n    constraints {\n        implementation(\"org.b:b:1.0\")\n    }\n}\n",
        "dependencies {\n\n    constraints { implementation(\"org.b:b:1.0\") }\n}\n",
    ] {
        assert_eq!(of(build), ("\"org.b:b:1.2\"".to_owned(), "in line 3, in place of \"org.b:b:1.0\"".to_owned()));
    }
}

#[test]
fn the_catalog_that_sets_a_version_is_named() {
    let of = |catalog: &str| {
        let folder = Folder::with(&[
            ("gradle.lockfile", "org.a:a:1.0=runtimeClasspath\nempty=\n"),
            ("build.gradle.kts", "dependencies {\n    implementation(libs.some)\n}\n"),
            ("gradle/libs.versions.toml", catalog),
        ]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let way = out(&found.locks[0], "org.a:a", "1.2", &found.manifests);
        let (file, lines) = way.lines.unwrap();
        assert_eq!((&*file, way.lines_come), ("gradle/libs.versions.toml", LinesCome::First));
        (way.words, lines, way.place)
    };
    let shared =
        "[versions]\nv = { strictly = \"1.0\" }\n[libraries]\nsome = { module = \"org.a:a\", version.ref = \"v\" }\n";
    let (words, lines, place) = of(shared);
    let taken = "(build.gradle.kts:2 takes it from the version catalog gradle/libs.versions.toml:2, which says 1.0)";
    assert!(words.contains(taken), "{words}");
    assert_eq!((&*lines, &*place), ("\"1.2\"", "in line 2, in place of \"1.0\""));
    for own in [
        "[libraries]\n\nsome = \"org.a:a:1.0\"\n",
        "[libraries]\n\nsome = { module = \"org.a:a\", version = \"1.0\" }\n",
    ] {
        assert_eq!(of(own).2, "in line 3, in place of \"1.0\"", "{own}");
    }
    // A platform sets it.
    let (_, lines, place) = of("[libraries]\nsome = { module = \"org.a:a\" }\n");
    assert_eq!((&*lines, &*place), ("org.a:a:1.2", "in line 2"));
}

#[test]
fn a_version_that_a_parent_manages_is_changed_there() {
    let dependency = |version: &str| {
        format!("<dependency>\n<groupId>org.a</groupId><artifactId>a</artifactId>\n{version}</dependency>")
    };
    let of = |managed: &str, own: &str| {
        let parent = format!(
            "<project><groupId>x</groupId><artifactId>p</artifactId><version>1</version>\n<dependencyManagement><dependencies>\n\
             {}</dependencies></dependencyManagement></project>",
            dependency(managed)
        );
        let child = format!(
            "<project><parent><groupId>x</groupId><artifactId>p</artifactId><version>1</version></parent>\n\
             <artifactId>web</artifactId><dependencies>{}</dependencies></project>",
            dependency(own)
        );
        let folder = Folder::with(&[("pom.xml", &*parent), ("web/pom.xml", &child)]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let lock = found.locks.iter().find(|lock| lock.path == "web/pom.xml");
        // Without a version there is none to compare.
        let lock = lock.filter(|lock| !lock.packages.is_empty())?;
        let way = out(lock, "org.a:a", "2.0", &found.manifests);
        let (file, line) = way.lines.unwrap();
        assert!(way.words.contains(&format!("({file}:")), "{}", way.words);
        Some((file, line, way.place))
    };
    let version = "<version>1.0</version>";
    let told = |file: &str, place: &str| Some((file.to_owned(), "<version>2.0</version>".to_owned(), place.to_owned()));
    assert_eq!(of(version, ""), told("pom.xml", "in line 5"));
    assert_eq!(of("", version), told("web/pom.xml", "in line 4"));
    assert_eq!(of("", ""), None, "nobody says it");
}

#[test]
fn what_overrides_or_builds_is_nothing_to_install() {
    let folder = Folder::with(&[
        (
            "Dockerfile",
            "FROM python:3.13\nRUN uv pip install --system --overrides over.txt requests\nRUN pip install --build-constraint b.txt flask\n",
        ),
        ("over.txt", "jinja2==3.1.2\n"),
        ("b.txt", "setuptools==60.0\n"),
    ]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    for file in ["over.txt", "b.txt"] {
        let lock = found.locks.iter().find(|lock| lock.path == file).unwrap();
        assert!(lock.is_constraints(), "{file}");
    }
}

#[test]
fn what_no_image_holds_is_deployed_again() {
    let of = |path: &str, text: &str| {
        let folder = Folder::with(&[(path, text)]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let way = out(found.installed.first().unwrap(), "ejs", "3.1.7", &found.manifests);
        assert!(way.words.contains("ejs 3.1.6: write 3.1.7 there"), "{}", way.words);
        way.at_last
    };
    assert_eq!(of("Dockerfile", "FROM a\nRUN npm i -g ejs@3.1.6\n"), "build the image of Dockerfile again");
    assert_eq!(of("Procfile", "web: npx -y ejs@3.1.6\n"), "deploy again");
}
