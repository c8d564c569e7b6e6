//! Slips of the pen, and what is no longer or not yet understood.

use super::allowlist::HostSource;
use super::{Issue, Kind, Level, Policy, is_hash};

/// The directives of CSP Level 3 and of the specifications that add to it: Upgrade Insecure Requests, Mixed Content, Trusted
/// Types.
const KNOWN: &[&str] = &[
    "child-src",
    "connect-src",
    "default-src",
    "font-src",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "worker-src",
    "base-uri",
    "sandbox",
    "form-action",
    "frame-ancestors",
    "report-uri",
    "report-to",
    "upgrade-insecure-requests",
    "block-all-mixed-content",
    "require-trusted-types-for",
    "trusted-types",
];
/// Given up, with what took their place.
const GONE: &[(&str, &str)] = &[
    ("reflected-xss", "nothing took its place"),
    ("referrer", "the Referrer-Policy header took its place"),
    ("disown-opener", "the Cross-Origin-Opener-Policy header took its place"),
    ("prefetch-src", "default-src decides"),
    ("plugin-types", "browsers have no plugins any more"),
    ("navigate-to", "no browser has it"),
    ("require-sri-for", "no browser has it"),
    ("block-all-mixed-content", "browsers do so by themselves"),
];
/// In some browsers only.
const NEW: &[&str] = &["fenced-frame-src", "webrtc", "require-sri-for-scripts"];
const KEYWORDS: &[&str] = &[
    "self",
    "none",
    "unsafe-inline",
    "unsafe-eval",
    "wasm-unsafe-eval",
    "strict-dynamic",
    "unsafe-hashes",
    "report-sample",
    "inline-speculation-rules",
    "unsafe-allow-redirects",
    "unsafe-webtransport-hashes",
    "trusted-types-eval",
    "report-sha256",
    "report-sha384",
    "report-sha512",
];
/// Keywords without quotes that could be a host's name are left alone.
const NO_HOST: &[&str] =
    &["self", "none", "unsafe-inline", "unsafe-eval", "strict-dynamic", "unsafe-hashes", "wasm-unsafe-eval"];
/// What examples have where a nonce should be (CSP Level 3, section 7.1 asks for 128 random bits).
const PLACEHOLDERS: &[&str] =
    &["nonce", "random", "test", "secret", "changeme", "example", "your", "placeholder", "static", "r@nd"];

/// Everything about how a policy is written.
pub fn check(policy: &Policy, issues: &mut Vec<Issue>) {
    for (directive, sources) in policy.directives() {
        check_name(directive, issues);
        for source in sources {
            check_source(directive, source, issues);
        }
    }
    for directive in &policy.repeated {
        issues.push(Issue::new(Kind::Ignored, Level::Advice, directive, "is named twice; browsers ignore the second"));
    }
}

fn check_name(directive: &str, issues: &mut Vec<Issue>) {
    if let Some((_, instead)) = GONE.iter().find(|(gone, _)| *gone == directive) {
        let words = format!("is given up: {instead}");
        issues.push(Issue::new(Kind::DeprecatedDirective, Level::Note, directive, words));
    } else if NEW.contains(&directive) {
        issues.push(Issue::new(Kind::Experimental, Level::Note, directive, "is known to some browsers only"));
    } else if !KNOWN.contains(&directive) {
        let words = if directive.ends_with(':') {
            "ends with a colon, so browsers do not know it".to_owned()
        } else {
            "is not known to browsers, which ignore it".to_owned()
        };
        issues.push(Issue::new(Kind::UnknownDirective, Level::Advice, directive, words));
    }
}

fn check_source(directive: &str, source: &str, issues: &mut Vec<Issue>) {
    if KNOWN.contains(&source) {
        let words =
            format!("stands where a source should be; a semicolon is missing before it, so `{source}` does nothing");
        issues.push(Issue::of(Kind::MissingSemicolon, Level::Weak, directive, source, words));
        return;
    }
    // These hold other things than sources.
    if matches!(directive, "report-uri" | "report-to" | "sandbox" | "trusted-types" | "require-trusted-types-for") {
        if directive == "report-uri" && source.starts_with("http://") {
            let words = "reports of violations travel in the open";
            issues.push(Issue::of(Kind::SrcHttp, Level::Advice, directive, source, words));
        }
        return;
    }
    if let Some(nonce) = source.strip_prefix("'nonce-").and_then(|rest| rest.strip_suffix('\'')) {
        check_nonce(directive, source, nonce, issues);
    } else if source.starts_with('\'') {
        let word = source.trim_matches('\'');
        if !(KEYWORDS.contains(&word) && source.len() == word.len() + 2 || is_hash(source) && is_base64_hash(source)) {
            let words = "is no keyword that browsers know";
            issues.push(Issue::of(Kind::InvalidKeyword, Level::Advice, directive, source, words));
        }
    } else if NO_HOST.contains(&source)
        || ["nonce-", "sha256-", "sha384-", "sha512-"].iter().any(|start| source.starts_with(start))
    {
        // What stands there without quotes may be a nonce.
        let shown = if source.starts_with("nonce-") { "nonce-…" } else { source };
        let words = "needs single quotes around it; without them browsers take it for a host";
        issues.push(Issue::of(Kind::InvalidKeyword, Level::Advice, directive, shown, words));
    } else if let Some(host) = HostSource::read(source) {
        if host.scheme == Some("http") && host.host != "*" {
            let words = "lets it come over a connection that anybody can change";
            issues.push(Issue::of(Kind::SrcHttp, Level::Advice, directive, source, words));
        }
        if is_ip(host.host) {
            let words = if matches!(host.host, "127.0.0.1" | "[::1]") {
                "is your own machine; it has no place in production"
            } else {
                "is a number, which browsers ignore here"
            };
            issues.push(Issue::of(Kind::IpSource, Level::Note, directive, source, words));
        }
    }
}

fn check_nonce(directive: &str, source: &str, nonce: &str, issues: &mut Vec<Issue>) {
    if nonce.len() < 8 {
        let words = "is so short that it can be guessed; use 16 random bytes";
        issues.push(Issue::of(Kind::NonceLength, Level::Weak, directive, source, words));
    } else if nonce.contains(['{', '<', '$', '%'])
        || (nonce.len() < 22 && PLACEHOLDERS.iter().any(|word| nonce.starts_with(word)))
    {
        let words = "looks like the one of an example, the same in every answer; make a new one for each";
        issues.push(Issue::of(Kind::StaticNonce, Level::Weak, directive, source, words));
    }
    if !is_base64(nonce) {
        let words = "has characters that are not base64, so some browsers ignore it";
        issues.push(Issue::of(Kind::NonceCharset, Level::Advice, directive, source, words));
    }
}

fn is_base64_hash(source: &str) -> bool {
    source.trim_matches('\'').split_once('-').is_some_and(|(_, value)| is_base64(value))
}

/// The characters of base64 and base64url with at most two signs at the end (CSP Level 3, section 2.3.1).
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte))
}

fn is_ip(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}
