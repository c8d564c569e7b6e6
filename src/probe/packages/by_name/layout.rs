//! What a container copies, and its working folders from line to line.

use std::collections::BTreeMap;

use super::text::filled;
use crate::probe::repository::Dockerfile;

/// Longer paths nobody goes.
pub const LONGEST: usize = 500;
/// Of files with more copies than anybody writes, not all are followed.
const MOST_COPIES: usize = 1_000;

/// What a container copies, and where it stands.
#[derive(Debug, Default)]
pub struct Layout {
    /// What is copied, in the order of the lines.
    pub copies: Vec<Copied>,
    /// The working folders, each with the line from which on it holds.
    standing: Vec<(u32, String)>,
    /// The lines on which stages begin that build on an image.
    images: Vec<u32>,
    /// The lines on which stages begin.
    stages: Vec<u32>,
    /// The line of the first copy that is not followed.
    pub beyond: Option<u32>,
    /// The line of the first working folder that is too deep to be followed.
    pub too_deep: Option<u32>,
}

/// What an instruction copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// As the project, a stage or an image calls them.
    pub sources: Vec<String>,
    /// The place in the container.
    pub target: String,
    /// The line of the instruction.
    pub line: u32,
    /// Whose the sources are.
    pub from: From,
}

/// Whose sources are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The project's.
    Project,
    /// Another stage of the same file.
    Stage,
    /// An image, or an address from which a whole folder comes.
    Elsewhere,
    /// Single files of addresses (<https://docs.docker.com/reference/dockerfile/#adding-files-from-a-url>).
    File,
}

impl Layout {
    /// Of a container (<https://docs.docker.com/reference/dockerfile/#workdir>).
    pub fn of(container: &Dockerfile) -> Self {
        let words = ["FROM", "WORKDIR", "COPY", "ADD"];
        let mut all: Vec<(u32, &str, &str)> = words
            .into_iter()
            .flat_map(|word| container.all(word).map(move |(rest, line)| (line, word, rest)))
            .collect();
        all.sort_unstable();
        let (mut found, mut at) = (Self::default(), String::new());
        // Where stages end stands what builds on them.
        let (mut stages, mut stage) = (BTreeMap::<String, String>::new(), String::new());
        for (line, word, rest) in all {
            let rest = filled(rest, container, line);
            match word {
                "FROM" => {
                    stages.insert(std::mem::take(&mut stage), at);
                    let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                    let image = words.first().copied().unwrap_or("");
                    let before = stages.get(&image.to_lowercase()).filter(|_| !image.is_empty());
                    if before.is_none() {
                        found.images.push(line);
                    }
                    at = before.cloned().unwrap_or_default();
                    found.stages.push(line);
                    stage =
                        words.last().filter(|_| words.len() == 3).map_or_else(String::new, |name| name.to_lowercase());
                    found.standing.push((line, at.clone()));
                }
                "WORKDIR" => {
                    at = gone(&at, &rest);
                    if at.len() > LONGEST {
                        found.too_deep.get_or_insert(line);
                        // As where a variable leads, nobody can say where that is.
                        "$".clone_into(&mut at);
                    }
                    found.standing.push((line, at.clone()));
                }
                _ if found.copies.len() >= MOST_COPIES => {
                    found.beyond.get_or_insert(line);
                }
                _ => found.copies.extend(copied(&rest, &at, line, |name| {
                    name.bytes().all(|b| b.is_ascii_digit())
                        || *name == *stage
                        || stages.contains_key(&name.to_lowercase())
                })),
            }
        }
        found
    }

    /// The working folder on a line.
    pub fn at(&self, line: u32) -> &str {
        let known = self.standing.partition_point(|(at, _)| *at < line);
        known.checked_sub(1).and_then(|at| self.standing.get(at)).map_or("", |(_, at)| at.as_str())
    }

    /// The line after which what is copied is there on a line: where the stage builds on an image, that on which it begins.
    pub fn beginning(&self, line: u32) -> u32 {
        let stage = last_before(&self.stages, line);
        if self.images.binary_search(&stage).is_ok() { stage } else { 0 }
    }

    /// The line of the image on which the stage of a line is built.
    pub fn image(&self, line: u32) -> u32 {
        last_before(&self.images, line)
    }
}

/// The last of these lines before one; 0 where there is none.
fn last_before(lines: &[u32], line: u32) -> u32 {
    let known = lines.partition_point(|at| *at < line);
    known.checked_sub(1).and_then(|at| lines.get(at)).copied().unwrap_or(0)
}

impl Copied {
    /// Whether it puts a file in this place that is not the project's: a here-document, or one from an address or an image.
    pub fn writes(&self, full: &str) -> bool {
        let target = bare(&self.target);
        self.sources.iter().any(|source| {
            let is_text = source.starts_with("<<");
            let name = source.trim_start_matches(['<', '-', '\'', '"']);
            let name = name.rsplit('/').next().unwrap_or(name).trim_end_matches(['"', '\'']);
            (is_text || matches!(self.from, From::Elsewhere | From::File))
                && below(bare(full), target).is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/') == Some(name))
        })
    }
}

/// What an instruction copies.
fn copied(rest: &str, at: &str, line: u32, is_stage: impl Fn(&str) -> bool) -> Option<Copied> {
    let words = rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ','));
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let from = words.iter().find_map(|word| word.strip_prefix("--from="));
    words.retain(|word| !word.starts_with("--"));
    // What is not absolute is meant from where the container stands.
    let target = gone(at, words.pop()?);
    let is_address = words.iter().any(|word| word.contains("://") || word.starts_with("git@"));
    let is_folder =
        |word: &&str| word.starts_with("git@") || word.split('#').next().is_some_and(|at| at.ends_with(".git"));
    let from = match from {
        _ if is_address && !words.iter().any(is_folder) => From::File,
        _ if is_address => From::Elsewhere,
        Some(name) if is_stage(name) => From::Stage,
        Some(_) => From::Elsewhere,
        None => From::Project,
    };
    Some(Copied { sources: words.into_iter().map(str::to_owned).collect(), target, line, from })
}

/// A folder as seen from another one of the container.
pub fn gone(at: &str, folder: &str) -> String {
    let folder = folder.trim().trim_matches(['"', '\'']);
    let is_absolute = folder.starts_with(['/', '$', '~']);
    let whole = if is_absolute || at.is_empty() { folder.to_owned() } else { format!("{at}/{folder}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if whole.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if whole.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// Without what stands around the names of folders: `./libs/http/`, `/app`.
pub fn bare(folder: &str) -> &str {
    let folder = folder.trim_start_matches("./").trim_matches('/').trim_end_matches("/.");
    if folder == "." { "" } else { folder }
}

/// What follows a folder: nothing for the folder itself, `/lib` below it.
pub fn below(folder: &str, above: &str) -> Option<String> {
    if above.is_empty() {
        return Some(format!("/{folder}"));
    }
    folder.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(str::to_owned)
}
