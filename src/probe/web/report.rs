//! What the Web view and the reports show of a survey. No I/O, and no judgement of its own.

use jiff::Timestamp;
use url::Url;

use super::address::{Origin, is_secure, same_site, shown};
use super::around::Around;
use super::cookie_jar;
use super::cookies::Cookie;
use super::judge::page_of;
use super::observatory::{self, Input, Plain, Secure};
use super::survey::Survey;
use super::tls::verdict::Verdict;
use super::trouble::Trouble;
use super::visit::{End, Hop, Visit};
use super::{dns, exposed, header_rows, times, tls};
use crate::model::{ObservatoryScore, Site, WebReport};

/// Everything about a survey; `verdicts` are those of its servers, in their order.
pub fn report(survey: &Survey, verdicts: &[Verdict], now: Timestamp) -> WebReport {
    let given: Vec<&Visit> = survey.visits.iter().filter(|visit| visit.given).collect();
    let mut sites: Vec<Site> = Vec::new();
    for visit in given {
        let site = site(survey, verdicts, visit);
        // Two addresses that lead to one page are one site.
        if visit.page().is_none() || !sites.iter().any(|known| known.not_reached.is_none() && known.page == site.page) {
            sites.push(site);
        }
    }
    WebReport { sites, servers: tls::rows::all(survey, verdicts, now), requests: survey.requests.clone() }
}

fn site(survey: &Survey, verdicts: &[Verdict], visit: &Visit) -> Site {
    let start = shown(&visit.start);
    let mut site = Site { url: start.clone(), page: start, not_reached: visit.why_no_page(), ..Site::default() };
    let arrived = visit.hops.iter().skip(1);
    site.hops = (visit.hops.iter().zip(arrived))
        .map(|(hop, next)| format!("{} {} → {}", hop.response.status, shown(&hop.url), shown(&next.url)))
        .collect();
    let Some(page) = visit.page() else { return site };
    site.page = shown(&page.url);
    let trusted = trusted(survey, verdicts, &page.url);
    let jar = cookie_jar::by_host(survey);
    let set = jar.iter().find(|set| set.iter().any(|set| set.url.host() == page.url.host()));
    let set = set.map(Vec::as_slice).unwrap_or_default();
    let read = page_of(page);
    site.headers = header_rows::rows(&read, trusted, set);
    let around = survey.around.iter().find(|around| around.page == page.url);
    if observatory::judges(page.response.status) {
        let cookies: Vec<Cookie> = set.iter().map(|set| set.cookie.clone()).collect();
        site.observatory = Some(score(survey, verdicts, page, around, &cookies));
    }
    let Some(around) = around else { return site };
    site.paths = exposed::rows(&around.exposed);
    site.times = around.times.as_ref().and_then(times::rows);
    match &around.dns {
        Ok(dns) => site.dns = dns::rows(dns),
        Err(why) => site.dns_not_asked = Some(why.clone()),
    }
    site
}

fn score(
    survey: &Survey,
    verdicts: &[Verdict],
    page: &Hop,
    around: Option<&Around>,
    cookies: &[Cookie],
) -> ObservatoryScore {
    let read = page_of(page);
    observatory::score(&Input {
        url: &page.url,
        headers: &page.response.headers,
        document: Some(&read.document).filter(|document| document.is_html),
        cookies,
        plain: plain(survey, verdicts, &page.url),
        secure: secure(survey, verdicts, page),
        cors: around.and_then(|around| around.cors.observatory()),
    })
}

/// What came of asking for the same host over plain HTTP.
fn plain(survey: &Survey, verdicts: &[Verdict], url: &Url) -> Plain {
    let asked = |visit: &&Visit| !is_secure(&visit.start) && visit.start.host() == url.host();
    let Some(visit) = survey.visits.iter().find(asked) else { return Plain::NotAsked };
    match &visit.end {
        End::Trouble { url, .. } if is_secure(url) && trusted(survey, verdicts, url) == Some(false) => Plain::Untrusted,
        End::Trouble { trouble: Trouble::Refused, .. } if visit.hops.is_empty() => Plain::NotThere,
        // Whether there is anything is not known.
        End::Trouble { .. } if visit.hops.is_empty() => Plain::NotAsked,
        _ => Plain::Route(visit.hops.iter().map(|hop| hop.url.clone()).collect()),
    }
}

/// What came of asking for the same site over HTTPS.
fn secure<'a>(survey: &'a Survey, verdicts: &[Verdict], page: &'a Hop) -> Secure<'a> {
    let pages = || survey.visits.iter().filter_map(Visit::page);
    let secure = if is_secure(&page.url) {
        Some(page)
    } else {
        pages().find(|other| is_secure(&other.url) && same_site(&other.url, &page.url))
    };
    match secure {
        None => Secure::NotThere,
        Some(hop) if trusted(survey, verdicts, &hop.url) == Some(false) => Secure::Untrusted,
        Some(hop) => Secure::Answered(&hop.response.headers),
    }
}

/// Whether browsers accept the certificate of the server of `url`, where that is known.
fn trusted(survey: &Survey, verdicts: &[Verdict], url: &Url) -> Option<bool> {
    let origin = Origin::of(url);
    let (_, verdict) = survey.servers.iter().zip(verdicts).find(|(server, _)| server.origin == origin)?;
    verdict.is_trusted()
}
