//! Servers made of nothing but a ServerHello, for what no library speaks any more.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hostile_http::look_quickly;
use super::*;
use crate::support::tls_server::{Authority, Identity, Server};

const SSL3: u16 = 0x0300;
const TLS10: u16 = 0x0301;
const TLS12: u16 = 0x0303;

fn number(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

fn record(version: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![22];
    record.extend(version.to_be_bytes());
    record.extend((body.len() as u16 + 4).to_be_bytes());
    record.extend([kind, 0]);
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

/// Takes these suites in these versions, shows a certificate, and ends there.
async fn serve(mut stream: TcpStream, takes: &[(u16, u16)], certificate: &[u8]) {
    let mut head = [0; 5];
    if stream.read_exact(&mut head).await.is_err() {
        return;
    }
    let mut hello = vec![0; usize::from(number(&head[3..]))];
    if stream.read_exact(&mut hello).await.is_err() {
        return;
    }
    let version = number(&hello[4..]);
    let suites = 39 + usize::from(hello[38]);
    let length = usize::from(number(&hello[suites..]));
    let offered: Vec<u16> = hello[suites + 2..suites + 2 + length].chunks(2).map(number).collect();
    // What asks for TLS 1.3 says so in an extension alone.
    let newer = hello.windows(5).any(|window| window == [0, 43, 0, 3, 2]);
    let chosen = takes.iter().find(|(known, suite)| *known == version && !newer && offered.contains(suite));
    let Some((_, suite)) = chosen else {
        let _ = stream.write_all(&[21, 3, head[2], 0, 2, 2, 40]).await;
        return;
    };
    let mut body = version.to_be_bytes().to_vec();
    body.extend([1; 32]);
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    let length = |bytes: usize| (bytes as u32).to_be_bytes()[1..].to_vec();
    let shown = [length(certificate.len() + 3), length(certificate.len()), certificate.to_vec()].concat();
    let flight = [record(version, 2, &body), record(version, 11, &shown), record(version, 14, &[])].concat();
    let _ = stream.write_all(&flight).await;
    let _ = stream.read(&mut [0; 64]).await;
}

/// What is made of such a server, whose certificate is trusted.
async fn taking(takes: &'static [(u16, u16)]) -> Seen {
    let root = Authority::root("Test Root");
    let certificate = Arc::new(root.issue("localhost", -1, 90).chain[0].to_vec());
    let server = Server::raw(move |stream| {
        let certificate = certificate.clone();
        async move { serve(stream, takes, &certificate).await }
    })
    .await;
    let file = root.file();
    look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await
}

#[tokio::test]
async fn ssl_3_alone_is_seen_and_its_certificate_judged() {
    let seen = taking(&[(SSL3, 0x0035)]).await;
    assert_eq!(
        said(&seen, "tls-version-outdated"),
        "blocker: localhost offers nothing newer than SSLv3, which browsers refuse"
    );
    assert_eq!(tls_row(&seen).grade.as_deref(), Some("C"));
    assert!(seen.proved().contains(&"certificate-valid".to_owned()), "{seen:#?}");
    assert!(said(&seen, "tls-no-forward-secrecy").contains("TLS_RSA_WITH_AES_256_CBC_SHA in SSLv3"));
}

#[tokio::test]
async fn suites_that_libraries_have_forgotten_are_named() {
    for (takes, words, name, severity, grade) in [
        (&[(TLS12, 0xc02f), (TLS12, 0x0005)][..], "RC4", "TLS_RSA_WITH_RC4_128_SHA", "major", "B"),
        (&[(TLS12, 0xc02f), (TLS12, 0x000a)], "3DES", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "minor", "B"),
        (&[(TLS12, 0xc02f), (TLS12, 0x0009)], "DES", "TLS_RSA_WITH_DES_CBC_SHA", "major", "F"),
        (&[(TLS12, 0xc02f), (TLS12, 0x0003)], "export-grade", "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "major", "F"),
        (&[(TLS10, 0x0014)], "export-grade", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", "major", "F"),
    ] {
        let seen = taking(takes).await;
        let message = said(&seen, "tls-weak-suites");
        assert!(message.starts_with(severity) && message.contains(words), "{message}");
        let version = if takes[0].0 == TLS10 { "TLS 1.0" } else { "TLS 1.2" };
        let evidence = &seen.of("tls-weak-suites")[0].evidence[0].text;
        assert_eq!(evidence, &format!("accepted:\n{name} in {version}"));
        let row = tls_row(&seen);
        assert_eq!(row.grade.as_deref(), Some(grade), "{row:#?}");
        assert_eq!(row.suites[0].name, name, "the weak ones come first");
        assert!(row.suites[0].weakness.is_some());
        assert!(!seen.proved().contains(&"tls-suites-strong".to_owned()));
    }
}

#[tokio::test]
async fn every_weak_suite_of_a_kind_is_found() {
    let seen = taking(&[(TLS12, 0x0005), (TLS12, 0x0004), (TLS12, 0xc011), (TLS12, 0x000a)]).await;
    let evidence = &seen.of("tls-weak-suites")[0].evidence[0].text;
    assert_eq!(
        evidence,
        "accepted:\nTLS_RSA_WITH_RC4_128_SHA in TLS 1.2\nTLS_RSA_WITH_RC4_128_MD5 in TLS 1.2\n\
         TLS_ECDHE_RSA_WITH_RC4_128_SHA in TLS 1.2\nTLS_RSA_WITH_3DES_EDE_CBC_SHA in TLS 1.2"
    );
}

#[tokio::test]
async fn a_suite_that_was_not_asked_for_is_no_answer() {
    // It chooses the same suite whatever it is offered.
    let server = Server::raw(|mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
        let mut body = vec![3, 3];
        body.extend([1; 32]);
        body.extend([0, 0x00, 0x05, 0]);
        let _ = stream.write_all(&record(TLS12, 2, &body)).await;
        let _ = stream.read(&mut [0; 64]).await;
    })
    .await;
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    let row = tls_row(&seen);
    assert_eq!(row.grade, None, "{row:#?}");
    assert!(!seen.proved().contains(&"tls-suites-strong".to_owned()));
}

/// A firewall that swallows what it does not like.
#[tokio::test]
async fn silence_about_an_old_version_does_not_keep_the_rest() {
    let good = Server::https(Identity::self_signed("localhost"), |_| page(GOOD_HEADERS)).await;
    let behind = good.port;
    let firewall = Server::raw(move |mut stream| async move {
        let mut first = vec![0; 2048];
        let read = stream.read(&mut first).await.unwrap_or(0);
        if first.get(9..11) == Some(&[3, 0]) {
            return tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        let mut server = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
        let _ = server.write_all(&first[..read]).await;
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    })
    .await;
    let seen = look_quickly(format!("https://localhost:{}/", firewall.port)).await;
    let row = tls_row(&seen);
    let answers: Vec<&str> = row.versions.iter().map(|version| version.answer.as_str()).collect();
    assert_eq!(answers, ["no answer", "refused", "refused", "offered", "offered"]);
    assert!(row.suites.iter().any(|suite| suite.name.starts_with("TLS_ECDHE")), "{row:#?}");
    assert!(!seen.proved().contains(&"tls-suites-strong".to_owned()), "what SSLv3 would take is not known");
    assert_eq!(row.off_profile, ["the certificate is self-signed", "it gave no answer about SSLv3"]);
}
