//! What is asked beside the page: other origins, files, names.

use std::sync::{Arc, Mutex};

use gonogo::model::{Confidence, Coverage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::support::tls_server::Server;

/// A plain server that sees whole requests, headers included; `respond` gives head lines and body for a request.
async fn server(
    respond: impl Fn(&str) -> (String, Vec<u8>) + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (respond, seen) = (Arc::new(respond), asked.clone());
    let server = Server::raw(move |mut stream| {
        let (respond, seen) = (respond.clone(), seen.clone());
        async move {
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let request = String::from_utf8(bytes).unwrap();
            let (head, body) = respond(&request);
            seen.lock().unwrap().push(request.clone());
            let length = body.len();
            let head = format!("HTTP/1.1 {head}Content-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            if !request.starts_with("HEAD") {
                let _ = stream.write_all(&body).await;
            }
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, asked)
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
    line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}

fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

const APP: &[u8] = b"<!doctype html><script>fetch('/api/me'); fetch('/api/logout')</script><h1>Teapots</h1>";

/// An app with an API that answers `allow` of the request's origin in its CORS headers.
async fn api(allow: impl Fn(&str) -> String + Send + Sync + 'static) -> (Seen, Vec<String>) {
    let (server, asked) = server(move |request| match path(request) {
        "/" => ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), APP.to_vec()),
        _ => (
            format!("200 OK\r\nContent-Type: application/json\r\n{}", allow(header(request, "origin"))),
            b"{}".to_vec(),
        ),
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    let asked = asked.lock().unwrap().clone();
    (seen, asked)
}

#[tokio::test]
async fn an_api_that_welcomes_whoever_asks_is_told_once_and_nothing_is_done_to_it() {
    let (seen, asked) =
        api(|origin| format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n"))
            .await;
    assert!(said(&seen, "cors-origin-reflected").starts_with("major: localhost lets whichever website asks"));
    assert!(seen.of("cors-lookalike-trusted").is_empty(), "one fault, one finding");
    let evidence = &seen.of("cors-origin-reflected")[0].evidence[0].text;
    assert!(evidence.contains("/api/me with Origin: https://gonogo-"), "{evidence}");
    assert!(evidence.contains("OPTIONS "), "{evidence}");
    for request in &asked {
        assert!(["GET ", "HEAD ", "OPTIONS "].iter().any(|method| request.starts_with(method)), "{request}");
        assert!(path(request) != "/api/logout", "{request}");
    }
    let preflight = asked.iter().find(|request| request.starts_with("OPTIONS /api/me")).unwrap();
    assert_eq!(header(preflight, "access-control-request-method"), "GET");
}

#[tokio::test]
async fn a_cookie_that_travels_makes_it_a_blocker() {
    let (seen, _) = api(|origin| {
        format!(
            "Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n\
             Set-Cookie: sid=abc; Secure; SameSite=None\r\n"
        )
    })
    .await;
    assert!(said(&seen, "cors-origin-reflected").starts_with("blocker: Any website can read"));
}

#[tokio::test]
async fn a_careless_comparison_is_found_out() {
    let (seen, _) = api(|origin| {
        if origin.contains("localhost") || origin == "null" {
            format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n")
        } else {
            String::new()
        }
    })
    .await;
    assert!(said(&seen, "cors-lookalike-trusted").starts_with("major: localhost lets"));
    let evidence = &seen.of("cors-lookalike-trusted")[0].evidence[0].text;
    assert!(evidence.contains("Origin: null") && evidence.contains("https://localhost.evil.example"), "{evidence}");
    assert!(seen.of("cors-origin-reflected").is_empty());
}

#[tokio::test]
async fn an_api_for_all_or_for_its_own_front_end_is_proof() {
    for allow in ["Access-Control-Allow-Origin: *\r\n", "", "Access-Control-Allow-Origin: https://app.example.com\r\n"]
    {
        let (seen, _) = api(move |_| allow.to_owned()).await;
        assert!(seen.findings.iter().all(|finding| !finding.rule.as_str().starts_with("cors")), "{allow} {seen:#?}");
        assert!(seen.proved().contains(&"cors-strangers-refused".to_owned()), "{allow}");
    }
}

#[tokio::test]
async fn what_might_change_something_is_never_asked_by_get() {
    let html = b"<script>for (const x of ['/api/cron', '/api/seed', '/api/checkout', '/api/revalidate', '/api/warm-up']) go(x)";
    let (server, asked) = server(move |_| ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), html.to_vec())).await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    let asked = asked.lock().unwrap().clone();
    let of = |path_asked: &str| -> Vec<&str> {
        let requests = asked.iter().filter(|request| path(request) == path_asked);
        requests.map(|request| request.split(' ').next().unwrap()).collect()
    };
    for deed in ["/api/cron", "/api/seed", "/api/checkout", "/api/revalidate"] {
        assert_eq!(of(deed), [""; 0], "{deed}");
    }
    let methods = of("/api/warm-up");
    assert!(!methods.is_empty() && methods.iter().all(|method| *method == "OPTIONS"), "{methods:?}");
    let Coverage::Part(why) = coverage(&seen, "cors-origin-reflected") else { panic!("{seen:#?}") };
    assert!(why.contains("/api/warm-up was asked by OPTIONS alone"), "{why}");
    assert!(!seen.proved().contains(&"cors-strangers-refused".to_owned()));
}

#[tokio::test]
async fn an_api_that_does_not_answer_is_said() {
    let server = Server::raw(|mut stream| async move {
        let path = crate::support::tls_server::request(&mut stream).await;
        if path != "/api/me" {
            let length = APP.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), APP].concat()).await;
        }
        let _ = stream.shutdown().await;
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    for rule in ["cors-origin-reflected", "cors-lookalike-trusted", "cors-vary-missing"] {
        let Coverage::Part(why) = coverage(&seen, rule) else { panic!("{rule} {seen:#?}") };
        assert!(why.contains("/api/me was asked by"), "{why}");
    }
    assert!(matches!(coverage(&seen, "cors-strangers-refused"), Coverage::Nothing(_)));
}

#[tokio::test]
async fn the_page_of_the_front_end_or_of_a_firewall_is_no_answer_of_an_api() {
    for body in [APP, b"<!doctype html><title>Just a moment...</title>"] {
        let (server, _) = server(move |request| {
            let body = if path(request) == "/" { APP } else { body };
            ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), body.to_vec())
        })
        .await;
        let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
        assert!(!seen.proved().contains(&"cors-strangers-refused".to_owned()), "{seen:#?}");
        let Coverage::Part(why) = coverage(&seen, "cors-origin-reflected") else { panic!("{seen:#?}") };
        assert!(why.contains("/api/me was asked by GET as another website, and it answered with a page"), "{why}");
    }
}

/// A page with one script, and an API that welcomes whoever asks.
async fn with_script(script: &'static str) -> Seen {
    let (server, _) = server(move |request| match path(request) {
        "/" => (
            "200 OK\r\nContent-Type: text/html\r\n".to_owned(),
            b"<h1>Teapots</h1><script src=/assets/i.js></script>".to_vec(),
        ),
        "/assets/i.js" => ("200 OK\r\nContent-Type: text/javascript\r\n".to_owned(), script.into()),
        "/api/me" | "/v1/users" => {
            let origin = header(request, "origin");
            let cors = format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n");
            (format!("200 OK\r\nContent-Type: application/json\r\n{cors}"), b"{}".to_vec())
        }
        _ => ("404 Not Found\r\n".to_owned(), b"nothing".to_vec()),
    })
    .await;
    look(&[format!("http://localhost:{}/", server.port)], None).await
}

#[tokio::test]
async fn an_api_that_only_a_script_names_is_asked() {
    for script in ["fetch(\"/api/me\",{credentials:\"include\"})", "a.get('/v1/users')"] {
        let seen = with_script(script).await;
        assert!(said(&seen, "cors-origin-reflected").starts_with("major: localhost lets whichever"), "{script}");
    }
}

#[tokio::test]
async fn scripts_that_ask_for_what_they_do_not_name_leave_it_open() {
    for (script, told) in [
        ("fetch(`${base}/me`)", "do not stand in them"),
        ("const api='http://localhost:1/api/users'", "http://localhost:1/api/users looks like an API of yours"),
    ] {
        let seen = with_script(script).await;
        let Coverage::Part(why) = coverage(&seen, "cors-origin-reflected") else { panic!("{seen:#?}") };
        assert!(why.contains(told), "{why}");
    }
    assert_eq!(coverage(&with_script("menu.open()").await, "cors-origin-reflected"), Coverage::Whole);
}

#[tokio::test]
async fn without_an_api_nothing_is_proved() {
    let (server, _) =
        server(|_| ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), b"<h1>Teapots</h1>".to_vec())).await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    let Coverage::Nothing(why) = coverage(&seen, "cors-strangers-refused") else { panic!("{seen:#?}") };
    assert!(why.contains("names no address of an API"), "{why}");
    assert_eq!(coverage(&seen, "cors-origin-reflected"), Coverage::Whole);
}

/// A page with one script, one style and one picture, sent with these header lines.
async fn site(lines: &'static str, packs: bool) -> (Seen, Vec<String>) {
    let (server, asked) = server(move |request| {
        let file = |kind: &str, length: usize| {
            let packed = packs && header(request, "accept-encoding").contains("gzip");
            let coding = if packed { "Content-Encoding: gzip\r\n" } else { "" };
            let text = "export function total(items) {\n    return items.length;\n}\n".repeat(length / 58);
            let bytes = if packed { gzip(text.as_bytes()) } else { text.into_bytes() };
            (format!("200 OK\r\nContent-Type: {kind}\r\n{coding}{lines}"), bytes)
        };
        match path(request) {
            "/" => {
                let html = "<!doctype html><script src=/assets/index-BxYz12ab.js></script><link rel=stylesheet href=app.css>\
                            <img src=hero.png><img src=https://elsewhere.example.com/x.png>";
                ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), html.as_bytes().to_vec())
            }
            "/assets/index-BxYz12ab.js" => file("text/javascript", 60_000),
            "/app.css" => file("text/css", 3000),
            "/hero.png" => ("200 OK\r\nContent-Type: image/png\r\nETag: \"1\"\r\n".to_owned(), vec![7; 600_000]),
            _ => ("404 Not Found\r\n".to_owned(), Vec::new()),
        }
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    let asked = asked.lock().unwrap().clone();
    (seen, asked)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn files_that_nobody_cared_for_are_told_by_kind() {
    let (seen, asked) = site("", false).await;
    assert_eq!(said(&seen, "assets-uncached"), "minor: Browsers load 2 of 3 files again on every visit");
    assert!(said(&seen, "responses-uncompressed").starts_with("minor: 2 of 2 text files come unpacked"));
    assert!(said(&seen, "scripts-unminified").starts_with("minor: 1 of 1 script come as people wrote them"));
    assert_eq!(said(&seen, "images-heavy"), "minor: 1 of 1 picture are too large, up to 600 KB");
    assert!(seen.of("assets-uncached").iter().all(|finding| finding.confidence == Confidence::Low), "on this machine");
    assert!(asked.iter().any(|request| request.starts_with("HEAD /hero.png")), "pictures are not loaded");
    assert!(asked.len() < 100, "{}", asked.len());
}

#[tokio::test]
async fn files_that_are_kept_and_packed_are_proof() {
    let (seen, asked) = site("Cache-Control: public, max-age=31536000, immutable\r\nCF-Ray: 1\r\n", true).await;
    for rule in ["assets-cached", "responses-compressed", "cdn-in-front"] {
        assert!(seen.proved().contains(&rule.to_owned()), "{rule} {seen:#?}");
    }
    let of_script: Vec<&str> = asked
        .iter()
        .filter(|request| path(request).ends_with(".js"))
        .map(|request| header(request, "accept-encoding"))
        .collect();
    assert!(of_script.contains(&"identity"), "asked both ways: {of_script:?}");
}

#[tokio::test]
async fn times_of_this_machine_say_nothing_of_production_and_dns_is_not_asked() {
    let (server, _) =
        server(|_| ("200 OK\r\nContent-Type: text/html\r\n".to_owned(), b"<h1>Teapots</h1>".to_vec())).await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    let Coverage::Nothing(why) = coverage(&seen, "answers-quick") else { panic!("{seen:#?}") };
    assert!(why.contains("its times say nothing of production"), "{why}");
    let Coverage::Nothing(why) = coverage(&seen, "caa-missing") else { panic!("{seen:#?}") };
    assert_eq!(why, "DNS was not asked: it is on this machine");
    assert!(matches!(coverage(&seen, "hosts-unified"), Coverage::Absent(_)));
}
