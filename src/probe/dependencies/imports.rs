//! What the code imports, taken from the facts that the source probe keeps.

use std::collections::BTreeMap;

use super::uses::{Code, Imports, Place, PlaceKind};
use crate::probe::ProbeCx;
use crate::probe::packages::Ecosystem;
use crate::probe::repository::is_aside;
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
    for file in index.files.iter() {
        let Some(ecosystem) = ecosystem(file.language) else { continue };
        let code = code.entry(ecosystem).or_default();
        code.files += 1;
        if file.partly.is_some() && code.unread.is_none() {
            code.unread = Some(format!("{} was read in part only", file.path));
        }
        for import in &file.imports {
            if is_own(file, &import.module, index) {
                continue;
            }
            let place = Place { kind: kind(file), path: file.path.clone(), line: import.span.line };
            code.modules.entry(import.module.clone()).or_default().push(place);
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
    Imports { code, imported_as: &IMPORTED_AS, python_modules: &PYTHON, ..Imports::default() }
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
        _ if is_aside(&file.path) => PlaceKind::Aside,
        Role::Server | Role::Client | Role::Migration | Role::Generated => PlaceKind::Production,
        Role::Config => PlaceKind::Setting,
        Role::Test | Role::Script => PlaceKind::Aside,
    }
}

/// Whether an import leads to the project's own code.
fn is_own(file: &FileFacts, module: &str, index: &CodeIndex) -> bool {
    module.is_empty() || module.starts_with(['.', '/']) || index.module(file, module).is_some()
}
