//! Checks for bots that stand before a site and answer in its place, most often with 200 or 403.

use super::quote;
use crate::probe::web::http::{Headers, Response};

/// Header fields that say so (documentation of Cloudflare, AWS WAF and Vercel).
const HEADERS: [(&str, &[&str]); 3] = [
    ("cf-mitigated", &["challenge"]),
    ("x-amzn-waf-action", &["challenge", "captcha"]),
    ("x-vercel-mitigated", &["challenge", "deny"]),
];

/// What stands in the page of a check, all texts of a row; from the pages themselves. Some of these scripts are on pages of the app as
/// well, so that only a page that says next to nothing is one.
const MARKS: [&[&str]; 13] = [
    &["<script id=\"anubis_challenge\""],
    &["<title>Just a moment...</title>"],
    // Cloudflare's again, whatever its title is.
    &["window._cf_chl_opt"],
    // What several write in the words that Cloudflare once had.
    &["Checking your browser before accessing"],
    &["Checking if the site connection is secure"],
    &["<title>DDoS-Guard</title>"],
    &["id=\"px-captcha\"", "_pxAppId"],
    &["http-equiv=\"refresh\"", "/.well-known/sgcaptcha/"],
    &["<title>Vercel Security Checkpoint</title>"],
    &["_Incapsula_Resource", "Incapsula incident ID"],
    &["gokuProps", "challenge.js"],
    &["captcha-delivery.com", "var dd="],
    &["sucuri_cloudproxy_js"],
];
/// So many letters a reader sees on such a page, with the explanation that Anubis gives.
const LONGEST: usize = 2000;
/// So much of a page is looked at.
const LOOKED_AT: usize = 64 * 1024;

/// Whether an answer comes from such a check.
pub fn is_one(headers: &Headers, body: &[u8]) -> bool {
    let says_so = |(name, values): &(&str, &[&str])| {
        headers.first(name).is_some_and(|value| values.contains(&value.trim().to_ascii_lowercase().as_str()))
    };
    if HEADERS.iter().any(says_so) {
        return true;
    }
    let text = String::from_utf8_lossy(body.get(..LOOKED_AT).unwrap_or(body));
    MARKS.iter().any(|marks| marks.iter().all(|mark| text.contains(mark))) && quote::seen(&text) <= LONGEST
}

/// Whether a response does.
pub fn is_response(response: &Response) -> bool {
    is_one(&response.headers, &response.body.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_for_bots_are_told_from_pages() {
        for (name, value, told) in [
            ("cf-mitigated", "challenge", true),
            ("X-Amzn-Waf-Action", "captcha", true),
            ("x-vercel-mitigated", "challenge", true),
            ("cf-cache-status", "HIT", false),
        ] {
            assert_eq!(is_one(&Headers::of(&[(name, value)]), b"<p>x"), told, "{name}");
        }
        let long = "<p>We sell teapots to everybody. ".repeat(100);
        for (body, told) in [
            ("<!DOCTYPE html><title>Just a moment...</title><p>Enable JavaScript", true),
            ("<title>x</title><script id=\"anubis_challenge\" type=\"application/json\">{}</script>", true),
            (
                "<html><iframe src=\"/_Incapsula_Resource?a\">Request unsuccessful. Incapsula incident ID: 1</iframe>",
                true,
            ),
            ("<title>Einen Moment</title><script>window._cf_chl_opt={cRay:'1'}</script>", true),
            ("<h1>Shop</h1><script>window.__CF$cv$params={r:'1'}</script>", false),
            ("<h2>Checking your browser before accessing shop.example.com.</h2>", true),
            ("<!DOCTYPE html><html><head><title>DDoS-Guard</title></head><body></body></html>", true),
            ("<div id=\"px-captcha\"></div><script>window._pxAppId='PX1'</script>", true),
            ("<script>window._pxAppId='PX1'</script><div id=root></div>", false),
            (
                "<html><head><meta http-equiv=\"refresh\" content=\"0;/.well-known/sgcaptcha/?r=%2F\"></head></html>",
                true,
            ),
            (&format!("<p>Checking your browser before accessing a site is what some do.{long}"), false),
            ("<div id=root></div><script src=\"/_Incapsula_Resource?SWJIYLWA=1\"></script>", false),
            ("<h1>How to pass \"Just a moment...\"</h1>", false),
            (&format!("<title>Just a moment...</title>{long}"), false),
        ] {
            assert_eq!(is_one(&Headers::default(), body.as_bytes()), told, "{body}");
        }
    }
}
