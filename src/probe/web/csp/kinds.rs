//! What can be said about a policy: the finding types of Google's csp-evaluator (github.com/google/csp-evaluator), weighed
//! for people who launch an app.

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// The policy could be tighter, or says something that browsers ignore.
    Advice,
    /// There is a known way around the policy, or a part of it is not in force.
    Weak,
    /// Anybody who can write into the page can run a script.
    Open,
}

/// A kind of issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A directive stands among the sources of another one.
    MissingSemicolon,
    /// Browsers do not know the directive.
    UnknownDirective,
    /// A word in quotes that is no keyword, or a keyword without quotes.
    InvalidKeyword,
    /// A nonce with characters that are not base64.
    NonceCharset,
    /// `script-src`, `object-src` or `base-uri` is missing where it is needed.
    MissingDirective,
    /// Inline scripts from anybody.
    ScriptUnsafeInline,
    /// Text can be turned into code.
    ScriptUnsafeEval,
    /// `https:`, `http:` or `data:` alone.
    PlainUrlScheme,
    /// `*`.
    PlainWildcard,
    /// A host that serves scripts which undo the policy.
    ScriptAllowlistBypass,
    /// Plugins from somewhere.
    ObjectAllowlistBypass,
    /// A nonce that can be guessed.
    NonceLength,
    /// A number in place of a host name.
    IpSource,
    /// A directive that browsers have given up.
    DeprecatedDirective,
    /// A source with `http://`.
    SrcHttp,
    /// A source without a scheme on a page over plain HTTP.
    SrcNoProtocol,
    /// A directive that only some browsers know.
    Experimental,
    /// Everything under a name where anybody can get a host.
    WildcardUrl,
    /// `X-Frame-Options` beside `frame-ancestors`.
    XFrameOptionsObsoleted,
    /// Inline styles from anybody.
    StyleUnsafeInline,
    /// A nonce that is the same in every response.
    StaticNonce,
    /// Hashes for event handlers.
    ScriptUnsafeHashes,
    /// A list of hosts where nonces would do.
    StrictDynamic,
    /// `'strict-dynamic'` with nothing to start from.
    StrictDynamicNotStandalone,
    /// Neither nonces nor hashes.
    NonceHash,
    /// Old browsers have nothing to fall back on.
    UnsafeInlineFallback,
    /// The same for `'strict-dynamic'`.
    AllowlistFallback,
    /// A source that another one switches off.
    Ignored,
    /// Trusted Types are not asked for.
    RequireTrustedTypes,
    /// Nobody hears of violations.
    ReportingDestinationMissing,
    /// Only some browsers report.
    ReportToOnly,
}

#[cfg(test)]
impl Kind {
    /// Every kind.
    pub const ALL: [Self; 31] = [
        Self::MissingSemicolon,
        Self::UnknownDirective,
        Self::InvalidKeyword,
        Self::NonceCharset,
        Self::MissingDirective,
        Self::ScriptUnsafeInline,
        Self::ScriptUnsafeEval,
        Self::PlainUrlScheme,
        Self::PlainWildcard,
        Self::ScriptAllowlistBypass,
        Self::ObjectAllowlistBypass,
        Self::NonceLength,
        Self::IpSource,
        Self::DeprecatedDirective,
        Self::SrcHttp,
        Self::SrcNoProtocol,
        Self::Experimental,
        Self::WildcardUrl,
        Self::XFrameOptionsObsoleted,
        Self::StyleUnsafeInline,
        Self::StaticNonce,
        Self::ScriptUnsafeHashes,
        Self::StrictDynamic,
        Self::StrictDynamicNotStandalone,
        Self::NonceHash,
        Self::UnsafeInlineFallback,
        Self::AllowlistFallback,
        Self::Ignored,
        Self::RequireTrustedTypes,
        Self::ReportingDestinationMissing,
        Self::ReportToOnly,
    ];
}

/// One thing about a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What kind of thing.
    pub kind: Kind,
    /// How much it matters.
    pub level: Level,
    /// The directive that it is about.
    pub directive: String,
    /// The source, if it is about one; nonces are left out.
    pub source: Option<String>,
    /// For people, as a sentence without a full stop.
    pub words: String,
}

impl Issue {
    /// About a directive as a whole.
    pub fn new(kind: Kind, level: Level, directive: &str, words: impl Into<String>) -> Self {
        Self { kind, level, directive: super::without_nonces(directive), source: None, words: words.into() }
    }

    /// About one of its sources.
    pub fn of(kind: Kind, level: Level, directive: &str, source: &str, words: impl Into<String>) -> Self {
        Self { source: Some(super::without_nonces(source)), ..Self::new(kind, level, directive, words) }
    }

    /// As a line of evidence: the directive with its source in backticks, a colon, the words.
    pub fn line(&self) -> String {
        match &self.source {
            Some(source) => format!("`{} {source}`: {}", self.directive, self.words),
            None => format!("`{}`: {}", self.directive, self.words),
        }
    }
}
