//! Asking for one address and following its redirects as far as it is ours to.

use url::Url;

use super::address::{Origin, is_secure, is_web, same_site, shown};
use super::http::Response;
use super::http::client::{Client, Exchange, Request, Times};
use super::tls::handshake::Handshake;
use super::trouble::Trouble;

/// One request and its answer.
#[derive(Debug)]
pub struct Hop {
    /// What was asked for.
    pub url: Url,
    /// What came.
    pub response: Response,
    /// How long it took.
    pub times: Times,
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
    /// Whether it is such a sibling under another name.
    pub other_name: bool,
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

    /// The page that was reached.
    pub fn page_mut(&mut self) -> Option<&mut Hop> {
        if self.end == End::Arrived { self.hops.last_mut() } else { None }
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
pub async fn visit(client: &Client, start: Url, given: bool) -> Visit {
    let most = client.limits().redirects;
    let other_name = !given && !client.was_given(&start);
    let (hops, handshakes) = (Vec::new(), Vec::new());
    let mut visit = Visit { start: start.clone(), given, other_name, hops, handshakes, end: End::Arrived };
    let mut url = start;
    loop {
        let (response, times) = match ask(client, &url, &mut visit.handshakes).await {
            Ok(answer) => answer,
            Err(trouble) => {
                visit.end = End::Trouble { url, trouble };
                return visit;
            }
        };
        let next = response.is_redirect().then(|| destination(client, &url, &response));
        visit.hops.push(Hop { url, response, times });
        if let (true, Some(hop)) = (next.is_some(), visit.hops.last_mut()) {
            // Of a redirect only the head counts.
            hop.response.body.forget();
        }
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
        if visit.hops.len() > most {
            visit.end = End::TooManyRedirects(most);
            return visit;
        }
    }
}

async fn ask(
    client: &Client,
    url: &Url,
    handshakes: &mut Vec<(Origin, Handshake)>,
) -> Result<(Response, Times), Trouble> {
    // A phase is left to what is asked once the pages are known.
    let leave = client.limits().phase;
    let Exchange { result, times, handshake, .. } = client.send_earlier(Request::get(url.clone()), leave).await;
    if let Some(handshake) = handshake {
        handshakes.push((Origin::of(url), (*handshake).clone()));
    }
    let may_want_tls = match &result {
        _ if is_secure(url) => false,
        Ok(response) => response.status == 400,
        Err(trouble) => matches!(trouble, Trouble::Closed(_)),
    };
    // Servers that speak TLS on a port answer a plain request with 400, or not at all.
    if may_want_tls && client.speaks_tls(url).await {
        return Err(Trouble::SpeaksTls);
    }
    Ok((result?, times))
}

/// Where a redirect leads, if it is ours to follow.
fn destination(client: &Client, url: &Url, response: &Response) -> Result<Url, End> {
    let location = response.headers.first("location").filter(|text| !text.is_empty()).ok_or(End::NoDestination)?;
    let mut next = url.join(&location).map_err(|_| End::NoDestination)?;
    next.set_fragment(None);
    let plain = is_web(&next) && next.username().is_empty() && next.password().is_none();
    if plain && same_site(url, &next) && client.allow(&next) {
        Ok(next)
    } else {
        Err(End::LeadsElsewhere(shown(&next)))
    }
}
