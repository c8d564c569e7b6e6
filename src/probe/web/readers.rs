//! The readers of what servers send, one function each over bytes, for the fuzz targets. They never panic, and end in time
//! that grows with the length alone.

use super::limits::Limits;
use super::{exposed, html, http, tls};

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
