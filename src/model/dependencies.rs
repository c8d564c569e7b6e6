//! What looking at the project's packages gives beside findings: the vulnerable ones with the way by which they come in,
//! the way out, and where the code uses them, for the Dependencies view and the reports.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Severity;

/// Everything that a run of the dependencies probe saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DependencyReport {
    /// The lock files that were understood, sorted by path.
    pub locks: Vec<LockReport>,
    /// How many package versions were really looked up, each once: some of the lock files cannot be compared.
    #[serde(default)]
    pub looked_up: u64,
    /// Packages with a known vulnerability, the worst first.
    pub vulnerable: Vec<VulnerablePackage>,
    /// Where the advisories came from, for people: `api.osv.dev`, `the offline copy of 2026-11-20`.
    pub advisories_from: String,
}

impl DependencyReport {
    /// The vulnerable package versions, each once, however many lock files have it: where it is worst.
    #[must_use]
    pub fn distinct(&self) -> Vec<&VulnerablePackage> {
        let mut seen = BTreeSet::new();
        let key = |one: &VulnerablePackage| (one.ecosystem.clone(), one.name.clone(), one.version.clone());
        self.vulnerable.iter().filter(|one| seen.insert(key(one))).collect()
    }

    /// The same apart: those that arrive, and those of which nothing says that they do.
    #[must_use]
    pub fn sure_and_unsure(&self) -> (Vec<&VulnerablePackage>, Vec<&VulnerablePackage>) {
        self.distinct().into_iter().partition(|one| !one.unsure)
    }
}

/// One lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockReport {
    /// Relative to the project, with `/`.
    pub path: String,
    /// The package manager: `pnpm`.
    pub manager: String,
    /// How many package versions it fixes.
    pub packages: u64,
    /// How many of them a manifest asks for itself.
    pub direct: u64,
    /// How many of them are for development only.
    pub development: u64,
}

/// One version of a package that advisories speak of, in one lock file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VulnerablePackage {
    /// The lock file, relative to the project.
    pub lock: String,
    /// The line that names it there, from 1.
    pub line: u32,
    /// Where it comes from, by the name of the OSV schema: `npm`.
    pub ecosystem: String,
    /// The package manager: `pnpm`.
    pub manager: String,
    /// Its name.
    pub name: String,
    /// Its version as locked.
    pub version: String,
    /// Nothing says that it arrives: only a constraints file names it. What is hostile never counts as such.
    #[serde(default)]
    pub unsure: bool,
    /// A manifest asks for it itself.
    pub direct: bool,
    /// For development only.
    pub development: bool,
    /// How bad the worst of it is here: less where only development or nothing uses it.
    pub severity: Option<Severity>,
    /// The shortest ways by which it comes in, each from what a manifest asks for to the package itself. Empty where the
    /// lock file does not say who needs whom.
    pub ways_in: Vec<Vec<PackageStep>>,
    /// How many further direct dependencies bring it in.
    pub more_ways_in: u64,
    /// What is known against it, the worst first.
    pub advisories: Vec<AdvisoryReport>,
    /// What to do.
    pub way_out: WayOut,
    /// Whether the app's code uses it.
    pub uses: Uses,
}

/// One package on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageStep {
    /// Its name.
    pub name: String,
    /// Its version as locked.
    pub version: String,
    /// The manifest that asks for it, with the line: only of a first step.
    #[serde(default)]
    pub asked_in: Option<(String, Option<u32>)>,
    /// The versions that the manifest asks for, as written; empty where that is not known.
    #[serde(default)]
    pub range: String,
}

/// One advisory, with the others that describe the same hole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AdvisoryReport {
    /// The name that most people know: the CVE number where there is one.
    pub known_as: String,
    /// Its other names, that of its page first.
    pub aliases: Vec<String>,
    /// One line: what is wrong.
    pub summary: String,
    /// Its text, plain or Markdown, cut where it is long.
    pub details: String,
    /// How bad it is by itself; `None` when nobody has rated it.
    pub severity: Option<Severity>,
    /// The highest CVSS score, from 0 to 10.
    pub score: Option<f64>,
    /// The nearest version without it; `None` where there is none.
    pub fixed: Option<String>,
    /// The package itself is hostile.
    pub malware: bool,
    /// Addresses to read on, its own page first.
    pub references: Vec<String>,
    /// What of the package it is about: import paths of Go, functions of Rust. Empty where it means the whole package.
    #[serde(default)]
    pub parts: Vec<String>,
    /// The only systems on which it matters: `windows`, `linux arm64`. Empty where it does on all.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Whether the app's code imports one of the parts.
    #[serde(default)]
    pub parts_used: PartsUsed,
}

/// Whether the code of an app imports what of a package an advisory is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "used", rename_all = "kebab-case")]
pub enum PartsUsed {
    /// Production code imports one.
    Imported {
        /// The part.
        part: String,
        /// Where, the first places.
        places: Vec<(String, u32)>,
        /// How many further places.
        more: u64,
    },
    /// Another package of those that are built imports one.
    Built {
        /// The part.
        part: String,
        /// The file that lists what is built.
        list: String,
    },
    /// All code was read, and none of the project's own in production imports one; another package may, of the same module too.
    NotByOwnCode,
    /// Nothing of what is built imports one.
    NotBuilt {
        /// The file that lists what is built.
        list: String,
    },
    /// Not known.
    Unknown {
        /// Why, as a phrase.
        why: String,
    },
    /// Not looked at: it names no parts, or they are no imports.
    #[default]
    NotExamined,
}

/// What to do about a vulnerable package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// Of which kind.
    pub kind: WayOutKind,
    /// The nearest version that none of the advisories speaks of. Where each has some, that of the fewest: then the words
    /// say how many it mends. `None` where there is none or none is known.
    pub version: Option<String>,
    /// What to do and why that helps, in one or two sentences.
    pub words: String,
    /// What has to be changed by hand before anything of it works: `change go.mod:8, which refuses x v1.2.0`.
    #[serde(default)]
    pub first: String,
    /// What to type, in order.
    pub commands: Vec<String>,
    /// A file of the project, and the lines to add to it: npm's `overrides`.
    #[serde(default)]
    pub lines: Option<(String, String)>,
    /// Where in the file they belong, as a phrase: `inside pnpm.overrides`. Empty where they stand by themselves.
    #[serde(default)]
    pub place: String,
    /// The table of the file that they begin, write anew or add to, which other packages' lines may need as well. Empty
    /// where they stand for themselves.
    #[serde(default)]
    pub table: String,
    /// Whether they are written before anything is typed.
    #[serde(default)]
    pub lines_come: LinesCome,
    /// What to type after the lines, where they are for when the commands did not help.
    #[serde(default)]
    pub after_lines: Vec<String>,
    /// What has to follow that no command of the package manager does: `build the image of Dockerfile again`.
    #[serde(default)]
    pub at_last: String,
}

/// When the lines of a way out are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinesCome {
    /// Before the commands.
    #[default]
    First,
    /// Only where the commands did not help.
    IfCommandsDoNotHelp,
}

/// One step of a way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOutStep<'w> {
    /// To change something by hand before all else.
    First(&'w str),
    /// To write lines.
    Write {
        /// The file.
        file: &'w str,
        /// Where in it, as a phrase; empty where the lines stand by themselves.
        place: &'w str,
        /// The lines.
        lines: &'w str,
    },
    /// To type a command.
    Type(&'w str),
    /// What follows is for where all before it did not help.
    Or,
    /// To do something that is not typed.
    Then(&'w str),
}

impl WayOutStep<'_> {
    /// It in words, as every report says it: of lines where they go, of a command the command.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Write { file, place: "", .. } => format!("In {file}:"),
            Self::Write { file, place, .. } => format!("In {file}, {place}:"),
            Self::First(words) => format!("First {words}."),
            Self::Type(command) => (*command).to_owned(),
            Self::Or => WayOut::OR.to_owned(),
            Self::Then(words) => format!("Then {words}."),
        }
    }
}

impl WayOut {
    /// What stands between what to try first and what is left where that did not help.
    pub const OR: &'static str = "Or, if that does not help:";

    /// What to do, in order: whoever shows a way out shows these.
    #[must_use]
    pub fn steps(&self) -> Vec<WayOutStep<'_>> {
        let lines = self.lines.iter().map(|(file, lines)| WayOutStep::Write { file, place: &self.place, lines });
        let commands = self.commands.iter().map(|command| WayOutStep::Type(command));
        let first = (!self.first.is_empty()).then_some(WayOutStep::First(&self.first));
        let mut steps: Vec<WayOutStep<'_>> = first.into_iter().collect();
        match self.lines_come {
            LinesCome::First => steps.extend(lines.chain(commands)),
            LinesCome::IfCommandsDoNotHelp => {
                steps.extend(commands);
                steps.extend((!self.commands.is_empty() && self.lines.is_some()).then_some(WayOutStep::Or));
                steps.extend(lines);
                steps.extend(self.after_lines.iter().map(|command| WayOutStep::Type(command)));
            }
        }
        steps.extend((!self.at_last.is_empty()).then_some(WayOutStep::Then(&self.at_last)));
        steps
    }
}

/// The kinds of ways out, the easiest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayOutKind {
    /// What is declared allows the fixed version: renew the lock file.
    Renew,
    /// The declaration of the package itself has to be raised.
    RaiseItself,
    /// A direct dependency that brings it in has to be raised.
    RaiseParent,
    /// Only forcing the version helps.
    Override,
    /// It has to go: it is hostile.
    Remove,
    /// No version is fixed, or none is known.
    #[default]
    None,
}

/// Whether the app's code uses a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "uses", rename_all = "kebab-case")]
pub enum Uses {
    /// Production code imports it, or imports the direct dependency that brings it in.
    Imported {
        /// The package that is imported: itself, or the direct dependency.
        package: String,
        /// Where, the first places.
        places: Vec<(String, u32)>,
        /// How many further places.
        more: u64,
    },
    /// Nothing imports it by name, and a script or a setting starts or names it.
    Named {
        /// The package that is named.
        package: String,
        /// Where: path and line.
        place: (String, u32),
    },
    /// All code was read, and none of it in production imports it or what brings it in.
    NotImported,
    /// Not known.
    Unknown {
        /// Why, as a phrase.
        why: String,
    },
    /// Not looked at.
    #[default]
    NotExamined,
}
