//! What the Web view and the reports show of a survey. No I/O, and no judgement of its own.

use jiff::Timestamp;
use url::Url;

use super::address::{Origin, shown};
use super::errors::challenge;
use super::survey::Survey;
use super::tls::verdict::Verdict;
use super::visit::Visit;
use super::{dns, exposed, header_report, times, tls};
use crate::model::{HeaderRow, Site, Standing, WebReport};

/// The rows of what counts for the host and not for the page.
const HSTS: [&str; 2] = ["Strict-Transport-Security", "HSTS preload"];

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
    WebReport {
        sites,
        servers: tls::rows::all(survey, verdicts, now),
        requests: survey.requests.clone(),
        tls_questions: tls::rows::questions(survey),
    }
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
    site.status = Some(page.response.status);
    site.challenge = challenge::is_response(&page.response);
    site.headers = header_report::rows(survey, page, |url| trusted(survey, verdicts, url));
    if site.failing().is_some() {
        // What an error page or a wall leaves out may be there elsewhere, and what it sends may not. Browsers heed HSTS on any page.
        let own = |row: &&mut HeaderRow| row.standing == Standing::Good && !HSTS.contains(&row.name.as_str());
        let judged = |row: &&mut HeaderRow| matches!(row.standing, Standing::Bad | Standing::Weak) || own(row);
        site.headers.iter_mut().filter(judged).for_each(|row| row.standing = Standing::Unknown);
    }
    let around = survey.around.iter().find(|around| around.page == page.url);
    let cors = around.and_then(|around| around.cors.observatory());
    if !site.challenge {
        site.observatory = header_report::score(survey, page, |url| trusted(survey, verdicts, url), cors);
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

/// Whether browsers accept the certificate of the server of `url`, where that is known.
fn trusted(survey: &Survey, verdicts: &[Verdict], url: &Url) -> Option<bool> {
    let origin = Origin::of(url);
    let (_, verdict) = survey.servers.iter().zip(verdicts).find(|(server, _)| server.origin == origin)?;
    verdict.is_trusted()
}
