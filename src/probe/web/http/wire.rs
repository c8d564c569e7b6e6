//! One request and its answer on an open connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use url::Position;

use super::body::{self, Most};
use super::client::{Method, Request};
use super::framing::framing;
use super::memory::Memory;
use super::{Response, decode, head};
use crate::probe::web::connect::Clock;
use crate::probe::web::limits::Limits;
use crate::probe::web::trouble::{Phase, Trouble};

/// More of a redirect's body is not read: nobody sees it.
const MOST_OF_A_REDIRECT: usize = 16 * 1024;
/// What a header takes beside its bytes.
const HEADER_OVERHEAD: usize = 96;

/// What is learned on the way, also when there is no answer in the end.
#[derive(Debug, Default, Clone, Copy)]
pub struct Progress {
    /// From sending the request to the first byte.
    pub first_byte: Option<Duration>,
    /// From sending the request to the last byte.
    pub total: Option<Duration>,
    /// Whether the connection can be used again.
    pub reusable: bool,
}

/// Asks on an open connection and reads the answer.
///
/// # Errors
/// Why there is no answer that could be read. A body that ends early or never is no error.
pub async fn exchange<S>(
    stream: &mut S,
    request: &Request,
    limits: &Limits,
    memory: &Memory,
    clock: &Clock,
    progress: &mut Progress,
) -> Result<Response, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let text = text(request);
    let sent = Instant::now();
    clock
        .within(Phase::Send, async {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await
        })
        .await?
        .map_err(|error| Trouble::from_io(&error, Phase::Send))?;
    let mut buffer = Vec::new();
    let mut first_byte = None;
    let patience = request.patience.unwrap_or(Duration::MAX);
    let reading = timeout(patience, head::read(stream, &mut buffer, &mut first_byte, limits));
    let head = clock.within(Phase::Head, reading).await;
    progress.first_byte = first_byte.map(|at| at.duration_since(sent));
    let mut head = head?.map_err(|_| Trouble::Silent(patience.as_millis()))??;
    let mut held = memory.hold();
    if !held.grow_to(head.length * 2 + head.headers.count() * HEADER_OVERHEAD) {
        return Err(Trouble::TooMuch(limits.memory / 1024 / 1024));
    }

    let framing = framing(&mut head, request.method == Method::Head);
    let mut response = Response { status: head.status, headers: head.headers, body: body::Body::default() };
    let most = most(request, &response, limits);
    let wire = body::read(stream, buffer, framing, most.wire, memory.hold(), clock.left()).await;
    progress.total = Some(sent.elapsed());
    let closes = response
        .headers
        .joined("connection")
        .is_some_and(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")));
    // A server that says two things about the end of an answer may mean either.
    let certain = !response.headers.oddities.iter().any(|odd| odd.oddity.is_about_length());
    progress.reusable = wire.clean && head.persistent && !closes && certain;
    let encoding = response.headers.joined("content-encoding");
    response.body = body::unpack(wire, encoding, most.decoded, Some(memory), Some(clock.end())).await;
    response.body.held.merge(held);
    Ok(response)
}

fn most(request: &Request, response: &Response, limits: &Limits) -> Most {
    let own = request.most_body.unwrap_or(usize::MAX);
    let own = if response.is_redirect() { own.min(MOST_OF_A_REDIRECT) } else { own };
    Most { wire: limits.body_bytes.min(own), decoded: limits.decoded_bytes.min(own) }
}

/// The request as it is sent.
fn text(request: &Request) -> String {
    let url = &request.url;
    let method = request.method.name();
    let target = request.target.unwrap_or(&url[Position::BeforePath..Position::AfterQuery]);
    let mut text =
        format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", &url[Position::BeforeHost..Position::AfterPort]);
    let usual = [
        ("User-Agent", USER_AGENT),
        ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("Accept-Encoding", decode::ACCEPTED),
    ];
    let own = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let usual = usual.into_iter().filter(|(name, _)| !own(name));
    // A line break in a value would begin a header, or a request, of its own.
    let own = request.headers.iter().filter(|(_, value)| !value.contains(char::is_control));
    for (name, value) in usual.chain(own.map(|(name, value)| (*name, value.as_str()))) {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text
}

/// Who asks.
pub const USER_AGENT: &str = concat!("gonogo/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn request(url: &str) -> Request {
        Request::get(Url::parse(url).unwrap())
    }

    #[test]
    fn a_request_names_the_host_with_its_port_and_says_who_asks() {
        let text = text(&request("https://shop.example.com:8443/a%20b?c=d#e"));
        assert!(text.starts_with("GET /a%20b?c=d HTTP/1.1\r\nHost: shop.example.com:8443\r\nUser-Agent: gonogo/"));
        assert!(text.ends_with("Accept-Encoding: gzip, br\r\n\r\n"));
    }

    #[test]
    fn a_request_can_have_headers_and_a_target_of_its_own() {
        let request = Request {
            method: Method::Options,
            target: Some("/%zz"),
            headers: vec![
                ("Origin", "https://example.com".to_owned()),
                ("accept-encoding", "identity".to_owned()),
                ("X-Split", "a\r\nX-More: b".to_owned()),
            ],
            ..request("http://shop.example.com/")
        };
        let text = text(&request);
        assert!(text.starts_with("OPTIONS /%zz HTTP/1.1\r\nHost: shop.example.com\r\n"), "{text}");
        assert!(text.contains("\r\nOrigin: https://example.com\r\naccept-encoding: identity\r\n"), "{text}");
        assert!(!text.contains("gzip") && !text.contains("X-"), "{text}");
    }
}
