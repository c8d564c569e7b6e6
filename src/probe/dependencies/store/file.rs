//! One ecosystem's advisories in one file that opens at once, whatever its size.
//!
//! Lines of `name TAB advisory as JSON`, sorted by name; then one line of JSON that says what the file holds and where
//! each block of about 32 kB begins; then the place of that line, 20 digits. A look-up reads one block.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AdvisoriesError;
use crate::probe::dependencies::advisory::Advisory;
use crate::probe::packages::Ecosystem;

/// The end of the names of these files.
pub const EXTENSION: &str = "advisories";
const FORMAT: u32 = 1;
const BLOCK_BYTES: u64 = 32 * 1024;
/// 20 digits and a line feed.
const TRAILER_BYTES: u64 = 21;
/// One block holds all advisories of its last name; the most that a package has are some thousands.
const MAX_BLOCK_BYTES: u64 = 64 * 1024 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contents {
    /// Refused when unknown.
    format: u32,
    /// Whose advisories.
    pub ecosystem: Ecosystem,
    /// How many, each counted once.
    pub advisories: u64,
    /// The newest change of any of them.
    pub newest: Option<Timestamp>,
    /// The time up to which it is known to be complete.
    pub as_of: Option<Timestamp>,
    /// Records that were there but could not be used.
    pub unusable: u64,
    /// The first name of each block and where it begins.
    blocks: Vec<(String, u64)>,
}

/// An open file.
#[derive(Debug)]
pub struct Compiled {
    file: File,
    path: PathBuf,
    end: u64,
    /// What it holds.
    pub contents: Contents,
    block: Option<(usize, String)>,
}

/// What is written beside the entries.
pub struct Facts {
    /// Whose advisories.
    pub ecosystem: Ecosystem,
    /// How many, each counted once.
    pub advisories: u64,
    /// The newest change of any of them.
    pub newest: Option<Timestamp>,
    /// The time up to which they are known to be complete.
    pub as_of: Option<Timestamp>,
    /// Records that were there but could not be used.
    pub unusable: u64,
}

/// The place of an ecosystem's file.
pub fn path(dir: &Path, ecosystem: Ecosystem) -> PathBuf {
    dir.join(format!("{ecosystem}.{EXTENSION}"))
}

/// Writes a file in one step: readers see the old one or the new one whole. `entries` are names and JSON, sorted by name.
pub fn write<'a>(
    dir: &Path,
    facts: Facts,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), AdvisoriesError> {
    let target = path(dir, facts.ecosystem);
    let failed = |error: io::Error| AdvisoriesError::Write { path: target.clone(), why: error.to_string() };
    let temporary = tempfile::Builder::new().prefix(".advisories-").tempfile_in(dir).map_err(failed)?;
    let mut out = BufWriter::new(temporary);
    let mut at: u64 = 0;
    let mut blocks: Vec<(String, u64)> = Vec::new();
    let mut last: Option<&str> = None;
    for (name, json) in entries {
        let block_is_full = blocks.last().is_none_or(|(_, start)| at - start >= BLOCK_BYTES);
        if block_is_full && last != Some(name) {
            blocks.push((name.to_owned(), at));
        }
        last = Some(name);
        writeln!(out, "{name}\t{json}").map_err(failed)?;
        at += (name.len() + json.len() + 2) as u64;
    }
    let Facts { ecosystem, advisories, newest, as_of, unusable } = facts;
    let contents = Contents { format: FORMAT, ecosystem, advisories, newest, as_of, unusable, blocks };
    let footer = serde_json::to_string(&contents).map_err(|error| failed(error.into()))?;
    write!(out, "{footer}\n{at:020}\n").map_err(failed)?;
    let temporary = out.into_inner().map_err(|error| failed(error.into_error()))?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

impl Compiled {
    /// Opens the file of an ecosystem; `None` when there is none.
    pub fn open(dir: &Path, ecosystem: Ecosystem) -> Result<Option<Self>, AdvisoriesError> {
        let path = path(dir, ecosystem);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AdvisoriesError::Read { path, why: error.to_string() }),
        };
        match contents(&mut file) {
            Some((contents, end)) if contents.ecosystem == ecosystem && contents.format == FORMAT => {
                Ok(Some(Self { file, path, end, contents, block: None }))
            }
            _ => Err(AdvisoriesError::Damaged { path }),
        }
    }

    /// The advisories for a normalized name.
    pub fn find(&mut self, name: &str) -> Result<Vec<Advisory>, AdvisoriesError> {
        let after = self.contents.blocks.partition_point(|(first, _)| first.as_str() <= name);
        let Some(index) = after.checked_sub(1) else { return Ok(Vec::new()) };
        if self.block.as_ref().is_none_or(|(loaded, _)| *loaded != index) {
            let text = self.read_block(index).ok_or_else(|| self.damaged())?;
            self.block = Some((index, text));
        }
        let Some((_, text)) = &self.block else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for line in text.lines() {
            if let Some(json) = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('\t')) {
                found.push(serde_json::from_str(json).map_err(|_| self.damaged())?);
            }
        }
        Ok(found)
    }

    /// Calls `each` with every name and advisory.
    pub fn for_each(&mut self, mut each: impl FnMut(&str, Advisory)) -> Result<(), AdvisoriesError> {
        for index in 0..self.contents.blocks.len() {
            let text = self.read_block(index).ok_or_else(|| self.damaged())?;
            for line in text.lines() {
                let (name, json) = line.split_once('\t').ok_or_else(|| self.damaged())?;
                each(name, serde_json::from_str(json).map_err(|_| self.damaged())?);
            }
        }
        Ok(())
    }

    fn read_block(&mut self, index: usize) -> Option<String> {
        let start = self.contents.blocks.get(index)?.1;
        let end = self.contents.blocks.get(index + 1).map_or(self.end, |(_, next)| *next);
        let size = end.checked_sub(start).filter(|size| *size <= MAX_BLOCK_BYTES)?;
        read_at(&mut self.file, start, size)
    }

    fn damaged(&self) -> AdvisoriesError {
        AdvisoriesError::Damaged { path: self.path.clone() }
    }
}

fn contents(file: &mut File) -> Option<(Contents, u64)> {
    let size = file.metadata().ok()?.len();
    let trailer_at = size.checked_sub(TRAILER_BYTES)?;
    let end: u64 = read_at(file, trailer_at, TRAILER_BYTES)?.strip_suffix('\n')?.parse().ok()?;
    let footer = read_at(file, end, trailer_at.checked_sub(end).filter(|size| *size <= MAX_BLOCK_BYTES)?)?;
    Some((serde_json::from_str(&footer).ok()?, end))
}

fn read_at(file: &mut File, start: u64, size: u64) -> Option<String> {
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 != size {
        return None;
    }
    String::from_utf8(bytes).ok()
}
