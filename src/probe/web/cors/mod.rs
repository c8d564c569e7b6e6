//! Asks which other websites may read this one's answers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).

mod addresses;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use super::address::{is_ip, is_loopback, shown};
use super::cookies::{self, SameSite};
use super::exposed::scripts::Served;
use super::http::Response;
use super::http::client::{Client, Method, Request};
use super::observatory;
use super::visit::Hop;
use addresses::only_reads;

pub use addresses::{Mentions, is_api, mentions};

/// So much of a page is searched for addresses of an API.
const SEARCHED: usize = 512 * 1024;
/// The page and the first of them are asked as those whose names look alike, too; the others as `null`.
const CLOSELY: usize = 2;
/// Some servers never answer an `OPTIONS`, and on this machine many take one connection at a time and are stuck for as long as
/// it is waited for: so many times as long as the `GET` before it took, and within these bounds. Elsewhere another part of the
/// app may answer it, or have to wake up first.
const AS_LONG_AS_GET: u32 = 20;
const SHORTEST_WAIT_HERE: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Only the headers of answers matter; a body that is read whole leaves the connection to the next question.
const MOST_BODY: usize = 64 * 1024;

/// Whom a request claims to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The site itself.
    Own,
    /// A site that nobody knows.
    Stranger,
    /// A sandboxed frame or a local file, which browsers name `null`.
    Null,
    /// A stranger whose name ends as the site's does: `https://evilexample.com`.
    SameEnd,
    /// A stranger whose name begins as the site's does: `https://example.com.evil.example`.
    SameStart,
}

/// One question and what came back.
#[derive(Debug, Clone)]
pub struct CorsAnswer {
    /// Who asked.
    pub asker: Asker,
    /// How.
    pub method: Method,
    /// The `Origin` that was sent.
    pub origin: String,
    /// The status of the answer.
    pub status: u16,
    /// Whether it is a page for people, as a front end or a firewall gives for any address.
    pub page: bool,
    /// `Access-Control-Allow-Origin` as sent; several are joined, which browsers accept as nothing.
    pub allow_origin: Option<String>,
    /// `Access-Control-Allow-Credentials` as sent.
    pub allow_credentials: Option<String>,
    /// Whether caches are told that the answer depends on who asks.
    pub varies: bool,
    /// Whether a shared cache may keep the answer.
    pub shared: bool,
}

impl CorsAnswer {
    /// Whether everybody is let in and cookies are allowed, which browsers refuse. Some frameworks then repeat the name of whoever sends a
    /// cookie (Starlette's `CORSMiddleware`).
    pub fn is_open_with_cookies(&self) -> bool {
        self.credentials() && self.allow_origin.as_deref() == Some("*")
    }

    /// Whether cookies are allowed, in the one spelling that browsers accept.
    pub fn credentials(&self) -> bool {
        self.allow_credentials.as_deref() == Some("true")
    }

    /// Whether a browser would let whoever asked read the answer because of their name.
    pub fn names_asker(&self) -> bool {
        self.allow_origin.as_deref() == Some(self.origin.as_str())
    }
}

/// A question that got no answer.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Who asked.
    pub asker: Asker,
    /// How.
    pub method: Method,
    /// Whether the app itself asked who it is, and not a page in front of it.
    pub login: bool,
    /// Why, as the end of a sentence.
    pub why: String,
}

/// One address and everything that was asked of it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The address.
    pub url: Url,
    /// Whether it looks like one of an API.
    pub api: bool,
    /// Whether a `GET` there is sure only to read; what is not is asked by `OPTIONS` alone.
    pub reads: bool,
    /// What came back.
    pub answers: Vec<CorsAnswer>,
    /// What got no answer.
    pub failed: Vec<Failed>,
}

/// Everything about one page.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// The page first.
    pub targets: Vec<Target>,
    /// Addresses of an API on another host or port, which were not asked.
    pub elsewhere: Vec<Url>,
    /// Addresses of the site's own API beyond those that were asked.
    pub beyond: Vec<Url>,
    /// Why there may be an API although none was asked, as a sentence.
    pub unnamed: Option<String>,
    /// Whether a session cookie was seen that browsers send along when another site asks (`SameSite=None`).
    pub cross_site_cookie: bool,
}

impl Cors {
    /// What the HTTP Observatory's CORS test looks at: the page, asked by `OPTIONS` with a foreign origin. `None` where no
    /// answer came.
    pub fn observatory(&self) -> Option<observatory::CorsSent> {
        let page = self.targets.first()?;
        let asked = |answer: &&CorsAnswer| answer.asker == Asker::Stranger && answer.method == Method::Options;
        let answer = page.answers.iter().find(asked)?;
        Some(observatory::CorsSent {
            origin: answer.origin.clone(),
            allow_origin: answer.allow_origin.clone(),
            allow_credentials: answer.allow_credentials.clone(),
        })
    }
}

/// Asks for the page and for what looks in it like its API as several strangers.
pub async fn collect(client: &Client, page: &Hop) -> Cors {
    let bytes = &page.response.body.bytes;
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(SEARCHED)).unwrap_or_default());
    let mentions = mentions(&page.url, &text);
    let mut cors = Cors {
        elsewhere: mentions.elsewhere,
        cross_site_cookie: sets_cross_site_cookie(&page.url, &page.response),
        ..Cors::default()
    };
    // The page was asked for by the user.
    let targets = vec![Target { reads: true, ..Target::at(page.url.clone()) }];
    let mut apis = mentions.own;
    cors.beyond = apis.split_off(apis.len().min(addresses::MOST_APIS));
    ask_targets(client, targets.into_iter().chain(apis.into_iter().map(Target::at)).collect(), &mut cors).await;
    cors
}

/// Asks for what looks like an API in the scripts, which were read meanwhile.
pub async fn collect_served(client: &Client, page: &Url, served: &Served, cors: &mut Cors) {
    let mentions = &served.mentions;
    let known = |url: &&Url| cors.targets.iter().any(|target| target.url == **url) || cors.beyond.contains(url);
    let mut new: Vec<Url> = mentions.own.iter().filter(|url| !known(url)).cloned().collect();
    let left = (1 + addresses::MOST_APIS).saturating_sub(cors.targets.len());
    cors.beyond.extend(new.split_off(new.len().min(left)));
    ask_targets(client, new.into_iter().map(Target::at).collect(), cors).await;
    for url in &mentions.elsewhere {
        if !cors.elsewhere.iter().any(|known| known.origin() == url.origin()) {
            cors.elsewhere.push(url.clone());
        }
    }
    if cors.elsewhere.is_empty() && !cors.targets.iter().any(|target| target.api && target.is_there()) {
        cors.unnamed = if mentions.calls {
            Some(format!(
                "the scripts of {} ask for data at addresses that do not stand in them: give one of your API with --url",
                shown(page)
            ))
        } else if served.in_part.is_empty() {
            None
        } else {
            Some(format!("not all scripts of {} were read, and they may ask an API", shown(page)))
        };
    }
}

async fn ask_targets(client: &Client, targets: Vec<Target>, cors: &mut Cors) {
    let token = format!("{:08x}", RandomState::new().build_hasher().finish() & 0xffff_ffff);
    let before = cors.targets.len();
    let asked =
        targets.into_iter().enumerate().map(|(at, target)| ask_all(client, target, before + at < CLOSELY, &token));
    for (target, cookie) in join_all(asked).await {
        cors.targets.push(target);
        cors.cross_site_cookie |= cookie;
    }
}

impl Target {
    /// Nothing asked yet.
    fn at(url: Url) -> Self {
        Self { api: is_api(&url), reads: only_reads(&url), url, answers: Vec::new(), failed: Vec::new() }
    }

    /// Whether something answers there: a `GET` was, or an `OPTIONS` names somebody. The host of a front end has no API, and says so to a
    /// `GET`; what it says to an `OPTIONS` tells nothing.
    pub fn is_there(&self) -> bool {
        self.answers.iter().any(|answer| match answer.method {
            Method::Get => !matches!(answer.status, 404 | 410),
            _ => answer.allow_origin.is_some(),
        })
    }

    /// Whether an API answers there: by its address, or by an answer that is no page.
    pub fn is_api_that_answers(&self) -> bool {
        self.is_there() && (self.api || self.answers.iter().all(|answer| !answer.page))
    }

    /// Takes in what came of questions; whether any answer set a cookie that travels.
    fn take(&mut self, asked: impl IntoIterator<Item = Asked>) -> bool {
        let mut cookie = false;
        for asked in asked {
            match asked {
                Ok((answer, travels)) => {
                    cookie |= travels;
                    self.answers.push(answer);
                }
                Err(failed) => self.failed.push(failed),
            }
        }
        cookie
    }

    /// Whether a stranger may read, and with it everybody else.
    pub fn welcomes_all(&self) -> bool {
        let welcome = |answer: &CorsAnswer| answer.names_asker() || answer.allow_origin.as_deref() == Some("*");
        self.answers.iter().any(|answer| answer.asker == Asker::Stranger && welcome(answer))
    }
}

/// What came of one question: the answer, and whether it set a cookie that travels.
type Asked = Result<(CorsAnswer, bool), Failed>;

async fn ask_all(client: &Client, mut target: Target, closely: bool, token: &str) -> (Target, bool) {
    let url = target.url.clone();
    let stranger = || format!("https://gonogo-{token}.example");
    let (mut cookie, mut patience) = (false, LONGEST_WAIT);
    if target.reads {
        let (get, took) = ask(client, &url, Asker::Stranger, Method::Get, stranger(), None).await;
        patience = patience_after(took, is_loopback(&url));
        cookie |= target.take([get]);
    }
    let (options, _) = ask(client, &url, Asker::Stranger, Method::Options, stranger(), Some(patience)).await;
    cookie |= target.take([options]);
    if !target.welcomes_all() && !target.answers.is_empty() {
        let (method, patience) = if target.reads { (Method::Get, None) } else { (Method::Options, Some(LONGEST_WAIT)) };
        let others = origins(&url).into_iter().filter(|(asker, _)| closely || *asker == Asker::Null);
        let others = others.map(|(asker, origin)| ask(client, &url, asker, method, origin, patience));
        cookie |= target.take(join_all(others).await.into_iter().map(|(asked, _)| asked));
    }
    (target, cookie)
}

/// So long an `OPTIONS` is waited for where the first byte of the `GET` before it took `get`.
fn patience_after(get: Duration, here: bool) -> Duration {
    if here { get.saturating_mul(AS_LONG_AS_GET).clamp(SHORTEST_WAIT_HERE, LONGEST_WAIT) } else { LONGEST_WAIT }
}

/// The origins that a careless comparison takes for the site's own.
fn origins(url: &Url) -> Vec<(Asker, String)> {
    let own = url.origin().ascii_serialization();
    let mut origins = vec![(Asker::Own, own), (Asker::Null, "null".to_owned())];
    let Some(host) = url.host_str().filter(|_| !is_ip(url)) else { return origins };
    origins.push((Asker::SameStart, format!("https://{host}.evil.example")));
    // A subdomain such as evilshop.example.com belongs to the site's owner: only a name that anybody could register counts.
    if let Some(domain) = psl::domain_str(host).filter(|domain| domain.contains('.')) {
        origins.push((Asker::SameEnd, format!("https://evil{domain}")));
    }
    origins
}

/// One question, and how long the first byte of its answer took.
async fn ask(
    client: &Client,
    url: &Url,
    asker: Asker,
    method: Method,
    origin: String,
    patience: Option<Duration>,
) -> (Asked, Duration) {
    let mut request = Request::get(url.clone()).method(method).header("Origin", origin.as_str()).most_body(MOST_BODY);
    if method == Method::Options {
        request = request.header("Access-Control-Request-Method", "GET");
    }
    request.patience = patience;
    let exchange = client.send(request).await;
    let took = exchange.times.first_byte;
    let response = match &exchange.result {
        Ok(response) => response,
        Err(trouble) => return (Err(Failed { asker, method, login: false, why: trouble.to_string() }), took),
    };
    let read = |name: &str| response.headers.joined(name);
    let caching = read("cache-control").unwrap_or_default().to_ascii_lowercase();
    let answer = CorsAnswer {
        asker,
        method,
        origin,
        status: response.status,
        page: response.is_page(),
        allow_origin: read("access-control-allow-origin"),
        allow_credentials: read("access-control-allow-credentials"),
        varies: read("vary").is_some_and(|vary| {
            vary.split(',').any(|name| matches!(name.trim().to_ascii_lowercase().as_str(), "origin" | "*"))
        }),
        shared: ["public", "s-maxage", "max-age"].iter().any(|word| caching.contains(word))
            && !["private", "no-store", "max-age=0"].iter().any(|word| caching.contains(word)),
    };
    (Ok((answer, sets_cross_site_cookie(url, response))), took)
}

/// Networks set cookies of their own with `SameSite=None`, which are nobody's key.
fn sets_cross_site_cookie(url: &Url, response: &Response) -> bool {
    let now = cookies::date(&response.headers);
    cookies::all(&response.headers).iter().any(|cookie| {
        let travels = cookie.same_site == SameSite::None && cookie.refusal(url).is_none();
        travels && cookie.is_session() && !cookie.removes(now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::http::{Body, Headers};

    #[test]
    fn an_options_is_waited_for_by_what_the_get_took() {
        let after = |ms, here| patience_after(Duration::from_millis(ms), here).as_millis();
        assert_eq!([after(0, true), after(30, true), after(5000, true)], [100, 600, 1000]);
        assert_eq!(after(5, false), 1000, "the app wakes up for it");
    }

    #[test]
    fn a_page_is_said_to_be_one_and_written_like_one() {
        let page = |headers: &[(&str, &str)], body: &str| {
            let body = Body { bytes: body.as_bytes().to_vec(), ..Body::default() };
            Response { status: 200, headers: Headers::of(headers), body }.is_page()
        };
        let html = [("Content-Type", "text/html; charset=utf-8")];
        assert!(page(&html, "\n<!doctype html><div id=root></div>") && page(&[], "\u{feff}<html>"));
        for body in ["{\"html\":\"<div>\"}", "GET,HEAD", ""] {
            assert!(!page(&html, body), "{body}");
        }
        assert!(!page(&[("Content-Type", "application/xml")], "<items/>"));
    }

    #[test]
    fn only_a_session_that_browsers_keep_travels() {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let travels = |cookie: &str| {
            let headers = Headers::of(&[("Set-Cookie", cookie)]);
            sets_cross_site_cookie(&url, &Response { status: 200, headers, body: Body::default() })
        };
        assert!(travels("sid=x; Secure; SameSite=None"));
        for cookie in ["sid=x; SameSite=None", "__cf_bm=x; Secure; SameSite=None", "sid=x; Secure; SameSite=Lax"] {
            assert!(!travels(cookie), "{cookie}");
        }
        assert!(!travels("sid=; Max-Age=0; Secure; SameSite=None"));
    }

    #[test]
    fn look_alikes_are_names_that_anybody_could_register() {
        let of = |url: &str| -> Vec<String> {
            origins(&Url::parse(url).unwrap()).into_iter().map(|(_, origin)| origin).skip(2).collect()
        };
        assert_eq!(
            of("https://shop.example.com/"),
            ["https://shop.example.com.evil.example", "https://evilexample.com"]
        );
        assert_eq!(of("https://teapots.vercel.app/")[1], "https://evilteapots.vercel.app");
        assert_eq!(of("http://localhost:3000/"), ["https://localhost.evil.example"]);
        assert!(of("http://192.0.2.1/").is_empty());
    }
}
