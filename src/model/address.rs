//! Web addresses as people give them: on the command line, in a configuration, in the workbench.

use url::{Host, Url};

use super::escape;

/// Reads a web address that the user gave, wherever they gave it. One without a scheme is read as `https://`, or as
/// `http://` where it can only be this machine: see [`is_guessed`]. A user name and a password are left out.
///
/// # Errors
/// What is wrong with it, in a sentence without a full stop.
pub fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let refused = || {
        // Before an @ there may stand a password, also in what is no URL at all.
        let shown = text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("…@{rest}"));
        format!("\"{}\" is not a web address; write it like https://shop.example.com", escape::line(&shown))
    };
    let mut url = if is_guessed(text) {
        let rest = text.trim_start_matches('/');
        let secure = Url::parse(&format!("https://{rest}")).map_err(|_| refused())?;
        // Not every word is a host.
        if matches!(secure.host(), Some(Host::Domain(name)) if !name.contains('.') && !is_localhost(name)) {
            return Err(refused());
        }
        if is_loopback(&secure) { Url::parse(&format!("http://{rest}")).map_err(|_| refused())? } else { secure }
    } else {
        Url::parse(text).map_err(|_| refused())?
    };
    if !is_web(&url) {
        return Err(refused());
    }
    // What is secret is never sent; both setters fail only for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    Ok(url)
}

/// Says that a scheme was left out, to stand behind the address as it was read; empty where none was.
#[must_use]
pub fn assumed(text: &str, read: &Url) -> String {
    if is_guessed(text) { format!(" ({}:// assumed)", read.scheme()) } else { String::new() }
}

/// Whether an address was given without a scheme.
#[must_use]
pub fn is_guessed(text: &str) -> bool {
    let text = text.trim();
    if text.contains("://") {
        return false;
    }
    match text.split_once(':') {
        // A host with a port, or a user with a password; a scheme is followed by neither.
        Some((before, after)) => {
            let port = after.split(['/', '?', '#']).next().unwrap_or_default();
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            is_port || before.contains(['.', '/', '?', '[', '@']) || after.contains('@') && !before.contains("mailto")
        }
        None => true,
    }
}

/// Whether it is an http or https URL with a host.
#[must_use]
pub fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

/// Whether the host can only be this machine: a loopback address or `localhost` (RFC 6761, section 6.3).
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Whether a name is `localhost` or under it.
#[must_use]
pub fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(parse(&format!("https://ann:{word}@a.example/")).unwrap().as_str(), "https://a.example/");
        assert_eq!(parse(&format!("ann:{word}@a.example/")).unwrap().as_str(), "https://a.example/");
        assert_eq!(parse(&format!("ann@a.example:8443/#{word}")).unwrap().as_str(), "https://a.example:8443/");
        assert!(!parse(&format!("ann:{word}@")).unwrap_err().contains(&word));
    }

    #[test]
    fn people_leave_the_scheme_out() {
        for (text, expected) in [
            ("shop.example.com", "https://shop.example.com/"),
            (" Shop.Example.com/path?a=b ", "https://shop.example.com/path?a=b"),
            ("shop.example.com:8443", "https://shop.example.com:8443/"),
            ("//shop.example.com", "https://shop.example.com/"),
            ("shop.example.com/a:b", "https://shop.example.com/a:b"),
            ("localhost", "http://localhost/"),
            ("localhost:3000", "http://localhost:3000/"),
            ("app.localhost:3000/x", "http://app.localhost:3000/x"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("[::1]:8080", "http://[::1]:8080/"),
            ("192.0.2.1", "https://192.0.2.1/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), expected, "{text}");
            assert!(is_guessed(text), "{text}");
        }
        assert!(!is_guessed("https://shop.example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "shop",
            "shop:3000",
            "/path",
            "mailto:ann@example.com",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
            "localhost:99999",
            "https://",
            "a b.example",
            "ftp:files.example.com",
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
    }
}
