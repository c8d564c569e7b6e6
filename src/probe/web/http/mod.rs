//! A small HTTP/1.1 client that reads what servers really send: bytes that stricter clients refuse are kept and noted.

mod body;
pub mod client;
mod head;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use url::{Position, Url};

use super::connect::Clock;
use super::limits::Limits;
use super::trouble::{Phase, Trouble};

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

/// Asks for `url` on an open connection and reads the answer.
///
/// # Errors
/// Why there is no answer that could be read. A body that ends early or never is no error.
pub async fn get<S>(mut stream: S, url: &Url, limits: &Limits, clock: &Clock) -> Result<Response, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(url);
    clock
        .within(Phase::Send, async {
            stream.write_all(request.as_bytes()).await?;
            stream.flush().await
        })
        .await?
        .map_err(|error| Trouble::from_io(&error, Phase::Send))?;
    let mut buffer = Vec::new();
    let head = clock.within(Phase::Head, head::read(&mut stream, &mut buffer, limits)).await??;
    let body = body::read(&mut stream, buffer, &head, limits, clock.left()).await;
    Ok(Response { status: head.status, headers: head.headers, body })
}

/// The request. `identity`, since a body that arrives packed would have to be unpacked within limits of its own.
fn request(url: &Url) -> String {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let path = &url[Position::BeforePath..Position::AfterQuery];
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: gonogo/{}\r\n\
         Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_the_host_with_its_port_and_says_who_asks() {
        let text = request(&Url::parse("https://shop.example.com:8443/a%20b?c=d#e").unwrap());
        assert!(text.starts_with("GET /a%20b?c=d HTTP/1.1\r\nHost: shop.example.com:8443\r\nUser-Agent: gonogo/"));
        assert!(text.ends_with("Connection: close\r\n\r\n"));
    }
}
