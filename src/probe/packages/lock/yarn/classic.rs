//! `yarn.lock` of Yarn 1: lines of two words, indented by two spaces a level. There is no description of it but the
//! program (`src/lockfile/parse.js` and `stringify.js` of Yarn 1.22).

use super::graph::Graph;
use super::{Entry, Need, Place, place};
use crate::probe::packages::lock::{Around, Reading, reason};
use crate::probe::packages::{Manager, NotUnderstood};

/// The only version that there is (`src/constants.js`: `LOCKFILE_VERSION`).
const VERSION: &str = "1";

/// What a line says, by its depth.
struct Line {
    depth: usize,
    words: Vec<String>,
    /// It opens a block.
    opens: bool,
}

/// An entry in the making.
#[derive(Default)]
struct Raw {
    line: u32,
    keys: Vec<String>,
    version: Option<String>,
    resolved: Option<String>,
    needs: Vec<Need>,
    /// Something in it is not of the kind that Yarn writes.
    odd: bool,
}

pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let mut graph = Graph::default();
    let mut open: Option<Raw> = None;
    let mut block = String::new();
    for (before, line) in text.lines().enumerate() {
        let number = before + 1;
        if let Some(comment) = line.trim_start().strip_prefix('#') {
            refuse_other_version(comment, number)?;
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let refused = || NotUnderstood::at("not a valid Yarn lock file", number);
        let line = parsed(line).ok_or_else(refused)?;
        match (line.depth, &mut open) {
            (0, _) if line.opens => {
                let entry = Raw { line: u32::try_from(number).unwrap_or(u32::MAX), keys: line.words, ..Raw::default() };
                close(open.replace(entry), &mut graph);
                block.clear();
            }
            (1, Some(entry)) => field(entry, line, &mut block),
            (2, Some(entry)) if !block.is_empty() => needed(entry, line, &block),
            // What later blocks may nest is of no interest.
            (3.., Some(_)) => {}
            _ => return Err(refused()),
        }
    }
    close(open, &mut graph);
    Ok(graph.finish(Manager::YarnClassic, VERSION, around))
}

fn refuse_other_version(comment: &str, line: usize) -> Result<(), NotUnderstood> {
    match comment.trim().strip_prefix("yarn lockfile v") {
        Some(version) if version != VERSION => {
            let version: String = version.chars().take(20).collect();
            Err(NotUnderstood::at(format!("unknown version {version} of a Yarn lock file"), line))
        }
        _ => Ok(()),
    }
}

fn field(entry: &mut Raw, line: Line, block: &mut String) {
    block.clear();
    let mut words = line.words.into_iter();
    let name = words.next().unwrap_or_default();
    if line.opens {
        entry.odd |= matches!(&*name, "version" | "resolved");
        *block = name;
        return;
    }
    match (&*name, words.next()) {
        ("version", value) => entry.version = entry.version.take().or(value),
        ("resolved", value) => entry.resolved = entry.resolved.take().or(value),
        ("dependencies" | "optionalDependencies", _) => entry.odd = true,
        _ => {}
    }
}

fn needed(entry: &mut Raw, line: Line, block: &str) {
    let optional = block == "optionalDependencies";
    if !optional && block != "dependencies" {
        return;
    }
    let mut words = line.words.into_iter();
    match (words.next(), words.next()) {
        (Some(name), Some(range)) if !line.opens => entry.needs.push(Need { name, range, optional }),
        _ => entry.odd = true,
    }
}

/// The words of a line; `None` for what Yarn never writes.
fn parsed(text: &str) -> Option<Line> {
    let text = text.trim_end();
    let inner = text.trim_start_matches(' ');
    let indent = text.len() - inner.len();
    if indent % 2 == 1 {
        return None;
    }
    let mut words = Vec::new();
    let mut rest = inner;
    loop {
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after.trim_start_matches([' ', ',']);
        if rest.is_empty() {
            return (words.len() > 1).then_some(Line { depth: indent / 2, words, opens: false });
        }
        if rest == ":" {
            return Some(Line { depth: indent / 2, words, opens: true });
        }
        // `name: value` is what Yarn 2 writes, and Yarn 1 reads.
        rest = rest.strip_prefix(": ").unwrap_or(rest);
    }
}

/// The first word, which may stand in quotes as JSON has them, and what follows.
fn word(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('"') {
        let end = text.find([' ', ',', ':']).unwrap_or(text.len());
        return (end > 0).then(|| text.split_at(end)).map(|(word, rest)| (word.to_owned(), rest));
    }
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    })?;
    let (quoted, rest) = text.split_at(end.0 + 1);
    Some((serde_json::from_str(quoted).ok()?, rest))
}

fn close(raw: Option<Raw>, graph: &mut Graph) {
    let Some(raw) = raw else { return };
    let example = raw.keys.first().and_then(|key| place::name_and_rest(key)).map_or("", |(name, _)| name).to_owned();
    let answers: Option<Vec<(String, String)>> = raw
        .keys
        .iter()
        .map(|key| place::name_and_rest(key).or(Some((key, ""))).map(|(a, b)| (a.to_owned(), b.to_owned())))
        .collect();
    let (Some(answers), Some(version), false) = (answers, raw.version, raw.odd) else {
        graph.gaps.add(reason::ENTRY, &example);
        return;
    };
    let Some((asked, range)) = answers.first() else { return };
    let name = place::real_name(range).unwrap_or(asked).to_owned();
    let place = place_of(&answers, raw.resolved.as_deref(), &name, &version);
    graph.add(Entry { line: raw.line, name, version, place, needs: raw.needs, answers, programs: Vec::new() });
}

/// Yarn 1 says where a package was downloaded from, and repeats what was asked for: an address, a path, or versions.
fn place_of(answers: &[(String, String)], resolved: Option<&str>, name: &str, version: &str) -> Place {
    let ranges = || answers.iter().map(|(_, range)| range.as_str());
    if let Some(path) = ranges().find_map(place::local) {
        return place::own("", path);
    }
    let resolved = resolved.unwrap_or("");
    if place::is_registry_archive(resolved, name, version) {
        return Place::Registry;
    }
    let is_git =
        resolved.starts_with("git") || resolved.contains(".git#") || resolved.contains("://codeload.github.com/");
    // Only addresses and `owner/name` of a repository hold slashes.
    let is_address = ranges().all(|range| !range.starts_with("npm:") && range.contains(['/', ':']));
    if is_git || is_address { Place::Elsewhere } else { Place::Registry }
}
