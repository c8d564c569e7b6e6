//! `gonogo.toml` and the user's `config.toml`: one form.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::ConfigError;
use crate::model::{OfferTarget, Project, Severity, escape};

/// What a configuration file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ConfigFile {
    pub urls: Option<Vec<String>>,
    pub rows: Option<u64>,
    pub checklists: Option<Vec<String>>,
    pub only: Option<Vec<String>>,
    pub skip: Option<Vec<String>>,
    pub offline: Option<bool>,
    pub fail_on: Option<FailOnWord>,
    pub theme: Option<String>,
    pub ascii: Option<bool>,
    pub ignore: Option<Vec<String>>,
    pub traits: Option<Vec<String>>,
    #[serde(default)]
    pub rules: BTreeMap<String, RuleSetting>,
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
}

/// `[rules.<id>]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleSetting {
    pub off_because: String,
}

/// `fail-on`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FailOnWord {
    Blocker,
    Major,
    Minor,
    Never,
}

impl FailOnWord {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "blocker" => Self::Blocker,
            "major" => Self::Major,
            "minor" => Self::Minor,
            "never" => Self::Never,
            _ => return None,
        })
    }

    pub(super) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Blocker => Some(Severity::Blocker),
            Self::Major => Some(Severity::Major),
            Self::Minor => Some(Severity::Minor),
            Self::Never => None,
        }
    }
}

/// More than any configuration needs.
const MOST_BYTES: u64 = 1024 * 1024;

/// A file that must be there. Only regular files are opened, so that a named pipe cannot hold up the start.
pub(super) fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    let refused = |why: String| ConfigError::new(format!("{} {why}", shown(path)));
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => refused("does not exist; write one with `gonogo init`".to_owned()),
        io::ErrorKind::InvalidData => refused("is not UTF-8 text; save it as UTF-8".to_owned()),
        _ => refused(format!("cannot be read: {error}; check its permissions")),
    };
    let found = fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(refused("is not a file; put a gonogo.toml there, or remove it".to_owned()));
    }
    if found.len() > MOST_BYTES {
        return Err(refused("is larger than 1 MB, which no configuration is; check the name".to_owned()));
    }
    parse(path, &fs::read_to_string(path).map_err(unreadable)?)
}

/// A file that may be there.
pub(super) fn read_optional(path: &Path) -> Result<ConfigFile, ConfigError> {
    match fs::metadata(path) {
        // The second: a home folder such as /dev/null, which accounts without one have.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(ConfigFile::default())
        }
        _ => read(path),
    }
}

fn parse(path: &Path, text: &str) -> Result<ConfigFile, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
        let reason = error.message().lines().next().unwrap_or("it is not valid TOML").to_owned();
        ConfigError::new(format!("{}:{line}: {}; mend that line and try again", shown(path), escape::line(&reason)))
    })
}

fn shown(path: &Path) -> String {
    escape::line(&path.to_string_lossy()).into_owned()
}

/// A commented `gonogo.toml` for a project, everything in it optional.
#[must_use]
pub fn template(project: &Project) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let urls: Vec<String> = (project.offers.iter())
        .filter_map(|offer| match &offer.target {
            OfferTarget::Url(url) => Some(quoted(url)),
            OfferTarget::Database(_) => None,
        })
        .collect();
    let urls = if urls.is_empty() { "\"https://shop.example.com\"".to_owned() } else { urls.join(", ") };
    let stack =
        if project.stack.is_empty() { "nothing that gonogo knows".to_owned() } else { project.stack.join(", ") };
    let traits: Vec<&str> = project.traits.iter().map(String::as_str).collect();
    format!(
        "# gonogo: will it survive production?
# Every line is optional; what starts with # is the default or an example. Nothing here is sent anywhere.
# Detected: {stack}
# Traits:   {traits}

# Addresses of the deployed app. They are only looked at after you allow it.
# urls = [{urls}]

# Queries are judged as if every table had this many rows.
# rows = 100000

# Checklists by name or file; see `gonogo checklists`.
# checklists = [\"production\", \"ai-built\"]

# Probes to run, or to leave out: source, secrets, environment, repository, dependencies, database, web.
# only = []
# skip = []

# Send nothing beyond this machine.
# offline = false

# Exit with 1 when something of this severity fails or is unknown: blocker, major, minor or never.
# fail-on = \"blocker\"

# Files to leave out, in the syntax of .gitignore.
# ignore = [\"legacy/\"]

# What the project has besides what was detected; it decides which items apply.
# traits = [\"payments\"]

# A rule can be turned off, with a reason that stands in the report.
# [rules.swallowed-error]
# off-because = \"reviewed on 2026-11-01; every catch is deliberate\"
",
        traits = if traits.is_empty() { "none".to_owned() } else { traits.join(", ") },
    )
}
