//! Settings files: what they hold is named, never shown.

use serde_json::Value;

use super::{Answer, Found, few, json, plain};
use crate::model::Severity::{Blocker, Major, Minor};
use crate::probe::secrets::placeholder::is_placeholder;
use crate::probe::secrets::{assignment, keys};

/// So many names are shown.
const SHOWN: usize = 6;

/// An environment file: lines of `NAME=value` and comments, nothing else.
pub fn env(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let mut names = Vec::new();
    let mut secret = Vec::new();
    let mut others = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((name, value)) = variable(line) else {
            others += 1;
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        if is_secret(name, value) || is_named_secret(name, value) {
            secret.push(name.to_owned());
        }
        names.push(name.to_owned());
    }
    // Values of several lines (private keys) are written without a name.
    let mostly = names.len() * 3 >= others || text.contains("-----BEGIN ");
    let shouted = names.iter().any(|name| name.len() >= 3 && name.bytes().all(|b| !b.is_ascii_lowercase()));
    if names.is_empty() || !mostly || !shouted {
        return None;
    }
    let count = match names.len() {
        1 => "one variable".to_owned(),
        many => format!("{many} variables"),
    };
    Some(if secret.is_empty() {
        Found::new(Major, format!("an environment file with {count}")).detail(format!("names: {}", few(&names, SHOWN)))
    } else {
        Found::new(Blocker, format!("an environment file with {count}, secrets among them"))
            .detail(format!("secrets: {}", few(&secret, SHOWN)))
    })
}

/// Long, and named so: whatever it looks like, it is not there for an example, whose file has another name.
fn is_named_secret(name: &str, value: &str) -> bool {
    const LONG: usize = 12;
    let name = name.to_ascii_uppercase();
    value.len() >= LONG && ["SECRET", "PASSWORD", "PRIVATE_KEY"].iter().any(|word| name.contains(word))
}

fn variable(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let first = name.bytes().next()?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    ((first.is_ascii_alphabetic() || first == b'_') && plain).then_some((name, value))
}

/// In a file of settings even a weak password counts, since the file says that it is one.
fn is_secret(name: &str, value: &str) -> bool {
    if value.len() < 4 || is_placeholder(value) {
        return false;
    }
    assignment::is_secret_name(name) || assignment::judge(name, value).is_some() || !keys::find(value).is_empty()
}

/// `.git/HEAD`: a branch, or a commit (gitrepository-layout(5)).
pub fn git_head(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?.trim();
    let commit = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let branch =
        text.strip_prefix("ref: refs/").is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    (commit || branch).then(|| {
        Found::new(Blocker, "the head of a git repository")
            .detail("your source code and its history can be downloaded from /.git/")
    })
}

/// `.git/config` (git-config(1)).
pub fn git_config(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let line = |start: &str| text.lines().any(|line| line.trim().starts_with(start));
    if !line("[core]") || !(line("repositoryformatversion") || line("[remote ") || line("bare")) {
        return None;
    }
    let found = Found::new(Blocker, "the settings of a git repository");
    let with_key = text
        .lines()
        .filter(|line| line.trim().starts_with("url"))
        .any(|line| line.contains("://") && line.contains('@'));
    Some(if with_key { found.detail("the address of its remote holds a user name or a token") } else { found })
}

/// `.svn/entries`: the number of the format, alone since Subversion 1.7.
pub fn svn_entries(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let old = ["8\n\ndir\n", "9\n\ndir\n", "10\n\ndir\n"].iter().any(|start| text.starts_with(start));
    (old || text == "12\n").then(|| Found::new(Blocker, "the working copy of a Subversion repository"))
}

/// Credentials of the AWS command line.
pub fn aws_credentials(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let line = |name: &str| {
        text.lines().any(|line| line.trim().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')))
    };
    (text.lines().any(|line| line.trim().starts_with('[')) && line("aws_secret_access_key"))
        .then(|| Found::new(Blocker, "credentials of the AWS command line"))
}

/// npm's settings, if they hold a token (npmrc, "Auth related configuration").
pub fn npmrc(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let token = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])).any(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim();
            let value = value.trim().trim_matches('"');
            (name.ends_with("_authToken") || name.ends_with("_auth") || name.ends_with(":_password"))
                && value.len() >= 8
                && !is_placeholder(value)
        })
    });
    token.then(|| Found::new(Blocker, "settings of npm with an access token"))
}

/// A WordPress configuration that is not run but sent.
pub fn wp_config(answer: &Answer) -> Option<Found> {
    let text = &answer.text;
    let code = answer.is_success() && text.trim_start().starts_with("<?php");
    (code && text.contains("define(") && text.contains("DB_PASSWORD"))
        .then(|| Found::new(Blocker, "the settings of WordPress with the database's password"))
}

/// A JSON file of settings, if a secret stands in it: front ends read a public one from the same address.
pub fn config_json(answer: &Answer) -> Option<Found> {
    let object = json(answer)?;
    let mut secret = Vec::new();
    collect_secrets("", &Value::Object(object), 0, &mut secret);
    (!secret.is_empty())
        .then(|| Found::new(Blocker, "settings with secrets").detail(format!("secrets: {}", few(&secret, SHOWN))))
}

/// The names of values that look like real secrets.
fn collect_secrets(name: &str, value: &Value, depth: usize, secret: &mut Vec<String>) {
    if depth > 8 || secret.len() >= 50 {
        return;
    }
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| collect_secrets(name, value, depth + 1, secret));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_secrets(name, value, depth + 1, secret)),
        Value::String(text) => {
            // A public settings file names API keys of maps and the like: a name alone proves nothing there.
            let lower = name.to_ascii_lowercase();
            let told = ["secret", "password", "passwd", "private"].iter().any(|word| lower.contains(word));
            if told && assignment::judge(name, text).is_some()
                || keys::find(text).iter().any(super::super::secrets::counts)
            {
                secret.push(name.to_owned());
            }
        }
        _ => {}
    }
}

/// A compose file.
pub fn compose(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let top = |name: &str| text.lines().any(|line| line.starts_with(name));
    let inside = |name: &str| text.lines().any(|line| line.starts_with([' ', '\t']) && line.trim().starts_with(name));
    if !top("services:") || !(inside("image:") || inside("build:")) {
        return None;
    }
    let mut secret: Vec<String> = assignment::bare(text)
        .into_iter()
        .filter(|given| {
            text.get(given.value.clone()).is_some_and(|value| assignment::judge(&given.name, value).is_some())
        })
        .map(|given| given.name)
        .collect();
    secret.dedup();
    Some(if secret.is_empty() {
        Found::new(Minor, "the compose file of your containers")
    } else {
        Found::new(Blocker, "the compose file of your containers, secrets in it")
            .detail(format!("secrets: {}", few(&secret, SHOWN)))
    })
}

/// A Dockerfile.
pub fn dockerfile(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let line = |start: &str| text.lines().any(|line| line.starts_with(start));
    (line("FROM ") && ["RUN ", "CMD ", "COPY ", "ENTRYPOINT ", "WORKDIR "].iter().any(|start| line(start)))
        .then(|| Found::new(Minor, "the Dockerfile of your app"))
}

/// npm's manifest.
pub fn package_json(answer: &Answer) -> Option<Found> {
    let object = json(answer)?;
    let is = |name: &str| object.get(name).is_some_and(Value::is_object);
    (is("dependencies") || is("devDependencies"))
        .then(|| Found::new(Minor, "the manifest of your app with its packages"))
}

/// Composer's manifest.
pub fn composer_json(answer: &Answer) -> Option<Found> {
    let object = json(answer)?;
    object
        .get("require")
        .is_some_and(Value::is_object)
        .then(|| Found::new(Minor, "the manifest of your app with its packages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "q7Zt2LmX9vRb4KpN8sWd";

    fn text(body: &str) -> Answer {
        Answer::with("/x", 200, "text/plain", body.as_bytes())
    }

    #[test]
    fn an_environment_file_is_known_by_its_lines() {
        let file = format!(
            "# shop\nNODE_ENV=production\nexport PORT=80\nSTRIPE_SECRET_KEY=\"{RANDOM}\"\nDB_PASSWORD=swordfish\n"
        );
        let found = env(&text(&file)).unwrap();
        assert_eq!(
            (found.severity, found.words.as_str()),
            (Some(Blocker), "an environment file with 4 variables, secrets among them")
        );
        assert_eq!(found.details, ["secrets: STRIPE_SECRET_KEY, DB_PASSWORD"]);
        let octets = Answer::with("/.env", 200, "application/octet-stream", file.as_bytes());
        assert_eq!(env(&octets).unwrap().severity, Some(Blocker));
        assert_eq!(env(&text("NODE_ENV=production\nSECRET_KEY=changeme\n")).unwrap().severity, Some(Major));
        for other in [
            "Not found: /.env",
            "error=not_found",
            "path = /.env",
            "How to write a .env file\n\nWrite the names and values\ninto it like this:\nPORT=80\nand start the app\nagain after that",
            "{\"PORT\":80}",
            "",
        ] {
            assert_eq!(env(&text(other)), None, "{other}");
        }
        let blog = format!("<html><body><pre>{file}</pre></body></html>");
        assert_eq!(env(&text(&blog)), None);
        assert_eq!(env(&Answer::with("/.env", 200, "text/html", file.as_bytes())), None, "a page, whatever it says");
    }

    #[test]
    fn repositories_are_known_by_their_files() {
        assert!(git_head(&text("ref: refs/heads/main\n")).is_some());
        assert!(git_head(&text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\n")).is_some());
        for other in ["ref: refs/", "ref: refs/heads/main is the branch", "main", "HEAD"] {
            assert!(git_head(&text(other)).is_none(), "{other}");
        }
        assert!(git_config(&text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")).is_some());
        let key =
            "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://ann:swordfish@git.example.com/shop.git\n";
        let found = git_config(&text(key)).unwrap();
        assert_eq!(found.details.len(), 1);
        assert!(!format!("{found:?}").contains("swordfish"));
        assert!(git_config(&text("[core] is a section")).is_none());
        assert!(svn_entries(&text("12\n")).is_some());
        assert!(svn_entries(&text("12")).is_none() && svn_entries(&text("404\n")).is_none());
    }

    #[test]
    fn settings_count_by_the_secrets_in_them() {
        let json = |body: &str| Answer::with("/config.json", 200, "application/json", body.as_bytes());
        assert!(config_json(&json(&format!("{{\"db\":{{\"password\":\"{RANDOM}\"}}}}"))).is_some());
        for public in [
            format!(
                "{{\"apiUrl\":\"/api\",\"apiKey\":\"{RANDOM}\",\"sentry\":\"https://{RANDOM}@o1.ingest.sentry.io/2\"}}"
            ),
            "{\"password\":\"Your password\",\"theme\":\"dark\"}".to_owned(),
            "{\"clientSecret\":\"changeme\"}".to_owned(),
        ] {
            assert_eq!(config_json(&json(&public)), None, "{public}");
        }
        assert!(npmrc(&text(&format!("//registry.example.com/:_authToken={RANDOM}\n"))).is_some());
        assert!(npmrc(&text("//registry.example.com/:_authToken=${NPM_TOKEN}\nsave-exact=true\n")).is_none());
        assert!(
            aws_credentials(&text(&format!("[default]\naws_access_key_id = x\naws_secret_access_key = {RANDOM}\n")))
                .is_some()
        );
        assert!(aws_credentials(&text("[default] aws_secret_access_key is missing")).is_none());
        let php = "<?php\ndefine('DB_PASSWORD', 'swordfish');";
        assert!(
            wp_config(&Answer::with("/wp-config.php.bak", 200, "application/octet-stream", php.as_bytes())).is_some()
        );
        assert!(wp_config(&text("<p>define( 'DB_PASSWORD'")).is_none());
    }

    #[test]
    fn project_files_are_small_matters_unless_they_hold_a_secret() {
        assert_eq!(dockerfile(&text("FROM node:22\nRUN npm ci\n")).unwrap().severity, Some(Minor));
        assert!(dockerfile(&text("FROM our family to yours\n")).is_none());
        let compose_file = "services:\n  db:\n    image: postgres\n";
        assert_eq!(compose(&text(compose_file)).unwrap().severity, Some(Minor));
        let with = format!("{compose_file}    environment:\n      POSTGRES_PASSWORD: {RANDOM}\n");
        assert_eq!(compose(&text(&with)).unwrap().severity, Some(Blocker));
        assert!(compose(&text("services: we build images\n")).is_none());
        assert!(package_json(&text("{\"name\":\"shop\",\"dependencies\":{\"next\":\"15\"}}")).is_some());
        assert!(package_json(&text("{\"dependencies\":3}")).is_none());
        assert!(composer_json(&text("{\"require\":{\"php\":\"8\"}}")).is_some());
    }
}
