//! Which TLS versions a server offers: one connection for each, all at once.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::hello::{Answer, client_hello, read_answer};

pub use super::hello::Version;

/// A ServerHello fits in far less; a server that sends more without one is not worth waiting for.
const MOST_BYTES: usize = 20 * 1024;

/// What is known of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The server chose it.
    Offered,
    /// The server refused it, or chose another.
    Refused,
    /// The connection ended without an answer.
    Dropped,
    /// There was no answer in time, or none that could be read.
    Unknown,
}

/// What is known of every version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(pub Vec<(Version, Offer)>);

impl Versions {
    /// Of one version.
    pub fn of(&self, version: Version) -> Offer {
        self.0.iter().find(|(known, _)| *known == version).map_or(Offer::Unknown, |(_, offer)| *offer)
    }

    /// Those offered, oldest first.
    pub fn offered(&self) -> Vec<Version> {
        self.0.iter().filter(|(_, offer)| *offer == Offer::Offered).map(|(version, _)| *version).collect()
    }

    /// Those of which nothing is known.
    pub fn unknown(&self) -> Vec<Version> {
        self.0.iter().filter(|(_, offer)| *offer == Offer::Unknown).map(|(version, _)| *version).collect()
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let word = |offer: Offer| match offer {
            Offer::Offered => "offered",
            Offer::Refused | Offer::Dropped => "refused",
            Offer::Unknown => "no answer",
        };
        let parts: Vec<String> =
            self.0.iter().map(|(version, offer)| format!("{}: {}", version.name(), word(*offer))).collect();
        parts.join("\n")
    }
}

/// Asks for every version, each within `time`.
pub async fn ask(url: &Url, address: SocketAddr, time: Duration) -> Versions {
    let name = match url.host() {
        Some(Host::Domain(name)) => Some(name.trim_end_matches('.')),
        _ => None,
    };
    let ask = |version: Version| async move {
        let hello = client_hello(version, name);
        timeout(time, async {
            // Some servers drop connections when several come at once; one that means it drops the second as well.
            match one(version, &hello, address).await {
                Offer::Dropped => one(version, &hello, address).await,
                offer => offer,
            }
        })
        .await
        .unwrap_or(Offer::Unknown)
    };
    let mut known: Vec<(Version, Offer)> =
        Version::ALL.into_iter().zip(join_all(Version::ALL.map(ask)).await).collect();
    // A dropped connection is a refusal only from a server that answers otherwise.
    let answers = known.iter().any(|(_, offer)| *offer == Offer::Offered);
    if !answers {
        for (_, offer) in &mut known {
            if *offer == Offer::Dropped {
                *offer = Offer::Unknown;
            }
        }
    }
    Versions(known)
}

async fn one(version: Version, hello: &[u8], address: SocketAddr) -> Offer {
    let Ok(mut stream) = TcpStream::connect(address).await else { return Offer::Unknown };
    if stream.write_all(hello).await.is_err() {
        return Offer::Dropped;
    }
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while bytes.len() < MOST_BYTES {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return Offer::Dropped,
            Ok(read) => bytes.extend(chunk.iter().take(read)),
        }
        match read_answer(&bytes) {
            Answer::Hello(number) if number == version.number() => return Offer::Offered,
            Answer::Hello(_) | Answer::Alert => return Offer::Refused,
            Answer::NotTls => return Offer::Unknown,
            Answer::Incomplete => {}
        }
    }
    Offer::Unknown
}
