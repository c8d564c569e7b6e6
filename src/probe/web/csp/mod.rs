//! Content-Security-Policy (CSP Level 3): reading policies, and judging what they leave open.

mod allowlist;
mod evaluate;
mod kinds;
mod scripts;
mod syntax;

pub use evaluate::{Assessment, Context, assess};
pub use kinds::{Issue, Kind, Level};

/// So many directives of a policy, and sources of a directive, are read; real ones have a few dozen.
const MOST: usize = 1000;

/// One policy: its directives in order, names and sources in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    directives: Vec<(String, Vec<String>)>,
    /// Directives that were named again; browsers ignore all but the first (section 2.2.1).
    pub repeated: Vec<String>,
}

impl Policy {
    /// The policies of a header value; commas part them. Empty ones are left out.
    pub fn all(value: &str) -> Vec<Self> {
        value.split(',').take(MOST).map(Self::one).filter(|policy| !policy.is_empty()).collect()
    }

    /// A policy of a `<meta>` tag: commas part them there as well, and a few directives are ignored (section 3.3).
    pub fn in_page(content: &str) -> Vec<Self> {
        let mut policies = Self::all(content);
        for policy in &mut policies {
            policy
                .directives
                .retain(|(name, _)| !matches!(name.as_str(), "frame-ancestors" | "report-uri" | "sandbox"));
        }
        policies.retain(|policy| !policy.is_empty());
        policies
    }

    /// One policy.
    pub fn one(value: &str) -> Self {
        let mut policy = Self::default();
        for part in value.split(';').take(MOST) {
            let mut words = part.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            let name = name.to_ascii_lowercase();
            if policy.sources(&name).is_some() {
                policy.repeated.push(name);
            } else {
                policy.directives.push((name, words.take(MOST).map(str::to_ascii_lowercase).collect()));
            }
        }
        policy
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// Every directive with its sources, in order.
    pub fn directives(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.directives.iter().map(|(name, sources)| (name.as_str(), sources.as_slice()))
    }

    /// The sources of a directive.
    pub fn sources(&self, name: &str) -> Option<&[String]> {
        self.directives.iter().find(|(known, _)| known == name).map(|(_, sources)| sources.as_slice())
    }

    /// The directive that decides about `name`, with its sources: itself, or what it falls back to (section 6.8.3).
    pub fn deciding(&self, name: &str) -> Option<(&'static str, &[String])> {
        let order: &[&'static str] = match name {
            "script-src-elem" => &["script-src-elem", "script-src", "default-src"],
            "script-src-attr" => &["script-src-attr", "script-src", "default-src"],
            "script-src" => &["script-src", "default-src"],
            "style-src" => &["style-src", "default-src"],
            "object-src" => &["object-src", "default-src"],
            "base-uri" => &["base-uri"],
            _ => &[],
        };
        order.iter().find_map(|name| self.sources(name).map(|sources| (*name, sources)))
    }
}

/// Whether a source is a nonce.
pub fn is_nonce(source: &str) -> bool {
    source.len() > "'nonce-'".len() && source.starts_with("'nonce-") && source.ends_with('\'')
}

/// Whether a source is a hash.
pub fn is_hash(source: &str) -> bool {
    ["'sha256-", "'sha384-", "'sha512-"]
        .iter()
        .any(|start| source.len() > start.len() + 1 && source.starts_with(start) && source.ends_with('\''))
}

/// A policy as text whose nonces, new in every response, are left out.
pub fn without_nonces(text: &str) -> String {
    const START: &str = "'nonce-";
    // Letter case does not matter to browsers, and lower case has the same byte positions.
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = lower.get(at..).and_then(|rest| rest.find(START)) {
        let start = at + found + START.len();
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push('…');
        at = lower.get(start..).and_then(|rest| rest.find('\'')).map_or(text.len(), |end| start + end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_parts_policies_and_empty_ones_vanish() {
        assert_eq!(Policy::all("default-src 'self', ; , script-src *").len(), 2);
        assert!(Policy::all(" ; ").is_empty());
    }

    #[test]
    fn the_first_of_two_equal_directives_counts() {
        let policy = Policy::one("script-src 'self'; SCRIPT-SRC *; img-src");
        assert_eq!(policy.sources("script-src").unwrap(), ["'self'"]);
        assert_eq!(policy.repeated, ["script-src"]);
        assert_eq!(policy.sources("img-src").unwrap().len(), 0);
    }

    #[test]
    fn a_page_cannot_set_everything() {
        assert!(Policy::in_page("frame-ancestors 'none'; sandbox").is_empty());
        assert_eq!(Policy::in_page("default-src 'self'; report-uri /x")[0].directives().count(), 1);
    }

    #[test]
    fn nonces_are_left_out_however_they_are_written() {
        assert_eq!(without_nonces("a 'nonce-x' b 'NONCE-y' c"), "a 'nonce-…' b 'NONCE-…' c");
        assert_eq!(without_nonces("é 'nonce-torn"), "é 'nonce-…");
    }
}
