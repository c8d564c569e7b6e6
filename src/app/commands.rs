//! The commands that work on a project.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::project::{Memory, Opened, Request, StatePlace};
use super::{World, exit};
use crate::cli::{Advisories, Check, Demo, Format, ListFormat, LookOptions, OutputOptions, ProjectOptions, ReportArgs};
use crate::config;
use crate::demo::DemoProject;
use crate::engine;
use crate::headless;
use crate::model::{Outcome, Report, Settings, escape, redact};
use crate::probe::dependencies::store as advisories;
use crate::probe::packages::Ecosystem;
use crate::probe::{files, git};
use crate::project;
use crate::report::{self, TextOptions};
use crate::session::Session;
use crate::tui;

impl World {
    /// `gonogo [PATH]`
    pub(super) async fn workbench(
        &self,
        path: &Path,
        options: &ProjectOptions,
        look: &LookOptions,
    ) -> anyhow::Result<u8> {
        tui::require_terminal()?;
        let request =
            Request { path, options, look, output: None, state: StatePlace::Usual, memory: Memory::Everything };
        let opened = self.open(request, |_| {}).await?;
        self.show(opened).await
    }

    /// `gonogo check`
    pub(super) async fn check(&self, check: Check) -> anyhow::Result<u8> {
        let Check { path, project, output, look } = check;
        let request = Request {
            path: &path,
            options: &project,
            look: &look,
            output: Some(&output),
            state: StatePlace::Usual,
            memory: Memory::AnswersOnly,
        };
        let opened = self.open(request, |_| {}).await?;
        self.run_headless(opened, &output).await
    }

    /// `gonogo demo`
    pub(super) async fn demo(&self, demo: Demo) -> anyhow::Result<u8> {
        let Demo { check, output, look } = demo;
        if !check {
            tui::require_terminal()?;
        }
        let sample = DemoProject::start().await;
        let sample = sample.map_err(|error| anyhow::anyhow!("the sample app could not be started: {error}"))?;
        let request = Request {
            path: &sample.root(),
            options: &ProjectOptions::default(),
            look: &look,
            output: Some(&output),
            state: StatePlace::At(sample.state()),
            memory: Memory::AnswersOnly,
        };
        let opened = self.open(request, |settings| sample.adjust(settings)).await?;
        let code = if check { self.run_headless(opened, &output).await } else { self.show(opened).await };
        // Dropped only now: the folder and the server live as long as the run.
        drop(sample);
        code
    }

    /// `gonogo report`
    pub(super) async fn report(&self, args: ReportArgs) -> anyhow::Result<u8> {
        let ReportArgs { path, checklist, state, config, output, look } = args;
        let options = ProjectOptions { checklist, state, config, ..ProjectOptions::default() };
        let request = Request {
            path: &path,
            options: &options,
            look: &look,
            output: Some(&output),
            state: StatePlace::Existing,
            memory: Memory::Everything,
        };
        let opened = self.open(request, |_| {}).await?;
        let Opened { session, engine, .. } = opened;
        engine.close().await;
        self.write(&session, &output)?;
        Ok(verdict_code(&session))
    }

    /// `gonogo explain --prompt FINGERPRINT`
    pub(super) async fn prompt(&self, print: &str, path: &Path, state: Option<PathBuf>) -> anyhow::Result<u8> {
        let options = ProjectOptions { state, ..ProjectOptions::default() };
        let request = Request {
            path,
            options: &options,
            look: &LookOptions::default(),
            output: None,
            state: StatePlace::Existing,
            memory: Memory::Everything,
        };
        let Opened { session, engine, .. } = self.open(request, |_| {}).await?;
        let findings = session.findings();
        let mut known = findings.iter().filter(|finding| finding.fingerprint.as_str().starts_with(print));
        let found = known.next().filter(|_| print.len() >= 4);
        let Some(finding) = found else {
            anyhow::bail!("the last run saw no finding \"{print}\"; `gonogo report --format json` lists them all")
        };
        anyhow::ensure!(known.next().is_none(), "several findings begin with \"{print}\"; give more of its digits");
        let rule = super::all_rules().map(|(_, rule)| rule).find(|rule| rule.id == finding.rule.as_str());
        let text = engine.prompt((*finding).clone(), rule).await;
        engine.close().await;
        io::stdout().lock().write_all(text.as_bytes())?;
        Ok(exit::GO)
    }

    /// `gonogo init`
    pub(super) fn init(&self, path: &Path, print: bool) -> anyhow::Result<u8> {
        let root = project::root(path)?;
        let commit = git::head_commit(&root);
        let text = config::template(&project::open(root.clone(), &Settings::default(), commit));
        if print {
            io::stdout().write_all(text.as_bytes())?;
            return Ok(exit::GO);
        }
        let file = root.join(config::FILE_NAME);
        let mut out = match std::fs::File::create_new(&file) {
            Ok(out) => out,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                anyhow::bail!(
                    "{} is there already and was left as it is; see a fresh one with --print",
                    config::FILE_NAME
                )
            }
            Err(error) => anyhow::bail!("{} cannot be written: {error}; see it with --print", file.display()),
        };
        out.write_all(text.as_bytes())?;
        self.say(&format!("wrote {}", file.display()));
        Ok(exit::GO)
    }

    /// `gonogo advisories`
    pub(super) async fn advisories(&self, command: Advisories) -> anyhow::Result<u8> {
        let settings = self.settings(None, &ProjectOptions::default(), &LookOptions::default(), None)?.settings;
        match command {
            Advisories::Status { format } => {
                let known = advisories::status(&settings.advisories)?;
                super::lists::advisories(format == ListFormat::Json, &known, Timestamp::now(), &mut io::stdout().lock())
            }
            Advisories::Update { from, sources, ecosystems, yes } => {
                let sources: Vec<PathBuf> = from.into_iter().chain(sources).collect();
                let ecosystems =
                    if sources.is_empty() { self.ecosystems(&ecosystems, &settings, yes)? } else { BTreeSet::new() };
                let update = advisories::Update {
                    sources,
                    ecosystems,
                    export_url: settings.advisories_url.clone(),
                    trust_roots: settings.trust_roots.clone(),
                    now: Timestamp::now(),
                };
                let cancel = CancellationToken::new();
                let stop = cancel.clone();
                tokio::spawn(async move {
                    interrupt().await;
                    stop.cancel();
                });
                let progress = Arc::new(|line: &str| {
                    let _ = writeln!(io::stderr(), "{line}");
                });
                let result = advisories::update(update, &settings.advisories, &cancel, progress).await;
                if cancel.is_cancelled() {
                    return Ok(exit::INTERRUPTED);
                }
                let done = result?;
                if done.unusable > 0 {
                    self.say(&format!("{} records could not be read and are missing", done.unusable));
                }
                for one in done.imported {
                    if one.replaced {
                        self.say(&format!(
                            "{}: the copy that was there was damaged, so these replace it",
                            one.ecosystem
                        ));
                    }
                    writeln!(
                        io::stdout(),
                        "{}: {} advisories, {} of them read now",
                        one.ecosystem,
                        one.advisories,
                        one.read
                    )?;
                }
                Ok(exit::GO)
            }
        }
    }

    /// Whose advisories to download, and whether that may be: those named, or else those that the project in this folder
    /// has packages of and those that are there already; all where nothing tells.
    fn ecosystems(&self, named: &[String], settings: &Settings, yes: bool) -> anyhow::Result<BTreeSet<Ecosystem>> {
        let mut wanted = BTreeSet::new();
        for name in named {
            let known = Ecosystem::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name));
            match known {
                Some(ecosystem) => wanted.extend([ecosystem]),
                None if name.eq_ignore_ascii_case("all") => wanted.extend(Ecosystem::ALL),
                None => {
                    let all = Ecosystem::ALL.map(Ecosystem::name).join(", ");
                    anyhow::bail!("{} is no ecosystem; there are {all}, and `all`", escape::line(name))
                }
            }
        }
        if wanted.is_empty() {
            let listing = files::list(Path::new("."), &settings.ignore, &CancellationToken::new());
            wanted = advisories::needed(&listing);
            wanted.extend(advisories::held(&settings.advisories));
        }
        if wanted.is_empty() {
            wanted.extend(Ecosystem::ALL);
        }
        let names = wanted.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
        anyhow::ensure!(
            yes,
            "this downloads the advisories for {names} from {}, up to some hundred megabytes; allow it with --yes, choose \
             with --ecosystem, or import files that you have with --from",
            redact::url(&settings.advisories_url)
        );
        anyhow::ensure!(
            !settings.offline,
            "GONOGO_OFFLINE is set, so nothing is downloaded; import files that you have with --from"
        );
        self.say(&format!("downloading the advisories for {names}; choose others with --ecosystem"));
        Ok(wanted)
    }

    async fn show(&self, opened: Opened) -> anyhow::Result<u8> {
        let Opened { session, mut engine, known_rows } = opened;
        engine.watch_state(known_rows);
        engine.watch_files();
        let settings = session.settings();
        let look = tui::Look {
            themes: self.themes()?,
            theme: settings.theme.clone(),
            no_color: settings.no_color,
            ascii: settings.ascii,
            keys: settings.keys.clone(),
        };
        Ok(match tui::run(session, engine, look, Timestamp::now).await? {
            tui::Ended::Quit => exit::GO,
            tui::Ended::Interrupted => exit::INTERRUPTED,
        })
    }

    async fn run_headless(&self, opened: Opened, output: &OutputOptions) -> anyhow::Result<u8> {
        let Opened { session, engine, .. } = opened;
        let mut quiet = io::sink();
        let mut stderr = io::stderr();
        let progress: &mut dyn Write = if output.quiet { &mut quiet } else { &mut stderr };
        let done = headless::run(session, engine, Timestamp::now, progress, interrupt()).await;
        if done.interrupted {
            self.say("interrupted; what was said and found until now is kept");
            return Ok(exit::INTERRUPTED);
        }
        self.write(&done.session, output)?;
        if done.session.runs().iter().filter_map(|run| run.outcome()).any(Outcome::failed) {
            return Ok(exit::PROBE_FAILED);
        }
        Ok(verdict_code(&done.session))
    }

    fn write(&self, session: &Session, output: &OutputOptions) -> anyhow::Result<()> {
        let data = session.report();
        let settings = session.settings();
        let to_file = output.output.is_some();
        let text = TextOptions {
            color: !to_file && !settings.no_color && io::stdout().is_terminal(),
            ascii: settings.ascii,
            verbose: output.verbose,
        };
        match &output.output {
            None => match format(&data, output.format, text, &mut io::stdout().lock()) {
                // Somebody who reads only the first lines still gets the verdict as the exit code.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                result => result.map_err(|error| {
                    anyhow::anyhow!("the result cannot be written: {error}; name another place for it with -o")
                })?,
            },
            Some(path) => {
                engine::write_whole(path, |out| format(&data, output.format, text, out)).map_err(|error| {
                    anyhow::anyhow!("{} cannot be written: {error}; name another file with -o", path.display())
                })?;
            }
        }
        Ok(())
    }
}

fn format(data: &Report, format: Format, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => report::text(data, options, out),
        Format::Json => report::json(data, out),
        Format::Markdown => report::markdown(data, out),
    }
}

fn verdict_code(session: &Session) -> u8 {
    let open = session.settings().fail_on.is_some_and(|severity| session.anything_open(severity));
    if open { exit::NO_GO } else { exit::GO }
}

/// Resolves when a person or the system asks the program to stop.
async fn interrupt() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
