//! Brings OSV records into the offline copy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::file::{self, Compiled, Facts};
use super::source::Reader;
use super::{AdvisoriesError, Imported, Progress};
use crate::probe::dependencies::advisory::{self, Advisory, Parsed};
use crate::probe::packages::Ecosystem;

/// One entry: when the advisory was last changed, and the advisory as JSON.
struct Entry {
    modified: Option<Timestamp>,
    json: String,
}

/// By normalized name and id.
type Entries = BTreeMap<(String, String), Entry>;

/// What was read from the sources.
#[derive(Default)]
pub struct Incoming {
    entries: BTreeMap<Ecosystem, Entries>,
    withdrawn: BTreeSet<String>,
    unusable: u64,
    /// How many records there were.
    pub records: u64,
}

impl Incoming {
    /// Reads `sources`: zips, folders, files.
    pub fn read(sources: &[PathBuf], cancel: &CancellationToken, progress: &Progress) -> Result<Self, AdvisoriesError> {
        let mut incoming = Self::default();
        let mut take = |bytes: &[u8]| incoming.take(bytes);
        let count = |records: u64| progress(&format!("reading advisories: {records}"));
        let mut reader = Reader::new(&mut take, cancel, &count);
        for source in sources {
            reader.read(source)?;
        }
        let (records, unusable) = (reader.records, reader.unusable);
        incoming.records = records;
        incoming.unusable = unusable;
        Ok(incoming)
    }

    fn take(&mut self, bytes: &[u8]) -> bool {
        match advisory::parse(bytes) {
            Err(_) => return false,
            Ok(Parsed::Withdrawn { id, .. }) => {
                self.withdrawn.insert(id);
            }
            Ok(Parsed::InForce(advisory)) => {
                for (ecosystem, name, part) in by_package(*advisory) {
                    insert(self.entries.entry(ecosystem).or_default(), name, &part);
                }
            }
        }
        true
    }

    /// Writes each ecosystem that came in. With `replace` (a complete export, made at that time) what was there before
    /// goes; otherwise it stays and the newer form of each advisory wins.
    pub fn write(self, dir: &Path, replace: Option<(Ecosystem, Timestamp)>) -> Result<Vec<Imported>, AdvisoriesError> {
        let mut done = Vec::new();
        let wanted = |ecosystem: Ecosystem| replace.is_none_or(|(only, _)| only == ecosystem);
        for (ecosystem, mut entries) in self.entries.into_iter().filter(|(ecosystem, _)| wanted(*ecosystem)) {
            let new = distinct(&entries);
            let newest_incoming = newest(&entries);
            let mut unusable = self.unusable;
            let mut as_of = newest_incoming;
            if replace.is_none()
                && let Some(mut old) = Compiled::open(dir, ecosystem)?
            {
                let was = old.contents.advisories;
                unusable = unusable.max(old.contents.unusable);
                old.for_each(|name, advisory| {
                    if !self.withdrawn.contains(&advisory.id) {
                        insert(&mut entries, name.to_owned(), &advisory);
                    }
                })?;
                // A few records added do not make the rest of an old copy any younger.
                as_of = if new * 2 >= was { as_of.max(old.contents.as_of) } else { old.contents.as_of };
            }
            if let Some((_, made)) = replace {
                as_of = Some(made);
            }
            let advisories = distinct(&entries);
            let facts = Facts { ecosystem, advisories, newest: newest(&entries), as_of, unusable };
            let lines = entries.iter().map(|((name, _), entry)| (name.as_str(), entry.json.as_str()));
            file::write(dir, facts, lines)?;
            done.push(Imported { ecosystem, read: new, advisories });
        }
        Ok(done)
    }

    /// How many records could not be used.
    pub fn unusable(&self) -> u64 {
        self.unusable
    }
}

/// An advisory once for each package that it is about, with only what concerns that package.
pub fn by_package(advisory: Advisory) -> Vec<(Ecosystem, String, Advisory)> {
    let about: BTreeSet<(Ecosystem, String)> =
        advisory.affects.iter().map(|affects| (affects.ecosystem, affects.package.clone())).collect();
    let part = |(ecosystem, name): (Ecosystem, String)| {
        let mut part = advisory.clone();
        part.affects.retain(|affects| affects.ecosystem == ecosystem && affects.package == name);
        (ecosystem, name, part)
    };
    // Names with control characters would break the lines of the file, and no registry allows them.
    about.into_iter().filter(|(_, name)| !name.contains(char::is_control)).map(part).collect()
}

fn insert(entries: &mut Entries, name: String, advisory: &Advisory) {
    // Made of strings and lists, which always serialize.
    let Ok(json) = serde_json::to_string(advisory) else { return };
    let modified = advisory.modified.parse().ok();
    let entry = Entry { modified, json };
    match entries.entry((name, advisory.id.clone())) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(entry);
        }
        std::collections::btree_map::Entry::Occupied(mut known) if known.get().modified < modified => {
            known.insert(entry);
        }
        std::collections::btree_map::Entry::Occupied(_) => {}
    }
}

fn distinct(entries: &Entries) -> u64 {
    entries.keys().map(|(_, id)| id).collect::<BTreeSet<_>>().len() as u64
}

fn newest(entries: &Entries) -> Option<Timestamp> {
    entries.values().filter_map(|entry| entry.modified).max()
}
