//! The folders of the project that commands of a container install from. A container knows them by other names: they were
//! copied there, and commands go from folder to folder.

use super::ground::Ground;
use super::layout::{Copied, From, LONGEST, Layout, bare, below, gone};
use super::project::Project;
use crate::probe::paths::folder;

/// Whose a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The project's, as far as can be told.
    Project,
    /// It was cloned, unpacked, or comes from an image.
    Foreign,
    /// Nobody says how it came there.
    Unknown,
}

/// Where commands stand.
#[derive(Debug, Clone)]
pub struct Standing<'c> {
    layout: &'c Layout,
    line: u32,
    /// The working folder, as the container calls it.
    at: String,
    /// The one before: `cd -`.
    last: String,
    outside: Vec<String>,
    /// The folder of the script that is read.
    script: String,
    mounts: Vec<Copied>,
}

impl<'c> Standing<'c> {
    /// At the beginning of the `RUN` in a line, which may mount folders
    /// (<https://docs.docker.com/reference/dockerfile/#run---mounttypebind>).
    pub fn of(layout: &'c Layout, run: &str, line: u32) -> Self {
        let at = layout.at(line).to_owned();
        let mounts = run.split_whitespace().take_while(|word| word.starts_with("--"));
        let mounts = mounts.filter_map(|word| word.strip_prefix("--mount=")).filter_map(|mount| {
            let value = |keys: &[&str]| {
                let mut parts = mount.split(',').filter_map(|part| part.split_once('='));
                parts.find(|(key, _)| keys.contains(key)).map(|(_, value)| value)
            };
            let is_bind = value(&["type"]).is_none_or(|kind| kind == "bind");
            let target = gone(&at, value(&["target", "dst", "destination"])?);
            let from = if value(&["from"]).is_some() { From::Stage } else { From::Project };
            let sources = vec![value(&["source", "src"]).unwrap_or(".").to_owned()];
            is_bind.then_some(Copied { sources, target, line, from })
        });
        let (mounts, last) = (mounts.collect(), at.clone());
        Self { layout, line, at, last, outside: Vec::new(), script: String::new(), mounts }
    }

    /// Goes to a folder. `$(dirname "$0")` is that of the script.
    pub fn go(&mut self, folder: &str) {
        let is_of_script = folder.contains("dirname") && (folder.contains("$0") || folder.contains("BASH_SOURCE"));
        let after = folder.rsplit_once(')').map_or("", |(_, after)| after);
        let next = if is_of_script {
            gone(&self.script, after.trim_start_matches('/'))
        } else if folder.starts_with("${0%/*}") {
            gone(&self.script, folder.trim_start_matches("${0%/*}").trim_start_matches('/'))
        } else if folder == "-" {
            self.last.clone()
        } else {
            gone(&self.at, folder)
        };
        // As where a variable leads, nobody can say where that is.
        let next = if next.len() > LONGEST { "$".to_owned() } else { next };
        self.last = std::mem::replace(&mut self.at, next);
    }

    /// Where the commands of a script stand that is started from here.
    pub fn of_script(&self, script: &str) -> Self {
        let full = self.full(script);
        Self { script: folder(&full).trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// Goes into brackets.
    pub fn enter(&mut self) {
        self.outside.push(self.at.clone());
    }

    /// Leaves brackets.
    pub fn leave(&mut self) {
        self.at = self.outside.pop().unwrap_or_else(|| std::mem::take(&mut self.at));
    }

    /// The folder as the container calls it.
    pub fn full(&self, folder: &str) -> String {
        gone(&self.at, folder)
    }

    /// The line of the instruction whose commands stand here.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whose a folder is. Of what covers it, the nearest counts, and of those the last.
    pub fn origin(&self, named: &str, ground: &Ground, project: &Project<'_>, path: &str) -> Origin {
        let full = self.full(named);
        let bare_full = bare(&full);
        if ground.is_full() {
            return Origin::Unknown;
        }
        // Nobody can say where that is.
        if full.contains('$') && !self.copies().any(|one| below(bare_full, bare(&one.target)).is_some()) {
            return if ground.fetched { Origin::Unknown } else { Origin::Project };
        }
        let image = self.layout.image(self.line);
        let is_here = |at: &str, line: u32| {
            (line > image || line == 0) && !bare(at).is_empty() && below(bare_full, bare(at)).is_some()
        };
        let foreign = ground.foreign.iter().filter(|(at, line)| is_here(at, *line));
        let foreign = foreign.map(|(at, line)| (bare(at).len(), *line)).max();
        let near = |one: &&Copied| {
            let (target, is_file) = (bare(&one.target), one.from == From::File);
            !is_file && (below(bare_full, target).is_some() || below(target, bare_full).is_some())
        };
        let nearness = |one: &&Copied| (bare(&one.target).len().min(bare_full.len()), one.line);
        let copied = self.copies().filter(near).max_by_key(nearness);
        if foreign.is_some_and(|one| copied.is_none_or(|copied| one >= nearness(&copied))) {
            return Origin::Foreign;
        }
        let held = || {
            let names: Vec<String> = self.sources(&full).into_iter().map(|(name, _)| name).collect();
            names.iter().any(String::is_empty) || project.holds(folder(path), &names)
        };
        match copied {
            Some(one) if one.from == From::Elsewhere && below(bare_full, bare(&one.target)).is_some() => {
                Origin::Foreign
            }
            Some(one) if one.from == From::Stage => {
                let sources = self.sources(&full);
                if sources.iter().any(|(name, _)| ground.is_foreign(name)) { Origin::Foreign } else { Origin::Project }
            }
            Some(one) if ground.fetched && bare(&one.target) != bare_full && !held() => Origin::Foreign,
            Some(_) => Origin::Project,
            None if ground
                .placed
                .iter()
                .any(|at| below(bare_full, bare(at)).is_some() || below(bare(at), bare_full).is_some()) =>
            {
                Origin::Project
            }
            // Of a file of commands nobody says where it stands.
            None if self.line == 0 => Origin::Project,
            None if self.copies().all(|one| one.from == From::File) => {
                if ground.fetched {
                    Origin::Foreign
                } else {
                    Origin::Project
                }
            }
            None if full.starts_with('/') && !project.holds(folder(path), &self.names(named)) => Origin::Unknown,
            None => Origin::Project,
        }
    }

    /// Whether the project holds a folder; where nothing was copied, nobody can tell.
    pub fn is_held(&self, named: &str, project: &Project<'_>, path: &str) -> bool {
        let sources = self.sources(&self.full(named));
        let is_root = sources.iter().any(|(name, _)| name.is_empty());
        is_root || self.copies().next().is_none() || project.holds(folder(path), &self.names(named))
    }

    /// Whether a folder comes from another stage, where it is looked at.
    pub fn is_of_stage(&self, named: &str) -> bool {
        self.sources(&self.full(named)).iter().any(|(_, is_of_a_stage)| *is_of_a_stage)
    }

    /// Whether what covers a place comes from an image or an address.
    pub fn is_elsewhere(&self, named: &str) -> bool {
        let full = self.full(named);
        let is_it = |copy: &&Copied| match copy.from {
            From::File => copy.writes(&full),
            _ => below(bare(&full), bare(&copy.target)).is_some(),
        };
        let covering = self.copies().filter(is_it);
        covering
            .max_by_key(|copy| (bare(&copy.target).len(), copy.line))
            .is_some_and(|one| matches!(one.from, From::Elsewhere | From::File))
    }

    /// Whether an instruction of the container wrote a file: from a text, an address or an image.
    pub fn is_written(&self, full: &str) -> bool {
        let covers = |copy: &&Copied| {
            copy.writes(full) || copy.from != From::File && below(bare(full), bare(&copy.target)).is_some()
        };
        self.copies().filter(covers).last().is_some_and(|copy| copy.writes(full))
    }

    /// What was copied before.
    fn copies(&self) -> impl Iterator<Item = &Copied> {
        let copies = self.layout.copies.iter().take_while(|copy| copy.line < self.line);
        copies.chain(&self.mounts)
    }

    /// What was copied before, as far as it is in this stage, or may be.
    pub fn copies_of_stage(&self) -> impl Iterator<Item = &Copied> {
        let beginning = self.layout.beginning(self.line);
        self.copies().filter(move |copy| copy.line > beginning)
    }

    /// The line after which what instructions did is there: in the same stage, or anywhere where another one was copied from.
    pub fn reach(&self) -> u32 {
        let has_others = self.copies_of_stage().any(|copy| copy.from == From::Stage);
        if has_others { 0 } else { self.layout.beginning(self.line) }
    }

    /// What a folder may be called in the project, the likeliest first.
    pub fn names(&self, folder: &str) -> Vec<String> {
        // `./lib[dev]`
        let folder = folder.split('[').next().unwrap_or(folder);
        let full = gone(&self.at, folder);
        let mut names = Vec::new();
        for (name, is_of_a_stage) in self.sources(&full) {
            // Another stage may have it from the project.
            let before = if is_of_a_stage { self.sources(&name) } else { Vec::new() };
            names.extend(before.into_iter().map(|(name, _)| name));
            names.push(name);
        }
        names.push(bare(&full).to_owned());
        names.retain(|name| !name.is_empty());
        names
    }

    /// What a program that is found by its name alone may be called in the project.
    pub fn copied_as(&self, name: &str) -> Vec<String> {
        let sources = self.copies().flat_map(|copy| &copy.sources);
        let of = |source: &String| match source.rsplit_once('/') {
            Some((above, last)) if last.contains('*') => Some(format!("{above}/{name}")),
            Some((_, last)) if last == name => Some(source.clone()),
            _ => None,
        };
        sources.filter_map(of).collect()
    }

    /// What an archive, or a pattern of them, may be called in the project: only where it was copied from, where that is known.
    pub fn copied_from(&self, named: &str) -> Vec<String> {
        let sources = self.sources(&self.full(named)).into_iter().map(|(name, _)| name);
        if self.copies().next().is_some() { sources.collect() } else { self.names(named) }
    }

    /// From where a folder of the container was copied, and whether that is another stage.
    fn sources(&self, full: &str) -> Vec<(String, bool)> {
        let last = full.rsplit('/').next().unwrap_or(full);
        let copies = self.copies().filter(|copy| copy.from != From::File);
        let covering = copies.filter_map(|copy| Some((copy, below(bare(full), bare(&copy.target))?)));
        let sources = covering.flat_map(|(copy, rest)| {
            copy.sources.iter().flat_map(move |source| {
                let above = match source.rsplit_once('/') {
                    Some((above, last)) if last.contains('*') => above,
                    None if source.contains('*') => "",
                    _ => source,
                };
                let name = format!("{}{rest}", bare(above));
                // A file that is copied to a folder keeps its name.
                let is_file = rest.matches('/').count() == 1 && source.rsplit('/').next() == Some(last);
                let itself = Some(source.as_str()).filter(|_| is_file);
                let names = std::iter::once(bare(&name).to_owned()).chain(itself.map(|one| bare(one).to_owned()));
                names.map(|name| (name, copy.from != From::Project)).collect::<Vec<_>>()
            })
        });
        sources.collect()
    }
}
