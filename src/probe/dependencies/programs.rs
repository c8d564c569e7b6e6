//! The programs that scripts, containers and hosts start.

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::perhaps::MOST_FILES;
use super::started::{commands, scripts};
use crate::probe::files::Listing;
use crate::probe::repository::is_aside;

/// They start another program.
const LEADS: [&str; 16] = [
    "bunx",
    "cross-env",
    "do",
    "dotenv",
    "else",
    "env",
    "exec",
    "if",
    "npx",
    "nohup",
    "pnpx",
    "sudo",
    "then",
    "time",
    "until",
    "while",
];
/// Programs of the system and of languages, and commands of package managers: no package of the project brings them.
const NONE: [&str; 49] = [
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
    "docker",
    "docker-compose",
    "done",
    "echo",
    "exit",
    "export",
    "fi",
    "for",
    "git",
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
    "touch",
    "true",
    "wget",
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
    let of_manifests: Vec<_> = manifests.map(|file| (file, scripts(&file.read().unwrap_or_default()))).collect();
    let names = of_manifests.iter().flat_map(|(_, scripts)| scripts.iter().map(|(name, ..)| name.clone()));
    let scripts: BTreeSet<String> = names.collect();
    let of_manifests = of_manifests.into_iter().map(|(file, scripts)| {
        (file, scripts.into_iter().map(|(_, command, line)| (command, line)).collect::<Vec<_>>())
    });
    let others = files().filter_map(|file| Some((file, commands(file)?)));
    let mut found: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for (file, commands) in of_manifests.chain(others) {
        for (command, line) in commands {
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
    use crate::probe::samples::listed;

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
        let (_folder, listing) = listed(&[
            (
                "package.json",
                "{\"scripts\": {\n\"build\": \"tidy src\",\n\"start\": \"npm run build && strapi start\"}}",
            ),
            ("Procfile", "web: serve-it --port 1\nworker: node_modules/.bin/grind\n"),
            ("Dockerfile", "FROM node:22\nRUN odd-one\nCMD [\"mill\", \"x\"]\n"),
            ("tests/package.json", "{\"scripts\": {\"x\": \"other\"}}"),
            ("heroku.yml", "build:\n  docker:\n    web: Dockerfile\nrun:\n  web: hrk --x\n"),
            ("railway.json", "{\"deploy\": {\"startCommand\": \"rail-it on\"}}"),
            ("bin/start.sh", "#!/bin/sh\nset -e\nif [ -f x ]; then boot-up; fi\nexec shelled \"$@\"\n"),
        ]);
        let found = collect(&listing, &CancellationToken::new());
        let told: Vec<String> = found.iter().map(|(name, at)| format!("{name} {}:{}", at[0].0, at[0].1)).collect();
        assert_eq!(
            told,
            [
                "boot-up bin/start.sh:3",
                "grind Procfile:2",
                "hrk heroku.yml:5",
                "mill Dockerfile:3",
                "rail-it railway.json:1",
                "serve-it Procfile:1",
                "shelled bin/start.sh:4",
                "strapi package.json:3",
                "tidy package.json:2"
            ]
        );
    }
}
