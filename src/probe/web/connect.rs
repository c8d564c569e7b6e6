//! TCP connections under a clock.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::address::{Nearness, is_localhost};
use super::limits::Limits;
use super::trouble::{Phase, Trouble};

/// More addresses of one name are not tried.
const MOST_ADDRESSES: usize = 4;

/// The time that is left for one address.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    phase: Duration,
    deadline: Instant,
}

impl Clock {
    /// Starts now.
    pub fn start(limits: &Limits) -> Self {
        // A phase is kept back for the TLS versions, which are asked for after the pages.
        let budget = limits.address.saturating_sub(limits.phase).max(limits.phase);
        Self { phase: limits.phase, deadline: Instant::now() + budget }
    }

    /// A phase, or less where the end is nearer.
    pub fn left(&self) -> Duration {
        self.phase.min(self.deadline.saturating_duration_since(Instant::now()))
    }

    /// Runs one phase.
    ///
    /// # Errors
    /// [`Trouble::TimedOut`] when it takes longer.
    pub async fn within<T>(&self, phase: Phase, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let seconds = self.phase.as_secs();
        timeout(self.left(), work).await.map_err(|_| Trouble::TimedOut { phase, seconds })
    }
}

/// Connects to the host and port of `url`. `from` is where the redirect that leads here came from, if one does.
///
/// # Errors
/// Why no address of the host could be reached.
pub async fn connect(url: &Url, from: Option<Nearness>, clock: &Clock) -> Result<(TcpStream, SocketAddr), Trouble> {
    let mut addresses = clock.within(Phase::Lookup, addresses(url)).await??;
    if let Some(from) = from {
        addresses.retain(|address| from.may_lead_to(Nearness::of(address.ip())));
        if addresses.is_empty() {
            return Err(Trouble::PrivateAddress);
        }
    }
    addresses.truncate(MOST_ADDRESSES);
    clock.within(Phase::Connect, any(&addresses, clock.left())).await?
}

/// Tries one address after the other, each with an equal share of the time that is left.
async fn any(addresses: &[SocketAddr], time: Duration) -> Result<(TcpStream, SocketAddr), Trouble> {
    let end = Instant::now() + time;
    let mut trouble = Trouble::UnknownHost;
    for (tried, &address) in addresses.iter().enumerate() {
        let share = end.saturating_duration_since(Instant::now()) / u32::try_from(addresses.len() - tried).unwrap_or(1);
        let next = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => Trouble::from_io(&error, Phase::Connect),
            Err(_) => Trouble::TimedOut { phase: Phase::Connect, seconds: time.as_secs() },
        };
        // A refusal says more than a second address that this machine cannot route to.
        if trouble != Trouble::Refused {
            trouble = next;
        }
    }
    Err(trouble)
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let port = url.port_or_known_default().unwrap_or_default();
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
        Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
        // Never asked of DNS: what was allowed as local has to stay on this machine.
        Some(Host::Domain(name)) if is_localhost(name) => {
            [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(|ip| (ip, port).into()).to_vec()
        }
        Some(Host::Domain(name)) => lookup_host((name, port)).await.map_err(|_| Trouble::UnknownHost)?.collect(),
        None => Vec::new(),
    };
    if found.is_empty() { Err(Trouble::UnknownHost) } else { Ok(found) }
}
