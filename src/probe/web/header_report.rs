//! What the report says of a page's headers: the Observatory's score and the header table, out of what a run collected.

use url::Url;

use super::address::{is_ip, is_loopback, is_secure, registered, same_site};
use super::cookies::{self, Cookie};
use super::hsts_preload::{self, Apex, Eligibility, list};
use super::http::Header;
use super::judge::page_of;
use super::observatory::{self, CorsSent, Input, Plain, Secure};
use super::survey::Survey;
use super::trouble::Trouble;
use super::visit::{End, Hop, Visit};
use super::{cookie_jar, header_rows};
use crate::model::{HeaderRow, ObservatoryScore, Standing};

/// The score of a page; `None` where the Observatory gives none, as for an error page. `trusted` is whether browsers accept
/// the certificate of an address, where that is known; `cors` is what came of asking as another site, if that was done.
pub fn score(
    survey: &Survey,
    page: &Hop,
    trusted: impl Fn(&Url) -> Option<bool>,
    cors: Option<CorsSent>,
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

/// The header table of a page. `trusted` is whether browsers accept the certificate of an address, where that is known.
pub fn rows(survey: &Survey, page: &Hop, trusted: impl Fn(&Url) -> Option<bool>) -> Vec<HeaderRow> {
    // Browsers share cookies between the ports of a host; whoever reads the table wants those of this site.
    let here = |url: &Url| url.host_str() == page.url.host_str() && url.port() == page.url.port();
    let set: Vec<_> = cookie_jar::by_host(survey).into_iter().flatten().filter(|set| here(&set.url)).collect();
    let mut rows = header_rows::rows(&page_of(page), trusted(&page.url), &set);
    if is_secure(&page.url) && !is_ip(&page.url) && !is_loopback(&page.url) {
        rows.insert(rows.len().min(1), preload(survey, &page.url, trusted));
    }
    rows
}

/// Whether browsers are told beforehand, without a first visit, to use HTTPS only, or could be.
fn preload(survey: &Survey, page: &Url, trusted: impl Fn(&Url) -> Option<bool>) -> HeaderRow {
    let domain = registered(page);
    let of_host = |visit: &&Visit, host: &str, secure: bool| {
        visit.start.host_str() == Some(host) && is_secure(&visit.start) == secure
    };
    let mut hops = survey.visits.iter().flat_map(|visit| &visit.hops);
    let secure = hops.find(|hop| is_secure(&hop.url) && hop.url.host_str() == Some(domain));
    let headers: Option<Vec<String>> =
        secure.map(|hop| hop.response.headers.all("strict-transport-security").map(Header::text).collect());
    let plain = survey.visits.iter().find(|visit| of_host(visit, domain, false));
    let leads_to = plain.and_then(|visit| match (visit.hops.as_slice(), &visit.end) {
        ([_, next, ..], _) => Some(next.url.to_string()),
        ([_], End::LeadsElsewhere(to)) => Some(to.clone()),
        ([_], End::Trouble { url, .. }) => Some(url.to_string()),
        _ => None,
    });
    let www = format!("www.{domain}");
    let www = survey.visits.iter().find(|visit| of_host(visit, &www, true));
    let apex = Apex {
        domain,
        certificate: secure.and_then(|hop| trusted(&hop.url)),
        plain: match (plain, &leads_to) {
            (_, Some(to)) => hsts_preload::Plain::RedirectsTo(to),
            (Some(visit), _) if visit.page().is_some() => hsts_preload::Plain::Stays,
            (Some(Visit { end: End::Trouble { trouble: Trouble::Refused, .. }, .. }), _) => hsts_preload::Plain::Nobody,
            _ => hsts_preload::Plain::Unknown,
        },
        headers: headers.as_deref(),
        www: www.and_then(|visit| match (visit.hops.first(), &visit.end) {
            (Some(hop), _) => trusted(&hop.url),
            (None, End::Trouble { trouble: Trouble::UnknownHost, .. }) => Some(true),
            (None, End::Trouble { trouble: Trouble::Refused, .. }) => Some(false),
            _ => None,
        }),
    };
    let (why, standing) = standing_with_list(page, domain, hsts_preload::eligibility(&apex));
    HeaderRow { name: "HSTS preload".to_owned(), why, standing, ..HeaderRow::default() }
}

fn standing_with_list(page: &Url, domain: &str, eligibility: Eligibility) -> (String, Standing) {
    let day = list::day();
    match (list::listed(page), eligibility) {
        // Those that fall short are taken off again.
        (Some(name), Eligibility::Missing(what)) if name == domain => (
            format!("On the browsers' preload list of {day}, which by now would want {}", what.join(", ")),
            Standing::Neutral,
        ),
        (Some(name), _) if page.host_str() == Some(name) => {
            (format!("On the browsers' preload list of {day}"), Standing::Good)
        }
        (Some(name), _) => (format!("On the browsers' preload list of {day}, with all of {name}"), Standing::Good),
        (None, Eligibility::Eligible) => (
            format!(
                "{domain} has all that the list of browsers asks and that can be seen; it was not on that of {day} yet"
            ),
            Standing::Good,
        ),
        (None, Eligibility::Missing(what)) => (
            format!("Nothing that a launch needs; the list of browsers would want {}", what.join(", ")),
            Standing::Neutral,
        ),
        (None, Eligibility::Unknown(what)) => (format!("Not seen: {}", what.join(", ")), Standing::Unknown),
    }
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
        End::Trouble { trouble: Trouble::Refused | Trouble::UnknownHost, .. } if route.is_empty() => {
            return Plain::NotThere;
        }
        // A slow answer, or one that is not ours to ask for, does not tell that there is none.
        End::Trouble { .. } if route.is_empty() => return Plain::NotAsked,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_says_on_which_list_a_host_is() {
        let of = |url: &str, eligibility| {
            let page = Url::parse(url).unwrap();
            standing_with_list(&page, registered(&page), eligibility)
        };
        let lacking = || Eligibility::Missing(vec!["includeSubDomains".to_owned()]);
        let unseen = || Eligibility::Unknown(vec!["where http://x leads".to_owned()]);
        let day = list::day();
        let on = format!("On the browsers' preload list of {day}");
        for eligibility in [Eligibility::Eligible, unseen()] {
            assert_eq!(of("https://github.com/", eligibility), (on.clone(), Standing::Good));
        }
        assert_eq!(of("https://shop.dev/", lacking()), (format!("{on}, with all of dev"), Standing::Good));
        let falls_short = of("https://www.github.com/", lacking());
        assert_eq!(falls_short, (format!("{on}, which by now would want includeSubDomains"), Standing::Neutral));
        let (why, standing) = of("https://shop.example.com/", Eligibility::Eligible);
        assert!(why.ends_with(&format!("not on that of {day} yet")) && standing == Standing::Good, "{why}");
        assert_eq!(of("https://shop.example.com/", lacking()).1, Standing::Neutral);
        assert_eq!(of("https://shop.example.com/", unseen()).1, Standing::Unknown);
    }
}
