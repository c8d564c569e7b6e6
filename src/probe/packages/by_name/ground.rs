//! What the commands of a container change: where they stand, what they bring in, what they write.

use std::collections::BTreeMap;

use super::exports::{compiled_by, exported_by, writes_lock};
use super::folders::Standing;
use super::layout::{bare, below};
use super::lock_use::Settings;
use super::programs::{IN_FRONT, is_assignment};
use super::steps::Command;
use super::text::is_like;
use super::verbs;
use super::{archives, filters};

/// More places than any container fills.
const MOST_PLACES: usize = 1_000;
/// Longer values, and more words of one, are not kept.
const MOST_VALUE: usize = 500;
const MOST_WORDS: usize = 100;
/// What stands in front of what a shell sets.
const SETTING: [&str; 6] = ["alias", "export", "local", "readonly", "declare", "set"];
/// Longer texts are not kept.
const MOST_TEXT: usize = 64 * 1024;

/// What the commands of a container did before: it is not among the project's files.
#[derive(Debug, Default)]
pub struct Ground {
    /// Folders that were cloned or unpacked, with the lines.
    pub foreign: Vec<(String, u32)>,
    /// Where files were copied and moved to.
    pub placed: Vec<String>,
    /// Files that commands wrote.
    pub written: Vec<String>,
    /// Texts that commands wrote to files: `echo "…" > start.sh`.
    pub texts: BTreeMap<String, String>,
    /// Files that commands wrote of what lock files hold.
    pub exported: Vec<String>,
    /// Lists that commands worked out of others, which may be there.
    pub compiled: Vec<String>,
    /// Files that hold parts of others, with these.
    pub parts: BTreeMap<String, Vec<String>>,
    /// What variables and other names of commands stand for, where that is a program with words.
    names: BTreeMap<String, String>,
    /// What loops go through, by the variable.
    pub loops: BTreeMap<String, Vec<String>>,
    /// Files that commands took away, each with the line.
    pub removed: Vec<(String, u32)>,
    /// Something was cloned or unpacked.
    pub fetched: bool,
    /// What the variables of the container say.
    pub settings: Settings,
    /// Archives of packages were made, of what is examined.
    pub makes_archives: bool,
}

impl Ground {
    /// Whether more happened than is followed.
    pub fn is_full(&self) -> bool {
        let counts =
            [self.foreign.len(), self.placed.len(), self.written.len(), self.exported.len(), self.removed.len()];
        counts.iter().any(|count| *count > MOST_PLACES)
    }

    /// Whether a folder was cloned or unpacked.
    pub fn is_foreign(&self, full: &str) -> bool {
        self.foreign.iter().any(|(at, _)| !bare(at).is_empty() && below(bare(full), bare(at)).is_some())
    }

    /// Whether a command put something in a folder as a whole, or a lock file into it.
    pub fn is_placed(&self, full: &str) -> bool {
        self.placed.iter().any(|at| {
            below(bare(full), bare(at)).is_some()
                || below(bare(at), bare(full)).is_some_and(|rest| rest.contains("lock"))
        })
    }

    /// The last line on which a command took a file away; 0 where none did.
    pub fn taken(&self, full: &str) -> u32 {
        let (above, name) = bare(full).rsplit_once('/').unwrap_or(("", bare(full)));
        let is_it = |removed: &str| {
            let (at, pattern) = bare(removed).rsplit_once('/').unwrap_or(("", bare(removed)));
            at == above && pattern != "*" && (pattern == name || pattern.contains('*') && is_like(name, pattern))
        };
        self.removed.iter().filter(|(removed, _)| is_it(removed)).map(|(_, line)| *line).max().unwrap_or(0)
    }

    /// Notes what a command that fetches no packages changes: where it stands, what it brings in, what it writes.
    /// `before` is the one that it reads from.
    pub fn note(&mut self, command: &Command, before: Option<&Command>, standing: &mut Standing<'_>) {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        if self.is_full() {
            return;
        }
        let full = |files: Vec<String>| files.into_iter().map(|file| standing.full(&file)).collect::<Vec<_>>();
        let exported = exported_by(command);
        match compiled_by(&command.words, exported.clone()) {
            Some((files, true)) => self.written.extend(full(files)),
            Some((files, false)) => self.compiled.extend(full(files)),
            None => self.exported.extend(full(exported)),
        }
        self.note_names(&command.words);
        let sources: Vec<String> = filters::sources(command, before).iter().map(|file| standing.full(file)).collect();
        let text = said(&command.words);
        for file in &command.writes {
            self.add_text(standing.full(file), text.as_deref());
        }
        if !writes_lock(&command.words) {
            let writes = command.writes.iter().filter(|file| !file.starts_with("/dev/"));
            let writes: Vec<String> = writes.map(|file| standing.full(file)).collect();
            match sources.is_empty() {
                false if self.parts.len() < MOST_PLACES => {
                    self.parts.extend(writes.into_iter().map(|file| (file, sources.clone())));
                }
                _ => self.written.extend(writes),
            }
        }
        let in_front = |word: &&&str| word.contains('=') || **word == "sudo" || IN_FRONT.contains(*word);
        let front = words.iter().take_while(in_front).count();
        let Some((program, rest)) = words.get(front..).and_then(<[&str]>::split_first) else { return };
        let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('-')).collect();
        let after = |options: &[&str]| {
            let at = rest.iter().position(|word| options.contains(word))?;
            rest.get(at + 1).copied()
        };
        match verbs::name(program) {
            "cd" | "pushd" => match rest {
                [.., "-"] => standing.go("-"),
                _ => plain.first().into_iter().for_each(|folder| standing.go(folder)),
            },
            "popd" => standing.go("-"),
            "git" | "hg" | "svn"
                if plain.iter().any(|word| matches!(*word, "clone" | "checkout" | "submodule" | "co")) =>
            {
                let is_url = |word: &&str| word.contains("://") || word.contains('@') || word.starts_with('$');
                match plain.iter().position(is_url) {
                    Some(at) => {
                        let url = plain.get(at).copied().unwrap_or("").trim_end_matches('/');
                        let name = url.rsplit(['/', ':']).next().unwrap_or(url).trim_end_matches(".git");
                        self.fetch(standing, Some(plain.get(at + 1).copied().unwrap_or(name)));
                    }
                    None if plain.first() != Some(&"checkout") => self.fetch(standing, None),
                    None => {}
                }
            }
            "tar" | "bsdtar" => {
                let unpacks = rest.iter().take(1).any(|word| word.contains('x'))
                    || rest.iter().any(|word| {
                        word.starts_with('-') && !word.starts_with("--") && word.contains('x') || *word == "--extract"
                    });
                if unpacks {
                    self.fetch(standing, after(&["-C", "--directory"]));
                }
            }
            "unzip" => self.fetch(standing, after(&["-d"])),
            "curl" | "wget" => {
                let named = after(&["-o", "--output", "-O", "--output-document"]).filter(|file| !file.contains("://"));
                let url = rest.iter().find(|word| word.contains("://"));
                let name = named.or_else(|| url.and_then(|url| url.rsplit('/').next()));
                self.written.extend(name.map(|name| standing.full(name)));
            }
            "tee" => {
                let files = plain.iter().map(|file| standing.full(file));
                let is_lock = before.is_some_and(|before| writes_lock(&before.words));
                let text = before.and_then(|before| said(&before.words));
                for file in files {
                    self.add_text(file.clone(), text.as_deref());
                    if is_lock { &mut self.exported } else { &mut self.written }.push(file);
                }
            }
            "sed"
                if rest.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place"))
                    && !filters::is_harmless_sed(rest) =>
            {
                self.written.extend(plain.iter().skip(1).map(|file| standing.full(file)));
            }
            "find" if rest.contains(&"-delete") => {
                let name = after(&["-name"]).unwrap_or("*");
                let from = plain.first().copied().unwrap_or(".");
                self.removed.push((standing.full(&format!("{from}/{name}")), standing.line()));
            }
            "gh" => {
                if let ["repo", "clone", from, ..] = plain.as_slice() {
                    let name = from.trim_end_matches('/').rsplit('/').next().unwrap_or(from).trim_end_matches(".git");
                    self.fetch(standing, Some(plain.get(3).copied().unwrap_or(name)));
                }
            }
            "rm" | "unlink" => {
                self.removed.extend(plain.iter().map(|file| (standing.full(file), standing.line())));
            }
            "cp" | "mv" | "ln" | "rsync" | "install" if plain.len() > 1 => {
                if let Some((target, sources)) = plain.split_last() {
                    let is_foreign = sources.iter().any(|source| self.is_foreign(&standing.full(source)));
                    if is_foreign { self.fetch(standing, Some(target)) } else { self.put(standing, target) }
                }
            }
            _ => {}
        }
        self.makes_archives = self.makes_archives || archives::makes(&command.words);
    }

    /// Notes what stands for a program with words, `I="pip install"`, `alias p='pip install'`, and what loops go through.
    fn note_names(&mut self, words: &[String]) {
        if self.names.len() + self.loops.len() > MOST_PLACES {
            return;
        }
        if let [word, variable, into, all @ ..] = words
            && word == "for"
            && into == "in"
            && all.len() < MOST_WORDS
        {
            self.loops.insert(variable.clone(), all.to_vec());
        }
        let rest = words.get(usize::from(words.first().is_some_and(|word| SETTING.contains(&word.as_str())))..);
        if !rest.is_some_and(|rest| rest.iter().all(|word| is_assignment(word))) {
            return;
        }
        for (name, value) in rest.into_iter().flatten().filter_map(|word| word.split_once('=')) {
            let is_command = value.len() < MOST_VALUE
                && value.split_whitespace().take(MOST_WORDS).any(|word| verbs::is_program(verbs::name(word)));
            if is_command && value.contains(' ') {
                self.names.insert(name.to_owned(), value.to_owned());
            } else {
                self.names.remove(name);
            }
        }
    }

    /// A command whose program a name stands for, with what that means.
    pub fn expanded(&self, command: &Command) -> Option<Command> {
        let words = &command.words;
        let at = words.iter().position(|word| !(is_assignment(word) || IN_FRONT.contains(&word.as_str())))?;
        let word = words.get(at)?;
        let name =
            word.strip_prefix('$').map_or(word.as_str(), |name| name.trim_start_matches('{').trim_end_matches('}'));
        let value = self.names.get(name)?.split_whitespace().map(str::to_owned);
        let before = words.get(..at)?.iter().cloned();
        let words = before.chain(value).chain(words.get(at + 1..)?.iter().cloned()).collect();
        let (writes, reads) = (command.writes.clone(), command.reads.clone());
        Some(Command { words, writes, reads, ..Command::default() })
    }

    /// Whether a command wrote a file of this name, which may be a pattern.
    pub fn is_written(&self, full: &str) -> bool {
        let (above, pattern) = bare(full).rsplit_once('/').unwrap_or(("", bare(full)));
        self.written.iter().any(|file| {
            let (at, name) = bare(file).rsplit_once('/').unwrap_or(("", bare(file)));
            at == above && (name == pattern || pattern.contains('*') && is_like(name, pattern))
        })
    }

    /// A text is written to a file, at its end: what it replaces is not known to be gone.
    pub fn add_text(&mut self, full: String, text: Option<&str>) {
        let Some(text) = text.filter(|_| self.texts.len() < MOST_PLACES) else { return };
        let before = self.texts.entry(full).or_default();
        if before.len() + text.len() < MOST_TEXT {
            before.push_str(text);
            before.push('\n');
        }
    }

    /// A folder was cloned or unpacked.
    fn fetch(&mut self, standing: &Standing<'_>, folder: Option<&str>) {
        self.fetched = true;
        self.foreign.extend(folder.map(|folder| (standing.full(folder), standing.line())));
    }

    /// Something was copied, moved or linked to a place.
    fn put(&mut self, standing: &Standing<'_>, target: &str) {
        self.placed.push(standing.full(target));
    }
}

/// The text that a command writes: `echo "…"`, `printf '…\n'`.
pub fn said(words: &[String]) -> Option<String> {
    let (program, rest) = words.split_first()?;
    if !matches!(verbs::name(program), "echo" | "printf") {
        return None;
    }
    let rest = rest.iter().skip_while(|word| matches!(word.as_str(), "-e" | "-n" | "-en" | "-ne" | "-E" | "--"));
    let text = rest.map(String::as_str).collect::<Vec<_>>().join(" ");
    Some(text.replace("\\n", "\n").replace("\\t", "\t"))
}
