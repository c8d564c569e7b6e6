//! What is asked of a site once its page is known: beside the page, not about it. How long answers take is measured first,
//! while nothing else is asked; then every part is asked at the same time.

use futures_util::future::join5;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::address::shown;
use super::cors::{self, Cors};
use super::delivery::{self, Delivery};
use super::dns::{self, Dns};
use super::errors::{self, Errors, challenge};
use super::exposed::{self, Exposed, Way};
use super::http::client::Client;
use super::times::{self, Laps};
use super::trouble::Trouble;
use super::visit::Hop;

/// What was seen around one page.
#[derive(Debug)]
pub struct Around {
    /// The page.
    pub page: Url,
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
    /// What the site gives away.
    pub exposed: Exposed,
    /// What it shows when something goes wrong; `None` where another page of the same origin stands for it.
    pub errors: Option<Errors>,
}

/// Measures how long answers take, until `end`; `None` where the page is none.
pub async fn measure(client: &Client, page: &Hop, end: Instant) -> Option<Laps> {
    if why_no_page(page).is_none() { Some(times::collect(client, page, end).await) } else { None }
}

/// Looks around `page`, whose `times` are known; `way` is told for the first of its origin, so that what concerns the origin is asked
/// once.
pub async fn look(client: &Client, page: &Hop, way: Option<Way>, times: Option<Laps>) -> Around {
    let no_page = why_no_page(page);
    let is_page = no_page.is_none();
    let delivery = async { if is_page { Some(delivery::collect(client, page).await) } else { None } };
    let first = way.is_some();
    let errors = async { if first { Some(errors::collect(client, &page.url).await) } else { None } };
    let (exposed, errors, mut cors, delivery, dns) = join5(
        exposed::collect(client, page, way),
        errors,
        cors::collect(client, page),
        delivery,
        ask_dns(client, &page.url),
    )
    .await;
    cors::collect_served(client, &page.url, &exposed.served, &mut cors).await;
    Around { page: page.url.clone(), no_page, times, cors, delivery, dns, exposed, errors }
}

/// Within the site's time.
async fn ask_dns(client: &Client, page: &Url) -> Result<Dns, String> {
    let Some(clock) = client.clock(page).await else { return Err(Trouble::NotOurs.to_string()) };
    let why_not = client.makes_names_up().then_some("the names of this run are made up");
    let asking = dns::collect(page, dns::Way { why_not, server: None });
    timeout_at(clock.end(), asking).await.unwrap_or_else(|_| Err(clock.over().to_string()))
}

fn why_no_page(page: &Hop) -> Option<String> {
    let (address, response) = (shown(&page.url), &page.response);
    if challenge::is_response(response) {
        return Some(format!("{address} answers with a check for bots: allow yourself in and run the probe again"));
    }
    if !response.is_success() {
        return Some(format!("{address} answered {}: give an address that answers with a page", response.status));
    }
    // What has no end, or none in time, is not asked for again.
    response.body.cut.map(|cut| format!("{address} gave {cut}"))
}
