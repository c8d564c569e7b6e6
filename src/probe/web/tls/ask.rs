//! Asks a server which versions and suites it takes: a connection for each question, all of a round at once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::answer::{Flight, Reader, ServerHello, State, Until};
use super::hello::{GROUPS, Hello, SUITES_13, Version};
use super::suites::{self, Kind, X25519_MLKEM_768};
use super::versions::{Choice, KindSeen, Offer, Suites, Versions};

/// So many connections at once to one server.
const AT_ONCE: usize = 10;
/// So many weak suites of one kind are looked for by name.
const MOST_NAMES: usize = 6;
/// After so many connections no more names are looked for.
const MOST_CONNECTIONS: usize = 80;
/// The groups that Mozilla's guideline 6.0 does not name: P-521, X448, brainpool, finite fields (RFC 8446, RFC 8734).
const OTHER_GROUPS: &[u16] = &[0x0019, 0x001e, 0x001f, 0x0020, 0x0021, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104];

/// Everything that asking gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The versions.
    pub versions: Versions,
    /// The suites.
    pub suites: Suites,
    /// The certificates, as sent in the clear in TLS 1.2 or below.
    pub chain: Vec<CertificateDer<'static>>,
    /// The stapled OCSP response that came with them.
    pub staple: Option<Vec<u8>>,
    /// Connections made.
    pub connections: usize,
}

/// Asks for everything within `time`.
pub async fn ask(url: &Url, address: SocketAddr, time: Duration) -> Asked {
    let name = match url.host() {
        Some(Host::Domain(name)) => Some(name.trim_end_matches('.')),
        _ => None,
    };
    let line = Line {
        address,
        name,
        deadline: Instant::now() + time,
        at_once: Semaphore::new(AT_ONCE),
        connections: AtomicUsize::new(0),
    };
    line.everything().await
}

/// A server to ask.
struct Line<'a> {
    address: SocketAddr,
    name: Option<&'a str>,
    deadline: Instant,
    at_once: Semaphore,
    connections: AtomicUsize,
}

/// What is known of one version.
struct VersionSeen {
    version: Version,
    reply: Reply,
    kinds: Vec<KindSeen>,
    post_quantum: Option<Offer>,
    other_group: Option<u16>,
}

/// What came of one question.
struct Reply {
    offer: Offer,
    flight: Flight,
}

impl Line<'_> {
    async fn everything(&self) -> Asked {
        let all = suites::all();
        // Each version goes on by itself: one that is met with silence must not keep the others.
        let mut answers = join_all(Version::ALL.map(|version| self.version(version, &all))).await;
        settle(&mut answers);
        let versions = Versions(answers.iter().map(|answer| (answer.version, answer.reply.offer)).collect());
        let (mut chain, mut staple, mut suites) = (Vec::new(), None, Suites::default());
        for VersionSeen { version, reply: Reply { offer, flight }, kinds, post_quantum, other_group } in answers {
            if let (Offer::Offered, Some(ServerHello { suite, group, .. })) = (offer, flight.hello) {
                suites.choices.push(Choice { version, suite, group });
            }
            // The newest version comes last.
            if !flight.chain.is_empty() {
                (chain, staple) = (flight.chain, flight.staple);
            }
            suites.kinds.extend(kinds);
            suites.post_quantum = suites.post_quantum.or(post_quantum);
            suites.other_group = suites.other_group.or(other_group);
        }
        Asked { versions, suites, chain, staple, connections: self.connections.load(Ordering::Relaxed) }
    }

    async fn version(&self, version: Version, all: &[u16]) -> VersionSeen {
        let suites = if version == Version::Tls13 { SUITES_13 } else { all };
        let reply = self.question(version, suites, GROUPS, Until::Done).await;
        let mut answer = VersionSeen { version, reply, kinds: Vec::new(), post_quantum: None, other_group: None };
        match (answer.reply.offer, version) {
            (Offer::Offered, Version::Tls13) => (answer.post_quantum, answer.other_group) = self.groups().await,
            (Offer::Offered, _) => answer.kinds = self.kinds(version).await,
            _ => {}
        }
        answer
    }

    /// Which kinds of suites are accepted in a version that is offered.
    async fn kinds(&self, version: Version) -> Vec<KindSeen> {
        let weak = async {
            let all = suites::weak();
            match self.settled(version, &all, Until::Hello).await.offer {
                // One answer for all of them spares a good server six questions.
                Offer::Offered => join_all(Kind::WEAK.map(|kind| self.by_name(version, kind))).await,
                offer => Kind::WEAK.map(|kind| unasked(version, kind, offer)).to_vec(),
            }
        };
        // Authenticated encryption begins with TLS 1.2 (RFC 5246, section 6.2.3.3).
        let others: &[Kind] = match version {
            Version::Tls12 => &[Kind::Static, Kind::Dhe, Kind::Cbc, Kind::Aead],
            _ => &[Kind::Static, Kind::Dhe, Kind::Cbc],
        };
        let (mut seen, others) = join(weak, join_all(others.iter().map(|kind| self.once(version, *kind)))).await;
        seen.extend(others);
        seen
    }

    async fn once(&self, version: Version, kind: Kind) -> KindSeen {
        let until = if kind == Kind::Dhe { Until::Done } else { Until::Hello };
        let suites: Vec<u16> = kind.suites().collect();
        let reply = self.settled(version, &suites, until).await;
        let chosen = reply.flight.hello.filter(|_| reply.offer == Offer::Offered).map(|hello| hello.suite);
        let suites = chosen.into_iter().collect();
        KindSeen { version, kind, offer: reply.offer, suites, prime_bits: reply.flight.prime_bits }
    }

    /// Asks again without what was chosen, until nothing is left.
    async fn by_name(&self, version: Version, kind: Kind) -> KindSeen {
        let mut left: Vec<u16> = kind.suites().collect();
        let mut seen = unasked(version, kind, Offer::Unknown);
        let enough = || self.connections.load(Ordering::Relaxed) > MOST_CONNECTIONS;
        while seen.suites.len() < MOST_NAMES && !left.is_empty() && (seen.suites.is_empty() || !enough()) {
            let reply = self.settled(version, &left, Until::Hello).await;
            let chosen = reply.flight.hello.filter(|_| reply.offer == Offer::Offered);
            if seen.suites.is_empty() {
                seen.offer = reply.offer;
            }
            let Some(hello) = chosen else { break };
            seen.suites.push(hello.suite);
            left.retain(|suite| *suite != hello.suite);
        }
        seen
    }

    /// Which groups are taken in TLS 1.3.
    async fn groups(&self) -> (Option<Offer>, Option<u16>) {
        let ask = |groups: &'static [u16]| async move {
            let mut reply = self.question(Version::Tls13, SUITES_13, groups, Until::Hello).await;
            let group = reply.flight.hello.and_then(|hello| hello.group).filter(|group| groups.contains(group));
            if reply.offer == Offer::Offered && group.is_none() {
                reply.offer = Offer::Unknown;
            }
            (reply.offer, group)
        };
        let ((post_quantum, _), (_, other)) = join(ask(&[X25519_MLKEM_768]), ask(OTHER_GROUPS)).await;
        (Some(post_quantum), other)
    }

    /// A question to a server that is known to answer, so that a dropped connection is a refusal.
    async fn settled(&self, version: Version, suites: &[u16], until: Until) -> Reply {
        let mut reply = self.question(version, suites, GROUPS, until).await;
        if reply.offer == Offer::Dropped {
            reply.offer = Offer::Refused;
        }
        reply
    }

    async fn question(&self, version: Version, suites: &[u16], groups: &[u16], until: Until) -> Reply {
        let hello = Hello { version, name: self.name, suites, groups }.record();
        let mut reader = Reader::new(until);
        let fits = |hello: &ServerHello| hello.version == version.number() && suites.contains(&hello.suite);
        let ended = timeout_at(self.deadline, async {
            let _turn = self.at_once.acquire().await;
            // Some servers drop connections when several come at once; one that means it drops the second as well.
            match self.exchange(&hello, &mut reader, fits).await {
                End::Dropped if reader.hello().is_none() => {
                    reader = Reader::new(until);
                    self.exchange(&hello, &mut reader, fits).await
                }
                end => end,
            }
        })
        .await;
        let flight = reader.into_flight();
        let offer = match (flight.hello, ended) {
            (Some(hello), _) if hello.version != version.number() => Offer::Refused,
            (Some(hello), _) if fits(&hello) => Offer::Offered,
            (None, Ok(End::Alert)) => Offer::Refused,
            (None, Ok(End::Dropped)) => Offer::Dropped,
            // What was not asked for says nothing either.
            _ => Offer::Unknown,
        };
        Reply { offer, flight }
    }

    /// Sends `hello` and reads what comes, as long as the answer fits the question.
    async fn exchange(&self, hello: &[u8], reader: &mut Reader, fits: impl Fn(&ServerHello) -> bool) -> End {
        self.connections.fetch_add(1, Ordering::Relaxed);
        let Ok(mut stream) = TcpStream::connect(self.address).await else { return End::Other };
        if stream.write_all(hello).await.is_err() {
            return End::Dropped;
        }
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let state = match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return End::Dropped,
                Ok(read) => reader.take(chunk.get(..read).unwrap_or_default()),
            };
            match state {
                State::More if reader.hello().is_none_or(&fits) => {}
                State::More => return End::Other,
                State::Alert => return End::Alert,
                State::Done | State::NotTls | State::TooMuch => return End::Other,
            }
        }
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a fatal alert.
    Alert,
    /// With the end of the connection.
    Dropped,
    /// With enough, with too much, or with something else than TLS.
    Other,
}

const fn unasked(version: Version, kind: Kind, offer: Offer) -> KindSeen {
    KindSeen { version, kind, offer, suites: Vec::new(), prime_bits: None }
}

/// A dropped connection is a refusal only from a server that answers otherwise.
fn settle(answers: &mut [VersionSeen]) {
    if answers.iter().any(|answer| answer.reply.offer == Offer::Offered) {
        return;
    }
    for reply in answers.iter_mut().map(|answer| &mut answer.reply).filter(|reply| reply.offer == Offer::Dropped) {
        reply.offer = Offer::Unknown;
    }
}
