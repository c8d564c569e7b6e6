//! The command line. Parsing only: what the options mean together is decided in `config`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Will it survive production? A terminal workbench that answers go or no-go, with evidence.
#[derive(Debug, Parser)]
#[command(name = "gonogo", version, about, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    /// What to do; without a command the workbench opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The workbench's own arguments.
    #[command(flatten)]
    pub workbench: Workbench,
}

/// Everything but opening the workbench.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything on a small flawed shop app that gonogo carries; needs no network and leaves nothing behind
    Demo(Demo),
    /// Run every probe without the workbench and print the result
    Check(Check),
    /// Write the report from the saved state, without running the probes again
    Report(ReportArgs),
    /// Explain a rule or a checklist item
    Explain(Explain),
    /// List every rule
    Rules(Listing),
    /// List every checklist with its items
    Checklists(ChecklistListing),
    /// List every theme
    Themes(Listing),
    /// Keep a copy of the vulnerability database for offline use
    #[command(subcommand)]
    Advisories(Advisories),
    /// Write a commented gonogo.toml from what was detected
    Init(Init),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `gonogo [PATH]`
#[derive(Debug, Args)]
pub struct Workbench {
    /// The folder of the project
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Shared options.
    #[command(flatten)]
    pub project: ProjectOptions,
    /// Shared options.
    #[command(flatten)]
    pub look: LookOptions,
}

/// `gonogo demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Print the result of a headless check instead of opening the workbench
    #[arg(long)]
    pub check: bool,
    /// Shared options.
    #[command(flatten)]
    pub output: OutputOptions,
    /// Shared options.
    #[command(flatten)]
    pub look: LookOptions,
}

/// `gonogo check`
#[derive(Debug, Args)]
pub struct Check {
    /// The folder of the project
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Shared options.
    #[command(flatten)]
    pub project: ProjectOptions,
    /// Shared options.
    #[command(flatten)]
    pub output: OutputOptions,
    /// Shared options.
    #[command(flatten)]
    pub look: LookOptions,
}

/// `gonogo report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The folder of the project
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Checklist by name or file (repeatable)
    #[arg(long, value_name = "FILE|NAME")]
    pub checklist: Vec<String>,
    /// The state file, instead of the one in your data folder
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The configuration, instead of the project's gonogo.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Shared options.
    #[command(flatten)]
    pub output: OutputOptions,
    /// Shared options.
    #[command(flatten)]
    pub look: LookOptions,
}

/// `gonogo explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A rule such as n-plus-one-query, or an item such as backups.restore-tested
    #[arg(required_unless_present = "prompt")]
    pub id: Option<String>,
    /// Print a prompt for an AI assistant that fixes this finding, seen by the last run; its first digits are enough
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "id")]
    pub prompt: Option<String>,
    /// The project of the finding
    #[arg(long, value_name = "PATH", default_value = ".", requires = "prompt")]
    pub project: PathBuf,
    /// The state file, instead of the one in your data folder
    #[arg(long, value_name = "FILE", requires = "prompt")]
    pub state: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// `gonogo rules`, `gonogo themes`
#[derive(Debug, Args)]
pub struct Listing {
    /// How to print it
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// `gonogo checklists`
#[derive(Debug, Args)]
pub struct ChecklistListing {
    /// Checklist by name or file (repeatable)
    #[arg(long, value_name = "FILE|NAME")]
    pub checklist: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// `gonogo advisories`
#[derive(Debug, Subcommand)]
pub enum Advisories {
    /// Renew the copy: download what the project in this folder needs and what is there already, or import what you have
    Update {
        /// Import OSV records instead of downloading: a .zip, a folder such as a checkout of a database, or a single file
        #[arg(long, value_name = "PATH", conflicts_with = "ecosystems")]
        from: Vec<PathBuf>,
        /// The same as --from
        #[arg(value_name = "PATH", conflicts_with = "ecosystems")]
        sources: Vec<PathBuf>,
        /// Download for this ecosystem, whatever the folder holds: npm, PyPI, crates.io, Packagist, RubyGems, Go, Maven, all
        #[arg(long = "ecosystem", value_name = "NAME")]
        ecosystems: Vec<String>,
        /// Allow the download
        #[arg(long)]
        yes: bool,
    },
    /// Say what has been imported and how old it is
    Status {
        /// How to print it
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
}

/// `gonogo init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder of the project
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Print it instead of writing the file
    #[arg(long)]
    pub print: bool,
}

/// What to examine and how.
#[derive(Debug, Default, Args)]
pub struct ProjectOptions {
    /// Address of the deployed app (repeatable)
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
    /// Database to examine, read-only: postgres://…, mysql://… or sqlite:path
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// SQL statements to examine as well
    #[arg(long, value_name = "FILE.sql")]
    pub queries: Option<PathBuf>,
    /// Table size to judge queries at [default: 100000]
    #[arg(long, value_name = "N")]
    pub rows: Option<u64>,
    /// Checklist by name or file (repeatable)
    #[arg(long, value_name = "FILE|NAME")]
    pub checklist: Vec<String>,
    /// Run only these probes
    #[arg(long, value_name = "PROBE,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave these probes out
    #[arg(long, value_name = "PROBE,…", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Send nothing beyond this machine
    #[arg(long)]
    pub offline: bool,
    /// Allow the advisory service, and the addresses and database named on this command line or in GONOGO_*
    #[arg(long)]
    pub yes: bool,
    /// The state file, instead of the one in your data folder
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The configuration, instead of the project's gonogo.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the result goes and what it means.
#[derive(Debug, Args)]
pub struct OutputOptions {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the result into a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 when something of this severity fails or is unknown [default: blocker]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// No progress on stderr
    #[arg(short, long)]
    pub quiet: bool,
    /// More detail
    #[arg(short, long)]
    pub verbose: bool,
}

/// What it looks like.
#[derive(Debug, Default, Args)]
pub struct LookOptions {
    /// Theme by name; see `gonogo themes`
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// No colours
    #[arg(long)]
    pub no_color: bool,
    /// Draw ASCII characters only
    #[arg(long)]
    pub ascii: bool,
}

/// Formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For the terminal
    Text,
    /// For programs
    Json,
    /// For stakeholders
    Markdown,
}

/// Formats of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For the terminal
    Text,
    /// For programs
    Json,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Only blockers
    Blocker,
    /// Blockers and major items
    Major,
    /// Anything
    Minor,
    /// Nothing
    Never,
}
