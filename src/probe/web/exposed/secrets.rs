//! Secrets in what every visitor's browser loads: scripts, the page itself, and the sources in a source map.

use serde_json::Value;

use crate::model::Severity;
use crate::model::redact::prefix;
use crate::probe::secrets::keys::base64_url;
use crate::probe::secrets::placeholder::is_name_like;
use crate::probe::secrets::providers::Check;
use crate::probe::secrets::{assignment, hash, keys};

/// So much of one text is searched, in bytes: far more than a bundle that people wait for.
pub const MOST_TEXT: usize = 4 * 1024 * 1024;
/// So many secrets of one text are told.
const MOST: usize = 20;
/// So many tokens of one text are decoded.
const MOST_TOKENS: usize = 200;

/// A secret that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is, to stand after "a" or "an": `Stripe live secret key`.
    pub what: String,
    /// The first characters, and no more.
    pub shown: String,
    /// Names it without giving it away.
    pub anchor: String,
    /// How bad it is.
    pub severity: Severity,
    /// What to do, where the rule's own words do not fit.
    pub fix: Option<&'static str>,
    /// The name that it is given to, if one stands before it.
    pub name: Option<String>,
}

const SUPABASE: &str = "It passes every row-level rule of your database. Make new keys in Supabase (Project Settings, API Keys) and switch the old ones off. Give the browser the \
                        publishable or `anon` key alone, and move what needs this key to a server route or an Edge Function.";
const UNSIGNED: &str = "Let your server refuse tokens with `alg: none`, and take this one out of the code.";
const GEMINI: &str = "Call Gemini from a route of your own that checks who is asking, make a new key, and delete this one: whoever \
                      has it can spend your money.";

/// Whether a key counts in what is served: Google's keys for maps and Firebase are made for browsers.
pub fn counts(hit: &keys::Hit) -> bool {
    hit.provider.check != Check::NotFirebase
}

/// The secrets in `text`, each once.
pub fn search(text: &str) -> Vec<Hit> {
    let mut end = text.len().min(MOST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let mut found = Vec::new();
    let gemini = text.contains("generativelanguage.googleapis.com");
    for hit in keys::find(text) {
        let is_gemini = !counts(&hit) && gemini;
        if !counts(&hit) && !is_gemini {
            continue;
        }
        let supabase = hit.provider.check == Check::ServiceRole || hit.provider.name == "Supabase secret key";
        let (what, fix) = match hit.provider.check {
            _ if is_gemini => ("Google API key for Gemini", Some(GEMINI)),
            Check::ServiceRole => ("Supabase `service_role` key", Some(SUPABASE)),
            _ => (hit.provider.name, supabase.then_some(SUPABASE)),
        };
        add(&mut found, text, &hit.secret, what.to_owned(), hit.severity, fix);
    }
    for given in assignment::quoted(text) {
        let Some(value) = text.get(given.value.clone()) else { continue };
        if is_server_name(&given.name) && value.len() >= 20 && assignment::judge(&given.name, value).is_some() {
            let what = format!("value for `{}`", given.name);
            add(&mut found, text, &given.value, what, Severity::Major, None);
        }
    }
    for token in tokens(text) {
        if let Some((what, severity, fix)) = judge_token(token.header, token.claims) {
            add(&mut found, text, &token.range, what.to_owned(), severity, fix);
        }
    }
    found
}

fn add(
    found: &mut Vec<Hit>,
    text: &str,
    range: &std::ops::Range<usize>,
    what: String,
    severity: Severity,
    fix: Option<&'static str>,
) {
    let value = text.get(range.clone()).unwrap_or_default();
    let anchor = hash(value);
    if found.len() >= MOST || found.iter().any(|known| known.anchor == anchor) {
        return;
    }
    found.push(Hit { what, shown: prefix(value), anchor, severity, fix, name: name_before(text, range.start) });
}

/// The name that the value at `start` is given to: `supabaseKey` in `supabaseKey:"…`. Only words: what looks random may be
/// the end of another secret.
fn name_before(text: &str, start: usize) -> Option<String> {
    let before = text.get(..start)?;
    // The secret part of a token begins at its second part.
    let before = match before.strip_suffix('.') {
        Some(token) => token.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
        None => before,
    };
    let before = before.trim_end_matches(['"', '\'', '`', ' ', ':', '=', '(', '\\']);
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    let from = before.char_indices().rev().take(41).take_while(|(_, c)| word(*c)).last()?.0;
    let name = before.get(from..)?;
    ((3..=40).contains(&name.len()) && is_name_like(name)).then(|| name.to_owned())
}

/// Names as servers have them in their environment: `JWT_SECRET`. In built code, other names mean anything.
fn is_server_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let shouted = last.len() > 5 && last.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let told = [
        "SECRET",
        "PASSWORD",
        "PASSPHRASE",
        "PRIVATE_KEY",
        "SERVICE_ROLE",
        "MASTER_KEY",
        "ADMIN_KEY",
        "ENCRYPTION_KEY",
    ];
    shouted && told.iter().any(|word| last.contains(word)) && assignment::is_secret_name(last)
}

struct Token {
    range: std::ops::Range<usize>,
    header: Value,
    claims: Value,
}

/// The JSON web tokens in `text` (RFC 7519).
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("eyJ").take(MOST_TOKENS) {
        // Mapbox writes `pk.eyJ…`, where the first part is no header.
        if text
            .get(..start)
            .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).unwrap_or(rest.len());
        let mut parts = rest.get(..end.min(8192)).unwrap_or_default().split('.');
        let decoded = |part: Option<&str>| -> Option<Value> { serde_json::from_slice(&base64_url(part?)?).ok() };
        let (Some(header), Some(claims)) = (decoded(parts.next()), decoded(parts.next())) else { continue };
        if header.get("alg").is_some() && claims.is_object() && parts.next().is_some() {
            found.push(Token { range: start..start + end, header, claims });
        }
    }
    found
}

/// What a token is worth a word for. A visitor's own session, an `anon` key, an embed token: nothing.
fn judge_token(header: Value, claims: Value) -> Option<(&'static str, Severity, Option<&'static str>)> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if text(&header, "alg") == "none" {
        return Some(("JSON web token without a signature", Severity::Minor, Some(UNSIGNED)));
    }
    let roles = ["admin", "superadmin", "super_admin", "superuser", "supabase_admin", "postgres"];
    roles.contains(&text(&claims, "role").as_str()).then_some((
        "token with the role of an administrator",
        Severity::Major,
        None,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "q7Zt2LmX9vRb4KpN8sWdT3yH";

    pub fn token(header: &str, claims: &str) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let encode = |text: &str| {
            let mut out = String::new();
            for chunk in text.as_bytes().chunks(3) {
                let held = chunk.iter().fold(0_u32, |held, &b| held << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
                (0..=chunk.len()).for_each(|n| out.push(DIGITS[(held >> (18 - 6 * n) & 63) as usize] as char));
            }
            out
        };
        [&encode(header), ".", &encode(claims), ".", BODY].concat()
    }

    fn told(text: &str) -> Vec<String> {
        let found = search(text);
        assert!(!format!("{found:?}").contains(BODY), "{found:?}");
        found.iter().map(|hit| format!("{} {}", hit.severity.word(), hit.what)).collect()
    }

    #[test]
    fn what_is_made_for_browsers_is_no_finding() {
        let google = ["AI", "za", BODY, "aB3_dE5-fG7"].concat();
        let anon =
            token("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"iss\":\"supabase\",\"role\":\"anon\",\"exp\":2000000000}");
        let session = token("{\"alg\":\"RS256\"}", "{\"sub\":\"42\",\"exp\":1600000000}");
        for public in [
            format!("Stripe(\"{}{BODY}\")", ["pk_", "live_"].concat()),
            format!("new Loader({{apiKey:\"{google}\"}})"),
            format!("initializeApp({{apiKey:\"{google}\",authDomain:\"x.firebaseapp.com\"}})"),
            format!("Sentry.init({{dsn:\"https://{BODY}@o1.ingest.sentry.io/2\"}})"),
            format!("createClient(\"https://x.supabase.co\",\"{anon}\")"),
            format!("createClient(\"https://x.supabase.co\",\"{}{BODY}\")", ["sb_", "publishable_"].concat()),
            format!("posthog.init(\"phc_{BODY}{BODY}\")"),
            format!("algoliasearch(\"ABCDEF1234\",\"{}\")", "9f86d081884c7d659a2feaa0c55ad015"),
            format!("mapboxgl.accessToken=\"{}\"", ["pk.", "eyJ1Ijoic2hvcCIsImEiOiJja3gifQ.", BODY].concat()),
            format!("ALGOLIA_API_KEY:\"{BODY}\",NEXT_PUBLIC_SECRET_NAME:\"{BODY}\",apiKey:\"{BODY}\",token:\"{BODY}\""),
            "t.__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED={a:1};var r=\"SECRET_DO_NOT_PASS_THIS_OR_YOU_WILL_BE_FIRED\"".to_owned(),
            format!("localStorage.token=\"{session}\""),
        ] {
            assert_eq!(told(&public), [""; 0], "{public}");
        }
    }

    #[test]
    fn what_must_stay_on_the_server_is_found_and_never_repeated() {
        let service =
            token("{\"alg\":\"HS256\"}", "{\"iss\":\"supabase\",\"role\":\"service_role\",\"exp\":2000000000}");
        let google = ["AI", "za", BODY, "aB3_dE5-fG7"].concat();
        for (text, word) in [
            (format!("createClient(u,\"{service}\")"), "blocker Supabase `service_role` key"),
            (format!("k=\"{}{BODY}\"", ["sb_", "secret_"].concat()), "blocker Supabase secret key"),
            (format!("k=\"{}{BODY}\"", ["sk_", "live_"].concat()), "blocker live secret key of Stripe"),
            (format!("window.__ENV__={{\"JWT_SECRET\":\"{BODY}\"}}"), "major value for `JWT_SECRET`"),
            (
                format!("fetch(\"https://generativelanguage.googleapis.com/v1?key={google}\")"),
                "major Google API key for Gemini",
            ),
            (format!("t=\"{}\"", token("{\"alg\":\"none\"}", "{\"sub\":\"1\"}")), "minor JSON web token without"),
            (format!("t=\"{}\"", token("{\"alg\":\"HS256\"}", "{\"role\":\"admin\"}")), "major token with the role"),
        ] {
            let told = told(&text);
            assert!(told.len() == 1 && told[0].starts_with(word), "{text}: {told:?}");
        }
    }

    #[test]
    fn the_same_secret_is_told_once_and_torn_tokens_end() {
        let key = ["sk_", "live_", BODY].concat();
        assert_eq!(search(&format!("a=\"{key}\";b=\"{key}\"")).len(), 1);
        search(&"eyJ".repeat(100_000));
        search(&"eyJ.eyJ.".repeat(10_000));
        search("eyJé.eyJ.x");
    }
}
