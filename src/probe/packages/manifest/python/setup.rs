//! `setup.cfg` (<https://setuptools.pypa.io/en/latest/userguide/declarative_config.html>) and `setup.py`, which is a
//! program and is not run.

use super::super::{Manifest, Runtime, is_requirements, reason};
use super::literals::Program;
use super::{is_requirements_input, scope_of};
use crate::probe::packages::Scope;

/// A value with the line on which each part of it stands.
struct Setting<'t> {
    section: &'t str,
    key: &'t str,
    parts: Vec<(u32, &'t str)>,
}

/// The settings of an INI file as Python's `configparser` takes them: lines that are indented go on with a value.
fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut found: Vec<Setting<'_>> = Vec::new();
    let mut section = "";
    for (number, line) in (1..).zip(text.lines()) {
        let said = line.trim();
        if said.is_empty() || said.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let Some(setting) = found.last_mut().filter(|setting| setting.section == section) {
                setting.parts.push((number, said));
            }
        } else if let Some(name) = said.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim();
        } else if let Some((key, value)) = said.split_once(['=', ':']) {
            let value = value.trim();
            let parts = if value.is_empty() { Vec::new() } else { vec![(number, value)] };
            found.push(Setting { section, key: key.trim(), parts });
        }
    }
    found
}

/// Reads `setup.cfg` into `manifest`.
pub(super) fn read_cfg(text: &str, manifest: &mut Manifest) {
    for setting in settings(text) {
        let first = || setting.parts.first().map(|(_, text)| (*text).to_owned());
        match (setting.section, setting.key) {
            ("metadata", "name") => manifest.name = first(),
            // `attr: package.__version__` and `file: VERSION` only say where it stands.
            ("metadata", "version") => manifest.version = first().filter(|version| !version.contains(':')),
            ("metadata", "license" | "licence") => manifest.licence = first(),
            ("options", "python_requires") => {
                manifest.runtimes.extend(setting.parts.first().map(|(line, range)| Runtime {
                    name: "python".to_owned(),
                    range: (*range).to_owned(),
                    line: *line,
                }));
            }
            ("options", "install_requires") => declare(&setting, Scope::Production, false, manifest),
            ("options", "tests_require") => declare(&setting, Scope::Development, false, manifest),
            ("options.extras_require", extra) => declare(&setting, scope_of(extra), true, manifest),
            _ => {}
        }
    }
}

fn declare(setting: &Setting<'_>, scope: Scope, optional: bool, manifest: &mut Manifest) {
    for (line, part) in &setting.parts {
        if let Some(files) = part.strip_prefix("file:") {
            let mut files = files.split(',').map(str::trim);
            // Requirements files are read by themselves.
            if !files.all(|file| is_requirements(file) || is_requirements_input(file)) {
                manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
            }
            continue;
        }
        manifest.declare(part.split(" #").next().unwrap_or(part), scope, optional, *line);
    }
}

/// Reads what `setup.py` says outright, and notes where it works out dependencies.
pub(super) fn read_program(text: &str, manifest: &mut Manifest) {
    let code = || text.lines().map(|line| line.split('#').next().unwrap_or(line));
    (manifest.name, manifest.version) = (argument("name", &code), argument("version", &code));
    let program = Program::of(text);
    let needs = program.list("setup", "install_requires");
    if needs.is_none() && program.says("install_requires") {
        manifest.gaps.add(reason::DYNAMIC, &format!("install_requires of {}", manifest.path));
    }
    for (line, need) in needs.into_iter().flatten() {
        manifest.declare(need, Scope::Production, false, line);
    }
    let extras = program.table("setup", "extras_require");
    if extras.is_none() && program.says("extras_require") {
        manifest.gaps.add(reason::DYNAMIC, &format!("extras_require of {}", manifest.path));
    }
    for (extra, needs) in extras.into_iter().flatten() {
        for (line, need) in needs {
            manifest.declare(need, scope_of(extra), true, line);
        }
    }
}

/// The text that a call names so, or a constant of the same file that it names: `name="shop"`, `name=NAME`.
fn argument<'t, L: Iterator<Item = &'t str>>(keyword: &str, code: &impl Fn() -> L) -> Option<String> {
    let after = |line: &'t str, name: &str| {
        let at = line.find(name)?;
        let is_word = line.get(..at).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let rest = line.get(at + name.len()..)?.trim_start().strip_prefix('=').filter(|rest| !rest.starts_with('='));
        rest.filter(|_| is_word).map(str::trim_start)
    };
    let quoted = |value: &str| {
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(value.get(1..)?.split_once(quote)?.0.to_owned())
    };
    let call = code().position(|line| line.contains("setup("))?;
    let value = code().skip(call).find_map(|line| after(line, keyword))?;
    quoted(value).or_else(|| {
        let end = value.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(value.len());
        let name = value.get(..end).filter(|name| !name.is_empty())?;
        code().find_map(|line| line.starts_with(name).then(|| after(line, name)).flatten().and_then(quoted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_program_may_say_its_name_outright() {
        for (text, name, version) in [
            (
                "from setuptools import setup\nsetup(name=\"requests\", version='2.25.0')\n",
                Some("requests"),
                Some("2.25.0"),
            ),
            (
                "NAME = 'requests'\nsetup(\n    name=NAME,\n    version=about['__version__'],\n)\n",
                Some("requests"),
                None,
            ),
            ("setup(\n    # name='old'\n    long_name='x',\n    name = 'new',\n)\n", Some("new"), None),
            ("name = 'x'\nsetup(**config)\n", None, None),
            ("print(name='x')\n", None, None),
        ] {
            let mut manifest = Manifest::default();
            read_program(text, &mut manifest);
            assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (name, version), "{text}");
        }
    }
}
