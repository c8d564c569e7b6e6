use gonogo::model::Coverage;

use super::*;
use crate::support::tls_server::Server;

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
