//! Finds keys in the providers' formats, and the rule about them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::entropy::shannon;
use super::placeholder::{is_name_like, is_placeholder};
use super::providers::{Check, PROVIDERS, Provider};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "provider-key-exposed",
    title: "A provider's secret key is in the project's files",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Looks through every text file for keys in the formats of about 70 providers, private keys, and connection strings with a password. Keys that are public by design are left alone.",
    why: "Whoever can read the repository, a leaked copy of it or the shipped bundle can spend your money, read your users' data or send mail in your name. Bots find such keys within minutes.",
    fix: "Revoke the key at the provider first and make a new one, then keep the new one in an environment variable or a secrets manager. Taking it out of the file is not enough: git remembers it.",
    example: "// bad\nconst stripe = new Stripe(\"sk_live_…\");\n// good\nconst stripe = new Stripe(process.env.STRIPE_SECRET_KEY);",
    references: &[
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        "F2",
        "F52",
        "F53",
    ],
};

/// A key that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its row of the table.
    pub provider: &'static Provider,
    /// The bytes of the text that are secret.
    pub secret: Range<usize>,
    /// How bad this one is.
    pub severity: Severity,
    /// How sure we are of this one.
    pub confidence: Confidence,
}

struct Row {
    provider: &'static Provider,
    pattern: LazyLock<Option<Regex>, Box<dyn FnOnce() -> Option<Regex> + Send>>,
}

struct Table {
    /// Every mark of every row: most files hold none of them and are done after this one search.
    marks: Option<Regex>,
    rows: Vec<Row>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut marks: Vec<&str> = PROVIDERS.iter().flat_map(|provider| provider.marks).copied().collect();
    // The longest first: `sk-ant-` must not be taken for the shorter `sk-`.
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
    marks.dedup();
    let any = marks.iter().map(|mark| regex::escape(mark)).collect::<Vec<_>>().join("|");
    let rows = PROVIDERS
        .iter()
        .map(|provider| Row { provider, pattern: LazyLock::new(Box::new(|| compile(provider.pattern))) });
    Table { marks: Regex::new(&any).ok(), rows: rows.collect() }
});

/// Word boundaries count ASCII letters only: keys are ASCII, and the search stays fast in files that are not.
fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).ok()
}

/// Everything in `text` that has the form of a key, in order and without overlaps, placeholders included.
#[must_use]
pub fn candidates(text: &str) -> Vec<Hit> {
    let table = &*TABLE;
    let Some(marks) = &table.marks else { return Vec::new() };
    let present: BTreeSet<&str> = marks.find_iter(text).map(|found| found.as_str()).collect();
    if present.is_empty() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for row in &table.rows {
        if !row.provider.marks.iter().any(|mark| present.contains(mark)) {
            continue;
        }
        let Some(pattern) = row.pattern.as_ref() else { continue };
        hits.extend(pattern.captures_iter(text).filter_map(|found| {
            let secret = secret_part(&found)?;
            let (severity, confidence) = (row.provider.severity, Confidence::High);
            Some(Hit { provider: row.provider, secret, severity, confidence })
        }));
    }
    // Where two rows claim the same text, the one that stands first in the table is the more telling one.
    hits.sort_by_key(|hit| hit.secret.start);
    let mut end = 0;
    hits.retain(|hit| {
        let free = hit.secret.start >= end;
        end = if free { hit.secret.end } else { end };
        free
    });
    hits
}

fn secret_part(found: &Captures<'_>) -> Option<Range<usize>> {
    found.name("s").or_else(|| found.get(0)).map(|part| part.range())
}

/// The keys in `text` that are worth a finding.
#[must_use]
pub fn find(text: &str) -> Vec<Hit> {
    candidates(text).into_iter().filter_map(|hit| judge(text, hit)).collect()
}

fn judge(text: &str, mut hit: Hit) -> Option<Hit> {
    let secret = text.get(hit.secret.clone())?;
    if shannon(secret) < hit.provider.entropy {
        return None;
    }
    let counts = match hit.provider.check {
        Check::PemBody => has_key_body(secret),
        Check::UrlPassword => match password_in_url(text, &hit.secret) {
            Password::Real => true,
            Password::OnThisMachine => {
                (hit.severity, hit.confidence) = (Severity::Minor, Confidence::Low);
                true
            }
            Password::Harmless => false,
        },
        Check::ServiceRole => !is_example(secret) && has_service_role(secret),
        Check::NotFirebase => !is_example(secret) && !beside_firebase(text, &hit.secret),
        // The emulator's key is printed in its documentation.
        Check::NotEmulator => !secret.starts_with("Eby8vdM02x"),
        Check::None => !is_example(secret),
    };
    counts.then_some(hit)
}

static EXAMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)x{5,}|example|placeholder|your[-_]|redacted|dummy|changeme|12345678|abcdefgh|\.\.\.").ok()
});

/// Documentation's keys. Longer words than for hand-written values: short ones turn up in random text by chance.
fn is_example(key: &str) -> bool {
    EXAMPLE.as_ref().is_none_or(|words| words.is_match(key))
}

/// A PEM body holds lines of 64 base64 characters; code that only looks for the header does not.
fn has_key_body(body: &str) -> bool {
    body.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c)))
        // Escaped newlines leave their `n` at the front of each run.
        .any(|run| run.len() >= 40 && shannon(run) >= 4.0)
}

enum Password {
    Real,
    OnThisMachine,
    Harmless,
}

fn password_in_url(text: &str, secret: &Range<usize>) -> Password {
    let password = text.get(secret.clone()).unwrap_or_default();
    let after = text.get(secret.end..).unwrap_or_default();
    let host: &str = after.strip_prefix('@').unwrap_or_default();
    let host = host.split(|c: char| c.is_whitespace() || "/\"'`<>@:?#,;)\\".contains(c)).next().unwrap_or_default();
    let before = text.get(..secret.start.saturating_sub(1)).unwrap_or_default();
    let user = before.rsplit("://").next().unwrap_or_default();
    // Written by a program at run time, or a pattern.
    let spliced = |part: &str| part.contains(['{', '}', '$', '[', ']', '(', ')', '*', '+', '|', '\\']);
    if is_placeholder(password)
        || spliced(password)
        || !percent_is_escaped(password)
        || spliced(host)
        || password.eq_ignore_ascii_case(user)
        || host.contains("sentry")
        || reserved_host(host)
        || password.len() < 5
        || password.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    {
        return Password::Harmless;
    }
    if is_local_host(host) {
        let weak = password.len() < 12 || is_name_like(password);
        return if weak { Password::Harmless } else { Password::OnThisMachine };
    }
    Password::Real
}

/// Whether every `%` begins an escape, as it must in a password that is meant as it stands.
fn percent_is_escaped(password: &str) -> bool {
    password
        .split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().iter().take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2)
}

/// RFC 2606: names for documentation and tests.
fn reserved_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    ["example", "test", "invalid"].iter().any(|end| host.rsplit('.').next() == Some(end))
        || ["example.com", "example.org", "example.net", "host", "hostname", "domain.com", "yourhost"]
            .iter()
            .any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// This machine, or a name without dots: a service of the same compose file.
fn is_local_host(host: &str) -> bool {
    !host.contains('.')
        || host.starts_with("127.")
        || host == "0.0.0.0"
        || host == "host.docker.internal"
        || [".local", ".localhost", ".internal"].iter().any(|end| host.ends_with(end) && host.matches('.').count() == 1)
}

/// The web configuration of a Firebase app names its key beside these; Google documents that key as public.
fn beside_firebase(text: &str, secret: &Range<usize>) -> bool {
    let around = nearby(text, secret, 500);
    ["authDomain", "messagingSenderId", "storageBucket", "measurementId", "firebase", "Firebase", "FIREBASE"]
        .iter()
        .any(|word| around.contains(word))
}

fn nearby<'a>(text: &'a str, place: &Range<usize>, reach: usize) -> &'a str {
    let mut start = place.start.saturating_sub(reach);
    let mut end = (place.end + reach).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    text.get(start..end).unwrap_or(text)
}

/// Whether the payload of a JSON web token, `payload.signature`, gives the role that passes every row-level policy.
fn has_service_role(rest: &str) -> bool {
    let payload = rest.split('.').next().unwrap_or_default();
    let Some(bytes) = base64_url(payload) else { return false };
    serde_json::from_slice::<serde_json::Value>(&bytes)
        .is_ok_and(|claims| claims.get("role").and_then(serde_json::Value::as_str) == Some("service_role"))
}

/// RFC 4648, section 5, without padding; the digits of section 4 are read as well.
pub(in crate::probe) fn base64_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(six)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        find(text).iter().map(|hit| hit.provider.name).collect()
    }

    #[test]
    fn every_pattern_compiles_and_contains_one_of_its_marks() {
        for provider in PROVIDERS {
            assert!(compile(provider.pattern).is_some(), "{}", provider.name);
            assert!(!provider.marks.is_empty(), "{}", provider.name);
        }
    }

    #[test]
    fn passwords_in_connection_strings_count_by_their_host() {
        let word = ["h7Kd", "92mQpa"].concat();
        let url = |password: &str, host: &str| format!("db = 'postgres://shop:{password}@{host}:5432/shop'");
        assert_eq!(names(&url(&word, "db.acme.io")).len(), 1);
        for (password, host) in [
            (word.as_str(), "localhost"),
            (word.as_str(), "db"),
            ("password", "db.acme.io"),
            ("${PASSWORD}", "db.acme.io"),
            ("{password}", "db.acme.io"),
            ("%s", "db.acme.io"),
            ("shop", "db.acme.io"),
            (word.as_str(), "db.example.com"),
            ("PASSWORD", "db.acme.io"),
            ("<password>", "db.acme.io"),
        ] {
            assert!(names(&url(password, host)).is_empty(), "{password} at {host}");
        }
        let long = [&word, "Zr81x"].concat();
        let found = find(&url(&long, "db"));
        assert_eq!((found[0].severity, found[0].confidence), (Severity::Minor, Confidence::Low));
    }

    #[test]
    fn only_the_service_role_of_a_token_is_secret() {
        let token = |role: &str| {
            let encode = |text: &str| {
                const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let mut out = String::new();
                for chunk in text.as_bytes().chunks(3) {
                    let held = chunk.iter().fold(0_u32, |held, &b| held << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
                    for n in 0..=chunk.len() {
                        out.push(DIGITS[(held >> (18 - 6 * n) & 63) as usize] as char);
                    }
                }
                out
            };
            let claims = format!("{{\"iss\":\"supabase\",\"ref\":\"qwp\",\"role\":\"{role}\",\"iat\":1700000000}}");
            [&encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), ".", &encode(&claims), ".", "q7Zt2LmX9vRb4KpN8sWd"]
                .concat()
        };
        assert_eq!(names(&token("service_role")), ["Supabase service_role key"]);
        assert!(names(&token("anon")).is_empty());
    }

    #[test]
    fn keys_that_are_public_by_design_are_left_alone() {
        let body = "q7Zt2LmX9vRb4KpN8sWdT3yH";
        let google = ["AI", "za", body, "aB3_dE5-fG7"].concat();
        assert_eq!(names(&format!("maps({google:?})")), ["Google API key"]);
        assert!(names(&format!("{{ apiKey: {google:?}, authDomain: \"shop.firebaseapp.com\" }}")).is_empty());
        for prefix in ["pk_live_", "pk_test_", "pk.eyJ", "phc_", "sb_publishable_"] {
            assert!(names(&[prefix, body, body].concat()).is_empty(), "{prefix}");
        }
        assert!(names(&format!("https://{body}@o12.ingest.sentry.io/34")).is_empty());
    }

    #[test]
    fn a_header_alone_is_no_private_key() {
        let header = ["-----BEGIN ", "PRIVATE", " KEY-----"].concat();
        assert!(
            names(&format!("if (pem.startsWith(\"{header}\")) {{ return decode(pem, options, 'pkcs8') }}")).is_empty()
        );
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7q7Zt2LmX9vRb4KpN";
        assert_eq!(names(&format!("{header}\n{body}\n{body}\n-----END")), ["private key"]);
        assert_eq!(names(&format!("key: \"{header}\\n{body}\\n{body}\\n\"")), ["private key"]);
    }
}
