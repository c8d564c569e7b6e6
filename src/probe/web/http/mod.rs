//! A small HTTP/1.1 client that reads what servers really send: bytes that stricter clients refuse are kept and noted.

mod body;
pub mod client;
mod decode;
mod framing;
pub mod h2;
mod head;
mod memory;
pub mod oddity;
mod peer;
mod wire;

pub use body::Body;
pub use head::{Header, Headers};

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
}
