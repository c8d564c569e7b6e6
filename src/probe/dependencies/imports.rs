//! What the code imports, taken from the facts that the source probe keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::loads;
use super::uses::{Code, Imports, Place, PlaceKind};
use crate::probe::ProbeCx;
use crate::probe::packages::Ecosystem;
use crate::probe::repository::is_code_aside;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::{IMPORTED_AS, PYTHON};

/// Languages without a front end whose code would import packages of these ecosystems, by the names that
/// [`CodeIndex::uncovered`] gives.
const UNCOVERED: [(&str, Ecosystem); 7] = [
    ("Astro", Ecosystem::Npm),
    ("CoffeeScript", Ecosystem::Npm),
    ("Clojure", Ecosystem::Npm),
    ("Kotlin", Ecosystem::Maven),
    ("Scala", Ecosystem::Maven),
    ("Clojure", Ecosystem::Maven),
    ("Rust", Ecosystem::CratesIo),
];

/// How what a command starts may go on.
const STARTED: [&str; 9] = ["", ".js", ".mjs", ".cjs", ".ts", ".py", "/index.js", "/index.ts", "/__main__.py"];

/// Reads the code, or takes what was read for another probe.
pub async fn read(cx: &ProbeCx) -> Imports {
    match cx.code.index(cx).await {
        Ok(index) => of(&index),
        Err(why) => {
            Imports { not_read: Some(format!("the code could not be read: {}", why.message)), ..Imports::default() }
        }
    }
}

fn of(index: &CodeIndex) -> Imports {
    let mut code: BTreeMap<Ecosystem, Code> = BTreeMap::new();
    let mut passed_over = BTreeSet::new();
    let production = in_production(index);
    for (place, file) in index.files.iter().enumerate() {
        let Some(ecosystem) = ecosystem(file.language) else { continue };
        let kind = if production.contains(&place) { PlaceKind::Production } else { kind(file) };
        if kind == PlaceKind::Aside || file.role == Role::Generated {
            passed_over.insert(file.path.clone());
        }
        let code = code.entry(ecosystem).or_default();
        code.files += 1;
        if file.partly.is_some() && code.unread.is_none() {
            code.unread = Some(format!("{} was read in part only", file.path));
        }
        for import in &file.imports {
            if is_own(file, &import.module, index) {
                continue;
            }
            let place = Place { kind, path: file.path.clone(), line: import.span.line };
            code.modules.entry(import.module.clone()).or_default().push(place);
        }
        // What lies in `public` is served as it is, and loads no package.
        let served = format!("/{}", file.path).contains("/public/");
        if kind == PlaceKind::Production && file.role != Role::Generated && !served {
            code.unresolved.extend(loads::unresolved(file).map(|line| (file.path.clone(), line)));
        }
    }
    for (language, count) in &index.unread {
        if let Some(code) = ecosystem(*language).map(|one| code.entry(one).or_default()) {
            code.unread = Some(format!("{count} files of {} could not be read", language.name()));
        }
    }
    for (name, count) in &index.uncovered {
        for (_, ecosystem) in UNCOVERED.iter().filter(|(language, _)| language == name) {
            code.entry(*ecosystem).or_default().unread = Some(format!("{count} files of {name} are not read"));
        }
    }
    Imports { code, imported_as: &IMPORTED_AS, python_modules: &PYTHON, passed_over, ..Imports::default() }
}

/// The places of the files that run in production: by their role, because production is started with them, or because
/// such a file imports them, in whatever folder they lie.
fn in_production(index: &CodeIndex) -> BTreeSet<usize> {
    let places: BTreeMap<&str, usize> = index.files.iter().map(|file| file.path.as_str()).zip(0..).collect();
    let started = index.start_commands.iter().flat_map(|command| started(&command.path, &command.runs, &places));
    let by_role = index.files.iter().zip(0..).filter(|(file, _)| kind(file) == PlaceKind::Production);
    let mut waiting: Vec<usize> = by_role.map(|(_, place)| place).chain(started).collect();
    let mut found = BTreeSet::new();
    while let Some(place) = waiting.pop() {
        if found.insert(place)
            && let Some(file) = index.files.get(place)
        {
            waiting.extend(file.imports.iter().filter_map(|import| index.module(file, &import.module)));
        }
    }
    found
}

/// The files that a command of the file at `path` starts: `node bin/server`, `gunicorn scripts.web:app`.
fn started(path: &str, command: &str, places: &BTreeMap<&str, usize>) -> Vec<usize> {
    let folder = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("");
    let mut found = Vec::new();
    for word in command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']')) {
        let word = word.trim_start_matches("./").trim_end_matches('/');
        let module = word.split(':').next().unwrap_or(word).replace('.', "/");
        for folder in [folder, ""] {
            let file = STARTED.iter().find_map(|end| places.get(format!("{folder}{word}{end}").as_str()));
            found.extend(file.or_else(|| places.get(format!("{folder}{module}.py").as_str())));
        }
    }
    found
}

const fn ecosystem(language: Language) -> Option<Ecosystem> {
    Some(match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => Ecosystem::Npm,
        Language::Python => Ecosystem::PyPi,
        Language::Php => Ecosystem::Packagist,
        Language::Go => Ecosystem::Go,
        Language::Ruby => Ecosystem::RubyGems,
        Language::Java => Ecosystem::Maven,
        Language::Template => return None,
    })
}

fn kind(file: &FileFacts) -> PlaceKind {
    match file.role {
        // Types are gone before anything runs.
        _ if is_code_aside(&file.path) || file.path.ends_with(".d.ts") => PlaceKind::Aside,
        Role::Server | Role::Client | Role::Migration | Role::Generated => PlaceKind::Production,
        Role::Config => PlaceKind::Setting,
        Role::Script => PlaceKind::Script,
        Role::Test => PlaceKind::Aside,
    }
}

/// Whether an import leads to the project's own code.
fn is_own(file: &FileFacts, module: &str, index: &CodeIndex) -> bool {
    module.is_empty() || module.starts_with(['.', '/']) || index.module(file, module).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_production_is_started_with_is_found_among_the_files() {
        let places =
            BTreeMap::from([("api/bin/www.js", 0), ("scripts/web.py", 1), ("tools/run/index.ts", 2), ("a.js", 3)]);
        for (path, command, expected) in [
            ("api/package.json", "node ./bin/www", &[0][..]),
            ("Procfile", "gunicorn scripts.web:app --log-file -", &[1]),
            ("Procfile", "python scripts/web.py", &[1]),
            ("Dockerfile", "tsx tools/run", &[2]),
            ("package.json", "next start", &[]),
        ] {
            let found: BTreeSet<usize> = started(path, command, &places).into_iter().collect();
            assert_eq!(found, expected.iter().copied().collect(), "{path} {command}");
        }
    }
}
