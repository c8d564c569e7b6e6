//! One ecosystem's advisories in one file that opens at once, whatever its size.
//!
//! ```text
//! gonogo-advisories 3                         the format, readable for every version of gonogo
//! texts     what is told of advisories: blocks of about 64 kB, each packed by zlib
//! entries   what matching needs: blocks of about 8 kB, sorted by the package's name
//! contents  a line of JSON: what the file holds, where each block begins, and checksums
//! trailer   the place of the contents and their checksum
//! ```
//!
//! A look-up reads one block of entries, and one of texts where it hits. zlib keeps its own checksums.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::ZlibDecoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AdvisoriesError;
use super::entry::{self, Place};
use crate::probe::dependencies::advisory::Advisory;
use crate::probe::packages::Ecosystem;

/// The end of the names of these files.
pub const EXTENSION: &str = "advisories";
/// What a file begins with; the format and a line feed follow.
pub const MAGIC: &str = "gonogo-advisories ";
/// The format that is written and read.
pub const FORMAT: u32 = 3;
/// Place and checksum as digits, a space between, and a line feed.
pub const TRAILER_BYTES: u64 = 20 + 1 + 8 + 1;
/// One block holds all entries of its last name; the most that a package has are some thousands.
const MAX_BLOCK_BYTES: u64 = 64 * 1024 * 1024;
/// The beginning of an entry: how long its name is, and the rest of it, both as 32 bits, little-endian.
pub const FRAME_BYTES: usize = 8;

/// What a file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contents {
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
    /// Where each block of texts begins, and the last one ends.
    pub texts: Vec<u64>,
    /// The blocks of entries.
    pub blocks: Vec<Block>,
}

/// A block of entries, sorted by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Block {
    /// The first name in it.
    pub first: String,
    /// Where it begins.
    pub at: u64,
    /// The CRC-32 of its bytes.
    pub sum: u32,
}

/// An open file.
#[derive(Debug)]
pub struct Compiled {
    file: File,
    path: PathBuf,
    end: u64,
    /// What it holds.
    pub contents: Contents,
    block: Option<(usize, Vec<u8>)>,
    text: Option<(u32, Vec<u8>)>,
}

/// The place of an ecosystem's file.
pub fn path(dir: &Path, ecosystem: Ecosystem) -> PathBuf {
    dir.join(format!("{ecosystem}.{EXTENSION}"))
}

/// The checksum of a block or of the contents.
pub fn sum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
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
        if format(&mut file).is_some_and(|format| format > FORMAT) {
            return Err(AdvisoriesError::Newer { path });
        }
        match contents(&mut file) {
            Some((contents, end)) if contents.ecosystem == ecosystem => {
                Ok(Some(Self { file, path, end, contents, block: None, text: None }))
            }
            _ => Err(AdvisoriesError::Damaged { path }),
        }
    }

    /// The advisories about a normalized name, without what is told of them.
    pub fn find(&mut self, name: &str) -> Result<Vec<(Place, Advisory)>, AdvisoriesError> {
        let after = self.contents.blocks.partition_point(|block| block.first.as_str() <= name);
        let Some(index) = after.checked_sub(1) else { return Ok(Vec::new()) };
        if self.block.as_ref().is_none_or(|(loaded, _)| *loaded != index) {
            self.block = Some((index, self.read_block(index).ok_or_else(|| self.damaged())?));
        }
        let mut found = Vec::new();
        let mut rest = self.block.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        while !rest.is_empty() {
            let (of, entry, next) = frame(rest).ok_or_else(|| self.damaged())?;
            rest = next;
            if of == name {
                found.push(entry::read(entry, name).ok_or_else(|| self.damaged())?);
            } else if of > name {
                break;
            }
        }
        Ok(found)
    }

    /// Adds to `advisory` what is told of it.
    pub fn tell(&mut self, advisory: &mut Advisory, place: Place) -> Result<(), AdvisoriesError> {
        if self.text.as_ref().is_none_or(|(loaded, _)| *loaded != place.block) {
            self.text = Some((place.block, self.read_text(place.block).ok_or_else(|| self.damaged())?));
        }
        let text = self.text.as_ref().and_then(|(_, text)| text.get(place.at as usize..));
        text.and_then(|text| entry::tell(advisory, text)).ok_or_else(|| self.damaged())
    }

    /// Calls `each` with every name and advisory.
    pub fn for_each(
        &mut self,
        mut each: impl FnMut(&str, Advisory) -> Result<(), AdvisoriesError>,
    ) -> Result<(), AdvisoriesError> {
        for index in 0..self.contents.blocks.len() {
            let block = self.read_block(index).ok_or_else(|| self.damaged())?;
            let mut rest = block.as_slice();
            while !rest.is_empty() {
                let (name, entry, next) = frame(rest).ok_or_else(|| self.damaged())?;
                rest = next;
                let (place, mut advisory) = entry::read(entry, name).ok_or_else(|| self.damaged())?;
                self.tell(&mut advisory, place)?;
                each(name, advisory)?;
            }
        }
        Ok(())
    }

    fn read_block(&mut self, index: usize) -> Option<Vec<u8>> {
        let block = self.contents.blocks.get(index)?;
        let (at, wanted) = (block.at, block.sum);
        let end = self.contents.blocks.get(index + 1).map_or(self.end, |next| next.at);
        let bytes = read_at(&mut self.file, at, end)?;
        (sum(&bytes) == wanted).then_some(bytes)
    }

    fn read_text(&mut self, block: u32) -> Option<Vec<u8>> {
        let index = block as usize;
        let (at, end) = (*self.contents.texts.get(index)?, *self.contents.texts.get(index + 1)?);
        let packed = read_at(&mut self.file, at, end)?;
        let mut text = Vec::new();
        ZlibDecoder::new(packed.as_slice()).take(MAX_BLOCK_BYTES).read_to_end(&mut text).ok()?;
        Some(text)
    }

    fn damaged(&self) -> AdvisoriesError {
        AdvisoriesError::Damaged { path: self.path.clone() }
    }
}

/// The name, the entry and what follows.
fn frame(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<FRAME_BYTES>()?;
    let [a, b, c, d, e, f, g, h] = *head;
    let name_bytes = u32::from_le_bytes([a, b, c, d]) as usize;
    let entry_bytes = u32::from_le_bytes([e, f, g, h]) as usize;
    let (name, rest) = rest.split_at_checked(name_bytes)?;
    let (entry, rest) = rest.split_at_checked(entry_bytes)?;
    Some((str::from_utf8(name).ok()?, entry, rest))
}

/// The format of a file that says it; the first format did not.
fn format(file: &mut File) -> Option<u32> {
    let start = read_at(file, 0, MAGIC.len() as u64 + 10).or_else(|| read_at(file, 0, MAGIC.len() as u64 + 2))?;
    let start = String::from_utf8_lossy(&start);
    start.strip_prefix(MAGIC)?.split('\n').next()?.parse().ok()
}

fn contents(file: &mut File) -> Option<(Contents, u64)> {
    format(file).filter(|format| *format == FORMAT)?;
    let size = file.metadata().ok()?.len();
    let trailer_at = size.checked_sub(TRAILER_BYTES)?;
    let trailer = String::from_utf8(read_at(file, trailer_at, size)?).ok()?;
    let (end, wanted) = trailer.strip_suffix('\n')?.split_once(' ')?;
    let end: u64 = end.parse().ok()?;
    let bytes = read_at(file, end, trailer_at)?;
    (sum(&bytes) == u32::from_str_radix(wanted, 16).ok()?).then_some(())?;
    Some((serde_json::from_slice(&bytes).ok()?, end))
}

/// The bytes from `start` to `end`; `None` when they are not all there.
fn read_at(file: &mut File, start: u64, end: u64) -> Option<Vec<u8>> {
    let size = end.checked_sub(start).filter(|size| *size <= MAX_BLOCK_BYTES)?;
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?.min(1 << 20));
    file.take(size).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == size).then_some(bytes)
}
