//! Nothing that the probe sends changes anything, whatever the schema and the queries hold.

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;

use super::{coverage, examine, failure, gaps, lines, messages};
use crate::support::postgres::{OWNER, cluster};
use gonogo::model::Coverage;

/// Functions that write, wait or lie about what they do, in plain sight and behind views, defaults and policies.
const TRAPS: &str = "
    CREATE TABLE victims (id int PRIMARY KEY, name text);
    CREATE TABLE log (line text);
    CREATE FUNCTION write_now(t text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO log VALUES (t); RETURN t; END $$;
    CREATE FUNCTION write_it(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN write_now(t); END $$;
    CREATE FUNCTION write_stable() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM write_it('stable'); RETURN 1; END $$;
    CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(300); RETURN 1; END $$;
    CREATE FUNCTION lower(n int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN write_now('lower'); END $$;
    CREATE SEQUENCE numbers;
    CREATE VIEW trap AS SELECT id, write_it('view') AS w FROM victims WHERE name = write_it('view');
    CREATE VIEW trap_behind AS SELECT * FROM trap;
    CREATE TABLE with_default (id int, word text DEFAULT write_it('default'));
    CREATE TABLE guarded (id int);
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON guarded USING (write_it('policy') = 'policy');
    CREATE FUNCTION equal_to(int, text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM write_now('operator'); RETURN true; END $$;
    CREATE OPERATOR @> (LEFTARG = int, RIGHTARG = text, FUNCTION = equal_to);
    CREATE VIEW by_operator AS SELECT id FROM victims WHERE 7 @> 'x';
    CREATE FUNCTION ceil(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM write_now('ceil'); RETURN 1; END $$;
    CREATE FUNCTION \"substring\"(text, numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN write_now('substring'); END $$;
    CREATE FUNCTION total(victims) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM write_now('total'); RETURN 1; END $$;
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE FUNCTION to_mood(int) RETURNS mood LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM write_now('cast'); RETURN 'good'; END $$;
    CREATE CAST (int AS mood) WITH FUNCTION to_mood(int) AS IMPLICIT;
    CREATE TABLE people (id int, felt mood);
    CREATE TABLE indexed (id int, name text);
    CREATE INDEX ON indexed (id) WHERE write_it('index') = name;
    CREATE TABLE plain (id int, name text);
    CREATE FUNCTION plainly(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.lower($1) $$;
    CREATE INDEX ON plain (plainly(name));
    CREATE DOMAIN word AS text CHECK (write_it(VALUE) <> '');
    CREATE TABLE worded (id int, said word);
    TRUNCATE log;
    INSERT INTO victims VALUES (1, 'a'), (2, 'b');
";

const ATTACKS: [&str; 22] = [
    "SELECT * FROM victims WHERE name = write_it('direct')",
    "SELECT * FROM victims WHERE id = write_stable()",
    "SELECT * FROM victims WHERE id = public.slow()",
    "SELECT * FROM trap",
    "SELECT * FROM trap_behind WHERE id = $1",
    "INSERT INTO with_default (id) VALUES (1)",
    "SELECT * FROM guarded",
    "SELECT nextval('numbers')",
    "SELECT * FROM victims WHERE name = lower(7)",
    "DELETE FROM victims",
    "WITH gone AS (DELETE FROM victims RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM victims",
    "SELECT 1 FROM victims WHERE 7 @> 'x'",
    "SELECT * FROM by_operator",
    "SELECT ceil('x'::text) FROM victims WHERE id = 1",
    "SELECT substring('a', 7.5) FROM victims WHERE id = 1",
    "SELECT ('(1,a)'::victims).total FROM victims WHERE id = 1",
    "SELECT 7::mood FROM victims",
    "UPDATE people SET felt = 7 WHERE id = 1",
    "SELECT * FROM indexed WHERE id = 1",
    "INSERT INTO worded (id, said) VALUES ($1, $2)",
    "UPDATE with_default SET word = DEFAULT WHERE id = 1",
];

#[tokio::test]
async fn functions_that_write_while_a_query_is_planned_write_nothing() {
    let database = cluster().database(TRAPS).await;
    let began = Instant::now();
    for url in [database.url.clone(), cluster().url(OWNER, &database.name)] {
        let seen = examine(&url, &ATTACKS).await;
        let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
        assert!(why.contains("call a function that the database itself defines (write_it)"), "{why}");
        assert!(why.contains("(behind trap)") && why.contains("(behind trap_behind)"), "{why}");
        for part in [
            "(lower)",
            "(operator @>)",
            "(behind by_operator)",
            "(ceil)",
            "(substring)",
            "(total)",
            "(type mood)",
            "(behind people)",
            "(behind indexed)",
            "(behind the defaults of worded)",
            "2 call a function that the database itself defines (behind the defaults of with_default)",
        ] {
            assert!(why.contains(part), "{part}: {why}");
        }
        let harmless = ["SELECT * FROM plain WHERE name = 'x'", "SELECT id FROM victims WHERE id >= 1"];
        assert_eq!(coverage(&examine(&url, &harmless).await), Coverage::Whole);
    }
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(database.number("SELECT count(*) FROM log").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM victims").await, 2);
    assert_eq!(database.number("SELECT count(*) FROM with_default").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM pg_class WHERE relname = 'copied'").await, 0);
    assert_eq!(database.number("SELECT is_called::int::bigint FROM numbers").await, 0);
}

#[tokio::test]
async fn the_traps_are_real_so_that_the_test_above_means_something() {
    let database = cluster().database(TRAPS).await;
    let mut connection = cluster().connect(OWNER, &database.name).await;
    sqlx::query("EXPLAIN SELECT * FROM victims WHERE name = write_it('direct')")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(database.number("SELECT count(*) FROM log").await, 1);
    for (traps, attack) in (2..).zip(&ATTACKS[12..20]) {
        sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {attack}"))).execute(&mut connection).await.unwrap();
        assert!(database.number("SELECT count(*) FROM log").await >= traps, "{attack}");
    }
}

#[tokio::test]
async fn a_superuser_is_warned_of_and_nothing_but_plans_is_asked_for() {
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int)").await;
    let mark = format!("mark_{}", database.name);
    let attacks = [
        format!("COPY (SELECT '{mark}_1') TO PROGRAM 'touch /tmp/{mark}'"),
        format!("SELECT '{mark}_2'; DROP TABLE t"),
        format!("SELECT 1 AS {mark}_3; COMMIT; DROP TABLE t"),
        format!("DO $$ BEGIN PERFORM '{mark}_4'; END $$"),
        format!("SET TRANSACTION READ WRITE /* {mark}_5 */"),
        format!("EXPLAIN ANALYZE DELETE FROM t WHERE '{mark}_6' = ''"),
        format!("CREATE TABLE {mark}_7 AS SELECT 1"),
        "SELECT * FROM t WHERE a = 1".to_owned(),
    ];
    let folder = crate::support::probes::Folder::with(&[]);
    // One text of several statements can only come from code, so the lexer is not given the chance to split them.
    let texts: Vec<&str> = attacks.iter().map(String::as_str).collect();
    drop(folder);
    let seen = examine(&cluster().url(OWNER, &database.name), &texts).await;
    assert!(seen.result.is_ok(), "{}", failure(&seen));
    assert!(gaps(&seen).iter().any(|(reason, _)| reason.starts_with("the role is a superuser")), "{:?}", gaps(&seen));
    let log = cluster().log();
    // The words of a query are looked up among the names of functions.
    let looked_up = |line: &str| line.contains("parameters: $1 = ");
    let sent: Vec<&str> = log.lines().filter(|line| line.contains(&mark) && !looked_up(line)).collect();
    // Split by the file's semicolons, the second and third are harmless queries, and are planned.
    assert!(sent.iter().all(|line| line.contains("PREPARE gonogo_query AS SELECT")), "{sent:#?}");
    for number in [1, 4, 5, 6, 7] {
        assert!(!log.contains(&format!("{mark}_{number}")), "{number} was sent");
    }
    assert_eq!(database.number("SELECT count(*) FROM pg_class WHERE relname = 't'").await, 1);
    assert!(!std::path::Path::new("/tmp").join(&mark).exists());
    let ordinary = examine(&database.url, &["SELECT 1"]).await;
    assert!(!gaps(&ordinary).iter().any(|(reason, _)| reason.contains("superuser")));
}

#[tokio::test]
async fn a_locked_table_is_waited_for_only_shortly() {
    let database =
        cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY)").await;
    let mut other = cluster().connect(OWNER, &database.name).await;
    sqlx::raw_sql("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let began = Instant::now();
    let seen = examine(&database.url, &["SELECT * FROM t WHERE a = 1", "SELECT * FROM u WHERE id = 1"]).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(
        why.contains("1 of 2 queries could not be examined: 1 read a table that another session has locked"),
        "{why}"
    );
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_the_rest_counted() {
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int)").await;
    let name = database.name.clone();
    let cutter = tokio::spawn(async move {
        let mut connection = cluster().connect(OWNER, "postgres").await;
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE '%gonogo%'"
        );
        for _ in 0..2_000 {
            let cut: Vec<(bool,)> =
                sqlx::query_as(AssertSqlSafe(sql.as_str())).fetch_all(&mut connection).await.unwrap();
            if !cut.is_empty() {
                return true;
            }
        }
        false
    });
    let queries: Vec<String> = (0..400).map(|n| format!("SELECT {n} FROM t WHERE a = 1")).collect();
    let texts: Vec<&str> = queries.iter().map(String::as_str).collect();
    let seen = examine(&database.url, &texts).await;
    if cutter.await.unwrap() {
        let why = match coverage(&seen) {
            Coverage::Part(why) | Coverage::Nothing(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why.contains("were not reached before the connection was lost"), "{why}");
    }
}

#[tokio::test]
async fn a_role_without_rights_says_so() {
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int)").await;
    cluster().run(&database.name, &format!("REVOKE ALL ON t FROM {}", database.name)).await;
    let seen = examine(&database.url, &["SELECT * FROM t WHERE a = 1"]).await;
    assert_eq!(lines(&seen), [0; 0], "{:?}", messages(&seen));
    let Coverage::Nothing(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("read a table that this role may not read"), "{why}");
}
