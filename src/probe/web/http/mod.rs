//! A small HTTP/1.1 client that reads what servers really send: bytes that stricter clients refuse are kept and noted.

mod body;
pub mod client;
mod decode;
mod framing;
pub mod h2;
mod head;
mod hosts;
mod memory;
pub mod oddity;
mod peer;
#[cfg(test)]
mod tests;
mod wire;

use super::limits::Limits;

pub use body::Body;
pub use head::{Header, Headers};

/// Reads an answer from `bytes`, of which the first says into how large pieces they are torn. For the fuzz targets: nothing
/// here may panic or take long.
pub fn read_any(bytes: &[u8], limits: &Limits) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let end = head::end_of_head(rest, 0).unwrap_or(rest.len());
    let (start, body) = rest.split_at(end.min(rest.len()));
    if let Ok(mut head) = head::parse(start, limits) {
        framing::framing(&mut head, false);
        debug_assert!(head.headers.count() <= limits.headers);
    }
    let (mut chunks, mut taken) = (framing::Chunks::default(), 0);
    for mut piece in body.chunks(usize::from(*first).max(1)) {
        while !piece.is_empty() && !chunks.is_whole() && !chunks.is_broken() {
            let (data, left) = chunks.next(piece);
            debug_assert!(left.len() < piece.len(), "every step takes something");
            taken += data.len();
            piece = left;
        }
    }
    debug_assert!(taken <= body.len());
}

/// One response.
#[derive(Debug)]
pub struct Response {
    /// The number in the status line; servers send numbers beyond 599 too.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// As much of the body as was read.
    pub body: Body,
}

impl Response {
    /// Whether it is the page itself: neither a redirect nor an error.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Whether it sends the reader elsewhere (RFC 9110, section 15.4; 304 has no place to go).
    pub const fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Whether a browser would show it as a page. Without a Content-Type browsers guess, and mostly guess HTML.
    pub fn is_html(&self) -> bool {
        self.headers.first("content-type").is_none_or(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.trim().is_empty() || kind.contains("html")
        })
    }

    /// Whether it is a page and not merely called one: written like one too. PHP calls all that it prints HTML, and Express
    /// the list of methods that it gives for an `OPTIONS`.
    pub fn is_page(&self) -> bool {
        let start = self.body.bytes.trim_ascii_start();
        self.is_html() && start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).starts_with(b"<")
    }
}
