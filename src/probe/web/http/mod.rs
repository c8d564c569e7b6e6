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
pub async fn get<S>(stream: S, url: &Url, limits: &Limits, clock: &Clock) -> Result<Response, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send(stream, &client::Request::get(url.clone()), limits, clock).await
}

/// Sends a request on an open connection and reads the answer.
///
/// # Errors
/// As [`get`].
pub async fn send<S>(mut stream: S, asked: &client::Request, limits: &Limits, clock: &Clock) -> Result<Response, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(asked);
    clock
        .within(Phase::Send, async {
            stream.write_all(request.as_bytes()).await?;
            stream.flush().await
        })
        .await?
        .map_err(|error| Trouble::from_io(&error, Phase::Send))?;
    let mut buffer = Vec::new();
    let head = clock.within(Phase::Head, head::read(&mut stream, &mut buffer, limits)).await??;
    let body = match asked.method {
        client::Method::Head => Body::default(),
        _ => body::read(&mut stream, buffer, &head, limits, clock.left()).await,
    };
    Ok(Response { status: head.status, headers: head.headers, body })
}

/// The request. `identity`, since a body that arrives packed would have to be unpacked within limits of its own.
fn request(asked: &client::Request) -> String {
    let url = &asked.url;
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let path = asked.target.unwrap_or(&url[Position::BeforePath..Position::AfterQuery]);
    let method = format!("{:?}", asked.method).to_uppercase();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: gonogo/{}\r\n", env!("CARGO_PKG_VERSION"));
    let usual = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Accept-Encoding", "identity")];
    for (name, value) in usual {
        if !asked.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    for (name, value) in &asked.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("Connection: close\r\n\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_the_host_with_its_port_and_says_who_asks() {
        let text = request(&client::Request::get(Url::parse("https://shop.example.com:8443/a%20b?c=d#e").unwrap()));
        assert!(text.starts_with("GET /a%20b?c=d HTTP/1.1\r\nHost: shop.example.com:8443\r\nUser-Agent: gonogo/"));
        assert!(text.ends_with("Connection: close\r\n\r\n"));
    }
}
