//! Asks which other websites may read this one's answers (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).

use std::hash::{BuildHasher, Hasher, RandomState};

use futures_util::future::{join, join_all};
use url::Url;

use super::address::is_ip;
use super::http::Response;
use super::http::client::{Client, Method, Request};
use super::observatory;
use super::visit::Hop;

/// So many addresses of an API are asked for.
const MOST_APIS: usize = 3;
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

/// One address and everything that was asked of it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The address.
    pub url: Url,
    /// Whether it looks like one of an API.
    pub api: bool,
    /// What came back; what got no answer is not here.
    pub answers: Vec<Answer>,
}

/// Everything about one page.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// The page first.
    pub targets: Vec<Target>,
    /// Whether a cookie was seen that browsers send along when another site asks (`SameSite=None`).
    pub cross_site_cookie: bool,
}

impl Cors {
    /// What the HTTP Observatory's CORS test looks at: the page, asked by `OPTIONS` with a foreign origin. `None` where no
    /// answer came.
    pub fn observatory(&self) -> Option<observatory::Cors> {
        let page = self.targets.iter().find(|target| !target.api)?;
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
    let mut urls = vec![(page.url.clone(), false)];
    urls.extend(api_addresses(&page.url, &page.response).into_iter().map(|url| (url, true)));
    let mut first_api = true;
    let asked = urls.into_iter().map(|(url, api)| {
        let closely = !api || std::mem::take(&mut first_api);
        ask_all(client, url, api, closely, &token)
    });
    let (targets, cookies): (Vec<Target>, Vec<bool>) = join_all(asked).await.into_iter().unzip();
    Cors { targets, cross_site_cookie: cookies.contains(&true) || sets_cross_site_cookie(&page.response) }
}

async fn ask_all(client: &Client, url: Url, api: bool, closely: bool, token: &str) -> (Target, bool) {
    let stranger = format!("https://gonogo-{token}.example");
    let (get, options) = join(
        ask(client, &url, Asker::Stranger, Method::Get, stranger.clone()),
        ask(client, &url, Asker::Stranger, Method::Options, stranger),
    )
    .await;
    let mut answers: Vec<(Answer, bool)> = get.into_iter().chain(options).collect();
    // Who welcomes everybody welcomes the others too.
    let closed = !answers.iter().any(|(answer, _)| answer.names_asker() || answer.allow_origin.as_deref() == Some("*"));
    if closely && closed && !answers.is_empty() {
        let others = origins(&url).into_iter().map(|(asker, origin)| ask(client, &url, asker, Method::Get, origin));
        answers.extend(join_all(others).await.into_iter().flatten());
    }
    let cookie = answers.iter().any(|(_, cookie)| *cookie);
    (Target { url, api, answers: answers.into_iter().map(|(answer, _)| answer).collect() }, cookie)
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

async fn ask(client: &Client, url: &Url, asker: Asker, method: Method, origin: String) -> Option<(Answer, bool)> {
    let mut request = Request::get(url.clone()).method(method).header("Origin", origin.as_str()).most_body(MOST_BODY);
    if method == Method::Options {
        request = request.header("Access-Control-Request-Method", "GET");
    }
    let exchange = client.send(request).await;
    let response = exchange.response()?;
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
    Some((answer, sets_cross_site_cookie(response)))
}

fn sets_cross_site_cookie(response: &Response) -> bool {
    response.headers.all("set-cookie").any(|header| {
        header.text().split(';').skip(1).any(|attribute| {
            let attribute: String = attribute.chars().filter(|c| !c.is_whitespace()).collect();
            attribute.eq_ignore_ascii_case("samesite=none")
        })
    })
}

/// Addresses of the same origin that the page mentions and that look like an API. A `GET` must change nothing (RFC 9110,
/// section 9.2.1), but not everybody keeps to that: what sounds like a deed is not asked for.
fn api_addresses(page: &Url, response: &Response) -> Vec<Url> {
    const DEEDS: [&str; 10] =
        ["logout", "log-out", "signout", "sign-out", "delete", "remove", "destroy", "unsubscribe", "reset", "webhook"];
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
        let looks_it = path.split('/').any(|part| matches!(part, "api" | "graphql"));
        let harmless = !DEEDS.iter().any(|deed| path.contains(deed));
        if quoted && looks_it && harmless && url.origin() == page.origin() && url != *page && !found.contains(&url) {
            found.push(url);
        }
        if found.len() == MOST_APIS {
            break;
        }
    }
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
                "https://shop.example.com/v1/api"
            ]
        );
        assert_eq!(apis("<a href=/graphql>"), ["https://shop.example.com/graphql"]);
        assert_eq!(apis(&"\"/api".repeat(10_000)).len(), 1);
        assert_eq!(apis("é/api\u{fffd}'/apié"), ["https://shop.example.com/api"]);
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
