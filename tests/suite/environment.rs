//! Tests of the `environment` probe.

use std::process::Command;

use gonogo::model::{Coverage, RuleId, Settings, Severity};
use gonogo::probe::environment::EnvironmentProbe;

use crate::support::probes::{Folder, Seen, run};

async fn look(folder: &Folder) -> Seen {
    run(&EnvironmentProbe, folder.path(), Settings::default()).await.unwrap()
}

fn git(folder: &Folder, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules[&RuleId::from(rule)].clone()
}

fn random() -> String {
    ["q7Zt2LmX", "9vRb4KpN", "8sWd"].concat()
}

#[tokio::test]
async fn a_tracked_env_file_is_found_even_when_it_is_ignored_or_deleted() {
    let folder = Folder::with(&[
        (".gitignore", ".env*\n"),
        (".env", &format!("JWT_SECRET={}\nDB_HOST=db.acme.io\n", random())),
        (".env.local", &format!("JWT_SECRET={}\n", random())),
        (".env.example", "JWT_SECRET=\n"),
        ("apps/api/.env", "DB_HOST=db.acme.io\n"),
    ]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-f", ".env", ".env.example", "apps/api/.env"]);
    std::fs::remove_file(folder.path().join("apps/api/.env")).unwrap();
    let seen = look(&folder).await;
    assert_eq!(seen.places(), ["env-file-committed .env:1", "env-file-committed apps/api/.env"]);
    assert_eq!(seen.of("env-file-committed")[0].severity, Severity::Blocker);
    let shown = format!("{:?}", seen);
    assert!(shown.contains("`JWT_SECRET`") && !shown.contains(&random()), "{shown}");
    assert_eq!(coverage(&seen, "env-file-committed"), Coverage::Whole);
}

#[tokio::test]
async fn without_git_nothing_is_claimed_about_what_is_committed() {
    let folder = Folder::with(&[(".env", "A=1\n")]);
    let seen = look(&folder).await;
    assert!(seen.findings.is_empty());
    assert!(matches!(coverage(&seen, "env-file-committed"), Coverage::Nothing(why) if why.contains("git work tree")));
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join(".git/HEAD"), "nonsense").unwrap();
    let seen = look(&folder).await;
    assert!(matches!(coverage(&seen, "env-file-committed"), Coverage::Nothing(why) if why.contains("git status")));
}

#[tokio::test]
async fn placeholders_in_production_files_are_found_and_their_absence_is_not_a_pass() {
    let seen = look(&Folder::with(&[(".env", "A=changeme\n")])).await;
    assert!(matches!(coverage(&seen, "env-placeholder-value"), Coverage::Absent(_)));
    let seen = look(&Folder::with(&[(".env.production", "SESSION_SECRET=changeme\nA=1\n")])).await;
    assert_eq!(seen.places(), ["env-placeholder-value .env.production:1"]);
    assert_eq!(coverage(&seen, "env-placeholder-value"), Coverage::Whole);
}
