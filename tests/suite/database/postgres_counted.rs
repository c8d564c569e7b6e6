//! Queries that the server itself has counted.

use std::path::Path;

use gonogo::model::{CallStatistics, Secret};
use gonogo::probe::database::postgres::Postgres;
use gonogo::probe::database::target::Target;

use crate::support::postgres::{OWNER, cluster};

async fn counted(url: &str) -> Result<Vec<(String, CallStatistics)>, String> {
    let Ok(Target::Postgres(target)) = Target::parse(&Secret::new(url)) else { panic!("no PostgreSQL address") };
    let mut postgres = Postgres::open(&target, Path::new("/nowhere"), 100_000).await.unwrap();
    let counted = postgres.statistics().await;
    postgres.close().await;
    counted.map_err(|unexamined| unexamined.0)
}

#[tokio::test]
async fn what_the_server_has_counted_is_read_with_its_calls() {
    let database = cluster()
        .database(
            "CREATE SCHEMA tools; CREATE EXTENSION pg_stat_statements SCHEMA tools;
             GRANT USAGE ON SCHEMA tools TO PUBLIC;
             CREATE TABLE t (id int PRIMARY KEY, at timestamptz);
             INSERT INTO t SELECT n, now() FROM generate_series(1, 7) n;",
        )
        .await;
    let mut app = cluster().connect(&database.name, &database.name).await;
    for number in 0..5 {
        let sql = format!(
            "SELECT id FROM t WHERE id > {number} AND at > now() - interval '1 day' AND extract(year from at) > 2000"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut app).await.unwrap();
    }
    sqlx::raw_sql("BEGIN; COMMIT; SELECT count(*) FROM pg_class").execute(&mut app).await.unwrap();
    let seen = counted(&database.url).await.unwrap();
    let ours: Vec<_> = seen.iter().filter(|(sql, _)| sql.contains("FROM t WHERE")).collect();
    let [(sql, calls)] = ours.as_slice() else { panic!("{seen:?}") };
    assert_eq!(sql, "SELECT id FROM t WHERE id > $1 AND at > now() - interval $2 AND extract(epoch from at) > $4");
    assert_eq!((calls.calls, calls.rows), (5, Some(25)));
    assert!(calls.mean_ms > 0.0);
    assert!(
        !seen.iter().any(|(sql, _)| sql.contains("pg_class") || sql.contains("BEGIN") || sql.contains("gonogo")),
        "{seen:?}"
    );
    // It is SQL again, so it can be planned.
    let planned = super::examine(&database.url, &[sql.as_str()]).await;
    assert_eq!(super::gaps(&planned), []);
}

#[tokio::test]
async fn why_statistics_are_not_there_is_said() {
    let bare = cluster().database("CREATE TABLE t (id int)").await;
    assert!(counted(&bare.url).await.unwrap_err().contains("is not installed in this database"));
    let hidden = cluster().database("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (id int)").await;
    let mut owner = cluster().connect(OWNER, &hidden.name).await;
    sqlx::raw_sql("SELECT * FROM t").execute(&mut owner).await.unwrap();
    let why = counted(&hidden.url).await.unwrap_err();
    assert!(why.contains("hide the queries of other roles from this one; grant it pg_read_all_stats"), "{why}");
    // A view of the users' that only has the name is not asked.
    let trap = cluster()
        .database(
            "CREATE TABLE log (line text);
             CREATE FUNCTION bite() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE 'bitten'; END $$;
             CREATE VIEW pg_stat_statements AS SELECT bite() AS query;",
        )
        .await;
    assert!(counted(&trap.url).await.unwrap_err().contains("is not installed in this database"));
}
