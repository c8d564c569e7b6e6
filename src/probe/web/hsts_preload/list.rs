//! The hosts that browsers use HTTPS for without ever having been there: Chromium's list, from which the other browsers make theirs
//! (<https://hstspreload.org>).
//!
//! `list.bin` begins with the day of the list in ten letters. Then five bytes stand for every host, in rising order: the first 39 bits of
//! the SHA-256 of its name, and one that says whether it counts for every subdomain. A name that is on no list is taken for one
//! that is less than once in five million times. `make_list.py` makes the file; hosts come and go, so make it anew before a release.

use sha2::{Digest, Sha256};
use url::Url;

static FILE: &[u8] = include_bytes!("list.bin");
/// `2026-06-01`.
const DAY: usize = 10;

/// The day of the list: whoever was added since is not on it.
pub fn day() -> &'static str {
    FILE.get(..DAY).and_then(|day| str::from_utf8(day).ok()).unwrap_or_default()
}

/// The name by which the host of `url` is on the list: its own, or one above it that counts for every subdomain, such as `dev`. Addresses
/// that are numbers have none.
pub fn listed(url: &Url) -> Option<&str> {
    let host = url.domain()?.trim_end_matches('.');
    let mut name = host;
    loop {
        if entry(name).is_some_and(|with_subdomains| with_subdomains || name.len() == host.len()) {
            return Some(name);
        }
        (_, name) = name.split_once('.')?;
    }
}

/// Whether a name that is on the list counts for every subdomain.
fn entry(name: &str) -> Option<bool> {
    let hash = Sha256::digest(name.as_bytes());
    let wanted = key(hash.first_chunk()?);
    let records = records();
    let place = records.binary_search_by_key(&wanted, key).ok()?;
    records.get(place).map(|[.., last]| last & 1 == 1)
}

fn records() -> &'static [[u8; 5]] {
    FILE.get(DAY..).unwrap_or_default().as_chunks().0
}

fn key([a, b, c, d, e]: &[u8; 5]) -> u64 {
    u64::from_be_bytes([0, 0, 0, *a, *b, *c, *d, *e]) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<String> {
        listed(&Url::parse(url).unwrap()).map(str::to_owned)
    }

    #[test]
    fn the_file_is_whole_and_in_order() {
        assert_eq!((FILE.len() - DAY) % 5, 0);
        assert!(records().len() > 90_000, "{}", records().len());
        assert!(records().is_sorted_by(|one, next| key(one) < key(next)), "no name twice, the smaller first");
        let with = records().iter().filter(|record| record[4] & 1 == 1).count();
        assert!(records().len() - with > 100 && with > 90_000, "both sorts are there: {with}");
        let day: jiff::civil::Date = day().parse().unwrap();
        assert!(day >= jiff::civil::date(2026, 6, 1));
    }

    #[test]
    fn names_are_found_with_what_they_count_for() {
        for (url, name) in [
            ("https://github.com/", Some("github.com")),
            ("https://api.github.com/", Some("github.com")),
            ("https://GitHub.com./a", Some("github.com")),
            ("https://www.dropbox.com:8443/", Some("www.dropbox.com")),
            ("http://gmail.com/", Some("gmail.com")),
            // It is on the list for itself alone.
            ("https://x.gmail.com/", None),
            ("https://gov.uk/", Some("gov.uk")),
            ("https://www.shop.gov.uk/", None),
            ("https://my-shop.dev/", Some("dev")),
            ("https://a.b.vercel.app/", Some("app")),
            ("https://notgithub.com/", None),
            ("https://github.com.example.org/", None),
            ("https://shop.example.com/", None),
            ("https://site.example/", None),
            ("https://com/", None),
        ] {
            assert_eq!(of(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn numbers_and_this_machine_are_never_on_it() {
        for url in [
            "https://1.0.0.1/",
            "https://127.0.0.1:8443/",
            "https://[::1]/",
            "https://localhost/",
            "https://dev.localhost/",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
