//! The smallest way out: which version is free of all that is known about a package, and what to type to get it.

mod already;
mod commands;
mod direct;
mod edits;
mod forced;
mod indirect;
mod one_table;
mod overrides;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::nearest::{Nearest, is_major_step};
use super::ways_in::{Asked, Needing, WaysIn};
use crate::model::{WayOut, WayOutKind};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manager, Manifest, Version, range};
use commands::Commands;

pub use one_table::one_table;
pub use overrides::Overrides;

/// So many direct dependencies are named and get a command.
const MOST_NAMED: usize = 3;

/// The versions to go to of the packages that advisories speak of, by ecosystem, normalized name and locked version.
pub type Fixes = BTreeMap<(Ecosystem, String, String), String>;

/// What there is to decide on.
pub struct Situation<'a> {
    /// The lock file.
    pub lock: &'a LockFile,
    /// The package.
    pub package: &'a LockedPackage,
    /// Its place in the lock file.
    pub at: usize,
    /// The entries of the project that force versions.
    pub overrides: &'a Overrides<'a>,
    /// How it comes in.
    pub ways: &'a WaysIn<'a>,
    /// Where to go.
    pub nearest: &'a Nearest,
    /// Where to go from the others.
    pub fixes: &'a Fixes,
    /// It is hostile.
    pub malware: bool,
    /// The packages of the lock file that it has several versions of.
    pub several: &'a BTreeSet<&'a str>,
    /// Every manifest, by path.
    pub manifests: &'a BTreeMap<String, Manifest>,
    /// Production code imports it by its name.
    pub imported: bool,
}

/// The way out of it.
#[must_use]
pub fn way_out(situation: &Situation<'_>) -> WayOut {
    let commands = Commands::of(situation);
    let mut out = match situation.nearest {
        _ if situation.malware => situation.remove(&commands),
        Nearest::Fixed(version) => situation.to(version, &commands),
        Nearest::Most { version, mends, of, unfixed } => {
            let rest = if *unfixed { "for the rest there is no fix yet" } else { "no version fixes the rest as well" };
            let out = situation.to(version, &commands);
            WayOut { words: format!("{version} fixes {mends} of {of}; {rest}. {}", out.words), ..out }
        }
        Nearest::After(bound) => situation.after(bound, &commands),
        Nearest::None => situation.without_a_fix(),
    };
    commands.finish(&mut out);
    out
}

/// The packages of which a lock file has several versions.
#[must_use]
pub fn several(lock: &LockFile) -> BTreeSet<&str> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let packages = lock.packages.iter().map(|package| (package.name.as_str(), package.version.as_str()));
    packages.filter(|(name, version)| *first.entry(name).or_insert(version) != *version).map(|(name, _)| name).collect()
}

/// What the ranges that somebody declared say of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// All of them allow it.
    Yes,
    /// One does not.
    No,
    /// One is not known or not understood, and none refuses.
    Unknown,
}

impl<'a> Situation<'a> {
    fn name(&self) -> &'a str {
        &self.package.name
    }

    fn allowed<'r>(&self, ranges: impl IntoIterator<Item = &'r str>, version: &Version) -> Allowed {
        let mut told = Allowed::Unknown;
        let mut unknown = false;
        for text in ranges {
            // Bundler's lock file says every condition: none is any version.
            if text.trim().is_empty() && self.lock.manager == Manager::Bundler {
                told = Allowed::Yes;
                continue;
            }
            let allows = Some(text).filter(|text| !text.trim().is_empty());
            match allows.and_then(|text| range::allows(self.package.ecosystem, text, version)) {
                Some(false) => return Allowed::No,
                Some(true) => told = Allowed::Yes,
                None => unknown = true,
            }
        }
        if unknown { Allowed::Unknown } else { told }
    }

    /// Who needs the package and does not take `version`. What an entry of the project lets in, they take.
    fn refusing(&self, version: &Version) -> Vec<Needing<'a>> {
        let refuses = |one: &&Needing<'a>| {
            self.allowed([one.range], version) == Allowed::No
                && self.overrides.ruling(Some(one.place), one.range, self.at).is_none()
        };
        self.ways.needed_by.iter().filter(refuses).copied().collect()
    }

    fn to(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let Some(parsed) = Version::parse(self.package.ecosystem, version) else { return self.without_a_fix() };
        if let Some(out) = self.already(version, &parsed, commands) {
            return WayOut { version: Some(version.to_owned()), ..out };
        }
        let out = match self.lock.manager {
            _ if self.lock.is_by_name() => self.write_in_command(version),
            Manager::Pip => self.edit_the_pin(version, commands),
            Manager::Go => self.go(version, commands),
            // What their files write is what is wished for at least; only writing another version brings one.
            Manager::Maven | Manager::Gradle if !self.ways.itself.is_empty() => self.raise_itself(version, commands),
            _ if !self.ways.itself.is_empty() => self.direct(version, &parsed, commands),
            _ => self.indirect(version, &parsed, commands),
        };
        let first = self.limited(&parsed).or_else(|| self.refused(version, &parsed)).unwrap_or_default();
        // Go itself is named without.
        let written =
            if self.name() == "stdlib" { version.to_owned() } else { with_v(self.package.ecosystem, version) };
        WayOut { version: Some(written), first, ..out }
    }

    /// Where the project holds the package to versions without `version`, as what to do first
    /// (<https://docs.astral.sh/uv/reference/settings/#constraint-dependencies>).
    fn limited(&self, version: &Version) -> Option<String> {
        let ecosystem = self.package.ecosystem;
        let file = self.overrides.place.file.as_str();
        let limits = self.manifests.get(file).filter(|_| self.lock.manager == Manager::Uv).map(|one| &one.limits);
        let is_it = |name: &str| ecosystem.normalize(name) == ecosystem.normalize(self.name());
        let limit = limits.into_iter().flatten().find(|(name, _)| is_it(name));
        let (name, (says, line)) =
            limit.filter(|(_, (says, _))| range::allows(ecosystem, says, version) == Some(false))?;
        Some(format!(
            "change {file}:{line}, which holds {name} to {says} (constraint-dependencies): as long as that stands, nothing \
             below helps"
        ))
    }

    /// Where the project refuses `version` (<https://go.dev/ref/mod#go-mod-file-exclude>,
    /// <https://getcomposer.org/doc/04-schema.md#conflict>), as what to do first.
    fn refused(&self, text: &str, version: &Version) -> Option<String> {
        let (ecosystem, path) = (self.package.ecosystem, self.lock.path.as_str());
        let (file, key) = match self.lock.manager {
            _ if self.lock.is_by_name() => return None,
            Manager::Go => (path.to_owned(), "exclude"),
            Manager::Composer => (path.replace("composer.lock", "composer.json"), "conflict"),
            _ => return None,
        };
        let written = with_v(ecosystem, text);
        let is_refused = |says: &str| {
            // Go names one version.
            if ecosystem == Ecosystem::Go {
                says == written
            } else {
                range::allows(ecosystem, says, version) == Some(true)
            }
        };
        let refused = self.manifests.get(&file).into_iter().flat_map(|manifest| &manifest.refused);
        let of_it = refused.filter(|(name, _)| ecosystem.normalize(name) == ecosystem.normalize(self.name()));
        let (says, line) = of_it.flat_map(|(_, all)| all).find(|(says, _)| is_refused(says))?;
        // What is named one by one leaves later releases free.
        let or = if ecosystem == Ecosystem::Go { ", or take a later release" } else { "" };
        Some(format!(
            "change {file}:{line}, which refuses {} {says} ({key}){or}: as long as that stands, {written} does not arrive",
            self.name()
        ))
    }

    /// How large the step is, as a sentence.
    fn step(&self, version: &str) -> &'static str {
        if is_major_step(&self.package.version, version) {
            " It is a major step: read its migration notes, and run your tests."
        } else {
            ""
        }
    }

    /// The version to which `package` is to be raised for its own holes.
    fn fix_of(&self, package: &LockedPackage) -> Option<&'a str> {
        let key = (package.ecosystem, package.ecosystem.normalize(&package.name), package.version.clone());
        self.fixes.get(&key).map(String::as_str)
    }

    /// Those of `parents` that are to be raised for their own holes, with the versions to go to.
    fn targets(&self, parents: &[Asked<'a>]) -> Vec<(&'a str, &'a str)> {
        parents.iter().filter_map(|one| Some((&*one.package.name, self.fix_of(one.package)?))).collect()
    }

    /// The direct dependencies that bring it in, each once.
    fn parents(&self) -> Vec<Asked<'a>> {
        let mut seen = BTreeSet::new();
        self.ways.parents.iter().filter(|one| seen.insert(&one.wanted.name)).copied().collect()
    }

    fn remove(&self, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let parents = self.parents();
        let through = if parents.is_empty() || !self.ways.itself.is_empty() {
            String::new()
        } else {
            let who = named(parents.iter().map(|one| (&*one.package.name, &*one.package.version)));
            format!(" It comes in through {who}: remove that, or move it to a version without {name}.")
        };
        WayOut {
            kind: WayOutKind::Remove,
            words: format!(
                "Remove {name}, and treat every machine that installed it as compromised: change the keys and passwords \
                 that were on it.{through}"
            ),
            commands: if self.ways.itself.is_empty() || self.lock.is_by_name() {
                Vec::new()
            } else {
                commands.remove()
            },
            ..WayOut::default()
        }
    }

    fn after(&self, bound: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        WayOut {
            words: format!(
                "No fixed version is named; what is known ends with {bound}. Look whether a later {name} exists, and go to \
                 it. Else read the advisory for a way around it, or replace {name}."
            ),
            commands: commands.look(),
            ..WayOut::default()
        }
    }

    fn without_a_fix(&self) -> WayOut {
        let name = self.name();
        let through = match self.parents().first() {
            Some(parent) if self.ways.itself.is_empty() => {
                format!(" It comes in through {}: a release of that may do without it.", parent.package.name)
            }
            _ => String::new(),
        };
        WayOut {
            words: format!(
                "No version is known that all advisories leave alone. Read the advisory for a way around it; else replace \
                 {name}, or write down why its hole cannot be reached in your app.{through}"
            ),
            ..WayOut::default()
        }
    }
}

/// `next 13.4.1, jest 29.0.0 and 2 more`
fn named<'n>(packages: impl ExactSizeIterator<Item = (&'n str, &'n str)>) -> String {
    let count = packages.len();
    let names: Vec<String> = packages.take(MOST_NAMED).map(|(name, version)| format!("{name} {version}")).collect();
    match count.checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", names.join(", ")),
        None => listed(names),
    }
}

/// `flask 2.2.2 takes only <2.3.`
fn takes_only(refusing: &[Needing<'_>]) -> String {
    let Some(first) = refusing.first() else { return String::new() };
    let who = named(refusing.iter().map(|one| (&*one.package.name, &*one.package.version)));
    format!("{who} {} only {}.", if refusing.len() == 1 { "takes" } else { "take" }, first.range)
}

/// `a, b and c`
fn listed(mut names: Vec<String>) -> String {
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// A version as Go writes it; advisories leave its `v` out.
fn with_v(ecosystem: Ecosystem, version: &str) -> String {
    if ecosystem == Ecosystem::Go && !version.starts_with('v') { format!("v{version}") } else { version.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::lock::{Builder, Draft};

    #[test]
    fn packages_of_several_versions() {
        let mut builder = Builder::new(Manager::Npm, "3");
        for (key, name, version) in
            [("1", "a", "1.0.0"), ("2", "b", "1.0.0"), ("3", "a", "2.0.0"), ("4", "b", "1.0.0"), ("5", "a", "3.0.0")]
        {
            builder.add(key, Draft::new(name, version, 1));
        }
        assert_eq!(several(&builder.finish("package-lock.json").lock), BTreeSet::from(["a"]));
    }
}
