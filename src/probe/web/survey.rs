//! Goes to every address and collects what is there; judges nothing.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::future::join3;
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::address::{Origin, is_secure, same_site, siblings};
use super::around::{self, Around};
use super::http::client::Client;
use super::http::h2::{self, Http2};
use super::limits::Limits;
use super::tls::ask::{self, Asked};
use super::tls::handshake::Handshake;
use super::visit::{Hop, Visit, visit};
use crate::model::RequestMade;

/// So many addresses are looked at side by side.
const AT_ONCE: usize = 8;

/// A TLS server.
#[derive(Debug)]
pub struct Server {
    /// Its host and port.
    pub origin: Origin,
    /// A URL of it.
    pub url: Url,
    /// The first handshake with it.
    pub handshake: Handshake,
    /// The versions and suites that it takes.
    pub asked: Asked,
}

/// What was collected.
#[derive(Debug)]
pub struct Survey {
    /// The given addresses in their order, then their siblings.
    pub visits: Vec<Visit>,
    /// Every TLS server met, in the order met.
    pub servers: Vec<Server>,
    /// What is known of HTTP/2 at every secure origin that answered.
    pub http2: Vec<(Origin, Http2)>,
    /// What was seen around every page that was reached, each once.
    pub around: Vec<Around>,
    /// Every request made.
    pub requests: Vec<RequestMade>,
}

impl Survey {
    /// Whether HTTPS answers for the site of `url` at any address that was looked at.
    pub fn speaks_https(&self, url: &Url) -> bool {
        self.visits.iter().flat_map(|visit| &visit.hops).any(|hop| is_secure(&hop.url) && same_site(&hop.url, url))
    }

    /// Whether an address of the site of `url` ends on a page over HTTPS.
    pub fn has_secure_page(&self, url: &Url) -> bool {
        self.visits.iter().filter_map(Visit::page).any(|hop| is_secure(&hop.url) && same_site(&hop.url, url))
    }
}

/// Visits `given` and what belongs beside it by way of `client`. `say` hears what is being done. `None` when cancelled.
pub async fn survey(given: &[Url], client: &Client, cancel: &CancellationToken, say: impl Fn(&str)) -> Option<Survey> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        survey = collect(given, client, say) => Some(survey),
    }
}

async fn collect(given: &[Url], client: &Client, say: impl Fn(&str)) -> Survey {
    let limits = client.limits();
    given.iter().for_each(|url| client.give(url));
    let known: BTreeSet<&Url> = given.iter().collect();
    let siblings: BTreeSet<Url> = given.iter().flat_map(siblings).filter(|url| !known.contains(url)).collect();
    say("asking for the pages");
    let all = given.iter().cloned().map(|url| (url, true)).chain(siblings.into_iter().map(|url| (url, false)));
    let visits = all.filter(|(url, _)| client.allow(url)).map(|(url, given)| visit(client, url, given));
    let visits: Vec<Visit> = stream::iter(visits).buffered(AT_ONCE).collect().await;

    say("looking around the pages");
    let (servers, http2, around) =
        join3(servers(&visits, limits), http2(client, &visits), around(client, &visits)).await;
    Survey { visits, servers, http2, around, requests: client.requests() }
}

async fn around(client: &Client, visits: &[Visit]) -> Vec<Around> {
    let reached = || visits.iter().filter_map(Visit::page);
    let mut pages: Vec<(&Hop, bool)> = Vec::new();
    for page in reached() {
        // A plain page beside a secure one is a fault of its own; what is around them is the same.
        let doubled =
            !is_secure(&page.url) && reached().any(|other| is_secure(&other.url) && same_site(&other.url, &page.url));
        if doubled || pages.iter().any(|(known, _)| known.url == page.url) {
            continue;
        }
        let port = page.url.port_or_known_default();
        let known = |known: &Url| same_site(known, &page.url) && known.port_or_known_default() == port;
        let first = !pages.iter().any(|(page, _)| known(&page.url));
        pages.push((page, first));
    }
    let looks: Vec<_> = pages.into_iter().map(|(page, first)| around::look(client, page, first)).collect();
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

/// Asks every secure origin once, for the address that it answered.
async fn http2(client: &Client, visits: &[Visit]) -> Vec<(Origin, Http2)> {
    let mut met: Vec<(Origin, &Url)> = Vec::new();
    for hop in visits.iter().flat_map(|visit| &visit.hops).filter(|hop| is_secure(&hop.url)) {
        let origin = Origin::of(&hop.url);
        if !met.iter().any(|(known, _)| *known == origin) {
            met.push((origin, &hop.url));
        }
    }
    let ask = async |(origin, url)| (origin, h2::ask(client, url).await);
    let asked: Vec<_> = met.into_iter().map(ask).collect();
    stream::iter(asked).buffered(AT_ONCE).collect().await
}

async fn servers(visits: &[Visit], limits: &Limits) -> Vec<Server> {
    let mut met: Vec<(Origin, Handshake)> = Vec::new();
    // A name that was not given and that shows nothing is the business of the rule about names.
    let shown = |visit: &&Visit| !visit.other_name || !visit.hops.is_empty();
    for (origin, handshake) in visits.iter().filter(shown).flat_map(|visit| &visit.handshakes) {
        if !met.iter().any(|(known, _)| known == origin) {
            met.push((origin.clone(), handshake.clone()));
        }
    }
    let asked = met.into_iter().filter_map(|(origin, handshake)| {
        let url = Url::parse(&format!("https://{}:{}/", origin.host, origin.port)).ok()?;
        Some(async move {
            let asked = ask::ask(&url, handshake.address, limits.phase).await;
            Server { origin, url, handshake, asked }
        })
    });
    stream::iter(asked).buffered(AT_ONCE).collect().await
}
