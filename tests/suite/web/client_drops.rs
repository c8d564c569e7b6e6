//! A server that goes away in each phase, and one that speaks something else: a clear line, never a hang.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hostile_http::{gaps, look_quickly};
use super::*;
use crate::support::tls_server::{Authority, Identity, Server, free_port, request};

/// What the probe says of a server that does this with each connection.
async fn of<F>(scheme: &str, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Seen
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = Server::raw(serve).await;
    look_quickly(format!("{scheme}://localhost:{}/", server.port)).await
}

#[tokio::test]
async fn a_drop_after_accept() {
    for scheme in ["http", "https"] {
        let seen = of(scheme, async |stream| drop(stream)).await;
        assert!(failure(&seen).contains("it closed the connection"), "{scheme}: {}", failure(&seen));
        let seen = of(scheme, async |stream| drop(stream.set_zero_linger())).await;
        assert!(failure(&seen).contains("it closed the connection"), "{scheme}: {}", failure(&seen));
    }
}

#[tokio::test]
async fn a_drop_in_the_handshake() {
    let seen = of("https", async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
        // The beginning of a ServerHello.
        let _ = stream.write_all(&[22, 3, 3, 0, 100, 2, 0, 0, 96, 3, 3]).await;
        let _ = stream.shutdown().await;
    })
    .await;
    assert!(failure(&seen).contains("it closed the connection during the TLS handshake"), "{}", failure(&seen));
}

/// What the probe says of a server that answers with the beginning of an answer, over both schemes.
async fn beginning(answer: &'static str) -> [Seen; 2] {
    let root = Authority::root("Test Root");
    let secure = Server::https(root.issue("localhost", -1, 90), move |_| answer.to_owned()).await;
    let plain = Server::http(move |_| answer.to_owned()).await;
    [
        look_quickly(format!("https://localhost:{}/", secure.port)).await,
        look_quickly(format!("http://localhost:{}/", plain.port)).await,
    ]
}

#[tokio::test]
async fn a_drop_after_the_request() {
    let [secure, plain] = beginning("").await;
    assert!(failure(&plain).contains("it closed the connection while its response headers"), "{}", failure(&plain));
    // The certificate was seen, and is judged; the headers were not.
    assert_eq!(secure.of("certificate-invalid").len(), 1, "{secure:#?}");
    assert_eq!(gaps(&secure), ["addresses that gave no page"]);
    for rule in ["frame-options-missing", "hsts-missing", "https-served"] {
        let gonogo::model::Coverage::Nothing(why) = coverage(&secure, rule) else { panic!("{rule}: {secure:#?}") };
        assert!(why.contains("it closed the connection while its response headers were read"), "{why}");
    }
}

#[tokio::test]
async fn a_drop_in_the_headers() {
    let [secure, plain] = beginning("HTTP/1.1 200 OK\r\nX-Frame-Opt").await;
    assert!(failure(&plain).contains("it closed the connection while its response headers"), "{}", failure(&plain));
    assert_eq!(secure.of("certificate-invalid").len(), 1, "{secure:#?}");
    assert!(!secure.proved().contains(&"frame-options-set".to_owned()));
}

#[tokio::test]
async fn a_drop_in_the_body() {
    for seen in beginning("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 500\r\n\r\n<p>half").await {
        assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{seen:#?}");
        assert_eq!(gaps(&seen), ["a page that broke off"]);
    }
}

#[tokio::test]
async fn plain_http_on_a_tls_port() {
    let seen = of("https", async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        let _ = stream.shutdown().await;
    })
    .await;
    assert!(failure(&seen).contains("it does not speak TLS on this port. Set up TLS"), "{}", failure(&seen));
}

#[tokio::test]
async fn tls_on_a_plain_port() {
    let server = Server::https(Identity::self_signed("localhost"), |_| page(GOOD_HEADERS)).await;
    let seen = look_quickly(format!("http://localhost:{}/", server.port)).await;
    assert!(failure(&seen).contains("it speaks TLS on this port"), "{}", failure(&seen));
    // As nginx answers.
    let mixed = of("http", async |mut stream| {
        let mut first = [0];
        let _ = stream.peek(&mut first).await;
        if first == *b"G" {
            request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    assert!(mixed.result.is_ok(), "a 400 alone does not mean that: {mixed:#?}");
}

#[tokio::test]
async fn a_refused_port_is_said_for_both_schemes() {
    for scheme in ["http", "https"] {
        let seen = look_quickly(format!("{scheme}://localhost:{}/", free_port().await)).await;
        assert!(failure(&seen).contains("the connection was refused. Start the app"), "{}", failure(&seen));
    }
}
