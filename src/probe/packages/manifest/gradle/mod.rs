//! `build.gradle` and `build.gradle.kts`
//! (<https://docs.gradle.org/current/userguide/declaring_dependencies.html>), with the version catalogs that they name.
//!
//! They are programs. What stands in a block `dependencies` in one of the usual notations is read statement by statement, what
//! stands there under a condition or in a loop as well; what would have to be worked out is counted.

mod applied;
mod catalog;
mod forced;
mod statements;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Declared, Manifest, Pin, Runtime, Source, reason};
use crate::probe::packages::lock::is_gradle_development;
use crate::probe::packages::{NotUnderstood, Scope};
use applied::Applied;
use catalog::{Catalog, Library};
use forced::Forced;
use statements::{Pending, Piece, arguments, bracket, pieces};
use text::{Block, assignment, block_in, code_of, is_loop, java_version, scope_of};

/// Conditions stand so often before one statement.
const MOST_CONDITIONS: usize = 20;

/// Manifests in the making.
#[derive(Debug, Default)]
pub struct Builds {
    read: Vec<Build>,
    /// By the folder of the project that they belong to, and by their name: `libs`.
    catalogs: HashMap<(String, String), Catalog>,
}

#[derive(Debug)]
struct Build {
    manifest: Manifest,
    /// What names an entry of a catalog: `libs.spring.web`.
    references: Vec<(String, Scope, u32)>,
    /// The lines of statements that stand under a condition.
    cases: BTreeSet<u32>,
    /// What scripts ask for under a condition.
    cases_of_scripts: BTreeSet<String>,
    /// The scripts that it applies, each with the line.
    applies: Vec<(Applied, u32)>,
}

/// Whether a file of this path is a script that builds apply, a settings file or the like: no project's build file.
#[must_use]
pub fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_build_script(path) && !matches!(name, "build.gradle" | "build.gradle.kts")
}

/// Whether a file of this path is written in the language of Gradle's builds.
#[must_use]
pub fn is_build_script(path: &str) -> bool {
    path.ends_with(".gradle") || path.ends_with(".gradle.kts")
}

impl Builds {
    /// Reads one build file or version catalog.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn add(&mut self, path: &str, text: &str) -> Result<(), NotUnderstood> {
        if let Some(name) = path.strip_suffix(".versions.toml") {
            let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
            let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
            self.catalogs.insert((above.to_owned(), name.to_owned()), Catalog::read(path, text)?);
        } else {
            self.read.push(build(path, text)?);
        }
        Ok(())
    }

    /// Gives each what it takes from scripts and from a catalog. A script that asks for something and that no build
    /// applies by its path stands for itself: a plugin's name or the settings may bring it in.
    pub fn finish(self, found: &mut BTreeMap<String, Manifest>) {
        let lenient = self.read.iter().filter(|build| build.manifest.lenient);
        let lenient: BTreeSet<String> = lenient.map(|build| folder_of(&build.manifest.path).to_owned()).collect();
        let (builds, by_path) = applied::spread(self.read);
        for mut build in builds {
            for (reference, scope, line) in build.references {
                let Some((name, accessor)) = reference.split_once('.') else { continue };
                let folder = folder_of(&build.manifest.path);
                let entries = above(folder).find_map(|folder| self.catalogs.get(&(folder.to_owned(), name.to_owned())));
                let entries = entries.map(|catalog| catalog.libraries(accessor)).unwrap_or_default();
                if entries.is_empty() {
                    build.manifest.gaps.add(reason::DYNAMIC, &reference);
                }
                for Library { name, version, set, line: in_catalog, preferred } in entries {
                    build.manifest.preferred.extend(preferred.map(|preferred| (name.clone(), preferred)));
                    match set {
                        Some(set) => {
                            build.manifest.properties.insert(name.clone(), set);
                        }
                        // A platform says the version; whoever says it here says it in the catalog.
                        None => {
                            build.manifest.inherited.insert(line, in_catalog);
                        }
                    }
                    build.manifest.declared.push(declared(name, version, scope, line));
                }
            }
            build.manifest.declared.sort_by_key(|declared| declared.line);
            let is_case =
                |one: &&Declared| build.cases.contains(&one.line) || build.cases_of_scripts.contains(&one.name);
            let (cases, firm): (Vec<&Declared>, Vec<_>) = build.manifest.declared.iter().partition(is_case);
            let is_firm = |name: &String| firm.iter().any(|one| one.name == *name);
            build.manifest.conditional =
                cases.iter().map(|one| one.name.clone()).filter(|name| !is_firm(name)).collect();
            build.manifest.lenient = above(folder_of(&build.manifest.path)).any(|folder| lenient.contains(folder));
            let asks = !build.manifest.declared.is_empty() || !build.manifest.gaps.is_empty();
            let path = build.manifest.path.clone();
            if !is_script(&path) || (asks && !by_path.contains(&path)) {
                found.insert(path, build.manifest);
            }
        }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder itself and those above it.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

fn declared(name: String, range: String, scope: Scope, line: u32) -> Declared {
    let pin = pin(&range);
    Declared { name, alias: None, range, scope, optional: false, source: Source::Registry, pin, line }
}

/// <https://docs.gradle.org/current/userguide/dependency_versions.html>
fn pin(range: &str) -> Pin {
    if matches!(range, "+" | "latest.release" | "latest.integration") || range.ends_with("-SNAPSHOT") {
        Pin::Loose
    } else if range.ends_with('+') || range.contains(['[', '(', ',']) {
        Pin::Range
    } else {
        // Without a version a platform sets it.
        Pin::Exact
    }
}

fn build(path: &str, text: &str) -> Result<Build, NotUnderstood> {
    let manifest = Manifest { path: path.to_owned(), ..Manifest::default() };
    let mut build = Build {
        manifest,
        references: Vec::new(),
        cases: BTreeSet::new(),
        cases_of_scripts: BTreeSet::new(),
        applies: Vec::new(),
    };
    // <https://docs.gradle.org/current/userguide/dependency_locking.html#sec:fine-tuning-dependency-locking-behaviour-with-lock-mode>
    build.manifest.lenient = text.contains("LockMode.LENIENT");
    let mut variables: HashMap<String, String> = HashMap::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut in_comment = false;
    let (mut forced, mut pending) = (Forced::default(), Pending::default());
    for (number, line) in (1_u32..).zip(text.lines()) {
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") {
            return Err(NotUnderstood::at("build file with a merge that is not finished", number as usize));
        }
        let line = code_of(line, &mut in_comment);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            variables.insert(name.to_owned(), value.to_owned());
        }
        forced.take(line, number, &variables, &mut build.manifest);
        if let Some(applied) = Applied::on(line) {
            build.applies.push((applied, number));
        }
        if let Some(range) = java_version(line) {
            build.manifest.runtimes.push(Runtime { name: "java".to_owned(), range: range.to_owned(), line: number });
        }
        build.constraint(line, number, blocks.last() == Some(&Block::Constraints));
        for piece in pieces(line) {
            let head = match piece {
                Piece::Text(text) => {
                    pending.add(text, number);
                    continue;
                }
                Piece::Open | Piece::Close | Piece::End => std::mem::take(&mut pending),
            };
            let is_open = piece == Piece::Open;
            if !(is_open && is_loop(&head.text)) {
                build.flush(&head, &blocks, &variables);
            }
            match piece {
                Piece::Open => blocks.push(block_in(&blocks, &head.text)),
                Piece::Close => {
                    blocks.pop();
                }
                Piece::Text(_) | Piece::End => {}
            }
        }
        if !(pending.goes_on() && blocks.last().is_some_and(|block| block.holds_dependencies())) {
            build.flush(&std::mem::take(&mut pending), &blocks, &variables);
        }
    }
    build.flush(&pending, &blocks, &variables);
    Ok(build)
}

impl Build {
    /// Notes what a line of a block of constraints says, or the line that begins it.
    fn constraint(&mut self, line: &str, number: u32, is_within: bool) {
        let begun = line.split("constraints").nth(1).filter(|rest| rest.trim_start().starts_with('{'));
        if begun.is_some() {
            self.manifest.tables.insert("constraints");
        }
        for text in begun.or(is_within.then_some(line)).into_iter().flat_map(forced::texts) {
            let mut parts = text.splitn(3, ':');
            if let (Some(group), Some(artifact), Some(version)) = (parts.next(), parts.next(), parts.next()) {
                let limit = (version.trim_end_matches("!!").to_owned(), number);
                self.manifest.limits.insert(format!("{group}:{artifact}"), limit);
            }
        }
    }

    /// Reads a statement in a block of dependencies, or one that adds to them from outside.
    fn flush(&mut self, said: &Pending, blocks: &[Block], variables: &HashMap<String, String>) {
        let text = match blocks.last() {
            Some(block) if block.holds_dependencies() => Some(said.text.as_str()),
            _ => said.text.find("dependencies.add(").and_then(|at| said.text.get(at + "dependencies.".len()..)),
        };
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            let is_case = blocks.iter().any(|block| block.is_case());
            self.statement(text, scope_of(blocks), said.line, is_case, variables);
        }
    }

    fn statement(
        &mut self,
        text: &str,
        scope: Option<Scope>,
        first: u32,
        mut is_case: bool,
        variables: &HashMap<String, String>,
    ) {
        let (mut text, mut before) = (text.trim_start(), 0);
        let (mut configuration, mut rest) = begin(text);
        for _ in 0..MOST_CONDITIONS {
            // What stands behind a condition without braces.
            let next = match configuration {
                "if" | "for" | "while" => bracket(rest.trim_start()).map_or("", |(_, rest)| rest),
                "else" => rest,
                _ => break,
            };
            let next = next.trim_start();
            is_case |= matches!(configuration, "if" | "else");
            before += lines(text) - lines(next);
            text = next;
            (configuration, rest) = begin(text);
        }
        let rest = rest.trim_start();
        let is_no_call = ["", "exclude", "because", "constraints", "def", "val", "var"].contains(&configuration);
        if is_no_call || rest.is_empty() {
            return;
        }
        before += lines(text) - lines(rest);
        // `implementation("a:b:1") { … }`, `implementation "a:b:1", "c:d:2"`, `implementation ("a:b:1"), ("c:d:2")`
        let (inner, tail) = bracket(rest).unwrap_or((rest, ""));
        let is_list = tail.trim_start().starts_with(',');
        let inner = if is_list { rest } else { inner };
        let mut all = arguments(inner);
        if configuration == "add" {
            // `add("implementation", "a:b:1")`
            let named = all.first().and_then(|(_, one)| quoted(one));
            configuration = named.unwrap_or("add");
            all.drain(..all.len().min(1));
        }
        let development = is_gradle_development(configuration);
        let scope = scope.unwrap_or(if development { Scope::Development } else { Scope::Production });
        let mut at = first + before;
        // `implementation([…, …])`
        if let [(line, one)] = all[..]
            && let Some((inner, "")) = bracket(one).filter(|_| one.starts_with('['))
        {
            (at, all) = (at + line, arguments(inner));
        }
        if is_case {
            self.cases.extend(at..=at + all.last().map_or(0, |(line, _)| *line));
        }
        self.arguments(&all, scope, at, variables);
    }

    /// The arguments of a call that names dependencies, of which the first line is known.
    fn arguments(&mut self, all: &[(u32, &str)], scope: Scope, first: u32, variables: &HashMap<String, String>) {
        let texts: Vec<Option<&str>> = all.iter().map(|(_, one)| quoted(one)).collect();
        let at = |place: usize| first + all.get(place).map_or(0, |(line, _)| *line);
        match (&texts[..], all) {
            // `implementation("g", "a", "1")`
            ([Some(group), Some(artifact), more @ ..], _) if !group.contains(':') && !artifact.contains(':') => {
                let version = more.first().copied().flatten().unwrap_or("");
                self.add((group, artifact, version), scope, at(0), variables);
            }
            (_, [(_, one), ..]) if is_named(one) => {
                let whole: Vec<&str> = all.iter().map(|(_, one)| *one).collect();
                self.argument(&whole.join(", "), scope, at(0), variables);
            }
            _ => {
                for (place, (_, one)) in all.iter().enumerate().filter(|(_, (_, one))| !is_named(one)) {
                    self.argument(one, scope, at(place), variables);
                }
            }
        }
    }

    fn argument(&mut self, one: &str, scope: Scope, number: u32, variables: &HashMap<String, String>) {
        let rest = one.trim_start_matches(['(', '[', ' ']);
        let rest = rest.strip_suffix(".get()").unwrap_or(rest).trim_end_matches([' ', ')', ']']);
        let rest = unwrapped(rest);
        // The project's own modules and archives, and what comes with Gradle itself.
        if ["project(", "projects.", "files(", "fileTree(", "gradleApi(", "localGroovy(", "gradleTestKit("]
            .iter()
            .any(|own| rest.starts_with(own))
            || rest == "project"
        {
            return;
        }
        if let Some(name) = rest.strip_prefix("kotlin(").and_then(|rest| quoted(rest)) {
            let name = format!("org.jetbrains.kotlin:kotlin-{name}");
            self.manifest.declared.push(declared(name, String::new(), scope, number));
        } else if let Some(found) = map_notation(rest) {
            self.add(found, scope, number, variables);
        } else if let Some(text) = quoted(rest) {
            let mut parts = text.splitn(3, ':');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(group), Some(artifact), version) => {
                    self.add((group, artifact, version.unwrap_or("")), scope, number, variables)
                }
                _ => self.manifest.gaps.add(reason::DYNAMIC, &format!("line {number}")),
            }
        } else if rest.contains('.') && rest.chars().all(|c| c.is_alphanumeric() || "._".contains(c)) {
            self.references.push((rest.trim_end_matches(".get").to_owned(), scope, number));
        } else if !rest.is_empty() {
            self.manifest.gaps.add(reason::DYNAMIC, &format!("line {number}"));
        }
    }

    fn add(
        &mut self,
        (group, artifact, version): (&str, &str, &str),
        scope: Scope,
        line: u32,
        variables: &HashMap<String, String>,
    ) {
        let name = format!("{}:{}", filled(group, variables), filled(artifact, variables));
        // `1.0:classifier@jar`
        let version = version.split([':', '@']).next().unwrap_or(version);
        let version = filled(version, variables);
        if name.contains('$') || version.contains('$') {
            self.manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
        }
        if name.contains('$') {
            let is_case = self.cases.contains(&line);
            self.manifest.patterns.extend(Some(name).filter(|_| !is_case));
        } else {
            self.manifest.declared.push(declared(name, version, scope, line));
        }
    }
}

/// The word that a statement begins with, which may stand in quotes before a call: `"kapt"("a:b:1")`, and what follows it.
fn begin(text: &str) -> (&str, &str) {
    let in_quotes = quoted(text).and_then(|word| Some((word, text.get(word.len() + 2..)?)));
    in_quotes
        .filter(|(_, rest)| rest.starts_with('('))
        .unwrap_or_else(|| text.split_at(text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())))
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(0)
}

/// Whether an argument has a name: `group: 'g'`, `transitive = false`.
fn is_named(argument: &str) -> bool {
    let (word, rest) = begin(argument);
    !word.is_empty() && rest.trim_start().starts_with([':', '='])
}

/// What stands in `platform(…)` and its like.
fn unwrapped(mut rest: &str) -> &str {
    for wrapper in ["enforcedPlatform(", "platform(", "testFixtures(", "variantOf("] {
        rest = rest.strip_prefix(wrapper).map_or(rest, |inner| inner.trim_end_matches([')', ' ']));
    }
    rest
}

/// The string that `text` begins with.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.get(1..)?;
    inner.get(..inner.find(quote)?)
}

/// `group: 'g', name: 'a', version: 'v'`, with `=` in Kotlin.
fn map_notation(text: &str) -> Option<(&str, &str, &str)> {
    if !text.starts_with("group") {
        return None;
    }
    let value = |key: &str| {
        let part = text.split(',').map(str::trim).find(|part| part.starts_with(key))?;
        let value = part.get(key.len()..)?.trim_start().strip_prefix([':', '='])?.trim();
        Some(quoted(value).unwrap_or("$"))
    };
    Some((value("group")?, value("name")?, value("version").unwrap_or("")))
}

/// `text` with `$name` and `${name}` filled in, where the file itself says what they are.
fn filled(text: &str, variables: &HashMap<String, String>) -> String {
    let Some((before, name)) = text.split_once('$') else { return text.to_owned() };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name);
    variables.get(name).map_or_else(|| text.to_owned(), |value| format!("{before}{value}"))
}
