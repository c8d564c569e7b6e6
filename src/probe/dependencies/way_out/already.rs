//! Versions that the project forces already: as long as they stand, no command brings another one.

use std::collections::BTreeSet;

use super::commands::Commands;
use super::overrides::Place;
use super::written;
use super::{Allowed, Situation, named, takes_only};
use crate::model::{WayOut, WayOutKind};
use crate::probe::dependencies::ways_in::Needing;
use crate::probe::packages::manifest::Forcing;
use crate::probe::packages::typed::{is_plain, is_range};
use crate::probe::packages::{LockedPackage, Manager, Version};

impl<'a> Situation<'a> {
    /// The way out where an entry of the project decides which version arrives; `None` where none does, or where it lets
    /// the fixed one in.
    pub(super) fn already(&self, version: &str, parsed: &Version, commands: &Commands<'_>) -> Option<WayOut> {
        if self.overrides.is_empty() || (self.lock.manager == Manager::Maven && !self.ways.itself.is_empty()) {
            return None;
        }
        let needing = self.ways.needed_by.iter().map(|one| (Some(one.place), one.range));
        let mut asking: Vec<(Option<usize>, &str)> =
            self.ways.itself.iter().map(|one| (None, &*one.wanted.range)).chain(needing).collect();
        if asking.is_empty() {
            asking.push((None, ""));
        }
        let mut ruling: Vec<&Forcing> = Vec::new();
        for (from, range) in &asking {
            let entry = self.overrides.ruling(*from, range, self.at);
            // What follows what is asked for directly is raised with that.
            let follows = |one: &&Forcing| !self.ways.itself.is_empty() && one.follows() == Some(self.name());
            let entry = entry.filter(|one| !follows(one)).filter(|one| !ruling.contains(one));
            ruling.extend(entry);
        }
        // What nothing needs any more stays in the lock file of Yarn 1 as long as an entry names it.
        if self.lock.manager == Manager::YarnClassic && ruling.is_empty() && self.ways.needed_by.is_empty() {
            let brings = |one: &&&Forcing| {
                self.ways.itself.is_empty()
                    && self.overrides.allows(one, self.package, &self.package.version) == Some(true)
            };
            ruling.extend(self.overrides.of_package(self.package).iter().filter(brings));
        }
        ruling.retain(|one| self.overrides.allows(one, self.package, version) != Some(true));
        if !ruling.is_empty() {
            return Some(self.change_forced(version, parsed, &ruling, commands));
        }
        let awaited = asking.iter().find_map(|(from, range)| self.overrides.awaited(*from, range, self.at, version))?;
        Some(self.install_forced(version, awaited, commands))
    }

    /// The entry is there, and the lock file older than it.
    fn install_forced(&self, version: &str, awaited: &Forcing, commands: &Commands<'_>) -> WayOut {
        let (name, Place { file, key }) = (self.name(), &self.overrides.place);
        let says = if is_range(&awaited.says) { format!(" to {}", awaited.says) } else { String::new() };
        WayOut {
            kind: WayOutKind::Renew,
            words: format!(
                "{file} forces {name}{says} ({key}), which lets {version} in; the lock file still has {}. Install again.{}",
                self.package.version,
                self.step(version)
            ),
            commands: commands.install(),
            ..WayOut::default()
        }
    }

    /// Changes the version that entries force.
    fn change_forced(
        &self,
        version: &str,
        parsed: &Version,
        ruling: &[&'a Forcing],
        commands: &Commands<'_>,
    ) -> WayOut {
        let name = self.name();
        let (followed, entries): (Vec<&Forcing>, Vec<&Forcing>) =
            ruling.iter().copied().partition(|one| one.follows().is_some());
        let Place { file, key } = &self.overrides.place;
        // Another entry of the manifest says the version: that one is to be raised.
        let others: BTreeSet<&str> =
            followed.iter().filter_map(|one| one.follows()).filter(|other| is_plain(other)).collect();
        if !others.is_empty() && entries.is_empty() {
            let others: Vec<&str> = others.into_iter().collect();
            let lines: Vec<String> = others.iter().map(|other| format!("\"{other}\": \"^{version}\"")).collect();
            let followed = self.overrides.followed_file();
            let who = if followed == file { "it" } else { followed };
            return WayOut {
                kind: WayOutKind::Override,
                words: format!(
                    "{file} forces the version of {name} ({key}) to what {who} asks for of {} itself: write {version} there, \
                     then install.{}",
                    others.join(", "),
                    self.step(version)
                ),
                commands: commands.install(),
                lines: Some((followed.to_owned(), lines.join(",\n"))),
                place: "in place of what is asked for of the same name; keep the comma behind it".to_owned(),
                ..WayOut::default()
            };
        }
        let within = entries.iter().find(|one| one.keys.len() > 1).and_then(|one| one.keys.first());
        let within = within.map_or_else(String::new, |first| format!(", below {first}"));
        // npm refuses an entry that says something else than where the package is asked for directly, and lets it follow that
        // (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#overrides>).
        let follows = self.lock.manager == Manager::Npm && !self.ways.itself.is_empty();
        let says = if follows { format!("${name}") } else { format!("^{version}") };
        let widened = self.narrow_of_yarn(&entries);
        let paste = match &widened {
            Some(all) => Some(written::widened(self, all, &says)),
            None => written::changed(self, &entries, version, &says),
        };
        let is_widened = widened.is_some();
        let (besides, renew) = match widened {
            Some(_) => (String::new(), Vec::new()),
            None => self.besides(version, parsed, ruling, commands),
        };
        let mut typed = if follows { commands.raise_itself(version) } else { commands.install() };
        typed.extend(renew);
        let (write, then) = if follows {
            (format!("\"{says}\""), format!("then ask for {version} with the command"))
        } else if is_widened {
            (format!("{version} for everybody"), "then install".to_owned())
        } else {
            (version.to_owned(), "then install".to_owned())
        };
        WayOut {
            kind: WayOutKind::Override,
            words: format!(
                "{file} forces the version of {name} ({key}{within}), so renewing and raising change nothing: write {write} \
                 there, {then}.{}{besides}",
                self.step(version)
            ),
            commands: typed,
            place: paste.as_ref().map(|paste| paste.place.clone()).unwrap_or_default(),
            table: paste.as_ref().map(|paste| paste.table.clone()).unwrap_or_default(),
            lines: paste.map(|paste| (file.clone(), paste.text)),
            ..WayOut::default()
        }
    }

    /// All entries of the package, where one that decides chooses it along a path and Yarn 1 has one version of it: with
    /// another version along that path alone, everybody else gets what they ask for again, and the hole with it.
    fn narrow_of_yarn(&self, entries: &[&'a Forcing]) -> Option<Vec<&'a Forcing>> {
        let is_narrow = |one: &&Forcing| one.selector(Manager::YarnClassic).is_some_and(|one| !one.outer.is_empty());
        let alone = self.lock.manager == Manager::YarnClassic && !self.several.contains(self.name());
        (alone && entries.iter().any(is_narrow)).then(|| self.overrides.of_package(self.package).to_vec())
    }

    /// Who gets the package past the entries that are changed, and does not surely take `version`: as sentences, and what
    /// renews them.
    fn besides(
        &self,
        version: &str,
        parsed: &Version,
        changed: &[&Forcing],
        commands: &Commands<'_>,
    ) -> (String, Vec<String>) {
        let is_past = |one: &&Needing<'a>| {
            let ruling = self.overrides.ruling(Some(one.place), one.range, self.at);
            !ruling.is_some_and(|entry| changed.contains(&entry)) && self.allowed([one.range], parsed) != Allowed::Yes
        };
        let past: Vec<Needing<'a>> = self.ways.needed_by.iter().filter(is_past).copied().collect();
        if past.is_empty() {
            return (String::new(), Vec::new());
        }
        let who = named(past.iter().map(|one| (&*one.package.name, &*one.package.version)));
        let refusing = self.refusing(parsed);
        let takes = if refusing.is_empty() { String::new() } else { format!(" {}", takes_only(&refusing)) };
        let (gets, it) = if past.len() == 1 { ("gets", "that") } else { ("get", "those") };
        let held = self.overrides.held(self.at);
        let is_fixed = |one: &&Needing<'_>| {
            held.packages.get(&one.place).is_some_and(|entry| self.overrides.is_exact(entry, one.package))
        };
        let free: Vec<&LockedPackage> = past.iter().filter(|one| !is_fixed(one)).map(|one| one.package).collect();
        let renew =
            if free.is_empty() { Vec::new() } else { commands.renew_all(free.into_iter().chain([self.package])) };
        let held =
            if held.packages.is_empty() { String::new() } else { format!(" {}", self.held_words(&held, version)) };
        (format!(" {who} {gets} it past that entry: renew or raise {it} as well.{takes}{held}"), renew)
    }

    /// Whether everybody who needs the package and gets it past every entry takes `version`. Called where every entry that
    /// decides lets it in.
    pub(super) fn allowed_by_all(&self, version: &Version) -> Allowed {
        let is_free = |one: &&Needing<'_>| self.overrides.ruling(Some(one.place), one.range, self.at).is_none();
        let free: Vec<&str> = self.ways.needed_by.iter().filter(is_free).map(|one| one.range).collect();
        if free.is_empty() && !self.ways.needed_by.is_empty() { Allowed::Yes } else { self.allowed(free, version) }
    }
}
