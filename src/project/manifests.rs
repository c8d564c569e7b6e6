//! The files that tell what a project is built with.

use serde_json::Value;

use super::stack::{Ecosystem, Known};
use crate::probe::environment::dotenv;

/// A manifest with its text.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Relative path.
    pub path: String,
    pub kind: Kind,
    pub text: String,
    /// 1 at the root.
    pub depth: usize,
}

/// The kinds that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Npm,
    Requirements,
    Pyproject,
    Pipfile,
    Composer,
    Gemfile,
    GoMod,
    Cargo,
    Prisma,
    Env,
    Fly,
    /// A file whose presence says something, whatever is in it.
    Sign(&'static [&'static str]),
}

/// What a file of this name is.
pub(super) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "package.json" => Kind::Npm,
        "pyproject.toml" => Kind::Pyproject,
        "Pipfile" => Kind::Pipfile,
        "composer.json" => Kind::Composer,
        "Gemfile" => Kind::Gemfile,
        "go.mod" => Kind::GoMod,
        "Cargo.toml" => Kind::Cargo,
        "schema.prisma" => Kind::Prisma,
        "fly.toml" => Kind::Fly,
        "Dockerfile" | "Containerfile" => Kind::Sign(&["container"]),
        "vercel.json" | "netlify.toml" | "wrangler.toml" | "wrangler.jsonc" | "serverless.yml" => {
            Kind::Sign(&["serverless", "web"])
        }
        "manage.py" => Kind::Sign(&["python", "web", "server"]),
        "index.html" => Kind::Sign(&["web", "frontend"]),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Kind::Requirements,
        _ if name == ".env" || name.starts_with(".env.") => Kind::Env,
        _ => return None,
    })
}

impl Manifest {
    /// The project's name, if this is the root's manifest and names it.
    pub(super) fn name(&self) -> Option<String> {
        if self.depth != 1 {
            return None;
        }
        let toml = |table: &str| {
            let parsed: toml::Table = self.text.parse().ok()?;
            Some(parsed.get(table)?.get("name")?.as_str()?.to_owned())
        };
        match self.kind {
            Kind::Npm | Kind::Composer => Some(self.json()?.get("name")?.as_str()?.to_owned()),
            Kind::Pyproject => toml("project"),
            Kind::Cargo => toml("package"),
            _ => None,
        }
    }

    /// Adds what this manifest tells.
    pub(super) fn tell(&self, known: &mut Known) {
        match self.kind {
            Kind::Npm => {
                known.language("javascript");
                for name in self.json_keys(&["dependencies", "devDependencies"]) {
                    known.dependency(Ecosystem::Npm, &name);
                }
            }
            Kind::Composer => {
                known.language("php");
                for name in self.json_keys(&["require"]) {
                    known.dependency(Ecosystem::Composer, &name);
                }
            }
            Kind::Requirements | Kind::Pyproject | Kind::Pipfile => {
                known.language("python");
                self.words(known, Ecosystem::Pypi);
            }
            Kind::Gemfile => {
                known.language("ruby");
                self.words(known, Ecosystem::Gem);
            }
            Kind::GoMod => {
                known.language("go");
                self.words(known, Ecosystem::Go);
            }
            Kind::Cargo => {
                known.language("rust");
                self.words(known, Ecosystem::Cargo);
            }
            Kind::Prisma => self.prisma(known),
            Kind::Fly => known.sign(&["web", "server"]),
            Kind::Sign(traits) => known.sign(traits),
            Kind::Env => {
                for entry in dotenv::parse(&self.text) {
                    known.variable(&entry.name);
                }
            }
        }
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }

    fn json_keys(&self, tables: &[&str]) -> Vec<String> {
        let Some(json) = self.json() else { return Vec::new() };
        tables.iter().filter_map(|table| json.get(table)?.as_object()).flat_map(|map| map.keys().cloned()).collect()
    }

    /// Manifests of other languages are read by their words: each line's first name, quotes and pins aside. A package
    /// name in a comment does no harm here: the stack is a hint and decides no verdict by itself.
    fn words(&self, known: &mut Known, ecosystem: Ecosystem) {
        for line in self.text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            for word in line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))) {
                if !word.is_empty() {
                    known.dependency(ecosystem, &word.to_lowercase());
                }
            }
        }
    }

    fn prisma(&self, known: &mut Known) {
        known.dependency(Ecosystem::Npm, "prisma");
        for line in self.text.lines().map(str::trim).filter(|line| line.starts_with("provider")) {
            for database in ["postgresql", "mysql", "sqlite", "mongodb", "cockroachdb", "sqlserver"] {
                if line.contains(&format!("\"{database}\"")) {
                    known.add(database, &["database"]);
                }
            }
        }
    }
}
