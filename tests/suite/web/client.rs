//! How the probe asks: over few connections, packed, over HTTP/2, no more than is ours to ask and no longer than it may take.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gonogo::model::Coverage;
use gonogo::probe::web::Names;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::support::tls_server::{Authority, Server, request};

/// Servers that stand for `name:port`.
fn names(list: &[(&'static str, u16, u16)]) -> Names {
    let list = list.iter().map(|(name, port, to)| (*name, *port, SocketAddr::from(([127, 0, 0, 1], *to))));
    Box::leak(list.collect::<Vec<_>>().into_boxed_slice())
}

async fn look_named(url: &str, names: Names, roots: Option<&Path>) -> Seen {
    run(&WebProbe::STANDARD.with_names(names), no_project(), settings(&[url.to_owned()], roots)).await.unwrap()
}

/// Answers every request on one connection after the other until the client goes.
async fn keep_answering(mut stream: TcpStream, respond: impl Fn(&str) -> String) {
    loop {
        let path = request(&mut stream).await;
        if stream.write_all(respond(&path).as_bytes()).await.is_err() {
            return;
        }
        if stream.peek(&mut [0]).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let server = Server::raw(move |stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        keep_answering(stream, |path| match path {
            "/" => redirect("/a"),
            "/a" => redirect("/b"),
            "/b" => redirect("/c"),
            _ => page(GOOD_HEADERS),
        })
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert!(seen.proved().contains(&"frame-options-set".to_owned()));
    let asked = seen.result.as_ref().unwrap().counts["requests"];
    let made = connections.load(Ordering::Relaxed) as u64;
    assert!(asked >= 4 && made <= 6 && made <= asked - 3, "{asked} requests over {made} connections");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_made_anew() {
    // Says nothing of closing, reads the second request, and only then closes.
    let server = Server::raw(|mut stream| async move {
        let path = request(&mut stream).await;
        let answer = if path == "/" { redirect("/a") } else { page(GOOD_HEADERS) };
        let _ = stream.write_all(answer.as_bytes()).await;
        request(&mut stream).await;
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{seen:#?}");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    let server = Server::raw(|mut stream| async move {
        let path = request(&mut stream).await;
        let answer = match path.as_str() {
            "/" => [redirect("/a"), page("X-Frame-Options: DENY\r\n")].concat(),
            _ => page(""),
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.read(&mut [0; 1000]).await;
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert_eq!(seen.of("frame-options-missing").len(), 1, "{seen:#?}");
}

#[tokio::test]
async fn a_packed_page_is_unpacked() {
    // `<meta name=referrer content=no-referrer>` in gzip.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"<html><head><meta name=referrer content=no-referrer>").unwrap();
    let packed = encoder.finish().unwrap();
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = asked.clone();
    let server = Server::raw(move |mut stream| {
        let (packed, heard) = (packed.clone(), heard.clone());
        async move {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap_or(0);
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                packed.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &packed].concat()).await;
        }
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert!(seen.proved().contains(&"referrer-policy-set".to_owned()), "{seen:#?}");
    let asked = asked.lock().unwrap();
    assert!(
        asked.contains("\r\nAccept-Encoding: gzip, br\r\n") && asked.contains("\r\nUser-Agent: gonogo/"),
        "{asked}"
    );
}

/// A site at the standard ports of `example.com`: what every one of its four addresses answers.
async fn four(answers: [Option<String>; 4]) -> (Seen, Vec<Server>, BTreeMap<String, String>) {
    let root = Authority::root("Test Root");
    let (mut servers, mut list) = (Vec::new(), Vec::new());
    for (at, answer) in answers.into_iter().enumerate() {
        let Some(answer) = answer else { continue };
        let (name, secure) =
            [("example.com", true), ("example.com", false), ("www.example.com", true), ("www.example.com", false)][at];
        let respond = move |_: &str| answer.clone();
        let server =
            if secure { Server::https(root.issue(name, -1, 90), respond).await } else { Server::http(respond).await };
        list.push((name, if secure { 443 } else { 80 }, server.port));
        servers.push(server);
    }
    let file = root.file();
    let seen = look_named("https://example.com/", names(&list), Some(file.path())).await;
    // These servers speak only HTTP/1.1.
    let findings = seen.findings.iter().filter(|finding| finding.rule.as_str() != "http2-missing");
    let said = findings.map(|finding| (finding.rule.to_string(), finding.message.clone())).collect();
    (seen, servers, said)
}

#[tokio::test]
async fn all_four_addresses_of_a_domain_are_looked_at() {
    let to = || Some(redirect("https://example.com/"));
    let (seen, _servers, said) = four([
        Some(page(GOOD_HEADERS)),
        to(),
        Some(
            redirect("https://example.com/")
                .replace("\r\nContent", "\r\nStrict-Transport-Security: max-age=63072000\r\nContent"),
        ),
        to(),
    ])
    .await;
    assert_eq!(said, BTreeMap::new());
    assert!(seen.proved().contains(&"hosts-unified".to_owned()));
    assert_eq!(coverage(&seen, "https-redirect"), Coverage::Whole);
    assert_eq!(seen.proofs.iter().filter(|proof| proof.rule.as_str() == "https-redirect").count(), 2);
}

#[tokio::test]
async fn www_that_stays_plain_is_found() {
    let (seen, _servers, _) = four([
        Some(page(GOOD_HEADERS)),
        Some(redirect("https://example.com/")),
        Some(redirect("https://example.com/")),
        Some(page(GOOD_HEADERS)),
    ])
    .await;
    assert!(said(&seen, "https-redirect-missing").contains("http://www.example.com/ stays on plain HTTP"));
}

#[tokio::test]
async fn two_names_with_a_page_each_are_two_sites() {
    let (_, _servers, said) = four([
        Some(page(GOOD_HEADERS)),
        Some(redirect("https://example.com/")),
        Some(page(GOOD_HEADERS)),
        Some(redirect("https://www.example.com/")),
    ])
    .await;
    assert_eq!(said["hosts-not-unified"], "The app is served under example.com and www.example.com, each for itself");
    assert_eq!(said.len(), 1);
}

#[tokio::test]
async fn a_domain_without_www_is_told_once() {
    let (_, _servers, said) =
        four([Some(page(GOOD_HEADERS)), Some(redirect("https://example.com/")), None, None]).await;
    assert_eq!(
        said,
        BTreeMap::from([(
            "hosts-not-unified".to_owned(),
            "www.example.com leads nowhere, since its name is not in DNS; only example.com does".to_owned()
        )])
    );
}

#[tokio::test]
async fn a_www_that_leads_into_a_private_network_is_not_asked() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("example.com", -1, 90), |_| page(GOOD_HEADERS)).await;
    let local = SocketAddr::from(([127, 0, 0, 1], server.port));
    let inside = SocketAddr::from(([169, 254, 169, 254], 80));
    let names = Box::leak(Box::new([
        ("example.com", 443, local),
        ("www.example.com", 80, inside),
        ("www.example.com", 443, inside),
    ]));
    let file = root.file();
    let seen = look_named("https://example.com/", names, Some(file.path())).await;
    assert_eq!(seen.places(), ["http2-missing https://example.com/"]);
    let Coverage::Nothing(why) = coverage(&seen, "hosts-unified") else { panic!("{seen:#?}") };
    assert_eq!(why, "not every address of example.com was seen to its end");
}

#[tokio::test]
async fn a_given_name_that_leads_elsewhere_on_another_port_is_not_asked_there() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("example.com", -1, 90), |_| redirect("http://example.com:8500/")).await;
    // Whoever owns the name can have it point anywhere between two questions.
    let inside = SocketAddr::from(([10, 255, 255, 1], 8500));
    let names = Box::leak(Box::new([
        ("example.com", 443, SocketAddr::from(([127, 0, 0, 1], server.port))),
        ("example.com", 8500, inside),
    ]));
    let file = root.file();
    let seen = look_named("https://example.com/", names, Some(file.path())).await;
    let gaps = hostile_http::gaps(&seen);
    assert_eq!(gaps, ["addresses that gave no page"], "{seen:#?}");
    let why = &seen.result.as_ref().unwrap().gaps[0].examples[0];
    assert!(why.contains("http://example.com:8500/") && why.contains("a private network or this machine"), "{why}");
}

#[tokio::test]
async fn times_are_measured_before_anything_else_is_asked() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    let server = Server::http(move |path| {
        heard.lock().unwrap().push(path.to_owned());
        page(GOOD_HEADERS)
    })
    .await;
    look(&[format!("http://localhost:{}/", server.port)], None).await;
    let asked = asked.lock().unwrap();
    assert!(asked.len() > 6 && asked[..6].iter().all(|path| path == "/"), "{asked:?}");
}

#[tokio::test]
async fn an_unknown_host_is_one_line_with_what_to_do() {
    let seen = look(&["https://shop.invalid/".to_owned()], None).await;
    let line = failure(&seen);
    assert!(
        line.ends_with(
            "its name has no address in DNS. Check the spelling of the address and that its DNS record exists."
        ) || line.contains("while its name was looked up"),
        "{line}"
    );
}

#[tokio::test]
async fn credentials_in_an_address_are_neither_sent_nor_shown() {
    let word = ["hun", "ter2"].concat();
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = asked.clone();
    let server = Server::raw(move |mut stream| {
        let heard = heard.clone();
        async move {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap_or(0);
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            let _ = stream.write_all(page(GOOD_HEADERS).as_bytes()).await;
        }
    })
    .await;
    let seen = look(&[format!("http://ann:{word}@localhost:{}/", server.port)], None).await;
    let asked = asked.lock().unwrap();
    assert!(!asked.contains("Authorization") && !asked.contains("ann") && asked.starts_with("GET / "), "{asked}");
    assert!(!format!("{seen:?}").contains(&word));
}

#[tokio::test]
async fn a_server_that_answers_slowly_to_everything_ends_with_the_time_of_its_site() {
    let server = Server::raw(|mut stream| async move {
        request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let _ = stream.write_all(redirect("x/").as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await;
    let seen = hostile_http::look_quickly(format!("http://localhost:{}/", server.port)).await;
    assert!(failure(&seen).contains("for this site were over"), "{}", failure(&seen));
}
