//! Whether the app's code uses a package, as far as its imports and settings say it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::module_names::{below, is_class_of, is_module_of, package_of, squashed, unexplained};
use super::perhaps;
use super::vendored::Vendored;
use super::ways_in::{Asked, WaysIn};
use crate::model::Uses;
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manager, Manifest};
use crate::probe::repository::Dockerfile;

/// So many places are told.
pub const MOST_PLACES: usize = 5;
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
    /// Packages that a script or a setting names, by the word, with the first places: path and line.
    pub named: BTreeMap<String, Vec<(String, u32)>>,
    /// Names of packages, and words for them, between quotation marks in the code and in what sets the app up, with the
    /// first place of each file.
    pub quoted: BTreeMap<String, Vec<(String, u32)>>,
    /// Pages that an engine renders, by their ending.
    pub pages: BTreeMap<String, Vec<(String, u32)>>,
    /// Programs that a script or a container starts, with the first place of each file.
    pub programs: BTreeMap<String, Vec<(String, u32)>>,
    /// Code in which no word counts: tests, and what programs wrote.
    pub passed_over: BTreeSet<String>,
    /// Modules of others that Django's settings name.
    pub apps: BTreeSet<String>,
    /// What lists of all that is built say, by the lock file.
    pub vendored: BTreeMap<String, Vendored>,
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
    /// Where production code loads something whose name is worked out while it runs: one place a file.
    pub unresolved: Vec<(String, u32)>,
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
    /// A script: a developer's, or one that production runs. Nobody says which.
    Script,
    /// A test, an example, a declaration of types.
    Aside,
}

/// Whether something uses a package.
#[derive(Debug, Clone)]
enum Found {
    Imported {
        places: Vec<(String, u32)>,
        more: u64,
    },
    Named(Vec<(String, u32)>),
    /// Only a script imports it.
    Script((String, u32)),
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
        if lock.is_by_name() {
            return Uses::Unknown { why: format!("a command of {} installs it by name", lock.path) };
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
                Found::Named(places) => {
                    let (asks, uses): (Vec<_>, Vec<_>) = (places.into_iter()).partition(|(path, line)| {
                        is_declaration(manifests, path, *line, called, name) || is_installing(lock, path)
                    });
                    if let Some(place) = uses.into_iter().next() {
                        named.get_or_insert(((*name).to_owned(), place));
                    } else if let Some((path, line)) = asks.first() {
                        elsewhere.get_or_insert(if is_installing(lock, path) {
                            format!("{path}:{line} installs it, which says nothing of its use")
                        } else {
                            // The line is that of the first place, which is not the one that was meant.
                            format!("{path} names it, on a line that is not known")
                        });
                    }
                }
                Found::Elsewhere(path) => {
                    elsewhere.get_or_insert(format!("{path} names it, and belongs to another project or language"));
                }
                Found::Script((path, line)) => {
                    elsewhere.get_or_insert(format!(
                        "only {path}:{line} imports it, and whether production runs that script is not known"
                    ));
                }
                Found::No => {}
            }
        }
        if let Some((package, place)) = named {
            return Uses::Named { package, place };
        }
        if is_go_itself(package) {
            return unknown("every Go program is built with Go's own library");
        }
        if let Some(name) = perhaps::taken_in(ecosystem, &direct) {
            let what = if name == package.name { "it" } else { name };
            return Uses::Unknown {
                why: format!(
                    "{what} may be used without being imported by name, as frameworks, servers and drivers are"
                ),
            };
        }
        let Some(code) = self.imports.code.get(&ecosystem).filter(|code| code.files > 0) else {
            return unknown(without_code(ecosystem));
        };
        if let Some(why) = &code.unread {
            return unknown(why);
        }
        if is_perhaps_installed(lock, ways) {
            return Uses::Unknown {
                why: format!("{} only says its version, should something else need it", lock.path),
            };
        }
        if direct.is_empty() || ways.cut_short {
            return unknown("the lock file does not say what brings it in");
        }
        if let Some(why) = elsewhere {
            return unknown(&why);
        }
        if matches!(lock.manager, Manager::Pip | Manager::Pipenv) && !says_who_needs(lock) {
            let path = &lock.path;
            return Uses::Unknown {
                why: if ways.itself.is_empty() {
                    format!("{path} does not say which of its packages need it")
                } else {
                    format!(
                        "no code imports it by name, and {path} does not say whether another of its packages needs it"
                    )
                },
            };
        }
        if too_many {
            return unknown("too much brings it in");
        }
        for (called, name) in &looked_for {
            let folders = folders(lock, name, &direct);
            let is_direct = direct.iter().any(|asked| asked.package.name == *name);
            let why = perhaps::named_somehow(self.imports, lock, (called, name), is_direct, &folders)
                .or_else(|| perhaps::loaded_somehow(code, &folders));
            if let Some(why) = why {
                return unknown(&why);
            }
        }
        match ecosystem {
            Ecosystem::Npm => Uses::NotImported,
            Ecosystem::Go if is_only_module(lock, package) => Uses::NotImported,
            Ecosystem::Go => unknown(
                "the project's own code does not import it, and go.mod does not say whether another module does",
            ),
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

/// Whether `path` lies in one of `folders`, each named from the project's root, the root itself as an empty name.
pub fn is_below(path: &str, folders: &[String]) -> bool {
    folders.iter().any(|folder| folder.is_empty() || below(path, folder, '/'))
}

/// Whether a file of this path can name packages of this ecosystem.
pub fn can_name(path: &str, ecosystem: Ecosystem) -> bool {
    ecosystem == Ecosystem::Npm || path.rsplit('/').next() != Some("package.json")
}

/// Whether this is the line on which a manifest asks for the package: that says nothing of its use.
fn is_declaration(manifests: &BTreeMap<String, Manifest>, path: &str, line: u32, called: &str, name: &str) -> bool {
    let declared = manifests.get(path).into_iter().flat_map(|manifest| &manifest.declared);
    let mut here = declared.filter(|one| one.line == line);
    here.any(|one| [called, name].contains(&one.name.as_str()) || one.alias.as_deref() == Some(called))
}

/// Whether a file of this path is the container's whose command asks for the package with the constraints file `lock`: that it
/// names it there says nothing of its use.
fn is_installing(lock: &LockFile, path: &str) -> bool {
    lock.is_constraints() && Dockerfile::is_one(path) && lock.roots.iter().any(|root| root.manifest == path)
}

/// Whether only a constraints file names a package: then it arrives if something else needs it. Where the file notes that
/// something needs it that is asked for, it arrives.
#[must_use]
pub fn is_perhaps_installed(lock: &LockFile, ways: &WaysIn<'_>) -> bool {
    lock.is_constraints() && ways.itself.is_empty() && ways.parents.is_empty()
}

/// Whether a list of Python's packages says who needs whom, as compilers note it. What a constraints file leaves out may need
/// some as well.
fn says_who_needs(lock: &LockFile) -> bool {
    !lock.is_constraints() && lock.packages.iter().any(|package| !package.needs.is_empty())
}

/// Go's own library, as its advisories call it (<https://go.dev/doc/security/vuln/database>).
pub fn is_go_itself(package: &LockedPackage) -> bool {
    package.ecosystem == Ecosystem::Go && matches!(&*package.name, "stdlib" | "toolchain")
}

/// Whether no other module is there that could import it: `go.mod` does not say who needs whom.
pub fn is_only_module(lock: &LockFile, package: &LockedPackage) -> bool {
    lock.packages.iter().all(|other| other.name == package.name || is_go_itself(other))
}

/// Why nothing is known of what an ecosystem's code imports.
pub fn without_code(ecosystem: Ecosystem) -> &'static str {
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
        return Found::Named(vec![(setting.path.clone(), setting.line)]);
    }
    // A crate is built in; nothing starts it by its name.
    let words = if ecosystem == Ecosystem::CratesIo { Vec::new() } else { words_of(imports, ecosystem, called) };
    let named: Vec<&(String, u32)> = words.iter().filter_map(|word| imports.named.get(word)).flatten().collect();
    let is_here = |place: &&&(String, u32)| can_name(&place.0, ecosystem) && is_below(&place.0, folders);
    let here: Vec<(String, u32)> = named.iter().filter(is_here).map(|place| (*place).clone()).collect();
    match named.first() {
        Some(_) if !here.is_empty() => Found::Named(here),
        Some(place) => Found::Elsewhere(place.0.clone()),
        None => {
            if let Some(script) = places.iter().filter(|place| place.kind == PlaceKind::Script).min() {
                return Found::Script((script.path.clone(), script.line));
            }
            outside.retain(|place| place.kind != PlaceKind::Aside);
            outside.iter().min().map_or(Found::No, |place| Found::Elsewhere(place.path.clone()))
        }
    }
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
