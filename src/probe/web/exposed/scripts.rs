//! The code that every visitor loads: the page itself, its scripts, and their source maps.

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::Semaphore;
use url::Url;

use super::LONGEST_PAGE;
use super::imports::{self, Later};
use super::maps::{self, Map};
use super::secrets::{self, Hit, MOST_TEXT};
use crate::probe::web::address::{is_loopback, registered, same_site, shown};
use crate::probe::web::html::Document;
use crate::probe::web::http::Response;
use crate::probe::web::http::client::{Client, Request};

/// So many scripts of a page are read.
const SCRIPTS: usize = 10;
/// So many that scripts load later are read besides.
const LATER: usize = 10;
/// So many of their maps are asked for.
const MAPS: usize = 4;
/// Of so many scripts that name no map, one is asked for where bundlers put it.
const GUESSED: usize = 2;
/// So many are asked for at once.
const AT_ONCE: usize = 3;

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
    /// What was not read, as phrases with an example.
    pub not_read: Vec<(&'static str, String)>,
    /// Why a secret of the site's own may stand in what was not read, one sentence each.
    pub in_part: Vec<String>,
    /// Why there may be maps that were not asked for, one sentence each.
    pub maps_in_part: Vec<String>,
}

struct Script {
    url: Url,
    hits: Vec<Hit>,
    map: Option<String>,
    later: Later,
    unread: Option<Unread>,
    /// Whether its end did not arrive, where the name of its map stands.
    endless: bool,
}

/// What of a script was not read.
enum Unread {
    /// Visitors get nothing either.
    NotThere,
    /// All of it, and why.
    Whole(String),
    /// What is beyond its beginning.
    End,
}

/// Reads the page and its scripts of the same site into `served`, so that what was read stays when the time is over.
pub async fn collect(client: &Client, page: &Url, response: &Response, document: &Document, served: &mut Served) {
    let body = &response.body;
    let found = search(&body.bytes, None, response.is_html()).await;
    served.code.push(Code { url: page.clone(), is_page: true, secrets: found.secrets });
    let unsearched = response.is_html() && body.bytes.len() > LONGEST_PAGE;
    if body.cut.is_some() || unsearched || body.bytes.len() > MOST_TEXT {
        served.in_part.push(format!("only the beginning of {} was read", shown(page)));
    }
    if response.is_html() && (body.cut.is_some() || unsearched) {
        served.maps_in_part.push(format!("only the beginning of {} was searched for scripts", shown(page)));
    }

    let mut urls = Vec::new();
    let mut beyond = 0;
    let mut foreign = Foreign::default();
    let modules = document.links.iter().filter(|link| link.is("modulepreload")).map(|link| link.href.as_str());
    for written in document.scripts.iter().filter_map(|script| script.src.as_deref()).chain(modules) {
        let Some(mut url) = document.resolve(page, written) else { continue };
        url.set_fragment(None);
        if !same_site(page, &url) {
            foreign.add(page, url, served);
        } else if urls.contains(&url) {
        } else if urls.len() >= SCRIPTS {
            served.not_read.push(("scripts beyond the first ten", shown(&url)));
            beyond += 1;
        } else {
            urls.push(url);
        }
    }
    if beyond > 0 {
        served.in_part.push(format!("only the first {SCRIPTS} scripts of {} were read", shown(page)));
    }
    let mut scripts = read_all(client, &urls, served).await;
    if scripts.is_empty() && urls.is_empty() {
        foreign.own.append(&mut foreign.others);
    }
    let mut queue = Queue { page, known: urls, left: LATER, beyond: 0, unnamed: None };
    let base = document.base.as_deref().and_then(|base| page.join(base).ok()).unwrap_or_else(|| page.clone());
    let preloads = document.links.iter().filter(|link| link.is("preload")).map(|link| link.href.as_str());
    let mut names = found.later;
    names.names.extend(preloads.filter(|href| is_script(href)).map(str::to_owned));
    let mut next = queue.of(&base, &names, &mut foreign, served);
    for script in &scripts {
        next.extend(queue.of(&script.url, &script.later, &mut foreign, served));
    }
    // What they load loads more in turn; the budget ends it.
    while !next.is_empty() {
        let read = read_all(client, &next, served).await;
        next = Vec::new();
        for script in &read {
            next.extend(queue.of(&script.url, &script.later, &mut foreign, served));
        }
        scripts.extend(read);
    }
    queue.note(served);
    foreign.note(served);
    let unread = beyond + queue.beyond + usize::from(queue.unnamed.is_some());
    maps_of(client, page, scripts, unread, served).await;
}

/// Whether an address is that of a script, by its ending.
fn is_script(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    path.ends_with(".js") || path.ends_with(".mjs")
}

/// Scripts on other hosts, which are never asked for.
#[derive(Default)]
struct Foreign {
    /// Those that are likely to be the site's own all the same.
    own: Vec<Url>,
    others: Vec<Url>,
}

impl Foreign {
    fn add(&mut self, page: &Url, url: Url, served: &mut Served) {
        if self.own.contains(&url) || self.others.contains(&url) {
            return;
        }
        served.not_read.push(("scripts from other hosts", shown(&url)));
        let own = registered(page) == registered(&url);
        if own { &mut self.own } else { &mut self.others }.push(url);
    }

    /// Says that code of the site's own was not read.
    fn note(&self, served: &mut Served) {
        let Some(first) = self.own.first() else { return };
        let why = format!("{} is on another host and was not read: give its address with --url", shown(first));
        served.in_part.push(why.clone());
        served.maps_in_part.push(why);
    }
}

/// The scripts that others load later by themselves.
struct Queue<'a> {
    page: &'a Url,
    /// Those that were or will be read.
    known: Vec<Url>,
    /// So many more may be read.
    left: usize,
    /// So many were not.
    beyond: usize,
    /// The first place that makes up names.
    unnamed: Option<Url>,
}

impl Queue<'_> {
    /// Those that the code at `from` loads and that are to be read.
    fn of(&mut self, from: &Url, later: &Later, foreign: &mut Foreign, served: &mut Served) -> Vec<Url> {
        let mut next = Vec::new();
        if later.unnamed && self.unnamed.is_none() {
            self.unnamed = Some(from.clone());
        }
        for url in later.names.iter().filter_map(|name| imports::resolve(name, from, self.page)) {
            if !same_site(self.page, &url) {
                foreign.add(self.page, url, served);
            } else if self.known.contains(&url) {
            } else if self.left == 0 {
                self.beyond += 1;
                self.known.push(url.clone());
                served.not_read.push(("scripts that are loaded later, beyond the first ten", shown(&url)));
            } else {
                self.left -= 1;
                self.known.push(url.clone());
                next.push(url);
            }
        }
        next
    }

    /// Says what was left over.
    fn note(&self, served: &mut Served) {
        let page = shown(self.page);
        if self.beyond > 0 {
            served.in_part.push(format!("only the first {LATER} scripts that {page} loads later were read"));
        }
        if let Some(url) = &self.unnamed {
            let from = shown(url);
            served
                .in_part
                .push(format!("{from} loads more scripts later, whose names it makes up, and they were not read"));
            served.not_read.push(("scripts that are loaded later under names made up", from));
        }
    }
}

/// Reads scripts, and keeps what is in them.
async fn read_all(client: &Client, urls: &[Url], served: &mut Served) -> Vec<Script> {
    let mut reading = stream::iter(urls.iter().cloned().map(|url| read(client, url))).buffered(AT_ONCE);
    let mut scripts = Vec::new();
    while let Some(mut script) = reading.next().await {
        note_unread(&script, served);
        if !matches!(script.unread, Some(Unread::NotThere | Unread::Whole(_))) {
            let secrets = std::mem::take(&mut script.hits);
            served.code.push(Code { url: script.url.clone(), is_page: false, secrets });
            scripts.push(script);
        }
    }
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
        Some(Unread::End) => served.in_part.push(format!("only the beginning of {url} was read")),
        Some(Unread::NotThere) => served.not_read.push(("scripts that could not be read", url)),
        Some(Unread::Whole(why)) => {
            served.in_part.push(format!("{url} was not read: {why}"));
            served.maps_in_part.push(format!("{url} was not read: {why}"));
            served.not_read.push(("scripts that could not be read", url));
        }
    }
}

/// What a text holds.
#[derive(Default)]
struct Found {
    secrets: Vec<Hit>,
    map: Option<String>,
    later: Later,
}

/// Searches a text for secrets, the name of its map and what it loads later, beside the threads that talk to servers.
async fn search(bytes: &[u8], header: Option<String>, is_page: bool) -> Found {
    // One after the other: a copy of every page of a run at once would be more than the run may hold.
    static ONE: Semaphore = Semaphore::const_new(1);
    let _turn = ONE.acquire().await;
    let text = bytes.get(..bytes.len().min(MOST_TEXT)).unwrap_or_default().to_vec();
    let end = bytes.get(bytes.len().saturating_sub(maps::TAIL)..).unwrap_or_default().to_vec();
    let searching = tokio::task::spawn_blocking(move || {
        let text = String::from_utf8_lossy(&text);
        let map = maps::named(&String::from_utf8_lossy(&end), header);
        let later = if is_page { imports::of_page(&text) } else { imports::of(&text) };
        Found { secrets: secrets::search(&text), map, later }
    });
    searching.await.unwrap_or_default()
}

async fn read(client: &Client, url: Url) -> Script {
    let exchange = client.send(Request::get(url.clone())).await;
    let mut script = Script { url, hits: Vec::new(), map: None, later: Later::default(), unread: None, endless: false };
    match exchange.result {
        Err(trouble) => script.unread = Some(Unread::Whole(trouble.to_string())),
        Ok(response) if matches!(response.status, 404 | 410) => script.unread = Some(Unread::NotThere),
        Ok(response) if !response.is_success() => {
            script.unread = Some(Unread::Whole(format!("it answers {}", response.status)));
        }
        Ok(response) => {
            let header = response.headers.first("sourcemap").or_else(|| response.headers.first("x-sourcemap"));
            let body = &response.body;
            script.endless = body.cut.is_some();
            script.unread = (script.endless || body.bytes.len() > MOST_TEXT).then_some(Unread::End);
            let found = search(&body.bytes, header, false).await;
            (script.hits, script.map, script.later) = (found.secrets, found.map, found.later);
        }
    }
    script
}

/// Asks for the maps that scripts name, and for that of the first few which name none. `beyond` is how many scripts were not read.
async fn maps_of(client: &Client, page: &Url, scripts: Vec<Script>, beyond: usize, served: &mut Served) {
    let named = scripts.iter().any(|script| script.map.is_some());
    let mut guesses = GUESSED;
    let mut wanted = Vec::new();
    let (mut too_many, mut unguessed) = (0, 0);
    for script in scripts {
        let url = match &script.map {
            Some(address) if address.starts_with("data:") => {
                let contents = maps::inline(address).and_then(|bytes| maps::read(&bytes, false));
                served.maps.push(Map { url: script.url.clone(), script: script.url, contents, trouble: None });
                continue;
            }
            Some(address) => script.url.join(address).ok(),
            None if guesses > 0 => {
                guesses -= 1;
                let mut url = script.url.clone();
                url.set_path(&format!("{}.map", url.path()));
                Some(url)
            }
            None => {
                unguessed += 1;
                None
            }
        };
        match url {
            // An address that only the developer's machine knows is no way for anybody else.
            Some(url) if !same_site(page, &url) && (!url.scheme().starts_with("http") || is_loopback(&url)) => {}
            Some(url) if !same_site(page, &url) => {
                let why = format!("{} is on another host and was not asked for", shown(&url));
                served.maps_in_part.push(why);
            }
            Some(_) if wanted.len() >= MAPS => too_many += 1,
            Some(url) => wanted.push((script.url, url, script.map.is_some())),
            None => {}
        }
    }
    if too_many > 0 {
        let why = format!("only the first {MAPS} maps of the scripts of {} were asked for", shown(page));
        served.maps_in_part.push(why);
    }
    let asked: Vec<_> =
        wanted.into_iter().map(|(script, url, named)| ask_for_map(client, script, url, named)).collect();
    let mut asked = stream::iter(asked).buffered(2);
    while let Some(map) = asked.next().await {
        served.maps.push(map);
    }
    // One build makes all scripts: where some have maps, those of the others are likely to be there too.
    let there = served.maps.iter().any(|map| map.contents.is_some());
    if beyond > 0 && (named || there) {
        served.maps_in_part.push(format!("not all scripts of {} were read", shown(page)));
    }
    if unguessed > 0 && there {
        served.maps_in_part.push(format!("scripts of {} that name no map were not all asked for one", shown(page)));
    }
}

/// Asks for a map. `named` is whether the script says that it is there.
async fn ask_for_map(client: &Client, script: Url, url: Url, named: bool) -> Map {
    let exchange = client.send(Request::get(url.clone())).await;
    match exchange.result {
        Err(trouble) => Map { script, url, contents: None, trouble: Some(trouble.to_string()) },
        Ok(response) if response.is_success() => {
            let body = response.body;
            let reading = tokio::task::spawn_blocking(move || maps::read(&body.bytes, body.cut.is_some()));
            Map { script, url, contents: reading.await.unwrap_or_default(), trouble: None }
        }
        // Asked to wait, failing, or kept from strangers for now: the map may be there.
        Ok(response)
            if response.status == 429
                || response.status >= 500
                || (named && matches!(response.status, 401 | 403 | 407)) =>
        {
            Map { script, url, contents: None, trouble: Some(format!("it answers {}", response.status)) }
        }
        Ok(_) => Map { script, url, contents: None, trouble: None },
    }
}
