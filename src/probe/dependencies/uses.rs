//! Whether the app's code uses a package, as far as its imports and settings say it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ways_in::{Asked, WaysIn};
use crate::model::Uses;
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manifest};

/// So many places are told.
const MOST_PLACES: usize = 5;
/// So many of the direct dependencies that bring a package in are looked for.
const MOST_PARENTS: usize = 200;

/// What the project's code imports, and what its scripts and settings name.
#[derive(Debug, Default, Clone)]
pub struct Imports {
    /// The code, by the ecosystem whose packages it imports.
    pub code: BTreeMap<Ecosystem, Code>,
    /// Names under which packages of Python are imported, with the package.
    pub imported_as: &'static [(&'static str, &'static str)],
    /// Modules of Python that no package has to bring.
    pub python_modules: &'static [&'static str],
    /// Packages that a script or a setting names, by the word, with the path and the line.
    pub named: BTreeMap<String, (String, u32)>,
    /// Why nothing is known of the code.
    pub not_read: Option<String>,
}

/// The code of one language, or of several that share their packages.
#[derive(Debug, Default, Clone)]
pub struct Code {
    /// How many files were read.
    pub files: u64,
    /// What they import, as written.
    pub modules: BTreeMap<String, Vec<Place>>,
    /// Why not all of it is known, as a phrase.
    pub unread: Option<String>,
}

/// A place where something is imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What kind of code stands there.
    pub kind: PlaceKind,
    /// Relative to the project, with `/`.
    pub path: String,
    /// From 1.
    pub line: u32,
}

/// What kind of code imports something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceKind {
    /// Runs in production.
    Production,
    /// Configures a tool or a framework.
    Setting,
    /// A test, a developer's script.
    Aside,
}

/// Packages that run or are loaded without being imported: the frameworks' own programs, servers, and what frameworks load
/// by themselves.
const STARTED: [(Ecosystem, &str); 40] = [
    (Ecosystem::Npm, "next"),
    (Ecosystem::Npm, "nuxt"),
    (Ecosystem::Npm, "react-dom"),
    (Ecosystem::Npm, "react-scripts"),
    (Ecosystem::Npm, "react-native"),
    (Ecosystem::Npm, "expo"),
    (Ecosystem::Npm, "vite"),
    (Ecosystem::Npm, "astro"),
    (Ecosystem::Npm, "gatsby"),
    (Ecosystem::Npm, "webpack"),
    (Ecosystem::Npm, "@sveltejs/kit"),
    (Ecosystem::Npm, "@angular/core"),
    (Ecosystem::Npm, "@angular/compiler"),
    (Ecosystem::Npm, "@nestjs/core"),
    (Ecosystem::Npm, "@nestjs/platform-express"),
    (Ecosystem::Npm, "@nestjs/platform-fastify"),
    (Ecosystem::Npm, "@prisma/client"),
    (Ecosystem::Npm, "prisma"),
    (Ecosystem::Npm, "@remix-run/serve"),
    (Ecosystem::Npm, "@react-router/serve"),
    (Ecosystem::Npm, "pm2"),
    (Ecosystem::Npm, "serve"),
    (Ecosystem::Npm, "http-server"),
    (Ecosystem::Npm, "sharp"),
    (Ecosystem::Npm, "zone.js"),
    (Ecosystem::Npm, "pg"),
    (Ecosystem::Npm, "mysql2"),
    (Ecosystem::Npm, "sqlite3"),
    (Ecosystem::PyPi, "gunicorn"),
    (Ecosystem::PyPi, "uvicorn"),
    (Ecosystem::PyPi, "hypercorn"),
    (Ecosystem::PyPi, "daphne"),
    (Ecosystem::PyPi, "waitress"),
    (Ecosystem::PyPi, "uwsgi"),
    (Ecosystem::PyPi, "celery"),
    (Ecosystem::PyPi, "psycopg2"),
    (Ecosystem::PyPi, "psycopg2-binary"),
    (Ecosystem::PyPi, "mysqlclient"),
    (Ecosystem::PyPi, "python-multipart"),
    (Ecosystem::PyPi, "whitenoise"),
];

/// Whether something uses a package.
#[derive(Debug, Clone)]
enum Found {
    Imported {
        places: Vec<(String, u32)>,
        more: u64,
    },
    Named((String, u32)),
    /// Only what this file belongs to does: another project, or another language.
    Elsewhere(String),
    No,
}

/// A package to look for: by its name in the project, its own, and the folders from which it can be used.
type Sought = (Ecosystem, String, String, Vec<String>);

/// Looks packages up in what is imported, each once.
pub struct Finder<'i> {
    imports: &'i Imports,
    /// By the name that the project calls it, its own, and where it may be used.
    known: RefCell<HashMap<Sought, Found>>,
    /// By the lock file: a module that none of its packages explains.
    unexplained: RefCell<HashMap<String, Option<&'i str>>>,
}

impl<'i> Finder<'i> {
    /// For these imports.
    #[must_use]
    pub fn new(imports: &'i Imports) -> Self {
        Self { imports, known: RefCell::default(), unexplained: RefCell::default() }
    }

    /// Whether the code uses `package`, or a direct dependency that brings it in.
    #[must_use]
    pub fn uses(
        &self,
        lock: &LockFile,
        package: &LockedPackage,
        ways: &WaysIn<'_>,
        manifests: &BTreeMap<String, Manifest>,
    ) -> Uses {
        let unknown = |why: &str| Uses::Unknown { why: why.to_owned() };
        if let Some(why) = &self.imports.not_read {
            return unknown(why);
        }
        let ecosystem = package.ecosystem;
        let direct: Vec<&Asked<'_>> = ways.itself.iter().chain(&ways.parents).collect();
        let mut seen = BTreeSet::new();
        let mut looked_for: Vec<(&str, &str)> = vec![(&package.name, &package.name)];
        looked_for.extend(direct.iter().map(|asked| (&*asked.wanted.name, &*asked.package.name)));
        looked_for.retain(|pair| seen.insert(*pair));
        let too_many = looked_for.len() > MOST_PARENTS;
        looked_for.truncate(MOST_PARENTS);
        let (mut named, mut elsewhere) = (None, None);
        for (called, name) in &looked_for {
            match self.find(ecosystem, called, name, folders(lock, name, &direct)) {
                Found::Imported { places, more } => {
                    return Uses::Imported { package: (*name).to_owned(), places, more };
                }
                Found::Named((path, line)) if is_declaration(manifests, &path, line, called, name) => {
                    elsewhere.get_or_insert(format!("{path} names it, on a line that is not known"));
                }
                Found::Named(place) if named.is_none() => named = Some(((*name).to_owned(), place)),
                Found::Elsewhere(path) => {
                    elsewhere.get_or_insert(format!("{path} names it, and belongs to another project or language"));
                }
                Found::Named(_) | Found::No => {}
            }
        }
        if let Some((package, place)) = named {
            return Uses::Named { package, place };
        }
        if is_go_itself(package) {
            return unknown("every Go program is built with Go's own library");
        }
        if let Some(name) = started(ecosystem, &direct) {
            let what = if name == package.name { "it" } else { name };
            return Uses::Unknown { why: format!("{what} runs without being imported, as frameworks and servers do") };
        }
        let Some(code) = self.imports.code.get(&ecosystem).filter(|code| code.files > 0) else {
            return unknown(without_code(ecosystem));
        };
        if let Some(why) = &code.unread {
            return unknown(why);
        }
        if direct.is_empty() || ways.cut_short {
            return unknown("the lock file does not say what brings it in");
        }
        if too_many {
            return unknown("too much brings it in");
        }
        if let Some(why) = elsewhere {
            return unknown(&why);
        }
        match ecosystem {
            Ecosystem::Npm | Ecosystem::Go => Uses::NotImported,
            Ecosystem::PyPi => match self.unexplained(code, lock) {
                Some(module) => Uses::Unknown { why: format!("which package brings the module {module} is not known") },
                None => Uses::NotImported,
            },
            Ecosystem::RubyGems => unknown("Bundler loads gems that no code requires by name"),
            Ecosystem::Packagist => unknown("Composer loads classes whose namespace does not name their package"),
            Ecosystem::Maven => unknown("the packages of Java do not name the artifact that brings them"),
            Ecosystem::CratesIo => unknown(without_code(ecosystem)),
        }
    }

    fn unexplained(&self, code: &'i Code, lock: &LockFile) -> Option<&'i str> {
        if let Some(known) = self.unexplained.borrow().get(&lock.path) {
            return *known;
        }
        let found = unexplained(self.imports, code, lock);
        self.unexplained.borrow_mut().insert(lock.path.clone(), found);
        found
    }

    fn find(&self, ecosystem: Ecosystem, called: &str, name: &str, folders: Vec<String>) -> Found {
        let key = (ecosystem, called.to_owned(), name.to_owned(), folders);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = find(self.imports, ecosystem, called, name, &key.3);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }
}

/// The folders below which a package can be used: those of the manifests that ask for it, or else the lock file's. Only
/// npm's ask for each folder by itself; the requirements of Python often stand in a folder of their own.
fn folders(lock: &LockFile, name: &str, direct: &[&Asked<'_>]) -> Vec<String> {
    if lock.manager.ecosystem() != Ecosystem::Npm {
        return vec![String::new()];
    }
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let asking = direct.iter().filter(|asked| asked.package.name == name);
    let folders: BTreeSet<String> = asking.map(|asked| folder(asked.manifest)).collect();
    if folders.is_empty() { vec![folder(&lock.path)] } else { folders.into_iter().collect() }
}

fn is_below(path: &str, folders: &[String]) -> bool {
    folders.iter().any(|folder| folder.is_empty() || below(path, folder, '/'))
}

/// Whether a file of this path can name packages of this ecosystem.
fn can_name(path: &str, ecosystem: Ecosystem) -> bool {
    ecosystem == Ecosystem::Npm || path.rsplit('/').next() != Some("package.json")
}

/// Whether this is the line on which a manifest asks for the package: that says nothing of its use.
fn is_declaration(manifests: &BTreeMap<String, Manifest>, path: &str, line: u32, called: &str, name: &str) -> bool {
    let declared = manifests.get(path).into_iter().flat_map(|manifest| &manifest.declared);
    let mut here = declared.filter(|one| one.line == line);
    here.any(|one| [called, name].contains(&one.name.as_str()) || one.alias.as_deref() == Some(called))
}

/// Go's own library, as its advisories call it (<https://go.dev/doc/security/vuln/database>).
fn is_go_itself(package: &LockedPackage) -> bool {
    package.ecosystem == Ecosystem::Go && matches!(&*package.name, "stdlib" | "toolchain")
}

/// A direct dependency that runs without being imported.
fn started<'a>(ecosystem: Ecosystem, direct: &[&Asked<'a>]) -> Option<&'a str> {
    direct.iter().map(|asked| &*asked.package.name).find(|name| {
        let name = ecosystem.normalize(name);
        STARTED.iter().any(|(of, one)| *of == ecosystem && *one == name)
    })
}

fn without_code(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::CratesIo => "gonogo does not read Rust code",
        Ecosystem::Npm => "there is no JavaScript or TypeScript code that could be read",
        Ecosystem::PyPi => "there is no Python code that could be read",
        Ecosystem::Packagist => "there is no PHP code that could be read",
        Ecosystem::RubyGems => "there is no Ruby code that could be read",
        Ecosystem::Go => "there is no Go code that could be read",
        Ecosystem::Maven => "there is no Java code that could be read",
    }
}

fn find(imports: &Imports, ecosystem: Ecosystem, called: &str, name: &str, folders: &[String]) -> Found {
    let matches = |module: &str| match ecosystem {
        Ecosystem::Npm => package_of(module) == called,
        Ecosystem::PyPi => is_module_of(imports, module, &ecosystem.normalize(name)),
        // Code imports a replaced module by the name that it had before.
        Ecosystem::Go => below(module, called, '/') || below(module, name, '/'),
        Ecosystem::Maven => name.split_once(':').is_some_and(|(group, _)| below(module, group, '.')),
        Ecosystem::RubyGems => {
            let first = module.split('/').next().unwrap_or(module);
            squashed(module) == squashed(name) || squashed(first) == squashed(name)
        }
        Ecosystem::Packagist => is_class_of(module, name),
        Ecosystem::CratesIo => false,
    };
    let modules = imports.code.get(&ecosystem).into_iter().flat_map(|code| &code.modules);
    let places = modules.filter(|(module, _)| matches(module)).flat_map(|(_, places)| places);
    let (places, mut outside): (Vec<&Place>, Vec<&Place>) = places.partition(|place| is_below(&place.path, folders));
    let mut production: Vec<&Place> =
        places.iter().filter(|place| place.kind == PlaceKind::Production).copied().collect();
    production.sort();
    production.dedup();
    if !production.is_empty() {
        let more = production.len().saturating_sub(MOST_PLACES) as u64;
        let places = production.iter().take(MOST_PLACES).map(|place| (place.path.clone(), place.line)).collect();
        return Found::Imported { places, more };
    }
    if let Some(setting) = places.iter().filter(|place| place.kind == PlaceKind::Setting).min() {
        return Found::Named((setting.path.clone(), setting.line));
    }
    // A crate is built in; nothing starts it by its name.
    let words = if ecosystem == Ecosystem::CratesIo { Vec::new() } else { words_of(imports, ecosystem, called) };
    match words.into_iter().find_map(|word| imports.named.get(&word)) {
        Some(place) if can_name(&place.0, ecosystem) && is_below(&place.0, folders) => Found::Named(place.clone()),
        Some(place) => Found::Elsewhere(place.0.clone()),
        None => {
            outside.retain(|place| place.kind != PlaceKind::Aside);
            outside.iter().min().map_or(Found::No, |place| Found::Elsewhere(place.path.clone()))
        }
    }
}

/// Whether a class of PHP is one of a package's: its namespace begins with the vendor's name, or the package's own, and the
/// package's stands in it. `Symfony\Component\HttpFoundation\Request` is of `symfony/http-foundation`, not of
/// `symfony/routing`.
fn is_class_of(module: &str, name: &str) -> bool {
    /// `Symfony\Component\Console`, `League\Flysystem`.
    const PARTS: usize = 3;
    let (vendor, package) = name.split_once('/').unwrap_or((name, name));
    let (vendor, package) = (squashed(vendor), squashed(package));
    let parts: Vec<String> = module.trim_start_matches('\\').split('\\').take(PARTS).map(squashed).collect();
    let Some(first) = parts.first().filter(|_| module.trim_start_matches('\\').contains('\\')) else { return false };
    // What stands in for missing functions has no classes that anybody imports.
    !package.starts_with("polyfill") && (*first == vendor || *first == package) && parts.contains(&package)
}

/// The words by which a script or a setting would name a package.
#[must_use]
pub fn words_of(imports: &Imports, ecosystem: Ecosystem, name: &str) -> Vec<String> {
    let mut words = vec![name.to_owned()];
    if ecosystem == Ecosystem::PyPi {
        let name = ecosystem.normalize(name);
        let modules = imports.imported_as.iter().filter(|(_, package)| *package == name);
        words.extend(modules.map(|(module, _)| (*module).to_owned()));
        words.push(name.replace('-', "_"));
        words.push(name);
    }
    words
}

/// `@scope/name` and `name` of what JavaScript imports.
fn package_of(module: &str) -> &str {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    match module.match_indices('/').nth(parts - 1) {
        Some((end, _)) => module.get(..end).unwrap_or(module),
        None => module,
    }
}

fn below(path: &str, above: &str, separator: char) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
}

fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a module of Python is that of a package: by the table, or because the one's name is the other's:
/// `google.cloud.storage` of `google-cloud-storage`.
fn is_module_of(imports: &Imports, module: &str, package: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    if imports.imported_as.iter().any(|(known, brings)| *known == top && *brings == package) {
        return true;
    }
    let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]).take(4);
    ends.filter_map(|end| module.get(..end)).any(|part| Ecosystem::PyPi.normalize(part) == package)
}

/// A module of Python that the code imports and that no locked package explains: it may be of any of them.
fn unexplained<'i>(imports: &Imports, code: &'i Code, lock: &LockFile) -> Option<&'i str> {
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
    production.map(|(module, _)| module.as_str()).find(|module| !explained(module))
}
