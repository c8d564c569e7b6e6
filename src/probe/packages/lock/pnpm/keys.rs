//! The keys by which the layouts name packages (`deps/path/src/index.ts` of pnpm, in each major version).

use super::Layout;
use crate::probe::packages::lock::Builder;

/// What a key says by itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The package's name; empty where the key is an address.
    pub name: &'a str,
    /// Its version, or an address.
    pub version: &'a str,
    /// The key names a version of a registry rather than an address.
    pub registry: bool,
}

/// Without the versions of peers, which stand behind in parentheses, with the hash of a patch.
pub fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

/// A key as it may be shown: an address may hold a password, and is left out.
pub fn shown(key: &str) -> &str {
    let bare = without_peers(key);
    match bare.split_once(':') {
        Some((before, _)) => before.rsplit_once('@').map_or(before, |(name, _)| name),
        None => bare,
    }
}

/// Takes a key apart; `None` for one that says neither name nor version.
pub fn parse(layout: Layout, key: &str) -> Option<Key<'_>> {
    match layout {
        Layout::Nine => nine(without_peers(key)),
        Layout::Six => {
            // `/name@1.0.0`, or with the host of a registry of its own before it.
            let bare = without_peers(key);
            let (host, rest) = bare.split_once('/')?;
            let found = nine(rest).filter(|found| found.registry && is_host(host));
            Some(found.unwrap_or(Key { name: "", version: bare, registry: false }))
        }
        Layout::Five => {
            let (host, rest) = key.split_once('/')?;
            let slash = if rest.starts_with('@') { rest.find('/').map_or(0, |at| at + 1) } else { 0 };
            let found = rest.get(slash..).and_then(|rest| rest.find('/')).and_then(|at| {
                let (name, version) = (rest.get(..slash + at)?, rest.get(slash + at + 1..)?);
                // Peers stand behind an underscore, which no version holds; the oldest have them behind a slash.
                let version = version.split(['_', '/', '(']).next()?;
                (is_version(version) && is_host(host)).then_some(Key { name, version, registry: true })
            });
            Some(found.unwrap_or(Key { name: "", version: key, registry: false }))
        }
    }
}

/// The key of what `name` gets for a reference; `None` for a folder that is linked, which has no entry.
pub fn target(layout: Layout, name: &str, reference: &str) -> Option<String> {
    if reference.starts_with("link:") {
        return None;
    }
    let bare = without_peers(reference);
    Some(match layout {
        Layout::Five | Layout::Six if bare.contains('/') || bare.starts_with("file:") => reference.to_owned(),
        Layout::Five => format!("/{name}/{reference}"),
        Layout::Six => format!("/{name}@{reference}"),
        Layout::Nine => {
            // An alias names the other package with its version; an address may hold an `@` as well, behind its scheme.
            let at = bare.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
            let names_another = at.is_some_and(|at| bare.find(':').is_none_or(|colon| at < colon));
            if names_another { reference.to_owned() } else { format!("{name}@{reference}") }
        }
    })
}

/// Notes that what is asked for as `name` is another package of a registry, which `key` names.
pub fn tell_fork(layout: Layout, name: &str, key: &str, builder: &mut Builder) {
    if let Some(real) = parse(layout, key).filter(|real| real.registry && real.name != name) {
        builder.fork(name, real.name, real.version);
    }
}

fn nine(bare: &str) -> Option<Key<'_>> {
    let at = bare.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at)?;
    let (name, version) = (bare.get(..at)?, bare.get(at + 1..)?);
    Some(Key { name, version, registry: is_version(version) })
}

/// Before the first slash stands nothing, or the host of another registry; `@…` and `file:` are archives.
fn is_host(text: &str) -> bool {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    !text.starts_with('@') && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.') && !text.contains(['/', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_layout_come_apart() {
        let package = |name, version| Some(Key { name, version, registry: true });
        let address = |version| Some(Key { name: "", version, registry: false });
        for (layout, key, expected) in [
            (Layout::Five, "/a/1.0.0", package("a", "1.0.0")),
            (Layout::Five, "/@s/a/1.0.0-rc.1_react@17.0.2", package("@s/a", "1.0.0-rc.1")),
            (Layout::Five, "/a/1.0.0_@s+b@2.0.0+c@3.0.0", package("a", "1.0.0")),
            (Layout::Five, "/a/1.0.0/b@2.0.0", package("a", "1.0.0")),
            (Layout::Five, "registry.example.com/@s/a/1.0.0", package("@s/a", "1.0.0")),
            (Layout::Five, "localhost:4873/a/1.0.0", package("a", "1.0.0")),
            (Layout::Five, "github.com/o/r/0123abcd", address("github.com/o/r/0123abcd")),
            (Layout::Five, "@example.com/a/1.0.tgz", address("@example.com/a/1.0.tgz")),
            (Layout::Five, "file:a.tgz", None),
            (Layout::Six, "/a@1.0.0", package("a", "1.0.0")),
            (Layout::Six, "/@s/a@1.0.0(@t/b@2.0.0(c@1.0.0))", package("@s/a", "1.0.0")),
            (Layout::Six, "registry.example.com/a@1.0.0", package("a", "1.0.0")),
            (Layout::Six, "github.com/o/r/0123abcd", address("github.com/o/r/0123abcd")),
            (Layout::Nine, "@s/a@1.0.0(b@2.0.0)(patch_hash=0123)", package("@s/a", "1.0.0")),
            (
                Layout::Nine,
                "a@https://example.com/a.tgz",
                Some(Key { name: "a", version: "https://example.com/a.tgz", registry: false }),
            ),
            (
                Layout::Nine,
                "node@runtime:22.0.0",
                Some(Key { name: "node", version: "runtime:22.0.0", registry: false }),
            ),
            (Layout::Nine, "a", None),
        ] {
            assert_eq!(parse(layout, key), expected, "{layout:?} {key}");
        }
    }

    #[test]
    fn references_lead_to_keys() {
        for (layout, reference, expected) in [
            (Layout::Five, "1.0.0", Some("/a/1.0.0")),
            (Layout::Five, "1.0.0_@s+b@2.0.0", Some("/a/1.0.0_@s+b@2.0.0")),
            (Layout::Five, "/b/1.0.0", Some("/b/1.0.0")),
            (Layout::Five, "github.com/o/r/0123", Some("github.com/o/r/0123")),
            (Layout::Five, "file:a.tgz", Some("file:a.tgz")),
            (Layout::Five, "link:../a", None),
            (Layout::Six, "1.0.0(@s/b@2.0.0)", Some("/a@1.0.0(@s/b@2.0.0)")),
            (Layout::Six, "/@s/b@1.0.0(c@1.0.0)", Some("/@s/b@1.0.0(c@1.0.0)")),
            (Layout::Nine, "1.0.0(@s/b@2.0.0)", Some("a@1.0.0(@s/b@2.0.0)")),
            (Layout::Nine, "@s/b@1.0.0(c@1.0.0)", Some("@s/b@1.0.0(c@1.0.0)")),
            (Layout::Nine, "https://user@example.com/a.tgz", Some("a@https://user@example.com/a.tgz")),
            (Layout::Nine, "file:own(b@1.0.0)", Some("a@file:own(b@1.0.0)")),
            (Layout::Nine, "link:../a", None),
        ] {
            assert_eq!(target(layout, "a", reference).as_deref(), expected, "{layout:?} {reference}");
        }
    }
}
