//! Where the files lie that commands name.

use std::collections::BTreeMap;

use super::commands::joined_lines;
use super::lists::is_list;
use crate::probe::files::FileEntry;
use crate::probe::packages::lock::is_requirements;
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

/// A command names a file that lies somewhere else: so many of that name are taken.
const MOST_OF_A_NAME: usize = 10;

/// What a Dockerfile copies to another name: the source and the destination.
pub fn copies(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (_, line) in joined_lines(text) {
        let mut words =
            line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ',')).filter(|w| !w.is_empty());
        if !words.next().is_some_and(|word| matches!(&*word.to_ascii_uppercase(), "COPY" | "ADD")) {
            continue;
        }
        if let [source, target] = *words.filter(|word| !word.starts_with("--")).collect::<Vec<_>>() {
            found.push((source.to_owned(), target.to_owned()));
        }
    }
    found
}

/// The files of the project that `target` may be, as the file `from` names it. It may be a path within a container, or
/// one from a folder that a command went to before.
pub fn places(
    from: &str,
    target: &str,
    copies: &[(String, String)],
    files: &BTreeMap<&str, &FileEntry>,
) -> Vec<String> {
    if target.contains(['$', '{', '<', '*', ':']) {
        return Vec::new();
    }
    if let Some(near) = near(from, target, files) {
        return vec![near];
    }
    let name = target.rsplit('/').next().unwrap_or(target);
    let copied = copies.iter().filter(|(_, to)| to.rsplit('/').next() == Some(name));
    if let Some(source) = copied.filter_map(|(source, _)| near(from, source, files)).next() {
        return vec![source];
    }
    let same = files.values().filter(|file| file.name() == name && !is_aside(&file.path));
    let lists = same.filter(|file| is_requirements(&file.path) || file.read().is_ok_and(|text| is_list(&text, false)));
    lists.take(MOST_OF_A_NAME).map(|file| file.path.clone()).collect()
}

/// `target` in the folder of `from` or above, its first folders left out where need be.
fn near(from: &str, target: &str, files: &BTreeMap<&str, &FileEntry>) -> Option<String> {
    let target = target.trim_matches('/');
    let tails = std::iter::once(target).chain(target.match_indices('/').filter_map(|(at, _)| target.get(at + 1..)));
    for tail in tails {
        let mut at = folder(from);
        loop {
            if let Some(path) = joined(at, tail).filter(|path| files.contains_key(path.as_str())) {
                return Some(path);
            }
            if at.is_empty() {
                break;
            }
            at = folder(at.trim_end_matches('/'));
        }
    }
    None
}
