//! Values in production's own files that cannot be right there.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::declared::is_compose;
use super::{dotenv, names};
use crate::model::{Confidence, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::repository::is_aside;
use crate::probe::secrets::keys;
use crate::probe::yaml::{self, Node};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "env-placeholder-value",
    title: "A production variable still holds a placeholder",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks through `.env.production` and production compose files for stand-ins, empty values that the code needs, addresses of the own machine and test-mode keys.",
    why: "The app starts and looks healthy, and then payments, mails or sign-ins fail for real users; a secret that everybody can guess lets anyone sign in.",
    fix: "Put the real value in, best through the hosting platform's settings or a secrets manager, and let the app refuse to start on a placeholder.",
    example: "# bad\nJWT_SECRET=changeme\n# good: set by the platform, checked at start",
    references: &["https://12factor.net/config", "F3"],
};

/// Whether a file is one that production uses.
#[must_use]
pub fn is_about(path: &str) -> bool {
    (names::is_production_file(path) || is_production_compose(path)) && !is_aside(path)
}

fn is_production_compose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    is_compose(&name)
        && path.to_ascii_lowercase().split(['/', '.', '-', '_']).any(|word| matches!(word, "prod" | "production"))
}

/// The findings of one file. `needed` holds the variables that the code cannot do without.
#[must_use]
pub fn findings(path: &str, text: &str, needed: &BTreeSet<String>) -> Vec<Finding> {
    let values = if names::is_env_file(path) {
        let entries = dotenv::parse(text).into_iter().filter(|entry| !entry.commented);
        entries.map(|entry| (entry.name, entry.value, entry.line)).collect()
    } else {
        compose_values(text)
    };
    let judged = values.iter().filter_map(|(name, value, line)| {
        let problem = judge(name, value, needed)?;
        let location = Location::File { path: path.to_owned(), span: Some(Span::line(*line)) };
        let message = format!("`{name}` {}", problem.says);
        Some(
            Finding::new(&META, location, name.as_str(), message)
                .severity(problem.severity)
                .confidence(problem.confidence),
        )
    });
    judged.collect()
}

struct Problem {
    says: &'static str,
    severity: Severity,
    confidence: Confidence,
}

static STAND_IN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)change[-_ ]?(?:me|this|it)\b|\byour[-_ ]|^<[^>]+>$|x{5,}|placeholder|replace[-_ ]?(?:me|this|with)|\b(?:todo|fixme|tbd)\b|^dummy|insert[-_ ]|[@./]example\.(?:com|org|net)|^(?:secret|password|supersecret|s3cr3t)$",
    )
    .ok()
});

static OWN_MACHINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?://|@|^)(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?:[:/]|$)").ok());

fn judge(name: &str, value: &str, needed: &BTreeSet<String>) -> Option<Problem> {
    let problem = |says, severity, confidence| Some(Problem { says, severity, confidence });
    if value.is_empty() {
        return if needed.contains(name) {
            // The platform may set it on top of this file.
            problem("is empty here, and the code cannot do without it", Severity::Major, Confidence::Medium)
        } else {
            None
        };
    }
    if STAND_IN.as_ref().is_some_and(|pattern| pattern.is_match(value)) {
        return if guards_sign_in(name) {
            problem("still holds a placeholder, so that anyone can guess it", Severity::Blocker, Confidence::High)
        } else {
            problem("still holds a placeholder", Severity::Major, Confidence::High)
        };
    }
    let test_key = keys::candidates(value).iter().any(|hit| hit.provider.name.starts_with("test-mode"));
    if test_key || value.starts_with("pk_test_") {
        return problem("holds a test-mode key: real payments will not go through", Severity::Major, Confidence::High);
    }
    let binds =
        matches!(name, "HOST" | "HOSTNAME" | "BIND" | "LISTEN" | "LISTEN_ADDRESS" | "SERVER_HOST" | "ALLOWED_HOSTS");
    if !binds && OWN_MACHINE.as_ref().is_some_and(|pattern| pattern.is_match(value)) {
        // A database on the same machine, or a service behind the same proxy, can be meant.
        return problem("points at the machine itself", Severity::Major, Confidence::Medium);
    }
    None
}

/// Whether whoever knows the value can forge a session or log in.
fn guards_sign_in(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let own = ["JWT", "SESSION", "COOKIE", "AUTH", "APP_KEY", "SECRET_KEY", "ENCRYPTION", "SIGNING", "ADMIN"];
    let theirs = ["STRIPE", "AWS", "GOOGLE", "GITHUB", "TWILIO", "CLIENT_SECRET", "OAUTH"];
    (own.iter().any(|word| name.contains(word)) && !theirs.iter().any(|word| name.contains(word)))
        || name.ends_with("PASSWORD")
}

fn compose_values(text: &str) -> Vec<(String, String, u32)> {
    let mut values = Vec::new();
    for document in yaml::parse(text).unwrap_or_default() {
        for (_, service) in document.get("services").into_iter().flat_map(Node::entries) {
            let Some(environment) = service.get("environment") else { continue };
            for (name, node) in environment.entries() {
                values.extend(node.text().map(|value| (name.to_owned(), fixed_value(value), node.line)));
            }
            for item in environment.items() {
                if let Some((name, value)) = item.text().and_then(|text| text.split_once('=')) {
                    values.push((name.trim().to_owned(), fixed_value(value.trim()), item.line));
                }
            }
        }
    }
    // Nothing is said about what comes from outside.
    values.retain(|(_, value, _)| !value.is_empty());
    values
}

/// The value that stands in the file: of `${NAME:-value}` the default, of other references nothing.
fn fixed_value(value: &str) -> String {
    match value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => match inner.split_once(":-") {
            Some((_, default)) if !default.contains('$') => default.to_owned(),
            _ => String::new(),
        },
        None if value.starts_with('$') => String::new(),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let needed = BTreeSet::from(["POSTMARK_TOKEN".to_owned()]);
        findings(path, text, &needed).iter().map(|f| format!("{:?} {} {}", f.severity, f.location, f.message)).collect()
    }

    #[test]
    fn values_that_cannot_be_right_in_production_are_named() {
        let test_key = ["sk_", "test_", "q7Zt2LmX9vRb4KpN8sWd"].concat();
        let text = format!(
            "PORT=4000\nJWT_SECRET=changeme\nSTRIPE_SECRET_KEY=your-stripe-secret-key\nPOSTMARK_TOKEN=\nSENTRY_DSN=\n\
             DATABASE_URL=postgres://shop:x@localhost:5432/shop\nSTRIPE={test_key}\nHOST=127.0.0.1\nAPI=https://api.acme.io\n"
        );
        assert_eq!(
            found(".env.production", &text),
            [
                "Blocker .env.production:2 `JWT_SECRET` still holds a placeholder, so that anyone can guess it",
                "Major .env.production:3 `STRIPE_SECRET_KEY` still holds a placeholder",
                "Major .env.production:4 `POSTMARK_TOKEN` is empty here, and the code cannot do without it",
                "Major .env.production:6 `DATABASE_URL` points at the machine itself",
                "Major .env.production:7 `STRIPE` holds a test-mode key: real payments will not go through",
            ]
        );
    }

    #[test]
    fn a_compose_file_is_judged_by_what_it_fixes() {
        let text = "services:\n  web:\n    environment:\n      - A=${A:?err}\n      - DB_PASSWORD=${DB_PASSWORD:-changeme}\n      - C=$C\n";
        assert_eq!(
            found("docker-compose.prod.yml", text),
            ["Blocker docker-compose.prod.yml:5 `DB_PASSWORD` still holds a placeholder, so that anyone can guess it"]
        );
        assert!(is_about("docker/production/compose.yml") && !is_about("docker-compose.yml"));
    }
}
