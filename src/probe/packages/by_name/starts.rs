//! Files beside containers that say which commands build and start the app in production.

use std::collections::BTreeSet;

use super::steps::{Step, steps};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::{is_for_development, line_of};
use crate::probe::yaml;

/// Deeper files nobody wrote.
const MOST_DEEP: usize = 20;
/// Keys whose value is a command.
const KEYS: [&str; 15] = [
    "buildCommand",
    "build_command",
    "cmd",
    "cmds",
    "command",
    "dockerCommand",
    "entrypoint",
    "exec",
    "initialDeployHook",
    "installCommand",
    "preDeployCommand",
    "releaseCommand",
    "release_command",
    "run_command",
    "startCommand",
];
/// The entries of `scripts` in `package.json` that production runs, by themselves or as hosts do.
const ENTRIES: [&str; 14] = [
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
    "heroku-prebuild",
    "heroku-postbuild",
    "vercel-build",
    "start:prod",
];

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
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    kind(&name).is_some() && (name == "package.json" || !is_for_development(path))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Compose,
    Yaml,
    Toml,
    Manifest,
}

fn kind(name: &str) -> Option<Form> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_yaml = matches!(extension, "yml" | "yaml");
    Some(match name {
        "procfile" => Form::Lines,
        "package.json" => Form::Manifest,
        "render.yaml" | "app.yaml" | "heroku.yml" | "railway.json" | "vercel.json" => Form::Yaml,
        "fly.toml" | "nixpacks.toml" | "railway.toml" | "netlify.toml" => Form::Toml,
        _ if is_yaml && (stem.starts_with("docker-compose") || stem == "compose" || stem.starts_with("compose.")) => {
            Form::Compose
        }
        _ => return None,
    })
}

/// The commands that a file says, with their lines.
pub fn says(path: &str, text: &str) -> Vec<(u32, Says)> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match kind(&name) {
        None => Vec::new(),
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
            for document in yaml::parse(text).unwrap_or_default() {
                // What is told with another one.
                let mut done = BTreeSet::new();
                document.walk(&mut |key, node| {
                    if let Some((line, lines, says)) = both(node).filter(|_| form == Form::Compose) {
                        done.extend(lines);
                        found.push((line, says));
                    }
                    if done.contains(&node.line) && matches!(key, "entrypoint" | "command") {
                        return;
                    }
                    let all_of = key == "run" && name == "heroku.yml";
                    let below = node.entries().filter(|_| all_of).map(|(_, node)| node);
                    let itself = std::iter::once(node).filter(|_| KEYS.contains(&key));
                    for node in below.chain(itself) {
                        let words: Vec<String> =
                            node.items().filter_map(|item| item.text().map(str::to_owned)).collect();
                        match node.text() {
                            Some(said) => found.push((node.line, Says::Text(said.to_owned()))),
                            None if form == Form::Compose => found.push((node.line, Says::Words(words))),
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

/// The containers that a file names, as seen from the project: `build.dockerfile` of Compose
/// (<https://docs.docker.com/reference/compose-file/build/#dockerfile>), `[build] dockerfile` of Fly.io
/// (<https://fly.io/docs/reference/configuration/#the-build-section>).
pub fn containers(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut found = Vec::new();
    match kind(&name) {
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
/// (<https://docs.docker.com/reference/compose-file/services/#entrypoint>).
fn both(service: &yaml::Node) -> Option<(u32, [u32; 2], Says)> {
    let (entry, command) = (service.get("entrypoint")?, service.get("command")?);
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
        ] {
            assert_eq!(of(path, text), told, "{path}");
        }
        assert!(is_one("compose.yaml") && is_one("deploy/docker-compose.prod.yml"));
        assert!(!is_one("docker-compose.dev.yml") && !is_one("src/command.yml"));
    }
}
