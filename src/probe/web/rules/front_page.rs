//! Whether the address that was given leads to the app at all.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::{Page, header_finding};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::shown;
use crate::probe::web::cors::is_api;
use crate::probe::web::errors::signs::{self, Kind};
use crate::probe::web::errors::{challenge, fresh};
use crate::probe::web::tally::Sight;

/// It does not.
pub static META: RuleMeta = RuleMeta {
    id: "front-page-broken",
    title: "The address leads to something else than the app",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Looks at the page behind each address that you named: a server error, a stack trace, a list of files, the page that a fresh \
           server or framework shows before there is an app, an installer, a parked name, a notice that the site is away, or a page that scripts were to draw which are not there.",
    why: "It is the first thing that your users will see, and on launch day the only one.",
    fix: "Open the address in a browser, mend what it shows, and look at the server's log where it answers with an error.",
    example: "bad:  GET / → 502 Bad Gateway\nbad:  GET / → \"Welcome to nginx!\"\ngood: GET / → 200 and your own page",
    references: &["C24", "F9"],
};

/// Both that it is and that it is not.
pub static RULES: &[&RuleMeta] = &[&META];

/// Lists of files, as servers write them (nginx, Apache, Python, Node's `serve` and `http-server`, Caddy).
const LISTINGS: [&str; 6] = [
    "<title>Index of /",
    "<title>Directory listing for /",
    "<title>Files within ",
    "<title>listing directory /",
    "<h1>Index of /",
    "<h1>Directory listing for /",
];

/// More of them, of which all texts are there: Amazon S3, Caddy.
const MARKED: [&[&str]; 2] = [&["<ListBucketResult", "<Contents>"], &["caddyserver.com", "class=\"meta-item\""]];
/// Those of Go's FileServer, which begin with the list, and of IIS, which says the host's name and the path.
const SHAPE: &str = r"(?is)^\s*(?:<!doctype html>\s*)?(?:<meta[^>]*>\s*)*<pre>\s*<a href=|<title>[^<]{1,200} - /[^<]{0,200}</title>.{0,600}<pre>\s*<a href=";

/// What hosts say of a name under which nobody has put anything. What they say of an address under a name that somebody has is also what
/// an API has at its root.
const NO_SUCH_APP: [&str; 6] = [
    "DEPLOYMENT_NOT_FOUND",
    "herokucdn.com/error-pages/no-such-app",
    "There isn't a GitHub Pages site here",
    "There isn&#39;t a GitHub Pages site here",
    "\"message\":\"Application not found\"",
    "The deployment could not be found on Vercel",
];

/// So much of a page is looked at; what is searched for stands near its beginning.
const LOOKED_AT: usize = 64 * 1024;

/// So many scripts are named that are not there.
const MOST_GONE: usize = 5;

/// Judges one page, whatever its status.
pub fn judge(page: &Page<'_>) -> Sight {
    let status = page.response.status;
    let bytes = &page.response.body.bytes;
    let text = String::from_utf8_lossy(bytes.get(..LOOKED_AT).unwrap_or(bytes));
    let host = page.url.host_str().unwrap_or_default();
    let cut = page.response.body.cut;
    if challenge::is_response(page.response) {
        return Sight::NotSeen(format!(
            "{host} answers with a check for bots: allow yourself in and run the probe again"
        ));
    }
    let empty = cut.is_none() && (200..300).contains(&status) && bytes.trim_ascii().is_empty();
    // An API may well answer so.
    let is_page = page.response.is_html() && !is_api(page.url);
    let seen = trouble(status, &text).or_else(|| {
        (empty && is_page && status == 200)
            .then(|| (Severity::Blocker, format!("answers {status} with an empty page"), String::new()))
    });
    let Some((severity, what, shown)) = seen else {
        return match status {
            _ if cut.is_some() => Sight::NotSeen(format!("{host} gave {}", cut.unwrap_or_default())),
            // Some firewalls do that to strangers.
            _ if empty => Sight::NotSeen(format!("{host} answered {status} with an empty page")),
            // A login wall or a bot check: the app may be behind it.
            400..=499 => Sight::NotSeen(format!("{host} answered {status}: give an address that answers with a page")),
            _ => perhaps_not_the_app(host, &text).map_or_else(|| Sight::Seen(Vec::new()), Sight::NotSeen),
        };
    };
    let finding = header_finding(&META, page.url, "front page", format!("{host} {what}")).severity(severity);
    // The host of an API has nothing at its root, and says so in the same words as a server without an app.
    let may_be_api = matches!(status, 404 | 410) && !NO_SUCH_APP.iter().any(|mark| text.contains(mark));
    let finding = if may_be_api {
        let what = format!("{} Where this is the host of an API, name an address there that it answers.", META.fix);
        finding.severity(Severity::Major).confidence(Confidence::Low).fix(what)
    } else {
        finding
    };
    let evidence = (!shown.is_empty()).then(|| Evidence::new(EvidenceKind::Note, format!("it shows: {shown}")));
    Observation::from(finding.evidence(evidence)).into()
}

/// Judges a page that its scripts were to draw, of which not one is there: `gone` are those.
pub fn judge_gone(page: &Url, gone: &[Url]) -> Option<Sight> {
    let first = gone.first()?;
    let host = page.host_str().unwrap_or_default();
    let message = format!("{host} shows an empty page: the scripts that draw it are not there");
    let lines: Vec<String> = gone.iter().take(MOST_GONE).map(shown).collect();
    let fix = format!(
        "See where the build has put {}, and set the folder from which the app is served (`base` in Vite, `homepage` in Create React App, \
         `basePath` in Next.js), or upload the files that are missing.",
        first.path()
    );
    let finding = header_finding(&META, page, "scripts", message).fix(fix);
    let evidence =
        Evidence::new(EvidenceKind::Note, format!("nothing, or the page itself, is at {}", lines.join(", ")));
    Some(Observation::from(finding.evidence(evidence)).into())
}

/// Why it is not clear that a page is the app, as a sentence.
fn perhaps_not_the_app(host: &str, text: &str) -> Option<String> {
    if let Some(notice) = fresh::perhaps_notice(text) {
        return Some(format!(
            "{host} says \"{notice}\" and leads on from there: open it to see that your app is there"
        ));
    }
    let title = fresh::title_of_template(text)?;
    Some(format!(
        "{host} still has the title of its template, \"{title}\", over a page that scripts make: open it to see that it is your app, \
         and give it a title of its own"
    ))
}

/// What is wrong with a page: how bad, in words after the host's name, and the telling part.
fn trouble(status: u16, text: &str) -> Option<(Severity, String, String)> {
    if status >= 500 {
        return Some((Severity::Blocker, format!("answers {status}, so that visitors see an error"), String::new()));
    }
    match signs::read_page(text, status) {
        Some(sign) if sign.kind > Kind::Default => {
            let what = format!("answers with an error page of {}", sign.of);
            return Some((Severity::Blocker, what, sign.shown));
        }
        Some(sign) if matches!(status, 404 | 410) => {
            let what =
                format!("answers {status} with the standard page of {}: there is no app at this address", sign.of);
            return Some((Severity::Blocker, what, sign.shown));
        }
        _ => {}
    }
    if let Some(mark) = LISTINGS.iter().find(|mark| text.contains(**mark)) {
        let shown = text.split_once(mark).map(|(_, rest)| rest.split('<').next().unwrap_or_default());
        let shown = shown.map(|path| format!("a list of /{}", path.chars().take(60).collect::<String>()));
        return Some((Severity::Major, "shows a list of its files".to_owned(), shown.unwrap_or_default()));
    }
    static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPE).ok());
    let list = MARKED.iter().any(|marks| marks.iter().all(|mark| text.contains(mark)));
    if list || SHAPES.as_ref().is_some_and(|shapes| shapes.is_match(text)) {
        return Some((Severity::Major, "shows a list of its files".to_owned(), String::new()));
    }
    let (what, shown) = fresh::instead_of_app(text).filter(|_| (200..300).contains(&status))?;
    Some((Severity::Blocker, what, shown))
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::html;
    use crate::probe::web::http::{Body, Headers, Response};

    fn judged(status: u16, text: &str) -> Vec<String> {
        judged_at("/", status, text)
    }

    fn judged_at(path: &str, status: u16, text: &str) -> Vec<String> {
        let url = url::Url::parse("https://shop.example.com").unwrap().join(path).unwrap();
        let cut = text.ends_with("<!-- cut").then_some("a body that broke off");
        let body = Body { bytes: text.as_bytes().to_vec(), cut, ..Body::default() };
        let response = Response { status, headers: Headers::of(&[("content-type", "text/html")]), body };
        lines(judge(&Page { url: &url, response: &response, document: html::read(text.as_bytes()) }))
    }

    #[test]
    fn what_is_not_the_app_is_told() {
        for (status, text, told) in [
            (502, "", "blocker front-page-broken: shop.example.com answers 502, so that visitors see an error"),
            (200, "<title>Welcome to nginx!</title>", "the page that nginx comes with"),
            (200, "<html><head><title>Index of /</title></head><a href=\"dump.sql\">", "major front-page-broken: "),
            (
                200,
                "<h1>x</h1>\nTraceback (most recent call last):\n  File \"/app/a.py\", line 1",
                "error page of Python",
            ),
            (200, " \n", "blocker front-page-broken: shop.example.com answers 200 with an empty page"),
            (
                404,
                "The page could not be found\n\nNOT_FOUND\n",
                "major front-page-broken: shop.example.com answers 404",
            ),
            (
                404,
                "The deployment could not be found on Vercel.\n\nDEPLOYMENT_NOT_FOUND\n",
                "blocker front-page-broken: shop.example.com answers 404",
            ),
            (200, "<?xml version='1.0'?><ListBucketResult><Contents><Key>a</Key></Contents>", "a list of its files"),
            (
                200,
                "<!doctype html>\n<meta name=viewport content=x>\n<pre>\n<a href=\"a.sql\">a.sql</a>",
                "a list of its files",
            ),
            (
                200,
                "<html><head><title>localhost - /</title></head><body><H1>localhost - /</H1><hr>\n<pre><A HREF=\"/a\">",
                "a list of its files",
            ),
            (
                200,
                "<span class=\"meta-item\">1</span>Served with <a href=\"https://caddyserver.com\">",
                "a list of its files",
            ),
            (200, "<h1>To get started, edit the page.tsx file.</h1><a href=https://nextjs.org>", "Next.js comes with"),
            (
                200,
                "<article></article><b>Warning</b>:  x in <b>/var/www/a.php</b> on line <b>3</b>",
                "error page of PHP",
            ),
            (
                404,
                "<title>x</title><th>Request Method:</th>You’re seeing this error because you have <code>DEBUG = True</code> in Django",
                "of Django",
            ),
            (
                404,
                "<title>Error</title><pre>Cannot GET /</pre>",
                "major front-page-broken: shop.example.com answers 404 with the",
            ),
            (
                404,
                "<iframe src=\"//www.herokucdn.com/error-pages/no-such-app.html\">",
                "blocker front-page-broken: shop.example.com answers 404 with the standard page of Heroku",
            ),
            (
                200,
                "<br />\n<b>Fatal error</b>:  Uncaught Exception: boom in /var/www/html/index.php:3\nStack trace:\n\
                 #0 /var/www/html/index.php(9): connect()\n#1 {main}\n  thrown in <b>/var/www/html/index.php</b> on line <b>3</b>",
                "error page of PHP",
            ),
        ] {
            let lines = judged(status, text);
            assert!(lines.len() == 1 && lines[0].contains(told), "{told}: {lines:?}");
        }
    }

    #[test]
    fn an_app_is_left_alone() {
        for text in [
            "<title>Corner shop</title><h1>Tea</h1>",
            "<title>Blog</title><article><pre>Traceback (most recent call last):\n  File \"/app/a.py\", line 1</pre>",
            "<title>Tea - /shop</title><p>Teapots</p>",
            "<p>How to read \"Welcome to nginx!\" on a fresh server",
            "<title>Never deploy Django with DEBUG = True</title><h1>Never deploy Django with DEBUG = True</h1>",
            "<h1>Ann's blog</h1><h2><a href=/a>How to fix SQLSTATE[HY000] [2002] Connection refused in Laravel</a></h2>",
            &format!(
                "<h1>Learn React</h1>{}\"Get started by editing app/page.tsx\" <a href=//nextjs.org>",
                "<p>Make the app. ".repeat(50)
            ),
        ] {
            assert_eq!(judged(200, text), Vec::<String>::new(), "{text}");
        }
        for (status, text) in [
            (202, ""),
            (404, "<h1>Lost</h1><a href=/shop>To the shop</a>"),
            (200, "<title>Just a moment...</title>"),
            (200, "<title>Be Right Back</title><h1>Be Right Back</h1><p>For streamers.</p><a href=/signup>Sign up</a>"),
            (
                200,
                "<title>React App</title><noscript>You need to enable JavaScript to run this app.</noscript><div id=root>",
            ),
        ] {
            let lines = judged(status, text);
            assert!(lines.len() == 1 && lines[0].starts_with("not seen: "), "{text}: {lines:?}");
        }
        let api = judged_at("/health", 204, "");
        assert_eq!(api, ["not seen: shop.example.com answered 204 with an empty page"]);
        assert_eq!(judged(200, "<h1>Tea<!-- cut"), ["not seen: shop.example.com gave a body that broke off"]);
        assert_eq!(
            judged(401, "sign in"),
            ["not seen: shop.example.com answered 401: give an address that answers with a page"]
        );
    }
}
