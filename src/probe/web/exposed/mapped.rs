//! Asks for the source maps of the scripts that were read.

use futures_util::StreamExt;
use futures_util::stream;
use url::Url;

use super::maps::{self, Map};
use super::scripts::{Script, Served};
use crate::probe::web::address::{is_loopback, same_site, shown};
use crate::probe::web::http::client::{Client, Request};

/// So many maps are asked for.
const MAPS: usize = 4;
/// Of so many scripts that name no map, one is asked for where bundlers put it.
const GUESSED: usize = 6;

/// Asks for the maps that scripts name, and for those of a few which name none, of every folder first. `beyond` is how many scripts were
/// not read.
pub async fn maps_of(client: &Client, page: &Url, scripts: Vec<Script>, beyond: usize, served: &mut Served) {
    let named = scripts.iter().any(|script| script.map.is_some());
    let guessed = to_guess(&scripts);
    let mut wanted = Vec::new();
    let (mut too_many, mut unguessed) = (0, Vec::new());
    for script in scripts {
        let url = match &script.map {
            Some(address) if address.starts_with("data:") => {
                let contents = maps::inline(address).and_then(|bytes| maps::read(&bytes, false));
                served.maps.push(Map { url: script.url.clone(), script: script.url, contents, trouble: None });
                continue;
            }
            Some(address) => script.url.join(address).ok(),
            None if !may_have_one(&script) => None,
            None if guessed.contains(&script.url) => {
                let mut url = script.url.clone();
                url.set_path(&format!("{}.map", url.path()));
                Some(url)
            }
            None => {
                unguessed.push(script.url.clone());
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
            Some(_) if script.map.is_some() && named_ones(&wanted) >= MAPS => too_many += 1,
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
    // What lies in one folder was put there by one build.
    let is_alone = |url: &Url| !guessed.iter().any(|known| folder(known) == folder(url));
    if let Some(url) = unguessed.iter().find(|url| there || is_alone(url)) {
        let why =
            format!("scripts of {} that name no map were not all asked for one, such as {}", shown(page), shown(url));
        served.maps_in_part.push(why);
    }
}

/// Of what is wanted, how much a script names.
fn named_ones(wanted: &[(Url, Url, bool)]) -> usize {
    wanted.iter().filter(|(.., named)| *named).count()
}

/// Settings have no map.
fn may_have_one(script: &Script) -> bool {
    script.map.is_none() && !script.url.path().ends_with(".json")
}

/// The scripts without the name of a map of which one is asked for: the first of every folder, then the others.
fn to_guess(scripts: &[Script]) -> Vec<Url> {
    let (mut first, mut others): (Vec<Url>, Vec<Url>) = (Vec::new(), Vec::new());
    for script in scripts.iter().filter(|script| may_have_one(script)) {
        let known = first.iter().any(|known| folder(known) == folder(&script.url));
        if known { &mut others } else { &mut first }.push(script.url.clone());
    }
    first.append(&mut others);
    first.truncate(GUESSED);
    first
}

fn folder(url: &Url) -> &str {
    url.path().rsplit_once('/').map_or("", |(folder, _)| folder)
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
