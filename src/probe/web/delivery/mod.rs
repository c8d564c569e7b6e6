//! How a page and the files that it loads from its own origin are sent: packed, kept by caches, built for production.

pub mod caching;
pub mod cdn;
pub mod code;

use futures_util::future::{join, join_all};
use url::Url;

use super::address::is_loopback;
use super::html::{self, Document};
use super::http::client::{Client, Method, Request};
use super::http::{Headers, Response};
use super::visit::Hop;
use code::Code;

/// So many of each kind are asked for.
const MOST_SCRIPTS: usize = 4;
const MOST_STYLES: usize = 1;
const MOST_IMAGES: usize = 3;
const MOST_FONTS: usize = 1;
/// So much of a page is searched for its files.
const SEARCHED: usize = 512 * 1024;
/// What browsers unpack and we do too.
const PACKED: &str = "gzip, br";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JavaScript.
    Script,
    /// A stylesheet.
    Style,
    /// A picture.
    Image,
    /// A font.
    Font,
}

/// How an answer was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its type in lower case, without parameters.
    pub kind: String,
    /// Bytes of the body on the wire; of a picture what `Content-Length` says. `None` where that is not known.
    pub wire: Option<u64>,
    /// How it was packed, in lower case.
    pub encoding: Option<String>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Where it is.
    pub url: Url,
    /// What it is.
    pub kind: Kind,
    /// How it came, or why it did not.
    pub sent: Result<Sent, String>,
    /// What its code looks like, for scripts.
    pub code: Option<Code>,
}

/// Everything about one page.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The page.
    pub page: Url,
    /// The page, asked for as a browser does; `None` where it did not answer again.
    pub sent: Option<Sent>,
    /// Files that were asked for.
    pub assets: Vec<Asset>,
    /// How many pictures of its own the page has in all.
    pub images: usize,
    /// How many scripts of its own the page has in all.
    pub scripts: usize,
    /// What tells that the page comes from a development server or loads tools for development, as phrases.
    pub tools: Vec<&'static str>,
    /// Bytes on the wire of the first packed file, when it is asked for without packing.
    pub unpacked: Option<(Url, Sent)>,
    /// Whether it is on this machine.
    pub local: bool,
}

/// Asks for the page as a browser does, and for some of its files.
pub async fn collect(client: &Client, page: &Hop) -> Delivery {
    let is_html = page.response.is_html();
    let bytes = &page.response.body.bytes;
    let start = bytes.get(..bytes.len().min(SEARCHED)).unwrap_or_default();
    let document = if is_html { html::read(start) } else { Document::default() };
    let tools = if is_html { code::tools_of_page(&String::from_utf8_lossy(start), &document) } else { Vec::new() };
    let (files, scripts, images) = files(&page.url, &document);
    let again = client.send(packed(&page.url, Method::Get));
    let (again, assets) = join(again, join_all(files.into_iter().map(|(url, kind)| ask(client, url, kind)))).await;
    let sent = again.response().map(|response| sent(response, Method::Get));
    let first_packed = assets
        .iter()
        .find(|asset| asset.kind == Kind::Script && asset.sent.as_ref().is_ok_and(|sent| sent.encoding.is_some()));
    let unpacked = match first_packed.map(|asset| asset.url.clone()) {
        None => None,
        Some(url) => {
            let request = Request::get(url.clone()).header("Accept-Encoding", "identity");
            client.send(request).await.response().map(|response| (url, self::sent(response, Method::Get)))
        }
    };
    Delivery { page: page.url.clone(), sent, assets, images, scripts, tools, unpacked, local: is_loopback(&page.url) }
}

fn packed(url: &Url, method: Method) -> Request {
    Request::get(url.clone()).method(method).header("Accept-Encoding", PACKED)
}

async fn ask(client: &Client, url: Url, kind: Kind) -> Asset {
    // Of pictures and fonts only the headers matter.
    let method = if matches!(kind, Kind::Image | Kind::Font) { Method::Head } else { Method::Get };
    let exchange = client.send(packed(&url, method)).await;
    let code = match (exchange.response(), kind) {
        (Some(response), Kind::Script) if response.is_success() => Code::read(&response.body.bytes),
        _ => None,
    };
    let sent = match &exchange.result {
        Ok(response) => Ok(sent(response, method)),
        Err(trouble) => Err(trouble.to_string()),
    };
    Asset { url, kind, sent, code }
}

fn sent(response: &Response, method: Method) -> Sent {
    let text = |name: &str| response.headers.first(name).map(|value| value.trim().to_ascii_lowercase());
    let said = text("content-length").and_then(|length| length.parse().ok());
    let wire = if method == Method::Head { said } else { said.or(Some(response.body.wire as u64)) };
    let kind = text("content-type").unwrap_or_default();
    Sent {
        status: response.status,
        headers: response.headers.clone(),
        kind: kind.split(';').next().unwrap_or_default().trim().to_owned(),
        wire,
        encoding: text("content-encoding").filter(|coding| !coding.is_empty() && coding != "identity"),
    }
}

/// The files of the page's own origin that are asked for; how many scripts and pictures there are in all.
fn files(page: &Url, document: &Document) -> (Vec<(Url, Kind)>, usize, usize) {
    let own = |written: &str| {
        let mut url = document.resolve(page, written)?;
        url.set_fragment(None);
        (url.origin() == page.origin() && url != *page).then_some(url)
    };
    let unique = |urls: Vec<Url>| {
        let mut kept: Vec<Url> = Vec::new();
        for url in urls {
            if !kept.contains(&url) {
                kept.push(url);
            }
        }
        kept
    };
    let sources = document.scripts.iter().filter_map(|script| own(script.src.as_deref()?));
    let preloaded = document.links.iter().filter(|link| link.is("modulepreload")).filter_map(|link| own(&link.href));
    let scripts = unique(sources.chain(preloaded).collect());
    let styles = unique(document.stylesheets().filter_map(|link| own(&link.href)).collect());
    let pictures = document.embedded.iter().filter(|embedded| embedded.kind == html::Kind::Image);
    let images = unique(pictures.filter_map(|picture| own(&picture.src)).collect());
    let is_font = |url: &Url| [".woff2", ".woff", ".ttf", ".otf"].iter().any(|end| url.path().ends_with(end));
    let fonts: Vec<Url> = document
        .links
        .iter()
        .filter(|link| link.is("preload"))
        .filter_map(|link| own(&link.href))
        .filter(is_font)
        .collect();
    let (script_count, image_count) = (scripts.len(), images.len());
    let some = |urls: Vec<Url>, most: usize, kind: Kind| urls.into_iter().take(most).map(move |url| (url, kind));
    let files = some(scripts, MOST_SCRIPTS, Kind::Script)
        .chain(some(styles, MOST_STYLES, Kind::Style))
        .chain(some(images, MOST_IMAGES, Kind::Image))
        .chain(some(fonts, MOST_FONTS, Kind::Font))
        .collect();
    (files, script_count, image_count)
}

impl Asset {
    /// Why there is nothing to judge, as the end of a sentence; `None` where it came.
    pub fn why_not(&self) -> Option<String> {
        match &self.sent {
            Ok(sent) => (sent.status != 200).then(|| format!("it answered {}", sent.status)),
            Err(trouble) => Some(trouble.clone()),
        }
    }
}

impl Delivery {
    /// The files that came, each with how it was sent.
    pub fn arrived(&self) -> impl Iterator<Item = (&Asset, &Sent)> {
        self.assets.iter().filter_map(|asset| {
            let sent = asset.sent.as_ref().ok().filter(|sent| sent.status == 200)?;
            Some((asset, sent))
        })
    }
}
