//! Tests of what the `repository` probe says about schema migrations.

use std::process::Command;

use gonogo::model::{Coverage, RuleId, Settings, Severity};
use gonogo::probe::repository::RepositoryProbe;

use crate::support::probes::{Folder, Seen, run};

const UNSAFE: &str = "unsafe-migration";
const STUCK: &str = "migration-without-way-back";
const LOCK: (&str, &str) = ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
const FIRST: (&str, &str) = (
    "prisma/migrations/20240101000000_init/migration.sql",
    "CREATE TABLE \"Order\" (\"id\" TEXT NOT NULL, \"userId\" VARCHAR(30), \"total\" INTEGER);\n\
     CREATE INDEX \"Order_userId_idx\" ON \"Order\"(\"userId\");\n",
);

fn git(folder: &Folder, args: &[&str], time: &str) {
    let done = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .env("GIT_COMMITTER_DATE", time)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// A project whose `old` files are in git since 2024, and whose `new` ones were written just now.
async fn look(old: &[(&str, &str)], new: &[(&str, &str)]) -> Seen {
    let folder = Folder::with(old);
    git(&folder, &["init", "-q"], "");
    git(&folder, &["add", "."], "");
    git(&folder, &["commit", "-q", "--allow-empty", "-m", "first"], "@1704067200 +0000");
    for (path, text) in new {
        folder.write(path, text);
    }
    run(&RepositoryProbe, folder.path(), Settings::default()).await.unwrap()
}

fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules[&RuleId::from(rule)].clone()
}

/// What squawk calls the statements that were found, with their severities.
fn found(seen: &Seen) -> Vec<String> {
    let found = seen.of(UNSAFE).into_iter().map(|finding| {
        let names = &finding.evidence.last().unwrap().text;
        let line = finding.location.line().unwrap();
        format!("{line} {:?} {}", finding.severity, names.lines().next().unwrap().replace("squawk: ", ""))
    });
    found.collect()
}

async fn of_new(sql: &str) -> Vec<String> {
    found(&look(&[LOCK, FIRST], &[("prisma/migrations/20260101000000_b/migration.sql", sql)]).await)
}

#[tokio::test]
async fn statements_that_lock_or_rewrite_a_table_with_rows_are_found() {
    for (sql, expected) in [
        ("CREATE INDEX a ON \"Order\"(\"total\");", "1 Major require-concurrent-index-creation"),
        ("ALTER TABLE \"Order\" ADD COLUMN a INTEGER NOT NULL;", "1 Major adding-required-field"),
        ("ALTER TABLE \"Order\" ADD COLUMN a UUID DEFAULT gen_random_uuid();", "1 Major adding-field-with-default"),
        ("ALTER TABLE \"Order\" ALTER COLUMN \"total\" SET NOT NULL;", "1 Major adding-not-nullable-field"),
        ("ALTER TABLE \"Order\" ALTER COLUMN \"total\" TYPE BIGINT;", "1 Major changing-column-type"),
        ("ALTER TABLE \"Order\" RENAME COLUMN \"total\" TO \"sum\";", "1 Major renaming-column"),
        ("ALTER TABLE \"Order\" RENAME TO \"Purchase\";", "1 Major renaming-table"),
        ("ALTER TABLE \"Order\" ADD CONSTRAINT u UNIQUE (\"total\");", "1 Major disallowed-unique-constraint"),
        ("ALTER TABLE \"Order\" ADD CONSTRAINT c CHECK (\"total\" > 0);", "1 Major constraint-missing-not-valid"),
        ("-- DropColumn\n\nALTER TABLE \"Order\" DROP COLUMN \"total\";", "3 Minor ban-drop-column"),
        ("DROP TABLE \"Order\";", "1 Minor ban-drop-table"),
    ] {
        assert_eq!(of_new(sql).await, [expected], "{sql}");
    }
    let key = "ALTER TABLE \"Order\" ADD CONSTRAINT f FOREIGN KEY (\"userId\") REFERENCES \"User\"(\"id\");";
    assert_eq!(of_new(key).await, ["1 Major adding-foreign-key-constraint"]);
    // In a column that this migration adds there is nothing to check yet.
    let added = format!("ALTER TABLE \"Order\" ADD COLUMN \"shop\" TEXT;\n{}", key.replace("userId", "shop"));
    assert_eq!(of_new(&added).await, ["2 Minor adding-foreign-key-constraint"]);
    let both = "CREATE INDEX CONCURRENTLY a ON \"Order\"(\"total\");\nALTER TABLE \"Order\" ADD COLUMN a INT;";
    assert_eq!(of_new(both).await, ["1 Major ban-concurrent-index-creation-in-transaction"]);
}

#[tokio::test]
async fn what_takes_a_moment_or_meets_no_rows_is_left_alone() {
    for sql in [
        "CREATE INDEX CONCURRENTLY a ON \"Order\"(\"total\");",
        "ALTER TABLE \"Order\" ADD COLUMN a INTEGER NOT NULL DEFAULT 0;",
        "ALTER TABLE \"Order\" ADD COLUMN a TEXT;",
        "ALTER TABLE \"Order\" ALTER COLUMN \"userId\" TYPE TEXT;",
        "ALTER TABLE \"Order\" ADD CONSTRAINT c CHECK (\"total\" > 0) NOT VALID;",
        "CREATE TABLE \"New\" (id int PRIMARY KEY, c char(2));\nCREATE INDEX a ON \"New\"(id);\nALTER TABLE \"New\" ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES \"Order\"(id);",
        "-- gonogo: allow unsafe-migration because the table has ten rows\nCREATE INDEX a ON \"Order\"(\"total\");",
    ] {
        assert_eq!(of_new(sql).await, Vec::<String>::new(), "{sql}");
    }
}

#[tokio::test]
async fn only_migrations_that_may_still_have_to_run_are_judged() {
    let index = ("prisma/migrations/20240102000000_b/migration.sql", "CREATE INDEX a ON \"Order\"(\"total\");\n");
    // Both ran long ago.
    let seen = look(&[LOCK, FIRST, index], &[]).await;
    assert_eq!(found(&seen), Vec::<String>::new());
    assert!(matches!(coverage(&seen, UNSAFE), Coverage::Nothing(why) if why.contains("14 days")));
    // Neither ran: the first deployment makes every table.
    let seen = look(&[], &[LOCK, FIRST, index]).await;
    assert_eq!((found(&seen), coverage(&seen, UNSAFE)), (Vec::new(), Coverage::Whole));
    let seen = look(&[LOCK, FIRST], &[index]).await;
    assert_eq!((found(&seen).len(), coverage(&seen, UNSAFE)), (1, Coverage::Whole));
    let finding = seen.of(UNSAFE)[0];
    assert!(finding.message.contains("writing to `Order`"), "{}", finding.message);
    assert!(finding.fix.contains("CONCURRENTLY") && finding.fix.contains("--create-only"), "{}", finding.fix);
    assert_eq!(finding.severity, Severity::Major);
}

#[tokio::test]
async fn without_git_the_dates_in_the_names_say_what_is_new() {
    let index = ("prisma/migrations/20240102000000_b/migration.sql", "CREATE INDEX a ON \"Order\"(\"total\");\n");
    let seen = run(&RepositoryProbe, Folder::with(&[LOCK, FIRST, index]).path(), Settings::default()).await.unwrap();
    assert_eq!(found(&seen), Vec::<String>::new());
    let plain = [("migrations/0001_a.sql", "CREATE TABLE a (b jsonb);"), ("migrations/0002_b.sql", "DROP TABLE a;")];
    let seen = run(&RepositoryProbe, Folder::with(&plain).path(), Settings::default()).await.unwrap();
    assert!(matches!(coverage(&seen, UNSAFE), Coverage::Nothing(why) if why.contains("how old 2 migrations")));
}

#[tokio::test]
async fn other_databases_and_other_tools_are_said_not_to_be_examined() {
    let why = async |old: &[(&str, &str)], new: &[(&str, &str)]| {
        let seen = look(old, new).await;
        assert_eq!(found(&seen), Vec::<String>::new());
        match coverage(&seen, UNSAFE) {
            Coverage::Nothing(why) | Coverage::Part(why) | Coverage::Absent(why) => why,
            Coverage::Whole => String::new(),
        }
    };
    let sqlite = ("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n");
    let new = ("prisma/migrations/20260101000000_b/migration.sql", "CREATE INDEX a ON \"Order\"(\"total\");");
    assert!(why(&[sqlite, FIRST], &[new]).await.contains("for SQLite"));
    let mysql = [("db/migrations/0001_a.sql", "CREATE TABLE `a` (b int auto_increment);")];
    assert!(why(&mysql, &[("db/migrations/0002_b.sql", "DROP TABLE a;")]).await.contains("for MySQL"));
    let unclear = [("db/migrations/0001_a.sql", "CREATE TABLE a (b int);")];
    assert!(why(&unclear, &[]).await.contains("nothing tells which database"));
    let django = [("shop/migrations/0001_initial.py", "operations = []\n")];
    assert!(why(&django, &[]).await.contains("of Django"));
    assert!(why(&[], &[]).await.contains("no migration files"));
    let broken = ("prisma/migrations/20260101000000_b/migration.sql", "CREATE INDEX ON ON (;");
    assert!(why(&[LOCK, FIRST], &[broken]).await.contains("could not be read"));
}

#[tokio::test]
async fn drizzle_and_plain_sql_are_read_by_their_own_signs() {
    let journal = ("drizzle/meta/_journal.json", r#"{"version":"7","dialect":"postgresql","entries":[]}"#);
    let first = ("drizzle/0000_a.sql", "CREATE TABLE \"a\" (\"b\" integer);--> statement-breakpoint\n");
    let second = ("drizzle/0001_b.sql", "CREATE INDEX \"i\" ON \"a\" USING btree (\"b\");\n");
    let seen = look(&[journal, first], &[second]).await;
    assert_eq!(found(&seen), ["1 Major require-concurrent-index-creation"]);
    assert!(seen.of(UNSAFE)[0].fix.contains("Drizzle runs every migration in a transaction"));
    // What undoes a change is not run by a deployment.
    let up = ("migrations/0001_a.sql", "-- +goose Up\nCREATE TABLE a (b jsonb);\n-- +goose Down\nDROP TABLE a;\n");
    let next =
        ("migrations/0002_b.sql", "-- +goose Up\nALTER TABLE a ADD c int;\n-- +goose Down\nALTER TABLE a DROP c;\n");
    let seen = look(&[up], &[next]).await;
    assert_eq!((found(&seen), coverage(&seen, UNSAFE)), (Vec::new(), Coverage::Whole));
    assert!(seen.of(STUCK).is_empty());
}

#[tokio::test]
async fn the_newest_migrations_without_a_way_back_are_named_for_each_tool() {
    let seen = look(&[LOCK, FIRST], &[]).await;
    let finding = seen.of(STUCK)[0];
    assert_eq!(finding.message, "The only migration of Prisma, `20240101000000_init`, has no way back");
    assert!(finding.fix.contains("down.sql"), "{}", finding.fix);
    let down = ("prisma/migrations/20240101000000_init/down.sql", "DROP TABLE \"Order\";");
    assert!(look(&[LOCK, FIRST, down], &[]).await.of(STUCK).is_empty());

    let file = |n: usize, down: &str| {
        (format!("db/migrations/{n:03}_a.js"), format!("exports.up = k => k.a();\nexports.down = {down};\n"))
    };
    let mut files: Vec<(String, String)> = (1..=3).map(|n| file(n, "async () => {}")).collect();
    files.extend((4..=7).map(|n| file(n, "k => k.b()")));
    files.push(file(8, "() => { throw new Error('no') }"));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let seen = look(&files, &[]).await;
    // The first three ran too long ago to go back over.
    assert_eq!(seen.of(STUCK)[0].message, "`008_a.js`, one of the 5 newest migrations, has no way back");
    assert_eq!(seen.of(STUCK)[0].evidence[0].text, "db/migrations/008_a.js");

    let up =
        [("migrations/1_a.up.sql", "x"), ("migrations/1_a.down.sql", "-- nothing\n"), ("migrations/2_b.up.sql", "x")];
    let seen = look(&up, &[]).await;
    assert_eq!(seen.of(STUCK)[0].message, "None of the 2 newest migrations has a way back");
    assert!(matches!(coverage(&look(&[], &[]).await, STUCK), Coverage::Absent(_)));
}
