//! Runs that end before all is done: what was found by then is told, and what is missing is said.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use gonogo::model::{Coverage, RuleId, Settings};
use gonogo::probe::ProbeCx;
use gonogo::probe::database::{DatabaseProbe, Limits, examine_within};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{coverage, failure, gaps, settings};
use crate::support::mariadb::server;
use crate::support::postgres::cluster;
use crate::support::probes::{Folder, Seen, context, gather};

const QUERIES: usize = 60;

/// The address of a database behind a proxy that keeps every question for a plan waiting.
async fn slowly(url: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = server().port;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let ((mut asks, mut hears), (mut answers, mut told)) = (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut answers, &mut hears).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(read @ 1..) = asks.read(&mut bytes).await {
                    let message = bytes[..read].to_vec();
                    if message.windows(7).any(|word| word == b"EXPLAIN") {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    told.write_all(&message).await.unwrap();
                }
            });
        }
    });
    url.replace(&format!(":{to}/"), &format!(":{port}/"))
}

/// A database with a table that has no key, and a run over queries that all read another one whole.
async fn on_mariadb(folder: &Folder) -> Settings {
    let database =
        server().database(&["CREATE TABLE t (id int PRIMARY KEY, a int, b int)", "CREATE TABLE keyless (a int)"]).await;
    let mut text = String::new();
    (0..QUERIES).for_each(|number| writeln!(text, "SELECT b, {number} FROM t WHERE a = 1;").unwrap());
    let file = folder.write("queries.sql", text);
    settings(&slowly(&database.url).await, Some(&file))
}

fn of_queries(seen: &Seen) -> usize {
    seen.of("full-table-scan").len()
}

#[tokio::test]
async fn what_was_judged_when_the_time_is_over_is_told() {
    let folder = Folder::with(&[]);
    let given = on_mariadb(&folder).await;
    let (cx, received, _latest) = context(&DatabaseProbe, folder.path(), given, Timestamp::now());
    let limits = Limits { work: Duration::from_secs(4), search: Duration::from_secs(3) };
    let began = Instant::now();
    let seen = gather(examine_within(cx, limits), received).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let found = of_queries(&seen);
    assert!((1..QUERIES).contains(&found), "{found} of {QUERIES}: {}", failure(&seen));
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    let missed = QUERIES - found;
    let says = format!(
        "{missed} of {QUERIES} queries could not be examined: {missed} were not reached before the time of the run was over"
    );
    assert!(why.contains(&says), "{why}");
    assert_eq!(seen.of("table-without-primary-key").len(), 1, "the database itself was examined before that");
    let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
    assert_eq!(report.queries.len(), QUERIES);
    let proposed: Vec<&str> = report.proposals.iter().map(|proposal| proposal.statement.as_str()).collect();
    assert_eq!(proposed, ["CREATE INDEX t_a_idx ON t (a);"]);
    assert!(seen.findings.iter().any(|finding| finding.fix.contains("CREATE INDEX t_a_idx ON t (a)")));
}

#[tokio::test]
async fn what_was_judged_when_the_user_stops_the_run_is_told() {
    let folder = Folder::with(&[]);
    let given = on_mariadb(&folder).await;
    let (cx, received, _latest) = context(&DatabaseProbe, folder.path(), given, Timestamp::now());
    let stop = cx.cancel.clone();
    let stopping = async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        stop.cancel();
        Instant::now()
    };
    let limits = Limits::default();
    let (seen, stopped) = tokio::join!(gather(examine_within(cx, limits), received), stopping);
    assert!(stopped.elapsed() < Duration::from_secs(2), "the engine waits no longer");
    assert!((1..QUERIES).contains(&of_queries(&seen)));
    assert!(failure(&seen).starts_with("stopped before"), "{}", failure(&seen));
}

#[tokio::test]
async fn a_run_without_any_time_knows_nothing_and_says_so() {
    let folder = Folder::with(&[]);
    let database = cluster().database("CREATE TABLE t (id int PRIMARY KEY)").await;
    let run = |limits: Limits| {
        let (cx, received, _latest): (ProbeCx, _, _) =
            context(&DatabaseProbe, folder.path(), settings(&database.url, None), Timestamp::now());
        gather(examine_within(cx, limits), received)
    };
    let none = Limits { work: Duration::ZERO, search: Duration::ZERO };
    assert!(failure(&run(none).await).contains("did not say in time"));
    let whole = run(Limits::default()).await;
    let keys = RuleId::from_static("table-without-primary-key");
    assert_eq!(whole.result.unwrap().coverage(&keys), Some(&Coverage::Whole));
}

/// A planner that takes too long for one query is not asked again on the server, and keeps no other query from being judged.
#[tokio::test]
async fn a_query_that_no_planner_can_plan_is_asked_for_once() {
    let tables: String = (0..40).map(|n| format!("CREATE TABLE j{n} (id int PRIMARY KEY, next int);")).collect();
    let database = cluster().database(&tables).await;
    for setting in ["geqo = off", "join_collapse_limit = 60", "from_collapse_limit = 60"] {
        cluster().run(&database.name, &format!("ALTER DATABASE {} SET {setting}", database.name)).await;
    }
    let mark = format!("mark_{}", database.name);
    let joined: String = (1..40).map(|n| format!(" JOIN j{n} ON j{n}.next = j{}.next", n - 1)).collect();
    let slow = format!("SELECT 1 AS {mark} FROM j0{joined}");
    let seen = super::examine(&database.url, &[&slow, "SELECT id FROM j1 WHERE next = $1"]).await;
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("1 took longer than 3 s to plan"), "{why}");
    assert_eq!(super::lines(&seen), [2], "{:?}", gaps(&seen));
    let log = cluster().log();
    let planned: Vec<&str> = log.lines().filter(|line| line.contains(&mark) && line.contains("PREPARE")).collect();
    assert!(planned.is_empty(), "the user's server was kept busy: {planned:?}");
}
