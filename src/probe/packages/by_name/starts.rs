//! Files beside containers that say which commands build and start the app in production.

use std::collections::BTreeSet;

use super::handed::brings;
use super::steps::{Step, steps};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::{is_for_development, line_of};
use crate::probe::yaml;

/// Deeper files nobody wrote.
const MOST_DEEP: usize = 20;
/// Keys whose value is a command.
const KEYS: [&str; 17] = [
    "buildCommand",
    "build_command",
    "cmd",
    "cmds",
    "command",
    "commands",
    "dockerCommand",
    "entrypoint",
    "exec",
    "initialDeployHook",
    "installCommand",
    "postdeploy",
    "preDeployCommand",
    "releaseCommand",
    "release_command",
    "run_command",
    "startCommand",
];
/// The entries of `scripts` in `package.json` that production runs, by themselves or as hosts do.
const ENTRIES: [&str; 15] = [
    "preinstall",
    "install",
    "postinstall",
    "prepare",
    "prestart",
    "start",
    "poststart",
    "prebuild",
    "build",
    "postbuild",
    "gcp-build",
    "heroku-prebuild",
    "heroku-postbuild",
    "vercel-build",
    "start:prod",
];

/// Files and folders in which people write down what Kubernetes is to start.
const OBJECTS: [&str; 6] = ["deployment", "statefulset", "daemonset", "cronjob", "job", "pod"];
const OF_OBJECTS: [&str; 5] = ["k8s", "kubernetes", "kube", "manifests", "deploy"];

/// A command that such a file says.
#[derive(Debug, PartialEq, Eq)]
pub enum Says {
    /// As a shell reads it.
    Text(String),
    /// As a list of words.
    Words(Vec<String>),
    /// An entry point and its command, each as a list of words.
    Both(Vec<String>, Vec<String>),
    /// A Dockerfile as a whole.
    Container(String),
    /// An entry of `scripts` in `package.json`.
    Entry(&'static str),
}

/// Whether a file of this path says such commands.
pub fn is_one(path: &str) -> bool {
    kind(path).is_some_and(|form| form == Form::Manifest || !is_for_development(path))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Compose,
    Kubernetes,
    Yaml,
    Toml,
    Manifest,
}

fn kind(path: &str) -> Option<Form> {
    let path = path.to_ascii_lowercase();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_yaml = matches!(extension, "yml" | "yaml");
    Some(match name {
        "procfile" => Form::Lines,
        "package.json" => Form::Manifest,
        "render.yaml" | "app.yaml" | "heroku.yml" | "railway.json" | "vercel.json" | "app.json" => Form::Yaml,
        "amplify.yml" | "buildspec.yml" | "buildspec.yaml" | "apprunner.yaml" => Form::Yaml,
        _ if extension == "config" && above.ends_with(".ebextensions") => Form::Yaml,
        "fly.toml" | "nixpacks.toml" | "railway.toml" | "netlify.toml" => Form::Toml,
        _ if is_yaml && (stem.starts_with("docker-compose") || stem == "compose" || stem.starts_with("compose.")) => {
            Form::Compose
        }
        _ if is_yaml && (OBJECTS.contains(&stem) || above.split('/').any(|one| OF_OBJECTS.contains(&one))) => {
            Form::Kubernetes
        }
        _ => return None,
    })
}

/// The commands that a file says, with their lines.
pub fn says(path: &str, text: &str) -> Vec<(u32, Says)> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match kind(path) {
        None => Vec::new(),
        Some(Form::Kubernetes) if !text.contains("apiVersion:") => Vec::new(),
        Some(Form::Lines) => {
            let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with('#'));
            lines.filter_map(|(line, at)| Some((at, Says::Text(line.split_once(':')?.1.trim().to_owned())))).collect()
        }
        Some(Form::Manifest) => {
            let parsed: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            let is_there = |entry: &&&str| parsed.get("scripts").is_some_and(|scripts| scripts.get(entry).is_some());
            ENTRIES.iter().filter(is_there).map(|entry| (0, Says::Entry(entry))).collect()
        }
        Some(Form::Toml) => {
            let (mut found, table) = (Vec::new(), text.parse::<toml::Table>().unwrap_or_default());
            for (key, value) in &table {
                of_toml(key, value, false, 0, &mut |key, said| {
                    // The text may be written with escapes, and lists go over lines.
                    let first = said.lines().next().unwrap_or("").split(['"', '\\']).next().unwrap_or("");
                    let of_key = text.lines().zip(1..).find(|(line, _)| {
                        let value = line.trim_start().strip_prefix(key).map(str::trim_start);
                        value.is_some_and(|value| value.starts_with('=') && value.contains(first))
                    });
                    let line = of_key.map(|(_, line)| line).or_else(|| line_of(text, first));
                    found.push((line.unwrap_or(1), Says::Text(said.to_owned())));
                });
            }
            found
        }
        Some(form) => {
            let mut found = Vec::new();
            // No shell reads a list there.
            let is_exec = matches!(form, Form::Compose | Form::Kubernetes);
            for document in yaml::parse(text).unwrap_or_default() {
                // What is told with another one.
                let mut done = BTreeSet::new();
                document.walk(&mut |key, node| {
                    for (line, lines, says) in
                        std::iter::once(node).chain(node.items()).filter_map(|one| both(one, form))
                    {
                        done.extend(lines);
                        found.push((line, says));
                    }
                    if done.contains(&node.line) && matches!(key, "entrypoint" | "command") {
                        return;
                    }
                    let all_of = key == "run" && name == "heroku.yml" || key == "commands";
                    let below = node.entries().filter(|_| all_of).map(|(_, node)| node);
                    let itself = std::iter::once(node).filter(|_| KEYS.contains(&key));
                    for node in below.chain(itself) {
                        let words: Vec<String> =
                            node.items().filter_map(|item| item.text().map(str::to_owned)).collect();
                        match node.text() {
                            Some(said) => found.push((node.line, Says::Text(said.to_owned()))),
                            None if is_exec => found.push((node.line, Says::Words(words))),
                            None => found.extend(words.into_iter().map(|word| (node.line, Says::Text(word)))),
                        }
                    }
                    if let Some(said) = node.text().filter(|_| key == "dockerfile_inline" && form == Form::Compose) {
                        found.push((node.line, Says::Container(said.to_owned())));
                    }
                });
            }
            found
        }
    }
}

/// The line of a command that brings in packages, in a file that makes no sense as a whole: a template, one in the middle of a
/// merge.
pub fn broken(path: &str, text: &str) -> Option<u32> {
    let is_broken = match kind(path)? {
        Form::Lines | Form::Manifest => false,
        Form::Toml => text.parse::<toml::Table>().is_err(),
        Form::Kubernetes if !text.contains("apiVersion:") => false,
        Form::Compose | Form::Kubernetes | Form::Yaml => yaml::parse(text).is_err(),
    };
    let found = text.lines().zip(1..).find(|(line, _)| is_broken && brings(line));
    found.map(|(_, line)| line)
}

/// The containers that a file names, as seen from the project: `build.dockerfile` of Compose
/// (<https://docs.docker.com/reference/compose-file/build/#dockerfile>), `[build] dockerfile` of Fly.io
/// (<https://fly.io/docs/reference/configuration/#the-build-section>).
pub fn containers(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut found = Vec::new();
    match kind(path) {
        Some(Form::Compose) => {
            for document in yaml::parse(text).unwrap_or_default() {
                document.walk(&mut |key, node| {
                    let value = |name: &str| node.get(name).and_then(yaml::Node::text);
                    let Some(file) = value("dockerfile").filter(|_| key == "build") else { return };
                    let above = joined(folder(path), value("context").unwrap_or("."));
                    found.extend(above.and_then(|above| joined(&above, file)));
                });
            }
        }
        Some(Form::Toml) if name == "fly.toml" => {
            let table = text.parse::<toml::Table>().unwrap_or_default();
            let file = table.get("build").and_then(|build| build.get("dockerfile")?.as_str());
            found.extend(file.and_then(|file| joined(folder(path), file)));
        }
        _ => {}
    }
    found
}

/// The entry point and the command of a service, which are one
/// (<https://docs.docker.com/reference/compose-file/services/#entrypoint>); Kubernetes calls them otherwise
/// (<https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/>).
fn both(service: &yaml::Node, form: Form) -> Option<(u32, [u32; 2], Says)> {
    let (entry, command) = match form {
        Form::Compose => ("entrypoint", "command"),
        Form::Kubernetes => ("command", "args"),
        _ => return None,
    };
    let (entry, command) = (service.get(entry)?, service.get(command)?);
    let words = |node: &yaml::Node| match node.text().map(steps) {
        // No shell reads it: it is taken apart into words alone.
        Some(steps) => match steps.as_slice() {
            [Step::Command(one)] => Some(one.words.clone()),
            _ => None,
        },
        None => Some(node.items().filter_map(|item| item.text().map(str::to_owned)).collect()),
    };
    Some((command.line, [entry.line, command.line], Says::Both(words(entry)?, words(command)?)))
}

fn of_toml(key: &str, value: &toml::Value, is_all: bool, depth: usize, visit: &mut dyn FnMut(&str, &str)) {
    if depth > MOST_DEEP {
        return;
    }
    match value {
        toml::Value::String(said) if is_all || KEYS.contains(&key) => visit(key, said),
        toml::Value::Array(all) => all.iter().for_each(|one| of_toml(key, one, is_all, depth + 1, visit)),
        toml::Value::Table(table) => {
            table.iter().for_each(|(inner, value)| of_toml(inner, value, key == "processes", depth + 1, visit));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_compose_files_say_commands() {
        let of = |path: &str, text: &str| {
            let one = |(line, says): (u32, Says)| match says {
                Says::Text(text) => format!("{line} {text}"),
                Says::Words(words) => format!("{line} {}", words.join("|")),
                Says::Both(entry, command) => format!("{line} {} + {}", entry.join("|"), command.join("|")),
                Says::Container(text) => format!("{line} container {}", text.lines().count()),
                Says::Entry(name) => format!("entry {name}"),
            };
            says(path, text).into_iter().map(one).collect::<Vec<_>>().join(" / ")
        };
        for (path, text, told) in [
            ("Procfile", "# x\nrelease: pip install a\nweb: b", "2 pip install a / 3 b"),
            (
                "docker-compose.yml",
                "services:\n  a:\n    command: sh -c \"x\"\n    entrypoint: [a, b]\n    build:\n      dockerfile_inline: |\n        FROM a\n        RUN b\n",
                "3 sh -c \"x\" / 4 a|b / 7 container 2",
            ),
            ("render.yaml", "services:\n  - buildCommand: a\n    startCommand: b\n    name: c\n", "2 a / 3 b"),
            ("heroku.yml", "run:\n  web: a\nrelease:\n  command:\n    - b\n", "2 a / 5 b"),
            ("app.yaml", "runtime: python\nentrypoint: a b\n", "2 a b"),
            ("vercel.json", "{\n  \"buildCommand\": \"a\",\n  \"framework\": \"b\"\n}", "2 a"),
            ("fly.toml", "app = \"x\"\n[deploy]\nrelease_command = \"a\"\n[processes]\nweb = \"b c\"\n", "3 a / 5 b c"),
            ("nixpacks.toml", "[phases.setup]\ncmds = [\"a\", \"b\"]\n[start]\ncmd = \"d\"\n", "2 a / 2 b / 4 d"),
            (
                "package.json",
                "{\"scripts\": {\"build\": \"a\", \"lint\": \"b\", \"start\": \"c\"}}",
                "entry start / entry build",
            ),
            ("compose.txt", "command: a", ""),
            ("app.json", "{\"scripts\": {\"postdeploy\": \"a\"}, \"expo\": {}}", "1 a"),
            ("amplify.yml", "frontend:\n  phases:\n    preBuild:\n      commands:\n        - a b\n", "5 a b"),
            ("apprunner.yaml", "build:\n  commands:\n    build:\n      - a\nrun:\n  command: b\n", "4 a / 6 b"),
            (".ebextensions/01.config", "container_commands:\n  01:\n    command: a\n", "3 a"),
            (
                "k8s/web.yaml",
                "apiVersion: apps/v1\nspec:\n  containers:\n  - name: a\n    command: [sh, -c]\n    args: [a b]\n  - name: b\n    command: [c, d]\n",
                "6 sh|-c + a b / 8 c|d",
            ),
            ("k8s/values.yaml", "command: a\n", ""),
        ] {
            assert_eq!(of(path, text), told, "{path}");
        }
        let broken_at = |text: &str| broken("k8s/web.yaml", &format!("apiVersion: apps/v1\n{text}"));
        assert_eq!(broken_at("{{- if .x }}\ncommand: [sh, -c, \"npm i lodash && node x\"]\n"), Some(3));
        assert_eq!(broken_at("{{- if .x }}\ncommand: [sh, -c, \"npm ci && node x\"]\n"), None);
        assert_eq!(broken_at("command: [sh, -c, \"npm i lodash && node x\"]\n"), None);
        assert!(is_one("compose.yaml") && is_one("deploy/docker-compose.prod.yml"));
        assert!(!is_one("docker-compose.dev.yml") && !is_one("src/command.yml"));
    }
}
