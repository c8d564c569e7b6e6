//! Files that are meant for everybody: whether they are there and right.

use super::{Answer, Found, few, plain};

/// `security.txt` (RFC 9116). Whether it has expired is said by `expires`, since that depends on the day.
pub fn security_txt(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    field(text, "Contact").map(|_| Found::new(None, "says whom to tell about security holes"))
}

/// When a `security.txt` ends: the value of `Expires` (RFC 9116, section 2.5.5), `Err` where there is none that can be read.
pub fn expires(text: &str) -> Result<jiff::Timestamp, &'static str> {
    let value = field(text, "Expires").ok_or("it does not say until when it holds")?;
    // RFC 3339, which people also write with a blank in place of the T.
    value.replace(' ', "T").to_ascii_uppercase().parse().map_err(|_| "its `Expires` is not a date and time")
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// `robots.txt` (RFC 9309), and whether it names what its owner would rather hide.
pub fn robots(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    if lines(text, "user-agent").count() == 0 && lines(text, "sitemap").count() == 0 {
        return None;
    }
    let telling =
        ["backup", "secret", ".sql", ".env", ".git", "dump", "password", "private-", "internal", "phpmyadmin"];
    let named: Vec<String> = lines(text, "disallow")
        .filter(|path| telling.iter().any(|word| path.to_ascii_lowercase().contains(word)))
        .map(|path| path.chars().take(60).collect())
        .collect();
    Some(if named.is_empty() {
        Found::new(None, "rules for search engines")
    } else {
        Found::new(None, format!("rules for search engines, which name {}: everybody can read that", few(&named, 3)))
    })
}

/// The values of every line of that name.
fn lines<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (known, value) = line.split_once(':')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.split('#').next().unwrap_or_default().trim())
    })
}

/// A site map (sitemaps.org).
pub fn sitemap(answer: &Answer) -> Option<Found> {
    let start: String = answer.text.chars().take(2000).collect();
    (answer.is_success() && (start.contains("<urlset") || start.contains("<sitemapindex")))
        .then(|| Found::new(None, "a site map for search engines"))
}

/// An icon, by its first bytes: ICO, PNG, GIF, or SVG.
pub fn favicon(answer: &Answer) -> Option<Found> {
    let starts = [&b"\0\0\x01\0"[..], b"\x89PNG", b"GIF8", b"<svg", b"RIFF", b"\xff\xd8\xff"];
    (answer.is_success() && starts.iter().any(|start| answer.bytes.starts_with(start)))
        .then(|| Found::new(None, "an icon"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Answer {
        Answer::with("/x", 200, "text/plain", body.as_bytes())
    }

    #[test]
    fn a_security_txt_has_a_contact_and_an_end() {
        let text = "# hello\nContact: mailto:security@example.com\nExpires: 2027-01-01T00:00:00Z\n";
        assert!(security_txt(&of(text)).is_some());
        assert_eq!(expires(text).unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(expires("expires: 2027-01-01t00:00:00.000z").unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert!(expires("Contact: x").is_err() && expires("Expires: soon").is_err());
        assert!(security_txt(&of("not found")).is_none());
    }

    #[test]
    fn a_robots_txt_that_names_a_backup_says_so() {
        assert_eq!(robots(&of("User-agent: *\nDisallow: /admin\n")).unwrap().words, "rules for search engines");
        let named = robots(&of("User-Agent: *\nDisallow: /old/backup-2024.sql # hide\n")).unwrap();
        assert!(named.words.contains("/old/backup-2024.sql:"), "{named:?}");
        assert!(robots(&of("Our robots: friendly")).is_none());
        assert!(sitemap(&of("<?xml version=\"1.0\"?><urlset xmlns=\"x\">")).is_some());
        assert!(favicon(&Answer::with("/favicon.ico", 200, "", b"\0\0\x01\0\x01")).is_some());
        assert!(favicon(&Answer::with("/favicon.ico", 200, "text/html", b"<!doctype html>")).is_none());
    }
}
