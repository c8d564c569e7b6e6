//! Imports of Python that no requirements file and no `pyproject.toml` declares.

use std::collections::{BTreeSet, HashSet};

use super::Undeclared;
use super::known_modules::PYTHON;
use super::python_packages::{BRINGS, IMPORTED_AS};
use crate::probe::files::FileEntry;
use crate::probe::packages::is_requirements;
use crate::probe::source::facts::{CodeIndex, Language, Role};

/// What the manifests of Python say, all together: which of them holds where is not written anywhere.
#[derive(Default)]
struct Declared {
    /// Packages in the form in which names are compared.
    names: BTreeSet<String>,
    /// Some manifest was read.
    any: bool,
    /// Something stands in them that was not understood, or names a place instead of a package.
    partly: bool,
}

/// Every import of production code that no manifest declares.
pub(super) fn undeclared(files: &[FileEntry], index: &CodeIndex) -> Vec<Undeclared> {
    let mut found = Vec::new();
    let python = |file: &&std::sync::Arc<_>| -> bool {
        let file: &crate::probe::source::facts::FileFacts = file;
        file.language == Language::Python
    };
    if !index.files.iter().any(|file| python(&file)) {
        return found;
    }
    let declared = read(files);
    if !declared.any || declared.names.is_empty() {
        return found;
    }
    let mut own: HashSet<&str> = HashSet::new();
    for file in index.files.iter().filter(python) {
        own.extend(file.path.split('/').map(|part| part.strip_suffix(".py").unwrap_or(part)));
    }
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| python(file) && file.role == Role::Server) {
        let mut told: HashSet<&str> = HashSet::new();
        for import in &file.imports {
            let top = import.module.split('.').next().unwrap_or("");
            if top.is_empty() || import.guarded || own.contains(top) || PYTHON.contains(&top) || !told.insert(top) {
                continue;
            }
            if !declared.has(top) {
                found.push(Undeclared {
                    file: place,
                    package: distribution(top),
                    span: import.span,
                    installed: None,
                    flat: false,
                    elsewhere: None,
                    // An import that is indented runs under a condition or late.
                    sure: !declared.partly && import.span.column == 1,
                    family: None,
                });
            }
        }
    }
    found
}

/// The package that is imported as `module`.
fn distribution(module: &str) -> String {
    IMPORTED_AS
        .iter()
        .find(|(name, _)| *name == module)
        .map_or_else(|| comparable(module), |(_, package)| (*package).to_owned())
}

/// A name as package indexes compare it (PEP 503).
fn comparable(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if matches!(c, '_' | '.') { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !made.ends_with('-') {
            made.push(c);
        }
    }
    made
}

fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl Declared {
    fn add(&mut self, requirement: &str) {
        let end =
            requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(requirement.len());
        match requirement.get(..end).filter(|name| !name.is_empty()) {
            Some(name) => drop(self.names.insert(comparable(name))),
            None => self.partly = true,
        }
    }

    /// Whether the package of a module is declared, as far as its name tells; many modules have the name of their
    /// package with something before or behind it.
    fn has(&self, module: &str) -> bool {
        let name = comparable(module);
        let plain = squashed(module);
        self.names.contains(&name)
            || IMPORTED_AS.iter().any(|(import, package)| {
                *import == module && self.names.iter().any(|declared| declared.starts_with(package))
            })
            || BRINGS.iter().any(|(package, brings)| *brings == module && self.names.contains(*package))
            || (plain.len() >= 3 && self.names.iter().any(|declared| squashed(declared).contains(&plain)))
    }
}

fn read(files: &[FileEntry]) -> Declared {
    let mut found = Declared::default();
    for file in files {
        let name = file.name();
        let in_requirements = is_requirements(&file.path)
            || ((name.starts_with("requirements") || file.path.contains("requirements/")) && name.ends_with(".in"));
        let known = in_requirements
            || matches!(
                name,
                "pyproject.toml" | "Pipfile" | "setup.cfg" | "setup.py" | "environment.yml" | "environment.yaml"
            );
        if !known {
            continue;
        }
        let Ok(text) = file.read() else {
            found.partly = true;
            continue;
        };
        found.any = true;
        match name {
            "pyproject.toml" | "Pipfile" => match toml::from_str::<toml::Table>(&text) {
                Ok(table) if name == "Pipfile" => {
                    for key in ["packages", "dev-packages"] {
                        table
                            .get(key)
                            .and_then(toml::Value::as_table)
                            .into_iter()
                            .flat_map(toml::Table::keys)
                            .for_each(|n| found.add(n));
                    }
                }
                Ok(table) => pyproject(&toml::Value::Table(table), &mut found),
                Err(_) => found.partly = true,
            },
            // Programs and lists of several forms: every quoted or leading word may be a package.
            "setup.py" | "setup.cfg" | "environment.yml" | "environment.yaml" => words(&text, &mut found),
            _ => lines(&text, &mut found),
        }
    }
    found
}

fn lines(text: &str, found: &mut Declared) {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('-') {
            // Options; what lies in a folder or a repository has a name that is not told here.
            found.partly |= line.starts_with("-e") || line.starts_with("--editable");
        } else if line.contains("://") && !line.contains(" @ ") || line.starts_with(['.', '/']) {
            found.partly = true;
        } else if !line.starts_with("--hash") {
            found.add(line);
        }
    }
}

fn words(text: &str, found: &mut Declared) {
    for line in text.lines() {
        for word in line.split(['"', '\'', ',', '[', ']', '(', ')', '=', ' ', '\t', '>', '<', '~', ';']) {
            let fits = word.len() >= 2 && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if fits && word.starts_with(|c: char| c.is_ascii_alphabetic()) {
                found.add(word);
            }
        }
    }
}

fn pyproject(table: &toml::Value, found: &mut Declared) {
    let list = |value: Option<&toml::Value>, found: &mut Declared| {
        for one in value.and_then(toml::Value::as_array).into_iter().flatten() {
            if let Some(requirement) = one.as_str() {
                found.add(requirement);
            }
        }
    };
    let keys = |value: Option<&toml::Value>, found: &mut Declared| {
        value.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys).for_each(|name| found.add(name));
    };
    let project = table.get("project");
    list(project.and_then(|project| project.get("dependencies")), found);
    for groups in [project.and_then(|project| project.get("optional-dependencies")), table.get("dependency-groups")] {
        groups
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(toml::Table::values)
            .for_each(|group| list(Some(group), found));
    }
    // Filled in from elsewhere when the package is built.
    found.partly |= project
        .and_then(|project| project.get("dynamic")?.as_array())
        .is_some_and(|names| names.iter().any(|name| name.as_str() == Some("dependencies")));
    let Some(tool) = table.get("tool") else { return };
    if let Some(poetry) = tool.get("poetry") {
        keys(poetry.get("dependencies"), found);
        keys(poetry.get("dev-dependencies"), found);
        let groups = poetry.get("group").and_then(toml::Value::as_table);
        groups.into_iter().flat_map(toml::Table::values).for_each(|group| keys(group.get("dependencies"), found));
    }
    for tool in ["uv", "pdm"].iter().filter_map(|name| tool.get(*name)) {
        list(tool.get("dev-dependencies"), found);
        let groups = tool.get("dev-dependencies").and_then(toml::Value::as_table);
        groups.into_iter().flat_map(toml::Table::values).for_each(|group| list(Some(group), found));
    }
    if tool.get("pixi").is_some() || tool.get("hatch").is_some() || tool.get("conda-lock").is_some() {
        found.partly = true;
    }
}
