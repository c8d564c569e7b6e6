//! The rules. Each is a pure function of what was collected; its documentation stands beside it.

pub mod answer_times;
pub mod certificate;
pub mod certificate_chain;
pub mod certificate_lifetime;
pub mod certificate_stapling;
pub mod content_security_policy;
pub mod content_type_options;
pub mod cookies;
pub mod cors;
pub mod debug_pages;
pub mod delivery;
pub mod dns;
pub mod error_pages;
pub mod exposed_files;
pub mod frame_options;
pub mod front_page;
pub mod health_endpoint;
pub mod hsts;
pub mod http2;
pub mod https;
pub mod integrity;
pub mod legal;
pub mod malformed;
pub mod mixed_content;
pub mod permissions_policy;
pub mod referrer_policy;
pub mod served_code;
pub mod server_details;
pub mod siblings;
pub mod tls_forward_secrecy;
pub mod tls_suites;
pub mod tls_version;
pub mod xss_protection;

use url::Url;

use super::html::Document;
use super::http::{Headers, Response};
use super::tally::Sight;
use super::{address, csp};
use crate::model::{Evidence, EvidenceKind, Finding, Proof, RuleMeta};

/// Every rule, in the order of the documentation.
pub static RULES: &[&RuleMeta] = &[
    &certificate::INVALID,
    &certificate::EXPIRES_SOON,
    &certificate_lifetime::META,
    &certificate_chain::META,
    &certificate_stapling::META,
    &tls_version::META,
    &tls_suites::META,
    &tls_forward_secrecy::META,
    &https::MISSING,
    &https::REDIRECT_MISSING,
    &hsts::META,
    &content_type_options::META,
    &frame_options::META,
    &content_security_policy::META,
    &content_security_policy::WEAK,
    &referrer_policy::META,
    &permissions_policy::META,
    &exposed_files::META,
    &served_code::SECRET,
    &debug_pages::PAGES,
    &error_pages::TRACE,
    &front_page::META,
    &debug_pages::SCHEMA,
    &served_code::MAPS,
    &error_pages::DEFAULT,
    &error_pages::SOFT,
    &health_endpoint::TALKATIVE,
    &health_endpoint::NOTICE,
    &legal::BROKEN,
    &cors::REFLECTED,
    &cors::LOOKALIKE,
    &cors::VARY,
    &siblings::APART,
    &siblings::DETOUR,
    &delivery::PAGE_SHARED,
    &delivery::UNCACHED,
    &delivery::UNCOMPRESSED,
    &delivery::DEVELOPMENT,
    &delivery::UNMINIFIED,
    &delivery::HEAVY,
    &delivery::IMAGES,
    &answer_times::SLOW,
    &http2::MISSING,
    &dns::CAA,
    &dns::MAIL,
    &cookies::META,
    &mixed_content::META,
    &integrity::META,
    &server_details::META,
    &malformed::META,
    &certificate::VALID,
    &tls_version::PROOF,
    &tls_suites::PROOF,
    &https::SERVED,
    &https::REDIRECT,
    &hsts::PROOF,
    &content_type_options::PROOF,
    &frame_options::PROOF,
    &xss_protection::PROOF,
    &content_security_policy::PROOF,
    &referrer_policy::PROOF,
    &permissions_policy::PROOF,
    &error_pages::PROOF,
    &health_endpoint::PROOF,
    &legal::PRIVACY,
    &legal::TERMS,
    &legal::CONSENT,
    &cors::PROOF,
    &siblings::UNIFIED,
    &delivery::CACHED,
    &delivery::COMPRESSED,
    &delivery::MINIFIED,
    &delivery::IMAGES_LIGHT,
    &delivery::CDN,
    &answer_times::QUICK,
    &http2::SERVED,
    &dns::CAA_SET,
    &dns::MAIL_SET,
    &cookies::PROOF,
    &integrity::PROOF,
];

/// A page that was reached.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its address.
    pub url: &'a Url,
    /// What came.
    pub response: &'a Response,
    /// What its markup says; empty for what is no page.
    pub document: Document,
}

impl Page<'_> {
    fn headers(&self) -> &Headers {
        &self.response.headers
    }
}

/// A pair of rules about a header of a page.
#[derive(Debug)]
pub struct HeaderRules {
    /// The finding and the proof.
    pub rules: &'static [&'static RuleMeta],
    /// Whether only documents that a browser shows need the header.
    pub documents_only: bool,
    /// What the header of this page comes to.
    pub judge: fn(&Page<'_>) -> Sight,
}

/// The rules about headers that every page is held against.
pub static HEADER_RULES: &[HeaderRules] = &[
    HeaderRules {
        rules: &[&content_type_options::META, &content_type_options::PROOF],
        documents_only: false,
        judge: content_type_options::judge,
    },
    HeaderRules {
        rules: &[&frame_options::META, &frame_options::PROOF],
        documents_only: true,
        judge: frame_options::judge,
    },
    HeaderRules { rules: &[&xss_protection::PROOF], documents_only: false, judge: xss_protection::judge },
    HeaderRules {
        rules: &[&content_security_policy::META, &content_security_policy::WEAK, &content_security_policy::PROOF],
        documents_only: true,
        judge: content_security_policy::judge,
    },
    HeaderRules {
        rules: &[&referrer_policy::META, &referrer_policy::PROOF],
        documents_only: true,
        judge: referrer_policy::judge,
    },
    HeaderRules {
        rules: &[&permissions_policy::META, &permissions_policy::PROOF],
        documents_only: true,
        judge: permissions_policy::judge,
    },
    HeaderRules { rules: &[&mixed_content::META], documents_only: false, judge: mixed_content::judge },
    HeaderRules { rules: &[&integrity::META, &integrity::PROOF], documents_only: false, judge: integrity::judge },
    HeaderRules { rules: &[&server_details::META], documents_only: false, judge: server_details::judge },
];

/// A longer header is shortened in evidence.
const HEADER_SHOWN: usize = 600;

/// The headers of these names as sent, one a line.
fn sent(headers: &Headers, names: &[&str]) -> Evidence {
    let mut lines = Vec::new();
    for name in names {
        lines.extend(
            headers
                .all(name)
                .map(|header| format!("sent: {}: {}", header.name, clipped(&csp::without_nonces(&header.text())))),
        );
    }
    if lines.is_empty() {
        lines.push("sent: nothing".to_owned());
    }
    Evidence::new(EvidenceKind::Header, lines.join("\n"))
}

/// A text cut to what evidence holds of it.
pub fn clipped(text: &str) -> String {
    match text.char_indices().nth(HEADER_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The header as it should be.
fn wanted(line: &str) -> Evidence {
    Evidence::new(EvidenceKind::Header, format!("wanted: {line}"))
}

/// A finding about a header of `url`.
fn header_finding(rule: &RuleMeta, url: &Url, anchor: &str, message: String) -> Finding {
    Finding::new(rule, address::location(url), anchor, message)
}

/// A proof about a header of `url`.
fn header_proof(rule: &RuleMeta, url: &Url, message: String) -> Proof {
    Proof::new(rule, address::location(url), "", message)
}

/// A quoted header value for a message, shortened.
fn quoted(value: &str) -> String {
    const MOST: usize = 60;
    match value.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", value.get(..end).unwrap_or_default()),
        None => format!("`{value}`"),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::Observation;
    use crate::probe::web::http::Body;

    /// What `judge` makes of a page at `https://shop.example.com/` with these headers and body, as short lines.
    pub fn judged(judge: fn(&Page<'_>) -> Sight, headers: &[(&str, &str)], html: &str) -> Vec<String> {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let response = Response { status: 200, headers: Headers::of(headers), body: Body::default() };
        let page = Page { url: &url, response: &response, document: super::super::html::read(html.as_bytes()) };
        lines(judge(&page))
    }

    /// A sight as short lines.
    pub fn lines(sight: Sight) -> Vec<String> {
        match sight {
            Sight::Seen(observations) => observations
                .into_iter()
                .map(|observation| match observation {
                    Observation::Finding(finding) => {
                        format!("{} {}: {}", finding.severity.word(), finding.rule, finding.message)
                    }
                    Observation::Proof(proof) => format!("proof {}: {}", proof.rule, proof.message),
                })
                .collect(),
            Sight::NotSeen(why) => vec![format!("not seen: {why}")],
            Sight::Absent(why) => vec![format!("absent: {why}")],
        }
    }

    #[test]
    fn evidence_shows_headers_as_sent_but_no_nonce() {
        let headers =
            Headers::of(&[("Content-Security-Policy", "script-src 'nonce-abc123'"), ("X-A", &"y".repeat(900))]);
        let shown = sent(&headers, &["content-security-policy", "x-a"]).text;
        assert!(shown.starts_with("sent: Content-Security-Policy: script-src 'nonce-…'\nsent: X-A: yyy"), "{shown}");
        assert!(shown.ends_with("y…") && shown.len() < 750);
        assert_eq!(sent(&headers, &["x-b"]).text, "sent: nothing");
    }
}
