//! Holds what was collected against the rules. No I/O.

mod around;

use jiff::Timestamp;
use url::Url;

use super::address::{Origin, is_secure, same_site, shown};
use super::cookie_jar;
use super::errors::challenge;
use super::html;
use super::http::Headers;
use super::rules::{HEADER_RULES, HeaderRules, Page, front_page, hsts, https, malformed};
use super::survey::Survey;
use super::tally::{Sight, Tally};
use super::tls::{self, verdict::Verdict};
use super::trouble::Trouble;
use super::visit::{End, Hop, Visit};
use crate::model::Observation;

/// Judges everything. `verdicts` are those of the survey's servers, in their order.
pub fn judge(survey: &Survey, verdicts: &[Verdict], now: Timestamp) -> Tally {
    let mut tally = Tally::default();
    let mut trusted: Vec<(&Origin, Option<bool>)> = Vec::new();
    for (server, verdict) in survey.servers.iter().zip(verdicts) {
        tls::judge::judge(server, survey.leads_to(&server.origin), verdict, now, &mut tally);
        trusted.push((&server.origin, verdict.is_trusted()));
    }
    for visit in survey.visits.iter().filter(|visit| visit.given && is_secure(&visit.start)) {
        if let (true, Some(why)) = (visit.handshakes.is_empty(), visit.why_no_page()) {
            tally.not_seen(tls::judge::CERTIFICATE_RULES, &why);
            tally.not_seen(tls::judge::TLS_RULES, &why);
        }
    }
    let is_trusted = |url: &Url| {
        let origin = Origin::of(url);
        trusted.iter().find(|(known, _)| **known == origin).and_then(|(_, trusted)| *trusted)
    };
    judge_hsts(survey, is_trusted, &mut tally);
    let mut served = Vec::new();
    for visit in &survey.visits {
        judge_way(survey, visit, is_trusted, &mut served, &mut tally);
    }
    judge_fronts(survey, &mut tally);
    judge_pages(survey, &mut tally);
    cookie_jar::judge(survey, &mut tally);
    judge_form(survey, &mut tally);
    around::judge(survey, now, &mut tally);
    note_gaps(survey, &mut tally);
    tally
}

/// Every secure origin tells browsers for itself, a redirect from one host to the next included.
fn judge_hsts(survey: &Survey, is_trusted: impl Fn(&Url) -> Option<bool>, tally: &mut Tally) {
    let mut judged: Vec<Origin> = Vec::new();
    for visit in &survey.visits {
        let nothing = visit.hops.is_empty() && !visit.is_mere_absence();
        if let (true, true, Some(why)) = (nothing, is_secure(&visit.start), visit.why_no_page()) {
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

/// Servers often leave headers out of error pages, and checks for bots have their own: what is missing there may be there elsewhere.
fn unless_error(sight: Sight, hop: &Hop) -> Sight {
    match &sight {
        Sight::Seen(seen) if challenge::is_response(&hop.response) && seen.iter().any(is_finding) => {
            Sight::NotSeen(format!("{} answers with a check for bots, which has headers of its own", shown(&hop.url)))
        }
        Sight::Seen(seen) if hop.response.status >= 400 && seen.iter().any(is_finding) => Sight::NotSeen(format!(
            "{} answered {}: give an address that answers with a page",
            shown(&hop.url),
            hop.response.status
        )),
        _ => sight,
    }
}

/// Judges how one address leads to HTTPS or not. `served` are the pages that were said to be served with it: many ways lead to one.
fn judge_way<'a>(
    survey: &Survey,
    visit: &'a Visit,
    is_trusted: impl Fn(&Url) -> Option<bool>,
    served: &mut Vec<&'a Url>,
    tally: &mut Tally,
) {
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
            Some(true) if served.contains(&&hop.url) => {}
            Some(true) => {
                served.push(&hop.url);
                tally.add(https::PAGE_RULES, https::served(&page).into());
            }
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

/// Judges where people are led who type the name alone.
fn judge_fronts(survey: &Survey, tally: &mut Tally) {
    for (url, response) in survey.fronts.iter().filter(|(url, _)| survey.speaks_https(url)) {
        let to = response.headers.first("location").filter(|_| response.is_redirect());
        match to.map(|to| url.join(&to)) {
            Some(Ok(to)) if is_secure(&to) => {
                tally.add(https::REDIRECT_RULES, https::redirect(url, response, &to).into())
            }
            Some(_) => {
                let why =
                    format!("{} redirects, and its next address was not followed: give it with --url", shown(url));
                tally.not_seen(https::REDIRECT_RULES, &why);
            }
            None if response.is_success() => {
                let page = Page { url, response, document: html::Document::default() };
                tally.add(https::REDIRECT_RULES, https::redirect_missing(url, &page).into());
            }
            // An error shows people nothing to read on the way.
            None => {}
        }
    }
}

fn stays_plain(survey: &Survey, url: &Url) -> bool {
    survey.visits.iter().any(|visit| {
        !is_secure(&visit.start)
            && same_site(&visit.start, url)
            && visit.page().is_some_and(|page| !is_secure(&page.url))
    })
}

/// Judges the form of every server's answers.
fn judge_form(survey: &Survey, tally: &mut Tally) {
    let mut servers: Vec<(Origin, Vec<(&Url, &Headers)>)> = Vec::new();
    for hop in survey.visits.iter().flat_map(|visit| &visit.hops) {
        let (origin, answer) = (Origin::of(&hop.url), (&hop.url, &hop.response.headers));
        match servers.iter_mut().find(|(known, _)| *known == origin) {
            Some((_, answers)) => answers.push(answer),
            None => servers.push((origin, vec![answer])),
        }
    }
    let reached: Vec<Origin> = survey.visits.iter().filter_map(Visit::page).map(|page| Origin::of(&page.url)).collect();
    for (origin, answers) in &servers {
        let sight = malformed::judge(answers);
        // Redirects alone show faults, but not that there are none.
        if reached.contains(origin) || matches!(&sight, Sight::Seen(seen) if !seen.is_empty()) {
            tally.add(malformed::RULES, sight);
        }
    }
    for visit in survey.visits.iter().filter(|visit| visit.given) {
        if let Some(why) = visit.why_no_page() {
            tally.not_seen(malformed::RULES, &why);
        }
    }
}

/// Judges the headers of every page once.
fn judge_pages(survey: &Survey, tally: &mut Tally) {
    let mut judged: Vec<&Url> = Vec::new();
    let mut fronts: Vec<&Url> = Vec::new();
    for visit in &survey.visits {
        let Some(hop) = visit.page() else {
            let elsewhere = !is_secure(&visit.start) && survey.has_secure_page(&visit.start);
            if let (true, false, Some(why)) = (visit.given, elsewhere, visit.why_no_page()) {
                HEADER_RULES.iter().for_each(|rules| tally.not_seen(rules.rules, &why));
                tally.not_seen(front_page::RULES, &why);
            }
            continue;
        };
        // Whoever types the given address sees this page, whatever stands beside it.
        if visit.given && !fronts.contains(&&hop.url) {
            fronts.push(&hop.url);
            tally.add(front_page::RULES, front_page::judge(&page_of(hop)));
        }
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
    if challenge::is_response(page.response) {
        return Sight::NotSeen(format!("{address} answers with a check for bots, which has headers of its own"));
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

fn is_finding(observation: &Observation) -> bool {
    matches!(observation, Observation::Finding(_))
}

/// A page with its markup read.
pub fn page_of(hop: &Hop) -> Page<'_> {
    let mut document =
        if hop.response.is_html() { html::read(&hop.response.body.bytes) } else { html::Document::default() };
    document.cut |= hop.response.body.cut.is_some();
    Page { url: &hop.url, response: &hop.response, document }
}

/// Counts what was not looked at, and what is not read alike by everybody.
fn note_gaps(survey: &Survey, tally: &mut Tally) {
    for visit in &survey.visits {
        if let (true, Some(why)) = (visit.given, visit.why_no_page()) {
            tally.gap("addresses that gave no page", why);
        }
        for hop in &visit.hops {
            for odd in hop.response.headers.oddities.iter().filter(|odd| odd.oddity.is_allowed()) {
                tally.gap(odd.oddity.words(), shown(&hop.url));
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
        let absent = match &self.end {
            End::Trouble { trouble: Trouble::Refused | Trouble::UnknownHost, .. } => true,
            // The rule about names speaks of a name that was not given and that gives nothing.
            End::Trouble { .. } => self.other_name,
            _ => false,
        };
        !self.given && absent && self.hops.is_empty()
    }
}
