//! What commands install by name in one version, as lock files of the files that hold these commands.

use std::collections::BTreeMap;

use super::installed::Installed;
use super::project::Project;
use crate::probe::packages::lock::{BY_NAME, Builder, Draft, Typed};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manager, Scope};

/// Lock files in the making: one for each file and ecosystem.
#[derive(Default)]
pub struct Kept(BTreeMap<(String, Ecosystem), (Builder, Vec<Command>)>);

/// A command that names a package in one version.
struct Command {
    name: String,
    version: String,
    line: u32,
    command: String,
    word: String,
}

impl Kept {
    /// Keeps what the command on a line of a file names; the command is empty where it cannot be shown.
    pub fn add(&mut self, path: &str, one: &Installed, version: &str, line: u32, command: String) {
        let manager = match one.ecosystem {
            Ecosystem::Npm => Manager::Npm,
            Ecosystem::PyPi => Manager::Pip,
            Ecosystem::RubyGems => Manager::Bundler,
            Ecosystem::CratesIo => Manager::Cargo,
            Ecosystem::Packagist => Manager::Composer,
            Ecosystem::Go => Manager::Go,
            Ecosystem::Maven => return,
        };
        let Some(name) = one.package() else { return };
        let new = || (Builder::new(manager, BY_NAME), Vec::new());
        let (builder, commands) = self.0.entry((path.to_owned(), one.ecosystem)).or_insert_with(new);
        let key = format!("{name} {version}");
        builder.add(&key, Draft { scope: Some(Scope::Production), ..Draft::new(name, version, line) });
        builder.wants(path, name, version, Scope::Production, &key);
        let (name, version, word) = (name.to_owned(), version.to_owned(), one.said.clone());
        commands.push(Command { name, version, line, command, word });
    }

    /// The lock files.
    pub fn finish(self) -> Vec<LockFile> {
        let finish = |((path, _), (builder, commands)): ((String, Ecosystem), (Builder, Vec<Command>))| {
            let mut lock = builder.finish(&path).lock;
            let packages = &lock.packages;
            let of = |one: Command| {
                let is_it = |package: &LockedPackage| package.name == one.name && package.version == one.version;
                let package = packages.iter().position(is_it)?;
                Some(Typed { package, line: one.line, command: one.command, word: one.word })
            };
            lock.typed = commands.into_iter().filter_map(of).collect();
            lock
        };
        self.0.into_iter().map(finish).collect()
    }
}

/// Programs of npm's packages that bear another name: the first is the program.
const PROGRAMS: [(&str, &str); 18] = [
    ("tsc", "typescript"),
    ("ng", "@angular/cli"),
    ("nest", "@nestjs/cli"),
    ("cap", "@capacitor/cli"),
    ("playwright", "@playwright/test"),
    ("babel", "@babel/cli"),
    ("vue-cli-service", "@vue/cli-service"),
    ("sequelize", "sequelize-cli"),
    ("remix", "@remix-run/dev"),
    ("react-router", "@react-router/dev"),
    ("svelte-kit", "@sveltejs/kit"),
    ("changeset", "@changesets/cli"),
    ("tailwindcss", "@tailwindcss/cli"),
    ("sentry-cli", "@sentry/cli"),
    ("graphql-codegen", "@graphql-codegen/cli"),
    ("redocly", "@redocly/cli"),
    ("biome", "@biomejs/biome"),
    ("lhci", "@lhci/cli"),
];

/// Whether a lock file holds what `npx` is told to start without a version.
pub fn is_own(one: &Installed, project: &Project<'_>) -> bool {
    let name = one.name();
    let package = PROGRAMS.iter().find(|(program, _)| *program == name).map(|(_, package)| *package);
    let locks = project.packages.locks.iter().filter(|lock| lock.manager.ecosystem() == Ecosystem::Npm);
    let mut all = locks.flat_map(|lock| &lock.packages);
    let asking = project.packages.manifests.values().filter(|one| one.path.ends_with("package.json"));
    let mut asked = asking.flat_map(|manifest| &manifest.declared).map(|declared| &*declared.name);
    let is_it = |other: &str| other == name || Some(other) == package;
    one.version().is_none()
        && (asked.any(is_it)
            || all.any(|locked| is_it(&locked.name) || locked.programs.iter().any(|program| program == name)))
}

/// Whether a lock file holds what is named for production, in a version that fits what is said of it.
pub fn is_locked(one: &Installed, project: &Project<'_>) -> bool {
    let ecosystem = one.ecosystem;
    let is_it = |locked: &LockedPackage| {
        locked.scope == Scope::Production
            && locked.ecosystem == ecosystem
            && ecosystem.normalize(&locked.name) == ecosystem.normalize(one.name())
            && one.version().is_none_or(|version| locked.version == version)
    };
    // What only a constraints file names need not be installed.
    let is_asked = |lock: &LockFile, at: usize| {
        !lock.is_constraints() || lock.roots.iter().flat_map(|root| &root.wanted).any(|wanted| wanted.package == at)
    };
    let is_in = |lock: &LockFile| (0..).zip(&lock.packages).any(|(at, locked)| is_it(locked) && is_asked(lock, at));
    project.packages.locks.iter().any(is_in)
}

/// Whether a constraints file that a command of `path` reads says the version of what it names without one.
pub fn is_constrained(one: &Installed, path: &str, project: &Project<'_>) -> bool {
    let ecosystem = one.ecosystem;
    let constraints = project.packages.locks.iter().filter(|lock| lock.manager.ecosystem() == ecosystem);
    let roots = constraints.flat_map(|lock| &lock.roots).filter(|root| root.manifest == path);
    let mut wanted = roots.flat_map(|root| &root.wanted);
    wanted.any(|wanted| ecosystem.normalize(&wanted.name) == ecosystem.normalize(one.name()))
}
