//! `pyproject.toml`, `Pipfile`, `setup.cfg`, `setup.py` and requirements files.

mod groups;
mod literals;
mod pipfile;
mod poetry;
mod pyproject;
mod requirement;
pub mod requirements_file;
mod setup;

use super::{Declared, Manifest, Pin, Placed, Source, reason};
use crate::probe::packages::{NotUnderstood, Scope};

pub use groups::{DEVELOPMENT, scope_of};
pub use requirement::{Requirement, extras_of_marker};

/// Reads a manifest.
///
/// # Errors
/// When it is not well-formed.
pub fn read(path: &str, text: &str) -> Result<Manifest, NotUnderstood> {
    let mut manifest = Manifest { path: path.to_owned(), ..Manifest::default() };
    match path.rsplit('/').next().unwrap_or(path) {
        "pyproject.toml" => pyproject::read(text, &mut manifest)?,
        "Pipfile" => pipfile::read(text, &mut manifest)?,
        "setup.cfg" => setup::read_cfg(text, &mut manifest),
        "setup.py" => setup::read_program(text, &mut manifest),
        _ => requirements_file::declare(text, &mut manifest),
    }
    Ok(manifest)
}

/// What pip-compile and uv make a requirements file of: `requirements.in`, `requirements/dev.in`.
#[must_use]
pub fn is_requirements_input(path: &str) -> bool {
    path.strip_suffix(".in").is_some_and(|path| super::is_requirements(&format!("{path}.txt")))
}

impl Manifest {
    /// Adds what a text of PEP 508 asks for.
    fn declare(&mut self, text: &str, scope: Scope, optional: bool, line: u32) {
        match Requirement::parse(text) {
            Some(requirement) => self.add(&requirement, scope, optional, line),
            None => self.gaps.add(reason::ENTRY, &format!("line {line}")),
        }
    }

    fn add(&mut self, requirement: &Requirement<'_>, scope: Scope, optional: bool, line: u32) {
        self.ask_for_extras(requirement.name, requirement.extras.iter().map(|extra| (*extra).to_owned()));
        if !requirement.marker.is_empty() {
            self.conditional.insert(requirement.name.to_owned());
        }
        if let Some(folder) = requirement.url.filter(|_| requirement.source() == Source::Own) {
            self.place(requirement.name, folder);
        }
        self.declared.push(Declared {
            name: requirement.name.to_owned(),
            alias: None,
            range: requirement.specifiers.to_owned(),
            scope,
            optional,
            source: requirement.source(),
            pin: requirement.pin(),
            line,
        });
    }

    /// Notes that a package comes from a folder.
    fn place(&mut self, name: &str, folder: &str) {
        // Behind it may stand conditions, options and extras: `-e "./lib[dev]" ; os_name == 'nt'`.
        let folder = folder.split(['#', ';', '?']).next().unwrap_or(folder);
        let folder = folder.split(" --").next().unwrap_or(folder).trim().trim_matches(['"', '\'']);
        let folder = folder.split('[').next().unwrap_or(folder);
        let name = name.split('[').next().unwrap_or(name).trim_matches(['"', '\'']);
        let folder = match folder.strip_prefix("file:").map(|rest| rest.strip_prefix("//").ok_or(rest)) {
            None => folder,
            Some(Err(path)) => path,
            // The first part is another machine (RFC 8089, section 2), and may hold a password.
            Some(Ok(rest)) => match rest.split_once('/') {
                Some(("localhost", _)) => rest.get("localhost".len()..).unwrap_or(rest),
                Some((host, _)) if !host.is_empty() && !host.starts_with(['.', '$', '{']) => "/another machine",
                _ => rest,
            },
        };
        // PDM and hatch name the project's own folder so.
        let from_root = ["/${PROJECT_ROOT}/", "${PROJECT_ROOT}/", "/{root:uri}/", "{root:uri}/"];
        let folder = from_root.iter().find_map(|start| folder.strip_prefix(start)).unwrap_or(folder);
        if !requirements_file::is_archive(folder) {
            let (name, folder) = (name.to_owned(), folder.to_owned());
            self.placed.push(Placed { name, folder, forced: false });
        }
    }

    fn ask_for_extras(&mut self, name: &str, extras: impl IntoIterator<Item = String>) {
        let mut extras = extras.into_iter().peekable();
        if extras.peek().is_some() {
            let known = self.extras.entry(name.to_owned()).or_default();
            known.extend(extras);
            known.sort();
            known.dedup();
        }
    }
}

/// How firmly a reference into a repository fixes what arrives: a commit, or a tag that is a version.
fn pin_of_reference(reference: &str) -> Pin {
    let is_commit = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let version = reference.trim_start_matches('v');
    let is_version = version.split('.').count() >= 3 && version.starts_with(|c: char| c.is_ascii_digit());
    if is_commit || is_version { Pin::Exact } else { Pin::Loose }
}

/// Where an address leads, and how firmly.
fn place_of(url: &str) -> (Source, Pin) {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let git = before.starts_with("git+") || before.starts_with("git:") || before.starts_with("git@");
    if git {
        // The first `@` may belong to who logs in.
        let path =
            before.split_once("://").map_or(before, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let reference = path.rsplit_once('@').map_or("", |(_, reference)| reference);
        return (Source::Git, pin_of_reference(reference));
    }
    if before.starts_with("file:") || !before.contains(':') {
        // An archive in the repository is still somebody else's code.
        let source = if requirements_file::is_archive(before) { Source::Url } else { Source::Own };
        return (source, Pin::Exact);
    }
    let hashed = ["sha256=", "sha384=", "sha512="].iter().any(|hash| fragment.contains(hash));
    (Source::Url, if hashed { Pin::Exact } else { Pin::Loose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_how_firm_they_are() {
        for (url, place) in [
            ("git+https://git.example.com/a.git@4f2a9c1", (Source::Git, Pin::Exact)),
            ("git+https://git.example.com/a.git@v1.2.3#egg=a", (Source::Git, Pin::Exact)),
            ("git+https://git.example.com/a.git@main", (Source::Git, Pin::Loose)),
            ("git+ssh://git@git.example.com/a.git", (Source::Git, Pin::Loose)),
            ("git+https://u:p@git.example.com/a.git", (Source::Git, Pin::Loose)),
            ("https://files.example.com/a-1.0.zip", (Source::Url, Pin::Loose)),
            ("https://files.example.com/a-1.0.zip#sha256=00", (Source::Url, Pin::Exact)),
            ("file:///${PROJECT_ROOT}/libs/a", (Source::Own, Pin::Exact)),
            ("./libs/a", (Source::Own, Pin::Exact)),
        ] {
            assert_eq!(place_of(url), place, "{url}");
        }
    }

    #[test]
    fn inputs_of_compilers_are_told_by_their_names() {
        for (path, is) in
            [("requirements.in", true), ("requirements/dev.in", true), ("MANIFEST.in", false), ("a.in", false)]
        {
            assert_eq!(is_requirements_input(path), is, "{path}");
        }
    }
}
