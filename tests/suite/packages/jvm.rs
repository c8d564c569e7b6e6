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
