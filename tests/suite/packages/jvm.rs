//! Maven: what its own model builder makes of a project and its parents (Maven 3.8.7). Gradle: its documented forms.

use gonogo::probe::packages::Scope;

use super::{collected, fixture, told_wants};
use crate::support::probes::Folder;

#[test]
fn versions_are_those_of_the_effective_model() {
    let packages = collected(&fixture("maven/project"));
    let listed = std::fs::read_to_string(fixture("maven/effective.txt")).unwrap();
    let told: Vec<String> = ["web/pom.xml", "core/pom.xml"]
        .iter()
        .flat_map(|path| packages.manifests[*path].declared.iter().map(move |declared| (path, declared)))
        .map(|(path, d)| {
            format!("{path} {} {} {}", d.name, d.range, if d.scope == Scope::Development { "dev" } else { "" })
        })
        .collect();
    let listed: Vec<String> = (listed.lines())
        .map(|line| {
            let (rest, scope) = line.rsplit_once(' ').unwrap();
            format!("{rest} {}", if scope == "test" { "dev" } else { "" })
        })
        .collect();
    assert_eq!(told, listed);
    let wants: Vec<String> = packages.locks.iter().flat_map(told_wants).collect();
    assert_eq!(
        wants,
        [
            "core/pom.xml: org.junit:junit 5.10.1 -> org.junit:junit 5.10.1 dev",
            "core/pom.xml: org.log:logger 1.4.14 -> org.log:logger 1.4.14",
            "web/pom.xml: org.jackson:databind 2.18.2 -> org.jackson:databind 2.18.2",
            "web/pom.xml: org.junit:junit 5.10.1 -> org.junit:junit 5.10.1",
            "web/pom.xml: org.servlet:api 6.0.0 -> org.servlet:api 6.0.0",
        ]
    );
    let gaps = packages.gaps.into_vec();
    let told: Vec<_> = gaps.iter().map(|gap| (gap.reason.as_str(), gap.count)).collect();
    assert_eq!(told, [("pom.xml, which does not name the packages that its dependencies bring in", 2)]);
}

#[test]
fn a_gradle_project_with_its_lock_file_and_catalog() {
    let folder = Folder::with(&[
        ("gradle/libs.versions.toml", "[libraries]\nweb = \"org.web:web:1.0\"\n"),
        (
            "app/build.gradle.kts",
            "dependencies {\n  implementation(libs.web)\n  testImplementation(\"org.t:t:1.+\")\n}\n",
        ),
        (
            "app/gradle.lockfile",
            "org.t:t:1.9=testCompileClasspath,testRuntimeClasspath\norg.web:inner:2.0=runtimeClasspath,testRuntimeClasspath\n\
             org.web:web:1.0=compileClasspath,runtimeClasspath,testCompileClasspath\nempty=annotationProcessor\n",
        ),
    ]);
    let packages = collected(folder.path());
    assert!(packages.gaps.is_empty(), "{:?}", packages.gaps);
    assert_eq!(
        told_wants(&packages.locks[0]),
        [
            "app/build.gradle.kts: org.t:t 1.+ -> org.t:t 1.9 dev",
            "app/build.gradle.kts: org.web:web 1.0 -> org.web:web 1.0"
        ]
    );
    let scopes: Vec<_> = packages.locks[0].packages.iter().map(|p| (p.name.as_str(), p.scope)).collect();
    use Scope::{Development, Production};
    assert_eq!(scopes, [("org.t:t", Development), ("org.web:inner", Production), ("org.web:web", Production)]);
}

/// What of this project was not examined.
fn open(files: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::with(files);
    let gaps = collected(folder.path()).gaps.into_vec();
    gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
}

#[test]
fn scripts_that_gradle_applies_ask_for_packages() {
    let deps = "dependencies { implementation 'org.log:core:2.14.0' }\n";
    let lock = "org.log:core:2.14.0=runtimeClasspath\nempty=\n";
    let stale = "org.log:api:2.14.0=runtimeClasspath\nempty=\n";
    let apply = "apply from: 'deps.gradle'\n";
    let without = |name: &str, path: &str| vec![format!("{name} without a lock file: {path}")];
    for (files, expected) in [
        (&[("app/build.gradle", apply), ("app/deps.gradle", deps)][..], without("build.gradle", "app/build.gradle")),
        (
            &[
                ("app/build.gradle.kts", "apply(from = \"$rootDir/gradle/deps.gradle\")\n"),
                ("gradle/deps.gradle", deps),
            ],
            without("build.gradle.kts", "app/build.gradle.kts"),
        ),
        // Scripts apply scripts, whatever the circles.
        (
            &[
                ("build.gradle", "apply from: 'gradle/a.gradle'\n"),
                ("gradle/a.gradle", "apply from: 'b.gradle'\napply from: 'a.gradle'\n"),
                ("gradle/b.gradle", &format!("apply from: 'a.gradle'\n{deps}")),
            ],
            without("build.gradle", "build.gradle"),
        ),
        (&[("settings.gradle", apply), ("deps.gradle", deps)], {
            let mut both = without("deps.gradle", "deps.gradle");
            both.extend(without("settings.gradle", "settings.gradle"));
            both
        }),
        // A plugin of the project's own is applied by its name.
        (
            &[("build.gradle", "plugins { id 'shop.java' }\n"), ("buildSrc/src/main/groovy/shop.java.gradle", deps)],
            without("shop.java.gradle", "buildSrc/src/main/groovy/shop.java.gradle"),
        ),
        // What cannot be found may ask for anything.
        (
            &[("build.gradle", "apply from: 'https://files.example.com/deps.gradle'\n")],
            without("build.gradle", "build.gradle"),
        ),
        (&[("build.gradle", "apply from: 'gone.gradle'\n")], without("build.gradle", "build.gradle")),
        (
            &[("build.gradle", apply), ("deps.gradle", deps), ("gradle.lockfile", stale)],
            vec!["package that is asked for but missing from the lock file: org.log:core".to_owned()],
        ),
        // What asks for nothing, and what a lock file answers for.
        (&[("build.gradle", apply), ("deps.gradle", deps), ("gradle.lockfile", lock)], Vec::new()),
        (
            &[
                ("app/build.gradle", "plugins { id 'shop.java' }\n"),
                ("buildSrc/shop.java.gradle", deps),
                ("app/gradle.lockfile", lock),
            ],
            Vec::new(),
        ),
        (&[("build.gradle", apply), ("deps.gradle", "ext.javaVersion = 17\n")], Vec::new()),
        (
            &[
                ("settings.gradle", "rootProject.name = 'x'\ninclude 'app'\n"),
                ("app/build.gradle", "plugins { id 'java' }\n"),
            ],
            Vec::new(),
        ),
    ] {
        assert_eq!(open(files), expected, "{files:?}");
    }
}

#[test]
fn what_a_script_asks_for_stands_on_the_line_that_applies_it() {
    let folder = Folder::with(&[
        ("build.gradle", "plugins { id 'java' }\n\napply from: \"$rootDir/gradle/deps.gradle\"\n"),
        ("gradle/deps.gradle", "dependencies {\n implementation 'org.a:a:1.+'\n implementation libs.b\n}\n"),
        ("gradle/libs.versions.toml", "[libraries]\nb = \"org.b:b:2.0\"\n"),
    ]);
    let packages = collected(folder.path());
    assert_eq!(packages.manifests.keys().collect::<Vec<_>>(), ["build.gradle"]);
    let declared = packages.manifests["build.gradle"].declared.iter();
    let told: Vec<String> = declared.map(|d| format!("{}: {} {}", d.line, d.name, d.range)).collect();
    assert_eq!(told, ["3: org.a:a 1.+", "3: org.b:b 2.0"]);
}
