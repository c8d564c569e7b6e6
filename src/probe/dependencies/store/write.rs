//! Writes the file that [`super::file`] reads.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tempfile::NamedTempFile;

use super::AdvisoriesError;
use super::entry::{self, Place};
use super::file::{self, Block, Contents, FORMAT, FRAME_BYTES, MAGIC};
use super::import::Entries;
use super::spool::{Piece, Spool};

/// A look-up reads this much for each package.
const BLOCK_BYTES: usize = 8 * 1024;
/// A hit unpacks this much. Malware reports are much alike, so large blocks pack far better.
const TEXT_BYTES: usize = 64 * 1024;

/// Writes a file in one step: readers see the old one or the new one whole. `contents` names no blocks yet.
pub fn write(dir: &Path, contents: Contents, entries: &Entries, spool: &mut Spool) -> Result<(), AdvisoriesError> {
    let target = file::path(dir, contents.ecosystem);
    written(dir, &target, contents, entries, spool)
        .map_err(|error| AdvisoriesError::Write { path: target.clone(), why: error.to_string() })
}

fn written(dir: &Path, target: &Path, mut contents: Contents, entries: &Entries, spool: &mut Spool) -> io::Result<()> {
    let temporary = tempfile::Builder::new().prefix(super::TEMPORARY).tempfile_in(dir)?;
    let mut out = Out { out: BufWriter::new(temporary), at: 0 };
    out.put(format!("{MAGIC}{FORMAT}\n").as_bytes())?;
    let places = texts(&mut out, &mut contents, entries, spool)?;
    blocks(&mut out, &mut contents, entries, &places)?;
    let at = out.at;
    let line = serde_json::to_vec(&contents)?;
    out.put(&line)?;
    out.put(format!("{at:020} {:08x}\n", file::sum(&line)).as_bytes())?;
    let temporary = out.out.into_inner().map_err(io::IntoInnerError::into_error)?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

struct Out {
    out: BufWriter<NamedTempFile>,
    at: u64,
}

impl Out {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Writes what is told, each piece once, in the order in which the entries need it.
fn texts(
    out: &mut Out,
    contents: &mut Contents,
    entries: &Entries,
    spool: &mut Spool,
) -> io::Result<HashMap<Piece, Place>> {
    let mut places = HashMap::new();
    let mut text = Vec::new();
    contents.texts.push(out.at);
    for entry in entries.values() {
        if places.contains_key(&entry.told) {
            continue;
        }
        let block = contents.texts.len() - 1;
        let too_many = |_| io::Error::other("too many advisories");
        let place =
            Place { block: u32::try_from(block).map_err(too_many)?, at: u32::try_from(text.len()).map_err(too_many)? };
        places.insert(entry.told, place);
        text.extend_from_slice(&spool.read(entry.told)?);
        if text.len() >= TEXT_BYTES {
            pack(out, contents, &mut text)?;
        }
    }
    if !text.is_empty() {
        pack(out, contents, &mut text)?;
    }
    Ok(places)
}

fn pack(out: &mut Out, contents: &mut Contents, text: &mut Vec<u8>) -> io::Result<()> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text)?;
    out.put(&packer.finish()?)?;
    contents.texts.push(out.at);
    text.clear();
    Ok(())
}

/// Writes what matching needs, all entries of a name in one block.
fn blocks(out: &mut Out, contents: &mut Contents, entries: &Entries, places: &HashMap<Piece, Place>) -> io::Result<()> {
    let mut block: Vec<u8> = Vec::new();
    let mut first = "";
    let mut last = "";
    for ((name, id), one) in entries {
        if block.len() >= BLOCK_BYTES && last != name {
            end_block(out, contents, first, &mut block)?;
        }
        if block.is_empty() {
            first = name;
        }
        last = name;
        let place = places.get(&one.told).ok_or_else(|| io::Error::other("a text was lost"))?;
        let entry = entry::entry(*place, id, &one.matching).ok_or_else(|| io::Error::other("an entry was lost"))?;
        let too_large = |_| io::Error::other("an advisory is too large");
        block.reserve(FRAME_BYTES + name.len() + entry.len());
        block.extend_from_slice(&u32::try_from(name.len()).map_err(too_large)?.to_le_bytes());
        block.extend_from_slice(&u32::try_from(entry.len()).map_err(too_large)?.to_le_bytes());
        block.extend_from_slice(name.as_bytes());
        block.extend_from_slice(&entry);
    }
    if !block.is_empty() {
        end_block(out, contents, first, &mut block)?;
    }
    Ok(())
}

fn end_block(out: &mut Out, contents: &mut Contents, first: &str, block: &mut Vec<u8>) -> io::Result<()> {
    contents.blocks.push(Block { first: first.to_owned(), at: out.at, sum: file::sum(block) });
    out.put(block)?;
    block.clear();
    Ok(())
}
