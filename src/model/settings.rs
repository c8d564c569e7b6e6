//! What the user wants, resolved once by `config` from every source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{ProbeId, RuleId, Secret, Severity};

/// Settings in force for a run. Built by `config`, changed only by the user's consent.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Addresses to examine (`--url`).
    pub urls: Vec<String>,
    /// The database to examine (`--database`).
    pub database: Option<Secret>,
    /// A file of SQL statements to examine as well (`--queries`).
    pub queries: Option<PathBuf>,
    /// The table size to judge queries at, in rows (`--rows`).
    pub rows: u64,
    /// Checklists by name or file; empty: the embedded ones and the user's.
    pub checklists: Vec<String>,
    /// Probes to run; empty: all.
    pub only: BTreeSet<ProbeId>,
    /// Probes to leave out.
    pub skip: BTreeSet<ProbeId>,
    /// Nothing is sent beyond this machine.
    pub offline: bool,
    /// Probes that touch the network or a database and that the user has allowed.
    pub consent: BTreeSet<ProbeId>,
    /// Exit with 1 when something at or above this is wrong; `None`: never.
    pub fail_on: Option<Severity>,
    /// Rules that the project's configuration turns off, each with its reason.
    pub rules_off: BTreeMap<RuleId, String>,
    /// Paths of the project to leave out, in gitignore syntax.
    pub ignore: Vec<String>,
    /// Traits that the configuration adds to those detected.
    pub traits: Vec<String>,
    /// Base of an OSV-compatible API (`GONOGO_OSV_URL`).
    pub osv_url: String,
    /// Base of an OSV export with an `all.zip` for each ecosystem (`GONOGO_ADVISORIES_URL`).
    pub advisories_url: String,
    /// The folder of the imported advisories.
    pub advisories: PathBuf,
    /// Extra trust roots, PEM (`SSL_CERT_FILE`).
    pub trust_roots: Option<PathBuf>,
    /// The theme by name; `None`: chosen by the terminal's background.
    pub theme: Option<String>,
    /// No colour at all (`NO_COLOR`, `--no-color`).
    pub no_color: bool,
    /// Only ASCII characters are drawn.
    pub ascii: bool,
    /// Key bindings that the user changed: action to key.
    pub keys: BTreeMap<String, String>,
    /// Where the user's own checklists and themes lie.
    pub config_dir: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            database: None,
            queries: None,
            rows: 100_000,
            checklists: Vec::new(),
            only: BTreeSet::new(),
            skip: BTreeSet::new(),
            offline: false,
            consent: BTreeSet::new(),
            fail_on: Some(Severity::Blocker),
            rules_off: BTreeMap::new(),
            ignore: Vec::new(),
            traits: Vec::new(),
            osv_url: "https://api.osv.dev".to_owned(),
            // https://google.github.io/osv.dev/data/#data-dumps
            advisories_url: "https://osv-vulnerabilities.storage.googleapis.com".to_owned(),
            advisories: PathBuf::new(),
            trust_roots: None,
            theme: None,
            no_color: false,
            ascii: false,
            keys: BTreeMap::new(),
            config_dir: None,
        }
    }
}

impl Settings {
    /// Whether `probe` was selected.
    #[must_use]
    pub fn selects(&self, probe: &ProbeId) -> bool {
        (self.only.is_empty() || self.only.contains(probe)) && !self.skip.contains(probe)
    }
}
