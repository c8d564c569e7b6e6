//! Holds what was collected against the rules. No I/O.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::ServerCertVerifier;
use url::Url;

use super::address::{Origin, is_secure, same_site, shown};
use super::cookies;
use super::html;
use super::rules::{HEADER_RULES, HeaderRules, Page, certificate, cookies as cookie_rules, hsts, https, tls_version};
use super::survey::{Server, Survey};
use super::tally::{Sight, Tally};
use super::tls::certificate::Certificate;
use super::tls::handshake::server_name;
use super::tls::trust;
use super::trouble::Trouble;
use super::visit::{End, Hop, Visit};
use crate::model::Observation;

/// Judges everything. `roots` are the authorities to trust, or why there are none.
pub fn judge(survey: &Survey, roots: &Result<Arc<dyn ServerCertVerifier>, String>, now: Timestamp) -> Tally {
    let mut tally = Tally::default();
    let mut trusted: Vec<(&Origin, Option<bool>)> = Vec::new();
    for server in &survey.servers {
        trusted.push((&server.origin, judge_server(server, roots, now, &mut tally)));
    }
    for visit in survey.visits.iter().filter(|visit| visit.given && is_secure(&visit.start)) {
        if let (true, Some(why)) = (visit.handshakes.is_empty(), visit.why_no_page()) {
            tally.not_seen(certificate::RULES, &why);
            tally.not_seen(tls_version::RULES, &why);
        }
    }
    let is_trusted = |url: &Url| {
        let origin = Origin::of(url);
        trusted.iter().find(|(known, _)| **known == origin).and_then(|(_, trusted)| *trusted)
    };
    judge_hsts(survey, is_trusted, &mut tally);
    for visit in &survey.visits {
        judge_way(survey, visit, is_trusted, &mut tally);
    }
    judge_pages(survey, &mut tally);
    judge_cookies(survey, &mut tally);
    note_gaps(survey, &mut tally);
    tally
}

/// Judges certificate and versions; says whether browsers accept the certificate, where that is known.
fn judge_server(
    server: &Server,
    roots: &Result<Arc<dyn ServerCertVerifier>, String>,
    now: Timestamp,
    tally: &mut Tally,
) -> Option<bool> {
    tally.add(tls_version::RULES, tls_version::judge(&server.origin, &server.versions));
    let Some(leaf) = server.handshake.chain.first().and_then(|der| Certificate::read(der)) else {
        let trouble = server.handshake.trouble.as_ref();
        let why = trouble.map_or_else(|| "it cannot be read".to_owned(), ToString::to_string);
        tally.not_seen(certificate::RULES, &format!("the certificate of {} was not seen: {why}", server.origin.host));
        return None;
    };
    tally.add(&[&certificate::EXPIRES_SOON], certificate::judge_life(&server.origin, &leaf, now));
    let (Ok(verifier), Some(name)) = (roots, server_name(&server.url)) else {
        let why = roots.as_ref().err().map_or("its host name is not one a certificate can carry", String::as_str);
        tally.not_seen(certificate::TRUST_RULES, why);
        return None;
    };
    let reasons = trust::examine(&server.handshake, &leaf, &name, verifier.as_ref(), now);
    tally.add(certificate::TRUST_RULES, certificate::judge_trust(&server.origin, &leaf, &reasons));
    Some(reasons.is_empty())
}

/// Every secure origin tells browsers for itself, a redirect from one host to the next included.
fn judge_hsts(survey: &Survey, is_trusted: impl Fn(&Url) -> Option<bool>, tally: &mut Tally) {
    let mut judged: Vec<Origin> = Vec::new();
    for visit in &survey.visits {
        if let (true, true, Some(why)) = (visit.hops.is_empty(), is_secure(&visit.start), visit.why_no_page()) {
            tally.not_seen(hsts::RULES, &why);
        }
        for hop in visit.hops.iter().filter(|hop| is_secure(&hop.url)) {
            let origin = Origin::of(&hop.url);
            if judged.contains(&origin) {
                continue;
            }
            let sight = hsts::judge(&hop.url, &hop.response.headers, is_trusted(&hop.url));
            tally.add(hsts::RULES, unless_error(sight, hop));
            judged.push(origin);
        }
    }
}

/// Servers often leave headers out of error pages, so what is missing there may be there elsewhere.
fn unless_error(sight: Sight, hop: &Hop) -> Sight {
    match &sight {
        Sight::Seen(seen) if hop.response.status >= 400 && seen.iter().any(is_finding) => Sight::NotSeen(format!(
            "{} answered {}: give an address that answers with a page",
            shown(&hop.url),
            hop.response.status
        )),
        _ => sight,
    }
}

/// Judges how one address leads to HTTPS or not.
fn judge_way(survey: &Survey, visit: &Visit, is_trusted: impl Fn(&Url) -> Option<bool>, tally: &mut Tally) {
    let plain_start = !is_secure(&visit.start);
    let Some(hop) = visit.page() else {
        if let (false, Some(why)) = (visit.is_mere_absence(), visit.why_no_page()) {
            let rules = if plain_start { https::REDIRECT_RULES } else { https::PAGE_RULES };
            tally.not_seen(rules, &why);
        } else if plain_start {
            let why = format!("nothing answers at {}, so there is no plain HTTP to redirect", shown(&visit.start));
            tally.add(https::REDIRECT_RULES, Sight::Absent(why));
        }
        return;
    };
    let page = page_of(hop);
    if is_secure(&hop.url) {
        if let (true, Some(first)) = (plain_start, visit.hops.first()) {
            tally.add(https::REDIRECT_RULES, https::redirect(&visit.start, &first.response, &hop.url).into());
        }
        match is_trusted(&hop.url) {
            // Not all of the site is served over HTTPS while its plain address stays plain.
            _ if stays_plain(survey, &hop.url) => tally.add(https::PAGE_RULES, Sight::Seen(Vec::new())),
            Some(true) => tally.add(https::PAGE_RULES, https::served(&page).into()),
            Some(false) => {
                tally.add(&[&https::MISSING], Sight::Seen(Vec::new()));
                tally.not_seen(&[&https::SERVED], "browsers do not accept the certificate");
            }
            None => tally.not_seen(https::PAGE_RULES, "whether browsers trust the certificate is not known"),
        }
    } else if plain_start && survey.speaks_https(&visit.start) {
        tally.add(https::REDIRECT_RULES, https::redirect_missing(&visit.start, &page).into());
    } else {
        tally.add(https::PAGE_RULES, https::missing(&visit.start, &page).into());
    }
}

fn stays_plain(survey: &Survey, url: &Url) -> bool {
    survey.visits.iter().any(|visit| {
        !is_secure(&visit.start)
            && same_site(&visit.start, url)
            && visit.page().is_some_and(|page| !is_secure(&page.url))
    })
}

/// Judges the headers of every page once.
fn judge_pages(survey: &Survey, tally: &mut Tally) {
    let mut judged: Vec<&Url> = Vec::new();
    for visit in &survey.visits {
        let Some(hop) = visit.page() else {
            let elsewhere = !is_secure(&visit.start) && survey.has_secure_page(&visit.start);
            if let (true, false, Some(why)) = (visit.given, elsewhere, visit.why_no_page()) {
                HEADER_RULES.iter().for_each(|rules| tally.not_seen(rules.rules, &why));
            }
            continue;
        };
        // A plain page beside a secure one is a fault of its own, and its headers are said once.
        let doubled = !is_secure(&hop.url) && survey.has_secure_page(&hop.url);
        if doubled || judged.contains(&&hop.url) {
            continue;
        }
        judged.push(&hop.url);
        let page = page_of(hop);
        for rules in HEADER_RULES {
            tally.add(rules.rules, judge_header(rules, &page));
        }
    }
}

fn judge_header(rules: &HeaderRules, page: &Page<'_>) -> Sight {
    let address = shown(page.url);
    let status = page.response.status;
    if !page.response.is_success() {
        // An error page, a login wall or a bot check often has other headers than the app itself.
        return Sight::NotSeen(format!("{address} answered {status}: give an address that answers with a page"));
    }
    let sight = (rules.judge)(page);
    let document = page.response.is_html();
    match &sight {
        Sight::Seen(seen) if rules.documents_only && !document && seen.iter().any(is_finding) => {
            let kind = page.response.headers.first("content-type").unwrap_or_default();
            Sight::NotSeen(format!("{address} answers with {kind}: give an address that answers with a page"))
        }
        _ => sight,
    }
}

/// Judges the cookies that a host sets, on the way as well as on the page.
fn judge_cookies(survey: &Survey, tally: &mut Tally) {
    for visit in survey.visits.iter().filter(|visit| visit.given && visit.hops.is_empty()) {
        if let Some(why) = visit.why_no_page() {
            tally.not_seen(cookie_rules::RULES, &why);
        }
    }
    for set in cookies_by_host(survey) {
        tally.add(cookie_rules::RULES, cookie_rules::judge(&set));
    }
}

/// The cookies that each host sets, each name once; one that only takes an older cookie away is none.
fn cookies_by_host(survey: &Survey) -> Vec<Vec<cookie_rules::Set>> {
    let mut hosts: Vec<(Option<&str>, Vec<cookie_rules::Set>)> = Vec::new();
    for hop in survey.visits.iter().flat_map(|visit| &visit.hops) {
        // A plain redirect to HTTPS is judged for its cookies like the page that it leads to.
        let host = hop.url.host_str();
        let at = hosts.iter().position(|(known, _)| *known == host).unwrap_or_else(|| {
            hosts.push((host, Vec::new()));
            hosts.len() - 1
        });
        let Some((_, set)) = hosts.get_mut(at) else { continue };
        let headers = &hop.response.headers;
        let now = cookies::date(headers);
        for cookie in cookies::all(headers) {
            let known =
                set.iter().any(|set| set.cookie.name == cookie.name && is_secure(&set.url) == is_secure(&hop.url));
            if !known && !cookie.removes(now) {
                set.push(cookie_rules::Set { url: hop.url.clone(), cookie });
            }
        }
    }
    hosts.into_iter().map(|(_, set)| set).collect()
}

fn is_finding(observation: &Observation) -> bool {
    matches!(observation, Observation::Finding(_))
}

fn page_of(hop: &Hop) -> Page<'_> {
    let document =
        if hop.response.is_html() { html::read(&hop.response.body.bytes) } else { html::Document::default() };
    Page { url: &hop.url, response: &hop.response, document }
}

/// Counts what was not looked at, and what is not read alike by everybody.
fn note_gaps(survey: &Survey, tally: &mut Tally) {
    for visit in &survey.visits {
        if let (true, Some(why)) = (visit.given, visit.why_no_page()) {
            tally.gap("addresses that gave no page", why);
        }
        for hop in &visit.hops {
            for oddity in &hop.response.headers.oddities {
                tally.gap(*oddity, shown(&hop.url));
            }
            if let Some(cut) = hop.response.body.cut {
                tally.gap(cut, shown(&hop.url));
            }
        }
    }
}

impl Visit {
    /// Whether it is the sibling of a given address and simply not there.
    fn is_mere_absence(&self) -> bool {
        !self.given && matches!(&self.end, End::Trouble { trouble: Trouble::Refused, .. }) && self.hops.is_empty()
    }
}
