//! Which addresses in a page and its scripts look like an API, and which of them a question is sure not to change.

use url::Url;

use crate::probe::web::address::registered;

/// So many addresses of an API are asked for.
pub const MOST_APIS: usize = 5;
/// So many are known of; the rest is said to be left out.
const MOST_KEPT: usize = 40;
/// So many mentions of each kind are looked at in one text.
const MOST_MENTIONS: usize = 200;

/// The addresses of an API that code mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Of the page's own origin, those that only read first.
    pub own: Vec<Url>,
    /// On other hosts or ports under the same name, and where apps are hosted under names of the host's.
    pub elsewhere: Vec<Url>,
    /// Whether the code asks for data at all, at addresses that may be made up.
    pub calls: bool,
}

impl Mentions {
    /// Takes in those of another text.
    pub fn take(&mut self, other: Self) {
        self.own.extend(other.own.into_iter().filter(|url| !self.own.contains(url)).collect::<Vec<_>>());
        self.elsewhere
            .extend(other.elsewhere.into_iter().filter(|url| !self.elsewhere.contains(url)).collect::<Vec<_>>());
        self.calls |= other.calls;
        self.cut();
    }

    fn cut(&mut self) {
        self.own.sort_by_key(|url| !only_reads(url));
        self.own.truncate(MOST_KEPT);
        self.elsewhere.truncate(MOST_APIS);
    }
}

/// Where back ends run under a name of the host's; pages run on some others as well, so that a name there says less.
const BACK_ENDS: [&str; 11] = [
    ".onrender.com",
    ".railway.app",
    ".fly.dev",
    ".herokuapp.com",
    ".run.app",
    ".azurewebsites.net",
    ".azurecontainerapps.io",
    ".elasticbeanstalk.com",
    ".amazonaws.com",
    ".koyeb.app",
    ".ondigitalocean.app",
];
/// Their answers are open to every website by design, and behind keys of their own.
const OPEN_BY_DESIGN: [&str; 3] = [".supabase.co", ".googleapis.com", ".firebaseio.com"];

/// Whether an address is that of an app that anybody could host there: a name under a suffix whose owner gives names away (the private part
/// of the Public Suffix List, <https://publicsuffix.org/list/>).
fn is_hosted(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let given_away = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private));
    given_away && !OPEN_BY_DESIGN.iter().any(|end| host.ends_with(end))
}

/// Whether an address is the root of a back end by its host alone. Files lie at Amazon, too, but not at its gateway for functions.
fn is_back_end(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let file_store = host.ends_with(".amazonaws.com") && !host.contains(".execute-api.") && !host.contains(".elb.");
    BACK_ENDS.iter().any(|end| host.ends_with(end)) && !file_store
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

/// `v1`, `v2`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a `GET` there is sure only to read, by the plain nouns of its path.
pub fn only_reads(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let mut parts = path.split('/').filter(|part| !part.is_empty()).rev();
    parts.next().is_some_and(|last| NOUNS.contains(&last))
        && parts.all(|part| NOUNS.contains(&part) || ON_THE_WAY.contains(&part) || is_version(part))
}

/// Whether an address looks like one of an API. A version alone also stands in front of documents, so nouns must follow it.
pub fn is_api(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    path.split('/').any(|part| matches!(part, "api" | "graphql"))
        || ((first == "rest" || is_version(first)) && only_reads(url))
}

/// The addresses of an API that the page at `page` or one of its scripts mentions.
pub fn mentions(page: &Url, text: &str) -> Mentions {
    let mut found = Mentions { calls: calls(text), ..Mentions::default() };
    let versions =
        text.match_indices("/v").filter(|(at, _)| text.as_bytes().get(at + 2).is_some_and(u8::is_ascii_digit));
    let places = text
        .match_indices("/api")
        .take(MOST_MENTIONS)
        .chain(text.match_indices("/graphql").take(MOST_MENTIONS))
        .chain(text.match_indices("/rest/").take(MOST_MENTIONS))
        .chain(text.match_indices("https://").filter(|(at, _)| is_base(text, *at)).take(MOST_MENTIONS))
        .chain(versions.take(MOST_MENTIONS));
    for (at, _) in places {
        let (before, after) = text.split_at(at);
        let start = before.trim_end_matches(is_url).len();
        let quoted = before.get(..start).is_some_and(|before| before.ends_with(['"', '\'', '`', '=']));
        let end = after.find(|c: char| !is_url(c)).unwrap_or(after.len());
        let (Some(head), Some(tail)) = (before.get(start..), after.get(..end)) else { continue };
        let Ok(mut url) = page.join(&format!("{head}{tail}")) else { continue };
        if !quoted || !url.scheme().starts_with("http") {
            continue;
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().to_ascii_lowercase();
        let harmless = !DEEDS.iter().any(|deed| path.contains(deed));
        let is_host = url.host_str().is_some_and(|host| host.starts_with("api.") || host.starts_with("api-"));
        let own = url.origin() == page.origin();
        if own && is_api(&url) && harmless && url != *page && !found.own.contains(&url) {
            found.own.push(url);
        } else if !own
            && ((is_host || is_api(&url)) && registered(&url) == registered(page)
                || is_api(&url) && is_hosted(&url)
                || is_back_end(&url))
            && !found.elsewhere.iter().any(|known| known.origin() == url.origin())
        {
            found.elsewhere.push(url);
        }
    }
    found.cut();
    found
}

/// Whether the address at `at` is that of a back end in the quotes of code, and no link of a page.
fn is_base(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let link = ["href=", "src=", "content="].iter().any(|name| before.trim_end_matches(['"', '\'']).ends_with(name));
    let end = after.find(|c: char| !is_url(c)).unwrap_or(after.len());
    let url = after.get(..end).and_then(|address| Url::parse(address).ok());
    !link && url.is_some_and(|url| is_back_end(&url))
}

/// Whether code asks for data. What Vite adds to every bundle loads the page's own modules (`fetch(e.href,…)`).
fn calls(text: &str) -> bool {
    let loads_links = |after: &str| {
        after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')).starts_with(".href")
    };
    ["XMLHttpRequest", "axios"].iter().any(|name| text.contains(name))
        || text.split("fetch(").skip(1).any(|after| !loads_links(after))
}

/// The characters of addresses as people write them in a page.
const fn is_url(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '.' | '-' | '_' | '~' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Mentions {
        mentions(&Url::parse("https://shop.example.com/home").unwrap(), html)
    }

    fn apis(html: &str) -> Vec<String> {
        found(html).own.iter().map(Url::to_string).collect()
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
                "https://shop.example.com/graphql",
                "https://shop.example.com/v1/api"
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
    fn an_api_without_that_word_is_known_by_its_version_and_a_noun() {
        let script =
            "a(\"/v1/users\");b('/rest/v1/me?x=1');c(\"/v2/pricing\",\"/docs/v1/users\",\"/v1/app.js\",\"/rest/x\")";
        assert_eq!(apis(script), ["https://shop.example.com/rest/v1/me", "https://shop.example.com/v1/users"]);
    }

    #[test]
    fn an_api_on_another_host_of_the_same_name_is_told_apart() {
        let script = "const a='https://api.example.com',b='https://data.example.com:8443/api/users',c='https://api.other.example/api/x',
            d='https://www.example.com/about',e='https://shop.example.com/api/me'";
        let found = found(script);
        let elsewhere: Vec<&str> = found.elsewhere.iter().map(Url::as_str).collect();
        assert_eq!(elsewhere, ["https://api.example.com/", "https://data.example.com:8443/api/users"]);
        assert_eq!(found.own.len(), 1);
    }

    #[test]
    fn a_back_end_that_is_hosted_under_another_name_is_told_apart() {
        let elsewhere = |text: &str| found(text).elsewhere.iter().map(Url::to_string).collect::<Vec<_>>();
        let me = "fetch(\"https://tea-backend.onrender.com/api/me\",{credentials:\"include\"})";
        assert_eq!(elsewhere(me), ["https://tea-backend.onrender.com/api/me"]);
        assert_eq!(elsewhere("const b='https://tea.up.railway.app';"), ["https://tea.up.railway.app/"]);
        assert_eq!(elsewhere("b=`https://tea.vercel.app/api/me`"), ["https://tea.vercel.app/api/me"]);
        for text in [
            "<a href=\"https://tea.onrender.com/\">",
            "'https://tea.vercel.app'",
            "'https://teas.s3.amazonaws.com/a.png'",
            "'https://abc.supabase.co/rest/v1/posts'",
            "'https://api.stripe.com/api/x'",
            "'https://maps.googleapis.com/maps/api/js'",
        ] {
            assert_eq!(elsewhere(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn code_that_asks_for_data_is_known() {
        for text in ["fetch(u)", "a.href;fetch(`${base}/me`)", "new XMLHttpRequest", "axios.get(u)"] {
            assert!(found(text).calls, "{text}");
        }
        for text in ["function n(e){fetch(e.href,t)}", "menu.open()", "prefetch"] {
            assert!(!found(text).calls, "{text}");
        }
    }

    #[test]
    fn mentions_of_several_texts_come_together() {
        let mut all = found("'/api/a' '/api/b' '/api/c'");
        all.take(found("fetch('/api/me') '/api/a' 'https://api.example.com'"));
        assert_eq!((all.own.len(), all.elsewhere.len(), all.calls), (4, 1, true));
        assert_eq!(all.own[0].path(), "/api/me");
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
}
