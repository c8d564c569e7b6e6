use gonogo::model::Coverage;

use super::*;
use crate::support::tls_server::{Authority, Server};

/// The findings on a plain page with this response, rules only.
async fn findings(response: String) -> (Vec<String>, Seen) {
    let server = Server::http(move |_| response.clone()).await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    (seen.findings.iter().map(|finding| finding.rule.to_string()).collect(), seen)
}

#[tokio::test]
async fn a_bare_page_lacks_everything_but_what_https_alone_can_have() {
    let (rules, seen) = findings(page("")).await;
    assert_eq!(
        rules,
        [
            "https-missing",
            "content-type-options-missing",
            "frame-options-missing",
            "content-security-policy-missing",
            "referrer-policy-missing",
            "permissions-policy-missing",
        ]
    );
    assert_eq!(seen.proved(), ["xss-protection-harmless"]);
    let frame = seen.of("frame-options-missing")[0];
    let evidence: Vec<&str> = frame.evidence.iter().map(|evidence| evidence.text.as_str()).collect();
    assert_eq!(evidence, ["sent: nothing", "wanted: X-Frame-Options: DENY"]);
    for rule in ["hsts-missing", "certificate-invalid", "tls-version-outdated", "tls-current"] {
        assert!(matches!(coverage(&seen, rule), Coverage::Nothing(_)), "{rule}");
    }
}

#[tokio::test]
async fn an_error_page_proves_nothing_about_the_app() {
    let (rules, seen) = findings(format!("HTTP/1.1 403 Forbidden\r\n{GOOD_HEADERS}Content-Length: 0\r\n\r\n")).await;
    assert_eq!(rules, ["https-missing"]);
    assert_eq!(seen.proofs, []);
    let Coverage::Nothing(why) = coverage(&seen, "frame-options-set") else { panic!("{seen:#?}") };
    assert!(why.contains("answered 403"), "{why}");
}

#[tokio::test]
async fn a_check_for_bots_is_not_graded_though_it_answers_200() {
    use gonogo::model::Standing;
    let check = "<title>Just a moment...</title><h1>One moment</h1>";
    for (headers, html, graded) in [
        ("X-Frame-Options: DENY\r\nServer: tea/1.2.3\r\n", check, false),
        (GOOD_HEADERS, check, false),
        (GOOD_HEADERS, "<h1>Teapots</h1>", true),
    ] {
        let seen = secure(headers, html).await;
        let report = seen.result.as_ref().unwrap().web.as_ref().unwrap();
        let site = &report.sites[0];
        assert_eq!((site.challenge, site.observatory.is_some()), (!graded, graded));
        assert_eq!(site.failing().is_some_and(|what| what.contains("check for bots")), !graded);
        let standing = |name: &str| site.headers.iter().find(|row| row.name == name).unwrap().standing;
        for name in ["Content-Security-Policy", "X-Frame-Options", "Referrer-Policy"] {
            assert_eq!(standing(name) == Standing::Unknown, !graded, "{name} {headers}");
        }
        // Browsers heed that one wherever it comes from, but here it may be missing for the check alone.
        let sent = headers == GOOD_HEADERS;
        assert_eq!(standing("Strict-Transport-Security") == Standing::Good, sent);
        assert_eq!(seen.proved().contains(&"hsts-set".to_owned()), sent);
        if !sent {
            let Coverage::Nothing(why) = coverage(&seen, "hsts-missing") else { panic!("{seen:#?}") };
            assert!(why.contains("a check for bots"), "{why}");
        }
        assert!(seen.of("hsts-missing").is_empty());
    }
}

#[tokio::test]
async fn an_api_is_not_asked_for_what_only_pages_need() {
    let json =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Frame-Options: DENY\r\nContent-Length: 2\r\n\r\n{}";
    let (rules, seen) = findings(json.to_owned()).await;
    assert_eq!(rules, ["https-missing", "content-type-options-missing"]);
    assert_eq!(seen.proved(), ["frame-options-set", "xss-protection-harmless"]);
    let Coverage::Nothing(why) = coverage(&seen, "content-security-policy-missing") else { panic!("{seen:#?}") };
    assert!(why.contains("application/json"), "{why}");
}

#[tokio::test]
async fn a_policy_in_the_page_is_seen() {
    let body = "<head><meta http-equiv=Content-Security-Policy content=\"default-src 'self'\"></head>";
    let response =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let (rules, seen) = findings(response).await;
    assert!(!rules.contains(&"content-security-policy-missing".to_owned()));
    assert!(seen.proved().contains(&"content-security-policy-set".to_owned()), "{seen:#?}");
}

/// A page over HTTPS with these header lines and this markup, looked at with its certificate trusted.
async fn secure(headers: &str, html: &str) -> Seen {
    let root = Authority::root("Test Root");
    let response = format!(
        "HTTP/1.1 200 OK\r\n{headers}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{html}",
        html.len()
    );
    let server = Server::https(root.issue("localhost", -1, 90), move |_| response.clone()).await;
    let file = root.file();
    look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await
}

#[tokio::test]
async fn a_session_cookie_without_protection_is_told_without_its_value() {
    let value = ["4f9c", "2b71", "aa03"].concat();
    let seen = secure(&format!("{GOOD_HEADERS}Set-Cookie: session={value}; Path=/\r\n"), "<p>").await;
    assert_eq!(
        said(&seen, "cookie-insecure"),
        "major: The session cookie `session` lacks Secure, HttpOnly and SameSite"
    );
    let evidence = &seen.of("cookie-insecure")[0].evidence;
    assert_eq!(evidence[0].text, "sent: Set-Cookie: session=…; Path=/");
    assert!(!format!("{seen:?}").contains(&value));
}

#[tokio::test]
async fn a_protected_session_cookie_is_a_proof() {
    let cookie = "Set-Cookie: __Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax\r\n";
    let seen = secure(&format!("{GOOD_HEADERS}{cookie}"), "<p>").await;
    assert!(seen.proved().contains(&"cookie-secure".to_owned()), "{seen:#?}");
    assert_eq!(seen.places(), [""; 0]);
    assert_eq!(coverage(&seen, "cookie-insecure"), Coverage::Whole);
}

#[tokio::test]
async fn cookies_of_a_redirect_count_and_those_taken_away_do_not() {
    let respond = |path: &str| match path {
        "/" => {
            "HTTP/1.1 302 Found\r\nLocation: /in\r\nSet-Cookie: sid=x; HttpOnly\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        _ => page("Set-Cookie: jwt=; Max-Age=0\r\n"),
    };
    let server = Server::http(respond).await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert_eq!(said(&seen, "cookie-insecure"), "minor: The session cookie `sid` lacks SameSite");
}

#[tokio::test]
async fn a_policy_with_a_hole_is_told_with_what_opens_it() {
    let headers = GOOD_HEADERS.replace("default-src 'self'", "script-src 'self' 'unsafe-inline' https:");
    let seen = secure(&headers, "<p>").await;
    assert_eq!(
        said(&seen, "content-security-policy-weak"),
        "minor: The Content-Security-Policy allows inline scripts from anybody and scripts from any host"
    );
    let evidence: Vec<&str> =
        seen.of("content-security-policy-weak")[0].evidence.iter().map(|e| e.text.as_str()).collect();
    assert_eq!(
        evidence[1],
        "what leaves scripts open:\n\
         `script-src 'unsafe-inline'`: scripts that stand in the page run, whoever wrote them\n\
         `script-src https:`: scripts run from any host"
    );
    assert!(!seen.proved().contains(&"content-security-policy-set".to_owned()));
}

#[tokio::test]
async fn what_a_page_loads_is_judged() {
    let html = "<script src=http://old.example.com/a.js></script>\
                <script src=https://cdn.example.net/b.js></script>\
                <script src=https://js.stripe.com/v3/></script>";
    let seen = secure(&format!("{GOOD_HEADERS}Server: Apache/2.4.1\r\n"), html).await;
    assert!(said(&seen, "mixed-content").starts_with("major: A script of the page is blocked by browsers"));
    assert_eq!(
        said(&seen, "subresource-integrity-missing"),
        "minor: 2 files from other sites are loaded without a checksum, the first from old.example.com"
    );
    assert_eq!(
        said(&seen, "server-details-leaked"),
        "minor: Every answer tells strangers what runs: `Server: Apache/2.4.1`"
    );
    assert_eq!(seen.findings.len(), 3, "{:?}", seen.places());
}

#[tokio::test]
async fn hostile_values_do_no_harm() {
    let headers = "Set-Cookie: sess\x1b[31m=x; Domain=\u{202e}\r\nContent-Security-Policy: script-src 'nonce-\x1b' \x1b[2J\r\n\
                   Permissions-Policy: camera=(\x07)\r\nX-Powered-By: \x1b]0;x\x07\r\n";
    let seen = secure(headers, "<title>\x1b[31m</title><meta name=generator content='\x1b 1.2'>").await;
    for finding in &seen.findings {
        let shown = format!("{} {:?}", finding.message, finding.evidence);
        assert!(!finding.message.contains('\x1b') && !shown.contains('\u{202e}'), "{shown}");
    }
    assert!(!seen.of("cookie-insecure").is_empty() && !seen.of("server-details-leaked").is_empty());
}

/// What the Observatory's test of the way from plain HTTP says, where nothing but `plain` answers there.
async fn redirection(plain: u16) -> String {
    use std::net::SocketAddr;
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("shop.example.com", -1, 90), |_| page(GOOD_HEADERS)).await;
    let to = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let names = Box::leak(Box::new([("shop.example.com", 443, to(server.port)), ("shop.example.com", 80, to(plain))]));
    let probe = WebProbe::STANDARD.with_names(names);
    let file = root.file();
    let urls = ["https://shop.example.com/".to_owned()];
    let seen = run(&probe, no_project(), settings(&urls, Some(file.path()))).await.unwrap();
    let report = seen.result.unwrap().web.unwrap();
    let tests = report.sites.into_iter().find_map(|site| site.observatory).unwrap().tests;
    tests.into_iter().find(|test| test.name == "Redirection").unwrap().words
}

#[tokio::test]
async fn only_a_closed_port_counts_as_no_answer_over_plain_http() {
    let nobody = crate::support::tls_server::free_port().await;
    assert_eq!(redirection(nobody).await, "Nothing answers over plain HTTP");
    let silent = Server::raw(|stream| async move { drop(stream) }).await;
    assert_eq!(redirection(silent.port).await, "Plain HTTP was not seen; counted as if nothing answered there");
}
