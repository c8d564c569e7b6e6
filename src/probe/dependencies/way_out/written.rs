//! The lines to paste where versions are forced already: whole ones, that keep what stands there.

use super::Situation;
use crate::probe::packages::Manager;
use crate::probe::packages::manifest::Forcing;
use crate::probe::packages::typed::{is_plain, is_range};

/// So many entries are written anew together; of longer tables only what changes is told.
const MOST_ENTRIES: usize = 30;

/// Lines, and where they go.
pub struct Paste {
    /// Where, as a sentence.
    pub how: String,
    /// The lines.
    pub text: String,
}

/// An entry to write: the keys that lead to it, and what it says.
pub type Entry = (Vec<String>, String);

/// `entries` with another version, or with what `says` of `package.json` stands for it.
pub fn changed(situation: &Situation<'_>, entries: &[&Forcing], version: &str, says: &str) -> Option<Paste> {
    let (first, name) = (*entries.first()?, &situation.package.name);
    let place = &situation.overrides.place;
    let line = |text: String| Paste { how: format!("The line below belongs in place of line {}.", first.line), text };
    Some(match situation.lock.manager {
        Manager::Uv => {
            let new = |one: &&Forcing| entries.contains(one).then(|| raised(one, name, version));
            list(situation, &new, None).unwrap_or_else(|| line(format!("    \"{}\",", raised(first, name, version))))
        }
        Manager::Pdm => line(format!("{name} = \">={version}\"")),
        Manager::Maven => Paste {
            how: format!("It is the one in line {}.", first.line),
            text: format!("<version>{version}</version>"),
        },
        _ if place.file.ends_with(".yaml") => {
            let lines: Vec<String> = entries.iter().filter_map(|one| yaml(one.keys.first()?, version)).collect();
            Paste {
                how: "The lines below belong in place of those with the same keys.".to_owned(),
                text: lines.join("\n"),
            }
        }
        _ => {
            let new: Vec<Entry> = entries.iter().map(|one| (one.keys.clone(), says.to_owned())).collect();
            block(situation, &new).unwrap_or_else(|| {
                let last = first.keys.last().map_or("", String::as_str);
                Paste {
                    how: format!("It is the one in line {}; keep the comma behind it.", first.line),
                    text: format!("{}: \"{says}\"", quoted(last)),
                }
            })
        }
    })
}

/// `entries` beside those that are there.
pub fn added(situation: &Situation<'_>, entries: &[Entry]) -> Paste {
    let place = &situation.overrides.place;
    let keep = |how: &str, text: String| Paste { how: format!("{how} {}; what stands there stays.", place.key), text };
    let says = |with: &str| {
        let entry = |(keys, says): &Entry| format!("{}{with}{says}", keys.last().map_or("", String::as_str));
        entries.iter().map(entry).collect::<Vec<_>>()
    };
    match situation.lock.manager {
        Manager::Uv => {
            let new = says("").into_iter().next();
            list(situation, &|_| None, new).unwrap_or_else(|| {
                let lines: Vec<String> = says("").iter().map(|one| format!("    \"{one}\",")).collect();
                keep("Put the line below first in", lines.join("\n"))
            })
        }
        Manager::Pdm => {
            let lines: Vec<String> =
                entries.iter().map(|(keys, says)| format!("{} = \"{says}\"", keys.concat())).collect();
            keep("Add the line below under", lines.join("\n"))
        }
        _ if place.file.ends_with(".yaml") => {
            let lines = entries.iter().filter_map(|(keys, says)| yaml(keys.first()?, says.trim_start_matches('^')));
            keep("Add the line below under", lines.collect::<Vec<_>>().join("\n"))
        }
        _ => block(situation, entries).unwrap_or_else(|| {
            let mut tree = Tree::default();
            entries.iter().for_each(|(keys, says)| tree.put(keys, says));
            keep("Put what is below first under", tree.text(0) + ",")
        }),
    }
}

fn yaml(key: &str, version: &str) -> Option<String> {
    let good = |c: char| !c.is_control() && c != '"' && c != '\\';
    key.chars().all(good).then(|| format!("  \"{key}\": \"^{version}\""))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A requirement with another version; what follows a `;` stays.
fn raised(one: &Forcing, name: &str, version: &str) -> String {
    let marker = one.keys.first().and_then(|text| text.split_once(';')).map(|(_, marker)| marker.trim());
    format!("{name}>={version}{}", marker.map_or_else(String::new, |marker| format!(" ; {marker}")))
}

/// uv's list with its entries, those changed for which `new` says something, and one more.
fn list(situation: &Situation<'_>, new: &dyn Fn(&&Forcing) -> Option<String>, more: Option<String>) -> Option<Paste> {
    let written = situation.overrides.written().filter(|all| all.len() < MOST_ENTRIES)?;
    let old = |one: &&Forcing| one.keys.first().cloned().unwrap_or_default();
    let texts: Vec<String> = written.iter().map(|one| new(one).unwrap_or_else(|| old(one))).chain(more).collect();
    // What holds quotes is not written anew.
    let is_plain = |text: &String| is_range(&text.replace([';', '\''], ""));
    let lines: Vec<String> = texts.iter().map(|text| format!("    \"{text}\",\n")).collect();
    texts.iter().all(is_plain).then(|| Paste {
        how: "The lines below are all of it, to be put in its place.".to_owned(),
        text: format!("{} = [\n{}]", situation.overrides.place.key, lines.concat()),
    })
}

/// A table of `package.json` with its entries and the new ones, which stand in place of those with the same keys; `None`
/// where there are too many, or not all are known.
fn block(situation: &Situation<'_>, new: &[Entry]) -> Option<Paste> {
    let written = situation.overrides.written().filter(|all| all.len() < MOST_ENTRIES)?;
    let says_range = |says: &str| {
        let alias = says.strip_prefix("npm:").is_some_and(|alias| is_range(&alias.replace(['@', '/'], "")));
        says.is_empty() || is_range(says) || alias || says.strip_prefix('$').is_some_and(is_plain)
    };
    if !written.iter().all(|one| says_range(&one.says)) {
        return None;
    }
    let all: Vec<Entry> =
        written.iter().map(|one| (one.keys.clone(), one.says.clone())).chain(new.iter().cloned()).collect();
    let key = situation.overrides.place.key;
    Some(Paste {
        how: format!("The lines below are all of {key}, to be put in its place."),
        text: table(key.rsplit('.').next().unwrap_or(key), &all),
    })
}

/// A table of JSON with these entries.
pub fn table(key: &str, entries: &[Entry]) -> String {
    let mut tree = Tree::default();
    entries.iter().for_each(|(keys, says)| tree.put(keys, says));
    format!("\"{key}\": {{\n{}\n}}", tree.text(1))
}

/// Nested entries in their order.
#[derive(Default)]
struct Tree(Vec<(String, Result<String, Tree>)>);

impl Tree {
    fn put(&mut self, keys: &[String], says: &str) {
        let Some((first, rest)) = keys.split_first() else { return };
        let at = self.0.iter().position(|(key, _)| key == first).unwrap_or_else(|| {
            let new = if rest.is_empty() { Ok(String::new()) } else { Err(Self::default()) };
            self.0.push((first.clone(), new));
            self.0.len() - 1
        });
        let Some((_, node)) = self.0.get_mut(at) else { return };
        match node {
            Ok(text) if rest.is_empty() => says.clone_into(text),
            // What is said of the package itself moves inside.
            Ok(text) => {
                let mut inner = Self(vec![(".".to_owned(), Ok(std::mem::take(text)))]);
                inner.put(rest, says);
                *node = Err(inner);
            }
            Err(inner) if rest.is_empty() => inner.put(&[".".to_owned()], says),
            Err(inner) => inner.put(rest, says),
        }
    }

    fn text(&self, depth: usize) -> String {
        let space = "    ".repeat(depth);
        let entries = self.0.iter().map(|(key, node)| match node {
            Ok(says) => format!("{space}{}: {}", quoted(key), quoted(says)),
            Err(inner) => format!("{space}{}: {{\n{}\n{space}}}", quoted(key), inner.text(depth + 1)),
        });
        entries.collect::<Vec<_>>().join(",\n")
    }
}
