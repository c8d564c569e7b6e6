//! The servers of a run: which may be asked, how often and until when, and their open connections.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use url::Url;

use super::hosts::Hosts;
use crate::probe::web::address::{Nearness, is_secure};
use crate::probe::web::connect::{self, Clock};
use crate::probe::web::limits::Limits;
use crate::probe::web::tls::handshake::{self, Handshake};
use crate::probe::web::trouble::Trouble;

/// What one given address is about, a host with and without `www.` on any port, and how much of it may be asked.
#[derive(Debug)]
pub struct SiteBudget {
    /// The first address that was given of it.
    pub given: Url,
    /// How many were.
    pub addresses: AtomicUsize,
    asked: AtomicUsize,
    started: OnceCell<Instant>,
    /// When the run began.
    run: Instant,
}

impl SiteBudget {
    /// Of a given address.
    pub fn of(given: Url, run: Instant) -> Self {
        Self { given, addresses: AtomicUsize::new(0), asked: AtomicUsize::new(0), started: OnceCell::new(), run }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Trouble::Enough`] when it is one too many.
    pub fn count(&self, limits: &Limits) -> Result<(), Trouble> {
        let many = self.addresses.load(Ordering::Relaxed).clamp(1, MOST_SHARES as usize);
        let most = limits.requests.saturating_mul(many);
        if self.asked.fetch_add(1, Ordering::Relaxed) < most { Ok(()) } else { Err(Trouble::Enough(most)) }
    }

    /// The time for it, which runs from the first request on. Every address that was given brings its own.
    pub async fn clock(&self, limits: &Limits) -> Clock {
        let started = *self.started.get_or_init(|| async { Instant::now() }).await;
        let many = u32::try_from(self.addresses.load(Ordering::Relaxed)).unwrap_or(u32::MAX).clamp(1, MOST_SHARES);
        Clock::of_site(started, limits.address.saturating_mul(many), self.run, limits)
    }
}

/// More addresses of one site bring no more time and no more requests: the probe as a whole has to end.
const MOST_SHARES: u32 = 4;

/// So long connections may stand idle while a new one gets no answer.
const LONGEST_IDLE: Duration = Duration::from_millis(100);

/// A scheme, a host and a port.
#[derive(Debug)]
pub struct Peer {
    /// What it belongs to.
    pub site: Arc<SiteBudget>,
    /// One for each connection.
    places: Arc<Semaphore>,
    /// Whether the user gave an address with this scheme, host and port.
    given: bool,
    hosts: Arc<Hosts>,
    idle: Mutex<Vec<Connection>>,
}

impl Peer {
    /// Of a site.
    pub fn new(site: Arc<SiteBudget>, given: bool, hosts: Arc<Hosts>, limits: &Limits) -> Self {
        Self { site, places: Arc::new(Semaphore::new(limits.connections)), given, hosts, idle: Mutex::default() }
    }

    /// Waits until one more connection may be used.
    pub async fn place(self: Arc<Self>) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// An open connection that nobody uses and that the server has not closed.
    pub fn idle(&self) -> Option<Connection> {
        loop {
            let mut connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            // A server that sends before it is asked is not understood.
            if connection.stream.read(&mut [0]).now_or_never().is_none() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub fn keep(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Runs `work`, which waits for a new connection, and closes those that stand idle meanwhile: a server that takes one at a
    /// time answers nobody else as long as one is open.
    pub async fn pressing<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            match timeout(LONGEST_IDLE, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
            }
        }
    }

    /// Where it is. Only what the user gave may lead into a network nearer than that of the address they gave: another
    /// port of the same host may not.
    ///
    /// # Errors
    /// Why that is not known, or not ours to ask.
    pub async fn addresses(&self, url: &Url, clock: &Clock) -> Result<Vec<SocketAddr>, Trouble> {
        let mut found = self.hosts.addresses(url, clock).await?;
        if !self.given {
            let from = self.hosts.nearness(&self.site.given, clock).await?;
            found.retain(|address| from.may_lead_to(Nearness::of(address.ip())));
            if found.is_empty() {
                return Err(Trouble::PrivateAddress);
            }
        }
        Ok(found)
    }

    /// Opens a connection. What a server shows of itself in a TLS handshake goes to `seen`, also when that fails.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn open(&self, url: &Url, clock: &Clock, seen: &mut Seen) -> Result<Connection, Trouble> {
        let addresses = self.addresses(url, clock).await?;
        let started = Instant::now();
        let (stream, address) = connect::connect(&addresses, clock).await?;
        seen.address = Some(address);
        // Requests are small and wait for answers.
        let _ = stream.set_nodelay(true);
        let stream = if is_secure(url) {
            let (made, stream) = handshake::make(stream, address, url, clock).await;
            let trouble = made.trouble.clone();
            seen.handshake = Some(Arc::new(made));
            match (stream, trouble) {
                (Some(stream), _) => Either::Right(stream),
                (None, Some(trouble)) => return Err(trouble),
                (None, None) => return Err(Trouble::Handshake("no connection".to_owned())),
            }
        } else {
            Either::Left(stream)
        };
        seen.connect = Some(started.elapsed());
        Ok(Connection { stream, address, handshake: seen.handshake.clone() })
    }
}

/// What is learned while a connection is made.
#[derive(Debug, Default)]
pub struct Seen {
    /// The server that was reached.
    pub address: Option<SocketAddr>,
    /// What it showed of itself.
    pub handshake: Option<Arc<Handshake>>,
    /// How long connecting and the handshake took.
    pub connect: Option<Duration>,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    /// The bytes.
    pub stream: Either<TcpStream, TlsStream<TcpStream>>,
    /// The other end.
    pub address: SocketAddr,
    /// What it showed of itself.
    pub handshake: Option<Arc<Handshake>>,
}
