//! Tests of the `repository` probe.

use std::process::Command;

use gonogo::model::{Confidence, Coverage, RuleId, Settings, Severity};
use gonogo::probe::repository::RepositoryProbe;

use crate::support::probes::{Folder, Seen, run};

const PACKAGE: &str = r#"{
  "name": "shop",
  "scripts": {"test": "npm run unit", "unit": "vitest run", "lint": "eslint ."},
  "dependencies": {"express": "^4.18.2", "lodash": "4.17.21"}
}
"#;

async fn look(folder: &Folder) -> Seen {
    run(&RepositoryProbe, folder.path(), Settings::default()).await.unwrap()
}

fn git(folder: &Folder, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn committed(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::with(files);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    folder
}

fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules[&RuleId::from(rule)].clone()
}

/// The places of some rules only.
fn places(seen: &Seen, rules: &[&str]) -> Vec<String> {
    seen.places().into_iter().filter(|place| rules.iter().any(|rule| place.starts_with(rule))).collect()
}

#[tokio::test]
async fn a_lock_file_is_there_ignored_untracked_or_missing() {
    let locks = ["lockfile-missing", "lockfile-ignored", "dependency-unpinned"];
    let missing = look(&committed(&[("package.json", PACKAGE)])).await;
    assert_eq!(places(&missing, &locks), ["dependency-unpinned package.json:4", "lockfile-missing package.json"]);
    assert_eq!(coverage(&missing, "lockfile-missing"), Coverage::Whole);

    let ignored =
        committed(&[("package.json", PACKAGE), (".gitignore", "package-lock.json\n"), ("package-lock.json", "{}")]);
    assert_eq!(places(&look(&ignored).await, &locks), ["lockfile-ignored package-lock.json"]);

    let untracked = committed(&[("package.json", PACKAGE)]);
    untracked.write("pnpm-lock.yaml", "lockfileVersion: 9\n");
    assert_eq!(places(&look(&untracked).await, &locks), ["lockfile-ignored pnpm-lock.yaml"]);

    let good = look(&committed(&[("package.json", PACKAGE), ("package-lock.json", "{}")])).await;
    assert_eq!((places(&good, &locks).len(), good.proved()), (0, vec!["lockfile-committed".to_owned()]));

    let workspace = committed(&[
        ("package.json", PACKAGE),
        ("yarn.lock", ""),
        ("apps/web/package.json", "{\"name\": \"web\", \"dependencies\": {\"shop\": \"*\", \"react\": \"^18\"}}"),
        ("examples/a/package.json", PACKAGE),
    ]);
    assert_eq!(places(&look(&workspace).await, &locks), Vec::<String>::new());
    let inner = run(&RepositoryProbe, &workspace.path().join("apps/web"), Settings::default()).await.unwrap();
    assert_eq!(places(&inner, &["lockfile"]), Vec::<String>::new());
}

#[tokio::test]
async fn without_git_nothing_is_proved_about_what_is_committed() {
    let seen =
        look(&Folder::with(&[("package.json", PACKAGE), ("package-lock.json", "{}"), ("migrations/0001_a.sql", "")]))
            .await;
    assert!(seen.proved().is_empty(), "{:?}", seen.proved());
    assert!(matches!(coverage(&seen, "lockfile-committed"), Coverage::Part(why) if why.contains("git")));
}

#[tokio::test]
async fn open_versions_are_listed_once_for_each_manifest() {
    let folder = committed(&[
        (
            "package.json",
            "{\n  \"dependencies\": {\n    \"a\": \"latest\",\n    \"b\": \"github:x/b\",\n    \"c\": \"^1.0.0\"\n  }\n}\n",
        ),
        ("package-lock.json", "{}"),
        ("worker/requirements.txt", "flask==2.2.2\ngunicorn\n"),
        ("worker/requirements-dev.txt", "pytest\n"),
        ("tool/Cargo.toml", "[package]\nname = \"t\"\n[dependencies]\nserde = \"*\"\n"),
    ]);
    let seen = look(&folder).await;
    let rules = ["dependency-unpinned", "lockfile-missing"];
    assert_eq!(
        places(&seen, &rules),
        ["dependency-unpinned package.json:3", "dependency-unpinned worker/requirements.txt:2"]
    );
    let node = seen.of("dependency-unpinned")[0];
    assert_eq!(node.severity, Severity::Minor);
    assert!(node.message.contains("`a`, `b`") && !node.message.contains("`c`"), "{}", node.message);
}

#[tokio::test]
async fn what_a_manifest_leaves_open_is_no_silence() {
    let rules = ["dependency-unpinned", "dependency-unused", "lockfile-out-of-step"];
    let lock = "GEM\n  specs:\n\nDEPENDENCIES\n";
    let open = look(&committed(&[("Gemfile", "gemspec\n"), ("Gemfile.lock", lock)])).await;
    for rule in rules {
        let (Coverage::Part(why) | Coverage::Nothing(why)) = coverage(&open, rule) else { panic!("{rule}") };
        assert!(why.contains("`Gemfile`"), "{rule}: {why}");
    }
    let gaps = open.result.unwrap().gaps;
    assert!(gaps.iter().any(|gap| gap.examples.iter().any(|example| example.starts_with("Gemfile: "))), "{gaps:?}");
    let broken = look(&committed(&[("package.json", "{"), ("package-lock.json", "{}")])).await;
    for rule in ["lockfile-missing", "dependency-unpinned", "dependency-unused"] {
        let (Coverage::Part(why) | Coverage::Nothing(why)) = coverage(&broken, rule) else { panic!("{rule}") };
        assert!(why.contains("package.json"), "{rule}: {why}");
    }
}

#[tokio::test]
async fn pipelines_prove_what_they_run_before_a_merge() {
    let workflow = |on: &str| {
        format!(
            "name: ci\non: {on}\njobs:\n  test:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n      \
             - run: |\n          npm ci\n          npm test\n      - run: npm run lint\n      - run: npm audit\n"
        )
    };
    let prove = async |files: &[(&str, &str)]| {
        let seen = look(&committed(&[&[("package.json", PACKAGE), ("package-lock.json", "{}")], files].concat())).await;
        (seen.proved().into_iter().filter(|rule| rule.starts_with("ci-")).collect::<Vec<_>>(), seen)
    };
    let (rules, seen) = prove(&[(".github/workflows/ci.yml", &workflow("[push, pull_request]"))]).await;
    assert_eq!(rules, ["ci-runs-lint", "ci-runs-security-scan", "ci-runs-tests"]);
    let tests = seen.proofs.iter().find(|proof| proof.rule.as_str() == "ci-runs-tests").unwrap();
    assert_eq!(tests.location.to_string(), ".github/workflows/ci.yml:9");
    assert!(tests.evidence[0].text.contains("vitest run"));

    // After a merge, or by hand, is too late for tests.
    let (rules, _) = prove(&[(".github/workflows/ci.yml", &workflow("{push: {branches: [main]}}"))]).await;
    assert_eq!(rules, ["ci-runs-security-scan"]);
    // Called by one that runs for pull requests.
    let caller = "on: pull_request\njobs:\n  a:\n    uses: ./.github/workflows/ci.yml\n";
    let (rules, _) =
        prove(&[(".github/workflows/ci.yml", &workflow("workflow_call")), (".github/workflows/pr.yml", caller)]).await;
    assert!(rules.contains(&"ci-runs-tests".to_owned()));
    let (rules, _) = prove(&[(
        ".gitlab-ci.yml",
        "test:\n  script:\n    - npm ci\n    - npm run unit\ndeploy:\n  script: [flyctl deploy]\n",
    )])
    .await;
    assert_eq!(rules, ["ci-deploys", "ci-runs-tests"]);
    // Switched off, swallowed, or only said.
    for step in [
        "- if: false\n        run: npm test",
        "- run: npm test || true",
        "- run: echo npm test",
        "- run: npm test\n        continue-on-error: true",
    ] {
        let text = format!("on: pull_request\njobs:\n  a:\n    steps:\n      {step}\n");
        let (rules, _) = prove(&[(".github/workflows/ci.yml", &text)]).await;
        assert!(rules.is_empty(), "{step}: {rules:?}");
    }
}

#[tokio::test]
async fn a_test_script_that_tests_nothing_proves_nothing() {
    let package = PACKAGE.replace("npm run unit", "echo \\\"no tests yet\\\" && exit 0");
    let workflow = "on: pull_request\njobs:\n  a:\n    steps:\n      - run: npm test\n";
    let seen = look(&committed(&[("package.json", &package), (".github/workflows/a.yml", workflow)])).await;
    assert!(seen.proved().is_empty(), "{:?}", seen.proved());
}

#[tokio::test]
async fn a_project_without_any_pipeline_is_told_so() {
    let seen = look(&committed(&[("src/a.py", "print()\n")])).await;
    let finding = seen.of("ci-workflow-missing")[0];
    assert_eq!((finding.severity, finding.confidence), (Severity::Minor, Confidence::Medium));
    let seen = look(&committed(&[("README.md", "words\n")])).await;
    assert!(seen.findings.is_empty());
    for rule in [
        "ci-workflow-missing",
        "lockfile-missing",
        "container-runs-as-root",
        "migrations-versioned",
        "dependency-unpinned",
    ] {
        assert!(matches!(coverage(&seen, rule), Coverage::Absent(_)), "{rule}");
    }
}

#[tokio::test]
async fn a_pipeline_that_is_not_yaml_is_counted_and_proves_nothing() {
    let seen = look(&committed(&[("package.json", PACKAGE), (".github/workflows/ci.yml", "on: [\njobs: {")])).await;
    assert!(seen.proved().is_empty() && seen.of("ci-workflow-missing").is_empty());
    assert!(matches!(coverage(&seen, "ci-runs-tests"), Coverage::Part(_)));
    assert_eq!(seen.result.unwrap().gaps.len(), 1);
}

#[tokio::test]
async fn containers_are_judged_by_what_they_end_as() {
    let bad = look(&committed(&[("Dockerfile", "FROM node:latest\nCOPY . .\nCMD [\"npm\", \"start\"]\n")])).await;
    assert_eq!(
        places(&bad, &["base", "container"]),
        ["base-image-unpinned Dockerfile:1", "container-runs-as-root Dockerfile:1"]
    );
    let good = look(&committed(&[
        (
            "Dockerfile",
            "FROM node:22 AS build\nRUN npm ci\nFROM node:22-slim\nUSER node\nHEALTHCHECK CMD ./check\nCMD x\n",
        ),
        ("Dockerfile.dev", "FROM node\n"),
        ("tests/Dockerfile", "FROM node\n"),
    ]))
    .await;
    assert!(places(&good, &["base", "container"]).is_empty());
    assert_eq!(coverage(&good, "container-runs-as-root"), Coverage::Whole);
    assert!(good.proved().contains(&"health-check-configured".to_owned()));
}

#[tokio::test]
async fn migrations_are_proved_versioned_reversible_and_run_each_by_itself() {
    let proved = async |files: &[(&str, &str)]| {
        let seen = look(&committed(files)).await;
        let rules: Vec<String> = seen.proved().into_iter().filter(|rule| rule.starts_with("migrations")).collect();
        rules.into_iter().map(|rule| rule.replace("migrations-", "")).collect::<Vec<_>>().join(" ")
    };
    let prisma = ("prisma/migrations/20240101000000_init/migration.sql", "CREATE TABLE a (id int);\n");
    assert_eq!(proved(&[prisma]).await, "versioned");
    assert_eq!(
        proved(&[prisma, ("fly.toml", "[deploy]\nrelease_command = \"npx prisma migrate deploy\"\n")]).await,
        "run-by-deployment versioned"
    );
    assert_eq!(
        proved(&[
            prisma,
            ("Dockerfile", "FROM node:22\nCMD [\"sh\", \"-c\", \"npx prisma migrate deploy && node a.js\"]\n")
        ])
        .await,
        "run-by-deployment versioned"
    );
    // A test database in CI is not production.
    let ci =
        "on: pull_request\njobs:\n  a:\n    steps:\n      - run: npx prisma migrate deploy\n      - run: npx vitest\n";
    assert_eq!(proved(&[prisma, (".github/workflows/ci.yml", ci)]).await, "versioned");
    let cd = "on: {push: {branches: [main]}}\njobs:\n  a:\n    steps:\n      - run: npx prisma migrate deploy\n      - run: flyctl deploy\n";
    assert_eq!(proved(&[prisma, (".github/workflows/cd.yml", cd)]).await, "run-by-deployment versioned");

    let (up, down) = (("migrations/0001_a.up.sql", "A"), ("migrations/0001_a.down.sql", "B"));
    assert_eq!(proved(&[up, down]).await, "reversible versioned");
    assert_eq!(proved(&[up, down, ("migrations/0002_b.up.sql", "C")]).await, "versioned");
    let alembic = |down: &str| {
        format!("def upgrade() -> None:\n    op.add_column('a')\n\n\ndef downgrade() -> None:\n    {down}\n")
    };
    assert_eq!(proved(&[("alembic/versions/1f_a.py", &alembic("op.drop_column('a')"))]).await, "reversible versioned");
    assert_eq!(proved(&[("alembic/versions/1f_a.py", &alembic("pass"))]).await, "versioned");
    let django = |run: &str| format!("class Migration(migrations.Migration):\n    operations = [{run}]\n");
    assert_eq!(
        proved(&[("shop/migrations/0001_initial.py", &django("migrations.CreateModel('A')"))]).await,
        "reversible versioned"
    );
    assert_eq!(proved(&[("shop/migrations/0002_fill.py", &django("migrations.RunPython(fill)"))]).await, "versioned");
    let knex = "exports.up = (k) => k.schema.createTable('a');\nexports.down = (k) => k.schema.dropTable('a');\n";
    assert_eq!(proved(&[("db/migrations/20240101_a.js", knex)]).await, "reversible versioned");
}

#[tokio::test]
async fn updates_are_automated_only_while_they_are_switched_on() {
    let dependabot =
        |limit: &str| format!("version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n{limit}");
    for (files, expected) in [
        (vec![(".github/dependabot.yml", dependabot(""))], true),
        (vec![(".github/dependabot.yml", dependabot("    open-pull-requests-limit: 0\n"))], false),
        (vec![("renovate.json", "{\"extends\": [\"config:recommended\"]}".to_owned())], true),
        (vec![("renovate.json", "{\"enabled\": false}".to_owned())], false),
        (vec![("renovate.json", "{\"extends\": [\":disableAll\"]}".to_owned())], false),
        (vec![(".github/dependabot.yml", dependabot("    ignore:\n      - dependency-name: \"*\"\n"))], false),
        (vec![(".github/dependabot.yml", dependabot("    exclude-paths: [\"**\"]\n"))], false),
        (vec![(".dependabot/config.yml", "version: 1\n".to_owned())], false),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let seen = look(&committed(&files)).await;
        assert_eq!(seen.proved() == ["dependency-updates-automated"], expected, "{files:?}");
    }
}

#[tokio::test]
async fn the_health_of_a_database_is_not_the_health_of_the_app() {
    let compose = |check: &str| {
        format!(
            "services:\n  db:\n    image: postgres:16\n    healthcheck:\n      test: x\n  web:\n    build: .\n{check}"
        )
    };
    let prove = async |files: &[(&str, &str)]| {
        look(&committed(files)).await.proved().contains(&"health-check-configured".to_owned())
    };
    assert!(!prove(&[("docker-compose.yml", &compose(""))]).await);
    assert!(prove(&[("docker-compose.yml", &compose("    healthcheck:\n      test: y\n"))]).await);
    assert!(!prove(&[("docker-compose.yml", &compose("    healthcheck:\n      disable: true\n"))]).await);
    assert!(prove(&[("fly.toml", "[[http_service.checks]]\npath = \"/health\"\n")]).await);
    assert!(!prove(&[("fly.toml", "[http_service]\ninternal_port = 1\n")]).await);
    assert!(
        prove(&[(
            "k8s/web.yaml",
            "kind: Deployment\nspec:\n  containers:\n    - name: a\n      livenessProbe:\n        httpGet: {path: /}\n"
        )])
        .await
    );
}
