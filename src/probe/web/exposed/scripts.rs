//! The code that every visitor loads: the page itself, its scripts, and their source maps.

use futures_util::StreamExt;
use futures_util::stream;
use url::Url;

use super::maps::{self, Map};
use super::secrets::{self, Hit, MOST_TEXT};
use crate::probe::web::address::{same_site, shown};
use crate::probe::web::html::Document;
use crate::probe::web::http::Response;
use crate::probe::web::http::client::{Client, Request};

/// So many scripts of a page are read.
const SCRIPTS: usize = 10;
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
    /// What of that may hold a secret of the site's own, as the end of a sentence.
    pub why_in_part: Option<String>,
}

struct Script {
    url: Url,
    hits: Vec<Hit>,
    map: Option<String>,
    trouble: Option<String>,
    cut: bool,
}

/// Reads the page and its scripts of the same site.
pub async fn collect(client: &Client, page: &Url, response: &Response, document: &Document) -> Served {
    let mut served = Served::default();
    let (secrets, _) = search(response.body.bytes.clone(), None).await;
    served.code.push(Code { url: page.clone(), is_page: true, secrets });

    let mut urls = Vec::new();
    let modules = document.links.iter().filter(|link| link.is("modulepreload")).map(|link| link.href.as_str());
    for written in document.scripts.iter().filter_map(|script| script.src.as_deref()).chain(modules) {
        let Some(mut url) = document.resolve(page, written) else { continue };
        url.set_fragment(None);
        if !same_site(page, &url) {
            served.not_read.push(("scripts from other hosts", shown(&url)));
        } else if urls.contains(&url) {
        } else if urls.len() >= SCRIPTS {
            served.not_read.push(("scripts beyond the first ten", shown(&url)));
            served.why_in_part = Some(format!("only the first {SCRIPTS} scripts of {} were read", shown(page)));
        } else {
            urls.push(url);
        }
    }
    let mut scripts: Vec<Script> =
        stream::iter(urls.into_iter().map(|url| read(client, url))).buffered(AT_ONCE).collect().await;
    for script in &mut scripts {
        if let Some(trouble) = script.trouble.take() {
            served.why_in_part = Some(format!("{} was not read: {trouble}", shown(&script.url)));
            served.not_read.push(("scripts that could not be read", shown(&script.url)));
            continue;
        }
        if script.cut {
            served.why_in_part = Some(format!("only the beginning of {} was read", shown(&script.url)));
        }
        served.code.push(Code { url: script.url.clone(), is_page: false, secrets: std::mem::take(&mut script.hits) });
    }
    served.maps = maps_of(client, page, scripts).await;
    served
}

/// Searches a text for secrets and the name of its map, beside the threads that talk to servers.
async fn search(bytes: Vec<u8>, header: Option<String>) -> (Vec<Hit>, Option<String>) {
    let searching = tokio::task::spawn_blocking(move || {
        let text = String::from_utf8_lossy(&bytes);
        (secrets::search(&text), maps::named(&text, header))
    });
    searching.await.unwrap_or_default()
}

async fn read(client: &Client, url: Url) -> Script {
    let exchange = client.send(Request::get(url.clone())).await;
    let mut script = Script { url, hits: Vec::new(), map: None, trouble: None, cut: false };
    match exchange.result {
        Err(trouble) => script.trouble = Some(trouble.to_string()),
        Ok(response) if !response.is_success() => script.trouble = Some(format!("it answers {}", response.status)),
        Ok(response) => {
            let header = response.headers.first("sourcemap").or_else(|| response.headers.first("x-sourcemap"));
            script.cut = response.body.cut.is_some() || response.body.bytes.len() > MOST_TEXT;
            (script.hits, script.map) = search(response.body.bytes, header).await;
        }
    }
    script
}

/// Asks for the maps that scripts name, and for that of the first few which name none.
async fn maps_of(client: &Client, page: &Url, scripts: Vec<Script>) -> Vec<Map> {
    let mut guesses = GUESSED;
    let mut wanted = Vec::new();
    let mut found = Vec::new();
    for script in scripts {
        let url = match &script.map {
            Some(address) if address.starts_with("data:") => {
                let contents = maps::inline(address).and_then(|bytes| maps::read(&bytes, false));
                found.push(Map { url: script.url.clone(), script: script.url, contents, trouble: None });
                continue;
            }
            Some(address) => script.url.join(address).ok(),
            None if guesses > 0 => {
                guesses -= 1;
                let mut url = script.url.clone();
                url.set_path(&format!("{}.map", url.path()));
                Some(url)
            }
            None => None,
        };
        if let Some(url) = url.filter(|url| same_site(page, url) && wanted.len() < MAPS) {
            wanted.push((script.url, url));
        }
    }
    let asked = stream::iter(wanted.into_iter().map(|(script, url)| ask_for_map(client, script, url)));
    found.extend(asked.buffered(2).collect::<Vec<Map>>().await);
    found
}

async fn ask_for_map(client: &Client, script: Url, url: Url) -> Map {
    let exchange = client.send(Request::get(url.clone())).await;
    match exchange.result {
        Err(trouble) => Map { script, url, contents: None, trouble: Some(trouble.to_string()) },
        Ok(response) => {
            if !response.is_success() {
                return Map { script, url, contents: None, trouble: None };
            }
            let body = response.body;
            let reading = tokio::task::spawn_blocking(move || maps::read(&body.bytes, body.cut.is_some()));
            Map { script, url, contents: reading.await.unwrap_or_default(), trouble: None }
        }
    }
}
