//! Whether a server speaks HTTP/2 (RFC 9113). Everything else is read over HTTP/1.1, whose bytes can be kept as they came.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;
use url::{Position, Url};

use super::client::{Client, Request};
use super::decode::ACCEPTED;
use super::wire::USER_AGENT;
use super::{Body, Headers, Response};
use crate::probe::web::connect::{self, Clock};
use crate::probe::web::tls::handshake;
use crate::probe::web::trouble::{Phase, Trouble};

/// More headers than that are not read.
const MOST_HEADERS: u32 = 64 * 1024;
/// The page was read over HTTP/1.1; here a beginning shows that it works.
const MOST_BODY: usize = 64 * 1024;
/// Both names that can be chosen (RFC 7301; RFC 9113, section 3.2).
const OFFERED: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What is known of HTTP/2 at an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Http2 {
    /// The server chose it and answered a request over it with this status.
    Works(u16),
    /// The server chose it, and then something went wrong; as the end of a sentence.
    Fails(String),
    /// The server chose something else.
    NotOffered,
    /// It could not be asked.
    Unknown(Trouble),
}

/// Offers HTTP/2 to the origin of `url`, which begins with `https:`, and asks for `url` over it.
pub async fn ask(client: &Client, url: &Url) -> Http2 {
    // The place is kept until the connection is closed.
    let (stream, clock, _place) = match connect(client, url).await {
        Ok(connected) => connected,
        Err(trouble) => return Http2::Unknown(trouble),
    };
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return Http2::NotOffered;
    }
    let place = client.announce(&Request::get(url.clone()));
    let started = Instant::now();
    let result = converse(stream, &clock, url).await;
    let made = match &result {
        Ok(status) => Ok(Response { status: *status, headers: Headers::default(), body: Body::default() }),
        Err(why) => Err(Trouble::Http2(why.clone())),
    };
    client.note(place, made.as_ref(), started.elapsed());
    result.map_or_else(Http2::Fails, Http2::Works)
}

async fn converse(stream: TlsStream<TcpStream>, clock: &Clock, url: &Url) -> Result<u16, String> {
    // Two phases: up to the headers, and the beginning of the body.
    let end = Instant::now() + clock.left() * 2;
    match timeout_at(end.min(clock.end()), get(stream, url)).await {
        Ok(Ok(status)) => Ok(status),
        Ok(Err(error)) => Err(format!("it chose HTTP/2 and then failed ({error})")),
        Err(_) => Err("it chose HTTP/2 and then gave no answer in time".to_owned()),
    }
}

async fn connect(
    client: &Client,
    url: &Url,
) -> Result<(TlsStream<TcpStream>, Clock, Option<OwnedSemaphorePermit>), Trouble> {
    let (Some(peer), Some(clock)) = (client.peer(url), client.clock(url).await) else { return Err(Trouble::NotOurs) };
    let place = clock.within(Phase::Connect, Arc::clone(&peer).place()).await?;
    peer.site.count(client.limits())?;
    let addresses = peer.addresses(url, &clock).await?;
    let (stream, address) = connect::connect(&addresses, &clock).await?;
    let handshake = handshake::make_offering(stream, address, url, &clock, &OFFERED);
    let (made, stream) = peer.pressing(handshake).await;
    match (stream, made.trouble) {
        (Some(stream), _) => Ok((stream, clock, place)),
        (None, trouble) => Err(trouble.unwrap_or(Trouble::Closed(Phase::Handshake))),
    }
}

/// Sends one request and gives the status of its answer.
async fn get(stream: TlsStream<TcpStream>, url: &Url) -> Result<u16, h2::Error> {
    let (mut sender, connection) = h2::client::Builder::new()
        .enable_push(false)
        .max_header_list_size(MOST_HEADERS)
        .initial_window_size(u32::try_from(MOST_BODY).unwrap_or(u32::MAX))
        .max_send_buffer_size(MOST_BODY)
        .max_concurrent_streams(1)
        .max_concurrent_reset_streams(1)
        .handshake::<_, &[u8]>(stream)
        .await?;
    let request = http::Request::get(&url[..Position::AfterQuery])
        .version(http::Version::HTTP_2)
        .header("user-agent", USER_AGENT)
        .header("accept-encoding", ACCEPTED)
        .body(())
        .map_err(|_| h2::Error::from(h2::Reason::INTERNAL_ERROR))?;
    let exchange = async {
        let (response, _) = sender.send_request(request, true)?;
        let response = response.await?;
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut read = 0;
        while let Some(data) = body.data().await {
            let data = data?;
            read += data.len();
            if read >= MOST_BODY {
                break;
            }
            body.flow_control().release_capacity(data.len())?;
        }
        Ok(status)
    };
    // The connection moves only while somebody looks at it.
    tokio::select! {
        biased;
        result = exchange => result,
        ended = connection => match ended {
            Ok(()) => Err(h2::Error::from(h2::Reason::NO_ERROR)),
            Err(error) => Err(error),
        },
    }
}
