//! Packages of Go that no `go.mod` requires.

use std::collections::{BTreeMap, HashSet};

use super::{Undeclared, folders};
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, Language, Role};

/// Every import of production code whose module no `go.mod` names.
pub(super) fn undeclared(files: &[FileEntry], index: &CodeIndex) -> Vec<Undeclared> {
    let mut found = Vec::new();
    let mut manifests: BTreeMap<&str, Option<HashSet<String>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.name() == "go.mod") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        manifests.insert(folder, file.read().ok().map(|text| modules(&text)));
    }
    // Several modules of one repository may see each other through `go.work`.
    let all: HashSet<String> = manifests.values().flatten().flatten().cloned().collect();
    if manifests.is_empty() {
        return found;
    }
    for (place, file) in index.files.iter().enumerate() {
        if file.language != Language::Go || file.role != Role::Server {
            continue;
        }
        let Some(Some(_)) = folders(&file.path).find_map(|folder| manifests.get(folder)) else { continue };
        let mut told: HashSet<String> = HashSet::new();
        for import in &file.imports {
            // Go's own packages have no dot in their first part.
            let first = import.module.split('/').next().unwrap_or("");
            if !first.contains('.') || first.starts_with('.') || declares(&all, &import.module) {
                continue;
            }
            let package = import.module.split('/').take(3).collect::<Vec<_>>().join("/");
            if told.insert(package.clone()) {
                found.push(Undeclared {
                    file: place,
                    package,
                    span: import.span,
                    installed: None,
                    flat: false,
                    elsewhere: None,
                    sure: true,
                    family: None,
                });
            }
        }
    }
    found
}

fn declares(modules: &HashSet<String>, package: &str) -> bool {
    let mut path = package;
    loop {
        if modules.contains(path) {
            return true;
        }
        match path.rsplit_once('/') {
            Some((above, _)) => path = above,
            None => return false,
        }
    }
}

/// The modules that a `go.mod` names, its own included.
fn modules(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'));
    words.filter(|word| word.contains('/') || word.contains('.')).map(str::to_owned).chain(own(text)).collect()
}

fn own(text: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix("module ")).map(|name| name.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declares_the_packages_below_it() {
        let known = modules("module example.com/shop\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.1\n)\n");
        assert!(declares(&known, "github.com/jackc/pgx/v5/pgxpool"));
        assert!(declares(&known, "example.com/shop/internal/orders"));
        assert!(!declares(&known, "github.com/jackc/pgconn"));
    }
}
