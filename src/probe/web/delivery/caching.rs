//! What a response says to caches (RFC 9111), and whether a name changes with its content.

use crate::probe::web::http::Headers;

/// `Cache-Control` and what goes with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caching {
    /// Whether anything is said at all: `Cache-Control`, `Expires` or `Pragma`.
    pub said: bool,
    /// Seconds for every cache.
    pub max_age: Option<u64>,
    /// Seconds for shared caches.
    pub s_maxage: Option<u64>,
    /// Not to be kept.
    pub no_store: bool,
    /// To be asked again each time.
    pub no_cache: bool,
    /// For one person only.
    pub private: bool,
    /// For everybody, whatever else would forbid it.
    pub public: bool,
    /// Whether a cache can ask if it is still the same: `ETag` or `Last-Modified`.
    pub validator: bool,
}

impl Caching {
    /// Reads a response's headers.
    pub fn of(headers: &Headers) -> Self {
        let value = headers.joined("cache-control");
        let mut caching = Self {
            said: value.is_some() || headers.first("expires").is_some() || headers.first("pragma").is_some(),
            validator: headers.first("etag").is_some() || headers.first("last-modified").is_some(),
            ..Self::default()
        };
        for directive in value.unwrap_or_default().split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = || argument.trim().trim_matches('"').parse().ok();
            match name.trim().to_ascii_lowercase().as_str() {
                "max-age" => caching.max_age = seconds(),
                "s-maxage" => caching.s_maxage = seconds(),
                "no-store" => caching.no_store = true,
                "no-cache" => caching.no_cache = true,
                "private" => caching.private = true,
                "public" => caching.public = true,
                _ => {}
            }
        }
        caching
    }

    /// Whether a cache that serves several people may give it out again without asking, and is told so.
    pub const fn shared(&self) -> bool {
        let fresh = match (self.s_maxage, self.max_age) {
            (Some(seconds), _) | (None, Some(seconds)) => seconds > 0,
            (None, None) => self.public,
        };
        fresh && !self.private && !self.no_store && !self.no_cache
    }

    /// How long a browser keeps it without asking, in seconds.
    pub fn browser(&self) -> u64 {
        if self.no_store || self.no_cache { 0 } else { self.max_age.unwrap_or_default() }
    }
}

/// Whether the last part of a path holds a hash of the content, as bundlers write it: `index-BxYz12ab.js`,
/// `main.4f3a2b1c.js`.
pub fn is_fingerprinted(path: &str) -> bool {
    const SHORTEST: usize = 8;
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_hash = |part: &str| {
        let (mut digits, mut upper, mut lower, mut vowel_free) = (0, 0, 0, true);
        for c in part.chars() {
            match c {
                '0'..='9' => digits += 1,
                'A'..='Z' => upper += 1,
                'a'..='z' => lower += 1,
                '_' | '-' => {}
                _ => vowel_free = false,
            }
        }
        // A date is digits alone; a word has no digit and no capital within.
        vowel_free && part.len() >= SHORTEST && (lower + upper > 0) && (digits > 0 || (upper > 1 && lower > 1))
    };
    stem.split('.').any(|part| {
        let after_dash = part.rsplit_once('-').is_some_and(|(_, last)| is_hash(last));
        // Vite's hashes are eight characters that may themselves be a dash or a line.
        let last_eight = part.len().checked_sub(SHORTEST + 1).and_then(|at| part.get(at..));
        let vite = last_eight.and_then(|end| end.strip_prefix('-')).is_some_and(is_hash);
        let whole = !part.contains('-') && is_hash(part);
        after_dash || vite || whole
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_told_from_versions_and_words() {
        for name in [
            "/assets/index-BxYz12ab.js",
            "/assets/index-D_x-9aBc.js",
            "/static/js/main.4f3a2b1c.js",
            "/static/js/2.4f3a2b1c9d.chunk.js",
            "/_next/static/chunks/webpack-0a1b2c3d4e5f6a7b.js",
            "/build/0a1b2c3d4e5f6a7b.css",
        ] {
            assert!(is_fingerprinted(name), "{name}");
        }
        for name in [
            "/app.js",
            "/js/bootstrap-5.3.2.min.js",
            "/js/react-dom.production.min.js",
            "/js/jquery-3.7.1.js",
            "/analytics.js",
            "/js/google-analytics.js",
            "/report-20260101.js",
            "/",
            "",
        ] {
            assert!(!is_fingerprinted(name), "{name}");
        }
    }

    #[test]
    fn directives_are_read_as_caches_do() {
        let of = |value: &str| Caching::of(&Headers::of(&[("Cache-Control", value)]));
        assert_eq!(of("public, max-age=31536000, immutable").browser(), 31_536_000);
        assert!(of("public").shared() && of("s-maxage=60").shared() && of("max-age=60").shared());
        for value in ["private, max-age=60", "no-store", "public, no-cache", "max-age=0", "s-maxage=0, max-age=60", ""]
        {
            assert!(!of(value).shared(), "{value}");
        }
        assert_eq!(of("max-age=60, no-cache").browser(), 0);
        assert!(!Caching::of(&Headers::of(&[])).said);
    }
}
