//! How long answers take.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::address::{is_loopback, is_secure};
use super::http::Response;
use super::http::client::{Client, Request, Times};
use super::visit::Hop;
use crate::model::AnswerTimes;

/// So many answers are timed, that of the visit included.
const REQUESTS: usize = 6;
/// No further request is begun after so long for all pages of a site.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// An answer that takes longer is slow: a few are enough, and the site's time is needed for everything else.
const SLOW: Duration = Duration::from_secs(1);
const REQUESTS_SLOW: usize = 3;
/// One that takes so long is judged by itself, and asked for only once more.
const VERY_SLOW: Duration = Duration::from_secs(3);
const REQUESTS_VERY_SLOW: usize = 2;

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Lap {
    /// Connecting and the TLS handshake; `None` on a connection that stood already.
    pub connect: Option<Duration>,
    /// From the request to the first byte.
    pub first_byte: Duration,
    /// From the request to the last byte.
    pub total: Duration,
    /// The body's bytes.
    pub bytes: u64,
}

/// What was measured of one page.
#[derive(Debug, Clone)]
pub struct Laps {
    /// The page.
    pub page: Url,
    /// In the order of the requests; answers that were not those of the page are left out.
    pub laps: Vec<Lap>,
    /// Whether all of it happened on this machine.
    pub local: bool,
}

/// Asks for the page again several times, one after the other and until `end`, while nobody else asks the site for anything.
pub async fn collect(client: &Client, page: &Hop, end: Instant) -> Laps {
    let mut laps = vec![Lap::of(page.times, &page.response)];
    while laps.len() < enough(&laps) && Instant::now() < end {
        let exchange = client.send(Request::get(page.url.clone())).await;
        match exchange.response() {
            Some(response) if response.status == page.response.status => laps.push(Lap::of(exchange.times, response)),
            _ => break,
        }
    }
    Laps { page: page.url.clone(), laps, local: is_loopback(&page.url) }
}

/// How many answers are to be timed, by those that were.
fn enough(laps: &[Lap]) -> usize {
    match laps.iter().map(|lap| lap.total).max().unwrap_or_default() {
        longest if longest >= VERY_SLOW => REQUESTS_VERY_SLOW,
        longest if longest > SLOW => REQUESTS_SLOW,
        _ => REQUESTS,
    }
}

impl Lap {
    fn of(times: Times, response: &Response) -> Self {
        let Times { connect, first_byte, total } = times;
        Self { connect, first_byte, total, bytes: response.body.wire as u64 }
    }
}

impl Laps {
    /// The times to the first byte, sorted. Those on a connection that stood already count; where there is none, all do.
    pub fn first_bytes(&self) -> Vec<Duration> {
        let standing = self.laps.iter().filter(|lap| lap.connect.is_none());
        let mut times: Vec<Duration> = standing.map(|lap| lap.first_byte).collect();
        if times.is_empty() {
            times = self.laps.iter().map(|lap| lap.first_byte).collect();
        }
        times.sort_unstable();
        times
    }

    /// The middle of [`Laps::first_bytes`]; of an even number the smaller one.
    pub fn median(&self) -> Option<Duration> {
        let times = self.first_bytes();
        times.get(times.len().checked_sub(1)? / 2).copied()
    }

    /// A whole first visit: connecting and the page.
    pub fn first_visit(&self) -> Option<Duration> {
        let first = self.laps.iter().find(|lap| lap.connect.is_some()).or_else(|| self.laps.first())?;
        Some(first.connect.unwrap_or_default() + first.total)
    }

    /// The usual time for a whole page, without connecting: the middle one.
    pub fn usual_page(&self) -> Option<Duration> {
        let mut times: Vec<Duration> = self.laps.iter().map(|lap| lap.total).collect();
        times.sort_unstable();
        times.get(times.len().checked_sub(1)? / 2).copied()
    }

    /// How long a packet takes there and back at most: connecting takes one such time, and TLS 1.3 a second.
    pub fn round_trip(&self) -> Duration {
        let connect = self.laps.iter().filter_map(|lap| lap.connect).min().unwrap_or_default();
        if is_secure(&self.page) { connect / 2 } else { connect }
    }
}

/// For the report; `None` where no answer came.
pub fn rows(laps: &Laps) -> Option<AnswerTimes> {
    let bytes = laps.laps.first()?.bytes;
    let standing = laps.laps.iter().filter(|lap| lap.connect.is_none());
    let mut first_byte_ms: Vec<u64> = standing.map(|lap| millis(lap.first_byte)).collect();
    if first_byte_ms.is_empty() {
        first_byte_ms = laps.laps.iter().map(|lap| millis(lap.first_byte)).collect();
    }
    Some(AnswerTimes { first_byte_ms, page_ms: millis(laps.first_visit()?), page_bytes: bytes })
}

/// Whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_pages_are_asked_for_less_often() {
        let laps = |times: &[u64]| -> Vec<Lap> {
            let lap = |ms: &u64| {
                let total = Duration::from_millis(*ms);
                Lap { connect: None, first_byte: total, total, bytes: 1 }
            };
            times.iter().map(lap).collect()
        };
        assert_eq!(enough(&laps(&[80])), 6);
        assert_eq!(enough(&laps(&[1000])), 6);
        assert_eq!(enough(&laps(&[1500])), 3);
        assert_eq!(enough(&laps(&[80, 1500])), 3);
        assert_eq!(enough(&laps(&[3000])), 2);
    }
}
