//! What the report says of a page's headers: the Observatory's score and the header table, out of what a run collected.

use url::Url;

use super::address::{is_secure, same_site};
use super::cookies::{self, Cookie};
use super::judge::page_of;
use super::observatory::{self, Cors, Input, Plain, Secure};
use super::survey::Survey;
use super::visit::{End, Hop, Visit};
use super::{cookie_jar, header_rows};
use crate::model::{HeaderRow, ObservatoryScore};

/// The score of a page; `None` where the Observatory gives none, as for an error page. `trusted` is whether browsers accept
/// the certificate of an address, where that is known; `cors` is what came of asking as another site, if that was done.
pub fn score(
    survey: &Survey,
    page: &Hop,
    trusted: impl Fn(&Url) -> Option<bool>,
    cors: Option<Cors>,
) -> Option<ObservatoryScore> {
    if !observatory::judges(page.response.status) {
        return None;
    }
    let seen = page_of(page);
    let cookies: Vec<Cookie> = cookies_towards(survey, page);
    let secure = match secure_page(survey, page) {
        None => Secure::NotThere,
        Some(hop) if trusted(&hop.url) == Some(false) => Secure::Untrusted,
        Some(hop) => Secure::Answered(&hop.response.headers),
    };
    Some(observatory::score(&Input {
        url: &page.url,
        headers: &page.response.headers,
        document: page.response.is_html().then_some(&seen.document),
        cookies: &cookies,
        plain: plain(survey, page, trusted),
        secure,
        cors,
    }))
}

/// The header table of a page.
pub fn rows(survey: &Survey, page: &Hop, trusted: Option<bool>) -> Vec<HeaderRow> {
    let of_host = cookie_jar::by_host(survey)
        .into_iter()
        .find(|set| set.first().is_some_and(|set| set.url.host_str() == page.url.host_str()));
    header_rows::rows(&page_of(page), trusted, &of_host.unwrap_or_default())
}

/// The page itself if it came over HTTPS, or else the one that its site has there.
fn secure_page<'a>(survey: &'a Survey, page: &'a Hop) -> Option<&'a Hop> {
    if is_secure(&page.url) {
        return Some(page);
    }
    survey.visits.iter().filter_map(Visit::page).find(|hop| is_secure(&hop.url) && same_site(&hop.url, &page.url))
}

/// How asking the page's host over plain HTTP went.
fn plain(survey: &Survey, page: &Hop, trusted: impl Fn(&Url) -> Option<bool>) -> Plain {
    let starts_here = |visit: &&Visit| !is_secure(&visit.start) && visit.start.host_str() == page.url.host_str();
    let Some(visit) = survey.visits.iter().find(starts_here) else { return Plain::NotAsked };
    let mut route: Vec<Url> = visit.hops.iter().map(|hop| hop.url.clone()).collect();
    match &visit.end {
        End::Trouble { .. } if route.is_empty() => return Plain::NotThere,
        // Where it leads is known, though nobody went there.
        End::Trouble { url, .. } => route.push(url.clone()),
        End::LeadsElsewhere(to) => route.extend(Url::parse(to)),
        _ => {}
    }
    let refused = route.last().is_some_and(|last| is_secure(last) && trusted(last) == Some(false));
    if refused { Plain::Untrusted } else { Plain::Route(route) }
}

/// The cookies that were set on the way to a page and by it, each name once.
fn cookies_towards(survey: &Survey, page: &Hop) -> Vec<Cookie> {
    let leads_here = |visit: &&Visit| visit.page().is_some_and(|end| end.url == page.url);
    let hops = survey.visits.iter().filter(leads_here).flat_map(|visit| &visit.hops);
    let mut found: Vec<Cookie> = Vec::new();
    for cookie in hops.flat_map(|hop| cookies::all(&hop.response.headers)) {
        // A later one of the same name takes the place of an earlier one.
        found.retain(|known| known.name != cookie.name);
        found.push(cookie);
    }
    found
}
