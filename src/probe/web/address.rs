//! The addresses to examine: comparing them, showing them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

pub use crate::model::address::{assumed, is_localhost, is_loopback, is_web, parse};
use crate::model::{Location, redact};
use crate::probe::secrets;

/// Whether it begins with `https:`.
pub fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
}

/// Whether the host is a number and not a name.
pub fn is_ip(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// The host without a leading `www.`: two addresses with the same one are one site to us.
pub fn site(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

/// Whether both belong to one site.
pub fn same_site(a: &Url, b: &Url) -> bool {
    site(a) == site(b)
}

/// The name under which the host is registered, by the public suffix list; the host itself where it has none.
pub fn registered(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    if is_ip(url) { host } else { psl::domain_str(host).unwrap_or(host) }
}

/// The addresses that people try as well: with the other scheme, and with or without `www.` where the host is a domain of
/// its own. None for a host on a port of its own, since no standard says where the others would be.
pub fn siblings(url: &Url) -> Vec<Url> {
    if url.port().is_some() {
        return Vec::new();
    }
    let other_name = other_name(url);
    let mut siblings: Vec<Url> =
        [Some(url), other_name.as_ref()].into_iter().flatten().filter_map(other_scheme).collect();
    siblings.extend(other_name);
    siblings
}

fn other_scheme(url: &Url) -> Option<Url> {
    let mut other = url.clone();
    other.set_scheme(if is_secure(url) { "http" } else { "https" }).ok()?;
    Some(other)
}

/// The same address with or without `www.`, for `example.com` and `www.example.com`: below a suffix under which anybody
/// can register a domain. Not for `shop.example.com`, and not for `app.pages.dev`, whose owner can add no name.
pub fn other_name(url: &Url) -> Option<Url> {
    let host = url.domain()?;
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let domain = psl::domain(bare.as_bytes())?;
    let registered = domain.suffix().typ() == Some(psl::Type::Icann);
    if !registered || domain.as_bytes() != bare.as_bytes() {
        return None;
    }
    let name = if bare.len() < host.len() { bare.to_owned() } else { format!("www.{bare}") };
    let mut other = url.clone();
    other.set_host(Some(&name)).ok()?;
    Some(other)
}

/// Host and port of a TLS server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The host as the URL has it.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// Of a URL with a host.
    pub fn of(url: &Url) -> Self {
        Self {
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }

    /// Where findings about the server, not one page of it, point.
    pub fn location(&self) -> Location {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        Location::Url { url: format!("https://{}{port}/", self.host) }
    }
}

/// A URL for people: without credentials and query values.
pub fn shown(url: &Url) -> String {
    secrets::redact::text(&redact::url(url.as_str())).into_owned()
}

/// Where findings about a page point.
pub fn location(url: &Url) -> Location {
    Location::Url { url: shown(url) }
}

/// How far from everybody an IP address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// This machine.
    Loopback,
    /// A private, link-local or otherwise special network.
    Private,
    /// The internet.
    Public,
}

impl Nearness {
    /// Of an address (IANA special-purpose address registries).
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            ip if ip.is_loopback() => Self::Loopback,
            IpAddr::V4(ip) => {
                let [a, b, ..] = ip.octets();
                let special = ip.is_private()
                    || ip.is_link_local()
                    || ip.is_multicast()
                    || a == 0
                    || a >= 240
                    || (a == 100 && (64..128).contains(&b))
                    || (a == 198 && (18..20).contains(&b));
                if special { Self::Private } else { Self::Public }
            }
            IpAddr::V6(ip) => {
                let [first, second, ..] = ip.segments();
                let special = ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
                    // Site-local (RFC 3879), NAT64 of one's own network (RFC 8215), Teredo (RFC 4380).
                    || first & 0xffc0 == 0xfec0
                    || ip.segments().starts_with(&[0x64, 0xff9b, 1])
                    || (first, second) == (0x2001, 0)
                    || embedded(ip).is_some_and(|ip| Self::of(ip.into()) != Self::Public);
                if special { Self::Private } else { Self::Public }
            }
        }
    }

    /// Whether a redirect from here may lead `to` there: never from the internet into something nearer, so that no
    /// server can point us at its reader's own network, and never from this machine to anywhere else, so that what was
    /// allowed as local stays local.
    pub fn may_lead_to(self, to: Self) -> bool {
        match self {
            Self::Loopback => to == Self::Loopback,
            Self::Private => to != Self::Loopback,
            Self::Public => to == Self::Public,
        }
    }
}

/// The IPv4 address that a gateway may send packets for an IPv6 address to.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = || {
        let [.., a, b, c, d] = ip.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        // NAT64 (RFC 6052, section 2.1), and IPv4-compatible (RFC 4291, section 2.5.5.1).
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0, ..] => Some(last()),
        // 6to4 (RFC 3056, section 2).
        [0x2002, ..] => {
            let [_, _, a, b, c, d, ..] = ip.octets();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ip: &str) -> Nearness {
        Nearness::of(ip.parse().unwrap())
    }

    #[test]
    fn no_redirect_leads_into_a_private_network() {
        assert!(!near("93.184.215.14").may_lead_to(near("169.254.169.254")));
        assert!(!near("93.184.215.14").may_lead_to(near("127.0.0.1")));
        assert!(!near("93.184.215.14").may_lead_to(near("::ffff:10.0.0.1")));
        assert!(!near("93.184.215.14").may_lead_to(near("fd00::1")));
        assert!(!near("93.184.215.14").may_lead_to(near("100.64.0.1")));
        assert!(near("93.184.215.14").may_lead_to(near("2606:2800:21f::1")));
        assert!(!near("127.0.0.1").may_lead_to(near("10.0.0.1")));
        assert!(!near("10.0.0.1").may_lead_to(near("::1")));
    }

    #[test]
    fn an_ipv4_address_within_an_ipv6_one_counts() {
        for (ip, expected) in [
            ("64:ff9b::7f00:1", Nearness::Private),
            ("64:ff9b::a9fe:a9fe", Nearness::Private),
            ("64:ff9b::5db8:d70e", Nearness::Public),
            ("64:ff9b:1::5db8:d70e", Nearness::Private),
            ("2002:a00:1::1", Nearness::Private),
            ("2002:5db8:d70e::1", Nearness::Public),
            ("::127.0.0.1", Nearness::Private),
            ("::192.168.1.1", Nearness::Private),
            ("::", Nearness::Private),
            ("::1", Nearness::Loopback),
            ("::ffff:127.0.0.1", Nearness::Loopback),
            ("fec0::1", Nearness::Private),
            ("feff::1", Nearness::Private),
            ("2001::1", Nearness::Private),
            ("2001:4860:4860::8888", Nearness::Public),
        ] {
            assert_eq!(near(ip), expected, "{ip}");
        }
    }

    #[test]
    fn siblings_are_the_other_scheme_and_the_other_name() {
        let of = |text: &str| -> Vec<String> {
            let mut found: Vec<String> = siblings(&Url::parse(text).unwrap()).iter().map(Url::to_string).collect();
            found.sort();
            found
        };
        assert_eq!(
            of("https://example.com/x"),
            ["http://example.com/x", "http://www.example.com/x", "https://www.example.com/x"]
        );
        assert_eq!(
            of("http://www.example.co.uk:80/"),
            ["http://example.co.uk/", "https://example.co.uk/", "https://www.example.co.uk/"]
        );
        assert_eq!(of("https://shop.example.com/"), ["http://shop.example.com/"]);
        assert_eq!(of("https://www.shop.example.com/"), ["http://www.shop.example.com/"]);
        assert_eq!(of("https://my-app.pages.dev/"), ["http://my-app.pages.dev/"]);
        assert_eq!(of("https://my-app.vercel.app/"), ["http://my-app.vercel.app/"]);
        assert_eq!(of("https://co.uk/"), ["http://co.uk/"]);
        assert_eq!(of("https://www.localhost/"), ["http://www.localhost/"]);
        assert_eq!(of("https://192.0.2.1/"), ["http://192.0.2.1/"]);
        assert_eq!(of("https://example.com:8443/"), [""; 0]);
    }

    #[test]
    fn a_site_is_a_host_with_or_without_www() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_site(&url("https://www.a.example/"), &url("http://a.example:8080/")));
        assert!(!same_site(&url("https://a.example/"), &url("https://b.a.example/")));
    }
}
