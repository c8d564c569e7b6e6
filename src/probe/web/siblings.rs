//! The addresses of one site beside each other: with and without `www.`, secure and plain. Pure, over the visits.

use url::Url;

use super::address::{is_ip, is_secure, site};
use super::trouble::Trouble;
use super::visit::{End, Visit};

/// Where one address of a site leads.
#[derive(Debug)]
pub struct Way<'a> {
    /// The visit.
    pub visit: &'a Visit,
    /// What it comes to.
    pub outcome: Outcome<'a>,
}

/// What the visit of an address comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// A page.
    Page(&'a Url),
    /// Its name is not in DNS.
    NoName,
    /// Nobody listens, or nobody who speaks TLS where it is needed. For plain HTTP that is fine.
    Nobody,
    /// Another trouble, or a redirect that is not followed: told elsewhere.
    Unknown,
}

/// The visits of one site whose `www.` sibling belongs to it.
#[derive(Debug)]
pub struct Family<'a> {
    /// The name without `www.`.
    pub name: &'a str,
    /// Its ways, at least one of a given address.
    pub ways: Vec<Way<'a>>,
}

/// Groups the visits to standard ports by site. Only a name that is registered, and `www.` before it, form a pair:
/// nobody types `www.` before `shop.example.com`, unless it is given.
pub fn families(visits: &[Visit]) -> Vec<Family<'_>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for visit in visits.iter().filter(|visit| visit.start.port().is_none() && !is_ip(&visit.start)) {
        let name = site(&visit.start);
        let way = Way { visit, outcome: outcome(visit) };
        match families.iter_mut().find(|family| family.name == name) {
            Some(family) => family.ways.push(way),
            None => families.push(Family { name, ways: vec![way] }),
        }
    }
    families.retain(|family| family.ways.iter().any(|way| way.visit.given));
    families
}

fn outcome(visit: &Visit) -> Outcome<'_> {
    match (&visit.end, visit.page()) {
        (_, Some(page)) => Outcome::Page(&page.url),
        (End::Trouble { url, trouble: Trouble::UnknownHost }, _) if *url == visit.start => Outcome::NoName,
        (End::Trouble { url, trouble: Trouble::Refused | Trouble::Handshake(_) | Trouble::NotTls }, _)
            if *url == visit.start =>
        {
            Outcome::Nobody
        }
        _ => Outcome::Unknown,
    }
}

impl Family<'_> {
    /// Whether the ways on both names, with and without `www.`, were gone.
    pub fn is_pair(&self) -> bool {
        let www = |way: &Way<'_>| way.visit.start.host_str() != Some(self.name);
        self.ways.iter().any(www) && !self.ways.iter().all(www)
    }
}

/// A turn on the way that leaves people without protection longer than need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<'a> {
    /// From a secure address to a plain one.
    Downgrade(&'a Url, &'a Url),
    /// From a plain address to another plain one of the site before the secure one.
    PlainDetour(&'a Url, &'a Url),
    /// From the plain bare name straight to `https://www.`, so that the rule for the whole domain is never heard.
    OtherNameFirst(&'a Url, &'a Url),
}

/// The worst turn of a visit that ends on a secure page; `None` for a straight way.
pub fn turn(visit: &Visit) -> Option<Turn<'_>> {
    let page = visit.page()?;
    if !is_secure(&page.url) {
        return None;
    }
    let steps = || visit.hops.iter().zip(visit.hops.iter().skip(1)).map(|(from, to)| (&from.url, &to.url));
    let down = steps().find(|(from, to)| is_secure(from) && !is_secure(to));
    if let Some((from, to)) = down {
        return Some(Turn::Downgrade(from, to));
    }
    let detour = steps().find(|(from, to)| !is_secure(from) && !is_secure(to));
    if let Some((from, to)) = detour {
        return Some(Turn::PlainDetour(from, to));
    }
    steps()
        .find(|(from, to)| {
            !is_secure(from) && is_secure(to) && from.host() != to.host() && from.host_str() == Some(site(from))
        })
        .map(|(from, to)| Turn::OtherNameFirst(from, to))
}
