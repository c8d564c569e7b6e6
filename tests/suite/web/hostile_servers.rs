//! Every hostile server of the design by its name: 28 that misbehave in HTTP, 12 that do so in the TLS handshake.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hostile_tls::{FATAL, WARNING, a_byte_at_a_time};
use super::*;
use crate::support::tls_server::{Authority, Identity, OpensslServer, Server, request};

/// What a server does once it was asked.
#[derive(Clone)]
enum Act {
    /// Sends this and closes.
    Answer(Vec<u8>),
    /// Sends the first, and the second again and again, with a pause between.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Sends this and breaks the connection off.
    Reset(Vec<u8>),
    /// Says nothing and keeps the connection.
    Silence,
}

impl Act {
    async fn play(self, mut stream: TcpStream) -> std::io::Result<()> {
        match self {
            Self::Answer(bytes) => {
                stream.write_all(&bytes).await?;
                stream.shutdown().await?;
                // What is unread when a socket closes makes it reset the connection.
                let _ = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut [0; 64])).await;
            }
            Self::Endless(first, again, pause) => {
                stream.write_all(&first).await?;
                loop {
                    stream.write_all(&again).await?;
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
            Self::Reset(bytes) => {
                stream.write_all(&bytes).await?;
                // Long enough for the head to be read: a reset throws away what was not.
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.set_zero_linger()?;
            }
            Self::Silence => tokio::time::sleep(Duration::from_secs(120)).await,
        }
        Ok(())
    }
}

/// A hostile server while it runs.
pub struct Hostile {
    pub name: &'static str,
    pub url: String,
    _stops_when_dropped: Box<dyn std::any::Any + Send>,
}

const SLOW: Duration = Duration::from_millis(40);
const AT_ONCE: Duration = Duration::ZERO;
const HEAD: &str = "HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n";

fn many(line: &str) -> Vec<u8> {
    line.repeat(500).into_bytes()
}

fn with_lines(lines: impl AsRef<[u8]>) -> Act {
    Act::Answer([HEAD.as_bytes(), lines.as_ref(), b"\r\nContent-Length: 2\r\n\r\nok"].concat())
}

fn filler(count: usize) -> Act {
    with_lines((0..count).map(|at| format!("X-Filler-{at}: {at}")).collect::<Vec<_>>().join("\r\n"))
}

fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1024 * 1024];
    (0..64).for_each(|_| encoder.write_all(&zeros).unwrap());
    let packed = encoder.finish().unwrap();
    let head = format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    [head.as_bytes(), &packed].concat()
}

fn http_acts() -> [(&'static str, Act); 28] {
    let answer = |text: &str| Act::Answer(text.as_bytes().to_vec());
    let endless = |first: String, again: Vec<u8>, pause| Act::Endless(first.into_bytes(), again, pause);
    let moved = |to: &str| Act::Answer(redirect(to).into_bytes());
    let whole = format!("{HEAD}\r\n");
    [
        ("an escape sequence in a header", with_lines(b"Referrer-Policy: \x1b]0;owned\x07no-referrer")),
        ("C1 bytes in a header", with_lines(b"Referrer-Policy: \x9b31m\xc2\x9b31mno-referrer")),
        ("a Latin-1 byte in a header", with_lines(b"Referrer-Policy: caf\xe9")),
        ("a bidi override in a header", with_lines("Referrer-Policy: \u{202e}rerrefer-on")),
        ("a NUL in a header", with_lines(b"Referrer-Policy: no-referrer\0")),
        ("bare line feeds", answer("HTTP/1.1 200 OK\nReferrer-Policy: no-referrer\n\nok")),
        ("a folded header", with_lines("Referrer-Policy:\r\n\tno-referrer")),
        ("a space before the colon", with_lines("Referrer-Policy : no-referrer")),
        ("a header line without a colon", with_lines("no colon at all")),
        ("two different lengths", with_lines("Content-Length: 1")),
        ("a length with chunks", with_lines("Transfer-Encoding: chunked")),
        ("98 headers", filler(98)),
        ("150 headers", filler(150)),
        ("status 999", answer("HTTP/1.1 999 Request Denied\r\nContent-Length: 0\r\n\r\n")),
        ("no status line", answer("<h1>no status line</h1>")),
        ("a redirect to itself", moved("/")),
        ("a redirect to a file", moved("file:///etc/passwd")),
        ("a redirect to another host's metadata", moved("http://169.254.169.254/latest/meta-data/")),
        ("a reset in mid-body", Act::Reset(format!("{HEAD}Content-Length: 900\r\n\r\nhalf").into_bytes())),
        ("a truncated body", answer(&format!("{HEAD}Content-Length: 100\r\n\r\ntruncated"))),
        ("200,000 times 100 Continue", endless(String::new(), many("HTTP/1.1 100 Continue\r\n\r\n"), AT_ONCE)),
        ("silence after the request", Act::Silence),
        ("endless headers", endless(HEAD.to_owned(), many("X-Filler: again\r\n"), AT_ONCE)),
        ("one endless header line", endless(format!("{HEAD}X: "), vec![b'x'; 16 * 1024], AT_ONCE)),
        ("an endless body", endless(whole.clone(), vec![b'x'; 16 * 1024], AT_ONCE)),
        ("headers a byte at a time", endless("HTTP/1.1 200 OK\r\n".to_owned(), b"X".to_vec(), SLOW)),
        ("a body a byte at a time", endless(whole, b"x".to_vec(), SLOW)),
        ("a gzip bomb", Act::Answer(bomb())),
    ]
}

fn tls_acts() -> [(&'static str, Act); 8] {
    let endless = |first: &[u8], again: Vec<u8>| Act::Endless(first.to_vec(), again, AT_ONCE);
    [
        ("silence after connecting", Act::Silence),
        ("a fatal alert", Act::Answer(FATAL.to_vec())),
        ("a warning, then a fatal alert", Act::Answer([WARNING, FATAL].concat())),
        ("plain HTTP in answer", Act::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())),
        ("a reset in the handshake", Act::Reset(Vec::new())),
        ("a handshake message of 16 MB", endless(&[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff], vec![0; 16 * 1024])),
        ("endless ChangeCipherSpec", endless(&[], [20, 3, 3, 0, 1, 1].repeat(500))),
        ("endless warnings", endless(&[], WARNING.repeat(500))),
    ]
}

fn hostile(name: &'static str, scheme: &str, port: u16, server: impl Send + 'static) -> Hostile {
    Hostile { name, url: format!("{scheme}://localhost:{port}/"), _stops_when_dropped: Box::new(server) }
}

/// The 28 of HTTP.
pub async fn http() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (name, act) in http_acts() {
        let server = Server::raw(move |mut stream| {
            let act = act.clone();
            async move {
                request(&mut stream).await;
                let _ = act.play(stream).await;
            }
        })
        .await;
        all.push(hostile(name, "http", server.port, server));
    }
    all
}

/// The 12 of TLS.
pub async fn tls() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (name, act) in tls_acts() {
        let server = Server::raw(move |mut stream| {
            let act = act.clone();
            async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = act.play(stream).await;
            }
        })
        .await;
        all.push(hostile(name, "https", server.port, server));
    }
    let behind = Server::https(Identity::self_signed("localhost"), |_| page(GOOD_HEADERS)).await;
    let port = behind.port;
    let slow = Server::raw(move |stream| async move {
        let _ = a_byte_at_a_time(stream, port, Duration::from_millis(20)).await;
    })
    .await;
    all.push(hostile("the handshake a byte at a time", "https", slow.port, (slow, behind)));
    let large = OpensslServer::with_names(10_000);
    all.push(hostile("a certificate of 10,000 names", "https", large.port, large));
    let other = Authority::root("Somebody Else");
    let mut identity = Authority::root("Nobody").intermediate("Between").issue("localhost", -60, -2).alone();
    identity.chain.push(other.der());
    let expired = Server::https(identity, |_| page(GOOD_HEADERS)).await;
    all.push(hostile("expired, with a broken chain", "https", expired.port, expired));
    let old = OpensslServer::start(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    all.push(hostile("TLS 1.1 only", "https", old.port, old));
    all
}
