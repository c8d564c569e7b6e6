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
        "assets-uncached",
        "certificate-invalid",
        "content-security-policy-missing",
        "cookie-insecure",
        "cors-origin-reflected",
        "frame-options-missing",
        "hsts-missing",
        "permissions-policy-missing",
        "referrer-policy-missing",
        "responses-uncompressed",
        "server-details-leaked",
        "stack-trace-exposed",
    ]
    .iter()
    .map(|rule| format!("{rule} {}", urls[0]))
    .collect();
    expected.push(format!("https-redirect-missing {}", urls[1]));
    expected.push(format!("served-secret {}assets/index-4f2a9c1b.js", urls[0]));
    expected.push(format!("source-map-exposed {}assets/index-4f2a9c1b.js.map", urls[0]));
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
        ("/assets/index-4f2a9c1b.js", "200", "sourceMappingURL=index-4f2a9c1b.js.map"),
        ("/assets/index-4f2a9c1b.js.map", "200", "\"sourcesContent\":["),
        ("/", "200", "Set-Cookie: visit_session="),
        ("/nowhere", "404", "at Layer.handle"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(holds), "{path}: {answer}");
    }
    for (method, path, status) in
        [("GET", "/api/products", "200"), ("OPTIONS", "/api/products", "204"), ("HEAD", "/", "200")]
    {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://other.example.com\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method}: {answer}");
        assert!(answer.contains("Access-Control-Allow-Origin: https://other.example.com\r\n"), "{method}: {answer}");
        assert_eq!(answer.ends_with("\r\n\r\n"), method != "GET", "a body comes with GET only: {answer}");
    }
    drop(server);
    tokio::task::yield_now().await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(TcpStream::connect(&address).await.is_err());
}
