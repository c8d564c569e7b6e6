//! The code that every visitor loads: the page itself, its scripts, and their source maps.

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::Semaphore;
use url::Url;

use super::LONGEST_PAGE;
use super::answer::Answer;
use super::control;
use super::imports::{self, Later};
use super::mapped::maps_of;
use super::maps::{self, Map};
use super::queue::Queue;
use super::secrets::{self, Hit, MOST_TEXT};
use crate::probe::web::address::shown;
use crate::probe::web::cors::{Mentions, mentions};
use crate::probe::web::errors::fresh;
use crate::probe::web::html::{Document, Link};
use crate::probe::web::http::Response;
use crate::probe::web::http::client::{Client, Request};

/// So many scripts are asked for at once: what each holds counts for all that a run may hold.
const AT_ONCE: usize = 2;

/// The page or a script.
#[derive(Debug)]
pub struct Code {
    /// Where it is.
    pub url: Url,
    /// Whether it is the page and not a script.
    pub is_page: bool,
    /// The secrets in it.
    pub secrets: Vec<Hit>,
}

/// What every visitor loads.
#[derive(Debug, Default)]
pub struct Served {
    /// What was read.
    pub code: Vec<Code>,
    /// The maps that were asked for.
    pub maps: Vec<Map>,
    /// The scripts that were to draw the page, where not one of them is there.
    pub gone: Vec<Url>,
    /// Where the page sends its readers by itself.
    pub leads_to: Option<Url>,
    /// What was not read, as phrases with an example.
    pub not_read: Vec<(&'static str, String)>,
    /// Why a secret of the site's own may stand in what was not read, one sentence each.
    pub in_part: Vec<String>,
    /// The addresses of an API that stand in it.
    pub mentions: Mentions,
    /// Why there may be maps that were not asked for, one sentence each.
    pub maps_in_part: Vec<String>,
}

/// A script.
pub struct Script {
    /// Where it is.
    pub url: Url,
    hits: Vec<Hit>,
    /// The name of its map.
    pub map: Option<String>,
    later: Later,
    mentions: Mentions,
    unread: Option<Unread>,
    /// Whether nothing is there, or the page itself, which an app gives for any address: browsers run neither.
    gone: bool,
    /// Whether its end did not arrive, where the name of its map stands.
    pub endless: bool,
    /// How long it is.
    bytes: usize,
}

/// What of a script was not read.
enum Unread {
    /// Visitors get nothing either.
    NotThere,
    /// All of it, and why.
    Whole(String),
    /// What is beyond its beginning, and why if that is known.
    End(Option<&'static str>),
}

/// Reads the page and its scripts of the same site into `served`, so that what was read stays when the time is over.
pub async fn collect(client: &Client, page: &Url, response: &Response, document: &Document, served: &mut Served) {
    let body = &response.body;
    let beginning = || body.bytes.get(..body.bytes.len().min(MOST_TEXT)).unwrap_or_default().to_vec();
    let found = search(page, beginning, Vec::new(), None, response.is_html()).await;
    served.mentions.take(found.mentions);
    served.code.push(Code { url: page.clone(), is_page: true, secrets: found.secrets });
    let unsearched = response.is_html() && body.bytes.len() > LONGEST_PAGE;
    if body.cut.is_some() || unsearched || body.bytes.len() > MOST_TEXT {
        served.in_part.push(format!("only the beginning of {} was read", shown(page)));
    }
    if response.is_html() && (body.cut.is_some() || unsearched) {
        served.maps_in_part.push(format!("only the beginning of {} was searched for scripts", shown(page)));
    }

    let mut leads_to = found.refresh.and_then(|to| document.resolve(page, &to));
    leads_to.iter_mut().for_each(|to| to.set_fragment(None));
    served.leads_to = leads_to.filter(|to| to != page);
    let base = document.base.as_deref().and_then(|base| page.join(base).ok()).unwrap_or_else(|| page.clone());
    let mut queue = Queue::new(client, page, base.clone());
    let tags = document.scripts.iter().filter_map(|script| Some((script.src.as_deref()?, script.module)));
    let modules = document.links.iter().filter(|link| link.is("modulepreload")).map(|link| (link.href.as_str(), true));
    let mut next: Vec<Url> = Vec::new();
    for (written, module) in tags.chain(modules) {
        next.extend(document.resolve(page, written).and_then(|url| queue.offer(url, module, served)));
    }
    let home = Answer::given(&body.bytes);
    let mut scripts = read_all(client, page, &next, Names::Written(&home), &mut queue, served).await;
    // A script of another site's, or one that stands in the page, may draw it as well.
    let others = document.scripts.iter().any(|script| script.inline)
        || document.scripts.iter().filter(|script| script.src.is_some()).count() > next.len();
    let none_is_there = !next.is_empty() && served.gone.len() == next.len();
    if others || !none_is_there || !fresh::is_shell(&body.bytes) {
        served.gone.clear();
    } else {
        // Once they are there, they hold what nobody has seen.
        let why = format!("none of the scripts that draw {} is there", shown(page));
        served.in_part.push(why.clone());
        served.maps_in_part.push(why);
    }
    let ahead = |link: &&Link| link.is("preload") || link.is("prefetch");
    let preloads = document.links.iter().filter(ahead).map(|link| link.href.as_str());
    let mut names = found.later;
    names.names.extend(preloads.filter(|href| is_script(href)).map(str::to_owned));
    let mut next = queue.of(&base, &names, served);
    for script in &scripts {
        next.extend(queue.of(&script.url, &script.later, served));
    }
    // What they load loads more in turn; the budget ends it.
    while !next.is_empty() {
        let read = read_all(client, page, &next, Names::Read(&home), &mut queue, served).await;
        next = Vec::new();
        for script in &read {
            next.extend(queue.of(&script.url, &script.later, served));
        }
        scripts.extend(read);
    }
    let unread = queue.note(served);
    maps_of(client, page, scripts, unread, served).await;
}

/// Whether an address is that of a script, by its ending.
fn is_script(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    path.ends_with(".js") || path.ends_with(".mjs")
}

/// Where the names of scripts are from, with the page, which some apps answer to anything.
#[derive(Clone, Copy)]
enum Names<'a> {
    /// The page's own tags.
    Written(&'a Answer),
    /// Code, where they may be misread.
    Read(&'a Answer),
}

/// Reads scripts, and keeps what is in them.
async fn read_all(
    client: &Client,
    page: &Url,
    urls: &[Url],
    names: Names<'_>,
    queue: &mut Queue<'_>,
    served: &mut Served,
) -> Vec<Script> {
    let mut reading = stream::iter(urls.iter().cloned().map(|url| read(client, page, url, names))).buffered(AT_ONCE);
    let (mut scripts, mut done) = (Vec::new(), 0);
    while let Some(mut script) = reading.next().await {
        done += 1;
        if script.gone && matches!(names, Names::Written(_)) {
            served.gone.push(script.url.clone());
        }
        note_unread(&script, served);
        let more = queue.spend(script.bytes);
        if !matches!(script.unread, Some(Unread::NotThere | Unread::Whole(_))) {
            served.mentions.take(std::mem::take(&mut script.mentions));
            let secrets = std::mem::take(&mut script.hits);
            served.code.push(Code { url: script.url.clone(), is_page: false, secrets });
            scripts.push(script);
        }
        if !more {
            break;
        }
    }
    urls.iter().skip(done).for_each(|url| queue.skip(url, served));
    scripts
}

/// Says what of a script was not read.
fn note_unread(script: &Script, served: &mut Served) {
    let url = shown(&script.url);
    if script.endless && script.map.is_none() {
        served
            .maps_in_part
            .push(format!("only the beginning of {url} was read, and the name of its map stands at the end"));
    }
    match &script.unread {
        None => {}
        Some(Unread::End(why)) => served.in_part.push(beginning_of(&url, *why)),
        Some(Unread::NotThere) => served.not_read.push(("scripts that could not be read", url)),
        Some(Unread::Whole(why)) => {
            served.in_part.push(format!("{url} was not read: {why}"));
            served.maps_in_part.push(format!("{url} was not read: {why}"));
            served.not_read.push(("scripts that could not be read", url));
        }
    }
}

/// Says that only the beginning was read, and why.
fn beginning_of(url: &str, why: Option<&str>) -> String {
    // What the client says it says of pages.
    let why = why.map(|why| format!(", since it gave {}", why.replacen("a page", "a script", 1)));
    format!("only the beginning of {url} was read{}", why.unwrap_or_default())
}

/// What a text holds.
#[derive(Default)]
struct Found {
    secrets: Vec<Hit>,
    map: Option<String>,
    later: Later,
    mentions: Mentions,
    /// Where a page sends its readers by itself.
    refresh: Option<String>,
}

/// Searches a text for secrets, the name of its map, what it loads later and which API it asks, beside the threads that talk to servers.
/// `end` is what stands at its end, where not all of it is searched.
async fn search(
    page: &Url,
    text: impl FnOnce() -> Vec<u8>,
    end: Vec<u8>,
    header: Option<String>,
    is_page: bool,
) -> Found {
    // One after the other: a copy of every page of a run at once would be more than the run may hold, as would be all that is made of them.
    static ONE: Semaphore = Semaphore::const_new(1);
    let _turn = ONE.acquire().await;
    let (page, text) = (page.clone(), text());
    let searching = tokio::task::spawn_blocking(move || {
        let tail = text.get(text.len().saturating_sub(maps::TAIL)..).unwrap_or_default();
        let map = maps::named(&String::from_utf8_lossy(if end.is_empty() { tail } else { &end }), header);
        let text = String::from_utf8_lossy(&text);
        let later = if is_page { imports::of_page(&text) } else { imports::of(&text) };
        let refresh = if is_page { imports::refresh(&text) } else { None };
        Found { secrets: secrets::search(&text), map, later, mentions: mentions(&page, &text), refresh }
    });
    searching.await.unwrap_or_default()
}

async fn read(client: &Client, page: &Url, url: Url, names: Names<'_>) -> Script {
    let exchange = client.send(Request::get(url.clone())).await;
    let mut script = Script {
        url,
        hits: Vec::new(),
        map: None,
        later: Later::default(),
        mentions: Mentions::default(),
        unread: None,
        gone: false,
        endless: false,
        bytes: 0,
    };
    match exchange.result {
        Err(trouble) => script.unread = Some(Unread::Whole(trouble.to_string())),
        Ok(response) if matches!(response.status, 404 | 410) => {
            (script.unread, script.gone) = (Some(Unread::NotThere), true);
        }
        Ok(response) if !response.is_success() || response.status == 202 => {
            script.unread = Some(Unread::Whole(format!("it answers {}", response.status)));
        }
        // No browser runs a page as a script: a wall stands before the script, or it is gone.
        Ok(response) if response.is_page() => {
            let (Names::Written(home) | Names::Read(home)) = names;
            script.gone = control::same(&Answer::given(&response.body.bytes), home);
            let misread = script.gone && matches!(names, Names::Read(_));
            let whole = || Unread::Whole("it answers with a page".to_owned());
            script.unread = Some(if misread { Unread::NotThere } else { whole() });
        }
        Ok(mut response) => {
            let header = response.headers.first("sourcemap").or_else(|| response.headers.first("x-sourcemap"));
            let mut text = std::mem::take(&mut response.body.bytes);
            script.bytes = text.len();
            script.endless = response.body.cut.is_some();
            script.unread = (script.endless || text.len() > MOST_TEXT).then_some(Unread::End(response.body.cut));
            // What is not searched is let go of before the turn comes, and the rest counts until it has been searched.
            let mut held = std::mem::take(&mut response.body.held);
            drop(response);
            let beyond = text.len() > MOST_TEXT;
            let end = text.get(text.len().saturating_sub(maps::TAIL)..).filter(|_| beyond).unwrap_or_default().to_vec();
            text.truncate(MOST_TEXT);
            text.shrink_to_fit();
            held.shrink_to(text.capacity());
            let found = search(page, || text, end, header, false).await;
            drop(held);
            (script.hits, script.map, script.later) = (found.secrets, found.map, found.later);
            script.mentions = found.mentions;
        }
    }
    script
}
