//! Tests of how the `repository` probe judges the keeping of dependencies, on whole projects.

use gonogo::model::{Confidence, Coverage, RuleId, Settings, Severity};
use gonogo::probe::repository::RepositoryProbe;

use crate::support::probes::{Folder, Seen, run_at};

const PACKAGE: &str = "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"zod\": \"^4.0.0\"\n  }\n}\n";

async fn look(files: &[(&str, &str)]) -> Seen {
    let folder = Folder::with(files);
    run_at(&RepositoryProbe, folder.path(), Settings::default(), "2026-11-22T12:00:00Z".parse().unwrap()).await.unwrap()
}

fn places(seen: &Seen, rule: &str) -> Vec<String> {
    seen.of(rule).iter().map(|finding| format!("{} {}", finding.severity.word(), finding.location)).collect()
}

fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules[&RuleId::from(rule)].clone()
}

#[tokio::test]
async fn an_unfinished_merge_in_a_lock_file_is_told_where_it_begins() {
    let conflict = "{\n<<<<<<< HEAD\n  \"lockfileVersion\": 3\n=======\n  \"lockfileVersion\": 2\n>>>>>>> theirs\n}\n";
    let seen = look(&[("package.json", PACKAGE), ("package-lock.json", conflict)]).await;
    assert_eq!(places(&seen, "lockfile-conflict-markers"), ["major package-lock.json:2"]);
    assert_eq!(coverage(&seen, "lockfile-conflict-markers"), Coverage::Whole);
    // What was not read cannot be in step.
    let out_of_step = coverage(&seen, "lockfile-out-of-step");
    assert!(matches!(&out_of_step, Coverage::Part(why) if why.contains("package-lock.json")), "{out_of_step:?}");
    let huge = look(&[("package.json", PACKAGE), ("package-lock.json", "\0\0")]).await;
    assert!(matches!(coverage(&huge, "lockfile-conflict-markers"), Coverage::Part(_)));
}

#[tokio::test]
async fn several_lock_files_for_one_manifest_are_told_with_the_one_to_keep() {
    let yarn = "# yarn lockfile v1\n";
    let files =
        [("package.json", PACKAGE), ("package-lock.json", "{}"), ("yarn.lock", yarn), (".yarnrc.yml", "a: b\n")];
    let seen = look(&files).await;
    let found = seen.of("lockfile-several");
    assert_eq!(found.len(), 1);
    assert!(found[0].fix.contains("git rm package-lock.json"), "{}", found[0].fix);
    let fine = look(&[("package.json", PACKAGE), ("package-lock.json", "{}"), ("api/yarn.lock", yarn)]).await;
    assert_eq!(places(&fine, "lockfile-several"), Vec::<String>::new());
}

#[tokio::test]
async fn a_runtime_without_support_is_told_where_it_is_fixed() {
    let seen = look(&[
        ("Dockerfile", "ARG V=18\nFROM node:${V}-slim\nUSER node\n"),
        ("api/.python-version", "3.8.10\n"),
        ("old/Dockerfile", "FROM php:8.2-fpm\nUSER app\n"),
        ("new/Dockerfile", "FROM node:24\nUSER node\n"),
        ("tests/.nvmrc", "12\n"),
        ("oldest/Dockerfile", "FROM node:6\nUSER node\n"),
        ("jvm/build.gradle", "plugins {\n  id 'org.springframework.boot' version '2.7.0'\n}\n"),
    ])
    .await;
    let mut told = places(&seen, "runtime-end-of-life");
    told.sort();
    assert_eq!(
        told,
        [
            "major Dockerfile:2",
            "major api/.python-version:1",
            "major jvm/build.gradle:2",
            "major oldest/Dockerfile:1",
            "minor old/Dockerfile:1"
        ]
    );
    assert!(matches!(coverage(&seen, "runtime-end-of-life"), Coverage::Part(_)), "silence is no evidence");
}

#[tokio::test]
async fn what_dependabot_leaves_out_is_told() {
    let only_npm =
        "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n    schedule: {interval: weekly}\n";
    let files = [(".github/dependabot.yml", only_npm), ("Dockerfile", "FROM node:24\nUSER node\n")];
    let seen = look(&files).await;
    let found = seen.of("dependency-updates-incomplete");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Minor, Confidence::Low));
    assert!(found[0].fix.contains("docker: \"/\""), "{}", found[0].fix);
    let none = look(&[("Dockerfile", "FROM node:24\nUSER node\n")]).await;
    assert!(matches!(coverage(&none, "dependency-updates-incomplete"), Coverage::Absent(_)));
    let broken = look(&[(".github/dependabot.yml", "updates: [\n")]).await;
    assert!(matches!(coverage(&broken, "dependency-updates-incomplete"), Coverage::Part(_)));
}
