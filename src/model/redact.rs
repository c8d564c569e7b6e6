//! Values that must never be seen whole.

use std::fmt;

use url::Url;

/// A secret value. It prints and serializes as a redacted form; only [`Secret::expose`] gives the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", url(&self.0))
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&url(&self.0))
    }
}

/// The first characters of a secret, enough to recognise which one it is: at most 4, and at most a quarter of it.
#[must_use]
pub fn prefix(value: &str) -> String {
    let shown = (value.chars().count() / 4).min(4);
    let start: String = value.chars().take(shown).collect();
    format!("{start}…")
}

/// A URL without its user name, password and query values; anything that is not a URL becomes `…`.
#[must_use]
pub fn url(text: &str) -> String {
    let Ok(mut parsed) = Url::parse(text) else { return "…".to_owned() };
    if parsed.scheme() == "sqlite" || parsed.scheme() == "file" {
        return text.to_owned();
    }
    if parsed.password().is_some() || !parsed.username().is_empty() {
        // Both setters fail only for URLs that cannot have a host, and those have no user either.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
    }
    if parsed.query().is_some() {
        let names: Vec<String> = parsed.query_pairs().map(|(name, _)| format!("{name}=…")).collect();
        parsed.set_query(Some(&names.join("&")));
    }
    parsed.to_string().replace("=%E2%80%A6", "=…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_loses_what_is_secret_in_it() {
        let word = ["hun", "ter2"].concat();
        let shown = url(&format!("postgres://ann:{word}@db.example.com:5432/shop?sslmode=require&password={word}"));
        assert_eq!(shown, "postgres://db.example.com:5432/shop?sslmode=…&password=…");
        assert_eq!(url("not a url"), "…");
        assert!(!format!("{:?}", Secret::new(format!("mysql://u:{word}@h/d"))).contains(&word));
    }

    #[test]
    fn a_prefix_shows_a_quarter_at_most() {
        assert_eq!(prefix("abcdefghijklmnopqrstuvwxyz"), "abcd…");
        assert_eq!(prefix("abcdefgh"), "ab…");
        assert_eq!(prefix("abc"), "…");
    }
}
