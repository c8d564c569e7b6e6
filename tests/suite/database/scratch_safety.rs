//! The scratch cluster leaves nothing behind, lets nobody in, and does nothing that a hostile server asks of it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::postgres_proofs::{index, tried};
use super::scratch::{judged, opened};
use crate::support::binary::World;
use crate::support::postgres::{Database, cluster};
use crate::support::probes::Folder;

/// Folders of scratch clusters below `place`.
fn clusters(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.join("data").exists() && path.join("log").exists()).collect()
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_cluster_is_private_and_goes_with_a_gonogo_that_is_killed() {
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int)").await;
    let queries: String = (0..3_000).map(|n| format!("SELECT * FROM t WHERE a = {n};\n")).collect();
    let project = Folder::with(&[("queries.sql", &queries)]);
    // Below /tmp, so that a server that runs as another user can get there.
    let place = tempfile::Builder::new().prefix("gonogo-t-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    for wait_for_server in [true, false] {
        let world = World::new();
        let queries = project.path().join("queries.sql").display().to_string();
        let path = project.path().display().to_string();
        let args = ["check", &path, "--yes", "--only", "database", "--database", &database.url, "--queries", &queries];
        let mut gonogo = world
            .command(&args)
            .env("TMPDIR", place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = |path: &PathBuf| path.join(".s.PGSQL.5432").exists() || !wait_for_server;
        wait_for("a cluster was begun", || clusters(place.path()).iter().any(socket));
        for folder in clusters(place.path()) {
            assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
            if let Ok(pid) = std::fs::read_to_string(folder.join("data/postmaster.pid")) {
                assert!(!pid.contains("127.0.0.1") && !pid.contains('*'), "it listens on its socket alone: {pid}");
            }
        }
        gonogo.kill().unwrap();
        gonogo.wait().unwrap();
        wait_for("everything is removed", || std::fs::read_dir(place.path()).unwrap().next().is_none());
    }
}

#[tokio::test]
async fn what_a_hostile_schema_is_called_stays_a_name() {
    let mark = format!("/tmp/mark-{}", std::process::id());
    let database = cluster()
        .database(&format!(
            r#"CREATE TABLE "a""; COPY t TO PROGRAM 'touch {mark}'; --" (id int PRIMARY KEY, "b'; DROP TABLE t; --" int);
               CREATE TYPE "e'; x" AS ENUM ('it''s', '"');
               CREATE TABLE "Order" (id int PRIMARY KEY, "userId" int, e "e'; x");
               CREATE INDEX "i"" ON ONLY x" ON "Order" ("userId");
               CREATE VIEW "v w" AS SELECT id, 'COPY x TO PROGRAM' AS p FROM "Order" WHERE "userId" = 7;"#
        ))
        .await;
    let sql = [
        r#"SELECT * FROM "a""; COPY t TO PROGRAM 'touch MARK'; --" WHERE id = 1"#.replace("MARK", &mark),
        r#"SELECT * FROM "Order" WHERE "userId" = $1"#.to_owned(),
        r#"SELECT * FROM "v w""#.to_owned(),
    ];
    let sql: Vec<&str> = sql.iter().map(String::as_str).collect();
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    for (judged, ready) in judged(&mut postgres, &ready).await.into_iter().zip(&ready) {
        let judged = judged.unwrap();
        assert_eq!(judged.scans, [], "{}", ready.query.sql);
        assert_eq!(judged.points.len(), 4, "planned in the copy: {}", ready.query.sql);
    }
    postgres.close().await;
    assert!(!Path::new(&mark).exists());
}

#[tokio::test]
async fn what_cannot_be_copied_is_planned_on_the_server() {
    let database = cluster()
        .database(
            "CREATE TYPE span AS RANGE (subtype = float8);
             CREATE TABLE odd (id int PRIMARY KEY, a int, s span);
             CREATE VIEW odd_view AS SELECT id, a FROM odd;
             CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
             CREATE TABLE by_function (id int PRIMARY KEY, a int);
             CREATE INDEX ON by_function (f(a));
             CREATE TABLE plain (id int PRIMARY KEY, a int);
             CREATE TABLE guarded (id int PRIMARY KEY, a int);
             ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
             CREATE POLICY p ON guarded USING (a = 7);",
        )
        .await;
    let sql = [
        "SELECT * FROM odd WHERE a = $1",
        "SELECT * FROM odd_view WHERE a = $1",
        "SELECT * FROM by_function WHERE a = $1",
        "SELECT * FROM guarded WHERE id = $1",
        "SELECT * FROM plain WHERE a = $1",
        "SELECT * FROM plain JOIN odd USING (id) WHERE plain.id = $1",
    ];
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    let seen = judged(&mut postgres, &ready).await;
    postgres.close().await;
    let seen: Vec<(usize, usize)> = seen
        .iter()
        .map(|judged| judged.as_ref().unwrap())
        .map(|judged| (judged.scans.len(), judged.points.len()))
        .collect();
    assert_eq!(seen, [(1, 1), (1, 1), (1, 1), (0, 1), (1, 4), (0, 1)]);
}

#[tokio::test]
async fn of_five_thousand_tables_only_those_that_are_read_are_copied() {
    let mut schema = String::new();
    for number in 0..5_000 {
        schema.push_str(&format!("CREATE TABLE t{number} (id int PRIMARY KEY, a int, b text);\n"));
        if number % 500 == 499 {
            schema.push_str("COMMIT; BEGIN;\n");
        }
    }
    let database = cluster().database(&format!("BEGIN; {schema} COMMIT;")).await;
    let sql: Vec<String> = (0..40).map(|n| format!("SELECT * FROM t{} WHERE a = $1", n * 100)).collect();
    let sql: Vec<&str> = sql.iter().map(String::as_str).collect();
    let began = Instant::now();
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    let seen = judged(&mut postgres, &ready).await;
    let took = began.elapsed();
    assert!(postgres.method().contains("40 tables were never analysed"), "{}", postgres.method());
    postgres.close().await;
    assert!(seen.iter().all(|judged| judged.as_ref().unwrap().scans.len() == 1));
    assert!(took < Duration::from_secs(30), "{took:?}");
}

/// A server that says of its view `v` that it is `definition`, which may be anything, as its superuser can arrange.
async fn saying(schema: &str, definition: &str) -> Database {
    let database = cluster()
        .database(&format!(
            "{schema};
             CREATE TABLE t (id int PRIMARY KEY, a int, b int);
             CREATE VIEW v AS SELECT id FROM t;
             INSERT INTO t SELECT n, n % 7, n FROM generate_series(1, 1000) n;"
        ))
        .await;
    cluster().run(&database.name, "ANALYZE").await;
    let lie = format!(
        "CREATE OR REPLACE FUNCTION pg_catalog.pg_get_viewdef(oid) RETURNS text LANGUAGE sql STABLE AS $lie$ SELECT $text${definition}$text$ $lie$"
    );
    cluster().run(&database.name, &lie).await;
    database
}

/// Plans queries of such a server and proves an index, with everything that is done in the scratch cluster; tells how
/// many queries were planned there.
async fn planned_and_proven(database: &Database) -> usize {
    let sql = ["SELECT * FROM v", "SELECT * FROM t WHERE b = $1"];
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    assert!(postgres.method().starts_with("planned in a scratch"), "{}", postgres.method());
    let seen = judged(&mut postgres, &ready).await;
    let there = seen.iter().filter(|judged| judged.as_ref().is_ok_and(|judged| judged.points.len() == 4)).count();
    let proven = tried(&mut postgres, &ready[1], &[index("t", &["b"])]).await.unwrap();
    assert_eq!(proven.used, [0]);
    postgres.close().await;
    there
}

/// A body of a function that leaves `mark` if it runs with the rights of a superuser, and says nothing if not.
fn trap(mark: &Path, result: &str) -> String {
    format!(
        "LANGUAGE plpgsql AS $trap$ BEGIN EXECUTE $run$COPY (SELECT 1) TO PROGRAM 'touch {}'$run$; RETURN {result}; \
         EXCEPTION WHEN OTHERS THEN RETURN {result}; END $trap$",
        mark.display()
    )
}

/// A name for a file that anybody may make.
fn mark(name: &str) -> PathBuf {
    let path = PathBuf::from(format!("/tmp/gonogo-mark-{name}-{}", std::process::id()));
    assert!(!path.exists());
    path
}

#[tokio::test]
async fn a_function_that_is_called_like_one_of_the_system_is_not_run_by_the_owner() {
    let mark = mark("function");
    let function = trap(&mark, "NULL");
    let database = saying(
        "",
        &format!("SELECT 1 AS id; CREATE FUNCTION public.pg_relation_filepath(oid) RETURNS text {function}"),
    )
    .await;
    let there = planned_and_proven(&database).await;
    assert!(!mark.exists());
    assert_eq!(there, 1, "the view is several statements, which nobody runs");
}

#[tokio::test]
async fn the_condition_of_a_domain_is_not_checked_by_the_owner() {
    let mark = mark("domain");
    let function = trap(&mark, "true");
    let database = saying(
        "CREATE DOMAIN level AS int; CREATE TABLE games (id int, l level); INSERT INTO games SELECT n, n % 9 FROM generate_series(1, 1000) n",
        &format!(
            "SELECT 1 AS id; CREATE FUNCTION public.fits(int) RETURNS bool {function}; \
             ALTER DOMAIN public.level ADD CHECK (public.fits(VALUE))"
        ),
    )
    .await;
    let sql = ["SELECT * FROM v", "SELECT * FROM games WHERE l = 3"];
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    let seen = judged(&mut postgres, &ready).await;
    postgres.close().await;
    assert!(!mark.exists());
    assert_eq!(seen[1].as_ref().unwrap().points.len(), 4, "planned in the copy");
}

#[tokio::test]
async fn a_temporary_table_does_not_stand_in_for_the_catalogue() {
    let mark = mark("temporary");
    let function = trap(&mark, "NEW");
    let database = saying(
        "",
        &format!(
            "SELECT 1 AS id; CREATE TEMPORARY TABLE pg_class AS SELECT * FROM pg_catalog.pg_class; \
             CREATE FUNCTION pg_temp.now() RETURNS trigger {function}; \
             CREATE TRIGGER t BEFORE UPDATE ON pg_temp.pg_class FOR EACH ROW EXECUTE FUNCTION pg_temp.now()"
        ),
    )
    .await;
    planned_and_proven(&database).await;
    assert!(!mark.exists());
}
