//! Servers that take one connection at a time, as `openssl s_server -www` and small development servers do: a question that
//! they never answer must not keep them from answering all others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gonogo::probe::web::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;

use super::*;
use crate::support::tls_server::{Authority, OpensslServer, Server, request};

/// Long enough that who waits a whole phase for an answer that never comes is found out also on a busy machine.
const LONG: Limits = Limits { phase: Duration::from_secs(40), address: Duration::from_secs(80), ..Limits::STANDARD };
const WELL_BELOW: Duration = Duration::from_secs(20);

async fn look_patiently(url: String, roots: Option<&Path>) -> Seen {
    run(&WebProbe::with_limits(LONG), no_project(), settings(&[url], roots)).await.unwrap()
}

/// Every request but `OPTIONS` was answered, and what is said of CORS tells why that was not.
fn all_but_options(seen: &Seen, took: Duration) {
    assert!(took < WELL_BELOW, "{took:?}");
    let requests = &seen.result.as_ref().unwrap().web.as_ref().unwrap().requests;
    let (options, others): (Vec<_>, Vec<_>) = requests.iter().partition(|made| made.method == "OPTIONS");
    assert!(others.len() > 40 && others.iter().all(|made| made.status.is_some()), "{others:#?}");
    assert!(others.iter().any(|made| made.url.ends_with("/.env")), "{others:#?}");
    assert!(!options.is_empty() && options.iter().all(|made| made.status.is_none()), "{options:#?}");
    let why = format!("{:?}", coverage(seen, "cors-origin-reflected"));
    assert!(why.contains("was asked by OPTIONS as another website, and it did not answer within"), "{why}");
    assert!(why.contains(" ms"), "no whole phase: {why}");
    assert!(!seen.proved().contains(&"cors-strangers-refused".to_owned()), "{seen:#?}");
}

#[tokio::test]
async fn openssl_which_never_answers_options() {
    let root = Authority::root("Test Root");
    let server = OpensslServer::with(&root.issue("localhost", -1, 90), &[], &[]);
    let file = root.file();
    let started = Instant::now();
    let seen = look_patiently(format!("https://localhost:{}/", server.port), Some(file.path())).await;
    all_but_options(&seen, started.elapsed());
}

#[tokio::test]
async fn a_plain_server_that_never_answers_options() {
    let turn = Arc::new(Mutex::new(()));
    let server = Server::raw(move |mut stream| {
        let turn = Arc::clone(&turn);
        async move {
            let _turn = turn.lock().await;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0 {}
            if head.starts_with(b"OPTIONS") {
                // Until the other end has had enough.
                while stream.read(&mut [0; 64]).await.unwrap_or(0) > 0 {}
            } else if !head.is_empty() {
                let answer = if head.starts_with(b"GET / ") { page("") } else { missing() };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    })
    .await;
    let started = Instant::now();
    let seen = look_patiently(format!("http://localhost:{}/", server.port), None).await;
    all_but_options(&seen, started.elapsed());
}

fn missing() -> String {
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot found"
        .to_owned()
}

#[tokio::test]
async fn a_server_that_keeps_one_connection_open() {
    let turn = Arc::new(Mutex::new(()));
    let server = Server::raw(move |mut stream| {
        let turn = Arc::clone(&turn);
        async move {
            let _turn = turn.lock().await;
            loop {
                let path = request(&mut stream).await;
                let answer = if path == "/" { page("") } else { missing().replace("Connection: close\r\n", "") };
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    let seen = look_patiently(format!("http://localhost:{}/", server.port), None).await;
    let requests = &seen.result.as_ref().unwrap().web.as_ref().unwrap().requests;
    assert!(requests.iter().all(|made| made.status.is_some()), "{requests:#?}");
}
