//! How the error pages of frameworks and servers are recognised.

use std::cmp::Reverse;

use super::frames::FRAMES;
use super::hidden;
use super::quote;
use super::table::{BARE, DATABASE, ROWS, Row};

/// What sort of page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The standard page of a framework, server or host.
    Default,
    /// It shows how the app is built: a stack trace, paths, settings.
    Trace,
    /// Whoever opens it can run code on the server.
    Console,
}

/// What was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// What sort it is.
    pub kind: Kind,
    /// Whose it is, to stand after "of" or "from": `Express`.
    pub of: &'static str,
    /// The telling part, without what may be a secret.
    pub shown: String,
    /// Where it begins, in bytes.
    pub at: usize,
    /// Where what was recognised ends.
    pub end: usize,
    /// Whether it is a text of the table alone, and no stack frame with a file and a line.
    pub is_bare: bool,
}

/// So many places of one text or sort of frame are looked at.
const MOST: usize = 8;

/// So many letters are compared to tell whether two pages show the same.
const SAME: usize = 120;

/// The worst that a body shows.
pub fn read(body: &str) -> Option<Sign> {
    traces(body).into_iter().next().or_else(|| standard(body))
}

/// The same of a page that people may read as well: one that is there can quote a stack trace.
pub fn read_page(body: &str, status: u16) -> Option<Sign> {
    read_strange(body, status, "")
}

/// The same of the answer to a request that nobody makes. No article is about that; but it may show what is on every page of the site,
/// such as `front`.
pub fn read_strange(body: &str, status: u16, front: &str) -> Option<Sign> {
    let told = traces(body).into_iter().find(|sign| {
        let is_quote = match status {
            ..400 => quote::is_one(body, sign),
            404 | 410 => quote::is_link(body, sign) || quote::is_teaser(body, sign),
            _ => return true,
        };
        !is_quote && !is_quoted_in(front, body, sign)
    });
    told.or_else(|| standard(body))
}

/// Whether what `sign` found in `body` stands in `page` as well, as a quote.
fn is_quoted_in(page: &str, body: &str, sign: &Sign) -> bool {
    let rest = body.get(sign.at..).unwrap_or_default();
    // The words of a table stand in every such trace; what follows them is its own.
    let length = if sign.is_bare {
        rest.char_indices()
            .take(SAME)
            .take_while(|(_, c)| *c != '<')
            .map(|(at, c)| at + c.len_utf8())
            .last()
            .unwrap_or(0)
    } else {
        sign.end - sign.at
    };
    let Some(text) = rest.get(..length.max(sign.end - sign.at)).filter(|text| page.contains(text)) else {
        return false;
    };
    let same: Vec<Sign> = traces(page)
        .into_iter()
        .filter(|known| page.get(known.at..).is_some_and(|rest| rest.starts_with(text)))
        .collect();
    !same.is_empty() && same.iter().all(|known| quote::is_one(page, known))
}

/// All that is worse than a standard page, the worst first.
fn traces(body: &str) -> Vec<Sign> {
    let mut rows: Vec<&Row> = ROWS.iter().filter(|row| row.kind > Kind::Default && row.is_in(body)).collect();
    rows.sort_by_key(|row| Reverse(row.kind));
    // What comes from a database says less than the program that let it through.
    let (database, rows): (Vec<&Row>, Vec<&Row>) = rows.into_iter().partition(|row| row.of == DATABASE);
    let mut signs: Vec<Sign> = Vec::new();
    rows.iter().for_each(|row| signs.extend(places(row, body)));
    for frame in &FRAMES {
        let Some(pattern) = frame.pattern.as_ref() else { continue };
        signs.extend(pattern.captures_iter(body).take(MOST).filter_map(|found| {
            let part = found.get(1).or_else(|| found.get(0))?;
            let shown = hidden::telling(part.as_str());
            Some(Sign { kind: Kind::Trace, of: frame.of, shown, at: part.start(), end: part.end(), is_bare: false })
        }));
    }
    database.iter().for_each(|row| signs.extend(places(row, body)));
    signs
}

fn places(row: &Row, body: &str) -> impl Iterator<Item = Sign> {
    let mark = row.marks.first().copied().unwrap_or_default();
    body.match_indices(mark).take(MOST).map(|(at, _)| sign(row, body, at))
}

/// The standard page that a body is.
fn standard(body: &str) -> Option<Sign> {
    // The first of several is the most telling.
    let row = ROWS.iter().find(|row| row.kind == Kind::Default && row.is_in(body));
    row.map(|row| sign(row, body, row.marks.first().and_then(|mark| body.find(mark)).unwrap_or_default()))
        .or_else(|| bare(body))
}

fn bare(body: &str) -> Option<Sign> {
    let (text, of) = BARE.iter().find(|(text, _)| body.trim() == *text)?;
    Some(Sign { kind: Kind::Default, of, shown: (*text).to_owned(), at: 0, end: body.len(), is_bare: true })
}

fn sign(row: &Row, body: &str, at: usize) -> Sign {
    let shown = hidden::telling(body.get(at..).unwrap_or_default());
    let end = at + row.marks.first().map_or(0, |mark| mark.len());
    Sign { kind: row.kind, of: row.of, shown, at, end, is_bare: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Option<(Kind, &'static str)> {
        read(body).map(|sign| (sign.kind, sign.of))
    }

    #[test]
    fn stack_traces_are_known_in_every_language() {
        for (body, expected) in [
            (
                "<pre>Error: x\n    at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)</pre>",
                "Node.js",
            ),
            (
                "<pre>URIError: Failed to decode param &#39;/%&#39;<br> &nbsp; &nbsp;at decodeURIComponent (&lt;anonymous&gt;)<br> &nbsp; &nbsp;at /app/server.js:12:5</pre>",
                "Node.js",
            ),
            (
                "{\"stack\":\"Error: x\\n    at Object.<anonymous> (C:\\\\app\\\\a.ts:1:2)\\n at run (node:internal/main:1:2)\"}",
                "Node.js",
            ),
            ("Error: x\n    at Page (/srv/shop/src/app/(shop)/[id]/page.js:3:4)", "Node.js"),
            ("Error: x\n    at async r (file:///srv/app/@modal/(..)(..)photo/page.tsx:3:4)", "Node.js"),
            ("Error: x\n    at eval (webpack-internal:///(rsc)/./src/app/page.jsx:3:4)", "Node.js"),
            ("thread 'main' panicked at src/main.rs:10:5:\nindex out of bounds", "Rust"),
            ("thread 'tokio-runtime-worker' (4711) panicked at /srv/shop/src/cart.rs:7:13:\nno tea", "Rust"),
            ("{\"error\":\"thread 'main' panicked at src/main.rs:10:5:\\nno tea\"}", "Rust"),
            ("<pre>thread &#39;main&#39; panicked at &#39;no tea&#39;, src/main.rs:10:5</pre>", "Rust"),
            (
                "   1: core::panicking::panic_fmt\n             at /rustc/9fc6b431/library/core/src/panicking.rs:72:14",
                "Rust",
            ),
            ("java.lang.RuntimeException\n\tat com.shop.Cart.add(Cart.java:42)", "Java"),
            ("   at Shop.Cart.Add(Int32 id) in C:\\src\\Cart.cs:line 42", ".NET"),
            (
                "<br />\n<b>Fatal error</b>:  Uncaught PDOException: could not find driver in /var/www/html/index.php:3\nStack trace:\n\
                 #0 /var/www/html/index.php(3): PDO-&gt;__construct()\n#1 {main}\n  thrown in <b>/var/www/html/index.php</b> on line <b>3</b>",
                "PHP",
            ),
            ("PHP Fatal error:  Uncaught Exception: x\n#0 {main}\n  thrown in /srv/shop/a.php on line 3", "PHP"),
            ("{\"trace\":\"#0 /srv/shop/vendor/slim/App.php(81): handle()\"}", "PHP"),
            ("<b>Warning</b>:  Undefined variable $cart in <b>/var/www/html/index.php</b> on line <b>12</b>", "PHP"),
            ("<th><span>( ! )</span> Notice: Undefined index: a in /var/www/a.php on line <i>12</i></th>", "PHP"),
            ("RuntimeError: boom\n\t/srv/shop/app.rb:12:in 'block in <class:Shop>'", "Ruby"),
            ("app/models/cart.rb:7:in `total&#39;", "Ruby"),
            (
                "<p id=\"explanation\">You're seeing this error because you have\nenabled the <code>show_exceptions</code> setting.</p>",
                "Sinatra in development mode",
            ),
            ("{\"detail\":\"Traceback (most recent call last):\\n  File \\\"/app/a.py\\\", line 1\"}", "Python"),
            ("Traceback (most recent call last):\n  File \"/app/main.py\", line 1", "Python"),
            ("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5", "Go"),
            (
                "<th>Request Method:</th><td>GET</td><p>You’re seeing this error because you have <code>DEBUG = True</code> in\n your Django settings",
                "Django in debug mode",
            ),
            (
                "<script>self.__NEXT_DATA__={\"page\":\"/_error\",\"buildId\":\"development\"}</script>",
                "Next.js in development mode",
            ),
            ("{\"message\":\"x\",\"exception\":\"Illuminate\\\\Database\",\"trace\":[]}", "Laravel with APP_DEBUG"),
        ] {
            assert_eq!(of(body), Some((Kind::Trace, expected)), "{body}");
        }
        assert_eq!(of("<!-- Werkzeug --><script>var EVALEX = true, SECRET = 'x'</script>").unwrap().0, Kind::Console);
    }

    #[test]
    fn standard_pages_are_known_and_own_ones_left_alone() {
        for (body, expected) in [
            ("<center><h1>404 Not Found</h1></center><hr><center>nginx/1.25</center>", "nginx"),
            ("<!DOCTYPE html><pre>Cannot GET /gonogo-1</pre>", "Express"),
            ("<h1>Whitelabel Error Page</h1>", "Spring"),
            ("404 page not found\n", "Go"),
            (
                "<div class=\"px-4 text-lg text-gray-500 border-r border-gray-400 tracking-wider\">404</div>\
                 <div class=\"ml-4 text-lg text-gray-500 uppercase tracking-wider\">Not Found</div>",
                "Laravel",
            ),
            ("<html><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>", "nginx"),
            (
                "<h1>Internal Server Error</h1><p>The server encountered an internal error or\nmisconfiguration and",
                "Apache",
            ),
            ("<!DOCTYPE html><pre>Internal Server Error</pre>", "Express"),
            ("<!doctype html><title>Server Error (500)</title><h1>Server Error (500)</h1><p></p>", "Django"),
            ("Internal Server Error", "the framework"),
        ] {
            assert_eq!(of(body), Some((Kind::Default, expected)), "{body}");
        }
        for own in [
            "<h1>We looked everywhere</h1><p>This page is not at /shop/tea.js any more. <a href=/>Home</a>, at 12:30:15 on line 4",
            "{\"error\":\"not found\",\"statusCode\":404}",
            "Meet us at the shop (Main Street 5)",
            "<h1>Internal Server Error</h1><p>We broke a pot. <a href=/>Home</a>",
            "<h1>404 page not found</h1><p>Sorry! <a href=/>Back home</a>",
            "<p class=\"text-xs font-medium text-gray-500 uppercase tracking-wider\">Error 404</p><h1>Page Not Found</h1><a href=/>Home</a>",
            "<p>The thread 'tea' panicked at noon, see main.rs: line 3. Meet at (the shop) /page.js",
            "<p>Open at /(shop)/index.html:80:1 or at /src/(shop)/page.js in the afternoon",
            "<p>Order 12 of the teapot.rb: in all colours, #3 of our list (4): blue",
            "",
        ] {
            assert_eq!(of(own), None, "{own}");
        }
    }

    #[test]
    fn long_bodies_end() {
        read(&"at x (".repeat(20_000));
        read(&"Warning: a in /".repeat(8000));
        read(&"a.rb:1:in/".repeat(8000));
        read(&"thread 'a panicked at b, ".repeat(4000));
        read(&"at /(a)".repeat(10_000));
        read(&"#1 /a.php(".repeat(8000));
        read(&"SQLSTATE[HY000] in /".repeat(4000));
    }
}
