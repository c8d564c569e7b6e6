//! Goes to every address and collects what is there; judges nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use futures_util::stream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::address::{Origin, is_secure, same_site, siblings};
use super::around::{self, Around};
use super::exposed::Way;
use super::http::Response;
use super::http::client::{Client, Request};
use super::http::h2::{self, Http2};
use super::times;
use super::tls::ask::{self, Asked};
use super::tls::handshake::Handshake;
use super::visit::{Hop, Visit, visit};
use crate::model::RequestMade;

/// So many sites, and addresses of one, are looked at side by side.
const AT_ONCE: usize = 8;
/// Of the page behind a plain front address only the head counts.
const MOST_OF_A_FRONT: usize = 4096;

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
    /// What the plain front addresses answer whose visits were for a page behind them.
    pub fronts: Vec<(Url, Response)>,
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

    /// Whether an address that the user gave, or its other scheme, leads to or over this server.
    pub fn leads_to(&self, origin: &Origin) -> bool {
        // The other scheme of the same name is no other name.
        let same = self.visits.iter().filter(|visit| visit.given || !visit.other_name);
        same.flat_map(|visit| &visit.handshakes).any(|(met, _)| met == origin)
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
    given.iter().for_each(|url| client.give(url));
    let known: BTreeSet<&Url> = given.iter().collect();
    let siblings: BTreeSet<Url> = given.iter().flat_map(siblings).filter(|url| !known.contains(url)).collect();
    let all = given.iter().cloned().map(|url| (url, true)).chain(siblings.into_iter().map(|url| (url, false)));
    let mut sites: Vec<Vec<Start>> = Vec::new();
    for (place, (url, given)) in all.filter(|(url, _)| client.allow(url)).enumerate() {
        let same = sites.iter_mut().find(|site| site.iter().any(|start| same_site(&start.url, &url)));
        let start = Start { place, url, given };
        match same {
            Some(site) => site.push(start),
            None => sites.push(vec![start]),
        }
    }
    say("asking for the pages");
    let looks: Vec<_> =
        sites.into_iter().enumerate().map(async |(place, site)| (place, look(client, site, &say).await)).collect();
    // In the order in which they are ready: a silent site must not keep the others from beginning.
    let mut seen: Vec<(usize, SiteSeen)> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    seen.sort_by_key(|(place, _)| *place);

    let (mut visits, mut fronts, mut servers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut http2, mut around) = (Vec::new(), Vec::new());
    for (_, site) in seen {
        visits.extend(site.visits);
        fronts.extend(site.fronts);
        servers.extend(site.servers);
        http2.extend(site.http2);
        around.extend(site.around);
    }
    visits.sort_by_key(|(place, _)| *place);
    let visits = visits.into_iter().map(|(_, visit)| visit).collect();
    Survey { visits, fronts, servers, http2, around, requests: client.requests() }
}

/// An address of a site, and its place among all.
struct Start {
    place: usize,
    url: Url,
    given: bool,
}

/// What was collected of one site.
struct SiteSeen {
    visits: Vec<(usize, Visit)>,
    fronts: Vec<(Url, Response)>,
    servers: Vec<Server>,
    http2: Vec<(Origin, Http2)>,
    around: Vec<Around>,
}

/// Goes to all addresses of one site. How long answers take is measured while nothing else is asked of it.
async fn look(client: &Client, site: Vec<Start>, say: impl Fn(&str)) -> SiteSeen {
    let places: Vec<usize> = site.iter().map(|start| start.place).collect();
    let kept = Mutex::default();
    let going: Vec<_> = site.into_iter().map(|start| go(client, start, &kept)).collect();
    let mut visits: Vec<Visit> = stream::iter(going).buffered(AT_ONCE).collect().await;
    put_first(&mut visits);

    let pages = pages(&visits);
    let end = Instant::now() + times::PATIENCE;
    let mut times = Vec::new();
    for (page, _) in &pages {
        times.push(around::measure(client, page, end).await);
    }
    say("looking around the pages");
    let around = async {
        let looks: Vec<_> = pages
            .into_iter()
            .zip(times)
            .map(|((page, first), times)| around::look(client, page, first.then(|| way(&visits, page)), times))
            .collect();
        stream::iter(looks).buffered(AT_ONCE).collect::<Vec<_>>().await
    };
    // A server that takes one connection at a time would not answer these in time beside everything else.
    let servers = servers(client, &visits).await;
    let fronts = fronts(client, &visits).await;
    let (http2, around) = join(http2(client, &visits), around).await;
    SiteSeen { visits: places.into_iter().zip(visits).collect(), fronts, servers, http2, around }
}

/// Visits an address. Often all of a site's addresses lead to one page, of which one copy is enough; `kept` are the pages
/// that are there whole.
async fn go(client: &Client, start: Start, kept: &Mutex<BTreeSet<Url>>) -> Visit {
    let mut visit = visit(client, start.url, start.given).await;
    // The report shows each given address with its page.
    let given = visit.given;
    if let Some(page) = visit.page_mut().filter(|page| page.response.body.cut.is_none()) {
        let first = kept.lock().unwrap_or_else(PoisonError::into_inner).insert(page.url.clone());
        if !first && !given {
            page.response.body.forget();
        }
    }
    visit
}

/// Gives the copy of a page that was kept to the first visit that reached it, which is the one that is judged.
fn put_first(visits: &mut [Visit]) {
    let mut rest = visits;
    while let Some((visit, later)) = rest.split_first_mut() {
        rest = later;
        let Some(first) = visit.page_mut().filter(|page| page.response.body.bytes.is_empty()) else { continue };
        let same = |page: &&mut Hop| page.url == first.url && !page.response.body.bytes.is_empty();
        if let Some(page) = rest.iter_mut().filter_map(Visit::page_mut).find(same) {
            // With its headers: a policy may name a number that only this copy has.
            std::mem::swap(first, page);
        }
    }
}

/// The pages to look around, each once, and whether it is the first of its origin.
fn pages(visits: &[Visit]) -> Vec<(&Hop, bool)> {
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
    pages
}

/// How a page was reached, by whichever visit.
fn way(visits: &[Visit], page: &Hop) -> Way {
    let to_it = || visits.iter().filter(|visit| visit.page().is_some_and(|reached| reached.url == page.url));
    let path = page.url.path();
    let given = to_it().any(|visit| visit.given && visit.start.path() == path).then(|| path.to_owned());
    Way { paths: to_it().flat_map(|visit| &visit.hops).map(|hop| hop.url.path().to_owned()).collect(), given }
}

/// Asks for the plain `/` beside a page that was asked for by its path: people type the name alone.
async fn fronts(client: &Client, visits: &[Visit]) -> Vec<(Url, Response)> {
    let mut urls: BTreeSet<Url> = BTreeSet::new();
    // Where nobody answered there is nothing more to hear.
    let plain = |visit: &&Visit| !visit.other_name && !is_secure(&visit.start) && !visit.hops.is_empty();
    for visit in visits.iter().filter(plain).filter(|visit| visit.start.port().is_none()) {
        urls.extend(visit.start.join("/").ok().filter(|url| *url != visit.start));
    }
    urls.retain(|url| !visits.iter().any(|visit| visit.start == *url));
    let ask = async |url: Url| {
        let answer = client.send(Request::get(url.clone()).most_body(MOST_OF_A_FRONT)).await;
        answer.result.ok().map(|response| (url, response))
    };
    join_all(urls.into_iter().map(ask)).await.into_iter().flatten().collect()
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

/// Asks every TLS server once, within the site's time.
async fn servers(client: &Client, visits: &[Visit]) -> Vec<Server> {
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
            let time = client.clock(&url).await.map_or(Duration::ZERO, |clock| clock.left());
            let asking = ask::ask(&url, handshake.address, time);
            let asked = match client.peer(&url) {
                Some(peer) => peer.pressing(asking).await,
                None => asking.await,
            };
            Server { origin, url, handshake, asked }
        })
    });
    stream::iter(asked).buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::visit::End;

    /// A visit that made a handshake with every secure address of `way`.
    fn visit(way: &[&str], given: bool, other_name: bool) -> Visit {
        let urls: Vec<Url> = way.iter().map(|url| Url::parse(url).unwrap()).collect();
        let handshake = Handshake {
            address: ([127, 0, 0, 1], 443).into(),
            chain: Vec::new(),
            staple: Vec::new(),
            signature_accepted: true,
            trouble: None,
        };
        let secure = urls.iter().filter(|url| is_secure(url));
        let handshakes = secure.map(|url| (Origin::of(url), handshake.clone())).collect();
        Visit { start: urls[0].clone(), given, other_name, hops: Vec::new(), handshakes, end: End::Arrived }
    }

    fn leads_to(visits: Vec<Visit>, url: &str) -> bool {
        let (fronts, servers, http2, around, requests) = Default::default();
        Survey { visits, fronts, servers, http2, around, requests }.leads_to(&Origin::of(&Url::parse(url).unwrap()))
    }

    #[test]
    fn a_server_is_led_to_by_what_was_given_and_its_other_scheme_but_not_by_another_name() {
        let (bare, www, plain) = ("https://example.com/", "https://www.example.com/", "http://example.com/");
        assert!(leads_to(vec![visit(&[bare], true, false)], bare));
        assert!(leads_to(vec![visit(&[plain, www], true, false)], www), "over a redirect of a given address");
        assert!(leads_to(vec![visit(&[plain], true, false), visit(&[bare], false, false)], bare), "its other scheme");
        let guessed = || vec![visit(&[bare], true, false), visit(&[www, bare], false, true)];
        assert!(!leads_to(guessed(), www), "nobody gave that name, and nothing given leads there");
        assert!(leads_to(guessed(), bare));
        assert!(leads_to(vec![visit(&[bare], true, false), visit(&[www], true, true)], www), "both names were given");
        assert!(!leads_to(vec![visit(&[bare], true, false)], "https://example.com:8443/"), "another port");
        assert!(!leads_to(vec![visit(&[plain], true, false)], bare), "no handshake was made");
    }
}
