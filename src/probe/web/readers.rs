//! The readers of what servers send, one function each over bytes, for the fuzz targets. They never panic, and end in time
//! that grows with the length alone.

use url::Url;

use super::limits::Limits;
use super::{cookies, csp, errors, exposed, html, http, structured, tls};

/// Reads a `Set-Cookie` and judges it; its value must not be shown.
pub fn cookie(bytes: &[u8]) {
    let Some(cookie) = cookies::read(bytes) else { return };
    for url in ["https://shop.example.com/", "http://192.0.2.1/"].into_iter().filter_map(|url| Url::parse(url).ok()) {
        let _ = (cookie.refusal(&url), cookie.is_shared(&url));
    }
    let _ = (cookie.is_session(), cookie.removes(None));
    assert!(cookie.size <= bytes.len(), "a cookie is longer than its header");
    let longest = bytes.len().saturating_mul(3) + 200;
    assert!(cookie.shown().len() <= longest, "a cookie is shown longer than it was sent");
}

/// Reads policies, as a header and as one of a page, and judges them; no nonce must be shown.
pub fn csp(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let context = csp::Context { secure: true, frame_options: true };
    for policies in [csp::Policy::all(&text), csp::Policy::in_page(&text)] {
        let lines: Vec<String> = csp::assess(&policies, context)
            .map(|found| found.issues.iter().map(csp::Issue::line).collect())
            .unwrap_or_default();
        let bare = |line: &String| line.split("'nonce-").skip(1).all(|rest| rest.starts_with('…'));
        assert!(lines.iter().all(bare), "a nonce is shown");
    }
    let _ = (structured::dictionary(&text), structured::item(&text));
}

/// Reads the markup of a page.
pub fn html(bytes: &[u8]) {
    let document = html::read(bytes);
    let lists = [
        document.policies.len(),
        document.scripts.len(),
        document.links.len(),
        document.anchors.len(),
        document.forms.len(),
        document.embedded.len(),
    ];
    assert!(lists.into_iter().all(|length| length <= html::MOST_ITEMS), "a list of a page has no end");
}

/// An error page, one that quotes one, a check for bots, or what stands in place of an app.
pub fn error_page(bytes: &[u8]) {
    errors::read_any(bytes);
}

/// The answer to a ClientHello, as it might arrive.
pub fn server_hello(bytes: &[u8]) {
    tls::read_answer(bytes);
}

/// A certificate, and an OCSP response about it.
pub fn certificate(bytes: &[u8]) {
    tls::read_certificate(bytes);
}

/// Status line and headers, and then the framing of a body: the first byte says how the rest is torn apart.
pub fn head(bytes: &[u8]) {
    http::read_any(bytes, &Limits::STANDARD);
}

/// A script with the tokens in it, or a source map, whole or torn off.
pub fn code(bytes: &[u8]) {
    exposed::read_any(bytes);
}
