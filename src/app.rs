//! The composition root: the only file that sees everything. It turns a command line into a run and a run into an
//! exit code.

mod commands;
mod lists;
mod project;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use crate::cli::{Cli, Command, Explain, LookOptions, OutputOptions, ProjectOptions};
use crate::config::{self, ConfigError, Folders, Sources};
use crate::model::{ProbeId, RuleMeta, escape};
use crate::probe::registry::PROBES;

/// Exit codes of the interface.
mod exit {
    pub(super) const GO: u8 = 0;
    pub(super) const NO_GO: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const PROBE_FAILED: u8 = 3;
    /// As Rust programs end when their main thread panics.
    pub(super) const PANICKED: u8 = 101;
    pub(super) const INTERRUPTED: u8 = 130;
}

/// Runs the program with these arguments and this environment.
#[must_use]
pub fn main(args: impl Iterator<Item = OsString>, env: impl Iterator<Item = (OsString, OsString)>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(usage(&error)),
    };
    let world = World {
        env: env.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
        folders: Folders::of_user(),
    };
    quiet_worker_panics();
    let result = run_on_its_own_thread(world, cli);
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(exit::GO),
        Err(error) => {
            let line = error.to_string();
            let _ = writeln!(io::stderr(), "gonogo: {}", escape::line(line.trim()));
            ExitCode::from(exit::USAGE)
        }
    }
}

/// The thread that carries the terminal's loop.
const LOOP_THREAD: &str = "gonogo";

/// How long a program whose terminal was closed may take to end by itself.
const AFTER_HANGUP: Duration = Duration::from_secs(3);

/// Runs the command on a thread of its own. When a terminal window is closed, reading from it may never come back (the
/// event source goes round in circles at the end of its input); the main thread then still sees the hang-up, and
/// everything that was said has been saved by the runtime's threads meanwhile.
fn run_on_its_own_thread(world: World, cli: Cli) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (done, ended) = tokio::sync::oneshot::channel();
    let handle = runtime.handle().clone();
    std::thread::Builder::new().name(LOOP_THREAD.to_owned()).spawn(move || {
        // The receiver is gone only when the main thread has given up waiting.
        let _ = done.send(handle.block_on(world.run(cli)));
    })?;
    let code = runtime.block_on(async {
        tokio::select! {
            code = ended => code.unwrap_or(Ok(exit::PANICKED)),
            () = hung_up() => Ok(exit::INTERRUPTED),
        }
    });
    // A blocking thread that is still in a system call must not hold up the exit.
    runtime.shutdown_background();
    code
}

/// Resolves some time after the terminal was closed.
async fn hung_up() {
    #[cfg(unix)]
    if let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        hangup.recv().await;
        tokio::time::sleep(AFTER_HANGUP).await;
        return;
    }
    std::future::pending().await
}

/// A probe that panics on a worker thread becomes an outcome; the engine tells its story, not a backtrace on the screen.
fn quiet_worker_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if matches!(std::thread::current().name(), Some("main" | LOOP_THREAD)) {
            usual(info);
        }
    }));
}

/// Says what is wrong with the arguments in one line; help and version in clap's own words.
fn usage(error: &clap::Error) -> u8 {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
        let _ = error.print();
    } else {
        let text = error.to_string();
        let said: Vec<&str> = (text.lines().map(str::trim))
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
            .filter(|line| !line.is_empty())
            .map(|line| line.trim_start_matches("error: "))
            .collect();
        let _ = writeln!(io::stderr(), "gonogo: {}; see --help", escape::line(&said.join("; ")));
    }
    if error.use_stderr() { exit::USAGE } else { exit::GO }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let kind = kind.or_else(|| error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind));
    kind == Some(io::ErrorKind::BrokenPipe)
}

/// What surrounds a run.
struct World {
    env: BTreeMap<String, String>,
    folders: Folders,
}

impl World {
    async fn run(&self, cli: Cli) -> anyhow::Result<u8> {
        match cli.command {
            None => self.workbench(&cli.workbench.path, &cli.workbench.project, &cli.workbench.look).await,
            Some(Command::Demo(demo)) => self.demo(demo).await,
            Some(Command::Check(check)) => self.check(check).await,
            Some(Command::Report(args)) => self.report(args).await,
            Some(Command::Explain(Explain { prompt: Some(print), project, state, .. })) => {
                self.prompt(&print, &project, state).await
            }
            Some(Command::Explain(args)) => {
                let settings = self.settings(None, &ProjectOptions::default(), &LookOptions::default(), None)?.settings;
                lists::explain(
                    args.id.as_deref().unwrap_or_default(),
                    args.format,
                    &self.checklists(&settings)?,
                    &mut io::stdout().lock(),
                )
            }
            Some(Command::Rules(args)) => lists::rules(args.format, &mut io::stdout().lock()),
            Some(Command::Checklists(args)) => {
                let options = ProjectOptions { checklist: args.checklist, ..ProjectOptions::default() };
                let settings = self.settings(None, &options, &LookOptions::default(), None)?.settings;
                lists::checklists(args.format, &self.checklists(&settings)?, &mut io::stdout().lock())
            }
            Some(Command::Themes(args)) => lists::themes(args.format, &self.themes()?, &mut io::stdout().lock()),
            Some(Command::Advisories(command)) => self.advisories(command).await,
            Some(Command::Init(args)) => self.init(&args.path, args.print),
            Some(Command::Completions { shell }) => {
                // Into memory first: it panics where it cannot write.
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "gonogo", &mut script);
                io::stdout().lock().write_all(&script)?;
                Ok(exit::GO)
            }
            Some(Command::Man) => {
                clap_mangen::Man::new(Cli::command()).render(&mut io::stdout().lock())?;
                Ok(exit::GO)
            }
        }
    }

    fn settings(
        &self,
        root: Option<&Path>,
        project: &ProjectOptions,
        look: &LookOptions,
        output: Option<&OutputOptions>,
    ) -> Result<config::Resolved, ConfigError> {
        let probes: Vec<ProbeId> = PROBES.iter().map(|probe| probe.meta().id.clone()).collect();
        config::resolve(&Sources {
            root,
            project,
            look,
            fail_on: output.and_then(|output| output.fail_on),
            env: &self.env,
            folders: &self.folders,
            probes: &probes,
            rules: &rule_ids(),
        })
    }
}

/// Every rule of every probe.
fn all_rules() -> impl Iterator<Item = (&'static ProbeId, &'static RuleMeta)> {
    PROBES.iter().flat_map(|probe| probe.meta().rules.iter().map(|rule| (&probe.meta().id, *rule)))
}

fn rule_ids() -> BTreeSet<&'static str> {
    all_rules().map(|(_, rule)| rule.id).collect()
}
