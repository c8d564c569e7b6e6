//! The way out of a package that a manifest asks for itself.

use std::collections::BTreeSet;

use super::commands::Commands;
use super::forced::forced;
use super::{Allowed, MOST_NAMED, Situation, listed, named, takes_only, with_v};
use crate::model::{WayOut, WayOutKind};
use crate::probe::dependencies::nearest::is_major_step;
use crate::probe::dependencies::ways_in::{Asked, Needing, line_of};
use crate::probe::packages::lock::Typed;
use crate::probe::packages::manifest::Forcing;
use crate::probe::packages::typed::{is_command, is_plain, word};
use crate::probe::packages::{Manager, Version};
use crate::probe::repository::Dockerfile;

impl Situation<'_> {
    pub(super) fn direct(&self, version: &str, parsed: &Version, commands: &Commands<'_>) -> WayOut {
        let ranges = self.ways.itself.iter().map(|asked| asked.wanted.range.as_str());
        let allowed = self.allowed(ranges, parsed) == Allowed::Yes;
        let refusing = self.refusing(parsed);
        if !refusing.is_empty() && !self.keeps_several(version) {
            return self.raise_both(version, allowed, &refusing, commands);
        }
        // npm keeps one copy for all as long as it can, and so the old one, unless another one is asked for.
        let out = if allowed && (refusing.is_empty() || self.lock.manager != Manager::Npm) {
            self.renew(version, commands)
        } else {
            self.raise_itself(version, commands)
        };
        if refusing.is_empty() {
            self.with_perhaps_a_second_copy(version, parsed, out, commands)
        } else {
            self.with_second_copies(version, out, &refusing, commands)
        }
    }

    /// Whoever else needs the package, and takes what the lock file does not say, seldom takes a major step.
    fn with_perhaps_a_second_copy(
        &self,
        version: &str,
        parsed: &Version,
        out: WayOut,
        commands: &Commands<'_>,
    ) -> WayOut {
        let is_open = |one: &&Needing<'_>| {
            self.allowed([one.range], parsed) == Allowed::Unknown
                && self.overrides.ruling(Some(one.place), one.range, self.at).is_none()
        };
        let open: Vec<Needing<'_>> = self.ways.needed_by.iter().filter(is_open).copied().collect();
        if open.is_empty() || !self.keeps_several(version) || !is_major_step(&self.package.version, version) {
            return out;
        }
        let who = named(open.iter().map(|one| (&*one.package.name, &*one.package.version)));
        let (needs, it) = if open.len() == 1 { ("needs", "it") } else { ("need", "them") };
        let mut typed = out.commands;
        typed.extend(commands.renew_all(open.iter().map(|one| one.package)));
        WayOut {
            words: format!(
                "{} {who} {needs} it too and may keep {}: look whether that is gone, and renew or raise {it} if not.",
                out.words, self.package.version
            ),
            commands: typed,
            ..out
        }
    }

    /// Whether this version and the present one can be installed side by side.
    fn keeps_several(&self, version: &str) -> bool {
        match self.lock.manager {
            Manager::Npm | Manager::YarnClassic | Manager::YarnBerry | Manager::Pnpm | Manager::Bun => true,
            // <https://doc.rust-lang.org/cargo/reference/resolver.html#semver-compatibility>
            Manager::Cargo => is_major_step(&self.package.version, version),
            _ => false,
        }
    }

    /// The project gets `version`, and those of `refusing` keep the present one for themselves.
    fn with_second_copies(
        &self,
        version: &str,
        out: WayOut,
        refusing: &[Needing<'_>],
        commands: &Commands<'_>,
    ) -> WayOut {
        let forced = Some(forced(self, version)).filter(|_| out.lines.is_none());
        let force = match forced.as_ref().and_then(|forced| forced.lines.as_ref()) {
            Some((file, _)) => format!(" If one stays, force the version in {file}."),
            None => String::new(),
        };
        let under = named(refusing.iter().map(|one| (&*one.package.name, &*one.package.version)));
        let mut typed = out.commands;
        typed.extend(commands.renew_all(refusing.iter().map(|one| one.package)));
        let words = format!(
            "{} A second copy stays under {under}: {} Renew or raise that too.{force}",
            out.words,
            takes_only(refusing)
        );
        let out = WayOut { words, commands: typed, ..out };
        match forced {
            Some(forced) => forced.left_to(out, commands),
            None => out,
        }
    }

    /// There is one version for all, and those of `refusing` do not take `version`.
    fn raise_both(&self, version: &str, allowed: bool, refusing: &[Needing<'_>], commands: &Commands<'_>) -> WayOut {
        let why = format!("{} What you declare allows {version}.", takes_only(refusing));
        if allowed {
            return self.raise_parent(version, &why, refusing, Vec::new(), commands);
        }
        let itself = self.raise_itself(version, commands);
        let out = self.raise_parent(version, &takes_only(refusing), refusing, Vec::new(), commands);
        let mut typed = out.commands;
        typed.extend(itself.commands);
        let words = format!("{} {}", itself.words, out.words);
        // What the manifest asks for is written before anything is typed.
        if itself.lines.is_some() {
            return WayOut { kind: out.kind, words, commands: typed, ..itself };
        }
        WayOut { words, commands: typed, ..out }
    }

    pub(super) fn renew(&self, version: &str, commands: &Commands<'_>) -> WayOut {
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
        // Writing the range anew moves the entry.
        let moves = self.ways.itself.iter().any(|asked| commands.moves(asked));
        WayOut {
            kind: WayOutKind::Renew,
            words: words + self.misplaced(commands) + self.step(version),
            commands: if moves { commands.raise_itself(version) } else { commands.renew(version) },
            ..WayOut::default()
        }
    }

    pub(super) fn raise_itself(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let place = |asked: &Asked<'_>| {
            let at =
                |file: &str, line: Option<u32>| line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
            let (file, line) = commands.written_in(asked);
            let range = Some(asked.wanted.range.as_str()).filter(|one| !one.is_empty() && !one.starts_with("catalog:"));
            if let Some(set) = commands.property(asked).filter(|_| self.lock.manager == Manager::Gradle) {
                let taken = at(asked.manifest, line_of(*asked, self.manifests));
                let says = range.map_or_else(String::new, |range| format!(", which says {range}"));
                return format!("{taken} takes it from the version catalog {}:{}{says}", set.path, set.line);
            }
            let Some(catalog) = commands.catalog(asked) else {
                return format!(
                    "{}{}",
                    at(&file, line),
                    range.map_or_else(String::new, |range| format!(" says {range}"))
                );
            };
            let catalog = if matches!(&*catalog, "" | "default") { String::new() } else { format!(" {catalog}") };
            let says = range.map_or_else(String::new, |range| format!(", which says {range}"));
            let taken = at(asked.manifest, line_of(*asked, self.manifests));
            format!("{taken} takes it from the catalog{catalog} of {file}{says}")
        };
        let mut seen = BTreeSet::new();
        let places: Vec<String> =
            self.ways.itself.iter().map(place).filter(|place| seen.insert(place.clone())).collect();
        let more = places.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let lines = commands.edited(version);
        let property = self.ways.itself.first().and_then(|asked| commands.property(asked));
        let property = property.filter(|_| self.lock.manager != Manager::Gradle);
        let set_there =
            property.map(|one| format!(" The property {} sets it ({}:{}): change that.", one.name, one.path, one.line));
        let edit = match self.lock.manager {
            _ if set_there.is_some() => set_there.as_deref().unwrap_or_default(),
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
                "Ask for {name} {version} or later ({}{more}).{edit}{}{}",
                places.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", "),
                self.misplaced(commands),
                self.step(version)
            ),
            commands: commands.raise_itself(version),
            place: lines.as_ref().and_then(|_| commands.place_of_edit()).unwrap_or_default(),
            lines,
            ..WayOut::default()
        }
    }

    /// That production code imports what is asked for with development, as a sentence.
    fn misplaced(&self, commands: &Commands<'_>) -> &'static str {
        let mut asked = self.ways.itself.iter().filter(|asked| commands.is_misplaced(asked));
        match asked.next() {
            Some(first) if commands.moves(first) => {
                " Production code imports it: the command moves it from devDependencies to dependencies."
            }
            Some(_) => " Production code imports it: move it to what production installs as well.",
            None => "",
        }
    }

    /// A command names the version.
    pub(super) fn write_in_command(&self, version: &str) -> WayOut {
        let (name, file, old) = (self.name(), &self.lock.path, &self.package.version);
        let written = with_v(self.package.ecosystem, version);
        let typed: Vec<&Typed> = self.lock.typed_for(self.at).collect();
        let mut lines: Vec<u32> = typed.iter().map(|one| one.line).chain([self.package.line]).collect();
        lines.sort_unstable();
        lines.dedup();
        let (command, installs) = if lines.len() == 1 { ("command", "installs") } else { ("commands", "install") };
        let which = if lines.len() == 1 { "line" } else { "lines" };
        let which = format!("{which} {}", listed(lines.iter().map(u32::to_string).collect()));
        let mut new: Vec<String> = typed.iter().filter_map(|one| rewritten(one, old, &written)).collect();
        new.dedup();
        // Hosts and scripts have none.
        let is_image = Dockerfile::is_one(file);
        let again = if is_image { "build the image again" } else { "deploy again" };
        WayOut {
            kind: WayOutKind::RaiseItself,
            words: format!(
                "The {command} in {file} ({which}) {installs} {name} {old}: write {written} there, or where the version is \
                 set, and {again}.{}",
                self.step(version)
            ),
            lines: (!new.is_empty()).then(|| (file.clone(), new.join("\n"))),
            place: if new.is_empty() { String::new() } else { format!("in {which}") },
            at_last: if is_image { format!("build the image of {file} again") } else { again.to_owned() },
            ..WayOut::default()
        }
    }

    pub(super) fn edit_the_pin(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        // `pylock.toml` holds addresses and hashes beside each version, so nobody writes it by hand.
        if self.lock.path.ends_with(".toml") {
            return WayOut {
                kind: WayOutKind::Renew,
                words: format!(
                    "A tool wrote {} (line {} has {name} {}): have it lock {name} {version} or later and write the file anew. What \
                     asks for {name} has to allow that.{}",
                    self.lock.path,
                    self.package.line,
                    self.package.version,
                    self.step(version)
                ),
                ..WayOut::default()
            };
        }
        // What a compiler wrote is asked for elsewhere, and pinned here.
        let file = &*self.lock.path;
        let readers = self.lock.roots.iter().filter(|_| self.lock.is_constraints());
        let readers: Vec<String> = readers.map(|root| root.manifest.clone()).collect();
        let (images, files): (Vec<String>, Vec<String>) =
            readers.into_iter().partition(|path| Dockerfile::is_one(path));
        let some = |mut all: Vec<String>| {
            let more = all.len().saturating_sub(MOST_NAMED);
            all.truncate(MOST_NAMED);
            all.extend((more > 0).then(|| format!("{more} more")));
            listed(all)
        };
        let at_last =
            if images.is_empty() { String::new() } else { format!("build the image of {} again", some(images)) };
        let commands = commands.install();
        // Where, and what follows, say the steps.
        let installs = match files.is_empty() {
            _ if !commands.is_empty() || (files.is_empty() && !at_last.is_empty()) => String::new(),
            true => ", and install again".to_owned(),
            false => format!(", and install {} again", some(files)),
        };
        WayOut {
            kind: WayOutKind::RaiseItself,
            words: format!(
                "Change the pin to {name}=={version}{installs}. Keep what follows a `;` on the line; a --hash needs to be \
                 that of the new version. If pip-compile wrote the file, let it do that: pip-compile --upgrade-package \
                 {name}=={version}.{}",
                self.step(version)
            ),
            commands,
            lines: Some((file.to_owned(), format!("{name}=={version}"))),
            place: format!("in line {}", self.package.line),
            at_last,
            ..WayOut::default()
        }
    }

    pub(super) fn go(&self, version: &str, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        // That of the workspace goes before that of the module.
        let files = self.workspace_of_go().into_iter().chain([self.lock.path.clone()]);
        for file in files {
            let entries = self.manifests.get(&file).and_then(|manifest| manifest.forcings.get(name));
            if let Some(one) = entries.into_iter().flatten().find(|one| one.says == self.package.version) {
                return self.replaced(version, &file, one);
            }
        }
        if name == "stdlib" && self.is_toolchain_of_workspace() {
            // `go get` raises go.mod, and fails where a module of the workspace is published nowhere.
            let command = format!("go work edit -toolchain=go{version}");
            let words = format!(
                "Build with Go {version} or later: the hole is in Go's own library, whose version go.work says."
            );
            return WayOut { kind: WayOutKind::Renew, words, commands: vec![command], ..WayOut::default() };
        }
        let words = if name == "stdlib" {
            format!("Build with Go {version} or later: the hole is in Go's own library.")
        } else {
            format!("Require {name} {version} or later: Go takes the highest version that anything requires.")
        };
        WayOut { kind: WayOutKind::Renew, words, commands: commands.renew(version), ..WayOut::default() }
    }

    /// Whether the version of Go's library is that of the workspace.
    fn is_toolchain_of_workspace(&self) -> bool {
        let work = self.workspace_of_go().and_then(|path| self.manifests.get(&path));
        work.and_then(|work| work.toolchain.as_ref()) == Some(&self.package.version)
    }

    /// The `go.work` in the folder of the module or the nearest one above.
    fn workspace_of_go(&self) -> Option<String> {
        let mut folder = self.lock.path.strip_suffix("go.mod")?.trim_end_matches('/');
        loop {
            let path = if folder.is_empty() { "go.work".to_owned() } else { format!("{folder}/go.work") };
            if self.manifests.contains_key(&path) {
                return Some(path);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// A `replace` decides, whatever is required (<https://go.dev/ref/mod#go-mod-file-replace>).
    fn replaced(&self, version: &str, file: &str, entry: &Forcing) -> WayOut {
        let name = self.name();
        let old = entry.keys.first().map_or("", String::as_str);
        let version = with_v(self.package.ecosystem, version);
        // What would be put in place of itself needs no entry.
        let (edit, write) = if old == format!("{name}@{version}") {
            (format!("-dropreplace {}", word(old)), "take that out".to_owned())
        } else {
            (format!("-replace {}", word(&format!("{old}={name}@{version}"))), format!("write {version} there"))
        };
        let typed = if file.ends_with("go.work") {
            vec![format!("go work edit {edit}")]
        } else {
            vec![format!("go mod edit {edit}"), "go mod tidy".to_owned()]
        };
        WayOut {
            kind: WayOutKind::Override,
            words: format!(
                "{file}:{} puts {name} {} in place of {old}, so requiring a later version changes nothing: {write}.{}",
                entry.line,
                self.package.version,
                self.step(&version)
            ),
            commands: if is_plain(old) { typed } else { Vec::new() },
            ..WayOut::default()
        }
    }
}

/// What stands in a command with another version: all of it where that can be told, else the word that names the package.
fn rewritten(typed: &Typed, old: &str, new: &str) -> Option<String> {
    // Another package of the command may have a version that looks like it.
    let texts = [&typed.command, &typed.word];
    let text = texts.into_iter().find(|text| is_command(text) && text.matches(old).count() == 1)?;
    Some(text.replace(old, new))
}
