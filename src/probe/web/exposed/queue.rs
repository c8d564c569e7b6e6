//! Which scripts of a page are to be read, each once and not without end.

use url::Url;

use super::foreign::Foreign;
use super::imports::{self, Later};
use super::scripts::Served;
use crate::probe::web::address::{registered, same_site, shown};
use crate::probe::web::http::client::Client;

/// So many scripts of a page are read, which is more than nearly all have.
const SCRIPTS: usize = 48;
/// So many bytes of them in all, unpacked.
const BYTES: usize = 32 * 1024 * 1024;

/// The scripts of a page.
pub struct Queue<'a> {
    client: &'a Client,
    page: &'a Url,
    /// From where names without a folder count.
    base: Url,
    /// Those that were or will be read.
    known: Vec<Url>,
    left: usize,
    bytes: usize,
    /// So many were not.
    pub beyond: usize,
    /// The first place that makes up names.
    unnamed: Option<Url>,
    /// The first place that asks for others by number.
    by_number: Option<Url>,
    /// The first place that names those with a number, and those.
    numbered: Option<(Url, Vec<Url>)>,
    /// The first place that loads what others tell it.
    told: Option<Url>,
    /// Whether one tells.
    tells: bool,
    /// By the place that asks for them: scripts of which one at least is there, unless their names were misread.
    surely: Vec<(Url, Vec<Url>)>,
    foreign: Foreign,
}

impl<'a> Queue<'a> {
    /// Of a page, where names count from `base`.
    pub fn new(client: &'a Client, page: &'a Url, base: Url) -> Self {
        Self {
            client,
            page,
            base,
            known: Vec::new(),
            left: SCRIPTS,
            bytes: BYTES,
            beyond: 0,
            unnamed: None,
            by_number: None,
            numbered: None,
            told: None,
            tells: false,
            surely: Vec::new(),
            foreign: Foreign::default(),
        }
    }

    /// Takes in one script; what is returned is to be read. `module` is whether it is one.
    pub fn offer(&mut self, mut url: Url, module: bool, served: &mut Served) -> Option<Url> {
        url.set_fragment(None);
        // What was given for itself may be asked for.
        if !same_site(self.page, &url) && self.client.peer(&url).is_none() {
            self.foreign.add(self.page, url, module, served);
        } else if self.known.contains(&url) {
        } else if self.left == 0 {
            self.known.push(url.clone());
            self.skip(&url, served);
        } else {
            self.left -= 1;
            self.known.push(url.clone());
            return Some(url);
        }
        None
    }

    /// Those that the code at `from` loads and that are to be read.
    pub fn of(&mut self, from: &Url, later: &Later, served: &mut Served) -> Vec<Url> {
        if (later.unnamed || later.hosts.iter().any(|host| self.is_own(host))) && self.unnamed.is_none() {
            self.unnamed = Some(from.clone());
        }
        if later.told && self.told.is_none() {
            self.told = Some(from.clone());
        }
        self.tells |= later.tells;
        if later.by_number && self.by_number.is_none() {
            self.by_number = Some(from.clone());
        }
        let base = self.base.clone();
        let resolve = |name: &String| imports::resolve(name, from, &base);
        if !later.numbered.is_empty() && self.numbered.is_none() {
            self.numbered = Some((from.clone(), later.numbered.iter().filter_map(resolve).collect()));
        }
        // What a framework names from its own folder may be misread while the rest is not.
        let (built, written): (Vec<&String>, Vec<&String>) =
            later.surely.iter().partition(|name| name.contains("static/chunks/"));
        for names in [built, written] {
            let urls: Vec<Url> =
                names.into_iter().filter_map(resolve).filter(|url| same_site(self.page, url)).collect();
            if !urls.is_empty() {
                self.surely.push((from.clone(), urls));
            }
        }
        later.names.iter().filter_map(resolve).filter_map(|url| self.offer(url, false, served)).collect()
    }

    /// Whether an address on which names are made up is the site's own, or none that can be read.
    fn is_own(&self, address: &str) -> bool {
        let host = address.split(['$', '{', '\\', '`']).next().unwrap_or_default();
        self.page.join(host).map_or(true, |url| registered(&url) == registered(self.page))
    }

    /// Counts what was read; whether more may be.
    pub fn spend(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(bytes);
        if self.bytes == 0 {
            self.left = 0;
        }
        self.bytes > 0
    }

    /// Leaves one out.
    pub fn skip(&mut self, url: &Url, served: &mut Served) {
        self.beyond += 1;
        served.not_read.push(("scripts beyond the first 48, or beyond 32 MiB", shown(url)));
    }

    /// Says what was left over; how many scripts that is.
    pub fn note(mut self, served: &mut Served) -> usize {
        let page = shown(self.page);
        if self.beyond > 0 {
            let mebibytes = BYTES / (1024 * 1024);
            let first = if self.bytes == 0 { format!("{mebibytes} MiB of the") } else { SCRIPTS.to_string() };
            served.in_part.push(format!("only the first {first} scripts of {page} were read"));
        }
        let was_read = |url: &Url| served.code.iter().any(|code| code.url == *url);
        let mut gone = Vec::new();
        // A table whose names lead nowhere was misread.
        let misread = self.numbered.take_if(|(_, names)| !names.iter().any(was_read));
        let unread = self.unnamed.or(misread.map(|(from, _)| from));
        let unread = unread.or_else(|| self.by_number.filter(|_| self.numbered.is_none()));
        let unread = unread.or_else(|| self.told.filter(|_| !self.tells));
        for (from, names) in &self.surely {
            let is_said = |url: &Url| served.in_part.iter().any(|why| why.starts_with(&shown(url)));
            if let Some(first) =
                names.first().filter(|_| self.beyond == 0 && !names.iter().any(|url| was_read(url) || is_said(url)))
            {
                gone.push(format!(
                    "{} loads {}, which is not there: its place may have been misread",
                    shown(from),
                    shown(first)
                ));
            }
        }
        served.maps_in_part.extend(gone.iter().cloned());
        served.in_part.append(&mut gone);
        if let Some(url) = &unread {
            let from = shown(url);
            served
                .in_part
                .push(format!("{from} loads more scripts later, whose names it makes up, and they were not read"));
            served.not_read.push(("scripts that are loaded later under names made up", from));
        }
        self.foreign.note(self.known.is_empty(), served);
        self.beyond + usize::from(unread.is_some())
    }
}
