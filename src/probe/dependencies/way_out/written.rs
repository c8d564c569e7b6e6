//! The lines to paste where versions are forced, and where they belong: what stands there stays.

use super::Situation;
use crate::probe::packages::Manager;
use crate::probe::packages::manifest::Forcing;
use crate::probe::packages::typed::{is_plain, is_range};

/// So many entries are written anew together; of longer tables only what changes is told.
const MOST_ENTRIES: usize = 30;

/// Lines, and where they go.
#[derive(Debug, Default)]
pub struct Paste {
    /// Where, as a phrase that follows the file's name; empty where the lines stand by themselves.
    pub place: String,
    /// The table of the file that they begin, write anew or add to; empty where they change one line of it.
    pub table: String,
    /// The lines.
    pub text: String,
}

/// An entry to write: the keys that lead to it, and what it says.
pub type Entry = (Vec<String>, String);

impl Paste {
    /// Lines beside those that are there, as the first ones: what follows them needs no comma then.
    pub fn beside(table: &str, text: String) -> Self {
        Self { place: format!("first inside {table}, beside what stands there"), text, ..Self::default() }
    }

    /// What comes in place of what stands there.
    pub fn instead(place: String, text: String) -> Self {
        Self { place, text, ..Self::default() }
    }

    /// The same as a part of `table`, into which other packages' lines may belong as well.
    pub fn within(self, table: &str) -> Self {
        Self { table: table.to_owned(), ..self }
    }
}

/// `entries` with another version, or with what `says` of `package.json` stands for it.
pub fn changed(situation: &Situation<'_>, entries: &[&Forcing], version: &str, says: &str) -> Option<Paste> {
    let (first, name) = (*entries.first()?, &situation.package.name);
    let place = &situation.overrides.place;
    let line = first.line;
    Some(match situation.lock.manager {
        Manager::Uv => {
            // All of the list may stand on one line.
            let old = first.keys.first().filter(|old| is_range(&old.replace([';', '\''], "")));
            let old = old.map_or_else(|| format!("the entry in line {line}"), |old| format!("\"{old}\""));
            let place = format!("inside {}, in place of {old}", place.key);
            Paste::instead(place, format!("\"{}\"", raised(first, name, version)))
        }
        Manager::Pdm => Paste::instead(
            format!("inside {}, in place of line {line}", place.key),
            format!("{name} = \">={version}\""),
        ),
        Manager::Gradle => {
            let old = first.keys.first().map_or("", String::as_str);
            let new = if old.contains(&*first.says) {
                old.replace(&*first.says, version)
            } else if old.matches(':').count() == 2 {
                // A variable sets it, which others may share.
                format!("{name}:{version}")
            } else {
                version.to_owned()
            };
            // `force` names the whole, and knows no `prefer`.
            let preferred = situation.overrides.preferred(name).filter(|_| !old.contains(':'));
            let place = format!("in line {line}, in place of \"{old}\"{}", and_of_prefer(preferred));
            Paste::instead(place, format!("\"{new}\""))
        }
        Manager::Maven => {
            let place = format!("inside {}, in place of the version of {name} (line {line})", place.key);
            Paste::instead(place, format!("<version>{version}</version>"))
        }
        _ if place.file.ends_with(".yaml") => {
            let lines: Vec<String> = entries.iter().filter_map(|one| yaml(one.keys.first()?, version)).collect();
            Paste::instead(format!("inside {}, in place of {}", place.key, same_key(lines.len())), lines.join("\n"))
        }
        _ => {
            let above = |one: &Forcing| one.keys.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default();
            let outer = above(first);
            let new: Vec<Entry> = entries.iter().map(|one| (one.keys.clone(), says.to_owned())).collect();
            // Entries of several tables are written with these.
            let all = if entries.iter().all(|one| above(one) == outer) { None } else { block(situation, &new) };
            all.unwrap_or_else(|| {
                let table = std::iter::once(place.key).chain(outer.iter().map(String::as_str));
                let table = table.collect::<Vec<_>>().join(" > ");
                let here = entries.iter().filter(|one| above(one) == outer);
                let new = here.map(|one| (one.keys.last().cloned().into_iter().collect(), says.to_owned()));
                let new: Vec<Entry> = new.collect();
                Paste::instead(
                    format!("inside {table}, in place of {}; keep the comma behind it", same_key(new.len())),
                    nested(&[], &new),
                )
            })
        }
    })
}

/// One entry for everybody in place of all `entries` of the package.
pub fn widened(situation: &Situation<'_>, entries: &[&Forcing], says: &str) -> Paste {
    let place = &situation.overrides.place;
    let mut lines: Vec<u32> = entries.iter().map(|one| one.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
    let old = match lines.as_slice() {
        [one] => format!("the entry in line {one}"),
        all => format!("the entries in lines {}", all.join(", ")),
    };
    let text = nested(&[], &[(vec![situation.package.name.clone()], says.to_owned())]);
    Paste::instead(format!("inside {}, in place of {old}; keep the comma behind it", place.key), text)
}

/// Where else the same belongs: Gradle finds no version where a strict one and the preferred one exclude each other
/// (<https://docs.gradle.org/current/userguide/dependency_versions.html#sec:rich-version-constraints>).
pub fn and_of_prefer(preferred: Option<&(String, u32)>) -> String {
    preferred.map_or_else(String::new, |(old, line)| {
        let old = if is_range(old) { format!(" in place of \"{old}\"") } else { String::new() };
        format!(", and in line {line}{old} behind prefer")
    })
}

fn same_key(count: usize) -> &'static str {
    if count == 1 { "the entry with the same key" } else { "the entries with the same keys" }
}

/// `entries` beside those that are there.
pub fn added(situation: &Situation<'_>, entries: &[Entry]) -> Paste {
    let place = &situation.overrides.place;
    let first = entries.first().map_or("", |(_, says)| says.as_str());
    let key = entries.first().and_then(|(keys, _)| keys.last()).map_or("", String::as_str);
    let paste = match situation.lock.manager {
        Manager::Uv => Paste::beside(place.key, format!("\"{key}{first}\",")),
        Manager::Pdm => Paste::beside(place.key, format!("{key} = \"{first}\"")),
        _ if place.file.ends_with(".yaml") => {
            let lines = entries.iter().filter_map(|(keys, says)| yaml(keys.first()?, says.trim_start_matches('^')));
            Paste::beside(place.key, lines.collect::<Vec<_>>().join("\n"))
        }
        _ => {
            // An object cannot have a key twice: what stands under it is written with the new entries.
            let outermost = |keys: &[String]| keys.first().cloned();
            let here = situation.overrides.all();
            let is_there = |(keys, _): &Entry| here.iter().any(|one| outermost(&one.keys) == outermost(keys));
            let all = if entries.iter().any(is_there) { block(situation, entries) } else { None };
            all.unwrap_or_else(|| Paste::beside(place.key, nested(&[], entries) + ","))
        }
    };
    paste.within(place.key)
}

/// `entries` of a table of `package.json` at `path`, none of which is there: within as much of the table as is there.
pub fn begun(situation: &Situation<'_>, path: &[&str], entries: &[Entry]) -> Paste {
    let is_there = |count: &usize| situation.overrides.has_table(&path.get(..*count).unwrap_or(path).join("."));
    let there = (1..=path.len()).rev().find(is_there).unwrap_or(0);
    let (outer, new) = path.split_at(there);
    let outer = outer.join(".");
    let paste = match (there, new) {
        (0, new) => Paste { text: nested(new, entries), ..Paste::default() },
        // It is empty: a comma would be one too many.
        (_, []) => Paste { text: nested(&[], entries), ..Paste::beside(&outer, String::new()) },
        (_, new) => {
            let comma = if situation.overrides.is_empty_table(&outer) { "" } else { "," };
            Paste::beside(&outer, nested(new, entries) + comma)
        }
    };
    paste.within(&path.join("."))
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
    let place = format!("in place of all of {key}, whose other entries are kept in it");
    Some(Paste::instead(place, nested(&[key.rsplit('.').next().unwrap_or(key)], &all)).within(key))
}

/// Entries of JSON below these keys.
pub fn nested(path: &[&str], entries: &[Entry]) -> String {
    let mut tree = Tree::default();
    for (keys, says) in entries {
        let keys: Vec<String> = path.iter().map(|key| (*key).to_owned()).chain(keys.iter().cloned()).collect();
        tree.put(&keys, says);
    }
    tree.text(0)
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
