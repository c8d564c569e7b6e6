//! Asks which other websites may read this one's answers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use tokio::time::timeout;
use url::Url;

use super::address::is_ip;
use super::cookies::{self, SameSite};
use super::http::Response;
use super::http::client::{Client, Method, Request};
use super::observatory;
use super::visit::Hop;

/// So many addresses of an API are asked for.
const MOST_APIS: usize = 3;
/// The page and the first of them are asked as those whose names look alike, too.
const CLOSELY: usize = 2;
/// So long an `OPTIONS` is waited for, once the page's own answer is there.
const OPTIONS: Duration = Duration::from_secs(1);
/// Only the headers of answers matter; a body that is read whole leaves the connection to the next question.
const MOST_BODY: usize = 64 * 1024;
/// So much of a page is searched for them, and so many mentions are looked at.
const SEARCHED: usize = 512 * 1024;
const MOST_MENTIONS: usize = 200;

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
pub struct Answer {
    /// Who asked.
    pub asker: Asker,
    /// How.
    pub method: Method,
    /// The `Origin` that was sent.
    pub origin: String,
    /// The status of the answer.
    pub status: u16,
    /// `Access-Control-Allow-Origin` as sent; several are joined, which browsers accept as nothing.
    pub allow_origin: Option<String>,
    /// `Access-Control-Allow-Credentials` as sent.
    pub allow_credentials: Option<String>,
    /// Whether caches are told that the answer depends on who asks.
    pub varies: bool,
    /// Whether a shared cache may keep the answer.
    pub shared: bool,
}

impl Answer {
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
    pub answers: Vec<Answer>,
    /// What got no answer.
    pub failed: Vec<Failed>,
}

/// Everything about one page.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// The page first.
    pub targets: Vec<Target>,
    /// Whether a session cookie was seen that browsers send along when another site asks (`SameSite=None`).
    pub cross_site_cookie: bool,
}

impl Cors {
    /// What the HTTP Observatory's CORS test looks at: the page, asked by `OPTIONS` with a foreign origin. `None` where no
    /// answer came.
    pub fn observatory(&self) -> Option<observatory::Cors> {
        let page = self.targets.first()?;
        let asked = |answer: &&Answer| answer.asker == Asker::Stranger && answer.method == Method::Options;
        let answer = page.answers.iter().find(asked)?;
        Some(observatory::Cors {
            origin: answer.origin.clone(),
            allow_origin: answer.allow_origin.clone(),
            allow_credentials: answer.allow_credentials.clone(),
        })
    }
}

/// Asks for the page and for what looks like its API as several strangers.
pub async fn collect(client: &Client, page: &Hop) -> Cors {
    let token = format!("{:08x}", RandomState::new().build_hasher().finish() & 0xffff_ffff);
    // The page was asked for by the user.
    let mut targets = vec![Target { reads: true, ..Target::at(page.url.clone()) }];
    targets.extend(api_addresses(&page.url, &page.response).into_iter().map(Target::at));
    let asked = targets.into_iter().enumerate().map(|(at, target)| ask_all(client, target, at < CLOSELY, &token));
    let (targets, cookies): (Vec<Target>, Vec<bool>) = join_all(asked).await.into_iter().unzip();
    Cors { targets, cross_site_cookie: cookies.contains(&true) || sets_cross_site_cookie(&page.url, &page.response) }
}

impl Target {
    /// Nothing asked yet.
    fn at(url: Url) -> Self {
        Self { api: is_api(&url), reads: only_reads(&url), url, answers: Vec::new(), failed: Vec::new() }
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
        let welcome = |answer: &Answer| answer.names_asker() || answer.allow_origin.as_deref() == Some("*");
        self.answers.iter().any(|answer| answer.asker == Asker::Stranger && welcome(answer))
    }
}

/// What came of one question: the answer, and whether it set a cookie that travels.
type Asked = Result<(Answer, bool), Failed>;

async fn ask_all(client: &Client, mut target: Target, closely: bool, token: &str) -> (Target, bool) {
    let url = target.url.clone();
    let stranger = format!("https://gonogo-{token}.example");
    let options = pin!(ask(client, &url, Asker::Stranger, Method::Options, stranger.clone()));
    let mut cookie = if target.reads {
        let get = pin!(ask(client, &url, Asker::Stranger, Method::Get, stranger));
        // Some servers never answer to OPTIONS.
        let (get, options) = match select(get, options).await {
            Either::Left((get, options)) => (get, soon(options).await),
            Either::Right((options, get)) => (get.await, options),
        };
        target.take([get, options])
    } else {
        target.take([soon(options).await])
    };
    if closely && !target.welcomes_all() && !target.answers.is_empty() {
        let method = if target.reads { Method::Get } else { Method::Options };
        let others = origins(&url).into_iter().map(|(asker, origin)| ask(client, &url, asker, method, origin));
        cookie |= target.take(join_all(others).await);
    }
    (target, cookie)
}

/// What comes of an `OPTIONS` within [`OPTIONS`].
async fn soon(options: impl Future<Output = Asked>) -> Asked {
    let late = || Failed {
        asker: Asker::Stranger,
        method: Method::Options,
        why: format!("it did not answer within {} s", OPTIONS.as_secs()),
    };
    timeout(OPTIONS, options).await.unwrap_or_else(|_| Err(late()))
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

async fn ask(client: &Client, url: &Url, asker: Asker, method: Method, origin: String) -> Asked {
    let mut request = Request::get(url.clone()).method(method).header("Origin", origin.as_str()).most_body(MOST_BODY);
    if method == Method::Options {
        request = request.header("Access-Control-Request-Method", "GET");
    }
    let exchange = client.send(request).await;
    let response = match &exchange.result {
        Ok(response) => response,
        Err(trouble) => return Err(Failed { asker, method, why: trouble.to_string() }),
    };
    let read = |name: &str| response.headers.joined(name);
    let caching = read("cache-control").unwrap_or_default().to_ascii_lowercase();
    let answer = Answer {
        asker,
        method,
        origin,
        status: response.status,
        allow_origin: read("access-control-allow-origin"),
        allow_credentials: read("access-control-allow-credentials"),
        varies: read("vary").is_some_and(|vary| {
            vary.split(',').any(|name| matches!(name.trim().to_ascii_lowercase().as_str(), "origin" | "*"))
        }),
        shared: ["public", "s-maxage", "max-age"].iter().any(|word| caching.contains(word))
            && !["private", "no-store", "max-age=0"].iter().any(|word| caching.contains(word)),
    };
    Ok((answer, sets_cross_site_cookie(url, response)))
}

/// Networks set cookies of their own with `SameSite=None`, which are nobody's key.
fn sets_cross_site_cookie(url: &Url, response: &Response) -> bool {
    let now = cookies::date(&response.headers);
    cookies::all(&response.headers).iter().any(|cookie| {
        let travels = cookie.same_site == SameSite::None && cookie.refusal(url).is_none();
        travels && cookie.is_session() && !cookie.removes(now)
    })
}

/// Words of addresses that are not asked at all: a `GET` must change nothing (RFC 9110, section 9.2.1), and an `OPTIONS`
/// even less, but code that does not look at the method does its deed for both.
const DEEDS: [&str; 27] = [
    "logout",
    "log-out",
    "signout",
    "sign-out",
    "delete",
    "remove",
    "destroy",
    "unsubscribe",
    "reset",
    "webhook",
    "cron",
    "seed",
    "migrat",
    "send",
    "checkout",
    "confirm",
    "revalidate",
    "purge",
    "flush",
    "trigger",
    "deploy",
    "invite",
    "cancel",
    "refund",
    "import",
    "sync",
    "verify",
];

/// What an address that only reads is called at its end, and on the way there.
const NOUNS: [&str; 42] = [
    "graphql",
    "products",
    "product",
    "items",
    "posts",
    "articles",
    "comments",
    "users",
    "user",
    "me",
    "profile",
    "account",
    "accounts",
    "session",
    "config",
    "settings",
    "status",
    "health",
    "healthz",
    "version",
    "info",
    "search",
    "list",
    "categories",
    "category",
    "tags",
    "orders",
    "cart",
    "messages",
    "projects",
    "tasks",
    "todos",
    "teams",
    "members",
    "customers",
    "books",
    "movies",
    "recipes",
    "news",
    "feed",
    "stats",
    "plans",
];
/// Words that only stand on the way.
const ON_THE_WAY: [&str; 5] = ["api", "auth", "public", "rest", "admin"];

/// Whether a `GET` there is sure only to read, by the plain nouns of its path.
fn only_reads(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let mut parts = path.split('/').filter(|part| !part.is_empty()).rev();
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    parts.next().is_some_and(|last| NOUNS.contains(&last))
        && parts.all(|part| NOUNS.contains(&part) || ON_THE_WAY.contains(&part) || is_version(part))
}

fn is_api(url: &Url) -> bool {
    url.path().to_ascii_lowercase().split('/').any(|part| matches!(part, "api" | "graphql"))
}

/// Addresses of the same origin that the page mentions and that look like an API, those that only read first.
fn api_addresses(page: &Url, response: &Response) -> Vec<Url> {
    let bytes = &response.body.bytes;
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(SEARCHED)).unwrap_or_default());
    let mut found: Vec<Url> = Vec::new();
    let mentions = text.match_indices("/api").chain(text.match_indices("/graphql")).take(MOST_MENTIONS);
    for (at, _) in mentions {
        let (before, after) = text.split_at(at);
        let start = before.trim_end_matches(is_url).len();
        let quoted = before.get(..start).is_some_and(|before| before.ends_with(['"', '\'', '`', '=']));
        let end = after.find(|c: char| !is_url(c)).unwrap_or(after.len());
        let (Some(head), Some(tail)) = (before.get(start..), after.get(..end)) else { continue };
        let Ok(mut url) = page.join(&format!("{head}{tail}")) else { continue };
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().to_ascii_lowercase();
        let harmless = !DEEDS.iter().any(|deed| path.contains(deed));
        if quoted && is_api(&url) && harmless && url.origin() == page.origin() && url != *page && !found.contains(&url)
        {
            found.push(url);
        }
    }
    found.sort_by_key(|url| !only_reads(url));
    found.truncate(MOST_APIS);
    found
}

/// The characters of addresses as people write them in a page.
const fn is_url(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '.' | '-' | '_' | '~' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::http::{Body, Headers};

    fn apis(html: &str) -> Vec<String> {
        let page = Url::parse("https://shop.example.com/home").unwrap();
        let body = Body { bytes: html.as_bytes().to_vec(), ..Body::default() };
        let response = Response { status: 200, headers: Headers::default(), body };
        api_addresses(&page, &response).iter().map(Url::to_string).collect()
    }

    #[test]
    fn addresses_of_an_api_are_found_but_no_deed_and_no_stranger() {
        let html = r#"<a href="/api/products?page=2"> <script>fetch('/api/logout'); fetch(`/api/users/${id}`)
            fetch("https://api.other.example/api/x"); fetch("https://shop.example.com/v1/api"); "/apiary" /api/plain
            "/api/products" <a href=/graphql></script>"#;
        assert_eq!(
            apis(html),
            [
                "https://shop.example.com/api/products",
                "https://shop.example.com/api/users/",
                "https://shop.example.com/graphql"
            ]
        );
        assert_eq!(apis("'https://shop.example.com/v1/api'"), ["https://shop.example.com/v1/api"]);
        let html =
            "'/api/cron' '/api/seed' '/api/migrate' '/api/send' '/api/checkout' '/api/confirm' '/api/revalidate'";
        assert_eq!(apis(html), [""; 0]);
        assert_eq!(
            apis("'/api/a' '/api/b' '/api/c' '/api/me'")[0],
            "https://shop.example.com/api/me",
            "those that only read come first"
        );
        assert_eq!(apis("<a href=/graphql>"), ["https://shop.example.com/graphql"]);
        assert_eq!(apis(&"\"/api".repeat(10_000)).len(), 1);
        assert_eq!(apis("é/api\u{fffd}'/apié"), ["https://shop.example.com/api"]);
    }

    #[test]
    fn only_plain_nouns_are_sure_to_read() {
        let reads = |path: &str| only_reads(&Url::parse("https://shop.example.com").unwrap().join(path).unwrap());
        for path in ["/api/products", "/api/v2/users/", "/api/auth/session", "/graphql", "/API/Me", "/admin/api/status"]
        {
            assert!(reads(path), "{path}");
        }
        for path in
            ["/api", "/api/publish", "/api/users/42", "/api/warm-up/products", "/run/api/status", "/api/auth", "/"]
        {
            assert!(!reads(path), "{path}");
        }
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
