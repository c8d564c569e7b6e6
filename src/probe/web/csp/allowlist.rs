//! Hosts that undo a policy which trusts them: they serve scripts that anybody can put there, AngularJS (whose templates run
//! as code), or JSONP (an answer that is a script made of the question).

/// Why a host undoes a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bypass {
    /// Serves what anybody has published.
    Anybody,
    /// Serves AngularJS 1.
    Angular,
    /// Answers with a script that the asker chooses.
    Jsonp,
}

impl Bypass {
    /// As the end of a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Anybody => "serves files that anybody can publish, so a stranger can load their own script from it",
            Self::Angular => "serves AngularJS, with which a stranger's markup alone runs as code",
            Self::Jsonp => "has addresses that answer with whatever script the asker names (JSONP)",
        }
    }
}

/// A short list of what apps really name. The package hosts say it of themselves: jsdelivr.com/documentation, unpkg.com,
/// esm.sh, raw.githack.com, statically.io; the AngularJS and JSONP hosts are those of csp-evaluator's lists that still serve
/// them, and of "CSP Is Dead, Long Live CSP!" (Weichselbaum et al., ACM CCS 2016), section 3.
const HOSTS: &[(&str, Bypass)] = &[
    ("cdn.jsdelivr.net", Bypass::Anybody),
    ("fastly.jsdelivr.net", Bypass::Anybody),
    ("unpkg.com", Bypass::Anybody),
    ("esm.sh", Bypass::Anybody),
    ("esm.run", Bypass::Anybody),
    ("cdn.skypack.dev", Bypass::Anybody),
    ("ga.jspm.io", Bypass::Anybody),
    ("raw.githack.com", Bypass::Anybody),
    ("rawcdn.githack.com", Bypass::Anybody),
    ("cdn.statically.io", Bypass::Anybody),
    ("storage.googleapis.com", Bypass::Anybody),
    ("s3.amazonaws.com", Bypass::Anybody),
    ("ajax.googleapis.com", Bypass::Angular),
    ("cdnjs.cloudflare.com", Bypass::Angular),
    ("code.angularjs.org", Bypass::Angular),
    ("yastatic.net", Bypass::Angular),
    ("cdn.bootcdn.net", Bypass::Angular),
    ("cdn.bootcss.com", Bypass::Angular),
    ("accounts.google.com", Bypass::Jsonp),
    ("www.google.com", Bypass::Jsonp),
    ("www.youtube.com", Bypass::Jsonp),
    ("graph.facebook.com", Bypass::Jsonp),
    ("api.mixpanel.com", Bypass::Jsonp),
    ("vimeo.com", Bypass::Jsonp),
    ("query.yahooapis.com", Bypass::Jsonp),
    ("syndication.twitter.com", Bypass::Jsonp),
    ("nominatim.openstreetmap.org", Bypass::Jsonp),
    ("gum.criteo.com", Bypass::Jsonp),
    ("mc.yandex.ru", Bypass::Jsonp),
];

/// A host source in its parts (CSP Level 3, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostSource<'a> {
    /// `https`, if there is one.
    pub scheme: Option<&'a str>,
    /// `cdn.example.com`, `*.example.com`, `*`.
    pub host: &'a str,
    /// What follows the host from the first slash, without a mere `/`.
    pub path: &'a str,
}

impl<'a> HostSource<'a> {
    /// Reads a source; `None` for keywords, nonces, hashes and plain schemes.
    pub fn read(source: &'a str) -> Option<Self> {
        if source.starts_with('\'') || source.ends_with(':') || source.is_empty() {
            return None;
        }
        let (scheme, rest) = match source.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, source.trim_start_matches("//")),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = if authority.starts_with('[') {
            authority.split_inclusive(']').next().unwrap_or(authority)
        } else {
            authority.split(':').next().unwrap_or(authority)
        };
        Some(Self { scheme, host, path: if path == "/" { "" } else { path } })
    }

    /// Why trusting it undoes a policy. A path narrows a source down to files that may be harmless, so it says nothing then.
    pub fn bypass(&self) -> Option<(&'static str, Bypass)> {
        if !self.path.is_empty() {
            return None;
        }
        let under = self.host.strip_prefix('*').filter(|under| under.starts_with('.'));
        HOSTS
            .iter()
            .find(|(host, _)| match under {
                Some(under) => host.ends_with(under),
                None => *host == self.host,
            })
            .copied()
    }

    /// Whether it is a wildcard under a name where anybody can get a host: `*.vercel.app`, `*.com` (publicsuffix.org).
    pub fn is_wide(&self) -> bool {
        self.host.strip_prefix("*.").is_some_and(|under| !under.is_empty() && psl::suffix_str(under) == Some(under))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_fall_into_parts() {
        let read = |text| HostSource::read(text).map(|s| (s.scheme, s.host, s.path));
        assert_eq!(read("https://cdn.example.com:443/a/b"), Some((Some("https"), "cdn.example.com", "/a/b")));
        assert_eq!(read("example.com/"), Some((None, "example.com", "")));
        assert_eq!(read("[::1]:80"), Some((None, "[::1]", "")));
        assert_eq!(read("*:*"), Some((None, "*", "")));
        assert_eq!(read("'self'").or(read("https:")).or(read("")), None);
    }

    #[test]
    fn wide_names_are_told_from_own_ones() {
        for (source, wide) in [("*.vercel.app", true), ("*.com", true), ("*.example.com", false), ("vercel.app", false)]
        {
            assert_eq!(HostSource::read(source).unwrap().is_wide(), wide, "{source}");
        }
    }

    #[test]
    fn every_host_is_listed_once_and_found() {
        for (at, (host, bypass)) in HOSTS.iter().enumerate() {
            assert!(!HOSTS[..at].iter().any(|(known, _)| known == host), "{host}");
            assert_eq!(HostSource::read(host).unwrap().bypass(), Some((*host, *bypass)));
            assert_eq!(HostSource::read(&format!("https://{host}/npm/own@1/app.js")).unwrap().bypass(), None);
        }
        assert!(HostSource::read("https://*.jsdelivr.net").unwrap().bypass().is_some());
        assert!(HostSource::read("*").unwrap().bypass().is_none());
    }
}
