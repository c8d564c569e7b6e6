//! What production is, and what its author allows.

use gonogo::model::Settings;
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, run};

#[tokio::test]
async fn a_comment_with_a_reason_allows_a_rule_and_is_counted() {
    let call = "fetch('https://api.example.com');\n";
    let folder = Folder::with(&[
        (
            "a.ts",
            &format!("// gonogo: allow external-call-without-timeout because the platform ends us after 10 s\n{call}"),
        ),
        ("b.ts", &format!("// gonogo: allow external-call-without-timeout\n{call}")),
        ("c.ts", &format!("// gonogo: allow swallowed-error because of something else\n{call}")),
        (
            "d.py",
            "import requests\nrequests.get('https://api.example.com')  # gonogo: allow external-call-without-timeout because this ends soon\n",
        ),
    ]);
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert_eq!(seen.places(), ["external-call-without-timeout b.ts:2", "external-call-without-timeout c.ts:2"]);
    let examined = seen.result.unwrap();
    assert_eq!(examined.counts["suppressed"], 2);
    assert!(examined.gaps.iter().any(|gap| gap.reason.contains("no reason") && gap.examples == ["b.ts:1"]));
}

#[tokio::test]
async fn tests_scripts_and_migrations_are_not_production() {
    let call = "export const a = () => fetch('https://api.example.com');\n";
    let paths = ["src/a.test.ts", "scripts/a.ts", "prisma/seed.ts", "db/migrations/1.ts", "e2e/a.ts", "vite.config.ts"];
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, call)).collect();
    let seen = run(&SourceProbe, Folder::with(&files).path(), Settings::default()).await.unwrap();
    assert_eq!(seen.places(), Vec::<String>::new());
}

#[tokio::test]
async fn a_development_server_must_not_be_what_production_starts() {
    let seen = async |files: &[(&str, &str)]| {
        let seen = run(&SourceProbe, Folder::with(files).path(), Settings::default()).await.unwrap();
        seen.findings.iter().map(|found| format!("{} {}", found.location, found.message)).collect::<Vec<_>>()
    };
    let package = "{\n  \"name\": \"start\",\n  \"scripts\": {\n    \"dev\": \"next dev\",\n    \"start\": \"npm run dev\"\n  }\n}\n";
    let started = ["package.json:5 The `start` script runs `next dev`, which is for development"];
    assert_eq!(seen(&[("package.json", package)]).await, started);
    // Only `start` is what a host runs; a script for production takes its place.
    let fine = r#"{"scripts": {"dev": "nodemon src/a.js", "start": "node src/a.js"}}"#;
    assert!(seen(&[("package.json", fine)]).await.is_empty());
    let nest = r#"{"scripts": {"start": "nest start --watch", "start:prod": "node dist/main"}}"#;
    assert!(seen(&[("package.json", nest)]).await.is_empty());
    assert!(seen(&[("examples/a/package.json", package), ("package.json", "{ broken")]).await.is_empty());
    // Where a container says what is started, `start` is for developers.
    let docker = "FROM node:22 AS build\nCMD npm run dev\nFROM node:22\nCOPY . .\nCMD [\"node\", \"dist/a.js\"]\n";
    assert!(seen(&[("package.json", package), ("Dockerfile", docker)]).await.is_empty());
    let docker = "FROM node:22\nCOPY . .\nENTRYPOINT [\"sh\", \"-c\"]\n\nCMD [\"npm run dev\"]\n";
    let container = ["Dockerfile:5 The container is started with `next dev`, which is for development"];
    assert_eq!(seen(&[("package.json", package), ("Dockerfile", docker)]).await, container);
    assert!(seen(&[("Dockerfile.dev", docker), ("package.json", fine)]).await.is_empty());
    let procfile = "release: python manage.py migrate\nweb: python manage.py runserver 0.0.0.0:$PORT\n";
    let web = ["Procfile:2 The web process is started with `manage.py runserver`, which is for development"];
    assert_eq!(seen(&[("Procfile", procfile)]).await, web);
}
