//! Servers that misbehave before there is any HTTP.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hostile_http::look_quickly;
use super::*;
use crate::support::tls_server::{Identity, OpensslServer, Server};

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

const WARNING: &[u8] = &[21, 3, 3, 0, 2, 1, 112];
const FATAL: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

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
async fn a_certificate_with_thousands_of_names_is_said_to_be_unread_or_read() {
    let server = Server::https(Identity::with_names(1000), |_| page("")).await;
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    let message = said(&seen, "certificate-invalid");
    assert!(message.contains("host-4.shop.example.com and 995 more only"), "{message}");
    let server = OpensslServer::with_names(10_000);
    let seen = look_quickly(format!("https://localhost:{}/", server.port)).await;
    assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    assert!(seen.proved().contains(&"tls-current".to_owned()), "{seen:#?}");
}
