//! Tells values that stand in for a secret, or only look like one, from secrets.

use std::sync::LazyLock;

use regex::Regex;

/// Words that people write where a value will come, anywhere in it.
static STAND_IN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)x{4,}|\*{3,}|\.{3}|…|change[-_ ]?(?:me|this|it)|your[-_ ]|[-_ ]your|yours?(?:key|secret|token|password|api)|<[^>]*>|\$\{|\$\(|\{\{|%\(|^%|^\$|^@|placeholder|example|sample|dummy|redacted|replace|insert[-_ ]|todo|fixme|not[-_]?(?:a[-_]?)?(?:real|set|secret)|fake|mock|lorem|to[-_]be|fill[-_ ](?:in|me)|12345678|abcdef(?:gh|12)|0123456|deadbeef|qwerty|test[-_]?(?:key|secret|token|password)|(?:key|secret|token|password)[-_]?(?:here|goes)|super[-_]?secret|secret[-_]?(?:key|value)$|my[-_]?(?:secret|password|token|key)|^insecure",
    )
    .ok()
});

/// Whole values that are nobody's secret.
const DEFAULTS: [&str; 34] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "root",
    "admin",
    "user",
    "username",
    "postgres",
    "mysql",
    "redis",
    "guest",
    "test",
    "testing",
    "dev",
    "development",
    "local",
    "localhost",
    "default",
    "demo",
    "none",
    "null",
    "undefined",
    "true",
    "false",
    "string",
    "key",
    "apikey",
    "api_key",
    "value",
    "foo",
    "bar",
];

/// Whether `value` is empty, a stand-in like `changeme`, `your-key` or `<token>`, or a reference to somewhere else.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || DEFAULTS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || STAND_IN.as_ref().is_none_or(|words| words.is_match(value))
        || one_or_two_characters_repeated(value)
}

fn one_or_two_characters_repeated(value: &str) -> bool {
    let mut kinds: Vec<char> = value.chars().collect();
    let length = kinds.len();
    kinds.sort_unstable();
    kinds.dedup();
    length >= 4 && kinds.len() <= 2
}

/// Whether a value names something rather than being random: words, a path, a URL, a date, a version, a colour.
#[must_use]
pub fn is_name_like(value: &str) -> bool {
    if value.contains("://") || value.starts_with(['/', '.', '#', '~']) || value.contains(char::is_whitespace) {
        return true;
    }
    // `auth.password-reset.title`, `accessTokenExpired`, `oauth2`: every piece is a word, or a short number.
    let pieces: Vec<&str> =
        value.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(humps).filter(|piece| !piece.is_empty()).collect();
    let letters: usize = pieces.iter().map(|piece| piece.bytes().filter(u8::is_ascii_alphabetic).count()).sum();
    // Random letters fall into humps of one or two; words are longer.
    letters >= 3 * pieces.iter().filter(|piece| !is_short_number(piece)).count() && pieces.iter().all(|p| is_word(p))
}

fn is_short_number(piece: &str) -> bool {
    piece.len() <= 4 && piece.bytes().all(|b| b.is_ascii_digit())
}

/// Letters that can be spoken, at most with a short number behind them.
fn is_word(piece: &str) -> bool {
    let word = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    is_short_number(piece)
        || (piece.len() - word.len() <= 4
            && !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_alphabetic())
            && looks_spoken(word))
}

/// Cuts `accessTokenURL2` into `access`, `Token`, `URL2`.
fn humps(word: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    for (at, pair) in word.as_bytes().windows(2).enumerate() {
        if let [a, b] = pair
            && !a.is_ascii_uppercase()
            && b.is_ascii_uppercase()
        {
            cuts.push(at + 1);
        }
    }
    cuts.push(word.len());
    cuts.windows(2).filter_map(|pair| word.get(*pair.first()?..*pair.last()?)).collect()
}

/// Words have vowels among their consonants; in random letters, runs without one get long. `rhythms` is the record.
fn looks_spoken(word: &str) -> bool {
    let mut run = 0;
    word.bytes().all(|byte| {
        run = if b"aeiouyAEIOUY".contains(&byte) { 0 } else { run + 1 };
        run <= 5
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_seen_as_such() {
        for value in [
            "",
            "changeme",
            "change_me",
            "your-stripe-secret-key",
            "<token>",
            "${SECRET}",
            "xxxxxxxx",
            "********",
            "AKIAIOSFODNN7EXAMPLE",
            "my-secret",
            "password",
            "00000000000000000000",
            "sk_test_xxxx",
            "{{ token }}",
            "%(secret)s",
            "$DB_PASSWORD",
            "insert-key",
            "REPLACE_WITH_KEY",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["q7Zt2LmX9vRb4KpN", "hunter-Two-73"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn names_are_not_secrets() {
        for value in [
            "auth.password.reset",
            "accessTokenExpired",
            "password_reset_token",
            "/etc/app/secret.key",
            "https://auth.example.com/token",
            "#ff00aa",
            "Enter your password",
            "csrfmiddlewaretoken",
            "X-CSRF-Token",
        ] {
            assert!(is_name_like(value), "{value}");
        }
        for value in ["q7Zt2LmX9vRb4KpN", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"] {
            assert!(!is_name_like(value), "{value}");
        }
    }
}
