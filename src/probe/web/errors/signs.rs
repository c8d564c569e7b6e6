//! How the error pages of frameworks and servers are recognised, one table row each.

use std::sync::LazyLock;

use regex::Regex;

use super::quote;

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
    /// The telling part as it came.
    pub shown: String,
    /// Where it begins, in bytes.
    pub at: usize,
}

struct Row {
    kind: Kind,
    of: &'static str,
    marks: &'static [&'static str],
}

const fn row(kind: Kind, of: &'static str, marks: &'static [&'static str]) -> Row {
    Row { kind, of, marks }
}

/// All marks have to be there. From the templates of the programs themselves.
static ROWS: &[Row] = &[
    row(Kind::Console, "the debugger of Werkzeug (Flask)", &["EVALEX = true", "Werkzeug"]),
    row(Kind::Trace, "the debugger of Werkzeug (Flask)", &["Werkzeug Debugger"]),
    row(Kind::Trace, "Django in debug mode", &["DEBUG = True", "Django"]),
    row(Kind::Trace, "Rails in development mode", &["Rails.root:", "Application Trace"]),
    row(Kind::Trace, "Rails in development mode", &["Action Controller: Exception caught"]),
    row(Kind::Trace, "Rails in development mode", &["No route matches [GET]", "Rails.root:"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["Illuminate\\", "vendor/laravel/framework"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["Illuminate\\\\", "\"trace\":"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["ignition", "window.data ="]),
    row(Kind::Trace, "Symfony in debug mode", &["Symfony Exception", "exception-message"]),
    row(Kind::Trace, "Spring with stack traces", &["\"trace\":\"", "org.springframework."]),
    row(Kind::Trace, "ASP.NET without custom errors", &["Server Error in '", "Stack Trace:"]),
    row(
        Kind::Trace,
        "ASP.NET Core in development mode",
        &["An unhandled exception occurred while processing the request.", "<title>Internal Server Error</title>"],
    ),
    row(Kind::Trace, "Next.js in development mode", &["\"buildId\":\"development\""]),
    row(Kind::Trace, "Next.js in development mode", &["__nextjs_original-stack-frame"]),
    row(Kind::Trace, "Phoenix in development mode", &["Phoenix.Router.NoRouteError", "Available routes"]),
    row(Kind::Trace, "Go", &["goroutine ", "[running]:", ".go:"]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File \""]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File &quot;"]),
    row(Kind::Trace, "a database", &["SQLSTATE["]),
    row(Kind::Default, "nginx", &["<center>nginx"]),
    row(Kind::Default, "OpenResty", &["<center>openresty"]),
    row(Kind::Default, "Apache", &["<h1>Not Found</h1>", "The requested URL", "was not found on this server"]),
    row(Kind::Default, "Tomcat", &["HTTP Status 404", "Apache Tomcat"]),
    row(Kind::Default, "Tomcat", &["HTTP Status 404", "does not exist or is not willing to disclose"]),
    row(Kind::Default, "IIS", &["404 - File or directory not found."]),
    row(Kind::Default, "ASP.NET", &["Server Error in '", "The resource cannot be found"]),
    row(Kind::Default, "Express", &["<pre>Cannot GET /"]),
    row(Kind::Default, "Flask", &["<h1>Not Found</h1>", "If you entered the URL manually please check your spelling"]),
    row(Kind::Default, "Django", &["<h1>Not Found</h1>", "The requested resource was not found on this server."]),
    row(Kind::Default, "Spring", &["Whitelabel Error Page"]),
    row(Kind::Default, "Next.js", &["next-error-h1", "This page could not be found"]),
    row(Kind::Default, "Rails", &["The page you were looking for doesn't exist.", "You may have mistyped the address"]),
    row(Kind::Default, "Laravel", &["text-gray-500 uppercase tracking-wider", "Not Found"]),
    row(Kind::Default, "Symfony", &["Oops! An Error Occurred", "The server returned a"]),
    row(Kind::Default, "Go", &["404 page not found"]),
    row(Kind::Default, "Vercel", &["The page could not be found", "NOT_FOUND"]),
    row(Kind::Default, "Vercel", &["404: NOT_FOUND", "DEPLOYMENT_NOT_FOUND"]),
    row(Kind::Default, "Netlify", &["Looks like you&#39;ve followed a broken link"]),
    row(Kind::Default, "Netlify", &["Looks like you've followed a broken link"]),
    row(Kind::Default, "GitHub Pages", &["The site configured at this address does not", "GitHub Pages"]),
    row(Kind::Default, "Firebase", &["This file does not exist and there was no index.html found"]),
    row(Kind::Default, "Amazon S3", &["<Code>NoSuchKey</Code>"]),
    row(Kind::Default, "Amazon S3", &["<li>Code: NoSuchKey</li>"]),
    row(Kind::Default, "Python's http.server", &["Error code explanation:", "Nothing matches the given URI"]),
    // What the same programs show when a request fails.
    row(Kind::Default, "Apache", &["<h1>Internal Server Error</h1>", "internal error or", "misconfiguration"]),
    row(Kind::Default, "Apache", &["<h1>Service Unavailable</h1>", "temporarily unable to service your"]),
    row(Kind::Default, "Apache", &["<h1>Proxy Error</h1>", "The proxy server received an invalid"]),
    row(Kind::Default, "Tomcat", &["<h1>HTTP Status 50", "<b>Type</b>"]),
    row(Kind::Default, "IIS", &["500 - Internal server error."]),
    row(Kind::Default, "ASP.NET", &["Server Error in '", "Runtime Error"]),
    row(Kind::Default, "Express", &["<pre>Internal Server Error</pre>"]),
    row(
        Kind::Default,
        "Flask",
        &["<h1>Internal Server Error</h1>", "unable to complete your request. Either the server"],
    ),
    row(Kind::Default, "Django", &["<h1>Server Error (500)</h1>"]),
    row(Kind::Default, "gunicorn", &["<h1><p>Internal Server Error</p></h1>"]),
    row(Kind::Default, "Next.js", &["next-error-h1", "Internal Server Error"]),
    row(Kind::Default, "Rails", &["<title>We're sorry, but something went wrong (500"]),
    row(Kind::Default, "Puma", &["An unhandled lowlevel error occurred."]),
    row(Kind::Default, "Laravel", &["text-gray-500 uppercase tracking-wider", "Server Error"]),
    row(Kind::Default, "Vercel", &["A server error has occurred", "FUNCTION_INVOCATION_"]),
    row(Kind::Default, "Cloudflare", &["cf-error-details", "cf-wrapper"]),
    row(Kind::Default, "Heroku", &["herokucdn.com/error-pages"]),
];

/// All that some frameworks write when a request fails (Starlette and FastAPI, Next.js, Gin, net/http); pages of an app's own say more.
const BARE: [&str; 3] =
    ["Internal Server Error", "500 Internal Server Error", "{\"detail\":\"Internal Server Error\"}"];

struct Pattern {
    of: &'static str,
    pattern: LazyLock<Option<Regex>>,
}

/// Stack frames, which name a file with a line.
static PATTERNS: [Pattern; 5] = [
    Pattern {
        of: "Node.js",
        pattern: LazyLock::new(|| {
            Regex::new(r"\bat (?:[^\n()<>]+ \()?(?:file://|webpack-internal://)?(?:/|[A-Za-z]:\\)[^\s()<>:]+\.(?:[cm]?js|tsx?):\d+:\d+").ok()
        }),
    },
    Pattern { of: "Node.js", pattern: LazyLock::new(|| Regex::new(r"\bat [^\n()<>]+ \(node:[a-z_/]+:\d+:\d+\)").ok()) },
    Pattern {
        of: "Java",
        pattern: LazyLock::new(|| Regex::new(r"\bat [a-zA-Z0-9_.$/]+\([a-zA-Z0-9_$]+\.(?:java|kt|scala):\d+\)").ok()),
    },
    Pattern {
        of: ".NET",
        pattern: LazyLock::new(|| Regex::new(r"\bat [a-zA-Z0-9_.`<>\[\],+ ]+\([^()\n]*\) in [^\n<>]+:line \d+").ok()),
    },
    Pattern {
        of: "PHP",
        pattern: LazyLock::new(|| {
            Regex::new(r"(?:Fatal error|Warning|Notice|Deprecated|Parse error)(?:</b>)?: +[^\n]+? in (?:<b>)?(?:/|[A-Z]:\\)[^\s<>]+\.php(?:</b>)? on line (?:<b>)?\d+").ok()
        }),
    },
];

/// Letters of the telling part that are shown.
const SHOWN: usize = 160;

/// The worst that a body shows.
pub fn read(body: &str) -> Option<Sign> {
    let by_marks =
        ROWS.iter().filter(|row| row.marks.iter().all(|mark| body.contains(mark))).max_by_key(|row| row.kind);
    if let Some(row) = by_marks.filter(|row| row.kind > Kind::Default) {
        return Some(sign(row, body));
    }
    let frame = PATTERNS.iter().find_map(|known| {
        let found = known.pattern.as_ref()?.find(body)?;
        let shown = found.as_str().chars().take(SHOWN).collect();
        Some(Sign { kind: Kind::Trace, of: known.of, shown, at: found.start() })
    });
    frame.or_else(|| standard(body))
}

/// The standard page that a body is.
fn standard(body: &str) -> Option<Sign> {
    // The first of several is the most telling.
    ROWS.iter()
        .find(|row| row.kind == Kind::Default && row.marks.iter().all(|mark| body.contains(mark)))
        .map(|row| sign(row, body))
        .or_else(|| bare(body))
}

/// The same of a page that people may read as well: one that is there, or one for what is missing, can quote a stack trace.
pub fn read_page(body: &str, status: u16) -> Option<Sign> {
    let may_quote = status < 400 || matches!(status, 404 | 410);
    match read(body) {
        Some(sign) if may_quote && sign.kind > Kind::Default && quote::is_one(body, &sign) => standard(body),
        sign => sign,
    }
}

fn bare(body: &str) -> Option<Sign> {
    let text = BARE.iter().find(|text| body.trim() == **text)?;
    Some(Sign { kind: Kind::Default, of: "the framework", shown: (*text).to_owned(), at: 0 })
}

fn sign(row: &Row, body: &str) -> Sign {
    let first = row.marks.first().copied().unwrap_or_default();
    let at = body.find(first).unwrap_or_default();
    let shown: String = body.get(at..).unwrap_or_default().chars().take(SHOWN).collect();
    Sign { kind: row.kind, of: row.of, shown: shown.lines().next().unwrap_or_default().trim().to_owned(), at }
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
            ("java.lang.RuntimeException\n\tat com.shop.Cart.add(Cart.java:42)", "Java"),
            ("   at Shop.Cart.Add(Int32 id) in C:\\src\\Cart.cs:line 42", ".NET"),
            ("<b>Fatal error</b>:  Uncaught Error: x in <b>/var/www/html/index.php</b> on line <b>12</b>", "PHP"),
            ("Traceback (most recent call last):\n  File \"/app/main.py\", line 1", "Python"),
            ("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5", "Go"),
            (
                "You're seeing this error because you have <code>DEBUG = True</code> in your Django settings",
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
            "",
        ] {
            assert_eq!(of(own), None, "{own}");
        }
    }

    #[test]
    fn long_bodies_end() {
        read(&"at x (".repeat(20_000));
        read(&"Warning: a in /".repeat(8000));
    }
}
