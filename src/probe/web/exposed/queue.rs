//! Which scripts of a page are to be read, each once and not without end.

use url::Url;

use super::foreign::Foreign;
use super::imports::{self, Later};
use super::scripts::Served;
use crate::probe::web::address::{same_site, shown};
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
        if later.unnamed && self.unnamed.is_none() {
            self.unnamed = Some(from.clone());
        }
        if later.by_number && self.by_number.is_none() {
            self.by_number = Some(from.clone());
        }
        let base = self.base.clone();
        let resolve = |name: &String| imports::resolve(name, from, &base);
        if !later.numbered.is_empty() && self.numbered.is_none() {
            self.numbered = Some((from.clone(), later.numbered.iter().filter_map(resolve).collect()));
        }
        later.names.iter().filter_map(resolve).filter_map(|url| self.offer(url, false, served)).collect()
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
        // A table whose names lead nowhere was misread.
        let misread = self.numbered.take_if(|(_, names)| !names.iter().any(was_read));
        let unread = self.unnamed.or(misread.map(|(from, _)| from));
        let unread = unread.or_else(|| self.by_number.filter(|_| self.numbered.is_none()));
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
