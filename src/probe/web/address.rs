//! The addresses to examine: reading them, comparing them, showing them.

use std::net::IpAddr;

use url::{Host, Url};

use crate::model::{Location, redact};

/// Reads an address that the user gave.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn parse(text: &str) -> Result<Url, String> {
    let shown = redact::url(text);
    let url = Url::parse(text.trim()).map_err(|_| {
        "an address given with --url is not a URL: write it in full, like https://shop.example.com".to_owned()
    })?;
    if !is_web(&url) {
        return Err(format!("{shown} is not a web address: it must begin with https:// or http://"));
    }
    let mut url = url;
    // What is secret is never sent; both setters fail only for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether it is an http or https URL with a host.
pub fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

/// Whether it begins with `https:`.
pub fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
}

/// Whether the host can only be this machine: a loopback address or `localhost` (RFC 6761, section 6.3).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Whether a name is `localhost` or under it.
pub fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
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

/// The plain address beside a secure one on the standard port; `None` where no standard says where it would be.
pub fn plain_sibling(url: &Url) -> Option<Url> {
    sibling(url, "https", "http")
}

/// The secure address beside a plain one on the standard port.
pub fn secure_sibling(url: &Url) -> Option<Url> {
    sibling(url, "http", "https")
}

fn sibling(url: &Url, from: &str, to: &str) -> Option<Url> {
    if url.scheme() != from || url.port().is_some() {
        return None;
    }
    let mut other = url.clone();
    other.set_scheme(to).ok()?;
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
    redact::url(url.as_str())
}

/// Where findings about a page point.
pub fn location(url: &Url) -> Location {
    Location::Url { url: shown(url) }
}

/// How far from everybody an IP address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
                let special =
                    ip.is_unspecified() || ip.is_multicast() || ip.is_unique_local() || ip.is_unicast_link_local();
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
    fn siblings_exist_on_the_standard_ports_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(plain_sibling(&url("https://a.example/x")), Some(url("http://a.example/x")));
        assert_eq!(secure_sibling(&url("http://a.example:80/")), Some(url("https://a.example/")));
        assert_eq!(plain_sibling(&url("https://a.example:8443/")), None);
    }

    #[test]
    fn a_site_is_a_host_with_or_without_www() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_site(&url("https://www.a.example/"), &url("http://a.example:8080/")));
        assert!(!same_site(&url("https://a.example/"), &url("https://b.a.example/")));
    }

    #[test]
    fn loopback_is_known_without_asking_anybody() {
        for (text, expected) in [
            ("http://localhost:3000", true),
            ("https://app.localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:1", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused_without_repeating_a_password() {
        let word = ["hun", "ter2"].concat();
        let refusal = parse(&format!("ftp://ann:{word}@files.example.com")).unwrap_err();
        assert!(refusal.contains("files.example.com") && !refusal.contains(&word), "{refusal}");
        assert!(parse("shop.example.com").is_err());
        assert_eq!(parse(&format!("https://ann:{word}@a.example/")).unwrap().as_str(), "https://a.example/");
    }
}
