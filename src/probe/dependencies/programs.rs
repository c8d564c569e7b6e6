//! The programs that scripts, containers and hosts start.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::perhaps::MOST_FILES;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::is_aside;

/// They start another program.
const LEADS: [&str; 9] = ["bunx", "cross-env", "dotenv", "env", "exec", "npx", "pnpx", "sudo", "time"];
/// Programs of the system and of languages, and commands of package managers: no package of the project brings them.
const NONE: [&str; 55] = [
    "add",
    "audit",
    "bash",
    "cat",
    "cd",
    "chmod",
    "ci",
    "cp",
    "curl",
    "dedupe",
    "deno",
    "do",
    "docker",
    "docker-compose",
    "done",
    "echo",
    "else",
    "exit",
    "export",
    "fi",
    "for",
    "git",
    "if",
    "install",
    "kill",
    "ln",
    "ls",
    "make",
    "mkdir",
    "mv",
    "node",
    "pack",
    "php",
    "pip",
    "pip3",
    "prune",
    "publish",
    "python",
    "python3",
    "rm",
    "ruby",
    "set",
    "sh",
    "sleep",
    "source",
    "start",
    "test",
    "then",
    "touch",
    "true",
    "until",
    "wget",
    "while",
    "workspace",
    "workspaces",
];
/// They start what one of the scripts is called, or a program.
const RUNNERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// Each program, with the first place that starts it.
#[must_use]
pub fn collect(listing: &Listing, cancel: &CancellationToken) -> BTreeMap<String, Vec<(String, u32)>> {
    let files = || listing.files.iter().filter(|file| !is_aside(&file.path) && !cancel.is_cancelled());
    let manifests = files().filter(|file| file.name() == "package.json");
    let scripts: BTreeSet<String> = manifests.flat_map(|file| names(&file.read().unwrap_or_default())).collect();
    let mut found: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for file in files() {
        for (command, line) in commands(file) {
            for program in started(&command, &scripts) {
                let places = found.entry(program).or_default();
                if places.len() < MOST_FILES && places.last().is_none_or(|(path, _)| *path != file.path) {
                    places.push((file.path.clone(), line));
                }
            }
        }
    }
    found
}

/// The commands of a file, each with its line.
fn commands(file: &FileEntry) -> Vec<(String, u32)> {
    let name = file.name().to_ascii_lowercase();
    let text = || file.read().unwrap_or_default();
    if name == "package.json" {
        return scripts(&text());
    }
    let start: fn(&str) -> Option<&str> = if name.starts_with("procfile") {
        |line| line.split_once(':').map(|(_, command)| command)
    } else if name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name == "containerfile" {
        |line| ["CMD", "ENTRYPOINT"].iter().find_map(|word| line.trim_start().strip_prefix(word))
    } else if name.starts_with("docker-compose") || name.starts_with("compose.") {
        |line| ["command:", "entrypoint:"].iter().find_map(|word| line.trim_start().strip_prefix(word))
    } else if file.extension() == "service" {
        |line| line.strip_prefix("ExecStart=")
    } else {
        return Vec::new();
    };
    text().lines().zip(1..).filter_map(|(line, number)| Some((start(line)?.to_owned(), number))).collect()
}

/// The names of the scripts of a `package.json`.
fn names(text: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    json.get("scripts").and_then(Value::as_object).into_iter().flat_map(|scripts| scripts.keys().cloned()).collect()
}

/// The scripts of a `package.json`.
fn scripts(text: &str) -> Vec<(String, u32)> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let line = |name: &str| {
        let key = format!("\"{name}\"");
        text.lines().zip(1..).find(|(line, _)| line.contains(&key)).map_or(1, |(_, number)| number)
    };
    let scripts = json.get("scripts").and_then(Value::as_object).into_iter().flatten();
    scripts.filter_map(|(name, command)| Some((command.as_str()?.to_owned(), line(name)))).collect()
}

/// The commands that follow each other on a line.
fn parts(command: &str) -> impl Iterator<Item = &str> {
    command.split(['&', '|', ';', '\n'])
}

/// The programs that a command starts: the first word of each part, what only leads to it left out, and other `scripts`.
fn started(command: &str, scripts: &BTreeSet<String>) -> Vec<String> {
    let program = |part: &str| {
        let words = part.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '\'' | ',' | '(' | ')'));
        let mut runs = false;
        let mut words = words.filter(|word| !word.is_empty()).skip_while(|word| {
            runs |= RUNNERS.contains(word);
            let leads = LEADS.contains(word) || RUNNERS.contains(word) || matches!(*word, "dlx" | "run" | "x");
            leads || word.starts_with('-') || word.contains('=')
        });
        let word = words.next()?;
        drop(words);
        let word = word.trim_end_matches('/');
        let word = word.rsplit('/').next().unwrap_or(word);
        let word = word.split('@').next().unwrap_or(word);
        // A file of the project's own has an ending.
        let is_own = word.contains('.') || (runs && scripts.contains(word));
        (!is_own && !NONE.contains(&word)).then(|| word.to_owned())
    };
    parts(command).filter_map(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_command_is_a_program() {
        for (command, programs) in [
            ("NODE_ENV=production functions-framework --target=app", &["functions-framework"][..]),
            ("npm run build && npx strapi start", &["strapi"]),
            ("[\"node_modules/.bin/semver\", \"1.0.0\"]", &["semver"]),
            ("cd app; yarn nest start", &["nest"]),
            ("node server.js", &[]),
            ("./scripts/run.sh", &[]),
        ] {
            assert_eq!(started(command, &BTreeSet::from(["build".to_owned()])), programs, "{command}");
        }
    }

    #[test]
    fn scripts_processes_and_containers_start_programs() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "package.json",
                "{\"scripts\": {\n\"build\": \"tidy src\",\n\"start\": \"npm run build && strapi start\"}}",
            ),
            ("Procfile", "web: serve-it --port 1\nworker: node_modules/.bin/grind\n"),
            ("Dockerfile", "FROM node:22\nRUN odd-one\nCMD [\"mill\", \"x\"]\n"),
            ("tests/package.json", "{\"scripts\": {\"x\": \"other\"}}"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let listing = crate::probe::files::list(folder.path(), &[], &CancellationToken::new());
        let found = collect(&listing, &CancellationToken::new());
        let told: Vec<String> = found.iter().map(|(name, at)| format!("{name} {}:{}", at[0].0, at[0].1)).collect();
        assert_eq!(
            told,
            [
                "grind Procfile:2",
                "mill Dockerfile:3",
                "serve-it Procfile:1",
                "strapi package.json:3",
                "tidy package.json:2"
            ]
        );
    }
}
