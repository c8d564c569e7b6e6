//! What production is started with: the command of a Dockerfile or a `Procfile`, or else the `start` script of a
//! `package.json`. These are no code, so no front end reads them and they have no [`FileFacts`](super::facts::FileFacts);
//! they are found here, and one rule looks at them.

use std::collections::BTreeMap;

use super::code::Place;
use crate::model::Span;
use crate::probe::files::{FileEntry, Gaps};
use crate::probe::repository::{Dockerfile, is_aside, is_for_development};

/// How many scripts a script may lead through.
const MAX_HOPS: usize = 4;

/// A command that production is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartCommand {
    /// The file that says so.
    pub path: String,
    /// Where it stands there.
    pub place: Place,
    /// What kind of file that is.
    pub source: Source,
    /// The command as written.
    pub text: String,
    /// What it runs, scripts of a `package.json` followed.
    pub runs: String,
}

/// What says what production is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The last stage of a Dockerfile.
    Dockerfile,
    /// The web process of a `Procfile`.
    Procfile,
    /// The `start` script of a `package.json`, which hosts run where nothing else is said.
    Script,
}

/// A `package.json` with scripts.
struct Package {
    path: String,
    text: String,
    scripts: BTreeMap<String, String>,
}

/// The commands that the project's files give. A `start` script counts only where no Dockerfile or `Procfile` says what
/// is started, and no other script is named after production.
pub(super) fn find(files: &[FileEntry], gaps: &mut Gaps) -> Vec<StartCommand> {
    let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
    let mut commands = Vec::new();
    for file in files.iter().filter(|file| !is_aside(&file.path) && !is_for_development(&file.path)) {
        let dockerfile = Dockerfile::is_one(&file.path);
        if !dockerfile && !matches!(file.name(), "package.json" | "Procfile") {
            continue;
        }
        let text = match file.read() {
            Ok(text) => text,
            Err(why) => {
                gaps.add(why.reason(), &file.path);
                continue;
            }
        };
        if dockerfile {
            commands.extend(container_command(&file.path, text));
        } else if file.name() == "Procfile" {
            commands.extend(web_process(&file.path, &text));
        } else {
            let scripts = scripts(&text);
            packages.insert(folder(&file.path), Package { path: file.path.clone(), text, scripts });
        }
    }
    if commands.is_empty() {
        commands.extend(packages.values().filter_map(start_script));
    }
    for command in &mut commands {
        let package = packages.get(folder(&command.path)).or_else(|| packages.get(""));
        if let Some(package) = package {
            command.runs = followed(&command.text, &package.scripts);
        }
    }
    commands
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn container_command(path: &str, text: String) -> Option<StartCommand> {
    let file = Dockerfile::new(path, text.as_str().into());
    let stage = file.all("FROM").last().map_or(0, |(_, line)| line);
    let last = |word: &str| file.all(word).filter(|(_, line)| *line > stage).last();
    let (entry, command) = (last("ENTRYPOINT"), last("CMD"));
    let line = command.or(entry)?.1;
    let words = [entry, command].into_iter().flatten().map(|(rest, _)| argument_list(rest)).collect::<Vec<_>>();
    Some(StartCommand::new(path, place_of_line(&text, line), Source::Dockerfile, words.join(" ")))
}

/// `["npm", "start"]` as `npm start`; the other form stays as it is.
fn argument_list(text: &str) -> String {
    serde_json::from_str::<Vec<String>>(text).map_or_else(|_| text.to_owned(), |words| words.join(" "))
}

fn web_process(path: &str, text: &str) -> Option<StartCommand> {
    let (line, command) =
        (1..).zip(text.lines()).find_map(|(number, line)| Some((number, line.strip_prefix("web:")?.trim())))?;
    Some(StartCommand::new(path, place_of_line(text, line), Source::Procfile, command.to_owned()))
}

fn scripts(text: &str) -> BTreeMap<String, String> {
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let scripts = json.get("scripts").and_then(|scripts| scripts.as_object()).into_iter().flatten();
    scripts.filter_map(|(name, script)| Some((name.clone(), script.as_str()?.to_owned()))).collect()
}

fn start_script(package: &Package) -> Option<StartCommand> {
    let command = package.scripts.get("start")?;
    let for_production = |name: &String| name.split([':', '-', '_']).any(|word| matches!(word, "prod" | "production"));
    if package.scripts.keys().any(for_production) {
        return None;
    }
    // What is published is started by nobody: its `start` is for those who work on it.
    let json: serde_json::Value = serde_json::from_str(&package.text).unwrap_or_default();
    if json.get("publishConfig").is_some() && json.get("private") != Some(&serde_json::Value::Bool(true)) {
        return None;
    }
    let text = &package.text;
    let start = text.match_indices("\"start\"").map(|(at, _)| at).find(|at| {
        let after = text.get(at + "\"start\"".len()..).and_then(|after| after.trim_start().strip_prefix(':'));
        let value = after.and_then(|after| serde_json::Deserializer::from_str(after).into_iter::<String>().next());
        value.and_then(Result::ok).as_ref() == Some(command)
    })?;
    let end = text.get(start..)?.find('\n').map_or(text.len(), |length| start + length);
    let place = place(text, start, end);
    Some(StartCommand::new(&package.path, place, Source::Script, command.clone()))
}

impl StartCommand {
    fn new(path: &str, place: Place, source: Source, text: String) -> Self {
        Self { path: path.to_owned(), place, source, runs: text.clone(), text }
    }
}

/// What `command` runs in the end: where it is `npm run dev`, that script's own command.
fn followed(command: &str, scripts: &BTreeMap<String, String>) -> String {
    let mut runs = command;
    for _ in 0..MAX_HOPS {
        let Some(script) = script_called(runs).and_then(|name| scripts.get(name)) else { break };
        runs = script;
    }
    runs.to_owned()
}

/// The script that a package manager is asked to run.
fn script_called(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace().skip_while(|word| !matches!(*word, "npm" | "yarn" | "pnpm" | "bun"));
    words.next()?;
    words.find(|word| !word.starts_with('-') && !matches!(*word, "run" | "run-script"))
}

fn place_of_line(text: &str, line: u32) -> Place {
    let start: usize = text.split_inclusive('\n').take((line as usize).saturating_sub(1)).map(str::len).sum();
    let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, |line| line.trim_end().len());
    place(text, start, start + length)
}

/// The place of bytes that stand on one line.
fn place(text: &str, start: usize, end: usize) -> Place {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let before = text.get(..start).unwrap_or("");
    let line = number(before.matches('\n').count()) + 1;
    let column = number(before.rsplit('\n').next().unwrap_or("").chars().count()) + 1;
    let end_column = column + number(text.get(start..end).unwrap_or("").chars().count());
    Place { span: Span { line, column, end_line: line, end_column }, bytes: (number(start), number(end)) }
}
