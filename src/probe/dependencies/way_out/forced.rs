//! Forcing a version, whoever needs the package: the last way where what needs it does not take a fixed one.

use std::collections::BTreeSet;

use super::super::nearest::line;
use super::Situation;
use super::commands::Commands;
use super::written::{self, Entry, Paste};
use crate::model::{LinesCome, WayOut};
use crate::probe::packages::manifest::pnpm_workspace;
use crate::probe::packages::typed::{is_plain, is_range, word};
use crate::probe::packages::{LockedPackage, Manager, Manifest};

/// How a version is forced.
#[derive(Debug, Default)]
pub struct Forced {
    /// What to do, in words.
    pub words: String,
    /// A file, and the lines to add to it.
    pub lines: Option<(String, String)>,
    /// Where in it they belong.
    pub place: String,
    /// The table that the lines of others may need as well.
    pub table: String,
    /// What to type instead of adding lines.
    pub commands: Vec<String>,
}

impl Forced {
    /// Lines for a file.
    fn lines(paste: Paste, file: String, words: String) -> Self {
        let Paste { place, table, text } = paste;
        Self { words, lines: Some((file, text)), place, table, commands: Vec::new() }
    }

    /// `out` with this as what is left where its commands did not help.
    pub fn left_to(self, out: WayOut, commands: &Commands<'_>) -> WayOut {
        let after_lines = if self.lines.is_some() { commands.install() } else { Vec::new() };
        WayOut {
            lines: self.lines,
            place: self.place,
            table: self.table,
            lines_come: LinesCome::IfCommandsDoNotHelp,
            after_lines,
            ..out
        }
    }
}

/// How `version` of the package of `situation` is forced.
pub fn forced(situation: &Situation<'_>, version: &str) -> Forced {
    let name = &situation.package.name;
    let folder = situation.lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let lines = |text: String, file: &str, words: String| {
        Forced::lines(Paste { text, ..Paste::default() }, beside(file), words)
    };
    let command = |command: String, words: String| Forced { words, commands: vec![command], ..Forced::default() };
    // A second block of the same name would drop the first.
    let is_empty = situation.overrides.is_empty();
    let block = |key: &str, entries: &[Entry], file: &str| {
        if !is_empty {
            return added(situation, version, entries);
        }
        let words = format!("Force {version} or later with the lines below in {}.", beside(file));
        Forced::lines(written::begun(situation, &[key], entries), beside(file), words)
    };
    let python = |table: &str, line: String| {
        let words = format!("Force {version} or later with the lines below in {}.", beside("pyproject.toml"));
        // A second heading of the same name is no TOML.
        let paste = if situation.overrides.has_table(table) {
            Paste::beside(&format!("[{table}]"), line)
        } else {
            Paste { text: format!("[{table}]\n{line}"), ..Paste::default() }
        };
        let table = if table == "tool.uv" { "tool.uv.override-dependencies" } else { table };
        Forced::lines(paste.within(table), beside("pyproject.toml"), words)
    };
    let one = |key: &str| [(vec![key.to_owned()], format!("^{version}"))];
    let least = word(&format!("{name}>={version}"));
    match situation.lock.manager {
        Manager::Npm => {
            // <https://docs.npmjs.com/cli/configuring-npm/package-json#overrides>
            block("overrides", &npm_entries(situation, version), "package.json")
        }
        // Bun knows no nested ones (<https://bun.com/docs/pm/overrides>).
        Manager::Bun => block("overrides", &one(name), "package.json"),
        Manager::YarnClassic | Manager::YarnBerry => {
            // Without the stars Yarn 1 looks among the direct dependencies only
            // (<https://classic.yarnpkg.com/en/docs/selective-version-resolutions>).
            let deep = if situation.lock.manager == Manager::YarnClassic { "**/" } else { "" };
            let key = within(situation).map_or_else(|| name.clone(), |parent| format!("{deep}{parent}/{name}"));
            // <https://yarnpkg.com/configuration/manifest#resolutions>
            block("resolutions", &one(&key), "package.json")
        }
        Manager::Pnpm => pnpm(situation, version, &beside),
        // <https://docs.astral.sh/uv/reference/settings/#override-dependencies>
        Manager::Uv | Manager::Pdm if !is_empty => {
            added(situation, version, &[(vec![name.clone()], format!(">={version}"))])
        }
        Manager::Uv if situation.overrides.has_table("tool.uv.override-dependencies") => {
            added(situation, version, &[(vec![name.clone()], format!(">={version}"))])
        }
        Manager::Uv => python("tool.uv", format!("override-dependencies = [\"{name}>={version}\"]")),
        // <https://pdm-project.org/latest/usage/dependency/#dependency-overrides>
        Manager::Pdm => python("tool.pdm.resolution.overrides", format!("{name} = \">={version}\"")),
        Manager::Poetry => command(
            format!("poetry add {least}"),
            format!(
                "Poetry cannot force a version: ask for {name} {version} yourself; Poetry says who stands against it."
            ),
        ),
        Manager::Pipenv => command(
            format!("pipenv upgrade {least}"),
            format!("Ask for {name} {version} yourself; Pipenv says who stands against it."),
        ),
        Manager::Composer => {
            let to = word(&format!("{name}:^{}", version.trim_start_matches('v')));
            command(
                format!("composer require {to} --with-all-dependencies"),
                format!("Ask for {name} {version} yourself; Composer says who stands against it."),
            )
        }
        Manager::Cargo => Forced {
            words: format!(
                "Cargo cannot force a version that a crate does not take: a fork of that crate with a raised {name}, put in by \
                 [patch.crates-io] in Cargo.toml, is what is left."
            ),
            ..Forced::default()
        },
        Manager::Bundler => lines(
            format!("gem \"{name}\", \">= {version}\""),
            "Gemfile",
            format!("Ask for {name} yourself in {}.", beside("Gemfile")),
        ),
        Manager::Maven => {
            maven(name, version, &situation.lock.path, !situation.overrides.has_table("dependencyManagement"))
        }
        Manager::Gradle => gradle(situation, version),
        Manager::Pip | Manager::Go => Forced::default(),
    }
}

/// What is added to those that are forced already.
fn added(situation: &Situation<'_>, version: &str, entries: &[Entry]) -> Forced {
    let place = &situation.overrides.place;
    let words = format!("Force {version} or later under {} in {}.", place.key, place.file);
    Forced::lines(written::added(situation, entries), place.file.clone(), words)
}

/// What is asked for directly may not be forced otherwise, only below those who need it.
fn npm_entries(situation: &Situation<'_>, version: &str) -> Vec<Entry> {
    let name = &situation.package.name;
    let says = format!("^{version}");
    if situation.ways.itself.is_empty() {
        return vec![(vec![npm_key(situation, version)], says)];
    }
    let needing: BTreeSet<&str> = situation.ways.needed_by.iter().map(|one| &*one.package.name).collect();
    let entry = |by: &str| (vec![by.to_owned(), name.clone()], says.clone());
    needing.into_iter().filter(|by| is_plain(by)).map(entry).collect()
}

/// The package's name; where the lock file has several versions of it, with those that are to be replaced, so that others
/// stay and each version has a key of its own.
fn npm_key(situation: &Situation<'_>, version: &str) -> String {
    let package = situation.package;
    let is_other = |one: &&LockedPackage| one.name == package.name && one.version != package.version;
    let others: Vec<&LockedPackage> = situation.lock.packages.iter().filter(is_other).collect();
    let own = line(&package.version);
    if others.is_empty() {
        package.name.clone()
    } else if others.iter().any(|one| line(&one.version) < own) {
        let from = own.iter().map(u64::to_string).chain(["0".to_owned(), "0".to_owned()]).take(3);
        format!("{}@>={} <{version}", package.name, from.collect::<Vec<_>>().join("."))
    } else {
        format!("{}@<{version}", package.name)
    }
}

/// The package within which alone to force the version, where others of the lock file rightly use another one.
fn within<'a>(situation: &Situation<'a>) -> Option<&'a str> {
    let package = situation.package;
    let others = situation.several.contains(package.name.as_str());
    let [needing] = situation.ways.needed_by.as_slice() else { return None };
    Some(&*needing.package.name).filter(|name| others && is_plain(name))
}

/// Since pnpm 10 they stand in `pnpm-workspace.yaml`, before that in `package.json` (<https://pnpm.io/settings#overrides>).
fn pnpm(situation: &Situation<'_>, version: &str, beside: &dyn Fn(&str) -> String) -> Forced {
    let name = &situation.package.name;
    let major = situation.manifests.get(&beside("package.json")).and_then(Manifest::pnpm_major);
    // The format's version 9 is written by pnpm 9 and by later ones.
    let old = major.map_or_else(|| line(&situation.lock.format).first().is_none_or(|one| *one < 9), |major| major < 10);
    let key = within(situation).map_or_else(|| format!("{name}@<{version}"), |parent| format!("{parent}>{name}"));
    if !situation.overrides.is_empty() {
        return added(situation, version, &[(vec![key], format!("^{version}"))]);
    }
    let (manifest, workspace) = (beside("package.json"), beside("pnpm-workspace.yaml"));
    let (paste, file, other) = if old {
        (
            written::begun(situation, &["pnpm", "overrides"], &[(vec![key], format!("^{version}"))]),
            manifest,
            String::new(),
        )
    } else {
        let other = if major.is_none() {
            format!(" That is for pnpm 10 and later; pnpm 9 and older read it as pnpm.overrides in {manifest}.")
        } else {
            String::new()
        };
        let text = format!("overrides:\n  \"{key}\": \"^{version}\"");
        // The key may stand there without an entry: YAML does not take it twice.
        let is_there = situation.overrides.has_table(pnpm_workspace::TABLE);
        let paste = if is_there {
            Paste::instead("in place of the empty overrides that stands there".to_owned(), text)
        } else {
            Paste { text, ..Paste::default() }
        };
        (paste.within("overrides"), workspace, other)
    };
    let words = format!("Force {version} or later with the lines below in {file}.{other}");
    Forced::lines(paste, file, words)
}

/// In the build file that is there, in words that Groovy and Kotlin both read
/// (<https://docs.gradle.org/current/userguide/dependency_constraints.html>).
fn gradle(situation: &Situation<'_>, version: &str) -> Forced {
    let name = &situation.package.name;
    let folder = situation.lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = folder.trim_end_matches("gradle/dependency-locks").trim_end_matches('/');
    let beside = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let manifest = ["build.gradle", "build.gradle.kts"].iter().find_map(|file| situation.manifests.get(&beside(file)));
    let file = manifest.map_or_else(|| beside("build.gradle"), |manifest| manifest.path.clone());
    let entry = format!("implementation(\"{name}:{version}\")");
    let paste = if let Some((old, line)) = manifest.and_then(|manifest| manifest.limits.get(name)) {
        let old = if is_range(old) { format!(", in place of \"{name}:{old}\"") } else { String::new() };
        Paste::instead(format!("in line {line}{old}"), format!("\"{name}:{version}\""))
    } else if manifest.is_some_and(|manifest| manifest.tables.contains("constraints")) {
        Paste::beside("constraints", entry)
    } else {
        let text = format!("dependencies {{\n    constraints {{\n        {entry}\n    }}\n}}");
        Paste { text, ..Paste::default() }
    };
    let words = format!("Raise {name} with a constraint in {file}.");
    Forced::lines(paste, file, words)
}

/// <https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html#dependency-management>
fn maven(name: &str, version: &str, file: &str, is_first: bool) -> Forced {
    let (group, artifact) = name.split_once(':').unwrap_or((name, name));
    let entry = |space: &str| {
        format!(
            "{space}<dependency>\n{space}  <groupId>{group}</groupId>\n{space}  <artifactId>{artifact}</artifactId>\n\
             {space}  <version>{version}</version>\n{space}</dependency>"
        )
    };
    let words = format!("Set the version of {name} for everything that brings it in, in {file}.");
    let paste = if is_first {
        let entry = entry("    ");
        let text =
            format!("<dependencyManagement>\n  <dependencies>\n{entry}\n  </dependencies>\n</dependencyManagement>");
        Paste { text, ..Paste::default() }.within("dependencyManagement")
    } else {
        // A pom has one such part at most.
        Paste::beside("dependencyManagement > dependencies", entry(""))
    };
    Forced::lines(paste, file.to_owned(), words)
}
