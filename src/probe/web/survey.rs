//! Goes to every address and collects what is there; judges nothing.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::address::{Origin, is_secure, plain_sibling, same_site, secure_sibling};
use super::around::{self, Around};
use super::limits::Limits;
use super::tls::handshake::Handshake;
use super::tls::versions::{self, Versions};
use super::visit::{Hop, Visit, visit};
use crate::model::RequestMade;
use crate::probe::web::http::client::Client;

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
    /// The versions it offers.
    pub versions: Versions,
}

/// What was collected.
#[derive(Debug)]
pub struct Survey {
    /// The given addresses in their order, then their siblings.
    pub visits: Vec<Visit>,
    /// Every TLS server met, in the order met.
    pub servers: Vec<Server>,
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

/// Visits `given` and what belongs beside it. `say` hears what is being done. `None` when cancelled.
pub async fn survey(given: &[Url], limits: &Limits, cancel: &CancellationToken, say: impl Fn(&str)) -> Option<Survey> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        survey = collect(given, limits, say) => Some(survey),
    }
}

async fn collect(given: &[Url], limits: &Limits, say: impl Fn(&str)) -> Survey {
    let known: BTreeSet<&Url> = given.iter().collect();
    let siblings: BTreeSet<Url> = given.iter().filter_map(plain_sibling).filter(|url| !known.contains(url)).collect();
    say("asking for the pages");
    let first = given.iter().cloned().map(|url| (url, true)).chain(siblings.into_iter().map(|url| (url, false)));
    let mut survey =
        Survey { visits: all(first, limits).await, servers: Vec::new(), around: Vec::new(), requests: Vec::new() };

    // A plain address that stays plain: is there a secure one beside it?
    let beside: BTreeSet<Url> = survey
        .visits
        .iter()
        .filter(|visit| visit.given && visit.page().is_some_and(|page| !is_secure(&page.url)))
        .filter_map(|visit| secure_sibling(&visit.start))
        .filter(|url| !survey.speaks_https(url))
        .collect();
    survey.visits.extend(all(beside.into_iter().map(|url| (url, false)), limits).await);

    say("asking for the TLS versions");
    survey.servers = servers(&survey.visits, limits).await;

    say("looking around the pages");
    let client = Client::new(*limits);
    survey.around = around(&client, &survey).await;
    survey.requests = client.requests();
    survey
}

async fn around(client: &Client, survey: &Survey) -> Vec<Around> {
    let mut pages: Vec<(&Hop, bool)> = Vec::new();
    for page in survey.visits.iter().filter_map(Visit::page) {
        // A plain page beside a secure one is a fault of its own; what is around them is the same.
        let doubled = !is_secure(&page.url) && survey.has_secure_page(&page.url);
        if doubled || pages.iter().any(|(known, _)| known.url == page.url) {
            continue;
        }
        let first = !pages.iter().any(|(known, _)| known.url.origin() == page.url.origin());
        pages.push((page, first));
    }
    let mut seen = Vec::new();
    for some in pages.chunks(AT_ONCE) {
        seen.extend(join_all(some.iter().map(|(page, first)| around::look(client, page, *first))).await);
    }
    seen
}

async fn all(urls: impl Iterator<Item = (Url, bool)>, limits: &Limits) -> Vec<Visit> {
    stream::iter(urls.map(|(url, given)| visit(url, given, limits))).buffered(AT_ONCE).collect().await
}

async fn servers(visits: &[Visit], limits: &Limits) -> Vec<Server> {
    let mut met: Vec<(Origin, Handshake)> = Vec::new();
    for (origin, handshake) in visits.iter().flat_map(|visit| &visit.handshakes) {
        if !met.iter().any(|(known, _)| known == origin) {
            met.push((origin.clone(), handshake.clone()));
        }
    }
    let asked = met.into_iter().filter_map(|(origin, handshake)| {
        let url = Url::parse(&format!("https://{}:{}/", origin.host, origin.port)).ok()?;
        Some(async move {
            let versions = versions::ask(&url, handshake.address, limits.phase).await;
            Server { origin, url, handshake, versions }
        })
    });
    stream::iter(asked).buffered(AT_ONCE).collect().await
}
