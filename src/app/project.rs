//! Opens a project with everything that belongs to it: settings, checklists, state, session and engine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::World;
use crate::catalog::{self, Loaded};
use crate::cli::{LookOptions, OutputOptions, ProjectOptions};
use crate::engine::{self, Engine};
use crate::model::{Checklist, ProbeMeta, Settings, Theme, escape};
use crate::probe::git;
use crate::probe::registry::PROBES;
use crate::project;
use crate::session::{Msg, Notice, Session, Start};
use crate::store;

/// Every probe's description.
fn metas() -> impl Iterator<Item = &'static ProbeMeta> {
    PROBES.iter().map(|probe| probe.meta())
}

/// A project, ready to run.
pub(super) struct Opened {
    pub session: Session,
    pub engine: Engine,
    /// The number of the last row of the state that the session knows.
    pub known_rows: i64,
}

/// What to open, and how.
pub(super) struct Request<'a> {
    pub path: &'a Path,
    pub options: &'a ProjectOptions,
    pub look: &'a LookOptions,
    pub output: Option<&'a OutputOptions>,
    pub state: StatePlace,
    pub memory: Memory,
}

/// How much of what is saved a run starts from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// What people said and what probes saw.
    Everything,
    /// Only what people said: a check tells of its own runs and no others.
    AnswersOnly,
}

/// Where a project's state lies.
pub(super) enum StatePlace {
    /// Where the settings say, else in the user's data folder; made where missing.
    Usual,
    /// As before, but it must be there: nothing can be reported of a project that was never examined.
    Existing,
    /// At this place, whatever the settings say.
    At(PathBuf),
}

impl World {
    /// Opens a project. `adjust` has the last word on its settings.
    pub(super) async fn open(
        &self,
        request: Request<'_>,
        adjust: impl FnOnce(&mut Settings),
    ) -> anyhow::Result<Opened> {
        let Request { path, options, look, output, state, memory } = request;
        let root = project::root(path)?;
        let resolved = self.settings(Some(&root), options, look, output)?;
        let mut settings = resolved.settings;
        adjust(&mut settings);
        let checklists = self.checklists(&settings)?;
        let facts = match &state {
            StatePlace::At(path) => Some(path.with_extension("facts")),
            StatePlace::Usual | StatePlace::Existing => self.usual_path(&root, "facts"),
        };
        let state = match state {
            StatePlace::At(path) => path,
            StatePlace::Usual => self.state_path(&root, resolved.state)?,
            StatePlace::Existing => {
                let path = self.state_path(&root, resolved.state)?;
                anyhow::ensure!(
                    path.exists(),
                    "this project has not been examined yet; run `gonogo check` or `gonogo` first"
                );
                path
            }
        };
        let commit = git::head_commit(&root);
        let project = Arc::new(project::open(root, &settings, commit));
        let opened = store::open(&state).await?;
        let (changes, known_rows) = opened.store.changes(0).await?;
        let saved_runs = match memory {
            Memory::Everything => opened.store.latest_runs().await?,
            Memory::AnswersOnly => Vec::new(),
        };
        let changed_files = engine::changed_files(&project.root, &saved_runs);
        let now = Timestamp::now();
        let mut session = Session::new(Start {
            project: Arc::clone(&project),
            settings: settings.clone(),
            checklists,
            probes: metas().collect(),
            changes,
            saved_runs,
            changed_files,
            // Two windows opened in the same nanosecond by different processes still differ.
            instance: format!("{:x}-{:x}", now.as_nanosecond(), std::process::id()),
            now,
        });
        if let Some(aside) = opened.set_aside {
            let text =
                format!("The state file was damaged. It was kept as {}, and a new one was begun", aside.display());
            self.say(&text);
            session.update(Msg::Notice(Notice::problem(text)), now);
        }
        let engine =
            Engine::new(&PROBES, project, settings, Some(opened.store), Timestamp::now).keeping_facts_at(facts);
        Ok(Opened { session, engine, known_rows })
    }

    /// The checklists in force. Broken ones are named on stderr, and the rest is used.
    pub(super) fn checklists(&self, settings: &Settings) -> anyhow::Result<Vec<Checklist>> {
        let user = settings.config_dir.as_deref();
        let Loaded { loaded, errors } = catalog::checklists(&settings.checklists, user, &catalog::known_rules(metas()));
        if let ([error], true) = (errors.as_slice(), loaded.is_empty()) {
            anyhow::bail!("{error}");
        }
        for error in &errors {
            self.say(&error.to_string());
        }
        // What was asked for by name must not be missing from the verdict.
        anyhow::ensure!(
            !errors.iter().any(|error| error.asked_for),
            "a checklist that was asked for could not be loaded"
        );
        anyhow::ensure!(!loaded.is_empty(), "no checklist could be loaded");
        Ok(loaded)
    }

    /// Every theme. Broken ones are named on stderr, and the rest is used.
    pub(super) fn themes(&self) -> anyhow::Result<Vec<Theme>> {
        let Loaded { loaded, errors } = catalog::themes(self.folders.config.as_deref());
        for error in &errors {
            self.say(&error.to_string());
        }
        Ok(loaded)
    }

    /// A line for the user beside the result.
    pub(super) fn say(&self, line: &str) {
        // A closed stderr is no reason to stop.
        let _ = writeln!(std::io::stderr(), "gonogo: {}", escape::line(line));
    }

    fn state_path(&self, root: &Path, named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
        if let Some(named) = named {
            return Ok(named);
        }
        self.usual_path(root, "db").context("there is no home folder for the state; name a file with --state FILE")
    }

    /// A file of this kind for the project at `root` in the user's data folder.
    fn usual_path(&self, root: &Path, kind: &str) -> Option<PathBuf> {
        let data = self.folders.data.as_ref()?;
        let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let mark: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let folder = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let readable: String =
            folder.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
        Some(data.join("projects").join(format!("{readable}-{mark}.{kind}")))
    }
}
