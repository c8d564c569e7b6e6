//! Settings from every source, resolved once: defaults < the user's file < the project's `gonogo.toml` < `GONOGO_*` <
//! the command line.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::catalog::TRAITS;
use crate::cli::{FailOn, LookOptions, ProjectOptions};
use crate::model::{ProbeId, RuleId, Secret, Settings, Severity, address, escape};

pub use file::template;
use file::{ConfigFile, FailOnWord};

/// The project's configuration file.
pub const FILE_NAME: &str = "gonogo.toml";

/// A setting that cannot be used. One line that says where it stands and what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// The folders of this user.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// Configuration, checklists and themes of the user's.
    pub config: Option<PathBuf>,
    /// State and advisories.
    pub data: Option<PathBuf>,
}

impl Folders {
    /// The system's folders for this user.
    #[must_use]
    pub fn of_user() -> Self {
        let dirs = ProjectDirs::from("", "", "gonogo");
        Self {
            config: dirs.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            data: dirs.as_ref().map(|dirs| dirs.data_dir().to_owned()),
        }
    }
}

/// Where settings come from.
pub struct Sources<'a> {
    /// The project's folder, if the command has one.
    pub root: Option<&'a Path>,
    /// Options about the project.
    pub project: &'a ProjectOptions,
    /// Options about the look.
    pub look: &'a LookOptions,
    /// `--fail-on`.
    pub fail_on: Option<FailOn>,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// The user's folders.
    pub folders: &'a Folders,
    /// Every probe's name.
    pub probes: &'a [ProbeId],
    /// Every rule's name.
    pub rules: &'a BTreeSet<&'static str>,
}

/// The settings in force and the state file to use.
#[derive(Debug)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    /// The state file, if one was named.
    pub state: Option<PathBuf>,
}

/// Resolves every source into settings.
///
/// # Errors
/// On the first setting that cannot be used.
pub fn resolve(sources: &Sources<'_>) -> Result<Resolved, ConfigError> {
    let mut settings = Settings {
        config_dir: sources.folders.config.clone(),
        advisories: sources.folders.data.clone().unwrap_or_default().join("advisories"),
        ..Settings::default()
    };
    if let Some(dir) = &sources.folders.config {
        apply_file(&mut settings, file::read_optional(&dir.join("config.toml"))?);
    }
    if let Some(named) = &sources.project.config {
        apply_file(&mut settings, file::read(named)?);
    } else if let Some(root) = sources.root {
        apply_file(&mut settings, file::read_optional(&root.join(FILE_NAME))?);
    }
    let mut state = None;
    apply_env(&mut settings, &mut state, sources.env)?;
    apply_options(&mut settings, sources);
    state = sources.project.state.clone().or(state);
    validate(&settings, sources)?;
    Ok(Resolved { settings, state })
}

fn apply_file(settings: &mut Settings, file: ConfigFile) {
    let ConfigFile { urls, rows, checklists, only, skip, offline, fail_on, theme, ascii, ignore, traits, rules, keys } =
        file;
    replace(&mut settings.urls, urls);
    replace(&mut settings.checklists, checklists);
    if let Some(rows) = rows {
        settings.rows = rows;
    }
    if let Some(only) = only {
        settings.only = only.into_iter().map(ProbeId::from).collect();
    }
    if let Some(skip) = skip {
        settings.skip = skip.into_iter().map(ProbeId::from).collect();
    }
    settings.offline |= offline.unwrap_or(false);
    settings.ascii |= ascii.unwrap_or(false);
    if let Some(word) = fail_on {
        settings.fail_on = word.severity();
    }
    settings.theme = theme.or(settings.theme.take());
    settings.ignore.extend(ignore.unwrap_or_default());
    settings.traits.extend(traits.unwrap_or_default());
    settings.rules_off.extend(rules.into_iter().map(|(rule, setting)| (RuleId::from(rule), setting.off_because)));
    settings.keys.extend(keys);
}

fn replace<T>(target: &mut Vec<T>, source: Option<Vec<T>>) {
    if let Some(source) = source {
        *target = source;
    }
}

fn apply_env(
    settings: &mut Settings,
    state: &mut Option<PathBuf>,
    env: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    let get = |name: &str| env.get(name).filter(|value| !value.is_empty());
    if let Some(urls) = get("GONOGO_URL") {
        settings.urls = urls.split_whitespace().map(str::to_owned).collect();
    }
    if let Some(database) = get("GONOGO_DATABASE") {
        settings.database = Some(Secret::new(database));
    }
    if let Some(rows) = get("GONOGO_ROWS") {
        settings.rows = rows
            .parse()
            .map_err(|_| ConfigError::new(format!("GONOGO_ROWS is {rows:?}; it must be a number of rows")))?;
    }
    if let Some(word) = get("GONOGO_FAIL_ON") {
        let parsed = FailOnWord::from_word(word).ok_or_else(|| {
            ConfigError::new(format!("GONOGO_FAIL_ON is {word:?}; it must be blocker, major, minor or never"))
        })?;
        settings.fail_on = parsed.severity();
    }
    settings.offline |= get("GONOGO_OFFLINE").is_some_and(|value| value != "0");
    // The Linux console's fonts lack most marks and lines.
    settings.ascii |= env.get("TERM").is_some_and(|term| term == "linux");
    settings.ascii |= get("GONOGO_ASCII").is_some_and(|value| value != "0");
    settings.theme = get("GONOGO_THEME").cloned().or(settings.theme.take());
    if let Some(base) = get("GONOGO_OSV_URL") {
        service("GONOGO_OSV_URL", base)?;
        settings.osv_url = base.trim_end_matches('/').to_owned();
    }
    if let Some(base) = get("GONOGO_ADVISORIES_URL") {
        service("GONOGO_ADVISORIES_URL", base)?;
        settings.advisories_url.clone_from(base);
    }
    if let Some(folder) = get("GONOGO_ADVISORIES") {
        settings.advisories = folder.into();
    }
    settings.trust_roots = get("SSL_CERT_FILE").map(PathBuf::from);
    // https://no-color.org: present and not empty, whatever its value.
    settings.no_color |= get("NO_COLOR").is_some() || get("TERM").is_some_and(|term| term == "dumb");
    *state = get("GONOGO_STATE").map(PathBuf::from);
    Ok(())
}

fn apply_options(settings: &mut Settings, sources: &Sources<'_>) {
    let ProjectOptions { url, database, queries, rows, checklist, only, skip, offline, yes, state: _, config: _ } =
        sources.project;
    if !url.is_empty() {
        settings.urls.clone_from(url);
    }
    if let Some(database) = database {
        settings.database = Some(Secret::new(database));
    }
    settings.queries = queries.clone().or(settings.queries.take());
    settings.rows = rows.unwrap_or(settings.rows);
    if !checklist.is_empty() {
        settings.checklists.clone_from(checklist);
    }
    if !only.is_empty() {
        settings.only = only.iter().map(|name| ProbeId::from(name.trim())).collect();
    }
    if !skip.is_empty() {
        settings.skip = skip.iter().map(|name| ProbeId::from(name.trim())).collect();
    }
    settings.offline |= offline;
    if *yes {
        // A yes covers the advisory service and what its speaker names: on the command line, or in GONOGO_*, which keeps a
        // password out of the list of processes. An address in a project's own file is somebody else's.
        let said = |name: &str| sources.env.get(name).is_some_and(|value| !value.is_empty());
        settings.consent.insert(ProbeId::from("dependencies"));
        settings.consent.extend((!url.is_empty() || said("GONOGO_URL")).then(|| ProbeId::from("web")));
        settings.consent.extend((database.is_some() || said("GONOGO_DATABASE")).then(|| ProbeId::from("database")));
    }
    if let Some(fail_on) = sources.fail_on {
        settings.fail_on = match fail_on {
            FailOn::Blocker => Some(Severity::Blocker),
            FailOn::Major => Some(Severity::Major),
            FailOn::Minor => Some(Severity::Minor),
            FailOn::Never => None,
        };
    }
    let LookOptions { theme, no_color, ascii } = sources.look;
    settings.theme = theme.clone().or(settings.theme.take());
    settings.no_color |= no_color;
    settings.ascii |= ascii;
}

fn validate(settings: &Settings, sources: &Sources<'_>) -> Result<(), ConfigError> {
    for url in &settings.urls {
        address::parse(url).map_err(|reason| ConfigError::new(format!("the address {reason}")))?;
    }
    if let Some(database) = &settings.database {
        database_url(database.expose())?;
    }
    if settings.rows == 0 {
        return Err(ConfigError::new("rows must be at least 1: the number of rows to judge queries at (--rows)"));
    }
    if let Some(queries) = &settings.queries
        && !queries.is_file()
    {
        return Err(ConfigError::new(format!(
            "--queries {} is not a file; give a file of SQL statements",
            queries.display()
        )));
    }
    for probe in settings.only.iter().chain(&settings.skip) {
        if !sources.probes.contains(probe) {
            let known: Vec<&str> = sources.probes.iter().map(ProbeId::as_str).collect();
            let shown = escape::line(probe.as_str()).into_owned();
            return Err(ConfigError::new(format!(
                "there is no probe \"{shown}\"; the probes are {}",
                known.join(", ")
            )));
        }
    }
    if let Some(unknown) = settings.traits.iter().find(|name| !TRAITS.contains(&name.as_str())) {
        let shown = escape::line(unknown).into_owned();
        return Err(ConfigError::new(format!("there is no trait \"{shown}\"; the traits are {}", TRAITS.join(", "))));
    }
    if let Some((rule, _)) = settings.rules_off.iter().find(|(_, reason)| reason.trim().is_empty()) {
        let shown = escape::line(rule.as_str()).into_owned();
        return Err(ConfigError::new(format!(
            "the rule \"{shown}\" is turned off without a reason; say in off-because why it may be"
        )));
    }
    if let Some(pattern) = settings.ignore.iter().find(|pattern| !is_pattern(pattern)) {
        let shown = escape::line(pattern).into_owned();
        return Err(ConfigError::new(format!(
            "ignore holds \"{shown}\", which is not a pattern; write it like a line of .gitignore"
        )));
    }
    if let Some(rule) = settings.rules_off.keys().find(|rule| !sources.rules.contains(rule.as_str())) {
        let shown = escape::line(rule.as_str()).into_owned();
        return Err(ConfigError::new(format!(
            "{FILE_NAME} names the rule \"{shown}\", which does not exist; see `gonogo rules`"
        )));
    }
    Ok(())
}

/// The base of a service's addresses, which has to be whole.
fn service(name: &str, base: &str) -> Result<(), ConfigError> {
    if address::is_guessed(base) {
        return Err(ConfigError::new(format!("{name} is not a URL; write it like https://api.example.com")));
    }
    address::parse(base).map(drop).map_err(|reason| ConfigError::new(format!("{name} {reason}")))
}

fn is_pattern(text: &str) -> bool {
    ignore::gitignore::GitignoreBuilder::new("").add_line(None, text).is_ok()
}

/// Says nothing of the value itself: it may hold a password.
fn database_url(text: &str) -> Result<(), ConfigError> {
    // Which of them can be used, and how, is the probe's to say; SQLAlchemy names its driver after a plus.
    let scheme = text.split(':').next().unwrap_or_default().to_lowercase();
    match scheme.split('+').next().unwrap_or_default() {
        "postgres" | "postgresql" | "mysql" | "mysql2" | "mariadb" | "sqlite" | "file" if text.contains(':') => Ok(()),
        _ => Err(ConfigError::new(
            "the database is not a connection string; write it like postgres://user@host/name, mysql://user@host/name or sqlite:path/to/file.db",
        )),
    }
}

#[cfg(test)]
mod tests;
