//! Reads what manifests say about dependencies.

use std::collections::BTreeSet;

use super::repo::{Repo, folder_of, is_aside, name_of};

/// A package manager's world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ecosystem {
    /// npm, pnpm, Yarn, Bun.
    Node,
    /// `pyproject.toml` and `Pipfile`.
    Python,
    /// `requirements.txt`, which can be its own lock.
    Requirements,
    /// Composer.
    Php,
    /// Bundler.
    Ruby,
    /// Cargo.
    Rust,
    /// Go modules.
    Go,
}

impl Ecosystem {
    /// The lock files that hold its exact versions, the usual one first.
    #[must_use]
    pub const fn locks(self) -> &'static [&'static str] {
        match self {
            Self::Node => &[
                "package-lock.json",
                "pnpm-lock.yaml",
                "yarn.lock",
                "bun.lock",
                "bun.lockb",
                "npm-shrinkwrap.json",
                "deno.lock",
            ],
            Self::Python => &["uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pylock.toml"],
            Self::Requirements => &["uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml", "requirements.lock"],
            Self::Php => &["composer.lock"],
            Self::Ruby => &["Gemfile.lock", "gems.locked"],
            Self::Rust => &["Cargo.lock"],
            Self::Go => &["go.sum"],
        }
    }

    /// The command that writes the lock file.
    #[must_use]
    pub const fn how_to_lock(self) -> &'static str {
        match self {
            Self::Node => {
                "Run `npm install` (or your package manager's install), commit the lock file, and install with `npm ci` when you deploy."
            }
            Self::Python => {
                "Run `uv lock` or `poetry lock`, commit the lock file, and install from it when you deploy."
            }
            Self::Requirements => {
                "Write exact versions with `pip-compile` or `uv pip compile`, commit the result, and install from it when you deploy."
            }
            Self::Php => "Run `composer update --lock`, commit `composer.lock`, and deploy with `composer install`.",
            Self::Ruby => "Run `bundle lock`, commit `Gemfile.lock`, and deploy with `bundle install --deployment`.",
            Self::Rust => "Run `cargo generate-lockfile`, commit `Cargo.lock`, and build with `--locked`.",
            Self::Go => "Run `go mod tidy` and commit `go.sum`.",
        }
    }
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// The version that is asked for, as written; empty when none is.
    pub wanted: String,
    /// How firm that is.
    pub pin: Pin,
    /// Line in the manifest, from 1.
    pub line: u32,
}

/// How firmly a version is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// One version, or a place in the same repository.
    Exact,
    /// A range: fine with a lock file.
    Range,
    /// Whatever is there on the day: `*`, `latest`, a branch, an archive at a URL.
    Loose,
}

/// A manifest with its dependencies.
#[derive(Debug)]
pub struct Manifest {
    /// Relative path.
    pub path: String,
    /// Its world.
    pub ecosystem: Ecosystem,
    /// What it asks for in production.
    pub dependencies: Vec<Dependency>,
    /// It was written by a tool that fixes indirect dependencies too.
    pub compiled: bool,
}

impl Manifest {
    /// Its folder: empty, or `apps/web/`.
    #[must_use]
    pub fn folder(&self) -> &str {
        folder_of(&self.path)
    }
}

/// Every manifest of the product that names dependencies.
#[must_use]
pub fn find(repo: &Repo) -> Vec<Manifest> {
    let mut found = Vec::new();
    for path in repo.paths().filter(|path| !is_aside(path)) {
        let Some(ecosystem) = ecosystem_of(path) else { continue };
        let Some(text) = repo.text(path) else { continue };
        let name = name_of(path);
        let dependencies = match name {
            "package.json" => package_json(&text),
            "composer.json" => composer_json(&text),
            "pyproject.toml" | "Pipfile" => python_toml(&text),
            "Cargo.toml" => cargo_toml(&text, repo, folder_of(path)),
            "go.mod" => Ok(go_mod(&text)),
            "Gemfile" | "gems.rb" => Ok(gemfile(&text)),
            _ => Ok(requirements(&text)),
        };
        match dependencies {
            Ok(dependencies) if dependencies.is_empty() => {}
            Ok(dependencies) => {
                let compiled =
                    text.contains("--hash=") || text.contains("pip-compile") || text.contains("uv pip compile");
                found.push(Manifest { path: path.to_owned(), ecosystem, dependencies, compiled });
            }
            Err(()) => repo.not_understood(path, "a manifest that is not well-formed"),
        }
    }
    own_packages_are_exact(repo, &mut found);
    found
}

/// `"@shop/ui": "*"` beside a package of that name in the same repository means that package.
fn own_packages_are_exact(repo: &Repo, manifests: &mut [Manifest]) {
    let texts = repo.paths().filter(|path| name_of(path) == "package.json").filter_map(|path| repo.text(path));
    let own: BTreeSet<String> = texts
        .filter_map(|text| {
            serde_json::from_str::<serde_json::Value>(&text).ok()?.get("name")?.as_str().map(str::to_owned)
        })
        .collect();
    let dependencies = manifests.iter_mut().filter(|manifest| manifest.ecosystem == Ecosystem::Node);
    for dependency in dependencies.flat_map(|manifest| &mut manifest.dependencies) {
        if own.contains(&dependency.name) {
            dependency.pin = Pin::Exact;
        }
    }
}

fn ecosystem_of(path: &str) -> Option<Ecosystem> {
    let name = name_of(path);
    Some(match name {
        "package.json" => Ecosystem::Node,
        "pyproject.toml" | "Pipfile" => Ecosystem::Python,
        "composer.json" => Ecosystem::Php,
        "Gemfile" | "gems.rb" => Ecosystem::Ruby,
        "Cargo.toml" => Ecosystem::Rust,
        "go.mod" => Ecosystem::Go,
        _ => {
            let lower = path.to_ascii_lowercase();
            let production = !["dev", "test", "doc", "lint", "ci"].iter().any(|word| {
                name_of(&lower).split(['-', '_', '.']).any(|part| part == *word || part == format!("{word}s"))
            });
            let listed = name_of(&lower).starts_with("requirements") || folder_of(&lower).ends_with("requirements/");
            if listed && lower.ends_with(".txt") && production { Ecosystem::Requirements } else { return None }
        }
    })
}

fn line_of_entry(text: &str, name: &str) -> u32 {
    let quoted = format!("\"{name}\"");
    let plain =
        |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
    let found = text.lines().zip(1..).find(|(line, _)| line.contains(&quoted) || plain(line));
    found.map_or(1, |(_, number)| number)
}

fn package_json(text: &str) -> Result<Vec<Dependency>, ()> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| ())?;
    let mut found = Vec::new();
    for table in ["dependencies", "optionalDependencies", "devDependencies"] {
        for (name, wanted) in json.get(table).and_then(|t| t.as_object()).into_iter().flatten() {
            let wanted = wanted.as_str().unwrap_or_default().trim().to_owned();
            let pin = node_pin(&wanted);
            found.push(Dependency { line: line_of_entry(text, name), name: name.clone(), wanted, pin });
        }
    }
    Ok(found)
}

fn node_pin(wanted: &str) -> Pin {
    const OWN: [&str; 5] = ["workspace:", "file:", "link:", "portal:", "catalog:"];
    let wanted = wanted.strip_prefix("npm:").map_or(wanted, |alias| alias.rsplit('@').next().unwrap_or(alias));
    if OWN.iter().any(|start| wanted.starts_with(start)) {
        return Pin::Exact;
    }
    let remote = wanted.contains("://") || wanted.starts_with("git") || wanted.contains('/');
    if remote {
        let fixed = wanted.rsplit_once('#').is_some_and(|(_, reference)| {
            reference.starts_with("semver:") || is_commit(reference) || is_exact(reference.trim_start_matches('v'))
        });
        return if fixed { Pin::Exact } else { Pin::Loose };
    }
    let tag =
        !wanted.is_empty() && wanted.bytes().all(|b| b.is_ascii_alphabetic()) && !wanted.eq_ignore_ascii_case("x");
    if wanted.is_empty() || matches!(wanted, "*" | "x" | "X") || tag {
        Pin::Loose
    } else if is_exact(wanted.trim_start_matches(['=', 'v'])) {
        Pin::Exact
    } else {
        Pin::Range
    }
}

fn is_commit(reference: &str) -> bool {
    reference.len() >= 7 && reference.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `1.2.3`, with at least two dots and nothing that leaves room.
fn is_exact(version: &str) -> bool {
    version.split('.').count() >= 3
        && version.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && !version.contains(['^', '~', '>', '<', '*', 'x', ' ', '|', ','])
}

fn composer_json(text: &str) -> Result<Vec<Dependency>, ()> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| ())?;
    if json.get("type").and_then(|kind| kind.as_str()) == Some("library") {
        return Ok(Vec::new());
    }
    let packages = json.get("require").and_then(|t| t.as_object()).into_iter().flatten();
    let found = packages.filter(|(name, _)| name.contains('/')).map(|(name, wanted)| {
        let wanted = wanted.as_str().unwrap_or_default().to_owned();
        let pin = if wanted == "*" || wanted.starts_with("dev-") || wanted.ends_with("-dev") {
            Pin::Loose
        } else if is_exact(&wanted) {
            Pin::Exact
        } else {
            Pin::Range
        };
        Dependency { line: line_of_entry(text, name), name: name.clone(), wanted, pin }
    });
    Ok(found.collect())
}

fn python_toml(text: &str) -> Result<Vec<Dependency>, ()> {
    let table: toml::Table = text.parse().map_err(|_| ())?;
    let mut found = Vec::new();
    let project = table.get("project").and_then(|p| p.get("dependencies")).and_then(|d| d.as_array());
    for entry in project.into_iter().flatten().filter_map(|entry| entry.as_str()) {
        if let Some(mut dependency) = requirement(entry) {
            dependency.line = text.lines().zip(1..).find(|(line, _)| line.contains(entry)).map_or(1, |(_, n)| n);
            found.push(dependency);
        }
    }
    let poetry = table.get("tool").and_then(|t| t.get("poetry")).and_then(|p| p.get("dependencies"));
    for (name, wanted) in [poetry, table.get("packages")].into_iter().flatten().filter_map(|t| t.as_table()).flatten() {
        if name == "python" {
            continue;
        }
        let branch = wanted.get("git").is_some() && wanted.get("rev").is_none() && wanted.get("tag").is_none();
        let own = wanted.get("path").is_some() || wanted.get("rev").is_some();
        let version = wanted.as_str().or_else(|| wanted.get("version").and_then(|v| v.as_str())).unwrap_or_default();
        let pin = if own {
            Pin::Exact
        } else if branch || version.is_empty() || version == "*" {
            Pin::Loose
        } else if is_exact(version.trim_start_matches('=')) {
            Pin::Exact
        } else {
            Pin::Range
        };
        found.push(Dependency { name: name.clone(), wanted: version.to_owned(), pin, line: line_of_entry(text, name) });
    }
    Ok(found)
}

fn requirements(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.split(" #").next().unwrap_or(line).trim().trim_end_matches('\\').trim();
        if line.is_empty() || line.starts_with(['#', '-']) {
            continue;
        }
        if let Some(mut dependency) = requirement(line) {
            dependency.line = number;
            found.push(dependency);
        }
    }
    found
}

/// One requirement of PEP 508.
fn requirement(entry: &str) -> Option<Dependency> {
    let entry = entry.split(';').next().unwrap_or(entry).split(" --hash").next().unwrap_or(entry).trim();
    let end = entry.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(entry.len());
    let (name, mut rest) = entry.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    if let Some(inner) = rest.strip_prefix('[') {
        rest = inner.split_once(']').map_or("", |(_, after)| after);
    }
    let wanted = rest.trim().to_owned();
    let remote = entry.contains("://");
    let pin = if remote {
        let reference =
            entry.rsplit_once('@').map_or("", |(_, reference)| reference.split('#').next().unwrap_or(reference));
        if is_commit(reference) || is_exact(reference.trim_start_matches('v')) { Pin::Exact } else { Pin::Loose }
    } else if wanted.starts_with("==") && !wanted.contains('*') {
        Pin::Exact
    } else if wanted.is_empty() {
        Pin::Loose
    } else {
        Pin::Range
    };
    Some(Dependency { name: name.to_owned(), wanted, pin, line: 1 })
}

fn cargo_toml(text: &str, repo: &Repo, folder: &str) -> Result<Vec<Dependency>, ()> {
    let table: toml::Table = text.parse().map_err(|_| ())?;
    // Libraries leave the choice to whoever builds the program.
    let program = table.contains_key("bin")
        || repo.has(&format!("{folder}src/main.rs"))
        || repo.paths().any(|path| path.strip_prefix(folder).is_some_and(|inner| inner.starts_with("src/bin/")));
    let tables = table.get("dependencies").and_then(|t| t.as_table());
    if !program {
        return Ok(Vec::new());
    }
    let found = tables.into_iter().flatten().map(|(name, wanted)| {
        let version = wanted.as_str().or_else(|| wanted.get("version").and_then(|v| v.as_str())).unwrap_or_default();
        let branch = wanted.get("git").is_some() && wanted.get("rev").is_none() && wanted.get("tag").is_none();
        let own = wanted.get("path").is_some() || wanted.get("workspace").is_some() || version.starts_with('=');
        let pin = if branch || version == "*" {
            Pin::Loose
        } else if own {
            Pin::Exact
        } else {
            Pin::Range
        };
        Dependency { name: name.clone(), wanted: version.to_owned(), pin, line: line_of_entry(text, name) }
    });
    Ok(found.collect())
}

fn go_mod(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut block = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let entry = match line.strip_prefix("require ") {
            Some("(") => {
                block = true;
                continue;
            }
            Some(entry) => entry,
            None if line == ")" => {
                block = false;
                continue;
            }
            None if block => line,
            None => continue,
        };
        let mut words = entry.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            // Go fixes one version by design.
            found.push(Dependency { name: name.to_owned(), wanted: version.to_owned(), pin: Pin::Exact, line: number });
        }
    }
    found
}

fn gemfile(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let Some(rest) = line.trim().strip_prefix("gem ") else { continue };
        let mut parts = rest.split(',').map(|part| part.trim().trim_matches(['"', '\'']));
        let Some(name) = parts.next().filter(|name| !name.is_empty()) else { continue };
        let wanted = parts.next().filter(|part| part.starts_with(|c: char| c.is_ascii_digit() || "~><=".contains(c)));
        let wanted = wanted.unwrap_or_default();
        let branch = rest.contains("github:") || rest.contains("git:");
        let pin = if branch && !rest.contains("ref:") && !rest.contains("tag:") {
            Pin::Loose
        } else if is_exact(wanted) {
            Pin::Exact
        } else {
            Pin::Range
        };
        found.push(Dependency { name: name.to_owned(), wanted: wanted.to_owned(), pin, line: number });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_firm_a_version_of_node_is() {
        for (wanted, pin) in [
            ("1.2.3", Pin::Exact),
            ("^1.2.3", Pin::Range),
            ("~1.2", Pin::Range),
            ("1.x", Pin::Range),
            ("*", Pin::Loose),
            ("latest", Pin::Loose),
            ("next", Pin::Loose),
            ("", Pin::Loose),
            ("workspace:*", Pin::Exact),
            ("file:../a", Pin::Exact),
            ("github:a/b", Pin::Loose),
            ("a/b", Pin::Loose),
            ("git+https://x.example/a.git#4f2a9c1", Pin::Exact),
            ("https://x.example/a.tgz", Pin::Loose),
            ("npm:other@^2.0.0", Pin::Range),
            (">=1 <2", Pin::Range),
        ] {
            assert_eq!(node_pin(wanted), pin, "{wanted}");
        }
    }

    #[test]
    fn reads_requirements() {
        let found = requirements(
            "# c\nflask==2.2.2\ngunicorn\nDjango>=4,<5 ; python_version>'3'\n-r other.txt\nboto3[crt]==1.0.0  # why\na @ git+https://x.example/a@main\n",
        );
        let shown: Vec<_> = found.iter().map(|d| (d.name.as_str(), d.pin, d.line)).collect();
        assert_eq!(
            shown,
            [
                ("flask", Pin::Exact, 2),
                ("gunicorn", Pin::Loose, 3),
                ("Django", Pin::Range, 4),
                ("boto3", Pin::Exact, 6),
                ("a", Pin::Loose, 7)
            ]
        );
    }
}
