//! What is asked of a site once its page is known: beside the page, not about it. The clock is read first, while nothing
//! else is asked; then every part is asked at the same time.

use futures_util::future::join5;
use url::Url;

use super::address::{Origin, is_loopback, is_secure, shown};
use super::cors::{self, Cors};
use super::delivery::{self, Delivery};
use super::dns::{self, Dns};
use super::errors::{self, Errors};
use super::exposed::{self, Exposed};
use super::http::client::Client;
use super::rules::{self, answer_times, http2, siblings};
use super::survey::Survey;
use super::tally::{Sight, Tally};
use super::times::{self, Laps};
use super::visit::Hop;
use crate::model::RuleMeta;

/// What was seen around one page.
#[derive(Debug)]
pub struct Around {
    /// The page.
    pub page: Url,
    /// What the site gives away.
    pub exposed: Exposed,
    /// What it shows when something goes wrong; `None` where another page of the same origin stands for it.
    pub errors: Option<Errors>,
    /// Why it says nothing of how pages are sent; `None` where it does.
    pub no_page: Option<String>,
    /// How long answers took; `None` where the page is none.
    pub times: Option<Laps>,
    /// Which other websites may read its answers.
    pub cors: Cors,
    /// How the page and what it loads are sent; `None` where the page is none.
    pub delivery: Option<Delivery>,
    /// What DNS says of its name, or why it was not asked.
    pub dns: Result<Dns, String>,
}

/// Looks around `page`; `first` is whether it is the first of its origin, so that what concerns the origin is asked once.
pub async fn look(client: &Client, page: &Hop, first: bool) -> Around {
    let errors = async { if first { Some(errors::collect(client, &page.url).await) } else { None } };
    let no_page = why_no_page(page);
    let is_page = no_page.is_none();
    let times = if is_page { Some(times::collect(client, page).await) } else { None };
    let delivery = async { if is_page { Some(delivery::collect(client, page).await) } else { None } };
    let dns = dns::collect(&page.url, dns::Way { offline: client.makes_names_up(), server: None });
    let (exposed, errors, cors, delivery, dns) =
        join5(exposed::collect(client, page, first), errors, cors::collect(client, page), delivery, dns).await;
    Around { page: page.url.clone(), exposed, errors, no_page, times, cors, delivery, dns }
}

fn why_no_page(page: &Hop) -> Option<String> {
    let (address, response) = (shown(&page.url), &page.response);
    if !response.is_success() {
        return Some(format!("{address} answered {}: give an address that answers with a page", response.status));
    }
    // What has no end, or none in time, is not asked for again.
    response.body.cut.map(|cut| format!("{address} gave {cut}"))
}

/// Judges everything that was seen around the pages, and the ways to them.
pub fn judge(survey: &Survey, tally: &mut Tally) {
    siblings::judge_names(&survey.visits).into_iter().for_each(|sight| tally.add(siblings::NAME_RULES, sight));
    siblings::judge_ways(&survey.visits).into_iter().for_each(|sight| tally.add(siblings::WAY_RULES, sight));
    // A host that only redirects need not be quick at it.
    for (origin, seen) in &survey.http2 {
        if let Some(around) = survey.around.iter().find(|around| Origin::of(&around.page) == *origin) {
            tally.add(http2::RULES, http2::judge(origin, seen, is_loopback(&around.page)));
        }
    }
    let mut named: Vec<&str> = Vec::new();
    for around in &survey.around {
        // A plain page beside a secure one is a fault of its own, and what is around it is said once.
        if !is_secure(&around.page) && survey.has_secure_page(&around.page) {
            continue;
        }
        for (rule, sight) in rules::cors::judge(&around.cors) {
            tally.add(&[rule], sight);
        }
        judge_page(around, tally);
        judge_dns(around, &mut named, tally);
    }
}

fn judge_page(around: &Around, tally: &mut Tally) {
    let why = around.no_page.as_deref().unwrap_or_default();
    match &around.times {
        Some(laps) => tally.add(answer_times::RULES, answer_times::judge(laps)),
        None => tally.not_seen(answer_times::RULES, why),
    }
    match &around.delivery {
        Some(delivery) => {
            for (rules, sight) in rules::delivery::judge(delivery) {
                tally.add(rules, sight);
            }
        }
        None => rules::delivery::RULES.iter().for_each(|rule| tally.not_seen(&[rule], why)),
    }
}

fn judge_dns<'a>(around: &'a Around, named: &mut Vec<&'a str>, tally: &mut Tally) {
    const RULES: [&[&RuleMeta]; 2] = [rules::dns::CAA_RULES, rules::dns::MAIL_RULES];
    let dns = match &around.dns {
        Ok(dns) => dns,
        Err(why) => {
            RULES.iter().for_each(|rules| tally.add(rules, Sight::NotSeen(format!("DNS was not asked: {why}"))));
            return;
        }
    };
    if !named.contains(&dns.host.as_str()) {
        tally.add(rules::dns::CAA_RULES, rules::dns::judge_caa(dns));
    }
    if !named.contains(&dns.domain.as_str()) {
        tally.add(rules::dns::MAIL_RULES, rules::dns::judge_mail(dns));
    }
    named.extend([dns.host.as_str(), dns.domain.as_str()]);
}
