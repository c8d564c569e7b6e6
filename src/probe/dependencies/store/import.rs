//! Brings OSV records into the offline copy.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::file::{Compiled, Contents};
use super::source::{Reader, Taken, Unusable};
use super::spool::{Piece, Spool};
use super::{AdvisoriesError, Imported, Progress, entry, write};
use crate::probe::dependencies::advisory::{self, Advisory, Parsed};
use crate::probe::packages::Ecosystem;

/// An advisory about one package.
pub struct Entry {
    /// When the advisory was last changed.
    modified: Option<Timestamp>,
    /// What matching needs.
    pub matching: Box<[u8]>,
    /// What is told of it.
    pub told: Piece,
}

/// By normalized name and id.
pub type Entries = BTreeMap<(String, String), Entry>;

/// The copy that was there before.
struct Old {
    contents: Contents,
    /// What is left of it.
    entries: Entries,
    /// How many of its entries what came in has outdated.
    dropped: u64,
}

/// The newest form of an advisory that was seen.
#[derive(Clone, Copy)]
struct Newest {
    modified: Option<Timestamp>,
    withdrawn: bool,
    /// Some form of it came in now.
    came_in: bool,
}

/// What was read from the sources.
pub struct Incoming {
    dir: PathBuf,
    entries: BTreeMap<Ecosystem, Entries>,
    newest: HashMap<String, Newest>,
    spool: Spool,
    unusable: Unusable,
}

impl Incoming {
    /// Reads `sources`: zips, folders, files.
    pub fn read(
        dir: &Path,
        sources: &[PathBuf],
        cancel: &CancellationToken,
        progress: &Progress,
    ) -> Result<Self, AdvisoriesError> {
        let spool = Spool::new(dir).map_err(|error| no_room(dir, &error))?;
        let mut incoming = Self {
            dir: dir.to_owned(),
            entries: BTreeMap::new(),
            newest: HashMap::new(),
            spool,
            unusable: Unusable::default(),
        };
        let mut take = |bytes: &[u8]| incoming.take(bytes);
        let count = |records: u64| progress(&format!("reading advisories: {records}"));
        let mut reader = Reader::new(&mut take, cancel, &count);
        for source in sources {
            reader.read(source)?;
        }
        incoming.unusable = reader.unusable;
        Ok(incoming)
    }

    fn take(&mut self, json: &[u8]) -> Result<Taken, AdvisoriesError> {
        match advisory::parse(json) {
            Err(_) if advisory::is_other(json) => return Ok(Taken::Other),
            Err(_) => return Ok(Taken::Unusable),
            Ok(Parsed::Withdrawn { id, modified }) => {
                note(&mut self.newest, &id, Newest { modified: modified.parse().ok(), withdrawn: true, came_in: true });
            }
            Ok(Parsed::InForce(advisory)) => {
                let mut told = None;
                for (ecosystem, name) in about(&advisory) {
                    let piece = match told {
                        Some(piece) => piece,
                        None => self.spool.tell(&self.dir, &advisory)?,
                    };
                    told = Some(piece);
                    insert(self.entries.entry(ecosystem).or_default(), ecosystem, name, &advisory, piece);
                }
                note(
                    &mut self.newest,
                    &advisory.id,
                    Newest { modified: modified(&advisory), withdrawn: false, came_in: true },
                );
            }
        }
        Ok(Taken::Used)
    }

    /// Writes each ecosystem that came in. With `replace` (a complete export, made at that time) what was there before
    /// goes; otherwise it stays and the newer form of each advisory wins.
    pub fn write(
        mut self,
        replace: Option<(Ecosystem, Timestamp)>,
        now: Timestamp,
    ) -> Result<Vec<Imported>, AdvisoriesError> {
        let mut done = Vec::new();
        for ecosystem in Ecosystem::ALL {
            let entries = self.entries.remove(&ecosystem).unwrap_or_default();
            match replace {
                Some((only, _)) if only != ecosystem => {}
                _ if entries.is_empty() && (replace.is_some() || self.newest.is_empty()) => {}
                _ => done.extend(self.write_one(ecosystem, entries, replace.map(|(_, made)| made), now)?),
            }
        }
        Ok(done)
    }

    fn write_one(
        &mut self,
        ecosystem: Ecosystem,
        mut entries: Entries,
        made: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Imported>, AdvisoriesError> {
        entries.retain(|(_, id), entry| !is_outdated(&self.newest, id, entry.modified));
        // A date that is still to come says nothing of how far the copy reaches.
        let is_past = |time: &Timestamp| *time <= now;
        let read = distinct(&entries);
        let newest_read = entries.values().filter_map(|entry| entry.modified).filter(is_past).max();
        let (mut unusable, mut as_of) = (self.unusable.of(ecosystem), made.or(newest_read));
        let (mut changed, mut replaced) = (false, false);
        let old = if made.is_none() { self.old(ecosystem) } else { Ok(None) };
        let old = match old {
            Err(AdvisoriesError::Damaged { .. }) => {
                replaced = true;
                None
            }
            old => old?,
        };
        if let Some(old) = old {
            // What could not be read is remembered, also where nothing else came in.
            changed = old.dropped > 0 || unusable > old.contents.unusable;
            old.entries.into_iter().for_each(|(key, entry)| add(&mut entries, key, entry));
            entries.retain(|(_, id), entry| !is_outdated(&self.newest, id, entry.modified));
            unusable = unusable.max(old.contents.unusable);
            // A few records added do not make the rest of an old copy any younger.
            let is_renewed = read * 2 >= old.contents.advisories;
            let old_as_of = old.contents.as_of.filter(is_past);
            as_of = if is_renewed { as_of.max(old_as_of) } else { old_as_of };
        }
        if read == 0 && !changed {
            return Ok(None);
        }
        let advisories = distinct(&entries);
        let contents = Contents {
            ecosystem,
            advisories,
            newest: newest(&entries),
            as_of,
            unusable,
            texts: Vec::new(),
            blocks: Vec::new(),
        };
        write::write(&self.dir, contents, &entries, &mut self.spool)?;
        Ok(Some(Imported { ecosystem, read, advisories, replaced }))
    }

    /// What was there before.
    fn old(&mut self, ecosystem: Ecosystem) -> Result<Option<Old>, AdvisoriesError> {
        let Some(mut compiled) = Compiled::open(&self.dir, ecosystem)? else { return Ok(None) };
        let before = self.newest.clone();
        match self.read_old(&mut compiled, ecosystem) {
            Ok((entries, dropped)) => Ok(Some(Old { contents: compiled.contents, entries, dropped })),
            Err(error) => {
                // What lay before the damage outdates nothing that came in.
                self.newest = before;
                Err(error)
            }
        }
    }

    /// What is in `old` and not outdated by what came in, and how many entries were.
    fn read_old(&mut self, old: &mut Compiled, ecosystem: Ecosystem) -> Result<(Entries, u64), AdvisoriesError> {
        let mut entries = Entries::new();
        let mut told: HashMap<String, Piece> = HashMap::new();
        let mut dropped = 0;
        old.for_each(|name, advisory| {
            let modified = modified(&advisory);
            note(&mut self.newest, &advisory.id, Newest { modified, withdrawn: false, came_in: false });
            // Of two forms without a date the one that comes in now is the newer.
            let came_in = self.newest.get(&advisory.id).is_some_and(|seen| seen.came_in);
            if (came_in && modified.is_none()) || is_outdated(&self.newest, &advisory.id, modified) {
                dropped += 1;
                return Ok(());
            }
            let piece = match told.get(&advisory.id) {
                Some(piece) => *piece,
                None => self.spool.tell(&self.dir, &advisory)?,
            };
            told.insert(advisory.id.clone(), piece);
            insert(&mut entries, ecosystem, name.to_owned(), &advisory, piece);
            Ok(())
        })?;
        Ok((entries, dropped))
    }

    /// How many records could not be used.
    pub fn unusable(&self) -> u64 {
        self.unusable.total()
    }
}

impl Spool {
    fn tell(&mut self, dir: &Path, advisory: &Advisory) -> Result<Piece, AdvisoriesError> {
        // Made of texts and lists, which can always be written down.
        self.add(&entry::told(advisory).unwrap_or_default()).map_err(|error| no_room(dir, &error))
    }
}

fn no_room(dir: &Path, error: &io::Error) -> AdvisoriesError {
    AdvisoriesError::Write { path: dir.to_owned(), why: error.to_string() }
}

/// The packages that an advisory is about.
pub fn about(advisory: &Advisory) -> BTreeSet<(Ecosystem, String)> {
    let all = advisory.affects.iter().map(|affects| (affects.ecosystem, affects.package.clone()));
    // No registry allows names with control characters.
    all.filter(|(_, name)| !name.contains(char::is_control)).collect()
}

/// When it was last changed.
pub fn modified(advisory: &Advisory) -> Option<Timestamp> {
    advisory.modified.parse().ok()
}

fn insert(entries: &mut Entries, ecosystem: Ecosystem, name: String, advisory: &Advisory, told: Piece) {
    let modified = modified(advisory);
    let Some(matching) = entry::matching(advisory, ecosystem, &name) else { return };
    add(entries, (name, advisory.id.clone()), Entry { modified, matching: matching.into(), told });
}

fn add(entries: &mut Entries, key: (String, String), entry: Entry) {
    match entries.entry(key) {
        Slot::Vacant(place) => {
            place.insert(entry);
        }
        Slot::Occupied(mut known) if known.get().modified < entry.modified => {
            known.insert(entry);
        }
        Slot::Occupied(_) => {}
    }
}

fn note(newest: &mut HashMap<String, Newest>, id: &str, seen: Newest) {
    match newest.get_mut(id) {
        Some(known) => {
            let is_newer = seen.modified > known.modified || (seen.modified == known.modified && !seen.withdrawn);
            if is_newer {
                *known = Newest { came_in: known.came_in, ..seen };
            }
        }
        None => {
            newest.insert(id.to_owned(), seen);
        }
    }
}

/// Whether a newer form of the advisory was seen, which need not speak of the same packages, or it was taken back.
fn is_outdated(newest: &HashMap<String, Newest>, id: &str, modified: Option<Timestamp>) -> bool {
    newest.get(id).is_some_and(|seen| seen.modified > modified || (seen.withdrawn && seen.modified == modified))
}

fn distinct(entries: &Entries) -> u64 {
    entries.keys().map(|(_, id)| id).collect::<BTreeSet<_>>().len() as u64
}

fn newest(entries: &Entries) -> Option<Timestamp> {
    entries.values().filter_map(|entry| entry.modified).max()
}
