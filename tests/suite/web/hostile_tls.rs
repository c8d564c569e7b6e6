//! Servers that misbehave before there is any HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hostile_http::{QUICK, look_quickly};
use super::*;
use crate::support::tls_server::{Authority, Identity, OpensslServer, Server};

/// What the probe makes of a server that does this after the ClientHello.
async fn behaving<F>(behave: impl Fn(TcpStream) -> F + Send + Copy + Sync + 'static) -> Seen
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let server = Server::raw(move |mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = behave(stream).await;
    })
    .await;
    look_quickly(format!("https://localhost:{}/", server.port)).await
}

pub const WARNING: &[u8] = &[21, 3, 3, 0, 2, 1, 112];
pub const FATAL: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

#[tokio::test]
async fn silence_alerts_resets_and_other_protocols_are_clear_lines() {
    let seen = behaving(async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
        Ok(())
    })
    .await;
    assert!(failure(&seen).contains("during the TLS handshake"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| stream.write_all(FATAL).await).await;
    assert!(failure(&seen).contains("HandshakeFailure"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| stream.write_all(&[WARNING, FATAL].concat()).await).await;
    assert!(failure(&seen).contains("TLS handshake failed"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await).await;
    assert!(failure(&seen).contains("does not speak TLS"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await).await;
    assert!(failure(&seen).contains("does not speak TLS"), "{}", failure(&seen));
    let seen = behaving(async |stream| stream.set_zero_linger()).await;
    assert!(failure(&seen).contains("closed the connection"), "{}", failure(&seen));
}

#[tokio::test]
async fn endless_and_oversized_handshakes_end() {
    let endless_warnings = behaving(async |mut stream| {
        loop {
            stream.write_all(WARNING).await?;
        }
    })
    .await;
    let endless_cipher_changes = behaving(async |mut stream| {
        loop {
            stream.write_all(&[20, 3, 3, 0, 1, 1]).await?;
        }
    })
    .await;
    let sixteen_megabytes = behaving(async |mut stream| {
        stream.write_all(&[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff]).await?;
        loop {
            stream.write_all(&[0; 4096]).await?;
        }
    })
    .await;
    for seen in [endless_warnings, endless_cipher_changes, sixteen_megabytes] {
        let line = failure(&seen);
        assert!(line.contains("could not be examined"), "{line}");
    }
}

#[tokio::test]
async fn a_certificate_with_thousands_of_names_is_read() {
    let server = Server::https(Identity::with_names(1000), |_| page("")).await;
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    let message = said(&seen, "certificate-invalid");
    assert!(message.contains("host-4.shop.example.com and 995 more only"), "{message}");
    // More than rustls takes: it is read from the answer to our own question.
    let server = OpensslServer::with_names(10_000);
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    let message = said(&seen, "certificate-invalid");
    assert!(message.contains("is too large for browsers, with 2"), "{message}");
    assert!(message.contains("host-4.shop.example.com and 9995 more only"), "{message}");
    assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    assert!(seen.proved().contains(&"tls-suites-strong".to_owned()), "{seen:#?}");
    let row = tls_row(&seen);
    assert_eq!(row.chain[0].names.len(), 51, "not all are kept");
    assert_eq!(row.grade.as_deref(), Some("T"));
}

#[tokio::test]
async fn a_handshake_a_byte_at_a_time_is_read_or_given_up() {
    let server = Server::https(Identity::self_signed("localhost"), |_| page(GOOD_HEADERS)).await;
    for (pause, read) in [(Duration::ZERO, true), (Duration::from_millis(20), false)] {
        let behind = server.port;
        let slow = Server::raw(move |stream| async move {
            let _ = a_byte_at_a_time(stream, behind, pause).await;
        })
        .await;
        let seen = look_quickly(format!("https://localhost:{}/", slow.port)).await;
        if read {
            assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{seen:#?}");
            assert!(seen.proved().contains(&"tls-suites-strong".to_owned()), "{seen:#?}");
        } else {
            assert!(!seen.proved().contains(&"tls-suites-strong".to_owned()), "{seen:#?}");
        }
    }
}

/// Passes on what the server on port `behind` says, byte by byte.
pub async fn a_byte_at_a_time(mut client: TcpStream, behind: u16, pause: Duration) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = TcpStream::connect(("127.0.0.1", behind)).await?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.split(), server.split());
    let slowly = async {
        let mut byte = [0];
        while from_server.read(&mut byte).await? == 1 {
            to_client.write_all(&byte).await?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        to_client.shutdown().await
    };
    let (result, _) = tokio::join!(slowly, tokio::io::copy(&mut from_client, &mut to_server));
    result
}

#[tokio::test]
async fn an_expired_certificate_with_a_broken_chain_says_both() {
    let (root, other) = (Authority::root("Test Root"), Authority::root("Somebody Else"));
    let mut identity = root.intermediate("Test Intermediate").issue("localhost", -60, -2).alone();
    identity.chain.push(other.der());
    let server = Server::https(identity, |_| page(GOOD_HEADERS)).await;
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    let message = said(&seen, "certificate-invalid");
    assert!(message.contains("expired on 20"), "{message}");
    assert!(
        message.ends_with("was issued by Test Intermediate, which is neither trusted nor sent by the server"),
        "{message}"
    );
    let disorder = said(&seen, "certificate-chain-disorder");
    assert!(disorder.contains("that of Somebody Else does not belong to this chain"), "{disorder}");
    assert!(seen.proved().contains(&"frame-options-set".to_owned()), "the page is still read");
}

#[tokio::test]
async fn a_server_of_tls_1_1_alone_is_judged() {
    let server = OpensslServer::start(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    assert!(said(&seen, "tls-version-outdated").starts_with("blocker"));
    assert!(said(&seen, "certificate-invalid").contains("self-signed"));
}

/// Whatever one server does, the one beside it is examined as if it were alone.
#[tokio::test]
async fn a_hostile_server_keeps_nothing_from_the_one_beside_it() {
    let root = Authority::root("Test Root");
    let good = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let hostile = Server::raw(|mut stream| async move {
        let mut hello = [0; 4096];
        let read = stream.read(&mut hello).await.unwrap_or(0);
        // Another of the behaviours for each connection.
        let behaviour = HOSTILE.fetch_add(1, Ordering::Relaxed) % 7;
        let endless: &[u8] = match behaviour {
            0 => WARNING,
            1 => &[20, 3, 3, 0, 1, 1],
            2 => &[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff],
            3 => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            4 => hello.get(..read).unwrap_or_default(),
            5 => FATAL,
            _ => &[],
        };
        while !endless.is_empty() && stream.write_all(endless).await.is_ok() {}
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let urls = [hostile.port, good.port].map(|port| format!("https://localhost:{port}/"));
    let file = root.file();
    let seen = run(&WebProbe::with_limits(QUICK), no_project(), settings(&urls, Some(file.path()))).await.unwrap();
    for proof in ["certificate-valid", "tls-current", "tls-suites-strong", "frame-options-set", "hsts-set"] {
        assert!(seen.proved().contains(&proof.to_owned()), "{proof}: {seen:#?}");
    }
    let examined = seen.result.unwrap();
    let report = examined.web.as_ref().unwrap();
    assert!(report.tls_questions > 10, "{}", report.tls_questions);
    assert_eq!(examined.counts["tls-questions"], report.tls_questions);
    let row = report.servers.iter().find(|row| row.name.ends_with(&good.port.to_string())).unwrap();
    assert_eq!(row.grade.as_deref(), Some("A+"), "{row:#?}");
    let row = report.servers.iter().find(|row| row.name.ends_with(&hostile.port.to_string())).unwrap();
    assert_eq!((row.grade.as_deref(), row.profile.as_deref()), (None, None), "{row:#?}");
}

static HOSTILE: AtomicUsize = AtomicUsize::new(0);
