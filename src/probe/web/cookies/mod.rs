//! `Set-Cookie` as browsers read it (RFC 6265bis, section 5.6), lenient on bytes. A cookie's value is counted and
//! forgotten: it can be a key to an account.

mod date;

use jiff::Timestamp;
use url::Url;

use super::address::{self, is_secure};
use super::http::Headers;

/// The header.
pub const NAME: &str = "set-cookie";
/// So many cookies of a response are read; browsers keep 180 of a site.
const MOST_COOKIES: usize = 200;
/// Name and value together; a longer cookie is thrown away (RFC 6265bis, section 5.6).
const MOST_BYTES: usize = 4096;
/// A longer attribute is ignored (same section).
const MOST_ATTRIBUTE: usize = 1024;

/// To which requests of other sites a cookie is added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SameSite {
    /// Not said; most browsers then treat it as `Lax`, with exceptions.
    #[default]
    Absent,
    /// Something that browsers do not know, as sent.
    Invalid(String),
    /// To none.
    Strict,
    /// To those that follow a link.
    Lax,
    /// To all.
    None,
}

/// One cookie, without its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cookie {
    /// Its name; empty for one without a name.
    pub name: String,
    /// Bytes of name and value.
    pub size: usize,
    /// Sent over HTTPS only.
    pub secure: bool,
    /// Out of reach of scripts.
    pub http_only: bool,
    /// For requests of other sites.
    pub same_site: SameSite,
    /// Kept apart for every site that shows this one (CHIPS).
    pub partitioned: bool,
    /// The host and everything under it; `None` for the host alone.
    pub domain: Option<String>,
    /// The path, if it is one.
    pub path: Option<String>,
    /// How long it lives in seconds, by `Max-Age`.
    pub max_age: Option<i64>,
    /// When it ends, by `Expires`.
    pub expires: Option<Timestamp>,
    /// Whether it has bytes that browsers throw cookies away for.
    pub control_bytes: bool,
    /// Whether it has a value at all; frameworks empty a cookie to take it away.
    pub has_value: bool,
    /// Whether it has no name and a value that servers would take for a name with a prefix.
    pub disguised: bool,
}

/// Why browsers throw a cookie away, as the end of a sentence after its name.
pub type Refusal = &'static str;

/// Reads one `Set-Cookie`. `None` for one with neither name nor value.
pub fn read(value: &[u8]) -> Option<Cookie> {
    let mut parts = value.split(|byte| *byte == b';');
    let pair = parts.next().unwrap_or_default();
    let (name, text) = match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
        None => (&[][..], pair),
    };
    let (name, text) = (name.trim_ascii(), text.trim_ascii());
    if name.is_empty() && text.is_empty() {
        return None;
    }
    let mut cookie = Cookie {
        name: readable(name),
        size: name.len() + text.len(),
        control_bytes: value.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f),
        has_value: !text.is_empty(),
        disguised: name.is_empty() && PREFIXES.iter().any(|prefix| begins(text, prefix)),
        ..Cookie::default()
    };
    for part in parts.take(MOST_COOKIES) {
        attribute(&mut cookie, part);
    }
    Some(cookie)
}

/// Every cookie that headers set, in order.
pub fn all(headers: &Headers) -> Vec<Cookie> {
    headers.all(NAME).take(MOST_COOKIES).filter_map(|header| read(&header.value)).collect()
}

/// Names that begin so are promises that browsers hold a cookie to (RFC 6265bis, section 4.1.3).
const PREFIXES: [&str; 2] = ["__secure-", "__host-"];

fn begins(text: &[u8], prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn readable(bytes: &[u8]) -> String {
    const MOST_NAME: usize = 100;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(MOST_NAME) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

fn attribute(cookie: &mut Cookie, part: &[u8]) {
    let text = String::from_utf8_lossy(part);
    let (name, value) = text.split_once('=').unwrap_or((&text, ""));
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    if value.len() > MOST_ATTRIBUTE {
        return;
    }
    match name.as_str() {
        "secure" => cookie.secure = true,
        "httponly" => cookie.http_only = true,
        "partitioned" => cookie.partitioned = true,
        "samesite" => {
            cookie.same_site = match value.to_ascii_lowercase().as_str() {
                "strict" => SameSite::Strict,
                "lax" => SameSite::Lax,
                "none" => SameSite::None,
                _ => SameSite::Invalid(readable(value.as_bytes())),
            }
        }
        "domain" => {
            let domain = value.strip_prefix('.').unwrap_or(value);
            cookie.domain = (!domain.is_empty()).then(|| domain.to_ascii_lowercase());
        }
        "path" => cookie.path = value.starts_with('/').then(|| value.to_owned()),
        "max-age" => {
            let digits = value.strip_prefix('-').unwrap_or(value);
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                // More digits than fit are still a long time, on either side.
                let far = if value.starts_with('-') { i64::MIN } else { i64::MAX };
                cookie.max_age = Some(value.parse().unwrap_or(far));
            }
        }
        "expires" => cookie.expires = date::read(value).or(cookie.expires),
        _ => {}
    }
}

impl Cookie {
    /// Whether its name has these words, in lower case, in it.
    fn names(&self, words: &[&str]) -> bool {
        let name = self.name.to_ascii_lowercase();
        words.iter().any(|word| name.contains(word))
    }

    /// Whether it protects forms: it is no session, and scripts often have to read it.
    pub fn is_anti_csrf(&self) -> bool {
        self.names(&["csrf", "xsrf"])
    }

    /// Whether its name says that whoever has it is signed in. The names are those that frameworks and hosted logins use.
    pub fn is_session(&self) -> bool {
        const PARTS: &[&str] = &[
            "sess",
            "login",
            "auth",
            "jwt",
            "remember",
            "logged_in",
            "access_token",
            "access-token",
            "refresh_token",
            "refresh-token",
            "id_token",
            "user_token",
            "connect.sid",
            ".aspnetcore.identity",
        ];
        const WHOLE: &[&str] = &["sid", "ssid", "token", "express.sid"];
        // Names with these parts that carry nothing of the kind: affinity of load balancers, marks of analytics, consent.
        const OTHER: &[&str] =
            &["affinity", "consent", "author", "session_count", "analytics", "optanon", "_hj", "oauth_state", "_ga"];
        if self.is_anti_csrf() || self.names(OTHER) {
            return false;
        }
        let name = self.name.to_ascii_lowercase();
        let bare = name.trim_start_matches("__host-").trim_start_matches("__secure-");
        self.names(PARTS) || WHOLE.contains(&bare)
    }

    /// Whether it only takes an older cookie away. `now` is what the server says the time is.
    pub fn removes(&self, now: Option<Timestamp>) -> bool {
        match (self.max_age, self.expires) {
            (Some(age), _) => age <= 0,
            // Frameworks take a date around 1970; without a clock to compare with, only what is long past is past.
            (None, Some(end)) => end <= now.unwrap_or(Timestamp::from_second(946_684_800).unwrap_or(Timestamp::MIN)),
            (None, None) => false,
        }
    }

    /// Why browsers do not keep it when `url` sets it (RFC 6265bis, section 5.7; CHIPS); `None` when they do.
    pub fn refusal(&self, url: &Url) -> Option<Refusal> {
        // Browsers take loopback for secure (Secure Contexts, section 3.1).
        let secure_place = is_secure(url) || address::is_loopback(url);
        if self.control_bytes {
            return Some("has control characters in it");
        }
        if self.size > MOST_BYTES {
            return Some("is longer than 4096 bytes");
        }
        if self.secure && !secure_place {
            return Some("is marked Secure but comes over plain HTTP");
        }
        if self.same_site == SameSite::None && !self.secure {
            return Some("has SameSite=None without Secure");
        }
        if self.partitioned && !self.secure {
            return Some("is Partitioned without Secure");
        }
        self.broken_prefix().or_else(|| self.refused_domain(url))
    }

    /// Whether browsers refuse it for its prefix or its `Domain`.
    pub fn is_misplaced(&self, url: &Url) -> bool {
        self.broken_prefix().is_some() || self.refused_domain(url).is_some()
    }

    fn broken_prefix(&self) -> Option<Refusal> {
        let lower = self.name.to_ascii_lowercase();
        let [secure_prefix, host_prefix] = PREFIXES;
        let host_only = self.secure && self.domain.is_none() && self.path.as_deref() == Some("/");
        // Sent back without its `=`, it would look like the cookie whose name it carries.
        if self.disguised {
            Some("has no name and a value that begins with __Host- or __Secure-")
        } else if lower.starts_with(secure_prefix) && !self.secure {
            Some("begins with __Secure- and lacks Secure")
        } else if lower.starts_with(host_prefix) && !host_only {
            Some("begins with __Host-, which needs Secure, Path=/ and no Domain")
        } else {
            None
        }
    }

    fn refused_domain(&self, url: &Url) -> Option<Refusal> {
        let domain = self.domain.as_deref()?;
        let host = url.host_str().unwrap_or_default();
        if host == domain {
            return None;
        }
        if address::is_ip(url) || !host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) {
            return Some("has a Domain that this address is not part of");
        }
        if psl::suffix_str(domain) == Some(domain) {
            return Some("has a Domain that belongs to everybody");
        }
        None
    }

    /// Whether it goes to other hosts of the same name as well: `Domain=example.com` set by `shop.example.com`.
    pub fn is_shared(&self, url: &Url) -> bool {
        self.domain.as_deref().is_some_and(|domain| url.host_str() != Some(domain))
            && self.refused_domain(url).is_none()
    }

    /// What was set, without the value: `session; Secure; HttpOnly; SameSite=Lax`.
    pub fn shown(&self) -> String {
        let mut text = if self.name.is_empty() { "(without a name)".to_owned() } else { format!("{}=…", self.name) };
        let mut add = |word: &str| {
            text.push_str("; ");
            text.push_str(word);
        };
        if let Some(domain) = &self.domain {
            add(&format!("Domain={domain}"));
        }
        if let Some(path) = &self.path {
            add(&format!("Path={path}"));
        }
        match (self.max_age, self.expires) {
            (Some(age), _) => add(&format!("Max-Age={age}")),
            (None, Some(end)) => add(&format!("Expires={}", end.strftime("%Y-%m-%d"))),
            (None, None) => {}
        }
        if self.secure {
            add("Secure");
        }
        if self.http_only {
            add("HttpOnly");
        }
        match &self.same_site {
            SameSite::Absent => {}
            SameSite::Invalid(value) => add(&format!("SameSite={value}")),
            SameSite::Strict => add("SameSite=Strict"),
            SameSite::Lax => add("SameSite=Lax"),
            SameSite::None => add("SameSite=None"),
        }
        if self.partitioned {
            add("Partitioned");
        }
        text
    }
}

/// What a server says the time is.
pub fn date(headers: &Headers) -> Option<Timestamp> {
    date::read(&headers.first("date")?)
}

#[cfg(test)]
mod tests;
