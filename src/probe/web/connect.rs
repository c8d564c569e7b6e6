//! TCP connections under a clock.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::address::is_localhost;
use super::limits::Limits;
use super::trouble::{Phase, Trouble};

/// More addresses of one name are not tried.
const MOST_ADDRESSES: usize = 4;

/// Hosts with their ports, and the servers that stand for them in place of what DNS says. A name beside them is unknown
/// then, so that no test asks the network.
pub type Names = &'static [(&'static str, u16, SocketAddr)];

/// The time that is left for one site.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    phase: Duration,
    end: Instant,
    /// What to say when the time for everything is over.
    over: Over,
}

/// Whose time is over, and how many seconds it had.
#[derive(Debug, Clone, Copy)]
enum Over {
    Site(u64),
    Run(u64),
}

impl Clock {
    /// With the phases of `limits`, for a site that began at `started` and has `time`; not beyond the end of the run.
    pub fn of_site(started: Instant, time: Duration, run: Instant, limits: &Limits) -> Self {
        let (site, run_end) = (started + time, run + limits.run);
        let over = if site <= run_end { Over::Site(time.as_secs()) } else { Over::Run(limits.run.as_secs()) };
        Self { phase: limits.phase, end: site.min(run_end), over }
    }

    /// What there is to say once everything has to be over.
    pub const fn over(&self) -> Trouble {
        match self.over {
            Over::Site(seconds) => Trouble::OutOfTime(seconds),
            Over::Run(seconds) => Trouble::RunOver(seconds),
        }
    }

    /// Ends so much earlier, but not before a phase from now.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        let end = self.end.checked_sub(by).unwrap_or(self.end).max(Instant::now() + self.phase).min(self.end);
        Self { end, ..self }
    }

    /// When everything has to be over.
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// A phase, or less where the end is nearer.
    pub fn left(&self) -> Duration {
        self.phase.min(self.end.saturating_duration_since(Instant::now()))
    }

    /// Runs one phase.
    ///
    /// # Errors
    /// [`Trouble::TimedOut`] when it takes longer, [`Trouble::OutOfTime`] or [`Trouble::RunOver`] when there is no time
    /// for it at all.
    pub async fn within<T>(&self, phase: Phase, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let left = self.left();
        if left.is_zero() {
            return Err(self.over());
        }
        timeout(left, work).await.map_err(|_| {
            if left < self.phase { self.over() } else { Trouble::TimedOut { phase, seconds: self.phase.as_secs() } }
        })
    }
}

/// Connects to one of `addresses`.
///
/// # Errors
/// Why none of them could be reached.
pub async fn connect(addresses: &[SocketAddr], clock: &Clock) -> Result<(TcpStream, SocketAddr), Trouble> {
    let addresses = addresses.get(..addresses.len().min(MOST_ADDRESSES)).unwrap_or_default();
    clock.within(Phase::Connect, any(addresses, clock.left())).await?
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

/// The addresses of the host of `url` among `names`.
///
/// # Errors
/// When there are none.
pub fn made_up(url: &Url, names: Names) -> Result<Vec<SocketAddr>, Trouble> {
    let of_name = names.iter().filter(|(name, ..)| Some(*name) == url.host_str());
    let port = url.port_or_known_default().unwrap_or_default();
    let found: Vec<_> = of_name.clone().filter(|(_, known, _)| *known == port).map(|(.., address)| *address).collect();
    match (found.is_empty(), of_name.count()) {
        (false, _) => Ok(found),
        (true, 0) => Err(Trouble::UnknownHost),
        (true, _) => Err(Trouble::Refused),
    }
}

/// The addresses of the host of `url`, for most by asking DNS.
///
/// # Errors
/// When there are none.
pub async fn look_up(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
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
