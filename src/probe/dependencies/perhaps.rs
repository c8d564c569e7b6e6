//! What may use a package although no import names it. Each of these leaves "never imported" open.

use super::loaded_as;
use super::uses::{Code, Imports, can_name, is_below, words_of};
use super::ways_in::Asked;
use crate::probe::packages::{Ecosystem, LockFile, is_taken_in};

/// So many files that hold a name are kept.
pub const MOST_FILES: usize = 50;
/// Shorter words say too little.
const SHORTEST: usize = 3;

/// A direct dependency that is used though nothing need name it.
#[must_use]
pub fn taken_in<'a>(ecosystem: Ecosystem, direct: &[&Asked<'a>]) -> Option<&'a str> {
    direct.iter().map(|asked| &*asked.package.name).find(|name| is_taken_in(ecosystem, name))
}

/// Where the code, a page, a setting or a command holds the package's name, or a word for it, in a way that may load or
/// start it.
#[must_use]
pub fn named_somehow(
    imports: &Imports,
    lock: &LockFile,
    (called, name): (&str, &str),
    is_direct: bool,
    folders: &[String],
) -> Option<String> {
    let ecosystem = lock.manager.ecosystem();
    // Where more files hold it than are kept, one of them may be here.
    let here = |places: &Vec<(String, u32)>| {
        let mut kept = places.iter().filter(|place| can_name(&place.0, ecosystem));
        let kept = kept.find(|place| is_below(&place.0, folders));
        kept.or_else(|| places.first().filter(|_| places.len() >= MOST_FILES)).cloned()
    };
    let words = words_of(imports, ecosystem, called);
    if let Some((path, line)) = words.iter().filter_map(|word| imports.quoted.get(word)).find_map(here) {
        return Some(format!("{path}:{line} holds the name {called} as a text, and may load it by that"));
    }
    let own = words.iter().filter_map(|word| imports.pages.get(word));
    let others = loaded_as::other_words(ecosystem, name).filter_map(|word| imports.pages.get(word));
    if let Some((path, _)) = own.chain(others).find_map(here) {
        return Some(format!("{path} is a page that {called} may render"));
    }
    for word in loaded_as::other_words(ecosystem, name) {
        if let Some((path, line)) = imports.quoted.get(word).and_then(here) {
            return Some(format!("{path}:{line} holds the word {word}, by which {called} may be loaded"));
        }
    }
    if let Some(loader) = loaded_as::loader(lock, name) {
        return Some(format!("{loader} loads whichever engine is there, and knows {called}"));
    }
    let programs = programs_of(lock, name);
    for (program, places) in &imports.programs {
        let is_its = programs.contains(&&**program);
        // What others bring along, nobody starts by chance.
        if (is_its || (programs.is_empty() && is_direct && may_be_of(program, called)))
            && let Some((path, line)) = here(places)
        {
            let which = if is_its { "a program" } else { "which may be a program" };
            return Some(format!("{path}:{line} starts {program}, {which} of {called}"));
        }
    }
    None
}

/// The programs that a package brings, as far as the lock file says it.
fn programs_of<'l>(lock: &'l LockFile, name: &str) -> Vec<&'l str> {
    let from = lock.packages.partition_point(|package| &*package.name < name);
    let of_name = lock.packages.iter().skip(from).take_while(|package| package.name == name);
    of_name.flat_map(|package| &package.programs).map(String::as_str).collect()
}

/// Where production code loads something whose name is worked out while it runs.
#[must_use]
pub fn loaded_somehow(code: &Code, folders: &[String]) -> Option<String> {
    let (path, line) = code.unresolved.iter().find(|(path, _)| is_below(path, folders))?;
    Some(format!("{path}:{line} loads a module whose name is worked out while the app runs"))
}

/// Whether a package of this name may bring this program. Programs are often called after a part of it: `nest` of
/// `@nestjs/cli`, `functions-framework` of `@google-cloud/functions-framework`, `pm2-runtime` of `pm2`.
fn may_be_of(program: &str, package: &str) -> bool {
    let first = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("").to_owned();
    let mut parts = package.split(|c: char| !c.is_ascii_alphanumeric());
    let mut firsts = package.trim_start_matches('@').split('/').map(first).filter(|first| first.len() >= SHORTEST);
    program.len() >= SHORTEST
        && (parts.any(|part| part.starts_with(program)) || firsts.any(|one| one == first(program)))
}

#[cfg(test)]
mod tests {
    use super::may_be_of;

    #[test]
    fn a_program_is_called_after_a_part_of_its_package() {
        for (program, package) in [
            ("nest", "@nestjs/cli"),
            ("strapi", "@strapi/strapi"),
            ("functions-framework", "@google-cloud/functions-framework"),
            ("sequelize", "sequelize-cli"),
            ("pm2-runtime", "pm2"),
        ] {
            assert!(may_be_of(program, package), "{program} {package}");
        }
        for (program, package) in
            [("ts-node", "node-forge"), ("vue-tsc", "@laravel/echo-vue"), ("js", "jsonwebtoken"), ("strapi", "lodash")]
        {
            assert!(!may_be_of(program, package), "{program} {package}");
        }
    }
}
