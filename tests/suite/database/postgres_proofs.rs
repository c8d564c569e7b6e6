//! Indexes that are proven: in the scratch cluster, and by HypoPG on the server.

use std::collections::BTreeMap;

use gonogo::model::IndexProof;
use gonogo::probe::database::catalog::Table;
use gonogo::probe::database::examine::Ready;
use gonogo::probe::database::plan::{Asked, Tried};
use gonogo::probe::database::postgres::Postgres;
use gonogo::probe::database::proposals::candidate::{Candidate, Key};

use super::scratch::{judged, opened, ready, shop};
use crate::support::postgres::cluster;

/// An index on columns of a table.
pub fn index(table: &str, keys: &[&str]) -> Candidate {
    let table = Table { schema: "public".to_owned(), name: table.to_owned(), ..Table::default() };
    Candidate::of(&table, keys.iter().map(|key| Key::column(key)).collect())
}

/// What a query's plan is with indexes.
pub async fn tried(postgres: &mut Postgres, ready: &Ready, candidates: &[Candidate]) -> Option<Tried> {
    let asked = Asked { prepared: &ready.prepared, shape: &ready.shape, values: &BTreeMap::new() };
    postgres.try_indexes(asked, candidates).await
}

#[tokio::test]
async fn many_trials_at_once_show_what_each_shows_by_itself() {
    let shop = shop(1).await;
    let queries = [
        "SELECT * FROM payments WHERE order_id = $1",
        "SELECT * FROM events WHERE kind = $1 ORDER BY at DESC LIMIT 20",
        "SELECT * FROM events WHERE kind = $1",
        "SELECT * FROM products WHERE deleted_at IS NULL AND price > 98 ORDER BY id",
        "SELECT * FROM payments WHERE id = $1",
    ];
    let mut part = index("products", &["price"]);
    part.predicate = Some("deleted_at IS NULL".to_owned());
    let wanted = [
        vec![index("payments", &["order_id"])],
        vec![index("events", &["kind", "at"]), index("events", &["kind"])],
        vec![index("events", &["no_such_column"]), index("events", &["kind"])],
        vec![part],
        vec![index("payments", &["no_such_column"])],
    ];
    let mut seen = Vec::new();
    for together in [false, true] {
        let (mut postgres, ready) = opened(&shop.url, 100_000, &queries).await;
        let none = BTreeMap::new();
        if together {
            let asked = ready.iter().map(|one| Asked { prepared: &one.prepared, shape: &one.shape, values: &none });
            let trials: Vec<_> = asked.zip(wanted.iter().map(Vec::as_slice)).collect();
            postgres.try_ahead(&trials).await;
        }
        let mut all = Vec::new();
        for (ready, wanted) in ready.iter().zip(&wanted) {
            all.push(tried(&mut postgres, ready, wanted).await);
        }
        // What was made for others is hidden.
        let bare = tried(&mut postgres, &ready[0], &[]).await.unwrap();
        assert_eq!((bare.used.as_slice(), bare.after), (&[][..], bare.before));
        postgres.close().await;
        seen.push(all);
    }
    let used: Vec<Option<&[usize]>> = seen[1].iter().map(|tried| Some(tried.as_ref()?.used.as_slice())).collect();
    assert_eq!(used, [Some(&[0][..]), Some(&[0]), Some(&[1]), Some(&[0]), None]);
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn an_index_is_made_in_the_scratch_cluster_and_used_or_not() {
    let shop = shop(1).await;
    let queries = [
        "SELECT * FROM payments WHERE order_id = $1",
        "SELECT * FROM events WHERE kind = $1 ORDER BY at DESC LIMIT 20",
        "SELECT * FROM products WHERE name LIKE 'a%'",
        "SELECT * FROM products WHERE deleted_at IS NULL AND price > 98 ORDER BY id",
        "SELECT sum(total) FROM orders",
    ];
    let (mut postgres, ready) = opened(&shop.url, 100_000, &queries).await;
    for judged in judged(&mut postgres, &ready).await {
        let judged = judged.unwrap();
        assert_eq!(judged.scans.len(), 1, "{judged:?}");
        assert!(judged.plan.cost.unwrap() > 1_000.0, "judged at 100,000 rows: {judged:?}");
        let times: Vec<u64> = judged.points.iter().map(|point| point.times).collect();
        assert_eq!(times, [1, 10, 100, 1_000]);
        assert!(judged.points.windows(2).all(|pair| pair[0].cost < pair[1].cost), "{:?}", judged.points);
    }
    let mut newest = index("events", &["kind", "at"]);
    newest.keys[1].descending = true;
    let mut pattern = index("products", &["name"]);
    pattern.keys[0].operator_class = Some("text_pattern_ops");
    let mut part = index("products", &["price"]);
    part.predicate = Some("deleted_at IS NULL".to_owned());
    for (at, candidate) in [(0, index("payments", &["order_id"])), (1, newest), (2, pattern), (3, part)] {
        let tried = tried(&mut postgres, &ready[at], &[candidate]).await.unwrap();
        assert_eq!(
            (tried.proof, tried.used.as_slice()),
            (IndexProof::ScratchServer, [0].as_slice()),
            "{}",
            queries[at]
        );
        assert!(tried.after * 2.0 < tried.before && tried.before > 1_000.0, "{}: {tried:?}", queries[at]);
    }
    // An index on something else does not serve, and none serves a sum over everything; of two the better is used.
    let unused = tried(&mut postgres, &ready[2], &[index("products", &["price", "name"])]).await.unwrap();
    assert_eq!(unused.used, [] as [usize; 0]);
    let unused = tried(&mut postgres, &ready[4], &[index("orders", &["status"])]).await.unwrap();
    assert_eq!(unused.used, [] as [usize; 0]);
    assert!((unused.before - unused.after).abs() < 0.01 * unused.before, "sizes are as before: {unused:?}");
    let both = [index("payments", &["provider"]), index("payments", &["order_id"])];
    assert_eq!(tried(&mut postgres, &ready[0], &both).await.unwrap().used, [1]);
    // What cannot be made is left out, and proves nothing by itself.
    let mut trigrams = index("payments", &["reference"]);
    (trigrams.method, trigrams.keys[0].operator_class) = (Some("gin"), Some("gin_trgm_ops"));
    let some = [trigrams, index("payments", &["no_such_column"]), index("payments", &["order_id"])];
    assert_eq!(tried(&mut postgres, &ready[0], &some).await.unwrap().used, [2]);
    assert_eq!(tried(&mut postgres, &ready[0], &[index("payments", &["no_such_column"])]).await, None);
    assert!(tried(&mut postgres, &ready[0], &[index("payments", &["order_id"])]).await.is_some(), "and does no harm");
    postgres.close().await;
    assert_eq!(shop.number("SELECT count(*) FROM pg_class WHERE relname LIKE 'gonogo%'").await, 0);
}

#[tokio::test]
async fn an_index_on_a_partitioned_table_is_proven_through_its_parts() {
    let database = cluster()
        .database(
            "CREATE TABLE events (id bigint, kind int, at date NOT NULL, dropped int) PARTITION BY RANGE (at);
             ALTER TABLE events DROP COLUMN dropped;
             CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
             CREATE TABLE events_b (at date NOT NULL, kind int, id bigint);
             ALTER TABLE events ATTACH PARTITION events_b FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
             CREATE INDEX ON events (id);
             INSERT INTO events SELECT n, n % 40, '2025-06-01'::date + n FROM generate_series(1, 300) n;",
        )
        .await;
    cluster().run(&database.name, "ANALYZE").await;
    let sql = ["SELECT * FROM events WHERE kind = $1", "SELECT * FROM events WHERE id = $1"];
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    assert!(postgres.method().starts_with("planned in a scratch"), "{}", postgres.method());
    let seen = judged(&mut postgres, &ready).await;
    assert_eq!(seen[0].as_ref().unwrap().scans.len(), 1);
    assert_eq!(seen[1].as_ref().unwrap().scans.len(), 0, "{:?}", seen[1]);
    let tried = tried(&mut postgres, &ready[0], &[index("events", &["kind"])]).await.unwrap();
    assert_eq!(tried.used, [0], "{tried:?}");
    postgres.close().await;
}

#[tokio::test]
async fn where_the_copy_cannot_be_made_hypopg_proves_an_index_on_the_server() {
    let there =
        cluster().database("").await.number("SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'").await
            == 1;
    if !there {
        assert!(std::env::var_os("GONOGO_TEST_HYPOPG").is_none(), "tests/run found HypoPG and the server does not");
        return;
    }
    // A type of the users' own making is beyond the copy.
    let database = cluster()
        .database(
            "CREATE SCHEMA ext; CREATE EXTENSION hypopg SCHEMA ext;
             CREATE TYPE span AS RANGE (subtype = float8);
             CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, s span);
             INSERT INTO t SELECT n, n % 5000 FROM generate_series(1, 20000) n;
             GRANT USAGE ON SCHEMA ext TO PUBLIC;",
        )
        .await;
    cluster().run(&database.name, "ANALYZE").await;
    let sql = ["SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE id = $1"];
    let (mut postgres, ready) = opened(&database.url, 1_000, &sql).await;
    let seen = judged(&mut postgres, &ready).await;
    assert_eq!(seen[0].as_ref().unwrap().scans.len(), 1);
    let proven = tried(&mut postgres, &ready[0], &[index("t", &["a"])]).await.unwrap();
    assert_eq!((proven.proof, proven.used.as_slice()), (IndexProof::Hypothetical, [0].as_slice()));
    assert!(proven.before > 300.0 && proven.after < 30.0, "{proven:?}");
    let some = tried(&mut postgres, &ready[0], &[index("t", &["no_such_column"]), index("t", &["a"])]).await.unwrap();
    assert_eq!(some.used, [1], "what cannot be made is left out");
    assert_eq!(tried(&mut postgres, &ready[0], &[index("t", &["no_such_column"])]).await, None);
    let unused = tried(&mut postgres, &ready[1], &[index("t", &["a"])]).await.unwrap();
    assert_eq!(unused.used, [] as [usize; 0], "nothing is left of the one before: {unused:?}");
    postgres.close().await;
    assert_eq!(database.number("SELECT count(*) FROM pg_indexes WHERE tablename = 't'").await, 1);
}

#[tokio::test]
async fn a_query_that_is_not_ready_proves_nothing() {
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY, a int)").await;
    let (mut postgres, _) = opened(&database.url, 1_000, &["SELECT * FROM t WHERE a = $1"]).await;
    assert_eq!(tried(&mut postgres, &ready("SELECT * FROM t WHERE a > $1"), &[index("t", &["a"])]).await, None);
    postgres.close().await;
}
