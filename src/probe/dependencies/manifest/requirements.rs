//! `requirements.txt` (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

use std::collections::{BTreeMap, BTreeSet};

use super::{Reading, reason};
use crate::probe::dependencies::package::{Ecosystem, Package};

/// Words in a file's name that say it is not for production.
const DEVELOPMENT: [&str; 14] = [
    "dev",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "doc",
    "docs",
    "ci",
    "local",
    "typing",
    "style",
];

/// Whether a file of this path is a requirements file by its name.
pub fn is_requirements(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let in_folder = parts.next() == Some("requirements");
    name.ends_with(".txt")
        && !name.contains("constraint")
        && (in_folder || name.starts_with("requirements") || name.ends_with("requirements.txt"))
}

/// Reads the pinned packages of a file, and which further files it includes (paths as written).
pub fn read(text: &str) -> (Reading, Vec<String>) {
    let mut reading = Reading::default();
    let mut includes = Vec::new();
    for (line, requirement) in logical_lines(text) {
        if let Some(option) = requirement.strip_prefix('-') {
            match included(option) {
                Some(path) => includes.push(path.to_owned()),
                None => {
                    if let Some(target) = editable(option) {
                        reading.add_requirement(line, target);
                    }
                }
            }
        } else {
            reading.add_requirement(line, &requirement);
        }
    }
    (reading, includes)
}

/// Lines joined where a backslash ends them, without comments, with the number of the first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut out = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let is_comment = line.trim_start().starts_with('#');
        let (mut first, mut joined) = open.take().unwrap_or((number, String::new()));
        if joined.trim().is_empty() {
            first = number;
        }
        // As pip does: a comment line ends what it stands in, whatever its last character is.
        if let Some(start) = line.trim_end().strip_suffix('\\').filter(|_| !is_comment) {
            joined.push_str(start);
            open = Some((first, joined));
            continue;
        }
        if is_comment {
            joined.push(' ');
        }
        joined.push_str(line);
        out.push((first, joined));
    }
    out.extend(open);
    out.into_iter()
        .map(|(line, text)| (line, without_comment(&text).trim().to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn without_comment(line: &str) -> &str {
    let mut before = None;
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_none_or(char::is_whitespace) {
            return line.get(..at).unwrap_or(line);
        }
        before = Some(c);
    }
    line
}

/// The path of `-r path`, `-rpath`, `--requirement path` and `--requirement=path`; `option` has lost its first dash.
fn included(option: &str) -> Option<&str> {
    value_of(option, "-requirement", 'r')
}

/// What `-e` or `--editable` installs: a folder, or a repository's address.
fn editable(option: &str) -> Option<&str> {
    value_of(option, "-editable", 'e')
}

fn value_of<'a>(option: &'a str, long: &str, short: char) -> Option<&'a str> {
    let rest = match option.strip_prefix(long) {
        Some(rest) => rest.strip_prefix('=').or_else(|| rest.strip_prefix(char::is_whitespace))?,
        None => option.strip_prefix(short)?,
    };
    Some(rest.trim()).filter(|value| !value.is_empty())
}

impl Reading {
    fn add_requirement(&mut self, line: u32, requirement: &str) {
        let shown: String = requirement.chars().take(60).collect();
        let plain = requirement.split(" --").next().unwrap_or(requirement);
        let plain = plain.split(" ;").next().unwrap_or(plain).trim();
        let is_archive = plain.ends_with(".whl") || plain.ends_with(".zip") || plain.ends_with(".tar.gz");
        // A folder of the project is its own code.
        if plain.starts_with(['.', '/']) && !is_archive {
            return;
        }
        if plain.contains("://") || plain.contains(" @ ") || is_archive {
            // A URL may carry a password.
            let name = plain.split(['@', ':', ' ']).next().unwrap_or("");
            self.gaps.add(reason::NO_REGISTRY, name);
            return;
        }
        let plain = plain.split(';').next().unwrap_or(plain).trim();
        let name_end = plain.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(plain.len());
        let (name, rest) = plain.split_at(name_end);
        let Some(specifiers) = without_extras(rest).filter(|_| !name.is_empty()) else {
            self.gaps.add(reason::ENTRY, &shown);
            return;
        };
        match pinned(specifiers) {
            Some(version) => self.packages.push(Package {
                ecosystem: Ecosystem::PyPi,
                name: name.to_owned(),
                version: version.to_owned(),
                line,
                dev: false,
            }),
            None => self.gaps.add("requirement without an exact version (==)", name),
        }
    }
}

fn without_extras(rest: &str) -> Option<&str> {
    let rest = rest.trim();
    match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map(|(_, after)| after.trim()),
        None => Some(rest),
    }
}

fn pinned(specifiers: &str) -> Option<&str> {
    specifiers.trim_matches(['(', ')', ' ']).split(',').find_map(|specifier| {
        let specifier = specifier.trim();
        let version = specifier.strip_prefix("===").or_else(|| specifier.strip_prefix("=="))?.trim();
        (!version.is_empty() && !version.contains(['*', ' ', '$'])).then_some(version)
    })
}

/// `target` as included from the file `from`: relative to the project; `None` when it leads out of it.
pub fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.trim_matches(['"', '\'']).replace('\\', "/");
    if target.starts_with('/') || target.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The files that only development installs: those whose names say so, and what nothing else includes.
pub fn development_only(includes: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let included: BTreeSet<&String> = includes.values().flatten().collect();
    let named_by_itself = |path: &String| is_requirements(path) || !included.contains(path);
    let mut waiting: Vec<&String> =
        includes.keys().filter(|path| named_by_itself(path) && !says_development(path)).collect();
    let mut production = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if production.insert(path) {
            waiting.extend(includes.get(path).into_iter().flatten());
        }
    }
    includes.keys().filter(|path| !production.contains(path)).cloned().collect()
}

fn says_development(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let folder = parts.next().unwrap_or("");
    let mut words = name.trim_end_matches(".txt").split(['-', '_', '.']);
    words.any(|word| DEVELOPMENT.contains(&word)) || matches!(folder, "doc" | "docs" | "test" | "tests")
}
