//! The one way to ask a server for something. Every request of a run goes through it: what it may reach, how long it may
//! take and how it is shown to the user are said here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::Response;
use super::hosts::Hosts;
use super::memory::Memory;
use super::peer::{Peer, Seen, SiteBudget};
use super::wire::{self, Progress};
use crate::model::RequestMade;
use crate::probe::web::address::{shown, site};
use crate::probe::web::connect::{Clock, Names, connect};
use crate::probe::web::limits::Limits;
use crate::probe::web::tls::handshake::{self, Handshake};
use crate::probe::web::trouble::{Phase, Trouble};

/// What to do with an address. None of these changes anything on a server that keeps to RFC 9110, section 9.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// RFC 9110, section 9.3.1.
    Get,
    /// RFC 9110, section 9.3.2.
    Head,
    /// RFC 9110, section 9.3.7.
    Options,
}

impl Method {
    /// As it is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

/// One thing to ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// What stands in the request line in place of the URL's path and query; for requests that are meant to be malformed.
    pub target: Option<&'static str>,
    /// Headers beside those that every request carries.
    pub headers: Vec<(&'static str, String)>,
    /// How many bytes of the body are wanted at most, where that is less than what a page may have. Paths that may lead
    /// to anything should say so.
    pub most_body: Option<usize>,
    /// How long the headers of the answer are waited for once it is sent, where that is less than a phase.
    pub patience: Option<Duration>,
}

impl Request {
    /// An ordinary `GET`.
    pub fn get(url: Url) -> Self {
        Self { method: Method::Get, url, target: None, headers: Vec::new(), most_body: None, patience: None }
    }

    /// With another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// With a header; it takes the place of the one of that name which every request carries.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With no more of the body than so many bytes.
    #[must_use]
    pub const fn most_body(mut self, bytes: usize) -> Self {
        self.most_body = Some(bytes);
        self
    }
}

/// How long the parts of an exchange took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Connecting and the TLS handshake; `None` on a connection that stood already.
    pub connect: Option<Duration>,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
    /// From sending the request to the last byte of the body.
    pub total: Duration,
}

/// A request and what became of it.
#[derive(Debug)]
pub struct Exchange {
    /// What the server showed of itself in the TLS handshake of the connection.
    pub handshake: Option<Arc<Handshake>>,
    /// The answer.
    pub result: Result<Response, Trouble>,
    /// How long it took.
    pub times: Times,
}

impl Exchange {
    /// The answer, if there was one.
    pub fn response(&self) -> Option<&Response> {
        self.result.as_ref().ok()
    }
}

/// Scheme, host and port.
type Door = (String, String, u16);

/// Sends requests within limits. Nothing may be asked that was not allowed before, with [`Client::give`] or
/// [`Client::allow`].
#[derive(Debug)]
pub struct Client {
    limits: Limits,
    names: Names,
    memory: Memory,
    started: Instant,
    hosts: Arc<Hosts>,
    /// What the user gave.
    given: Mutex<BTreeSet<Door>>,
    sites: Mutex<BTreeMap<String, Arc<SiteBudget>>>,
    peers: Mutex<BTreeMap<Door, Arc<Peer>>>,
    made: Mutex<Vec<RequestMade>>,
}

impl Client {
    /// One for a run. `names` is empty but in tests.
    pub fn new(limits: Limits, names: Names) -> Self {
        let memory = Memory::new(limits.memory);
        Self {
            limits,
            names,
            memory,
            started: Instant::now(),
            hosts: Arc::new(Hosts::new(names)),
            given: Mutex::default(),
            sites: Mutex::default(),
            peers: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// Whether names are made up, so that nobody else is to be asked about them.
    pub const fn makes_names_up(&self) -> bool {
        !self.names.is_empty()
    }

    /// Allows the origin of an address that the user gave. Each brings time and a number of requests for its site.
    pub fn give(&self, url: &Url) {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            sites.entry(site(url).to_owned()).or_insert_with(|| Arc::new(SiteBudget::of(url.clone(), self.started)));
        known.addresses.fetch_add(1, Ordering::Relaxed);
        drop(sites);
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(door(url));
        self.allow(url);
    }

    /// Allows an origin that was not given: a sibling of a given one, or where a redirect leads. `false`, and nothing is
    /// allowed, where no address of its site was given.
    pub fn allow(&self, url: &Url) -> bool {
        let known = self.sites.lock().unwrap_or_else(PoisonError::into_inner).get(site(url)).cloned();
        let Some(site) = known else { return false };
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).contains(&door(url));
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers
            .entry(door(url))
            .or_insert_with(|| Arc::new(Peer::new(site, given, Arc::clone(&self.hosts), &self.limits)));
        true
    }

    /// Whether an address of the host of `url` was given.
    pub fn was_given(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.given.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(_, given, _)| given == host)
    }

    /// The time that is left for the site of `url`.
    pub async fn clock(&self, url: &Url) -> Option<Clock> {
        Some(self.peer(url)?.site.clock(&self.limits).await)
    }

    /// The limits of the run.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The server of `url`, where it may be asked.
    pub fn peer(&self, url: &Url) -> Option<Arc<Peer>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).get(&door(url)).cloned()
    }

    /// Asks, and gives the answer or why there is none. Follows no redirect.
    pub async fn send(&self, request: Request) -> Exchange {
        self.send_earlier(request, Duration::ZERO).await
    }

    /// As [`Client::send`], and leaves so much of the site's time to others.
    pub async fn send_earlier(&self, request: Request, leave: Duration) -> Exchange {
        let place = self.announce(&request);
        let start = Instant::now();
        let (mut seen, mut progress) = (Seen::default(), Progress::default());
        let result = self.ask(&request, leave, &mut seen, &mut progress).await;
        let total = progress.total.unwrap_or_else(|| start.elapsed());
        let times = Times { connect: seen.connect, first_byte: progress.first_byte.unwrap_or(total), total };
        let exchange = Exchange { handshake: seen.handshake, result, times };
        self.note(place, exchange.result.as_ref(), total);
        exchange
    }

    async fn ask(
        &self,
        request: &Request,
        leave: Duration,
        seen: &mut Seen,
        progress: &mut Progress,
    ) -> Result<Response, Trouble> {
        let peer = self.peer(&request.url).ok_or(Trouble::NotOurs)?;
        let clock = peer.site.clock(&self.limits).await.earlier(leave);
        let _place = match timeout_at(clock.end(), Arc::clone(&peer).place()).await {
            Ok(Some(place)) if !clock.left().is_zero() => place,
            _ => return Err(clock.over()),
        };
        peer.site.count(&self.limits)?;
        if let Some(mut connection) = peer.idle() {
            seen.address = Some(connection.address);
            seen.handshake.clone_from(&connection.handshake);
            let stream = &mut connection.stream;
            let result = wire::exchange(stream, request, &self.limits, &self.memory, &clock, progress).await;
            if progress.reusable {
                peer.keep(connection);
            }
            // The server may have closed it just before it was asked again.
            let closed = matches!(result, Err(Trouble::Closed(Phase::Send | Phase::Head)));
            if !closed || progress.first_byte.is_some() {
                return result;
            }
            *progress = Progress::default();
            peer.site.count(&self.limits)?;
        }
        peer.pressing(async {
            let mut connection = peer.open(&request.url, &clock, seen).await?;
            let stream = &mut connection.stream;
            let result = wire::exchange(stream, request, &self.limits, &self.memory, &clock, progress).await;
            if progress.reusable {
                peer.keep(connection);
            }
            result
        })
        .await
    }

    /// Whether the port of `url` answers a TLS handshake, whatever the scheme says.
    pub async fn speaks_tls(&self, url: &Url) -> bool {
        let (Some(peer), Some(clock)) = (self.peer(url), self.clock(url).await) else { return false };
        let Some(_place) = clock.within(Phase::Connect, Arc::clone(&peer).place()).await.ok().flatten() else {
            return false;
        };
        let Ok(addresses) = peer.addresses(url, &clock).await else { return false };
        let Ok((stream, address)) = connect(&addresses, &clock).await else { return false };
        peer.pressing(handshake::make(stream, address, url, &clock)).await.1.is_some()
    }

    /// Every request so far, in the order in which they were made.
    pub fn requests(&self) -> Vec<RequestMade> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down that a request is made; gives its place.
    pub fn announce(&self, request: &Request) -> usize {
        let url = match request.target {
            Some(target) => format!("{}{target}", &request.url[..Position::BeforePath]),
            None => shown(&request.url),
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push(RequestMade {
            method: request.method.name().to_owned(),
            url,
            trouble: Some("it was not waited for".to_owned()),
            ..RequestMade::default()
        });
        made.len() - 1
    }

    /// Writes down how the request at `place` ended.
    pub fn note(&self, place: usize, result: Result<&Response, &Trouble>, took: Duration) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get_mut(place) {
            made.status = result.ok().map(|response| response.status);
            made.trouble = result.err().map(ToString::to_string);
            made.ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            made.bytes = result.map_or(0, |response| response.body.wire as u64);
        }
    }
}

fn door(url: &Url) -> Door {
    (
        url.scheme().to_owned(),
        url.host_str().unwrap_or_default().to_owned(),
        url.port_or_known_default().unwrap_or_default(),
    )
}
