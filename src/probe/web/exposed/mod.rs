//! What a site gives away: files, pages for developers, secrets in served code, source maps. `collect` asks, the `rules` judge.

pub mod answer;
pub mod control;
mod foreign;
mod imports;
pub mod legal;
mod mapped;
pub mod maps;
pub mod paths;
mod proof;
mod queue;
mod rows;
pub mod scripts;
pub mod secrets;
pub mod verdict;
mod wall;
mod webpack;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream;
use futures_util::{StreamExt, future};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::address::{same_site, shown};
use super::errors::challenge;
use super::html::{self, Document};
use super::http::Response;
use super::http::client::{Client, Request};
use super::visit::Hop;
use answer::Answer;
use paths::{Asked, PATHS, Stack};
use scripts::Served;

pub use proof::{Found, few, notices};
pub use rows::rows;
pub use wall::Way;

/// So many paths are asked for at once, so that a small server stays a server for its users.
const AT_ONCE: usize = 6;
/// All paths together may take so long, and a single one so long.
const TIME: Duration = Duration::from_secs(10);
const TIME_EACH: Duration = Duration::from_secs(4);

/// So much of a page is searched for its scripts and links.
const LONGEST_PAGE: usize = 1024 * 1024;
/// So much of it is kept to hold error pages against.
const LONGEST_FRONT: usize = 256 * 1024;
/// A page for what does not exist is shorter; what is longer has no end.
const LONGEST_MISSING: usize = 1024 * 1024;

/// What was seen of one page and its origin.
#[derive(Debug, Default)]
pub struct Exposed {
    /// The page as its markup has it; `None` where it is no page.
    pub document: Option<Document>,
    /// What its origin answers to paths; `None` where another page of the same origin stands for it.
    pub paths: Option<Paths>,
    /// What every visitor loads.
    pub served: Served,
    /// The legal pages that are linked, and what their links led to; `None` for one on another host.
    pub legal: Vec<(legal::Kind, Url, Option<Answer>)>,
}

/// What an origin answers to paths.
#[derive(Debug, Default)]
pub struct Paths {
    /// The text of the page from which they were asked for.
    pub front: String,
    /// Whether that page asks for a password.
    pub front_asks_for_password: bool,
    /// How it was reached.
    pub way: Way,
    /// What it answers to a path that nobody can have.
    pub missing: Answer,
    /// The same with a dot in front, which many servers refuse whatever it is.
    pub missing_dotted: Answer,
    /// The same once all others were asked for; where the site asked to be left alone, as if nothing had come.
    pub missing_after: Answer,
    /// The answers, in the order of the table.
    pub answers: Vec<Seen>,
    /// What was not asked for, and why, as a phrase.
    pub left_out: Vec<(&'static Asked, &'static str)>,
}

/// Reasons for leaving a path out that leave nothing unseen.
pub fn is_no_loss(why: &str) -> bool {
    why.starts_with("the site is made with") || why.starts_with("what it belongs to")
}

/// An answer.
#[derive(Debug)]
pub struct Seen {
    /// What was asked for.
    pub asked: &'static Asked,
    /// What came.
    pub answer: Answer,
    /// What a path of the same shape gives that nobody can have; asked for only where the answer looked like something.
    pub control: Option<Answer>,
}

/// Looks at a page and, if the `way` to it is told, at what its origin answers to paths.
pub async fn collect(client: &Client, page: &Hop, way: Option<Way>) -> Exposed {
    let document = is_page(&page.response).then(|| {
        let body = &page.response.body;
        let mut document = html::read(body.bytes.get(..body.bytes.len().min(LONGEST_PAGE)).unwrap_or_default());
        document.cut |= body.cut.is_some() || body.bytes.len() > LONGEST_PAGE;
        document
    });
    let nothing = Document::default();
    let known = document.as_ref().unwrap_or(&nothing);
    let deadline = Instant::now() + TIME;
    let (paths, served) = future::join(
        async {
            match way {
                Some(way) => Some(ask_for_paths(client, page, way, known, deadline).await),
                None => None,
            }
        },
        async {
            let mut served = Served::default();
            if challenge::is_response(&page.response) {
                let why = format!("{} answers with a check for bots", shown(&page.url));
                served.in_part.push(why.clone());
                served.maps_in_part.push(why);
                return served;
            }
            if !page.response.is_success() {
                return served;
            }
            // What was read by then counts.
            let reading = scripts::collect(client, &page.url, &page.response, known, &mut served);
            if timeout_at(deadline, reading).await.is_err() {
                let why = format!("the scripts of {} and their maps did not all arrive in time", shown(&page.url));
                served.in_part.push(why.clone());
                served.maps_in_part.push(why);
            }
            served
        },
    )
    .await;
    let legal = match &document {
        Some(document) => legal_pages(client, &page.url, document, deadline).await,
        None => Vec::new(),
    };
    Exposed { document, paths, served, legal }
}

async fn ask_for_paths(client: &Client, page: &Hop, way: Way, document: &Document, deadline: Instant) -> Paths {
    let front = &page.response.body.bytes;
    let front = String::from_utf8_lossy(front.get(..LONGEST_FRONT).unwrap_or(front)).into_owned();
    let front_asks_for_password = wall::asks_for_password(&front);
    let mut paths = Paths { front, front_asks_for_password, way, ..Paths::default() };
    let dotted = format!("/.{}", control::nobody());
    let plain = format!("/{}", control::nobody());
    paths.missing = ask(client, &page.url, &plain, LONGEST_MISSING).await;
    let why_not = why_ask_no_more(&paths.missing);
    if let Some(why) = why_not {
        paths.left_out = PATHS.iter().map(|row| (row, why)).collect();
        return paths;
    }
    paths.missing_dotted = ask(client, &page.url, &dotted, LONGEST_MISSING).await;

    let stop = AtomicBool::new(false);
    let without = without(page, document);
    let (mut now, later): (Vec<&'static Asked>, Vec<&'static Asked>) =
        PATHS.iter().partition(|row| !matches!(row.stack, Stack::After(_)));
    // Where a site takes so many requests and no more, these are known at least.
    now.sort_by_key(|row| !row.is_first());
    // Collected first: the compiler cannot tell that a lazy iterator of futures may cross threads.
    let asked: Vec<_> = now
        .into_iter()
        .map(|row: &'static Asked| {
            let (stop, without) = (&stop, &without);
            async move {
                if without.contains(&row.stack) {
                    return Err((row, "the site is made with something else"));
                }
                look(client, &page.url, row, stop, deadline).await
            }
        })
        .collect();
    let mut results: Vec<Result<Seen, (&'static Asked, &'static str)>> =
        stream::iter(asked).buffered(AT_ONCE).collect().await;
    results.sort_by_cached_key(|result| PATHS.iter().position(|row| row.path == path_of(result)));

    for row in later {
        let Stack::After(before) = row.stack else { continue };
        let place = results.iter().position(|result| path_of(result) == before);
        let there = place
            .and_then(|place| results.get(place)?.as_ref().ok())
            .is_some_and(|seen| matches!(verdict::of(seen, &paths), verdict::What::Found(_)));
        let result = if there {
            look(client, &page.url, row, &stop, deadline).await
        } else {
            Err((row, "what it belongs to is not there"))
        };
        results.insert(place.map_or(results.len(), |place| place + 1), result);
    }
    for result in results {
        match result {
            Ok(seen) => paths.answers.push(seen),
            Err(left_out) => paths.left_out.push(left_out),
        }
    }
    if paths.wall().is_none() && !stop.load(Ordering::Relaxed) {
        paths.missing_after = ask(client, &page.url, &format!("/{}", control::nobody()), LONGEST_MISSING).await;
    }
    paths
}

fn path_of(result: &Result<Seen, (&'static Asked, &'static str)>) -> &'static str {
    match result {
        Ok(seen) => seen.asked.path,
        Err((asked, _)) => asked.path,
    }
}

/// Asks for one path, and where the answer looks like what was looked for, for a path of the same shape too.
async fn look(
    client: &Client,
    page: &Url,
    row: &'static Asked,
    stop: &AtomicBool,
    deadline: Instant,
) -> Result<Seen, (&'static Asked, &'static str)> {
    if stop.load(Ordering::Relaxed) {
        return Err((row, "the site asked to be left alone for now"));
    }
    if Instant::now() >= deadline {
        return Err((row, "the site answers too slowly"));
    }
    let answer = ask(client, page, row.path, answer::KEPT).await;
    if answer.status == Some(429) {
        stop.store(true, Ordering::Relaxed);
        return Err((row, "the site asked to be left alone for now"));
    }
    let control = match (row.reads)(&answer) {
        Some(_) => Some(ask(client, page, &control::like(row.path), answer::KEPT).await),
        None => None,
    };
    if control.as_ref().is_some_and(|control| control.status == Some(429)) {
        stop.store(true, Ordering::Relaxed);
    }
    Ok(Seen { asked: row, answer, control })
}

async fn ask(client: &Client, page: &Url, path: &str, most: usize) -> Answer {
    let Ok(url) = page.join(path) else { return Answer::default() };
    match timeout(TIME_EACH, client.send(Request::get(url).most_body(most))).await {
        Ok(exchange) => Answer::of(path, exchange),
        Err(_) => Answer::late(path, TIME_EACH),
    }
}

/// Why nothing that the site answers to paths would mean anything, as a phrase.
fn why_ask_no_more(missing: &Answer) -> Option<&'static str> {
    match missing.status {
        None => Some("the site does not answer to a path that does not exist"),
        Some(429) => Some("the site asked to be left alone for now"),
        _ if missing.cut => Some("what the site answers has no end"),
        _ => None,
    }
}

/// What the site is surely not made with.
fn without(page: &Hop, document: &Document) -> Vec<Stack> {
    let headers = &page.response.headers;
    let by =
        ["x-powered-by", "server", "x-generator"].iter().filter_map(|name| headers.first(name)).collect::<String>();
    let by = by.to_ascii_lowercase();
    let next = document.scripts.iter().filter_map(|script| script.src.as_deref()).any(|src| src.contains("/_next/"));
    let javascript = next || ["express", "next.js", "vercel", "netlify", "deno"].iter().any(|name| by.contains(name));
    let php = by.contains("php");
    match (javascript, php) {
        (true, false) => vec![Stack::Php, Stack::Rails],
        (_, true) => vec![Stack::Rails],
        (false, false) => Vec::new(),
    }
}

/// Asks for the legal pages that are linked, where they are the site's own.
async fn legal_pages(
    client: &Client,
    page: &Url,
    document: &Document,
    deadline: Instant,
) -> Vec<(legal::Kind, Url, Option<Answer>)> {
    let mut found = Vec::new();
    for kind in legal::Kind::ALL {
        let Some(mut url) = legal::link(document, page, kind) else { continue };
        url.set_fragment(None);
        let own = same_site(page, &url) && url != *page && kind != legal::Kind::Cookies;
        let path = url.path().to_owned();
        let answer = if !own {
            None
        } else if Instant::now() < deadline {
            let sent = timeout(TIME_EACH, client.send(Request::get(url.clone()).most_body(answer::KEPT))).await;
            Some(sent.map_or_else(|_| Answer::late(&path, TIME_EACH), |exchange| Answer::of(&path, exchange)))
        } else {
            Some(Answer::late(&path, TIME))
        };
        found.push((kind, url, answer));
    }
    found
}

/// Whether a response is a page of the site that reached its reader.
pub fn is_page(response: &Response) -> bool {
    response.is_success() && response.is_html() && !challenge::is_response(response)
}

/// Reads bytes in every way in which what a site gives away is read; for the fuzz targets.
pub fn read_any(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    secrets::search(&text);
    maps::named(&text, None);
    maps::read(bytes, false);
    maps::read(bytes, true);
    super::errors::signs::read(&text);
    let answer = Answer::given(bytes);
    PATHS.iter().for_each(|row| drop((row.reads)(&answer)));
    control::same(&answer, &Answer::default());
}
