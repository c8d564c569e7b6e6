//! Which package brings what the code imports, by the names of both.

use std::collections::BTreeSet;

use super::uses::{Code, Imports, PlaceKind};
use crate::probe::packages::{Ecosystem, LockFile};

/// Whether a class of PHP is one of a package's: its namespace begins with the vendor's name, or the package's own, and the
/// package's stands in it. `Symfony\Component\HttpFoundation\Request` is of `symfony/http-foundation`, not of
/// `symfony/routing`.
pub fn is_class_of(module: &str, name: &str) -> bool {
    /// `Symfony\Component\Console`, `League\Flysystem`.
    const PARTS: usize = 3;
    let (vendor, package) = name.split_once('/').unwrap_or((name, name));
    let (vendor, package) = (squashed(vendor), squashed(package));
    let parts: Vec<String> = module.trim_start_matches('\\').split('\\').take(PARTS).map(squashed).collect();
    let Some(first) = parts.first().filter(|_| module.trim_start_matches('\\').contains('\\')) else { return false };
    // What stands in for missing functions has no classes that anybody imports.
    !package.starts_with("polyfill") && (*first == vendor || *first == package) && parts.contains(&package)
}

/// `@scope/name` and `name` of what JavaScript imports.
pub fn package_of(module: &str) -> &str {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    match module.match_indices('/').nth(parts - 1) {
        Some((end, _)) => module.get(..end).unwrap_or(module),
        None => module,
    }
}

/// Whether `path` is `above` or below it.
pub fn below(path: &str, above: &str, separator: char) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
}

pub fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a module of Python is that of a package: by the table, or because the one's name is the other's:
/// `google.cloud.storage` of `google-cloud-storage`.
pub fn is_module_of(imports: &Imports, module: &str, package: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    if imports.imported_as.iter().any(|(known, brings)| *known == top && *brings == package) {
        return true;
    }
    let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]).take(4);
    ends.filter_map(|end| module.get(..end)).any(|part| Ecosystem::PyPi.normalize(part) == package)
}

/// A module of Python that the code imports, or Django's settings name, and that no locked package explains: it may be of
/// any of them.
pub fn unexplained<'i>(imports: &'i Imports, code: &'i Code, lock: &LockFile) -> Option<&'i str> {
    let packages: BTreeSet<String> =
        lock.packages.iter().map(|package| Ecosystem::PyPi.normalize(&package.name)).collect();
    let explained = |module: &str| {
        let top = module.split('.').next().unwrap_or(module);
        let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]).take(4);
        imports.python_modules.contains(&top)
            || imports.imported_as.iter().any(|(known, brings)| *known == top && packages.contains(*brings))
            || ends.filter_map(|end| module.get(..end)).any(|part| packages.contains(&Ecosystem::PyPi.normalize(part)))
    };
    let production =
        code.modules.iter().filter(|(_, places)| places.iter().any(|one| one.kind == PlaceKind::Production));
    let apps = imports.apps.iter().map(String::as_str);
    production.map(|(module, _)| module.as_str()).chain(apps).find(|module| !explained(module))
}
