//! The smallest way out: which version is free of all that is known about a package, and what to type to get it.

mod commands;
mod forced;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::nearest::{Nearest, is_major_step};
use super::ways_in::{Asked, Needing, WaysIn, line_of};
use crate::model::{WayOut, WayOutKind};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manager, Manifest, Version, range};
use commands::Commands;

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
            let allows = Some(text).filter(|text| !text.trim().is_empty());
            match allows.and_then(|text| range::allows(self.package.ecosystem, text, version)) {
                Some(false) => return Allowed::No,
                Some(true) => told = Allowed::Yes,
                None => unknown = true,
            }
        }
        if unknown { Allowed::Unknown } else { told }
    }

    fn to(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let Some(parsed) = Version::parse(self.package.ecosystem, version) else { return self.without_a_fix() };
        let out = match self.lock.manager {
            Manager::Pip => self.edit_the_pin(version, commands),
            Manager::Go => self.go(version, commands),
            // What their files write is what is wished for at least; only writing another version brings one.
            Manager::Maven | Manager::Gradle if !self.ways.itself.is_empty() => self.raise_itself(version, commands),
            _ if !self.ways.itself.is_empty() => {
                let ranges = self.ways.itself.iter().map(|asked| asked.wanted.range.as_str());
                match self.allowed(ranges.clone(), &parsed) {
                    // A gem without a condition may be any version.
                    Allowed::Unknown
                        if self.lock.manager == Manager::Bundler
                            && ranges.into_iter().all(|one| one.trim().is_empty()) =>
                    {
                        self.renew(version, commands)
                    }
                    Allowed::Yes => self.renew(version, commands),
                    Allowed::No | Allowed::Unknown => self.raise_itself(version, commands),
                }
            }
            _ => self.indirect(version, &parsed, commands),
        };
        WayOut { version: Some(version.to_owned()), ..out }
    }

    /// How large the step is, as a sentence.
    fn step(&self, version: &str) -> &'static str {
        if is_major_step(&self.package.version, version) {
            " It is a major step: read its migration notes, and run your tests."
        } else {
            ""
        }
    }

    fn renew(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let words = if self.lock.manager == Manager::YarnClassic && self.ways.itself.is_empty() {
            format!(
                "What asks for {name} allows {version}. Yarn 1 does not renew what package.json does not name: delete the \
                 entry of {name} in {} (line {}), then install.",
                self.lock.path, self.package.line
            )
        } else if self.ways.itself.is_empty() {
            format!("What needs {name} takes {version}; only the lock file is behind. Renew it.")
        } else {
            format!("What you declare allows {name} {version}; only the lock file is behind. Renew it.")
        };
        WayOut {
            kind: WayOutKind::Renew,
            words: words + self.step(version),
            commands: commands.renew(version),
            ..WayOut::default()
        }
    }

    fn raise_itself(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let places: Vec<String> = (self.ways.itself.iter().take(MOST_NAMED))
            .map(|asked| {
                let line = line_of(*asked, self.manifests).map_or_else(String::new, |line| format!(":{line}"));
                let range = if asked.wanted.range.is_empty() { "" } else { " says " };
                format!("{}{line}{range}{}", asked.manifest, asked.wanted.range)
            })
            .collect();
        let more = self.ways.itself.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let lines = commands.edited(version);
        let edit = match self.lock.manager {
            // Maven has no lock file, and its versions often stand in a property.
            Manager::Maven => {
                " Change it there; where the version is a property (${…}) or comes from a parent or a BOM, change that."
            }
            _ if lines.is_some() => " Change it there, then renew the lock file.",
            _ => "",
        };
        WayOut {
            kind: WayOutKind::RaiseItself,
            words: format!(
                "Ask for {name} {version} or later ({}{more}).{edit}{}",
                places.join(", "),
                self.step(version)
            ),
            commands: commands.raise_itself(version),
            lines,
            ..WayOut::default()
        }
    }

    fn indirect(&self, version: &str, parsed: &Version, commands: &Commands<'_>) -> WayOut {
        let needed_by = &self.ways.needed_by;
        let refuses = |one: &&Needing<'a>| self.allowed([one.range], parsed) == Allowed::No;
        let refusing: Vec<&Needing<'a>> = needed_by.iter().filter(refuses).collect();
        if refusing.is_empty() && self.allowed(needed_by.iter().map(|one| one.range), parsed) == Allowed::Yes {
            return self.renew(version, commands);
        }
        let parents = self.parents();
        if let Some(first) = refusing.first() {
            let who = named(refusing.iter().map(|one| (&*one.package.name, &*one.package.version)));
            let take = if refusing.len() == 1 { "takes" } else { "take" };
            let why = format!("{who} {take} only {}.", first.range);
            if refusing.iter().all(|one| one.direct) && !parents.is_empty() {
                return self.raise_parent(version, &why, false, commands);
            }
            return self.force(version, &why, commands);
        }
        if parents.is_empty() {
            let mut out = self.force(version, "The lock file does not say what asks for it.", commands);
            let renew = commands.renew(version);
            if !renew.is_empty() && !matches!(self.lock.manager, Manager::YarnClassic | Manager::Gradle) {
                out.kind = WayOutKind::Renew;
                out.words = format!(
                    "The lock file does not say what asks for {}. Renew it; if it stays at {}, force {version}.{}",
                    self.name(),
                    self.package.version,
                    self.step(version)
                );
                out.commands = renew;
            }
            return out;
        }
        self.raise_parent(version, "", !is_major_step(&self.package.version, version), commands)
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

    fn raise_parent(&self, version: &str, why: &str, try_renewing: bool, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let parents = self.parents();
        let who = named(parents.iter().map(|one| (&*one.package.name, &*one.package.version)));
        // Those that are to be raised for holes of their own come first: that may be all that is needed.
        let (known, others): (Vec<_>, Vec<_>) =
            parents.iter().partition(|parent| self.fix_of(parent.package).is_some());
        let mut typed: Vec<String> =
            known.iter().take(MOST_NAMED).filter_map(|parent| commands.raise_parent(parent)).collect();
        let mut renew = if try_renewing { commands.renew(version) } else { Vec::new() };
        if self.lock.manager == Manager::YarnClassic {
            renew.clear();
        }
        let renewing = !renew.is_empty();
        typed.extend(renew);
        let left = MOST_NAMED.saturating_sub(known.len());
        let newest: Vec<String> = others.iter().take(left).filter_map(|parent| commands.raise_parent(parent)).collect();
        let newest_is_any = newest.iter().any(|command| command.contains("latest"));
        typed.extend(newest);
        let forced = forced::forced(self, version);
        let targets = self.targets(&known);
        let mut first = String::new();
        if !targets.is_empty() {
            let them = if targets.len() == 1 { "it has" } else { "they have" };
            let whom = named(targets.into_iter());
            first = format!("First raise {whom}, as {them} holes as well; look whether that raises {name} too. ");
        }
        first += &if renewing {
            format!("Renew {name}; if it stays at {}, raise what brings it in.", self.package.version)
        } else if others.is_empty() {
            format!(
                "If {name} stays at {}, take a version of what brings it in that takes {version}.",
                self.package.version
            )
        } else {
            format!("Raise what brings {name} in to a version that takes {version}.")
        };
        if newest_is_any {
            first += " The latest release may be a major step: read its migration notes.";
        }
        let last = match &forced.lines {
            Some((file, _)) => format!(" If no release does, force the version in {file}."),
            None => format!(" {}", forced.words),
        };
        let why = if why.is_empty() { String::new() } else { format!(" {why}") };
        WayOut {
            kind: WayOutKind::RaiseParent,
            words: format!("{name} comes in through {who}.{why} {first}{}", last.trim_end()),
            commands: typed,
            lines: forced.lines,
            ..WayOut::default()
        }
    }

    fn force(&self, version: &str, why: &str, commands: &Commands<'_>) -> WayOut {
        let forced = forced::forced(self, version);
        let through = self.parents();
        let through = if through.is_empty() {
            String::new()
        } else {
            let who = named(through.iter().map(|one| (&*one.package.name, &*one.package.version)));
            let first = match self.targets(&through) {
                targets if targets.is_empty() => "look whether a newer one is free of it.".to_owned(),
                targets => {
                    format!("raise {} first, for other holes, and look whether it is gone.", named(targets.into_iter()))
                }
            };
            format!(" It comes in through {who}; {first}")
        };
        let mut typed = forced.commands;
        if forced.lines.is_some() {
            typed.extend(commands.install());
        }
        WayOut {
            kind: WayOutKind::Override,
            words: format!("{why} {}{through}{}", forced.words, self.step(version)),
            commands: typed,
            lines: forced.lines,
            ..WayOut::default()
        }
    }

    fn edit_the_pin(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let file = self.ways.itself.first().map_or(&*self.lock.path, |asked| asked.manifest);
        WayOut {
            kind: WayOutKind::RaiseItself,
            words: format!(
                "Change the pin in {file} (line {}) to {name}=={version}, and install again. Keep what follows a `;` on the \
                 line; a --hash needs to be that of the new version. If pip-compile wrote the file, \
                 let it do that: pip-compile --upgrade-package {name}=={version}.{}",
                self.package.line,
                self.step(version)
            ),
            commands: commands.install(),
            lines: Some((file.to_owned(), format!("{name}=={version}"))),
            ..WayOut::default()
        }
    }

    fn go(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let words = if name == "stdlib" {
            format!("Build with Go {version} or later: the hole is in Go's own library.")
        } else {
            format!("Require {name} {version} or later: Go takes the highest version that anything requires.")
        };
        WayOut { kind: WayOutKind::Renew, words, commands: commands.renew(version), ..WayOut::default() }
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
            commands: if self.ways.itself.is_empty() { Vec::new() } else { commands.remove() },
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
        None => match names.split_last() {
            Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => names.concat(),
        },
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
