//! What examining 500 queries on a local PostgreSQL costs, its scratch cluster included, beside a floor from the same
//! machine in the same run: plain EXPLAIN of the same queries on one connection.
//!
//! `cargo bench --bench database`. Prints ratios and the peak of memory; judges nothing, because machines are shared and
//! noisy. The aim is 3 s and 150 MB. Set `TMPDIR` to a folder on a disk to measure where nothing lies in memory: there,
//! one run after the other, ext4 takes ever longer to make the scratch server's files, since it passes over what was freed
//! in the last minutes.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use gonogo::model::{Progress, Project, RunId, Secret, Settings};
use gonogo::probe::database::DatabaseProbe;
use gonogo::probe::{Emitter, Probe, ProbeCx, SharedCode};
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

#[expect(dead_code, reason = "the tests' own server, of which a measurement needs a part")]
#[path = "../tests/suite/support/postgres.rs"]
mod postgres;
#[path = "../tests/suite/support/server.rs"]
mod server;

/// How many tables the database has, and how many queries are sent to each.
const TABLES: usize = 50;
const QUERIES: usize = 10;

/// As most applications have them; every table refers to the one before. `{t}` is the table, `{p}` that other one.
const SCHEMA: &str = "CREATE TABLE {t} (id serial PRIMARY KEY, parent_id int NOT NULL, owner_id int NOT NULL, email text NOT NULL UNIQUE,
        status text NOT NULL, total numeric, body text, created_at timestamptz NOT NULL);
    CREATE INDEX ON {t} (owner_id, created_at);
    INSERT INTO {t} (parent_id, owner_id, email, status, total, body, created_at)
        SELECT n, n % 17, 'a' || n, (ARRAY['new', 'old', 'gone'])[1 + n % 3], n, repeat('b', n), now() - n * interval '1 hour' FROM generate_series(1, 60) n;
    ANALYZE {t};";

const SENT: [&str; QUERIES] = [
    "SELECT * FROM {t} WHERE id = 7",
    "SELECT * FROM {t} WHERE email = 'a'",
    "SELECT * FROM {t} WHERE parent_id = 7",
    "SELECT * FROM {t} WHERE owner_id = 7 ORDER BY created_at DESC LIMIT 20",
    "SELECT * FROM {t} WHERE status = 'new' ORDER BY created_at DESC LIMIT 20",
    "SELECT a.*, b.email FROM {t} a JOIN {p} b ON b.id = a.parent_id WHERE a.owner_id = 7",
    "SELECT count(*) FROM {t} WHERE created_at > now() - interval '7 days'",
    "UPDATE {t} SET status = 'old' WHERE id = 7",
    "SELECT status, sum(total) FROM {t} GROUP BY status",
    "SELECT a.id FROM {t} a WHERE EXISTS (SELECT 1 FROM {p} b WHERE b.parent_id = a.id AND b.status = 'new') AND a.owner_id = 7",
];

fn main() {
    let mut criterion =
        Criterion::default().sample_size(10).measurement_time(Duration::from_secs(30)).configure_from_args();
    let runtime = Runtime::new().unwrap();
    let named = |text: &str, number: usize| {
        text.replace("{t}", &format!("t{number}")).replace("{p}", &format!("t{}", number.saturating_sub(1)))
    };
    let schema: String = (0..TABLES).map(|number| named(SCHEMA, number)).collect();
    let queries: Vec<String> = (0..TABLES).flat_map(|number| SENT.map(|sql| named(sql, number))).collect();
    let database = runtime.block_on(postgres::cluster().database(&schema));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.sql");
    let mut text = String::new();
    queries.iter().for_each(|sql| writeln!(text, "{sql};").unwrap());
    std::fs::write(&file, text).unwrap();
    println!("{} queries on {TABLES} tables", queries.len());

    let (floor, whole) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut group = criterion.benchmark_group("database");
    group.bench_function("EXPLAIN alone", |bencher| {
        bencher.iter_custom(|times| {
            let took = (0..times).map(|_| runtime.block_on(explain(&database.name, &queries))).sum();
            floor.borrow_mut().push(took / u32::try_from(times).unwrap());
            took
        });
    });
    group.bench_function("the probe", |bencher| {
        bencher.iter_custom(|times| {
            let took = (0..times).map(|_| runtime.block_on(examine(folder.path(), &database.url, &file))).sum();
            whole.borrow_mut().push(took / u32::try_from(times).unwrap());
            took
        });
    });
    group.finish();
    let (floor, whole) = (median(&mut floor.borrow_mut()), median(&mut whole.borrow_mut()));
    println!(
        "the probe {:.2} s, EXPLAIN alone {:.2} s: {:.1} times the floor; peak memory {}",
        whole.as_secs_f64(),
        floor.as_secs_f64(),
        whole.as_secs_f64() / floor.as_secs_f64().max(f64::EPSILON),
        peak()
    );
}

async fn explain(database: &str, queries: &[String]) -> Duration {
    let began = Instant::now();
    let mut connection = postgres::cluster().connect(postgres::OWNER, database).await;
    for query in queries {
        let sql = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) {query}"));
        sqlx::query(sql).persistent(false).fetch_one(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    began.elapsed()
}

async fn examine(root: &std::path::Path, url: &str, file: &std::path::Path) -> Duration {
    let began = Instant::now();
    let project = Project {
        root: root.to_owned(),
        name: "bench".to_owned(),
        commit: None,
        stack: Vec::new(),
        traits: BTreeSet::new(),
        recognised: true,
        offers: Vec::new(),
    };
    let settings = Settings { database: Some(Secret::new(url)), queries: Some(file.to_owned()), ..Settings::default() };
    let plan = DatabaseProbe.plan(&project, &settings).unwrap();
    let (events, mut received) = mpsc::channel(64);
    let (progress, _latest) = watch::channel(Progress::default());
    let cx = ProbeCx {
        project: Arc::new(project),
        settings: Arc::new(settings),
        emitter: Emitter::new(events, RunId(1), DatabaseProbe.meta(), BTreeSet::new(), Timestamp::now),
        progress,
        cancel: CancellationToken::new(),
        code: Arc::new(SharedCode::default()),
        now: Timestamp::now(),
        only: None,
    };
    let running = tokio::spawn(DatabaseProbe.run(plan, cx));
    while received.recv().await.is_some() {}
    let examined = running.await.unwrap().unwrap();
    assert_eq!(examined.counts.get("queries"), Some(&((TABLES * QUERIES) as u64)));
    began.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The most memory that this process ever had, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}
