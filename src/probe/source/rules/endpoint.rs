//! What an address in a literal leads to. Shared by the rules about addresses.

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// This machine.
    Local,
    /// A machine of a private network (RFC 1918).
    Private,
    /// Somewhere, with a user and a password in the address.
    Credentials,
    /// Somewhere else.
    Other,
}

/// What the address in `text` leads to; `None` when it holds none.
pub(super) fn target(text: &str) -> Option<Target> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or(scheme);
    let authority = rest.split(['/', '?', '#', ' ', '"', '\'', ')']).next().unwrap_or(rest);
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    if let Some((_, password)) = user.split_once(':')
        && !password.is_empty()
        && !password.contains("${")
        && !password.starts_with(['<', '$', '{', '*', '['])
        && !is_placeholder(password)
        && scheme != "http"
    {
        return Some(Target::Credentials);
    }
    let host = host.split(':').next().unwrap_or(host);
    Some(if matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "host.docker.internal") {
        Target::Local
    } else if is_private(host) {
        Target::Private
    } else {
        Target::Other
    })
}

fn is_placeholder(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    lower.contains("your") || lower.contains("xxx") || lower == "..." || lower.contains("example")
}

/// Whether a host is a literal address of a private network (RFC 1918).
fn is_private(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_private())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        assert_eq!(target("http://localhost:3000/api"), Some(Target::Local));
        assert_eq!(target("redis://127.0.0.1:6379"), Some(Target::Local));
        assert_eq!(target("http://192.168.1.20:8080"), Some(Target::Private));
        assert_eq!(target("http://localhost.example.com"), Some(Target::Other));
        assert_eq!(target("https://${host}/x"), Some(Target::Other));
        assert_eq!(target(&["postgres://shop:", "hunter2@db.example.com/shop"].concat()), Some(Target::Credentials));
        assert_eq!(target("postgres://shop:${password}@db.example.com/shop"), Some(Target::Other));
        assert_eq!(target("postgres://user:your-password@host/db"), Some(Target::Other));
        assert_eq!(target("no address"), None);
    }
}
