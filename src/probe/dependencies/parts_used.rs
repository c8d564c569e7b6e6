//! Whether the code imports those packages of a Go module that an advisory is about. `govulncheck` knows the code of every
//! module and leaves the rest out; here only the project's own is known, and what `vendor` says of the others. So the rest
//! is less sure and stays.

use std::collections::BTreeSet;

use super::advisory::Part;
use super::module_names::below;
use super::uses::{Imports, MOST_PLACES, Place, PlaceKind, is_go_itself, without_code};
use super::ways_in::WaysIn;
use crate::model::PartsUsed;
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage};

/// Whether code imports one of `parts` of `package`.
#[must_use]
pub fn parts_used(
    imports: &Imports,
    lock: &LockFile,
    package: &LockedPackage,
    ways: &WaysIn<'_>,
    parts: &[Part],
) -> PartsUsed {
    if package.ecosystem != Ecosystem::Go || parts.is_empty() {
        return PartsUsed::NotExamined;
    }
    if lock.is_by_name() {
        return PartsUsed::Unknown { why: format!("a command of {} installs it by name", lock.path) };
    }
    // Code imports a replaced module by the name that it had before.
    let mut names: BTreeSet<&str> = ways.itself.iter().map(|asked| &*asked.wanted.name).collect();
    names.insert(&package.name);
    let called = |part: &Part| -> Vec<String> {
        match part.path.strip_prefix(&*package.name).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            Some(rest) => names.iter().map(|name| format!("{name}{rest}")).collect(),
            None => vec![part.path.clone()],
        }
    };
    let code = imports.code.get(&Ecosystem::Go);
    let places_of = |path: &str| {
        let places = code.and_then(|code| code.modules.get(path)).into_iter().flatten();
        places.filter(|place| place.kind != PlaceKind::Aside)
    };
    for part in parts {
        let paths = called(part);
        let places: BTreeSet<&Place> = paths.iter().flat_map(|path| places_of(path)).collect();
        if !places.is_empty() {
            let told = places.iter().take(MOST_PLACES).map(|place| (place.path.clone(), place.line)).collect();
            let more = places.len().saturating_sub(MOST_PLACES) as u64;
            return PartsUsed::Imported { part: part.path.clone(), places: told, more };
        }
    }
    let unknown = |why: &str| PartsUsed::Unknown { why: why.to_owned() };
    if is_go_itself(package) {
        return unknown("Go's own library and every module may import it");
    }
    if let Some(list) = imports.vendored.get(&lock.path)
        && let Some(built) = list.of(package)
    {
        let built = parts.iter().find(|part| built.contains(&part.path));
        return match built {
            Some(part) => PartsUsed::Built { part: part.path.clone(), list: list.path.clone() },
            None => PartsUsed::NotBuilt { list: list.path.clone() },
        };
    }
    if let Some(why) = &imports.not_read {
        return unknown(why);
    }
    let Some(code) = code.filter(|code| code.files > 0) else { return unknown(without_code(Ecosystem::Go)) };
    if let Some(why) = &code.unread {
        return unknown(why);
    }
    // What the project does not ask for itself is there for others: its own imports say nothing of them.
    if ways.itself.is_empty() {
        return unknown("another module brings it in");
    }
    let paths: Vec<String> = parts.iter().flat_map(called).collect();
    // No code outside the module can import it, so it is used, if at all, through the rest of the module.
    if paths.iter().any(|path| path.split('/').any(|part| part == "internal")) {
        return unknown("only the module itself can import it");
    }
    // `ssh/agent` needs `ssh`, `http2` needs `http2/hpack`.
    let related = |module: &&String| {
        let of_module = names.iter().any(|name| below(module, name, '/'));
        of_module && paths.iter().any(|path| below(module, path, '/') || below(path, module, '/'))
    };
    match code.modules.keys().filter(related).find(|module| places_of(module).next().is_some()) {
        Some(module) => PartsUsed::Unknown { why: format!("{module}, which the code imports, may need it") },
        None => PartsUsed::NotByOwnCode,
    }
}
