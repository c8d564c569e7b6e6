//! What the commands of a container change: where they stand, what they bring in, what they write.

use std::collections::BTreeMap;

use super::archives;
use super::folders::Standing;
use super::layout::{bare, below};
use super::lock_use::{Settings, is_like};
use super::steps::Command;
use super::verbs;

/// More places than any container fills.
const MOST_PLACES: usize = 1_000;
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
        let exported = super::exported_by(command);
        self.exported.extend(exported.iter().map(|file| standing.full(file)));
        let text = said(&command.words);
        for file in &command.writes {
            self.add_text(standing.full(file), text.as_deref());
        }
        if !super::writes_lock(&command.words) {
            self.written.extend(
                command.writes.iter().filter(|file| !file.starts_with("/dev/")).map(|file| standing.full(file)),
            );
        }
        let in_front = |word: &&&str| {
            word.contains('=')
                || matches!(**word, "if" | "then" | "else" | "do" | "!" | "{" | "sudo" | "while" | "exec" | "time")
        };
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
                let is_lock = before.is_some_and(|before| super::writes_lock(&before.words));
                let text = before.and_then(|before| said(&before.words));
                for file in files {
                    self.add_text(file.clone(), text.as_deref());
                    if is_lock { &mut self.exported } else { &mut self.written }.push(file);
                }
            }
            // To take lines out brings nothing in.
            "sed"
                if rest.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place"))
                    && !plain.iter().any(|word| word.starts_with('/') && word.ends_with("/d")) =>
            {
                self.written.extend(plain.iter().skip(1).map(|file| standing.full(file)));
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
