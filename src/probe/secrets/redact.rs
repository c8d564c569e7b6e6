//! Takes secrets out of text that is about to be shown, wherever it came from.
//!
//! It is broader than the rules: what might be a secret is cut, while code without values stays as it is.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::assignment::{self, Assigned};
use super::keys;
use super::placeholder::{is_name_like, is_placeholder};
use super::providers::Check;
use crate::model::redact::prefix;

/// `text` with every recognisable secret cut down to its first characters.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let mut secrets: Vec<Range<usize>> = keys::candidates(text)
        .into_iter()
        .filter(|hit| hit.provider.check != Check::UrlPassword || is_literal(text, &hit.secret))
        .map(|hit| hit.secret)
        .collect();
    secrets.extend(assignment::quoted(text).into_iter().filter(|given| is_quoted_secret(text, given)).map(|g| g.value));
    secrets.extend(in_running_text(text));
    replace(text, secrets)
}

/// `text` with `secrets` cut down to their first characters. Line breaks inside a secret stay, so that line numbers do.
#[must_use]
pub fn replace(text: &str, mut secrets: Vec<Range<usize>>) -> Cow<'_, str> {
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    secrets.sort_by_key(|secret| (secret.start, std::cmp::Reverse(secret.end)));
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for secret in secrets {
        let start = secret.start.max(done);
        let (Some(before), Some(value)) = (text.get(done..start), text.get(start..secret.end)) else { continue };
        clean.push_str(before);
        let mut lines = value.split('\n');
        clean.push_str(&prefix(lines.next().unwrap_or_default()));
        lines.for_each(|_| clean.push_str("\n…"));
        done = secret.end;
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(clean)
}

fn is_literal(text: &str, secret: &Range<usize>) -> bool {
    let value = text.get(secret.clone()).unwrap_or_default();
    !value.starts_with(['$', '{', '%', '<', '…']) && !value.ends_with('…')
}

fn is_quoted_secret(text: &str, given: &Assigned) -> bool {
    let value = text.get(given.value.clone()).unwrap_or_default();
    if is_placeholder(value) || value.contains(char::is_whitespace) {
        return false;
    }
    // A weak password is a word; after other names, words are labels and keys.
    let name = given.name.to_ascii_lowercase();
    let password = ["password", "passwd", "passphrase", "pwd"].iter().any(|end| name.ends_with(end));
    password && !value.contains(['.', '/', '(', ' ']) || !is_name_like(value) && !is_code(value)
}

static RUNNING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // `password=…` of connection strings and query strings, `Authorization: Bearer …`, `Basic …`
    Regex::new(
        r#"(?i)(?:(?:secret|passw(?:or)?d|passphrase|pwd|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|signature|sig|credential)[a-z0-9_-]{0,20}(?:=|:[ \t]{0,2})(?P<v>[^\s"'`&;,|<>(){}\[\]\\]{6,512})|(?:bearer|basic)[ \t]{1,3}(?P<b>[a-z0-9._~+/-]{12,2048}={0,2}))"#,
    )
    .ok()
});

fn in_running_text(text: &str) -> Vec<Range<usize>> {
    let Some(pattern) = RUNNING.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|found| {
        let value = found.name("v").or_else(|| found.name("b"))?;
        let shown = value.as_str();
        // Without quotes, a value is told from an identifier by its digits.
        let mixed = shown.bytes().any(|b| b.is_ascii_digit()) && shown.bytes().any(|b| b.is_ascii_alphabetic());
        let after = text.get(value.end()..).unwrap_or_default();
        let called = after.starts_with(['(', '[', '{']);
        (mixed && !called && !is_placeholder(shown) && !is_name_like(shown) && !is_code(shown)).then(|| value.range())
    });
    found.collect()
}

/// A property access, an environment read, a redacted value.
fn is_code(value: &str) -> bool {
    value.contains("process.env")
        || value.contains("environ")
        || value.contains('…')
        || value.contains(['(', '{', '['])
        || value.split('.').count() > 1 && value.split('.').all(is_identifier)
        || is_identifier(value) && value.len() < 16 && value.contains('_')
}

fn is_identifier(part: &str) -> bool {
    let mut bytes = part.bytes();
    part.len() <= 24
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "q7Zt2LmX9vRb4KpN8sWdT3yH";

    #[test]
    fn what_holds_no_secret_is_not_touched() {
        for code in [
            "password: string",
            "const token = req.headers.authorization",
            "apiKey: process.env.X",
            "apiKey: process.env.STRIPE_KEY_2,",
            "password = os.environ[\"DB_PASSWORD\"]",
            "if (!user.password) throw new Error('Enter a password');",
            "Authorization: `Bearer ${token}`",
            "Bearer authentication is used",
            "const secret = getSecret(name)",
            "token: auth.access_token_v2.value",
            "DATABASE_URL=postgres://${USER}:${PASSWORD}@${HOST}/shop",
            "the `token` column of `sessions` has no index",
            "SELECT * FROM users WHERE reset_token = $1 AND id = 42",
            "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "label('password', 'auth.password')",
        ] {
            assert!(matches!(text(code), Cow::Borrowed(_)), "{code} became {}", text(code));
        }
    }

    #[test]
    fn secrets_are_cut_wherever_they_stand() {
        for shown in [
            format!("stripe said: invalid key {}{BODY}", ["sk_", "live_"].concat()),
            format!("Authorization: Bearer {BODY}"),
            format!("authorization: Basic {BODY}=="),
            format!("connection failed: host=db user=ann password={BODY}"),
            format!("GET /hook?token={BODY}&x=1"),
            format!("{{\"client_secret\": \"{BODY}\"}}"),
            format!("password = '{BODY}'"),
            format!("could not reach mysql://ann:{BODY}@db.acme.io/shop"),
            format!("redis://:{BODY}@localhost:6379"),
        ] {
            let clean = text(&shown);
            assert!(!clean.contains(&BODY[4..]), "{clean}");
            assert!(clean.contains('…'), "{clean}");
            assert_eq!(text(&clean), clean, "redacting twice changes nothing");
        }
        let weak = ["password: \"swor", "dfish\""].concat();
        assert!(!text(&weak).contains("fish"));
    }

    #[test]
    fn line_breaks_inside_a_secret_stay() {
        let secret = Range { start: 2, end: 12 };
        assert_eq!(replace("a\nbcdefgh\nij\nk", vec![secret]), "a\nb…\n…\nk");
    }

    #[test]
    fn a_long_text_takes_linear_time() {
        let long = "token=aaaa password: [".repeat(40_000);
        let started = std::time::Instant::now();
        let _ = text(&long);
        assert!(started.elapsed().as_secs() < 5);
    }
}
