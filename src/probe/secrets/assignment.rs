//! Finds literals assigned to names that speak of a secret, and the rule about them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::entropy::shannon;
use super::placeholder::{is_name_like, is_placeholder};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "secret-assignment",
    title: "A secret is written into the project's files",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::Medium,
    what: "Looks for names such as `JWT_SECRET`, `password` or `apiKey` that are given a value which looks random, in code and in configuration.",
    why: "Everyone with a copy of the repository holds the secret too: they can sign in as any of your users, or read what it protects.",
    fix: "Make a new value, keep it in an environment variable or a secrets manager, and let the program refuse to start without it. The old value stays readable in git, so stop accepting it.",
    example: "# bad\nJWT_SECRET = \"9f2c…\"\n# good\nJWT_SECRET = os.environ[\"JWT_SECRET\"]",
    references: &["https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html", "F2", "F53"],
};

/// Words of a name that speak of a secret.
const WORDS: &str = r"secret|passw(?:or)?d|passphrase|pwd|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|encrypt(?:ion)?[_-]?key|signing[_-]?key|master[_-]?key|account[_-]?key|app[_-]?key|server[_-]?key|jwt[_-]?key|session[_-]?key|hmac[_-]?key|credential";

/// A value that is given to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The name as written.
    pub name: String,
    /// Where the value stands, without quotes.
    pub value: Range<usize>,
}

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // name, closing quote or bracket, an optional type, an operator (`=`, `:`, `=>`, `||`, `??`, `or`, `,`), a literal
    Regex::new(&format!(
        r#"(?i)(?P<word>{WORDS})(?P<tail>[a-z0-9_-]{{0,40}})(?P<close>["'`\])]{{0,3}})\s{{0,3}}(?::\s{{0,2}}[a-z<>&']{{2,14}}\s{{0,2}}=|=>|:=|={{1,3}}|:|\|\||\?\?|\bor\b|(?P<comma>,))\s{{0,3}}[bru]?(?:"(?P<d>[^"\n]{{6,256}})"|'(?P<s>[^'\n]{{6,256}})'|`(?P<b>[^`\n]{{6,256}})`)"#
    ))
    .ok()
});

static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?im)^[ \t]*(?:export[ \t]+|(?:ENV|ARG)[ \t]+|-[ \t]+)?(?P<name>[a-z0-9_.-]{{0,60}}(?:{WORDS})[a-z0-9_.-]{{0,40}})[ \t]*[=:][ \t]*(?P<v>[^\s"'`#]{{6,256}})[ \t]*(?:#.*)?$"#
    ))
    .ok()
});

/// Quoted literals that are given to secret-like names, anywhere in `text`.
#[must_use]
pub fn quoted(text: &str) -> Vec<Assigned> {
    let Some(pattern) = QUOTED.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|found| {
        let closed = found.name("close").is_some_and(|close| close.as_str().contains(['"', '\'', '`']));
        if found.name("comma").is_some() && !closed {
            return None;
        }
        let value = found.name("d").or_else(|| found.name("s")).or_else(|| found.name("b"))?;
        let word = found.name("word")?;
        let tail = found.name("tail")?;
        Some(Assigned { name: whole_name(text, word.start(), tail.end()), value: value.range() })
    });
    found.collect()
}

/// Unquoted values of `NAME=value` and `name: value` lines, for files that are written so.
#[must_use]
pub fn bare(text: &str) -> Vec<Assigned> {
    let Some(pattern) = BARE.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|found| {
        Some(Assigned { name: found.name("name")?.as_str().to_owned(), value: found.name("v")?.range() })
    });
    found.collect()
}

fn whole_name(text: &str, word: usize, end: usize) -> String {
    let before = text.get(..word).unwrap_or_default();
    let start = before
        .char_indices()
        .rev()
        .take(60)
        .take_while(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
        .last()
        .map_or(word, |(at, _)| at);
    text.get(start..end).unwrap_or_default().to_owned()
}

static NOT_A_SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // What is public, what is about a secret rather than the secret, and what is a digest of something.
    Regex::new(
        r"(?i)public|publishable|anon[_-]?key|site[_-]?key|hash|digest|checksum|integrity|sha\d|commit|csrf|xsrf|tokens$|token[_-]?(?:type|url|uri|endpoint|address|contract|symbol|mint|count|limit|kind|format|pattern|regex)|tokeni[sz]|(?:cancel|design|contract|erc20|syntax)[_-]?token|(?:passw(?:or)?d|secret|token|key|pwd)s?[_-]?(?:field|label|hint|reset|policy|rules?|regex|pattern|min|max|length|input|confirm\w*|again|repeat|strength|error|message|title|text|placeholder|help|name|id|ids|arn|ref|path|file|dir|prefix|suffix|header|cookie|expir\w*|ttl|lifetime|version|usage|store|storage|manager|provider|service|route|page|form|view|class|type|algorithm|required|changed|updated|at|property|param\w*|selector|column|alias|env|var)$",
    )
    .ok()
});

/// Prefixes by which a framework ships a variable to the browser: what carries one is meant to be seen.
const SHIPPED: [&str; 9] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "EXPO_PUBLIC_",
    "NUXT_PUBLIC_",
    "PUBLIC_",
    "GATSBY_",
    "VUE_APP_",
    "NX_PUBLIC_",
];

/// Whether a name speaks of a secret that is not public by design.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i)(?:{WORDS})")).ok());
    ANY.as_ref().is_some_and(|words| words.is_match(name)) && !is_public_name(name)
}

fn is_public_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    SHIPPED.iter().any(|prefix| last.starts_with(prefix))
        || NOT_A_SECRET.as_ref().is_none_or(|words| words.is_match(last))
}

/// Whether `value`, given to `name`, is a secret, and how sure that is.
#[must_use]
pub fn judge(name: &str, value: &str) -> Option<Confidence> {
    if is_public_name(name) || is_placeholder(value) || is_known_form(value) {
        return None;
    }
    let chosen = speaks_of_a_password(name) && is_chosen_password(value);
    if is_name_like(value) {
        // `WinterIs4Snow!` is made of words, and still nothing but a password.
        let odd = value.contains(['!', '@', '#', '$', '%', '&', '*']) && value.bytes().any(|b| b.is_ascii_digit());
        return (chosen && odd).then_some(Confidence::Medium);
    }
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let hexadecimal = value.bytes().all(|b| b.is_ascii_hexdigit());
    // The limits of detect-secrets and of truffleHog's first versions: 3.0 bits for hexadecimal and 4.5 for base64,
    // measured over 20 and more characters. Gitleaks takes 3.5 for its generic rule, and so do we: a random text of 16
    // characters reaches 4.0 at most, so that 4.5 would pass over every short one.
    let random = if hexadecimal {
        value.len() >= 20 && shannon(value) >= 3.0
    } else {
        value.len() >= 16
            && digits
            && letters >= 4
            && shannon(value) >= 3.5
            && value.bytes().all(|b| b.is_ascii_graphic())
    };
    if random {
        return Some(if is_uuid(value) { Confidence::Low } else { Confidence::Medium });
    }
    chosen.then_some(Confidence::Medium)
}

fn speaks_of_a_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "pwd"].iter().any(|word| name.ends_with(word))
}

/// What people choose: eight characters or more from at least three of the four classes.
fn is_chosen_password(value: &str) -> bool {
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"!@#$%&*_+=.-".contains(&b));
    let classes = [
        value.bytes().any(|b| b.is_ascii_lowercase()),
        value.bytes().any(|b| b.is_ascii_uppercase()),
        value.bytes().any(|b| b.is_ascii_digit()),
        value.bytes().any(|b| b.is_ascii_punctuation()),
    ];
    value.len() >= 8 && plain && classes.iter().filter(|&&class| class).count() >= 3
}

/// Digests of passwords, public keys, certificates, references to other places, code.
fn is_known_form(value: &str) -> bool {
    const STARTS: [&str; 22] = [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "$scrypt",
        "pbkdf2",
        "{bcrypt}",
        "sha1$",
        "sha256",
        "sha384",
        "sha512",
        "ssh-",
        "ecdsa-",
        "-----BEGIN",
        "arn:",
        "vault:",
        "op://",
        "ENC[",
        "encrypted:",
        "secretmanager",
        "data:",
        "sk_test_",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
        || value.contains("process.env")
        || value.contains("environ")
        || value.contains("getenv")
        || value.contains("secrets.")
        || value.contains(['(', ')', '{', '}', '[', ']', '<', '>', '\\', ';'])
        || value.contains("::")
        // Alphabets that a program draws from.
        || ["abcdef", "ABCDEF", "012345", "123456"].iter().any(|run| value.contains(run))
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "q7Zt2LmX9vRb4KpN8sWd";

    fn found(text: &str) -> Vec<String> {
        let all = quoted(text).into_iter().chain(bare(text));
        all.filter(|a| judge(&a.name, &text[a.value.clone()]).is_some()).map(|a| a.name).collect()
    }

    #[test]
    fn literals_given_to_secret_names_are_found_in_every_way_of_writing() {
        for text in [
            format!("const JWT_SECRET = \"{RANDOM}\";"),
            format!("jwtSecret: process.env.JWT_SECRET || '{RANDOM}',"),
            format!("os.environ.get(\"JWT_SECRET\", \"{RANDOM}\")"),
            format!("env('APP_KEY', '{RANDOM}')"),
            format!("define('AUTH_KEY', '{RANDOM}');"),
            format!("private readonly apiKey: string = `{RANDOM}`"),
            format!("\"client_secret\": \"{RANDOM}\""),
            format!("API_KEY={RANDOM}"),
            format!("  db_password: {RANDOM}"),
            format!("if (token === '{RANDOM}') {{"),
            ["signing_key = '9f86d081884c7d659a2f", "eaa0c55ad015a3bf4f1b'"].concat(),
            ["password = 'Winter", "Is4Snow!'"].concat(),
        ] {
            assert!(!found(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn ordinary_code_is_left_alone() {
        for text in [
            "password: string",
            "const token = req.headers.authorization",
            "apiKey: process.env.API_KEY",
            "password: 'Passwords must match'",
            "\"password\": \"Das Passwort ist falsch\"",
            "label(\"password\", \"confirm-password\")",
            "<input type=\"password\" name=\"password\" placeholder=\"Password123!\">",
            "token_url = 'https://auth.acme.io/oauth/token4'",
            "SECRET_KEY = env('SECRET_KEY')",
            "password_hash = '$2b$10$N9qo8uLOickgx2ZMRZoMye'",
            "secretName: shop-tls-2024-03",
            "API_KEY=${API_KEY}",
            "password: ${{ secrets.DB_PASSWORD }}",
            "publicKey: 'q7Zt2LmX9vRb4KpN8sWd'",
            "NEXT_PUBLIC_API_KEY=q7Zt2LmX9vRb4KpN8sWd",
            "SECRET_KEY=changeme-in-production-1",
            "csrfToken: 'q7Zt2LmX9vRb4KpN8sWd'",
            "token: 'user.session.refreshed'",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
