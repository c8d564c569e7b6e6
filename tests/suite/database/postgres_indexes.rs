//! Indexes that are proposed for PostgreSQL: what each is said to bring holds, and none does harm.

use std::time::Duration;

use gonogo::model::{DatabaseReport, IndexProof};
use gonogo::probe::database::engine::Engine;
use gonogo::probe::database::examine::{Looked, Ready};
use gonogo::probe::database::judgement::help::Help;
use gonogo::probe::database::lexer::Dialect;
use gonogo::probe::database::plan::Asked;
use gonogo::probe::database::proposals;
use gonogo::probe::database::proposals::choose::{self, Choice, Until};

use super::postgres_proofs::{index, tried};
use super::scratch::{judged, opened};
use super::{examine, lines};
use crate::support::postgres::{Database, cluster};
use crate::support::probes::Seen;

pub(super) async fn database(sql: &str) -> Database {
    let database = cluster().database(sql).await;
    cluster().run(&database.name, "ANALYZE").await;
    database
}

pub(super) fn report(seen: &Seen) -> &DatabaseReport {
    seen.result.as_ref().unwrap().database.as_ref().unwrap()
}

fn statements(seen: &Seen) -> Vec<String> {
    let told = |sql: &String| sql.split_once(" ON ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    report(seen).proposals.iter().map(|proposal| told(&proposal.statement)).collect()
}

/// Of three queries the second wants what the first wants and more, and the third more still.
#[tokio::test]
async fn what_an_index_brings_is_true_after_several_were_made_one() {
    let database = database(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, c varchar(640) NOT NULL, d text NOT NULL);
         ALTER TABLE t ALTER c SET STORAGE PLAIN;
         INSERT INTO t SELECT i, i % 10, (i / 10) % 10, repeat(md5((i + 7)::text), 20), repeat('x', 200)
         FROM generate_series(1, 3000) i;",
    )
    .await;
    let queries = [
        "SELECT count(*) FROM t WHERE a = $1",
        "SELECT id, d FROM t WHERE a = $1 AND b = $2",
        "SELECT id, d FROM t WHERE a = $1 AND b = $2 ORDER BY c LIMIT 5",
    ];
    let seen = examine(&database.url, &queries).await;
    let (mut postgres, ready) = opened(&database.url, 100_000, &queries).await;
    let mut compared = 0;
    for proposal in &report(&seen).proposals {
        let keys: Vec<&str> = proposal.keys.iter().map(String::as_str).collect();
        for gain in &proposal.gains {
            let ready = ready.iter().find(|ready| ready.query.id == gain.query).unwrap();
            let real = tried(&mut postgres, ready, &[index("t", &keys)]).await.unwrap();
            let told = gain.after.unwrap();
            assert!(
                (real.after - told).abs() < told * 0.1,
                "{keys:?} {}: {} and not {told}",
                ready.query.sql,
                real.after
            );
            compared += 1;
        }
    }
    postgres.close().await;
    assert_eq!(compared, 3);
}

#[tokio::test]
async fn when_the_time_is_over_what_was_found_stays() {
    let database = database(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL);
         INSERT INTO t SELECT i, i % 500, i % 7 FROM generate_series(1, 3000) i;",
    )
    .await;
    let queries = ["SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE a = $1 AND b = $2"];
    let (postgres, ready) = opened(&database.url, 100_000, &queries).await;
    let mut engine = Engine::Postgres(Box::new(postgres));
    let over = Until::after(Duration::ZERO);
    let mut looked = Vec::new();
    for (Ready { query, prepared, shape }, keys) in ready.into_iter().zip([&["a"][..], &["a", "b"]]) {
        let (judged, shape) = engine.judge(&query.sql, &prepared, shape).await.unwrap();
        let asked = Asked { prepared: &prepared, shape: &shape, values: &judged.values };
        let candidates = choose::thought_of(&engine, &shape, &judged, Dialect::Postgres, 100_000).unwrap();
        let choice = choose::choose(&mut engine, asked, &judged, candidates.clone(), over).await;
        assert_eq!(choice, Choice::NotProvable, "nothing more is tried");
        engine.try_ahead(&[(asked, &candidates)]).await;
        let choice = choose::choose(&mut engine, asked, &judged, candidates, over).await;
        let Choice::Proven { proof, before, .. } = choice else { panic!("it was tried in time: {choice:?}") };
        let indexes = vec![index("t", keys)];
        let after = engine.try_indexes(asked, &indexes).await.unwrap().after;
        let help = Help::Proven { indexes, proof, before, after };
        looked.push(Looked { query, prepared, shape, judged, help, judgements: Vec::new() });
    }
    let mut found = Vec::new();
    for until in [over, Until::after(Duration::from_secs(600))] {
        let wanted = proposals::of(&mut engine, &looked, Dialect::Postgres, 100_000, until).await;
        assert!(wanted.iter().all(|wanted| wanted.proof == IndexProof::ScratchServer));
        found.push(wanted.len());
    }
    engine.close().await;
    assert_eq!(found, [2, 1], "in time two become one");
}

#[tokio::test]
async fn no_index_is_proposed_that_would_refuse_rows() {
    let database = database(
        "CREATE TABLE actions (id int PRIMARY KEY, kind_id int NOT NULL, content text, email text NOT NULL, note varchar(40));
         INSERT INTO actions SELECT i, i % 20,
           CASE WHEN i % 50 > 0 THEN (SELECT string_agg(md5(i || '.' || k), '') FROM generate_series(1, 200) k) END,
           'a' || i, NULL
         FROM generate_series(1, 600) i;",
    )
    .await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM actions WHERE kind_id = $1 AND content IS NULL",
            "SELECT * FROM actions WHERE content = $1",
            "SELECT * FROM actions WHERE email = $1",
        ],
    )
    .await;
    let proposed = statements(&seen);
    assert!(proposed.iter().any(|sql| sql.ends_with("(kind_id) WHERE content IS NULL;")), "{proposed:?}");
    assert!(proposed.contains(&"actions (email);".to_owned()), "{proposed:?}");
    assert!(!proposed.iter().any(|sql| sql.contains("(content") || sql.contains(", content")), "{proposed:?}");
    assert!(!seen.findings.iter().any(|finding| finding.fix.contains("(content")), "{:?}", seen.findings);
}

#[tokio::test]
async fn one_index_serves_every_value_of_a_status() {
    let database = database(
        "CREATE TABLE u (id int PRIMARY KEY, status text NOT NULL, created_at timestamptz NOT NULL);
         INSERT INTO u SELECT i, (array['new', 'done', 'open'])[1 + i % 3], now() - i * interval '1 min'
         FROM generate_series(1, 2000) i;",
    )
    .await;
    let all = [
        "SELECT id FROM u WHERE status = 'open' ORDER BY created_at LIMIT 10",
        "SELECT id FROM u WHERE status = 'new' ORDER BY created_at LIMIT 10",
        "SELECT id FROM u WHERE status = 'done' ORDER BY created_at DESC LIMIT 10",
        "SELECT id FROM u WHERE status = $1 ORDER BY created_at LIMIT 10",
    ];
    for queries in [&all[..3], &all[..]] {
        let seen = examine(&database.url, queries).await;
        assert_eq!(statements(&seen), ["u (status, created_at);"]);
        assert_eq!(report(&seen).proposals[0].gains.len(), queries.len());
    }
}

#[tokio::test]
async fn a_search_in_a_tsvector_gets_an_index_of_its_kind() {
    let database = database(
        "CREATE TABLE pages (id int PRIMARY KEY, words tsvector NOT NULL, tags text[] NOT NULL);
         INSERT INTO pages SELECT i, to_tsvector('simple', 'w' || i || ' x' || i % 9), array['t' || i % 300]
         FROM generate_series(1, 3000) i;",
    )
    .await;
    let queries =
        ["SELECT id FROM pages WHERE words @@ to_tsquery('simple', $1)", "SELECT id FROM pages WHERE tags @> $1"];
    let seen = examine(&database.url, &queries).await;
    let mut proposed = statements(&seen);
    proposed.sort();
    assert_eq!(proposed, ["pages USING gin (tags);", "pages USING gin (words);"]);
    assert!(report(&seen).proposals.iter().all(|proposal| proposal.proof == IndexProof::ScratchServer));
}

/// A filter beside the order, or beside the end of an index, is luck.
#[tokio::test]
async fn an_end_of_an_index_with_a_filter_is_no_way_in() {
    let database = database(
        "CREATE TABLE r (id int PRIMARY KEY, customer_id int NOT NULL, made timestamptz NOT NULL);
         INSERT INTO r SELECT i, 1 + i % 599, now() - i * interval '1 min' FROM generate_series(1, 16000) i;
         CREATE INDEX ON r (made);",
    )
    .await;
    let queries = [
        "SELECT id FROM r WHERE made > $1 AND customer_id = $2 ORDER BY made LIMIT 10",
        "SELECT max(made) FROM r WHERE customer_id = $1",
        "SELECT max(made) FROM r",
        "SELECT id FROM r WHERE made > $1 ORDER BY made LIMIT 10",
    ];
    let seen = examine(&database.url, &queries).await;
    let mut found = lines(&seen);
    found.sort_unstable();
    assert_eq!(found, [1, 2], "{:?}", seen.findings);
    assert_eq!(statements(&seen), ["r (customer_id, made);"]);
}

/// How tables were split before there were partitions: by constraints that leave whole tables out.
#[tokio::test]
async fn a_child_that_a_constraint_leaves_out_is_not_read() {
    let split = |check: &str| {
        format!(
            "CREATE TABLE paid (id int NOT NULL, at date NOT NULL, rental int NOT NULL);
             CREATE TABLE paid_a (CHECK (at >= '2025-01-01' AND at < '2026-01-01')) INHERITS (paid);
             CREATE TABLE paid_b (CHECK ({check})) INHERITS (paid);
             CREATE INDEX ON paid (rental);
             CREATE INDEX ON paid_a (rental);
             INSERT INTO paid_a SELECT n, '2025-01-01'::date + n % 300, n FROM generate_series(1, 500) n;
             INSERT INTO paid_b SELECT n, '2026-01-01'::date + n % 300, n FROM generate_series(1, 500) n;"
        )
    };
    let queries = [
        "SELECT id FROM paid WHERE at >= '2025-03-01' AND at < '2025-04-01' AND rental = 5",
        "SELECT id FROM paid WHERE at >= '2026-03-01' AND at < '2026-04-01' AND rental = 5",
    ];
    for (check, in_copy) in [
        ("at >= '2026-01-01' AND at < '2027-01-01'", true),
        ("at >= '2026-01-01' AND extract(year FROM at) = 2026", false),
    ] {
        let database = database(&split(check)).await;
        let (mut postgres, ready) = opened(&database.url, 100_000, &queries).await;
        let seen: Vec<_> = judged(&mut postgres, &ready).await.into_iter().map(Result::unwrap).collect();
        let scans: Vec<usize> = seen.iter().map(|judged| judged.scans.len()).collect();
        // What cannot be copied is planned on the server, at one size alone.
        assert_eq!((scans, seen[0].points.len() > 1), (vec![0, 1], in_copy), "{check}");
        postgres.close().await;
    }
}
