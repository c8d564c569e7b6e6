//! `.env` files with values that git tracks.

use super::dotenv::{self, Entry};
use super::names;
use crate::model::{Confidence, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::repository::is_aside;
use crate::probe::secrets::{assignment, keys, placeholder};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "env-file-committed",
    title: "A .env file with values is tracked by git",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks in git's index for `.env` files that are not examples, and at what kind of values they hold.",
    why: "Everyone who ever cloned the repository has the values, and git keeps them after the file is deleted.",
    fix: "Run `git rm --cached` on the file, add it to `.gitignore`, replace every secret in it at its provider, and keep an example file with empty values instead.",
    example: "# .gitignore\n.env\n.env.*\n!.env.example",
    references: &["https://12factor.net/config", "F53"],
};

/// The finding about one tracked file. `text` is its content, `None` when it cannot be read.
#[must_use]
pub fn finding(path: &str, text: Option<&str>) -> Option<Finding> {
    let Some(text) = text else {
        let location = Location::File { path: path.to_owned(), span: None };
        let message = format!("`{path}` is tracked by git, and could not be read here to see what it holds");
        return Some(Finding::new(&META, location, "unread", message).confidence(Confidence::Medium));
    };
    let entries: Vec<Entry> =
        dotenv::parse(text).into_iter().filter(|entry| !entry.commented && !entry.value.is_empty()).collect();
    let secret: Vec<&Entry> = entries.iter().filter(|entry| looks_secret(&entry.name, &entry.value)).collect();
    if let Some(first) = secret.first() {
        let names = listed(&secret);
        let message = format!("`{path}` is tracked by git and holds what look like real secrets: {names}");
        return Some(worded(path, first.line, message).severity(Severity::Blocker));
    }
    // What frameworks recommend to commit: defaults for development and tests, and values that go to the browser anyway.
    let harmless =
        entries.iter().all(|entry| is_shipped(&entry.name)) || names::is_development_file(path) || is_aside(path);
    let first = entries.first()?;
    if harmless {
        return None;
    }
    let all: Vec<&Entry> = entries.iter().collect();
    let message = format!("`{path}` is tracked by git with values for {}", listed(&all));
    Some(worded(path, first.line, message))
}

fn worded(path: &str, line: u32, message: String) -> Finding {
    Finding::new(&META, Location::File { path: path.to_owned(), span: Some(Span::line(line)) }, "tracked", message)
}

fn listed(entries: &[&Entry]) -> String {
    let names: Vec<String> = entries.iter().take(4).map(|entry| format!("`{}`", entry.name)).collect();
    match entries.len().saturating_sub(4) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn is_shipped(name: &str) -> bool {
    ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_", "GATSBY_", "VUE_APP_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(name, "NODE_ENV" | "PORT" | "HOST" | "LOG_LEVEL" | "TZ" | "GENERATE_SOURCEMAP" | "BROWSER")
}

/// Whether a variable's value is a secret that somebody uses.
#[must_use]
pub fn looks_secret(name: &str, value: &str) -> bool {
    if keys::find(value).iter().any(|hit| hit.severity > Severity::Minor) || assignment::judge(name, value).is_some() {
        return true;
    }
    // In a file of values a weak password is a password all the same.
    let password = ["PASSWORD", "PASSWD", "PASSPHRASE", "PWD"].iter().any(|end| name.ends_with(end));
    let reference = value.contains("${") || value.starts_with('$') || value.starts_with("encrypted:");
    password && value.len() >= 6 && !reference && !placeholder::is_placeholder(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, text: &str) -> Option<Severity> {
        finding(path, Some(text)).map(|found| found.severity)
    }

    #[test]
    fn what_the_file_holds_decides_how_bad_it_is() {
        let random = ["q7Zt2LmX", "9vRb4KpN8sWd"].concat();
        let stripe = ["sk_", "live_", &random].concat();
        assert_eq!(judged(".env", &format!("STRIPE={stripe}\n")), Some(Severity::Blocker));
        assert_eq!(judged(".env", &format!("JWT_SECRET={random}\n")), Some(Severity::Blocker));
        assert_eq!(judged(".env", "DB_PASSWORD=swordfish\n"), Some(Severity::Blocker));
        assert_eq!(judged(".env.test", &format!("JWT_SECRET={random}\n")), Some(Severity::Blocker));
        assert_eq!(judged(".env", "DATABASE_HOST=db.acme.io\n"), Some(Severity::Major));
        assert_eq!(judged(".env.development", "DATABASE_HOST=localhost\n"), None);
        assert_eq!(judged("tests/fixtures/shop/.env", "DATABASE_HOST=db.acme.io\n"), None);
        assert_eq!(judged("tests/.env", &format!("STRIPE={stripe}\n")), Some(Severity::Blocker));
        assert_eq!(judged(".env", "VITE_API_URL=https://api.acme.io\n"), None);
        assert_eq!(judged(".env", "# nothing\nJWT_SECRET=\n"), None);
        assert!(!format!("{:?}", finding(".env", Some(&format!("STRIPE={stripe}\n")))).contains(&random));
    }
}
