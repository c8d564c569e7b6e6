//! Connections that break or hang in the middle of a run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gonogo::model::Coverage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{coverage, examine, failure, gaps};
use crate::support::postgres::{OWNER, cluster, password};

/// What becomes of the server's answers after some bytes.
#[derive(Clone, Copy)]
enum Then {
    Cut,
    Hang,
    /// Each waits so long.
    Late(Duration),
}

/// Stands between gonogo and the server.
async fn between(after: usize, then: Then) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let server = TcpStream::connect(("127.0.0.1", cluster().port)).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                let mut buffer = vec![0; 4_096];
                while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
                    if seen.fetch_add(length, Ordering::Relaxed) > after {
                        match then {
                            Then::Cut => return,
                            Then::Hang => std::future::pending().await,
                            Then::Late(wait) => tokio::time::sleep(wait).await,
                        }
                    }
                    if to_client.write_all(buffer.get(..length).unwrap()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// The table that row security keeps out of the copy, so that every query goes to the server.
async fn guarded() -> String {
    let database = cluster()
        .database(
            "CREATE TABLE t (id int PRIMARY KEY, a int);
             INSERT INTO t SELECT n, n FROM generate_series(1, 50) n;
             ALTER TABLE t ENABLE ROW LEVEL SECURITY;
             CREATE POLICY p ON t USING (true);",
        )
        .await;
    database.name
}

const QUERIES: usize = 40;

async fn seen_through(after: usize, then: Then) -> (crate::support::probes::Seen, Duration, String) {
    let name = guarded().await;
    let address = between(after, then).await;
    let queries: Vec<String> = (0..QUERIES).map(|n| format!("SELECT {n} FROM t WHERE a = 1")).collect();
    let texts: Vec<&str> = queries.iter().map(String::as_str).collect();
    let began = Instant::now();
    let seen = examine(&format!("postgres://{name}:{}@{address}/{name}", password()), &texts).await;
    (seen, began.elapsed(), name)
}

async fn rows(name: &str) -> i64 {
    let mut connection = cluster().connect(OWNER, name).await;
    let (rows,): (i64,) = sqlx::query_as("SELECT count(*) FROM t").fetch_one(&mut connection).await.unwrap();
    rows
}

#[tokio::test]
async fn a_connection_that_breaks_while_plans_are_read_leaves_the_rest_counted() {
    let (seen, _, name) = seen_through(60_000, Then::Cut).await;
    assert!(failure(&seen).is_empty(), "{}", failure(&seen));
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("were not reached before the connection was lost"), "{why}");
    assert_eq!(rows(&name).await, 50);
}

#[tokio::test]
async fn a_connection_that_breaks_at_once_is_one_line() {
    let (seen, took, name) = seen_through(2_000, Then::Cut).await;
    assert!(failure(&seen).contains("the connection was lost"), "{:?}", seen.result);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(rows(&name).await, 50);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let (seen, took, name) = seen_through(60_000, Then::Hang).await;
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("were not reached before the connection was lost"), "{why}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(rows(&name).await, 50);
}

#[tokio::test]
async fn a_server_that_answers_late_is_waited_for() {
    let (seen, took, name) = seen_through(60_000, Then::Late(Duration::from_millis(10))).await;
    assert_eq!(coverage(&seen), Coverage::Whole, "{:?}", gaps(&seen));
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(rows(&name).await, 50);
}
