//! Collects the variables that a project declares: in example files, in deployment configuration, in schemas.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::dotenv::{self, Entry};
use super::names;
use crate::probe::yaml::{self, Node};

/// What is declared, and where.
#[derive(Debug, Default)]
pub struct Declared {
    /// Variable to the files that declare it, in the order they were seen.
    names: BTreeMap<String, Vec<String>>,
    /// The example files with their lines.
    pub examples: Vec<(String, Vec<Entry>)>,
}

impl Declared {
    /// Whether any file declares `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// Whether anything is declared at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Takes what the file at `path` declares. `tracked_env` says that it is a `.env` file that git tracks.
    pub fn take(&mut self, path: &str, text: &str, tracked_env: bool) {
        let name = path.rsplit('/').next().unwrap_or(path);
        if names::is_example_file(path) {
            let entries = dotenv::parse(text);
            entries.iter().for_each(|entry| self.add(&entry.name, path));
            self.examples.push((path.to_owned(), entries));
        } else if tracked_env {
            dotenv::parse(text).iter().filter(|entry| !entry.commented).for_each(|entry| self.add(&entry.name, path));
        } else if is_compose(name) {
            self.take_yaml(path, text, compose);
        } else if matches!(name, "render.yaml" | "render.yml") {
            self.take_yaml(path, text, render);
        } else if matches!(name, "serverless.yml" | "serverless.yaml") {
            self.take_yaml(path, text, |node, found| mappings(node, &["environment"], found));
        } else if matches!(name, "app.yaml" | "app.yml") {
            self.take_yaml(path, text, |node, found| mappings(node, &["env_variables"], found));
        } else if matches!(name, "app.json" | "vercel.json") {
            let json = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
            let tables = [json.get("env"), json.pointer("/build/env")];
            tables
                .into_iter()
                .flatten()
                .filter_map(|t| t.as_object())
                .flat_map(|t| t.keys())
                .for_each(|key| self.add(key, path));
        } else if matches!(name, "fly.toml" | "netlify.toml" | "wrangler.toml") {
            let table = text.parse::<toml::Table>().unwrap_or_default();
            let mut found = Vec::new();
            toml_tables(&table, &mut found);
            found.iter().for_each(|key| self.add(key, path));
        } else if name.to_ascii_lowercase().contains("dockerfile") {
            self.take_pattern(path, text, &DOCKER);
        } else if is_schema(name, text) {
            let pattern = if name.ends_with(".py") { &PYTHON } else { &SCRIPT };
            self.take_pattern(path, text, pattern);
        }
    }

    fn add(&mut self, name: &str, path: &str) {
        let paths = self.names.entry(name.to_owned()).or_default();
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }

    fn take_yaml(&mut self, path: &str, text: &str, read: impl Fn(&Node, &mut Vec<String>)) {
        let mut found = Vec::new();
        for document in yaml::parse(text).unwrap_or_default() {
            read(&document, &mut found);
        }
        found.iter().for_each(|name| self.add(name, path));
    }

    fn take_pattern(&mut self, path: &str, text: &str, pattern: &LazyLock<Option<Regex>>) {
        let Some(pattern) = pattern.as_ref() else { return };
        for found in pattern.captures_iter(text) {
            if let Some(name) = found.iter().skip(1).flatten().next() {
                // Settings classes name their fields in lower case and read the upper case.
                self.add(&name.as_str().to_ascii_uppercase(), path);
            }
        }
    }
}

/// Whether a file may declare variables; decides what is read at all.
#[must_use]
pub fn may_declare(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    names::is_example_file(path)
        || is_compose(name)
        || matches!(
            name,
            "render.yaml"
                | "render.yml"
                | "serverless.yml"
                | "serverless.yaml"
                | "app.yaml"
                | "app.yml"
                | "app.json"
                | "vercel.json"
                | "fly.toml"
                | "netlify.toml"
                | "wrangler.toml"
        )
        || lower.contains("dockerfile")
        || is_code_of_settings(&lower)
}

fn is_code_of_settings(lower: &str) -> bool {
    let code = [".ts", ".mts", ".js", ".mjs", ".cjs", ".py"].iter().any(|end| lower.ends_with(end));
    code && ["env", "config", "settings"].iter().any(|word| lower.contains(word))
}

/// Whether a file name is that of a compose file, with any suffix.
#[must_use]
pub fn is_compose(name: &str) -> bool {
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    yaml && (name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-"))
}

fn is_schema(name: &str, text: &str) -> bool {
    is_code_of_settings(&name.to_ascii_lowercase())
        && [
            "createEnv(",
            "z.object(",
            "interface ProcessEnv",
            "interface ImportMetaEnv",
            "cleanEnv(",
            "v.object(",
            "Joi.object(",
            "BaseSettings",
            "environ.Env(",
            "Type.Object(",
            "type(",
        ]
        .iter()
        .any(|mark| text.contains(mark))
}

static SCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // `DATABASE_URL: z.string()`, `readonly VITE_API?: string`, but not the mapping `DATABASE_URL: process.env.DATABASE_URL`.
    Regex::new(r#"(?m)^\s*(?:readonly\s+)?["']?([A-Z][A-Z0-9_]+)["']?\??\s*:\s*(?:z\b|v\.|string|number|boolean|"|'|Joi|Type\.|str\(|num\(|bool\(|url\(|port\(|email\(|json\(|host\(|makeValidator|undefined)"#).ok()
});

static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Fields of a settings class, and the arguments of django-environ's `Env(...)`.
    Regex::new(r"(?m)^\s+([A-Za-z][A-Za-z0-9_]+)\s*:\s*[A-Za-z]|^\s+([A-Z][A-Z0-9_]+)\s*=\s*\(").ok()
});

static DOCKER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^\s*(?:ENV|ARG)\s+([A-Z][A-Z0-9_]+)").ok());

fn compose(document: &Node, found: &mut Vec<String>) {
    for (_, service) in document.get("services").into_iter().flat_map(Node::entries) {
        let Some(environment) = service.get("environment") else { continue };
        found.extend(environment.entries().map(|(name, _)| name.to_owned()));
        let listed = environment.items().filter_map(Node::text);
        found.extend(listed.map(|text| text.split('=').next().unwrap_or(text).trim().to_owned()));
    }
}

fn render(document: &Node, found: &mut Vec<String>) {
    document.walk(&mut |name, node| {
        if name == "envVars" {
            found.extend(node.items().filter_map(|item| item.get("key")?.text()).map(str::to_owned));
        }
    });
}

fn mappings(document: &Node, keys: &[&str], found: &mut Vec<String>) {
    document.walk(&mut |name, node| {
        if keys.contains(&name) {
            found.extend(node.entries().map(|(name, _)| name.to_owned()));
        }
    });
}

fn toml_tables(table: &toml::Table, found: &mut Vec<String>) {
    for (name, value) in table {
        if let Some(inner) = value.as_table() {
            if matches!(name.as_str(), "env" | "vars" | "environment") {
                found.extend(inner.keys().cloned());
            }
            toml_tables(inner, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_declaring_counts() {
        let mut declared = Declared::default();
        for (path, text) in [
            (".env.example", "A1=\n# ALSO_A=x\n"),
            (
                "docker-compose.yml",
                "services:\n  web:\n    environment:\n      - B1=1\n      - B2\n  db:\n    environment:\n      B3: x\n",
            ),
            ("render.yaml", "services:\n  - envVars:\n      - key: C1\n        sync: false\n"),
            ("fly.toml", "[env]\n  D1 = \"x\"\n"),
            ("app.json", "{\"env\": {\"E1\": {\"required\": true}}}"),
            (
                "src/env.mjs",
                "export const env = createEnv({\n  server: {\n    F1: z.string(),\n  },\n  runtimeEnv: {\n    F2: process.env.F2,\n  },\n});\n",
            ),
            ("types/vite-env.d.ts", "interface ImportMetaEnv {\n  readonly G1: string\n}\n"),
            ("app/settings.py", "class Settings(BaseSettings):\n    database_url: str\n    debug: bool = False\n"),
            ("Dockerfile", "FROM node:22\nENV H1=x\nARG H2\n"),
        ] {
            assert!(may_declare(path), "{path}");
            declared.take(path, text, false);
        }
        for name in ["A1", "ALSO_A", "B1", "B2", "B3", "C1", "D1", "E1", "F1", "G1", "DATABASE_URL", "H1", "H2"] {
            assert!(declared.has(name), "{name}");
        }
        assert!(!declared.has("F2"));
    }
}
