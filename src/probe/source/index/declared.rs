//! Imports that no manifest of the project declares.

mod composer;
mod gems;
mod go_modules;
mod npm;
mod python;

use std::collections::{BTreeMap, HashSet};

use super::known_modules;
use crate::model::Span;
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, Language};

/// One import that no manifest declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// The place of its file.
    pub file: usize,
    /// The package that would have to be declared.
    pub package: String,
    /// Where the import stands.
    pub span: Span,
    /// What the lock file says: whether the package is installed because another one needs it. `None`: there is no lock
    /// file that could be read.
    pub installed: Option<bool>,
    /// Another manifest of the project that declares it.
    pub elsewhere: Option<String>,
    /// Everything that could declare it was read whole, and the import runs whenever the file does.
    pub sure: bool,
    /// What is declared that belongs to it.
    pub family: Option<Family>,
}

/// How a declared package belongs to one that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Family {
    /// It is made of several, this one among them: `codemirror` of `@codemirror/state`.
    Brings(String),
    /// Both are of one scope, or one is called after the other: `react-router-dom` and `react-router`.
    Sibling,
}

/// How large a lock file may be to be looked into.
const MAX_LOCK_BYTES: u64 = 32 * 1024 * 1024;

/// Every import of production code that no manifest declares, each package once a file.
#[must_use]
pub fn undeclared(files: &[FileEntry], index: &CodeIndex) -> Vec<Undeclared> {
    let mut found = npm::undeclared(files, index);
    found.extend(python::undeclared(files, index));
    if !found.is_empty() {
        look_into_locks(files, &mut found, index);
    }
    found.extend(composer::undeclared(files, index));
    found.extend(gems::undeclared(files, index));
    found.extend(go_modules::undeclared(files, index));
    found
}

/// Finds out what the lock files say of the packages that are not declared.
fn look_into_locks(files: &[FileEntry], found: &mut [Undeclared], index: &CodeIndex) {
    let names: HashSet<String> = found.iter().map(|one| one.package.clone()).collect();
    let mut npm: Option<BTreeMap<String, bool>> = None;
    let mut python: Option<BTreeMap<String, bool>> = None;
    for file in files {
        let kind = file.name();
        let table = match kind {
            "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" => &mut npm,
            "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile.lock" => &mut python,
            _ => continue,
        };
        let Ok(text) = file.read_up_to(MAX_LOCK_BYTES) else { continue };
        let known = table.get_or_insert_default();
        for name in &names {
            let holds = holds(&text, kind, name);
            *known.entry(name.clone()).or_default() |= holds;
        }
    }
    for one in found {
        let language = index.files.get(one.file).map(|file| file.language);
        let table = if language == Some(Language::Python) { &python } else { &npm };
        one.installed = table.as_ref().and_then(|known| known.get(&one.package).copied());
    }
}

/// Whether the text of a lock file names a package.
fn holds(text: &str, kind: &str, name: &str) -> bool {
    let forms: Vec<String> = match kind {
        "package-lock.json" | "npm-shrinkwrap.json" => {
            vec![format!("node_modules/{name}\""), format!("\"{name}\": {{")]
        }
        "yarn.lock" => vec![format!("\n{name}@"), format!("\"{name}@"), format!(", {name}@")],
        "pnpm-lock.yaml" => vec![format!("/{name}@"), format!("/{name}/"), format!("'{name}@"), format!(" {name}@")],
        "bun.lock" => vec![format!("\"{name}\"")],
        "Pipfile.lock" => vec![format!("\"{name}\"")],
        _ => vec![format!("name = \"{name}\"")],
    };
    forms.iter().any(|form| text.contains(form.as_str()))
}

/// The folders around `path`, from the inside out; the root is the empty one.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    std::iter::successors(Some(own), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(outer, _)| outer))
    })
}
