//! What a policy says about scripts: who may run one, and by which holes.

use super::allowlist::HostSource;
use super::{Issue, Kind, Level, Policy, is_hash, is_nonce};

/// By which way a stranger's script would get in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holes {
    /// Written into the page.
    pub inline: bool,
    /// Loaded from a host of theirs.
    pub hosts: bool,
}

impl Holes {
    /// What gets through both of two policies.
    pub const fn and(self, other: Self) -> Self {
        Self { inline: self.inline && other.inline, hosts: self.hosts && other.hosts }
    }

    /// Whether there is any.
    pub const fn any(self) -> bool {
        self.inline || self.hosts
    }

    /// What an issue opens.
    pub fn of(issue: &Issue) -> Self {
        let open = issue.level == Level::Open;
        match issue.kind {
            Kind::MissingDirective => Self { inline: open, hosts: open },
            Kind::ScriptUnsafeInline => Self { inline: open, hosts: false },
            Kind::PlainWildcard | Kind::PlainUrlScheme => Self { inline: false, hosts: open },
            _ => Self::default(),
        }
    }

    /// What a policy with these issues leaves open.
    pub fn left_by(issues: &[Issue]) -> Self {
        issues
            .iter()
            .map(Self::of)
            .fold(Self::default(), |a, b| Self { inline: a.inline || b.inline, hosts: a.hosts || b.hosts })
    }
}

/// Which sources of a script directive are in force (CSP Level 3, sections 6.7.2.3 and 8.2).
#[derive(Debug, Clone, Copy)]
struct InForce {
    named: bool,
    strict: bool,
}

impl InForce {
    fn of(sources: &[String]) -> Self {
        Self {
            named: sources.iter().any(|source| is_nonce(source) || is_hash(source)),
            strict: sources.iter().any(|source| source == "'strict-dynamic'"),
        }
    }

    /// What switches this source off, if anything does.
    fn switched_off(self, source: &str) -> Option<&'static str> {
        let is_host = !source.starts_with('\'') || source == "'self'";
        if source == "'unsafe-inline'" && self.named {
            Some("a nonce or a hash")
        } else if self.strict && (is_host || source == "'unsafe-inline'") {
            Some("`'strict-dynamic'`")
        } else {
            None
        }
    }
}

/// A page that may run no script at all has no holes for scripts.
pub fn runs_none(policy: &Policy) -> bool {
    policy.sources("sandbox").is_some_and(|allowed| !allowed.iter().any(|word| word == "allow-scripts"))
}

/// Everything about who may run scripts.
pub fn check(policy: &Policy, issues: &mut Vec<Issue>) {
    if runs_none(policy) {
        return;
    }
    let mut seen: Vec<&str> = Vec::new();
    for name in ["script-src-elem", "script-src-attr"] {
        match policy.deciding(name) {
            None => {
                if !seen.contains(&"") {
                    issues.push(Issue::new(
                        Kind::MissingDirective,
                        Level::Open,
                        "script-src",
                        "is missing, and so is default-src: scripts run from anywhere",
                    ));
                    seen.push("");
                }
            }
            Some((directive, sources)) if !seen.contains(&directive) => {
                seen.push(directive);
                check_sources(directive, sources, issues);
            }
            Some(_) => {}
        }
    }
    check_strictness(policy, issues);
    check_base(policy, issues);
}

fn check_sources(directive: &str, sources: &[String], issues: &mut Vec<Issue>) {
    let force = InForce::of(sources);
    let evaluates = sources.iter().any(|source| source == "'unsafe-eval'");
    // Only elements load from hosts; attributes are code themselves.
    let loads = directive != "script-src-attr";
    for source in sources {
        if let Some(by) = force.switched_off(source) {
            issues.push(Issue::of(
                Kind::Ignored,
                Level::Note,
                directive,
                source,
                format!("is switched off by {by}, which is as it should be"),
            ));
            continue;
        }
        match source.as_str() {
            "'unsafe-inline'" => issues.push(Issue::of(
                Kind::ScriptUnsafeInline,
                Level::Open,
                directive,
                source,
                "scripts that stand in the page run, whoever wrote them",
            )),
            "'unsafe-eval'" => issues.push(Issue::of(
                Kind::ScriptUnsafeEval,
                Level::Advice,
                directive,
                source,
                "code may be made from text at run time",
            )),
            "'unsafe-hashes'" => issues.push(Issue::of(
                Kind::ScriptUnsafeHashes,
                Level::Advice,
                directive,
                source,
                "event handlers run when their hash is listed; better moved into a script file",
            )),
            "http:" | "https:" | "data:" if loads => {
                let words = if source == "data:" {
                    "an address can hold the script itself, so anybody can bring one"
                } else {
                    "scripts run from any host"
                };
                issues.push(Issue::of(Kind::PlainUrlScheme, Level::Open, directive, source, words));
            }
            _ if loads => check_host(directive, source, evaluates, issues),
            _ => {}
        }
    }
}

fn check_host(directive: &str, source: &str, evaluates: bool, issues: &mut Vec<Issue>) {
    let Some(host) = HostSource::read(source) else { return };
    if matches!(host.host, "*" | "*.*") {
        let words = "scripts run from any host";
        issues.push(Issue::of(Kind::PlainWildcard, Level::Open, directive, source, words));
    } else if let Some((_, bypass)) = host.bypass() {
        issues.push(Issue::of(Kind::ScriptAllowlistBypass, Level::Weak, directive, source, bypass.words()));
    } else if evaluates && matches!(host.host, "www.googletagmanager.com" | "googletagmanager.com") {
        issues.push(Issue::of(
            Kind::ScriptAllowlistBypass,
            Level::Weak,
            directive,
            source,
            "together with 'unsafe-eval' anybody's tag container runs, not only yours",
        ));
    } else if host.is_wide() {
        let words = "anybody can get a host under this name";
        issues.push(Issue::of(Kind::WildcardUrl, Level::Weak, directive, source, words));
    }
}

/// `'strict-dynamic'`, nonces, and what old browsers make of them.
fn check_strictness(policy: &Policy, issues: &mut Vec<Issue>) {
    let Some((directive, sources)) = policy.deciding("script-src") else { return };
    let force = InForce::of(sources);
    let has = |word: &str| sources.iter().any(|source| source == word);
    let lists_hosts = sources.iter().any(|source| !source.starts_with('\''));
    if lists_hosts && !force.strict {
        issues.push(Issue::new(
            Kind::StrictDynamic,
            Level::Note,
            directive,
            "lists hosts; nonces with 'strict-dynamic' are harder to get around",
        ));
    }
    if force.strict && !force.named {
        issues.push(Issue::new(
            Kind::StrictDynamicNotStandalone,
            Level::Advice,
            directive,
            "has 'strict-dynamic' without a nonce or a hash, so no script runs at all",
        ));
    }
    if force.named {
        if !has("'unsafe-inline'") {
            issues.push(Issue::new(
                Kind::UnsafeInlineFallback,
                Level::Note,
                directive,
                "'unsafe-inline' beside the nonce or hash would keep browsers from before 2016 working; others ignore it",
            ));
        }
    } else if !has("'none'") && lists_hosts {
        issues.push(Issue::new(Kind::NonceHash, Level::Note, directive, "uses neither nonces nor hashes"));
    }
    if force.strict && !lists_hosts {
        issues.push(Issue::new(
            Kind::AllowlistFallback,
            Level::Note,
            directive,
            "https: beside 'strict-dynamic' would keep old browsers working; others ignore it",
        ));
    }
}

/// A `<base>` that a stranger writes turns the page's own relative scripts, which carry the right nonce, into theirs.
fn check_base(policy: &Policy, issues: &mut Vec<Issue>) {
    let Some((_, scripts)) = policy.deciding("script-src") else { return };
    let nonces = scripts.iter().any(|source| is_nonce(source));
    let hashes = scripts.iter().any(|source| is_hash(source)) && InForce::of(scripts).strict;
    match policy.sources("base-uri") {
        None if nonces || hashes => issues.push(Issue::new(
            Kind::MissingDirective,
            Level::Weak,
            "base-uri",
            "is missing: a stranger's <base> tag makes your own scripts load from their host; set it to 'self'",
        )),
        Some(sources) if nonces || hashes => {
            for source in sources.iter().filter(|source| is_anywhere(source)) {
                let (kind, words) = if source.ends_with(':') {
                    (Kind::PlainUrlScheme, "a stranger's <base> tag may name any host")
                } else {
                    (Kind::PlainWildcard, "a stranger's <base> tag may name any host")
                };
                issues.push(Issue::of(kind, Level::Weak, "base-uri", source, words));
            }
        }
        _ => {}
    }
}

/// Whether a source stands for any host.
pub fn is_anywhere(source: &str) -> bool {
    matches!(source, "http:" | "https:" | "data:")
        || HostSource::read(source).is_some_and(|host| matches!(host.host, "*" | "*.*"))
}
