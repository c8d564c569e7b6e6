//! The commands with which an app is started, released or kept running, wherever a host or a container is told them.

use serde_json::Value;

use super::named::quoted;
use crate::probe::files::FileEntry;

/// Files that tell a host or a container what to run: Heroku, Nixpacks, Railway, Dokku, Render, Fly.io, App Engine, Vercel,
/// Netlify, Upsun, Amplify, `CodeBuild`, Scalingo, Koyeb, buildpacks, pm2 and supervisor.
const OF_HOSTS: [&str; 31] = [
    ".platform.app.yaml",
    "amplify.yml",
    "app.json",
    "app.yaml",
    "app.yml",
    "appspec.yml",
    "buildspec.yml",
    "captain-definition",
    "ecosystem.json",
    "fly.toml",
    "heroku.yml",
    "koyeb.yaml",
    "netlify.toml",
    "nixpacks.json",
    "nixpacks.toml",
    "now.json",
    "pm2.json",
    "process.json",
    "process.yml",
    "project.toml",
    "railpack.json",
    "railway.json",
    "railway.toml",
    "render.yaml",
    "render.yml",
    "scalingo.json",
    "serverless.yml",
    "supervisord.conf",
    "vercel.json",
    "zbpack.json",
    "zeabur.json",
];
/// Folders with what clusters are told.
const OF_CLUSTERS: [&str; 8] = [".upsun", "charts", "deploy", "deployment", "helm", "k8s", "kubernetes", "manifests"];
/// Pieces of the keys whose values are commands: `startCommand`, `release_command`, `cmds`, `entrypoint`, `ExecStart`.
const RUNS: [&str; 6] = ["command", "cmd", "entrypoint", "exec", "prestart", "poststart"];
/// Such keys as a whole. What stands below them are commands as well, whatever it is called.
const RUNS_ALL: [&str; 6] = ["args", "processes", "run", "script", "scripts", "start"];

/// Whether a file of this path tells a host or a container what to run.
#[must_use]
pub fn is_of_host(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    OF_HOSTS.contains(&name)
        || name.starts_with("docker-compose")
        || name.starts_with("compose.")
        || (name.starts_with("fly.") && name.ends_with(".toml"))
        || (is_yaml && folder.split('/').any(|part| OF_CLUSTERS.contains(&part)))
}

/// The commands of a file, each with its line; `None` where it gives none. Manifests are left out.
#[must_use]
pub fn commands(file: &FileEntry) -> Option<Vec<(String, u32)>> {
    let name = file.name().to_ascii_lowercase();
    let start: fn(&str) -> Option<&str> = if is_of_host(&file.path) {
        let text = file.read().unwrap_or_default();
        return Some(if name.ends_with(".json") { of_json(&text) } else { of_lines(&text) });
    } else if name.starts_with("procfile") {
        |line| line.split_once(':').map(|(_, command)| command)
    } else if name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name == "containerfile" {
        |line| ["CMD", "ENTRYPOINT"].iter().find_map(|word| line.trim_start().strip_prefix(word))
    } else if file.extension() == "service" {
        |line| line.strip_prefix("ExecStart=")
    } else if matches!(file.extension(), "sh" | "bash") {
        |line| Some(line.trim_start()).filter(|line| !line.starts_with('#'))
    } else if name == "makefile" {
        |line| line.strip_prefix('\t').map(|line| line.trim_start_matches(['@', '-']))
    } else {
        return None;
    };
    let text = file.read().unwrap_or_default();
    Some(text.lines().zip(1..).filter_map(|(line, number)| Some((start(line)?.to_owned(), number))).collect())
}

/// The scripts of a `package.json`: name, command and line.
#[must_use]
pub fn scripts(text: &str) -> Vec<(String, String, u32)> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(scripts) = json.get("scripts").and_then(Value::as_object) else { return Vec::new() };
    let lines = quoted(text);
    let line = |name: &str| lines.get(name).copied().unwrap_or(1);
    scripts
        .iter()
        .filter_map(|(name, command)| Some((name.clone(), command.as_str()?.to_owned(), line(name))))
        .collect()
}

fn runs(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    RUNS.iter().any(|piece| key.contains(piece)) || runs_all(&key)
}

fn runs_all(key: &str) -> bool {
    RUNS_ALL.contains(&key)
}

/// Every text below a key that runs something.
fn of_json(text: &str) -> Vec<(String, u32)> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let lines = quoted(text);
    let mut found = Vec::new();
    let mut waiting = vec![("", &json, false)];
    while let Some((key, value, is_run)) = waiting.pop() {
        match value {
            Value::String(command) if is_run => {
                found.push((command.clone(), lines.get(key).copied().unwrap_or(1)));
            }
            Value::Array(values) => waiting.extend(values.iter().map(|value| (key, value, is_run))),
            Value::Object(fields) => {
                waiting.extend(fields.iter().map(|(key, value)| (&**key, value, is_run || runs(key))));
            }
            _ => {}
        }
    }
    found
}

/// The same of YAML, TOML and INI, line by line: what follows such a key, and what stands further in below it or in a table
/// of that name.
fn of_lines(text: &str) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    // How far in the key stands whose block this is, and whether this is in a table of commands.
    let (mut block, mut table): (Option<usize>, bool) = (None, false);
    for (line, number) in text.lines().zip(1..) {
        let said = line.trim();
        if said.is_empty() || said.starts_with(['#', ';']) {
            continue;
        }
        let at = line.len() - line.trim_start().len();
        let (said, is_item) = said.strip_prefix("- ").map_or((said, said == "-"), |item| (item.trim(), true));
        if block.is_some_and(|block| at < block || (at == block && !is_item)) {
            block = None;
        }
        if let Some(name) = said.strip_prefix('[').and_then(|said| said.strip_suffix(']')).filter(|_| !is_item) {
            let name = name.trim_matches(['[', ']', ' ']);
            table = name.split(['.', ':']).any(|part| runs_all(&part.to_ascii_lowercase()));
            continue;
        }
        let is_key = |key: &&str| key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.\"'".contains(c));
        let pair = said.split_once([':', '=']).map(|(key, value)| (key.trim(), value.trim()));
        match pair.filter(|(key, _)| is_key(key)) {
            Some((key, value)) => {
                let is_run = runs(key.trim_matches(['"', '\'']));
                if value.is_empty() || matches!(value, "|" | "|-" | ">" | ">-" | "[" | "'''" | "\"\"\"") {
                    block = block.or(is_run.then_some(at));
                } else if is_run || block.is_some() || table {
                    // A list of several commands, not one that is written word by word.
                    let is_list = value.starts_with('[') && matches!(key, "cmds" | "commands");
                    let each = value.split(',').filter(|_| is_list);
                    found.extend(each.map(|command| (command.to_owned(), number)));
                    found.extend((!is_list).then(|| (value.to_owned(), number)));
                }
            }
            None if block.is_some() || table => found.push((said.to_owned(), number)),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: Vec<(String, u32)>) -> Vec<String> {
        let mut told: Vec<String> = found.into_iter().map(|(command, line)| format!("{line} {command}")).collect();
        told.sort();
        told
    }

    #[test]
    fn what_a_host_is_told_to_run_is_found() {
        let heroku = "setup:\n  addons:\n    - plan: sql\nbuild:\n  docker:\n    web: Dockerfile\nrelease:\n  image: web\n  \
                      command:\n    - knex migrate\nrun:\n  web: pm2-runtime x\n  worker:\n    command:\n    - bull-it\n";
        assert_eq!(told(of_lines(heroku)), ["10 knex migrate", "12 pm2-runtime x", "15 bull-it"]);
        let fly = "app = \"shop\"\n[deploy]\nrelease_command = \"knex up\"\n[processes]\nweb = \"serve-it\"\n[env]\nA = \"b\"\n";
        assert_eq!(told(of_lines(fly)), ["3 \"knex up\"", "5 \"serve-it\""]);
        let nixpacks = "[phases.build]\ncmds = [\n  \"odd build\",\n]\n[phases.b]\ncmds = [\"a\", \"b\"]\n[start]\ncmd = \"odd start\"\n";
        assert_eq!(told(of_lines(nixpacks)), ["3 \"odd build\",", "6  \"b\"]", "6 [\"a\"", "8 \"odd start\""]);
        let render = "services:\n- type: web\n  name: shop\n  startCommand: mill on\nenvVarGroups:\n- name: mill\n";
        assert!(told(of_lines(render)).contains(&"4 mill on".to_owned()));
        assert!(!told(of_lines(render)).contains(&"6 mill".to_owned()));
        let railway = "{\n\"build\": {\"builder\": \"NIXPACKS\"},\n\"deploy\": {\n\"startCommand\": \"strapi go\"}}";
        assert_eq!(told(of_json(railway)), ["4 strapi go"]);
        let app = "{\"name\": \"web\", \"scripts\": {\"dokku\": {\"predeploy\": \"knex up\"}}}";
        assert_eq!(told(of_json(app)), ["1 knex up"]);
        let compose = "services:\n  web:\n    image: node\n    command:\n      - npx\n      - strapi\n    ports:\n      - 80:80\n";
        assert!(told(of_lines(compose)).contains(&"6 strapi".to_owned()));
    }

    #[test]
    fn files_of_hosts_are_known_by_their_names() {
        for path in ["heroku.yml", "web/railway.json", "fly.staging.toml", "k8s/web.yaml", "compose.yaml"] {
            assert!(is_of_host(path), "{path}");
        }
        for path in ["src/k8s.ts", "config/web.yaml", "package.json", "flying.toml"] {
            assert!(!is_of_host(path), "{path}");
        }
    }
}
