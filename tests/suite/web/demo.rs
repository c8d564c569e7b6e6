use gonogo::demo::DemoServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

#[tokio::test]
async fn the_demo_has_true_flaws_and_one_right_header() {
    let server = DemoServer::start().await.unwrap();
    let urls = [server.https_url(), server.http_url()];
    let seen = look(&urls, None).await;
    let mut expected: Vec<String> = [
        "certificate-invalid",
        "content-security-policy-missing",
        "frame-options-missing",
        "hsts-missing",
        "permissions-policy-missing",
        "referrer-policy-missing",
        "stack-trace-exposed",
    ]
    .iter()
    .map(|rule| format!("{rule} {}", urls[0]))
    .collect();
    expected.push(format!("https-redirect-missing {}", urls[1]));
    expected.sort();
    assert_eq!(seen.places(), expected);
    assert!(said(&seen, "certificate-invalid").ends_with("is self-signed, so no browser trusts it"));
    assert_eq!(
        seen.proved(),
        [
            "content-type-options-set",
            "health-endpoint-answers",
            "tls-current",
            "tls-suites-strong",
            "xss-protection-harmless"
        ]
    );
}

#[tokio::test]
async fn the_demo_has_its_routes_and_stops_when_dropped() {
    let server = DemoServer::start().await.unwrap();
    let address = server.http_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    for (path, status, holds) in [
        ("/", "200", "<h1>Teapot Shop"),
        ("/api/products?page=1", "200", "\"price\":2900"),
        ("/health", "200", "ok"),
        ("/nowhere", "404", "at Layer.handle"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(holds), "{path}: {answer}");
    }
    drop(server);
    tokio::task::yield_now().await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(TcpStream::connect(&address).await.is_err());
}
