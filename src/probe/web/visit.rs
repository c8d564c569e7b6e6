//! Asking for one address and following its redirects as far as it is ours to.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use url::Url;

use super::address::{Nearness, Origin, is_secure, is_web, same_site, shown};
use super::connect::{Clock, connect};
use super::http::{Response, get};
use super::limits::Limits;
use super::tls::handshake::{self, Handshake};
use super::trouble::{Phase, Trouble};

/// One request and its answer.
#[derive(Debug)]
pub struct Hop {
    /// What was asked for.
    pub url: Url,
    /// What came.
    pub response: Response,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a response that is no redirect: that of the last hop.
    Arrived,
    /// With a redirect to another host or another scheme, as shown to people.
    LeadsElsewhere(String),
    /// With a redirect that leads back to where the visit has been.
    Circle,
    /// With one redirect too many.
    TooManyRedirects(usize),
    /// With a redirect that does not say where to.
    NoDestination,
    /// With an address that could not be examined.
    Trouble {
        /// That address.
        url: Url,
        /// Why.
        trouble: Trouble,
    },
}

/// Everything about one address.
#[derive(Debug)]
pub struct Visit {
    /// The address.
    pub start: Url,
    /// Whether the user named it; if not, it is the sibling of one that the user named.
    pub given: bool,
    /// The answers, in order.
    pub hops: Vec<Hop>,
    /// Every TLS handshake, in order.
    pub handshakes: Vec<(Origin, Handshake)>,
    /// How it ended.
    pub end: End,
}

impl Visit {
    /// The page that was reached.
    pub fn page(&self) -> Option<&Hop> {
        if self.end == End::Arrived { self.hops.last() } else { None }
    }

    /// Why no page was reached, as a sentence without a full stop; `None` when one was.
    pub fn why_no_page(&self) -> Option<String> {
        let start = shown(&self.start);
        Some(match &self.end {
            End::Arrived => return None,
            End::LeadsElsewhere(to) => {
                format!("{start} leads to {to}, which is not followed: give that address with --url")
            }
            End::Circle => format!("{start} redirects in a circle"),
            End::TooManyRedirects(count) => format!("{start} redirects more than {count} times"),
            End::NoDestination => format!("{start} redirects without saying where to"),
            End::Trouble { url, trouble } => format!("{} could not be examined: {trouble}", shown(url)),
        })
    }
}

/// Asks for `start` and follows its redirects.
pub async fn visit(start: Url, given: bool, limits: &Limits) -> Visit {
    let clock = Clock::start(limits);
    let mut visit = Visit { start: start.clone(), given, hops: Vec::new(), handshakes: Vec::new(), end: End::Arrived };
    let mut url = start;
    let mut from = None;
    loop {
        let (response, nearness) = match ask(&url, from, limits, &clock, &mut visit.handshakes).await {
            Ok(answer) => answer,
            Err(trouble) => {
                visit.end = End::Trouble { url, trouble };
                return visit;
            }
        };
        from = Some(nearness);
        let next = response.is_redirect().then(|| destination(&url, &response));
        visit.hops.push(Hop { url, response });
        url = match next {
            None => return visit,
            Some(Err(end)) => {
                visit.end = end;
                return visit;
            }
            Some(Ok(next)) => next,
        };
        if visit.hops.iter().any(|hop| hop.url == url) {
            visit.end = End::Circle;
            return visit;
        }
        if visit.hops.len() > limits.redirects {
            visit.end = End::TooManyRedirects(limits.redirects);
            return visit;
        }
    }
}

async fn ask(
    url: &Url,
    from: Option<Nearness>,
    limits: &Limits,
    clock: &Clock,
    handshakes: &mut Vec<(Origin, Handshake)>,
) -> Result<(Response, Nearness), Trouble> {
    let (stream, address) = connect(url, from, clock).await?;
    let response = if is_secure(url) {
        let (made, stream) = handshake::make(stream, address, url, clock).await;
        let trouble = made.trouble.clone();
        handshakes.push((Origin::of(url), made));
        match (stream, trouble) {
            (Some(stream), _) => get(stream, url, limits, clock).await?,
            (None, Some(trouble)) => return Err(trouble),
            (None, None) => return Err(Trouble::Handshake("no connection".to_owned())),
        }
    } else {
        let result = get(stream, url, limits, clock).await;
        let may_want_tls = match &result {
            Ok(response) => response.status == 400,
            Err(trouble) => matches!(trouble, Trouble::Closed(_)),
        };
        if may_want_tls && speaks_tls(url, address, clock).await {
            return Err(Trouble::SpeaksTls);
        }
        result?
    };
    Ok((response, Nearness::of(address.ip())))
}

/// Servers that speak TLS on a port answer a plain request with 400, or not at all.
async fn speaks_tls(url: &Url, address: SocketAddr, clock: &Clock) -> bool {
    let Ok(Ok(stream)) = clock.within(Phase::Connect, TcpStream::connect(address)).await else { return false };
    handshake::make(stream, address, url, clock).await.1.is_some()
}

/// Where a redirect leads, if it is ours to follow.
fn destination(url: &Url, response: &Response) -> Result<Url, End> {
    let location = response.headers.first("location").filter(|text| !text.is_empty()).ok_or(End::NoDestination)?;
    let mut next = url.join(&location).map_err(|_| End::NoDestination)?;
    next.set_fragment(None);
    if is_web(&next) && same_site(url, &next) && next.username().is_empty() && next.password().is_none() {
        Ok(next)
    } else {
        Err(End::LeadsElsewhere(shown(&next)))
    }
}
