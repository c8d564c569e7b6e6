//! Whether a page is an error page or only quotes one, as blogs and manuals do.

use std::sync::LazyLock;

use regex::Regex;

use super::signs::Sign;
use super::table::DATABASE;

/// An error page begins with its error: within so many characters that a reader sees.
const NEAR: usize = 300;

/// Elements that make a headline or a link of what stands in them.
const HEADLINES: [&str; 8] = ["title", "h1", "h2", "h3", "h4", "h5", "h6", "a"];

/// Whether `sign` is quoted in `body`: it stands far down, or in an article, or is a headline of or a piece of code beside a longer text.
pub fn is_one(body: &str, sign: &Sign) -> bool {
    let (Some(before), Some(found), Some(after)) =
        (body.get(..sign.at), body.get(sign.at..sign.end), body.get(sign.end..))
    else {
        return false;
    };
    // A page about it would write `&lt;b&gt;`.
    if sign.of == "PHP" && found.contains("</b>") {
        return false;
    }
    let (before, after) = (before.to_ascii_lowercase(), after.to_ascii_lowercase());
    if sign.of == DATABASE && sign.is_bare {
        // The code alone is what people write about: an error of a few words has it and little else.
        return is_link(body, sign) || seen(body) > NEAR;
    }
    let framework = ["debugger", " in ", " with "].iter().any(|word| sign.of.contains(word));
    if framework && ["script", "title", "h1"].iter().any(|tag| open(&before, tag).is_some()) {
        return false;
    }
    if HEADLINES.iter().any(|tag| open(&before, tag).is_some()) {
        return seen(&before) + seen(&format!("<{after}")) > NEAR;
    }
    if open(&before, "article").is_some() || open(&before, "script").is_some() || seen(&before) > NEAR {
        return true;
    }
    // Who colours code shows it to readers, however short the rest is.
    let is_coloured = |tag: &&str| {
        let class = open(&before, tag).and_then(|at| before.get(at..)?.split('>').next());
        class.is_some_and(|class| class.contains("language-") || class.contains("highlight"))
    };
    if ["code", "pre"].iter().any(is_coloured) {
        return true;
    }
    ["code", "pre"].iter().any(|tag| {
        let around =
            open(&before, tag).and_then(|at| Some((before.get(..at)?, after.split_once(&format!("</{tag}"))?.1)));
        around.is_some_and(|(before, after)| seen(before) + seen(&format!("<{after}")) > NEAR)
    })
}

/// Whether `sign` is the bare code of an error in the text of a link: "How to fix …".
pub fn is_link(body: &str, sign: &Sign) -> bool {
    let before = body.get(..sign.at).unwrap_or_default().to_ascii_lowercase();
    sign.of == DATABASE && sign.is_bare && open(&before, "a").is_some()
}

/// Whether `sign` stands in the teaser of an article: an `<article>` whose headline leads to another page, as on lists of posts. What an app
/// shows of an error of its own leads nowhere but home.
pub fn is_teaser(body: &str, sign: &Sign) -> bool {
    static HEADLINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // The link stands in the headline or around it.
        const LINK: &str = r#"<a\b[^>]*?\bhref\s*=\s*["']?([^"'\s>]+)[^>]*>"#;
        Regex::new(&format!(r"(?is)<h[1-6]\b[^>]*>(?:[^<]|</?(?:span|strong|em|b|i|small)\b[^>]*>)*{LINK}|{LINK}(?:[^<]|<div\b[^>]*>|</div>|<img\b[^>]*>)*<h[1-6]\b")).ok()
    });
    // As for quotes: in the posts of a page nobody writes it as markup.
    if sign.of == "PHP" && body.get(sign.at..sign.end).is_some_and(|found| found.contains("</b>")) {
        return false;
    }
    let before = body.get(..sign.at).unwrap_or_default().to_ascii_lowercase();
    let (Some(at), Some(headline)) = (open(&before, "article"), HEADLINE.as_ref()) else { return false };
    let above = body.get(at..sign.at).unwrap_or_default();
    let leads_on = |to: &str| !to.starts_with('#') && !to.trim_end_matches('/').is_empty() && !is_root(to);
    headline.captures_iter(above).any(|found| found.iter().skip(1).flatten().any(|to| leads_on(to.as_str())))
}

/// Whether an address with a host has no path.
fn is_root(to: &str) -> bool {
    let host = to.strip_prefix("https://").or_else(|| to.strip_prefix("http://")).or_else(|| to.strip_prefix("//"));
    host.is_some_and(|rest| !rest.trim_end_matches('/').contains('/'))
}

/// Where the last element of that name begins in `before`, if it is still open at the end.
fn open(before: &str, tag: &str) -> Option<usize> {
    let start = format!("<{tag}");
    let is_name = |at: usize| {
        before.get(at + start.len()..).is_some_and(|rest| rest.starts_with(['>', ' ', '\n', '\t', '\r', '/']))
    };
    let at = before.rmatch_indices(&start).map(|(at, _)| at).find(|at| is_name(*at))?;
    (!has(before, at, &format!("</{tag}>"))).then_some(at)
}

fn has(text: &str, from: usize, word: &str) -> bool {
    text.get(from..).is_some_and(|rest| rest.contains(word))
}

/// How many characters of a piece of markup a reader sees whose browser runs scripts, blanks not counted.
pub fn seen(markup: &str) -> usize {
    static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?s)<script\b.*?(?:</script|$)|<style\b.*?(?:</style|$)|<title\b.*?(?:</title|$)|<noscript\b.*?(?:</noscript|$)|<!--.*?(?:-->|$)|<[^>]*(?:>|$)").ok()
    });
    let Some(unseen) = UNSEEN.as_ref() else { return 0 };
    unseen.replace_all(markup, "").chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use crate::probe::web::errors::signs::{Kind, read_page, read_strange};

    #[test]
    fn an_error_is_told_from_a_page_about_one() {
        let text = "Tea is a drink. ".repeat(40);
        let trace = "Traceback (most recent call last):\n  File \"/app/a.py\", line 1";
        let warning = "<b>Warning</b>:  x in <b>/var/www/a.php</b> on line <b>3</b>";
        let code = "SQLSTATE[HY000] [2002] Connection refused";
        for (body, told) in [
            (format!("<h1>x</h1>{trace}"), true),
            (format!("<html><body><pre>{trace}</pre></body></html>"), true),
            (format!("<title>{trace}</title>"), true),
            (format!("{trace}{text}"), true),
            (format!("<article>{text}</article>{warning}"), true),
            // One that is quoted does not hide one that is not.
            (format!("{warning}<article>{text}<pre>{trace}</pre></article>"), true),
            (format!("Connection failed: {code}"), true),
            (format!("<h1>Shop</h1><p>PDOException: {code} in /srv/shop/db.php:12</p>{text}"), true),
            (format!("<p>{text}</p>{trace}"), false),
            (format!("<article>{trace}</article>"), false),
            (format!("<h1>How I fixed it</h1><pre><code class=\"language-python\">{trace}</code></pre>"), false),
            (format!("<h1>How I fixed it</h1><pre class=highlight>{trace}</pre>"), false),
            (format!("<h1>My blog</h1><code>{trace}</code><p>{text}"), false),
            (format!("<h1>My blog</h1><pre class=x>{trace}</pre><p>{text}"), false),
            (format!("<title>What does {trace} mean?</title><p>{text}"), false),
            (format!("<title>Fix {code}</title><h1>Fix PDOException: {code}</h1><p>{text}"), false),
            (format!("<h1>Ann</h1><ul><li><h2><a href=/a>How to fix {code}</a></h2></ul>"), false),
            (format!("<h1>Ann</h1><ul><li><h2><a href=/a>Fix {code}</a></h2><p>{text}</ul>"), false),
        ] {
            let is_error = read_page(&body, 200).is_some_and(|sign| sign.kind > Kind::Default);
            assert_eq!(is_error, told, "{body}");
            assert!(read_page(&body, 500).is_some(), "{body}");
            // Nobody writes an article about a path that nobody can have, unless it is on every page.
            let at = |front: &str| read_strange(&body, 404, front).is_some_and(|sign| sign.kind > Kind::Default);
            assert_eq!(at("<h1>Shop</h1>"), !body.contains("<a href"), "{body}");
            assert_eq!(at(&body), told, "{body}");
        }
        read_page(&"<pre>".repeat(10_000), 200);
    }

    #[test]
    fn a_list_of_posts_on_a_page_for_what_is_missing_is_none() {
        let trace = "Error: no tea\n    at brew (/srv/shop/pot.js:4:2)";
        let is_told = |body: &str| {
            let sign = read_strange(body, 404, "<h1>Ann's blog</h1>");
            sign.is_some_and(|sign| sign.kind > Kind::Default)
        };
        let page = |articles: &str| format!("<title>Lost</title><h1>Not here</h1><p>Read instead:</p>{articles}");
        for headline in [
            "<h2><a href=\"/posts/tea\">Why my app died</a></h2>",
            "<header>\n<h3 class=t><span>3. </span><a class=x href=/posts/tea>Why my app died</a></h3></header>",
            "<a href='https://ann.example/posts/tea'><img src=/x.png><h2>Why my app died</h2></a>",
            "<h2><a href=/t>My <code>TypeError</code></a></h2>",
        ] {
            let post = format!("<article class=post>{headline}<p>I saw</p><pre>{trace}</pre></article>");
            assert!(!is_told(&page(&post)), "{headline}");
            // One that is quoted does not hide one that is not.
            assert!(is_told(&page(&format!("{post}<pre>{trace}</pre>"))), "{headline}");
            assert!(is_told(&page(&format!("<pre>{trace}</pre>{post}"))), "{headline}");
            assert!(read_strange(&page(&post), 500, "").is_some(), "no list of posts is shown for a failure");
        }
        // An error of the app's own in its layout leads nowhere but home.
        for headline in [
            "<h1>Not found</h1>",
            "<h1><a href=/>Ann</a></h1>",
            "<h1><a href=\"https://ann.example/\">Ann</a></h1>",
            "<a href=/posts>All posts</a><p>This went wrong:</p>",
            "<h1><a href=#top>Not found</a></h1>",
        ] {
            assert!(is_told(&page(&format!("<article>{headline}<pre>{trace}</pre></article>"))), "{headline}");
        }
        let warning = "<b>Warning</b>:  x in <b>/var/www/a.php</b> on line <b>3</b>";
        assert!(is_told(&page(&format!("<article><h2><a href=/p/1>Tea</a></h2>{warning}</article>"))));
        is_told(&"<article><h2>".repeat(10_000));
    }

    #[test]
    fn a_post_about_one_trace_does_not_hide_another() {
        let trace =
            |file: &str| format!("<pre>Traceback (most recent call last):\n  File \"/srv/{file}.py\", line 3</pre>");
        let post = format!("<article><h2>A bug</h2>{}<p>{}</article>", trace("post"), "I looked for it. ".repeat(40));
        let at = |body: &str| read_strange(body, 404, &post).is_some_and(|sign| sign.kind > Kind::Default);
        assert!(at(&trace("shop")) && at(&format!("{post}{}", trace("shop"))));
        assert!(!at(&format!("<h1>Lost</h1>{post}")));
        let go = "<p>What a goroutine is, and why it is not running";
        assert!(read_strange("goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:5", 404, go).is_some());
    }

    #[test]
    fn a_trace_within_the_layout_of_the_app_is_one() {
        let links = (0..25).map(|n| format!("<li><a href=/c/{n}>Teapots of sort {n}</a>")).collect::<String>();
        let foot = "<footer>We send teapots to every place on earth within three days. </footer>".repeat(6);
        let error = "<h1>Not Found</h1>\n<h2>404</h2>\n<pre>NotFoundError: Not Found\n    at /srv/shop/app.js:27:8\n    \
            at Layer.handle [as handle_request] (/srv/shop/node_modules/express/lib/router/layer.js:95:5)</pre>";
        let front = format!("<title>Shop</title><nav>{links}</nav><h1>Tea</h1>{foot}");
        for body in [format!("<nav>{links}</nav>{error}"), format!("{error}{foot}"), format!("{error}<article>{foot}")]
        {
            for status in [404, 410, 400, 403, 500] {
                let sign = read_strange(&body, status, &front).unwrap();
                assert_eq!((sign.kind, sign.of), (Kind::Trace, "Node.js"), "{status} {body}");
            }
        }
    }
}
