//! The client against servers on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::client::{Client, Exchange, Method, Request};
use super::h2::{self, Http2};
use crate::probe::web::limits::Limits;
use crate::probe::web::trouble::Trouble;

/// Serves every connection with `serve`, and gives the port.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

/// Takes TLS connections and chooses among these protocols.
fn acceptor(protocols: &[&[u8]]) -> TlsAcceptor {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Answers every request with these bytes until the client goes.
async fn keep_answering(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        if bytes.ends_with(b"\r\n\r\n") {
            bytes.clear();
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nnot found";

fn url(scheme: &str, port: u16, path: &str) -> Url {
    Url::parse(&format!("{scheme}://localhost:{port}{path}")).unwrap()
}

fn client(limits: Limits, urls: &[&Url]) -> Client {
    let client = Client::new(limits, &[]);
    urls.iter().for_each(|url| client.give(url));
    client
}

/// Asks for so many paths at once.
async fn around(client: &Client, start: &Url, count: usize) -> Vec<Exchange> {
    let paths = (0..count).map(|at| client.send(Request::get(start.join(&format!("/{at}")).unwrap())));
    join_all(paths).await
}

#[tokio::test]
async fn sixty_requests_need_six_connections() {
    let acceptor = acceptor(&[b"http/1.1"]);
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let port = server(move |stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            keep_answering(stream, ANSWER).await;
        }
    })
    .await;
    let start = url("https", port, "/");
    let client = client(Limits::STANDARD, &[&start]);
    let first = client.send(Request::get(start.clone())).await;
    assert!(first.times.connect.is_some() && first.handshake.is_some());
    let seen = around(&client, &start, 60).await;
    for exchange in &seen {
        let response = exchange.response().unwrap();
        assert_eq!((response.status, response.body.bytes.as_slice()), (404, &b"not found"[..]));
        assert!(exchange.times.first_byte <= exchange.times.total && exchange.handshake.is_some());
    }
    assert_eq!(connections.load(Ordering::Relaxed), 6);
    assert_eq!(seen.iter().filter(|exchange| exchange.times.connect.is_some()).count(), 5);
    let made = client.requests();
    assert_eq!((made.len(), made[0].url.as_str(), made[0].status), (61, start.as_str(), Some(404)));
    assert_eq!((made[60].url.ends_with("/59"), made[60].bytes), (true, 9));
}

#[tokio::test]
async fn only_what_was_given_is_asked() {
    let port = server(async |stream| keep_answering(stream, ANSWER).await).await;
    let given = url("http", port, "/");
    let client = client(Limits::STANDARD, &[&given]);
    for other in
        [format!("http://127.0.0.1:{port}/"), "http://169.254.169.254/".to_owned(), "file:///etc/passwd".to_owned()]
    {
        let other = Url::parse(&other).unwrap();
        assert!(!client.allow(&other) || other.host() == given.host());
        assert_eq!(client.send(Request::get(other)).await.result.unwrap_err(), Trouble::NotOurs);
    }
    let sibling = url("http", port + 1, "/");
    assert_eq!(client.send(Request::get(sibling.clone())).await.result.unwrap_err(), Trouble::NotOurs);
    assert!(client.allow(&sibling));
    assert_ne!(client.send(Request::get(sibling)).await.result.unwrap_err(), Trouble::NotOurs);
}

#[tokio::test]
async fn no_server_is_asked_without_end() {
    let port = server(async |stream| keep_answering(stream, ANSWER).await).await;
    let start = url("http", port, "/");
    let client = client(Limits { requests: 10, ..Limits::STANDARD }, &[&start]);
    let seen = around(&client, &start, 30).await;
    assert_eq!(seen.iter().filter(|exchange| exchange.response().is_some()).count(), 10);
    let refused = seen.iter().filter(|exchange| matches!(exchange.result, Err(Trouble::Enough(10))));
    assert_eq!(refused.count(), 20);
}

#[tokio::test]
async fn one_budget_is_for_all_addresses_of_a_site() {
    let port = server(async |stream| keep_answering(stream, ANSWER).await).await;
    let other = server(async |stream| keep_answering(stream, ANSWER).await).await;
    let (start, sibling) = (url("http", port, "/"), url("http", other, "/"));
    let client = client(Limits { requests: 100, ..Limits::STANDARD }, &[&start]);
    assert!(client.allow(&sibling));
    let (some, more) = (around(&client, &start, 60).await, around(&client, &sibling, 60).await);
    let answered = |seen: &[Exchange]| seen.iter().filter(|exchange| exchange.response().is_some()).count();
    assert_eq!((answered(&some), answered(&more)), (60, 40));
    let refused = more.iter().filter(|exchange| matches!(exchange.result, Err(Trouble::Enough(100))));
    assert_eq!(refused.count(), 20);
}

#[tokio::test]
async fn the_run_ends_whatever_its_sites_have_left() {
    let port = server(async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let start = url("http", port, "/");
    let client = client(Limits { run: Duration::from_millis(700), ..Limits::STANDARD }, &[&start]);
    let began = Instant::now();
    let seen = around(&client, &start, 20).await;
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    assert!(seen.iter().all(|exchange| matches!(exchange.result, Err(Trouble::RunOver(_)))), "{seen:?}");
}

#[tokio::test]
async fn what_is_forgotten_leaves_its_memory_to_others() {
    let port = server(async |stream| keep_answering(stream, ANSWER).await).await;
    let start = url("http", port, "/");
    let client = client(Limits { memory: 40 * 1024, ..Limits::STANDARD }, &[&start]);
    let (mut first, mut second) =
        (client.send(Request::get(start.clone())).await, client.send(Request::get(start.clone())).await);
    let third = client.send(Request::get(start.clone())).await;
    let cut = third.response().unwrap().body.cut.unwrap();
    assert!(cut.contains("memory for one run") && !cut.contains("MB"), "{cut}");
    for exchange in [&mut first, &mut second] {
        exchange.result.as_mut().unwrap().body.forget();
    }
    assert_eq!(client.send(Request::get(start)).await.response().unwrap().body.cut, None);
    assert_eq!(first.response().unwrap().body.wire, 9);
}

#[tokio::test]
async fn what_was_not_asked_in_time_is_not_asked() {
    let port = server(async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let start = url("http", port, "/");
    let limits = Limits { phase: Duration::from_millis(300), address: Duration::from_millis(700), ..Limits::STANDARD };
    let client = client(limits, &[&start]);
    let began = Instant::now();
    let seen = around(&client, &start, 60).await;
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    let late = seen.iter().filter(|exchange| matches!(exchange.result, Err(Trouble::OutOfTime(_)))).count();
    let slow = seen.iter().filter(|exchange| matches!(exchange.result, Err(Trouble::TimedOut { .. }))).count();
    assert!(late >= 40 && slow >= 6 && late + slow == 60, "{late} and {slow}");
}

#[tokio::test]
async fn many_large_answers_together_stay_within_the_memory_of_a_run() {
    let port = server(async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 64 * 1024]).await.is_ok() {}
    })
    .await;
    let start = url("http", port, "/");
    let client = client(Limits { memory: 6 * 1024 * 1024, ..Limits::STANDARD }, &[&start]);
    let seen = around(&client, &start, 12).await;
    let held: usize = seen.iter().filter_map(Exchange::response).map(|response| response.body.bytes.capacity()).sum();
    assert!(held <= 6 * 1024 * 1024, "{held}");
    assert!(seen.iter().filter_map(Exchange::response).all(|response| response.body.cut.is_some()));
    drop(seen);
    let small = Request::get(start).most_body(1000);
    let seen = client.send(small).await;
    assert_eq!(seen.response().unwrap().body.bytes.len(), 1000);
}

#[tokio::test]
async fn the_answer_to_a_head_has_no_body() {
    let port = server(async |mut stream| {
        let mut bytes = vec![0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut bytes).await {
            let head: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
            let body: &[u8] = if bytes[..read].starts_with(b"HEAD") { b"" } else { b"not found" };
            let _ = stream.write_all(&[head, body].concat()).await;
        }
    })
    .await;
    let start = url("http", port, "/");
    let client = client(Limits::STANDARD, &[&start]);
    for (method, length) in [(Method::Head, 0), (Method::Get, 9), (Method::Options, 9), (Method::Head, 0)] {
        let seen = client.send(Request::get(start.clone()).method(method)).await;
        assert_eq!(seen.response().unwrap().body.bytes.len(), length, "{method:?}");
    }
    let made: Vec<String> = client.requests().into_iter().map(|made| made.method).collect();
    assert_eq!(made, ["HEAD", "GET", "OPTIONS", "HEAD"]);
}

#[tokio::test]
async fn a_server_that_closes_between_requests_is_asked_again_once() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let port = server(move |mut stream| {
        let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes).await;
            if first {
                let _ = stream.write_all(ANSWER).await;
                let _ = stream.read(&mut bytes).await;
            }
        }
    })
    .await;
    let start = url("http", port, "/");
    let client = client(Limits::STANDARD, &[&start]);
    assert!(client.send(Request::get(start.clone())).await.response().is_some());
    let second = client.send(Request::get(start)).await;
    assert!(matches!(second.result, Err(Trouble::Closed(_))), "{second:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}

/// What is known of HTTP/2 at a server that chooses among `protocols` and speaks as `serve` does.
async fn http2<F>(
    protocols: &'static [&'static [u8]],
    serve: impl Fn(tokio_rustls::server::TlsStream<TcpStream>) -> F + Send + Sync + 'static + Copy,
) -> Http2
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = acceptor(protocols);
    let port = server(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream).await;
            }
        }
    })
    .await;
    let start = url("https", port, "/");
    let limits = Limits { phase: Duration::from_millis(800), ..Limits::STANDARD };
    h2::ask(&client(limits, &[&start]), &start).await
}

const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

#[tokio::test]
async fn http2_is_offered_and_answers() {
    let seen = http2(BOTH, async |stream| {
        let mut connection = ::h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            assert_eq!((request.uri().path(), request.uri().host()), ("/", Some("localhost")));
            assert!(request.headers()["user-agent"].to_str().unwrap().starts_with("gonogo/"));
            let response = ::http::Response::builder().status(203).body(()).unwrap();
            let mut body = respond.send_response(response, false).unwrap();
            // More than is read.
            body.send_data(vec![b'x'; 500_000].into(), true).unwrap();
        }
    })
    .await;
    assert_eq!(seen, Http2::Works(203));
}

#[tokio::test]
async fn http2_that_is_not_offered_or_does_not_work_is_told_apart() {
    assert_eq!(http2(&[b"http/1.1"], async |_| ()).await, Http2::NotOffered);
    assert_eq!(http2(&[], async |_| ()).await, Http2::NotOffered);
    let acceptor = acceptor(&[b"http/1.1"]);
    let port = server(move |stream| {
        let acceptor = acceptor.clone();
        async move { drop(acceptor.accept(stream).await) }
    })
    .await;
    let start = url("https", port, "/");
    let asking = client(Limits::STANDARD, &[&start]);
    assert_eq!(h2::ask(&asking, &start).await, Http2::NotOffered);
    assert!(asking.requests().is_empty(), "nothing was sent");
    let closed = http2(BOTH, async |_| ()).await;
    assert!(matches!(&closed, Http2::Fails(why) if why.contains("then failed")), "{closed:?}");
    let silent = http2(BOTH, async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    assert!(matches!(&silent, Http2::Fails(why) if why.contains("no answer in time")), "{silent:?}");
    let old = http2(BOTH, async |stream| keep_answering(stream, ANSWER).await).await;
    assert!(matches!(old, Http2::Fails(_)), "{old:?}");
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let start = url("https", port, "/");
    assert_eq!(h2::ask(&client(Limits::STANDARD, &[&start]), &start).await, Http2::Unknown(Trouble::Refused));
}

#[tokio::test]
async fn http2_floods_end() {
    // Headers that never end, in CONTINUATION frames, and endless pings.
    let floods: [&'static [u8]; 2] =
        [&[0, 0, 4, 9, 0, 0, 0, 0, 1, 0x40, 1, b'a', 0], &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]];
    for (at, flood) in floods.into_iter().enumerate() {
        let began = Instant::now();
        let seen = match at {
            0 => http2(BOTH, move |stream| flooding(stream, &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x88], flood)).await,
            _ => http2(BOTH, move |stream| flooding(stream, &[], flood)).await,
        };
        assert!(matches!(seen, Http2::Fails(_)), "{seen:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }
}

async fn flooding(mut stream: impl AsyncRead + AsyncWrite + Unpin, first: &'static [u8], again: &'static [u8]) {
    // An empty SETTINGS frame opens the connection.
    let _ = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    let _ = stream.read(&mut [0; 4096]).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _ = stream.write_all(first).await;
    let many = again.repeat(1000);
    while stream.write_all(&many).await.is_ok() {}
}
