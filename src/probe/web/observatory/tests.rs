//! Cases that follow from the Observatory's published table: every result of every test with what it is worth, the bonus
//! threshold, the floor and the grades.

mod totals;

use super::*;
use crate::probe::web::cookies;
use crate::probe::web::html;

/// A page to be judged.
struct Case {
    url: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    html: Option<&'static str>,
    plain: Plain,
    untrusted: bool,
    cors: Option<(&'static str, Option<&'static str>)>,
}

impl Default for Case {
    fn default() -> Self {
        let headers = vec![("Strict-Transport-Security", "max-age=63072000")];
        Self { url: HTTPS, headers, html: Some("<p>"), plain: Plain::NotThere, untrusted: false, cors: None }
    }
}

const HTTPS: &str = "https://shop.example.com/";
const ORIGIN: &str = "https://foreign.example";

impl Case {
    fn with(headers: &[(&'static str, &'static str)]) -> Self {
        let mut case = Self::default();
        case.headers.extend(headers);
        case
    }

    fn score(&self) -> ObservatoryScore {
        let url = Url::parse(self.url).unwrap();
        let headers = Headers::of(&self.headers);
        let document = self.html.map(|html| html::read(html.as_bytes()));
        let secure = match (url.scheme(), self.untrusted) {
            ("https", false) => Secure::Answered(&headers),
            ("https", true) => Secure::Untrusted,
            _ => Secure::NotThere,
        };
        let cors = self.cors.map(|(origin, credentials)| CorsSent {
            origin: ORIGIN.to_owned(),
            allow_origin: Some(origin.to_owned()).filter(|origin| !origin.is_empty()),
            allow_credentials: credentials.map(str::to_owned),
        });
        score(&Input {
            url: &url,
            headers: &headers,
            document: document.as_ref(),
            cookies: &cookies::all(&headers),
            plain: self.plain.clone(),
            secure,
            cors,
        })
    }

    /// The result of one test and what it is worth.
    fn result(&self, test: &str) -> (String, i32) {
        let found = self.score().tests.into_iter().find(|found| found.name == test).unwrap();
        assert!(!found.words.is_empty() && !found.words.ends_with('.'));
        (found.result, found.modifier)
    }
}

/// Header values and the result they lead to.
type Rows<'a> = &'a [(&'static str, &'a str, i32)];

fn hold(test: &str, header: &'static str, rows: Rows<'_>) {
    for (value, result, modifier) in rows {
        assert_eq!(Case::with(&[(header, value)]).result(test), ((*result).to_owned(), *modifier), "{header}: {value}");
    }
}

#[test]
fn content_security_policy() {
    let test = "Content Security Policy";
    hold(
        test,
        "Content-Security-Policy",
        &[
            ("default-src 'none'", "csp-implemented-with-no-unsafe-default-src-none", 10),
            ("default-src 'none'; script-src 'self'", "csp-implemented-with-no-unsafe-default-src-none", 10),
            ("default-src; script-src 'self'", "csp-implemented-with-no-unsafe-default-src-none", 10),
            ("default-src 'self'", "csp-implemented-with-no-unsafe", 5),
            ("DEFAULT-SRC 'SELF'", "csp-implemented-with-no-unsafe", 5),
            ("script-src 'self'; object-src 'none'; style-src 'self'", "csp-implemented-with-no-unsafe", 5),
            ("default-src 'self'; script-src 'nonce-abc' 'unsafe-inline'", "csp-implemented-with-no-unsafe", 5),
            ("default-src 'self'; script-src 'sha256-abc' 'unsafe-inline'", "csp-implemented-with-no-unsafe", 5),
            (
                "default-src 'self'; script-src 'strict-dynamic' 'nonce-abc' https: 'unsafe-inline'",
                "csp-implemented-with-no-unsafe",
                5,
            ),
            (
                "default-src 'self'; style-src 'unsafe-inline'",
                "csp-implemented-with-unsafe-inline-in-style-src-only",
                0,
            ),
            ("default-src 'self'; style-src data:", "csp-implemented-with-unsafe-inline-in-style-src-only", 0),
            ("default-src 'self'; style-src https:", "csp-implemented-with-unsafe-inline-in-style-src-only", 0),
            ("script-src 'self'; object-src 'none'", "csp-implemented-with-unsafe-inline-in-style-src-only", 0),
            ("default-src 'self'; img-src http:", "csp-implemented-with-insecure-scheme-in-passive-content-only", -10),
            (
                "default-src 'self'; media-src http://media.example.com",
                "csp-implemented-with-insecure-scheme-in-passive-content-only",
                -10,
            ),
            ("default-src 'self'; script-src 'self' 'unsafe-eval'", "csp-implemented-with-unsafe-eval", -10),
            ("default-src 'self'; style-src 'unsafe-eval'", "csp-implemented-with-unsafe-eval", -10),
            ("default-src 'self' 'unsafe-inline'", "csp-implemented-with-unsafe-inline", -20),
            ("default-src 'self'; script-src data:", "csp-implemented-with-unsafe-inline", -20),
            ("default-src 'self'; script-src https:", "csp-implemented-with-unsafe-inline", -20),
            ("default-src 'self'; script-src *", "csp-implemented-with-unsafe-inline", -20),
            ("default-src 'self'; object-src *", "csp-implemented-with-unsafe-inline", -20),
            ("script-src 'self'", "csp-implemented-with-unsafe-inline", -20),
            ("object-src 'none'", "csp-implemented-with-unsafe-inline", -20),
            ("upgrade-insecure-requests", "csp-implemented-with-unsafe-inline", -20),
            ("default-src 'self'; script-src http://cdn.example.com", "csp-implemented-with-insecure-scheme", -20),
            ("default-src 'self'; connect-src http:", "csp-implemented-with-insecure-scheme", -20),
            ("default-src 'self'; style-src ftp://a.example", "csp-implemented-with-insecure-scheme", -20),
            ("default-src 'self'; report-uri http://r.example", "csp-implemented-with-insecure-scheme", -20),
            ("default-src 'self'; default-src 'none'", "csp-header-invalid", -25),
            ("default-src 'self'; script-src 'strict-dynamic'", "csp-header-invalid", -25),
            ("abc", "csp-header-invalid", -25),
            ("", "csp-header-invalid", -25),
            ("default-src 'self'; report-uri /a; report-uri /b", "csp-implemented-but-duplicate-directives", 0),
            ("default-src 'self', default-src 'none'", "csp-implemented-with-no-unsafe-default-src-none", 10),
        ],
    );
    hold(
        test,
        "Content-Security-Policy-Report-Only",
        &[("default-src 'self'", "csp-not-implemented-but-reporting-enabled", -25)],
    );
    assert_eq!(Case::default().result(test), ("csp-not-implemented".to_owned(), -25));
    let in_page = |html| Case { html: Some(html), ..Case::default() }.result(test).0;
    let policy = r#"<meta http-equiv="content-security-policy" content="default-src 'none'">"#;
    assert_eq!(in_page(policy), "csp-implemented-with-no-unsafe-default-src-none");
    let useless = r#"<meta http-equiv="content-security-policy" content="frame-ancestors 'none'">"#;
    assert_eq!(in_page(useless), "csp-not-implemented");
    // Two policies leave what both allow.
    let both = Case::with(&[
        ("Content-Security-Policy", "default-src 'self' https://a.example 'unsafe-inline'"),
        ("Content-Security-Policy", "default-src 'self' https://b.example"),
    ]);
    assert_eq!(both.result(test).0, "csp-implemented-with-no-unsafe");
    // Over plain HTTP, plain sources are no worse.
    let plain = Case {
        url: "http://shop.example.com/",
        headers: vec![("Content-Security-Policy", "default-src 'self'; connect-src http:")],
        ..Case::default()
    };
    assert_eq!(plain.result(test).0, "csp-implemented-with-no-unsafe");
}

#[test]
fn cookies_with_hsts() {
    hold(
        "Cookies",
        "Set-Cookie",
        &[
            ("a=b; Secure; SameSite=Lax", "cookies-secure-with-httponly-sessions-and-samesite", 5),
            ("sessid=b; Secure; HttpOnly; SameSite=Strict", "cookies-secure-with-httponly-sessions-and-samesite", 5),
            ("a=b; Secure; SameSite=None", "cookies-secure-with-httponly-sessions-and-samesite", 5),
            ("csrf=b; Secure; SameSite=Strict", "cookies-secure-with-httponly-sessions-and-samesite", 5),
            ("a=b; Secure", "cookies-secure-with-httponly-sessions", 0),
            ("login=b; Secure; HttpOnly", "cookies-secure-with-httponly-sessions", 0),
            ("heroku-session-affinity=b", "cookies-not-found", 0),
            ("__Host-a=b", "cookies-not-found", 0),
            ("a=b; Domain=other.example", "cookies-not-found", 0),
            ("a=b", "cookies-without-secure-flag-but-protected-by-hsts", -5),
            ("sess=b; HttpOnly", "cookies-session-without-secure-flag-but-protected-by-hsts", -10),
            ("a=b; Secure; SameSite=Loose", "cookies-samesite-flag-invalid", -20),
            ("a=b; Secure; SameSite", "cookies-samesite-flag-invalid", -20),
            ("a=b; SameSite=None", "cookies-samesite-flag-invalid", -20),
            ("CSRFToken=b; Secure", "cookies-anticsrf-without-samesite-flag", -20),
            ("SESSION=b; Secure", "cookies-session-without-httponly-flag", -30),
            ("mylogin=b; Secure; SameSite=Lax", "cookies-session-without-httponly-flag", -30),
        ],
    );
    assert_eq!(Case::default().result("Cookies"), ("cookies-not-found".to_owned(), 0));
    let several = Case::with(&[("Set-Cookie", "a=b; Secure; SameSite=Lax"), ("Set-Cookie", "session=c; Secure")]);
    assert_eq!(several.result("Cookies").0, "cookies-session-without-httponly-flag");
}

#[test]
fn cookies_without_hsts() {
    for (cookie, result, modifier) in [
        ("a=b", "cookies-without-secure-flag", -20),
        ("session=b; HttpOnly", "cookies-session-without-secure-flag", -40),
        ("session=b", "cookies-session-without-secure-flag", -40),
    ] {
        let case = Case { headers: vec![("Set-Cookie", cookie)], ..Case::default() };
        assert_eq!(case.result("Cookies"), (result.to_owned(), modifier), "{cookie}");
    }
}

#[test]
fn cross_origin_resource_sharing() {
    let of = |cors| Case { cors, ..Case::default() }.result("Cross-Origin Resource Sharing");
    let start = "cross-origin-resource-sharing-";
    for (cors, result, modifier) in [
        (None, "not-implemented", 0),
        (Some(("", None)), "not-implemented", 0),
        (Some(("*", None)), "implemented-with-public-access", 0),
        (Some(("*", Some("true"))), "implemented-with-public-access", 0),
        (Some(("https://partner.example", Some("true"))), "implemented-with-restricted-access", 0),
        (Some((ORIGIN, None)), "implemented-with-restricted-access", 0),
        (Some((ORIGIN, Some("false"))), "implemented-with-restricted-access", 0),
        (Some((ORIGIN, Some("True"))), "implemented-with-universal-access", -50),
    ] {
        assert_eq!(of(cors), (format!("{start}{result}"), modifier), "{cors:?}");
    }
}

#[test]
fn redirection() {
    let of = |plain| Case { plain, ..Case::default() }.result("Redirection");
    let route = |urls: &[&str]| Plain::Route(urls.iter().map(|url| Url::parse(url).unwrap()).collect());
    for (plain, result, modifier) in [
        (Plain::NotThere, "redirection-not-needed-no-http", 0),
        (Plain::NotAsked, "redirection-not-needed-no-http", 0),
        (Plain::Untrusted, "redirection-invalid-cert", -20),
        (route(&["http://a.example/", "https://a.example/"]), "redirection-to-https", 0),
        (route(&["http://a.example/", "https://a.example/", "https://www.a.example/"]), "redirection-to-https", 0),
        (route(&["http://a.example/", "https://www.a.example/"]), "redirection-off-host-from-http", -5),
        (
            route(&["http://a.example/", "http://www.a.example/", "https://www.a.example/"]),
            "redirection-not-to-https-on-initial-redirection",
            -10,
        ),
        (route(&["http://a.example/", "http://www.a.example/"]), "redirection-not-to-https", -20),
        (route(&["http://a.example/", "https://a.example/", "http://a.example/x"]), "redirection-not-to-https", -20),
        (route(&["http://a.example/"]), "redirection-missing", -20),
    ] {
        assert_eq!(of(plain.clone()), (result.to_owned(), modifier), "{plain:?}");
    }
}

#[test]
fn strict_transport_security() {
    for (value, result, modifier) in [
        ("max-age=15552000", "hsts-implemented-max-age-at-least-six-months", 0),
        ("Max-Age=63072000; includeSubDomains; preload", "hsts-implemented-max-age-at-least-six-months", 0),
        ("max-age=\"31536000\"", "hsts-implemented-max-age-at-least-six-months", 0),
        ("max-age=99999999999999999999999", "hsts-implemented-max-age-at-least-six-months", 0),
        ("max-age=15551999", "hsts-implemented-max-age-less-than-six-months", -10),
        ("max-age=0", "hsts-implemented-max-age-less-than-six-months", -10),
        ("includeSubDomains", "hsts-header-invalid", -20),
        ("max-age=soon", "hsts-header-invalid", -20),
        ("", "hsts-header-invalid", -20),
        ("max-age=63072000, max-age=63072000", "hsts-header-invalid", -20),
    ] {
        let case = Case { headers: vec![("Strict-Transport-Security", value)], ..Case::default() };
        assert_eq!(case.result("Strict Transport Security"), (result.to_owned(), modifier), "{value}");
    }
    let of = |case: Case| case.result("Strict Transport Security");
    assert_eq!(of(Case { headers: Vec::new(), ..Case::default() }), ("hsts-not-implemented".to_owned(), -20));
    assert_eq!(of(Case { untrusted: true, ..Case::default() }), ("hsts-invalid-cert".to_owned(), -20));
    let plain = Case { url: "http://shop.example.com/", ..Case::default() };
    assert_eq!(of(plain), ("hsts-not-implemented-no-https".to_owned(), -20));
}

#[test]
fn preloaded_hosts() {
    let of = |case: Case| case.result("Strict Transport Security");
    let preloaded = ("hsts-preloaded".to_owned(), 5);
    for url in ["https://github.com/", "https://my-shop.dev/", "https://shop.vercel.app/"] {
        assert_eq!(of(Case { url, ..Case::default() }), preloaded, "{url}");
        // The Observatory gives the points whatever is sent, but not where nothing answers over HTTPS.
        assert_eq!(of(Case { url, headers: Vec::new(), ..Case::default() }), preloaded, "{url}");
        assert_eq!(of(Case { url, untrusted: true, ..Case::default() }), preloaded, "{url}");
    }
    assert_eq!(of(Case { url: "http://github.com/", ..Case::default() }).0, "hsts-not-implemented-no-https");
    for url in ["https://127.0.0.1:8443/", "https://1.0.0.1/", "https://localhost/", "https://x.gmail.com/"] {
        assert_eq!(of(Case { url, ..Case::default() }).0, "hsts-implemented-max-age-at-least-six-months", "{url}");
    }
    let words = |case: Case| {
        let test = case.score().tests.into_iter().find(|test| test.name == "Strict Transport Security");
        test.unwrap().words
    };
    let asks = |url| Case {
        url,
        headers: vec![("Strict-Transport-Security", "max-age=63072000; preload")],
        ..Case::default()
    };
    let day = list::day();
    assert!(words(asks("https://github.com/")).ends_with(&format!("preload list (that of {day})")));
    assert!(words(asks(HTTPS)).ends_with(&format!("not on the preload list of {day}, so without the points for it")));
    assert!(!words(Case::default()).contains("list"), "nobody asked for it");
}

#[test]
fn a_way_over_preloaded_hosts_alone_is_good() {
    let of = |urls: &[&str]| {
        let route = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
        Case { plain: Plain::Route(route), ..Case::default() }.result("Redirection")
    };
    let good = ("redirection-all-redirects-preloaded".to_owned(), 0);
    assert_eq!(of(&["http://github.com/"]), good, "no browser ever asks there");
    assert_eq!(of(&["http://www.github.com/", "https://github.com/"]), good);
    assert_eq!(of(&["http://shop.dev/", "http://www.shop.dev/"]), good);
    assert_eq!(of(&["http://shop.dev/", "https://www.example.com/"]).0, "redirection-off-host-from-http");
    assert_eq!(of(&["http://a.example/", "https://shop.dev/"]).0, "redirection-off-host-from-http");
    assert_eq!(of(&["http://127.0.0.1:8080/"]).0, "redirection-missing");
}

#[test]
fn referrer_policy() {
    let test = "Referrer Policy";
    hold(
        test,
        "Referrer-Policy",
        &[
            ("no-referrer", "referrer-policy-private", 5),
            ("same-origin", "referrer-policy-private", 5),
            ("strict-origin", "referrer-policy-private", 5),
            ("Strict-Origin-When-Cross-Origin", "referrer-policy-private", 5),
            ("unsafe-url, no-referrer", "referrer-policy-private", 5),
            ("no-referrer, brand-new", "referrer-policy-private", 5),
            ("origin", "referrer-policy-unsafe", -5),
            ("origin-when-cross-origin", "referrer-policy-unsafe", -5),
            ("unsafe-url", "referrer-policy-unsafe", -5),
            ("no-referrer-when-downgrade", "referrer-policy-unsafe", -5),
            ("brand-new", "referrer-policy-header-invalid", -5),
            ("", "referrer-policy-header-invalid", -5),
        ],
    );
    assert_eq!(Case::default().result(test), ("referrer-policy-not-implemented".to_owned(), 0));
    let in_page = Case {
        html: Some("<meta name=referrer content=no-referrer>"),
        ..Case::with(&[("Referrer-Policy", "unsafe-url")])
    };
    assert_eq!(in_page.result(test).0, "referrer-policy-private");
}

#[test]
fn subresource_integrity() {
    let test = "Subresource Integrity";
    let sum = "integrity=sha384-x";
    for (html, result, modifier) in [
        (format!("<script src=/a.js {sum}></script>"), "sri-implemented-and-all-scripts-loaded-securely", 5),
        (
            format!("<script src=https://cdn.example.net/a.js {sum}></script>"),
            "sri-implemented-and-external-scripts-loaded-securely",
            5,
        ),
        ("<p>".to_owned(), "sri-not-implemented-but-no-scripts-loaded", 0),
        ("<script src=/a.js></script>".to_owned(), "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0),
        ("<script>a()</script>".to_owned(), "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0),
        (
            "<script src=https://static.example.com/a.js></script>".to_owned(),
            "sri-not-implemented-but-all-scripts-loaded-from-secure-origin",
            0,
        ),
        (
            "<script src=https://cdn.example.net/a.js></script>".to_owned(),
            "sri-not-implemented-but-external-scripts-loaded-securely",
            -5,
        ),
        (
            format!("<script src=http://cdn.example.net/a.js {sum}></script>"),
            "sri-implemented-but-external-scripts-not-loaded-securely",
            -20,
        ),
        (
            format!("<script src=//cdn.example.net/a.js {sum}></script>"),
            "sri-implemented-but-external-scripts-not-loaded-securely",
            -20,
        ),
        (
            "<script src=http://cdn.example.net/a.js></script>".to_owned(),
            "sri-not-implemented-and-external-scripts-not-loaded-securely",
            -50,
        ),
        (
            "<script src=//shop.example.com/a.js></script>".to_owned(),
            "sri-not-implemented-and-external-scripts-not-loaded-securely",
            -50,
        ),
        ("\u{89}PNG\0".to_owned(), "html-not-parseable", -20),
    ] {
        let html: &'static str = Box::leak(html.into_boxed_str());
        let case = Case { html: Some(html), ..Case::default() };
        assert_eq!(case.result(test), (result.to_owned(), modifier), "{html}");
    }
    let no_page = Case { html: None, ..Case::default() };
    assert_eq!(no_page.result(test), ("sri-not-implemented-response-not-html".to_owned(), 0));
}

#[test]
fn content_type_and_frame_options() {
    let test = "X-Content-Type-Options";
    hold(
        test,
        "X-Content-Type-Options",
        &[
            ("nosniff", "x-content-type-options-nosniff", 0),
            ("NoSniff ", "x-content-type-options-nosniff", 0),
            ("nosniff, nosniff", "x-content-type-options-header-invalid", -5),
            ("none", "x-content-type-options-header-invalid", -5),
        ],
    );
    assert_eq!(Case::default().result(test), ("x-content-type-options-not-implemented".to_owned(), -5));
    let test = "X-Frame-Options";
    hold(
        test,
        "X-Frame-Options",
        &[
            ("DENY", "x-frame-options-sameorigin-or-deny", 5),
            ("sameorigin", "x-frame-options-sameorigin-or-deny", 5),
            ("ALLOW-FROM https://a.example", "x-frame-options-allow-from-origin", 0),
            ("DENY, DENY", "x-frame-options-header-invalid", -20),
            ("nonsense", "x-frame-options-header-invalid", -20),
        ],
    );
    hold(
        test,
        "Content-Security-Policy",
        &[
            ("frame-ancestors 'none'", "x-frame-options-implemented-via-csp", 5),
            ("default-src 'self'", "x-frame-options-not-implemented", -20),
        ],
    );
    assert_eq!(Case::default().result(test), ("x-frame-options-not-implemented".to_owned(), -20));
}

#[test]
fn origins_kept_apart() {
    hold(
        "Cross-Origin Resource Policy",
        "Cross-Origin-Resource-Policy",
        &[
            ("same-origin", "corp-implemented-with-same-origin", 10),
            ("Same-Site", "corp-implemented-with-same-site", 10),
            ("cross-origin", "corp-implemented-with-cross-origin", 0),
            ("same-host", "corp-header-invalid", -5),
            ("", "corp-not-implemented", 0),
        ],
    );
    hold(
        "Cross-Origin Embedder Policy",
        "Cross-Origin-Embedder-Policy",
        &[
            ("require-corp", "coep-implemented-with-require-corp", 10),
            ("require-corp; report-to=\"x\"", "coep-implemented-with-require-corp", 10),
            ("credentialless", "coep-implemented-with-credentialless", 10),
            ("unsafe-none", "coep-implemented-with-unsafe-none", 0),
            ("\"require-corp\"", "coep-header-invalid", -5),
            ("require-corp, require-corp", "coep-header-invalid", -5),
            ("", "coep-not-implemented", 0),
        ],
    );
    hold(
        "Cross-Origin Opener Policy",
        "Cross-Origin-Opener-Policy",
        &[
            ("same-origin", "coop-implemented-with-same-origin", 10),
            ("same-origin-allow-popups", "coop-implemented-with-same-origin-allow-popups", 10),
            ("noopener-allow-popups", "coop-implemented-with-noopener-allow-popups", 10),
            ("unsafe-none", "coop-implemented-with-unsafe-none", 0),
            ("same-site", "coop-header-invalid", -5),
            ("", "coop-not-implemented", 0),
        ],
    );
    for test in ["Cross-Origin Resource Policy", "Cross-Origin Embedder Policy", "Cross-Origin Opener Policy"] {
        let (result, modifier) = Case::default().result(test);
        assert!(result.ends_with("-not-implemented") && modifier == 0);
    }
}
