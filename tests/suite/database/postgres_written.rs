//! Queries as people and frameworks write them for PostgreSQL, each with the index that serves it and the words that are true of it.

use gonogo::model::IndexProof;

use super::postgres_indexes::{database, report};
use super::{examine, messages};
use crate::support::probes::Seen;

/// What is proposed: `posts (created_at) WHERE …`, sorted. All of it is proven.
fn proposed(seen: &Seen) -> Vec<String> {
    assert!(report(seen).proposals.iter().all(|proposal| proposal.proof == IndexProof::ScratchServer));
    let told = |sql: &String| sql.trim_end_matches(';').split_once(" ON ").unwrap().1.to_owned();
    let mut all: Vec<String> = report(seen).proposals.iter().map(|proposal| told(&proposal.statement)).collect();
    all.sort();
    all
}

const POSTS: &str = "CREATE TABLE posts (id int PRIMARY KEY, author_id int NOT NULL, kind int NOT NULL, score int NOT NULL,
      title text NOT NULL, published boolean NOT NULL, deleted_at timestamptz, created_at timestamptz NOT NULL, facts jsonb,
      tags text[] NOT NULL);
    INSERT INTO posts SELECT i, 1 + i % 400, i % 50, i % 1000, 'title ' || i, i % 2 = 0, CASE WHEN i % 20 = 0 THEN now() END,
      now() - i * interval '1 min', jsonb_build_object('plan', i % 700), array['t' || i % 300]
    FROM generate_series(1, 2000) i;";

/// Each by itself, because an index for one may serve another.
#[tokio::test]
async fn the_first_rows_of_an_order_get_an_index_whatever_else_is_asked() {
    let database = database(POSTS).await;
    for (query, index) in [
        ("SELECT * FROM posts WHERE kind = $1 ORDER BY score LIMIT 10", "posts (kind, score)"),
        ("SELECT * FROM posts ORDER BY score DESC LIMIT 10", "posts (score)"),
        ("SELECT * FROM posts WHERE kind = $1 AND id > $2 ORDER BY score LIMIT 10", "posts (kind, score, id)"),
        (
            "SELECT * FROM posts WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 20",
            "posts (created_at, id)",
        ),
        (
            "SELECT * FROM posts WHERE published AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 10",
            "posts (created_at) WHERE published AND deleted_at IS NULL",
        ),
        (
            "SELECT * FROM posts WHERE published = false AND kind = $1 AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 10",
            "posts (kind, created_at) WHERE NOT published AND deleted_at IS NULL",
        ),
    ] {
        let seen = examine(&database.url, &[query]).await;
        assert_eq!(proposed(&seen), [index], "{query}: {:?}", messages(&seen));
    }
}

/// A second index on the same column is paid for by every writer.
#[tokio::test]
async fn no_two_indexes_are_proposed_where_one_does() {
    let database = database(POSTS).await;
    let queries = [
        "SELECT * FROM posts WHERE created_at BETWEEN $1 AND $2",
        "SELECT * FROM posts WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 20",
    ];
    let seen = examine(&database.url, &queries).await;
    assert_eq!(proposed(&seen), ["posts (created_at, id)"]);
    assert_eq!(report(&seen).proposals[0].gains.len(), 2);
}

#[tokio::test]
async fn what_a_document_or_a_view_holds_gets_an_index() {
    let sql = format!(
        "{POSTS} CREATE VIEW live AS SELECT * FROM posts WHERE deleted_at IS NULL;
         CREATE TABLE \"People\" (id int PRIMARY KEY, \"lastName\" varchar(80) NOT NULL);
         INSERT INTO \"People\" SELECT i, 'N' || i FROM generate_series(1, 500) i;"
    );
    let database = database(&sql).await;
    let queries = [
        "SELECT * FROM posts p WHERE p.facts->>'plan' = $1",
        "SELECT * FROM live WHERE title = $1",
        "SELECT * FROM \"People\" p WHERE lower(p.\"lastName\") = lower($1)",
    ];
    let seen = examine(&database.url, &queries).await;
    assert_eq!(proposed(&seen), ["\"People\" ((lower(\"lastName\")))", "posts ((facts ->> 'plan'))", "posts (title)"]);
    assert!(messages(&seen).iter().any(|message| message.ends_with("rows of `posts`: no index starts with `title`")));
}

#[tokio::test]
async fn words_about_rows_that_may_not_be_read_and_values_that_are_not_known() {
    let sql = format!(
        "{POSTS} CREATE SCHEMA shop; CREATE TABLE shop.wares (id int PRIMARY KEY, name text NOT NULL);
         INSERT INTO shop.wares SELECT i, 'n' || i FROM generate_series(1, 500) i;
         GRANT USAGE ON SCHEMA shop TO PUBLIC; GRANT SELECT ON shop.wares TO PUBLIC;"
    );
    let database = database(&sql).await;
    let queries = [
        "SELECT EXISTS (SELECT 1 FROM posts WHERE title = $1)",
        "SELECT 1 FROM posts WHERE title = $1 LIMIT 1",
        "SELECT id FROM posts WHERE title = $1",
        "DELETE FROM posts WHERE created_at < $1",
        "SELECT * FROM posts WHERE $1 = ANY(tags)",
        "SELECT id FROM shop.wares WHERE name LIKE '%' || $1 || '%'",
    ];
    let seen = examine(&database.url, &queries).await;
    let told = messages(&seen);
    let about =
        |line: u32| told.iter().find(|message| message.starts_with(&format!("{line}:"))).map_or("", |told| told);
    for (line, says) in [
        (1, "reads up to all 100,000 rows"),
        (2, "reads up to all 100,000 rows"),
        (3, "reads all 100,000 rows"),
        (4, "how many of them its condition on `created_at` picks depends on the value"),
        (5, "no index serves `= ANY` on `tags`"),
    ] {
        assert!(about(line).contains(says), "{line}: {told:?}");
    }
    let fix = |line: u32| &seen.findings.iter().find(|finding| finding.location.line() == Some(line)).unwrap().fix;
    assert!(fix(4).contains("CREATE INDEX CONCURRENTLY posts_created_at_idx ON posts (created_at);"), "{}", fix(4));
    assert!(fix(5).contains("tags @> ARRAY[…]") && fix(5).contains("USING gin (tags)"), "{}", fix(5));
    assert!(fix(6).contains("ON shop.wares USING gin (name gin_trgm_ops)"), "{}", fix(6));
}

/// Tables that inherit from another have none of its indexes.
#[tokio::test]
async fn an_index_is_proposed_for_each_heir_that_lacks_it() {
    let database = database(
        "CREATE TABLE logs (id int NOT NULL, host int NOT NULL, at timestamptz NOT NULL);
         CREATE TABLE logs_a () INHERITS (logs);
         CREATE TABLE logs_b () INHERITS (logs);
         CREATE TABLE logs_c () INHERITS (logs_b);
         INSERT INTO logs_a SELECT i, i % 400, now() - i * interval '1 min' FROM generate_series(1, 900) i;
         INSERT INTO logs_b SELECT i, i % 400, now() - i * interval '1 min' FROM generate_series(1, 900) i;
         INSERT INTO logs_c SELECT i, i % 400, now() - i * interval '1 min' FROM generate_series(1, 900) i;
         CREATE INDEX ON logs_b (host);
         CREATE TABLE old (id int NOT NULL, at int NOT NULL);
         CREATE TABLE old_a () INHERITS (old);
         INSERT INTO old_a SELECT i, i FROM generate_series(1, 900) i;
         CREATE INDEX ON old_a (at);",
    )
    .await;
    let seen = examine(&database.url, &["SELECT * FROM logs WHERE host = $1", "SELECT * FROM old WHERE at = $1"]).await;
    assert_eq!(proposed(&seen), ["logs_a (host)", "logs_c (host)"], "{:?}", seen.findings);
    let told = messages(&seen);
    assert_eq!(told.len(), 1, "the parent holds no row, and its heir has what it needs: {told:?}");
    assert!(told[0].ends_with("reads all 100,000 rows of `logs`: no index starts with `host`"), "{told:?}");
    assert!(seen.findings[0].fix.contains("logs_a (host)") && seen.findings[0].fix.contains("logs_c (host)"));
}

/// Rows that all lie in the parent, as an import leaves them, say nothing of the day when its heirs are filled.
#[tokio::test]
async fn an_heir_without_rows_is_judged_as_if_it_held_some() {
    let database = database(
        "CREATE TABLE paid (id int NOT NULL, customer_id int NOT NULL, at timestamptz NOT NULL);
         CREATE TABLE paid_a (CHECK (at < '2026-01-01')) INHERITS (paid);
         CREATE TABLE paid_b (CHECK (at >= '2026-01-01')) INHERITS (paid);
         INSERT INTO paid SELECT i, i % 400, now() - i * interval '1 min' FROM generate_series(1, 9000) i;
         CREATE INDEX ON paid (customer_id);
         CREATE INDEX ON paid_b (customer_id);
         ANALYZE;",
    )
    .await;
    let queries = ["SELECT id FROM paid_a WHERE customer_id = $1", "SELECT id FROM paid WHERE customer_id = $1"];
    let seen = examine(&database.url, &queries).await;
    assert_eq!(proposed(&seen), ["paid_a (customer_id)"], "{:?}", seen.findings);
    let told = messages(&seen);
    assert_eq!(told.len(), 1, "who asks for all of them reads what is filled, and that has its index: {told:?}");
    assert!(told[0].ends_with("of `paid_a`: no index starts with `customer_id`"), "{told:?}");
}

/// Which partitions a parameter chooses is only known at run time; what lacks an index in all of them is not.
#[tokio::test]
async fn a_table_in_partitions_is_judged_where_its_key_is_not_all_that_is_asked() {
    let database = database(
        "CREATE TABLE events (id int NOT NULL, tenant_id int NOT NULL, at date NOT NULL, kind int NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE INDEX ON events (kind);
         INSERT INTO events SELECT i, i % 300, '2025-01-01'::date + i % 700, i % 500 FROM generate_series(1, 3000) i;",
    )
    .await;
    let queries = [
        "SELECT * FROM events WHERE tenant_id = $1 AND at > $2",
        "SELECT * FROM events WHERE kind = $1 AND at > $2",
        "SELECT * FROM events WHERE at >= $1 AND at < $2",
    ];
    let seen = examine(&database.url, &queries).await;
    assert_eq!(super::lines(&seen), [1], "{:?}", messages(&seen));
    let proposed = proposed(&seen);
    assert!(proposed.len() == 1 && proposed[0].starts_with("events (tenant_id"), "{proposed:?}");
    let gonogo::model::Coverage::Part(why) = super::coverage(&seen) else { panic!("{:?}", super::coverage(&seen)) };
    assert!(why.contains("1 of 3 queries could not be examined: 1 read partitions that are only chosen at run time"));
}
