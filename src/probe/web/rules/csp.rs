//! Reads Content-Security-Policy values (CSP Level 3, section 2.2).

/// One policy: its directives in order, names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    directives: Vec<(String, Vec<String>)>,
}

impl Policy {
    /// The policies of a header value; commas part them. Empty ones are left out.
    pub fn all(value: &str) -> Vec<Self> {
        value.split(',').map(Self::one).filter(|policy| !policy.directives.is_empty()).collect()
    }

    /// The one policy of a `<meta>` tag.
    pub fn one(value: &str) -> Self {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for part in value.split(';') {
            let mut words = part.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            let name = name.to_ascii_lowercase();
            // Browsers keep the first of two equal directives.
            if !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.map(str::to_ascii_lowercase).collect()));
            }
        }
        Self { directives }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// The sources of a directive.
    pub fn sources(&self, name: &str) -> Option<&[String]> {
        self.directives.iter().find(|(known, _)| known == name).map(|(_, sources)| sources.as_slice())
    }

    /// What leaves scripts open to anybody who can write into the page, as the end of a sentence; `None` if nothing does.
    pub fn script_hole(&self) -> Option<&'static str> {
        let Some(sources) = self.sources("script-src").or_else(|| self.sources("default-src")) else {
            return Some("does not say where scripts may come from");
        };
        let has = |word: &str| sources.iter().any(|source| source == word);
        let named = sources.iter().any(|source| source.starts_with("'nonce-") || source.starts_with("'sha"));
        let strict = has("'strict-dynamic'");
        // A nonce or a hash switches 'unsafe-inline' off; 'strict-dynamic' switches the host sources off.
        if has("'unsafe-inline'") && !named && !strict {
            return Some("allows inline scripts from anybody (`'unsafe-inline'`)");
        }
        let open =
            |source: &String| matches!(source.as_str(), "*" | "http:" | "https:" | "data:" | "http://*" | "https://*");
        if sources.iter().any(open) && !(strict && named) {
            return Some("allows scripts from any host");
        }
        None
    }
}

/// A policy as text whose nonces, new in every response, are left out.
pub fn without_nonces(text: &str) -> String {
    const START: &str = "'nonce-";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let (before, after) = rest.split_at(at + START.len());
        out.push_str(before);
        out.push('…');
        rest = after.find('\'').and_then(|end| after.get(end..)).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_for_scripts_are_told_apart() {
        for (policy, hole) in [
            ("default-src 'self'", None),
            ("script-src 'none'", None),
            ("script-src 'self' 'unsafe-inline'", Some("allows inline scripts from anybody (`'unsafe-inline'`)")),
            ("script-src 'unsafe-inline' 'nonce-x'", None),
            ("script-src 'unsafe-inline' 'sha256-x'", None),
            ("script-src https: 'unsafe-inline' 'nonce-x' 'strict-dynamic'", None),
            ("script-src https: 'nonce-x'", Some("allows scripts from any host")),
            ("default-src *", Some("allows scripts from any host")),
            ("default-src *; script-src 'self'", None),
            ("script-src 'self'; script-src *", None),
            ("frame-ancestors 'none'", Some("does not say where scripts may come from")),
            ("SCRIPT-SRC 'SELF' HTTPS:", Some("allows scripts from any host")),
        ] {
            assert_eq!(Policy::one(policy).script_hole(), hole, "{policy}");
        }
    }

    #[test]
    fn a_comma_parts_policies_and_empty_ones_vanish() {
        assert_eq!(Policy::all("default-src 'self', ; , script-src *").len(), 2);
        assert!(Policy::all(" ; ").is_empty());
    }
}
