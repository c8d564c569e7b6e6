//! The way out of a package that another one brings in.

use super::commands::Commands;
use super::forced::forced;
use super::overrides::Held;
use super::{Allowed, MOST_NAMED, Situation, listed, named, takes_only};
use crate::model::{WayOut, WayOutKind};
use crate::probe::dependencies::nearest::is_major_step;
use crate::probe::dependencies::ways_in::{Asked, Needing};
use crate::probe::packages::{LockedPackage, Manager, Version};

impl<'a> Situation<'a> {
    pub(super) fn indirect(&self, version: &str, parsed: &Version, commands: &Commands<'_>) -> WayOut {
        let refusing = self.refusing(parsed);
        if refusing.is_empty() && self.allowed_by_all(parsed) == Allowed::Yes {
            return self.renew(version, commands);
        }
        let parents = self.parents();
        if !refusing.is_empty() {
            let why = takes_only(&refusing);
            return if parents.is_empty() {
                self.force(version, &why, commands)
            } else {
                self.raise_parent(version, &why, &refusing, Vec::new(), commands)
            };
        }
        if parents.is_empty() {
            let renew = commands.renew(version);
            if renew.is_empty() || matches!(self.lock.manager, Manager::YarnClassic | Manager::Gradle) {
                return self.force(version, "The lock file does not say what asks for it.", commands);
            }
            let out = WayOut {
                kind: WayOutKind::Renew,
                words: format!(
                    "The lock file does not say what asks for {}. Renew it; if it stays at {}, force {version}.{}",
                    self.name(),
                    self.package.version,
                    self.step(version)
                ),
                commands: renew,
                ..WayOut::default()
            };
            return forced(self, version).left_to(out, commands);
        }
        // Who takes what is not known: a small step may be allowed.
        // uv says of no range what it allows, takes what they do, and moves nothing that no command names.
        let is_small = self.lock.manager == Manager::Uv
            || !is_major_step(&self.package.version, version) && self.lock.manager != Manager::YarnClassic;
        let renew = if is_small { commands.renew(version) } else { Vec::new() };
        self.raise_parent(version, "", &[], renew, commands)
    }

    /// The ladder of a package that others bring in: what has holes of its own, what `refusing` can be renewed to or
    /// `renew`, the newest of what brings it in, and force.
    pub(super) fn raise_parent(
        &self,
        version: &str,
        why: &str,
        refusing: &[Needing<'_>],
        renew: Vec<String>,
        commands: &Commands<'_>,
    ) -> WayOut {
        let name = self.name();
        let held = if self.overrides.is_empty() { Held::default() } else { self.overrides.held(self.at) };
        let (mut parents, mut held_ones) = (self.parents(), Vec::new());
        if !held.packages.is_empty() {
            // Raising what reaches it through a forced package only changes nothing.
            let is_free = |one: &Asked<'_>| {
                held.free
                    .iter()
                    .filter_map(|at| self.lock.packages.get(*at))
                    .any(|free| std::ptr::eq(free, one.package))
            };
            (parents, held_ones) = parents.into_iter().partition(is_free);
        }
        let who = named(
            parents
                .iter()
                .chain(&held_ones)
                .map(|one| (&*one.package.name, &*one.package.version))
                .collect::<Vec<_>>()
                .into_iter(),
        );
        // Those that are to be raised for holes of their own come first: that may be all that is needed.
        let (known, others): (Vec<_>, Vec<_>) =
            parents.iter().partition(|parent| self.fix_of(parent.package).is_some());
        let mut typed: Vec<String> =
            known.iter().take(MOST_NAMED).filter_map(|parent| commands.raise_parent(parent)).collect();
        // What is raised anyway need not be renewed.
        let is_known = |package: &LockedPackage| known.iter().any(|parent| std::ptr::eq(parent.package, package));
        let is_fixed = |one: &&Needing<'_>| {
            held.packages.get(&one.place).is_some_and(|entry| self.overrides.is_exact(entry, one.package))
        };
        let is_held = |package: &LockedPackage| {
            parents.iter().any(|one| std::ptr::eq(one.package, package) && commands.is_held(one))
        };
        let behind: Vec<&LockedPackage> = (refusing.iter().filter(|one| !is_fixed(one)).map(|one| one.package))
            .filter(|package| !is_known(package) && !is_held(package))
            .collect();
        let renew =
            if behind.is_empty() { renew } else { commands.renew_all(behind.iter().copied().chain([self.package])) };
        let renewing = !renew.is_empty();
        typed.extend(renew);
        let left = MOST_NAMED.saturating_sub(known.len());
        // The others of what raises a direct dependency stay within its range, like renewing.
        let is_newest = |command: &str| command.contains("latest") || command.starts_with("composer require");
        let raises =
            |command: &str| is_newest(command) || matches!(self.lock.manager, Manager::YarnBerry | Manager::Pdm);
        let newest: Vec<String> = (others.iter().take(left))
            .filter_map(|parent| {
                let is_renewed = renewing && behind.iter().any(|one| std::ptr::eq(*one, parent.package));
                let raised = if renewing { commands.raise_to_newest(parent) } else { commands.raise_parent(parent) };
                raised.filter(|command| !is_renewed || raises(command))
            })
            .collect();
        let is_large = |command: &str| is_newest(command) || command.starts_with("uv add");
        // Where nobody says who takes what, nearly all take a small step: the newest release of what brings it in is a larger
        // one, for when that was not enough.
        let (later, newest): (Vec<String>, Vec<String>) = newest
            .into_iter()
            .partition(|command| renewing && behind.is_empty() && why.is_empty() && is_large(command));
        let newest_is_any = later.iter().chain(&newest).any(|command| is_newest(command));
        let is_last = !newest.is_empty() || (!renewing && !typed.is_empty());
        typed.extend(newest);
        // These leave what the raised one brings in where it is, as long as that is allowed.
        if is_last && matches!(self.lock.manager, Manager::Uv | Manager::Poetry | Manager::Pdm) {
            typed.extend(commands.renew_all(std::iter::once(self.package)));
        }
        let held_to_one: Vec<Asked<'_>> = parents.iter().filter(|one| commands.is_held(one)).copied().collect();
        let forced = forced(self, version);
        let targets = self.targets(&known);
        let mut first = String::new();
        if !targets.is_empty() {
            let them = if targets.len() == 1 { "it has" } else { "they have" };
            let whom = raised_to(&targets);
            first = format!("First raise {whom}, as {them} holes as well; look whether that raises {name} too. ");
        }
        first += &if renewing {
            let mut names: Vec<String> = behind.iter().take(MOST_NAMED).map(|package| package.name.clone()).collect();
            names.push(name.to_owned());
            let (within, it) = if behind.is_empty() { ("", "it") } else { (" within what is declared", name) };
            let stays = &self.package.version;
            let with = if later.is_empty() { String::new() } else { format!(" ({})", later.join("; ")) };
            format!("Renew {}{within}; if {it} stays at {stays}, raise what brings it in{with}.", listed(names))
        } else if others.is_empty() && known.is_empty() && !held_ones.is_empty() {
            String::new()
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
        let last = match &*forced.words {
            "" => String::new(),
            words => format!(" If no release does: {words}"),
        };
        let mut why = if why.is_empty() { String::new() } else { format!(" {why}") };
        why += &held_to_one.iter().take(MOST_NAMED).map(|one| holds(one, commands)).collect::<String>();
        if !held.packages.is_empty() {
            why = format!("{why} {}", self.held_words(&held, version));
        }
        // Only what is forced stands in the way.
        let kind =
            if typed.is_empty() && !held_ones.is_empty() { WayOutKind::Override } else { WayOutKind::RaiseParent };
        let first = if first.is_empty() { String::new() } else { format!(" {first}") };
        let also = if self.ways.itself.is_empty() { "" } else { "also " };
        let out = WayOut {
            kind,
            words: format!("{name} {also}comes in through {who}.{why}{first}{last}"),
            commands: typed,
            ..WayOut::default()
        };
        match freed(&held_to_one, commands) {
            Some((lines, place)) => WayOut { lines: Some(lines), place, ..out },
            None => forced.left_to(out, commands),
        }
    }

    /// What the project forces between the package and what it asks for, as sentences.
    pub(super) fn held_words(&self, held: &Held<'_>, version: &str) -> String {
        let (name, place) = (self.name(), &self.overrides.place);
        let packages: Vec<&LockedPackage> = held.packages.keys().filter_map(|at| self.lock.packages.get(*at)).collect();
        let who = named(packages.iter().map(|one| (&*one.name, &*one.version)));
        let (it, that) = if packages.len() == 1 {
            ("it", "a version there that takes")
        } else {
            ("them", "versions there that take")
        };
        let fixed: Vec<(&str, &str)> =
            packages.iter().filter_map(|one| Some((&*one.name, self.fix_of(one)?))).collect();
        let for_holes = match fixed.as_slice() {
            [] => String::new(),
            fixed => format!(" (for other holes {})", raised_to(fixed)),
        };
        format!(
            "{} forces {who} ({}), so raising what brings {it} in does not change {it}: write {that} {name} \
             {version}{for_holes}, then install.",
            place.file, place.key
        )
    }

    fn force(&self, version: &str, why: &str, commands: &Commands<'_>) -> WayOut {
        let forced = forced(self, version);
        let through = self.parents();
        let through = if through.is_empty() {
            String::new()
        } else {
            let who = named(through.iter().map(|one| (&*one.package.name, &*one.package.version)));
            let first = match self.targets(&through) {
                targets if targets.is_empty() => "look whether a newer one is free of it.".to_owned(),
                targets => {
                    format!("raise {} first, for other holes, and look whether it is gone.", raised_to(&targets))
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
            place: forced.place,
            table: forced.table,
            ..WayOut::default()
        }
    }
}

/// Where a direct dependency is held to one version, as a sentence.
fn holds(parent: &Asked<'_>, commands: &Commands<'_>) -> String {
    let range = commands.declared(parent).map_or("", |one| one.range.as_str());
    let (file, line) = commands.written_in(parent);
    let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
    format!(
        " {place} holds {} to {range}, so renewing it changes nothing: let a later version in there.",
        parent.package.name
    )
}

/// A file, and the lines of it that let later versions of what is held in; where in it they belong.
fn freed(held: &[Asked<'_>], commands: &Commands<'_>) -> Option<((String, String), String)> {
    let all: Vec<(String, u32, String)> =
        held.iter().take(MOST_NAMED).filter_map(|parent| commands.freed(parent)).collect();
    let (file, ..) = all.first()?;
    // The words name those of other files.
    let here: Vec<&(String, u32, String)> = all.iter().filter(|one| one.0 == *file).collect();
    let text = here.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let lines = listed(here.iter().map(|(_, line, _)| line.to_string()).collect());
    Some(((file.clone(), text), format!("in line{} {lines}", if here.len() == 1 { "" } else { "s" })))
}

/// `next to 13.4.1 and jest to 29.0.0`
fn raised_to(targets: &[(&str, &str)]) -> String {
    let more = targets.len().saturating_sub(MOST_NAMED);
    let mut names: Vec<String> =
        targets.iter().take(MOST_NAMED).map(|(name, version)| format!("{name} to {version}")).collect();
    names.extend((more > 0).then(|| format!("{more} more")));
    listed(names)
}
